/* SPDX-License-Identifier: BSD-3-Clause */
/* The box of a search address against a value and a flag, and the race that the mark is for. */
#include "config.h"

#include "scavenge/go/search_addr.h"

#include "testing.h"

#include <stdbool.h>

static void is_at(const struct hr_search_addr *b, uint64_t page, bool marked)
{
	bool is_marked;

	assert_int_equal(hr_search_addr_load(b, &is_marked), page);
	assert_int_equal(is_marked, marked);
}

static void test_zero_is_cleared(void **state)
{
	struct hr_search_addr b = {0};

	(void)state;
	is_at(&b, HR_NO_PAGE, false);
	hr_search_addr_clear(&b);
	is_at(&b, HR_NO_PAGE, false);
	hr_search_addr_store_min(&b, 7);
	is_at(&b, HR_NO_PAGE, false);
}

/* Page 0 is a page like any other, and not "cleared". */
static void test_ends_of_the_address_space(void **state)
{
	struct hr_search_addr b = {0};
	uint64_t last = (UINT64_C(1) << 35) - 1;

	(void)state;
	hr_search_addr_raise(&b, 0);
	is_at(&b, 0, true);
	hr_search_addr_raise(&b, last);
	is_at(&b, last, true);
	hr_search_addr_store_unmark(&b, last, 0);
	is_at(&b, 0, false);
	hr_search_addr_clear(&b);
	is_at(&b, HR_NO_PAGE, false);
}

static void test_random_steps(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct hr_search_addr b = {0};
		int64_t page = -1; /* -1: cleared */
		bool marked = false;

		for (int step = 0; step < 50; step++) {
			int64_t to = (int64_t)(test_random(&seed) % 8), from = (int64_t)(test_random(&seed) % 8);

			switch (test_random(&seed) % 6) {
			case 0:
				hr_search_addr_clear(&b);
				if (!marked)
					page = -1;
				break;
			case 1:
				hr_search_addr_store_min(&b, (uint64_t)to);
				if (!marked && page > to)
					page = to;
				break;
			case 2:
				hr_search_addr_store_marked(&b, (uint64_t)to);
				page = to;
				marked = true;
				break;
			case 3:
				hr_search_addr_store_unmark(&b, (uint64_t)from, (uint64_t)to);
				if (marked && page == from) {
					page = to;
					marked = false;
				}
				break;
			case 4:
				hr_search_addr_raise(&b, (uint64_t)to);
				if (page < to) {
					page = to;
					marked = true;
				}
				break;
			case 5:
				hr_search_addr_lower(&b, (uint64_t)from, from % 2, (uint64_t)to);
				if (from % 2 ? marked && page == from : !marked && page > to) {
					page = to;
					marked = false;
				}
				break;
			}
			is_at(&b, (uint64_t)page, marked);
		}
		hr_search_addr_reset(&b);
		is_at(&b, HR_NO_PAGE, false);
	}
}

/* A finder loads the box; before it lowers it, pages above are freed. They must not be forgotten. */
static void test_no_finder_lowers_over_news(void **state)
{
	struct hr_search_addr b = {0};
	uint64_t from;
	bool marked;

	(void)state;
	hr_search_addr_store_marked(&b, 100);
	hr_search_addr_store_unmark(&b, 100, 90);
	from = hr_search_addr_load(&b, &marked);
	hr_search_addr_raise(&b, 200);
	hr_search_addr_lower(&b, from, marked, 10);
	is_at(&b, 200, true);
	hr_search_addr_clear(&b);
	is_at(&b, 200, true);

	/* The same where the finder saw a mark, which a higher one replaced. */
	from = hr_search_addr_load(&b, &marked);
	hr_search_addr_raise(&b, 300);
	hr_search_addr_lower(&b, from, marked, 10);
	is_at(&b, 300, true);

	/* Of two finders that saw the mark the first one takes it; the other's is not lower, then. */
	hr_search_addr_lower(&b, 300, true, 50);
	hr_search_addr_lower(&b, 300, true, 40);
	is_at(&b, 50, false);
}

HR_TEST_MAIN(search_addr)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_zero_is_cleared),
	    cmocka_unit_test(test_ends_of_the_address_space),
	    cmocka_unit_test(test_random_steps),
	    cmocka_unit_test(test_no_finder_lowers_over_news),
	};

	return cmocka_run_group_tests_name("search_addr", tests, NULL, NULL);
}
