/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go 1.21's way to find what can be released, and Go 1.22's, which differs in
 * one flag; see index_density.h.
 *
 * The runtime's finder loads records. Ours loads the words of bits that are
 * derived from them (index_words.h), and a record where a bit says so. A chunk
 * is found when both say so: the record is stored before its bits, so that one
 * that becomes fit to be found does so when its bit is stored, and one that is
 * no longer so when its record is. Where they disagree, the chunks below are
 * looked at after the record was, as in the runtime: their word is loaded again.
 *
 * What a finder loads, in order, as scavengeIndex.find of Go 1.21 does:
 *
 *   the search address, once              cursor.Load()
 *   the generation, once                  gen := s.gen
 *   the lowest chunk, once                s.minHeapIdx.Load()
 *   words, downwards, each once, and the
 *   records of the chunks that they name  s.chunks[i].load()
 *   then it lowers the address            StoreUnmark, StoreMin, or Clear
 *
 * The order matters: memory that grows below the heap, and is freed, lowers the
 * lowest chunk before it raises the search address. A finder that loaded them
 * the other way round would search from the new address down to the old bound.
 *
 * What a writer stores: the record, its bits, then the search address (free); in
 * nextGen the bits that the generation brings, the generation, the search
 * address, so that whoever loads the new generation sees all that it makes ready.
 *
 * tests/model runs these functions through all interleavings of small cases,
 * beside the runtime's own steps.
 */
#include "config.h"

#include "scavenge/go/index_density.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "scavenge/go/index_words.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_CHUNKS (1u << HR_MAP_BLOCK_LOG_CHUNKS)
#define BLOCK_PAGES (UINT64_C(1) << (HR_MAP_BLOCK_LOG_CHUNKS + HR_CHUNK_LOG_PAGES))

struct hr_search {
	struct hr_search_heap heap;
	struct hr_search_options options;
	struct hr_index_density index;
	struct hr_search_work work;
};

/* --- records --------------------------------------------------------------- */

uint64_t hr_density_pack(struct hr_density d)
{
	return d.in_use | (uint64_t)(d.last_in_use & 0x3ff) << 16 | (uint64_t)(d.flags & 0x3f) << 26 |
	       (uint64_t)d.gen << 32;
}

struct hr_density hr_density_unpack(uint64_t packed)
{
	return (struct hr_density){
	    .gen = (uint32_t)(packed >> 32),
	    .in_use = (uint16_t)packed,
	    .last_in_use = packed >> 16 & 0x3ff,
	    .flags = packed >> 26 & 0x3f,
	};
}

/* scavChunkData.shouldScavenge. Density counts in the generation that it was seen in. */
static inline bool should_scavenge(struct hr_density d, uint32_t gen, bool force)
{
	if (!(d.flags & HR_DENSITY_HAS_FREE))
		return false;
	if (force)
		return true;
	return d.in_use < HR_DENSE_PAGES && (d.gen != gen || d.last_in_use < HR_DENSE_PAGES);
}

/* One writer at a time. */
static inline void put_bit(_Atomic uint64_t *words, uint64_t i, bool on)
{
	uint64_t old = hr_index_word(words, i / 64), bit = UINT64_C(1) << i % 64, new = on ? old | bit : old & ~bit;

	if (new != old)
		hr_index_put_word(words, i / 64, new);
}

/* Sparse, but was dense in the generation before: left alone until the next. */
static inline bool must_wait(struct hr_density d, uint32_t gen)
{
	return d.flags & HR_DENSITY_HAS_FREE && d.in_use < HR_DENSE_PAGES && !should_scavenge(d, gen, false);
}

static inline uint32_t generation(const struct hr_index_density *x)
{
	return atomic_load_explicit(&x->gen, memory_order_acquire);
}

/* Chunks that had one record get words of their own; NULL: out of memory. */
static __attribute__((noinline)) _Atomic uint64_t *make_block(struct hr_index_density *x, uint64_t b)
{
	_Atomic uint64_t *block = hr_calloc(BLOCK_CHUNKS, sizeof(*block));

	for (unsigned i = 0; block != NULL && i < BLOCK_CHUNKS; i++)
		atomic_init(&block[i], x->alike[b]);
	if (x->end_block == 0 || b < x->low_block)
		x->low_block = b;
	if (b >= x->end_block)
		x->end_block = b + 1;
	return x->records[b] = block;
}

