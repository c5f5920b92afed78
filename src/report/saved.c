/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/saved.h"

#include "base/alloc.h"
#include "base/json.h"
#include "report/document.h"
#include "trace/input.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- what earlier versions called otherwise --- */

static bool rename_member(json_t *o, const char *was, const char *name)
{
	json_t *v = json_object_get(o, was);

	if (v == NULL || json_object_get(o, name) != NULL)
		return true;
	return hr_json_set(o, name, json_incref(v)) && json_object_del(o, was) == 0;
}

/* A policy, or a replay: an object with "summary" and "series". */
static bool upgrade_run(json_t *run)
{
	static const char *const bands[] = {"in_use", "free", "released", "retained"};
	char was[32], name[32];
	bool fine = true;

	for (size_t i = 0; i < hr_nmetrics; i++)
		if (hr_metrics[i].was != NULL)
			fine &= rename_member(json_object_get(run, "summary"), hr_metrics[i].was, hr_metrics[i].name);
	for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++) {
		snprintf(was, sizeof(was), "%s_avg_bytes", bands[i]);
		snprintf(name, sizeof(name), "%s_mean_bytes", bands[i]);
		fine &= rename_member(json_object_get(run, "series"), was, name);
	}
	return fine;
}

static bool upgrade_runs(json_t *comparison)
{
	json_t *policies = json_object_get(comparison, "policies");
	bool fine = true;

	for (size_t i = 0; i < json_array_size(policies); i++)
		fine &= upgrade_run(json_array_get(policies, i));
	return fine;
}

bool hr_saved_upgrade(json_t *document)
{
	const json_t *schema = json_object_get(document, "schema");
	json_t *list = json_object_get(document, "comparisons");
	bool fine;

	if (!json_is_integer(schema) || json_integer_value(schema) >= HR_SCHEMA)
		return true;
	fine = upgrade_run(document) && upgrade_runs(document);
	for (size_t i = 0; i < json_array_size(list); i++)
		fine &= upgrade_runs(json_array_get(list, i));
	return fine;
}

/* --- JSON from an input --- */

struct source {
	struct hr_input *in;
	enum hr_status status; /* why it ended early; HR_OK: it did not */
	struct hr_error *err;
};

static size_t more(void *buffer, size_t cap, void *ctx)
{
	struct source *s = ctx;
	enum hr_status status;
	size_t n;

	if (hr_input_bytes(s->in) > HR_SAVED_MAX_BYTES) {
		s->status =
		    hr_error_set(s->err, HR_EINPUT, "more than %" PRIu64 " MiB of JSON", HR_SAVED_MAX_BYTES >> 20);
		return (size_t)-1;
	}
	status = hr_input_read(s->in, buffer, cap, &n, s->err);
	if (status == HR_OK)
		return n;
	if (status == HR_END && !hr_input_cut(s->in))
		return 0;
	s->status =
	    status == HR_END ? hr_error_set(s->err, HR_EINPUT, "the compressed data ends in the middle") : status;
	return (size_t)-1;
}

static enum hr_status load(struct hr_input *in, json_t **document, struct hr_error *err)
{
	struct source s = {in, HR_OK, err};
	json_error_t why = {0};

	*document = json_load_callback(more, &s, JSON_REJECT_DUPLICATES, &why);
	if (s.status != HR_OK) {
		json_decref(*document);
		return s.status;
	}
	if (*document != NULL && hr_saved_upgrade(*document))
		return HR_OK;
	if (*document != NULL || hr_json_no_memory(&why))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	hr_error_set(err, HR_EINPUT, "the JSON is damaged: %s", why.text);
	if (err != NULL && why.line > 0)
		err->line = (uint64_t)why.line;
	return HR_EINPUT;
}

enum hr_status hr_saved_load(const char *path, json_t **document, struct hr_error *err)
{
	struct hr_input *in;
	enum hr_status status;

	HR_TRY(hr_input_open(path, &in, err));
	status = load(in, document, err);
	hr_input_close(in);
	return status;
}

/* --- what is in it --- */

