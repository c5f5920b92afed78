/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory is released once it has been free for a set time, as in
 * mimalloc 2 (purge_delay, 10 ms by default).
 *
 * The heap is divided into segments of 32 MiB, and each has one deadline for
 * all that was freed in it and not used since:
 *
 *   first free      the deadline is `delay` from now
 *   further frees   put it off by `extend`, as more may follow; one that comes
 *                   later than that after the deadline gives everything back
 *   reuse           of some of it puts the deadline `delay` from now
 *
 * At the deadline everything dirty in the segment goes, whatever its own age.
 *
 * by=activity, the only way of mimalloc 2: nothing watches the deadlines, an
 * allocation or a free looks whether one has passed. There, most look at their
 * own segment alone; here each looks at all. by=thread: a thread wakes at each.
 *
 * delay=0 releases what is freed at once, delay=off never (-1). Segments that
 * are free as a whole go back to an arena there, and wait ten times as long
 * (arena_purge_mult); that is not modelled. mimalloc 3 knows arenas only, whose
 * deadline the first free sets and nothing puts off, a second later (3.0), or
 * four (3.5: arena_purge_mult): delay=4s,extend=0,segment=1GiB.
 *
 * Source: mi_segment_schedule_purge, mi_segment_try_purge and mi_segment_commit
 * in segment.c, arena.c and options.c of mimalloc 2.1 (purge_delay 10,
 * purge_extend_delay 1, arena_purge_mult 10) and 3.
 */
#include "config.h"

#include "heapreplay-policy.h"
#include "pagealloc/ranges.h"
#include "scavenge/policies/builtin.h"
#include "scavenge/policies/dirty.h"
#include "scavenge/policies/page_runs.h"

#include <stddef.h>
#include <stdlib.h>

#define MAX_SEGMENT_BYTES (UINT64_C(32) << 30)
#define MAP_BLOCK_CHUNKS (UINT64_C(1) << HR_MAP_BLOCK_LOG_CHUNKS)

struct delay_config {
	uint64_t delay_ns, extend_ns, segment_bytes, by;
};

struct delay {
	struct hr_follower *f;
	const struct hr_policy_view *view;
	const struct delay_config *config;
	uint64_t segment_chunks;
	uint64_t first_ns;	       /* no deadline is before this one */
	struct hr_page_runs deadlines; /* a segment's, as that of the chunk with its number; 0: none */
	bool failed;		       /* memory for them has run out */
};

/* Segments that have one deadline. */
struct segments {
	uint64_t first, n, deadline_ns;
};

static uint64_t segment_page(const struct delay *d, uint64_t segment)
{
	return hr_chunk_page(segment * d->segment_chunks);
}

/* The segments from this one on that have its deadline, of those below `limit`. */
static inline struct segments segments_at(const struct delay *d, uint64_t segment, uint64_t limit)
{
	unsigned run;
	uint64_t deadline =
	    hr_page_runs_at(&d->deadlines, hr_chunk_page(segment), hr_chunk_page(limit - segment), &run);

	return (struct segments){segment, hr_chunk_of(run), deadline};
}

static void put_deadline(struct delay *d, struct segments s, uint64_t time_ns)
{
	d->failed |= hr_page_runs_set(&d->deadlines, hr_chunk_page(s.first), hr_chunk_page(s.n),
				      time_ns < HR_NEVER ? time_ns : HR_NEVER - 1) != HR_OK;
}

static void set_deadline(struct delay *d, struct segments s, uint64_t time_ns)
{
	put_deadline(d, s, time_ns);
	if (time_ns >= d->first_ns)
		return;
	d->first_ns = time_ns;
	if (d->config->by == HR_BY_THREAD)
		hr_follower_set_timer(d->f, time_ns);
}

/* Everything dirty in a segment goes. */
static void purge_segment(struct delay *d, uint64_t segment, enum hr_release_why why)
{
	const struct hr_ranges *grown = &d->view->map->in_use;
	uint64_t page = segment_page(d, segment), limit = segment_page(d, segment + 1);
	size_t i = hr_ranges_succ(grown, page);

	hr_dirty_begin(d->f, why);
	for (i -= i > 0; i < grown->n && grown->at[i].base < limit; i++) {
		uint64_t low = grown->at[i].base > page ? grown->at[i].base : page;
		uint64_t high = grown->at[i].limit < limit ? grown->at[i].limit : limit;

		if (low < high)
			hr_follower_release_range(d->f, low, high - low);
	}
	hr_dirty_end(d->f, why);
}

