/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free intervals from placements made by hand, where it is known what they are:
 * caches, padding, large physical pages, a part of the trace; and the buckets.
 * tests/unit/optimal.c holds them against random traces.
 */
#include "config.h"

#include "replay/replay.h"
#include "scavenge/intervals.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)

static void test_buckets(void **state)
{
	(void)state;
	for (unsigned b = 0; b < HR_INTERVAL_BUCKETS; b++) {
		uint64_t low = hr_interval_bucket_low(b), high = hr_interval_bucket_high(b);

		assert_true(low <= high);
		assert_int_equal(hr_interval_bucket_of(low), b);
		assert_int_equal(hr_interval_bucket_of(high), b);
		if (b > 0)
			assert_int_equal(hr_interval_bucket_high(b - 1) + 1, low);
		/* At most a 64th wide. */
		assert_true(high - low <= low / HR_INTERVAL_STEPS);
	}
	assert_int_equal(hr_interval_bucket_low(0), 0);
	assert_true(hr_interval_bucket_high(HR_INTERVAL_BUCKETS - 1) == UINT64_MAX);
}

/* --- placements by hand ---------------------------------------------------- */

struct script {
	struct hr_place r[32];
	size_t n;
	uint32_t in_use, mapped;
};

/* page is counted from the first; arg: the bits of a cache. */
static void add(struct script *s, uint64_t time_ns, unsigned kind, unsigned page, unsigned npages, uint64_t arg,
		unsigned flags)
{
	if (kind == HR_PLACE_GROW)
		s->mapped += npages;
	if (!(flags & HR_PLACE_PADDING) && (kind == HR_PLACE_ALLOC || kind == HR_PLACE_CACHE_USE))
		s->in_use += npages;
	if (!(flags & HR_PLACE_PADDING) && kind == HR_PLACE_FREE)
		s->in_use -= npages;
	assert_true(s->n < sizeof(s->r) / sizeof(s->r[0]));
	s->r[s->n++] = (struct hr_place){.time_ns = time_ns,
					 .page = FIRST_PAGE + page,
					 .arg = arg,
					 .npages = npages,
					 .kind = (uint8_t)kind,
					 .flags = (uint8_t)flags,
					 .in_use_pages = s->in_use,
					 .mapped_pages = s->mapped};
}

static void collect(struct hr_intervals *v, const struct script *s, uint64_t phys_page_bytes, uint64_t from_ns)
{
	struct hr_error err;

	assert_int_equal(hr_intervals_init(v, hr_geometry(48), phys_page_bytes, from_ns, &err), HR_OK);
	assert_int_equal(hr_intervals_follow(v, s->r, s->n), HR_OK);
}

/* How many pages have intervals of that length; lengths below 128 have a bucket each. */
static uint64_t pages(const struct hr_intervals *v, unsigned class, uint64_t length_ns)
{
	return v->sums[class][hr_interval_bucket_of(length_ns)].pages;
}

static uint64_t all_pages(const struct hr_intervals *v)
{
	uint64_t n = 0;

	for (unsigned c = 0; c < HR_INTERVAL_CLASSES; c++)
		for (unsigned b = 0; b < HR_INTERVAL_BUCKETS; b++)
			n += v->sums[c][b].pages;
	return n;
}

/* Retained on the whole by a policy, in pages times ns. */
static uint64_t retained(const char *policy, const struct script *s, uint64_t phys_page_bytes)
{
	struct hr_follower *f = malloc(sizeof(*f));
	struct hr_policy_choice choice;
	struct hr_replay_options o;
	struct hr_error err;
	uint64_t sum;

	assert_non_null(f);
	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	o.settings.procs = 1;
	o.settings.phys_page_bytes = phys_page_bytes;
	assert_int_equal(hr_policy_choose(policy, &choice, &err), HR_OK);
	assert_int_equal(hr_follower_init(f, &choice, &o.settings, &err), HR_OK);
	assert_int_equal(hr_follower_follow(f, s->r, s->n), HR_OK);
	sum = (uint64_t)(f->retained.weighted / HR_PAGE_BYTES);
	hr_follower_release(f);
	hr_policy_choice_release(&choice);
	free(f);
	return sum;
}

/* A cache fill and a flush end nothing; a use from the cache does. */
static void test_caches(void **state)
{
	struct script s = {.n = 0};
	struct hr_intervals v;

	(void)state;
	add(&s, 0, HR_PLACE_GROW, 0, 512, 0, 0);
	add(&s, 0, HR_PLACE_ALLOC, 0, 4, 0, 0);
	add(&s, 10, HR_PLACE_FREE, 0, 4, 0, 0);
	add(&s, 15, HR_PLACE_CACHE_FILL, 0, 64, 0xff, 0);
	add(&s, 20, HR_PLACE_CACHE_USE, 0, 1, 0, 0);
	add(&s, 30, HR_PLACE_CACHE_FLUSH, 0, 64, 0xfe, 0);
	add(&s, 40, HR_PLACE_ALLOC, 1, 1, 0, 0);
	add(&s, 50, HR_PLACE_END, 0, 0, 0, 0);
	collect(&v, &s, 4096, 0);
	assert_int_equal(pages(&v, 0, 10), 1);
	assert_int_equal(pages(&v, 0, 30), 1);
	assert_int_equal(pages(&v, HR_INTERVAL_OPEN, 40), 2);
	assert_int_equal(all_pages(&v), 4);
	assert_true(v.kept_page_ns == 4 * 50);
	assert_true(v.in_use_page_ns == 4 * 10 + 1 * 20 + 2 * 10);
	hr_intervals_release(&v);
}

