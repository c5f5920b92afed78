/* SPDX-License-Identifier: BSD-3-Clause */
/* Marking: times, assists, runway and the limiter, from the formulas of the runtime worked out by hand. */
#include "config.h"

#include "heap/gcfit.h"
#include "heap/gcmark.h"

#include "testing.h"

#define MB UINT64_C(1000000)

static bool near(double x, double want)
{
	return x > want * 0.999999 && x < want * 1.000001;
}

/* Four Ps, 1 ns a byte: a busy program leaves one P, an idle one four. */
static void test_times(void **state)
{
	struct hr_gc_marker m = {.procs = 4, .ns_per_byte = 1};

	(void)state;
	assert_true(near(hr_gc_mark_share(&m, 4), 0.25));
	assert_true(near(hr_gc_mark_share(&m, 1), 0.75));
	assert_true(near(hr_gc_mark_share(&m, 0), 1));
	m.share_scale = 2;
	assert_true(near(hr_gc_mark_share(&m, 4), 0.5));
	assert_true(near(hr_gc_mark_share(&m, 1), 1));
	m.share_scale = 1;
	hr_gc_mark_begin(&m, 10 * MB, 8 * MB);
	assert_true(near(hr_gc_mark_left_ns(&m, 4), 8e6));
	hr_gc_mark_run(&m, 4e6, 4);
	assert_true(near(m.done, 4e6));
	assert_true(near(hr_gc_mark_left_ns(&m, 0), 1e6));
	hr_gc_mark_run(&m, 5e6, 4);
	assert_true(hr_gc_mark_is_done(&m));
	assert_true(near(m.total_cpu_ns, 8e6)); /* no more than there was to do */
}

/* Half way from the trigger to the goal half must be marked. */
static void test_assists(void **state)
{
	struct hr_gc_marker m = {.procs = 4, .ns_per_byte = 2, .expected = 8e6};

	(void)state;
	hr_gc_mark_begin(&m, 10 * MB, 8 * MB);
	assert_true(hr_gc_mark_assist(&m, 10 * MB, 20 * MB, 100) == 0);
	assert_true(near(hr_gc_mark_assist(&m, 15 * MB, 20 * MB, 100), 8e6));
	assert_true(hr_gc_mark_assist(&m, 15 * MB, 20 * MB, 100) == 0);
	assert_false(hr_gc_mark_is_done(&m));
	hr_gc_mark_assist(&m, 21 * MB, 20 * MB, 100);
	assert_true(hr_gc_mark_is_done(&m));
	assert_true(near(m.total_assist_ns, 16e6));
}

/* Where more than the 4 MB of the last cycle is to be marked, a heap that grows goes beyond its goal at the same rate. */
static void test_growth(void **state)
{
	struct hr_gc_marker m = {.procs = 4, .ns_per_byte = 2, .expected = 4e6};

	(void)state;
	hr_gc_mark_begin(&m, 10 * MB, 8 * MB);
	hr_gc_mark_run(&m, 10e6, 4);
	assert_true(near(m.done, 5e6));
	/* To 35 MB, where all 10 MB would be marked: a fifth of a byte for each. */
	assert_true(hr_gc_mark_assist(&m, 16 * MB, 20 * MB, 100) == 0);
	assert_true(near(m.owed, 6e6 / 5));
	/* To 40 MB at most, twice the goal: 11 MB left in 24. */
	assert_true(near(hr_gc_mark_assist(&m, 30 * MB, 20 * MB, 100), 2 * (6e6 / 5 + 14e6 * 11 / 24 - 5e6)));
	/* Under GOGC 25 to 25 MB, and a tenth beyond. */
	m.expected = 4e6;
	hr_gc_mark_begin(&m, 10 * MB, 80 * MB);
	hr_gc_mark_run(&m, 10e6, 4);
	hr_gc_mark_assist(&m, 16 * MB, 20 * MB, 25);
	assert_true(near(m.owed, 6e6 * 5 / 15));
	m.done = 6e6;
	m.seen = 26 * MB;
	m.owed = 0;
	hr_gc_mark_assist(&m, 27 * MB, 20 * MB, 25);
	assert_true(near(m.owed, 20e6 / 1.5));
	/* The next cycle expects what this one had. */
	hr_gc_mark_end(&m, 27 * MB);
	assert_true(near(m.expected, 80e6));
}

