/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/objects/page_owners.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "pagealloc/geometry.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_CHUNKS 256u
#define BLOCK_PAGES (UINT64_C(1) * BLOCK_CHUNKS * HR_CHUNK_PAGES)

struct hr_owners_block {
	uint32_t all;			  /* has all of the block; 0: look at its chunks */
	uint64_t some[BLOCK_CHUNKS / 64]; /* a bit for each chunk of which anybody has anything */
	struct chunk {
		uint32_t all;	 /* has all of the chunk; 0: look at its pages */
		uint32_t npages; /* of its table that have an owner */
		uint32_t *pages; /* NULL: nobody has one */
	} chunks[BLOCK_CHUNKS];
};

void hr_page_owners_init(struct hr_page_owners *o, size_t max_tables)
{
	memset(o, 0, sizeof(*o));
	hr_map64_init(&o->index);
	o->max_tables = max_tables;
}

void hr_page_owners_release(struct hr_page_owners *o)
{
	for (size_t b = 0; b < o->nblocks; b++) {
		for (unsigned i = 0; i < BLOCK_CHUNKS; i++)
			free(o->blocks[b]->chunks[i].pages);
		free(o->blocks[b]);
	}
	free(o->blocks);
	hr_map64_release(&o->index);
	hr_page_owners_init(o, o->max_tables);
}

/* --- blocks ---------------------------------------------------------------- */

/* NULL: nobody ever had anything there. */
static inline struct hr_owners_block *find_block(struct hr_page_owners *o, uint64_t number)
{
	const uint64_t *at;

	if (o->last_block != NULL && o->last == number)
		return o->last_block;
	at = hr_map64_get(&o->index, number);
	if (at == NULL)
		return NULL;
	o->last = number;
	o->last_block = o->blocks[*at];
	return o->last_block;
}

static struct hr_owners_block *make_block(struct hr_page_owners *o, uint64_t number)
{
	struct hr_owners_block *b = find_block(o, number);

	if (b != NULL)
		return b;
	if (!hr_reserve(&o->blocks, &o->cap, o->nblocks + 1, sizeof(struct hr_owners_block *)))
		return NULL;
	b = hr_calloc(1, sizeof(*b));
	if (b == NULL || !hr_map64_put(&o->index, number, o->nblocks)) {
		free(b);
		return NULL;
	}
	o->blocks[o->nblocks++] = b;
	return b;
}

/* --- looking --------------------------------------------------------------- */

static inline unsigned chunk_in_block(uint64_t page)
{
	return (unsigned)(hr_chunk_of(page) % BLOCK_CHUNKS);
}

uint32_t hr_page_owners_look(struct hr_page_owners *o, uint64_t page)
{
	const struct hr_owners_block *b = find_block(o, page / BLOCK_PAGES);
	const struct chunk *c;

	if (b == NULL)
		return 0;
	c = &b->chunks[chunk_in_block(page)];
	if (b->all != 0 || c->all != 0)
		return b->all != 0 ? b->all : c->all;
	if (c->pages == NULL)
		return 0;
	o->last_chunk = hr_chunk_of(page);
	o->last_pages = c->pages;
	return c->pages[hr_page_in_chunk(page)];
}

/* Of the pages [page, end) of one block. */
static uint32_t first_in_block(const struct hr_owners_block *b, uint64_t page, uint64_t end)
{
	if (b->all != 0)
		return b->all;
	while (page < end) {
		const unsigned i = chunk_in_block(page);
		const uint64_t some = b->some[i / 64] >> i % 64;
		uint64_t next = hr_chunk_page(hr_chunk_of(page) + 1);
		const struct chunk *c = &b->chunks[i];

		if ((some & 1) == 0) {
			page = hr_chunk_page(hr_chunk_of(page) + (some != 0 ? hr_ctz(some) : 64 - i % 64));
			continue;
		}
		if (c->all != 0)
			return c->all;
		for (next = next < end ? next : end; page < next; page++)
			if (c->pages[hr_page_in_chunk(page)] != 0)
				return c->pages[hr_page_in_chunk(page)];
	}
	return 0;
}

uint32_t hr_page_owners_first(struct hr_page_owners *o, uint64_t page, uint64_t npages)
{
	uint32_t owner = 0;

	for (uint64_t end = page + npages, next; page < end && owner == 0; page = next) {
		const struct hr_owners_block *b = find_block(o, page / BLOCK_PAGES);

		next = (page / BLOCK_PAGES + 1) * BLOCK_PAGES;
		if (b != NULL)
			owner = first_in_block(b, page, next < end ? next : end);
	}
	return owner;
}

/* --- changing -------------------------------------------------------------- */

static bool set_pages(struct hr_page_owners *o, struct chunk *c, unsigned first, unsigned n, uint32_t owner)
{
	if (c->pages == NULL) {
		if (o->ntables == o->max_tables)
			return false;
		c->pages = hr_calloc(HR_CHUNK_PAGES, sizeof(*c->pages));
		if (c->pages == NULL)
			return false;
		o->ntables++;
	}
	for (unsigned i = first; i < first + n; i++)
		c->pages[i] = owner;
	c->npages = owner != 0 ? c->npages + n : c->npages - n;
	return true;
}

static bool set_in_chunk(struct hr_page_owners *o, struct hr_owners_block *b, uint64_t page, unsigned n, uint32_t owner)
{
	const unsigned i = chunk_in_block(page);
	struct chunk *c = &b->chunks[i];

	if (n == HR_CHUNK_PAGES) {
		c->all = owner;
		o->last_pages = NULL;
	} else if (!set_pages(o, c, hr_page_in_chunk(page), n, owner)) {
		return false;
	}
	if (c->all != 0 || c->npages > 0)
		b->some[i / 64] |= UINT64_C(1) << i % 64;
	else
		b->some[i / 64] &= ~(UINT64_C(1) << i % 64);
	return true;
}

bool hr_page_owners_set(struct hr_page_owners *o, uint64_t page, uint64_t npages, uint32_t owner)
{
	for (uint64_t end = page + npages, next; page < end; page = next) {
		struct hr_owners_block *b = make_block(o, page / BLOCK_PAGES);

		if (b == NULL)
			return false;
		if (page % BLOCK_PAGES == 0 && end - page >= BLOCK_PAGES) {
			b->all = owner;
			o->last_pages = NULL;
			next = page + BLOCK_PAGES;
			continue;
		}
		next = hr_chunk_page(hr_chunk_of(page) + 1);
		next = next < end ? next : end;
		if (!set_in_chunk(o, b, page, (unsigned)(next - page), owner))
			return false;
	}
	return true;
}
