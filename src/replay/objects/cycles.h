/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a trace tells of its own GC cycles: when they marked, what survived, the goals,
 * assists, the Ps that were busy. From that: what marking costs, GOGC, stacks and globals.
 * Whoever models other cycles is behind in the trace, so that a cycle is complete here
 * when it is asked for.
 *
 * And the clock of work: while a recorded cycle marked, the program had less than all of the
 * CPU; what it then did takes less time where the model has no cycle, and more where only the
 * model has one. A program that leaves Ps idle loses nothing.
 */
#ifndef HR_REPLAY_CYCLES_H
#define HR_REPLAY_CYCLES_H

#include "heap/gcfit.h"
#include "trace/event.h"
#include "trace/sides.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_MAX_BUSY_PS 1024

/* How many Ps the program keeps busy: a mean over the last 20 ms or so, without mark phases. */
struct hr_busy {
	bool on[HR_MAX_BUSY_PS];
	unsigned running;
	double mean;
	uint64_t last_ns;
	bool marking; /* Ps run for the collector too: what they do is not looked at */
};

void hr_busy_take(struct hr_busy *b, const struct hr_event *e);

struct hr_cycle {
	uint64_t begin_ns, end_ns;
	uint64_t marked_bytes; /* 0: not known */
	uint64_t assist_ns;
	uint64_t cpu_ns;		       /* of marking, all of it; 0: the trace does not tell */
	uint64_t stw_ns;		       /* of CPU, while the world stood still; with cpu_ns */
	uint64_t begin_live_bytes, goal_bytes; /* the heap and its goal when it began */
	uint64_t most_live_bytes;	       /* of the heap while it marked */
	double work_bytes;		       /* marked that were there when it began; once settled, 0: not known */
	double work_ns, share; /* of CPU for those, and the share of all Ps that marked beside assists, as
						  a multiple of what the Ps without work and a quarter of them make; settled */
	bool forced;	       /* the program asked for it */
	double busy;	       /* Ps, when it began */
	uint64_t births, births_before,
	    before_ns; /* allocations while it marked, and since the last one, in that time */
};

struct hr_cycles {
	struct hr_cycle *list;
	size_t n, cap;
	struct hr_cycle now;
	bool marking, ended; /* ended: the goal is still to come */
	struct hr_busy busy;
	unsigned procs, assists;					  /* that are going on */
	uint64_t last_ns, live_bytes, goal, first_goal, first_live_bytes; /* the first: 0: not told */
	struct hr_gc_fit fit;
	size_t settled, next_side; /* cycles whose cost was learned; of the trace's CPU times */
	bool any_side;
	double stw_ns, stw_cycles; /* sums that halve */
	double had, would; /* allocations while marking, and how many by the share of the CPU; sums that halve */
	uint64_t births;   /* counted by the caller */
	uint64_t births_then, end_then_ns;
};

void hr_cycles_init(struct hr_cycles *c);
void hr_cycles_release(struct hr_cycles *c);
/* The next event of the trace. False: out of memory. */
bool hr_cycles_take(struct hr_cycles *c, const struct hr_event *e);
/* Before a GC_BEGIN: what is told by now of the cycles before it. sides: NULL where there are none. */
void hr_cycles_settle(struct hr_cycles *c, const struct hr_sides *sides);
/* The recorded cycle that began then, or NULL: it is not complete. */
const struct hr_cycle *hr_cycles_at(const struct hr_cycles *c, uint64_t begin_ns);
/*
 * Where the trace's own cycles began says what the runtime's estimate of allocation while marking was: of the first
 * one that began at that time or later, in bytes per byte marked before it. At an end of the range in which cycles
 * begin it is a bound only. Cycles that the program asked for, or that time began, tell nothing: 0 and infinity.
 * first_marked: before the first cycle; 0: not known.
 */
void hr_cycles_runway(const struct hr_cycles *c, uint64_t trace_ns, uint64_t first_marked, double *low, double *high);
/* ns of CPU for which the world stood still in a cycle, by the last ones; negative: the trace does not tell. */
static inline double hr_cycles_stw_ns(const struct hr_cycles *c)
{
	return c->stw_cycles > 0 ? c->stw_ns / c->stw_cycles : -1;
}
struct hr_mark_cost {
	double ns_per_byte; /* of CPU; 0: no cycle tells */
	double share;	    /* as that of a cycle; 1 where no cycle tells */
};

/*
 * What marking costs about that time of the trace: between what the cycles before and after it show, by how near they
 * began, and further ones a quarter as much each.
 */
struct hr_mark_cost hr_cycles_mark_cost(const struct hr_cycles *c, uint64_t trace_ns);
/*
 * How fast the program runs beside a mark phase that takes a quarter of the Ps, and assists that take
 * so many, where it keeps `busy` of them busy: by its share of the CPU.
 */
double hr_speed_beside(double procs, double busy, double assists);
/* By how much slower it is than that: barriers and caches. 1: as fast. What cycles have shown so far. */
double hr_cycles_drag(const struct hr_cycles *c);
/* Ps that assisted. */
double hr_cycle_assists(const struct hr_cycle *c);

#endif
