/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy delay: its rules one by one, a model of them on random placements
 * (pages that are to be purged, as mimalloc has them), idle programs.
 */
#include "config.h"

#include "naive_heap.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

static struct hr_place place(uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages)
{
	return (struct hr_place){
	    .time_ns = time_ns, .kind = (uint8_t)kind, .page = NAIVE_BASE + page, .npages = npages, .cache_p = -1};
}

/* A follower with 64 MiB in use: two segments. The counts of the records are not kept up: the bits tell. */
static struct naive_follower *two_segments(const char *policy)
{
	struct naive_follower *n = naive_follow(policy, 4096);
	struct hr_place r[] = {place(0, HR_PLACE_GROW, 0, 8192), place(0, HR_PLACE_ALLOC, 0, 8192)};

	assert_int_equal(hr_follower_follow(&n->f, r, 2), HR_OK);
	return n;
}

static void happens(struct naive_follower *n, uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages)
{
	struct hr_place r = place(time_ns, kind, page, npages);

	assert_int_equal(hr_follower_follow(&n->f, &r, 1), HR_OK);
}

static unsigned released_in(const struct naive_follower *n, unsigned page, unsigned npages)
{
	unsigned released = 0;

	for (unsigned i = page; i < page + npages; i++)
		released +=
		    hr_pagemap_chunk(&n->f.map, NAIVE_BASE_CHUNK + i / 512)->scavenged[i % 512 / 64] >> i % 64 & 1;
	return released;
}

/* --- one by one ---------------------------------------------------------------- */

static void test_a_deadline(void **state)
{
	struct naive_follower *n = two_segments("delay,by=thread");

	(void)state;
	happens(n, 100 * MS, HR_PLACE_FREE, 0, 10);
	happens(n, 110 * MS, HR_PLACE_MARK_START, 0, 0); /* comes before the timer of its moment */
	assert_int_equal(released_in(n, 0, 512), 0);
	happens(n, 110 * MS + 1, HR_PLACE_MARK_START, 0, 0);
	assert_int_equal(released_in(n, 0, 512), 10);
	assert_int_equal(n->f.count.released_bytes[HR_WHY_BACKGROUND], 10 * HR_PAGE_BYTES);
	naive_end(n);
}

static void test_a_series_of_frees_puts_it_off(void **state)
{
	struct naive_follower *n = two_segments("delay,by=thread");

	(void)state;
	/* Of the first segment to 110 + 4 ms; of the second, which has none more, to 110. */
	happens(n, 100 * MS, HR_PLACE_FREE, 5000, 1);
	for (unsigned i = 0; i < 5; i++)
		happens(n, 100 * MS + i, HR_PLACE_FREE, 2 * i, 1);
	happens(n, 112 * MS, HR_PLACE_MARK_START, 0, 0);
	assert_int_equal(released_in(n, 5000, 1), 1);
	assert_int_equal(released_in(n, 0, 512), 0);
	happens(n, 114 * MS + 1, HR_PLACE_MARK_START, 0, 0);
	assert_int_equal(released_in(n, 0, 512), 5);
	naive_end(n);
}

static void test_reuse_puts_it_off(void **state)
{
	struct naive_follower *n = two_segments("delay,by=thread");

	(void)state;
	happens(n, 100 * MS, HR_PLACE_FREE, 0, 10);
	happens(n, 109 * MS, HR_PLACE_ALLOC, 3, 1);
	happens(n, 118 * MS, HR_PLACE_MARK_START, 0, 0);
	assert_int_equal(released_in(n, 0, 512), 0);
	happens(n, 119 * MS + 1, HR_PLACE_MARK_START, 0, 0);
	assert_int_equal(released_in(n, 0, 512), 9);
	naive_end(n);
}

/* A free that comes a little late puts it off once more; one that comes later gives back at once, itself, too. */
static void test_late_frees(void **state)
{
	struct naive_follower *n = two_segments("delay");

	(void)state;
	happens(n, 100 * MS, HR_PLACE_FREE, 0, 1);
	happens(n, 110 * MS + 1, HR_PLACE_FREE, 2, 1);
	assert_int_equal(released_in(n, 0, 512), 0);
	happens(n, 112 * MS + 1, HR_PLACE_FREE, 4, 1);
	assert_int_equal(released_in(n, 0, 512), 3);
	assert_int_equal(n->f.count.stalls, 1);
	naive_end(n);
}

