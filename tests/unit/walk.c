/* SPDX-License-Identifier: BSD-3-Clause */
/* Go 1.18's walk: generations, where they start, and what they don't see. */
#include "config.h"

#include "scavenge/go/walk.h"

#include "search_heap.h"

static void start_gen(struct heap *h)
{
	h->def->start_gen(h->search);
}

/* Where the walk stands, as a page from the base; -1: at its end. */
static int64_t at(const struct heap *h)
{
	uint64_t page = h->def->search_page(h->search, false);

	return page == HR_NO_PAGE ? -1 : (int64_t)(page - BASE_PAGE);
}

/* Nothing is found before the first generation begins, nor what is freed above where the walk is. */
static void test_generations(void **state)
{
	struct heap h;

	(void)state;
	heap_init(&h, &hr_search_go118, (struct hr_search_options){0}, 4);
	heap_free(&h, 0, 100);
	assert_int_equal(heap_scavenge(&h, MOST, false), 0);
	start_gen(&h);
	assert_int_equal(at(&h), 4 * 512 - 1);
	assert_true(h.def->marked(h.search, BASE_CHUNK + 3));
	assert_int_equal(heap_scavenge(&h, 30, false), 30);
	/* From the top: pages 70 to 99, and the rest is still to do. */
	assert_int_equal(at(&h), 69);
	assert_true(h.def->marked(h.search, BASE_CHUNK));
	assert_false(h.def->marked(h.search, BASE_CHUNK + 1));

	heap_free(&h, 600, 10);
	assert_int_equal(heap_scavenge(&h, MOST, false), 70);
	assert_int_equal(heap_scavenge(&h, MOST, false), 0);
	assert_int_equal(at(&h), -1);
	start_gen(&h);
	/* The highest byte that was freed; its page counts. */
	assert_int_equal(at(&h), 609);
	assert_int_equal(heap_scavenge(&h, MOST, false), 10);
	heap_release(&h);
}

/* Where nothing was freed above, the next generation goes on; where nothing was released, it begins at the top. */
static void test_where_it_starts(void **state)
{
	struct heap h;

	(void)state;
	heap_init(&h, &hr_search_go118, (struct hr_search_options){0}, 4);
	heap_free(&h, 512, 10);
	heap_free(&h, 3, 5);
	start_gen(&h);
	assert_int_equal(hr_search_walk(h.search)->gen, 1);
	/* A 64th of the heap, but not less than the rest of the chunk. */
	assert_int_equal(hr_search_walk(h.search)->reservation_bytes, 4 * HR_CHUNK_BYTES / 64);
	assert_int_equal(heap_scavenge(&h, 10, false), 10);
	start_gen(&h);
	assert_int_equal(at(&h), 511);
	assert_int_equal(heap_scavenge(&h, MOST, false), 5);
	start_gen(&h);
	assert_int_equal(at(&h), 2);
	assert_int_equal(heap_scavenge(&h, MOST, false), 0);
	start_gen(&h);
	assert_int_equal(at(&h), 4 * 512 - 1);
	heap_release(&h);
}

/* Memory that came after a generation began belongs to the next. */
static void test_growth_and_gaps(void **state)
{
	struct heap h;

	(void)state;
	heap_init(&h, &hr_search_go118, (struct hr_search_options){0}, 2);
	start_gen(&h);
	heap_grow_used(&h, 5, 1);
	heap_grow_used(&h, 100, 3);
	heap_free(&h, 0, 1);
	heap_free(&h, 5 * 512, 1);
	heap_free(&h, 101 * 512, 2);
	assert_int_equal(heap_scavenge(&h, MOST, false), 1);
	start_gen(&h);
	assert_int_equal(hr_search_walk(h.search)->todo.n, 3);
	assert_int_equal(heap_scavenge(&h, MOST, false), 3);
	heap_release(&h);
}

/* A flushed page cache doesn't raise where the next generation starts. */
static void test_flush(void **state)
{
	(void)state;
	for (int fix = 0; fix < 2; fix++) {
		struct heap h;

		heap_init(&h, &hr_search_go118, (struct hr_search_options){.fix_flush = fix}, 2);
		heap_free(&h, 0, 1);
		heap_free(&h, 600, 10);
		heap_cache_fill(&h, 0, 576);
		start_gen(&h);
		assert_int_equal(heap_scavenge(&h, MOST, false), 1);
		heap_cache_flush(&h, 0);
		start_gen(&h);
		assert_int_equal(heap_scavenge(&h, MOST, false), fix ? 10 : 0);
		/* It heals when a generation starts at the top again. */
		start_gen(&h);
		assert_int_equal(heap_scavenge(&h, MOST, false) + (fix ? 10 : 0), 10);
		heap_release(&h);
	}
}

static void test_releases_everything(void **state)
{
	uint64_t seed = 10;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct heap h, copy;
		uint64_t n;

		heap_init(&h, &hr_search_go118, (struct hr_search_options){0}, 20);
		for (int i = 0; i < 200; i++) {
			uint64_t page = 16 * (test_random(&seed) % (20 * 32));
			const struct hr_chunk_bits *c = hr_pagemap_chunk(&h.map, hr_chunk_of(BASE_PAGE + page));

			if (c->alloc[page % 512 / 64] >> page % 64 & 1)
				heap_free(&h, page, 16);
			else if (i % 3 == 0)
				heap_alloc(&h, page, 16);
			if (i % 7 == 0)
				heap_scavenge(&h, 1 + test_random(&seed) % 40, false);
			if (i % 50 == 0)
				start_gen(&h);
		}
		heap_clone(&copy, &h);
		n = heap_scavenge(&h, MOST, false);
		assert_int_equal(heap_scavenge(&copy, MOST, false), n);
		/* At the latest when a generation starts at the top nothing is left. */
		for (int i = 0; i < 3; i++) {
			start_gen(&h);
			heap_scavenge(&h, MOST, false);
		}
		assert_int_equal(heap_left(&h), 0);
		heap_release(&copy);
		heap_release(&h);
	}
}

HR_TEST_MAIN(walk)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_generations),		cmocka_unit_test(test_where_it_starts),
	    cmocka_unit_test(test_growth_and_gaps),	cmocka_unit_test(test_flush),
	    cmocka_unit_test(test_releases_everything),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
