/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For every released page the time of its release, in units of 2^20 ns (1.05
 * ms) plus one; 0 for a page that is not released, or was never used. A chunk that
 * is released as a whole has one stamp for all its pages, until some are used, and
 * so has a block of chunks: large spans come and go without any of their own.
 *
 * Only of the last second does it matter when a page was released. Stamps of pages take
 * 2 KiB a chunk until the latest of them is older than that; then a bit each is left, and
 * nothing where all pages of the chunk have one. So memory goes by what is released in a
 * second, and not by how large the heap is. Chunks wait for that in a queue.
 *
 * Beside the stamps of a chunk stands how many of its pages came back, for who looks at it.
 */
#include "config.h"

#include "scavenge/stamps.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "pagealloc/bitmap.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

#define STAMP_SHIFT 20
#define THRASH_UNITS ((NS_PER_S >> STAMP_SHIFT) + 1)
#define BLOCK_CHUNKS 256
#define BLOCK_PAGES (UINT64_C(512) * BLOCK_CHUNKS)

/* A stamp of whole chunks and blocks that stands for any older than a second: it stays so. */
#define OLD 1

/* The stamps of the pages of a chunk. */
struct hr_stamps_chunk {
	hr_bitmap old;	  /* stamped, more than a second ago */
	uint32_t *recent; /* the stamps of the others, 0: none; NULL: all are 0 */
	uint32_t latest;  /* of the recent */
};

struct hr_stamps_block {
	uint32_t all;	       /* the stamp of all pages of the block, in place of theirs; 0: each chunk has its own */
	uint32_t all_refaults; /* of each chunk, beside its own */
	uint32_t refaults[BLOCK_CHUNKS];
	uint32_t whole[BLOCK_CHUNKS]; /* the stamp of all pages of a chunk, in place of theirs; 0: each has its own */
	struct hr_stamps_chunk *pages[BLOCK_CHUNKS]; /* theirs, NULL: none has one */
};

static size_t table_bytes(const struct hr_stamps *s)
{
	return s->nblocks * sizeof(*s->blocks);
}

bool hr_stamps_init(struct hr_stamps *s, const struct hr_geometry *geometry)
{
	*s = (struct hr_stamps){.nblocks = (size_t)((geometry->chunks + BLOCK_CHUNKS - 1) / BLOCK_CHUNKS)};
	s->blocks = hr_map(table_bytes(s));
	return s->blocks != NULL;
}

static void free_pages(struct hr_stamps_block *b, unsigned i)
{
	if (b->pages[i] != NULL)
		free(b->pages[i]->recent);
	free(b->pages[i]);
	b->pages[i] = NULL;
}

static void free_block(struct hr_stamps_block *b)
{
	for (unsigned i = 0; b != NULL && i < BLOCK_CHUNKS; i++)
		free_pages(b, i);
	free(b);
}

void hr_stamps_release(struct hr_stamps *s)
{
	for (size_t i = s->low; s->blocks != NULL && i < s->end; i++)
		free_block(s->blocks[i]);
	hr_unmap(s->blocks, table_bytes(s));
	free(s->queue);
	memset(s, 0, sizeof(*s));
}

static struct hr_stamps_block *block_of(const struct hr_stamps *s, uint64_t chunk)
{
	return s->blocks[chunk / BLOCK_CHUNKS];
}

static struct hr_stamps_block *need_block(struct hr_stamps *s, uint64_t chunk)
{
	size_t i = (size_t)(chunk / BLOCK_CHUNKS);

	if (s->blocks[i] != NULL)
		return s->blocks[i];
	s->blocks[i] = hr_calloc(1, sizeof(*s->blocks[i]));
	if (s->end == 0 || i < s->low)
		s->low = i;
	if (i >= s->end)
		s->end = i + 1;
	return s->blocks[i];
}

/* The block's chunks have stamps of their own from now on. */
static void spread_block(struct hr_stamps_block *b)
{
	for (unsigned i = 0; i < BLOCK_CHUNKS; i++)
		b->whole[i] = b->all;
	b->all = 0;
}

/* The stamps of the pages of a chunk, for some to be set; NULL: out of memory. */
static struct hr_stamps_chunk *need_pages(struct hr_stamps_block *b, unsigned i)
{
	if (b->pages[i] == NULL)
		b->pages[i] = hr_calloc(1, sizeof(*b->pages[i]));
	return b->pages[i];
}

static bool enqueue(struct hr_stamps *s, uint64_t chunk, uint32_t unit)
{
	if (s->first > 0 && s->first >= s->n - s->first) {
		memmove(s->queue, s->queue + s->first, (s->n - s->first) * sizeof(*s->queue));
		s->n -= s->first;
		s->first = 0;
	}
	if (!hr_reserve(&s->queue, &s->cap, s->n + 1, sizeof(*s->queue)))
		return false;
	s->queue[s->n++] = (struct hr_stamps_recent){.chunk = chunk, .unit = unit};
	return true;
}

