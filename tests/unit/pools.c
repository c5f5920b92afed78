/* SPDX-License-Identifier: BSD-3-Clause */
/* Which large objects are taken for pooled ones, and what becomes of those that lie in a pool. */
#include "config.h"

#include "replay/objects/pools.h"

#include "testing.h"

#define SCAN 0	 /* the span class of large objects with pointers */
#define NOSCAN 1 /* and without */
#define PAGES 40

static void born(struct hr_pools *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_true(hr_pools_born(p, SCAN, PAGES));
}

static void died(struct hr_pools *p, unsigned n, bool first)
{
	for (unsigned i = 0; i < n; i++)
		assert_true(hr_pools_died(p, SCAN, PAGES, first));
}

static bool kept(const struct hr_pools *p)
{
	return hr_pools_keep(p, hr_pools_kind(p, SCAN, PAGES));
}

/* Four are made after each fourth cycle, and were dropped by the third after that. */
static void test_pooled(void **state)
{
	struct hr_pools p;

	(void)state;
	hr_pools_init(&p);
	assert_true(hr_pools_kind(&p, SCAN, PAGES) == HR_NO_KIND);
	for (unsigned round = 0; round < 4; round++) {
		/* Four are few: were a third of the others garbage at once, a fifth of their fours would look so. Of eights 4 %. */
		assert_true(round == 0 || kept(&p) == (round >= 2));
		born(&p, 4);
		for (unsigned i = 0; i < 4; i++)
			hr_pools_mark(&p);
		died(&p, 4, false);
	}
	assert_true(kept(&p));
	assert_true(hr_pools_kind(&p, NOSCAN, PAGES) == HR_NO_KIND && hr_pools_kind(&p, SCAN, PAGES + 1) == HR_NO_KIND);
	/* Each was there for four cycles. */
	born(&p, 2);
	assert_true(hr_pools_rate(&p, 0) == 2 / 4.0);
	hr_pools_release(&p);
}

/* Some are garbage at once. */
static void test_young(void **state)
{
	struct hr_pools p;

	(void)state;
	hr_pools_init(&p);
	for (unsigned round = 0; round < 10; round++) {
		born(&p, 4);
		hr_pools_mark(&p);
		hr_pools_mark(&p);
		died(&p, 1, true);
		hr_pools_mark(&p);
		died(&p, 3, false);
		assert_false(kept(&p));
		assert_true(hr_pools_rate(&p, 0) == 0);
	}
	hr_pools_release(&p);
}

/* As many come as go in each cycle: they were not there for the taking. */
static void test_turnover(void **state)
{
	struct hr_pools p;

	(void)state;
	hr_pools_init(&p);
	for (unsigned round = 0; round < 40; round++) {
		born(&p, 2);
		hr_pools_mark(&p);
		if (round >= 4)
			died(&p, 2, false);
		assert_false(kept(&p));
	}
	hr_pools_release(&p);
}

/* They die too seldom for cycles to be the reason. */
static void test_old(void **state)
{
	struct hr_pools p;

	(void)state;
	hr_pools_init(&p);
	born(&p, 40);
	for (unsigned i = 0; i < 40; i++) {
		hr_pools_mark(&p);
		if (i % 10 == 9)
			died(&p, 1, false);
		assert_true(i < 9 || !kept(&p));
	}
	hr_pools_release(&p);
}

static void count(void *ctx, struct hr_object object)
{
	*(uint32_t *)ctx = *(uint32_t *)ctx * 10 + object.slot;
}

/* What is not taken is dropped by the second cycle, or the first one where one has begun already. */
static void test_cycles(void **state)
{
	struct hr_pool pool = {0};
	struct hr_object object;
	uint32_t dropped = 0;

	(void)state;
	for (uint32_t i = 1; i <= 4; i++)
		assert_true(hr_pool_put(&pool, i / 4, (struct hr_object){i}, i == 1));
	assert_int_equal(pool.n, 4);
	assert_false(hr_pool_take(&pool, 2, &object));
	hr_pool_clean(&pool, count, &dropped);
	assert_int_equal(dropped, 1);
	assert_true(hr_pool_take(&pool, 0, &object));
	assert_int_equal(object.slot, 3);
	hr_pool_clean(&pool, count, &dropped);
	assert_int_equal(dropped, 124);
	assert_int_equal(pool.n, 0);
	assert_false(hr_pool_take(&pool, 0, &object));
	hr_pool_release(&pool);
}

/* After a cycle, and all of them. */
static void test_again(void **state)
{
	struct hr_pool pool = {0};

	(void)state;
	assert_true(hr_pool_due(&pool) == HR_NO_KIND);
	assert_true(hr_pool_again(&pool, 3) && hr_pool_again(&pool, 3) && hr_pool_again(&pool, 1));
	hr_pool_clean(&pool, count, NULL);
	assert_int_equal(hr_pool_due(&pool), 1);
	assert_int_equal(hr_pool_due(&pool), 3);
	assert_int_equal(hr_pool_due(&pool), 3);
	assert_true(hr_pool_due(&pool) == HR_NO_KIND);
	hr_pool_release(&pool);
}

HR_TEST_MAIN(pools)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pooled), cmocka_unit_test(test_young),  cmocka_unit_test(test_turnover),
	    cmocka_unit_test(test_old),	   cmocka_unit_test(test_cycles), cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests_name("pools", tests, NULL, NULL);
}
