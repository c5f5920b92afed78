/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame: what is on the screen, as characters with inks, apart from any
 * screen. It is made of scenes, a follower each (one, or two side by side with
 * what differs marked), and laid out for a size in characters, from 20 x 8 to
 * 400 x 120; for less it says that there is too little room. From top to bottom:
 *
 *   what this is        trace, policy, time, view
 *   counters
 *   the map             cells (cells.h), or the 512 pages of one chunk
 *   the legend          levels with numbers and units, how large a cell is, marks
 *   what is under the cursor
 *   memory over time    in use, free, the goal, the limit
 *   the latest scavtrace lines
 *
 * of which small frames leave out the lower ones. Where it is asked for, and known, a map
 * over time stands beside the map: each row is the addresses of the map's row. From 140 columns on, the legend
 * and what is under the cursor stand in a panel at the right, with more of both and
 * with what the policy has done so far.
 *
 * In the map a character holds one cell, with marks, or two, one above the other
 * (half blocks), where cells would have to be folded otherwise. The axes: in
 * maps of one moment addresses run from left to right, then from top to bottom;
 * where there is a time axis it is x, and y the address.
 *
 * A frame observes; it changes nothing of what it looks at. Painters (paint.h)
 * need nothing but the frame.
 */
#ifndef HR_REPORT_FRAME_H
#define HR_REPORT_FRAME_H

#include "base/error.h"
#include "frame/cells.h"
#include "frame/log_tail.h"
#include "frame/touches.h"
#include "report/plane.h"
#include "report/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_FRAME_MIN_COLUMNS 20u
#define HR_FRAME_MIN_ROWS 8u
#define HR_FRAME_MAX_COLUMNS 400u
#define HR_FRAME_MAX_ROWS 120u

/* Objects that lie in a chunk: of what type, or size class. */
struct hr_frame_holder {
	const char *name;
	uint64_t bytes;
};

/* What a frame is of. All of it outlives the drawing. */
struct hr_scene {
	const struct hr_follower *follower;
	const char *trace, *policy;	     /* names, for people */
	uint64_t time_ns, end_ns;	     /* now; the trace's end, HR_NEVER: not known */
	const char *status;		     /* "paused", "8x"; NULL: nothing to say */
	const char *layers;		     /* what in use is made of, in a few words; NULL: not known */
	const struct hr_json_series *series; /* memory over time; NULL: none */
	const struct hr_plane *plane;	     /* the address space over time; NULL: none */
	const struct hr_log_tail *log;	     /* the latest scavtrace lines; NULL: none */
	const struct hr_touches *touches;    /* who touched the pages of the open chunk; NULL: not known */
	/* What lies in the chunk of the cursor, or the open one, the most first. */
	const struct hr_frame_holder *holders;
	size_t nholders;
	const char *no_holders; /* why there are none; NULL: nothing to say */
};

/* What frames of one animation have in common, so that they can be compared: scales that fit all of it. */
struct hr_frame_scales {
	struct hr_ranges mapped; /* at its end: what cells are made for */
	uint64_t top_bytes;	 /* of memory over time */
	float most;		 /* of the view's values; 0: each frame has its own */
};

struct hr_frame_options {
	unsigned columns, rows; /* in characters */
	enum hr_map_view view;
	enum hr_map_scale scale;
	bool half_blocks;		     /* two cells a character can be drawn: colours, and U+2580 */
	bool no_marks;			     /* two cells a character rather than marks */
	bool braille;			     /* memory over time in dots, which can be drawn */
	bool bare;			     /* no graph and no log */
	const struct hr_frame_scales *fixed; /* NULL: what this frame needs */
	bool over_time;			  /* of scenes with a plane: the map's rows over time, beside it or instead */
	uint64_t first_chunk, last_chunk; /* zoom: chunks in [first, last); 0, HR_NO_CHUNK: all */
	uint64_t open_chunk;		  /* show the pages of this one; HR_NO_CHUNK: show the map */
	uint64_t cursor_page;		  /* the cursor is on the cell, or page, that holds this; HR_NO_PAGE: none */
};

void hr_frame_defaults(struct hr_frame_options *o);

/* A character: code (Unicode) for those who have it, else ascii. Inks: palette.h. */
struct hr_glyph {
	uint32_t code;
	char ascii;
	uint8_t fg, bg;
};

/* Its ASCII character where colours show levels: marks as the legend has them, no digits and letters for levels. */
char hr_glyph_plain(const struct hr_glyph *g);
/* Is it of the dots of memory over time? */
bool hr_glyph_is_dots(const struct hr_glyph *g);

/* A rectangle of characters with a scene in it, and where its map lies. */
struct hr_pane {
	unsigned left, columns;
	unsigned map_top, map_left; /* of the first cell, or page; from the frame's corner */
	unsigned map_rows, map_columns;
	unsigned time_left, time_columns; /* the map's rows over time: where, and how many columns; 0: not there */
	uint64_t time_span_ns;		  /* from the left of the first to the right of the last */
	bool half;			  /* two cells a character */
	uint64_t open_chunk;		  /* this chunk's pages instead of cells; HR_NO_CHUNK: cells */
	unsigned chunk_columns;		  /* pages a row then, 0: it is not mapped */
	struct hr_cells cells;
};

#define HR_MAX_PANES 2

struct hr_frame {
	unsigned columns, rows;
	struct hr_glyph *at; /* row by row */
	size_t cap;
	struct hr_pane panes[HR_MAX_PANES];
	size_t npanes; /* 0: a message */
};

/* Zeroes are an empty frame. */
void hr_frame_release(struct hr_frame *f);
/* Draws one scene or two (n) anew; room is kept for the next time. HR_ENOMEM. */
enum hr_status hr_frame_draw(struct hr_frame *f, const struct hr_scene *scenes, size_t n,
			     const struct hr_frame_options *o);
/* The upper border of a scene's memory over time. */
uint64_t hr_graph_top_bytes(const struct hr_scene *scene);
/* A frame with nothing but a text in its middle, of any size from 1 x 1. HR_ENOMEM. */
enum hr_status hr_frame_message(struct hr_frame *f, unsigned columns, unsigned rows, const char *text);

static inline const struct hr_glyph *hr_frame_glyph(const struct hr_frame *f, unsigned row, unsigned column)
{
	return &f->at[(size_t)row * f->columns + column];
}

/* The first page of the cell, or the page, drawn there (in the upper half); HR_NO_PAGE: none. *pane: in which. */
uint64_t hr_frame_page_at(const struct hr_frame *f, unsigned row, unsigned column, size_t *pane);
/* The time that column of a map over time stands for; HR_NEVER: there is none. */
uint64_t hr_frame_time_at(const struct hr_frame *f, unsigned row, unsigned column);

#endif
