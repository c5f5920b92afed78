/* SPDX-License-Identifier: BSD-3-Clause */
/* The best and the worst of a column. */
#include "config.h"

#include "report/marks.h"

#include "testing.h"

#include <math.h>

static void check(enum hr_better better, const double *x, size_t n, const char *marks)
{
	struct hr_extremes e = hr_extremes_of_none(better);

	for (size_t i = 0; i < n; i++)
		hr_extremes_take(&e, x[i]);
	for (size_t i = 0; i < n; i++)
		assert_int_equal("-*!"[hr_extremes_mark(&e, x[i])], marks[i]);
}

static void test_marks(void **state)
{
	static const double all[] = {3, 1, 2}, half[] = {1, 1, 2, 3}, most[] = {1, 1, 1, 2}, same[] = {2, 2},
			    some[] = {NAN, 1, 2};

	(void)state;
	check(HR_BETTER_LOWER, all, 3, "!*-");
	check(HR_BETTER_HIGHER, all, 3, "*!-");
	check(HR_BETTER_NEITHER, all, 3, "---");
	check(HR_BETTER_LOWER, half, 4, "**-!");
	check(HR_BETTER_LOWER, most, 4, "---!");
	check(HR_BETTER_LOWER, same, 2, "--");
	check(HR_BETTER_LOWER, some, 3, "-*!");
	check(HR_BETTER_LOWER, all, 1, "-");
	check(HR_BETTER_LOWER, NULL, 0, "");
}

HR_TEST_MAIN(marks)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
