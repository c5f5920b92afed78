/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON Schemas (draft 2020-12) of what commands print as JSON. Documents are written down below in a short notation;
 * metrics, layers and columns come from the tables that the documents themselves are made from.
 *
 *   a:count b?:text|null   members; one with ? may be missing
 *   (a:count)              an object of these
 *   [text] {text}          a list, an object with any keys, of texts
 *   a.*:text               members whose name begins with a.
 *   *                      every metric and its error bars, those that there are
 *   count, integer, number, text, hex, flag, null; =a/b: the text "a" or "b"
 *   any other word         a definition
 *
 * Objects may get further members in later versions without a new HR_SCHEMA, and so no schema forbids them.
 */
#include "config.h"

#include "cmd/cli.h"

#include "base/json.h"
#include "base/print.h"
#include "fidelity/rss.h"
#include "report/document.h"
#include "report/layers.h"
#include "report/metrics.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct definition {
	const char *name;
	const char *members;
	const char *help; /* of a document: what prints it; NULL: a part of documents */
};

#define DOCUMENT "schema:count heapreplay:text "
#define TRACE_SETTINGS "trace:trace settings:settings placement:placement "

/* --- what documents hold ---------------------------------------------------- */

static const struct definition definitions[] = {
    {"replay",
     DOCUMENT TRACE_SETTINGS "policy:policy summary:summary bounds?:bounds series?:series layers?:layers real?:real "
			     "rss?:rss",
     "heapreplay replay --json"},
    {"compare",
     DOCUMENT "comparisons:[comparison] total?:[(text:text summary:figures regret:figures)] "
	      "means?:(baseline:text policies:[(text:text to_baseline:ratios over_traces:{count})]) "
	      "wins?:[(text:text traces:count best:{count} worst:{count})]",
     "heapreplay compare --json, of traces or of one saved run"},
    {"differences",
     DOCUMENT "runs:[(name:text heapreplay:text)] differences:[(trace:text in_runs:[count] settings:[setting] "
	      "policies:[(text:text in_runs:[count] parameters:[setting] figures:by_run)])]",
     "heapreplay compare --json, of several saved runs"},
    {"against",
     DOCUMENT "traces:(a:text b:text again?:text) against:(metrics:[pair] layers:[pair] types:[pair] classes:[pair])",
     "heapreplay compare --against --json"},
    {"summary-line",
     DOCUMENT "trace:text policy:text path?:text|null xxh3:hex|null format:text|null program?:text|null "
	      "events:count|null cut:flag|null lost_blocks:count|null policy_name:text|null parameters?:text "
	      "own:flag|null inactive:flag|null settings.*:text|number|flag|null *",
     "heapreplay replay --summary and compare --summary, each line"},
    {"info",
     DOCUMENT "trace:trace origin:(program:flag arguments:flag clock_origin_ns:integer|null base_address:integer|null "
	      "named_types:count notes:{text}) events:{count} generations:count threads:count own_policy:text "
	      "heap?:(in_use_peak_bytes:count mapped_peak_bytes:count procs:count) placement?:placement gc?:gc "
	      "memory_samples?:(samples:count rss_mean_bytes:count rss_peak_bytes:count rss_anon_mean_bytes:count "
	      "rss_file_mean_bytes:count anon_huge_mean_bytes:count cgroup_peak_bytes:count) "
	      "objects:(existed:count allocations:count frees:count allocated_bytes:count|null "
	      "peak_live_bytes:count|null peak_live_bytes_ns:count|null peak_live_objects:count|null "
	      "peak_live_objects_ns:count|null leaked_objects:count|null leaked_bytes:count|null "
	      "largest_bytes:count|null zero_sizes:count|null) sizes:[(to_bytes:count|null objects:count bytes:count)] "
	      "lifetimes:[(below_ns:count|null objects:count)] anomalies:{count} assumed:[text] lacks:[text]",
     "heapreplay info --json"},
    {"info-by",
     DOCUMENT "trace:trace by:text from_ns:count at_ns:count unplaced_objects:count all:(live_bytes:count "
	      "live_objects:count allocated_bytes:count allocated_objects:count freed_objects:count "
	      "mean_life_ns:count|null) rows:[(name:text sort:=type/existed/untyped/class/other several:flag "
	      "class_bytes?:count|null live_bytes:count live_objects:count allocated_bytes:count "
	      "allocated_objects:count freed_objects:count mean_life_ns:count|null)]",
     "heapreplay info --by --json"},
    {"explain",
     DOCUMENT
     "trace:text policy:chosen time_ns:count mapped_bytes:count in_use_bytes:count manual_bytes:count "
     "released_bytes:count free_bytes:count goal_bytes:count|null reasons:[(reason:text bytes:count text:text)] "
     "holders:[holder]|null layers?:layer pace_ns:count|null fate?:(released_bytes:count used_bytes:count "
     "kept_bytes:count gone_50_ns:count|null gone_90_ns:count|null gone_99_ns:count|null mark_done_ns:count|null "
     "end_ns:count) recorded_releases?:(bytes:count "
     "released_bytes:count next_bytes:count in_use_bytes:count held:{count} explained_ratio:number|null) "
     "chunks?:[(addr:hex in_use_bytes:count free_bytes:count reason:text history:[(time_ns:count "
     "what:=free/taken/released/refaulted bytes:count reason?:text by?:text)])]",
     "heapreplay explain --json"},
    {"advise",
     DOCUMENT
     "trace:text cut?:flag lost_blocks?:count memory_bytes:count|null memory_noted?:flag other_memory_bytes:count "
     "gc_cpu_percent:number text:text "
     "recorded:advice use:count|null keep:flag settings:[advice] risks:[(kind:text text:text)] record:text",
     "heapreplay advise --json"},
    {"validate",
     DOCUMENT "policy:chosen memory_limit_bytes:count|null other_memory_bytes:count|null addresses?:(span_allocs:count "
	      "forced:score look_ahead:score free_running:score) counters?:(in_use:distance released:distance "
	      "windows:(samples:count median_ns:count|null longest_ns:count|null) rows_left_out:count) "
	      "releases?:(recorded_bytes:count replayed_bytes:count same_bytes:count same_in_time_bytes:count "
	      "recorded_pairs:count recorded_descending:count replayed_pairs:count replayed_descending:count "
	      "released_mean_bytes:number released_mean_ratio:number|null released_worst_bytes:count "
	      "released_peak_bytes:count) log?:(recorded_lines:count replayed_lines:count recorded_forced:count "
	      "replayed_forced:count paired:count same_kind:count|null recorded_work_bytes:count "
	      "replayed_work_bytes:count util_mean_points:number|null released_mean_bytes:number|null "
	      "released_worst_bytes:number|null) gctrace?:(printed_cycles:count traced_cycles:count paired:count "
	      "stw_cpus?:count|null "
	      "printed:gc_parts traced:gc_parts median_ratio:number worst_ratio:number)|null rss?:rss",
     "heapreplay validate --json"},
    {"heatmap",
     DOCUMENT "trace:text panes:[(policy:text time_ns:count in_use_bytes:count manual_bytes:count free_bytes:count "
	      "released_bytes:count mapped_bytes:count goal_bytes:count|null memory_limit_bytes:count|null "
	      "search_address:count|null forced_search_address:count|null map:(view:text scale:text shown:flag "
	      "levels:count most:number|null columns:count cell_bytes:count gaps:count) cells:(address:[count] "
	      "end_address:[count] in_use_pages:[count] free_pages:[count] released_pages:[count] "
	      "refaulted_pages:[count] gaps:[count] chunks:[count] marked_chunks?:[count] ready_chunks?:[count] "
	      "last_in_use_pages?:[count] unchanged_generations?:[count] level:[count]) series?:series)] "
	      "differing_cells?:count",
     "heapreplay heatmap --json"},
    {"policies", DOCUMENT "policies:[(name:text summary:text parameters:[(name:text default:text help:text)])]",
     "heapreplay policies --json"},
    {"sweep-row",
     "trace_id:text|null path:text heapreplay:text settings_hash:text status:=ok/failed message:text|null "
     "own:count|null "
     "gc:text|null gogc:count|=off|null gogc_learned:count|null memory_limit:text|null percent_of_bytes:count|null "
     "memory_limit_bytes:count|null policy:text|null policy_name:text|null parameters:text|null "
     "knows_future:count|null "
     "inactive:count|null procs:count|null placement:text|null span_cache:text|null clock:text|null format:text|null "
     "program:text|null events:count|null cut:count|null settings:text|null *",
     "heapreplay sweep --jsonl, each line"},
    {"version", "heapreplay:text schema:count policy_abi:count", "heapreplay --version --json"},

    {"trace",
     "name:text format:text version:integer compression:text xxh3:hex bytes:count events:count duration_ns:count "
     "has_addresses:flag cut:flag source?:text program?:text assumed:[text] anomalies:{count} path:text "
     "lost_blocks:count cut_at_byte?:count cut_what?:text",
     NULL},
    {"settings",
     "placement:=recorded/modelled address_bits:count phys_page_bytes:count huge_page_bytes:count "
     "memory_limit_bytes:count|null other_memory_bytes:count wake_delay_ns:count run_delay_ns:count procs:count "
     "start_released:flag from_ns:count until_ns:count|null cost:{text} gc:text gogc?:count|null span_cache?:text "
     "stacks_bytes?:count globals_bytes?:count pointers?:flag gc_cost?:{text} clock?:=wall/work gogc_learned?:flag "
     "warm_up_ns:count|null begins_ns:count",
     NULL},
    {"placement",
     "span_allocs:count span_frees:count model_agreed:count unknown_frees:count dropped_spans:count late_frees:count "
     "lost_releases:count foreign_cache_allocs:count cache_fills:count cache_uses:count cache_flushes:count "
     "grown_bytes:count gc_cycles:count forced_cycles:count unfinished_sweeps:count window?:(full_cycles:count "
     "measured_from_ns:count|null named_ratio:number|null named_ratio_min:number|null unnamed_bytes:count "
     "unnamed_low_bytes:count unnamed_high_bytes:count)",
     NULL},
    {"chosen", "name:text text:text parameters:{text} file?:text knows_future?:flag", NULL},
    {"policy", "name:text text:text parameters:{text} file?:text knows_future?:flag own:flag inactive:flag", NULL},
    {"comparison",
     TRACE_SETTINGS "policies:[(policy:policy summary:summary bounds?:bounds series?:series regret?:regret|null "
		    "layers?:layers kept?:(time_ns:count free_bytes:count reasons:[(reason:text bytes:count "
		    "chunks:count)] holder?:(type:text chunks:count free_bytes:count)) to_baseline?:ratios)] "
		    "optimum?:(lower_bound:flag ignored:[text] release_page_ns:number fault_page_ns:number "
		    "in_use_mean_bytes:count points:[(break_even_ns:count|null retained_mean_bytes:count "
		    "cpu_ns:count)] intervals:[(from_ns:count to_ns:count|null closed_pages:count open_pages:count "
		    "closed_byte_seconds:number open_byte_seconds:number)]) baseline?:text",
     NULL},
    {"series",
     "interval_ns:count time_ns:[count] in_use_min_bytes:[count] in_use_max_bytes:[count] in_use_mean_bytes:[count] "
     "free_min_bytes:[count] free_max_bytes:[count] free_mean_bytes:[count] released_min_bytes:[count] "
     "released_max_bytes:[count] released_mean_bytes:[count] retained_min_bytes:[count] retained_max_bytes:[count] "
     "retained_mean_bytes:[count] goal_bytes:[count|null] heap_goal_bytes:[count|null] "
     "memory_limit_bytes:[count|null] manual_bytes:[count] gc_marks:[count]",
     NULL},
    {"layers", "mean:layer peak?:layer end?:layer series?:layer_series", NULL},
    {"real", "scale:count measured:{count} modelled:{count|null}", NULL},
    {"rss",
     "terms:rss_terms mean_bytes:count peak_bytes:count huge_backed_bytes?:number|null "
     "huge_backed_ratio?:number|null huge_backed_sampled_bytes?:number|null samples:count error:rss_error|null "
     "error_fitted:rss_error|null",
     NULL},
    {"rss_error",
     "samples:count rss_mean_bytes:number mean_bytes:number mean_ratio:number p95_bytes:number worst_bytes:number "
     "worst_at_ns:count",
     NULL},
    {"setting", "name:text values:[text|null]", NULL},
    {"pair", "name:text a:count|null b:count|null again?:count|null beyond_noise?:flag", NULL},
    {"holder",
     "text:text type:text|null size_class:count|null chunks:count object_bytes:count in_use_bytes:count "
     "free_bytes:count pinned_bytes:count reason:text sentence:text "
     "age:text|null age_mean_ns:count older_than_trace:flag",
     NULL},
    {"advice",
     "gogc:count|null memory_limit_bytes:count|null fits:flag within_gc_cpu:flag death_spiral:flag "
     "retained_p99_bytes:figure|null retained_peak_bytes:figure|null gc_cpu_percent:figure|null "
     "gc_assist_percent:figure|null "
     "worst_stall_ns:figure|null lag_90_ns:figure|null gc_cycles:figure|null",
     NULL},
    {"figure", "value:number low:number high:number", NULL},
    {"score", "reproduced:count ratio:number|null", NULL},
    {"distance",
     "samples:count peak_bytes:count|null mean_bytes:number|null mean_ratio:number|null p95_bytes:count|null "
     "p95_ratio:number|null worst_bytes:count|null worst_ratio:number|null worst_at_ns:count|null equal:count|null",
     NULL},
    {"gc_parts",
     "gc_cpu_ns:count gc_cpu_stw_ns:count gc_cpu_assist_ns:count gc_cpu_dedicated_ns:count gc_cpu_idle_ns:count", NULL},
};

