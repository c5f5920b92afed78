/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four numbers, a line each (heap size suggested, ids, operations, weight; some
 * courses have fewer), then operations: "a ID SIZE", "r ID SIZE", "f ID" (Bryant
 * and O'Hallaron, the malloc lab's README). No times, no threads.
 */
#include "config.h"

#include "trace/malloc/rep.h"

#include "base/alloc.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <inttypes.h>
#include <stdlib.h>

/* Numbers that may stand in front; in the book's form the third says how many operations follow. */
enum { MAX_HEADER = 5, BOOK_HEADER = 4, OPERATIONS = 2 };

struct rep {
	struct hr_malloc_text text;
	uint64_t header[MAX_HEADER];
	unsigned nheader;
	uint64_t operations;
};

struct operation {
	char what; /* a, r, f; n: a number alone, in `id` */
	uint64_t id, size;
};

static bool parse(const char *p, struct operation *op)
{
	*op = (struct operation){.what = 'n'};
	hr_scan_blanks(&p);
	if (*p == 'a' || *p == 'r' || *p == 'f') {
		op->what = *p++;
		if (!hr_scan_blanks(&p))
			return false;
	}
	if (!hr_scan_decimal(&p, &op->id))
		return false;
	if (op->what == 'a' || op->what == 'r') {
		if (!hr_scan_blanks(&p) || !hr_scan_decimal(&p, &op->size))
			return false;
	}
	hr_scan_blanks(&p);
	return *p == '\0';
}

/* Numbers alone, then an operation: nothing before them, and the first line that is neither is not ours. */
static bool rep_detect(const uint8_t *head, size_t n)
{
	struct operation op;
	unsigned numbers = 0;
	char line[64];

	for (size_t at = 0, used = 0; at < n; at++) {
		if (head[at] != '\n') {
			if (head[at] == '\r')
				continue;
			if (head[at] == '\0' || used == sizeof(line) - 1)
				return false;
			line[used++] = (char)head[at];
			continue;
		}
		line[used] = '\0';
		if (!parse(line, &op) || numbers > MAX_HEADER)
			return false;
		if (op.what != 'n')
			return numbers > 0;
		numbers++;
		used = 0;
	}
	return false;
}

static enum hr_status rep_take(struct hr_reader *r, const char *line, size_t n, bool *bad, struct hr_error *err)
{
	struct rep *rep = r->state;
	struct hr_mallocs *m = &rep->text.mallocs;
	struct operation op;

	if (!parse(line, &op) || (op.what == 'n' && (rep->operations > 0 || rep->nheader == MAX_HEADER))) {
		*bad = n > 0;
		return HR_OK;
	}
	rep->operations += op.what != 'n';
	if (op.what != 'n' && op.id >= UINT64_MAX - 1) {
		hr_reader_odd(r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		return HR_OK;
	}
	/* Ids begin with 0, which as a key is no object. */
	switch (op.what) {
	case 'a':
		return hr_mallocs_alloc(m, op.id + 1, op.size, HR_NO_P, err);
	case 'r':
		return hr_mallocs_realloc(m, op.id + 1, op.size > 0 ? op.id + 1 : 0, op.size, HR_NO_P, err);
	case 'f':
		return hr_mallocs_free(m, op.id + 1, HR_NO_P, err);
	default:
		rep->header[rep->nheader++] = op.id;
	}
	return HR_OK;
}

static void rep_end(struct hr_reader *r)
{
	const struct rep *rep = r->state;

	if (!r->stats.cut && rep->nheader == BOOK_HEADER && rep->operations < rep->header[OPERATIONS])
		hr_reader_set_cut(r, r->stats.bytes_read, "%" PRIu64 " operations were promised, there are %" PRIu64,
				  rep->header[OPERATIONS], rep->operations);
}

static enum hr_status rep_open(struct hr_reader *r, struct hr_error *err)
{
	struct rep *rep = hr_calloc(1, sizeof(*rep));

	if (rep == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = rep;
	rep->text.take = rep_take;
	rep->text.end = rep_end;
	return hr_malloc_text_init(&rep->text, r, HR_CLOCK_NONE, err);
}

static enum hr_status rep_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct rep *rep = r->state;

	return hr_malloc_text_next(&rep->text, ev, cap, n, err);
}

static void rep_close(struct hr_reader *r)
{
	struct rep *rep = r->state;

	if (rep != NULL)
		hr_malloc_text_release(&rep->text);
	free(rep);
}

const struct hr_format_ops hr_rep_format = {
    .format = HR_FORMAT_REP,
    .name = "CS:APP malloc lab trace",
    .detect = rep_detect,
    .open = rep_open,
    .next = rep_next,
    .close = rep_close,
};
