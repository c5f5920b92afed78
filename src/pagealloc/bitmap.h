/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 512 pages as bits: bit i of word w is page 64*w + i of the chunk. In an
 * allocation bitmap a one is a page in use; in a scavenged bitmap a page that
 * has been released to the system, or was never taken from it.
 *
 * Source: mpallocbits.go of the Go runtime (pageBits, pallocBits, pallocData).
 */
#ifndef HR_PAGEALLOC_BITMAP_H
#define HR_PAGEALLOC_BITMAP_H

#include "pagealloc/geometry.h"
#include "pagealloc/summary.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets, clears, counts the ones of, pages [i, i+n); i + n <= 512. n may be 0, here and below. */
void hr_bitmap_set(hr_bitmap b, unsigned i, unsigned n);
void hr_bitmap_clear(hr_bitmap b, unsigned i, unsigned n);
unsigned hr_bitmap_count(const hr_bitmap b, unsigned i, unsigned n);
/* Is there a one in [i, i+n)? */
bool hr_bitmap_any(const hr_bitmap b, unsigned i, unsigned n);

/*
 * The lowest run of n zeros, starting to look at the beginning of the word that
 * holds page `from` (not at `from` itself). Returns its first page, or
 * HR_CHUNK_PAGES when there is none. *first_free gets the lowest zero from that
 * word on, HR_CHUNK_PAGES when none was seen; n >= 1, from < 512.
 * pallocBits.find.
 */
unsigned hr_bitmap_find(const hr_bitmap b, unsigned n, unsigned from, unsigned *first_free);

/* The lowest i such that bits [i, i+n) of x are ones; 64 when there is none. 1 <= n <= 64. findBitRange64. */
unsigned hr_find_bit_range64(uint64_t x, unsigned n);

/* Free pages at the start, longest free run, free pages at the end. pallocBits.summarize. */
struct hr_summary hr_bitmap_summarize(const hr_bitmap b);

#endif
