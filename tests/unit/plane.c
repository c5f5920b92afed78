/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The address space over time: the cells of each column are what the follower's
 * map said then, page by page, however often rows and columns were folded.
 */
#include "config.h"

#include "replay/replay.h"
#include "report/plane.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)
#define MS UINT64_C(1000000)

struct world {
	struct hr_follower *f;
	struct hr_policy_choice choice;
	struct hr_plane *plane;
	uint32_t in_use_pages, mapped_pages;
};

static void open_world(struct world *w, const char *policy)
{
	struct hr_replay_options o;
	struct hr_error err;

	memset(w, 0, sizeof(*w));
	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	w->f = calloc(1, sizeof(*w->f));
	w->plane = calloc(1, sizeof(*w->plane));
	assert_non_null(w->f);
	assert_non_null(w->plane);
	assert_int_equal(hr_policy_choose(policy, &w->choice, &err), HR_OK);
	assert_int_equal(hr_follower_init(w->f, &w->choice, &o.settings, &err), HR_OK);
	hr_plane_start(w->plane, w->f);
}

static void close_world(struct world *w)
{
	hr_plane_release(w->plane);
	free(w->plane);
	hr_follower_release(w->f);
	free(w->f);
	hr_policy_choice_release(&w->choice);
}

static void follow(struct world *w, struct hr_place r)
{
	r.in_use_pages = w->in_use_pages;
	r.mapped_pages = w->mapped_pages;
	assert_int_equal(hr_follower_follow(w->f, &r, 1), HR_OK);
}

static void grow(struct world *w, uint64_t time_ns, uint64_t page, uint32_t npages)
{
	w->mapped_pages += npages;
	follow(w, (struct hr_place){.time_ns = time_ns, .kind = HR_PLACE_GROW, .page = page, .npages = npages});
}

static void allocate(struct world *w, uint64_t time_ns, uint64_t page, uint32_t npages)
{
	w->in_use_pages += npages;
	follow(w, (struct hr_place){.time_ns = time_ns, .kind = HR_PLACE_ALLOC, .page = page, .npages = npages});
}

static void give_back(struct world *w, uint64_t time_ns, uint64_t page, uint32_t npages)
{
	w->in_use_pages -= npages;
	follow(w, (struct hr_place){.time_ns = time_ns, .kind = HR_PLACE_FREE, .page = page, .npages = npages});
}

static void end(struct world *w, uint64_t time_ns)
{
	follow(w, (struct hr_place){.time_ns = time_ns, .kind = HR_PLACE_END});
}

/* Sums of a column. */
static struct hr_plane_cell column(const struct hr_plane *p, unsigned c)
{
	struct hr_plane_cell sum = {0};

	for (size_t r = 0; r < p->nrows; r++) {
		sum.in_use += p->rows[r]->cells[c].in_use;
		sum.free += p->rows[r]->cells[c].free;
		sum.released += p->rows[r]->cells[c].released;
	}
	return sum;
}

static void check_shape(const struct hr_plane *p)
{
	assert_false(p->failed);
	assert_true(p->ncolumns > 0 && p->ncolumns <= HR_PLANE_COLUMNS);
	assert_true(p->nrows <= HR_PLANE_ROWS);
	for (unsigned c = 1; c < p->ncolumns; c++)
		assert_true(p->end_ns[c] > p->end_ns[c - 1] && p->end_ns[c] - p->end_ns[c - 1] <= p->interval_ns);
	for (size_t r = 1; r < p->nrows; r++)
		assert_true(p->rows[r]->group > p->rows[r - 1]->group);
}

/* The last column against the bits, page by page. */
static void check_last(const struct world *w)
{
	const struct hr_plane *p = w->plane;

	for (size_t r = 0; r < p->nrows; r++) {
		struct hr_plane_cell want = {0}, got = p->rows[r]->cells[p->ncolumns - 1];

		for (uint64_t i = 0; i < UINT64_C(1) << p->log_pages; i++) {
			uint64_t page = (p->rows[r]->group << p->log_pages) + i;
			const struct hr_chunk_bits *bits;
			unsigned at = hr_page_in_chunk(page);

			if (!hr_ranges_contains(&w->f->map.in_use, page))
				continue;
			bits = hr_pagemap_chunk(&w->f->map, hr_chunk_of(page));
			if (bits->alloc[at / 64] >> at % 64 & 1)
				want.in_use++;
			else if (bits->scavenged[at / 64] >> at % 64 & 1)
				want.released++;
			else
				want.free++;
		}
		assert_int_equal(got.in_use, want.in_use);
		assert_int_equal(got.free, want.free);
		assert_int_equal(got.released, want.released);
	}
}

