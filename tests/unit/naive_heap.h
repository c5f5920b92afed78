/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap for tests of policies: a random but valid stream of placements, and
 * beside it what has become of every page, kept in the simplest way there is.
 * A test releases pages in its own model of a policy, by the same state, and
 * compares.
 *
 * Three ranges with gaps between them, so that segments and huge pages have
 * neighbours that are not there.
 */
#ifndef HR_TESTS_UNIT_NAIVE_HEAP_H
#define HR_TESTS_UNIT_NAIVE_HEAP_H

#include "scavenge/follower.h"

#include "testing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAIVE_CHUNKS 24
#define NAIVE_PAGES (NAIVE_CHUNKS * HR_CHUNK_PAGES)
#define NAIVE_SPANS 4096
#define NAIVE_PS 3
#define NAIVE_BASE_CHUNK UINT64_C(0xc000)
#define NAIVE_BASE (NAIVE_BASE_CHUNK * HR_CHUNK_PAGES)

enum naive_page { NOWHERE, USED, CACHED_DIRTY, CACHED_RELEASED, DIRTY, RELEASED };

struct naive_heap {
	uint64_t rng, now_ns;
	uint8_t page[NAIVE_PAGES];
	uint8_t owner[NAIVE_PAGES]; /* of a cached page */
	unsigned grown;		    /* chunks that have been tried */
	struct {
		unsigned page, npages;
	} span[NAIVE_SPANS];
	unsigned nspans;
	int cache[NAIVE_PS]; /* first page of the block, -1: none */
	uint32_t in_use, mapped;
};

static inline void naive_init(struct naive_heap *h, uint64_t seed)
{
	memset(h, 0, sizeof(*h));
	h->rng = seed;
	for (unsigned p = 0; p < NAIVE_PS; p++)
		h->cache[p] = -1;
}

static inline uint64_t naive_random(struct naive_heap *h, uint64_t below)
{
	return test_random(&h->rng) % below;
}

static inline bool naive_free(const struct naive_heap *h, unsigned page)
{
	return page < NAIVE_PAGES && (h->page[page] == DIRTY || h->page[page] == RELEASED);
}

/* --- what happens; each returns false when it can't -------------------------- */

static inline bool naive_grow(struct naive_heap *h, struct hr_place *r)
{
	unsigned chunk = h->grown;

	if (chunk == NAIVE_CHUNKS)
		return false;
	h->grown++;
	if (chunk % 9 == 8)
		return false; /* a gap */
	memset(h->page + chunk * HR_CHUNK_PAGES, RELEASED, HR_CHUNK_PAGES);
	h->mapped += HR_CHUNK_PAGES;
	*r = (struct hr_place){
	    .kind = HR_PLACE_GROW, .page = NAIVE_BASE + chunk * HR_CHUNK_PAGES, .npages = HR_CHUNK_PAGES};
	return true;
}

static inline void naive_span(struct naive_heap *h, unsigned page, unsigned n)
{
	memset(h->page + page, USED, n);
	h->span[h->nspans].page = page;
	h->span[h->nspans++].npages = n;
	h->in_use += n;
}

static inline bool naive_alloc(struct naive_heap *h, struct hr_place *r)
{
	unsigned page = (unsigned)naive_random(h, NAIVE_PAGES), n = 0, most;

	/* Most spans are small, some are larger than a chunk. */
	most = 1 + (unsigned)naive_random(h, naive_random(h, 10) == 0 ? 700 : 12);
	while (n < most && naive_free(h, page + n))
		n++;
	if (n == 0 || h->nspans == NAIVE_SPANS)
		return false;
	naive_span(h, page, n);
	*r = (struct hr_place){
	    .kind = HR_PLACE_ALLOC, .page = NAIVE_BASE + page, .npages = n, .flags = HR_PLACE_COMPLETE};
	return true;
}

static inline bool naive_free_span(struct naive_heap *h, struct hr_place *r)
{
	unsigned i;

	if (h->nspans == 0)
		return false;
	i = (unsigned)naive_random(h, h->nspans);
	*r =
	    (struct hr_place){.kind = HR_PLACE_FREE, .page = NAIVE_BASE + h->span[i].page, .npages = h->span[i].npages};
	memset(h->page + h->span[i].page, DIRTY, h->span[i].npages);
	h->in_use -= h->span[i].npages;
	h->span[i] = h->span[--h->nspans];
	return true;
}

static inline bool naive_cache_fill(struct naive_heap *h, struct hr_place *r)
{
	unsigned p = (unsigned)naive_random(h, NAIVE_PS), block = (unsigned)naive_random(h, NAIVE_PAGES) / 64 * 64;
	uint64_t bits = 0;

	if (h->cache[p] >= 0)
		return false;
	for (unsigned i = 0; i < 64; i++)
		if (naive_free(h, block + i)) {
			bits |= UINT64_C(1) << i;
			h->page[block + i] = h->page[block + i] == DIRTY ? CACHED_DIRTY : CACHED_RELEASED;
			h->owner[block + i] = (uint8_t)p;
		}
	if (bits == 0)
		return false;
	h->cache[p] = (int)block;
	*r = (struct hr_place){
	    .kind = HR_PLACE_CACHE_FILL, .page = NAIVE_BASE + block, .arg = bits, .cache_p = (int16_t)p};
	return true;
}

static inline bool naive_cached(const struct naive_heap *h, unsigned p, unsigned page)
{
	return h->owner[page] == p && (h->page[page] == CACHED_DIRTY || h->page[page] == CACHED_RELEASED);
}

