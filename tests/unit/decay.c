/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy decay: its curve against the formula, a model of it on random
 * placements, and what an idle program keeps by either driver.
 */
#include "config.h"

#include "naive_lru.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

/* --- the curve -------------------------------------------------------------- */

static double smootherstep(double x)
{
	return x <= 0 ? 0 : x >= 1 ? 1 : x * x * x * (x * (6 * x - 15) + 10);
}

static struct hr_place place(uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages, uint32_t in_use,
			     uint32_t mapped)
{
	return (struct hr_place){.time_ns = time_ns,
				 .kind = (uint8_t)kind,
				 .page = NAIVE_BASE + page,
				 .npages = npages,
				 .in_use_pages = in_use,
				 .mapped_pages = mapped,
				 .cache_p = -1};
}

static void follow(struct hr_follower *f, struct hr_place r)
{
	assert_int_equal(hr_follower_follow(f, &r, 1), HR_OK);
}

/* Every second page of so many chunks becomes dirty at free_ns. Returns how many. */
static uint32_t dirty_at(struct hr_follower *f, unsigned nchunks, uint64_t free_ns)
{
	uint32_t npages = nchunks * HR_CHUNK_PAGES, in_use = npages;

	follow(f, place(0, HR_PLACE_GROW, 0, npages, 0, npages));
	follow(f, place(0, HR_PLACE_ALLOC, 0, npages, in_use, npages));
	for (uint32_t i = 0; i < npages; i += 2)
		follow(f, place(free_ns, HR_PLACE_FREE, i, 1, --in_use, npages));
	return npages - in_use;
}

#define SAMPLES 256

struct curve {
	uint64_t step_ns;
	uint64_t free_pages[SAMPLES];
	unsigned n;
};

static uint64_t sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct curve *c = ctx;

	if (!last)
		c->free_pages[c->n++] = hr_follower_free_pages(f);
	return time_ns + c->step_ns;
}

/*
 * N pages that become dirty at once and are left alone: after t of the time of
 * decay T, N * h(1 - t/T) are left, where h is smootherstep, as it is within
 * `late` epochs before t.
 */
static void follows_the_curve(const char *policy, uint64_t time_ns, unsigned late)
{
	static struct curve c;
	struct naive_follower *n = naive_follow(policy, 4096);
	uint64_t step_ns = time_ns / 200;
	uint32_t pages;

	memset(&c, 0, sizeof(c));
	c.step_ns = step_ns;
	hr_follower_sample(&n->f, (struct hr_sampler){.next_ns = step_ns / 2, .sample = sample, .ctx = &c});
	pages = dirty_at(&n->f, 100, 1);
	follow(&n->f, place(220 * step_ns, HR_PLACE_END, 0, 0, pages, 2 * pages));
	assert_true(c.n >= 210);
	for (unsigned i = 0; i < c.n; i++) {
		double x = 1 - ((double)i + 0.5) / 200;
		double least = pages * smootherstep(x), most = pages * smootherstep(x + late / 200.0);

		assert_true((double)c.free_pages[i] >= least - 1);
		assert_true((double)c.free_pages[i] <= most + 1);
	}
	assert_int_equal(c.free_pages[200 + late], 0);
	naive_end(n);
}

static void test_the_curve(void **state)
{
	(void)state;
	/*
	 * The curve begins where the thread first wakes: at the second end of an epoch, as the first is less than
	 * 100 ms away, when those are 100 ms or more. Half an epoch more, since that is where the samples stand.
	 */
	follows_the_curve("decay,time=20s,by=thread", 20 * S, 3);
	follows_the_curve("decay,by=thread,time=10m", 600 * S, 3);
	/* By default an epoch is 50 ms: at the third end, and from then on at every second. */
	follows_the_curve("decay,by=thread", 10 * S, 5);
}

/* --- idle programs ----------------------------------------------------------- */

/* Half of 400 MiB is freed, then nothing happens for a minute, then one page is freed. */
static void test_an_idle_program(void **state)
{
	struct naive_follower *activity = naive_follow("decay,ticks=1", 4096);
	struct naive_follower *thread = naive_follow("decay,by=thread", 4096);
	uint32_t pages = dirty_at(&activity->f, 100, 1);

	(void)state;
	assert_int_equal(dirty_at(&thread->f, 100, 1), pages);
	follow(&activity->f, place(60 * S, HR_PLACE_MARK_START, 0, 0, pages, 2 * pages));
	follow(&thread->f, place(60 * S, HR_PLACE_MARK_START, 0, 0, pages, 2 * pages));
	assert_int_equal(hr_follower_free_pages(&activity->f), pages);
	assert_int_equal(hr_follower_free_pages(&thread->f), 0);
	assert_int_equal(thread->f.count.released_bytes[HR_WHY_BACKGROUND], pages * HR_PAGE_BYTES);
	assert_int_equal(thread->f.count.synchronous_ns, 0);
	/*
	 * The first look after the idle time is late, not forgetful: what was freed before is added to the
	 * backlog now and decays from now on. So it is ten more seconds, with a look in each epoch, that it takes.
	 */
	follow(&activity->f, place(60 * S, HR_PLACE_GROW, 2 * pages, 512, pages, 2 * pages + 512));
	for (unsigned i = 0; i <= 200; i++) {
		double left = pages * smootherstep(1 - i / 200.0);

		follow(&activity->f, place(60 * S + (i + 1) * 50 * MS, HR_PLACE_ALLOC, 2 * pages + i, 1, pages + i + 1,
					   2 * pages + 512));
		assert_true((double)hr_follower_free_pages(&activity->f) <= left);
		assert_true((double)hr_follower_free_pages(&activity->f) > left - 1.1);
	}
	assert_int_equal(hr_follower_free_pages(&activity->f), 0);
	assert_int_equal(activity->f.count.background_ns, 0);
	assert_true(activity->f.count.synchronous_ns > 0);
	naive_end(activity);
	naive_end(thread);
}

