/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/differences.h"

#include "base/alloc.h"
#include "base/json.h"
#include "report/document.h"

#include <stdlib.h>
#include <string.h>

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* --- pairing -------------------------------------------------------------- */

/* Which comparison of run is that of t, among those that have no partner yet. */
static const struct hr_comparison *partner(const struct hr_saved *run, const bool *taken, const struct hr_comparison *c,
					   bool alone)
{
	const char *digest = hr_comparison_trace(c, "xxh3");

	for (size_t i = 0; i < run->n; i++)
		if (!taken[i] && *digest != '\0' && strcmp(hr_comparison_trace(&run->at[i], "xxh3"), digest) == 0)
			return &run->at[i];
	for (size_t i = 0; i < run->n; i++)
		if (!taken[i] && strcmp(run->at[i].name, c->name) == 0)
			return &run->at[i];
	return alone && run->n == 1 && !taken[0] ? &run->at[0] : NULL;
}

static bool add_trace(struct hr_differences *d, bool **taken, size_t run, const struct hr_comparison *c)
{
	struct hr_paired_trace *t = &d->traces[d->n++];

	t->name = c->name;
	t->in = hr_calloc(d->nruns, sizeof(*t->in));
	if (t->in == NULL)
		return false;
	t->in[run] = c;
	for (size_t r = run + 1; r < d->nruns; r++) {
		t->in[r] = partner(&d->runs[r], taken[r], c, d->runs[run].n == 1);
		if (t->in[r] != NULL)
			taken[r][t->in[r] - d->runs[r].at] = true;
	}
	return true;
}

static bool add_policy(struct hr_differences *d, struct hr_paired_trace *t, size_t run, const struct hr_standing *s)
{
	struct hr_paired_policy *p = &t->policies[t->n++];
	char text[512];

	snprintf(text, sizeof(text), "%s", s->text);
	p->in = hr_calloc(d->nruns, sizeof(*p->in));
	if (p->in == NULL)
		return false;
	p->in[run] = s;
	for (size_t r = run + 1; r < d->nruns; r++) {
		if (t->in[r] == NULL)
			continue;
		p->in[r] = hr_comparison_find(t->in[r], s->text);
		if (p->in[r] == NULL && t->in[run]->n == 1 && t->in[r]->n == 1) {
			size_t n = strlen(text);

			p->in[r] = &t->in[r]->policies[0];
			snprintf(text + n, sizeof(text) - n, " -> %s", p->in[r]->text);
		}
	}
	p->text = strdup(text);
	return p->text != NULL;
}

static bool has_policy(const struct hr_paired_trace *t, size_t run, const struct hr_standing *s)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->policies[i].in[run] == s || strcmp(t->policies[i].text, s->text) == 0)
			return true;
	return false;
}

static bool pair_policies(struct hr_differences *d, struct hr_paired_trace *t)
{
	size_t most = 0;

	for (size_t r = 0; r < d->nruns; r++)
		most += t->in[r] != NULL ? t->in[r]->n : 0;
	t->policies = hr_calloc(most, sizeof(*t->policies));
	if (t->policies == NULL)
		return false;
	for (size_t r = 0; r < d->nruns; r++)
		for (size_t i = 0; t->in[r] != NULL && i < t->in[r]->n; i++)
			if (!has_policy(t, r, &t->in[r]->policies[i]) && !add_policy(d, t, r, &t->in[r]->policies[i]))
				return false;
	return true;
}

static bool pair_all(struct hr_differences *d, bool **taken)
{
	size_t most = 0;

	for (size_t r = 0; r < d->nruns; r++) {
		most += d->runs[r].n;
		taken[r] = hr_calloc(d->runs[r].n, sizeof(bool));
		if (taken[r] == NULL)
			return false;
	}
	d->traces = hr_calloc(most, sizeof(*d->traces));
	if (d->traces == NULL)
		return false;
	for (size_t r = 0; r < d->nruns; r++)
		for (size_t i = 0; i < d->runs[r].n; i++)
			if (!taken[r][i] && !add_trace(d, taken, r, &d->runs[r].at[i]))
				return false;
	for (size_t i = 0; i < d->n; i++)
		if (!pair_policies(d, &d->traces[i]))
			return false;
	return true;
}

enum hr_status hr_differences_find(const struct hr_saved *runs, size_t nruns, struct hr_differences *d,
				   struct hr_error *err)
{
	bool **taken = hr_calloc(nruns, sizeof(*taken));
	bool fine;

