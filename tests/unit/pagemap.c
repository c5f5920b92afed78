/* SPDX-License-Identifier: BSD-3-Clause */
/* The map of pages against plain arrays, page by page. */
#include "config.h"

#include "scavenge/pagemap.h"

#include "testing.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BASE_CHUNK UINT64_C(0xc000)
#define BASE_PAGE (BASE_CHUNK * HR_CHUNK_PAGES)
#define HUGE_PAGE (UINT64_C(2) << 20)

/* --- hr_fill_aligned, hr_find_candidate --- */

static uint64_t random_word(uint64_t *seed)
{
	uint64_t x = test_random(seed);

	switch (test_random(seed) % 6) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return x & test_random(seed) & test_random(seed) & test_random(seed);
	case 3:
		return x | test_random(seed) | test_random(seed) | test_random(seed);
	case 4:
		return x >> 32 << x % 32;
	default:
		return x;
	}
}

static void test_fill_aligned(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t x = random_word(&seed);

		for (unsigned m = 1; m <= 64; m *= 2) {
			uint64_t want = 0, group = m == 64 ? UINT64_MAX : (UINT64_C(1) << m) - 1;

			for (unsigned at = 0; at < 64; at += m)
				if (x >> at & group)
					want |= group << at;
			assert_true(hr_fill_aligned(x, m) == want);
		}
	}
}

static bool is_kept(const struct hr_chunk_bits *c, unsigned page, unsigned min)
{
	for (unsigned i = page / min * min; i < page / min * min + min; i++)
		if ((c->alloc[i / 64] | c->scavenged[i / 64]) >> i % 64 & 1)
			return true;
	return false;
}

static struct hr_candidate naive_candidate(const struct hr_chunk_bits *c, unsigned from, unsigned min, unsigned max,
					   unsigned huge)
{
	int top = (int)(from / 64 * 64 + 63), low;
	unsigned start, limit;

	while (top >= 0 && is_kept(c, (unsigned)top, min))
		top--;
	if (top < 0)
		return (struct hr_candidate){0, 0};
	for (low = top; low > 0 && !is_kept(c, (unsigned)low - 1, min); low--)
		;
	limit = (unsigned)top + 1;
	max = max == 0 ? min : (max + min - 1) / min * min;
	start = limit - (unsigned)low > max ? limit - max : (unsigned)low;
	if (huge > 1 && (start + huge - 1) / huge * huge <= limit && start / huge * huge >= (unsigned)low)
		start = start / huge * huge;
	return (struct hr_candidate){start, limit - start};
}

static void test_candidate(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 60000; i++) {
		unsigned min = 1u << test_random(&seed) % 7, max = (unsigned)(test_random(&seed) % 600);
		unsigned huge = test_random(&seed) % 3 == 0 ? 0 : 1u << test_random(&seed) % 10;
		unsigned from = (unsigned)(test_random(&seed) % HR_CHUNK_PAGES);
		uint64_t phys = min * HR_PAGE_BYTES;
		struct hr_candidate got, want;
		struct hr_chunk_bits c;

		for (unsigned w = 0; w < HR_CHUNK_WORDS; w++) {
			c.alloc[w] = random_word(&seed);
			c.scavenged[w] = test_random(&seed) % 2 ? 0 : random_word(&seed);
		}
		got = hr_find_candidate(&c, from, min, max, phys, huge * HR_PAGE_BYTES);
		/* Huge pages count if they are larger than physical ones. */
		want = naive_candidate(&c, from, min, max, huge > min ? huge : 0);
		assert_int_equal(got.start, want.start);
		assert_int_equal(got.npages, want.npages);
		assert_true(got.npages % min == 0);
	}
}

