/* SPDX-License-Identifier: BSD-3-Clause */
/* What a report takes from outside stays text. The page as a whole: tests/cli/report.sh. */
#include "config.h"

#include "plot/html.h"
#include "plot/markup.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HTML's own rules: in text & and < matter, in attributes the quotes as well. */
static void texts(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
	    {"app.trace", "app.trace"},
	    {"a & b < c > d", "a &amp; b &lt; c &gt; d"},
	    {"\"x\" 'y'", "&quot;x&quot; &#39;y&#39;"},
	    {"&lt;", "&amp;lt;"},
	    {"</title><script>alert(1)</script>", "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;"},
	    {"a\nb\x1b[1m\x7f", "a\\nb\\x1b[1m\\x7f"},
	    {"\xc3\xa4", "\xc3\xa4"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		size_t n;
		FILE *f = open_memstream(&text, &n);

		assert_non_null(f);
		hr_html_text(f, rows[i].text);
		fclose(f);
		assert_string_equal(text, rows[i].html);
		free(text);
	}
}

static void nothing_to_report(void **state)
{
	const struct hr_plot_source s = {0};
	struct hr_blob complaints;
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_html_report_write(stdout, &s, 0, &complaints, &err), HR_EINPUT);
	assert_non_null(strstr(err.text, "one trace"));
}

HR_TEST_MAIN(html_report)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(nothing_to_report)};

	return cmocka_run_group_tests_name("html_report", tests, NULL, NULL);
}
