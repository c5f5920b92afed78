/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sweep/run.h"

#include "base/alloc.h"
#include "base/json.h"
#include "report/bounds.h"
#include "report/document.h"
#include "trace/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings that one replay serves, and what it needs. */
struct engine {
	struct hr_replay *replay;
	struct hr_policy_choice *choices; /* copies, which own nothing; n of them, none for the trace's own */
	struct hr_policy_choice own;
	const size_t *which;
	size_t n;
};

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* --- before the run --------------------------------------------------------- */

enum hr_status hr_sweep_trace_id(const char *path, char id[HR_TRACE_ID_BUF], struct hr_error *err)
{
	enum { SOME = 1 << 16 };
	struct hr_input *in;
	enum hr_status status;
	char *buf;
	size_t n;

	id[0] = '\0';
	HR_TRY(hr_input_open(path, &in, err));
	buf = malloc(SOME);
	status = buf != NULL ? HR_OK : no_memory(err);
	while (status == HR_OK)
		status = hr_input_read(in, buf, SOME, &n, err);
	if (status == HR_END)
		snprintf(id, HR_TRACE_ID_BUF, "%016" PRIx64, hr_input_digest(in));
	free(buf);
	hr_input_close(in);
	return status == HR_END ? HR_OK : status;
}

static enum hr_status open_input(const struct hr_sweep_input *in, char path[64], const char **from,
				 struct hr_error *err)
{
	*from = in->name;
	if (in->open == NULL)
		return HR_OK;
	*from = path;
	return in->open(in->ctx, in->name, path, err);
}

/* The end of a pass that went as status says. */
static enum hr_status close_input(const struct hr_sweep_input *in, enum hr_status status, struct hr_error *err)
{
	struct hr_error why;
	enum hr_status closed = in->open != NULL ? in->close(in->ctx, &why) : HR_OK;

	/* If fetching failed, its message says more than the reader's. */
	if (closed == HR_OK || (status != HR_OK && status != HR_EINPUT && status != HR_EIO))
		return status;
	return hr_error_set(err, closed, "%s", why.text);
}

enum hr_status hr_sweep_peak(const struct hr_sweep_input *in, const struct hr_sweep_settings *s, uint64_t *bytes,
			     struct hr_error *err)
{
	const char *from;
	char path[64];

	HR_TRY(open_input(in, path, &from, err));
	return close_input(in, hr_replay_peak(from, &s->options, bytes, err), err);
}

/* --- rows ------------------------------------------------------------------- */

/* A row of a setting, with what is known before it has run. */
static json_t *asked_row(const struct hr_sweep_run *run, const struct hr_sweep_setting *t)
{
	json_t *row = hr_json_copy(t->asked);

	hr_json_put(&row, "trace_id", run->id[0] != '\0' ? hr_json_text(run->id) : json_null());
	hr_json_put(&row, "path", hr_json_text(run->in->name));
	hr_json_put(&row, "heapreplay", hr_json_text(run->version));
	hr_json_put(&row, "settings_hash", hr_json_text(t->id));
	return row;
}

static json_t *failed_row(const struct hr_sweep_run *run, const struct hr_sweep_setting *t, const char *why)
{
	json_t *row = asked_row(run, t);

	hr_json_put(&row, "status", hr_json_text("failed"));
	hr_json_put(&row, "message", hr_json_text(why));
	return row;
}

/* Members of an object, by the same names, where there are any. */
static void put_members(json_t **row, const json_t *from, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(from, names[i]);

		if (value != NULL && !json_is_null(value))
			hr_json_put(row, names[i], json_incref(value));
	}
}

