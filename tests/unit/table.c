/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables: what is left out where there is no room, and how the three forms look, by hand. */
#include "config.h"

#include "report/table.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_size;

static struct hr_page page(unsigned columns)
{
	struct hr_page p = {.out = open_memstream(&text, &text_size), .columns = columns};

	assert_non_null(p.out);
	return p;
}

static void check(FILE *out, const char *wanted)
{
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

/* Two policies, three figures; of rank 0, 2 and 1. */
static void fill(struct hr_table *t)
{
	hr_table_init(t);
	hr_table_column(t, "policy", "policy", true, 9);
	hr_table_column(t, "mem", "mem_bytes", false, 0);
	hr_table_column(t, "calls", "calls", false, 2);
	hr_table_column(t, "cpu", "cpu_ns", false, 1);
	hr_table_cell(t, "one", NULL, HR_MARK_NONE);
	hr_table_cell(t, "1.00 MiB", "1048576", HR_MARK_BEST);
	hr_table_cell(t, "7", NULL, HR_MARK_NONE);
	hr_table_cell(t, "3 ms", "3000000", HR_MARK_WORST);
	hr_table_cell(t, "a_b|c", NULL, HR_MARK_NONE);
	hr_table_cell(t, "2.00 MiB", "2097152", HR_MARK_WORST);
	hr_table_cell(t, "7,000", "7000", HR_MARK_NONE);
	hr_table_cell(t, NULL, NULL, HR_MARK_NONE);
	assert_false(t->failed);
}

static void test_text(void **state)
{
	/* Narrower and narrower: the whole is 28 wide. */
	static const struct {
		unsigned columns;
		const char *wanted;
	} rows[] = {
	    {34, "policy      mem  calls  cpu\n"
		 "one    1.00 MiB*     7 3 ms!\n"
		 "a_b|c  2.00 MiB! 7,000\n"},
	    {28, "policy      mem  calls  cpu\n"
		 "one    1.00 MiB*     7 3 ms!\n"
		 "a_b|c  2.00 MiB! 7,000\n"},
	    {27, "policy      mem   cpu\n"
		 "one    1.00 MiB* 3 ms!\n"
		 "a_b|c  2.00 MiB!\n"
		 "not shown: calls (ask)\n"},
	    {21, "policy      mem\n"
		 "one    1.00 MiB*\n"
		 "a_b|c  2.00 MiB!\n"
		 "not shown: calls, cpu\n"
		 "  (ask)\n"},
	    /* Too narrow for two: the labels are cut off, then the values. */
	    {15, "poli~      mem\n"
		 "one   1.00 MiB*\n"
		 "a_b|c 2.00 MiB!\n"
		 "not shown:\n"
		 "  calls, cpu\n"
		 "  (ask)\n"},
	    {10, "pol~  mem\n"
		 "one  1.0~*\n"
		 "a_b~ 2.0~!\n"
		 "not shown:\n"
		 "  calls,\n"
		 "  cpu\n"
		 "  (ask)\n"},
	};
	struct hr_table t;

	(void)state;
	fill(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_page p = page(rows[i].columns);

		hr_table_text(&t, &p, "ask", NULL);
		check(p.out, rows[i].wanted);
	}
	hr_table_release(&t);
}

static void test_shown(void **state)
{
	struct hr_page p = page(27);
	struct hr_table t;
	bool shown[4] = {false};

	(void)state;
	fill(&t);
	hr_table_text(&t, &p, NULL, shown);
	assert_true(shown[0] && shown[1] && !shown[2] && shown[3]);
	fclose(p.out);
	free(text);
	hr_table_release(&t);
}

/* Colours go around a marked cell, and the marks stay. */
static void test_colour(void **state)
{
	struct hr_page p = page(16);
	struct hr_table t;

	(void)state;
	p.colour = true;
	fill(&t);
	hr_table_text(&t, &p, NULL, NULL);
	fclose(p.out);
	assert_non_null(strstr(text, "one    \033[1;36m1.00 MiB*\033[0m\n"));
	assert_non_null(strstr(text, "a_b|c  \033[33m2.00 MiB!\033[0m\n"));
	free(text);
	hr_table_release(&t);
}

/* UTF-8 counts by characters; control characters never reach the page. */
static void test_foreign(void **state)
{
	struct hr_page p = page(16);
	struct hr_table t;

	(void)state;
	p.unicode = true;
	hr_table_init(&t);
	hr_table_column(&t, "policy", "policy", true, 0);
	hr_table_column(&t, "n", "n", false, 0);
	hr_table_cell(&t, "größer", NULL, HR_MARK_NONE);
	hr_table_cell(&t, "1", NULL, HR_MARK_NONE);
	hr_table_cell(&t, "\033[2J\a", NULL, HR_MARK_NONE);
	hr_table_cell(&t, "2", NULL, HR_MARK_NONE);
	hr_table_cell(&t, "ein viel zu langer Name", NULL, HR_MARK_NONE);
	hr_table_cell(&t, "3", NULL, HR_MARK_NONE);
	hr_table_text(&t, &p, NULL, NULL);
	check(p.out, "policy         n\n"
		     "größer         1\n"
		     "\\x1b[2J\\x07    2\n"
		     "ein viel zu l… 3\n");
	hr_table_release(&t);
}

static void test_markdown(void **state)
{
	struct hr_page p = page(80);
	struct hr_table t;

	(void)state;
	fill(&t);
	hr_table_markdown(&t, p.out);
	check(p.out, "| policy | mem | calls | cpu |\n"
		     "|---|---:|---:|---:|\n"
		     "| one | **1.00 MiB** | 7 | *3 ms* |\n"
		     "| a\\_b\\|c | *2.00 MiB* | 7,000 |  |\n");
	hr_table_release(&t);
}

static void test_csv(void **state)
{
	struct hr_page p = page(80);
	struct hr_table t;

	(void)state;
	fill(&t);
	hr_table_cell(&t, "x,\"y\"", NULL, HR_MARK_NONE);
	for (int i = 0; i < 3; i++)
		hr_table_cell(&t, "-", "", HR_MARK_NONE);
	hr_table_csv(&t, p.out);
	check(p.out, "policy,mem_bytes,calls,cpu_ns\n"
		     "one,1048576,7,3000000\n"
		     "a_b|c,2097152,7000,\n"
		     "\"x,\"\"y\"\"\",,,\n");
	hr_table_release(&t);
}

/* Whatever the widths: no line is longer than the page, if that has the 20 columns of the narrowest. */
static void test_fits(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		struct hr_page p = page(20 + (unsigned)(test_random(&seed) % 100));
		size_t ncolumns = 2 + test_random(&seed) % 12;
		struct hr_table t;

		hr_table_init(&t);
		for (size_t c = 0; c < ncolumns; c++)
			hr_table_column(&t, "heading", "name", c == 0, (unsigned)(test_random(&seed) % 20));
		for (size_t c = 0; c < 3 * ncolumns; c++) {
			char cell[65] = "";

			memset(cell, 'x', test_random(&seed) % (c % ncolumns == 0 ? 64 : 14));
			hr_table_cell(&t, cell, NULL, (enum hr_mark)(test_random(&seed) % 3));
		}
		hr_table_text(&t, &p, NULL, NULL);
		fclose(p.out);
		for (char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= p.columns);
		free(text);
		hr_table_release(&t);
	}
}

/* A spreadsheet takes no text for a formula; numbers stay what they are. */
static void test_csv_formulas(void **state)
{
	static const char *const rows[][2] = {
	    {"=1+1", "'=1+1"}, {"@sum(a1)", "'@sum(a1)"}, {"-2+3", "'-2+3"}, {"+x,y", "\"'+x,y\""},
	    {"-12", "-12"},    {"-1.5e3", "-1.5e3"},	  {"a=b", "a=b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_page p = page(80);
		struct hr_table t;
		char want[64];

		hr_table_init(&t);
		hr_table_column(&t, "name", "name", true, 0);
		hr_table_cell(&t, rows[i][0], NULL, HR_MARK_NONE);
		hr_table_csv(&t, p.out);
		snprintf(want, sizeof(want), "name\n%s\n", rows[i][1]);
		check(p.out, want);
		hr_table_release(&t);
	}
}

HR_TEST_MAIN(table)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),	 cmocka_unit_test(test_shown),	  cmocka_unit_test(test_colour),
	    cmocka_unit_test(test_foreign),	 cmocka_unit_test(test_markdown), cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_csv_formulas), cmocka_unit_test(test_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
