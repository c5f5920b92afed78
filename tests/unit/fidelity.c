/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters and logs beside a replay, on a few lines whose distances are plain. */
#include "config.h"

#include "fidelity/fidelity.h"
#include "replay/replay.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[256];

static void write_file(const char *text)
{
	int fd;

	snprintf(path, sizeof(path), "%s/tests/fidelity.XXXXXX", getenv("top_builddir") ? getenv("top_builddir") : ".");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

#define COLUMNS                                                                                                        \
	"row,mono_ns,/memory/classes/heap/released:bytes,/memory/classes/heap/unused:bytes,"                           \
	"/memory/classes/heap/objects:bytes,/memory/classes/metadata/other:bytes,/memory/classes/other:bytes,"         \
	"/gc/gomemlimit:bytes\n"

static void test_truth_is_read(void **state)
{
	struct hr_truth t;
	struct hr_error err;

	(void)state;
	write_file(COLUMNS "0,90,1,2,3,100,10,1000\n"
			   "1,150,10,20,30,200,20,1000\n"
			   "2,250,11,21,31,300,30,1000\n");
	assert_int_equal(hr_truth_read(&t, path, 100, false, &err), HR_OK);
	assert_int_equal(t.before, 1);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.rows[0].begin_ns, 50);
	assert_int_equal(t.rows[0].in_use_bytes, 50);
	assert_int_equal(t.rows[1].released_bytes, 11);
	assert_int_equal(t.memory_limit_bytes, 1000);
	assert_int_equal(t.other_memory_bytes, 220);
	hr_truth_release(&t);
	unlink(path);
}

/* Stacks count where they are asked for and there; a file without them is as good. */
static void test_stacks(void **state)
{
	struct hr_truth t;
	struct hr_error err;

	(void)state;
	for (unsigned asked = 0; asked < 2; asked++) {
		write_file("mono_ns,/memory/classes/heap/released:bytes,/memory/classes/heap/stacks:bytes,"
			   "/memory/classes/heap/unused:bytes,/memory/classes/heap/objects:bytes\n150,10,400,20,30\n");
		assert_int_equal(hr_truth_read(&t, path, 100, asked, &err), HR_OK);
		assert_int_equal(t.rows[0].in_use_bytes, asked ? 450 : 50);
		hr_truth_release(&t);
		unlink(path);
	}
	write_file(COLUMNS "0,100,1,2,3,4,5,6\n");
	assert_int_equal(hr_truth_read(&t, path, 0, true, &err), HR_OK);
	assert_int_equal(t.rows[0].in_use_bytes, 5);
	hr_truth_release(&t);
	unlink(path);
}

/* Rows behind the end of the trace count where the program ended with it; equal ones are counted. */
static void test_rows_behind_the_end(void **state)
{
	struct hr_truth_row rows[] = {{10, 10, 0, 0}, {20, 20, 8192, 0}, {30, 30, 0, 8192}, {40, 40, 0, 0}};
	const struct hr_truth truth = {.rows = rows, .n = 4};
	const struct hr_place end = {.time_ns = 25, .kind = HR_PLACE_END};

	(void)state;
	for (unsigned to_end = 0; to_end < 2; to_end++) {
		struct hr_follower *f = malloc(sizeof(*f));
		struct hr_fidelity d = {.to_end = to_end};
		struct hr_policy_choice choice;
		struct hr_distance in_use, released;
		struct hr_replay_options o;
		struct hr_error err;

		hr_replay_defaults(&o);
		o.settings.geometry = hr_geometry(48);
		o.settings.procs = 1;
		assert_int_equal(hr_policy_choose("none", &choice, &err), HR_OK);
		assert_int_equal(hr_follower_init(f, &choice, &o.settings, &err), HR_OK);
		assert_int_equal(hr_fidelity_start(&d, &truth, f), HR_OK);
		assert_int_equal(hr_follower_follow(f, &end, 1), HR_OK);
		hr_fidelity_get(&d, &in_use, &released);
		assert_int_equal(in_use.n, to_end ? 4 : 2);
		assert_int_equal(in_use.equal, to_end ? 3 : 1);
		assert_int_equal(released.equal, to_end ? 3 : 2);
		hr_fidelity_release(&d);
		hr_follower_release(f);
		hr_policy_choice_release(&choice);
		free(f);
	}
}

