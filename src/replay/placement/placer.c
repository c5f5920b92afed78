/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trace events in, placements out. Events go through idle.h, which knows whose
 * page caches are flushed when a cycle ends; what they do to spans is live.h;
 * when sweeping is done is sweep.h. Here is the order of things, and what a
 * trace says apart from spans.
 *
 * Invariant: until the first event that shows life, what was there at the start
 * is collected and nothing is placed.
 */
#include "config.h"

#include "replay/placement/placer.h"

#include "base/alloc.h"
#include "base/units.h"
#include "heap/heap.h"
#include "replay/placement/idle.h"
#include "replay/placement/live.h"
#include "replay/placement/sweep.h"
#include "replay/placement/unnamed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hr_placer {
	struct hr_placer_options options;
	bool recorded, keep_places, padded, has_addresses;
	struct hr_heap heap;
	struct hr_places out;
	size_t given; /* of out: records that the caller has taken */
	struct hr_live live;
	struct hr_idle idle;
	struct hr_sweep sweep;
	struct hr_placer_stats stats;
	uint64_t low_pages;	    /* the fewest in use since the last cycle was marked; UINT64_MAX: none was yet */
	struct hr_unnamed *unnamed; /* of a window; else NULL */

	bool alive; /* the start is placed */
	struct hr_span *start;
	uint64_t *start_names;
	size_t nstart, start_cap, names_cap;
	struct hr_event *early; /* settings told before that */
	size_t nearly, early_cap;
};

enum hr_status hr_placer_new(const struct hr_trace_meta *meta, const struct hr_placer_options *options,
			     struct hr_placer **placer, struct hr_error *err)
{
	const struct hr_geometry *geometry = hr_geometry(options->address_bits);
	bool can_record = meta->has_addresses && options->address_bits == 48;
	struct hr_placer *pl;
	enum hr_status status;

	if (geometry == NULL)
		return hr_error_set(err, HR_EUSAGE, "there is no address space of %d bits; 48 and 32 are there",
				    options->address_bits);
	if (options->placement == HR_PLACEMENT_RECORDED && !meta->has_addresses)
		return hr_error_set(err, HR_EUSAGE,
				    "the trace has no addresses to place spans by; use modelled placement");
	if (options->placement == HR_PLACEMENT_RECORDED && !can_record)
		return hr_error_set(err, HR_EUSAGE,
				    "recorded placement is for 48-bit addresses; use modelled placement");
	pl = hr_calloc(1, sizeof(*pl));
	if (pl == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	pl->options = *options;
	pl->has_addresses = meta->has_addresses;
	pl->recorded = can_record && options->placement != HR_PLACEMENT_MODELLED;
	pl->keep_places = can_record;
	/* Go 1.26 begins its heap at a random page of the first chunk. */
	pl->padded = meta->padded;
	pl->stats.recorded = pl->recorded;
	pl->stats.goal_min_bytes = pl->stats.low_min_bytes = pl->low_pages = UINT64_MAX;
	pl->sweep.told = options->tells_sweeps || meta->tells_sweeps;
	hr_idle_init(&pl->idle, options->flush_idle_caches);
	status = hr_heap_init(&pl->heap, geometry, &pl->out, err);
	if (status != HR_OK) {
		hr_placer_free(pl);
		return status;
	}
	hr_live_init(&pl->live, &pl->heap, meta->has_addresses, meta->strict);
	if (meta->window) {
		pl->unnamed = hr_calloc(1, sizeof(*pl->unnamed));
		if (pl->unnamed == NULL) {
			hr_placer_free(pl);
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		}
		hr_unnamed_init(pl->unnamed);
	}
	*placer = pl;
	return HR_OK;
}

void hr_placer_free(struct hr_placer *pl)
{
	if (pl == NULL)
		return;
	if (pl->unnamed != NULL)
		hr_unnamed_release(pl->unnamed);
	free(pl->unnamed);
	hr_live_release(&pl->live);
	hr_idle_release(&pl->idle);
	hr_heap_release(&pl->heap);
	free(pl->out.at);
	free(pl->start);
	free(pl->start_names);
	free(pl->early);
	free(pl);
}

/* --- spans ---------------------------------------------------------------- */

static uint64_t name_of(const struct hr_placer *pl, const struct hr_event *e)
{
	return pl->has_addresses ? e->addr / HR_PAGE_BYTES : e->addr;
}

/* What a SPAN_EXISTS or SPAN_ALLOC is about. */
static enum hr_status span_of(const struct hr_placer *pl, const struct hr_event *e, struct hr_span *span,
			      struct hr_error *err)
{
	char when[HR_UNIT_BUF];

