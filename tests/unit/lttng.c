/* SPDX-License-Identifier: BSD-3-Clause */
/* LTTng-UST's malloc events as babeltrace2 prints them: clocks, contexts, functions. */
#include "config.h"

#include "recording.h"

#define LINE(time, event, fields)                                                                                      \
	"[" time "] (+0.000001000) box lttng_ust_libc:" event ": { cpu_id = 3 }, { " fields " }\n"

static void test_events(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, LINE("14:02:11.000012345", "malloc", "size = 72704, ptr = 0x55D5A6C3F2A0")
			 LINE("14:02:11.000013345", "calloc", "nmemb = 4, size = 32, ptr = 0x55D5A6C50EB0")
			     LINE("14:02:11.000014345", "realloc",
				  "in_ptr = 0x55D5A6C50EB0, size = 320, ptr = 0x55D5A6C50F40")
				 LINE("14:02:11.000014345", "memalign", "alignment = 64, size = 100, ptr = 0x10")
				     LINE("14:02:11.000014345", "posix_memalign",
					  "out_ptr = 0x20, alignment = 64, size = 200, result = 0")
					 LINE("14:02:11.000015345", "free", "ptr = 0x55D5A6C50F40"));
	assert_int_equal(rec.status, HR_END);
	assert_int_equal(rec.meta.format, HR_FORMAT_LTTNG);
	assert_true(rec.meta.has_clock);
	assert_false(rec.meta.has_threads);
	assert_string_equal(rec.events, "+0:72704 +1:128 -1 +1:320 +2:100 +3:200 -1 ");
	assert_string_equal(odd(&rec), "");
	assert_int_equal(rec.ev[1].time_ns, 1000);
	assert_int_equal(rec.ev[rec.n - 1].time_ns, 3000);
}

static void test_clocks(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
	    {LINE("23:59:59.500000000", "malloc", "size = 1, ptr = 0x10")
		 LINE("00:00:01.000000000", "free", "ptr = 0x10"),
	     1500000000},
	    {LINE("1795403152.000000001", "malloc", "size = 1, ptr = 0x10")
		 LINE("1795403153.000000000", "free", "ptr = 0x10"),
	     999999999},
	    {LINE("2026-02-28 23:00:00.000000000", "malloc", "size = 1, ptr = 0x10")
		 LINE("2026-03-01 01:00:00.000000000", "free", "ptr = 0x10"),
	     UINT64_C(7200000000000)},
	    {LINE("2024-02-28 23:00:00.000000000", "malloc", "size = 1, ptr = 0x10")
		 LINE("2024-03-01 01:00:00.000000000", "free", "ptr = 0x10"),
	     UINT64_C(93600000000000)},
	};
	static struct recording rec;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record(&rec, cases[i].text);
		assert_int_equal(rec.n, 2);
		assert_int_equal(rec.ev[1].time_ns, cases[i].ns);
		assert_string_equal(odd(&rec), "");
	}
}

static void test_contexts(void **state)
{
	static const char text[] =
	    "[14:02:11.1] (+?.?) box lttng_ust_libc:malloc: { cpu_id = 3 }, { vpid = 7, vtid = 7 }, { size = 8, ptr = "
	    "0x10 }\n"
	    "[14:02:11.2] (+0.1) box lttng_ust_libc:malloc: { cpu_id = 0 }, { vpid = 7, vtid = 9 }, { size = 9, ptr = "
	    "0x20 }\n"
	    "[14:02:11.2] (+0.1) box other:malloc: { cpu_id = 0 }, { vpid = 7, vtid = 9 }, { size = 9, ptr = 0x20 }\n"
	    "[14:02:11.3] (+0.1) box lttng_ust_libc:malloc: { cpu_id = 1 }, { vpid = 8, vtid = 8 }, { size = 5, ptr = "
	    "0x10 }\n";
	static struct recording rec;

	(void)state;
	assert_reads(text, "+0:8@0 +1:9@1 ", "other_processes 1 ");
	record_bytes(&rec, text, strlen(text),
		     &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL, .process = 8});
	assert_string_equal(rec.events, "+0:5@0 ");
}

static void test_damaged(void **state)
{
	(void)state;
	assert_reads(LINE("14:02:11.1", "malloc", "size = 1, ptr = 0x10") LINE("14:02:11.2", "malloc", "size = 1")
			 LINE("14:02:11.2", "malloc", "size = x, ptr = 0x20") LINE("27:02:11.2", "free", "ptr = 0x10")
			     LINE("14:02:11.2", "new_event", "ptr = 0x10") "something else\n",
		     "+0:1 ", "bad_lines 3 ");
}

HR_TEST_MAIN(lttng)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_clocks),
	    cmocka_unit_test(test_contexts),
	    cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("lttng", tests, NULL, NULL);
}
