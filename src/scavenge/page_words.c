/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/page_words.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PAGES (UINT64_C(1) << 29)
#define BLOCK_LOG_CHUNKS 13
#define BLOCK_BYTES ((size_t)(HR_CHUNK_PAGES << BLOCK_LOG_CHUNKS) * sizeof(uint64_t))

bool hr_page_words_init(struct hr_page_words *w, const struct hr_geometry *geometry)
{
	hr_ranges_init(&w->covered);
	w->nblocks = (size_t)hr_div_up(geometry->chunks, UINT64_C(1) << BLOCK_LOG_CHUNKS);
	w->blocks = hr_calloc(w->nblocks, sizeof(*w->blocks));
	return w->blocks != NULL;
}

void hr_page_words_release(struct hr_page_words *w)
{
	for (size_t b = 0; w->blocks != NULL && b < w->nblocks; b++)
		hr_unmap(w->blocks[b], BLOCK_BYTES);
	free(w->blocks);
	hr_ranges_release(&w->covered);
	w->blocks = NULL;
}

/* Words that are 0 are not copied, so that they cost nothing. */
static void copy_chunk(struct hr_page_words *to, const struct hr_page_words *from, uint64_t page)
{
	static const uint64_t none[HR_CHUNK_PAGES];
	const uint64_t *words = hr_page_word(from, page);

	if (memcmp(words, none, sizeof(none)) != 0)
		memcpy(hr_page_word(to, page), words, sizeof(none));
}

bool hr_page_words_clone(struct hr_page_words *to, const struct hr_page_words *from)
{
	memset(to, 0, sizeof(*to));
	to->nblocks = from->nblocks;
	to->blocks = hr_calloc(to->nblocks, sizeof(*to->blocks));
	for (size_t i = 0; to->blocks != NULL && i < from->covered.n; i++) {
		const struct hr_range *r = &from->covered.at[i];

		if (hr_page_words_cover(to, r->base, r->limit - r->base) != HR_OK) {
			hr_page_words_release(to);
			return false;
		}
		for (uint64_t page = r->base; page < r->limit; page += HR_CHUNK_PAGES)
			copy_chunk(to, from, page);
	}
	return to->blocks != NULL;
}

enum hr_status hr_page_words_cover(struct hr_page_words *w, uint64_t page, uint64_t npages)
{
	size_t first = (size_t)(hr_chunk_of(page) >> BLOCK_LOG_CHUNKS);
	size_t last = (size_t)(hr_chunk_of(page + npages - 1) >> BLOCK_LOG_CHUNKS);

	if (npages > MOST_PAGES - w->npages)
		return HR_ENOMEM;
	w->npages += npages;
	for (size_t b = first; b <= last; b++) {
		if (w->blocks[b] == NULL)
			w->blocks[b] = hr_map(BLOCK_BYTES);
		if (w->blocks[b] == NULL)
			return HR_ENOMEM;
	}
	return hr_ranges_add(&w->covered, page, page + npages) ? HR_OK : HR_ENOMEM;
}
