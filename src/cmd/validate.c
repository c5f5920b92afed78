/* SPDX-License-Identifier: BSD-3-Clause */
/* validate: compares the replay with the recorded addresses, counters and scavtrace lines. */
#include "config.h"

#include "cmd/cli.h"
#include "cmd/rss.h"

#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "fidelity/fidelity.h"
#include "fidelity/gctrace.h"
#include "fidelity/releases.h"
#include "replay/placement/addresses.h"
#include "report/document.h"
#include "report/output.h"

#include <stdlib.h>
#include <string.h>

/* The options that this command alone has. */
struct own {
	const char *log;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

struct validation {
	const struct cli_options *o;
	const char *path;
	struct hr_address_score addresses;
	bool has_addresses;

	struct hr_replay_options options;
	struct hr_policy_choice own;
	const struct hr_policy_choice *choice;
	struct hr_truth truth;
	struct hr_distance in_use, released;
	struct hr_scav_log recorded, replayed;
	struct hr_log_agreement log;
	struct hr_gctrace_agreement gc; /* beside the lines of gctrace in the log */
	struct cli_rss rss;		/* beside the trace's own samples */
	struct hr_trace_stats stats;
	struct hr_trace_meta meta;
	const char *log_path;		      /* NULL: there is none */
	struct hr_release_agreement releases; /* if compared */
	bool compares_releases;
};

/* What the error is about: the trace, or a file beside it. */
struct about {
	const char *file;
};

static enum hr_status read_meta(struct validation *v, struct hr_error *err)
{
	struct hr_reader *r;

	HR_TRY(hr_reader_open(v->path, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &r, err));
	v->meta = *hr_reader_meta(r);
	hr_reader_close(r);
	return HR_OK;
}

static enum hr_status read_beside(struct validation *v, struct about *about, struct hr_error *err)
{
	HR_TRY(read_meta(v, err));
	v->log_path = own_of(v->o)->log;
	/* A GC log may hold both. */
	if (v->log_path == NULL && v->meta.has_releases)
		v->log_path = v->o->replay.reading.gc_log;
	if (v->log_path != NULL) {
		about->file = v->log_path;
		HR_TRY(hr_scav_log_read(&v->recorded, v->log_path, err));
		if (own_of(v->o)->log == NULL && v->recorded.n == 0)
			v->log_path = NULL;
	}
	about->file = v->path;
	if (v->o->truth == NULL)
		return HR_OK;
	if (!v->meta.has_clock_origin)
		return hr_error_set(
		    err, HR_EINPUT,
		    "the trace does not say when its clock started; --truth cannot be compared with it");
	about->file = v->o->truth;
	return hr_truth_read(&v->truth, v->o->truth, v->meta.clock_origin_ns, v->meta.has_releases, err);
}

/* The program's own limit and other memory, where they were recorded and not given. */
static void take_settings(struct validation *v)
{
	if (v->o->truth == NULL)
		return;
	if (!v->o->limit_given && v->truth.memory_limit_bytes != UINT64_MAX) {
		v->options.settings.memory_limit_bytes = v->truth.memory_limit_bytes;
		v->options.settings.limit_given = true;
	}
	if (!v->o->other_given && v->truth.other_memory_bytes != 0)
		v->options.settings.other_memory_bytes = v->truth.other_memory_bytes;
}

/* The policy, and where the trace tells its own releases and it is another one, those beside it. */
struct pair {
	struct hr_policy_choice at[2];
	size_t n;
	struct hr_release_log recorded, replayed;
};

static enum hr_status choose_pair(const struct validation *v, const struct cli_choices *choices, struct pair *pair,
				  struct hr_error *err)
{
	if (choices->n == 0)
		return HR_OK;
	pair->at[pair->n++] = choices->at[0];
	if (v->meta.has_releases && !choices->at[0].def->needs_releases) {
		HR_TRY(hr_policy_choose("recorded", &pair->at[1], err));
		pair->n++;
	}
	return HR_OK;
}

static enum hr_status watch(struct validation *v, struct hr_replay *r, struct hr_fidelity *fidelity, struct pair *pair,
			    struct hr_error *err)
{
	if (v->o->truth != NULL) {
		/* A page trace that is whole ends when the program does. */
		fidelity->to_end = v->meta.has_releases && !hr_reader_stats(r->reader)->cut;
		if (hr_fidelity_start(fidelity, &v->truth, r->followers[0]) != HR_OK)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	r->followers[0]->log = hr_scav_log_add;
	r->followers[0]->log_ctx = &v->replayed;
	if (pair->n == 2) {
		hr_release_log_start(&pair->replayed, r->followers[0]);
		hr_release_log_start(&pair->recorded, r->followers[1]);
	}
	return HR_OK;
}

/* A log without cycles is none to compare with. */
static enum hr_status compare_gc(struct validation *v, const struct hr_reader *r, struct hr_error *err)
{
	struct hr_gc_log log;
	enum hr_status status;

