/* SPDX-License-Identifier: BSD-3-Clause */
/* Lag: drops are found, and what is said of them is what the levels of both curves say. */
#include "config.h"

#include "scavenge/lag.h"

#include "testing.h"

#include <stdlib.h>

#define MIB (UINT64_C(1) << 20)
#define S UINT64_C(1000000000)

static struct hr_lag *new_lag(uint64_t in_use, uint64_t resident)
{
	struct hr_lag *l = malloc(sizeof(*l));

	assert_non_null(l);
	hr_lag_start(l, in_use, resident, 0);
	return l;
}

/* 100 MiB fall at once; a MiB of them is returned every second. The 51st second has half of it and the step. */
static void test_a_fall_and_a_slow_return(void **state)
{
	struct hr_lag *l = new_lag(0, 0);
	const struct hr_lag_drop *d;
	uint64_t ns, bytes;

	(void)state;
	hr_lag_set(l, 128 * MIB, 150 * MIB, 1 * S);
	hr_lag_set(l, 28 * MIB, 150 * MIB, 2 * S);
	for (unsigned i = 1; i <= 95; i++)
		hr_lag_set(l, 28 * MIB, (150 - i) * MIB, (2 + i) * S);
	d = hr_lag_largest(l);
	assert_non_null(d);
	assert_int_equal(hr_lag_drop_bytes(d), 100 * MIB);
	assert_int_equal(d->start_ns, 1 * S);
	assert_int_equal(hr_lag_fell_ns(d, 50), 2 * S);
	assert_true(hr_lag_of(d, 50, &ns));
	assert_true(ns == 50 * S || ns == 51 * S);
	assert_true(hr_lag_of(d, 90, &ns));
	assert_true(ns == 90 * S || ns == 91 * S);
	assert_false(hr_lag_of(d, 99, &ns));
	assert_true(hr_lag_held(d, 10 * S, 97 * S, &bytes));
	assert_in_range(bytes, 90 * MIB - MIB / 16, 90 * MIB + MIB / 16);
	assert_false(hr_lag_held(d, 96 * S, 97 * S, &bytes));
	free(l);
}

/* What is returned with the fall, or before it, has no lag. */
static void test_returned_at_once(void **state)
{
	struct hr_lag *l = new_lag(64 * MIB, 64 * MIB);
	const struct hr_lag_drop *d;
	uint64_t ns, bytes;

	(void)state;
	for (unsigned i = 1; i <= 40; i++)
		hr_lag_set(l, (64 - i) * MIB, (64 - i) * MIB, i * S);
	d = hr_lag_largest(l);
	assert_non_null(d);
	for (unsigned percent = 50; percent <= 100; percent++) {
		assert_true(hr_lag_of(d, percent, &ns));
		assert_int_equal(ns, 0);
	}
	assert_true(hr_lag_held(d, 0, 40 * S, &bytes));
	assert_int_equal(bytes, 0);
	free(l);
}

/* Less than a tenth of the high is no drop, nor is less than a MiB; nor is growth. */
static void test_what_is_no_drop(void **state)
{
	struct hr_lag *l = new_lag(0, 0);

	(void)state;
	for (unsigned i = 0; i <= 200; i++)
		hr_lag_set(l, i * MIB - (i % 2 == 0 && i > 50 ? 5 * MIB : 0), i * MIB, i * S);
	assert_null(hr_lag_largest(l));
	hr_lag_start(l, MIB - 1, MIB, 201 * S);
	hr_lag_set(l, 0, MIB, 202 * S);
	assert_null(hr_lag_largest(l));
	free(l);
}

/* The largest of three is kept, and is followed when it is over: what goes 10 s later counts for it. */
static void test_the_largest_of_several(void **state)
{
	struct hr_lag *l = new_lag(100 * MIB, 100 * MIB);
	const struct hr_lag_drop *d;
	uint64_t ns;

	(void)state;
	hr_lag_set(l, 70 * MIB, 100 * MIB, 1 * S);  /* 30 */
	hr_lag_set(l, 100 * MIB, 100 * MIB, 2 * S); /* as high as before */
	hr_lag_set(l, 30 * MIB, 100 * MIB, 3 * S);  /* 70 */
	hr_lag_set(l, 60 * MIB, 100 * MIB, 4 * S);
	hr_lag_set(l, 20 * MIB, 100 * MIB, 5 * S); /* 40 */
	hr_lag_set(l, 20 * MIB, 25 * MIB, 13 * S);
	d = hr_lag_largest(l);
	assert_non_null(d);
	assert_int_equal(d->start_ns, 2 * S);
	assert_int_equal(hr_lag_drop_bytes(d), 70 * MIB);
	assert_true(hr_lag_of(d, 99, &ns));
	assert_int_equal(ns, 10 * S);
	hr_lag_set(l, 20 * MIB + 1, 25 * MIB, UINT64_MAX);
	assert_ptr_equal(hr_lag_largest(l), d);
	free(l);
}

/* Any walk: the largest drop and its lag beside a look at the whole curve, to a step of the levels. */
static void test_beside_the_whole_curve(void **state)
{
	enum { N = 400 };
	uint64_t in_use[N], resident[N], random = 3;

	(void)state;
	for (unsigned run = 0; run < 200; run++) {
		struct hr_lag *l = new_lag(50 * MIB, 90 * MIB);
		const struct hr_lag_drop *d;
		uint64_t low = UINT64_MAX;
		unsigned from;

		for (unsigned i = 0; i < N; i++) {
			random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			in_use[i] = (i ? in_use[i - 1] : 50 * MIB) + (random >> 33) % (9 * MIB);
			in_use[i] = in_use[i] > 4 * MIB + MIB / 2 ? in_use[i] - 4 * MIB - MIB / 2 : 0;
			resident[i] = in_use[i] + (random >> 40) % (40 * MIB);
			if (i == 0)
				hr_lag_start(l, in_use[0], resident[0], 0);
			hr_lag_set(l, in_use[i], resident[i], i * S);
		}
		d = hr_lag_largest(l);
		if (d == NULL) {
			free(l);
			continue;
		}
		from = (unsigned)(d->start_ns / S);
		assert_int_equal(d->high_bytes, in_use[from]);
		for (unsigned i = from; i < N && in_use[i] <= d->high_bytes && low != d->low_bytes; i++)
			low = in_use[i] < low ? in_use[i] : low;
		assert_int_equal(low, d->low_bytes);
		for (unsigned percent = 50; percent <= 90; percent += 40) {
			uint64_t want = hr_lag_drop_bytes(d) * percent / 100, ns;
			unsigned i = from, k = from;

			while (in_use[from] - in_use[i] < want || in_use[i] > in_use[from])
				i++;
			while (k < N && (resident[k] > resident[from] || resident[from] - resident[k] < want))
				k++;
			assert_in_range(hr_lag_fell_ns(d, percent), i * S, N * S);
			if (hr_lag_of(d, percent, &ns) && hr_lag_fell_ns(d, percent) == i * S)
				assert_true(i * S + ns >= k * S);
		}
		free(l);
	}
}

HR_TEST_MAIN(lag)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_fall_and_a_slow_return), cmocka_unit_test(test_returned_at_once),
	    cmocka_unit_test(test_what_is_no_drop),	     cmocka_unit_test(test_the_largest_of_several),
	    cmocka_unit_test(test_beside_the_whole_curve),
	};

	return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
