/* SPDX-License-Identifier: BSD-3-Clause */
/* When objects died: between the mark starts that bound it, by the lifetimes that cycles show, and everything else as it was. */
#include "config.h"

#include "replay/objects/deaths.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define CLASS 10 /* a span class of small objects */
#define LARGEST_CLASS 134

/* All that has come out, as the caller of a reader would keep it. */
struct heap {
	struct hr_deaths d;
	struct hr_deaths_reader r, lazy;
	struct hr_deaths_buffers buffers, lazy_buffers;
	unsigned span_class;
	size_t waited; /* deaths that the lazy reader waited with */
	struct hr_event *got;
	size_t n, cap;
	uint32_t born[64 << 10];
};

static struct heap *make(void)
{
	struct heap *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	hr_deaths_init(&h->d);
	h->lazy.lazy = true;
	h->span_class = CLASS;
	return h;
}

static void release(struct heap *h)
{
	hr_deaths_buffers_release(&h->buffers);
	hr_deaths_buffers_release(&h->lazy_buffers);
	hr_deaths_release(&h->d);
	free(h->got);
	free(h);
}

static struct hr_event event_of(const struct heap *h, const struct hr_decided *x)
{
	if (x->kind == HR_DECIDED_OTHER)
		return *hr_deaths_other(&h->r, x);
	return (struct hr_event){.time_ns = x->time_ns,
				 .addr = x->what,
				 .kind = x->kind == HR_DECIDED_BIRTH ? HR_EV_OBJ_ALLOC : HR_EV_OBJ_FREE};
}

/* A lazy reader draws the same deaths, and knows what those that wait free before each birth. */
static void check_lazy(struct heap *h)
{
	static uint32_t at[64 << 10];
	const uint64_t bytes = hr_size_classes[h->span_class / 2].object_bytes;
	uint64_t told = 0;
	size_t waiting = 0;

	h->lazy.seed = h->r.seed;
	h->lazy.skew = h->r.skew;
	assert_int_equal(hr_deaths_read(&h->lazy, &h->d, &h->lazy_buffers, NULL), HR_OK);
	memset(at, 0xff, sizeof(at));
	for (size_t i = 0; i < h->r.ndying; i++)
		at[h->buffers.dying[i].number] = h->buffers.dying[i].at;
	for (size_t i = 0; i < h->lazy.ndying; i++)
		assert_int_equal(at[h->lazy_buffers.dying[i].number], h->lazy_buffers.dying[i].at);
	for (size_t i = 0; i < h->d.out.ndead; i++) {
		if (h->lazy_buffers.at[i] == HR_NOT_WAITING)
			continue;
		assert_int_equal(at[h->d.out.dead[i].number], h->lazy_buffers.at[i]);
		waiting++;
	}
	assert_int_equal(h->lazy.ndying + waiting, h->r.ndying);
	for (uint64_t birth = 0; birth <= h->d.out.births; birth++) {
		uint64_t here = 0;

		for (size_t i = 0; i < h->d.out.ndead && h->d.out.births < 200; i++)
			here += bytes * (h->lazy_buffers.at[i] == birth);
		if (h->d.out.births < 200)
			assert_int_equal(h->lazy_buffers.freed[birth] * 8, here);
		told += hr_deaths_pass(&h->lazy);
	}
	assert_int_equal(told, bytes * waiting);
	h->waited += waiting;
}

static void drain(struct heap *h)
{
	while (hr_deaths_ready(&h->d)) {
		const struct hr_decided *x;
		size_t n;

		assert_int_equal(hr_deaths_open(&h->d, NULL), HR_OK);
		assert_int_equal(hr_deaths_read(&h->r, &h->d, &h->buffers, NULL), HR_OK);
		check_lazy(h);
		while ((x = hr_deaths_take(&h->r, &n)) != NULL && n > 0)
			for (size_t i = 0; i < n; i++) {
				if (h->n == h->cap) {
					h->cap = 2 * h->cap + 64;
					h->got = realloc(h->got, h->cap * sizeof(*h->got));
					assert_non_null(h->got);
				}
				assert_true(h->n == 0 || h->got[h->n - 1].time_ns <= x[i].time_ns);
				h->got[h->n++] = event_of(h, &x[i]);
			}
		hr_deaths_done(&h->d);
	}
}

