/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/series.h"

#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

/* --- CSV --- */

void hr_csv_series_row(FILE *out, const struct hr_csv_row *row)
{
	fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", row->time_ns, row->in_use,
		row->free, row->released, row->retained);
	if (row->goal != HR_NEVER)
		fprintf(out, "%" PRIu64, row->goal);
	fputc(',', out);
	if (row->heap_goal != 0)
		fprintf(out, "%" PRIu64, row->heap_goal);
	fprintf(out, ",%" PRIu64, row->manual);
}

static void write_row(FILE *out, const struct hr_follower *f, uint64_t time_ns)
{
	hr_csv_series_row(out, &(struct hr_csv_row){
				   .time_ns = time_ns,
				   .in_use = f->view.in_use_pages * HR_PAGE_BYTES,
				   .free = hr_follower_free_pages(f) * HR_PAGE_BYTES,
				   .released = f->view.released_pages * HR_PAGE_BYTES,
				   .retained = hr_follower_retained_bytes(f),
				   .goal = f->view.goal_bytes,
				   .heap_goal = f->view.heap_goal_bytes,
				   .manual = f->view.manual_pages * HR_PAGE_BYTES,
			       });
	fputc('\n', out);
}

static uint64_t csv_sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_csv_series *s = ctx;

	if (!last || s->last_row_ns != time_ns)
		write_row(s->file, f, time_ns);
	s->last_row_ns = time_ns;
	return time_ns <= HR_NEVER - s->every_ns ? time_ns + s->every_ns : HR_NEVER;
}

void hr_csv_series_start(struct hr_csv_series *s, FILE *file, uint64_t every_ns, struct hr_follower *f)
{
	*s = (struct hr_csv_series){.file = file, .every_ns = every_ns, .last_row_ns = HR_NEVER};
	fputs(HR_CSV_SERIES_COLUMNS "\n", file);
	hr_follower_sample(f, (struct hr_sampler){.next_ns = 0, .sample = csv_sample, .ctx = s});
}

/* --- JSON --- */

static const char *const names[HR_SERIES_BANDS] = {"in_use", "free", "released", "retained"};

static void gauges_of(struct hr_follower *f, struct hr_gauge *g[HR_SERIES_BANDS])
{
	g[HR_SERIES_IN_USE] = &f->in_use;
	g[HR_SERIES_FREE] = &f->free;
	g[HR_SERIES_RELEASED] = &f->released;
	g[HR_SERIES_RETAINED] = &f->retained;
}

static uint64_t begin_of(const struct hr_json_series *s, unsigned i)
{
	return i > 0 ? s->points[i - 1].end_ns : 0;
}

/* b takes in the point before it; they began at these times. */
static void merge(struct hr_point *b, const struct hr_point *a, uint64_t a_ns, uint64_t b_ns)
{
	double share = b->end_ns > a_ns ? (double)(b_ns - a_ns) / (double)(b->end_ns - a_ns) : 0;

	for (unsigned k = 0; k < HR_SERIES_BANDS; k++) {
		if (a->low[k] < b->low[k])
			b->low[k] = a->low[k];
		if (a->high[k] > b->high[k])
			b->high[k] = a->high[k];
		b->mean[k] += (a->mean[k] - b->mean[k]) * share;
	}
	b->gc_cycles += a->gc_cycles;
}

/* Two neighbouring points become one. */
static void halve(struct hr_json_series *s)
{
	for (unsigned i = 0; i < s->n / 2; i++) {
		/* Points before these two are merged already and keep their end. */
		uint64_t a_ns = begin_of(s, i);
		struct hr_point b = s->points[2 * i + 1];

		merge(&b, &s->points[2 * i], a_ns, s->points[2 * i].end_ns);
		s->points[i] = b;
	}
	s->n /= 2;
	s->interval_ns *= 2;
}

/* The gauges' integrals up to now, for the next interval's means. */
static void note_areas(struct hr_json_series *s, struct hr_gauge *const g[HR_SERIES_BANDS])
{
	for (unsigned k = 0; k < HR_SERIES_BANDS; k++)
		s->areas[k] = hr_gauge_area(g[k], s->f->view.now_ns);
	s->gauged_ns = g[0]->start_ns;
}

