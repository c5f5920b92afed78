/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing into a frame (frame.h): text, clipped to a pane. For the files that lay frames out. */
#ifndef HR_REPORT_CANVAS_H
#define HR_REPORT_CANVAS_H

#include "frame/frame.h"
#include "frame/palette.h"

/* Columns of a canvas count from the pane's left, rows from the frame's top. */
struct hr_canvas {
	struct hr_frame *frame;
	const struct hr_pane *pane;
};

/* Characters that a frame has beside ASCII. */
enum {
	HR_CODE_DOT = 0x00b7,
	HR_CODE_ELLIPSIS = 0x22ef,
	HR_CODE_DIFFERS = 0x2260,
	HR_CODE_LINE = 0x2500,
	HR_CODE_BAR = 0x2502,
	HR_CODE_TOP_LEFT = 0x250c, /* corners of an outline */
	HR_CODE_TOP_RIGHT = 0x2510,
	HR_CODE_BOTTOM_LEFT = 0x2514,
	HR_CODE_BOTTOM_RIGHT = 0x2518,
	HR_CODE_DOUBLE_LINE = 0x2550,
	HR_CODE_UPPER_HALF = 0x2580,
	HR_CODE_EIGHTHS = 0x2580, /* and n: the lower n eighths, 1..8 */
	HR_CODE_DOWN = 0x25be,
	HR_CODE_DIAMOND = 0x25c6,
	HR_CODE_OPEN_DIAMOND = 0x25c7,
	HR_CODE_DOTS =
	    0x2800, /* and a byte: 2 x 4 dots, bits 0-2 and 6 from the top of the left half, 3-5 and 7 of the right */
};

/* A character; nothing where the pane ends. */
void hr_canvas_put(const struct hr_canvas *c, unsigned row, unsigned column, struct hr_glyph g);
/* Text from a column on; returns the column behind it. What is no printable ASCII becomes a '?'. */
unsigned hr_canvas_text(const struct hr_canvas *c, unsigned row, unsigned column, enum hr_ink ink, const char *text);

/* A piece of a line: a few characters to explain, and a text. */
struct hr_item {
	struct hr_glyph swatch[HR_LEVELS + 2];
	unsigned nswatch;
	enum hr_ink ink;
	int rank; /* in a line: the highest goes first where not all have room; 0 always stays */
	char before[96], text[192];
};

#define HR_MAX_ITEMS 16u

struct hr_items {
	struct hr_item at[HR_MAX_ITEMS];
	size_t n;
};

/* Adds an item with a text, and returns it; the last one is overwritten when there are too many. */
struct hr_item *hr_items_add(struct hr_items *items, enum hr_ink ink, int rank, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void hr_item_swatch(struct hr_item *item, struct hr_glyph g);
/* In one line, two blanks between; those of high rank are left out where there is too little room. */
void hr_items_line(struct hr_items *items, const struct hr_canvas *c, unsigned row);
/*
 * One after the other in at most `rows` lines; what has no room is left out.
 * Returns how many lines it takes. With a NULL canvas nothing is drawn, and
 * `columns` is the width.
 */
unsigned hr_items_flow(const struct hr_items *items, const struct hr_canvas *c, unsigned columns, unsigned row,
		       unsigned rows);

/* --- graph.c, chunk.c, side.c, inspect.c: parts of a frame --- */

/*
 * Memory over time in rows [top, top + rows), of which the last is the axis; from the column `left` of the pane on. Its
 * upper border is at least that of the options' scales.
 */
void hr_draw_graph(const struct hr_canvas *c, const struct hr_scene *scene, const struct hr_frame_options *o,
		   unsigned left, unsigned top, unsigned rows);
/* How many rows the pages of a chunk, and what is told of them, take in such a pane, about. */
unsigned hr_chunk_rows(const struct hr_pane *pane);
/* The pages of a chunk in rows [top, top + rows). Sets chunk_columns of the pane. */
void hr_draw_chunk(const struct hr_canvas *c, struct hr_pane *pane, const struct hr_scene *scene,
		   const struct hr_frame_options *o, unsigned top, unsigned rows);
/* All pages of the cell's (first) chunk, so many a row; those of a cell that is smaller stand out. */
void hr_draw_small_chunk(const struct hr_canvas *c, const struct hr_follower *f, const struct hr_map_cell *cell,
			 unsigned row, unsigned column, unsigned columns);
/* Adds what happened to a page of the chunk last, unless that is not known: "WHICH: page 5, freed at 1.2 s". */
void hr_describe_touch(struct hr_items *items, const struct hr_touches *t, unsigned page, const char *which);
/*
 * Adds why free pages of chunks [first, last] are not released, an item for each reason, that of the most pages first, in
 * words that fit into so many columns.
 */
void hr_inspect_reasons(struct hr_items *items, const struct hr_follower *f, uint64_t first, uint64_t last,
			unsigned columns);
/* Adds what lies in the chunk of the cursor, where the scene tells. */
void hr_inspect_holders(struct hr_items *items, const struct hr_scene *s);
/* How wide the panel at the right is; 0: there is none. */
unsigned hr_side_columns(const struct hr_frame_options *o, size_t nscenes);
/* Draws it into rows [top, top + rows) of a canvas that is as wide as it; cells are the map's. */
void hr_draw_side(const struct hr_canvas *c, const struct hr_scene *scene, const struct hr_cells *cells,
		  const struct hr_frame_options *o, const struct hr_items *legend, unsigned top, unsigned rows);
/* How many of a pane's columns a map over time takes, 0: there is none; and what it leaves to the map. */
unsigned hr_history_columns(const struct hr_scene *scene, const struct hr_frame_options *o, unsigned columns,
			    unsigned *map_columns);
/* Draws it beside the map that begins in row top; what it shows, and from when to when, into row axis. */
void hr_draw_history(const struct hr_canvas *c, struct hr_pane *pane, const struct hr_scene *scene,
		     const struct hr_frame_options *o, unsigned top, unsigned axis);
/* Two levels above each other; HR_INK_NONE: nothing is there. */
struct hr_glyph hr_half_glyph(uint8_t above, uint8_t below);
/* What the glyphs of a chunk mean. */
void hr_chunk_legend(struct hr_items *items);

#endif