static void hold(struct heap *h, enum hr_event_kind kind, uint64_t addr, uint64_t time_ns)
{
	const struct hr_event e = {
	    .time_ns = time_ns, .addr = addr, .arg = h->span_class, .kind = (uint8_t)kind, .p = HR_NO_P};

	if (kind == HR_EV_OBJ_ALLOC || kind == HR_EV_OBJ_EXISTS)
		h->born[addr] = hr_deaths_birth(&h->d);
	assert_int_equal(hr_deaths_hold(&h->d, &e, NULL), HR_OK);
	drain(h);
}

static void swept(struct heap *h, uint32_t number)
{
	assert_int_equal(hr_deaths_swept(&h->d, number, h->born[number], h->span_class, 8, NULL), HR_OK);
}

static void finish(struct heap *h)
{
	assert_int_equal(hr_deaths_finish(&h->d, NULL, NULL), HR_OK);
	drain(h);
}

static void expect(const struct heap *h, size_t n, const enum hr_event_kind *kinds, const uint64_t *addrs)
{
	assert_int_equal(h->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(h->got[i].kind, kinds[i]);
		assert_int_equal(h->got[i].addr, addrs[i]);
	}
}

/* Nothing happens between the allocation and marking: the object died right before that. */
static void test_one(void **state)
{
	struct heap *h = make();

	(void)state;
	hold(h, HR_EV_OBJ_ALLOC, 0, 10);
	hold(h, HR_EV_GC_BEGIN, 0, 20);
	hold(h, HR_EV_GC_END, 0, 30);
	swept(h, 0);
	assert_int_equal(h->n, 0);
	hold(h, HR_EV_OBJ_ALLOC, 1, 50);
	hold(h, HR_EV_GC_BEGIN, 0, 60); /* now all deaths before 20 are known */
	expect(h, 2, (const enum hr_event_kind[]){HR_EV_OBJ_ALLOC, HR_EV_OBJ_FREE}, (const uint64_t[]){0, 0});
	assert_int_equal(h->got[1].time_ns, 20);
	finish(h);
	assert_int_equal(h->n, 6);
	assert_int_equal(h->got[2].kind, HR_EV_GC_BEGIN);
	assert_int_equal(h->got[5].time_ns, 60);
	assert_int_equal(h->d.window_bytes, 8);
	release(h);
}

/* What was there at the start and is swept before the first mark start was garbage then. */
static void test_start(void **state)
{
	struct heap *h = make();

	(void)state;
	hold(h, HR_EV_OBJ_EXISTS, 0, 0);
	hold(h, HR_EV_OBJ_EXISTS, 1, 0);
	hold(h, HR_EV_GOMAXPROCS, 0, 0);
	hold(h, HR_EV_OBJ_ALLOC, 2, 5);
	swept(h, 0);
	hold(h, HR_EV_OBJ_ALLOC, 3, 9);
	hold(h, HR_EV_GC_BEGIN, 0, 20);
	finish(h);
	expect(h, 7,
	       (const enum hr_event_kind[]){HR_EV_OBJ_EXISTS, HR_EV_OBJ_EXISTS, HR_EV_GOMAXPROCS, HR_EV_OBJ_FREE,
					    HR_EV_OBJ_ALLOC, HR_EV_OBJ_ALLOC, HR_EV_GC_BEGIN},
	       (const uint64_t[]){0, 1, 0, 0, 2, 3, 0});
	release(h);
}

/*
 * The snapshot at the start is whole before anybody dies: what the first cycle finds dead lived when it was taken. 100
 * die before one of two births, which is more than 512 KiB at once: more than a lazy reader counts, so that some don't
 * wait.
 */
static void test_snapshot(void **state)
{
	struct heap *h = make();

	(void)state;
	h->span_class = LARGEST_CLASS;
	for (uint64_t i = 0; i < 100; i++)
		hold(h, HR_EV_OBJ_EXISTS, i, 0);
	hold(h, HR_EV_OBJ_ALLOC, 100, 5);
	hold(h, HR_EV_GC_BEGIN, 0, 20);
	for (uint32_t i = 0; i < 100; i++)
		swept(h, i);
	hold(h, HR_EV_GC_BEGIN, 0, 40);
	finish(h);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(h->got[i].kind, HR_EV_OBJ_EXISTS);
	assert_in_range(h->waited, 15, 30); /* 15 of 32 KiB before each birth */
	release(h);
}

/* A recorder's oddity: an object swept although it was allocated after marking began. It dies when it is swept. */
static void test_too_young(void **state)
{
	struct heap *h = make();

	(void)state;
	hold(h, HR_EV_GC_BEGIN, 0, 20);
	hold(h, HR_EV_OBJ_ALLOC, 0, 30);
	swept(h, 0);
	finish(h);
	expect(h, 3, (const enum hr_event_kind[]){HR_EV_GC_BEGIN, HR_EV_OBJ_ALLOC, HR_EV_OBJ_FREE},
	       (const uint64_t[]){0, 0, 0});
	release(h);
}

