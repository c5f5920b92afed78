/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page allocator beside a model: arrays of pages, summaries by looking at
 * all free runs, and the search as the runtime's source has it, entry by entry.
 * The source itself is included, so that its state can be damaged.
 */
#include "pagealloc/pagealloc.c"

#include "testing.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* --- the model ------------------------------------------------------------- */

#define CHUNKS_MAX 48
#define RUNS_MAX (CHUNKS_MAX * 256 + 1)

struct model {
	const struct hr_geometry *geometry;
	size_t nchunks;
	uint64_t number[CHUNKS_MAX]; /* ascending */
	bool used[CHUNKS_MAX][HR_CHUNK_PAGES];
	uint64_t search;
	/* All free runs, ascending; made anew when `stale`. */
	bool stale;
	size_t nruns;
	struct hr_range run[RUNS_MAX];
};

static void model_grow(struct model *m, uint64_t chunk)
{
	size_t k = m->nchunks;

	assert_true(k < CHUNKS_MAX);
	for (; k > 0 && m->number[k - 1] > chunk; k--) {
		m->number[k] = m->number[k - 1];
		memcpy(m->used[k], m->used[k - 1], sizeof(m->used[k]));
	}
	m->number[k] = chunk;
	memset(m->used[k], 0, sizeof(m->used[k]));
	m->nchunks++;
	if (hr_chunk_page(chunk) < m->search)
		m->search = hr_chunk_page(chunk);
	m->stale = true;
}

/* Where a page's state is; NULL for one that has not grown. */
static bool *model_page(struct model *m, uint64_t page)
{
	for (size_t k = 0; k < m->nchunks; k++)
		if (m->number[k] == page / HR_CHUNK_PAGES)
			return &m->used[k][page % HR_CHUNK_PAGES];
	return NULL;
}

static void model_mark(struct model *m, uint64_t page, uint64_t npages, bool used)
{
	for (uint64_t i = page; i < page + npages; i++)
		*model_page(m, i) = used;
	m->stale = true;
}

static void model_free(struct model *m, uint64_t page, uint64_t npages)
{
	if (page < m->search)
		m->search = page;
	model_mark(m, page, npages, false);
}

static void model_runs(struct model *m)
{
	if (!m->stale)
		return;
	m->stale = false;
	m->nruns = 0;
	for (size_t k = 0; k < m->nchunks; k++) {
		for (unsigned i = 0; i < HR_CHUNK_PAGES; i++) {
			uint64_t page = m->number[k] * HR_CHUNK_PAGES + i;

			if (m->used[k][i])
				continue;
			if (m->nruns > 0 && m->run[m->nruns - 1].limit == page)
				m->run[m->nruns - 1].limit++;
			else
				m->run[m->nruns++] = (struct hr_range){page, page + 1};
		}
	}
}

/* Free pages of [low, high) at the start, in a row, at the end. */
static struct hr_summary model_summary(struct model *m, uint64_t low, uint64_t high)
{
	struct hr_summary s = {0, 0, 0};

	model_runs(m);
	for (size_t k = 0; k < m->nruns; k++) {
		uint64_t base = m->run[k].base > low ? m->run[k].base : low;
		uint64_t limit = m->run[k].limit < high ? m->run[k].limit : high;

		if (base >= limit)
			continue;
		if (base == low)
			s.start = (uint32_t)(limit - base);
		if (limit == high)
			s.end = (uint32_t)(limit - base);
		if (limit - base > s.max)
			s.max = (uint32_t)(limit - base);
	}
	return s;
}

/* The lowest page at or above that has grown. */
static uint64_t model_mapped(const struct model *m, uint64_t page)
{
	for (size_t k = 0; k < m->nchunks; k++)
		if (page < (m->number[k] + 1) * HR_CHUNK_PAGES)
			return page > m->number[k] * HR_CHUNK_PAGES ? page : m->number[k] * HR_CHUNK_PAGES;
	return HR_NO_PAGE;
}

