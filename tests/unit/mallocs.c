/* SPDX-License-Identifier: BSD-3-Clause */
/* What all recordings of malloc share: the three clocks, threads, and what to do where a recording can't be right. */
#include "config.h"

#include "trace/malloc/mallocs.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct hr_reader r;
	struct hr_mallocs m;
	struct hr_event ev[64];
};

static struct fixture *begin(enum hr_malloc_clock clock, uint64_t rate)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->r.options.rate = rate;
	hr_mallocs_init(&f->m, &f->r, clock);
	return f;
}

static void end(struct fixture *f)
{
	hr_mallocs_release(&f->m);
	free(f);
}

static void alloc(struct fixture *f, uint64_t key, uint64_t size)
{
	assert_int_equal(hr_mallocs_alloc(&f->m, key, size, HR_NO_P, NULL), HR_OK);
}

static uint64_t odd(const struct fixture *f, enum hr_anomaly a)
{
	return f->r.stats.anomalies[a];
}

/* Takes what is ready: n events at these times. */
static void expect_times(struct fixture *f, size_t n, const uint64_t *times)
{
	assert_int_equal(hr_mallocs_take(&f->m, f->ev, 64), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(f->ev[i].time_ns, times[i]);
}

static void test_rate(void **state)
{
	struct fixture *f = begin(HR_CLOCK_NONE, 3);

	(void)state;
	assert_false(f->r.meta.has_clock);
	assert_int_equal(f->r.stats.nassumed, 1);
	assert_non_null(strstr(f->r.stats.assumed[0], "3 events a second"));
	for (uint64_t i = 1; i <= 7; i++)
		alloc(f, i, 1);
	/* Exact in the long run: no error adds up. */
	expect_times(f, 7, (uint64_t[]){0, 333333333, 666666666, 1000000000, 1333333333, 1666666666, 2000000000});
	assert_int_equal(f->r.stats.last_time_ns, 2000000000);
	for (uint64_t i = 7; i < 3000000; i++) {
		alloc(f, 1, 1); /* and the free of what is there */
		while (hr_mallocs_take(&f->m, f->ev, 64) > 0)
			;
	}
	assert_int_equal(f->r.stats.last_time_ns, (uint64_t)((unsigned __int128)(f->m.events - 1) * 1000000000 / 3));
	end(f);
	/* More than one a nanosecond. */
	f = begin(HR_CLOCK_NONE, 4000000000);
	for (uint64_t i = 1; i <= 9; i++)
		alloc(f, i, 1);
	expect_times(f, 9, (uint64_t[]){0, 0, 0, 0, 1, 1, 1, 1, 2});
	end(f);
}

static void test_exact(void **state)
{
	struct fixture *f = begin(HR_CLOCK_EXACT, 1);

	(void)state;
	assert_true(f->r.meta.has_clock);
	assert_int_equal(f->r.stats.nassumed, 0);
	hr_mallocs_time(&f->m, 1000);
	alloc(f, 1, 1);
	hr_mallocs_time(&f->m, 900); /* before the first */
	alloc(f, 2, 1);
	hr_mallocs_time(&f->m, 1500);
	alloc(f, 3, 1);
	alloc(f, 4, 1);
	hr_mallocs_time(&f->m, 1400);
	alloc(f, 5, 1);
	hr_mallocs_time(&f->m, 1500);
	alloc(f, 6, 1);
	expect_times(f, 6, (uint64_t[]){0, 0, 500, 500, 500, 500});
	assert_int_equal(odd(f, HR_ANOMALY_CLOCK_BACK), 2);
	assert_int_equal(f->r.stats.last_time_ns, 500);
	end(f);
}

static void test_ticks(void **state)
{
	struct fixture *f = begin(HR_CLOCK_TICKS, 1);

	(void)state;
	for (uint64_t i = 1; i <= 4; i++)
		alloc(f, i, 1);
	assert_int_equal(hr_mallocs_ready(&f->m), 0);
	hr_mallocs_time(&f->m, 10);
	/* Evenly from tick to tick, the first one at the tick before. */
	expect_times(f, 4, (uint64_t[]){0, 2, 5, 7});
	hr_mallocs_time(&f->m, 20);
	alloc(f, 5, 1);
	hr_mallocs_time(&f->m, 15);
	expect_times(f, 1, (uint64_t[]){20});
	alloc(f, 6, 1);
	alloc(f, 7, 1);
	hr_mallocs_time(&f->m, 40);
	alloc(f, 8, 1);
	assert_int_equal(hr_mallocs_ready(&f->m), 2);
	hr_mallocs_finish(&f->m);
	expect_times(f, 3, (uint64_t[]){20, 30, 40});
	assert_int_equal(odd(f, HR_ANOMALY_CLOCK_BACK), 1);
	end(f);
}

/* Of events without a tick only so many wait. */
static void test_tick_cap(void **state)
{
	enum { HELD = 1 << 20, MORE = 1000 };
	struct fixture *f = begin(HR_CLOCK_TICKS, 1);
	struct hr_event *ev = malloc((HELD + MORE) * sizeof(*ev));

	(void)state;
	hr_mallocs_time(&f->m, 5);
	for (uint64_t i = 1; i <= HELD + MORE; i++)
		alloc(f, i, 1);
	assert_int_equal(hr_mallocs_ready(&f->m), HELD);
	hr_mallocs_time(&f->m, 5 + MORE);
	assert_int_equal(hr_mallocs_take(&f->m, ev, HELD + MORE), HELD + MORE);
	assert_int_equal(ev[HELD - 1].time_ns, 5);
	for (uint64_t i = 0; i < MORE; i++)
		assert_int_equal(ev[HELD + i].time_ns, 5 + i);
	assert_int_equal(odd(f, HR_ANOMALY_SHARED_TICK), HELD);
	free(ev);
	end(f);
}

/* kind, number and size of the next event. */
static void expect(struct fixture *f, enum hr_event_kind kind, uint64_t number, uint64_t size)
{
	struct hr_event e;

	assert_int_equal(hr_mallocs_take(&f->m, &e, 1), 1);
	assert_int_equal(e.kind, kind);
	assert_int_equal(e.addr, number);
	assert_int_equal(e.size, size);
}

static void test_objects(void **state)
{
	struct fixture *f = begin(HR_CLOCK_NONE, 1000);
	struct hr_mallocs *m = &f->m;

	(void)state;
	alloc(f, 0x10, 100);
	alloc(f, 0x20, 0);
	expect(f, HR_EV_OBJ_ALLOC, 0, 100);
	expect(f, HR_EV_OBJ_ALLOC, 1, 0);
	/* Over a live one: that one is freed. */
	alloc(f, 0x10, 50);
	expect(f, HR_EV_OBJ_FREE, 0, 100);
	expect(f, HR_EV_OBJ_ALLOC, 0, 50);
	/* Realloc, in all its ways. */
	assert_int_equal(hr_mallocs_realloc(m, 0x10, 0x30, 60, 4, NULL), HR_OK);
	expect(f, HR_EV_OBJ_FREE, 0, 50);
	expect(f, HR_EV_OBJ_ALLOC, 0, 60);
	assert_int_equal(hr_mallocs_realloc(m, 0, 0x40, 70, 4, NULL), HR_OK);
	expect(f, HR_EV_OBJ_ALLOC, 2, 70);
	assert_int_equal(hr_mallocs_realloc(m, 0x40, 0, 70, 4, NULL), HR_OK);
	assert_int_equal(hr_mallocs_ready(m), 0);
	assert_int_equal(hr_mallocs_realloc(m, 0x40, 0, 0, 4, NULL), HR_OK);
	expect(f, HR_EV_OBJ_FREE, 2, 70);
	assert_int_equal(hr_mallocs_realloc(m, 0x99, 0x50, 5, 4, NULL), HR_OK);
	expect(f, HR_EV_OBJ_ALLOC, 2, 5);
	/* Frees of nothing. */
	assert_int_equal(hr_mallocs_free(m, 0, HR_NO_P, NULL), HR_OK);
	assert_int_equal(hr_mallocs_free(m, 0x40, HR_NO_P, NULL), HR_OK);
	assert_int_equal(hr_mallocs_free(m, UINT64_MAX, HR_NO_P, NULL), HR_OK);
	/* Allocations of nothing. */
	alloc(f, 0, 5);
	alloc(f, UINT64_MAX, 5);
	alloc(f, 0x60, UINT64_C(1) << 41);
	assert_false(hr_mallocs_sound(m, UINT64_MAX));
	assert_true(hr_mallocs_sound(m, (UINT64_C(1) << 41) - 1));
	assert_int_equal(hr_mallocs_ready(m), 0);
	alloc(f, 0x60, (UINT64_C(1) << 41) - 1);
	expect(f, HR_EV_OBJ_ALLOC, 3, (UINT64_C(1) << 41) - 1);
	/* Numbered by the format. */
	assert_int_equal(hr_mallocs_add(m, HR_EV_OBJ_ALLOC, 9, 8, HR_NO_P, NULL), HR_OK);
	expect(f, HR_EV_OBJ_ALLOC, 9, 8);
	assert_int_equal(hr_mallocs_add(m, HR_EV_OBJ_FREE, 9, 8, HR_NO_P, NULL), HR_OK);
	expect(f, HR_EV_OBJ_FREE, 9, 8);

	assert_int_equal(odd(f, HR_ANOMALY_OVER_LIVE), 1);
	assert_int_equal(odd(f, HR_ANOMALY_ZERO_SIZE), 1);
	assert_int_equal(odd(f, HR_ANOMALY_UNKNOWN_FREE), 3);
	assert_int_equal(odd(f, HR_ANOMALY_NULL_FREE), 1);
	assert_int_equal(odd(f, HR_ANOMALY_FAILED_ALLOC), 3);
	assert_int_equal(odd(f, HR_ANOMALY_ABSURD_SIZE), 2);
	assert_int_equal(f->r.stats.counts[HR_EV_OBJ_ALLOC] + f->r.stats.counts[HR_EV_OBJ_FREE],
			 f->r.stats.events_total);
	end(f);
}

static void test_threads(void **state)
{
	struct fixture *f = begin(HR_CLOCK_NONE, 1000);

	(void)state;
	assert_int_equal(hr_mallocs_thread(&f->m, 4000), 0);
	assert_int_equal(hr_mallocs_thread(&f->m, 3), 1);
	assert_int_equal(hr_mallocs_thread(&f->m, 4000), 0);
	assert_int_equal(f->r.stats.threads, 2);
	/* No more than a thread's number can hold. */
	for (uint64_t tid = 10000; tid < 10000 + 40000; tid++) {
		int p = hr_mallocs_thread(&f->m, tid);

		assert_int_equal(p, tid - 9998 <= INT16_MAX ? (int)(tid - 9998) : HR_NO_P);
	}
	assert_int_equal(f->r.stats.threads, INT16_MAX + 1);
	assert_int_equal(hr_mallocs_thread(&f->m, 3), 1);
	end(f);
}

HR_TEST_MAIN(mallocs)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate),     cmocka_unit_test(test_exact),   cmocka_unit_test(test_ticks),
	    cmocka_unit_test(test_tick_cap), cmocka_unit_test(test_objects), cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("mallocs", tests, NULL, NULL);
}
