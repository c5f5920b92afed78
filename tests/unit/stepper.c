/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looking changes nothing: a replay in steps gives the figures of one that runs
 * through, and at each step every follower is as its own sampler sees it then.
 */
#include "config.h"

#include "replay/stepper.h"

#include "report/metrics.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NPOLICIES 3
#define MAX_METRICS 128
#define MAX_STEPS 1000

static const char *const names[NPOLICIES] = {"go1.19", "go1.22", "eager"};

struct seen {
	uint64_t every_ns;
	size_t n;
	uint64_t released[MAX_STEPS], in_use[MAX_STEPS];
};

static void look(struct seen *s, const struct hr_follower *f)
{
	assert_true(s->n < MAX_STEPS);
	s->released[s->n] = f->view.released_pages;
	s->in_use[s->n++] = f->view.in_use_pages;
}

static uint64_t sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct seen *s = ctx;

	if (!last)
		look(s, f);
	return time_ns + s->every_ns;
}

static struct hr_policy_choice choices[NPOLICIES];

static void open_replay(struct hr_replay *r)
{
	const char *top = getenv("top_srcdir");
	struct hr_policy_choice own;
	struct hr_replay_options options;
	struct hr_error err;
	char path[512];

	snprintf(path, sizeof(path), "%s/traces/bench-json-go123.trace.zst", top != NULL ? top : ".");
	for (unsigned i = 0; i < NPOLICIES; i++)
		assert_int_equal(hr_policy_choose(names[i], &choices[i], &err), HR_OK);
	hr_replay_defaults(&options);
	assert_int_equal(hr_replay_open(r, path, &options, choices, NPOLICIES, &own, &err), HR_OK);
}

static void close_replay(struct hr_replay *r, uint64_t figures[NPOLICIES][MAX_METRICS])
{
	for (unsigned i = 0; i < NPOLICIES; i++)
		for (unsigned m = 0; m < hr_nmetrics; m++) {
			assert_true(m < MAX_METRICS);
			figures[i][m] = UINT64_MAX;
			hr_metrics[m].get(&(struct hr_measured){.follower = r->followers[i]}, &figures[i][m]);
		}
	hr_replay_close(r);
	for (unsigned i = 0; i < NPOLICIES; i++)
		hr_policy_choice_release(&choices[i]);
}

static void run_through(struct seen samples[NPOLICIES], uint64_t every_ns, uint64_t figures[NPOLICIES][MAX_METRICS])
{
	struct hr_replay r;
	struct hr_error err;

	open_replay(&r);
	for (unsigned i = 0; i < NPOLICIES; i++) {
		samples[i] = (struct seen){.every_ns = every_ns};
		hr_follower_sample(r.followers[i], (struct hr_sampler){.sample = sample, .ctx = &samples[i]});
	}
	assert_int_equal(hr_replay_run(&r, &err), HR_OK);
	close_replay(&r, figures);
}

static void count(void *ctx, const struct hr_place *records, size_t n)
{
	(void)records;
	*(size_t *)ctx += n;
}

/* Returns how many records there were. */
static size_t step_through(struct seen steps[NPOLICIES], uint64_t every_ns, uint64_t figures[NPOLICIES][MAX_METRICS])
{
	struct hr_replay r;
	struct hr_stepper s;
	struct hr_error err;
	enum hr_status status;
	size_t records = 0;

	open_replay(&r);
	hr_stepper_start(&s, &r);
	s.placed = count;
	s.ctx = &records;
	memset(steps, 0, NPOLICIES * sizeof(*steps));
	for (uint64_t now = 0; (status = hr_stepper_to(&s, now, &err)) == HR_OK; now += every_ns)
		for (unsigned i = 0; i < NPOLICIES; i++) {
			assert_int_equal(r.followers[i]->view.now_ns, now);
			look(&steps[i], r.followers[i]);
		}
	assert_int_equal(status, HR_END);
	for (unsigned i = 0; i < NPOLICIES; i++)
		assert_int_equal(r.followers[i]->view.now_ns, r.end_ns);
	/* Nothing is left. */
	assert_int_equal(hr_stepper_to(&s, HR_NEVER, &err), HR_END);
	close_replay(&r, figures);
	return records;
}

static void test_steps_change_nothing(void **state)
{
	static uint64_t plain[NPOLICIES][MAX_METRICS], stepped[NPOLICIES][MAX_METRICS];
	static const uint64_t every[] = {1000000, 40000000, 500000001, UINT64_C(100000000000)};
	struct seen *samples = calloc(NPOLICIES, sizeof(*samples)), *steps = calloc(NPOLICIES, sizeof(*steps));

	(void)state;
	assert_non_null(samples);
	assert_non_null(steps);
	for (unsigned k = 0; k < sizeof(every) / sizeof(every[0]); k++) {
		run_through(samples, every[k], plain);
		assert_true(step_through(steps, every[k], stepped) > 1000);
		assert_memory_equal(plain, stepped, sizeof(plain));
		for (unsigned i = 0; i < NPOLICIES; i++) {
			assert_true(steps[i].n > 0 && samples[i].n == steps[i].n);
			assert_memory_equal(samples[i].released, steps[i].released, steps[i].n * sizeof(uint64_t));
			assert_memory_equal(samples[i].in_use, steps[i].in_use, steps[i].n * sizeof(uint64_t));
		}
	}
	free(samples);
	free(steps);
}

/* The moment of the last record belongs to the trace; the next nanosecond doesn't. */
static void test_the_last_moment(void **state)
{
	static uint64_t figures[NPOLICIES][MAX_METRICS];
	struct hr_replay r;
	struct hr_stepper s;
	struct hr_error err;
	uint64_t end;

	(void)state;
	open_replay(&r);
	hr_stepper_start(&s, &r);
	assert_int_equal(hr_stepper_to(&s, HR_NEVER, &err), HR_END);
	end = r.end_ns;
	close_replay(&r, figures);
	for (uint64_t more = 0; more < 2; more++) {
		open_replay(&r);
		hr_stepper_start(&s, &r);
		assert_int_equal(hr_stepper_to(&s, end + more, &err), more ? HR_END : HR_OK);
		close_replay(&r, figures);
	}
}

HR_TEST_MAIN(stepper)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steps_change_nothing),
	    cmocka_unit_test(test_the_last_moment),
	};

	return cmocka_run_group_tests_name("stepper", tests, NULL, NULL);
}
