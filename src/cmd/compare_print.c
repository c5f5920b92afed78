/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints compare's tables: policies of each trace, or differences between saved runs. */
#include "config.h"

#include "cmd/comparing.h"
#include "cmd/insights.h"
#include "cmd/layers.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "report/document.h"
#include "report/flat.h"

#include <stdlib.h>
#include <string.h>

#define LEGEND_COLUMNS 100
#define LEGEND_INDENT 2

static const char hint[] = "choose with --columns";

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* --- a trace in a few lines ----------------------------------------------- */

static uint64_t figure_of(const struct hr_comparison *c, const char *name)
{
	const size_t i = hr_metric_index(name);

	return i < hr_nmetrics ? c->policies[0].values[i] : 0;
}

/* A whole number of the settings; null and what is not there are UINT64_MAX: off. */
static uint64_t setting_of(const struct hr_comparison *c, const char *name)
{
	const json_t *v = json_object_get(json_object_get(c->document, "settings"), name);

	return json_is_integer(v) ? (uint64_t)json_integer_value(v) : UINT64_MAX;
}

static const char *word_of(const struct hr_comparison *c, const char *name)
{
	return json_string_value(json_object_get(json_object_get(c->document, "settings"), name));
}

/* "590 ms, in use 2.99 MiB on average, 3.96 MiB at most, recorded placement" */
static void say_what(char *text, size_t size, const struct hr_comparison *c)
{
	char ns[HR_UNIT_BUF], mean[HR_UNIT_BUF], peak[HR_UNIT_BUF];
	const char *placement = word_of(c, "placement");

	snprintf(text, size, "%s, in use %s on average, %s at peak%s%s%s",
		 hr_format_ns(ns, figure_of(c, "duration_ns")),
		 hr_format_bytes(mean, figure_of(c, "in_use_mean_bytes")),
		 hr_format_bytes(peak, figure_of(c, "in_use_peak_bytes")), placement ? ", " : "",
		 placement ? placement : "", placement ? " placement" : "");
}

static void say_assumed(const struct hr_page *p, const struct hr_comparison *c)
{
	const json_t *assumed = json_object_get(json_object_get(c->document, "trace"), "assumed");

	for (size_t i = 0; i < json_array_size(assumed); i++) {
		const char *text = json_string_value(json_array_get(assumed, i));

		if (text != NULL)
			hr_page_text(p, 0, "assumed: %s", text);
	}
}

static void say_settings(const struct hr_page *p, const struct hr_comparison *c)
{
	char limit[HR_UNIT_BUF], other[HR_UNIT_BUF];
	struct cli_object_rules rules = {
	    .span_cache = word_of(c, "span_cache"), .gc = word_of(c, "gc"), .clock = word_of(c, "clock")};

	if (setting_of(c, "memory_limit_bytes") != UINT64_MAX)
		hr_page_text(p, 0, "memory limit %s, %s of memory outside the heap assumed",
			     hr_format_bytes(limit, setting_of(c, "memory_limit_bytes")),
			     hr_format_bytes(other, setting_of(c, "other_memory_bytes")));
	say_assumed(p, c);
	if (rules.span_cache == NULL || rules.gc == NULL)
		return;
	rules.objects = figure_of(c, "objects_allocated");
	rules.gogc = setting_of(c, "gogc");
	rules.memory_limit_bytes = setting_of(c, "memory_limit_bytes");
	cli_print_object_rules(p, &rules);
}

/* --- error bars of a GC model ---------------------------------------------- */

/* The ends of the error bars of a metric, integers both, or NULL. */
static const json_t *bound_of(const struct hr_comparison *c, size_t policy, const char *name, size_t end)
{
	const json_t *p = json_array_get(json_object_get(c->document, "policies"), policy);
	const json_t *x = json_array_get(json_object_get(json_object_get(p, "bounds"), name), end);

	return json_is_integer(x) ? x : NULL;
}

/* "8 (7 to 9)" of a metric and policy; false: the document has no bounds of it. */
static bool say_bounded(char *text, size_t size, const struct hr_comparison *c, size_t policy, const char *name)
{
	const json_t *low = bound_of(c, policy, name, 0), *high = bound_of(c, policy, name, 1);
	const size_t i = hr_metric_index(name);
	char value[HR_UNIT_BUF], from[HR_UNIT_BUF], to[HR_UNIT_BUF];
	enum hr_unit unit;

	if (low == NULL || high == NULL || i >= hr_nmetrics || !c->policies[policy].known[i])
		return false;
	unit = hr_metrics[i].unit;
	snprintf(text, size, "%s (%s to %s)", hr_unit_format(value, unit, c->policies[policy].values[i]),
		 hr_unit_format(from, unit, (uint64_t)json_integer_value(low)),
		 hr_unit_format(to, unit, (uint64_t)json_integer_value(high)));
	return true;
}

