/* SPDX-License-Identifier: BSD-3-Clause */
/* mtrace's lines, taken apart from their end. */
#include "config.h"

#include "recording.h"

#define START "= Start\n"

static void test_lines(void **state)
{
	(void)state;
	assert_reads(START "@ ./tst:[0x11eb] + 0x55ccf7eda4a0 0x64\n@ ./tst:[0x1306] - 0x55ccf7eda4a0\n= End\n",
		     "+0:100 -0 ", "");
	assert_reads(START "@ /lib/libc.so.6:(__strdup+1a)[0x9e9aa] + 0x10 0x6\n@ [0x7f00] - 0x10\n", "+0:6 -0 ", "");
	/* Without a caller, or without the first line. */
	assert_reads(START "+ 0x10 0x6\n- 0x10\n", "+0:6 -0 ", "");
	assert_reads("@ a:[0x1] + 0x10 0x6\n", "+0:6 ", "");
	/* Paths hold anything. */
	assert_reads(START "@ /a - b/x + 0x99 0x8:(f+1)[0x2] + 0x10 0x6\n@ /a + 0x5 0x6 > c:[0x1] - 0x10\n", "+0:6 -0 ",
		     "");
	assert_reads(START "@ ./tst:[0x1] + 0x10 0x6\r\n@ ./tst:[0x1] - 0x10\r\n", "+0:6 -0 ", "");
}

static void test_reallocs(void **state)
{
	(void)state;
	assert_reads(START "@ a:[0x1] + 0x10 0x64\n@ a:[0x2] < 0x10\n@ a:[0x2] > 0x20 0xc8\n", "+0:100 -0 +0:200 ", "");
	/* One that fails changes nothing. */
	assert_reads(START "@ a:[0x1] + 0x10 0x64\n@ a:[0x2] ! 0x10 0x400000000000\n@ a:[0x3] - 0x10\n", "+0:100 -0 ",
		     "failed_allocs 1 ");
}

static void test_odd(void **state)
{
	(void)state;
	/* A size of 0 is a plain 0, a null pointer is (nil). */
	assert_reads(START "@ a:[0x1] + 0x10 0\n@ a:[0x1] + (nil) 0x400000000000\n", "+0:0 ",
		     "failed_allocs 1 zero_sizes 1 ");
	assert_reads(START "@ a:[0x1] - 0x10\n@ a:[0x1] - (nil)\n", "", "unknown_frees 1 null_frees 1 ");
	/* What a forked child writes. */
	assert_reads(START "@ a:[0x1] + 0x10 0x1\n@ a:[0x1] + 0x10 0x2\n", "+0:1 -0 +0:2 ", "allocs_over_live 1 ");
}

static void test_damaged(void **state)
{
	static const char *const lines[] = {
	    "@ a:[0x1] + 0x20",
	    "@ a:[0x1] + 0x20 ",
	    "@ a:[0x1] + 0x20 0x",
	    "@ a:[0x1] + 20 0x1",
	    "@ a:[0x1] - 0x20 0x1",
	    "@ a:[0x1] * 0x20 0x1",
	    "@ a:[0x1]+ 0x20 0x1",
	    "@ a:[0x1] - (ni",
	    "@ a:[0x1] - (nilx",
	    "@ a:[0x1] ++ 0x20 0x1",
	    "@ a:[0x1] + 0x20 0xfffg0",
	    "@ a:[0x1] - 0x",
	    "@ a:[0x1] + (nil) (nil)",
	    "@ a:[0x1]",
	    "@",
	    "- ",
	    "program output",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), START "@ a:[0x1] + 0x10 0x64\n%s\n@ a:[0x1] - 0x10\n", lines[i]);
		assert_reads(text, "+0:100 -0 ", "bad_lines 1 ");
	}
}

static void test_meta(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, START "@ a:[0x1] + 0x10 0x64\n@ a:[0x2] - 0x10\n@ a:[0x1] + 0x");
	assert_int_equal(rec.meta.format, HR_FORMAT_MTRACE);
	assert_false(rec.meta.has_clock);
	assert_false(rec.meta.has_threads);
	assert_int_equal(rec.ev[1].time_ns, 1000000000 / HR_DEFAULT_RATE);
	assert_true(rec.stats.cut);
	assert_int_equal(rec.stats.cut_offset, 47);
	assert_string_equal(odd(&rec), "");
}

HR_TEST_MAIN(mtrace)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),   cmocka_unit_test(test_reallocs), cmocka_unit_test(test_odd),
	    cmocka_unit_test(test_damaged), cmocka_unit_test(test_meta),
	};

	return cmocka_run_group_tests_name("mtrace", tests, NULL, NULL);
}
