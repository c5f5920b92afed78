/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "heap/gcfit.h"

#include <stdlib.h>

#define MAX_EXTRA (UINT64_C(64) << 20) /* stacks and globals that one cycle alone may show */
#define MIN_HEAP (UINT64_C(4) << 20)
#define MAX_PERCENT 100000.0

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_doubles);
	return v[n / 2];
}

static double distance(uint64_t a, uint64_t b)
{
	return a > b ? (double)(a - b) : (double)(b - a);
}

/* The middle half of n values spans so much; *middle: their median. */
static double spread(double *v, size_t n, double *middle)
{
	*middle = median(v, n);
	return v[n - 1 - n / 4] - v[n / 4];
}

/*
 * Goals that hardly differ where what is marked does: something else than GOGC holds them. That of the smallest heap
 * does not differ at all; that of a memory limit does, by what is not heap. Cycles that are held otherwise, such as
 * the first ones, are in no half.
 */
static uint64_t limit_goal(const struct hr_gc_fit_cycle *c, size_t n)
{
	double goals[HR_GC_FIT_CYCLES], marked[HR_GC_FIT_CYCLES], goal, survives, apart, heaps_apart;

	if (n < 4)
		return 0;
	for (size_t i = 0; i < n; i++) {
		goals[i] = (double)c[i].goal;
		marked[i] = (double)c[i].marked;
	}
	apart = spread(goals, n, &goal);
	heaps_apart = spread(marked, n, &survives);
	return apart > 0 && heaps_apart > survives / 20 && apart < 0.25 * heaps_apart ? (uint64_t)goal : 0;
}

/* The median slope of all pairs that are far enough apart; 0: there are too few. */
static double slope_of(const struct hr_gc_fit_cycle *c, size_t n, uint64_t most)
{
	double slopes[HR_GC_FIT_CYCLES * HR_GC_FIT_CYCLES / 2];
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			double apart = distance(c[i].marked, c[j].marked);

			if (apart > (double)most / 20 && c[i].goal != c[j].goal)
				slopes[k++] = ((double)c[i].goal - (double)c[j].goal) /
					      ((double)c[i].marked - (double)c[j].marked);
		}
	return k >= 3 ? median(slopes, k) : 0;
}

static double extra_of(const struct hr_gc_fit_cycle *c, size_t n, double percent)
{
	double extra[HR_GC_FIT_CYCLES];

	for (size_t i = 0; i < n; i++)
		extra[i] = ((double)c[i].goal - (double)c[i].marked) * 100 / percent - (double)c[i].marked;
	return median(extra, n);
}

/* What people set; the one that leaves least for stacks and globals, but something. */
static uint64_t usual_percent(const struct hr_gc_fit_cycle *c)
{
	static const uint16_t usual[] = {10,  15,  20,	25,  30,  40,  50,  60,	 65,  70,  75,	80,  90,
					 100, 110, 120, 125, 150, 175, 200, 250, 300, 400, 500, 800, 1000};
	uint64_t best = 0;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		double extra = extra_of(c, 1, usual[i]);

		if (extra >= 0 && extra < (double)MAX_EXTRA && c->goal > MIN_HEAP / 100 * usual[i])
			best = usual[i];
	}
	return best;
}

struct hr_gc_fitted hr_gc_fit(const struct hr_gc_fit *f)
{
	struct hr_gc_fit_cycle c[HR_GC_FIT_CYCLES];
	struct hr_gc_fitted r = {0};
	uint64_t first = f->n > HR_GC_FIT_CYCLES ? f->n - HR_GC_FIT_CYCLES : 0, most = 0;
	size_t n = 0;
	double percent, extra;

	for (uint64_t i = first; i < f->n; i++) {
		c[n] = f->last[i % HR_GC_FIT_CYCLES];
		most = c[n].marked > most ? c[n].marked : most;
		n += c[n].goal > c[n].marked && c[n].marked > 0;
	}
	if (n == 0)
		return r;
	r.limit_goal = limit_goal(c, n);
	percent = (slope_of(c, n, most) - 1) * 100;
	if (percent >= 1 && percent < MAX_PERCENT) {
		double whole = (double)(uint64_t)(percent + 0.5);

		/* A setting is a whole number; stacks that grow with the heap tilt the line a little. */
		if (percent - whole < whole * 0.02 + 0.1 && whole - percent < whole * 0.02 + 0.1) {
			double ten = (double)((uint64_t)(percent / 10 + 0.5) * 10),
			       five = (double)((uint64_t)(percent / 5 + 0.5) * 5);

			if (ten > 0 && percent - ten < ten * 0.025 && ten - percent < ten * 0.025)
				whole = ten;
			else if (five > 0 && percent - five < five * 0.01 && five - percent < five * 0.01)
				whole = five;
			percent = whole;
		}
		extra = extra_of(c, n, percent);
		r.sure = extra > -(double)most / 50;
		r.known = r.sure;
		r.gogc = (uint64_t)percent;
		r.extra_bytes = extra > 0 ? (uint64_t)extra : 0;
	}
	if (!r.known && r.limit_goal == 0) {
		r.gogc = usual_percent(&c[n - 1]);
		r.known = r.gogc != 0;
		extra = r.known ? extra_of(&c[n - 1], 1, (double)r.gogc) : 0;
		r.extra_bytes = extra > 0 ? (uint64_t)extra : 0;
	}
	return r;
}
