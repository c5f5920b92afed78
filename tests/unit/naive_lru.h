/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dirty pages by age, told page by page: each that waits has the number of the
 * run it belongs to, and the oldest run is the one with the lowest number.
 */
#ifndef HR_TESTS_UNIT_NAIVE_LRU_H
#define HR_TESTS_UNIT_NAIVE_LRU_H

#include "naive_heap.h"

#include <limits.h>

struct naive_lru {
	unsigned run[NAIVE_PAGES]; /* 0: does not wait */
	unsigned last;
	unsigned waiting;
};

static inline void naive_lru_follow(struct naive_lru *l, const struct naive_heap *h, const struct hr_place *r)
{
	unsigned first = (unsigned)(r->page - NAIVE_BASE), n = 0;
	bool in_run = false;

	if (r->kind == HR_PLACE_FREE)
		n = r->npages;
	else if (r->kind == HR_PLACE_CACHE_FLUSH)
		n = 64;
	for (unsigned i = first; i < first + n; i++) {
		bool freed = h->page[i] == DIRTY && (r->kind == HR_PLACE_FREE || r->arg >> (i - first) & 1);

		if (freed && (!in_run || i % HR_CHUNK_PAGES == 0))
			l->last++;
		if (freed)
			l->run[i] = l->last;
		in_run = freed;
	}
	l->waiting = 0;
	for (unsigned i = 0; i < NAIVE_PAGES; i++) {
		if (h->page[i] != DIRTY)
			l->run[i] = 0;
		l->waiting += l->run[i] != 0;
	}
}

static bool naive_lru_gone(void *ctx, unsigned page)
{
	return ((struct naive_lru *)ctx)->run[page] == 0;
}

/* The run beside page i, in its chunk; 0 when there is none that waits. */
static inline unsigned naive_lru_at(const struct naive_lru *l, unsigned i, int step)
{
	unsigned beside = i + (unsigned)step;

	return beside / HR_CHUNK_PAGES == i / HR_CHUNK_PAGES && beside < NAIVE_PAGES ? l->run[beside] : 0;
}

static inline void naive_lru_evict(struct naive_lru *l, struct naive_heap *h, unsigned unit)
{
	unsigned oldest = UINT_MAX;

	for (unsigned i = 0; i < NAIVE_PAGES; i++)
		if (l->run[i] != 0 && l->run[i] < oldest)
			oldest = l->run[i];
	for (unsigned i = 0, end; i < NAIVE_PAGES; i = end) {
		unsigned to;

		end = i + 1;
		if (l->run[i] != oldest)
			continue;
		while (end % HR_CHUNK_PAGES != 0 && l->run[end] == oldest)
			end++;
		to = naive_lru_at(l, end - 1, 1);
		if (to == 0)
			to = naive_lru_at(l, i, -1);
		for (unsigned k = i; k < end; k++)
			l->run[k] = to;
		if (to == 0)
			l->waiting -= end - i;
	}
	naive_release_where(h, unit, naive_lru_gone, l);
}

#endif
