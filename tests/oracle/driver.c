/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers op scripts as the real runtime did:
 *
 *     tests/oracle/driver [--address-bits=32] VERSION < SCRIPT
 *
 * VERSION is pre, go1.19, go1.21 or go1.26. The scripts' language, and the
 * recorded answers, came with the vectors beside this file: one op a line,
 * results on lines that begin with the number of the op's line.
 *
 * All logic is the library's: the page allocator places, the map of pages has
 * the scavenged bits, the search of the version's generation releases. Here
 * they are put together as the runtime has them, and their state is printed.
 * Pages and chunks are counted from the heap's base in scripts and answers.
 *
 * A malformed line, or one that asks for the impossible, ends it with status 2.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/units.h"
#include "pagealloc/pagealloc.h"
#include "scavenge/go/index_bits.h"
#include "scavenge/go/index_density.h"
#include "scavenge/go/pacing.h"
#include "scavenge/go/search.h"
#include "scavenge/go/walk.h"
#include "scavenge/pagemap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHES 64
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)
/* What "max" and "min" are in hashes. */
#define HASH_MAX UINT64_C(0x7fffffffffffffff)
#define HASH_MIN UINT64_C(0x8000000000000000)

enum generation { PRE = 1, IDX = 2, GEN = 4, ANY = PRE | IDX | GEN };

struct version {
	const char *name;
	enum generation generation;
	const struct hr_search_def *search;
	double limit_factor;
};

static const struct version versions[] = {
    {"pre", PRE, &hr_search_go118, 95.0},
    {"go1.19", IDX, &hr_search_go119, 95.0},
    {"go1.21", GEN, &hr_search_go121, 95.0},
    {"go1.26", GEN, &hr_search_go122, 1 - 5 / 100.0},
};

struct handle {
	uint64_t page, npages; /* page HR_NO_PAGE: nothing was allocated */
};

struct oracle {
	const struct version *version;
	const struct hr_geometry *geometry;
	uint64_t base_chunk, base_page; /* of relative numbers */
	uint64_t line;

	uint64_t phys_page_bytes, huge_page_bytes;
	struct hr_pagealloc *pages; /* NULL before "new" */
	struct hr_pagemap map;
	struct hr_search *search;
	struct hr_pagecache caches[CACHES];
	struct handle *handles;
	size_t nhandles, handles_cap;

	bool quiet;
	uint64_t trace; /* of what quiet keeps back */

	struct hr_pi pi;
	struct hr_bg bg;
	struct hr_ranges ranges;
	struct hr_search_addr box;
	struct hr_index_bits bits;
	struct hr_index_density density;
};

static _Noreturn __attribute__((format(printf, 2, 3))) void die(const struct oracle *o, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "driver: line %" PRIu64 ": ", o->line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* --- saying ---------------------------------------------------------------- */

static uint64_t fold(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	while (n-- > 0)
		hash = (hash ^ *b++) * FNV_PRIME;
	return hash;
}

/* Little-endian, `bytes` of it. */
static uint64_t fold_int(uint64_t hash, uint64_t x, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, x >>= 8)
		hash = (hash ^ (x & 0xff)) * FNV_PRIME;
	return hash;
}

/* A result that is printed even when quiet. */
static __attribute__((format(printf, 2, 3))) void print(const struct oracle *o, const char *fmt, ...)
{
	va_list ap;

	printf("%" PRIu64 " ", o->line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static __attribute__((format(printf, 2, 3))) void say(struct oracle *o, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text) - 1)
		die(o, "an answer is too long");
	if (!o->quiet) {
		print(o, "%s", text);
		return;
	}
	text[n] = '\n';
	o->trace = fold(o->trace, text, (size_t)n + 1);
}

static int64_t rel_page(const struct oracle *o, uint64_t page)
{
	return (int64_t)(page - o->base_page);
}

static int64_t rel_chunk(const struct oracle *o, uint64_t chunk)
{
	return (int64_t)(chunk - o->base_chunk);
}