#define NDEFINITIONS (sizeof(definitions) / sizeof(definitions[0]))

/* --- from notation to schema -------------------------------------------------- */

static json_t *object_schema(const char **s);

static json_t *simple(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

/* A list of texts, with a stroke between them, of n characters. */
static json_t *choices_schema(const char *s, size_t n)
{
	json_t *list = json_array(), *o = json_object();
	char text[64];

	for (size_t at = 1; at < n;) {
		size_t word = strcspn(s + at, "/");

		word = word < n - at ? word : n - at;
		snprintf(text, sizeof(text), "%.*s", (int)word, s + at);
		hr_json_add(&list, hr_json_text(text));
		at += word + 1;
	}
	hr_json_put(&o, "enum", list);
	return o;
}

static json_t *word_schema(const char *s, size_t n)
{
	static const struct {
		const char *word, *type;
	} types[] = {
	    {"integer", "integer"}, {"number", "number"}, {"text", "string"}, {"flag", "boolean"}, {"null", "null"}};
	char ref[64];

	if (*s == '=')
		return choices_schema(s, n);
	if (n == 5 && strncmp(s, "count", n) == 0)
		return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
	if (n == 3 && strncmp(s, "hex", n) == 0)
		return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]+$");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].word) == n && strncmp(s, types[i].word, n) == 0)
			return simple(types[i].type);
	snprintf(ref, sizeof(ref), "#/$defs/%.*s", (int)n, s);
	return json_pack("{s:s}", "$ref", ref);
}

