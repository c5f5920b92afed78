/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/gauge.h"

#include <string.h>

/* Values below 64 have a bucket each; above, the six bits below the highest one choose it. */
static unsigned bucket_of(uint64_t value)
{
	unsigned top;

	if (value < HR_GAUGE_STEPS)
		return (unsigned)value;
	top = 63 - (unsigned)__builtin_clzll(value);
	unsigned b = (top - 5) * HR_GAUGE_STEPS + (unsigned)((value >> (top - 6)) & (HR_GAUGE_STEPS - 1));
	return b < HR_GAUGE_BUCKETS ? b : HR_GAUGE_BUCKETS - 1;
}

/* The largest value of the bucket. */
static uint64_t bucket_top(unsigned b)
{
	unsigned shift;

	if (b < HR_GAUGE_STEPS)
		return b;
	shift = b / HR_GAUGE_STEPS - 1;
	return (((uint64_t)HR_GAUGE_STEPS + b % HR_GAUGE_STEPS + 1) << shift) - 1;
}

void hr_gauge_start(struct hr_gauge *g, uint64_t value, uint64_t now_ns)
{
	memset(g, 0, sizeof(*g));
	g->value = g->peak = g->low = g->high = value;
	g->since_ns = g->start_ns = g->peak_ns = now_ns;
}

void hr_gauge_finish(struct hr_gauge *g, uint64_t now_ns)
{
	uint64_t dt = now_ns - g->since_ns;

	if (dt == 0)
		return;
	g->weighted += (unsigned __int128)g->value * dt;
	g->ns[bucket_of(g->value)] += dt;
	g->since_ns = now_ns;
}

void hr_gauge_change(struct hr_gauge *g, uint64_t value, uint64_t now_ns)
{
	hr_gauge_finish(g, now_ns);
	g->value = value;
	if (value > g->peak) {
		g->peak = value;
		g->peak_ns = now_ns;
	}
	if (value > g->high)
		g->high = value;
	if (value < g->low)
		g->low = value;
}

void hr_gauge_open_window(struct hr_gauge *g)
{
	g->low = g->high = g->value;
}

double hr_gauge_mean(const struct hr_gauge *g, uint64_t now_ns)
{
	return now_ns == g->start_ns ? (double)g->value : hr_gauge_area(g, now_ns) / (double)(now_ns - g->start_ns);
}

uint64_t hr_gauge_percentile(const struct hr_gauge *g, double share)
{
	uint64_t total = g->since_ns - g->start_ns, seen = 0;
	double want = share * (double)total;

	if (total == 0)
		return g->value;
	for (unsigned b = 0; b < HR_GAUGE_BUCKETS; b++) {
		seen += g->ns[b];
		if (seen > 0 && (double)seen >= want) {
			uint64_t top = bucket_top(b);
			return top < g->peak ? top : g->peak;
		}
	}
	return g->peak;
}