static uint64_t double_bits(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

#define HEX_BITMAP (HR_CHUNK_PAGES / 4 + 1)

static const char *format_bitmap(char buf[HEX_BITMAP], const uint64_t *bits)
{
	for (unsigned i = 0; i < HR_CHUNK_PAGES / 8; i++)
		sprintf(buf + 2 * i, "%02x", (unsigned)(bits[i / 8] >> i % 8 * 8 & 0xff));
	return buf;
}

/* --- reading --------------------------------------------------------------- */

struct words {
	char *at[1024];
	int n;
};

static uint64_t number(const struct oracle *o, const char *s)
{
	uint64_t n;

	if (!hr_parse_u64(s, &n))
		die(o, "not a number: %s", s);
	return n;
}

static int64_t signed_number(const struct oracle *o, const char *s)
{
	uint64_t n = number(o, s + (*s == '-'));

	if (n > INT64_MAX)
		die(o, "too large: %s", s);
	return *s == '-' ? -(int64_t)n : (int64_t)n;
}

static unsigned number_to(const struct oracle *o, const char *s, uint64_t min, uint64_t max)
{
	uint64_t n = number(o, s);

	if (n < min || n > max)
		die(o, "out of range: %s", s);
	return (unsigned)n;
}

/* A chunk, or one past the last, of the address space. */
static uint64_t chunk_number(const struct oracle *o, const char *s)
{
	uint64_t chunk = o->base_chunk + (uint64_t)signed_number(o, s);

	if (chunk > o->geometry->chunks)
		die(o, "not in the address space: %s", s);
	return chunk;
}

static uint64_t page_number(const struct oracle *o, const char *s)
{
	uint64_t page = o->base_page + (uint64_t)signed_number(o, s);

	if (page > hr_chunk_page(o->geometry->chunks))
		die(o, "not in the address space: %s", s);
	return page;
}

static uint64_t bytes_or_max(const struct oracle *o, const char *s)
{
	if (strcmp(s, "max") == 0)
		return o->geometry->address_bits == 32 ? UINT32_MAX : UINT64_MAX;
	return number(o, s);
}

static uint64_t hex(const struct oracle *o, const char *s)
{
	char *end;
	uint64_t x;

	errno = 0;
	x = strtoull(s, &end, 16);
	if (end == s || *end != '\0' || errno != 0)
		die(o, "not a hexadecimal number: %s", s);
	return x;
}

static void bitmap(const struct oracle *o, const char *s, hr_bitmap b)
{
	memset(b, 0, sizeof(hr_bitmap));
	if (strlen(s) != HR_CHUNK_PAGES / 4)
		die(o, "not a bitmap: %s", s);
	for (unsigned i = 0; i < HR_CHUNK_PAGES / 8; i++) {
		char byte[3] = {s[2 * i], s[2 * i + 1], '\0'};

		b[i / 8] |= hex(o, byte) << i % 8 * 8;
	}
}

/* Decimal, or "b:" and the bits. */
static double real(const struct oracle *o, const char *s)
{
	char *end;
	double x;

	if (strncmp(s, "b:", 2) == 0) {
		uint64_t bits = hex(o, s + 2);

		memcpy(&x, &bits, sizeof(x));
		return x;
	}
	x = strtod(s, &end);
	if (end == s || *end != '\0')
		die(o, "not a number: %s", s);
	return x;
}

/* "first<sep>second" into two decimal numbers; *s moves past them. */
static bool pair(const char **s, char sep, uint64_t *first, uint64_t *second)
{
	char *end;

	*first = strtoull(*s, &end, 10);
	if (end == *s || *end != sep)
		return false;
	*s = end + 1;
	*second = strtoull(*s, &end, 10);
	if (end == *s)
		return false;
	*s = end;
	return true;
}

static struct hr_summary summary(const struct oracle *o, const char *s)
{
	uint64_t start, max, end;
	const char *at = s;
	char *stop;

	if (!pair(&at, ',', &start, &max) || *at != ',')
		die(o, "not a summary: %s", s);
	end = strtoull(at + 1, &stop, 10);
	if (*stop != '\0')
		die(o, "not a summary: %s", s);
	return (struct hr_summary){(uint32_t)start, (uint32_t)max, (uint32_t)end};
}

/* --- the heap -------------------------------------------------------------- */

/* The runtime's scavenger frees what it has released to the page allocator, which lowers the search address. */
static void on_release(void *ctx, uint64_t page, unsigned npages)
{
	struct oracle *o = ctx;

	hr_pagemap_release_pages(&o->map, page, npages);
	hr_pagealloc_lower_search(o->pages, page);
}

static void drop_heap(struct oracle *o)
{
	if (o->pages == NULL)
		return;
	o->version->search->destroy(o->search);
	hr_pagemap_release(&o->map);
	hr_pagealloc_free(o->pages);
	o->pages = NULL;
}

static void op_new(struct oracle *o, const struct words *w)
{
	static const struct hr_search_options as_in_production;
	const struct hr_search_heap searched = {.map = &o->map, .release = on_release, .ctx = o};
	struct hr_error err;

	(void)w;
	drop_heap(o);
	if (hr_pagemap_init(&o->map, o->geometry, o->phys_page_bytes, o->huge_page_bytes, &err) != HR_OK)
		die(o, "%s", err.text);
	o->pages = hr_pagealloc_new(o->geometry);
	o->search = o->version->search->create(&searched, &as_in_production);
	if (o->pages == NULL || o->search == NULL)
		die(o, "out of memory");
	memset(o->caches, 0, sizeof(o->caches));
	o->nhandles = 0;
}

static void op_physpage(struct oracle *o, const struct words *w)
{
	o->phys_page_bytes = number_to(o, w->at[1], 4096, 512 << 10);
	if (!hr_is_pow2(o->phys_page_bytes))
		die(o, "not a power of two");
	o->map.phys_page_bytes = o->phys_page_bytes;
}

static void op_hugepage(struct oracle *o, const struct words *w)
{
	o->huge_page_bytes = number_to(o, w->at[1], 0, HR_CHUNK_BYTES);
	if (o->huge_page_bytes != 0 && !hr_is_pow2(o->huge_page_bytes))
		die(o, "not a power of two");
	o->map.huge_page_bytes = o->huge_page_bytes;
}

static void grow(struct oracle *o, uint64_t chunk, uint64_t nchunks)
{
	if (nchunks == 0 || nchunks > o->geometry->chunks || hr_pagealloc_grow(o->pages, chunk, nchunks) != HR_OK)
		die(o, "can't grow by that");
	/* A script's page size is for scavenging only: the runtime that answered mapped its index by its machine's. */
	o->map.phys_page_bytes = 4096;
	if (hr_pagemap_grow(&o->map, chunk, nchunks) != HR_OK ||
	    o->version->search->grow(o->search, chunk, nchunks) != HR_OK)
		die(o, "out of memory");
	o->map.phys_page_bytes = o->phys_page_bytes;
}

static void op_grow(struct oracle *o, const struct words *w)
{
	grow(o, chunk_number(o, w->at[1]), number(o, w->at[2]));
}

static void tell_alloc(struct oracle *o, uint64_t page, uint64_t npages)
{
	if (o->version->search->alloc != NULL)
		o->version->search->alloc(o->search, page, npages);
}

static void add_handle(struct oracle *o, uint64_t page, uint64_t npages)
{
	if (!hr_reserve(&o->handles, &o->handles_cap, o->nhandles + 1, sizeof(*o->handles)))
		die(o, "out of memory");
	o->handles[o->nhandles++] = (struct handle){page, npages};
}

/* Takes pages from the heap. *scavenged: bytes of them that were. HR_NO_PAGE: none. */
static uint64_t alloc(struct oracle *o, uint64_t npages, uint64_t *scavenged)
{
	uint64_t page;

	if (npages == 0)
		die(o, "no pages");
	page = hr_pagealloc_alloc(o->pages, npages);
	if (page == HR_NO_PAGE)
		return page;
	*scavenged = hr_pagemap_alloc(&o->map, page, npages) * HR_PAGE_BYTES;
	tell_alloc(o, page, npages);
	return page;
}

static void op_a(struct oracle *o, const struct words *w)
{
	uint64_t npages = number(o, w->at[1]), scavenged, page = alloc(o, npages, &scavenged);

	add_handle(o, page, npages);
	if (page == HR_NO_PAGE)
		say(o, "a oom");
	else
		say(o, "a %" PRId64 " %" PRIu64, rel_page(o, page), scavenged);
}

static void free_pages(struct oracle *o, uint64_t page, uint64_t npages)
{
	if (npages == 0 || !hr_pagealloc_is_used(o->pages, page, npages))
		die(o, "these pages aren't in use");
	hr_pagealloc_free_range(o->pages, page, npages);
	if (o->version->search->free != NULL)
		o->version->search->free(o->search, page, npages);
	hr_pagemap_free(&o->map, page, npages);
}

static const struct handle *handle(const struct oracle *o, const char *s)
{
	uint64_t h = number(o, s);

	if (h >= o->nhandles)
		die(o, "no such handle: %s", s);
	return &o->handles[h];
}

static void op_f(struct oracle *o, const struct words *w)
{
	const struct handle *h = handle(o, w->at[1]);

	if (h->page != HR_NO_PAGE)
		free_pages(o, h->page, h->npages);
}

static void op_fp(struct oracle *o, const struct words *w)
{
	const struct handle *h = handle(o, w->at[1]);
	uint64_t offset = number(o, w->at[2]), npages = number(o, w->at[3]);

	if (h->page == HR_NO_PAGE)
		return;
	if (offset > h->npages || npages > h->npages - offset)
		die(o, "not in the handle");
	free_pages(o, h->page + offset, npages);
}

static void op_free(struct oracle *o, const struct words *w)
{
	free_pages(o, page_number(o, w->at[1]), number(o, w->at[2]));
}

static void op_ar(struct oracle *o, const struct words *w)
{
	uint64_t page = page_number(o, w->at[1]), npages = number(o, w->at[2]), scavenged;

	if (npages == 0 || !hr_pagealloc_is_free(o->pages, page, npages))
		die(o, "these pages aren't free");
	hr_pagealloc_alloc_range(o->pages, page, npages);
	scavenged = hr_pagemap_alloc(&o->map, page, npages);
	tell_alloc(o, page, npages);
	say(o, "ar %" PRIu64, scavenged * HR_PAGE_BYTES);
}

static void op_markpad(struct oracle *o, const struct words *w)
{
	uint64_t page = page_number(o, w->at[1]), npages = number(o, w->at[2]);

	if (strcmp(o->version->name, "go1.26") != 0)
		die(o, "only Go 1.26 pads");
	if (npages == 0 || !hr_pagealloc_is_free(o->pages, page, npages))
		die(o, "these pages aren't free");
	hr_pagealloc_alloc_range(o->pages, page, npages);
	hr_pagemap_pad(&o->map, page, npages);
	tell_alloc(o, page, npages);
}

/* --- page caches --- */

static void fill(struct oracle *o, unsigned p)
{
	struct hr_pagecache *c = &o->caches[p];

	hr_pagealloc_cache_fill(o->pages, c);
	if (hr_pagemap_cache_fill(&o->map, p, c->base, c->free) != HR_OK)
		die(o, "out of memory");
	if (c->free != 0 && o->version->search->cache_fill != NULL)
		o->version->search->cache_fill(o->search, c->base, c->free);
}

static uint64_t cache_alloc(struct oracle *o, unsigned p, unsigned npages, uint64_t *scavenged)
{
	uint64_t page = hr_pagecache_alloc(&o->caches[p], npages);

	if (page != HR_NO_PAGE)
		*scavenged = hr_pagemap_cache_use(&o->map, p, page, npages) * HR_PAGE_BYTES;
	return page;
}

static void op_c(struct oracle *o, const struct words *w)
{
	unsigned p = number_to(o, w->at[1], 0, CACHES - 1);
	uint64_t npages = number(o, w->at[2]), page = HR_NO_PAGE, scavenged;
	const char *from = "cache";

	if (npages < HR_CACHE_MAX_ALLOC && npages > 0) {
		if (o->caches[p].free == 0)
			fill(o, p);
		page = cache_alloc(o, p, (unsigned)npages, &scavenged);
	}
	if (page == HR_NO_PAGE) {
		from = "heap";
		page = alloc(o, npages, &scavenged);
	}
	add_handle(o, page, npages);
	if (page == HR_NO_PAGE)
		say(o, "c oom");
	else
		say(o, "c %" PRId64 " %" PRIu64 " %s", rel_page(o, page), scavenged, from);
}

static void say_cache(struct oracle *o, const char *op, unsigned p)
{
	struct hr_cache_bits c = hr_pagemap_cache(&o->map, p);
	bool zero = c.base == 0 && c.free == 0 && c.scavenged == 0;

	if (c.free != o->caches[p].free || (c.free != 0 && c.base != o->caches[p].base))
		die(o, "the map's page cache isn't the allocator's");
	say(o, "%s %" PRId64 " %016" PRIx64 " %016" PRIx64, op, zero ? 0 : rel_page(o, c.base), c.free, c.scavenged);
}

static void op_cfill(struct oracle *o, const struct words *w)
{
	unsigned p = number_to(o, w->at[1], 0, CACHES - 1);

	fill(o, p);
	say_cache(o, "cfill", p);
}

static void op_cshow(struct oracle *o, const struct words *w)
{
	say_cache(o, "cshow", number_to(o, w->at[1], 0, CACHES - 1));
}

static void op_cget(struct oracle *o, const struct words *w)
{
	unsigned p = number_to(o, w->at[1], 0, CACHES - 1), npages = number_to(o, w->at[2], 1, 64);
	uint64_t scavenged, page = cache_alloc(o, p, npages, &scavenged);

	add_handle(o, page, npages);
	if (page == HR_NO_PAGE)
		say(o, "cget none");
	else
		say(o, "cget %" PRId64 " %" PRIu64, rel_page(o, page), scavenged);
}

static void op_cflush(struct oracle *o, const struct words *w)
{
	unsigned p = number_to(o, w->at[1], 0, CACHES - 1);
	struct hr_pagecache *c = &o->caches[p];

	if (c->free != 0 && o->version->search->cache_flush != NULL)
		o->version->search->cache_flush(o->search, c->base, c->free);
	hr_pagealloc_cache_flush(o->pages, c);
	hr_pagemap_cache_flush(&o->map, p);
}

/* --- a chunk in a given state, as the runtime's test constructor makes it --- */

static void each_range(struct oracle *o, const char *s,
		       void (*f)(struct oracle *o, uint64_t chunk, unsigned i, unsigned n), uint64_t chunk)
{
	uint64_t i, n;

	for (const char *at = s; *at != '\0'; at += *at == ',') {
		if (!pair(&at, ':', &i, &n) || (*at != ',' && *at != '\0') || i > HR_CHUNK_PAGES ||
		    n > HR_CHUNK_PAGES - i)
			die(o, "not pages of a chunk: %s", s);
		if (n > 0)
			f(o, chunk, (unsigned)i, (unsigned)n);
	}
}

static void set_scavenged(struct oracle *o, uint64_t chunk, unsigned i, unsigned n)
{
	hr_bitmap_set(hr_pagemap_chunk(&o->map, chunk)->scavenged, i, n);
}

static void set_used(struct oracle *o, uint64_t chunk, unsigned i, unsigned n)
{
	uint64_t page = hr_chunk_page(chunk) + i;

	hr_pagealloc_alloc_range(o->pages, page, n);
	hr_pagemap_alloc(&o->map, page, n);
	tell_alloc(o, page, n);
}

static void op_chunk(struct oracle *o, const struct words *w)
{
	uint64_t chunk = chunk_number(o, w->at[1]), page = hr_chunk_page(chunk);
	uint64_t min_pages = hr_div_up(o->phys_page_bytes, HR_PAGE_BYTES);

	grow(o, chunk, 1);
	hr_pagemap_alloc(&o->map, page, HR_CHUNK_PAGES);
	hr_pagemap_free(&o->map, page, HR_CHUNK_PAGES);
	if (o->version->generation == GEN) {
		tell_alloc(o, page, HR_CHUNK_PAGES);
		o->version->search->free(o->search, page, HR_CHUNK_PAGES);
	}
	/* Used pages win over scavenged ones. */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 2; i < w->n; i++) {
			bool used = strncmp(w->at[i], "A=", 2) == 0;

			if (!used && strncmp(w->at[i], "S=", 2) != 0)
				die(o, "neither A= nor S=: %s", w->at[i]);
			if (used == (pass == 1))
				each_range(o, w->at[i] + 2, used ? set_used : set_scavenged, chunk);
		}
	}
	if (o->version->generation == IDX &&
	    hr_find_candidate(hr_pagemap_chunk(&o->map, chunk), HR_CHUNK_PAGES - 1, min_pages, min_pages,
			      o->phys_page_bytes, o->huge_page_bytes)
		    .npages > 0)
		o->version->search->free(o->search, page, HR_CHUNK_PAGES);
}

