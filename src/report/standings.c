/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/standings.h"

#include "base/alloc.h"
#include "base/json.h"
#include "report/flat.h"
#include "report/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what is shown -------------------------------------------------------- */

static struct hr_column column_of(size_t figure)
{
	return (struct hr_column){figure, hr_metric_heading(figure), hr_metric_legend(figure)};
}

/* A metric's name, or a heading, of n characters. */
static enum hr_status find_column(const char *name, size_t n, size_t *figure, struct hr_error *err)
{
	if (hr_metric_find(name, n, figure))
		return HR_OK;
	return hr_error_set(err, HR_EUSAGE,
			    "there is no column '%.*s'; it is a heading of the table, such as retained, or a metric of "
			    "heapreplay-metrics(5)",
			    n < 64 ? (int)n : 64, name);
}

static enum hr_status add_columns(struct hr_view *v, const char *list, struct hr_error *err)
{
	for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
		size_t figure;

		n = strcspn(list, ",");
		HR_TRY(find_column(list, n, &figure, err));
		if (v->n < hr_nmetrics)
			v->columns[v->n++] = column_of(figure);
	}
	return v->n > 0 ? HR_OK : hr_error_set(err, HR_EUSAGE, "a table needs a column");
}

enum hr_status hr_view_columns(struct hr_view *v, const char *list, struct hr_error *err)
{
	v->n = 0;
	v->columns = hr_calloc(hr_nmetrics, sizeof(*v->columns));
	if (v->columns == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (list != NULL && strcmp(list, "all") == 0) {
		for (; v->n < hr_nmetrics; v->n++)
			v->columns[v->n] = column_of(v->n);
		return HR_OK;
	}
	if (list != NULL)
		return add_columns(v, list, err);
	for (size_t figure; hr_metric_at_place((unsigned)v->n + 1, &figure);)
		v->columns[v->n++] = column_of(figure);
	return HR_OK;
}

enum hr_status hr_view_sort(struct hr_view *v, const char *column, struct hr_error *err)
{
	v->reversed = *column == '-';
	column += v->reversed;
	v->sorted = true;
	return find_column(column, strlen(column), &v->sort, err);
}

void hr_view_release(struct hr_view *v)
{
	free(v->columns);
	json_decref(v->identity);
	memset(v, 0, sizeof(*v));
}

/* --- cells ---------------------------------------------------------------- */

const char *hr_change_format(char buf[HR_CHANGE_BUF], enum hr_unit unit, uint64_t value, uint64_t base)
{
	uint64_t apart = value > base ? value - base : base - value;
	char digits[HR_UNIT_BUF], sign = value > base ? '+' : '-';
	double percent;

	if (apart == 0) {
		snprintf(buf, HR_CHANGE_BUF, "=");
		return buf;
	}
	if (base == 0) {
		hr_unit_format(buf, unit, value);
		return buf;
	}
	percent = (double)apart / (double)base * 100;
	if (percent >= 999.5)
		hr_format_count(digits, percent < 1e15 ? (uint64_t)llround(percent) : (uint64_t)1e15);
	else
		snprintf(digits, sizeof(digits), "%.*f", percent < 9.995 ? 2 : percent < 99.95 ? 1 : 0, percent);
	snprintf(buf, HR_CHANGE_BUF, "%c%s %%", sign, digits);
	return buf;
}

/* What knows the future, and what could do nothing, is neither best nor worst. */
static bool unranked(const struct hr_standing *s)
{
	return s->knows_future || s->inactive;
}

static struct hr_extremes extremes_of(const struct hr_comparison *c, size_t figure)
{
	struct hr_extremes e = hr_extremes_of_none(hr_metrics[figure].better);

