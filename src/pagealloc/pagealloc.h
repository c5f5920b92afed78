/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page allocator: which pages of the address space are in use, and where
 * the next n free ones in a row are. Address-ordered first fit over a radix
 * tree of summaries, with a search address below which nothing is free, and a
 * cache of up to 64 pages for each P.
 *
 * It knows nothing of scavenging: no result here depends on which free pages
 * have been released, so that one allocator can place a trace for any number
 * of policies (src/scavenge/pagemap.h keeps their view).
 *
 * Memory: bitmaps and summaries are committed only for what has grown; a heap
 * of 4 MiB costs some tens of KiB, and so do two of them 100 TiB apart.
 *
 * Source: mpagealloc.go, mpagecache.go of the Go runtime. The results are those
 * of the runtime (1.18 to 1.26) in every state; tests/oracle holds the proof.
 */
#ifndef HR_PAGEALLOC_PAGEALLOC_H
#define HR_PAGEALLOC_PAGEALLOC_H

#include "base/error.h"
#include "pagealloc/bitmap.h"
#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"

#include <stdbool.h>
#include <stdint.h>

/* An allocation of fewer pages than this may come from a page cache. mheap.allocSpan: pageCachePages/4. */
#define HR_CACHE_PAGES 64u
#define HR_CACHE_MAX_ALLOC 16u

/* A P's page cache: one aligned block of 64 pages. pageCache. */
struct hr_pagecache {
	uint64_t base; /* first page of the block, a multiple of 64; meaningless while free is 0 */
	uint64_t free; /* bit i: page base + i is in the cache, free to give */
};

struct hr_pagealloc;

/* An allocator without memory. NULL: out of memory. */
struct hr_pagealloc *hr_pagealloc_new(const struct hr_geometry *geometry);
void hr_pagealloc_free(struct hr_pagealloc *p);

/*
 * Adds nchunks chunks from `chunk` on, all pages free. They must not be there
 * already. HR_EUSAGE: outside the address space (or the first or last chunk of
 * a 32-bit one); HR_ENOMEM. On failure nothing has changed. pageAlloc.grow.
 */
enum hr_status hr_pagealloc_grow(struct hr_pagealloc *p, uint64_t chunk, uint64_t nchunks);

/* Takes npages (>= 1) in a row. Their first page, or HR_NO_PAGE. pageAlloc.alloc. */
uint64_t hr_pagealloc_alloc(struct hr_pagealloc *p, uint64_t npages);
/*
 * Takes exactly these pages (>= 1), which lie in grown chunks; the search address stays. Pages already in use stay so.
 * pageAlloc.allocRange.
 */
void hr_pagealloc_alloc_range(struct hr_pagealloc *p, uint64_t page, uint64_t npages);
/* Frees pages (>= 1) in grown chunks. pageAlloc.free. */
void hr_pagealloc_free_range(struct hr_pagealloc *p, uint64_t page, uint64_t npages);

/*
 * Overwrites *c with all free pages of the 64-page block that holds the lowest
 * free page, which are in use from now on. Nothing free: c->free is 0.
 * pageAlloc.allocToCache.
 */
void hr_pagealloc_cache_fill(struct hr_pagealloc *p, struct hr_pagecache *c);
/* Gives the cache's pages back; an empty cache is left as it is, any other is zeroed. pageCache.flush. */
void hr_pagealloc_cache_flush(struct hr_pagealloc *p, struct hr_pagecache *c);
/* The lowest run of npages (1..64) in the cache, taken out of it, or HR_NO_PAGE. pageCache.alloc. */
uint64_t hr_pagecache_alloc(struct hr_pagecache *c, unsigned npages);

/*
 * True when memory did not suffice for what one of the above had to mark: nothing
 * that the allocator says counts from then on.
 */
bool hr_pagealloc_out_of_memory(const struct hr_pagealloc *p);

/* What has grown; the allocator's own, valid until the next grow. */
const struct hr_ranges *hr_pagealloc_ranges(const struct hr_pagealloc *p);
/* One past the highest grown chunk (pageAlloc.end), 0 when there is none. */
uint64_t hr_pagealloc_end_chunk(const struct hr_pagealloc *p);
bool hr_pagealloc_has_chunk(const struct hr_pagealloc *p, uint64_t chunk);
/* The allocation bitmap of a grown chunk, to read. */
const uint64_t *hr_pagealloc_bits(const struct hr_pagealloc *p, uint64_t chunk);
/* True when all of [page, page+npages) lies in grown chunks and is free (in use). */
bool hr_pagealloc_is_free(const struct hr_pagealloc *p, uint64_t page, uint64_t npages);
bool hr_pagealloc_is_used(const struct hr_pagealloc *p, uint64_t page, uint64_t npages);
/* The first of [page, page+npages) that has grown and is in use; page+npages: none. */
uint64_t hr_pagealloc_first_used(const struct hr_pagealloc *p, uint64_t page, uint64_t npages);
/* The search address as a page, HR_NO_PAGE for the greatest ("nothing is free"). */
uint64_t hr_pagealloc_search_page(const struct hr_pagealloc *p);
/*
 * Lowers the search address, as the runtime does when it frees at `page`. The oracle's scripts release pages
 * through the allocator; a replay does not need it, since nothing below the search address is free.
 */
void hr_pagealloc_lower_search(struct hr_pagealloc *p, uint64_t page);
/* The stored packed summary of an entry; level 0 is the root, the last level one entry a chunk. */
uint64_t hr_pagealloc_summary(const struct hr_pagealloc *p, int level, uint64_t index);

/* The invariants of bitmaps, summaries and search address, recomputed from scratch; for tests. */
bool hr_pagealloc_check(const struct hr_pagealloc *p, struct hr_error *err);

#endif
