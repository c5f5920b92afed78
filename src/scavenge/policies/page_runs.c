/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/policies/page_runs.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_CHUNKS 256u
#define BLOCK_PAGES (UINT64_C(1) * BLOCK_CHUNKS * HR_CHUNK_PAGES)

/* A block's or a chunk's own word, when its parts differ: theirs count then, and mean nothing otherwise. */
#define SPLIT UINT64_MAX

/* Of blocks that are or were split. */
struct hr_runs_block {
	uint64_t some[BLOCK_CHUNKS / 64]; /* a bit for each chunk whose word is not 0 */
	uint64_t chunks[BLOCK_CHUNKS];
	uint64_t *pages[BLOCK_CHUNKS]; /* of the chunks that are or were split */
};

/* --- life ------------------------------------------------------------------ */

bool hr_page_runs_init(struct hr_page_runs *w, const struct hr_geometry *geometry)
{
	*w = (struct hr_page_runs){.nblocks = (size_t)hr_div_up(geometry->chunks, BLOCK_CHUNKS)};
	w->blocks = hr_map(w->nblocks * sizeof(*w->blocks));
	w->all = hr_map(w->nblocks * sizeof(*w->all));
	if (w->blocks != NULL && w->all != NULL)
		return true;
	hr_page_runs_release(w);
	return false;
}

static void free_block(struct hr_runs_block *b)
{
	for (unsigned i = 0; b != NULL && i < BLOCK_CHUNKS; i++)
		free(b->pages[i]);
	free(b);
}

void hr_page_runs_release(struct hr_page_runs *w)
{
	for (size_t b = w->low; w->blocks != NULL && b < w->end; b++)
		free_block(w->blocks[b]);
	hr_unmap(w->blocks, w->nblocks * sizeof(*w->blocks));
	hr_unmap(w->all, w->nblocks * sizeof(*w->all));
	w->blocks = NULL;
	w->all = NULL;
}

/* Blocks and chunks that are looked at lie within these bounds. */
static void stretch(struct hr_page_runs *w, size_t b)
{
	if (w->end == 0 || b < w->low)
		w->low = b;
	if (b >= w->end)
		w->end = b + 1;
}

/* A block whose chunks have words of their own; NULL: out of memory. */
static struct hr_runs_block *split_block(struct hr_page_runs *w, size_t b)
{
	if (w->all[b] != SPLIT) {
		if (w->blocks[b] == NULL)
			w->blocks[b] = hr_calloc(1, sizeof(*w->blocks[b]));
		if (w->blocks[b] == NULL)
			return NULL;
		for (unsigned i = 0; i < BLOCK_CHUNKS; i++)
			w->blocks[b]->chunks[i] = w->all[b];
		for (unsigned i = 0; i < BLOCK_CHUNKS / 64; i++)
			w->blocks[b]->some[i] = w->all[b] != 0 ? UINT64_MAX : 0;
		w->all[b] = SPLIT;
		stretch(w, b);
	}
	return w->blocks[b];
}

/* The words of the pages of a chunk, to be set; NULL: out of memory. */
static uint64_t *need_pages(struct hr_runs_block *b, unsigned i)
{
	if (b->pages[i] == NULL)
		b->pages[i] = hr_calloc(HR_CHUNK_PAGES, sizeof(*b->pages[i]));
	return b->pages[i];
}

static bool copy_block(struct hr_page_runs *to, const struct hr_page_runs *from, size_t i)
{
	const struct hr_runs_block *old = from->blocks[i];
	struct hr_runs_block *new;

	stretch(to, i);
	to->all[i] = from->all[i];
	if (from->all[i] != SPLIT)
		return true;
	new = to->blocks[i] = hr_calloc(1, sizeof(*new));
	if (new == NULL)
		return false;
	memcpy(new->some, old->some, sizeof(new->some));
	memcpy(new->chunks, old->chunks, sizeof(new->chunks));
	for (unsigned c = 0; c < BLOCK_CHUNKS; c++) {
		if (old->chunks[c] != SPLIT)
			continue;
		if (need_pages(new, c) == NULL)
			return false;
		memcpy(new->pages[c], old->pages[c], HR_CHUNK_PAGES * sizeof(uint64_t));
	}
	return true;
}

bool hr_page_runs_clone(struct hr_page_runs *to, const struct hr_page_runs *from)
{
	*to = (struct hr_page_runs){.nblocks = from->nblocks};
	to->blocks = hr_map(to->nblocks * sizeof(*to->blocks));
	to->all = hr_map(to->nblocks * sizeof(*to->all));
	for (size_t b = from->low; to->blocks != NULL && to->all != NULL && b < from->end; b++)
		if ((from->all[b] != 0 || from->blocks[b] != NULL) && !copy_block(to, from, b)) {
			hr_page_runs_release(to);
			return false;
		}
	if (to->blocks != NULL && to->all != NULL)
		return true;
	hr_page_runs_release(to);
	return false;
}

