/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes from a file, a pipe or memory, decompressed: a source (source.h) and a
 * codec (codec/), chosen from the first bytes. Plain input from a descriptor is
 * read straight into the caller's buffer; compressed input goes through the
 * source's window.
 */
#include "config.h"

#include "trace/input.h"

#include "base/alloc.h"
#include "trace/codec/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

struct hr_input {
	struct hr_source source;
	struct hr_unpack unpack; /* codec NULL: the bytes are plain */
	bool own_fd;		 /* to be closed */
	bool sought;		 /* not read front to back: no digest */
	uint64_t total_bytes, out_bytes;
	XXH3_state_t *digest;
};

static enum hr_status plain_read(struct hr_source *s, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	if (s->pos < s->len) {
		*n = s->len - s->pos < cap ? s->len - s->pos : cap;
		memcpy(buf, s->raw + s->pos, *n);
		s->pos += *n;
		return HR_OK;
	}
	HR_TRY(hr_source_read(s, buf, cap, n, err));
	return *n > 0 ? HR_OK : HR_END;
}

/*
 * zstd and lz4 have frames that hold no data and may stand in front of all
 * others (RFC 8878, 3.1.2); pzstd begins with one. True: one was skipped.
 */
static enum hr_status skip_empty_frame(struct hr_source *s, bool *skipped, struct hr_error *err)
{
	const uint8_t *head = s->raw + s->pos;
	enum hr_status status;

	*skipped = s->len - s->pos >= 4 && head[0] >> 4 == 5 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18;
	if (!*skipped)
		return HR_OK;
	HR_TRY(hr_source_look(s, 8, err));
	head = s->raw + s->pos;
	if (s->len - s->pos < 8)
		return hr_source_take(s, NULL, s->len - s->pos, err);
	status = hr_source_take(
	    s, NULL, 8 + (head[4] | (uint64_t)head[5] << 8 | (uint64_t)head[6] << 16 | (uint64_t)head[7] << 24), err);
	return status == HR_END ? HR_OK : status;
}

/* Takes what is needed to tell the codecs apart, and the codec. */
static enum hr_status start(struct hr_input *in, struct hr_error *err)
{
	struct hr_source *s = &in->source;
	bool skipped, frames = false;

	do {
		HR_TRY(hr_source_look(s, HR_CODEC_MAGIC_BYTES, err));
		HR_TRY(skip_empty_frame(s, &skipped, err));
		frames |= skipped;
	} while (skipped);
	in->unpack = (struct hr_unpack){.source = s, .codec = hr_codec_find(s->raw + s->pos, s->len - s->pos)};
	if (frames && in->unpack.codec == NULL)
		in->unpack.codec = &hr_zstd_codec; /* what is behind them is damaged, or not there */
	return in->unpack.codec != NULL ? in->unpack.codec->open(&in->unpack, err) : HR_OK;
}

static enum hr_status make(struct hr_input **made, struct hr_error *err)
{
	struct hr_input *in = hr_calloc(1, sizeof(*in));

	*made = NULL;
	if (in == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	in->source.fd = in->source.stop_fd = -1;
	in->digest = XXH3_createState();
	if (in->digest == NULL) {
		hr_input_close(in);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	XXH3_64bits_reset(in->digest);
	*made = in;
	return HR_OK;
}

enum hr_status hr_input_open_until(const char *path, int stop_fd, struct hr_input **made, struct hr_error *err)
{
	bool standard = strcmp(path, "-") == 0;
	enum hr_status status;
	struct hr_input *in;
	struct stat st;

	HR_TRY(make(&in, err));
	*made = NULL;
	/* Do not block in open() on a FIFO if the caller may want to stop: poll waits before each read. */
	in->source.fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | (stop_fd >= 0 ? O_NONBLOCK : 0));
	in->own_fd = !standard;
	in->source.stop_fd = stop_fd;
	if (in->source.fd < 0) {
		status = hr_error_set(err, HR_EIO, "cannot open: %s", strerror(errno));
		hr_input_close(in);
		return status;
	}
	if (!standard && stop_fd >= 0)
		fcntl(in->source.fd, F_SETFL, O_RDONLY);
	if (fstat(in->source.fd, &st) == 0 && S_ISREG(st.st_mode))
		in->total_bytes = (uint64_t)st.st_size;
	in->source.raw = malloc(HR_SOURCE_BYTES);
	status = in->source.raw != NULL ? start(in, err) : hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status != HR_OK) {
		hr_input_close(in);
		return status;
	}
	*made = in;
	return HR_OK;
}

