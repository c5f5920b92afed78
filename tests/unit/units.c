/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/units.h"

#include "testing.h"

static uint64_t bytes(const char *s)
{
	uint64_t n = 12345;

	assert_true(hr_parse_bytes(s, &n));
	return n;
}

static uint64_t ns(const char *s)
{
	uint64_t n = 12345;

	assert_true(hr_parse_ns(s, &n));
	return n;
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(bytes("0"), 0);
	assert_int_equal(bytes("4096"), 4096);
	assert_int_equal(bytes("64KiB"), 65536);
	assert_int_equal(bytes("96M"), 96 << 20);
	assert_int_equal(bytes("512Mi"), 512 << 20);
	assert_int_equal(bytes("512MB"), 512000000);
	assert_int_equal(bytes("1g"), 1 << 30);
	assert_int_equal(bytes("1.5GiB"), UINT64_C(3) << 29);
	assert_int_equal(bytes("18446744073709551615"), UINT64_MAX);
}

static void test_times(void **state)
{
	(void)state;
	assert_int_equal(ns("0"), 0);
	assert_int_equal(ns("250ns"), 250);
	assert_int_equal(ns("1.5ms"), 1500000);
	assert_int_equal(ns("2h"), UINT64_C(7200000000000));
}

static void test_nonsense_is_refused(void **state)
{
	static const char *const sizes[] = {
	    "", "-1", "KiB", "1.", "1.5.2", "12 KiB", "1kb", "18446744073709551616", "99999999TiB", "0x10", NULL};
	static const char *const times[] = {"", "5", "1sec", "-1s", "999999999999h", NULL};
	uint64_t n;

	(void)state;
	for (size_t i = 0; sizes[i] != NULL; i++)
		assert_false(hr_parse_bytes(sizes[i], &n));
	for (size_t i = 0; times[i] != NULL; i++)
		assert_false(hr_parse_ns(times[i], &n));
}

static void test_formats(void **state)
{
	char b[HR_UNIT_BUF];

	(void)state;
	assert_string_equal(hr_format_bytes(b, 0), "0 B");
	assert_string_equal(hr_format_bytes(b, 1023), "1023 B");
	assert_string_equal(hr_format_bytes(b, 8192), "8.00 KiB");
	assert_string_equal(hr_format_bytes(b, UINT64_C(1280) << 20), "1.25 GiB");
	assert_string_equal(hr_format_ns(b, 840), "840 ns");
	assert_string_equal(hr_format_ns(b, 12500), "12.5 us");
	assert_string_equal(hr_format_ns(b, UINT64_C(192000000000)), "3m12s");
	assert_string_equal(hr_format_count(b, 1234567), "1,234,567");
	assert_string_equal(hr_format_count(b, 12), "12");
}

HR_TEST_MAIN(units)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_nonsense_is_refused),
	    cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
