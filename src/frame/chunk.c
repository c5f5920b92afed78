/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One chunk opened: its 512 pages, one character each, with the state that both
 * bitmaps give them, and what else is known of the chunk.
 */
#include "config.h"

#include "frame/canvas.h"

#include "base/bits.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum page_state { USED, FREE, RELEASED, CACHED, CACHED_RELEASED, PADDING, STATES };

static const struct state {
	struct hr_glyph glyph;
	const char *text;
} states[STATES] = {
    [USED] = {{' ', '#', HR_INK_TEXT, HR_INK_IN_USE}, "in use"},
    [FREE] = {{' ', ':', HR_INK_TEXT, HR_INK_FREE}, "free"},
    [RELEASED] = {{HR_CODE_DOT, '.', HR_INK_DIM, HR_INK_NONE}, "released"},
    [CACHED] = {{'c', 'c', HR_INK_DARK, HR_INK_FREE}, "free, in a P's cache"},
    [CACHED_RELEASED] = {{'C', 'C', HR_INK_DIM, HR_INK_NONE}, "released, in a P's cache"},
    [PADDING] = {{'p', 'p', HR_INK_DIM, HR_INK_NONE}, "padding: used by nobody, released"},
};

/* Behind a row of 64 pages, the word of each bitmap, in hex. */
#define WORDS_WIDTH 36u
#define WORDS_FORMAT "  %16s  %16s"

static enum page_state state_of(const struct hr_follower *f, uint64_t page)
{
	const struct hr_chunk_bits *c = hr_pagemap_chunk(&f->map, hr_chunk_of(page));
	unsigned i = hr_page_in_chunk(page);
	bool used = c->alloc[i / 64] >> i % 64 & 1, released = c->scavenged[i / 64] >> i % 64 & 1;

	for (size_t p = 0; used && p < f->map.ncaches; p++) {
		const struct hr_cache_bits *cache = &f->map.caches[p];

		if (page >= cache->base && page - cache->base < 64 && cache->free >> (page - cache->base) & 1)
			return cache->scavenged >> (page - cache->base) & 1 ? CACHED_RELEASED : CACHED;
	}
	if (used)
		return released ? PADDING : USED;
	return released ? RELEASED : FREE;
}

void hr_chunk_legend(struct hr_items *items)
{
	for (size_t i = 0; i < STATES; i++)
		hr_item_swatch(hr_items_add(items, HR_INK_DIM, 0, "%s", states[i].text), states[i].glyph);
}

void hr_describe_touch(struct hr_items *items, const struct hr_touches *t, unsigned page, const char *which)
{
	static const char *const did[HR_PLACE_KIND_COUNT] = {
	    [HR_PLACE_GROW] = "mapped",
	    [HR_PLACE_ALLOC] = "taken from the heap",
	    [HR_PLACE_CACHE_USE] = "taken from a page cache",
	    [HR_PLACE_FREE] = "freed",
	};
	const struct hr_touch *at = &t->at[page];
	char when[HR_UNIT_BUF], who[32] = "";

	if (at->kind >= HR_PLACE_KIND_COUNT || did[at->kind] == NULL)
		return;
	if (at->p >= 0)
		snprintf(who, sizeof(who), " by P %d", at->p);
	hr_items_add(items, HR_INK_TEXT, 0, "%s: page %u, %s%s at %s%s", which, page, did[at->kind], who,
		     hr_format_ns(when, at->time_ns), at->flags & HR_PLACE_MANUAL ? ", manual" : "");
}

/* The page that was touched last; HR_CHUNK_PAGES: none was. */
static unsigned last_touched(const struct hr_touches *t)
{
	unsigned last = HR_CHUNK_PAGES;

	for (unsigned i = 0; i < HR_CHUNK_PAGES; i++)
		if (t->at[i].kind < HR_PLACE_KIND_COUNT &&
		    (last == HR_CHUNK_PAGES || t->at[i].time_ns >= t->at[last].time_ns))
			last = i;
	return last;
}

