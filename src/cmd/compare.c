/* SPDX-License-Identifier: BSD-3-Clause */
/* compare: many policies on one placement, for one trace or several; or runs that were saved. */
#include "config.h"

#include "cmd/compare.h"

#include "base/alloc.h"
#include "report/document.h"
#include "report/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const all_policies[] = {"@all", NULL};

/* --- what was asked for --------------------------------------------------- */

static enum hr_status set_view(struct comparing *c, struct hr_error *err)
{
	const struct cli_options *o = c->o;
	/* Machines take everything, unless they are told otherwise; of saved runs all that differs is shown. */
	const char *usual = o->csv || c->nsaved > 1 ? "all" : NULL;

	c->view.baseline = o->baseline;
	if (o->sort != NULL)
		HR_TRY(hr_view_sort(&c->view, o->sort, err));
	return hr_view_columns(&c->view, o->columns != NULL ? o->columns : usual, err);
}

static enum hr_status set_gates(struct comparing *c, struct hr_error *err)
{
	const struct cli_list *texts = &c->o->gates;

	c->gates = hr_calloc(texts->n, sizeof(*c->gates));
	if (c->gates == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (; c->ngates < texts->n; c->ngates++) {
		HR_TRY(hr_gate_parse(texts->at[c->ngates], &c->gates[c->ngates], err));
		if (c->gates[c->ngates].relative && c->o->baseline == NULL && c->nsaved < 2)
			return hr_error_set(
			    err, HR_EUSAGE,
			    "'%s' is relative to a baseline; name it with --baseline POLICY, or compare "
			    "two saved runs",
			    texts->at[c->ngates]);
	}
	return HR_OK;
}

static enum hr_status check_options(const struct comparing *c, struct hr_error *err)
{
	const struct cli_options *o = c->o;

	if (o->json + o->csv + o->markdown > 1)
		return hr_error_set(err, HR_EUSAGE, "--json, --csv and --markdown are three forms of one output");
	if (c->nsaved > 1 && (o->baseline != NULL || o->sort != NULL))
		return hr_error_set(
		    err, HR_EUSAGE,
		    "of several saved runs the first is the baseline; --baseline and --sort are for one");
	if (c->nsaved > 0 && o->policies.n > 0)
		return hr_error_set(err, HR_EUSAGE, "a saved run has its policies already; -p is for traces");
	return HR_OK;
}

static bool is_file(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * How many of the arguments are saved runs: none, or all of them. Pipes can't
 * be looked into; they are what the others are.
 */
static enum hr_status count_saved(struct comparing *c, int argc, char **argv, struct hr_error *err)
{
	const char *saved = NULL, *trace = NULL;

	for (int i = 0; i < argc; i++) {
		if (hr_saved_looks_so(argv[i]))
			saved = argv[i];
		else if (is_file(argv[i]))
			trace = argv[i];
	}
	if (saved != NULL && trace != NULL)
		return hr_error_set(err, HR_EUSAGE,
				    "'%s' is a saved run and '%s' a trace; save the trace's run with --json -o, then "
				    "compare the two",
				    saved, trace);
	c->nsaved = saved != NULL ? (size_t)argc : 0;
	return HR_OK;
}

/* --- replaying ------------------------------------------------------------ */

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

/* Takes over the object, which may be NULL: out of memory. */
static enum hr_status add_comparison(struct comparing *c, json_t *object, const char *name, struct hr_error *err)
{
	enum hr_status status = HR_ENOMEM;

	if (object == NULL || json_array_append(json_object_get(c->document, "comparisons"), object) != 0 ||
	    !hr_reserve(&c->at, &c->cap, c->n + 1, sizeof(*c->at)))
		hr_error_set(err, HR_ENOMEM, "out of memory");
	else
		status = hr_comparison_read(&c->at[c->n], object, name, "the comparison", err);
	if (status == HR_OK)
		c->n++;
	json_decref(object);
	return status;
}

static enum hr_status replay_trace(struct comparing *c, const char *path, const struct cli_choices *choices,
				   struct hr_error *err)
{
	struct hr_replay_options options = c->o->replay;
	struct hr_json_series *series = NULL;
	struct hr_policy_choice own;
	struct hr_replay r;
	enum hr_status status;

	options.intervals = true;
	cli_progress_start(&options, c->o);
	status = hr_replay_open(&r, path, &options, choices->at, choices->n, &own, err);
	if (status == HR_OK) {
		if (c->o->json)
			status = observe(&r, &series, err);
		if (status == HR_OK)
			status = hr_replay_run(&r, err);
		if (status == HR_OK)
			status = add_comparison(c, hr_document_comparison(path, &r, series), path, err);
		cli_progress_end();
		if (status == HR_OK)
			cli_warn_trace(path, hr_reader_stats(r.reader));
		hr_replay_close(&r);
		free(series);
	}
	cli_progress_end();
	return status;
}

static enum hr_status replay_all(struct comparing *c, int n, char **paths, const char **about, struct hr_error *err)
{
	struct cli_choices choices;
	enum hr_status status = HR_OK;

	if (!cli_choose(cli_command_find("compare"), c->o, all_policies, &choices)) {
		err->text[0] = '\0'; /* it has been said */
		return choices.status == CLI_MISUSED ? HR_EUSAGE : HR_EIO;
	}
	c->document = hr_document_new();
	json_object_set_new(c->document, "comparisons", json_array());
	for (int i = 0; status == HR_OK && i < n; i++) {
		*about = paths[i];
		status = replay_trace(c, paths[i], &choices, err);
	}
	cli_choices_release(&choices);
	return status;
}

/* --- saved runs ----------------------------------------------------------- */

/* One saved run is shown as if it had just been made. */
static enum hr_status show_again(struct comparing *c, struct hr_error *err)
{
	const struct hr_saved *s = &c->saved[0];
	enum hr_status status = HR_OK;

	c->document = hr_document_new();
	json_object_set_new(c->document, "comparisons", json_array());
	for (size_t i = 0; status == HR_OK && i < s->n; i++)
		status = add_comparison(c, json_incref(s->at[i].document), NULL, err);
	return status;
}

static enum hr_status read_all(struct comparing *c, char **paths, const char **about, struct hr_error *err)
{
	size_t n = c->nsaved;

	c->names = (const char *const *)paths;
	c->saved = hr_calloc(n, sizeof(*c->saved));
	if (c->saved == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (c->nsaved = 0; c->nsaved < n; c->nsaved++) {
		*about = paths[c->nsaved];
		HR_TRY(hr_saved_read(paths[c->nsaved], &c->saved[c->nsaved], err));
	}
	*about = NULL;
	return n > 1 ? hr_differences_find(c->saved, n, &c->differences, err) : show_again(c, err);
}

/* --- the command ---------------------------------------------------------- */

static enum hr_status check_baseline(const struct comparing *c, struct hr_error *err)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->view.baseline == NULL || hr_comparison_find(&c->at[i], c->view.baseline) != NULL)
			return HR_OK;
	if (c->n == 0)
		return HR_OK;
	return hr_error_set(err, HR_EUSAGE, "no policy '%s' takes part, which is to be the baseline; '%s' does",
			    c->view.baseline, c->at[0].policies[0].text);
}

static enum hr_status find_and_print(struct comparing *c, int argc, char **argv, const char **about,
				     struct hr_error *err)
{
	struct hr_output main;
	enum hr_status status;

