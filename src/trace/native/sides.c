/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/native/sides.h"

#include "base/alloc.h"
#include "trace/native/form.h"
#include "trace/varint.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static bool room(struct hr_native_bytes *b, size_t n)
{
	return b->cap - b->n >= n || hr_reserve(&b->at, &b->cap, b->n + n, 1);
}

static bool put(struct hr_native_bytes *b, uint64_t x)
{
	if (!room(b, HR_VARINT_BYTES))
		return false;
	for (; x >= 0x80; x >>= 7)
		b->at[b->n++] = (uint8_t)(x | 0x80);
	b->at[b->n++] = (uint8_t)x;
	return true;
}

static bool put_bytes(struct hr_native_bytes *b, const void *from, size_t n)
{
	if (!room(b, n))
		return false;
	if (n > 0)
		memcpy(b->at + b->n, from, n);
	b->n += n;
	return true;
}

bool hr_native_put_type(struct hr_native_bytes *b, const struct hr_type *type)
{
	return put(b, type->number) && put(b, type->addr) && put(b, type->bytes) && put(b, type->ptr_bytes) &&
	       put(b, type->name_len) && put_bytes(b, type->name, type->name_len);
}

/* A number of fields, then records: the time as the difference to the one before, the others plus 1, 0 for "not known". */
static bool put_records(struct hr_native_bytes *b, const void *records, size_t n, size_t fields)
{
	const uint64_t *at = records;
	uint64_t last = 0;

	if (!put(b, fields))
		return false;
	for (size_t i = 0; i < n; i++, at += fields) {
		if (!put(b, at[0] - last))
			return false;
		last = at[0];
		for (size_t f = 1; f < fields; f++)
			if (!put(b, at[f] + 1))
				return false;
	}
	return true;
}

bool hr_native_put_gc_cpu(struct hr_native_bytes *b, const struct hr_gc_cpu *records, size_t n)
{
	return put_records(b, records, n, HR_GC_CPU_FIELDS);
}

bool hr_native_put_rss(struct hr_native_bytes *b, const struct hr_rss_sample *samples, size_t n)
{
	return put_records(b, samples, n, HR_RSS_FIELDS);
}

bool hr_native_pack_sides(const struct hr_native_bytes *payload, int level, struct hr_native_bytes *packed)
{
	size_t bound = ZSTD_compressBound(payload->n), begin = packed->n, n;

	if (!put(packed, HR_NATIVE_ZSTD) || !put(packed, payload->n) || !room(packed, bound))
		return false;
	n = ZSTD_compress(packed->at + packed->n, bound, payload->at, payload->n, level);
	if (ZSTD_isError(n))
		return false;
	if (n < payload->n) {
		packed->n += n;
		return true;
	}
	packed->at[begin] = HR_NATIVE_RAW;
	return put_bytes(packed, payload->at, payload->n);
}

/* --- back ---------------------------------------------------------------------- */

struct cursor {
	const uint8_t *at, *end;
};

static bool get(struct cursor *c, uint64_t *x)
{
	return hr_varint(&c->at, c->end, x);
}

static enum hr_status get_types(struct cursor c, struct hr_types *types)
{
	enum hr_status status = HR_OK;

	while (c.at < c.end) {
		struct hr_type type = {0};
		uint64_t number, len;

		if (!get(&c, &number) || !get(&c, &type.addr) || !get(&c, &type.bytes) || !get(&c, &type.ptr_bytes) ||
		    !get(&c, &len) || number == 0 || number > UINT32_MAX || len > (uint64_t)(c.end - c.at))
			return HR_EINPUT;
		type.number = (uint32_t)number;
		type.name = (const char *)c.at;
		type.name_len = (size_t)len;
		c.at += len;
		switch (hr_types_add(types, &type)) {
		case HR_TYPES_NO_MEMORY:
			return HR_ENOMEM;
		case HR_TYPES_FULL:
			status = HR_END;
			break;
		default:
			break;
		}
	}
	return status;
}

/* Records of at most `fields` known fields into `record`; then *more, or the end. Later writers may have more fields. */
static bool get_record(struct cursor *c, uint64_t there, uint64_t *time_ns, uint64_t *record, size_t fields)
{
	uint64_t x;

	if (!get(c, &x) || x > UINT64_MAX - *time_ns)
		return false;
	*time_ns += x;
	record[0] = *time_ns;
	for (size_t f = 1; f < fields; f++)
		record[f] = HR_NOT_KNOWN;
	for (size_t f = 1; f < there; f++) {
		if (!get(c, &x))
			return false;
		if (f < fields)
			record[f] = x - 1;
	}
	return true;
}

/* Records come in order of time, those of a later block behind those of an earlier one. */
static enum hr_status get_records(struct cursor c, uint8_t type, struct hr_sides *sides)
{
	uint64_t there, record[HR_NATIVE_MAX_FIELDS], time_ns = 0, last_ns = 0;
	size_t fields = type == 'C' ? HR_GC_CPU_FIELDS : HR_RSS_FIELDS;

	if (type == 'C' && sides->ngc_cpu > 0)
		last_ns = sides->gc_cpu[sides->ngc_cpu - 1].time_ns;
	else if (type == 'R' && sides->nrss > 0)
		last_ns = sides->rss[sides->nrss - 1].time_ns;
	if (!get(&c, &there) || there == 0 || there > HR_NATIVE_MAX_FIELDS)
		return HR_EINPUT;
	while (c.at < c.end) {
		struct hr_gc_cpu gc_cpu;
		struct hr_rss_sample rss;

		if (!get_record(&c, there, &time_ns, record, fields) || time_ns < last_ns)
			return HR_EINPUT;
		if (type == 'C') {
			memcpy(&gc_cpu, record, sizeof(gc_cpu));
			if (!hr_sides_add_gc_cpu(sides, &gc_cpu))
				return HR_ENOMEM;
		} else {
			memcpy(&rss, record, sizeof(rss));
			if (!hr_sides_add_rss(sides, &rss))
				return HR_ENOMEM;
		}
	}
	return HR_OK;
}

static enum hr_status parse(uint8_t type, struct cursor c, struct hr_sides *sides)
{
	return type == 'Y' ? get_types(c, &sides->types) : get_records(c, type, sides);
}

enum hr_status hr_native_parse_sides(uint8_t type, const uint8_t *stored, size_t n, struct hr_sides *sides)
{
	struct cursor c = {stored, stored + n};
	uint64_t codec, size;
	enum hr_status status;
	uint8_t *unpacked;

	if (!get(&c, &codec) || !get(&c, &size) || codec > HR_NATIVE_ZSTD || size > HR_NATIVE_MAX_STORED)
		return HR_EINPUT;
	n = (size_t)(c.end - c.at);
	if (codec == HR_NATIVE_RAW)
		return size == n ? parse(type, c, sides) : HR_EINPUT;
	/* zstd expands three bytes to at most 128 KiB; a larger claim is an attempt to exhaust memory. */
	if (size >> 17 > n / 3)
		return HR_EINPUT;
	unpacked = hr_calloc(size + 1, 1);
	if (unpacked == NULL)
		return HR_ENOMEM;
	if (ZSTD_decompress(unpacked, size, c.at, n) == size)
		status = parse(type, (struct cursor){unpacked, unpacked + size}, sides);
	else
		status = HR_EINPUT;
	free(unpacked);
	return status;
}
