/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go 1.19's way to find what can be released; see index_bits.h.
 *
 * The runtime reads its index byte by byte; this reads words (index_words.h),
 * each once and from the top down. Eight bytes read at one instant are eight
 * bytes read one after the other, with nothing in between. What the runtime
 * would have read is computed from where the search began and ended.
 *
 * What a finder loads, in order, beside the lines of go1.19.8's mgcscavenge.go
 * that do it (scavengeIndex.find):
 *
 *   the search address, once    998   s.searchAddr.Load()
 *   the lowest byte, once      1006   s.minHeapIdx.Load()
 *   words, downwards, each once 1011  s.chunks[i].Load()
 *   then it lowers the address 1033   StoreUnmark, 1036 StoreMin, or 1041 Clear
 *
 * and what a writer stores (mark, line 1049): the bits first (1054 to 1085),
 * then the search address, if that is lower (1089, 1096).
 *
 * tests/model runs these functions through all interleavings of small cases,
 * beside the runtime's own steps.
 */
#include "config.h"

#include "scavenge/go/index_bits.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "scavenge/go/index_words.h"

#include <stdlib.h>
#include <string.h>

struct hr_search {
	struct hr_search_heap heap;
	struct hr_search_options options;
	struct hr_index_bits index;
	struct hr_search_work work;
};

/* --- the index ------------------------------------------------------------- */

static inline uint64_t get(const struct hr_index_bits *x, uint64_t w)
{
	return hr_index_word(x->words, w);
}

static inline void put(struct hr_index_bits *x, uint64_t w, uint64_t bits)
{
	hr_index_put_word(x->words, w, bits);
}

static size_t index_bytes(const struct hr_geometry *geometry)
{
	return hr_div_up(geometry->chunks, 64) * sizeof(uint64_t);
}

bool hr_index_bits_init(struct hr_index_bits *x, const struct hr_geometry *geometry)
{
	memset(x, 0, sizeof(*x));
	x->geometry = geometry;
	x->words = hr_map(index_bytes(geometry));
	return x->words != NULL;
}

void hr_index_bits_release(struct hr_index_bits *x)
{
	hr_unmap(x->words, index_bytes(x->geometry));
	x->words = NULL;
}

bool hr_index_bits_clone(struct hr_index_bits *to, const struct hr_index_bits *from, const struct hr_ranges *grown)
{
	*to = *from;
	to->words = hr_map(index_bytes(from->geometry));
	if (to->words == NULL)
		return false;
	for (size_t i = 0; i < grown->n; i++)
		for (uint64_t w = hr_chunk_of(grown->at[i].base) / 64; w <= hr_chunk_of(grown->at[i].limit - 1) / 64;
		     w++)
			put(to, w, get(from, w));
	return true;
}

/*
 * What the runtime maps for a growth, and the marks which that wipes out.
 *
 * It takes a mapped_min of 0 for "nothing is mapped yet". But the first growth
 * finds mapped_max to be 0, too, stretches what it needs down to there, and
 * leaves mapped_min 0; so the next that needs new memory sets mapped_min to the
 * start of the *new* part, and one below that maps anew what was mapped.
 *
 * On 64-bit machines the runtime's index is that of all canonical addresses;
 * ours begin in the middle of it.
 */
static void map_index(struct hr_index_bits *x, uint64_t chunk, uint64_t nchunks, uint64_t phys_page_bytes)
{
	uint64_t middle = x->geometry->chunks / 8 / 2;
	uint64_t min = hr_align_down(middle + chunk / 8, phys_page_bytes);
	uint64_t max = hr_align_up(middle + (chunk + nchunks + 7) / 8, phys_page_bytes);
	uint64_t have_min = x->mapped_min, have_max = x->mapped_max;

	if (max < have_min)
		max = have_min;
	if (min > have_max)
		min = have_max;
	if (min >= have_min && max <= have_max)
		return;
	/* There are no marks before the heap first grows. */
	for (uint64_t b = min > middle ? min : middle; have_max > 0 && b < max; b += sizeof(uint64_t))
		if ((b < have_min || b >= have_max) && get(x, (b - middle) / sizeof(uint64_t)) != 0)
			put(x, (b - middle) / sizeof(uint64_t), 0);
	if (have_min == 0 || min < have_min)
		x->mapped_min = min;
	if (max > have_max)
		x->mapped_max = max;
}

