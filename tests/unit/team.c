/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of tasks on several threads: each task is done once, and all are done when the step is over. */
#include "config.h"

#include "base/team.h"

#include "testing.h"

#include <stdatomic.h>
#include <string.h>

#define MOST 40

static void count(void *ctx, size_t i)
{
	atomic_uint *done = ctx;

	atomic_fetch_add(&done[i], 1);
}

static void test_each_task_once(void **state)
{
	static const unsigned threads[] = {0, 1, 2, 5};

	(void)state;
	for (size_t k = 0; k < sizeof(threads) / sizeof(threads[0]); k++) {
		struct hr_team *t = hr_team_new(threads[k]);
		atomic_uint done[MOST] = {0};
		unsigned sums[MOST] = {0};

		/* One thread is the caller's. */
		assert_true(threads[k] != 1 || t == NULL);
		for (size_t step = 0; step < 500; step++) {
			size_t n = step % MOST;

			hr_team_run(t, n, count, done);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(atomic_load(&done[i]), ++sums[i]);
		}
		hr_team_free(t);
	}
}

HR_TEST_MAIN(team)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_task_once),
	};

	return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