	if (v->log_path == NULL)
		return HR_OK;
	status = hr_gc_log_read(&log, v->log_path, err);
	if (status == HR_OK && hr_gctrace_compare(&log, hr_reader_sides(r), &v->gc) != HR_OK)
		status = hr_error_set(err, HR_ENOMEM, "out of memory for the GC log");
	hr_gc_log_release(&log);
	return status == HR_EINPUT ? HR_OK : status;
}

static enum hr_status replay_pair(struct validation *v, struct pair *pair, struct hr_error *err)
{
	struct hr_fidelity fidelity = {0};
	struct hr_replay r;
	enum hr_status status;

	if (v->log_path != NULL)
		v->options.reading.want |= HR_WANT_GC_CPU;
	HR_TRY(hr_replay_open(&r, v->path, &v->options, pair->at, pair->n, &v->own, err));
	status = watch(v, &r, &fidelity, pair, err);
	cli_rss_start(&v->rss, &r, 0, &(struct hr_rss_options){.binary_bytes = HR_NOT_KNOWN});
	if (status == HR_OK)
		status = hr_replay_run(&r, err);
	if (status == HR_OK) {
		v->stats = *hr_reader_stats(r.reader);
		if (v->o->truth != NULL)
			hr_fidelity_get(&fidelity, &v->in_use, &v->released);
		v->log = hr_scav_log_compare(&v->recorded, &v->replayed);
		status = compare_gc(v, r.reader, err);
		if (status == HR_OK)
			status = cli_rss_end(&v->rss, &r, err);
		v->compares_releases = pair->n == 2;
		if (status == HR_OK && v->compares_releases &&
		    hr_releases_compare(&pair->recorded, &pair->replayed, &v->releases) != HR_OK)
			status = hr_error_set(err, HR_ENOMEM, "out of memory for the releases");
	}
	hr_fidelity_release(&fidelity);
	hr_replay_close(&r);
	return status;
}

static enum hr_status replay(struct validation *v, const struct cli_choices *choices, struct hr_error *err)
{
	struct pair pair = {.n = 0};
	enum hr_status status = choose_pair(v, choices, &pair, err);

	v->choice = choices->n ? &choices->at[0] : &v->own;
	if (status == HR_OK)
		status = replay_pair(v, &pair, err);
	hr_release_log_release(&pair.recorded);
	hr_release_log_release(&pair.replayed);
	hr_policy_choice_release(&pair.at[1]);
	return status;
}

static double share(double part, uint64_t whole)
{
	return whole ? part / (double)whole : 0;
}

/* --- text --- */

static void print_share(FILE *out, const char *name, uint64_t part, uint64_t whole)
{
	char buf[HR_UNIT_BUF];

	hr_print(out, "  %-26s %8.3f %%  (%s)\n", name, 100 * share((double)part, whole), hr_format_count(buf, part));
}

/* How the counters were sampled. */
static void print_samples(FILE *out, const struct validation *v)
{
	const struct hr_truth *t = &v->truth;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	fprintf(out, "\ndistance from the program's counters, %zu samples", v->in_use.n);
	if (t->windows > 0)
		hr_print(out, " in windows of %s (median) to %s (longest)", hr_format_ns(a, t->window_median_ns),
			 hr_format_ns(b, t->window_longest_ns));
	fputs("; shares of the counter's own peak\n", out);
	if (t->missing > 0)
		fprintf(out, "  %zu rows without a needed value are left out\n", t->missing);
	if (v->in_use.n == 0)
		fputs("  no sample lies within the trace: there is nothing to compare\n", out);
}

static void print_distance(FILE *out, const char *name, const struct hr_distance *d)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], p[HR_UNIT_BUF];

