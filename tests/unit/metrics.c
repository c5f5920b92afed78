/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of metrics holds what its readers rely on. */
#include "config.h"

#include "report/metrics.h"

#include "testing.h"

#include <string.h>

static bool ends(const char *s, const char *end)
{
	return strlen(s) > strlen(end) && strcmp(s + strlen(s) - strlen(end), end) == 0;
}

/* A name tells its unit, and no two metrics answer to one name or heading. */
static void test_names(void **state)
{
	size_t i;

	(void)state;
	for (size_t k = 0; k < hr_nmetrics; k++) {
		const struct hr_metric *m = &hr_metrics[k];

		assert_int_equal(ends(m->name, "_bytes"), m->unit == HR_UNIT_BYTES);
		assert_int_equal(ends(m->name, "_ns"), m->unit == HR_UNIT_NS);
		assert_int_equal(ends(m->name, "_ratio"), m->unit == HR_UNIT_RATIO);
		assert_true(hr_metric_find(m->name, strlen(m->name), &i) && i == k);
		if (m->heading != NULL)
			assert_true(hr_metric_find(m->heading, strlen(m->heading), &i) && i == k);
		if (m->was != NULL)
			assert_true(hr_metric_named(m->was, strlen(m->was), &i) && i == k);
	}
	assert_false(hr_metric_named("retained", 8, &i));
	assert_false(hr_metric_find("retaine", 7, &i));
	assert_int_equal(hr_metric_index("rss"), hr_nmetrics);
}

/* The usual columns are numbered without a gap, have headings, and are what gets better or worse, or nearly. */
static void test_places(void **state)
{
	size_t i, n = 0, highest = 0;

	(void)state;
	for (size_t k = 0; k < hr_nmetrics; k++) {
		n += hr_metrics[k].place > 0;
		highest = hr_metrics[k].place > highest ? hr_metrics[k].place : highest;
	}
	assert_int_equal(n, highest);
	for (unsigned place = 1; place <= n; place++) {
		assert_true(hr_metric_at_place(place, &i));
		assert_non_null(hr_metrics[i].heading);
	}
	assert_false(hr_metric_at_place((unsigned)n + 1, &i));
}

/* A definition is a part of a sentence in the manual; a weight is a metric. */
static void test_texts(void **state)
{
	(void)state;
	for (size_t k = 0; k < hr_nmetrics; k++) {
		const struct hr_metric *m = &hr_metrics[k];

		assert_false(ends(m->help, ".") || (m->legend != NULL && ends(m->legend, ".")));
		if (m->weight != NULL) {
			assert_int_equal(m->over, HR_OVER_MEAN);
			assert_true(hr_metric_index(m->weight) < hr_nmetrics);
		}
		if (strstr(m->name, "_p50_") != NULL || strstr(m->name, "_p99_") != NULL)
			assert_int_equal(m->over, HR_OVER_NONE);
		if (strstr(m->name, "_mean_") != NULL || m->unit == HR_UNIT_RATIO)
			assert_int_equal(m->over, HR_OVER_MEAN);
	}
}

/* What nothing was measured of is null, and what does not apply is not there. */
static void test_nothing(void **state)
{
	const struct hr_measured nothing = {0};
	json_t *o = hr_metrics_json(&nothing, HR_METRICS_OF(HR_METRIC_POLICY) | HR_METRICS_OF(HR_METRIC_OBJECTS));

	(void)state;
	assert_true(json_is_null(json_object_get(o, "retained_mean_bytes")));
	assert_null(json_object_get(o, "gc_cycles"));
	assert_null(json_object_get(o, "equal_cpu_bytes"));
	json_decref(o);
}

HR_TEST_MAIN(metrics)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