static json_t *type_schema(const char **s);

/* A list, a map or an object in brackets, or a word; *s is behind it. */
static json_t *part_schema(const char **s)
{
	const char open = **s;
	json_t *o, *inner;
	size_t n;

	if (strchr("[{(", open) == NULL) {
		n = strcspn(*s, "|]}) ");
		*s += n;
		return word_schema(*s - n, n);
	}
	++*s;
	inner = open == '(' ? object_schema(s) : type_schema(s);
	++*s;
	if (open == '(')
		return inner;
	o = simple(open == '[' ? "array" : "object");
	hr_json_put(&o, open == '[' ? "items" : "additionalProperties", inner);
	return o;
}

static json_t *type_schema(const char **s)
{
	json_t *first = part_schema(s), *list, *o;

	if (**s != '|')
		return first;
	list = json_array();
	o = json_object();
	hr_json_add(&list, first);
	while (**s == '|') {
		++*s;
		hr_json_add(&list, part_schema(s));
	}
	hr_json_put(&o, "anyOf", list);
	return o;
}

/* --- metrics ------------------------------------------------------------------- */

/* What a metric is in some member. */
enum shape { VALUE, VALUE_OR_NULL, RANGE, BY_RUN, TO_BASELINE };

static json_t *value_schema(const struct hr_metric *m)
{
	const char *word = m->unit == HR_UNIT_RATIO ? "number" : "count";

	return word_schema(word, strlen(word));
}

