/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/params.h"

#include "testing.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct config {
	bool flag;
	uint64_t size, time, delay, count, most, set, choice;
	double ratio, percent;
};

static const char *const words[] = {"one", "two", "three", NULL};

static const struct hr_param table[] = {
    {"flag", HR_PARAM_FLAG, offsetof(struct config, flag), "off", NULL, ""},
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "64KiB", NULL, ""},
    {"time", HR_PARAM_NS, offsetof(struct config, time), "10ms", NULL, ""},
    {"delay", HR_PARAM_DELAY, offsetof(struct config, delay), "off", NULL, ""},
    {"count", HR_PARAM_COUNT, offsetof(struct config, count), "1", NULL, ""},
    {"most", HR_PARAM_LIMIT, offsetof(struct config, most), "off", NULL, ""},
    {"set", HR_PARAM_SET, offsetof(struct config, set), "none", words, ""},
    {"choice", HR_PARAM_CHOICE, offsetof(struct config, choice), "two", words, ""},
    {"ratio", HR_PARAM_RATIO, offsetof(struct config, ratio), "0.01", NULL, ""},
    {"percent", HR_PARAM_PERCENT, offsetof(struct config, percent), "1%", NULL, ""},
    {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

static void test_defaults_are_the_tables(void **state)
{
	struct config c = {0};

	(void)state;
	hr_params_init(table, &c);
	assert_false(c.flag);
	assert_int_equal(c.size, 65536);
	assert_int_equal(c.time, 10000000);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.most, UINT64_MAX);
	assert_int_equal(c.set, 0);
	assert_int_equal(c.delay, UINT64_MAX);
	assert_int_equal(c.choice, 1);
	assert_true(c.ratio == 0.01);
	assert_true(c.percent == 1);
}

static void test_values_are_read(void **state)
{
	struct config c = {0};

	(void)state;
	hr_params_init(table, &c);
	assert_int_equal(hr_params_parse(table, &c, "flag=on,time=2s,set=one+three,ratio=0.5", "x", NULL), HR_OK);
	assert_true(c.flag);
	assert_int_equal(c.time, 2000000000);
	assert_int_equal(c.set, 5);
	assert_true(c.ratio == 0.5);
	assert_int_equal(hr_params_parse(table, &c, "set=two", "x", NULL), HR_OK);
	assert_int_equal(c.set, 7);
	assert_int_equal(hr_params_parse(table, &c, "most=12", "x", NULL), HR_OK);
	assert_int_equal(c.most, 12);
	assert_int_equal(hr_params_parse(table, &c, "most=off", "x", NULL), HR_OK);
	assert_int_equal(c.most, UINT64_MAX);
	assert_int_equal(hr_params_parse(table, &c, "percent=2.5%", "x", NULL), HR_OK);
	assert_true(c.percent == 2.5);
	assert_int_equal(hr_params_parse(table, &c, "percent=100", "x", NULL), HR_OK);
	assert_true(c.percent == 100);
	assert_int_equal(hr_params_parse(table, &c, "delay=1s,choice=three", "x", NULL), HR_OK);
	assert_int_equal(c.delay, 1000000000);
	assert_int_equal(c.choice, 2);
	assert_int_equal(hr_params_parse(table, &c, "delay=off,choice=one", "x", NULL), HR_OK);
	assert_int_equal(c.delay, UINT64_MAX);
	assert_int_equal(c.choice, 0);
	assert_int_equal(hr_params_parse(table, &c, "", "x", NULL), HR_OK);
}

static void test_what_is_written_is_read_back(void **state)
{
	struct config a, b;
	char text[64], item[96];

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	hr_params_init(table, &a);
	assert_int_equal(hr_params_parse(table, &a,
					 "flag=on,size=123,time=7us,delay=9us,count=9,set=two+three,choice=three,"
					 "ratio=0.1,percent=0.1%",
					 "x", NULL),
			 HR_OK);
	for (const struct hr_param *row = table; row->name != NULL; row++) {
		snprintf(item, sizeof(item), "%s=%s", row->name, hr_param_format(row, &a, text, sizeof(text)));
		assert_int_equal(hr_params_parse(table, &b, item, "x", NULL), HR_OK);
	}
	assert_memory_equal(&a, &b, sizeof(a));
}

static void test_errors_name_the_key(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"speed=1", "no parameter 'speed'; it has: flag, size"},
	    {"flag=maybe", "flag=maybe is not valid; it takes on or off"},
	    {"count=0", "count=0 is not valid"},
	    {"most=0", "most=0 is not valid; it takes a whole number above 0, or off"},
	    {"set=four", "none, one, two, three"},
	    {"delay=5", "delay=5 is not valid; it takes a time such as 10ms, or off"},
	    {"choice=none", "choice=none is not valid; it takes one, two, three"},
	    {"choice=one+two", "choice=one+two is not valid"},
	    {"flag", "not of the form key=value"},
	    {"ratio=-1", "ratio=-1 is not valid"},
	    {"percent=101%", "percent=101% is not valid; it takes a percentage such as 1%"},
	    {"percent=1%%", "percent=1%% is not valid"},
	    {"percent=%", "percent=% is not valid"},
	};
	struct config c = {0};
	struct hr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(hr_params_parse(table, &c, cases[i].text, "policy x", &err), HR_EUSAGE);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_non_null(strstr(err.text, "policy x"));
	}
}

HR_TEST_MAIN(params)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults_are_the_tables),
	    cmocka_unit_test(test_values_are_read),
	    cmocka_unit_test(test_what_is_written_is_read_back),
	    cmocka_unit_test(test_errors_name_the_key),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
