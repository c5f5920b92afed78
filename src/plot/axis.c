/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/axis.h"

#include "base/print.h"
#include "plot/data.h"

#include <math.h>

struct hr_plot_axis hr_plot_axis_from(double least, double most)
{
	struct hr_plot_axis a = {.top = most > 0 ? 1.15 * most : 1};

	if (a.top > 20 * least) {
		a.bend = fmax(least / 4, a.top / 1e6);
		a.top *= 1.3;
	}
	return a;
}

static double bent(const struct hr_plot_axis *a, double ns)
{
	return a->bend > 0 ? asinh(ns / a->bend) : ns;
}

double hr_plot_axis_at(const struct hr_plot_axis *a, double ns)
{
	return bent(a, ns) / bent(a, a->top);
}

/* Powers of ten from the bend on. */
static void write_ticks(FILE *out, const struct hr_plot_axis *a, double unit)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	unsigned power = 0;

	if (a->bend <= 0)
		return;
	fputs("set ytics ('0' 0", out);
	for (double ns = 1; ns <= a->top; ns *= 10, power++) {
		unsigned i = power / 3 < 3 ? power / 3 : 3;

		if (ns >= a->bend)
			hr_print(out, ", '%.0f %s' %.9g", ns / pow(1000, i), units[i], ns / unit);
	}
	fputs(")\n", out);
}

void hr_plot_write_axis(FILE *out, const struct hr_plot_axis *a, double unit)
{
	hr_plot_set_number(out, "cpu_top", a->top / unit);
	hr_plot_set_number(out, "bend", a->bend / unit);
	write_ticks(out, a, unit);
}

void hr_plot_write_labels(FILE *out, const struct hr_label *labels, char (*texts)[HR_PLOT_LABEL_BUF], size_t n,
			  double width, double height)
{
	for (size_t i = 0; i < n; i++) {
		const struct hr_label *l = &labels[i];
		bool right = l->left > l->x, left = l->left + l->width < l->x;
		double edge = right ? l->left : left ? l->left + l->width : l->left + l->width / 2;

		if (!l->placed)
			continue;
		fprintf(out, "set label %zu ", 1000 + i);
		hr_gnuplot_string(out, texts[i]);
		hr_print(out, " at graph %.4f, %.4f %s front noenhanced\n", edge / width, l->middle / height,
			 right	? "left"
			 : left ? "right"
				: "center");
		if (l->far)
			fprintf(out,
				"set arrow from graph %.4f, %.4f to graph %.4f, %.4f nohead back linewidth 1 "
				"linecolor rgb faint\n",
				edge / width, l->middle / height, l->x / width, l->y / height);
	}
}
