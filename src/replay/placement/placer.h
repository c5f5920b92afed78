/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The placer turns trace events into the stream of placements. It is the only
 * stage that runs the page allocator, so that a trace is placed once however
 * many policies follow.
 *
 * Two ways. *Recorded*: the trace's own addresses are forced; the allocator's
 * model only decides what no event tells (which free pages sit in page caches,
 * how far the heap has grown, whose caches were flushed). *Modelled*: the
 * allocator places every span itself; what was there at the start keeps its
 * place where the trace tells it.
 *
 * Look-ahead: when a sweep is done is known only 100 ms of trace time later
 * (unless the trace tells it, as Go traces do), and which Ps were idle at mark termination 1 ms
 * later. The placer holds events and placements back for that long, at most
 * 2^20 of them. Memory is otherwise bounded by live spans.
 */
#ifndef HR_REPLAY_PLACER_H
#define HR_REPLAY_PLACER_H

#include "base/error.h"
#include "heapreplay-policy.h"
#include "pagealloc/geometry.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_placement { HR_PLACEMENT_AUTO, HR_PLACEMENT_RECORDED, HR_PLACEMENT_MODELLED };

struct hr_placer_options {
	enum hr_placement placement; /* AUTO: recorded where the trace has addresses */
	int address_bits;	     /* 48 or 32; 32 is always modelled */
	unsigned procs;		     /* GOMAXPROCS where the trace doesn't tell; 0: 1 */
	bool flush_idle_caches;	     /* mark done flushes the page caches of idle Ps (Go 1.21 and later) */
	bool tells_sweeps;	     /* SWEEP_DONE says when a sweep is done; nothing is guessed */
	uint64_t
	    untold_goal_bytes; /* stands for heap goals of 0, which tell nothing (Go 1.26 with GOGC=off); 0: unknown */
	bool start_free;       /* what lies between two spans at the start counts as free, not as released */
};

/* What the placer found on its way, for info, validate and the JSON. */
struct hr_placer_stats {
	uint64_t span_allocs, span_frees;
	uint64_t forced_same;	  /* recorded placement: allocs for which the model had offered the recorded address */
	uint64_t unknown_frees;	  /* frees of spans never seen: a recorder's loss */
	uint64_t dropped_spans;	  /* allocs over a live span, which was dropped */
	uint64_t swallowed_frees; /* late frees of spans that were dropped */
	uint64_t lost_releases;	  /* recorded releases of what is no heap, or beyond a chunk: ignored */
	uint64_t foreign_cache;	  /* allocs that lay in another P's cache */
	uint64_t cache_fills, cache_uses, cache_flushes;
	uint64_t grown_bytes;
	uint64_t cycles, forced_cycles;
	uint64_t sweeps_unfinished;		 /* no sweep done was seen before the trace ended */
	uint64_t held_events_max;		 /* the most that look-ahead held back */
	uint64_t goals, untold_goals;		 /* heap goals; those that are 0 */
	uint64_t goal_min_bytes, goal_max_bytes; /* of the others; UINT64_MAX, 0: there were none */
	uint64_t low_min_bytes, low_max_bytes;	 /* least in use of each cycle, about what is live; the same */
	bool recorded;				 /* which way was taken */
	bool mid_life;				 /* there was a heap when the trace began */
	bool window;		   /* the trace is a flight recorder's window; then (placement/unnamed.h): */
	uint64_t window_estimates; /* cycles after which the unnamed pages were reckoned; 0: never */
	uint64_t window_first_ns;  /* the first time: figures mean something from here on */
	uint64_t unnamed_pages, unnamed_low_pages, unnamed_high_pages; /* at the end */
	double named_ratio, named_ratio_min; /* of the marked bytes, at the last estimate and at the worst */
};

struct hr_placer;

/*
 * meta: of the reader, with its first batch taken. HR_EUSAGE when the options
 * contradict the trace (recorded placement of a trace without addresses, or
 * with 32 bits); HR_ENOMEM.
 */
enum hr_status hr_placer_new(const struct hr_trace_meta *meta, const struct hr_placer_options *options,
			     struct hr_placer **placer, struct hr_error *err);
void hr_placer_free(struct hr_placer *pl);

/*
 * Takes n events and appends what they mean, as far as look-ahead allows, to
 * the placer's output. HR_EINPUT: in a strict trace a free of what was never
 * allocated, a double allocation; out of address space. HR_ENOMEM.
 */
enum hr_status hr_placer_feed(struct hr_placer *pl, const struct hr_event *ev, size_t n, struct hr_error *err);
/*
 * No more events: lets everything out, ending with HR_PLACE_END at end_ns, or at
 * the last event if that is later (a trace may end with events that nobody feeds).
 */
enum hr_status hr_placer_finish(struct hr_placer *pl, uint64_t end_ns, struct hr_error *err);

/* The records that are ready; the caller takes all of them. Valid until the next feed or finish. */
const struct hr_place *hr_placer_take(struct hr_placer *pl, size_t *n);

struct hr_placer_stats hr_placer_stats(const struct hr_placer *pl);
/* Spans lie where they were recorded. Known from the start, also to another thread than the one that feeds. */
bool hr_placer_is_recorded(const struct hr_placer *pl);

#endif
