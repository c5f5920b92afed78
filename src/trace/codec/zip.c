/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A zip archive, read from its front (APPNOTE.TXT 6.3, 4.3): its one entry is the
 * stream. Directories are skipped, and so is what macOS adds: attributes in files
 * __MACOSX/._NAME, and .DS_Store. The central directory at the end is not needed,
 * and a pipe can't seek to it.
 *
 * Why not a library: libzip and minizip need a file that they can seek in.
 * libarchive 3.6 reads pipes in half the lines, but brings five packages of 39 MB
 * (ICU by way of libxml2) and 4.3 million instructions at each start, where
 * `heapreplay --version` takes 1.4 million; and of an archive that was cut off it
 * delivers what was complete at the last 64 KiB block, not at the last byte.
 */
#include "config.h"

#include "trace/codec/codec.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Where in a zip archive we are. */
enum zip_place {
	ZIP_HEADER, /* a header of an entry, or what comes behind the last one */
	ZIP_DATA,
	ZIP_CHECK, /* behind the data, where its checksum and sizes may stand */
	ZIP_TAIL,  /* behind all entries */
};

struct zip {
	enum zip_place place;
	bool found;	 /* the entry that is the stream was seen */
	bool stored;	 /* not compressed */
	bool aside;	 /* what the entry holds is not wanted */
	bool described;	 /* a descriptor follows */
	uint32_t crc;	 /* as the header says */
	uint64_t packed; /* bytes of data: as the header says, and those that were read */
	uint64_t packed_read;
	uint64_t plain; /* the same of what comes out */
	uint64_t plain_read;
	uint32_t crc_read;
	struct zip_name {
		char text[256]; /* as much of it as fits, printable */
		bool directory;
		bool aside; /* macOS wrote it for itself */
	} name;
	z_stream z;
};

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

/* hr_source_take; where there is not so much the archive is cut. */
static enum hr_status zip_take(struct hr_unpack *u, uint8_t *buf, size_t n, struct hr_error *err)
{
	enum hr_status status = hr_source_take(u->source, buf, n, err);

	return status == HR_END ? hr_unpack_end(u) : status;
}

static enum hr_status zip_bad(const struct hr_unpack *u, struct hr_error *err, const char *what)
{
	return hr_error_at(err, HR_EINPUT, u->out_bytes, "the zip archive is damaged: %s", what);
}

/* The name of an entry, n bytes of any length. */
static enum hr_status zip_name(struct hr_unpack *u, struct zip_name *name, size_t n, struct hr_error *err)
{
	size_t used = 0;
	uint8_t c = 0;

	while (n-- > 0) {
		HR_TRY(zip_take(u, &c, 1, err));
		if (used < sizeof(name->text) - 1)
			name->text[used++] = c >= ' ' && c <= '~' ? (char)c : '?';
	}
	name->text[used] = '\0';
	name->directory = c == '/';
	const char *slash = strrchr(name->text, '/');
	name->aside = strncmp(name->text, "__MACOSX/", 9) == 0 ||
		      strcmp(slash != NULL ? slash + 1 : name->text, ".DS_Store") == 0;
	return HR_OK;
}

/* Extra fields, n bytes: one holds sizes that do not fit into 32 bits. */
static enum hr_status zip_extra(struct hr_unpack *u, size_t n, uint64_t *plain, uint64_t *packed, struct hr_error *err)
{
	uint8_t field[16];

	while (n >= 4) {
		HR_TRY(zip_take(u, field, 4, err));
		size_t size = le16(field + 2), take = 0;
		bool wide = le16(field) == ZIP_EXTRA_64;

		n -= 4;
		if (size > n)
			break;
		n -= size;
		if (wide) {
			take = size < sizeof(field) ? size : sizeof(field);
			HR_TRY(zip_take(u, field, take, err));
		}
		HR_TRY(zip_take(u, NULL, size - take, err));
		/* Only what did not fit is there, in this order. */
		bool both = wide && *plain == UINT32_MAX && take >= 8;
		if (both)
			*plain = le64(field);
		if (wide && *packed == UINT32_MAX && take >= (both ? 16 : 8))
			*packed = le64(field + (both ? 8 : 0));
	}
	return zip_take(u, NULL, n, err);
}

