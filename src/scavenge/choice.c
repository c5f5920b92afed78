/* SPDX-License-Identifier: BSD-3-Clause */
/* Chooses a policy from what a user wrote. */
#include "config.h"

#include "scavenge/policy.h"

#include "base/alloc.h"
#include "scavenge/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct hr_param *hr_policy_params(const struct hr_policy_def *def)
{
	static const struct hr_param none[] = {{NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL}};

	return def->params != NULL ? def->params : none;
}

const struct hr_policy_alias hr_policy_aliases[] = {
    {"go1.20", "go1.19", "offset=on", "Go 1.20"},
    {"go1.23", "go1.22", "", "Go 1.23"},
    {"go1.24", "go1.22", "", "Go 1.24"},
    {"go1.25", "go1.22", "", "Go 1.25"},
    {"go1.26", "go1.22", "", "Go 1.26"},
    {"go1.27", "go1.22", "", "Go 1.27"},
    {"jemalloc", "decay", "", "jemalloc 5"},
    {"tcmalloc", "rate", "", "google/tcmalloc"},
    {"gperftools", "rate", "by=activity", "tcmalloc of gperftools"},
    {"mimalloc2", "delay", "", "mimalloc 2"},
    {"mimalloc3", "delay", "delay=1s", "mimalloc 3, which waits for a second"},
    {NULL, NULL, NULL, NULL},
};

/* The alias that the text begins with, n characters to the comma; NULL. */
static const struct hr_policy_alias *alias_of(const char *text, size_t n)
{
	for (const struct hr_policy_alias *a = hr_policy_aliases; a->name != NULL; a++)
		if (strlen(a->name) == n && strncmp(a->name, text, n) == 0)
			return a;
	return NULL;
}

/* A text without directory and alias. */
static void plain_text(char *buf, size_t size, const char *text)
{
	size_t n = strcspn(text, ","), slash = n;
	const struct hr_policy_alias *a;

	while (slash > 0 && text[slash - 1] != '/')
		slash--;
	a = alias_of(text, n);
	if (a != NULL)
		snprintf(buf, size, "%s%s%s%s", a->policy, a->params[0] != '\0' ? "," : "", a->params, text + n);
	else
		snprintf(buf, size, "%s", text + slash);
}

bool hr_policy_same_text(const char *a, const char *b)
{
	char x[1024], y[1024];

	if (strcmp(a, b) == 0)
		return true;
	plain_text(x, sizeof(x), a);
	plain_text(y, sizeof(y), b);
	return strcmp(x, y) == 0;
}

static enum hr_status unknown_policy(const char *name, struct hr_error *err)
{
	char names[160] = "";
	size_t n = 0;

	for (size_t i = 0; hr_policies[i] != NULL && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", hr_policies[i]->name);
	return hr_error_set(err, HR_EUSAGE, "there is no policy '%.40s'; there are: %s", name, names);
}

/* The policy of that name, or in that file. */
static enum hr_status find(const char *name, struct hr_policy_choice *choice, struct hr_error *err)
{
	if (hr_plugin_is_path(name)) {
		choice->file = strdup(name);
		if (choice->file == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		return hr_plugin_load(name, &choice->object, &choice->def, err);
	}
	choice->def = hr_policy_find(name);
	return choice->def != NULL ? HR_OK : unknown_policy(name, err);
}

static enum hr_status configure(struct hr_policy_choice *choice, const struct hr_policy_alias *alias,
				const char *params, struct hr_error *err)
{
	const struct hr_policy_def *def = choice->def;
	char what[80];

	choice->config = hr_calloc(1, def->config_bytes);
	if (choice->config == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	snprintf(what, sizeof(what), "policy %s", def->name);
	hr_params_init(hr_policy_params(def), choice->config);
	if (alias != NULL)
		HR_TRY(hr_params_parse(hr_policy_params(def), choice->config, alias->params, what, err));
	HR_TRY(hr_params_parse(hr_policy_params(def), choice->config, params, what, err));
	if (def->check == NULL)
		return HR_OK;
	/* The default message, if the policy's check gives none. */
	hr_error_set(err, HR_EUSAGE, "%s does not take these parameters", what);
	return def->check(choice->config, err) == HR_OK ? HR_OK : HR_EUSAGE;
}

enum hr_status hr_policy_choose(const char *text, struct hr_policy_choice *choice, struct hr_error *err)
{
	size_t len = strcspn(text, ",");
	const struct hr_policy_alias *alias = alias_of(text, len);
	char *name = alias != NULL ? strdup(alias->policy) : strndup(text, len);
	enum hr_status status;

	memset(choice, 0, sizeof(*choice));
	choice->text = strdup(text);
	if (name == NULL || choice->text == NULL)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	else
		status = find(name, choice, err);
	free(name);
	if (status == HR_OK)
		status = configure(choice, alias, text + len + (text[len] == ','), err);
	if (status != HR_OK)
		hr_policy_choice_release(choice);
	return status;
}

void hr_policy_choice_release(struct hr_policy_choice *choice)
{
	free(choice->config);
	free(choice->text);
	free(choice->file);
	hr_plugin_release(choice->object);
	memset(choice, 0, sizeof(*choice));
}
