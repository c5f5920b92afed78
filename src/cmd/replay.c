/* SPDX-License-Identifier: BSD-3-Clause */
/* replay: one policy on a trace; prints its scavtrace log, a summary, JSON, CSV. */
#include "config.h"

#include "cmd/cli.h"
#include "cmd/insights.h"
#include "cmd/layers.h"
#include "cmd/real.h"
#include "cmd/rss.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "report/document.h"
#include "report/flat.h"
#include "report/output.h"
#include "report/scavtrace.h"
#include "report/series.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The options that this command alone has. */
struct own {
	const char *scavtrace; /* file for the log; NULL: with the main output */
	const char *series;
	bool live;
	bool rss, real, collapse;
	unsigned real_scale;
	const char *rss_samples, *madvise;
	uint64_t khugepaged, binary_bytes;
};

static bool is_real(const struct own *own)
{
	return own->real || own->real_scale > 0;
}

/* How --madvise says that pages are given back; HR_REAL_DONTNEED without it. */
static const char *const madvises[] = {
    [HR_REAL_DONTNEED] = "dontneed", [HR_REAL_FREE] = "free", [HR_REAL_PROCESS] = "process"};

static bool find_madvise(const struct own *own, enum hr_real_how *how)
{
	*how = HR_REAL_DONTNEED;
	for (unsigned i = 0; own->madvise != NULL && i < sizeof(madvises) / sizeof(madvises[0]); i++)
		if (strcmp(own->madvise, madvises[i]) == 0) {
			*how = (enum hr_real_how)i;
			return true;
		}
	return own->madvise == NULL;
}

static bool is_lazy(const struct own *own)
{
	return own->madvise != NULL && strcmp(own->madvise, "free") == 0;
}

/* Each of them is about RSS. */
static bool wants_rss(const struct own *own)
{
	return own->rss || own->rss_samples != NULL || (own->madvise != NULL && !is_real(own)) || own->khugepaged > 0 ||
	       own->binary_bytes > 0;
}

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

/* Everything that one run writes to. */
struct run {
	struct hr_replay replay;
	struct hr_policy_choice own;
	const struct hr_policy_choice *choice;
	struct hr_output main, log, csv;
	struct hr_csv_series csv_series;
	struct hr_json_series *json_series;
	struct cli_layers layers;
	struct hr_kept *kept;  /* NULL: no text ends with sentences */
	struct cli_real *real; /* NULL: not asked for */
	struct cli_rss rss;    /* not started: not asked for */
	struct cli_live *live; /* NULL: not asked for */
	FILE *log_file;	       /* NULL: nobody reads the log */
};

static void log_line(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line)
{
	const struct run *r = ctx;
	char text[HR_SCAV_LINE_MAX];

	if (r->live != NULL)
		cli_live_log(r->live, f, line);
	if (r->log_file == NULL)
		return;
	cli_progress_clear();
	hr_print(r->log_file, "%s\n", hr_scavtrace_format(text, line));
	/* Flush each line (one a GC cycle), so that it appears at once when following a live program. */
	fflush(r->log_file);
}

static const char *policy_name(const struct run *r)
{
	return r->choice->text;
}

static void print_summary(FILE *out, const char *path, const struct run *r)
{
	const struct hr_follower *f = r->replay.followers[0];
	const struct hr_page page = {.out = out, .columns = UINT_MAX};
	struct hr_damage damage;
	char buf[HR_UNIT_BUF];

	hr_print(out, "\n%s under %s, %s placement\n", path, policy_name(r),
		 hr_placer_stats(r->replay.placer).recorded ? "recorded" : "modelled");
	if (f->settings.memory_limit_bytes != UINT64_MAX)
		hr_print(out, "memory limit %s, %s of memory outside the heap assumed\n",
			 hr_format_bytes(buf, f->settings.memory_limit_bytes),
			 hr_format_bytes((char[HR_UNIT_BUF]){0}, f->settings.other_memory_bytes));
	damage = hr_damage_of(hr_reader_stats(r->replay.reader));
	cli_print_damage(&page, &damage);
	cli_print_assumed(out, hr_reader_stats(r->replay.reader));
	cli_print_objects(out, &r->replay);
	cli_print_metrics(out, &(struct hr_measured){.follower = f}, HR_METRIC_POLICY);
	cli_print_bounds(out, &r->replay, 0);
	if (r->real != NULL)
		cli_print_real(out, r->real);
	if (r->rss.started)
		cli_print_rss(out, &r->rss.bridge);
}

