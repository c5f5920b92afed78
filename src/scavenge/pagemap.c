/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bits of pages, a policy's own. Most ranges are a few pages in one word, and
 * most pages that are taken were not scavenged; both are looked at first.
 *
 * A block of 256 chunks is mapped when the first of its chunks grows, and is
 * zero then: free and not scavenged. What has never grown is never read.
 *
 * Where all pages of a block are in one state, one of a few whole blocks stands
 * for it, so that a span of TiB costs a pointer for each GiB of it. What is
 * about to change is copied first (own_chunk); what is replaced is kept for that.
 *
 * Of the other blocks it is known which chunks have all pages in one state, so that
 * a span that fills most of a block is passed in one step, too. That is found out
 * when someone asks, of the chunks that have changed since.
 */
#include "config.h"

#include "scavenge/pagemap.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_LOG_CHUNKS HR_MAP_BLOCK_LOG_CHUNKS
#define BLOCK_CHUNKS (UINT64_C(1) << BLOCK_LOG_CHUNKS)
#define BLOCK_BYTES (BLOCK_CHUNKS * sizeof(struct hr_chunk_bits))

/* The states of a whole block, in the order of hr_pagemap.whole. */
enum state { DIRTY, USED, RELEASED, STATES };

#define MIN_PHYS_PAGE_BYTES 4096u
#define MAX_PHYS_PAGE_BYTES (512u << 10) /* maxPhysPageSize */

/* Of 64 chunks. What has not grown is in no state. */
struct chunk_states {
	uint64_t stale;	    /* changed since the others were set */
	uint64_t low, high; /* a chunk's bits: 0 0 mixed, 1 0 dirty, 0 1 in use, 1 1 released */
	uint64_t free;	    /* it has a page that is neither in use nor released */
};

/* By block; NULL: it never was another than a whole one. */
struct hr_map_states {
	struct chunk_states *of;
};

static uint64_t block_count(const struct hr_pagemap *m)
{
	return hr_div_up(m->geometry->chunks, BLOCK_CHUNKS);
}

static size_t states_bytes(const struct hr_pagemap *m)
{
	return block_count(m) * sizeof(*m->states);
}

/* Those of chunks 64w..63, of a block that is or was not whole. */
static inline struct chunk_states *states_at(const struct hr_pagemap *m, uint64_t w)
{
	return &m->states[w / (BLOCK_CHUNKS / 64)].of[w % (BLOCK_CHUNKS / 64)];
}

/* --- life ------------------------------------------------------------------ */

enum hr_status hr_pagemap_init(struct hr_pagemap *m, const struct hr_geometry *geometry, uint64_t phys_page_bytes,
			       uint64_t huge_page_bytes, struct hr_error *err)
{
	memset(m, 0, sizeof(*m));
	if (!hr_is_pow2(phys_page_bytes) || phys_page_bytes < MIN_PHYS_PAGE_BYTES ||
	    phys_page_bytes > MAX_PHYS_PAGE_BYTES)
		return hr_error_set(err, HR_EUSAGE, "a physical page must be a power of two from 4KiB to 512KiB");
	if (huge_page_bytes != 0 && (!hr_is_pow2(huge_page_bytes) || huge_page_bytes > HR_CHUNK_BYTES))
		return hr_error_set(err, HR_EUSAGE,
				    "a huge page must be a power of two of at most 4MiB, or 0 for none");
	m->geometry = geometry;
	m->phys_page_bytes = phys_page_bytes;
	m->huge_page_bytes = huge_page_bytes;
	hr_ranges_init(&m->in_use);
	m->blocks = hr_map(block_count(m) * sizeof(*m->blocks));
	m->states = hr_map(states_bytes(m));
	if (m->blocks != NULL && m->states != NULL)
		return HR_OK;
	hr_pagemap_release(m);
	return hr_error_set(err, HR_ENOMEM, "out of memory for a map of pages");
}

static bool is_whole(const struct hr_pagemap *m, uint64_t b)
{
	return (uintptr_t)m->blocks[b] - (uintptr_t)m->whole < STATES * BLOCK_BYTES && m->whole != NULL;
}

