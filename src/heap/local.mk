# SPDX-License-Identifier: BSD-3-Clause
# src/heap: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/heap/arenas.c src/heap/arenas.h \
	src/heap/counts.c src/heap/counts.h \
	src/heap/gcfit.c src/heap/gcfit.h \
	src/heap/gcmark.c src/heap/gcmark.h \
	src/heap/gcpacer.c src/heap/gcpacer.h \
	src/heap/gcphase.h \
	src/heap/heap.c src/heap/heap.h \
	src/heap/objheap.c src/heap/objheap.h \
	src/heap/sizeclasses.c src/heap/sizeclasses.h \
	src/heap/spans.c src/heap/spans.h