/*
 * The segments from this one on that make up a block of the map all of whose pages are
 * alike: what their purges would do, in one. Each costs the same, unless calls are
 * batched. Returns how many; 0: the segment must be looked at.
 */
static uint64_t purge_alike(struct delay *d, uint64_t segment, uint64_t n, enum hr_release_why why)
{
	uint64_t page = segment_page(d, segment), in_block = MAP_BLOCK_CHUNKS / d->segment_chunks, ns;
	const struct hr_pagemap *map = d->view->map;

	if (in_block < 2 || n < in_block || hr_chunk_of(page) % MAP_BLOCK_CHUNKS != 0 ||
	    hr_pagemap_alike(map, hr_chunk_of(page)) < MAP_BLOCK_CHUNKS || d->view->settings->cost.batch != 1)
		return 0;
	hr_dirty_begin(d->f, why);
	hr_follower_release_range(d->f, page, hr_chunk_page(MAP_BLOCK_CHUNKS));
	ns = hr_follower_take_spent(d->f) / in_block;
	for (uint64_t i = 0; i < in_block && ns > 0; i++)
		if (why == HR_WHY_BACKGROUND)
			hr_follower_work(d->f, ns);
		else
			hr_follower_stall(d->f, ns);
	return in_block;
}

/* Everything dirty in the segments goes, and with it the deadline. */
static void purge(struct delay *d, struct segments s)
{
	enum hr_release_why why = hr_driver_why((enum hr_driver)d->config->by);

	put_deadline(d, s, 0);
	for (uint64_t n; s.n > 0; s.first += n, s.n -= n) {
		n = s.n > 1 ? purge_alike(d, s.first, s.n, why) : 0;
		if (n == 0) {
			purge_segment(d, s.first, why);
			n = 1;
		}
	}
}

/* Purges the segments whose deadline has come, and finds the first deadline of the others. Only what was freed has one. */
static void look_at_deadlines(struct delay *d)
{
	uint64_t first_ns = HR_NEVER, page = 0;
	struct segments s;

	while ((page = hr_page_runs_next(&d->deadlines, page)) != UINT64_MAX) {
		s = segments_at(d, hr_chunk_of(page), d->view->settings->geometry->chunks);
		if (s.deadline_ns <= d->view->now_ns)
			purge(d, s);
		else if (s.deadline_ns < first_ns)
			first_ns = s.deadline_ns;
		page = hr_chunk_page(s.first + s.n);
	}
	d->first_ns = first_ns;
	if (d->config->by == HR_BY_THREAD)
		hr_follower_set_timer(d->f, first_ns);
}

static void delay_timer(void *state)
{
	look_at_deadlines(state);
}

/* --- what happens in segments --- */

static void freed_in(struct delay *d, struct segments s)
{
	uint64_t deadline = s.deadline_ns, now = d->view->now_ns;

	if (deadline == 0)
		set_deadline(d, s, hr_later(now, d->config->delay_ns));
	else if (deadline > now)
		set_deadline(d, s, hr_later(deadline, d->config->extend_ns));
	else if (hr_later(deadline, d->config->extend_ns) > now)
		set_deadline(d, s, hr_later(now, d->config->extend_ns));
	else
		purge(d, s);
}

static void freed(struct delay *d, uint64_t page, uint64_t npages)
{
	uint64_t segment = hr_chunk_of(page) / d->segment_chunks;
	uint64_t limit = hr_chunk_of(page + npages - 1) / d->segment_chunks + 1;
	struct segments s;

	if (d->config->delay_ns == 0) {
		hr_dirty_begin(d->f, HR_WHY_FREE);
		hr_follower_release_range(d->f, page, npages);
		hr_dirty_end(d->f, HR_WHY_FREE);
		return;
	}
	for (; segment < limit; segment += s.n) {
		s = segments_at(d, segment, limit);
		freed_in(d, s);
	}
}

/* Pages that were dirty are used: more of that is to be expected. */
static void reused(struct delay *d, uint64_t page, uint64_t npages)
{
	uint64_t segment = hr_chunk_of(page) / d->segment_chunks;
	uint64_t limit = hr_chunk_of(page + npages - 1) / d->segment_chunks + 1;
	struct segments s;

	for (; segment < limit; segment += s.n) {
		s = segments_at(d, segment, limit);
		if (s.deadline_ns != 0)
			set_deadline(d, s, hr_later(d->view->now_ns, d->config->delay_ns));
	}
}

