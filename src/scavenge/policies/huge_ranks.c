/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/policies/huge_ranks.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "scavenge/dirty_pages.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_CHUNKS (UINT64_C(1) << HR_MAP_BLOCK_LOG_CHUNKS)
#define BLOCK_WORDS (BLOCK_CHUNKS / 64)

/* What is known of a block of the map's chunks. */
struct hr_ranks_block {
	/* Bits of its chunks: what is known of them is out of date; they have something dirty, as far as is known. */
	uint64_t touched[BLOCK_WORDS], some[BLOCK_WORDS];
	bool listed;	/* among those touched */
	bool all_dirty; /* all of it is, and `huge` is not kept up */
	struct huge {
		uint16_t rank, dirty; /* releasable pages; 0: none, whatever the rank is */
	} huge[];		      /* of each huge page */
};

static unsigned huge_in_chunk(const struct hr_huge_ranks *r)
{
	return HR_CHUNK_PAGES / r->huge_pages;
}

static size_t block_bytes(const struct hr_huge_ranks *r)
{
	return sizeof(struct hr_ranks_block) + BLOCK_CHUNKS * huge_in_chunk(r) * sizeof(struct huge);
}

static uint64_t block_count(const struct hr_huge_ranks *r)
{
	return hr_div_up(r->map->geometry->chunks, BLOCK_CHUNKS);
}

/* --- life ------------------------------------------------------------------ */

bool hr_huge_ranks_init(struct hr_huge_ranks *r, const struct hr_pagemap *map, unsigned huge_pages)
{
	memset(r, 0, sizeof(*r));
	r->map = map;
	r->huge_pages = huge_pages;
	r->top = UINT64_MAX;
	r->blocks = hr_map(block_count(r) * sizeof(struct hr_ranks_block *));
	r->has_some = hr_map(hr_div_up(block_count(r), 64) * sizeof(*r->has_some));
	if (r->blocks != NULL && r->has_some != NULL)
		return true;
	hr_huge_ranks_release(r);
	return false;
}

void hr_huge_ranks_release(struct hr_huge_ranks *r)
{
	for (uint64_t b = r->low; b < r->end; b++)
		free(r->blocks[b]);
	if (r->blocks != NULL)
		hr_unmap(r->blocks, block_count(r) * sizeof(struct hr_ranks_block *));
	if (r->has_some != NULL)
		hr_unmap(r->has_some, hr_div_up(block_count(r), 64) * sizeof(*r->has_some));
	free(r->touched);
	memset(r, 0, sizeof(*r));
}

/* NULL: out of memory. */
static struct hr_ranks_block *block_at(struct hr_huge_ranks *r, uint64_t b)
{
	if (r->blocks[b] != NULL)
		return r->blocks[b];
	r->blocks[b] = hr_calloc(1, block_bytes(r));
	if (r->end == 0 || b < r->low)
		r->low = b;
	if (b >= r->end)
		r->end = b + 1;
	return r->blocks[b];
}

bool hr_huge_ranks_clone(struct hr_huge_ranks *to, const struct hr_huge_ranks *from, const struct hr_pagemap *map)
{
	if (!hr_huge_ranks_init(to, map, from->huge_pages))
		return false;
	for (uint64_t b = from->low; b < from->end; b++) {
		to->has_some[b / 64] = from->has_some[b / 64];
		if (from->blocks[b] == NULL)
			continue;
		if (block_at(to, b) == NULL)
			goto failed;
		memcpy(to->blocks[b], from->blocks[b], block_bytes(from));
	}
	if (!hr_reserve(&to->touched, &to->touched_cap, from->ntouched, sizeof(*to->touched)))
		goto failed;
	for (size_t i = 0; i < from->ntouched; i++)
		to->touched[to->ntouched++] = from->touched[i];
	memcpy(to->dirty, from->dirty, sizeof(to->dirty));
	to->all_dirty = from->all_dirty;
	to->top = from->top;
	to->failed = from->failed;
	return true;
failed:
	hr_huge_ranks_release(to);
	return false;
}

unsigned hr_huge_rank(const struct hr_pagemap *m, unsigned huge_pages, uint64_t chunk, unsigned first)
{
	const struct hr_chunk_bits *c = hr_pagemap_chunk(m, chunk);
	unsigned used = hr_dirty_ones(c->alloc, first, huge_pages);
	bool broken = hr_dirty_ones(c->scavenged, first, huge_pages) > 0;

	if (used == 0)
		return 0;
	return broken ? used : HR_CHUNK_PAGES + used;
}

/* --- what has changed ------------------------------------------------------ */

static void list(struct hr_huge_ranks *r, uint64_t b)
{
	if (r->blocks[b]->listed)
		return;
	if (!hr_reserve(&r->touched, &r->touched_cap, r->ntouched + 1, sizeof(*r->touched))) {
		r->failed = true;
		return;
	}
	r->touched[r->ntouched++] = b;
	r->blocks[b]->listed = true;
}

