/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of objects, beside a model that is a list. */
#include "config.h"

#include "trace/ledger.h"

#include "testing.h"

#include <stdlib.h>

enum { KEYS = 200, STEPS = 200000 };

/* By hand: the number freed last is given first, then new ones. */
static void test_numbers(void **state)
{
	struct hr_ledger l;

	(void)state;
	hr_ledger_init(&l);
	assert_int_equal(hr_ledger_add(&l, 10), 0);
	assert_int_equal(hr_ledger_add(&l, 20), 1);
	assert_int_equal(hr_ledger_add(&l, 30), 2);
	assert_int_equal(hr_ledger_remove(&l, 0), 10);
	assert_int_equal(hr_ledger_remove(&l, 2), 30);
	assert_false(hr_ledger_has(&l, 2));
	assert_true(hr_ledger_has(&l, 1));
	assert_false(hr_ledger_has(&l, 3));
	assert_false(hr_ledger_has(&l, UINT64_MAX));
	assert_int_equal(l.live, 1);
	assert_int_equal(l.live_bytes, 20);
	assert_int_equal(hr_ledger_add(&l, 40), 2);
	assert_int_equal(hr_ledger_add(&l, 50), 0);
	assert_int_equal(hr_ledger_add(&l, 60), 3);
	hr_ledger_release(&l);
}

/* A key that is forgotten is free, its object lives on. */
static void test_forget(void **state)
{
	struct hr_ledger l;

	(void)state;
	hr_ledger_init(&l);
	assert_int_equal(hr_ledger_forget_key(&l, 5), HR_NO_NUMBER);
	assert_int_equal(hr_ledger_add_key(&l, 5, 10), 0);
	assert_int_equal(hr_ledger_forget_key(&l, 5), 0);
	assert_int_equal(hr_ledger_find(&l, 5), HR_NO_NUMBER);
	assert_true(hr_ledger_has(&l, 0));
	assert_int_equal(hr_ledger_add_key(&l, 5, 20), 1);
	assert_int_equal(hr_ledger_remove(&l, 0), 10);
	assert_int_equal(hr_ledger_find(&l, 5), 1);
	assert_int_equal(hr_ledger_remove(&l, 1), 20);
	assert_int_equal(hr_ledger_find(&l, 5), HR_NO_NUMBER);
	hr_ledger_release(&l);
}

/* Objects with and without keys, in any order, against arrays that are searched. */
static void test_model(void **state)
{
	uint32_t by_key[KEYS], free_numbers[STEPS], live_numbers[STEPS];
	size_t nfree = 0, nlive = 0, given = 0;
	uint64_t *sizes = calloc(STEPS, sizeof(*sizes)), bytes = 0, random = 3;
	struct hr_ledger l;

	(void)state;
	hr_ledger_init(&l);
	for (size_t k = 0; k < KEYS; k++)
		by_key[k] = HR_NO_NUMBER;
	for (size_t step = 0; step < STEPS; step++) {
		uint64_t x = test_random(&random), size = x >> 40, key = x % KEYS;
		bool grow = (x >> 20) % 8 < (step / 20000 % 2 == 0 ? 5 : 3);

		assert_int_equal(hr_ledger_find(&l, key), by_key[key]);
		if (grow && !(by_key[key] != HR_NO_NUMBER && x % 3 != 0)) {
			uint32_t want = nfree > 0 ? free_numbers[--nfree] : (uint32_t)given++, got;

			if (x % 3 != 0)
				by_key[key] = got = hr_ledger_add_key(&l, key, size);
			else
				got = hr_ledger_add(&l, size);
			assert_int_equal(got, want);
			sizes[got] = size;
			bytes += size;
			live_numbers[nlive++] = got;
		} else if (nlive > 0) {
			size_t i = (x >> 30) % nlive;
			uint32_t number = live_numbers[i];

			assert_true(hr_ledger_has(&l, number));
			assert_int_equal(hr_ledger_remove(&l, number), sizes[number]);
			assert_false(hr_ledger_has(&l, number));
			live_numbers[i] = live_numbers[--nlive];
			free_numbers[nfree++] = number;
			bytes -= sizes[number];
			for (size_t k = 0; k < KEYS; k++)
				if (by_key[k] == number)
					by_key[k] = HR_NO_NUMBER;
		}
		assert_int_equal(l.live, nlive);
		assert_int_equal(l.live_bytes, bytes);
		assert_int_equal(l.n, given);
	}
	assert_true(given > 100 && nfree > 0);
	hr_ledger_release(&l);
	free(sizes);
}

HR_TEST_MAIN(ledger)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_forget),
	    cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
