/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of gctrace and scavtrace: what they say, and when it was. */
#include "config.h"

#include "trace/go/gclog.h"

#include "testing.h"

#include <string.h>

#define MS UINT64_C(1000000)
#define MIB (UINT64_C(1) << 20)

static struct hr_gc_log read_lines(const char *const *lines, size_t n)
{
	struct hr_gc_log log = {0};

	for (size_t i = 0; i < n; i++)
		assert_int_equal(hr_gc_log_line(&log, lines[i]), HR_OK);
	return log;
}
#define READ(...)                                                                                                      \
	read_lines((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* As Go 1.21 prints it, and as Go 1.18 does. */
static void test_line(void **state)
{
	struct hr_gc_log log = READ(
	    "a program's own text, gc 1 @ something\n",
	    "gc 1 @0.021s 3%: 0.38+0.71+0.002 ms clock, 0.77+0.13/0.59/0.33+0.004 ms cpu, 5->6->4 MB, 7 MB goal, 0 MB "
	    "stacks, 0 MB globals, 4 P\n",
	    "gc 2 @1.500s 0%: 0.057+12+0.002 ms clock, 0.057+0/0.033/1.4+0.002 ms cpu, 613->613->43 MB, 736 MB goal, "
	    "16 P "
	    "(forced)");
	const struct hr_gc_cycle *c = log.cycles;

	(void)state;
	assert_int_equal(log.n, 2);
	assert_int_equal(log.bad_lines, 0);
	assert_int_equal(c[0].start_ns, 21 * MS);
	assert_int_equal(c[0].length_ns, 380000 + 710000 + 2000);
	assert_int_equal(c[0].length_slack_ns, 10000 + 10000 + 1000);
	assert_int_equal(c[0].live_mib, 4);
	assert_int_equal(c[0].goal_mib, 7);
	assert_int_equal(c[0].procs, 4);
	assert_int_equal(c[0].stamp_ns, 0);
	assert_false(c[0].forced);
	assert_int_equal(c[1].start_ns, 1500 * MS);
	assert_int_equal(c[1].length_ns, 57000 + 12 * MS + 2000);
	assert_int_equal(c[1].length_slack_ns, 1000 + MS + 1000);
	assert_int_equal(c[1].procs, 16);
	assert_true(c[1].forced);
	hr_gc_log_release(&log);
}

#define CYCLE(at) "gc 1 @" at "s 0%: 0.10+1.0+0.10 ms clock, 0.1+0/0/0+0.1 ms cpu, 8->8->6 MB, 9 MB goal, 2 P"

static void test_stamps(void **state)
{
	struct hr_gc_log log = READ("4103530273920 " CYCLE("0.010"), "4103531.5 " CYCLE("0.020"), CYCLE("0.030"));

	(void)state;
	assert_int_equal(log.n, 3);
	assert_int_equal(log.cycles[0].stamp_ns, UINT64_C(4103530273920));
	assert_int_equal(log.cycles[1].stamp_ns, UINT64_C(4103531500000000));
	assert_int_equal(log.cycles[2].stamp_ns, 0);
	hr_gc_log_release(&log);
}

/* Behind what containers and loggers prefix, and behind the program's own unfinished line. */
static void test_anywhere(void **state)
{
	struct hr_gc_log log = READ(
	    "working... " CYCLE("0.010"),
	    "gc 1 done, 12gc 2 @0.020s 0%: 0.10+1.0+0.10 ms clock, 0.1+0/0/0+0.1 ms cpu, "
	    "8->8->6 MB, 9 MB goal, 2 P",
	    "app-1  | " CYCLE("0.030"), "2026-11-29T14:02:11.000012345Z stderr F 4103530273920 " CYCLE("0.040"),
	    "Nov 29 14:02:11 host app[812]: " CYCLE("0.050"),
	    "{\"log\":\"" CYCLE("0.060") "\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-29T14:02:11.000012345Z\"}",
	    "took 12 " CYCLE("0.070"), "app-1  | scav 0 KiB work (bg), 0 KiB work (eager), 3704 KiB now, 75% util");

	(void)state;
	assert_int_equal(log.n, 7);
	assert_int_equal(log.bad_lines, 0);
	assert_int_equal(log.nsweeps, 1);
	for (size_t i = 0; i < log.n; i++) {
		assert_int_equal(log.cycles[i].start_ns, (10 + 10 * i) * MS);
		assert_int_equal(log.cycles[i].stamp_ns, i == 3 ? UINT64_C(4103530273920) : 0);
	}
	hr_gc_log_release(&log);
}

/* Cycles whose lines are missing, by the numbers of the others. */
static void test_lost(void **state)
{
#define NUMBERED(n, at) "gc " n " @" at "s 0%: 0.10+1.0+0.10 ms clock, 0.1+0/0/0+0.1 ms cpu, 8->8->6 MB, 9 MB goal, 2 P"
	struct hr_gc_log log = READ(NUMBERED("3", "0.010"), NUMBERED("4", "0.020"), NUMBERED("10", "0.030"));

	(void)state;
	assert_int_equal(log.n, 3);
	assert_int_equal(log.lost, 2 + 5);
	hr_gc_log_release(&log);
}

static void test_bad_lines(void **state)
{
	struct hr_gc_log log =
	    READ(CYCLE("0.020"), CYCLE("0.010"), "gc 3 @0.030s 0%: broken", "gc 4 @", "gc 5 @1", "gc rate is high",
		 "gc 6 @0.1s 1%: 1+1+1 ms clock, 1 ms cpu, 99999999999999999999->1->1 MB, 1 MB goal, 1 P",
		 "gc 7 @0.1s 1%: 1+1+1 ms clock, 1 ms cpu, 1->1->1 MB, 99999999999999999 MB goal, 1 P");

	(void)state;
	/* What goes back in time, and what begins like a line but is none; another text is none of our business. */
	assert_int_equal(log.n, 1);
	assert_int_equal(log.bad_lines, 6);
	hr_gc_log_release(&log);
}

/* The forced line belongs to the last collection that was asked for. */
static void test_free_os_memory(void **state)
{
	struct hr_gc_log log =
	    READ(CYCLE("0.010") " (forced)", CYCLE("0.020"), CYCLE("0.030") " (forced)", CYCLE("0.040"),
		 "scav 0 KiB work (bg), 0 KiB work (eager), 8 KiB now, 99% util",
		 "scav 0 KiB work (bg), 270104 KiB work (eager), 567848 KiB now, 100% util (forced)");

	(void)state;
	assert_false(log.cycles[0].free_os_memory);
	assert_false(log.cycles[1].free_os_memory);
	assert_true(log.cycles[2].free_os_memory);
	assert_false(log.cycles[3].free_os_memory);
	hr_gc_log_release(&log);
}

/* Began in [10, 11) ms, took 1.2 ms and up to 0.12 ms more: ended in [11.2, 12.32) ms. */
static void test_times(void **state)
{
	static const uint64_t origin = 1000 * MS;
	struct {
		uint64_t frees[4];
		uint64_t begin, end;
	} cases[] = {
	    {{0}, 10500000, 11760000},
	    /* Frees in the first half of the window say nothing new; one in the second moves the beginning. */
	    {{9 * MS, 10300000}, 10500000, 11760000},
	    {{10800000, 10700000}, 10800001, 11760000},
	    /* The same for the end. */
	    {{13 * MS, 12 * MS}, 10500000, 11760000},
	    {{11500000, 11400000}, 10500000, 11400000},
	};
	struct hr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hr_gc_log log = READ(CYCLE("0.010"), CYCLE("0.500"));

		assert_int_equal(log.cycles[0].length_slack_ns, 120000);
		assert_int_equal(hr_gc_log_place(&log, origin, &err), HR_OK);
		for (size_t k = 0; k < 4 && cases[i].frees[k] != 0; k++)
			hr_gc_log_saw_free(&log, origin + cases[i].frees[k]);
		hr_gc_log_choose(&log);
		assert_int_equal(log.cycles[0].begin_ns, origin + cases[i].begin);
		assert_int_equal(log.cycles[0].end_ns, origin + cases[i].end);
		hr_gc_log_release(&log);
	}
}

/* A line that was read in the window bounds the end. One read long before or after is of another run. */
static void test_stamp_bounds(void **state)
{
	struct hr_gc_log log = READ("1011400000 " CYCLE("0.010"));
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_gc_log_place(&log, 1000 * MS, &err), HR_OK);
	hr_gc_log_choose(&log);
	assert_int_equal(log.cycles[0].end_ns, 1011300000);
	assert_int_equal(hr_gc_log_place(&log, 2000 * MS, &err), HR_EINPUT);
	assert_non_null(strstr(err.text, "not of this run"));
	assert_int_equal(hr_gc_log_place(&log, 0, &err), HR_OK);
	log.cycles[0].stamp_ns += UINT64_C(3600000) * MS;
	assert_int_equal(hr_gc_log_place(&log, 0, &err), HR_EINPUT);
	hr_gc_log_release(&log);
}

