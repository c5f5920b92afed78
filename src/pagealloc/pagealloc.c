/*
 * The page allocator.
 *
 * The tree of summaries has five heights, whatever the address space. Height 0
 * is the leaves, one a chunk; an entry of height h covers 2^(9 + 3h) pages and
 * has eight children; height 4 is the root, 2^14 entries of 16 GiB. All that
 * lies below one root entry is a region, mapped when its first chunk grows.
 *
 * The runtime's tree for 32 bits has no height 4. It is kept here all the same,
 * in its one entry 0: since chunk 0 can't be grown, no run starts or ends
 * there, so that a search does nothing in it but go down. And summaries are
 * kept with fields of 21 bits, which hold those of 18. Both differences end in
 * hr_pagealloc_summary.
 *
 * Invariants (hr_pagealloc_check):
 * - A leaf is the exact summary of its chunk's bits, 0 for a chunk that has not
 *   grown; every other entry is the exact merge of its children.
 * - live has a bit for every root entry that isn't 0.
 * - Every page below the search address is in use or has not grown. The search
 *   address lies in a grown chunk, or is HR_NO_PAGE.
 *
 * The runtime recomputes summaries from bits and children after every change.
 * As they are exact, most changes can be applied to them instead: a free makes
 * one longer run out of its neighbours, an allocation matters for a maximum
 * only if it breaks a run of that length. On heaps filled by first fit this
 * ends at the leaf most of the time.
 */
#include "config.h"

#include "pagealloc/pagealloc.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_BITS 21
#define FIELD_MASK ((UINT64_C(1) << FIELD_BITS) - 1)
#define ALL_FREE (UINT64_C(1) << 63) /* a root entry without a page in use */
#define ENDS_MASK (FIELD_MASK | FIELD_MASK << 2 * FIELD_BITS)
#define FREE_CHUNK PACK(HR_CHUNK_PAGES, HR_CHUNK_PAGES, HR_CHUNK_PAGES)

#define PACK(start, max, end) ((uint64_t)(start) | (uint64_t)(max) << FIELD_BITS | (uint64_t)(end) << 2 * FIELD_BITS)
/* Of any entry but one of the root. */
#define START(s) ((unsigned)((s)&FIELD_MASK))
#define MAX(s) ((unsigned)((s) >> FIELD_BITS & FIELD_MASK))
#define END(s) ((unsigned)((s) >> 2 * FIELD_BITS & FIELD_MASK))

#define FANOUT_BITS 3
#define FANOUT (1u << FANOUT_BITS)
#define ROOT_HEIGHT 4
#define ROOT_ENTRIES (1u << 14)
#define HEIGHT_LOG_PAGES(h) (HR_CHUNK_LOG_PAGES + FANOUT_BITS * (h))
#define ROOT_LOG_PAGES HEIGHT_LOG_PAGES(ROOT_HEIGHT)
#define REGION_LOG_CHUNKS (ROOT_LOG_PAGES - HR_CHUNK_LOG_PAGES)
#define REGION_CHUNKS (1u << REGION_LOG_CHUNKS)

/* Where the entries of a height begin in region.sums: the greatest height first, each in whole blocks of eight. */
static const uint16_t height_at[ROOT_HEIGHT] = {8 + 64 + 512, 8 + 64, 8, 0};

struct region {
	uint64_t sums[8 + 64 + 512 + REGION_CHUNKS];
	hr_bitmap bits[REGION_CHUNKS];
};

struct hr_pagealloc {
	uint64_t search; /* page */
	uint64_t end_chunk;
	uint64_t *root;		 /* ROOT_ENTRIES summaries */
	struct region **regions; /* ROOT_ENTRIES */
	const struct hr_geometry *geometry;
	struct hr_ranges in_use;
	uint64_t live[ROOT_ENTRIES / 64];
};

#define ROOT_BYTES (ROOT_ENTRIES * sizeof(uint64_t))
#define REGIONS_BYTES (ROOT_ENTRIES * sizeof(struct region *))

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

