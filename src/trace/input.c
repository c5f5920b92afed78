/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes from a file, a pipe or memory, decompressed.
 *
 * Two stages: a source (file descriptor or memory) and a codec (none, zstd,
 * gzip, bzip2, zip), chosen from the first bytes. Plain input from a descriptor is read
 * straight into the caller's buffer; compressed input goes through `raw`.
 * Several frames or members in a row are one stream, as the tools have it.
 */
#include "config.h"

#include "trace/input.h"

#include "base/alloc.h"

#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

enum { RAW_BYTES = 1 << 17, MAGIC_BYTES = 4 };

struct codec {
	const char *name;
	bool (*detect)(const uint8_t *head, size_t n);
	enum hr_status (*open)(struct hr_input *in, struct hr_error *err);
	enum hr_status (*read)(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err);
	void (*close)(struct hr_input *in);
};

/* Where in a zip archive we are. */
enum zip_place {
	ZIP_HEADER, /* a header of an entry, or what comes behind the last one */
	ZIP_DATA,
	ZIP_CHECK, /* behind the data, where its checksum and sizes may stand */
	ZIP_TAIL,  /* behind all entries */
};

struct zip {
	enum zip_place place;
	bool open;	 /* z is */
	bool found;	 /* an entry that is no folder was seen */
	bool stored;	 /* not compressed */
	bool described;	 /* a descriptor follows */
	uint32_t crc;	 /* as the header says */
	uint64_t packed; /* bytes of data: as the header says, and those that were read */
	uint64_t packed_read;
	uint64_t plain; /* the same of what comes out */
	uint64_t plain_read;
	uint32_t crc_read;
	struct zip_name {
		char text[64]; /* as much of it as fits, printable */
		bool folder;
	} name;
	z_stream z;
};

struct hr_input {
	const struct codec *codec;
	int fd;	     /* -1: memory */
	int stop_fd; /* 0: none */
	bool own_fd; /* to be closed */
	bool eof;    /* the source has no more */
	bool cut;
	bool sought;   /* not read front to back: no digest */
	bool in_frame; /* in the middle of a frame or member */
	uint8_t *raw;  /* compressed bytes, [pos, len) not yet used; the memory source's whole data */
	size_t pos, len;
	uint64_t source_bytes, total_bytes, out_bytes;
	ZSTD_DStream *zstd;
	z_stream gzip;
	bool gzip_open;
	bz_stream bzip2;
	bool bzip2_open;
	struct zip zip;
	XXH3_state_t *digest;
};

/* Waits for data, or for the word that none is wanted any more. True: the latter. */
static bool stopped(const struct hr_input *in)
{
	struct pollfd wait[] = {{.fd = in->fd, .events = POLLIN}, {.fd = in->stop_fd, .events = POLLIN}};

	if (in->stop_fd == 0)
		return false;
	while (poll(wait, 2, -1) < 0 && errno == EINTR)
		;
	return wait[1].revents != 0;
}

/* More bytes of the source into buf; 0 with `eof` set at its end. */
static enum hr_status source_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	ssize_t got = 0;

	*n = 0;
	if (in->eof || in->fd < 0 || stopped(in)) {
		in->eof = true;
		return HR_OK;
	}
	do
		got = read(in->fd, buf, cap);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return hr_error_at(err, HR_EIO, in->out_bytes, "cannot read: %s", strerror(errno));
	in->eof = got == 0;
	in->source_bytes += (uint64_t)got;
	*n = (size_t)got;
	return HR_OK;
}

/* Fills raw when all of it has been used. */
static enum hr_status fill(struct hr_input *in, struct hr_error *err)
{
	if (in->pos < in->len)
		return HR_OK;
	if (in->fd < 0) {
		in->eof = true;
		return HR_OK;
	}
	in->pos = 0;
	return source_read(in, in->raw, RAW_BYTES, &in->len, err);
}

/* At the end of the source: whether the stream stopped between two frames. */
static enum hr_status end(struct hr_input *in)
{
	in->cut = in->in_frame;
	return HR_END;
}

static bool plain_detect(const uint8_t *head, size_t n)
{
	(void)head, (void)n;
	return true;
}

