/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page allocator.
 *
 * The tree of summaries has five heights, whatever the address space. Height 0
 * is the leaves, one a chunk; an entry of height h covers 2^(9 + 3h) pages and
 * has eight children, a block; height 4 is the root, 2^14 entries of 16 GiB.
 * Below the leaves, each chunk has summaries of its eight words too. All that
 * lies below one root entry is a region, mapped when its first chunk grows.
 *
 * A region that is free or in use as a whole is one of two that stand for all of
 * these, so that a span of TiB costs an entry of the root for each 16 GiB of it.
 * What is about to change is copied first (own_region).
 *
 * The runtime's tree for 32 bits has no height 4. It is kept here all the same,
 * in its one entry 0: since chunk 0 can't be grown, no run starts or ends
 * there, so that a search does nothing in it but go down. And the runtime packs
 * a summary into a word; here that is done only to show one, since eight at a
 * time are searched and merged faster unpacked (eight.h). Both differences end
 * in hr_pagealloc_summary.
 *
 * Invariants (hr_pagealloc_check):
 * - The summary of a word is that of its bits, of a leaf that of its chunk's
 *   bits, but 0 for what has not grown. Every other entry is the merge of its
 *   children. All exactly.
 * - live has a bit for every root entry that isn't 0.
 * - Every page below the search address is in use or has not grown. The search
 *   address lies in a grown chunk, or is HR_NO_PAGE.
 *
 * Sizes: a recorded heap of 8 GiB has 2000 chunks, mostly in use, with free
 * runs of a few pages; nearly every allocation breaks the longest run of its
 * chunk, the first that has one long enough. That is what summaries of words
 * are for: a new maximum without a look at all of the chunk's bits.
 */
#include "config.h"

#include "pagealloc/pagealloc.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "pagealloc/eight.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORD_PAGES 64u
#define FANOUT_BITS 3
#define FANOUT (1u << FANOUT_BITS) /* 64 and 512 are its powers */
#define ROOT_HEIGHT 4
#define ROOT_ENTRIES (1u << 14)
#define HEIGHT_LOG_PAGES(h) (HR_CHUNK_LOG_PAGES + FANOUT_BITS * (h))
#define ROOT_LOG_PAGES HEIGHT_LOG_PAGES(ROOT_HEIGHT)
#define REGION_LOG_CHUNKS (ROOT_LOG_PAGES - HR_CHUNK_LOG_PAGES)
#define REGION_CHUNKS (1u << REGION_LOG_CHUNKS)
#define REGION_PAGES (UINT64_C(1) << ROOT_LOG_PAGES)
#define ABOVE_ROOT (ROOT_HEIGHT + 1)
#define MAX_SPARES 16 /* what one span is the end of, and what lay in the middle of it */

struct chunk {
	_Alignas(128) hr_bitmap bits;
	struct hr_eight16 words;
};

/* The entries of heights 3 to 0, block after block, then the chunks. */
struct region {
	struct hr_eight32 h3, h2[8];
	struct hr_eight16 h1[8 * 8], leaves[8 * 8 * 8];
	struct chunk chunks[REGION_CHUNKS];
};

struct hr_pagealloc {
	uint64_t search; /* page */
	uint64_t end_chunk;
	struct hr_summary *root; /* ROOT_ENTRIES */
	struct region **regions; /* ROOT_ENTRIES */
	const struct hr_geometry *geometry;
	struct hr_ranges in_use;
	uint64_t live[ROOT_ENTRIES / 64];
	struct region *whole;		  /* two: all free, all in use; NULL until there is one to stand for */
	struct region *spare[MAX_SPARES]; /* that were of chunks which are whole now */
	unsigned nspares;
	struct hr_pieces pieces; /* regions that have grown from others on; the rest are mapped one by one */
	bool out_of_memory;	 /* a region could not be copied */
};

#define ROOT_BYTES (ROOT_ENTRIES * sizeof(struct hr_summary))
#define REGIONS_BYTES (ROOT_ENTRIES * sizeof(struct region *))

static const struct hr_summary all_used = {0, 0, 0};
static const struct hr_summary free_chunk = {HR_CHUNK_PAGES, HR_CHUNK_PAGES, HR_CHUNK_PAGES};
static const struct hr_summary free_region = {REGION_PAGES, REGION_PAGES, REGION_PAGES};

struct hr_pagealloc *hr_pagealloc_new(const struct hr_geometry *geometry)
{
	struct hr_pagealloc *p = hr_calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->geometry = geometry;
	p->search = HR_NO_PAGE;
	hr_ranges_init(&p->in_use);
	p->root = hr_map(ROOT_BYTES);
	p->regions = hr_map(REGIONS_BYTES);
	if (p->root == NULL || p->regions == NULL) {
		hr_pagealloc_free(p);
		return NULL;
	}
	return p;
}

/* Does this region stand for all that are whole? */
static inline bool is_whole(const struct hr_pagealloc *p, const struct region *r)
{
	return (uintptr_t)r - (uintptr_t)p->whole < 2 * sizeof(struct region) && p->whole != NULL;
}

/* One of pieces stays there until all are released. */
static void drop_region(const struct hr_pagealloc *p, struct region *r)
{
	if (!hr_pieces_have(&p->pieces, r))
		hr_unmap(r, sizeof(*r));
}

void hr_pagealloc_free(struct hr_pagealloc *p)
{
	if (p == NULL)
		return;
	for (size_t e = 0; p->regions != NULL && e < ROOT_ENTRIES; e++)
		if (p->regions[e] != NULL && !is_whole(p, p->regions[e]))
			drop_region(p, p->regions[e]);
	while (p->nspares > 0)
		drop_region(p, p->spare[--p->nspares]);
	hr_pieces_release(&p->pieces);
	hr_unmap(p->whole, 2 * sizeof(struct region));
	hr_unmap(p->regions, REGIONS_BYTES);
	hr_unmap(p->root, ROOT_BYTES);
	hr_ranges_release(&p->in_use);
	free(p);
}

