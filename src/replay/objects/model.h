/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A model of a heap of objects, inside: its state, and what it lets out. objects.c takes events and objects,
 * collector.c is the collector and the clock.
 *
 * Invariants: a cycle marks, or sweeps, or nothing is going on; all is swept
 * before a cycle begins. Nothing is sent out before the first event that shows
 * life but what was there at the start, and settings.
 */
#ifndef HR_REPLAY_MODEL_H
#define HR_REPLAY_MODEL_H

#include "base/error.h"
#include "heap/gcmark.h"
#include "heap/gcpacer.h"
#include "heap/gcphase.h"
#include "heap/objheap.h"
#include "replay/objects/cycles.h"
#include "replay/objects/deaths.h"
#include "replay/objects/layers.h"
#include "replay/objects/objects.h"
#include "replay/objects/pools.h"
#include "replay/objects/recording.h"
#include "trace/event.h"
#include "trace/ledger.h"
#include "trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NEVER UINT64_MAX
#define HR_RECORDED_MARKS 9
#define HR_NO_FLAGS (-1)

struct hr_objects {
	struct hr_objects_options options;
	struct hr_trace_meta in, out_meta;
	struct hr_objheap heap;
	struct hr_ledger ledger; /* objects that the trace names by addresses */
	bool by_ledger;
	bool recorded_heap;	  /* the trace has spans too: `of` is in use */
	struct hr_recording *own; /* what it is a model of; NULL in those beside another */
	const struct hr_recording *of;
	struct hr_deaths_reader reader;
	struct hr_objects **beside; /* other models of the same recorded heap; NULL in those */
	size_t nbeside;
	struct hr_deaths_buffers
	    *lanes; /* of the models, each takes every nth, one after the other: what they read with */
	size_t nlanes;
	enum hr_status taken; /* how the last of what was decided was taken */
	struct hr_error taken_err;
	uint32_t *adopted; /* our span of a recorded one, while the start is taken over */
	size_t adopted_cap;
	bool alive;	 /* something happened */
	bool goal_noted; /* the goal that holds before the first cycle */
	uint64_t now_ns, end_ns;

	/* The collector. */
	bool marking, sweeping;
	uint64_t due_ns;     /* HR_NEVER: no timer is set */
	uint64_t mark_ns;    /* when marking will be done */
	uint64_t marked_ns;  /* when it began */
	uint64_t swept_ns;   /* the sweeper is through with a span */
	uint64_t last_gc_ns; /* mark done; HR_NEVER: there was none */
	int asked;	     /* flags of a cycle that waits for the end of marking, HR_NO_FLAGS */
	uint64_t marked_bytes, live_then, triggered_bytes, allocated_then;
	/* The last recorded cycles: how long each marked, and what was alive when it began. */
	struct {
		uint64_t ns, bytes;
	} marks[HR_RECORDED_MARKS];
	unsigned nmarks;
	uint64_t recorded_begin_ns, recorded_begin_bytes; /* HR_NEVER: none is marking */
	uint64_t manual_bytes, stack_bytes;		  /* that the trace tells of */
	struct hr_gc_history history;

	/* For a recorded heap with modelled cycles: mark speed and clock, estimated from the recorded cycles. */
	bool paced;
	struct hr_gc_marker marker;
	struct hr_busy busy;
	struct hr_gc_phase phase;
	double spiral_idle_ns;		/* idle time since the limit first left no room */
	double runway_low, runway_high; /* that the trace's next cycle shows, per byte marked */
	uint64_t extra_bytes;		/* stacks and globals, by the trace's goals */
	uint64_t limit_goal_bytes;	/* that a memory limit which the trace does not tell left; 0: there is none */
	bool extra_known;
	bool in_step;		  /* the settings are those of the trace: cycles begin when the trace's own did */
	uint64_t step_goal_bytes; /* then: that of the recorded cycle; 0: not told */
	uint64_t trace_ns;	  /* of the last event; the clock may differ */
	struct hr_pool pool;
	uint64_t begun_at[2], recorded_at[2]; /* objects born when the last two modelled, and recorded, cycles began */
	int ahead;			      /* modelled cycles more than recorded ones, lately: -1 to 1 */
	bool skipped;			      /* the last recorded cycle has no modelled one that stands for it */
	double clock_ns, rec_speed; /* rec_speed: of the program where the trace is now, 1 without a mark phase */

	struct hr_layers *layers; /* NULL: nobody asks */
	uint32_t *roundings;	  /* then, by number: what slots have beyond what was asked for */
	size_t roundings_cap;
	uint64_t rounding_bytes; /* of those alive */
	struct hr_event *out;
	size_t nout, out_cap;
	bool failed;
	struct hr_objects_stats stats;
};

/* What the trace's own cycles tell. */
static inline const struct hr_cycles *hr_model_told(const struct hr_objects *o)
{
	return &o->of->cycles;
}
/* Pooled objects, of a trace with spans whose cycles are modelled: what it shows of them. */
static inline const struct hr_pools *hr_model_pools(const struct hr_objects *o)
{
	return &o->of->deaths.pools;
}

/* An event out, to be filled in. Where memory is short `failed` is set. */
struct hr_event *hr_model_emit(struct hr_objects *o, enum hr_event_kind kind, uint64_t time_ns);
/* An event that goes out as it came in. */
void hr_model_pass_on(struct hr_objects *o, const struct hr_event *e);
/* What happened to spans in the heap of objects, at that time and by that P. */
void hr_model_send_changes(struct hr_objects *o, uint64_t time_ns, int p);

/* What the heap was until time_ns goes to the layers, which there must be. */
void hr_model_tell_layers(const struct hr_objects *o, uint64_t time_ns);
/* The same when it is about to change. */
static inline void hr_model_look(const struct hr_objects *o, uint64_t time_ns)
{
	if (hr_layers_due(o->layers, time_ns))
		hr_model_tell_layers(o, time_ns);
}

/* One more, in a slot of so many bytes. */
static inline void hr_model_count_object(struct hr_objects *o, uint64_t bytes)
{
	o->stats.allocated_objects++;
	o->stats.allocated_bytes += bytes;
	if (o->stats.allocated_bytes - o->stats.freed_bytes > o->stats.live_peak_bytes)
		o->stats.live_peak_bytes = o->stats.allocated_bytes - o->stats.freed_bytes;
}

#endif
