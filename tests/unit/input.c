/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams: what was compressed comes out again, in whatever pieces; what was cut off or damaged is told apart. */
#include "config.h"

#include "trace/input.h"

#include "testing.h"

#include <bzlib.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

struct data {
	uint8_t *bytes;
	size_t n;
};

static struct data plain(void)
{
	/* More than a block of bzip2 even where everything is slow. */
	const size_t bytes = test_quick() ? 1 << 18 : 1 << 20;
	struct data d = {malloc(bytes), bytes};
	uint64_t random = 7;

	/* Compressible, but not by much. */
	for (size_t i = 0; i < d.n; i++)
		d.bytes[i] = (uint8_t)(test_random(&random) >> 60);
	return d;
}

static struct data zstd(struct data from)
{
	struct data d = {malloc(ZSTD_compressBound(from.n)), 0};

	d.n = ZSTD_compress(d.bytes, ZSTD_compressBound(from.n), from.bytes, from.n, 1);
	assert_false(ZSTD_isError(d.n));
	return d;
}

static struct data gzip(struct data from)
{
	struct data d = {malloc(from.n + 1000), from.n + 1000};
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = from.bytes;
	z.avail_in = (uInt)from.n;
	z.next_out = d.bytes;
	z.avail_out = (uInt)d.n;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	d.n -= z.avail_out;
	deflateEnd(&z);
	return d;
}

static struct data xz(struct data from)
{
	struct data d = {malloc(lzma_stream_buffer_bound(from.n)), 0};

	assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, from.bytes, from.n, d.bytes, &d.n,
						 lzma_stream_buffer_bound(from.n)),
			 LZMA_OK);
	return d;
}

static struct data lz4(struct data from)
{
	const size_t bound = LZ4F_compressFrameBound(from.n, NULL);
	struct data d = {malloc(bound), 0};

	d.n = LZ4F_compressFrame(d.bytes, bound, from.bytes, from.n, NULL);
	assert_false(LZ4F_isError(d.n));
	return d;
}

static struct data bzip2(struct data from)
{
	struct data d = {malloc(from.n + from.n / 50 + 1000), 0};
	unsigned n = (unsigned)(from.n + from.n / 50 + 1000);

	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)d.bytes, &n, (char *)from.bytes, (unsigned)from.n, 1, 0, 0),
			 BZ_OK);
	d.n = n;
	return d;
}

/* How an archive is made; 0 is the plainest. */
struct packing {
	const char *name, *next; /* of the entry (NULL: "trace.txt"), and of one behind it */
	bool stored;
	bool described;		/* checksum and sizes stand behind the data ... */
	bool unsigned_;		/* ... without a signature */
	bool wide;		/* sizes have 64 bits */
	bool folder;		/* one comes first */
	bool unended;		/* no directory */
	unsigned flags, method; /* set besides */
	uint32_t crc_flip;
};

static void put_le(struct data *d, uint64_t x, unsigned bytes)
{
	for (; bytes-- > 0; x >>= 8)
		d->bytes[d->n++] = (uint8_t)x;
}

static void put_header(struct data *d, const struct packing *p, const char *name, uint32_t crc, uint64_t packed,
		       uint64_t plain)
{
	bool later = p->described, wide = p->wide && !later;

	put_le(d, 0x04034b50, 4);
	put_le(d, 45, 2);
	put_le(d, (later ? 8u : 0) | p->flags, 2);
	put_le(d, p->method != 0 ? p->method : p->stored ? 0 : 8, 2);
	put_le(d, 0, 4);
	put_le(d, later ? 0 : crc, 4);
	put_le(d, wide ? UINT32_MAX : later ? 0 : packed, 4);
	put_le(d, wide ? UINT32_MAX : later ? 0 : plain, 4);
	put_le(d, strlen(name), 2);
	put_le(d, wide ? 29 : 9, 2);
	memcpy(d->bytes + d->n, name, strlen(name));
	d->n += strlen(name);
	/* Some other extra field, then that of the sizes. */
	put_le(d, 0x5455, 2);
	put_le(d, 5, 2);
	put_le(d, 1, 5);
	if (wide) {
		put_le(d, 1, 2);
		put_le(d, 16, 2);
		put_le(d, plain, 8);
		put_le(d, packed, 8);
	}
}