void hr_pagealloc_free(struct hr_pagealloc *p)
{
	if (p == NULL)
		return;
	for (size_t e = 0; p->regions != NULL && e < ROOT_ENTRIES; e++)
		if (p->regions[e] != NULL)
			hr_unmap(p->regions[e], sizeof(struct region));
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

/* Index of a grown chunk in its region. */
static inline unsigned in_region(uint64_t chunk)
{
	return (unsigned)(chunk & (REGION_CHUNKS - 1));
}

static inline uint64_t *leaf_of(struct region *r, unsigned chunk)
{
	return &r->sums[8 + 64 + 512 + chunk];
}

static inline uint64_t summarize(const hr_bitmap bits)
{
	struct hr_summary s = hr_bitmap_summarize(bits);

	return PACK(s.start, s.max, s.end);
}

/* --- summaries ------------------------------------------------------------ */

/* The summary of eight neighbours that cover 2^log_pages pages each. mergeSummaries. */
static uint64_t merge(const uint64_t *child, unsigned log_pages)
{
	unsigned whole = 1u << log_pages;
	unsigned start = START(child[0]), max = MAX(child[0]), end = END(child[0]);

	for (unsigned i = 1; i < FANOUT; i++) {
		unsigned s = START(child[i]), m = MAX(child[i]), e = END(child[i]);

		start += start == i << log_pages ? s : 0;
		max = m > max ? m : max;
		max = end + s > max ? end + s : max;
		end = e + (e == whole ? end : 0);
	}
	return max == 1u << ROOT_LOG_PAGES ? ALL_FREE : PACK(start, max, end);
}

static void set_root(struct hr_pagealloc *p, uint64_t entry, uint64_t sum)
{
	uint64_t bit = UINT64_C(1) << entry % 64;

	p->root[entry] = sum;
	if (sum != 0)
		p->live[entry / 64] |= bit;
	else
		p->live[entry / 64] &= ~bit;
}

/*
 * What becomes of a parent when one of its children (already stored) changes
 * from `old` to `new`. If only the child's longest run did, the parent follows
 * without a look at the other children, unless it lost what may have been its
 * own longest run.
 */
static inline uint64_t follow_child(uint64_t parent, unsigned parent_max, uint64_t old, uint64_t new,
				    const uint64_t *children, unsigned log_pages)
{
	if (((old ^ new) & ENDS_MASK) == 0) {
		if (MAX(new) > MAX(old))
			return MAX(new) <= parent_max ? parent
						      : (parent & ENDS_MASK) | (uint64_t)MAX(new) << FIELD_BITS;
		if (MAX(old) < parent_max)
			return parent;
	}
	return merge(children, log_pages);
}

/* Stores the new summary of one chunk, then goes up as long as parents change. pageAlloc.update, one chunk. */
static void update_chunk(struct hr_pagealloc *p, struct region *r, uint64_t chunk, uint64_t new)
{
	unsigned i = in_region(chunk);
	uint64_t *entry = leaf_of(r, i), *children, old = *entry;
	uint64_t root_entry = chunk >> REGION_LOG_CHUNKS, root;

	if (old == new)
		return;
	*entry = new;
	for (unsigned h = 1; h < ROOT_HEIGHT; h++) {
		uint64_t parent, changed;

		i >>= FANOUT_BITS;
		children = &r->sums[height_at[h - 1] + (i << FANOUT_BITS)];
		entry = &r->sums[height_at[h] + i];
		parent = *entry;
		changed = follow_child(parent, MAX(parent), old, new, children, HEIGHT_LOG_PAGES(h - 1));
		if (changed == parent)
			return;
		*entry = changed;
		old = parent;
		new = changed;
	}
	root = p->root[root_entry];
	new = follow_child(root, root == ALL_FREE ? 1u << ROOT_LOG_PAGES : MAX(root), old, new, r->sums,
			   HEIGHT_LOG_PAGES(ROOT_HEIGHT - 1));
	if (new != root)
		set_root(p, root_entry, new);
}

/* Recomputes the parents of the chunks [first, last], whose leaves are stored. pageAlloc.update, the general case. */
static void update_parents(struct hr_pagealloc *p, uint64_t first, uint64_t last)
{
	bool changed = true;

	for (unsigned h = 1; h < ROOT_HEIGHT && changed; h++) {
		unsigned region_bits = FANOUT_BITS * (ROOT_HEIGHT - h);

		first >>= FANOUT_BITS;
		last >>= FANOUT_BITS;
		changed = false;
		for (uint64_t i = first; i <= last; i++) {
			struct region *r = p->regions[i >> region_bits];
			unsigned at = (unsigned)(i & ((1u << region_bits) - 1));
			uint64_t *entry = &r->sums[height_at[h] + at];
			uint64_t sum = merge(&r->sums[height_at[h - 1] + (at << FANOUT_BITS)], HEIGHT_LOG_PAGES(h - 1));

			changed |= *entry != sum;
			*entry = sum;
		}
	}
	if (!changed)
		return;
	for (uint64_t e = first >> FANOUT_BITS; e <= last >> FANOUT_BITS; e++)
		set_root(p, e, merge(p->regions[e]->sums, HEIGHT_LOG_PAGES(ROOT_HEIGHT - 1)));
}

/* --- taking and giving back ----------------------------------------------- */

/* Free pages right below page i of the chunk. */
static inline unsigned free_below(const hr_bitmap bits, unsigned i)
{
	unsigned w = i / 64, n = i % 64;

	if (n != 0) {
		uint64_t x = bits[w] << (64 - n);

		if (x != 0)
			return hr_clz(x);
	}
	for (; w > 0; w--, n += 64)
		if (bits[w - 1] != 0)
			return n + hr_clz(bits[w - 1]);
	return n;
}

/* Free pages from page i of the chunk on; i may be 512. */
static inline unsigned free_from(const hr_bitmap bits, unsigned i)
{
	unsigned w = i / 64, n = 0;

	if (i % 64 != 0) {
		uint64_t x = bits[w] >> i % 64;

		if (x != 0)
			return hr_ctz(x);
		n = 64 - i % 64;
		w++;
	}
	for (; w < HR_CHUNK_WORDS; w++, n += 64)
		if (bits[w] != 0)
			return n + hr_ctz(bits[w]);
	return n;
}

/* Pages [i, i+n) of a chunk become used: its new summary. */
static inline uint64_t take_in_chunk(hr_bitmap bits, uint64_t sum, unsigned i, unsigned n)
{
	unsigned start = START(sum), end = END(sum), above = HR_CHUNK_PAGES - i - n;

	hr_bitmap_set(bits, i, n);
	if (free_below(bits, i) + n + free_from(bits, i + n) >= MAX(sum))
		return summarize(bits);
	return PACK(start < i ? start : i, MAX(sum), end < above ? end : above);
}

/* Pages [i, i+n) of a chunk become free: its new summary. */
static inline uint64_t give_in_chunk(hr_bitmap bits, uint64_t sum, unsigned i, unsigned n)
{
	unsigned first, limit;

	hr_bitmap_clear(bits, i, n);
	first = i - free_below(bits, i);
	limit = i + n + free_from(bits, i + n);
	return PACK(first == 0 ? limit : START(sum), limit - first > MAX(sum) ? limit - first : MAX(sum),
		    limit == HR_CHUNK_PAGES ? limit - first : END(sum));
}

/* Marks a range as used or free and updates the summaries. pageAlloc.allocRange; pageAlloc.free without its beginning.
 */
static inline void mark_range(struct hr_pagealloc *p, uint64_t page, uint64_t npages, bool used)
{
	uint64_t chunk = hr_chunk_of(page), last = hr_chunk_of(page + npages - 1);
	uint64_t limit = page + npages;

	if (chunk == last) {
		struct region *r = region_of(p, chunk);
		unsigned c = in_region(chunk), i = hr_page_in_chunk(page);
		uint64_t sum = *leaf_of(r, c);

		update_chunk(p, r, chunk,
			     used ? take_in_chunk(r->bits[c], sum, i, (unsigned)npages)
				  : give_in_chunk(r->bits[c], sum, i, (unsigned)npages));
		return;
	}
	for (uint64_t c = chunk; c <= last; c++) {
		struct region *r = region_of(p, c);
		uint64_t *bits = r->bits[in_region(c)], *leaf = leaf_of(r, in_region(c));
		uint64_t low = c == chunk ? page : hr_chunk_page(c), high = c == last ? limit : hr_chunk_page(c + 1);
		unsigned i = hr_page_in_chunk(low), n = (unsigned)(high - low);

		*leaf = used ? take_in_chunk(bits, *leaf, i, n) : give_in_chunk(bits, *leaf, i, n);
	}
	update_parents(p, chunk, last);
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

/* Maps the regions that chunks [chunk, limit) need. A region that exists and has no chunk yet does no harm. */
static bool map_regions(struct hr_pagealloc *p, uint64_t chunk, uint64_t limit)
{
	for (uint64_t e = chunk >> REGION_LOG_CHUNKS; e <= (limit - 1) >> REGION_LOG_CHUNKS; e++) {
		if (p->regions[e] != NULL)
			continue;
		p->regions[e] = hr_map(sizeof(struct region));
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
	/* The bits are zero already: "free". */
	for (uint64_t c = chunk; c < chunk + nchunks; c++)
		*leaf_of(region_of(p, c), in_region(c)) = FREE_CHUNK;
	update_parents(p, chunk, chunk + nchunks - 1);
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
 * The lowest run of npages free pages at or above the search address, by the
 * tree, or HR_NO_PAGE. pageAlloc.find.
 *
 * *first_free is where the first free page of the heap must be looked for, as
 * far as this search came to know: the base of the first entry with anything
 * free, of the greatest height at which the search left that entry's side. It
 * need not have grown.
 *
 * At each height the entries from the search address's (or the block's first)
 * on are looked at in order. `carry` is the length of the free run that ends
 * where the current entry begins. Either a run that starts below, or with, this
 * entry is long enough, and the search ends at this height; or there is one
 * inside, and it goes down.
 */
static uint64_t find(const struct hr_pagealloc *p, uint64_t npages, uint64_t *first_free)
{
	uint64_t search = p->search, carry = 0, entry, first, expected;
	const struct region *r;
	bool first_is_ours = true; /* the first free page lies in the entry that the search went into */
	bool on_path;		   /* the search address does */
	unsigned chunk_first;

	first = next_live(p, search >> ROOT_LOG_PAGES);
	*first_free = first << ROOT_LOG_PAGES;
	expected = first;
	for (entry = first; entry < ROOT_ENTRIES; expected = entry + 1, entry = next_live(p, expected)) {
		uint64_t sum = p->root[entry], whole = UINT64_C(1) << ROOT_LOG_PAGES;

		if (entry != expected)
			carry = 0;
		if (sum == ALL_FREE) {
			carry += whole;
			if (carry >= npages)
				return ((entry + 1) << ROOT_LOG_PAGES) - carry;
			continue;
		}
		if (carry + START(sum) >= npages)
			return (entry << ROOT_LOG_PAGES) - carry;
		if (MAX(sum) >= npages)
			break;
		carry = END(sum);
	}
	if (entry == ROOT_ENTRIES)
		return HR_NO_PAGE;
	first_is_ours = entry == first;
	on_path = entry == search >> ROOT_LOG_PAGES;
	r = p->regions[entry];

	for (unsigned h = ROOT_HEIGHT; h-- > 0;) {
		unsigned log_pages = HEIGHT_LOG_PAGES(h), whole = 1u << log_pages, run = 0, sum_start;
		uint64_t block = entry << FANOUT_BITS, sum;
		const uint64_t *sums =
		    &r->sums[height_at[h] + (block & ((UINT64_C(1) << FANOUT_BITS * (ROOT_HEIGHT - h)) - 1))];
		unsigned j = on_path ? (unsigned)(search >> log_pages) % FANOUT : 0, j0 = j, j1;

		while (sums[j] == 0)
			j++;
		j1 = j;
		if (first_is_ours)
			*first_free = (block + j) << log_pages;
		for (;; j++) {
			sum = sums[j];
			sum_start = START(sum);
			if (run + sum_start >= npages || MAX(sum) >= npages)
				break;
			run = sum_start == whole ? run + whole : END(sum);
		}
		entry = block + j;
		if (run + sum_start >= npages)
			return (entry << log_pages) - run;
		first_is_ours = first_is_ours && j == j1;
		on_path = on_path && j == j0;
	}

	entry = hr_chunk_page(entry) + hr_bitmap_find(r->bits[in_region(entry)], (unsigned)npages, 0, &chunk_first);
	if (first_is_ours)
		*first_free += chunk_first;
	return entry;
}

uint64_t hr_pagealloc_alloc(struct hr_pagealloc *p, uint64_t npages)
{
	uint64_t chunk = hr_chunk_of(p->search), page, first_free;
	unsigned i = hr_page_in_chunk(p->search), at;
	struct region *r;

	if (chunk >= p->end_chunk)
		return HR_NO_PAGE;
	r = region_of(p, chunk);
	if (npages <= HR_CHUNK_PAGES - i && npages <= MAX(*leaf_of(r, in_region(chunk)))) {
		page = hr_chunk_page(chunk) + hr_bitmap_find(r->bits[in_region(chunk)], (unsigned)npages, i, &at);
		first_free = hr_chunk_page(chunk) + at;
	} else {
		page = find(p, npages, &first_free);
		if (page == HR_NO_PAGE) {
			if (npages == 1)
				p->search = HR_NO_PAGE;
			return HR_NO_PAGE;
		}
		/* findMappedAddr. The search address has grown, so that nothing below it can lead beyond it. */
		if (first_free > p->search)
			first_free = hr_ranges_ceil(&p->in_use, first_free);
	}
	mark_range(p, page, npages, true);
	if (first_free > p->search)
		p->search = first_free;
	return page;
}

/* --- page caches ---------------------------------------------------------- */

void hr_pagealloc_cache_fill(struct hr_pagealloc *p, struct hr_pagecache *c)
{
	uint64_t chunk = hr_chunk_of(p->search), page, unused, *bits, *leaf;
	struct region *r;
	unsigned at, w;

	*c = (struct hr_pagecache){0, 0};
	if (chunk >= p->end_chunk)
		return;
	r = region_of(p, chunk);
	if (*leaf_of(r, in_region(chunk)) != 0) {
		page = hr_chunk_page(chunk) +
		       hr_bitmap_find(r->bits[in_region(chunk)], 1, hr_page_in_chunk(p->search), &at);
	} else {
		page = find(p, 1, &unused);
		if (page == HR_NO_PAGE) {
			p->search = HR_NO_PAGE;
			return;
		}
		chunk = hr_chunk_of(page);
		r = region_of(p, chunk);
	}
	bits = r->bits[in_region(chunk)];
	leaf = leaf_of(r, in_region(chunk));
	w = hr_page_in_chunk(page) / 64;
	c->base = hr_align_down(page, HR_CACHE_PAGES);
	c->free = ~bits[w];
	bits[w] = UINT64_MAX;
	(void)leaf;
	update_chunk(p, r, chunk, summarize(bits));
	p->search = c->base + HR_CACHE_PAGES - 1;
}

void hr_pagealloc_cache_flush(struct hr_pagealloc *p, struct hr_pagecache *c)
{
	uint64_t chunk = hr_chunk_of(c->base), *bits;
	struct region *r;

	if (c->free == 0)
		return;
	r = region_of(p, chunk);
	bits = r->bits[in_region(chunk)];
	bits[hr_page_in_chunk(c->base) / 64] &= ~c->free;
	if (c->base < p->search)
		p->search = c->base;
	update_chunk(p, r, chunk, summarize(bits));
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

bool hr_pagealloc_has_chunk(const struct hr_pagealloc *p, uint64_t chunk)
{
	return chunk < p->end_chunk && hr_ranges_contains(&p->in_use, hr_chunk_page(chunk));
}

const uint64_t *hr_pagealloc_bits(const struct hr_pagealloc *p, uint64_t chunk)
{
	return region_of(p, chunk)->bits[in_region(chunk)];
}

/* All of the pages have grown, and their bits, exclusive-ored with flip, are 0. */
static bool all_zero(const struct hr_pagealloc *p, uint64_t page, uint64_t npages, uint64_t flip)
{
	size_t above = hr_ranges_succ(&p->in_use, page);
	uint64_t limit;

	if (above == 0 || page >= p->in_use.at[above - 1].limit || npages > p->in_use.at[above - 1].limit - page)
		return false;
	for (limit = page + npages; page < limit;) {
		uint64_t word = hr_pagealloc_bits(p, hr_chunk_of(page))[hr_page_in_chunk(page) / 64] ^ flip;
		unsigned i = (unsigned)(page % 64);
		unsigned n = limit - page < 64 - i ? (unsigned)(limit - page) : 64 - i;

		if (word & hr_mask(i, n))
			return false;
		page += n;
	}
	return true;
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

/* The stored entry, 0 where no region is. */
static uint64_t entry_at(const struct hr_pagealloc *p, unsigned height, uint64_t index)
{
	unsigned bits = FANOUT_BITS * (ROOT_HEIGHT - height);
	const struct region *r;

	if (index >> bits >= ROOT_ENTRIES)
		return 0;
	if (height == ROOT_HEIGHT)
		return p->root[index];
	r = p->regions[index >> bits];
	return r == NULL ? 0 : r->sums[height_at[height] + (index & ((UINT64_C(1) << bits) - 1))];
}

uint64_t hr_pagealloc_summary(const struct hr_pagealloc *p, int level, uint64_t index)
{
	int height = p->geometry->levels - 1 - level;
	uint64_t sum;

	if (level < 0 || height < 0)
		return 0;
	sum = entry_at(p, (unsigned)height, index);
	if (p->geometry->pack_bits == FIELD_BITS)
		return sum;
	return hr_summary_pack(hr_summary_unpack(sum, FIELD_BITS), p->geometry->pack_bits);
}

/* --- checking ------------------------------------------------------------- */

static enum hr_status check_leaves(const struct hr_pagealloc *p, uint64_t e, struct hr_error *err)
{
	static const hr_bitmap none;

	for (uint64_t c = e << REGION_LOG_CHUNKS; c < (e + 1) << REGION_LOG_CHUNKS; c++) {
		const uint64_t *bits = hr_pagealloc_bits(p, c);
		uint64_t stored = entry_at(p, 0, c), want = summarize(bits), page = hr_chunk_page(c);

		if (!hr_pagealloc_has_chunk(p, c)) {
			want = 0;
			if (memcmp(bits, none, sizeof(none)) != 0)
				return hr_error_set(err, HR_EINTERNAL, "chunk %" PRIu64 " has bits but never grew", c);
		}
		if (stored != want)
			return hr_error_set(err, HR_EINTERNAL, "leaf %" PRIu64 " is %#" PRIx64 ", not %#" PRIx64, c,
					    stored, want);
		if (want != 0 && page + free_from(bits, 0) < p->search) {
			for (uint64_t i = page; i < page + HR_CHUNK_PAGES && i < p->search; i++)
				if (hr_pagealloc_is_free(p, i, 1))
					return hr_error_set(err, HR_EINTERNAL,
							    "page %" PRIu64
							    " is free, below the search address %" PRIu64,
							    i, p->search);
		}
	}
	return HR_OK;
}

static enum hr_status check_region(const struct hr_pagealloc *p, uint64_t e, struct hr_error *err)
{
	HR_TRY(check_leaves(p, e, err));
	for (unsigned h = 1; h <= ROOT_HEIGHT; h++) {
		unsigned bits = FANOUT_BITS * (ROOT_HEIGHT - h);

		for (uint64_t i = e << bits; i < (e + 1) << bits; i++) {
			uint64_t child[FANOUT], want, stored = entry_at(p, h, i);

			for (unsigned j = 0; j < FANOUT; j++)
				child[j] = entry_at(p, h - 1, (i << FANOUT_BITS) + j);
			want = hr_summary_pack(hr_summary_merge(child, FANOUT, HEIGHT_LOG_PAGES(h - 1), FIELD_BITS),
					       FIELD_BITS);
			if (stored != want)
				return hr_error_set(err, HR_EINTERNAL,
						    "entry %" PRIu64 " of height %u is %#" PRIx64 ", not %#" PRIx64, i,
						    h, stored, want);
		}
	}
	return HR_OK;
}

bool hr_pagealloc_check(const struct hr_pagealloc *p, struct hr_error *err)
{
	const struct hr_ranges *r = &p->in_use;
	uint64_t end = r->n == 0 ? 0 : r->at[r->n - 1].limit;

	if (hr_chunk_page(p->end_chunk) != end) {
		hr_error_set(err, HR_EINTERNAL, "the end is chunk %" PRIu64, p->end_chunk);
		return false;
	}
	if (p->search != HR_NO_PAGE && !hr_ranges_contains(r, p->search)) {
		hr_error_set(err, HR_EINTERNAL, "the search address %" PRIu64 " has not grown", p->search);
		return false;
	}
	for (uint64_t e = 0; e < ROOT_ENTRIES; e++) {
		if ((p->live[e / 64] >> e % 64 & 1) != (p->root[e] != 0)) {
			hr_error_set(err, HR_EINTERNAL, "the live bit of root entry %" PRIu64 " is wrong", e);
			return false;
		}
		if (p->regions[e] != NULL ? check_region(p, e, err) != HR_OK : p->root[e] != 0)
			return false;
	}
	return true;
}
