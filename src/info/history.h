/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happened to the chunks of the heap under a policy: when free memory of a chunk came to
 * stay, and for which reason, when it was released, by what, and when it was used again.
 *
 * Releases are told by the follower as they happen. The reasons (report/reasons.h) and refaults
 * are looked at every so often, so that their times are those of the first look that saw them.
 * Releases of a chunk between two looks are one entry. Memory: 40 bytes an entry.
 */
#ifndef HR_INFO_HISTORY_H
#define HR_INFO_HISTORY_H

#include "base/map64.h"
#include "report/reasons.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_history_kind {
	HR_HISTORY_FREE,      /* pages are free and not released, most of them for `reason`, other than before */
	HR_HISTORY_TAKEN,     /* nothing of it is free and not released any more; 0 pages */
	HR_HISTORY_RELEASED,  /* pages were released, by `why` */
	HR_HISTORY_REFAULTED, /* pages that had been released were used again */
};

struct hr_history_entry {
	uint64_t time_ns, chunk;
	uint32_t pages;
	uint8_t kind, reason, why; /* enum hr_history_kind, hr_reason, hr_release_why */
	uint32_t looks;		   /* how many there had been */
};

struct hr_history {
	struct hr_history_entry *at; /* in order of time */
	size_t n, cap;
	struct hr_map64 last; /* by chunk and kind: index in at of its last entry of the kind */
	struct hr_map64 seen; /* by chunk: refaults of the last look */
	uint64_t interval_ns; /* doubles with every HR_HISTORY_LOOKS looks */
	uint32_t looks;
	uint64_t changes; /* of the follower, at the last look */
	bool stopped;
	bool failed; /* out of memory: it ends before */
};

#define HR_HISTORY_LOOKS 512

/* Watches f from now on, whose releases nobody else may watch. Release it when the follower is no longer used. */
void hr_history_start(struct hr_history *h, struct hr_follower *f);
/* What comes is no longer of interest. */
void hr_history_stop(struct hr_history *h);
void hr_history_release(struct hr_history *h);
/* "background", "growth", "limit", "forced", "free". */
const char *hr_release_why_name(unsigned why);

#endif