/* The lowest run of n free pages in a chunk, and the lowest free page. */
static uint64_t model_find_in_chunk(struct model *m, uint64_t chunk, uint64_t n, uint64_t *first_free)
{
	uint64_t run = 0, page = hr_chunk_page(chunk);

	*first_free = HR_NO_PAGE;
	for (uint64_t i = page; i < page + HR_CHUNK_PAGES; i++) {
		bool used = *model_page(m, i);

		if (!used && *first_free == HR_NO_PAGE)
			*first_free = i;
		run = used ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return HR_NO_PAGE;
}

/* pageAlloc.find: the page, or HR_NO_PAGE, and the candidate for the search address. */
static uint64_t model_find(struct model *m, uint64_t n, uint64_t *candidate)
{
	const struct hr_geometry *g = m->geometry;
	uint64_t i = 0, low = 0, high = UINT64_MAX, at, first; /* [low, high]: where the first free page is */

	for (int l = 0; l < g->levels; l++) {
		uint64_t entries = UINT64_C(1) << g->level_bits[l], log = (uint64_t)g->log_pages[l], j, base = 0,
			 size = 0;
		bool down = false;

		i <<= g->level_bits[l];
		j = (m->search >> log & ~(entries - 1)) == i ? m->search >> log & (entries - 1) : 0;
		for (; j < entries; j++) {
			uint64_t page = (i + j) << log, mapped = model_mapped(m, page);
			struct hr_summary s;

			if (mapped == HR_NO_PAGE)
				break;
			if (mapped >> log != i + j) { /* nothing has grown up to there */
				size = 0;
				j = (mapped >> log) - i - 1;
				continue;
			}
			s = model_summary(m, page, page + (UINT64_C(1) << log));
			if (s.max == 0) {
				size = 0;
				continue;
			}
			if (low <= page && page + (UINT64_C(1) << log) - 1 <= high) {
				low = page;
				high = page + (UINT64_C(1) << log) - 1;
			}
			if (size + s.start >= n) {
				if (size == 0)
					base = j << log;
				size += s.start;
				break;
			}
			if (s.max >= n) {
				down = true;
				break;
			}
			if (size == 0 || s.start < UINT64_C(1) << log) {
				size = s.end;
				base = ((j + 1) << log) - size;
			} else {
				size += UINT64_C(1) << log;
			}
		}
		if (down) {
			i += j;
			continue;
		}
		if (size >= n) {
			*candidate = model_mapped(m, low);
			return (i << log) + base;
		}
		assert_int_equal(l, 0);
		return HR_NO_PAGE;
	}
	at = model_find_in_chunk(m, i, n, &first);
	if (low <= first && hr_chunk_page(i + 1) - 1 <= high)
		low = first;
	*candidate = model_mapped(m, low);
	return at;
}

static bool model_exhausted(const struct model *m)
{
	return m->nchunks == 0 || m->search / HR_CHUNK_PAGES > m->number[m->nchunks - 1];
}

static uint64_t model_alloc(struct model *m, uint64_t n)
{
	uint64_t chunk = m->search / HR_CHUNK_PAGES, page, candidate;

	if (model_exhausted(m))
		return HR_NO_PAGE;
	if (HR_CHUNK_PAGES - m->search % HR_CHUNK_PAGES >= n &&
	    model_summary(m, hr_chunk_page(chunk), hr_chunk_page(chunk + 1)).max >= n) {
		page = model_find_in_chunk(m, chunk, n, &candidate);
	} else {
		page = model_find(m, n, &candidate);
		if (page == HR_NO_PAGE) {
			if (n == 1)
				m->search = HR_NO_PAGE;
			return HR_NO_PAGE;
		}
	}
	model_mark(m, page, n, true);
	if (candidate > m->search)
		m->search = candidate;
	return page;
}

/* All free pages of the block with the lowest one. */
static struct hr_pagecache model_cache_fill(struct model *m)
{
	struct hr_pagecache c = {0, 0};
	uint64_t page, candidate;

	if (model_exhausted(m))
		return c;
	page = model_find(m, 1, &candidate);
	if (page == HR_NO_PAGE) {
		m->search = HR_NO_PAGE;
		return c;
	}
	c.base = page / 64 * 64;
	for (unsigned i = 0; i < 64; i++)
		c.free |= (uint64_t) !*model_page(m, c.base + i) << i;
	model_mark(m, c.base, 64, true);
	m->search = c.base + 63;
	return c;
}

static void assert_check(const struct hr_pagealloc *p)
{
	struct hr_error err;

	if (!hr_pagealloc_check(p, &err))
		fail_msg("%s", err.text);
}

static void assert_same(const struct hr_pagealloc *p, struct model *m)
{
	const struct hr_geometry *g = m->geometry;

	for (size_t k = 0; k < m->nchunks; k++) {
		const uint64_t *bits = hr_pagealloc_bits(p, m->number[k]);

		assert_true(hr_pagealloc_has_chunk(p, m->number[k]));
		for (unsigned i = 0; i < HR_CHUNK_PAGES; i++)
			assert_int_equal(bits[i / 64] >> i % 64 & 1, m->used[k][i]);
		for (int l = 0; l < g->levels; l++) {
			uint64_t entry = hr_chunk_page(m->number[k]) >> g->log_pages[l];
			struct hr_summary s =
			    model_summary(m, entry << g->log_pages[l], (entry + 1) << g->log_pages[l]);

			assert_int_equal(hr_pagealloc_summary(p, l, entry), hr_summary_pack(s, g->pack_bits));
		}
	}
	assert_check(p);
}

/* --- scripts ---------------------------------------------------------------- */

#define SPANS_MAX 6000
#define CACHES 3

struct script {
	struct hr_pagealloc *p;
	struct model *m;
	uint64_t random;
	size_t nspans;
	struct {
		uint64_t page, npages;
	} span[SPANS_MAX];
	struct hr_pagecache cache[CACHES];
};

/* Places where chunks are grown: neighbours, borders of every level's entries, the ends of the address space. */
static const uint64_t places48[] = {0xc000, 0xc001, 0xc002,    0xc007,	  0xc008,    0xc009,	0xc03f,	   0xc040,
				    0xc1ff, 0xc200, 0xc3ff,    0xc400,	  0xcfff,    0xd000,	0xd001,	   0xefff,
				    0xf000, 5,	    0x190c000, 0x190c001, 0x190cfff, 0x190d000, 0x3ffffff, 0x3fffffe};
static const uint64_t places32[] = {256, 257, 258, 263, 264, 265, 319, 320, 383, 384,  511,
				    512, 513, 514, 1,	2,   3,	  7,   8,   63,	 1021, 1022};

static uint64_t below(struct script *s, uint64_t n)
{
	return test_random(&s->random) % n;
}

static void script_grow(struct script *s)
{
	bool narrow = s->m->geometry->address_bits == 32;
	const uint64_t *places = narrow ? places32 : places48;
	uint64_t chunk = places[below(s, narrow ? sizeof(places32) / 8 : sizeof(places48) / 8)];

	if (s->m->nchunks == CHUNKS_MAX || model_page(s->m, hr_chunk_page(chunk)) != NULL) {
		assert_int_equal(hr_pagealloc_grow(s->p, chunk, 1),
				 hr_pagealloc_has_chunk(s->p, chunk) ? HR_EUSAGE : HR_OK);
		if (model_page(s->m, hr_chunk_page(chunk)) != NULL)
			return;
	} else {
		assert_int_equal(hr_pagealloc_grow(s->p, chunk, 1), HR_OK);
	}
	model_grow(s->m, chunk);
}

static void script_keep(struct script *s, uint64_t page, uint64_t npages)
{
	s->span[s->nspans].page = page;
	s->span[s->nspans++].npages = npages;
}

static void script_alloc(struct script *s)
{
	static const uint64_t absurd[] = {1 << 18, 1 << 21, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX};
	uint64_t kind = below(s, 100), n, page;

	n = kind < 70	? 1 + below(s, 6)
	    : kind < 90 ? 1 + below(s, 300)
	    : kind < 99 ? 1 + below(s, 2000)
			: absurd[below(s, 5)];
	page = hr_pagealloc_alloc(s->p, n);
	assert_int_equal(page, model_alloc(s->m, n));
	if (page != HR_NO_PAGE)
		script_keep(s, page, n);
}

/* A span, or the end of it. */
static void script_free(struct script *s)
{
	size_t k;
	uint64_t page, npages;

	if (s->nspans == 0)
		return;
	k = below(s, s->nspans);
	page = s->span[k].page;
	npages = s->span[k].npages;
	if (npages > 1 && below(s, 8) == 0) {
		uint64_t stays = 1 + below(s, npages - 1);

		s->span[k].npages = stays;
		page += stays;
		npages -= stays;
	} else {
		s->span[k] = s->span[--s->nspans];
	}
	assert_true(hr_pagealloc_is_used(s->p, page, npages));
	hr_pagealloc_free_range(s->p, page, npages);
	model_free(s->m, page, npages);
	assert_true(hr_pagealloc_is_free(s->p, page, npages));
}

/* A piece of some free run, or, below no span's feet, of anything. */
static void script_alloc_range(struct script *s)
{
	struct hr_range r;
	uint64_t page, npages;

	model_runs(s->m);
	if (s->m->nruns == 0)
		return;
	r = s->m->run[below(s, s->m->nruns)];
	page = r.base + below(s, r.limit - r.base);
	npages = 1 + below(s, below(s, 3) ? 10 : r.limit - page);
	if (npages > r.limit - page)
		npages = r.limit - page;
	assert_true(hr_pagealloc_is_free(s->p, page, npages));
	hr_pagealloc_alloc_range(s->p, page, npages);
	model_mark(s->m, page, npages, true);
	script_keep(s, page, npages);
}

static void script_cache(struct script *s)
{
	struct hr_pagecache *c = &s->cache[below(s, CACHES)], want;
	unsigned n = 1 + (unsigned)below(s, 8);
	uint64_t page;

	switch (below(s, 8)) {
	case 0:
		want = *c;
		hr_pagealloc_cache_flush(s->p, c);
		if (want.free != 0) {
			for (unsigned i = 0; i < 64; i++)
				if (want.free >> i & 1)
					model_mark(s->m, want.base + i, 1, false);
			if (want.base < s->m->search)
				s->m->search = want.base;
			assert_true(c->base == 0 && c->free == 0);
		}
		break;
	default:
		if (c->free == 0) {
			hr_pagealloc_cache_fill(s->p, c);
			want = model_cache_fill(s->m);
			assert_int_equal(c->free, want.free);
			if (want.free != 0)
				assert_int_equal(c->base, want.base);
			break;
		}
		page = hr_pagecache_alloc(c, n);
		if (page != HR_NO_PAGE) {
			assert_true(page >= c->base && page + n <= c->base + 64);
			script_keep(s, page, n);
		}
	}
}

static void run_script(int address_bits, uint64_t seed)
{
	struct script *s = hr_calloc(1, sizeof(*s));

	s->random = seed;
	s->m = hr_calloc(1, sizeof(*s->m));
	s->m->geometry = hr_geometry(address_bits);
	s->m->search = HR_NO_PAGE;
	s->m->stale = true;
	s->p = hr_pagealloc_new(s->m->geometry);
	assert_non_null(s->p);
	assert_int_equal(hr_pagealloc_alloc(s->p, 1), HR_NO_PAGE);
	for (unsigned op = 0; op < 3000; op++) {
		bool filling = op / 400 % 2 == 0; /* until nothing is left, then churning */
		uint64_t kind = below(s, 100);

		if (op == 0 || (op % 60 == 0 && op < 1500))
			script_grow(s);
		else if (kind < 10)
			script_cache(s);
		else if (kind < 15)
			script_alloc_range(s);
		else if (kind < (filling ? 85 : 50) && s->nspans < SPANS_MAX)
			script_alloc(s);
		else
			script_free(s);
		if (hr_pagealloc_search_page(s->p) != s->m->search)
			fail_msg("%d bits, seed %" PRIu64 ", op %u: the search address is %" PRIu64 ", not %" PRIu64,
				 address_bits, seed, op, hr_pagealloc_search_page(s->p), s->m->search);
		if (op % 100 == 99)
			assert_same(s->p, s->m);
	}
	hr_pagealloc_free(s->p);
	free(s->m);
	free(s);
}

static void test_beside_the_model_48(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++)
		run_script(48, seed);
}

