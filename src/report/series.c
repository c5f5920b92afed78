#include "config.h"

#include "report/series.h"

#include <inttypes.h>

/* --- CSV --- */

static void write_row(FILE *out, const struct hr_follower *f, uint64_t time_ns)
{
	fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", time_ns,
		f->view.in_use_pages * HR_PAGE_BYTES, hr_follower_free_pages(f) * HR_PAGE_BYTES,
		f->view.released_pages * HR_PAGE_BYTES, hr_follower_retained_bytes(f));
	if (f->view.goal_bytes != HR_NEVER)
		fprintf(out, "%" PRIu64, f->view.goal_bytes);
	fputc(',', out);
	if (f->view.heap_goal_bytes != 0)
		fprintf(out, "%" PRIu64, f->view.heap_goal_bytes);
	fprintf(out, ",%" PRIu64 "\n", f->view.manual_pages * HR_PAGE_BYTES);
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
	fputs("time_ns,in_use_bytes,free_bytes,released_bytes,retained_bytes,goal_bytes,heap_goal_bytes,manual_bytes\n",
	      file);
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

/* Two neighbouring points become one. */
static void halve(struct hr_json_series *s)
{
	for (unsigned i = 0; i < s->n / 2; i++) {
		struct hr_point a = s->points[2 * i], b = s->points[2 * i + 1];

		for (unsigned k = 0; k < HR_SERIES_BANDS; k++) {
			if (a.low[k] < b.low[k])
				b.low[k] = a.low[k];
			if (a.high[k] > b.high[k])
				b.high[k] = a.high[k];
		}
		s->points[i] = b;
	}
	s->n /= 2;
	s->interval_ns *= 2;
}

static uint64_t json_sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_json_series *s = ctx;
	struct hr_gauge *g[HR_SERIES_BANDS];
	struct hr_point *p;

	if (last && s->n > 0 && s->points[s->n - 1].end_ns == time_ns)
		return HR_NEVER;
	p = &s->points[s->n++];
	p->end_ns = time_ns;
	p->goal_bytes = f->view.goal_bytes;
	gauges_of(s->f, g);
	for (unsigned k = 0; k < HR_SERIES_BANDS; k++) {
		p->low[k] = g[k]->low;
		p->high[k] = g[k]->high;
		hr_gauge_open_window(g[k]);
	}
	if (s->n == HR_SERIES_POINTS)
		halve(s);
	return time_ns + s->interval_ns;
}

void hr_json_series_start(struct hr_json_series *s, struct hr_follower *f)
{
	s->f = f;
	s->n = 0;
	s->interval_ns = 1000000;
	hr_follower_sample(f, (struct hr_sampler){.next_ns = s->interval_ns, .sample = json_sample, .ctx = s});
}

json_t *hr_json_series_get(const struct hr_json_series *s)
{
	json_t *o = json_object(), *times = json_array(), *goals = json_array();

	for (unsigned i = 0; i < s->n; i++) {
		json_array_append_new(times, json_integer((json_int_t)s->points[i].end_ns));
		json_array_append_new(goals, s->points[i].goal_bytes == HR_NEVER
						 ? json_null()
						 : json_integer((json_int_t)s->points[i].goal_bytes));
	}
	json_object_set_new(o, "interval_ns", json_integer((json_int_t)s->interval_ns));
	json_object_set_new(o, "time_ns", times);
	for (unsigned k = 0; k < HR_SERIES_BANDS; k++) {
		json_t *low = json_array(), *high = json_array();
		char name[64];

		for (unsigned i = 0; i < s->n; i++) {
			json_array_append_new(low, json_integer((json_int_t)s->points[i].low[k]));
			json_array_append_new(high, json_integer((json_int_t)s->points[i].high[k]));
		}
		snprintf(name, sizeof(name), "%s_min_bytes", names[k]);
		json_object_set_new(o, name, low);
		snprintf(name, sizeof(name), "%s_max_bytes", names[k]);
		json_object_set_new(o, name, high);
	}
	json_object_set_new(o, "goal_bytes", goals);
	return o;
}
