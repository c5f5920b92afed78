/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `heapreplay info` reports about a trace, as JSON and as text: its
 * content, whether it is complete, and what a replay has to assume because the
 * trace does not tell it.
 */
#ifndef HR_REPORT_INFO_H
#define HR_REPORT_INFO_H

#include "info/survey.h"
#include "replay/placement/placer.h"
#include "report/bars.h"
#include "trace/reader.h"

#include <jansson.h>

struct hr_info {
	const char *path;
	const struct hr_reader *reader; /* at the end of the trace */
	const struct hr_survey *survey;
	const struct hr_placer *placer; /* NULL: the trace has no spans to place */
	const char *own_policy;
	uint64_t in_use_peak_pages, mapped_peak_pages; /* with a placer */
	unsigned procs;				       /* most Ps at any time, as far as the trace tells */
	struct hr_timeline in_use;		       /* with a placer */
};

enum { HR_INFO_LACKS = 12 };

/* What the trace does not tell, and what that means for a replay; a sentence each, static. How many. */
size_t hr_info_lacks(const struct hr_info *info, const char *lacks[HR_INFO_LACKS]);
/* How often it happened: what the reader counted, what following the objects showed, and what placing the spans did. */
uint64_t hr_info_anomaly(const struct hr_info *info, enum hr_anomaly a);
/* A new object; NULL: out of memory. */
json_t *hr_info_json(const struct hr_info *info);
/* Errors stay in p->out. */
void hr_info_text(const struct hr_page *p, const struct hr_info *info);

#endif