static void test_beside_the_model_32(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++)
		run_script(32, seed);
}

/* Pages that are in use already may be taken, free ones given back. */
static void test_overlapping_ranges(void **state)
{
	struct model *m = hr_calloc(1, sizeof(*m));
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	uint64_t random = 5, base = hr_chunk_page(0xc000);

	(void)state;
	m->geometry = hr_geometry(48);
	m->search = HR_NO_PAGE;
	for (uint64_t c = 0xc000; c < 0xc003; c++) {
		assert_int_equal(hr_pagealloc_grow(p, c, 1), HR_OK);
		model_grow(m, c);
	}
	for (unsigned op = 0; op < 3000; op++) {
		uint64_t i = test_random(&random) % 1536, n = 1 + test_random(&random) % (op % 10 ? 20 : 1536 - i);

		n = n > 1536 - i ? 1536 - i : n;
		if (test_random(&random) % 2) {
			hr_pagealloc_alloc_range(p, base + i, n);
			model_mark(m, base + i, n, true);
		} else {
			hr_pagealloc_free_range(p, base + i, n);
			model_free(m, base + i, n);
		}
		if (op % 25 == 0)
			assert_same(p, m);
	}
	hr_pagealloc_free(p);
	free(m);
}

/* --- by hand ---------------------------------------------------------------- */

