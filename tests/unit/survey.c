/* SPDX-License-Identifier: BSD-3-Clause */
/* The survey of objects, beside numbers computed by hand and beside a plain list of what is live. */
#include "config.h"

#include "info/survey.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

static struct hr_event event(unsigned kind, uint64_t time_ns, uint64_t addr, uint64_t size)
{
	return (struct hr_event){.time_ns = time_ns, .addr = addr, .size = size, .p = HR_NO_P, .kind = (uint8_t)kind};
}

static uint64_t member(json_t *o, const char *key)
{
	json_t *value = json_object_get(o, key);

	assert_true(json_is_integer(value));
	return (uint64_t)json_integer_value(value);
}

static void test_by_hand(void **state)
{
	const struct hr_event ev[] = {
	    event(HR_EV_OBJ_EXISTS, 0, 0, 100), /* 100 live */
	    event(HR_EV_OBJ_ALLOC, 10, 1, 8),	/* 108 */
	    event(HR_EV_GC_BEGIN, 10, 0, 0),
	    event(HR_EV_OBJ_ALLOC, 20, 2, 0),		/* 108, 3 objects: the most */
	    event(HR_EV_OBJ_FREE, 110, 1, 8),		/* 100; lived 100 ns */
	    event(HR_EV_OBJ_ALLOC, 120, 1, 9),		/* 109 */
	    event(HR_EV_OBJ_FREE, 130, 0, 100),		/* 9; was there before */
	    event(HR_EV_OBJ_FREE, 200, 1, 9),		/* 0; lived 80 ns */
	    event(HR_EV_OBJ_ALLOC, 300, 1, 4096),	/* 4096: the peak */
	    event(HR_EV_OBJ_FREE, 1000000300, 1, 4096), /* 0; lived 1 s */
	    event(HR_EV_OBJ_ALLOC, 1000000400, 1, 4096),
	};
	struct hr_survey s;
	struct hr_error err;

	(void)state;
	hr_survey_init(&s, false, false);
	assert_int_equal(hr_survey_take(&s, ev, 4, &err), HR_OK);
	assert_int_equal(hr_survey_take(&s, ev + 4, sizeof(ev) / sizeof(ev[0]) - 4, &err), HR_OK);
	json_t *o = hr_survey_objects_json(&s);
	assert_int_equal(member(o, "existed"), 1);
	assert_int_equal(member(o, "allocations"), 5);
	assert_int_equal(member(o, "frees"), 4);
	assert_int_equal(member(o, "allocated_bytes"), 8 + 0 + 9 + 4096 + 4096);
	assert_int_equal(member(o, "peak_live_bytes"), 4096);
	assert_int_equal(member(o, "peak_live_bytes_ns"), 300);
	assert_int_equal(member(o, "peak_live_objects"), 3);
	assert_int_equal(member(o, "peak_live_objects_ns"), 20);
	assert_int_equal(member(o, "leaked_objects"), 2);
	assert_int_equal(member(o, "leaked_bytes"), 4096);
	assert_int_equal(member(o, "largest_bytes"), 4096);
	assert_int_equal(member(o, "zero_sizes"), 1);
	json_decref(o);
	assert_int_equal(s.never_freed, 2);

	/* 0; to 8; to 16; to 4096. */
	static const uint64_t sizes[][3] = {{0, 1, 0}, {8, 1, 8}, {16, 1, 9}, {4096, 2, 8192}};
	json_t *list = hr_survey_sizes_json(&s);
	assert_int_equal(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(member(json_array_get(list, i), "to_bytes"), sizes[i][0]);
		assert_int_equal(member(json_array_get(list, i), "objects"), sizes[i][1]);
		assert_int_equal(member(json_array_get(list, i), "bytes"), sizes[i][2]);
	}
	json_decref(list);

	/* 80 ns; 100 ns, which is not below 100; 1 s, which is not below 1 s. */
	static const uint64_t lives[][2] = {{100, 1}, {1000, 1}, {10000000000, 1}};
	list = hr_survey_lives_json(&s);
	assert_int_equal(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(member(json_array_get(list, i), "below_ns"), lives[i][0]);
		assert_int_equal(member(json_array_get(list, i), "objects"), lives[i][1]);
	}
	json_decref(list);
	hr_survey_release(&s);
}

