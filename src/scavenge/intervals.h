/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long pages lie free: collected from the stream of placements, the same
 * for every policy, in memory that does not depend on the length of the trace.
 * From this come the best that any policy could do (envelope.h) and the
 * histogram of lengths.
 *
 * A page's free interval begins when a policy could release it for the first
 * time and ends with its next use, or with the trace. It can be released when
 * it becomes free: a page cache that takes it later takes it released or not,
 * so that only a use ends the interval. With physical pages larger than the
 * runtime's 8 KiB it can be released only when all of its physical page is free
 * and in no cache; the interval begins then. Released pages come back one by
 * one, as the runtime counts them, so that each page has an interval of its own
 * even so. Pages that were never used since the heap grew are released from the
 * beginning and have none.
 *
 * Where only a part of the trace is measured (from_ns), lengths count from
 * there on, and intervals that began before are apart: to be released in them
 * costs nothing that is measured.
 */
#ifndef HR_SCAVENGE_INTERVALS_H
#define HR_SCAVENGE_INTERVALS_H

#include "base/error.h"
#include "heapreplay-policy.h"
#include "scavenge/pagemap.h"
#include "scavenge/policies/page_runs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Flags of a class of intervals: bit 0 open at the end of the trace, bit 1 begun before the measured time. */
enum hr_interval_class { HR_INTERVAL_OPEN = 1, HR_INTERVAL_BEFORE = 2, HR_INTERVAL_CLASSES = 4 };

/* Lengths in ns: those below 64 have a bucket each; above, 64 buckets an octave. */
#define HR_INTERVAL_STEPS 64u
#define HR_INTERVAL_BUCKETS (HR_INTERVAL_STEPS * 59)

unsigned hr_interval_bucket_of(uint64_t ns);
/* The shortest and the longest length of a bucket. */
uint64_t hr_interval_bucket_low(unsigned bucket);
uint64_t hr_interval_bucket_high(unsigned bucket);

struct hr_interval_sum {
	uint64_t pages;		   /* how many intervals of one page */
	unsigned __int128 page_ns; /* the sum of their lengths, exact */
};

struct hr_intervals {
	uint64_t from_ns, end_ns; /* what was measured; end_ns is the time of the last record */
	/* Over the measured time: pages in use, and pages retained when nothing is ever released, times ns. */
	unsigned __int128 in_use_page_ns, kept_page_ns;
	struct hr_interval_sum
	    *sums[HR_INTERVAL_CLASSES]; /* HR_INTERVAL_BUCKETS of each; complete after the END record */

	/* Its own. */
	uint64_t in_use_pages, kept_pages, fresh_pages;
	unsigned phys_pages;	   /* runtime pages to a physical page, at least 1 */
	struct hr_page_runs since; /* see intervals.c */
	struct hr_ranges grown;
	struct hr_pagemap map; /* phys_pages > 1: what is free and in no cache */
};

/* from_ns: what comes before is not measured. HR_EUSAGE (page size), HR_ENOMEM. */
enum hr_status hr_intervals_init(struct hr_intervals *v, const struct hr_geometry *geometry, uint64_t phys_page_bytes,
				 uint64_t from_ns, struct hr_error *err);
void hr_intervals_release(struct hr_intervals *v);
/* Takes in a batch of records. HR_ENOMEM. */
enum hr_status hr_intervals_follow(struct hr_intervals *v, const struct hr_place *r, size_t n);

#endif
