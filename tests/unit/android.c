/* SPDX-License-Identifier: BSD-3-Clause */
/* Android's memory_replay text: each kind of line, each way in which one can be odd. */
#include "config.h"

#include "recording.h"

#define FIRST "1: malloc 0x10 8\n" /* so that it is recognised */

static void test_lines(void **state)
{
	(void)state;
	assert_reads("7: malloc 0xb6027400 1024\n7: free 0xb6027400\n", "+0:1024@0 -0@0 ", "");
	assert_reads("7: calloc 0x1000 32 8\n", "+0:256@0 ", "");
	/* The size is the second one. */
	assert_reads("7: memalign 0x1000 16 104\n", "+0:104@0 ", "");
	/* Pointers with and without 0x, in either case; sizes are decimal. */
	assert_reads("7: malloc b6027400 10\n7: malloc 0xB602740A 11\n8: free 0xb602740a\n7: free B6027400\n",
		     "+0:10@0 +1:11@0 -1@1 -0@0 ", "");
	/* More blanks, or none. */
	assert_reads("7:malloc 0x10 8\n7:  malloc \t 0x20   9 \n", "+0:8@0 +1:9@0 ", "");
	assert_reads("7: malloc 0x10 8\r\n7: free 0x10\r\n", "+0:8@0 -0@0 ", "");
}

static void test_reallocs(void **state)
{
	(void)state;
	/* New pointer, old pointer, size. */
	assert_reads(FIRST "1: realloc 0x20 0x10 150\n", "+0:8@0 -0@0 +0:150@0 ", "");
	assert_reads(FIRST "1: realloc 0x10 0x10 150\n", "+0:8@0 -0@0 +0:150@0 ", "");
	assert_reads(FIRST "1: realloc 0x20 0x0 150\n", "+0:8@0 +1:150@0 ", "");
	/* A size of 0 frees; without memory nothing happens. */
	assert_reads(FIRST "1: realloc 0x0 0x10 0\n", "+0:8@0 -0@0 ", "");
	assert_reads(FIRST "1: realloc 0x0 0x10 100\n1: free 0x10\n", "+0:8@0 -0@0 ", "failed_allocs 1 ");
	assert_reads(FIRST "1: realloc 0x20 0x99 150\n", "+0:8@0 +1:150@0 ", "unknown_frees 1 ");
}

static void test_odd(void **state)
{
	(void)state;
	assert_reads(FIRST "1: free 0x0\n1: free 0x30\n1: malloc 0x0 5\n1: malloc 0x20 0\n", "+0:8@0 +1:0@0 ",
		     "unknown_frees 1 null_frees 1 failed_allocs 1 zero_sizes 1 ");
	assert_reads(FIRST "1: malloc 0x10 9\n", "+0:8@0 -0@0 +0:9@0 ", "allocs_over_live 1 ");
	/* 2^33 times 2^33 is no size, and 2 TiB isn't either. */
	assert_reads(FIRST "1: calloc 0x20 8589934592 8589934592\n1: malloc 0x30 2199023255552\n", "+0:8@0 ",
		     "absurd_sizes 2 ");
	assert_reads(FIRST "1: malloc 0x20 2199023255551\n", "+0:8@0 +1:2199023255551@0 ", "");
}

static void test_threads(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "400: malloc 0x10 8\n300: malloc 0x20 8\n400: thread_done 0x0\n300: free 0x10\n400: free 0x20\n");
	assert_string_equal(rec.events, "+0:8@0 +1:8@1 -0@1 -1@0 ");
	assert_int_equal(rec.stats.threads, 2);
	assert_true(rec.meta.has_threads);
	assert_false(rec.meta.has_clock);
	assert_int_equal(rec.meta.format, HR_FORMAT_ANDROID);
	assert_int_equal(rec.stats.events_total, 4);
	/* No clock: so many events a second. */
	for (size_t i = 0; i < rec.n; i++)
		assert_int_equal(rec.ev[i].time_ns, i * (1000000000 / HR_DEFAULT_RATE));
	assert_int_equal(rec.stats.nassumed, 1);
}