void hr_index_bits_grow(struct hr_index_bits *x, uint64_t chunk, uint64_t nchunks, uint64_t phys_page_bytes)
{
	bool first = x->mapped_max == 0;

	/* On 32-bit machines the index is a global array; nothing is mapped, and searches go down to its beginning. */
	if (x->geometry->address_bits == 32)
		return;
	if (x->fix_regrow)
		x->mapped_max = 1;
	else
		map_index(x, chunk, nchunks, phys_page_bytes);
	/* Finders may see the new bound late: what is below it isn't marked before they do. */
	if (first || chunk / 8 < atomic_load_explicit(&x->min_byte, memory_order_relaxed))
		atomic_store_explicit(&x->min_byte, chunk / 8, memory_order_relaxed);
}

void hr_index_bits_mark(struct hr_index_bits *x, uint64_t page, uint64_t limit)
{
	uint64_t first = hr_chunk_of(page), last = hr_chunk_of(limit - 1);

	for (uint64_t w = first / 64; w <= last / 64; w++) {
		unsigned low = w == first / 64 ? (unsigned)(first % 64) : 0;
		unsigned high = w == last / 64 ? (unsigned)(last % 64) : 63;

		put(x, w, get(x, w) | hr_mask(low, high - low + 1));
	}
	hr_search_addr_raise(&x->cursor, limit - 1);
}

void hr_index_bits_clear(struct hr_index_bits *x, uint64_t chunk)
{
	put(x, chunk / 64, get(x, chunk / 64) & ~(UINT64_C(1) << chunk % 64));
}

bool hr_index_bits_is_marked(const struct hr_index_bits *x, uint64_t chunk)
{
	return get(x, chunk / 64) >> chunk % 64 & 1;
}

/* Nothing is marked from there down; the runtime has read so many bytes. */
static struct hr_index_hit nothing(struct hr_index_bits *x, uint64_t from, bool marked, uint64_t read)
{
	if (marked && x->fix_sticky)
		hr_search_addr_store_unmark(&x->cursor, from, HR_NO_PAGE);
	else
		hr_search_addr_clear(&x->cursor);
	return (struct hr_index_hit){.found = false, .read = read};
}

/*
 * The first byte counts as a whole: a chunk above the search address, of the
 * same byte, is found, too. Only finders that run at the same time can leave one there.
 */
struct hr_index_hit hr_index_bits_find(struct hr_index_bits *x)
{
	bool marked;
	uint64_t from = hr_search_addr_load(&x->cursor, &marked), start = hr_chunk_of(from), w = start / 64;
	uint64_t min_byte, word, chunk;

	if (from == HR_NO_PAGE)
		return (struct hr_index_hit){.found = false};
	min_byte = atomic_load_explicit(&x->min_byte, memory_order_relaxed);
	if (start / 8 < min_byte)
		return nothing(x, from, marked, 0);
	word = get(x, w) & UINT64_MAX >> (56 - start % 64 / 8 * 8);
	if (word == 0)
		word = hr_index_next_word(x->words, &w, min_byte / 8);
	chunk = 64 * w + 63 - hr_clz(word | 1);
	if (word == 0 || chunk / 8 < min_byte)
		return nothing(x, from, marked, start / 8 - min_byte + 1);
	if (chunk == start)
		return (struct hr_index_hit){true, hr_page_in_chunk(from), chunk, 1};
	hr_search_addr_lower(&x->cursor, from, marked, hr_chunk_page(chunk) + HR_CHUNK_PAGES - 1);
	return (struct hr_index_hit){true, HR_CHUNK_PAGES - 1, chunk, start / 8 - chunk / 8 + 1};
}

