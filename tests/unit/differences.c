/* SPDX-License-Identifier: BSD-3-Clause */
/* Saved runs beside each other: what is paired, what differs. */
#include "config.h"

#include "report/differences.h"

#include "saved_run.h"
#include "testing.h"

#include <stdlib.h>

#define A POLICY("a", 2048, 10, 1.5)
#define A_LESS POLICY("a", 1024, 10, 1.5)
#define B POLICY("b", 1024, 30, 0.5)

static void find(const char *const *json, size_t n, struct hr_saved *runs, struct hr_differences *d)
{
	for (size_t i = 0; i < n; i++)
		parse_run(json[i], &runs[i]);
	assert_int_equal(hr_differences_find(runs, n, d, NULL), HR_OK);
}

static void release(size_t n, struct hr_saved *runs, struct hr_differences *d)
{
	hr_differences_release(d);
	for (size_t i = 0; i < n; i++)
		hr_saved_release(&runs[i]);
}

/* By digest before name, each once; what one lacks has no partner. */
static void test_traces(void **state)
{
	static const char *const json[] = {
	    RUN(TRACE("x", "1", "", A) "," TRACE("y", "2", "", A) "," TRACE("z", "3", "", A)),
	    RUN(TRACE("y", "9", "", A) "," TRACE("w", "4", "", A) "," TRACE("renamed", "1", "", A)),
	};
	struct hr_saved runs[2];
	struct hr_differences d;

	(void)state;
	find(json, 2, runs, &d);
	assert_int_equal(d.n, 4);
	assert_string_equal(d.traces[0].name, "x");
	assert_ptr_equal(d.traces[0].in[1], &runs[1].at[2]);
	assert_ptr_equal(d.traces[1].in[1], &runs[1].at[0]);
	assert_null(d.traces[2].in[1]);
	assert_string_equal(d.traces[3].name, "w");
	assert_null(d.traces[3].in[0]);
	release(2, runs, &d);
}

static void test_policies(void **state)
{
	static const char *const json[] = {RUN(TRACE("x", "1", "", A)), RUN(TRACE("x", "1", "", B)),
					   RUN(TRACE("x", "1", "", B "," A))};
	struct hr_saved runs[2];
	struct hr_differences d;

	(void)state;
	/* Alone in both: two policies of one trace. */
	find(json, 2, runs, &d);
	assert_int_equal(d.traces[0].n, 1);
	assert_string_equal(d.traces[0].policies[0].text, "a -> b");
	assert_string_equal(d.traces[0].policies[0].in[1]->text, "b");
	release(2, runs, &d);
	/* Not alone: the same one, and one that the first run lacks. */
	find((const char *const[]){json[0], json[2]}, 2, runs, &d);
	assert_int_equal(d.traces[0].n, 2);
	assert_string_equal(d.traces[0].policies[0].text, "a");
	assert_ptr_equal(d.traces[0].policies[0].in[1], &runs[1].at[0].policies[1]);
	assert_string_equal(d.traces[0].policies[1].text, "b");
	assert_null(d.traces[0].policies[1].in[0]);
	release(2, runs, &d);
}

static void collect(void *ctx, const char *name, const char *const *values)
{
	char *to = ctx;
	size_t n = strlen(to);

	snprintf(to + n, 512 - n, "%s=%s/%s;", name, values[0] ? values[0] : "-", values[1] ? values[1] : "-");
}

static void test_settings(void **state)
{
	static const char *const json[] = {
	    RUN(TRACE("x", "1", "\"same\":1,\"limit\":null,\"cost\":{\"page\":\"550ns\",\"call\":\"1us\"},\"gone\":[1]",
		      A)),
	    RUN(TRACE("x", "2", "\"fresh\":true,\"cost\":{\"call\":\"1us\",\"page\":\"300ns\"},\"limit\":64,\"same\":1",
		      A)),
	};
	struct hr_saved runs[2];
	struct hr_differences d;
	char told[512] = "";

	(void)state;
	find(json, 2, runs, &d);
	assert_int_equal(hr_differences_settings(&d, &d.traces[0], collect, told, NULL), HR_OK);
	assert_string_equal(told, "trace.xxh3=1/2;limit=off/64;cost.page=550ns/300ns;gone=[1]/-;fresh=-/true;");
	release(2, runs, &d);
}

