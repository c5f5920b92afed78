# SPDX-License-Identifier: BSD-3-Clause
# src/replay: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/replay/extremes.c src/replay/extremes.h \
	src/replay/limit.c src/replay/limit.h \
	src/replay/named.c src/replay/named.h \
	src/replay/player.c src/replay/player.h \
	src/replay/pool.c src/replay/pool.h \
	src/replay/replay.c src/replay/replay.h \
	src/replay/span_run.c src/replay/span_run.h \
	src/replay/stepper.c src/replay/stepper.h \
	src/replay/objects/cycles.c src/replay/objects/cycles.h \
	src/replay/objects/deaths.c src/replay/objects/deaths.h \
	src/replay/objects/pools.c src/replay/objects/pools.h \
	src/replay/objects/layers.c src/replay/objects/layers.h \
	src/replay/objects/objects.c src/replay/objects/objects.h \
	src/replay/objects/page_owners.c src/replay/objects/page_owners.h \
	src/replay/objects/recorded.c src/replay/objects/recorded.h \
	src/replay/objects/survival.c src/replay/objects/survival.h \
	src/replay/placement/addresses.c src/replay/placement/addresses.h \
	src/replay/placement/idle.c src/replay/placement/idle.h \
	src/replay/placement/live.c src/replay/placement/live.h \
	src/replay/placement/lookahead.c src/replay/placement/lookahead.h \
	src/replay/placement/placer.c src/replay/placement/placer.h \
	src/replay/placement/holes.c src/replay/placement/holes.h \
	src/replay/placement/unnamed.c src/replay/placement/unnamed.h \
	src/replay/placement/sweep.c src/replay/placement/sweep.h