/* --- words ----------------------------------------------------------------- */

static void fill(uint64_t *words, unsigned n, uint64_t word)
{
	for (unsigned i = 0; i < n; i++)
		words[i] = word;
}

/* A chunk's word. Where the block has nothing else than zeros any more, it is not split. */
static void set_chunk(struct hr_page_runs *w, size_t b, unsigned i, uint64_t word)
{
	struct hr_runs_block *block = w->blocks[b];
	uint64_t some = 0;

	block->chunks[i] = word;
	if (word != 0) {
		block->some[i / 64] |= UINT64_C(1) << i % 64;
		return;
	}
	block->some[i / 64] &= ~(UINT64_C(1) << i % 64);
	for (unsigned k = 0; k < BLOCK_CHUNKS / 64; k++)
		some |= block->some[k];
	if (some == 0)
		w->all[b] = 0;
}

static bool set_in_chunk(struct hr_page_runs *w, uint64_t page, unsigned n, uint64_t word)
{
	unsigned i = (unsigned)(hr_chunk_of(page) % BLOCK_CHUNKS);
	size_t b = (size_t)(page / BLOCK_PAGES);
	struct hr_runs_block *block;
	uint64_t *words;

	if (w->all[b] == word)
		return true;
	block = split_block(w, b);
	if (block == NULL)
		return false;
	if (n == HR_CHUNK_PAGES) {
		set_chunk(w, b, i, word);
		return true;
	}
	if (block->chunks[i] == word)
		return true;
	words = need_pages(block, i);
	if (words == NULL)
		return false;
	if (block->chunks[i] != SPLIT)
		fill(words, HR_CHUNK_PAGES, block->chunks[i]);
	set_chunk(w, b, i, SPLIT);
	fill(words + hr_page_in_chunk(page), n, word);
	return true;
}

enum hr_status hr_page_runs_set(struct hr_page_runs *w, uint64_t page, uint64_t npages, uint64_t word)
{
	for (uint64_t end = page + npages; page < end;) {
		unsigned n = hr_page_runs_in_chunk(page, end - page);

		if (page % BLOCK_PAGES == 0 && end - page >= BLOCK_PAGES) {
			w->all[page / BLOCK_PAGES] = word;
			stretch(w, (size_t)(page / BLOCK_PAGES));
			page += BLOCK_PAGES;
			continue;
		}
		if (!set_in_chunk(w, page, n, word))
			return HR_ENOMEM;
		page += n;
	}
	return HR_OK;
}

uint64_t hr_page_runs_at(const struct hr_page_runs *w, uint64_t page, uint64_t npages, unsigned *run)
{
	unsigned n = hr_page_runs_in_chunk(page, npages), i = 1;
	const struct hr_runs_block *block;
	const uint64_t *words;
	uint64_t word = w->all[page / BLOCK_PAGES];

	if (word != SPLIT) {
		uint64_t left = BLOCK_PAGES - page % BLOCK_PAGES;

		*run = npages < left ? (unsigned)npages : (unsigned)left;
		return word;
	}
	block = w->blocks[page / BLOCK_PAGES];
	word = block->chunks[hr_chunk_of(page) % BLOCK_CHUNKS];
	if (word != SPLIT) {
		*run = n;
		return word;
	}
	words = block->pages[hr_chunk_of(page) % BLOCK_CHUNKS] + hr_page_in_chunk(page);
	while (i < n && words[i] == words[0])
		i++;
	*run = i;
	return words[0];
}

uint64_t hr_page_runs_next(const struct hr_page_runs *w, uint64_t page)
{
	for (size_t b = page / BLOCK_PAGES > w->low ? (size_t)(page / BLOCK_PAGES) : w->low; b < w->end; b++) {
		const uint64_t from = b * BLOCK_PAGES > page ? b * BLOCK_PAGES : page;
		unsigned i = (unsigned)(hr_chunk_of(from) % BLOCK_CHUNKS);

		if (w->all[b] == 0)
			continue;
		if (w->all[b] != SPLIT)
			return from;
		for (; i < BLOCK_CHUNKS; i = (i / 64 + 1) * 64) {
			const uint64_t some = w->blocks[b]->some[i / 64] >> i % 64;

			if (some != 0) {
				const uint64_t first = b * BLOCK_PAGES + hr_chunk_page(i + hr_ctz(some));

				return first > from ? first : from;
			}
		}
	}
	return UINT64_MAX;
}