	span->npages = e->size / HR_PAGE_BYTES + (e->size % HR_PAGE_BYTES != 0);
	span->page = e->addr / HR_PAGE_BYTES;
	span->manual = e->arg & HR_SPAN_MANUAL;
	if (span->npages == 0 || span->npages > HR_SPAN_MAX_PAGES)
		return hr_error_set(err, HR_EINPUT,
				    "a span of %" PRIu64 " bytes at %s; spans have from 1 byte to 2 TiB", e->size,
				    hr_format_ns(when, e->time_ns));
	if (!pl->has_addresses)
		return e->addr != UINT64_MAX ? HR_OK : hr_error_set(err, HR_EINPUT, "a span with the id -1");
	if (e->addr % HR_PAGE_BYTES != 0 && pl->live.strict)
		return hr_error_set(err, HR_EINPUT,
				    "span %#" PRIx64 " at %s does not begin at a page of %" PRIu64 " bytes", e->addr,
				    hr_format_ns(when, e->time_ns), HR_PAGE_BYTES);
	if (span->page + span->npages > UINT64_C(1) << HR_SPAN_PAGE_BITS)
		return hr_error_set(err, HR_EINPUT, "span %#" PRIx64 " at %s lies beyond an address space of 48 bits",
				    e->addr, hr_format_ns(when, e->time_ns));
	return HR_OK;
}

/* flags: HR_PLACE_COMPLETE or 0. */
static enum hr_status place_span(struct hr_placer *pl, const struct hr_event *e, unsigned flags, struct hr_error *err)
{
	struct hr_span span;
	bool same;

	HR_TRY(span_of(pl, e, &span, err));
	if (e->p >= 0)
		HR_TRY(hr_heap_add_p(&pl->heap, e->p, err));
	flags |= span.manual ? HR_PLACE_MANUAL : 0;
	if (!pl->recorded)
		return hr_live_place(&pl->live, name_of(pl, e), span, e->p < 0 ? HR_NO_P : e->p, flags, err);
	HR_TRY(hr_live_put(&pl->live, span, e->p < 0 ? HR_NO_P : e->p, flags, &same, err));
	pl->stats.forced_same += same && flags & HR_PLACE_COMPLETE;
	return HR_OK;
}

/* --- the start ------------------------------------------------------------ */

static enum hr_status collect(struct hr_placer *pl, const struct hr_event *e, struct hr_error *err)
{
	struct hr_span span;

	HR_TRY(span_of(pl, e, &span, err));
	if (!hr_reserve(&pl->start, &pl->start_cap, pl->nstart + 1, sizeof(*pl->start)) ||
	    !hr_reserve(&pl->start_names, &pl->names_cap, pl->nstart + 1, sizeof(*pl->start_names)))
		return hr_error_set(err, HR_ENOMEM, "out of memory for the spans at the start");
	pl->start[pl->nstart] = span;
	pl->start_names[pl->nstart++] = name_of(pl, e);
	return HR_OK;
}

static enum hr_status take_event(struct hr_placer *pl, const struct hr_event *e, struct hr_error *err);

static enum hr_status begin(struct hr_placer *pl, struct hr_error *err)
{
	bool told = false;

