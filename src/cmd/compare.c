/* SPDX-License-Identifier: BSD-3-Clause */
/* compare: several policies on the same placement, for one trace or several, or saved runs. */
#include "config.h"

#include "cmd/comparing.h"
#include "cmd/insights.h"
#include "cmd/layers.h"

#include "base/alloc.h"
#include "base/json.h"
#include "report/document.h"
#include "report/output.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const all_policies[] = {"@all", NULL};

/* --- what was asked for --------------------------------------------------- */

static enum hr_status set_view(struct comparing *c, struct hr_error *err)
{
	const struct cli_options *o = c->o;
	/* JSON and CSV contain all metrics unless told otherwise; saved runs show everything that differs. */
	const char *usual = compare_options_of(o)->csv || c->nsaved > 1 ? "all" : NULL;

	c->view.baseline = o->baseline;
	c->view.version = PACKAGE_VERSION;
	if (compare_options_of(o)->sort != NULL)
		HR_TRY(hr_view_sort(&c->view, compare_options_of(o)->sort, err));
	return hr_view_columns(&c->view,
			       compare_options_of(o)->columns != NULL ? compare_options_of(o)->columns : usual, err);
}

static enum hr_status set_gates(struct comparing *c, struct hr_error *err)
{
	const struct cli_list *texts = &compare_options_of(c->o)->gates;

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

/* Two recordings are compared under one policy, in a table of their own. */
static enum hr_status check_against(const struct comparing *c, int argc, struct hr_error *err)
{
	const struct comparing_options *own = compare_options_of(c->o);

	if (own->again != NULL && own->against == NULL)
		return hr_error_set(err, HR_EUSAGE, "--again is for --against");
	if (own->against == NULL)
		return HR_OK;
	if (argc != 1 || c->nsaved > 0)
		return hr_error_set(err, HR_EUSAGE, "--against compares one trace with another");
	if (c->o->policies.n > 1)
		return hr_error_set(err, HR_EUSAGE, "--against compares recordings under one policy");
	if (own->csv || own->markdown || c->o->summary || own->gates.n > 0 || c->o->baseline != NULL)
		return hr_error_set(err, HR_EUSAGE, "--against has text and --json");
	return HR_OK;
}

static enum hr_status check_options(const struct comparing *c, struct hr_error *err)
{
	const struct cli_options *o = c->o;

	if ((o->json || o->summary) + compare_options_of(o)->csv + compare_options_of(o)->markdown > 1)
		return hr_error_set(err, HR_EUSAGE, "--json, --csv and --markdown are three forms of one output");
	if (c->nsaved > 1 && o->summary)
		return hr_error_set(err, HR_EUSAGE, "--summary is of traces, or of one saved run");
	if (c->nsaved > 1 && (o->baseline != NULL || compare_options_of(o)->sort != NULL))
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

	json_t *list = json_object_get(c->document, "comparisons");