/* Cycles, their CPU time and memory in use, which are those of all policies; then what each of them retains. */
static void say_bounds(const struct hr_page *p, const struct hr_comparison *c)
{
	const json_t *low = bound_of(c, 0, "in_use_mean_bytes", 0), *high = bound_of(c, 0, "in_use_mean_bytes", 1);
	char cycles[128], cpu[128], mean[128], p99[128];

	if (!say_bounded(cycles, sizeof(cycles), c, 0, "gc_cycles") ||
	    !say_bounded(cpu, sizeof(cpu), c, 0, "gc_cpu_ns") ||
	    !say_bounded(mean, sizeof(mean), c, 0, "in_use_mean_bytes"))
		return;
	hr_page_text(p, 0, "GC cycles %s, their CPU time %s, mean in use %s", cycles, cpu, mean);
	for (size_t i = 0; i < c->n; i++)
		if (say_bounded(mean, sizeof(mean), c, i, "retained_mean_bytes") &&
		    say_bounded(p99, sizeof(p99), c, i, "retained_p99_bytes"))
			hr_page_text(p, LEGEND_INDENT, "%s: mean retained %s, p99 %s", c->policies[i].text, mean, p99);
	cli_print_doubts(p,
			 json_integer_value(high) - json_integer_value(low) >
			     (json_integer_value(high) + json_integer_value(low)) / 10,
			 setting_of(c, "memory_limit_bytes") != UINT64_MAX ? figure_of(c, "gc_limit_breaches") : 0,
			 figure_of(c, "gc_cycles"));
}

/* --- text ----------------------------------------------------------------- */

/* What the headings mean that were shown; shown: by column of the view. */
static void print_legend(const struct hr_page *page, const struct hr_view *v, const bool *shown)
{
	struct hr_page p = *page;

	if (p.columns > LEGEND_COLUMNS)
		p.columns = LEGEND_COLUMNS;
	fputc('\n', p.out);
	for (size_t i = 0; i < v->n; i++)
		if (shown[i])
			hr_page_text(&p, 0, "%s: %s", v->columns[i].heading, v->columns[i].legend);
	hr_page_text(
	    &p, 0,
	    "* best and ! worst in its column; ties of more than half the policies and 'optimal' are not marked");
	hr_page_text(&p, 0,
		     "(own): the recorded program's own policy; (inactive): there is no goal to act by, not ranked");
	if (v->baseline != NULL)
		hr_page_text(&p, 0, "%%: more or less than %s; where that has 0, the value itself", v->baseline);
}

static enum hr_status print_means(const struct comparing *c, const struct hr_page *p, bool *shown, struct hr_error *err)
{
	struct hr_table t;
	enum hr_status status;

	hr_table_init(&t);
	hr_standings_means(&t, &c->view, c->at, c->n);
	hr_page_text(
	    p, 0,
	    "all %zu traces: geometric means of the ratios to %s (3/%zu: over 3 traces, in the others there is a 0)",
	    c->n, c->view.baseline, c->n);
	fputc('\n', p->out);
	hr_table_text(&t, p, hint, shown);
	status = t.failed ? no_memory(err) : HR_OK;
	hr_table_release(&t);
	return status;
}

static enum hr_status print_total(const struct comparing *c, const struct hr_page *p, bool *shown, struct hr_error *err)
{
	struct hr_comparison total;
	struct hr_table t;
	enum hr_status status;

	HR_TRY(hr_comparison_total(c->at, c->n, &total, err));
	hr_page_text(p, 0,
		     "all %zu traces: sums; means weighted by time, the largest of peaks and worst cases "
		     "(-: not to be combined)",
		     c->n);
	fputc('\n', p->out);
	hr_table_init(&t);
	hr_standings_columns(&t, &c->view, HR_STANDINGS_PLAIN);
	hr_standings_rows(&t, &c->view, HR_STANDINGS_PLAIN, &total);
	hr_table_text(&t, p, hint, shown);
	status = t.failed ? no_memory(err) : HR_OK;
	hr_table_release(&t);
	hr_comparison_release(&total);
	return status;
}

static enum hr_status print_wins(const struct comparing *c, const struct hr_page *p, struct hr_error *err)
{
	/* Columns that are not shown are told of elsewhere. */
	bool *shown = hr_calloc(c->view.n + 2, sizeof(*shown));
	enum hr_status status = HR_OK;
	struct hr_table t;