/* Sweeps are printed in the order of the cycles, near them; never before the cycle's end or behind the next. */
static void test_sweeps(void **state)
{
	struct hr_gc_log log =
	    READ("1011000000 scav 0 KiB work (bg), 0 KiB work (eager), 8 KiB now, 99% util", CYCLE("0.010"),
		 CYCLE("0.020"), "1025000000 scav 0 KiB work (bg), 0 KiB work (eager), 8 KiB now, 99% util",
		 "1025000000 scav 0 KiB work (bg), 0 KiB work (eager), 8 KiB now, 99% util (forced)", CYCLE("0.040"),
		 "1090000000 scav 0 KiB work (bg), 0 KiB work (eager), 8 KiB now, 99% util", CYCLE("0.060"));
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_gc_log_place(&log, 1000 * MS, &err), HR_OK);
	hr_gc_log_choose(&log);
	assert_int_equal(log.cycles[0].swept_ns, log.cycles[0].end_ns);
	assert_int_equal(log.cycles[1].swept_ns, 1025000000);
	assert_int_equal(log.cycles[2].swept_ns, log.cycles[3].begin_ns);
	assert_int_equal(log.cycles[3].swept_ns, 0);
	hr_gc_log_release(&log);
}

static uint64_t placed_goal(struct hr_gc_log *log, size_t i)
{
	struct hr_error err;

	assert_int_equal(hr_gc_log_place(log, 0, &err), HR_OK);
	return hr_gc_log_goal(log, i);
}

