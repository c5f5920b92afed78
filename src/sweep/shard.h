/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a sweep that one of several programs does: which traces, by a hash of their names. */
#ifndef HR_SWEEP_SHARD_H
#define HR_SWEEP_SHARD_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_shard {
	uint64_t index, count; /* from 0; below count. {0, 1}: all */
};

/*
 * "2/8": the second of eight; "auto": the task of a Slurm array that this is; "auto/8": of eight, that with the
 * index of a Kubernetes Job's pod. variable: looks up the environment (getenv). HR_EUSAGE.
 */
enum hr_status hr_shard_parse(const char *text, char *(*variable)(const char *name), struct hr_shard *shard,
			      struct hr_error *err);
/* Is a trace of that name its business? */
bool hr_shard_has(const struct hr_shard *shard, const char *name);

#endif
