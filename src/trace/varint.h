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

/* The same where it is known that a good number stands at *at. */
static inline uint64_t hr_varint_known(const uint8_t **at)
{
	const uint8_t *p = *at;
	uint64_t x = *p++;

	if (x >= 0x80) {
		uint64_t b;

		x &= 0x7f;
		for (unsigned shift = 7;; shift += 7) {
			b = *p++;
			x |= (b & 0x7f) << shift;
			if (b < 0x80)
				break;
		}
	}
	*at = p;
	return x;
}

#endif
