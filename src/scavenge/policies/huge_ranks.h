/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Huge pages that have something dirty, by rank: what is to be spared comes last.
 * Rank 0 is free as a whole; then come broken ones by pages in use, 1..512; then
 * whole ones, the same.
 *
 * They are counted when someone asks, and then only those of chunks that have
 * changed since: what a turn costs does not grow with the heap, but with what
 * happened and what is dirty.
 *
 * Memory: 4 bytes a huge page, in blocks of the map's, where something was ever taken or freed.
 */
#ifndef HR_SCAVENGE_HUGE_RANKS_H
#define HR_SCAVENGE_HUGE_RANKS_H

#include "heapreplay-policy.h"
#include "pagealloc/geometry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_HUGE_RANKS (1 + 2 * HR_CHUNK_PAGES)

struct hr_ranks_block;

struct hr_huge_ranks {
	const struct hr_pagemap *map;
	unsigned huge_pages; /* pages in a huge page, at most a chunk's */
	/* Releasable pages of each rank, and all of them, but for what has changed since they were counted. */
	uint64_t dirty[HR_HUGE_RANKS], all_dirty;
	bool failed;  /* memory has run out: nothing of this means anything */
	uint64_t top; /* from this chunk on, there are none of rank 0 */
	struct hr_ranks_block **blocks;
	uint64_t *has_some; /* a bit for each block that has something dirty */
	uint64_t low, end;  /* no block is outside of these */
	uint64_t *touched;  /* blocks in which something has changed */
	size_t ntouched, touched_cap;
};

/* huge_pages: a power of two, 512 at most. False: out of memory. */
bool hr_huge_ranks_init(struct hr_huge_ranks *r, const struct hr_pagemap *map, unsigned huge_pages);
void hr_huge_ranks_release(struct hr_huge_ranks *r);
/* A deep copy, of an equal map, into an uninitialised *to. False: out of memory. */
bool hr_huge_ranks_clone(struct hr_huge_ranks *to, const struct hr_huge_ranks *from, const struct hr_pagemap *map);

/* The rank of the huge page that begins at page `first` of a grown chunk. */
unsigned hr_huge_rank(const struct hr_pagemap *m, unsigned huge_pages, uint64_t chunk, unsigned first);

/* Pages of grown chunks [first, end) were taken or freed, otherwise than by hr_huge_ranks_release_selected. */
void hr_huge_ranks_touch(struct hr_huge_ranks *r, uint64_t first, uint64_t end);
/* All that was dirty was released. */
void hr_huge_ranks_touch_dirty(struct hr_huge_ranks *r);
/* Counts anew what has changed. */
void hr_huge_ranks_count(struct hr_huge_ranks *r);

/* Which huge pages go: all of the ranks low..high - 1, and of rank `high` until so many pages have gone. */
struct hr_ranks_selection {
	unsigned low, high;
	uint64_t of_high;
};

/* Releases them, as of the last count, the highest first; returns how many pages. */
uint64_t hr_huge_ranks_release_selected(struct hr_huge_ranks *r, struct hr_follower *f, struct hr_ranks_selection s);

#endif