	HR_TRY(c->nsaved > 0 ? read_all(c, argv, about, err) : replay_all(c, argc, argv, about, err));
	*about = NULL;
	HR_TRY(check_baseline(c, err));
	HR_TRY(hr_output_open(&main, c->o->output, err));
	status = compare_print(c, main.file, err);
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

static void release(struct comparing *c)
{
	for (size_t i = 0; i < c->n; i++)
		hr_comparison_release(&c->at[i]);
	free(c->at);
	json_decref(c->document);
	hr_differences_release(&c->differences);
	for (size_t i = 0; i < c->nsaved && c->saved != NULL; i++)
		hr_saved_release(&c->saved[i]);
	free(c->saved);
	for (size_t i = 0; i < c->ngates; i++)
		hr_gate_release(&c->gates[i]);
	free(c->gates);
	hr_view_release(&c->view);
}

int cli_run_compare(const struct cli_options *o, int argc, char **argv)
{
	const struct cli_command *command = cli_command_find("compare");
	struct comparing c = {.o = o};
	const char *about = NULL;
	struct hr_error err;
	enum hr_status status = count_saved(&c, argc, argv, &err);
	int exit_status;

	if (status == HR_OK)
		status = check_options(&c, &err);
	if (status == HR_OK)
		status = set_view(&c, &err);
	if (status == HR_OK)
		status = set_gates(&c, &err);
	if (status == HR_OK)
		status = find_and_print(&c, argc, argv, &about, &err);
	if (status == HR_OK)
		exit_status = compare_check_gates(&c);
	else if (err.text[0] == '\0')
		exit_status = status == HR_EUSAGE ? CLI_MISUSED : CLI_FAILED;
	else if (status == HR_EUSAGE && about == NULL)
		exit_status = cli_misuse(command, "%s", err.text);
	else
		exit_status = cli_fail(about, &err);
	release(&c);
	return exit_status;
}
