/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cells of heaps made by hand: what is in them, where they lie in the grid, what
 * becomes of gaps; and on random heaps, that every page is in one cell and
 * counted there as it is.
 */
#include "config.h"

#include "frame/cells.h"

#include "base/bits.h"

#include "small_heap.h"

#include <string.h>

static struct hr_cells_options grid(unsigned columns, unsigned rows, enum hr_map_view view)
{
	return (struct hr_cells_options){
	    .view = view, .columns = columns, .rows = rows, .line = 1, .last_chunk = HR_NO_CHUNK};
}

static void compute(struct hr_cells *c, const struct small_heap *h, struct hr_cells_options o)
{
	assert_int_equal(hr_cells_compute(c, h->f, &o), HR_OK);
	assert_true(c->nrows <= o.rows && c->columns <= o.columns);
}

static void test_no_heap(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};

	(void)state;
	small_heap_init(&h, "go1.22");
	for (enum hr_map_view view = 0; view < HR_VIEW_COUNT; view++) {
		compute(&c, &h, grid(10, 10, view));
		assert_int_equal(c.n, 0);
		assert_int_equal(c.nrows, 0);
		assert_int_equal(hr_cells_find(&c, HEAP_PAGE), HR_NO_CELL);
	}
	hr_cells_release(&c);
	small_heap_release(&h);
}

/* Cells for eight chunks, of which three are mapped in the end: what is there counts, the rest is blank. */
static void test_given_ranges(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	struct hr_range all = {HEAP_PAGE, HEAP_PAGE + hr_chunk_page(8)};
	struct hr_ranges given = {.at = &all, .n = 1};
	struct hr_cells_options o = grid(8, 1, HR_VIEW_OCCUPANCY);
	uint64_t in_use = 0, mapped = 0;

	(void)state;
	o.ranges = &given;
	small_heap_init(&h, "none");
	small_heap_grow(&h, 0, 1);
	small_heap_alloc(&h, 0, 512);
	compute(&c, &h, o);
	assert_int_equal(c.n, 8);
	assert_int_equal(c.cell_pages, HR_CHUNK_PAGES);
	small_heap_grow(&h, 5, 2);
	small_heap_alloc(&h, hr_chunk_page(6), 256);
	compute(&c, &h, o);
	assert_int_equal(c.n, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(c.at[i].page, HEAP_PAGE + hr_chunk_page(i));
		assert_int_equal(c.at[i].later, i != 0 && i != 5 && i != 6);
		in_use += c.at[i].in_use;
		mapped += c.at[i].npages;
	}
	assert_int_equal(in_use, 512 + 256);
	assert_int_equal(mapped, hr_chunk_page(3));
	assert_int_equal(c.at[0].level, 9);
	assert_int_equal(c.at[6].level, 5);
	hr_cells_release(&c);
	small_heap_release(&h);
}

/* A chunk in 512 cells of a page, 64 a row. */
static void test_pages(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};

	(void)state;
	small_heap_init(&h, "none");
	small_heap_grow(&h, 0, 1);
	small_heap_alloc(&h, 3, 100);
	small_heap_free(&h, 50, 10);
	compute(&c, &h, grid(100, 8, HR_VIEW_OCCUPANCY));
	assert_int_equal(c.cell_pages, 1);
	assert_int_equal(c.columns, 64);
	assert_int_equal(c.n, 512);
	assert_int_equal(c.nrows, 8);
	for (unsigned i = 0; i < 512; i++) {
		bool touched = i >= 3 && i < 103, freed = i >= 50 && i < 60;
		const struct hr_map_cell *cell = &c.at[i];

		assert_int_equal(cell->page, HEAP_PAGE + i);
		assert_int_equal(cell->limit, HEAP_PAGE + i + 1);
		assert_int_equal(cell->in_use, touched && !freed);
		assert_int_equal(cell->free, freed);
		assert_int_equal(cell->released, !touched);
		assert_int_equal(cell->level, touched && !freed ? 9 : 0);
		assert_int_equal(hr_cells_find(&c, cell->page), i);
	}
	compute(&c, &h, grid(100, 8, HR_VIEW_FREE));
	assert_int_equal(c.at[49].level, 0);
	assert_int_equal(c.at[50].level, 9);
	compute(&c, &h, grid(100, 8, HR_VIEW_SCAVENGED));
	assert_int_equal(c.at[2].level, 9);
	assert_int_equal(c.at[3].level, 0);
	hr_cells_release(&c);
	small_heap_release(&h);
}

