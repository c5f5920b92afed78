/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go 1.19's index: the cases of the runtime's own TestScavengeIndex, with the
 * page offsets really compared (the original compares the chunk twice); the
 * index against bytes, one at a time; its quirks, and what turns them off.
 */
#include "config.h"

#include "scavenge/go/index_bits.h"

#include "search_heap.h"

#include <string.h>

/* --- TestScavengeIndex --- */

struct pages {
	uint64_t chunk, page; /* from the base chunk */
};

/* Found from the top: `first` at its offset, then all chunks below it down to `last`, as a whole. */
struct test_case {
	const char *name;
	struct {
		struct pages from, to;
	} marks[2];
	struct pages first;
	uint64_t last;
};

static const struct test_case cases[] = {
    {"OnePage", {{{0, 3}, {0, 4}}}, {0, 3}, 0},
    {"FirstPage", {{{0, 0}, {0, 1}}}, {0, 0}, 0},
    {"SeveralPages", {{{0, 9}, {0, 14}}}, {0, 13}, 0},
    {"WholeChunk", {{{0, 0}, {1, 0}}}, {0, 511}, 0},
    {"LastPage", {{{0, 511}, {1, 0}}}, {0, 511}, 0},
    {"TwoChunks", {{{0, 128}, {1, 128}}}, {1, 127}, 0},
    {"TwoChunksOffset", {{{7, 128}, {8, 129}}}, {8, 128}, 7},
    {"SevenChunksOffset", {{{6, 11}, {13, 15}}}, {13, 14}, 6},
    {"ThirtyTwoChunks", {{{0, 0}, {32, 0}}}, {31, 511}, 0},
    {"ThirtyTwoChunksOffset", {{{3, 0}, {35, 0}}}, {34, 511}, 3},
    {"MarkIdempotentOneChunk", {{{0, 0}, {1, 0}}, {{0, 0}, {1, 0}}}, {0, 511}, 0},
    {"MarkIdempotentThirtyTwoChunks", {{{0, 0}, {32, 0}}, {{0, 0}, {32, 0}}}, {31, 511}, 0},
    {"MarkIdempotentThirtyTwoChunksOffset", {{{4, 0}, {31, 0}}, {{5, 0}, {36, 0}}}, {35, 511}, 4},
};

static uint64_t page_at(struct pages p)
{
	return BASE_PAGE + hr_chunk_page(p.chunk) + p.page;
}

/* As the runtime's test does it: what was found is cleared. */
static void find(struct hr_index_bits *x, uint64_t chunk, unsigned page)
{
	struct hr_index_hit hit = hr_index_bits_find(x);

	assert_true(hit.found);
	assert_int_equal(hit.chunk, BASE_CHUNK + chunk);
	assert_int_equal(hit.page, page);
	hr_index_bits_clear(x, hit.chunk);
}

static void test_cases_of_the_runtime(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct test_case *t = &cases[i];
		struct hr_index_bits x;

		print_message("# %s\n", t->name);
		assert_true(hr_index_bits_init(&x, hr_geometry(48)));
		for (int m = 0; m < 2; m++)
			if (page_at(t->marks[m].to) > BASE_PAGE)
				hr_index_bits_mark(&x, page_at(t->marks[m].from), page_at(t->marks[m].to));
		find(&x, t->first.chunk, (unsigned)t->first.page);
		for (uint64_t c = t->first.chunk; c-- > t->last;)
			find(&x, c, 511);
		assert_false(hr_index_bits_find(&x).found);
		hr_index_bits_release(&x);
	}
}

/* Uninitialized, Mark and MarkInterleaved. */
static void test_more_cases_of_the_runtime(void **state)
{
	struct hr_index_bits x;

	(void)state;
	assert_true(hr_index_bits_init(&x, hr_geometry(48)));
	assert_false(hr_index_bits_find(&x).found);
	for (uint64_t c = 0; c < 32; c++)
		hr_index_bits_mark(&x, BASE_PAGE + hr_chunk_page(c), BASE_PAGE + hr_chunk_page(c + 1));
	for (uint64_t c = 32; c-- > 0;)
		find(&x, c, 511);
	assert_false(hr_index_bits_find(&x).found);
	for (uint64_t c = 0; c < 32; c++) {
		hr_index_bits_mark(&x, BASE_PAGE + hr_chunk_page(c), BASE_PAGE + hr_chunk_page(c + 1));
		find(&x, c, 511);
	}
	assert_false(hr_index_bits_find(&x).found);
	hr_index_bits_release(&x);
}

