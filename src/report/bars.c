/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/bars.h"

#include "base/print.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#define ROW_COLUMNS 41
#define LEVELS 8
#define HANGING 2

/* Eighths from the left, and from below: U+258F to U+2588, U+2581 to U+2588. */
static const char *const lefts[LEVELS] = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const belows[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char ascii_levels[] = ".:-=+*#@";

/* value of most, in steps of which there are `steps`; at least 1 for anything above 0. */
static unsigned share(uint64_t value, uint64_t most, unsigned steps)
{
	unsigned n = most > 0 ? (unsigned)((double)value / (double)most * steps + 0.5) : 0;

	if (n == 0 && value > 0)
		n = 1;
	return n < steps ? n : steps;
}

unsigned hr_page_bar(const struct hr_page *p, uint64_t value, uint64_t most, unsigned columns)
{
	unsigned steps = p->unicode ? LEVELS : 1, n = share(value, most, columns * steps);

	for (unsigned whole = n / steps; whole > 0; whole--)
		fputs(p->unicode ? lefts[LEVELS - 1] : "#", p->out);
	if (n % steps > 0)
		fputs(lefts[n % steps - 1], p->out);
	return (n + steps - 1) / steps;
}

void hr_page_spark(const struct hr_page *p, const uint64_t *values, size_t n, uint64_t most)
{
	for (size_t i = 0; i < n; i++) {
		unsigned level = share(values[i], most, LEVELS);

		if (level == 0)
			fputc(p->unicode ? ' ' : '_', p->out);
		else if (p->unicode)
			fputs(belows[level - 1], p->out);
		else
			fputc(ascii_levels[level - 1], p->out);
	}
}

void hr_page_row(const struct hr_page *p, const char *name, const char *value)
{
	unsigned columns = p->columns < ROW_COLUMNS ? p->columns : ROW_COLUMNS;
	size_t have = 2 + strlen(name), need = strlen(value);

	hr_print(p->out, "  %s", name);
	if (have + 1 + need > columns) {
		fputc('\n', p->out);
		have = 0;
	}
	hr_print(p->out, "%*s\n", (int)(columns - have), value);
}

/* Bytes of s that take `columns` columns at most, whole characters of UTF-8. */
static size_t piece(const char *s, size_t n, size_t columns)
{
	size_t i = 0;

	for (size_t have = 0; i < n; i++) {
		have += ((unsigned char)s[i] & 0xc0) != 0x80;
		if (have > columns)
			break;
	}
	return i;
}

static size_t width(const char *s, size_t n)
{
	size_t have = 0;

	for (size_t i = 0; i < n; i++)
		have += ((unsigned char)s[i] & 0xc0) != 0x80;
	return have;
}

void hr_page_text(const struct hr_page *p, unsigned indent, const char *fmt, ...)
{
	char text[1024], *word = text;
	size_t at = indent;
	bool first = true;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hr_print(p->out, "%*s", (int)indent, "");
	while (*word != '\0') {
		size_t n = strcspn(word, " "), room = first ? p->columns - indent : p->columns - indent - HANGING;

		/* Continue long text on the next line. */
		if (indent + HANGING < p->columns && width(word, n) > room)
			n = piece(word, n, room);
		if (!first && at + 1 + width(word, n) > p->columns) {
			hr_print(p->out, "\n%*s", (int)(indent + HANGING), "");
			at = indent + HANGING;
		} else if (!first) {
			fputc(' ', p->out);
			at++;
		}
		hr_print(p->out, "%.*s", (int)n, word);
		at += width(word, n);
		first = false;
		word += n;
		word += strspn(word, " ");
	}
	fputc('\n', p->out);
}
