/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/policies/page_runs.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_CHUNKS 8192u

/* A chunk's own word, when its pages differ: theirs count then, and mean nothing otherwise. */
#define SPLIT UINT64_MAX

/* Mapped when it is covered, committed when it is touched. */
struct hr_runs_block {
	uint64_t chunks[BLOCK_CHUNKS];
	uint64_t *pages[BLOCK_CHUNKS]; /* of the chunks that are or were split */
};

static uint64_t *chunk_word(const struct hr_page_runs *w, uint64_t page)
{
	uint64_t chunk = hr_chunk_of(page);

	return &w->blocks[chunk / BLOCK_CHUNKS]->chunks[chunk % BLOCK_CHUNKS];
}

/* Those of the chunk. */
static uint64_t *page_words(const struct hr_page_runs *w, uint64_t page)
{
	uint64_t chunk = hr_chunk_of(page);

	return w->blocks[chunk / BLOCK_CHUNKS]->pages[chunk % BLOCK_CHUNKS];
}

/* --- life ------------------------------------------------------------------ */

bool hr_page_runs_init(struct hr_page_runs *w, const struct hr_geometry *geometry)
{
	w->nblocks = (size_t)hr_div_up(geometry->chunks, BLOCK_CHUNKS);
	w->blocks = hr_calloc(w->nblocks, sizeof(*w->blocks));
	return w->blocks != NULL;
}

static void free_block(struct hr_runs_block *b)
{
	for (unsigned i = 0; b != NULL && i < BLOCK_CHUNKS; i++)
		free(b->pages[i]);
	hr_unmap(b, sizeof(*b));
}

void hr_page_runs_release(struct hr_page_runs *w)
{
	for (size_t b = 0; w->blocks != NULL && b < w->nblocks; b++)
		free_block(w->blocks[b]);
	free(w->blocks);
	w->blocks = NULL;
}

/* The words of the pages of a chunk, to be set; NULL: out of memory. */
static uint64_t *need_pages(struct hr_page_runs *w, uint64_t page)
{
	uint64_t chunk = hr_chunk_of(page), **pages = &w->blocks[chunk / BLOCK_CHUNKS]->pages[chunk % BLOCK_CHUNKS];

	if (*pages == NULL)
		*pages = hr_calloc(HR_CHUNK_PAGES, sizeof(**pages));
	return *pages;
}

static bool copy_chunk(struct hr_page_runs *to, const struct hr_page_runs *from, uint64_t page)
{
	uint64_t word = *chunk_word(from, page), *pages;

	if (word == SPLIT) {
		pages = need_pages(to, page);
		if (pages == NULL)
			return false;
		memcpy(pages, page_words(from, page), HR_CHUNK_PAGES * sizeof(uint64_t));
	}
	if (word != 0)
		*chunk_word(to, page) = word;
	return true;
}

bool hr_page_runs_clone(struct hr_page_runs *to, const struct hr_page_runs *from)
{
	memset(to, 0, sizeof(*to));
	to->nblocks = from->nblocks;
	to->blocks = hr_calloc(to->nblocks, sizeof(*to->blocks));
	for (size_t b = 0; to->blocks != NULL && b < from->nblocks; b++) {
		uint64_t page = hr_chunk_page(b * BLOCK_CHUNKS), limit = page + hr_chunk_page(BLOCK_CHUNKS);

		if (from->blocks[b] == NULL)
			continue;
		if (hr_page_runs_cover(to, page, 1) != HR_OK)
			hr_page_runs_release(to);
		for (; to->blocks != NULL && page < limit; page += HR_CHUNK_PAGES)
			if (!copy_chunk(to, from, page))
				hr_page_runs_release(to);
	}
	return to->blocks != NULL;
}

enum hr_status hr_page_runs_cover(struct hr_page_runs *w, uint64_t page, uint64_t npages)
{
	size_t first = (size_t)(hr_chunk_of(page) / BLOCK_CHUNKS);
	size_t last = (size_t)(hr_chunk_of(page + npages - 1) / BLOCK_CHUNKS);

	for (size_t b = first; b <= last; b++) {
		if (w->blocks[b] == NULL)
			w->blocks[b] = hr_map(sizeof(struct hr_runs_block));
		if (w->blocks[b] == NULL)
			return HR_ENOMEM;
	}
	return HR_OK;
}

/* --- words ----------------------------------------------------------------- */

static void fill(uint64_t *words, unsigned n, uint64_t word)
{
	for (unsigned i = 0; i < n; i++)
		words[i] = word;
}

static bool set_in_chunk(struct hr_page_runs *w, uint64_t page, unsigned n, uint64_t word)
{
	uint64_t *all = chunk_word(w, page), *words;

	if (n == HR_CHUNK_PAGES) {
		*all = word;
		return true;
	}
	if (*all == word)
		return true;
	words = need_pages(w, page);
	if (words == NULL)
		return false;
	if (*all != SPLIT)
		fill(words, HR_CHUNK_PAGES, *all);
	*all = SPLIT;
	fill(words + hr_page_in_chunk(page), n, word);
	return true;
}

enum hr_status hr_page_runs_set(struct hr_page_runs *w, uint64_t page, uint64_t npages, uint64_t word)
{
	for (uint64_t end = page + npages; page < end;) {
		unsigned n = hr_page_runs_in_chunk(page, end - page);

		if (!set_in_chunk(w, page, n, word))
			return HR_ENOMEM;
		page += n;
	}
	return HR_OK;
}

uint64_t hr_page_runs_at(const struct hr_page_runs *w, uint64_t page, uint64_t npages, unsigned *run)
{
	unsigned n = hr_page_runs_in_chunk(page, npages), i = 1;
	uint64_t word = *chunk_word(w, page);
	const uint64_t *words;

	if (word != SPLIT) {
		*run = n;
		return word;
	}
	words = page_words(w, page) + hr_page_in_chunk(page);
	while (i < n && words[i] == words[0])
		i++;
	*run = i;
	return words[0];
}
