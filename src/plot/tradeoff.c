/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of trade-offs: what each policy retained against the CPU time it spent, and the best possible. */
#include "config.h"

#include "plot/axis.h"
#include "plot/data.h"

#include "base/alloc.h"
#include "base/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_POINTS 60
#define LETTER 9.2 /* pixels: the mean width of a letter, and the height of a line */
#define LINE 20.0
#define SAME 7.0 /* pixels: points that are closer share a label */
#define LABEL_LETTERS 64

/* Where the area of the plot lies in the picture; tradeoff.gp has the same. */
enum { LEFT = 110, RIGHT = 30, TOP = 70, LEGEND = 3, LEGEND_LETTERS = 29 };

struct spot {
	double retained, cpu_ns;
	struct hr_plot_bar retained_bar, cpu_bar; /* both ends the value itself where there is none */
	double x, y;				  /* pixels within the area */
	unsigned line;
	char name[256];
};

struct chart {
	struct spot *spots;
	size_t n;
	bool bounds;	      /* error bars are drawn */
	const json_t *points; /* of the envelope */
	double low, high;     /* retained bytes, of the axis */
	struct hr_plot_axis cpu;
	double width, height;
};

static struct hr_plot_bar bar_of(const struct hr_plot_run *run, const char *metric, double value)
{
	struct hr_plot_bar bar = hr_plot_error_bar(run, metric);

	if (isfinite(bar.low) && isfinite(bar.high))
		return bar;
	return (struct hr_plot_bar){value, value};
}

static enum hr_status collect(struct chart *c, const struct hr_plot_source *s, struct hr_error *err)
{
	unsigned lines[MOST_POINTS];

	c->points = json_object_get(s->runs[0].optimum, "points");
	c->spots = hr_calloc(s->n, sizeof(*c->spots));
	if (c->spots == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	c->bounds = hr_plot_has_bounds(s);
	hr_plot_lines(s, lines);
	for (size_t i = 0; i < s->n; i++) {
		struct spot spot = {.line = lines[i],
				    .retained = hr_plot_number(s->runs[i].summary, "retained_mean_bytes"),
				    .cpu_ns = hr_plot_cpu_ns(&s->runs[i])};

		if (!isfinite(spot.retained) || !isfinite(spot.cpu_ns))
			continue;
		spot.retained_bar = bar_of(&s->runs[i], "retained_mean_bytes", spot.retained);
		spot.cpu_bar = bar_of(&s->runs[i], "total_cpu_ns", spot.cpu_ns);
		snprintf(spot.name, sizeof(spot.name), "%s", hr_plot_policy_text(&s->runs[i]));
		c->spots[c->n++] = spot;
	}
	return HR_OK;
}

static void take_in(struct chart *c, double retained, double cpu_ns, double *most)
{
	if (!isfinite(retained) || !isfinite(cpu_ns))
		return;
	c->low = fmin(c->low, retained);
	c->high = fmax(c->high, retained);
	*most = fmax(*most, cpu_ns);
}

/* The axes, from what is to be seen. */
static void choose_axes(struct chart *c)
{
	double least = INFINITY, most = 0, margin;

	c->low = INFINITY;
	c->high = -INFINITY;
	for (size_t i = 0; i < c->n; i++) {
		take_in(c, c->spots[i].retained, c->spots[i].cpu_ns, &most);
		take_in(c, c->spots[i].retained_bar.low, c->spots[i].cpu_bar.low, &most);
		take_in(c, c->spots[i].retained_bar.high, c->spots[i].cpu_bar.high, &most);
		if (c->spots[i].cpu_ns > 0)
			least = fmin(least, c->spots[i].cpu_ns);
	}
	for (size_t i = 0; i < json_array_size(c->points); i++) {
		const json_t *p = json_array_get(c->points, i);
		take_in(c, hr_plot_number(p, "retained_mean_bytes"), hr_plot_number(p, "cpu_ns"), &most);
	}
	if (!isfinite(c->low))
		c->low = c->high = 0;
	margin = c->high > c->low ? 0.06 * (c->high - c->low) : 0.06 * c->high + 1;
	c->low = fmax(c->low - margin, 0);
	c->high += margin;
	c->cpu = hr_plot_axis_from(least, most);
}

static double x_of(const struct chart *c, double retained)
{
	return (retained - c->low) / (c->high - c->low) * c->width;
}

static double y_of(const struct chart *c, double cpu_ns)
{
	return hr_plot_axis_at(&c->cpu, cpu_ns) * c->height;
}

/* --- labels ------------------------------------------------------------------- */

/* Points that can't be told apart have one label, with all their names in it. */
static size_t merge(struct chart *c, char (*texts)[HR_PLOT_LABEL_BUF], struct hr_label *labels)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct spot *p = &c->spots[i];
		size_t k = 0, used;

