/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which values of a column are its best and its worst: one rule for tables, bars
 * and the HTML page. Values that more than half of the policies share have no
 * mark, nor has a column in which all are equal. Policies that know the future,
 * and those that could not act, take no part: the caller leaves them out.
 */
#ifndef HR_REPORT_MARKS_H
#define HR_REPORT_MARKS_H

#include "report/metrics.h"
#include "report/table.h"

#include <stddef.h>

/* The least and the greatest value so far, and how many have them. */
struct hr_extremes {
	double low, high;
	size_t at_low, at_high, n;
	enum hr_better better; /* which of the two is the best */
};

struct hr_extremes hr_extremes_of_none(enum hr_better better);
/* NaN, which is no value, is passed over. */
void hr_extremes_take(struct hr_extremes *e, double x);
enum hr_mark hr_extremes_mark(const struct hr_extremes *e, double x);

#endif
