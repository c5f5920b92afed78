/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces of the malloc lab: their operations, their header, and what else begins with numbers. */
#include "config.h"

#include "recording.h"

static void test_operations(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "20000\n4\n8\n1\na 0 2040\na 1 2040\nf 1\na 2 48\nr 0 4080\nf 0\na 3 512\nf 3\n");
	assert_int_equal(rec.status, HR_END);
	assert_int_equal(rec.meta.format, HR_FORMAT_REP);
	assert_false(rec.meta.has_clock);
	assert_string_equal(rec.events, "+0:2040 +1:2040 -1 +1:48 -0 +0:4080 -0 +0:512 -0 ");
	assert_string_equal(odd(&rec), "");
	assert_false(rec.stats.cut);
	/* Other headers, blanks, CR LF. */
	assert_reads("1\na 0 5\nf 0\n", "+0:5 -0 ", "");
	assert_reads("20000\r\n2\r\n2\r\n1\r\n  a  0  5 \r\nf 0\r\n", "+0:5 -0 ", "");
}

static void test_odd(void **state)
{
	static struct recording rec;

	(void)state;
	assert_reads("1\na 0 5\na 0 6\nr 1 7\nr 0 0\nf 9\nf\nx 1\na 1\n7\na 18446744073709551615 1\n",
		     "+0:5 -0 +0:6 +1:7 -0 ", "unknown_frees 2 allocs_over_live 1 bad_lines 4 impossible_values 1 ");
	/* Fewer operations than the header says. */
	record(&rec, "20000\n4\n8\n1\na 0 2040\nf 0\n");
	assert_true(rec.stats.cut);
	assert_non_null(strstr(rec.stats.cut_what, "8 operations were promised, there are 2"));
}

static void test_other_texts(void **state)
{
	static const char *const texts[] = {"1\n2\n3\n",  "a 0 5\n",  "1\n2\n3\n4\n5\n6\n7\na 0 1\n",
					    "1\nb 0 5\n", "1\na 0\n", "1\na 0 x\n"};
	static struct recording rec;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		record(&rec, texts[i]);
		assert_int_equal(rec.status, HR_EINPUT);
	}
}

HR_TEST_MAIN(rep)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operations),
	    cmocka_unit_test(test_odd),
	    cmocka_unit_test(test_other_texts),
	};

	return cmocka_run_group_tests_name("rep", tests, NULL, NULL);
}
