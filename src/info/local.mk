# SPDX-License-Identifier: BSD-3-Clause
# src/info: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/info/advice.c src/info/advice.h src/info/advice_print.c \
	src/info/fate.c src/info/fate.h \
	src/info/groups.c src/info/groups.h src/info/groups_print.c \
	src/info/history.c src/info/history.h \
	src/info/holders.c src/info/holders.h \
	src/info/info.c src/info/info.h \
	src/info/recorded_releases.c src/info/recorded_releases.h \
	src/info/slots.c src/info/slots.h \
	src/info/survey.c src/info/survey.h \
	src/info/text.c
