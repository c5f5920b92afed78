/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a garbage collection starts and what heap it aims at: the runtime's
 * pacing, as functions of numbers. All sizes are bytes of objects with what
 * their size class adds, unless said otherwise.
 *
 * Left out: the PI controller by which Go 1.19 smooths the runway, the goal's
 * distance from a late trigger, the CPU limiter (taken as never on). The
 * overage over the memory limit is taken as zero, so that cycles do not depend
 * on what a scavenger does.
 *
 * Source: mgcpacer.go (commit, heapGoalInternal, memoryLimitHeapGoal, trigger).
 */
#ifndef HR_HEAP_GCPACER_H
#define HR_HEAP_GCPACER_H

#include <stdint.h>

#define HR_GOGC_OFF UINT64_MAX
#define HR_GC_PERIOD_NS UINT64_C(120000000000) /* a cycle starts at the latest so long after the last: forcegcperiod */

struct hr_gc_settings {
	uint64_t gogc;		     /* percent, HR_GOGC_OFF */
	uint64_t memory_limit_bytes; /* UINT64_MAX: off */
	uint64_t stack_bytes;	     /* scanned beside the heap: stacks, global variables */
	uint64_t globals_bytes;
	unsigned go_minor; /* the runtime is Go 1.N */
};

/* By GOGC alone: at least 4 MiB x GOGC / 100; UINT64_MAX when off. marked: bytes that survived the last cycle, 0 before it. */
uint64_t hr_gc_percent_goal(const struct hr_gc_settings *s, uint64_t marked);
/*
 * By the memory limit alone; UINT64_MAX when off. non_heap: what is mapped and
 * neither free nor released, less the bytes of objects. At least marked.
 */
uint64_t hr_gc_limit_goal(const struct hr_gc_settings *s, uint64_t marked, uint64_t non_heap);

struct hr_gc_goal {
	uint64_t goal;	      /* UINT64_MAX: none */
	uint64_t min_trigger; /* a cycle does not start below this */
};

/*
 * The smaller of the two. live: bytes of objects when the last cycle ended; by
 * GOGC the goal, and the trigger, are 1 MiB above that at least, so that sweeping
 * has time. 0: there was no cycle.
 */
struct hr_gc_goal hr_gc_goal(const struct hr_gc_settings *s, uint64_t marked, uint64_t non_heap, uint64_t live);

/* Bytes of objects at which a cycle starts. runway: what is likely to be allocated while it marks. */
uint64_t hr_gc_trigger(struct hr_gc_goal goal, uint64_t marked, uint64_t runway);

/*
 * What the last cycle left of a program that has just started and has a heap of so many bytes: by these settings, GOGC
 * alone, as if nothing had died yet. 0: it has had no cycle, and its goal is the smallest heap's.
 */
uint64_t hr_gc_grown(const struct hr_gc_settings *s, uint64_t live);

/* What was allocated while marking, in the last cycles. Zeros: there was none. */
struct hr_gc_history {
	struct {
		uint64_t allocated, marked;
	} last[4];
	unsigned n;
};

void hr_gc_history_add(struct hr_gc_history *h, uint64_t allocated, uint64_t marked);
/* The most of the last four cycles, in proportion to what is to be marked now. 0 before there is one. */
uint64_t hr_gc_runway(const struct hr_gc_history *h, uint64_t to_mark);

#endif