static enum hr_status plain_open(struct hr_input *in, struct hr_error *err)
{
	(void)in, (void)err;
	return HR_OK;
}

static enum hr_status plain_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	if (in->pos < in->len) {
		*n = in->len - in->pos < cap ? in->len - in->pos : cap;
		memcpy(buf, in->raw + in->pos, *n);
		in->pos += *n;
		return HR_OK;
	}
	HR_TRY(source_read(in, buf, cap, n, err));
	return *n > 0 ? HR_OK : end(in);
}

static void plain_close(struct hr_input *in)
{
	(void)in;
}

static bool zstd_detect(const uint8_t *head, size_t n)
{
	static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};

	return n >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0;
}

static enum hr_status zstd_open(struct hr_input *in, struct hr_error *err)
{
	in->zstd = ZSTD_createDStream();
	return in->zstd != NULL ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory for the zstd decoder");
}

static enum hr_status zstd_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	ZSTD_outBuffer out = {buf, cap, 0};

	while (out.pos == 0) {
		HR_TRY(fill(in, err));

		/* Without new input there may still be output that did not fit the last time. */
		ZSTD_inBuffer from = {in->raw, in->len, in->pos};
		bool idle = in->pos == in->len;
		if (idle && !in->in_frame)
			return end(in);
		size_t left = ZSTD_decompressStream(in->zstd, &out, &from);
		in->pos = from.pos;
		if (ZSTD_isError(left))
			return hr_error_at(err, HR_EINPUT, in->out_bytes, "the zstd data is damaged: %s",
					   ZSTD_getErrorName(left));
		in->in_frame = left != 0;
		if (idle && out.pos == 0)
			return end(in);
	}
	*n = out.pos;
	return HR_OK;
}

static void zstd_close(struct hr_input *in)
{
	ZSTD_freeDStream(in->zstd);
}

static bool gzip_detect(const uint8_t *head, size_t n)
{
	return n >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static enum hr_status gzip_open(struct hr_input *in, struct hr_error *err)
{
	in->gzip_open = inflateInit2(&in->gzip, 15 + 16) == Z_OK;
	return in->gzip_open ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory for the gzip decoder");
}

static enum hr_status gzip_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	z_stream *z = &in->gzip;
	uInt room = cap < 1 << 30 ? (uInt)cap : 1 << 30;

	z->next_out = buf;
	z->avail_out = room;
	while (z->avail_out == room) {
		HR_TRY(fill(in, err));
		bool idle = in->pos == in->len;
		if (idle && !in->in_frame)
			return end(in);
		uInt give = in->len - in->pos < 1 << 30 ? (uInt)(in->len - in->pos) : 1 << 30;
		z->next_in = in->raw + in->pos;
		z->avail_in = give;
		int rc = inflate(z, Z_NO_FLUSH);
		in->pos += give - z->avail_in;
		if (rc == Z_MEM_ERROR)
			return hr_error_at(err, HR_ENOMEM, in->out_bytes, "out of memory for the gzip decoder");
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return hr_error_at(err, HR_EINPUT, in->out_bytes, "the gzip data is damaged: %s",
					   z->msg != NULL ? z->msg : "bad stream");
		in->in_frame = rc != Z_STREAM_END;
		if (rc == Z_STREAM_END)
			inflateReset(z);
		else if (idle && z->avail_out == room)
			return end(in);
	}
	*n = room - z->avail_out;
	return HR_OK;
}

static void gzip_close(struct hr_input *in)
{
	if (in->gzip_open)
		inflateEnd(&in->gzip);
}

static bool bzip2_detect(const uint8_t *head, size_t n)
{
	return n >= 4 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9';
}

static enum hr_status bzip2_open(struct hr_input *in, struct hr_error *err)
{
	in->bzip2 = (bz_stream){0};
	in->bzip2_open = BZ2_bzDecompressInit(&in->bzip2, 0, 0) == BZ_OK;
	return in->bzip2_open ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory for the bzip2 decoder");
}

