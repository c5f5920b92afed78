/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bit operations on the 512 pages of a chunk. A word is 64 pages; "free" is a
 * zero bit. Nothing here keeps state.
 *
 * In recorded programs chunks are mostly in use, in runs of a few pages: most
 * ranges lie in one word, most searches end in the first word that isn't full.
 */
#include "config.h"

#include "pagealloc/bitmap.h"

#include "base/bits.h"

#define FULL UINT64_MAX

/* The bits of word `word` that belong to pages [i, limit), which overlap the word. */
static inline uint64_t word_mask(unsigned word, unsigned i, unsigned limit)
{
	unsigned first = i > 64 * word ? i - 64 * word : 0;
	unsigned last = limit < 64 * word + 64 ? limit - 64 * word : 64;

	return hr_mask(first, last - first);
}

void hr_bitmap_set(hr_bitmap b, unsigned i, unsigned n)
{
	for (unsigned w = i / 64; 64 * w < i + n; w++)
		b[w] |= word_mask(w, i, i + n);
}

void hr_bitmap_clear(hr_bitmap b, unsigned i, unsigned n)
{
	for (unsigned w = i / 64; 64 * w < i + n; w++)
		b[w] &= ~word_mask(w, i, i + n);
}

unsigned hr_bitmap_count(const hr_bitmap b, unsigned i, unsigned n)
{
	unsigned ones = 0;

	for (unsigned w = i / 64; 64 * w < i + n; w++)
		ones += hr_popcount(b[w] & word_mask(w, i, i + n));
	return ones;
}

bool hr_bitmap_any(const hr_bitmap b, unsigned i, unsigned n)
{
	uint64_t ones = 0;

	for (unsigned w = i / 64; 64 * w < i + n; w++)
		ones |= b[w] & word_mask(w, i, i + n);
	return ones != 0;
}

/*
 * A run of n ones shrinks to its lowest bit by n - 1 shifts of one; doing them
 * in steps of 1, 2, 4, .. takes at most six. A step of zero changes nothing, so
 * the steps need no branches; the first four are all that small spans need.
 */
static inline uint64_t shrink_runs(uint64_t x, unsigned n)
{
	unsigned left = n - 1, step;

#define STEP(width)                                                                                                    \
	do {                                                                                                           \
		step = left < (width) ? left : (width);                                                                \
		x &= x >> step;                                                                                        \
		left -= step;                                                                                          \
	} while (0)
	STEP(1);
	STEP(2);
	STEP(4);
	STEP(8);
	if (left != 0) {
		STEP(16);
		STEP(32);
	}
#undef STEP
	return x;
}

unsigned hr_find_bit_range64(uint64_t x, unsigned n)
{
	return hr_ctz(shrink_runs(x, n));
}

unsigned hr_bitmap_find(const hr_bitmap b, unsigned n, unsigned from, unsigned *first_free)
{
	unsigned before = 0; /* free pages right below the current word */

	*first_free = HR_CHUNK_PAGES;
	for (unsigned w = from / 64; w < HR_CHUNK_WORDS; w++) {
		uint64_t used = b[w];
		unsigned low = hr_ctz(used);

		if (used == FULL) {
			before = 0;
			continue;
		}
		if (*first_free == HR_CHUNK_PAGES)
			*first_free = 64 * w + hr_ctz(~used);
		if (before + low >= n)
			return 64 * w - before;
		if (n < 64) {
			uint64_t starts = shrink_runs(~used, n);

			if (starts != 0)
				return 64 * w + hr_ctz(starts);
		}
		before = used == 0 ? before + 64 : hr_clz(used);
	}
	return HR_CHUNK_PAGES;
}

struct hr_summary hr_bitmap_summarize(const hr_bitmap b)
{
	unsigned start = HR_CHUNK_PAGES, max = 0, run = 0; /* run: free pages right below the current word */
	uint64_t rest[HR_CHUNK_WORDS], any = 0;

	/* Runs that touch the end of a word. */
	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++) {
		uint64_t used = b[w];

		if (used == 0) {
			run += 64;
			continue;
		}
		run += hr_ctz(used);
		if (start == HR_CHUNK_PAGES)
			start = run;
		if (run > max)
			max = run;
		run = hr_clz(used);
	}
	if (run > max)
		max = run;
	/* A run inside a word, with a used page on either side, has at most 62 pages. */
	if (max < 62) {
		/* Do any beat max? Shrink all runs of all words at once; what is left over counts. */
		for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
			rest[w] = ~b[w];
		for (unsigned left = max, width = 1; left > 0; width *= 2) {
			unsigned step = left < width ? left : width;

			for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
				rest[w] &= rest[w] >> step;
			left -= step;
		}
		for (;;) {
			any = 0;
			for (unsigned w = 0; w < HR_CHUNK_WORDS; w++) {
				any |= rest[w];
				rest[w] &= rest[w] >> 1;
			}
			if (any == 0)
				break;
			max++;
		}
	}
	return (struct hr_summary){start, max, run};
}
