/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random op scripts for the oracle driver and the real runtime:
 *
 *     generate SEED SCRIPTS [OPS]
 *
 * prints so many scripts as one stream, of about OPS ops each, the first made
 * from SEED, the next from SEED + 1 and so on. Each begins with a comment,
 * "# script SEED", and sets all that it needs, so that it can be cut out and
 * run alone.
 *
 * The runtime dies of an invalid op (a free of a free page, a claim of a used
 * one), and the generator doesn't model placement. What keeps scripts valid:
 *
 * - Pages placed by the allocator are freed through their handle, which makes
 *   it a no-op where the allocation failed. Each page is freed once.
 * - Pages are claimed (ar) only in chunks whose state is known: tracked ones.
 *   The allocator must not reach them. Either the script does not use it yet,
 *   or the tracked chunks lie above a pool which is large enough for
 *   everything ever asked for: with first fit the high-water mark never passes
 *   the sum of all requests. At its end all chunks become untracked.
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_PAGES 512
#define MAX_CHUNKS 4096
#define MAX_PARTS 4096
#define PROCS 64
#define LOWEST (-0xc000 + 2)		  /* chunk; the heap's base is chunk 0xc000 of the address space */
#define HIGHEST ((1 << 25) - 0xc000 - 64) /* 2^47 */

/* A chunk in use. */
struct chunk {
	int32_t number;
	bool tracked;
	uint64_t used[CHUNK_PAGES / 64]; /* valid while tracked */
};

/* Pages which the script may free. */
struct part {
	int64_t start; /* offset in the handle, or the page where handle is NO_HANDLE */
	uint32_t pages;
	int32_t handle;
	bool whole; /* all of the handle */
};
#define NO_HANDLE (-1)

/* How often each op is chosen, out of their sum. */
enum op {
	OP_ALLOC,
	OP_CACHED,
	OP_FREE,
	OP_CLAIM,
	OP_SCAV,
	OP_FIND,
	OP_SONE,
	OP_CACHE,
	OP_GROW,
	OP_LOOK,
	OP_SIZES,
	OPS
};

struct script {
	uint64_t random;
	int length;			 /* ops still to print */
	struct chunk chunks[MAX_CHUNKS]; /* ascending */
	int chunk_count;
	struct part parts[MAX_PARTS];
	int part_count;
	int handles;
	int weights[OPS];
	int size_kind;
	int procs;
	int far;	   /* how far apart islands lie */
	bool placing;	   /* the allocator is in use */
	int64_t budget;	   /* pages that it may still ask for while chunks are tracked; < 0: no limit */
	int32_t pool_end;  /* with a budget: tracked chunks lie from here on */
	uint32_t physpage; /* bytes */
	bool quiet;
};

