/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table, and its three forms: text as wide as a page, Markdown, CSV. Its
 * columns have ranks; where a page is too narrow for all of them, those of the
 * highest rank are left out first, and named.
 */
#ifndef HR_REPORT_TABLE_H
#define HR_REPORT_TABLE_H

#include "report/bars.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum hr_mark { HR_MARK_NONE, HR_MARK_BEST, HR_MARK_WORST };

struct hr_cell {
	char *text;  /* for people; NULL: empty */
	char *exact; /* for CSV; NULL: as the text */
	enum hr_mark mark;
};

struct hr_table_column {
	char *heading; /* of text and Markdown */
	char *name;    /* of CSV */
	bool left;     /* the cells stand at the left; else at the right */
	unsigned rank; /* the first column always stays, whatever its rank */
};

struct hr_table {
	struct hr_table_column *columns;
	size_t ncolumns, columns_cap;
	struct hr_cell *cells; /* row by row */
	size_t ncells, cells_cap;
	bool failed; /* out of memory: what came after is not in it */
};

/* Columns first, then cells, row by row. All texts are copied. Nothing fails but by setting `failed`. */
void hr_table_init(struct hr_table *t);
void hr_table_release(struct hr_table *t);
void hr_table_column(struct hr_table *t, const char *heading, const char *name, bool left, unsigned rank);
/* text and exact as in struct hr_cell. */
void hr_table_cell(struct hr_table *t, const char *text, const char *exact, enum hr_mark mark);

/*
 * On a page: the best of a column with a * behind it, the worst with a !, both
 * in colour where the page has colours. Then what was left out, in a sentence,
 * with the hint (or NULL) at its end. shown (or NULL): one a column, set for
 * those that were not left out, and not touched for others.
 */
void hr_table_text(struct hr_table *t, const struct hr_page *p, const char *hint, bool *shown);
/* The best in bold, the worst in italics. */
void hr_table_markdown(const struct hr_table *t, FILE *out);
/* As RFC 4180 has it, but with plain newlines; the names of the columns first. */
void hr_table_csv(const struct hr_table *t, FILE *out);

/* A cell of it: s quoted where it has to be, with controls shown, and never a spreadsheet's formula. */
void hr_csv_text(FILE *out, const char *s);
/* s with what Markdown would take as markup made plain. */
void hr_markdown_text(FILE *out, const char *s);

#endif
