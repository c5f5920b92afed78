#include "config.h"

#include "scavenge/page_words.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

#define BLOCK_LOG_CHUNKS 13
#define BLOCK_BYTES ((size_t)(HR_CHUNK_PAGES << BLOCK_LOG_CHUNKS) * sizeof(uint64_t))

bool hr_page_words_init(struct hr_page_words *w, const struct hr_geometry *geometry)
{
	w->nblocks = (size_t)hr_div_up(geometry->chunks, UINT64_C(1) << BLOCK_LOG_CHUNKS);
	w->blocks = hr_calloc(w->nblocks, sizeof(*w->blocks));
	return w->blocks != NULL;
}

void hr_page_words_release(struct hr_page_words *w)
{
	for (size_t b = 0; w->blocks != NULL && b < w->nblocks; b++)
		hr_unmap(w->blocks[b], BLOCK_BYTES);
	free(w->blocks);
	w->blocks = NULL;
}

enum hr_status hr_page_words_cover(struct hr_page_words *w, uint64_t page, uint64_t npages)
{
	size_t first = (size_t)(hr_chunk_of(page) >> BLOCK_LOG_CHUNKS);
	size_t last = (size_t)(hr_chunk_of(page + npages - 1) >> BLOCK_LOG_CHUNKS);

	for (size_t b = first; b <= last; b++) {
		if (w->blocks[b] == NULL)
			w->blocks[b] = hr_map(BLOCK_BYTES);
		if (w->blocks[b] == NULL)
			return HR_ENOMEM;
	}
	return HR_OK;
}
