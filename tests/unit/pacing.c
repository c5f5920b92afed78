/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scavenger's pacing at its edges; tests/oracle compares it with the
 * runtime's bit by bit.
 */
#include "config.h"

#include "scavenge/go/pacing.h"

#include "testing.h"

#include <math.h>

#define NO_LIMIT INT64_MAX
#define MIB (UINT64_C(1) << 20)

static const struct hr_pace_rules until121 = {.retain_extra_percent = 10, .limit_factor = 95},
				  since122 = {.retain_extra_percent = 10, .limit_factor = 0.95};

static void test_double_to_u64(void **state)
{
	const double two63 = 9223372036854775808.0, two64 = 2 * two63;

	(void)state;
	for (int bits = 32; bits <= 48; bits += 16) {
		uint64_t overflow = bits == 32 ? 0 : UINT64_C(1) << 63;

		assert_true(hr_double_to_u64(0.0, bits) == 0);
		assert_true(hr_double_to_u64(1.999, bits) == 1);
		assert_true(hr_double_to_u64(nextafter(two63, 0), bits) == UINT64_C(0x7ffffffffffffc00));
		assert_true(hr_double_to_u64(two63, bits) == UINT64_C(1) << 63);
		assert_true(hr_double_to_u64(nextafter(two64, 0), bits) == UINT64_C(0xfffffffffffff800));
		assert_true(hr_double_to_u64(two64, bits) == overflow);
		assert_true(hr_double_to_u64(1e300, bits) == overflow);
		assert_true(hr_double_to_u64(INFINITY, bits) == overflow);
		assert_true(hr_double_to_u64(NAN, bits) == overflow);
		assert_true(hr_double_to_u64(-1.5, bits) == UINT64_MAX);
	}
}

static struct hr_pace_input some_heap(void)
{
	return (struct hr_pace_input){
	    .memory_limit_bytes = NO_LIMIT,
	    .mapped_ready_bytes = 200 * MIB,
	    .heap_goal_bytes = 50 * MIB,
	    .last_heap_goal_bytes = 100 * MIB,
	    .last_heap_in_use_bytes = 100 * MIB,
	    .in_use_bytes = 50 * MIB,
	    .free_bytes = 50 * MIB,
	    .phys_page_bytes = 4096,
	};
}

static void test_gc_percent_goal(void **state)
{
	struct hr_pace_input in = some_heap();
	uint64_t goal = 55 * MIB;

	(void)state;
	assert_true(hr_pace(&in, &until121, 48).gc_percent_bytes == goal);
	in.phys_page_bytes = 4 * MIB;
	assert_true(hr_pace(&in, &until121, 48).gc_percent_bytes == 56 * MIB);
	in = some_heap();
	in.last_heap_goal_bytes = 0;
	assert_true(hr_pace(&in, &until121, 48).gc_percent_bytes == HR_GOAL_OFF);

	/* Within a physical page of the goal counts as there. */
	in = some_heap();
	in.in_use_bytes = goal;
	in.free_bytes = 4095;
	assert_true(hr_pace(&in, &until121, 48).gc_percent_bytes == HR_GOAL_OFF);
	in.free_bytes = 4096;
	assert_true(hr_pace(&in, &until121, 48).gc_percent_bytes == goal);
}

/* Up to Go 1.21 the background goal is 95 times the limit: practically never on, and on 386 always, without a limit. */
static void test_memory_limit_goal(void **state)
{
	struct hr_pace_input in = some_heap();

	(void)state;
	assert_true(hr_pace(&in, &until121, 48).memory_limit_bytes == HR_GOAL_OFF);
	assert_true(hr_pace(&in, &until121, 32).memory_limit_bytes == 0);
	assert_true(hr_pace(&in, &since122, 32).memory_limit_bytes == HR_GOAL_OFF);
	in.memory_limit_bytes = 100 * MIB;
	assert_true(hr_pace(&in, &until121, 48).memory_limit_bytes == HR_GOAL_OFF);
	assert_true(hr_pace(&in, &since122, 48).memory_limit_bytes == 95 * MIB);
	in.mapped_ready_bytes = 95 * MIB;
	assert_true(hr_pace(&in, &since122, 48).memory_limit_bytes == HR_GOAL_OFF);
}

