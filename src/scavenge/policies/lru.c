/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/policies/lru.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "scavenge/policies/dirty.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_RUNS 1024

enum hr_status hr_lru_init(struct hr_lru *l, const struct hr_geometry *geometry)
{
	memset(l, 0, sizeof(*l));
	return hr_page_runs_init(&l->numbers, geometry) ? HR_OK : HR_ENOMEM;
}

void hr_lru_release(struct hr_lru *l)
{
	hr_page_runs_release(&l->numbers);
	free(l->runs);
	memset(l, 0, sizeof(*l));
}

bool hr_lru_clone(struct hr_lru *to, const struct hr_lru *from)
{
	*to = *from;
	to->runs = hr_calloc(from->cap, sizeof(*to->runs));
	if (to->runs != NULL && from->n > 0)
		memcpy(to->runs, from->runs, from->n * sizeof(*to->runs));
	if (hr_page_runs_clone(&to->numbers, &from->numbers) && to->runs != NULL)
		return true;
	hr_lru_release(to);
	return false;
}

/* --- the queue ------------------------------------------------------------- */

/* Without memory for it, whatever follows means nothing, which hr_lru_follow says. */
static void put_number(struct hr_lru *l, uint64_t page, uint64_t npages, uint64_t number)
{
	l->failed |= hr_page_runs_set(&l->numbers, page, npages, number) != HR_OK;
}

/* Gives what is left of a run its new number; false: nothing is. */
static bool renumber(struct hr_lru *l, struct hr_lru_run run, uint64_t from, uint64_t to)
{
	bool any = false;
	unsigned n;

	for (uint64_t i = 0; i < run.npages; i += n) {
		if (hr_page_runs_at(&l->numbers, run.page + i, run.npages - i, &n) != from)
			continue;
		put_number(l, run.page + i, n, to);
		any = true;
	}
	return any;
}

/*
 * Room for one more. Runs of which nothing is left go; each that stays has a
 * page that waits, so that the array grows with these only, and at least half
 * of it is free afterwards: a run is moved once for each that came since.
 */
static enum hr_status make_room(struct hr_lru *l)
{
	size_t n = 0;

	for (size_t i = l->first; i < l->n; i++)
		if (renumber(l, l->runs[i], i + 1, n + 1))
			l->runs[n++] = l->runs[i];
	l->first = 0;
	l->n = n;
	if (n <= l->cap / 2 && l->cap > 0)
		return HR_OK;
	return hr_reserve(&l->runs, &l->cap, l->cap > 0 ? 2 * l->cap : FIRST_RUNS, sizeof(*l->runs)) ? HR_OK
												     : HR_ENOMEM;
}

/* --- what waits ------------------------------------------------------------ */

/* A run of one chunk, or of several whole ones. */
static enum hr_status put_run(struct hr_lru *l, uint64_t page, uint64_t npages)
{
	if (l->n == l->cap)
		HR_TRY(make_room(l));
	HR_TRY(hr_page_runs_set(&l->numbers, page, npages, l->n + 1));
	l->runs[l->n++] = (struct hr_lru_run){.page = page, .npages = (unsigned)npages};
	l->npages += npages;
	return HR_OK;
}

static enum hr_status put(struct hr_lru *l, uint64_t page, uint64_t npages)
{
	for (uint64_t n; npages > 0; page += n, npages -= n) {
		n = hr_page_runs_in_chunk(page, npages);
		if (n == HR_CHUNK_PAGES)
			n = npages - npages % HR_CHUNK_PAGES;
		HR_TRY(put_run(l, page, n));
	}
	return HR_OK;
}

static enum hr_status take(struct hr_lru *l, uint64_t page, uint64_t npages)
{
	for (unsigned n; npages > 0; page += n, npages -= n) {
		if (hr_page_runs_at(&l->numbers, page, npages, &n) == 0)
			continue;
		HR_TRY(hr_page_runs_set(&l->numbers, page, n, 0));
		l->npages -= n;
	}
	return HR_OK;
}

/* Runs of ones in `bits` of the 64 pages at base. */
static enum hr_status put_bits(struct hr_lru *l, uint64_t base, uint64_t bits)
{
	while (bits != 0) {
		unsigned i = hr_ctz(bits), n = hr_ctz(~(bits >> i));

		HR_TRY(put_run(l, base + i, n));
		bits &= ~hr_mask(i, n);
	}
	return HR_OK;
}

static enum hr_status take_bits(struct hr_lru *l, uint64_t base, uint64_t bits)
{
	while (bits != 0) {
		unsigned i = hr_ctz(bits), n = hr_ctz(~(bits >> i));

		HR_TRY(take(l, base + i, n));
		bits &= ~hr_mask(i, n);
	}
	return HR_OK;
}

enum hr_status hr_lru_follow(struct hr_lru *l, const struct hr_pagemap *m, const struct hr_place *r)
{
	if (l->failed)
		return HR_ENOMEM;
	switch (r->kind) {
	case HR_PLACE_ALLOC:
		return take(l, r->page, r->npages);
	case HR_PLACE_CACHE_FILL:
		return take_bits(l, r->page, r->arg);
	case HR_PLACE_FREE:
		return put(l, r->page, r->npages);
	case HR_PLACE_CACHE_FLUSH:
		return put_bits(
		    l, r->page,
		    r->arg & ~hr_pagemap_chunk(m, hr_chunk_of(r->page))->scavenged[hr_page_in_chunk(r->page) / 64]);
	default:
		return HR_OK;
	}
}