/* Every size and every life is in the row whose limits it lies between. */
static void test_rows(void **state)
{
	static const uint64_t values[] = {0,
					  1,
					  2,
					  3,
					  4,
					  5,
					  99,
					  100,
					  101,
					  1000,
					  1023,
					  1024,
					  1025,
					  UINT32_MAX,
					  99999999999999,
					  100000000000000,
					  1ULL << 63,
					  (1ULL << 63) + 1,
					  UINT64_MAX};
	struct hr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct hr_event ev[] = {event(HR_EV_OBJ_ALLOC, 0, 0, values[i]),
					event(HR_EV_OBJ_FREE, values[i], 0, values[i])};
		struct hr_survey s;

		hr_survey_init(&s, false, false);
		assert_int_equal(hr_survey_take(&s, ev, 2, &err), HR_OK);
		for (unsigned k = 0; k < HR_SURVEY_SIZES; k++) {
			bool here =
			    values[i] <= hr_survey_size_limit(k) && (k == 0 || values[i] > hr_survey_size_limit(k - 1));
			assert_int_equal(s.sizes[k].objects, here);
		}
		for (unsigned k = 0; k < HR_SURVEY_LIVES; k++) {
			bool last = k == HR_SURVEY_LIVES - 1;
			bool here = (last || values[i] < hr_survey_life_limit(k)) &&
				    (k == 0 || values[i] >= hr_survey_life_limit(k - 1));
			assert_int_equal(s.lives[k], here);
		}
		hr_survey_release(&s);
	}
}

/* Addresses are not numbers: objects are counted, and nothing is kept for them. */
static void test_addresses(void **state)
{
	const struct hr_event ev[] = {event(HR_EV_OBJ_ALLOC, 1, 0xc000000000, 0),
				      event(HR_EV_OBJ_FREE, 2, 0xc000000000, 0)};
	struct hr_survey s;
	struct hr_error err;

	(void)state;
	hr_survey_init(&s, true, false);
	assert_int_equal(hr_survey_take(&s, ev, 2, &err), HR_OK);
	assert_int_equal(s.nbirths, 0);
	json_t *o = hr_survey_objects_json(&s);
	assert_int_equal(member(o, "allocations"), 1);
	assert_int_equal(member(o, "frees"), 1);
	assert_true(json_is_null(json_object_get(o, "peak_live_bytes")));
	json_decref(o);
	hr_survey_release(&s);
}

/* Size class 5 is 48 bytes, 170 to a page; 35 is 1408 bytes, 11 to two pages. */
static void test_slots(void **state)
{
	const uint64_t a = 0xc000000000, b = 0xc000010000, large = 0xc000100000;
	struct hr_event ev[] = {
	    event(HR_EV_SPAN_EXISTS, 0, a, 8192),
	    event(HR_EV_OBJ_EXISTS, 0, a + 48, 0), /* 48 live, 1 object */
	    event(HR_EV_SPAN_ALLOC, 10, b, 16384),
	    event(HR_EV_SPAN_ALLOC, 10, large, 81920),
	    event(HR_EV_OBJ_ALLOC, 20, b + 1408 * 10 + 8, 5),  /* in the second page, behind a header; 1456 */
	    event(HR_EV_OBJ_ALLOC, 30, large, 0),	       /* 83376, 3 objects: the peak */
	    event(HR_EV_OBJ_ALLOC, 40, a + 48 + 3, 0),	       /* over the one that is there, which is freed first */
	    event(HR_EV_OBJ_ALLOC, 40, 0xc000800000, 0),       /* in no span */
	    event(HR_EV_OBJ_FREE, 1020, b + 1408 * 10 + 8, 0), /* 81968; lived 1 us */
	    event(HR_EV_OBJ_FREE, 1020, b, 0),		       /* nothing is there */
	    event(HR_EV_SPAN_FREE, 1030, large, 0),	       /* and its object; 48 */
	    event(HR_EV_SPAN_FREE, 1030, a + 8192, 0),	       /* no span */
	    event(HR_EV_SPAN_ALLOC, 1040, large, 8192),
	    event(HR_EV_OBJ_ALLOC, 1050, large + 8160 - 1, 0), /* slot 169, the last; 96 */
	    event(HR_EV_OBJ_ALLOC, 1060, large + 8160, 0),     /* behind the last slot */
	};
	struct hr_survey s;
	struct hr_error err;

	(void)state;
	ev[0].arg = ev[12].arg = (5 << 1) << 1;
	ev[2].arg = (35 << 1 | 1) << 1;
	hr_survey_init(&s, true, true);
	assert_int_equal(hr_survey_take(&s, ev, sizeof(ev) / sizeof(ev[0]), &err), HR_OK);
	json_t *o = hr_survey_objects_json(&s);
	assert_int_equal(member(o, "existed"), 1);
	assert_int_equal(member(o, "allocations"), 6);
	assert_int_equal(member(o, "frees"), 2);
	assert_int_equal(member(o, "peak_live_bytes"), 48 + 1408 + 81920);
	assert_int_equal(member(o, "peak_live_bytes_ns"), 30);
	assert_int_equal(member(o, "peak_live_objects"), 3);
	assert_int_equal(member(o, "leaked_bytes"), 48 + 48);
	assert_int_equal(member(o, "leaked_objects"), 2);
	assert_int_equal(member(o, "allocated_bytes"), 1408 + 81920 + 48 + 48);
	assert_int_equal(member(o, "largest_bytes"), 81920);
	json_decref(o);
	assert_int_equal(s.lives[2], 1);
	assert_int_equal(s.never_freed, 3);
	assert_int_equal(s.over_live, 1);
	hr_survey_release(&s);
}

