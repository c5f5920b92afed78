# src/pagealloc: every .c and .h of this folder; headers too, so that they are in the tarball.
libcore_la_SOURCES += \
	src/pagealloc/bitmap.h src/pagealloc/geometry.h src/pagealloc/pagealloc.h src/pagealloc/ranges.h \
	src/pagealloc/summary.h
