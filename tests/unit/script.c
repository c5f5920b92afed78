/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts of workloads: what statements do, by counts that follow from the script, and what is refused. */
#include "config.h"

#include "generate/script.h"

#include "testing.h"

#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define MS UINT64_C(1000000)

struct seen {
	uint64_t counts[HR_EVENT_KIND_COUNT];
	uint64_t allocated_bytes, live_bytes, live, goal_bytes;
	uint64_t first_ns[HR_EVENT_KIND_COUNT]; /* of the first event of that kind */
	uint64_t end_ns;
};

/* Runs the script to its end. */
static struct seen run(const char *text, const char *params)
{
	struct hr_workload_def *def = NULL;
	struct hr_generator *g = NULL;
	struct hr_event ev[64];
	struct hr_error err = {0};
	struct seen s = {0};
	size_t n;

	if (hr_script_load("test", text, &def, &err) != HR_OK || hr_generator_of(def, params, 1, &g, &err) != HR_OK)
		fail_msg("%s", err.text);
	while (hr_generator_next(g, ev, 64, &n, &err) == HR_OK) {
		for (size_t i = 0; i < n; i++) {
			if (s.counts[ev[i].kind]++ == 0)
				s.first_ns[ev[i].kind] = ev[i].time_ns;
			if (ev[i].kind == HR_EV_SPAN_ALLOC || ev[i].kind == HR_EV_OBJ_ALLOC) {
				s.allocated_bytes += ev[i].size;
				s.live_bytes += ev[i].size;
				s.live++;
			}
			if (ev[i].kind == HR_EV_OBJ_FREE)
				s.live_bytes -= ev[i].size;
			if (ev[i].kind == HR_EV_OBJ_FREE || ev[i].kind == HR_EV_SPAN_FREE)
				s.live--;
			if (ev[i].kind == HR_EV_HEAP_GOAL)
				s.goal_bytes = ev[i].size;
		}
	}
	s.end_ns = hr_generator_stats(g)->last_time_ns;
	hr_generator_free(g);
	hr_script_free(def);
	return s;
}

/* One second holds ten passes of 100 ms: 80 to fill, 10 to mark, 10 to sweep. */
static void test_spans(void **state)
{
	struct seen s = run("once\n"
			    "fill data bytes 1MiB pages 16 over 0\n"
			    "end\n"
			    "fill garbage bytes 2MiB pages 2*8 over 80ms\n"
			    "collect over 10ms goal 3MiB+1\n"
			    "sweep garbage over 10ms\n",
			    "seconds=0.9999");

	(void)state;
	assert_int_equal(s.counts[HR_EV_SPAN_ALLOC], 8 + 10 * 16);
	assert_int_equal(s.counts[HR_EV_GC_BEGIN], 10);
	assert_int_equal(s.counts[HR_EV_SPAN_FREE], 10 * 16);
	assert_int_equal(s.counts[HR_EV_SWEEP_DONE], 9); /* the tenth is at one second */
	assert_int_equal(s.goal_bytes, 3 * MIB + 1);
	assert_int_equal(s.first_ns[HR_EV_GC_BEGIN], 80 * MS);
	assert_int_equal(s.first_ns[HR_EV_GC_END], 90 * MS);
	assert_int_equal(s.live, 8);
}

static void test_blocks(void **state)
{
	struct seen s = run("repeat 3\n"
			    "repeat 2\n"
			    "stacks s bytes 80KiB pages 10\n"
			    "end\n"
			    "free s\n"
			    "end\n"
			    "repeat 0\n"
			    "collect over 1s goal 1\n"
			    "end\n"
			    "wait 1s # and again\n",
			    "seconds=1.5");

	(void)state;
	assert_int_equal(s.counts[HR_EV_SPAN_ALLOC], 2 * 3 * 2);
	assert_int_equal(s.counts[HR_EV_SPAN_FREE], 2 * 3 * 2);
	assert_int_equal(s.counts[HR_EV_GC_BEGIN], 0);
	assert_int_equal(s.live, 0);
}

/* 10 MiB a second for 2 s is 20 MiB, give or take chance; then all but five die, and nothing happens any more. */
static void test_objects(void **state)
{
	struct seen s = run("param speed 1MiB bytes how fast\n"
			    "once\n"
			    "flow f 1024..1024\n"
			    "rate f speed\n"
			    "run 2s\n"
			    "rate f 0\n"
			    "drop f keep 5\n"
			    "end\n"
			    "run 1s\n",
			    "speed=10MiB,seconds=100");

	(void)state;
	assert_in_range(s.allocated_bytes, 19 * MIB, 21 * MIB);
	assert_int_equal(s.live, 5);
	assert_int_equal(s.live_bytes, 5 * 1024);
	assert_int_equal(s.end_ns, 100 * 1000 * MS);
}

static void test_arithmetic(void **state)
{
	static const struct {
		const char *expression;
		uint64_t spans;
	} rows[] = {{"1+2*3", 7}, {"(1+2)*3", 9}, {"10-2-3", 5}, {"100/10/2", 5}, {"7*0.5", 3}, {"share*8", 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text),
			 "param share 0.25 ratio x\nrepeat %s\nstacks s bytes 8KiB pages 1\nend\nwait 9s\n",
			 rows[i].expression);
		assert_int_equal(run(text, "seconds=1").counts[HR_EV_SPAN_ALLOC], rows[i].spans);
	}
}