		while (k < n && hypot(labels[k].x - p->x, labels[k].y - p->y) > SAME)
			k++;
		used = k < n ? strlen(texts[k]) : 0;
		if (k < n && used + strlen(p->name) + 3 <= LABEL_LETTERS)
			snprintf(texts[k] + used, sizeof(texts[k]) - used, ", %s", p->name);
		if (k < n)
			continue;
		snprintf(texts[n], sizeof(texts[n]), "%.*s", LABEL_LETTERS, p->name);
		labels[n++] = (struct hr_label){.x = p->x, .y = p->y, .height = LINE};
	}
	for (size_t k = 0; k < n; k++)
		labels[k].width = LETTER * (double)strlen(texts[k]);
	return n;
}

/* The curve, as dots every few pixels. */
static size_t curve_dots(const struct chart *c, struct hr_label_dot *dots, size_t most)
{
	size_t n = 0, points = json_array_size(c->points);

	for (size_t i = 0; i + 1 < points; i++) {
		const json_t *p = json_array_get(c->points, i), *q = json_array_get(c->points, i + 1);
		double x = hr_plot_number(p, "retained_mean_bytes"), y = hr_plot_number(p, "cpu_ns");
		double dx = hr_plot_number(q, "retained_mean_bytes") - x, dy = hr_plot_number(q, "cpu_ns") - y;
		double length = hypot(x_of(c, x + dx) - x_of(c, x), y_of(c, y + dy) - y_of(c, y));

		if (!isfinite(length))
			continue;
		for (double at = 0; at <= length && n < most; at += 8) {
			double share = length > 0 ? at / length : 0;
			dots[n++] = (struct hr_label_dot){x_of(c, x + share * dx), y_of(c, y + share * dy)};
		}
	}
	return n;
}

#define MOST_DOTS 4096

/* The curve and, where there are any, error bars: for labels to keep off. */
static size_t cover(const struct chart *c, struct hr_label_dot *dots)
{
	size_t n = curve_dots(c, dots, MOST_DOTS);

	for (size_t i = 0; c->bounds && i < c->n; i++) {
		const struct spot *p = &c->spots[i];

		n = hr_labels_cover_bars(dots, n, MOST_DOTS, (struct hr_label_dot){p->x, p->y},
					 (struct hr_label_bars){.left = x_of(c, p->retained_bar.low),
								.right = x_of(c, p->retained_bar.high),
								.bottom = y_of(c, p->cpu_bar.low),
								.top = y_of(c, p->cpu_bar.high)});
	}
	return n;
}

static enum hr_status label_points(FILE *out, struct chart *c, struct hr_error *err)
{
	struct hr_label *labels = hr_calloc(c->n, sizeof(*labels));
	char(*texts)[HR_PLOT_LABEL_BUF] = hr_calloc(c->n, sizeof(*texts));
	struct hr_label_dot *dots = hr_calloc(MOST_DOTS, sizeof(*dots));
	enum hr_status status = HR_OK;

	if (labels == NULL || texts == NULL || dots == NULL) {
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	} else {
		size_t n = merge(c, texts, labels);

		hr_labels_place(labels, n, dots, cover(c, dots), c->width, c->height);
		hr_plot_write_labels(out, labels, texts, n, c->width, c->height);
	}
	free(labels);
	free(texts);
	free(dots);
	return status;
}

/* --- all of it ----------------------------------------------------------------- */

