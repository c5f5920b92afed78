/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The offline optimum in figures: how far each policy is from the best possible
 * (scavenge/envelope.h), and the envelope and the free intervals themselves for
 * the JSON. heapreplay-metrics(5) defines them, docs/optimum.md explains them.
 */
#ifndef HR_REPORT_OPTIMUM_H
#define HR_REPORT_OPTIMUM_H

#include "base/error.h"
#include "replay/replay.h"
#include "scavenge/envelope.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The distance of a policy from the envelope. Neither is ever negative. */
struct hr_regret {
	bool known;		 /* false: no time passed, or it released what the envelope holds for impossible */
	int64_t equal_cpu_bytes; /* what it retains on average beyond the least for the CPU time that it spent */
	int64_t equal_memory_ns; /* CPU time that it spent beyond the least for what it retains */
};

/* The envelope of a replay that has run and collected intervals. HR_ENOMEM. */
enum hr_status hr_optimum_of(const struct hr_replay *r, struct hr_envelope *e, struct hr_error *err);

/* CPU time is that of releases, in the background and synchronous, and of refaults. The follower has followed to the end. */
struct hr_regret hr_regret_of(const struct hr_envelope *e, const struct hr_follower *f);

#define HR_OPTIMUM_POINTS 200

/* "optimum": the envelope in at most HR_OPTIMUM_POINTS points, what it leaves out, and the free intervals. NULL: out of memory. */
json_t *hr_document_optimum(const struct hr_replay *r, const struct hr_envelope *e);

#endif
