/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How each generation of the Go scavenger remembers where there is something
 * to release: what it is told of the heap, and `scavenge`, which finds and
 * releases. Pacing (when, how much) is not here but in pacing.h.
 *
 * Four generations behind one table, used by the policies and by the oracle's
 * driver alike:
 *
 *   hr_search_go118  walk of the address space by generations, with reservations (walk.c)
 *   hr_search_go119  index of chunks, a bit each (index_bits.c); option `offset` makes it Go 1.20's
 *   hr_search_go121  index with density and generations, with the huge-page flag (index_density.c)
 *   hr_search_go122  the same without the flag
 *
 * Calls come in the order of the runtime under its heap lock. The map is updated
 * by the caller; the comments say whether before or after.
 */
#ifndef HR_SCAVENGE_SEARCH_H
#define HR_SCAVENGE_SEARCH_H

#include "heapreplay-policy.h"
#include "pagealloc/geometry.h"

/* Quirks of the runtime that a user can turn off to see what they cost; all false is what production does. */
struct hr_search_options {
	bool offset;	   /* go1.19: honour the page offset of find, as Go 1.20 does */
	bool fix_flush;	   /* go1.18, go1.19: a flushed page cache tells the scavenger */
	bool fix_regrow;   /* go1.19: index memory is never mapped twice */
	bool fix_sticky;   /* a marked cursor is cleared when a search from it finds nothing */
	bool fix_setempty; /* go1.21+: a background pass that stopped short does not call the chunk empty */
};

/* What a search works on. */
struct hr_search_heap {
	const struct hr_pagemap *map; /* must outlive the search */
	/* Releases free, unreleased pages of one chunk: the map's bits are set when it returns. */
	void (*release)(void *ctx, uint64_t page, unsigned npages);
	/* The same of a block of the map, all of which can be released; NULL: it is done by chunks. */
	void (*release_block)(void *ctx, uint64_t page);
	void *ctx;
};

/* Is this the last chunk of a block of which all pages can be released, and is there a way to do it at once? */
static inline bool hr_search_at_dirty_block(const struct hr_search_heap *h, uint64_t chunk)
{
	const uint64_t last = (UINT64_C(1) << HR_MAP_BLOCK_LOG_CHUNKS) - 1;
	const struct hr_chunk_bits *c;

	if (h->release_block == NULL || (chunk & last) != last || hr_pagemap_first_alike(h->map, chunk) != chunk - last)
		return false;
	c = hr_pagemap_chunk(h->map, chunk);
	return (c->alloc[0] | c->scavenged[0]) == 0;
}

struct hr_search;

struct hr_search_def {
	const char *name;
	/* A search over an empty map. NULL: out of memory. */
	struct hr_search *(*create)(const struct hr_search_heap *heap, const struct hr_search_options *options);
	void (*destroy)(struct hr_search *s);
	/* A copy that works on another heap, with an equal map. NULL: out of memory. */
	struct hr_search *(*clone)(const struct hr_search *s, const struct hr_search_heap *heap);

	/* All of these may be NULL: this generation is not told. */
	enum hr_status (*grow)(struct hr_search *s, uint64_t chunk, uint64_t nchunks); /* after the map */
	void (*alloc)(struct hr_search *s, uint64_t page, uint64_t npages);
	void (*free)(struct hr_search *s, uint64_t page, uint64_t npages);
	void (*cache_fill)(struct hr_search *s, uint64_t base, uint64_t pages);	 /* pages: bits of the block at base */
	void (*cache_flush)(struct hr_search *s, uint64_t base, uint64_t pages); /* before the map's flush */
	void (*next_gen)(struct hr_search *s);					 /* mark termination: go1.21+ */
	void (*start_gen)(struct hr_search *s); /* sweep done and before a forced pass: go1.18 */

	/*
	 * Releases until at least `bytes` are released or nothing is left, by the
	 * heap's `release`. `force` ignores density (go1.21+).
	 * Returns bytes released, which may exceed `bytes` by a huge page.
	 */
	uint64_t (*scavenge)(struct hr_search *s, uint64_t bytes, bool force);
	const struct hr_search_work *(*work)(const struct hr_search *s);
	bool (*failed)(
	    const struct hr_search *s); /* memory has run out, and what it finds means nothing; may be NULL */
	/* Whether the index says that the chunk may have work; and the (background) search page, HR_NO_PAGE if none. */
	bool (*marked)(const struct hr_search *s, uint64_t chunk);
	uint64_t (*search_page)(const struct hr_search *s, bool force);
	/* All that it knows of a chunk; go1.21 and later count density. */
	struct hr_index_look (*look)(const struct hr_search *s, uint64_t chunk);
};

extern const struct hr_search_def hr_search_go118, hr_search_go119, hr_search_go121, hr_search_go122;

#endif
