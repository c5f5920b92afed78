/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast the page allocator is on an op script (new, grow C N, a N, c P N,
 * f H, as the oracle's benches have them), plain or gzipped. The script is
 * parsed first; only the allocator's calls are timed, in several fresh runs.
 *
 *     tests/bench/alloc [SCRIPT...]
 *
 * Prints the best and median ns per op, the failed allocations, and a digest
 * of all results, the same for every implementation that places alike. Without
 * a script it makes one: 64 chunks filled to about 80 %, then churned.
 */
#include "config.h"

#include "base/alloc.h"
#include "pagealloc/pagealloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define RUNS 7
#define CACHES 64
/* Scripts count chunks from the runtime's test heap, 0x3000000000. */
#define BASE_CHUNK UINT64_C(0xc000)

enum op_kind { OP_ALLOC, OP_CACHED, OP_FREE };

/*
 * What an op gives or frees stands in a slot; slots of what was freed are used
 * again, so that the table stays small and the times are the allocator's.
 */
struct op {
	uint8_t kind, cache;
	uint32_t npages, slot;
};

struct grown {
	uint64_t chunk, n;
};

struct script {
	struct op *ops;
	size_t n, cap;
	size_t *handles; /* the op that made it, by handle */
	size_t nhandles, handles_cap;
	uint32_t *spare; /* slots to use again */
	size_t nspare, spare_cap, nslots;
	struct grown *grows;
	size_t ngrows, grows_cap;
};

static void die(const char *what, const char *which)
{
	fprintf(stderr, "alloc: %s: %s\n", which, what);
	exit(1);
}

static void reserve(void *array, size_t *cap, size_t n, size_t size)
{
	if (!hr_reserve(array, cap, n + 1, size))
		die("out of memory", "script");
}

static void add(struct script *s, struct op op)
{
	reserve(&s->ops, &s->cap, s->n, sizeof(*s->ops));
	s->ops[s->n++] = op;
}

static void add_alloc(struct script *s, enum op_kind kind, uint8_t cache, uint32_t npages)
{
	uint32_t slot = s->nspare > 0 ? s->spare[--s->nspare] : (uint32_t)s->nslots++;

	reserve(&s->handles, &s->handles_cap, s->nhandles, sizeof(*s->handles));
	s->handles[s->nhandles++] = s->n;
	add(s, (struct op){(uint8_t)kind, cache, npages, slot});
}

static void add_free(struct script *s, uint64_t handle)
{
	struct op op = s->ops[s->handles[handle]];

	reserve(&s->spare, &s->spare_cap, s->nspare, sizeof(*s->spare));
	s->spare[s->nspare++] = op.slot;
	op.kind = OP_FREE;
	add(s, op);
}

static void add_growth(struct script *s, uint64_t chunk, uint64_t n)
{
	reserve(&s->grows, &s->grows_cap, s->ngrows, sizeof(*s->grows));
	s->grows[s->ngrows++] = (struct grown){BASE_CHUNK + chunk, n};
}

/* The next number of the line; *at moves behind it. */
static uint64_t number(const char **at)
{
	char *end;
	uint64_t n = strtoull(*at, &end, 10);

	*at = end;
	return n;
}

static void parse(struct script *s, const char *path)
{
	gzFile f = gzopen(path, "rb");
	char line[128];

	if (f == NULL)
		die("can't open it", path);
	gzbuffer(f, 1 << 17);
	while (gzgets(f, line, sizeof(line)) != NULL) {
		const char *at = line + strcspn(line, " \n");
		uint64_t a = number(&at), b = number(&at);

		if (strncmp(line, "a ", 2) == 0)
			add_alloc(s, OP_ALLOC, 0, (uint32_t)a);
		else if (strncmp(line, "c ", 2) == 0 && a < CACHES)
			add_alloc(s, OP_CACHED, (uint8_t)a, (uint32_t)b);
		else if (strncmp(line, "f ", 2) == 0 && a < s->nhandles)
			add_free(s, a);
		else if (strncmp(line, "grow ", 5) == 0)
			add_growth(s, a, b);
		else if (strncmp(line, "new", 3) != 0 && line[0] != '#' && line[0] != '\n')
			die("not an op of a bench", path);
	}
	gzclose(f);
}

/* Like the oracle's: 80 % of sizes 1..4 pages, the rest 5..256; 80 % full, then as many frees as allocations. */
static void make_up(struct script *s)
{
	uint64_t seed = 1, used = 0, *live = hr_calloc(32768, sizeof(*live));
	size_t nlive = 0;

	if (live == NULL)
		die("out of memory", "script");
	add_growth(s, 0, 64);
	while (s->n < 1000000) {
		uint64_t r;

		seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
		r = seed >> 11;
		if (used < 64 * 512 * 8 / 10) {
			uint32_t n = (uint32_t)(r % 5 != 0 ? 1 + r / 5 % 4 : 5 + r / 5 % 252);

			live[nlive++] = s->nhandles;
			used += n;
			add_alloc(s, OP_ALLOC, 0, n);
		} else {
			size_t i = r % nlive;

			used -= s->ops[s->handles[live[i]]].npages;
			add_free(s, live[i]);
			live[i] = live[--nlive];
		}
	}
	free(live);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* mheap.allocSpan's way to pages, without growth. */
static uint64_t alloc_cached(struct hr_pagealloc *p, struct hr_pagecache *c, uint32_t npages)
{
	uint64_t page = HR_NO_PAGE;

	if (npages < HR_CACHE_MAX_ALLOC) {
		if (c->free == 0)
			hr_pagealloc_cache_fill(p, c);
		page = hr_pagecache_alloc(c, npages);
	}
	return page != HR_NO_PAGE ? page : hr_pagealloc_alloc(p, npages);
}

/* ns that the script's calls took; *failed and *digest, when not NULL, tell of their results (and cost time). */
static uint64_t run(const struct script *s, uint64_t *slots, size_t *failed, uint64_t *digest)
{
	struct hr_pagealloc *p = hr_pagealloc_new(hr_geometry(48));
	struct hr_pagecache caches[CACHES] = {{0, 0}};
	uint64_t begin, end;

	if (p == NULL)
		die("out of memory", "allocator");
	for (size_t i = 0; i < s->ngrows; i++)
		if (hr_pagealloc_grow(p, s->grows[i].chunk, s->grows[i].n) != HR_OK)
			die("can't grow", "allocator");
	begin = now_ns();
	for (const struct op *op = s->ops; op < s->ops + s->n; op++) {
		uint64_t *page = &slots[op->slot];

		if (op->kind == OP_FREE) {
			if (*page != HR_NO_PAGE)
				hr_pagealloc_free_range(p, *page, op->npages);
			continue;
		}
		*page = op->kind == OP_ALLOC ? hr_pagealloc_alloc(p, op->npages)
					     : alloc_cached(p, &caches[op->cache], op->npages);
		if (digest != NULL) {
			*failed += *page == HR_NO_PAGE;
			*digest = (*digest ^ *page) * UINT64_C(1099511628211);
		}
	}
	end = now_ns();
	hr_pagealloc_free(p);
	return end - begin;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void bench(const struct script *s, const char *name)
{
	uint64_t ns[RUNS], digest = UINT64_C(14695981039346656037), *slots = hr_calloc(s->nslots, sizeof(*slots));
	size_t failed = 0;

	if (slots == NULL || s->n == 0)
		die("nothing to run", name);
	run(s, slots, &failed, &digest);
	for (unsigned i = 0; i < RUNS; i++)
		ns[i] = run(s, slots, NULL, NULL);
	qsort(ns, RUNS, sizeof(*ns), by_size);
	printf("%-20s best %7.2f  median %7.2f ns/op (%zu ops, %zu oom, digest %016" PRIx64 ")\n", name,
	       (double)ns[0] / (double)s->n, (double)ns[RUNS / 2] / (double)s->n, s->n, failed, digest);
	free(slots);
}

int main(int argc, char **argv)
{
	for (int i = argc > 1 ? 1 : 0; i < argc; i++) {
		struct script s = {0};
		const char *slash = strrchr(argv[i], '/');

		if (i == 0)
			make_up(&s);
		else
			parse(&s, argv[i]);
		bench(&s, i == 0 ? "made up" : slash != NULL ? slash + 1 : argv[i]);
		free(s.ops);
		free(s.handles);
		free(s.spare);
		free(s.grows);
	}
	return 0;
}
