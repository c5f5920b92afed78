/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The summaries of eight neighbours (words of a chunk, chunks, larger regions)
 * as three arrays, so that a search or a merge looks at all eight at once: SSE2
 * where there is any (every x86-64 has it), plain loops elsewhere. `whole` is
 * the number of pages of each, which is also the summary of one without a page
 * in use. 16 bits do for up to 4096 pages: eight have at most 32767 free ones
 * in a row, unless all are free.
 *
 * hr_eight*_put    stores the summary of child i and returns the merged one
 * hr_eight*_merge  only the latter. mergeSummaries
 * hr_eight*_fit    the first child in which a run of n free pages lies or, if
 *                  `crosses`, into which one goes from the end of the child
 *                  before; there must be one, and 1 <= n <= whole, so that no
 *                  child before it is free as a whole
 *
 * Internal to the page allocator. Everything happens in registers, hence the
 * inlining: lanes that are stored one by one can't be loaded together until the
 * stores are through, and that wait is longer than all the rest.
 */
#ifndef HR_PAGEALLOC_EIGHT_H
#define HR_PAGEALLOC_EIGHT_H

#include "base/bits.h"
#include "pagealloc/summary.h"

#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE2__) && !defined(HR_NO_SIMD)
#include <emmintrin.h>
#define HR_EIGHT_SSE2 1
#endif

#define HR_INLINE static inline __attribute__((always_inline))

struct hr_eight16 {
	_Alignas(64) uint16_t start[8];
	uint16_t max[8], end[8];
};

struct hr_eight32 {
	_Alignas(128) uint32_t start[8];
	uint32_t max[8], end[8];
};

struct hr_fit {
	unsigned i;
	bool crosses; /* or lies at the very start of the child */
};

HR_INLINE struct hr_summary hr_eight16_get(const struct hr_eight16 *b, unsigned i)
{
	return (struct hr_summary){b->start[i], b->max[i], b->end[i]};
}

HR_INLINE void hr_eight16_set(struct hr_eight16 *b, unsigned i, struct hr_summary s)
{
	b->start[i] = (uint16_t)s.start;
	b->max[i] = (uint16_t)s.max;
	b->end[i] = (uint16_t)s.end;
}

HR_INLINE struct hr_summary hr_eight32_get(const struct hr_eight32 *b, unsigned i)
{
	return (struct hr_summary){b->start[i], b->max[i], b->end[i]};
}

HR_INLINE bool hr_summary_same(struct hr_summary a, struct hr_summary b)
{
	return ((a.start ^ b.start) | (a.max ^ b.max) | (a.end ^ b.end)) == 0;
}

/* Merging one by one, where runs may go through children that are free as a whole. */
#define HR_EIGHT_MERGE(b, whole, m)                                                                                    \
	do {                                                                                                           \
		(m) = (struct hr_summary){(b)->start[0], (b)->max[0], (b)->end[0]};                                    \
		for (unsigned i_ = 1; i_ < 8; i_++) {                                                                  \
			uint32_t s_ = (b)->start[i_], max_ = (b)->max[i_], e_ = (b)->end[i_];                          \
			if ((m).start == i_ * (whole))                                                                 \
				(m).start += s_;                                                                       \
			max_ = (m).end + s_ > max_ ? (m).end + s_ : max_;                                              \
			(m).max = max_ > (m).max ? max_ : (m).max;                                                     \
			(m).end = e_ == (whole) ? (m).end + (whole) : e_;                                              \
		}                                                                                                      \
	} while (0)

#ifdef HR_EIGHT_SSE2

#define HR_EIGHT_AT(array, k) ((__m128i *)(uintptr_t)((array) + (k)))

struct hr_lanes16 {
	__m128i start, max, end;
};

HR_INLINE struct hr_lanes16 hr_eight16_load(const struct hr_eight16 *b)
{
	return (struct hr_lanes16){*HR_EIGHT_AT(b->start, 0), *HR_EIGHT_AT(b->max, 0), *HR_EIGHT_AT(b->end, 0)};
}

HR_INLINE __m128i hr_blend(__m128i lane, __m128i to, __m128i from)
{
	return _mm_or_si128(_mm_and_si128(lane, from), _mm_andnot_si128(lane, to));
}

HR_INLINE void hr_lanes16_set(struct hr_lanes16 *l, unsigned i, struct hr_summary s)
{
	__m128i lane = _mm_cmpeq_epi16(_mm_set1_epi16((short)i), _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7));

	l->start = hr_blend(lane, l->start, _mm_set1_epi16((short)s.start));
	l->max = hr_blend(lane, l->max, _mm_set1_epi16((short)s.max));
	l->end = hr_blend(lane, l->end, _mm_set1_epi16((short)s.end));
}

