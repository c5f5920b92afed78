/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The moments of a replay of which there is one: the peak of memory in use, the
 * start of its largest drop, the longest stall, the worst fragmentation. Each is
 * the first of equals, and costs a comparison a record.
 *
 * Fragmentation is worst where the heap had to grow although the most pages were
 * free, because they were not in a row.
 */
#ifndef HR_REPLAY_EXTREMES_H
#define HR_REPLAY_EXTREMES_H

#include "scavenge/follower.h"

#include <stdint.h>

struct hr_extreme {
	uint64_t time_ns; /* the state then shows it */
	uint64_t value;	  /* bytes, or ns of a stall; 0: there is none so far */
};

struct hr_extremes {
	struct hr_extreme peak, drop, stall, fragmented;
	bool growing; /* the record before was a growth, too */
};

/* Zeroes are none. Takes in a record; records come in order, each once. */
void hr_extremes_record(struct hr_extremes *e, const struct hr_place *r);
/* Takes in what the follower has measured so far. */
void hr_extremes_follower(struct hr_extremes *e, const struct hr_follower *f);

#endif