/* Runs through whole entries of every height, over a border of the root's. */
static void test_large(void **state)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	uint64_t base = hr_chunk_page(0xc000), n = hr_chunk_page(3 * 4096), page;

	(void)state;
	assert_int_equal(hr_pagealloc_grow(p, 0xc000, 3 * 4096), HR_OK);
	assert_int_equal(hr_pagealloc_summary(p, 0, 13), UINT64_C(1) << 63);
	assert_int_equal(hr_pagealloc_alloc(p, n + 1), HR_NO_PAGE);
	assert_int_equal(hr_pagealloc_alloc(p, 1), base);
	assert_int_equal(hr_pagealloc_alloc(p, n), HR_NO_PAGE);
	assert_int_equal(hr_pagealloc_alloc(p, n - 1), base + 1);
	assert_int_equal(hr_pagealloc_alloc(p, 1), HR_NO_PAGE);
	assert_int_equal(hr_pagealloc_search_page(p), HR_NO_PAGE);
	assert_check(p);
	for (unsigned log = 9; log <= 21; log++) {
		page = base + (UINT64_C(1) << 21) - (UINT64_C(1) << log) + 1;
		hr_pagealloc_free_range(p, page, UINT64_C(2) << log);
		assert_int_equal(hr_pagealloc_alloc(p, (UINT64_C(2) << log) + 1), HR_NO_PAGE);
		assert_int_equal(hr_pagealloc_alloc(p, UINT64_C(2) << log), page);
	}
	assert_check(p);
	hr_pagealloc_free(p);
}

