/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/marks.h"

#include <math.h>

struct hr_extremes hr_extremes_of_none(enum hr_better better)
{
	return (struct hr_extremes){.low = INFINITY, .high = -INFINITY, .better = better};
}

void hr_extremes_take(struct hr_extremes *e, double x)
{
	if (isnan(x))
		return;
	e->at_low = x < e->low ? 1 : e->at_low + (x <= e->low);
	e->at_high = x > e->high ? 1 : e->at_high + (x >= e->high);
	e->low = x < e->low ? x : e->low;
	e->high = x > e->high ? x : e->high;
	e->n++;
}

enum hr_mark hr_extremes_mark(const struct hr_extremes *e, double x)
{
	const bool lowest = x <= e->low && 2 * e->at_low <= e->n, highest = x >= e->high && 2 * e->at_high <= e->n;

	if (e->better == HR_BETTER_NEITHER || e->low >= e->high)
		return HR_MARK_NONE;
	if (e->better == HR_BETTER_LOWER ? lowest : highest)
		return HR_MARK_BEST;
	return lowest || highest ? HR_MARK_WORST : HR_MARK_NONE;
}
