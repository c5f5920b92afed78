/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dirty pages: free and not released. How they are found in a chunk's bits, in
 * whole physical pages.
 *
 * A physical page that is larger than a page is released when all of it is
 * dirty; one of which a part is released already is not, as the runtime's own
 * search has it (hr_find_candidate).
 */
#ifndef HR_SCAVENGE_DIRTY_PAGES_H
#define HR_SCAVENGE_DIRTY_PAGES_H

#include "heapreplay-policy.h"

#include <stdint.h>

/* Pages in what can be released at once: a physical page, or a page where that is smaller. */
unsigned hr_dirty_unit(const struct hr_pagemap *m);

struct hr_dirty_run {
	unsigned first, npages; /* pages of the chunk; npages 0: none */
};

/*
 * The first run of releasable pages that begins in [from, end) of a grown
 * chunk, cut off at end; both bounds are moved outwards to physical pages.
 * end <= 512.
 */
struct hr_dirty_run hr_dirty_next(const struct hr_pagemap *m, uint64_t chunk, unsigned from, unsigned end);
/* How many pages can be released in [first, end). */
unsigned hr_dirty_count(const struct hr_pagemap *m, uint64_t chunk, unsigned first, unsigned end);
/* How many of n bits from bit i on are ones; i + n <= 512. */
unsigned hr_dirty_ones(const hr_bitmap b, unsigned i, unsigned n);

#endif