	if (shown == NULL)
		return no_memory(err);
	hr_table_init(&t);
	hr_standings_wins(&t, &c->view, c->at, c->n);
	hr_page_text(p, 0, "wins and losses: in how many of the %zu traces a policy is the best (+) and the worst (-)",
		     c->n);
	fputc('\n', p->out);
	hr_table_text(&t, p, hint, shown);
	if (t.failed)
		status = no_memory(err);
	hr_table_release(&t);
	free(shown);
	return status;
}

static enum hr_status print_trace(const struct comparing *c, const struct hr_page *p, const struct hr_comparison *of,
				  bool *shown, struct hr_error *err)
{
	struct hr_damage damage;
	char what[256];
	struct hr_table t;
	enum hr_status status;

	say_what(what, sizeof(what), of);
	hr_page_text(p, 0, "%s: %s", of->name, what);
	damage = hr_damage_from_json(json_object_get(of->document, "trace"));
	cli_print_damage(p, &damage);
	say_settings(p, of);
	say_bounds(p, of);
	fputc('\n', p->out);
	hr_table_init(&t);
	hr_standings_columns(&t, &c->view, HR_STANDINGS_PLAIN);
	hr_standings_rows(&t, &c->view, HR_STANDINGS_PLAIN, of);
	hr_table_text(&t, p, hint, shown);
	status = t.failed ? no_memory(err) : HR_OK;
	hr_table_release(&t);
	return status == HR_OK ? cli_layers_print(p, of->document, err) : status;
}

/* Of each trace what its rules say. */
static void print_insights(const struct comparing *c, const struct hr_page *page)
{
	struct hr_page p = *page;

	if (p.columns > LEGEND_COLUMNS)
		p.columns = LEGEND_COLUMNS;
	for (size_t i = 0; i < c->n; i++)
		cli_print_insights(&p, &c->at[i], c->n > 1 ? CLI_INSIGHTS_NAMED : CLI_INSIGHTS_ALONE);
}

static enum hr_status print_text(const struct comparing *c, FILE *out, struct hr_error *err)
{
	struct hr_page p = cli_table_page(out);
	/* One more than there are columns: the policies'. */
	bool *shown = hr_calloc(c->view.n + 1, sizeof(*shown));
	enum hr_status status = shown != NULL ? HR_OK : no_memory(err);

	for (size_t i = 0; status == HR_OK && i < c->n; i++) {
		if (i > 0)
			fputc('\n', out);
		status = print_trace(c, &p, &c->at[i], shown, err);
	}
	if (status == HR_OK && c->n > 1) {
		fputc('\n', out);
		status = c->view.baseline != NULL ? print_means(c, &p, shown, err) : print_total(c, &p, shown, err);
	}
	if (status == HR_OK && c->n > 1) {
		fputc('\n', out);
		status = print_wins(c, &p, err);
	}
	if (status == HR_OK)
		print_legend(&p, &c->view, shown + 1);
	if (status == HR_OK && c->n > 1 && c->view.baseline == NULL)
		hr_page_text(&p, 0, "--baseline POLICY compares the traces by ratios instead");
	if (status == HR_OK)
		print_insights(c, &p);
	free(shown);
	return status;
}

/* --- Markdown, CSV, JSON -------------------------------------------------- */

static enum hr_status print_markdown(const struct comparing *c, FILE *out, struct hr_error *err)
{
	char what[256], lost[HR_DAMAGE_BUF];
	struct hr_damage damage;
	struct hr_table t;
	bool failed = false;

	for (size_t i = 0; i < c->n; i++) {
		say_what(what, sizeof(what), &c->at[i]);
		fputs(i > 0 ? "\n### " : "### ", out);
		hr_markdown_text(out, c->at[i].name);
		damage = hr_damage_from_json(json_object_get(c->at[i].document, "trace"));
		if (hr_damaged(&damage))
			hr_print(out, "\n\n**Damaged: %s.**", hr_damage_text(lost, &damage));
		hr_print(out, "\n\n%s%s\n\n", what,
			 c->view.baseline != NULL ? "; in brackets: relative to the baseline" : "");
		hr_table_init(&t);
		hr_standings_columns(&t, &c->view, HR_STANDINGS_BOTH);
		hr_standings_rows(&t, &c->view, HR_STANDINGS_BOTH, &c->at[i]);
		hr_table_markdown(&t, out);
		failed |= t.failed;
		hr_table_release(&t);
		cli_print_insights(&(const struct hr_page){.out = out}, &c->at[i], CLI_INSIGHTS_MARKDOWN);
	}
	if (c->n > 1 && c->view.baseline != NULL) {
		fprintf(out, "\n### All %zu traces\n\nGeometric means of the ratios to ", c->n);
		hr_markdown_text(out, c->view.baseline);
		fputs("\n\n", out);
		hr_table_init(&t);
		hr_standings_means(&t, &c->view, c->at, c->n);
		hr_table_markdown(&t, out);
		failed |= t.failed;
		hr_table_release(&t);
	}
	return failed ? no_memory(err) : HR_OK;
}

