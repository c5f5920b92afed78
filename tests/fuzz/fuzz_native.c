/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a native trace: no crash, no hang; times never fall, how many
 * events are asked for at a time changes none of them, and what was taken is,
 * once written, the same again, from its beginning and from where the index
 * leads. Since few changed bytes would get past the checksums, they are made
 * right first, so that what stands in the blocks is looked at. The first byte of
 * the input is not part of the trace: its lowest bit leaves the checksums as they
 * are, the others say what is tried: two of them choose, as each takes its time.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/native/form.h"
#include "trace/native/native.h"

#include "mutate.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_EVENTS = 1 << 13, MAX_BYTES = 1 << 16 };

struct trace {
	enum hr_status status;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event ev[MAX_EVENTS];
	size_t n;
};

/* Up to MAX_EVENTS of them; jump_ns: from there on, 0 from the beginning. */
static void read_all(const uint8_t *data, size_t size, size_t piece, uint64_t jump_ns, struct trace *t)
{
	const struct hr_reader_options options = {
	    .want = (unsigned)HR_WANT_ALL, .jump = jump_ns > 0, .from_ns = jump_ns};
	struct hr_reader *r;
	struct hr_error err;
	size_t n;

	t->n = 0;
	t->status = hr_reader_open_memory(data, size, &options, &r, &err);
	if (t->status != HR_OK)
		return;
	t->meta = *hr_reader_meta(r);
	while (t->n < MAX_EVENTS) {
		size_t room = MAX_EVENTS - t->n < piece ? MAX_EVENTS - t->n : piece;

		t->status = hr_reader_next(r, t->ev + t->n, room, &n, &err);
		if (t->status != HR_OK)
			break;
		if (n == 0 || n > room)
			abort();
		for (size_t i = t->n; i < t->n + n; i++)
			if (t->ev[i].kind >= HR_EVENT_KIND_COUNT || (i > 0 && t->ev[i].time_ns < t->ev[i - 1].time_ns))
				abort();
		t->n += n;
	}
	t->stats = *hr_reader_stats(r);
	hr_reader_close(r);
}

static void mend_checksums(uint8_t *at, size_t size)
{
	size_t pos = HR_NATIVE_MAGIC_BYTES;

	if (size >= HR_NATIVE_MAGIC_BYTES)
		memcpy(at, HR_NATIVE_MAGIC, HR_NATIVE_MAGIC_BYTES);
	while (size - pos >= HR_NATIVE_HEADER_BYTES && pos < size && memcmp(at + pos, HR_NATIVE_MARKER, 4) == 0) {
		size_t stored = hr_load32(at + pos + 8), rest = size - pos - HR_NATIVE_HEADER_BYTES;

		if (stored > rest)
			stored = rest;
		hr_store64(at + pos + 32, XXH3_64bits(at + pos + HR_NATIVE_HEADER_BYTES, stored));
		hr_store64(at + pos + 40, XXH3_64bits(at + pos, 40));
		pos += HR_NATIVE_HEADER_BYTES + stored;
	}
	if (size >= HR_NATIVE_FOOTER_BYTES) {
		uint8_t *footer = at + size - HR_NATIVE_FOOTER_BYTES;

		if (memcmp(footer, HR_NATIVE_FOOTER_MARKER, 4) == 0)
			hr_store64(footer + 16, XXH3_64bits(footer, 16));
	}
}

static void same_events(const struct hr_event *a, const struct hr_event *b, size_t n)
{
	if (memcmp(a, b, n * sizeof(*a)) != 0)
		abort();
}

/* What was read is written; then it is whole, and the index leads into it. */
static void write_again(const struct trace *first)
{
	static struct trace second;
	const struct hr_native_options options = {.level = 1};
	struct hr_native_writer *w;
	struct hr_error err;
	char *bytes;
	size_t size, from;
	FILE *f = open_memstream(&bytes, &size);

	if (f == NULL || hr_native_begin(f, &first->meta, &options, &w, &err) != HR_OK ||
	    hr_native_add(w, first->ev, first->n, &err) != HR_OK || hr_native_end(w, &first->stats, &err) != HR_OK)
		abort();
	hr_native_free(w);
	fclose(f);
	read_all((uint8_t *)bytes, size, MAX_EVENTS, 0, &second);
	if (second.n != first->n || (second.n < MAX_EVENTS && second.status != HR_END) ||
	    second.stats.lost_what[0] != '\0')
		abort();
	same_events(first->ev, second.ev, first->n);
	if (first->n > 0 && first->ev[first->n / 2].time_ns > 0) {
		uint64_t jump_ns = first->ev[first->n / 2].time_ns;

		read_all((uint8_t *)bytes, size, MAX_EVENTS, jump_ns, &second);
		for (from = 0; from < second.n && second.ev[from].time_ns < jump_ns; from++)
			;
		for (size = 0; first->ev[size].time_ns < jump_ns; size++)
			;
		if (second.n - from != first->n - size)
			abort();
		same_events(first->ev + size, second.ev + from, first->n - size);
	}
	free(bytes);
}

