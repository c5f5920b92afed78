/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a stream: wherever they lie in the buffer, however they end, and however long they are. */
#include "config.h"

#include "trace/lines.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reader that only lends its stream. */
struct stream {
	struct hr_reader r;
	struct hr_lines lines;
};

static struct stream *open_stream(const void *data, size_t n)
{
	struct stream *s = calloc(1, sizeof(*s));

	assert_int_equal(hr_input_open_memory(data, n, &s->r.in, NULL), HR_OK);
	assert_int_equal(hr_lines_init(&s->lines, &s->r, NULL), HR_OK);
	return s;
}

static void close_stream(struct stream *s)
{
	hr_lines_release(&s->lines);
	hr_input_close(s->r.in);
	free(s);
}

/* The next line is these n bytes, at that offset. */
static void expect_line(struct stream *s, const char *want, size_t n, uint64_t offset, bool unterminated)
{
	uint64_t before = s->lines.line;
	char *line;
	size_t got;

	assert_int_equal(hr_lines_next(&s->lines, &line, &got, NULL), HR_OK);
	assert_int_equal(got, n);
	assert_memory_equal(line, want, n);
	assert_int_equal(line[n], '\0');
	assert_int_equal(s->lines.offset, offset);
	assert_int_equal(s->lines.line, before + 1);
	assert_int_equal(s->lines.unterminated, unterminated);
	assert_false(s->lines.too_long);
}

static void expect_end(struct stream *s)
{
	char *line;
	size_t n;

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(hr_lines_next(&s->lines, &line, &n, NULL), HR_END);
	assert_true(hr_lines_ready(&s->lines));
}

static void test_ends(void **state)
{
	static const char text[] = "a\n\nbc\r\n\r\n\rd\re\nlast";
	struct stream *s = open_stream(text, sizeof(text) - 1);

	(void)state;
	expect_line(s, "a", 1, 0, false);
	assert_true(hr_lines_ready(&s->lines));
	expect_line(s, "", 0, 2, false);
	expect_line(s, "bc", 2, 3, false);
	expect_line(s, "", 0, 7, false);
	expect_line(s, "\rd\re", 4, 9, false);
	expect_line(s, "last", 4, 14, true);
	expect_end(s);
	close_stream(s);
	/* A CR at the very end may be that of a newline which is lost. */
	s = open_stream("a\r", 2);
	expect_line(s, "a", 1, 0, true);
	expect_end(s);
	close_stream(s);
	s = open_stream("", 0);
	expect_end(s);
	close_stream(s);
	s = open_stream("\n", 1);
	expect_line(s, "", 0, 0, false);
	expect_end(s);
	close_stream(s);
}

static void test_nul(void **state)
{
	struct stream *s = open_stream("a\0b\n\0\n", 6);

	(void)state;
	expect_line(s, "a\0b", 3, 0, false);
	expect_line(s, "\0", 1, 4, false);
	expect_end(s);
	close_stream(s);
}

/* Lines of random lengths, up to the longest, over many buffers. */
static void test_across_buffers(void **state)
{
	enum { LINES = 600 };
	size_t total = 0, *lengths = calloc(LINES, sizeof(*lengths));
	uint64_t random = 11;
	char *text;

	(void)state;
	for (size_t i = 0; i < LINES; i++) {
		lengths[i] = test_random(&random) % (i % 3 == 0 ? HR_MAX_LINE_BYTES + 1 : 100);
		if (i % 50 == 0)
			lengths[i] = HR_MAX_LINE_BYTES;
		total += lengths[i] + 1;
	}
	text = malloc(total);
	for (size_t i = 0, at = 0; i < LINES; at += lengths[i++] + 1) {
		for (size_t j = 0; j < lengths[i]; j++)
			text[at + j] = (char)('a' + (i * 7 + j * 13) % 26);
		text[at + lengths[i]] = '\n';
	}
	struct stream *s = open_stream(text, total);
	for (size_t i = 0, at = 0; i < LINES; at += lengths[i++] + 1)
		expect_line(s, text + at, lengths[i], at, false);
	expect_end(s);
	close_stream(s);
	free(text);
	free(lengths);
}

/* Of a line that is too long the beginning is given; those around it are whole. */
static void test_too_long(void **state)
{
	static const size_t lengths[] = {HR_MAX_LINE_BYTES + 1, HR_MAX_LINE_BYTES + 2, 5 * HR_MAX_LINE_BYTES,
					 40 * HR_MAX_LINE_BYTES};
	char *line;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (unsigned ended = 0; ended < 2; ended++) {
			size_t total = 6 + lengths[i];
			char *text = malloc(total + 8);

			memcpy(text, "first\n", 6);
			memset(text + 6, 'x', lengths[i]);
			memcpy(text + total, "\nafter\n", 7);
			struct stream *s = open_stream(text, ended != 0 ? total + 7 : total);
			expect_line(s, "first", 5, 0, false);
			assert_int_equal(hr_lines_next(&s->lines, &line, &n, NULL), HR_OK);
			assert_true(s->lines.too_long);
			assert_int_equal(n, HR_MAX_LINE_BYTES);
			assert_int_equal(s->lines.offset, 6);
			assert_int_equal(strspn(line, "x"), n);
			if (ended != 0)
				expect_line(s, "after", 5, total + 1, false);
			expect_end(s);
			close_stream(s);
			free(text);
		}
}

HR_TEST_MAIN(lines)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_across_buffers),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
