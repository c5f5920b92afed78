/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/malloc/malloc_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A line of a recording that is longer is none to know it by. */
enum { MAX_DETECTED = 4096 };

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

bool hr_malloc_text_of_process(struct hr_malloc_text *t, uint64_t pid)
{
	struct hr_reader *r = t->mallocs.r;
	unsigned i = 0;

	if (!t->has_process) {
		t->has_process = true;
		t->process = r->options.process != 0 ? r->options.process : pid;
	}
	if (pid == t->process)
		return true;
	hr_reader_odd(r, HR_ANOMALY_OTHER_PROCESS);
	while (i < t->others.n && t->others.id[i] != pid)
		i++;
	if (i == t->others.n && i < HR_MAX_TOLD)
		t->others.id[t->others.n++] = pid;
	return false;
}

/* Of the process that was asked for there is nothing. */
static enum hr_status no_process(const struct hr_malloc_text *t, struct hr_error *err)
{
	char list[HR_MAX_TOLD * 24] = "";
	size_t used = 0;

	for (unsigned i = 0; i < t->others.n; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%" PRIu64, i > 0 ? ", " : "",
					 t->others.id[i]);
	return hr_error_set(err, HR_EINPUT, "there is nothing of process %" PRIu64 " in it, but of %s%s",
			    t->mallocs.r->options.process, t->others.n > 0 ? list : "no process at all",
			    t->others.n == HR_MAX_TOLD ? " and perhaps more" : "");
}

/* No more lines. */
static enum hr_status finish(struct hr_malloc_text *t, struct hr_error *err)
{
	struct hr_reader *r = t->mallocs.r;

	t->ended = true;
	if (hr_input_cut(r->in))
		hr_reader_set_cut(r, r->stats.bytes_read, "the compressed data ends early");
	if (t->end != NULL)
		t->end(r);
	hr_mallocs_finish(&t->mallocs);
	return r->options.process != 0 && t->mallocs.events == 0 ? no_process(t, err) : HR_OK;
}

static enum hr_status take_line(struct hr_malloc_text *t, struct hr_error *err)
{
	struct hr_reader *r = t->mallocs.r;
	bool bad = false;
	char *line;
	size_t n;
	enum hr_status status = hr_lines_next(&t->lines, &line, &n, err);

	if (status == HR_END)
		return finish(t, err);
	HR_TRY(status);
	/* The rest of this line was lost with the compressed data. */
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
		/* Hand out complete events before waiting for a slow source. */
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
	char line[MAX_DETECTED + 1];

	/* Program output may contain a NUL; input that starts with one is not text. */
	if (n > HR_HEAD_BYTES || memchr(head, '\0', n < HR_FIRST_BYTES ? n : HR_FIRST_BYTES) != NULL)
		return false;
	for (const uint8_t *end, *p = head; p < head + n; p = end + 1) {
		size_t length;

		end = memchr(p, '\n', (size_t)(head + n - p));
		if (end == NULL)
			end = head + n;
		length = (size_t)(end - p);
		if (length > 0 && p[length - 1] == '\r')
			length--;
		if (length > MAX_DETECTED || memchr(p, '\0', length) != NULL)
			continue;
		memcpy(line, p, length);
		line[length] = '\0';
		if (ours(line))
			return true;
	}
	return false;
}
