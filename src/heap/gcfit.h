/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings of a collector from what it did: a goal is
 *
 *   marked + (marked + stacks + globals) x GOGC / 100
 *
 * of the bytes that survived marking, as long as neither the smallest heap (4 MiB x GOGC /
 * 100) nor a memory limit holds it. So over several cycles goal and marked bytes lie on
 * a line, whose slope is 1 + GOGC / 100 and whose height tells stacks and globals.
 *
 * Sources: mgcpacer.go (commit) for the formula; the slope is the median of those of all pairs
 * of cycles (Theil 1950, Sen 1968), which a third of cycles that are held otherwise don't move.
 */
#ifndef HR_HEAP_GCFIT_H
#define HR_HEAP_GCFIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_GC_FIT_CYCLES 32

struct hr_gc_fit {
	struct hr_gc_fit_cycle {
		uint64_t marked, goal;
	} last[HR_GC_FIT_CYCLES]; /* a ring */
	uint64_t n;
};

/* A cycle that found so many bytes alive, and set that goal. */
static inline void hr_gc_fit_add(struct hr_gc_fit *f, uint64_t marked, uint64_t goal)
{
	f->last[f->n++ % HR_GC_FIT_CYCLES] = (struct hr_gc_fit_cycle){marked, goal};
}

struct hr_gc_fitted {
	uint64_t gogc;	      /* percent */
	uint64_t extra_bytes; /* stacks and globals */
	uint64_t limit_goal;  /* the goal that a memory limit left in the last cycles; 0: none did */
	bool known;	      /* gogc and extra_bytes are */
	bool sure;	      /* by cycles of different sizes, not by one that looks like a usual setting */
};

/* From the last 32 cycles. */
struct hr_gc_fitted hr_gc_fit(const struct hr_gc_fit *f);

#endif