/* Empty cells are figures that are not known: of columns that may be missing, and of others, whose row then is left out. */
static void test_empty_cells(void **state)
{
	struct hr_truth t;
	struct hr_error err;

	(void)state;
	write_file("mono0,mono1," COLUMNS "110,190,0,150,1,2,3,100,10,\n"
		   ",,1,200,1,2,3,,,9223372036854775807\n"
		   "210,250,2,230,1,,3,200,20,77\n"
		   "310,,3,315,4,5,6,300,30,\n");
	assert_int_equal(hr_truth_read(&t, path, 100, false, &err), HR_OK);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.missing, 1);
	assert_int_equal(t.memory_limit_bytes, UINT64_MAX);
	assert_int_equal(t.other_memory_bytes, 220);
	assert_int_equal(t.windows, 1);
	assert_int_equal(t.window_median_ns, 80);
	assert_int_equal(t.rows[0].begin_ns, 10);
	assert_int_equal(t.rows[0].end_ns, 90);
	assert_int_equal(t.rows[1].end_ns, 100);
	assert_int_equal(t.rows[2].begin_ns, 215);
	hr_truth_release(&t);
	unlink(path);
}

/* Of a window the nearest value counts: 0, then one page from 20 on, two from 40. */
static void test_windows(void **state)
{
	static const struct {
		struct hr_truth_row row;
		uint64_t error;
	} cases[] = {
	    {{10, 10, 8192, 0}, 8192}, {{15, 30, 0, 0}, 0},	    {{15, 30, 8192, 0}, 0},
	    {{15, 30, 4096, 0}, 0},    {{15, 30, 24576, 0}, 16384}, {{25, 35, 0, 0}, 8192},
	    {{20, 20, 0, 0}, 8192},    {{15, 50, 16384, 0}, 0},	    {{15, 50, 20480, 0}, 4096},
	};
	const struct hr_place places[] = {
	    {.time_ns = 0, .kind = HR_PLACE_GROW, .npages = 512, .mapped_pages = 512},
	    {.time_ns = 20, .kind = HR_PLACE_ALLOC, .page = 0, .npages = 1, .in_use_pages = 1, .mapped_pages = 512},
	    {.time_ns = 40, .kind = HR_PLACE_ALLOC, .page = 1, .npages = 1, .in_use_pages = 2, .mapped_pages = 512},
	    {.time_ns = 60, .kind = HR_PLACE_END, .in_use_pages = 2, .mapped_pages = 512},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hr_truth_row row = cases[i].row;
		const struct hr_truth truth = {.rows = &row, .n = 1};
		struct hr_follower *f = malloc(sizeof(*f));
		struct hr_fidelity d = {.to_end = false};
		struct hr_policy_choice choice;
		struct hr_distance in_use, released;
		struct hr_replay_options o;
		struct hr_error err;

		hr_replay_defaults(&o);
		o.settings.geometry = hr_geometry(48);
		o.settings.procs = 1;
		assert_int_equal(hr_policy_choose("none", &choice, &err), HR_OK);
		assert_int_equal(hr_follower_init(f, &choice, &o.settings, &err), HR_OK);
		assert_int_equal(hr_fidelity_start(&d, &truth, f), HR_OK);
		assert_int_equal(hr_follower_follow(f, places, 4), HR_OK);
		hr_fidelity_get(&d, &in_use, &released);
		assert_int_equal(in_use.n, 1);
		assert_int_equal(in_use.worst_bytes, cases[i].error);
		hr_fidelity_release(&d);
		hr_follower_release(f);
		hr_policy_choice_release(&choice);
		free(f);
	}
}