	for (size_t i = 0; i < c->n; i++)
		if (c->policies[i].known[figure] && !unranked(&c->policies[i]))
			hr_extremes_take(&e, (double)c->policies[i].values[figure]);
	return e;
}

/* --- order ---------------------------------------------------------------- */

struct place_in_order {
	size_t index;
	double key; /* ascending; NAN: last */
};

static int by_key(const void *a, const void *b)
{
	const struct place_in_order *x = a, *y = b;

	if (x->key < y->key || (!isnan(x->key) && isnan(y->key)))
		return -1;
	if (x->key > y->key || (isnan(x->key) && !isnan(y->key)))
		return 1;
	return x->index < y->index ? -1 : 1; /* as they were chosen */
}

/* The key that puts the best first; of what has none better, the lowest. */
static double key_of(const struct hr_view *v, double x)
{
	return (hr_metrics[v->sort].better == HR_BETTER_HIGHER) != v->reversed ? -x : x;
}

/* Which policy stands in which row; the caller frees it. NULL: out of memory. */
static struct place_in_order *order_of(const struct hr_view *v, const struct hr_comparison *c)
{
	struct place_in_order *order = hr_calloc(c->n, sizeof(*order));

	for (size_t i = 0; order != NULL && i < c->n; i++) {
		order[i].index = i;
		if (v->sorted && !c->policies[i].known[v->sort])
			order[i].key = NAN;
		else if (v->sorted)
			order[i].key = key_of(v, (double)c->policies[i].values[v->sort]);
	}
	if (order != NULL)
		qsort(order, c->n, sizeof(*order), by_key);
	return order;
}

/* --- tables --------------------------------------------------------------- */

void hr_standings_columns(struct hr_table *t, const struct hr_view *v, enum hr_standings_form form)
{
	const char *key;
	json_t *value;
	char name[96];

	if (form == HR_STANDINGS_EXACT)
		hr_table_column(t, "trace", "trace", true, 0);
	hr_table_column(t, "policy", "policy", true, 0);
	for (size_t i = 0; i < v->n; i++) {
		const char *figure = hr_metrics[v->columns[i].figure].name;

		hr_table_column(t, v->columns[i].heading, figure, false, (unsigned)i);
		if (form != HR_STANDINGS_EXACT || v->baseline == NULL)
			continue;
		snprintf(name, sizeof(name), "%s_to_baseline_ratio", figure);
		hr_table_column(t, name, name, false, (unsigned)i);
	}
	json_object_foreach(v->identity, key, value)
	{
		if (form == HR_STANDINGS_EXACT)
			hr_table_column(t, key, key, false, 0);
	}
}

static bool ratio_of(const struct hr_standing *s, const struct hr_standing *base, size_t figure, double *ratio)
{
	if (base == NULL || !s->known[figure] || !base->known[figure])
		return false;
	if (s->values[figure] == base->values[figure])
		*ratio = 1;
	else if (base->values[figure] == 0)
		return false;
	else
		*ratio = (double)s->values[figure] / (double)base->values[figure];
	return true;
}

static void exact_cells(struct hr_table *t, const struct hr_view *v, const struct hr_standing *s,
			const struct hr_standing *base, size_t figure)
{
	char buf[HR_UNIT_BUF], ratio[32] = "";
	double x;

	hr_table_cell(t, s->known[figure] ? hr_unit_exact(buf, hr_metrics[figure].unit, s->values[figure]) : "", NULL,
		      HR_MARK_NONE);
	if (v->baseline == NULL)
		return;
	if (ratio_of(s, base, figure, &x))
		snprintf(ratio, sizeof(ratio), "%.9g", x);
	hr_table_cell(t, ratio, NULL, HR_MARK_NONE);
}

static void people_cell(struct hr_table *t, enum hr_standings_form form, const struct hr_standing *s,
			const struct hr_standing *base, size_t figure, const struct hr_extremes *e)
{
	const enum hr_unit unit = hr_metrics[figure].unit;
	char value[HR_UNIT_BUF], change[HR_CHANGE_BUF], both[HR_UNIT_BUF + HR_CHANGE_BUF + 4];
	enum hr_mark mark;

	if (!s->known[figure]) {
		hr_table_cell(t, "-", NULL, HR_MARK_NONE);
		return;
	}
	mark = unranked(s) ? HR_MARK_NONE : hr_extremes_mark(e, (double)s->values[figure]);
	hr_unit_format(value, unit, s->values[figure]);
	if (base == NULL || base == s || !base->known[figure]) {
		hr_table_cell(t, value, NULL, mark);
		return;
	}
	hr_change_format(change, unit, s->values[figure], base->values[figure]);
	snprintf(both, sizeof(both), "%s (%s)", value, change);
	hr_table_cell(t, form == HR_STANDINGS_BOTH && strcmp(value, change) != 0 ? both : change, NULL, mark);
}

static void identity_cells(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t policy)
{
	json_t *flat = hr_flat_beside(c, policy, v->version), *value;
	const char *key;

	t->failed |= flat == NULL;
	json_object_foreach(v->identity, key, value)
	{
		const json_t *cell = json_object_get(flat, key);
		char *text = NULL;

		if (json_is_string(cell))
			text = strdup(json_string_value(cell));
		else if (cell != NULL && !json_is_null(cell))
			text = hr_json_dumps(cell, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
		t->failed |= text == NULL && cell != NULL && !json_is_null(cell);
		hr_table_cell(t, text != NULL ? text : "", NULL, HR_MARK_NONE);
		free(text);
	}
	json_decref(flat);
}

/* The policy, and what is to be known of it. */
static void name_cell(struct hr_table *t, const struct hr_standing *s)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s", s->text, s->own ? " (own)" : "", s->inactive ? " (inactive)" : "");
	hr_table_cell(t, text, s->text, HR_MARK_NONE);
}

void hr_standings_rows(struct hr_table *t, const struct hr_view *v, enum hr_standings_form form,
		       const struct hr_comparison *c)
{
	const struct hr_standing *base = v->baseline != NULL ? hr_comparison_find(c, v->baseline) : NULL;
	struct place_in_order *order = order_of(v, c);

	t->failed |= order == NULL;
	for (size_t i = 0; order != NULL && i < c->n; i++) {
		const struct hr_standing *s = &c->policies[order[i].index];

		if (form == HR_STANDINGS_EXACT)
			hr_table_cell(t, c->name, NULL, HR_MARK_NONE);
		name_cell(t, s);
		for (size_t k = 0; k < v->n; k++) {
			const struct hr_extremes e = extremes_of(c, v->columns[k].figure);

			if (form == HR_STANDINGS_EXACT)
				exact_cells(t, v, s, base, v->columns[k].figure);
			else
				people_cell(t, form, s, base, v->columns[k].figure, &e);
		}
		if (form == HR_STANDINGS_EXACT && v->identity != NULL)
			identity_cells(t, v, c, order[i].index);
	}
	free(order);
}

/* --- several traces ------------------------------------------------------- */

/*
 * The mean of the policy's ratios over those comparisons in which neither it nor the baseline has 0: how many those are,
 * of all n. 0: there is no mean.
 */
static size_t mean_of(const struct hr_comparison *c, size_t n, const char *policy, const char *baseline, size_t figure,
		      double *mean)
{
	double sum = 0;
	size_t over = 0;

	for (size_t i = 0; i < n; i++) {
		const struct hr_standing *s = hr_comparison_find(&c[i], policy);
		double ratio;

		if (s == NULL || !ratio_of(s, hr_comparison_find(&c[i], baseline), figure, &ratio) || ratio == 0)
			continue;
		sum += log(ratio);
		over++;
	}
	*mean = over > 0 ? exp(sum / (double)over) : NAN;
	return over;
}

static bool in_every(const struct hr_comparison *c, size_t n, const char *policy)
{
	for (size_t i = 0; i < n; i++)
		if (hr_comparison_find(&c[i], policy) == NULL)
			return false;
	return true;
}

/* over: of how many of all n traces it is; those of fewer are no better or worse than others. */
static void mean_cell(struct hr_table *t, double mean, size_t over, size_t n, bool marked, const struct hr_extremes *e)
{
	char change[HR_CHANGE_BUF], text[HR_CHANGE_BUF + 48], exact[32];

	/* Round to millionths, so that the output does not depend on the last bits of a logarithm. */
	hr_change_format(change, HR_UNIT_COUNT, (uint64_t)llround(fmin(mean, 1e9) * 1e6), 1000000);
	snprintf(exact, sizeof(exact), "%.6f", mean);
	if (over < n)
		snprintf(text, sizeof(text), "%s (%zu/%zu)", change, over, n);
	else
		snprintf(text, sizeof(text), "%s", change);
	hr_table_cell(t, text, exact, marked && over == n ? hr_extremes_mark(e, round(mean * 1e6)) : HR_MARK_NONE);
}

static void mean_row(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t n,
		     const struct hr_standing *s, const struct hr_extremes *e)
{
	double mean;

	hr_table_cell(t, s->text, NULL, HR_MARK_NONE);
	for (size_t k = 0; k < v->n; k++) {
		const size_t over = mean_of(c, n, s->text, v->baseline, v->columns[k].figure, &mean);

		if (over == 0)
			hr_table_cell(t, "-", "", HR_MARK_NONE);
		else
			mean_cell(t, mean, over, n, !unranked(s), &e[k]);
	}
}

void hr_standings_means(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t n)
{
	struct place_in_order *order = hr_calloc(c[0].n, sizeof(*order));
	struct hr_extremes *e = hr_calloc(v->n, sizeof(*e));
	double mean;
	size_t rows = 0;

	hr_table_column(t, "policy", "policy", true, 0);
	for (size_t k = 0; k < v->n; k++)
		hr_table_column(t, v->columns[k].heading, hr_metrics[v->columns[k].figure].name, false, (unsigned)k);
	t->failed |= order == NULL || e == NULL;
	for (size_t i = 0; !t->failed && i < c[0].n; i++) {
		if (!in_every(c, n, c[0].policies[i].text))
			continue;
		order[rows].index = i;
		if (v->sorted)
			order[rows].key = mean_of(c, n, c[0].policies[i].text, v->baseline, v->sort, &mean) > 0
					      ? key_of(v, mean)
					      : NAN;
		rows++;
	}
	if (rows > 0)
		qsort(order, rows, sizeof(*order), by_key);
	for (size_t k = 0; !t->failed && k < v->n; k++) {
		e[k] = hr_extremes_of_none(hr_metrics[v->columns[k].figure].better);
		for (size_t i = 0; i < rows; i++)
			if (!unranked(&c[0].policies[order[i].index]) &&
			    mean_of(c, n, c[0].policies[order[i].index].text, v->baseline, v->columns[k].figure,
				    &mean) == n)
				hr_extremes_take(&e[k], round(mean * 1e6));
	}
	for (size_t i = 0; !t->failed && i < rows; i++)
		mean_row(t, v, c, n, &c[0].policies[order[i].index], e);
	free(order);
	free(e);
}

/* --- wins and losses --------------------------------------------------------- */

/* In how many comparisons a policy is, and is the best or the worst by a figure. */
struct wins {
	size_t in, best, worst;
};

static struct wins wins_of(const struct hr_comparison *c, size_t n, const char *policy, size_t figure)
{
	struct wins w = {0};

