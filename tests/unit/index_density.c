/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index with density of Go 1.21 and later: against records kept in a plain
 * array and searched one by one; what is derived from them; its quirks.
 */
#include "config.h"

#include "scavenge/go/index_density.h"

#include "search_heap.h"

#include <string.h>

static void test_packing(void **state)
{
	uint64_t seed = 7;

	(void)state;
	assert_true(hr_density_pack((struct hr_density){.in_use = 512}) == 512);
	assert_true(hr_density_pack((struct hr_density){.last_in_use = 512}) == UINT64_C(512) << 16);
	assert_true(hr_density_pack((struct hr_density){.flags = 0x3f}) == UINT64_C(0xfc000000));
	assert_true(hr_density_pack((struct hr_density){.gen = 1}) == UINT64_C(1) << 32);
	for (int i = 0; i < 10000; i++) {
		struct hr_density d = {
		    .gen = (uint32_t)test_random(&seed),
		    .in_use = (uint16_t)(test_random(&seed) % 513),
		    .last_in_use = (uint16_t)(test_random(&seed) % 513),
		    .flags = (uint8_t)(test_random(&seed) % 64),
		};
		struct hr_density e = hr_density_unpack(hr_density_pack(d));

		assert_true(d.gen == e.gen && d.in_use == e.in_use && d.last_in_use == e.last_in_use &&
			    d.flags == e.flags);
	}
}

/* --- record by record --- */

#define CHUNKS 300

struct records {
	struct hr_density at[CHUNKS];
	int64_t cursor[2]; /* page, -1 cleared: background, forced */
	bool marked[2];
	int64_t freed; /* -1 none */
	uint32_t gen;
	bool flag;
};

static void touch(struct records *r, int chunk)
{
	if (r->at[chunk].gen != r->gen) {
		r->at[chunk].last_in_use = r->at[chunk].in_use;
		r->at[chunk].gen = r->gen;
	}
}

static void raise_to(struct records *r, int box, int64_t page)
{
	if (r->cursor[box] < page) {
		r->cursor[box] = page;
		r->marked[box] = true;
	}
}

static bool wanted(const struct records *r, int chunk, bool force)
{
	const struct hr_density *d = &r->at[chunk];

	if (!(d->flags & HR_DENSITY_HAS_FREE) || force)
		return d->flags & HR_DENSITY_HAS_FREE;
	return d->gen == r->gen ? d->in_use < 496 && d->last_in_use < 496 : d->in_use < 496;
}

/* What the runtime does. Returns the chunk, -1 none. */
static int naive_find(struct records *r, bool force, unsigned *page, uint64_t *read)
{
	int64_t *cursor = &r->cursor[force];
	int start = (int)(*cursor / HR_CHUNK_PAGES);

	*read = 0;
	if (*cursor < 0)
		return -1;
	for (int chunk = start; chunk >= 0; chunk--) {
		++*read;
		if (!wanted(r, chunk, force))
			continue;
		*page = (unsigned)(*cursor % HR_CHUNK_PAGES);
		if (chunk == start)
			return chunk;
		*page = HR_CHUNK_PAGES - 1;
		*cursor = chunk * (int)HR_CHUNK_PAGES + 511;
		r->marked[force] = false;
		return chunk;
	}
	if (!r->marked[force])
		*cursor = -1;
	return -1;
}

static void same_records(const struct hr_index_density *x, const struct records *r, uint64_t base)
{
	assert_true(hr_index_density_check(x, base, base + CHUNKS));
	for (int c = 0; c < CHUNKS; c++) {
		struct hr_density d = hr_index_density_record(x, base + (uint64_t)c);

		assert_true(hr_density_pack(d) == hr_density_pack(r->at[c]));
	}
	for (int force = 0; force < 2; force++) {
		bool marked;
		uint64_t page = hr_search_addr_load(force ? &x->forced : &x->background, &marked);

		assert_true(page ==
			    (r->cursor[force] < 0 ? HR_NO_PAGE : hr_chunk_page(base) + (uint64_t)r->cursor[force]));
		assert_int_equal(marked, r->marked[force]);
	}
}