	pl->alive = true;
	/* A page trace starts with the program: earlier spans have no events, and the rest of the heap is new. */
	pl->stats.mid_life = (pl->nstart > 0 || pl->unnamed != NULL) && !pl->live.complete;
	pl->heap.now_ns = 0;
	if (pl->keep_places) {
		HR_TRY(hr_live_begin(&pl->live, pl->start, pl->nstart, pl->padded, pl->options.start_free, err));
	} else {
		pl->heap.grow_flags = HR_PLACE_INITIAL;
		for (size_t i = 0; i < pl->nstart; i++)
			HR_TRY(hr_live_place(&pl->live, pl->start_names[i], pl->start[i], HR_NO_P,
					     pl->start[i].manual ? HR_PLACE_MANUAL : 0, err));
		pl->heap.grow_flags = 0;
	}
	pl->heap.grown_bytes = 0;
	for (size_t i = 0; i < pl->nearly; i++)
		told |= pl->early[i].kind == HR_EV_GOMAXPROCS;
	if (!told && pl->options.procs != 0)
		hr_heap_note(&pl->heap, HR_PLACE_PROCS)->arg = pl->options.procs;
	for (size_t i = 0; i < pl->nearly; i++)
		HR_TRY(take_event(pl, &pl->early[i], err));
	free(pl->start);
	free(pl->start_names);
	free(pl->early);
	pl->start = NULL;
	pl->start_names = NULL;
	pl->early = NULL;
	return HR_OK;
}

static void note_range(uint64_t *min, uint64_t *max, uint64_t value)
{
	*min = value < *min ? value : *min;
	*max = value > *max ? value : *max;
}

/* What is left when a cycle is swept, or nearly: the least in use between two ends of marking. */
static void note_low(struct hr_placer *pl)
{
	if (pl->low_pages != UINT64_MAX)
		note_range(&pl->stats.low_min_bytes, &pl->stats.low_max_bytes, pl->low_pages * HR_PAGE_BYTES);
	pl->low_pages = pl->heap.counts.in_use;
}

static void note_goal(struct hr_placer *pl, uint64_t bytes)
{
	pl->stats.goals++;
	if (bytes == 0) {
		pl->stats.untold_goals++;
		bytes = pl->options.untold_goal_bytes;
	} else {
		note_range(&pl->stats.goal_min_bytes, &pl->stats.goal_max_bytes, bytes);
	}
	hr_heap_note(&pl->heap, HR_PLACE_HEAP_GOAL)->arg = bytes;
}

/* Before the start is placed. */
static enum hr_status wait_for_life(struct hr_placer *pl, const struct hr_event *e, struct hr_error *err)
{
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
		return collect(pl, e, err);
	case HR_EV_GOMAXPROCS:
	case HR_EV_HEAP_GOAL:
	case HR_EV_MEMORY_LIMIT:
		if (!hr_reserve(&pl->early, &pl->early_cap, pl->nearly + 1, sizeof(*e)))
			return hr_error_set(err, HR_ENOMEM, "out of memory for early events");
		pl->early[pl->nearly++] = *e;
		return HR_OK;
	case HR_EV_PAGE_ALLOC:
	case HR_EV_PAGE_FREE:
	case HR_EV_PAGE_SCAV:
		pl->live.complete = true;
		HR_TRY(begin(pl, err));
		return take_event(pl, e, err);
	case HR_EV_SPAN_ALLOC:
	case HR_EV_SPAN_FREE:
	case HR_EV_OBJ_ALLOC:
	case HR_EV_OBJ_FREE:
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_END:
	case HR_EV_SWEEP_DONE:
	case HR_EV_FREE_OS_MEMORY:
		HR_TRY(begin(pl, err));
		return take_event(pl, e, err);
	default:
		return HR_OK;
	}
}

/* --- events --------------------------------------------------------------- */

/* Ps from n on are gone, and their caches with them. p.destroy. */
static void set_procs(struct hr_placer *pl, uint32_t n)
{
	for (size_t p = n; p < pl->heap.ncaches; p++)
		hr_heap_flush(&pl->heap, (int)p);
	hr_heap_note(&pl->heap, HR_PLACE_PROCS)->arg = n;
}

/* The recorded scavenger released pages; with modelled placement they are other ones, and nothing can be said. */
static enum hr_status take_release(struct hr_placer *pl, const struct hr_event *e, struct hr_error *err)
{
	struct hr_heap *h = &pl->heap;
	struct hr_place *r;
	struct hr_span span;

