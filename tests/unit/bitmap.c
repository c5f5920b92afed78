/* SPDX-License-Identifier: BSD-3-Clause */
/* Bitmaps of a chunk beside arrays of 512 booleans. */
#include "config.h"

#include "pagealloc/bitmap.h"

#include "testing.h"

#include <stdbool.h>
#include <string.h>

#define PAGES HR_CHUNK_PAGES

/* Runs of used and free pages whose lengths are up to 2^k, for a k of its own: dense, sparse and mixed chunks. */
static void make_up(uint64_t *random, bool used[PAGES], hr_bitmap b)
{
	unsigned k = (unsigned)(test_random(random) % 10), j = (unsigned)(test_random(random) % 10);
	bool now = test_random(random) % 2;

	memset(b, 0, sizeof(hr_bitmap));
	for (unsigned i = 0; i < PAGES; now = !now) {
		unsigned n = 1 + (unsigned)(test_random(random) % (1u << (now ? k : j)));

		for (; n > 0 && i < PAGES; n--, i++) {
			used[i] = now;
			b[i / 64] |= (uint64_t)now << i % 64;
		}
	}
}

static void assert_same(const hr_bitmap b, const bool used[PAGES])
{
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(b[i / 64] >> i % 64 & 1, used[i]);
}

static void test_ranges(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		bool used[PAGES];
		hr_bitmap b;
		unsigned i = (unsigned)(test_random(&random) % (PAGES + 1));
		unsigned n = (unsigned)(test_random(&random) % (PAGES - i + 1)), count = 0;
		bool set = test_random(&random) % 2;

		make_up(&random, used, b);
		for (unsigned k = i; k < i + n; k++)
			count += used[k];
		assert_int_equal(hr_bitmap_count(b, i, n), count);
		assert_int_equal(hr_bitmap_any(b, i, n), count > 0);
		if (set)
			hr_bitmap_set(b, i, n);
		else
			hr_bitmap_clear(b, i, n);
		memset(used + i, set, n);
		assert_same(b, used);
	}
}

static void test_summarize(void **state)
{
	uint64_t random = 2;
	static const hr_bitmap free;
	struct hr_summary s = hr_bitmap_summarize(free);

	(void)state;
	assert_true(s.start == PAGES && s.max == PAGES && s.end == PAGES);
	for (unsigned round = 0; round < 5000; round++) {
		bool used[PAGES];
		hr_bitmap b;
		unsigned start = PAGES, max = 0, run = 0;

		make_up(&random, used, b);
		for (unsigned i = 0; i < PAGES; i++) {
			if (used[i] && start == PAGES)
				start = i;
			run = used[i] ? 0 : run + 1;
			max = run > max ? run : max;
		}
		s = hr_bitmap_summarize(b);
		assert_int_equal(s.start, start);
		assert_int_equal(s.max, max);
		assert_int_equal(s.end, run);
	}
}

static unsigned naive_find(const bool used[PAGES], unsigned n, unsigned from)
{
	unsigned run = 0;

	for (unsigned i = from / 64 * 64; i < PAGES; i++) {
		run = used[i] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return PAGES;
}

static void test_find(void **state)
{
	uint64_t random = 3;

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		bool used[PAGES];
		hr_bitmap b;

		make_up(&random, used, b);
		for (unsigned k = 0; k < 12; k++) {
			unsigned n = 1 + (unsigned)(test_random(&random) % (2u << k % 10)), first;
			unsigned from = (unsigned)(test_random(&random) % PAGES);
			unsigned at = hr_bitmap_find(b, n, from, &first);

			assert_int_equal(at, naive_find(used, n, from));
			if (at != PAGES)
				assert_int_equal(first, naive_find(used, 1, from));
		}
	}
}

static void test_find_bit_range(void **state)
{
	uint64_t random = 4;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint64_t x = test_random(&random) | (round % 2 ? test_random(&random) | test_random(&random) : 0);
		unsigned n = 1 + (unsigned)(test_random(&random) % 64), run = 0, at = 64;

		if (round % 3 == 0) /* a long run, somewhere */
			x |= UINT64_MAX >> test_random(&random) % 64 << test_random(&random) % 64;
		for (unsigned i = 0; i < 64 && at == 64; i++) {
			run = x >> i & 1 ? run + 1 : 0;
			at = run == n ? i + 1 - n : 64;
		}
		assert_int_equal(hr_find_bit_range64(x, n), at);
	}
	assert_int_equal(hr_find_bit_range64(UINT64_MAX, 64), 0);
	assert_int_equal(hr_find_bit_range64(0, 1), 64);
}

HR_TEST_MAIN(bitmap)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_summarize),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_find_bit_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