/* The words of the records of a chunk and its neighbours; NULL: out of memory. */
static inline _Atomic uint64_t *need_block(struct hr_index_density *x, uint64_t chunk)
{
	_Atomic uint64_t *block = x->records[chunk / BLOCK_CHUNKS];

	return block != NULL ? block : make_block(x, chunk / BLOCK_CHUNKS);
}

static inline void note_waiting(struct hr_index_density *x, uint64_t first_word, uint64_t last_word)
{
	if (first_word < x->waiting_min)
		x->waiting_min = first_word;
	if (last_word > x->waiting_max)
		x->waiting_max = last_word;
}

static inline void store(struct hr_index_density *x, uint64_t chunk, struct hr_density d)
{
	bool waits = must_wait(d, generation(x));
	_Atomic uint64_t *block = need_block(x, chunk);

	if (block == NULL) {
		x->out_of_memory = true;
		return;
	}
	hr_index_put_word(block, chunk % BLOCK_CHUNKS, hr_density_pack(d));
	put_bit(x->has_free, chunk, d.flags & HR_DENSITY_HAS_FREE);
	put_bit(x->ready, chunk, should_scavenge(d, generation(x), false));
	put_bit(x->waiting, chunk, waits);
	if (waits)
		note_waiting(x, chunk / 64, chunk / 64);
}

struct hr_density hr_index_density_record(const struct hr_index_density *x, uint64_t chunk)
{
	const _Atomic uint64_t *block = x->records[chunk / BLOCK_CHUNKS];

	return hr_density_unpack(block != NULL ? hr_index_word(block, chunk % BLOCK_CHUNKS)
					       : x->alike[chunk / BLOCK_CHUNKS]);
}

static bool has_bit(const _Atomic uint64_t *words, uint64_t i)
{
	return hr_index_word(words, i / 64) >> i % 64 & 1;
}

bool hr_index_density_check(const struct hr_index_density *x, uint64_t chunk, uint64_t limit)
{
	for (; chunk < limit; chunk++) {
		struct hr_density d = hr_index_density_record(x, chunk);

		if (has_bit(x->has_free, chunk) != (d.flags & HR_DENSITY_HAS_FREE) ||
		    has_bit(x->ready, chunk) != should_scavenge(d, generation(x), false) ||
		    has_bit(x->waiting, chunk) != must_wait(d, generation(x)))
			return false;
	}
	return true;
}

/* --- the index ------------------------------------------------------------- */

static size_t block_count(const struct hr_geometry *g)
{
	return hr_div_up(g->chunks, BLOCK_CHUNKS);
}

static size_t bit_bytes(const struct hr_geometry *g)
{
	return hr_div_up(g->chunks, 64) * sizeof(uint64_t);
}

bool hr_index_density_init(struct hr_index_density *x, const struct hr_geometry *geometry)
{
	memset(x, 0, sizeof(*x));
	x->geometry = geometry;
	x->records = hr_map(block_count(geometry) * sizeof(*x->records));
	x->alike = hr_map(block_count(geometry) * sizeof(*x->alike));
	x->has_free = hr_map(bit_bytes(geometry));
	x->ready = hr_map(bit_bytes(geometry));
	x->waiting = hr_map(bit_bytes(geometry));
	x->waiting_min = UINT64_MAX;
	if (x->records != NULL && x->alike != NULL && x->has_free != NULL && x->ready != NULL && x->waiting != NULL)
		return true;
	hr_index_density_release(x);
	return false;
}

void hr_index_density_release(struct hr_index_density *x)
{
	for (uint64_t b = x->low_block; x->records != NULL && b < x->end_block; b++)
		free(x->records[b]);
	hr_unmap(x->records, block_count(x->geometry) * sizeof(*x->records));
	hr_unmap(x->alike, block_count(x->geometry) * sizeof(*x->alike));
	hr_unmap(x->has_free, bit_bytes(x->geometry));
	hr_unmap(x->ready, bit_bytes(x->geometry));
	hr_unmap(x->waiting, bit_bytes(x->geometry));
	x->records = NULL;
	x->alike = NULL;
	x->has_free = x->ready = x->waiting = NULL;
}

