/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line is "@ where op pointer [size]"; "where" holds the path of a library,
 * blanks and all, so that lines are taken apart from their end. A realloc is
 * two lines, what it frees ("<") and what it allocates (">"), with nothing in
 * between as a lock is held; one that fails is "!".
 *
 * No times, no threads. The processes that a program forks write to the same
 * file, and nothing tells theirs.
 */
#include "config.h"

#include "trace/malloc/mtrace.h"

#include "base/alloc.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <stdlib.h>
#include <string.h>

static const char first_words[] = "= Start";

struct line {
	char op;
	uint64_t pointer, size;
};

/* The beginning of the word that ends before `end`; *line where there is none before it. */
static const char *word_before(const char *line, const char *end)
{
	while (end > line && end[-1] != ' ')
		end--;
	return end;
}

static bool parse_pointer(const char *p, const char *end, uint64_t *pointer)
{
	if (end - p == 5 && memcmp(p, "(nil)", 5) == 0) {
		*pointer = 0;
		return true;
	}
	return p[0] == '0' && p[1] == 'x' && hr_scan_hex(&p, pointer) && p == end;
}

/* Is "op " all that stands before p, or " op " in front of it? */
static bool parse_op(const char *line, const char *p, const char *ops, char *op)
{
	if (p - line < 2 || p[-1] != ' ' || (p - line > 2 && p[-3] != ' '))
		return false;
	*op = p[-2];
	return *op != '\0' && strchr(ops, *op) != NULL;
}

static bool parse(const char *line, size_t n, struct line *l)
{
	const char *end = line + n, *last = word_before(line, end), *before, *p = last;

	if (last == line)
		return false;
	if (parse_op(line, last, "-<", &l->op))
		return parse_pointer(last, end, &l->pointer);
	before = word_before(line, last - 1);
	/* A size of 0 has no 0x. */
	return parse_op(line, before, "+>!", &l->op) && parse_pointer(before, last - 1, &l->pointer) &&
	       hr_scan_hex(&p, &l->size) && p == end;
}

static bool ours(const char *line)
{
	struct line l;

	return strcmp(line, first_words) == 0 || (strncmp(line, "@ ", 2) == 0 && parse(line, strlen(line), &l));
}

static bool mtrace_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, ours);
}

static enum hr_status mtrace_take(struct hr_reader *r, const char *line, size_t n, bool *bad, struct hr_error *err)
{
	struct hr_malloc_text *t = r->state;
	struct hr_mallocs *m = &t->mallocs;
	struct line l;

	if (!parse(line, n, &l)) {
		*bad = n > 0 && strcmp(line, first_words) != 0 && strcmp(line, "= End") != 0;
		return HR_OK;
	}
	switch (l.op) {
	case '+':
	case '>':
		return hr_mallocs_alloc(m, l.pointer, l.size, HR_NO_P, err);
	case '-':
	case '<':
		return hr_mallocs_free(m, l.pointer, HR_NO_P, err);
	case '!':
		hr_reader_odd(r, HR_ANOMALY_FAILED_ALLOC);
		break;
	}
	return HR_OK;
}

static enum hr_status mtrace_open(struct hr_reader *r, struct hr_error *err)
{
	struct hr_malloc_text *t = hr_calloc(1, sizeof(*t));

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	t->take = mtrace_take;
	return hr_malloc_text_init(t, r, HR_CLOCK_NONE, err);
}

static enum hr_status mtrace_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	return hr_malloc_text_next(r->state, ev, cap, n, err);
}

static void mtrace_close(struct hr_reader *r)
{
	if (r->state != NULL)
		hr_malloc_text_release(r->state);
	free(r->state);
}

const struct hr_format_ops hr_mtrace_format = {
    .format = HR_FORMAT_MTRACE,
    .name = "mtrace",
    .detect = mtrace_detect,
    .open = mtrace_open,
    .next = mtrace_next,
    .close = mtrace_close,
};
