/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The payloads of the blocks Y, C and R of a native trace: types, CPU time of GC
 * cycles, samples of memory. heapreplay-trace(5) describes them.
 */
#ifndef HR_TRACE_NATIVE_SIDES_H
#define HR_TRACE_NATIVE_SIDES_H

#include "trace/sides.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that grow; free(at). */
struct hr_native_bytes {
	uint8_t *at;
	size_t n, cap;
};

/* Each appends to the payload. False: out of memory. */
bool hr_native_put_type(struct hr_native_bytes *b, const struct hr_type *type);
bool hr_native_put_gc_cpu(struct hr_native_bytes *b, const struct hr_gc_cpu *records, size_t n);
bool hr_native_put_rss(struct hr_native_bytes *b, const struct hr_rss_sample *samples, size_t n);
/* zstd's frame of the payload, or the payload, behind how it is stored. False: out of memory. */
bool hr_native_pack_sides(const struct hr_native_bytes *payload, int level, struct hr_native_bytes *packed);

/*
 * What a block of that type holds, added to the sides: from its stored payload of
 * n bytes. HR_OK; HR_EINPUT: it makes no sense from some place on; HR_ENOMEM;
 * HR_END: there are more types than are kept.
 */
enum hr_status hr_native_parse_sides(uint8_t type, const uint8_t *stored, size_t n, struct hr_sides *sides);

#endif
