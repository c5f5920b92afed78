/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Labels beside points, so that none overlaps another or hides a point. Every
 * label goes to the free place nearest to its point, the points in the given
 * order; a label for which there is no room at all is left out. Lengths are
 * pixels from the lower left corner of the area.
 */
#ifndef HR_REPORT_LABELS_H
#define HR_REPORT_LABELS_H

#include <stdbool.h>
#include <stddef.h>

struct hr_label {
	double x, y;	      /* the point */
	double width, height; /* of the text */
	/* The result: the text's left edge and middle, and whether it is so far from its point that a line should lead
	 * there. */
	double left, middle;
	bool placed, far;
};

/* A place that labels should not cover, but may. */
struct hr_label_dot {
	double x, y;
};

/* Ends of a point's error bars. */
struct hr_label_bars {
	double left, right, bottom, top;
};

/* Adds dots along them to n others, at most up to `most`. Returns how many there are then. */
size_t hr_labels_cover_bars(struct hr_label_dot *dots, size_t n, size_t most, struct hr_label_dot point,
			    struct hr_label_bars bars);

void hr_labels_place(struct hr_label *labels, size_t n, const struct hr_label_dot *dots, size_t ndots, double width,
		     double height);

#endif