	*d = (struct hr_differences){.runs = runs, .nruns = nruns};
	fine = taken != NULL && pair_all(d, taken);
	for (size_t r = 0; taken != NULL && r < nruns; r++)
		free(taken[r]);
	free(taken);
	if (fine)
		return HR_OK;
	hr_differences_release(d);
	return no_memory(err);
}

void hr_differences_release(struct hr_differences *d)
{
	for (size_t i = 0; i < d->n; i++) {
		for (size_t k = 0; k < d->traces[i].n; k++) {
			free(d->traces[i].policies[k].text);
			free(d->traces[i].policies[k].in);
		}
		free(d->traces[i].policies);
		free(d->traces[i].in);
	}
	free(d->traces);
	memset(d, 0, sizeof(*d));
}

const char *hr_differences_run(char buf[32], size_t nruns, size_t run)
{
	if (nruns == 2)
		snprintf(buf, 32, "%s", run == 0 ? "old" : "new");
	else
		snprintf(buf, 32, "run %zu", run + 1);
	return buf;
}

/* --- settings and parameters ----------------------------------------------- */

struct walk {
	json_t **roots; /* by run: the object that paths begin at; NULL: not in that run */
	size_t nruns, run;
	size_t prefix; /* of paths that is not told */
	hr_setting_fn *fn;
	void *ctx;
	bool failed;
};

/* The member of that name, dots between the names of nested objects. */
static json_t *member(json_t *o, const char *path)
{
	char name[256];

	for (;;) {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		o = json_object_get(o, name);
		if (path[n] == '\0' || o == NULL)
			return o;
		path += n + 1;
	}
}

/* A value as the list of differences shows it; NULL: none. The caller frees it. */
static char *shown(struct walk *w, const json_t *value)
{
	char *s;

	if (value == NULL)
		return NULL;
	if (json_is_null(value))
		s = strdup("off");
	else if (json_is_string(value))
		s = strdup(json_string_value(value));
	else
		s = hr_json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	w->failed |= s == NULL;
	return s;
}

/* Is it the same in all runs that have the object? */
static bool same_everywhere(const struct walk *w, const char *path)
{
	const json_t *first = NULL;
	bool any = false;

	for (size_t r = 0; r < w->nruns; r++) {
		const json_t *v = member(w->roots[r], path);

		if (w->roots[r] == NULL)
			continue;
		if (any && (v == NULL || first == NULL ? v != first : !json_equal(v, first)))
			return false;
		first = v;
		any = true;
	}
	return true;
}

static void tell(struct walk *w, const char *path)
{
	char **values = hr_calloc(w->nruns, sizeof(*values));

	w->failed |= values == NULL;
	for (size_t r = 0; values != NULL && r < w->nruns; r++)
		values[r] = shown(w, member(w->roots[r], path));
	if (!w->failed)
		w->fn(w->ctx, path + w->prefix, (const char *const *)values);
	for (size_t r = 0; values != NULL && r < w->nruns; r++)
		free(values[r]);
	free(values);
}

/* Was it told of when an earlier run was walked through? */
static bool told_before(const struct walk *w, const char *path)
{
	for (size_t r = 0; r < w->run; r++)
		if (member(w->roots[r], path) != NULL)
			return true;
	return false;
}

/* All leaves below path, which is an object of run w->run. */
static void walk_object(struct walk *w, json_t *o, const char *path)
{
	const char *key;
	json_t *value;
	char below[256];

	json_object_foreach(o, key, value)
	{
		/* No key of ours is that long or contains a dot. */
		if (strchr(key, '.') != NULL ||
		    snprintf(below, sizeof(below), "%s.%s", path, key) >= (int)sizeof(below))
			continue;
		if (json_is_object(value))
			walk_object(w, value, below);
		else if (!told_before(w, below) && !same_everywhere(w, below))
			tell(w, below);
	}
}

/* What differs below path, in any of the runs; told without the path. */
static void walk_below(struct walk *w, const char *path)
{
	w->prefix = strlen(path) + 1;
	for (w->run = 0; w->run < w->nruns; w->run++)
		walk_object(w, member(w->roots[w->run], path), path);
}

