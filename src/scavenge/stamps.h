/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When released pages were released. This distinguishes a page that is used
 * again (a refault) from one that is used for the first time, and a page that
 * comes back within a second (thrash).
 */
#ifndef HR_SCAVENGE_STAMPS_H
#define HR_SCAVENGE_STAMPS_H

#include "pagealloc/geometry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_stamps_block;

/* A chunk that had a stamp of the last second then, in units of them. */
struct hr_stamps_recent {
	uint64_t chunk;
	uint32_t unit;
};

struct hr_stamps {
	struct hr_stamps_block **blocks; /* of chunks, NULL where nothing was released; see stamps.c */
	size_t nblocks;
	size_t low, end;		/* no block is outside of these */
	struct hr_stamps_recent *queue; /* [first, n): whose stamps are to be put together when they are old, by time */
	size_t first, n, cap;
};

/* False: out of memory. */
bool hr_stamps_init(struct hr_stamps *s, const struct hr_geometry *geometry);
void hr_stamps_release(struct hr_stamps *s);
/* A copy into an uninitialised *to, which commits no more memory than the original. */
bool hr_stamps_clone(struct hr_stamps *to, const struct hr_stamps *from);

/* Pages of one chunk are released now. False: out of memory. */
bool hr_stamps_set(struct hr_stamps *s, uint64_t page, unsigned npages, uint64_t now_ns);
/* The same of all pages of chunks. */
bool hr_stamps_set_chunks(struct hr_stamps *s, uint64_t chunk, uint64_t nchunks, uint64_t now_ns);

/* Of pages that are used: those that had been used before they were released, and of these, those released a second ago
 * at most. */
struct hr_used_again {
	uint64_t pages, thrash_pages;
	bool out_of_memory; /* some were not counted */
};
/* Pages are used now: they have no stamp afterwards. */
struct hr_used_again hr_stamps_take(struct hr_stamps *s, uint64_t page, uint64_t npages, uint64_t now_ns);

/* Pages of the chunk that were released and used again, since the beginning; stays at the most that it can hold. */
uint32_t hr_stamps_refaults(const struct hr_stamps *s, uint64_t chunk);

#endif
