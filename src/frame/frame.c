/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/frame.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/units.h"
#include "frame/canvas.h"
#include "report/scavtrace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLUMNS 13u    /* an address of 48 bits, and a blank */
#define LABELS_FROM 60u	     /* narrower panes have none */
#define FULL_LEGEND_FROM 40u /* narrower panes have none but levels */
#define STRIP_COLUMNS 24u    /* of the levels, with their first and last */
#define PAIR_MIN_COLUMNS 41u /* two panes of 20, and a column between */

void hr_frame_defaults(struct hr_frame_options *o)
{
	*o = (struct hr_frame_options){
	    .columns = 120,
	    .rows = 40,
	    .half_blocks = true,
	    .last_chunk = HR_NO_CHUNK,
	    .open_chunk = HR_NO_CHUNK,
	    .cursor_page = HR_NO_PAGE,
	};
}

void hr_frame_release(struct hr_frame *f)
{
	for (size_t i = 0; i < HR_MAX_PANES; i++)
		hr_cells_release(&f->panes[i].cells);
	free(f->at);
	memset(f, 0, sizeof(*f));
}

/* A frame of blanks. */
static bool start(struct hr_frame *f, unsigned columns, unsigned rows)
{
	size_t n = (size_t)columns * rows;

	if (!hr_reserve(&f->at, &f->cap, n, sizeof(*f->at)))
		return false;
	f->columns = columns;
	f->rows = rows;
	f->npanes = 0;
	for (size_t i = 0; i < n; i++)
		f->at[i] = (struct hr_glyph){' ', ' ', HR_INK_TEXT, HR_INK_NONE};
	return true;
}

enum hr_status hr_frame_message(struct hr_frame *f, unsigned columns, unsigned rows, const char *text)
{
	struct hr_pane all = {.columns = columns};
	struct hr_canvas c = {f, &all};
	unsigned width = (unsigned)strlen(text);

	if (!start(f, columns, rows))
		return HR_ENOMEM;
	hr_canvas_text(&c, rows / 2, width < columns ? (columns - width) / 2 : 0, HR_INK_TEXT, text);
	return HR_OK;
}

/* --- the layout -------------------------------------------------------------- */

/* Rows of each part, from top to bottom; 0: left out. */
struct layout {
	unsigned header, map, axis, legend, cursor, graph, log;
	unsigned side; /* columns of the panel at the right */
};

static struct layout divide(const struct hr_frame_options *o, const struct hr_pane *pane, unsigned side,
			    const struct hr_scene *scene, unsigned legend)
{
	unsigned most_legend = o->rows < 12 ? 1 : o->rows < 20 ? 2 : o->rows < 30 ? 3 : o->rows < 36 ? 4 : 5;
	struct layout l = {
	    .header = o->rows < 10 ? 1 : 2,
	    .legend = side > 0		     ? 0
		      : legend < most_legend ? legend
					     : most_legend,
	    .axis = pane->time_columns > 0,
	    .cursor = side > 0 || o->cursor_page == HR_NO_PAGE || o->rows < 10 ? 0
		      : o->rows < 20 || o->open_chunk != HR_NO_CHUNK	       ? 1
									       : 3,
	    .side = side,
	};

	if (scene->series != NULL && !o->bare && o->rows >= 16)
		l.graph = 1 + (o->rows / 6 < 3 ? 3 : o->rows / 6 > 10 ? 10 : o->rows / 6);
	if (scene->log != NULL && !o->bare && o->rows >= 24)
		l.log = o->rows < 60 ? 3 : 6;
	l.map = o->rows - l.header - l.axis - l.legend - l.cursor - l.graph - l.log;
	return l;
}

/* --- what is drawn of a scene ------------------------------------------------- */

struct drawing {
	struct hr_canvas canvas;
	struct hr_pane *pane;
	const struct hr_scene *scene;
	const struct hr_frame_options *o;
	struct hr_items legend;
	unsigned side; /* columns of the panel, which has the legend then */
	bool compared; /* with the other pane */
};