/* The records of a block, and their bits. */
static bool copy_block(struct hr_index_density *to, const struct hr_index_density *from, uint64_t b)
{
	const uint64_t first = b * (BLOCK_CHUNKS / 64), limit = (b + 1) * (BLOCK_CHUNKS / 64);

	to->alike[b] = from->alike[b];
	if (from->records[b] != NULL && to->records[b] == NULL) {
		if (make_block(to, b) == NULL)
			return false;
		for (unsigned i = 0; i < BLOCK_CHUNKS; i++)
			hr_index_put_word(to->records[b], i, hr_index_word(from->records[b], i));
	}
	for (uint64_t w = first; w < limit && w < bit_bytes(from->geometry) / sizeof(uint64_t); w++) {
		hr_index_put_word(to->has_free, w, hr_index_word(from->has_free, w));
		hr_index_put_word(to->ready, w, hr_index_word(from->ready, w));
		hr_index_put_word(to->waiting, w, hr_index_word(from->waiting, w));
	}
	return true;
}

bool hr_index_density_clone(struct hr_index_density *to, const struct hr_index_density *from,
			    const struct hr_ranges *grown)
{
	struct hr_index_density empty;

	if (!hr_index_density_init(&empty, from->geometry))
		return false;
	*to = *from;
	to->records = empty.records;
	to->alike = empty.alike;
	to->has_free = empty.has_free;
	to->ready = empty.ready;
	to->waiting = empty.waiting;
	to->low_block = to->end_block = 0;
	for (size_t i = 0; i < grown->n; i++)
		for (uint64_t b = hr_chunk_of(grown->at[i].base) / BLOCK_CHUNKS;
		     b <= (hr_chunk_of(grown->at[i].limit) - 1) / BLOCK_CHUNKS; b++)
			if (!copy_block(to, from, b)) {
				hr_index_density_release(to);
				return false;
			}
	return true;
}

enum hr_status hr_index_density_cover(struct hr_index_density *x, uint64_t chunk, uint64_t nchunks)
{
	uint64_t first = hr_align_down(chunk, BLOCK_CHUNKS);

	for (uint64_t c = first; c < chunk + nchunks; c += BLOCK_CHUNKS)
		if (need_block(x, c) == NULL)
			return HR_ENOMEM;
	return HR_OK;
}

void hr_index_density_grow(struct hr_index_density *x, uint64_t chunk)
{
	/* Finders may see the new bound late: below it, nothing is free before they do. */
	if (!x->grown || chunk < atomic_load_explicit(&x->min_chunk, memory_order_relaxed))
		atomic_store_explicit(&x->min_chunk, chunk, memory_order_relaxed);
	x->grown = true;
}

/* The record as it is to be changed now: a new generation keeps what the last one came to. */
static inline struct hr_density brought_up(struct hr_density d, uint32_t gen)
{
	if (d.gen != gen) {
		d.last_in_use = d.in_use;
		d.gen = gen;
	}
	return d;
}

static inline struct hr_density record_now(const struct hr_index_density *x, uint64_t chunk)
{
	return brought_up(hr_index_density_record(x, chunk), generation(x));
}

static inline struct hr_density allocated(struct hr_density d, unsigned npages)
{
	d.in_use = (uint16_t)(d.in_use + npages);
	if (d.in_use == HR_CHUNK_PAGES)
		d.flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
	if (d.in_use > HR_DENSE_PAGES)
		d.flags &= (uint8_t)~HR_DENSITY_NO_HUGE_PAGE;
	return d;
}

static inline struct hr_density freed(struct hr_density d, unsigned npages)
{
	d.in_use = (uint16_t)(d.in_use - npages);
	d.flags |= HR_DENSITY_HAS_FREE;
	return d;
}

void hr_index_density_alloc(struct hr_index_density *x, uint64_t chunk, unsigned npages)
{
	store(x, chunk, allocated(record_now(x, chunk), npages));
}

static inline void raise_forced(struct hr_index_density *x, uint64_t last_page)
{
	if (x->freed_limit < last_page + 1)
		x->freed_limit = last_page + 1;
	hr_search_addr_raise(&x->forced, last_page);
}