	hr_print(out,
		 "  %-9s mean %s (%.2f %%), 95th percentile %s (%.2f %%), worst %s (%.2f %%); peak %s; "
		 "equal in %.2f %%\n",
		 name, hr_format_bytes(a, (uint64_t)d->mean_bytes), 100 * share(d->mean_bytes, d->peak_bytes),
		 hr_format_bytes(b, d->p95_bytes), 100 * share((double)d->p95_bytes, d->peak_bytes),
		 hr_format_bytes(c, d->worst_bytes), 100 * share((double)d->worst_bytes, d->peak_bytes),
		 hr_format_bytes(p, d->peak_bytes), 100 * share((double)d->equal, d->n));
}

static void print_releases(FILE *out, const struct hr_release_agreement *a)
{
	char x[HR_UNIT_BUF], y[HR_UNIT_BUF];

	hr_print(out, "\nreleases: %s recorded, %s replayed\n", hr_format_bytes(x, a->recorded_pages * HR_PAGE_BYTES),
		 hr_format_bytes(y, a->replayed_pages * HR_PAGE_BYTES));
	fprintf(out, "  the same pages             %7.2f %% of the recorded, %7.2f %% of the replayed\n",
		100 * share((double)a->same_pages, a->recorded_pages),
		100 * share((double)a->same_pages, a->replayed_pages));
	fprintf(out, "  ... within a second        %7.2f %% of the recorded, %7.2f %% of the replayed\n",
		100 * share((double)a->same_in_time, a->recorded_pages),
		100 * share((double)a->same_in_time, a->replayed_pages));
	fprintf(out, "  descending within a run    %7.2f %% of the recorded, %7.2f %% of the replayed\n",
		100 * share((double)a->recorded_descending, a->recorded_pairs),
		100 * share((double)a->replayed_descending, a->replayed_pairs));
	hr_print(out, "  released bytes: %s apart on average (%.2f %% of the peak), ",
		 hr_format_bytes(x, (uint64_t)a->mean_bytes), 100 * share(a->mean_bytes, a->peak_bytes));
	hr_print(out, "%s at worst; peak %s\n", hr_format_bytes(x, a->worst_bytes), hr_format_bytes(y, a->peak_bytes));
}

static void print_gc(FILE *out, const struct hr_gctrace_agreement *g)
{
	const struct {
		const char *name;
		uint64_t printed_ns, traced_ns;
	} rows[] = {
	    {"stopped world", g->printed.stw_ns, g->traced.stw_ns},
	    {"assists", g->printed.assist_ns, g->traced.assist_ns},
	    {"dedicated workers", g->printed.dedicated_ns, g->traced.dedicated_ns},
	    {"idle workers", g->printed.idle_ns, g->traced.idle_ns},
	    {"sum", g->printed.total_ns, g->traced.total_ns},
	};
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	hr_print(out, "\nGC CPU time beside gctrace's: %zu cycles printed, %zu in the trace, %zu pairs\n",
		 g->printed_cycles, g->traced_cycles, g->paired);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hr_print(out, "  %-18s printed %10s, by the trace %10s\n", rows[i].name,
			 hr_format_ns(a, rows[i].printed_ns), hr_format_ns(b, rows[i].traced_ns));
	if (g->stw_cpus != 0)
		hr_print(out, "  (a stopped world counts on %u CPUs, as the log has it, not on all Ps)\n", g->stw_cpus);
	hr_print(out, "  a cycle's sum: %.2f %% apart in the median, %.2f %% at worst\n", 100 * g->median_ratio,
		 100 * g->worst_ratio);
}