static void test_page_cache(void **state)
{
	struct hr_pagecache c = {1000, 0x00f3};

	(void)state;
	assert_int_equal(hr_pagecache_alloc(&c, 3), 1004);
	assert_int_equal(c.free, 0x0083);
	assert_int_equal(hr_pagecache_alloc(&c, 3), HR_NO_PAGE);
	assert_int_equal(hr_pagecache_alloc(&c, 1), 1000);
	assert_int_equal(hr_pagecache_alloc(&c, 2), HR_NO_PAGE);
	assert_int_equal(hr_pagecache_alloc(&c, 1), 1001);
	assert_int_equal(hr_pagecache_alloc(&c, 1), 1007);
	assert_int_equal(c.free, 0);
	assert_int_equal(hr_pagecache_alloc(&c, 1), HR_NO_PAGE);
}

/* A cache that is flushed as it was filled leaves everything as before. */
static void test_flush_of_all(void **state)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	struct hr_pagecache c;
	uint64_t base = hr_chunk_page(0xc000);

	(void)state;
	assert_int_equal(hr_pagealloc_grow(p, 0xc000, 1), HR_OK);
	hr_pagealloc_cache_fill(p, &c);
	assert_true(c.base == base && c.free == UINT64_MAX);
	assert_int_equal(hr_pagealloc_search_page(p), base + 63);
	assert_int_equal(hr_pagecache_alloc(&c, 64), base);
	hr_pagealloc_cache_flush(p, &c); /* empty: nothing happens */
	assert_int_equal(c.base, base);
	assert_int_equal(hr_pagealloc_search_page(p), base + 63);
	c.free = UINT64_MAX;
	hr_pagealloc_cache_flush(p, &c);
	assert_int_equal(hr_pagealloc_search_page(p), base);
	assert_check(p);
	assert_int_equal(hr_pagealloc_alloc(p, 512), base);
	hr_pagealloc_free(p);
}

/* No run goes through what has not grown, be it a chunk or a root entry. */
static void test_gaps(void **state)
{
	static const uint64_t above[] = {0xc002, 0xc010, 0xc100, 0xd000, 0xe000, 0x190c000};

	(void)state;
	for (size_t i = 0; i < sizeof(above) / sizeof(*above); i++) {
		struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
		uint64_t below = above[i] == 0xe000 ? 0xcfff : 0xc000;

		assert_int_equal(hr_pagealloc_grow(p, above[i], 1), HR_OK);
		assert_int_equal(hr_pagealloc_grow(p, below, 1), HR_OK);
		assert_int_equal(hr_pagealloc_alloc(p, 513), HR_NO_PAGE);
		assert_int_equal(hr_pagealloc_alloc(p, 300), hr_chunk_page(below));
		assert_int_equal(hr_pagealloc_alloc(p, 300), hr_chunk_page(above[i]));
		assert_int_equal(hr_pagealloc_alloc(p, 213), HR_NO_PAGE);
		assert_check(p);
		hr_pagealloc_free(p);
	}
}

