/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/plane.h"

#include "trace/anonymous.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_INTERVAL_NS UINT64_C(1000000)
#define FIRST_LOG_PAGES 3 /* 64 KiB */

/* --- rows ------------------------------------------------------------------ */

static void add_cell(struct hr_plane_cell *to, const struct hr_plane_cell *from)
{
	to->in_use += from->in_use;
	to->free += from->free;
	to->released += from->released;
}

/* Rows of twice as many pages; neighbours of one such row become one. */
static void fold_rows(struct hr_plane *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nrows; i++) {
		struct hr_plane_row *row = p->rows[i];

		row->group >>= 1;
		if (n == 0 || p->rows[n - 1]->group != row->group) {
			p->rows[n++] = row;
			continue;
		}
		for (unsigned c = 0; c < HR_PLANE_COLUMNS; c++)
			add_cell(&p->rows[n - 1]->cells[c], &row->cells[c]);
		free(row);
	}
	p->nrows = n;
	p->log_pages++;
}

/* The first row of that group or a higher one. */
static size_t find_row(const struct hr_plane *p, uint64_t group)
{
	size_t low = 0, high = p->nrows;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->rows[mid]->group < group)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Makes the row that holds the page, if there is none yet; that may fold all. */
static bool make_row(struct hr_plane *p, uint64_t page)
{
	uint64_t group = page >> p->log_pages;
	size_t at = find_row(p, group);
	struct hr_plane_row *row;

	if (at < p->nrows && p->rows[at]->group == group)
		return true;
	row = hr_calloc(1, sizeof(*row));
	if (row == NULL)
		return false;
	row->group = group;
	memmove(&p->rows[at + 1], &p->rows[at], (p->nrows - at) * sizeof(p->rows[0]));
	p->rows[at] = row;
	p->nrows++;
	while (p->nrows > HR_PLANE_ROWS)
		fold_rows(p);
	return true;
}

/* Rows for all that is mapped now. */
static bool make_rows(struct hr_plane *p, const struct hr_follower *f)
{
	const struct hr_ranges *mapped = &f->map.in_use;

	for (size_t i = 0; i < mapped->n; i++) {
		uint64_t page = mapped->at[i].base;

		while (page < mapped->at[i].limit) {
			if (!make_row(p, page))
				return false;
			page = ((page >> p->log_pages) + 1) << p->log_pages;
		}
	}
	return true;
}

/* --- columns --------------------------------------------------------------- */

/* Pages [page, page + n) of one chunk. A page that is used and released at once is padding, which nobody uses. */
static void count_pages(struct hr_plane_cell *cell, const struct hr_chunk_bits *bits, unsigned first, unsigned n)
{
	for (unsigned i = first, end = first + n; i < end;) {
		unsigned some = 64 - i % 64 < end - i ? 64 - i % 64 : end - i;
		uint64_t mask = hr_mask(i % 64, some), released = bits->scavenged[i / 64] & mask;
		uint64_t used = bits->alloc[i / 64] & mask & ~released;

		cell->released += hr_popcount(released);
		cell->in_use += hr_popcount(used);
		cell->free += some - hr_popcount(released) - hr_popcount(used);
		i += some;
	}
}

static void count_row(const struct hr_follower *f, struct hr_plane_cell *cell, uint64_t page, uint64_t limit)
{
	while (page < limit) {
		const uint64_t chunk = hr_chunk_of(page), rest = hr_chunk_page(chunk + 1) - page;
		const unsigned n = (unsigned)(limit - page < rest ? limit - page : rest);
		struct hr_plane_cell one = {.in_use = 0};
		uint64_t alike = 1;

		/* Of whole chunks that are alike, one is counted. */
		if (n == HR_CHUNK_PAGES) {
			alike = hr_pagemap_alike(&f->map, chunk);
			if (alike > (limit - page) / HR_CHUNK_PAGES)
				alike = (limit - page) / HR_CHUNK_PAGES;
		}
		count_pages(&one, hr_pagemap_chunk(&f->map, chunk), hr_page_in_chunk(page), n);
		cell->in_use += one.in_use * alike;
		cell->free += one.free * alike;
		cell->released += one.released * alike;
		page += n * alike;
	}
}

static void count_range(struct hr_plane *p, const struct hr_follower *f, unsigned column, struct hr_range r)
{
	size_t at = find_row(p, r.base >> p->log_pages);

	while (r.base < r.limit) {
		uint64_t end = ((r.base >> p->log_pages) + 1) << p->log_pages;

		if (end > r.limit)
			end = r.limit;
		count_row(f, &p->rows[at++]->cells[column], r.base, end);
		r.base = end;
	}
}