static void draw_header(const struct drawing *d, unsigned rows)
{
	const struct hr_scene *s = d->scene;
	const struct hr_follower *f = s->follower;
	struct hr_items items = {0};
	char now[HR_UNIT_BUF], end[HR_UNIT_BUF], b[5][HR_UNIT_BUF];

	hr_items_add(&items, HR_INK_TITLE, 3, "%.60s", s->trace);
	hr_items_add(&items, HR_INK_TITLE, 0, "%.60s", s->policy);
	hr_items_add(&items, HR_INK_TITLE, 0, "at %s", hr_format_ns(now, s->time_ns));
	if (s->end_ns != HR_NEVER)
		hr_items_add(&items, HR_INK_DIM, 4, "of %s", hr_format_ns(end, s->end_ns));
	if (d->o->open_chunk != HR_NO_CHUNK)
		hr_items_add(&items, HR_INK_DIM, 2, "a chunk");
	else
		hr_items_add(&items, HR_INK_DIM, 2, "%s, %s", hr_map_view_name(d->o->view),
			     hr_map_scale_name(d->o->scale));
	if (s->status != NULL)
		hr_items_add(&items, HR_INK_TITLE, 1, "%.40s", s->status);
	hr_items_line(&items, &d->canvas, 0);
	if (rows < 2)
		return;
	items.n = 0;
	hr_items_add(&items, HR_INK_TEXT, 0, "in use %s", hr_format_bytes(b[0], f->view.in_use_pages * HR_PAGE_BYTES));
	hr_items_add(&items, HR_INK_TEXT, 1, "free %s",
		     hr_format_bytes(b[1], hr_follower_free_pages(f) * HR_PAGE_BYTES));
	hr_items_add(&items, HR_INK_TEXT, 1, "released %s",
		     hr_format_bytes(b[2], f->view.released_pages * HR_PAGE_BYTES));
	if (f->view.manual_pages > 0)
		hr_items_add(&items, HR_INK_TEXT, 5, "manual %s",
			     hr_format_bytes(b[3], f->view.manual_pages * HR_PAGE_BYTES));
	if (d->scene->layers != NULL && d->scene->layers[0] != '\0')
		hr_items_add(&items, HR_INK_TEXT, 2, "%.80s", d->scene->layers);
	hr_items_add(&items, HR_INK_DIM, 4, "mapped %s", hr_format_bytes(b[4], f->view.mapped_pages * HR_PAGE_BYTES));
	if (f->view.goal_bytes != HR_NEVER)
		hr_items_add(&items, HR_INK_TEXT, 2, "goal %s", hr_format_bytes(b[3], f->view.goal_bytes));
	if (f->view.memory_limit_bytes != UINT64_MAX)
		hr_items_add(&items, HR_INK_TEXT, 3, "limit %s", hr_format_bytes(b[4], f->view.memory_limit_bytes));
	hr_items_line(&items, &d->canvas, 1);
}

/* --- the legend --- */

static const struct view_text {
	const char *title, *none, *most; /* most NULL: a number with this unit: */
	const char *unit;
} view_texts[HR_VIEW_COUNT] = {
    [HR_VIEW_OCCUPANCY] = {"pages in use:", "none", "all", NULL},
    [HR_VIEW_FREE] = {"free, not released:", "none", "all", NULL},
    [HR_VIEW_SCAVENGED] = {"released:", "none", "all", NULL},
    [HR_VIEW_DENSITY] = {"in use when the last generation ended:", "none", "all", NULL},
    [HR_VIEW_GENERATION] = {"generations without a change:", "0", NULL, ""},
    [HR_VIEW_REFAULTS] = {"pages refaulted so far, a chunk:", "0", NULL, ""},
};

static struct hr_glyph swatch(unsigned level)
{
	return (struct hr_glyph){'0' + level, (char)('0' + level), (uint8_t)hr_ink_on(level), (uint8_t)level};
}

/* "pages in use: none 0123456789 all", "1-8: steps of 12.5 %". In narrow panes the header says what it is. */
static void add_strip(struct hr_items *items, const struct hr_cells *c, unsigned columns)
{
	const struct view_text *t = &view_texts[c->view];
	double step = c->most / (double)(HR_LEVELS - 2);
	struct hr_item *item;

	const bool beside = columns >= FULL_LEGEND_FROM && strlen(t->title) + STRIP_COLUMNS <= columns;

	if (!(c->most > 0)) {
		hr_items_add(items, HR_INK_TEXT, 0, "%s 0 everywhere", t->title);
		return;
	}
	if (!beside && columns >= FULL_LEGEND_FROM)
		hr_items_add(items, HR_INK_TEXT, 0, "%s", t->title);
	if (t->most != NULL)
		item = hr_items_add(items, HR_INK_TEXT, 0, "%s", t->most);
	else
		item = hr_items_add(items, HR_INK_TEXT, 0, "%.4g", (double)c->most);
	snprintf(item->before, sizeof(item->before), "%s%s%s", beside ? t->title : "", beside ? " " : "", t->none);
	for (unsigned level = 0; level < HR_LEVELS; level++)
		hr_item_swatch(item, swatch(level));
	if (c->scale == HR_SCALE_RANKED)
		hr_items_add(items, HR_INK_DIM, 0, "1-9: by rank among the values there are");
	else if (t->most != NULL)
		hr_items_add(items, HR_INK_DIM, 0, "1-8: steps of %.3g %%", 100.0 / (HR_LEVELS - 2));
	else
		hr_items_add(items, HR_INK_DIM, 0, "1-8: steps of %.3g", step);
}

