/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free intervals and regrets on real traces: what the collector counts is what
 * the followers measure, no policy is better than the best possible, and the
 * number of threads does not matter.
 */
#include "config.h"

#include "replay/replay.h"
#include "report/optimum.h"

#include "testing.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_POLICIES 32

static const char *const traces[] = {"bench-json-go123.trace.zst", "phases-1p-go125.trace.zst",
				     "compile-texttemplate-1p-go121.pagetrace.zst", "gnuplot.heaptrack.zst"};

#define NTRACES (sizeof(traces) / sizeof(traces[0]))

static size_t count_traces(void)
{
	return getenv("HR_QUICK") != NULL ? 1 : NTRACES;
}

struct run {
	struct hr_replay r;
	struct hr_policy_choice choices[MAX_POLICIES], own;
	size_t n;
	struct hr_envelope e;
};

static void choose(struct run *run, const char *text)
{
	struct hr_error err;

	assert_true(run->n < MAX_POLICIES);
	assert_int_equal(hr_policy_choose(text, &run->choices[run->n++], &err), HR_OK);
}

static struct hr_replay_options defaults(void)
{
	struct hr_replay_options o;

	hr_replay_defaults(&o);
	o.intervals = true;
	o.jobs = 1;
	return o;
}

static void replay(struct run *run, const char *trace, const struct hr_replay_options *o)
{
	const char *top = getenv("top_srcdir");
	struct hr_error err;
	char path[512];

	snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", trace);
	assert_int_equal(hr_replay_open(&run->r, path, o, run->choices, run->n, &run->own, &err), HR_OK);
	assert_int_equal(hr_replay_run(&run->r, &err), HR_OK);
	assert_int_equal(hr_optimum_of(&run->r, &run->e, &err), HR_OK);
}

static void end(struct run *run)
{
	hr_envelope_release(&run->e);
	hr_replay_close(&run->r);
	for (size_t i = 0; i < run->n; i++)
		hr_policy_choice_release(&run->choices[i]);
	memset(run, 0, sizeof(*run));
}

static bool tells_releases(const char *trace)
{
	return strstr(trace, "pagetrace") != NULL;
}

/* --- regret ---------------------------------------------------------------- */

static void default_settings(struct hr_replay_options *o)
{
	(void)o;
}

static void calls_are_free(struct hr_replay_options *o)
{
	o->settings.cost.call_ns = 0;
}

static void large_pages(struct hr_replay_options *o)
{
	o->settings.cost.call_ns = 0;
	o->settings.phys_page_bytes = 65536;
}

static void huge_pages(struct hr_replay_options *o)
{
	o->settings.cost.call_ns = 0;
	o->settings.cost.thp = true;
}

static void a_part(struct hr_replay_options *o)
{
	o->settings.cost.call_ns = 0;
	o->from_ns = 300000000;
	o->until_ns = 1200000000;
}

static void faults_are_free(struct hr_replay_options *o)
{
	o->settings.cost.call_ns = o->settings.cost.fault_ns = 0;
	o->placement = HR_PLACEMENT_MODELLED;
	o->start_released = true;
}

static void no_regret_is_negative(const char *trace, void (*set)(struct hr_replay_options *o))
{
	static struct run run;
	struct hr_replay_options o = defaults();

	set(&o);
	for (size_t i = 0; hr_policies[i] != NULL; i++)
		if (!hr_policies[i]->needs_releases || (tells_releases(trace) && o.placement != HR_PLACEMENT_MODELLED))
			choose(&run, hr_policies[i]->name);
	choose(&run, "optimal,break-even=20ms");
	replay(&run, trace, &o);
	for (size_t i = 0; i < run.r.nfollowers; i++) {
		const struct hr_follower *f = run.r.followers[i];
		struct hr_regret g = hr_regret_of(&run.e, f);

		assert_int_equal(g.known, !f->def->needs_releases || o.settings.phys_page_bytes <= HR_PAGE_BYTES);
		assert_true(g.equal_cpu_bytes >= 0);
		assert_true(g.equal_memory_ns >= 0);
	}
	end(&run);
}

static void test_no_regret_is_negative(void **state)
{
	static void (*const settings[])(struct hr_replay_options * o) = {
	    default_settings, calls_are_free, large_pages, huge_pages, a_part, faults_are_free,
	};
	(void)state;
	for (size_t i = 0; i < count_traces(); i++)
		for (size_t k = 0; k < sizeof(settings) / sizeof(settings[0]); k++)
			no_regret_is_negative(traces[i], settings[k]);
}

/* --- identities ------------------------------------------------------------ */

/*
 * Calls are free, and a release costs what a fault does: half of a break-even
 * time that ends a bucket ends one, too, and `optimal` is exactly on the envelope.
 */