/* A name stands for a whole number: 7 / 2 is 3. */
static void test_names(void **state)
{
	(void)state;
	assert_int_equal(run("param a 7 count x\nlet half a/2\nlet twice half*2\nrepeat twice\n"
			     "stacks s bytes 8KiB pages 1\nend\nwait 9s\n",
			     "seconds=1")
			     .counts[HR_EV_SPAN_ALLOC],
			 6);
}

/* Some 20,480 objects, of which a quarter is kept; nothing happens to them in the rest of the time. */
static void test_a_share_is_kept(void **state)
{
	struct seen s =
	    run("flow f 1024..1024\nrate f 10MiB\nrun 2s\nrate f 0\ndrop f share 0.25\nrun forever\n", "seconds=100");

	(void)state;
	assert_in_range(s.counts[HR_EV_OBJ_ALLOC], 19000, 22000);
	assert_int_equal(s.live, s.counts[HR_EV_OBJ_ALLOC] / 4);
	assert_int_equal(s.end_ns, 100 * 1000 * MS);
}

/* 1,000 s in random times of 1 s on average: the number of them is Poisson, with a deviation of 32. */
static void test_random_times(void **state)
{
	uint64_t n =
	    run("stacks s bytes 8KiB pages 1\nfree s\nwait 1s random\n", "seconds=1000").counts[HR_EV_SPAN_FREE];

	(void)state;
	assert_in_range(n, 850, 1150);
}

/* A pass of 1 ms makes an object in one of ten cases; that most make none is not the end. */
static void test_passes_without_events(void **state)
{
	struct seen s = run("once\nflow f 1024..1024\nrate f 100KiB\nend\nrun 1ms\n", "seconds=10");

	(void)state;
	assert_in_range(s.counts[HR_EV_OBJ_ALLOC], 850, 1150);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *params, *message;
	} rows[] = {
	    {"", "", "does nothing"},
	    {"jump 3\n", "", "line 1: unknown statement 'jump'"},
	    {"wait 1s\n\nwait x\n", "", "line 3: neither a number nor a parameter: 'x'"},
	    {"wait 1s 2s\n", "", "unexpected at the end: '2s'"},
	    {"wait\n", "", "a number is missing"},
	    {"wait 1/0\n", "", "division by 0"},
	    {"wait (1s\n", "", "parenthesis is not closed"},
	    {"wait 1s-2s\n", "", "too small or too large: '1s-2s'"},
	    {"once\nwait 1s\n", "", "no 'end'"},
	    {"end\n", "", "'end' without a block"},
	    {"wait 1s\nrun 1s\n", "", "line 2: a script is about spans or about objects"},
	    {"rate f 1\n", "", "no flow has the name 'f'"},
	    {"flow f large\n", "", "not 'large'"},
	    {"fill a bytes 1 over 2\n", "", "expected 'pages', not 'over'"},
	    {"fill a bytes 1TiB pages 1 over 1s\n", "", "more than 4194304 spans"},
	    {"param a\nwait 1s\n", "", "a parameter is: param NAME"},
	    {"param a 1 inches x\nwait 1s\n", "", "not 'inches'"},
	    {"param a lots bytes x\nwait 1s\n", "", "parameter 'a'"},
	    {"param seconds 1s time x\nwait 1s\n", "", "parameter 'seconds'"},
	    {"param a 1MiB bytes x\nlimit a 1MiB 2MiB\nwait 1s\n", "a=3MiB",
	     "a is 3.00 MiB; it can be 1.00 MiB to 2.00 MiB"},
	    {"param a 0.25 ratio x\nlimit a 0.25 1\nwait 1s\n", "a=0.2499", "a=0.2499: it can be 0.25 to 1"},
	    {"param a 1MiB bytes x\nlimit a*2 0 4MiB\nwait 1s\n", "a=3MiB", "a*2=6.29146e+06: it can be 0 to"},
	    {"param a 1MiB bytes x\nlimit a-1MiB 1 1GiB a is too small\nwait 1s\n", "", "a is too small"},
	    {"limit b 1 2\nwait 1s\n", "", "neither a number nor a parameter: 'b'"},
	    {"let a\n", "", "a number is missing"},
	    {"let a 1-2\n", "", "too small or too large: '1-2'"},
	    {"let a 1s\nwait b\n", "", "neither a number nor a parameter: 'b'"},
	    {"wait forever\n", "", "neither a number nor a parameter: 'forever'"},
	    {"flow f small\ndrop f share 1.5\n", "", "too small or too large: '1.5'"},
	    {"param a 1MiB bytes x\nwait 1s\n", "b=1", "no parameter 'b'; it has: a, procs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_workload_def *def = NULL;
		struct hr_generator *g = NULL;
		struct hr_error err = {0};
		enum hr_status status = hr_script_load("test", rows[i].text, &def, &err);

		if (status == HR_OK)
			status = hr_generator_of(def, rows[i].params, 1, &g, &err);
		if (status == HR_OK || strstr(err.text, rows[i].message) == NULL)
			fail_msg("%s: got '%s', wanted '%s'", rows[i].text, err.text, rows[i].message);
		hr_script_free(def);
	}
}

HR_TEST_MAIN(script)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spans),	 cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_objects),	 cmocka_unit_test(test_arithmetic),
	    cmocka_unit_test(test_names),	 cmocka_unit_test(test_a_share_is_kept),
	    cmocka_unit_test(test_random_times), cmocka_unit_test(test_passes_without_events),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
