# SPDX-License-Identifier: BSD-3-Clause
# src/cmd: the program apart from main().
libcmd_a_SOURCES += \
	src/cmd/advise.c \
	src/cmd/against.c \
	src/cmd/calibrate.c \
	src/cmd/choices.c \
	src/cmd/cli.c src/cmd/cli.h \
	src/cmd/commands.c \
	src/cmd/compare.c src/cmd/comparing.h \
	src/cmd/compare_gates.c \
	src/cmd/compare_print.c \
	src/cmd/completion.c \
	src/cmd/config.c \
	src/cmd/convert.c \
	src/cmd/cut.c \
	src/cmd/draw.c \
	src/cmd/endings.c \
	src/cmd/explain.c \
	src/cmd/export.c \
	src/cmd/fetch.c src/cmd/fetching.h \
	src/cmd/generate.c \
	src/cmd/guard.c \
	src/cmd/heatmap.c \
	src/cmd/help.c \
	src/cmd/import.c \
	src/cmd/layers.c src/cmd/layers.h \
	src/cmd/insights.c src/cmd/insights.h \
	src/cmd/info.c src/cmd/info_by.c \
	src/cmd/live.c \
	src/cmd/look.c \
	src/cmd/manual.c \
	src/cmd/memory.c \
	src/cmd/messages.c \
	src/cmd/objects.c \
	src/cmd/options.c \
	src/cmd/page.c \
	src/cmd/plot.c \
	src/cmd/policies.c \
	src/cmd/progress.c \
	src/cmd/real.c src/cmd/real.h \
	src/cmd/record.c \
	src/cmd/replay.c \
	src/cmd/report.c \
	src/cmd/schema.c \
	src/cmd/sweep.c \
	src/cmd/rss.c src/cmd/rss.h \
	src/cmd/text_file.c \
	src/cmd/truth.c \
	src/cmd/topics.c \
	src/cmd/video.c src/cmd/video.h \
	src/cmd/validate.c \
	src/cmd/watch.c
