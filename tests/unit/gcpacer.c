/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing: every case worked out by hand from the runtime's formulas. */
#include "config.h"

#include "heap/gcpacer.h"

#include "testing.h"

#define MIB (UINT64_C(1) << 20)

static const struct hr_gc_settings plain = {.gogc = 100, .memory_limit_bytes = UINT64_MAX, .go_minor = 22};

static void test_percent(void **state)
{
	struct hr_gc_settings s = plain;

	(void)state;
	assert_int_equal(hr_gc_percent_goal(&s, 0), 4 * MIB); /* the least heap */
	assert_int_equal(hr_gc_percent_goal(&s, 2 * MIB), 4 * MIB);
	assert_int_equal(hr_gc_percent_goal(&s, 3 * MIB), 6 * MIB);
	s.stack_bytes = MIB;
	s.globals_bytes = 2 * MIB;
	assert_int_equal(hr_gc_percent_goal(&s, 3 * MIB), 9 * MIB); /* 3 + (3 + 1 + 2) */
	s.gogc = 50;
	assert_int_equal(hr_gc_percent_goal(&s, 3 * MIB), 6 * MIB);
	assert_int_equal(hr_gc_percent_goal(&s, 0), 2 * MIB); /* 4 MiB x 50 %, more than 3 x 50 % */
	s.gogc = 0;
	assert_int_equal(hr_gc_percent_goal(&s, 5 * MIB), 5 * MIB);
	s.gogc = HR_GOGC_OFF;
	assert_int_equal(hr_gc_percent_goal(&s, 5 * MIB), UINT64_MAX);
	s.gogc = 1000000;
	assert_int_equal(hr_gc_percent_goal(&s, UINT64_MAX / 2), UINT64_MAX);
}

static void test_limit(void **state)
{
	struct hr_gc_settings s = plain;

	(void)state;
	assert_int_equal(hr_gc_limit_goal(&s, 7, 1000), UINT64_MAX);
	s.memory_limit_bytes = 110 * MIB;
	/* 110 - 10 = 100 MiB, less 3 % of it, in steps of a hundredth rounded down. */
	assert_int_equal(hr_gc_limit_goal(&s, MIB, 10 * MIB), 100 * MIB - 100 * MIB / 100 * 3);
	s.go_minor = 20;
	assert_int_equal(hr_gc_limit_goal(&s, MIB, 10 * MIB), 99 * MIB);
	s.go_minor = 22;
	/* 20 MiB: 3 % is less than the least headroom. */
	assert_int_equal(hr_gc_limit_goal(&s, MIB, 90 * MIB), 19 * MIB);
	/* 1.5 MiB is less than twice the headroom. */
	assert_int_equal(hr_gc_limit_goal(&s, 0, 110 * MIB - 3 * MIB / 2), MIB);
	assert_int_equal(hr_gc_limit_goal(&s, 0, 108 * MIB), MIB);
	assert_int_equal(hr_gc_limit_goal(&s, 0, 107 * MIB), 2 * MIB);
	/* Never below what lives; and that alone when nothing is left. */
	assert_int_equal(hr_gc_limit_goal(&s, 30 * MIB, 90 * MIB), 30 * MIB);
	assert_int_equal(hr_gc_limit_goal(&s, 30 * MIB, 110 * MIB), 30 * MIB);
	assert_int_equal(hr_gc_limit_goal(&s, 5, UINT64_MAX), 5);
}

static void test_goal(void **state)
{
	struct hr_gc_settings s = plain;
	struct hr_gc_goal g = hr_gc_goal(&s, 0, 0, 0);

	(void)state;
	assert_int_equal(g.goal, 4 * MIB);
	assert_int_equal(g.min_trigger, 0);
	/* GOGC 25 and 2 MiB: 2.5 MiB, but sweeping wants 1 MiB. */
	s.gogc = 25;
	g = hr_gc_goal(&s, 2 * MIB, 0, 2 * MIB);
	assert_int_equal(g.goal, 3 * MIB);
	assert_int_equal(g.min_trigger, 3 * MIB);
	/* Under the limit that does not count. */
	s.memory_limit_bytes = 4 * MIB;
	g = hr_gc_goal(&s, 2 * MIB, MIB + MIB / 2, 2 * MIB);
	assert_int_equal(g.goal, 2 * MIB); /* 2.5 - 1 = 1.5, not below 2 */
	assert_int_equal(g.min_trigger, 0);
	s.memory_limit_bytes = 100 * MIB;
	assert_int_equal(hr_gc_goal(&s, 2 * MIB, 0, 2 * MIB).goal, 3 * MIB);
	s.gogc = HR_GOGC_OFF;
	assert_int_equal(hr_gc_goal(&s, 2 * MIB, 0, 2 * MIB).goal, 97 * MIB);
	s.memory_limit_bytes = UINT64_MAX;
	assert_int_equal(hr_gc_goal(&s, 2 * MIB, 0, 2 * MIB).goal, UINT64_MAX);
}