/* --- the search ------------------------------------------------------------ */

struct hr_index_bits *hr_search_bits(struct hr_search *s)
{
	return &s->index;
}

static void bits_destroy(struct hr_search *s)
{
	hr_index_bits_release(&s->index);
	free(s);
}

static struct hr_search *bits_create(const struct hr_search_heap *heap, const struct hr_search_options *options)
{
	struct hr_search *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->heap = *heap;
	s->options = *options;
	if (!hr_index_bits_init(&s->index, heap->map->geometry)) {
		free(s);
		return NULL;
	}
	s->index.fix_regrow = options->fix_regrow;
	s->index.fix_sticky = options->fix_sticky;
	return s;
}

static struct hr_search *bits_clone(const struct hr_search *from, const struct hr_search_heap *heap)
{
	struct hr_search *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *from;
	s->heap = *heap;
	if (!hr_index_bits_clone(&s->index, &from->index, &heap->map->in_use)) {
		free(s);
		return NULL;
	}
	return s;
}

static enum hr_status bits_grow(struct hr_search *s, uint64_t chunk, uint64_t nchunks)
{
	hr_index_bits_grow(&s->index, chunk, nchunks, s->heap.map->phys_page_bytes);
	return HR_OK;
}

static void bits_free(struct hr_search *s, uint64_t page, uint64_t npages)
{
	hr_index_bits_mark(&s->index, page, page + npages);
}

/* The runtime forgets to tell the index; unscavenged pages stay unseen until another free in the chunk. */
static void bits_cache_flush(struct hr_search *s, uint64_t base, uint64_t pages)
{
	if (s->options.fix_flush && pages != 0)
		hr_index_bits_mark(&s->index, base + hr_ctz(pages), base + 64 - hr_clz(pages));
}

uint64_t hr_search_bits_one(struct hr_search *s, uint64_t chunk, unsigned page, uint64_t bytes)
{
	const struct hr_pagemap *m = s->heap.map;
	uint64_t min_pages = m->phys_page_bytes > HR_PAGE_BYTES ? m->phys_page_bytes / HR_PAGE_BYTES : 1;
	struct hr_candidate c =
	    hr_find_candidate(hr_pagemap_chunk(m, chunk), s->options.offset ? page : HR_CHUNK_PAGES - 1, min_pages,
			      hr_div_up(bytes, HR_PAGE_BYTES), m->phys_page_bytes, m->huge_page_bytes);

	if (c.npages == 0) {
		hr_index_bits_clear(&s->index, chunk);
		return 0;
	}
	s->heap.release(s->heap.ctx, hr_chunk_page(chunk) + c.start, c.npages);
	return c.npages * HR_PAGE_BYTES;
}

#define BLOCK_CHUNKS (1u << HR_MAP_BLOCK_LOG_CHUNKS)
#define BLOCK_PAGES (UINT64_C(1) << (HR_MAP_BLOCK_LOG_CHUNKS + HR_CHUNK_LOG_PAGES))

/* As release_block in index_density.c; the runtime reads a byte for each search, and another where it comes to the next. */
static uint64_t release_block(struct hr_search *s, uint64_t b)
{
	s->heap.release_block(s->heap.ctx, b * BLOCK_PAGES);
	for (unsigned w = 0; w < BLOCK_CHUNKS / 64; w++)
		put(&s->index, b * (BLOCK_CHUNKS / 64) + w, 0);
	hr_search_addr_set(&s->index.cursor, b * BLOCK_PAGES + HR_CHUNK_PAGES - 1);
	s->work.lookups += 2 * BLOCK_CHUNKS - 1;
	s->work.words += 2 * BLOCK_CHUNKS - 1 + BLOCK_CHUNKS / 8 - 1;
	s->work.empty_hits += BLOCK_CHUNKS;
	return BLOCK_PAGES * HR_PAGE_BYTES;
}