static void add_index_strip(struct hr_items *items, const struct hr_cells *c)
{
	hr_item_swatch(hr_items_add(items, HR_INK_TEXT, 0, "not in the index"), swatch(0));
	if (c->has_density)
		hr_item_swatch(hr_items_add(items, HR_INK_TEXT, 0, "marked, but dense: for forced searches only"),
			       swatch(4));
	hr_item_swatch(hr_items_add(items, HR_INK_TEXT, 0, "marked: may have pages to release"), swatch(9));
	if (c->cell_pages > HR_CHUNK_PAGES)
		hr_items_add(items, HR_INK_DIM, 0, "between: a part of the fold");
}

static void add_cell_size(struct hr_items *items, const struct hr_cells *c)
{
	char bytes[HR_UNIT_BUF];

	hr_format_bytes(bytes, c->cell_pages * HR_PAGE_BYTES);
	if (c->cell_pages == 1)
		hr_items_add(items, HR_INK_DIM, 0, "one cell = a page of %s", bytes);
	else if (c->cell_pages < HR_CHUNK_PAGES)
		hr_items_add(items, HR_INK_DIM, 0, "one cell = %s, 1/%u of a chunk", bytes,
			     (unsigned)(HR_CHUNK_PAGES / c->cell_pages));
	else if (c->cell_pages == HR_CHUNK_PAGES)
		hr_items_add(items, HR_INK_DIM, 0, "one cell = %s, a chunk", bytes);
	else
		hr_items_add(items, HR_INK_DIM, 0, "one cell = %s, %" PRIu64 " chunks", bytes,
			     c->cell_pages / HR_CHUNK_PAGES);
}

/* Marks of cells: their glyphs, which stand on the level's color. Without color levels are digits, and marks make letters of
 * them: from first_letter on. */
static void add_mark(struct hr_items *items, uint32_t code, char first_letter, const char *text)
{
	struct hr_item *item = hr_items_add(items, HR_INK_DIM, 0, "%s", text);

	hr_item_swatch(item, (struct hr_glyph){' ', first_letter, (uint8_t)hr_ink_on(2), 2});
	hr_item_swatch(item, (struct hr_glyph){code, '-', (uint8_t)hr_ink_on(2), 2});
	hr_item_swatch(item, (struct hr_glyph){' ', (char)(first_letter + HR_LEVELS - 1), (uint8_t)hr_ink_on(2), 2});
}

static const struct hr_glyph search_glyph = {HR_CODE_DIAMOND, 'S', HR_INK_DARK, HR_INK_SEARCH};
static const struct hr_glyph forced_glyph = {HR_CODE_OPEN_DIAMOND, 'F', HR_INK_DARK, HR_INK_SEARCH};
static const struct hr_glyph differs_glyph = {HR_CODE_TOP_LEFT, '!', HR_INK_LIGHT, HR_INK_LEVEL + 2};
static const struct hr_glyph gap_glyph = {HR_CODE_ELLIPSIS, '~', HR_INK_DIM, HR_INK_NONE};
static const struct hr_glyph cursor_glyph = {'+', '@', HR_INK_DARK, HR_INK_CURSOR};

static void add_search(struct hr_items *items, const struct hr_glyph *glyph, const char *what, uint64_t page)
{
	if (page == HR_NO_PAGE)
		hr_items_add(items, HR_INK_DIM, 0, "%s: nothing is left", what);
	else
		hr_item_swatch(hr_items_add(items, HR_INK_DIM, 0, "%s %" PRIx64, what, page * HR_PAGE_BYTES), *glyph);
}

