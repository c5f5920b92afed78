/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/html.h"

#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "fidelity/rss.h"
#include "plot/data.h"
#include "plot/held.h"
#include "plot/markup.h"
#include "plot/page.h"
#include "report/document.h"
#include "report/insights.h"
#include "report/layers.h"
#include "report/marks.h"
#include "report/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plot/page_files.inc"

/* --- the frame of the page ---------------------------------------------------- */

static const char head[] = "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			   "<meta name=\"color-scheme\" content=\"light dark\">\n";

struct page {
	FILE *out;
	const struct hr_plot_source *s;
	size_t own;
	bool told;	      /* an insight */
	struct hr_blob *svgs; /* of each of pictures; at is NULL where there is nothing to see */
};

static const struct hr_plot_run *own_run(const struct page *p)
{
	return &p->s->runs[p->own];
}

static void put_text(const struct page *p, const char *text)
{
	hr_html_text(p->out, text);
}

static const char *metric_text(char buf[HR_UNIT_BUF], const struct hr_plot_run *run, const char *name)
{
	return hr_html_value(buf, hr_metrics[hr_metric_index(name)].unit, hr_plot_number(run->summary, name));
}

/* --- at a glance --------------------------------------------------------------- */

static void write_trace(const struct page *p)
{
	const json_t *trace = own_run(p)->trace;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	fputs("<p class=\"dim\">", p->out);
	put_text(p, hr_plot_string(trace, "format"));
	hr_print(p->out, ", %s, %s events", metric_text(a, own_run(p), "duration_ns"),
		 hr_html_value(b, HR_UNIT_COUNT, hr_plot_number(trace, "events")));
	if (hr_plot_string(trace, "program")[0] != '\0') {
		fputs("; program: ", p->out);
		put_text(p, hr_plot_string(trace, "program"));
	}
	if (json_is_true(json_object_get(trace, "cut")))
		hr_print(p->out, "; the trace is cut off at byte %s",
			 hr_html_value(c, HR_UNIT_COUNT, hr_plot_number(trace, "cut_at_byte")));
	fputs(".</p>\n", p->out);
}

/* The run that retains least. */
static const struct hr_plot_run *leanest(const struct page *p)
{
	const struct hr_plot_run *best = own_run(p);

	for (size_t i = 0; i < p->s->n; i++) {
		const struct hr_plot_run *run = &p->s->runs[i];

		if (hr_plot_competes(run) && hr_plot_number(run->summary, "retained_mean_bytes") <
						 hr_plot_number(best->summary, "retained_mean_bytes"))
			best = run;
	}
	return best;
}

static void write_leanest(const struct page *p)
{
	const struct hr_plot_run *best = leanest(p), *own = own_run(p);
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	if (best == own) {
		fputs("<p>No other of these policies retained less.</p>\n", p->out);
		return;
	}
	fputs("<p>Of these policies, <b>", p->out);
	put_text(p, hr_plot_policy_text(best));
	hr_print(p->out,
		 "</b> retained the least: %s on average. Its releases and refaults took %s of CPU time; those of ",
		 metric_text(a, best, "retained_mean_bytes"), hr_html_value(b, HR_UNIT_NS, hr_plot_cpu_ns(best)));
	put_text(p, hr_plot_policy_text(own));
	hr_print(p->out, " %s.</p>\n", hr_html_value(c, HR_UNIT_NS, hr_plot_cpu_ns(own)));
}

static void write_regret(const struct page *p)
{
	const json_t *regret = own_run(p)->regret;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	if (!json_is_number(json_object_get(regret, "equal_cpu_bytes")))
		return;
	if (hr_plot_number(regret, "equal_cpu_bytes") <= 0 && hr_plot_number(regret, "equal_memory_ns") <= 0) {
		fputs("<p>An offline-optimal policy, which knows the future, would have done no better.</p>\n", p->out);
		return;
	}
	hr_print(p->out,
		 "<p>An offline-optimal policy, which knows the future, would have retained %s less at the same CPU "
		 "cost, or used %s less CPU for the same memory.</p>\n",
		 hr_html_value(a, HR_UNIT_BYTES, hr_plot_number(regret, "equal_cpu_bytes")),
		 hr_html_value(b, HR_UNIT_NS, hr_plot_number(regret, "equal_memory_ns")));
}

