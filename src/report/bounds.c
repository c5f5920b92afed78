/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/bounds.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Two runs of one setting differ by 2 to 4 % in their means, in the recordings that the model was checked with. */
#define NOISE_MEAN 3
/* In their peaks, which one moment makes, and in CPU time by more. */
#define NOISE_PEAK 6
#define NOISE_CPU 6
/* In the number of cycles by 0 to 14 %; and a cycle more or less is where the trace happens to end. */
#define NOISE_COUNT 8
#define MORE_CYCLES 1
/* Standard deviations on either side of the mean of a normal distribution. */
#define NINE_TENTHS 1.645

static uint64_t noise_of(const struct hr_metric *m, uint64_t value)
{
	uint64_t percent = NOISE_MEAN;

	if (m->unit == HR_UNIT_COUNT)
		return value * NOISE_COUNT / 100 + MORE_CYCLES;
	if (m->unit == HR_UNIT_NS)
		percent = NOISE_CPU;
	else if (m->over != HR_OVER_MEAN)
		percent = NOISE_PEAK;
	return value / 100 * percent;
}

bool hr_bounds_value(const struct hr_replay *r, size_t follower, size_t of, uint64_t *value)
{
	struct hr_objects_stats stats =
	    r->objects != NULL ? hr_objects_stats(r->objects) : (struct hr_objects_stats){0};
	const struct hr_metric *metric = &hr_metrics[of];
	const struct hr_measured m = {.follower = r->followers[follower],
				      .objects = r->objects != NULL ? &stats : NULL};

	return metric->of != HR_METRIC_REGRET && metric->get(&m, value);
}

static bool is_one_of(const struct hr_metric *m, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(m->name, names[i]) == 0)
			return true;
	return false;
}

/*
 * A program that idles stays at a heap that chance decides, whatever else is not known: nine tenths of all its mean may
 * be, and the distance to the models beside it, are independent.
 */
static void hold_idling(const struct hr_objects_stats *s, const struct hr_metric *m, uint64_t value, uint64_t *low,
			uint64_t *high)
{
	static const char *const names[] = {"in_use_mean_bytes", "retained_mean_bytes"};
	double middle = (double)value + s->phase_shift_bytes, far = NINE_TENTHS * s->phase_spread_bytes, below, above;

	if (far <= 0 || !is_one_of(m, names, sizeof(names) / sizeof(names[0])))
		return;
	below = (double)(value - *low);
	above = (double)(*high - value);
	below = middle - sqrt(far * far + below * below);
	above = middle + sqrt(far * far + above * above);
	if (below < (double)*low)
		*low = below > 0 ? (uint64_t)below : 0;
	if (above > (double)*high)
		*high = (uint64_t)above;
}

/* A program that a death spiral slows down has cycles in what was idle time, as many as there is room for. */
static void hold_spiral(const struct hr_objects_stats *s, const struct hr_metric *m, struct hr_bounds *bounds)
{
	static const char *const names[] = {"gc_cycles", "gc_limit_breaches", "gc_marked_bytes", "gc_mark_ns",
					    "gc_cpu_ns"};

	if (s->late_cycles > 0 && is_one_of(m, names, sizeof(names) / sizeof(names[0])))
		bounds->high += (uint64_t)((double)bounds->high * (double)s->late_cycles / (double)s->cycles);
}

bool hr_bounds_of(const struct hr_replay *r, size_t follower, size_t metric, struct hr_bounds *bounds)
{
	const struct hr_metric *m = &hr_metrics[metric];
	uint64_t value, low, high, noise;
	struct hr_objects_stats stats;

	if (r->nvariants == 0 || r->objects == NULL || !hr_bounds_value(r, follower, metric, &value))
		return false;
	low = high = value;
	for (size_t i = 0; i < r->nvariants; i++) {
		uint64_t other;

		if (!hr_bounds_value(&r->variants[i], follower, metric, &other))
			return false;
		low = other < low ? other : low;
		high = other > high ? other : high;
	}
	noise = noise_of(m, value);
	stats = hr_objects_stats(r->objects);
	hold_idling(&stats, m, value, &low, &high);
	bounds->low = low > noise ? low - noise : 0;
	bounds->high = high + noise;
	hold_spiral(&stats, m, bounds);
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

void hr_bounds_flatten(json_t **flat, const json_t *bounds)
{
	char name[96];

	for (size_t i = 0; i < hr_nmetrics; i++) {
		const json_t *b = json_object_get(bounds, hr_metrics[i].name);

		if (!json_is_array(b))
			continue;
		snprintf(name, sizeof(name), "%s_low", hr_metrics[i].name);
		hr_json_put(flat, name, json_incref(json_array_get(b, 0)));
		snprintf(name, sizeof(name), "%s_high", hr_metrics[i].name);
		hr_json_put(flat, name, json_incref(json_array_get(b, 1)));
	}
}
