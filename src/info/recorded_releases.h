/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many of the releases that a trace tells a policy's state explains: at each of them the
 * policy, which follows the same heap, had released the pages already, or its next search would
 * have taken them; else what it holds against them.
 */
#ifndef HR_INFO_RECORDED_RELEASES_H
#define HR_INFO_RECORDED_RELEASES_H

#include "replay/replay.h"
#include "report/reasons.h"

#include <stdint.h>

struct hr_recorded_releases {
	uint64_t pages;			   /* of all recorded releases */
	uint64_t done;			   /* that the policy had released by then */
	uint64_t in_use;		   /* that are in use, or in a page cache, as the replay has it */
	uint64_t reasons[HR_REASON_COUNT]; /* the others: of HR_REASON_PACE are those that would go next */
};

/* The share of pages that is explained, done or about to go; NAN: there were none. */
double hr_recorded_releases_explained(const struct hr_recorded_releases *x);
/*
 * Runs the replay, of which nothing has been followed yet, to its end, and looks at the first of its followers, which must
 * not know the future. As hr_replay_next and hr_follower_follow.
 */
enum hr_status hr_recorded_releases_of(struct hr_replay *r, struct hr_recorded_releases *x, struct hr_error *err);

#endif
