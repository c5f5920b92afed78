/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Batches of records for many who follow, on several threads. Each of them gets
 * every batch, in order, on one thread at a time; which thread that is does not
 * matter to it. Whoever is furthest behind is served first, so that the threads
 * are busy however unequal the work of those who follow is.
 */
#ifndef HR_REPLAY_POOL_H
#define HR_REPLAY_POOL_H

#include "base/error.h"
#include "heapreplay-policy.h"

#include <stddef.h>

/* The who-th of those who follow follows n records. */
typedef enum hr_status hr_pool_fn(void *ctx, size_t who, const struct hr_place *records, size_t n);

struct hr_pool;

/* n who follow, on so many threads. NULL: no memory, or threads, for it. */
struct hr_pool *hr_pool_new(unsigned threads, size_t n, hr_pool_fn *fn, void *ctx);

/*
 * Takes a copy of the records; waits while too many batches are on their way.
 * What fn returned in the meantime, if that is not HR_OK; HR_ENOMEM.
 */
enum hr_status hr_pool_share(struct hr_pool *p, const struct hr_place *records, size_t n);

/*
 * Waits for all that was shared, and frees the pool. HR_OK, or what fn returned.
 * Where fn has failed, everybody has followed up to and including the first
 * batch in which it did, so that who was the first does not depend on threads.
 */
enum hr_status hr_pool_close(struct hr_pool *p);

#endif
