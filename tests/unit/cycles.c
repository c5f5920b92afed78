/* SPDX-License-Identifier: BSD-3-Clause */
/* What a trace's own GC cycles tell: where they began in relation to their goal, and what they took. */
#include "config.h"

#include "replay/objects/cycles.h"

#include "testing.h"

#include <math.h>
#include <string.h>

#define MB UINT64_C(1000000)

static void take(struct hr_cycles *c, enum hr_event_kind kind, uint64_t time_ns, uint64_t size, uint8_t flags)
{
	assert_true(hr_cycles_take(
	    c,
	    &(struct hr_event){.time_ns = time_ns, .size = size, .kind = (uint8_t)kind, .p = HR_NO_P, .flags = flags}));
}

/* A cycle that begins with the heap at that size, and leaves 50 MB and a goal of 100. */
static void add_cycle(struct hr_cycles *c, uint64_t begin_ns, uint64_t live, uint8_t flags)
{
	take(c, HR_EV_HEAP_LIVE, begin_ns - 1, live, 0);
	take(c, HR_EV_GC_BEGIN, begin_ns, 0, flags);
	take(c, HR_EV_GC_END, begin_ns + 10, 0, 0);
	take(c, HR_EV_HEAP_LIVE, begin_ns + 10, 50 * MB, 0);
	take(c, HR_EV_HEAP_GOAL, begin_ns + 10, 100 * MB, 0);
}

/* Cycles begin between 45/64 and 61/64 of the way from 50 MB to 100 MB: 85.2 and 97.7 MB. */
static void test_runway(void **state)
{
	struct hr_cycles c;
	double low, high;

	(void)state;
	hr_cycles_init(&c);
	hr_cycles_runway(&c, 0, 0, &low, &high);
	assert_true(low == 0 && isinf(high));
	take(&c, HR_EV_HEAP_GOAL, 0, 100 * MB, 0);
	add_cycle(&c, 100, 92 * MB, 0);
	add_cycle(&c, 200, 90 * MB, 0);
	add_cycle(&c, 300, 85 * MB, 0);
	add_cycle(&c, 400, 98 * MB, 0);
	add_cycle(&c, 500, 70 * MB, HR_EVF_FORCED_GC);
	/* What survived before the first is not told; who knows it says so. */
	hr_cycles_runway(&c, 0, 0, &low, &high);
	assert_true(low == 0 && isinf(high));
	hr_cycles_runway(&c, 0, 50 * MB, &low, &high);
	assert_true(fabs(low - 8 / 50.0) < 1e-6 && fabs(high - 8 / 50.0) < 1e-6);
	/* In between it is the distance from the goal, per byte marked. */
	hr_cycles_runway(&c, 101, 0, &low, &high);
	assert_true(fabs(low - 10 / 50.0) < 1e-6 && fabs(high - 10 / 50.0) < 1e-6);
	/* At the ends it is as much, or as little, at least. */
	hr_cycles_runway(&c, 300, 0, &low, &high);
	assert_true(low > 0.29 && low < 0.3 && isinf(high));
	hr_cycles_runway(&c, 400, 0, &low, &high);
	assert_true(low == 0 && high > 0.04 && high < 0.05);
	hr_cycles_runway(&c, 500, 0, &low, &high);
	assert_true(low == 0 && isinf(high));
	/* After the last cycle it is that of the last. */
	hr_cycles_runway(&c, 9999, 0, &low, &high);
	assert_true(low == 0 && isinf(high));
	hr_cycles_release(&c);
}

/* Times of the trace's records go to the cycle whose mark done is theirs; what marking costs is that of near cycles. */
static void test_cost(void **state)
{
	/* Of the 40 ns that four Ps have in a cycle: 8 in the background and 2 by those who allocate, or twice that. */
	struct hr_gc_cpu records[2] = {
	    {.time_ns = 110, .stw_ns = 30, .procs = 4, .dedicated_ns = 8, .assist_ns = 2},
	    {.time_ns = 210, .stw_ns = 60, .procs = 4, .dedicated_ns = 12, .idle_ns = 4, .assist_ns = 4},
	};
	const struct hr_sides sides = {.gc_cpu = records, .ngc_cpu = 2};
	const double a_byte = 10.0 / (50 * MB);
	struct hr_cycles c;

	(void)state;
	hr_cycles_init(&c);
	assert_true(hr_cycles_stw_ns(&c) < 0 && hr_cycles_mark_cost(&c, 0).ns_per_byte == 0);
	assert_true(hr_cycles_mark_cost(&c, 0).share == 1);
	c.procs = 4;
	add_cycle(&c, 100, 92 * MB, 0);
	hr_cycles_settle(&c, &sides);
	for (uint64_t at = 0; at <= 200; at += 50) {
		assert_true(fabs(hr_cycles_mark_cost(&c, at).ns_per_byte / a_byte - 1) < 1e-9);
		/* No P is busy: by the rule all of them mark. */
		assert_true(fabs(hr_cycles_mark_cost(&c, at).share - 0.2) < 1e-9);
	}
	assert_true(fabs(hr_cycles_stw_ns(&c) - 120) < 1e-9);
	add_cycle(&c, 200, 92 * MB, 0);
	hr_cycles_settle(&c, &sides);
	/* (120 / 2 + 240) / 1.5 of the world's standstill. */
	assert_true(fabs(hr_cycles_stw_ns(&c) - 200) < 1e-9);
	assert_true(hr_cycles_mark_cost(&c, 100).ns_per_byte < 1.25 * a_byte);
	assert_true(fabs(hr_cycles_mark_cost(&c, 150).ns_per_byte / a_byte - 1.5) < 1e-9);
	assert_true(fabs(hr_cycles_mark_cost(&c, 150).share - 0.3) < 1e-9);
	assert_true(hr_cycles_mark_cost(&c, 200).ns_per_byte > 1.95 * a_byte);
	assert_true(hr_cycles_mark_cost(&c, 999).ns_per_byte > 1.7 * a_byte);
	hr_cycles_release(&c);
}

/* What is allocated while marking survives without any work. */
static void test_work(void **state)
{
	struct hr_gc_cpu record = {.time_ns = 110, .stw_ns = 0, .procs = 1, .dedicated_ns = 5, .assist_ns = 0};
	const struct hr_sides sides = {.gc_cpu = &record, .ngc_cpu = 1};
	struct hr_cycles c;

	(void)state;
	hr_cycles_init(&c);
	take(&c, HR_EV_HEAP_LIVE, 99, 92 * MB, 0);
	take(&c, HR_EV_GC_BEGIN, 100, 0, 0);
	take(&c, HR_EV_HEAP_LIVE, 105, 102 * MB, 0);
	take(&c, HR_EV_GC_END, 110, 0, 0);
	take(&c, HR_EV_HEAP_LIVE, 110, 50 * MB, 0);
	take(&c, HR_EV_HEAP_GOAL, 110, 100 * MB, 0);
	hr_cycles_settle(&c, &sides);
	assert_true(fabs(hr_cycles_mark_cost(&c, 100).ns_per_byte * (40 * MB) / 5 - 1) < 1e-9);
	assert_true(c.first_live_bytes == 92 * MB);
	hr_cycles_release(&c);
}

HR_TEST_MAIN(cycles)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_runway), cmocka_unit_test(test_cost),
					   cmocka_unit_test(test_work)};

	return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
