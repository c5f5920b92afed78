/* SPDX-License-Identifier: BSD-3-Clause */
/* When objects died: between the mark starts that bound it, evenly, and everything else as it was. */
#include "config.h"

#include "replay/objects/deaths.h"

#include "testing.h"

static void hold(struct hr_deaths *d, enum hr_event_kind kind, uint64_t addr, uint64_t time_ns)
{
	const struct hr_event e = {.time_ns = time_ns, .addr = addr, .kind = (uint8_t)kind, .p = HR_NO_P};

	assert_int_equal(hr_deaths_hold(d, &e, NULL), HR_OK);
}

static void swept(struct hr_deaths *d, uint32_t number, uint64_t time_ns)
{
	assert_int_equal(hr_deaths_swept(d, number, 8, time_ns, NULL), HR_OK);
}

static void expect(struct hr_deaths *d, size_t n, const enum hr_event_kind *kinds, const uint64_t *addrs)
{
	size_t got;
	const struct hr_event *e = hr_deaths_take(d, &got);

	assert_int_equal(got, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(e[i].kind, kinds[i]);
		assert_int_equal(e[i].addr, addrs[i]);
		assert_true(i == 0 || e[i].time_ns >= e[i - 1].time_ns);
	}
}

/* Nothing happens between the allocation and marking: the object died right before that. */
static void test_one(void **state)
{
	struct hr_deaths d;
	size_t n;
	const struct hr_event *e;

	(void)state;
	hr_deaths_init(&d);
	hold(&d, HR_EV_OBJ_ALLOC, 0, 10);
	hold(&d, HR_EV_GC_BEGIN, 0, 20);
	hold(&d, HR_EV_GC_END, 0, 30);
	swept(&d, 0, 40);
	expect(&d, 0, NULL, NULL);
	hold(&d, HR_EV_OBJ_ALLOC, 1, 50);
	hold(&d, HR_EV_GC_BEGIN, 0, 60); /* now all deaths before 20 are known */
	e = hr_deaths_take(&d, &n);
	assert_int_equal(n, 1);
	assert_int_equal(e[0].kind, HR_EV_OBJ_ALLOC);
	assert_int_equal(hr_deaths_finish(&d, NULL), HR_OK);
	e = hr_deaths_take(&d, &n);
	assert_int_equal(n, 5);
	assert_int_equal(e[0].kind, HR_EV_OBJ_FREE);
	assert_int_equal(e[0].time_ns, 20);
	assert_int_equal(e[1].kind, HR_EV_GC_BEGIN);
	assert_int_equal(e[2].kind, HR_EV_GC_END);
	assert_int_equal(e[4].time_ns, 60);
	assert_int_equal(d.window_bytes, 8);
	hr_deaths_release(&d);
}

/* What was there at the start and is swept before the first mark start was garbage then. */
static void test_start(void **state)
{
	struct hr_deaths d;

	(void)state;
	hr_deaths_init(&d);
	hold(&d, HR_EV_OBJ_EXISTS, 0, 0);
	hold(&d, HR_EV_OBJ_EXISTS, 1, 0);
	hold(&d, HR_EV_GOMAXPROCS, 0, 0);
	hold(&d, HR_EV_OBJ_ALLOC, 2, 5);
	swept(&d, 0, 7);
	hold(&d, HR_EV_OBJ_ALLOC, 3, 9);
	hold(&d, HR_EV_GC_BEGIN, 0, 20);
	assert_int_equal(hr_deaths_finish(&d, NULL), HR_OK);
	expect(&d, 7,
	       (const enum hr_event_kind[]){HR_EV_OBJ_EXISTS, HR_EV_OBJ_EXISTS, HR_EV_GOMAXPROCS, HR_EV_OBJ_FREE,
					    HR_EV_OBJ_ALLOC, HR_EV_OBJ_ALLOC, HR_EV_GC_BEGIN},
	       (const uint64_t[]){0, 1, 0, 0, 2, 3, 0});
	hr_deaths_release(&d);
}

