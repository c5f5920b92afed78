/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/reasons.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "pagealloc/bitmap.h"
#include "scavenge/dirty_pages.h"
#include "scavenge/pagemap.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *text;
} reasons[HR_REASON_COUNT] = {
    [HR_REASON_CACHE] = {"cache", "in the page cache of a P"},
    [HR_REASON_PHYSICAL] = {"physical_page", "in a physical page that is used in part"},
    [HR_REASON_NEVER] = {"never", "the policy never releases memory"},
    [HR_REASON_RECORDED] = {"recorded", "the recorded scavenger had not released it yet"},
    [HR_REASON_NO_CYCLE] = {"no_cycle", "no GC cycle has set a goal yet"},
    [HR_REASON_UNMARKED] = {"unmarked", "the index does not list its chunk: empty once, or lost"},
    [HR_REASON_DENSE] = {"dense", "its chunk counts as dense until the next GC cycle ends"},
    [HR_REASON_UNREACHED] = {"unreached", "above the address from which the search goes down"},
    [HR_REASON_WHOLE] = {"whole_huge_page", "of a huge page in use, which is kept whole for expected demand"},
    [HR_REASON_POLICY] = {"policy", "the policy's own rule: its delay, decay or rate"},
    [HR_REASON_PACE] = {"pace", "about to go, at the pace of the background scavenger"},
    [HR_REASON_GOAL] = {"goal", "the goal for retained memory is met without it"},
};

const char *hr_reason_name(enum hr_reason r)
{
	return reasons[r].name;
}

const char *hr_reason_text(enum hr_reason r)
{
	return reasons[r].text;
}

void hr_reasons_release(struct hr_reasons *r)
{
	free(r->chunks);
	memset(r, 0, sizeof(*r));
}

enum hr_reason hr_reason_most(const struct hr_chunk_reasons *c)
{
	unsigned most = 0;

	for (unsigned i = 1; i < HR_REASON_COUNT; i++)
		if (c->pages[i] > c->pages[most])
			most = i;
	return (enum hr_reason)most;
}

/* --- one chunk ------------------------------------------------------------- */

/* Pages that a search of the policy would take, or why it would not; *nchunks: so many from this one on, for the same. */
static enum hr_reason reason_of_chunks(const struct hr_follower *f, uint64_t chunk, uint64_t *nchunks)
{
	const struct hr_policy_def *def = f->def;
	struct hr_index_look look = {.marked = false};
	uint64_t from;

	*nchunks = UINT64_MAX;
	if (def->before == NULL && def->after == NULL && def->timer == NULL)
		return HR_REASON_NEVER;
	if (def->needs_releases)
		return HR_REASON_RECORDED;
	if (def->look == NULL)
		return f->view.goal_bytes == HR_NEVER ? HR_REASON_POLICY : HR_REASON_PACE;
	if (f->view.goal_bytes == HR_NEVER && f->gc_cycles == 0)
		return HR_REASON_NO_CYCLE;
	def->look(f->policy, chunk, &look);
	*nchunks = look.alike > 0 ? look.alike : 1;
	if (!look.marked)
		return HR_REASON_UNMARKED;
	if (!look.ready)
		return HR_REASON_DENSE;
	if (def->search_page == NULL)
		return HR_REASON_PACE;
	from = def->search_page(f->policy, false);
	if (from == UINT64_MAX || chunk > hr_chunk_of(from))
		return HR_REASON_UNREACHED;
	if (*nchunks > hr_chunk_of(from) - chunk)
		*nchunks = hr_chunk_of(from) - chunk + 1;
	return HR_REASON_PACE;
}

enum hr_reason hr_reason_of_chunk(const struct hr_follower *f, uint64_t chunk)
{
	uint64_t nchunks;

	return reason_of_chunks(f, chunk, &nchunks);
}

static unsigned count_free(const struct hr_chunk_bits *c)
{
	unsigned n = 0;

	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
		n += hr_popcount(~(c->alloc[w] | c->scavenged[w]));
	return n;
}

static unsigned count_used(const struct hr_chunk_bits *c)
{
	unsigned n = 0;

	/* Padding is used by nobody, and released. */
	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
		n += hr_popcount(c->alloc[w] & ~c->scavenged[w]);
	return n;
}

/* What page caches hold of the chunk: in its bitmap that is in use. */
static void count_cached(const struct hr_follower *f, struct hr_chunk_reasons *c)
{
	for (size_t p = 0; p < f->map.ncaches; p++) {
		const struct hr_cache_bits *cache = &f->map.caches[p];

		if (cache->free == 0 || hr_chunk_of(cache->base) != c->chunk)
			continue;
		c->pages[HR_REASON_CACHE] += hr_popcount(cache->free & ~cache->scavenged);
		c->in_use -= hr_popcount(cache->free);
	}
}

