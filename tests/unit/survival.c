/* SPDX-License-Identifier: BSD-3-Clause */
/* Lifetimes learned from what is found dead at an age: beside a distribution that is known. */
#include "config.h"

#include "replay/objects/survival.h"

#include "testing.h"

#include <stdlib.h>

static void test_bins(void **state)
{
	(void)state;
	assert_int_equal(hr_survival_bin(0), 0);
	assert_int_equal(hr_survival_bin(1), 0);
	assert_int_equal(hr_survival_bin(2), 2);
	assert_int_equal(hr_survival_bin(3), 3);
	assert_int_equal(hr_survival_bin(4), 4);
	assert_int_equal(hr_survival_bin(5), 4);
	assert_int_equal(hr_survival_bin(6), 5);
	assert_int_equal(hr_survival_bin(UINT64_C(1) << 31), 62);
	assert_int_equal(hr_survival_bin(UINT64_MAX), 63);
}

/* Nothing is known: all ages are alike, nobody is dead. */
static void test_nothing(void **state)
{
	struct hr_survival *s = calloc(1, sizeof(*s));

	(void)state;
	assert_non_null(s);
	hr_survival_init(s);
	assert_true(hr_survival_draw(s, 5, 100, hr_survival_dead_by(s, 5, 100), 0.25) == 25);
	assert_true(hr_survival_dead_by(s, 5, 100) == 0);
	assert_true(hr_survival_age_at(s, 5, 0.5) < 0);
	free(s);
}

/* Lifetimes even over 0 to 1000, 20,000 objects looked at at ages from 1 to 2000. */
static void test_even(void **state)
{
	struct hr_survival *s = calloc(1, sizeof(*s));
	uint64_t seed = 5;

	(void)state;
	assert_non_null(s);
	hr_survival_init(s);
	for (int i = 0; i < 200000; i++) {
		uint64_t life = test_random(&seed) % 1000, age = 1 + test_random(&seed) % 2000;

		hr_survival_see(s, 5, hr_survival_bin(age), 1);
		if (life < age)
			hr_survival_die(s, 5, hr_survival_bin(age));
	}
	hr_survival_learn(s);
	assert_true(hr_survival_dead_by(s, 5, 2000) > 0.99);
	for (double age = 100; age < 1000; age += 100) {
		double share = hr_survival_dead_by(s, 5, age), back = hr_survival_age_at(s, 5, share);

		assert_true(share > age / 1000 - 0.06 && share < age / 1000 + 0.06);
		assert_true(back > age - 1e-6 && back < age + 1e-6);
		/* Who was dead at that age died evenly before it. */
		back = hr_survival_draw(s, 5, age, share, 0.5);
		assert_true(back > age / 2 - 50 && back < age / 2 + 50);
	}
	/* Another class has seen nothing, and takes what all show. */
	assert_true(hr_survival_dead_by(s, 8, 500) > 0.4);
	free(s);
}

/* More are found dead in a young bin than in an older one: both are one then. */
static void test_never_falls(void **state)
{
	struct hr_survival *s = calloc(1, sizeof(*s));
	double last = 0;

	(void)state;
	assert_non_null(s);
	hr_survival_init(s);
	for (unsigned bin = 0; bin < 40; bin++) {
		hr_survival_see(s, 5, bin, 1000);
		for (unsigned i = 0; i < (bin % 3 == 0 ? 500 : 300); i++)
			hr_survival_die(s, 5, bin);
	}
	hr_survival_learn(s);
	for (double age = 1; age < 1e6; age *= 1.3) {
		double share = hr_survival_dead_by(s, 5, age);

		assert_true(share >= last);
		last = share;
	}
	/* The last bin has 500 of 1000, those before it 367 on average. */
	assert_true(last > 0.45 && last < 0.55);
	assert_true(hr_survival_dead_by(s, 5, 1000) > 0.35 && hr_survival_dead_by(s, 5, 1000) < 0.38);
	free(s);
}

HR_TEST_MAIN(survival)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bins),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_even),
	    cmocka_unit_test(test_never_falls),
	};

	return cmocka_run_group_tests_name("survival", tests, NULL, NULL);
}