/* The clock is the latest end of a call; the first one is 0. */
static void test_times(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "1: malloc 0x10 8 1000 1100\n2: free 0x0 1040 1050\n2: malloc 0x20 8 1045 1090\n"
		     "1: realloc 0x30 0x10 16 1200 1350\n1: thread_done 0x0 1400\n2: calloc 0x40 2 8 1390 1401\n"
		     "2: memalign 0x50 16 8 1400 1500\n2: malloc 0x60 1\n");
	assert_int_equal(rec.status, HR_END);
	assert_string_equal(rec.events, "+0:8@0 +1:8@1 -0@0 +0:16@0 +2:16@1 +3:8@1 +4:1@1 ");
	assert_true(rec.meta.has_clock);
	static const uint64_t want[] = {0, 0, 250, 250, 301, 400, 400};
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(rec.ev[i].time_ns, want[i]);
	assert_string_equal(odd(&rec), "null_frees 1 clock_steps_back 2 ");
	assert_int_equal(rec.stats.last_time_ns, 400);
}

static void test_damaged(void **state)
{
	static const char *const lines[] = {
	    "1 malloc 0x20 8",
	    "1 : malloc 0x20 8",
	    ": malloc 0x20 8",
	    "-1: malloc 0x20 8",
	    "4294967296: malloc 0x20 8",
	    "1: malloc 0x20",
	    "1: malloc 0x20 ",
	    "1: malloc 0x20 0x8",
	    "1: malloc 0x20 8 9",
	    "1: malloc 0x20 8 9 10 11",
	    "1: malloc 0x20 8 9 10x",
	    "1: malloc 0x20 18446744073709551616",
	    "1: malloc 0x20 -8",
	    "1: malloc 0x11112222333344445 8",
	    "1: malloc 0xg 8",
	    "1: malloc 0x 8",
	    "1: malloc(8) = 0x20",
	    "1: mallox 0x20 8",
	    "1: malloc2 0x20 8",
	    "1: calloc 0x20 8",
	    "1: realloc 0x20 8",
	    "1: memalign 0x20 8",
	    "1: free",
	    "1: free 0x10 5",
	    "1: free 0x10,",
	    "1: thread_done",
	    "1: thread_done 0x0 1 2",
	    "Attaching 7 probes...",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), FIRST "%s\n1: free 0x10\n", lines[i]);
		assert_reads(text, "+0:8@0 -0@0 ", "bad_lines 1 ");
		/* Noise in front does no harm. */
		snprintf(text, sizeof(text), "%s\n" FIRST, lines[i]);
		assert_reads(text, "+0:8@0 ", "bad_lines 1 ");
	}
	assert_reads(FIRST "\n\r\n1: free 0x10\n", "+0:8@0 -0@0 ", "");
}

/* A last line without its newline counts if it is whole, else it is where the trace is cut. */
static void test_last_line(void **state)
{
	static struct recording rec;

	(void)state;
	assert_reads(FIRST "1: free 0x10", "+0:8@0 -0@0 ", "");
	record(&rec, FIRST "1: malloc 0x20");
	assert_string_equal(rec.events, "+0:8@0 ");
	assert_string_equal(odd(&rec), "");
	assert_true(rec.stats.cut);
	assert_int_equal(rec.stats.cut_offset, strlen(FIRST));
}

/* Bytes that no text has, a NUL among them, are a bad line. */
static void test_binary(void **state)
{
	static struct recording rec;
	char bytes[6000];
	size_t n = 0;

	(void)state;
	while (n < HR_FIRST_BYTES)
		n += (size_t)sprintf(bytes + n, FIRST);
	memcpy(bytes + n, "1: malloc\0 0x20 8\n1: free 0x10\n", 32);
	record_bytes(&rec, bytes, n + 31, &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL});
	assert_int_equal(rec.status, HR_END);
	assert_int_equal(rec.stats.anomalies[HR_ANOMALY_BAD_LINE], 1);
	assert_int_equal(rec.ev[rec.n - 1].kind, HR_EV_OBJ_FREE);
}

static void test_other_texts(void **state)
{
	static const char *const texts[] = {
	    "", "hello\n", "1: mall", "1: malloc 0x20\n", "malloc 0x10 8\n", "12:30: free lunch\n", "1: free dom\n",
	};
	static struct recording rec;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		record(&rec, texts[i]);
		assert_int_equal(rec.status, HR_EINPUT);
	}
}

HR_TEST_MAIN(android)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),     cmocka_unit_test(test_reallocs), cmocka_unit_test(test_odd),
	    cmocka_unit_test(test_threads),   cmocka_unit_test(test_times),    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_last_line), cmocka_unit_test(test_binary),   cmocka_unit_test(test_other_texts),
	};

	return cmocka_run_group_tests_name("android", tests, NULL, NULL);
}
