/*
 * A word for every page of the address space, 0 until it is set. Where the
 * pages of a chunk all have the same word, as those of large spans do, it is
 * kept once; only the others take 4 KiB a chunk, committed when they are touched.
 */
#ifndef HR_SCAVENGE_PAGE_WORDS_H
#define HR_SCAVENGE_PAGE_WORDS_H

#include "base/error.h"
#include "pagealloc/geometry.h"
#include "pagealloc/ranges.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_words_block;

struct hr_page_words {
	struct hr_words_block **blocks;
	size_t nblocks;
	struct hr_ranges covered;
};

bool hr_page_words_init(struct hr_page_words *w, const struct hr_geometry *geometry);
void hr_page_words_release(struct hr_page_words *w);
/* A copy into an uninitialised *to, which commits no more memory than the original. False: out of memory. */
bool hr_page_words_clone(struct hr_page_words *to, const struct hr_page_words *from);
/* Makes room for the words of whole chunks, [page, page + npages), npages > 0, for which there is none yet. HR_ENOMEM. */
enum hr_status hr_page_words_cover(struct hr_page_words *w, uint64_t page, uint64_t npages);

/* Sets the words of pages that are covered. word: not UINT64_MAX. */
void hr_page_words_set(struct hr_page_words *w, uint64_t page, uint64_t npages, uint64_t word);
/* The word of a page that is covered; *run: so many pages from it on have it, of npages >= 1 and of its chunk. */
uint64_t hr_page_words_run(const struct hr_page_words *w, uint64_t page, uint64_t npages, unsigned *run);

#endif
