/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What eight.h does with vectors of 128 bits, as SSE2 (every x86-64 has it) and
 * NEON (every 64-bit ARM) have it: hr_v16 is eight numbers below 2^15, hr_v32
 * four below 2^31. Without either, or with HR_NO_SIMD, HR_LANES is not defined.
 *
 * A comparison gives lanes of all ones or of zeros; hr_v16_mask turns it into
 * HR_MASK_BITS equal bits a lane, lane 0 in the lowest, HR_MASK_ALL in all.
 * hr_v16_up(v, n) moves lanes up by n, a constant, and zeros come in below.
 * Loads and stores want 16 byte alignment.
 *
 * Internal to the page allocator.
 */
#ifndef HR_PAGEALLOC_LANES_H
#define HR_PAGEALLOC_LANES_H

#include <stdint.h>

#define HR_INLINE static inline __attribute__((always_inline))

#if defined(__SSE2__) && !defined(HR_NO_SIMD)
#include <emmintrin.h>

#define HR_LANES 1
#define HR_MASK_BITS 2u
#define HR_MASK_ALL UINT64_C(0xffff)

typedef __m128i hr_v16, hr_v32;

#define hr_v16_up(v, n) _mm_slli_si128(v, 2 * (n))

HR_INLINE hr_v16 hr_v16_load(const uint16_t *p)
{
	return *(const __m128i *)(uintptr_t)p;
}

HR_INLINE void hr_v16_store(uint16_t *p, hr_v16 v)
{
	*(__m128i *)(uintptr_t)p = v;
}

HR_INLINE hr_v16 hr_v16_all(unsigned x)
{
	return _mm_set1_epi16((short)x);
}

HR_INLINE hr_v16 hr_v16_numbers(void)
{
	return _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
}

HR_INLINE hr_v16 hr_v16_eq(hr_v16 a, hr_v16 b)
{
	return _mm_cmpeq_epi16(a, b);
}

HR_INLINE hr_v16 hr_v16_above(hr_v16 a, hr_v16 b)
{
	return _mm_cmpgt_epi16(a, b);
}

HR_INLINE hr_v16 hr_v16_add(hr_v16 a, hr_v16 b)
{
	return _mm_add_epi16(a, b);
}

HR_INLINE hr_v16 hr_v16_and(hr_v16 a, hr_v16 b)
{
	return _mm_and_si128(a, b);
}

HR_INLINE hr_v16 hr_v16_or(hr_v16 a, hr_v16 b)
{
	return _mm_or_si128(a, b);
}

HR_INLINE hr_v16 hr_v16_max(hr_v16 a, hr_v16 b)
{
	return _mm_max_epi16(a, b);
}

/* `from` in the lanes of a comparison, else `to`. */
HR_INLINE hr_v16 hr_v16_blend(hr_v16 lane, hr_v16 to, hr_v16 from)
{
	return _mm_or_si128(_mm_and_si128(lane, from), _mm_andnot_si128(lane, to));
}

HR_INLINE uint64_t hr_v16_mask(hr_v16 lanes)
{
	return (unsigned)_mm_movemask_epi8(lanes);
}

HR_INLINE unsigned hr_v16_first(hr_v16 v)
{
	return (unsigned)_mm_extract_epi16(v, 0);
}

HR_INLINE unsigned hr_v16_last(hr_v16 v)
{
	return (unsigned)_mm_extract_epi16(v, 7);
}

/* The largest of all lanes. */
HR_INLINE unsigned hr_v16_longest(hr_v16 v)
{
	v = _mm_max_epi16(v, _mm_srli_si128(v, 8));
	v = _mm_max_epi16(v, _mm_srli_si128(v, 4));
	v = _mm_max_epi16(v, _mm_srli_si128(v, 2));
	return (unsigned)_mm_extract_epi16(v, 0);
}

HR_INLINE hr_v32 hr_v32_load(const uint32_t *p)
{
	return *(const __m128i *)(uintptr_t)p;
}

HR_INLINE void hr_v32_store(uint32_t *p, hr_v32 v)
{
	*(__m128i *)(uintptr_t)p = v;
}

HR_INLINE hr_v32 hr_v32_all(unsigned x)
{
	return _mm_set1_epi32((int)x);
}

/* k to k + 3 */
HR_INLINE hr_v32 hr_v32_numbers(unsigned k)
{
	return _mm_setr_epi32((int)k, (int)k + 1, (int)k + 2, (int)k + 3);
}

HR_INLINE hr_v32 hr_v32_eq(hr_v32 a, hr_v32 b)
{
	return _mm_cmpeq_epi32(a, b);
}

HR_INLINE hr_v32 hr_v32_above(hr_v32 a, hr_v32 b)
{
	return _mm_cmpgt_epi32(a, b);
}

HR_INLINE hr_v32 hr_v32_add(hr_v32 a, hr_v32 b)
{
	return _mm_add_epi32(a, b);
}

HR_INLINE hr_v32 hr_v32_or(hr_v32 a, hr_v32 b)
{
	return _mm_or_si128(a, b);
}

HR_INLINE hr_v32 hr_v32_blend(hr_v32 lane, hr_v32 to, hr_v32 from)
{
	return hr_v16_blend(lane, to, from);
}

HR_INLINE hr_v32 hr_v32_max(hr_v32 a, hr_v32 b)
{
	return hr_v32_blend(_mm_cmpgt_epi32(a, b), b, a);
}