/* A recorder's oddity: an object swept although it was allocated after marking began. It dies when it is swept. */
static void test_too_young(void **state)
{
	struct hr_deaths d;

	(void)state;
	hr_deaths_init(&d);
	hold(&d, HR_EV_GC_BEGIN, 0, 20);
	hold(&d, HR_EV_OBJ_ALLOC, 0, 30);
	swept(&d, 0, 40);
	assert_int_equal(hr_deaths_finish(&d, NULL), HR_OK);
	expect(&d, 3, (const enum hr_event_kind[]){HR_EV_GC_BEGIN, HR_EV_OBJ_ALLOC, HR_EV_OBJ_FREE},
	       (const uint64_t[]){0, 0, 0});
	hr_deaths_release(&d);
}

/* 4000 old objects, then 4000 young ones between two mark starts; all are swept in the second cycle. */
static void test_evenly(void **state)
{
	enum { N = 4000 };
	struct hr_deaths d;
	size_t n, old = 0, old_by_half = 0, young = 0, young_by_half = 0;
	const struct hr_event *e;
	uint64_t born[2 * N] = {0};

	(void)state;
	hr_deaths_init(&d);
	for (uint64_t i = 0; i < N; i++)
		hold(&d, HR_EV_OBJ_ALLOC, i, i);
	hold(&d, HR_EV_GC_BEGIN, 0, N);
	for (uint64_t i = N; i < 2 * N; i++)
		hold(&d, HR_EV_OBJ_ALLOC, i, i);
	hold(&d, HR_EV_GC_BEGIN, 0, 2 * N);
	hold(&d, HR_EV_GC_END, 0, 2 * N + 1);
	for (uint32_t i = 0; i < 2 * N; i++)
		swept(&d, i, 2 * N + 2);
	hold(&d, HR_EV_GC_BEGIN, 0, 3 * N);
	assert_int_equal(hr_deaths_finish(&d, NULL), HR_OK);
	e = hr_deaths_take(&d, &n);
	assert_int_equal(n, 4 * N + 4);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || e[i].time_ns >= e[i - 1].time_ns);
		if (e[i].kind == HR_EV_OBJ_ALLOC)
			born[e[i].addr] = e[i].time_ns + 1;
		if (e[i].kind != HR_EV_OBJ_FREE)
			continue;
		assert_in_range(e[i].time_ns, N, 2 * N);
		assert_int_not_equal(born[e[i].addr], 0); /* not before its birth */
		born[e[i].addr] = 0;			  /* and once */
		old += e[i].addr < N;
		old_by_half += e[i].addr < N && e[i].time_ns < N + N / 2;
		young += e[i].addr >= N;
		young_by_half += e[i].addr >= N && e[i].time_ns < N + N / 2;
	}
	assert_int_equal(old, N);
	assert_int_equal(young, N);
	/* Old ones: half of them in the first half. Young ones, born at x of 1: 1/2 - (1 - ln 2) / 2 ... the mean of
	 * (1/2 - x) / (1 - x) over x < 1/2, halved: (1 - ln 2) / 2 = 15.3 %. */
	assert_in_range(old_by_half, N / 2 - N / 100, N / 2 + N / 100);
	assert_in_range(young_by_half, N * 143 / 1000, N * 164 / 1000);
	hr_deaths_release(&d);
}

/* Without cycles nothing can be decided; no more than the most is held, and all comes out in order. */
static void test_bound(void **state)
{
	struct hr_deaths d;
	uint64_t seen = 0, total = HR_MAX_HELD_DEATHS + 10;
	size_t n;

	(void)state;
	hr_deaths_init(&d);
	for (uint64_t i = 0; i < total; i++)
		hold(&d, HR_EV_OBJ_ALLOC, i % 7, i);
	assert_int_equal(d.held_max, HR_MAX_HELD_DEATHS);
	assert_int_equal(d.let_go, HR_MAX_HELD_DEATHS / 2);
	hold(&d, HR_EV_GC_BEGIN, 0, total);
	assert_int_equal(hr_deaths_finish(&d, NULL), HR_OK);
	const struct hr_event *e = hr_deaths_take(&d, &n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(e[i].time_ns, seen++);
	assert_int_equal(seen, total + 1);
	hr_deaths_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),	   cmocka_unit_test(test_start), cmocka_unit_test(test_too_young),
	    cmocka_unit_test(test_evenly), cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("deaths", tests, NULL, NULL);
}