/* The region of a grown chunk. */
static inline struct region *region_of(const struct hr_pagealloc *p, uint64_t chunk)
{
	return p->regions[chunk >> REGION_LOG_CHUNKS];
}

/* Index of a chunk in its region. */
static inline unsigned in_region(uint64_t chunk)
{
	return (unsigned)(chunk & (REGION_CHUNKS - 1));
}

static inline struct chunk *chunk_at(const struct hr_pagealloc *p, uint64_t chunk)
{
	return &region_of(p, chunk)->chunks[in_region(chunk)];
}

static inline unsigned leaf_max(const struct hr_pagealloc *p, uint64_t chunk)
{
	return region_of(p, chunk)->leaves[in_region(chunk) / FANOUT].max[chunk % FANOUT];
}

/* The stored entry of any height, 0 where no region is. */
static struct hr_summary entry_at(const struct hr_pagealloc *p, unsigned height, uint64_t index)
{
	unsigned bits = FANOUT_BITS * (ROOT_HEIGHT - height);
	unsigned i = (unsigned)(index & ((UINT64_C(1) << bits) - 1));
	const struct region *r;

	if (index >> bits >= ROOT_ENTRIES)
		return all_used;
	if (height == ROOT_HEIGHT)
		return p->root[index];
	r = p->regions[index >> bits];
	if (r == NULL)
		return all_used;
	switch (height) {
	case 3:
		return hr_eight32_get(&r->h3, i);
	case 2:
		return hr_eight32_get(&r->h2[i / FANOUT], i % FANOUT);
	case 1:
		return hr_eight16_get(&r->h1[i / FANOUT], i % FANOUT);
	default:
		return hr_eight16_get(&r->leaves[i / FANOUT], i % FANOUT);
	}
}

/* --- summaries ------------------------------------------------------------ */

/*
 * True when a parent stays what it is, though a child's summary goes from old
 * to new: only the longest run of the child differs, and it does not become
 * longer than that of the parent, or was not as long.
 */
static inline bool parent_stays(unsigned parent_max, struct hr_summary old, struct hr_summary new)
{
	return ((new.start ^ old.start) | (new.end ^ old.end)) == 0 &&
	       (new.max > old.max ? new.max <= parent_max : old.max < parent_max);
}

/* One step up: stores *s as child i. False: the parent stays; true: *s is what the parent becomes. */
HR_INLINE bool update_narrow(struct hr_eight16 *b, unsigned i, unsigned parent_max, unsigned height,
			     struct hr_summary *s)
{
	if (parent_stays(parent_max, hr_eight16_get(b, i), *s)) {
		b->max[i] = (uint16_t)s->max;
		return false;
	}
	*s = hr_eight16_put(b, i, *s, 1u << HEIGHT_LOG_PAGES(height));
	return true;
}

HR_INLINE bool update_wide(struct hr_eight32 *b, unsigned i, unsigned parent_max, unsigned height, struct hr_summary *s)
{
	if (parent_stays(parent_max, hr_eight32_get(b, i), *s)) {
		b->max[i] = s->max;
		return false;
	}
	*s = hr_eight32_put(b, i, *s, 1u << HEIGHT_LOG_PAGES(height));
	return true;
}

static void set_root(struct hr_pagealloc *p, uint64_t entry, struct hr_summary s)
{
	uint64_t bit = UINT64_C(1) << entry % 64;

	p->root[entry] = s;
	if (s.max != 0)
		p->live[entry / 64] |= bit;
	else
		p->live[entry / 64] &= ~bit;
}

/* Goes on with update from height 2. */
static __attribute__((noinline)) void update_upper(struct hr_pagealloc *p, struct region *r, uint64_t chunk,
						   struct hr_summary s)
{
	unsigned i = in_region(chunk) / 64;
	uint64_t root_entry = chunk >> REGION_LOG_CHUNKS;

	if (update_wide(&r->h2[i / 8], i % 8, r->h3.max[i / 8], 2, &s) &&
	    update_wide(&r->h3, i / 8, p->root[root_entry].max, 3, &s))
		set_root(p, root_entry, s);
}

/* Stores the summary of a chunk, then goes up as long as parents change. pageAlloc.update. */
HR_INLINE void update(struct hr_pagealloc *p, struct region *r, uint64_t chunk, struct hr_summary s)
{
	unsigned i = in_region(chunk);

	if (update_narrow(&r->leaves[i / 8], i % 8, r->h1[i / 64].max[i / 8 % 8], 0, &s) &&
	    update_narrow(&r->h1[i / 64], i / 8 % 8, r->h2[i / 512].max[i / 64 % 8], 1, &s))
		update_upper(p, r, chunk, s);
}

/* --- allocating and freeing ----------------------------------------------- */

/* As hr_ctz and hr_clz, without a branch. */
static inline unsigned zeros_below(uint64_t x)
{
	return (unsigned)__builtin_ctzll(x | UINT64_C(1) << 63) + (x == 0);
}

static inline unsigned zeros_above(uint64_t x)
{
	return (unsigned)__builtin_clzll(x | 1) + (x == 0);
}

/*
 * The length of the longest run of ones. What is left of a word has seldom more
 * than four in a row. If it has: the greatest of 4, 8, 16, 32 that there is,
 * longer by 16, 8, 4, 2, 1 if it can be; without branches, which would depend
 * on nothing foreseeable.
 */
static inline unsigned longest_run(uint64_t x)
{
	uint64_t r2 = x & x >> 1, r3 = r2 & r2 >> 1, r4 = r3 & r3 >> 1, runs[5], at, longer, any;
	unsigned n;

	if ((r4 & r4 >> 1) == 0)
		return (x != 0) + (r2 != 0) + (r3 != 0) + (r4 != 0);
	runs[0] = x; /* runs[k]: where at least 2^k ones begin */
	runs[1] = r2;
	runs[2] = r4;
	runs[3] = r4 & r4 >> 4;
	runs[4] = runs[3] & runs[3] >> 8;
	longer = runs[4] & runs[4] >> 16;
	n = longer != 0 ? 32 : runs[4] != 0 ? 16 : runs[3] != 0 ? 8 : 4;
	at = longer != 0 ? longer : runs[4] != 0 ? runs[4] : runs[3] != 0 ? runs[3] : r4;
	for (unsigned k = 5; k-- > 0;) {
		longer = at & runs[k] >> n;
		any = -(uint64_t)(longer != 0);
		n += (unsigned)any & 1u << k;
		at = (longer & any) | (at & ~any);
	}
	return n + (x == UINT64_MAX);
}

