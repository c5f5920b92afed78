/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A word for every page of the address space, 0 until it is set. Where the
 * pages of a chunk, or of a block of 256 chunks, all have the same word, as those
 * of large spans do, it is kept once; the others take 4 KiB a chunk.
 */
#ifndef HR_SCAVENGE_PAGE_RUNS_H
#define HR_SCAVENGE_PAGE_RUNS_H

#include "base/error.h"
#include "pagealloc/geometry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_runs_block;

struct hr_page_runs {
	struct hr_runs_block **blocks;
	uint64_t *all; /* the word of all pages of a block; UINT64_MAX: they differ */
	size_t nblocks;
	size_t low, end; /* all others are 0 */
};

bool hr_page_runs_init(struct hr_page_runs *w, const struct hr_geometry *geometry);
void hr_page_runs_release(struct hr_page_runs *w);
/* A copy into an uninitialised *to, which commits no more memory than the original. False: out of memory. */
bool hr_page_runs_clone(struct hr_page_runs *to, const struct hr_page_runs *from);

/*
 * Sets the words of pages. word: not UINT64_MAX. HR_ENOMEM, which can only be where some
 * pages of a chunk or block, all of one word until now, get another; never where all of a block do.
 */
enum hr_status hr_page_runs_set(struct hr_page_runs *w, uint64_t page, uint64_t npages, uint64_t word);
/* The word of a page; *run: so many pages from it on have it, of npages >= 1 and of its chunk, or its block where all of that have it. */
uint64_t hr_page_runs_at(const struct hr_page_runs *w, uint64_t page, uint64_t npages, unsigned *run);
/*
 * The first page from this one on whose word is not 0, or of whose chunk not all words
 * are known to be; UINT64_MAX: there is none.
 */
uint64_t hr_page_runs_next(const struct hr_page_runs *w, uint64_t page);

/* Of npages pages from `page` on, those that lie in its chunk. */
static inline unsigned hr_page_runs_in_chunk(uint64_t page, uint64_t npages)
{
	unsigned left = HR_CHUNK_PAGES - hr_page_in_chunk(page);

	return npages < left ? (unsigned)npages : left;
}

#endif