/* What its replay says of a setting; document: of the comparison, standing: of its policy. */
static json_t *finished_row(const struct hr_sweep_run *run, const struct hr_sweep_setting *t,
			    const struct hr_policy_choice *policy, const json_t *document, const json_t *standing)
{
	static const char *const of_trace[] = {"format", "program", "events", "cut"};
	static const char *const of_settings[] = {"gc",	   "gogc",	"gogc_learned", "memory_limit_bytes",
						  "procs", "placement", "span_cache",	"clock"};
	static const char *const of_policy[] = {"inactive"};
	const json_t *trace = json_object_get(document, "trace"), *settings = json_object_get(document, "settings");
	const json_t *chosen = json_object_get(standing, "policy");
	json_t *row = asked_row(run, t), *xxh3 = json_object_get(trace, "xxh3");
	char *all = hr_json_dumps(settings, JSON_COMPACT);

	if (run->id[0] == '\0' && json_is_string(xxh3))
		hr_json_put(&row, "trace_id", json_incref(xxh3));
	hr_json_put(&row, "status", hr_json_text("ok"));
	put_members(&row, trace, of_trace, sizeof(of_trace) / sizeof(of_trace[0]));
	put_members(&row, settings, of_settings, sizeof(of_settings) / sizeof(of_settings[0]));
	put_members(&row, chosen, of_policy, sizeof(of_policy) / sizeof(of_policy[0]));
	hr_json_put(&row, "knows_future", json_boolean(hr_document_knows_future(chosen)));
	hr_json_put(&row, "policy", json_incref(json_object_get(chosen, "text")));
	hr_json_put(&row, "policy_name", json_incref(json_object_get(chosen, "name")));
	hr_json_put(&row, "parameters", hr_sweep_parameters(policy));
	hr_json_put(&row, "settings", all != NULL ? hr_json_text(all) : NULL);
	if (!hr_json_add_missing(row, json_object_get(standing, "summary")) || row == NULL) {
		json_decref(row);
		row = NULL;
	}
	hr_bounds_flatten(&row, json_object_get(standing, "bounds"));
	free(all);
	return row;
}

/* Rows of an engine's settings. A policy that does not fit the trace was passed over. */
static void add_rows(const struct hr_sweep_run *run, const struct engine *e, json_t **rows, size_t *failed)
{
	json_t *document = hr_document_comparison(run->in->name, e->replay, NULL);
	const json_t *policies = json_object_get(document, "policies");
	size_t at = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct hr_sweep_setting *t = &run->settings->at[e->which[i]];
		const struct hr_policy_choice *asked = t->policy != NULL ? &e->choices[i] : &e->own;

		if (at < e->replay->nfollowers && e->replay->choices[at] == asked) {
			hr_json_add(rows, document != NULL
					      ? finished_row(run, t, asked, document, json_array_get(policies, at))
					      : NULL);
			at++;
		} else {
			hr_json_add(rows, failed_row(run, t, "the policy can't follow this trace"));
			++*failed;
		}
	}
	json_decref(document);
}

/* --- a pass ----------------------------------------------------------------- */

/* Groups the settings; the numbers stay where they are. NULL: out of memory. */
static struct engine *group(const struct hr_sweep_run *run, const size_t *which, size_t n, size_t *nengines)
{
	struct engine *e = hr_calloc(n, sizeof(*e));

	*nengines = 0;
	for (size_t i = 0; e != NULL && i < n; i++) {
		const struct hr_sweep_setting *t = &run->settings->at[which[i]];
		struct engine *last = *nengines > 0 ? &e[*nengines - 1] : NULL;

		/* A setting without a policy runs alone: only the replay knows the trace's own policy. */
		if (last != NULL && t->policy != NULL && run->settings->at[last->which[0]].policy != NULL &&
		    hr_sweep_same_cycles(&run->settings->at[last->which[0]], t))
			last->n++;
		else
			e[(*nengines)++] = (struct engine){.which = &which[i], .n = 1};
	}
	return e;
}

static enum hr_status choose(const struct hr_sweep_run *run, struct engine *e, struct hr_error *err)
{
	e->choices = hr_calloc(e->n, sizeof(*e->choices));
	if (e->choices == NULL)
		return no_memory(err);
	for (size_t i = 0; i < e->n; i++) {
		const struct hr_policy_choice *p = run->settings->at[e->which[i]].policy;

		if (p == NULL)
			continue;
		e->choices[i] = *p;
		e->choices[i].if_fits = true;
	}
	return HR_OK;
}

static enum hr_status open_engine(const struct hr_sweep_run *run, struct engine *e, struct hr_replay *root,
				  const char *from, struct hr_error *err)
{
	const struct hr_sweep_setting *t = &run->settings->at[e->which[0]];
	struct hr_replay_options o = hr_sweep_options(run->settings, t, run->peak_bytes);
	size_t n = t->policy != NULL ? e->n : 0;

	HR_TRY(choose(run, e, err));
	if (from == NULL)
		return hr_replay_add(root, &o, e->choices, n, &e->own, &e->replay, err);
	e->replay = root;
	return hr_replay_open(root, from, &o, e->choices, n, &e->own, err);
}