static inline struct hr_summary summarize_word(uint64_t used)
{
	return (struct hr_summary){zeros_below(used), longest_run(~used), zeros_above(used)};
}

/* Pages [i, i+n) of a word; 1 <= n <= 64 - i. */
static inline uint64_t word_mask(unsigned i, unsigned n)
{
	return UINT64_MAX >> (WORD_PAGES - n) << i;
}

/* All pages of a word become used or free. */
static inline void set_word(struct chunk *c, unsigned w, bool used)
{
	c->bits[w] = used ? UINT64_MAX : 0;
	c->words.start[w] = c->words.max[w] = c->words.end[w] = used ? 0 : WORD_PAGES;
}

/* take over several words: the end of the first one, all of those between, the beginning of the last one. */
static __attribute__((noinline)) void take_words(struct chunk *c, unsigned i, unsigned limit)
{
	unsigned w = i / WORD_PAGES, last = (limit - 1) / WORD_PAGES;

	c->bits[w] |= UINT64_MAX << i % WORD_PAGES;
	hr_eight16_set(&c->words, w, summarize_word(c->bits[w]));
	while (++w < last)
		set_word(c, w, true);
	c->bits[w] |= word_mask(0, limit - WORD_PAGES * w);
	hr_eight16_set(&c->words, w, summarize_word(c->bits[w]));
}

/* Pages [i, i+n), n >= 1, of a chunk become used: its new summary. */
HR_INLINE struct hr_summary take(struct chunk *c, unsigned i, unsigned n)
{
	unsigned w = i / WORD_PAGES, low = i % WORD_PAGES;

	if (n > WORD_PAGES - low) {
		take_words(c, i, i + n);
		return hr_eight16_merge(&c->words, WORD_PAGES);
	}
	c->bits[w] |= word_mask(low, n);
	return hr_eight16_put(&c->words, w, summarize_word(c->bits[w]), WORD_PAGES);
}

/* A run of pages of a word or chunk. */
struct run {
	unsigned first, limit;
};

/*
 * Bits [i, i+n) of a word become free: the free run that they are in now. The
 * word's other runs are what they were.
 */
HR_INLINE struct run give_in_word(struct chunk *c, unsigned w, unsigned i, unsigned n)
{
	uint64_t used = c->bits[w] & ~word_mask(i, n), above = UINT64_MAX << i;
	struct run run = {WORD_PAGES - zeros_above(used & ~above), zeros_below(used & above)};

	c->bits[w] = used;
	if (run.limit - run.first > c->words.max[w])
		c->words.max[w] = (uint16_t)(run.limit - run.first);
	if (run.first == 0)
		c->words.start[w] = (uint16_t)run.limit;
	if (run.limit == WORD_PAGES)
		c->words.end[w] = (uint16_t)(WORD_PAGES - run.first);
	return run;
}

/* Free pages right below page i of a chunk, a multiple of 64. */
static inline unsigned free_below(const struct chunk *c, unsigned i)
{
	unsigned n = 0;

	for (unsigned w = i / WORD_PAGES; w > 0 && n % WORD_PAGES == 0; w--) {
		n += c->words.end[w - 1];
		if (c->words.end[w - 1] == 0)
			break;
	}
	return n;
}

/* Free pages from page i of a chunk on, a multiple of 64. */
static inline unsigned free_from(const struct chunk *c, unsigned i)
{
	unsigned n = 0;

	for (unsigned w = i / WORD_PAGES; w < HR_CHUNK_WORDS && n % WORD_PAGES == 0; w++) {
		n += c->words.start[w];
		if (c->words.start[w] == 0)
			break;
	}
	return n;
}

/*
 * Pages [i, i+n), n >= 1, of a chunk become free: its new summary, from the old
 * one. They, and what is free on either side, are the only new run.
 */
HR_INLINE struct hr_summary give(struct chunk *c, struct hr_summary s, unsigned i, unsigned n)
{
	unsigned w = i / WORD_PAGES, last = (i + n - 1) / WORD_PAGES, low = i % WORD_PAGES;
	struct run run;

	if (w == last) {
		run = give_in_word(c, w, low, n);
	} else {
		run.first = give_in_word(c, w, low, WORD_PAGES - low).first;
		for (unsigned between = w + 1; between < last; between++)
			set_word(c, between, false);
		run.limit = give_in_word(c, last, 0, i + n - WORD_PAGES * last).limit;
	}
	run.first += WORD_PAGES * w;
	run.limit += WORD_PAGES * last;
	if (run.first == WORD_PAGES * w)
		run.first -= free_below(c, run.first);
	if (run.limit == WORD_PAGES * (last + 1))
		run.limit += free_from(c, run.limit);
	return (struct hr_summary){
	    .start = run.first == 0 ? run.limit : s.start,
	    .max = run.limit - run.first > s.max ? run.limit - run.first : s.max,
	    .end = run.limit == HR_CHUNK_PAGES ? run.limit - run.first : s.end,
	};
}

/* --- whole regions --------------------------------------------------------- */

/* A region that is free or in use as a whole, from nothing. */
static void fill_region(struct region *r, bool used)
{
	for (unsigned i = 0; i < REGION_CHUNKS; i++) {
		for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
			set_word(&r->chunks[i], w, used);
		hr_eight16_set(&r->leaves[i / 8], i % 8, used ? all_used : free_chunk);
	}
	for (unsigned height = 1; height < ROOT_HEIGHT; height++) {
		unsigned pages = 1u << HEIGHT_LOG_PAGES(height), n = (unsigned)(REGION_PAGES / pages);
		struct hr_summary s = used ? all_used : (struct hr_summary){pages, pages, pages};

		for (unsigned i = 0; i < n; i++)
			if (height == 1)
				hr_eight16_set(&r->h1[i / 8], i % 8, s);
			else
				hr_eight32_put(height == 2 ? &r->h2[i / 8] : &r->h3, i % 8, s, pages);
	}
}

