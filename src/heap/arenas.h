/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the heap grows. A request is rounded up to chunks of 4 MiB and taken
 * from the current arena space; arenas of 64 MiB (4 MiB with 32 bits) follow
 * each other for as long as there are addresses. The chunks are what the page
 * allocator is given; the rest of an arena is space, not heap.
 *
 * With 32 bits, when the addresses above the heap's base are used up, the heap
 * goes on at the bottom of the address space, up to the base. The first and the
 * last chunk can't be used, so that 1,022 are what there is.
 *
 * Source: mheap.grow, mheap.sysAlloc.
 */
#ifndef HR_HEAP_ARENAS_H
#define HR_HEAP_ARENAS_H

#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_arenas {
	const struct hr_geometry *geometry;
	uint64_t base;	/* page: the current space's first that is not heap yet, a multiple of a chunk */
	uint64_t limit; /* page: the current space's end, a multiple of an arena */
	uint64_t first; /* page: where the heap began */
	bool wrapped;	/* 32 bits: growing below `first` now */
};

/* Nothing has grown; the heap will begin at the arena that holds page, or the geometry's base when page is HR_NO_PAGE. */
void hr_arenas_init(struct hr_arenas *a, const struct hr_geometry *geometry, uint64_t page);

/*
 * Space for npages in a row: what the page allocator is to be grown by, in
 * *grown, one or two ranges of whole chunks, how many of them is returned. Two
 * when the space had to move: what was left of the old one is heap then too.
 * 0: out of address space, nothing has changed.
 */
unsigned hr_arenas_grow(struct hr_arenas *a, uint64_t npages, struct hr_range grown[2]);

/*
 * The heap is known to reach up to page (not included), although it did not
 * grow by hr_arenas_grow: the current space goes on from there, in its arena.
 */
void hr_arenas_set_end(struct hr_arenas *a, uint64_t page);

#endif