/* What begins here: an entry, whose data is next, or what comes behind the last. */
static enum hr_status zip_header(struct hr_unpack *u, struct hr_error *err)
{
	struct zip *zip = u->state;
	uint8_t h[ZIP_HEADER_BYTES];
	uint64_t plain, packed;
	struct zip_name name;
	uint32_t flags, method;

	HR_TRY(zip_take(u, h, 4, err));
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
		return zip_bad(u, err, "there is no header where one should be");
	}
	HR_TRY(zip_take(u, h + 4, sizeof(h) - 4, err));
	flags = le16(h + 6);
	method = le16(h + 8);
	packed = le32(h + 18);
	plain = le32(h + 22);
	HR_TRY(zip_name(u, &name, le16(h + 26), err));
	HR_TRY(zip_extra(u, le16(h + 28), &plain, &packed, err));
	/* Directories are empty, also where that is compressed. */
	name.directory = name.directory && plain == 0 && packed <= 2;
	if (!name.directory && !name.aside && zip->found)
		return hr_error_at(
		    err, HR_EINPUT, u->out_bytes,
		    "the zip archive holds more than one file, %s and %s: unpack it and give one of them",
		    zip->name.text, name.text);
	if ((flags & ZIP_ENCRYPTED) != 0)
		return hr_error_at(err, HR_EINPUT, u->out_bytes, "%s in the zip archive is encrypted: unpack it first",
				   name.text);
	if (method != ZIP_STORED && method != ZIP_DEFLATED)
		return hr_error_at(err, HR_EINPUT, u->out_bytes,
				   "%s in the zip archive is compressed by method %u, not by deflate: unpack it first",
				   name.text, method);
	zip->stored = method == ZIP_STORED;
	zip->described = (flags & ZIP_DESCRIBED) != 0;
	if (zip->stored && zip->described && packed == 0 && !name.directory)
		return hr_error_at(err, HR_EINPUT, u->out_bytes,
				   "%s in the zip archive is stored without its size: unpack it first", name.text);
	if (zip->stored && packed != plain)
		return zip_bad(u, err, "a stored file has two sizes");
	zip->crc = le32(h + 14);
	zip->packed = packed;
	zip->plain = plain;
	zip->packed_read = zip->plain_read = zip->crc_read = 0;
	zip->place = ZIP_DATA;
	zip->aside = name.aside;
	if (!name.directory && !name.aside) {
		zip->found = true;
		zip->name = name;
	}
	inflateReset(&zip->z);
	return HR_OK;
}

/* Data into buf; *n may stay 0. At its end the place changes. */
static enum hr_status zip_data(struct hr_unpack *u, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	struct zip *zip = u->state;
	uInt room = cap < 1 << 30 ? (uInt)cap : 1 << 30;
	bool done;

	HR_TRY(hr_source_fill(u->source, err));
	size_t here = u->source->len - u->source->pos;
	bool idle = here == 0;
	if (zip->stored) {
		*n = here < room ? here : room;
		if (*n > zip->packed - zip->packed_read)
			*n = zip->packed - zip->packed_read;
		if (idle && zip->packed_read < zip->packed)
			return hr_unpack_end(u);
		memcpy(buf, u->source->raw + u->source->pos, *n);
		u->source->pos += *n;
		zip->packed_read += *n;
		done = zip->packed_read == zip->packed;
	} else {
		uInt give = here < 1 << 30 ? (uInt)here : 1 << 30;

		zip->z.next_in = u->source->raw + u->source->pos;
		zip->z.avail_in = give;
		zip->z.next_out = buf;
		zip->z.avail_out = room;
		int rc = inflate(&zip->z, Z_NO_FLUSH);
		u->source->pos += give - zip->z.avail_in;
		zip->packed_read += give - zip->z.avail_in;
		*n = room - zip->z.avail_out;
		if (rc == Z_MEM_ERROR)
			return hr_error_at(err, HR_ENOMEM, u->out_bytes, "out of memory for the zip decoder");
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return zip_bad(u, err, zip->z.msg != NULL ? zip->z.msg : "bad stream");
		if (idle && *n == 0 && rc != Z_STREAM_END)
			return hr_unpack_end(u);
		done = rc == Z_STREAM_END;
	}
	zip->plain_read += *n;
	zip->crc_read = (uint32_t)crc32(zip->crc_read, buf, (uInt)*n);
	if (zip->aside)
		*n = 0;
	if (done)
		zip->place = ZIP_CHECK;
	return HR_OK;
}

