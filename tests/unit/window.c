/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of traces: what stands at a moment, beside a naive count; and what a window makes of events. */
#include "config.h"

#include "trace/window.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 50, PAGES = 4096 };

static const struct hr_sides no_sides;

static struct hr_event place(unsigned kind, uint64_t addr, uint64_t size, uint32_t arg)
{
	return (struct hr_event){.kind = (uint8_t)kind, .addr = addr, .size = size, .arg = arg, .p = 3};
}

static void follow(struct hr_standing *s, struct hr_event ev)
{
	struct hr_error err;

	assert_int_equal(hr_standing_follow(s, &ev, 1, &err), HR_OK);
}

/* Spans, objects and stacks come and go; frees of nothing and allocations over live ones too. */
static void test_things(void **state)
{
	static const unsigned kinds[3][3] = {
	    {HR_EV_SPAN_EXISTS, HR_EV_SPAN_ALLOC, HR_EV_SPAN_FREE},
	    {HR_EV_OBJ_EXISTS, HR_EV_OBJ_ALLOC, HR_EV_OBJ_FREE},
	    {HR_EV_STACK_EXISTS, HR_EV_STACK_ALLOC, HR_EV_STACK_FREE},
	};
	/* Around where a size takes more than 32 bits, too. */
	static const uint64_t sizes[] = {0, 98, UINT32_MAX - 1, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 41};
	struct hr_event live[3][PLACES], *told;
	bool is_live[3][PLACES] = {{0}};
	struct hr_standing s;
	struct hr_error err;
	uint64_t seed = 3;
	size_t n, at;

	(void)state;
	hr_standing_init(&s, true);
	for (int i = 0; i < 20000; i++) {
		unsigned sort = (unsigned)(test_random(&seed) % 3), where = (unsigned)(test_random(&seed) % PLACES);
		unsigned what = (unsigned)(test_random(&seed) % 3);
		struct hr_event ev =
		    place(kinds[sort][what], 8192 * (uint64_t)where, sizes[test_random(&seed) % 6], UINT32_MAX - where);

		follow(&s, ev);
		is_live[sort][where] = what < 2;
		live[sort][where] = ev;
		if (i % 1000 != 0)
			continue;
		assert_int_equal(hr_standing_tell(&s, 77, 0, &told, &n, &err), HR_OK);
		assert_in_range(n, 0, hr_standing_count(&s));
		at = 0;
		for (sort = 0; sort < 3; sort++)
			for (where = 0; where < PLACES; where++)
				if (is_live[sort][where]) {
					assert_true(at < n);
					assert_int_equal(told[at].time_ns, 77);
					assert_int_equal(told[at].kind, kinds[sort][0]);
					assert_int_equal(told[at].addr, live[sort][where].addr);
					assert_int_equal(told[at].size, live[sort][where].size);
					assert_int_equal(told[at].arg, live[sort][where].arg);
					assert_int_equal(told[at].p, HR_NO_P);
					at++;
				}
		assert_int_equal(at, n);
		free(told);
	}
	hr_standing_release(&s);
}

static void test_pages(void **state)
{
	uint8_t now[PAGES] = {0}; /* 1 used, 2 released */
	struct hr_event *told;
	struct hr_standing s;
	struct hr_error err;
	uint64_t seed = 4;
	size_t n;

	(void)state;
	hr_standing_init(&s, true);
	for (int i = 0; i < 3000; i++) {
		unsigned what = (unsigned)(test_random(&seed) % 3), from = (unsigned)(test_random(&seed) % PAGES);
		unsigned len = 1 + (unsigned)(test_random(&seed) % (i % 10 == 0 ? 1500 : 30));

		if (len > PAGES - from)
			len = PAGES - from;
		follow(&s, place(HR_EV_PAGE_ALLOC + what, 8192 * (uint64_t)from, 8192 * (uint64_t)len, 0));
		memset(now + from, what == 0 ? 1 : what == 1 ? 0 : 2, len);
		if (i % 100 != 0)
			continue;
		uint8_t again[PAGES] = {0};
		assert_int_equal(hr_standing_tell(&s, 0, 0, &told, &n, &err), HR_OK);
		assert_in_range(n, 0, hr_standing_count(&s));
		for (size_t k = 0; k < n; k++)
			for (uint64_t p = told[k].addr / 8192; p < (told[k].addr + told[k].size) / 8192; p++) {
				assert_int_equal(again[p], 0);
				again[p] = told[k].kind == HR_EV_PAGE_ALLOC ? 1 : 2;
			}
		assert_memory_equal(now, again, sizeof(now));
		free(told);
	}
	/* A run that no program has costs nothing; what is live is then not known any more. */
	follow(&s, place(HR_EV_PAGE_ALLOC, 0, UINT64_C(1) << 47, 0));
	assert_int_equal(hr_standing_tell(&s, 0, 0, &told, &n, &err), HR_EINPUT);
	assert_null(told);
	hr_standing_release(&s);
}

