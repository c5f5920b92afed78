/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines that real runtimes printed (Go 1.18's, 1.19's and 1.23's standard error), formed and read. */
#include "config.h"

#include "report/scavtrace.h"

#include "testing.h"

static const struct {
	const char *text;
	struct hr_scav_line line;
} known[] = {
    {"scav 0 KiB work (bg), 0 KiB work (eager), 3904 KiB now, 86% util",
     {.form = HR_SCAV_GO121, .released_bytes = 3904 << 10, .util_percent = 86}},
    {"scav 66048 KiB work (bg), 12 KiB work (eager), 72000 KiB now, 7% util [controller reset]",
     {.form = HR_SCAV_GO121,
      .bg_bytes = 66048 << 10,
      .eager_bytes = 12 << 10,
      .released_bytes = 72000 << 10,
      .util_percent = 7,
      .controller_reset = true}},
    {"scav 0 KiB work (bg), 5000 KiB work (eager), 8000 KiB now, 100% util (forced)",
     {.form = HR_SCAV_GO121,
      .eager_bytes = 5000 << 10,
      .released_bytes = 8000 << 10,
      .util_percent = 100,
      .forced = true}},
    {"scav 64 KiB work, 1234 KiB total, 55% util",
     {.form = HR_SCAV_GO119, .work_bytes = 64 << 10, .released_bytes = 1234 << 10, .util_percent = 55}},
    {"scav 17 64 KiB work, 1234 KiB total, 55% util (forced)",
     {.form = HR_SCAV_GO118,
      .generation = 17,
      .work_bytes = 64 << 10,
      .released_bytes = 1234 << 10,
      .util_percent = 55,
      .forced = true}},
};

#define NKNOWN (sizeof(known) / sizeof(known[0]))

static void test_formed_as_the_runtime_does(void **state)
{
	char buf[HR_SCAV_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < NKNOWN; i++)
		assert_string_equal(hr_scavtrace_format(buf, &known[i].line), known[i].text);
}

static void test_kib_are_cut_not_rounded(void **state)
{
	struct hr_scav_line l = {.form = HR_SCAV_GO119, .work_bytes = 2047, .released_bytes = 1023};
	char buf[HR_SCAV_LINE_MAX];

	(void)state;
	assert_string_equal(hr_scavtrace_format(buf, &l), "scav 1 KiB work, 0 KiB total, 0% util");
}

static void test_read_back(void **state)
{
	struct hr_scav_line l;

	(void)state;
	for (size_t i = 0; i < NKNOWN; i++) {
		assert_true(hr_scavtrace_parse(known[i].text, &l));
		assert_memory_equal(&l, &known[i].line, sizeof(l));
	}
}

static void test_other_lines_are_none(void **state)
{
	static const char *const others[] = {
	    "",		  "gc 1 @0.024s 6%: 0.013+3.0+0.017 ms clock", "scav",
	    "scav 1 KiB", "scav x KiB work, 3 KiB total, 1% util",     "xscav 64 KiB work, 1234 KiB total, 55% util"};
	struct hr_scav_line l;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(hr_scavtrace_parse(others[i], &l));
}

HR_TEST_MAIN(scavtrace)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formed_as_the_runtime_does),
	    cmocka_unit_test(test_kib_are_cut_not_rounded),
	    cmocka_unit_test(test_read_back),
	    cmocka_unit_test(test_other_lines_are_none),
	};

	return cmocka_run_group_tests_name("scavtrace", tests, NULL, NULL);
}