static void test_growth_errors(void **state)
{
	static const uint64_t wrong48[][2] = {
	    {0, 0}, {UINT64_C(1) << 26, 1}, {(1 << 26) - 1, 2}, {5, UINT64_MAX}, {UINT64_MAX, 1}};
	static const uint64_t wrong32[][2] = {{0, 1},	 {0, 5},    {1023, 1},		{1022, 2},
					      {1, 1023}, {1024, 1}, {7, UINT64_MAX - 3}};
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48)), *q = hr_pagealloc_new(hr_geometry(32));

	(void)state;
	assert_null(hr_geometry(47));
	for (size_t i = 0; i < sizeof(wrong48) / sizeof(*wrong48); i++)
		assert_int_equal(hr_pagealloc_grow(p, wrong48[i][0], wrong48[i][1]), HR_EUSAGE);
	for (size_t i = 0; i < sizeof(wrong32) / sizeof(*wrong32); i++)
		assert_int_equal(hr_pagealloc_grow(q, wrong32[i][0], wrong32[i][1]), HR_EUSAGE);
	assert_int_equal(hr_pagealloc_end_chunk(q), 0);
	assert_int_equal(hr_pagealloc_search_page(q), HR_NO_PAGE);
	assert_int_equal(hr_pagealloc_grow(q, 1, 1022), HR_OK);
	assert_int_equal(hr_pagealloc_end_chunk(q), 1023);
	assert_int_equal(hr_pagealloc_alloc(q, UINT64_C(1) << 32), HR_NO_PAGE);
	assert_int_equal(hr_pagealloc_alloc(q, 1022 * 512), 512);
	/* What is there already. */
	assert_int_equal(hr_pagealloc_grow(p, 100, 10), HR_OK);
	assert_int_equal(hr_pagealloc_grow(p, 109, 1), HR_EUSAGE);
	assert_int_equal(hr_pagealloc_grow(p, 90, 11), HR_EUSAGE);
	assert_int_equal(hr_pagealloc_grow(p, 90, 50), HR_EUSAGE);
	assert_int_equal(hr_pagealloc_grow(p, 90, 10), HR_OK);
	assert_int_equal(hr_pagealloc_ranges(p)->n, 1);
	assert_false(hr_pagealloc_has_chunk(p, 89));
	assert_true(hr_pagealloc_has_chunk(p, 90));
	assert_true(hr_pagealloc_has_chunk(p, 109));
	assert_false(hr_pagealloc_has_chunk(p, 110));
	assert_false(hr_pagealloc_is_free(p, hr_chunk_page(109), 513));
	assert_true(hr_pagealloc_is_free(p, hr_chunk_page(109), 512));
	assert_false(hr_pagealloc_is_free(p, hr_chunk_page(109), UINT64_MAX));
	assert_check(p);
	assert_check(q);
	hr_pagealloc_free(p);
	hr_pagealloc_free(q);
}

/* --- whole regions --------------------------------------------------------- */

#define REGIONS 4
#define WHOLE_BASE (64 * REGION_PAGES) /* 1 TiB */

/* A page of the four regions: as often as not near an end of one. */
static uint64_t random_border(uint64_t *rng)
{
	uint64_t page = test_random(rng) % (REGIONS * REGION_PAGES);

	if (test_random(rng) % 4 == 0)
		return page;
	page = (page + REGION_PAGES / 2) / REGION_PAGES * REGION_PAGES + test_random(rng) % 3;
	return page > 0 && page <= REGIONS * REGION_PAGES ? page - 1 : page / 2;
}

/* No range of these is a region's, so that none is whole. */
static void mark_in_parts(struct hr_pagealloc *p, uint64_t page, uint64_t npages, bool used)
{
	for (uint64_t n; npages > 0; page += n, npages -= n) {
		n = npages < REGION_PAGES / 2 ? npages : REGION_PAGES / 2;
		if (used)
			hr_pagealloc_alloc_range(p, page, n);
		else
			hr_pagealloc_free_range(p, page, n);
	}
}

static void assert_same_summaries(const struct hr_pagealloc *a, const struct hr_pagealloc *b)
{
	for (unsigned height = 0; height <= ROOT_HEIGHT; height++) {
		uint64_t first = WHOLE_BASE >> HEIGHT_LOG_PAGES(height);

		for (uint64_t i = 0; i < REGIONS * REGION_PAGES >> HEIGHT_LOG_PAGES(height); i++)
			assert_true(hr_summary_same(entry_at(a, height, first + i), entry_at(b, height, first + i)));
	}
}

/* Spans of many GiB: the same as when they are marked in parts, and no memory for what is of one kind. */
static void test_whole_regions(void **state)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48)), *parts = hr_pagealloc_new(hr_geometry(48));
	const uint64_t base = WHOLE_BASE, npages = REGIONS * REGION_PAGES;
	uint64_t rng = 77;

	(void)state;
	assert_int_equal(hr_pagealloc_grow(p, hr_chunk_of(base), hr_chunk_of(npages)), HR_OK);
	for (uint64_t i = 0; i < 2 * REGIONS; i++)
		assert_int_equal(
		    hr_pagealloc_grow(parts, hr_chunk_of(base + i * REGION_PAGES / 2), hr_chunk_of(REGION_PAGES / 2)),
		    HR_OK);
	for (unsigned i = 0; i < 60; i++) {
		uint64_t a = random_border(&rng), b = random_border(&rng), low = a < b ? a : b,
			 n = (a < b ? b - a : a - b) + 1;
		bool used = test_random(&rng) % 2;

		if (low + n > npages)
			n = npages - low;
		if (used)
			hr_pagealloc_alloc_range(p, base + low, n);
		else
			hr_pagealloc_free_range(p, base + low, n);
		mark_in_parts(parts, base + low, n, used);
		assert_int_equal(hr_pagealloc_is_used(p, base + low, n), used);
		assert_int_equal(hr_pagealloc_is_free(p, base + low, n), !used);
		n = 1 + test_random(&rng) % REGION_PAGES / 3;
		assert_true(hr_pagealloc_alloc(p, n) == hr_pagealloc_alloc(parts, n));
		assert_same_summaries(p, parts);
	}
	assert_check(p);
	hr_pagealloc_alloc_range(p, base, npages);
	for (unsigned e = 64; e < 64 + REGIONS; e++)
		assert_true(is_whole(p, p->regions[e]));
	assert_false(hr_pagealloc_out_of_memory(p));
	hr_pagealloc_free(parts);
	hr_pagealloc_free(p);
}

