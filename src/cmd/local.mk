# src/cmd: the program apart from main().
heapreplay_SOURCES += \
	src/cmd/cli.c src/cmd/cli.h
