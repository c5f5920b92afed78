# SPDX-License-Identifier: BSD-3-Clause
# src/fidelity: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/fidelity/fidelity.c src/fidelity/fidelity.h \
	src/fidelity/gctrace.c src/fidelity/gctrace.h \
	src/fidelity/releases.c src/fidelity/releases.h \
	src/fidelity/rss.c src/fidelity/rss.h \
	src/fidelity/rss_csv.c