static void test_trigger(void **state)
{
	struct hr_gc_goal g = {16 * MIB, 0};

	(void)state;
	/* Marked 8 of 16 MiB: from 8 + 8 x 45/64 = 13.625 to the higher of 8 + 8 x 61/64 = 15.625 and 16 - 4. */
	assert_int_equal(hr_gc_trigger(g, 8 * MIB, 0), 8 * MIB + MIB / 8 * 61);
	assert_int_equal(hr_gc_trigger(g, 8 * MIB, MIB), 15 * MIB);
	assert_int_equal(hr_gc_trigger(g, 8 * MIB, 4 * MIB), 8 * MIB + MIB / 8 * 45);
	assert_int_equal(hr_gc_trigger(g, 8 * MIB, 100 * MIB), 8 * MIB + MIB / 8 * 45);
	/* A large heap: 100 of 200 MiB: 100 + 100 x 61/64 = 195.3, goal - 4 MiB = 196. */
	g.goal = 200 * MIB;
	assert_int_equal(hr_gc_trigger(g, 100 * MIB, 0), 196 * MIB);
	g.min_trigger = 198 * MIB;
	assert_int_equal(hr_gc_trigger(g, 100 * MIB, 0), 198 * MIB);
	/* No room at all. */
	g = (struct hr_gc_goal){16 * MIB, 0};
	assert_int_equal(hr_gc_trigger(g, 16 * MIB, 0), 16 * MIB);
	assert_int_equal(hr_gc_trigger(g, 20 * MIB, 0), 16 * MIB);
	g.goal = UINT64_MAX;
	assert_int_equal(hr_gc_trigger(g, 20 * MIB, MIB), UINT64_MAX);
}

static void test_runway(void **state)
{
	struct hr_gc_history h = {0};

	(void)state;
	assert_int_equal(hr_gc_runway(&h, 100), 0);
	hr_gc_history_add(&h, 10, 0);
	assert_int_equal(hr_gc_runway(&h, 100), 0);
	hr_gc_history_add(&h, 10, 50); /* a fifth */
	assert_int_equal(hr_gc_runway(&h, 100), 20);
	hr_gc_history_add(&h, 10, 100); /* a tenth: the most counts */
	assert_int_equal(hr_gc_runway(&h, 100), 20);
	hr_gc_history_add(&h, 30, 100);
	assert_int_equal(hr_gc_runway(&h, 100), 30);
	for (int i = 0; i < 3; i++)
		hr_gc_history_add(&h, 1, 100);
	assert_int_equal(hr_gc_runway(&h, 100), 30);
	hr_gc_history_add(&h, 1, 100); /* four cycles later it is forgotten */
	assert_int_equal(hr_gc_runway(&h, 100), 1);
}

/* Programs that had just started when their traces began (Go 1.24 and 1.26): GOGC, the heap, and its goal. */
static void test_grown(void **state)
{
	static const struct {
		uint64_t gogc, live, goal;
	} starts[] = {{25, 4621136, 5847404}, {100, 4621360, 7869138}, {25, 5713936, 7104418},	{100, 6290984, 7651010},
		      {25, 2437736, 3340560}, {100, 2686976, 4194304}, {400, 2686976, 16777216}};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct hr_gc_settings s = {.gogc = starts[i].gogc, .memory_limit_bytes = UINT64_MAX};
		uint64_t marked = hr_gc_grown(&s, starts[i].live), goal = hr_gc_percent_goal(&s, marked);

		assert_in_range(marked, 0, starts[i].live);
		/* Stacks and globals are the rest. */
		assert_in_range(goal, starts[i].goal * 86 / 100, starts[i].goal * 105 / 100);
	}
	assert_int_equal(hr_gc_grown(&(struct hr_gc_settings){.gogc = HR_GOGC_OFF, .memory_limit_bytes = UINT64_MAX},
				     UINT64_C(1) << 30),
			 0);
}

HR_TEST_MAIN(gcpacer)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percent), cmocka_unit_test(test_limit),  cmocka_unit_test(test_goal),
	    cmocka_unit_test(test_trigger), cmocka_unit_test(test_runway), cmocka_unit_test(test_grown),
	};

	return cmocka_run_group_tests_name("gcpacer", tests, NULL, NULL);
}
