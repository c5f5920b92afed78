/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits word by word: a chunk has eight, and most of them are all in use. */
#include "config.h"

#include "scavenge/dirty_pages.h"

#include "base/bits.h"
#include "pagealloc/bitmap.h"

unsigned hr_dirty_unit(const struct hr_pagemap *m)
{
	return m->phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(m->phys_page_bytes / HR_PAGE_BYTES) : 1;
}

/* The first page in [i, end) whose bit in "can't be released" is what `flip` makes a one; end when there is none. */
static unsigned seek(const struct hr_chunk_bits *c, unsigned unit, unsigned i, unsigned end, uint64_t flip)
{
	while (i < end) {
		uint64_t kept = c->alloc[i / 64] | c->scavenged[i / 64], x;

		if (unit > 1)
			kept = hr_fill_aligned(kept, unit);
		x = (kept ^ flip) >> (i % 64);

		if (x != 0) {
			i += hr_ctz(x);
			return i < end ? i : end;
		}
		i = (unsigned)hr_align_down(i, 64) + 64;
	}
	return end;
}

struct hr_dirty_run hr_dirty_next(const struct hr_pagemap *m, uint64_t chunk, unsigned from, unsigned end)
{
	const struct hr_chunk_bits *c = hr_pagemap_chunk(m, chunk);
	unsigned unit = hr_dirty_unit(m), first;

	end = (unsigned)hr_align_up(end, unit);
	first = seek(c, unit, (unsigned)hr_align_down(from, unit), end, UINT64_MAX);
	return (struct hr_dirty_run){first, seek(c, unit, first, end, 0) - first};
}

unsigned hr_dirty_count(const struct hr_pagemap *m, uint64_t chunk, unsigned first, unsigned end)
{
	struct hr_dirty_run run;
	unsigned npages = 0;

	for (; (run = hr_dirty_next(m, chunk, first, end)).npages > 0; first = run.first + run.npages)
		npages += run.npages;
	return npages;
}

unsigned hr_dirty_ones(const hr_bitmap b, unsigned i, unsigned n)
{
	return hr_bitmap_count(b, i, n);
}
