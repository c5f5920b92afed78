/* SPDX-License-Identifier: BSD-3-Clause */
/* Tasks beside the caller: each is done once, in order, and what it wrote is there after the wait; without a thread,
 * too. */
#include "config.h"

#include "base/aside.h"

#include "testing.h"

#include <stddef.h>

struct sum {
	unsigned long n, last;
};

static void square(void *ctx)
{
	struct sum *s = ctx;

	s->n++;
	s->last = s->n * s->n;
}

static void check(struct hr_aside *a)
{
	struct sum s = {0};

	hr_aside_wait(a);
	for (unsigned long i = 1; i <= 2000; i++) {
		hr_aside_start(a, square, &s);
		hr_aside_wait(a);
		assert_int_equal(s.n, i);
		assert_int_equal(s.last, i * i);
	}
}

static void test_each_task_once(void **state)
{
	struct hr_aside *a = hr_aside_new();

	(void)state;
	check(a);
	hr_aside_free(a);
	check(NULL);
}

/* What is under way is done before all ends. */
static void test_end_waits(void **state)
{
	struct hr_aside *a = hr_aside_new();
	struct sum s = {0};

	(void)state;
	hr_aside_start(a, square, &s);
	hr_aside_free(a);
	assert_int_equal(s.n, 1);
	hr_aside_free(NULL);
}

HR_TEST_MAIN(aside)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_task_once),
	    cmocka_unit_test(test_end_waits),
	};

	return cmocka_run_group_tests_name("aside", tests, NULL, NULL);
}
