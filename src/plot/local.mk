# SPDX-License-Identifier: BSD-3-Clause
# src/plot: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/plot/about.c \
	src/plot/axis.c src/plot/axis.h \
	src/plot/bars.c \
	src/plot/data.c src/plot/data.h \
	src/plot/frontier.c \
	src/plot/gnuplot.c src/plot/gnuplot.h \
	src/plot/heatmap.c \
	src/plot/held.c src/plot/held.h \
	src/plot/html.c src/plot/html.h \
	src/plot/intervals.c \
	src/plot/labels.c src/plot/labels.h \
	src/plot/markup.c src/plot/markup.h \
	src/plot/page.c src/plot/page.h \
	src/plot/plot.c src/plot/plot.h \
	src/plot/timeline.c \
	src/plot/tradeoff.c
