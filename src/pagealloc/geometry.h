/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages, chunks and address spaces. Everything below the trace readers counts
 * in pages: a page number is an address divided by the page size, as a
 * uint64_t named `page`; a chunk number is a page number divided by the pages
 * of a chunk, named `chunk`; a length is named `npages`.
 *
 * Sources: mpagealloc.go, mpagealloc_64bit.go, mpagealloc_32bit.go of the Go
 * runtime. The runtime's arenaBaseOffset is left out: it only makes the
 * canonical address space linear, and plain addresses below 2^47 already are.
 */
#ifndef HR_PAGEALLOC_GEOMETRY_H
#define HR_PAGEALLOC_GEOMETRY_H

#include "heapreplay-policy.h"

#include <stdint.h>

#define HR_MAX_LEVELS 5

/* "No page": what an allocation that fails returns, and a search address with nothing free above it. */
#define HR_NO_PAGE UINT64_MAX

struct hr_geometry {
	int address_bits;	       /* 48 or 32 */
	int levels;		       /* 5 or 4 */
	int pack_bits;		       /* width of one field of a packed summary: 21 or 18 */
	int level_bits[HR_MAX_LEVELS]; /* log2 of the entries of the root, then of each block's fan-out (3) */
	int log_pages[HR_MAX_LEVELS];  /* log2 of the pages that one entry of the level covers; the last is 9 */
	uint64_t chunks;	       /* chunks in the address space; 32 bit: the first and the last can't be used */
	uint64_t arena_bytes;	       /* heap arena: 64 MiB or 4 MiB */
	uint64_t heap_base_page;       /* where modelled heaps start: 0xc000000000 or 0x40000000 */
};

/* The geometry for 48 or 32 address bits, a constant; NULL for any other number. */
const struct hr_geometry *hr_geometry(int address_bits);

#endif