static void test_parameters(void **state)
{
	static const char *const json[] = {
	    RUN(TRACE("x", "1", "",
		      B ",{\"policy\":{\"name\":\"a\",\"parameters\":{\"fix\":\"none\",\"share\":\"1\"}},"
			"\"summary\":{}}")),
	    RUN(TRACE("x", "1", "",
		      "{\"policy\":{\"name\":\"a\",\"parameters\":{\"fix\":\"none\",\"share\":\"2\"}},"
		      "\"summary\":{}}," B)),
	};
	struct hr_saved runs[2];
	struct hr_differences d;
	char told[512] = "";

	(void)state;
	find(json, 2, runs, &d);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    hr_differences_parameters(&d, &d.traces[0], &d.traces[0].policies[i], collect, told, NULL), HR_OK);
	assert_string_equal(told, "share=1/2;");
	release(2, runs, &d);
}

static void csv_is(const struct hr_differences *d, bool every, const char *wanted)
{
	struct hr_view v = {0};
	struct hr_table t;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(hr_view_columns(&v, "retained,calls,thrash", NULL), HR_OK);
	hr_table_init(&t);
	for (size_t i = 0; i < d->traces[0].n; i++)
		hr_differences_table(&t, d, &v, every, true, &d->traces[0], &d->traces[0].policies[i]);
	hr_table_csv(&t, out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
	hr_table_release(&t);
	hr_view_release(&v);
}

static void test_table(void **state)
{
	static const char *const json[] = {RUN(TRACE("x", "1", "", A "," B)), RUN(TRACE("x", "1", "", A_LESS "," B)),
					   RUN(TRACE("x", "1", "", B))};
	struct hr_saved runs[3];
	struct hr_differences d;

	(void)state;
	find(json, 2, runs, &d);
	csv_is(&d, false, "trace,policy,metric,old,new,ratio\nx,a,retained_mean_bytes,2048,1024,0.5\n");
	csv_is(&d, true,
	       "trace,policy,metric,old,new,ratio\n"
	       "x,a,retained_mean_bytes,2048,1024,0.5\nx,a,release_calls,10,10,1\nx,a,thrash_bytes,,,\n"
	       "x,b,retained_mean_bytes,1024,1024,1\nx,b,release_calls,30,30,1\nx,b,thrash_bytes,,,\n");
	release(2, runs, &d);
	find(json, 3, runs, &d);
	csv_is(&d, false,
	       "trace,policy,metric,run_1,run_2,run_2_ratio,run_3,run_3_ratio\n"
	       "x,a,retained_mean_bytes,2048,1024,0.5,,\n");
	release(3, runs, &d);
}

static void test_json(void **state)
{
	static const char *const json[] = {RUN(TRACE("x", "1", "\"n\":1", A)), RUN(TRACE("x", "1", "\"n\":2", A_LESS))};
	static const char *const names[] = {"some/where/old.json", "new.json"};
	json_t *document = json_object();
	struct hr_saved runs[2];
	struct hr_differences d;
	char *text;

	(void)state;
	find(json, 2, runs, &d);
	assert_int_equal(hr_differences_json(&d, names, &document, NULL), HR_OK);
	text = json_dumps(document, JSON_COMPACT);
	assert_string_equal(
	    text, "{\"runs\":[{\"name\":\"old.json\",\"heapreplay\":\"0.1.0\"},{\"name\":\"new.json\",\"heapreplay\":"
		  "\"0.1.0\"}],\"differences\":[{\"trace\":\"x\",\"in_runs\":[1,2],\"settings\":[{\"name\":\"n\","
		  "\"values\":[\"1\",\"2\"]}],\"policies\":[{\"text\":\"a\",\"in_runs\":[1,2],"
		  "\"parameters\":[],\"figures\":{"
		  "\"retained_mean_bytes\":[2048,1024]}}]}]}");
	free(text);
	json_decref(document);
	release(2, runs, &d);
}

HR_TEST_MAIN(differences)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_traces),     cmocka_unit_test(test_policies), cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_parameters), cmocka_unit_test(test_table),	cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