/* The search address of the forced search rises after the record is there. */
static inline void free_in_chunk(struct hr_index_density *x, uint64_t chunk, unsigned npages, uint64_t last_page)
{
	store(x, chunk, freed(record_now(x, chunk), npages));
	raise_forced(x, last_page);
}

void hr_index_density_free(struct hr_index_density *x, uint64_t chunk, unsigned first, unsigned npages)
{
	free_in_chunk(x, chunk, npages, hr_chunk_page(chunk) + first + npages - 1);
}

void hr_index_density_set_empty(struct hr_index_density *x, uint64_t chunk)
{
	struct hr_density d = hr_index_density_record(x, chunk);

	d.flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
	store(x, chunk, d);
}

void hr_index_density_set_released(struct hr_index_density *x, uint64_t chunk)
{
	struct hr_density d = hr_index_density_record(x, chunk);

	if (!x->huge_page_flag || d.flags & HR_DENSITY_NO_HUGE_PAGE)
		return;
	d.flags |= HR_DENSITY_NO_HUGE_PAGE;
	store(x, chunk, d);
}

void hr_index_density_next_gen(struct hr_index_density *x)
{
	for (uint64_t w = x->waiting_min; w <= x->waiting_max; w++) {
		uint64_t waiting = hr_index_word(x->waiting, w);

		if (waiting == 0)
			continue;
		hr_index_put_word(x->ready, w, hr_index_word(x->ready, w) | waiting);
		hr_index_put_word(x->waiting, w, 0);
	}
	/* Set the bits first: until now the records kept finders away from these chunks. */
	atomic_store_explicit(&x->gen, generation(x) + 1, memory_order_release);
	x->waiting_min = UINT64_MAX;
	x->waiting_max = 0;
	if (x->freed_limit > 0)
		hr_search_addr_raise(&x->background, x->freed_limit - 1);
	x->freed_limit = 0;
}

/* Nothing is there from `from` down; the runtime has read so many records. */
static struct hr_index_hit nothing(struct hr_index_density *x, struct hr_search_addr *box, uint64_t from, bool marked,
				   uint64_t read)
{
	if (marked && x->fix_sticky)
		hr_search_addr_store_unmark(box, from, HR_NO_PAGE);
	else
		hr_search_addr_clear(box);
	return (struct hr_index_hit){.found = false, .read = read};
}

struct hr_index_hit hr_index_density_find(struct hr_index_density *x, bool force)
{
	struct hr_search_addr *box = force ? &x->forced : &x->background;
	const _Atomic uint64_t *words = force ? x->has_free : x->ready;
	bool marked;
	uint64_t from = hr_search_addr_load(box, &marked), start = hr_chunk_of(from), w = start / 64;
	uint64_t min, word, chunk;
	uint32_t gen;

	if (from == HR_NO_PAGE)
		return (struct hr_index_hit){.found = false};
	gen = generation(x);
	min = atomic_load_explicit(&x->min_chunk, memory_order_relaxed);
	if (start < min)
		return nothing(x, box, from, marked, 0);
	word = hr_index_word(words, w) & UINT64_MAX >> (63 - start % 64);
	for (;;) {
		if (word == 0)
			word = hr_index_next_word(words, &w, min / 64);
		chunk = 64 * w + 63 - hr_clz(word | 1);
		if (word == 0 || chunk < min)
			return nothing(x, box, from, marked, start - min + 1);
		if (should_scavenge(hr_index_density_record(x, chunk), gen, force))
			break;
		/* Seen only during a concurrent change: bit and record disagree, and the record counts. */
		word = hr_index_word(words, w) & ((UINT64_C(1) << chunk % 64) - 1);
	}
	if (chunk == start)
		return (struct hr_index_hit){true, hr_page_in_chunk(from), chunk, 1};
	hr_search_addr_lower(box, from, marked, hr_chunk_page(chunk) + HR_CHUNK_PAGES - 1);
	return (struct hr_index_hit){true, HR_CHUNK_PAGES - 1, chunk, start - chunk + 1};
}

void hr_index_density_pass(struct hr_index_density *x, uint64_t chunk, bool force)
{
	struct hr_search_addr *box = force ? &x->forced : &x->background;
	bool marked;
	uint64_t from = hr_search_addr_load(box, &marked);

	if (hr_chunk_of(from) == chunk)
		hr_search_addr_lower(box, from, marked, hr_chunk_page(chunk) - 1);
}