/* The figures that come first. */
static const struct tile {
	const char *metric, *label;
} tiles[] = {
    {"retained_peak_bytes", "retained, at its peak"},
    {"retained_mean_bytes", "retained, mean"},
    {"in_use_mean_bytes", "in use, mean"},
    {"returned_bytes", "released to the system"},
    {"refaulted_bytes", "of that used again"},
    {"lag_90_ns", "until 90 % of the largest drop was released"},
    {"gc_cycles", "GC cycles"},
    {"gc_cpu_ns", "GC CPU time"},
};

/* Those that the run has. */
static void write_tiles(const struct page *p)
{
	char buf[HR_UNIT_BUF];

	fputs("<div class=\"tiles\">\n", p->out);
	for (size_t i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++)
		if (hr_plot_number(own_run(p)->summary, tiles[i].metric) >= 0)
			hr_print(p->out, "<div class=\"tile\"><b>%s</b><span>%s</span></div>\n",
				 metric_text(buf, own_run(p), tiles[i].metric), tiles[i].label);
	fputs("</div>\n", p->out);
}

static void write_sentences_of_glance(const struct page *p)
{
	const struct hr_plot_run *own = own_run(p);
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], d[HR_UNIT_BUF];

	fputs("<p>Under <b>", p->out);
	put_text(p, hr_plot_policy_text(own));
	hr_print(p->out,
		 "</b> the program retained %s of memory on average, %s of it in use and the rest free. The policy "
		 "released %s to the system; %s of that was used again.</p>\n",
		 metric_text(a, own, "retained_mean_bytes"), metric_text(b, own, "in_use_mean_bytes"),
		 metric_text(c, own, "returned_bytes"), metric_text(d, own, "refaulted_bytes"));
	write_leanest(p);
	write_regret(p);
}

static void write_insight(void *ctx, const char *rule, const char *text)
{
	struct page *p = ctx;

	if (!p->told)
		fputs("<ul class=\"insights\">\n", p->out);
	p->told = true;
	hr_print(p->out, "<li class=\"%s\">", rule);
	put_text(p, text);
	fputs("</li>\n", p->out);
}

/* What the rules of insights.h say; nothing if none holds. */
static enum hr_status write_insights(struct page *p, struct hr_error *err)
{
	json_t *comparisons = json_object_get(p->s->documents[0], "comparisons");
	struct hr_comparison c;

	if (json_array_size(comparisons) != 1)
		return HR_OK;
	HR_TRY(hr_comparison_read(&c, json_array_get(comparisons, 0), NULL, "the replay", err));
	hr_insights_tell(&c, write_insight, p);
	if (p->told)
		fputs("</ul>\n", p->out);
	hr_comparison_release(&c);
	return HR_OK;
}

static enum hr_status write_glance(struct page *p, struct hr_error *err)
{
	hr_html_begin(p->out, "", "glance", "At a glance");
	write_tiles(p);
	HR_TRY(write_insights(p, err));
	write_sentences_of_glance(p);
	hr_html_end(p->out);
	return HR_OK;
}

/* Mean, peak and end of the layers, where they were asked for. */
static void write_layers(const struct page *p)
{
	static const char *const which[] = {"mean", "peak", "end"};
	const json_t *layers = own_run(p)->layers;
	char key[64], buf[HR_UNIT_BUF];

	if (layers == NULL)
		return;
	hr_html_begin(p->out, "third", "layers", "What the heap is made of");
	fputs("<div class=\"wide\">\n<table>\n<thead><tr><th></th><th>mean</th>"
	      "<th>at peak</th><th>at end</th></tr></thead>\n<tbody>\n",
	      p->out);
	for (unsigned i = 0; i < HR_LAYER_COUNT; i++) {
		double v[3];

		snprintf(key, sizeof(key), "%s_bytes", hr_layer_name(i));
		for (unsigned k = 0; k < 3; k++)
			v[k] = hr_plot_number(json_object_get(layers, which[k]), key);
		if (!(v[0] > 0 || v[1] > 0 || v[2] > 0))
			continue;
		fputs("<tr><td>", p->out);
		put_text(p, hr_layer_text(i));
		fputs("</td>", p->out);
		for (unsigned k = 0; k < 3; k++)
			hr_print(p->out, "<td>%s</td>",
				 isfinite(v[k]) ? hr_html_value(buf, HR_UNIT_BYTES, v[k]) : "not known");
		fputs("</tr>\n", p->out);
	}
	fputs("</tbody>\n</table>\n</div>\n<p class=\"dim\">The layers add up to what is mapped. Which of the dying "
	      "objects are dead already is an estimate.</p>\n",
	      p->out);
	hr_html_end(p->out);
}