/* Of the chunk and those behind it that are as it is, below limit. */
static struct hr_chunk_reasons look_at(const struct hr_follower *f, uint64_t chunk, uint64_t limit)
{
	const struct hr_chunk_bits *bits = hr_pagemap_chunk(&f->map, chunk);
	struct hr_chunk_reasons c = {.chunk = chunk, .nchunks = limit - chunk, .in_use = count_used(bits)};
	unsigned in_map = count_free(bits), whole = 0;
	uint64_t alike = hr_pagemap_alike(&f->map, chunk);

	c.nchunks = alike < c.nchunks ? alike : c.nchunks;
	if (in_map > 0) {
		whole = hr_dirty_count(&f->map, chunk, 0, HR_CHUNK_PAGES);
		c.pages[HR_REASON_PHYSICAL] = in_map - whole;
		c.pages[reason_of_chunks(f, chunk, &alike)] += whole;
		c.nchunks = alike < c.nchunks ? alike : c.nchunks;
	}
	count_cached(f, &c);
	c.free = in_map + c.pages[HR_REASON_CACHE];
	return c;
}

/* The first of grown chunks [chunk, limit) of which something is free, be it in a page cache; limit: there is none. */
static uint64_t next_free(const struct hr_follower *f, uint64_t chunk, uint64_t limit)
{
	uint64_t next = hr_pagemap_next_free(&f->map, chunk, limit);

	for (size_t p = 0; p < f->map.ncaches; p++) {
		const struct hr_cache_bits *cache = &f->map.caches[p];
		const uint64_t cached = hr_chunk_of(cache->base);

		if ((cache->free & ~cache->scavenged) != 0 && cached >= chunk && cached < next)
			next = cached;
	}
	return next;
}

/* --- huge pages ------------------------------------------------------------- */

size_t hr_reasons_find(const struct hr_reasons *r, uint64_t chunk)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->chunks[middle].chunk + r->chunks[middle].nchunks <= chunk)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->n && r->chunks[low].chunk <= chunk ? low : SIZE_MAX;
}

/*
 * Pages of a huge page that the policy keeps whole which are free and not released; *from: the reason that they would have
 * otherwise. What the policy says is not trusted further than the map goes. A huge page in use of which something is free
 * is not of a chunk that is as others are.
 */
static uint32_t kept_pages(const struct hr_follower *f, uint64_t page, unsigned npages, enum hr_reason *from)
{
	const uint64_t chunk = hr_chunk_of(page);
	const unsigned first = hr_page_in_chunk(page),
		       end = npages < HR_CHUNK_PAGES - first ? first + npages : HR_CHUNK_PAGES;

	if (!hr_pagemap_has(&f->map, chunk) || hr_pagemap_alike(&f->map, chunk) > 1)
		return 0;
	*from = hr_reason_of_chunk(f, chunk);
	return hr_dirty_count(&f->map, chunk, first, end);
}

struct keeping {
	const struct hr_follower *f;
	struct hr_reasons *reasons;
};

static void keep_whole(void *ctx, uint64_t page, unsigned npages)
{
	const struct keeping *k = ctx;
	const size_t at = hr_reasons_find(k->reasons, hr_chunk_of(page));
	enum hr_reason from = HR_REASON_PACE;
	uint32_t n = kept_pages(k->f, page, npages, &from);

	if (at == SIZE_MAX)
		return;
	struct hr_chunk_reasons *c = &k->reasons->chunks[at];
	n = n < c->pages[from] ? n : c->pages[from];
	c->pages[from] -= n;
	c->pages[HR_REASON_WHOLE] += n;
}

/* --- all of them ----------------------------------------------------------- */

/* By how many pages retained memory is above the goal, or mapped memory above the limit. */
static uint64_t pages_over(const struct hr_follower *f)
{
	uint64_t retained = hr_follower_retained_bytes(f), ready = hr_follower_mapped_ready_bytes(f), over = 0;

	if (retained > f->view.goal_bytes)
		over = retained - f->view.goal_bytes;
	if (ready > f->view.memory_limit_bytes && ready - f->view.memory_limit_bytes > over)
		over = ready - f->view.memory_limit_bytes;
	return (over + HR_PAGE_BYTES - 1) / HR_PAGE_BYTES;
}

/* The first n chunks of an element are one of their own from now on, and those behind them the next. False: out of memory. */
static bool split(struct hr_reasons *r, size_t i, uint64_t n)
{
	struct hr_chunk_reasons *c;

	if (!hr_reserve(&r->chunks, &r->cap, r->n + 1, sizeof(*r->chunks)))
		return false;
	c = &r->chunks[i];
	memmove(c + 1, c, (r->n - i) * sizeof(*c));
	r->n++;
	c[0].nchunks = n;
	c[1].chunk += n;
	c[1].nchunks -= n;
	return true;
}

/* So many pages of each chunk go, the others stay. */
static void let_go(struct hr_chunk_reasons *c, uint32_t go)
{
	c->pages[HR_REASON_GOAL] += c->pages[HR_REASON_PACE] - go;
	c->pages[HR_REASON_PACE] = go;
}

