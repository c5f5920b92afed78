/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory over time along the bottom of a frame: in use and, above it, free, as
 * areas of eighth blocks, or of dots, 2 x 4 a character; the scavenger's goal and
 * the memory limit as lines. Each column shows the most that there was in its
 * stretch of time.
 */
#include "config.h"

#include "frame/canvas.h"

#include "base/units.h"

#include <stdio.h>
#include <string.h>

struct column {
	uint64_t in_use, retained, goal; /* bytes; goal HR_NEVER: none */
};

struct graph {
	const struct hr_scene *scene;
	unsigned columns, rows; /* of the area, in characters */
	unsigned parts;		/* of a character in time: 1, or 2 of dots */
	uint64_t top;		/* bytes: the upper border */
	bool goal, limit;	/* there is such a line */
	uint64_t span_ns;	/* of all columns */
	unsigned n, head;	/* columns of time, and that of now */
	struct column at[2 * HR_FRAME_MAX_COLUMNS];
};

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The end of a column's stretch of time. */
static uint64_t end_of(const struct graph *g, unsigned column)
{
	return (uint64_t)((unsigned __int128)g->span_ns * (column + 1) / g->n);
}

/* To the trace's end where that is known: then time stands still, and now moves. */
static void choose_span(struct graph *g)
{
	const struct hr_scene *s = g->scene;

	g->span_ns = s->end_ns != HR_NEVER && s->end_ns > s->time_ns ? s->end_ns : s->time_ns;
	g->head = g->n - 1;
	if (s->time_ns < g->span_ns)
		g->head = (unsigned)((unsigned __int128)s->time_ns * g->n / g->span_ns);
}

/* Between the last point of the series and now things are as they are now; what comes after has not been played. */
static struct column column_now(const struct graph *g)
{
	const struct hr_follower *f = g->scene->follower;

	return (struct column){
	    .in_use = f->view.in_use_pages * HR_PAGE_BYTES,
	    .retained = hr_follower_retained_bytes(f),
	    .goal = f->view.goal_bytes,
	};
}

/* Of the points that reach into each column's time; point i is of the time from the end of the one before to its own. */
static void fill_columns(struct graph *g)
{
	const struct hr_json_series *s = g->scene->series;
	uint64_t begin = 0;
	unsigned i = 0;

	for (unsigned c = 0; c < g->n; c++) {
		struct column *to = &g->at[c];
		uint64_t end = end_of(g, c);

		*to = (struct column){.goal = HR_NEVER};
		while (i < s->n && s->points[i].end_ns <= begin)
			i++;
		if (c == g->head || (i == s->n && c < g->head))
			*to = column_now(g);
		for (unsigned k = i; k < s->n && (k == i || s->points[k - 1].end_ns < end); k++) {
			const struct hr_point *p = &s->points[k];

			to->in_use = larger(to->in_use, p->high[HR_SERIES_IN_USE]);
			to->retained = larger(to->retained, p->high[HR_SERIES_RETAINED]);
			if (to->goal == HR_NEVER)
				to->goal = p->goal_bytes;
		}
		begin = end;
	}
}

/* Lines that are far above everything else are left out, not what is below them squeezed. */
static bool is_near(const struct graph *g, uint64_t bytes)
{
	return bytes <= g->top + g->top / 2;
}

static void choose_top(struct graph *g)
{
	uint64_t goal = 0, limit = g->scene->follower->view.memory_limit_bytes;

	g->top = 1;
	for (unsigned c = 0; c < g->n; c++)
		g->top = larger(g->top, g->at[c].retained);
	for (unsigned c = 0; c < g->n; c++)
		if (g->at[c].goal != HR_NEVER && is_near(g, g->at[c].goal))
			goal = larger(goal, g->at[c].goal);
	g->top = larger(g->top, is_near(g, limit) ? larger(goal, limit) : goal);
}

/* Eighths of a row; something for anything above 0. */
static unsigned height(const struct graph *g, uint64_t bytes)
{
	unsigned n = (unsigned)((unsigned __int128)bytes * g->rows * 8 / g->top);

	return n == 0 && bytes > 0 ? 1 : n;
}

static unsigned in_row(unsigned height, unsigned row)
{
	unsigned below = 8 * row;

	return height < below ? 0 : height - below > 8 ? 8 : height - below;
}

/* a eighths in use, and b eighths in use or free; b >= a. */
static struct hr_glyph area(unsigned a, unsigned b)
{
	char ascii = a >= 4 ? '#' : b >= 4 ? ':' : b > 0 ? '.' : ' ';

