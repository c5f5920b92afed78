/* SPDX-License-Identifier: BSD-3-Clause */
/* Size classes: the answers by table beside a search through it, and the sizes at which rules change. */
#include "config.h"

#include "heap/objheap.h"
#include "heap/sizeclasses.h"

#include "testing.h"

static unsigned naive_class(uint64_t size)
{
	for (unsigned c = 1; c < HR_SIZE_CLASSES; c++)
		if (hr_size_classes[c].object_bytes >= size)
			return c;
	return 0;
}

static void test_every_size(void **state)
{
	static struct hr_objheap h;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_ONE, 19);
	for (uint64_t size = 0; size < 40000; size++) {
		assert_int_equal(hr_span_class_of(size, true, 19), naive_class(size) << 1 | 1);
		assert_int_equal(hr_span_class_of(size, false, 19), naive_class(size) << 1);
		assert_int_equal(hr_objheap_class(&h, size, true), naive_class(size) << 1 | 1);
		assert_int_equal(hr_objheap_class(&h, size, false), naive_class(size) << 1);
	}
	assert_int_equal(hr_span_class_of(UINT64_MAX, true, 19), 1);
	hr_objheap_release(&h);
}

static void test_header(void **state)
{
	(void)state;
	/* Up to 512 bytes pointers are told by a bitmap; more carries 8 bytes: 513 + 8 fits 576, 569 does not. */
	assert_int_equal(hr_span_class_of(512, false, 22) >> 1, naive_class(512));
	assert_int_equal(hr_span_class_of(568, false, 22) >> 1, naive_class(576));
	assert_int_equal(hr_span_class_of(569, false, 22) >> 1, naive_class(577));
	assert_int_equal(hr_span_class_of(569, true, 22) >> 1, naive_class(569));
	assert_int_equal(hr_span_class_of(569, false, 21) >> 1, naive_class(569));
	/* Room for it is left in all, so that 32,760 is the largest small object. */
	assert_int_equal(hr_span_class_of(32760, false, 22) >> 1, 67);
	assert_int_equal(hr_span_class_of(32760, true, 22) >> 1, 67);
	assert_int_equal(hr_span_class_of(32761, false, 22) >> 1, 0);
	assert_int_equal(hr_span_class_of(32761, true, 22) >> 1, 0);
	assert_int_equal(hr_span_class_of(32768, true, 21) >> 1, 67);
	assert_int_equal(hr_span_class_of(32769, true, 21) >> 1, 0);
}

static void test_objects_a_span(void **state)
{
	unsigned c8 = 1 << 1, c16 = 2 << 1, c48 = 5 << 1, c512 = 26 << 1, c576 = 27 << 1, c32k = 67 << 1;

	(void)state;
	assert_int_equal(hr_objects_a_span(c8 | 1, 19), 1024);
	assert_int_equal(hr_objects_a_span(c48 | 1, 19), 170); /* 8192 / 48 = 170.67 */
	assert_int_equal(hr_objects_a_span(c48, 21), 170);
	/* With pointers 128 bytes of 8192 are a bitmap: 8064 / 48 = 168; / 8 = 1008; / 512 = 15.75. */
	assert_int_equal(hr_objects_a_span(c48, 22), 168);
	assert_int_equal(hr_objects_a_span(c8, 23), 1008);
	assert_int_equal(hr_objects_a_span(c512, 23), 15);
	assert_int_equal(hr_objects_a_span(c512 | 1, 25), 16);
	assert_int_equal(hr_objects_a_span(c576, 23), 14);
	/* 1.26 keeps mark bits in the span, 128 bytes: 8064 / 16 = 504, with pointers 7936 / 16 = 496. */
	assert_int_equal(hr_objects_a_span(c16 | 1, 26), 504);
	assert_int_equal(hr_objects_a_span(c16, 26), 496);
	assert_int_equal(hr_objects_a_span(c8 | 1, 26), 1024);
	assert_int_equal(hr_objects_a_span(c512 | 1, 26), 15);
	assert_int_equal(hr_objects_a_span(c576 | 1, 26), 14);
	assert_int_equal(hr_objects_a_span(c32k | 1, 26), 1);
	for (unsigned c = 2; c < HR_SPAN_CLASSES; c++)
		assert_in_range(hr_objects_a_span(c, 26), 1, HR_MAX_OBJECTS_A_SPAN);
}

HR_TEST_MAIN(sizeclasses)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_size),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_objects_a_span),
	};

	return cmocka_run_group_tests_name("sizeclasses", tests, NULL, NULL);
}