static enum state state_of(const struct hr_pagemap *m, uint64_t b)
{
	return (enum state)((size_t)(m->blocks[b] - m->whole) / BLOCK_CHUNKS);
}

static struct hr_chunk_bits *take_spare(struct hr_pagemap *m)
{
	struct hr_chunk_bits *b = m->spare;

	memcpy(&m->spare, b, sizeof(m->spare));
	return b;
}

static void stretch(struct hr_pagemap *m, uint64_t b)
{
	if (m->end_block == 0 || b < m->low_block)
		m->low_block = b;
	if (b >= m->end_block)
		m->end_block = b + 1;
}

/* Blocks, all full, above which others are likely to become full, too. */
#define FULL_BELOW 16

/*
 * Memory of a new block. In huge pages where it is one of many in a row, so that at most a huge page is taken for
 * nothing, beside the quarter of one that is in use; elsewhere it takes what will be touched.
 */
static struct hr_chunk_bits *map_block(struct hr_pagemap *m, uint64_t b)
{
	bool full = b >= FULL_BELOW && hr_ranges_contain(&m->in_use, (b - FULL_BELOW) * HR_PAGEMAP_BLOCK_PAGES,
							 b * HR_PAGEMAP_BLOCK_PAGES);

	for (uint64_t i = b - FULL_BELOW; full && i < b; i++)
		full = m->blocks[i] != NULL && !is_whole(m, i);
	if (!full)
		return hr_map(BLOCK_BYTES);
	if (m->pieces == NULL)
		m->pieces = hr_calloc(1, sizeof(*m->pieces));
	return m->pieces != NULL ? hr_pieces_cut(m->pieces, BLOCK_BYTES) : NULL;
}

/* Leaves a block of pieces to their release. */
static void drop_block(const struct hr_pagemap *m, struct hr_chunk_bits *block)
{
	if (m->pieces == NULL || !hr_pieces_have(m->pieces, block))
		hr_unmap(block, BLOCK_BYTES);
}

/* For block b, of any content; NULL: out of memory. */
static struct hr_chunk_bits *new_block(struct hr_pagemap *m, uint64_t b, bool zeroed)
{
	struct hr_chunk_bits *block;

	if (m->states[b].of == NULL)
		m->states[b].of = hr_calloc(BLOCK_CHUNKS / 64, sizeof(struct chunk_states));
	if (m->states[b].of == NULL)
		return NULL;
	stretch(m, b);
	if (m->spare == NULL)
		return map_block(m, b);
	block = take_spare(m);
	return zeroed ? memset(block, 0, BLOCK_BYTES) : block;
}

static void put_block(struct hr_pagemap *m, uint64_t b, struct hr_chunk_bits *block)
{
	stretch(m, b);
	m->blocks[b] = block;
}

void hr_pagemap_release(struct hr_pagemap *m)
{
	for (uint64_t b = m->low_block; m->blocks != NULL && b < m->end_block; b++)
		if (m->blocks[b] != NULL && !is_whole(m, b))
			drop_block(m, m->blocks[b]);
	while (m->spare != NULL)
		drop_block(m, take_spare(m));
	if (m->pieces != NULL)
		hr_pieces_release(m->pieces);
	free(m->pieces);
	hr_unmap(m->whole, STATES * BLOCK_BYTES);
	if (m->blocks != NULL)
		hr_unmap(m->blocks, block_count(m) * sizeof(*m->blocks));
	for (uint64_t b = m->low_block; m->states != NULL && b < m->end_block; b++)
		free(m->states[b].of);
	if (m->states != NULL)
		hr_unmap(m->states, states_bytes(m));
	free(m->caches);
	hr_ranges_release(&m->in_use);
	memset(m, 0, sizeof(*m));
}

/* --- whole blocks ---------------------------------------------------------- */