#define SIZES(at, start, live, goal)                                                                                   \
	"gc 1 @" at "s 0%: 0+1+0 ms clock, 0 ms cpu, " start "->" start "->" live " MB, " goal " MB goal, 1 P"

/* Line i tells the goal before cycle i. Behind the last: what lives, times goal by living heap of the largest. */
static void test_goals(void **state)
{
	struct hr_gc_log log = READ(SIZES("0.1", "3", "3", "4"), SIZES("0.2", "6", "20", "7"),
				    SIZES("0.3", "38", "10", "40"), SIZES("0.4", "19", "1", "20"));

	(void)state;
	assert_int_equal(placed_goal(&log, 0), 4 * MIB);
	assert_int_equal(placed_goal(&log, 1), 7 * MIB + MIB / 2);
	assert_int_equal(placed_goal(&log, 2), 40 * MIB + MIB / 2);
	/* 1.5 MiB times 40.5 / 20.5 is less than the smallest goal. */
	assert_int_equal(placed_goal(&log, 4), 4 * MIB);
	log.cycles[3].live_mib = 30;
	assert_int_equal(placed_goal(&log, 4), (uint64_t)(30.5 * 1048576 * (40.5 / 20.5)));
	hr_gc_log_release(&log);
}

/* A large object took the heap beyond its goal of 2 x 20.5 MiB, so that it began and ended at 75. */
static void test_raised_goal(void **state)
{
	struct hr_gc_log log =
	    READ(SIZES("0.1", "25", "20", "26"), SIZES("0.2", "75", "57", "75"), SIZES("0.3", "100", "30", "115"));
	double ratio = 115.5 / 57.5;

	(void)state;
	assert_int_equal(placed_goal(&log, 1), (uint64_t)(20.5 * 1048576 * ratio));
	assert_int_equal(hr_gc_log_raised_goal(&log, 1), 75 * MIB + MIB / 2);
	assert_int_equal(placed_goal(&log, 2), 115 * MIB + MIB / 2);
	assert_int_equal(hr_gc_log_raised_goal(&log, 2), 115 * MIB + MIB / 2);
	hr_gc_log_release(&log);
}

/* Under a memory limit goals don't follow what lives: lines are taken at their word. */
static void test_goals_of_a_limit(void **state)
{
	struct hr_gc_log log =
	    READ(SIZES("0.1", "84", "40", "88"), SIZES("0.2", "84", "10", "87"), SIZES("0.3", "80", "20", "86"));

	(void)state;
	assert_int_equal(placed_goal(&log, 3), 86 * MIB + MIB / 2);
	/* Living heaps of 40 and of 10 MiB had nearly the same goal. */
	assert_int_equal(placed_goal(&log, 2), 86 * MIB + MIB / 2);
	hr_gc_log_release(&log);
}

HR_TEST_MAIN(gclog)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),  cmocka_unit_test(test_stamps),       cmocka_unit_test(test_anywhere),
	    cmocka_unit_test(test_lost),  cmocka_unit_test(test_bad_lines),    cmocka_unit_test(test_free_os_memory),
	    cmocka_unit_test(test_times), cmocka_unit_test(test_stamp_bounds), cmocka_unit_test(test_sweeps),
	    cmocka_unit_test(test_goals), cmocka_unit_test(test_raised_goal),  cmocka_unit_test(test_goals_of_a_limit),
	};

	return cmocka_run_group_tests_name("gclog", tests, NULL, NULL);
}