/* --- a byte at a time --- */

#define CHUNKS 1024

struct bytes {
	uint8_t index[CHUNKS / 8];
	int64_t cursor; /* page, -1 cleared */
	bool marked;
	int min;
};

/* What the runtime does. Returns the chunk, -1 none. */
static int naive_find(struct bytes *b, unsigned *page, uint64_t *read)
{
	int start = (int)(b->cursor / HR_CHUNK_PAGES);

	*read = 0;
	if (b->cursor < 0)
		return -1;
	for (int i = start / 8; i >= b->min; i--) {
		int chunk = 8 * i + 7;

		++*read;
		if (b->index[i] == 0)
			continue;
		while (!(b->index[i] >> chunk % 8 & 1))
			chunk--;
		*page = (unsigned)(b->cursor % HR_CHUNK_PAGES);
		if (chunk == start)
			return chunk;
		*page = HR_CHUNK_PAGES - 1;
		if (b->marked || b->cursor > chunk * (int)HR_CHUNK_PAGES + 511)
			b->cursor = chunk * (int)HR_CHUNK_PAGES + 511;
		b->marked = false;
		return chunk;
	}
	if (!b->marked)
		b->cursor = -1;
	return -1;
}

static void naive_mark(struct bytes *b, int page, int limit)
{
	for (int c = page / (int)HR_CHUNK_PAGES; c <= (limit - 1) / (int)HR_CHUNK_PAGES; c++)
		b->index[c / 8] |= (uint8_t)(1 << c % 8);
	if (b->cursor < limit - 1) {
		b->cursor = limit - 1;
		b->marked = true;
	}
}

static void random_bytes(uint64_t base, int address_bits, bool grow, uint64_t *seed)
{
	struct bytes b = {.cursor = -1};
	struct hr_index_bits x;

	assert_true(hr_index_bits_init(&x, hr_geometry(address_bits)));
	if (grow) {
		uint64_t chunk = 8 * (test_random(seed) % 100);

		hr_index_bits_grow(&x, base + chunk, 1, 4096);
		b.min = (int)(chunk / 8);
	}
	for (int i = 0; i < 400; i++) {
		int page = b.min * 8 * 512 + (int)(test_random(seed) % (uint64_t)(CHUNKS * 512 - b.min * 8 * 512));
		int limit = page + 1 + (int)(test_random(seed) % (test_random(seed) % 4 ? 100 : 200 * 512)), chunk;
		struct hr_index_hit hit;
		unsigned offset;
		uint64_t read;

		if (limit > CHUNKS * 512)
			limit = CHUNKS * 512;
		switch (test_random(seed) % 5) {
		case 0:
			naive_mark(&b, page, limit);
			hr_index_bits_mark(&x, hr_chunk_page(base) + (uint64_t)page,
					   hr_chunk_page(base) + (uint64_t)limit);
			break;
		case 1:
			/* A search address that races have left anywhere. */
			if (test_random(seed) % 8 == 0) {
				b.cursor = page;
				b.marked = test_random(seed) % 2;
				hr_search_addr_store_marked(&x.cursor, hr_chunk_page(base) + (uint64_t)page);
				if (!b.marked)
					hr_search_addr_store_unmark(&x.cursor, hr_chunk_page(base) + (uint64_t)page,
								    hr_chunk_page(base) + (uint64_t)page);
			}
			break;
		default:
			chunk = naive_find(&b, &offset, &read);
			hit = hr_index_bits_find(&x);
			assert_int_equal(hit.found, chunk >= 0);
			assert_int_equal(hit.read, read);
			if (chunk < 0)
				break;
			assert_int_equal(hit.chunk, base + (uint64_t)chunk);
			assert_int_equal(hit.page, offset);
			if (test_random(seed) % 4) {
				b.index[chunk / 8] &= (uint8_t) ~(1 << chunk % 8);
				hr_index_bits_clear(&x, hit.chunk);
			}
		}
		for (int c = 0; c < CHUNKS && i % 20 == 0; c++)
			assert_int_equal(hr_index_bits_is_marked(&x, base + (uint64_t)c), b.index[c / 8] >> c % 8 & 1);
	}
	hr_index_bits_release(&x);
}

