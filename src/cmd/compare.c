/* compare: many policies on one placement, as a table or JSON. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "report/document.h"
#include "report/metrics.h"
#include "report/output.h"

#include <stdlib.h>
#include <string.h>

static const char *const all_policies[] = {"go1.18", "go1.19", "go1.21", "go1.22", "none", "eager", "optimal", NULL};

/* The columns of the table: metric and heading. The JSON has every metric. */
static const struct column {
	const char *metric, *heading;
} columns[] = {
    {"retained_mean_bytes", "retained"}, {"retained_p99_bytes", "p99"},	 {"retained_peak_bytes", "peak"},
    {"released_mean_bytes", "released"}, {"returned_bytes", "returned"}, {"refaulted_bytes", "refaulted"},
    {"thrash_bytes", "thrash"},		 {"release_calls", "calls"},	 {"background_cpu_ns", "bg cpu"},
    {"synchronous_cpu_ns", "sync cpu"},	 {"worst_stall_ns", "stall"},
};

#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The best value of a column, when the policies differ in it. */
static bool best_of(const struct hr_replay *r, const struct hr_metric *m, uint64_t *best)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < r->nfollowers; i++) {
		uint64_t v = m->get(r->followers[i]);

		low = v < low ? v : low;
		high = v > high ? v : high;
	}
	*best = m->better == HR_BETTER_HIGHER ? high : low;
	return m->better != HR_BETTER_NEITHER && low != high;
}

static void print_table(FILE *out, const char *path, const struct hr_replay *r, const struct cli_choices *choices)
{
	const struct hr_follower *first = r->followers[0];
	char buf[HR_UNIT_BUF];
	int width = 6;

	for (size_t i = 0; i < choices->n; i++)
		if ((int)strlen(choices->at[i].text) > width)
			width = (int)strlen(choices->at[i].text);
	fprintf(out, "%s: %s", path, hr_format_ns(buf, hr_metric_find("duration_ns")->get(first)));
	fprintf(out, ", in use %s on average", hr_format_bytes(buf, hr_metric_find("in_use_mean_bytes")->get(first)));
	fprintf(out, ", %s at most", hr_format_bytes(buf, hr_metric_find("in_use_peak_bytes")->get(first)));
	fprintf(out, ", %s placement\n", hr_placer_stats(r->placer).recorded ? "recorded" : "modelled");
	cli_print_assumed(out, hr_reader_stats(r->reader));
	cli_print_objects(out, r, false);
	fprintf(out, "\n%-*s", width, "policy");
	for (size_t c = 0; c < NCOLUMNS; c++)
		fprintf(out, " %10s", columns[c].heading);
	fputc('\n', out);
	for (size_t i = 0; i < r->nfollowers; i++) {
		fprintf(out, "%-*s", width, choices->at[i].text);
		for (size_t c = 0; c < NCOLUMNS; c++) {
			const struct hr_metric *m = hr_metric_find(columns[c].metric);
			uint64_t best, v = m->get(r->followers[i]);
			bool mark = best_of(r, m, &best) && v == best;

			fprintf(out, " %9s%c", hr_metric_format(buf, m, v), mark ? '*' : ' ');
		}
		fputc('\n', out);
	}
	fputs("\nretained, p99, peak: memory in use or free and not released (mean, 99 % of the time, most)\n"
	      "released: mean of what is given back; returned: all that was given back; refaulted: used again after\n"
	      "that, thrash: within a second; cpu: simulated; stall: longest wait for a release; *: best\n",
	      out);
}

static enum hr_status print_json(FILE *out, const char *path, const struct hr_replay *r,
				 const struct cli_choices *choices, const struct hr_json_series *series,
				 struct hr_error *err)
{
	json_t *d = hr_document_new(), *comparisons = json_array();

	json_array_append_new(comparisons, hr_document_comparison(path, r, choices->at, series));
	json_object_set_new(d, "comparisons", comparisons);
	return hr_document_write(d, out, err);
}

/* A series of each follower, for the JSON. */
static enum hr_status observe(const struct hr_replay *r, struct hr_json_series **series, struct hr_error *err)
{
	*series = hr_calloc(r->nfollowers, sizeof(**series));
	if (*series == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < r->nfollowers; i++)
		hr_json_series_start(&(*series)[i], r->followers[i]);
	return HR_OK;
}

int cli_run_compare(const struct cli_options *o, int argc, char **argv)
{
	const struct cli_command *c = cli_command_find("compare");
	struct hr_replay_options options = o->replay;
	struct hr_policy_choice own;
	struct cli_choices choices;
	struct hr_json_series *series = NULL;
	struct hr_output main = {0};
	struct hr_replay r;
	struct hr_error err;
	enum hr_status status;
	const char *about = argv[0];

	(void)argc;
	if (!cli_choose(c, o, all_policies, &choices))
		return CLI_MISUSED;
	options.intervals = true;
	cli_progress_start(&options, o);
	status = hr_replay_open(&r, argv[0], &options, choices.at, choices.n, &own, &err);
	if (status == HR_OK) {
		if (o->json)
			status = observe(&r, &series, &err);
		if (status == HR_OK)
			status = hr_replay_run(&r, &err);
		cli_progress_end();
		if (status == HR_OK) {
			about = NULL;
			status = hr_output_open(&main, o->output, &err);
		}
		if (status == HR_OK && o->json)
			status = print_json(main.file, argv[0], &r, &choices, series, &err);
		else if (status == HR_OK)
			print_table(main.file, argv[0], &r, &choices);
		if (status == HR_OK)
			status = hr_output_commit(&main, &err);
		if (status == HR_OK)
			cli_warn_trace(argv[0], hr_reader_stats(r.reader));
		hr_output_abandon(&main);
		hr_replay_close(&r);
		free(series);
	}
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