static void add_marks(struct hr_items *items, const struct drawing *d, const struct hr_cells *c)
{
	bool marks = c->has_index && !d->pane->half && c->view != HR_VIEW_INDEX, parts = c->cell_pages < HR_CHUNK_PAGES;
	char bytes[HR_UNIT_BUF];

	if (marks)
		add_mark(items, HR_CODE_DOT, 'a', parts ? "start of an indexed chunk" : "in the index");
	if (marks && c->has_density)
		add_mark(items, '-', 'A', parts ? "start of an indexed but dense chunk" : "in the index, but dense");
	if (c->has_index)
		add_search(items, &search_glyph, "search address", c->search_page);
	if (c->has_density)
		add_search(items, &forced_glyph, "forced search", c->forced_page);
	if (d->compared) {
		struct hr_item *item = hr_items_add(items, HR_INK_DIM, 0, "%zu cells differ in %s", c->differing,
						    hr_map_view_name(c->view));

		if (!d->pane->half)
			hr_item_swatch(item, differs_glyph);
	}
	if (c->gaps > 0)
		hr_item_swatch(hr_items_add(items, HR_INK_DIM, 0, "%zu gap%s folded", c->gaps, c->gaps > 1 ? "s" : ""),
			       gap_glyph);
	if (d->o->first_chunk > 0 || d->o->last_chunk != HR_NO_CHUNK)
		hr_items_add(items, HR_INK_DIM, 0, "zoomed in on %s from %" PRIx64,
			     hr_format_bytes(bytes, c->mapped_pages * HR_PAGE_BYTES),
			     c->n > 0 ? c->at[0].page * HR_PAGE_BYTES : 0);
}

static void make_legend(struct drawing *d)
{
	const struct hr_cells *c = &d->pane->cells;
	struct hr_items *items = &d->legend;

	items->n = 0;
	if (d->pane->open_chunk != HR_NO_CHUNK) {
		hr_chunk_legend(items);
		return;
	}
	if (!hr_cells_can_show(c, c->view))
		hr_items_add(items, HR_INK_TEXT, 0, "%.60s %s", d->scene->policy,
			     c->has_index ? "knows no density" : "keeps no index");
	else if (c->view == HR_VIEW_INDEX)
		add_index_strip(items, c);
	else
		add_strip(items, c, d->side > 0 ? d->side : d->pane->columns);
	add_cell_size(items, c);
	add_marks(items, d, c);
	hr_items_add(items, HR_INK_DIM, 0, "addresses: left to right, then down");
}

/* --- the map --- */

/* NULL: there is none. A gap has no level. */
static uint8_t level_of(const struct hr_map_cell *cell)
{
	return cell != NULL && cell->npages > 0 ? cell->level : HR_INK_NONE;
}

static const struct hr_map_cell *cell_in(const struct hr_cells *c, size_t row, size_t column)
{
	return row < c->nrows && column < c->row[row].n ? &c->at[c->row[row].first + column] : NULL;
}

/* Also for a row or a column that there is none of: of a wrapped number. */
static bool differs(const struct hr_cells *c, size_t row, size_t column)
{
	const struct hr_map_cell *cell = cell_in(c, row, column);

	return cell != NULL && cell->differs;
}

/*
 * What outlines the cells that differ: a line along the border of each region of them, nothing inside. Without it a map in
 * which much differs would be all marks. 0: not on the border.
 */
static uint32_t outline_code(const struct hr_cells *c, size_t row, size_t column)
{
	enum { LEFT = 1, RIGHT = 2, ABOVE = 4, BELOW = 8 };
	static const uint16_t codes[16] = {
	    0, /* surrounded */
	    [LEFT] = HR_CODE_BAR,
	    [RIGHT] = HR_CODE_BAR,
	    [LEFT | RIGHT] = HR_CODE_BAR,
	    [ABOVE] = HR_CODE_LINE,
	    [BELOW] = HR_CODE_LINE,
	    [ABOVE | BELOW] = HR_CODE_LINE,
	    [LEFT | ABOVE] = HR_CODE_TOP_LEFT,
	    [RIGHT | ABOVE] = HR_CODE_TOP_RIGHT,
	    [LEFT | BELOW] = HR_CODE_BOTTOM_LEFT,
	    [RIGHT | BELOW] = HR_CODE_BOTTOM_RIGHT,
	    /* Ends of what is one cell wide, and one cell alone. */
	    [LEFT | ABOVE | BELOW] = HR_CODE_LINE,
	    [RIGHT | ABOVE | BELOW] = HR_CODE_LINE,
	    [ABOVE | LEFT | RIGHT] = HR_CODE_BAR,
	    [BELOW | LEFT | RIGHT] = HR_CODE_BAR,
	    [LEFT | RIGHT | ABOVE | BELOW] = HR_CODE_DIFFERS,
	};
	unsigned edges =
	    (unsigned)!differs(c, row, column - 1) * LEFT | (unsigned)!differs(c, row, column + 1) * RIGHT |
	    (unsigned)!differs(c, row - 1, column) * ABOVE | (unsigned)!differs(c, row + 1, column) * BELOW;

	return codes[edges];
}