/* Nor do many runs, far from one another. */
static void test_pages_everywhere(void **state)
{
	struct hr_event *told;
	struct hr_standing s;
	struct hr_error err;
	size_t n;

	(void)state;
	hr_standing_init(&s, true);
	for (uint64_t chunk = 0; chunk < 1 << 18; chunk++)
		follow(&s, place(HR_EV_PAGE_ALLOC, chunk << 30, 8192, 0));
	assert_int_equal(hr_standing_tell(&s, 0, 0, &told, &n, &err), HR_OK);
	assert_int_equal(n, 1 << 18);
	free(told);
	for (uint64_t chunk = 1 << 18; chunk < 1 << 20; chunk++)
		follow(&s, place(HR_EV_PAGE_ALLOC, chunk << 30, 8192, 0));
	assert_int_equal(s.npages, 1 << 18);
	assert_int_equal(hr_standing_tell(&s, 0, 0, &told, &n, &err), HR_EINPUT);
	hr_standing_release(&s);
}

static void test_settings(void **state)
{
	struct hr_event *told, ev = {.kind = HR_EV_PROC_START, .p = 2};
	struct hr_standing s;
	struct hr_error err;
	size_t n;

	(void)state;
	hr_standing_init(&s, true);
	follow(&s, ev);
	ev.p = 1;
	follow(&s, ev);
	ev.p = 0;
	follow(&s, ev);
	ev.kind = HR_EV_PROC_STOP;
	follow(&s, ev);
	follow(&s, (struct hr_event){.kind = HR_EV_HEAP_GOAL, .size = 1});
	follow(&s, (struct hr_event){.kind = HR_EV_HEAP_GOAL, .size = 2});
	follow(&s, (struct hr_event){.kind = HR_EV_GOMAXPROCS, .arg = 4});
	follow(&s, (struct hr_event){.kind = HR_EV_GC_BEGIN});
	follow(&s, (struct hr_event){.kind = HR_EV_GC_END});
	follow(&s, (struct hr_event){.kind = HR_EV_GC_BEGIN});
	assert_int_equal(hr_standing_tell(&s, 5, 0, &told, &n, &err), HR_OK);
	assert_int_equal(n, 5);
	assert_true(told[0].kind == HR_EV_GOMAXPROCS && told[0].arg == 4);
	assert_true(told[1].kind == HR_EV_HEAP_GOAL && told[1].size == 2);
	assert_true(told[2].kind == HR_EV_PROC_START && told[2].p == 1);
	assert_true(told[3].kind == HR_EV_PROC_START && told[3].p == 2);
	assert_int_equal(told[4].kind, HR_EV_GC_ACTIVE);
	free(told);
	hr_standing_release(&s);
}

