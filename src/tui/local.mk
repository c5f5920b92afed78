# SPDX-License-Identifier: BSD-3-Clause
# src/tui: the terminal view; part of the program, not of the library.
libcmd_a_SOURCES += \
	src/tui/bars.c src/tui/bars.h \
	src/tui/find.c src/tui/find.h \
	src/tui/ground.c src/tui/ground.h \
	src/tui/keys.c src/tui/keys.h \
	src/tui/screen.c src/tui/screen.h \
	src/tui/state.c src/tui/state.h \
	src/tui/view.c src/tui/view.h \
	src/tui/watch.c src/tui/watch.h \
	src/tui/who.c src/tui/who.h
libcmd_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS)
heapreplay_LDADD += $(NCURSES_LIBS)