/* 100 pages in use from 10 to 20 ms and free from there on; nothing is released by `none` but what is fresh. */
static void columns_are_moments(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "none");
	grow(&w, 0, FIRST_PAGE, 512);
	allocate(&w, 10 * MS, FIRST_PAGE, 100);
	give_back(&w, 20 * MS, FIRST_PAGE, 100);
	end(&w, 30 * MS);
	check_shape(w.plane);
	check_last(&w);
	assert_int_equal(w.plane->ncolumns, 30);
	for (unsigned c = 0; c < 30; c++) {
		struct hr_plane_cell sum = column(w.plane, c);
		uint64_t at = w.plane->end_ns[c];

		assert_int_equal(at, (c + 1) * MS);
		assert_int_equal(sum.in_use, at >= 10 * MS && at < 20 * MS ? 100 : 0);
		assert_int_equal(sum.free, at >= 20 * MS ? 100 : 0);
		assert_int_equal(sum.in_use + sum.free + sum.released, 512);
	}
	close_world(&w);
}

/* A long time and a large, sparse heap: fewer columns of more time, fewer rows of more pages. */
static void folds(void **state)
{
	struct world w;
	uint64_t random = 3, time = 0;

	(void)state;
	open_world(&w, "eager");
	for (unsigned i = 0; i < 40; i++) {
		/* Every third chunk, from both ends of what is there. */
		uint64_t page = FIRST_PAGE + (i % 2 ? 300 + i : 300 - i) * 3 * HR_CHUNK_PAGES;
		uint32_t used = 1 + (uint32_t)(test_random(&random) % 500);

		time += 100 * MS;
		grow(&w, time, page, HR_CHUNK_PAGES);
		allocate(&w, time, page + 5, used);
		time += 50 * MS;
		give_back(&w, time, page + 5, used / 2 + 1);
	}
	end(&w, time + MS);
	check_shape(w.plane);
	check_last(&w);
	assert_true(w.plane->interval_ns > MS);
	assert_int_equal(w.plane->end_ns[w.plane->ncolumns - 1], time + MS);
	for (unsigned c = 0; c < w.plane->ncolumns; c++) {
		struct hr_plane_cell sum = column(w.plane, c);
		/* A chunk every 150 ms, from 100 ms on. */
		uint64_t at = w.plane->end_ns[c], chunks = at < 100 * MS ? 0 : (at - 100 * MS) / (150 * MS) + 1;

		assert_int_equal(sum.in_use + sum.free + sum.released, (chunks < 40 ? chunks : 40) * HR_CHUNK_PAGES);
		assert_int_equal(sum.free, 0); /* eager */
	}
	close_world(&w);
}

/* A P's page cache takes free pages, some of them released: both stay what they are. */
static void caches(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "none");
	grow(&w, 0, FIRST_PAGE, 512);
	allocate(&w, 0, FIRST_PAGE, 16);
	give_back(&w, 0, FIRST_PAGE, 16);
	follow(&w, (struct hr_place){.kind = HR_PLACE_CACHE_FILL, .page = FIRST_PAGE, .arg = UINT64_MAX});
	end(&w, MS);
	check_shape(w.plane);
	assert_int_equal(column(w.plane, 0).in_use, 0);
	assert_int_equal(column(w.plane, 0).free, 16);
	assert_int_equal(column(w.plane, 0).released, 512 - 16);
	close_world(&w);
}

HR_TEST_MAIN(plane)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_moments),
	    cmocka_unit_test(folds),
	    cmocka_unit_test(caches),
	};

	return cmocka_run_group_tests_name("plane", tests, NULL, NULL);
}
