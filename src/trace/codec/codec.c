/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop around a decoder: fill, decode, and distinguish the end of the stream from a truncated one. */
#include "config.h"

#include "trace/codec/codec.h"

enum hr_status hr_unpack_end(struct hr_unpack *u)
{
	u->cut = u->in_frame;
	return HR_END;
}

enum hr_status hr_unpack_no_memory(const struct hr_unpack *u, struct hr_error *err)
{
	return hr_error_at(err, HR_ENOMEM, u->out_bytes, "out of memory for the %s decoder", u->codec->name);
}

enum hr_status hr_unpack_damaged(const struct hr_unpack *u, const char *how, struct hr_error *err)
{
	return hr_error_at(err, HR_EINPUT, u->out_bytes, "the %s data is damaged%s%s", u->codec->name,
			   how != NULL ? ": " : "", how != NULL ? how : "");
}

/* Zeros between two members, or behind the last. */
static enum hr_status skip_padding(struct hr_source *s, struct hr_error *err)
{
	for (;;) {
		HR_TRY(hr_source_fill(s, err));
		if (s->pos == s->len || s->raw[s->pos] != 0)
			return HR_OK;
		s->pos++;
	}
}

enum hr_status hr_unpack_read(struct hr_unpack *u, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	struct hr_source *s = u->source;
	bool begun = u->out_bytes > 0 || u->in_frame;

	if (u->codec->read != NULL)
		return u->codec->read(u, buf, cap, n, err);
	for (;;) {
		if (u->codec->padded && !u->in_frame && begun)
			HR_TRY(skip_padding(s, err));
		HR_TRY(hr_source_fill(s, err));
		/* Without new input there may still be output that did not fit the last time. */
		bool idle = s->pos == s->len;
		struct hr_piece p = {
		    .in = s->raw + s->pos, .in_left = s->len - s->pos, .out = buf, .out_left = cap, .last = idle};

		if (idle && !u->in_frame)
			return hr_unpack_end(u);
		HR_TRY(u->codec->decode(u, &p, err));
		s->pos = s->len - p.in_left;
		u->in_frame = !p.frame_end;
		begun = true;
		*n = cap - p.out_left;
		if (*n > 0)
			return HR_OK;
		if (idle && !p.frame_end)
			return hr_unpack_end(u);
	}
}

const struct hr_codec *hr_codec_find(const uint8_t *head, size_t n)
{
	static const struct hr_codec *const codecs[] = {&hr_zstd_codec, &hr_gzip_codec, &hr_bzip2_codec,
							&hr_xz_codec,	&hr_lz4_codec,	&hr_zip_codec};

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i]->detect(head, n))
			return codecs[i];
	return NULL;
}