/* Sanitizers map address space of their own. */
#ifndef SANITIZED
/* Whether the limit that has been set is one: qemu's user emulation takes it and goes on. */
static bool is_limited(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return true;
	munmap(p, 1 << 20);
	return false;
}

/* No memory for one page of a whole region: it is said, and stays so. */
static void test_no_memory_for_a_part(void **state)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	struct rlimit old, none;
	bool limited;

	(void)state;
	assert_int_equal(hr_pagealloc_grow(p, hr_chunk_of(WHOLE_BASE), hr_chunk_of(REGION_PAGES)), HR_OK);
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	none = old;
	none.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	limited = is_limited();
	hr_pagealloc_alloc_range(p, WHOLE_BASE + 5, 1);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	assert_int_equal(hr_pagealloc_out_of_memory(p), limited);
	hr_pagealloc_free(p);
}

/* No address space for one more region: nothing has changed, and it goes on when there is. */
static void test_out_of_memory(void **state)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	struct rlimit old, none;

	(void)state;
	assert_int_equal(hr_pagealloc_grow(p, 0xc000, 1), HR_OK);
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	none = old;
	none.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	if (is_limited()) {
		assert_int_equal(hr_pagealloc_grow(p, 0xcfff, 3), HR_ENOMEM);
		assert_int_equal(hr_pagealloc_grow(p, 0x190c000, 1), HR_ENOMEM);
	}
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	assert_int_equal(hr_pagealloc_end_chunk(p), 0xc001);
	assert_int_equal(hr_pagealloc_ranges(p)->n, 1);
	assert_false(hr_pagealloc_has_chunk(p, 0xcfff));
	assert_check(p);
	assert_int_equal(hr_pagealloc_grow(p, 0xcfff, 3), HR_OK);
	assert_check(p);
	hr_pagealloc_free(p);
}

/* Resident memory of this process, bytes. */
static uint64_t resident(void)
{
	unsigned long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL) {
		if (fscanf(f, "%lu %lu", &size, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void test_memory(void **state)
{
	struct hr_pagealloc *p[16];
	uint64_t before, page;

	(void)state;
	before = resident();
	if (before == 0) {
		printf("# memory is not measured: there is no /proc here\n");
		return;
	}
	for (size_t i = 0; i < 16; i++) {
		p[i] = hr_pagealloc_new(hr_geometry(48));
		assert_int_equal(hr_pagealloc_grow(p[i], 0xc000, 1), HR_OK);
		for (unsigned k = 0; k < 512; k++)
			assert_int_equal(hr_pagealloc_alloc(p[i], 1), hr_chunk_page(0xc000) + k);
	}
	assert_in_range(resident() - before, 0, 16 * (100 << 10));
	/* 100 TiB above, one more. */
	before = resident();
	for (size_t i = 0; i < 16; i++) {
		assert_int_equal(hr_pagealloc_grow(p[i], 0x190c000, 1), HR_OK);
		page = hr_pagealloc_alloc(p[i], 512);
		assert_int_equal(page, hr_chunk_page(0x190c000));
		hr_pagealloc_free_range(p[i], page, 1);
		hr_pagealloc_free_range(p[i], hr_chunk_page(0xc000) + 17, 1);
		assert_int_equal(hr_pagealloc_alloc(p[i], 1), hr_chunk_page(0xc000) + 17);
		assert_int_equal(hr_pagealloc_alloc(p[i], 1), page);
		assert_int_equal(hr_pagealloc_alloc(p[i], 1), HR_NO_PAGE);
	}
	assert_in_range(resident() - before, 0, 16 * (100 << 10));
	for (size_t i = 0; i < 16; i++) {
		assert_check(p[i]);
		hr_pagealloc_free(p[i]);
	}
}
#endif

/* --- the check, checked ------------------------------------------------------- */

static struct hr_pagealloc *a_heap(void)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));

	assert_int_equal(hr_pagealloc_grow(p, 0xc000, 20), HR_OK);
	for (unsigned i = 0; i < 500; i++)
		assert_true(hr_pagealloc_alloc(p, 1 + i % 7) != HR_NO_PAGE);
	hr_pagealloc_free_range(p, hr_chunk_page(0xc001) + 40, 3);
	assert_check(p);
	return p;
}