/* --- blocks of chunks, where no finder runs -------------------------------- */

static void put_words(_Atomic uint64_t *words, uint64_t b, bool on)
{
	for (unsigned i = 0; i < BLOCK_CHUNKS / 64; i++)
		hr_index_put_word(words, b * (BLOCK_CHUNKS / 64) + i, on ? UINT64_MAX : 0);
}

/* One record for all chunks of a block that has had one. */
static void store_alike(struct hr_index_density *x, uint64_t b, struct hr_density d)
{
	bool waits = must_wait(d, generation(x));

	x->alike[b] = hr_density_pack(d);
	put_words(x->has_free, b, d.flags & HR_DENSITY_HAS_FREE);
	put_words(x->ready, b, should_scavenge(d, generation(x), false));
	put_words(x->waiting, b, waits);
	if (waits)
		note_waiting(x, b * (BLOCK_CHUNKS / 64), (b + 1) * (BLOCK_CHUNKS / 64) - 1);
}

/* All chunks of a block have changed: where they have one record now, it is kept once. */
static void unite(struct hr_index_density *x, uint64_t b)
{
	_Atomic uint64_t *block = x->records[b];
	uint64_t first = hr_index_word(block, 0);

	for (unsigned i = 1; i < BLOCK_CHUNKS; i++)
		if (hr_index_word(block, i) != first)
			return;
	x->alike[b] = first;
	x->records[b] = NULL;
	free(block);
}

/* All pages of a block become used. */
static void alloc_block(struct hr_index_density *x, uint64_t b)
{
	if (x->records[b] == NULL) {
		store_alike(x, b, allocated(record_now(x, b * BLOCK_CHUNKS), HR_CHUNK_PAGES));
		return;
	}
	for (uint64_t chunk = b * BLOCK_CHUNKS; chunk < (b + 1) * BLOCK_CHUNKS; chunk++)
		hr_index_density_alloc(x, chunk, HR_CHUNK_PAGES);
	unite(x, b);
}

/* All pages of a block become free. */
static void free_block(struct hr_index_density *x, uint64_t b)
{
	if (x->records[b] == NULL) {
		store_alike(x, b, freed(record_now(x, b * BLOCK_CHUNKS), HR_CHUNK_PAGES));
	} else {
		for (uint64_t chunk = b * BLOCK_CHUNKS; chunk < (b + 1) * BLOCK_CHUNKS; chunk++)
			store(x, chunk, freed(record_now(x, chunk), HR_CHUNK_PAGES));
		unite(x, b);
	}
	raise_forced(x, (b + 1) * BLOCK_PAGES - 1);
}

static inline bool begins_block(uint64_t page, uint64_t npages)
{
	return npages >= BLOCK_PAGES && page % BLOCK_PAGES == 0;
}

/* --- the search ------------------------------------------------------------ */

struct hr_index_density *hr_search_density(struct hr_search *s)
{
	return &s->index;
}

static void density_destroy(struct hr_search *s)
{
	hr_index_density_release(&s->index);
	free(s);
}

static struct hr_search *create(const struct hr_search_heap *heap, const struct hr_search_options *options,
				bool huge_page_flag)
{
	struct hr_search *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->heap = *heap;
	s->options = *options;
	if (!hr_index_density_init(&s->index, heap->map->geometry)) {
		free(s);
		return NULL;
	}
	s->index.huge_page_flag = huge_page_flag;
	s->index.fix_sticky = options->fix_sticky;
	return s;
}

static struct hr_search *density_create121(const struct hr_search_heap *heap, const struct hr_search_options *options)
{
	return create(heap, options, true);
}

static struct hr_search *density_create122(const struct hr_search_heap *heap, const struct hr_search_options *options)
{
	return create(heap, options, false);
}

static struct hr_search *density_clone(const struct hr_search *from, const struct hr_search_heap *heap)
{
	struct hr_search *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *from;
	s->heap = *heap;
	if (!hr_index_density_clone(&s->index, &from->index, &heap->map->in_use)) {
		free(s);
		return NULL;
	}
	return s;
}

static enum hr_status density_grow(struct hr_search *s, uint64_t chunk, uint64_t nchunks)
{
	const struct hr_index_density *x = &s->index;