	for (size_t i = 0; i < n; i++) {
		const struct hr_standing *s = hr_comparison_find(&c[i], policy);
		const struct hr_extremes e = extremes_of(&c[i], figure);
		enum hr_mark mark = HR_MARK_NONE;

		if (s != NULL && s->known[figure] && !unranked(s))
			mark = hr_extremes_mark(&e, (double)s->values[figure]);
		w.in += s != NULL;
		w.best += mark == HR_MARK_BEST;
		w.worst += mark == HR_MARK_WORST;
	}
	return w;
}

/* Is it in no comparison before this one? */
static bool is_first(const struct hr_comparison *c, size_t i, const char *policy)
{
	while (i-- > 0)
		if (hr_comparison_find(&c[i], policy) != NULL)
			return false;
	return true;
}

static void wins_row(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t n,
		     const char *policy)
{
	char text[64];

	hr_table_cell(t, policy, NULL, HR_MARK_NONE);
	snprintf(text, sizeof(text), "%zu", wins_of(c, n, policy, 0).in);
	hr_table_cell(t, text, NULL, HR_MARK_NONE);
	for (size_t k = 0; k < v->n; k++) {
		const struct wins w = wins_of(c, n, policy, v->columns[k].figure);

		if (hr_metrics[v->columns[k].figure].better == HR_BETTER_NEITHER)
			continue;
		if (w.best + w.worst > 0)
			snprintf(text, sizeof(text), "+%zu -%zu", w.best, w.worst);
		else
			snprintf(text, sizeof(text), "-");
		hr_table_cell(t, text, NULL, HR_MARK_NONE);
	}
}

void hr_standings_wins(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t n)
{
	hr_table_column(t, "policy", "policy", true, 0);
	hr_table_column(t, "traces", "traces", false, 0);
	for (size_t k = 0; k < v->n; k++)
		if (hr_metrics[v->columns[k].figure].better != HR_BETTER_NEITHER)
			hr_table_column(t, v->columns[k].heading, hr_metrics[v->columns[k].figure].name, false,
					(unsigned)k + 1);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].n; k++)
			if (!unranked(&c[i].policies[k]) && is_first(c, i, c[i].policies[k].text))
				wins_row(t, v, c, n, c[i].policies[k].text);
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *policy_wins_json(const struct hr_comparison *c, size_t n, const char *policy)
{
	json_t *best = json_object(), *worst = json_object();

	for (size_t f = 0; f < hr_nmetrics; f++) {
		const struct wins w = wins_of(c, n, policy, f);

		if (w.best > 0)
			hr_json_put(&best, hr_metrics[f].name, hr_json_count(w.best));
		if (w.worst > 0)
			hr_json_put(&worst, hr_metrics[f].name, hr_json_count(w.worst));
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "text", hr_json_text(policy), "traces",
			 hr_json_count(wins_of(c, n, policy, 0).in), "best", best, "worst", worst);
}

