/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A naive follower of placements: one byte a page. It says what is wrong with a
 * record, or NULL. Bands add up, pages are what the record takes them for,
 * times don't fall, nothing comes after the end.
 */
#ifndef HR_TESTS_UNIT_PLACE_CHECK_H
#define HR_TESTS_UNIT_PLACE_CHECK_H

#include "heapreplay-policy.h"
#include "pagealloc/geometry.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_PAGES (1u << 20) /* from base on */
#define CHECK_PS 64

enum check_state { CHECK_UNMAPPED, CHECK_FREE, CHECK_CACHED, CHECK_HEAP, CHECK_MANUAL, CHECK_PADDING };

struct place_check {
	uint64_t base; /* page */
	uint8_t *state;
	struct {
		uint64_t block, bits;
	} caches[CHECK_PS];
	uint64_t in_use, manual, mapped, last_ns, records;
	bool ended, marked, swept;
};

static inline void place_check_init(struct place_check *c, uint64_t base)
{
	memset(c, 0, sizeof(*c));
	c->base = base;
	c->state = calloc(CHECK_PAGES, 1);
}

static inline void place_check_release(struct place_check *c)
{
	free(c->state);
}

/* Turns pages from one state to another; false if one is in neither that nor, where it is given, `or_from`. */
static inline bool place_check_turn(struct place_check *c, uint64_t page, uint64_t npages, int from, int to)
{
	if (page < c->base || page - c->base + npages > CHECK_PAGES)
		return false;
	for (uint64_t i = page - c->base; i < page - c->base + npages; i++) {
		if (c->state[i] != from)
			return false;
		c->state[i] = (uint8_t)to;
	}
	return true;
}

static inline bool place_check_bits(struct place_check *c, const struct hr_place *r, int from, int to)
{
	for (unsigned b = 0; b < 64; b++)
		if ((r->arg >> b & 1) && !place_check_turn(c, r->page + b, 1, from, to))
			return false;
	return true;
}

static inline const char *place_check_pages(struct place_check *c, const struct hr_place *r)
{
	bool manual = r->flags & HR_PLACE_MANUAL, padding = r->flags & HR_PLACE_PADDING;
	int owner = padding ? CHECK_PADDING : manual ? CHECK_MANUAL : CHECK_HEAP;
	uint64_t count = padding ? 0 : r->npages, *band = manual ? &c->manual : &c->in_use;
	unsigned p = (unsigned)r->cache_p;

	switch (r->kind) {
	case HR_PLACE_GROW:
		c->mapped += r->npages;
		if (r->page % HR_CHUNK_PAGES != 0 || r->npages % HR_CHUNK_PAGES != 0 || r->npages == 0)
			return "growth is not in chunks";
		return place_check_turn(c, r->page, r->npages, CHECK_UNMAPPED, CHECK_FREE) ? NULL : "grown twice";
	case HR_PLACE_ALLOC:
		*band += count;
		return place_check_turn(c, r->page, r->npages, CHECK_FREE, owner) ? NULL : "allocated, but not free";
	case HR_PLACE_FREE:
		*band -= count;
		return place_check_turn(c, r->page, r->npages, owner, CHECK_FREE) ? NULL : "freed, but not in use";
	default:
		break;
	}
	if (p >= CHECK_PS)
		return "no such cache";
	switch (r->kind) {
	case HR_PLACE_CACHE_USE:
		*band += count;
		for (uint64_t i = r->page; i < r->page + r->npages; i++) {
			if (i - c->caches[p].block >= 64 || !(c->caches[p].bits >> (i - c->caches[p].block) & 1))
				return "not in that cache";
			c->caches[p].bits &= ~(UINT64_C(1) << (i - c->caches[p].block));
		}
		return place_check_turn(c, r->page, r->npages, CHECK_CACHED, owner) ? NULL : "not cached";
	case HR_PLACE_CACHE_FILL:
		if (c->caches[p].bits != 0 || r->page % 64 != 0 || r->arg == 0)
			return "a cache is filled that isn't empty, or with nothing";
		c->caches[p].block = r->page;
		c->caches[p].bits = r->arg;
		return place_check_bits(c, r, CHECK_FREE, CHECK_CACHED) ? NULL : "cached, but not free";
	case HR_PLACE_CACHE_FLUSH:
		if (c->caches[p].block != r->page || c->caches[p].bits != r->arg || r->arg == 0)
			return "flushed what is not in the cache";
		c->caches[p].bits = 0;
		return place_check_bits(c, r, CHECK_CACHED, CHECK_FREE) ? NULL : "flushed, but not cached";
	default:
		return "of no kind";
	}
}

static inline const char *place_check(struct place_check *c, const struct hr_place *r)
{
	const char *wrong = NULL;

	c->records++;
	if (c->ended)
		return "after the end";
	if (r->time_ns < c->last_ns)
		return "time falls";
	c->last_ns = r->time_ns;
	switch (r->kind) {
	case HR_PLACE_GROW:
	case HR_PLACE_ALLOC:
	case HR_PLACE_FREE:
	case HR_PLACE_CACHE_USE:
	case HR_PLACE_CACHE_FILL:
	case HR_PLACE_CACHE_FLUSH:
		wrong = place_check_pages(c, r);
		break;
	case HR_PLACE_MARK_START:
		c->marked = c->swept = false;
		break;
	case HR_PLACE_MARK_DONE:
		c->marked = true;
		c->swept = false;
		break;
	case HR_PLACE_SWEEP_DONE:
		if (!(r->flags & HR_PLACE_FORCED) && (!c->marked || c->swept))
			return "a sweep without a cycle";
		c->swept = true;
		break;
	case HR_PLACE_END:
		c->ended = true;
		break;
	default:
		break;
	}
	if (wrong == NULL &&
	    (r->in_use_pages != c->in_use || r->manual_pages != c->manual || r->mapped_pages != c->mapped))
		wrong = "the counts are wrong";
	return wrong;
}

#endif