static void test_errors_name_the_line(void **state)
{
	static const struct {
		const char *text;
		uint64_t line;
		const char *says;
	} cases[] = {
	    {"", 0, "empty"},
	    {"a,b\n1,2\n", 1, "mono_ns"},
	    {COLUMNS "0,100,1,2,3,4,5,6\n1,200,1,x,3,4,5,6\n", 3, "unused"},
	    {COLUMNS "0,300,1,2,3,4,5,6\n1,200,1,2,3,4,5,6\n", 3, "backwards"},
	    {COLUMNS "0,300,1\n", 2, "no number"},
	    {COLUMNS "0,,1,2,3,4,5,6\n", 2, "mono_ns holds no number"},
	    {COLUMNS "0,300,18446744073709551615,2,3,4,5,6\n", 2, "beyond 2^61"},
	    {"mono0,mono1," COLUMNS "30,20,0,25,1,2,3,4,5,6\n", 2, "mono0 is after mono1"},
	    {"mono0,mono1," COLUMNS "30,40,0,35,1,2,3,4,5,6\n20,50,1,36,1,2,3,4,5,6\n", 3, "backwards"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hr_truth t;
		struct hr_error err;

		write_file(cases[i].text);
		assert_int_equal(hr_truth_read(&t, path, 0, false, &err), HR_EINPUT);
		assert_int_equal(err.line, cases[i].line);
		assert_non_null(strstr(err.text, cases[i].says));
		hr_truth_release(&t);
		unlink(path);
	}
}

static void add(struct hr_scav_log *log, uint64_t released, unsigned util, bool forced)
{
	struct hr_scav_line l = {
	    .form = HR_SCAV_GO121, .released_bytes = released, .bg_bytes = 7, .util_percent = util, .forced = forced};

	hr_scav_log_add(log, NULL, &l);
}

/* The replay lacks the first line and is off by 10 bytes in the last. */
static void test_logs_are_laid_side_by_side(void **state)
{
	struct hr_scav_log recorded = {0}, replayed = {0};
	struct hr_log_agreement a;

	(void)state;
	add(&recorded, 900, 10, false);
	add(&recorded, 100, 20, false);
	add(&recorded, 200, 30, true);
	add(&recorded, 300, 40, false);
	add(&replayed, 100, 20, false);
	add(&replayed, 200, 34, true);
	add(&replayed, 310, 42, false);
	a = hr_scav_log_compare(&recorded, &replayed);
	assert_int_equal(a.paired, 3);
	assert_int_equal(a.skipped, 1);
	assert_int_equal(a.same_kind, 3);
	assert_int_equal(a.recorded_forced, 1);
	assert_int_equal(a.recorded_work_bytes, 21);
	assert_int_equal(a.replayed_work_bytes, 14);
	assert_true(a.util_mean_points == 2);
	assert_true(a.released_worst_bytes == 10);
	assert_true(a.released_mean_bytes * 3 > 9.99 && a.released_mean_bytes * 3 < 10.01);
	assert_int_equal(a.released_peak_bytes, 300);

	/* Empty ones agree in nothing. */
	hr_scav_log_release(&replayed);
	a = hr_scav_log_compare(&recorded, &replayed);
	assert_int_equal(a.paired, 0);
	hr_scav_log_release(&recorded);
}

static void test_log_is_read_from_a_programs_standard_error(void **state)
{
	struct hr_scav_log log;
	struct hr_error err;

	(void)state;
	write_file("4103530273920 scav 0 KiB work (bg), 0 KiB work (eager), 8 KiB now, 86% util\n"
		   "gc 1 @0.024s 6%: 0.013+3.0+0.017 ms clock\n"
		   "scav 0 KiB work (bg), 0 KiB work (eager), 3904 KiB now, 86% util\n"
		   "hello\n"
		   "scav 1 KiB work (bg), 2 KiB work (eager), 3 KiB now, 4% util (forced)\n");
	assert_int_equal(hr_scav_log_read(&log, path, &err), HR_OK);
	assert_int_equal(log.n, 3);
	assert_int_equal(log.lines[0].released_bytes, 8 << 10);
	assert_int_equal(log.lines[1].released_bytes, 3904 << 10);
	assert_true(log.lines[2].forced);
	hr_scav_log_release(&log);
	unlink(path);
	assert_int_equal(hr_scav_log_read(&log, path, &err), HR_EIO);
}

HR_TEST_MAIN(fidelity)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_truth_is_read),
	    cmocka_unit_test(test_empty_cells),
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_stacks),
	    cmocka_unit_test(test_rows_behind_the_end),
	    cmocka_unit_test(test_errors_name_the_line),
	    cmocka_unit_test(test_logs_are_laid_side_by_side),
	    cmocka_unit_test(test_log_is_read_from_a_programs_standard_error),
	};

	return cmocka_run_group_tests_name("fidelity", tests, NULL, NULL);
}