	/* The array keeps a reference of its own. */
	if (!hr_json_append(list, json_incref(object)) || !hr_reserve(&c->at, &c->cap, c->n + 1, sizeof(*c->at)))
		hr_error_set(err, HR_ENOMEM, "out of memory");
	else
		status = hr_comparison_read(&c->at[c->n], object, name, "the comparison", err);
	if (status == HR_OK)
		c->n++;
	json_decref(object);
	return status;
}

static bool is_text(const struct cli_options *o)
{
	return !o->json && !o->summary && !compare_options_of(o)->csv;
}

/* What is observed of a replay besides what is measured. */
struct observers {
	struct hr_json_series *series; /* NULL: not asked for */
	struct hr_kept *kept;	       /* for the sentences at the end of the text; NULL: not asked for */
	struct cli_layers layers;
};

static enum hr_status observe_all(const struct comparing *c, struct hr_replay *r, struct observers *x,
				  struct hr_error *err)
{
	if (c->o->json && !c->o->no_series && !c->o->summary)
		HR_TRY(observe(r, &x->series, err));
	if (is_text(c->o)) {
		x->kept = cli_kept_start(r);
		if (x->kept == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	return cli_layers_start(&x->layers, r, false, err);
}

static void observers_release(struct observers *x, const struct hr_replay *r)
{
	free(x->series);
	cli_kept_free(x->kept, r);
	cli_layers_release(&x->layers);
}

/* *comparison is NULL after an error. */
static enum hr_status tell_replay(const struct comparing *c, const char *path, const struct hr_replay *r,
				  const struct observers *x, json_t **comparison, struct hr_error *err)
{
	const struct cli_kept_wish wish = {.path = path, .own = CLI_KEPT_NONE};
	json_t *told = hr_document_comparison(path, r, x->series);
	enum hr_status status = cli_kept_put(told, x->kept, r, &wish, err);

	*comparison = NULL;
	if (status == HR_OK)
		status = cli_layers_put_all(&x->layers, r, !c->o->no_series, told, err);
	if (status == HR_OK)
		*comparison = told;
	else
		json_decref(told);
	return status;
}

/* With these policies, in one pass. */
static enum hr_status replay_once(struct comparing *c, const char *path, const struct hr_policy_choice *choices,
				  size_t n, json_t **comparison, struct hr_error *err)
{
	struct hr_replay_options options = c->o->replay;
	struct observers x = {.series = NULL};
	struct hr_policy_choice own;
	struct hr_replay r;
	enum hr_status status;

	options.intervals = true;
	HR_TRY(cli_take_truth(c->o, &options, err));
	options.bounds = !c->o->no_bounds;
	options.reading.want |= HR_WANT_GC_CPU;
	cli_progress_start(&options, c->o);
	status = hr_replay_open(&r, path, &options, choices, n, &own, err);
	if (status == HR_OK) {
		status = observe_all(c, &r, &x, err);
		if (status == HR_OK)
			status = hr_replay_run(&r, err);
		if (status == HR_OK)
			status = tell_replay(c, path, &r, &x, comparison, err);
		cli_progress_end();
		if (status == HR_OK && !c->warned)
			cli_warn_trace(c->o, path, hr_reader_stats(r.reader));
		c->warned |= status == HR_OK;
		observers_release(&x, &r);
		hr_replay_close(&r);
	}
	cli_progress_end();
	return status;
}

/*
 * Where memory does not suffice for all policies at once, and the trace can be read again: half of them, then the
 * others. The same bytes come out, since policies do not see each other.
 */
static enum hr_status replay_parts(struct comparing *c, const char *path, const struct hr_policy_choice *choices,
				   size_t n, json_t **comparison, struct hr_error *err)
{
	enum hr_status status = replay_once(c, path, choices, n, comparison, err);
	json_t *others = NULL;

	if (status != HR_ENOMEM || n < 2 || !is_file(path))
		return status;
	if (!c->in_parts && !c->o->quiet)
		cli_warn(path,
			 "not enough memory for %zu policies at once; fewer at a time are replayed, which takes longer",
			 n);
	c->in_parts = true;
	HR_TRY(replay_parts(c, path, choices, n / 2, comparison, err));
	status = replay_parts(c, path, choices + n / 2, n - n / 2, &others, err);
	if (status == HR_OK &&
	    json_array_extend(json_object_get(*comparison, "policies"), json_object_get(others, "policies")) != 0)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	json_decref(others);
	if (status != HR_OK) {
		json_decref(*comparison);
		*comparison = NULL;
	}
	return status;
}

static enum hr_status replay_trace(struct comparing *c, const char *path, const struct cli_choices *choices,
				   struct hr_error *err)
{
	json_t *comparison = NULL;

	c->in_parts = c->warned = false;
	HR_TRY(replay_parts(c, path, choices->at, choices->n, &comparison, err));
	return add_comparison(c, comparison, path, err);
}

static enum hr_status replay_all(struct comparing *c, int n, char **paths, const char **about, struct hr_error *err)
{
	struct cli_choices choices;
	enum hr_status status = HR_OK;

	if (!cli_choose(c->command, c->o, all_policies, &choices)) {
		err->text[0] = '\0'; /* it has been said */
		return choices.status == CLI_MISUSED ? HR_EUSAGE : HR_EIO;
	}
	c->document = hr_document_new();
	hr_json_put(&c->document, "comparisons", json_array());
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

	c->view.version = s->version;
	c->document = hr_document_new();
	hr_json_put(&c->document, "comparisons", json_array());
	if (c->o->no_series)
		hr_comparison_drop_series(s->at, s->n);
	for (size_t i = 0; status == HR_OK && i < s->n; i++)
		status = add_comparison(c, json_incref(s->at[i].document), NULL, err);
	return status;
}

static void note_damage(const struct comparing *c, const struct hr_saved *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct hr_damage d = hr_damage_from_json(json_object_get(s->at[i].document, "trace"));

		*c->o->damaged |= hr_damaged(&d);
	}
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
		note_damage(c, &c->saved[c->nsaved]);
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
	return hr_error_set(err, HR_EUSAGE, "the baseline '%s' is not among the policies; '%s' is", c->view.baseline,
			    c->at[0].policies[0].text);
}

static enum hr_status find_and_print(struct comparing *c, int argc, char **argv, const char **about,
				     struct hr_error *err)
{
	struct hr_output main;
	enum hr_status status;