static void test_at_once_and_never(void **state)
{
	struct naive_follower *zero = two_segments("delay,delay=0"), *off = two_segments("delay,delay=off");

	(void)state;
	happens(zero, 1 * S, HR_PLACE_FREE, 100, 1000);
	assert_int_equal(released_in(zero, 0, 8192), 1000);
	happens(off, 1 * S, HR_PLACE_FREE, 100, 1000);
	happens(off, 1000 * S, HR_PLACE_FREE, 0, 1);
	assert_int_equal(released_in(off, 0, 8192), 0);
	naive_end(zero);
	naive_end(off);
}

/* --- idle programs -------------------------------------------------------------- */

/* Half of everything is freed, then nothing happens for an hour, then a page is used elsewhere. */
static void test_an_idle_program(void **state)
{
	struct naive_follower *activity = two_segments("delay"), *thread = two_segments("delay,by=thread");

	(void)state;
	happens(activity, 1 * S, HR_PLACE_FREE, 0, 4096);
	happens(thread, 1 * S, HR_PLACE_FREE, 0, 4096);
	happens(activity, 3600 * S, HR_PLACE_MARK_START, 0, 0);
	happens(thread, 3600 * S, HR_PLACE_MARK_START, 0, 0);
	assert_int_equal(released_in(activity, 0, 8192), 0);
	assert_int_equal(released_in(thread, 0, 8192), 4096);
	/* 4,096 pages of 8 KiB in eight chunks: eight calls. */
	assert_int_equal(thread->f.count.background_ns, 8 * 1000 + 2 * 4096 * 100);
	happens(activity, 3601 * S, HR_PLACE_FREE, 8000, 1);
	assert_int_equal(released_in(activity, 0, 8192), 4096);
	assert_int_equal(activity->f.count.synchronous_ns, 8 * 1000 + 2 * 4096 * 100);
	naive_end(activity);
	naive_end(thread);
}

/* --- a model --------------------------------------------------------------------- */

struct model {
	struct naive_heap *h;
	unsigned unit, segment;
	uint64_t delay_ns, extend_ns;
	uint64_t expire[NAIVE_PAGES]; /* by number of the segment, 0: not scheduled */
	unsigned purged;
};

static bool in_segment(void *ctx, unsigned page)
{
	struct model *m = ctx;

	return page / m->segment == m->purged;
}

static void purge(struct model *m, unsigned segment)
{
	m->expire[segment] = 0;
	m->purged = segment;
	naive_release_where(m->h, m->unit, in_segment, m);
}

static void purge_before(struct model *m, uint64_t time_ns)
{
	for (unsigned s = 0; s < NAIVE_PAGES / m->segment + 1; s++)
		if (m->expire[s] != 0 && m->expire[s] < time_ns)
			purge(m, s);
}

static void schedule(struct model *m, unsigned s, uint64_t now)
{
	if (m->expire[s] == 0)
		m->expire[s] = now + m->delay_ns;
	else if (m->expire[s] > now)
		m->expire[s] += m->extend_ns;
	else if (m->expire[s] + m->extend_ns > now)
		m->expire[s] = now + m->extend_ns;
	else
		purge(m, s);
}

static bool all(void *ctx, unsigned page)
{
	(void)ctx;
	(void)page;
	return true;
}

