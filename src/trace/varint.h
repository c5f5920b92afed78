/* SPDX-License-Identifier: BSD-3-Clause */
/* Unsigned LEB128: seven bits a byte, low group first, the high bit says that more follow. */
#ifndef HR_TRACE_VARINT_H
#define HR_TRACE_VARINT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { HR_VARINT_BYTES = 10 };

static inline uint64_t hr_load64(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/*
 * Moves *at behind the number, which goes to *v. Padded forms are fine. False
 * (and *at unchanged): it does not end before `end`, or is no 64-bit number;
 * the first is so when fewer than HR_VARINT_BYTES are left.
 */
static inline bool hr_varint(const uint8_t **at, const uint8_t *end, uint64_t *v)
{
	const uint8_t *p = *at;
	uint64_t x = 0;

	for (unsigned shift = 0; p < end && shift < 70; shift += 7) {
		uint64_t b = *p++;

		if (shift == 63 && (b & 0x7e) != 0)
			return false;
		x |= (b & 0x7f) << shift;
		if (b < 0x80) {
			*at = p;
			*v = x;
			return true;
		}
	}
	return false;
}

/*
 * The same where it is known that a good number stands at *at, and that eight
 * bytes may be loaded from there. Groups are moved together in pairs, fours and
 * eights; numbers of nine and ten bytes are rare.
 */
static inline uint64_t hr_varint_known(const uint8_t **at)
{
	const uint8_t *p = *at;
	uint64_t x = hr_load64(p), ends = ~x & 0x8080808080808080, v = 0;

	if (__builtin_expect(ends == 0, 0)) {
		hr_varint(at, p + HR_VARINT_BYTES, &v);
		return v;
	}
	*at = p + (unsigned)__builtin_ctzll(ends) / 8 + 1;
	x &= ends ^ (ends - 1);
	x &= 0x7f7f7f7f7f7f7f7f;
	x = (x & 0x007f007f007f007f) | (x & 0x7f007f007f007f00) >> 1;
	x = (x & 0x00003fff00003fff) | (x & 0x3fff00003fff0000) >> 2;
	return (x & 0x000000000fffffff) | (x & 0x0fffffff00000000) >> 4;
}

/* Moves behind such a number; for those that mostly have one byte. */
static inline void hr_varint_skip_known(const uint8_t **at)
{
	while (*(*at)++ >= 0x80)
		;
}

#endif
