/*
 * Bytes from a file, a pipe or memory, decompressed.
 *
 * Two stages: a source (file descriptor or memory) and a codec (none, zstd,
 * gzip), chosen from the first bytes. Plain input from a descriptor is read
 * straight into the caller's buffer; compressed input goes through `raw`.
 * Several frames or members in a row are one stream, as the tools have it.
 */
#include "config.h"

#include "trace/input.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
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

struct hr_input {
	const struct codec *codec;
	int fd;	     /* -1: memory */
	bool own_fd; /* to be closed */
	bool eof;    /* the source has no more */
	bool cut;
	bool in_frame; /* in the middle of a frame or member */
	uint8_t *raw;  /* compressed bytes, [pos, len) not yet used; the memory source's whole data */
	size_t pos, len;
	uint64_t source_bytes, total_bytes, out_bytes;
	ZSTD_DStream *zstd;
	z_stream gzip;
	bool gzip_open;
	XXH3_state_t *digest;
};

/* More bytes of the source into buf; 0 with `eof` set at its end. */
static enum hr_status source_read(struct hr_input *in, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err)
{
	ssize_t got = 0;

	*n = 0;
	if (in->eof || in->fd < 0) {
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

/* The last one takes everything. */
static const struct codec codecs[] = {
    {"zstd", zstd_detect, zstd_open, zstd_read, zstd_close},
    {"gzip", gzip_detect, gzip_open, gzip_read, gzip_close},
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

enum hr_status hr_input_open(const char *path, struct hr_input **made, struct hr_error *err)
{
	bool standard = strcmp(path, "-") == 0;
	enum hr_status status;
	struct hr_input *in;
	struct stat st;

	HR_TRY(make(&in, err));
	*made = NULL;
	in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	in->own_fd = !standard;
	if (in->fd < 0) {
		status = hr_error_set(err, HR_EIO, "cannot open: %s", strerror(errno));
		hr_input_close(in);
		return status;
	}
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
	return XXH3_64bits_digest(in->digest);
}

void hr_input_progress(const struct hr_input *in, uint64_t *done_bytes, uint64_t *total_bytes)
{
	*done_bytes = in->source_bytes - (in->len - in->pos);
	*total_bytes = in->total_bytes;
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