/* Of the slots of a tiny allocator only those that it may go on with take more; a full one was freed. */
static void test_tiny(void **state)
{
	const uint64_t a = 0xc000000000, b = a + 16, c = a + 32;
	struct hr_event ev[] = {
	    event(HR_EV_SPAN_ALLOC, 10, a, 8192), event(HR_EV_OBJ_ALLOC, 20, a, 0),
	    event(HR_EV_OBJ_ALLOC, 30, b, 0),	  /* what did not fit into a */
	    event(HR_EV_OBJ_ALLOC, 40, a + 8, 0), /* a had more room: b is closed */
	    event(HR_EV_OBJ_ALLOC, 50, c, 0),	  event(HR_EV_OBJ_ALLOC, 60, c, 0),
	    event(HR_EV_OBJ_ALLOC, 70, b, 0), /* from its beginning: it was freed */
	};
	struct hr_survey s;
	struct hr_error err;

	(void)state;
	ev[0].arg = 5 << 1;
	for (size_t i = 0; i < sizeof(ev) / sizeof(ev[0]); i++)
		ev[i].p = 0;
	hr_survey_init(&s, true, true);
	assert_int_equal(hr_survey_take(&s, ev, sizeof(ev) / sizeof(ev[0]), &err), HR_OK);
	assert_int_equal(s.allocations, 6);
	assert_int_equal(s.over_live, 1);
	assert_int_equal(s.allocated_bytes, 4 * 16);
	assert_int_equal(s.live_objects, 3);
	hr_survey_release(&s);
}

/* Numbers of spans that are gone are given again: as many as there are slots at the peak. */
static void test_slot_numbers(void **state)
{
	uint64_t seed = 3;
	struct hr_slots s;
	bool live[64] = {0};

	(void)state;
	hr_slots_init(&s);
	for (int i = 0; i < 20000; i++) {
		size_t k = test_random(&seed) % 64;
		/* Each place has its own class, so that 64 spans are the most of all. */
		unsigned c = 1 + (unsigned)k % (HR_SIZE_CLASSES - 1);
		struct hr_event e =
		    event(HR_EV_SPAN_ALLOC, 0, 0xc000000000 + k * (UINT64_C(1) << 20), hr_size_classes[c].span_bytes);

		e.arg = (c << 1) << 1;
		if (live[k]) {
			assert_non_null(hr_slots_at(&s, e.addr));
			assert_true(hr_slots_remove(&s, hr_slots_at(&s, e.addr)));
			assert_null(hr_slots_at(&s, e.addr));
		} else {
			uint64_t bytes;

			assert_true(hr_slots_add(&s, &e));
			const struct hr_slot_span *span = hr_slots_at(&s, e.addr);
			assert_non_null(span);
			for (uint32_t j = 0; j < span->n; j++) {
				uint64_t addr = e.addr + j * span->object_bytes;

				assert_int_equal(hr_slots_find(&s, addr, &bytes), span->first + j);
				assert_int_equal(hr_slots_find(&s, addr + bytes - 1, &bytes), span->first + j);
				assert_int_equal(bytes, hr_size_classes[c].object_bytes);
			}
		}
		live[k] = !live[k];
	}
	uint64_t slots = 0;
	for (unsigned k = 0; k < 64; k++) {
		const struct hr_size_class *c = &hr_size_classes[1 + k % (HR_SIZE_CLASSES - 1)];

		slots += c->span_bytes / c->object_bytes;
	}
	assert_in_range(s.numbers, 1, slots);
	hr_slots_release(&s);
}

