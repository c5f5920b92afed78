/* SPDX-License-Identifier: BSD-3-Clause */
/* Dirty runs by age against a model that keeps nothing but a number for each page. */
#include "config.h"

#include "scavenge/policies/lru.h"

#include "naive_lru.h"

static void same_as_naive(uint64_t seed, uint64_t phys_page_bytes)
{
	static struct naive_heap h;
	static struct naive_lru naive;
	struct naive_follower *n = naive_follow("none", phys_page_bytes);
	unsigned unit = phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(phys_page_bytes / HR_PAGE_BYTES) : 1;
	struct hr_lru l;

	naive_init(&h, seed);
	memset(&naive, 0, sizeof(naive));
	assert_int_equal(hr_lru_init(&l, n->settings.geometry), HR_OK);
	for (unsigned i = 0, steps = naive_steps(6000); i < steps; i++) {
		struct hr_place r = naive_next(&h);

		assert_int_equal(hr_follower_follow(&n->f, &r, 1), HR_OK);
		assert_int_equal(hr_lru_follow(&l, &n->f.map, &r), HR_OK);
		naive_lru_follow(&naive, &h, &r);
		/* Sometimes many go, mostly none. */
		for (uint64_t k = naive_random(&h, 10) == 0 ? naive_random(&h, 12) : 0; k > 0 && l.npages > 0; k--) {
			hr_lru_evict(&l, &n->f, l.npages);
			naive_lru_evict(&naive, &h, unit);
			assert_int_equal(l.npages, naive.waiting);
		}
		assert_int_equal(l.npages, naive.waiting);
		if (i % 32 == 0)
			naive_compare(&h, &n->f);
	}
	while (l.npages > 0) {
		hr_lru_evict(&l, &n->f, l.npages);
		naive_lru_evict(&naive, &h, unit);
	}
	assert_int_equal(naive.waiting, 0);
	naive_compare(&h, &n->f);
	hr_lru_release(&l);
	naive_end(n);
}

static void test_same_as_naive(void **state)
{
	(void)state;
	same_as_naive(1, 4096);
	same_as_naive(2, 4096);
	same_as_naive(3, 16384);
	same_as_naive(4, 65536);
	same_as_naive(5, 524288);
}

static struct hr_place place(unsigned kind, unsigned page, unsigned npages)
{
	return (struct hr_place){
	    .kind = (uint8_t)kind, .page = NAIVE_BASE + page, .npages = npages, .mapped_pages = 512, .cache_p = -1};
}

static void follow(struct hr_lru *l, struct hr_follower *f, struct hr_place r)
{
	assert_int_equal(hr_follower_follow(f, &r, 1), HR_OK);
	assert_int_equal(hr_lru_follow(l, &f->map, &r), HR_OK);
}

static bool released(const struct hr_follower *f, unsigned page)
{
	return hr_pagemap_chunk(&f->map, NAIVE_BASE_CHUNK)->scavenged[page / 64] >> page % 64 & 1;
}

/* Oldest first, however they lie; and one beside a younger one waits with it. */
static void test_order(void **state)
{
	struct naive_follower *n = naive_follow("none", 4096);
	struct hr_lru l;

	(void)state;
	assert_int_equal(hr_lru_init(&l, n->settings.geometry), HR_OK);
	follow(&l, &n->f, place(HR_PLACE_GROW, 0, 512));
	follow(&l, &n->f, place(HR_PLACE_ALLOC, 0, 512));
	follow(&l, &n->f, place(HR_PLACE_FREE, 300, 4)); /* the oldest; it will have a younger neighbour */
	follow(&l, &n->f, place(HR_PLACE_FREE, 100, 4));
	follow(&l, &n->f, place(HR_PLACE_FREE, 200, 4));
	follow(&l, &n->f, place(HR_PLACE_FREE, 304, 4));
	assert_int_equal(l.npages, 16);
	hr_lru_evict(&l, &n->f, l.npages);
	assert_int_equal(l.npages, 16);
	assert_false(released(&n->f, 300));
	hr_lru_evict(&l, &n->f, l.npages);
	assert_true(released(&n->f, 100));
	assert_false(released(&n->f, 200));
	hr_lru_evict(&l, &n->f, l.npages);
	assert_true(released(&n->f, 200));
	/* What is used again waits no longer, and what is left of its run still does. */
	follow(&l, &n->f, place(HR_PLACE_ALLOC, 302, 1));
	assert_int_equal(l.npages, 7);
	hr_lru_evict(&l, &n->f, l.npages);
	assert_true(released(&n->f, 300));
	assert_true(released(&n->f, 301));
	assert_false(released(&n->f, 302));
	assert_true(released(&n->f, 303));
	assert_true(released(&n->f, 307));
	assert_int_equal(l.npages, 0);
	assert_int_equal(n->f.count.release_calls, 4);
	hr_lru_release(&l);
	naive_end(n);
}

/* The queue does not grow with what happens, but with what waits. */
static void test_memory_is_bounded(void **state)
{
	struct naive_follower *n = naive_follow("none", 4096);
	struct hr_lru l;

	(void)state;
	assert_int_equal(hr_lru_init(&l, n->settings.geometry), HR_OK);
	follow(&l, &n->f, place(HR_PLACE_GROW, 0, 512));
	follow(&l, &n->f, place(HR_PLACE_ALLOC, 0, 512));
	for (unsigned i = 0, steps = naive_steps(200000); i < steps; i++) {
		follow(&l, &n->f, place(HR_PLACE_FREE, i * 7 % 500, 3));
		if (i >= 100)
			follow(&l, &n->f, place(HR_PLACE_ALLOC, (i - 100) * 7 % 500, 3));
		assert_true(l.npages <= 303);
	}
	assert_int_equal(l.npages, 300);
	assert_true(l.cap <= 1024);
	hr_lru_clear(&l);
	assert_int_equal(l.npages, 0);
	assert_int_equal(l.n, 0);
	hr_lru_release(&l);
	naive_end(n);
}

HR_TEST_MAIN(lru)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_same_as_naive),
	    cmocka_unit_test(test_memory_is_bounded),
	};

	return cmocka_run_group_tests_name("lru", tests, NULL, NULL);
}
