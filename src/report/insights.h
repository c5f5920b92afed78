/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What matters about a comparison, in sentences. A row of the table is a rule: when
 * it holds for a policy, and what it says then, always with numbers. Replay,
 * compare and report end with what holds; heapreplay-metrics(5) lists the rules.
 *
 * The policy that is spoken of is the recorded program's own, or else the first one
 * that does not know the future. The figures are those of the comparison's document,
 * so that a saved run says what its replay did, but for the reasons of free memory
 * (kept.h), which are only there when it has just been made.
 */
#ifndef HR_REPORT_INSIGHTS_H
#define HR_REPORT_INSIGHTS_H

#include "report/comparison.h"

#include <stdbool.h>
#include <stddef.h>

#define HR_INSIGHT_MAX 640

struct hr_insight_rule {
	const char *name;
	const char *rule; /* when it appears: a sentence of the manual */
	/* s: the policy that is spoken of. False: it does not hold. The text ends with a full stop. */
	bool (*tell)(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX]);
};

extern const struct hr_insight_rule hr_insight_rules[];
extern const size_t hr_ninsight_rules;

/* The policy that is spoken of; NULL: there is none. */
const struct hr_standing *hr_insights_policy(const struct hr_comparison *c);
/* The policy of which a sentence tells why its free memory was kept, and so by whom, if kept "holder" has that; NULL: none. */
const struct hr_standing *hr_insights_held(const struct hr_comparison *c);
/* Calls to for each rule that holds, in the order of the table. */
void hr_insights_tell(const struct hr_comparison *c, void (*to)(void *ctx, const char *rule, const char *text),
		      void *ctx);

#endif
