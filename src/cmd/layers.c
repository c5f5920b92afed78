/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "cmd/layers.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

/* As the series of the JSON begins (report/series.c). */
#define FIRST_NS UINT64_C(1000000)

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

enum hr_status cli_layers_start(struct cli_layers *l, struct hr_replay *r, bool optional, struct hr_error *err)
{
	enum hr_status status;

	*l = (struct cli_layers){.n = r->nfollowers};
	if (!r->options.layers)
		return HR_OK;
	status = hr_replay_layers(r, err);
	if (status == HR_EUSAGE && optional)
		return HR_OK;
	HR_TRY(status);
	l->series = hr_calloc(r->nfollowers, sizeof(*l->series));
	if (l->series == NULL)
		return no_memory(err);
	l->grid = hr_layers_look(r->layers, FIRST_NS, FIRST_NS, true);
	for (size_t i = 0; i < r->nfollowers; i++)
		hr_layer_series_start(&l->series[i], r->followers[i], FIRST_NS, FIRST_NS, true);
	return HR_OK;
}

void cli_layers_start_csv(struct cli_layers *l, struct hr_replay *r, uint64_t every_ns)
{
	l->csv_grid = hr_layers_look(r->layers, 0, every_ns, false);
	hr_layer_series_start(&l->csv, r->followers[0], 0, every_ns, false);
}

void cli_layers_release(struct cli_layers *l)
{
	for (size_t i = 0; l->series != NULL && i < l->n; i++)
		hr_layer_series_release(&l->series[i]);
	free(l->series);
	hr_layer_series_release(&l->csv);
	memset(l, 0, sizeof(*l));
}

/* --- JSON, CSV ------------------------------------------------------------------ */

static json_t *layers_json(const struct hr_layer_points *p, bool series)
{
	const struct hr_layer_point mean = hr_layer_points_mean(p), *peak = hr_layer_points_peak(p);
	json_t *o = json_pack("{s:o}", "mean", hr_layer_point_json(&mean)), *at_peak;

	if (peak != NULL) {
		at_peak = hr_layer_point_json(peak);
		hr_json_put(&at_peak, "time_ns", hr_json_count(peak->time_ns));
		hr_json_put(&o, "peak", at_peak);
		hr_json_put(&o, "end", hr_layer_point_json(&p->at[p->n - 1]));
	}
	if (series)
		hr_json_put(&o, "series", hr_layer_points_json(p));
	return o;
}

enum hr_status cli_layers_put(const struct cli_layers *l, const struct hr_replay *r, size_t follower, bool series,
			      json_t *into, struct hr_error *err)
{
	struct hr_layer_points points;
	bool fine;

	if (l->series == NULL)
		return HR_OK;
	HR_TRY(hr_layer_points_of(&l->series[follower], r->layers, l->grid, &points, err));
	fine = hr_json_set(into, "layers", layers_json(&points, series));
	hr_layer_points_release(&points);
	return fine ? HR_OK : no_memory(err);
}

enum hr_status cli_layers_put_all(const struct cli_layers *l, const struct hr_replay *r, bool series,
				  json_t *comparison, struct hr_error *err)
{
	json_t *policies = json_object_get(comparison, "policies");

	for (size_t i = 0; l->series != NULL && i < r->nfollowers; i++)
		HR_TRY(cli_layers_put(l, r, i, series, json_array_get(policies, i), err));
	return HR_OK;
}

enum hr_status cli_layers_write_csv(const struct cli_layers *l, const struct hr_replay *r, FILE *out,
				    struct hr_error *err)
{
	struct hr_layer_points points;

	HR_TRY(hr_layer_points_of(&l->csv, r->layers, l->csv_grid, &points, err));
	hr_layer_points_csv(&points, &l->csv, out);
	hr_layer_points_release(&points);
	return HR_OK;
}

/* --- text ----------------------------------------------------------------------- */

/* -1: not known. */
static json_int_t bytes_of(const json_t *point, const char *name)
{
	char key[64];
	const json_t *v;

	snprintf(key, sizeof(key), "%s_bytes", name);
	v = json_object_get(point, key);
	return json_is_integer(v) ? json_integer_value(v) : -1;
}

struct columns {
	const char *heading[64];
	const json_t *point[64];
	size_t n;
	bool brief; /* free memory in one row */
};

