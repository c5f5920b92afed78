/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/codec/codec.h"

#include "base/alloc.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

/* xz -9 needs 65 MiB; a file may ask for 4 GiB. */
#define MAX_MEMORY (UINT64_C(256) << 20)

static bool xz_detect(const uint8_t *head, size_t n)
{
	static const uint8_t magic[] = {0xfd, '7', 'z', 'X'};

	return n >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0;
}

static enum hr_status start(struct hr_unpack *u, struct hr_error *err)
{
	return lzma_stream_decoder(u->state, MAX_MEMORY, 0) == LZMA_OK ? HR_OK : hr_unpack_no_memory(u, err);
}

static enum hr_status xz_open(struct hr_unpack *u, struct hr_error *err)
{
	u->state = hr_calloc(1, sizeof(lzma_stream));
	return u->state != NULL ? start(u, err) : hr_unpack_no_memory(u, err);
}

static enum hr_status xz_decode(struct hr_unpack *u, struct hr_piece *p, struct hr_error *err)
{
	lzma_stream *z = u->state;
	lzma_ret rc;

	z->next_in = p->in;
	z->avail_in = p->in_left;
	z->next_out = p->out;
	z->avail_out = p->out_left;
	rc = lzma_code(z, LZMA_RUN);
	if (rc == LZMA_MEM_ERROR)
		return hr_unpack_no_memory(u, err);
	if (rc == LZMA_MEMLIMIT_ERROR)
		return hr_error_at(err, HR_EINPUT, u->out_bytes,
				   "the xz data needs more than 256 MiB to be unpacked: unpack it with xz -d first");
	if (rc != LZMA_OK && rc != LZMA_STREAM_END && rc != LZMA_BUF_ERROR)
		return hr_unpack_damaged(
		    u, rc == LZMA_OPTIONS_ERROR ? "a filter that this liblzma does not have" : NULL, err);
	p->in_left = z->avail_in;
	p->out_left = z->avail_out;
	p->frame_end = rc == LZMA_STREAM_END;
	return p->frame_end ? start(u, err) : HR_OK;
}

static void xz_close(struct hr_unpack *u)
{
	if (u->state != NULL)
		lzma_end(u->state);
	free(u->state);
}

const struct hr_codec hr_xz_codec = {
    .name = "xz", .detect = xz_detect, .open = xz_open, .decode = xz_decode, .close = xz_close, .padded = true};