static void test_against_bytes(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < 400; i++) {
		random_bytes(BASE_CHUNK, 48, true, &seed);
		/* The beginning, and not a multiple of a word. */
		random_bytes(8, 48, true, &seed);
		random_bytes((1 << 26) - CHUNKS, 48, true, &seed);
		/* On 32 bits searches end at chunk 0. */
		random_bytes(0, 32, false, &seed);
	}
}

/* The whole byte counts: a chunk above the search address is found where another finder's race has left one. */
static void test_whole_bytes(void **state)
{
	struct hr_index_bits x;
	struct hr_index_hit hit;

	(void)state;
	assert_true(hr_index_bits_init(&x, hr_geometry(48)));
	hr_index_bits_mark(&x, BASE_PAGE, BASE_PAGE + 8 * HR_CHUNK_PAGES);
	hr_index_bits_mark(&x, BASE_PAGE + 8 * HR_CHUNK_PAGES, BASE_PAGE + 9 * HR_CHUNK_PAGES);
	hr_search_addr_reset(&x.cursor);
	hr_search_addr_raise(&x.cursor, BASE_PAGE + 3);
	hr_search_addr_store_unmark(&x.cursor, BASE_PAGE + 3, BASE_PAGE + 3);
	hit = hr_index_bits_find(&x);
	assert_true(hit.found && hit.chunk == BASE_CHUNK + 7 && hit.page == 511 && hit.read == 1);
	hr_index_bits_release(&x);
}

static void test_clone(void **state)
{
	struct hr_index_bits x, copy;
	struct hr_ranges grown;

	(void)state;
	hr_ranges_init(&grown);
	assert_true(hr_ranges_add(&grown, BASE_PAGE, BASE_PAGE + 300 * HR_CHUNK_PAGES));
	assert_true(hr_index_bits_init(&x, hr_geometry(48)));
	hr_index_bits_grow(&x, BASE_CHUNK, 300, 4096);
	hr_index_bits_mark(&x, BASE_PAGE + 5, BASE_PAGE + 299 * HR_CHUNK_PAGES + 1);
	assert_true(hr_index_bits_clone(&copy, &x, &grown));
	find(&x, 299, 0);
	find(&copy, 299, 0);
	for (uint64_t c = 299; c-- > 0;)
		find(&copy, c, 511);
	assert_false(hr_index_bits_find(&copy).found);
	find(&x, 298, 511);
	hr_index_bits_release(&copy);
	hr_index_bits_release(&x);
	hr_ranges_release(&grown);
}

/* --- quirks, and the options that turn them off --- */

/* A marked search address that finds nothing stays, and each search walks down again. */
static void test_sticky(void **state)
{
	(void)state;
	for (int fix = 0; fix < 2; fix++) {
		struct heap h;
		const struct hr_search_work *work;
		uint64_t words;

		heap_init(&h, &hr_search_go119, (struct hr_search_options){.fix_sticky = fix}, 800);
		heap_free(&h, 799 * 512 + 7, 1);
		assert_int_equal(heap_scavenge(&h, MOST, false), 1);
		work = h.def->work(h.search);
		words = work->words;
		assert_int_equal(h.def->search_page(h.search, false), fix ? HR_NO_PAGE : BASE_PAGE + 799 * 512 + 7);
		assert_int_equal(heap_scavenge(&h, MOST, false), 0);
		assert_int_equal(work->words - words, fix ? 0 : 100);
		/* A lower chunk is found either way. */
		heap_free(&h, 3, 1);
		assert_int_equal(heap_scavenge(&h, MOST, false), 1);
		heap_release(&h);
	}
}

