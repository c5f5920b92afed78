/* SPDX-License-Identifier: BSD-3-Clause */
/* The recorded heap: addresses to slots and numbers, beside a map of every address. */
#include "config.h"

#include "replay/objects/recorded.h"

#include "testing.h"

#include <string.h>

#define BASE UINT64_C(0xc000000000)
#define PAGE (BASE / 8192)
#define CLASS(size_class, noscan) ((uint32_t)((size_class) << 1 | (noscan)) << 1)

static uint32_t span(struct hr_recorded *s, uint64_t page, uint64_t npages, uint32_t arg)
{
	uint32_t id;

	assert_int_equal(hr_recorded_add_span(s, page, npages, arg, &id, NULL), HR_OK);
	return id;
}

static void test_slots(void **state)
{
	struct hr_recorded s;
	uint32_t a, large, manual, id, slot, number, born;

	(void)state;
	hr_recorded_init(&s);
	a = span(&s, PAGE, 2, CLASS(35, 0)); /* 1408 bytes, two pages, 11 slots */
	large = span(&s, PAGE + 2, 600, CLASS(0, 1));
	manual = span(&s, PAGE + 602, 4, HR_SPAN_MANUAL);
	assert_true(hr_recorded_find(&s, BASE, &id, &slot));
	assert_true(id == a && slot == 0);
	/* Behind the header, and the last byte: the same slot. */
	assert_true(hr_recorded_find(&s, BASE + 1408 * 10 + 8, &id, &slot));
	assert_true(id == a && slot == 10);
	assert_true(hr_recorded_find(&s, BASE + 1408 * 11 - 1, &id, &slot));
	assert_int_equal(slot, 10);
	assert_false(hr_recorded_find(&s, BASE + 1408 * 11, &id, &slot)); /* the tail: 16384 - 15488 bytes */
	/* A large object is one, on all of its pages, across chunks. */
	assert_true(hr_recorded_find(&s, BASE + 601 * 8192, &id, &slot));
	assert_true(id == large && slot == 0);
	assert_false(hr_recorded_find(&s, BASE + 602 * 8192, &id, &slot));
	assert_false(hr_recorded_find(&s, BASE + 606 * 8192, &id, &slot));
	assert_false(hr_recorded_find(&s, 0, &id, &slot));
	assert_int_equal(hr_recorded_span_at(&s, PAGE + 605), manual);
	assert_int_equal(hr_recorded_in_the_way(&s, PAGE + 606, 10000), HR_NO_SLOT);
	assert_int_equal(hr_recorded_in_the_way(&s, PAGE - 1000, 1003), a);
	assert_int_equal(hr_recorded_in_the_way(&s, PAGE + 2, 2000), large);

	number = hr_recorded_put(&s, a, 10, 7);
	assert_int_equal(hr_recorded_number(&s, a, 10), number);
	assert_int_equal(hr_recorded_number(&s, a, 9), HR_NO_NUMBER);
	hr_recorded_take_out(&s, a, 10);
	assert_int_equal(hr_recorded_number(&s, a, 10), HR_NO_NUMBER);
	assert_int_equal(hr_recorded_birth(&s, a, 10), 7);
	hr_recorded_put(&s, a, 10, 8);
	hr_recorded_put(&s, a, 3, 9);
	assert_int_not_equal(hr_recorded_number(&s, a, 3), hr_recorded_number(&s, a, 10));
	assert_int_not_equal(hr_recorded_number(&s, a, 3), hr_recorded_put(&s, large, 0, 9));
	assert_int_equal(hr_recorded_take_any(&s, a, &born), hr_recorded_number(&s, a, 10) - 7);
	assert_int_equal(born, 9);
	assert_int_not_equal(hr_recorded_take_any(&s, a, &born), HR_NO_NUMBER);
	assert_int_equal(born, 8);
	assert_int_equal(hr_recorded_take_any(&s, a, &born), HR_NO_NUMBER);
	hr_recorded_drop_span(&s, a);
	assert_false(hr_recorded_find(&s, BASE, &id, &slot));
	/* Another of the class takes its place in memory, and is empty. */
	assert_int_equal(span(&s, PAGE + 5000, 2, CLASS(35, 0)), a);
	assert_int_equal(hr_recorded_number(&s, a, 10), HR_NO_NUMBER);
	hr_recorded_release(&s);
}