/* The two that stand for all; false: out of memory. */
static bool make_whole(struct hr_pagealloc *p)
{
	if (p->whole != NULL)
		return true;
	p->whole = hr_map(2 * sizeof(struct region));
	if (p->whole == NULL)
		return false;
	fill_region(&p->whole[0], false);
	fill_region(&p->whole[1], true);
	return true;
}

static struct region *new_region(struct hr_pagealloc *p)
{
	return p->nspares > 0 ? p->spare[--p->nspares] : hr_map(sizeof(struct region));
}

/* A whole region becomes one of its own; NULL: out of memory, which is remembered. */
static __attribute__((noinline)) struct region *copy_region(struct hr_pagealloc *p, uint64_t chunk)
{
	struct region *r = new_region(p);

	if (r == NULL) {
		p->out_of_memory = true;
		return NULL;
	}
	memcpy(r, region_of(p, chunk), sizeof(*r));
	return p->regions[chunk >> REGION_LOG_CHUNKS] = r;
}

/* The region of a grown chunk, to change it; NULL as above. */
HR_INLINE struct region *own_region(struct hr_pagealloc *p, uint64_t chunk)
{
	struct region *r = region_of(p, chunk);

	return is_whole(p, r) ? copy_region(p, chunk) : r;
}

/* All of a region, which has grown as a whole; false: out of memory, nothing has changed. */
static bool mark_region(struct hr_pagealloc *p, uint64_t e, bool used)
{
	struct region *old = p->regions[e];

	if (!make_whole(p))
		return false;
	p->regions[e] = &p->whole[used];
	set_root(p, e, used ? all_used : free_region);
	if (old == NULL || is_whole(p, old))
		return true;
	if (p->nspares < MAX_SPARES)
		p->spare[p->nspares++] = old;
	else
		drop_region(p, old);
	return true;
}

/* --- marking --------------------------------------------------------------- */

/* All of a chunk. */
static void mark_chunk(struct hr_pagealloc *p, uint64_t chunk, bool used)
{
	struct region *r = own_region(p, chunk);

	if (r == NULL)
		return;
	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
		set_word(&r->chunks[in_region(chunk)], w, used);
	update(p, r, chunk, used ? all_used : free_chunk);
}

#define GROUP_CHUNKS 64u /* of an entry of height 2 */

/* All of so many chunks, the first of which begins such an entry. */
static void mark_group(struct hr_pagealloc *p, uint64_t chunk, bool used)
{
	static const struct hr_summary free_eight = {8 * HR_CHUNK_PAGES, 8 * HR_CHUNK_PAGES, 8 * HR_CHUNK_PAGES};
	static const struct hr_summary free_group = {GROUP_CHUNKS * HR_CHUNK_PAGES, GROUP_CHUNKS * HR_CHUNK_PAGES,
						     GROUP_CHUNKS * HR_CHUNK_PAGES};
	struct region *r = own_region(p, chunk);
	unsigned first = in_region(chunk);

	if (r == NULL)
		return;
	for (unsigned i = first; i < first + GROUP_CHUNKS; i++) {
		for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
			set_word(&r->chunks[i], w, used);
		hr_eight16_set(&r->leaves[i / 8], i % 8, used ? all_used : free_chunk);
	}
	for (unsigned i = 0; i < 8; i++)
		hr_eight16_set(&r->h1[first / 64], i, used ? all_used : free_eight);
	update_upper(p, r, chunk, used ? all_used : free_group);
}

HR_INLINE void mark_in_chunk(struct hr_pagealloc *p, uint64_t chunk, unsigned i, unsigned n, bool used)
{
	struct region *r = own_region(p, chunk);
	struct chunk *c;

	if (r == NULL)
		return;
	c = &r->chunks[in_region(chunk)];
	update(p, r, chunk,
	       used ? take(c, i, n) : give(c, hr_eight16_get(&r->leaves[in_region(chunk) / 8], chunk % 8), i, n));
}

/*
 * In a large heap neither end is in a cache: both are asked for at once. Inlined by force: gcc leaves out
 * calls of functions that do nothing else.
 */
HR_INLINE void foresee(const struct hr_pagealloc *p, uint64_t chunk)
{
	const struct region *r = region_of(p, chunk);

	if (r == NULL)
		return;
	__builtin_prefetch(&r->chunks[in_region(chunk)].bits, 1);
	__builtin_prefetch(&r->chunks[in_region(chunk)].words, 1);
	__builtin_prefetch(&r->leaves[in_region(chunk) / 8], 1);
}

/* mark_range over several chunks. */
static __attribute__((noinline)) void mark_chunks(struct hr_pagealloc *p, uint64_t page, uint64_t limit, bool used)
{
	foresee(p, hr_chunk_of(page));
	foresee(p, hr_chunk_of(limit - 1));
	while (page < limit) {
		uint64_t chunk = hr_chunk_of(page);
		unsigned i = hr_page_in_chunk(page), n = HR_CHUNK_PAGES - i;

		if (page % REGION_PAGES == 0 && limit - page >= REGION_PAGES &&
		    mark_region(p, chunk >> REGION_LOG_CHUNKS, used)) {
			page += REGION_PAGES;
			continue;
		}
		if (page % hr_chunk_page(GROUP_CHUNKS) == 0 && limit - page >= hr_chunk_page(GROUP_CHUNKS)) {
			mark_group(p, chunk, used);
			page += hr_chunk_page(GROUP_CHUNKS);
			continue;
		}
		if (n > limit - page)
			n = (unsigned)(limit - page);
		if (n == HR_CHUNK_PAGES)
			mark_chunk(p, chunk, used);
		else if (used)
			mark_in_chunk(p, chunk, i, n, true);
		else
			mark_in_chunk(p, chunk, i, n, false);
		page += n;
	}
}

/*
 * Marks a range as used or free and updates the summaries. pageAlloc.allocRange,
 * pageAlloc.free but for the search address.
 */
