/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One other thread, which stays, for one task at a time beside what the caller
 * does meanwhile. The same is done whether there is one or not.
 */
#ifndef HR_BASE_ASIDE_H
#define HR_BASE_ASIDE_H

struct hr_aside;

/* NULL: there is but one processor, or no thread to be had; the functions take that, and do tasks at once. */
struct hr_aside *hr_aside_new(void);
/* Waits for the task, if there is one. */
void hr_aside_free(struct hr_aside *a);
/* task(ctx) is done from now on; there is no other that was not waited for. */
void hr_aside_start(struct hr_aside *a, void (*task)(void *ctx), void *ctx);
/* Returns when the task is done, or there is none. What it wrote can be read then. */
void hr_aside_wait(struct hr_aside *a);

#endif
