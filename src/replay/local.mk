# src/replay: every .c and .h of this folder; headers too, so that they are in the tarball.
libcore_la_SOURCES += \
	src/replay/addresses.c src/replay/addresses.h \
	src/replay/idle.c src/replay/idle.h \
	src/replay/live.c src/replay/live.h \
	src/replay/lookahead.c src/replay/lookahead.h \
	src/replay/placer.c src/replay/placer.h \
	src/replay/player.c src/replay/player.h \
	src/replay/pool.c src/replay/pool.h \
	src/replay/replay.c src/replay/replay.h \
	src/replay/span_run.c src/replay/span_run.h \
	src/replay/stepper.c src/replay/stepper.h \
	src/replay/sweep.c src/replay/sweep.h \
	src/replay/objects/deaths.c src/replay/objects/deaths.h \
	src/replay/objects/objects.c src/replay/objects/objects.h \
	src/replay/objects/recorded.c src/replay/objects/recorded.h