static void random_records(uint64_t base, int address_bits, bool flag, uint64_t *seed)
{
	struct records r = {.cursor = {-1, -1}, .freed = -1, .flag = flag};
	struct hr_index_density x;

	assert_true(hr_index_density_init(&x, hr_geometry(address_bits)));
	x.huge_page_flag = flag;
	hr_index_density_grow(&x, base + 7);
	hr_index_density_grow(&x, base);
	hr_index_density_grow(&x, base + 3);
	for (int i = 0; i < 600; i++) {
		int c = (int)(test_random(seed) % CHUNKS), chunk;
		unsigned in_use = r.at[c].in_use, n = (unsigned)(test_random(seed) % 513), page = 0;
		bool force = test_random(seed) % 2;
		struct hr_index_hit hit;
		uint64_t read;

		switch (test_random(seed) % 8) {
		case 0:
		case 1:
			/* Often up to right where a chunk becomes dense, or full. */
			if (test_random(seed) % 2)
				n = 493 + (unsigned)(test_random(seed) % 20) - in_use;
			if (n == 0 || n > 512 - in_use)
				break;
			touch(&r, c);
			r.at[c].in_use = (uint16_t)(in_use + n);
			if (r.at[c].in_use == 512)
				r.at[c].flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
			if (r.at[c].in_use > 496)
				r.at[c].flags &= (uint8_t)~HR_DENSITY_NO_HUGE_PAGE;
			hr_index_density_alloc(&x, base + (uint64_t)c, n);
			break;
		case 2:
		case 3:
			if (test_random(seed) % 2)
				n = 1 + (unsigned)(test_random(seed) % 20);
			if (n == 0 || n > in_use)
				break;
			page = (unsigned)(test_random(seed) % (513 - n));
			touch(&r, c);
			r.at[c].in_use = (uint16_t)(in_use - n);
			r.at[c].flags |= HR_DENSITY_HAS_FREE;
			if (r.freed < c * 512 + (int)(page + n - 1))
				r.freed = c * 512 + (int)(page + n - 1);
			raise_to(&r, 1, c * 512 + (int)(page + n - 1));
			hr_index_density_free(&x, base + (uint64_t)c, page, n);
			break;
		case 4:
			if (test_random(seed) % 8 == 0) {
				r.gen++;
				raise_to(&r, 0, r.freed);
				r.freed = -1;
				hr_index_density_next_gen(&x);
			}
			break;
		default:
			chunk = naive_find(&r, force, &page, &read);
			hit = hr_index_density_find(&x, force);
			assert_int_equal(hit.found, chunk >= 0);
			assert_int_equal(hit.read, read);
			if (chunk < 0)
				break;
			assert_int_equal(hit.chunk, base + (uint64_t)chunk);
			assert_int_equal(hit.page, page);
			if (test_random(seed) % 2) {
				r.at[chunk].flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
				hr_index_density_set_empty(&x, hit.chunk);
			} else {
				if (flag)
					r.at[chunk].flags |= HR_DENSITY_NO_HUGE_PAGE;
				hr_index_density_set_released(&x, hit.chunk);
			}
		}
		if (i % 20 == 0)
			same_records(&x, &r, base);
	}
	same_records(&x, &r, base);
	hr_index_density_release(&x);
}

static void test_against_records(void **state)
{
	uint64_t seed = 8;

	(void)state;
	for (int i = 0; i < 300; i++) {
		random_records(BASE_CHUNK, 48, i % 2, &seed);
		random_records(0, 48, i % 2, &seed);
		random_records((1 << 26) - CHUNKS, 48, i % 2, &seed);
		random_records(1, 32, i % 2, &seed);
		random_records(1024 - CHUNKS, 32, i % 2, &seed);
	}
}

