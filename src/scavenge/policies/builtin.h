/* SPDX-License-Identifier: BSD-3-Clause */
/* The built-in policies; policies.c has them in a table. */
#ifndef HR_SCAVENGE_POLICIES_BUILTIN_H
#define HR_SCAVENGE_POLICIES_BUILTIN_H

#include "heapreplay-policy.h"

extern const struct hr_policy_def hr_policy_go118, hr_policy_go119, hr_policy_go121, hr_policy_go122; /* go.c */
extern const struct hr_policy_def hr_policy_none, hr_policy_eager;				      /* simple.c */
extern const struct hr_policy_def hr_policy_decay, hr_policy_rate, hr_policy_delay;
extern const struct hr_policy_def hr_policy_recorded; /* recorded.c */
extern const struct hr_policy_def hr_policy_optimal;  /* optimal.c */

#endif
