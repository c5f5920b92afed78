/* SPDX-License-Identifier: BSD-3-Clause */
/* Batches for many on several threads: each gets all of them, in order, and on one thread at a time. */
#include "config.h"

#include "replay/pool.h"

#include "base/alloc.h"

#include "testing.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MOST 12

struct who {
	atomic_uint inside; /* threads that are at it */
	uint64_t batches, sum;
	unsigned work;	   /* how much it has to do with a record */
	uint64_t fails_at; /* the batch; 0: never */
	volatile uint64_t waste;
};

static enum hr_status follow(void *ctx, size_t i, const struct hr_place *records, size_t n)
{
	struct who *w = (struct who *)ctx + i;

	assert_int_equal(atomic_fetch_add(&w->inside, 1), 0);
	for (size_t k = 0; k < n; k++) {
		assert_int_equal(records[k].page, w->batches);
		w->sum = w->sum * 31 + records[k].time_ns;
		for (unsigned j = 0; j < w->work; j++)
			w->waste += j;
	}
	w->batches++;
	atomic_fetch_sub(&w->inside, 1);
	return w->batches == w->fails_at ? HR_EINTERNAL : HR_OK;
}

/* Batch b: 1 to 64 records that name it. */
static size_t fill(struct hr_place *records, uint64_t b)
{
	size_t n = 1 + (size_t)(b * 7 % 64);

	memset(records, 0, n * sizeof(*records));
	for (size_t i = 0; i < n; i++) {
		records[i].page = b;
		records[i].time_ns = b * 100 + i;
	}
	return n;
}

static enum hr_status run(unsigned threads, struct who *who, size_t n, uint64_t batches)
{
	struct hr_pool *p = hr_pool_new(threads, n, follow, who);
	struct hr_place records[64];
	enum hr_status status = HR_OK;

	assert_non_null(p);
	for (uint64_t b = 0; b < batches && status == HR_OK; b++)
		status = hr_pool_share(p, records, fill(records, b));
	/* The producer may hear of a failure or not; the end of it does. */
	return hr_pool_close(p) != HR_OK ? HR_EINTERNAL : status;
}

static void test_all_in_order(void **state)
{
	static const unsigned threads[] = {1, 2, 3, 7, MOST + 3};

	(void)state;
	for (size_t t = 0; t < sizeof(threads) / sizeof(threads[0]); t++) {
		struct who who[MOST] = {0};

		/* One has most of the work, as policies do. */
		for (unsigned i = 0; i < MOST; i++)
			who[i].work = i == 5 ? 200 : i;
		assert_int_equal(run(threads[t], who, MOST, 300), HR_OK);
		for (unsigned i = 0; i < MOST; i++) {
			assert_int_equal(who[i].batches, 300);
			assert_int_equal(who[i].sum, who[0].sum);
		}
	}
}

static void test_nothing(void **state)
{
	struct who who[2] = {0};

	(void)state;
	assert_int_equal(run(3, who, 2, 0), HR_OK);
	assert_int_equal(who[0].batches, 0);
}

/* All get as far as the first failure, and whoever fails first by batches has failed. */
static void test_failures(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		struct who who[4] = {{.work = 50}, {.fails_at = 90}, {.work = 100, .fails_at = 40}, {.work = 1}};

		assert_int_equal(run(3, who, 4, 200), HR_EINTERNAL);
		for (unsigned i = 0; i < 4; i++)
			assert_true(who[i].batches >= 40 && who[i].batches <= 48);
		assert_int_equal(who[2].batches, 40);
	}
}

HR_TEST_MAIN(pool)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_in_order),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