/* With everything free. */
static void test_candidate_and_huge_pages(void **state)
{
	struct hr_chunk_bits c = {0};
	struct hr_candidate got;

	(void)state;
	/* A page is asked for, the huge page at the top goes. */
	got = hr_find_candidate(&c, 511, 1, 1, 4096, HUGE_PAGE);
	assert_true(got.start == 256 && got.npages == 256);
	got = hr_find_candidate(&c, 511, 1, 1, 4096, 0);
	assert_true(got.start == 511 && got.npages == 1);
	/* A page in use at the bottom of the huge page: it is broken already. */
	c.alloc[4] = 1;
	got = hr_find_candidate(&c, 511, 1, 1, 4096, HUGE_PAGE);
	assert_true(got.start == 511 && got.npages == 1);
	/* At most, rounded up, wraps near 2^64: the runtime then finds an empty run above the pages. */
	memset(&c, 0, sizeof(c));
	got = hr_find_candidate(&c, 511, 2, UINT64_MAX, 4096, 0);
	assert_true(got.start == 512 && got.npages == 0);
	got = hr_find_candidate(&c, 511, 1, UINT64_MAX, 4096, 0);
	assert_true(got.start == 0 && got.npages == 512);
}

/* --- the map --- */

#define CHUNKS 5u
#define PAGES (CHUNKS * HR_CHUNK_PAGES)
#define PROCS 3u

struct model {
	bool used[PAGES], scavenged[PAGES];
	struct hr_cache_bits cache[PROCS];
};

static void same_bits(const struct hr_pagemap *m, const struct model *want)
{
	for (unsigned i = 0; i < PAGES; i++) {
		const struct hr_chunk_bits *c = hr_pagemap_chunk(m, BASE_CHUNK + i / HR_CHUNK_PAGES);
		unsigned j = i % HR_CHUNK_PAGES;

		assert_int_equal(c->alloc[j / 64] >> j % 64 & 1, want->used[i]);
		assert_int_equal(c->scavenged[j / 64] >> j % 64 & 1, want->scavenged[i]);
	}
	for (unsigned p = 0; p < PROCS; p++) {
		struct hr_cache_bits got = hr_pagemap_cache(m, p);

		assert_memory_equal(&got, &want->cache[p], sizeof(got));
	}
}

static uint64_t free_in_block(const struct model *want, unsigned first)
{
	uint64_t free = 0;

	for (unsigned i = 0; i < 64; i++)
		free |= (uint64_t)!want->used[first + i] << i;
	return free;
}

/* Why some pages can't be released, by the model. Physical pages are no larger than pages here. */
static enum hr_unreleasable refusal(const struct model *want, unsigned first, unsigned n, unsigned *at)
{
	*at = first;
	if (n == 0 || first / HR_CHUNK_PAGES != (first + n - 1) / HR_CHUNK_PAGES)
		return HR_NOT_OF_ONE_CHUNK;
	for (; *at < first + n; ++*at) {
		if (want->scavenged[*at])
			return HR_RELEASED;
		if (!want->used[*at])
			continue;
		for (unsigned p = 0; p < PROCS; p++)
			if (want->cache[p].free != 0 && want->cache[p].base == BASE_PAGE + *at / 64 * 64 &&
			    want->cache[p].free >> *at % 64 & 1)
				return HR_IN_CACHE;
		return HR_IN_USE;
	}
	return HR_RELEASABLE;
}

static void check_refusals(const struct hr_pagemap *m, const struct model *want, uint64_t *seed)
{
	for (int i = 0; i < 4; i++) {
		unsigned first = (unsigned)(test_random(seed) % PAGES), n = (unsigned)(test_random(seed) % 20), at;
		enum hr_unreleasable why;
		uint64_t page;

		if (n > PAGES - first)
			n = PAGES - first;
		why = refusal(want, first, n, &at);
		assert_int_equal(hr_pagemap_why_not(m, BASE_PAGE + first, n, &page), why);
		assert_int_equal(hr_pagemap_can_release(m, BASE_PAGE + first, n), why == HR_RELEASABLE);
		if (why > HR_NOT_WHOLE)
			assert_int_equal(page, BASE_PAGE + at);
	}
}

