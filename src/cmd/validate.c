/* validate: the replay beside reality, in addresses, counters and scavtrace lines. */
#include "config.h"

#include "cmd/cli.h"

#include "base/units.h"
#include "replay/addresses.h"
#include "report/document.h"
#include "report/fidelity.h"
#include "report/output.h"

#include <stdlib.h>
#include <string.h>

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
	struct hr_trace_stats stats;
};

/* What the error is about: the trace, or a file beside it. */
struct about {
	const char *file;
};

static enum hr_status read_beside(struct validation *v, struct about *about, struct hr_error *err)
{
	struct hr_reader *r;
	const struct hr_trace_meta *meta;
	enum hr_status status;

	if (v->o->log != NULL) {
		about->file = v->o->log;
		HR_TRY(hr_scav_log_read(&v->recorded, v->o->log, err));
	}
	about->file = v->path;
	if (v->o->truth == NULL)
		return HR_OK;
	HR_TRY(hr_reader_open(v->path, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &r, err));
	meta = hr_reader_meta(r);
	if (meta->has_clock_origin) {
		about->file = v->o->truth;
		status = hr_truth_read(&v->truth, v->o->truth, meta->clock_origin_ns, err);
	} else {
		status = hr_error_set(err, HR_EINPUT,
				      "the trace does not say when its clock began; --truth can't be set beside it");
	}
	hr_reader_close(r);
	return status;
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

static enum hr_status replay(struct validation *v, const struct cli_choices *choices, struct hr_error *err)
{
	struct hr_fidelity fidelity = {0};
	struct hr_replay r;
	enum hr_status status;

	HR_TRY(hr_replay_open(&r, v->path, &v->options, choices->at, choices->n, &v->own, err));
	v->choice = choices->n ? &choices->at[0] : &v->own;
	status = v->o->truth ? hr_fidelity_start(&fidelity, &v->truth, r.followers[0]) : HR_OK;
	if (status != HR_OK)
		hr_error_set(err, status, "out of memory");
	r.followers[0]->log = hr_scav_log_add;
	r.followers[0]->log_ctx = &v->replayed;
	if (status == HR_OK)
		status = hr_replay_run(&r, err);
	if (status == HR_OK) {
		v->stats = *hr_reader_stats(r.reader);
		if (v->o->truth != NULL)
			hr_fidelity_get(&fidelity, &v->in_use, &v->released);
		v->log = hr_scav_log_compare(&v->recorded, &v->replayed);
	}
	hr_fidelity_release(&fidelity);
	hr_replay_close(&r);
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

	fprintf(out, "  %-26s %8.3f %%  (%s)\n", name, 100 * share((double)part, whole), hr_format_count(buf, part));
}

static void print_distance(FILE *out, const char *name, const struct hr_distance *d)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], p[HR_UNIT_BUF];

	fprintf(out, "  %-9s mean %s (%.2f %%), 95th percentile %s (%.2f %%), worst %s (%.2f %%); peak %s\n", name,
		hr_format_bytes(a, (uint64_t)d->mean_bytes), 100 * share(d->mean_bytes, d->peak_bytes),
		hr_format_bytes(b, d->p95_bytes), 100 * share((double)d->p95_bytes, d->peak_bytes),
		hr_format_bytes(c, d->worst_bytes), 100 * share((double)d->worst_bytes, d->peak_bytes),
		hr_format_bytes(p, d->peak_bytes));
}

static void print_text(FILE *out, const struct validation *v)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	fprintf(out, "%s under %s\n", v->path, v->choice->text);
	if (v->has_addresses) {
		fprintf(out, "\naddresses reproduced, of %s span allocations\n",
			hr_format_count(a, v->addresses.allocs));
		print_share(out, "forced", v->addresses.forced, v->addresses.allocs);
		print_share(out, "forced with look-ahead", v->addresses.look_ahead, v->addresses.allocs);
		print_share(out, "free-running", v->addresses.free_running, v->addresses.allocs);
	} else {
		fputs("\nthe trace has no addresses to reproduce\n", out);
	}
	if (v->o->truth != NULL) {
		fprintf(out, "\ndistance from the program's counters, %zu samples; shares of the counter's own peak\n",
			v->in_use.n);
		print_distance(out, "in use", &v->in_use);
		print_distance(out, "released", &v->released);
		if (v->options.settings.memory_limit_bytes != UINT64_MAX)
			fprintf(out, "  memory limit %s, beside the heap %s\n",
				hr_format_bytes(a, v->options.settings.memory_limit_bytes),
				hr_format_bytes(b, v->options.settings.other_memory_bytes));
	}
	if (v->o->log != NULL) {
		fprintf(out, "\nscavtrace lines: %zu recorded (%zu forced), %zu replayed (%zu forced)\n",
			v->log.recorded, v->log.recorded_forced, v->log.replayed, v->log.replayed_forced);
		fprintf(out, "  work in periodic lines: recorded %s, replayed %s\n",
			hr_format_bytes(a, v->log.recorded_work_bytes), hr_format_bytes(b, v->log.replayed_work_bytes));
		fprintf(out, "  %zu pairs, %zu of the same kind; util %.2f points apart on average\n", v->log.paired,
			v->log.same_kind, v->log.util_mean_points);
		fprintf(out, "  released now: %s apart on average (%.2f %% of the peak), ",
			hr_format_bytes(a, (uint64_t)v->log.released_mean_bytes),
			100 * share(v->log.released_mean_bytes, v->log.released_peak_bytes));
		fprintf(out, "%s at worst\n", hr_format_bytes(b, (uint64_t)v->log.released_worst_bytes));
	}
}