static json_t *metric_schema(const struct hr_metric *m, enum shape shape)
{
	json_t *value = shape == TO_BASELINE ? simple("number") : value_schema(m);

	if (shape != VALUE)
		value = json_pack("{s:[o, o]}", "anyOf", value, simple("null"));
	if (shape == RANGE)
		value =
		    json_pack("{s:s, s:o, s:i, s:i}", "type", "array", "items", value, "minItems", 2, "maxItems", 2);
	else if (shape == BY_RUN)
		value = json_pack("{s:s, s:o}", "type", "array", "items", value);
	hr_json_put(&value, "description", hr_json_text(m->help));
	return value;
}

/* Metrics of the kinds `of` (HR_METRICS_OF), of which those of `always` are never missing. */
static json_t *metrics_schema(unsigned of, unsigned always, enum shape shape)
{
	json_t *o = simple("object"), *members = json_object(), *required = json_array();

	for (size_t i = 0; i < hr_nmetrics; i++) {
		const struct hr_metric *m = &hr_metrics[i];

		if (of & HR_METRICS_OF(m->of))
			hr_json_put(&members, m->name, metric_schema(m, shape));
		if (always & HR_METRICS_OF(m->of))
			hr_json_add(&required, hr_json_text(m->name));
	}
	hr_json_put(&o, "properties", members);
	hr_json_put(&o, "required", required);
	return o;
}

