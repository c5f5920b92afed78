/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/cells.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

/* --- names ----------------------------------------------------------------- */

static const char *const view_names[HR_VIEW_COUNT] = {
    [HR_VIEW_OCCUPANCY] = "occupancy", [HR_VIEW_FREE] = "free",	      [HR_VIEW_SCAVENGED] = "scavenged",
    [HR_VIEW_INDEX] = "index",	       [HR_VIEW_DENSITY] = "density", [HR_VIEW_GENERATION] = "generation",
    [HR_VIEW_REFAULTS] = "refaults",
};

static const char *const scale_names[HR_SCALE_COUNT] = {
    [HR_SCALE_LINEAR] = "linear",
    [HR_SCALE_RANKED] = "ranked",
};

static int find_name(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *hr_map_view_name(enum hr_map_view view)
{
	return view_names[view];
}

const char *hr_map_scale_name(enum hr_map_scale scale)
{
	return scale_names[scale];
}

int hr_map_view_find(const char *name)
{
	return find_name(view_names, HR_VIEW_COUNT, name);
}

int hr_map_scale_find(const char *name)
{
	return find_name(scale_names, HR_SCALE_COUNT, name);
}

void hr_cells_release(struct hr_cells *c)
{
	free(c->at);
	free(c->row);
	memset(c, 0, sizeof(*c));
}

/* --- the plan: how large a cell is, and what becomes of gaps ---------------- */

enum gaps { GAPS_AS_ROWS, GAPS_AS_CELLS, GAPS_INSIDE };

struct plan {
	const struct hr_cells_options *o;
	const struct hr_ranges *ranges;
	uint64_t first, limit; /* pages: what is shown of the ranges */
	size_t from, n;	       /* the ranges that are shown */
	uint64_t total_pages;
	enum gaps gaps;
	unsigned log_pages; /* of a cell */
	unsigned columns;
};

/* Range i of those shown, as far as it is shown. */
static struct hr_range range_at(const struct plan *p, size_t i)
{
	struct hr_range r = p->ranges->at[p->from + i];

	if (r.base < p->first)
		r.base = p->first;
	if (r.limit > p->limit)
		r.limit = p->limit;
	return r;
}

static void choose_ranges(struct plan *p)
{
	const struct hr_ranges *all = p->ranges;

	for (p->from = 0; p->from < all->n && all->at[p->from].limit <= p->first;)
		p->from++;
	for (p->n = 0; p->from + p->n < all->n && all->at[p->from + p->n].base < p->limit;) {
		struct hr_range r = range_at(p, p->n++);

		p->total_pages += r.limit - r.base;
	}
}

/*
 * Chunks begin in the same columns in every row: as many whole chunks as fit,
 * or a power of two of cells where not even one does. In wide grids chunks and
 * folds come in eights, so that arenas (16 chunks) don't shift much from row to
 * row.
 */
static unsigned columns_for(unsigned columns, unsigned log_pages)
{
	unsigned unit = log_pages < HR_CHUNK_LOG_PAGES ? 1u << (HR_CHUNK_LOG_PAGES - log_pages) : columns >= 64 ? 8 : 1;

	while (unit > columns)
		unit /= 2;
	return columns - columns % unit;
}

/* Cells begin at multiples of their size. */
static uint64_t cells_of(struct hr_range r, unsigned log_pages)
{
	return ((r.limit - 1) >> log_pages) - (r.base >> log_pages) + 1;
}

static uint64_t rows_needed(const struct plan *p)
{
	uint64_t rows = 0, cells = 0;

	if (p->gaps == GAPS_INSIDE)
		return hr_div_up(hr_div_up(p->total_pages, UINT64_C(1) << p->log_pages), p->columns);
	for (size_t i = 0; i < p->n; i++) {
		uint64_t n = cells_of(range_at(p, i), p->log_pages);

		cells += n + (i > 0);
		if (i > 0)
			rows = hr_align_up(rows, p->o->line) + p->o->line;
		rows += hr_div_up(n, p->columns);
	}
	return p->gaps == GAPS_AS_ROWS ? rows : hr_div_up(cells, p->columns);
}

/* The smallest cells with which everything fits; with cells as large as a range it does. */
static struct plan make_plan(const struct hr_follower *f, const struct hr_cells_options *o)
{
	uint64_t chunks = f->settings.geometry->chunks;
	struct plan p = {
	    .o = o,
	    .ranges = o->ranges != NULL ? o->ranges : &f->map.in_use,
	    .first = hr_chunk_page(o->first_chunk < chunks ? o->first_chunk : chunks),
	    .limit = hr_chunk_page(o->last_chunk < chunks ? o->last_chunk : chunks),
	};

	choose_ranges(&p);
	if (p.n <= o->rows / o->line / 3 + 1)
		p.gaps = GAPS_AS_ROWS;
	else if (p.n <= (uint64_t)o->rows * o->columns / 8)
		p.gaps = GAPS_AS_CELLS;
	else
		p.gaps = GAPS_INSIDE;
	for (p.log_pages = 0;; p.log_pages++) {
		p.columns = columns_for(o->columns, p.log_pages);
		if (rows_needed(&p) <= o->rows)
			return p;
	}
}

uint64_t hr_cells_size(const struct hr_follower *f, const struct hr_cells_options *o)
{
	return UINT64_C(1) << make_plan(f, o).log_pages;
}

/* --- the cells ------------------------------------------------------------- */

static struct hr_map_cell *add_cell(struct hr_cells *c)
{
	if (!hr_reserve(&c->at, &c->cap, c->n + 1, sizeof(*c->at)))
		return NULL;
	c->at[c->n] = (struct hr_map_cell){.unchanged = UINT32_MAX};
	return &c->at[c->n++];
}

static struct hr_cells_row *add_row(struct hr_cells *c)
{
	if (!hr_reserve(&c->row, &c->row_cap, c->nrows + 1, sizeof(*c->row)))
		return NULL;
	c->row[c->nrows] = (struct hr_cells_row){.first = c->n};
	return &c->row[c->nrows++];
}

struct source {
	const struct hr_follower *f;
	bool has_index; /* the policy shows its index */
	bool mapped;	/* all that is asked for is mapped */
	size_t range;	/* else: the first of those mapped that ends behind what was asked for last */
};

/* Pages [first, first + n) of a chunk. A page that is used and released at once is padding, which nobody uses. */
static void add_bits(struct hr_map_cell *cell, const struct hr_chunk_bits *bits, unsigned first, unsigned n)
{
	for (unsigned i = first, end = first + n; i < end;) {
		unsigned some = 64 - i % 64 < end - i ? 64 - i % 64 : end - i;
		uint64_t mask = hr_mask(i % 64, some), released = bits->scavenged[i / 64] & mask;
		uint64_t used = bits->alloc[i / 64] & mask & ~released;

		cell->in_use += hr_popcount(used);
		cell->released += hr_popcount(released);
		i += some;
	}
}

static void add_chunk(struct hr_map_cell *cell, const struct source *s, uint64_t chunk)
{
	struct hr_index_look look;

	cell->chunks++;
	cell->refaults += hr_follower_refaults(s->f, chunk);
	if (!s->has_index)
		return;
	s->f->def->look(s->f->policy, chunk, &look);
	cell->marked += look.marked;
	cell->ready += look.ready;
	if (!s->f->def->has_density)
		return;
	cell->last_in_use += look.last_in_use;
	if (look.unchanged < cell->unchanged)
		cell->unchanged = look.unchanged;
}

/* What is mapped. */
static void add_mapped(struct hr_map_cell *cell, const struct source *s, uint64_t page, uint64_t limit)
{
	cell->npages += limit - page;
	while (page < limit) {
		uint64_t chunk = hr_chunk_of(page), rest = hr_chunk_page(chunk + 1) - page;
		unsigned n = (unsigned)(limit - page < rest ? limit - page : rest);

		add_bits(cell, hr_pagemap_chunk(&s->f->map, chunk), hr_page_in_chunk(page), n);
		add_chunk(cell, s, chunk);
		page += n;
	}
}

/* Pages that come after all that were added before. */
static void add_pages(struct hr_map_cell *cell, struct source *s, uint64_t page, uint64_t limit)
{
	const struct hr_ranges *mapped = &s->f->map.in_use;

	if (cell->limit == 0)
		cell->page = page;
	cell->limit = limit;
	if (s->mapped) {
		add_mapped(cell, s, page, limit);
		return;
	}
	while (s->range < mapped->n && mapped->at[s->range].limit <= page)
		s->range++;
	for (size_t i = s->range; i < mapped->n && mapped->at[i].base < limit; i++) {
		struct hr_range r = mapped->at[i];

		add_mapped(cell, s, r.base > page ? r.base : page, r.limit < limit ? r.limit : limit);
	}
	cell->later = cell->npages == 0;
}

/* Cells of pages [base, limit), in rows of p->columns. The last row there is goes on where it has room. */
static bool add_range(struct hr_cells *c, const struct plan *p, struct source *s, struct hr_range r)
{
	uint64_t size = UINT64_C(1) << p->log_pages;

	for (uint64_t page = r.base, end; page < r.limit; page = end) {
		struct hr_cells_row *row = c->nrows > 0 ? &c->row[c->nrows - 1] : NULL;
		struct hr_map_cell *cell;

		if (row == NULL || row->gap_pages > 0 || row->n == p->columns)
			row = add_row(c);
		cell = row ? add_cell(c) : NULL;
		if (cell == NULL)
			return false;
		row->n++;
		end = hr_align_down(page, size) + size;
		add_pages(cell, s, page, end < r.limit ? end : r.limit);
	}
	return true;
}

static bool add_gap_rows(struct hr_cells *c, const struct plan *p, uint64_t gap_pages)
{
	while (c->nrows % p->o->line != 0)
		if (add_row(c) == NULL)
			return false;
	for (unsigned i = 0; i < p->o->line; i++) {
		struct hr_cells_row *row = add_row(c);

		if (row == NULL)
			return false;
		row->gap_pages = gap_pages;
	}
	return true;
}

static bool add_gap_cell(struct hr_cells *c, const struct plan *p, uint64_t page, uint64_t limit)
{
	struct hr_cells_row *row = &c->row[c->nrows - 1];
	struct hr_map_cell *cell;

	if (row->n == p->columns)
		row = add_row(c);
	cell = row ? add_cell(c) : NULL;
	if (cell == NULL)
		return false;
	row->n++;
	cell->page = page;
	cell->limit = limit;
	return true;
}

static bool add_ranges(struct hr_cells *c, const struct plan *p, struct source *s)
{
	for (size_t i = 0; i < p->n; i++) {
		struct hr_range r = range_at(p, i);

		if (i > 0) {
			uint64_t before = range_at(p, i - 1).limit;

			if (p->gaps == GAPS_AS_ROWS ? !add_gap_rows(c, p, r.base - before)
						    : !add_gap_cell(c, p, before, r.base))
				return false;
		}
		if (!add_range(c, p, s, r))
			return false;
	}
	return true;
}

/* Cells are filled one after the other, whatever lies between the ranges. */
static bool add_over_gaps(struct hr_cells *c, const struct plan *p, struct source *s)
{
	uint64_t size = UINT64_C(1) << p->log_pages, filled = 0;
	struct hr_map_cell *cell = NULL;

	for (size_t i = 0; i < p->n; i++) {
		struct hr_range r = range_at(p, i);

		if (cell != NULL && filled < size)
			cell->gaps++;
		while (r.base < r.limit) {
			uint64_t n;

			if (cell == NULL || filled == size) {
				struct hr_cells_row *row = c->nrows > 0 ? &c->row[c->nrows - 1] : NULL;

				if (row == NULL || row->n == p->columns)
					row = add_row(c);
				cell = row ? add_cell(c) : NULL;
				if (cell == NULL)
					return false;
				row->n++;
				filled = 0;
			}
			n = size - filled < r.limit - r.base ? size - filled : r.limit - r.base;
			add_pages(cell, s, r.base, r.base + n);
			filled += n;
			r.base += n;
		}
	}
	return true;
}

size_t hr_cells_find(const struct hr_cells *c, uint64_t page)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->at[mid].limit <= page)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->n && c->at[low].page <= page && c->at[low].npages > 0 ? low : HR_NO_CELL;
}

