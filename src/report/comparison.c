/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/comparison.h"

#include "base/alloc.h"
#include "base/print.h"
#include "report/document.h"
#include "scavenge/policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* A copy that is safe to print. */
static char *plain(const char *s)
{
	size_t size = strlen(s) * HR_SHOWN_BYTE + 1;
	char *copy = malloc(size);

	return copy != NULL ? hr_text_plain(copy, size, s) : NULL;
}

static enum hr_status read_figure(struct hr_standing *s, const char *key, const json_t *value, const char *where,
				  struct hr_error *err)
{
	size_t i;

	/* Skip values that only another version understands; null means not applicable. */
	if (!hr_metric_named(key, strlen(key), &i) || json_is_null(value))
		return HR_OK;
	if (!hr_unit_from_json(value, hr_metrics[i].unit, &s->values[i]))
		return hr_error_set(err, HR_EINPUT, "%s of policy %s, %s: that is no number of %s", key, s->text, where,
				    hr_metrics[i].unit == HR_UNIT_RATIO ? "a ratio" : "0 or more, and whole");
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
	s->knows_future = hr_document_knows_future(policy);
	s->own = json_is_true(json_object_get(policy, "own"));
	s->inactive = json_is_true(json_object_get(policy, "inactive"));
	s->values = hr_calloc(hr_nmetrics, sizeof(*s->values));
	s->known = hr_calloc(hr_nmetrics, sizeof(*s->known));
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
	for (size_t i = 0; i < c->n; i++)
		if (hr_policy_same_text(c->policies[i].text, text))
			return &c->policies[i];
	return NULL;
}

/* --- several traces as one ------------------------------------------------- */

static bool sum_of(const struct hr_standing **s, size_t n, size_t metric, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < n; i++)
		if (!s[i]->known[metric] || __builtin_add_overflow(*value, s[i]->values[metric], value))
			return false;
	return true;
}

static bool extreme_of(const struct hr_standing **s, size_t n, size_t metric, uint64_t *value)
{
	const bool max = hr_metrics[metric].over == HR_OVER_MAX;

	for (size_t i = 0; i < n; i++) {
		if (!s[i]->known[metric])
			return false;
		if (i == 0 || (s[i]->values[metric] > *value) == max)
			*value = s[i]->values[metric];
	}
	return true;
}

/* What has no weight need not be known. */
static bool mean_of(const struct hr_standing **s, size_t n, size_t metric, uint64_t *value)
{
	const char *name = hr_metrics[metric].weight;
	const size_t weight = hr_metric_index(name != NULL ? name : "duration_ns");
	long double sum = 0, weights = 0;

	for (size_t i = 0; i < n; i++) {
		if (!s[i]->known[weight] || (s[i]->values[weight] > 0 && !s[i]->known[metric]))
			return false;
		if (s[i]->values[weight] == 0)
			continue;
		sum += (long double)s[i]->values[metric] * (long double)s[i]->values[weight];
		weights += (long double)s[i]->values[weight];
	}
	if (!(weights > 0))
		return false;
	*value = (uint64_t)llroundl(sum / weights);
	return true;
}

static bool over_all(const struct hr_standing **s, size_t n, size_t metric, uint64_t *value)
{
	switch (hr_metrics[metric].over) {
	case HR_OVER_SUM:
		return sum_of(s, n, metric, value);
	case HR_OVER_MEAN:
		return mean_of(s, n, metric, value);
	case HR_OVER_MAX:
	case HR_OVER_MIN:
		return extreme_of(s, n, metric, value);
	case HR_OVER_NONE:
		break;
	}
	return false;
}

/* s: where it stands in each comparison. */
static bool add_total(struct hr_comparison *total, const char *text, const struct hr_standing **s, size_t n)
{
	struct hr_standing *to = &total->policies[total->n++];

	to->text = strdup(text);
	to->knows_future = s[0]->knows_future;
	to->values = hr_calloc(hr_nmetrics, sizeof(*to->values));
	to->known = hr_calloc(hr_nmetrics, sizeof(*to->known));
	if (to->text == NULL || to->values == NULL || to->known == NULL)
		return false;
	for (size_t m = 0; m < hr_nmetrics; m++)
		to->known[m] = over_all(s, n, m, &to->values[m]);
	return true;
}

/* Finds the policy of each trace's own Go version. False: a trace has none, or it is the same policy in all. */
static bool find_own(const struct hr_comparison *c, size_t n, const struct hr_standing **s)
{
	bool differ = false;

	for (size_t i = 0; i < n; i++) {
		s[i] = NULL;
		for (size_t k = 0; k < c[i].n; k++)
			if (c[i].policies[k].own)
				s[i] = &c[i].policies[k];
		if (s[i] == NULL)
			return false;
		differ |= strcmp(s[i]->text, s[0]->text) != 0;
	}
	return differ;
}

enum hr_status hr_comparison_total(const struct hr_comparison *c, size_t n, struct hr_comparison *total,
				   struct hr_error *err)
{
	const struct hr_standing **s = hr_calloc(n, sizeof(const struct hr_standing *));
	bool fine;

	*total =
	    (struct hr_comparison){.name = strdup("all"), .policies = hr_calloc(c->n + 1, sizeof(*total->policies))};
	fine = s != NULL && total->name != NULL && total->policies != NULL;
	for (size_t i = 0; fine && i < c->n; i++) {
		bool everywhere = true;

		for (size_t k = 0; k < n; k++) {
			s[k] = hr_comparison_find(&c[k], c->policies[i].text);
			everywhere &= s[k] != NULL;
		}
		if (everywhere)
			fine = add_total(total, c->policies[i].text, s, n);
	}
	if (fine && find_own(c, n, s))
		fine = add_total(total, "each trace's own", s, n);
	free(s);
	if (fine)
		return HR_OK;
	hr_comparison_release(total);
	return no_memory(err);
}

void hr_comparison_drop_series(const struct hr_comparison *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *policies = json_object_get(c[i].document, "policies");

		for (size_t k = 0; k < json_array_size(policies); k++)
			json_object_del(json_array_get(policies, k), "series");
	}
}

const char *hr_comparison_trace(const struct hr_comparison *c, const char *key)
{
	const char *s = json_string_value(json_object_get(json_object_get(c->document, "trace"), key));

	return s != NULL ? s : "";
}
