/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scavenge index of Go 1.21 and later: a record for every chunk that says
 * how much of it is in use, now and when the generation (GC cycle) before was
 * last seen, and whether it may have free pages which are not scavenged. The
 * background scavenger leaves chunks alone that are, or were in the last
 * generation, densely used: their pages are about to be used again, and huge
 * pages stay whole. A forced search, for the memory limit or FreeOSMemory,
 * takes every chunk that may have work.
 *
 * There are two search addresses: the forced one rises with every free; the
 * background's rises once a generation, to the highest page that was freed in it.
 *
 * Everything but find is serialised by the heap lock. What index_bits.h says of
 * finders that run beside it, and of what they may miss, holds here, too.
 *
 * Memory: 8 bytes and three bits for each chunk of the address space (536 MiB,
 * 48 bits; 8.4 KiB, 32 bits), reserved at once, committed where it is touched.
 *
 * Source: scavengeIndex, scavChunkData, scavChunkFlags in mgcscavenge.go of Go 1.21.
 */
#ifndef HR_SCAVENGE_INDEX_DENSITY_H
#define HR_SCAVENGE_INDEX_DENSITY_H

#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"
#include "scavenge/go/search.h"
#include "scavenge/go/search_addr.h"

#include <stdbool.h>
#include <stdint.h>

/* scavChunkHiOccPages: a chunk with so many pages in use is dense. 0.96875 * 512. */
#define HR_DENSE_PAGES 496u

enum hr_density_flags {
	HR_DENSITY_HAS_FREE = 1 << 0,	  /* may have something to release */
	HR_DENSITY_NO_HUGE_PAGE = 1 << 1, /* Go 1.21 only: something was released, and the chunk wasn't dense since */
};

/* A record: what is stored, 64 bits packed, taken apart. All zero is right for new memory. */
struct hr_density {
	uint32_t gen;	      /* generation of the last change */
	uint16_t in_use;      /* pages now, 0..512 */
	uint16_t last_in_use; /* pages at the end of the generation that was seen before that, 0..512 */
	uint8_t flags;
};

/* in_use in bits 0-15, last_in_use 16-25, flags 26-31, gen 32-63. */
uint64_t hr_density_pack(struct hr_density d);
struct hr_density hr_density_unpack(uint64_t packed);

struct hr_index_density {
	_Atomic uint64_t **records;    /* in blocks of 256 chunks; NULL: all of them have one, */
	uint64_t *alike;	       /* which is here, by block */
	uint64_t low_block, end_block; /* no block of records is outside of these */
	/*
	 * Derived from the records, a bit a chunk: what a forced search takes, what
	 * a background search takes, and what it will take from the next generation
	 * on, because the chunk is sparse now but was dense in the last. Finders
	 * need only look at these: 128 GiB with nothing to find are 512 words
	 * instead of 32768 records, 0.2 us instead of 23.
	 */
	_Atomic uint64_t *has_free, *ready, *waiting;
	uint64_t waiting_min, waiting_max; /* the words of `waiting` which aren't 0 lie there; min > max: none */
	const struct hr_geometry *geometry;
	struct hr_search_addr background, forced;
	uint64_t freed_limit; /* one past the highest page freed in this generation, 0 none */
	_Atomic uint64_t min_chunk;
	_Atomic uint32_t gen;
	bool grown;
	bool huge_page_flag; /* Go 1.21: keep HR_DENSITY_NO_HUGE_PAGE */
	bool fix_sticky;
	bool out_of_memory; /* a record could not be kept; cannot be where hr_index_density_cover was called */
};

/* An index of nothing, in generation 0. False: out of memory. */
bool hr_index_density_init(struct hr_index_density *x, const struct hr_geometry *geometry);
void hr_index_density_release(struct hr_index_density *x);
/* A copy into an uninitialised *to; grown: what has grown, in pages. False: out of memory. */
bool hr_index_density_clone(struct hr_index_density *to, const struct hr_index_density *from,
			    const struct hr_ranges *grown);

/* Makes room for the records of chunks [chunk, chunk + nchunks), nchunks > 0, which are else made when they are needed. HR_ENOMEM. */
enum hr_status hr_index_density_cover(struct hr_index_density *x, uint64_t chunk, uint64_t nchunks);
/* Memory has grown at this chunk. */
void hr_index_density_grow(struct hr_index_density *x, uint64_t chunk);
/* npages (1..512) of the chunk became used, free; first: the first of them in the chunk. */
void hr_index_density_alloc(struct hr_index_density *x, uint64_t chunk, unsigned npages);
void hr_index_density_free(struct hr_index_density *x, uint64_t chunk, unsigned first, unsigned npages);
/* Nothing to release is left in the chunk. */
void hr_index_density_set_empty(struct hr_index_density *x, uint64_t chunk);
/* Something of the chunk is about to be released. */
void hr_index_density_set_released(struct hr_index_density *x, uint64_t chunk);
/* A GC cycle's mark phase ends. */
void hr_index_density_next_gen(struct hr_index_density *x);
/* The highest chunk at or below the search address, which goes there, that should be scavenged. */
struct hr_index_hit hr_index_density_find(struct hr_index_density *x, bool force);
/* The search goes on below this chunk, although it isn't empty. Not in the runtime. */
void hr_index_density_pass(struct hr_index_density *x, uint64_t chunk, bool force);

struct hr_density hr_index_density_record(const struct hr_index_density *x, uint64_t chunk);
/* Whether what is derived agrees with the records of chunks [chunk, limit); for tests. */
bool hr_index_density_check(const struct hr_index_density *x, uint64_t chunk, uint64_t limit);

/*
 * For tests and the oracle: the index of an hr_search_go121 or _go122, and one
 * step of its scavenge at a chunk (scavengeOne).
 */
struct hr_index_density *hr_search_density(struct hr_search *s);
uint64_t hr_search_density_one(struct hr_search *s, uint64_t chunk, unsigned page, uint64_t bytes, bool force);

#endif
