/* SPDX-License-Identifier: BSD-3-Clause */
/* Comparisons as tables: order, marks, baselines, means, by hand. */
#include "config.h"

#include "report/standings.h"

#include "saved_run.h"
#include "testing.h"

#include <stdlib.h>

static char *text;
static size_t text_size;

/* The table of a view as CSV of its texts, marks and all. */
static void check(struct hr_table *t, const char *wanted)
{
	static const char *const marks[] = {[HR_MARK_NONE] = "", [HR_MARK_BEST] = "*", [HR_MARK_WORST] = "!"};
	FILE *out = open_memstream(&text, &text_size);

	assert_non_null(out);
	assert_false(t->failed);
	for (size_t i = 0; i < t->ncells; i++)
		fprintf(out, "%s%s%s", t->cells[i].text ? t->cells[i].text : "", marks[t->cells[i].mark],
			i % t->ncolumns + 1 < t->ncolumns ? "," : "\n");
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
	hr_table_release(t);
}

static struct hr_view view(const char *columns, const char *baseline, const char *sort)
{
	struct hr_view v = {.baseline = baseline};

	assert_int_equal(hr_view_columns(&v, columns, NULL), HR_OK);
	if (sort != NULL)
		assert_int_equal(hr_view_sort(&v, sort, NULL), HR_OK);
	return v;
}

static void rows_are(const struct hr_comparison *c, struct hr_view v, enum hr_standings_form form, const char *wanted)
{
	struct hr_table t;

	hr_table_init(&t);
	hr_standings_columns(&t, &v, form);
	hr_standings_rows(&t, &v, form, c);
	check(&t, wanted);
	hr_view_release(&v);
}

#define THREE POLICY("a", 2048, 10, 1.5) "," POLICY("b", 1024, 30, 0.5) "," POLICY("c", 3072, 20, 0)

static void test_rows(void **state)
{
	struct hr_saved s;

	(void)state;
	parse_run(RUN(TRACE("t", "1", "", THREE)), &s);
	rows_are(&s.at[0], view("retained,calls,pages/call", NULL, NULL), HR_STANDINGS_PLAIN,
		 "a,2.00 KiB,10*,1.50\n"
		 "b,1.00 KiB*,30!,0.50\n"
		 "c,3.00 KiB!,20,0.00\n");
	rows_are(&s.at[0], view("retained,release_calls", "a", "retained"), HR_STANDINGS_PLAIN,
		 "b,-50.0 %*,+200 %!\n"
		 "a,2.00 KiB,10*\n"
		 "c,+50.0 %!,+100 %\n");
	rows_are(&s.at[0], view("retained", "a", "-release_calls"), HR_STANDINGS_BOTH,
		 "b,1.00 KiB (-50.0 %)*\n"
		 "c,3.00 KiB (+50.0 %)!\n"
		 "a,2.00 KiB\n");
	rows_are(&s.at[0], view("retained,thrash", "a", NULL), HR_STANDINGS_EXACT,
		 "t,a,2048,1,,\n"
		 "t,b,1024,0.5,,\n"
		 "t,c,3072,1.5,,\n");
	/* The baseline has 0: then the values themselves. */
	rows_are(&s.at[0], view("pages/call", "c", NULL), HR_STANDINGS_PLAIN, "a,1.50\nb,0.50\nc,0.00\n");
	hr_saved_release(&s);
}

/* What more than half share has no mark; what nobody differs in neither. */
static void test_marks(void **state)
{
	struct hr_saved s;

	(void)state;
	parse_run(
	    RUN(TRACE("t", "1", "",
		      POLICY("a", 5, 1, 0) "," POLICY("b", 5, 1, 0) "," POLICY("c", 5, 2, 0) "," POLICY("d", 4, 2, 0))),
	    &s);
	rows_are(&s.at[0], view("retained,calls,pages/call", NULL, NULL), HR_STANDINGS_PLAIN,
		 "a,5 B,1*,0.00\n"
		 "b,5 B,1*,0.00\n"
		 "c,5 B,2!,0.00\n"
		 "d,4 B*,2!,0.00\n");
	hr_saved_release(&s);
}

