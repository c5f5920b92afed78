/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of comparisons and of index work: panels with a bar for each run, or, for several heaps, points by size. */
#include "config.h"

#include "plot/data.h"

#include "base/alloc.h"
#include "base/print.h"
#include "base/units.h"
#include "report/marks.h"
#include "report/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PANELS 12
#define MOST_BARS 200
#define POLICY_LETTERS 32
#define TRACE_LETTERS 40

struct panel {
	const char *title;
	const char *unit_name; /* NULL: by the largest value */
	enum hr_unit unit;
	enum hr_better better;
	/* numerator / denominator * scale; denominator NULL: the member itself */
	const char *numerator, *denominator;
	double scale;
	bool regret; /* a member of "regret", not of "summary" */
};

static double value_of(const struct panel *p, const struct hr_plot_run *run)
{
	double v = hr_plot_number(p->regret ? run->regret : run->summary, p->numerator);

	if (p->denominator == NULL)
		return v;
	return v / hr_plot_number(run->summary, p->denominator) * p->scale;
}

/* Of metrics as they are, not of ratios between them. */
static struct hr_plot_bar error_bar_of(const struct panel *p, const struct hr_plot_run *run)
{
	if (p->regret || p->denominator != NULL)
		return (struct hr_plot_bar){NAN, NAN};
	return hr_plot_error_bar(run, p->numerator);
}

static const char *const default_metrics[] = {
    "retained_mean_bytes", "retained_peak_bytes", "lag_90_ns", "refaulted_bytes",
    "total_cpu_ns",	   "worst_stall_ns",	  NULL,
};

static const struct panel index_panels[] = {
    {"lookups", "", HR_UNIT_COUNT, HR_BETTER_LOWER, "index_lookups", NULL, 1},
    {"entries read per lookup", "", HR_UNIT_COUNT, HR_BETTER_LOWER, "index_words", "index_lookups", 1},
    {"missed lookups", "%", HR_UNIT_COUNT, HR_BETTER_LOWER, "index_empty_hits", "index_lookups", 100},
};

#define NINDEX (sizeof(index_panels) / sizeof(index_panels[0]))

static bool find_metric(const char *name, size_t length, struct panel *p)
{
	const struct hr_metric *m;
	size_t i;

	if (!hr_metric_find(name, length, &i))
		return false;
	m = &hr_metrics[i];
	*p = (struct panel){.title = m->name,
			    .unit = m->unit,
			    .better = m->better,
			    .numerator = m->name,
			    .regret = m->of == HR_METRIC_REGRET,
			    .scale = 1};
	return true;
}

/* --- units and texts of values ------------------------------------------------ */

static struct hr_plot_unit unit_of(const struct panel *p, double most)
{
	if (p->unit_name != NULL)
		return (struct hr_plot_unit){p->unit_name, 1};
	if (p->unit == HR_UNIT_BYTES)
		return hr_plot_memory_unit(most);
	if (p->unit == HR_UNIT_NS)
		return hr_plot_time_unit(most);
	return (struct hr_plot_unit){"", 1};
}

/* A value as it stands beside its bar. */
static void format_value(char *buf, size_t size, const struct panel *p, double v)
{
	char text[HR_UNIT_BUF];

	if (!isfinite(v) || v < 0)
		snprintf(buf, size, "none");
	else if (p->denominator != NULL)
		snprintf(buf, size, v < 10 ? "%.2f" : v < 100 ? "%.1f" : "%.0f", v);
	else if (p->unit == HR_UNIT_BYTES)
		snprintf(buf, size, "%s", hr_format_bytes(text, (uint64_t)fmin(v, 0x1p63)));
	else if (p->unit == HR_UNIT_NS)
		snprintf(buf, size, "%s", hr_format_ns(text, (uint64_t)fmin(v, 0x1p63)));
	else
		snprintf(buf, size, "%s", hr_format_count(text, (uint64_t)fmin(v, 0x1p63)));
}

/* --- bars --------------------------------------------------------------------- */

/* Runs to show, and where: policies of the same text share a place, with a bar for each trace. */
struct chart {
	const struct hr_plot_source *s;
	size_t *run, n; /* numbers of runs */
	size_t *place;	/* of run[i]: which policy */
	size_t *first;	/* of place p: a run[] with its text */
	size_t nplaces;
	unsigned *line; /* of each run of the source */
};