void hr_huge_ranks_touch(struct hr_huge_ranks *r, uint64_t first, uint64_t end)
{
	while (first < end) {
		const uint64_t b = first / BLOCK_CHUNKS;
		const unsigned at = (unsigned)(first % BLOCK_CHUNKS);
		unsigned n = 64 - at % 64;
		struct hr_ranks_block *block = block_at(r, b);

		if (block == NULL) {
			r->failed = true;
			return;
		}
		list(r, b);
		n = n < end - first ? n : (unsigned)(end - first);
		block->touched[at / 64] |= hr_mask(at % 64, n);
		first += n;
	}
}

static void note_some(struct hr_huge_ranks *r, uint64_t b)
{
	uint64_t some = 0;

	for (unsigned w = 0; w < BLOCK_WORDS; w++)
		some |= r->blocks[b]->some[w];
	if (some != 0)
		r->has_some[b / 64] |= UINT64_C(1) << b % 64;
	else
		r->has_some[b / 64] &= ~(UINT64_C(1) << b % 64);
}

/* Its huge pages are dirty one by one from now on. */
static void spread(const struct hr_huge_ranks *r, struct hr_ranks_block *block)
{
	if (!block->all_dirty)
		return;
	for (unsigned i = 0; i < BLOCK_CHUNKS * huge_in_chunk(r); i++)
		block->huge[i] = (struct huge){.rank = 0, .dirty = (uint16_t)r->huge_pages};
	block->all_dirty = false;
}

static void forget_chunk(struct hr_huge_ranks *r, struct hr_ranks_block *block, unsigned chunk)
{
	struct huge *h = &block->huge[chunk * huge_in_chunk(r)];

	for (unsigned i = 0; i < huge_in_chunk(r); i++) {
		r->dirty[h[i].rank] -= h[i].dirty;
		r->all_dirty -= h[i].dirty;
		h[i].dirty = 0;
	}
	block->some[chunk / 64] &= ~(UINT64_C(1) << chunk % 64);
}

static void count_chunk(struct hr_huge_ranks *r, struct hr_ranks_block *block, uint64_t chunk)
{
	const unsigned i = (unsigned)(chunk % BLOCK_CHUNKS);
	struct huge *h = &block->huge[i * huge_in_chunk(r)];

	for (unsigned first = 0; first < HR_CHUNK_PAGES; first += r->huge_pages, h++) {
		h->dirty = (uint16_t)hr_dirty_count(r->map, chunk, first, first + r->huge_pages);
		if (h->dirty == 0)
			continue;
		h->rank = (uint16_t)hr_huge_rank(r->map, r->huge_pages, chunk, first);
		r->dirty[h->rank] += h->dirty;
		r->all_dirty += h->dirty;
		block->some[i / 64] |= UINT64_C(1) << i % 64;
	}
}

static bool is_dirty(const struct hr_huge_ranks *r, uint64_t chunk)
{
	return hr_dirty_count(r->map, chunk, 0, HR_CHUNK_PAGES) > 0;
}

/* All of the block is dirty, or nothing: what was known of it goes. */
static void set_alike(struct hr_huge_ranks *r, struct hr_ranks_block *block, bool dirty)
{
	const uint64_t all = BLOCK_CHUNKS * HR_CHUNK_PAGES;

	for (unsigned w = 0; w < BLOCK_WORDS && !block->all_dirty; w++)
		for (uint64_t some = block->some[w]; some != 0; some &= some - 1)
			forget_chunk(r, block, 64 * w + hr_ctz(some));
	r->dirty[0] += (dirty ? all : 0) - (block->all_dirty ? all : 0);
	r->all_dirty += (dirty ? all : 0) - (block->all_dirty ? all : 0);
	block->all_dirty = dirty;
	memset(block->some, dirty ? 0xff : 0, sizeof(block->some));
	memset(block->touched, 0, sizeof(block->touched));
}

static void count_block(struct hr_huge_ranks *r, uint64_t b)
{
	struct hr_ranks_block *block = r->blocks[b];

	if (hr_pagemap_alike(r->map, b * BLOCK_CHUNKS) == BLOCK_CHUNKS)
		set_alike(r, block, is_dirty(r, b * BLOCK_CHUNKS));
	else
		spread(r, block);
	for (unsigned w = 0; w < BLOCK_WORDS; w++)
		for (; block->touched[w] != 0; block->touched[w] &= block->touched[w] - 1) {
			const unsigned i = 64 * w + hr_ctz(block->touched[w]);

			forget_chunk(r, block, i);
			count_chunk(r, block, b * BLOCK_CHUNKS + i);
		}
	note_some(r, b);
	block->listed = false;
}