static struct data zip(struct data from, const struct packing *p)
{
	struct data d = {malloc(from.n + 2000), 0}, raw = {malloc(from.n + 1000), from.n + 1000};
	uint32_t crc = (uint32_t)crc32(0, from.bytes, (uInt)from.n) ^ p->crc_flip;
	z_stream z = {0};

	if (p->stored) {
		memcpy(raw.bytes, from.bytes, from.n);
		raw.n = from.n;
	} else {
		assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
		z.next_in = from.bytes;
		z.avail_in = (uInt)from.n;
		z.next_out = raw.bytes;
		z.avail_out = (uInt)raw.n;
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		raw.n -= z.avail_out;
		deflateEnd(&z);
	}
	if (p->folder)
		put_header(&d, &(struct packing){.stored = true}, "folder/", 0, 0, 0);
	put_header(&d, p, p->name != NULL ? p->name : "trace.txt", crc, raw.n, from.n);
	memcpy(d.bytes + d.n, raw.bytes, raw.n);
	d.n += raw.n;
	if (p->described) {
		if (!p->unsigned_)
			put_le(&d, 0x08074b50, 4);
		put_le(&d, crc, 4);
		put_le(&d, raw.n, p->wide ? 8 : 4);
		put_le(&d, from.n, p->wide ? 8 : 4);
	}
	if (p->next != NULL) {
		put_header(&d, &(struct packing){.stored = true}, p->next,
			   (uint32_t)crc32(0, (const Bytef *)"hello", 5), 5, 5);
		memcpy(d.bytes + d.n, "hello", 5);
		d.n += 5;
	}
	if (!p->unended) {
		put_le(&d, 0x02014b50, 4);
		for (unsigned i = 0; i < 80; i++)
			put_le(&d, i, 1);
	}
	free(raw.bytes);
	return d;
}

static struct data twice(struct data from)
{
	struct data d = {malloc(2 * from.n), 2 * from.n};

	memcpy(d.bytes, from.bytes, from.n);
	memcpy(d.bytes + from.n, from.bytes, from.n);
	return d;
}

/* Reads to the end in pieces of at most `piece`; what comes out must begin `want`. */
static enum hr_status drain(struct hr_input *in, struct data want, size_t piece, size_t *total, struct hr_error *err)
{
	uint8_t *buf = malloc(piece);
	enum hr_status status;
	size_t n;

	*total = 0;
	while ((status = hr_input_read(in, buf, piece, &n, err)) == HR_OK) {
		assert_in_range(n, 1, piece);
		assert_in_range(*total + n, 1, want.n);
		assert_memory_equal(buf, want.bytes + *total, n);
		*total += n;
	}
	assert_int_equal(hr_input_bytes(in), *total);
	free(buf);
	return status;
}

static void check_whole(struct data packed, struct data want, const char *name, size_t piece)
{
	struct hr_input *in;
	struct hr_error err;
	uint64_t done, size;
	size_t total;

	assert_int_equal(hr_input_open_memory(packed.bytes, packed.n, &in, &err), HR_OK);
	assert_string_equal(hr_input_compression(in), name);
	assert_int_equal(drain(in, want, piece, &total, &err), HR_END);
	assert_int_equal(total, want.n);
	assert_false(hr_input_cut(in));
	assert_int_equal(hr_input_digest(in), XXH3_64bits(want.bytes, want.n));
	hr_input_progress(in, &done, &size);
	assert_int_equal(done, packed.n);
	assert_int_equal(size, packed.n);
	hr_input_close(in);
}

static void test_whole(void **state)
{
	static const size_t pieces[] = {997, 1 << 16, 3 << 20};
	struct data p = plain(), z = zstd(p), g = gzip(p), pp = twice(p), zz = twice(z), gg = twice(g);
	struct data b = bzip2(p), bb = twice(b), x = xz(p), xx = twice(x), l = lz4(p), ll = twice(l);

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		check_whole(p, p, "none", pieces[i]);
		check_whole(z, p, "zstd", pieces[i]);
		check_whole(g, p, "gzip", pieces[i]);
		check_whole(zz, pp, "zstd", pieces[i]);
		check_whole(gg, pp, "gzip", pieces[i]);
		check_whole(b, p, "bzip2", pieces[i]);
		check_whole(bb, pp, "bzip2", pieces[i]);
		check_whole(x, p, "xz", pieces[i]);
		check_whole(xx, pp, "xz", pieces[i]);
		check_whole(l, p, "lz4", pieces[i]);
		check_whole(ll, pp, "lz4", pieces[i]);
	}
	check_whole(z, p, "zstd", 1);
	free(p.bytes), free(z.bytes), free(g.bytes), free(pp.bytes), free(zz.bytes), free(gg.bytes), free(b.bytes),
	    free(bb.bytes), free(x.bytes), free(xx.bytes), free(l.bytes), free(ll.bytes);
}