static void test_columns(void **state)
{
	struct hr_view v = {0};
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_view_columns(&v, "all", &err), HR_OK);
	assert_int_equal(v.n, hr_nmetrics);
	hr_view_release(&v);
	assert_int_equal(hr_view_columns(&v, NULL, &err), HR_OK);
	assert_true(v.n > 5);
	assert_string_equal(v.columns[0].heading, "retained");
	hr_view_release(&v);
	assert_int_equal(hr_view_columns(&v, "retained,rss", &err), HR_EUSAGE);
	assert_non_null(strstr(err.text, "there is no column 'rss'"));
	hr_view_release(&v);
	assert_int_equal(hr_view_columns(&v, "", &err), HR_EUSAGE);
	hr_view_release(&v);
	assert_int_equal(hr_view_sort(&v, "-", &err), HR_EUSAGE);
	/* More columns than there are figures: no harm. */
	char *many = calloc(1, 9 * 1000 + 1);
	for (size_t i = 0; i < 1000; i++)
		memcpy(many + 9 * i, "retained,", 9);
	assert_int_equal(hr_view_columns(&v, many, &err), HR_OK);
	assert_int_equal(v.n, hr_nmetrics);
	hr_view_release(&v);
	free(many);
}

/*
 * 2 and 8 have the geometric mean 4; a policy that is not everywhere has none; where b has 0 calls, its mean is that of
 * the other trace, a quarter.
 */
static void test_means(void **state)
{
	struct hr_view v = view("retained,calls", "a", "-retained");
	struct hr_saved s;
	struct hr_table t;
	json_t *means;

	(void)state;
	parse_run(
	    RUN(TRACE("t", "1", "",
		      POLICY("a", 100, 4, 0) "," POLICY("b", 200, 1, 0) "," POLICY(
			  "c", 1, 1, 0)) "," TRACE("u", "2", "", POLICY("b", 80, 0, 0) "," POLICY("a", 10, 4, 0))),
	    &s);
	hr_table_init(&t);
	hr_standings_means(&t, &v, s.at, s.n);
	check(&t, "b,+300 %!,-75.0 % (1/2)\n"
		  "a,=*,=\n");
	means = hr_standings_means_json("a", s.at, s.n);
	assert_string_equal(json_string_value(json_object_get(means, "baseline")), "a");
	assert_int_equal(json_array_size(json_object_get(means, "policies")), 2);
	const json_t *b = json_array_get(json_object_get(means, "policies"), 1);
	assert_string_equal(json_string_value(json_object_get(b, "text")), "b");
	assert_true(json_real_value(json_object_get(json_object_get(b, "to_baseline"), "retained_mean_bytes")) == 4);
	assert_true(json_real_value(json_object_get(json_object_get(b, "to_baseline"), "release_calls")) == 0.25);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "over_traces"), "release_calls")), 1);
	assert_null(json_object_get(json_object_get(b, "over_traces"), "retained_mean_bytes"));
	json_decref(means);
	hr_view_release(&v);
	hr_saved_release(&s);
}

/* Of t, c is the best by retained memory and b the worst; of u it is a, and b; calls: b in both, and a. */
static void test_wins(void **state)
{
	struct hr_view v = view("retained,calls", NULL, NULL);
	struct hr_saved s;
	struct hr_table t;
	json_t *wins;

	(void)state;
	parse_run(
	    RUN(TRACE("t", "1", "",
		      POLICY("a", 100, 4, 0) "," POLICY("b", 200, 1, 0) "," POLICY(
			  "c", 1, 2, 0)) "," TRACE("u", "2", "", POLICY("b", 80, 0, 0) "," POLICY("a", 10, 4, 0))),
	    &s);
	hr_table_init(&t);
	hr_standings_wins(&t, &v, s.at, s.n);
	check(&t, "a,2,+1 -0,+0 -2\n"
		  "b,2,+0 -2,+2 -0\n"
		  "c,1,+1 -0,-\n");
	wins = hr_standings_wins_json(s.at, s.n);
	assert_int_equal(json_array_size(wins), 3);
	const json_t *b = json_array_get(wins, 1);
	assert_int_equal(json_integer_value(json_object_get(b, "traces")), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "worst"), "retained_mean_bytes")), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "best"), "release_calls")), 2);
	json_decref(wins);
	hr_view_release(&v);
	hr_saved_release(&s);
}

