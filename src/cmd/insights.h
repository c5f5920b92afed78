/* SPDX-License-Identifier: BSD-3-Clause */
/* The sentences at the end of a replay, a comparison and a report. */
#ifndef HR_CMD_INSIGHTS_H
#define HR_CMD_INSIGHTS_H

#include "replay/replay.h"
#include "report/bars.h"
#include "report/comparison.h"
#include "report/kept.h"

#include <stdint.h>

/* What each follower keeps, from now on. NULL: out of memory. */
struct hr_kept *cli_kept_start(const struct hr_replay *r);
void cli_kept_free(struct hr_kept *kept, const struct hr_replay *r);
/* Who holds what was kept is found out by reading the trace a second time. */
struct cli_kept_wish {
	const char *path;
	bool nameless; /* size classes, not the names of types, which are the program's own */
	size_t own;    /* the policy of which all holders are wanted; CLI_KEPT_NONE: of none */
};

#define CLI_KEPT_NONE SIZE_MAX

/*
 * Puts it into the comparison of the replay; where a sentence will speak of a drop, with the
 * type that holds most of what was kept ("holder"); and all "holders" of the policy
 * that is wished for, as heapreplay-explain(1) describes them. What the trace does not tell is left
 * out. kept NULL: nothing is put. HR_ENOMEM, also where comparison is NULL; HR_EIO: the trace can't
 * be read again.
 */
enum hr_status cli_kept_put(json_t *comparison, const struct hr_kept *kept, const struct hr_replay *r,
			    const struct cli_kept_wish *wish, struct hr_error *err);

enum cli_insights { CLI_INSIGHTS_ALONE, CLI_INSIGHTS_NAMED, CLI_INSIGHTS_MARKDOWN };
/* What matters (report/insights.h); nothing if no rule holds. NAMED: the trace is named in the heading. */
void cli_print_insights(const struct hr_page *p, const struct hr_comparison *c, enum cli_insights form);

#endif
