/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A word a page says since when it could have been released: 0 not at all, for
 * it is in use or was never used (when such a page is taken it must be the
 * latter); WAITING, it is free, but its physical page is not; otherwise the
 * time plus FIRST.
 */
#include "config.h"

#include "scavenge/intervals.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define WAITING UINT64_C(1)
#define FIRST UINT64_C(2)

/* --- buckets --------------------------------------------------------------- */

unsigned hr_interval_bucket_of(uint64_t ns)
{
	unsigned shift;

	if (ns < HR_INTERVAL_STEPS)
		return (unsigned)ns;
	/* The highest bit says which octave, the six below it which step. */
	shift = 57 - hr_clz(ns);
	return shift * HR_INTERVAL_STEPS + (unsigned)(ns >> shift);
}

uint64_t hr_interval_bucket_low(unsigned bucket)
{
	unsigned shift = bucket < 2 * HR_INTERVAL_STEPS ? 0 : bucket / HR_INTERVAL_STEPS - 1;

	return (uint64_t)(bucket - shift * HR_INTERVAL_STEPS) << shift;
}

uint64_t hr_interval_bucket_high(unsigned bucket)
{
	return bucket + 1 < HR_INTERVAL_BUCKETS ? hr_interval_bucket_low(bucket + 1) - 1 : UINT64_MAX;
}

/* --- life ------------------------------------------------------------------ */

enum hr_status hr_intervals_init(struct hr_intervals *v, const struct hr_geometry *geometry, uint64_t phys_page_bytes,
				 uint64_t from_ns, struct hr_error *err)
{
	bool fine;

	memset(v, 0, sizeof(*v));
	HR_TRY(hr_pagemap_init(&v->map, geometry, phys_page_bytes, 0, err));
	v->from_ns = from_ns;
	v->phys_pages = phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(phys_page_bytes / HR_PAGE_BYTES) : 1;
	fine = hr_page_runs_init(&v->since, geometry);
	for (unsigned c = 0; c < HR_INTERVAL_CLASSES; c++) {
		v->sums[c] = hr_calloc(HR_INTERVAL_BUCKETS, sizeof(*v->sums[c]));
		fine = fine && v->sums[c] != NULL;
	}
	if (fine)
		return HR_OK;
	hr_intervals_release(v);
	return hr_error_set(err, HR_ENOMEM, "out of memory for free intervals");
}

void hr_intervals_release(struct hr_intervals *v)
{
	for (unsigned c = 0; c < HR_INTERVAL_CLASSES; c++)
		free(v->sums[c]);
	hr_page_runs_release(&v->since);
	hr_ranges_release(&v->grown);
	hr_pagemap_release(&v->map);
	memset(v, 0, sizeof(*v));
}

/* --- intervals ------------------------------------------------------------- */

/* n pages that could have been released since `since` (a word of theirs) are used now, or the trace ends. */
static void end_intervals(struct hr_intervals *v, uint64_t since, uint64_t n, unsigned open)
{
	uint64_t begin = since - FIRST, length;
	unsigned class = open;
	struct hr_interval_sum *sum;

	if (since < FIRST)
		return;
	if (v->from_ns > 0 && begin <= v->from_ns) {
		if (v->end_ns <= v->from_ns)
			return;
		class |= HR_INTERVAL_BEFORE;
		begin = v->from_ns;
	}
	length = v->end_ns - begin;
	sum = &v->sums[class][hr_interval_bucket_of(length)];
	sum->pages += n;
	sum->page_ns += (unsigned __int128)length * n;
}

/* Ends the intervals of pages; how many of them have none. */
static uint64_t end_all(struct hr_intervals *v, uint64_t page, uint64_t npages, unsigned open)
{
	uint64_t none = 0;

	for (uint64_t end = page + npages; page < end;) {
		unsigned n;
		uint64_t since = hr_page_runs_at(&v->since, page, end - page, &n);

		if (since == 0)
			none += n;
		else
			end_intervals(v, since, n, open);
		page += n;
	}
	return none;
}

static enum hr_status use(struct hr_intervals *v, uint64_t page, uint64_t npages)
{
	v->fresh_pages -= end_all(v, page, npages, 0);
	return hr_page_runs_set(&v->since, page, npages, 0);
}

static enum hr_status set_free(struct hr_intervals *v, uint64_t page, uint64_t npages)
{
	return hr_page_runs_set(&v->since, page, npages, v->phys_pages > 1 ? WAITING : v->end_ns + FIRST);
}