enum hr_status hr_input_open(const char *path, struct hr_input **made, struct hr_error *err)
{
	return hr_input_open_until(path, -1, made, err);
}

enum hr_status hr_input_open_memory(const void *data, size_t n, struct hr_input **made, struct hr_error *err)
{
	static uint8_t nothing;
	enum hr_status status;
	struct hr_input *in;
	union {
		const void *from;
		uint8_t *to;
	} unconst = {n > 0 ? data : &nothing}; /* never written to: fd is -1 */

	HR_TRY(make(&in, err));
	*made = NULL;
	in->source.raw = unconst.to;
	in->source.len = n;
	in->source.taken_bytes = in->total_bytes = n;
	status = start(in, err);
	if (status != HR_OK) {
		hr_input_close(in);
		return status;
	}
	*made = in;
	return HR_OK;
}

enum hr_status hr_input_read(struct hr_input *in, void *buf, size_t cap, size_t *n, struct hr_error *err)
{
	*n = 0;
	in->unpack.out_bytes = in->out_bytes;
	HR_TRY(in->unpack.codec != NULL ? hr_unpack_read(&in->unpack, buf, cap, n, err)
					: plain_read(&in->source, buf, cap, n, err));
	in->out_bytes += *n;
	XXH3_64bits_update(in->digest, buf, *n);
	return HR_OK;
}

const char *hr_input_compression(const struct hr_input *in)
{
	return in->unpack.codec != NULL ? in->unpack.codec->name : "none";
}

bool hr_input_cut(const struct hr_input *in)
{
	return in->unpack.cut;
}

uint64_t hr_input_bytes(const struct hr_input *in)
{
	return in->out_bytes;
}

uint64_t hr_input_digest(const struct hr_input *in)
{
	return in->sought ? 0 : XXH3_64bits_digest(in->digest);
}

void hr_input_progress(const struct hr_input *in, uint64_t *done_bytes, uint64_t *total_bytes)
{
	*done_bytes = in->source.taken_bytes - (in->source.len - in->source.pos);
	*total_bytes = in->total_bytes;
}

bool hr_input_seekable(const struct hr_input *in)
{
	return in->unpack.codec == NULL && (in->source.fd < 0 || in->total_bytes > 0);
}

enum hr_status hr_input_seek(struct hr_input *in, uint64_t offset, struct hr_error *err)
{
	in->source.eof = false;
	in->sought = true;
	if (in->source.fd < 0) {
		in->source.pos = offset < in->source.len ? offset : in->source.len;
		return HR_OK;
	}
	in->source.pos = in->source.len = 0;
	in->source.taken_bytes = offset;
	if (offset > INT64_MAX || lseek(in->source.fd, (off_t)offset, SEEK_SET) < 0)
		return hr_error_set(err, HR_EIO, "cannot seek: %s", strerror(errno));
	return HR_OK;
}

bool hr_input_peek(const struct hr_input *in, uint64_t offset, void *to, size_t n)
{
	if (in->source.fd < 0) {
		if (offset > in->source.len || n > in->source.len - offset)
			return false;
		memcpy(to, in->source.raw + offset, n);
		return true;
	}
	for (size_t got = 0; got < n;) {
		ssize_t some = offset <= INT64_MAX - n
				   ? pread(in->source.fd, (char *)to + got, n - got, (off_t)(offset + got))
				   : -1;

		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			return false;
		got += (size_t)some;
	}
	return true;
}

void hr_input_close(struct hr_input *in)
{
	if (in == NULL)
		return;
	if (in->unpack.codec != NULL)
		in->unpack.codec->close(&in->unpack);
	XXH3_freeState(in->digest);
	if (in->own_fd && in->source.fd >= 0)
		close(in->source.fd);
	if (in->source.fd >= 0)
		free(in->source.raw);
	free(in);
}