/* `replay --json` is a comparison of one policy, but for its form. */
static json_t *of_replay(json_t *document)
{
	return json_pack("{s:O, s:O, s:[{s:O, s:O}]}", "trace", json_object_get(document, "trace"), "settings",
			 json_object_get(document, "settings"), "policies", "policy",
			 json_object_get(document, "policy"), "summary", json_object_get(document, "summary"));
}

/* The array of comparisons, as the document has it or should have it; NULL: it is none of ours. A new reference. */
static json_t *comparisons_of(json_t *document)
{
	json_t *list = json_object_get(document, "comparisons"), *one;

	if (json_is_array(list))
		return json_incref(list);
	/* Schema 1 had one comparison, and that was the document. */
	if (json_is_array(json_object_get(document, "policies")))
		one = json_incref(document);
	else if (json_is_object(json_object_get(document, "policy")))
		one = of_replay(document);
	else
		return NULL;
	return one != NULL ? json_pack("[o]", one) : NULL;
}

static enum hr_status read_comparisons(struct hr_saved *s, json_t *list, struct hr_error *err)
{
	char where[64];

	s->at = hr_calloc(json_array_size(list), sizeof(*s->at));
	if (s->at == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < json_array_size(list); i++) {
		snprintf(where, sizeof(where), "comparison %zu", i + 1);
		HR_TRY(hr_comparison_read(&s->at[i], json_array_get(list, i), NULL, where, err));
		s->n++;
	}
	return HR_OK;
}

static enum hr_status read_document(struct hr_saved *s, json_t *document, struct hr_error *err)
{
	const json_t *schema = json_object_get(document, "schema");
	const char *version = json_string_value(json_object_get(document, "heapreplay"));
	json_t *list = comparisons_of(document);
	enum hr_status status = HR_OK;

	if (json_is_integer(schema) && json_integer_value(schema) > HR_SCHEMA)
		status = hr_error_set(err, HR_EINPUT,
				      "its schema is %" JSON_INTEGER_FORMAT "; this heapreplay reads those up to %d",
				      json_integer_value(schema), HR_SCHEMA);
	else if (!json_is_integer(schema) || version == NULL || json_array_size(list) == 0)
		status =
		    hr_error_set(err, HR_EINPUT,
				 "no saved run: 'heapreplay replay --json' and 'heapreplay compare --json' write them");
	else if ((s->version = strdup(version)) == NULL)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	else
		status = read_comparisons(s, list, err);
	json_decref(list);
	return status;
}

static enum hr_status read_input(struct hr_input *in, struct hr_saved *s, struct hr_error *err)
{
	json_t *document;
	enum hr_status status = load(in, &document, err);

	hr_input_close(in);
	if (status != HR_OK)
		return status;
	status = read_document(s, document, err);
	json_decref(document);
	if (status != HR_OK)
		hr_saved_release(s);
	return status;
}

enum hr_status hr_saved_read(const char *path, struct hr_saved *s, struct hr_error *err)
{
	struct hr_input *in;

	memset(s, 0, sizeof(*s));
	HR_TRY(hr_input_open(path, &in, err));
	return read_input(in, s, err);
}

enum hr_status hr_saved_parse(const void *data, size_t n, struct hr_saved *s, struct hr_error *err)
{
	struct hr_input *in;

	memset(s, 0, sizeof(*s));
	HR_TRY(hr_input_open_memory(data, n, &in, err));
	return read_input(in, s, err);
}

void hr_saved_release(struct hr_saved *s)
{
	for (size_t i = 0; i < s->n; i++)
		hr_comparison_release(&s->at[i]);
	free(s->at);
	free(s->version);
	memset(s, 0, sizeof(*s));
}

bool hr_saved_looks_so(const char *path)
{
	struct hr_input *in;
	struct stat st;
	char start[64];
	size_t n = 0, i = 0;

	/* Only a regular file can be inspected without consuming input that the next reader needs. */
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    hr_input_open(path, &in, NULL) != HR_OK)
		return false;
	if (hr_input_read(in, start, sizeof(start), &n, NULL) != HR_OK)
		n = 0;
	hr_input_close(in);
	while (i < n && isspace((unsigned char)start[i]))
		i++;
	return i < n && start[i] == '{';
}
