/* SPDX-License-Identifier: BSD-3-Clause */
/* Bars, sparklines, rows and paragraphs, by hand. */
#include "config.h"

#include "report/bars.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_size;

static struct hr_page page(unsigned columns, bool unicode)
{
	struct hr_page p = {.out = open_memstream(&text, &text_size), .columns = columns, .unicode = unicode};

	assert_non_null(p.out);
	return p;
}

static void check(struct hr_page *p, const char *wanted)
{
	fclose(p->out);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_bar(void **state)
{
	static const struct {
		uint64_t value, most;
		bool unicode;
		const char *bar;
		unsigned columns;
	} bars[] = {
	    {0, 10, true, "", 0},	 {10, 10, true, "██████████", 10},
	    {5, 10, true, "█████", 5},	 {1, 80, true, "▏", 1},
	    {1, 1000000, true, "▏", 1}, /* little, but not nothing */
	    {12, 80, true, "█▌", 2},	 {0, 0, true, "", 0},
	    {0, 10, false, "", 0},	 {10, 10, false, "##########", 10},
	    {1, 1000000, false, "#", 1}, {UINT64_MAX, UINT64_MAX, false, "##########", 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		struct hr_page p = page(80, bars[i].unicode);

		assert_int_equal(hr_page_bar(&p, bars[i].value, bars[i].most, 10), bars[i].columns);
		check(&p, bars[i].bar);
	}
}

static void test_spark(void **state)
{
	const uint64_t values[] = {0, 1, 100, 200, 400, 799, 800};
	struct hr_page p = page(80, true);

	(void)state;
	hr_page_spark(&p, values, 7, 800);
	check(&p, " ▁▁▂▄██");
	p = page(80, false);
	hr_page_spark(&p, values, 7, 800);
	check(&p, "_..:=@@");
	p = page(80, false);
	hr_page_spark(&p, (uint64_t[]){0, 0}, 2, 0);
	check(&p, "__");
}

static void test_row(void **state)
{
	struct hr_page p = page(80, false);

	(void)state;
	hr_page_row(&p, "obj-alloc", "1,234");
	check(&p, "  obj-alloc                         1,234\n");
	p = page(20, false);
	hr_page_row(&p, "obj-alloc", "12,345,67");
	hr_page_row(&p, "obj-allocs", "12,345,67");
	check(&p, "  obj-alloc\n           12,345,67\n  obj-allocs\n           12,345,67\n");
	p = page(20, false);
	hr_page_row(&p, "obj-alloc", "12345678");
	check(&p, "  obj-alloc 12345678\n");
}

static void test_text(void **state)
{
	struct hr_page p = page(20, false);

	(void)state;
	hr_page_text(&p, 2, "%s %d", "the quick brown fox jumps over", 12);
	check(&p, "  the quick brown\n    fox jumps over\n    12\n");
	p = page(20, false);
	hr_page_text(&p, 0, "12345678901234567890 1234567890123456 8 ");
	check(&p, "12345678901234567890\n  1234567890123456 8\n");
	p = page(20, false);
	hr_page_text(&p, 0, "see some/where/with/a/long/name for it");
	check(&p, "see\n  some/where/with/a/\n  long/name for it\n");
	p = page(20, false);
	hr_page_text(&p, 0, "ääääääääääöööööööööö1 2");
	check(&p, "ääääääääääöööööööööö\n  1 2\n");
	p = page(20, false);
	hr_page_text(&p, 0, "a\033[31mb");
	check(&p, "a\\x1b[31mb\n");
	p = page(20, false);
	hr_page_text(&p, 0, "%s", "");
	check(&p, "\n");
}

HR_TEST_MAIN(bars)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bar),
	    cmocka_unit_test(test_spark),
	    cmocka_unit_test(test_row),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("bars", tests, NULL, NULL);
}
