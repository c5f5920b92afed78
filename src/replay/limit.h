/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses a memory limit, in bytes or as a percentage, and reads the memory limit of a container. */
#ifndef HR_REPLAY_LIMIT_H
#define HR_REPLAY_LIMIT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_limit {
	uint64_t bytes; /* UINT64_MAX: off; without meaning where there is a percentage */
	double percent; /* of a container's memory, or of a trace's peak in use; 0: bytes it is */
};

/* "512MiB", "512Mi", "512MB", "1g" (as hr_parse_bytes), "off", or "90%": above 0, at most 10000. */
bool hr_limit_parse(const char *text, struct hr_limit *limit);
/* In bytes, where a percentage is of `whole`. Never 0 for a percentage. */
uint64_t hr_limit_bytes(const struct hr_limit *limit, uint64_t whole);

/* "50", "50%", "off", or a negative number, which is off, too (debug.SetGCPercent); up to 1000000. */
bool hr_gogc_parse(const char *text, uint64_t *gogc);

/*
 * The memory that a container has: a size as it is; "cgroup": of the one that this program runs in; else what the
 * file says (memory.max, memory.limit_in_bytes), or such a file in that directory. HR_EUSAGE: it has no limit, or is no
 * such file; HR_EIO: it can't be read.
 */
enum hr_status hr_cgroup_bytes(const char *text, uint64_t *bytes, struct hr_error *err);

#endif
