/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the heap's pages are, the same under every policy: in use (of spans that
 * hold objects), manual (of spans that don't: stacks, GC work), mapped (all that
 * has grown). What remains of mapped is free or released; which, only a policy
 * can say. Pages in a page cache belong to that remainder, as the runtime counts.
 * This is the one place where the three are defined.
 *
 * Source: the heapStats of mheap.go (inHeap, inStacks and others, committed).
 */
#ifndef HR_HEAP_COUNTS_H
#define HR_HEAP_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* Pages; each fits in 32 bits, see hr_counts_can_grow. */
struct hr_counts {
	uint64_t in_use, manual, mapped;
};

/* At most 2^32 - 1 pages, 32 TiB, can be mapped: placements count in 32 bits. */
bool hr_counts_can_grow(const struct hr_counts *c, uint64_t npages);
void hr_counts_grow(struct hr_counts *c, uint64_t npages);
void hr_counts_alloc(struct hr_counts *c, uint64_t npages, bool manual);
void hr_counts_free(struct hr_counts *c, uint64_t npages, bool manual);

/* Free or released. */
static inline uint64_t hr_counts_unused(const struct hr_counts *c)
{
	return c->mapped - c->in_use - c->manual;
}

#endif