/* Growth beyond the first 128 GiB of the index, then below it again: what was marked there is lost. */
static void test_regrow(void **state)
{
	(void)state;
	for (int fix = 0; fix < 2; fix++) {
		struct heap h;

		heap_init(&h, &hr_search_go119, (struct hr_search_options){.fix_regrow = fix}, 1);
		heap_free(&h, 5, 1);
		heap_grow_used(&h, 40000, 1);
		assert_true(h.def->marked(h.search, BASE_CHUNK));
		heap_grow_used(&h, 1, 1);
		assert_int_equal(h.def->marked(h.search, BASE_CHUNK), fix);
		assert_int_equal(heap_scavenge(&h, MOST, false), fix);
		heap_release(&h);
	}
}

/* Pages of a flushed cache go unseen while their chunk isn't marked. */
static void test_flush(void **state)
{
	(void)state;
	for (int fix = 0; fix < 2; fix++) {
		struct heap h;

		heap_init(&h, &hr_search_go119, (struct hr_search_options){.fix_flush = fix}, 2);
		heap_free(&h, 600, 10);
		heap_cache_fill(&h, 0, 576);
		assert_int_equal(heap_scavenge(&h, MOST, false), 0);
		heap_cache_flush(&h, 0);
		assert_int_equal(heap_left(&h), 10);
		assert_int_equal(heap_scavenge(&h, MOST, false), fix ? 10 : 0);
		heap_release(&h);
	}
}

/* Go 1.20 looks only at and below the page that the index names; Go 1.19 from the chunk's top. */
static void test_offset(void **state)
{
	(void)state;
	for (int offset = 0; offset < 2; offset++) {
		struct heap h;
		const struct hr_chunk_bits *c;

		heap_init(&h, &hr_search_go119, (struct hr_search_options){.offset = offset}, 1);
		heap_free(&h, 10, 1);
		/* A page above which the index doesn't know of. */
		hr_pagemap_free(&h.map, BASE_PAGE + 400, 1);
		c = hr_pagemap_chunk(&h.map, BASE_CHUNK);
		assert_int_equal(heap_scavenge(&h, 1, false), 1);
		assert_int_equal(c->scavenged[offset ? 0 : 400 / 64] != 0, true);
		assert_int_equal(heap_scavenge(&h, MOST, false), offset ? 0 : 1);
		heap_release(&h);
	}
}

/* What a random heap has to give is given, whatever the options; and not a page more often. */
static void test_releases_everything(void **state)
{
	uint64_t seed = 6;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct hr_search_options options = {
		    .offset = round & 1, .fix_flush = true, .fix_regrow = round & 2, .fix_sticky = round & 4};
		struct heap h, copy;

		heap_init(&h, &hr_search_go119, options, 20);
		for (int i = 0; i < 200; i++) {
			uint64_t page = 16 * (test_random(&seed) % (20 * 32)), n = 1 + test_random(&seed) % 16;
			const struct hr_chunk_bits *c = hr_pagemap_chunk(&h.map, hr_chunk_of(BASE_PAGE + page));
			bool used = c->alloc[page % 512 / 64] >> page % 64 & 1;

			if (used)
				heap_free(&h, page, 16);
			else if (i % 3 == 0)
				heap_alloc(&h, page, 16);
			if (i % 7 == 0)
				heap_scavenge(&h, n, false);
		}
		heap_clone(&copy, &h);
		if (!options.offset) {
			uint64_t left = heap_left(&h);

			assert_int_equal(heap_scavenge(&h, MOST, false), left);
			assert_int_equal(heap_scavenge(&copy, MOST, false), left);
			assert_int_equal(heap_left(&h), 0);
		} else {
			assert_int_equal(heap_scavenge(&h, MOST, false), heap_scavenge(&copy, MOST, false));
		}
		heap_release(&copy);
		heap_release(&h);
	}
}

HR_TEST_MAIN(index_bits)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases_of_the_runtime),
	    cmocka_unit_test(test_more_cases_of_the_runtime),
	    cmocka_unit_test(test_against_bytes),
	    cmocka_unit_test(test_whole_bytes),
	    cmocka_unit_test(test_clone),
	    cmocka_unit_test(test_sticky),
	    cmocka_unit_test(test_regrow),
	    cmocka_unit_test(test_flush),
	    cmocka_unit_test(test_offset),
	    cmocka_unit_test(test_releases_everything),
	};

	return cmocka_run_group_tests_name("index_bits", tests, NULL, NULL);
}