/* 3 MB allocated while 8 MB were marked, by a quarter of the CPU: as much is to be expected again. */
static void test_runway(void **state)
{
	struct hr_gc_marker m = {.procs = 4, .ns_per_byte = 1};

	(void)state;
	assert_int_equal(hr_gc_mark_runway(&m, 8 * MB), 0);
	hr_gc_mark_begin(&m, 10 * MB, 8 * MB);
	hr_gc_mark_run(&m, 8e6, 4);
	hr_gc_mark_end(&m, 13 * MB);
	assert_in_range(hr_gc_mark_runway(&m, 8 * MB), 3 * MB - 1, 3 * MB + 1);
	assert_in_range(hr_gc_mark_runway(&m, 16 * MB), 6 * MB - 1, 6 * MB + 1);
	/* The most of five: four quiet ones later it is the same, five later it is gone. */
	for (unsigned i = 0; i < 5; i++) {
		assert_in_range(hr_gc_mark_runway(&m, 8 * MB), 3 * MB - 1, 3 * MB + 1);
		hr_gc_mark_begin(&m, 10 * MB, 8 * MB);
		hr_gc_mark_run(&m, 8e6, 4);
		hr_gc_mark_end(&m, 10 * MB);
	}
	assert_int_equal(hr_gc_mark_runway(&m, 8 * MB), 0);
}

/* Nothing but assists: the bucket of a second of every P is full after half as long, and they stop. */
static void test_limiter(void **state)
{
	struct hr_gc_marker m = {.procs = 2, .ns_per_byte = 1, .expected = 4e9};

	(void)state;
	hr_gc_mark_begin(&m, 10 * MB, 4000 * MB);
	assert_true(hr_gc_mark_assist(&m, 15 * MB, 20 * MB, 100) > 0); /* 2 s of CPU */
	assert_true(m.limiting);
	assert_true(hr_gc_mark_assist(&m, 19 * MB, 20 * MB, 100) == 0);
	assert_int_equal(m.limited_cycles, 1);
	hr_gc_mark_rest(&m, 1e6);
	assert_false(m.limiting);
}

static struct hr_gc_fit cycles(uint64_t percent, uint64_t extra, const uint64_t *marked, size_t n)
{
	struct hr_gc_fit f = {0};

	for (size_t i = 0; i < n; i++)
		hr_gc_fit_add(&f, marked[i], marked[i] + (marked[i] + extra) * percent / 100);
	return f;
}

static void test_fit(void **state)
{
	static const uint64_t marked[] = {10 * MB, 14 * MB, 25 * MB, 31 * MB, 22 * MB, 64 * MB};
	static const uint64_t percents[] = {25, 30, 75, 100, 145, 200, 400};
	struct hr_gc_fitted r;
	struct hr_gc_fit f;

	(void)state;
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		f = cycles(percents[i], 3 * MB, marked, 6);
		r = hr_gc_fit(&f);
		assert_true(r.known && r.sure);
		assert_int_equal(r.gogc, percents[i]);
		assert_in_range(r.extra_bytes, 3 * MB - 1000, 3 * MB + 1000);
		assert_int_equal(r.limit_goal, 0);
		/* One alone: a usual setting that leaves something for stacks. */
		f = cycles(percents[i], MB / 10, marked, 1);
		r = hr_gc_fit(&f);
		assert_true(r.known && !r.sure);
		assert_int_equal(r.gogc, percents[i] == 145 ? 125 : percents[i]);
	}
	f = (struct hr_gc_fit){0};
	assert_false(hr_gc_fit(&f).known);
	/* Held by a limit: what is marked varies, the goal hardly. */
	for (size_t i = 0; i < 6; i++)
		hr_gc_fit_add(&f, marked[i] + 20 * MB, 100 * MB - marked[i] / 100);
	r = hr_gc_fit(&f);
	assert_false(r.known);
	assert_in_range(r.limit_goal, 99 * MB, 100 * MB);
	/* So it is where the first cycle, and one that found much alive, were held otherwise. */
	hr_gc_fit_add(&f, 60 * MB, 107 * MB);
	hr_gc_fit_add(&f, 20 * MB, 82 * MB);
	assert_in_range(hr_gc_fit(&f).limit_goal, 99 * MB, 100 * MB);
	/* The smallest heap has one goal, whatever is marked. */
	f = (struct hr_gc_fit){0};
	for (size_t i = 0; i < 6; i++)
		hr_gc_fit_add(&f, marked[i] / 100, 4 * MB);
	assert_int_equal(hr_gc_fit(&f).limit_goal, 0);
}

HR_TEST_MAIN(gcmark)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),  cmocka_unit_test(test_assists), cmocka_unit_test(test_growth),
	    cmocka_unit_test(test_runway), cmocka_unit_test(test_limiter), cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests_name("gcmark", tests, NULL, NULL);
}
