/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers: the published ones of each generator, and what a distribution must look like. */
#include "config.h"

#include "base/random.h"

#include "testing.h"

/* From the C sources of their authors, with seed 1234567 and state 1, 2, 3, 4. */
static void test_published_numbers(void **state)
{
	static const uint64_t split[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
					 UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
					 UINT64_C(16408922859458223821)};
	static const uint64_t xoshiro[] = {UINT64_C(11520),
					   UINT64_C(0),
					   UINT64_C(1509978240),
					   UINT64_C(1215971899390074240),
					   UINT64_C(1216172134540287360),
					   UINT64_C(607988272756665600),
					   UINT64_C(16172922978634559625),
					   UINT64_C(8476171486693032832),
					   UINT64_C(10595114339597558777),
					   UINT64_C(2904607092377533576)};
	struct hr_random r = {{1, 2, 3, 4}};
	uint64_t seed = 1234567;

	(void)state;
	for (size_t i = 0; i < sizeof(split) / sizeof(split[0]); i++)
		assert_true(hr_splitmix(&seed) == split[i]);
	for (size_t i = 0; i < sizeof(xoshiro) / sizeof(xoshiro[0]); i++)
		assert_true(hr_random_next(&r) == xoshiro[i]);
}

static void test_a_seed_fills_the_state(void **state)
{
	struct hr_random a, b, c;

	(void)state;
	hr_random_seed(&a, 0);
	hr_random_seed(&b, 0);
	hr_random_seed(&c, 1);
	assert_true((a.s[0] | a.s[1] | a.s[2] | a.s[3]) != 0);
	assert_true(hr_random_next(&a) == hr_random_next(&b));
	assert_true(hr_random_next(&a) != hr_random_next(&c));
}

static void test_below(void **state)
{
	unsigned counts[6] = {0};
	struct hr_random r;

	(void)state;
	hr_random_seed(&r, 7);
	for (int i = 0; i < 60000; i++) {
		uint64_t x = hr_random_below(&r, 6);

		assert_true(x < 6);
		counts[x]++;
	}
	/* 10,000 each, with a standard deviation of 91. */
	for (int i = 0; i < 6; i++)
		assert_in_range(counts[i], 9500, 10500);
	assert_true(hr_random_below(&r, 1) == 0);
}

/* P(x > t) = e^-t: shares by ln 2 (a half), 1 (36.79 %) and 3 (4.98 %); mean 1. */
static void test_exponential(void **state)
{
	const uint64_t one = HR_RANDOM_ONE;
	unsigned half = 0, above1 = 0, above3 = 0;
	uint64_t sum = 0, least = UINT64_MAX, most = 0;
	struct hr_random r;

	(void)state;
	hr_random_seed(&r, 7);
	for (int i = 0; i < 1000000; i++) {
		uint64_t x = hr_random_exponential(&r);

		half += x > UINT64_C(2977044472);
		above1 += x > one;
		above3 += x > 3 * one;
		sum += x >> 8;
		least = x < least ? x : least;
		most = x > most ? x : most;
	}
	assert_in_range(half, 497500, 502500);
	assert_in_range(above1, 365379, 370379);
	assert_in_range(above3, 48787, 50787);
	assert_in_range(sum / (one >> 8), 995000, 1005000);
	assert_true(least < one / 10000);
	assert_true(most > 10 * one && most < 45 * one);
}

HR_TEST_MAIN(random)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_published_numbers),
	    cmocka_unit_test(test_a_seed_fills_the_state),
	    cmocka_unit_test(test_below),
	    cmocka_unit_test(test_exponential),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