HR_INLINE void mark_range(struct hr_pagealloc *p, uint64_t page, uint64_t npages, bool used)
{
	unsigned i = hr_page_in_chunk(page);

	if (npages > HR_CHUNK_PAGES - i)
		mark_chunks(p, page, page + npages, used);
	else
		mark_in_chunk(p, hr_chunk_of(page), i, (unsigned)npages, used);
}

void hr_pagealloc_alloc_range(struct hr_pagealloc *p, uint64_t page, uint64_t npages)
{
	mark_range(p, page, npages, true);
}

void hr_pagealloc_free_range(struct hr_pagealloc *p, uint64_t page, uint64_t npages)
{
	if (page < p->search)
		p->search = page;
	mark_range(p, page, npages, false);
}

/* --- growing -------------------------------------------------------------- */

/*
 * A new region e. Where all of the one below has grown and is touched, a heap grows that will probably fill this one
 * too, and what it takes at once is no more than that one has. Elsewhere it takes what will be touched.
 */
static struct region *grow_region(struct hr_pagealloc *p, uint64_t e)
{
	const struct region *below = e > 0 ? p->regions[e - 1] : NULL;

	if (below == NULL || is_whole(p, below) ||
	    !hr_ranges_contain(&p->in_use, (e - 1) * REGION_PAGES, e * REGION_PAGES))
		return hr_map(sizeof(struct region));
	return hr_pieces_cut(&p->pieces, sizeof(struct region));
}

/*
 * Maps the regions that chunks [chunk, limit) need, but for those that are whole
 * from the start. A region that exists and has no chunk yet does no harm.
 */
static bool map_regions(struct hr_pagealloc *p, uint64_t chunk, uint64_t limit)
{
	for (uint64_t e = chunk >> REGION_LOG_CHUNKS; e <= (limit - 1) >> REGION_LOG_CHUNKS; e++) {
		if (p->regions[e] != NULL)
			continue;
		if (e << REGION_LOG_CHUNKS >= chunk && (e + 1) << REGION_LOG_CHUNKS <= limit) {
			if (!make_whole(p))
				return false;
			continue;
		}
		p->regions[e] = grow_region(p, e);
		if (p->regions[e] == NULL)
			return false;
	}
	return true;
}

enum hr_status hr_pagealloc_grow(struct hr_pagealloc *p, uint64_t chunk, uint64_t nchunks)
{
	uint64_t last = p->geometry->chunks - (p->geometry->address_bits == 32);
	uint64_t first = p->geometry->address_bits == 32;
	uint64_t base = hr_chunk_page(chunk), limit = hr_chunk_page(chunk + nchunks);
	size_t above;

	if (nchunks == 0 || chunk < first || chunk >= last || nchunks > last - chunk)
		return HR_EUSAGE;
	above = hr_ranges_succ(&p->in_use, base);
	if ((above > 0 && p->in_use.at[above - 1].limit > base) ||
	    (above < p->in_use.n && p->in_use.at[above].base < limit))
		return HR_EUSAGE;
	if (!map_regions(p, chunk, chunk + nchunks) || !hr_ranges_add(&p->in_use, base, limit))
		return HR_ENOMEM;
	if (chunk + nchunks > p->end_chunk)
		p->end_chunk = chunk + nchunks;
	if (base < p->search)
		p->search = base;
	mark_range(p, base, limit - base, false);
	return HR_OK;
}

/* --- searching ------------------------------------------------------------ */

/* The first root entry at or above `entry` that isn't 0; ROOT_ENTRIES when there is none. */
static inline uint64_t next_live(const struct hr_pagealloc *p, uint64_t entry)
{
	uint64_t word, w = entry / 64;

	if (entry >= ROOT_ENTRIES)
		return ROOT_ENTRIES;
	word = p->live[w] & UINT64_MAX << entry % 64;
	while (word == 0) {
		if (++w == ROOT_ENTRIES / 64)
			return ROOT_ENTRIES;
		word = p->live[w];
	}
	return 64 * w + hr_ctz(word);
}

/*
 * How a search ended: the run's first page, and the entry it had gone down to
 * then. Height 0: it looked into that chunk; higher: the run goes through a
 * border between that entry's children, or starts with one of them, as it does
 * with (ABOVE_ROOT, 0) for root entries.
 */
struct found {
	uint64_t page, entry;
	unsigned height;
};

/* The lowest run in a chunk that has one. pallocBits.find. */
static inline unsigned find_in_chunk(const struct chunk *c, unsigned npages)
{
	struct hr_fit fit;

	if (npages > WORD_PAGES)
		return hr_bitmap_find(c->bits, npages, 0, &fit.i);
	fit = hr_eight16_fit(&c->words, npages);
	if (!fit.crosses)
		return WORD_PAGES * fit.i + hr_find_bit_range64(~c->bits[fit.i], npages);
	return WORD_PAGES * fit.i - (fit.i > 0 ? c->words.end[fit.i - 1] : 0);
}

/* The lowest free page of a chunk that has one. */
static inline unsigned first_free_in_chunk(const struct chunk *c)
{
	unsigned w = hr_eight16_fit(&c->words, 1).i;

	return WORD_PAGES * w + hr_ctz(~c->bits[w]);
}

/*
 * find_below for runs that may be longer than a child, and then go through
 * children that are free as a whole.
 */
static __attribute__((noinline)) struct found find_large(const struct hr_pagealloc *p, uint64_t npages, unsigned height,
							 uint64_t entry)
{
	for (; height > 0; height--) {
		uint64_t run = 0, child = entry * FANOUT, whole = UINT64_C(1) << HEIGHT_LOG_PAGES(height - 1);

		for (;; child++) {
			struct hr_summary s = entry_at(p, height - 1, child);

			if (run + s.start >= npages)
				return (struct found){child * whole - run, entry, height};
			if (s.max >= npages)
				break;
			run = s.start == whole ? run + whole : s.end;
		}
		entry = child;
	}
	return (struct found){hr_chunk_page(entry) + find_in_chunk(chunk_at(p, entry), (unsigned)npages), entry, 0};
}

