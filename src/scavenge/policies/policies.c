/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of the built-in policies. */
#include "config.h"

#include "scavenge/policy.h"

#include "scavenge/policies/builtin.h"

#include <string.h>

const struct hr_policy_def *const hr_policies[] = {
    &hr_policy_go118, &hr_policy_go119, &hr_policy_go121, &hr_policy_go122,   &hr_policy_none,	   &hr_policy_eager,
    &hr_policy_decay, &hr_policy_rate,	&hr_policy_delay, &hr_policy_optimal, &hr_policy_recorded, NULL,
};

const struct hr_policy_def *hr_policy_find(const char *name)
{
	for (size_t i = 0; hr_policies[i] != NULL; i++)
		if (strcmp(hr_policies[i]->name, name) == 0)
			return hr_policies[i];
	return NULL;
}