/* A size that may be below 0. */
static const char *signed_text(char buf[HR_UNIT_BUF + 1], double bytes)
{
	char size[HR_UNIT_BUF];

	snprintf(buf, HR_UNIT_BUF + 1, "%s%s", bytes < 0 ? "-" : "", hr_html_value(size, HR_UNIT_BYTES, fabs(bytes)));
	return buf;
}

static void write_rss_row(const struct page *p, const char *text, const json_t *value)
{
	char buf[HR_UNIT_BUF + 1];

	fputs("<tr><td>", p->out);
	put_text(p, text);
	hr_print(p->out, "</td><td>%s</td></tr>\n",
		 json_is_number(value) ? signed_text(buf, json_number_value(value)) : "not known");
}

/* How far it is from samples, if there are some. */
static void write_rss_error(const struct page *p, const json_t *rss, const char *name, const char *text)
{
	const json_t *e = json_object_get(rss, name);
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	if (!json_is_object(e))
		return;
	hr_print(p->out, "<p>%s the sum is off by %s (%.1f %%) on average, %s in 95 %%, %s at worst.</p>\n", text,
		 hr_html_value(a, HR_UNIT_BYTES, hr_plot_number(e, "mean_bytes")),
		 100 * hr_plot_number(e, "mean_ratio"), hr_html_value(b, HR_UNIT_BYTES, hr_plot_number(e, "p95_bytes")),
		 hr_html_value(c, HR_UNIT_BYTES, hr_plot_number(e, "worst_bytes")));
}

/* From retained to resident memory (fidelity/rss.h); not where the trace is of no Go program. */
static void write_rss(const struct page *p)
{
	const json_t *rss = own_run(p)->rss, *terms = json_object_get(rss, "terms");
	char key[64];

	if (rss == NULL)
		return;
	hr_html_begin(p->out, "third", "rss", "From the heap to RSS");
	fputs("<div class=\"wide\">\n<table>\n<thead><tr><th></th><th>mean</th>"
	      "</tr></thead>\n<tbody>\n",
	      p->out);
	for (unsigned t = 0; t < HR_RSS_TERMS; t++) {
		const json_t *v;

		snprintf(key, sizeof(key), "%s_bytes", hr_rss_term_name(t));
		v = json_object_get(terms, key);
		if ((t != HR_RSS_LAZY && t != HR_RSS_HUGE) || json_number_value(v) > 0)
			write_rss_row(p, hr_rss_term_text(t), v);
	}
	write_rss_row(p, "RSS, the sum", json_object_get(rss, "mean_bytes"));
	write_rss_row(p, "its peak", json_object_get(rss, "peak_bytes"));
	if (json_is_number(json_object_get(rss, "huge_backed_sampled_bytes")))
		write_rss_row(p, "in huge pages, by the samples", json_object_get(rss, "huge_backed_sampled_bytes"));
	fputs("</tbody>\n</table>\n</div>\n", p->out);
	write_rss_error(p, rss, "error", "Beside the samples of RSS in the trace, by the rules alone");
	write_rss_error(p, rss, "error_fitted", "Fitted on the first half of the samples, beside the second half");
	if (!json_is_object(json_object_get(rss, "error")))
		fputs(
		    "<p class=\"dim\">There are no samples to learn the rest from; heapreplay record takes them.</p>\n",
		    p->out);
	hr_html_end(p->out);
}

/* --- the table ------------------------------------------------------------------- */

static double number_of(const struct hr_plot_run *run, const struct hr_metric *m)
{
	return hr_plot_number(m->of == HR_METRIC_REGRET ? run->regret : run->summary, m->name);
}

static bool is_best(const struct page *p, const struct hr_metric *m, double v)
{
	struct hr_extremes e = hr_extremes_of_none(m->better);

	for (size_t i = 0; i < p->s->n; i++)
		if (hr_plot_competes(&p->s->runs[i]))
			hr_extremes_take(&e, number_of(&p->s->runs[i], m));
	return hr_extremes_mark(&e, v) == HR_MARK_BEST;
}

