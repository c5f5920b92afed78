/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line is "PID TID name(arguments)[=pointer]", without a blank in it behind the
 * numbers; older browsers wrote no TID. Pointers are hexadecimal with 0x, or,
 * munged, numbers behind #; sizes are decimal (Mozilla's memory/replace/logalloc,
 * README and LogAlloc.cpp). Calls of an arena have its number as first argument.
 *
 * A line is written behind the call, with a lock around both, so that the order
 * is that of the calls. Each process has addresses of its own: one is read.
 */
#include "config.h"

#include "trace/malloc/logalloc.h"

#include "base/alloc.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <stdlib.h>
#include <string.h>

/* Arguments, a letter each: s bytes, multiplied where there are several; p the old pointer; - ignored. */
static const struct function {
	const char *name, *arguments;
} functions[] = {
    {"malloc", "s"},
    {"free", "p"},
    {"realloc", "ps"},
    {"calloc", "ss"},
    {"memalign", "-s"},
    {"posix_memalign", "-s"},
    {"aligned_alloc", "-s"},
    {"valloc", "s"},
    {"moz_arena_malloc", "-s"},
    {"moz_arena_free", "-p"},
    {"moz_arena_realloc", "-ps"},
    {"moz_arena_calloc", "-ss"},
    {"moz_arena_memalign", "--s"},
};

struct line {
	uint64_t pid, tid, old, size, result;
	bool has_old, has_result, other; /* other: a call of something that is no allocation */
};

struct logalloc {
	struct hr_malloc_text text;
};

static bool scan_pointer(const char **p, uint64_t *x)
{
	if (strncmp(*p, "(nil)", 5) == 0) {
		*p += 5;
		*x = 0;
		return true;
	}
	if (**p == '#') {
		++*p;
		return hr_scan_decimal(p, x);
	}
	return (*p)[0] == '0' && (*p)[1] == 'x' && hr_scan_hex(p, x);
}

static bool scan_arguments(const char **p, const char *what, struct line *l)
{
	uint64_t x;

	l->size = 1;
	for (const char *w = what; *w != '\0'; w++) {
		if (w != what && *(*p)++ != ',')
			return false;
		if (*w == 'p') {
			l->has_old = true;
			if (!scan_pointer(p, &l->old))
				return false;
		} else {
			if (!hr_scan_decimal(p, &x))
				return false;
			if (*w == 's' && __builtin_mul_overflow(l->size, x, &l->size))
				l->size = UINT64_MAX;
		}
	}
	return *(*p)++ == ')';
}

static bool parse(const char *p, struct line *l)
{
	size_t n;

	*l = (struct line){0};
	if (!hr_scan_decimal(&p, &l->pid) || l->pid > UINT32_MAX || *p++ != ' ')
		return false;
	l->tid = l->pid;
	if (*p >= '0' && *p <= '9' && (!hr_scan_decimal(&p, &l->tid) || l->tid > UINT32_MAX || *p++ != ' '))
		return false;
	n = strcspn(p, "( ");
	if (p[n] != '(')
		return false;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i].name) == n && memcmp(functions[i].name, p, n) == 0) {
			p += n + 1;
			if (!scan_arguments(&p, functions[i].arguments, l))
				return false;
			l->has_result = *p == '=';
			if (l->has_result && (p++, !scan_pointer(&p, &l->result)))
				return false;
			return *p == '\0' && (l->has_result || l->has_old);
		}
	l->other = true;
	return true;
}

/* ltrace has blanks around "=", and one behind a free. */
static bool ours(const char *line)
{
	struct line l;

	return parse(line, &l) && !l.other && l.has_result;
}

static bool logalloc_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, ours);
}

static enum hr_status logalloc_take(struct hr_reader *r, const char *text, size_t n, bool *bad, struct hr_error *err)
{
	struct logalloc *log = r->state;
	struct hr_mallocs *m = &log->text.mallocs;
	struct line l;
	int16_t p;

	if (!parse(text, &l)) {
		*bad = n > 0;
		return HR_OK;
	}
	if (!hr_malloc_text_of_process(&log->text, l.pid) || l.other)
		return HR_OK;
	p = hr_malloc_text_thread(&log->text, l.tid);
	if (!l.has_old)
		return hr_mallocs_alloc(m, l.result, l.size, p, err);
	return l.has_result ? hr_mallocs_realloc(m, l.old, l.result, l.size, p, err)
			    : hr_mallocs_free(m, l.old, p, err);
}

static enum hr_status logalloc_open(struct hr_reader *r, struct hr_error *err)
{
	struct logalloc *log = hr_calloc(1, sizeof(*log));

	if (log == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = log;
	r->meta.has_threads = true;
	log->text.take = logalloc_take;
	return hr_malloc_text_init(&log->text, r, HR_CLOCK_NONE, err);
}

static enum hr_status logalloc_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n,
				    struct hr_error *err)
{
	struct logalloc *log = r->state;

	return hr_malloc_text_next(&log->text, ev, cap, n, err);
}

static void logalloc_close(struct hr_reader *r)
{
	struct logalloc *log = r->state;

	if (log != NULL)
		hr_malloc_text_release(&log->text);
	free(log);
}

const struct hr_format_ops hr_logalloc_format = {
    .format = HR_FORMAT_LOGALLOC,
    .name = "Firefox logalloc",
    .detect = logalloc_detect,
    .open = logalloc_open,
    .next = logalloc_next,
    .close = logalloc_close,
};