/* What the optimum retains when it releases all that is free. */
static double least_of(const struct chart *c)
{
	double least = INFINITY;

	for (size_t i = 0; i < json_array_size(c->points); i++)
		least = fmin(least, hr_plot_number(json_array_get(c->points, i), "retained_mean_bytes"));
	return fmax(least, c->low);
}

/* Between its points the envelope is straight where both axes are linear; so a bent axis needs points between. */
#define STEPS 24

static void write_envelope(FILE *out, const struct chart *c, double memory, double time)
{
	double x0 = NAN, y0 = NAN;

	for (size_t i = 0; i < json_array_size(c->points); i++) {
		const json_t *p = json_array_get(c->points, i);
		double x = hr_plot_number(p, "retained_mean_bytes"), y = hr_plot_number(p, "cpu_ns");
		unsigned steps = i > 0 && c->cpu.bend > 0 ? STEPS : 1;

		for (unsigned k = 1; k <= steps; k++) {
			double rest = (double)(steps - k) / steps;

			hr_plot_put(out, (rest > 0 ? x + (x0 - x) * rest : x) / memory);
			hr_plot_put(out, (rest > 0 ? y + (y0 - y) * rest : y) / time);
			fputc('\n', out);
		}
		x0 = x;
		y0 = y;
	}
}

static void write_chart(FILE *out, const struct chart *c)
{
	struct hr_plot_unit memory = hr_plot_memory_unit(c->high), time = hr_plot_time_unit(c->cpu.top);

	hr_plot_set_string(out, "memory_unit", memory.name, 8);
	hr_plot_set_string(out, "cpu_unit", time.name, 8);
	hr_plot_set_number(out, "memory_low", c->low / memory.size);
	hr_plot_set_number(out, "memory_high", c->high / memory.size);
	hr_plot_set_number(out, "least", least_of(c) / memory.size);
	hr_plot_write_axis(out, &c->cpu, time.size);
	fprintf(out, "bounds = %d\n", c->bounds);
	hr_plot_begin_block(out, "policies", "retained on average, CPU time, line; with bounds low and high of both");
	for (size_t i = 0; i < c->n; i++) {
		hr_plot_put(out, c->spots[i].retained / memory.size);
		hr_plot_put(out, c->spots[i].cpu_ns / time.size);
		fprintf(out, "%u", c->spots[i].line + 1);
		if (c->bounds) {
			fputc(' ', out);
			hr_plot_put(out, c->spots[i].retained_bar.low / memory.size);
			hr_plot_put(out, c->spots[i].retained_bar.high / memory.size);
			hr_plot_put(out, c->spots[i].cpu_bar.low / time.size);
			hr_plot_put(out, c->spots[i].cpu_bar.high / time.size);
		}
		fputc('\n', out);
	}
	hr_plot_end_block(out);
	hr_plot_begin_block(out, "envelope", "the least CPU time for what is retained on average");
	write_envelope(out, c, memory.size, time.size);
	hr_plot_end_block(out);
}

enum hr_status hr_plot_tradeoff(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
				struct hr_error *err)
{
	struct chart c = {.width = (double)o->width - LEFT - RIGHT,
			  .height = (double)o->height - TOP - hr_plot_foot(o->width, LEGEND, LEGEND_LETTERS)};
	enum hr_status status;

	if (s->ntraces > 1)
		return hr_error_set(err, HR_EINPUT, "a trade-off shows one trace");
	if (s->n > MOST_POINTS)
		return hr_error_set(err, HR_EINPUT, "a trade-off shows at most %d policies; choose some", MOST_POINTS);
	status = collect(&c, s, err);
	if (status == HR_OK && (c.n == 0 || json_array_size(c.points) == 0))
		status = hr_error_set(err, HR_EINPUT, "the JSON has no points to draw");
	if (status == HR_OK) {
		choose_axes(&c);
		for (size_t i = 0; i < c.n; i++) {
			c.spots[i].x = x_of(&c, c.spots[i].retained);
			c.spots[i].y = y_of(&c, c.spots[i].cpu_ns);
		}
		fprintf(out, "lower_bound = %d\n", json_is_true(json_object_get(s->runs[0].optimum, "lower_bound")));
		write_chart(out, &c);
		status = label_points(out, &c, err);
	}
	free(c.spots);
	return status;
}