/* Goes down from an entry of which the longest run has at least npages. */
static __attribute__((noinline)) struct found find_below(const struct hr_pagealloc *p, uint64_t npages, unsigned height,
							 uint64_t entry)
{
	const struct region *r = p->regions[entry >> FANOUT_BITS * (ROOT_HEIGHT - height)];
	unsigned n = (unsigned)npages;
	struct hr_fit fit;

	if (npages > HR_CHUNK_PAGES)
		return find_large(p, npages, height, entry);
	switch (height) {
	case 4:
		fit = hr_eight32_fit(&r->h3, n);
		if (fit.crosses)
			break;
		entry = entry * FANOUT + fit.i;
		height = 3;
		__attribute__((fallthrough));
	case 3:
		fit = hr_eight32_fit(&r->h2[entry % 8], n);
		if (fit.crosses)
			break;
		entry = entry * FANOUT + fit.i;
		height = 2;
		__attribute__((fallthrough));
	case 2:
		fit = hr_eight16_fit(&r->h1[entry % 64], n);
		if (fit.crosses)
			break;
		entry = entry * FANOUT + fit.i;
		height = 1;
		__attribute__((fallthrough));
	case 1:
		fit = hr_eight16_fit(&r->leaves[entry % 512], n);
		if (fit.crosses)
			break;
		entry = entry * FANOUT + fit.i;
		__attribute__((fallthrough));
	default:
		return (struct found){hr_chunk_page(entry) + find_in_chunk(&r->chunks[in_region(entry)], n), entry, 0};
	}
	entry = entry * FANOUT + fit.i;
	return (struct found){(entry << HEIGHT_LOG_PAGES(height - 1)) -
				  (fit.i > 0 ? entry_at(p, height - 1, entry - 1).end : 0),
			      entry / FANOUT, height};
}

/* find, when the search address's root entry has none. */
static __attribute__((noinline)) struct found find_from_root(const struct hr_pagealloc *p, uint64_t npages)
{
	uint64_t run = 0, expected = 0;

	for (uint64_t e = next_live(p, p->search >> ROOT_LOG_PAGES); e < ROOT_ENTRIES; e = next_live(p, expected)) {
		struct hr_summary s = p->root[e];

		if (e != expected)
			run = 0;
		if (run + s.start >= npages)
			return (struct found){(e << ROOT_LOG_PAGES) - run, 0, ABOVE_ROOT};
		if (s.max >= npages)
			return find_below(p, npages, ROOT_HEIGHT, e);
		run = s.start >> ROOT_LOG_PAGES ? run + s.start : s.end;
		expected = e + 1;
	}
	return (struct found){HR_NO_PAGE, 0, 0};
}

/*
 * The lowest run of npages free pages in the heap; page HR_NO_PAGE when there
 * is none. pageAlloc.find.
 *
 * The runtime begins at the root, and in each block that the search address
 * lies in with that address's entry. As nothing is free below that address, the
 * run is in the lowest entry around it that has one long enough, and a search
 * from there finds the same one. Where the runtime would have stopped higher
 * up, since the entry begins with free pages, these are the first of the heap
 * and at the search address, so that first_free_known does not matter.
 */
static inline struct found find(const struct hr_pagealloc *p, uint64_t npages)
{
	uint64_t chunk = hr_chunk_of(p->search);
	const struct region *r = region_of(p, chunk);
	unsigned i = in_region(chunk);

	if (r->h1[i / 64].max[i / 8 % 8] >= npages)
		return find_below(p, npages, 1, chunk / 8);
	if (r->h2[i / 512].max[i / 64 % 8] >= npages)
		return find_below(p, npages, 2, chunk / 64);
	if (r->h3.max[i / 512] >= npages)
		return find_below(p, npages, 3, chunk / 512);
	return find_from_root(p, npages);
}

/* Height of the lowest entry that holds both a and b, entries of the given height. */
static inline unsigned meeting_height(uint64_t a, uint64_t b, unsigned height)
{
	for (; a != b && height < ABOVE_ROOT; height++) {
		a /= FANOUT;
		b /= FANOUT;
	}
	return a == b ? height : ABOVE_ROOT;
}

/*
 * The search address that the runtime's search gets to know on its way. It
 * follows the entries that hold the heap's first free page as long as it goes
 * down into them, and takes the base of the last one, or the page itself if it
 * came to look into its chunk. firstFree in pageAlloc.find, then findMappedAddr.
 */
static __attribute__((noinline)) uint64_t first_free_known(const struct hr_pagealloc *p, struct found f)
{
	uint64_t first = hr_chunk_of(find(p, 1).page);
	unsigned height = f.height;

	if (height < ABOVE_ROOT)
		height = meeting_height(f.entry, first >> FANOUT_BITS * height, height);
	if (height == 0)
		return hr_chunk_page(first) + first_free_in_chunk(chunk_at(p, first));
	height--;
	return hr_ranges_ceil(&p->in_use, hr_chunk_page(first >> FANOUT_BITS * height << FANOUT_BITS * height));
}

/*
 * True when first_free_known can't be above the search address, which lies in a
 * chunk without free pages. Of the children of the lowest entry that holds both
 * the search address and where the search ended, look at the search address's
 * own: if it has free pages, the heap's first one is there, the search passed it
 * by, and that child's base is all it knows. Says so in half the cases or more,
 * without the second search of first_free_known.
 */
static inline bool first_free_is_behind(const struct hr_pagealloc *p, const struct found *f)
{
	uint64_t chunk = hr_chunk_of(p->search);
	unsigned height = f->height;

	if (height < ABOVE_ROOT)
		height = meeting_height(f->entry, chunk >> FANOUT_BITS * height, height);
	return height > 0 && entry_at(p, height - 1, chunk >> FANOUT_BITS * (height - 1)).max != 0;
}

