/* SPDX-License-Identifier: BSD-3-Clause */
/* Live spans: what goes in comes out, and overlaps are found as an exhaustive search finds them. */
#include "config.h"

#include "heap/spans.h"

#include "testing.h"

#include <stdbool.h>

static void test_put_get_remove(void **state)
{
	struct hr_spans s;
	struct hr_span greatest = {(UINT64_C(1) << HR_SPAN_PAGE_BITS) - 1, HR_SPAN_MAX_PAGES, true}, got;

	(void)state;
	hr_spans_init(&s);
	assert_false(hr_spans_get(&s, 7, &got));
	assert_false(hr_spans_remove(&s, 7, &got));
	assert_int_equal(hr_spans_overlap(&s, 0, 100), UINT64_MAX);
	assert_true(hr_spans_put(&s, 7, greatest));
	assert_true(hr_spans_put(&s, 0, (struct hr_span){0, 1, false}));
	assert_true(hr_spans_get(&s, 7, &got));
	assert_memory_equal(&got.page, &greatest.page, sizeof(got.page));
	assert_int_equal(got.npages, greatest.npages);
	assert_true(got.manual);
	assert_true(hr_spans_put(&s, 7, (struct hr_span){12, 3, false}));
	assert_int_equal(hr_spans_count(&s), 2);
	assert_true(hr_spans_remove(&s, 7, &got));
	assert_int_equal(got.page, 12);
	assert_int_equal(got.npages, 3);
	assert_false(got.manual);
	assert_false(hr_spans_get(&s, 7, &got));
	assert_int_equal(hr_spans_count(&s), 1);
	hr_spans_release(&s);
}

#define PAGES 512

static uint64_t naive_overlap(const uint16_t *owner, uint64_t page, uint64_t npages)
{
	for (uint64_t i = page; i < page + npages && i < PAGES; i++)
		if (owner[i] != 0)
			return owner[i] - 1;
	return UINT64_MAX;
}

static void test_overlap(void **state)
{
	struct hr_spans s;
	uint16_t owner[PAGES] = {0}; /* first page of the span that has it, plus 1 */
	uint64_t seed = 88172645463325252;

	(void)state;
	hr_spans_init(&s);
	for (int step = 0; step < 20000; step++) {
		uint64_t r = test_random(&seed), page = r % PAGES, npages = 1 + (r >> 20) % (r >> 40 & 1 ? 3 : 60);
		uint64_t want = naive_overlap(owner, page, npages);
		struct hr_span got;

		assert_int_equal(hr_spans_overlap(&s, page, npages), want);
		if (want == UINT64_MAX && page + npages <= PAGES) {
			assert_true(hr_spans_put(&s, page, (struct hr_span){page, npages, r >> 50 & 1}));
			for (uint64_t i = page; i < page + npages; i++)
				owner[i] = (uint16_t)(page + 1);
		} else if (want != UINT64_MAX && r >> 51 & 1) {
			assert_true(hr_spans_remove(&s, want, &got));
			for (uint64_t i = got.page; i < got.page + got.npages; i++)
				owner[i] = 0;
		}
	}
	hr_spans_release(&s);
}

HR_TEST_MAIN(spans)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_put_get_remove),
	    cmocka_unit_test(test_overlap),
	};

	return cmocka_run_group_tests_name("spans", tests, NULL, NULL);
}
