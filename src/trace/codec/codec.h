/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A compression format, as a row of a table. There are two sorts: those whose
 * library turns a piece of input into a piece of output (decode; codec.c has
 * the loop), and archives, which read by themselves.
 */
#ifndef HR_TRACE_CODEC_H
#define HR_TRACE_CODEC_H

#include "base/error.h"
#include "trace/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One step of a decoder: what it may take and where it puts what comes out; it moves both on. */
struct hr_piece {
	const uint8_t *in;
	size_t in_left;
	uint8_t *out;
	size_t out_left;
	bool last;	/* there is no more input behind this */
	bool frame_end; /* set where a frame or member is complete; the next step begins another */
};

struct hr_codec;

struct hr_unpack {
	const struct hr_codec *codec;
	struct hr_source *source;
	void *state;	    /* the codec's */
	bool in_frame;	    /* in the middle of a frame or member */
	bool cut;	    /* the source ended there */
	uint64_t out_bytes; /* that came out before the read at hand: where an error is */
};

struct hr_codec {
	const char *name;
	bool (*detect)(const uint8_t *head, size_t n);
	/* Makes u->state; HR_ENOMEM. On failure `close` is called all the same. */
	enum hr_status (*open)(struct hr_unpack *u, struct hr_error *err);
	/* HR_EINPUT (damaged), HR_ENOMEM. NULL: an archive. */
	enum hr_status (*decode)(struct hr_unpack *u, struct hr_piece *p, struct hr_error *err);
	/* As hr_input_read; NULL: hr_unpack_read does it with `decode`. */
	enum hr_status (*read)(struct hr_unpack *u, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err);
	void (*close)(struct hr_unpack *u);
	bool padded; /* zeros may stand behind a frame, as tapes and blocks of devices add them */
};

/* The codec whose data begins with these n bytes; NULL: none. */
const struct hr_codec *hr_codec_find(const uint8_t *head, size_t n);
/* Bytes that are enough to tell. */
enum { HR_CODEC_MAGIC_BYTES = 4 };

/* As hr_input_read, whatever the codec. Several frames or members in a row are one stream. */
enum hr_status hr_unpack_read(struct hr_unpack *u, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err);
/* The source ends: was it between two frames? HR_END. */
enum hr_status hr_unpack_end(struct hr_unpack *u);

enum hr_status hr_unpack_no_memory(const struct hr_unpack *u, struct hr_error *err);
/* HR_EINPUT: the data is damaged, and how the library says it. */
enum hr_status hr_unpack_damaged(const struct hr_unpack *u, const char *how, struct hr_error *err);

extern const struct hr_codec hr_zstd_codec;
extern const struct hr_codec hr_gzip_codec;
extern const struct hr_codec hr_bzip2_codec;
extern const struct hr_codec hr_xz_codec;
extern const struct hr_codec hr_lz4_codec;
extern const struct hr_codec hr_zip_codec;

#endif