/* A derived bit that is wrong is noticed. */
static void test_check(void **state)
{
	struct hr_index_density x;

	(void)state;
	assert_true(hr_index_density_init(&x, hr_geometry(48)));
	hr_index_density_alloc(&x, 5, 512);
	hr_index_density_free(&x, 5, 0, 100);
	assert_true(hr_index_density_check(&x, 0, 128));
	atomic_fetch_xor(&x.has_free[0], 1 << 5);
	assert_false(hr_index_density_check(&x, 0, 128));
	atomic_fetch_xor(&x.has_free[0], 1 << 5);
	atomic_fetch_xor(&x.ready[0], 1 << 5);
	assert_false(hr_index_density_check(&x, 0, 128));
	atomic_fetch_xor(&x.ready[0], 1 << 5);
	atomic_fetch_xor(&x.waiting[1], 1);
	assert_false(hr_index_density_check(&x, 0, 128));
	hr_index_density_release(&x);
}

/* --- the search: density, generations, quirks --- */

static const struct hr_search_def *const defs[] = {&hr_search_go121, &hr_search_go122};

/* Dense chunks are left to a forced search; so are those that were dense in the last generation. */
static void test_density(void **state)
{
	(void)state;
	for (int d = 0; d < 2; d++) {
		struct heap h;

		heap_init(&h, defs[d], (struct hr_search_options){0}, 2);
		heap_free(&h, 0, 16);
		heap_free(&h, 512, 17);
		/* The background's search address rises when the generation ends. */
		assert_int_equal(heap_scavenge(&h, MOST, false), 0);
		h.def->next_gen(h.search);
		assert_int_equal(heap_scavenge(&h, MOST, false), 17);
		assert_int_equal(heap_scavenge(&h, MOST, true), 16);

		/* The first has 496 pages in use at the end of this generation: dense for all of the next. */
		h.def->next_gen(h.search);
		heap_free(&h, 16, 400);
		assert_int_equal(heap_scavenge(&h, MOST, false), 0);
		h.def->next_gen(h.search);
		assert_int_equal(heap_scavenge(&h, MOST, false), 400);
		heap_release(&h);
	}
}

static void test_huge_page_flag(void **state)
{
	(void)state;
	for (int d = 0; d < 2; d++) {
		struct heap h;

		heap_init(&h, defs[d], (struct hr_search_options){0}, 1);
		heap_free(&h, 0, 100);
		assert_int_equal(heap_scavenge(&h, 1, true), 1);
		assert_int_equal(hr_index_density_record(hr_search_density(h.search), BASE_CHUNK).flags,
				 d == 0 ? HR_DENSITY_HAS_FREE | HR_DENSITY_NO_HUGE_PAGE : HR_DENSITY_HAS_FREE);
		/* Kept up to 496, gone above. */
		heap_alloc(&h, 0, 84);
		assert_int_equal(hr_index_density_record(hr_search_density(h.search), BASE_CHUNK).flags >> 1, d == 0);
		heap_alloc(&h, 84, 1);
		assert_int_equal(hr_index_density_record(hr_search_density(h.search), BASE_CHUNK).flags >> 1, 0);
		heap_release(&h);
	}
}

/*
 * A background search looks at and below its address. It finds nothing in a
 * chunk whose free pages are above, calls it empty, and hides them from forced
 * searches until the next free there.
 */
static void test_setempty(void **state)
{
	(void)state;
	for (int fix = 0; fix < 2; fix++) {
		struct heap h;

		heap_init(&h, &hr_search_go122, (struct hr_search_options){.fix_setempty = fix}, 2);
		/* A chunk 400 pages of which were ever used. */
		assert_int_equal(hr_pagemap_grow(&h.map, BASE_CHUNK + 2, 1), HR_OK);
		assert_int_equal(h.def->grow(h.search, BASE_CHUNK + 2, 1), HR_OK);
		heap_alloc(&h, 1024, 400);
		heap_free(&h, 600, 30);
		heap_free(&h, 1024 + 50, 1);
		h.def->next_gen(h.search);
		assert_int_equal(heap_scavenge(&h, 1, false), 1);
		/* Above where the background stands: */
		heap_free(&h, 1024 + 300, 20);
		assert_int_equal(heap_scavenge(&h, MOST, false), 30);
		assert_int_equal(heap_left(&h), 20);
		assert_int_equal(heap_scavenge(&h, MOST, true), fix ? 20 : 0);
		heap_release(&h);
	}
}

