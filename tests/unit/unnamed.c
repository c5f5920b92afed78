/* SPDX-License-Identifier: BSD-3-Clause */
/* What a flight recorder's window does not name, reckoned from what a cycle marked. */
#include "config.h"

#include "replay/placement/unnamed.h"

#include "testing.h"

#define PAGE UINT64_C(8192)
#define BASE UINT64_C(0xc000000000)
/* A class of one object of 8 KiB a span. */
#define KIND_8K (51 << 2)

static void take(struct hr_unnamed *u, uint64_t time_ns, enum hr_event_kind kind, uint64_t page, uint64_t size)
{
	const struct hr_event e = {
	    .time_ns = time_ns,
	    .addr = BASE + page * PAGE,
	    .size = size,
	    .arg = KIND_8K,
	    .p = HR_NO_P,
	    .kind = (uint8_t)kind,
	};
	struct hr_error err;

	assert_int_equal(hr_unnamed_take(u, &e, &err), HR_OK);
}

static void name(struct hr_unnamed *u, uint64_t time_ns, uint64_t from, uint64_t to)
{
	for (uint64_t page = from; page < to; page++) {
		take(u, time_ns, HR_EV_SPAN_ALLOC, page, PAGE);
		take(u, time_ns, HR_EV_OBJ_ALLOC, page, 0);
	}
}

/* Of 100 pages that a cycle marks, 6 are named: 94 full ones are left, more if they are not full. */
static void test_estimate(void **state)
{
	struct hr_unnamed u;

	(void)state;
	hr_unnamed_init(&u);
	name(&u, 1, 0, 10);
	take(&u, 2, HR_EV_HEAP_LIVE, 0, 150 * PAGE);
	/* Until a cycle tells, what is live stands for it. */
	assert_int_equal(u.estimates, 0);
	assert_int_equal(u.low_pages, 140);
	take(&u, 3, HR_EV_GC_BEGIN, 0, 0);
	take(&u, 4, HR_EV_HEAP_LIVE, 0, 100 * PAGE);
	take(&u, 4, HR_EV_GC_END, 0, 0);
	/* Born after the mark's end: not marked. */
	name(&u, 5, 20, 30);
	for (uint64_t page = 0; page < 4; page++) {
		take(&u, 6, HR_EV_OBJ_FREE, page, 0);
		take(&u, 6, HR_EV_SPAN_FREE, page, 0);
	}
	assert_int_equal(u.estimates, 0);
	take(&u, 200000000, HR_EV_HEAP_LIVE, 0, 110 * PAGE);
	assert_int_equal(u.estimates, 1);
	assert_int_equal(u.first_ns, 200000000);
	assert_float_equal(u.named_ratio, 0.06, 1e-9);
	assert_int_equal(u.low_pages, 94);
	/* Those that were there before are taken to be 85 % full. */
	assert_int_equal(u.pages, 94 * 100 / 85);
	assert_int_equal(u.high_pages, 94 * 200 / 85);
	/* A free of one without a name. */
	take(&u, 200000001, HR_EV_SPAN_FREE, 77, 0);
	assert_int_equal(u.pages, 94 * 100 / 85 - 1);
	hr_unnamed_release(&u);
}

/*
 * A program lets go of most of its heap. What the sweep frees was not marked: of the 100 pages that were, 10 at most are
 * named, so that 90 are left however many are freed.
 */
static void test_drop(void **state)
{
	struct hr_unnamed u;

	(void)state;
	hr_unnamed_init(&u);
	name(&u, 1, 0, 10);
	take(&u, 2, HR_EV_HEAP_LIVE, 0, 1000 * PAGE);
	take(&u, 3, HR_EV_GC_BEGIN, 0, 0);
	take(&u, 4, HR_EV_HEAP_LIVE, 0, 100 * PAGE);
	take(&u, 4, HR_EV_GC_END, 0, 0);
	for (uint64_t page = 100; page < 1000; page++) {
		take(&u, 5, HR_EV_SPAN_FREE, page, 0);
		assert_true(u.low_pages >= 90 && u.pages >= u.low_pages && u.high_pages >= u.pages);
	}
	/* Four of the named ones were not marked either. */
	for (uint64_t page = 0; page < 4; page++) {
		take(&u, 6, HR_EV_OBJ_FREE, page, 0);
		take(&u, 6, HR_EV_SPAN_FREE, page, 0);
	}
	take(&u, 7, HR_EV_SPAN_FREE, 1001, 0);
	assert_int_equal(u.low_pages, 94);
	take(&u, 8, HR_EV_GC_BEGIN, 0, 0);
	assert_int_equal(u.low_pages, 94);
	hr_unnamed_release(&u);
}