static bool make_whole(struct hr_pagemap *m)
{
	if (m->whole != NULL)
		return true;
	m->whole = hr_map(STATES * BLOCK_BYTES);
	if (m->whole == NULL)
		return false;
	for (uint64_t c = 0; c < BLOCK_CHUNKS; c++) {
		memset(m->whole[USED * BLOCK_CHUNKS + c].alloc, 0xff, sizeof(hr_bitmap));
		memset(m->whole[RELEASED * BLOCK_CHUNKS + c].scavenged, 0xff, sizeof(hr_bitmap));
	}
	return true;
}

/* All pages of a block, which have grown, are in this state from now on; false: out of memory, nothing has changed. */
static bool set_whole(struct hr_pagemap *m, uint64_t b, enum state state)
{
	if (!make_whole(m))
		return false;
	if (m->blocks[b] != NULL && !is_whole(m, b)) {
		memcpy(m->blocks[b], &m->spare, sizeof(m->spare));
		m->spare = m->blocks[b];
	}
	put_block(m, b, m->whole + state * BLOCK_CHUNKS);
	return true;
}

static __attribute__((noinline)) bool copy_block(struct hr_pagemap *m, uint64_t b)
{
	const bool dirty = state_of(m, b) == DIRTY;
	struct hr_chunk_bits *own = new_block(m, b, dirty);

	if (own == NULL) {
		m->out_of_memory = true;
		return false;
	}
	if (!dirty)
		memcpy(own, m->blocks[b], BLOCK_BYTES);
	for (uint64_t w = b * BLOCK_CHUNKS / 64; w < (b + 1) * BLOCK_CHUNKS / 64; w++)
		states_at(m, w)->stale = UINT64_MAX;
	m->blocks[b] = own;
	return true;
}

static inline void touch(struct hr_pagemap *m, uint64_t chunk)
{
	states_at(m, chunk / 64)->stale |= UINT64_C(1) << chunk % 64;
}

/* The bits of a grown chunk, to change them; NULL: out of memory. */
static inline struct hr_chunk_bits *own_chunk(struct hr_pagemap *m, uint64_t chunk)
{
	if (is_whole(m, chunk >> BLOCK_LOG_CHUNKS) && !copy_block(m, chunk >> BLOCK_LOG_CHUNKS))
		return NULL;
	touch(m, chunk);
	return hr_pagemap_chunk(m, chunk);
}

/* Do the pages [page, limit) begin with a block? */
static inline bool begins_block(uint64_t page, uint64_t limit)
{
	return limit - page >= HR_PAGEMAP_BLOCK_PAGES && page % HR_PAGEMAP_BLOCK_PAGES == 0;
}

/* Are all pages of a chunk in one state? In this, if so. */
static bool is_alike(const struct hr_chunk_bits *c, enum state *state)
{
	const uint64_t alloc = c->alloc[0], scavenged = c->scavenged[0];

	/* Either all ones or all zeros; both ones is padding. */
	if (alloc + 1 > 1 || scavenged + 1 > 1 || (alloc & scavenged) != 0)
		return false;
	for (unsigned w = 1; w < HR_CHUNK_WORDS; w++)
		if (c->alloc[w] != alloc || c->scavenged[w] != scavenged)
			return false;
	*state = alloc != 0 ? USED : scavenged != 0 ? RELEASED : DIRTY;
	return true;
}

static bool has_free(const struct hr_chunk_bits *c)
{
	uint64_t all = UINT64_MAX;

	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
		all &= c->alloc[w] | c->scavenged[w];
	return all != UINT64_MAX;
}

/* The states of the chunks 64w.., of a block that is not whole. They are the map's own notes: it does not change by them. */
static const struct chunk_states *fresh_states(const struct hr_pagemap *m, uint64_t w)
{
	struct chunk_states *s = states_at(m, w);
	enum state state = DIRTY;

	for (; s->stale != 0; s->stale &= s->stale - 1) {
		const uint64_t bit = s->stale & -s->stale;
		const struct hr_chunk_bits *c = hr_pagemap_chunk(m, 64 * w + hr_ctz(bit));
		const bool alike = is_alike(c, &state);

		s->free = has_free(c) ? s->free | bit : s->free & ~bit;
		s->low = alike && state != USED ? s->low | bit : s->low & ~bit;
		s->high = alike && state != DIRTY ? s->high | bit : s->high & ~bit;
	}
	return s;
}

