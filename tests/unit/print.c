/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside is shown, never obeyed. */
#include "config.h"

#include "base/print.h"

#include "testing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void shown(const char *s, const char *want)
{
	char buf[256];

	assert_string_equal(hr_text_plain(buf, sizeof(buf), s), want);
}

static void test_shown(void **state)
{
	(void)state;
	shown("", "");
	shown("plain /path/\xc3\xa9t\xc3\xa9 \xf0\x9f\x98\x80", "plain /path/\xc3\xa9t\xc3\xa9 \xf0\x9f\x98\x80");
	shown("\033]0;title\a", "\\x1b]0;title\\x07");
	shown("two\nlines\r\tand", "two\\nlines\\r\\tand");
	shown("\xc2\x9b"
	      "31m",
	      "\\u009b31m"); /* C1 as UTF-8 */
	shown("\x9b"
	      "31m",
	      "\\x9b31m"); /* and as a byte */
	shown("\x7f", "\\x7f");
	shown("\xe2\x80\xaegpj.exe", "\\u202egpj.exe");
	shown("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f", "\\u2066\\u2069\\u200f");
	shown("caf\xe9", "caf\\xe9");
	shown("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
	shown("\xc0\xaf", "\\xc0\\xaf");	  /* overlong */
	shown("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	shown("\xe2\x82", "\\xe2\\x82"); /* cut off */
}

static void test_short_buffer(void **state)
{
	char buf[6];

	(void)state;
	assert_string_equal(hr_text_plain(buf, sizeof(buf), "abc\033"), "abc");
	assert_string_equal(hr_text_plain(buf, sizeof(buf), "abcd\xc3\xa9"), "abcd");
	assert_string_equal(hr_text_plain(buf, 1, "abc"), "");
}

#define PRINTS(want, ...)                                                                                              \
	do {                                                                                                           \
		char *text = NULL;                                                                                     \
		size_t n = 0;                                                                                          \
		FILE *f = open_memstream(&text, &n);                                                                   \
                                                                                                                       \
		hr_print(f, __VA_ARGS__);                                                                              \
		fclose(f);                                                                                             \
		assert_string_equal(text, want);                                                                       \
		free(text);                                                                                            \
	} while (0)

static void test_strings(void **state)
{
	(void)state;
	PRINTS("a \\x1b[2J.\n", "a %s.\n", "\033[2J");
	PRINTS("[  \xc3\xa9][\xc3\xa9  ]", "[%3s][%-3s]", "\xc3\xa9", "\xc3\xa9");
	PRINTS("[\\x1b ]", "[%-5s]", "\033");
	PRINTS("[abc][  ab]", "[%.3s][%*.*s]", "abcdef", 4, 2, "abcdef");
	PRINTS("[ab  ]", "[%*s]", -4, "ab");
	PRINTS("\xc3\xa9.", "%.3s.", "\xc3\xa9\xc3\xa9"); /* a character is not cut in two */
}

/* What the other conversions print is what printf prints. */
static void test_others(void **state)
{
	char want[512];
	long double x = 2.5L;

#define SAME(...)                                                                                                      \
	do {                                                                                                           \
		snprintf(want, sizeof(want), __VA_ARGS__);                                                             \
		PRINTS(want, __VA_ARGS__);                                                                             \
	} while (0)
	(void)state;
	SAME("%d %u %x %#x %5d|%-5d|%05d %c 100%%", -1, 4000000000U, 255, 255, 42, 42, 42, 'c');
	SAME("%" PRIu64 " %" PRIx64 " %016" PRIx64 " %" PRId64, UINT64_MAX, UINT64_MAX, UINT64_C(1), INT64_MIN);
	SAME("%zu %lu %lld %ju %hhu", SIZE_MAX, 1UL, -5LL, UINTMAX_MAX, (unsigned char)7);
	SAME("%f %.2f %8.3f %g %e %.0f %Lf %.1Lf", 1.5, 2.345, -3.0, 1e100, 0.1, 2.5, x, x);
	SAME("%*d %-*d| %.*f", 6, 42, 6, 42, 3, 1.0);
}

/* Where memory lacks at a moment, the text has no hole: there is none. */
static void test_no_memory(void **state)
{
	static const char line[1000] = "x";
	struct rlimit limit, less;
	size_t n, most = 0;
	char *text;
	FILE *out;

	(void)state;
	out = hr_open_text(&text, &n);
	assert_non_null(out);
	assert_true(hr_close_text(out, &text));
	assert_string_equal(text, "");
	assert_int_equal(n, 0);
	free(text);
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	/* No more than there is. What runs under HR_QUICK has an allocator of its own. */
	less = (struct rlimit){.rlim_cur = 4096, .rlim_max = limit.rlim_max};
	if (getenv("HR_QUICK") != NULL || setrlimit(RLIMIT_AS, &less) != 0)
		HR_SKIP("memory can't be limited here");
	out = hr_open_text(&text, &n);
	assert_non_null(out);
	while (most++ < 100000 && fwrite(line, 1, sizeof(line), out) == sizeof(line))
		;
	setrlimit(RLIMIT_AS, &limit);
	assert_true(most < 100000);
	/* There is memory again. */
	fwrite(line, 1, sizeof(line), out);
	assert_false(hr_close_text(out, &text));
	assert_null(text);
}

HR_TEST_MAIN(print)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shown),  cmocka_unit_test(test_short_buffer), cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_others), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
