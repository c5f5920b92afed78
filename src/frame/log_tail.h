/* SPDX-License-Identifier: BSD-3-Clause */
/* The latest scavtrace lines of a follower. */
#ifndef HR_REPORT_LOG_TAIL_H
#define HR_REPORT_LOG_TAIL_H

#include "scavenge/follower.h"

#include <stddef.h>

#define HR_LOG_TAIL_LINES 16u

struct hr_log_tail {
	struct hr_scav_line at[HR_LOG_TAIL_LINES];
	size_t n; /* lines so far; the last HR_LOG_TAIL_LINES of them are kept */
};

/* Zeroes are an empty one. This fits a follower's log, with the tail as its context. */
void hr_log_tail_add(void *tail, const struct hr_follower *f, const struct hr_scav_line *line);

/* The i-th latest line, 0 the latest; NULL: there is none, or it is no longer kept. */
static inline const struct hr_scav_line *hr_log_tail_get(const struct hr_log_tail *t, size_t i)
{
	return i < t->n && i < HR_LOG_TAIL_LINES ? &t->at[(t->n - 1 - i) % HR_LOG_TAIL_LINES] : NULL;
}

#endif