static void test_at_once_and_never(void **state)
{
	struct naive_follower *zero = naive_follow("decay,time=0", 4096), *off = naive_follow("decay,time=off", 4096);
	uint32_t pages = dirty_at(&zero->f, 4, 1 * S);

	(void)state;
	dirty_at(&off->f, 4, 1 * S);
	assert_int_equal(hr_follower_free_pages(&zero->f), 0);
	assert_int_equal(zero->f.count.released_bytes[HR_WHY_FREE], pages * HR_PAGE_BYTES);
	follow(&off->f, place(1000 * S, HR_PLACE_FREE, 1, 1, pages - 1, 2 * pages));
	assert_int_equal(hr_follower_free_pages(&off->f), pages + 1);
	naive_end(zero);
	naive_end(off);
}

/* --- a model ------------------------------------------------------------------ */

#define EPOCHS 200

struct model {
	struct naive_heap *h;
	struct naive_lru lru;
	unsigned unit, ticks, left;
	bool thread;
	uint64_t epoch_ns, epoch; /* how many have ended */
	uint64_t added[1 << 16];  /* in the epoch with this number */
	uint64_t accounted, wake_ns;
};

static uint64_t share(uint64_t age)
{
	return age >= EPOCHS ? 0 : (uint64_t)(smootherstep((double)(EPOCHS - age) / EPOCHS) * (1 << 24) + 1e-6);
}

static void look(struct model *m, uint64_t now)
{
	uint64_t keep = 0;

	if (now / m->epoch_ns == m->epoch)
		return;
	m->epoch = now / m->epoch_ns;
	assert_true(m->epoch < 1 << 16);
	m->added[m->epoch] = m->lru.waiting > m->accounted ? m->lru.waiting - m->accounted : 0;
	for (uint64_t e = 0; e <= m->epoch; e++)
		keep += m->added[e] * share(m->epoch - e);
	keep >>= 24;
	m->accounted = keep > m->lru.waiting ? keep : m->lru.waiting;
	while (m->lru.waiting > keep)
		naive_lru_evict(&m->lru, m->h, m->unit);
}

static void sleep_on(struct model *m, uint64_t now)
{
	m->wake_ns = UINT64_MAX;
	if (m->lru.waiting == 0)
		return;
	for (m->wake_ns = m->epoch * m->epoch_ns; m->wake_ns < now + 100 * MS;)
		m->wake_ns += m->epoch_ns;
}

static void wake_before(struct model *m, uint64_t now)
{
	while (m->wake_ns < now) {
		uint64_t at = m->wake_ns;

		look(m, at);
		sleep_on(m, at);
	}
}

static bool all(void *ctx, unsigned page)
{
	(void)ctx;
	(void)page;
	return true;
}

static void happened(struct model *m, const struct hr_place *r)
{
	naive_lru_follow(&m->lru, m->h, r);
	if (r->kind == HR_PLACE_SWEEP_DONE) {
		memset(m->lru.run, 0, sizeof(m->lru.run));
		m->lru.waiting = 0;
		naive_release_where(m->h, m->unit, all, NULL);
	}
	if (r->kind != HR_PLACE_ALLOC && r->kind != HR_PLACE_FREE && r->kind != HR_PLACE_CACHE_USE)
		return;
	if (m->thread && m->wake_ns == UINT64_MAX)
		sleep_on(m, r->time_ns);
	if (!m->thread && --m->left == 0) {
		m->left = m->ticks;
		look(m, r->time_ns);
	}
}

static void same_as_model(const char *policy, bool thread, unsigned ticks, uint64_t time_ns, uint64_t phys_page_bytes)
{
	static struct naive_heap h;
	static struct model m;
	struct naive_follower *n = naive_follow(policy, phys_page_bytes);

	naive_init(&h, time_ns + phys_page_bytes + thread);
	memset(&m, 0, sizeof(m));
	m.h = &h;
	m.unit = phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(phys_page_bytes / HR_PAGE_BYTES) : 1;
	m.ticks = m.left = ticks;
	m.thread = thread;
	m.epoch_ns = time_ns / EPOCHS;
	m.wake_ns = UINT64_MAX;
	for (unsigned i = 0, steps = naive_steps(5000); i < steps; i++) {
		struct hr_place r;

		if (naive_random(&h, 2) == 0)
			h.now_ns += naive_random(&h, naive_random(&h, 30) == 0 ? 2 * time_ns : time_ns / 100);
		wake_before(&m, h.now_ns);
		r = naive_next(&h);
		happened(&m, &r);
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
	same_as_model("decay,ticks=1,time=1s", false, 1, 1 * S, 4096);
	same_as_model("decay,ticks=7,time=300ms", false, 7, 300 * MS, 65536);
	same_as_model("decay", false, 20, 10 * S, 4096);
	same_as_model("decay,by=thread,time=5s", true, 1, 5 * S, 4096);
	same_as_model("decay,by=thread,time=100s", true, 1, 100 * S, 65536);
}

HR_TEST_MAIN(decay)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_curve),
	    cmocka_unit_test(test_an_idle_program),
	    cmocka_unit_test(test_at_once_and_never),
	    cmocka_unit_test(test_same_as_model),
	};

	return cmocka_run_group_tests_name("decay", tests, NULL, NULL);
}