/* Of 64 chunks, those that are not as `chunk` is, which is not mixed. */
static inline uint64_t others(const struct chunk_states *s, bool low, bool high)
{
	return (s->low ^ -(uint64_t)low) | (s->high ^ -(uint64_t)high);
}

uint64_t hr_pagemap_alike(const struct hr_pagemap *m, uint64_t chunk)
{
	const uint64_t end = hr_align_down(chunk, BLOCK_CHUNKS) + BLOCK_CHUNKS;
	const struct chunk_states *s;
	bool low, high;
	uint64_t x;

	if (is_whole(m, chunk >> BLOCK_LOG_CHUNKS))
		return end - chunk;
	s = fresh_states(m, chunk / 64);
	low = s->low >> chunk % 64 & 1;
	high = s->high >> chunk % 64 & 1;
	if (!low && !high)
		return 1;
	x = others(s, low, high) >> chunk % 64;
	if (x != 0)
		return hr_ctz(x);
	for (uint64_t at = hr_align_down(chunk, 64) + 64; at < end; at += 64) {
		x = others(fresh_states(m, at / 64), low, high);
		if (x != 0)
			return at + hr_ctz(x) - chunk;
	}
	return end - chunk;
}

uint64_t hr_pagemap_first_alike(const struct hr_pagemap *m, uint64_t chunk)
{
	const uint64_t first = hr_align_down(chunk, BLOCK_CHUNKS);
	const struct chunk_states *s;
	bool low, high;
	uint64_t x;

	if (is_whole(m, chunk >> BLOCK_LOG_CHUNKS))
		return first;
	s = fresh_states(m, chunk / 64);
	low = s->low >> chunk % 64 & 1;
	high = s->high >> chunk % 64 & 1;
	if (!low && !high)
		return chunk;
	x = others(s, low, high) << (63 - chunk % 64);
	if (x != 0)
		return chunk - hr_clz(x) + 1;
	for (uint64_t at = hr_align_down(chunk, 64); at > first; at -= 64) {
		x = others(fresh_states(m, at / 64 - 1), low, high);
		if (x != 0)
			return at - hr_clz(x);
	}
	return first;
}

uint64_t hr_pagemap_next_free(const struct hr_pagemap *m, uint64_t chunk, uint64_t limit)
{
	while (chunk < limit) {
		const uint64_t b = chunk >> BLOCK_LOG_CHUNKS;
		uint64_t free;

		if (is_whole(m, b)) {
			if (state_of(m, b) == DIRTY)
				return chunk;
			chunk = (b + 1) * BLOCK_CHUNKS;
			continue;
		}
		free = fresh_states(m, chunk / 64)->free >> chunk % 64;
		if (free != 0) {
			chunk += hr_ctz(free);
			return chunk < limit ? chunk : limit;
		}
		chunk = hr_align_down(chunk, 64) + 64;
	}
	return limit;
}

/* --- growing and copying --------------------------------------------------- */

/* Blocks for chunks [chunk, limit), but for those of which all chunks are of these. */
static bool map_blocks(struct hr_pagemap *m, uint64_t chunk, uint64_t limit)
{
	struct hr_chunk_bits *own;

	for (uint64_t b = chunk >> BLOCK_LOG_CHUNKS; b <= (limit - 1) >> BLOCK_LOG_CHUNKS; b++) {
		if (m->blocks[b] != NULL || (b * BLOCK_CHUNKS >= chunk && (b + 1) * BLOCK_CHUNKS <= limit))
			continue;
		own = new_block(m, b, true);
		if (own == NULL)
			return false;
		put_block(m, b, own);
	}
	return true;
}