/* 64 chunks in 4 x 4 cells are folds of four; level 1 is more than nothing, level 9 is all. */
static void test_folds_and_levels(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	const uint64_t fold = 4 * 512;

	(void)state;
	small_heap_init(&h, "none");
	small_heap_grow(&h, 0, 64);
	small_heap_alloc(&h, 0, 1);
	small_heap_alloc(&h, fold, fold);
	small_heap_alloc(&h, 2 * fold, fold - 1);
	small_heap_alloc(&h, 3 * fold, fold / 2);
	small_heap_alloc(&h, 4 * fold, fold / 8 - 1);
	small_heap_alloc(&h, 5 * fold, fold / 8);
	compute(&c, &h, grid(4, 4, HR_VIEW_OCCUPANCY));
	assert_int_equal(c.cell_pages, fold);
	assert_int_equal(c.n, 16);
	assert_int_equal(c.nrows, 4);
	for (unsigned i = 0; i < 16; i++) {
		static const uint8_t levels[16] = {1, 9, 8, 5, 1, 2};

		assert_int_equal(c.at[i].level, levels[i]);
		assert_int_equal(c.at[i].chunks, 4);
		assert_int_equal(c.at[i].npages, fold);
	}
	assert_int_equal(c.row[2].first, 8);
	assert_int_equal(c.row[2].n, 4);
	hr_cells_release(&c);
	small_heap_release(&h);
}

