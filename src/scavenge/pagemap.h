/*
 * One policy's view of the heap's pages: the allocation bitmaps, kept up from
 * the stream of placements, and beside them the policy's own scavenged bits,
 * of chunks and of what lies in each P's page cache.
 *
 * Invariants: a page in use (or in a cache) is never marked scavenged, but for
 * the padding of Go 1.26 (hr_pagemap_pad); a fresh chunk is free and scavenged.
 *
 * Memory: 128 bytes a chunk in blocks of 8192 chunks, mapped when first grown,
 * committed when touched.
 *
 * Source: pallocData in mpallocbits.go; findScavengeCandidate, fillAligned in
 * mgcscavenge.go; the scavenged bits of pageCache in mpagecache.go.
 */
#ifndef HR_SCAVENGE_PAGEMAP_H
#define HR_SCAVENGE_PAGEMAP_H

#include "base/error.h"
#include "pagealloc/bitmap.h"
#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_chunk_bits {
	hr_bitmap alloc;     /* 1: in use, or in a page cache */
	hr_bitmap scavenged; /* 1: given back to the system, or never taken from it */
};

struct hr_cache_bits {
	uint64_t base;	    /* first page of the block of 64 */
	uint64_t free;	    /* pages in the cache */
	uint64_t scavenged; /* of the whole block, as it was when the cache was filled, less what was handed out */
};

/* Called for every release, after the bits were set: what it costs and counts is the caller's affair. */
typedef void hr_release_fn(void *ctx, uint64_t page, unsigned npages);

struct hr_pagemap {
	const struct hr_geometry *geometry;
	uint64_t phys_page_bytes; /* 4096..524288, a power of two */
	uint64_t huge_page_bytes; /* a power of two, or 0: no huge pages */
	struct hr_chunk_bits **blocks;
	struct hr_ranges in_use;      /* what has grown */
	struct hr_cache_bits *caches; /* by P */
	size_t ncaches;
	hr_release_fn *on_release; /* may be NULL */
	void *on_release_ctx;
};

/* HR_EUSAGE: page sizes that are no powers of two or out of range; HR_ENOMEM. */
enum hr_status hr_pagemap_init(struct hr_pagemap *m, const struct hr_geometry *geometry, uint64_t phys_page_bytes,
			       uint64_t huge_page_bytes, struct hr_error *err);
void hr_pagemap_release(struct hr_pagemap *m);
/* A deep copy into an uninitialised *to. HR_ENOMEM. */
enum hr_status hr_pagemap_clone(struct hr_pagemap *to, const struct hr_pagemap *from);

/* The bits of a grown chunk. */
static inline struct hr_chunk_bits *hr_pagemap_chunk(const struct hr_pagemap *m, uint64_t chunk)
{
	return &m->blocks[chunk >> 13][chunk & 8191];
}

/* New chunks: free and scavenged. HR_ENOMEM, nothing has changed. */
enum hr_status hr_pagemap_grow(struct hr_pagemap *m, uint64_t chunk, uint64_t nchunks);
/* Pages become used; how many of them were scavenged (they are no longer). May span chunks. */
uint64_t hr_pagemap_alloc(struct hr_pagemap *m, uint64_t page, uint64_t npages);
/* Used pages become free, unscavenged. */
void hr_pagemap_free(struct hr_pagemap *m, uint64_t page, uint64_t npages);
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

/*
 * Releases free, unscavenged pages of one chunk: sets their scavenged bits and
 * calls on_release. The pages must be free and unscavenged (checked by
 * hr_pagemap_can_release, which policies of users go through).
 */
void hr_pagemap_release_pages(struct hr_pagemap *m, uint64_t page, unsigned npages);
bool hr_pagemap_can_release(const struct hr_pagemap *m, uint64_t page, uint64_t npages);

/* x with every m-aligned group of m bits that is not all zero filled with ones; m a power of two, 1..64. fillAligned. */
uint64_t hr_fill_aligned(uint64_t x, unsigned m);

struct hr_candidate {
	unsigned start, npages; /* pages of the chunk; npages 0: none */
};

/*
 * The highest run of free, unscavenged pages at or below the word that holds
 * page `from` (0..511), in units of min_pages (a power of two, 1..64), at most
 * max_pages (0: min_pages) unless that would break a huge page.
 * pallocData.findScavengeCandidate, whose start and size it gives exactly.
 */
struct hr_candidate hr_find_candidate(const struct hr_chunk_bits *c, unsigned from, uint64_t min_pages,
				      uint64_t max_pages, uint64_t phys_page_bytes, uint64_t huge_page_bytes);

#endif
