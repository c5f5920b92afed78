/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scavenge index of Go 1.19: a bit for every chunk that may have free
 * pages which are not scavenged. Frees mark chunks, scavengers look for marked
 * ones from the search address downwards and clear those where nothing was left.
 *
 * Mark, clear and grow are serialised by the heap lock. Find needs no lock; it
 * may run beside them and other finds. The index is a hint: whoever finds a
 * chunk checks its bitmap under the heap lock, and clears the bit there only if
 * nothing is left, so that no bit is lost.
 *
 * A *search address* can miss a bit for a while: a finder that has passed a
 * chunk which is marked then, with pages not above the search address, lowers
 * the address to below that chunk. It is found again after the next mark above.
 * So it is in the runtime.
 *
 * Memory: a bit for each chunk of the address space (8 MiB, 48 bits; 128 bytes,
 * 32 bits), reserved at once, committed where it is touched.
 *
 * Source: scavengeIndex in mgcscavenge.go, and its grow in mpagealloc_64bit.go, both of Go 1.19.
 */
#ifndef HR_SCAVENGE_INDEX_BITS_H
#define HR_SCAVENGE_INDEX_BITS_H

#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"
#include "scavenge/go/search.h"
#include "scavenge/go/search_addr.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_index_bits {
	_Atomic uint64_t *words; /* bit i of word w: chunk 64*w + i */
	const struct hr_geometry *geometry;
	struct hr_search_addr cursor;
	_Atomic uint64_t min_byte;	 /* searches end at this byte of the index */
	uint64_t mapped_min, mapped_max; /* what the runtime takes for mapped: bytes of its own index */
	bool fix_regrow, fix_sticky;
};

/* An index of nothing. False: out of memory. */
bool hr_index_bits_init(struct hr_index_bits *x, const struct hr_geometry *geometry);
void hr_index_bits_release(struct hr_index_bits *x);
/* A copy into an uninitialised *to; grown: what has grown, in pages. False: out of memory. */
bool hr_index_bits_clone(struct hr_index_bits *to, const struct hr_index_bits *from, const struct hr_ranges *grown);

/* Memory has grown. Unless fix_regrow is set, marks vanish where the runtime maps its index anew. */
void hr_index_bits_grow(struct hr_index_bits *x, uint64_t chunk, uint64_t nchunks, uint64_t phys_page_bytes);
/* Pages [page, limit) became free; page < limit. */
void hr_index_bits_mark(struct hr_index_bits *x, uint64_t page, uint64_t limit);
/* Nothing is left in the chunk. */
void hr_index_bits_clear(struct hr_index_bits *x, uint64_t chunk);
bool hr_index_bits_is_marked(const struct hr_index_bits *x, uint64_t chunk);
/* The highest marked chunk at or below the search address, which goes there. */
struct hr_index_hit hr_index_bits_find(struct hr_index_bits *x);

/* For tests and the oracle: the index of an hr_search_go119, and one step of its scavenge at a chunk (scavengeOne). */
struct hr_index_bits *hr_search_bits(struct hr_search *s);
uint64_t hr_search_bits_one(struct hr_search *s, uint64_t chunk, unsigned page, uint64_t bytes);

#endif
