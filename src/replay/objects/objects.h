/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a trace of objects to a trace of spans. Objects lie in spans as the
 * runtime would lay them (heap/objheap.h); when their slots are free again
 * depends on the garbage collector:
 *
 * - none: a free takes effect at once;
 * - recorded: the trace tells cycles; an object that is freed is garbage, and
 *   its slot is free when the first cycle that begins after that sweeps its span;
 * - model: the same with cycles of our own, by the runtime's pacing
 *   (heap/gcpacer.h); what the trace tells of cycles is left out, but for those
 *   that the program asked for (runtime.GC, debug.FreeOSMemory).
 *
 * A stage: events go in, events come out, in order of time, which are those of a
 * trace of spans without addresses; a placer that is made with hr_objects_meta
 * takes them. Marking takes live bytes / cost.mark_rate (0: the trace's own). Sweeping begins at
 * mark done and visits a span every cost.sweep_ns in order of creation, beside
 * what allocations sweep; SPAN_FREE and SWEEP_DONE stand at the times when it
 * gets there. At equal times the trace's events come first.
 *
 * Left out: the tiny allocator, but for what a Go trace shows of it.
 *
 * Of a trace that tells spans and objects by addresses, a Go trace, objects are
 * known by the slots that they lie in (recorded.h), have the same span classes, and
 * die between the recorded mark starts that bound it (deaths.h). What is there at
 * the start keeps its spans and slots; manual spans pass, with names of their own.
 * Modelled cycles of such a trace take what its own cycles show (cycles.h): GOGC, stacks
 * and globals, what marking costs, the Ps that are busy; and mark by heap/gcmark.h. Where neither GOGC nor a limit
 * is given they begin when the trace's own did, unless by_rule.
 *
 * Memory is bounded by the objects and spans that are live, one batch, and what
 * deaths.h holds back.
 */
#ifndef HR_REPLAY_OBJECTS_H
#define HR_REPLAY_OBJECTS_H

#include "base/error.h"
#include "base/params.h"
#include "base/team.h"
#include "heap/gcpacer.h"
#include "heap/objheap.h"
#include "replay/objects/layers.h"
#include "trace/event.h"
#include "trace/reader.h"
#include "trace/sides.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_gc_mode { HR_GC_AUTO, HR_GC_RECORDED, HR_GC_MODEL, HR_GC_NONE };

/* "recorded", "model", "none"; "auto". */
const char *hr_gc_mode_name(enum hr_gc_mode gc);
/* "none", "one", "sweep"; "auto". */
const char *hr_span_cache_name(enum hr_span_cache cache);

/*
 * What collecting takes, in simulated time. mark_rate 0: as the median of the last
 * nine cycles that the trace tells; where it tells none 10 GiB, the median over twelve
 * recordings (Go 1.23 to 1.26, 1 to 4 Ps, each by its median cycle) of the bytes
 * that survived a cycle by the duration of its concurrent marking, as gctrace
 * prints both; they range from 0.3 to 40 GB/s. sweep_ns is an estimate.
 */
struct hr_gc_cost {
	uint64_t mark_rate; /* bytes a second */
	uint64_t sweep_ns;  /* a span */
};

/* The rows by which a user sets them: `--gc-cost mark=10GiB,sweep=100ns`. */
extern const struct hr_param hr_gc_cost_params[];

/* Another run of the same model, beside what it takes as the likeliest: for error bars. All zero but mark_cost 1. */
struct hr_objects_variation {
	uint64_t seed;	  /* of the draws of deaths */
	double skew;	  /* of deaths towards early (-1) or late (1) */
	double mark_cost; /* times what marking costs */
	double goal;	  /* of the way from what was marked to the goal, so much more: 0.05, -0.05 */
	bool no_pools;	  /* no object is pooled: see pools.h */
};

struct hr_objects_options {
	enum hr_gc_mode gc;
	enum hr_span_cache span_cache;
	struct hr_gc_settings pacing;
	bool limit_given;	     /* by the user: what the trace says of the limit is then ignored */
	bool gogc_given;	     /* an error where cycles are not modelled */
	uint64_t other_memory_bytes; /* counts against the limit beside the heap */
	struct hr_gc_cost cost;
	unsigned procs;		      /* threads share so many Ps */
	bool pointers;		      /* objects of malloc traces hold pointers */
	struct hr_team *team;	      /* whose threads run this one and the models beside it; NULL: only the caller's */
	const struct hr_sides *sides; /* the trace's GC CPU times; NULL: none. They grow as the trace is read */
	bool by_rule;	 /* modelled cycles begin by the runtime's pacing under the trace's own settings too */
	bool wall_clock; /* events keep the trace's times, whatever the collector takes */
	struct hr_objects_variation vary;
};

/* GOGC 100, no limit, default costs. */
void hr_objects_defaults(struct hr_objects_options *o);

/* How frees take effect in a trace: AUTO is recorded where the trace has spans or cycles, else model if it was collected. */
enum hr_gc_mode hr_objects_gc(const struct hr_trace_meta *meta, enum hr_gc_mode gc);
/* Does the trace need the stage? Not if it has spans, and they are to be replayed as recorded. */
bool hr_objects_needed(const struct hr_trace_meta *meta, enum hr_gc_mode gc);

struct hr_objects_stats {
	uint64_t allocated_objects, freed_objects;
	uint64_t allocated_bytes, freed_bytes; /* with what size classes add */
	uint64_t live_objects, live_bytes;     /* at the end */
	uint64_t live_peak_bytes;
	uint64_t cycles, asked_cycles,
	    timed_cycles;	  /* marked to the end; of these, asked for by the program, or by the clock */
	uint64_t recorded_cycles; /* that the trace told, whatever became of them */
	uint64_t marked_bytes;	  /* by all cycles */
	uint64_t mark_ns;
	uint64_t goal_min_bytes, goal_max_bytes; /* over all cycles; 0: there was none */
	uint64_t limit_breaches;    /* cycles after which the memory limit left less room than what had survived */
	uint64_t floor_bytes;	    /* most that a cycle left alive, with all that is mapped and no object beside it */
	bool cpu_known;		    /* the four that follow, and limited_cycles */
	uint64_t cpu_ns, assist_ns; /* of CPU, by all cycles; of that, by those who allocate */
	uint64_t idle_ns;	    /* of that, by Ps that had nothing else to do */
	uint64_t capacity_ns;	    /* of CPU, that all Ps had */
	uint64_t limited_cycles;    /* in which the limiter of GC CPU came on */
	/*
	 * What the mean over time of the heap would be on average over all places where it may idle between two cycles,
	 * less what it is; and the standard deviation of that. 0 where cycles begin with the recorded ones.
	 */
	double phase_shift_bytes, phase_spread_bytes;
	uint64_t late_cycles;	/* of a death spiral: more of them, if the program comes to use all the time it idles */
	uint64_t window_bytes;	/* most that died between two recorded mark starts: see deaths.h */
	uint64_t deaths_let_go; /* events that could not wait for their cycle */
	uint64_t unknown_frees, over_live, outside_spans; /* oddities of the trace */
};

#define HR_FEW_CYCLES 10 /* that tell little */

/* Does the memory limit leave no room after more than half of the cycles, so that they follow one another? */
static inline bool hr_objects_spiral(const struct hr_objects_stats *s)
{
	return s->cycles >= HR_FEW_CYCLES && s->limit_breaches > s->cycles / 2;
}

struct hr_objects;

/*
 * meta: of the reader, with its first batch taken. HR_EUSAGE when the options
 * contradict each other or the trace; HR_ENOMEM.
 */
enum hr_status hr_objects_new(const struct hr_trace_meta *meta, const struct hr_objects_options *options,
			      struct hr_objects **objects, struct hr_error *err);
/* With the models beside it. */
void hr_objects_free(struct hr_objects *o);

/*
 * Another model of the heap that o was made for, which must be a recorded one: it takes all that o takes, when o
 * does, and has an output of its own. *model belongs to o. As hr_objects_new.
 */
enum hr_status hr_objects_beside(struct hr_objects *o, const struct hr_objects_options *options,
				 struct hr_objects **model, struct hr_error *err);
/* Whether there can be models beside it. */
bool hr_objects_is_modelled(const struct hr_objects *o);
/* Whether modelled cycles begin with the recorded ones, as far as these have been read: without settings of the user's own. */
bool hr_objects_is_in_step(const struct hr_objects *o);
/* Whether GOGC is what the trace's own cycles show, as far as they have been read. */
bool hr_objects_learned(const struct hr_objects *o);

/* The cycles that the trace tells, of a modelled recorded heap. Valid until the next feed. */
struct hr_cycles;
const struct hr_cycles *hr_objects_cycles(const struct hr_objects *o);

/* Of what comes out. Valid as long as the stage. */
const struct hr_trace_meta *hr_objects_meta(const struct hr_objects *o);
/* What is in force: gc and span_cache are not AUTO. */
const struct hr_objects_options *hr_objects_options(const struct hr_objects *o);

/* Takes n events of the trace. HR_EINPUT: numbers of objects are not dense; HR_ENOMEM. */
enum hr_status hr_objects_feed(struct hr_objects *o, const struct hr_event *ev, size_t n, struct hr_error *err);
/* No more events: lets everything out that happens up to end_ns, or the last event. HR_ENOMEM. */
enum hr_status hr_objects_finish(struct hr_objects *o, uint64_t end_ns, struct hr_error *err);
/*
 * What its heap is made of is told to l (hr_layers_model) on the way; before the first event. l: NULL, or lives as long as o.
 */
void hr_objects_layers(struct hr_objects *o, struct hr_layers *l);
/* The events that are ready, all of which are taken. Valid until the next feed or finish. */
const struct hr_event *hr_objects_take(struct hr_objects *o, size_t *n);

/* When the last event is by the clock that came out, after hr_objects_finish. */
uint64_t hr_objects_end_ns(const struct hr_objects *o);

struct hr_objects_stats hr_objects_stats(const struct hr_objects *o);

#endif
