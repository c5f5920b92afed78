/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/table.h"

#include "base/alloc.h"
#include "base/print.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_LABEL 4
#define MAX_WIDTH 4096

static const char marks[] = {[HR_MARK_BEST] = '*', [HR_MARK_WORST] = '!'};

void hr_table_init(struct hr_table *t)
{
	memset(t, 0, sizeof(*t));
}

void hr_table_release(struct hr_table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++) {
		free(t->columns[i].heading);
		free(t->columns[i].name);
	}
	for (size_t i = 0; i < t->ncells; i++) {
		free(t->cells[i].text);
		free(t->cells[i].exact);
	}
	free(t->columns);
	free(t->cells);
	hr_table_init(t);
}

/* As it is shown: a table is printed in many forms, and its cells are safe in all. */
static char *copy(struct hr_table *t, const char *s)
{
	size_t size = s != NULL ? strlen(s) * HR_SHOWN_BYTE + 1 : 0;
	char *c = s != NULL ? malloc(size) : NULL;

	t->failed |= s != NULL && c == NULL;
	return c != NULL ? hr_text_plain(c, size, s) : NULL;
}

void hr_table_column(struct hr_table *t, const char *heading, const char *name, bool left, unsigned rank)
{
	if (t->failed || !hr_reserve(&t->columns, &t->columns_cap, t->ncolumns + 1, sizeof(*t->columns))) {
		t->failed = true;
		return;
	}
	t->columns[t->ncolumns++] = (struct hr_table_column){copy(t, heading), copy(t, name), left, rank};
}

void hr_table_cell(struct hr_table *t, const char *text, const char *exact, enum hr_mark mark)
{
	if (t->failed || !hr_reserve(&t->cells, &t->cells_cap, t->ncells + 1, sizeof(*t->cells))) {
		t->failed = true;
		return;
	}
	t->cells[t->ncells++] = (struct hr_cell){copy(t, text), copy(t, exact), mark};
}

static size_t rows_of(const struct hr_table *t)
{
	return t->ncolumns > 0 ? t->ncells / t->ncolumns : 0;
}

static const struct hr_cell *cell(const struct hr_table *t, size_t row, size_t column)
{
	return &t->cells[row * t->ncolumns + column];
}

static const char *text_of(const struct hr_cell *c)
{
	return c->text != NULL ? c->text : "";
}

/* --- text ----------------------------------------------------------------- */

/* How a table is laid out on a page. */
struct layout {
	const struct hr_table *t;
	const struct hr_page *p;
	size_t *widths; /* of a column's texts, 0: left out */
	bool *marked;	/* does any cell of it have a mark? */
	size_t blanks;	/* to be written before anything else in the line; so that none stand at its end */
};

/* Characters, not bytes, of UTF-8: those that continue one do not count. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n < MAX_WIDTH ? n : MAX_WIDTH;
}

static void measure(struct layout *l)
{
	for (size_t c = 0; c < l->t->ncolumns; c++) {
		l->widths[c] = width_of(l->t->columns[c].heading);
		for (size_t r = 0; r < rows_of(l->t); r++) {
			size_t w = width_of(text_of(cell(l->t, r, c)));

			l->widths[c] = w > l->widths[c] ? w : l->widths[c];
			l->marked[c] |= cell(l->t, r, c)->mark != HR_MARK_NONE;
		}
		/* Only omitted columns have width 0. */
		l->widths[c] += l->widths[c] == 0;
	}
}

static size_t total(const struct layout *l)
{
	size_t sum = 0;

	for (size_t c = 0; c < l->t->ncolumns; c++)
		if (l->widths[c] > 0)
			sum += l->widths[c] + l->marked[c] + (c > 0);
	return sum;
}

/* The column to leave out next; 0: none, that of the lowest rank and the first stay. */
static size_t least_important(const struct layout *l)
{
	size_t worst = 0, left = 0;

	for (size_t c = 1; c < l->t->ncolumns; c++) {
		if (l->widths[c] == 0)
			continue;
		left++;
		if (worst == 0 || l->t->columns[c].rank >= l->t->columns[worst].rank)
			worst = c;
	}
	return left > 1 ? worst : 0;
}

static void fit(struct layout *l)
{
	size_t c;

	while (total(l) > l->p->columns && (c = least_important(l)) != 0)
		l->widths[c] = 0;
	/* Even two columns are too wide: cut the labels first, then the values. */
	for (c = 0; c < l->t->ncolumns && total(l) > l->p->columns; c++) {
		size_t over = total(l) - l->p->columns;

		if (l->widths[c] > LEAST_LABEL)
			l->widths[c] = l->widths[c] - LEAST_LABEL > over ? l->widths[c] - over : LEAST_LABEL;
	}
}

static void put_blanks(struct layout *l)
{
	hr_print(l->p->out, "%*s", (int)l->blanks, "");
	l->blanks = 0;
}

/* s in `width` characters, cut off where it is longer. */
static void put(struct layout *l, const char *s, size_t width, bool left)
{
	size_t have = width_of(s), room = have > width ? width - 1 : width, n = 0;

	if (!left && have < width)
		l->blanks += width - have;
	if (have > 0)
		put_blanks(l);
	for (; *s != '\0'; s++) {
		n += ((unsigned char)*s & 0xc0) != 0x80;
		if (n > room)
			break;
		fputc(*s, l->p->out);
	}
	if (have > width)
		fputs(l->p->unicode ? "…" : "~", l->p->out);
	if (left && have < width)
		l->blanks += width - have;
}