HR_INLINE void hr_eight16_store(struct hr_eight16 *b, const struct hr_lanes16 *l)
{
	*HR_EIGHT_AT(b->start, 0) = l->start;
	*HR_EIGHT_AT(b->max, 0) = l->max;
	*HR_EIGHT_AT(b->end, 0) = l->end;
}

HR_INLINE unsigned hr_longest16(__m128i run)
{
	run = _mm_max_epi16(run, _mm_srli_si128(run, 8));
	run = _mm_max_epi16(run, _mm_srli_si128(run, 4));
	run = _mm_max_epi16(run, _mm_srli_si128(run, 2));
	return (unsigned)_mm_extract_epi16(run, 0);
}

/* `full`: two bits for each child that is free as a whole; not all are. */
static __attribute__((noinline, unused)) struct hr_summary hr_lanes16_merge_full(struct hr_lanes16 l, unsigned whole,
										 unsigned full)
{
	__m128i through = _mm_cmpeq_epi16(l.max, _mm_set1_epi16((short)whole)), end = l.end;
	unsigned below = hr_ctz(~full) / 2, above = hr_clz(~((uint64_t)full << 48)) / 2;
	struct hr_eight16 b;

	/* The free run that ends with each child: over one full child, then up to three, then up to seven. */
	end = _mm_add_epi16(end, _mm_and_si128(through, _mm_slli_si128(end, 2)));
	through = _mm_and_si128(through, _mm_slli_si128(through, 2));
	end = _mm_add_epi16(end, _mm_and_si128(through, _mm_slli_si128(end, 4)));
	through = _mm_and_si128(through, _mm_slli_si128(through, 4));
	end = _mm_add_epi16(end, _mm_and_si128(through, _mm_slli_si128(end, 8)));
	hr_eight16_store(&b, &l);
	return (struct hr_summary){
	    .start = below * whole + b.start[below],
	    .max = hr_longest16(_mm_max_epi16(l.max, _mm_add_epi16(l.start, _mm_slli_si128(end, 2)))),
	    .end = above * whole + b.end[7 - above],
	};
}

HR_INLINE struct hr_summary hr_lanes16_merge(const struct hr_lanes16 *l, unsigned whole)
{
	unsigned full = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi16(l->max, _mm_set1_epi16((short)whole)));

	if (full == 0xffff)
		return (struct hr_summary){8 * whole, 8 * whole, 8 * whole};
	if (full != 0)
		return hr_lanes16_merge_full(*l, whole, full);
	return (struct hr_summary){
	    .start = (uint32_t)_mm_extract_epi16(l->start, 0),
	    .max = hr_longest16(_mm_max_epi16(l->max, _mm_add_epi16(l->start, _mm_slli_si128(l->end, 2)))),
	    .end = (uint32_t)_mm_extract_epi16(l->end, 7),
	};
}

HR_INLINE struct hr_fit hr_fit_of(__m128i in, __m128i across)
{
	unsigned fits = (unsigned)_mm_movemask_epi8(_mm_or_si128(in, across));
	unsigned i = (unsigned)__builtin_ctz(fits | 1u << 15);

	return (struct hr_fit){i / 2, (unsigned)_mm_movemask_epi8(across) >> i & 1};
}

HR_INLINE struct hr_fit hr_eight16_fit(const struct hr_eight16 *b, unsigned n)
{
	struct hr_lanes16 l = hr_eight16_load(b);
	__m128i less = _mm_set1_epi16((short)(n - 1));

	return hr_fit_of(_mm_cmpgt_epi16(l.max, less),
			 _mm_cmpgt_epi16(_mm_add_epi16(l.start, _mm_slli_si128(l.end, 2)), less));
}

HR_INLINE __m128i hr_max_epi32(__m128i a, __m128i b)
{
	return hr_blend(_mm_cmpgt_epi32(a, b), b, a);
}

/* The free runs across the lower borders of children k..k+3. */
HR_INLINE __m128i hr_eight32_across(const struct hr_eight32 *b, unsigned k)
{
	__m128i before = _mm_slli_si128(*HR_EIGHT_AT(b->end, k), 4);

	if (k != 0)
		before = _mm_or_si128(before, _mm_srli_si128(*HR_EIGHT_AT(b->end, 0), 12));
	return _mm_add_epi32(*HR_EIGHT_AT(b->start, k), before);
}

HR_INLINE struct hr_summary hr_eight32_merge(const struct hr_eight32 *b, unsigned whole)
{
	__m128i run = hr_max_epi32(hr_max_epi32(*HR_EIGHT_AT(b->max, 0), *HR_EIGHT_AT(b->max, 4)),
				   hr_max_epi32(hr_eight32_across(b, 0), hr_eight32_across(b, 4)));
	struct hr_summary s;

	run = hr_max_epi32(run, _mm_srli_si128(run, 8));
	run = hr_max_epi32(run, _mm_srli_si128(run, 4));
	s = (struct hr_summary){b->start[0], (uint32_t)_mm_cvtsi128_si32(run), b->end[7]};
	if (s.max >= whole) /* else no child can be free as a whole */
		HR_EIGHT_MERGE(b, whole, s);
	return s;
}

