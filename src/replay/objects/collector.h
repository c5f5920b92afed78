/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collector of a model: when cycles begin and end, by the trace or by the runtime's pacing; what marking takes;
 * sweeping; and the clock, which runs by what the collector leaves of the CPU.
 */
#ifndef HR_REPLAY_COLLECTOR_H
#define HR_REPLAY_COLLECTOR_H

#include "replay/objects/model.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
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

/* By so much a step of the trace's time goes on by the clock. */
static inline double hr_collector_step(const struct hr_objects *o, double trace_ns)
{
	return o->options.wall_clock ? trace_ns
				     : trace_ns * o->rec_speed / (o->marking ? hr_collector_slowed(o, 0) : 1);
}
/* The clock goes on in n steps. */
void hr_collector_run_clock(struct hr_objects *o, const double *ns, size_t n);
/* The time of an event of the trace by the clock, which goes on to it. */
static inline uint64_t hr_collector_clock_at(struct hr_objects *o, uint64_t trace_ns)
{
	double ns = (double)(trace_ns - o->trace_ns);

	if (ns > 0) {
		ns = hr_collector_step(o, ns);
		hr_collector_run_clock(o, &ns, 1);
		o->trace_ns = trace_ns;
	}
	return (uint64_t)o->clock_ns;
}
/*
 * Is no timer due until the clock has come to that time of the trace, in at most HR_COLLECTOR_STEPS steps? No, if it is close:
 * the clock, a sum, is rounded with each of them.
 */
#define HR_COLLECTOR_STEPS 256
static inline bool hr_collector_is_quiet(const struct hr_objects *o, uint64_t trace_ns)
{
	const double at = o->clock_ns + hr_collector_step(o, (double)(trace_ns - o->trace_ns));

	return at + at * 0x1p-40 + 1 < (double)o->due_ns;
}
/* The clock goes on to each of n births, at most HR_COLLECTOR_STEPS, that nothing else happens between. */
void hr_collector_pass_births(struct hr_objects *o, const struct hr_held *births, size_t n);

#endif