json_t *hr_standings_wins_json(const struct hr_comparison *c, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].n; k++)
			if (!unranked(&c[i].policies[k]) && is_first(c, i, c[i].policies[k].text))
				hr_json_add(&list, policy_wins_json(c, n, c[i].policies[k].text));
	return list;
}

static json_t *known_json(const struct hr_standing *s, bool regret)
{
	json_t *o = json_object();

	for (size_t m = 0; m < hr_nmetrics; m++)
		if (s->known[m] && (hr_metrics[m].of == HR_METRIC_REGRET) == regret)
			hr_json_put(&o, hr_metrics[m].name, hr_unit_json(hr_metrics[m].unit, s->values[m]));
	return o;
}

json_t *hr_standings_json(const struct hr_comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++)
		hr_json_add(&list,
			    json_pack("{s:o, s:o, s:o}", "text", hr_json_text(c->policies[i].text), "summary",
				      known_json(&c->policies[i], false), "regret", known_json(&c->policies[i], true)));
	return list;
}

json_t *hr_standings_means_json(const char *baseline, const struct hr_comparison *c, size_t n)
{
	json_t *policies = json_array();

	for (size_t i = 0; i < c[0].n; i++) {
		const char *text = c[0].policies[i].text;
		json_t *means = json_object(), *fewer = json_object();
		double mean;

		if (!in_every(c, n, text)) {
			json_decref(means);
			json_decref(fewer);
			continue;
		}
		for (size_t f = 0; f < hr_nmetrics; f++) {
			const size_t over = mean_of(c, n, text, baseline, f, &mean);

			if (over > 0)
				hr_json_put(&means, hr_metrics[f].name, hr_json_real(round(mean * 1e6) / 1e6));
			if (over > 0 && over < n)
				hr_json_put(&fewer, hr_metrics[f].name, hr_json_count(over));
		}
		hr_json_add(&policies, json_pack("{s:o, s:o, s:o}", "text", hr_json_text(text), "to_baseline", means,
						 "over_traces", fewer));
	}
	return json_pack("{s:o, s:o}", "baseline", hr_json_text(baseline), "policies", policies);
}

enum hr_status hr_standings_relate(struct hr_comparison *c, const char *baseline, struct hr_error *err)
{
	const struct hr_standing *base = hr_comparison_find(c, baseline);
	json_t *policies = json_object_get(c->document, "policies");
	bool fine = hr_json_set(c->document, "baseline", hr_json_text(baseline));

	for (size_t i = 0; i < c->n; i++) {
		json_t *ratios = json_object();
		double x;

		for (size_t f = 0; f < hr_nmetrics; f++)
			if (ratio_of(&c->policies[i], base, f, &x))
				hr_json_put(&ratios, hr_metrics[f].name, hr_json_real(x));
		fine &= hr_json_set(json_array_get(policies, i), "to_baseline", ratios);
	}
	return fine ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory");
}