/* Opens, replays, makes rows. *rows is NULL after an error. */
static enum hr_status replay(const struct hr_sweep_run *run, struct engine *e, size_t n, const char *from,
			     json_t **rows, size_t *failed, struct hr_error *err)
{
	struct hr_replay root;
	enum hr_status status = open_engine(run, &e[0], &root, from, err);

	*rows = NULL;
	if (status != HR_OK)
		return status;
	for (size_t i = 1; status == HR_OK && i < n; i++)
		status = open_engine(run, &e[i], &root, NULL, err);
	if (status == HR_OK)
		status = hr_replay_run(&root, err);
	if (status == HR_OK) {
		*rows = json_array();
		for (size_t i = 0; i < n; i++)
			add_rows(run, &e[i], rows, failed);
		status = *rows != NULL ? HR_OK : no_memory(err);
	}
	if (status == HR_OK && run->note != NULL)
		run->note(run->ctx, hr_reader_stats(root.reader));
	hr_replay_close(&root);
	return status;
}

static enum hr_status pass(const struct hr_sweep_run *run, const size_t *which, size_t n, json_t **rows, size_t *failed,
			   struct hr_error *err)
{
	size_t nengines;
	struct engine *e = group(run, which, n, &nengines);
	enum hr_status status;
	const char *from;
	char path[64];

	*rows = NULL;
	if (e == NULL)
		return no_memory(err);
	status = open_input(run->in, path, &from, err);
	if (status == HR_OK) {
		status = replay(run, e, nengines, from, rows, failed, err);
		status = close_input(run->in, status, err);
	}
	if (status != HR_OK) {
		json_decref(*rows);
		*rows = NULL;
	}
	for (size_t i = 0; i < nengines; i++) {
		free(e[i].choices);
		hr_policy_choice_release(&e[i].own);
	}
	free(e);
	return status;
}

enum hr_status hr_sweep_fail(const struct hr_sweep_run *run, const size_t *which, size_t n, size_t *failed,
			     const struct hr_error *why, struct hr_error *err)
{
	char text[sizeof(why->text) + 64];
	json_t *rows = json_array();

	if (why->line != 0)
		snprintf(text, sizeof(text), "line %" PRIu64 ": %s", why->line, why->text);
	else if (why->offset != HR_NO_OFFSET)
		snprintf(text, sizeof(text), "byte %" PRIu64 ": %s", why->offset, why->text);
	else
		snprintf(text, sizeof(text), "%s", why->text);
	for (size_t i = 0; i < n; i++)
		hr_json_add(&rows, failed_row(run, &run->settings->at[which[i]], text));
	*failed += n;
	return rows != NULL ? run->take(run->ctx, rows, err) : no_memory(err);
}

/* Is it the trace that is wrong, so that all settings fail alike? */
static bool is_of_trace(enum hr_status status)
{
	return status == HR_EINPUT || status == HR_EIO;
}

/* These settings in one pass, or where that fails in two of half as many: one that fails alone is told alone. */
static enum hr_status run_some(struct hr_sweep_run *run, const size_t *which, size_t n, size_t *failed,
			       struct hr_error *err)
{
	struct hr_error why;
	size_t missed = 0;
	json_t *rows;
	enum hr_status status = pass(run, which, n, &rows, &missed, &why);

	if (status == HR_OK) {
		*failed += missed;
		return run->take(run->ctx, rows, err);
	}
	if ((n == 1 && status == HR_ENOMEM) || (status == HR_EIO && run->id[0] != '\0')) {
		if (run->lacked == 0)
			run->why = why;
		run->lacked += n;
		return HR_OK;
	}
	if (n == 1 || is_of_trace(status))
		return hr_sweep_fail(run, which, n, failed, &why, err);
	/* Run fewer at a time from now on: the next ones need as much memory. */
	if (status == HR_ENOMEM)
		run->most = n / 2;
	HR_TRY(run_some(run, which, n / 2, failed, err));
	return run_some(run, which + n / 2, n - n / 2, failed, err);
}

enum hr_status hr_sweep_trace(struct hr_sweep_run *run, const size_t *which, size_t n, size_t *failed,
			      struct hr_error *err)
{
	while (n > 0) {
		size_t some = run->most != 0 && run->most < n ? run->most : n;

		HR_TRY(run_some(run, which, some, failed, err));
		which += some;
		n -= some;
	}
	return HR_OK;
}