static void write_row(const struct page *p, size_t i)
{
	const struct hr_plot_run *run = &p->s->runs[i];
	char buf[HR_UNIT_BUF];
	size_t metric;

	hr_print(p->out, "<tr%s><td>", i == p->own ? " class=\"own\"" : "");
	put_text(p, hr_plot_policy_text(run));
	fputs("</td>", p->out);
	for (unsigned place = 1; hr_metric_at_place(place, &metric); place++) {
		const struct hr_metric *m = &hr_metrics[metric];
		double v = number_of(run, m);

		hr_print(p->out, "<td%s data-value=\"",
			 hr_plot_competes(run) && is_best(p, m, v) ? " class=\"best\"" : "");
		if (isfinite(v))
			fprintf(p->out, "%.15g", v);
		hr_print(p->out, "\">%s</td>", hr_html_value(buf, m->unit, m->unit == HR_UNIT_RATIO ? v * 1000 : v));
	}
	fputs("</tr>\n", p->out);
}

static void write_table(const struct page *p)
{
	size_t metric;

	hr_html_begin(p->out, "", "policies", "Policies");
	fputs("<div class=\"wide\">\n<table id=\"policies-table\">\n<thead><tr>"
	      "<th scope=\"col\" data-name=\"policy\">policy</th>",
	      p->out);
	for (unsigned place = 1; hr_metric_at_place(place, &metric); place++)
		hr_print(p->out, "<th scope=\"col\" data-name=\"%s\" title=\"%s\">%s</th>", hr_metrics[metric].name,
			 hr_metrics[metric].name, hr_metric_heading(metric));
	fputs("</tr></thead>\n<tbody>\n", p->out);
	for (size_t i = 0; i < p->s->n; i++)
		write_row(p, i);
	fputs(
	    "</tbody>\n</table>\n</div>\n<details>\n<summary>What the columns mean</summary>\n<dl class=\"legend\">\n",
	    p->out);
	for (unsigned place = 1; hr_metric_at_place(place, &metric); place++)
		hr_print(p->out, "<dt>%s</dt><dd>%s</dd>\n", hr_metric_heading(metric), hr_metric_legend(metric));
	fputs("</dl>\n</details>\n<p class=\"dim\">The best of a column is bold, unless more than half of the policies "
	      "share it; "
	      "the offline optimum is not ranked. The policy that this report focuses on is highlighted.</p>\n",
	      p->out);
	hr_html_end(p->out);
}

/* --- pictures --------------------------------------------------------------------- */

static const struct picture {
	const char *kind;
	bool own; /* of the page's own policy alone, or of all */
	const char *classes, *id, *title, *short_title, *caption;
	const char *live; /* what scripts fill in its place; NULL: nothing */
} pictures[] = {
    {"timeline", true, "half", "memory", "Memory over time", "Memory",
     "Blue is in use, orange is free but retained, grey is released; together they are the mapped memory. Less "
     "orange for a shorter time is better. Where blue grows into grey, memory was faulted in again.",
     "<div id=\"memory-live\"></div>"},
    {"timeline", false, "half", "retained", "What each policy retained", "Retained",
     "The grey area is memory in use, the same for all policies. Each line is what a policy retained; a line that "
     "covers others shows them as a rim.",
     "<div id=\"policies-live\"></div>"},
    {"heatmap", true, "", "addresses", "Addresses over time", "Addresses",
     "Each row is a range of addresses. Orange rows that persist are free memory that is not released; mixed "
     "colours are fragmented ranges.",
     "<div id=\"addresses-live\"></div>\n<p class=\"bar\"><button id=\"map-play\">Play</button>"
     "<input id=\"map-time\" type=\"range\" min=\"0\" value=\"0\" aria-label=\"Time of the map\"><span "
     "id=\"map-when\"></span>"
     "</p>\n<canvas id=\"map\" role=\"img\" aria-label=\"The heap at the time of the cursor, a cell for each range of "
     "addresses\"></canvas>\n<p class=\"read\" id=\"map-text\">The map shows the heap at the time of the cursor: a "
     "cell for each "
     "range of addresses, in rows.</p>"},
    {"tradeoff", false, "half", "tradeoff", "Memory against CPU time", "Trade-off",
     "Further left is less memory, further down is less CPU time. No policy can be in the grey area; a point's "
     "distance from its edge is what a better policy could gain.",
     NULL},
    {"intervals", true, "half", "intervals", "How long memory stays free", "Free times",
     "Above: how much memory is freed for how long. Below: what retaining it costs. Releasing memory on the left of "
     "the lower plot gains little and costs a fault per page; releasing memory on the right pays.",
     NULL},
    {"compare", false, "half", "metrics", "Metrics", "Metrics", "Shorter is better.", NULL},
    {"index", false, "half", "index", "Finding work", "Finding work",
     "How often the Go scavengers looked for memory to release, how many index entries they read for it, and how "
     "many lookups missed.",
     NULL},
};

