/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/flat.h"

#include "base/json.h"
#include "report/bounds.h"
#include "report/document.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const of_trace[] = {"path", "xxh3", "format", "program", "events", "cut", "lost_blocks"};
/* What is left out first where a line would be too long. */
static const char *const long_texts[] = {"path", "program", "parameters", "settings.gc_cost", "settings.cost"};

/* "key=value,..." of an object of strings. */
static json_t *joined(const json_t *object)
{
	char text[1024] = "";
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (json_is_string(value) && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s=%s", n > 0 ? "," : "", key,
					      json_string_value(value));
	}
	return hr_json_text(text);
}

static void put_settings(json_t **to, const json_t *settings)
{
	char name[96];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)settings, key, value)
	{
		snprintf(name, sizeof(name), "settings.%s", key);
		hr_json_put(to, name, json_is_object(value) ? joined(value) : json_incref(value));
	}
}

/* A member of another object, or null. */
static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value != NULL ? json_incref(value) : json_null();
}

json_t *hr_flat_identity(const struct hr_comparison *c, size_t policy, const char *version)
{
	const json_t *trace = json_object_get(c->document, "trace");
	const json_t *p = json_object_get(json_array_get(json_object_get(c->document, "policies"), policy), "policy");
	json_t *o = json_object();

	hr_json_put(&o, "schema", json_integer(HR_SCHEMA));
	hr_json_put(&o, "heapreplay", hr_json_text(version));
	for (size_t i = 0; i < sizeof(of_trace) / sizeof(of_trace[0]); i++)
		hr_json_put(&o, of_trace[i], member(trace, of_trace[i]));
	hr_json_put(&o, "policy_name", member(p, "name"));
	hr_json_put(&o, "parameters", joined(json_object_get(p, "parameters")));
	hr_json_put(&o, "own", member(p, "own"));
	hr_json_put(&o, "inactive", member(p, "inactive"));
	put_settings(&o, json_object_get(c->document, "settings"));
	return o;
}

json_t *hr_flat_beside(const struct hr_comparison *c, size_t policy, const char *version)
{
	json_t *o = hr_flat_identity(c, policy, version);

	hr_bounds_flatten(&o,
			  json_object_get(json_array_get(json_object_get(c->document, "policies"), policy), "bounds"));
	return o;
}

/* How long its line is, with the newline; 0: out of memory. */
static size_t line_bytes(const json_t *o)
{
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));

	return n > 0 ? n + 1 : 0;
}

json_t *hr_flat_result(const struct hr_comparison *c, size_t policy, const char *version)
{
	const struct hr_standing *s = &c->policies[policy];
	json_t *identity = hr_flat_identity(c, policy, version), *o = json_object();

	hr_json_put(&o, "trace", hr_json_text(c->name));
	hr_json_put(&o, "policy", hr_json_text(s->text));
	for (size_t m = 0; m < hr_nmetrics; m++)
		hr_json_put(&o, hr_metrics[m].name,
			    s->known[m] ? hr_unit_json(hr_metrics[m].unit, s->values[m]) : json_null());
	if (!hr_json_add_missing(o, identity)) {
		json_decref(o);
		json_decref(identity);
		return NULL;
	}
	json_decref(identity);
	for (size_t i = 0; i < sizeof(long_texts) / sizeof(long_texts[0]) && line_bytes(o) > HR_FLAT_MAX_BYTES; i++)
		json_object_del(o, long_texts[i]);
	return o;
}

enum hr_status hr_flat_write(json_t *flat, FILE *out, struct hr_error *err)
{
	char *line =
	    flat != NULL ? hr_json_dumps(flat, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15)) : NULL;
	enum hr_status status = HR_OK;

	json_decref(flat);
	if (line == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	errno = 0;
	if (fputs(line, out) == EOF || fputc('\n', out) == EOF)
		status = hr_error_set(err, HR_EIO, "cannot write the JSON: %s", strerror(errno));
	free(line);
	return status;
}
