/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The summaries of eight neighbours (words of a chunk, chunks, larger regions)
 * as three arrays, so that a search or a merge looks at all eight at once where
 * there are vectors (lanes.h), in plain loops elsewhere. `whole` is
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
#include "pagealloc/lanes.h"
#include "pagealloc/summary.h"

#include <stdbool.h>
#include <stdint.h>

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

#ifdef HR_LANES

struct hr_lanes16 {
	hr_v16 start, max, end;
};

HR_INLINE struct hr_lanes16 hr_eight16_load(const struct hr_eight16 *b)
{
	return (struct hr_lanes16){hr_v16_load(b->start), hr_v16_load(b->max), hr_v16_load(b->end)};
}

HR_INLINE void hr_lanes16_set(struct hr_lanes16 *l, unsigned i, struct hr_summary s)
{
	hr_v16 lane = hr_v16_eq(hr_v16_all(i), hr_v16_numbers());

	l->start = hr_v16_blend(lane, l->start, hr_v16_all(s.start));
	l->max = hr_v16_blend(lane, l->max, hr_v16_all(s.max));
	l->end = hr_v16_blend(lane, l->end, hr_v16_all(s.end));
}

HR_INLINE void hr_eight16_store(struct hr_eight16 *b, const struct hr_lanes16 *l)
{
	hr_v16_store(b->start, l->start);
	hr_v16_store(b->max, l->max);
	hr_v16_store(b->end, l->end);
}

/* `full`: the bits of a mask for the children that are free as a whole; not all are. */
static __attribute__((noinline, unused)) struct hr_summary hr_lanes16_merge_full(struct hr_lanes16 l, unsigned whole,
										 uint64_t full)
{
	hr_v16 through = hr_v16_eq(l.max, hr_v16_all(whole)), end = l.end;
	unsigned below = hr_ctz(~full) / HR_MASK_BITS;
	unsigned above = hr_clz(~(full << (64 - 8 * HR_MASK_BITS))) / HR_MASK_BITS;
	struct hr_eight16 b;

	/* The free run that ends with each child: over one full child, then up to three, then up to seven. */
	end = hr_v16_add(end, hr_v16_and(through, hr_v16_up(end, 1)));
	through = hr_v16_and(through, hr_v16_up(through, 1));
	end = hr_v16_add(end, hr_v16_and(through, hr_v16_up(end, 2)));
	through = hr_v16_and(through, hr_v16_up(through, 2));
	end = hr_v16_add(end, hr_v16_and(through, hr_v16_up(end, 4)));
	hr_eight16_store(&b, &l);
	return (struct hr_summary){
	    .start = below * whole + b.start[below],
	    .max = hr_v16_longest(hr_v16_max(l.max, hr_v16_add(l.start, hr_v16_up(end, 1)))),
	    .end = above * whole + b.end[7 - above],
	};
}

HR_INLINE struct hr_summary hr_lanes16_merge(const struct hr_lanes16 *l, unsigned whole)
{
	uint64_t full = hr_v16_mask(hr_v16_eq(l->max, hr_v16_all(whole)));

	if (full == HR_MASK_ALL)
		return (struct hr_summary){8 * whole, 8 * whole, 8 * whole};
	if (full != 0)
		return hr_lanes16_merge_full(*l, whole, full);
	return (struct hr_summary){
	    .start = hr_v16_first(l->start),
	    .max = hr_v16_longest(hr_v16_max(l->max, hr_v16_add(l->start, hr_v16_up(l->end, 1)))),
	    .end = hr_v16_last(l->end),
	};
}

HR_INLINE struct hr_fit hr_fit_of(hr_v16 in, hr_v16 across)
{
	uint64_t fits = hr_v16_mask(hr_v16_or(in, across));
	unsigned i = hr_ctz(fits | UINT64_C(1) << (8 * HR_MASK_BITS - 1));

	return (struct hr_fit){i / HR_MASK_BITS, hr_v16_mask(across) >> i & 1};
}

HR_INLINE struct hr_fit hr_eight16_fit(const struct hr_eight16 *b, unsigned n)
{
	struct hr_lanes16 l = hr_eight16_load(b);
	hr_v16 less = hr_v16_all(n - 1);

	return hr_fit_of(hr_v16_above(l.max, less), hr_v16_above(hr_v16_add(l.start, hr_v16_up(l.end, 1)), less));
}

/* The free runs across the lower borders of children k..k+3. */
HR_INLINE hr_v32 hr_eight32_across(const struct hr_eight32 *b, unsigned k)
{
	hr_v32 before = hr_v32_up(hr_v32_load(b->end + k));

	if (k != 0)
		before = hr_v32_or(before, hr_v32_last_first(hr_v32_load(b->end)));
	return hr_v32_add(hr_v32_load(b->start + k), before);
}

HR_INLINE struct hr_summary hr_eight32_merge(const struct hr_eight32 *b, unsigned whole)
{
	hr_v32 run = hr_v32_max(hr_v32_max(hr_v32_load(b->max), hr_v32_load(b->max + 4)),
				hr_v32_max(hr_eight32_across(b, 0), hr_eight32_across(b, 4)));
	struct hr_summary s = {b->start[0], hr_v32_longest(run), b->end[7]};

	if (s.max >= whole) /* else no child can be free as a whole */
		HR_EIGHT_MERGE(b, whole, s);
	return s;
}

HR_INLINE struct hr_summary hr_eight32_put(struct hr_eight32 *b, unsigned i, struct hr_summary s, unsigned whole)
{
	hr_v32 start = hr_v32_all(s.start), max = hr_v32_all(s.max), end = hr_v32_all(s.end);

	for (unsigned k = 0; k < 8; k += 4) {
		hr_v32 lane = hr_v32_eq(hr_v32_all(i), hr_v32_numbers(k));

		hr_v32_store(b->start + k, hr_v32_blend(lane, hr_v32_load(b->start + k), start));
		hr_v32_store(b->max + k, hr_v32_blend(lane, hr_v32_load(b->max + k), max));
		hr_v32_store(b->end + k, hr_v32_blend(lane, hr_v32_load(b->end + k), end));
	}
	return hr_eight32_merge(b, whole);
}

HR_INLINE struct hr_fit hr_eight32_fit(const struct hr_eight32 *b, unsigned n)
{
	hr_v32 less = hr_v32_all(n - 1);

	return hr_fit_of(
	    hr_v32_pack(hr_v32_above(hr_v32_load(b->max), less), hr_v32_above(hr_v32_load(b->max + 4), less)),
	    hr_v32_pack(hr_v32_above(hr_eight32_across(b, 0), less), hr_v32_above(hr_eight32_across(b, 4), less)));
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
