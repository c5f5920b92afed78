/* SPDX-License-Identifier: BSD-3-Clause */
/* Huge pages by rank, counted where something has changed, against a count of all. */
#include "config.h"

#include "scavenge/policies/huge_ranks.h"

#include "scavenge/dirty_pages.h"
#include "scavenge/pagemap.h"

#include "testing.h"

#include <string.h>

#define CHUNK UINT64_C(0xc000)
#define CHUNKS (2 * 256)
#define PAGES (CHUNKS * UINT64_C(512))

static void same(const struct hr_huge_ranks *r, const struct hr_pagemap *m)
{
	static uint64_t dirty[HR_HUGE_RANKS];
	uint64_t all = 0;

	memset(dirty, 0, sizeof(dirty));
	for (uint64_t chunk = CHUNK; chunk < CHUNK + CHUNKS; chunk++)
		for (unsigned first = 0; first < HR_CHUNK_PAGES; first += r->huge_pages) {
			unsigned n = hr_dirty_count(m, chunk, first, first + r->huge_pages);

			dirty[n > 0 ? hr_huge_rank(m, r->huge_pages, chunk, first) : 0] += n;
			all += n;
		}
	assert_memory_equal(r->dirty, dirty, sizeof(dirty));
	assert_true(r->all_dirty == all);
}

/* Takes, frees or releases some pages: mostly a few, now and then most of a block or more. */
static void change(struct hr_pagemap *m, struct hr_huge_ranks *r, uint64_t *rng)
{
	uint64_t page = test_random(rng) % PAGES, n = 1 + test_random(rng) % (test_random(rng) % 5 == 0 ? PAGES : 700);

	if (test_random(rng) % 3 == 0)
		page = page / HR_PAGEMAP_BLOCK_PAGES * HR_PAGEMAP_BLOCK_PAGES;
	n = n < PAGES - page ? n : PAGES - page;
	page += hr_chunk_page(CHUNK);
	switch (test_random(rng) % 3) {
	case 0:
		hr_pagemap_alloc(m, page, n);
		break;
	case 1:
		hr_pagemap_free(m, page, n);
		break;
	default:
		/* All that is dirty of one chunk, as a forced release does of all. */
		for (struct hr_dirty_run run;
		     (run = hr_dirty_next(m, hr_chunk_of(page), 0, HR_CHUNK_PAGES)).npages > 0;)
			hr_pagemap_release_pages(m, hr_chunk_page(hr_chunk_of(page)) + run.first, run.npages);
		n = 1;
	}
	hr_huge_ranks_touch(r, hr_chunk_of(page), hr_chunk_of(page + n - 1) + 1);
}

static void test_counts(void **state)
{
	static const unsigned huge[] = {512, 256, 64, 2};
	struct hr_huge_ranks r, copy;
	struct hr_pagemap m;
	struct hr_error err;
	uint64_t rng = 7;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(hr_pagemap_init(&m, hr_geometry(48), i == 2 ? 65536 : 4096, 0, &err), HR_OK);
		assert_int_equal(hr_pagemap_grow(&m, CHUNK, CHUNKS), HR_OK);
		assert_true(hr_huge_ranks_init(&r, &m, huge[i]));
		for (unsigned k = 0; k < 60; k++) {
			for (uint64_t n = test_random(&rng) % 4; n > 0; n--)
				change(&m, &r, &rng);
			hr_huge_ranks_count(&r);
			same(&r, &m);
		}
		change(&m, &r, &rng);
		assert_true(hr_huge_ranks_clone(&copy, &r, &m));
		hr_huge_ranks_count(&copy);
		same(&copy, &m);
		/* All that was dirty goes. */
		hr_huge_ranks_count(&r);
		for (uint64_t chunk = CHUNK; chunk < CHUNK + CHUNKS; chunk++)
			for (struct hr_dirty_run run; (run = hr_dirty_next(&m, chunk, 0, HR_CHUNK_PAGES)).npages > 0;)
				hr_pagemap_release_pages(&m, hr_chunk_page(chunk) + run.first, run.npages);
		hr_huge_ranks_touch_dirty(&r);
		hr_huge_ranks_count(&r);
		assert_true(r.all_dirty == 0 && !r.failed);
		same(&r, &m);
		hr_huge_ranks_release(&copy);
		hr_huge_ranks_release(&r);
		hr_pagemap_release(&m);
	}
}

HR_TEST_MAIN(huge_ranks)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests_name("huge_ranks", tests, NULL, NULL);
}
