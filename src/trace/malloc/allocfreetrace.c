/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "tracealloc(POINTER, SIZE[, TYPE])", "tracefree(POINTER, SIZE)", "tracegc()",
 * each followed by a stack; sizes, in hexadecimal, are those of the slots. Source:
 * tracealloc, tracefree and tracegc in the runtime's mprof.go, up to Go 1.22.
 *
 * Objects are freed when they are swept, and tracegc is called at mark
 * termination, with the world stopped: a collection is the line and what follows.
 * There are no times and no goals. Small objects without pointers that share a
 * block of 16 bytes are told once, by the block.
 */
#include "config.h"

#include "trace/malloc/allocfreetrace.h"

#include "base/alloc.h"
#include "base/find.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <stdlib.h>
#include <string.h>

struct allocfreetrace {
	struct hr_malloc_text text;
};

enum what { ALLOC, FREE, GC };

static const char *const begins[] = {"tracealloc(0x", "tracefree(0x", "tracegc()"};

struct line {
	enum what what;
	uint64_t pointer, size;
};

/* What begins the line, or stands behind what the program began to print. NULL: neither. */
static const char *find(const char *p, enum what *what)
{
	/* Nearly all lines are of stacks. */
	while ((p = strstr(p, "trace")) != NULL) {
		for (*what = ALLOC; *what <= GC; ++*what)
			if (strncmp(p, begins[*what], strlen(begins[*what])) == 0)
				return p + strlen(begins[*what]);
		p++;
	}
	return NULL;
}

static bool parse(const char *p, struct line *l)
{
	if (l->what == GC)
		return true;
	return hr_scan_hex(&p, &l->pointer) && strncmp(p, ", 0x", 4) == 0 && (p += 4, hr_scan_hex(&p, &l->size)) &&
	       (*p == ')' || (l->what == ALLOC && *p == ','));
}

static bool ours(const char *line)
{
	struct line l;
	const char *p = find(line, &l.what);

	return p != NULL && parse(p, &l);
}

static bool allocfreetrace_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, ours);
}

static enum hr_status allocfreetrace_take(struct hr_reader *r, const char *text, size_t n, bool *bad,
					  struct hr_error *err)
{
	struct allocfreetrace *t = r->state;
	struct hr_mallocs *m = &t->text.mallocs;
	struct line l;
	const char *p = find(text, &l.what);

	(void)n;
	/* Stacks, and what the program prints. */
	if (p == NULL)
		return HR_OK;
	if (!parse(p, &l)) {
		*bad = true;
		return HR_OK;
	}
	switch (l.what) {
	case ALLOC:
		return hr_mallocs_alloc(m, l.pointer, l.size, HR_NO_P, err);
	case FREE:
		return hr_mallocs_free(m, l.pointer, HR_NO_P, err);
	case GC:
		HR_TRY(hr_mallocs_add(m, HR_EV_GC_BEGIN, 0, 0, HR_NO_P, err));
		return hr_mallocs_add(m, HR_EV_GC_END, 0, 0, HR_NO_P, err);
	}
	return HR_OK;
}

/* The runtime's version, where a stack names the directory that it lies in: /usr/lib/go-1.19/src/runtime, go1.19.8. */
static unsigned find_minor(const struct hr_reader *r)
{
	static const char *const directories[] = {"/go-1.", "/go1.", "@v0.0.1-go1."};
	const char *head = (const char *)r->head, *end = head + r->head_len;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		const size_t n = strlen(directories[i]);
		const char *p = hr_find(head, r->head_len, directories[i], n);
		unsigned minor = 0;

		if (p == NULL)
			continue;
		for (p += n; p < end && *p >= '0' && *p <= '9' && minor < 100; p++)
			minor = 10 * minor + (unsigned)(*p - '0');
		if (p < end && minor >= 5 && minor <= 22)
			return minor;
	}
	return 0;
}

static enum hr_status allocfreetrace_open(struct hr_reader *r, struct hr_error *err)
{
	struct allocfreetrace *t = hr_calloc(1, sizeof(*t));

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	r->meta.collected = r->meta.has_cycles = true;
	r->meta.go_minor = find_minor(r);
	t->text.take = allocfreetrace_take;
	return hr_malloc_text_init(&t->text, r, HR_CLOCK_NONE, err);
}

static enum hr_status allocfreetrace_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n,
					  struct hr_error *err)
{
	struct allocfreetrace *t = r->state;

	return hr_malloc_text_next(&t->text, ev, cap, n, err);
}

static void allocfreetrace_close(struct hr_reader *r)
{
	struct allocfreetrace *t = r->state;

	if (t != NULL)
		hr_malloc_text_release(&t->text);
	free(t);
}

const struct hr_format_ops hr_allocfreetrace_format = {
    .format = HR_FORMAT_ALLOCFREETRACE,
    .name = "Go allocfreetrace log",
    .detect = allocfreetrace_detect,
    .open = allocfreetrace_open,
    .next = allocfreetrace_next,
    .close = allocfreetrace_close,
};
