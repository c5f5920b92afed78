/* SPDX-License-Identifier: BSD-3-Clause */
/* Summaries: packing, merging, and eight at a time, beside looking at pages one by one. */
#include "config.h"

#include "pagealloc/summary.h"

#include "pagealloc/eight.h"
#include "testing.h"

static void test_pack(void **state)
{
	static const int widths[] = {21, 18};
	uint64_t random = 1;

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		int bits = widths[k];
		uint32_t all = UINT32_C(1) << bits;
		struct hr_summary whole = {all, all, all}, back;

		assert_int_equal(hr_summary_pack(whole, bits), UINT64_C(1) << 63);
		back = hr_summary_unpack(UINT64_C(1) << 63, bits);
		assert_true(back.start == all && back.max == all && back.end == all);
		for (unsigned i = 0; i < 10000; i++) {
			struct hr_summary s = {(uint32_t)(test_random(&random) % all),
					       (uint32_t)(test_random(&random) % all),
					       (uint32_t)(test_random(&random) % all)};
			uint64_t packed = hr_summary_pack(s, bits);

			assert_int_equal(packed, s.start | (uint64_t)s.max << bits | (uint64_t)s.end << 2 * bits);
			back = hr_summary_unpack(packed, bits);
			assert_true(hr_summary_same(s, back));
		}
	}
}

/* The summary of n pages. */
static struct hr_summary look(const uint8_t *used, unsigned n)
{
	struct hr_summary s = {n, 0, 0};

	for (unsigned i = 0; i < n; i++) {
		if (used[i] && s.start == n)
			s.start = i;
		s.end = used[i] ? 0 : s.end + 1;
		s.max = s.end > s.max ? s.end : s.max;
	}
	return s;
}

/*
 * Regions of 64 pages, each either all free, all used, or with some pages in
 * use: what merging and searching make of them, against the pages themselves.
 */
static void test_eight(void **state)
{
	uint64_t random = 2;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t used[8 * 64] = {0};
		struct hr_eight16 narrow;
		struct hr_eight32 wide;
		struct hr_summary s, sum[8], all;
		uint64_t packed[8];
		unsigned n, longest = 0;

		for (unsigned i = 0; i < 8; i++) {
			unsigned kind = (unsigned)(test_random(&random) % 4);

			for (unsigned k = 0; k < 64; k++)
				used[64 * i + k] = kind == 0 || (kind > 1 && test_random(&random) % (8 * kind) == 0);
			sum[i] = look(used + 64 * i, 64);
			packed[i] = hr_summary_pack(sum[i], 21);
			narrow.start[i] = (uint16_t)sum[i].start;
			narrow.max[i] = (uint16_t)sum[i].max;
			narrow.end[i] = (uint16_t)sum[i].end;
			wide.start[i] = sum[i].start;
			wide.max[i] = sum[i].max;
			wide.end[i] = sum[i].end;
			longest = sum[i].max > longest ? sum[i].max : longest;
		}
		all = look(used, 8 * 64);
		s = hr_summary_merge(packed, 8, 6, 21);
		assert_true(hr_summary_same(s, all));
		assert_true(hr_summary_same(hr_eight16_merge(&narrow, 64), all));
		assert_true(hr_summary_same(hr_eight32_merge(&wide, 64), all));

		/* The first run of n pages. */
		n = 1 + (unsigned)(test_random(&random) % 64);
		if (n <= all.max) {
			struct hr_fit fit = hr_eight16_fit(&narrow, n), fit32 = hr_eight32_fit(&wide, n);
			unsigned run = 0, at = 0, end;

			while (run < n)
				run = used[at++] ? 0 : run + 1;
			at -= n;
			end = at + n - 1;
			assert_int_equal(fit.i, fit32.i);
			assert_int_equal(fit.crosses, fit32.crosses);
			assert_int_equal(fit.i, end / 64);
			assert_int_equal(fit.crosses, at / 64 != end / 64 || at % 64 == 0);
		}

		/* Another child, and back. */
		n = (unsigned)(test_random(&random) % 8);
		s = sum[(n + 1) % 8];
		packed[n] = hr_summary_pack(s, 21);
		all = hr_summary_merge(packed, 8, 6, 21);
		assert_true(hr_summary_same(hr_eight16_put(&narrow, n, s, 64), all));
		assert_true(hr_summary_same(hr_eight32_put(&wide, n, s, 64), all));
		for (unsigned i = 0; i < 8; i++) {
			s = hr_summary_unpack(packed[i], 21);
			assert_true(hr_summary_same(hr_eight16_get(&narrow, i), s));
			assert_true(hr_summary_same(hr_eight32_get(&wide, i), s));
		}
	}
}

/* Numbers at their upper limits: the largest regions that 16 and 32 bits are for. */
static void test_eight_limits(void **state)
{
	struct hr_eight16 narrow;
	struct hr_eight32 wide;
	struct hr_summary s;

	(void)state;
	for (unsigned hole = 0; hole <= 8; hole++) {
		for (unsigned i = 0; i < 8; i++) {
			narrow.start[i] = narrow.max[i] = narrow.end[i] = i == hole ? 0 : 4096;
			wide.start[i] = wide.max[i] = wide.end[i] = i == hole ? 0 : 1u << 18;
			if (i == hole) { /* the lowest page in use */
				narrow.max[i] = narrow.end[i] = 4095;
				wide.max[i] = wide.end[i] = (1u << 18) - 1;
			}
		}
		s = hr_eight16_merge(&narrow, 4096);
		assert_int_equal(s.start, hole == 8 ? 32768 : 4096 * hole);
		assert_int_equal(s.end, hole == 8 ? 32768 : 4096 * (8 - hole) - 1);
		assert_int_equal(s.max, s.start > s.end ? s.start : s.end);
		s = hr_eight32_merge(&wide, 1u << 18);
		assert_int_equal(s.start, hole << 18);
		assert_int_equal(s.end, hole == 8 ? 8u << 18 : ((8 - hole) << 18) - 1);
		assert_int_equal(s.max, s.start > s.end ? s.start : s.end);
	}
}

HR_TEST_MAIN(summary)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pack),
	    cmocka_unit_test(test_eight),
	    cmocka_unit_test(test_eight_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