/* Padding is released from the beginning, and is as new when a span takes it. */
static void test_padding(void **state)
{
	struct script s = {.n = 0};
	struct hr_intervals v;

	(void)state;
	add(&s, 0, HR_PLACE_GROW, 0, 512, 0, HR_PLACE_INITIAL);
	add(&s, 0, HR_PLACE_ALLOC, 0, 8, 0, HR_PLACE_PADDING);
	add(&s, 10, HR_PLACE_FREE, 7, 1, 0, HR_PLACE_PADDING);
	add(&s, 20, HR_PLACE_ALLOC, 7, 2, 0, 0);
	add(&s, 30, HR_PLACE_FREE, 7, 2, 0, 0);
	add(&s, 60, HR_PLACE_ALLOC, 7, 1, 0, 0);
	add(&s, 100, HR_PLACE_END, 0, 0, 0, 0);
	for (uint64_t phys = 4096; phys <= 8192; phys *= 2) {
		collect(&v, &s, phys, 0);
		assert_int_equal(pages(&v, 0, 30), 1);
		assert_int_equal(pages(&v, HR_INTERVAL_OPEN, 70), 1);
		assert_int_equal(all_pages(&v), 2);
		assert_true(v.kept_page_ns == 2 * 80);
		hr_intervals_release(&v);
		assert_int_equal(retained("none", &s, phys), 2 * 80);
		assert_int_equal(retained("optimal,break-even=0ns", &s, phys), 2 * 10 + 1 * 40);
		assert_int_equal(retained("optimal,break-even=50ns", &s, phys), 2 * 80 - 70);
	}
}

/*
 * Physical pages of two: an interval begins when both are free and in no cache,
 * and each page has its own end. Page 0 is free from 10 on and in a cache until 30;
 * page 1 is free from 20 on; 0 is used again at 50 and 1 at 90.
 */
static void test_large_physical_pages(void **state)
{
	struct script s = {.n = 0};
	struct hr_intervals v;

	(void)state;
	add(&s, 0, HR_PLACE_GROW, 0, 512, 0, 0);
	add(&s, 0, HR_PLACE_ALLOC, 0, 4, 0, 0);
	add(&s, 10, HR_PLACE_FREE, 0, 1, 0, 0);
	add(&s, 15, HR_PLACE_CACHE_FILL, 0, 64, 1, 0);
	add(&s, 20, HR_PLACE_FREE, 1, 1, 0, 0);
	add(&s, 25, HR_PLACE_FREE, 2, 1, 0, 0); /* its neighbour never is */
	add(&s, 30, HR_PLACE_CACHE_FLUSH, 0, 64, 1, 0);
	add(&s, 50, HR_PLACE_ALLOC, 0, 1, 0, 0);
	add(&s, 90, HR_PLACE_ALLOC, 1, 1, 0, 0);
	add(&s, 100, HR_PLACE_END, 0, 0, 0, 0);
	collect(&v, &s, 16384, 0);
	assert_int_equal(pages(&v, 0, 20), 1);
	assert_int_equal(pages(&v, 0, 60), 1);
	assert_int_equal(all_pages(&v), 2);
	assert_true(v.kept_page_ns == 4 * 100);
	hr_intervals_release(&v);
	/* The policy releases both at the flush, if the first to be used stays free for long enough. */
	assert_int_equal(retained("optimal,break-even=19ns", &s, 16384), 4 * 100 - 20 - 60);
	assert_int_equal(retained("optimal,break-even=20ns", &s, 16384), 4 * 100);
}

/* From 20 on: what began before, at the latest in that moment, is apart, and counts from there. */
static void test_a_part(void **state)
{
	struct script s = {.n = 0};
	struct hr_intervals v;

	(void)state;
	add(&s, 0, HR_PLACE_GROW, 0, 512, 0, 0);
	add(&s, 0, HR_PLACE_ALLOC, 0, 6, 0, 0);
	add(&s, 5, HR_PLACE_FREE, 0, 3, 0, 0);
	add(&s, 20, HR_PLACE_ALLOC, 0, 1, 0, 0); /* over before it is measured */
	add(&s, 20, HR_PLACE_FREE, 3, 1, 0, 0);
	add(&s, 25, HR_PLACE_ALLOC, 1, 1, 0, 0);
	add(&s, 30, HR_PLACE_FREE, 4, 1, 0, 0);
	add(&s, 40, HR_PLACE_FREE, 5, 1, 0, 0);
	add(&s, 70, HR_PLACE_ALLOC, 4, 1, 0, 0);
	add(&s, 100, HR_PLACE_END, 0, 0, 0, 0);
	collect(&v, &s, 4096, 20);
	assert_int_equal(pages(&v, HR_INTERVAL_BEFORE, 5), 1);
	assert_int_equal(pages(&v, HR_INTERVAL_BEFORE | HR_INTERVAL_OPEN, 80), 2);
	assert_int_equal(pages(&v, 0, 40), 1);
	assert_int_equal(pages(&v, HR_INTERVAL_OPEN, 60), 1);
	assert_int_equal(all_pages(&v), 5);
	assert_true(v.kept_page_ns == 6 * 80);
	hr_intervals_release(&v);
}

HR_TEST_MAIN(intervals)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_buckets), cmocka_unit_test(test_caches),
	    cmocka_unit_test(test_padding), cmocka_unit_test(test_large_physical_pages),
	    cmocka_unit_test(test_a_part),
	};

	return cmocka_run_group_tests_name("intervals", tests, NULL, NULL);
}
