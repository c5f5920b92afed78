/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why memory is free and not released at a moment: a reason for every such page,
 * by what the policy shows of itself.
 *
 * A page has one reason, the first that holds in the order of enum hr_reason:
 * what keeps the page itself comes before what keeps its chunk, and that before
 * what holds the policy back everywhere. Of the pages that a search would take
 * now, as many as retained memory is above the policy's goal wait for its pace,
 * from the top of the heap on; the others stay because the goal is met then.
 */
#ifndef HR_REPORT_REASONS_H
#define HR_REPORT_REASONS_H

#include "scavenge/follower.h"

#include <stddef.h>
#include <stdint.h>

enum hr_reason {
	HR_REASON_CACHE,     /* in a P's page cache */
	HR_REASON_PHYSICAL,  /* of a physical page that is used in part */
	HR_REASON_NEVER,     /* the policy never releases */
	HR_REASON_RECORDED,  /* the recorded scavenger had not released it yet */
	HR_REASON_NO_CYCLE,  /* no GC cycle has set a goal yet */
	HR_REASON_UNMARKED,  /* the index does not have its chunk */
	HR_REASON_DENSE,     /* the index has its chunk, which counts as densely used */
	HR_REASON_UNREACHED, /* above the address from which the search goes down */
	HR_REASON_WHOLE,     /* of a huge page in use that the policy keeps whole */
	HR_REASON_POLICY,    /* the policy's own rule: a delay, a decay, a rate */
	HR_REASON_PACE,	     /* a search would take it: it waits for its turn */
	HR_REASON_GOAL,	     /* a search would take it, but the goal is met without it */
	HR_REASON_COUNT
};

/* "cache", "physical_page"...: its name in JSON and on the command line. */
const char *hr_reason_name(enum hr_reason r);
/* What it means, in words. */
const char *hr_reason_text(enum hr_reason r);

/* Of chunks in a row that have free memory which is not released, and are all as the first: pages of each. */
struct hr_chunk_reasons {
	uint64_t chunk, nchunks;
	uint64_t before; /* chunks of the elements before this one */
	uint32_t in_use; /* by spans of any kind, without what is in page caches */
	uint32_t free;	 /* all of the next */
	uint32_t pages[HR_REASON_COUNT];
};

struct hr_reasons {
	uint64_t pages[HR_REASON_COUNT];
	uint64_t free_pages;		 /* the sum of them */
	uint64_t nchunks;		 /* with free pages */
	struct hr_chunk_reasons *chunks; /* ascending; those with free pages only */
	size_t n, cap;
};

/*
 * The reasons of the follower's pages as it is now; release them with
 * hr_reasons_release. Not of a policy that knows the future. HR_ENOMEM.
 */
enum hr_status hr_reasons_of(const struct hr_follower *f, struct hr_reasons *r, struct hr_error *err);
void hr_reasons_release(struct hr_reasons *r);
/* The sums of them alone, which takes no memory. */
void hr_reason_sums(const struct hr_follower *f, uint64_t pages[HR_REASON_COUNT]);
/* Which of its elements has the chunk of this number; SIZE_MAX: nothing of it is free, or it is not of the heap. */
size_t hr_reasons_find(const struct hr_reasons *r, uint64_t chunk);
/*
 * Why the policy leaves whole physical pages of the chunk that are free, as it is now; PACE: a search would take them, whether
 * the goal asks for it or not.
 */
enum hr_reason hr_reason_of_chunk(const struct hr_follower *f, uint64_t chunk);
/* The reason of most free pages of the chunk. */
enum hr_reason hr_reason_most(const struct hr_chunk_reasons *c);

#endif
