/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON documents: failures stay, any bytes have a place and come back, and a terminal can show what is written. */
#include "config.h"

#include "base/json.h"

#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is missing takes all that it would be a part of with it. */
static void test_failure_stays(void **state)
{
	json_t *o = json_object(), *list = json_array();

	(void)state;
	hr_json_add(&list, hr_json_count(1));
	assert_non_null(list);
	hr_json_add(&list, NULL);
	assert_null(list);
	hr_json_add(&list, hr_json_count(2));
	assert_null(list);
	hr_json_put(&o, "a", hr_json_count(1));
	assert_int_equal(json_object_size(o), 1);
	hr_json_put(&o, "list", list);
	assert_null(o);
	hr_json_put(&o, "b", hr_json_count(1));
	assert_null(o);
}

static void test_parts(void **state)
{
	json_t *o = json_object(), *list = json_array();

	(void)state;
	assert_true(hr_json_append(list, hr_json_count(1)));
	assert_false(hr_json_append(list, NULL));
	assert_int_equal(json_array_size(list), 1);
	assert_true(hr_json_set(o, "list", list));
	assert_false(hr_json_set(o, "nothing", NULL));
	assert_false(hr_json_set(NULL, "a", hr_json_count(1)));
	assert_int_equal(json_object_size(o), 1);
	json_decref(o);
}

static void test_numbers_that_mean_nothing(void **state)
{
	json_t *values[] = {hr_json_count(UINT64_MAX), hr_json_count((uint64_t)INT64_MAX + 1), hr_json_real(NAN),
			    hr_json_real(INFINITY)};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_true(json_is_null(values[i]));
}

static void test_any_bytes(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
	    {"plain.trace", "plain.trace"},
	    {"caf\xc3\xa9", "caf\xc3\xa9"},
	    {"caf\xe9.txt", "caf\\xe9.txt"},
	    {"caf\\xe9.txt", "caf\\x5cxe9.txt"}, /* is another name */
	    {"C:\\temp\\x", "C:\\temp\\x"},
	    {"\xc0\x80\xed\xa0\x80\xf5", "\\xc0\\x80\\xed\\xa0\\x80\\xf5"},
	    {"\xe2\x82", "\\xe2\\x82"}, /* cut off */
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *json = hr_json_text(rows[i].bytes);
		char bytes[64];

		assert_string_equal(json_string_value(json), rows[i].text);
		assert_string_equal(hr_json_bytes(bytes, sizeof(bytes), json_string_value(json)), rows[i].bytes);
		json_decref(json);
	}
}

static void test_written(void **state)
{
	json_t *o = json_object(), *back;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	hr_json_put(&o, "name", hr_json_text("\033[2J \xc2\x9b \xe2\x80\xae x \x7f caf\xc3\xa9"));
	assert_int_equal(hr_json_write(o, f), 0);
	fclose(f);
	assert_string_equal(text, "{\n  \"name\": \"\\u001B[2J \\u009B \\u202E x \\u007F caf\xc3\xa9\"\n}\n");
	back = json_loads(text, 0, NULL);
	assert_true(json_equal(back, o));
	json_decref(back);
	json_decref(o);
	free(text);
}

HR_TEST_MAIN(json)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_failure_stays),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_numbers_that_mean_nothing),
	    cmocka_unit_test(test_any_bytes),
	    cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