/* Chunks [chunk, limit) of one block, which has them all or is whole. */
static bool copy_chunks(struct hr_pagemap *to, const struct hr_pagemap *from, uint64_t chunk, uint64_t limit)
{
	uint64_t b = chunk >> BLOCK_LOG_CHUNKS;
	struct hr_chunk_bits *own;

	if (is_whole(from, b))
		return set_whole(to, b, state_of(from, b));
	if (to->blocks[b] == NULL) {
		own = new_block(to, b, true);
		if (own == NULL)
			return false;
		put_block(to, b, own);
	}
	memcpy(hr_pagemap_chunk(to, chunk), hr_pagemap_chunk(from, chunk),
	       (limit - chunk) * sizeof(struct hr_chunk_bits));
	for (; chunk < limit; chunk++)
		touch(to, chunk);
	return true;
}

/* Only what has grown, so that the copy commits no more memory than the original. */
static bool copy_bits(struct hr_pagemap *to, const struct hr_pagemap *from)
{
	for (size_t i = 0; i < from->in_use.n; i++) {
		uint64_t chunk = hr_chunk_of(from->in_use.at[i].base), limit = hr_chunk_of(from->in_use.at[i].limit);

		while (chunk < limit) {
			uint64_t end = hr_align_down(chunk, BLOCK_CHUNKS) + BLOCK_CHUNKS;

			if (end > limit)
				end = limit;
			if (!copy_chunks(to, from, chunk, end))
				return false;
			chunk = end;
		}
	}
	return true;
}

enum hr_status hr_pagemap_clone(struct hr_pagemap *to, const struct hr_pagemap *from)
{
	*to = *from;
	hr_ranges_init(&to->in_use);
	to->whole = to->spare = NULL;
	to->pieces = NULL;
	to->low_block = to->end_block = 0;
	to->blocks = hr_map(block_count(from) * sizeof(*to->blocks));
	to->states = hr_map(states_bytes(from));
	to->caches = hr_calloc(from->ncaches, sizeof(*to->caches));
	if (to->blocks == NULL || to->states == NULL || to->caches == NULL ||
	    !hr_ranges_copy(&to->in_use, &from->in_use) || !copy_bits(to, from)) {
		hr_pagemap_release(to);
		return HR_ENOMEM;
	}
	if (from->ncaches > 0)
		memcpy(to->caches, from->caches, from->ncaches * sizeof(*to->caches));
	return HR_OK;
}

enum hr_status hr_pagemap_grow(struct hr_pagemap *m, uint64_t chunk, uint64_t nchunks)
{
	uint64_t limit = chunk + nchunks;

	if (!map_blocks(m, chunk, limit) ||
	    (hr_align_up(chunk, BLOCK_CHUNKS) + BLOCK_CHUNKS <= limit && !make_whole(m)) ||
	    !hr_ranges_add(&m->in_use, hr_chunk_page(chunk), hr_chunk_page(limit)))
		return HR_ENOMEM;
	while (chunk < limit) {
		if (begins_block(hr_chunk_page(chunk), hr_chunk_page(limit))) {
			set_whole(m, chunk >> BLOCK_LOG_CHUNKS, RELEASED);
			chunk += BLOCK_CHUNKS;
		} else {
			touch(m, chunk);
			memset(hr_pagemap_chunk(m, chunk++)->scavenged, 0xff, sizeof(hr_bitmap));
		}
	}
	return HR_OK;
}

/* --- pages of the heap ----------------------------------------------------- */

/* What is left of [page, limit) in the word that holds page, as a mask. */
static inline uint64_t mask_in_word(uint64_t page, uint64_t limit)
{
	unsigned i = (unsigned)(page % 64);

	return hr_mask(i, limit - page < 64 - i ? (unsigned)(limit - page) : 64 - i);
}

static inline uint64_t next_word(uint64_t page)
{
	return hr_align_down(page, 64) + 64;
}

