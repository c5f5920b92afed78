/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/comparison.h"

#include "base/alloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* A copy that is safe to print. */
static char *plain(const char *s)
{
	char *copy = strdup(s);

	for (char *c = copy; c != NULL && *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	return copy;
}

static enum hr_status read_figure(struct hr_standing *s, const char *key, const json_t *value, const char *where,
				  struct hr_error *err)
{
	size_t i;

	/* Of figures that it doesn't know, another version may know what they are. */
	if (!hr_figure_find(key, strlen(key), &i))
		return HR_OK;
	if (!hr_unit_from_json(value, hr_figure_at(i).unit, &s->values[i]))
		return hr_error_set(err, HR_EINPUT, "%s of policy %s, %s: that is no number of %s", key, s->text, where,
				    hr_figure_at(i).unit == HR_UNIT_RATIO ? "a ratio" : "0 or more, and whole");
	s->known[i] = true;
	return HR_OK;
}

static enum hr_status read_figures(struct hr_standing *s, json_t *object, const char *where, struct hr_error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		HR_TRY(read_figure(s, key, value, where, err));
	}
	return HR_OK;
}

static enum hr_status read_standing(struct hr_standing *s, json_t *object, const char *where, struct hr_error *err)
{
	const json_t *policy = json_object_get(object, "policy");
	const char *name = json_string_value(json_object_get(policy, "name"));
	const char *text = json_string_value(json_object_get(policy, "text"));

	if (name == NULL)
		return hr_error_set(err, HR_EINPUT, "%s has a policy without a name", where);
	/* Schema 1 had no text. */
	s->text = plain(text != NULL ? text : name);
	s->optimal = strcmp(name, "optimal") == 0;
	s->values = hr_calloc(hr_figure_count(), sizeof(*s->values));
	s->known = hr_calloc(hr_figure_count(), sizeof(*s->known));
	if (s->text == NULL || s->values == NULL || s->known == NULL)
		return no_memory(err);
	if (!json_is_object(json_object_get(object, "summary")))
		return hr_error_set(err, HR_EINPUT, "%s has no summary of policy %s", where, s->text);
	HR_TRY(read_figures(s, json_object_get(object, "summary"), where, err));
	/* Of a replay there is none; null is one that is not known. */
	return read_figures(s, json_object_get(object, "regret"), where, err);
}

static enum hr_status read_all(struct hr_comparison *c, json_t *object, const char *name, const char *where,
			       struct hr_error *err)
{
	json_t *policies = json_object_get(object, "policies");
	const char *given = json_string_value(json_object_get(json_object_get(object, "trace"), "name"));

	if (given == NULL || !json_is_object(json_object_get(object, "settings")))
		return hr_error_set(err, HR_EINPUT, "%s has no trace, or no settings", where);
	if (json_array_size(policies) == 0)
		return hr_error_set(err, HR_EINPUT, "%s has no policies", where);
	c->name = plain(name != NULL ? name : given);
	c->policies = hr_calloc(json_array_size(policies), sizeof(*c->policies));
	if (c->name == NULL || c->policies == NULL)
		return no_memory(err);
	for (; c->n < json_array_size(policies); c->n++) {
		enum hr_status status = read_standing(&c->policies[c->n], json_array_get(policies, c->n), where, err);

		if (status != HR_OK) {
			c->n++; /* what there is of it is released with the others */
			return status;
		}
	}
	return HR_OK;
}

enum hr_status hr_comparison_read(struct hr_comparison *c, json_t *object, const char *name, const char *where,
				  struct hr_error *err)
{
	enum hr_status status;

	memset(c, 0, sizeof(*c));
	c->document = json_incref(object);
	status = read_all(c, object, name, where, err);
	if (status != HR_OK)
		hr_comparison_release(c);
	return status;
}

void hr_comparison_release(struct hr_comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->policies[i].text);
		free(c->policies[i].values);
		free(c->policies[i].known);
	}
	free(c->policies);
	free(c->name);
	json_decref(c->document);
	memset(c, 0, sizeof(*c));
}

const struct hr_standing *hr_comparison_find(const struct hr_comparison *c, const char *text)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->policies[i].text, text) == 0)
			return &c->policies[i];
	return NULL;
}

const char *hr_comparison_trace(const struct hr_comparison *c, const char *key)
{
	const char *s = json_string_value(json_object_get(json_object_get(c->document, "trace"), key));

	return s != NULL ? s : "";
}