static void add_column(struct columns *c, const char *heading, const json_t *point)
{
	if (point == NULL || c->n == sizeof(c->point) / sizeof(c->point[0]))
		return;
	c->heading[c->n] = heading;
	c->point[c->n++] = point;
}

static void add_row(struct hr_table *t, const struct columns *c, const char *text, const char *name)
{
	char buf[HR_UNIT_BUF];
	bool any = false;

	for (size_t i = 0; i < c->n; i++)
		any |= bytes_of(c->point[i], name) > 0;
	if (!any)
		return;
	hr_table_cell(t, text, NULL, HR_MARK_NONE);
	for (size_t i = 0; i < c->n; i++) {
		json_int_t v = bytes_of(c->point[i], name);

		hr_table_cell(t, v < 0 ? "-" : hr_format_bytes(buf, (uint64_t)v), NULL, HR_MARK_NONE);
	}
}

static void add_rows(struct hr_table *t, const struct columns *c)
{
	for (unsigned i = 0; i < HR_LAYER_COUNT; i++) {
		if (!c->brief || i < HR_LAYER_FREE || i >= HR_LAYER_RELEASED)
			add_row(t, c, hr_layer_text(i), hr_layer_name(i));
		else if (i == HR_LAYER_FREE)
			add_row(t, c, "free, not released", "free");
		if (i == HR_LAYER_DYING) {
			add_row(t, c, "  of them dead already (estimate)", "dead");
			add_row(t, c, "    at least", "dead_low");
			add_row(t, c, "    at most", "dead_high");
		} else if (i == HR_LAYER_UNDECIDED) {
			add_row(t, c, "  rounding of all objects, at least", "rounding");
		}
	}
	add_row(t, c, "mapped, the sum", "mapped");
}

static void find_columns(struct columns *c, const json_t *policies)
{
	size_t n = json_array_size(policies);

	for (size_t i = 0; i < n; i++) {
		const json_t *policy = json_array_get(policies, i), *layers = json_object_get(policy, "layers");
		const char *text = json_string_value(json_object_get(json_object_get(policy, "policy"), "text"));

		if (n > 1) {
			add_column(c, text != NULL ? text : "", json_object_get(layers, "mean"));
			continue;
		}
		add_column(c, "mean", json_object_get(layers, "mean"));
		add_column(c, "at peak", json_object_get(layers, "peak"));
		add_column(c, "at end", json_object_get(layers, "end"));
	}
}

static enum hr_status print_table(const struct hr_page *p, const struct columns *c, const char *heading,
				  struct hr_error *err)
{
	struct hr_table t;
	bool failed;

	fputc('\n', p->out);
	hr_table_init(&t);
	hr_table_column(&t, heading, "layer", true, 0);
	for (size_t i = 0; i < c->n; i++)
		hr_table_column(&t, c->heading[i], c->heading[i], false, (unsigned)i + 1);
	add_rows(&t, c);
	hr_table_text(&t, p, NULL, NULL);
	failed = t.failed;
	hr_table_release(&t);
	return failed ? no_memory(err) : HR_OK;
}

enum hr_status cli_layers_print_point(const struct hr_page *p, const json_t *point, struct hr_error *err)
{
	struct columns c = {.brief = true};
	json_t *copy = hr_json_copy((json_t *)point);
	json_int_t sum = 0;
	enum hr_status status = HR_OK;

	for (unsigned i = HR_LAYER_FREE; i < HR_LAYER_RELEASED; i++)
		sum += bytes_of(point, hr_layer_name(i));
	if (!hr_json_set(copy, "free_bytes", json_integer(sum)))
		status = no_memory(err);
	add_column(&c, "", copy);
	if (status == HR_OK)
		status = print_table(p, &c, "What the heap is made of", err);
	json_decref(copy);
	return status;
}

enum hr_status cli_layers_print(const struct hr_page *p, const json_t *comparison, struct hr_error *err)
{
	const json_t *policies = json_object_get(comparison, "policies");
	struct columns c = {.n = 0};

	find_columns(&c, policies);
	if (c.n == 0)
		return HR_OK;
	return print_table(p, &c, json_array_size(policies) > 1 ? "layers (means)" : "layers", err);
}
