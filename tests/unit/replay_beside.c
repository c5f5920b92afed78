/* SPDX-License-Identifier: BSD-3-Clause */
/* Replays beside another give the figures, and the bounds, that they have alone, on any number of threads. */
#include "config.h"

#include "replay/replay.h"
#include "report/bounds.h"
#include "report/metrics.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NSETTINGS 4
#define MAX_METRICS 128

struct figures {
	uint64_t value[MAX_METRICS];
	struct hr_bounds bounds[MAX_METRICS];
};

static const char *trace(char path[512], const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(path, 512, "%s/traces/%s", top != NULL ? top : ".", name);
	return path;
}

/* Four settings that differ in what they set the pace with, or else in the limit alone. */
static struct hr_replay_options setting(enum hr_gc_mode gc, unsigned i, unsigned jobs)
{
	struct hr_replay_options o;

	hr_replay_defaults(&o);
	o.jobs = jobs;
	o.bounds = true;
	o.objects.gc = gc;
	o.objects.gogc_given = gc == HR_GC_MODEL && i != 0;
	o.objects.pacing.gogc = 50 * i;
	if (i >= 2) {
		o.settings.memory_limit_bytes = i * (UINT64_C(8) << 20);
		o.settings.limit_given = true;
	}
	return o;
}

static void take(const struct hr_replay *r, struct figures *f)
{
	struct hr_objects_stats stats = hr_objects_stats(r->objects != NULL ? r->objects : r->of->objects);

	memset(f, 0, sizeof(*f));
	assert_true(hr_nmetrics <= MAX_METRICS);
	for (unsigned m = 0; m < hr_nmetrics; m++) {
		const struct hr_measured measured = {.follower = r->followers[0], .objects = &stats};

		if (!hr_metrics[m].get(&measured, &f->value[m]))
			f->value[m] = UINT64_MAX;
		if (!hr_bounds_of(r, 0, m, &f->bounds[m]))
			f->bounds[m] = (struct hr_bounds){1, 0};
	}
}

static void alone(const char *path, enum hr_gc_mode gc, struct figures f[NSETTINGS])
{
	struct hr_error err;

	for (unsigned i = 0; i < NSETTINGS; i++) {
		struct hr_replay_options o = setting(gc, i, 1);
		struct hr_policy_choice own;
		struct hr_replay r;

		assert_int_equal(hr_replay_open(&r, path, &o, NULL, 0, &own, &err), HR_OK);
		assert_int_equal(hr_replay_run(&r, &err), HR_OK);
		take(&r, &f[i]);
		hr_replay_close(&r);
		hr_policy_choice_release(&own);
	}
}

static void together(const char *path, enum hr_gc_mode gc, unsigned jobs, struct figures f[NSETTINGS])
{
	struct hr_policy_choice own[NSETTINGS];
	struct hr_replay *beside[NSETTINGS];
	struct hr_replay_options o = setting(gc, 0, jobs);
	struct hr_replay r;
	struct hr_error err;

	assert_int_equal(hr_replay_open(&r, path, &o, NULL, 0, &own[0], &err), HR_OK);
	for (unsigned i = 1; i < NSETTINGS; i++) {
		o = setting(gc, i, jobs);
		assert_int_equal(hr_replay_add(&r, &o, NULL, 0, &own[i], &beside[i], &err), HR_OK);
	}
	assert_int_equal(hr_replay_run(&r, &err), HR_OK);
	take(&r, &f[0]);
	for (unsigned i = 1; i < NSETTINGS; i++)
		take(beside[i], &f[i]);
	hr_replay_close(&r);
	for (unsigned i = 0; i < NSETTINGS; i++)
		hr_policy_choice_release(&own[i]);
}

static void check(const char *name, enum hr_gc_mode gc)
{
	static struct figures a[NSETTINGS], b[NSETTINGS];
	static const unsigned jobs[] = {1, 3};
	char path[512];

	alone(trace(path, name), gc, a);
	/* The settings make a difference, or the comparison says nothing. */
	assert_true(memcmp(a[1].value, a[2].value, sizeof(a[1].value)) != 0);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		memset(b, 0, sizeof(b));
		together(path, gc, jobs[i], b);
		assert_memory_equal(a, b, sizeof(a));
	}
}

static void test_recorded_heap(void **state)
{
	(void)state;
	check("bench-json-go123.trace.zst", HR_GC_MODEL);
}

static void test_objects_by_name(void **state)
{
	(void)state;
	check("gnuplot.heaptrack.zst", HR_GC_MODEL);
}

HR_TEST_MAIN(replay_beside)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recorded_heap),
	    cmocka_unit_test(test_objects_by_name),
	};

	return cmocka_run_group_tests_name("replay_beside", tests, NULL, NULL);
}
