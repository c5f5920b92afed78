/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Painters: a frame as plain text, as text with a terminal's colours, as
 * pictures, and as JSON. They all show the same frame; none looks at anything but
 * it. Write errors of text stay in the FILE for the caller to find.
 */
#ifndef HR_REPORT_PAINT_H
#define HR_REPORT_PAINT_H

#include "base/error.h"
#include "frame/frame.h"
#include "frame/palette.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * ASCII without colours: levels are digits 0 to 9; letters a to j are levels 0 to
 * 9 of cells with a mark, A to J with the other one. Draw the frame without half
 * blocks. Blanks at the ends of lines are left out.
 */
void hr_paint_text(const struct hr_frame *f, FILE *out);

struct hr_ansi_options {
	struct hr_coloring coloring;
	bool utf8;     /* else ASCII, for which the frame has to be drawn without half blocks */
	bool in_place; /* over what was painted before, from the upper left corner of the terminal */
	const struct hr_frame
	    *before; /* in place: what is there; its rows that stay as they are aren't written. NULL: unknown */
};

/* Text with SGR sequences (ECMA-48); each line ends in the terminal's own colours. */
void hr_paint_ansi(const struct hr_frame *f, const struct hr_ansi_options *o, FILE *out);

/* Dots of a character in a picture, before they are magnified. */
#define HR_PNG_CELL_COLUMNS 6u
#define HR_PNG_CELL_ROWS 12u

/* A PNG with a palette; each dot is zoom x zoom pixels, 1 to 8. HR_EIO, HR_ENOMEM. */
enum hr_status hr_paint_png(const struct hr_frame *f, enum hr_palette palette, enum hr_theme theme, unsigned zoom,
			    FILE *out, struct hr_error *err);

/* The same as SVG: as large, with each ink a class. */
void hr_paint_svg(const struct hr_frame *f, enum hr_palette palette, enum hr_theme theme, unsigned zoom, FILE *out);

/* A scene: when, the follower's counts, what the map shows, and its cells by columns. NULL: out of memory. */
json_t *hr_scene_json(const struct hr_scene *s, const struct hr_pane *pane);

#endif