static void put_metrics(json_t **defs)
{
	const unsigned policy = HR_METRICS_OF(HR_METRIC_POLICY), regret = HR_METRICS_OF(HR_METRIC_REGRET);
	const unsigned gc = HR_METRICS_OF(HR_METRIC_OBJECTS) | HR_METRICS_OF(HR_METRIC_GC);

	hr_json_put(defs, "summary", metrics_schema(policy | gc, policy, VALUE_OR_NULL));
	hr_json_put(defs, "regret", metrics_schema(regret, regret, VALUE_OR_NULL));
	hr_json_put(defs, "gc", metrics_schema(gc, 0, VALUE_OR_NULL));
	hr_json_put(defs, "figures", metrics_schema(policy | gc | regret, 0, VALUE));
	hr_json_put(defs, "bounds", metrics_schema(policy | gc, 0, RANGE));
	hr_json_put(defs, "by_run", metrics_schema(policy | gc | regret, 0, BY_RUN));
	hr_json_put(defs, "ratios", metrics_schema(policy | gc | regret, 0, TO_BASELINE));
}

/* Of a row of a table: every metric, and its error bars. */
static void put_columns(json_t **members)
{
	static const char *const ends[] = {"", "_low", "_high"};
	char name[96];

	for (size_t i = 0; i < hr_nmetrics; i++)
		for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
			snprintf(name, sizeof(name), "%s%s", hr_metrics[i].name, ends[k]);
			hr_json_put(members, name, metric_schema(&hr_metrics[i], VALUE_OR_NULL));
		}
}

/* --- objects -------------------------------------------------------------------- */

/* One member, *s behind it. */
static void take_member(const char **s, json_t **members, json_t **required, json_t **patterns)
{
	size_t n = strcspn(*s, "?*: ");
	const char end = (*s)[n];
	char name[64];

	snprintf(name, sizeof(name), "%s%.*s", end == '*' ? "^" : "", (int)n, *s);
	*s += n + (end == '?' || end == '*');
	if (n == 0) {
		put_columns(members);
		return;
	}
	++*s;
	if (end == '*')
		hr_json_put(patterns, name, type_schema(s));
	else
		hr_json_put(members, name, type_schema(s));
	if (end == ':')
		hr_json_add(required, hr_json_text(name));
}

static json_t *object_schema(const char **s)
{
	json_t *o = simple("object"), *members = json_object(), *required = json_array(), *patterns = json_object();

	while (**s != '\0' && **s != ')') {
		take_member(s, &members, &required, &patterns);
		*s += **s == ' ';
	}
	hr_json_put(&o, "properties", members);
	hr_json_put(&o, "required", required);
	if (json_object_size(patterns) > 0 || patterns == NULL)
		hr_json_put(&o, "patternProperties", patterns);
	else
		json_decref(patterns);
	return o;
}

/* Each column of the layers, or a list of its values. */
static json_t *layers_schema(bool series)
{
	json_t *o = simple("object"), *members = json_object(), *required = json_array();
	const char *times = series ? "[count]" : "count", *column;
	char name[64];

	hr_json_put(&members, "time_ns", type_schema(&times));
	for (unsigned c = 0; (column = hr_layer_column_name(c)) != NULL; c++) {
		const char *type = series ? "[count|null]" : "count|null";

		snprintf(name, sizeof(name), "%s_bytes", column);
		hr_json_put(&members, name, type_schema(&type));
		hr_json_add(&required, hr_json_text(name));
	}
	hr_json_put(&o, "properties", members);
	hr_json_put(&o, "required", required);
	return o;
}