static void test_cut(void **state)
{
	struct data p = plain(), packed[] = {zstd(p), gzip(p), bzip2(p), xz(p), lz4(p), zip(p, &(struct packing){0})};
	const size_t n_packed = sizeof(packed) / sizeof(packed[0]);
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	for (size_t i = 0; i < n_packed; i++)
		for (size_t n = 5; n < packed[i].n; n += 12345) {
			assert_int_equal(hr_input_open_memory(packed[i].bytes, n, &in, &err), HR_OK);
			assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_END);
			assert_true(hr_input_cut(in));
			hr_input_close(in);
		}
	free(p.bytes);
	for (size_t i = 0; i < n_packed; i++)
		free(packed[i].bytes);
}

/* The bytes of x, then n of y. */
static struct data with(struct data x, const void *y, size_t n)
{
	struct data d = {malloc(x.n + n), x.n + n};

	if (x.n > 0)
		memcpy(d.bytes, x.bytes, x.n);
	if (n > 0)
		memcpy(d.bytes + x.n, y, n);
	return d;
}

/* Zeros behind a member, as tar and dd leave them. */
static void test_padding(void **state)
{
	static const uint8_t zeros[512];
	struct data p = plain(), pp = twice(p), packed[] = {gzip(p), bzip2(p), xz(p)};
	static const char *const names[] = {"gzip", "bzip2", "xz"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct data one = with(packed[i], zeros, sizeof(zeros)), two = with(one, packed[i].bytes, packed[i].n);

		check_whole(one, p, names[i], 1 << 16);
		check_whole(two, pp, names[i], 997);
		free(one.bytes), free(two.bytes), free(packed[i].bytes);
	}
	free(p.bytes), free(pp.bytes);
}

/* Frames without data in front, as pzstd writes them (RFC 8878, 3.1.2): here of 4 bytes, then of none. */
static void test_empty_frames(void **state)
{
	static const uint8_t empty[] = {0x50, 0x2a, 0x4d, 0x18, 4,    0,    0, 0, 1, 2,
					3,    4,    0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
	struct data p = plain(), front = {NULL, 0}, packed[] = {zstd(p), lz4(p)};
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	front = with(front, empty, sizeof(empty));
	for (size_t i = 0; i < 2; i++) {
		struct data d = with(front, packed[i].bytes, packed[i].n);

		check_whole(d, p, i == 0 ? "zstd" : "lz4", 1 << 16);
		free(d.bytes), free(packed[i].bytes);
	}
	/* Nothing else, not even a whole one, and one that says it has 4 GiB. */
	for (size_t n = 4; n <= sizeof(empty); n++) {
		assert_int_equal(hr_input_open_memory(empty, n, &in, &err), HR_OK);
		assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_END);
		hr_input_close(in);
	}
	memset(front.bytes + 4, 0xff, 4);
	assert_int_equal(hr_input_open_memory(front.bytes, front.n, &in, &err), HR_OK);
	assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_END);
	hr_input_close(in);
	free(front.bytes), free(p.bytes);
}

static void test_damaged(void **state)
{
	struct data p = plain(), packed[] = {zstd(p), gzip(p), bzip2(p), xz(p), lz4(p), zip(p, &(struct packing){0})};
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		/* Behind the last frame there is something that is none. */
		packed[i].bytes[packed[i].n - 1] ^= 1;
		struct data d = twice(packed[i]);

		d.bytes[packed[i].n - 1] ^= 1;
		memset(d.bytes + packed[i].n, 'x', packed[i].n);
		assert_int_equal(hr_input_open_memory(d.bytes, d.n, &in, &err), HR_OK);
		assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_EINPUT);
		assert_int_equal(total, p.n);
		assert_int_equal(err.offset, p.n);
		hr_input_close(in);
		free(d.bytes);
	}
	free(p.bytes);
	for (size_t i = 0; i < 6; i++)
		free(packed[i].bytes);
}