/* Chunks begin in the same columns in all rows, and the grid is not wider than it may be. */
static void test_columns(void **state)
{
	static const struct {
		unsigned columns, rows;
		uint64_t chunks, cell_pages;
		unsigned used;
	} grids[] = {
	    {100, 100, 1, 1, 64}, {512, 1, 1, 1, 512},	  {600, 2, 2, 1, 512},
	    {100, 13, 10, 8, 64}, {100, 10, 100, 64, 96}, {103, 1, 103, 512, 96},
	    {7, 3, 10, 512, 7},	  {1, 1, 1, 512, 1},	  {1, 1, 10, 16 * 512, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(grids) / sizeof(grids[0]); i++) {
		struct small_heap h;
		struct hr_cells c = {0};

		small_heap_init(&h, "none");
		small_heap_grow(&h, 0, grids[i].chunks);
		compute(&c, &h, grid(grids[i].columns, grids[i].rows, HR_VIEW_OCCUPANCY));
		if (grids[i].columns == 103) {
			/* 103 chunks don't fit into 96 columns: twos do. */
			assert_int_equal(c.cell_pages, 1024);
		} else {
			assert_int_equal(c.cell_pages, grids[i].cell_pages);
			assert_int_equal(c.columns, grids[i].used);
		}
		hr_cells_release(&c);
		small_heap_release(&h);
	}
}

/* --- gaps --- */

static void test_gaps_as_rows(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	struct hr_cells_options o = grid(8, 12, HR_VIEW_OCCUPANCY);

	(void)state;
	small_heap_init(&h, "none");
	small_heap_grow(&h, 0, 2);
	small_heap_grow(&h, 1000000, 1);
	compute(&c, &h, o);
	assert_int_equal(c.gaps, 1);
	/* Cells of 32 pages: 32 cells in 4 rows, the gap, 16 cells in 2 rows. */
	assert_int_equal(c.cell_pages, 32);
	assert_int_equal(c.nrows, 7);
	assert_int_equal(c.row[3].n, 8);
	assert_int_equal(c.row[4].n, 0);
	assert_int_equal(c.row[4].gap_pages, (1000000 - 2) * 512);
	assert_int_equal(c.row[5].first, 32);
	assert_int_equal(c.at[32].page, HEAP_PAGE + 1000000 * 512);
	assert_int_equal(hr_cells_find(&c, HEAP_PAGE + 5000 * 512), HR_NO_CELL);
	/* Two rows a line: the second range begins at an even row. */
	o.line = 2;
	o.rows = 15;
	compute(&c, &h, o);
	for (size_t i = 0; i < c.nrows; i++)
		if (c.row[i].gap_pages > 0)
			assert_true(c.row[i ^ 1].gap_pages > 0);
	hr_cells_release(&c);
	small_heap_release(&h);
}

static void test_gaps_as_cells(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	size_t gaps = 0;

	(void)state;
	small_heap_init(&h, "none");
	for (unsigned i = 0; i < 10; i++)
		small_heap_grow(&h, i * 100, 1);
	compute(&c, &h, grid(20, 6, HR_VIEW_OCCUPANCY));
	assert_int_equal(c.gaps, 9);
	for (size_t i = 0; i < c.n; i++) {
		if (c.at[i].npages > 0)
			continue;
		gaps++;
		assert_int_equal(c.at[i].limit - c.at[i].page, 99 * 512);
		assert_int_equal(c.at[i].level, 0);
		assert_int_equal(hr_cells_find(&c, c.at[i].page), HR_NO_CELL);
	}
	assert_int_equal(gaps, 9);
	hr_cells_release(&c);
	small_heap_release(&h);
}

static void test_gaps_inside_cells(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	uint64_t pages = 0, gaps = 0;

	(void)state;
	small_heap_init(&h, "none");
	for (unsigned i = 0; i < 300; i++)
		small_heap_grow(&h, i * 3, 1);
	small_heap_alloc(&h, 3 * 512, 512);
	compute(&c, &h, grid(10, 5, HR_VIEW_OCCUPANCY));
	/* 300 chunks in 50 cells: in cells of 8, the last has 4. */
	assert_int_equal(c.cell_pages, 8 * 512);
	assert_int_equal(c.n, 38);
	for (size_t i = 0; i < c.n; i++) {
		pages += c.at[i].npages;
		gaps += c.at[i].gaps;
		assert_int_equal(c.at[i].chunks, i < 37 ? 8 : 4);
		assert_int_equal(c.at[i].gaps, c.at[i].chunks - 1);
	}
	assert_int_equal(pages, 300 * 512);
	assert_int_equal(gaps, 300 - 38);
	assert_int_equal(c.at[0].in_use, 512);
	assert_int_equal(hr_cells_find(&c, HEAP_PAGE + 24 * 512), 1);
	hr_cells_release(&c);
	small_heap_release(&h);
}

static void test_zoom(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	struct hr_cells_options o = grid(64, 16, HR_VIEW_OCCUPANCY);

	(void)state;
	small_heap_init(&h, "none");
	small_heap_grow(&h, 0, 100);
	small_heap_grow(&h, 200, 100);
	o.first_chunk = HEAP_CHUNK + 99;
	o.last_chunk = HEAP_CHUNK + 200;
	compute(&c, &h, o);
	assert_int_equal(c.n, 512);
	assert_int_equal(c.mapped_pages, 512);
	assert_int_equal(c.at[0].page, HEAP_PAGE + 99 * 512);
	o.last_chunk = HEAP_CHUNK + 201;
	compute(&c, &h, o);
	assert_int_equal(c.mapped_pages, 1024);
	assert_int_equal(c.gaps, 1);
	o.first_chunk = HEAP_CHUNK + 120;
	o.last_chunk = HEAP_CHUNK + 130;
	compute(&c, &h, o);
	assert_int_equal(c.n, 0);
	o.first_chunk = HR_NO_CHUNK - 1;
	o.last_chunk = HR_NO_CHUNK;
	compute(&c, &h, o);
	assert_int_equal(c.n, 0);
	hr_cells_release(&c);
	small_heap_release(&h);
}

/* --- what the policy knows --- */

static void test_index(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};

	(void)state;
	small_heap_init(&h, "go1.19");
	small_heap_grow(&h, 0, 8);
	small_heap_alloc(&h, 0, 8 * 512);
	small_heap_free(&h, 3 * 512 + 7, 1);
	compute(&c, &h, grid(8, 1, HR_VIEW_INDEX));
	assert_true(c.has_index && !c.has_density);
	assert_true(hr_cells_can_show(&c, HR_VIEW_INDEX) && !hr_cells_can_show(&c, HR_VIEW_DENSITY));
	assert_int_equal(c.cell_pages, 512);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(c.at[i].marked, i == 3);
		assert_int_equal(c.at[i].ready, i == 3);
		assert_int_equal(c.at[i].level, i == 3 ? 9 : 0);
	}
	assert_int_equal(c.search_page, HEAP_PAGE + 3 * 512 + 7);
	assert_int_equal(c.forced_page, HR_NO_PAGE);
	small_heap_release(&h);

	small_heap_init(&h, "none");
	small_heap_grow(&h, 0, 8);
	compute(&c, &h, grid(8, 1, HR_VIEW_INDEX));
	assert_false(c.has_index);
	assert_false(hr_cells_can_show(&c, HR_VIEW_INDEX));
	assert_int_equal(c.search_page, HR_NO_PAGE);
	small_heap_release(&h);
	hr_cells_release(&c);
}