	(void)nchunks;
	hr_index_density_grow(&s->index, chunk);
	return x->out_of_memory ? HR_ENOMEM : HR_OK;
}

/* How much of npages from page on lies in page's chunk. */
static inline unsigned in_chunk(uint64_t page, uint64_t npages)
{
	unsigned rest = HR_CHUNK_PAGES - hr_page_in_chunk(page);

	return npages < rest ? (unsigned)npages : rest;
}

static void density_alloc(struct hr_search *s, uint64_t page, uint64_t npages)
{
	for (uint64_t n; npages > 0; page += n, npages -= n) {
		n = begins_block(page, npages) ? BLOCK_PAGES : in_chunk(page, npages);
		if (n == BLOCK_PAGES)
			alloc_block(&s->index, page / BLOCK_PAGES);
		else
			hr_index_density_alloc(&s->index, hr_chunk_of(page), (unsigned)n);
	}
}

static void density_free(struct hr_search *s, uint64_t page, uint64_t npages)
{
	for (uint64_t n; npages > 0; page += n, npages -= n) {
		n = begins_block(page, npages) ? BLOCK_PAGES : in_chunk(page, npages);
		if (n == BLOCK_PAGES)
			free_block(&s->index, page / BLOCK_PAGES);
		else
			free_in_chunk(&s->index, hr_chunk_of(page), (unsigned)n, page + n - 1);
	}
}

static void density_cache_fill(struct hr_search *s, uint64_t base, uint64_t pages)
{
	if (pages != 0)
		hr_index_density_alloc(&s->index, hr_chunk_of(base), hr_popcount(pages));
}

/* The runtime frees page by page; the sum is the same. */
static void density_cache_flush(struct hr_search *s, uint64_t base, uint64_t pages)
{
	if (pages != 0)
		free_in_chunk(&s->index, hr_chunk_of(base), hr_popcount(pages), base + 63 - hr_clz(pages));
}

static void density_next_gen(struct hr_search *s)
{
	hr_index_density_next_gen(&s->index);
}

/*
 * Nothing was found at or below `page` of the chunk. The runtime then calls the
 * chunk empty, also when there are pages above, which a forced search would take.
 */
static void nothing_found(struct hr_search *s, uint64_t chunk, unsigned page, uint64_t min_pages, bool force)
{
	const struct hr_pagemap *m = s->heap.map;

	if (s->options.fix_setempty && page / 64 < HR_CHUNK_WORDS - 1 &&
	    hr_find_candidate(hr_pagemap_chunk(m, chunk), HR_CHUNK_PAGES - 1, min_pages, min_pages, m->phys_page_bytes,
			      m->huge_page_bytes)
		    .npages != 0)
		hr_index_density_pass(&s->index, chunk, force);
	else
		hr_index_density_set_empty(&s->index, chunk);
}

uint64_t hr_search_density_one(struct hr_search *s, uint64_t chunk, unsigned page, uint64_t bytes, bool force)
{
	const struct hr_pagemap *m = s->heap.map;
	uint64_t min_pages = m->phys_page_bytes > HR_PAGE_BYTES ? m->phys_page_bytes / HR_PAGE_BYTES : 1;
	struct hr_candidate c =
	    hr_find_candidate(hr_pagemap_chunk(m, chunk), page, min_pages, hr_div_up(bytes, HR_PAGE_BYTES),
			      m->phys_page_bytes, m->huge_page_bytes);

	if (c.npages == 0) {
		nothing_found(s, chunk, page, min_pages, force);
		return 0;
	}
	hr_index_density_set_released(&s->index, chunk);
	s->heap.release(s->heap.ctx, hr_chunk_page(chunk) + c.start, c.npages);
	return c.npages * HR_PAGE_BYTES;
}

/*
 * A search has come to the top of a block of which all pages can be released and go:
 * what the searches for each of its chunks would do, in one. Each chunk is found twice,
 * the second time for nothing; from each to the next two records are read.
 */
