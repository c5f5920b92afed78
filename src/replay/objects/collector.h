/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collector of a model: when cycles begin and end, by the trace or by the runtime's pacing; what marking takes;
 * sweeping; and the clock, which runs by what the collector leaves of the CPU.
 */
#ifndef HR_REPLAY_COLLECTOR_H
#define HR_REPLAY_COLLECTOR_H

#include "heap/gcmark.h"
#include "heap/gcphase.h"
#include "replay/objects/model.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stdint.h>

/* What was there at the start is complete, and nothing has happened yet. */
void hr_collector_start(struct hr_objects *o, uint64_t time_ns);
/* All timers before time_ns. False: out of memory. */
bool hr_collector_run_timers(struct hr_objects *o, uint64_t time_ns);
/*
 * Where the runtime looks whether it is time for a cycle. In one, assists hold
 * those back who allocate, so that the heap comes to hardly more than 1.1 times
 * its goal before marking is done: times of a trace that has cycles show that;
 * in others marking ends there. False: out of memory. gcControllerState.revise (maxOvershoot).
 */
bool hr_collector_look_at_trigger(struct hr_objects *o, uint64_t time_ns);
/* What the trace tells of cycles and settings. False: out of memory. */
bool hr_collector_take_phase(struct hr_objects *o, const struct hr_event *e);
/* A recorded cycle marks, or is done: the program has less of the CPU in between. */
void hr_collector_pass_recorded(struct hr_objects *o, const struct hr_event *e);
/* Who is dead by now: marking looks at it. */
void hr_collector_let_die(struct hr_objects *o);
/* The time since the last cycle is over: had that not begun yet, the heap could have come to where it did begin. */
void hr_collector_end_phase(struct hr_objects *o);
/* As hr_objects_is_in_step. */
bool hr_collector_is_in_step(const struct hr_objects *o);

/* How fast the program runs beside a mark phase, with so many Ps that assist: 1 without. */
double hr_collector_slowed(const struct hr_objects *o, double assists);

static inline void hr_collector_run_clock(struct hr_objects *o, double ns)
{
	o->clock_ns += ns;
	if (o->marking) {
		hr_gc_mark_run(&o->marker, ns, o->busy.mean);
		return;
	}
	hr_gc_mark_rest(&o->marker, ns);
	/* In step there is no chance in when cycles begin. */
	if (o->busy.mean >= 1 || o->in_step)
		return;
	ns *= 1 - o->busy.mean;
	hr_gc_phase_idle(&o->phase, ns,
			 o->heap.heap_live > o->marked_bytes ? (double)(o->heap.heap_live - o->marked_bytes) : 0);
	if (o->stats.limit_breaches > 0)
		o->spiral_idle_ns += ns;
}

/* The time of an event of the trace by the clock. */
static inline uint64_t hr_collector_clock_at(struct hr_objects *o, uint64_t trace_ns)
{
	double ns = (double)(trace_ns - o->trace_ns);

	if (ns > 0) {
		if (!o->options.wall_clock)
			ns = ns * o->rec_speed / (o->marking ? hr_collector_slowed(o, 0) : 1);
		hr_collector_run_clock(o, ns);
		o->trace_ns = trace_ns;
	}
	return (uint64_t)o->clock_ns;
}

#endif
