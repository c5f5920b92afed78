/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the policies that release dirty pages (dirty_pages.h) without one of
 * Go's indexes share: which thread looks for pages, and who pays for it.
 */
#ifndef HR_SCAVENGE_DIRTY_H
#define HR_SCAVENGE_DIRTY_H

#include "heapreplay-policy.h"
#include "scavenge/dirty_pages.h"

#include <stdbool.h>
#include <stdint.h>

/* Who does the work: a thread of its own, at any time; or whoever allocates or frees next, who waits for it. */
enum hr_driver { HR_BY_THREAD, HR_BY_ACTIVITY };
extern const char *const hr_driver_words[];

/* Releases all that there are. */
void hr_dirty_release_all(struct hr_follower *f);

/*
 * A pass: releases for one reason, between these two. What they cost is the
 * background's own, or a stall of whoever waits.
 */
void hr_dirty_begin(struct hr_follower *f, enum hr_release_why why);
void hr_dirty_end(struct hr_follower *f, enum hr_release_why why);

/* The time that is so much later; HR_NEVER where there is none. */
static inline uint64_t hr_later(uint64_t time_ns, uint64_t by_ns)
{
	return by_ns < HR_NEVER - time_ns ? time_ns + by_ns : HR_NEVER;
}

/* The reason of a driver's releases. */
static inline enum hr_release_why hr_driver_why(enum hr_driver by)
{
	return by == HR_BY_THREAD ? HR_WHY_BACKGROUND : HR_WHY_FREE;
}

/* An allocator is active where a span is allocated or freed; all else is a part of that, or the collector's. */
static inline bool hr_is_activity(const struct hr_place *r)
{
	return r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE || r->kind == HR_PLACE_FREE;
}

#endif
