/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much of a trace is missing because its file is damaged or truncated.
 * Results for such a trace say so, and no gate passes on them.
 */
#ifndef HR_REPORT_DAMAGE_H
#define HR_REPORT_DAMAGE_H

#include "trace/reader.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct hr_damage {
	uint64_t lost_blocks; /* damaged blocks whose events are missing */
	bool cut;	      /* the input ends in the middle of something, */
	uint64_t cut_at_byte; /* here; UINT64_MAX: not known */
};

/* Complete when the trace was read to its end. */
struct hr_damage hr_damage_of(const struct hr_trace_stats *stats);
/* The same of a document's "trace", of any schema; what is not told there is taken to be sound. */
struct hr_damage hr_damage_from_json(const json_t *trace);
/* Is there any? */
bool hr_damaged(const struct hr_damage *d);

#define HR_DAMAGE_BUF 160
/* "1 damaged block is missing; the input is cut off at byte 1234"; "" where there is none. */
const char *hr_damage_text(char buf[HR_DAMAGE_BUF], const struct hr_damage *d);

#endif