uint64_t hr_pagealloc_alloc(struct hr_pagealloc *p, uint64_t npages)
{
	uint64_t chunk = hr_chunk_of(p->search), first_free = 0;
	struct found f;
	unsigned max;

	if (chunk >= p->end_chunk)
		return HR_NO_PAGE;
	max = leaf_max(p, chunk);
	if (max >= npages) {
		/* Everything free in this part lies above the search address. */
		struct chunk *c = chunk_at(p, chunk);

		f.page = hr_chunk_page(chunk) + find_in_chunk(c, (unsigned)npages);
		first_free = hr_chunk_page(chunk) + first_free_in_chunk(c);
	} else {
		f = find(p, npages);
		if (f.page == HR_NO_PAGE) {
			if (npages == 1)
				p->search = HR_NO_PAGE;
			return HR_NO_PAGE;
		}
		/* If this chunk has the first free page, the search left it behind. */
		if (max == 0 && !first_free_is_behind(p, &f))
			first_free = first_free_known(p, f);
	}
	mark_range(p, f.page, npages, true);
	if (first_free > p->search)
		p->search = first_free;
	return f.page;
}

/* --- page caches ---------------------------------------------------------- */

/* The 64-page block at `base` becomes `used`. */
static void set_block(struct hr_pagealloc *p, uint64_t base, uint64_t used)
{
	uint64_t chunk = hr_chunk_of(base);
	struct region *r = own_region(p, chunk);
	unsigned w = hr_page_in_chunk(base) / WORD_PAGES;
	struct chunk *c;

	if (r == NULL)
		return;
	c = &r->chunks[in_region(chunk)];
	c->bits[w] = used;
	update(p, r, chunk, hr_eight16_put(&c->words, w, summarize_word(used), WORD_PAGES));
}

static inline uint64_t get_block(const struct hr_pagealloc *p, uint64_t base)
{
	return chunk_at(p, hr_chunk_of(base))->bits[hr_page_in_chunk(base) / WORD_PAGES];
}

void hr_pagealloc_cache_fill(struct hr_pagealloc *p, struct hr_pagecache *c)
{
	uint64_t chunk = hr_chunk_of(p->search), page;

	*c = (struct hr_pagecache){0, 0};
	if (chunk >= p->end_chunk)
		return;
	if (leaf_max(p, chunk) != 0) {
		page = hr_chunk_page(chunk) + first_free_in_chunk(chunk_at(p, chunk));
	} else {
		page = find(p, 1).page;
		if (page == HR_NO_PAGE) {
			p->search = HR_NO_PAGE;
			return;
		}
	}
	c->base = hr_align_down(page, HR_CACHE_PAGES);
	c->free = ~get_block(p, c->base);
	set_block(p, c->base, UINT64_MAX);
	p->search = c->base + HR_CACHE_PAGES - 1;
}

void hr_pagealloc_cache_flush(struct hr_pagealloc *p, struct hr_pagecache *c)
{
	if (c->free == 0)
		return;
	if (c->base < p->search)
		p->search = c->base;
	set_block(p, c->base, get_block(p, c->base) & ~c->free);
	*c = (struct hr_pagecache){0, 0};
}

uint64_t hr_pagecache_alloc(struct hr_pagecache *c, unsigned npages)
{
	unsigned i = hr_find_bit_range64(c->free, npages);

	if (i == 64)
		return HR_NO_PAGE;
	c->free &= ~hr_mask(i, npages);
	return c->base + i;
}

/* --- looking -------------------------------------------------------------- */

const struct hr_ranges *hr_pagealloc_ranges(const struct hr_pagealloc *p)
{
	return &p->in_use;
}

uint64_t hr_pagealloc_end_chunk(const struct hr_pagealloc *p)
{
	return p->end_chunk;
}

bool hr_pagealloc_out_of_memory(const struct hr_pagealloc *p)
{
	return p->out_of_memory;
}

bool hr_pagealloc_has_chunk(const struct hr_pagealloc *p, uint64_t chunk)
{
	return chunk < p->end_chunk && hr_ranges_contains(&p->in_use, hr_chunk_page(chunk));
}

const uint64_t *hr_pagealloc_bits(const struct hr_pagealloc *p, uint64_t chunk)
{
	return chunk_at(p, chunk)->bits;
}

/* All of the pages have grown, and their bits, exclusive-ored with flip, are 0. */
static bool all_zero(const struct hr_pagealloc *p, uint64_t page, uint64_t npages, uint64_t flip)
{
	size_t above = hr_ranges_succ(&p->in_use, page);
	uint64_t limit;

	if (above == 0 || page >= p->in_use.at[above - 1].limit || npages > p->in_use.at[above - 1].limit - page)
		return false;
	for (limit = page + npages; page < limit;) {
		const struct region *r = region_of(p, hr_chunk_of(page));
		uint64_t word = hr_pagealloc_bits(p, hr_chunk_of(page))[hr_page_in_chunk(page) / 64] ^ flip;
		unsigned i = (unsigned)(page % 64);
		unsigned n = limit - page < 64 - i ? (unsigned)(limit - page) : 64 - i;

		if (word & hr_mask(i, n))
			return false;
		/* The longest run of a chunk tells of all its pages: it is the chunk, or none. */
		if (hr_page_in_chunk(page) == 0 && limit - page >= HR_CHUNK_PAGES && !is_whole(p, r)) {
			if (leaf_max(p, hr_chunk_of(page)) != (flip == 0 ? HR_CHUNK_PAGES : 0))
				return false;
			page += HR_CHUNK_PAGES;
			continue;
		}
		page = is_whole(p, r) ? hr_align_down(page, REGION_PAGES) + REGION_PAGES : page + n;
	}
	return true;
}

uint64_t hr_pagealloc_first_used(const struct hr_pagealloc *p, uint64_t page, uint64_t npages)
{
	const struct hr_ranges *grown = &p->in_use;
	const uint64_t limit = page + npages;
	size_t i = hr_ranges_succ(grown, page);

	for (i -= i > 0; i < grown->n && grown->at[i].base < limit; i++) {
		uint64_t at = grown->at[i].base > page ? grown->at[i].base : page;

		while (at < grown->at[i].limit && at < limit) {
			uint64_t used = hr_pagealloc_bits(p, hr_chunk_of(at))[hr_page_in_chunk(at) / 64] >> at % 64;

			if (used != 0)
				return at + hr_ctz(used) < limit ? at + hr_ctz(used) : limit;
			at = is_whole(p, region_of(p, hr_chunk_of(at))) ? hr_align_down(at, REGION_PAGES) + REGION_PAGES
									: hr_align_down(at, 64) + 64;
		}
	}
	return limit;
}