enum hr_status hr_differences_settings(const struct hr_differences *d, const struct hr_paired_trace *t,
				       hr_setting_fn *fn, void *ctx, struct hr_error *err)
{
	static const char *const of_trace[] = {"trace.name", "trace.xxh3", "trace.cut"};
	struct walk w = {.roots = hr_calloc(d->nruns, sizeof(*w.roots)), .nruns = d->nruns, .fn = fn, .ctx = ctx};

	if (w.roots == NULL)
		return no_memory(err);
	for (size_t r = 0; r < d->nruns; r++)
		w.roots[r] = t->in[r] != NULL ? t->in[r]->document : NULL;
	for (size_t i = 0; i < sizeof(of_trace) / sizeof(of_trace[0]); i++)
		if (!same_everywhere(&w, of_trace[i]))
			tell(&w, of_trace[i]);
	walk_below(&w, "settings");
	free(w.roots);
	return w.failed ? no_memory(err) : HR_OK;
}

enum hr_status hr_differences_parameters(const struct hr_differences *d, const struct hr_paired_trace *t,
					 const struct hr_paired_policy *p, hr_setting_fn *fn, void *ctx,
					 struct hr_error *err)
{
	struct walk w = {.roots = hr_calloc(d->nruns, sizeof(*w.roots)), .nruns = d->nruns, .fn = fn, .ctx = ctx};

	if (w.roots == NULL)
		return no_memory(err);
	for (size_t r = 0; r < d->nruns; r++)
		if (p->in[r] != NULL)
			w.roots[r] = json_array_get(json_object_get(t->in[r]->document, "policies"),
						    (size_t)(p->in[r] - t->in[r]->policies));
	walk_below(&w, "policy.parameters");
	free(w.roots);
	return w.failed ? no_memory(err) : HR_OK;
}

/* --- figures -------------------------------------------------------------- */

static bool known(const struct hr_paired_policy *p, size_t run, size_t figure)
{
	return p->in[run] != NULL && p->in[run]->known[figure];
}

/* In any of the runs something else than in the first? What one lacks is no difference of figures. */
static bool differs(const struct hr_differences *d, const struct hr_paired_policy *p, size_t figure)
{
	for (size_t r = 1; r < d->nruns; r++)
		if (known(p, 0, figure) && known(p, r, figure) && p->in[r]->values[figure] != p->in[0]->values[figure])
			return true;
	return false;
}

static void add_columns(struct hr_table *table, const struct hr_differences *d, bool exact)
{
	char run[32], name[64];

	if (exact) {
		hr_table_column(table, "trace", "trace", true, 0);
		hr_table_column(table, "policy", "policy", true, 0);
	}
	hr_table_column(table, "metric", "metric", true, 0);
	for (size_t r = 0; r < d->nruns; r++) {
		hr_differences_run(run, d->nruns, r);
		snprintf(name, sizeof(name), "%s", run);
		for (char *c = name; *c != '\0'; c++)
			*c = *c == ' ' ? '_' : *c;
		hr_table_column(table, run, name, false, (unsigned)(r == 0 ? 2 * d->nruns : d->nruns + r));
		if (r == 0)
			continue;
		if (d->nruns == 2)
			snprintf(name, sizeof(name), "ratio");
		else
			snprintf(name, sizeof(name), "run_%zu_ratio", r + 1);
		hr_table_column(table, "change", name, false, (unsigned)r);
	}
}

static void add_value(struct hr_table *table, const struct hr_paired_policy *p, size_t run, size_t figure)
{
	char text[HR_UNIT_BUF], exact[HR_UNIT_BUF];
	const enum hr_unit unit = hr_metrics[figure].unit;

	if (!known(p, run, figure))
		hr_table_cell(table, "-", "", HR_MARK_NONE);
	else
		hr_table_cell(table, hr_unit_format(text, unit, p->in[run]->values[figure]),
			      hr_unit_exact(exact, unit, p->in[run]->values[figure]), HR_MARK_NONE);
}

static void add_change(struct hr_table *table, const struct hr_paired_policy *p, size_t run, size_t figure)
{
	const struct hr_metric *f = &hr_metrics[figure];
	char text[HR_CHANGE_BUF], exact[32] = "";
	enum hr_mark mark = HR_MARK_NONE;
	uint64_t a, b;

	if (!known(p, 0, figure) || !known(p, run, figure)) {
		hr_table_cell(table, "-", "", HR_MARK_NONE);
		return;
	}
	a = p->in[0]->values[figure];
	b = p->in[run]->values[figure];
	if (f->better != HR_BETTER_NEITHER && a != b)
		mark = (b < a) == (f->better == HR_BETTER_LOWER) ? HR_MARK_BEST : HR_MARK_WORST;
	if (a == b || a != 0)
		snprintf(exact, sizeof(exact), "%.9g", a == b ? 1 : (double)b / (double)a);
	hr_table_cell(table, hr_change_format(text, f->unit, b, a), exact, mark);
}