static void test_window(void **state)
{
	const struct hr_trace_meta meta = {
	    .has_addresses = false, .strict = true, .clock_origin_ns = 1000, .program = "x"};
	const struct hr_event ev[] = {
	    {.time_ns = 0, .kind = HR_EV_OBJ_ALLOC, .addr = 0, .size = 10, .arg = 7},
	    {.time_ns = 5, .kind = HR_EV_OBJ_ALLOC, .addr = 1, .size = 20, .arg = 9},
	    {.time_ns = 6, .kind = HR_EV_OBJ_FREE, .addr = 0, .size = 10},
	    {.time_ns = 10, .kind = HR_EV_OBJ_ALLOC, .addr = 0, .size = 30, .arg = 7},
	    {.time_ns = 12, .kind = HR_EV_OBJ_FREE, .addr = 1, .size = 20},
	    {.time_ns = 20, .kind = HR_EV_OBJ_FREE, .addr = 0, .size = 30},
	    {.time_ns = 21, .kind = HR_EV_LOG},
	};
	struct hr_trace_stats stats = {.last_time_ns = 25, .events_total = 7};
	struct hr_trace_meta own = meta;
	struct hr_window w;
	struct hr_error err;

	(void)state;
	hr_window_init(&w, &meta, &no_sides, 10, 20, true);
	hr_window_meta(&w, &own);
	assert_false(own.strict);
	/* Nothing of where it comes from, its clock least of all. */
	assert_int_equal(own.clock_origin_ns, 0);
	assert_string_equal(own.program, "");
	assert_int_equal(hr_window_take(&w, ev, 7, &err), HR_OK);
	/* Number 1 is all that lives: it becomes 0. Types are numbered as they appear. */
	assert_int_equal(w.n, 4);
	assert_true(w.past);
	assert_true(w.ev[0].kind == HR_EV_OBJ_EXISTS && w.ev[0].time_ns == 0 && w.ev[0].addr == 0 &&
		    w.ev[0].size == 20 && w.ev[0].arg == 1);
	assert_true(w.ev[1].kind == HR_EV_OBJ_ALLOC && w.ev[1].time_ns == 0 && w.ev[1].addr == 1 && w.ev[1].arg == 2);
	assert_true(w.ev[2].kind == HR_EV_OBJ_FREE && w.ev[2].time_ns == 2 && w.ev[2].addr == 0);
	assert_true(w.ev[3].kind == HR_EV_OBJ_FREE && w.ev[3].time_ns == 10 && w.ev[3].addr == 1);
	hr_window_stats(&w, &stats);
	assert_int_equal(stats.events_total, 4);
	assert_int_equal(stats.last_time_ns, 10);
	hr_window_release(&w);

	/* A window that begins behind the last event holds what stands; one behind the end is none. */
	hr_window_init(&w, &meta, &no_sides, 23, UINT64_MAX, false);
	assert_int_equal(hr_window_take(&w, ev, 5, &err), HR_OK);
	assert_int_equal(w.n, 0);
	assert_int_equal(hr_window_end(&w, 25, &err), HR_OK);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.ev[0].size, 30);
	hr_window_release(&w);
	hr_window_init(&w, &meta, &no_sides, 26, UINT64_MAX, false);
	assert_int_equal(hr_window_end(&w, 25, &err), HR_EUSAGE);
	hr_window_release(&w);

	/* The whole is the whole. */
	hr_window_init(&w, &meta, &no_sides, 0, UINT64_MAX, false);
	own = meta;
	hr_window_meta(&w, &own);
	assert_true(own.strict);
	assert_int_equal(hr_window_take(&w, ev, 7, &err), HR_OK);
	assert_int_equal(w.n, 7);
	assert_memory_equal(w.ev, ev, sizeof(ev));
	assert_int_equal(hr_window_end(&w, 25, &err), HR_OK);
	assert_int_equal(w.n, 0);
	hr_window_release(&w);
}

/* More than a piece stands: it comes in pieces, once and in order of addresses or numbers, and what happens then behind it. */
static void test_pieces(void **state)
{
	enum { OBJECTS = 30000 };
	struct hr_event *ev = calloc(OBJECTS + 1, sizeof(*ev));
	struct hr_error err;

	(void)state;
	assert_non_null(ev);
	for (unsigned addresses = 0; addresses < 2; addresses++) {
		const struct hr_trace_meta meta = {.has_addresses = addresses};
		struct hr_window w;
		size_t told = 0, pieces = 0;

		/* Addresses fall, as numbers rise. */
		for (uint64_t i = 0; i < OBJECTS; i++)
			ev[i] = (struct hr_event){.time_ns = 5,
						  .kind = HR_EV_OBJ_ALLOC,
						  .addr = addresses ? 64 * (OBJECTS - i) : i,
						  .size = 8 + i};
		ev[OBJECTS] = (struct hr_event){.time_ns = 12, .kind = HR_EV_LOG};
		hr_window_init(&w, &meta, &no_sides, 10, UINT64_MAX, false);
		for (assert_int_equal(hr_window_take(&w, ev, OBJECTS + 1, &err), HR_OK); w.n > 0;
		     assert_int_equal(hr_window_more(&w, &err), HR_OK)) {
			pieces++;
			for (size_t i = 0; i < w.n; i++, told++) {
				if (told == OBJECTS) {
					assert_int_equal(w.ev[i].kind, HR_EV_LOG);
					assert_int_equal(w.ev[i].time_ns, 2);
					continue;
				}
				assert_int_equal(w.ev[i].kind, HR_EV_OBJ_EXISTS);
				assert_int_equal(w.ev[i].addr, addresses ? 64 * (told + 1) : told);
				assert_int_equal(w.ev[i].size, addresses ? 7 + OBJECTS - told : 8 + told);
			}
		}
		assert_int_equal(told, OBJECTS + 1);
		assert_true(pieces > 3);
		hr_window_release(&w);
	}
	free(ev);
}

HR_TEST_MAIN(window)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_things),   cmocka_unit_test(test_pages),  cmocka_unit_test(test_pages_everywhere),
	    cmocka_unit_test(test_settings), cmocka_unit_test(test_window), cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
