/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast the scavenge indexes are found through, over 128 GiB: every
 * stride-th chunk marked, the search address at the top, then find and clear
 * until nothing is found. As the real runtime's figures were taken
 * (tests/bench/runtime), whose units of work are shown, too: bytes or records
 * that it reads for a find.
 *
 *     tests/bench/index
 *
 * "dense" is a background search of a heap all of whose chunks have free pages,
 * but too few; "was dense" of one that has emptied in this generation.
 */
#include "config.h"

#include "scavenge/go/index_bits.h"
#include "scavenge/go/index_density.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS 7
#define RUN_NS 20000000
#define BASE_CHUNK UINT64_C(0xc000)
#define CHUNKS 32768u
#define TOP_CHUNK (BASE_CHUNK + CHUNKS - 1)

static struct hr_index_bits bits;
static struct hr_index_density density;

struct drain {
	uint64_t finds, ns, read;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void drain_bits(unsigned stride, struct drain *d)
{
	struct hr_index_hit hit;
	uint64_t start;

	for (uint64_t c = 0; c < CHUNKS; c += stride)
		hr_index_bits_mark(&bits, hr_chunk_page(BASE_CHUNK + c), hr_chunk_page(BASE_CHUNK + c + 1));
	if (stride > 1) {
		hr_index_bits_mark(&bits, hr_chunk_page(TOP_CHUNK), hr_chunk_page(TOP_CHUNK + 1));
		hr_index_bits_clear(&bits, TOP_CHUNK);
	}
	start = now_ns();
	do {
		hit = hr_index_bits_find(&bits);
		d->finds++;
		d->read += hit.read;
		if (hit.found)
			hr_index_bits_clear(&bits, hit.chunk);
	} while (hit.found);
	d->ns += now_ns() - start;
	hr_search_addr_reset(&bits.cursor);
}

static void drain_density(unsigned stride, bool force, struct drain *d)
{
	struct hr_index_hit hit;
	uint64_t start;

	for (uint64_t c = 0; c < CHUNKS; c += stride) {
		hr_index_density_alloc(&density, BASE_CHUNK + c, HR_CHUNK_PAGES);
		hr_index_density_free(&density, BASE_CHUNK + c, 0, HR_CHUNK_PAGES);
	}
	if (stride > 1) {
		hr_index_density_alloc(&density, TOP_CHUNK, HR_CHUNK_PAGES);
		hr_index_density_free(&density, TOP_CHUNK, 0, HR_CHUNK_PAGES);
		hr_index_density_set_empty(&density, TOP_CHUNK);
	}
	hr_index_density_next_gen(&density);
	start = now_ns();
	do {
		hit = hr_index_density_find(&density, force);
		d->finds++;
		d->read += hit.read;
		if (hit.found)
			hr_index_density_set_empty(&density, hit.chunk);
	} while (hit.found);
	d->ns += now_ns() - start;
	hr_search_addr_reset(&density.background);
	hr_search_addr_reset(&density.forced);
}

static void drain_forced(unsigned stride, struct drain *d)
{
	drain_density(stride, true, d);
}

static void drain_background(unsigned stride, struct drain *d)
{
	drain_density(stride, false, d);
}

static void search(struct drain *d)
{
	struct hr_index_hit hit;
	uint64_t start = now_ns();

	hit = hr_index_density_find(&density, false);
	d->ns += now_ns() - start;
	d->finds++;
	d->read += hit.read;
	if (hit.found) {
		fputs("index: a dense chunk was found\n", stderr);
		exit(1);
	}
}

/* Leaves in_use pages in every chunk. A marked address that finds nothing stays, so that searches can be repeated. */
static void populate(unsigned in_use)
{
	for (uint64_t c = BASE_CHUNK; c <= TOP_CHUNK; c++) {
		unsigned old = hr_index_density_record(&density, c).in_use;

		if (old > 0)
			hr_index_density_free(&density, c, 0, old);
		hr_index_density_alloc(&density, c, HR_CHUNK_PAGES);
		hr_index_density_free(&density, c, 0, HR_CHUNK_PAGES - in_use);
	}
	hr_index_density_next_gen(&density);
}

static void dense(unsigned unused, struct drain *d)
{
	(void)unused;
	if (d->finds == 0)
		populate(HR_DENSE_PAGES);
	search(d);
}

static void was_dense(unsigned unused, struct drain *d)
{
	(void)unused;
	if (d->finds == 0) {
		populate(HR_DENSE_PAGES);
		for (uint64_t c = BASE_CHUNK; c <= TOP_CHUNK; c++)
			hr_index_density_free(&density, c, 0, HR_DENSE_PAGES / 2);
	}
	search(d);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, unsigned stride, void (*drain)(unsigned stride, struct drain *d))
{
	double ns[RUNS];
	struct drain d;

	for (int i = 0; i < RUNS; i++) {
		d = (struct drain){0, 0, 0};
		while (d.ns < RUN_NS)
			drain(stride, &d);
		ns[i] = (double)d.ns / (double)d.finds;
	}
	qsort(ns, RUNS, sizeof(ns[0]), by_size);
	printf("%-28s", name);
	if (stride > 0)
		printf(" stride %5u", stride);
	else
		printf(" %12s", "");
	printf("   best %9.2f   median %9.2f ns/find, %.0f read\n", ns[0], ns[RUNS / 2],
	       (double)d.read / (double)d.finds);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*drain)(unsigned stride, struct drain *d);
	} indexes[] = {
	    {"bits (go1.19)", drain_bits},
	    {"density (go1.21), forced", drain_forced},
	    {"density (go1.21), background", drain_background},
	};
	static const unsigned strides[] = {CHUNKS, 1024, 64, 8, 1};

	if (!hr_index_bits_init(&bits, hr_geometry(48)) || !hr_index_density_init(&density, hr_geometry(48))) {
		fputs("index: out of memory\n", stderr);
		return 1;
	}
	hr_index_bits_grow(&bits, BASE_CHUNK, CHUNKS, 4096);
	hr_index_density_grow(&density, BASE_CHUNK);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
		for (size_t s = 0; s < sizeof(strides) / sizeof(strides[0]); s++)
			measure(indexes[i].name, strides[s], indexes[i].drain);
	/* What the drains left. */
	for (uint64_t c = BASE_CHUNK; c <= TOP_CHUNK; c++)
		hr_index_density_set_empty(&density, c);
	measure("density, dense", 0, dense);
	measure("density, was dense", 0, was_dense);
	hr_index_bits_release(&bits);
	hr_index_density_release(&density);
	return 0;
}
