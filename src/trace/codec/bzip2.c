/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/codec/codec.h"

#include "base/alloc.h"

#include <bzlib.h>
#include <stdlib.h>
#include <string.h>

struct bzip2 {
	bz_stream z;
	bool open;
};

static bool bzip2_detect(const uint8_t *head, size_t n)
{
	return n >= 4 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9';
}

static enum hr_status bzip2_open(struct hr_unpack *u, struct hr_error *err)
{
	struct bzip2 *b = u->state != NULL ? u->state : hr_calloc(1, sizeof(*b));

	u->state = b;
	if (b != NULL) {
		b->z = (bz_stream){0};
		b->open = BZ2_bzDecompressInit(&b->z, 0, 0) == BZ_OK;
	}
	return b != NULL && b->open ? HR_OK : hr_unpack_no_memory(u, err);
}

static unsigned at_most(size_t n)
{
	return n < 1 << 30 ? (unsigned)n : 1 << 30;
}

static enum hr_status bzip2_decode(struct hr_unpack *u, struct hr_piece *p, struct hr_error *err)
{
	struct bzip2 *b = u->state;
	const unsigned give = at_most(p->in_left), room = at_most(p->out_left);
	union {
		const uint8_t *from;
		char *to;
	} unconst = {p->in}; /* the library does not write to its input */
	int rc;

	b->z.next_in = unconst.to;
	b->z.avail_in = give;
	b->z.next_out = (char *)p->out;
	b->z.avail_out = room;
	rc = BZ2_bzDecompress(&b->z);
	if (rc == BZ_MEM_ERROR)
		return hr_unpack_no_memory(u, err);
	if (rc != BZ_OK && rc != BZ_STREAM_END)
		return hr_unpack_damaged(u, NULL, err);
	p->in_left -= give - b->z.avail_in;
	p->out_left -= room - b->z.avail_out;
	p->frame_end = rc == BZ_STREAM_END;
	if (!p->frame_end)
		return HR_OK;
	/* There is no reset. */
	BZ2_bzDecompressEnd(&b->z);
	b->open = false;
	return bzip2_open(u, err);
}

static void bzip2_close(struct hr_unpack *u)
{
	struct bzip2 *b = u->state;

	if (b != NULL && b->open)
		BZ2_bzDecompressEnd(&b->z);
	free(b);
}

const struct hr_codec hr_bzip2_codec = {.name = "bzip2",
					.detect = bzip2_detect,
					.open = bzip2_open,
					.decode = bzip2_decode,
					.close = bzip2_close,
					.padded = true};