bool hr_pagealloc_is_free(const struct hr_pagealloc *p, uint64_t page, uint64_t npages)
{
	return all_zero(p, page, npages, 0);
}

bool hr_pagealloc_is_used(const struct hr_pagealloc *p, uint64_t page, uint64_t npages)
{
	return all_zero(p, page, npages, UINT64_MAX);
}

uint64_t hr_pagealloc_search_page(const struct hr_pagealloc *p)
{
	return p->search;
}

void hr_pagealloc_lower_search(struct hr_pagealloc *p, uint64_t page)
{
	if (page < p->search && hr_pagealloc_has_chunk(p, hr_chunk_of(page)))
		p->search = page;
}

uint64_t hr_pagealloc_summary(const struct hr_pagealloc *p, int level, uint64_t index)
{
	int height = p->geometry->levels - 1 - level;

	if (level < 0 || height < 0)
		return 0;
	return hr_summary_pack(entry_at(p, (unsigned)height, index), p->geometry->pack_bits);
}

/* --- checking ------------------------------------------------------------- */

static enum hr_status check_sum(const char *what, uint64_t index, struct hr_summary is, struct hr_summary should,
				struct hr_error *err)
{
	if (hr_summary_same(is, should))
		return HR_OK;
	return hr_error_set(err, HR_EINTERNAL, "the summary of %s %" PRIu64 " is %u,%u,%u, not %u,%u,%u", what, index,
			    is.start, is.max, is.end, should.start, should.max, should.end);
}

/* What has not grown is all zeroes, its summaries too. */
static enum hr_status check_ungrown(const struct chunk *c, struct hr_summary leaf, uint64_t chunk, struct hr_error *err)
{
	static const struct chunk untouched;

	if (leaf.max != 0 || memcmp(c->bits, untouched.bits, sizeof(c->bits)) != 0 ||
	    memcmp(&c->words, &untouched.words, sizeof(c->words)) != 0)
		return hr_error_set(err, HR_EINTERNAL, "chunk %" PRIu64 " has pages but never grew", chunk);
	return HR_OK;
}

static enum hr_status check_chunk(const struct hr_pagealloc *p, uint64_t chunk, struct hr_error *err)
{
	const struct chunk *c = chunk_at(p, chunk);
	struct hr_summary leaf = entry_at(p, 0, chunk);
	uint64_t first_free;
	unsigned at;

	if (!hr_pagealloc_has_chunk(p, chunk))
		return check_ungrown(c, leaf, chunk, err);
	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++) {
		/* The word alone, first at the lower end of a chunk in use, then at the upper end. */
		hr_bitmap low, high;
		struct hr_summary should;

		memset(low, 0xff, sizeof(low));
		memset(high, 0xff, sizeof(high));
		low[0] = high[HR_CHUNK_WORDS - 1] = c->bits[w];
		should = hr_bitmap_summarize(low);
		should.end = hr_bitmap_summarize(high).end;
		HR_TRY(check_sum("a word of chunk", chunk, hr_eight16_get(&c->words, w), should, err));
	}
	HR_TRY(check_sum("chunk", chunk, leaf, hr_bitmap_summarize(c->bits), err));
	first_free = hr_chunk_page(chunk) + hr_bitmap_find(c->bits, 1, 0, &at);
	if (leaf.max != 0 && first_free < p->search)
		return hr_error_set(err, HR_EINTERNAL, "page %" PRIu64 " is free, below the search address %" PRIu64,
				    first_free, p->search);
	return HR_OK;
}

static enum hr_status check_region(const struct hr_pagealloc *p, uint64_t e, struct hr_error *err)
{
	const int pack_bits = 21; /* enough for every height */

	for (uint64_t c = e << REGION_LOG_CHUNKS; c < (e + 1) << REGION_LOG_CHUNKS; c++)
		HR_TRY(check_chunk(p, c, err));
	for (unsigned h = 1; h <= ROOT_HEIGHT; h++) {
		unsigned bits = FANOUT_BITS * (ROOT_HEIGHT - h);

		for (uint64_t i = e << bits; i < (e + 1) << bits; i++) {
			uint64_t child[FANOUT];

			for (unsigned j = 0; j < FANOUT; j++)
				child[j] = hr_summary_pack(entry_at(p, h - 1, i * FANOUT + j), pack_bits);
			HR_TRY(check_sum("an inner entry,", i, entry_at(p, h, i),
					 hr_summary_merge(child, FANOUT, HEIGHT_LOG_PAGES(h - 1), pack_bits), err));
		}
	}
	return HR_OK;
}

static enum hr_status check(const struct hr_pagealloc *p, struct hr_error *err)
{
	const struct hr_ranges *r = &p->in_use;
	uint64_t end = r->n == 0 ? 0 : r->at[r->n - 1].limit;

	if (hr_chunk_page(p->end_chunk) != end)
		return hr_error_set(err, HR_EINTERNAL, "the end is chunk %" PRIu64, p->end_chunk);
	if (p->search != HR_NO_PAGE && !hr_ranges_contains(r, p->search))
		return hr_error_set(err, HR_EINTERNAL, "the search address %" PRIu64 " has not grown", p->search);
	for (uint64_t e = 0; e < ROOT_ENTRIES; e++) {
		if ((p->live[e / 64] >> e % 64 & 1) != (p->root[e].max != 0))
			return hr_error_set(err, HR_EINTERNAL, "the live bit of root entry %" PRIu64 " is wrong", e);
		if (p->regions[e] != NULL)
			HR_TRY(check_region(p, e, err));
		else
			HR_TRY(check_sum("root entry", e, p->root[e], all_used, err));
	}
	return HR_OK;
}

bool hr_pagealloc_check(const struct hr_pagealloc *p, struct hr_error *err)
{
	return check(p, err) == HR_OK;
}