/* The columns beside those of metrics: those of any row. */
static enum hr_status collect_identity(struct comparing *c, struct hr_error *err)
{
	bool fine;

	c->view.identity = json_object();
	fine = c->view.identity != NULL;
	for (size_t i = 0; fine && i < c->n; i++) {
		json_t *row = hr_flat_beside(&c->at[i], 0, c->view.version);

		fine = hr_json_add_missing(c->view.identity, row);
		json_decref(row);
	}
	return fine ? HR_OK : no_memory(err);
}

static enum hr_status print_summaries(const struct comparing *c, FILE *out, struct hr_error *err)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->at[i].n; k++)
			HR_TRY(hr_flat_write(hr_flat_result(&c->at[i], k, c->view.version), out, err));
	return HR_OK;
}

static enum hr_status print_csv(struct comparing *c, FILE *out, struct hr_error *err)
{
	struct hr_table t;
	enum hr_status status;

	/* A user who chose columns needs no explanation of them. */
	if (compare_options_of(c->o)->columns == NULL)
		HR_TRY(collect_identity(c, err));
	hr_table_init(&t);
	hr_standings_columns(&t, &c->view, HR_STANDINGS_EXACT);
	for (size_t i = 0; i < c->n; i++)
		hr_standings_rows(&t, &c->view, HR_STANDINGS_EXACT, &c->at[i]);
	hr_table_csv(&t, out);
	status = t.failed ? no_memory(err) : HR_OK;
	hr_table_release(&t);
	return status;
}

static enum hr_status add_total(struct comparing *c, struct hr_error *err)
{
	struct hr_comparison total;

	HR_TRY(hr_comparison_total(c->at, c->n, &total, err));
	hr_json_put(&c->document, "total", hr_standings_json(&total));
	hr_comparison_release(&total);
	return HR_OK;
}

static enum hr_status print_json(struct comparing *c, FILE *out, struct hr_error *err)
{
	const char *baseline = c->view.baseline;

	for (size_t i = 0; baseline != NULL && i < c->n; i++)
		HR_TRY(hr_standings_relate(&c->at[i], baseline, err));
	if (baseline != NULL && c->n > 1)
		hr_json_put(&c->document, "means", hr_standings_means_json(baseline, c->at, c->n));
	if (c->n > 1)
		HR_TRY(add_total(c, err));
	if (c->n > 1)
		hr_json_put(&c->document, "wins", hr_standings_wins_json(c->at, c->n));
	return hr_document_write(json_incref(c->document), out, err);
}

/* --- saved runs ----------------------------------------------------------- */

/* Where the differences of settings go: to a page, or as Markdown. */
struct setting_printer {
	const struct hr_page *p;
	bool markdown;
	size_t nruns, n;
};

static void print_setting(void *ctx, const char *name, const char *const *values)
{
	struct setting_printer *s = ctx;
	char text[900] = "";
	size_t n = 0;

	for (size_t r = 0; r < s->nruns && n < sizeof(text); r++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", r > 0 ? " -> " : "",
				      values[r] != NULL ? values[r] : "(none)");
	if (s->markdown) {
		fputs("- ", s->p->out);
		hr_markdown_text(s->p->out, name);
		fputs(": ", s->p->out);
		hr_markdown_text(s->p->out, text);
		fputc('\n', s->p->out);
	} else {
		hr_page_text(s->p, LEGEND_INDENT, "%s: %s", name, text);
	}
	s->n++;
}

/* Which runs lack it: "only in old.json"; NULL: none does. */
static const char *who_has(const struct comparing *c, const void *const *in, char *buf, size_t size)
{
	size_t have = 0, n = 0;

	*buf = '\0';
	for (size_t r = 0; r < c->nsaved && n < size; r++) {
		if (in[r] == NULL)
			continue;
		n += (size_t)snprintf(buf + n, size - n, "%s%s", have > 0 ? ", " : "only in ", c->names[r]);
		have++;
	}
	return have == c->nsaved ? NULL : buf;
}

