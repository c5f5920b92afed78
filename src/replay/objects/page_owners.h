/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has a page: a number for each page of the address space, 0 where nobody has it.
 * What one owner has in a row costs by blocks of 256 chunks, then by chunks, and by
 * pages only where a chunk has several.
 *
 * Memory: 4 KiB for a block, 2 KiB for a chunk of which a part was ever owned.
 */
#ifndef HR_REPLAY_PAGE_OWNERS_H
#define HR_REPLAY_PAGE_OWNERS_H

#include "base/map64.h"
#include "pagealloc/geometry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_owners_block;

struct hr_page_owners {
	struct hr_map64 index; /* by the block's number, in blocks */
	struct hr_owners_block **blocks;
	size_t nblocks, cap;
	uint64_t last; /* the number of the block of the last look-up; */
	struct hr_owners_block *last_block;
	uint64_t last_chunk;	    /* of the last look-up by pages, and its table; */
	const uint32_t *last_pages; /* NULL: there was none since a whole chunk changed */
	size_t ntables, max_tables; /* chunks that have or may have a number for each page */
};

void hr_page_owners_init(struct hr_page_owners *o, size_t max_tables);
void hr_page_owners_release(struct hr_page_owners *o);

/* hr_page_owners_at of another chunk than the last one. */
uint32_t hr_page_owners_look(struct hr_page_owners *o, uint64_t page);
static inline uint32_t hr_page_owners_at(struct hr_page_owners *o, uint64_t page)
{
	if (o->last_pages != NULL && o->last_chunk == hr_chunk_of(page))
		return o->last_pages[hr_page_in_chunk(page)];
	return hr_page_owners_look(o, page);
}
/* The first owner of any of npages pages from `page` on; 0: nobody has one. */
uint32_t hr_page_owners_first(struct hr_page_owners *o, uint64_t page, uint64_t npages);
/*
 * Pages that nobody has get an owner; or, with 0, exactly the pages that one got lose it,
 * which can't fail. False: out of memory, or more tables than there may be.
 */
bool hr_page_owners_set(struct hr_page_owners *o, uint64_t page, uint64_t npages, uint32_t owner);

#endif
