/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For every released page the time of its release, in units of 2^20 ns (1.05
 * ms) plus one; 0 for a page that is not released, or was never used. A chunk that
 * is released as a whole has one stamp for all its pages, until some are used:
 * large spans come and go without any of their own. Those take 2 KiB a chunk,
 * from when the first page of it is released. Beside the stamps of a chunk stands
 * how many of its pages came back, for who looks at it.
 */
#include "config.h"

#include "scavenge/stamps.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

#define STAMP_SHIFT 20
#define THRASH_UNITS ((NS_PER_S >> STAMP_SHIFT) + 1)
#define BLOCK_CHUNKS 8192

struct hr_stamps_block {
	uint32_t refaults[BLOCK_CHUNKS];
	uint32_t whole[BLOCK_CHUNKS];  /* the stamp of all pages of a chunk, in place of theirs; 0: each has its own */
	uint32_t *pages[BLOCK_CHUNKS]; /* theirs, NULL: none has one */
};

bool hr_stamps_init(struct hr_stamps *s, const struct hr_geometry *geometry)
{
	s->nblocks = (size_t)((geometry->chunks + BLOCK_CHUNKS - 1) / BLOCK_CHUNKS);
	s->blocks = hr_calloc(s->nblocks, sizeof(*s->blocks));
	return s->blocks != NULL;
}

static void free_block(struct hr_stamps_block *b)
{
	for (unsigned i = 0; b != NULL && i < BLOCK_CHUNKS; i++)
		free(b->pages[i]);
	hr_unmap(b, sizeof(*b));
}

void hr_stamps_release(struct hr_stamps *s)
{
	for (size_t i = 0; s->blocks != NULL && i < s->nblocks; i++)
		free_block(s->blocks[i]);
	free(s->blocks);
	s->blocks = NULL;
}

static struct hr_stamps_block *block_of(const struct hr_stamps *s, uint64_t chunk)
{
	return s->blocks[chunk / BLOCK_CHUNKS];
}

static struct hr_stamps_block *need_block(struct hr_stamps *s, uint64_t chunk)
{
	struct hr_stamps_block **b = &s->blocks[chunk / BLOCK_CHUNKS];

	if (*b == NULL)
		*b = hr_map(sizeof(**b));
	return *b;
}

/* The stamps of the pages of a chunk, for some to be set; NULL: out of memory. */
static uint32_t *need_pages(struct hr_stamps_block *b, unsigned i)
{
	if (b->pages[i] == NULL)
		b->pages[i] = hr_calloc(HR_CHUNK_PAGES, sizeof(*b->pages[i]));
	return b->pages[i];
}

/* What one chunk has, so that the copy commits no more memory than the original. */
static bool copy_chunk(struct hr_stamps *to, const struct hr_stamps *from, uint64_t chunk)
{
	const struct hr_stamps_block *old = block_of(from, chunk);
	unsigned i = (unsigned)(chunk % BLOCK_CHUNKS);
	struct hr_stamps_block *new;

	if (old->refaults[i] == 0 && old->whole[i] == 0 && old->pages[i] == NULL)
		return true;
	new = need_block(to, chunk);
	if (new == NULL || (old->pages[i] != NULL && need_pages(new, i) == NULL))
		return false;
	if (old->pages[i] != NULL)
		memcpy(new->pages[i], old->pages[i], HR_CHUNK_PAGES * sizeof(*old->pages[i]));
	new->refaults[i] = old->refaults[i];
	new->whole[i] = old->whole[i];
	return true;
}

bool hr_stamps_clone(struct hr_stamps *to, const struct hr_stamps *from)
{
	to->nblocks = from->nblocks;
	to->blocks = hr_calloc(to->nblocks, sizeof(*to->blocks));
	if (to->blocks == NULL)
		return false;
	for (size_t b = 0; b < from->nblocks; b++)
		for (uint64_t i = 0; from->blocks[b] != NULL && i < BLOCK_CHUNKS; i++)
			if (!copy_chunk(to, from, b * BLOCK_CHUNKS + i)) {
				hr_stamps_release(to);
				return false;
			}
	return true;
}