static void heading(const struct setting_printer *s, const char *level, const char *name, const char *remark)
{
	fputc('\n', s->p->out);
	if (s->markdown) {
		hr_print(s->p->out, "%s ", level);
		hr_markdown_text(s->p->out, name);
		fputs(remark != NULL ? ": " : "", s->p->out);
		hr_markdown_text(s->p->out, remark != NULL ? remark : "");
		fputs("\n\n", s->p->out);
	} else {
		hr_page_text(s->p, 0, "%s%s%s", name, remark != NULL ? ": " : "", remark != NULL ? remark : "");
	}
}

static enum hr_status print_policy(const struct comparing *c, struct setting_printer *s,
				   const struct hr_paired_trace *t, const struct hr_paired_policy *p,
				   struct hr_error *err)
{
	char who[512];
	const char *remark = who_has(c, (const void *const *)p->in, who, sizeof(who));
	struct hr_table table;
	enum hr_status status;

	hr_table_init(&table);
	hr_differences_table(&table, &c->differences, &c->view, compare_options_of(c->o)->columns != NULL, false, t, p);
	if (table.ncells == 0 && remark == NULL)
		remark = "no difference";
	heading(s, "####", p->text, remark);
	s->n = 0;
	status = hr_differences_parameters(&c->differences, t, p, print_setting, s, err);
	if (s->markdown && s->n > 0)
		fputc('\n', s->p->out);
	if (table.ncells > 0 && s->markdown)
		hr_table_markdown(&table, s->p->out);
	else if (table.ncells > 0)
		hr_table_text(&table, s->p, NULL, NULL);
	if (status == HR_OK && table.failed)
		status = no_memory(err);
	hr_table_release(&table);
	return status;
}

static enum hr_status print_paired(const struct comparing *c, struct setting_printer *s,
				   const struct hr_paired_trace *t, struct hr_error *err)
{
	char who[512];

	heading(s, "###", t->name, who_has(c, (const void *const *)t->in, who, sizeof(who)));
	HR_TRY(hr_differences_settings(&c->differences, t, print_setting, s, err));
	for (size_t i = 0; i < t->n; i++)
		HR_TRY(print_policy(c, s, t, &t->policies[i], err));
	return HR_OK;
}

static enum hr_status print_differences(const struct comparing *c, FILE *out, struct hr_error *err)
{
	const struct hr_page p = cli_table_page(out);
	struct setting_printer s = {&p, compare_options_of(c->o)->markdown, c->nsaved, 0};
	char run[32];

	for (size_t r = 0; r < c->nsaved; r++)
		hr_page_text(&p, 0, "%s%s: %s, of heapreplay %s", s.markdown ? "- " : "",
			     hr_differences_run(run, c->nsaved, r), c->names[r], c->saved[r].version);
	for (size_t i = 0; i < c->differences.n; i++)
		HR_TRY(print_paired(c, &s, &c->differences.traces[i], err));
	if (s.markdown)
		return HR_OK;
	fputc('\n', out);
	hr_page_text(&p, 0, "*: better, !: worse");
	return HR_OK;
}

static enum hr_status print_differences_csv(const struct comparing *c, FILE *out, struct hr_error *err)
{
	struct hr_table table;
	enum hr_status status;

	hr_table_init(&table);
	for (size_t i = 0; i < c->differences.n; i++) {
		const struct hr_paired_trace *t = &c->differences.traces[i];

		for (size_t k = 0; k < t->n; k++)
			hr_differences_table(&table, &c->differences, &c->view,
					     compare_options_of(c->o)->columns != NULL, true, t, &t->policies[k]);
	}
	hr_table_csv(&table, out);
	status = table.failed ? no_memory(err) : HR_OK;
	hr_table_release(&table);
	return status;
}

static enum hr_status print_differences_json(const struct comparing *c, FILE *out, struct hr_error *err)
{
	json_t *d = hr_document_new();
	enum hr_status status = hr_differences_json(&c->differences, c->names, &d, err);

	if (status == HR_OK)
		return hr_document_write(d, out, err);
	json_decref(d);
	return status;
}

enum hr_status compare_print(struct comparing *c, FILE *out, struct hr_error *err)
{
	const struct cli_options *o = c->o;

	if (c->nsaved > 1 && o->json)
		return print_differences_json(c, out, err);
	if (c->nsaved > 1)
		return compare_options_of(o)->csv ? print_differences_csv(c, out, err) : print_differences(c, out, err);
	if (o->summary)
		return print_summaries(c, out, err);
	if (o->json)
		return print_json(c, out, err);
	if (compare_options_of(o)->csv)
		return print_csv(c, out, err);
	return compare_options_of(o)->markdown ? print_markdown(c, out, err) : print_text(c, out, err);
}
