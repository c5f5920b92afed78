/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A quantity over simulated time: its time-weighted mean, its peak, its
 * percentiles, and the least and most since a window was opened (for
 * down-sampled series).
 *
 * Percentiles come from a log-linear histogram of time by value (64 steps an
 * octave: a value is at most 1.6 % above what it stands for), so that memory
 * does not depend on the length of the trace.
 */
#ifndef HR_SCAVENGE_GAUGE_H
#define HR_SCAVENGE_GAUGE_H

#include <stdint.h>

#define HR_GAUGE_STEPS 64
#define HR_GAUGE_BUCKETS (HR_GAUGE_STEPS * 54)

struct hr_gauge {
	uint64_t value, since_ns, start_ns;
	uint64_t peak, peak_ns;	       /* and when it was reached first */
	uint64_t low, high;	       /* since hr_gauge_open_window */
	unsigned __int128 weighted;    /* sum of value times ns */
	uint64_t ns[HR_GAUGE_BUCKETS]; /* time spent in each bucket */
};

/* Starts measuring at now_ns with the given value; everything before is forgotten. */
void hr_gauge_start(struct hr_gauge *g, uint64_t value, uint64_t now_ns);
void hr_gauge_change(struct hr_gauge *g, uint64_t value, uint64_t now_ns);

/* From now_ns on the quantity has this value. now_ns never falls. */
static inline void hr_gauge_set(struct hr_gauge *g, uint64_t value, uint64_t now_ns)
{
	if (value != g->value)
		hr_gauge_change(g, value, now_ns);
}

void hr_gauge_open_window(struct hr_gauge *g);
/* The integral of the quantity from the start up to now_ns. */
static inline double hr_gauge_area(const struct hr_gauge *g, uint64_t now_ns)
{
	return (double)(g->weighted + (unsigned __int128)g->value * (now_ns - g->since_ns));
}

/* Time-weighted mean up to now_ns; the value itself when no time has passed. */
double hr_gauge_mean(const struct hr_gauge *g, uint64_t now_ns);
/* The value that the quantity did not exceed for `share` (0..1) of the time; call hr_gauge_finish first. */
uint64_t hr_gauge_percentile(const struct hr_gauge *g, double share);
/* Accounts for the time up to now_ns. */
void hr_gauge_finish(struct hr_gauge *g, uint64_t now_ns);

#endif
