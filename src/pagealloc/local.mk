# SPDX-License-Identifier: BSD-3-Clause
# src/pagealloc: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/pagealloc/bitmap.c src/pagealloc/bitmap.h \
	src/pagealloc/eight.h \
	src/pagealloc/lanes.h \
	src/pagealloc/geometry.c src/pagealloc/geometry.h \
	src/pagealloc/pagealloc.c src/pagealloc/pagealloc.h \
	src/pagealloc/ranges.c src/pagealloc/ranges.h \
	src/pagealloc/summary.c src/pagealloc/summary.h
