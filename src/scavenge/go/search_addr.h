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
 * Memory order: all loads acquire, all stores release, exchanges both; those of
 * the index's words, records, bounds and generation come with it
 * (index_words.h, index_bits.c, index_density.c). Why that is enough:
 *
 *   A mark that raises the box is found. It stores the bit, then the box, in
 *   release order. A finder that lowers the box replaces either that very
 *   value, having acquired it and with it the bit; or one that a finder made of
 *   it, and exchanges carry on what they replace; or an older one, which the
 *   exchange refuses, since it is no longer there. (An older one that is equal
 *   is the runtime's own race, see index_bits.h.)
 *
 *   Growth is seen with the mark: the bound is stored before the box is raised,
 *   and loaded after the box was.
 *
 *   What a finder did is seen by who loads the value that it left: it lowers
 *   the box in release order, too. Whoever starts from there sees the chunks
 *   above as that finder did, or later.
 *
 *   A mark that does not raise the box publishes nothing; a finder that has
 *   passed the chunk may miss it. So it is in the runtime, whose atomics are
 *   sequentially consistent. What differs is this alone: between storing a bit
 *   and loading the box a marker has no fence, so that it may see a box that a
 *   finder has lowered by then as it was before, and leave it there. That is as
 *   if the marker had come before that finder's exchange, but for a third
 *   thread that watches both; what can be lost is what could be lost anyway.
 *
 * tests/model goes through all that these orders allow, in small cases: every
 * end of them is one that sequentially consistent steps have, too. With relaxed
 * orders it finds ends that those do not have.
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

/* Page, unmarked, whatever was there. Not for use beside finders. */
static inline void hr_search_addr_set(struct hr_search_addr *b, uint64_t page)
{
	atomic_store_explicit(&b->v, hr_search_addr_encode(page), memory_order_relaxed);
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
	int64_t old = atomic_load_explicit(&b->v, memory_order_acquire), new = hr_search_addr_encode(page);

	while (old >= new &&
	       !atomic_compare_exchange_weak_explicit(&b->v, &old, new, memory_order_acq_rel, memory_order_acquire))
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

	atomic_compare_exchange_strong_explicit(&b->v, &expected, hr_search_addr_encode(page), memory_order_acq_rel,
						memory_order_acquire);
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
	int64_t v = atomic_load_explicit(&b->v, memory_order_acquire);

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
