/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/gauge.h"

#include "testing.h"

#include <stdlib.h>

static struct hr_gauge *new_gauge(uint64_t value, uint64_t now_ns)
{
	struct hr_gauge *g = malloc(sizeof(*g));

	assert_non_null(g);
	hr_gauge_start(g, value, now_ns);
	return g;
}

/* 100 for 1 s, 300 for 3 s: mean 250. */
static void test_mean_is_weighted_by_time(void **state)
{
	struct hr_gauge *g = new_gauge(100, 5);

	(void)state;
	hr_gauge_set(g, 300, 1000000005);
	assert_true(hr_gauge_mean(g, UINT64_C(4000000005)) == 250);
	hr_gauge_finish(g, UINT64_C(4000000005));
	assert_true(hr_gauge_mean(g, UINT64_C(4000000005)) == 250);
	assert_int_equal(g->peak, 300);
	free(g);
}

static void test_a_moment_counts_for_peaks_only(void **state)
{
	struct hr_gauge *g = new_gauge(10, 0);

	(void)state;
	hr_gauge_set(g, 1000, 50);
	hr_gauge_set(g, 10, 50);
	hr_gauge_finish(g, 100);
	assert_true(hr_gauge_mean(g, 100) == 10);
	assert_int_equal(g->peak, 1000);
	assert_int_equal(hr_gauge_percentile(g, 0.99), 10);
	free(g);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Equal times at random values: the percentile is that of the sorted values, at most 1/64 above. */
static void test_percentiles_beside_sorting(void **state)
{
	enum { N = 10000 };
	static uint64_t values[N];
	uint64_t random = 7;
	struct hr_gauge *g = new_gauge(0, 0);

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		values[i] = test_random(&random) >> (20 + test_random(&random) % 30);
		hr_gauge_set(g, values[i], i);
	}
	hr_gauge_finish(g, N);
	qsort(values, N, sizeof(values[0]), by_value);
	for (unsigned percent = 1; percent < 100; percent++) {
		uint64_t exact = values[N * percent / 100 - 1], got = hr_gauge_percentile(g, percent / 100.0);

		assert_true(got >= exact);
		assert_true(got <= exact + exact / 64 + 1);
	}
	free(g);
}

static void test_windows(void **state)
{
	struct hr_gauge *g = new_gauge(10, 0);

	(void)state;
	hr_gauge_set(g, 30, 1);
	hr_gauge_set(g, 20, 2);
	assert_int_equal(g->low, 10);
	assert_int_equal(g->high, 30);
	hr_gauge_open_window(g);
	assert_int_equal(g->low, 20);
	assert_int_equal(g->high, 20);
	hr_gauge_set(g, 25, 3);
	assert_int_equal(g->high, 25);
	free(g);
}

HR_TEST_MAIN(gauge)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mean_is_weighted_by_time),
	    cmocka_unit_test(test_a_moment_counts_for_peaks_only),
	    cmocka_unit_test(test_percentiles_beside_sorting),
	    cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests_name("gauge", tests, NULL, NULL);
}