enum { N = 4096, CYCLES = 8, LIFE = 64 };

/*
 * Every second object lives for 64 allocations, the others for ever; a cycle begins after
 * every 4096. What is drawn must be right on average: half of what is born is dead 64 later.
 */
static void workload(struct heap *h)
{
	uint32_t number = 0;

	for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
		hold(h, HR_EV_GC_BEGIN, 0, (uint64_t)cycle * 2 * N);
		/* Swept: those that died since the last cycle; the last 64 did not. */
		for (uint32_t i = cycle > 1 ? number - N - LIFE : 0; cycle > 0 && i < number - LIFE; i += 2)
			swept(h, i);
		for (unsigned i = 0; i < N; i++, number++)
			hold(h, HR_EV_OBJ_ALLOC, number, (uint64_t)cycle * 2 * N + i + 1);
	}
}

static void test_young(void **state)
{
	struct heap *h = make();
	static uint64_t born[N * CYCLES];
	uint64_t births = 0, deaths = 0, ages = 0, late = 0;

	(void)state;
	workload(h);
	finish(h);
	for (size_t i = 0; i < h->n; i++) {
		const struct hr_event *e = &h->got[i];

		if (e->kind == HR_EV_OBJ_ALLOC)
			born[e->addr] = ++births;
		/* Those of the last cycle are never swept: theirs are drawn for whoever might have died. */
		if (e->kind != HR_EV_OBJ_FREE || born[e->addr] < 4 * N || born[e->addr] > (CYCLES - 1) * N)
			continue;
		assert_int_equal(e->addr % 2, 0);
		deaths++;
		ages += births - born[e->addr];
		late += births - born[e->addr] > 4 * LIFE;
	}
	assert_true(deaths > N / 2);
	assert_true(h->waited > deaths);
	/* Spread evenly up to the mark start they would be 1,000 old on average. */
	assert_in_range(ages / deaths, LIFE / 2, 3 * LIFE);
	assert_in_range(late, 0, deaths / 10);
	release(h);
}

/* A seed of its own gives other draws, a skew younger or older ones; the same seed the same. */
static void test_seeds(void **state)
{
	uint64_t sum[4] = {0}, n[4] = {0};
	static const struct {
		uint64_t seed;
		double skew;
	} tries[] = {{1, 0}, {1, 0}, {1, -1}, {1, 1}};

	(void)state;
	for (size_t t = 0; t < 4; t++) {
		struct heap *h = make();
		static uint64_t born[N * CYCLES];
		uint64_t births = 0;

		h->r.seed = tries[t].seed;
		h->r.skew = tries[t].skew;
		workload(h);
		finish(h);
		for (size_t i = 0; i < h->n; i++) {
			if (h->got[i].kind == HR_EV_OBJ_ALLOC)
				born[h->got[i].addr] = ++births;
			if (h->got[i].kind == HR_EV_OBJ_FREE) {
				n[t]++;
				sum[t] += births - born[h->got[i].addr];
			}
		}
		release(h);
	}
	assert_int_equal(sum[0], sum[1]);
	assert_true(n[0] == n[2] || n[0] == n[1]);
	assert_true(sum[2] < sum[0]);
	assert_true(sum[3] > sum[0]);
}

/* No more than the most is held; what is let go is counted, and all comes out in order. */
static void test_bound(void **state)
{
	struct heap *h = make();

	(void)state;
	h->d.max_held = 100;
	for (uint64_t i = 0; i < 1000; i++)
		hold(h, HR_EV_OBJ_ALLOC, i % 7, i);
	assert_in_range(h->d.held_max, 99, 101);
	assert_int_equal(h->d.let_go, 900);
	hold(h, HR_EV_GC_BEGIN, 0, 1000);
	finish(h);
	assert_int_equal(h->n, 1001);
	for (size_t i = 0; i < h->n; i++)
		assert_int_equal(h->got[i].time_ns, i);
	release(h);
}

HR_TEST_MAIN(deaths)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),	      cmocka_unit_test(test_snapshot), cmocka_unit_test(test_start),
	    cmocka_unit_test(test_too_young), cmocka_unit_test(test_young),    cmocka_unit_test(test_seeds),
	    cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("deaths", tests, NULL, NULL);
}