	if (a > 0)
		return (struct hr_glyph){HR_CODE_EIGHTHS + a, ascii, HR_INK_IN_USE,
					 b - a >= 4 || (b == 8 && a < 8) ? HR_INK_FREE : HR_INK_NONE};
	if (b > 0)
		return (struct hr_glyph){HR_CODE_EIGHTHS + b, ascii, HR_INK_FREE, HR_INK_NONE};
	return (struct hr_glyph){' ', ' ', HR_INK_TEXT, HR_INK_NONE};
}

/* A column of dots from the lowest up, of the left and the right half of a character. */
static const uint8_t dots[2][5] = {{0x00, 0x40, 0x44, 0x46, 0x47}, {0x00, 0x80, 0xa0, 0xb0, 0xb8}};

/* Eighths of a row as dots, of which there is one for anything above 0. */
static unsigned dots_in_row(unsigned height, unsigned row)
{
	return in_row(height == 1 ? 2 : height, row) / 2;
}

/*
 * Dots up to what is in use or free, with the ink of the larger part. What ends among them is all that a line could hide:
 * inks change only from one character to the next.
 */
static struct hr_glyph dots_in(const struct graph *g, unsigned column, unsigned row, unsigned *end)
{
	unsigned a = 0, b = 0, highest = 0, bits = 0;
	struct hr_glyph glyph;

	for (unsigned i = 0; i < 2; i++) {
		const struct column *v = &g->at[2 * column + i];
		unsigned n = dots_in_row(height(g, larger(v->retained, v->in_use)), row);

		a += dots_in_row(height(g, v->in_use), row);
		b += n;
		highest = n > highest ? n : highest;
		bits |= dots[i][n];
	}
	*end = b < 8 ? 2 * highest : 0;
	glyph = area(a, b);
	if (b > 0)
		glyph = (struct hr_glyph){HR_CODE_DOTS + bits, glyph.ascii, 2 * a >= b ? HR_INK_IN_USE : HR_INK_FREE,
					  HR_INK_NONE};
	return glyph;
}

/* What the area shows in that row: its character, and the eighth of the row at which one area ends there; 0: none does. */
static struct hr_glyph area_in(const struct graph *g, unsigned column, unsigned row, unsigned *end)
{
	const struct column *v = &g->at[column];
	unsigned in_use, retained;

	if (g->parts == 2)
		return dots_in(g, column, row, end);
	in_use = in_row(height(g, v->in_use), row);
	retained = in_row(height(g, larger(v->retained, v->in_use)), row);
	*end = retained > 0 && retained < 8 ? retained : in_use < 8 ? in_use : 0;
	return area(in_use, retained);
}

static void draw_column(const struct graph *g, const struct hr_canvas *c, unsigned column, unsigned left, unsigned top)
{
	unsigned end;

	for (unsigned row = 0; row < g->rows; row++)
		hr_canvas_put(c, top + g->rows - 1 - row, left + column, area_in(g, column, row, &end));
}

/*
 * A line over what is there, on the background of the area that it crosses. Where an area ends in the line's row, a line
 * through the row would hide that: it goes to the border of the row that lies on its side of the end. Above the highest
 * row there is none: what is left of that has the line's colour, or the dots there have.
 */
static void draw_mark(const struct graph *g, const struct hr_canvas *c, unsigned column, unsigned left, unsigned top,
		      uint64_t bytes, struct hr_glyph line)
{
	unsigned eighths = (unsigned)((unsigned __int128)bytes * g->rows * 8 / g->top), row = eighths / 8, end, none;
	struct hr_glyph there;
	bool above;

	row = row == g->rows ? row - 1 : row;
	there = area_in(g, column, row, &end);
	above = eighths - 8 * row >= end;
	if (end > 0 && above && row + 1 == g->rows) {
		if (hr_glyph_is_dots(&there))
			there.fg = line.fg;
		else if (there.bg == HR_INK_NONE)
			there.bg = line.fg;
		line = there;
	} else if (end > 0) {
		if (row == 0 && !above)
			return;
		row = above ? row + 1 : row - 1;
		there = area_in(g, column, row, &none);
		if (none > 0)
			return;
		/* The lowest eighth of the upper row, or the highest of the lower one. */
		line.code = HR_CODE_EIGHTHS + (above ? 1 : 7);
		line.bg = above ? there.fg : line.fg;
		line.fg = above ? line.fg : there.fg;
	}
	if (there.code == ' ')
		line.bg = HR_INK_NONE;
	else if (line.bg == HR_INK_NONE && !hr_glyph_is_dots(&line))
		line.bg = there.fg;
	hr_canvas_put(c, top + g->rows - 1 - row, left + column, line);
}

