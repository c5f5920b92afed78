/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One policy's view of the heap's pages: the allocation bitmaps, kept up from
 * the stream of placements, and beside them the policy's own scavenged bits,
 * of chunks and of what lies in each P's page cache.
 *
 * Invariants: a page in use (or in a cache) is never marked scavenged, but for
 * the padding of Go 1.26 (hr_pagemap_pad); a fresh chunk is free and scavenged.
 *
 * Memory: 128 bytes a chunk in blocks of 256 chunks, mapped when first grown,
 * committed when touched; nothing for blocks of which all pages are in one state.
 * When there is no memory for what has to change, out_of_memory is set and stays
 * so, and the bits mean nothing.
 *
 * Source: pallocData in mpallocbits.go; findScavengeCandidate, fillAligned in
 * mgcscavenge.go; the scavenged bits of pageCache in mpagecache.go.
 */
#ifndef HR_SCAVENGE_PAGEMAP_H
#define HR_SCAVENGE_PAGEMAP_H

#include "base/error.h"
#include "heapreplay-policy.h"
#include "pagealloc/bitmap.h"
#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"

#include <stdbool.h>
#include <stdint.h>

/* HR_EUSAGE: page sizes that are no powers of two or out of range; HR_ENOMEM. */
enum hr_status hr_pagemap_init(struct hr_pagemap *m, const struct hr_geometry *geometry, uint64_t phys_page_bytes,
			       uint64_t huge_page_bytes, struct hr_error *err);
void hr_pagemap_release(struct hr_pagemap *m);
/* A deep copy into an uninitialised *to. HR_ENOMEM. */
enum hr_status hr_pagemap_clone(struct hr_pagemap *to, const struct hr_pagemap *from);

/* New chunks: free and scavenged. HR_ENOMEM, nothing has changed. */
enum hr_status hr_pagemap_grow(struct hr_pagemap *m, uint64_t chunk, uint64_t nchunks);
/* Pages become used; how many of them were scavenged (they are no longer). May span chunks. */
uint64_t hr_pagemap_alloc(struct hr_pagemap *m, uint64_t page, uint64_t npages);
/* Used pages become free, unscavenged. */
void hr_pagemap_free(struct hr_pagemap *m, uint64_t page, uint64_t npages);
/*
 * The bits of both ends of these pages (>= 1) will be needed soon: asks the processor for them. Nothing changes.
 * Inlined by force: gcc leaves out calls of functions that do nothing else.
 */
static inline __attribute__((always_inline)) void hr_pagemap_foresee(const struct hr_pagemap *m, uint64_t page,
								     uint64_t npages)
{
	const uint64_t ends[2] = {hr_chunk_of(page), hr_chunk_of(page + npages - 1)};

	for (unsigned i = 0; i < 2; i++) {
		const struct hr_chunk_bits *block = m->blocks[ends[i] >> HR_MAP_BLOCK_LOG_CHUNKS];

		if (block == NULL || (i == 1 && ends[1] == ends[0]))
			continue;
		__builtin_prefetch(hr_pagemap_chunk(m, ends[i])->alloc, 1);
		__builtin_prefetch(hr_pagemap_chunk(m, ends[i])->scavenged, 1);
	}
}
/* P's cache takes the pages `free` of the block at `base`. HR_ENOMEM when P is new. */
enum hr_status hr_pagemap_cache_fill(struct hr_pagemap *m, unsigned p, uint64_t base, uint64_t free);
/* Pages of P's cache become used; how many of them were scavenged. */
unsigned hr_pagemap_cache_use(struct hr_pagemap *m, unsigned p, uint64_t page, unsigned npages);
/* P's cache goes back to the chunk, scavenged bits and all. An empty cache stays as it is. */
void hr_pagemap_cache_flush(struct hr_pagemap *m, unsigned p);
/* P's cache; zeroes when it never had one. */
struct hr_cache_bits hr_pagemap_cache(const struct hr_pagemap *m, unsigned p);
/* Pages become used and scavenged at once. markRandomPaddingPages of Go 1.26. */
void hr_pagemap_pad(struct hr_pagemap *m, uint64_t page, uint64_t npages);

/* Sets the scavenged bits of free, unscavenged pages of one chunk. */
void hr_pagemap_release_pages(struct hr_pagemap *m, uint64_t page, unsigned npages);

/* Pages whose bits can be kept once, where they are aligned to as many. */
#define HR_PAGEMAP_BLOCK_PAGES (UINT64_C(1) << (HR_MAP_BLOCK_LOG_CHUNKS + HR_CHUNK_LOG_PAGES))
/*
 * If `page` is the first of such pages, which are all free and unscavenged: sets the
 * scavenged bits of all. False: nothing has changed.
 */
bool hr_pagemap_release_block(struct hr_pagemap *m, uint64_t page);

/* The first of grown chunks [chunk, limit) that has a page neither in use, nor in a page cache, nor released; limit: none. */
uint64_t hr_pagemap_next_free(const struct hr_pagemap *m, uint64_t chunk, uint64_t limit);

/* What stands in the way of releasing some pages. */
/*
 * How many of the pages are free and not released, but can't be released, since
 * their physical page has others that are in use or in a page cache; counted in
 * all physical pages that these pages touch. 0 where a page is a physical page
 * or more.
 */
unsigned hr_pagemap_trapped(const struct hr_pagemap *m, uint64_t page, uint64_t npages);

enum hr_unreleasable {
	HR_RELEASABLE,
	HR_NOT_OF_THE_HEAP,
	HR_NOT_OF_ONE_CHUNK, /* no page at all, or pages of several chunks */
	HR_NOT_WHOLE,	     /* a part of a physical page */
	HR_IN_CACHE,
	HR_IN_USE,
	HR_RELEASED,
};
/* The first thing that does; *at: the first page of which that is so. */
enum hr_unreleasable hr_pagemap_why_not(const struct hr_pagemap *m, uint64_t page, uint64_t npages, uint64_t *at);
/* Whether the chunk has grown. */
static inline bool hr_pagemap_has(const struct hr_pagemap *m, uint64_t chunk)
{
	return hr_ranges_contains(&m->in_use, hr_chunk_page(chunk));
}

#endif
