# SPDX-License-Identifier: BSD-3-Clause
# src/base: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/base/alloc.c src/base/alloc.h \
	src/base/aside.c src/base/aside.h \
	src/base/bits.h \
	src/base/digits.c src/base/digits.h \
	src/base/error.c src/base/error.h src/base/fuzzed.h \
	src/base/find.h \
	src/base/json.c src/base/json.h \
	src/base/map64.c src/base/map64.h \
	src/base/nameless.c src/base/nameless.h \
	src/base/params.c src/base/params.h \
	src/base/print.c src/base/print.h \
	src/base/random.c src/base/random.h \
	src/base/spawn.c src/base/spawn.h \
	src/base/team.c src/base/team.h \
	src/base/units.c src/base/units.h
