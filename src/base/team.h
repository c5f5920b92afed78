/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that stay, for work that comes in steps: each step is n independent
 * tasks, shared out one by one, and is over when all of them are done. The one
 * who asks works with them.
 */
#ifndef HR_BASE_TEAM_H
#define HR_BASE_TEAM_H

#include <stddef.h>

struct hr_team;

/*
 * A team of so many threads, the caller among them; 0: as many as there are
 * processors. NULL: there is no other than the caller's, or no more can be had;
 * hr_team_run and hr_team_free take that.
 */
struct hr_team *hr_team_new(unsigned threads);
void hr_team_free(struct hr_team *t);
/* Its threads, the caller's among them: 1 of NULL. */
unsigned hr_team_threads(const struct hr_team *t);
/* task(ctx, i) for each i below n, in any order; returns when all are done. NULL: one after the other, here. */
void hr_team_run(struct hr_team *t, size_t n, void (*task)(void *ctx, size_t i), void *ctx);

#endif