/* was: the pages before the record, to see what was dirty. */
static void happened(struct model *m, const struct hr_place *r, const uint8_t *was, bool thread)
{
	bool block = r->kind == HR_PLACE_CACHE_FILL || r->kind == HR_PLACE_CACHE_FLUSH;
	unsigned first = (unsigned)(r->page - NAIVE_BASE), n = block ? 64 : r->npages;
	bool freed = r->kind == HR_PLACE_FREE || (r->kind == HR_PLACE_CACHE_FLUSH && r->arg != 0), taken = false;

	if (r->kind == HR_PLACE_SWEEP_DONE)
		naive_release_where(m->h, m->unit, all, NULL);
	if (r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_FILL)
		for (unsigned i = first; i < first + n; i++)
			taken |= was[i] == DIRTY && m->h->page[i] != DIRTY;
	for (unsigned s = first / m->segment; (freed || taken) && s <= (first + n - 1) / m->segment; s++) {
		if (freed)
			schedule(m, s, r->time_ns);
		else if (m->expire[s] != 0)
			m->expire[s] = r->time_ns + m->delay_ns;
	}
	if (!thread && (r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_FREE || r->kind == HR_PLACE_CACHE_USE))
		purge_before(m, r->time_ns + 1);
}

static void same_as_model(const char *policy, bool thread, uint64_t delay_ns, uint64_t extend_ns, unsigned segment,
			  uint64_t phys_page_bytes)
{
	static struct naive_heap h;
	static struct model m;
	static uint8_t was[NAIVE_PAGES];
	struct naive_follower *n = naive_follow(policy, phys_page_bytes);

	naive_init(&h, delay_ns + segment + phys_page_bytes + thread);
	memset(&m, 0, sizeof(m));
	m.h = &h;
	m.unit = phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(phys_page_bytes / HR_PAGE_BYTES) : 1;
	m.segment = segment;
	m.delay_ns = delay_ns;
	m.extend_ns = extend_ns;
	for (unsigned i = 0, steps = naive_steps(10000); i < steps; i++) {
		struct hr_place r;

		if (naive_random(&h, 2) == 0)
			h.now_ns += naive_random(&h, naive_random(&h, 10) == 0 ? 3 * delay_ns : delay_ns / 20);
		if (thread)
			purge_before(&m, h.now_ns);
		memcpy(was, h.page, sizeof(was));
		r = naive_next(&h);
		happened(&m, &r, was, thread);
		assert_int_equal(hr_follower_follow(&n->f, &r, 1), HR_OK);
		if (i % 16 == 0)
			naive_compare(&h, &n->f);
	}
	naive_compare(&h, &n->f);
	assert_true(n->f.count.released_bytes[thread ? HR_WHY_BACKGROUND : HR_WHY_FREE] > 0);
	assert_int_equal(n->f.count.released_bytes[thread ? HR_WHY_FREE : HR_WHY_BACKGROUND], 0);
	naive_end(n);
}

static void test_same_as_model(void **state)
{
	(void)state;
	same_as_model("delay,segment=4MiB", false, 10 * MS, 1 * MS, 512, 4096);
	same_as_model("delay,delay=1s,extend=200ms,segment=8MiB", false, 1 * S, 200 * MS, 1024, 65536);
	same_as_model("delay,segment=16MiB,by=thread", true, 10 * MS, 1 * MS, 2048, 4096);
	same_as_model("delay,extend=0,by=thread", true, 10 * MS, 0, 4096, 65536);
	same_as_model("delay,delay=4s,extend=0,segment=1GiB", false, 4 * S, 0, 131072, 4096);
}

static void test_segments(void **state)
{
	static const char *const bad[] = {"delay,segment=2MiB", "delay,segment=12MiB", "delay,segment=64GiB"};
	struct hr_policy_choice choice;
	struct hr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hr_policy_choose(bad[i], &choice, &err), HR_EUSAGE);
		assert_non_null(strstr(err.text, "segment must be a power of two from 4MiB to 32GiB"));
	}
}

HR_TEST_MAIN(delay)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_deadline),	      cmocka_unit_test(test_a_series_of_frees_puts_it_off),
	    cmocka_unit_test(test_reuse_puts_it_off), cmocka_unit_test(test_late_frees),
	    cmocka_unit_test(test_at_once_and_never), cmocka_unit_test(test_an_idle_program),
	    cmocka_unit_test(test_same_as_model),     cmocka_unit_test(test_segments),
	};

	return cmocka_run_group_tests_name("delay", tests, NULL, NULL);
}