/* Pages in a P's cache look used in the bitmaps, and are free or released. */
static void add_cache(struct hr_cells *c, const struct hr_cache_bits *cache)
{
	for (uint64_t left = cache->free; left != 0; left &= left - 1) {
		unsigned i = hr_ctz(left);
		size_t at = hr_cells_find(c, cache->base + i);

		if (at == HR_NO_CELL)
			continue;
		c->at[at].in_use--;
		if (cache->scavenged >> i & 1)
			c->at[at].released++;
	}
}

/* --- values and levels ------------------------------------------------------ */

/* What a chunk counts in the index view: marked but left to a forced search, or ready for any. */
#define WAITING 4
#define READY 9

bool hr_cells_can_show(const struct hr_cells *c, enum hr_map_view view)
{
	if (view == HR_VIEW_INDEX)
		return c->has_index;
	return c->has_density || (view != HR_VIEW_DENSITY && view != HR_VIEW_GENERATION);
}

static float share(uint64_t part, uint64_t all)
{
	return (float)((double)part / (double)all);
}

static float value_of(const struct hr_map_cell *cell, enum hr_map_view view)
{
	switch (view) {
	case HR_VIEW_OCCUPANCY:
		return share(cell->in_use, cell->npages);
	case HR_VIEW_FREE:
		return share(cell->free, cell->npages);
	case HR_VIEW_SCAVENGED:
		return share(cell->released, cell->npages);
	case HR_VIEW_INDEX:
		return share((uint64_t)READY * cell->ready + (uint64_t)WAITING * (cell->marked - cell->ready),
			     cell->chunks);
	case HR_VIEW_DENSITY:
		return share(cell->last_in_use, (uint64_t)cell->chunks * HR_CHUNK_PAGES);
	case HR_VIEW_GENERATION:
		return (float)cell->unchanged;
	case HR_VIEW_REFAULTS:
		return share(cell->refaults, cell->chunks);
	case HR_VIEW_COUNT:
		break;
	}
	return 0;
}

