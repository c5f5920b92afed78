/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bars, sparklines, rows and paragraphs for text of a given width. With
 * `unicode` bars are made of eighth blocks and sparklines of U+2581 to U+2588,
 * else of ASCII characters. Nothing is wider than `columns` as long as that is
 * 20 or more; of rows, as long as no name or value is.
 */
#ifndef HR_REPORT_BARS_H
#define HR_REPORT_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hr_page {
	FILE *out;
	unsigned columns; /* 20 or more */
	bool unicode;
	bool colour; /* a terminal that understands SGR sequences */
};

/* A bar of value of most, `most` being `columns` long; something for anything above 0. How many columns it takes. */
unsigned hr_page_bar(const struct hr_page *p, uint64_t value, uint64_t most, unsigned columns);
/* A column for each value, as high as it is of `most`; a blank, or a '_' in ASCII, for 0. */
void hr_page_spark(const struct hr_page *p, const uint64_t *values, size_t n, uint64_t most);
/* "  NAME ...  VALUE" with the value at the right of 41 columns, or of all; on a line of its own where both are too long. */
void hr_page_row(const struct hr_page *p, const char *name, const char *value);
/* The text from column `indent` on, its further lines two columns behind that. */
void hr_page_text(const struct hr_page *p, unsigned indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