/* Every way to write an archive of one file. */
static void test_zip(void **state)
{
	static const struct packing ways[] = {
	    {0},
	    {.stored = true},
	    {.described = true},
	    {.described = true, .unsigned_ = true},
	    {.wide = true},
	    {.stored = true, .wide = true},
	    {.described = true, .wide = true},
	    {.described = true, .unsigned_ = true, .wide = true},
	    {.folder = true},
	    {.folder = true, .described = true},
	    {.flags = 1 << 11}, /* the name is in UTF-8 */
	};
	static const size_t pieces[] = {1, 997, 3 << 20};
	struct data p = plain();

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct data d = zip(p, &ways[i]);

		for (size_t j = i == 0 ? 0 : 1; j < 3; j++)
			check_whole(d, p, "zip", pieces[j]);
		free(d.bytes);
	}
	free(p.bytes);
}

/* What macOS puts beside a file is not another one. */
static void test_zip_beside(void **state)
{
	static const struct packing ways[] = {{.next = "__MACOSX/._trace.txt"},
					      {.next = "folder/.DS_Store", .described = true},
					      {.next = ".DS_Store", .stored = true}};
	struct data p = plain();

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct data d = zip(p, &ways[i]);

		check_whole(d, p, "zip", 997);
		free(d.bytes);
	}
	free(p.bytes);
}

/* What can't be read, and that it is said. */
static void test_zip_refused(void **state)
{
	static const struct {
		struct packing packing;
		const char *text;
	} cases[] = {
	    {{.next = "b.txt"}, "more than one file, trace.txt and b.txt"},
	    {{.name = "a\nb", .next = "c"}, "more than one file, a?b and c"},
	    {{.described = true, .next = "b.txt"}, "more than one file"},
	    {{.flags = 1}, "trace.txt in the zip archive is encrypted"},
	    {{.method = 12}, "trace.txt in the zip archive is compressed by method 12"},
	    {{.stored = true, .described = true}, "stored without its size"},
	    {{.crc_flip = 1}, "checksum"},
	    {{.described = true, .crc_flip = 1}, "checksum"},
	    {{.stored = true, .crc_flip = 1u << 31}, "checksum"},
	};
	struct data p = plain();
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct data d = zip(p, &cases[i].packing);

		assert_int_equal(hr_input_open_memory(d.bytes, d.n, &in, &err), HR_OK);
		assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_EINPUT);
		assert_non_null(strstr(err.text, cases[i].text));
		hr_input_close(in);
		free(d.bytes);
	}
	/* Data that is no deflate stream; no file at all; no header. */
	struct data d = zip(p, &(struct packing){0});
	memset(d.bytes + 1000, 0xff, 1000);
	assert_int_equal(hr_input_open_memory(d.bytes, d.n, &in, &err), HR_OK);
	assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_EINPUT);
	hr_input_close(in);
	d.n = 0;
	put_header(&d, &(struct packing){.stored = true}, "folder/", 0, 0, 0);
	put_le(&d, 0x02014b50, 4);
	assert_int_equal(hr_input_open_memory(d.bytes, d.n, &in, &err), HR_OK);
	assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_EINPUT);
	assert_non_null(strstr(err.text, "no file"));
	hr_input_close(in);
	put_le(&d, 0x12345678, 4);
	d.bytes[d.n - 8] = 0;
	assert_int_equal(hr_input_open_memory(d.bytes, d.n, &in, &err), HR_OK);
	assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_EINPUT);
	hr_input_close(in);
	/* An archive that stops behind its file, or within what stands there. */
	free(d.bytes);
	d = zip(p, &(struct packing){.described = true, .unended = true});
	for (size_t less = 0; less < 17; less++) {
		assert_int_equal(hr_input_open_memory(d.bytes, d.n - less, &in, &err), HR_OK);
		assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_END);
		assert_int_equal(total, p.n);
		assert_true(hr_input_cut(in));
		hr_input_close(in);
	}
	free(d.bytes), free(p.bytes);
}