/* All, and those that stand before the table. */
#define NPICTURES (sizeof(pictures) / sizeof(pictures[0]))
#define FIRST_PICTURES 2

/* A source of one run, which owns nothing. */
static struct hr_plot_source alone(const struct page *p)
{
	return (struct hr_plot_source){.runs = &p->s->runs[p->own], .n = 1, .ntraces = 1, .plane = p->s->plane};
}

static bool has_index(const struct hr_plot_source *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (hr_plot_number(s->runs[i].summary, "index_lookups") > 0)
			return true;
	return false;
}

/* Whether there is something to see: a page leaves out what would be empty. */
static bool worth_it(const struct page *p, const struct picture *picture)
{
	if (strcmp(picture->kind, "intervals") == 0)
		return hr_plot_shows_intervals(own_run(p)->optimum);
	if (strcmp(picture->kind, "heatmap") == 0)
		return p->s->plane != NULL && p->s->plane->nrows > 0;
	if (strcmp(picture->kind, "index") == 0)
		return has_index(p->s);
	return picture->own || p->s->n > 1;
}

/* The picture, and what scripts put in its place. */
static void write_figure(const struct page *p, const struct picture *picture, const struct hr_blob *svg)
{
	hr_html_begin(p->out, picture->classes, picture->id, picture->title);
	fputs("<figure>\n", p->out);
	hr_print(p->out, "<div class=\"wide%s\">\n", picture->live != NULL ? " still" : "");
	fwrite(svg->at, 1, svg->n, p->out);
	fputs("</div>\n", p->out);
	if (picture->live != NULL) {
		fputs("<div class=\"live\">\n", p->out);
		fputs(picture->live, p->out);
		fputs("\n</div>\n", p->out);
	}
	hr_print(p->out, "<figcaption>%s</figcaption>\n</figure>\n", picture->caption);
	hr_html_end(p->out);
}

/* A timeline shows so many lines at most; of more policies, the others do. */
#define MOST_LINES 14

static bool is_drawn(const struct page *p, const struct picture *picture)
{
	bool crowded = strcmp(picture->kind, "timeline") == 0 && !picture->own && p->s->n > MOST_LINES;

	return worth_it(p, picture) && !crowded;
}

/* Draws all pictures of the page; complaints as of hr_html_report_write. */
static enum hr_status draw_pictures(const struct page *p, struct hr_blob *complaints, struct hr_error *err)
{
	const struct hr_plot_source one = alone(p);
	struct hr_plot_job jobs[NPICTURES];
	char prefixes[NPICTURES][32];
	size_t which[NPICTURES], n = 0;
	enum hr_status status;

	for (size_t i = 0; i < NPICTURES; i++) {
		if (!is_drawn(p, &pictures[i]))
			continue;
		snprintf(prefixes[n], sizeof(prefixes[n]), "p%zu", i + 1);
		jobs[n] = (struct hr_plot_job){.kind = hr_plot_kind_find(pictures[i].kind),
					       .source = pictures[i].own ? &one : p->s,
					       .options = {.form = HR_PLOT_INLINE, .prefix = prefixes[n]}};
		which[n++] = i;
	}
	status = hr_plot_draw_all(jobs, n, complaints, err);
	for (size_t i = 0; i < n; i++)
		p->svgs[which[i]] = jobs[i].picture;
	if (status == HR_OK) {
		free(complaints->at);
		*complaints = (struct hr_blob){0};
	}
	return status;
}

static void write_pictures(const struct page *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (p->svgs[i].at != NULL)
			write_figure(p, &pictures[i], &p->svgs[i]);
}

/* --- settings and assumptions ------------------------------------------------------ */

