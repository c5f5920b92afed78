/* SPDX-License-Identifier: BSD-3-Clause */
/* The map beside a plain array: keys 0..N-1, what is in it is known by looking.
 */
#include "config.h"

#include "base/map64.h"

#include "testing.h"

#include <stdlib.h>
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
	struct hr_map64 m;
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
	hr_map64_release(&m);
}

/* Every entry once, with the value that it was given, when the keys' alignment
 * falls as they come. */
static void test_all_entries(void **state)
{
	static const unsigned shifts[] = {20, 13, 4, 3, 0};
	struct hr_map64 m;
	uint64_t at = 0, key, sum = 0, want = 0, n = 0, last = 0, *order;
	const uint64_t *value;

	(void)state;
	hr_map64_init_wide(&m, 3);
	for (uint64_t i = 0; i < 5; i++)
		for (uint64_t k = 0; k < KEYS; k++) {
			uint64_t *place = hr_map64_place(&m, (2 * k + 1) << shifts[i]);

			assert_non_null(place);
			place[0] = place[2] = ~((2 * k + 1) << shifts[i]);
			place[1] = i;
			want += (2 * k + 1) << shifts[i];
		}
	while ((value = hr_map64_next(&m, NULL, &at, &key)) != NULL) {
		assert_int_equal(value[0], ~key);
		assert_int_equal(value[2], ~key);
		assert_int_equal(key >> shifts[value[1]] & 1, 1);
		assert_true(hr_map64_get(&m, key) == value);
		sum += key;
		n++;
	}
	assert_int_equal(n, 5 * KEYS);
	assert_int_equal(m.count, n);
	assert_int_equal(sum, want);
	order = hr_map64_order(&m);
	assert_non_null(order);
	for (at = 0; (value = hr_map64_next(&m, order, &at, &key)) != NULL; last = key, n--) {
		assert_int_equal(value[0], ~key);
		assert_true(key > last);
	}
	assert_int_equal(n, 0);
	free(order);
	hr_map64_release(&m);
}

/* Of groups that are filled and emptied but for one entry, what is left is
 * right, and goes when it is removed. */
static void test_one_left_of_each(void **state)
{
	struct hr_map64 m;
	uint64_t value;

	(void)state;
	hr_map64_init(&m);
	for (uint64_t group = 0; group < 100; group++) {
		for (uint64_t k = 0; k < 512; k++)
			assert_true(hr_map64_put(&m, group * 512 + k, k + group));
		for (uint64_t k = 0; k < 512; k++)
			if (k != group)
				assert_true(hr_map64_remove(&m, group * 512 + k, NULL));
	}
	assert_int_equal(m.count, 100);
	for (uint64_t group = 0; group < 100; group++) {
		assert_non_null(hr_map64_get(&m, group * 513));
		assert_true(hr_map64_remove(&m, group * 513, &value));
		assert_int_equal(value, 2 * group);
		assert_null(hr_map64_get(&m, group * 513));
	}
	assert_int_equal(m.count, 0);
	assert_int_equal(m.ngroups, 0);
	hr_map64_release(&m);
}

/* What 50 full groups have left is enough for 50 others elsewhere, again and again, and for many that
 * hold one key each: 50 * 512 places are more than 500 * 2 and what a group has besides. */
static void test_memory_is_used_again(void **state)
{
	struct hr_map64 m;
	size_t most = 0;

	(void)state;
	hr_map64_init(&m);
	for (uint64_t round = 0; round < 20; round++) {
		for (uint64_t k = 0; k < 50 * 512; k++)
			assert_true(hr_map64_put(&m, round << 40 | k, k));
		if (round == 0)
			most = m.piece_bytes;
		for (uint64_t k = 0; k < 50 * 512; k++)
			assert_true(hr_map64_remove(&m, round << 40 | k, NULL));
	}
	for (uint64_t k = 0; k < 500; k++)
		assert_true(hr_map64_put(&m, k << 20 | 1, k));
	for (uint64_t k = 0; k < 500; k++)
		assert_int_equal(*hr_map64_get(&m, k << 20 | 1), k);
	assert_int_equal(m.piece_bytes, most);
	hr_map64_release(&m);
}

/* More than a piece of any size holds. */
static void test_large(void **state)
{
	struct hr_map64 m;

	(void)state;
	hr_map64_init_wide(&m, 4);
	for (uint64_t k = 0; k < 200000; k++)
		hr_map64_place(&m, k * 16)[3] = k;
	for (uint64_t k = 0; k < 200000; k++)
		assert_int_equal(hr_map64_get(&m, k * 16)[3], k);
	hr_map64_release(&m);
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
	    cmocka_unit_test(test_all_entries),
	    cmocka_unit_test(test_one_left_of_each),
	    cmocka_unit_test(test_memory_is_used_again),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("map64", tests, NULL, NULL);
}
