/* SPDX-License-Identifier: BSD-3-Clause */
/* Gates: what is one, and when it is true. */
#include "config.h"

#include "report/gate.h"

#include "testing.h"

#include <string.h>

static void test_good(void **state)
{
	static const struct {
		const char *text, *policy, *figure;
		enum hr_gate_op op;
		bool relative;
		int64_t millionths;
		uint64_t value;
	} good[] = {
	    {"retained_mean_bytes>+5%", NULL, "retained_mean_bytes", HR_GATE_ABOVE, true, 5000000, 0},
	    {" retained_mean_bytes >= +5 % ", NULL, "retained_mean_bytes", HR_GATE_AT_LEAST, true, 5000000, 0},
	    {"go1.22:worst_stall_ns>10ms", "go1.22", "worst_stall_ns", HR_GATE_ABOVE, false, 0, 10000000},
	    {"go1.19,fix=flush+regrow : release_calls<1000", "go1.19,fix=flush+regrow", "release_calls", HR_GATE_BELOW,
	     false, 0, 1000},
	    {"./a:b.so,x=1:thrash_bytes<=64MiB", "./a:b.so,x=1", "thrash_bytes", HR_GATE_AT_MOST, false, 0, 64 << 20},
	    {"pages_per_call_ratio<1.5", NULL, "pages_per_call_ratio", HR_GATE_BELOW, false, 0, 1500},
	    {"total_cpu_ns<-2.5%", NULL, "total_cpu_ns", HR_GATE_BELOW, true, -2500000, 0},
	    {"total_cpu_ns<-100%", NULL, "total_cpu_ns", HR_GATE_BELOW, true, -100000000, 0},
	    {"total_cpu_ns>+0.000001%", NULL, "total_cpu_ns", HR_GATE_ABOVE, true, 1, 0},
	    {"total_cpu_ns>0", NULL, "total_cpu_ns", HR_GATE_ABOVE, false, 0, 0},
	    {"retained>64MiB", NULL, "retained_mean_bytes", HR_GATE_ABOVE, false, 0, 64 << 20},
	    {"go1.22:mem regret > +1%", "go1.22", "equal_cpu_bytes", HR_GATE_ABOVE, true, 1000000, 0},
	    {"pages/call<1.5", NULL, "pages_per_call_ratio", HR_GATE_BELOW, false, 0, 1500},
	    {"huge_pages_broken>1", NULL, "huge_pages_split", HR_GATE_ABOVE, false, 0, 1},
	    {"gc_cycles>10", NULL, "gc_cycles", HR_GATE_ABOVE, false, 0, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct hr_gate g;
		struct hr_error err;
		enum hr_status status = hr_gate_parse(good[i].text, &g, &err);

		assert_int_equal(status, HR_OK);
		if (good[i].policy == NULL)
			assert_null(g.policy);
		else
			assert_string_equal(g.policy, good[i].policy);
		assert_string_equal(hr_metrics[g.figure].name, good[i].figure);
		assert_int_equal(g.op, good[i].op);
		assert_int_equal(g.relative, good[i].relative);
		assert_int_equal(g.millionths, good[i].millionths);
		assert_int_equal(g.value, good[i].value);
		hr_gate_release(&g);
	}
}

static void test_bad(void **state)
{
	/* Text, and a part of what is said about it. */
	static const char *const bad[][2] = {
	    {"", "is no METRIC > VALUE"},
	    {"retained_mean_bytes", "is no METRIC > VALUE"},
	    {"retained_mean_bytes=5", "is no METRIC > VALUE"},
	    {">5", "there is no metric ''"},
	    {"rss>5MiB", "there is no metric 'rss'"},
	    {"retained_mean_bytes>", "has no value"},
	    {"retained_mean_bytes> ", "has no value"},
	    {"retained_mean_bytes>>5", "takes a size such as 64MiB"},
	    {"retained_mean_bytes>5%", "percent take a sign"},
	    {"retained_mean_bytes>+5MiB", "percent of the baseline"},
	    {"retained_mean_bytes>+ 5%", "percent of the baseline"},
	    {"retained_mean_bytes>+%", "percent of the baseline"},
	    {"retained_mean_bytes>+.5%", "percent of the baseline"},
	    {"retained_mean_bytes>+5.%", "percent of the baseline"},
	    {"retained_mean_bytes>+5.1234567%", "percent of the baseline"},
	    {"retained_mean_bytes>-100.1%", "percent of the baseline"},
	    {"retained_mean_bytes>+99999999999999999999%", "percent of the baseline"},
	    {"retained_mean_bytes>10ms", "takes a size such as 64MiB"},
	    {"worst_stall_ns>10", "takes a time such as 10ms"},
	    {"worst_stall_ns>10MiB", "takes a time such as 10ms"},
	    {"release_calls>1.5", "takes a whole number"},
	    {"release_calls>99999999999999999999", "takes a whole number"},
	    {"pages_per_call_ratio>x", "takes a number such as 1.5"},
	    {":release_calls>1", "has no policy before its ':'"},
	    {" :release_calls>1", "has no policy before its ':'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hr_gate g;
		struct hr_error err;

		assert_int_equal(hr_gate_parse(bad[i][0], &g, &err), HR_EUSAGE);
		assert_non_null(strstr(err.text, bad[i][1]));
	}
}

/* The bound itself is neither above nor below, to the last unit and for the largest numbers. */
static void test_exact(void **state)
{
	static const struct {
		const char *text;
		uint64_t value, base;
		bool fails;
		uint64_t bound;
	} rows[] = {
	    {"thrash_bytes>+5%", 105, 100, false, 105},
	    {"thrash_bytes>+5%", 106, 100, true, 105},
	    {"thrash_bytes>=+5%", 105, 100, true, 105},
	    {"thrash_bytes>=+5%", 104, 100, false, 105},
	    {"thrash_bytes<-5%", 95, 100, false, 95},
	    {"thrash_bytes<-5%", 94, 100, true, 95},
	    {"thrash_bytes<=-5%", 95, 100, true, 95},
	    {"thrash_bytes>+5%", 1, 0, true, 0},
	    {"thrash_bytes>+5%", 0, 0, false, 0},
	    {"thrash_bytes<-100%", 0, 100, false, 0},
	    /* 10 % of 3 is 3.3: 3 is not above, 4 is. */
	    {"thrash_bytes>+10%", 3, 3, false, 3},
	    {"thrash_bytes>+10%", 4, 3, true, 3},
	    {"thrash_bytes>+0%", UINT64_MAX, UINT64_MAX, false, UINT64_MAX},
	    {"thrash_bytes>+0%", UINT64_MAX, UINT64_MAX - 1, true, UINT64_MAX - 1},
	    {"thrash_bytes<+1000000000%", UINT64_MAX, UINT64_MAX, true, UINT64_MAX},
	    {"thrash_bytes>1KiB", 1024, 0, false, 1024},
	    {"thrash_bytes>1KiB", 1025, 0, true, 1024},
	    {"pages_per_call_ratio<1.5", 1499, 0, true, 1500},
	    {"pages_per_call_ratio<1.5", 1500, 0, false, 1500},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_gate g;

		assert_int_equal(hr_gate_parse(rows[i].text, &g, NULL), HR_OK);
		assert_int_equal(hr_gate_fails(&g, rows[i].value, rows[i].base), rows[i].fails);
		assert_int_equal(hr_gate_bound(&g, rows[i].base), rows[i].bound);
		hr_gate_release(&g);
	}
}

static void test_applies(void **state)
{
	struct hr_gate g;

	(void)state;
	assert_int_equal(hr_gate_parse("release_calls>1", &g, NULL), HR_OK);
	assert_true(hr_gate_applies(&g, "go1.22"));
	hr_gate_release(&g);
	assert_int_equal(hr_gate_parse("go1.22:release_calls>1", &g, NULL), HR_OK);
	assert_true(hr_gate_applies(&g, "go1.22"));
	assert_false(hr_gate_applies(&g, "go1.22,offset=on"));
	hr_gate_release(&g);
	/* A shared object goes by its name alone, wherever it lies; its parameters count. */
	assert_int_equal(hr_gate_parse("mine.so,a=b/c:release_calls>1", &g, NULL), HR_OK);
	assert_true(hr_gate_applies(&g, "./build/mine.so,a=b/c"));
	assert_true(hr_gate_applies(&g, "mine.so,a=b/c"));
	assert_false(hr_gate_applies(&g, "./build/mine.so,a=b/d"));
	assert_false(hr_gate_applies(&g, "./build/mine.so"));
	assert_false(hr_gate_applies(&g, "./build/not-mine.so,a=b/c"));
	hr_gate_release(&g);
}

HR_TEST_MAIN(gate)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_applies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
