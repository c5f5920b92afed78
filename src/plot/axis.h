/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The axis of CPU times, which often differ by powers of ten, and some of which
 * are 0: linear near 0 and logarithmic above, asinh(ns / bend); or linear all
 * the way. And labels beside points in such a plot.
 */
#ifndef HR_PLOT_AXIS_H
#define HR_PLOT_AXIS_H

#include "plot/labels.h"

#include <stddef.h>
#include <stdio.h>

struct hr_plot_axis {
	double top, bend; /* ns; bend 0: linear */
};

/* For times from least (above 0; INFINITY: there is none) to most. */
struct hr_plot_axis hr_plot_axis_from(double least, double most);
/* Where a time lies, from 0 to 1 at the top. */
double hr_plot_axis_at(const struct hr_plot_axis *a, double ns);
/* cpu_top and bend, and the tics of a bent axis, in a unit of so many ns. */
void hr_plot_write_axis(FILE *out, const struct hr_plot_axis *a, double unit);

#define HR_PLOT_LABEL_BUF 256
/* Those that have found a place, in an area of that size. */
void hr_plot_write_labels(FILE *out, const struct hr_label *labels, char (*texts)[HR_PLOT_LABEL_BUF], size_t n,
			  double width, double height);

#endif