/* Stamps of the last second, all 0 at first; false: out of memory. */
static bool need_recent(struct hr_stamps *s, struct hr_stamps_chunk *c, uint64_t chunk, uint32_t unit)
{
	if (c->recent == NULL) {
		c->recent = hr_calloc(HR_CHUNK_PAGES, sizeof(*c->recent));
		if (c->recent == NULL || !enqueue(s, chunk, unit))
			return false;
	}
	c->latest = unit;
	return true;
}

static inline bool is_recent(uint32_t stamp, uint64_t now)
{
	return now - (stamp - 1) <= THRASH_UNITS;
}

/* All stamps of the chunk are older than a second. */
static void age(struct hr_stamps_block *b, unsigned i)
{
	struct hr_stamps_chunk *c = b->pages[i];
	uint64_t any = 0, all = UINT64_MAX;

	for (unsigned page = 0; page < HR_CHUNK_PAGES; page++)
		c->old[page / 64] |= (uint64_t)(c->recent[page] != 0) << page % 64;
	free(c->recent);
	c->recent = NULL;
	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++) {
		any |= c->old[w];
		all &= c->old[w];
	}
	if (any != 0 && all != UINT64_MAX)
		return;
	if (any != 0)
		b->whole[i] = OLD;
	free_pages(b, i);
}

/* What has waited for a second. False: out of memory. */
static bool age_all(struct hr_stamps *s, uint64_t now)
{
	while (s->first < s->n && !is_recent(s->queue[s->first].unit, now)) {
		const uint64_t chunk = s->queue[s->first++].chunk;
		struct hr_stamps_block *b = block_of(s, chunk);
		struct hr_stamps_chunk *c = b->pages[chunk % BLOCK_CHUNKS];

		if (c == NULL || c->recent == NULL)
			continue;
		if (!is_recent(c->latest, now))
			age(b, (unsigned)(chunk % BLOCK_CHUNKS));
		else if (!enqueue(s, chunk, c->latest))
			return false;
	}
	return true;
}

static bool copy_pages(struct hr_stamps_chunk *to, const struct hr_stamps_chunk *from)
{
	*to = *from;
	if (from->recent == NULL)
		return true;
	to->recent = hr_calloc(HR_CHUNK_PAGES, sizeof(*to->recent));
	if (to->recent == NULL)
		return false;
	memcpy(to->recent, from->recent, HR_CHUNK_PAGES * sizeof(*to->recent));
	return true;
}

/* What one block has, so that the copy commits no more memory than the original. */
static bool copy_block(struct hr_stamps *to, const struct hr_stamps *from, size_t i)
{
	const struct hr_stamps_block *old = from->blocks[i];
	struct hr_stamps_block *new = need_block(to, (uint64_t)i * BLOCK_CHUNKS);

	if (new == NULL)
		return false;
	for (unsigned c = 0; c < BLOCK_CHUNKS; c++) {
		if (old->pages[c] == NULL)
			continue;
		if (need_pages(new, c) == NULL || !copy_pages(new->pages[c], old->pages[c]))
			return false;
	}
	memcpy(new->refaults, old->refaults, sizeof(new->refaults));
	memcpy(new->whole, old->whole, sizeof(new->whole));
	new->all = old->all;
	new->all_refaults = old->all_refaults;
	return true;
}

bool hr_stamps_clone(struct hr_stamps *to, const struct hr_stamps *from)
{
	*to = (struct hr_stamps){.nblocks = from->nblocks};
	to->blocks = hr_map(table_bytes(to));
	if (to->blocks == NULL)
		return false;
	if (from->n > from->first && !hr_reserve(&to->queue, &to->cap, from->n - from->first, sizeof(*to->queue))) {
		hr_stamps_release(to);
		return false;
	}
	for (size_t i = from->first; i < from->n; i++)
		to->queue[to->n++] = from->queue[i];
	for (size_t b = from->low; b < from->end; b++)
		if (from->blocks[b] != NULL && !copy_block(to, from, b)) {
			hr_stamps_release(to);
			return false;
		}
	return true;
}