/* Pages in a P's cache look used in the bitmaps, and are free or released. */
static void count_cache(struct hr_plane *p, unsigned column, const struct hr_cache_bits *cache)
{
	for (uint64_t left = cache->free; left != 0; left &= left - 1) {
		unsigned i = hr_ctz(left);
		uint64_t group = (cache->base + i) >> p->log_pages;
		size_t at = find_row(p, group);
		struct hr_plane_cell *cell;

		if (at == p->nrows || p->rows[at]->group != group)
			continue;
		cell = &p->rows[at]->cells[column];
		cell->in_use--;
		if (cache->scavenged >> i & 1)
			cell->released++;
		else
			cell->free++;
	}
}

static void count_all(struct hr_plane *p, const struct hr_follower *f, unsigned column)
{
	for (size_t i = 0; i < f->map.in_use.n; i++)
		count_range(p, f, column, f->map.in_use.at[i]);
	for (size_t i = 0; i < f->map.ncaches; i++)
		count_cache(p, column, &f->map.caches[i]);
}

/* Of two neighbouring columns the later one stays: a column holds what was when it ended. */
static void halve(struct hr_plane *p)
{
	for (unsigned c = 0; c < HR_PLANE_COLUMNS / 2; c++) {
		p->end_ns[c] = p->end_ns[2 * c + 1];
		for (size_t i = 0; i < p->nrows; i++)
			p->rows[i]->cells[c] = p->rows[i]->cells[2 * c + 1];
	}
	for (size_t i = 0; i < p->nrows; i++)
		memset(&p->rows[i]->cells[HR_PLANE_COLUMNS / 2], 0,
		       HR_PLANE_COLUMNS / 2 * sizeof(p->rows[i]->cells[0]));
	p->ncolumns = HR_PLANE_COLUMNS / 2;
	p->interval_ns *= 2;
}

static uint64_t sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_plane *p = ctx;
	unsigned column = p->ncolumns;

	if (p->failed || (last && column > 0 && p->end_ns[column - 1] == time_ns))
		return HR_NEVER;
	if (!make_rows(p, f)) {
		p->failed = true;
		return HR_NEVER;
	}
	p->end_ns[column] = time_ns;
	p->ncolumns++;
	if (column > 0 && p->changes == hr_follower_changes(f)) {
		for (size_t i = 0; i < p->nrows; i++)
			p->rows[i]->cells[column] = p->rows[i]->cells[column - 1];
	} else {
		count_all(p, f, column);
		p->changes = hr_follower_changes(f);
	}
	if (p->ncolumns == HR_PLANE_COLUMNS)
		halve(p);
	return time_ns + p->interval_ns;
}

void hr_plane_start(struct hr_plane *p, struct hr_follower *f)
{
	memset(p, 0, sizeof(*p));
	p->interval_ns = FIRST_INTERVAL_NS;
	p->log_pages = FIRST_LOG_PAGES;
	hr_follower_sample(f, (struct hr_sampler){.next_ns = p->interval_ns, .sample = sample, .ctx = p});
}

void hr_plane_release(struct hr_plane *p)
{
	for (size_t i = 0; i < p->nrows; i++)
		free(p->rows[i]);
	memset(p, 0, sizeof(*p));
}

unsigned hr_plane_column(const struct hr_plane *p, uint64_t time_ns)
{
	unsigned low = 0, high = p->ncolumns;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (p->end_ns[mid] <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 ? low - 1 : HR_PLANE_COLUMNS;
}

struct hr_plane_cell hr_plane_sum(const struct hr_plane *p, unsigned column, uint64_t page, uint64_t limit)
{
	struct hr_plane_cell sum = {.in_use = 0};

	for (size_t at = find_row(p, page >> p->log_pages); at < p->nrows && p->rows[at]->group << p->log_pages < limit;
	     at++)
		add_cell(&sum, &p->rows[at]->cells[column]);
	return sum;
}

static uint64_t address_of(const struct hr_plane *p, size_t row)
{
	return (p->rows[row]->group << p->log_pages) * HR_PAGE_BYTES;
}

uint64_t hr_plane_shown_address(const struct hr_plane *p, size_t row)
{
	uint64_t first = address_of(p, 0);

	if (!p->anonymous)
		return address_of(p, row);
	return address_of(p, row) - first / HR_ANONYMOUS_STEP * HR_ANONYMOUS_STEP + HR_ANONYMOUS_BASE;
}
