/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a heap may idle: beside the mean and variance of all places, taken one by one. */
#include "config.h"

#include "heap/gcphase.h"

#include "testing.h"

#define PLACES 1000

static bool near(double x, double want, double by)
{
	return x > want - by && x < want + by;
}

/* Ten seconds at 30 MB of a way of 40 MB: on average over all places it would be 20 MB. */
static void test_one(void **state)
{
	struct hr_gc_phase p = {0};
	double sum = 0, squares = 0;

	(void)state;
	hr_gc_phase_idle(&p, 4e9, 30e6);
	hr_gc_phase_idle(&p, 6e9, 30e6);
	hr_gc_phase_end(&p, 40e6);
	for (int i = 0; i < PLACES; i++) {
		double differs = 10e9 * (40e6 * (i + 0.5) / PLACES - 30e6);

		sum += differs;
		squares += differs * differs;
	}
	assert_true(near(p.shift, sum / PLACES, 1e9));
	assert_true(near(p.square / (squares / PLACES - sum / PLACES * (sum / PLACES)), 1, 1e-5));
}

/* Two times between cycles have places of their own: all pairs of them. */
static void test_two(void **state)
{
	struct hr_gc_phase p = {0};
	double sum = 0, squares = 0, mean, n = (double)PLACES * PLACES;

	(void)state;
	hr_gc_phase_idle(&p, 3e9, 0);
	hr_gc_phase_end(&p, 10e6);
	hr_gc_phase_end(&p, 50e6); /* it did not idle */
	hr_gc_phase_idle(&p, 1e9, 20e6);
	hr_gc_phase_end(&p, 20e6);
	for (int i = 0; i < PLACES; i++)
		for (int j = 0; j < PLACES; j++) {
			double differs = 3e9 * (10e6 * (i + 0.5) / PLACES) + 1e9 * (20e6 * (j + 0.5) / PLACES - 20e6);

			sum += differs;
			squares += differs * differs;
		}
	mean = sum / n;
	assert_true(near(p.shift, mean, 1e9));
	assert_true(near(p.square / (squares / n - mean * mean), 1, 1e-5));
	assert_true(p.idle_ns == 0 && p.held == 0);
}

HR_TEST_MAIN(gcphase)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),
	    cmocka_unit_test(test_two),
	};

	return cmocka_run_group_tests_name("gcphase", tests, NULL, NULL);
}
