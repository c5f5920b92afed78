/* SPDX-License-Identifier: BSD-3-Clause */
/* Any number of threads gives the same figures; under TSan, without a race. */
#include "config.h"

#include "replay/replay.h"
#include "report/metrics.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NPOLICIES 6
#define MAX_METRICS 128

static const char *const names[NPOLICIES] = {"go1.18", "go1.19", "go1.21", "go1.22", "none", "eager"};

static void figures(unsigned jobs, uint64_t out[NPOLICIES][MAX_METRICS])
{
	const char *top = getenv("top_srcdir");
	struct hr_policy_choice choices[NPOLICIES], own;
	struct hr_replay_options options;
	struct hr_replay r;
	struct hr_error err;
	char path[512];

	snprintf(path, sizeof(path), "%s/traces/bench-json-go123.trace.zst", top != NULL ? top : ".");
	for (unsigned i = 0; i < NPOLICIES; i++)
		assert_int_equal(hr_policy_choose(names[i], &choices[i], &err), HR_OK);
	hr_replay_defaults(&options);
	options.jobs = jobs;
	assert_int_equal(hr_replay_open(&r, path, &options, choices, NPOLICIES, &own, &err), HR_OK);
	assert_int_equal(hr_replay_run(&r, &err), HR_OK);
	for (unsigned i = 0; i < NPOLICIES; i++)
		for (unsigned m = 0; m < hr_nmetrics; m++) {
			assert_true(m < MAX_METRICS);
			out[i][m] = UINT64_MAX;
			hr_metrics[m].get(&(struct hr_measured){.follower = r.followers[i]}, &out[i][m]);
		}
	hr_replay_close(&r);
	for (unsigned i = 0; i < NPOLICIES; i++)
		hr_policy_choice_release(&choices[i]);
}

static void test_threads_do_not_matter(void **state)
{
	static uint64_t alone[NPOLICIES][MAX_METRICS], many[NPOLICIES][MAX_METRICS];
	static const unsigned jobs[] = {2, 3, 6, 40};

	(void)state;
	figures(1, alone);
	/* The policies differ, or the comparison says nothing. */
	assert_true(memcmp(alone[0], alone[4], sizeof(alone[0])) != 0);
	for (unsigned i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		memset(many, 0, sizeof(many));
		figures(jobs[i], many);
		assert_memory_equal(alone, many, sizeof(alone));
	}
}

HR_TEST_MAIN(replay_threads)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads_do_not_matter),
	};

	return cmocka_run_group_tests_name("replay_threads", tests, NULL, NULL);
}
