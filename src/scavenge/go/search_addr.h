/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The box that holds a search address: where finders of a scavenge index
 * start. Finders lower it without a lock; whoever frees memory above it raises
 * it and leaves it *marked*, so that no finder who loaded it before can lower
 * it again over the news. A mark goes when a finder that has seen it replaces it.
 *
 * The value is a page plus one, negated when marked; 0 is "cleared: nothing is
 * left", which callers see as HR_NO_PAGE. Raising is serialised by the heap
 * lock, lowering is not.
 *
 * Memory order. What a finder must see is the index bits that were set before
 * the box was raised: hr_search_addr_store_marked releases them, and
 * hr_search_addr_load acquires. A finder may also load a value which another
 * finder put there; its compare-and-swap continues the release sequence that
 * the raising store heads, so that an acquiring load of it synchronises with
 * that store all the same, and the compare-and-swaps themselves can be relaxed:
 * nothing that a finder wrote is read through the box. A mark that does not
 * raise the box publishes nothing; finders that run at the same time may miss
 * it. That is so in the runtime, too, whose atomics are sequentially
 * consistent: a finder may have passed the chunk already (index_bits.h).
 *
 * Source: atomicOffAddr in mranges.go; there in linear addresses, here in pages.
 */
#ifndef HR_SCAVENGE_SEARCH_ADDR_H
#define HR_SCAVENGE_SEARCH_ADDR_H

#include "pagealloc/geometry.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hr_search_addr {
	_Atomic int64_t v;
};

/* What a finder comes back with. */
struct hr_index_hit {
	bool found;
	unsigned page;	/* where in the chunk to start looking, downwards: 0..511 */
	uint64_t chunk; /* which may have something to release */
	uint64_t read;	/* bytes or records that the runtime reads for this */
};

static inline int64_t hr_search_addr_encode(uint64_t page)
{
	return (int64_t)(page + 1);
}

/* Cleared and unmarked, whatever it was. Not for use beside finders. */
static inline void hr_search_addr_reset(struct hr_search_addr *b)
{
	atomic_store_explicit(&b->v, 0, memory_order_relaxed);
}

/* The page, HR_NO_PAGE when cleared; *marked: whether it is marked. */
static inline uint64_t hr_search_addr_load(const struct hr_search_addr *b, bool *marked)
{
	int64_t v = atomic_load_explicit(&b->v, memory_order_acquire);

	*marked = v < 0;
	return (uint64_t)(v < 0 ? -v : v) - 1;
}

/* Lowers the box to page if it is higher; leaves a marked one alone. */
static inline void hr_search_addr_store_min(struct hr_search_addr *b, uint64_t page)
{
	int64_t old = atomic_load_explicit(&b->v, memory_order_relaxed), new = hr_search_addr_encode(page);

	while (old >= new &&
	       !atomic_compare_exchange_weak_explicit(&b->v, &old, new, memory_order_relaxed, memory_order_relaxed))
		;
}

/* "Nothing is left", unless the box is marked. */
static inline void hr_search_addr_clear(struct hr_search_addr *b)
{
	hr_search_addr_store_min(b, HR_NO_PAGE);
}

/* Replaces marked_page, if the box still holds exactly that, marked, by page, unmarked. */
static inline void hr_search_addr_store_unmark(struct hr_search_addr *b, uint64_t marked_page, uint64_t page)
{
	int64_t expected = -hr_search_addr_encode(marked_page);

	atomic_compare_exchange_strong_explicit(&b->v, &expected, hr_search_addr_encode(page), memory_order_relaxed,
						memory_order_relaxed);
}

/* Page, marked, whatever was there. */
static inline void hr_search_addr_store_marked(struct hr_search_addr *b, uint64_t page)
{
	atomic_store_explicit(&b->v, -hr_search_addr_encode(page), memory_order_release);
}

/*
 * Marks the box with page if that is higher than what it holds. Under the heap
 * lock: a finder can only make what was loaded lower, so that no
 * compare-and-swap is needed, and a relaxed load will do.
 */
static inline void hr_search_addr_raise(struct hr_search_addr *b, uint64_t page)
{
	int64_t v = atomic_load_explicit(&b->v, memory_order_relaxed);

	if ((v < 0 ? -v : v) < hr_search_addr_encode(page))
		hr_search_addr_store_marked(b, page);
}

/*
 * A finder that loaded `from`, marked or not, found the first chunk with work
 * below: lower the box to page, that chunk's last.
 */
static inline void hr_search_addr_lower(struct hr_search_addr *b, uint64_t from, bool marked, uint64_t page)
{
	if (marked)
		hr_search_addr_store_unmark(b, from, page);
	else
		hr_search_addr_store_min(b, page);
}

#endif