/* --- scavenging --- */

static bool is_forced(const struct oracle *o, const struct words *w, int i)
{
	if (w->n <= i)
		return false;
	if (o->version->generation != GEN || strcmp(w->at[i], "force") != 0)
		die(o, "not for this version: %s", w->at[i]);
	return true;
}

static void op_scav(struct oracle *o, const struct words *w)
{
	say(o, "scav %" PRIu64, o->version->search->scavenge(o->search, bytes_or_max(o, w->at[1]), is_forced(o, w, 2)));
}

static void op_startgen(struct oracle *o, const struct words *w)
{
	(void)w;
	o->version->search->start_gen(o->search);
}

static void op_nextgen(struct oracle *o, const struct words *w)
{
	(void)w;
	o->version->search->next_gen(o->search);
}

static void say_hit(struct oracle *o, const char *op, struct hr_index_hit hit)
{
	if (hit.found)
		say(o, "%s %" PRId64 " %u", op, rel_chunk(o, hit.chunk), hit.page);
	else
		say(o, "%s none", op);
}

static void op_find(struct oracle *o, const struct words *w)
{
	bool force = is_forced(o, w, 1);

	say_hit(o, "find",
		o->version->generation == IDX ? hr_index_bits_find(hr_search_bits(o->search))
					      : hr_index_density_find(hr_search_density(o->search), force));
}