static void print_log(FILE *out, const struct hr_log_agreement *l)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	fprintf(out, "\nscavtrace lines: %zu recorded (%zu forced), %zu replayed (%zu forced)\n", l->recorded,
		l->recorded_forced, l->replayed, l->replayed_forced);
	if (l->paired == 0) {
		hr_print(out, "  no pair: %s\n",
			 l->recorded == 0 ? "the log holds no line of GODEBUG=scavtrace=1"
					  : "the replay has no line to pair with those of the log");
		return;
	}
	hr_print(out, "  work in periodic lines: recorded %s, replayed %s\n",
		 hr_format_bytes(a, l->recorded_work_bytes), hr_format_bytes(b, l->replayed_work_bytes));
	fprintf(out, "  %zu pairs, %zu of the same kind; util %.2f points apart on average\n", l->paired, l->same_kind,
		l->util_mean_points);
	hr_print(out, "  released now: %s apart on average (%.2f %% of the peak), ",
		 hr_format_bytes(a, (uint64_t)l->released_mean_bytes),
		 100 * share(l->released_mean_bytes, l->released_peak_bytes));
	hr_print(out, "%s at worst\n", hr_format_bytes(b, (uint64_t)l->released_worst_bytes));
}

static void print_text(FILE *out, const struct validation *v)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	hr_print(out, "%s under %s\n", v->path, v->choice->text);
	if (v->has_addresses) {
		hr_print(out, "\naddresses reproduced, of %s span allocations\n",
			 hr_format_count(a, v->addresses.allocs));
		print_share(out, "forced", v->addresses.forced, v->addresses.allocs);
		print_share(out, "forced with look-ahead", v->addresses.look_ahead, v->addresses.allocs);
		print_share(out, "free-running", v->addresses.free_running, v->addresses.allocs);
	} else {
		fputs("\nthe trace has no addresses to reproduce\n", out);
	}
	if (v->o->truth != NULL) {
		print_samples(out, v);
		if (v->in_use.n > 0) {
			print_distance(out, "in use", &v->in_use);
			print_distance(out, "released", &v->released);
		}
		if (v->options.settings.memory_limit_bytes != UINT64_MAX)
			hr_print(out, "  memory limit %s, outside the heap %s\n",
				 hr_format_bytes(a, v->options.settings.memory_limit_bytes),
				 hr_format_bytes(b, v->options.settings.other_memory_bytes));
	}
	if (v->compares_releases)
		print_releases(out, &v->releases);
	if (v->log_path != NULL)
		print_log(out, &v->log);
	if (v->gc.paired > 0)
		print_gc(out, &v->gc);
	if (v->rss.bridge.fitted.n > 0) {
		fputc('\n', out);
		cli_print_rss(out, &v->rss.bridge);
	}
}

/* --- JSON --- */

/* A figure that rests on something; else null. */
static json_t *real(double x, bool known)
{
	return known ? hr_json_real(x) : json_null();
}

static json_t *whole(uint64_t x, bool known)
{
	return known ? hr_json_count(x) : json_null();
}

static json_t *ratio(double part, uint64_t whole)
{
	return real(share(part, whole), whole > 0);
}

static json_t *distance_json(const struct hr_distance *d)
{
	const bool known = d->n > 0;

	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "samples", (json_int_t)d->n,
			 "peak_bytes", whole(d->peak_bytes, known), "mean_bytes", real(d->mean_bytes, known),
			 "mean_ratio", ratio(d->mean_bytes, d->peak_bytes), "p95_bytes", whole(d->p95_bytes, known),
			 "p95_ratio", ratio((double)d->p95_bytes, d->peak_bytes), "worst_bytes",
			 whole(d->worst_bytes, known), "worst_ratio", ratio((double)d->worst_bytes, d->peak_bytes),
			 "worst_at_ns", whole(d->worst_at_ns, known), "equal", whole(d->equal, known));
}

