/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments in memory and in a temporary file; see spill.h. */
#include "config.h"

#include "trace/go/spill.h"

#include "base/alloc.h"
#include "base/nameless.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hr_spill_init(struct hr_spill *s, size_t max_bytes)
{
	*s = (struct hr_spill){.max_kept = max_bytes / HR_SEGMENT_BYTES, .fd = -1};
}

void hr_spill_release(struct hr_spill *s)
{
	for (size_t i = 0; i < s->nkept; i++)
		free(s->kept[i]);
	free(s->kept);
	if (s->fd >= 0)
		close(s->fd);
	hr_spill_init(s, 0);
}

static enum hr_status keep(struct hr_spill *s, const void *segment, struct hr_error *err)
{
	uint8_t *copy = malloc(HR_SEGMENT_BYTES);

	if (copy == NULL || !hr_reserve(&s->kept, &s->cap, s->nkept + 1, sizeof(*s->kept))) {
		free(copy);
		return hr_error_set(err, HR_ENOMEM, "out of memory for the trace's streams");
	}
	memcpy(copy, segment, HR_SEGMENT_BYTES);
	s->kept[s->nkept++] = copy;
	return HR_OK;
}

/* Where a segment stands in the file. */
static off_t offset_of(const struct hr_spill *s, uint64_t number)
{
	return (off_t)((number - s->nkept) * HR_SEGMENT_BYTES);
}

enum hr_status hr_spill_write(struct hr_spill *s, const void *segment, uint64_t *number, struct hr_error *err)
{
	const uint8_t *from = segment;
	off_t at;

	*number = s->n;
	if (s->nkept < s->max_kept) {
		HR_TRY(keep(s, segment, err));
		s->n++;
		return HR_OK;
	}
	if (s->fd < 0)
		s->fd = hr_nameless_open();
	if (s->fd < 0)
		return hr_error_set(err, HR_EIO,
				    "cannot create a temporary file in %s: %s; set TMPDIR to a directory with room",
				    hr_nameless_directory(), strerror(errno));
	at = offset_of(s, s->n);
	for (size_t left = HR_SEGMENT_BYTES; left > 0;) {
		ssize_t n = pwrite(s->fd, from, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return hr_error_set(
			    err, HR_EIO,
			    "cannot write the temporary file in %s: %s; set TMPDIR to a directory with room",
			    hr_nameless_directory(), n < 0 ? strerror(errno) : "nothing was written");
		from += n;
		at += n;
		left -= (size_t)n;
	}
	s->n++;
	return HR_OK;
}

enum hr_status hr_spill_read(const struct hr_spill *s, uint64_t number, void *segment, struct hr_error *err)
{
	uint8_t *to = segment;
	off_t at;

	if (number < s->nkept) {
		memcpy(segment, s->kept[number], HR_SEGMENT_BYTES);
		return HR_OK;
	}
	at = offset_of(s, number);
	for (size_t left = HR_SEGMENT_BYTES; left > 0;) {
		ssize_t n = pread(s->fd, to, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return hr_error_set(err, HR_EIO, "cannot read the temporary file in %s: %s",
					    hr_nameless_directory(), n < 0 ? strerror(errno) : "it has become shorter");
		to += n;
		at += n;
		left -= (size_t)n;
	}
	return HR_OK;
}
