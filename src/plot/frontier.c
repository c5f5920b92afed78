/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of a sweep's frontier: memory against CPU time of every setting, with error bars. */
#include "config.h"

#include "plot/axis.h"
#include "plot/data.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LETTER 9.4 /* pixels: the mean width of a letter, and the height of a line */
#define LINE 20.0
#define MOST_LABELS 24
#define MOST_DOTS 8192
#define LABEL_LETTERS 40

/* Where the area of the plot lies in the picture; frontier.gp has the same. */
enum { LEFT = 110, RIGHT = 30, TOP = 70, LEGEND = 5, LEGEND_LETTERS = 12 };

struct chart {
	const struct hr_frontier *f;
	double low, high; /* bytes, of the axis */
	struct hr_plot_axis cpu;
	double width, height;
};

static void choose_axes(struct chart *c)
{
	double margin, least = INFINITY, most = 0;

	c->low = INFINITY;
	for (size_t i = 0; i < c->f->n; i++) {
		const struct hr_frontier_point *p = &c->f->at[i];

		c->low = fmin(c->low, p->memory_low);
		c->high = fmax(c->high, p->memory_high);
		most = fmax(most, p->cpu_high);
		if (p->cpu > 0)
			least = fmin(least, p->cpu);
	}
	margin = c->high > c->low ? 0.06 * (c->high - c->low) : 0.06 * c->high + 1;
	c->low = fmax(c->low - margin, 0);
	c->high += margin;
	c->cpu = hr_plot_axis_from(least, most);
}

static double x_of(const struct chart *c, double memory)
{
	return (memory - c->low) / (c->high - c->low) * c->width;
}

static double y_of(const struct chart *c, double cpu)
{
	return hr_plot_axis_at(&c->cpu, cpu) * c->height;
}

static void write_points(FILE *out, const struct chart *c, double memory, double time, const char *name,
			 bool (*is)(const struct hr_frontier_point *))
{
	bool any = false;

	hr_plot_begin_block(out, name, "memory, CPU time; each with low and high");
	for (size_t i = 0; i < c->f->n; i++) {
		const struct hr_frontier_point *p = &c->f->at[i];
		const double values[] = {p->memory / memory,	  p->cpu / time,     p->memory_low / memory,
					 p->memory_high / memory, p->cpu_low / time, p->cpu_high / time};

		if (!is(p))
			continue;
		any = true;
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
			hr_plot_put(out, values[k]);
		fputc('\n', out);
	}
	/* A block must not be empty. */
	if (!any)
		fputs("NaN NaN NaN NaN NaN NaN\n", out);
	hr_plot_end_block(out);
}

static bool is_unbeaten(const struct hr_frontier_point *p)
{
	return p->unbeaten;
}

static bool is_beaten(const struct hr_frontier_point *p)
{
	return !p->unbeaten;
}

static bool is_knee(const struct hr_frontier_point *p)
{
	return p->knee;
}

static bool is_own(const struct hr_frontier_point *p)
{
	return p->own;
}

/* Of the points that are named: the knee, today's setting, and as many of the frontier as there is room for. */
static size_t choose_labels(const struct chart *c, struct hr_label *labels, char (*texts)[HR_PLOT_LABEL_BUF])
{
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < c->f->n && n < MOST_LABELS; i++) {
			const struct hr_frontier_point *p = &c->f->at[i];
			const char *what = p->knee && p->own ? "knee, today: "
					   : p->knee	     ? "knee: "
					   : p->own	     ? "today: "
							     : "";

			if ((pass == 0) != (p->knee || p->own) || (pass == 1 && !p->unbeaten))
				continue;
			snprintf(texts[n], sizeof(texts[n]), "%s%.*s", what, LABEL_LETTERS, p->text);
			labels[n] = (struct hr_label){.x = x_of(c, p->memory),
						      .y = y_of(c, p->cpu),
						      .height = LINE,
						      .width = LETTER * (double)strlen(texts[n])};
			n++;
		}
	}
	return n;
}

/* Points and error bars, as dots every few pixels, for labels to keep off. Returns how many. */
static size_t cover(const struct chart *c, struct hr_label_dot *dots)
{
	size_t n = 0;

	for (size_t i = 0; i < c->f->n; i++) {
		const struct hr_frontier_point *p = &c->f->at[i];

		n = hr_labels_cover_bars(dots, n, MOST_DOTS, (struct hr_label_dot){x_of(c, p->memory), y_of(c, p->cpu)},
					 (struct hr_label_bars){.left = x_of(c, p->memory_low),
								.right = x_of(c, p->memory_high),
								.bottom = y_of(c, p->cpu_low),
								.top = y_of(c, p->cpu_high)});
	}
	return n;
}

static enum hr_status label_points(FILE *out, const struct chart *c, struct hr_error *err)
{
	struct hr_label *labels = hr_calloc(MOST_LABELS, sizeof(*labels));
	char(*texts)[HR_PLOT_LABEL_BUF] = hr_calloc(MOST_LABELS, sizeof(*texts));
	struct hr_label_dot *dots = hr_calloc(MOST_DOTS, sizeof(*dots));
	enum hr_status status = HR_OK;

	if (labels == NULL || texts == NULL || dots == NULL) {
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	} else {
		size_t n = choose_labels(c, labels, texts);

		hr_labels_place(labels, n, dots, cover(c, dots), c->width, c->height);
		hr_plot_write_labels(out, labels, texts, n, c->width, c->height);
	}
	free(labels);
	free(texts);
	free(dots);
	return status;
}

enum hr_status hr_plot_frontier(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
				struct hr_error *err)
{
	struct chart c = {.f = s->frontier,
			  .width = (double)o->width - LEFT - RIGHT,
			  .height = (double)o->height - TOP - hr_plot_foot(o->width, LEGEND, LEGEND_LETTERS)};
	struct hr_plot_unit memory, time;

	choose_axes(&c);
	memory = hr_plot_memory_unit(c.high);
	time = hr_plot_time_unit(c.cpu.top);
	hr_plot_set_string(out, "memory_unit", memory.name, 8);
	hr_plot_set_string(out, "cpu_unit", time.name, 8);
	hr_plot_set_number(out, "memory_low", c.low / memory.size);
	hr_plot_set_number(out, "memory_high", c.high / memory.size);
	hr_plot_write_axis(out, &c.cpu, time.size);
	write_points(out, &c, memory.size, time.size, "beaten", is_beaten);
	write_points(out, &c, memory.size, time.size, "frontier", is_unbeaten);
	write_points(out, &c, memory.size, time.size, "knee", is_knee);
	write_points(out, &c, memory.size, time.size, "own", is_own);
	return label_points(out, &c, err);
}
