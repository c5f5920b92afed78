/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/codec/codec.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <zlib.h>

static bool gzip_detect(const uint8_t *head, size_t n)
{
	return n >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static enum hr_status gzip_open(struct hr_unpack *u, struct hr_error *err)
{
	z_stream *z = hr_calloc(1, sizeof(*z));

	if (z != NULL && inflateInit2(z, 15 + 16) != Z_OK) {
		free(z);
		z = NULL;
	}
	u->state = z;
	return z != NULL ? HR_OK : hr_unpack_no_memory(u, err);
}

static uInt at_most(size_t n)
{
	return n < 1 << 30 ? (uInt)n : 1 << 30;
}

static enum hr_status gzip_decode(struct hr_unpack *u, struct hr_piece *p, struct hr_error *err)
{
	z_stream *z = u->state;
	const uInt give = at_most(p->in_left), room = at_most(p->out_left);
	union {
		const uint8_t *from;
		uint8_t *to;
	} unconst = {p->in}; /* zlib does not write to its input */
	int rc;

	z->next_in = unconst.to;
	z->avail_in = give;
	z->next_out = p->out;
	z->avail_out = room;
	rc = inflate(z, Z_NO_FLUSH);
	if (rc == Z_MEM_ERROR)
		return hr_unpack_no_memory(u, err);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return hr_unpack_damaged(u, z->msg != NULL ? z->msg : "bad stream", err);
	p->in_left -= give - z->avail_in;
	p->out_left -= room - z->avail_out;
	p->frame_end = rc == Z_STREAM_END;
	if (p->frame_end)
		inflateReset(z);
	return HR_OK;
}

static void gzip_close(struct hr_unpack *u)
{
	if (u->state != NULL)
		inflateEnd(u->state);
	free(u->state);
}

const struct hr_codec hr_gzip_codec = {.name = "gzip",
				       .detect = gzip_detect,
				       .open = gzip_open,
				       .decode = gzip_decode,
				       .close = gzip_close,
				       .padded = true};
