/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dirty pages decay, as in jemalloc 5.3 (dirty_decay_ms, 10 s by default): of
 * the pages that became dirty in one moment, a share is kept that falls from
 * all to none over the time of decay, along the curve smootherstep.
 *
 * Time goes in epochs, 200 in the time of decay. At the end of each, what has
 * become dirty in it is added to a backlog of the last 200. The limit is the
 * sum of the backlog, each entry times the curve's value at its age; what is
 * above it goes, the oldest runs first (lru.h), whole runs at a time.
 *
 * What an epoch has added is the growth of the dirty pages since the end of
 * the one before, counted before that one released any. So what is released
 * makes room for as much that is new, as there.
 *
 * by=activity, the default there (background_thread:false): an epoch ends when
 * an allocation or a free looks at the clock, and every 1,000th does. Nothing
 * happens while the program is idle. Those are of objects, records are of
 * spans: recordings of Go programs have 6 to 230 of the one for each of the
 * other, 58 in the middle. So one of 20 records looks.
 *
 * by=thread (background_thread:true): a thread wakes at the end of an epoch,
 * but not within 100 ms of the last time, while anything is dirty. Theirs
 * sleeps on until there are 4 MiB to release (BACKGROUND_THREAD_MIN_INTERVAL_NS,
 * ARENA_DEFERRED_PURGE_NPAGES_THRESHOLD); it is told of those by the program.
 *
 * time=0 releases what is freed at once, time=off never (dirty_decay_ms 0, -1).
 * Deadlines are not jittered, and every 20th record is exactly that. Pages
 * that wait a second time after MADV_FREE (muzzy_decay_ms) are not modelled:
 * their time is 0 by default since jemalloc 5.2, so that there are none.
 *
 * Source: decay.c, pac.c, background_thread.c, arena_inlines_b.h (arena_decay_ticks)
 * and smoothstep.sh of jemalloc.
 */
#include "config.h"

#include "heapreplay-policy.h"
#include "scavenge/policies/builtin.h"
#include "scavenge/policies/dirty.h"
#include "scavenge/policies/lru.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS 200     /* SMOOTHSTEP_NSTEPS */
#define FIXED_POINT 24 /* SMOOTHSTEP_BFP */
#define SLEEP_NS UINT64_C(100000000)

struct decay_config {
	uint64_t time_ns, by, ticks;
};

struct decay {
	struct hr_follower *f;
	const struct hr_policy_view *view;
	const struct decay_config *config;
	struct hr_lru dirty;
	uint64_t ticks_left;
	uint64_t epoch_ns, epoch_began_ns;
	uint64_t backlog[EPOCHS]; /* pages; the last entry is the youngest */
	uint64_t accounted;	  /* dirty pages that the backlog knows of */
	bool awake;		  /* by=thread: the timer is set */
};

/* 6x^5 - 15x^4 + 10x^3 at x = (age from the end of the backlog) / 200, in units of 2^-24, rounded down. */
static uint64_t smootherstep(uint64_t step)
{
	const uint64_t n = EPOCHS;

	return (step * step * step * (6 * step * step + 10 * n * n - 15 * n * step) << FIXED_POINT) /
	       (n * n * n * n * n);
}

static uint64_t limit(const struct decay *d)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < EPOCHS; i++)
		if (d->backlog[i] != 0)
			sum += d->backlog[i] * smootherstep(i + 1);
	return sum >> FIXED_POINT;
}

static void release_down_to(struct decay *d, uint64_t npages, enum hr_release_why why)
{
	hr_dirty_begin(d->f, why);
	while (d->dirty.npages > npages)
		hr_lru_evict(&d->dirty, d->f, d->dirty.npages - npages);
	hr_dirty_end(d->f, why);
}

/* The backlog ages by so many epochs; the last of them has added what is new. */
static void age(struct decay *d, uint64_t epochs)
{
	uint64_t dirty = d->dirty.npages, added = dirty > d->accounted ? dirty - d->accounted : 0;

	if (epochs > EPOCHS)
		epochs = EPOCHS;
	memmove(d->backlog, d->backlog + epochs, (EPOCHS - epochs) * sizeof(d->backlog[0]));
	memset(d->backlog + EPOCHS - epochs, 0, epochs * sizeof(d->backlog[0]));
	d->backlog[EPOCHS - 1] = added;
}