static void step(struct hr_pagemap *m, struct model *want, uint64_t *seed)
{
	unsigned i = (unsigned)(test_random(seed) % PAGES), n = 0, block = i / 64 * 64;
	unsigned longest = test_random(seed) % 8 == 0 ? PAGES : 40, p = (unsigned)(test_random(seed) % PROCS);
	struct hr_cache_bits *cache = &want->cache[p];
	uint64_t scavenged = 0, can;
	bool used = want->used[i], clean = want->scavenged[i];

	/* A run of pages of one kind. */
	while (i + n < PAGES && n < longest && want->used[i + n] == used)
		scavenged += want->scavenged[i + n++];
	switch (test_random(seed) % 4) {
	case 0:
		if (cache->free != 0) {
			unsigned at = (unsigned)(test_random(seed) % 64);

			if (test_random(seed) % 4 == 0) {
				for (unsigned j = 0; j < 64; j++) {
					if (cache->free >> j & 1) {
						want->used[cache->base - BASE_PAGE + j] = false;
						want->scavenged[cache->base - BASE_PAGE + j] =
						    cache->scavenged >> j & 1;
					}
				}
				*cache = (struct hr_cache_bits){0, 0, 0};
				hr_pagemap_cache_flush(m, p);
			} else if (cache->free >> at & 1) {
				assert_int_equal(hr_pagemap_cache_use(m, p, cache->base + at, 1),
						 cache->scavenged >> at & 1);
				cache->free &= ~(UINT64_C(1) << at);
				cache->scavenged &= ~(UINT64_C(1) << at);
			}
		} else {
			uint64_t free = free_in_block(want, block);

			*cache = (struct hr_cache_bits){free ? BASE_PAGE + block : 0, free, 0};
			for (unsigned j = 0; j < 64; j++) {
				if (free >> j & 1) {
					cache->scavenged |= (uint64_t)want->scavenged[block + j] << j;
					want->used[block + j] = true;
					want->scavenged[block + j] = false;
				}
			}
			assert_int_equal(hr_pagemap_cache_fill(m, p, BASE_PAGE + block, free), HR_OK);
		}
		break;
	case 1:
		/* Pages in a cache are used, but nobody's to free. */
		for (unsigned q = 0; q < PROCS; q++)
			if (want->cache[q].free != 0)
				return;
		__attribute__((fallthrough));
	default:
		can = i % HR_CHUNK_PAGES;
		if (!used && !clean && test_random(seed) % 2) {
			for (n = 1; can + n < HR_CHUNK_PAGES && !want->used[i + n] && !want->scavenged[i + n]; n++)
				;
			assert_true(hr_pagemap_can_release(m, BASE_PAGE + i, n));
			assert_false(hr_pagemap_can_release(m, BASE_PAGE + i, n + 1));
			hr_pagemap_release_pages(m, BASE_PAGE + i, n);
			for (unsigned j = i; j < i + n; j++)
				want->scavenged[j] = true;
			return;
		}
		for (unsigned q = 0; used && q < PROCS; q++)
			if (want->cache[q].free != 0)
				return;
		if (used)
			hr_pagemap_free(m, BASE_PAGE + i, n);
		else
			assert_int_equal(hr_pagemap_alloc(m, BASE_PAGE + i, n), scavenged);
		for (unsigned j = i; j < i + n; j++) {
			want->used[j] = !used;
			if (!used)
				want->scavenged[j] = false;
		}
	}
}

static void test_random_steps(void **state)
{
	struct hr_pagemap m, copy;
	struct model want;
	struct hr_error err;
	uint64_t seed = 4;

	(void)state;
	for (int round = 0; round < 30; round++) {
		memset(&want, 0, sizeof(want));
		memset(want.scavenged, true, sizeof(want.scavenged));
		assert_int_equal(hr_pagemap_init(&m, hr_geometry(48), 4096, HUGE_PAGE, &err), HR_OK);
		assert_int_equal(hr_pagemap_grow(&m, BASE_CHUNK + 1, CHUNKS - 1), HR_OK);
		assert_int_equal(hr_pagemap_grow(&m, BASE_CHUNK, 1), HR_OK);
		assert_true(m.in_use.n == 1 && m.in_use.total_pages == PAGES);
		for (int i = 0; i < 400; i++) {
			step(&m, &want, &seed);
			check_refusals(&m, &want, &seed);
		}
		same_bits(&m, &want);

		assert_int_equal(hr_pagemap_clone(&copy, &m), HR_OK);
		same_bits(&copy, &want);
		/* Neither follows the other. */
		hr_pagemap_pad(&copy, BASE_PAGE, PAGES);
		same_bits(&m, &want);
		memset(want.used, true, sizeof(want.used));
		memset(want.scavenged, true, sizeof(want.scavenged));
		same_bits(&copy, &want);
		hr_pagemap_release(&copy);
		hr_pagemap_release(&m);
	}
}

