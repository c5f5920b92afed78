/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inks: what a frame is drawn with, apart from any device; and the colours that
 * devices have for them. Levels are inks 0 to 9.
 *
 * Colours are fixed indices of xterm's 256, which no terminal lets users change
 * by accident; for terminals of 16 and 8 colours there are nearest ones, and for
 * pictures and terminals that have them, 24 bits. The ramps rise strictly in lightness (CIELAB
 * L*; the unit test computes it), so that they read the same to people who see
 * colours differently, and in print; taking the nearest of 256 colours to a
 * smooth ramp does not give that.
 */
#ifndef HR_REPORT_PALETTE_H
#define HR_REPORT_PALETTE_H

#include "frame/cells.h"

#include <stdbool.h>
#include <stdint.h>

enum hr_ink {
	HR_INK_LEVEL,		 /* and those above it up to HR_LEVELS */
	HR_INK_NONE = HR_LEVELS, /* as background: the device's own */
	HR_INK_TEXT,
	HR_INK_DIM,
	HR_INK_TITLE,
	HR_INK_DARK,   /* on light levels */
	HR_INK_LIGHT,  /* on dark ones */
	HR_INK_SEARCH, /* the search address */
	HR_INK_DIFFERS,
	HR_INK_CURSOR,
	HR_INK_IN_USE, /* the graph */
	HR_INK_FREE,
	HR_INK_GOAL,
	HR_INK_LIMIT,
	HR_INK_COUNT
};

enum hr_palette { HR_PALETTE_VIRIDIS, HR_PALETTE_CIVIDIS, HR_PALETTE_GRAY, HR_PALETTE_COUNT };

const char *hr_palette_name(enum hr_palette palette);
/* -1: there is none of that name. */
int hr_palette_find(const char *name);

/* The ground that a frame lies on; AUTO: it is not known. On light ground ramps run the other way. */
enum hr_theme { HR_THEME_AUTO, HR_THEME_DARK, HR_THEME_LIGHT, HR_THEME_COUNT };

/* -1: there is none of that name. */
int hr_theme_find(const char *name);

#define HR_TRUECOLOR (1u << 24)

struct hr_coloring {
	enum hr_palette palette;
	enum hr_theme theme;
	unsigned colors; /* HR_TRUECOLOR, 256, 16, 8; 0: none */
};

/*
 * The index of an ink among 256, 16 or 8 colours, or 0xRRGGBB of HR_TRUECOLOR; -1: the
 * device's own, which HR_INK_NONE, HR_INK_TEXT and HR_INK_TITLE are, so that text can be
 * read on light and dark devices, and all are where there are 0 colours.
 */
int hr_ink_color(unsigned ink, const struct hr_coloring *c);
/* The same as 0xRRGGBB for devices that have no colours of their own: near-black or white ground, text on it. */
uint32_t hr_ink_rgb(unsigned ink, enum hr_palette palette, enum hr_theme theme);
/* Is text of this ink bold? */
bool hr_ink_is_bold(unsigned ink);
/* Red, green, blue of one of xterm's 256 colours, 0xRRGGBB. */
uint32_t hr_xterm_rgb(unsigned index);
/* What is readable on a level. */
enum hr_ink hr_ink_on(unsigned level);

#endif