/* A dense chunk is marked, and not ready before it is sparse for a generation. */
static void test_density(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};

	(void)state;
	small_heap_init(&h, "go1.22");
	small_heap_grow(&h, 0, 2);
	small_heap_alloc(&h, 0, 2 * 512);
	small_heap_send(&h, HR_PLACE_MARK_DONE, 0, 0, 0, -1);
	small_heap_free(&h, 0, 512);
	compute(&c, &h, grid(2, 1, HR_VIEW_INDEX));
	assert_true(c.has_density);
	assert_int_equal(c.at[0].marked, 1);
	assert_int_equal(c.at[0].ready, 0);
	assert_int_equal(c.at[0].level, 4);
	assert_int_equal(c.at[0].last_in_use, 512);
	assert_int_equal(c.at[0].unchanged, 0);
	assert_int_equal(c.at[1].marked, 0);
	assert_int_equal(c.at[1].unchanged, 1);
	compute(&c, &h, grid(2, 1, HR_VIEW_DENSITY));
	assert_int_equal(c.at[0].level, 9);
	small_heap_send(&h, HR_PLACE_MARK_DONE, 0, 0, 0, -1);
	compute(&c, &h, grid(2, 1, HR_VIEW_INDEX));
	assert_int_equal(c.at[0].ready, 1);
	assert_int_equal(c.at[0].level, 9);
	assert_int_equal(c.at[0].last_in_use, 0);
	compute(&c, &h, grid(2, 1, HR_VIEW_GENERATION));
	assert_int_equal(c.at[0].unchanged, 1);
	assert_int_equal(c.at[1].unchanged, 2);
	assert_true(c.most == 2);
	assert_int_equal(c.at[1].level, 9);
	assert_int_equal(c.at[0].level, 5);
	hr_cells_release(&c);
	small_heap_release(&h);
}