static struct hr_glyph cell_glyph(const struct hr_cells *c, const struct hr_map_cell *cell)
{
	unsigned level = cell->level;
	struct hr_glyph g = {' ', (char)('0' + level), (uint8_t)hr_ink_on(level), (uint8_t)level};

	if (cell->later)
		return (struct hr_glyph){' ', ' ', HR_INK_TEXT, HR_INK_NONE};
	if (cell->npages == 0)
		return gap_glyph;
	/* If a chunk takes several cells, mark the first one, to show where chunks start. */
	if (c->view == HR_VIEW_INDEX || cell->marked == 0 ||
	    (c->cell_pages < HR_CHUNK_PAGES && hr_page_in_chunk(cell->page) != 0))
		return g;
	g.code = cell->ready > 0 ? HR_CODE_DOT : '-';
	g.ascii = (char)((cell->ready > 0 ? 'a' : 'A') + level);
	return g;
}

static bool holds(const struct hr_map_cell *cell, uint64_t page)
{
	return cell != NULL && cell->npages > 0 && page >= cell->page && page < cell->limit;
}

/* What stands on a cell whatever its level, the last first; NULL: nothing. */
static const struct hr_glyph *special_glyph(const struct drawing *d, const struct hr_map_cell *cell)
{
	const struct hr_cells *c = &d->pane->cells;

	if (cell == NULL || cell->npages == 0)
		return NULL;
	if (holds(cell, d->o->cursor_page))
		return &cursor_glyph;
	if (c->has_index && holds(cell, c->search_page))
		return &search_glyph;
	if (c->has_density && holds(cell, c->forced_page))
		return &forced_glyph;
	return NULL;
}

static struct hr_glyph outlined(const struct drawing *d, struct hr_glyph g, size_t row, size_t column)
{
	uint32_t code =
	    d->compared && differs(&d->pane->cells, row, column) ? outline_code(&d->pane->cells, row, column) : 0;

	if (code != 0) {
		g.code = code;
		g.ascii = '!';
	}
	return g;
}

static void draw_map_row(const struct drawing *d, unsigned row, size_t at)
{
	const struct hr_cells *c = &d->pane->cells;
	unsigned left = d->pane->map_left - d->pane->left;

	for (unsigned i = 0; i < c->columns; i++) {
		const struct hr_map_cell *upper = cell_in(c, at, i);
		const struct hr_map_cell *lower = d->pane->half ? cell_in(c, at + 1, i) : NULL;
		const struct hr_glyph *special = special_glyph(d, upper);

		if (special == NULL)
			special = special_glyph(d, lower);
		if (special != NULL)
			hr_canvas_put(&d->canvas, row, left + i, *special);
		else if (d->pane->half)
			hr_canvas_put(&d->canvas, row, left + i, hr_half_glyph(level_of(upper), level_of(lower)));
		else if (upper != NULL)
			hr_canvas_put(&d->canvas, row, left + i, outlined(d, cell_glyph(c, upper), at, i));
	}
}

static void draw_gap(const struct drawing *d, unsigned row, uint64_t pages)
{
	unsigned left = d->pane->map_left - d->pane->left;
	char bytes[HR_UNIT_BUF], text[64];

	snprintf(text, sizeof(text), "%s not mapped",
		 hr_format_bytes(bytes, pages < UINT64_MAX / HR_PAGE_BYTES ? pages * HR_PAGE_BYTES : UINT64_MAX));
	hr_canvas_put(&d->canvas, row, left, gap_glyph);
	hr_canvas_text(&d->canvas, row, left + 2, HR_INK_DIM, text);
}

