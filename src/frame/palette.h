/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inks: what a frame is drawn with, apart from any device; and the colours that
 * devices have for them. Levels are inks 0 to 9.
 *
 * Colours are fixed indices of xterm's 256, which no terminal lets users change
 * by accident, and which PNG painters take as they are; for terminals of 16 and
 * 8 colours there are nearest ones. The ramps rise strictly in lightness (CIELAB
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

/*
 * The index of an ink among 256, 16 or 8 colours; -1: the device's own, which
 * HR_INK_NONE, HR_INK_TEXT and HR_INK_TITLE are, so that text can be read on
 * light and dark devices, and all are where there are 0 colours.
 */
int hr_ink_color(unsigned ink, enum hr_palette palette, unsigned colors);
/* Is text of this ink bold? */
bool hr_ink_is_bold(unsigned ink);
/* Red, green, blue of one of xterm's 256 colours, 0xRRGGBB. */
uint32_t hr_xterm_rgb(unsigned index);
/* What is readable on a level. */
enum hr_ink hr_ink_on(unsigned level);

#endif