static enum hr_status bzip2_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	bz_stream *z = &in->bzip2;
	unsigned room = cap < 1 << 30 ? (unsigned)cap : 1 << 30;

	z->next_out = (char *)buf;
	z->avail_out = room;
	while (z->avail_out == room) {
		HR_TRY(fill(in, err));
		bool idle = in->pos == in->len;
		if (idle && !in->in_frame)
			return end(in);
		unsigned give = in->len - in->pos < 1 << 30 ? (unsigned)(in->len - in->pos) : 1 << 30;
		z->next_in = (char *)in->raw + in->pos;
		z->avail_in = give;
		int rc = BZ2_bzDecompress(z);
		in->pos += give - z->avail_in;
		if (rc == BZ_MEM_ERROR)
			return hr_error_at(err, HR_ENOMEM, in->out_bytes, "out of memory for the bzip2 decoder");
		if (rc != BZ_OK && rc != BZ_STREAM_END)
			return hr_error_at(err, HR_EINPUT, in->out_bytes, "the bzip2 data is damaged");
		in->in_frame = rc != BZ_STREAM_END;
		if (rc == BZ_STREAM_END) {
			/* There is no reset. */
			char *next_out = z->next_out;
			unsigned left = z->avail_out;

			BZ2_bzDecompressEnd(z);
			in->bzip2_open = false;
			HR_TRY(bzip2_open(in, err));
			z->next_out = next_out;
			z->avail_out = left;
		} else if (idle && z->avail_out == room) {
			return end(in);
		}
	}
	*n = room - z->avail_out;
	return HR_OK;
}

static void bzip2_close(struct hr_input *in)
{
	if (in->bzip2_open)
		BZ2_bzDecompressEnd(&in->bzip2);
}

/*
 * A zip archive, from its front (APPNOTE.TXT 6.3, 4.3): one entry is the
 * stream, folders aside. The directory behind it says nothing new, and a pipe
 * can't go back from it.
 */
enum {
	ZIP_ENTRY = 0x04034b50,
	ZIP_DIRECTORY = 0x02014b50,
	ZIP_DIRECTORY_END = 0x06054b50,
	ZIP_DIRECTORY_END_64 = 0x06064b50,
	ZIP_ARCHIVE_EXTRA = 0x08064b50,
	ZIP_DESCRIPTOR_SIGNATURE = 0x08074b50,
	ZIP_HEADER_BYTES = 30,
	ZIP_ENCRYPTED = 1 << 0, /* flags */
	ZIP_DESCRIBED = 1 << 3,
	ZIP_STORED = 0, /* methods */
	ZIP_DEFLATED = 8,
	ZIP_EXTRA_64 = 1, /* an extra field */
};

static uint32_t le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* Exactly n bytes of the source, or HR_END with what there is skipped: the archive is cut. */
static enum hr_status zip_take(struct hr_input *in, uint8_t *buf, size_t n, struct hr_error *err)
{
	while (n > 0) {
		size_t part;

		HR_TRY(fill(in, err));
		if (in->pos == in->len)
			return end(in);
		part = in->len - in->pos < n ? in->len - in->pos : n;
		memcpy(buf, in->raw + in->pos, part);
		in->pos += part;
		buf += part;
		n -= part;
	}
	return HR_OK;
}

static enum hr_status zip_bad(const struct hr_input *in, struct hr_error *err, const char *what)
{
	return hr_error_at(err, HR_EINPUT, in->out_bytes, "the zip archive is damaged: %s", what);
}

static enum hr_status zip_skip(struct hr_input *in, size_t n, struct hr_error *err)
{
	uint8_t byte;

	while (n-- > 0)
		HR_TRY(zip_take(in, &byte, 1, err));
	return HR_OK;
}

/* The name of an entry, n bytes of any length. */
static enum hr_status zip_name(struct hr_input *in, struct zip_name *name, size_t n, struct hr_error *err)
{
	size_t used = 0;
	uint8_t c = 0;

	while (n-- > 0) {
		HR_TRY(zip_take(in, &c, 1, err));
		if (used < sizeof(name->text) - 1)
			name->text[used++] = c >= ' ' && c <= '~' ? (char)c : '?';
	}
	name->text[used] = '\0';
	name->folder = c == '/';
	return HR_OK;
}