static void op_sone(struct oracle *o, const struct words *w)
{
	uint64_t chunk = chunk_number(o, w->at[1]), bytes = bytes_or_max(o, w->at[3]);
	unsigned page = number_to(o, w->at[2], 0, HR_CHUNK_PAGES - 1);

	if (!hr_pagealloc_has_chunk(o->pages, chunk))
		die(o, "no such chunk: %s", w->at[1]);
	say(o, "sone %" PRIu64,
	    o->version->generation == IDX ? hr_search_bits_one(o->search, chunk, page, bytes)
					  : hr_search_density_one(o->search, chunk, page, bytes, false));
}

/* --- looking --- */

struct cursor {
	size_t range;
	uint64_t chunk;
};

/* The chunks of the heap in turn; false at the end. */
static bool next_chunk(const struct oracle *o, struct cursor *at, uint64_t *chunk)
{
	const struct hr_ranges *r = hr_pagealloc_ranges(o->pages);

	if (at->range < r->n && at->chunk >= hr_chunk_of(r->at[at->range].limit))
		at->range++;
	if (at->range >= r->n)
		return false;
	if (at->chunk < hr_chunk_of(r->at[at->range].base))
		at->chunk = hr_chunk_of(r->at[at->range].base);
	*chunk = at->chunk++;
	return true;
}

static struct hr_summary leaf(const struct oracle *o, uint64_t chunk)
{
	return hr_summary_unpack(hr_pagealloc_summary(o->pages, o->geometry->levels - 1, chunk),
				 o->geometry->pack_bits);
}

/* The allocator's bits, which must be the map's. */
static const uint64_t *alloc_bits(const struct oracle *o, uint64_t chunk)
{
	const uint64_t *bits = hr_pagealloc_bits(o->pages, chunk);

	if (memcmp(bits, hr_pagemap_chunk(&o->map, chunk)->alloc, sizeof(hr_bitmap)) != 0)
		die(o, "chunk %" PRId64 ": the map isn't what was allocated", rel_chunk(o, chunk));
	return bits;
}

static void op_state(struct oracle *o, const struct words *w)
{
	char used[HEX_BITMAP], scavenged[HEX_BITMAP];
	struct cursor at = {0, 0};
	uint64_t chunk, search;

	(void)w;
	while (next_chunk(o, &at, &chunk)) {
		struct hr_summary s = leaf(o, chunk);

		print(o, "chunk %" PRId64 " alloc=%s scav=%s sum=%" PRIu32 ",%" PRIu32 ",%" PRIu32, rel_chunk(o, chunk),
		      format_bitmap(used, alloc_bits(o, chunk)),
		      format_bitmap(scavenged, hr_pagemap_chunk(&o->map, chunk)->scavenged), s.start, s.max, s.end);
	}
	search = hr_pagealloc_search_page(o->pages);
	if (search == HR_NO_PAGE)
		print(o, "searchaddr max");
	else
		print(o, "searchaddr %" PRId64, rel_page(o, search));
}

static uint64_t heap_hash(const struct oracle *o)
{
	struct cursor at = {0, 0};
	uint64_t chunk, search = hr_pagealloc_search_page(o->pages), hash = FNV_BASIS;

	while (next_chunk(o, &at, &chunk)) {
		struct hr_summary s = leaf(o, chunk);

		hash = fold_int(hash, (uint64_t)rel_chunk(o, chunk), 8);
		for (unsigned i = 0; i < HR_CHUNK_WORDS; i++)
			hash = fold_int(hash, alloc_bits(o, chunk)[i], 8);
		for (unsigned i = 0; i < HR_CHUNK_WORDS; i++)
			hash = fold_int(hash, hr_pagemap_chunk(&o->map, chunk)->scavenged[i], 8);
		hash = fold_int(hash, s.start, 4);
		hash = fold_int(hash, s.max, 4);
		hash = fold_int(hash, s.end, 4);
	}
	return fold_int(hash, search == HR_NO_PAGE ? HASH_MAX : (uint64_t)rel_page(o, search), 8);
}

/* Every entry of every level that covers a chunk of the heap. */
static void each_summary(const struct oracle *o,
			 void (*f)(const struct oracle *o, int level, uint64_t index, struct hr_summary s,
				   uint64_t *hash),
			 uint64_t *hash)
{
	const struct hr_ranges *r = hr_pagealloc_ranges(o->pages);

	for (int level = 0; level < o->geometry->levels; level++) {
		uint64_t next = 0;

		for (size_t i = 0; i < r->n; i++) {
			uint64_t entry = r->at[i].base >> o->geometry->log_pages[level];

			for (entry = entry > next ? entry : next;
			     entry <= (r->at[i].limit - 1) >> o->geometry->log_pages[level]; entry++)
				f(o, level, entry,
				  hr_summary_unpack(hr_pagealloc_summary(o->pages, level, entry),
						    o->geometry->pack_bits),
				  hash);
			next = entry;
		}
	}
}

static void print_summary(const struct oracle *o, int level, uint64_t index, struct hr_summary s, uint64_t *hash)
{
	(void)hash;
	print(o, "sum %d %" PRIu64 " %" PRIu32 ",%" PRIu32 ",%" PRIu32, level, index, s.start, s.max, s.end);
}

static void hash_summary(const struct oracle *o, int level, uint64_t index, struct hr_summary s, uint64_t *hash)
{
	(void)o;
	*hash = fold_int(*hash, (uint64_t)level, 4);
	*hash = fold_int(*hash, index, 8);
	*hash = fold_int(*hash, s.start, 4);
	*hash = fold_int(*hash, s.max, 4);
	*hash = fold_int(*hash, s.end, 4);
}

static void op_sums(struct oracle *o, const struct words *w)
{
	(void)w;
	each_summary(o, print_summary, NULL);
}

static void op_sumhash(struct oracle *o, const struct words *w)
{
	uint64_t hash = FNV_BASIS;

	(void)w;
	each_summary(o, hash_summary, &hash);
	print(o, "sumhash %016" PRIx64, hash);
}

/* --- the index, in its generations --- */

#define PAGE_TEXT 32

/* A page of a box or a mark; none is "min". */
static const char *format_page(const struct oracle *o, char buf[PAGE_TEXT], uint64_t page)
{
	if (page == HR_NO_PAGE)
		strcpy(buf, "min");
	else
		snprintf(buf, PAGE_TEXT, "%" PRId64, rel_page(o, page));
	return buf;
}

static const char *format_box(const struct oracle *o, char buf[PAGE_TEXT], const struct hr_search_addr *box)
{
	bool marked;

	format_page(o, buf, hr_search_addr_load(box, &marked));
	return strcat(buf, marked ? ",marked" : ",plain");
}

static const char *format_bits(const struct oracle *o, char *buf, const struct hr_index_bits *x)
{
	char page[PAGE_TEXT];

	sprintf(buf, "search=%s", format_box(o, page, &x->cursor));
	return buf;
}