static uint8_t linear_level(float value, float most)
{
	if (!(value > 0))
		return 0;
	if (value >= most)
		return HR_LEVELS - 1;
	return (uint8_t)(1 + (unsigned)(value / most * (HR_LEVELS - 2)));
}

uint8_t hr_share_level(uint64_t part, uint64_t all)
{
	return linear_level(share(part, all), 1);
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The values above 0, each once, ascending. NULL: there are none, or no memory. */
static float *distinct_values(const struct hr_cells *c, size_t *n)
{
	float *values = hr_calloc(c->n, sizeof(*values));
	size_t all = 0;

	*n = 0;
	for (size_t i = 0; values != NULL && i < c->n; i++)
		if (c->at[i].value > 0)
			values[all++] = c->at[i].value;
	if (all == 0) {
		free(values);
		return NULL;
	}
	qsort(values, all, sizeof(*values), by_value);
	for (size_t i = 0; i < all; i++)
		if (i == 0 || values[i] != values[*n - 1])
			values[(*n)++] = values[i];
	return values;
}

/* The lowest value has level 1, the highest the last one. */
static bool rank_levels(struct hr_cells *c)
{
	size_t n;
	float *values = c->n > 0 ? distinct_values(c, &n) : NULL;

	if (values == NULL)
		return c->most <= 0;
	for (size_t i = 0; i < c->n; i++) {
		const float *at = bsearch(&c->at[i].value, values, n, sizeof(*values), by_value);

		if (at == NULL)
			c->at[i].level = 0;
		else if (n == 1)
			c->at[i].level = HR_LEVELS - 1;
		else
			c->at[i].level = (uint8_t)(1 + (size_t)(at - values) * (HR_LEVELS - 2) / (n - 1));
	}
	free(values);
	return true;
}

static bool set_levels(struct hr_cells *c, float given)
{
	bool shown = hr_cells_can_show(c, c->view);
	float most = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct hr_map_cell *cell = &c->at[i];

		cell->free = cell->npages - cell->in_use - cell->released;
		if (cell->unchanged == UINT32_MAX)
			cell->unchanged = 0;
		if (shown && cell->npages > 0)
			cell->value = value_of(cell, c->view);
		if (cell->value > most)
			most = cell->value;
	}
	c->most = given > 0 ? given : most;
	if (c->view == HR_VIEW_INDEX)
		c->most = READY;
	else if (c->view != HR_VIEW_GENERATION && c->view != HR_VIEW_REFAULTS)
		c->most = 1;
	if (c->scale == HR_SCALE_RANKED && most > 0)
		return rank_levels(c);
	for (size_t i = 0; i < c->n; i++)
		c->at[i].level = linear_level(c->at[i].value, c->most);
	return true;
}

