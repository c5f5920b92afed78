/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of documents on their way to gnuplot: those that are none of ours, that lack something, and hostile ones. */
#include "config.h"

#include "plot/plot.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char document[] =
    "{'schema':2,'comparisons':[{'trace':{'name':'a.trace','format':'text','program':'prog'},"
    "'settings':{'placement':'modelled','phys_page_bytes':4096,'huge_page_bytes':2097152,'other_memory_bytes':0},"
    "'optimum':{'lower_bound':true,'points':[{'retained_mean_bytes':3e8,'cpu_ns':0},{'retained_mean_bytes':1e8,"
    "'cpu_ns':5e6}],'intervals':[{'from_ns':1000,'to_ns':1999,'closed_pages':5,'open_pages':1,"
    "'closed_byte_seconds':2.5,'open_byte_seconds':1}]},"
    "'policies':[{'policy':{'name':'none','text':'none','parameters':{}},'summary':{'retained_mean_bytes':3e8,"
    "'retained_peak_bytes':3e8,'in_use_peak_bytes':1e8,'background_cpu_ns':0,'synchronous_cpu_ns':0,"
    "'refault_cpu_ns':0,'index_lookups':10,'index_words':20,'index_empty_hits':1},"
    "'series':{'interval_ns':1000000,'time_ns':[1000000,2000000],'in_use_avg_bytes':[1048576,2097152],"
    "'free_avg_bytes':[0,1048576],'released_avg_bytes':[4194304,0],'retained_max_bytes':[1048576,3145728],"
    "'goal_bytes':[null,2097152],'gc_marks':[0,1]}}]}]}";

/* The document with single quotes for double ones; `from` in it is replaced by `to` where it first is. */
static json_t *parse(const char *from, const char *to)
{
	char *text = calloc(1, sizeof(document) + strlen(to) + 1);
	const char *at = strstr(document, from);
	json_error_t why;
	json_t *d;

	assert_non_null(text);
	assert_non_null(at);
	sprintf(text, "%.*s%s%s", (int)(at - document), document, to, at + strlen(from));
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	d = json_loads(text, 0, &why);
	assert_non_null(d);
	free(text);
	return d;
}

static void forms(void **state)
{
	enum hr_plot_form form;

	(void)state;
	assert_true(hr_plot_form_of("x.png", &form) && form == HR_PLOT_PNG);
	assert_true(hr_plot_form_of("/a.b/x.svg", &form) && form == HR_PLOT_SVG);
	assert_true(hr_plot_form_of("x.y.pdf", &form) && form == HR_PLOT_PDF);
	assert_false(hr_plot_form_of("x.jpeg", &form));
	assert_false(hr_plot_form_of(".png", &form));
	assert_false(hr_plot_form_of("png", &form));
	assert_false(hr_plot_form_of("", &form));
}

static void others_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
	    {"'schema':2,", "", "not heapreplay's"},	{"'schema':2,", "'schema':1,", "schema 1"},
	    {"'schema':2,", "'schema':9,", "schema 9"}, {"'policies':", "'p':", "without policies"},
	    {"'trace':", "'t':", "lacks trace"},	{"'summary':", "'s':", "lacks trace"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_plot_source s = {0};
		struct hr_error err;

		assert_int_equal(hr_plot_source_add(&s, parse(rows[i].from, rows[i].to), &err), HR_EINPUT);
		assert_non_null(strstr(err.text, rows[i].says));
		hr_plot_source_release(&s);
	}
}

static enum hr_status text_of(const char *kind, json_t *d, struct hr_blob *text, struct hr_error *err)
{
	const struct hr_plot_options o = {.form = HR_PLOT_SVG};
	struct hr_plot_source s = {0};
	enum hr_status status = hr_plot_source_add(&s, d, err);

	*text = (struct hr_blob){0};
	if (status == HR_OK)
		status = hr_plot_text(hr_plot_kind_find(kind), &s, &o, text, err);
	hr_plot_source_release(&s);
	return status;
}

