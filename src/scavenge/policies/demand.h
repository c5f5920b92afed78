/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many pages a program has needed lately: the least and the most in each
 * second of the last ten minutes, and from these what it may need again soon.
 *
 * The demand that is to be expected is the largest swing within any one second
 * of the last short_ns, on top of the highest floor (the least of a second) of
 * the last long_ns; but no more than there was at any time in ten minutes.
 *
 * Source: SubreleaseStatsTracker (GetRecentDemand) in huge_page_subrelease.h of
 * google/tcmalloc, with its 600 epochs of a second. A second begins with the
 * demand that the one before ended with.
 */
#ifndef HR_SCAVENGE_DEMAND_H
#define HR_SCAVENGE_DEMAND_H

#include <stdint.h>

#define HR_DEMAND_SECONDS 600

struct hr_demand {
	uint64_t second;  /* of the newest entry, which is at second % 600 */
	uint64_t seconds; /* how many entries there are, at most 600 */
	uint64_t pages;	  /* now */
	uint64_t low[HR_DEMAND_SECONDS], high[HR_DEMAND_SECONDS];
};

void hr_demand_init(struct hr_demand *d);
/* From now_ns on the program needs so many pages; now_ns never falls. */
void hr_demand_set(struct hr_demand *d, uint64_t now_ns, uint64_t pages);
/* Pages to be expected, seen from now_ns; whole seconds count, the running one first. 0 for both: nothing is. */
uint64_t hr_demand_expected(struct hr_demand *d, uint64_t now_ns, uint64_t short_ns, uint64_t long_ns);

#endif
