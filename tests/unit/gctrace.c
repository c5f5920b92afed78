/* SPDX-License-Identifier: BSD-3-Clause */
/* CPU times of gctrace's lines beside those of a trace: read, paired by time, summed. */
#include "config.h"

#include "fidelity/gctrace.h"

#include "testing.h"

#include <string.h>

#define MS UINT64_C(1000000)

static void line(struct hr_gc_log *log, const char *text)
{
	assert_int_equal(hr_gc_log_line(log, text), HR_OK);
}

/* The trace begins behind the second cycle, 5 s before the program's clock, and lacks the fourth. */
static void test_pairs(void **state)
{
	struct hr_gc_cpu records[] = {
	    {.time_ns = 5000 * MS + 301 * MS,
	     .stw_ns = MS,
	     .procs = 2,
	     .assist_ns = 3 * MS,
	     .dedicated_ns = 2 * MS,
	     .fractional_ns = 3 * MS,
	     .idle_ns = 0,
	     .sweep_ns = 7 * MS},
	    {.time_ns = 5000 * MS + 702 * MS,
	     .stw_ns = 2 * MS,
	     .procs = 2,
	     .assist_ns = 0,
	     .dedicated_ns = 16 * MS,
	     .fractional_ns = 0,
	     .idle_ns = 0,
	     .sweep_ns = HR_NOT_KNOWN},
	};
	struct hr_sides sides = {.gc_cpu = records, .ngc_cpu = 2};
	struct hr_gctrace_agreement a;
	struct hr_gc_log log;

	(void)state;
	memset(&log, 0, sizeof(log));
	line(&log, "gc 1 @0.050s 1%: 0.1+1.0+0.1 ms clock, 0.2+9/9/9+0.2 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	line(&log, "gc 2 @0.150s 1%: 0.1+1.0+0.1 ms clock, 0.2+9/9/9+0.2 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	line(&log, "gc 3 @0.300s 1%: 0.5+1.0+0.5 ms clock, 1.0+3.0/5.0/0+1.0 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	line(&log, "gc 4 @0.500s 1%: 0.5+1.0+0.5 ms clock, 1.0+3.0/5.0/0+1.0 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	line(&log, "gc 5 @0.700s 1%: 1.0+1.0+0.5 ms clock, 2.0+0/8.0/0.5+1.5 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	assert_int_equal(hr_gctrace_compare(&log, &sides, &a), HR_OK);
	assert_int_equal(a.printed_cycles, 5);
	assert_int_equal(a.traced_cycles, 2);
	assert_int_equal(a.paired, 2);
	assert_int_equal(a.printed.stw_ns, 2 * MS + 7 * MS / 2);
	assert_int_equal(a.printed.assist_ns, 3 * MS);
	assert_int_equal(a.printed.dedicated_ns, 13 * MS);
	assert_int_equal(a.printed.idle_ns, MS / 2);
	assert_int_equal(a.printed.total_ns, 10 * MS + 12 * MS);
	assert_int_equal(a.traced.total_ns, 10 * MS + 20 * MS);
	/* 10 against 10, and 20 against 12. */
	assert_true(a.worst_ratio > 0.666 && a.worst_ratio < 0.667);
	hr_gc_log_release(&log);
}

/* Four Ps on two CPUs: the log has the stops on two, the trace on four. Two digits hide nothing of that. */
static void test_fewer_cpus(void **state)
{
	struct hr_gc_cpu records[] = {
	    {.time_ns = 301 * MS, .stw_ns = MS, .procs = 4, .assist_ns = 3 * MS, .idle_ns = MS},
	};
	struct hr_sides sides = {.gc_cpu = records, .ngc_cpu = 1};
	struct hr_gctrace_agreement a;
	struct hr_gc_log log;

	(void)state;
	memset(&log, 0, sizeof(log));
	line(&log, "gc 1 @0.300s 1%: 0.75+1.0+0.25 ms clock, 1.5+3.0/0/1.0+0.5 ms cpu, 4->4->2 MB, 4 MB goal, 4 P");
	line(&log, "gc 2 @9.300s 1%: 0.004+1.0+0.002 ms clock, 0.009+1/1/1+0.005 ms cpu, 4->4->2 MB, 4 MB goal, 4 P");
	assert_int_equal(hr_gctrace_compare(&log, &sides, &a), HR_OK);
	assert_int_equal(a.paired, 1);
	assert_int_equal(a.stw_cpus, 2);
	assert_int_equal(a.printed.stw_ns, 2 * MS);
	assert_int_equal(a.traced.stw_ns, 2 * MS);
	assert_int_equal(a.traced.total_ns, 6 * MS);
	assert_true(a.worst_ratio == 0);
	hr_gc_log_release(&log);

	/* As many CPUs as Ps: nothing is taken from the trace's figure. */
	memset(&log, 0, sizeof(log));
	line(&log, "gc 1 @0.300s 1%: 0.75+1.0+0.25 ms clock, 2.9+3.0/0/1.0+0.9 ms cpu, 4->4->2 MB, 4 MB goal, 4 P");
	assert_int_equal(hr_gctrace_compare(&log, &sides, &a), HR_OK);
	assert_int_equal(a.stw_cpus, 0);
	assert_int_equal(a.traced.stw_ns, 4 * MS);
	hr_gc_log_release(&log);
}

/* Nothing to pair, and text that is no figure. */
static void test_nothing(void **state)
{
	struct hr_sides sides = {0};
	struct hr_gctrace_agreement a;
	struct hr_gc_log log;

	(void)state;
	memset(&log, 0, sizeof(log));
	assert_int_equal(hr_gctrace_compare(&log, &sides, &a), HR_OK);
	assert_int_equal(a.paired, 0);
	line(&log, "gc 1 @0.050s 1%: 0.1+1.0+0.1 ms clock, 0.2+9/x/9+0.2 ms cpu, 4->4->2 MB, 4 MB goal, 2 P");
	assert_int_equal(log.n, 1);
	assert_int_equal(log.cycles[0].stw_cpu_ns, 0);
	assert_int_equal(hr_gctrace_compare(&log, &sides, &a), HR_OK);
	assert_int_equal(a.paired, 0);
	hr_gc_log_release(&log);
}

/* Sums leave out what is not known and what is not measured. */
static void test_sum(void **state)
{
	struct hr_gc_cpu records[] = {
	    {.time_ns = 10, .stw_ns = 1, .procs = 4, .assist_ns = 2, .sweep_ns = 100},
	    {.time_ns = 20,
	     .stw_ns = 10,
	     .procs = 4,
	     .assist_ns = HR_NOT_KNOWN,
	     .dedicated_ns = 5,
	     .fractional_ns = 3,
	     .idle_ns = 9,
	     .sweep_ns = HR_NOT_KNOWN},
	    {.time_ns = 31, .stw_ns = 1000, .procs = 4},
	};
	struct hr_sides sides = {.gc_cpu = records, .ngc_cpu = 3};
	struct hr_gc_cpu_sum sum = hr_gc_cpu_sum(&sides, 10, 30);

	(void)state;
	assert_int_equal(sum.cycles, 2);
	assert_int_equal(sum.stw_ns, 44);
	assert_int_equal(sum.assist_ns, 2);
	assert_int_equal(sum.dedicated_ns, 8);
	assert_int_equal(sum.idle_ns, 9);
	assert_int_equal(sum.total_ns, 63);
	assert_int_equal(sum.sweep_ns, 100);
	assert_int_equal(sum.share_ns, (4 + 2) / 4 + (40 + 8) / 4);
}

HR_TEST_MAIN(gctrace)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pairs),
	    cmocka_unit_test(test_fewer_cpus),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests_name("gctrace", tests, NULL, NULL);
}
