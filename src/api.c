/* SPDX-License-Identifier: BSD-3-Clause */
/* The installed interface, on top of everything else. */
#include "config.h"

#include "heapreplay.h"

#include "base/alloc.h"
#include "base/print.h"
#include "report/document.h"

#include <stdio.h>
#include <stdlib.h>

const char *hr_version(void)
{
	return PACKAGE_VERSION;
}

/* The document as text, *text; NULL of it is HR_ENOMEM. */
static enum hr_status to_text(json_t *document, char **text, struct hr_error *err)
{
	size_t size;
	FILE *f = open_memstream(text, &size);
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

static enum hr_status replay(const char *path, const struct hr_policy_choice *choice, size_t nchoices, char **text,
			     struct hr_error *err)
{
	struct hr_json_series *series = hr_calloc(1, sizeof(*series));
	struct hr_replay_options options;
	struct hr_policy_choice own = {0};
	struct hr_replay r;
	enum hr_status status;

	if (series == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	hr_replay_defaults(&options);
	options.jobs = 1;
	options.reading.want |= HR_WANT_GC_CPU; /* as replay --json */
	status = hr_replay_open(&r, path, &options, choice, nchoices, &own, err);
	if (status == HR_OK) {
		hr_json_series_start(series, r.followers[0]);
		status = hr_replay_run(&r, err);
		if (status == HR_OK)
			status = to_text(hr_document_replay(path, &r, series), text, err);
		hr_replay_close(&r);
		hr_policy_choice_release(&own);
	}
	free(series);
	return status;
}

char *hr_replay_to_json(const char *path, const char *policy, char **error)
{
	struct hr_policy_choice choice = {0};
	struct hr_error err;
	enum hr_status status = HR_OK;
	char *text = NULL;

	if (error != NULL)
		*error = NULL;
	if (policy != NULL)
		status = hr_policy_choose(policy, &choice, &err);
	if (status == HR_OK)
		status = replay(path, &choice, policy != NULL, &text, &err);
	hr_policy_choice_release(&choice);
	if (status != HR_OK && error != NULL && asprintf(error, "%s: %s", path, err.text) < 0)
		*error = NULL;
	return text;
}