static void describe_pages(struct hr_items *items, const struct hr_follower *f, uint64_t chunk)
{
	unsigned count[STATES] = {0};

	for (unsigned i = 0; i < HR_CHUNK_PAGES; i++)
		count[state_of(f, hr_chunk_page(chunk) + i)]++;
	hr_items_add(items, HR_INK_TEXT, 0, "chunk %" PRIu64 " at %" PRIx64 ": %u in use, %u free, %u released", chunk,
		     hr_chunk_page(chunk) * HR_PAGE_BYTES, count[USED], count[FREE] + count[CACHED],
		     count[RELEASED] + count[CACHED_RELEASED] + count[PADDING]);
}

static void describe_summary(struct hr_items *items, const struct hr_follower *f, uint64_t chunk)
{
	struct hr_summary sum = hr_bitmap_summarize(hr_pagemap_chunk(&f->map, chunk)->alloc);

	hr_items_add(items, HR_INK_TEXT, 0, "summary (free at the start, most in a row, at the end): %u, %u, %u",
		     sum.start, sum.max, sum.end);
	hr_items_add(items, HR_INK_TEXT, 0, "%" PRIu32 " pages refaulted so far", hr_follower_refaults(f, chunk));
}

static void describe_index(struct hr_items *items, const struct hr_follower *f, uint64_t chunk)
{
	struct hr_index_look look = {.marked = false};

	if (f->def->look == NULL)
		return;
	f->def->look(f->policy, chunk, &look);
	hr_items_add(items, HR_INK_TEXT, 0, "index: %s",
		     !look.marked ? "not marked"
		     : look.ready ? "marked"
				  : "marked, left to forced searches as dense");
	if (f->def->has_density)
		hr_items_add(items, HR_INK_TEXT, 0,
			     "as it counts %u in use, %u when the last generation ended; changed %" PRIu32
			     " generations ago",
			     look.in_use, look.last_in_use, look.unchanged);
}

/* As many pages a row as there is room for: 64, as in the bitmaps' words, 32, or 16. */
static unsigned pages_a_row(unsigned columns)
{
	unsigned n = 64;

	while (n > columns && n > 16)
		n /= 2;
	return n;
}

/* The heading, the pages, a blank row, and text that is some 500 characters long. */
unsigned hr_chunk_rows(const struct hr_pane *pane)
{
	return 1 + HR_CHUNK_PAGES / pages_a_row(pane->columns - (pane->map_left - pane->left)) + 1 + 2 +
	       500 / pane->columns;
}

static void draw_words(const struct hr_canvas *c, unsigned row, unsigned column, const struct hr_chunk_bits *bits,
		       unsigned w)
{
	char text[WORDS_WIDTH + 1];

	snprintf(text, sizeof(text), "  %016" PRIx64 "  %016" PRIx64, bits->alloc[w], bits->scavenged[w]);
	hr_canvas_text(c, row, column, HR_INK_DIM, text);
}

static void draw_page(const struct hr_canvas *c, unsigned row, unsigned column, enum page_state state, bool cursor)
{
	struct hr_glyph g = states[state].glyph;

	if (cursor)
		g = (struct hr_glyph){g.code == ' ' ? (unsigned char)g.ascii : g.code, '@', HR_INK_DARK, HR_INK_CURSOR};
	hr_canvas_put(c, row, column, g);
}

void hr_draw_small_chunk(const struct hr_canvas *c, const struct hr_follower *f, const struct hr_map_cell *cell,
			 unsigned row, unsigned column, unsigned columns)
{
	uint64_t first = hr_chunk_page(hr_chunk_of(cell->page));

	for (unsigned i = 0; i < HR_CHUNK_PAGES; i++) {
		struct hr_glyph g = states[state_of(f, first + i)].glyph;

		if (first + i >= cell->page && first + i < cell->limit && cell->npages < HR_CHUNK_PAGES) {
			g.code = g.code == ' ' ? (unsigned char)g.ascii : g.code;
			g.fg = HR_INK_DARK;
			g.bg = HR_INK_CURSOR;
		}
		hr_canvas_put(c, row + i / columns, column + i % columns, g);
	}
}