/* Bits of pages that aren't the cache's come back unharmed: the padding of Go 1.26 is in use and scavenged. */
static void test_flush_over_padding(void **state)
{
	struct hr_pagemap m;
	struct hr_error err;
	struct hr_chunk_bits *c;

	(void)state;
	assert_int_equal(hr_pagemap_init(&m, hr_geometry(48), 4096, 0, &err), HR_OK);
	assert_int_equal(hr_pagemap_grow(&m, BASE_CHUNK, 1), HR_OK);
	c = hr_pagemap_chunk(&m, BASE_CHUNK);
	hr_pagemap_pad(&m, BASE_PAGE, 8);
	assert_int_equal(hr_pagemap_cache_fill(&m, 70, BASE_PAGE, ~UINT64_C(0xff)), HR_OK);
	assert_true(c->alloc[0] == UINT64_MAX && c->scavenged[0] == 0xff);
	assert_true(hr_pagemap_cache(&m, 70).scavenged == UINT64_MAX);
	assert_int_equal(hr_pagemap_cache_use(&m, 70, BASE_PAGE + 8, 8), 8);
	hr_pagemap_cache_flush(&m, 70);
	assert_true(c->alloc[0] == 0xffff && c->scavenged[0] == ~UINT64_C(0xff00));
	/* An empty one, and one that never was. */
	hr_pagemap_cache_flush(&m, 70);
	hr_pagemap_cache_flush(&m, 1000);
	assert_true(hr_pagemap_cache(&m, 1000).free == 0);
	hr_pagemap_release(&m);
}

static void test_what_can_be_released(void **state)
{
	struct hr_pagemap m;
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_pagemap_init(&m, hr_geometry(48), 65536, 0, &err), HR_OK);
	assert_int_equal(hr_pagemap_grow(&m, BASE_CHUNK, 2), HR_OK);
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE, 8)); /* is released */
	hr_pagemap_alloc(&m, BASE_PAGE, 2 * HR_CHUNK_PAGES);
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE, 8)); /* is used */
	hr_pagemap_free(&m, BASE_PAGE, 2 * HR_CHUNK_PAGES);
	assert_true(hr_pagemap_can_release(&m, BASE_PAGE, 8));
	assert_true(hr_pagemap_can_release(&m, BASE_PAGE, 512));
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE, 520));     /* two chunks */
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE, 4));	      /* half a physical page */
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE + 4, 8));   /* two halves */
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE, 0));	      /* nothing */
	assert_false(hr_pagemap_can_release(&m, BASE_PAGE - 512, 8)); /* not grown */
	assert_false(hr_pagemap_can_release(&m, UINT64_MAX - 7, 8));  /* nowhere */
	hr_pagemap_release(&m);
}

static void test_page_sizes(void **state)
{
	static const struct {
		uint64_t phys, huge;
		enum hr_status want;
	} sizes[] = {
	    {4096, 0, HR_OK},	  {524288, 4 << 20, HR_OK}, {2048, 0, HR_EUSAGE},	{1 << 20, 0, HR_EUSAGE},
	    {4097, 0, HR_EUSAGE}, {4096, 3, HR_EUSAGE},	    {4096, 8 << 20, HR_EUSAGE}, {0, 0, HR_EUSAGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct hr_pagemap m;
		struct hr_error err;

		assert_int_equal(hr_pagemap_init(&m, hr_geometry(32), sizes[i].phys, sizes[i].huge, &err),
				 sizes[i].want);
		hr_pagemap_release(&m);
	}
}

/* Both ends of both address spaces, and a growth across blocks of the map. */
static void test_where_memory_is(void **state)
{
	static const struct {
		int bits;
		uint64_t chunk, nchunks;
	} places[] = {{48, 0, 1}, {48, (1 << 26) - 1, 1}, {48, 8190, 8196}, {32, 1, 1022}};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t page = hr_chunk_page(places[i].chunk), npages = hr_chunk_page(places[i].nchunks);
		struct hr_pagemap m, copy;
		struct hr_error err;

		assert_int_equal(hr_pagemap_init(&m, hr_geometry(places[i].bits), 4096, 0, &err), HR_OK);
		assert_int_equal(hr_pagemap_grow(&m, places[i].chunk, places[i].nchunks), HR_OK);
		assert_int_equal(hr_pagemap_clone(&copy, &m), HR_OK);
		assert_true(hr_pagemap_alloc(&m, page, npages) == npages);
		assert_true(hr_pagemap_alloc(&m, page, npages) == 0);
		assert_true(hr_pagemap_alloc(&copy, page, npages) == npages);
		hr_pagemap_release(&copy);
		hr_pagemap_release(&m);
	}
}

