/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recorded placement that knows the future: what the trace shows only later is
 * inferred and made true in the model before it is asked. addresses.h has the
 * rules. Internal to src/replay.
 */
#ifndef HR_REPLAY_LOOKAHEAD_H
#define HR_REPLAY_LOOKAHEAD_H

#include "base/error.h"
#include "replay/span_run.h"

#include <stdint.h>

/* What came of it. */
struct hr_look_ahead {
	uint64_t reproduced;   /* allocations */
	uint64_t held_pages;   /* pages of holders that were not traced */
	uint64_t start_caches; /* Ps whose cache at the start was found */
	uint64_t repairs;      /* misses after which the model could be set right */
};

/* Changes sizes and flags of the trace's SPAN_FREE events. HR_EINPUT, HR_ENOMEM. */
enum hr_status hr_look_ahead(struct hr_span_trace *t, struct hr_look_ahead *result, struct hr_error *err);

#endif