/* Traces of 1 s and 3 s: calls add up, what is retained is weighted by time, pages of a call by calls, peaks are the largest. */
static void test_total(void **state)
{
	static const char run[] = RUN(TRACE(
	    "t", "1", "",
	    "{\"policy\":{\"name\":\"a\"},\"summary\":{\"duration_ns\":1000,\"retained_mean_bytes\":8,\"release_"
	    "calls\":1,"
	    "\"pages_per_call_ratio\":9,\"retained_p99_bytes\":7,\"retained_peak_bytes\":20,\"gc_goal_min_bytes\":5}},"
	    "{\"policy\":{\"name\":\"b\"},\"summary\":{\"duration_ns\":1000}}") "," TRACE("u", "2", "",
											  "{\"policy\":{\"name\":\"a\"}"
											  ",\"summary\":{\"duration_"
											  "ns\":3000,\"retained_mean_"
											  "bytes\":4,\"release_calls\":"
											  "2,"
											  "\"pages_per_call_ratio\":3,"
											  "\"retained_p99_bytes\":7,"
											  "\"retained_peak_bytes\":10,"
											  "\"gc_goal_min_bytes\":6}}"));
	struct hr_comparison total;
	struct hr_saved s;
	const struct hr_standing *a;

	(void)state;
	parse_run(run, &s);
	assert_int_equal(hr_comparison_total(s.at, s.n, &total, NULL), HR_OK);
	assert_int_equal(total.n, 1);
	a = &total.policies[0];
	assert_string_equal(a->text, "a");
	assert_int_equal(a->values[figure("duration_ns")], 4000);
	assert_int_equal(a->values[figure("retained_mean_bytes")], (8 * 1 + 4 * 3) / 4);
	assert_int_equal(a->values[figure("release_calls")], 3);
	assert_int_equal(a->values[figure("pages_per_call_ratio")], (9000 * 1 + 3000 * 2) / 3);
	assert_int_equal(a->values[figure("retained_peak_bytes")], 20);
	assert_int_equal(a->values[figure("gc_goal_min_bytes")], 5);
	assert_false(a->known[figure("retained_p99_bytes")]);
	assert_false(a->known[figure("thrash_bytes")]);
	hr_comparison_release(&total);
	hr_saved_release(&s);
}

static void test_relate(void **state)
{
	struct hr_saved s;
	const json_t *b;

	(void)state;
	parse_run(RUN(TRACE("t", "1", "", THREE)), &s);
	assert_int_equal(hr_standings_relate(&s.at[0], "a", NULL), HR_OK);
	assert_string_equal(json_string_value(json_object_get(s.at[0].document, "baseline")), "a");
	b = json_object_get(json_array_get(json_object_get(s.at[0].document, "policies"), 1), "to_baseline");
	assert_true(json_real_value(json_object_get(b, "retained_mean_bytes")) == 0.5);
	assert_true(json_real_value(json_object_get(b, "release_calls")) == 3);
	hr_saved_release(&s);
}

static void test_change(void **state)
{
	static const struct {
		uint64_t value, base;
		const char *wanted;
	} rows[] = {
	    {100, 100, "="},
	    {0, 0, "="},
	    {5, 0, "5 B"},
	    {0, 5, "-100 %"},
	    {105, 100, "+5.00 %"},
	    {95, 100, "-5.00 %"},
	    {112, 100, "+12.0 %"},
	    {223, 100, "+123 %"},
	    {12445, 1000, "+1,145 %"},
	    {1000001, 1000000, "+0.00 %"},
	    {UINT64_MAX, 1, "+1,000,000,000,000,000 %"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[HR_CHANGE_BUF];

		assert_string_equal(hr_change_format(buf, HR_UNIT_BYTES, rows[i].value, rows[i].base), rows[i].wanted);
	}
}

HR_TEST_MAIN(standings)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),   cmocka_unit_test(test_marks),  cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_means),  cmocka_unit_test(test_wins),	  cmocka_unit_test(test_total),
	    cmocka_unit_test(test_relate), cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