/* --- JSON --- */

static json_t *distance_json(const struct hr_distance *d)
{
	return json_pack("{s:I, s:I, s:f, s:f, s:I, s:f, s:I, s:f, s:I}", "samples", (json_int_t)d->n, "peak_bytes",
			 (json_int_t)d->peak_bytes, "mean_bytes", d->mean_bytes, "mean_ratio",
			 share(d->mean_bytes, d->peak_bytes), "p95_bytes", (json_int_t)d->p95_bytes, "p95_ratio",
			 share((double)d->p95_bytes, d->peak_bytes), "worst_bytes", (json_int_t)d->worst_bytes,
			 "worst_ratio", share((double)d->worst_bytes, d->peak_bytes), "worst_at_ns",
			 (json_int_t)d->worst_at_ns);
}

static json_t *score_json(uint64_t reproduced, uint64_t allocs)
{
	return json_pack("{s:I, s:f}", "reproduced", (json_int_t)reproduced, "ratio",
			 share((double)reproduced, allocs));
}

static enum hr_status print_json(FILE *out, const struct validation *v, struct hr_error *err)
{
	const struct hr_log_agreement *l = &v->log;
	json_t *d = hr_document_new();

	json_object_set_new(d, "policy", hr_document_policy(v->choice));
	json_object_set_new(d, "memory_limit_bytes", hr_document_bytes(v->options.settings.memory_limit_bytes));
	json_object_set_new(d, "other_memory_bytes", hr_document_bytes(v->options.settings.other_memory_bytes));
	if (v->has_addresses)
		json_object_set_new(d, "addresses",
				    json_pack("{s:I, s:o, s:o, s:o}", "span_allocs", (json_int_t)v->addresses.allocs,
					      "forced", score_json(v->addresses.forced, v->addresses.allocs),
					      "look_ahead", score_json(v->addresses.look_ahead, v->addresses.allocs),
					      "free_running",
					      score_json(v->addresses.free_running, v->addresses.allocs)));
	if (v->o->truth != NULL)
		json_object_set_new(d, "counters",
				    json_pack("{s:o, s:o}", "in_use", distance_json(&v->in_use), "released",
					      distance_json(&v->released)));
	if (v->o->log != NULL)
		json_object_set_new(
		    d, "log",
		    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "recorded_lines",
			      (json_int_t)l->recorded, "replayed_lines", (json_int_t)l->replayed, "recorded_forced",
			      (json_int_t)l->recorded_forced, "replayed_forced", (json_int_t)l->replayed_forced,
			      "paired", (json_int_t)l->paired, "same_kind", (json_int_t)l->same_kind,
			      "recorded_work_bytes", (json_int_t)l->recorded_work_bytes, "replayed_work_bytes",
			      (json_int_t)l->replayed_work_bytes, "util_mean_points", l->util_mean_points,
			      "released_mean_bytes", l->released_mean_bytes, "released_worst_bytes",
			      l->released_worst_bytes));
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

int cli_run_validate(const struct cli_options *o, int argc, char **argv)
{
	const struct cli_command *c = cli_command_find("validate");
	struct validation v = {.o = o, .path = argv[0], .options = o->replay};
	struct about about = {argv[0]};
	struct cli_choices choices;
	struct hr_error err;
	enum hr_status status;

	(void)argc;
	if (o->npolicies > 1)
		return cli_misuse(c, "it follows one policy");
	if (strcmp(argv[0], "-") == 0)
		return cli_misuse(c, "it reads the trace several times: give it a file, not standard input");
	if (!cli_choose(c, o, NULL, &choices))
		return CLI_MISUSED;
	cli_progress_start(&v.options, o);
	status = validate(&v, &choices, &about, &err);
	cli_progress_end();
	if (status == HR_OK)
		cli_warn_cut(argv[0], &v.stats);
	hr_truth_release(&v.truth);
	hr_scav_log_release(&v.recorded);
	hr_scav_log_release(&v.replayed);
	hr_policy_choice_release(&v.own);
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about.file, &err);
}
