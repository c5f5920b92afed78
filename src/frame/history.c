/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The map over time: the addresses of each of its rows, in columns of equal time, beside it or, in narrow panes, instead
 * of it. Where it may, a character shows two halves of its row's addresses, one above the other.
 *
 * The axis reaches to the trace's end where that is known, else to now. What has not been played yet is blank.
 */
#include "config.h"

#include "frame/canvas.h"

#include "base/units.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BESIDE_FROM_COLUMNS 72u /* less is too little for two */
#define GAP_COLUMNS 2u

unsigned hr_history_columns(const struct hr_scene *scene, const struct hr_frame_options *o, unsigned columns,
			    unsigned *map_columns)
{
	*map_columns = columns;
	if (!o->over_time || scene->plane == NULL || o->open_chunk != HR_NO_CHUNK || columns <= GAP_COLUMNS + 1)
		return 0;
	/* Of the map a column stays in any case, which is the moment that the others lead to. Else a power of two, of
	 * which cells make whole chunks. */
	for (*map_columns = 1; columns >= BESIDE_FROM_COLUMNS && *map_columns * 4 <= columns;)
		*map_columns *= 2;
	return columns - *map_columns - GAP_COLUMNS;
}

struct history {
	const struct hr_canvas *c;
	const struct hr_scene *scene;
	const struct hr_frame_options *o;
	struct hr_pane *pane;
	unsigned left; /* in the pane */
	unsigned head; /* the column of now */
};

/* Shares of the views that the plane does not know are of pages in use. */
static enum hr_map_view view_of(const struct history *h)
{
	enum hr_map_view v = h->o->view;

	return v == HR_VIEW_FREE || v == HR_VIEW_SCAVENGED ? v : HR_VIEW_OCCUPANCY;
}

static uint8_t level_of(const struct history *h, const struct hr_plane_cell *sum)
{
	uint64_t all = sum->in_use + sum->free + sum->released;
	enum hr_map_view view = view_of(h);

	if (all == 0)
		return HR_INK_NONE;
	return hr_share_level(view == HR_VIEW_FREE	  ? sum->free
			      : view == HR_VIEW_SCAVENGED ? sum->released
							  : sum->in_use,
			      all);
}

/* The plane's column that a column shows: that of its end. HR_PLANE_COLUMNS: it has not been played. */
static unsigned sample_of(const struct history *h, unsigned column)
{
	const struct hr_plane *p = h->scene->plane;
	uint64_t end = (uint64_t)((unsigned __int128)h->pane->time_span_ns * (column + 1) / h->pane->time_columns);
	unsigned at = hr_plane_column(p, end);

	if (at == HR_PLANE_COLUMNS)
		return at;
	return column > h->head && end - p->end_ns[at] > p->interval_ns ? HR_PLANE_COLUMNS : at;
}

/* The addresses of cells [first, first + n) as they are now. */
static struct hr_plane_cell now_of(const struct hr_cells *c, size_t first, size_t n)
{
	struct hr_plane_cell sum = {.in_use = 0};

	for (size_t i = first; i < first + n; i++) {
		sum.in_use += c->at[i].in_use;
		sum.free += c->at[i].free;
		sum.released += c->at[i].released;
	}
	return sum;
}

/* A row of the map. Its upper or lower half, or all of it: pages [page, limit). */
static void levels(const struct history *h, size_t row, uint64_t page, uint64_t limit, uint8_t *to)
{
	const struct hr_cells *c = &h->pane->cells;
	struct hr_plane_cell sum;

	for (unsigned i = 0; i < h->pane->time_columns; i++) {
		unsigned at = sample_of(h, i);

		to[i] = HR_INK_NONE;
		if (at == HR_PLANE_COLUMNS)
			continue;
		sum = hr_plane_sum(h->scene->plane, at, page, limit);
		to[i] = level_of(h, &sum);
	}
	sum = now_of(c, c->row[row].first, c->row[row].n);
	/* Of a half the cells may not tell. */
	if (h->pane->half || !h->o->half_blocks || to[h->head] == HR_INK_NONE)
		to[h->head] = level_of(h, &sum);
}

static const struct hr_glyph head_glyph = {HR_CODE_BAR, '|', HR_INK_TITLE, HR_INK_NONE};