/* Rows of pages from `top` on, at most `rows`; returns how many. */
static unsigned draw_pages(const struct hr_canvas *c, const struct hr_follower *f, const struct hr_frame_options *o,
			   unsigned top, unsigned rows)
{
	const struct hr_pane *pane = c->pane;
	unsigned left = pane->map_left - pane->left, n = pane->chunk_columns, row;
	bool words = n == 64 && left + n + WORDS_WIDTH <= pane->columns;

	for (row = 0; row < HR_CHUNK_PAGES / n && row < rows; row++) {
		uint64_t first = hr_chunk_page(pane->open_chunk) + row * n;
		char label[16];

		for (unsigned i = 0; i < n; i++)
			draw_page(c, top + row, left + i, state_of(f, first + i), first + i == o->cursor_page);
		if (left > 0) {
			snprintf(label, sizeof(label), "%12" PRIx64, first * HR_PAGE_BYTES);
			hr_canvas_text(c, top + row, 0, HR_INK_DIM, label);
		}
		if (words)
			draw_words(c, top + row, left + n, hr_pagemap_chunk(&f->map, pane->open_chunk), row);
	}
	return row;
}

/* What the columns are; nothing where there is too little room for that. */
static unsigned draw_heading(const struct hr_canvas *c, unsigned top, unsigned rows)
{
	unsigned left = c->pane->map_left - c->pane->left, n = c->pane->chunk_columns;
	char text[WORDS_WIDTH + 1];

	if (rows < HR_CHUNK_PAGES / n + 1)
		return 0;
	snprintf(text, sizeof(text), "one character = a page, %u a row", n);
	hr_canvas_text(c, top, left, HR_INK_DIM, text);
	snprintf(text, sizeof(text), WORDS_FORMAT, "used", "scavenged");
	if (n == 64 && left + n + WORDS_WIDTH <= c->pane->columns)
		hr_canvas_text(c, top, left + n, HR_INK_DIM, text);
	return 1;
}

static void describe(struct hr_items *items, const struct hr_scene *scene, uint64_t chunk, uint64_t cursor_page,
		     unsigned columns)
{
	const struct hr_touches *t = scene->touches;

	describe_pages(items, scene->follower, chunk);
	hr_inspect_reasons(items, scene->follower, chunk, chunk, columns);
	hr_inspect_holders(items, scene);
	describe_index(items, scene->follower, chunk);
	describe_summary(items, scene->follower, chunk);
	if (t == NULL || t->chunk != chunk)
		return;
	if (cursor_page != HR_NO_PAGE && hr_chunk_of(cursor_page) == chunk)
		hr_describe_touch(items, t, hr_page_in_chunk(cursor_page), "at the cursor");
	if (last_touched(t) < HR_CHUNK_PAGES)
		hr_describe_touch(items, t, last_touched(t), "touched last");
}

void hr_draw_chunk(const struct hr_canvas *c, struct hr_pane *pane, const struct hr_scene *scene,
		   const struct hr_frame_options *o, unsigned top, unsigned rows)
{
	const struct hr_follower *f = scene->follower;
	unsigned left = pane->map_left - pane->left, used;
	struct hr_items items = {0};

	pane->chunk_columns = pages_a_row(pane->columns - left);
	if (!hr_ranges_contains(&f->map.in_use, hr_chunk_page(pane->open_chunk))) {
		pane->chunk_columns = 0;
		hr_canvas_text(c, top, left, HR_INK_DIM, "this chunk is not mapped");
		return;
	}
	used = draw_heading(c, top, rows);
	pane->map_top = top + used;
	used += draw_pages(c, f, o, top + used, rows - used);
	describe(&items, scene, pane->open_chunk, o->cursor_page, pane->columns);
	if (used + 1 < rows)
		hr_items_flow(&items, c, pane->columns, top + used + 1, rows - used - 1);
}