/* The last frame of a live view stays on the terminal; text would push it away. */
static bool has_text(const struct run *r, const struct cli_options *o)
{
	return r->live == NULL || o->output != NULL;
}

/* Opens the outputs and hangs the observers on the follower. */
static enum hr_status observe(struct run *r, const struct cli_options *o, const char *path, struct hr_error *err)
{
	struct hr_follower *f = r->replay.followers[0];

	HR_TRY(hr_output_open(&r->main, o->output, err));
	if (own_of(o)->scavtrace != NULL)
		HR_TRY(hr_output_open(&r->log, own_of(o)->scavtrace, err));
	if (own_of(o)->series != NULL)
		HR_TRY(hr_output_open(&r->csv, own_of(o)->series, err));
	HR_TRY(hr_output_differ(&r->main, &r->log, err));
	HR_TRY(hr_output_differ(&r->main, &r->csv, err));
	HR_TRY(hr_output_differ(&r->log, &r->csv, err));
	if (own_of(o)->scavtrace != NULL)
		r->log_file = r->log.file;
	else if (!o->json && !o->summary && has_text(r, o))
		r->log_file = r->main.file;
	f->log = log_line;
	f->log_ctx = r;
	HR_TRY(cli_layers_start(&r->layers, &r->replay, false, err));
	if (own_of(o)->series != NULL && r->layers.series != NULL)
		cli_layers_start_csv(&r->layers, &r->replay, o->every_ns);
	else if (own_of(o)->series != NULL)
		hr_csv_series_start(&r->csv_series, r->csv.file, o->every_ns, f);
	if (o->json || r->live != NULL) {
		r->json_series = hr_calloc(1, sizeof(*r->json_series));
		if (r->json_series == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		hr_json_series_start(r->json_series, f);
	}
	if (!o->json && !o->summary && has_text(r, o)) {
		r->kept = cli_kept_start(&r->replay);
		if (r->kept == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	if (r->live != NULL)
		cli_live_watch(r->live, f, path, policy_name(r), r->json_series);
	if (r->live != NULL && r->layers.series != NULL)
		cli_live_layers(r->live, r->replay.layers, r->layers.grid);
	return HR_OK;
}

static enum hr_status read_comparison(struct hr_comparison *c, const struct run *r, const char *path,
				      struct hr_error *err)
{
	const struct cli_kept_wish wish = {.path = path, .own = CLI_KEPT_NONE};
	json_t *document = hr_document_comparison(path, &r->replay, NULL);
	enum hr_status status = cli_kept_put(document, r->kept, &r->replay, &wish, err);

	if (status == HR_OK)
		status = cli_layers_put_all(&r->layers, &r->replay, false, document, err);
	if (status == HR_OK)
		status = hr_comparison_read(c, document, NULL, "the replay", err);
	json_decref(document);
	return status;
}

/* What the heap is made of, if that was asked for, and what stands out. */
static enum hr_status print_rest(const struct run *r, const char *path, struct hr_error *err)
{
	const struct hr_page page = cli_page(r->main.file);
	struct hr_comparison c;
	enum hr_status status;

	HR_TRY(read_comparison(&c, r, path, err));
	status = cli_layers_print(&page, c.document, err);
	cli_print_insights(&page, &c, CLI_INSIGHTS_ALONE);
	hr_comparison_release(&c);
	return status;
}

static enum hr_status write_flat(struct run *r, const char *path, struct hr_error *err)
{
	struct hr_comparison c;
	enum hr_status status;

	HR_TRY(read_comparison(&c, r, path, err));
	status = hr_flat_write(hr_flat_result(&c, 0, PACKAGE_VERSION), r->main.file, err);
	hr_comparison_release(&c);
	return status;
}

static enum hr_status write_document(struct run *r, const struct cli_options *o, const char *path, struct hr_error *err)
{
	json_t *d = hr_document_replay(path, &r->replay, o->no_series ? NULL : r->json_series);
	enum hr_status status = cli_layers_put(&r->layers, &r->replay, 0, !o->no_series, d, err);

	if (r->real != NULL)
		hr_json_put(&d, "real", cli_real_json(r->real));
	if (r->rss.started)
		hr_json_put(&d, "rss", hr_rss_bridge_json(&r->rss.bridge));
	if (status == HR_OK)
		return hr_document_write(d, r->main.file, err);
	json_decref(d);
	return status;
}

static enum hr_status replay(struct run *r, const struct cli_options *o, const char *path, struct hr_error *err)
{
	const uint64_t batch = o->replay.settings.cost.batch;
	struct hr_real_settings real = {.collapse = own_of(o)->collapse};

	real.ranges = batch < HR_REAL_MOST_RANGES ? (unsigned)batch : HR_REAL_MOST_RANGES;
	if (is_real(own_of(o)) && find_madvise(own_of(o), &real.how))
		HR_TRY(cli_real_run(&r->replay, own_of(o)->real_scale > 0 ? own_of(o)->real_scale : 1, &real, &r->real,
				    err));
	else
		HR_TRY(hr_replay_run(&r->replay, err));
	if (r->live != NULL)
		cli_live_end(r->live);
	if (r->rss.started)
		HR_TRY(cli_rss_end(&r->rss, &r->replay, err));
	if (own_of(o)->series != NULL && r->layers.series != NULL)
		HR_TRY(cli_layers_write_csv(&r->layers, &r->replay, r->csv.file, err));
	if (o->summary)
		HR_TRY(write_flat(r, path, err));
	else if (o->json)
		HR_TRY(write_document(r, o, path, err));
	else if (has_text(r, o)) {
		print_summary(r->main.file, path, r);
		HR_TRY(print_rest(r, path, err));
	}
	return hr_output_commit_all((struct hr_output *[]){&r->csv, &r->log, &r->main}, 3, err);
}

static bool is_look(const struct cli_look_options *l)
{
	return l->view != NULL || l->scale != NULL || l->palette != NULL || l->color != NULL || l->zoom != NULL ||
	       l->graph != NULL || l->no_marks;
}

/* The live view has the terminal, and says how far the replay is. */
static void start_progress(struct hr_replay_options *options, const struct run *r, const struct cli_options *o)
{
	if (r->live == NULL) {
		cli_progress_start(options, o);
		return;
	}
	options->progress = cli_live_update;
	options->progress_ctx = r->live;
}

static enum hr_status start_rss(struct run *r, const struct own *own, struct hr_error *err)
{
	const struct hr_rss_options options = {
	    .lazy = is_lazy(own),
	    .max_ptes_none = (unsigned)own->khugepaged,
	    .binary_bytes = own->binary_bytes > 0 ? own->binary_bytes : HR_NOT_KNOWN,
	};

	if (!wants_rss(own))
		return HR_OK;
	cli_rss_start(&r->rss, &r->replay, 0, &options);
	return own->rss_samples != NULL ? cli_rss_read(&r->rss, &r->replay, own->rss_samples, err) : HR_OK;
}

/* What each option alone does not tell. NULL: fine. */
static const char *misuse(const struct cli_options *o)
{
	const struct own *own = own_of(o);
	enum hr_real_how how;

	if (!own->live && is_look(&o->look))
		return "--view and other display options need --live; or use heapreplay heatmap";
	if (!find_madvise(own, &how))
		return "--madvise takes dontneed, free or process";
	if (how == HR_REAL_PROCESS && !is_real(own))
		return "--madvise process is for --real";
	if (own->collapse && !is_real(own))
		return "--collapse is for --real";
	if (own->khugepaged > 511)
		return "--khugepaged takes a whole number from 0 to 511";
	return NULL;
}

static int run_replay(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct hr_replay_options options = o->replay;
	struct cli_choices choices;
	struct hr_error err;
	struct run r = {0};
	enum hr_status status;
	const char *about = argv[0];

	(void)argc;
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	if (choices.n > 1) {
		cli_choices_release(&choices);
		return cli_misuse(c, "only one policy is allowed; compare takes several");
	}
	if (misuse(o) != NULL) {
		cli_choices_release(&choices);
		return cli_misuse(c, "%s", misuse(o));
	}
	if (own_of(o)->live && (r.live = cli_live_new(c, o)) == NULL) {
		cli_choices_release(&choices);
		return CLI_MISUSED;
	}
	options.bounds = !o->no_bounds && r.live == NULL && !is_real(own_of(o));
	/* Only these outputs show the GC's CPU time. */
	if (o->json || o->summary)
		options.reading.want |= HR_WANT_GC_CPU;
	start_progress(&options, &r, o);
	status = cli_take_truth(o, &options, &err);
	if (status != HR_OK)
		about = o->truth;
	else
		status = hr_replay_open(&r.replay, argv[0], &options, choices.at, choices.n, &r.own, &err);
	if (status == HR_OK) {
		r.choice = choices.n ? &choices.at[0] : &r.own;
		about = own_of(o)->rss_samples;
		status = start_rss(&r, own_of(o), &err);
	}
	if (status == HR_OK) {
		about = argv[0];
		status = observe(&r, o, argv[0], &err);
		if (status != HR_OK)
			about = NULL;
	}
	if (status == HR_OK) {
		status = replay(&r, o, argv[0], &err);
		if (status == HR_EIO)
			about = NULL;
		cli_progress_end();
	}
	if (status == HR_OK)
		cli_warn_trace(o, argv[0], hr_reader_stats(r.replay.reader));
	hr_output_abandon(&r.csv);
	hr_output_abandon(&r.log);
	hr_output_abandon(&r.main);
	free(r.json_series);
	cli_layers_release(&r.layers);
	cli_real_free(r.real);
	cli_rss_release(&r.rss);
	cli_kept_free(r.kept, &r.replay);
	cli_live_release(r.live);
	if (r.replay.followers != NULL)
		hr_replay_close(&r.replay);
	hr_policy_choice_release(&r.own);
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

static const struct cli_option options[] = {
    {"scavtrace", 0, "FILE", CLI_TEXT, offsetof(struct own, scavtrace), 0, CLI_IN_OUTPUT,
     "write the scavtrace log to FILE"},
    {"series", 0, "FILE", CLI_TEXT, offsetof(struct own, series), 0, CLI_IN_OUTPUT,
     "write the heap over time to FILE, as CSV"},
    {"live", 0, NULL, CLI_FLAG, offsetof(struct own, live), 0, CLI_IN_DISPLAY,
     "show the heap on the terminal meanwhile"},
    {"rss", 0, NULL, CLI_FLAG, offsetof(struct own, rss), 0, CLI_IN_OUTPUT, "RSS, term by term, beside samples"},
    {"rss-samples", 0, "FILE", CLI_TEXT, offsetof(struct own, rss_samples), 0, CLI_IN_MODEL,
     "--rss beside these samples: a CSV with the columns time_ns or mono_ns, and Rss"},
    {"real", 0, NULL, CLI_FLAG, offsetof(struct own, real), 0, CLI_IN_MODEL,
     "carry placement and releases out in this machine's memory, and measure them beside the model"},
    {"real-scale", 0, "N", CLI_COUNT, offsetof(struct own, real_scale), 0, CLI_IN_MODEL,
     "--real with one chunk of N, times N (1)"},
    {"madvise", 0, "HOW", CLI_TEXT, offsetof(struct own, madvise), 0, CLI_IN_MODEL,
     "--rss or --real where released memory goes at once (dontneed) or only when memory is short (free); --real: by "
     "process_madvise, as many releases a call as --cost batch says (process) (dontneed)"},
    {"collapse", 0, NULL, CLI_FLAG, offsetof(struct own, collapse), 0, CLI_IN_MODEL,
     "--real: chunks that are dense when a GC cycle's mark ends become huge pages at once (MADV_COLLAPSE)"},
    {"binary", 0, "SIZE", CLI_BYTES, offsetof(struct own, binary_bytes), 0, CLI_IN_MODEL,
     "--rss with file pages of a program of this size (that which record noted)"},
    {"khugepaged", 0, "N", CLI_NUMBER, offsetof(struct own, khugepaged), 0, CLI_IN_MODEL,
     "--rss where khugepaged makes huge pages of all that lack N small ones of 512 or fewer (its max_ptes_none; "
     "0: none)"},
    {.name = NULL},
};

const struct cli_command cli_replay = {
    .name = "replay",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "replay a trace under one policy: its log, summary, metrics",
    .text = "Replays the trace through the page allocator and one scavenging policy and prints what\n"
	    "GODEBUG=scavtrace=1 would have printed, in the form of the policy's Go version, then a\n"
	    "summary. Without -p the policy is that of the Go version which recorded the trace.\n",
    .examples =
	"heapreplay replay app.trace\twhat this program's own runtime did with its memory\n"
	"heapreplay replay -p go1.19 app.trace.zst\tand what Go 1.19 would have done\n"
	"heapreplay replay -q --json -o metrics.json app.trace\tevery metric, for scripts\n"
	"heapreplay replay --series heap.csv --every 10ms app.trace\tthe heap over time, to plot\n"
	"curl -sN 'http://localhost:6060/debug/pprof/trace?seconds=60' | heapreplay replay -\tfrom a running server\n",
    .endings = "txt json=json",
    .groups = CLI_REPLAYS | CLI_READS | CLI_WINDOW | CLI_WARM_UP | CLI_LOOKS | CLI_SERIES | CLI_LAYERS | CLI_JSON |
	      CLI_FORMS | CLI_TRUTH | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_replay,
};
