/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lines of a trace's stream, for the formats that have them. Memory is
 * bounded: of a line longer than HR_MAX_LINE_BYTES only the beginning is given.
 */
#ifndef HR_TRACE_LINES_H
#define HR_TRACE_LINES_H

#include "base/error.h"
#include "trace/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_MAX_LINE_BYTES ((size_t)1 << 16)

struct hr_lines {
	struct hr_reader *r;
	char *buf;
	size_t pos, len;
	size_t whole; /* behind the last newline in the buffer */
	bool eof;
	uint64_t offset, line; /* of the line at hand; line counts from 1 */
	bool too_long;	       /* it is: this is its beginning */
	bool unterminated;     /* it has no newline: the stream ends in it, or behind it */
};

/* HR_ENOMEM. */
enum hr_status hr_lines_init(struct hr_lines *l, struct hr_reader *r, struct hr_error *err);
void hr_lines_release(struct hr_lines *l);

/*
 * The next line without its newline (and without a CR before that), with a NUL
 * behind its *n bytes; the caller may write to it. It is good until the next
 * call. HR_END: no more. HR_EINPUT (damaged compression), HR_EIO.
 */
enum hr_status hr_lines_next(struct hr_lines *l, char **line, size_t *n, struct hr_error *err);
/* Is a whole line here without asking the source? If not, a reader hands out first what it has. */
static inline bool hr_lines_ready(const struct hr_lines *l)
{
	return l->pos < l->whole || l->eof;
}

#endif