/* All pages of a block become used: how many were scavenged. */
static uint64_t alloc_block(struct hr_pagemap *m, uint64_t b)
{
	uint64_t scavenged = 0;

	if (is_whole(m, b))
		scavenged = state_of(m, b) == RELEASED ? HR_PAGEMAP_BLOCK_PAGES : 0;
	else
		for (uint64_t c = 0; c < BLOCK_CHUNKS; c++)
			scavenged += hr_bitmap_count(m->blocks[b][c].scavenged, 0, HR_CHUNK_PAGES);
	m->out_of_memory |= !set_whole(m, b, USED);
	return scavenged;
}

uint64_t hr_pagemap_alloc(struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	uint64_t limit = page + npages, scavenged = 0;

	while (page < limit) {
		struct hr_chunk_bits *c;
		unsigned w = hr_page_in_chunk(page) / 64;
		uint64_t mask = mask_in_word(page, limit);

		if (begins_block(page, limit)) {
			scavenged += alloc_block(m, page / HR_PAGEMAP_BLOCK_PAGES);
			page += HR_PAGEMAP_BLOCK_PAGES;
			continue;
		}
		c = own_chunk(m, hr_chunk_of(page));
		if (c == NULL)
			break;
		c->alloc[w] |= mask;
		if (c->scavenged[w] & mask) {
			scavenged += hr_popcount(c->scavenged[w] & mask);
			c->scavenged[w] &= ~mask;
		}
		page = next_word(page);
	}
	return scavenged;
}

void hr_pagemap_free(struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	for (uint64_t limit = page + npages; page < limit;) {
		struct hr_chunk_bits *c;

		if (begins_block(page, limit)) {
			m->out_of_memory |= !set_whole(m, page / HR_PAGEMAP_BLOCK_PAGES, DIRTY);
			page += HR_PAGEMAP_BLOCK_PAGES;
			continue;
		}
		c = own_chunk(m, hr_chunk_of(page));
		if (c == NULL)
			break;
		c->alloc[hr_page_in_chunk(page) / 64] &= ~mask_in_word(page, limit);
		page = next_word(page);
	}
}

void hr_pagemap_pad(struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	for (uint64_t limit = page + npages; page < limit; page = next_word(page)) {
		struct hr_chunk_bits *c = own_chunk(m, hr_chunk_of(page));
		unsigned w = hr_page_in_chunk(page) / 64;

		if (c == NULL)
			break;
		c->alloc[w] |= mask_in_word(page, limit);
		c->scavenged[w] |= mask_in_word(page, limit);
	}
}

/* --- page caches ----------------------------------------------------------- */

enum hr_status hr_pagemap_cache_fill(struct hr_pagemap *m, unsigned p, uint64_t base, uint64_t free)
{
	struct hr_chunk_bits *c;
	unsigned w = hr_page_in_chunk(base) / 64;

	if (p >= m->ncaches) {
		size_t cap = m->ncaches;

		if (!hr_reserve(&m->caches, &cap, p + 1, sizeof(*m->caches)))
			return HR_ENOMEM;
		memset(m->caches + m->ncaches, 0, (cap - m->ncaches) * sizeof(*m->caches));
		m->ncaches = cap;
	}
	m->caches[p] = (struct hr_cache_bits){0, 0, 0};
	if (free == 0)
		return HR_OK;
	c = own_chunk(m, hr_chunk_of(base));
	if (c == NULL)
		return HR_ENOMEM;
	m->caches[p] = (struct hr_cache_bits){base, free, c->scavenged[w]};
	c->alloc[w] |= free;
	c->scavenged[w] &= ~free;
	return HR_OK;
}

unsigned hr_pagemap_cache_use(struct hr_pagemap *m, unsigned p, uint64_t page, unsigned npages)
{
	struct hr_cache_bits *cache = &m->caches[p];
	uint64_t mask = hr_mask((unsigned)(page - cache->base), npages);
	unsigned scavenged = cache->scavenged & mask ? hr_popcount(cache->scavenged & mask) : 0;

	cache->free &= ~mask;
	cache->scavenged &= ~mask;
	return scavenged;
}

