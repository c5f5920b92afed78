/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The panel beside the map of wide frames: all that is known of the cell under
 * the cursor, the pages of its chunk, what the policy has done so far, and the
 * legend, which narrow frames have below the map.
 */
#include "config.h"

#include "frame/canvas.h"

#include "base/units.h"
#include "report/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIDE_COLUMNS 46u
#define SIDE_FROM_COLUMNS 140u
#define SIDE_FROM_ROWS 24u
#define SMALL_CHUNK_COLUMNS 32u
#define SMALL_CHUNK_ROWS (HR_CHUNK_PAGES / SMALL_CHUNK_COLUMNS)

unsigned hr_side_columns(const struct hr_frame_options *o, size_t nscenes)
{
	bool room = o->columns >= SIDE_FROM_COLUMNS && o->rows >= SIDE_FROM_ROWS;

	return room && nscenes == 1 && !o->bare ? SIDE_COLUMNS : 0;
}

/* Rows are written one below the other, while there are some. */
struct side {
	struct hr_canvas canvas;
	const struct hr_scene *scene;
	const struct hr_frame_options *o;
	unsigned row, end;
};

static void heading(struct side *s, const char *text)
{
	if (s->row < s->end)
		hr_canvas_text(&s->canvas, s->row++, 0, HR_INK_TITLE, text);
}

/* A name, and its value up to the right border. */
static void pair(struct side *s, const char *name, const char *value)
{
	unsigned width = (unsigned)strlen(value), columns = s->canvas.pane->columns;

	if (s->row >= s->end)
		return;
	hr_canvas_text(&s->canvas, s->row, 1, HR_INK_DIM, name);
	hr_canvas_text(&s->canvas, s->row++, width < columns ? columns - width : 0, HR_INK_TEXT, value);
}

/* Words in as many lines as they take. */
static void words(struct side *s, const char *text)
{
	unsigned column = 1;

	while (*text != '\0' && s->row < s->end) {
		int n = (int)strcspn(text, " ");
		char word[64];

		if (column > 1 && column + (unsigned)n > s->canvas.pane->columns) {
			s->row++;
			column = 1;
			continue;
		}
		snprintf(word, sizeof(word), "%.*s", n, text);
		column = hr_canvas_text(&s->canvas, s->row, column, HR_INK_TEXT, word) + 1;
		text += n + (text[n] == ' ');
	}
	s->row++;
}

/* --- the cell ---------------------------------------------------------------- */

static void pages(struct side *s, const char *name, uint64_t n, uint64_t of)
{
	char bytes[HR_UNIT_BUF], text[HR_UNIT_BUF + 32];

	snprintf(text, sizeof(text), "%s  %4" PRIu64 " pages %3.0f %%", hr_format_bytes(bytes, n * HR_PAGE_BYTES), n,
		 of > 0 ? 100.0 * (double)n / (double)of : 0);
	pair(s, name, text);
}

static void index_of(struct side *s, const struct hr_cells *c, const struct hr_map_cell *cell)
{
	char text[64];

	if (!c->has_index)
		return;
	if (cell->chunks > 1)
		snprintf(text, sizeof(text), "%" PRIu32 " of %" PRIu32 " chunks marked", cell->marked, cell->chunks);
	else
		snprintf(text, sizeof(text), "%s",
			 cell->ready	? "marked"
			 : cell->marked ? "marked, but dense"
					: "not marked");
	pair(s, "index", text);
	if (!c->has_density)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " pages", cell->last_in_use);
	pair(s, "in use when the generation ended", text);
	snprintf(text, sizeof(text), "%" PRIu32 " generations ago", cell->unchanged);
	pair(s, "changed", text);
}

/* Why the free pages of its chunks are not released, and whose objects lie there. */
static void inspect(struct side *s, const struct hr_map_cell *cell)
{
	const unsigned columns = s->canvas.pane->columns - 1;
	struct hr_items items = {.n = 0};

	hr_inspect_reasons(&items, s->scene->follower, hr_chunk_of(cell->page), hr_chunk_of(cell->limit - 1),
			   2 * columns);
	for (size_t i = 0; i < items.n; i++)
		words(s, items.at[i].text);
	items.n = 0;
	hr_inspect_holders(&items, s->scene);
	for (size_t i = 0; i < items.n; i++)
		words(s, items.at[i].text);
}