/* Each lane moves up by one; 0 comes in below. */
HR_INLINE hr_v32 hr_v32_up(hr_v32 v)
{
	return _mm_slli_si128(v, 4);
}

/* The last lane as the first; the others are 0. */
HR_INLINE hr_v32 hr_v32_last_first(hr_v32 v)
{
	return _mm_srli_si128(v, 12);
}

HR_INLINE uint32_t hr_v32_longest(hr_v32 v)
{
	v = hr_v32_max(v, _mm_srli_si128(v, 8));
	v = hr_v32_max(v, _mm_srli_si128(v, 4));
	return (uint32_t)_mm_cvtsi128_si32(v);
}

/* Two comparisons of four as one of eight. */
HR_INLINE hr_v16 hr_v32_pack(hr_v32 low, hr_v32 high)
{
	return _mm_packs_epi32(low, high);
}

#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(HR_NO_SIMD)
#include <arm_neon.h>

#define HR_LANES 1
#define HR_MASK_BITS 8u
#define HR_MASK_ALL UINT64_MAX

typedef uint16x8_t hr_v16;
typedef uint32x4_t hr_v32;

#define hr_v16_up(v, n) vextq_u16(vdupq_n_u16(0), v, 8 - (n))

HR_INLINE hr_v16 hr_v16_load(const uint16_t *p)
{
	return vld1q_u16(p);
}

HR_INLINE void hr_v16_store(uint16_t *p, hr_v16 v)
{
	vst1q_u16(p, v);
}

HR_INLINE hr_v16 hr_v16_all(unsigned x)
{
	return vdupq_n_u16((uint16_t)x);
}

HR_INLINE hr_v16 hr_v16_numbers(void)
{
	return (hr_v16){0, 1, 2, 3, 4, 5, 6, 7};
}

HR_INLINE hr_v16 hr_v16_eq(hr_v16 a, hr_v16 b)
{
	return vceqq_u16(a, b);
}

HR_INLINE hr_v16 hr_v16_above(hr_v16 a, hr_v16 b)
{
	return vcgtq_u16(a, b);
}

HR_INLINE hr_v16 hr_v16_add(hr_v16 a, hr_v16 b)
{
	return vaddq_u16(a, b);
}

HR_INLINE hr_v16 hr_v16_and(hr_v16 a, hr_v16 b)
{
	return vandq_u16(a, b);
}

HR_INLINE hr_v16 hr_v16_or(hr_v16 a, hr_v16 b)
{
	return vorrq_u16(a, b);
}

HR_INLINE hr_v16 hr_v16_max(hr_v16 a, hr_v16 b)
{
	return vmaxq_u16(a, b);
}

HR_INLINE hr_v16 hr_v16_blend(hr_v16 lane, hr_v16 to, hr_v16 from)
{
	return vbslq_u16(lane, from, to);
}

HR_INLINE uint64_t hr_v16_mask(hr_v16 lanes)
{
	return vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(lanes)), 0);
}

HR_INLINE unsigned hr_v16_first(hr_v16 v)
{
	return vgetq_lane_u16(v, 0);
}

HR_INLINE unsigned hr_v16_last(hr_v16 v)
{
	return vgetq_lane_u16(v, 7);
}

HR_INLINE unsigned hr_v16_longest(hr_v16 v)
{
	return vmaxvq_u16(v);
}

HR_INLINE hr_v32 hr_v32_load(const uint32_t *p)
{
	return vld1q_u32(p);
}

HR_INLINE void hr_v32_store(uint32_t *p, hr_v32 v)
{
	vst1q_u32(p, v);
}

HR_INLINE hr_v32 hr_v32_all(unsigned x)
{
	return vdupq_n_u32(x);
}

HR_INLINE hr_v32 hr_v32_numbers(unsigned k)
{
	return (hr_v32){k, k + 1, k + 2, k + 3};
}

HR_INLINE hr_v32 hr_v32_eq(hr_v32 a, hr_v32 b)
{
	return vceqq_u32(a, b);
}

HR_INLINE hr_v32 hr_v32_above(hr_v32 a, hr_v32 b)
{
	return vcgtq_u32(a, b);
}

HR_INLINE hr_v32 hr_v32_add(hr_v32 a, hr_v32 b)
{
	return vaddq_u32(a, b);
}

HR_INLINE hr_v32 hr_v32_or(hr_v32 a, hr_v32 b)
{
	return vorrq_u32(a, b);
}

HR_INLINE hr_v32 hr_v32_blend(hr_v32 lane, hr_v32 to, hr_v32 from)
{
	return vbslq_u32(lane, from, to);
}

HR_INLINE hr_v32 hr_v32_max(hr_v32 a, hr_v32 b)
{
	return vmaxq_u32(a, b);
}

HR_INLINE hr_v32 hr_v32_up(hr_v32 v)
{
	return vextq_u32(vdupq_n_u32(0), v, 3);
}

HR_INLINE hr_v32 hr_v32_last_first(hr_v32 v)
{
	return vextq_u32(v, vdupq_n_u32(0), 3);
}

HR_INLINE uint32_t hr_v32_longest(hr_v32 v)
{
	return vmaxvq_u32(v);
}

HR_INLINE hr_v16 hr_v32_pack(hr_v32 low, hr_v32 high)
{
	return vcombine_u16(vmovn_u32(low), vmovn_u32(high));
}

#endif
#endif
