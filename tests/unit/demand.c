/* SPDX-License-Identifier: BSD-3-Clause */
/* The expected demand against a history that is kept whole. */
#include "config.h"

#include "scavenge/policies/demand.h"

#include "testing.h"

#include <stdbool.h>
#include <stdlib.h>

#define S UINT64_C(1000000000)
#define CHANGES 20000

struct change {
	uint64_t ns, pages;
};

static struct change history[CHANGES];

/* The least or the most in second s: what it begins with, and every change in it. */
static uint64_t extreme(size_t n, uint64_t s, bool most)
{
	uint64_t x = 0;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (history[i].ns >= (s + 1) * S)
			break;
		/* The last before the second is what it begins with. */
		if (history[i].ns < s * S) {
			x = history[i].pages;
			any = true;
		} else if (!any || (most ? history[i].pages > x : history[i].pages < x)) {
			x = history[i].pages;
			any = true;
		}
	}
	return x;
}

static uint64_t expected(size_t n, uint64_t now, uint64_t short_s, uint64_t long_s)
{
	uint64_t swing = 0, floor = 0, peak = 0;

	for (uint64_t ago = 0; ago < HR_DEMAND_SECONDS && ago <= now / S; ago++) {
		uint64_t low = extreme(n, now / S - ago, false), high = extreme(n, now / S - ago, true);

		if (ago < short_s && high - low > swing)
			swing = high - low;
		if (ago < long_s && low > floor)
			floor = low;
		peak = high > peak ? high : peak;
	}
	return swing + floor < peak ? swing + floor : peak;
}

static void test_as_the_history_says(void **state)
{
	static struct hr_demand d;
	uint64_t rng = 7, now = 0;
	size_t n = 0, steps = test_quick() ? 300 : 1500;

	(void)state;
	hr_demand_init(&d);
	history[n++] = (struct change){0, 0};
	while (n < steps) {
		now += test_random(&rng) % (test_random(&rng) % 8 == 0 ? 30 * S : S / 3);
		history[n++] = (struct change){now, test_random(&rng) % 1000};
		hr_demand_set(&d, now, history[n - 1].pages);
		if (n % 50 == 0) {
			uint64_t later = now + test_random(&rng) % (20 * S);

			assert_int_equal(hr_demand_expected(&d, later, 60 * S, 300 * S), expected(n, later, 60, 300));
			assert_int_equal(hr_demand_expected(&d, later, 0, 300 * S), expected(n, later, 0, 300));
			assert_int_equal(hr_demand_expected(&d, later, 10 * S, 0), expected(n, later, 10, 0));
			assert_int_equal(hr_demand_expected(&d, later, 300 * S, 60 * S), expected(n, later, 60, 60));
			assert_int_equal(hr_demand_expected(&d, later, 0, 0), 0);
			now = later;
		}
	}
}

/* A heap of 1,000 pages that falls to 100 is expected to be 1,000 for as long as `long` says, and no longer. */
static void test_a_fall_is_forgotten(void **state)
{
	static struct hr_demand d;

	(void)state;
	hr_demand_init(&d);
	hr_demand_set(&d, 0, 1000);
	hr_demand_set(&d, 10 * S, 100);
	assert_int_equal(hr_demand_expected(&d, 20 * S, 60 * S, 300 * S), 1000);
	/* The last whole second at 1,000 is the one from 9 s; 300 seconds, the running one among them, begin at 10. */
	assert_int_equal(hr_demand_expected(&d, 308 * S, 0, 300 * S), 1000);
	assert_int_equal(hr_demand_expected(&d, 309 * S, 0, 300 * S), 100);
	assert_int_equal(hr_demand_expected(&d, 5000 * S, 60 * S, 300 * S), 100);
}

HR_TEST_MAIN(demand)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_the_history_says),
	    cmocka_unit_test(test_a_fall_is_forgotten),
	};

	return cmocka_run_group_tests_name("demand", tests, NULL, NULL);
}