	if (compare_options_of(c->o)->against != NULL)
		return compare_against(c, argv[0], about, err);
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

static int run_compare(const struct cli_command *command, const struct cli_options *o, int argc, char **argv)
{
	struct comparing c = {.command = command, .o = o};
	const char *about = NULL;
	struct hr_error err;
	enum hr_status status = count_saved(&c, argc, argv, &err);
	int exit_status;

	if (status == HR_OK)
		status = check_against(&c, argc, &err);
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

static const struct cli_option options[] = {
    {"against", 0, "TRACE", CLI_TEXT, offsetof(struct comparing_options, against), 0, CLI_IN_INPUT,
     "compare with another recording of the program instead: by metrics, layers, types and size classes", true},
    {"again", 0, "TRACE", CLI_TEXT, offsetof(struct comparing_options, again), 0, CLI_IN_INPUT,
     "a second recording of the first one's build: what differs more than these two is marked", true},
    {"sort", 0, "COLUMN", CLI_TEXT, offsetof(struct comparing_options, sort), 0, CLI_IN_OUTPUT,
     "sort by that column, best first; a heading or a metric; reversed with a - in front"},
    {"columns", 0, "COLUMN,...", CLI_TEXT, offsetof(struct comparing_options, columns), 0, CLI_IN_OUTPUT,
     "show these columns; headings or metrics, the most important first, or all"},
    {"fail-if", 0, "GATE", CLI_LIST, offsetof(struct comparing_options, gates), 0, CLI_IN_OUTPUT,
     "exit status 3 if the condition is true of a policy; [POLICY:]METRIC or heading, one of > >= < <=, and a value "
     "(64MiB, 10ms, 1000) or percent of the baseline (+5%); may be given several times"},
    {"csv", 0, NULL, CLI_FLAG, offsetof(struct comparing_options, csv), 0, CLI_IN_OUTPUT,
     "CSV instead of text: every metric, a row per policy"},
    {"markdown", 0, NULL, CLI_FLAG, offsetof(struct comparing_options, markdown), 0, CLI_IN_OUTPUT,
     "Markdown instead of text", true},
    {.name = NULL},
};

const struct cli_command cli_compare = {
    .name = "compare",
    .args = "TRACE...",
    .least_args = 1,
    .most_args = INT_MAX,
    .summary = "compare policies on one trace or several, or saved runs",
    .text = "Places each trace once and lets every policy follow the same placement, on several threads.\n"
	    "Without -p: all built-in policies that fit the trace. Each column's best value is marked with a *,\n"
	    "the worst with a !. Results saved with --json can be compared later without the traces. With\n"
	    "--fail-if the exit status is 3 when a threshold is exceeded, to gate a CI job.\n",
    .examples =
	"heapreplay compare app.trace\tall policies\n"
	"heapreplay compare -p go1.18 -p go1.19 app.trace\tthe redesign and what it replaced\n"
	"heapreplay compare -p @go --baseline go1.18 --sort cpu app.trace\tthe Go generations, relative to the oldest\n"
	"heapreplay compare -p go1.22 --memory-limit 512MiB app.trace\tunder a memory limit\n"
	"heapreplay compare --json -o new.json app.trace\tfor scripts, plots and later comparison\n"
	"heapreplay compare old.trace --against new.trace\ttwo releases of a program\n"
	"heapreplay compare old.json new.json\twhat has changed between two such runs\n"
	"heapreplay compare --fail-if 'retained_mean_bytes>+5%' --fail-if 'worst_stall_ns>10ms' old.json new.json\t"
	"a gate for CI: exit status 3 if it is worse\n",
    .endings = "txt json=json csv=csv md=markdown",
    .groups = CLI_REPLAYS | CLI_READS | CLI_WINDOW | CLI_WARM_UP | CLI_JSON | CLI_FORMS | CLI_TRUTH | CLI_JOBS |
	      CLI_BASELINE | CLI_LAYERS | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct comparing_options),
    .run = run_compare,
};