/* A chunk that was released as a whole: its pages have stamps of their own from now on. False: out of memory. */
static bool spread_stamp(struct hr_stamps_block *b, unsigned i)
{
	if (need_pages(b, i) == NULL)
		return false;
	for (unsigned page = 0; b->whole[i] != 0 && page < HR_CHUNK_PAGES; page++)
		b->pages[i][page] = b->whole[i];
	b->whole[i] = 0;
	return true;
}

static uint32_t unit_of(uint64_t now_ns)
{
	uint64_t now = (now_ns >> STAMP_SHIFT) + 1;

	return now < UINT32_MAX ? (uint32_t)now : UINT32_MAX;
}

bool hr_stamps_set(struct hr_stamps *s, uint64_t page, unsigned npages, uint64_t now_ns)
{
	struct hr_stamps_block *b = need_block(s, hr_chunk_of(page));
	unsigned i = (unsigned)(hr_chunk_of(page) % BLOCK_CHUNKS);
	uint32_t unit = unit_of(now_ns), *stamps;

	if (b == NULL || (npages < HR_CHUNK_PAGES && !spread_stamp(b, i)))
		return false;
	if (npages == HR_CHUNK_PAGES) {
		b->whole[i] = unit;
		return true;
	}
	stamps = b->pages[i] + hr_page_in_chunk(page);
	for (unsigned n = 0; n < npages; n++)
		stamps[n] = unit;
	return true;
}

bool hr_stamps_set_chunks(struct hr_stamps *s, uint64_t chunk, uint64_t nchunks, uint64_t now_ns)
{
	uint32_t unit = unit_of(now_ns);

	for (uint64_t limit = chunk + nchunks; chunk < limit; chunk++) {
		struct hr_stamps_block *b = need_block(s, chunk);

		if (b == NULL)
			return false;
		b->whole[chunk % BLOCK_CHUNKS] = unit;
	}
	return true;
}

/* n pages of one chunk, all stamped; returns how many had been used before. */
static unsigned take_here(struct hr_stamps_block *b, uint64_t page, unsigned n, uint64_t now, struct hr_used_again *all)
{
	unsigned i = (unsigned)(hr_chunk_of(page) % BLOCK_CHUNKS), again = 0;
	uint32_t *stamps;

	if (b->whole[i] == 0 && b->pages[i] == NULL)
		return 0;
	if (b->whole[i] != 0 && n == HR_CHUNK_PAGES) {
		all->thrash_pages += now - (b->whole[i] - 1) <= THRASH_UNITS ? n : 0;
		b->whole[i] = 0;
		return n;
	}
	if (b->whole[i] != 0 && !spread_stamp(b, i)) {
		all->out_of_memory = true;
		return 0;
	}
	stamps = b->pages[i] + hr_page_in_chunk(page);
	for (unsigned k = 0; k < n; k++) {
		if (stamps[k] == 0)
			continue;
		again++;
		all->thrash_pages += now - (stamps[k] - 1) <= THRASH_UNITS;
		stamps[k] = 0;
	}
	return again;
}

struct hr_used_again hr_stamps_take(struct hr_stamps *s, uint64_t page, uint64_t npages, uint64_t now_ns)
{
	struct hr_used_again all = {0, 0, false};

	for (uint64_t end = page + npages; page < end;) {
		struct hr_stamps_block *b = block_of(s, hr_chunk_of(page));
		uint64_t n = HR_CHUNK_PAGES - hr_page_in_chunk(page);

		if (b == NULL)
			n = hr_chunk_page(BLOCK_CHUNKS) - page % hr_chunk_page(BLOCK_CHUNKS);
		if (n > end - page)
			n = end - page;
		if (b != NULL) {
			uint32_t *refaults = &b->refaults[hr_chunk_of(page) % BLOCK_CHUNKS];
			unsigned here = take_here(b, page, (unsigned)n, now_ns >> STAMP_SHIFT, &all);

			all.pages += here;
			*refaults += here < UINT32_MAX - *refaults ? here : UINT32_MAX - *refaults;
		}
		page += n;
	}
	return all;
}

uint32_t hr_stamps_refaults(const struct hr_stamps *s, uint64_t chunk)
{
	const struct hr_stamps_block *b = block_of(s, chunk);

	return b != NULL ? b->refaults[chunk % BLOCK_CHUNKS] : 0;
}