static void test_refaults_and_ranks(void **state)
{
	struct small_heap h;
	struct hr_cells c = {0};
	struct hr_cells_options o = grid(8, 1, HR_VIEW_REFAULTS);
	static const unsigned times[8] = {0, 1, 2, 100, 0, 2, 0, 0};

	(void)state;
	small_heap_init(&h, "eager");
	small_heap_grow(&h, 0, 8);
	for (unsigned chunk = 0; chunk < 8; chunk++)
		for (unsigned n = 0; n <= times[chunk]; n++) {
			small_heap_alloc(&h, chunk * 512, 2);
			small_heap_free(&h, chunk * 512, 2);
		}
	compute(&c, &h, o);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(c.at[i].refaults, 2 * times[i]);
	/* 2 and 4 of 200 are next to nothing, */
	assert_true(c.most == 200);
	assert_int_equal(c.at[1].level, 1);
	assert_int_equal(c.at[2].level, 1);
	assert_int_equal(c.at[3].level, 9);
	/* but of three values there are the second. */
	o.scale = HR_SCALE_RANKED;
	compute(&c, &h, o);
	assert_int_equal(c.at[0].level, 0);
	assert_int_equal(c.at[1].level, 1);
	assert_int_equal(c.at[2].level, 5);
	assert_int_equal(c.at[3].level, 9);
	assert_int_equal(c.at[5].level, 5);
	hr_cells_release(&c);
	small_heap_release(&h);
}

/* What eager has released, and none has not, differs in what is released; nothing else. */
static void test_compare(void **state)
{
	struct small_heap h[2];
	struct hr_cells c[2] = {0};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		small_heap_init(&h[i], i ? "eager" : "none");
		small_heap_grow(&h[i], 0, 8);
		small_heap_alloc(&h[i], 0, 4 * 512);
		compute(&c[i], &h[i], grid(8, 1, HR_VIEW_SCAVENGED));
	}
	assert_int_equal(hr_cells_compare(&c[0], &c[1]), 0);
	for (unsigned i = 0; i < 2; i++) {
		small_heap_free(&h[i], 512, 512);
		compute(&c[i], &h[i], grid(8, 1, HR_VIEW_SCAVENGED));
	}
	assert_int_equal(hr_cells_compare(&c[0], &c[1]), 1);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(c[0].at[i].differs, i == 1);
		assert_int_equal(c[1].at[i].differs, i == 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		hr_cells_release(&c[i]);
		small_heap_release(&h[i]);
	}
}

/* --- random heaps, page by page --- */

struct counts {
	uint64_t in_use, free, released;
};

static struct counts count(const struct hr_follower *f, uint64_t page, uint64_t limit)
{
	struct counts n = {0, 0, 0};

	for (; page < limit; page++) {
		const struct hr_chunk_bits *c;
		unsigned i = hr_page_in_chunk(page);
		bool used, released;

		if (!hr_ranges_contains(&f->map.in_use, page))
			continue;
		c = hr_pagemap_chunk(&f->map, hr_chunk_of(page));
		used = c->alloc[i / 64] >> i % 64 & 1;
		released = c->scavenged[i / 64] >> i % 64 & 1;
		for (size_t p = 0; p < f->map.ncaches; p++)
			if (page - f->map.caches[p].base < 64 &&
			    f->map.caches[p].free >> (page - f->map.caches[p].base) & 1) {
				used = false;
				released = f->map.caches[p].scavenged >> (page - f->map.caches[p].base) & 1;
			}
		n.in_use += used;
		n.released += released && !used;
		n.free += !used && !released;
	}
	return n;
}

static void check_cells(const struct hr_cells *c, const struct hr_follower *f)
{
	struct counts all = {0, 0, 0};
	size_t in_rows = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct hr_map_cell *cell = &c->at[i];
		struct counts n = count(f, cell->page, cell->limit);

		assert_int_equal(cell->in_use, n.in_use);
		assert_int_equal(cell->free, n.free);
		assert_int_equal(cell->released, n.released);
		assert_int_equal(cell->npages, n.in_use + n.free + n.released);
		assert_true(cell->level < HR_LEVELS && cell->npages <= c->cell_pages);
		assert_true(i == 0 || cell->page >= c->at[i - 1].limit);
		all.in_use += n.in_use;
		all.free += n.free;
		all.released += n.released;
	}
	assert_int_equal(all.in_use, f->view.in_use_pages);
	assert_int_equal(all.free, hr_follower_free_pages(f));
	assert_int_equal(all.released, f->view.released_pages);
	for (size_t i = 0; i < c->nrows; i++) {
		assert_true(c->row[i].n <= c->columns);
		assert_int_equal(c->row[i].first, in_rows);
		in_rows += c->row[i].n;
	}
	assert_int_equal(in_rows, c->n);
}

