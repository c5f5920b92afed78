/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/print.h"

#include "base/alloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* --- one character -------------------------------------------------------- */

unsigned hr_utf8_next(const char *s, uint32_t *c)
{
	const unsigned char *u = (const unsigned char *)s;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc2 ? 2 : 0;

	if (u[0] == '\0' || u[0] > 0xf4 || n == 0)
		return 0;
	*c = n == 1 ? u[0] : u[0] & (0x7fU >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (u[i] & 0x3f);
	}
	/* Overlong forms, surrogates, and what is beyond Unicode. */
	return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

bool hr_text_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

unsigned hr_text_show(const char *s, char shown[HR_SHOWN_CHAR])
{
	uint32_t c = 0;
	unsigned n = hr_utf8_next(s, &c);

	if (n > 0 && !hr_text_is_control(c)) {
		memcpy(shown, s, n);
		shown[n] = '\0';
		return n;
	}
	if (n == 1 && (c == '\n' || c == '\t' || c == '\r'))
		snprintf(shown, HR_SHOWN_CHAR, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	else if (n > 1)
		snprintf(shown, HR_SHOWN_CHAR, "\\u%04x", c);
	else
		snprintf(shown, HR_SHOWN_CHAR, "\\x%02x", (unsigned char)*s);
	return n > 0 ? n : 1;
}

/* --- strings -------------------------------------------------------------- */

char *hr_text_plain(char *buf, size_t size, const char *s)
{
	char shown[HR_SHOWN_CHAR];
	size_t n = 0;

	while (*s != '\0') {
		size_t len;

		s += hr_text_show(s, shown);
		len = strlen(shown);
		if (len >= size - n)
			break;
		memcpy(buf + n, shown, len);
		n += len;
	}
	buf[n] = '\0';
	return buf;
}

/* At most max bytes of s. Returns the number of characters that are shown. */
static size_t put_some(FILE *out, const char *s, size_t max)
{
	const char *end = s + strnlen(s, max);
	size_t columns = 0;

	while (s < end) {
		char shown[HR_SHOWN_CHAR];
		unsigned n = hr_text_show(s, shown);

		/* A precision that cuts a character in two leaves it out. */
		if (n > (size_t)(end - s))
			break;
		if (out != NULL)
			fputs(shown, out);
		columns += n > 1 && shown[0] != '\\' ? 1 : strlen(shown);
		s += n;
	}
	return columns;
}

void hr_put_text(FILE *out, const char *s)
{
	put_some(out, s, strlen(s));
}

/* --- formats -------------------------------------------------------------- */

/* A conversion of a format, as "%-*.3llu". */
struct conversion {
	char text[32];
	int width, precision; /* below 0: none */
	bool left;
	char size; /* of an integer: 'l', 'j', 'z'; 'q': long long; '\0': int */
	char kind; /* 'd', 's', ... */
};

struct arguments {
	va_list ap;
};

/* A width or precision at *fmt: digits, or an argument. */
static int number_at(const char **fmt, struct arguments *a)
{
	int n = 0;

	if (**fmt == '*') {
		++*fmt;
		return va_arg(a->ap, int);
	}
	for (; isdigit((unsigned char)**fmt); ++*fmt)
		n = n * 10 + (**fmt - '0');
	return n;
}

/* Reads what follows a '%'. Returns its end. */
static const char *read_conversion(const char *fmt, struct arguments *a, struct conversion *c)
{
	char flags[8];
	size_t nflags = strspn(fmt, "-+ #0'"), n;

	nflags = nflags < sizeof(flags) ? nflags : sizeof(flags) - 1;
	memcpy(flags, fmt, nflags);
	flags[nflags] = '\0';
	fmt += nflags;
	*c = (struct conversion){.width = number_at(&fmt, a), .precision = -1};
	c->left = strchr(flags, '-') != NULL || c->width < 0;
	c->width = c->width < 0 ? -c->width : c->width;
	if (*fmt == '.') {
		fmt++;
		c->precision = number_at(&fmt, a);
	}
	n = strspn(fmt, "hljztL");
	c->size = n > 1 && fmt[0] == 'l' ? 'q' : n > 0 && fmt[0] != 'h' ? fmt[0] : '\0';
	c->kind = fmt[n];
	/* Width and precision are always given, as an argument; a precision below 0 is as none. */
	snprintf(c->text, sizeof(c->text), "%%%s*.*%.*s%c", flags, (int)n, fmt, c->kind);
	return fmt + n + (c->kind != '\0');
}

static int put_string(FILE *out, const struct conversion *c, const char *s)
{
	size_t max = c->precision < 0 ? strlen(s) : (size_t)c->precision;
	size_t columns = c->width > 0 ? put_some(NULL, s, max) : 0;
	int blanks = columns < (size_t)c->width ? c->width - (int)columns : 0;

	if (!c->left && blanks > 0)
		fprintf(out, "%*c", blanks, ' ');
	columns = put_some(out, s, max);
	if (c->left && blanks > 0)
		fprintf(out, "%*c", blanks, ' ');
	return (int)columns + blanks;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int put_conversion(FILE *out, const struct conversion *c, struct arguments *a)
{
#define PUT(type) fprintf(out, c->text, c->width, c->precision, va_arg(a->ap, type))
	switch (c->kind) {
	case 's':
		return put_string(out, c, va_arg(a->ap, const char *));
	case 'c':
		fputc(va_arg(a->ap, int), out);
		return 1;
	case '%':
		fputc('%', out);
		return 1;
	case 'e':
	case 'f':
	case 'g':
		return c->size == 'L' ? PUT(long double) : PUT(double);
	default:
		break;
	}
	/* Integers; those of a sign and those without are passed alike. */
	switch (c->size) {
	case 'q':
		return PUT(unsigned long long);
	case 'l':
		return PUT(unsigned long);
	case 'j':
		return PUT(uintmax_t);
	case 'z':
	case 't':
		return PUT(size_t);
	default:
		return PUT(unsigned);
	}
#undef PUT
}
#pragma GCC diagnostic pop

int hr_vprint(FILE *out, const char *fmt, va_list ap)
{
	struct arguments a;
	size_t total = 0;

	va_copy(a.ap, ap);
	while (*fmt != '\0') {
		size_t n = strcspn(fmt, "%");
		struct conversion c;

		total += fwrite(fmt, 1, n, out);
		fmt += n;
		if (*fmt == '%') {
			fmt = read_conversion(fmt + 1, &a, &c);
			total += (size_t)put_conversion(out, &c, &a);
		}
	}
	va_end(a.ap);
	return (int)total;
}

int hr_print(FILE *out, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = hr_vprint(out, fmt, ap);
	va_end(ap);
	return n;
}

/* --- memory streams --------------------------------------------------------- */

/*
 * glibc's open_memstream loses what was to be written when an allocation fails, and neither ferror nor fclose tells it:
 * a text with a hole in it.
 */
#ifdef __GLIBC__
struct memory {
	char **text;
	size_t *n;
	char *at;
	size_t len, cap;
	bool failed;
};

static ssize_t write_memory(void *cookie, const char *at, size_t n)
{
	struct memory *m = cookie;

	m->failed |= !hr_reserve(&m->at, &m->cap, m->len + n + 1, 1);
	if (m->failed)
		return 0;
	memcpy(m->at + m->len, at, n);
	m->len += n;
	m->at[m->len] = '\0';
	return (ssize_t)n;
}

static int close_memory(void *cookie)
{
	struct memory *m = cookie;
	bool failed = m->failed;

	if (m->at == NULL)
		m->at = hr_calloc(1, 1);
	failed |= m->at == NULL;
	if (failed)
		free(m->at);
	*m->text = failed ? NULL : m->at;
	*m->n = failed ? 0 : m->len;
	free(m);
	return failed ? EOF : 0;
}

FILE *hr_open_text(char **text, size_t *n)
{
	struct memory *m = hr_calloc(1, sizeof(*m));
	FILE *out;

	*text = NULL;
	*n = 0;
	if (m == NULL)
		return NULL;
	*m = (struct memory){.text = text, .n = n};
	out = fopencookie(m, "w", (cookie_io_functions_t){.write = write_memory, .close = close_memory});
	if (out == NULL)
		free(m);
	return out;
}
#else
FILE *hr_open_text(char **text, size_t *n)
{
	return open_memstream(text, n);
}
#endif

bool hr_close_text(FILE *out, char **text)
{
	bool failed = ferror(out) != 0;

	failed |= fclose(out) != 0;
	if (failed) {
		free(*text);
		*text = NULL;
	}
	return *text != NULL;
}
