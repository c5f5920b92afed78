/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/codec/codec.h"

#include <string.h>
#include <zstd.h>

static bool zstd_detect(const uint8_t *head, size_t n)
{
	static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};

	return n >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0;
}

static enum hr_status zstd_open(struct hr_unpack *u, struct hr_error *err)
{
	u->state = ZSTD_createDStream();
	return u->state != NULL ? HR_OK : hr_unpack_no_memory(u, err);
}

static enum hr_status zstd_decode(struct hr_unpack *u, struct hr_piece *p, struct hr_error *err)
{
	ZSTD_inBuffer from = {p->in, p->in_left, 0};
	ZSTD_outBuffer to = {p->out, p->out_left, 0};
	size_t left = ZSTD_decompressStream(u->state, &to, &from);

	if (ZSTD_isError(left))
		return hr_unpack_damaged(u, ZSTD_getErrorName(left), err);
	p->in_left -= from.pos;
	p->out_left -= to.pos;
	p->frame_end = left == 0;
	return HR_OK;
}

static void zstd_close(struct hr_unpack *u)
{
	ZSTD_freeDStream(u->state);
}

const struct hr_codec hr_zstd_codec = {
    .name = "zstd", .detect = zstd_detect, .open = zstd_open, .decode = zstd_decode, .close = zstd_close};