/* What is to be released must not end with the block: its last chunk would not be found again then. */
static bool can_release_block(const struct hr_search *s, struct hr_index_hit hit, uint64_t bytes)
{
	uint64_t all = UINT64_MAX;

	if (bytes <= BLOCK_PAGES * HR_PAGE_BYTES || hit.page != HR_CHUNK_PAGES - 1 ||
	    !hr_search_at_dirty_block(&s->heap, hit.chunk))
		return false;
	for (unsigned w = 0; w < BLOCK_CHUNKS / 64; w++)
		all &= get(&s->index, hit.chunk / 64 - w);
	return all == UINT64_MAX;
}

/*
 * The chunks below this one that are as it is, of which nothing can be released: the
 * searches that would find the marked ones among them one after the other, and unmark
 * each. False: there are none.
 */
static bool pass_alike(struct hr_search *s, uint64_t chunk)
{
	const uint64_t first = hr_pagemap_first_alike(s->heap.map, chunk);
	const struct hr_chunk_bits *c = hr_pagemap_chunk(s->heap.map, chunk);
	uint64_t marked = 0, lowest = chunk;

	if (first == chunk || (c->alloc[0] | c->scavenged[0]) == 0)
		return false;
	for (uint64_t w = chunk / 64 + 1; w-- > first / 64;) {
		const unsigned low = w == first / 64 ? (unsigned)(first % 64) : 0;
		const unsigned high = w == chunk / 64 ? (unsigned)(chunk % 64) : 63;
		const uint64_t bits = get(&s->index, w) & hr_mask(low, high - low + 1);

		if (bits == 0)
			continue;
		marked += hr_popcount(bits);
		lowest = 64 * w + hr_ctz(bits);
		put(&s->index, w, get(&s->index, w) & ~bits);
	}
	if (lowest < chunk)
		hr_search_addr_set(&s->index.cursor, hr_chunk_page(lowest) + HR_CHUNK_PAGES - 1);
	s->work.lookups += marked - 1;
	s->work.words += marked - 1 + chunk / 8 - lowest / 8;
	s->work.empty_hits += marked;
	return true;
}

static uint64_t bits_scavenge(struct hr_search *s, uint64_t bytes, bool force)
{
	uint64_t released = 0;

	(void)force;
	while (released < bytes) {
		struct hr_index_hit hit = hr_index_bits_find(&s->index);
		uint64_t n;

		s->work.lookups++;
		s->work.words += hit.read;
		if (!hit.found)
			break;
		if (can_release_block(s, hit, bytes - released)) {
			released += release_block(s, hit.chunk / BLOCK_CHUNKS);
			continue;
		}
		if (pass_alike(s, hit.chunk))
			continue;
		n = hr_search_bits_one(s, hit.chunk, hit.page, bytes - released);
		s->work.empty_hits += n == 0;
		released += n;
	}
	return released;
}

static const struct hr_search_work *bits_work(const struct hr_search *s)
{
	return &s->work;
}

static bool bits_marked(const struct hr_search *s, uint64_t chunk)
{
	return hr_index_bits_is_marked(&s->index, chunk);
}

static struct hr_index_look bits_look(const struct hr_search *s, uint64_t chunk)
{
	bool marked = bits_marked(s, chunk);
	uint64_t others = (get(&s->index, chunk / 64) ^ -(uint64_t)marked) >> chunk % 64;

	return (struct hr_index_look){
	    .marked = marked, .ready = marked, .alike = others != 0 ? hr_ctz(others) : 64 - chunk % 64};
}

static uint64_t bits_search_page(const struct hr_search *s, bool force)
{
	bool marked;

	(void)force;
	return hr_search_addr_load(&s->index.cursor, &marked);
}

const struct hr_search_def hr_search_go119 = {
    .name = "go1.19",
    .create = bits_create,
    .destroy = bits_destroy,
    .clone = bits_clone,
    .grow = bits_grow,
    .free = bits_free,
    .cache_flush = bits_cache_flush,
    .scavenge = bits_scavenge,
    .work = bits_work,
    .marked = bits_marked,
    .search_page = bits_search_page,
    .look = bits_look,
};
