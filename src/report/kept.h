/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a policy kept free memory when it had the most of it: the reasons
 * (report/reasons.h) of that moment, found during the replay by an observer of
 * its follower that looks every so often, and counts pages only when there are
 * a tenth more of them than ever before. Not of a policy that knows the future,
 * which has no reasons.
 */
#ifndef HR_REPORT_KEPT_H
#define HR_REPORT_KEPT_H

#include "report/reasons.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct hr_kept {
	uint64_t interval_ns; /* doubles with every HR_KEPT_LOOKS looks */
	unsigned looks;
	uint64_t time_ns; /* of what follows */
	struct hr_reasons reasons;
	bool failed; /* out of memory for the reasons of a moment */
};

#define HR_KEPT_LOOKS 512

/* Looks at f from now on; the object stays until f is released. Release it with hr_kept_release. */
void hr_kept_start(struct hr_kept *k, struct hr_follower *f);
void hr_kept_release(struct hr_kept *k);
/*
 * Puts what n followers kept into the policies of a comparison (document.h), in the
 * same order: "kept", with time_ns, free_bytes and the reasons with their bytes and
 * chunks, the one with the most bytes first. False: out of memory, or comparison is NULL.
 */
bool hr_kept_put(json_t *comparison, const struct hr_kept *k, size_t n);

#endif