/* --- all of it -------------------------------------------------------------- */

enum hr_status hr_cells_compute(struct hr_cells *c, const struct hr_follower *f, const struct hr_cells_options *o)
{
	struct plan p = make_plan(f, o);
	const struct hr_policy_def *def = f->def;
	struct source s = {.f = f, .has_index = def->look != NULL, .mapped = o->ranges == NULL};
	bool fine;

	c->n = c->nrows = 0;
	c->differing = 0;
	c->columns = p.columns;
	c->cell_pages = UINT64_C(1) << p.log_pages;
	c->mapped_pages = p.total_pages;
	c->gaps = p.n > 0 ? p.n - 1 : 0;
	c->view = o->view;
	c->scale = o->scale;
	c->has_index = s.has_index;
	c->has_density = s.has_index && def->has_density;
	c->search_page = s.has_index && def->search_page != NULL ? def->search_page(f->policy, false) : HR_NO_PAGE;
	c->forced_page = c->has_density && def->search_page != NULL ? def->search_page(f->policy, true) : HR_NO_PAGE;
	fine = p.gaps == GAPS_INSIDE ? add_over_gaps(c, &p, &s) : add_ranges(c, &p, &s);
	for (size_t i = 0; fine && i < f->map.ncaches; i++)
		add_cache(c, &f->map.caches[i]);
	return fine && set_levels(c, o->most) ? HR_OK : HR_ENOMEM;
}

size_t hr_cells_compare(struct hr_cells *a, struct hr_cells *b)
{
	size_t most = a->n > b->n ? a->n : b->n, n = 0;

	for (size_t i = 0; i < most; i++) {
		struct hr_map_cell *x = i < a->n ? &a->at[i] : NULL, *y = i < b->n ? &b->at[i] : NULL;
		bool differs = x == NULL || y == NULL || x->page != y->page || x->limit != y->limit ||
			       x->value < y->value || x->value > y->value;

		if (x != NULL)
			x->differs = differs;
		if (y != NULL)
			y->differs = differs;
		n += differs;
	}
	a->differing = b->differing = n;
	return n;
}
