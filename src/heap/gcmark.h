/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marking: how long it takes, who pays for it, and how far ahead the next cycle must start.
 *
 * A quarter of the Ps mark in the background; Ps without work mark too (idle marking). Those who
 * allocate while the collector is behind its schedule assist: they mark what is missing before they go on. By the schedule
 * as much as the last cycle marked is marked when the heap comes to its goal; where there turns out to be more, the heap
 * goes on beyond its goal at the same rate, up to 1 + GOGC / 100 times the goal. Where the collector
 * has taken more than half of the CPU for long enough the limiter lets them go on without.
 * From what was allocated while marking, in relation to who had which share of the CPU,
 * follows the cons/mark ratio, and from the most of its last five the runway: the bytes
 * below the goal at which the next cycle starts.
 *
 * Times are ns of the program's clock and of CPU, work is bytes of live objects.
 *
 * Sources: mgcpacer.go (startCycle, revise, endCycle, commit), mgclimit.go, mgcmark.go (gcAssistAlloc).
 */
#ifndef HR_HEAP_GCMARK_H
#define HR_HEAP_GCMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_GC_BACKGROUND 0.25 /* share of the Ps that marks: gcBackgroundUtilization */

struct hr_gc_marker {
	double procs;	    /* Ps */
	double ns_per_byte; /* of CPU to mark a byte */
	double share_scale; /* times the share of the Ps that marks in the background; 0 counts as 1 */

	/* The cycle that is going on. */
	uint64_t trigger;	   /* heap live when it began */
	double to_mark, done;	   /* bytes */
	double elapsed_ns;	   /* of the clock */
	double assist_ns, idle_ns; /* of CPU, of those who allocate, and of Ps without work */
	double owed;		   /* bytes that must be marked for what was allocated, */
	uint64_t seen;		   /* up to that heap */

	double expected; /* bytes to mark, by the last cycle */
	/* cons/mark ratios of the last five cycles, and what follows of them. */
	double last[5];
	double runway_share; /* of the bytes to be marked */

	/* The limiter: a bucket of CPU time that collecting fills and the program empties. */
	double fill_ns;
	bool limiting;
	uint64_t limited_cycles; /* in which the limiter came on */

	double total_cpu_ns, total_assist_ns, total_idle_ns, total_elapsed_ns; /* over all cycles */
};

/* Marking begins. */
void hr_gc_mark_begin(struct hr_gc_marker *m, uint64_t trigger, uint64_t to_mark);
/* ns[0..n) of time go by, one after the other, while marking, with so many Ps busy with the program on average. */
void hr_gc_mark_run_steps(struct hr_gc_marker *m, const double *ns, size_t n, double busy);
static inline void hr_gc_mark_run(struct hr_gc_marker *m, double ns, double busy)
{
	hr_gc_mark_run_steps(m, &ns, 1, busy);
}
/* The share of all Ps that marks in the background, with so many Ps busy: 0.25 to 1, where share_scale is 1. */
double hr_gc_mark_share(const struct hr_gc_marker *m, double busy);
/* Clock time until marking is done when nobody assists. */
double hr_gc_mark_left_ns(const struct hr_gc_marker *m, double busy);
/*
 * The heap has come to live bytes on its way to the goal, under that GOGC: whoever allocates assists if marking is
 * behind. CPU time that it takes; 0 where there is nothing to do.
 */
double hr_gc_mark_assist(struct hr_gc_marker *m, uint64_t live, uint64_t goal, double gogc);
/* Is all marked? */
static inline bool hr_gc_mark_is_done(const struct hr_gc_marker *m)
{
	return m->done >= m->to_mark;
}
/* Marking ended with the heap at live bytes. */
void hr_gc_mark_end(struct hr_gc_marker *m, uint64_t live);
/* The same between cycles: the program has all the CPU, and empties the bucket. */
void hr_gc_mark_rest_steps(struct hr_gc_marker *m, const double *ns, size_t n);
static inline void hr_gc_mark_rest(struct hr_gc_marker *m, double ns)
{
	hr_gc_mark_rest_steps(m, &ns, 1);
}
/* Bytes that the program is likely to allocate while to_mark bytes are marked. */
uint64_t hr_gc_mark_runway(const struct hr_gc_marker *m, uint64_t to_mark);

#endif
