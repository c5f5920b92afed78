/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Summaries: how many pages in a row are free at the start of a region, at
 * most anywhere in it, and at its end. Stored packed in 64 bits, three fields
 * of 21 bits (48-bit address space) or 18 bits (32-bit), start lowest; a region
 * that is free as a whole and too large for a field is the top bit alone.
 *
 * Source: mpagealloc.go of the Go runtime (pallocSum, mergeSummaries).
 */
#ifndef HR_PAGEALLOC_SUMMARY_H
#define HR_PAGEALLOC_SUMMARY_H

#include <stdint.h>

struct hr_summary {
	uint32_t start, max, end; /* pages */
};

/* pack_bits is hr_geometry.pack_bits: 21 or 18. */
uint64_t hr_summary_pack(struct hr_summary s, int pack_bits);
struct hr_summary hr_summary_unpack(uint64_t packed, int pack_bits);

/* The summary of n neighbouring regions of 2^log_pages pages each, from their packed summaries; n >= 1. */
struct hr_summary hr_summary_merge(const uint64_t *packed, unsigned n, int log_pages, int pack_bits);

#endif
