/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding and releasing dirty pages, against one page after the other; and who pays. */
#include "config.h"

#include "scavenge/policies/dirty.h"

#include "naive_heap.h"

/* The physical page that page i lies in can be released: all of it is dirty. */
static bool releasable(const struct naive_heap *h, unsigned i, unsigned unit)
{
	for (unsigned k = i / unit * unit; k < i / unit * unit + unit; k++)
		if (h->page[k] != DIRTY)
			return false;
	return true;
}

static bool in_range(void *ctx, unsigned page)
{
	const unsigned *range = ctx;

	return page >= range[0] && page < range[1];
}

static void same_as_naive(uint64_t seed, uint64_t phys_page_bytes)
{
	static struct naive_heap h;
	struct naive_follower *n = naive_follow("none", phys_page_bytes);
	unsigned unit = phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(phys_page_bytes / HR_PAGE_BYTES) : 1;

	naive_init(&h, seed);
	for (unsigned step = 0, steps = naive_steps(4000); step < steps; step++) {
		struct hr_place r = naive_next(&h);
		unsigned chunk = (unsigned)naive_random(&h, NAIVE_CHUNKS), range[2], count = 0, next, end;
		unsigned i = (unsigned)naive_random(&h, 512), j = i + 1 + (unsigned)naive_random(&h, 512 - i);
		struct hr_dirty_run run;

		assert_int_equal(hr_follower_follow(&n->f, &r, 1), HR_OK);
		if (h.page[chunk * 512] == NOWHERE)
			continue;
		range[0] = chunk * 512 + i / unit * unit;
		range[1] = chunk * 512 + (j + unit - 1) / unit * unit;
		for (next = range[0]; next < range[1] && !releasable(&h, next, unit); next++)
			;
		for (end = next; end < range[1] && releasable(&h, end, unit); end++)
			;
		run = hr_dirty_next(&n->f.map, NAIVE_BASE_CHUNK + chunk, i, j);
		assert_int_equal(run.npages, end - next);
		if (run.npages > 0)
			assert_int_equal(run.first, next - chunk * 512);
		for (unsigned k = range[0]; k < range[1]; k++)
			count += releasable(&h, k, unit);
		assert_int_equal(hr_dirty_count(&n->f.map, NAIVE_BASE_CHUNK + chunk, i, j), count);
		if (naive_random(&h, 20) == 0) {
			assert_int_equal(hr_follower_release_range(&n->f, NAIVE_BASE + chunk * 512 + i, j - i), count);
			assert_int_equal(naive_release_where(&h, unit, in_range, range), count);
			naive_compare(&h, &n->f);
		}
	}
	hr_dirty_release_all(&n->f);
	naive_release_where(&h, unit, in_range, (unsigned[]){0, NAIVE_PAGES});
	naive_compare(&h, &n->f);
	naive_end(n);
}

static void test_same_as_naive(void **state)
{
	(void)state;
	same_as_naive(1, 4096);
	same_as_naive(2, 16384);
	same_as_naive(3, 65536);
	same_as_naive(4, 524288);
}

static void test_who_pays(void **state)
{
	struct naive_follower *n = naive_follow("none", 4096);
	struct hr_place r[] = {
	    {.kind = HR_PLACE_GROW, .page = NAIVE_BASE, .npages = 1024, .mapped_pages = 1024, .cache_p = -1},
	    {.kind = HR_PLACE_ALLOC,
	     .page = NAIVE_BASE,
	     .npages = 1024,
	     .in_use_pages = 1024,
	     .mapped_pages = 1024,
	     .cache_p = -1},
	    {.kind = HR_PLACE_FREE, .page = NAIVE_BASE, .npages = 1024, .mapped_pages = 1024, .cache_p = -1},
	};

	(void)state;
	assert_int_equal(hr_follower_follow(&n->f, r, 3), HR_OK);
	hr_dirty_begin(&n->f, hr_driver_why(HR_BY_THREAD));
	assert_int_equal(hr_follower_release_range(&n->f, NAIVE_BASE + 500, 24), 24); /* across the chunks' border */
	hr_dirty_end(&n->f, HR_WHY_BACKGROUND);
	assert_int_equal(n->f.count.released_bytes[HR_WHY_BACKGROUND], 24 * HR_PAGE_BYTES);
	/* Two calls at 1 us, 48 pages of 4 KiB at 100 ns. */
	assert_int_equal(n->f.count.background_ns, 2 * 1000 + 48 * 100);
	assert_int_equal(n->f.count.stalls, 0);

	hr_dirty_begin(&n->f, hr_driver_why(HR_BY_ACTIVITY));
	assert_int_equal(hr_follower_release_range(&n->f, NAIVE_BASE + 600, 10), 10);
	hr_dirty_end(&n->f, HR_WHY_FREE);
	assert_int_equal(n->f.count.released_bytes[HR_WHY_FREE], 10 * HR_PAGE_BYTES);
	assert_int_equal(n->f.count.synchronous_ns, 1000 + 20 * 100);
	assert_int_equal(n->f.count.worst_stall_ns, 1000 + 20 * 100);
	assert_int_equal(n->f.count.background_ns, 2 * 1000 + 48 * 100);
	naive_end(n);
}

HR_TEST_MAIN(dirty)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_as_naive),
	    cmocka_unit_test(test_who_pays),
	};

	return cmocka_run_group_tests_name("dirty", tests, NULL, NULL);
}
