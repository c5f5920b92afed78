/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy rate: how much a second gives back, which huge pages are spared, a
 * model that sorts them on random placements, and frees that pay (by=activity).
 */
#include "config.h"

#include "naive_heap.h"

#define S UINT64_C(1000000000)
#define HUGE 256 /* pages */

static struct hr_place place(uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages)
{
	return (struct hr_place){
	    .time_ns = time_ns, .kind = (uint8_t)kind, .page = NAIVE_BASE + page, .npages = npages, .cache_p = -1};
}

/* A heap of so many chunks, all in use; counts are kept, since demand is made of them. */
struct heap {
	struct naive_follower *n;
	uint32_t in_use, mapped;
};

static void happens(struct heap *h, uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages)
{
	struct hr_place r = place(time_ns, kind, page, npages);

	h->mapped += kind == HR_PLACE_GROW ? npages : 0;
	h->in_use += kind == HR_PLACE_ALLOC ? npages : 0;
	h->in_use -= kind == HR_PLACE_FREE ? npages : 0;
	r.in_use_pages = h->in_use;
	r.mapped_pages = h->mapped;
	assert_int_equal(hr_follower_follow(&h->n->f, &r, 1), HR_OK);
}

static struct heap used_heap(const char *policy, unsigned nchunks)
{
	struct heap h = {.n = naive_follow(policy, 4096)};

	happens(&h, 0, HR_PLACE_GROW, 0, nchunks * 512);
	happens(&h, 0, HR_PLACE_ALLOC, 0, nchunks * 512);
	return h;
}

static void passes(struct heap *h, uint64_t time_ns)
{
	happens(h, time_ns, HR_PLACE_MARK_START, 0, 0);
}

static unsigned released_in(const struct heap *h, unsigned page, unsigned npages)
{
	unsigned released = 0;

	for (unsigned i = page; i < page + npages; i++)
		released +=
		    hr_pagemap_chunk(&h->n->f.map, NAIVE_BASE_CHUNK + i / 512)->scavenged[i % 512 / 64] >> i % 64 & 1;
	return released;
}

/* --- how much -------------------------------------------------------------------- */

/* 100 MiB that are free: ten a second, whole huge pages; the thread sleeps when there is no more. */
static void test_a_rate(void **state)
{
	struct heap h = used_heap("rate", 40);

	(void)state;
	happens(&h, S / 2, HR_PLACE_FREE, 0, 25 * 512);
	for (unsigned s = 1; s <= 12; s++) {
		passes(&h, s * S + 1);
		assert_int_equal(released_in(&h, 0, 25 * 512), (s < 10 ? s : 10) * 1280);
	}
	assert_int_equal(h.n->f.view.timer_ns, UINT64_MAX);
	assert_int_equal(h.n->f.count.released_bytes[HR_WHY_BACKGROUND], 100 << 20);
	/* The highest first. */
	naive_end(h.n);
	h = used_heap("rate", 40);
	happens(&h, S / 2, HR_PLACE_FREE, 0, 25 * 512);
	passes(&h, S + 1);
	assert_int_equal(released_in(&h, 25 * 512 - 1280, 1280), 1280);
	naive_end(h.n);
}

static void test_rates_are_checked(void **state)
{
	static const char *const bad[] = {"rate,interval=0", "rate,rate=2TiB", "rate,short=11m", "rate,interval=1us"};
	struct hr_policy_choice choice;
	struct hr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hr_policy_choose(bad[i], &choice, &err), HR_EUSAGE);
		assert_non_null(strstr(err.text, "policy rate: "));
	}
}

static void test_nothing_by_default_there(void **state)
{
	struct heap h = used_heap("rate,rate=0", 4);

	(void)state;
	happens(&h, S, HR_PLACE_FREE, 0, 4 * 512);
	passes(&h, 1000 * S);
	assert_int_equal(released_in(&h, 0, 4 * 512), 0);
	naive_end(h.n);
}

/* --- what is spared ---------------------------------------------------------------- */

/*
 * Six huge pages: 0 free as a whole, 1 broken with 200 pages in use, 2 whole
 * with 10, 3 whole with 100, 4 and 5 in use. They go in the order 0, 1, 2, 3.
 */