static void grow_at_random(struct small_heap *h, uint64_t *seed, unsigned ranges)
{
	uint64_t chunk = 0;

	for (unsigned i = 0; i < ranges; i++) {
		uint64_t n = 1 + test_random(seed) % 4;

		small_heap_grow(h, chunk, n);
		for (unsigned k = 0; k < 6; k++) {
			uint64_t page = hr_chunk_page(chunk) + test_random(seed) % (n * 512 - 200);

			/* What is used stays used: only runs that are free are taken. */
			if (count(h->f, HEAP_PAGE + page, HEAP_PAGE + page + 150).in_use > 0)
				continue;
			small_heap_alloc(h, page, 150);
			small_heap_free(h, page + 20, test_random(seed) % 100 + 1);
		}
		chunk += n + test_random(seed) % 50;
	}
}

static void fill_caches(struct small_heap *h, uint64_t *seed)
{
	for (int p = 0; p < 4; p++) {
		uint64_t base = hr_align_down(test_random(seed) % 512, 64);
		const struct hr_chunk_bits *bits = hr_pagemap_chunk(&h->f->map, HEAP_CHUNK);

		small_heap_fill_cache(h, p, base, ~bits->alloc[base / 64]);
	}
}

static void test_every_page_is_in_one_cell(void **state)
{
	uint64_t seed = 11;
	int rounds = getenv("HR_QUICK") ? 10 : 60;

	(void)state;
	for (int i = 0; i < rounds; i++) {
		struct small_heap h;
		struct hr_cells c = {0};
		static const char *const policies[] = {"none", "eager", "go1.19", "go1.22"};

		small_heap_init(&h, policies[i % 4]);
		grow_at_random(&h, &seed, (unsigned)(1 + test_random(&seed) % 20));
		fill_caches(&h, &seed);
		for (int k = 0; k < 8; k++) {
			struct hr_cells_options o =
			    grid((unsigned)(1 + test_random(&seed) % 120), (unsigned)(1 + test_random(&seed) % 40),
				 (enum hr_map_view)(test_random(&seed) % HR_VIEW_COUNT));

			o.line = o.rows > 1 ? 1 + (unsigned)(test_random(&seed) % 2) : 1;
			o.scale = (enum hr_map_scale)(test_random(&seed) % HR_SCALE_COUNT);
			compute(&c, &h, o);
			check_cells(&c, h.f);
		}
		hr_cells_release(&c);
		small_heap_release(&h);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (enum hr_map_view view = 0; view < HR_VIEW_COUNT; view++)
		assert_int_equal(hr_map_view_find(hr_map_view_name(view)), view);
	assert_int_equal(hr_map_view_find("everything"), -1);
	assert_int_equal(hr_map_scale_find(hr_map_scale_name(HR_SCALE_RANKED)), HR_SCALE_RANKED);
	assert_int_equal(hr_map_scale_find(""), -1);
}

HR_TEST_MAIN(cells)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_heap),	  cmocka_unit_test(test_given_ranges),
	    cmocka_unit_test(test_pages),	  cmocka_unit_test(test_folds_and_levels),
	    cmocka_unit_test(test_columns),	  cmocka_unit_test(test_gaps_as_rows),
	    cmocka_unit_test(test_gaps_as_cells), cmocka_unit_test(test_gaps_inside_cells),
	    cmocka_unit_test(test_zoom),	  cmocka_unit_test(test_index),
	    cmocka_unit_test(test_density),	  cmocka_unit_test(test_refaults_and_ranks),
	    cmocka_unit_test(test_compare),	  cmocka_unit_test(test_every_page_is_in_one_cell),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
