/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal, for who draws frames on it: a size, characters with inks
 * (frame/palette.h), keys and the mouse. The only file that knows of ncurses, of
 * signals and of what terminals can't do.
 *
 * One screen at a time. The terminal is as it was when the screen is closed,
 * when the program crashes, and while it is stopped (Ctrl-Z).
 */
#ifndef HR_TUI_SCREEN_H
#define HR_TUI_SCREEN_H

#include "base/error.h"
#include "frame/frame.h"
#include "frame/palette.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_screen_options {
	struct hr_coloring coloring; /* colors: at most; what the terminal has counts if that is less. AUTO: is asked */
	bool utf8;		     /* else ASCII */
};

/* What hr_screen_key returns beside characters. */
enum hr_key {
	HR_KEY_NONE = 0x110000, /* nothing was pressed */
	HR_KEY_LEFT,
	HR_KEY_RIGHT,
	HR_KEY_UP,
	HR_KEY_DOWN,
	HR_KEY_SHIFT_LEFT,
	HR_KEY_SHIFT_RIGHT,
	HR_KEY_PAGE_UP,
	HR_KEY_PAGE_DOWN,
	HR_KEY_HOME,
	HR_KEY_END,
	HR_KEY_ENTER,
	HR_KEY_BACK,
	HR_KEY_ESCAPE,
	HR_KEY_F1,
	HR_KEY_F3,
	HR_KEY_F10,
	HR_KEY_RESIZED,
	HR_KEY_CLICK,
	HR_KEY_DRAG, /* the mouse has moved with its button held */
	HR_KEY_DROP, /* the button is up again */
	HR_KEY_WHEEL_UP,
	HR_KEY_WHEEL_DOWN,
};

struct hr_screen;

/*
 * Takes the terminal: draws on standard output, reads keys from /dev/tty, so that
 * standard input may be a trace. HR_EUSAGE: there is no terminal, or none that can
 * place characters; HR_EIO, HR_ENOMEM.
 */
enum hr_status hr_screen_open(const struct hr_screen_options *o, struct hr_screen **screen, struct hr_error *err);
/* Gives the terminal back. */
void hr_screen_close(struct hr_screen *s);

void hr_screen_size(const struct hr_screen *s, unsigned *columns, unsigned *rows);
/* The number of colours in use, 0: none; then only the ascii side of glyphs is shown. */
unsigned hr_screen_colors(const struct hr_screen *s);
bool hr_screen_utf8(const struct hr_screen *s);
/* The ground, as it was given, or as the terminal tells. */
enum hr_theme hr_screen_theme(const struct hr_screen *s);
/* Other colours, from the next hr_screen_show on. */
void hr_screen_set_palette(struct hr_screen *s, enum hr_palette palette);

/*
 * Shows rows x columns of glyphs, row by row, from the upper left on; only what
 * has changed is sent. anew: all of it is, as after somebody else wrote on the terminal.
 */
void hr_screen_show(struct hr_screen *s, const struct hr_glyph *at, unsigned columns, unsigned rows, bool anew);

/* Until a key may be there, a signal, or something to read from other_fd (-1: nothing), at most so long; -1: any time. */
void hr_screen_wait(const struct hr_screen *s, int other_fd, int ms);
/* The next key, a Unicode character or an enum hr_key; never waits. A click and the wheel say where. */
uint32_t hr_screen_key(struct hr_screen *s, unsigned *row, unsigned *column);
/* The signal that asks the program to end; 0: none. */
int hr_screen_signal(void);

#endif
