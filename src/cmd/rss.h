/* SPDX-License-Identifier: BSD-3-Clause */
/* RSS beside what the policy retains: what replay --rss, report and validate have in common. */
#ifndef HR_CMD_RSS_H
#define HR_CMD_RSS_H

#include "fidelity/rss.h"
#include "replay/replay.h"

#include <stdbool.h>
#include <stdio.h>

/* Zeroes: not started. */
struct cli_rss {
	bool started;
	struct hr_rss rss;
	struct hr_sides read; /* samples of a file; those of the trace do not count then */
	struct hr_rss_bridge bridge;
};

/* Before the replay runs; observes that policy. A binary's size that is not known is what record noted. */
void cli_rss_start(struct cli_rss *r, const struct hr_replay *replay, size_t follower,
		   const struct hr_rss_options *given);
/* The samples of that file count. Fails as hr_rss_read_csv does, about that file. */
enum hr_status cli_rss_read(struct cli_rss *r, const struct hr_replay *replay, const char *path, struct hr_error *err);
/* At the end: fills the bridge. HR_ENOMEM. */
enum hr_status cli_rss_end(struct cli_rss *r, const struct hr_replay *replay, struct hr_error *err);
void cli_rss_release(struct cli_rss *r);
void cli_print_rss(FILE *out, const struct hr_rss_bridge *b);

#endif