static void what_is_lacking_is_named(void **state)
{
	static const struct {
		const char *kind, *from, *to, *says;
	} rows[] = {
	    {"timeline", "'series':", "'s':", "no series of a.trace"},
	    {"tradeoff", "'optimum':", "'o':", "no optimum of a.trace"},
	    {"intervals", "'optimum':", "'o':", "no optimum of a.trace"},
	    {"heatmap", "none", "none", "heapreplay plot heatmap TRACE"},
	    {"index", "'index_lookups':10", "'index_lookups':0", "nothing to draw"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_blob text;
		struct hr_error err;

		assert_int_equal(text_of(rows[i].kind, parse(rows[i].from, rows[i].to), &text, &err), HR_EINPUT);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_null(text.at);
	}
}

/* Every other kind has its data: by hand from the document above. */
static void data(void **state)
{
	static const struct {
		const char *kind, *has;
	} rows[] = {
	    {"timeline", "plot_title = 'a.trace under none'"},
	    {"timeline", "subtitle = 'text · prog · modelled placement'"},
	    /* time in ms, memory in MiB: in use, manual, free, released, most retained, goal, heap goal, limit */
	    {"timeline", "\n0 1 0 0 4 1 NaN NaN NaN \n1 1 0 0 4 1 NaN NaN NaN \n1 2 0 1 0 3 2 NaN NaN \n"
			 "2 2 0 1 0 3 2 NaN NaN \n"},
	    {"timeline", "an interval in which a GC cycle was marked\n2 \nend_of_data\ngc_cycles = 1"},
	    {"tradeoff", "\n286.102295 0 \n95.3674316 5 \nend"},
	    {"intervals", "\n1e-06 2e-06 40 48 "},
	    {"index", "panel_title[2] = 'entries read per lookup'"},
	    {"index", "\n2 0 0.36 1 0 \"2.00\"\n"},
	    {"compare", "\n286.102295 0 0.36 1 0 \"286 MiB\"\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_blob text;
		struct hr_error err;

		assert_int_equal(text_of(rows[i].kind, parse("none", "none"), &text, &err), HR_OK);
		if (strstr(text.at, rows[i].has) == NULL)
			print_message("%s lacks: %s\n", rows[i].kind, rows[i].has);
		assert_non_null(strstr(text.at, rows[i].has));
		free(text.at);
	}
}

/* Of a GC model: low and high in the units of the values, and the text to the right of the bar. Without one no columns. */
static void error_bars(void **state)
{
	static const struct {
		const char *kind, *has;
	} rows[] = {
	    {"compare", "\n286.102295 0 0.36 1 0 \"286 MiB\" 200 400 400 \n"},
	    {"compare", "\nbounds = 1\n"},
	    {"tradeoff", " 200 400 0 1 \nend"},
	    {"tradeoff", "\nbounds = 1\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_blob text;
		struct hr_error err;
		json_t *d = parse("'series':", "'bounds':{'retained_mean_bytes':[209715200,419430400],"
					       "'total_cpu_ns':[0,1000000]},'series':");

		assert_int_equal(text_of(rows[i].kind, d, &text, &err), HR_OK);
		if (strstr(text.at, rows[i].has) == NULL)
			print_message("%s lacks: %s\n", rows[i].kind, rows[i].has);
		assert_non_null(strstr(text.at, rows[i].has));
		free(text.at);
		assert_int_equal(text_of(rows[i].kind, parse("none", "none"), &text, &err), HR_OK);
		assert_non_null(strstr(text.at, "\nbounds = 0\n"));
		free(text.at);
	}
}

/* Straight in the memory and the time that it is of: on an axis that is bent, its middle is still the mean of its ends. */
static void envelope_is_straight(void **state)
{
	struct hr_blob text;
	struct hr_error err;

	(void)state;
	assert_int_equal(text_of("tradeoff", parse("'background_cpu_ns':0", "'background_cpu_ns':1000"), &text, &err),
			 HR_OK);
	assert_null(strstr(text.at, "\nbend = 0 "));
	assert_non_null(strstr(text.at, "\n190.734863 2.5 \n")); /* 200 MB, 2.5 ms */
	free(text.at);
}

/* Members of any other type, absurd numbers and hostile names: an error or a text, never a crash, and no way out of a string. */
static void hostile(void **state)
{
	static const char *const values[] = {"null",	"[]",  "{}", "''", "-1", "1e300", "9223372036854775807",
					     "[1e300]", "true"};
	static const char *const kinds[] = {"timeline", "tradeoff", "intervals", "compare", "index"};

	(void)state;
	for (const char *at = document; (at = strstr(at, "':")) != NULL; at++) {
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			char from[sizeof(document)], to[sizeof(document)];
			size_t name = 1, depth = 0, n = 2;

			while (at[-(long)name] != '\'')
				name++;
			/* The value: to the comma or bracket that ends it. */
			for (; depth > 0 || (at[n] != ',' && at[n] != '}' && at[n] != ']'); n++)
				depth += (at[n] == '{' || at[n] == '[') - (at[n] == '}' || at[n] == ']');
			snprintf(from, sizeof(from), "%.*s", (int)(name + n), at - name);
			snprintf(to, sizeof(to), "%.*s%s", (int)(name + 2), at - name, values[v]);
			for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
				struct hr_blob text;
				struct hr_error err;

				(void)text_of(kinds[k], parse(from, to), &text, &err);
				free(text.at);
			}
		}
		if (test_quick() && at - document > 400)
			break;
	}
}

static void names_stay_in_their_quotes(void **state)
{
	struct hr_blob text;
	struct hr_error err;
	json_t *d = parse("none", "none");
	json_t *run = json_object_get(json_array_get(json_object_get(d, "comparisons"), 0), "trace");

	(void)state;
	json_object_set_new(run, "name", json_string("x'; system 'touch pwned'\nend_of_data\n`id`"));
	assert_int_equal(text_of("compare", d, &text, &err), HR_OK);
	assert_non_null(
	    strstr(text.at, "plot_title = 'x''; system ''touch pwned''\\nend_of_data\\n`id` under none'\n"));
	free(text.at);
}

HR_TEST_MAIN(plot)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms),
	    cmocka_unit_test(others_are_refused),
	    cmocka_unit_test(what_is_lacking_is_named),
	    cmocka_unit_test(data),
	    cmocka_unit_test(error_bars),
	    cmocka_unit_test(envelope_is_straight),
	    cmocka_unit_test(hostile),
	    cmocka_unit_test(names_stay_in_their_quotes),
	};

	return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
