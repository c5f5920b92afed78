/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sorted set of page ranges [base, limit) that never overlap and never touch
 * (neighbours are joined). A heap has a handful of them.
 *
 * Source: mranges.go of the Go runtime (addrRanges); there in addresses, here in pages.
 */
#ifndef HR_PAGEALLOC_RANGES_H
#define HR_PAGEALLOC_RANGES_H

#include "heapreplay-policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void hr_ranges_init(struct hr_ranges *r);
void hr_ranges_release(struct hr_ranges *r);
/* Makes *to (initialised) equal to *from. False: out of memory. addrRanges.cloneInto. */
bool hr_ranges_copy(struct hr_ranges *to, const struct hr_ranges *from);

/* Adds [base, limit), which must not overlap the set. False: out of memory, or base >= limit. addrRanges.add. */
bool hr_ranges_add(struct hr_ranges *r, uint64_t base, uint64_t limit);
/* Index of the first range whose base is above page; n when there is none. addrRanges.findSucc. */
size_t hr_ranges_succ(const struct hr_ranges *r, uint64_t page);
/* The lowest page of the set at or above page; HR_NO_PAGE when there is none. addrRanges.findAddrGreaterEqual. */
uint64_t hr_ranges_ceil(const struct hr_ranges *r, uint64_t page);
bool hr_ranges_contains(const struct hr_ranges *r, uint64_t page);
/* All of [page, limit), which is not empty. */
bool hr_ranges_contain(const struct hr_ranges *r, uint64_t page, uint64_t limit);
/* Takes npages off the top range, or all of it if that is not longer; {0,0} when empty. addrRanges.removeLast. */
struct hr_range hr_ranges_remove_last(struct hr_ranges *r, uint64_t npages);
/* Drops everything at or above page. addrRanges.removeGreaterEqual. */
void hr_ranges_remove_from(struct hr_ranges *r, uint64_t page);

#endif