/* Both shares are parameters; the runtime's are 10 % and 5 %. */
static void test_rules(void **state)
{
	const struct hr_pace_rules none = {.retain_extra_percent = 0, .limit_factor = hr_limit_factor(0, false)},
				   half = {.retain_extra_percent = 50, .limit_factor = hr_limit_factor(50, false)};
	struct hr_pace_input in = some_heap();

	(void)state;
	assert_true(hr_limit_factor(5, true) == 95.0 && hr_limit_factor(5, false) == 1 - 5 / 100.0);
	in.memory_limit_bytes = 100 * MIB;
	assert_true(hr_pace(&in, &none, 48).gc_percent_bytes == 50 * MIB);
	assert_true(hr_pace(&in, &none, 48).memory_limit_bytes == 100 * MIB);
	assert_true(hr_pace(&in, &half, 48).gc_percent_bytes == 75 * MIB);
	assert_true(hr_pace(&in, &half, 48).memory_limit_bytes == 50 * MIB);
	/* Whole bytes are left out as the runtime's division by 10 does. */
	in.phys_page_bytes = 1;
	in.last_heap_in_use_bytes = 1999;
	in.heap_goal_bytes = in.last_heap_goal_bytes;
	assert_true(hr_pace(&in, &until121, 48).gc_percent_bytes == 1999 + 199);
}

static void test_controller_breaks_down(void **state)
{
	struct hr_pi c = {.kp = 0.5, .ti = 2, .tt = 1, .min = 0.25, .max = 8};
	double out;

	(void)state;
	/* Raw 0.5 * (3 - 1) = 1; the integral gets 0.5 * 4 / 2 * 2. */
	assert_true(hr_pi_next(&c, 1, 3, 4, &out));
	assert_true(out == 1 && c.err_integral == 2);
	/* Raw 52 is clamped to 8, and unwinds the integral: 2 + 0.5 * 1 / 2 * 100 + (8 - 52). */
	assert_true(hr_pi_next(&c, 0, 100, 1, &out));
	assert_true(out == 8 && c.err_integral == -17);

	assert_false(hr_pi_next(&c, -INFINITY, 1, 1, &out));
	assert_true(out == 0.25 && c.err_integral == 0 && c.input_overflow && !c.err_overflow);
	assert_false(hr_pi_next(&c, NAN, 1, 1, &out));
	/* What overflows is the integral. */
	assert_false(hr_pi_next(&c, 0, 1e300, 1e300, &out));
	assert_true(out == 0.25 && c.err_integral == 0 && c.err_overflow);
	/* It works again, and the flags stay. */
	assert_true(hr_pi_next(&c, 1, 3, 4, &out));
	assert_true(out == 1 && c.err_overflow && c.input_overflow);

	/* Without an integral part. */
	c = (struct hr_pi){.kp = 1, .min = -8, .max = 8};
	assert_true(hr_pi_next(&c, 1, 3, 4, &out));
	assert_true(out == 2 && c.err_integral == 0);
}

static void test_burst(void **state)
{
	const uint64_t quantum = hr_bg_runtime.quantum_bytes;
	struct hr_bg bg;
	int rounds = 1;

	(void)state;
	hr_bg_init(&bg, &hr_bg_runtime);
	hr_bg_burst_begin(&bg);
	assert_true(hr_bg_burst_step(&bg, quantum, 999999, 4096));
	assert_false(hr_bg_burst_step(&bg, quantum, 1, 4096));
	assert_true(bg.worked_ns == 1e6 && bg.released_bytes == 2 * quantum);

	/* Less than was asked for: nothing is left. */
	hr_bg_burst_begin(&bg);
	assert_false(hr_bg_burst_step(&bg, quantum - 8192, 1, 4096));

	/* Without a clock, 10 us a physical page: 160 us a quantum. */
	hr_bg_burst_begin(&bg);
	while (hr_bg_burst_step(&bg, quantum, 0, 4096))
		rounds++;
	assert_int_equal(rounds, 7);
}