/* --- whole blocks ---------------------------------------------------------- */

#define BLOCKS 3
#define BLOCKS_PAGE (64 * HR_PAGEMAP_BLOCK_PAGES) /* 2 TiB */

/* Those of [page, page + npages) that were released; in parts, of which none is a block. */
static uint64_t alloc_in_parts(struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	uint64_t half = HR_PAGEMAP_BLOCK_PAGES / 2, released = 0;

	for (; npages > half; page += half, npages -= half)
		released += hr_pagemap_alloc(m, page, half);
	return released + hr_pagemap_alloc(m, page, npages);
}

static void free_in_parts(struct hr_pagemap *m, uint64_t page, uint64_t npages)
{
	uint64_t half = HR_PAGEMAP_BLOCK_PAGES / 2;

	for (; npages > half; page += half, npages -= half)
		hr_pagemap_free(m, page, half);
	hr_pagemap_free(m, page, npages);
}

static void assert_same_bits(const struct hr_pagemap *a, const struct hr_pagemap *b)
{
	uint64_t first = hr_chunk_of(BLOCKS_PAGE), n = BLOCKS * hr_chunk_of(HR_PAGEMAP_BLOCK_PAGES), alike;

	for (uint64_t c = first; c < first + n; c++)
		assert_memory_equal(hr_pagemap_chunk(a, c), hr_pagemap_chunk(b, c), sizeof(struct hr_chunk_bits));
	for (uint64_t c = first; c < first + n; c += alike) {
		alike = hr_pagemap_alike(a, c);
		assert_true(hr_pagemap_first_alike(a, c + alike - 1) == c);
		/* It depends on the bits alone, not on how they came about. */
		assert_true(hr_pagemap_alike(b, c) == alike);
		assert_true(hr_pagemap_first_alike(b, c + alike - 1) == c);
		for (uint64_t i = 1; i < alike; i++)
			assert_memory_equal(hr_pagemap_chunk(a, c), hr_pagemap_chunk(a, c + i), sizeof(hr_bitmap) * 2);
	}
}

/* Spans of many GiB, used, freed and released: as in parts. Ends of ranges are as often those of blocks as not. */
static void test_whole_blocks(void **state)
{
	const uint64_t npages = BLOCKS * HR_PAGEMAP_BLOCK_PAGES;
	struct hr_pagemap m, parts, copy;
	struct hr_error err;
	uint64_t rng = 5;

	(void)state;
	assert_int_equal(hr_pagemap_init(&m, hr_geometry(48), 4096, 0, &err), HR_OK);
	assert_int_equal(hr_pagemap_init(&parts, hr_geometry(48), 4096, 0, &err), HR_OK);
	assert_int_equal(hr_pagemap_grow(&m, hr_chunk_of(BLOCKS_PAGE), hr_chunk_of(npages)), HR_OK);
	for (unsigned i = 0; i < 2 * BLOCKS; i++)
		assert_int_equal(hr_pagemap_grow(&parts, hr_chunk_of(BLOCKS_PAGE + i * HR_PAGEMAP_BLOCK_PAGES / 2),
						 hr_chunk_of(HR_PAGEMAP_BLOCK_PAGES / 2)),
				 HR_OK);
	for (unsigned i = 0; i < 40; i++) {
		uint64_t low = test_random(&rng) % npages, n, block;

		if (test_random(&rng) % 2)
			low = low / HR_PAGEMAP_BLOCK_PAGES * HR_PAGEMAP_BLOCK_PAGES;
		n = 1 + test_random(&rng) % (npages - low);
		if (test_random(&rng) % 2)
			n = npages - low;
		assert_int_equal(hr_pagemap_alloc(&m, BLOCKS_PAGE + low, n),
				 alloc_in_parts(&parts, BLOCKS_PAGE + low, n));
		if (i % 3 == 0)
			continue;
		hr_pagemap_free(&m, BLOCKS_PAGE + low, n);
		free_in_parts(&parts, BLOCKS_PAGE + low, n);
		block = BLOCKS_PAGE + low / HR_PAGEMAP_BLOCK_PAGES * HR_PAGEMAP_BLOCK_PAGES;
		if (hr_pagemap_release_block(&m, block))
			for (uint64_t page = block; page < block + HR_PAGEMAP_BLOCK_PAGES; page += HR_CHUNK_PAGES)
				hr_pagemap_release_pages(&parts, page, HR_CHUNK_PAGES);
		assert_same_bits(&m, &parts);
	}
	assert_int_equal(hr_pagemap_clone(&copy, &m), HR_OK);
	assert_same_bits(&copy, &parts);
	assert_int_equal(hr_pagemap_alloc(&copy, BLOCKS_PAGE, npages), alloc_in_parts(&parts, BLOCKS_PAGE, npages));
	assert_same_bits(&copy, &parts);
	assert_int_equal(hr_pagemap_alike(&copy, hr_chunk_of(BLOCKS_PAGE)), hr_chunk_of(HR_PAGEMAP_BLOCK_PAGES));
	assert_false(m.out_of_memory || copy.out_of_memory);
	hr_pagemap_release(&copy);
	hr_pagemap_release(&parts);
	hr_pagemap_release(&m);
}