HR_INLINE struct hr_summary hr_eight32_put(struct hr_eight32 *b, unsigned i, struct hr_summary s, unsigned whole)
{
	__m128i at = _mm_set1_epi32((int)i);
	__m128i start = _mm_set1_epi32((int)s.start), max = _mm_set1_epi32((int)s.max),
		end = _mm_set1_epi32((int)s.end);

	for (unsigned k = 0; k < 8; k += 4) {
		__m128i lane = _mm_cmpeq_epi32(at, _mm_setr_epi32((int)k, (int)k + 1, (int)k + 2, (int)k + 3));

		*HR_EIGHT_AT(b->start, k) = hr_blend(lane, *HR_EIGHT_AT(b->start, k), start);
		*HR_EIGHT_AT(b->max, k) = hr_blend(lane, *HR_EIGHT_AT(b->max, k), max);
		*HR_EIGHT_AT(b->end, k) = hr_blend(lane, *HR_EIGHT_AT(b->end, k), end);
	}
	return hr_eight32_merge(b, whole);
}

HR_INLINE struct hr_fit hr_eight32_fit(const struct hr_eight32 *b, unsigned n)
{
	__m128i less = _mm_set1_epi32((int)(n - 1));

	return hr_fit_of(_mm_packs_epi32(_mm_cmpgt_epi32(*HR_EIGHT_AT(b->max, 0), less),
					 _mm_cmpgt_epi32(*HR_EIGHT_AT(b->max, 4), less)),
			 _mm_packs_epi32(_mm_cmpgt_epi32(hr_eight32_across(b, 0), less),
					 _mm_cmpgt_epi32(hr_eight32_across(b, 4), less)));
}

#else

#define HR_EIGHT_FIT(b, n, fit)                                                                                        \
	for ((fit).i = 0;; (fit).i++) {                                                                                \
		(fit).crosses = (b)->start[(fit).i] + ((fit).i > 0 ? (b)->end[(fit).i - 1] : 0u) >= (n);               \
		if ((fit).crosses || (b)->max[(fit).i] >= (n) || (fit).i == 7)                                         \
			break;                                                                                         \
	}
#define HR_EIGHT_SET(b, i, s)                                                                                          \
	do {                                                                                                           \
		(b)->start[i] = (s).start;                                                                             \
		(b)->max[i] = (s).max;                                                                                 \
		(b)->end[i] = (s).end;                                                                                 \
	} while (0)

#define hr_lanes16 hr_eight16

static inline struct hr_eight16 hr_eight16_load(const struct hr_eight16 *b)
{
	return *b;
}

static inline void hr_eight16_store(struct hr_eight16 *b, const struct hr_eight16 *l)
{
	*b = *l;
}

static inline void hr_lanes16_set(struct hr_eight16 *b, unsigned i, struct hr_summary s)
{
	HR_EIGHT_SET(b, i, s);
}

static inline struct hr_summary hr_lanes16_merge(const struct hr_eight16 *b, unsigned whole)
{
	struct hr_summary m;

	HR_EIGHT_MERGE(b, whole, m);
	return m;
}

static inline struct hr_fit hr_eight16_fit(const struct hr_eight16 *b, unsigned n)
{
	struct hr_fit fit;

	HR_EIGHT_FIT(b, n, fit);
	return fit;
}

static inline struct hr_summary hr_eight32_merge(const struct hr_eight32 *b, unsigned whole)
{
	struct hr_summary m;

	HR_EIGHT_MERGE(b, whole, m);
	return m;
}

static inline struct hr_summary hr_eight32_put(struct hr_eight32 *b, unsigned i, struct hr_summary s, unsigned whole)
{
	HR_EIGHT_SET(b, i, s);
	return hr_eight32_merge(b, whole);
}

static inline struct hr_fit hr_eight32_fit(const struct hr_eight32 *b, unsigned n)
{
	struct hr_fit fit;

	HR_EIGHT_FIT(b, n, fit);
	return fit;
}

#endif

HR_INLINE struct hr_summary hr_eight16_merge(const struct hr_eight16 *b, unsigned whole)
{
	struct hr_lanes16 l = hr_eight16_load(b);

	return hr_lanes16_merge(&l, whole);
}

HR_INLINE struct hr_summary hr_eight16_put(struct hr_eight16 *b, unsigned i, struct hr_summary s, unsigned whole)
{
	struct hr_lanes16 l = hr_eight16_load(b);

	hr_lanes16_set(&l, i, s);
	hr_eight16_store(b, &l);
	return hr_lanes16_merge(&l, whole);
}

#endif