static uint64_t release_block(struct hr_search *s, uint64_t b, bool force)
{
	struct hr_index_density *x = &s->index;
	struct hr_density d = hr_density_unpack(x->alike[b]);

	s->heap.release_block(s->heap.ctx, b * BLOCK_PAGES);
	if (x->huge_page_flag)
		d.flags |= HR_DENSITY_NO_HUGE_PAGE;
	d.flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
	store_alike(x, b, d);
	hr_search_addr_set(force ? &x->forced : &x->background, b * BLOCK_PAGES + HR_CHUNK_PAGES - 1);
	s->work.lookups += 2 * BLOCK_CHUNKS - 1;
	s->work.words += 3 * BLOCK_CHUNKS - 2;
	s->work.empty_hits += BLOCK_CHUNKS;
	return BLOCK_PAGES * HR_PAGE_BYTES;
}

/* What is to be released must not end with the block: its last chunk would not be found again then. */
static bool can_release_block(const struct hr_search *s, struct hr_index_hit hit, uint64_t bytes)
{
	return bytes > BLOCK_PAGES * HR_PAGE_BYTES && hit.page == HR_CHUNK_PAGES - 1 &&
	       s->index.records[hit.chunk / BLOCK_CHUNKS] == NULL && hr_search_at_dirty_block(&s->heap, hit.chunk);
}

static uint64_t density_scavenge(struct hr_search *s, uint64_t bytes, bool force)
{
	uint64_t released = 0;

	while (released < bytes) {
		struct hr_index_hit hit = hr_index_density_find(&s->index, force);
		uint64_t n;

		s->work.lookups++;
		s->work.words += hit.read;
		if (!hit.found)
			break;
		if (can_release_block(s, hit, bytes - released)) {
			released += release_block(s, hit.chunk / BLOCK_CHUNKS, force);
			continue;
		}
		n = hr_search_density_one(s, hit.chunk, hit.page, bytes - released, force);
		s->work.empty_hits += n == 0;
		released += n;
	}
	return released;
}

static const struct hr_search_work *density_work(const struct hr_search *s)
{
	return &s->work;
}

static bool density_failed(const struct hr_search *s)
{
	return s->index.out_of_memory;
}

static bool density_marked(const struct hr_search *s, uint64_t chunk)
{
	return hr_index_density_record(&s->index, chunk).flags & HR_DENSITY_HAS_FREE;
}

static struct hr_index_look density_look(const struct hr_search *s, uint64_t chunk)
{
	struct hr_density d = hr_index_density_record(&s->index, chunk);
	uint32_t gen = generation(&s->index);
	bool marked = d.flags & HR_DENSITY_HAS_FREE, ready = should_scavenge(d, gen, false);
	uint64_t others = ((hr_index_word(s->index.has_free, chunk / 64) ^ -(uint64_t)marked) |
			   (hr_index_word(s->index.ready, chunk / 64) ^ -(uint64_t)ready)) >>
			  chunk % 64;

	return (struct hr_index_look){
	    .marked = marked,
	    .ready = ready,
	    .alike = others != 0 ? hr_ctz(others) : 64 - chunk % 64,
	    .in_use = d.in_use,
	    .last_in_use = d.gen == gen ? d.last_in_use : d.in_use,
	    .unchanged = gen - d.gen,
	};
}

static uint64_t density_search_page(const struct hr_search *s, bool force)
{
	bool marked;

	return hr_search_addr_load(force ? &s->index.forced : &s->index.background, &marked);
}

#define DENSITY_SEARCH(id, title)                                                                                      \
	const struct hr_search_def hr_search_go##id = {                                                                \
	    .name = title,                                                                                             \
	    .create = density_create##id,                                                                              \
	    .destroy = density_destroy,                                                                                \
	    .clone = density_clone,                                                                                    \
	    .grow = density_grow,                                                                                      \
	    .alloc = density_alloc,                                                                                    \
	    .free = density_free,                                                                                      \
	    .cache_fill = density_cache_fill,                                                                          \
	    .cache_flush = density_cache_flush,                                                                        \
	    .next_gen = density_next_gen,                                                                              \
	    .scavenge = density_scavenge,                                                                              \
	    .work = density_work,                                                                                      \
	    .failed = density_failed,                                                                                  \
	    .marked = density_marked,                                                                                  \
	    .search_page = density_search_page,                                                                        \
	    .look = density_look,                                                                                      \
	}

DENSITY_SEARCH(121, "go1.21");
DENSITY_SEARCH(122, "go1.22");