/* Other constants than the runtime's. */
static void test_burst_rules(void **state)
{
	struct hr_bg_rules rules = hr_bg_runtime;
	struct hr_bg bg;

	(void)state;
	assert_true(rules.share_percent == 1 && rules.quantum_bytes == 65536 && rules.burst_ns == 1000000);
	assert_true(rules.guess_ns == 10000 && rules.timed);

	/* The clock sees 5 ns, and isn't asked: 16 pages of 20 us. */
	rules = (struct hr_bg_rules){.share_percent = 4, .quantum_bytes = 65536, .burst_ns = 500000, .guess_ns = 20000};
	hr_bg_init(&bg, &rules);
	hr_bg_burst_begin(&bg);
	assert_true(hr_bg_burst_step(&bg, 65536, 5, 4096));
	assert_true(bg.worked_ns == 320000);
	assert_false(hr_bg_burst_step(&bg, 65536, 5, 4096));
	assert_true(hr_bg_sleep_request(&bg, 1) == 500000000);

	/* 4 % of a processor is right; 1 % leaves room. */
	hr_bg_slept(&bg, 1e6, 24e6, 1);
	assert_true(fabs(bg.sleep_ratio - 0.001) < 1e-12);
	hr_bg_slept(&bg, 1e6, 99e6, 1);
	assert_true(bg.sleep_ratio > 0.001);

	/* A quantum of nothing ends the burst, and a sleep fits its type. */
	rules.quantum_bytes = 0;
	rules.burst_ns = UINT64_MAX;
	hr_bg_init(&bg, &rules);
	hr_bg_burst_begin(&bg);
	assert_false(hr_bg_burst_step(&bg, 0, 0, 4096));
	assert_true(hr_bg_sleep_request(&bg, 1) == INT64_C(4000000000000000000));
}

static void test_sleep(void **state)
{
	struct hr_bg bg;

	(void)state;
	hr_bg_init(&bg, &hr_bg_runtime);
	/* 1 ms of work, and all that is less, is followed by 1 s of sleep. */
	assert_true(hr_bg_sleep_request(&bg, 1e6) == 1000000000);
	assert_true(hr_bg_sleep_request(&bg, 5) == 1000000000);
	assert_true(hr_bg_sleep_request(&bg, 2e6) == 2000000000);

	/* 1 % of one processor is right; with eight there is room for more. */
	hr_bg_slept(&bg, 1e6, 99e6, 1);
	assert_true(fabs(bg.sleep_ratio - 0.001) < 1e-12 && !bg.reset);
	hr_bg_slept(&bg, 1e6, 99e6, 8);
	assert_true(bg.sleep_ratio > 0.001);

	/* The controller fails: fixed sleeps for five seconds, worked time included. */
	hr_bg_slept(&bg, 1e6, 0, 0);
	assert_true(bg.reset && bg.sleep_ratio == 0.001 && bg.cooldown_ns == INT64_C(5000000000));
	bg.reset = false;
	hr_bg_slept(&bg, 1e6, 3e9, 1);
	assert_true(bg.cooldown_ns == INT64_C(5000000000) - 3001000000);
	hr_bg_slept(&bg, 1e6, 3e9, 1);
	assert_true(bg.cooldown_ns == 0 && !bg.reset && bg.sleep_ratio == 0.001);
}

HR_TEST_MAIN(pacing)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_double_to_u64),
	    cmocka_unit_test(test_gc_percent_goal),
	    cmocka_unit_test(test_memory_limit_goal),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_controller_breaks_down),
	    cmocka_unit_test(test_burst),
	    cmocka_unit_test(test_burst_rules),
	    cmocka_unit_test(test_sleep),
	};

	return cmocka_run_group_tests_name("pacing", tests, NULL, NULL);
}
