# src/trace: every .c and .h of this folder; headers too, so that they are in the tarball.
libcore_la_SOURCES += \
	src/trace/event.c src/trace/event.h src/trace/reader.h src/trace/text.h