	if (!pl->recorded)
		return HR_OK;
	HR_TRY(span_of(pl, e, &span, err));
	/* The runtime's scavenger never goes beyond a chunk. */
	if (!hr_pagealloc_has_chunk(h->pages, hr_chunk_of(span.page)) ||
	    hr_page_in_chunk(span.page) + span.npages > HR_CHUNK_PAGES) {
		pl->stats.lost_releases++;
		return HR_OK;
	}
	r = hr_heap_note(h, HR_PLACE_SCAV);
	r->page = span.page;
	r->npages = (uint32_t)span.npages;
	r->p = e->p;
	return HR_OK;
}

static enum hr_status take_event(struct hr_placer *pl, const struct hr_event *e, struct hr_error *err)
{
	struct hr_heap *h = &pl->heap;
	struct hr_span freed;

	h->now_ns = e->time_ns;
	hr_sweep_tick(&pl->sweep, h);
	switch (e->kind) {
	case HR_EV_SPAN_ALLOC:
	case HR_EV_PAGE_ALLOC:
		pl->stats.span_allocs++;
		return place_span(pl, e, HR_PLACE_COMPLETE, err);
	case HR_EV_SPAN_FREE:
	case HR_EV_PAGE_FREE:
		pl->stats.span_frees++;
		HR_TRY(hr_live_free(&pl->live, name_of(pl, e), e->p < 0 ? HR_NO_P : e->p, &freed, err));
		if (pl->stats.cycles > 0 && h->counts.in_use < pl->low_pages)
			pl->low_pages = h->counts.in_use;
		if (freed.npages > 0 && !freed.manual)
			hr_sweep_freed(&pl->sweep, h);
		return HR_OK;
	case HR_EV_SPAN_EXISTS:
		return place_span(pl, e, 0, err);
	case HR_EV_PAGE_SCAV:
		return take_release(pl, e, err);
	case HR_EV_GC_BEGIN:
		hr_sweep_next_cycle(&pl->sweep, h, e->flags & HR_EVF_FREE_OS_MEMORY);
		hr_heap_note(h, HR_PLACE_MARK_START);
		break;
	case HR_EV_GC_END:
		pl->stats.cycles++;
		note_low(pl);
		hr_live_mark_done(&pl->live);
		hr_heap_note(h, HR_PLACE_MARK_DONE);
		hr_sweep_marked(&pl->sweep, h);
		break;
	case HR_EV_CACHE_FLUSH:
		hr_heap_flush(h, e->p);
		hr_sweep_flushed(&pl->sweep, h);
		break;
	case HR_EV_HEAP_GOAL:
		note_goal(pl, e->size);
		hr_sweep_goal(&pl->sweep, h);
		break;
	case HR_EV_SWEEP_DONE:
		hr_sweep_say_done(&pl->sweep, h, false);
		break;
	case HR_EV_SCAV_RUNS:
		hr_heap_note(h, HR_PLACE_SCAV_RUNS);
		break;
	case HR_EV_FREE_OS_MEMORY:
		hr_sweep_say_done(&pl->sweep, h, true);
		break;
	case HR_EV_GOMAXPROCS:
		set_procs(pl, e->arg);
		break;
	case HR_EV_MEMORY_LIMIT:
		hr_heap_note(h, HR_PLACE_LIMIT)->arg = e->size;
		break;
	default:
		break;
	}
	return HR_OK;
}

/* What the window does not name takes up as much room as its events let one reckon. */
static enum hr_status take_unnamed(struct hr_placer *pl, const struct hr_event *e, struct hr_error *err)
{
	struct hr_unnamed *u = pl->unnamed;

	HR_TRY(hr_unnamed_take(u, e, err));
	if (!pl->alive || !(u->changed || e->kind == HR_EV_SPAN_ALLOC))
		return HR_OK;
	u->changed = false;
	return hr_live_set_unnamed(&pl->live, u->pages, err);
}

