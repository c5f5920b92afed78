/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sorted, coalesced page ranges. Invariants: at[i].base < at[i].limit <
 * at[i + 1].base; total_pages is the sum of the lengths. A heap has one range,
 * seldom more than a few, so that removal and insertion just move the rest.
 */
#include "config.h"

#include "pagealloc/ranges.h"

#include "base/alloc.h"
#include "pagealloc/geometry.h"

#include <stdlib.h>
#include <string.h>

void hr_ranges_init(struct hr_ranges *r)
{
	memset(r, 0, sizeof(*r));
}

void hr_ranges_release(struct hr_ranges *r)
{
	free(r->at);
	hr_ranges_init(r);
}

bool hr_ranges_copy(struct hr_ranges *to, const struct hr_ranges *from)
{
	if (!hr_reserve(&to->at, &to->cap, from->n, sizeof(*to->at)))
		return false;
	if (from->n != 0)
		memcpy(to->at, from->at, from->n * sizeof(*to->at));
	to->n = from->n;
	to->total_pages = from->total_pages;
	return true;
}

size_t hr_ranges_succ(const struct hr_ranges *r, uint64_t page)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->at[mid].base > page)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

bool hr_ranges_add(struct hr_ranges *r, uint64_t base, uint64_t limit)
{
	size_t i = hr_ranges_succ(r, base);
	bool joins_below, joins_above;

	if (base >= limit)
		return false;
	joins_below = i > 0 && r->at[i - 1].limit == base;
	joins_above = i < r->n && r->at[i].base == limit;
	if (joins_below && joins_above) {
		r->at[i - 1].limit = r->at[i].limit;
		memmove(&r->at[i], &r->at[i + 1], (r->n - i - 1) * sizeof(*r->at));
		r->n--;
	} else if (joins_below) {
		r->at[i - 1].limit = limit;
	} else if (joins_above) {
		r->at[i].base = base;
	} else {
		if (!hr_reserve(&r->at, &r->cap, r->n + 1, sizeof(*r->at)))
			return false;
		memmove(&r->at[i + 1], &r->at[i], (r->n - i) * sizeof(*r->at));
		r->at[i] = (struct hr_range){base, limit};
		r->n++;
	}
	r->total_pages += limit - base;
	return true;
}

uint64_t hr_ranges_ceil(const struct hr_ranges *r, uint64_t page)
{
	size_t i = hr_ranges_succ(r, page);

	if (i > 0 && page < r->at[i - 1].limit)
		return page;
	return i < r->n ? r->at[i].base : HR_NO_PAGE;
}

bool hr_ranges_contains(const struct hr_ranges *r, uint64_t page)
{
	size_t i = hr_ranges_succ(r, page);

	return i > 0 && page < r->at[i - 1].limit;
}

bool hr_ranges_contain(const struct hr_ranges *r, uint64_t page, uint64_t limit)
{
	size_t i = hr_ranges_succ(r, page);

	return i > 0 && r->at[i - 1].limit >= limit;
}

struct hr_range hr_ranges_remove_last(struct hr_ranges *r, uint64_t npages)
{
	struct hr_range top;

	if (r->n == 0)
		return (struct hr_range){0, 0};
	top = r->at[r->n - 1];
	if (top.limit - top.base > npages) {
		top.base = top.limit - npages;
		r->at[r->n - 1].limit = top.base;
	} else {
		r->n--;
	}
	r->total_pages -= top.limit - top.base;
	return top;
}

void hr_ranges_remove_from(struct hr_ranges *r, uint64_t page)
{
	while (r->n > 0 && r->at[r->n - 1].base >= page) {
		r->n--;
		r->total_pages -= r->at[r->n].limit - r->at[r->n].base;
	}
	if (r->n > 0 && r->at[r->n - 1].limit > page) {
		r->total_pages -= r->at[r->n - 1].limit - page;
		r->at[r->n - 1].limit = page;
	}
}
