/* SPDX-License-Identifier: BSD-3-Clause */
/* Error bars hold what they are made of: all models, what may be while the program idles, and a death spiral. */
#include "config.h"

#include "replay/replay.h"
#include "report/bounds.h"
#include "report/metrics.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

static void run(struct hr_replay *r, struct hr_policy_choice *own, const char *name, uint64_t gogc, uint64_t limit)
{
	const char *top = getenv("top_srcdir");
	struct hr_replay_options o;
	struct hr_error err;
	char path[512];

	snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", name);
	hr_replay_defaults(&o);
	o.jobs = 2;
	o.bounds = true;
	o.objects.gc = HR_GC_MODEL;
	o.objects.gogc_given = gogc != 0;
	if (gogc != 0)
		o.objects.pacing.gogc = gogc;
	if (limit != 0) {
		o.settings.memory_limit_bytes = limit;
		o.settings.limit_given = true;
	}
	assert_int_equal(hr_replay_open(r, path, &o, NULL, 0, own, &err), HR_OK);
	assert_int_equal(hr_replay_run(r, &err), HR_OK);
}

static struct hr_bounds bounds_of(const struct hr_replay *r, const char *name, uint64_t *value)
{
	size_t metric = hr_metric_index(name);
	struct hr_bounds b;

	assert_true(hr_bounds_value(r, 0, metric, value));
	assert_true(hr_bounds_of(r, 0, metric, &b));
	return b;
}

/* Every metric of every model lies inside. */
static void hold_models(const struct hr_replay *r)
{
	unsigned known = 0;

	assert_true(r->nvariants > 0);
	for (size_t m = 0; m < hr_nmetrics; m++) {
		struct hr_bounds b;
		uint64_t value;

		if (!hr_bounds_of(r, 0, m, &b))
			continue;
		known++;
		assert_true(hr_bounds_value(r, 0, m, &value));
		assert_true(b.low <= value && value <= b.high);
		for (size_t i = 0; i < r->nvariants; i++) {
			assert_true(hr_bounds_value(&r->variants[i], 0, m, &value));
			assert_true(b.low <= value && value <= b.high);
		}
	}
	assert_true(known > 10);
}

/* Where cycles begin with the recorded ones there is no chance in where the heap idles; by the rule there is. */
static void test_idling(void **state)
{
	struct hr_objects_stats s;
	struct hr_policy_choice own;
	struct hr_replay r;
	struct hr_bounds b, peak, cycles;
	uint64_t value, mean;

	(void)state;
	run(&r, &own, "phases-1p-go125.trace.zst", 0, 0);
	hold_models(&r);
	s = hr_objects_stats(r.objects);
	assert_true(s.phase_shift_bytes == 0 && s.phase_spread_bytes == 0);
	/* That run is the recorded one, which has no noise: all cycles in step. */
	b = bounds_of(&r, "gc_cycles", &value);
	assert_true((double)b.high <= 1.08 * (double)value + 1 && (double)b.low >= 0.92 * (double)value - 2);
	hr_replay_close(&r);
	hr_policy_choice_release(&own);

	run(&r, &own, "phases-1p-go125.trace.zst", 100, 0);
	hold_models(&r);
	s = hr_objects_stats(r.objects);
	assert_true(s.phase_spread_bytes > 0);
	b = bounds_of(&r, "in_use_mean_bytes", &value);
	assert_true((double)b.low < (double)value + s.phase_shift_bytes - s.phase_spread_bytes);
	/* Another run may have 15 % more cycles, and one. */
	cycles = bounds_of(&r, "gc_cycles", &value);
	assert_true((double)cycles.high >= 1.15 * (double)value);
	b = bounds_of(&r, "in_use_mean_bytes", &value);
	assert_true((double)b.high > (double)value + s.phase_shift_bytes + s.phase_spread_bytes);
	assert_int_equal(s.late_cycles, 0);
	/* A burst finds the heap where it idled: its peak is no surer than that. */
	peak = bounds_of(&r, "retained_peak_bytes", &value);
	bounds_of(&r, "in_use_mean_bytes", &mean);
	assert_true((double)peak.high > (double)value * (1 + s.phase_spread_bytes / (double)mean));
	hr_replay_close(&r);
	hr_policy_choice_release(&own);
}

/* With no room above what lives, idle time may come to be used by further cycles. */
static void test_spiral(void **state)
{
	struct hr_objects_stats s;
	struct hr_policy_choice own;
	struct hr_replay r;
	struct hr_bounds b;
	uint64_t value;

	(void)state;
	run(&r, &own, "phases-1p-go125.trace.zst", 100, UINT64_C(4) << 20);
	hold_models(&r);
	s = hr_objects_stats(r.objects);
	assert_true(hr_objects_spiral(&s));
	assert_true(s.late_cycles > 0);
	b = bounds_of(&r, "gc_cycles", &value);
	assert_true(b.high >= value + s.late_cycles);
	hr_replay_close(&r);
	hr_policy_choice_release(&own);
}

HR_TEST_MAIN(bounds)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_idling),
	    cmocka_unit_test(test_spiral),
	};

	return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
