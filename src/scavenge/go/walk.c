/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go 1.18's way to find what can be released: a walk down the address space,
 * once a generation. A generation begins when a GC cycle's sweep is done, and
 * before a forced pass; it has a copy of the heap's address ranges, from which
 * each call takes the top of the highest range, a 64th of the heap's size,
 * looks at its chunks from the top down, and returns what it did not reach.
 * What is freed above stays unseen until the next generation; that starts at
 * the highest byte freed in the last one if anything was released below it, else
 * it goes on where the last one stopped releasing, or at the top if it released
 * nothing.
 *
 * Invariants: ranges in `todo` begin at chunk borders. `todo` has room for all
 * ranges of the heap and one more, made when the heap grows, so that nothing
 * fails later.
 *
 * Several scavengers at once hide address space from each other by their
 * reservations; replayed, there is one at a time, so that a reservation shows
 * only in where the walk stops at gaps between ranges.
 *
 * Source: mgcscavenge.go before April 2022 (scavengeStartGen, scavengeReserve,
 * scavengeUnreserve, scavengeOne, scavengeRangeLocked).
 */
#include "config.h"

#include "scavenge/go/walk.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

#define RESERVATION_SHARDS 64 /* scavengeReservationShards */

struct hr_search {
	struct hr_search_heap heap;
	struct hr_search_options options;
	struct hr_walk walk;
	struct hr_search_work work;
};

const struct hr_walk *hr_search_walk(const struct hr_search *s)
{
	return &s->walk;
}

static void walk_destroy(struct hr_search *s)
{
	hr_ranges_release(&s->walk.todo);
	free(s);
}

static struct hr_search *walk_create(const struct hr_search_heap *heap, const struct hr_search_options *options)
{
	struct hr_search *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->heap = *heap;
	s->options = *options;
	hr_ranges_init(&s->walk.todo);
	s->walk.released_low = HR_WALK_MAX;
	return s;
}

static bool make_room(struct hr_search *s)
{
	struct hr_ranges *todo = &s->walk.todo;

	return hr_reserve(&todo->at, &todo->cap, s->heap.map->in_use.n + 1, sizeof(*todo->at));
}

static struct hr_search *walk_clone(const struct hr_search *from, const struct hr_search_heap *heap)
{
	struct hr_search *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *from;
	s->heap = *heap;
	hr_ranges_init(&s->walk.todo);
	if (!make_room(s) || !hr_ranges_copy(&s->walk.todo, &from->walk.todo)) {
		walk_destroy(s);
		return NULL;
	}
	return s;
}

/* New memory is released already; this generation doesn't look at it. */
static enum hr_status walk_grow(struct hr_search *s, uint64_t chunk, uint64_t nchunks)
{
	(void)chunk;
	(void)nchunks;
	return make_room(s) ? HR_OK : HR_ENOMEM;
}

static void raise_freed(struct hr_search *s, uint64_t limit_page)
{
	uint64_t last_byte = limit_page * HR_PAGE_BYTES - 1;

	if (s->walk.freed_high < last_byte)
		s->walk.freed_high = last_byte;
}

static void walk_free(struct hr_search *s, uint64_t page, uint64_t npages)
{
	raise_freed(s, page + npages);
}

/* The runtime doesn't tell. */
static void walk_cache_flush(struct hr_search *s, uint64_t base, uint64_t pages)
{
	if (s->options.fix_flush && pages != 0)
		raise_freed(s, base + 64 - hr_clz(pages));
}

static void walk_start_gen(struct hr_search *s)
{
	struct hr_walk *k = &s->walk;
	uint64_t start = k->freed_high > k->released_low ? k->freed_high : k->released_low;

	/* make_room has reserved the space. */
	(void)hr_ranges_copy(&k->todo, &s->heap.map->in_use);
	for (size_t i = 0; i < k->todo.n; i++) {
		k->todo.at[i].base *= HR_PAGE_BYTES;
		k->todo.at[i].limit *= HR_PAGE_BYTES;
	}
	k->todo.total_pages *= HR_PAGE_BYTES;
	/* The heap grows by whole chunks. */
	k->reservation_bytes = k->todo.total_pages / RESERVATION_SHARDS;
	/* This excludes the last freed byte, but its page still counts. */
	hr_ranges_remove_from(&k->todo, start);
	k->gen++;
	k->freed_high = 0;
	k->released_low = HR_WALK_MAX;
}

/* The top of what is to be looked at, down to a chunk border; empty when there is nothing. */
static struct hr_range reserve(struct hr_walk *k)
{
	struct hr_range r = hr_ranges_remove_last(&k->todo, k->reservation_bytes);

	if (r.base == r.limit)
		return r;
	r.base = hr_align_down(r.base, HR_CHUNK_BYTES);
	hr_ranges_remove_from(&k->todo, r.base);
	return r;
}

/* The chunks below the range's top that are as that, of which nothing can be released. */
static void pass_alike(struct hr_search *s, struct hr_range *r, uint64_t chunk)
{
	uint64_t first = hr_pagemap_first_alike(s->heap.map, chunk);

	if (first * HR_CHUNK_BYTES < r->base)
		first = r->base / HR_CHUNK_BYTES;
	s->work.words += chunk - first;
	r->limit = first * HR_CHUNK_BYTES;
}