static void put_cell(struct layout *l, size_t column, const char *text, enum hr_mark mark)
{
	/* Bold cyan and yellow differ for red-green colour-blind people, on light and dark backgrounds. */
	static const char *const colours[] = {
	    [HR_MARK_NONE] = "", [HR_MARK_BEST] = "\033[1;36m", [HR_MARK_WORST] = "\033[33m"};
	const bool coloured = l->p->colour && mark != HR_MARK_NONE;

	l->blanks += column > 0;
	if (coloured) {
		put_blanks(l);
		fputs(colours[mark], l->p->out);
	}
	put(l, text, l->widths[column], l->t->columns[column].left);
	if (mark != HR_MARK_NONE) {
		put_blanks(l);
		fputc(marks[mark], l->p->out);
	} else {
		l->blanks += l->marked[column];
	}
	if (coloured)
		fputs("\033[0m", l->p->out);
}

static void end_line(struct layout *l)
{
	l->blanks = 0;
	fputc('\n', l->p->out);
}

static void put_rows(struct layout *l)
{
	for (size_t c = 0; c < l->t->ncolumns; c++)
		if (l->widths[c] > 0)
			put_cell(l, c, l->t->columns[c].heading, HR_MARK_NONE);
	end_line(l);
	for (size_t r = 0; r < rows_of(l->t); r++) {
		for (size_t c = 0; c < l->t->ncolumns; c++)
			if (l->widths[c] > 0)
				put_cell(l, c, text_of(cell(l->t, r, c)), cell(l->t, r, c)->mark);
		end_line(l);
	}
}

static void put_left_out(const struct layout *l, const char *hint)
{
	char names[960] = "";
	size_t n = 0;

	for (size_t c = 0; c < l->t->ncolumns && n < sizeof(names); c++)
		if (l->widths[c] == 0)
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
					      l->t->columns[c].heading);
	if (n > 0)
		hr_page_text(l->p, 0, "not shown: %s%s%s%s", names, hint ? " (" : "", hint ? hint : "",
			     hint ? ")" : "");
}

void hr_table_text(struct hr_table *t, const struct hr_page *p, const char *hint, bool *shown)
{
	struct layout l = {.t = t,
			   .p = p,
			   .widths = hr_calloc(t->ncolumns, sizeof(*l.widths)),
			   .marked = hr_calloc(t->ncolumns, sizeof(*l.marked))};

	if (!t->failed && l.widths != NULL && l.marked != NULL) {
		measure(&l);
		fit(&l);
		put_rows(&l);
		put_left_out(&l, hint);
		for (size_t c = 0; shown != NULL && c < t->ncolumns; c++)
			shown[c] |= l.widths[c] > 0;
	}
	t->failed |= l.widths == NULL || l.marked == NULL;
	free(l.widths);
	free(l.marked);
}

/* --- Markdown ------------------------------------------------------------- */

void hr_markdown_text(FILE *out, const char *s)
{
	char shown[HR_SHOWN_CHAR];

	while (*s != '\0') {
		s += hr_text_show(s, shown);
		if (strchr("\\`*_[]<>|#", shown[0]) != NULL)
			fputc('\\', out);
		fputs(shown, out);
	}
}

void hr_table_markdown(const struct hr_table *t, FILE *out)
{
	static const char *const around[] = {[HR_MARK_NONE] = "", [HR_MARK_BEST] = "**", [HR_MARK_WORST] = "*"};

	if (t->failed)
		return;
	fputc('|', out);
	for (size_t c = 0; c < t->ncolumns; c++) {
		fputc(' ', out);
		hr_markdown_text(out, t->columns[c].heading);
		fputs(" |", out);
	}
	fputs("\n|", out);
	for (size_t c = 0; c < t->ncolumns; c++)
		fputs(t->columns[c].left ? "---|" : "---:|", out);
	fputc('\n', out);
	for (size_t r = 0; r < rows_of(t); r++) {
		fputc('|', out);
		for (size_t c = 0; c < t->ncolumns; c++) {
			const struct hr_cell *x = cell(t, r, c);

			hr_print(out, " %s", around[x->mark]);
			hr_markdown_text(out, text_of(x));
			hr_print(out, "%s |", around[x->mark]);
		}
		fputc('\n', out);
	}
}

/* --- CSV ------------------------------------------------------------------ */

/* Spreadsheets take what begins so for a formula, unless it is a number. */
static bool is_formula(const char *s)
{
	char *end;

	if (*s == '\0' || strchr("=+-@", *s) == NULL)
		return false;
	strtod(s, &end);
	return *end != '\0';
}

void hr_csv_text(FILE *out, const char *s)
{
	const bool quoted = strpbrk(s, ",\"") != NULL;
	char shown[HR_SHOWN_CHAR];

	if (quoted)
		fputc('"', out);
	if (is_formula(s))
		fputc('\'', out);
	while (*s != '\0') {
		if (*s == '"')
			fputc('"', out);
		s += hr_text_show(s, shown);
		fputs(shown, out);
	}
	if (quoted)
		fputc('"', out);
}

static void put_field(FILE *out, const char *s, bool first)
{
	if (!first)
		fputc(',', out);
	hr_csv_text(out, s);
}

void hr_table_csv(const struct hr_table *t, FILE *out)
{
	if (t->failed)
		return;
	for (size_t c = 0; c < t->ncolumns; c++)
		put_field(out, t->columns[c].name, c == 0);
	fputc('\n', out);
	for (size_t r = 0; r < rows_of(t); r++) {
		for (size_t c = 0; c < t->ncolumns; c++) {
			const struct hr_cell *x = cell(t, r, c);

			put_field(out, x->exact != NULL ? x->exact : text_of(x), c == 0);
		}
		fputc('\n', out);
	}
}