void hr_pagemap_cache_flush(struct hr_pagemap *m, unsigned p)
{
	struct hr_cache_bits *cache;
	struct hr_chunk_bits *c;
	unsigned w;

	if (p >= m->ncaches || m->caches[p].free == 0)
		return;
	cache = &m->caches[p];
	c = own_chunk(m, hr_chunk_of(cache->base));
	w = hr_page_in_chunk(cache->base) / 64;
	if (c == NULL)
		return;
	c->alloc[w] &= ~cache->free;
	c->scavenged[w] |= cache->scavenged;
	*cache = (struct hr_cache_bits){0, 0, 0};
}

struct hr_cache_bits hr_pagemap_cache(const struct hr_pagemap *m, unsigned p)
{
	return p < m->ncaches ? m->caches[p] : (struct hr_cache_bits){0, 0, 0};
}

/* --- releasing ------------------------------------------------------------- */

void hr_pagemap_release_pages(struct hr_pagemap *m, uint64_t page, unsigned npages)
{
	struct hr_chunk_bits *c = own_chunk(m, hr_chunk_of(page));

	if (c != NULL)
		hr_bitmap_set(c->scavenged, hr_page_in_chunk(page), npages);
}

bool hr_pagemap_release_block(struct hr_pagemap *m, uint64_t page)
{
	const uint64_t b = page / HR_PAGEMAP_BLOCK_PAGES;
	enum state state;

	if (page % HR_PAGEMAP_BLOCK_PAGES != 0 || hr_pagemap_alike(m, hr_chunk_of(page)) < BLOCK_CHUNKS ||
	    !is_alike(hr_pagemap_chunk(m, hr_chunk_of(page)), &state) || state != DIRTY)
		return false;
	return set_whole(m, b, RELEASED);
}

bool hr_pagemap_can_release(const struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	uint64_t phys_pages = m->phys_page_bytes > HR_PAGE_BYTES ? m->phys_page_bytes / HR_PAGE_BYTES : 1;
	const struct hr_chunk_bits *c;
	unsigned i = hr_page_in_chunk(page);

	if (npages == 0 || npages > HR_CHUNK_PAGES - i || ((page | npages) & (phys_pages - 1)) != 0 ||
	    !hr_ranges_contains(&m->in_use, page))
		return false;
	c = hr_pagemap_chunk(m, hr_chunk_of(page));
	return !hr_bitmap_any(c->alloc, i, (unsigned)npages) && !hr_bitmap_any(c->scavenged, i, (unsigned)npages);
}

static bool in_a_cache(const struct hr_pagemap *m, uint64_t page)
{
	for (size_t p = 0; p < m->ncaches; p++) {
		const struct hr_cache_bits *c = &m->caches[p];

		if (c->base == hr_align_down(page, 64) && c->free >> (page % 64) & 1)
			return true;
	}
	return false;
}

enum hr_unreleasable hr_pagemap_why_not(const struct hr_pagemap *m, uint64_t page, uint64_t npages, uint64_t *at)
{
	const struct hr_chunk_bits *c;

	*at = page;
	if (hr_pagemap_can_release(m, page, npages))
		return HR_RELEASABLE;
	if (!hr_ranges_contains(&m->in_use, page))
		return HR_NOT_OF_THE_HEAP;
	if (npages == 0 || npages > HR_CHUNK_PAGES - hr_page_in_chunk(page))
		return HR_NOT_OF_ONE_CHUNK;
	c = hr_pagemap_chunk(m, hr_chunk_of(page));
	for (; *at < page + npages; ++*at) {
		unsigned i = hr_page_in_chunk(*at);

		if (c->alloc[i / 64] >> (i % 64) & 1)
			return in_a_cache(m, *at) ? HR_IN_CACHE : HR_IN_USE;
		if (c->scavenged[i / 64] >> (i % 64) & 1)
			return HR_RELEASED;
	}
	*at = page;
	return HR_NOT_WHOLE;
}

/* Bit 0 of every group of 1, 2, 4, .. 64. */
static const uint64_t group_base[7] = {
    UINT64_MAX, 0x5555555555555555, 0x1111111111111111, 0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1,
};

