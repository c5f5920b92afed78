/* SPDX-License-Identifier: BSD-3-Clause */
/* The sentences at the end of a replay, a comparison and a report. */
#ifndef HR_CMD_INSIGHTS_H
#define HR_CMD_INSIGHTS_H

#include "replay/replay.h"
#include "report/bars.h"
#include "report/comparison.h"
#include "report/kept.h"

/* What each follower keeps, from now on. NULL: out of memory. */
struct hr_kept *cli_kept_start(const struct hr_replay *r);
void cli_kept_free(struct hr_kept *kept, const struct hr_replay *r);
/*
 * Puts it into the comparison of the replay and, where a sentence will speak of a
 * drop and the trace can be read a second time, the type that holds most of what was kept. Who holds it can't be
 * found out: nothing is said of it. kept NULL: nothing is put. False: out of memory, or comparison is NULL.
 */
bool cli_kept_put(json_t *comparison, const struct hr_kept *kept, const struct hr_replay *r, const char *path);

enum cli_insights { CLI_INSIGHTS_ALONE, CLI_INSIGHTS_NAMED, CLI_INSIGHTS_MARKDOWN };
/* What matters (report/insights.h); nothing if no rule holds. NAMED: the trace is named in the heading. */
void cli_print_insights(const struct hr_page *p, const struct hr_comparison *c, enum cli_insights form);

#endif
