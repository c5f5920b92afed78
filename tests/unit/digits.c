/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers are written as the C library's printf writes them. */
#include "config.h"

#include "base/digits.h"
#include "base/random.h"

#include "testing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void same(double x)
{
	for (unsigned digits = 1; digits <= HR_MOST_DIGITS; digits++) {
		char want[64], have[HR_DIGITS_BUF];

		snprintf(want, sizeof(want), "%.*g", (int)digits, x);
		assert_int_equal(hr_digits_put(have, x, digits), strlen(want));
		assert_string_equal(have, want);
	}
}

static void test_edges(void **state)
{
	static const double edges[] = {0,   -0.0,	 1,	     10,       123456789, 1e-4,	   9.9999e-5, 1e-5,
				       0.5, 2.5,	 0.25,	     0.125,    9.5,	  99.5,	   0.95,      0.0995,
				       1e9, 999999999.5, 1e300,	     5e-324,   -1.5,	  -12345,  0.1,	      0.2,
				       0.3, 1e15,	 0.00012345, INFINITY, -INFINITY, 1.0 / 3, 2.0 / 3};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		same(edges[i]);
		same(nextafter(edges[i], 0));
		same(nextafter(edges[i], INFINITY));
	}
	/* Powers of ten are where another digit begins. */
	for (double x = 1e-9; x < 1e12; x *= 10) {
		same(x);
		same(nextafter(x, 0));
		same(x * 0.99999);
	}
}

/* Shares, colours and values of any size; middles between two numbers, which are rounded to even. */
static void test_any(void **state)
{
	struct hr_random r;

	(void)state;
	hr_random_seed(&r, 1);
	for (unsigned i = 0; i < 40000; i++) {
		uint64_t a = hr_random_next(&r) % 4097, b = hr_random_next(&r) % 4096 + 1;

		same((double)a / (double)b);
		same(ldexp((double)(hr_random_next(&r) >> 11), (int)(hr_random_next(&r) % 80) - 73));
		same((double)(hr_random_next(&r) % 2000000) / 2000);
	}
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_edges),
    cmocka_unit_test(test_any),
};

HR_TEST_MAIN(digits)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
