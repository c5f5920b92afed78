/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Error bars of what a GC model answers. A replay has variants of the model beside the likeliest one (replay.h), as
 * far from it as may be; a metric's bounds span all of them. Beside that there is the noise between two runs of the
 * same program under the same settings, which no model can know, unless the recorded run is meant: without --gogc and
 * --memory-limit. Further, memory is bound by what the heap may stay at while the program idles (gcphase.h), and
 * cycles and their work, in a death spiral, by those for which idle time leaves room.
 */
#ifndef HR_REPORT_BOUNDS_H
#define HR_REPORT_BOUNDS_H

#include "replay/replay.h"
#include "report/metrics.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_bounds {
	uint64_t low, high;
};

/* A metric (its number) of a follower and its objects; false: it is not known, or of something else. */
bool hr_bounds_value(const struct hr_replay *r, size_t follower, size_t metric, uint64_t *value);
/* Of a metric (its number) and a follower. False: there are no variants, or the metric is not known. */
bool hr_bounds_of(const struct hr_replay *r, size_t follower, size_t metric, struct hr_bounds *bounds);
/* Of all that have any: metric name to [low, high]. NULL: there are none, or no memory. */
json_t *hr_bounds_json(const struct hr_replay *r, size_t follower);

/* Adds NAME_low and NAME_high for each of such an object's metrics, which may be NULL, to a flat object. */
void hr_bounds_flatten(json_t **flat, const json_t *bounds);

#endif
