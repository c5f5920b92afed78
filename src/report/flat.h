/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A result as one flat row: trace, version of heapreplay, settings, policy with
 * parameters, and every metric. CSV and --summary print it.
 */
#ifndef HR_REPORT_FLAT_H
#define HR_REPORT_FLAT_H

#include "report/comparison.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* A line of --summary is never longer. */
#define HR_FLAT_MAX_BYTES 4096

/*
 * What the result of policy number `policy` is of: members whose values are
 * strings, numbers, booleans or null, nested ones of the document by their path
 * ("settings.procs"); parameters and costs as "key=value,...". version: of the
 * heapreplay that made it. NULL: out of memory.
 */
json_t *hr_flat_identity(const struct hr_comparison *c, size_t policy, const char *version);
/* The same with NAME_low and NAME_high of metrics that have error bars: what CSV has beside the metrics. */
json_t *hr_flat_beside(const struct hr_comparison *c, size_t policy, const char *version);
/*
 * Identity and every metric, null where one is not known; a path too long for
 * HR_FLAT_MAX_BYTES is left out, then other long texts. NULL: out of memory.
 */
json_t *hr_flat_result(const struct hr_comparison *c, size_t policy, const char *version);

/* Writes a line and frees the object; NULL: HR_ENOMEM. HR_EIO. */
enum hr_status hr_flat_write(json_t *flat, FILE *out, struct hr_error *err);

#endif
