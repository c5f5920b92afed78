/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long objects live, learned within a trace. At a mark start every object that was
 * born since the one before is looked at for the first time: it has an age, and is found
 * dead or alive. That is current status data: the share found dead at an age estimates
 * the distribution of lifetimes at that age, and the estimate must not fall with age, so
 * neighbours that do are pooled (Ayer, Brunk, Ewing, Reid and Silverman: An empirical
 * distribution function for sampling with incomplete information, 1955; the same pool
 * adjacent violators as for the product limit of Kaplan and Meier with censored
 * intervals).
 *
 * Ages are counted in allocations of the program, in two bins an octave. What older cycles
 * tell weighs half as much with every cycle. A span class has a curve of its own, drawn
 * towards that of all classes where it has few objects in a bin.
 */
#ifndef HR_REPLAY_SURVIVAL_H
#define HR_REPLAY_SURVIVAL_H

#include "base/bits.h"
#include "heap/sizeclasses.h"

#include <stdbool.h>
#include <stdint.h>

#define HR_SURVIVAL_BINS 64
#define HR_SURVIVAL_GUIDES 64

struct hr_survival {
	/* By class, the last row for all; by bin of age: objects looked at, and found dead. */
	double seen[HR_SPAN_CLASSES + 1][HR_SURVIVAL_BINS], dead[HR_SPAN_CLASSES + 1][HR_SURVIVAL_BINS];
	double share[HR_SPAN_CLASSES + 1][HR_SURVIVAL_BINS]; /* dead by the middle of that bin */
	bool known[HR_SPAN_CLASSES + 1];
	/* By the share in steps of one over HR_SURVIVAL_GUIDES: no bin before that one has more. */
	uint8_t guide[HR_SPAN_CLASSES + 1][HR_SURVIVAL_GUIDES];
	double old_seen, old_dead; /* objects older than a cycle: allocations that they saw, and deaths */
};

void hr_survival_init(struct hr_survival *s);

/* The bin of an age; ages from 1 on, 0 counts as 1. */
static inline unsigned hr_survival_bin(uint64_t age)
{
	unsigned octave = 63 - hr_clz(age | 1);

	if (age < 2)
		return 0;
	if (octave > 31)
		return HR_SURVIVAL_BINS - 1;
	return 2 * octave + (unsigned)(age >> (octave - 1) & 1);
}

/* n objects of a span class were looked at in that bin of age, or were found dead there. */
static inline void hr_survival_see(struct hr_survival *s, unsigned span_class, unsigned bin, double n)
{
	s->seen[span_class][bin] += n;
}

static inline void hr_survival_die(struct hr_survival *s, unsigned span_class, unsigned bin)
{
	s->dead[span_class][bin] += 1;
}

/* A cycle's objects are all told: fits the curves, and halves the weight of what they came from. */
void hr_survival_learn(struct hr_survival *s);

/* The share of objects that are dead at that age, 0 to 1. 0 before anything was learned. */
double hr_survival_dead_by(const struct hr_survival *s, unsigned span_class, double age);

/* The age at which that share of all objects is dead; negative: it is never learned to be. */
double hr_survival_age_at(const struct hr_survival *s, unsigned span_class, double share);

/* The age in the middle of each bin. */
extern const double hr_survival_middles[HR_SURVIVAL_BINS];

/* The row of the curve that a span class has, by itself or with all; HR_SURVIVAL_NO_ROW: nothing was learned. */
enum { HR_SURVIVAL_ALL = HR_SPAN_CLASSES, HR_SURVIVAL_NO_ROW };
static inline unsigned hr_survival_row(const struct hr_survival *s, unsigned span_class)
{
	return s->known[span_class] ? span_class : s->known[HR_SURVIVAL_ALL] ? HR_SURVIVAL_ALL : HR_SURVIVAL_NO_ROW;
}

/* hr_survival_age_at in a row. */
static inline double hr_survival_age_in(const struct hr_survival *s, unsigned row, double target)
{
	const double *share = s->share[row], *middle = hr_survival_middles;
	unsigned low = 0;

	/* The first bin with more: few steps from the guide, where those of a search could not be predicted. */
	if (target >= 0)
		low = s->guide[row][target < 1 ? (unsigned)(target * HR_SURVIVAL_GUIDES) : HR_SURVIVAL_GUIDES - 1];
	while (low < HR_SURVIVAL_BINS && share[low] <= target)
		low++;
	if (low == HR_SURVIVAL_BINS)
		return -1;
	if (low == 0)
		return middle[0] * target / share[0];
	return middle[low - 1] +
	       (middle[low] - middle[low - 1]) * (target - share[low - 1]) / (share[low] - share[low - 1]);
}

/*
 * The age at death, in (0, age], of an object that was found dead at that age: u from [0, 1) draws it. share:
 * hr_survival_dead_by of it, which is the same for all draws. Where nothing was learned all ages are alike.
 */
static inline double hr_survival_draw(const struct hr_survival *s, unsigned span_class, double age, double share,
				      double u)
{
	double drawn;

	if (share <= 0)
		return age * u;
	drawn = hr_survival_age_in(s, hr_survival_row(s, span_class), share * u);
	return drawn < 0 || drawn > age ? age : drawn;
}

#endif