/* A number that no ledger gives costs no memory, whatever it says. */
static void test_hostile_numbers(void **state)
{
	const struct hr_event ev[] = {event(HR_EV_OBJ_FREE, 0, 5, 7), event(HR_EV_OBJ_ALLOC, 1, UINT64_MAX, 10),
				      event(HR_EV_OBJ_ALLOC, 2, 1ULL << 40, 10),
				      event(HR_EV_OBJ_FREE, 3, 1ULL << 40, 10),
				      event(HR_EV_OBJ_FREE, 4, UINT64_MAX, 1000)};
	struct hr_survey s;
	struct hr_error err;

	(void)state;
	hr_survey_init(&s, false, false);
	assert_int_equal(hr_survey_take(&s, ev, sizeof(ev) / sizeof(ev[0]), &err), HR_OK);
	assert_int_equal(s.nbirths, 0);
	assert_int_equal(s.live_bytes, 0);
	assert_int_equal(s.live_objects, 0);
	hr_survey_release(&s);
}

/* Whatever the length of the trace: no peak is lost, and no event. */
static void test_timeline(void **state)
{
	static const uint64_t ends[] = {1, 999, 1000, 1024000, 1024001, 123456789, 93268205952, UINT64_MAX};

	(void)state;
	for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
		static const size_t columns[] = {1, 7, 18, 60};
		struct hr_timeline t;

		/* 1000 levels, evenly; the highest of them for no time at all, in the middle. */
		hr_timeline_init(&t);
		for (unsigned i = 0; i < 1000; i++) {
			uint64_t now = (uint64_t)((unsigned __int128)ends[e] * i / 1000);

			if (i == 500)
				hr_timeline_level(&t, now, 1000000);
			hr_timeline_level(&t, now, i);
		}
		hr_timeline_end(&t, ends[e]);
		assert_in_range(t.n, 1, HR_SURVEY_POINTS);
		for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
			uint64_t bytes[60], events[60], sum = 0;
			bool peak = false;

			hr_timeline_columns(&t, ends[e], columns[c], bytes, events);
			for (size_t i = 0; i < columns[c]; i++) {
				peak |= bytes[i] == 1000000;
				sum += events[i];
			}
			assert_true(peak);
			/* Each column is rounded. */
			assert_in_range(sum, 1001 - columns[c], 1001 + columns[c]);
		}
	}

	/* By hand: 5 bytes in the first half of 4 us, 3 in the second, nothing at the end. */
	struct hr_timeline t;
	uint64_t bytes[4], events[4];

	hr_timeline_init(&t);
	hr_timeline_level(&t, 0, 5);
	hr_timeline_level(&t, 2000, 3);
	hr_timeline_level(&t, 3999, 0);
	hr_timeline_end(&t, 4000);
	hr_timeline_columns(&t, 4000, 4, bytes, events);
	static const uint64_t want_bytes[] = {5, 5, 5, 3}, want_events[] = {1, 0, 1, 1};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(bytes[i], want_bytes[i]);
		assert_int_equal(events[i], want_events[i]);
	}
}

/* Random programs beside a plain list. */
static void test_random_programs(void **state)
{
	enum { OBJECTS = 300, EVENTS = 5000 };
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct {
			uint64_t size, born;
			bool live;
		} objects[OBJECTS] = {0};
		uint64_t now = 0, live = 0, peak = 0, lived = 0, sum = 0;
		struct hr_survey s;
		struct hr_error err;

		hr_survey_init(&s, false, false);
		for (int i = 0; i < EVENTS; i++) {
			size_t o = test_random(&seed) % (OBJECTS - 1 < i ? OBJECTS : (size_t)i + 1);
			struct hr_event ev;

			now += test_random(&seed) >> (40 + test_random(&seed) % 24);
			if (objects[o].live) {
				live -= objects[o].size;
				lived++;
				ev = event(HR_EV_OBJ_FREE, now, o, objects[o].size);
			} else {
				objects[o].size = test_random(&seed) >> (20 + test_random(&seed) % 44);
				live += objects[o].size;
				ev = event(HR_EV_OBJ_ALLOC, now, o, objects[o].size);
			}
			objects[o].live = !objects[o].live;
			peak = live > peak ? live : peak;
			assert_int_equal(hr_survey_take(&s, &ev, 1, &err), HR_OK);
			assert_true(s.live_bytes == live && s.peak_live_bytes == peak);
		}
		for (unsigned k = 0; k < HR_SURVEY_LIVES; k++)
			sum += s.lives[k];
		assert_int_equal(sum, lived);
		assert_int_equal(s.never_freed, s.live_objects);
		assert_int_equal(s.allocations - s.frees, s.live_objects);
		hr_survey_release(&s);
	}
}

HR_TEST_MAIN(survey)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_hand),	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_addresses),	    cmocka_unit_test(test_hostile_numbers),
	    cmocka_unit_test(test_slots),	    cmocka_unit_test(test_tiny),
	    cmocka_unit_test(test_slot_numbers),    cmocka_unit_test(test_timeline),
	    cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