/* What touched the cell's pages last, where that is known of its chunk. */
static void touch_of(struct side *s, const struct hr_map_cell *cell)
{
	const struct hr_touches *t = s->scene->touches;
	unsigned first = hr_page_in_chunk(cell->page), last = HR_CHUNK_PAGES;
	struct hr_items items = {.n = 0};

	if (t == NULL || t->chunk != hr_chunk_of(cell->page))
		return;
	for (unsigned i = first; i < HR_CHUNK_PAGES && i < first + cell->npages; i++)
		if (t->at[i].kind < HR_PLACE_KIND_COUNT &&
		    (last == HR_CHUNK_PAGES || t->at[i].time_ns > t->at[last].time_ns))
			last = i;
	if (last == HR_CHUNK_PAGES)
		return;
	hr_describe_touch(&items, t, last, "last");
	if (items.n > 0)
		words(s, items.at[0].text);
}

static void draw_cell(struct side *s, const struct hr_cells *c, const struct hr_map_cell *cell)
{
	char text[96];

	snprintf(text, sizeof(text), "cell %" PRIx64 "-%" PRIx64, cell->page * HR_PAGE_BYTES,
		 cell->limit * HR_PAGE_BYTES - 1);
	heading(s, text);
	snprintf(text, sizeof(text), "%" PRIu64 ", from page %u", hr_chunk_of(cell->page),
		 hr_page_in_chunk(cell->page));
	pair(s, cell->chunks > 1 ? "first chunk" : "chunk", text);
	pages(s, "in use", cell->in_use, cell->npages);
	pages(s, "free", cell->free, cell->npages);
	pages(s, "released", cell->released, cell->npages);
	index_of(s, c, cell);
	snprintf(text, sizeof(text), "%" PRIu64 " pages", cell->refaults);
	pair(s, "chunk refaulted so far", text);
	if (cell->gaps > 0) {
		snprintf(text, sizeof(text), "%" PRIu32, cell->gaps);
		pair(s, "gaps inside", text);
	}
	inspect(s, cell);
	touch_of(s, cell);
	if (s->row + SMALL_CHUNK_ROWS + 1 > s->end)
		return;
	s->row++;
	hr_draw_small_chunk(&s->canvas, s->scene->follower, cell, s->row, 1, SMALL_CHUNK_COLUMNS);
	s->row += SMALL_CHUNK_ROWS;
}

/* --- the policy ------------------------------------------------------------------ */

static void draw_policy(struct side *s)
{
	static const struct {
		const char *metric, *label;
	} rows[] = {
	    {"in_use_peak_bytes", "peak in use"},
	    {"retained_mean_bytes", "retained, mean"},
	    {"returned_bytes", "returned to the OS"},
	    {"refaulted_bytes", "refaulted"},
	    {"thrash_bytes", "of that within 1 s"},
	    {"release_calls", "release calls"},
	    {"pages_per_call_ratio", "pages a call"},
	    {"background_cpu_ns", "CPU in the background"},
	    {"synchronous_cpu_ns", "CPU that allocations waited for"},
	    {"refault_cpu_ns", "CPU of refaults"},
	    {"worst_stall_ns", "longest stall"},
	    {"huge_pages_split", "huge pages split"},
	    {"index_lookups", "index lookups"},
	    {"index_empty_hits", "of them missed"},
	    {"goal_miss_ns", "time above the goal"},
	    {"over_limit_ns", "time over the limit"},
	    {"lag_90_ns", "lag of the largest drop, 90 %"},
	};
	const struct hr_measured m = {.follower = s->scene->follower};
	char title[96], value[HR_UNIT_BUF];

	snprintf(title, sizeof(title), "%.60s so far", s->scene->policy);
	heading(s, title);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct hr_metric *metric = &hr_metrics[hr_metric_index(rows[i].metric)];
		uint64_t n;

		if (metric->get(&m, &n))
			pair(s, rows[i].label, hr_unit_format(value, metric->unit, n));
	}
}

void hr_draw_side(const struct hr_canvas *c, const struct hr_scene *scene, const struct hr_cells *cells,
		  const struct hr_frame_options *o, const struct hr_items *legend, unsigned top, unsigned rows)
{
	unsigned below = hr_items_flow(legend, NULL, c->pane->columns, 0, rows / 2);
	struct side s = {.canvas = *c, .scene = scene, .o = o, .row = top, .end = top + rows - below - 1};
	size_t at = o->open_chunk == HR_NO_CHUNK ? hr_cells_find(cells, o->cursor_page) : HR_NO_CELL;

	hr_items_flow(legend, c, c->pane->columns, top + rows - below, below);
	if (at != HR_NO_CELL)
		draw_cell(&s, cells, &cells->at[at]);
	if (s.row > top)
		s.row++;
	draw_policy(&s);
}
