/* SPDX-License-Identifier: BSD-3-Clause */
/* What a trace's memory samples say as a whole. */
#ifndef HR_REPORT_RSS_SAMPLES_H
#define HR_REPORT_RSS_SAMPLES_H

#include "trace/sides.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes; HR_NOT_KNOWN: no sample tells it. Means are of the samples, which are as good as evenly spaced. */
struct hr_rss_summary {
	size_t n;
	uint64_t rss_mean, rss_peak, anon_mean, file_mean, huge_mean, cgroup_peak;
};

struct hr_rss_summary hr_rss_summary_of(const struct hr_sides *s);
/* {"samples", "rss_mean_bytes"...}, null where it is not known; NULL: out of memory. */
json_t *hr_rss_summary_json(const struct hr_rss_summary *s);

#endif