static void slot(struct hr_unnamed *u, uint64_t time_ns, enum hr_event_kind kind, uint64_t page, uint64_t offset)
{
	const struct hr_event e = {
	    .time_ns = time_ns, .addr = BASE + page * PAGE + offset, .p = HR_NO_P, .kind = (uint8_t)kind};

	assert_int_equal(hr_unnamed_take(u, &e, NULL), HR_OK);
}

/* Of 128 slots of 64 bytes two of three: 85. */
static void free_slots(struct hr_unnamed *u, uint64_t time_ns, uint64_t page)
{
	for (uint64_t i = 1; i < 128; i++)
		if (i % 3 != 0)
			slot(u, time_ns, HR_EV_OBJ_FREE, page, i * 64);
}

/* What is freed in spans without a name is room in them, until the next cycle has marked what is put there. */
static void test_holes(void **state)
{
	const uint64_t marked = 80 * PAGE, hole = 85 * 64;
	struct hr_unnamed u;

	(void)state;
	hr_unnamed_init(&u);
	take(&u, 3, HR_EV_GC_BEGIN, 0, 0);
	take(&u, 4, HR_EV_HEAP_LIVE, 0, marked);
	take(&u, 4, HR_EV_GC_END, 0, 0);
	for (uint64_t page = 100; page < 120; page++)
		free_slots(&u, 5, page);
	/* One page more is freed whole, and is none any more. */
	free_slots(&u, 6, 120);
	take(&u, 6, HR_EV_SPAN_FREE, 120, 0);
	take(&u, 200000000, HR_EV_HEAP_LIVE, 0, marked);
	assert_int_equal(u.estimates, 1);
	assert_int_equal(u.low_pages, 80);
	assert_int_equal(u.pages, (marked + 20 * hole) / PAGE * 100 / 85);
	/* That one is allocated again does not make the span smaller when the next cycle begins. */
	slot(&u, 200000001, HR_EV_OBJ_ALLOC, 100, 64);
	take(&u, 200000002, HR_EV_GC_BEGIN, 0, 0);
	assert_int_equal(u.pages, (marked + 20 * hole) / PAGE * 100 / 85);
	/* Its mark counts what is there now. Spans of the window lie where others were. */
	take(&u, 200000003, HR_EV_HEAP_LIVE, 0, marked);
	take(&u, 200000003, HR_EV_GC_END, 0, 0);
	for (uint64_t page = 101; page < 120; page++)
		take(&u, 200000004, HR_EV_SPAN_ALLOC, page, PAGE);
	take(&u, 200000005, HR_EV_GC_BEGIN, 0, 0);
	assert_int_equal(u.pages, (marked + hole - 64) / PAGE * 100 / 85);
	hr_unnamed_release(&u);
}

/* All that is marked is named. */
static void test_all_named(void **state)
{
	struct hr_unnamed u;

	(void)state;
	hr_unnamed_init(&u);
	name(&u, 1, 0, 10);
	take(&u, 3, HR_EV_GC_BEGIN, 0, 0);
	take(&u, 4, HR_EV_HEAP_LIVE, 0, 9 * PAGE);
	take(&u, 4, HR_EV_GC_END, 0, 0);
	take(&u, 5, HR_EV_OBJ_FREE, 3, 0);
	take(&u, 5, HR_EV_SPAN_FREE, 3, 0);
	take(&u, 6, HR_EV_GC_BEGIN, 0, 0);
	assert_int_equal(u.pages, 0);
	assert_float_equal(u.named_ratio, 1, 1e-9);
	assert_int_equal(u.estimates, 1);
	hr_unnamed_release(&u);
}

HR_TEST_MAIN(unnamed)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_estimate),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_holes),
	    cmocka_unit_test(test_all_named),
	};

	return cmocka_run_group_tests_name("unnamed", tests, NULL, NULL);
}
