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
#include "scavenge/policies/builtin.h"
#include "scavenge/policies/dirty.h"
#include "scavenge/policies/page_runs.h"

#include <stddef.h>
#include <stdlib.h>

#define MAX_SEGMENT_BYTES (UINT64_C(32) << 30) /* what a block of words covers */

struct delay_config {
	uint64_t delay_ns, extend_ns, segment_bytes, by;
};

struct delay {
	struct hr_follower *f;
	const struct hr_policy_view *view;
	const struct delay_config *config;
	uint64_t segment_chunks;
	uint64_t first_ns;	       /* no deadline is before this one */
	struct hr_page_runs deadlines; /* a segment's, of its first chunk; 0: none. A block has whole segments */
};

static uint64_t segment_page(const struct delay *d, uint64_t segment)
{
	return hr_chunk_page(segment * d->segment_chunks);
}

static uint64_t deadline_of(const struct delay *d, uint64_t segment)
{
	unsigned run;

	return hr_page_runs_at(&d->deadlines, segment_page(d, segment), HR_CHUNK_PAGES, &run);
}

/* As a chunk has one word, there is always room for it. */
static void put_deadline(struct delay *d, uint64_t segment, uint64_t time_ns)
{
	hr_page_runs_set(&d->deadlines, segment_page(d, segment), HR_CHUNK_PAGES,
			 time_ns < HR_NEVER ? time_ns : HR_NEVER - 1);
}

static void set_deadline(struct delay *d, uint64_t segment, uint64_t time_ns)
{
	put_deadline(d, segment, time_ns);
	if (time_ns >= d->first_ns)
		return;
	d->first_ns = time_ns;
	if (d->config->by == HR_BY_THREAD)
		hr_follower_set_timer(d->f, time_ns);
}

/* Everything dirty in the segment goes, and with it the deadline. */
static void purge(struct delay *d, uint64_t segment)
{
	const struct hr_ranges *grown = &d->view->map->in_use;
	enum hr_release_why why = hr_driver_why((enum hr_driver)d->config->by);
	uint64_t page = segment_page(d, segment), limit = segment_page(d, segment + 1);

	put_deadline(d, segment, 0);
	hr_dirty_begin(d->f, why);
	for (size_t i = 0; i < grown->n; i++) {
		uint64_t low = grown->at[i].base > page ? grown->at[i].base : page;
		uint64_t high = grown->at[i].limit < limit ? grown->at[i].limit : limit;

		if (low < high)
			hr_follower_release_range(d->f, low, high - low);
	}
	hr_dirty_end(d->f, why);
}

/* Purges the segments whose deadline has come, and finds the first deadline of the others. */
static void look_at_deadlines(struct delay *d)
{
	const struct hr_ranges *grown = &d->view->map->in_use;
	uint64_t first_ns = HR_NEVER;

	for (size_t i = 0; i < grown->n; i++) {
		uint64_t limit = hr_chunk_of(grown->at[i].limit), segment;

		segment = hr_chunk_of(grown->at[i].base) / d->segment_chunks;
		for (; segment * d->segment_chunks < limit; segment++) {
			uint64_t deadline = deadline_of(d, segment);

			if (deadline != 0 && deadline <= d->view->now_ns)
				purge(d, segment);
			else if (deadline != 0 && deadline < first_ns)
				first_ns = deadline;
		}
	}
	d->first_ns = first_ns;
	if (d->config->by == HR_BY_THREAD)
		hr_follower_set_timer(d->f, first_ns);
}

static void delay_timer(void *state)
{
	look_at_deadlines(state);
}

/* --- what happens in a segment --- */

static void freed_in(struct delay *d, uint64_t segment)
{
	uint64_t deadline = deadline_of(d, segment), now = d->view->now_ns;

	if (deadline == 0)
		set_deadline(d, segment, hr_later(now, d->config->delay_ns));
	else if (deadline > now)
		set_deadline(d, segment, hr_later(deadline, d->config->extend_ns));
	else if (hr_later(deadline, d->config->extend_ns) > now)
		set_deadline(d, segment, hr_later(now, d->config->extend_ns));
	else
		purge(d, segment);
}

static void freed(struct delay *d, uint64_t page, uint64_t npages)
{
	uint64_t first = hr_chunk_of(page) / d->segment_chunks;
	uint64_t last = hr_chunk_of(page + npages - 1) / d->segment_chunks;

	if (d->config->delay_ns == 0) {
		hr_dirty_begin(d->f, HR_WHY_FREE);
		hr_follower_release_range(d->f, page, npages);
		hr_dirty_end(d->f, HR_WHY_FREE);
		return;
	}
	for (uint64_t segment = first; segment <= last; segment++)
		freed_in(d, segment);
}

/* Pages that were dirty are used: more of that is to be expected. */
static void reused(struct delay *d, uint64_t page, uint64_t npages)
{
	uint64_t first = hr_chunk_of(page) / d->segment_chunks;
	uint64_t last = hr_chunk_of(page + npages - 1) / d->segment_chunks;

	for (uint64_t segment = first; segment <= last; segment++)
		if (deadline_of(d, segment) != 0)
			set_deadline(d, segment, hr_later(d->view->now_ns, d->config->delay_ns));
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

	if (r->kind == HR_PLACE_GROW)
		return hr_page_runs_cover(&d->deadlines, r->page, r->npages);
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
