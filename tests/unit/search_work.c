/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the searches say they have read, against figures worked out by hand from
 * how the runtime's loops go: the counts on which docs/index-cost.md rests.
 * Heaps begin at a chunk whose number is a multiple of 64.
 */
#include "config.h"

#include "scavenge/go/search.h"

#include "search_heap.h"

static const struct hr_search_def *const searches[] = {&hr_search_go118, &hr_search_go119, &hr_search_go121,
						       &hr_search_go122};

enum { GO118, GO119, GO121 };

static int kind_of(const struct hr_search_def *def)
{
	return def == &hr_search_go118 ? GO118 : def == &hr_search_go119 ? GO119 : GO121;
}

/* Mark termination, then the end of the sweep. */
static void cycle(struct heap *h)
{
	if (h->def->next_gen != NULL)
		h->def->next_gen(h->search);
	if (h->def->start_gen != NULL)
		h->def->start_gen(h->search);
}

struct expected {
	uint64_t lookups, words, empty_hits;
};

/* Since *before, which becomes now. */
static void assert_work(const struct heap *h, struct hr_search_work *before, struct expected e)
{
	struct hr_search_work now = *h->def->work(h->search);

	assert_int_equal(now.lookups - before->lookups, e.lookups);
	assert_int_equal(now.words - before->words, e.words);
	assert_int_equal(now.empty_hits - before->empty_hits, e.empty_hits);
	*before = now;
}

static const uint64_t sizes[] = {1, 7, 8, 9, 100, 129, 800, 4096};

/*
 * A page at the top was free for a moment; there is nothing.
 *
 * go1.18 looks at each chunk once in a cycle, and reserves a 64th of them at a
 * time, rounded up. go1.19 reads the top's byte and finds the top chunk,
 * which has nothing; then it reads all ceil(N/8) bytes, and again so whenever it
 * is asked. go1.21 reads all N records each time.
 */
static void test_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t s = 0; s < sizeof(searches) / sizeof(searches[0]); s++) {
			uint64_t n = sizes[i], part = (n + 63) / 64, turns = (n + part - 1) / part;
			const struct expected first[] = {{turns, n, turns}, {2, (n + 7) / 8 + 1, 1}, {1, n, 0}};
			const struct expected again[] = {{0, 0, 0}, {1, (n + 7) / 8, 0}, {1, n, 0}};
			struct hr_search_work before = {0};
			struct heap h;
			int k = kind_of(searches[s]);

			heap_init(&h, searches[s], (struct hr_search_options){.offset = false}, n);
			heap_free(&h, n * HR_CHUNK_PAGES - 1, 1);
			heap_alloc(&h, n * HR_CHUNK_PAGES - 1, 1);
			cycle(&h);
			assert_int_equal(heap_scavenge(&h, 1, true), 0);
			assert_work(&h, &before, first[k]);
			assert_int_equal(heap_scavenge(&h, 1, true), 0);
			assert_work(&h, &before, again[k]);
			heap_release(&h);
		}
}

/*
 * A page free in every one of N chunks, N a multiple of 8, released one at a
 * time. All look at each chunk twice, the second time in vain. go1.18 goes on
 * below the page that it released, and on to the next chunk in the same lookup.
 * The indexes need one to learn that a chunk is empty, and look once more when
 * all are. go1.19: a byte each
 * time, one more where the next chunk down is in the next byte (N/8 - 1 times),
 * and one for the last search, from chunk 0. go1.21: a record each time, one
 * more for each step down to the next chunk (N - 1), and one for the last search.
 */
