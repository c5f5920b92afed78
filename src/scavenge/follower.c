/*
 * What all policies share: time, the map, the counts, costs and measurements.
 *
 * Stamps: for every released page the time of its release, in units of 2^20 ns
 * (1.05 ms) plus one; 0 for a page that is not released, or was never used.
 * They tell a page that is used again (a refault) from one that is used for
 * the first time, and one that comes back within a second (thrash). 2 KiB a
 * chunk, committed only where something has been released.
 */
#include "config.h"

#include "scavenge/follower.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define STAMP_SHIFT 20
#define THRASH_UNITS ((UINT64_C(1000000000) >> STAMP_SHIFT) + 1)
#define BLOCK_CHUNKS 8192
#define BLOCK_STAMPS ((size_t)BLOCK_CHUNKS * HR_CHUNK_PAGES)

static hr_release_fn on_release;

static size_t stamp_blocks(const struct hr_follower *f)
{
	return (size_t)((f->settings.geometry->chunks + BLOCK_CHUNKS - 1) / BLOCK_CHUNKS);
}

static void recompute_stop(struct hr_follower *f)
{
	uint64_t stop = f->timer_ns < f->measure_at_ns ? f->timer_ns : f->measure_at_ns;

	for (unsigned i = 0; i < f->nsamplers; i++)
		if (f->samplers[i].next_ns < stop)
			stop = f->samplers[i].next_ns;
	f->stop_ns = stop;
}

static void start_measuring(struct hr_follower *f)
{
	const struct hr_search_work *work = f->def->work ? f->def->work(f->policy) : NULL;

	f->measured_from_ns = f->now_ns;
	f->measure_at_ns = HR_NEVER;
	hr_gauge_start(&f->in_use, f->in_use_pages * HR_PAGE_BYTES, f->now_ns);
	hr_gauge_start(&f->free, hr_follower_free_pages(f) * HR_PAGE_BYTES, f->now_ns);
	hr_gauge_start(&f->released, f->released_pages * HR_PAGE_BYTES, f->now_ns);
	hr_gauge_start(&f->retained, hr_follower_retained_bytes(f), f->now_ns);
	memset(&f->count, 0, sizeof(f->count));
	if (f->over_limit_since_ns != HR_NEVER)
		f->over_limit_since_ns = f->now_ns;
	if (f->over_goal_since_ns != HR_NEVER)
		f->over_goal_since_ns = f->now_ns;
	f->work_before = work ? *work : (struct hr_search_work){0};
}

