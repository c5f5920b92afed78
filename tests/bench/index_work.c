/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What finding pages to release costs each generation of the Go scavenger, in
 * what it reads of its index; counts, not times, so that every run of every
 * machine prints the same. docs/index-cost.md reads it.
 *
 *     tests/bench/index_work [LARGEST-HEAP] >index-work.csv
 *
 * Heaps of 64 MiB, and on in doublings up to the largest (128 GiB), all in use.
 * Then, a row for each search and each of two ways to ask:
 *
 *   background  64 KiB at a time, sparing dense chunks
 *   limit       8 KiB at a time, forced: an allocation above the memory limit
 *
 *   nothing  a page at the top became free and was used again: one call
 *   again    the same call once more
 *   far-end  as `nothing`, and the lowest chunk is free: one call
 *   drain    free_pages in the middle of every stride-th chunk from the lowest on
 *            are free: calls until one comes back with less than it asked for
 *   churn    a page anywhere becomes free, one call, what it released is used
 *            again; 16 GC cycles of 1024 times (limit only)
 *
 * Between freeing and searching lies a GC cycle, so that go1.18 and the
 * background of go1.21 may look at what was freed; in churn there is one only
 * every 1024 times.
 *
 * Columns: calls of the search, and how many released nothing; lookups,
 * entries read (summaries, bytes, records; go1.18 also reads the bitmaps of
 * chunks with free pages, which isn't counted), their bytes, chunks found that
 * had nothing; pages released, and free ones not released; what the index takes
 * in memory, in pages of 4 KiB.
 */
#include "config.h"

#include "base/bits.h"
#include "base/random.h"
#include "base/units.h"
#include "scavenge/go/search.h"
#include "scavenge/pagemap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE_CHUNK UINT64_C(0xc000)
#define BASE_PAGE (BASE_CHUNK * HR_CHUNK_PAGES)
#define SMALLEST_HEAP (UINT64_C(64) << 20)
#define LARGEST_HEAP (UINT64_C(128) << 30)
#define PHYS_PAGE 4096u
#define CHURN_CYCLES 16
#define CHURN_CYCLE 1024
#define SEED 1

struct generation {
	const struct hr_search_def *def;
	unsigned entry_bits; /* of what `read` counts */
	unsigned chunk_bits; /* index memory for a chunk */
};

static const struct generation generations[] = {
    {&hr_search_go118, 64, 0}, /* the leaf summaries, which the page allocator has anyway */
    {&hr_search_go119, 8, 1},
    {&hr_search_go121, 64, 64},
    {&hr_search_go122, 64, 64},
};

struct mode {
	const char *name;
	uint64_t bytes;
	bool force;
};

static const struct mode background = {"background", 64 << 10, false};
static const struct mode limit = {"limit", HR_PAGE_BYTES, true};
static const struct mode *const modes[] = {&background, &limit};

/* Which pages are free: so many of every stride-th chunk. */
struct pattern {
	unsigned free_pages;
	uint64_t stride;
};

static const struct pattern patterns[] = {
    {512, 1}, {64, 1},	 {8, 1},   {1, 1},    {1, 8},	  {1, 64},
    {1, 512}, {1, 4096}, {512, 8}, {512, 64}, {512, 512}, {512, 4096},
};

struct heap {
	const struct generation *gen;
	struct hr_pagemap map;
	struct hr_search *search;
	uint64_t chunks;
	uint64_t free_pages; /* and not released */
	uint64_t last_page;  /* of the last release */
	unsigned last_npages;
	uint64_t calls, misses, released_pages;
};

static void fail(const char *why)
{
	fprintf(stderr, "index_work: %s\n", why);
	exit(1);
}

static void on_release(void *ctx, uint64_t page, unsigned npages)
{
	struct heap *h = ctx;

	hr_pagemap_release_pages(&h->map, page, npages);
	h->free_pages -= npages;
	h->released_pages += npages;
	h->last_page = page;
	h->last_npages = npages;
}

static void use(struct heap *h, uint64_t page, uint64_t npages)
{
	h->free_pages -= npages - hr_pagemap_alloc(&h->map, page, npages);
	if (h->gen->def->alloc != NULL)
		h->gen->def->alloc(h->search, page, npages);
}

static void leave(struct heap *h, uint64_t page, uint64_t npages)
{
	h->gen->def->free(h->search, page, npages);
	hr_pagemap_free(&h->map, page, npages);
	h->free_pages += npages;
}

/* Mark termination, and the end of the sweep. */
static void cycle(struct heap *h)
{
	if (h->gen->def->next_gen != NULL)
		h->gen->def->next_gen(h->search);
	if (h->gen->def->start_gen != NULL)
		h->gen->def->start_gen(h->search);
}

/* All in use, since before the last cycle. */
static void heap_init(struct heap *h, const struct generation *gen, uint64_t chunks)
{
	struct hr_search_options options = {.offset = false};
	struct hr_search_heap searched = {.map = &h->map, .release = on_release, .ctx = h};
	struct hr_error err;

	*h = (struct heap){.gen = gen, .chunks = chunks};
	if (hr_pagemap_init(&h->map, hr_geometry(48), PHYS_PAGE, 0, &err) != HR_OK)
		fail(err.text);
	h->search = gen->def->create(&searched, &options);
	if (h->search == NULL || hr_pagemap_grow(&h->map, BASE_CHUNK, chunks) != HR_OK ||
	    gen->def->grow(h->search, BASE_CHUNK, chunks) != HR_OK)
		fail("out of memory");
	/* New memory is free and released. */
	use(h, BASE_PAGE, hr_chunk_page(chunks));
	cycle(h);
}

static void heap_release(struct heap *h)
{
	h->gen->def->destroy(h->search);
	hr_pagemap_release(&h->map);
}

/* Pages released. */
static uint64_t call(struct heap *h, const struct mode *m)
{
	uint64_t bytes = h->gen->def->scavenge(h->search, m->bytes, m->force);

	h->calls++;
	h->misses += bytes == 0;
	return bytes / HR_PAGE_BYTES;
}

/* What has been done since *before, which becomes what has been done. */
static void print(struct heap *h, const char *scenario, const struct mode *m, struct pattern p,
		  struct hr_search_work *before)
{
	const struct hr_search_work *now = h->gen->def->work(h->search);
	uint64_t read = now->words - before->words;
	uint64_t index_bytes = hr_align_up(hr_div_up(h->chunks * h->gen->chunk_bits, 8), PHYS_PAGE);

	printf("%s,%s,%s,%" PRIu64 ",%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
	       ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
	       scenario, h->gen->def->name, m->name, h->chunks * HR_CHUNK_BYTES, p.free_pages, p.stride, h->calls,
	       h->misses, now->lookups - before->lookups, read, read * h->gen->entry_bits / 8,
	       now->empty_hits - before->empty_hits, h->released_pages, h->free_pages, index_bytes);
	*before = *now;
	h->calls = h->misses = h->released_pages = 0;
}

/* Something at the top was free for a moment, so that searches begin there. */
static void touch_top(struct heap *h)
{
	uint64_t top = BASE_PAGE + hr_chunk_page(h->chunks) - 1;

	leave(h, top, 1);
	use(h, top, 1);
}

static void nothing(struct heap *h, const struct mode *m)
{
	struct hr_search_work before = {0};

	touch_top(h);
	cycle(h);
	call(h, m);
	print(h, "nothing", m, (struct pattern){0, 0}, &before);
	call(h, m);
	print(h, "again", m, (struct pattern){0, 0}, &before);
}

static void far_end(struct heap *h, const struct mode *m)
{
	struct hr_search_work before = {0};

	touch_top(h);
	leave(h, BASE_PAGE, HR_CHUNK_PAGES);
	cycle(h);
	call(h, m);
	print(h, "far-end", m, (struct pattern){HR_CHUNK_PAGES, h->chunks}, &before);
}

static void drain(struct heap *h, const struct mode *m, struct pattern p)
{
	struct hr_search_work before = {0};

	for (uint64_t c = 0; c < h->chunks; c += p.stride)
		leave(h, BASE_PAGE + hr_chunk_page(c) + (HR_CHUNK_PAGES - p.free_pages) / 2, p.free_pages);
	cycle(h);
	while (call(h, m) * HR_PAGE_BYTES >= m->bytes)
		;
	print(h, "drain", m, p, &before);
}

static bool in_use(const struct heap *h, uint64_t page)
{
	unsigned i = hr_page_in_chunk(page);

	return hr_pagemap_chunk(&h->map, hr_chunk_of(page))->alloc[i / 64] >> i % 64 & 1;
}

static void churn(struct heap *h, const struct mode *m)
{
	struct hr_search_work before = {0};
	struct hr_random r;

	hr_random_seed(&r, SEED);
	for (int i = 0; i < CHURN_CYCLES * CHURN_CYCLE; i++) {
		uint64_t page;

		if (i % CHURN_CYCLE == 0)
			cycle(h);
		do
			page = BASE_PAGE + hr_random_below(&r, hr_chunk_page(h->chunks));
		while (!in_use(h, page));
		leave(h, page, 1);
		if (call(h, m) > 0)
			use(h, h->last_page, h->last_npages);
	}
	print(h, "churn", m, (struct pattern){1, 0}, &before);
}

static void study(const struct generation *gen, uint64_t chunks)
{
	struct heap h;

#define ON_A_NEW_HEAP(scenario)                                                                                        \
	do {                                                                                                           \
		heap_init(&h, gen, chunks);                                                                            \
		scenario;                                                                                              \
		heap_release(&h);                                                                                      \
	} while (0)
	for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
		ON_A_NEW_HEAP(nothing(&h, modes[m]));
		ON_A_NEW_HEAP(far_end(&h, modes[m]));
		for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++)
			if (patterns[p].stride < chunks)
				ON_A_NEW_HEAP(drain(&h, modes[m], patterns[p]));
	}
	ON_A_NEW_HEAP(churn(&h, &limit));
#undef ON_A_NEW_HEAP
}

int main(int argc, char **argv)
{
	uint64_t largest = LARGEST_HEAP;

	if (argc > 2 || (argc == 2 && !hr_parse_bytes(argv[1], &largest)) || largest > LARGEST_HEAP) {
		fputs("usage: index_work [LARGEST-HEAP], a size up to 128GiB\n", stderr);
		return 2;
	}
	puts("scenario,search,mode,heap_bytes,free_pages,stride,calls,misses,lookups,read,read_bytes,empty_hits,"
	     "released_pages,left_pages,index_bytes");
	for (uint64_t bytes = SMALLEST_HEAP; bytes <= largest; bytes *= 2)
		for (size_t g = 0; g < sizeof(generations) / sizeof(generations[0]); g++)
			study(&generations[g], bytes / HR_CHUNK_BYTES);
	return 0;
}