static void release_chart(struct chart *c)
{
	free(c->run);
	free(c->place);
	free(c->first);
	free(c->line);
}

static size_t place_of(const struct chart *c, const char *text)
{
	size_t p = 0;

	while (p < c->nplaces && strcmp(hr_plot_policy_text(&c->s->runs[c->run[c->first[p]]]), text) != 0)
		p++;
	return p;
}

static enum hr_status make_chart(struct chart *c, const struct hr_plot_source *s, const char *must_have,
				 struct hr_error *err)
{
	*c = (struct chart){.s = s,
			    .run = hr_calloc(s->n, sizeof(*c->run)),
			    .place = hr_calloc(s->n, sizeof(*c->place)),
			    .first = hr_calloc(s->n, sizeof(*c->first)),
			    .line = hr_calloc(s->n, sizeof(*c->line))};
	if (c->run == NULL || c->place == NULL || c->first == NULL || c->line == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	hr_plot_lines(s, c->line);
	for (size_t i = 0; i < s->n; i++) {
		size_t p;

		if (must_have != NULL && !(hr_plot_number(s->runs[i].summary, must_have) > 0))
			continue;
		p = place_of(c, hr_plot_policy_text(&s->runs[i]));
		c->run[c->n] = i;
		if (p == c->nplaces)
			c->first[c->nplaces++] = c->n;
		c->place[c->n++] = p;
	}
	if (c->n > MOST_BARS)
		return hr_error_set(err, HR_EINPUT, "these are %zu results; a plot shows at most %d: choose some", c->n,
				    MOST_BARS);
	return HR_OK;
}

static double most_of(const struct chart *c, const struct panel *p)
{
	double most = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct hr_plot_run *run = &c->s->runs[c->run[i]];

		most = fmax(most, fmax(value_of(p, run), error_bar_of(p, run).high));
	}
	return isfinite(most) ? most : 0;
}

/* Of several policies on one trace. */
static bool is_best(const struct chart *c, const struct panel *p, const struct hr_plot_run *run)
{
	struct hr_extremes e = hr_extremes_of_none(p->better);

	if (c->s->ntraces > 1 || !hr_plot_competes(run))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (hr_plot_competes(&c->s->runs[c->run[i]]))
			hr_extremes_take(&e, value_of(p, &c->s->runs[c->run[i]]));
	return hr_extremes_mark(&e, value_of(p, run)) == HR_MARK_BEST;
}

static void describe_panel(FILE *out, const struct chart *c, const struct panel *p, size_t number)
{
	double most = most_of(c, p);
	struct hr_plot_unit unit = unit_of(p, most);
	char name[32];

	snprintf(name, sizeof(name), "panel_title[%zu]", number);
	hr_plot_set_string(out, name, p->title, 40);
	snprintf(name, sizeof(name), "panel_unit[%zu]", number);
	hr_plot_set_string(out, name, unit.name, 20);
	snprintf(name, sizeof(name), "panel_most[%zu]", number);
	hr_plot_set_number(out, name, most > 0 ? most / unit.size : 1);
}

static void write_bars(FILE *out, const struct chart *c, const struct panel *p)
{
	struct hr_plot_unit unit = unit_of(p, most_of(c, p));
	double thickness = 0.8 / (double)c->s->ntraces;
	const bool bounds = hr_plot_has_bounds(c->s);
	char text[HR_UNIT_BUF];

	for (size_t i = 0; i < c->n; i++) {
		const struct hr_plot_run *run = &c->s->runs[c->run[i]];
		double v = value_of(p, run), top = -0.4 + thickness * (0.5 + (double)run->trace_number);

		hr_plot_put(out, isfinite(v) ? v / unit.size : 0);
		hr_plot_put(out, (double)c->place[i] + (c->s->ntraces > 1 ? top : 0));
		hr_plot_put(out, thickness * 0.45);
		format_value(text, sizeof(text), p, v);
		hr_print(out, "%zu %d \"%s\"", run->trace_number + 1, is_best(c, p, run), text);
		if (bounds) {
			struct hr_plot_bar bar = error_bar_of(p, run);

			fputc(' ', out);
			hr_plot_put(out, bar.low / unit.size);
			hr_plot_put(out, bar.high / unit.size);
			/* Where the text stands. */
			hr_plot_put(out, fmax(isfinite(v) ? v : 0, isfinite(bar.high) ? bar.high : 0) / unit.size);
		}
		fputc('\n', out);
	}
}