static uint64_t next(struct script *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 <= value < n */
static uint32_t below(struct script *s, uint32_t n)
{
	return (uint32_t)(((next(s) >> 32) * n) >> 32);
}

static int64_t between(struct script *s, int64_t low, int64_t high)
{
	return low + (int64_t)(next(s) % (uint64_t)(high - low + 1));
}

static bool chance(struct script *s, uint32_t percent)
{
	return below(s, 100) < percent;
}

/* 1 <= value < 2^bits, each order of magnitude equally often */
static uint64_t scaled(struct script *s, uint32_t bits)
{
	uint64_t top = UINT64_C(1) << below(s, bits);

	return top + next(s) % top;
}

/* Begins an op's line. The caller prints the rest of it. */
static void op(struct script *s)
{
	s->length--;
}

/* --- chunks ---------------------------------------------------------------- */

/* The first chunk whose number is not below; chunk_count if there is none. */
static int chunk_at(const struct script *s, int64_t number)
{
	int low = 0, high = s->chunk_count;

	while (low < high) {
		int middle = (low + high) / 2;

		if (s->chunks[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct chunk *tracked_chunk(struct script *s, int64_t number)
{
	int i = chunk_at(s, number);

	if (i == s->chunk_count || s->chunks[i].number != number || !s->chunks[i].tracked)
		return NULL;
	return &s->chunks[i];
}

static bool is_unused(const struct script *s, int64_t number, int count)
{
	int i = chunk_at(s, number);

	return number >= LOWEST && number + count <= HIGHEST && s->chunk_count + count <= MAX_CHUNKS &&
	       (i == s->chunk_count || s->chunks[i].number >= number + count);
}

static struct chunk *add_chunks(struct script *s, int32_t number, int count)
{
	int at = chunk_at(s, number);
	struct chunk *c = &s->chunks[at];

	memmove(c + count, c, (size_t)(s->chunk_count - at) * sizeof(*c));
	memset(c, 0, (size_t)count * sizeof(*c));
	s->chunk_count += count;
	for (int i = 0; i < count; i++) {
		c[i].number = number + i;
		c[i].tracked = !s->placing || (s->budget >= 0 && number >= s->pool_end);
	}
	return c;
}

static void untrack(struct script *s)
{
	for (int i = 0; i < s->chunk_count; i++)
		s->chunks[i].tracked = false;
	s->budget = -1;
}

static void set_used(struct script *s, int64_t page, uint32_t pages, bool used)
{
	for (; pages; page++, pages--) {
		struct chunk *c = tracked_chunk(s, page >> 9);
		uint64_t bit = UINT64_C(1) << (page & 63);

		if (c)
			c->used[(page & 511) / 64] =
			    used ? c->used[(page & 511) / 64] | bit : c->used[(page & 511) / 64] & ~bit;
	}
}

/* Free pages in a row from page on, up to limit, in tracked chunks. */
static uint32_t free_run(struct script *s, int64_t page, uint32_t limit)
{
	uint32_t n = 0;

	for (; n < limit; n++, page++) {
		const struct chunk *c = tracked_chunk(s, page >> 9);

		if (!c || c->used[(page & 511) / 64] >> (page & 63) & 1)
			break;
	}
	return n;
}

static void add_part(struct script *s, int32_t handle, int64_t start, uint32_t pages, bool whole)
{
	if (pages && s->part_count < MAX_PARTS)
		s->parts[s->part_count++] = (struct part){start, pages, handle, whole};
}

/* --- ops on heaps ---------------------------------------------------------- */

/* " A=i:n,.." or " S=..": up to count ranges, in order, that don't overlap. A ranges become parts. */
static void print_ranges(struct script *s, struct chunk *c, char name, uint32_t count)
{
	uint32_t page = below(s, 4) ? below(s, CHUNK_PAGES) : 0;
	bool first = true;

	while (count-- && page < CHUNK_PAGES) {
		uint32_t n = (uint32_t)scaled(s, 9);

		if (chance(s, 3))
			n = CHUNK_PAGES;
		if (n > CHUNK_PAGES - page)
			n = CHUNK_PAGES - page;
		if (first)
			printf(" %c=", name);
		printf("%s%u:%u", first ? "" : ",", page, n);
		first = false;
		if (name == 'A') {
			int64_t start = (int64_t)c->number * CHUNK_PAGES + page;

			set_used(s, start, n, true);
			add_part(s, NO_HANDLE, start, n, false);
		}
		page += n + (uint32_t)scaled(s, 7);
	}
}

static void do_chunk(struct script *s, int32_t number)
{
	struct chunk *c = add_chunks(s, number, 1);

	op(s);
	printf("chunk %d", number);
	if (chance(s, 80))
		print_ranges(s, c, 'A', below(s, 12));
	if (chance(s, 60))
		print_ranges(s, c, 'S', below(s, 12));
	putchar('\n');
}

static void do_grow(struct script *s, int32_t number, int count)
{
	if (!is_unused(s, number, count))
		return;
	if (count == 1 && chance(s, 60)) {
		do_chunk(s, number);
		return;
	}
	add_chunks(s, number, count);
	op(s);
	printf("grow %d %d\n", number, count);
}

/* Somewhere for an island: beside one that is there, or away from it. */
static int32_t place_island(struct script *s, int count)
{
	/* chunks: within the bitmaps' second level; about the index's pages; anywhere */
	static const int32_t reach[] = {40, 9000, 33000, 140000, INT32_MAX};
	int64_t at, distance;

	if (!s->chunk_count)
		return chance(s, 80) ? 0 : (int32_t)between(s, -0x8000, 1 << 20);
	at = s->chunks[below(s, (uint32_t)s->chunk_count)].number;
	if (s->far < 4 || !chance(s, 30)) {
		distance = (int64_t)below(s, (uint32_t)(s->far < 4 ? reach[s->far] : reach[3]));
		if (chance(s, 20))
			distance = 32768;
		at += chance(s, 50) ? distance : -distance;
	} else {
		at = between(s, LOWEST, HIGHEST - count);
	}
	if (chance(s, 20)) { /* an edge on a border of some level's entries */
		int64_t entry = INT64_C(8) << 3 * below(s, 4);

		at = (at + entry) / entry * entry - (chance(s, 50) ? count : 0);
	}
	if (chance(s, 40)) /* adjacent, above or below */
		at = s->chunks[chance(s, 50) ? s->chunk_count - 1 : 0].number + (chance(s, 50) ? 1 : -count);
	if (s->placing && s->budget >= 0 && at < s->pool_end && at > s->chunks[0].number)
		at = s->chunks[s->chunk_count - 1].number + 1 + below(s, 3);
	return at < LOWEST ? LOWEST : at > HIGHEST - count ? HIGHEST - count : (int32_t)at;
}

static uint32_t pick_size(struct script *s)
{
	switch (s->size_kind) {
	case 0: /* mostly small */
		return chance(s, 80) ? 1 + below(s, 4) : 5 + below(s, 252);
	case 1: /* from page caches */
		return 1 + below(s, 17);
	case 2:
		return 1 + below(s, 64);
	case 3: /* about a chunk */
		return 1 + below(s, 1200);
	case 4: /* single pages */
		return chance(s, 95) ? 1 : (uint32_t)scaled(s, 10);
	default:
		return (uint32_t)scaled(s, chance(s, 2) ? 17 : 12);
	}
}

/* Whether the allocator may be asked for so many pages. */
static bool spend(struct script *s, int64_t pages)
{
	if (!s->placing)
		return false;
	if (s->budget >= 0) {
		if (s->budget < pages)
			untrack(s);
		else
			s->budget -= pages;
	}
	return true;
}

static void do_alloc(struct script *s, bool cached)
{
	uint32_t n = pick_size(s);

	if (s->part_count == MAX_PARTS || !spend(s, n + (cached ? 128 : 0)))
		return;
	op(s);
	if (cached)
		printf("c %u %u\n", below(s, (uint32_t)s->procs), n);
	else
		printf("a %u\n", n);
	add_part(s, s->handles++, 0, n, true);
}

static void do_cache(struct script *s)
{
	uint32_t p = below(s, (uint32_t)s->procs), n;

	if (!spend(s, 128))
		return;
	op(s);
	switch (below(s, 8)) {
	case 0:
		printf("cfill %u\n", p);
		break;
	case 1:
	case 2:
		if (s->part_count == MAX_PARTS)
			return;
		n = (uint32_t)scaled(s, chance(s, 90) ? 4 : 6);
		printf("cget %u %u\n", p, n);
		add_part(s, s->handles++, 0, n, true);
		break;
	case 3:
	case 4:
		printf("cshow %u\n", p);
		break;
	default:
		printf("cflush %u\n", p);
	}
}

static void print_free(struct script *s, const struct part *p, uint32_t from, uint32_t n)
{
	op(s);
	if (p->handle != NO_HANDLE) {
		printf("fp %d %" PRId64 " %u\n", p->handle, p->start + from, n);
		return;
	}
	printf("free %" PRId64 " %u\n", p->start + from, n);
	set_used(s, p->start + from, n, false);
}

static void do_free(struct script *s)
{
	struct part *at, p;
	uint32_t from, n;

	if (!s->part_count)
		return;
	at = &s->parts[chance(s, 10) ? (uint32_t)s->part_count - 1 : below(s, (uint32_t)s->part_count)];
	p = *at;
	*at = s->parts[--s->part_count];
	if (p.whole && chance(s, 80)) {
		op(s);
		printf("f %d\n", p.handle);
		return;
	}
	if (!p.whole && chance(s, 50)) {
		print_free(s, &p, 0, p.pages);
		return;
	}
	/* From the middle, the beginning or the end; the rest stays. */
	from = chance(s, 30) ? 0 : below(s, p.pages);
	n = 1 + below(s, p.pages - from);
	if (chance(s, 30))
		n = p.pages - from;
	print_free(s, &p, from, n);
	add_part(s, p.handle, p.start, from, false);
	add_part(s, p.handle, p.start + from + n, p.pages - from - n, false);
}

static void do_claim(struct script *s)
{
	const struct chunk *c;
	int64_t page;
	uint32_t n;

	if (!s->chunk_count || s->part_count == MAX_PARTS)
		return;
	c = &s->chunks[chance(s, 30) ? s->chunk_count - 1 - (int)below(s, s->chunk_count < 8 ? 1 : 8)
				     : (int)below(s, (uint32_t)s->chunk_count)];
	if (!c->tracked)
		return;
	page = (int64_t)c->number * CHUNK_PAGES + below(s, CHUNK_PAGES) / (chance(s, 10) ? CHUNK_PAGES : 1);
	n = free_run(s, page, chance(s, 5) ? 4 * CHUNK_PAGES : (uint32_t)scaled(s, 10));
	if (!n)
		return;
	op(s);
	printf("ar %" PRId64 " %u\n", page, n);
	set_used(s, page, n, true);
	add_part(s, NO_HANDLE, page, n, false);
}

static void print_bytes(struct script *s)
{
	static const uint32_t usual[] = {1, 4096, 8192, 8193, 65536, 65537, 262144, 2097152, 4194304};

	if (chance(s, 4))
		puts(" max");
	else if (chance(s, 60))
		printf(" %u\n", usual[below(s, sizeof(usual) / sizeof(usual[0]))]);
	else
		printf(" %" PRIu64 "\n", scaled(s, 27));
}

static void do_scav(struct script *s)
{
	op(s);
	fputs("scav", stdout);
	print_bytes(s);
}

static void do_sone(struct script *s)
{
	op(s);
	printf("sone %d %u", s->chunks[below(s, (uint32_t)s->chunk_count)].number, below(s, CHUNK_PAGES));
	print_bytes(s);
}

static void do_sizes(struct script *s)
{
	static const uint32_t huge[] = {0, 4096, 8192, 16384, 65536, 262144, 1048576, 4194304};

	s->physpage = chance(s, 50) ? 4096 : 4096U << below(s, chance(s, 80) ? 5 : 8);
	op(s);
	printf("physpage %u\n", s->physpage);
	op(s);
	printf("hugepage %u\n", chance(s, 60) ? 2097152 : huge[below(s, 8)]);
}

static void set_quiet(struct script *s, bool on)
{
	/* What was suppressed shows in a hash only. */
	if (s->quiet)
		puts("hash");
	s->quiet = on;
	printf("quiet %d\n", on);
}

static void do_look(struct script *s)
{
	static const char *const detailed[] = {"state", "index", "sums"};

	op(s);
	if (chance(s, 10))
		set_quiet(s, chance(s, 75));
	else if (s->chunk_count <= 16 && chance(s, 10))
		puts(detailed[below(s, 3)]);
	else
		puts(s->chunk_count > 200 && chance(s, 70) ? "hhash" : chance(s, 20) ? "sumhash" : "hash");
}

/* --- scripts on heaps ------------------------------------------------------ */

static void first_memory(struct script *s)
{
	int32_t islands, largest;

	if (s->budget >= 0) {
		/* The pool, then tracked chunks above. */
		int32_t pool = 400 + (int32_t)below(s, 1600);

		s->pool_end = INT32_MAX;
		do_grow(s, 0, pool);
		s->pool_end = pool;
		s->budget = (int64_t)pool * CHUNK_PAGES;
		for (int n = 2 + (int)below(s, 12); n; n--)
			do_grow(s, pool + (int32_t)(chance(s, 70) ? (uint32_t)n : below(s, 1000)), 1);
		return;
	}
	islands = 1 + (int32_t)below(s, chance(s, 50) ? 2 : 12);
	largest = chance(s, 50) ? 3 : chance(s, 80) ? 40 : 700;
	while (islands--) {
		int count = (int)scaled(s, 10) % largest + 1;

		do_grow(s, place_island(s, count), count);
	}
}

/* A mood lasts for some hundred ops: which ops are chosen, how much is freed. */
static void change_mood(struct script *s)
{
	static const int usual[OPS] = {
	    [OP_ALLOC] = 20, [OP_CACHED] = 20, [OP_FREE] = 30, [OP_CLAIM] = 40, [OP_SCAV] = 4, [OP_FIND] = 2,
	    [OP_SONE] = 2,   [OP_CACHE] = 3,   [OP_GROW] = 1,  [OP_LOOK] = 1,	[OP_SIZES] = 0};
	static const int factor[] = {0, 1, 1, 1, 3, 8};

	for (int i = 0; i < OPS; i++)
		s->weights[i] = usual[i] * factor[below(s, 6)];
	s->weights[OP_SIZES] = chance(s, 10);
	s->weights[OP_LOOK] |= 1;
	s->weights[OP_FREE] += 5;
	if (s->chunk_count > 1500 || chance(s, 60))
		s->weights[OP_GROW] = 0;
	/* A search over terabytes takes milliseconds. */
	if (s->far == 4) {
		s->weights[OP_SCAV] /= 4;
		s->weights[OP_FIND] = s->weights[OP_FIND] > 0;
	}
	if (!s->weights[OP_ALLOC] && !s->weights[OP_CACHED])
		s->weights[OP_CLAIM] += 10;
	if (chance(s, 20))
		s->size_kind = (int)below(s, 6);
	/* Once the allocator has begun, what it may reach is not known any more. */
	if (!s->placing && chance(s, 30)) {
		s->placing = true;
		untrack(s);
	}
}

static void do_op(struct script *s)
{
	int sum = 0, pick;
	enum op i;

	for (i = 0; i < OPS; i++)
		sum += s->weights[i];
	pick = (int)below(s, (uint32_t)sum);
	for (i = 0; pick >= s->weights[i]; i++)
		pick -= s->weights[i];
	switch (i) {
	case OP_ALLOC:
		do_alloc(s, false);
		break;
	case OP_CACHED:
		do_alloc(s, true);
		break;
	case OP_FREE:
		do_free(s);
		break;
	case OP_CLAIM:
		do_claim(s);
		break;
	case OP_SCAV:
		do_scav(s);
		break;
	case OP_FIND:
		op(s);
		puts("find");
		break;
	case OP_SONE:
		do_sone(s);
		break;
	case OP_CACHE:
		do_cache(s);
		break;
	case OP_GROW: {
		int count = chance(s, 70) ? 1 : 1 + (int)scaled(s, 6);

		do_grow(s, place_island(s, count), count);
		break;
	}
	case OP_LOOK:
		do_look(s);
		break;
	default:
		do_sizes(s);
	}
}

static void heap_script(struct script *s)
{
	static const int procs[] = {1, 1, 2, 4, 8, PROCS};
	uint32_t kind = below(s, 10);
	int mood = 0;

	s->size_kind = (int)below(s, 6);
	s->procs = procs[below(s, 6)];
	s->far = chance(s, 2) ? 4 : (int)below(s, 4);
	s->budget = kind < 3 ? 0 : -1; /* 0: a pool follows */
	s->placing = kind < 8;
	puts("new\nphyspage 4096\nhugepage 2097152");
	do_sizes(s);
	if (chance(s, 80))
		set_quiet(s, true);
	first_memory(s);
	/* An op that can't be done now prints nothing: bound the tries too. */
	for (int tries = 4 * s->length; s->length > 0 && tries; tries--) {
		if (!mood--) {
			change_mood(s);
			mood = 50 + (int)below(s, 500);
		}
		do_op(s);
	}
	puts("hash\nhhash\nsumhash");
	if (s->chunk_count <= 24)
		puts("state\nindex\nsums");
}

/* --- scripts of unit ops --------------------------------------------------- */

/* Sixteen digits, a bitmap's worth at a time. */
static uint64_t random_bits(struct script *s, uint32_t kind)
{
	uint64_t x = next(s);

	switch (kind) {
	case 0:
		return x;
	case 1: /* sparse */
		return x & next(s) & next(s) & next(s);
	case 2: /* dense */
		return x | next(s) | next(s) | next(s);
	case 3: /* a run */
		return (chance(s, 50) ? UINT64_C(0) : ~UINT64_C(0)) ^ ((~UINT64_C(0) >> below(s, 64)) << below(s, 64));
	case 4: /* whole groups */
		x &= 0x0101010101010101;
		return x * 0xff;
	case 5:
		return 0;
	default:
		return ~UINT64_C(0);
	}
}

static void print_bitmap(struct script *s)
{
	uint32_t kind = below(s, 7);

	putchar(' ');
	for (int i = 0; i < CHUNK_PAGES / 64; i++)
		printf("%016" PRIx64, random_bits(s, chance(s, 60) ? kind : below(s, 7)));
}

static void print_merge(struct script *s)
{
	uint32_t log = 9 + 3 * below(s, 4), count = 1 + below(s, 8);

	printf("mergesums %u", log);
	while (count--) {
		uint32_t all = 1U << log, max = below(s, all), start, end;

		if (chance(s, 20))
			max = all;
		if (chance(s, 20))
			max = 0;
		start = chance(s, 40) || max == all ? max : below(s, max + 1);
		end = chance(s, 40) || max == all ? max : below(s, max + 1);
		if (max != all && start + end > all)
			end = 0;
		printf(" %u,%u,%u", start, max, end);
	}
	putchar('\n');
}

/* A number of bytes, in the manner of heaps. */
static uint64_t heap_bytes(struct script *s)
{
	return chance(s, 5) ? 0 : chance(s, 90) ? scaled(s, 40) : scaled(s, 63);
}

static void print_pace(struct script *s)
{
	uint64_t limit = chance(s, 40) ? INT64_MAX : scaled(s, chance(s, 50) ? 40 : 62), mapped = heap_bytes(s);
	uint64_t last_goal = heap_bytes(s), goal = chance(s, 50) ? last_goal : heap_bytes(s),
		 last_in_use = heap_bytes(s);
	uint64_t in_use = heap_bytes(s), available = heap_bytes(s), physpage = UINT64_C(4096) << below(s, 5);

	/* Where the answer changes: about 95 times the limit, and the rounded goal. */
	if (limit < UINT64_C(1) << 40 && chance(s, 50))
		mapped = limit * 95 + below(s, 3) - 1;
	if (goal == last_goal && last_in_use < UINT64_C(1) << 40 && chance(s, 50)) {
		in_use = (last_in_use + last_in_use / 10 + physpage - 1) / physpage * physpage;
		available = chance(s, 30) ? 0 : below(s, 4) * physpage / 2 + (chance(s, 50) ? below(s, 3) : 0);
		if (chance(s, 30) && available)
			available--;
	}
	printf("pace %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, limit, mapped, goal, last_goal);
	printf(" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", last_in_use, in_use, available, physpage);
}

static void print_run(struct script *s)
{
	uint32_t count = 1 + below(s, 20);

	fputs("run", stdout);
	while (count--) {
		uint64_t bytes = 65536 > s->physpage ? 65536 : s->physpage;

		if (chance(s, 5))
			bytes = 0;
		else if (chance(s, 10))
			bytes = (uint64_t)s->physpage * (1 + below(s, 4));
		else if (chance(s, 10))
			bytes = 2097152;
		printf(" %" PRIu64 ":%" PRIu64, bytes, chance(s, 20) ? 0 : scaled(s, 21));
	}
	putchar('\n');
}

/* The shortest decimal that reads back is not needed: a bit pattern says it exactly. */
static void print_double(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	printf(" b:%016" PRIx64, bits);
}

static double fraction(struct script *s)
{
	return (double)(next(s) >> 11) * 0x1p-53;
}

static void unit_op(struct script *s)
{
	op(s);
	switch (below(s, 14)) {
	case 0:
		printf("fillaligned %016" PRIx64 " %u\n", random_bits(s, below(s, 7)), 1U << below(s, 7));
		break;
	case 1:
	case 2:
		printf("candidate %u %u %" PRIu64 " %u", below(s, CHUNK_PAGES), 1U << below(s, 7),
		       chance(s, 5)    ? UINT64_C(1) << 51
		       : chance(s, 10) ? 0
				       : scaled(s, 10),
		       chance(s, 40) ? 0 : 4096U << below(s, 11));
		print_bitmap(s);
		print_bitmap(s);
		putchar('\n');
		break;
	case 3:
		fputs("summarize", stdout);
		print_bitmap(s);
		putchar('\n');
		break;
	case 4:
	case 5:
		printf("findbits %u %u", (uint32_t)scaled(s, 9) + (chance(s, 5) ? 1 : 0),
		       chance(s, 50) ? 0 : below(s, CHUNK_PAGES));
		print_bitmap(s);
		putchar('\n');
		break;
	case 6:
		printf("bitrange64 %016" PRIx64 " %u\n", random_bits(s, below(s, 7)),
		       1 + below(s, chance(s, 70) ? 16 : 64));
		break;
	case 7:
		printf("pcalloc %u %016" PRIx64 " %016" PRIx64 " %u\n", below(s, 1000) * 64,
		       random_bits(s, below(s, 7)), random_bits(s, below(s, 7)), 1 + below(s, chance(s, 70) ? 16 : 64));
		break;
	case 8:
		print_merge(s);
		break;
	case 9: {
		uint32_t max = chance(s, 10) ? 1U << 21 : below(s, 1U << 21);

		printf("packsum %u %u %u\n", below(s, max + 1), max, below(s, max + 1));
		break;
	}
	case 10:
		if (chance(s, 5)) {
			fputs("pinew", stdout);
			print_double(fraction(s));
			print_double(chance(s, 5) ? 0 : (double)scaled(s, 30));
			print_double(chance(s, 5) ? 0 : (double)scaled(s, 40));
			puts(" 0.001 1000");
			break;
		}
		fputs("pi", stdout);
		print_double(chance(s, 2) ? 0x1p1020 * fraction(s) : fraction(s) * (chance(s, 10) ? 1e6 : 1));
		print_double(chance(s, 80) ? 0.01 : fraction(s));
		print_double(chance(s, 2) ? 0x1p1020 * fraction(s) : (double)scaled(s, 40));
		putchar('\n');
		break;
	case 11:
		if (chance(s, 2)) {
			puts("scavnew");
			break;
		}
		fputs("sleep", stdout);
		print_double((double)scaled(s, 40) + fraction(s));
		printf(" %" PRIu64 " %u\n", chance(s, 10) ? 0 : scaled(s, 40), 1 + below(s, chance(s, 80) ? 8 : 256));
		break;
	case 12:
		print_run(s);
		break;
	default:
		print_pace(s);
	}
}

/* --- the scavenge index, its search address and address ranges by themselves --- */

#define SLOTS 200 /* of an address range, each SLOT_PAGES */
#define SLOT_PAGES 64

struct slots {
	bool used[SLOTS];
};

static int last_used(const struct slots *r)
{
	int i = SLOTS - 1;

	while (i >= 0 && !r->used[i])
		i--;
	return i;
}

static void ranges_op(struct script *s, struct slots *r)
{
	int at = (int)below(s, SLOTS), n, last = last_used(r);

	op(s);
	switch (below(s, 8)) {
	case 0:
	case 1:
	case 2:
		for (n = 0; at + n < SLOTS && !r->used[at + n] && n < 12; n++)
			r->used[at + n] = true;
		if (n)
			printf("aradd %d %d\n", at * SLOT_PAGES, (at + n) * SLOT_PAGES);
		break;
	case 3:
		printf("arsucc %u\n", below(s, SLOTS * SLOT_PAGES));
		break;
	case 4:
		if (last >= 0)
			printf("arge %u\n", below(s, SLOTS * SLOT_PAGES));
		break;
	case 5:
		printf("arcontains %u\n", below(s, SLOTS * SLOT_PAGES));
		break;
	case 6:
		puts("arstate");
		break;
	default:
		if (chance(s, 20)) {
			printf("arremovege %d\n", at * SLOT_PAGES);
			for (; at < SLOTS; at++)
				r->used[at] = false;
		} else {
			n = 1 + (int)below(s, 6);
			printf("arremovelast %d\n", n * SLOT_PAGES);
			for (; n && last >= 0 && r->used[last]; n--, last--)
				r->used[last] = false;
		}
	}
}

static void box_op(struct script *s)
{
	static const char *const ops[] = {"storemin", "storemarked"};
	uint32_t page = below(s, 64);

	op(s);
	switch (below(s, 8)) {
	case 0:
		puts("oa load");
		break;
	case 1:
		puts("oa clear");
		break;
	case 2:
	case 3:
		printf("oa storeunmark %u %u\n", page, below(s, 64));
		break;
	default:
		printf("oa %s %u\n", ops[below(s, 2)], page);
	}
}

static void index_op(struct script *s, uint32_t chunks)
{
	uint32_t page = below(s, chunks * CHUNK_PAGES), n = 1 + below(s, chance(s, 60) ? 8 : 9000);

	op(s);
	switch (below(s, 10)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (n > chunks * CHUNK_PAGES - page)
			n = chunks * CHUNK_PAGES - page;
		printf("xmark %u %u\n", page, page + n);
		break;
	case 4:
	case 5:
		printf("xclear %u\n", page / CHUNK_PAGES);
		break;
	case 6:
		puts("xstate");
		break;
	case 7:
		if (chance(s, 10)) {
			uint32_t first = below(s, chunks), limit = first + 20;

			printf("xchunks %u %u\n", first, limit < chunks ? limit : chunks);
			break;
		}
		__attribute__((fallthrough));
	default:
		puts("xfind");
	}
}

/* In the end every trace is shown by a hash, which needs a heap. */
static void parts_script(struct script *s)
{
	struct slots slots = {{false}};
	uint32_t kind = below(s, 6), chunks = chance(s, 80) ? 64 : 40000;

	puts("new\nphyspage 4096\nhugepage 2097152");
	do_sizes(s);
	puts("pinew 0.3375 3.2e6 1e9 0.001 1000\nscavnew\noanew\narnew");
	printf("xnew 0 %u\n", chunks);
	if (chance(s, 50))
		set_quiet(s, true);
	while (s->length > 0) {
		if (chance(s, 1) && s->quiet)
			puts("hhash");
		if (kind == 0)
			ranges_op(s, &slots);
		else if (kind == 1)
			box_op(s);
		else if (kind == 2)
			index_op(s, chunks);
		else
			unit_op(s);
	}
}

int main(int argc, char **argv)
{
	static struct script script;
	uint64_t seed, count;
	int ops = argc > 3 ? atoi(argv[3]) : 5000;

	if (argc < 3 || argc > 4 || ops < 1) {
		fputs("usage: generate SEED SCRIPTS [OPS]\n", stderr);
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	for (count = strtoull(argv[2], NULL, 10); count; count--, seed++) {
		memset(&script, 0, sizeof(script));
		script.random = seed * 0x2545f4914f6cdd1d + 1;
		script.length = ops;
		printf("# script %" PRIu64 "\n", seed);
		if (chance(&script, 85)) {
			heap_script(&script);
		} else {
			script.length = (ops + 4) / 5;
			parts_script(&script);
		}
		if (script.quiet)
			puts("hash");
		puts("quiet 0");
	}
	return fflush(stdout) || ferror(stdout);
}
