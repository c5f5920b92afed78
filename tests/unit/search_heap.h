/* SPDX-License-Identifier: BSD-3-Clause */
/* A small heap for tests of the searches: a map of pages, and one search over it. */
#ifndef HR_TESTS_UNIT_SEARCH_HEAP_H
#define HR_TESTS_UNIT_SEARCH_HEAP_H

#include "scavenge/go/search.h"
#include "scavenge/pagemap.h"

#include "testing.h"

#define BASE_CHUNK UINT64_C(0xc000)
#define BASE_PAGE (BASE_CHUNK * HR_CHUNK_PAGES)
#define MOST UINT64_MAX

struct heap {
	const struct hr_search_def *def;
	struct hr_pagemap map;
	struct hr_search *search;
	uint64_t released_pages; /* by the search */
};

static void heap_on_release(void *ctx, uint64_t page, unsigned npages)
{
	struct heap *h = ctx;

	assert_true(hr_pagemap_can_release(&h->map, page, npages));
	hr_pagemap_release_pages(&h->map, page, npages);
	h->released_pages += npages;
}

/* What a search over the heap's map works on. */
static inline struct hr_search_heap heap_searched(struct heap *h)
{
	return (struct hr_search_heap){.map = &h->map, .release = heap_on_release, .ctx = h};
}

/* A deep copy into *to. */
static inline void heap_clone(struct heap *to, const struct heap *from)
{
	struct hr_search_heap searched = heap_searched(to);

	*to = *from;
	assert_int_equal(hr_pagemap_clone(&to->map, &from->map), HR_OK);
	to->search = from->def->clone(from->search, &searched);
	assert_non_null(to->search);
}

/* All pages of new chunks become used. Chunks and pages are counted from the base. */
static inline void heap_grow_used(struct heap *h, uint64_t chunk, uint64_t nchunks)
{
	uint64_t page = BASE_PAGE + hr_chunk_page(chunk), npages = hr_chunk_page(nchunks);

	assert_int_equal(hr_pagemap_grow(&h->map, BASE_CHUNK + chunk, nchunks), HR_OK);
	assert_int_equal(h->def->grow(h->search, BASE_CHUNK + chunk, nchunks), HR_OK);
	hr_pagemap_alloc(&h->map, page, npages);
	if (h->def->alloc != NULL)
		h->def->alloc(h->search, page, npages);
}

static inline void heap_init(struct heap *h, const struct hr_search_def *def, struct hr_search_options options,
			     uint64_t nchunks)
{
	struct hr_search_heap searched = heap_searched(h);
	struct hr_error err;

	*h = (struct heap){.def = def};
	assert_int_equal(hr_pagemap_init(&h->map, hr_geometry(48), 4096, 0, &err), HR_OK);
	h->search = def->create(&searched, &options);
	assert_non_null(h->search);
	heap_grow_used(h, 0, nchunks);
}

static inline void heap_release(struct heap *h)
{
	h->def->destroy(h->search);
	hr_pagemap_release(&h->map);
}

static inline void heap_alloc(struct heap *h, uint64_t page, uint64_t npages)
{
	hr_pagemap_alloc(&h->map, BASE_PAGE + page, npages);
	if (h->def->alloc != NULL)
		h->def->alloc(h->search, BASE_PAGE + page, npages);
}

static inline void heap_free(struct heap *h, uint64_t page, uint64_t npages)
{
	h->def->free(h->search, BASE_PAGE + page, npages);
	hr_pagemap_free(&h->map, BASE_PAGE + page, npages);
}

/* P's cache takes all free pages of the block at `page`. */
static inline void heap_cache_fill(struct heap *h, unsigned p, uint64_t page)
{
	uint64_t base = BASE_PAGE + page;
	uint64_t free = ~hr_pagemap_chunk(&h->map, hr_chunk_of(base))->alloc[hr_page_in_chunk(base) / 64];

	assert_int_equal(hr_pagemap_cache_fill(&h->map, p, base, free), HR_OK);
	if (h->def->cache_fill != NULL)
		h->def->cache_fill(h->search, base, free);
}

static inline void heap_cache_flush(struct heap *h, unsigned p)
{
	struct hr_cache_bits c = hr_pagemap_cache(&h->map, p);

	if (h->def->cache_flush != NULL)
		h->def->cache_flush(h->search, c.base, c.free);
	hr_pagemap_cache_flush(&h->map, p);
}

/* Pages released; the map was told of as many. */
static inline uint64_t heap_scavenge(struct heap *h, uint64_t npages, bool force)
{
	uint64_t before = h->released_pages;
	uint64_t bytes = h->def->scavenge(h->search, npages == MOST ? MOST : npages * HR_PAGE_BYTES, force);

	assert_int_equal(bytes, (h->released_pages - before) * HR_PAGE_BYTES);
	return bytes / HR_PAGE_BYTES;
}

/* Pages that are free and not released, counted. */
static inline uint64_t heap_left(const struct heap *h)
{
	uint64_t left = 0;

	for (size_t i = 0; i < h->map.in_use.n; i++)
		for (uint64_t page = h->map.in_use.at[i].base; page < h->map.in_use.at[i].limit; page++) {
			const struct hr_chunk_bits *c = hr_pagemap_chunk(&h->map, hr_chunk_of(page));
			unsigned j = hr_page_in_chunk(page);

			left += !((c->alloc[j / 64] | c->scavenged[j / 64]) >> j % 64 & 1);
		}
	return left;
}

#endif
