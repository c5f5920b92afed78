/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/bounds.h"

#include "base/json.h"

/* Two runs of one setting differ by 2 to 4 % in the recordings that the model was checked with. */
#define NOISE_PERCENT 3
/* A cycle more or less is where the trace happens to end. */
#define NOISE_COUNT 1

bool hr_bounds_value(const struct hr_replay *r, size_t follower, size_t of, uint64_t *value)
{
	struct hr_objects_stats stats =
	    r->objects != NULL ? hr_objects_stats(r->objects) : (struct hr_objects_stats){0};
	const struct hr_metric *metric = &hr_metrics[of];
	const struct hr_measured m = {.follower = r->followers[follower],
				      .objects = r->objects != NULL ? &stats : NULL};

	return metric->of != HR_METRIC_REGRET && metric->get(&m, value);
}

/* value moved by the distance from it to `to`, half as far again. */
static uint64_t beyond(uint64_t value, uint64_t to)
{
	uint64_t far = to > value ? to - value : value - to;

	far += far / 2;
	return to > value ? value + far : value > far ? value - far : 0;
}

bool hr_bounds_of(const struct hr_replay *r, size_t follower, size_t metric, struct hr_bounds *bounds)
{
	const struct hr_metric *m = &hr_metrics[metric];
	uint64_t value, low, high, noise;

	if (r->nvariants == 0 || !hr_bounds_value(r, follower, metric, &value))
		return false;
	low = high = value;
	for (size_t i = 0; i < r->nvariants; i++) {
		uint64_t other;

		if (!hr_bounds_value(&r->variants[i], follower, metric, &other))
			return false;
		low = other < low ? other : low;
		high = other > high ? other : high;
	}
	noise = value / 100 * NOISE_PERCENT + (m->unit == HR_UNIT_COUNT ? NOISE_COUNT : 0);
	low = beyond(value, low);
	bounds->low = low > noise ? low - noise : 0;
	bounds->high = beyond(value, high) + noise;
	return true;
}

json_t *hr_bounds_json(const struct hr_replay *r, size_t follower)
{
	json_t *o = r->nvariants > 0 ? json_object() : NULL;
	struct hr_bounds b;

	for (size_t i = 0; o != NULL && i < hr_nmetrics; i++)
		if (hr_bounds_of(r, follower, i, &b))
			hr_json_put(&o, hr_metrics[i].name,
				    json_pack("[o, o]", hr_unit_json(hr_metrics[i].unit, b.low),
					      hr_unit_json(hr_metrics[i].unit, b.high)));
	return o;
}
