/* SPDX-License-Identifier: BSD-3-Clause */
/* Words of pages in runs, against an array of them. */
#include "config.h"

#include "scavenge/policies/page_runs.h"

#include "testing.h"

#include <string.h>

#define FIRST_PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)
#define PAGES (5 * HR_CHUNK_PAGES)

/* Ends of ranges are as often those of chunks as not. */
static unsigned random_end(uint64_t *rng)
{
	unsigned page = (unsigned)(test_random(rng) % (PAGES + 1));

	return test_random(rng) % 2 ? page : page / HR_CHUNK_PAGES * HR_CHUNK_PAGES;
}

/* Runs are of one word, none is empty, and one that ends within a chunk ends where another word begins. */
static void same(const struct hr_page_runs *w, const uint64_t *words)
{
	unsigned run;

	for (unsigned i = 0; i < PAGES; i += run) {
		uint64_t word = hr_page_runs_at(w, FIRST_PAGE + i, PAGES - i, &run);

		assert_in_range(run, 1, PAGES - i);
		for (unsigned k = 0; k < run; k++)
			assert_true(words[i + k] == word);
		assert_true((i + run) % HR_CHUNK_PAGES == 0 || words[i + run] != word);
	}
	/* Nothing but zeros is passed over. */
	for (uint64_t from = FIRST_PAGE, next; from < FIRST_PAGE + PAGES; from = next + HR_CHUNK_PAGES / 4) {
		next = hr_page_runs_next(w, from);
		for (uint64_t page = from; page < next && page < FIRST_PAGE + PAGES; page++)
			assert_true(words[page - FIRST_PAGE] == 0);
		if (next == UINT64_MAX)
			break;
	}
}

static void test_as_an_array(void **state)
{
	static uint64_t words[PAGES], before[PAGES];
	struct hr_page_runs w, copy;
	uint64_t rng = 3;

	(void)state;
	assert_true(hr_page_runs_init(&w, hr_geometry(48)));
	same(&w, words);
	for (unsigned i = 0; i < 2000; i++) {
		unsigned a = random_end(&rng), b = random_end(&rng), first = a < b ? a : b, end = a < b ? b : a;
		uint64_t word = test_random(&rng) % 3;

		if (i == 1000) {
			assert_true(hr_page_runs_clone(&copy, &w));
			memcpy(before, words, sizeof(before));
		}
		hr_page_runs_set(&w, FIRST_PAGE + first, end - first, word);
		for (unsigned k = first; k < end; k++)
			words[k] = word;
		if (i % 7 == 0)
			same(&w, words);
	}
	same(&w, words);
	/* The copy is as the original was. */
	same(&copy, before);
	hr_page_runs_release(&copy);
	hr_page_runs_release(&w);
}

/* A run is not longer than was asked for. */
static void test_parts_of_runs(void **state)
{
	struct hr_page_runs w;
	unsigned run;

	(void)state;
	assert_true(hr_page_runs_init(&w, hr_geometry(32)));
	assert_true(hr_page_runs_next(&w, 0) == UINT64_MAX);
	hr_page_runs_set(&w, 512, 512, 9);
	assert_true(hr_page_runs_next(&w, 0) == 512 && hr_page_runs_next(&w, 700) == 700);
	assert_true(hr_page_runs_next(&w, 1024) == UINT64_MAX);
	assert_int_equal(hr_page_runs_at(&w, 600, 3, &run), 9);
	assert_int_equal(run, 3);
	hr_page_runs_set(&w, 700, 1, 8);
	assert_int_equal(hr_page_runs_at(&w, 600, 3, &run), 9);
	assert_int_equal(run, 3);
	assert_int_equal(hr_page_runs_at(&w, 600, 424, &run), 9);
	assert_int_equal(run, 100);
	hr_page_runs_release(&w);
}

/* Blocks of 256 chunks, whole and in parts: what was set last is what is there, and whole ones have one run. */
static void test_blocks(void **state)
{
	const unsigned block = 256 * HR_CHUNK_PAGES;
	struct hr_page_runs w, copy;
	unsigned run;

	(void)state;
	assert_true(hr_page_runs_init(&w, hr_geometry(48)));
	assert_int_equal(hr_page_runs_set(&w, 7, 3 * block - 7, 5), HR_OK);
	assert_int_equal(hr_page_runs_at(&w, block + 1, 2 * block, &run), 5);
	assert_int_equal(run, block - 1);
	assert_int_equal(hr_page_runs_set(&w, block + HR_CHUNK_PAGES + 3, 2, 6), HR_OK);
	assert_true(hr_page_runs_clone(&copy, &w));
	assert_int_equal(hr_page_runs_set(&w, block, block, 8), HR_OK);
	assert_int_equal(hr_page_runs_at(&w, block + HR_CHUNK_PAGES + 3, block, &run), 8);
	assert_int_equal(hr_page_runs_at(&w, 0, 8, &run), 0);
	assert_int_equal(run, 7);
	/* Split again, the block does not remember what it was before. */
	assert_int_equal(hr_page_runs_set(&w, block, 1, 9), HR_OK);
	assert_int_equal(hr_page_runs_at(&w, block + HR_CHUNK_PAGES + 3, 600, &run), 8);
	assert_int_equal(run, HR_CHUNK_PAGES - 3);
	assert_int_equal(hr_page_runs_at(&copy, block + HR_CHUNK_PAGES + 3, 600, &run), 6);
	assert_int_equal(run, 2);
	assert_int_equal(hr_page_runs_at(&copy, 2 * block, block, &run), 5);
	assert_int_equal(run, block);
	hr_page_runs_release(&copy);
	hr_page_runs_release(&w);
}

HR_TEST_MAIN(page_runs)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_an_array),
	    cmocka_unit_test(test_parts_of_runs),
	    cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests_name("page_runs", tests, NULL, NULL);
}