static json_t *windows_json(const struct hr_truth *t)
{
	return json_pack("{s:I, s:o, s:o}", "samples", (json_int_t)t->windows, "median_ns",
			 whole(t->window_median_ns, t->windows > 0), "longest_ns",
			 whole(t->window_longest_ns, t->windows > 0));
}

static json_t *log_json(const struct hr_log_agreement *l)
{
	const bool known = l->paired > 0;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:o}", "recorded_lines",
			 (json_int_t)l->recorded, "replayed_lines", (json_int_t)l->replayed, "recorded_forced",
			 (json_int_t)l->recorded_forced, "replayed_forced", (json_int_t)l->replayed_forced, "paired",
			 (json_int_t)l->paired, "same_kind", whole(l->same_kind, known), "recorded_work_bytes",
			 (json_int_t)l->recorded_work_bytes, "replayed_work_bytes", (json_int_t)l->replayed_work_bytes,
			 "util_mean_points", real(l->util_mean_points, known), "released_mean_bytes",
			 real(l->released_mean_bytes, known), "released_worst_bytes",
			 real(l->released_worst_bytes, known));
}

static json_t *releases_json(const struct hr_release_agreement *a)
{
	return json_pack(
	    "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:I, s:I}", "recorded_bytes",
	    (json_int_t)(a->recorded_pages * HR_PAGE_BYTES), "replayed_bytes",
	    (json_int_t)(a->replayed_pages * HR_PAGE_BYTES), "same_bytes", (json_int_t)(a->same_pages * HR_PAGE_BYTES),
	    "same_in_time_bytes", (json_int_t)(a->same_in_time * HR_PAGE_BYTES), "recorded_pairs",
	    (json_int_t)a->recorded_pairs, "recorded_descending", (json_int_t)a->recorded_descending, "replayed_pairs",
	    (json_int_t)a->replayed_pairs, "replayed_descending", (json_int_t)a->replayed_descending,
	    "released_mean_bytes", a->mean_bytes, "released_mean_ratio", ratio(a->mean_bytes, a->peak_bytes),
	    "released_worst_bytes", (json_int_t)a->worst_bytes, "released_peak_bytes", (json_int_t)a->peak_bytes);
}

static json_t *score_json(uint64_t reproduced, uint64_t allocs)
{
	return json_pack("{s:I, s:o}", "reproduced", (json_int_t)reproduced, "ratio",
			 ratio((double)reproduced, allocs));
}

static json_t *gc_parts_json(const struct hr_gc_cpu_sum *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "gc_cpu_ns", (json_int_t)s->total_ns, "gc_cpu_stw_ns",
			 (json_int_t)s->stw_ns, "gc_cpu_assist_ns", (json_int_t)s->assist_ns, "gc_cpu_dedicated_ns",
			 (json_int_t)s->dedicated_ns, "gc_cpu_idle_ns", (json_int_t)s->idle_ns);
}

static json_t *gc_json(const struct hr_gctrace_agreement *g)
{
	return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:f, s:f}", "printed_cycles", (json_int_t)g->printed_cycles,
			 "traced_cycles", (json_int_t)g->traced_cycles, "paired", (json_int_t)g->paired, "stw_cpus",
			 g->stw_cpus != 0 ? json_integer(g->stw_cpus) : json_null(), "printed",
			 gc_parts_json(&g->printed), "traced", gc_parts_json(&g->traced), "median_ratio",
			 g->median_ratio, "worst_ratio", g->worst_ratio);
}

static enum hr_status print_json(FILE *out, const struct validation *v, struct hr_error *err)
{
	json_t *d = hr_document_new();