/* Ends the epochs that are over, if any. */
static void look_at_clock(struct decay *d)
{
	uint64_t epochs = (d->view->now_ns - d->epoch_began_ns) / d->epoch_ns, keep;

	if (epochs == 0)
		return;
	d->epoch_began_ns += epochs * d->epoch_ns;
	age(d, epochs);
	keep = limit(d);
	d->accounted = keep > d->dirty.npages ? keep : d->dirty.npages;
	if (d->dirty.npages > keep)
		release_down_to(d, keep, hr_driver_why((enum hr_driver)d->config->by));
}

/* --- who looks --- */

/* Until the first end of an epoch that is not within the shortest sleep. */
static void sleep_on(struct decay *d)
{
	uint64_t wake_ns = hr_later(d->view->now_ns, SLEEP_NS), over = (wake_ns - d->epoch_began_ns) % d->epoch_ns;

	d->awake = d->dirty.npages > 0;
	if (d->awake)
		hr_follower_set_timer(d->f, over > 0 ? hr_later(wake_ns, d->epoch_ns - over) : wake_ns);
}

static void decay_timer(void *state)
{
	look_at_clock(state);
	sleep_on(state);
}

static void active(struct decay *d)
{
	if (d->config->by == HR_BY_THREAD) {
		if (!d->awake && d->dirty.npages > 0)
			sleep_on(d);
	} else if (--d->ticks_left == 0) {
		d->ticks_left = d->config->ticks;
		look_at_clock(d);
	}
}

static enum hr_status decay_after(void *state, const struct hr_place *r)
{
	struct decay *d = state;

	HR_TRY(hr_lru_follow(&d->dirty, d->view->map, r));
	if (r->kind == HR_PLACE_SWEEP_DONE && r->flags & HR_PLACE_FORCED) {
		hr_lru_clear(&d->dirty);
		hr_dirty_begin(d->f, HR_WHY_FORCED);
		hr_dirty_release_all(d->f);
		hr_dirty_end(d->f, HR_WHY_FORCED);
	} else if (d->config->time_ns == 0) {
		release_down_to(d, 0, HR_WHY_FREE);
	} else if (d->config->time_ns != HR_NEVER && hr_is_activity(r)) {
		active(d);
	}
	return HR_OK;
}

static void *decay_create(struct hr_follower *f, const void *config)
{
	struct decay *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->f = f;
	d->view = hr_follower_view(f);
	d->config = config;
	d->ticks_left = d->config->ticks;
	d->epoch_ns = d->config->time_ns >= EPOCHS ? d->config->time_ns / EPOCHS : 1;
	if (hr_lru_init(&d->dirty, d->view->settings->geometry) != HR_OK) {
		free(d);
		return NULL;
	}
	return d;
}

static void decay_destroy(void *state)
{
	struct decay *d = state;

	hr_lru_release(&d->dirty);
	free(d);
}

static void *decay_clone(const void *state, struct hr_follower *f)
{
	const struct decay *from = state;
	struct decay *d = malloc(sizeof(*d));

	if (d == NULL)
		return NULL;
	*d = *from;
	d->f = f;
	d->view = hr_follower_view(f);
	if (!hr_lru_clone(&d->dirty, &from->dirty)) {
		free(d);
		return NULL;
	}
	return d;
}

static const struct hr_param params[] = {
    {"time", HR_PARAM_DELAY, offsetof(struct decay_config, time_ns), "10s", NULL,
     "time until everything that became dirty in one moment is released (dirty_decay_ms); 0: at once; off: never"},
    {"by", HR_PARAM_CHOICE, offsetof(struct decay_config, by), "activity", hr_driver_words,
     "what checks the clock: allocations and frees (activity), or a thread (background_thread)"},
    {"ticks", HR_PARAM_COUNT, offsetof(struct decay_config, ticks), "20", NULL,
     "by=activity: check the clock on every Nth span allocation or free (ARENA_DECAY_NTICKS_PER_UPDATE: 1000 of "
     "objects)"},
    {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

const struct hr_policy_def hr_policy_decay = {
    .abi = HR_POLICY_ABI,
    .name = "decay",
    .summary = "dirty pages are released along a smooth curve, the oldest first (jemalloc 5.3)",
    .params = params,
    .config_bytes = sizeof(struct decay_config),
    .create = decay_create,
    .destroy = decay_destroy,
    .clone = decay_clone,
    .after = decay_after,
    .timer = decay_timer,
};