static void test_sticky(void **state)
{
	(void)state;
	for (int fix = 0; fix < 2; fix++) {
		struct heap h;
		uint64_t words;

		heap_init(&h, &hr_search_go121, (struct hr_search_options){.fix_sticky = fix}, 800);
		heap_free(&h, 799 * 512 + 7, 1);
		assert_int_equal(heap_scavenge(&h, MOST, true), 1);
		words = h.def->work(h.search)->words;
		assert_int_equal(h.def->search_page(h.search, true), fix ? HR_NO_PAGE : BASE_PAGE + 799 * 512 + 7);
		assert_int_equal(heap_scavenge(&h, MOST, true), 0);
		assert_int_equal(h.def->work(h.search)->words - words, fix ? 0 : 800);
		heap_free(&h, 3, 1);
		assert_int_equal(heap_scavenge(&h, MOST, true), 1);
		heap_release(&h);
	}
}

/* Here a flushed page cache does tell the index. */
static void test_flush(void **state)
{
	struct heap h;

	(void)state;
	heap_init(&h, &hr_search_go121, (struct hr_search_options){0}, 2);
	heap_free(&h, 600, 10);
	heap_cache_fill(&h, 0, 576);
	assert_int_equal(hr_index_density_record(hr_search_density(h.search), BASE_CHUNK + 1).in_use, 512);
	assert_false(h.def->marked(h.search, BASE_CHUNK + 1));
	heap_cache_flush(&h, 0);
	assert_int_equal(hr_index_density_record(hr_search_density(h.search), BASE_CHUNK + 1).in_use, 502);
	assert_int_equal(heap_scavenge(&h, MOST, true), 10);
	heap_release(&h);
}

/* A forced search leaves nothing; a copy releases the same. */
static void test_releases_everything(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct hr_search_options options = {.fix_setempty = true, .fix_sticky = round & 1};
		struct heap h, copy;
		uint64_t left;

		heap_init(&h, defs[round / 2 % 2], options, 20);
		for (int i = 0; i < 300; i++) {
			uint64_t page = 16 * (test_random(&seed) % (20 * 32)), n = 1 + test_random(&seed) % 16;
			const struct hr_chunk_bits *c = hr_pagemap_chunk(&h.map, hr_chunk_of(BASE_PAGE + page));

			if (c->alloc[page % 512 / 64] >> page % 64 & 1)
				heap_free(&h, page, 16);
			else if (i % 3 == 0)
				heap_alloc(&h, page, 16);
			if (i % 7 == 0)
				heap_scavenge(&h, n, test_random(&seed) % 2);
			if (i % 50 == 0)
				h.def->next_gen(h.search);
			assert_true(hr_index_density_check(hr_search_density(h.search), BASE_CHUNK, BASE_CHUNK + 20));
		}
		left = heap_left(&h);
		heap_clone(&copy, &h);
		assert_true(hr_index_density_check(hr_search_density(copy.search), BASE_CHUNK, BASE_CHUNK + 20));
		assert_int_equal(heap_scavenge(&h, 100, false), heap_scavenge(&copy, 100, false));
		heap_scavenge(&h, MOST, true);
		heap_scavenge(&copy, MOST, true);
		assert_true(h.released_pages == copy.released_pages && h.released_pages >= left);
		assert_int_equal(heap_left(&h), 0);
		heap_release(&copy);
		heap_release(&h);
	}
}

HR_TEST_MAIN(index_density)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packing),
	    cmocka_unit_test(test_against_records),
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_density),
	    cmocka_unit_test(test_huge_page_flag),
	    cmocka_unit_test(test_setempty),
	    cmocka_unit_test(test_sticky),
	    cmocka_unit_test(test_flush),
	    cmocka_unit_test(test_releases_everything),
	};

	return cmocka_run_group_tests_name("index_density", tests, NULL, NULL);
}