static void draw_map(const struct drawing *d, unsigned top)
{
	const struct hr_cells *c = &d->pane->cells;
	unsigned line = d->pane->half ? 2 : 1;

	for (size_t at = 0; at < c->nrows; at += line) {
		unsigned row = top + (unsigned)(at / line);
		char label[16];

		if (c->row[at].gap_pages > 0) {
			draw_gap(d, row, c->row[at].gap_pages);
			continue;
		}
		draw_map_row(d, row, at);
		if (d->pane->map_left > d->pane->left && c->row[at].n > 0) {
			snprintf(label, sizeof(label), "%12" PRIx64, c->at[c->row[at].first].page * HR_PAGE_BYTES);
			hr_canvas_text(&d->canvas, row, 0, HR_INK_DIM, label);
		}
	}
	if (c->n == 0)
		hr_canvas_text(&d->canvas, top, d->pane->map_left - d->pane->left, HR_INK_DIM, "no heap yet");
}

/* --- under the cursor, and the log --- */

/* The cell, and with three rows also why its chunks' memory stays, and whose objects lie there. */
static void draw_read_out(const struct drawing *d, unsigned row, unsigned rows)
{
	const struct hr_cells *c = &d->pane->cells;
	size_t at = d->pane->open_chunk != HR_NO_CHUNK ? HR_NO_CELL : hr_cells_find(c, d->o->cursor_page);
	const struct hr_map_cell *cell = at != HR_NO_CELL ? &c->at[at] : NULL;
	struct hr_items items = {0};

	if (cell == NULL)
		return;
	hr_items_add(&items, HR_INK_TEXT, 0, "%" PRIx64 "-%" PRIx64, cell->page * HR_PAGE_BYTES,
		     cell->limit * HR_PAGE_BYTES - 1);
	hr_items_add(&items, HR_INK_TEXT, 3, "chunk %" PRIu64, hr_chunk_of(cell->page));
	hr_items_add(&items, HR_INK_TEXT, 1, "%" PRIu64 " pages in use, %" PRIu64 " free, %" PRIu64 " released",
		     cell->in_use, cell->free, cell->released);
	if (cell->gaps > 0)
		hr_items_add(&items, HR_INK_TEXT, 5, "over %" PRIu32 " gaps", cell->gaps);
	if (c->has_index && cell->chunks > 1)
		hr_items_add(&items, HR_INK_TEXT, 2, "%" PRIu32 " of %" PRIu32 " chunks in the index", cell->marked,
			     cell->chunks);
	else if (c->has_index)
		hr_items_add(&items, HR_INK_TEXT, 2, "%s",
			     cell->ready    ? "in the index"
			     : cell->marked ? "in the index, but dense"
					    : "not in the index");
	if (c->has_density)
		hr_items_add(&items, HR_INK_TEXT, 4,
			     "%" PRIu64 " in use last generation, changed %" PRIu32 " generations ago",
			     cell->last_in_use, cell->unchanged);
	hr_items_add(&items, HR_INK_TEXT, 3, "%" PRIu64 " refaulted", cell->refaults);
	hr_items_line(&items, &d->canvas, row);
	if (rows < 3)
		return;
	items.n = 0;
	hr_inspect_reasons(&items, d->scene->follower, hr_chunk_of(cell->page), hr_chunk_of(cell->limit - 1),
			   d->pane->columns);
	if (items.n > 0)
		hr_items_line(&items, &d->canvas, ++row);
	items.n = 0;
	hr_inspect_holders(&items, d->scene);
	hr_items_line(&items, &d->canvas, row + 1);
}

static void draw_log(const struct drawing *d, unsigned top, unsigned rows)
{
	for (unsigned i = 0; i < rows; i++) {
		const struct hr_scav_line *line = hr_log_tail_get(d->scene->log, rows - 1 - i);
		char time[HR_UNIT_BUF], text[HR_SCAV_LINE_MAX], all[HR_UNIT_BUF + HR_SCAV_LINE_MAX + 8];

		if (line == NULL)
			continue;
		snprintf(all, sizeof(all), "%12s %s", hr_format_ns(time, line->time_ns),
			 hr_scavtrace_format(text, line));
		hr_canvas_text(&d->canvas, top + i, 0, HR_INK_DIM, all);
	}
}

/* --- a pane ------------------------------------------------------------------- */

/*
 * Is there something to mark? Not by view: cells stay where they are from one
 * view to the next.
 */
static bool wants_marks(const struct drawing *d)
{
	const struct hr_follower *f = d->scene->follower;

	return !d->o->no_marks && (d->compared || f->def->look != NULL);
}