/* Behind the data: was it what the archive says? */
static enum hr_status zip_check(struct hr_unpack *u, struct hr_error *err)
{
	struct zip *zip = u->state;
	uint8_t d[24], *at = d;

	if (zip->described) {
		/* The record may have a signature or not, and 32- or 64-bit sizes; only trying shows which. */
		HR_TRY(zip_take(u, d, 12, err));
		if (le32(d) == ZIP_DESCRIPTOR_SIGNATURE && zip->crc_read != ZIP_DESCRIPTOR_SIGNATURE) {
			HR_TRY(zip_take(u, d + 12, 4, err));
			at = d + 4;
		}
		zip->crc = le32(at);
		zip->packed = le32(at + 4);
		zip->plain = le32(at + 8);
		if (zip->plain != (uint32_t)zip->plain_read) {
			HR_TRY(zip_take(u, at + 12, 8, err));
			zip->packed = le64(at + 4);
			zip->plain = le64(at + 12);
		} else {
			/* Sizes of 32 bits are those of the data modulo 2^32. */
			zip->packed |= zip->packed_read >> 32 << 32;
			zip->plain = zip->plain_read;
		}
	}
	if (zip->crc != zip->crc_read || zip->packed != zip->packed_read || zip->plain != zip->plain_read)
		return zip_bad(u, err, "the checksum or a size is wrong");
	zip->place = ZIP_HEADER;
	return HR_OK;
}

static bool zip_detect(const uint8_t *head, size_t n)
{
	return n >= 4 && le32(head) == ZIP_ENTRY;
}

static enum hr_status zip_open(struct hr_unpack *u, struct hr_error *err)
{
	struct zip *zip = hr_calloc(1, sizeof(*zip));

	if (zip != NULL && inflateInit2(&zip->z, -15) != Z_OK) {
		free(zip);
		zip = NULL;
	}
	u->state = zip;
	u->in_frame = true; /* until the directory */
	return zip != NULL ? HR_OK : hr_unpack_no_memory(u, err);
}

static enum hr_status zip_read(struct hr_unpack *u, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	struct hr_source *s = u->source;
	const struct zip *zip = u->state;

	while (*n == 0) {
		switch (zip->place) {
		case ZIP_HEADER:
			HR_TRY(zip_header(u, err));
			break;
		case ZIP_DATA:
			HR_TRY(zip_data(u, buf, cap, n, err));
			break;
		case ZIP_CHECK:
			HR_TRY(zip_check(u, err));
			break;
		case ZIP_TAIL:
			/* Read to the end, so that a program writing into the pipe is not cut off. */
			u->in_frame = false;
			while (!s->eof) {
				s->pos = s->len;
				HR_TRY(hr_source_fill(s, err));
			}
			return hr_unpack_end(u);
		}
	}
	return HR_OK;
}

static void zip_close(struct hr_unpack *u)
{
	struct zip *zip = u->state;

	if (zip != NULL)
		inflateEnd(&zip->z);
	free(zip);
}

const struct hr_codec hr_zip_codec = {
    .name = "zip", .detect = zip_detect, .open = zip_open, .read = zip_read, .close = zip_close};
