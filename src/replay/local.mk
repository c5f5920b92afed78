# src/replay: every .c and .h of this folder; headers too, so that they are in the tarball.
libcore_la_SOURCES += \
	src/replay/placer.h