static void read_in_pieces(const uint8_t *bytes, size_t size, size_t piece, const struct trace *first)
{
	static struct trace second;

	read_all(bytes, size, piece, 0, &second);
	if (second.n != first->n || second.status != first->status ||
	    (first->n < MAX_EVENTS &&
	     memcmp(first->stats.anomalies, second.stats.anomalies, sizeof(first->stats.anomalies)) != 0))
		abort();
	same_events(first->ev, second.ev, first->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace first;
	static uint8_t bytes[MAX_BYTES];

	if (size == 0 || size > MAX_BYTES)
		return 0;
	memcpy(bytes, data + 1, --size);
	if ((data[0] & 1) == 0)
		mend_checksums(bytes, size);
	/* An index that lies, snapshots of anything. */
	if (data[0] >> 6 == 3) {
		read_all(bytes, size, MAX_EVENTS, 1 + ((uint64_t)data[0] << 20), &first);
		return 0;
	}
	read_all(bytes, size, MAX_EVENTS, 0, &first);
	if ((first.status != HR_OK && first.status != HR_END) || first.meta.format != HR_FORMAT_NATIVE)
		return 0;
	if (data[0] >> 6 == 2)
		write_again(&first);
	else
		read_in_pieces(bytes, size, 1 + (data[0] >> 1), &first);
	return 0;
}

/* --- mutations: blocks, and within those of events columns ----------------------------- */

static bool split_block(const uint8_t *p, size_t n, struct mutate_part *part)
{
	if (n < HR_NATIVE_HEADER_BYTES || memcmp(p, HR_NATIVE_MARKER, 4) != 0)
		return false;
	part->head = HR_NATIVE_HEADER_BYTES;
	part->body = hr_load32(p + 8);
	if (part->body > n - part->head)
		part->body = n - part->head;
	return true;
}

static size_t block_head(const uint8_t *p, const struct mutate_part *part, size_t body, uint8_t *to)
{
	memcpy(to, p, part->head);
	hr_store32(to + 8, (uint32_t)body);
	return part->head;
}

static bool split_column(const uint8_t *p, size_t n, struct mutate_part *part)
{
	uint64_t unpacked, stored;
	size_t at = 2;

	if (n < 4 || !mutate_get_leb128(p, n, &at, &unpacked) || !mutate_get_leb128(p, n, &at, &stored) ||
	    stored > n - at)
		return false;
	part->head = at;
	part->body = (size_t)stored;
	return true;
}

/* The column's number stays, its bytes are no longer compressed if they are others. */
static size_t column_head(const uint8_t *p, const struct mutate_part *part, size_t body, uint8_t *to)
{
	size_t at = 2;

	if (body == part->body) {
		memcpy(to, p, part->head);
		return part->head;
	}
	to[0] = p[0];
	to[1] = HR_NATIVE_RAW;
	at += mutate_leb128(to + at, body);
	return at + mutate_leb128(to + at, body);
}

/* What stands in a compressed column is changed, not the compressed form. */
static size_t change_column(const uint8_t *head, uint8_t *body, size_t n, size_t max, unsigned seed)
{
	static uint8_t plain[MUTATE_MAX_BYTES];
	size_t got = head[1] == HR_NATIVE_ZSTD ? ZSTD_decompress(plain, sizeof(plain), body, n) : 0;

	(void)seed;
	if (head[1] != HR_NATIVE_ZSTD || ZSTD_isError(got) || got > max)
		return LLVMFuzzerMutate(body, n, max);
	memcpy(body, plain, got);
	return LLVMFuzzerMutate(body, got, max);
}

static size_t change_block(const uint8_t *head, uint8_t *body, size_t n, size_t max, unsigned seed)
{
	static struct mutate_room room;
	static const struct mutate_form columns = {&room, 0, split_column, column_head, change_column};

	return head[4] == 'E' || head[4] == 'S' ? mutate(body, n, max, seed, &columns) : LLVMFuzzerMutate(body, n, max);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static struct mutate_room room;
	static const struct mutate_form blocks = {&room, 1 + HR_NATIVE_MAGIC_BYTES, split_block, block_head,
						  change_block};

	return mutate(data, size, max_size, seed, &blocks);
}