/* A quarter of a gigabyte of zeros (in slow builds less), from a megabyte, takes no memory. */
static void test_bomb(void **state)
{
	const size_t chunk = 1 << 20, chunks = test_quick() ? 1 << 6 : 1 << 8;
	struct data raw = {malloc(2 << 20), 0}, d = {malloc(3 << 20), 0};
	uint8_t *zeros = calloc(1, chunk);
	struct rusage before, after;
	uint64_t total = 0;
	uint32_t crc = 0;
	z_stream z = {0};
	struct hr_input *in;
	struct hr_error err;
	enum hr_status status;
	size_t n;

	(void)state;
	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = raw.bytes;
	z.avail_out = 2 << 20;
	for (size_t i = 0; i < chunks; i++) {
		z.next_in = zeros;
		z.avail_in = (uInt)chunk;
		crc = (uint32_t)crc32(crc, zeros, (uInt)chunk);
		assert_in_range(deflate(&z, i + 1 < chunks ? Z_NO_FLUSH : Z_FINISH), Z_OK, Z_STREAM_END);
	}
	raw.n = (2 << 20) - z.avail_out;
	deflateEnd(&z);
	put_header(&d, &(struct packing){0}, "zeros", crc, raw.n, chunk * chunks);
	memcpy(d.bytes + d.n, raw.bytes, raw.n);
	d.n += raw.n;
	put_le(&d, 0x02014b50, 4);
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(hr_input_open_memory(d.bytes, d.n, &in, &err), HR_OK);
	while ((status = hr_input_read(in, zeros, chunk, &n, &err)) == HR_OK)
		total += n;
	assert_int_equal(status, HR_END);
	assert_int_equal(total, chunk * chunks);
	hr_input_close(in);
	getrusage(RUSAGE_SELF, &after);
	/* In KiB, with room for what instrumented builds add. */
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 16 << 10);
	free(raw.bytes), free(d.bytes), free(zeros);
}

static void test_nothing(void **state)
{
	struct hr_input *in;
	struct hr_error err;
	uint8_t byte;
	size_t n;

	(void)state;
	assert_int_equal(hr_input_open_memory(NULL, 0, &in, &err), HR_OK);
	assert_int_equal(hr_input_read(in, &byte, 1, &n, &err), HR_END);
	assert_false(hr_input_cut(in));
	hr_input_close(in);
	assert_int_equal(hr_input_open("/nonexistent/file", &in, &err), HR_EIO);
	assert_int_equal(hr_input_open("/", &in, &err), HR_EIO);
}

/* From a descriptor it is the same bytes. */
static void test_file(void **state)
{
	char path[] = "/tmp/heapreplay-input-XXXXXX";
	struct data p = plain(), all[] = {p, zstd(p), gzip(p), bzip2(p), zip(p, &(struct packing){.described = true})};
	int fd = mkstemp(path);
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, all[i].bytes, all[i].n, 0), all[i].n);
		assert_int_equal(hr_input_open(path, &in, &err), HR_OK);
		assert_int_equal(drain(in, p, 5000, &total, &err), HR_END);
		assert_int_equal(total, p.n);
		hr_input_close(in);
	}
	for (size_t i = 0; i < 5; i++)
		free(all[i].bytes);
	close(fd);
	unlink(path);
}

/* A pipe that says nothing is waited for only as long as is wanted. */
static void test_stop(void **state)
{
	char path[] = "/tmp/heapreplay-input-XXXXXX";
	int fd = mkstemp(path), keep, stop[2];
	struct hr_input *in;
	struct hr_error err;
	char buf[16];
	size_t n;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	keep = open(path, O_RDWR);
	assert_true(keep >= 0);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(keep, "hello", 5), 5);
	assert_int_equal(hr_input_open_until(path, stop[0], &in, &err), HR_OK);
	assert_int_equal(hr_input_read(in, buf, sizeof(buf), &n, &err), HR_OK);
	assert_int_equal(n, 5);
	close(stop[1]);
	assert_int_equal(hr_input_read(in, buf, sizeof(buf), &n, &err), HR_END);
	assert_false(hr_input_cut(in));
	hr_input_close(in);
	close(stop[0]);
	close(keep);
	unlink(path);
}

HR_TEST_MAIN(input)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),	 cmocka_unit_test(test_cut),	     cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_empty_frames), cmocka_unit_test(test_zip_beside),  cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_zip),		 cmocka_unit_test(test_zip_refused), cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_nothing),	 cmocka_unit_test(test_file),	     cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
