/* Streams: what was compressed comes out again, in whatever pieces; what was cut off or damaged is told apart. */
#include "config.h"

#include "trace/input.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

enum { PLAIN_BYTES = 1 << 20 };

struct data {
	uint8_t *bytes;
	size_t n;
};

static struct data plain(void)
{
	struct data d = {malloc(PLAIN_BYTES), PLAIN_BYTES};
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

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		check_whole(p, p, "none", pieces[i]);
		check_whole(z, p, "zstd", pieces[i]);
		check_whole(g, p, "gzip", pieces[i]);
		check_whole(zz, pp, "zstd", pieces[i]);
		check_whole(gg, pp, "gzip", pieces[i]);
	}
	check_whole(z, p, "zstd", 1);
	free(p.bytes), free(z.bytes), free(g.bytes), free(pp.bytes), free(zz.bytes), free(gg.bytes);
}

static void test_cut(void **state)
{
	struct data p = plain(), packed[] = {zstd(p), gzip(p)};
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t n = 5; n < packed[i].n; n += 12345) {
			assert_int_equal(hr_input_open_memory(packed[i].bytes, n, &in, &err), HR_OK);
			assert_int_equal(drain(in, p, 1 << 16, &total, &err), HR_END);
			assert_true(hr_input_cut(in));
			hr_input_close(in);
		}
	free(p.bytes), free(packed[0].bytes), free(packed[1].bytes);
}

static void test_damaged(void **state)
{
	struct data p = plain(), packed[] = {zstd(p), gzip(p)};
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
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
	free(p.bytes), free(packed[0].bytes), free(packed[1].bytes);
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
	struct data p = plain(), all[] = {p, zstd(p), gzip(p)};
	int fd = mkstemp(path);
	struct hr_input *in;
	struct hr_error err;
	size_t total;

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, all[i].bytes, all[i].n, 0), all[i].n);
		assert_int_equal(hr_input_open(path, &in, &err), HR_OK);
		assert_int_equal(drain(in, p, 5000, &total, &err), HR_END);
		assert_int_equal(total, p.n);
		hr_input_close(in);
	}
	for (size_t i = 0; i < 3; i++)
		free(all[i].bytes);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),   cmocka_unit_test(test_cut),	 cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_nothing), cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
