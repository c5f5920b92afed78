/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/source.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Waits for data, or for the word that none is wanted any more. True: the latter. */
static bool stopped(const struct hr_source *s)
{
	struct pollfd wait[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->stop_fd, .events = POLLIN}};

	if (s->stop_fd < 0)
		return false;
	while (poll(wait, 2, -1) < 0 && errno == EINTR)
		;
	return wait[1].revents != 0;
}

enum hr_status hr_source_read(struct hr_source *s, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	ssize_t got = 0;

	*n = 0;
	if (s->eof || s->fd < 0 || stopped(s)) {
		s->eof = true;
		return HR_OK;
	}
	do
		got = read(s->fd, buf, cap);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return hr_error_set(err, HR_EIO, "cannot read: %s", strerror(errno));
	s->eof = got == 0;
	s->taken_bytes += (uint64_t)got;
	*n = (size_t)got;
	return HR_OK;
}

enum hr_status hr_source_fill(struct hr_source *s, struct hr_error *err)
{
	if (s->pos < s->len)
		return HR_OK;
	if (s->fd < 0) {
		s->eof = true;
		return HR_OK;
	}
	s->pos = s->len = 0;
	return hr_source_read(s, s->raw, HR_SOURCE_BYTES, &s->len, err);
}

enum hr_status hr_source_look(struct hr_source *s, size_t n, struct hr_error *err)
{
	size_t got;

	if (s->fd < 0 || s->len - s->pos >= n)
		return HR_OK;
	memmove(s->raw, s->raw + s->pos, s->len - s->pos);
	s->len -= s->pos;
	s->pos = 0;
	while (s->len < n && !s->eof) {
		HR_TRY(hr_source_read(s, s->raw + s->len, HR_SOURCE_BYTES - s->len, &got, err));
		s->len += got;
	}
	return HR_OK;
}

enum hr_status hr_source_take(struct hr_source *s, uint8_t *buf, uint64_t n, struct hr_error *err)
{
	while (n > 0) {
		size_t part;

		HR_TRY(hr_source_fill(s, err));
		if (s->pos == s->len)
			return HR_END;
		part = s->len - s->pos < n ? s->len - s->pos : (size_t)n;
		if (buf != NULL) {
			memcpy(buf, s->raw + s->pos, part);
			buf += part;
		}
		s->pos += part;
		n -= part;
	}
	return HR_OK;
}