/* Without an allocation, so that no value can be missing from a page. Settings are no arrays. */
static void write_value(const struct page *p, const json_t *value)
{
	if (json_is_string(value))
		put_text(p, json_string_value(value));
	else if (json_is_integer(value))
		hr_print(p->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		hr_print(p->out, "%.15g", json_real_value(value));
	else
		fputs(json_is_true(value) ? "true" : json_is_false(value) ? "false" : "none", p->out);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && strcmp(text + n - m, end) == 0;
}

/* Sizes and times with a unit, from numbers whose names tell it, and texts as "1500ns"; their exact value in a tooltip. */
static void write_setting(const struct page *p, const char *outer, const char *name, const json_t *value)
{
	const bool bytes = json_is_integer(value) && ends_with(name, "_bytes");
	const bool ns = json_is_integer(value) && ends_with(name, "_ns");
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	uint64_t n = bytes || ns ? (uint64_t)json_integer_value(value) : 0;
	const bool time = ns || (ends_with(text, "ns") && hr_parse_ns(text, &n));
	char buf[HR_UNIT_BUF];

	fputs("<dt>", p->out);
	put_text(p, outer);
	fputs(outer[0] != '\0' ? "." : "", p->out);
	put_text(p, name);
	if (!bytes && !time) {
		fputs("</dt><dd>", p->out);
		write_value(p, value);
	} else {
		hr_print(p->out, "</dt><dd title=\"%" PRIu64 " %s\">", n, bytes ? "B" : "ns");
		put_text(p, bytes ? hr_format_bytes(buf, n) : hr_format_ns(buf, n));
	}
	fputs("</dd>\n", p->out);
}

/* Names with dots between nested ones. */
static void write_settings(const struct page *p, const char *outer, json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (json_is_object(value) && outer[0] == '\0') {
			write_settings(p, name, value);
			continue;
		}
		write_setting(p, outer, name, value);
	}
}

static bool write_sentences(const struct page *p, const json_t *list, const char *before)
{
	const json_t *sentence;
	size_t i;

	json_array_foreach(list, i, sentence)
	{
		hr_print(p->out, "<li>%s", before);
		put_text(p, json_is_string(sentence) ? json_string_value(sentence) : "");
		fputs("</li>\n", p->out);
	}
	return json_array_size(list) > 0;
}

static bool write_anomalies(const struct page *p, json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		fputs("<li>in the trace: ", p->out);
		put_text(p, name);
		fputs(": ", p->out);
		write_value(p, value);
		fputs("</li>\n", p->out);
	}
	return json_object_size(object) > 0;
}

static void write_assumed(const struct page *p)
{
	const struct hr_plot_run *own = own_run(p);
	bool any;

	hr_html_begin(p->out, "third first", "assumed", "What was assumed");
	fputs("<ul>\n", p->out);
	any = write_sentences(p, json_object_get(own->trace, "assumed"), "");
	any |= write_anomalies(p, json_object_get(own->trace, "anomalies"));
	any |= write_sentences(p, json_object_get(own->optimum, "ignored"), "the optimum ignores ");
	if (!any)
		fputs("<li>nothing apart from the settings</li>\n", p->out);
	fputs("</ul>\n", p->out);
	hr_html_end(p->out);
}

static void write_rest(const struct page *p)
{
	const struct hr_plot_run *own = own_run(p);

	write_assumed(p);
	hr_html_begin(p->out, "third", "settings", "Settings");
	fputs("<dl>\n", p->out);
	fputs("<dt>trace</dt><dd>", p->out);
	put_text(p, hr_plot_string(own->trace, "name"));
	fputs("</dd>\n", p->out);
	/* An anonymous report has none. */
	if (json_object_get(own->trace, "xxh3") != NULL) {
		fputs("<dt>xxh3</dt><dd>", p->out);
		put_text(p, hr_plot_string(own->trace, "xxh3"));
		fputs("</dd>\n", p->out);
	}
	/* jansson's iterators need a non-const object, though they do not change it. */
	write_settings(p, "", (json_t *)(uintptr_t)own->settings);
	fputs("</dl>\n", p->out);
	hr_html_end(p->out);
	hr_html_begin(p->out, "third", "reading", "How to read this");
	fputs("<dl>\n"
	      "<dt>in use</dt><dd>pages of spans that hold objects</dd>\n"
	      "<dt>manual</dt><dd>pages of spans without objects: stacks, the GC&#39;s work buffers</dd>\n"
	      "<dt>free</dt><dd>mapped, in no span, and not released: the system still counts it as the "
	      "program&#39;s</dd>\n"
	      "<dt>released</dt><dd>released to the system, or never touched</dd>\n"
	      "<dt>retained</dt><dd>in use plus free</dd>\n"
	      "<dt>refault</dt><dd>a released page is used again: the system has to provide and clear it</dd>\n"
	      "<dt>policy</dt><dd>decides when free memory is released; all policies follow the same placement</dd>\n"
	      "<dt>optimum</dt><dd>the least CPU time for each amount of memory, knowing the future</dd>\n"
	      "</dl>\n<p class=\"dim\">All times are simulated, by the costs in the settings. Made by "
	      "heapreplay " PACKAGE_VERSION " from the trace alone; the same trace and settings give the same page. "
	      "heapreplay-metrics(5) defines every "
	      "metric.</p>\n",
	      p->out);
	hr_html_end(p->out);
}