/* Forgets what the caller has taken. */
static void drop_given(struct hr_placer *pl)
{
	size_t left = pl->out.n - pl->given;

	if (left > pl->given)
		return;
	if (left > 0)
		memmove(pl->out.at, pl->out.at + pl->given, left * sizeof(*pl->out.at));
	hr_sweep_taken(&pl->sweep, pl->given);
	pl->out.n = left;
	pl->given = 0;
}

static enum hr_status is_complete(const struct hr_placer *pl, struct hr_error *err)
{
	if (hr_pagealloc_out_of_memory(pl->heap.pages))
		return hr_error_set(err, HR_ENOMEM, "out of memory for the pages of the heap");
	return pl->out.failed ? hr_error_set(err, HR_ENOMEM, "out of memory for placements") : HR_OK;
}

static enum hr_status pass(struct hr_placer *pl, const struct hr_event *ev, size_t n, bool last, struct hr_error *err)
{
	const struct hr_event *e;

	drop_given(pl);
	HR_TRY(hr_idle_pass(&pl->idle, ev, n, last, &e, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (pl->alive)
			HR_TRY(take_event(pl, &e[i], err));
		else
			HR_TRY(wait_for_life(pl, &e[i], err));
		if (pl->unnamed != NULL)
			HR_TRY(take_unnamed(pl, &e[i], err));
	}
	if (n > 0)
		pl->heap.now_ns = e[n - 1].time_ns;
	return is_complete(pl, err);
}

enum hr_status hr_placer_feed(struct hr_placer *pl, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	return pass(pl, ev, n, false, err);
}

enum hr_status hr_placer_finish(struct hr_placer *pl, uint64_t end_ns, struct hr_error *err)
{
	HR_TRY(pass(pl, NULL, 0, true, err));
	if (pl->heap.now_ns > end_ns)
		end_ns = pl->heap.now_ns;
	if (!pl->alive)
		HR_TRY(begin(pl, err));
	pl->heap.now_ns = end_ns;
	hr_sweep_tick(&pl->sweep, &pl->heap);
	pl->stats.sweeps_unfinished = pl->sweep.pending;
	pl->sweep.pending = false;
	hr_heap_note(&pl->heap, HR_PLACE_END);
	return is_complete(pl, err);
}

const struct hr_place *hr_placer_take(struct hr_placer *pl, size_t *n)
{
	const struct hr_place *r = pl->given > 0 ? pl->out.at + pl->given : pl->out.at;

	*n = hr_sweep_ready(&pl->sweep, &pl->out) - pl->given;
	pl->given += *n;
	return r;
}

bool hr_placer_is_recorded(const struct hr_placer *pl)
{
	return pl->stats.recorded;
}

struct hr_placer_stats hr_placer_stats(const struct hr_placer *pl)
{
	/* Each part keeps its own counters; they are added up on request. */
	struct hr_placer_stats s = pl->stats;

	s.unknown_frees = pl->live.unknown_frees;
	s.dropped_spans = pl->live.dropped_spans;
	s.swallowed_frees = pl->live.swallowed_frees;
	s.foreign_cache = pl->heap.foreign_uses;
	s.cache_fills = pl->heap.fills;
	s.cache_uses = pl->heap.uses;
	s.cache_flushes = pl->heap.flushes;
	s.grown_bytes = pl->heap.grown_bytes;
	s.forced_cycles = pl->sweep.forced_cycles;
	if (pl->unnamed != NULL) {
		s.window = true;
		s.window_estimates = pl->unnamed->estimates;
		s.window_first_ns = pl->unnamed->first_ns;
		s.unnamed_pages = pl->unnamed->pages;
		s.unnamed_low_pages = pl->unnamed->low_pages;
		s.unnamed_high_pages = pl->unnamed->high_pages;
		s.named_ratio = pl->unnamed->named_ratio;
		s.named_ratio_min = pl->unnamed->named_ratio_min;
	}
	s.held_events_max = pl->idle.held_max > pl->sweep.held_max ? pl->idle.held_max : pl->sweep.held_max;
	return s;
}