static json_t *rss_terms_schema(void)
{
	json_t *o = simple("object"), *members = json_object(), *required = json_array();
	char name[64];

	for (unsigned t = 0; t < HR_RSS_TERMS; t++) {
		const char *type = "integer|null";

		snprintf(name, sizeof(name), "%s_bytes", hr_rss_term_name((enum hr_rss_term)t));
		hr_json_put(&members, name, type_schema(&type));
		hr_json_add(&required, hr_json_text(name));
	}
	hr_json_put(&o, "properties", members);
	hr_json_put(&o, "required", required);
	return o;
}

/* --- a document ------------------------------------------------------------------ */

/* The definitions that a schema refers to, by way of others too: added to `used`. False: out of memory. */
static bool take_used(const json_t *schema, const json_t *all, json_t *used)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref")), *key;
	json_t *value, *definition;
	bool fine = true;
	size_t i;

	if (ref != NULL) {
		ref = strrchr(ref, '/') + 1;
		definition = json_object_get(all, ref);
		if (definition == NULL || json_object_get(used, ref) != NULL)
			return definition != NULL;
		return hr_json_set(used, ref, json_incref(definition)) && take_used(definition, all, used);
	}
	json_object_foreach((json_t *)(uintptr_t)schema, key, value) fine = fine && take_used(value, all, used);
	json_array_foreach(schema, i, value) fine = fine && take_used(value, all, used);
	return fine;
}

static json_t *document_schema(const struct definition *d)
{
	json_t *all = json_object(), *used = json_object(), *schema;
	const char *members = d->members;
	char title[160], comment[64];

	for (size_t i = 0; i < NDEFINITIONS; i++) {
		const char *s = definitions[i].members;

		if (definitions[i].help == NULL)
			hr_json_put(&all, definitions[i].name, object_schema(&s));
	}
	put_metrics(&all);
	hr_json_put(&all, "layer", layers_schema(false));
	hr_json_put(&all, "layer_series", layers_schema(true));
	hr_json_put(&all, "rss_terms", rss_terms_schema());
	schema = object_schema(&members);
	snprintf(title, sizeof(title), "what `%s` writes: see heapreplay-metrics(5)", d->help);
	snprintf(comment, sizeof(comment), "of documents whose \"schema\" is %d", HR_SCHEMA);
	hr_json_put(&schema, "$schema", hr_json_text("https://json-schema.org/draft/2020-12/schema"));
	hr_json_put(&schema, "title", hr_json_text(title));
	hr_json_put(&schema, "$comment", hr_json_text(comment));
	if (!take_used(schema, all, used)) {
		json_decref(used);
		used = NULL;
	}
	hr_json_put(&schema, "$defs", used);
	json_decref(all);
	return schema;
}

static int print_schema(const struct definition *d, FILE *out)
{
	json_t *schema = document_schema(d);
	bool fine = schema != NULL && hr_json_write(schema, out) == 0;

	json_decref(schema);
	if (!fine)
		cli_warn(NULL, "cannot write the schema");
	return fine ? CLI_DONE : CLI_FAILED;
}

int cli_print_schemas(FILE *out)
{
	int status = CLI_DONE;

	for (size_t i = 0; i < NDEFINITIONS && status == CLI_DONE; i++) {
		if (definitions[i].help != NULL) {
			hr_print(out, "@@ schema-%s\n", definitions[i].name);
			status = print_schema(&definitions[i], out);
		}
	}
	return status;
}

int cli_print_schema(const struct cli_command *help, FILE *out, const char *name)
{
	for (size_t i = 0; i < NDEFINITIONS; i++) {
		const struct definition *d = &definitions[i];

		if (d->help == NULL)
			continue;
		if (name == NULL)
			hr_print(out, "%-14s %s\n", d->name, d->help);
		else if (strcmp(d->name, name) == 0)
			return print_schema(d, out);
	}
	return name == NULL ? CLI_DONE
			    : cli_misuse(help, "there is no schema '%s'; 'heapreplay help --schema' lists them", name);
}
