/* SPDX-License-Identifier: BSD-3-Clause */
/* Words, masks and rounding. All are total: a width of 64 is allowed where one is taken. */
#ifndef HR_BASE_BITS_H
#define HR_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* Bits [i, i+n) set; 0 <= i < 64, 0 <= n <= 64 - i. */
static inline uint64_t hr_mask(unsigned i, unsigned n)
{
	return n == 0 ? 0 : (UINT64_MAX >> (64 - n)) << i;
}

/* Number of zero bits below the lowest one; 64 for 0. */
static inline unsigned hr_ctz(uint64_t x)
{
	return x ? (unsigned)__builtin_ctzll(x) : 64;
}

/* Number of zero bits above the highest one; 64 for 0. */
static inline unsigned hr_clz(uint64_t x)
{
	return x ? (unsigned)__builtin_clzll(x) : 64;
}

/* Where amd64 is built without its instruction, the compiler's own calls a function that looks up bytes. */
static inline unsigned hr_popcount(uint64_t x)
{
#if defined(__POPCNT__) || !defined(__x86_64__)
	return (unsigned)__builtin_popcountll(x);
#else
	x -= x >> 1 & UINT64_C(0x5555555555555555);
	x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
	x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(x * UINT64_C(0x0101010101010101) >> 56);
#endif
}

/* To a multiple of a, a power of two. */
static inline uint64_t hr_align_up(uint64_t x, uint64_t a)
{
	return (x + a - 1) & ~(a - 1);
}

static inline uint64_t hr_align_down(uint64_t x, uint64_t a)
{
	return x & ~(a - 1);
}

static inline bool hr_is_pow2(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* x / d rounded up, without overflow; d > 0. */
static inline uint64_t hr_div_up(uint64_t x, uint64_t d)
{
	return x / d + (x % d != 0);
}

#endif