/* A chunk that was released as a whole: its pages have stamps of their own from now on. False: out of memory. */
static bool spread_stamp(struct hr_stamps *s, struct hr_stamps_block *b, uint64_t chunk, uint64_t now)
{
	const unsigned i = (unsigned)(chunk % BLOCK_CHUNKS);
	struct hr_stamps_chunk *c = need_pages(b, i);

	if (c == NULL)
		return false;
	if (b->whole[i] == 0)
		return true;
	if (!is_recent(b->whole[i], now)) {
		memset(c->old, 0xff, sizeof(c->old));
	} else {
		if (!need_recent(s, c, chunk, b->whole[i]))
			return false;
		for (unsigned page = 0; page < HR_CHUNK_PAGES; page++)
			c->recent[page] = b->whole[i];
	}
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

	if (b == NULL || !age_all(s, now_ns >> STAMP_SHIFT))
		return false;
	if (b->all != 0)
		spread_block(b);
	if (npages == HR_CHUNK_PAGES) {
		free_pages(b, i);
		b->whole[i] = unit;
		return true;
	}
	if (!spread_stamp(s, b, hr_chunk_of(page), now_ns >> STAMP_SHIFT) ||
	    !need_recent(s, b->pages[i], hr_chunk_of(page), unit))
		return false;
	stamps = b->pages[i]->recent + hr_page_in_chunk(page);
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
		if (chunk % BLOCK_CHUNKS == 0 && limit - chunk >= BLOCK_CHUNKS) {
			/* None of its pages has a stamp: all were in use. */
			b->all = unit;
			chunk += BLOCK_CHUNKS - 1;
			continue;
		}
		if (b->all != 0)
			spread_block(b);
		b->whole[chunk % BLOCK_CHUNKS] = unit;
	}
	return true;
}

/* Takes the old stamps of pages [i, i+n); returns how many they are. */
static unsigned take_old(hr_bitmap old, unsigned i, unsigned n)
{
	unsigned taken = 0;

	for (unsigned end = i + n, some; i < end; i += some) {
		some = 64 - i % 64 < end - i ? 64 - i % 64 : end - i;
		taken += hr_popcount(old[i / 64] & hr_mask(i % 64, some));
		old[i / 64] &= ~hr_mask(i % 64, some);
	}
	return taken;
}

/* n pages of one chunk, all stamped; returns how many had been used before. */
static unsigned take_here(struct hr_stamps *s, struct hr_stamps_block *b, uint64_t page, unsigned n, uint64_t now,
			  struct hr_used_again *all)
{
	unsigned i = (unsigned)(hr_chunk_of(page) % BLOCK_CHUNKS), again;
	uint32_t *stamps;

	if (b->whole[i] == 0 && b->pages[i] == NULL)
		return 0;
	if (b->whole[i] != 0 && n == HR_CHUNK_PAGES) {
		all->thrash_pages += is_recent(b->whole[i], now) ? n : 0;
		b->whole[i] = 0;
		return n;
	}
	if (b->whole[i] != 0 && !spread_stamp(s, b, hr_chunk_of(page), now)) {
		all->out_of_memory = true;
		return 0;
	}
	again = take_old(b->pages[i]->old, hr_page_in_chunk(page), n);
	stamps = b->pages[i]->recent;
	for (unsigned k = hr_page_in_chunk(page); stamps != NULL && n > 0; n--, k++) {
		if (stamps[k] == 0)
			continue;
		again++;
		all->thrash_pages += is_recent(stamps[k], now);
		stamps[k] = 0;
	}
	return again;
}

static uint32_t sum(uint32_t a, uint64_t b)
{
	return b < UINT32_MAX - a ? a + (uint32_t)b : UINT32_MAX;
}

/* All pages of a block, which have one stamp. */
static void take_block(struct hr_stamps_block *b, uint64_t now, struct hr_used_again *all)
{
	all->pages += BLOCK_PAGES;
	all->thrash_pages += is_recent(b->all, now) ? BLOCK_PAGES : 0;
	b->all_refaults = sum(b->all_refaults, HR_CHUNK_PAGES);
	b->all = 0;
}

struct hr_used_again hr_stamps_take(struct hr_stamps *s, uint64_t page, uint64_t npages, uint64_t now_ns)
{
	struct hr_used_again all = {0, 0, false};

	for (uint64_t end = page + npages; page < end;) {
		struct hr_stamps_block *b = block_of(s, hr_chunk_of(page));
		uint64_t n = HR_CHUNK_PAGES - hr_page_in_chunk(page);
		uint32_t *refaults;
		unsigned here;

		if (b == NULL || (b->all != 0 && page % BLOCK_PAGES == 0 && end - page >= BLOCK_PAGES)) {
			if (b != NULL)
				take_block(b, now_ns >> STAMP_SHIFT, &all);
			n = BLOCK_PAGES - page % BLOCK_PAGES;
			page += n < end - page ? n : end - page;
			continue;
		}
		if (b->all != 0)
			spread_block(b);
		if (n > end - page)
			n = end - page;
		refaults = &b->refaults[hr_chunk_of(page) % BLOCK_CHUNKS];
		here = take_here(s, b, page, (unsigned)n, now_ns >> STAMP_SHIFT, &all);
		all.pages += here;
		*refaults = sum(*refaults, here);
		page += n;
	}
	return all;
}

uint32_t hr_stamps_refaults(const struct hr_stamps *s, uint64_t chunk)
{
	const struct hr_stamps_block *b = block_of(s, chunk);

	return b != NULL ? sum(b->refaults[chunk % BLOCK_CHUNKS], b->all_refaults) : 0;
}