static const char *format_density(const struct oracle *o, char *buf, const struct hr_index_density *x)
{
	char bg[PAGE_TEXT], force[PAGE_TEXT], freed[PAGE_TEXT];

	sprintf(buf, "gen=%" PRIu32 " bg=%s force=%s freehwm=%s", atomic_load(&x->gen),
		format_box(o, bg, &x->background), format_box(o, force, &x->forced),
		format_page(o, freed, x->freed_limit - 1));
	return buf;
}

static const char *format_record(char *buf, struct hr_density d)
{
	sprintf(buf, "%016" PRIx64 " inuse=%u last=%u flags=%u gen=%" PRIu32, hr_density_pack(d), d.in_use,
		d.last_in_use, d.flags, d.gen);
	return buf;
}

/* Relative bytes of an address; what 0 and HR_WALK_MAX mean is the caller's. */
static int64_t rel_byte(const struct oracle *o, uint64_t address)
{
	return (int64_t)(address - o->base_page * HR_PAGE_BYTES);
}

static void print_walk(const struct oracle *o)
{
	const struct hr_walk *k = hr_search_walk(o->search);

	printf("%" PRIu64 " index gen=%" PRIu32 " resv=%" PRIu64, o->line, k->gen, k->reservation_bytes);
	if (k->released_low == HR_WALK_MAX)
		printf(" scavlwm=max");
	else
		printf(" scavlwm=%" PRId64, rel_byte(o, k->released_low));
	if (k->freed_high == 0)
		printf(" freehwm=min");
	else
		printf(" freehwm=%" PRId64, rel_byte(o, k->freed_high));
	printf(" inuse=");
	for (size_t i = 0; i < k->todo.n; i++)
		printf("%s%" PRId64 ":%" PRId64, i > 0 ? "," : "", rel_byte(o, k->todo.at[i].base),
		       rel_byte(o, k->todo.at[i].limit));
	putchar('\n');
}

static void op_index(struct oracle *o, const struct words *w)
{
	struct cursor at = {0, 0};
	char text[256];
	uint64_t chunk;

	(void)w;
	switch (o->version->generation) {
	case IDX:
		print(o, "index %s", format_bits(o, text, hr_search_bits(o->search)));
		while (next_chunk(o, &at, &chunk))
			print(o, "ichunk %" PRId64 " %d", rel_chunk(o, chunk),
			      hr_index_bits_is_marked(hr_search_bits(o->search), chunk));
		break;
	case GEN:
		print(o, "index %s", format_density(o, text, hr_search_density(o->search)));
		while (next_chunk(o, &at, &chunk))
			print(o, "ichunk %" PRId64 " %s", rel_chunk(o, chunk),
			      format_record(text, hr_index_density_record(hr_search_density(o->search), chunk)));
		break;
	default:
		print_walk(o);
	}
}

static uint64_t walk_hash(const struct oracle *o)
{
	const struct hr_walk *k = hr_search_walk(o->search);
	uint64_t hash = FNV_BASIS;

	hash = fold_int(hash, k->gen, 8);
	hash = fold_int(hash, k->reservation_bytes, 8);
	hash = fold_int(hash, k->released_low == HR_WALK_MAX ? HASH_MAX : (uint64_t)rel_byte(o, k->released_low), 8);
	hash = fold_int(hash, k->freed_high == 0 ? HASH_MIN : (uint64_t)rel_byte(o, k->freed_high), 8);
	hash = fold_int(hash, k->todo.n, 8);
	for (size_t i = 0; i < k->todo.n; i++) {
		hash = fold_int(hash, (uint64_t)rel_byte(o, k->todo.at[i].base), 8);
		hash = fold_int(hash, (uint64_t)rel_byte(o, k->todo.at[i].limit), 8);
	}
	return hash;
}

static uint64_t fold_page(const struct oracle *o, uint64_t hash, uint64_t page)
{
	return fold_int(hash, page == HR_NO_PAGE ? HASH_MIN : (uint64_t)rel_page(o, page), 8);
}

static uint64_t fold_box(const struct oracle *o, uint64_t hash, const struct hr_search_addr *box)
{
	bool marked;
	uint64_t page = hr_search_addr_load(box, &marked);

	return fold_page(o, fold_int(hash, marked, 8), page);
}

static uint64_t index_hash(const struct oracle *o)
{
	struct cursor at = {0, 0};
	uint64_t chunk, hash = FNV_BASIS;

	if (o->version->generation == PRE)
		return walk_hash(o);
	if (o->version->generation == IDX) {
		const struct hr_index_bits *x = hr_search_bits(o->search);

		hash = fold_box(o, hash, &x->cursor);
		while (next_chunk(o, &at, &chunk))
			hash = fold_int(hash, hr_index_bits_is_marked(x, chunk), 1);
	} else {
		const struct hr_index_density *x = hr_search_density(o->search);

		hash = fold_int(hash, atomic_load(&x->gen), 8);
		hash = fold_box(o, hash, &x->background);
		hash = fold_box(o, hash, &x->forced);
		hash = fold_page(o, hash, x->freed_limit - 1);
		while (next_chunk(o, &at, &chunk))
			hash = fold_int(hash, hr_density_pack(hr_index_density_record(x, chunk)), 8);
	}
	return hash;
}

static const char *format_trace(const struct oracle *o, char buf[17])
{
	if (o->quiet)
		sprintf(buf, "%016" PRIx64, o->trace);
	else
		strcpy(buf, "-");
	return buf;
}

static void op_hash(struct oracle *o, const struct words *w)
{
	char trace[17];

	(void)w;
	print(o, "hash %016" PRIx64 " %016" PRIx64 " %s", heap_hash(o), index_hash(o), format_trace(o, trace));
}

static void op_hhash(struct oracle *o, const struct words *w)
{
	char trace[17];

	(void)w;
	print(o, "hhash %016" PRIx64 " %s", heap_hash(o), format_trace(o, trace));
}

static void op_quiet(struct oracle *o, const struct words *w)
{
	o->quiet = number_to(o, w->at[1], 0, 1);
	if (o->quiet)
		o->trace = FNV_BASIS;
}

/* --- units: bitmaps, summaries, caches ------------------------------------- */

static void op_fillaligned(struct oracle *o, const struct words *w)
{
	unsigned m = number_to(o, w->at[2], 1, 64);

	if (!hr_is_pow2(m))
		die(o, "not a power of two");
	say(o, "fillaligned %016" PRIx64, hr_fill_aligned(hex(o, w->at[1]), m));
}

static void op_candidate(struct oracle *o, const struct words *w)
{
	unsigned from = number_to(o, w->at[1], 0, HR_CHUNK_PAGES - 1), min_pages = number_to(o, w->at[2], 1, 64);
	uint64_t huge_page_bytes = number_to(o, w->at[4], 0, HR_CHUNK_BYTES);
	struct hr_chunk_bits bits;
	struct hr_candidate c;

	if (!hr_is_pow2(min_pages) || (huge_page_bytes != 0 && !hr_is_pow2(huge_page_bytes)))
		die(o, "not a power of two");
	bitmap(o, w->at[5], bits.alloc);
	bitmap(o, w->at[6], bits.scavenged);
	c = hr_find_candidate(&bits, from, min_pages, number(o, w->at[3]), o->phys_page_bytes, huge_page_bytes);
	say(o, "candidate %u %u", c.start, c.npages);
}

