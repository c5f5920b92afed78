/* SPDX-License-Identifier: BSD-3-Clause */
/* The down-sampled series keeps every peak, however long the trace. */
#include "config.h"

#include "replay/replay.h"
#include "report/series.h"

#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)

/* One page in use all the time, and 100 for a moment (1 us) at `when`, in a trace of `end` ns. */
static void one_spike(uint64_t when, uint64_t end)
{
	struct hr_place r[] = {
	    {.kind = HR_PLACE_GROW, .page = PAGE, .npages = 512, .mapped_pages = 512},
	    {.kind = HR_PLACE_ALLOC, .page = PAGE, .npages = 1, .mapped_pages = 512, .in_use_pages = 1},
	    {.time_ns = when,
	     .kind = HR_PLACE_ALLOC,
	     .page = PAGE + 1,
	     .npages = 99,
	     .mapped_pages = 512,
	     .in_use_pages = 100},
	    {.time_ns = when + 1000,
	     .kind = HR_PLACE_FREE,
	     .page = PAGE + 1,
	     .npages = 99,
	     .mapped_pages = 512,
	     .in_use_pages = 1},
	    {.time_ns = end, .kind = HR_PLACE_END, .mapped_pages = 512, .in_use_pages = 1},
	};
	struct hr_json_series *series = calloc(1, sizeof(*series));
	struct hr_follower *f = calloc(1, sizeof(*f));
	struct hr_replay_options o;
	struct hr_policy_choice choice;
	struct hr_error err;
	unsigned spikes = 0;

	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	assert_non_null(series);
	assert_non_null(f);
	assert_int_equal(hr_policy_choose("none", &choice, &err), HR_OK);
	assert_int_equal(hr_follower_init(f, &choice, &o.settings, &err), HR_OK);
	hr_json_series_start(series, f);
	assert_int_equal(hr_follower_follow(f, r, sizeof(r) / sizeof(r[0])), HR_OK);
	assert_true(series->n > 0 && series->n <= HR_SERIES_POINTS);
	assert_int_equal(series->points[series->n - 1].end_ns, end);
	for (unsigned i = 0; i < series->n; i++) {
		uint64_t from = i ? series->points[i - 1].end_ns : 0, to = series->points[i].end_ns;

		assert_true(to > from && to - from <= series->interval_ns);
		if (series->points[i].high[0] == 100 * HR_PAGE_BYTES) {
			spikes++;
			assert_true(when <= to && when + 1000 >= from);
		}
	}
	/* The means are those of the whole, however often intervals were joined. */
	double area = 0;
	for (unsigned i = 0; i < series->n; i++) {
		assert_true(series->points[i].mean[0] >= (double)series->points[i].low[0] * (1 - 1e-9));
		assert_true(series->points[i].mean[0] <= (double)series->points[i].high[0] * (1 + 1e-9));
		area += series->points[i].mean[0] *
			(double)(series->points[i].end_ns - (i ? series->points[i - 1].end_ns : 0));
	}
	assert_true(fabs(area / ((double)HR_PAGE_BYTES * ((double)end + 99 * 1000.0)) - 1) < 1e-6);
	/* A spike on the border of two intervals is seen in both. */
	assert_true(spikes == 1 || spikes == 2);
	hr_follower_release(f);
	hr_policy_choice_release(&choice);
	free(f);
	free(series);
}

static void test_no_peak_is_lost(void **state)
{
	(void)state;
	one_spike(5500000, 10000000);
	one_spike(UINT64_C(123456789), UINT64_C(1000000000));
	one_spike(UINT64_C(40000000000), UINT64_C(93000000000));
	one_spike(1, UINT64_C(3600000000000));
	one_spike(UINT64_C(511999999), UINT64_C(512000000) * 4);
}

HR_TEST_MAIN(series)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_peak_is_lost),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