static void test_bad_spans(void **state)
{
	struct hr_recorded s;
	struct hr_error err;
	uint32_t id;

	(void)state;
	hr_recorded_init(&s);
	assert_int_equal(hr_recorded_add_span(&s, PAGE, 0, 0, &id, &err), HR_EINPUT);
	assert_int_equal(hr_recorded_add_span(&s, PAGE, UINT64_C(1) << 40, 0, &id, &err), HR_EINPUT);
	assert_int_equal(hr_recorded_add_span(&s, PAGE, 1, CLASS(68, 0), &id, &err), HR_EINPUT);
	assert_int_equal(hr_recorded_add_span(&s, PAGE, 1, UINT32_MAX - 1, &id, &err), HR_EINPUT);
	assert_int_equal(hr_recorded_in_the_way(&s, PAGE, 10), HR_NO_SLOT);
	/* The class says more than the pages do: what is told of pages counts. */
	assert_int_equal(hr_recorded_add_span(&s, PAGE, 1, CLASS(35, 1), &id, &err), HR_OK);
	assert_int_equal(hr_recorded_span_at(&s, PAGE + 1), HR_NO_SLOT);
	hr_recorded_release(&s);
}

/* Memory is that of the chunks of which spans have parts; there is an end to it. */
static void test_spans_all_over(void **state)
{
	struct hr_recorded s;
	struct hr_error err;
	uint32_t id;

	(void)state;
	hr_recorded_init(&s);
	s.owners.max_tables = 4;
	span(&s, PAGE + 1, 2 * 512, 0);
	span(&s, PAGE + 10000 * 512, 511, CLASS(0, 1));
	assert_int_equal(hr_recorded_add_span(&s, PAGE + 512 * 512 + 1, 2 * 512, 0, &id, &err), HR_EINPUT);
	assert_non_null(strstr(err.text, "1 TiB"));
	/* Where one was before there is room for another. */
	hr_recorded_drop_span(&s, hr_recorded_span_at(&s, PAGE + 1));
	span(&s, PAGE + 300, 200, 0);
	/* What spans have whole needs none. */
	span(&s, PAGE + 20000 * 512, 300 * 512, CLASS(0, 1));
	assert_int_equal(hr_recorded_span_at(&s, PAGE + 20299 * 512 + 511),
			 hr_recorded_span_at(&s, PAGE + 20000 * 512));
	assert_int_equal(hr_recorded_span_at(&s, PAGE + 20300 * 512), HR_NO_SLOT);
	assert_int_equal(hr_recorded_in_the_way(&s, PAGE + 15000 * 512, 5000 * 512), HR_NO_SLOT);
	assert_int_equal(hr_recorded_in_the_way(&s, PAGE + 15000 * 512, 5000 * 512 + 1),
			 hr_recorded_span_at(&s, PAGE + 20000 * 512));
	hr_recorded_release(&s);
}

/* One-page spans of 16 slots come and go, with objects in them. */
static void test_beside_a_map(void **state)
{
	enum { PAGES = 700, SLOTS = 16 };
	static uint32_t spans[PAGES], objects[PAGES][SLOTS];
	struct hr_recorded s;
	uint64_t seed = 99;

	(void)state;
	memset(spans, 0xff, sizeof(spans));
	memset(objects, 0xff, sizeof(objects));
	hr_recorded_init(&s);
	for (int step = 0; step < 200000; step++) {
		uint64_t r = test_random(&seed), page = r % PAGES, at = r >> 20 & (SLOTS - 1);
		uint64_t addr = BASE + page * 8192 + at * 512 + (r >> 30 & 511);
		uint32_t id, slot;

		if (spans[page] == HR_NO_SLOT) {
			assert_false(hr_recorded_find(&s, addr, &id, &slot));
			if (r >> 60 == 0)
				spans[page] = span(&s, PAGE + page, 1, CLASS(26, 1));
			continue;
		}
		assert_true(hr_recorded_find(&s, addr, &id, &slot));
		assert_int_equal(id, spans[page]);
		assert_int_equal(slot, at);
		assert_int_equal(hr_recorded_number(&s, id, slot), objects[page][at]);
		if (r >> 60 == 1) {
			uint32_t number, born;

			while ((number = hr_recorded_take_any(&s, id, &born)) != HR_NO_NUMBER) {
				bool found = false;

				for (unsigned i = 0; i < SLOTS; i++)
					if (objects[page][i] == number) {
						objects[page][i] = HR_NO_NUMBER;
						found = true;
					}
				assert_true(found);
				assert_int_equal(born, 7);
			}
			for (unsigned i = 0; i < SLOTS; i++)
				assert_int_equal(objects[page][i], HR_NO_NUMBER);
			hr_recorded_drop_span(&s, id);
			spans[page] = HR_NO_SLOT;
		} else if (objects[page][at] == HR_NO_NUMBER) {
			objects[page][at] = hr_recorded_put(&s, id, slot, 7);
		} else {
			hr_recorded_take_out(&s, id, slot);
			objects[page][at] = HR_NO_NUMBER;
		}
	}
	/* Numbers are dense. */
	assert_in_range(s.nnumbers, 1, PAGES * SLOTS);
	hr_recorded_release(&s);
}

HR_TEST_MAIN(recorded)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_bad_spans),
	    cmocka_unit_test(test_spans_all_over),
	    cmocka_unit_test(test_beside_a_map),
	};

	return cmocka_run_group_tests_name("recorded", tests, NULL, NULL);
}