/*
 * Searches go down from the top: what they would come to when the goal is met stays for that. Of chunks that are alike,
 * the highest go as a whole, and one of them in part. False: out of memory.
 */
static bool split_by_goal(const struct hr_follower *f, struct hr_reasons *r)
{
	uint64_t over = pages_over(f);

	for (size_t i = r->n; i-- > 0;) {
		const uint32_t each = r->chunks[i].pages[HR_REASON_PACE];
		const uint64_t all = r->chunks[i].nchunks;
		const uint64_t whole = each == 0 || over / each > all ? all : over / each;

		over -= whole * each;
		if (whole == all)
			continue;
		if (whole > 0 && !split(r, i, all - whole))
			return false;
		if (over > 0 && all - whole > 1) {
			if (!split(r, i, all - whole - 1))
				return false;
			let_go(&r->chunks[i + 1], (uint32_t)over);
			over = 0;
		}
		let_go(&r->chunks[i], (uint32_t)over);
		over = 0;
	}
	return true;
}

/* Takes what is in it so far along. */
static enum hr_status no_memory(struct hr_reasons *r, struct hr_error *err)
{
	hr_reasons_release(r);
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

enum hr_status hr_reasons_of(const struct hr_follower *f, struct hr_reasons *r, struct hr_error *err)
{
	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < f->map.in_use.n; i++) {
		uint64_t chunk = hr_chunk_of(f->map.in_use.at[i].base), limit = hr_chunk_of(f->map.in_use.at[i].limit);

		while ((chunk = next_free(f, chunk, limit)) < limit) {
			struct hr_chunk_reasons c = look_at(f, chunk, limit);

			if (!hr_reserve(&r->chunks, &r->cap, r->n + 1, sizeof(*r->chunks)))
				return no_memory(r, err);
			r->chunks[r->n++] = c;
			chunk += c.nchunks;
		}
	}
	if (f->def->kept_whole != NULL)
		f->def->kept_whole(f->policy, keep_whole, &(struct keeping){.f = f, .reasons = r});
	if (!split_by_goal(f, r))
		return no_memory(r, err);
	for (size_t i = 0; i < r->n; i++) {
		struct hr_chunk_reasons *c = &r->chunks[i];

		for (unsigned k = 0; k < HR_REASON_COUNT; k++)
			r->pages[k] += c->nchunks * c->pages[k];
		r->free_pages += c->nchunks * c->free;
		c->before = r->nchunks;
		r->nchunks += c->nchunks;
	}
	return HR_OK;
}

/* What is free of the chunk in the map, and of those behind it that are as it is; returns how many they are. */
static uint64_t add_chunks(const struct hr_follower *f, uint64_t chunk, uint64_t pages[HR_REASON_COUNT])
{
	const uint64_t alike = hr_pagemap_alike(&f->map, chunk);
	const unsigned in_map = count_free(hr_pagemap_chunk(&f->map, chunk));
	const unsigned whole = hr_dirty_count(&f->map, chunk, 0, HR_CHUNK_PAGES);

	pages[HR_REASON_PHYSICAL] += alike * (in_map - whole);
	for (uint64_t i = 0, n; i < alike; i += n) {
		const enum hr_reason reason = reason_of_chunks(f, chunk + i, &n);

		n = n < alike - i ? n : alike - i;
		pages[reason] += n * whole;
	}
	return alike;
}

struct sums {
	const struct hr_follower *f;
	uint64_t *pages;
};

static void add_whole(void *ctx, uint64_t page, unsigned npages)
{
	const struct sums *s = ctx;
	enum hr_reason from = HR_REASON_PACE;
	uint64_t n = kept_pages(s->f, page, npages, &from);

	n = n < s->pages[from] ? n : s->pages[from];
	s->pages[from] -= n;
	s->pages[HR_REASON_WHOLE] += n;
}

void hr_reason_sums(const struct hr_follower *f, uint64_t pages[HR_REASON_COUNT])
{
	const uint64_t over = pages_over(f);
	uint64_t stay;

	memset(pages, 0, HR_REASON_COUNT * sizeof(*pages));
	for (size_t i = 0; i < f->map.in_use.n; i++) {
		uint64_t chunk = hr_chunk_of(f->map.in_use.at[i].base), limit = hr_chunk_of(f->map.in_use.at[i].limit);

		while ((chunk = hr_pagemap_next_free(&f->map, chunk, limit)) < limit)
			chunk += add_chunks(f, chunk, pages);
	}
	for (size_t p = 0; p < f->map.ncaches; p++)
		pages[HR_REASON_CACHE] += hr_popcount(f->map.caches[p].free & ~f->map.caches[p].scavenged);
	if (f->def->kept_whole != NULL)
		f->def->kept_whole(f->policy, add_whole, &(struct sums){.f = f, .pages = pages});
	/* As split_by_goal does, all chunks together. */
	stay = pages[HR_REASON_PACE] > over ? pages[HR_REASON_PACE] - over : 0;
	pages[HR_REASON_PACE] -= stay;
	pages[HR_REASON_GOAL] += stay;
}
