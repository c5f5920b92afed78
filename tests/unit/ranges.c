/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of ranges beside an array of pages. */
#include "config.h"

#include "pagealloc/ranges.h"

#include "pagealloc/geometry.h"
#include "testing.h"

#include <string.h>

#define PAGES 600u
#define NEVER (PAGES + 5) /* one past what is asked for, so that "above all" is tried, too */

static void assert_same(const struct hr_ranges *r, const bool *in)
{
	uint64_t total = 0;
	size_t k = 0;

	for (uint64_t page = 0; page < NEVER; page++) {
		uint64_t ceil = page;

		while (ceil < PAGES && !in[ceil])
			ceil++;
		total += in[page];
		if (k < r->n && page == r->at[k].base)
			k++;
		assert_int_equal(hr_ranges_succ(r, page), k);
		assert_int_equal(hr_ranges_contains(r, page), in[page]);
		assert_int_equal(hr_ranges_ceil(r, page), ceil < PAGES ? ceil : HR_NO_PAGE);
		for (uint64_t limit = page, all = true; limit < NEVER && limit < page + 5; limit++) {
			all &= in[limit];
			assert_int_equal(hr_ranges_contain(r, page, limit + 1), all);
		}
	}
	for (k = 0; k < r->n; k++)
		assert_true(r->at[k].base < r->at[k].limit && (k == 0 || r->at[k - 1].limit < r->at[k].base));
	assert_int_equal(r->total_pages, total);
}

static void test_beside_an_array(void **state)
{
	bool in[NEVER] = {false}, copied[NEVER];
	uint64_t random = 7;
	struct hr_ranges r, copy;

	(void)state;
	hr_ranges_init(&r);
	hr_ranges_init(&copy);
	for (unsigned round = 0; round < 4000; round++) {
		uint64_t base = test_random(&random) % PAGES, n = 1 + test_random(&random) % 8, limit = base,
			 high = PAGES;

		switch (test_random(&random) % 40) {
		case 0:
			hr_ranges_remove_from(&r, base);
			memset(in + base, 0, PAGES - base);
			break;
		case 1:
		case 2: {
			struct hr_range gone = hr_ranges_remove_last(&r, n), want = {0, 0};

			while (high > 0 && !in[high - 1])
				high--;
			want.limit = want.base = high;
			while (want.base > 0 && in[want.base - 1] && want.limit - want.base < n)
				in[--want.base] = false;
			assert_int_equal(gone.base, want.base);
			assert_int_equal(gone.limit, want.limit);
			break;
		}
		case 3:
			assert_true(hr_ranges_copy(&copy, &r));
			memcpy(copied, in, sizeof(in));
			assert_same(&copy, copied);
			break;
		default:
			while (limit < PAGES && limit < base + n && !in[limit])
				limit++;
			assert_int_equal(hr_ranges_add(&r, base, limit), limit > base);
			memset(in + base, 1, limit - base);
		}
		assert_same(&r, in);
	}
	hr_ranges_release(&r);
	hr_ranges_release(&copy);
}

static void test_empty(void **state)
{
	struct hr_ranges r;
	struct hr_range none;

	(void)state;
	hr_ranges_init(&r);
	assert_int_equal(hr_ranges_ceil(&r, 0), HR_NO_PAGE);
	assert_int_equal(hr_ranges_succ(&r, 0), 0);
	assert_false(hr_ranges_contains(&r, 0));
	assert_false(hr_ranges_add(&r, 5, 5));
	assert_false(hr_ranges_add(&r, 6, 5));
	none = hr_ranges_remove_last(&r, 1);
	assert_true(none.base == 0 && none.limit == 0);
	hr_ranges_remove_from(&r, 0);
	assert_int_equal(r.n, 0);
	hr_ranges_release(&r);
}

HR_TEST_MAIN(ranges)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_beside_an_array),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