static void op_summarize(struct oracle *o, const struct words *w)
{
	struct hr_summary s;
	hr_bitmap bits;

	bitmap(o, w->at[1], bits);
	s = hr_bitmap_summarize(bits);
	say(o, "summarize %" PRIu32 ",%" PRIu32 ",%" PRIu32, s.start, s.max, s.end);
}

static void op_packsum(struct oracle *o, const struct words *w)
{
	struct hr_summary s = {(uint32_t)number(o, w->at[1]), (uint32_t)number(o, w->at[2]),
			       (uint32_t)number(o, w->at[3])};

	say(o, "packsum %016" PRIx64, hr_summary_pack(s, o->geometry->pack_bits));
}

static void op_mergesums(struct oracle *o, const struct words *w)
{
	uint64_t packed[64];
	unsigned n = (unsigned)w->n - 2;
	struct hr_summary s;

	for (unsigned i = 0; i < n; i++)
		packed[i] = hr_summary_pack(summary(o, w->at[2 + i]), o->geometry->pack_bits);
	s = hr_summary_merge(packed, n, (int)number_to(o, w->at[1], 0, 30), o->geometry->pack_bits);
	say(o, "mergesums %" PRIu32 ",%" PRIu32 ",%" PRIu32 " %016" PRIx64, s.start, s.max, s.end,
	    hr_summary_pack(s, o->geometry->pack_bits));
}

static void op_findbits(struct oracle *o, const struct words *w)
{
	unsigned n = number_to(o, w->at[1], 1, HR_CHUNK_PAGES), from = number_to(o, w->at[2], 0, HR_CHUNK_PAGES - 1);
	unsigned first_free, run;
	hr_bitmap bits;

	bitmap(o, w->at[3], bits);
	run = hr_bitmap_find(bits, n, from, &first_free);
	if (run == HR_CHUNK_PAGES)
		say(o, "findbits none");
	else
		say(o, "findbits %u %u", run, first_free);
}

static void op_bitrange64(struct oracle *o, const struct words *w)
{
	unsigned i = hr_find_bit_range64(hex(o, w->at[1]), number_to(o, w->at[2], 1, 64));

	if (i == 64)
		say(o, "bitrange64 none");
	else
		say(o, "bitrange64 %u", i);
}

static void op_pcalloc(struct oracle *o, const struct words *w)
{
	struct hr_cache_bits bits = {page_number(o, w->at[1]), hex(o, w->at[2]), hex(o, w->at[3])};
	struct hr_pagecache cache = {bits.base, bits.free};
	struct hr_pagemap map = {.caches = &bits, .ncaches = 1};
	unsigned npages = number_to(o, w->at[4], 1, 64), scavenged;
	uint64_t page = hr_pagecache_alloc(&cache, npages);

	if (page == HR_NO_PAGE) {
		say(o, "pcalloc none %016" PRIx64 " %016" PRIx64, bits.free, bits.scavenged);
		return;
	}
	scavenged = hr_pagemap_cache_use(&map, 0, page, npages);
	if (bits.free != cache.free)
		die(o, "the map's page cache isn't the allocator's");
	say(o, "pcalloc %" PRId64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64, rel_page(o, page),
	    scavenged * HR_PAGE_BYTES, bits.free, bits.scavenged);
}

static void op_packsc(struct oracle *o, const struct words *w)
{
	struct hr_density d = {
	    .gen = (uint32_t)number(o, w->at[1]),
	    .in_use = (uint16_t)number(o, w->at[2]),
	    .last_in_use = (uint16_t)number(o, w->at[3]),
	    .flags = (uint8_t)number(o, w->at[4]),
	};

	say(o, "packsc %016" PRIx64, hr_density_pack(d));
}

/* --- units: pacing --------------------------------------------------------- */

static void op_pinew(struct oracle *o, const struct words *w)
{
	o->pi = (struct hr_pi){.kp = real(o, w->at[1]),
			       .ti = real(o, w->at[2]),
			       .tt = real(o, w->at[3]),
			       .min = real(o, w->at[4]),
			       .max = real(o, w->at[5])};
}

static void op_pi(struct oracle *o, const struct words *w)
{
	double out;
	bool ok = hr_pi_next(&o->pi, real(o, w->at[1]), real(o, w->at[2]), real(o, w->at[3]), &out);

	say(o, "pi %016" PRIx64 " %d errint=%016" PRIx64 " eo=%d io=%d", double_bits(out), ok,
	    double_bits(o->pi.err_integral), o->pi.err_overflow, o->pi.input_overflow);
}

static void op_scavnew(struct oracle *o, const struct words *w)
{
	(void)w;
	hr_bg_init(&o->bg, &hr_bg_runtime);
}

static void op_sleep(struct oracle *o, const struct words *w)
{
	double worked_ns = real(o, w->at[1]);
	int64_t request_ns = hr_bg_sleep_request(&o->bg, worked_ns);

	hr_bg_slept(&o->bg, worked_ns, (double)signed_number(o, w->at[2]), number_to(o, w->at[3], 0, UINT32_MAX));
	say(o, "sleep %" PRId64 " ratio=%016" PRIx64 " cooldown=%" PRId64 " reset=%d errint=%016" PRIx64, request_ns,
	    double_bits(o->bg.sleep_ratio), o->bg.cooldown_ns, o->bg.reset, double_bits(o->bg.pi.err_integral));
	o->bg.reset = false;
}

static void op_run(struct oracle *o, const struct words *w)
{
	int calls = 0, stops = 0;
	bool goes_on = true;

	hr_bg_burst_begin(&o->bg);
	while (goes_on) {
		const char *s = w->at[1 + calls];
		uint64_t bytes, ns;

		stops++; /* shouldStop: when the list is used up */
		if (1 + calls == w->n)
			break;
		calls++;
		if (!pair(&s, ':', &bytes, &ns) || *s != '\0')
			die(o, "not bytes and time: %s", w->at[calls]);
		goes_on = hr_bg_burst_step(&o->bg, bytes, (double)ns, o->phys_page_bytes);
	}
	say(o, "run %" PRIu64 " %016" PRIx64 " calls=%d stops=%d", o->bg.released_bytes, double_bits(o->bg.worked_ns),
	    calls, stops);
}

static void op_pace(struct oracle *o, const struct words *w)
{
	struct hr_pace_input in = {
	    .memory_limit_bytes = number(o, w->at[1]),
	    .mapped_ready_bytes = number(o, w->at[2]),
	    .heap_goal_bytes = number(o, w->at[3]),
	    .last_heap_goal_bytes = number(o, w->at[4]),
	    .last_heap_in_use_bytes = number(o, w->at[5]),
	    .in_use_bytes = number(o, w->at[6]),
	    .free_bytes = number(o, w->at[7]),
	    .phys_page_bytes = number(o, w->at[8]),
	};
	struct hr_pace_rules rules = {.retain_extra_percent = 10, .limit_factor = o->version->limit_factor};
	struct hr_goals g = hr_pace(&in, &rules, o->geometry->address_bits);

	say(o, "pace gcpercent=%" PRIu64 " memlimit=%" PRIu64, g.gc_percent_bytes, g.memory_limit_bytes);
}

/* --- units: ranges, search addresses --------------------------------------- */

static void op_arnew(struct oracle *o, const struct words *w)
{
	(void)w;
	hr_ranges_release(&o->ranges);
}