static void test_a_page_in_every_chunk(void **state)
{
	(void)state;
	for (size_t s = 0; s < sizeof(searches) / sizeof(searches[0]); s++) {
		const uint64_t n = 512;
		const struct expected all[] = {
		    {n + 1, 2 * n, n}, {2 * n + 1, 2 * n + (n / 8 - 1) + 1, n}, {2 * n + 1, 2 * n + (n - 1) + 1, n}};
		struct hr_search_work before = {0};
		struct heap h;

		heap_init(&h, searches[s], (struct hr_search_options){.offset = false}, n);
		for (uint64_t c = 0; c < n; c++)
			heap_free(&h, hr_chunk_page(c) + 5, 1);
		cycle(&h);
		for (uint64_t c = 0; c < n; c++)
			assert_int_equal(heap_scavenge(&h, 1, true), 1);
		assert_int_equal(heap_scavenge(&h, 1, true), 0);
		assert_work(&h, &before, all[kind_of(searches[s])]);
		assert_int_equal(heap_left(&h), 0);
		heap_release(&h);
	}
}

/*
 * The same in the background: a chunk of which 511 pages are in use is dense to
 * go1.21, which reads all records and releases nothing; so is one with 496. With
 * 495 every chunk is searched.
 */
static void test_dense_chunks_are_walked_in_vain(void **state)
{
	static const unsigned free_pages[] = {1, 16, 17};

	(void)state;
	for (size_t i = 0; i < sizeof(free_pages) / sizeof(free_pages[0]); i++)
		for (size_t s = 2; s < sizeof(searches) / sizeof(searches[0]); s++) {
			const uint64_t n = 200;
			struct hr_search_work before = {0};
			struct heap h;

			heap_init(&h, searches[s], (struct hr_search_options){.offset = false}, n);
			cycle(&h);
			for (uint64_t c = 0; c < n; c++)
				heap_free(&h, hr_chunk_page(c), free_pages[i]);
			cycle(&h);
			if (free_pages[i] < 17) {
				assert_int_equal(heap_scavenge(&h, MOST, false), 0);
				assert_work(&h, &before, (struct expected){1, n, 0});
			} else {
				assert_int_equal(heap_scavenge(&h, MOST, false), 17 * n);
				assert_int_equal(h.def->work(h.search)->lookups, 2 * n + 1);
			}
			heap_release(&h);
		}
}

/* Freed above where the walk stands: go1.18 sees it in the next cycle; the indexes at once, for a walk from there. */
static void test_a_page_freed_high_up(void **state)
{
	(void)state;
	for (size_t s = 0; s < sizeof(searches) / sizeof(searches[0]); s++) {
		const uint64_t n = 640;
		int k = kind_of(searches[s]);
		struct hr_search_work before;
		struct heap h;

		heap_init(&h, searches[s], (struct hr_search_options){.offset = false}, n);
		heap_free(&h, hr_chunk_page(0), 512);
		cycle(&h);
		assert_int_equal(heap_scavenge(&h, 1, true), 1);
		heap_free(&h, hr_chunk_page(n - 1), 1);
		before = *h.def->work(h.search);
		assert_int_equal(heap_scavenge(&h, 1, true), 1);
		/* go1.18 goes on with chunk 0, where it was. */
		assert_work(&h, &before, (struct expected){1, 1, 0});
		assert_int_equal(hr_pagemap_chunk(&h.map, BASE_CHUNK + n - 1)->scavenged[0] & 1, k != GO118);
		assert_int_equal(heap_scavenge(&h, 1, true), 1);
		/* The others find the top chunk empty, and walk down to chunk 0: 80 bytes, 640 records. */
		assert_work(&h, &before,
			    k == GO118	 ? (struct expected){1, 1, 0}
			    : k == GO119 ? (struct expected){2, 1 + 80, 1}
					 : (struct expected){2, 1 + 640, 1});
		heap_release(&h);
	}
}

HR_TEST_MAIN(search_work)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_a_page_in_every_chunk),
	    cmocka_unit_test(test_dense_chunks_are_walked_in_vain),
	    cmocka_unit_test(test_a_page_freed_high_up),
	};

	return cmocka_run_group_tests_name("search_work", tests, NULL, NULL);
}
