/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/bounds.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Percent of a mean, of a peak or percentile, of a time, and of a count. */
struct noise {
	double mean, peak, time, count;
};

/*
 * How far apart two real runs of one setting are (docs/whatif.md). Nine tenths of all pairs of the Go compiler's and of
 * caddy's, 15 settings that count alike, are within 14 % in cycles and 35 % in CPU time. Of the compiler alone they are
 * within 9 % in a mean, on a busy machine, and 4 % in a peak; caddy's differ more in these since it idles, which has a
 * term of its own.
 */
static const struct noise between_runs = {.mean = 7, .peak = 8, .time = 35, .count = 15};
/* What the models miss of the recording itself, where its own cycles tell them when to begin theirs. */
static const struct noise of_recording = {.mean = 3, .peak = 6, .time = 6, .count = 8};
/* And a cycle more or less is where the trace happens to end. */
#define MORE_CYCLES 1
/* Standard deviations on either side of the mean of a normal distribution. */
#define NINE_TENTHS 1.645

static double noise_of(const struct noise *n, const struct hr_metric *m, uint64_t value)
{
	double percent = m->unit == HR_UNIT_COUNT  ? n->count
			 : m->unit == HR_UNIT_NS   ? n->time
			 : m->over != HR_OVER_MEAN ? n->peak
						   : n->mean;

	return (double)value * percent / 100;
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
 * A program that idles stays at a heap that chance decides: its means are elsewhere by `shift`, with nine tenths of all
 * that they may be no further from there than `far`. How high a burst comes depends on where it finds the heap.
 */
static double idling_of(const struct hr_objects_stats *s, const struct hr_metric *m, uint64_t value, uint64_t mean,
			double *shift)
{
	static const char *const means[] = {"in_use_mean_bytes", "retained_mean_bytes"};
	static const char *const peaks[] = {"in_use_p99_bytes", "in_use_peak_bytes", "retained_p99_bytes",
					    "retained_peak_bytes"};

	*shift = 0;
	if (is_one_of(m, means, sizeof(means) / sizeof(means[0]))) {
		*shift = s->phase_shift_bytes;
		return NINE_TENTHS * s->phase_spread_bytes;
	}
	if (mean > 0 && is_one_of(m, peaks, sizeof(peaks) / sizeof(peaks[0])))
		return NINE_TENTHS * s->phase_spread_bytes * (double)value / (double)mean;
	return 0;
}

/*
 * Another run: the distance to the models, the noise between two runs, and chance while idling are independent, and add
 * as squares.
 */
static void hold_another_run(const struct hr_objects_stats *s, const struct hr_metric *m, uint64_t value, uint64_t mean,
			     struct hr_bounds *b)
{
	double shift, noise = noise_of(&between_runs, m, value), far = idling_of(s, m, value, mean, &shift),
		      more = m->unit == HR_UNIT_COUNT ? MORE_CYCLES : 0, below = (double)(value - b->low),
		      above = (double)(b->high - value), middle = (double)value + (far > 0 ? shift : 0), low, high;

	low = middle - sqrt(below * below + noise * noise + far * far) - more;
	high = middle + sqrt(above * above + noise * noise + far * far) + more;
	if (low < (double)b->low)
		b->low = low > 0 ? (uint64_t)(low + 0.5) : 0;
	if (high > (double)b->high)
		b->high = (uint64_t)(high + 0.5);
}

/* The recorded run: what all models miss comes on top of the distance to them. */
static void hold_recording(const struct hr_metric *m, uint64_t value, struct hr_bounds *b)
{
	uint64_t miss = (uint64_t)noise_of(&of_recording, m, value) + (m->unit == HR_UNIT_COUNT ? MORE_CYCLES : 0);

	b->low = b->low > miss ? b->low - miss : 0;
	b->high += miss;
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
	struct hr_objects_stats stats;
	uint64_t value, low, high, mean = 0;

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
	stats = hr_objects_stats(r->objects);
	*bounds = (struct hr_bounds){low, high};
	hr_bounds_value(r, follower, hr_metric_index("in_use_mean_bytes"), &mean);
	/* That is no other run. */
	if (hr_objects_is_in_step(r->objects))
		hold_recording(m, value, bounds);
	else
		hold_another_run(&stats, m, value, mean, bounds);
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