static void op_aradd(struct oracle *o, const struct words *w)
{
	if (!hr_ranges_add(&o->ranges, number(o, w->at[1]), number(o, w->at[2])))
		die(o, "can't be added");
}

static void op_arremovege(struct oracle *o, const struct words *w)
{
	hr_ranges_remove_from(&o->ranges, number(o, w->at[1]));
}

static void op_arsucc(struct oracle *o, const struct words *w)
{
	say(o, "arsucc %zu", hr_ranges_succ(&o->ranges, number(o, w->at[1])));
}

static void op_arge(struct oracle *o, const struct words *w)
{
	uint64_t page = hr_ranges_ceil(&o->ranges, number(o, w->at[1]));

	if (page == HR_NO_PAGE)
		say(o, "arge none");
	else
		say(o, "arge %" PRIu64, page);
}

static void op_arcontains(struct oracle *o, const struct words *w)
{
	say(o, "arcontains %d", hr_ranges_contains(&o->ranges, number(o, w->at[1])));
}

static void op_arremovelast(struct oracle *o, const struct words *w)
{
	struct hr_range r = hr_ranges_remove_last(&o->ranges, number(o, w->at[1]));

	if (r.base == r.limit)
		say(o, "arremovelast none");
	else
		say(o, "arremovelast %" PRIu64 ":%" PRIu64, r.base, r.limit);
}

static void op_arstate(struct oracle *o, const struct words *w)
{
	char text[400];
	size_t n = (size_t)snprintf(text, sizeof(text), "arstate total=%" PRIu64, o->ranges.total_pages);

	(void)w;
	for (size_t i = 0; i < o->ranges.n && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %" PRIu64 ":%" PRIu64, o->ranges.at[i].base,
				      o->ranges.at[i].limit);
	if (n >= sizeof(text))
		die(o, "too many ranges");
	say(o, "%s", text);
}

static void op_oanew(struct oracle *o, const struct words *w)
{
	(void)w;
	hr_search_addr_reset(&o->box);
}

static void op_oa(struct oracle *o, const struct words *w)
{
	static const char *const names[] = {"load", "clear", "storemin", "storemarked", "storeunmark"};
	static const int args[] = {0, 0, 1, 1, 2};
	uint64_t page[2] = {0, 0};
	char text[PAGE_TEXT];
	int i = 0;

	while (i < 5 && strcmp(w->at[1], names[i]) != 0)
		i++;
	if (i == 5 || w->n != 2 + args[i])
		die(o, "no such thing to do with a search address");
	for (int a = 0; a < args[i]; a++)
		page[a] = page_number(o, w->at[2 + a]);
	switch (i) {
	case 1:
		hr_search_addr_clear(&o->box);
		break;
	case 2:
		hr_search_addr_store_min(&o->box, page[0]);
		break;
	case 3:
		hr_search_addr_store_marked(&o->box, page[0]);
		break;
	case 4:
		hr_search_addr_store_unmark(&o->box, page[0], page[1]);
		break;
	}
	format_box(o, text, &o->box);
	*strchr(text, ',') = ' ';
	say(o, "oa %s", text);
}

/* --- the bare index -------------------------------------------------------- */

static void drop_index(struct oracle *o)
{
	if (o->bits.words != NULL)
		hr_index_bits_release(&o->bits);
	if (o->density.records != NULL)
		hr_index_density_release(&o->density);
}

static void op_xnew(struct oracle *o, const struct words *w)
{
	uint64_t min = chunk_number(o, w->at[1]);
	bool ok;

	(void)chunk_number(o, w->at[2]);
	drop_index(o);
	ok = o->version->generation == IDX ? hr_index_bits_init(&o->bits, o->geometry)
					   : hr_index_density_init(&o->density, o->geometry);
	if (!ok)
		die(o, "out of memory");
	if (o->version->generation == GEN) {
		o->density.huge_page_flag = o->version->search == &hr_search_go121;
		hr_index_density_grow(&o->density, min);
		/* The runtime's test has not set "the highest page freed": address 0, half-way up 48-bit ones. */
		o->density.freed_limit = o->geometry->address_bits == 48;
	}
}

static void need_index(const struct oracle *o)
{
	if (o->bits.words == NULL && o->density.records == NULL)
		die(o, "no index yet");
}

static void op_xmark(struct oracle *o, const struct words *w)
{
	uint64_t page = page_number(o, w->at[1]), limit = page_number(o, w->at[2]);

	need_index(o);
	if (page >= limit)
		die(o, "no pages");
	hr_index_bits_mark(&o->bits, page, limit);
}

static uint64_t index_chunk(const struct oracle *o, const char *s)
{
	uint64_t chunk = chunk_number(o, s);

	need_index(o);
	if (chunk == o->geometry->chunks)
		die(o, "not in the address space: %s", s);
	return chunk;
}

static void op_xclear(struct oracle *o, const struct words *w)
{
	hr_index_bits_clear(&o->bits, index_chunk(o, w->at[1]));
}

/* xalloc and xfree: a call for each chunk. */
static void by_chunk(struct oracle *o, const struct words *w, bool used)
{
	uint64_t page = page_number(o, w->at[1]), limit = page_number(o, w->at[2]);

	need_index(o);
	while (page < limit) {
		uint64_t chunk = hr_chunk_of(page),
			 end = hr_chunk_page(chunk + 1) < limit ? hr_chunk_page(chunk + 1) : limit;
		unsigned in_use = hr_index_density_record(&o->density, chunk).in_use, n = (unsigned)(end - page);

		if (used ? in_use + n > HR_CHUNK_PAGES : in_use < n)
			die(o, "the runtime would throw");
		if (used)
			hr_index_density_alloc(&o->density, chunk, n);
		else
			hr_index_density_free(&o->density, chunk, hr_page_in_chunk(page), n);
		page = end;
	}
}

static void op_xalloc(struct oracle *o, const struct words *w)
{
	by_chunk(o, w, true);
}

static void op_xfree(struct oracle *o, const struct words *w)
{
	by_chunk(o, w, false);
}

static void op_xsetempty(struct oracle *o, const struct words *w)
{
	hr_index_density_set_empty(&o->density, index_chunk(o, w->at[1]));
}

static void op_xnextgen(struct oracle *o, const struct words *w)
{
	(void)w;
	need_index(o);
	hr_index_density_next_gen(&o->density);
}

static void op_xreset(struct oracle *o, const struct words *w)
{
	(void)w;
	need_index(o);
	hr_search_addr_reset(&o->density.background);
	hr_search_addr_reset(&o->density.forced);
	o->density.freed_limit = 0;
}

static void op_xfind(struct oracle *o, const struct words *w)
{
	bool force = is_forced(o, w, 1);

	need_index(o);
	say_hit(o, "xfind",
		o->version->generation == IDX ? hr_index_bits_find(&o->bits)
					      : hr_index_density_find(&o->density, force));
}

static void op_xstate(struct oracle *o, const struct words *w)
{
	char text[256];

	(void)w;
	need_index(o);
	say(o, "xstate %s",
	    o->version->generation == IDX ? format_bits(o, text, &o->bits) : format_density(o, text, &o->density));
}

