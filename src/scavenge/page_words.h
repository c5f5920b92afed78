/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A word for every page of the address space, 0 until it is set. Committed only
 * where it is touched: 4 KiB a chunk, in blocks of 8192 chunks. A heap of more
 * than 4 TiB is out of memory: its words alone would take 4 GiB.
 */
#ifndef HR_SCAVENGE_PAGE_WORDS_H
#define HR_SCAVENGE_PAGE_WORDS_H

#include "base/error.h"
#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_page_words {
	uint64_t **blocks;
	size_t nblocks;
	struct hr_ranges covered;
	uint64_t npages; /* covered */
};

bool hr_page_words_init(struct hr_page_words *w, const struct hr_geometry *geometry);
void hr_page_words_release(struct hr_page_words *w);
/* A copy into an uninitialised *to, which commits no more memory than the original. False: out of memory. */
bool hr_page_words_clone(struct hr_page_words *to, const struct hr_page_words *from);
/* Makes room for the words of whole chunks, [page, page + npages), npages > 0, for which there is none yet. HR_ENOMEM. */
enum hr_status hr_page_words_cover(struct hr_page_words *w, uint64_t page, uint64_t npages);

/* The word of a page that is covered; those of the rest of its chunk follow. */
static inline uint64_t *hr_page_word(const struct hr_page_words *w, uint64_t page)
{
	return w->blocks[hr_chunk_of(page) >> 13] + page % (HR_CHUNK_PAGES << 13);
}

/* Of npages pages from `page` on, those that lie in its chunk. */
static inline unsigned hr_pages_of_chunk(uint64_t page, uint64_t npages)
{
	unsigned left = HR_CHUNK_PAGES - hr_page_in_chunk(page);

	return npages < left ? (unsigned)npages : left;
}

#endif
