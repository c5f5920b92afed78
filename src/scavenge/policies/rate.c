/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A steady rate: every second a thread releases so many bytes, as in
 * google/tcmalloc (MallocExtension::SetBackgroundReleaseRate), and spares huge
 * pages that are likely to be needed whole.
 *
 *   first   huge pages that are free as a whole
 *   then    of huge pages that are in use, all that is dirty in each: those
 *           that are broken already before those that are whole, and in each
 *           of the two those of which the least is in use
 *
 * The second kind only as far as memory that is not released stays above what
 * the program is expected to need (demand.h: filler_skip_subrelease_short_interval
 * and _long_interval, 60 s and 300 s). Huge pages go by the lot, so that a
 * second may release up to one more than its share. A share that finds
 * nothing is lost.
 *
 * There, the expectation is of the part of the heap that shares huge pages;
 * here it is of all of the heap. In order of address, the highest go first.
 *
 * The default there is 0, which releases nothing. 10 MiB a second is a choice:
 * the maintainer of gperftools speaks of "small single digit megs per second"
 * (gperftools, #1610) for programs that run for days; ten show in minutes.
 *
 * by=activity is the older way, of gperftools 2 (TCMALLOC_RELEASE_RATE, 1):
 * nothing goes by time. For every 1,000 pages that are freed, `pages` are given
 * back: one free run, and then none until the account is even (but for 2^20
 * pages at most, and for 2^18 when there is no free run). Huge pages are
 * nothing to it. It takes runs in turn by their length; this, by their address.
 *
 * Source: background.cc, parameters.cc, huge_page_aware_allocator.h (ReleaseAtLeastNPages),
 * huge_page_filler.h (ReleasePages, CompareForSubrelease, GetDesiredSubreleasePages) and
 * huge_cache.cc of google/tcmalloc; page_heap.cc (IncrementalScavenge) of gperftools 2.
 */
#include "config.h"

#include "heapreplay-policy.h"
#include "scavenge/policies/builtin.h"
#include "scavenge/policies/demand.h"
#include "scavenge/policies/dirty.h"
#include "scavenge/policies/huge_ranks.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define MIN_INTERVAL_NS UINT64_C(1000000)
#define MAX_BYTES_PER_S (UINT64_C(1) << 40)
#define IDLE_DELAY_PAGES (1 << 18) /* kDefaultReleaseDelay */
#define MAX_DELAY_PAGES (1 << 20)  /* kMaxReleaseDelay */

struct rate_config {
	uint64_t bytes_per_s, interval_ns, short_ns, long_ns, by;
	double pages;
};

struct rate {
	struct hr_follower *f;
	const struct hr_policy_view *view;
	const struct rate_config *config;
	unsigned huge_pages;	 /* pages in a huge page; where there are none, a chunk stands for one */
	uint64_t share_pages;	 /* by=thread: what each wake-up is to release */
	struct hr_demand demand; /* by=thread */
	bool awake;
	int64_t until_release;	    /* by=activity: pages to be freed */
	uint64_t next_page;	    /* by=activity: where to look for a run */
	struct hr_huge_ranks ranks; /* by=thread */
};

/* x / unit, rounded up. */
static uint64_t rounded_up(uint64_t x, uint64_t unit)
{
	return x / unit + (x % unit != 0);
}

/* --- the thread --- */

/* Counts what could be released, by ranks; returns the sum. Of chunks that are alike, those of one. */
static uint64_t count_dirty(const struct rate *r, uint64_t dirty[HR_HUGE_RANKS])
{
	const struct hr_ranges *grown = &r->view->map->in_use;
	uint64_t sum = 0, alike;

	memset(dirty, 0, HR_HUGE_RANKS * sizeof(*dirty));
	for (size_t i = 0; i < grown->n; i++)
		for (uint64_t chunk = hr_chunk_of(grown->at[i].base); chunk < hr_chunk_of(grown->at[i].limit);
		     chunk += alike) {
			alike = hr_pagemap_alike(r->view->map, chunk);
			for (unsigned first = 0; first < HR_CHUNK_PAGES; first += r->huge_pages) {
				uint64_t n = alike * hr_dirty_count(r->view->map, chunk, first, first + r->huge_pages);

				if (n > 0)
					dirty[hr_huge_rank(r->view->map, r->huge_pages, chunk, first)] += n;
				sum += n;
			}
		}
	return sum;
}

/* The pages that are to go from ranks low.., in order, until it is `want`. */
static struct hr_ranks_selection select_from(const uint64_t dirty[HR_HUGE_RANKS], unsigned low, uint64_t want)
{
	unsigned rank = low;

	while (rank < HR_HUGE_RANKS && want > dirty[rank])
		want -= dirty[rank++];
	return (struct hr_ranks_selection){.low = low, .high = rank, .of_high = want};
}

static uint64_t used_pages(const struct rate *r)
{
	return r->view->in_use_pages + r->view->manual_pages;
}

/* How many of so many dirty pages the program is not expected to need. */
static uint64_t to_spare(const struct rate *r, struct hr_demand *demand, uint64_t dirty)
{
	uint64_t have = used_pages(r) + dirty;
	uint64_t need = hr_demand_expected(demand, r->view->now_ns, r->config->short_ns, r->config->long_ns);

	return have > need ? have - need : 0;
}

/* Releases for one wake-up; returns what is dirty after it. */
static uint64_t release_share(struct rate *r)
{
	uint64_t want = r->share_pages, released, spare;

	/* An enormous heap takes millions of turns, and between two of them little happens. */
	hr_huge_ranks_count(&r->ranks);
	/* Release entirely free huge pages first. The loop below skips them, as they have a rank of their own. */
	released = hr_huge_ranks_release_selected(
	    &r->ranks, r->f, (struct hr_ranks_selection){0, 0, rounded_up(want, r->huge_pages) * r->huge_pages});
	if (released >= want || r->ranks.all_dirty == 0)
		return r->ranks.all_dirty;
	want -= released;
	spare = to_spare(r, &r->demand, r->ranks.all_dirty);
	hr_huge_ranks_release_selected(&r->ranks, r->f, select_from(r->ranks.dirty, 1, want < spare ? want : spare));
	return r->ranks.all_dirty;
}

/* At the next multiple of the interval, while there is something to release. */
static void sleep_on(struct rate *r, bool dirty)
{
	uint64_t interval = r->config->interval_ns;

	r->awake = dirty && r->share_pages > 0;
	if (r->awake)
		hr_follower_set_timer(r->f, hr_later(r->view->now_ns / interval * interval, interval));
}

static void rate_timer(void *state)
{
	struct rate *r = state;
	uint64_t dirty;

	hr_dirty_begin(r->f, HR_WHY_BACKGROUND);
	dirty = release_share(r);
	hr_dirty_end(r->f, HR_WHY_BACKGROUND);
	sleep_on(r, dirty > 0);
}

/* What no turn of the thread takes, as demand is expected to be now: the whole ones among huge pages in use that come last. */
static void rate_kept_whole(const void *state, void (*to)(void *ctx, uint64_t page, unsigned npages), void *ctx)
{
	const struct rate *r = state;
	const struct hr_ranges *grown = &r->view->map->in_use;
	struct hr_demand demand = r->demand;
	uint64_t dirty[HR_HUGE_RANKS], sum;
	struct hr_ranks_selection go;

	if (r->config->by == HR_BY_ACTIVITY)
		return;
	sum = count_dirty(r, dirty);
	go = select_from(dirty, 1, to_spare(r, &demand, sum - dirty[0]));
	for (size_t i = grown->n; i-- > 0;)
		for (uint64_t page = grown->at[i].limit; page > grown->at[i].base;) {
			uint64_t chunk, alike;
			unsigned first, rank, n;

			page -= r->huge_pages;
			chunk = hr_chunk_of(page);
			/* Of chunks that are alike none is in use and dirty. */
			alike = hr_pagemap_first_alike(r->view->map, chunk);
			if (alike < chunk) {
				page = hr_chunk_page(alike);
				continue;
			}
			first = hr_page_in_chunk(page);
			n = hr_dirty_count(r->view->map, chunk, first, first + r->huge_pages);
			rank = n > 0 ? hr_huge_rank(r->view->map, r->huge_pages, chunk, first) : 0;
			if (rank == go.high && go.of_high > 0)
				go.of_high -= n < go.of_high ? n : go.of_high;
			else if (rank >= go.high && rank > HR_CHUNK_PAGES)
				to(ctx, page, r->huge_pages);
		}
}

/* --- by activity --- */

/* Releases the first run at or above the place where the last one was, and then from the bottom; returns pages. */
static unsigned release_next_run(struct rate *r)
{
	const struct hr_ranges *grown = &r->view->map->in_use;

	for (unsigned round = 0; round < 2; round++, r->next_page = 0)
		for (size_t i = 0; i < grown->n; i++) {
			uint64_t page = grown->at[i].base > r->next_page ? grown->at[i].base : r->next_page;

			for (; page < grown->at[i].limit; page = hr_chunk_page(hr_chunk_of(page) + 1)) {
				uint64_t chunk = hr_chunk_of(page);
				uint64_t alike = hr_pagemap_alike(r->view->map, chunk);
				struct hr_dirty_run run =
				    hr_dirty_next(r->view->map, chunk, hr_page_in_chunk(page), HR_CHUNK_PAGES);

				if (run.npages == 0) {
					page = hr_chunk_page(chunk + alike - 1);
					continue;
				}
				hr_follower_release_pages(r->f, hr_chunk_page(chunk) + run.first, run.npages);
				r->next_page = hr_chunk_page(chunk) + run.first + run.npages;
				return run.npages;
			}
		}
	return 0;
}

static void freed(struct rate *r, uint32_t npages)
{
	double delay;
	unsigned released;

	r->until_release -= npages;
	if (r->until_release >= 0)
		return;
	if (r->config->pages <= 1e-6) {
		r->until_release = IDLE_DELAY_PAGES;
		return;
	}
	hr_dirty_begin(r->f, HR_WHY_FREE);
	released = release_next_run(r);
	hr_dirty_end(r->f, HR_WHY_FREE);
	delay = released > 0 ? 1000 / r->config->pages * released : IDLE_DELAY_PAGES;
	r->until_release = delay < MAX_DELAY_PAGES ? (int64_t)delay : MAX_DELAY_PAGES;
}

/* --- following --- */

/* What is known of the record's pages is out of date. Fresh memory is released. */
static void follow_pages(struct rate *r, const struct hr_place *p)
{
	if (p->kind == HR_PLACE_ALLOC || p->kind == HR_PLACE_FREE)
		hr_huge_ranks_touch(&r->ranks, hr_chunk_of(p->page), hr_chunk_of(p->page + p->npages - 1) + 1);
	else if ((p->kind == HR_PLACE_CACHE_FILL || p->kind == HR_PLACE_CACHE_FLUSH) && p->arg != 0)
		hr_huge_ranks_touch(&r->ranks, hr_chunk_of(p->page), hr_chunk_of(p->page) + 1);
}

static enum hr_status rate_after(void *state, const struct hr_place *p)
{
	struct rate *r = state;

	if (p->kind == HR_PLACE_SWEEP_DONE && p->flags & HR_PLACE_FORCED) {
		hr_dirty_begin(r->f, HR_WHY_FORCED);
		hr_dirty_release_all(r->f);
		hr_dirty_end(r->f, HR_WHY_FORCED);
		hr_huge_ranks_touch_dirty(&r->ranks);
	} else if (r->config->by == HR_BY_ACTIVITY) {
		if (p->kind == HR_PLACE_FREE)
			freed(r, p->npages);
	} else {
		follow_pages(r, p);
		if (used_pages(r) != r->demand.pages)
			hr_demand_set(&r->demand, r->view->now_ns, used_pages(r));
		if (!r->awake && (p->kind == HR_PLACE_FREE || p->kind == HR_PLACE_CACHE_FLUSH))
			sleep_on(r, true);
	}
	return r->ranks.failed ? HR_ENOMEM : HR_OK;
}

static enum hr_status rate_check(const void *config, struct hr_error *err)
{
	const struct rate_config *c = config;
	const uint64_t window_ns = HR_DEMAND_SECONDS * SECOND_NS;

	if (c->bytes_per_s > MAX_BYTES_PER_S)
		return hr_error_set(err, HR_EUSAGE, "policy rate: rate can be 1TiB (a second) at most");
	if (c->interval_ns < MIN_INTERVAL_NS || c->interval_ns > window_ns)
		return hr_error_set(err, HR_EUSAGE, "policy rate: interval can be 1ms to 10m");
	if (c->short_ns > window_ns || c->long_ns > window_ns)
		return hr_error_set(err, HR_EUSAGE, "policy rate: short and long can be 10m at most");
	return HR_OK;
}

/* Where physical pages are larger than huge ones, they are what is broken. */
static unsigned pages_in_huge(const struct hr_settings *s)
{
	uint64_t bytes = s->huge_page_bytes > s->phys_page_bytes ? s->huge_page_bytes : s->phys_page_bytes;

	return s->huge_page_bytes > HR_PAGE_BYTES ? (unsigned)(bytes / HR_PAGE_BYTES) : HR_CHUNK_PAGES;
}

static void rate_destroy(void *state)
{
	struct rate *r = state;

	hr_huge_ranks_release(&r->ranks);
	free(r);
}

static void *rate_create(struct hr_follower *f, const void *config)
{
	struct rate *r = calloc(1, sizeof(*r));
	unsigned __int128 bytes;

	if (r == NULL)
		return NULL;
	r->f = f;
	r->view = hr_follower_view(f);
	r->config = config;
	bytes = (unsigned __int128)r->config->bytes_per_s * r->config->interval_ns / SECOND_NS;
	r->share_pages = rounded_up((uint64_t)bytes, HR_PAGE_BYTES);
	r->huge_pages = pages_in_huge(r->view->settings);
	hr_demand_init(&r->demand);
	if (!hr_huge_ranks_init(&r->ranks, r->view->map, r->huge_pages)) {
		free(r);
		return NULL;
	}
	return r;
}

static void *rate_clone(const void *state, struct hr_follower *f)
{
	const struct rate *from = state;
	struct rate *r = malloc(sizeof(*r));

	if (r == NULL)
		return NULL;
	*r = *from;
	r->f = f;
	r->view = hr_follower_view(f);
	if (!hr_huge_ranks_clone(&r->ranks, &from->ranks, r->view->map)) {
		free(r);
		return NULL;
	}
	return r;
}

static const struct hr_param params[] = {
    {"rate", HR_PARAM_BYTES, offsetof(struct rate_config, bytes_per_s), "10MiB", NULL,
     "bytes released per second (SetBackgroundReleaseRate, 0 by default there)"},
    {"interval", HR_PARAM_NS, offsetof(struct rate_config, interval_ns), "1s", NULL,
     "time between two runs of the thread"},
    {"short", HR_PARAM_NS, offsetof(struct rate_config, short_ns), "60s", NULL,
     "keep enough huge pages for the demand swing seen in this time (skip_subrelease_short_interval); 0 together with "
     "long=0 disables this"},
    {"long", HR_PARAM_NS, offsetof(struct rate_config, long_ns), "300s", NULL,
     "on top of the highest demand that lasted a whole second in this time (skip_subrelease_long_interval)"},
    {"by", HR_PARAM_CHOICE, offsetof(struct rate_config, by), "thread", hr_driver_words,
     "what releases: a thread, or frees (activity; the parameters above do not apply then)"},
    {"pages", HR_PARAM_RATIO, offsetof(struct rate_config, pages), "1", NULL,
     "by=activity: pages released per 1,000 freed (TCMALLOC_RELEASE_RATE of gperftools)"},
    {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

const struct hr_policy_def hr_policy_rate = {
    .abi = HR_POLICY_ABI,
    .name = "rate",
    .summary = "a set number of bytes per second, sparing huge pages likely to be needed (TCMalloc)",
    .params = params,
    .config_bytes = sizeof(struct rate_config),
    .check = rate_check,
    .create = rate_create,
    .destroy = rate_destroy,
    .clone = rate_clone,
    .after = rate_after,
    .timer = rate_timer,
    .kept_whole = rate_kept_whole,
};