void hr_huge_ranks_touch_dirty(struct hr_huge_ranks *r)
{
	for (uint64_t b = r->low; b < r->end; b++) {
		struct hr_ranks_block *block = r->blocks[b];

		if ((r->has_some[b / 64] >> b % 64 & 1) == 0)
			continue;
		for (unsigned w = 0; w < BLOCK_WORDS; w++)
			block->touched[w] |= block->some[w];
		list(r, b);
	}
}

void hr_huge_ranks_count(struct hr_huge_ranks *r)
{
	for (size_t i = 0; i < r->ntouched; i++)
		count_block(r, r->touched[i]);
	if (r->ntouched > 0)
		r->top = UINT64_MAX;
	r->ntouched = 0;
}

/* --- releasing ------------------------------------------------------------- */

/* Nothing that could be released is left of it: what was counted stays right. */
static uint64_t release_huge(struct hr_huge_ranks *r, struct hr_follower *f, uint64_t chunk, unsigned first,
			     struct huge *h)
{
	uint64_t n = hr_follower_release_range(f, hr_chunk_page(chunk) + first, r->huge_pages);

	r->dirty[h->rank] -= n;
	r->all_dirty -= n;
	h->dirty = 0;
	return n;
}

static uint64_t release_in_chunk(struct hr_huge_ranks *r, struct hr_follower *f, struct hr_ranks_block *block,
				 uint64_t chunk, struct hr_ranks_selection *s)
{
	const unsigned i = (unsigned)(chunk % BLOCK_CHUNKS);
	struct huge *h = &block->huge[i * huge_in_chunk(r)];
	uint64_t released = 0;
	unsigned left = 0;

	for (unsigned k = huge_in_chunk(r); k-- > 0;) {
		if (h[k].dirty > 0 && h[k].rank >= s->low && h[k].rank < s->high) {
			released += release_huge(r, f, chunk, k * r->huge_pages, &h[k]);
		} else if (h[k].dirty > 0 && h[k].rank == s->high && s->of_high > 0) {
			uint64_t n = release_huge(r, f, chunk, k * r->huge_pages, &h[k]);

			s->of_high -= n < s->of_high ? n : s->of_high;
			released += n;
		}
		left += h[k].dirty;
	}
	if (left == 0)
		block->some[i / 64] &= ~(UINT64_C(1) << i % 64);
	return released;
}

/* The highest chunk with something dirty below that one; UINT64_MAX: there is none. */
static uint64_t next_below(const struct hr_huge_ranks *r, uint64_t chunk)
{
	uint64_t b;

	if (r->end == 0 || chunk <= r->low * BLOCK_CHUNKS)
		return UINT64_MAX;
	if (chunk > r->end * BLOCK_CHUNKS)
		chunk = r->end * BLOCK_CHUNKS;
	for (b = (chunk - 1) / BLOCK_CHUNKS;; chunk = b * BLOCK_CHUNKS, b--) {
		const uint64_t blocks = r->has_some[b / 64] << (63 - b % 64);

		if (blocks == 0) {
			if (b / 64 == 0 || b / 64 * 64 <= r->low)
				return UINT64_MAX;
			b = b / 64 * 64;
			continue;
		}
		if (hr_clz(blocks) > 0) {
			b -= hr_clz(blocks);
			chunk = (b + 1) * BLOCK_CHUNKS;
		}
		for (unsigned i = (unsigned)(chunk - b * BLOCK_CHUNKS); i > 0; i = (i - 1) / 64 * 64) {
			const uint64_t some = r->blocks[b]->some[(i - 1) / 64] << (63 - (i - 1) % 64);

			if (some != 0)
				return b * BLOCK_CHUNKS + i - 1 - hr_clz(some);
		}
		if (b <= r->low)
			return UINT64_MAX;
	}
}

uint64_t hr_huge_ranks_release_selected(struct hr_huge_ranks *r, struct hr_follower *f, struct hr_ranks_selection s)
{
	uint64_t chunk = s.high == 0 ? r->top : UINT64_MAX, released = 0;

	while ((s.low < s.high || s.of_high > 0) && (chunk = next_below(r, chunk)) != UINT64_MAX) {
		struct hr_ranks_block *block = r->blocks[chunk / BLOCK_CHUNKS];

		/* All of it is of rank 0. */
		if (block->all_dirty && s.low > 0) {
			chunk = chunk / BLOCK_CHUNKS * BLOCK_CHUNKS;
			continue;
		}
		spread(r, block);
		released += release_in_chunk(r, f, block, chunk, &s);
		note_some(r, chunk / BLOCK_CHUNKS);
	}
	/* Some of the last chunk may be left. */
	if (s.high == 0)
		r->top = chunk != UINT64_MAX ? chunk + 1 : 0;
	return released;
}
