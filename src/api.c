/* SPDX-License-Identifier: BSD-3-Clause */
/* The installed interface, on top of everything else. */
#include "config.h"

#include "heapreplay.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "replay/named.h"
#include "report/comparison.h"
#include "report/document.h"
#include "report/flat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hr_version(void)
{
	return PACKAGE_VERSION;
}

/* The document as text, *text; NULL of it is HR_ENOMEM. */
static enum hr_status to_text(json_t *document, char **text, struct hr_error *err)
{
	size_t size;
	FILE *f = hr_open_text(text, &size);
	enum hr_status status;

	if (f == NULL) {
		json_decref(document);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	status = hr_document_write(document, f, err);
	if (!hr_close_text(f, text) && status == HR_OK)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status != HR_OK) {
		free(*text);
		*text = NULL;
	}
	return status;
}

/* A replay as a caller of the library asks for it. */
struct run {
	const char *path;
	struct hr_policy_choice *choices;
	size_t n;
	struct hr_replay_options options;
	struct hr_json_series *series; /* one a follower; NULL: not wanted */
};

static void run_release(struct run *r)
{
	for (size_t i = 0; r->choices != NULL && i < r->n; i++)
		hr_policy_choice_release(&r->choices[i]);
	free(r->choices);
}

/* policies: NULL: all built-in ones that fit. */
static enum hr_status choose(struct run *r, const char *const *policies, struct hr_error *err)
{
	size_t n = 0;

	while (policies != NULL ? policies[n] != NULL : hr_policies[n] != NULL)
		n++;
	r->choices = hr_calloc(n + 1, sizeof(*r->choices));
	if (r->choices == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (; r->n < n; r->n++) {
		HR_TRY(hr_policy_choose(policies != NULL ? policies[r->n] : hr_policies[r->n]->name, &r->choices[r->n],
					err));
		r->choices[r->n].if_fits = policies == NULL;
	}
	return HR_OK;
}

static enum hr_status run_init(struct run *r, const char *path, const char *const *policies,
			       const char *const *settings, struct hr_error *err)
{
	*r = (struct run){.path = path};
	hr_replay_defaults(&r->options);
	r->options.jobs = 1;
	r->options.bounds = true;
	r->options.reading.want |= HR_WANT_GC_CPU; /* as replay --json */
	for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
		HR_TRY(hr_replay_set(&r->options, settings[i], err));
	return choose(r, policies, err);
}

/* Makes of the replay what the caller wants. */
typedef enum hr_status tell_fn(void *ctx, const struct run *run, const struct hr_replay *r, struct hr_error *err);

static enum hr_status run_replay(struct run *run, bool with_series, tell_fn *tell, void *ctx, struct hr_error *err)
{
	struct hr_policy_choice own = {0};
	struct hr_replay r;
	enum hr_status status;

	HR_TRY(hr_replay_open(&r, run->path, &run->options, run->choices, run->n, &own, err));
	run->series = with_series ? hr_calloc(r.nfollowers, sizeof(*run->series)) : NULL;
	if (with_series && run->series == NULL)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	else
		status = HR_OK;
	for (size_t i = 0; run->series != NULL && i < r.nfollowers; i++)
		hr_json_series_start(&run->series[i], r.followers[i]);
	if (status == HR_OK)
		status = hr_replay_run(&r, err);
	if (status == HR_OK)
		status = tell(ctx, run, &r, err);
	hr_replay_close(&r);
	hr_policy_choice_release(&own);
	free(run->series);
	return status;
}

static enum hr_status tell_replay(void *ctx, const struct run *run, const struct hr_replay *r, struct hr_error *err)
{
	return to_text(hr_document_replay(run->path, r, run->series), ctx, err);
}

/* All that a call does. with_series: tell wants them; intervals: and how long pages stayed free. *error as heapreplay.h says. */
static enum hr_status answer(const char *path, const char *const *policies, const char *const *settings,
			     bool with_series, bool intervals, tell_fn *tell, void *ctx, char **error)
{
	struct run run;
	struct hr_error err;
	enum hr_status status = run_init(&run, path, policies, settings, &err);

	run.options.intervals = intervals;
	if (status == HR_OK)
		status = run_replay(&run, with_series, tell, ctx, &err);
	run_release(&run);
	if (error != NULL)
		*error = NULL;
	if (status != HR_OK && error != NULL && asprintf(error, "%s: %s", path, err.text) < 0)
		*error = NULL;
	return status;
}

char *hr_replay_with(const char *path, const char *policy, const char *const *settings, char **error)
{
	const char *const policies[] = {policy, NULL}; /* none: the trace's own */
	char *text = NULL;

	answer(path, policies, settings, true, false, tell_replay, &text, error);
	return text;
}

char *hr_replay_to_json(const char *path, const char *policy, char **error)
{
	return hr_replay_with(path, policy, NULL, error);
}

/* --- several policies --- */

static enum hr_status tell_comparison(void *ctx, const struct run *run, const struct hr_replay *r, struct hr_error *err)
{
	json_t *document = hr_document_new(), *list = json_array();

	hr_json_add(&list, hr_document_comparison(run->path, r, run->series));
	hr_json_put(&document, "comparisons", list);
	return to_text(document, ctx, err);
}

char *hr_compare_to_json(const char *path, const char *const *policies, const char *const *settings, char **error)
{
	char *text = NULL;

	answer(path, policies, settings, true, true, tell_comparison, &text, error);
	return text;
}

struct rows {
	int (*row)(void *ctx, const char *json);
	void *ctx;
	int answer;
};

static enum hr_status tell_row(struct rows *rows, const struct hr_comparison *c, size_t i, struct hr_error *err)
{
	json_t *flat = hr_flat_result(c, i, PACKAGE_VERSION);
	char *text = NULL;
	size_t size;
	FILE *f = hr_open_text(&text, &size);
	enum hr_status status;

	if (f == NULL) {
		json_decref(flat);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	status = hr_flat_write(flat, f, err);
	if (!hr_close_text(f, &text) && status == HR_OK)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status == HR_OK) {
		text[strcspn(text, "\n")] = '\0';
		rows->answer = rows->row(rows->ctx, text);
	}
	free(text);
	return status;
}

static enum hr_status tell_rows(void *ctx, const struct run *run, const struct hr_replay *r, struct hr_error *err)
{
	struct rows *rows = ctx;
	json_t *document = hr_document_comparison(run->path, r, NULL);
	struct hr_comparison c;
	enum hr_status status = HR_OK;

	if (document == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = hr_comparison_read(&c, document, run->path, "the replay", err);
	json_decref(document);
	HR_TRY(status);
	for (size_t i = 0; i < c.n && status == HR_OK && rows->answer == 0; i++)
		status = tell_row(rows, &c, i, err);
	hr_comparison_release(&c);
	return status;
}

int hr_compare_rows(const char *path, const char *const *policies, const char *const *settings,
		    int (*row)(void *ctx, const char *json), void *ctx, char **error)
{
	struct rows rows = {.row = row, .ctx = ctx};

	return answer(path, policies, settings, false, true, tell_rows, &rows, error) == HR_OK ? rows.answer : -1;
}