static void put_link(const struct page *p, const char *id, const char *text)
{
	hr_print(p->out, "<a href=\"#%s\">%s</a>", id, text);
}

static void put_links_to_pictures(const struct page *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (is_drawn(p, &pictures[i]))
			put_link(p, pictures[i].id, pictures[i].short_title);
}

/* The contents of the page, and which colours it has. */
static void write_nav(const struct page *p)
{
	fputs("<nav aria-label=\"Contents\">", p->out);
	put_link(p, "glance", "Glance");
	put_links_to_pictures(p, 0, FIRST_PICTURES);
	put_link(p, "policies", "Policies");
	if (hr_html_held(own_run(p)->kept))
		put_link(p, "held", "Why it stayed");
	if (own_run(p)->layers != NULL)
		put_link(p, "layers", "Layers");
	if (own_run(p)->rss != NULL)
		put_link(p, "rss", "RSS");
	put_links_to_pictures(p, FIRST_PICTURES, NPICTURES);
	put_link(p, "assumed", "Assumptions");
	put_link(p, "settings", "Settings");
	put_link(p, "reading", "Terms");
	fputs("<span class=\"live\"><select id=\"theme\" aria-label=\"Colours\"><option value=\"\">auto</option>"
	      "<option value=\"light\">light</option><option value=\"dark\">dark</option></select></span></nav>\n",
	      p->out);
}

static enum hr_status write_scripts(const struct page *p, struct hr_error *err)
{
	enum hr_status status;

	fputs("<script type=\"application/json\" id=\"data\">", p->out);
	status = hr_page_data_write(p->out, p->s, p->own, err);
	fputs("</script>\n<script>\n", p->out);
	fputs(report_js, p->out);
	fputs("</script>\n", p->out);
	return status;
}

static enum hr_status write_page(struct page *p, struct hr_error *err)
{
	FILE *out = p->out;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>", out);
	put_text(p, hr_plot_string(own_run(p)->trace, "name"));
	fputs(" - heapreplay</title>\n", out);
	fputs(head, out);
	fputs("<style>\n", out);
	fputs(report_css, out);
	fputs("</style>\n</head>\n<body>\n", out);
	write_nav(p);
	fputs("<h1>", out);
	put_text(p, hr_plot_string(own_run(p)->trace, "name"));
	fputs("</h1>\n", out);
	write_trace(p);
	fputs("<main>\n", out);
	HR_TRY(write_glance(p, err));
	write_pictures(p, 0, FIRST_PICTURES);
	write_table(p);
	if (hr_html_held(own_run(p)->kept))
		hr_html_held_write(out, own_run(p)->kept, hr_plot_policy_text(own_run(p)));
	write_layers(p);
	write_rss(p);
	write_pictures(p, FIRST_PICTURES, NPICTURES);
	write_rest(p);
	fputs("</main>\n", out);
	HR_TRY(write_scripts(p, err));
	fputs("</body>\n</html>\n", out);
	return HR_OK;
}

enum hr_status hr_html_report_write(FILE *out, const struct hr_plot_source *s, size_t own, struct hr_blob *complaints,
				    struct hr_error *err)
{
	struct hr_blob svgs[NPICTURES] = {{0}};
	struct page p = {.out = out, .s = s, .own = own, .svgs = svgs};
	enum hr_status status;

	*complaints = (struct hr_blob){0};
	if (own >= s->n || s->ntraces != 1)
		return hr_error_set(err, HR_EINPUT, "a report is about one trace");
	status = draw_pictures(&p, complaints, err);
	if (status == HR_OK)
		status = write_page(&p, err);
	for (size_t i = 0; i < NPICTURES; i++)
		free(svgs[i].at);
	return status;
}