enum hr_status hr_follower_init(struct hr_follower *f, const struct hr_policy_choice *choice,
				const struct hr_settings *settings, struct hr_error *err)
{
	memset(f, 0, sizeof(*f));
	f->settings = *settings;
	f->def = choice->def;
	HR_TRY(hr_pagemap_init(&f->map, settings->geometry, settings->phys_page_bytes, settings->huge_page_bytes, err));
	f->map.on_release = on_release;
	f->map.on_release_ctx = f;
	f->timer_ns = f->measure_at_ns = HR_NEVER;
	f->over_limit_since_ns = f->over_goal_since_ns = HR_NEVER;
	f->goal_bytes = HR_NEVER;
	f->memory_limit_bytes = settings->memory_limit_bytes;
	f->procs = settings->procs;
	f->stamps = hr_calloc(stamp_blocks(f), sizeof(*f->stamps));
	if (f->stamps != NULL)
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
	for (size_t i = 0; f->stamps != NULL && i < stamp_blocks(f); i++)
		hr_unmap(f->stamps[i], BLOCK_STAMPS * sizeof(**f->stamps));
	free(f->stamps);
	hr_pagemap_release(&f->map);
	memset(f, 0, sizeof(*f));
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

void hr_follower_set_timer(struct hr_follower *f, uint64_t time_ns)
{
	f->timer_ns = time_ns;
	recompute_stop(f);
}

/* How long retained was above the policy's goal, and mapped-ready above the memory limit. */
static void watch_bounds(struct hr_follower *f)
{
	uint64_t ready = hr_follower_mapped_ready_bytes(f);
	bool over = hr_follower_retained_bytes(f) > f->goal_bytes;

	if (over && f->over_goal_since_ns == HR_NEVER) {
		f->over_goal_since_ns = f->now_ns;
		f->count.goal_misses++;
	} else if (!over && f->over_goal_since_ns != HR_NEVER) {
		uint64_t ns = f->now_ns - f->over_goal_since_ns;
		f->count.goal_miss_ns += ns;
		if (ns > f->count.goal_miss_worst_ns)
			f->count.goal_miss_worst_ns = ns;
		f->over_goal_since_ns = HR_NEVER;
	}
	if (ready > f->memory_limit_bytes) {
		if (f->over_limit_since_ns == HR_NEVER)
			f->over_limit_since_ns = f->now_ns;
		if (ready - f->memory_limit_bytes > f->count.over_limit_peak_bytes)
			f->count.over_limit_peak_bytes = ready - f->memory_limit_bytes;
	} else if (f->over_limit_since_ns != HR_NEVER) {
		f->count.over_limit_ns += f->now_ns - f->over_limit_since_ns;
		f->over_limit_since_ns = HR_NEVER;
	}
}

static void measure(struct hr_follower *f)
{
	hr_gauge_set(&f->in_use, f->in_use_pages * HR_PAGE_BYTES, f->now_ns);
	hr_gauge_set(&f->free, hr_follower_free_pages(f) * HR_PAGE_BYTES, f->now_ns);
	hr_gauge_set(&f->released, f->released_pages * HR_PAGE_BYTES, f->now_ns);
	hr_gauge_set(&f->retained, hr_follower_retained_bytes(f), f->now_ns);
	watch_bounds(f);
}

void hr_follower_set_goal(struct hr_follower *f, uint64_t bytes)
{
	f->goal_bytes = bytes;
	watch_bounds(f);
}

void hr_follower_run_to(struct hr_follower *f, uint64_t time_ns)
{
	while (f->stop_ns < time_ns) {
		f->now_ns = f->stop_ns;
		while (f->timer_ns <= f->now_ns) {
			f->timer_ns = HR_NEVER;
			f->def->timer(f->policy);
		}
		if (f->measure_at_ns <= f->now_ns)
			start_measuring(f);
		for (unsigned i = 0; i < f->nsamplers; i++) {
			struct hr_sampler *s = &f->samplers[i];
			if (s->next_ns <= f->now_ns)
				s->next_ns = s->sample(s->ctx, f, f->now_ns, false);
		}
		recompute_stop(f);
	}
}

/* The trace has ended: timers of its last moment run, what is open is closed, observers see the end. */
static void finish(struct hr_follower *f)
{
	while (f->timer_ns <= f->now_ns) {
		f->timer_ns = HR_NEVER;
		f->def->timer(f->policy);
	}
	if (f->measure_at_ns != HR_NEVER)
		start_measuring(f);
	hr_gauge_finish(&f->in_use, f->now_ns);
	hr_gauge_finish(&f->free, f->now_ns);
	hr_gauge_finish(&f->released, f->now_ns);
	hr_gauge_finish(&f->retained, f->now_ns);
	if (f->over_limit_since_ns != HR_NEVER)
		f->count.over_limit_ns += f->now_ns - f->over_limit_since_ns;
	if (f->over_goal_since_ns != HR_NEVER) {
		uint64_t ns = f->now_ns - f->over_goal_since_ns;
		f->count.goal_miss_ns += ns;
		if (ns > f->count.goal_miss_worst_ns)
			f->count.goal_miss_worst_ns = ns;
	}
	f->over_limit_since_ns = f->over_goal_since_ns = HR_NEVER;
	for (unsigned i = 0; i < f->nsamplers; i++)
		f->samplers[i].sample(f->samplers[i].ctx, f, f->now_ns, true);
}

enum hr_status hr_follower_follow(struct hr_follower *f, const struct hr_place *r, size_t n)
{
	HR_TRY(f->def->follow(f->policy, r, n));
	if (n > 0 && r[n - 1].kind == HR_PLACE_END)
		finish(f);
	return HR_OK;
}

static uint32_t *stamps_of(const struct hr_follower *f, uint64_t page)
{
	uint64_t chunk = hr_chunk_of(page);
	uint32_t *block = f->stamps[chunk / BLOCK_CHUNKS];

	return block ? block + chunk % BLOCK_CHUNKS * HR_CHUNK_PAGES + hr_page_in_chunk(page) : NULL;
}

static uint64_t cost_of_faults(const struct hr_follower *f, uint64_t bytes)
{
	const struct hr_cost *c = &f->settings.cost;
	uint64_t huge = f->settings.huge_page_bytes, ns = 0;

	if (c->thp && huge > 0) {
		ns += bytes / huge * c->huge_fault_ns;
		bytes %= huge;
	}
	return ns + hr_div_up(bytes, f->settings.phys_page_bytes) * c->fault_ns;
}

/* A span took pages, some of which were released: which of them were used before, and how long ago? */
static void count_claim(struct hr_follower *f, uint64_t page, uint64_t npages, uint64_t claimed)
{
	uint64_t now = f->now_ns >> STAMP_SHIFT, again = 0, thrash = 0;

	for (uint64_t end = page + npages; page < end;) {
		unsigned n = HR_CHUNK_PAGES - hr_page_in_chunk(page);
		uint32_t *stamps = stamps_of(f, page);

		if (n > end - page)
			n = (unsigned)(end - page);
		for (unsigned i = 0; stamps != NULL && i < n; i++) {
			if (stamps[i] == 0)
				continue;
			again++;
			thrash += now - (stamps[i] - 1) <= THRASH_UNITS;
			stamps[i] = 0;
		}
		page += n;
	}
	f->count.refaulted_bytes += again * HR_PAGE_BYTES;
	f->count.thrash_bytes += thrash * HR_PAGE_BYTES;
	f->count.fresh_bytes += (claimed - again) * HR_PAGE_BYTES;
	f->count.fault_ns += cost_of_faults(f, again * HR_PAGE_BYTES);
}

enum hr_status hr_follower_map(struct hr_follower *f, const struct hr_place *r, uint64_t *claimed_pages)
{
	uint64_t claimed = 0;

	*claimed_pages = 0;
	switch ((enum hr_place_kind)r->kind) {
	case HR_PLACE_GROW:
		HR_TRY(hr_pagemap_grow(&f->map, hr_chunk_of(r->page), r->npages / HR_CHUNK_PAGES));
		break;
	case HR_PLACE_ALLOC:
		if (r->flags & HR_PLACE_PADDING) {
			hr_pagemap_pad(&f->map, r->page, r->npages);
			break;
		}
		claimed = hr_pagemap_alloc(&f->map, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_USE:
		claimed = hr_pagemap_cache_use(&f->map, (unsigned)r->cache_p, r->page, r->npages);
		break;
	case HR_PLACE_FREE:
		hr_pagemap_free(&f->map, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_FILL:
		return hr_pagemap_cache_fill(&f->map, (unsigned)r->cache_p, r->page, r->arg);
	case HR_PLACE_CACHE_FLUSH:
		hr_pagemap_cache_flush(&f->map, (unsigned)r->cache_p);
		break;
	case HR_PLACE_MARK_START:
	case HR_PLACE_MARK_DONE:
	case HR_PLACE_HEAP_GOAL:
	case HR_PLACE_SWEEP_DONE:
	case HR_PLACE_PROCS:
	case HR_PLACE_LIMIT:
	case HR_PLACE_SCAV:
	case HR_PLACE_END:
	case HR_PLACE_KIND_COUNT:
		break;
	}
	if (claimed > 0)
		count_claim(f, r->page, r->npages, claimed);
	*claimed_pages = claimed;
	return HR_OK;
}

void hr_follower_commit(struct hr_follower *f, const struct hr_place *r, uint64_t claimed_pages)
{
	f->in_use_pages = r->in_use_pages;
	f->manual_pages = r->manual_pages;
	f->mapped_pages = r->mapped_pages;
	f->released_pages -= claimed_pages;
	switch (r->kind) {
	case HR_PLACE_GROW:
		f->released_pages += r->npages;
		break;
	case HR_PLACE_HEAP_GOAL:
		f->heap_goal_bytes = r->arg;
		return;
	case HR_PLACE_PROCS:
		f->procs = (unsigned)r->arg;
		return;
	case HR_PLACE_LIMIT:
		if (!f->settings.limit_given)
			f->memory_limit_bytes = r->arg;
		break;
	default:
		break;
	}
	measure(f);
}

/* Counts the huge pages that a release gave back whole, and those that it is the first to break. */
static void count_huge(struct hr_follower *f, uint64_t page, unsigned npages, unsigned *whole, unsigned *broken)
{
	unsigned h = (unsigned)(f->settings.huge_page_bytes / HR_PAGE_BYTES), first = hr_page_in_chunk(page);
	const uint64_t *scavenged = hr_pagemap_chunk(&f->map, hr_chunk_of(page))->scavenged;

	*whole = *broken = 0;
	if (h < 2 || h > HR_CHUNK_PAGES)
		return;
	for (unsigned at = first / h * h; at < first + npages; at += h) {
		unsigned lo = at > first ? at : first, hi = at + h < first + npages ? at + h : first + npages;

		if (hi - lo == h)
			++*whole;
		else if (hr_bitmap_count(scavenged, at, h) == hi - lo)
			++*broken;
	}
}

static uint64_t cost_of_release(struct hr_follower *f, unsigned npages, unsigned whole, unsigned broken)
{
	const struct hr_cost *c = &f->settings.cost;
	uint64_t bytes = npages * HR_PAGE_BYTES, ns = 0;

	if (f->batched == 0) {
		ns += c->call_ns;
		f->batched = c->batch;
		f->count.release_calls++;
	}
	f->batched--;
	if (c->thp) {
		ns += whole * c->huge_release_ns + broken * c->huge_split_ns;
		bytes -= whole * f->settings.huge_page_bytes;
	}
	return ns + bytes / f->settings.phys_page_bytes * c->page_ns;
}

static void on_release(void *ctx, uint64_t page, unsigned npages)
{
	struct hr_follower *f = ctx;
	uint64_t unit = (f->now_ns >> STAMP_SHIFT) + 1;
	unsigned whole, broken;
	uint32_t **block = &f->stamps[hr_chunk_of(page) / BLOCK_CHUNKS], *stamps;

	/* Without memory for the stamps refaults go uncounted; releases must not fail half-way. */
	if (*block == NULL)
		*block = hr_map(BLOCK_STAMPS * sizeof(**block));
	stamps = stamps_of(f, page);
	for (unsigned i = 0; stamps != NULL && i < npages; i++)
		stamps[i] = unit < UINT32_MAX ? (uint32_t)unit : UINT32_MAX;
	count_huge(f, page, npages, &whole, &broken);
	f->count.huge_whole += whole;
	f->count.huge_broken += broken;
	f->count.released_bytes[f->why] += npages * HR_PAGE_BYTES;
	f->spent_ns += cost_of_release(f, npages, whole, broken);
	f->released_pages += npages;
	measure(f);
	if (f->released_to != NULL)
		f->released_to(f->released_ctx, f, page, npages);
}

void hr_follower_release_pages(struct hr_follower *f, uint64_t page, unsigned npages)
{
	hr_pagemap_release_pages(&f->map, page, npages);
}

uint64_t hr_follower_take_spent(struct hr_follower *f)
{
	uint64_t ns = f->spent_ns;

	f->spent_ns = 0;
	return ns;
}

void hr_follower_stall(struct hr_follower *f, uint64_t ns)
{
	if (ns == 0)
		return;
	f->count.synchronous_ns += ns;
	f->count.stalls++;
	if (ns > f->count.worst_stall_ns)
		f->count.worst_stall_ns = ns;
}