static void write_names(FILE *out, const struct chart *c)
{
	char name[32];
	size_t longest = 0;

	fprintf(out, "policies = %zu\narray policy[%zu]\narray policy_line[%zu]\n", c->nplaces, c->nplaces, c->nplaces);
	for (size_t p = 0; p < c->nplaces; p++) {
		const char *text = hr_plot_policy_text(&c->s->runs[c->run[c->first[p]]]);

		snprintf(name, sizeof(name), "policy[%zu]", p + 1);
		hr_plot_set_string(out, name, text, POLICY_LETTERS);
		fprintf(out, "policy_line[%zu] = %u\n", p + 1, c->line[c->run[c->first[p]]] + 1);
		longest = strlen(text) > longest ? strlen(text) : longest;
	}
	fprintf(out, "policy_letters = %zu\n", longest < POLICY_LETTERS ? longest : POLICY_LETTERS);
	fprintf(out, "traces = %zu\narray trace[%zu]\n", c->s->ntraces, c->s->ntraces);
	longest = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct hr_plot_run *run = &c->s->runs[c->run[i]];
		char text[512];

		hr_plot_about(c->s, c->run[i], text, sizeof(text));
		if (text[0] == '\0')
			snprintf(text, sizeof(text), "%s", hr_plot_string(run->trace, "name"));
		snprintf(name, sizeof(name), "trace[%zu]", run->trace_number + 1);
		hr_plot_set_string(out, name, text, TRACE_LETTERS);
		longest = strlen(text) > longest ? strlen(text) : longest;
	}
	fprintf(out, "trace_letters = %zu\n", longest < TRACE_LETTERS ? longest : TRACE_LETTERS);
}

static unsigned columns_for(size_t panels)
{
	return panels == 4 ? 2 : panels < 3 ? (unsigned)panels : 3;
}

static void write_panels(FILE *out, const struct chart *c, const struct panel *panels, size_t n)
{
	unsigned columns = columns_for(n);

	write_names(out, c);
	fprintf(out, "bounds = %d\n", hr_plot_has_bounds(c->s));
	fprintf(out, "panels = %zu\ncolumns = %u\nrows = %zu\n", n, columns, (n + columns - 1) / columns);
	fprintf(out, "array panel_title[%zu]\narray panel_unit[%zu]\narray panel_most[%zu]\n", n, n, n);
	for (size_t i = 0; i < n; i++)
		describe_panel(out, c, &panels[i], i + 1);
	hr_plot_begin_block(
	    out, "bars",
	    "value y half_thickness trace best text; with bounds low, high, place of the text; a part for each panel");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			hr_plot_next_part(out);
		write_bars(out, c, &panels[i]);
	}
	hr_plot_end_block(out);
}

/* How many policies there are, which share a place if their texts are the same. */
static size_t count_places(const struct hr_plot_source *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t k = 0;

		while (k < i && strcmp(hr_plot_policy_text(&s->runs[k]), hr_plot_policy_text(&s->runs[i])) != 0)
			k++;
		n += k == i;
	}
	return n;
}

static void size_for(const struct hr_plot_source *s, size_t rows, unsigned *width, unsigned *height)
{
	/* Each place has room for a bar of every trace. */
	size_t most = count_places(s) * (s->ntraces > 0 ? s->ntraces : 1), bars = most < MOST_BARS ? most : MOST_BARS;

	*width = 1200;
	/* The legend of traces has two columns at least. */
	*height = (unsigned)(115 + (s->ntraces > 1 ? 12 * s->ntraces : 0) +
			     rows * (80 + (s->ntraces > 1 ? 21 : 28) * (bars < 3 ? 3 : bars)));
	*height = *height > HR_PLOT_MAX_SIDE ? HR_PLOT_MAX_SIDE : *height;
}