#define DAMAGE(p, field, change)                                                                                       \
	do {                                                                                                           \
		__typeof__((p)->field) good = (p)->field;                                                              \
		struct hr_error damage;                                                                                \
		(p)->field change;                                                                                     \
		assert_false(hr_pagealloc_check(p, &damage));                                                          \
		assert_int_equal(damage.status, HR_EINTERNAL);                                                         \
		assert_true(damage.text[0] != 0);                                                                      \
		(p)->field = good;                                                                                     \
		assert_check(p);                                                                                       \
	} while (0)

static void test_check_sees_damage(void **state)
{
	struct hr_pagealloc *p = a_heap();

	(void)state;
	DAMAGE(p, regions[12]->chunks[1].bits[0], ^= UINT64_C(1) << 41);
	DAMAGE(p, regions[12]->chunks[20].bits[3], ^= 1);
	DAMAGE(p, regions[12]->chunks[20].words.end[3], ^= 1);
	DAMAGE(p, regions[12]->chunks[1].words.start[0], += 1);
	DAMAGE(p, regions[12]->chunks[1].words.max[0], += 1);
	DAMAGE(p, regions[12]->chunks[1].words.end[7], ^= 1);
	DAMAGE(p, regions[12]->leaves[0].max[1], -= 1);
	DAMAGE(p, regions[12]->leaves[2].end[3], -= 1);
	DAMAGE(p, regions[12]->leaves[2].max[4], = 1);
	DAMAGE(p, regions[12]->h1[0].start[1], ^= 1);
	DAMAGE(p, regions[12]->h1[0].max[1], ^= 1);
	DAMAGE(p, regions[12]->h2[0].max[0], ^= 1);
	DAMAGE(p, regions[12]->h3.max[0], ^= 1);
	DAMAGE(p, root[12].max, ^= 1);
	DAMAGE(p, root[13].max, ^= 1);
	DAMAGE(p, live[0], ^= UINT64_C(1) << 12);
	DAMAGE(p, live[7], ^= 1);
	DAMAGE(p, search, += 1);
	DAMAGE(p, search, = hr_chunk_page(0xc014));
	DAMAGE(p, end_chunk, += 1);
	hr_pagealloc_free(p);
}

/* A heap of 40 GiB that grows by 64 MiB and is full each time: regions that come from pieces are like others. */
static void test_growing_heap(void **state)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	const uint64_t base = 0xc000, nchunks = 40 * 256, end = hr_chunk_page(base + nchunks);
	struct hr_error err;

	(void)state;
	for (uint64_t c = base; c < base + nchunks; c += 16) {
		assert_int_equal(hr_pagealloc_grow(p, c, 16), HR_OK);
		assert_int_equal(hr_pagealloc_alloc(p, 16 * HR_CHUNK_PAGES), hr_chunk_page(c));
	}
	assert_true(hr_pagealloc_check(p, &err));
	/* First fit: the hole that was made last is below that of any earlier one, as they are made from the top on. */
	for (uint64_t hole = end - 1000; hole > hr_chunk_page(base) + 5000000; hole -= 1000003) {
		hr_pagealloc_free_range(p, hole, 700);
		assert_int_equal(hr_pagealloc_alloc(p, 600), hole);
		assert_int_equal(hr_pagealloc_first_used(p, hole + 600, 101), hole + 700);
	}
	assert_true(hr_pagealloc_check(p, &err));
	/* All of it becomes whole regions, and in parts their own again. */
	hr_pagealloc_free_range(p, hr_chunk_page(base), end - hr_chunk_page(base));
	assert_true(hr_pagealloc_check(p, &err));
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(hr_pagealloc_alloc(p, 100000), hr_chunk_page(base) + i * 100000);
	assert_true(hr_pagealloc_check(p, &err));
	hr_pagealloc_free(p);
}

HR_TEST_MAIN(pagealloc)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_beside_the_model_48),
	    cmocka_unit_test(test_beside_the_model_32),
	    cmocka_unit_test(test_overlapping_ranges),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_page_cache),
	    cmocka_unit_test(test_flush_of_all),
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_growth_errors),
	    cmocka_unit_test(test_whole_regions),
	    cmocka_unit_test(test_growing_heap),
#ifndef SANITIZED
	    cmocka_unit_test(test_no_memory_for_a_part),
	    cmocka_unit_test(test_out_of_memory),
	    cmocka_unit_test(test_memory),
#endif
	    cmocka_unit_test(test_check_sees_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