static void test_order(void **state)
{
	static const unsigned order[] = {0, 1, 2, 3};
	struct heap h = used_heap("rate,rate=8KiB,short=0s,long=0s", 3);

	(void)state;
	/* Broken by a release of its first page. */
	happens(&h, S / 2, HR_PLACE_FREE, 1 * HUGE, 1);
	passes(&h, S + 1);
	assert_int_equal(released_in(&h, 1 * HUGE, HUGE), 1);
	happens(&h, S + 2, HR_PLACE_FREE, 0 * HUGE, HUGE);
	happens(&h, S + 2, HR_PLACE_FREE, 1 * HUGE + 1, 55);
	happens(&h, S + 2, HR_PLACE_FREE, 2 * HUGE, 246);
	happens(&h, S + 2, HR_PLACE_FREE, 3 * HUGE, 156);
	for (unsigned i = 0; i < 4; i++) {
		passes(&h, (2 + i) * S + 1);
		for (unsigned k = 0; k < 4; k++)
			assert_int_equal(released_in(&h, order[k] * HUGE, HUGE) > 1, k <= i);
	}
	naive_end(h.n);
}

/*
 * A heap of 64 MiB of which every second page is freed: all huge pages are in
 * use, and what the program has needed is expected again for 300 s. Not so
 * whole huge pages.
 */
static void test_recent_demand_is_spared(void **state)
{
	struct heap h = used_heap("rate,rate=1GiB", 16), all = used_heap("rate,rate=1GiB,short=0s,long=0s", 16);

	(void)state;
	for (unsigned i = 0; i < 16 * 512; i += i < 2 * HUGE ? 1 : 2) {
		happens(&h, 10 * S, HR_PLACE_FREE, i, 1);
		happens(&all, 10 * S, HR_PLACE_FREE, i, 1);
	}
	passes(&h, 11 * S + 1);
	passes(&all, 11 * S + 1);
	assert_int_equal(released_in(&all, 0, 16 * 512), 2 * HUGE + 15 * 256);
	assert_int_equal(released_in(&h, 0, 2 * HUGE), 2 * HUGE);
	assert_int_equal(released_in(&h, 2 * HUGE, 15 * 512), 0);
	passes(&h, 309 * S - 1);
	assert_int_equal(released_in(&h, 2 * HUGE, 15 * 512), 0);
	/* 300 seconds after the last that had needed all of it: the one from 9 s; the one at 10 is half of each. */
	passes(&h, 310 * S + 1);
	assert_int_equal(released_in(&h, 2 * HUGE, 15 * 512), 15 * 256);
	naive_end(h.n);
	naive_end(all.n);
}

/* --- a model ------------------------------------------------------------------------- */

struct model {
	struct naive_heap *h;
	unsigned unit, share;
	uint64_t interval_ns, tick_ns;
};

struct huge {
	unsigned first, used, dirty, class;
};

static bool releasable(const struct naive_heap *h, unsigned i, unsigned unit)
{
	for (unsigned k = i / unit * unit; k < i / unit * unit + unit; k++)
		if (h->page[k] != DIRTY)
			return false;
	return true;
}

static struct huge look_at(const struct model *m, unsigned first)
{
	struct huge x = {.first = first};
	bool broken = false;

	for (unsigned i = first; i < first + HUGE; i++) {
		x.used += !naive_free(m->h, i);
		x.dirty += releasable(m->h, i, m->unit);
		broken |= m->h->page[i] == RELEASED;
	}
	x.class = x.used == 0 ? 0 : broken ? 1 : 2;
	return x;
}

static int by_class(const void *a, const void *b)
{
	const struct huge *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->used != y->used)
		return x->used < y->used ? -1 : 1;
	return x->first > y->first ? -1 : 1;
}

static bool in_huge(void *ctx, unsigned page)
{
	const struct huge *x = ctx;

	return page >= x->first && page < x->first + HUGE;
}

/* Returns what is left. */
static unsigned work(struct model *m)
{
	static struct huge huge[NAIVE_PAGES / HUGE];
	unsigned n = 0, left = 0, whole = (m->share + HUGE - 1) / HUGE * HUGE, gone = 0;

	for (unsigned first = 0; first < NAIVE_PAGES; first += HUGE)
		if (m->h->page[first] != NOWHERE)
			huge[n++] = look_at(m, first);
	qsort(huge, n, sizeof(huge[0]), by_class);
	for (unsigned i = 0; i < n; i++) {
		bool goes = huge[i].class == 0 ? gone < whole : gone < m->share;

		if (goes && huge[i].dirty > 0)
			gone += naive_release_where(m->h, m->unit, in_huge, &huge[i]);
		else
			left += huge[i].dirty;
	}
	return left;
}

static void tick_before(struct model *m, uint64_t time_ns)
{
	while (m->tick_ns < time_ns)
		m->tick_ns = work(m) > 0 ? m->tick_ns + m->interval_ns : UINT64_MAX;
}