/* Measuring may have restarted (--from) within the interval: then the mean is over the rest of it. */
static double mean_of(const struct hr_json_series *s, struct hr_gauge *g, unsigned k, uint64_t time_ns)
{
	bool anew = g->start_ns != s->gauged_ns;
	uint64_t since_ns = anew ? g->start_ns : begin_of(s, s->n - 1);
	double area = hr_gauge_area(g, time_ns) - (anew ? 0 : s->areas[k]);

	return time_ns > since_ns ? area / (double)(time_ns - since_ns) : (double)g->value;
}

static uint64_t json_sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_json_series *s = ctx;
	struct hr_gauge *g[HR_SERIES_BANDS];
	struct hr_point *p;

	if (last && s->n > 0 && s->points[s->n - 1].end_ns == time_ns)
		return HR_NEVER;
	p = &s->points[s->n++];
	*p = (struct hr_point){
	    .end_ns = time_ns,
	    .goal_bytes = f->view.goal_bytes,
	    .heap_goal_bytes = f->view.heap_goal_bytes,
	    .limit_bytes = f->view.memory_limit_bytes,
	    .manual_bytes = f->view.manual_pages * HR_PAGE_BYTES,
	    .gc_cycles = f->gc_cycles - s->gc_cycles,
	};
	s->gc_cycles = f->gc_cycles;
	gauges_of(s->f, g);
	for (unsigned k = 0; k < HR_SERIES_BANDS; k++) {
		p->low[k] = g[k]->low;
		p->high[k] = g[k]->high;
		p->mean[k] = mean_of(s, g[k], k, time_ns);
		hr_gauge_open_window(g[k]);
	}
	note_areas(s, g);
	if (s->n == HR_SERIES_POINTS)
		halve(s);
	return time_ns <= HR_NEVER - s->interval_ns ? time_ns + s->interval_ns : HR_NEVER;
}

void hr_json_series_start(struct hr_json_series *s, struct hr_follower *f)
{
	struct hr_gauge *g[HR_SERIES_BANDS];

	s->f = f;
	s->n = 0;
	s->interval_ns = 1000000;
	s->gc_cycles = f->gc_cycles;
	gauges_of(f, g);
	note_areas(s, g);
	hr_follower_sample(f, (struct hr_sampler){.next_ns = s->interval_ns, .sample = json_sample, .ctx = s});
}

/* A column: a value of each point, null where it is `none`. */
struct column {
	const char *name;
	size_t offset;
	uint64_t none;
};

static json_t *column_json(const struct hr_json_series *s, const struct column *c)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < s->n; i++) {
		uint64_t v = *(const uint64_t *)((const char *)&s->points[i] + c->offset);

		hr_json_add(&a, v == c->none ? json_null() : json_integer((json_int_t)v));
	}
	return a;
}

static json_t *mean_json(const struct hr_json_series *s, unsigned k)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < s->n; i++)
		hr_json_add(&a, json_integer(llround(s->points[i].mean[k])));
	return a;
}

json_t *hr_json_series_get(const struct hr_json_series *s)
{
	static const struct column times = {"time_ns", offsetof(struct hr_point, end_ns), UINT64_MAX};
	static const struct column ends[] = {
	    {"goal_bytes", offsetof(struct hr_point, goal_bytes), HR_NEVER},
	    {"heap_goal_bytes", offsetof(struct hr_point, heap_goal_bytes), 0},
	    {"memory_limit_bytes", offsetof(struct hr_point, limit_bytes), UINT64_MAX},
	    {"manual_bytes", offsetof(struct hr_point, manual_bytes), UINT64_MAX},
	    {"gc_marks", offsetof(struct hr_point, gc_cycles), UINT64_MAX},
	};
	json_t *o = json_object();

	hr_json_put(&o, "interval_ns", json_integer((json_int_t)s->interval_ns));
	hr_json_put(&o, times.name, column_json(s, &times));
	for (unsigned k = 0; k < HR_SERIES_BANDS; k++) {
		const struct column low = {"min", offsetof(struct hr_point, low[k]), UINT64_MAX};
		const struct column high = {"max", offsetof(struct hr_point, high[k]), UINT64_MAX};
		char name[64];

		snprintf(name, sizeof(name), "%s_min_bytes", names[k]);
		hr_json_put(&o, name, column_json(s, &low));
		snprintf(name, sizeof(name), "%s_max_bytes", names[k]);
		hr_json_put(&o, name, column_json(s, &high));
		snprintf(name, sizeof(name), "%s_mean_bytes", names[k]);
		hr_json_put(&o, name, mean_json(s, k));
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		hr_json_put(&o, ends[i].name, column_json(s, &ends[i]));
	return o;
}
