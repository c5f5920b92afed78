/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/codec/codec.h"

#include <lz4frame.h>
#include <string.h>

static bool is_legacy(const uint8_t *head)
{
	static const uint8_t magic[] = {0x02, 0x21, 0x4c, 0x18};

	return memcmp(head, magic, sizeof(magic)) == 0;
}

static bool lz4_detect(const uint8_t *head, size_t n)
{
	static const uint8_t magic[] = {0x04, 0x22, 0x4d, 0x18};

	return n >= sizeof(magic) && (memcmp(head, magic, sizeof(magic)) == 0 || is_legacy(head));
}

static enum hr_status lz4_open(struct hr_unpack *u, struct hr_error *err)
{
	LZ4F_dctx *ctx = NULL;

	if (u->source->len - u->source->pos >= 4 && is_legacy(u->source->raw + u->source->pos))
		return hr_error_at(
		    err, HR_EINPUT, 0,
		    "lz4 data in the form of before 2014, which has no frames: unpack it with lz4 -d first");
	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
		return hr_unpack_no_memory(u, err);
	u->state = ctx;
	return HR_OK;
}

static enum hr_status lz4_decode(struct hr_unpack *u, struct hr_piece *p, struct hr_error *err)
{
	size_t in = p->in_left, out = p->out_left;
	size_t left = LZ4F_decompress(u->state, p->out, &out, p->in, &in, NULL);

	if (LZ4F_isError(left))
		return hr_unpack_damaged(u, LZ4F_getErrorName(left), err);
	p->in_left -= in;
	p->out_left -= out;
	p->frame_end = left == 0;
	return HR_OK;
}

static void lz4_close(struct hr_unpack *u)
{
	LZ4F_freeDecompressionContext(u->state);
}

const struct hr_codec hr_lz4_codec = {
    .name = "lz4", .detect = lz4_detect, .open = lz4_open, .decode = lz4_decode, .close = lz4_close};