static bool all(void *ctx, unsigned page)
{
	(void)ctx;
	(void)page;
	return true;
}

static void same_as_model(const char *policy, unsigned share, uint64_t interval_ns, uint64_t phys_page_bytes)
{
	static struct naive_heap h;
	struct model m = {.h = &h, .share = share, .interval_ns = interval_ns, .tick_ns = UINT64_MAX};
	struct naive_follower *n = naive_follow(policy, phys_page_bytes);

	naive_init(&h, share + interval_ns + phys_page_bytes);
	m.unit = phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(phys_page_bytes / HR_PAGE_BYTES) : 1;
	for (unsigned i = 0, steps = naive_steps(10000); i < steps; i++) {
		struct hr_place r;

		if (naive_random(&h, 2) == 0)
			h.now_ns += naive_random(&h, naive_random(&h, 10) == 0 ? 3 * interval_ns : interval_ns / 20);
		tick_before(&m, h.now_ns);
		r = naive_next(&h);
		if (r.kind == HR_PLACE_SWEEP_DONE)
			naive_release_where(&h, m.unit, all, NULL);
		if (m.tick_ns == UINT64_MAX && (r.kind == HR_PLACE_FREE || r.kind == HR_PLACE_CACHE_FLUSH))
			m.tick_ns = (h.now_ns / interval_ns + 1) * interval_ns;
		assert_int_equal(hr_follower_follow(&n->f, &r, 1), HR_OK);
		if (i % 16 == 0)
			naive_compare(&h, &n->f);
	}
	naive_compare(&h, &n->f);
	assert_true(n->f.count.released_bytes[HR_WHY_BACKGROUND] > 0);
	naive_end(n);
}

static void test_same_as_model(void **state)
{
	(void)state;
	same_as_model("rate,short=0s,long=0s,rate=1MiB,interval=1s", 128, S, 4096);
	same_as_model("rate,short=0s,long=0s,rate=8KiB,interval=100ms", 1, S / 10, 4096);
	same_as_model("rate,short=0s,long=0s,rate=10MiB,interval=1s", 1280, S, 65536);
}

/* --- by activity ------------------------------------------------------------------------ */

/*
 * One page for a thousand: after a run of 10 pages, none for the next 10,000
 * pages that are freed. Nothing happens with time.
 */
static void test_frees_pay(void **state)
{
	struct heap h = used_heap("rate,by=activity", 60);

	(void)state;
	happens(&h, 1 * S, HR_PLACE_FREE, 100, 10);
	assert_int_equal(released_in(&h, 0, 60 * 512), 10);
	passes(&h, 4000 * S);
	for (unsigned i = 0; i < 20; i++)
		happens(&h, 5000 * S, HR_PLACE_FREE, 1000 + i * 512, 500);
	assert_int_equal(released_in(&h, 0, 60 * 512), 10);
	happens(&h, 5000 * S, HR_PLACE_FREE, 512 * 40, 1);
	/* The next run in order of address is what was freed at 1,000: up to the chunk's end at 1,024. */
	assert_int_equal(released_in(&h, 0, 60 * 512), 10 + 24);
	assert_int_equal(h.n->f.count.released_bytes[HR_WHY_FREE], 34 * HR_PAGE_BYTES);
	assert_int_equal(h.n->f.count.background_ns, 0);
	naive_end(h.n);
}

static void test_an_idle_program(void **state)
{
	struct heap activity = used_heap("rate,by=activity", 20), thread = used_heap("rate", 20);

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		happens(&activity, 1 * S, HR_PLACE_FREE, 2 * i * 512, 512);
		happens(&thread, 1 * S, HR_PLACE_FREE, 2 * i * 512, 512);
	}
	passes(&activity, 60 * S);
	passes(&thread, 60 * S);
	/* The first free gave back its own run; the other 36 MiB stay. By thread 40 MiB are gone in four seconds. */
	assert_int_equal(released_in(&activity, 0, 20 * 512), 512);
	assert_int_equal(released_in(&thread, 0, 20 * 512), 10 * 512);
	naive_end(activity.n);
	naive_end(thread.n);
}

HR_TEST_MAIN(rate)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_rate),
	    cmocka_unit_test(test_rates_are_checked),
	    cmocka_unit_test(test_nothing_by_default_there),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_recent_demand_is_spared),
	    cmocka_unit_test(test_same_as_model),
	    cmocka_unit_test(test_frees_pay),
	    cmocka_unit_test(test_an_idle_program),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