void hr_plot_bars_size(const struct hr_plot_source *s, unsigned *width, unsigned *height)
{
	size_for(s, 2, width, height);
}

/* Each name is one metric or several, with commas between. */
static enum hr_status choose_panels(const char *const *names, struct panel *panels, size_t *n, struct hr_error *err)
{
	for (*n = 0; *names != NULL; names++) {
		for (const char *name = *names;; name++) {
			size_t length = strcspn(name, ",");

			if (*n == MOST_PANELS)
				return hr_error_set(err, HR_EUSAGE, "a plot shows at most %d metrics", MOST_PANELS);
			if (!find_metric(name, length, &panels[*n]))
				return hr_error_set(err, HR_EUSAGE,
						    "there is no metric '%.*s'; heapreplay-metrics(5) has them",
						    (int)length, name);
			++*n;
			name += length;
			if (*name == '\0')
				break;
		}
	}
	return HR_OK;
}

enum hr_status hr_plot_compare(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
			       struct hr_error *err)
{
	const char *const *names = o->metrics != NULL ? o->metrics : default_metrics;
	struct panel panels[MOST_PANELS];
	enum hr_status status;
	struct chart c;
	size_t n = 0;

	HR_TRY(choose_panels(names, panels, &n, err));
	status = make_chart(&c, s, NULL, err);
	if (status == HR_OK)
		write_panels(out, &c, panels, n);
	release_chart(&c);
	return status;
}

/* --- index work --------------------------------------------------------------- */

void hr_plot_index_size(const struct hr_plot_source *s, unsigned *width, unsigned *height)
{
	if (s->ntraces == 1)
		size_for(s, 1, width, height);
	else
		*width = 1200, *height = 560;
}

struct point {
	double size, values[NINDEX];
};

static int by_size(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return (x->size > y->size) - (x->size < y->size);
}

/* A policy's work on each trace, by the size of that trace's heap. points: room for all runs. */
static void write_sizes_of(FILE *out, const struct chart *c, size_t place, double unit, struct point *points)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct hr_plot_run *run = &c->s->runs[c->run[i]];

		if (c->place[i] != place)
			continue;
		points[n].size = hr_plot_number(run->summary, "in_use_peak_bytes") / unit;
		for (size_t k = 0; k < NINDEX; k++)
			points[n].values[k] = value_of(&index_panels[k], run);
		n++;
	}
	qsort(points, n, sizeof(*points), by_size);
	for (size_t i = 0; i < n; i++) {
		hr_plot_put(out, points[i].size);
		for (size_t k = 0; k < NINDEX; k++)
			hr_plot_put(out, points[i].values[k]);
		fputc('\n', out);
	}
}

static enum hr_status write_sizes(FILE *out, const struct chart *c, struct hr_error *err)
{
	struct point *points = hr_calloc(c->n, sizeof(*points));
	struct hr_plot_unit unit;
	double most = 0;

	if (points == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < c->n; i++)
		most = fmax(most, hr_plot_number(c->s->runs[c->run[i]].summary, "in_use_peak_bytes"));
	unit = hr_plot_memory_unit(most);
	hr_plot_set_string(out, "memory_unit", unit.name, 8);
	hr_plot_begin_block(out, "sizes", "most in use, then the panels' values; a part for each policy");
	for (size_t p = 0; p < c->nplaces; p++) {
		if (p > 0)
			hr_plot_next_part(out);
		write_sizes_of(out, c, p, unit.size, points);
	}
	hr_plot_end_block(out);
	free(points);
	return HR_OK;
}

enum hr_status hr_plot_index(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
			     struct hr_error *err)
{
	enum hr_status status;
	struct chart c;

	(void)o;
	status = make_chart(&c, s, "index_lookups", err);
	if (status == HR_OK && c.n == 0)
		status =
		    hr_error_set(err, HR_EINPUT, "nothing to draw: none of these policies looked for work in an index");
	if (status == HR_OK) {
		fprintf(out, "by_size = %d\n", s->ntraces > 1);
		write_panels(out, &c, index_panels, NINDEX);
		if (s->ntraces > 1)
			status = write_sizes(out, &c, err);
	}
	release_chart(&c);
	return status;
}
