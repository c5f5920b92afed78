# SPDX-License-Identifier: BSD-3-Clause
# src/sweep: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/sweep/axes.c src/sweep/axes.h \
	src/sweep/frontier.c src/sweep/frontier.h \
	src/sweep/results.c src/sweep/results.h \
	src/sweep/run.c src/sweep/run.h \
	src/sweep/settings.c src/sweep/settings.h \
	src/sweep/shard.c src/sweep/shard.h \
	src/sweep/views.c