static void op_xchunks(struct oracle *o, const struct words *w)
{
	uint64_t chunk = chunk_number(o, w->at[1]), limit = chunk_number(o, w->at[2]);
	char text[256];

	need_index(o);
	for (; chunk < limit; chunk++) {
		if (o->version->generation == IDX)
			say(o, "xchunk %" PRId64 " %d", rel_chunk(o, chunk), hr_index_bits_is_marked(&o->bits, chunk));
		else
			say(o, "xchunk %" PRId64 " %s", rel_chunk(o, chunk),
			    format_record(text, hr_index_density_record(&o->density, chunk)));
	}
}

/* --- ops ------------------------------------------------------------------- */

static const struct op {
	const char *name;
	unsigned generations;
	bool needs_heap;
	int min_args, max_args;
	void (*run)(struct oracle *o, const struct words *w);
} ops[] = {
    {"a", ANY, true, 1, 1, op_a},
    {"f", ANY, true, 1, 1, op_f},
    {"c", ANY, true, 2, 2, op_c},
    {"fp", ANY, true, 3, 3, op_fp},
    {"scav", ANY, true, 1, 2, op_scav},
    {"aradd", ANY, false, 2, 2, op_aradd},
    {"arcontains", ANY, false, 1, 1, op_arcontains},
    {"arge", ANY, false, 1, 1, op_arge},
    {"arnew", ANY, false, 0, 0, op_arnew},
    {"arremovege", ANY, false, 1, 1, op_arremovege},
    {"arremovelast", ANY, false, 1, 1, op_arremovelast},
    {"arstate", ANY, false, 0, 0, op_arstate},
    {"arsucc", ANY, false, 1, 1, op_arsucc},
    {"ar", ANY, true, 2, 2, op_ar},
    {"bitrange64", ANY, false, 2, 2, op_bitrange64},
    {"candidate", ANY, false, 6, 6, op_candidate},
    {"cfill", ANY, true, 1, 1, op_cfill},
    {"cflush", ANY, true, 1, 1, op_cflush},
    {"cget", ANY, true, 2, 2, op_cget},
    {"chunk", ANY, true, 1, 3, op_chunk},
    {"cshow", ANY, true, 1, 1, op_cshow},
    {"fillaligned", ANY, false, 2, 2, op_fillaligned},
    {"find", IDX | GEN, true, 0, 1, op_find},
    {"findbits", ANY, false, 3, 3, op_findbits},
    {"free", ANY, true, 2, 2, op_free},
    {"grow", ANY, true, 2, 2, op_grow},
    {"hash", ANY, true, 0, 0, op_hash},
    {"hhash", ANY, true, 0, 0, op_hhash},
    {"hugepage", ANY, false, 1, 1, op_hugepage},
    {"index", ANY, true, 0, 0, op_index},
    {"markpad", GEN, true, 2, 2, op_markpad},
    {"mergesums", ANY, false, 2, 65, op_mergesums},
    {"new", ANY, false, 0, 0, op_new},
    {"nextgen", GEN, true, 0, 0, op_nextgen},
    {"oa", ANY, false, 1, 3, op_oa},
    {"oanew", ANY, false, 0, 0, op_oanew},
    {"pace", ANY, false, 8, 8, op_pace},
    {"packsc", ANY, false, 4, 4, op_packsc},
    {"packsum", ANY, false, 3, 3, op_packsum},
    {"pcalloc", ANY, false, 4, 4, op_pcalloc},
    {"physpage", ANY, false, 1, 1, op_physpage},
    {"pi", ANY, false, 3, 3, op_pi},
    {"pinew", ANY, false, 5, 5, op_pinew},
    {"quiet", ANY, false, 1, 1, op_quiet},
    {"run", ANY, false, 0, 1000, op_run},
    {"scavnew", ANY, false, 0, 0, op_scavnew},
    {"sleep", ANY, false, 3, 3, op_sleep},
    {"sone", IDX | GEN, true, 3, 3, op_sone},
    {"startgen", PRE, true, 0, 0, op_startgen},
    {"state", ANY, true, 0, 0, op_state},
    {"sumhash", ANY, true, 0, 0, op_sumhash},
    {"summarize", ANY, false, 1, 1, op_summarize},
    {"sums", ANY, true, 0, 0, op_sums},
    {"xalloc", GEN, false, 2, 2, op_xalloc},
    {"xchunks", IDX | GEN, false, 2, 2, op_xchunks},
    {"xclear", IDX, false, 1, 1, op_xclear},
    {"xfind", IDX | GEN, false, 0, 1, op_xfind},
    {"xfree", GEN, false, 2, 2, op_xfree},
    {"xmark", IDX, false, 2, 2, op_xmark},
    {"xnew", IDX | GEN, false, 2, 2, op_xnew},
    {"xnextgen", GEN, false, 0, 0, op_xnextgen},
    {"xreset", GEN, false, 0, 0, op_xreset},
    {"xsetempty", GEN, false, 1, 1, op_xsetempty},
    {"xstate", IDX | GEN, false, 0, 0, op_xstate},
};

static void split(const struct oracle *o, char *line, struct words *w)
{
	w->n = 0;
	for (char *s = strtok(line, " \t\r\n"); s != NULL; s = strtok(NULL, " \t\r\n")) {
		if (w->n == (int)(sizeof(w->at) / sizeof(w->at[0])))
			die(o, "too many words");
		w->at[w->n++] = s;
	}
}

static void run_line(struct oracle *o, char *line)
{
	struct words w;
	size_t i = 0;

	split(o, line, &w);
	if (w.n == 0 || w.at[0][0] == '#')
		return;
	while (i < sizeof(ops) / sizeof(ops[0]) && strcmp(ops[i].name, w.at[0]) != 0)
		i++;
	if (i == sizeof(ops) / sizeof(ops[0]))
		die(o, "no such op: %s", w.at[0]);
	if (!(ops[i].generations & o->version->generation))
		die(o, "not for this version: %s", w.at[0]);
	if (w.n - 1 < ops[i].min_args || w.n - 1 > ops[i].max_args)
		die(o, "%s: %d operands", w.at[0], w.n - 1);
	if (ops[i].needs_heap && o->pages == NULL)
		die(o, "%s before new", w.at[0]);
	ops[i].run(o, &w);
}

static int usage(void)
{
	fputs("usage: driver [--address-bits=48|32] pre|go1.19|go1.21|go1.26 < SCRIPT\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct oracle o = {.phys_page_bytes = 4096, .huge_page_bytes = 2 << 20};
	int address_bits = 48;
	char *line = NULL;
	size_t cap = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--address-bits=32") == 0)
			address_bits = 32;
		else if (strcmp(argv[i], "--address-bits=48") == 0)
			address_bits = 48;
		for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++)
			if (strcmp(versions[v].name, argv[i]) == 0)
				o.version = &versions[v];
		if (argv[i][0] != '-' && o.version == NULL)
			return usage();
	}
	if (o.version == NULL)
		return usage();
	o.geometry = hr_geometry(address_bits);
	o.base_chunk = address_bits == 32 ? 256 : 0xc000;
	o.base_page = hr_chunk_page(o.base_chunk);
	hr_bg_init(&o.bg, &hr_bg_runtime);

	while (getline(&line, &cap, stdin) >= 0) {
		o.line++;
		run_line(&o, line);
	}
	free(line);
	drop_heap(&o);
	drop_index(&o);
	hr_ranges_release(&o.ranges);
	free(o.handles);
	if (ferror(stdin) || fflush(stdout) != 0) {
		fputs("driver: can't read, or can't write\n", stderr);
		return 1;
	}
	return 0;
}