/* Now, where it is not the right border: above the areas, which it would hide. */
static void draw_head(const struct graph *g, const struct hr_canvas *c, unsigned left, unsigned top)
{
	unsigned column = g->head / g->parts, high = 0;

	for (unsigned i = 0; i < g->parts; i++) {
		const struct column *v = &g->at[column * g->parts + i];
		unsigned mine = (height(g, larger(v->retained, v->in_use)) + 7) / 8;

		high = mine > high ? mine : high;
	}
	for (unsigned row = high; column + 1 < g->columns && row < g->rows; row++)
		hr_canvas_put(c, top + g->rows - 1 - row, left + column,
			      (struct hr_glyph){HR_CODE_BAR, '|', HR_INK_DIM, HR_INK_NONE});
}

static const struct hr_glyph goal_line = {HR_CODE_LINE, '-', HR_INK_GOAL, HR_INK_NONE};
static const struct hr_glyph limit_line = {HR_CODE_DOUBLE_LINE, '=', HR_INK_LIMIT, HR_INK_NONE};

/* a of 8 in use, the rest free. */
static struct hr_glyph swatch(const struct graph *g, unsigned a)
{
	struct hr_glyph glyph = area(a, 8);

	if (g->parts == 2)
		glyph.code = HR_CODE_DOTS + 0xff;
	return glyph;
}

static void draw_legend(const struct graph *g, const struct hr_canvas *c, unsigned left, unsigned row)
{
	struct hr_items items = {0};
	struct hr_pane inner = {.left = c->pane->left + left, .columns = g->columns};
	struct hr_canvas axis = {c->frame, &inner};
	char end_text[HR_UNIT_BUF], top[HR_UNIT_BUF];
	unsigned end;

	hr_items_add(&items, HR_INK_DIM, 0, "0");
	if (left == 0)
		hr_items_add(&items, HR_INK_DIM, 2, "up to %s", hr_format_bytes(top, g->top));
	hr_item_swatch(hr_items_add(&items, HR_INK_DIM, 1, "in use"), swatch(g, 8));
	hr_item_swatch(hr_items_add(&items, HR_INK_DIM, 1, "free"), swatch(g, 0));
	if (g->goal)
		hr_item_swatch(hr_items_add(&items, HR_INK_DIM, 2, "goal"), goal_line);
	if (g->limit)
		hr_item_swatch(hr_items_add(&items, HR_INK_DIM, 2, "limit"), limit_line);
	hr_format_ns(end_text, g->span_ns);
	end = (unsigned)strlen(end_text);
	inner.columns = g->columns > end + 2 ? g->columns - end - 2 : 1;
	hr_items_line(&items, &axis, row);
	inner.columns = g->columns;
	hr_canvas_text(&axis, row, g->columns > end ? g->columns - end : 0, HR_INK_DIM, end_text);
}

uint64_t hr_graph_top_bytes(const struct hr_scene *scene)
{
	struct graph g = {.scene = scene, .n = HR_FRAME_MAX_COLUMNS};

	choose_span(&g);
	fill_columns(&g);
	choose_top(&g);
	return g.top;
}

void hr_draw_graph(const struct hr_canvas *c, const struct hr_scene *scene, const struct hr_frame_options *o,
		   unsigned left, unsigned top, unsigned rows)
{
	struct graph g = {.scene = scene, .columns = c->pane->columns - left, .rows = rows - 1};
	uint64_t limit = scene->follower->view.memory_limit_bytes;
	char label[HR_UNIT_BUF];

	g.parts = o->braille ? 2 : 1;
	g.n = g.columns * g.parts;
	choose_span(&g);
	fill_columns(&g);
	choose_top(&g);
	g.top = larger(g.top, o->fixed != NULL ? o->fixed->top_bytes : 0);
	g.limit = limit <= g.top;
	for (unsigned i = 0; i < g.columns; i++) {
		uint64_t goal = g.at[i * g.parts].goal;

		if (goal == HR_NEVER)
			goal = g.at[i * g.parts + g.parts - 1].goal;
		draw_column(&g, c, i, left, top);
		if (g.limit)
			draw_mark(&g, c, i, left, top, limit, limit_line);
		if (goal <= g.top) {
			draw_mark(&g, c, i, left, top, goal, goal_line);
			g.goal = true;
		}
	}
	draw_head(&g, c, left, top);
	if (left > 0) {
		hr_format_bytes(label, g.top);
		hr_canvas_text(c, top, left - 1 - (unsigned)strlen(label), HR_INK_DIM, label);
		hr_canvas_text(c, top + g.rows - 1, left - 2, HR_INK_DIM, "0");
	}
	draw_legend(&g, c, left, top + g.rows);
}