static struct hr_cells_options cells_options(const struct drawing *d, unsigned rows, bool half)
{
	return (struct hr_cells_options){
	    .view = d->o->view,
	    .scale = d->o->scale,
	    .columns = d->pane->map_columns,
	    .rows = half ? 2 * rows : rows,
	    .line = half ? 2 : 1,
	    .first_chunk = d->o->first_chunk,
	    .last_chunk = d->o->last_chunk,
	    .ranges = d->o->fixed != NULL ? &d->o->fixed->mapped : NULL,
	    .most = d->o->fixed != NULL ? d->o->fixed->most : 0,
	};
}

/* With marks a character is one cell, unless that would fold chunks. */
static bool wants_halves(const struct drawing *d, unsigned rows)
{
	struct hr_cells_options whole = cells_options(d, rows, false);

	return d->o->half_blocks && (!wants_marks(d) || hr_cells_size(d->scene->follower, &whole) > HR_CHUNK_PAGES);
}

static enum hr_status compute(struct drawing *d, unsigned rows, bool half)
{
	struct hr_cells_options o = cells_options(d, rows, half);

	d->pane->half = half;
	return hr_cells_compute(&d->pane->cells, d->scene->follower, &o);
}

static void place_pane(struct hr_pane *pane, const struct hr_scene *scene, const struct hr_frame_options *o, size_t i,
		       size_t n)
{
	unsigned side = hr_side_columns(o, n), width = n == 2 ? (o->columns - 1) / 2 : o->columns - side - (side > 0);
	unsigned label = width >= LABELS_FROM ? LABEL_COLUMNS : 0;

	pane->columns = width;
	pane->left = (unsigned)i * (width + 1);
	pane->map_left = pane->left + label;
	pane->time_columns = hr_history_columns(scene, o, width - label, &pane->map_columns);
	pane->time_left = pane->left + width - pane->time_columns;
	pane->open_chunk = o->open_chunk;
	pane->half = false;
}

/* From the header on down. */
static void draw_side(const struct drawing *d, const struct layout *l)
{
	struct hr_pane side = {.left = d->o->columns - l->side, .columns = l->side};
	struct hr_canvas c = {d->canvas.frame, &side};

	hr_draw_side(&c, d->scene, &d->pane->cells, d->o, &d->legend, l->header, d->o->rows - l->header);
}

static void draw_scene(const struct drawing *d, const struct layout *l)
{
	unsigned row = l->header, left = d->pane->map_left - d->pane->left;

	draw_header(d, l->header);
	d->pane->map_top = row;
	d->pane->map_rows = l->map;
	if (d->pane->open_chunk != HR_NO_CHUNK)
		hr_draw_chunk(&d->canvas, d->pane, d->scene, d->o, row, l->map);
	else
		draw_map(d, row);
	row += l->map;
	if (l->axis > 0)
		hr_draw_history(&d->canvas, d->pane, d->scene, d->o, d->pane->map_top, row);
	row += l->axis;
	hr_items_flow(&d->legend, &d->canvas, d->pane->columns, row, l->legend);
	row += l->legend;
	if (l->cursor > 0)
		draw_read_out(d, row, l->cursor);
	row += l->cursor;
	if (l->graph > 0)
		hr_draw_graph(&d->canvas, d->scene, d->o, left, row, l->graph);
	if (l->log > 0)
		draw_log(d, row + l->graph, l->log);
	if (l->side > 0)
		draw_side(d, l);
}

static unsigned legend_rows(struct drawing *drawings, size_t n)
{
	unsigned rows = 0;

	for (size_t i = 0; i < n; i++) {
		struct drawing *d = &drawings[i];
		unsigned mine;

		make_legend(d);
		mine = hr_items_flow(&d->legend, NULL, d->pane->columns, 0, HR_FRAME_MAX_ROWS);
		if (mine > rows)
			rows = mine;
	}
	return rows;
}

/* Rows that the map leaves go to the graph, up to twice as many as it has. */
static void share_spare(struct layout *l, const struct drawing *drawings, size_t n)
{
	unsigned used = 0, spare;

	for (size_t i = 0; i < n; i++) {
		const struct hr_pane *p = drawings[i].pane;
		unsigned rows = p->open_chunk != HR_NO_CHUNK ? hr_chunk_rows(p)
				: p->half		     ? (unsigned)(p->cells.nrows + 1) / 2
							     : (unsigned)p->cells.nrows;

		used = rows > used ? rows : used;
	}
	/* A blank row between the two. */
	spare = used + 1 < l->map ? l->map - used - 1 : 0;
	spare = spare < 2 * l->graph ? spare : 2 * l->graph;
	l->map -= spare;
	l->graph += spare;
}