static inline bool naive_cache_use(struct naive_heap *h, struct hr_place *r)
{
	unsigned p = (unsigned)naive_random(h, NAIVE_PS), i = (unsigned)naive_random(h, 64), n = 0;

	if (h->cache[p] < 0 || h->nspans == NAIVE_SPANS)
		return false;
	while (i + n < 64 && n < 8 && naive_cached(h, p, (unsigned)h->cache[p] + i + n))
		n++;
	if (n == 0)
		return false;
	naive_span(h, (unsigned)h->cache[p] + i, n);
	*r = (struct hr_place){.kind = HR_PLACE_CACHE_USE,
			       .page = NAIVE_BASE + (unsigned)h->cache[p] + i,
			       .npages = n,
			       .cache_p = (int16_t)p,
			       .flags = HR_PLACE_COMPLETE};
	return true;
}

static inline bool naive_cache_flush(struct naive_heap *h, struct hr_place *r)
{
	unsigned p = (unsigned)naive_random(h, NAIVE_PS);
	uint64_t bits = 0;

	if (h->cache[p] < 0)
		return false;
	for (unsigned i = 0; i < 64; i++) {
		unsigned page = (unsigned)h->cache[p] + i;

		if (!naive_cached(h, p, page))
			continue;
		bits |= UINT64_C(1) << i;
		h->page[page] = h->page[page] == CACHED_DIRTY ? DIRTY : RELEASED;
	}
	*r = (struct hr_place){.kind = HR_PLACE_CACHE_FLUSH,
			       .page = NAIVE_BASE + (unsigned)h->cache[p],
			       .arg = bits,
			       .cache_p = (int16_t)p};
	h->cache[p] = -1;
	return true;
}

static inline bool naive_force(struct naive_heap *h, struct hr_place *r)
{
	(void)h;
	*r = (struct hr_place){.kind = HR_PLACE_SWEEP_DONE, .flags = HR_PLACE_FORCED};
	return true;
}

/* The next record, at h->now_ns, which the caller moves on; the pages are as it leaves them. */
static inline struct hr_place naive_next(struct naive_heap *h)
{
	static bool (*const acts[])(struct naive_heap *, struct hr_place *) = {
	    naive_grow,	     naive_alloc,     naive_alloc,	 naive_alloc,	    naive_alloc,
	    naive_free_span, naive_free_span, naive_free_span,	 naive_cache_fill,  naive_cache_use,
	    naive_cache_use, naive_cache_use, naive_cache_flush, naive_cache_flush,
	};
	struct hr_place r;

	while (
	    !(naive_random(h, 2000) == 0 ? naive_force : acts[naive_random(h, sizeof(acts) / sizeof(acts[0]))])(h, &r))
		;
	r.time_ns = h->now_ns;
	r.in_use_pages = h->in_use;
	r.mapped_pages = h->mapped;
	if (r.kind != HR_PLACE_CACHE_FILL && r.kind != HR_PLACE_CACHE_USE && r.kind != HR_PLACE_CACHE_FLUSH)
		r.cache_p = -1;
	return r;
}

/* --- releasing, and comparing -------------------------------------------------- */

/* Releases the dirty pages for which due() says so, in whole physical pages that are dirty and due as such. */
static inline unsigned naive_release_where(struct naive_heap *h, unsigned unit, bool (*due)(void *ctx, unsigned page),
					   void *ctx)
{
	unsigned released = 0;

	for (unsigned page = 0; page < NAIVE_PAGES; page += unit) {
		bool all = true;

		for (unsigned i = 0; i < unit; i++)
			all &= h->page[page + i] == DIRTY && due(ctx, page + i);
		if (all) {
			memset(h->page + page, RELEASED, unit);
			released += unit;
		}
	}
	return released;
}

static inline void naive_compare(const struct naive_heap *h, const struct hr_follower *f)
{
	for (unsigned page = 0; page < NAIVE_PAGES; page++) {
		const struct hr_chunk_bits *c;
		unsigned i = page % HR_CHUNK_PAGES;
		bool alloc, scavenged;

		if (h->page[page] == NOWHERE)
			continue;
		c = hr_pagemap_chunk(&f->map, NAIVE_BASE_CHUNK + page / HR_CHUNK_PAGES);
		alloc = c->alloc[i / 64] >> i % 64 & 1;
		scavenged = c->scavenged[i / 64] >> i % 64 & 1;
		assert_int_equal(alloc, !naive_free(h, page));
		assert_int_equal(scavenged, h->page[page] == RELEASED);
	}
}

/* --- followers ----------------------------------------------------------------- */

static inline struct hr_settings naive_settings(uint64_t phys_page_bytes)
{
	return (struct hr_settings){.geometry = hr_geometry(48),
				    .phys_page_bytes = phys_page_bytes,
				    .huge_page_bytes = 2 << 20,
				    .memory_limit_bytes = UINT64_MAX,
				    .procs = 1,
				    .cost = {.call_ns = 1000, .page_ns = 100, .fault_ns = 1000, .batch = 1}};
}

struct naive_follower {
	struct hr_policy_choice choice;
	struct hr_settings settings;
	struct hr_follower f;
};

static inline struct naive_follower *naive_follow(const char *policy, uint64_t phys_page_bytes)
{
	struct naive_follower *n = calloc(1, sizeof(*n));
	struct hr_error err;

	assert_non_null(n);
	n->settings = naive_settings(phys_page_bytes);
	assert_int_equal(hr_policy_choose(policy, &n->choice, &err), HR_OK);
	assert_int_equal(hr_follower_init(&n->f, &n->choice, &n->settings, &err), HR_OK);
	return n;
}

static inline void naive_end(struct naive_follower *n)
{
	hr_follower_release(&n->f);
	hr_policy_choice_release(&n->choice);
	free(n);
}

/* How much smaller a test is to be where a checker makes it slow. */
static inline unsigned naive_steps(unsigned n)
{
	return test_quick() ? n / 10 : n;
}

#endif