/* --- by age ---------------------------------------------------------------- */

/* The number of a page of the chunk. */
static uint64_t number_at(const struct hr_lru *l, uint64_t chunk, unsigned i)
{
	unsigned run;

	return hr_page_runs_at(&l->numbers, hr_chunk_page(chunk) + i, 1, &run);
}

/* Pages [first, end) of a chunk, all that hang together of the oldest run, join the run of a page beside them. */
static void join(struct hr_lru *l, uint64_t chunk, unsigned first, unsigned end, uint64_t number)
{
	struct hr_lru_run *run = &l->runs[number - 1];
	unsigned low = hr_page_in_chunk(run->page), high = low + run->npages;

	put_number(l, hr_chunk_page(chunk) + first, end - first, number);
	/* Of several chunks: this one is among them as a whole. */
	if (run->npages >= HR_CHUNK_PAGES)
		return;
	low = first < low ? first : low;
	high = end > high ? end : high;
	run->page = hr_chunk_page(chunk) + low;
	run->npages = high - low;
}

static bool any_waits(const struct hr_lru *l, uint64_t page, unsigned n)
{
	for (unsigned i = 0, run; i < n; i += run)
		if (hr_page_runs_at(&l->numbers, page + i, n - i, &run) != 0)
			return true;
	return false;
}

/* They go, but for physical pages at either end of which another part still waits: those go with that. */
static void let_go(struct hr_lru *l, struct hr_follower *f, uint64_t chunk, unsigned first, unsigned end)
{
	unsigned unit = hr_dirty_unit(hr_follower_view(f)->map);
	uint64_t base = hr_chunk_page(chunk);

	put_number(l, base + first, end - first, 0);
	l->npages -= end - first;
	first = (unsigned)hr_align_down(first, unit);
	end = (unsigned)hr_align_up(end, unit);
	if (any_waits(l, base + first, unit))
		first += unit;
	if (end > first && any_waits(l, base + end - unit, unit))
		end -= unit;
	if (end > first)
		hr_follower_release_range(f, base + first, end - first);
}

/* What is left of the run with this number goes or joins others; false: nothing is left. */
static bool evict(struct hr_lru *l, struct hr_follower *f, struct hr_lru_run run, uint64_t number)
{
	uint64_t chunk = hr_chunk_of(run.page), above, below;
	unsigned first = hr_page_in_chunk(run.page), limit = first + run.npages, n;
	bool any = false;

	for (; first < limit; first += n) {
		unsigned end;

		if (hr_page_runs_at(&l->numbers, hr_chunk_page(chunk) + first, limit - first, &n) != number)
			continue;
		any = true;
		end = first + n;
		above = end < HR_CHUNK_PAGES ? number_at(l, chunk, end) : 0;
		below = first > 0 ? number_at(l, chunk, first - 1) : 0;
		/* Try the upper neighbour first, as jemalloc does. */
		if (above != 0 || below != 0)
			join(l, chunk, first, end, above != 0 ? above : below);
		else
			let_go(l, f, chunk, first, end);
	}
	return any;
}

/* The oldest run, or its first chunk, which it loses; that is the first run's number as long as it is not gone. */
static struct hr_lru_run first_chunk(struct hr_lru *l)
{
	struct hr_lru_run *run = &l->runs[l->first], first = *run;

	if (first.npages > HR_CHUNK_PAGES)
		first.npages = HR_CHUNK_PAGES;
	run->page += first.npages;
	run->npages -= first.npages;
	return first;
}

/*
 * Many chunks at the beginning of the oldest run that are alike: nothing is left of
 * them, or they can all go. False: there are none, or not as many can.
 */
static bool evict_alike(struct hr_lru *l, struct hr_follower *f, uint64_t most, bool *any)
{
	struct hr_lru_run *run = &l->runs[l->first];
	unsigned n;
	uint64_t number = hr_page_runs_at(&l->numbers, run->page, run->npages, &n);

	n -= n % HR_CHUNK_PAGES;
	if (n <= HR_CHUNK_PAGES || (number == l->first + 1 && n > most))
		return false;
	if (number == l->first + 1) {
		put_number(l, run->page, n, 0);
		l->npages -= n;
		hr_follower_release_range(f, run->page, n);
		*any = true;
	}
	run->page += n;
	run->npages -= n;
	return true;
}

void hr_lru_evict(struct hr_lru *l, struct hr_follower *f, uint64_t most)
{
	bool any = false;

	while (!any) {
		const uint64_t number = l->first + 1;

		if (l->runs[l->first].npages <= HR_CHUNK_PAGES || !evict_alike(l, f, most, &any))
			any = evict(l, f, first_chunk(l), number);
		l->first += l->runs[l->first].npages == 0;
	}
}

void hr_lru_clear(struct hr_lru *l)
{
	for (size_t i = l->first; i < l->n; i++)
		renumber(l, l->runs[i], i + 1, 0);
	l->first = l->n = 0;
	l->npages = 0;
}
