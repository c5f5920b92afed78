/* SPDX-License-Identifier: BSD-3-Clause */
/* Saved runs are read as they were written, in every form that there was; what is none is said in a line. */
#include "config.h"

#include "report/saved.h"

#include "saved_run.h"
#include "testing.h"

#include <stdlib.h>

static void test_read(void **state)
{
	struct hr_saved s;

	(void)state;
	parse_run(RUN(TRACE("a", "1", "", POLICY("go1.19", 100, 7, 2.125) "," POLICY("none", 200, 0, 0)) "," TRACE(
		      "b", "2", "", POLICY("none", 5, 0, 0))),
		  &s);
	assert_string_equal(s.version, "0.1.0");
	assert_int_equal(s.n, 2);
	assert_int_equal(s.at[0].n, 2);
	assert_string_equal(s.at[0].name, "a");
	assert_string_equal(s.at[0].policies[0].text, "go1.19");
	assert_true(s.at[0].policies[0].known[figure("retained_mean_bytes")]);
	assert_int_equal(s.at[0].policies[0].values[figure("retained_mean_bytes")], 100);
	assert_int_equal(s.at[0].policies[0].values[figure("pages_per_call_ratio")], 2125);
	assert_false(s.at[0].policies[0].known[figure("thrash_bytes")]);
	assert_string_equal(hr_comparison_trace(&s.at[1], "xxh3"), "2");
	assert_string_equal(hr_comparison_trace(&s.at[1], "program"), "");
	assert_ptr_equal(hr_comparison_find(&s.at[0], "none"), &s.at[0].policies[1]);
	assert_null(hr_comparison_find(&s.at[1], "go1.19"));
	hr_saved_release(&s);
}

/* `replay --json`, and `compare --json` of schema 1, which named policies only by name. */
static void test_other_forms(void **state)
{
	static const char *const forms[] = {
	    "{\"schema\":2,\"heapreplay\":\"0.1.0\",\"trace\":{\"name\":\"a\"},\"settings\":{},\"policy\":{\"name\":"
	    "\"go1.19\",\"text\":\"go1.19\"},\"summary\":{\"release_calls\":7},\"series\":{}}",
	    "{\"schema\":1,\"heapreplay\":\"0.0.1\",\"trace\":{\"name\":\"a\"},\"settings\":{},\"policies\":[{"
	    "\"policy\":{\"name\":\"go1.19\"},\"summary\":{\"release_calls\":7}}]}",
	    "\n\t "
	    "{\"schema\":1,\"heapreplay\":\"0.0.1\",\"trace\":{\"name\":\"a\"},\"settings\":{},\"policy\":{\"name\":"
	    "\"go1.19\"},\"summary\":{\"release_calls\":7}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct hr_saved s;

		parse_run(forms[i], &s);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.at[0].n, 1);
		assert_string_equal(s.at[0].policies[0].text, "go1.19");
		assert_int_equal(s.at[0].policies[0].values[figure("release_calls")], 7);
		hr_saved_release(&s);
	}
}

/* What schema 2 called otherwise has today's name, and null is a metric that means nothing there. */
static void test_old_names(void **state)
{
	struct hr_saved s;
	json_t *series;

	(void)state;
	parse_run(
	    "{\"schema\":2,\"heapreplay\":\"0.1.0\",\"comparisons\":[{\"trace\":{\"name\":\"a\"},\"settings\":{},"
	    "\"policies\":[{\"policy\":{\"name\":\"none\"},\"summary\":{\"huge_pages_broken\":3,\"gc_asked_cycles\":2,"
	    "\"pages_per_call_ratio\":null},\"series\":{\"free_avg_bytes\":[1,2]}}]}]}",
	    &s);
	assert_int_equal(s.at[0].policies[0].values[figure("huge_pages_split")], 3);
	assert_int_equal(s.at[0].policies[0].values[figure("gc_forced_cycles")], 2);
	assert_false(s.at[0].policies[0].known[figure("pages_per_call_ratio")]);
	series = json_object_get(json_array_get(json_object_get(s.at[0].document, "policies"), 0), "series");
	assert_int_equal(json_array_size(json_object_get(series, "free_mean_bytes")), 2);
	assert_null(json_object_get(series, "free_avg_bytes"));
	hr_saved_release(&s);
}