uint64_t hr_fill_aligned(uint64_t x, unsigned m)
{
	/* Fold each group into its lowest bit, then spread that over the group. */
	for (unsigned width = 1; width < m; width *= 2)
		x |= x >> width;
	x &= group_base[hr_ctz(m)];
	return m == 64 ? -x : (x << m) - x;
}

/* Ones: not to be released, in units of min_pages. */
static inline uint64_t kept(const struct hr_chunk_bits *c, unsigned w, unsigned min_pages)
{
	uint64_t x = c->alloc[w] | c->scavenged[w];

	return min_pages == 1 ? x : hr_fill_aligned(x, min_pages);
}

/*
 * Where to start in [base, limit), the whole run, rather than at `start`, so
 * as not to break a huge page: a boundary between huge pages within the part
 * from `start` on says that the part may end a whole huge page; if all of the
 * one that `start` lies in belongs to the run, it goes along.
 */
static unsigned spare_huge_page(unsigned start, unsigned base, unsigned limit, uint64_t huge_pages)
{
	uint64_t below = hr_align_down(start, huge_pages);

	return hr_align_up(start, huge_pages) <= limit && below >= base ? (unsigned)below : start;
}

struct hr_candidate hr_find_candidate(const struct hr_chunk_bits *c, unsigned from, uint64_t min_pages,
				      uint64_t max_pages, uint64_t phys_page_bytes, uint64_t huge_page_bytes)
{
	unsigned min = (unsigned)min_pages, w = from / 64 + 1, above, run, limit, start;
	uint64_t x = UINT64_MAX;

	while (x == UINT64_MAX) {
		if (w == 0)
			return (struct hr_candidate){0, 0};
		x = kept(c, --w, min);
	}
	/* The run ends below the word's top `above` pages, and is `run` pages long. */
	above = hr_clz(~x);
	limit = 64 * w + 64 - above;
	x <<= above;
	run = x != 0 ? hr_clz(x) : 64 - above;
	while (x == 0 && w > 0) {
		x = kept(c, --w, min);
		run += hr_clz(x);
	}

	/* Near 2^64 the rounding wraps to "nothing", as it does in the runtime. */
	max_pages = max_pages == 0 ? min_pages : hr_align_up(max_pages, min_pages);
	start = limit - (run < max_pages ? run : (unsigned)max_pages);
	if (huge_page_bytes > HR_PAGE_BYTES && huge_page_bytes > phys_page_bytes)
		start = spare_huge_page(start, limit - run, limit, huge_page_bytes / HR_PAGE_BYTES);
	return (struct hr_candidate){start, limit - start};
}

unsigned hr_pagemap_trapped(const struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	unsigned unit = (unsigned)(m->phys_page_bytes / HR_PAGE_BYTES), trapped = 0;
	uint64_t end = page + npages;

	if (unit < 2)
		return 0;
	/* Work in words of 64 pages; no physical page crosses a word. */
	for (uint64_t at = page & ~(uint64_t)63; at < end; at += 64) {
		uint64_t alike = hr_pagemap_alike(m, hr_chunk_of(at));
		uint64_t from = at > page ? at : hr_align_down(page, unit);
		uint64_t to = at + 64 < end ? at + 64 : hr_align_up(end, unit);
		const struct hr_chunk_bits *c;
		uint64_t alloc, mask;

		if (alike > 1)
			at = hr_chunk_page(hr_chunk_of(at) + alike) - 64;
		if (alike > 1 || !hr_pagemap_has(m, hr_chunk_of(at)))
			continue;
		c = hr_pagemap_chunk(m, hr_chunk_of(at));
		alloc = c->alloc[hr_page_in_chunk(at) / 64];
		mask = to - from == 64 ? ~UINT64_C(0) : ((UINT64_C(1) << (to - from)) - 1) << (from - at);
		trapped += hr_popcount(hr_fill_aligned(alloc, unit) & ~alloc &
				       ~c->scavenged[hr_page_in_chunk(at) / 64] & mask);
	}
	return trapped;
}