/* Extra fields, n bytes: one holds sizes that do not fit into 32 bits. */
static enum hr_status zip_extra(struct hr_input *in, size_t n, uint64_t *plain, uint64_t *packed, struct hr_error *err)
{
	uint8_t field[16];

	while (n >= 4) {
		HR_TRY(zip_take(in, field, 4, err));
		size_t size = le16(field + 2), take = 0;
		bool wide = le16(field) == ZIP_EXTRA_64;

		n -= 4;
		if (size > n)
			break;
		n -= size;
		if (wide) {
			take = size < sizeof(field) ? size : sizeof(field);
			HR_TRY(zip_take(in, field, take, err));
		}
		HR_TRY(zip_skip(in, size - take, err));
		/* Only what did not fit is there, in this order. */
		bool both = wide && *plain == UINT32_MAX && take >= 8;
		if (both)
			*plain = le64(field);
		if (wide && *packed == UINT32_MAX && take >= (both ? 16 : 8))
			*packed = le64(field + (both ? 8 : 0));
	}
	return zip_skip(in, n, err);
}

/* What begins here: an entry, whose data is next, or what comes behind the last. */
static enum hr_status zip_header(struct hr_input *in, struct hr_error *err)
{
	struct zip *zip = &in->zip;
	uint8_t h[ZIP_HEADER_BYTES];
	uint64_t plain, packed;
	struct zip_name name;
	uint32_t flags, method;

	HR_TRY(zip_take(in, h, 4, err));
	switch (le32(h)) {
	case ZIP_ENTRY:
		break;
	case ZIP_DIRECTORY:
	case ZIP_DIRECTORY_END:
	case ZIP_DIRECTORY_END_64:
	case ZIP_ARCHIVE_EXTRA:
		zip->place = ZIP_TAIL;
		return zip->found ? HR_OK : hr_error_at(err, HR_EINPUT, 0, "the zip archive holds no file");
	default:
		return zip_bad(in, err, "there is no header where one should be");
	}
	HR_TRY(zip_take(in, h + 4, sizeof(h) - 4, err));
	flags = le16(h + 6);
	method = le16(h + 8);
	packed = le32(h + 18);
	plain = le32(h + 22);
	HR_TRY(zip_name(in, &name, le16(h + 26), err));
	HR_TRY(zip_extra(in, le16(h + 28), &plain, &packed, err));
	/* Folders are empty, also where that is compressed. */
	name.folder = name.folder && plain == 0 && packed <= 2;
	if (!name.folder && zip->found)
		return hr_error_at(
		    err, HR_EINPUT, in->out_bytes,
		    "the zip archive holds more than one file, %s and %s: unpack it and give one of them",
		    zip->name.text, name.text);
	if ((flags & ZIP_ENCRYPTED) != 0)
		return hr_error_at(err, HR_EINPUT, in->out_bytes, "%s in the zip archive is encrypted: unpack it first",
				   name.text);
	if (method != ZIP_STORED && method != ZIP_DEFLATED)
		return hr_error_at(err, HR_EINPUT, in->out_bytes,
				   "%s in the zip archive is compressed by method %u, not by deflate: unpack it first",
				   name.text, method);
	zip->stored = method == ZIP_STORED;
	zip->described = (flags & ZIP_DESCRIBED) != 0;
	if (zip->stored && zip->described && packed == 0 && !name.folder)
		return hr_error_at(err, HR_EINPUT, in->out_bytes,
				   "%s in the zip archive is stored without its size: unpack it first", name.text);
	if (zip->stored && packed != plain)
		return zip_bad(in, err, "a stored file has two sizes");
	zip->crc = le32(h + 14);
	zip->packed = packed;
	zip->plain = plain;
	zip->packed_read = zip->plain_read = zip->crc_read = 0;
	zip->place = ZIP_DATA;
	if (!name.folder) {
		zip->found = true;
		zip->name = name;
	}
	inflateReset(&zip->z);
	return HR_OK;
}