/* The play-head, and on it the row of the cursor. */
static struct hr_glyph head_of(uint8_t level, bool cursor)
{
	struct hr_glyph g = head_glyph;

	if (cursor)
		return (struct hr_glyph){'+', '@', HR_INK_DARK, HR_INK_CURSOR};
	if (level < HR_LEVELS) {
		g.bg = level;
		g.fg = (uint8_t)hr_ink_on(level);
	}
	return g;
}

static void draw_row(const struct history *h, unsigned row, bool cursor, const uint8_t *above, const uint8_t *below)
{
	for (unsigned i = 0; i < h->pane->time_columns; i++) {
		struct hr_glyph g = i == h->head ? head_of(above[i], cursor) : hr_half_glyph(above[i], below[i]);

		hr_canvas_put(h->c, row, h->left + i, g);
	}
}

/* Of the map's row `at`: its addresses in two halves, or where the map has two rows a character, this one and the next. */
static void draw_map_row(const struct history *h, unsigned row, size_t at)
{
	const struct hr_cells *c = &h->pane->cells;
	const struct hr_cells_row *r = &c->row[at];
	uint8_t above[HR_FRAME_MAX_COLUMNS], below[HR_FRAME_MAX_COLUMNS];
	uint64_t page, limit, middle;

	if (r->n == 0)
		return;
	page = c->at[r->first].page;
	limit = middle = c->at[r->first + r->n - 1].limit;
	if (!h->pane->half && h->o->half_blocks && limit - page > 1)
		middle = page + (limit - page) / 2;
	levels(h, at, page, middle, above);
	if (middle < limit)
		levels(h, at, middle, limit, below);
	else if (!h->pane->half)
		memcpy(below, above, sizeof(below));
	else
		memset(below, HR_INK_NONE, sizeof(below));
	if (h->pane->half && at + 1 < c->nrows && c->row[at + 1].n > 0) {
		r = &c->row[at + 1];
		limit = c->at[r->first + r->n - 1].limit;
		levels(h, at + 1, c->at[r->first].page, limit, below);
	}
	draw_row(h, row, h->o->cursor_page >= page && h->o->cursor_page < limit, above, below);
}

static void draw_axis(const struct history *h, unsigned row)
{
	static const char *const names[HR_VIEW_COUNT] = {
	    [HR_VIEW_OCCUPANCY] = "in use", [HR_VIEW_FREE] = "free", [HR_VIEW_SCAVENGED] = "released"};
	unsigned columns = h->pane->time_columns, n;
	char end[HR_UNIT_BUF], step[HR_UNIT_BUF], text[96];

	hr_format_ns(end, h->pane->time_span_ns);
	hr_canvas_text(h->c, row, h->left, HR_INK_DIM, "0");
	n = (unsigned)strlen(end);
	if (columns > n + 2)
		hr_canvas_text(h->c, row, h->left + columns - n, HR_INK_DIM, end);
	snprintf(text, sizeof(text), "%s, a column = %s", names[view_of(h)],
		 hr_format_ns(step, h->pane->time_span_ns / columns));
	if (strlen(text) + n + 6 <= columns)
		hr_canvas_text(h->c, row, h->left + 3, HR_INK_DIM, text);
}

void hr_draw_history(const struct hr_canvas *c, struct hr_pane *pane, const struct hr_scene *scene,
		     const struct hr_frame_options *o, unsigned top, unsigned axis)
{
	struct history h = {.c = c, .scene = scene, .o = o, .pane = pane, .left = pane->time_left - pane->left};
	unsigned line = pane->half ? 2 : 1, end = top + (unsigned)((pane->cells.nrows + line - 1) / line);

	pane->time_span_ns =
	    scene->end_ns != HR_NEVER && scene->end_ns > scene->time_ns ? scene->end_ns : scene->time_ns;
	if (pane->time_span_ns == 0)
		pane->time_span_ns = 1;
	h.head = (unsigned)((unsigned __int128)scene->time_ns * pane->time_columns / pane->time_span_ns);
	if (h.head >= pane->time_columns)
		h.head = pane->time_columns - 1;
	for (size_t at = 0; at < pane->cells.nrows; at += line)
		draw_map_row(&h, top + (unsigned)(at / line), at);
	draw_axis(&h, end < axis ? end : axis);
}