/* The legend's height depends on the cells, and their number on the legend's height: it is taken as high as it may be. */
static enum hr_status draw_panes(struct hr_frame *f, struct drawing *drawings, size_t n,
				 const struct hr_frame_options *o)
{
	const struct hr_scene *first = drawings[0].scene;
	unsigned side = hr_side_columns(o, n), rows;
	struct layout l = divide(o, drawings[0].pane, side, first, HR_FRAME_MAX_ROWS);

	/* Use one kind of cells for both policies: they have the same memory mapped, and cells are compared. */
	for (size_t i = 0; i < n && o->open_chunk == HR_NO_CHUNK; i++)
		HR_TRY(compute(&drawings[i], l.map, wants_halves(&drawings[0], l.map)));
	if (n == 2 && o->open_chunk == HR_NO_CHUNK)
		hr_cells_compare(&f->panes[0].cells, &f->panes[1].cells);
	rows = legend_rows(drawings, n);
	l = divide(o, drawings[0].pane, side, first, o->fixed != NULL ? HR_FRAME_MAX_ROWS : rows);
	share_spare(&l, drawings, n);
	for (size_t i = 0; i < n; i++)
		draw_scene(&drawings[i], &l);
	f->npanes = n;
	return HR_OK;
}

enum hr_status hr_frame_draw(struct hr_frame *f, const struct hr_scene *scenes, size_t n,
			     const struct hr_frame_options *o)
{
	struct drawing *drawings;
	enum hr_status status;

	if (o->columns < (n == 1 ? HR_FRAME_MIN_COLUMNS : PAIR_MIN_COLUMNS) || o->rows < HR_FRAME_MIN_ROWS)
		return hr_frame_message(f, o->columns, o->rows,
					o->columns < 16 ? "too small"
					: n == 1	? "too small: 20x8"
							: "too small: 41x8");
	drawings = hr_calloc(n, sizeof(*drawings));
	if (drawings == NULL || !start(f, o->columns, o->rows)) {
		free(drawings);
		return HR_ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct drawing *d = &drawings[i];

		place_pane(&f->panes[i], &scenes[i], o, i, n);
		*d = (struct drawing){
		    .canvas = {f, &f->panes[i]},
		    .pane = &f->panes[i],
		    .scene = &scenes[i],
		    .o = o,
		    .side = hr_side_columns(o, n),
		    .compared = n == 2,
		};
	}
	status = draw_panes(f, drawings, n, o);
	free(drawings);
	return status;
}

/* Row and column count from the map's first cell. */
static uint64_t page_in(const struct hr_pane *p, unsigned row, unsigned column)
{
	const struct hr_map_cell *cell;

	if (p->open_chunk != HR_NO_CHUNK) {
		if (column >= p->chunk_columns || row >= HR_CHUNK_PAGES / p->chunk_columns)
			return HR_NO_PAGE;
		return hr_chunk_page(p->open_chunk) + row * p->chunk_columns + column;
	}
	cell = cell_in(&p->cells, (size_t)row * (p->half ? 2 : 1), column);
	return cell != NULL && cell->npages > 0 ? cell->page : HR_NO_PAGE;
}

uint64_t hr_frame_page_at(const struct hr_frame *f, unsigned row, unsigned column, size_t *pane)
{
	for (size_t i = 0; i < f->npanes; i++) {
		const struct hr_pane *p = &f->panes[i];
		bool inside = row >= p->map_top && row < p->map_top + p->map_rows && column >= p->map_left &&
			      column < p->left + p->columns;
		uint64_t page = inside ? page_in(p, row - p->map_top, column - p->map_left) : HR_NO_PAGE;

		if (page == HR_NO_PAGE)
			continue;
		*pane = i;
		return page;
	}
	return HR_NO_PAGE;
}

uint64_t hr_frame_time_at(const struct hr_frame *f, unsigned row, unsigned column)
{
	for (size_t i = 0; i < f->npanes; i++) {
		const struct hr_pane *p = &f->panes[i];

		if (row >= p->map_top && row <= p->map_top + p->map_rows && column >= p->time_left &&
		    column < p->time_left + p->time_columns)
			return (uint64_t)((column - p->time_left + 0.5) / p->time_columns * (double)p->time_span_ns);
	}
	return HR_NEVER;
}