/* A heap that grows chunk by chunk, so far that its blocks come from pieces, is like any; so is its copy. */
static void test_growing_heap(void **state)
{
	const uint64_t first = hr_chunk_of(BLOCKS_PAGE), nchunks = 24 * hr_chunk_of(HR_PAGEMAP_BLOCK_PAGES);
	struct hr_pagemap m, copy;
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_pagemap_init(&m, hr_geometry(48), 4096, 0, &err), HR_OK);
	for (uint64_t c = first; c < first + nchunks; c++) {
		assert_int_equal(hr_pagemap_grow(&m, c, 1), HR_OK);
		assert_int_equal(hr_pagemap_alloc(&m, hr_chunk_page(c) + 1, HR_CHUNK_PAGES - 1), HR_CHUNK_PAGES - 1);
	}
	assert_non_null(m.pieces);
	assert_int_equal(hr_pagemap_clone(&copy, &m), HR_OK);
	/* One block becomes whole and is taken apart again: its memory is another's. */
	hr_pagemap_free(&m, hr_chunk_page(first + nchunks) - HR_PAGEMAP_BLOCK_PAGES, HR_PAGEMAP_BLOCK_PAGES);
	for (uint64_t c = first; c < first + nchunks; c++) {
		const bool whole = c >= first + nchunks - hr_chunk_of(HR_PAGEMAP_BLOCK_PAGES);

		hr_pagemap_foresee(&m, hr_chunk_page(c), HR_CHUNK_PAGES);
		hr_pagemap_free(&m, hr_chunk_page(c) + 2, 3);
		assert_int_equal(hr_pagemap_chunk(&m, c)->alloc[0], whole ? 0 : UINT64_MAX - 1 - 4 - 8 - 16);
		assert_int_equal(hr_pagemap_chunk(&m, c)->scavenged[0], !whole);
		assert_int_equal(hr_pagemap_alloc(&m, hr_chunk_page(c), HR_CHUNK_PAGES), !whole);
		assert_int_equal(hr_pagemap_chunk(&copy, c)->alloc[0], UINT64_MAX - 1);
		assert_int_equal(hr_pagemap_chunk(&copy, c)->scavenged[0], 1);
	}
	hr_pagemap_release(&copy);
	hr_pagemap_release(&m);
}

HR_TEST_MAIN(pagemap)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fill_aligned),
	    cmocka_unit_test(test_candidate),
	    cmocka_unit_test(test_candidate_and_huge_pages),
	    cmocka_unit_test(test_random_steps),
	    cmocka_unit_test(test_flush_over_padding),
	    cmocka_unit_test(test_what_can_be_released),
	    cmocka_unit_test(test_page_sizes),
	    cmocka_unit_test(test_where_memory_is),
	    cmocka_unit_test(test_whole_blocks),
	    cmocka_unit_test(test_growing_heap),
	};

	return cmocka_run_group_tests_name("pagemap", tests, NULL, NULL);
}