/* The block of chunks at the range's top, as one release for each. */
static uint64_t release_block(struct hr_search *s, struct hr_range *r, uint64_t chunk)
{
	const uint64_t n = UINT64_C(1) << HR_MAP_BLOCK_LOG_CHUNKS, first = chunk + 1 - n;

	s->work.lookups += n - 1; /* beside the caller's */
	s->work.words += n;
	r->limit = first * HR_CHUNK_BYTES;
	if (r->limit < s->walk.released_low)
		s->walk.released_low = r->limit;
	s->heap.release_block(s->heap.ctx, hr_chunk_page(first));
	return n * HR_CHUNK_BYTES;
}

static bool can_release_block(const struct hr_search *s, const struct hr_range *r, uint64_t chunk, uint64_t bytes)
{
	const uint64_t block_bytes = HR_CHUNK_BYTES << HR_MAP_BLOCK_LOG_CHUNKS;

	return bytes >= block_bytes && r->limit % block_bytes == 0 && r->limit - r->base >= block_bytes &&
	       hr_search_at_dirty_block(&s->heap, chunk);
}

/*
 * The highest candidate of the range is released; the range ends where that
 * begins. Returns bytes; 0 when there was none, and the range is empty.
 */
static uint64_t release_one(struct hr_search *s, struct hr_range *r, uint64_t bytes)
{
	const struct hr_pagemap *m = s->heap.map;
	uint64_t min_pages = m->phys_page_bytes > HR_PAGE_BYTES ? m->phys_page_bytes / HR_PAGE_BYTES : 1;
	uint64_t max_pages = hr_div_up(bytes, HR_PAGE_BYTES);

	for (bool first = true; r->limit > r->base; first = false) {
		uint64_t top = (r->limit - 1) / HR_PAGE_BYTES, chunk = hr_chunk_of(top), page;
		struct hr_candidate c;

		if (can_release_block(s, r, chunk, bytes))
			return release_block(s, r, chunk);
		c = hr_find_candidate(hr_pagemap_chunk(m, chunk), hr_page_in_chunk(top), min_pages, max_pages,
				      m->phys_page_bytes, m->huge_page_bytes);

		s->work.words++;
		if (c.npages == 0) {
			/* The runtime takes the heap lock for the top chunk only, and reads the others without it. */
			s->work.empty_hits += first;
			pass_alike(s, r, chunk);
			continue;
		}
		page = hr_chunk_page(chunk) + c.start;
		r->limit = page * HR_PAGE_BYTES;
		if (r->limit < s->walk.released_low)
			s->walk.released_low = r->limit;
		s->heap.release(s->heap.ctx, page, c.npages);
		return c.npages * HR_PAGE_BYTES;
	}
	return 0;
}

static uint64_t walk_scavenge(struct hr_search *s, uint64_t bytes, bool force)
{
	struct hr_range r = {0, 0};
	uint64_t released = 0;

	(void)force;
	while (released < bytes) {
		if (r.base == r.limit) {
			r = reserve(&s->walk);
			if (r.base == r.limit)
				break;
		}
		s->work.lookups++;
		released += release_one(s, &r, bytes - released);
	}
	if (r.base < r.limit)
		(void)hr_ranges_add(&s->walk.todo, r.base, r.limit);
	return released;
}

static const struct hr_search_work *walk_work(const struct hr_search *s)
{
	return &s->work;
}

/* Still to be looked at in this generation. */
static bool walk_marked(const struct hr_search *s, uint64_t chunk)
{
	return hr_ranges_contains(&s->walk.todo, chunk * HR_CHUNK_BYTES);
}

static struct hr_index_look walk_look(const struct hr_search *s, uint64_t chunk)
{
	const struct hr_ranges *todo = &s->walk.todo;
	const size_t next = hr_ranges_succ(todo, chunk * HR_CHUNK_BYTES);
	bool marked = walk_marked(s, chunk);
	uint64_t end = UINT64_MAX;

	if (marked)
		end = hr_div_up(todo->at[next - 1].limit, HR_CHUNK_BYTES);
	else if (next < todo->n)
		end = todo->at[next].base / HR_CHUNK_BYTES;
	return (struct hr_index_look){.marked = marked, .ready = marked, .alike = end - chunk};
}

static uint64_t walk_search_page(const struct hr_search *s, bool force)
{
	const struct hr_ranges *todo = &s->walk.todo;

	(void)force;
	return todo->n > 0 ? (todo->at[todo->n - 1].limit - 1) / HR_PAGE_BYTES : HR_NO_PAGE;
}

const struct hr_search_def hr_search_go118 = {
    .name = "go1.18",
    .create = walk_create,
    .destroy = walk_destroy,
    .clone = walk_clone,
    .grow = walk_grow,
    .free = walk_free,
    .cache_flush = walk_cache_flush,
    .start_gen = walk_start_gen,
    .scavenge = walk_scavenge,
    .work = walk_work,
    .marked = walk_marked,
    .search_page = walk_search_page,
    .look = walk_look,
};