/* --- following --- */

static void forced(struct delay *d)
{
	hr_dirty_begin(d->f, HR_WHY_FORCED);
	hr_dirty_release_all(d->f);
	hr_dirty_end(d->f, HR_WHY_FORCED);
}

static enum hr_status delay_after(void *state, const struct hr_place *r)
{
	struct delay *d = state;

	if (d->failed)
		return HR_ENOMEM;
	if (r->kind == HR_PLACE_SWEEP_DONE && r->flags & HR_PLACE_FORCED)
		forced(d);
	if (d->config->delay_ns == HR_NEVER)
		return HR_OK;
	if (r->kind == HR_PLACE_FREE)
		freed(d, r->page, r->npages);
	else if (r->kind == HR_PLACE_CACHE_FLUSH && r->arg != 0)
		freed(d, r->page, 64);
	else if (r->kind == HR_PLACE_ALLOC && d->view->claimed_pages < r->npages)
		reused(d, r->page, r->npages);
	else if (r->kind == HR_PLACE_CACHE_FILL && (r->arg & ~d->view->map->caches[r->cache_p].scavenged) != 0)
		reused(d, r->page, 64);
	if (d->config->by == HR_BY_ACTIVITY && hr_is_activity(r) && d->first_ns <= d->view->now_ns)
		look_at_deadlines(d);
	return HR_OK;
}

static enum hr_status delay_check(const void *config, struct hr_error *err)
{
	uint64_t bytes = ((const struct delay_config *)config)->segment_bytes;

	if ((bytes & (bytes - 1)) == 0 && bytes >= HR_CHUNK_BYTES && bytes <= MAX_SEGMENT_BYTES)
		return HR_OK;
	return hr_error_set(err, HR_EUSAGE, "policy delay: segment must be a power of two from 4MiB to 32GiB");
}

static void *delay_create(struct hr_follower *f, const void *config)
{
	struct delay *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->f = f;
	d->view = hr_follower_view(f);
	d->config = config;
	d->segment_chunks = d->config->segment_bytes / HR_CHUNK_BYTES;
	d->first_ns = HR_NEVER;
	if (!hr_page_runs_init(&d->deadlines, d->view->settings->geometry)) {
		free(d);
		return NULL;
	}
	return d;
}

static void delay_destroy(void *state)
{
	struct delay *d = state;

	hr_page_runs_release(&d->deadlines);
	free(d);
}

static void *delay_clone(const void *state, struct hr_follower *f)
{
	const struct delay *from = state;
	struct delay *d = malloc(sizeof(*d));

	if (d == NULL)
		return NULL;
	*d = *from;
	d->f = f;
	d->view = hr_follower_view(f);
	if (!hr_page_runs_clone(&d->deadlines, &from->deadlines)) {
		free(d);
		return NULL;
	}
	return d;
}

static const struct hr_param params[] = {
    {"delay", HR_PARAM_DELAY, offsetof(struct delay_config, delay_ns), "10ms", NULL,
     "from the first free in a segment to the release of all that is free there (purge_delay); 0: at once; off: never"},
    {"extend", HR_PARAM_NS, offsetof(struct delay_config, extend_ns), "1ms", NULL,
     "by how much each further free postpones that (purge_extend_delay)"},
    {"segment", HR_PARAM_BYTES, offsetof(struct delay_config, segment_bytes), "32MiB", NULL,
     "size of the unit that has one deadline, a power of two from 4MiB to 32GiB"},
    {"by", HR_PARAM_CHOICE, offsetof(struct delay_config, by), "activity", hr_driver_words,
     "what checks the clock: allocations and frees (activity), or a thread"},
    {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

const struct hr_policy_def hr_policy_delay = {
    .abi = HR_POLICY_ABI,
    .name = "delay",
    .summary = "memory is released once it has been free for a set time (mimalloc 2.1)",
    .params = params,
    .config_bytes = sizeof(struct delay_config),
    .check = delay_check,
    .create = delay_create,
    .destroy = delay_destroy,
    .clone = delay_clone,
    .after = delay_after,
    .timer = delay_timer,
};
