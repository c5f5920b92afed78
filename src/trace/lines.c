/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/lines.h"

#include "base/fuzzed.h"

#include <stdlib.h>
#include <string.h>

/* Room for what is left of one line and a good read behind it. */
#ifndef HR_FUZZED
#define BUFFER_BYTES (4 * HR_MAX_LINE_BYTES)
#else
#define BUFFER_BYTES (HR_MAX_LINE_BYTES + HR_MAX_LINE_BYTES / 4)
#endif

enum hr_status hr_lines_init(struct hr_lines *l, struct hr_reader *r, struct hr_error *err)
{
	*l = (struct hr_lines){.r = r, .buf = malloc(BUFFER_BYTES + 1)};
	return l->buf != NULL ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory");
}

void hr_lines_release(struct hr_lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* More of the stream behind what is there, which moves to the front. */
static enum hr_status fill(struct hr_lines *l, struct hr_error *err)
{
	size_t n;

	const char *last;

	memmove(l->buf, l->buf + l->pos, l->len - l->pos);
	l->len -= l->pos;
	l->pos = 0;
	enum hr_status status = hr_reader_read(l->r, l->buf + l->len, BUFFER_BYTES - l->len, &n, err);
	if (status == HR_END) {
		l->eof = true;
		return HR_OK;
	}
	HR_TRY(status);
	last = memrchr(l->buf + l->len, '\n', n);
	/* The bytes before hold no newline, or they would have been returned as a line. */
	l->whole = last != NULL ? (size_t)(last - l->buf) + 1 : 0;
	l->len += n;
	return HR_OK;
}

/* The rest of a line that was too long. */
static enum hr_status skip_rest(struct hr_lines *l, struct hr_error *err)
{
	char *end;

	while ((end = memchr(l->buf + l->pos, '\n', l->len - l->pos)) == NULL && !l->eof) {
		l->pos = l->len;
		HR_TRY(fill(l, err));
	}
	l->pos = end != NULL ? (size_t)(end - l->buf) + 1 : l->len;
	l->too_long = false;
	return HR_OK;
}

enum hr_status hr_lines_next(struct hr_lines *l, char **line, size_t *n, struct hr_error *err)
{
	size_t searched = 0;
	char *end;

	if (l->too_long)
		HR_TRY(skip_rest(l, err));
	l->offset = l->r->stats.bytes_read - (l->len - l->pos);
	l->line++;
	for (;;) {
		end = memchr(l->buf + l->pos + searched, '\n', l->len - l->pos - searched);
		searched = l->len - l->pos;
		if (end != NULL || searched > HR_MAX_LINE_BYTES || l->eof)
			break;
		HR_TRY(fill(l, err));
	}
	if (end == NULL && searched == 0)
		return HR_END;
	*line = l->buf + l->pos;
	*n = end != NULL ? (size_t)(end - *line) : searched;
	l->too_long = *n > HR_MAX_LINE_BYTES;
	l->unterminated = end == NULL && !l->too_long;
	if (l->too_long) {
		*n = HR_MAX_LINE_BYTES;
		l->pos += *n;
	} else {
		l->pos += *n + (end != NULL);
		if (*n > 0 && (*line)[*n - 1] == '\r')
			--*n;
	}
	/* Write the NUL over the newline, the CR, the spare byte after the buffer, or a byte to be skipped. */
	(*line)[*n] = '\0';
	return HR_OK;
}
