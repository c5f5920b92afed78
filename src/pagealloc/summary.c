/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packing, unpacking and merging of summaries, for any field width. The page
 * allocator has its own merge for eight packed neighbours (pagealloc.c); this
 * one is what that is checked against.
 */
#include "config.h"

#include "pagealloc/summary.h"

#define ALL_FREE (UINT64_C(1) << 63)

/* Like the runtime, only max decides about the "all free" form: the other two can't be that large without it. */
uint64_t hr_summary_pack(struct hr_summary s, int pack_bits)
{
	uint64_t limit = UINT64_C(1) << pack_bits;

	if (s.max == limit)
		return ALL_FREE;
	return (s.start & (limit - 1)) | (s.max & (limit - 1)) << pack_bits | (s.end & (limit - 1)) << 2 * pack_bits;
}

struct hr_summary hr_summary_unpack(uint64_t packed, int pack_bits)
{
	uint64_t mask = (UINT64_C(1) << pack_bits) - 1;
	uint32_t all = UINT32_C(1) << pack_bits;

	if (packed & ALL_FREE)
		return (struct hr_summary){all, all, all};
	return (struct hr_summary){
	    .start = (uint32_t)(packed & mask),
	    .max = (uint32_t)(packed >> pack_bits & mask),
	    .end = (uint32_t)(packed >> 2 * pack_bits & mask),
	};
}

struct hr_summary hr_summary_merge(const uint64_t *packed, unsigned n, int log_pages, int pack_bits)
{
	struct hr_summary m = hr_summary_unpack(packed[0], pack_bits);
	uint32_t whole = UINT32_C(1) << log_pages;

	for (unsigned i = 1; i < n; i++) {
		struct hr_summary s = hr_summary_unpack(packed[i], pack_bits);

		if (m.start == i << log_pages)
			m.start += s.start;
		if (s.max > m.max)
			m.max = s.max;
		if (m.end + s.start > m.max)
			m.max = m.end + s.start;
		m.end = s.end == whole ? m.end + whole : s.end;
	}
	return m;
}
