/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all policies share: time, the map, the counts, costs and measurements.
 */
#include "config.h"

#include "scavenge/follower.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "scavenge/dirty_pages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

/* So often a timer may run at one moment and release nothing. */
#define MOST_IDLE_TIMERS 1000

static_assert(offsetof(struct hr_follower, view) == 0, "hr_follower_view relies on it");

static void recompute_stop(struct hr_follower *f)
{
	uint64_t stop = f->view.timer_ns < f->measure_at_ns ? f->view.timer_ns : f->measure_at_ns;

	for (unsigned i = 0; i < f->nsamplers; i++)
		if (f->samplers[i].next_ns < stop)
			stop = f->samplers[i].next_ns;
	f->stop_ns = stop;
}

/* In use, manual and free. */
static uint64_t resident_bytes(const struct hr_follower *f)
{
	return (f->view.mapped_pages - f->view.released_pages) * HR_PAGE_BYTES;
}

static void start_measuring(struct hr_follower *f)
{
	const struct hr_search_work *work = f->def->work ? f->def->work(f->policy) : NULL;

	f->measured_from_ns = f->view.now_ns;
	f->measure_at_ns = HR_NEVER;
	hr_gauge_start(&f->in_use, f->view.in_use_pages * HR_PAGE_BYTES, f->view.now_ns);
	hr_gauge_start(&f->free, hr_follower_free_pages(f) * HR_PAGE_BYTES, f->view.now_ns);
	hr_gauge_start(&f->released, f->view.released_pages * HR_PAGE_BYTES, f->view.now_ns);
	hr_gauge_start(&f->retained, hr_follower_retained_bytes(f), f->view.now_ns);
	hr_gauge_start(&f->trapped, f->trapped_pages * HR_PAGE_BYTES, f->view.now_ns);
	hr_lag_start(&f->lag, f->view.in_use_pages * HR_PAGE_BYTES, resident_bytes(f), f->view.now_ns);
	memset(&f->count, 0, sizeof(f->count));
	if (f->over_limit_since_ns != HR_NEVER)
		f->over_limit_since_ns = f->view.now_ns;
	if (f->over_goal_since_ns != HR_NEVER)
		f->over_goal_since_ns = f->view.now_ns;
	f->work_before = work ? *work : (struct hr_search_work){0};
}

enum hr_status hr_follower_init(struct hr_follower *f, const struct hr_policy_choice *choice,
				const struct hr_settings *settings, struct hr_error *err)
{
	memset(f, 0, sizeof(*f));
	f->settings = *settings;
	f->def = choice->def;
	HR_TRY(hr_pagemap_init(&f->map, settings->geometry, settings->phys_page_bytes, settings->huge_page_bytes, err));
	f->view.settings = &f->settings;
	f->view.map = &f->map;
	f->view.address_bits = settings->geometry->address_bits;
	f->view.timer_ns = f->measure_at_ns = f->ahead_ns = HR_NEVER;
	f->over_limit_since_ns = f->over_goal_since_ns = HR_NEVER;
	f->view.goal_bytes = HR_NEVER;
	f->view.memory_limit_bytes = settings->memory_limit_bytes;
	f->view.procs = settings->procs;
	if (hr_stamps_init(&f->stamps, settings->geometry))
		f->policy = choice->def->create(f, choice->config);
	if (f->policy == NULL) {
		hr_follower_release(f);
		return hr_error_set(err, HR_ENOMEM, "out of memory for policy %s", choice->def->name);
	}
	start_measuring(f);
	recompute_stop(f);
	return HR_OK;
}

void hr_follower_release(struct hr_follower *f)
{
	if (f->policy != NULL)
		f->def->destroy(f->policy);
	hr_stamps_release(&f->stamps);
	free(f->held.at);
	hr_pagemap_release(&f->map);
	memset(f, 0, sizeof(*f));
}

/* --- copies ---------------------------------------------------------------- */