/* Data into buf; *n may stay 0. At its end the place changes. */
static enum hr_status zip_data(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	struct zip *zip = &in->zip;
	uInt room = cap < 1 << 30 ? (uInt)cap : 1 << 30;
	bool done;

	HR_TRY(fill(in, err));
	size_t here = in->len - in->pos;
	bool idle = here == 0;
	if (zip->stored) {
		*n = here < room ? here : room;
		if (*n > zip->packed - zip->packed_read)
			*n = zip->packed - zip->packed_read;
		if (idle && zip->packed_read < zip->packed)
			return end(in);
		memcpy(buf, in->raw + in->pos, *n);
		in->pos += *n;
		zip->packed_read += *n;
		done = zip->packed_read == zip->packed;
	} else {
		uInt give = here < 1 << 30 ? (uInt)here : 1 << 30;

		zip->z.next_in = in->raw + in->pos;
		zip->z.avail_in = give;
		zip->z.next_out = buf;
		zip->z.avail_out = room;
		int rc = inflate(&zip->z, Z_NO_FLUSH);
		in->pos += give - zip->z.avail_in;
		zip->packed_read += give - zip->z.avail_in;
		*n = room - zip->z.avail_out;
		if (rc == Z_MEM_ERROR)
			return hr_error_at(err, HR_ENOMEM, in->out_bytes, "out of memory for the zip decoder");
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return zip_bad(in, err, zip->z.msg != NULL ? zip->z.msg : "bad stream");
		if (idle && *n == 0 && rc != Z_STREAM_END)
			return end(in);
		done = rc == Z_STREAM_END;
	}
	zip->plain_read += *n;
	zip->crc_read = (uint32_t)crc32(zip->crc_read, buf, (uInt)*n);
	if (done)
		zip->place = ZIP_CHECK;
	return HR_OK;
}

/* Behind the data: was it what the archive says? */
static enum hr_status zip_check(struct hr_input *in, struct hr_error *err)
{
	struct zip *zip = &in->zip;
	uint8_t d[24], *at = d;

	if (zip->described) {
		/* With or without a signature, with sizes of 32 or 64 bits: nothing tells but what fits. */
		HR_TRY(zip_take(in, d, 12, err));
		if (le32(d) == ZIP_DESCRIPTOR_SIGNATURE && zip->crc_read != ZIP_DESCRIPTOR_SIGNATURE) {
			HR_TRY(zip_take(in, d + 12, 4, err));
			at = d + 4;
		}
		zip->crc = le32(at);
		zip->packed = le32(at + 4);
		zip->plain = le32(at + 8);
		if (zip->plain != (uint32_t)zip->plain_read) {
			HR_TRY(zip_take(in, at + 12, 8, err));
			zip->packed = le64(at + 4);
			zip->plain = le64(at + 12);
		} else {
			/* Sizes of 32 bits are those of the data modulo 2^32. */
			zip->packed |= zip->packed_read >> 32 << 32;
			zip->plain = zip->plain_read;
		}
	}
	if (zip->crc != zip->crc_read || zip->packed != zip->packed_read || zip->plain != zip->plain_read)
		return zip_bad(in, err, "the checksum or a size is wrong");
	zip->place = ZIP_HEADER;
	return HR_OK;
}

static bool zip_detect(const uint8_t *head, size_t n)
{
	return n >= 4 && le32(head) == ZIP_ENTRY;
}

static enum hr_status zip_open(struct hr_input *in, struct hr_error *err)
{
	in->in_frame = true; /* until the directory */
	in->zip.open = inflateInit2(&in->zip.z, -15) == Z_OK;
	return in->zip.open ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory for the zip decoder");
}

static enum hr_status zip_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	while (*n == 0) {
		switch (in->zip.place) {
		case ZIP_HEADER:
			HR_TRY(zip_header(in, err));
			break;
		case ZIP_DATA:
			HR_TRY(zip_data(in, buf, cap, n, err));
			break;
		case ZIP_CHECK:
			HR_TRY(zip_check(in, err));
			break;
		case ZIP_TAIL:
			/* All of it is taken: who writes into a pipe is not cut off. */
			in->in_frame = false;
			while (!in->eof) {
				in->pos = in->len;
				HR_TRY(fill(in, err));
			}
			return end(in);
		}
	}
	return HR_OK;
}

