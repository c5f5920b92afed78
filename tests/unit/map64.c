/* SPDX-License-Identifier: BSD-3-Clause */
/* The map beside a plain array: keys 0..N-1, what is in it is known by looking. */
#include "config.h"

#include "base/map64.h"

#include "testing.h"

#include <string.h>

#define KEYS 3000

static void check_equal(const struct hr_map64 *m, const uint64_t *want, const bool *has)
{
	size_t count = 0;

	for (uint64_t k = 0; k < KEYS; k++) {
		uint64_t *v = hr_map64_get(m, k * 512);

		assert_int_equal(v != NULL, has[k]);
		if (has[k])
			assert_int_equal(*v, want[k]);
		count += has[k];
	}
	assert_int_equal(m->count, count);
}

static void test_beside_an_array(void **state)
{
	static uint64_t want[KEYS];
	static bool has[KEYS];
	struct hr_map64 m, copy;
	uint64_t random = 42;

	(void)state;
	hr_map64_init(&m);
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t k = test_random(&random) % KEYS, old = 1;

		if (test_random(&random) % 2) {
			want[k] = test_random(&random);
			has[k] = true;
			assert_true(hr_map64_put(&m, k * 512, want[k]));
		} else {
			assert_int_equal(hr_map64_remove(&m, k * 512, &old), has[k]);
			if (has[k])
				assert_int_equal(old, want[k]);
			has[k] = false;
		}
		if (i % 20000 == 0)
			check_equal(&m, want, has);
	}
	check_equal(&m, want, has);
	assert_true(hr_map64_clone(&copy, &m));
	hr_map64_release(&m);
	check_equal(&copy, want, has);
	hr_map64_release(&copy);
}

static void test_empty(void **state)
{
	struct hr_map64 m;

	(void)state;
	hr_map64_init(&m);
	assert_null(hr_map64_get(&m, 0));
	assert_false(hr_map64_remove(&m, 7, NULL));
	hr_map64_release(&m);
}

HR_TEST_MAIN(map64)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_beside_an_array),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("map64", tests, NULL, NULL);
}
