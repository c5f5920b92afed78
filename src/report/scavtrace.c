/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/scavtrace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *hr_scavtrace_format(char buf[HR_SCAV_LINE_MAX], const struct hr_scav_line *l)
{
	const char *suffix = l->forced ? " (forced)" : l->controller_reset ? " [controller reset]" : "";

	switch (l->form) {
	case HR_SCAV_GO118:
		snprintf(buf, HR_SCAV_LINE_MAX,
			 "scav %" PRIu64 " %" PRIu64 " KiB work, %" PRIu64 " KiB total, %u%% util%s", l->generation,
			 l->work_bytes >> 10, l->released_bytes >> 10, l->util_percent, suffix);
		break;
	case HR_SCAV_GO119:
		snprintf(buf, HR_SCAV_LINE_MAX, "scav %" PRIu64 " KiB work, %" PRIu64 " KiB total, %u%% util%s",
			 l->work_bytes >> 10, l->released_bytes >> 10, l->util_percent, suffix);
		break;
	case HR_SCAV_GO121:
		snprintf(buf, HR_SCAV_LINE_MAX,
			 "scav %" PRIu64 " KiB work (bg), %" PRIu64 " KiB work (eager), %" PRIu64
			 " KiB now, %u%% util%s",
			 l->bg_bytes >> 10, l->eager_bytes >> 10, l->released_bytes >> 10, l->util_percent, suffix);
		break;
	}
	return buf;
}

/* The suffix of a line whose numbers ended at `end`. */
static bool finish(struct hr_scav_line *l, enum hr_scav_form form, const char *text, int end, unsigned util)
{
	if (end == 0)
		return false;
	l->form = form;
	l->util_percent = util;
	l->forced = strncmp(text + end, " (forced)", 9) == 0;
	l->controller_reset = strncmp(text + end, " [controller reset]", 19) == 0;
	return true;
}

bool hr_scavtrace_parse(const char *text, struct hr_scav_line *l)
{
	uint64_t a = 0, b = 0, c = 0;
	unsigned util = 0;
	int end = 0;

	memset(l, 0, sizeof(*l));
	if (sscanf(text,
		   "scav %" SCNu64 " KiB work (bg), %" SCNu64 " KiB work (eager), %" SCNu64 " KiB now, %u%% util%n", &a,
		   &b, &c, &util, &end) >= 4 &&
	    end > 0) {
		l->bg_bytes = a << 10;
		l->eager_bytes = b << 10;
		l->released_bytes = c << 10;
		return finish(l, HR_SCAV_GO121, text, end, util);
	}
	end = 0;
	if (sscanf(text, "scav %" SCNu64 " %" SCNu64 " KiB work, %" SCNu64 " KiB total, %u%% util%n", &a, &b, &c, &util,
		   &end) >= 4 &&
	    end > 0) {
		l->generation = a;
		l->work_bytes = b << 10;
		l->released_bytes = c << 10;
		return finish(l, HR_SCAV_GO118, text, end, util);
	}
	end = 0;
	if (sscanf(text, "scav %" SCNu64 " KiB work, %" SCNu64 " KiB total, %u%% util%n", &a, &b, &util, &end) >= 3 &&
	    end > 0) {
		l->work_bytes = a << 10;
		l->released_bytes = b << 10;
		return finish(l, HR_SCAV_GO119, text, end, util);
	}
	return false;
}
