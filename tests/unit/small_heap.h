/* SPDX-License-Identifier: BSD-3-Clause */
/* A follower on placements made by hand, for tests of what looks at one. Pages and chunks count from the heap's base. */
#ifndef HR_TESTS_UNIT_SMALL_HEAP_H
#define HR_TESTS_UNIT_SMALL_HEAP_H

#include "replay/replay.h"

#include "testing.h"

#include <stdlib.h>

#define HEAP_CHUNK UINT64_C(0x30000)
#define HEAP_PAGE (HEAP_CHUNK * HR_CHUNK_PAGES)

struct small_heap {
	struct hr_policy_choice choice;
	struct hr_follower *f;
	struct hr_place now; /* the counts */
};

static inline void small_heap_init(struct small_heap *h, const char *policy)
{
	struct hr_replay_options o;
	struct hr_error err;

	*h = (struct small_heap){.f = calloc(1, sizeof(*h->f)), .now.cache_p = -1};
	assert_non_null(h->f);
	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	o.settings.procs = 4;
	o.settings.huge_page_bytes = 0;
	assert_int_equal(hr_policy_choose(policy, &h->choice, &err), HR_OK);
	assert_int_equal(hr_follower_init(h->f, &h->choice, &o.settings, &err), HR_OK);
}

static inline void small_heap_release(struct small_heap *h)
{
	hr_follower_release(h->f);
	free(h->f);
	hr_policy_choice_release(&h->choice);
}

static inline void small_heap_send(struct small_heap *h, enum hr_place_kind kind, uint64_t page, uint64_t npages,
				   uint64_t arg, int p)
{
	h->now.kind = (uint8_t)kind;
	h->now.page = HEAP_PAGE + page;
	h->now.npages = (uint32_t)npages;
	h->now.arg = arg;
	h->now.p = (int16_t)p;
	h->now.cache_p = (int16_t)p;
	assert_int_equal(hr_follower_follow(h->f, &h->now, 1), HR_OK);
}

/* Chunks of free and released pages. */
static inline void small_heap_grow(struct small_heap *h, uint64_t chunk, uint64_t nchunks)
{
	h->now.mapped_pages += (uint32_t)hr_chunk_page(nchunks);
	small_heap_send(h, HR_PLACE_GROW, hr_chunk_page(chunk), hr_chunk_page(nchunks), 0, -1);
}

static inline void small_heap_alloc(struct small_heap *h, uint64_t page, uint64_t npages)
{
	h->now.in_use_pages += (uint32_t)npages;
	small_heap_send(h, HR_PLACE_ALLOC, page, npages, 0, 0);
}

static inline void small_heap_free(struct small_heap *h, uint64_t page, uint64_t npages)
{
	h->now.in_use_pages -= (uint32_t)npages;
	small_heap_send(h, HR_PLACE_FREE, page, npages, 0, 0);
}

/* P's cache takes the pages `bits` of the block at `page`, which are free. */
static inline void small_heap_fill_cache(struct small_heap *h, int p, uint64_t page, uint64_t bits)
{
	small_heap_send(h, HR_PLACE_CACHE_FILL, page, 0, bits, p);
}

#endif
