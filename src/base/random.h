/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded random numbers in integers only, so that a seed gives the same numbers
 * on every machine. Not for secrets.
 *
 * Sources: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", 2021), its state filled by SplitMix64 (Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", 2014), as its
 * authors ask for.
 */
#ifndef HR_BASE_RANDOM_H
#define HR_BASE_RANDOM_H

#include "base/bits.h"

#include <stdint.h>

struct hr_random {
	uint64_t s[4]; /* not all 0 */
};

/* SplitMix64: steps *state and gives the next number. */
static inline uint64_t hr_splitmix(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}
/* Any seed will do. */
void hr_random_seed(struct hr_random *r, uint64_t seed);

/* xoshiro256**: 64 random bits. */
static inline uint64_t hr_random_next(struct hr_random *r)
{
	uint64_t x = r->s[1] * 5, result = (x << 7 | x >> 57) * 9, t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = r->s[3] << 45 | r->s[3] >> 19;
	return result;
}

/* One of 0 .. n-1; n > 0. Some are likelier than others by n in 2^64, which no trace is long enough to show. */
static inline uint64_t hr_random_below(struct hr_random *r, uint64_t n)
{
	return (uint64_t)((unsigned __int128)hr_random_next(r) * n >> 64);
}

/* The numbers below are in units of 2^-32. */
#define HR_RANDOM_ONE (UINT64_C(1) << 32)

/*
 * Exponentially distributed with mean 1 (HR_RANDOM_ONE), at most 45: -ln u for a
 * uniform u, by ln f = 2 artanh((f - 1) / (f + 1)) for f of [1, 2), whose series
 * is cut off where it adds less than 2^-29.
 */
uint64_t hr_random_exponential(struct hr_random *r);

#endif