	hr_json_put(&d, "policy", hr_document_policy(v->choice));
	hr_json_put(&d, "memory_limit_bytes", hr_document_bytes(v->options.settings.memory_limit_bytes));
	hr_json_put(&d, "other_memory_bytes", hr_document_bytes(v->options.settings.other_memory_bytes));
	if (v->has_addresses)
		hr_json_put(&d, "addresses",
			    json_pack("{s:I, s:o, s:o, s:o}", "span_allocs", (json_int_t)v->addresses.allocs, "forced",
				      score_json(v->addresses.forced, v->addresses.allocs), "look_ahead",
				      score_json(v->addresses.look_ahead, v->addresses.allocs), "free_running",
				      score_json(v->addresses.free_running, v->addresses.allocs)));
	if (v->o->truth != NULL)
		hr_json_put(&d, "counters",
			    json_pack("{s:o, s:o, s:o, s:I}", "in_use", distance_json(&v->in_use), "released",
				      distance_json(&v->released), "windows", windows_json(&v->truth), "rows_left_out",
				      (json_int_t)v->truth.missing));
	if (v->compares_releases)
		hr_json_put(&d, "releases", releases_json(&v->releases));
	if (v->log_path != NULL)
		hr_json_put(&d, "log", log_json(&v->log));
	if (v->log_path != NULL)
		hr_json_put(&d, "gctrace", v->gc.paired > 0 ? gc_json(&v->gc) : json_null());
	if (v->rss.bridge.fitted.n > 0)
		hr_json_put(&d, "rss", hr_rss_bridge_json(&v->rss.bridge));
	return hr_document_write(d, out, err);
}

static enum hr_status print(const struct validation *v, struct hr_error *err)
{
	struct hr_output main;
	enum hr_status status;

	HR_TRY(hr_output_open(&main, v->o->output, err));
	if (v->o->json)
		status = print_json(main.file, v, err);
	else {
		status = HR_OK;
		print_text(main.file, v);
	}
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

static enum hr_status validate(struct validation *v, const struct cli_choices *choices, struct about *about,
			       struct hr_error *err)
{
	HR_TRY(read_beside(v, about, err));
	about->file = v->path;
	take_settings(v);
	HR_TRY(replay(v, choices, err));
	HR_TRY(hr_addresses_score(v->path, &v->addresses, &v->has_addresses, err));
	about->file = NULL;
	return print(v, err);
}

static int run_validate(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct validation v = {.o = o, .path = argv[0], .options = o->replay};
	struct about about = {argv[0]};
	struct cli_choices choices;
	struct hr_error err;
	enum hr_status status;

	(void)argc;
	if (strcmp(argv[0], "-") == 0)
		return cli_misuse(c, "the trace is read several times: name a file, not standard input");
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	if (choices.n > 1) {
		cli_choices_release(&choices);
		return cli_misuse(c, "only one policy is allowed");
	}
	cli_progress_start(&v.options, o);
	status = validate(&v, &choices, &about, &err);
	cli_progress_end();
	if (status == HR_OK)
		cli_warn_trace(o, argv[0], &v.stats);
	cli_rss_release(&v.rss);
	hr_truth_release(&v.truth);
	hr_scav_log_release(&v.recorded);
	hr_scav_log_release(&v.replayed);
	hr_policy_choice_release(&v.own);
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about.file, &err);
}

static const struct cli_option options[] = {
    {"log", 0, "FILE", CLI_TEXT, offsetof(struct own, log), 0, CLI_IN_INPUT,
     "the program's own scavtrace lines (its standard error)"},
    {.name = NULL},
};

const struct cli_command cli_validate = {
    .name = "validate",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "compare a replay with what the recorded program did",
    .text = "Compares the replay with reality: how many recorded span addresses the page allocator's model\n"
	    "reproduces; in-use and released bytes with the program's own counters (--truth, a CSV with\n"
	    "runtime/metrics names and a mono_ns column); the scavtrace log with the program's (--log);\n"
	    "on Go page traces a policy's releases with those of the recorded scavenger (-p, --gc-log).\n",
    .examples =
	"heapreplay validate app.trace\taddresses only\n"
	"heapreplay validate app.trace --truth app.truth.csv --log app.stderr\teverything\n"
	"heapreplay validate app.pagetrace -p go1.21 --gc-log app.gclog\tGo 1.21's scavenger, replayed and recorded\n",
    .endings = "txt json=json",
    .groups = CLI_RUNS | CLI_READS | CLI_TRUTH | CLI_JSON | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_validate,
};
