/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/malloc/malloc_text.h"

#include <string.h>

enum hr_status hr_malloc_text_init(struct hr_malloc_text *t, struct hr_reader *r, enum hr_malloc_clock clock,
				   struct hr_error *err)
{
	t->last_p = HR_NO_P;
	hr_mallocs_init(&t->mallocs, r, clock);
	return hr_lines_init(&t->lines, r, err);
}

void hr_malloc_text_release(struct hr_malloc_text *t)
{
	hr_mallocs_release(&t->mallocs);
	hr_lines_release(&t->lines);
}

/* No more lines. */
static void finish(struct hr_malloc_text *t)
{
	struct hr_reader *r = t->mallocs.r;

	t->ended = true;
	if (hr_input_cut(r->in))
		hr_reader_set_cut(r, r->stats.bytes_read, "the compressed data ends early");
	if (t->end != NULL)
		t->end(r);
	hr_mallocs_finish(&t->mallocs);
}

static enum hr_status take_line(struct hr_malloc_text *t, struct hr_error *err)
{
	struct hr_reader *r = t->mallocs.r;
	bool bad = false;
	char *line;
	size_t n;
	enum hr_status status = hr_lines_next(&t->lines, &line, &n, err);

	if (status == HR_END) {
		finish(t);
		return HR_OK;
	}
	HR_TRY(status);
	/* What the compression lost is the rest of this line. */
	if (t->lines.unterminated && hr_input_cut(r->in))
		return HR_OK;
	if (t->lines.too_long)
		bad = true;
	else
		HR_TRY(t->take(r, line, n, &bad, err));
	if (bad && t->lines.unterminated)
		hr_reader_set_cut(r, t->lines.offset, "the last line is incomplete: it is left out");
	else if (bad)
		hr_reader_odd(r, HR_ANOMALY_BAD_LINE);
	return HR_OK;
}

enum hr_status hr_malloc_text_next(struct hr_malloc_text *t, struct hr_event *ev, size_t cap, size_t *n,
				   struct hr_error *err)
{
	enum hr_status status = HR_OK;

	*n = 0;
	while (status == HR_OK && !t->ended && hr_mallocs_ready(&t->mallocs) < cap) {
		/* What is here is handed out before a slow source is asked for more. */
		if (hr_mallocs_ready(&t->mallocs) > 0 && !hr_lines_ready(&t->lines))
			break;
		status = take_line(t, err);
	}
	*n = hr_mallocs_take(&t->mallocs, ev, cap);
	if (status == HR_OK && t->ended && hr_mallocs_ready(&t->mallocs) == 0)
		return HR_END;
	return status;
}

bool hr_malloc_text_detect(const uint8_t *head, size_t n, bool (*ours)(const char *line))
{
	char text[HR_HEAD_BYTES + 1];
	char *line = text, *end;

	if (n > HR_HEAD_BYTES || memchr(head, '\0', n) != NULL)
		return false;
	memcpy(text, head, n);
	text[n] = '\0';
	for (; line < text + n; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		if (ours(line))
			return true;
	}
	return false;
}