static void test_bad(void **state)
{
	static const struct {
		const char *json, *says;
	} bad[] = {
	    {"", "the JSON is damaged"},
	    {"{", "the JSON is damaged"},
	    {"{\"schema\":2,\"schema\":2}", "the JSON is damaged"},
	    {RUN("") "x", "the JSON is damaged"},
	    {"[]", "no saved run"},
	    {"{}", "no saved run"},
	    {"{\"schema\":2,\"heapreplay\":\"0.1.0\",\"runs\":[],\"differences\":[]}", "no saved run"},
	    {"{\"schema\":\"2\",\"heapreplay\":\"1\",\"comparisons\":[1]}", "no saved run"},
	    {"{\"schema\":2,\"comparisons\":[1]}", "no saved run"},
	    {"{\"schema\":99,\"heapreplay\":\"9\"}", "its schema is 99; this heapreplay reads those up to 3"},
	    {RUN(""), "no saved run"},
	    {RUN("1"), "comparison 1 has no trace"},
	    {RUN(TRACE("a", "1", "", "")), "comparison 1 has no policies"},
	    {RUN(TRACE("a", "1", "", "7")), "comparison 1 has a policy without a name"},
	    {RUN("{\"trace\":{\"name\":7},\"settings\":{},\"policies\":[]}"), "comparison 1 has no trace"},
	    {RUN("{\"trace\":{\"name\":\"a\"},\"settings\":7,\"policies\":[]}"), "no settings"},
	    {RUN(TRACE("a", "1", "", POLICY("none", 1, 0, 0)) "," TRACE("b", "1", "", POLICY("none", -1, 0, 0))),
	     "retained_mean_bytes of policy none, comparison 2: that is no number"},
	    {RUN(TRACE("a", "1", "", POLICY("none", 1.5, 0, 0))), "that is no number"},
	    {RUN(TRACE("a", "1", "", POLICY("none", "7", 0, 0))), "that is no number"},
	    {RUN(TRACE("a", "1", "", POLICY("none", 1, 0, -1))), "that is no number of a ratio"},
	    {RUN(TRACE("a", "1", "", POLICY("none", 1, 0, 1e300))), "that is no number of a ratio"},
	    {RUN(TRACE("a", "1", "", POLICY("none", 99999999999999999999, 0, 0))), "the JSON is damaged"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hr_saved s;
		struct hr_error err;

		assert_int_equal(hr_saved_parse(bad[i].json, strlen(bad[i].json), &s, &err), HR_EINPUT);
		if (strstr(err.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].json, err.text);
	}
}

/* Arrays in arrays, far deeper than any of ours. */
static void test_deep(void **state)
{
	const size_t n = 1 << 20;
	char *json = malloc(n);
	struct hr_saved s;
	struct hr_error err;

	(void)state;
	assert_non_null(json);
	memset(json, '[', n);
	assert_int_equal(hr_saved_parse(json, n, &s, &err), HR_EINPUT);
	free(json);
}

/* Names come from anybody: nothing in them moves a terminal's cursor. */
static void test_names(void **state)
{
	struct hr_saved s;

	(void)state;
	parse_run(RUN(TRACE("\\u001b[2Jx", "1", "", POLICY("no\\u0007ne", 1, 0, 0))), &s);
	assert_string_equal(s.at[0].name, "\\x1b[2Jx");
	assert_string_equal(s.at[0].policies[0].text, "no\\x07ne");
	hr_saved_release(&s);
}

HR_TEST_MAIN(saved)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read), cmocka_unit_test(test_other_forms), cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_deep), cmocka_unit_test(test_names),	     cmocka_unit_test(test_old_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
