/* The choice of a policy by what a user writes. */
#include "config.h"

#include "scavenge/policy.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct hr_param *hr_policy_params(const struct hr_policy_def *def)
{
	static const struct hr_param none[] = {{NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL}};

	return def->params != NULL ? def->params : none;
}

static enum hr_status unknown_policy(const char *name, struct hr_error *err)
{
	char names[160] = "";
	size_t n = 0;

	for (size_t i = 0; hr_policies[i] != NULL && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", hr_policies[i]->name);
	return hr_error_set(err, HR_EUSAGE, "there is no policy '%s'; there are: %s", name, names);
}

enum hr_status hr_policy_choose(const char *text, struct hr_policy_choice *choice, struct hr_error *err)
{
	char name[64], what[80];
	size_t len = strcspn(text, ",");
	enum hr_status status;

	memset(choice, 0, sizeof(*choice));
	snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : (int)sizeof(name) - 1, text);
	choice->def = hr_policy_find(name);
	if (choice->def == NULL)
		return unknown_policy(name, err);
	choice->config = hr_calloc(1, choice->def->config_bytes);
	choice->text = strdup(text);
	if (choice->config == NULL || choice->text == NULL) {
		hr_policy_choice_release(choice);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	snprintf(what, sizeof(what), "policy %s", name);
	hr_params_init(hr_policy_params(choice->def), choice->config);
	status =
	    hr_params_parse(hr_policy_params(choice->def), choice->config, text + len + (text[len] == ','), what, err);
	if (status == HR_OK && choice->def->check != NULL)
		status = choice->def->check(choice->config, err);
	if (status != HR_OK)
		hr_policy_choice_release(choice);
	return status;
}

void hr_policy_choice_release(struct hr_policy_choice *choice)
{
	free(choice->config);
	free(choice->text);
	memset(choice, 0, sizeof(*choice));
}
