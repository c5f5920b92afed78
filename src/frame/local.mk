# SPDX-License-Identifier: BSD-3-Clause
# src/frame: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/frame/canvas.c src/frame/canvas.h \
	src/frame/cells.c src/frame/cells.h \
	src/frame/chunk.c \
	src/frame/font.c src/frame/font.h \
	src/frame/frame.c src/frame/frame.h \
	src/frame/graph.c \
	src/frame/history.c \
	src/frame/inspect.c \
	src/frame/log_tail.c src/frame/log_tail.h \
	src/frame/paint.h \
	src/frame/paint_json.c \
	src/frame/paint_png.c \
	src/frame/paint_svg.c \
	src/frame/paint_text.c \
	src/frame/palette.c src/frame/palette.h \
	src/frame/side.c \
	src/frame/touches.c src/frame/touches.h