static void zip_close(struct hr_input *in)
{
	if (in->zip.open)
		inflateEnd(&in->zip.z);
}

/* The last one takes everything. */
static const struct codec codecs[] = {
    {"zstd", zstd_detect, zstd_open, zstd_read, zstd_close},
    {"gzip", gzip_detect, gzip_open, gzip_read, gzip_close},
    {"bzip2", bzip2_detect, bzip2_open, bzip2_read, bzip2_close},
    {"zip", zip_detect, zip_open, zip_read, zip_close},
    {"none", plain_detect, plain_open, plain_read, plain_close},
};

/* Takes what is needed to tell the codecs apart, and the codec. */
static enum hr_status start(struct hr_input *in, struct hr_error *err)
{
	while (in->fd >= 0 && in->len < MAGIC_BYTES && !in->eof) {
		size_t n;

		HR_TRY(source_read(in, in->raw + in->len, RAW_BYTES - in->len, &n, err));
		in->len += n;
	}
	in->codec = codecs;
	while (!in->codec->detect(in->raw, in->len))
		in->codec++;
	return in->codec->open(in, err);
}

static enum hr_status make(struct hr_input **made, struct hr_error *err)
{
	struct hr_input *in = hr_calloc(1, sizeof(*in));

	*made = NULL;
	if (in == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	in->fd = -1;
	in->codec = &codecs[sizeof(codecs) / sizeof(codecs[0]) - 1];
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
	/* A FIFO is not waited for here: with somebody who may want to stop, every read is waited for by poll. */
	in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | (stop_fd != 0 ? O_NONBLOCK : 0));
	in->own_fd = !standard;
	in->stop_fd = stop_fd;
	if (in->fd < 0) {
		status = hr_error_set(err, HR_EIO, "cannot open: %s", strerror(errno));
		hr_input_close(in);
		return status;
	}
	if (!standard && stop_fd != 0)
		fcntl(in->fd, F_SETFL, O_RDONLY);
	if (fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode))
		in->total_bytes = (uint64_t)st.st_size;
	in->raw = malloc(RAW_BYTES);
	status = in->raw != NULL ? start(in, err) : hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status != HR_OK) {
		hr_input_close(in);
		return status;
	}
	*made = in;
	return HR_OK;
}

enum hr_status hr_input_open(const char *path, struct hr_input **made, struct hr_error *err)
{
	return hr_input_open_until(path, 0, made, err);
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
	in->raw = unconst.to;
	in->len = n;
	in->source_bytes = in->total_bytes = n;
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
	HR_TRY(in->codec->read(in, buf, cap, n, err));
	in->out_bytes += *n;
	XXH3_64bits_update(in->digest, buf, *n);
	return HR_OK;
}

const char *hr_input_compression(const struct hr_input *in)
{
	return in->codec->name;
}

bool hr_input_cut(const struct hr_input *in)
{
	return in->cut;
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
	*done_bytes = in->source_bytes - (in->len - in->pos);
	*total_bytes = in->total_bytes;
}

bool hr_input_seekable(const struct hr_input *in)
{
	return in->codec->read == plain_read && (in->fd < 0 || in->total_bytes > 0);
}

enum hr_status hr_input_seek(struct hr_input *in, uint64_t offset, struct hr_error *err)
{
	in->eof = false;
	in->sought = true;
	if (in->fd < 0) {
		in->pos = offset < in->len ? offset : in->len;
		return HR_OK;
	}
	in->pos = in->len = 0;
	in->source_bytes = offset;
	if (offset > INT64_MAX || lseek(in->fd, (off_t)offset, SEEK_SET) < 0)
		return hr_error_set(err, HR_EIO, "cannot seek: %s", strerror(errno));
	return HR_OK;
}

void hr_input_close(struct hr_input *in)
{
	if (in == NULL)
		return;
	in->codec->close(in);
	XXH3_freeState(in->digest);
	if (in->own_fd && in->fd >= 0)
		close(in->fd);
	if (in->fd >= 0)
		free(in->raw);
	free(in);
}
