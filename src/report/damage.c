/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/damage.h"

#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>

struct hr_damage hr_damage_of(const struct hr_trace_stats *stats)
{
	return (struct hr_damage){
	    .lost_blocks = stats->anomalies[HR_ANOMALY_LOST_BLOCK],
	    .cut = stats->cut,
	    .cut_at_byte = stats->cut ? stats->cut_offset : UINT64_MAX,
	};
}

static uint64_t number(const json_t *o, const char *name, uint64_t otherwise)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? (uint64_t)json_integer_value(v) : otherwise;
}

struct hr_damage hr_damage_from_json(const json_t *trace)
{
	const json_t *anomalies = json_object_get(trace, "anomalies");

	return (struct hr_damage){
	    .lost_blocks = number(anomalies, hr_anomaly_name(HR_ANOMALY_LOST_BLOCK), 0),
	    .cut = json_is_true(json_object_get(trace, "cut")),
	    .cut_at_byte = number(trace, "cut_at_byte", UINT64_MAX),
	};
}

bool hr_damaged(const struct hr_damage *d)
{
	return d->lost_blocks > 0 || d->cut;
}

const char *hr_damage_text(char buf[HR_DAMAGE_BUF], const struct hr_damage *d)
{
	char n[HR_UNIT_BUF];
	int at = 0;

	buf[0] = '\0';
	if (d->lost_blocks > 0)
		at = snprintf(buf, HR_DAMAGE_BUF, "the events of %s damaged block%s are missing",
			      hr_format_count(n, d->lost_blocks), d->lost_blocks == 1 ? "" : "s");
	if (d->cut)
		at += snprintf(buf + at, (size_t)(HR_DAMAGE_BUF - at), "%sthe input is cut off", at > 0 ? "; " : "");
	if (d->cut && d->cut_at_byte != UINT64_MAX)
		snprintf(buf + at, (size_t)(HR_DAMAGE_BUF - at), " at byte %" PRIu64, d->cut_at_byte);
	return buf;
}