void hr_differences_table(struct hr_table *table, const struct hr_differences *d, const struct hr_view *v, bool every,
			  bool exact, const struct hr_paired_trace *t, const struct hr_paired_policy *p)
{
	if (table->ncolumns == 0)
		add_columns(table, d, exact);
	for (size_t k = 0; k < v->n; k++) {
		const size_t figure = v->columns[k].figure;

		if (!every && !differs(d, p, figure))
			continue;
		if (exact) {
			hr_table_cell(table, t->name, NULL, HR_MARK_NONE);
			hr_table_cell(table, p->text, NULL, HR_MARK_NONE);
		}
		hr_table_cell(table, hr_metrics[figure].name, NULL, HR_MARK_NONE);
		for (size_t r = 0; r < d->nruns; r++) {
			add_value(table, p, r, figure);
			if (r > 0)
				add_change(table, p, r, figure);
		}
	}
}

/* --- JSON ----------------------------------------------------------------- */

struct settings_list {
	json_t *list;
	size_t nruns;
};

static void setting_json(void *ctx, const char *name, const char *const *values)
{
	struct settings_list *to = ctx;
	json_t *all = json_array();

	for (size_t r = 0; r < to->nruns; r++)
		hr_json_add(&all, values[r] != NULL ? hr_json_text(values[r]) : json_null());
	hr_json_add(&to->list, json_pack("{s:o, s:o}", "name", hr_json_text(name), "values", all));
}

static json_t *figures_json(const struct hr_differences *d, const struct hr_paired_policy *p)
{
	json_t *o = json_object();

	for (size_t f = 0; f < hr_nmetrics; f++) {
		json_t *values = json_array();

		for (size_t r = 0; r < d->nruns; r++)
			hr_json_add(&values, known(p, r, f) ? hr_unit_json(hr_metrics[f].unit, p->in[r]->values[f])
							    : json_null());
		if (differs(d, p, f))
			hr_json_put(&o, hr_metrics[f].name, values);
		else
			json_decref(values);
	}
	return o;
}

/* In which of the runs something is, by number from 1. */
static json_t *runs_json(const struct hr_differences *d, const struct hr_paired_trace *t,
			 const struct hr_paired_policy *p)
{
	json_t *list = json_array();

	for (size_t r = 0; r < d->nruns; r++)
		if (p != NULL ? p->in[r] != NULL : t->in[r] != NULL)
			hr_json_add(&list, json_integer((json_int_t)r + 1));
	return list;
}

static enum hr_status trace_json(const struct hr_differences *d, const struct hr_paired_trace *t, json_t **list,
				 struct hr_error *err)
{
	json_t *policies = json_array();
	struct settings_list settings = {json_array(), d->nruns};
	enum hr_status status = hr_differences_settings(d, t, setting_json, &settings, err);

	for (size_t i = 0; status == HR_OK && i < t->n; i++) {
		struct settings_list parameters = {json_array(), d->nruns};

		status = hr_differences_parameters(d, t, &t->policies[i], setting_json, &parameters, err);
		hr_json_add(&policies, json_pack("{s:o, s:o, s:o, s:o}", "text", hr_json_text(t->policies[i].text),
						 "in_runs", runs_json(d, t, &t->policies[i]), "parameters",
						 parameters.list, "figures", figures_json(d, &t->policies[i])));
	}
	hr_json_add(list, json_pack("{s:o, s:o, s:o, s:o}", "trace", hr_json_text(t->name), "in_runs",
				    runs_json(d, t, NULL), "settings", settings.list, "policies", policies));
	return status;
}

enum hr_status hr_differences_json(const struct hr_differences *d, const char *const *names, json_t **document,
				   struct hr_error *err)
{
	json_t *runs = json_array(), *list = json_array();
	enum hr_status status = HR_OK;

	for (size_t r = 0; r < d->nruns; r++) {
		const char *slash = strrchr(names[r], '/');

		hr_json_add(&runs, json_pack("{s:o, s:s}", "name", hr_json_text(slash ? slash + 1 : names[r]),
					     "heapreplay", d->runs[r].version));
	}
	for (size_t i = 0; status == HR_OK && i < d->n; i++)
		status = trace_json(d, &d->traces[i], &list, err);
	hr_json_put(document, "runs", runs);
	hr_json_put(document, "differences", list);
	return status;
}