static void test_what_is_measured_is_what_was_collected(void **state)
{
	static struct run run;
	struct hr_replay_options o = defaults();
	uint64_t ns = hr_interval_bucket_high(hr_interval_bucket_of(50000000));
	char text[64];

	(void)state;
	o.settings.cost.call_ns = 0;
	o.settings.cost.fault_ns = o.settings.cost.page_ns;
	snprintf(text, sizeof(text), "optimal,break-even=%" PRIu64 "ns", ns);
	for (size_t i = 0; i < count_traces(); i++) {
		struct hr_envelope_point point;

		choose(&run, "none");
		choose(&run, "eager");
		choose(&run, text);
		replay(&run, traces[i], &o);
		assert_true(run.r.followers[0]->in_use.weighted == run.e.in_use_page_ns * HR_PAGE_BYTES);
		assert_true(run.r.followers[0]->retained.weighted == run.e.points[0].retained_page_ns * HR_PAGE_BYTES);
		assert_true(run.r.followers[1]->retained.weighted ==
			    run.e.points[run.e.nsteps].retained_page_ns * HR_PAGE_BYTES);
		point = hr_envelope_at(&run.e, ns);
		assert_true(run.r.followers[2]->retained.weighted == point.retained_page_ns * HR_PAGE_BYTES);
		assert_int_equal((run.r.followers[2]->count.background_ns + run.r.followers[2]->count.fault_ns) *
				     HR_COST_UNITS,
				 point.cost);
		assert_int_equal(hr_regret_of(&run.e, run.r.followers[2]).equal_cpu_bytes, 0);
		assert_int_equal(hr_regret_of(&run.e, run.r.followers[2]).equal_memory_ns, 0);
		end(&run);
	}
}

static void test_threads_do_not_matter(void **state)
{
	static struct run one, many;
	struct hr_replay_options o = defaults();
	json_t *a, *b;

	(void)state;
	choose(&one, "none");
	choose(&many, "none");
	choose(&one, "optimal");
	choose(&many, "optimal");
	replay(&one, traces[1], &o);
	o.jobs = 3;
	replay(&many, traces[1], &o);
	for (unsigned c = 0; c < HR_INTERVAL_CLASSES; c++)
		for (unsigned k = 0; k < HR_INTERVAL_BUCKETS; k++) {
			const struct hr_interval_sum *x = &one.r.intervals->sums[c][k];
			const struct hr_interval_sum *y = &many.r.intervals->sums[c][k];

			assert_true(x->pages == y->pages && x->page_ns == y->page_ns);
		}
	a = hr_document_optimum(&one.r, &one.e);
	b = hr_document_optimum(&many.r, &many.e);
	assert_non_null(a);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	end(&one);
	end(&many);
}

/* --- the JSON -------------------------------------------------------------- */

static double number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	assert_true(json_is_number(v));
	return json_number_value(v);
}

/* Points fall and get dearer, from `none` to all that can be released; the intervals' sums are what lies between. */
static void test_the_document(void **state)
{
	static struct run run;
	struct hr_replay_options o = defaults();
	double saved = 0, duration_s;
	json_t *d, *points, *row;
	size_t i;

	(void)state;
	choose(&run, "none");
	replay(&run, traces[1], &o);
	d = hr_document_optimum(&run.r, &run.e);
	points = json_object_get(d, "points");
	assert_true(json_array_size(points) > 20 && json_array_size(points) <= HR_OPTIMUM_POINTS);
	assert_true(json_is_null(json_object_get(json_array_get(points, 0), "break_even_ns")));
	json_array_foreach(points, i, row)
	{
		const json_t *before = i > 0 ? json_array_get(points, i - 1) : NULL;

		if (before == NULL)
			continue;
		assert_true(number(row, "retained_mean_bytes") <= number(before, "retained_mean_bytes"));
		assert_true(number(row, "cpu_ns") >= number(before, "cpu_ns"));
		if (i > 1)
			assert_true(number(row, "break_even_ns") <= number(before, "break_even_ns"));
	}
	json_array_foreach(json_object_get(d, "intervals"), i, row)
	{
		double pages = number(row, "closed_pages") + number(row, "open_pages");
		double sum = number(row, "closed_byte_seconds") + number(row, "open_byte_seconds");

		assert_true(sum >= pages * HR_PAGE_BYTES * number(row, "from_ns") / 1e9 * 0.999999);
		assert_true(sum <= pages * HR_PAGE_BYTES * number(row, "to_ns") / 1e9 * 1.000001);
		saved += sum;
	}
	duration_s = (double)run.e.duration_ns / 1e9;
	i = json_array_size(points) - 1;
	assert_true(fabs(saved / duration_s - (number(json_array_get(points, 0), "retained_mean_bytes") -
					       number(json_array_get(points, i), "retained_mean_bytes"))) < 2);
	assert_true(json_is_true(json_object_get(d, "lower_bound")));
	assert_int_equal(json_array_size(json_object_get(d, "ignored")), 1);
	json_decref(d);
	end(&run);
}

/* A trace without a moment of time has no mean to regret. */
static void test_nothing_measured(void **state)
{
	static struct run run;
	struct hr_replay_options o = defaults();

	(void)state;
	o.from_ns = UINT64_C(3600000000000);
	choose(&run, "eager");
	replay(&run, traces[0], &o);
	assert_int_equal(run.e.nsteps, 0);
	assert_false(hr_regret_of(&run.e, run.r.followers[0]).known);
	end(&run);
}

HR_TEST_MAIN(optimum)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_regret_is_negative), cmocka_unit_test(test_what_is_measured_is_what_was_collected),
	    cmocka_unit_test(test_threads_do_not_matter), cmocka_unit_test(test_the_document),
	    cmocka_unit_test(test_nothing_measured),
	};

	return cmocka_run_group_tests_name("optimum", tests, NULL, NULL);
}