/* Those of these pages, all of them free, that wait do so no longer. */
static enum hr_status set_releasable(struct hr_intervals *v, uint64_t page, uint64_t npages)
{
	for (uint64_t end = page + npages; page < end;) {
		unsigned n;

		if (hr_page_runs_at(&v->since, page, end - page, &n) == WAITING)
			HR_TRY(hr_page_runs_set(&v->since, page, n, v->end_ns + FIRST));
		page += n;
	}
	return HR_OK;
}

/* Physical pages that are free as a whole can be released. */
static enum hr_status stop_waiting(struct hr_intervals *v, uint64_t page, uint64_t npages)
{
	uint64_t end = hr_align_up(page + npages, v->phys_pages), first;

	page = first = hr_align_down(page, v->phys_pages);
	for (; page < end; page += v->phys_pages) {
		const struct hr_chunk_bits *c = hr_pagemap_chunk(&v->map, hr_chunk_of(page));

		if (hr_bitmap_count(c->alloc, hr_page_in_chunk(page), v->phys_pages) == 0) {
			uint64_t alike = hr_pagemap_alike(&v->map, hr_chunk_of(page));

			if (alike > 1)
				page = hr_chunk_page(hr_chunk_of(page) + alike) - v->phys_pages;
			continue;
		}
		HR_TRY(set_releasable(v, first, page - first));
		first = page + v->phys_pages;
	}
	return set_releasable(v, first, end - first);
}

static enum hr_status grow(struct hr_intervals *v, const struct hr_place *r)
{
	v->fresh_pages += r->npages;
	return hr_ranges_add(&v->grown, r->page, r->page + r->npages) ? HR_OK : HR_ENOMEM;
}

/* What is free and in no cache, where that matters. */
static enum hr_status follow_map(struct hr_intervals *v, const struct hr_place *r)
{
	switch (r->kind) {
	case HR_PLACE_GROW:
		return hr_pagemap_grow(&v->map, hr_chunk_of(r->page), r->npages / HR_CHUNK_PAGES);
	case HR_PLACE_ALLOC:
		hr_pagemap_alloc(&v->map, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_USE:
		hr_pagemap_cache_use(&v->map, (unsigned)r->cache_p, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_FILL:
		return hr_pagemap_cache_fill(&v->map, (unsigned)r->cache_p, r->page, r->arg);
	case HR_PLACE_FREE:
		hr_pagemap_free(&v->map, r->page, r->npages);
		return stop_waiting(v, r->page, r->npages);
	case HR_PLACE_CACHE_FLUSH:
		hr_pagemap_cache_flush(&v->map, (unsigned)r->cache_p);
		return stop_waiting(v, r->page, r->npages);
	default:
		break;
	}
	return HR_OK;
}

/* The trace has ended; what is free stays so. */
static void finish(struct hr_intervals *v)
{
	const struct hr_ranges *grown = &v->grown;

	for (size_t i = 0; i < grown->n; i++)
		end_all(v, grown->at[i].base, grown->at[i].limit - grown->at[i].base, HR_INTERVAL_OPEN);
}

/* --- the stream ------------------------------------------------------------ */

static void pass_to(struct hr_intervals *v, uint64_t time_ns)
{
	uint64_t since = v->end_ns > v->from_ns ? v->end_ns : v->from_ns;

	if (time_ns > since) {
		v->in_use_page_ns += (unsigned __int128)v->in_use_pages * (time_ns - since);
		v->kept_page_ns += (unsigned __int128)v->kept_pages * (time_ns - since);
	}
	v->end_ns = time_ns;
}

static enum hr_status take(struct hr_intervals *v, const struct hr_place *r)
{
	/* Padding belongs to nobody and stays released, as if it had never been touched. */
	switch (r->flags & HR_PLACE_PADDING ? HR_PLACE_KIND_COUNT : r->kind) {
	case HR_PLACE_GROW:
		return grow(v, r);
	case HR_PLACE_ALLOC:
	case HR_PLACE_CACHE_USE:
		return use(v, r->page, r->npages);
	case HR_PLACE_FREE:
		return set_free(v, r->page, r->npages);
	case HR_PLACE_END:
		finish(v);
		break;
	default:
		break;
	}
	return HR_OK;
}

enum hr_status hr_intervals_follow(struct hr_intervals *v, const struct hr_place *r, size_t n)
{
	for (; n-- > 0; r++) {
		if (r->time_ns != v->end_ns)
			pass_to(v, r->time_ns);
		HR_TRY(take(v, r));
		if (v->phys_pages > 1)
			HR_TRY(follow_map(v, r));
		if (v->map.out_of_memory)
			return HR_ENOMEM;
		v->in_use_pages = r->in_use_pages;
		v->kept_pages = r->mapped_pages - r->manual_pages - v->fresh_pages;
	}
	return HR_OK;
}
