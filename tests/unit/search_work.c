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

/* --- blocks of chunks at once ----------------------------------------------------------- */

static void release_whole_block(void *ctx, uint64_t page)
{
	struct heap *h = ctx;

	assert_true(hr_pagemap_release_block(&h->map, page));
	h->released_pages += HR_PAGEMAP_BLOCK_PAGES;
}

#define BLOCK_CHUNKS (1u << HR_MAP_BLOCK_LOG_CHUNKS)

/* go1.18 takes a 64th of the heap at a time, which must be a block and more. */
static uint64_t blocks_of(const struct hr_search_def *def)
{
	return kind_of(def) == GO118 ? 100 : 5;
}

/* Both have the same bits, the same knowledge of each chunk, and have done the same work. */
static void assert_same_heap(const struct heap *a, const struct heap *b)
{
	const struct hr_search_work *x = a->def->work(a->search), *y = b->def->work(b->search);

	assert_int_equal(x->lookups, y->lookups);
	assert_int_equal(x->words, y->words);
	assert_int_equal(x->empty_hits, y->empty_hits);
	for (int force = 0; force <= 1; force++)
		assert_int_equal(a->def->search_page(a->search, force), b->def->search_page(b->search, force));
	for (uint64_t c = BASE_CHUNK; c < BASE_CHUNK + blocks_of(a->def) * BLOCK_CHUNKS; c++) {
		assert_int_equal(a->def->marked(a->search, c), b->def->marked(b->search, c));
		assert_memory_equal(hr_pagemap_chunk(&a->map, c), hr_pagemap_chunk(&b->map, c),
				    sizeof(struct hr_chunk_bits));
	}
}

/* Ends of spans, in order: borders of blocks, and pages anywhere. */
static void random_borders(uint64_t *seed, uint64_t at[], size_t n, uint64_t blocks)
{
	const uint64_t all = blocks * HR_PAGEMAP_BLOCK_PAGES;

	at[0] = 0;
	for (size_t i = 1; i < n - 1; i++)
		at[i] = test_random(seed) % 2 ? test_random(seed) % all
					      : test_random(seed) % blocks * HR_PAGEMAP_BLOCK_PAGES;
	at[n - 1] = all;
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && at[k] < at[k - 1]; k--) {
			uint64_t t = at[k];

			at[k] = at[k - 1];
			at[k - 1] = t;
		}
}

/* A search that may release a block of the map at once does what one does that goes by chunks. */
static void blocks_at_once(const struct hr_search_def *def, struct hr_search_options options, uint64_t seed)
{
	struct heap a, b;
	struct hr_search_heap searched;
	struct hr_error err;
	const uint64_t blocks = blocks_of(def);
	uint64_t at[9];
	bool is_free[8] = {false};

	random_borders(&seed, at, 9, blocks);
	a = b = (struct heap){.def = def};
	assert_int_equal(hr_pagemap_init(&a.map, hr_geometry(48), 4096, 0, &err), HR_OK);
	assert_int_equal(hr_pagemap_init(&b.map, hr_geometry(48), 4096, 0, &err), HR_OK);
	searched = heap_searched(&a);
	searched.release_block = release_whole_block;
	a.search = def->create(&searched, &options);
	searched = heap_searched(&b);
	b.search = def->create(&searched, &options);
	assert_non_null(a.search);
	assert_non_null(b.search);
	heap_grow_used(&a, 0, blocks * BLOCK_CHUNKS);
	heap_grow_used(&b, 0, blocks * BLOCK_CHUNKS);
	for (int step = 0; step < 60; step++) {
		size_t i = test_random(&seed) % 8;
		uint64_t npages = at[i + 1] - at[i];
		uint64_t most = test_random(&seed) % (3 * HR_PAGEMAP_BLOCK_PAGES) + 1;
		bool force = test_random(&seed) % 2;

		if (npages > 0) {
			(is_free[i] ? heap_alloc : heap_free)(&a, at[i], npages);
			(is_free[i] ? heap_alloc : heap_free)(&b, at[i], npages);
			is_free[i] = !is_free[i];
		}
		if (test_random(&seed) % 3 == 0) {
			cycle(&a);
			cycle(&b);
		}
		if (test_random(&seed) % 2 == 0) {
			most = test_random(&seed) % 4 == 0 ? MOST : most;
			assert_int_equal(heap_scavenge(&a, most, force), heap_scavenge(&b, most, force));
		}
		assert_same_heap(&a, &b);
	}
	heap_release(&a);
	heap_release(&b);
}

static void test_blocks_at_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= (test_quick() ? 2 : 10); seed++)
		for (size_t s = 0; s < sizeof(searches) / sizeof(searches[0]); s++) {
			blocks_at_once(searches[s], (struct hr_search_options){.offset = seed % 2}, seed);
			blocks_at_once(searches[s], (struct hr_search_options){.fix_sticky = true}, seed + 100);
		}
}

HR_TEST_MAIN(search_work)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_a_page_in_every_chunk),
	    cmocka_unit_test(test_dense_chunks_are_walked_in_vain),
	    cmocka_unit_test(test_a_page_freed_high_up),
	    cmocka_unit_test(test_blocks_at_once),
	};

	return cmocka_run_group_tests_name("search_work", tests, NULL, NULL);
}