/* Records that are held back; the copy begins with the first. */
static bool copy_held(struct hr_held *to, const struct hr_held *from)
{
	size_t n = from->n - from->first;

	if (n == 0)
		return true;
	if (!hr_reserve(&to->at, &to->cap, n, sizeof(*to->at)))
		return false;
	memcpy(to->at, from->at + from->first, n * sizeof(*to->at));
	to->n = n;
	return true;
}

/* All but what *to shares with none: of the map, the stamps and the policy nothing is its own yet. */
static void copy_values(struct hr_follower *to, const struct hr_follower *from)
{
	*to = *from;
	to->view.settings = &to->settings;
	to->view.map = &to->map;
	to->policy = NULL;
	memset(&to->stamps, 0, sizeof(to->stamps));
	memset(&to->map, 0, sizeof(to->map));
	memset(&to->held, 0, sizeof(to->held));
	memset(to->samplers, 0, sizeof(to->samplers));
	to->nsamplers = 0;
	to->log = NULL;
	to->released_to = NULL;
}

enum hr_status hr_follower_clone(const struct hr_follower *f, struct hr_follower **out, struct hr_error *err)
{
	struct hr_follower *to;

	*out = NULL;
	if (f->def->clone == NULL)
		return hr_error_set(err, HR_EUSAGE, "policy '%s' can't be copied, so that there is no way back",
				    f->def->name);
	to = hr_calloc(1, sizeof(*to));
	if (to == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	copy_values(to, f);
	if (hr_pagemap_clone(&to->map, &f->map) == HR_OK && hr_stamps_clone(&to->stamps, &f->stamps) &&
	    copy_held(&to->held, &f->held))
		to->policy = f->def->clone(f->policy, to);
	if (to->policy == NULL) {
		hr_follower_release(to);
		free(to);
		return hr_error_set(err, HR_ENOMEM, "out of memory for a copy of policy %s", f->def->name);
	}
	recompute_stop(to);
	*out = to;
	return HR_OK;
}

void hr_follower_measure_from(struct hr_follower *f, uint64_t from_ns)
{
	f->measure_at_ns = from_ns;
	recompute_stop(f);
}

void hr_follower_sample(struct hr_follower *f, struct hr_sampler s)
{
	if (f->nsamplers < HR_MAX_SAMPLERS)
		f->samplers[f->nsamplers++] = s;
	recompute_stop(f);
}

/* --- a policy that breaks the rules ---------------------------------------- */

/* The first thing that it does wrong is what is said of it; it is told of no more records then. */
__attribute__((format(printf, 2, 3))) static void blame(struct hr_follower *f, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	if (f->fault.status != HR_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	hr_error_set(&f->fault, HR_EPOLICY,
		     "policy '%s': %s, at %" PRIu64 ".%09" PRIu64 " s; heapreplay-policy(7) has the rules",
		     f->def->name, what, f->view.now_ns / NS_PER_S, f->view.now_ns % NS_PER_S);
}

static bool faulty(const struct hr_follower *f)
{
	return f->fault.status != HR_OK;
}

void hr_follower_set_timer(struct hr_follower *f, uint64_t time_ns)
{
	if (time_ns < f->view.now_ns) {
		blame(f, "sets its timer to %" PRIu64 " ns ago", f->view.now_ns - time_ns);
		return;
	}
	if (f->def->timer == NULL && time_ns != HR_NEVER) {
		blame(f, "sets a timer, but has no function for it");
		return;
	}
	f->view.timer_ns = time_ns;
	recompute_stop(f);
}

/* How long retained was above the policy's goal, and mapped-ready above the memory limit. */
static void watch_bounds(struct hr_follower *f)
{
	uint64_t ready = hr_follower_mapped_ready_bytes(f);
	bool over = hr_follower_retained_bytes(f) > f->view.goal_bytes;

	if (over && f->over_goal_since_ns == HR_NEVER) {
		f->over_goal_since_ns = f->view.now_ns;
		f->count.goal_misses++;
	} else if (!over && f->over_goal_since_ns != HR_NEVER) {
		uint64_t ns = f->view.now_ns - f->over_goal_since_ns;
		f->count.goal_miss_ns += ns;
		if (ns > f->count.goal_miss_worst_ns)
			f->count.goal_miss_worst_ns = ns;
		f->over_goal_since_ns = HR_NEVER;
	}
	if (ready > f->view.memory_limit_bytes) {
		if (f->over_limit_since_ns == HR_NEVER)
			f->over_limit_since_ns = f->view.now_ns;
		if (ready - f->view.memory_limit_bytes > f->count.over_limit_peak_bytes)
			f->count.over_limit_peak_bytes = ready - f->view.memory_limit_bytes;
	} else if (f->over_limit_since_ns != HR_NEVER) {
		f->count.over_limit_ns += f->view.now_ns - f->over_limit_since_ns;
		f->over_limit_since_ns = HR_NEVER;
	}
}

static void measure(struct hr_follower *f)
{
	hr_gauge_set(&f->in_use, f->view.in_use_pages * HR_PAGE_BYTES, f->view.now_ns);
	hr_gauge_set(&f->free, hr_follower_free_pages(f) * HR_PAGE_BYTES, f->view.now_ns);
	hr_gauge_set(&f->released, f->view.released_pages * HR_PAGE_BYTES, f->view.now_ns);
	hr_gauge_set(&f->retained, hr_follower_retained_bytes(f), f->view.now_ns);
	hr_gauge_set(&f->trapped, f->trapped_pages * HR_PAGE_BYTES, f->view.now_ns);
	hr_lag_set(&f->lag, f->view.in_use_pages * HR_PAGE_BYTES, resident_bytes(f), f->view.now_ns);
	watch_bounds(f);
}

void hr_follower_set_goal(struct hr_follower *f, uint64_t bytes)
{
	f->view.goal_bytes = bytes;
	f->had_goal |= bytes != HR_NEVER;
	watch_bounds(f);
}

bool hr_follower_inactive(const struct hr_follower *f)
{
	uint64_t released = 0;

	for (unsigned why = 0; why < HR_WHY_COUNT; why++)
		released += f->count.released_bytes[why];
	return f->def->needs_goals && !f->had_goal && released == 0;
}

/* The policy's timer, as often as it is due now. */
static void run_timers(struct hr_follower *f)
{
	unsigned idle = 0;

	while (f->view.timer_ns <= f->view.now_ns && !faulty(f)) {
		uint64_t released = f->view.released_pages;

		f->view.timer_ns = HR_NEVER;
		f->turns++;
		f->def->timer(f->policy);
		idle = f->view.released_pages == released ? idle + 1 : 0;
		if (idle > MOST_IDLE_TIMERS)
			blame(f, "sets its timer to now, over and over, and releases nothing");
	}
}

/* Time passes up to time_ns: due timers and samplers run. */
static void run_to(struct hr_follower *f, uint64_t time_ns)
{
	while (f->stop_ns < time_ns && !faulty(f)) {
		f->view.now_ns = f->stop_ns;
		run_timers(f);
		if (f->measure_at_ns <= f->view.now_ns)
			start_measuring(f);
		for (unsigned i = 0; i < f->nsamplers; i++) {
			struct hr_sampler *s = &f->samplers[i];
			if (s->next_ns <= f->view.now_ns)
				s->next_ns = s->sample(s->ctx, f, f->view.now_ns, false);
		}
		recompute_stop(f);
	}
}

void hr_follower_settle(struct hr_follower *f, uint64_t time_ns)
{
	if (f->def->knows_future || faulty(f))
		return;
	run_to(f, time_ns < HR_NEVER ? time_ns + 1 : HR_NEVER);
	f->view.now_ns = time_ns;
}

/* The trace has ended: timers of its last moment run, what is open is closed, observers see the end. */
static void finish(struct hr_follower *f)
{
	run_timers(f);
	if (f->measure_at_ns != HR_NEVER)
		start_measuring(f);
	hr_gauge_finish(&f->in_use, f->view.now_ns);
	hr_gauge_finish(&f->free, f->view.now_ns);
	hr_gauge_finish(&f->released, f->view.now_ns);
	hr_gauge_finish(&f->retained, f->view.now_ns);
	hr_gauge_finish(&f->trapped, f->view.now_ns);
	if (f->over_limit_since_ns != HR_NEVER)
		f->count.over_limit_ns += f->view.now_ns - f->over_limit_since_ns;
	if (f->over_goal_since_ns != HR_NEVER) {
		uint64_t ns = f->view.now_ns - f->over_goal_since_ns;
		f->count.goal_miss_ns += ns;
		if (ns > f->count.goal_miss_worst_ns)
			f->count.goal_miss_worst_ns = ns;
	}
	f->over_limit_since_ns = f->over_goal_since_ns = HR_NEVER;
	for (unsigned i = 0; i < f->nsamplers; i++)
		f->samplers[i].sample(f->samplers[i].ctx, f, f->view.now_ns, true);
}

uint32_t hr_follower_refaults(const struct hr_follower *f, uint64_t chunk)
{
	return hr_stamps_refaults(&f->stamps, chunk);
}

/* A span took pages, some of which were released: which of them were used before, and how long ago? */
static void count_claim(struct hr_follower *f, uint64_t page, uint64_t npages, uint64_t claimed)
{
	struct hr_used_again again = hr_stamps_take(&f->stamps, page, npages, f->view.now_ns);

	f->map.out_of_memory |= again.out_of_memory;
	f->count.refaulted_bytes += again.pages * HR_PAGE_BYTES;
	f->count.thrash_bytes += again.thrash_pages * HR_PAGE_BYTES;
	f->count.fresh_bytes += (claimed - again.pages) * HR_PAGE_BYTES;
	f->count.fault_ns += hr_cost_of_faults(&f->settings, again.pages * HR_PAGE_BYTES);
}

/* --- following --------------------------------------------------------------- */

/* The map has the record; *claimed: how many pages of it were released and are in use now. */
__attribute__((always_inline)) static inline enum hr_status apply(struct hr_follower *f, const struct hr_place *r,
								  uint64_t *claimed)
{
	bool caches = !f->def->without_caches;

	switch ((enum hr_place_kind)r->kind) {
	case HR_PLACE_GROW:
		HR_TRY(hr_pagemap_grow(&f->map, hr_chunk_of(r->page), r->npages / HR_CHUNK_PAGES));
		break;
	case HR_PLACE_ALLOC:
		if (r->flags & HR_PLACE_PADDING)
			hr_pagemap_pad(&f->map, r->page, r->npages);
		else
			*claimed = hr_pagemap_alloc(&f->map, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_USE:
		*claimed = caches ? hr_pagemap_cache_use(&f->map, (unsigned)r->cache_p, r->page, r->npages)
				  : hr_pagemap_alloc(&f->map, r->page, r->npages);
		break;
	case HR_PLACE_FREE:
		hr_pagemap_free(&f->map, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_FILL:
		if (caches)
			HR_TRY(hr_pagemap_cache_fill(&f->map, (unsigned)r->cache_p, r->page, r->arg));
		break;
	case HR_PLACE_CACHE_FLUSH:
		if (caches)
			hr_pagemap_cache_flush(&f->map, (unsigned)r->cache_p);
		break;
	case HR_PLACE_MARK_START:
	case HR_PLACE_MARK_DONE:
	case HR_PLACE_HEAP_GOAL:
	case HR_PLACE_SWEEP_DONE:
	case HR_PLACE_PROCS:
	case HR_PLACE_LIMIT:
	case HR_PLACE_SCAV:
	case HR_PLACE_SCAV_RUNS:
	case HR_PLACE_END:
	case HR_PLACE_KIND_COUNT:
		break;
	}
	return HR_OK;
}

/* The same, with large physical pages: which of them are partly used changes only near the record's pages. */
static enum hr_status apply_and_count_trapped(struct hr_follower *f, const struct hr_place *r, uint64_t *claimed)
{
	const bool cache = r->kind == HR_PLACE_CACHE_FILL || r->kind == HR_PLACE_CACHE_FLUSH;
	const bool pages =
	    cache || r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE || r->kind == HR_PLACE_FREE;
	const uint64_t n = cache ? 64 : r->npages;
	uint64_t before;

	if (!pages)
		return apply(f, r, claimed);
	before = hr_pagemap_trapped(&f->map, r->page, n);
	HR_TRY(apply(f, r, claimed));
	f->trapped_pages = f->trapped_pages - before + hr_pagemap_trapped(&f->map, r->page, n);
	return HR_OK;
}

/* The map has the record. */
__attribute__((always_inline)) static inline enum hr_status take(struct hr_follower *f, const struct hr_place *r)
{
	uint64_t claimed = 0;

	HR_TRY(f->map.phys_page_bytes > HR_PAGE_BYTES ? apply_and_count_trapped(f, r, &claimed)
						      : apply(f, r, &claimed));
	f->view.claimed_pages = claimed;
	if (claimed > 0)
		count_claim(f, r->page, r->npages, claimed);
	return HR_OK;
}

/* The counts have it, too. */
__attribute__((always_inline)) static inline void commit(struct hr_follower *f, const struct hr_place *r)
{
	f->followed++;
	f->view.in_use_pages = r->in_use_pages;
	f->view.manual_pages = r->manual_pages;
	f->view.mapped_pages = r->mapped_pages;
	f->view.released_pages -= f->view.claimed_pages;
	switch (r->kind) {
	case HR_PLACE_GROW:
		f->view.released_pages += r->npages;
		break;
	case HR_PLACE_HEAP_GOAL:
		f->view.heap_goal_bytes = r->arg;
		return;
	case HR_PLACE_MARK_DONE:
		f->gc_cycles++;
		break;
	case HR_PLACE_PROCS:
		f->view.procs = (unsigned)r->arg;
		return;
	case HR_PLACE_LIMIT:
		if (!f->settings.limit_given)
			f->view.memory_limit_bytes = r->arg;
		break;
	default:
		break;
	}
	measure(f);
}

/* A function of the policy returned what is not HR_OK. */
static enum hr_status failed(struct hr_follower *f, enum hr_status status, const char *function)
{
	if (status == HR_ENOMEM)
		return status;
	blame(f, "its function '%s' fails with status %d", function, (int)status);
	return HR_EPOLICY;
}

#define FORESIGHT 8 /* records; a record takes about a tenth of a microsecond, as does a look into memory */

/* Inlined into the loop, as take and commit are: 30 instructions less a record, of some 560 under go1.22. */
__attribute__((always_inline)) static inline enum hr_status follow_record(struct hr_follower *f,
									  const struct hr_place *r)
{
	const struct hr_policy_def *def = f->def;
	enum hr_status status;

	if (r->time_ns > f->stop_ns)
		run_to(f, r->time_ns);
	if (faulty(f))
		return HR_EPOLICY;
	f->view.now_ns = r->time_ns;
	HR_TRY(take(f, r));
	if (def->before != NULL && (status = def->before(f->policy, r)) != HR_OK)
		return failed(f, status, "before");
	commit(f, r);
	if (def->after != NULL && (status = def->after(f->policy, r)) != HR_OK)
		return failed(f, status, "after");
	f->view.claimed_pages = 0;
	return f->map.out_of_memory ? HR_ENOMEM : HR_OK;
}

static enum hr_status follow_held(struct hr_follower *f)
{
	return follow_record(f, &f->held.at[f->held.first++]);
}

/* Records wait in f->held from when the policy is told of them until they are so far back. */
static enum hr_status hold_back(struct hr_follower *f, const struct hr_place *r)
{
	struct hr_held *h = &f->held;
	enum hr_status status;

	if (faulty(f))
		return HR_EPOLICY;
	while (h->first < h->n && r->time_ns - h->at[h->first].time_ns > f->ahead_ns)
		HR_TRY(follow_held(f));
	status = f->def->ahead(f->policy, r);
	if (status != HR_OK)
		return failed(f, status, "ahead");
	if (h->first > 0 && h->first >= h->n - h->first) {
		memmove(h->at, h->at + h->first, (h->n - h->first) * sizeof(*h->at));
		h->n -= h->first;
		h->first = 0;
	}
	if (h->n == h->cap && !hr_reserve(&h->at, &h->cap, h->n + 1, sizeof(*h->at)))
		return HR_ENOMEM;
	h->at[h->n++] = *r;
	while (r->kind == HR_PLACE_END && h->first < h->n)
		HR_TRY(follow_held(f));
	return HR_OK;
}

void hr_follower_look_ahead(struct hr_follower *f, uint64_t ns)
{
	if (f->def->ahead == NULL || !f->def->knows_future)
		blame(f, "looks ahead, but has no function for it");
	else
		f->ahead_ns = ns;
}

enum hr_status hr_follower_follow(struct hr_follower *f, const struct hr_place *r, size_t n)
{
	const struct hr_place *limit = r + n;

	if (f->ahead_ns != HR_NEVER)
		for (; r < limit; r++)
			HR_TRY(hold_back(f, r));
	else
		for (; r < limit; r++) {
			/* What is taken was free a moment ago; what is freed may lie anywhere in a heap of any size. */
			if (limit - r > FORESIGHT && r[FORESIGHT].kind == HR_PLACE_FREE)
				hr_pagemap_foresee(&f->map, r[FORESIGHT].page, r[FORESIGHT].npages);
			HR_TRY(follow_record(f, r));
		}
	if (n > 0 && limit[-1].kind == HR_PLACE_END && !faulty(f))
		finish(f);
	return faulty(f) ? HR_EPOLICY : HR_OK;
}

/* --- releases -------------------------------------------------------------- */

void hr_follower_because(struct hr_follower *f, enum hr_release_why why)
{
	if ((unsigned)why >= HR_WHY_COUNT)
		blame(f, "gives a reason that there is not (%d)", (int)why);
	else
		f->why = why;
}

static void blame_release(struct hr_follower *f, uint64_t page, unsigned npages)
{
	static const char *const that[] = {
	    [HR_NOT_OF_THE_HEAP] = "that is not of the heap",
	    [HR_NOT_OF_ONE_CHUNK] = "and others, which do not lie in one chunk",
	    [HR_NOT_WHOLE] = "and others, which are no whole physical pages",
	    [HR_IN_CACHE] = "that is in a page cache",
	    [HR_IN_USE] = "that is in use",
	    [HR_RELEASED] = "that is released already",
	};
	uint64_t at;
	enum hr_unreleasable why = hr_pagemap_why_not(&f->map, page, npages, &at);

	if (npages == 0)
		blame(f, "releases no page at all");
	else
		blame(f, "releases page 0x%" PRIx64 " %s", at * HR_PAGE_BYTES, that[why]);
}

/* What the calls of so many releases cost, ns; several share one where they are batched. */
static uint64_t cost_of_calls(struct hr_follower *f, uint64_t releases)
{
	uint64_t calls = releases > f->batched ? hr_div_up(releases - f->batched, f->settings.cost.batch) : 0;

	f->batched += calls * f->settings.cost.batch - releases;
	f->count.release_calls += calls;
	return calls * f->settings.cost.call_ns;
}

/* Pages that can be released. */
static void release(struct hr_follower *f, uint64_t page, unsigned npages)
{
	unsigned whole, broken;

	hr_pagemap_release_pages(&f->map, page, npages);
	f->map.out_of_memory |= !hr_stamps_set(&f->stamps, page, npages, f->view.now_ns);
	hr_cost_huge_pages(&f->map, page, npages, &whole, &broken);
	f->count.huge_whole += whole;
	f->count.huge_broken += broken;
	f->count.released_bytes[f->why] += npages * HR_PAGE_BYTES;
	f->spent_ns += cost_of_calls(f, 1) + hr_cost_of_pages(&f->settings, npages, whole, broken);
	f->view.released_pages += npages;
	measure(f);
	if (f->released_to != NULL)
		f->released_to(f->released_ctx, f, page, npages);
}

/* A block of chunks whose pages are kept as one; false: it is not such a block, or who is told wants to know each. */
static bool release_block(struct hr_follower *f, uint64_t page)
{
	const uint64_t nchunks = hr_chunk_of(HR_PAGEMAP_BLOCK_PAGES);
	unsigned whole, broken;

	if (f->released_to != NULL || !hr_pagemap_release_block(&f->map, page))
		return false;
	f->map.out_of_memory |= !hr_stamps_set_chunks(&f->stamps, hr_chunk_of(page), nchunks, f->view.now_ns);
	hr_cost_huge_pages(&f->map, page, HR_CHUNK_PAGES, &whole, &broken);
	f->count.huge_whole += whole * nchunks;
	f->count.released_bytes[f->why] += HR_PAGEMAP_BLOCK_PAGES * HR_PAGE_BYTES;
	f->spent_ns += cost_of_calls(f, nchunks) + nchunks * hr_cost_of_pages(&f->settings, HR_CHUNK_PAGES, whole, 0);
	f->view.released_pages += HR_PAGEMAP_BLOCK_PAGES;
	measure(f);
	return true;
}

void hr_follower_release_pages(struct hr_follower *f, uint64_t page, unsigned npages)
{
	if (hr_pagemap_can_release(&f->map, page, npages))
		release(f, page, npages);
	else
		blame_release(f, page, npages);
}

/* Releases what is free and not released in [first, end) of a chunk, in units of physical pages. */
static unsigned release_in_chunk(struct hr_follower *f, uint64_t chunk, unsigned first, unsigned end)
{
	struct hr_dirty_run run;
	unsigned released = 0;

	for (; (run = hr_dirty_next(&f->map, chunk, first, end)).npages > 0; first = run.first + run.npages) {
		release(f, hr_chunk_page(chunk) + run.first, run.npages);
		released += run.npages;
	}
	return released;
}

uint64_t hr_follower_release_range(struct hr_follower *f, uint64_t page, uint64_t npages)
{
	uint64_t released = 0;

	while (npages > 0) {
		unsigned first = hr_page_in_chunk(page), n = HR_CHUNK_PAGES - first, here;

		if (!hr_pagemap_has(&f->map, hr_chunk_of(page))) {
			blame(f, "releases page 0x%" PRIx64 " that is not of the heap", page * HR_PAGE_BYTES);
			break;
		}
		if (npages >= HR_PAGEMAP_BLOCK_PAGES && release_block(f, page)) {
			released += HR_PAGEMAP_BLOCK_PAGES;
			page += HR_PAGEMAP_BLOCK_PAGES;
			npages -= HR_PAGEMAP_BLOCK_PAGES;
			continue;
		}
		if (n > npages)
			n = (unsigned)npages;
		here = release_in_chunk(f, hr_chunk_of(page), first, first + n);
		released += here;
		/* Nothing can go of what is alike, either. */
		if (here == 0 && npages > n) {
			uint64_t alike = hr_chunk_page(hr_pagemap_alike(&f->map, hr_chunk_of(page)) - 1);

			n += (unsigned)(alike < npages - n ? alike : npages - n);
		}
		page += n;
		npages -= n;
	}
	return released;
}

uint64_t hr_follower_take_spent(struct hr_follower *f)
{
	uint64_t ns = f->spent_ns;

	f->spent_ns = 0;
	return ns;
}

void hr_follower_work(struct hr_follower *f, uint64_t ns)
{
	f->count.background_ns += ns;
}

void hr_follower_stall(struct hr_follower *f, uint64_t ns)
{
	if (ns == 0)
		return;
	f->count.synchronous_ns += ns;
	f->count.stalls++;
	if (ns > f->count.worst_stall_ns) {
		f->count.worst_stall_ns = ns;
		f->count.worst_stall_at_ns = f->view.now_ns;
	}
}

void hr_follower_log(struct hr_follower *f, const struct hr_scav_line *line)
{
	if (f->log != NULL)
		f->log(f->log_ctx, f, line);
}
