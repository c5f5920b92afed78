/* SPDX-License-Identifier: BSD-3-Clause */
/* Live spans, modelled and recorded; live.h has the rules. */
#include "config.h"

#include "replay/placement/live.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Beyond that many pages of the heap, holders are no explanation: more recordings agree less with more. */
#define MAX_HOLD_IN_HEAP 16

void hr_live_init(struct hr_live *l, struct hr_heap *heap, bool has_addresses, bool strict)
{
	*l = (struct hr_live){.heap = heap, .has_addresses = has_addresses, .strict = strict};
	hr_spans_init(&l->spans);
	hr_map64_init(&l->swallow);
	hr_map64_init(&l->held);
	hr_map64_init(&l->unnamed);
}

void hr_live_release(struct hr_live *l)
{
	hr_map64_release(&l->held);
	hr_map64_release(&l->unnamed);
	free(l->blocks);
	hr_spans_release(&l->spans);
	hr_map64_release(&l->swallow);
}

/* "span 0xc000002000", "span 17". */
static const char *span_text(const struct hr_live *l, uint64_t name, char buf[40])
{
	if (l->has_addresses)
		snprintf(buf, 40, "span %#" PRIx64, name * HR_PAGE_BYTES);
	else
		snprintf(buf, 40, "span %" PRIu64, name);
	return buf;
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for live spans");
}

static unsigned manual_flag(bool manual)
{
	return manual ? HR_PLACE_MANUAL : 0;
}

/* --- the start ------------------------------------------------------------ */

static int by_page(const void *a, const void *b)
{
	uint64_t x = ((const struct hr_span *)a)->page, y = ((const struct hr_span *)b)->page;

	return (x > y) - (x < y);
}

static enum hr_status overlap(const struct hr_live *l, struct hr_span span, struct hr_error *err)
{
	char what[40], when[HR_UNIT_BUF];

	return hr_error_set(err, HR_EINPUT,
			    "%s (%" PRIu64 " pages) allocated at %s overlaps a live one; "
			    "free that one first",
			    span_text(l, span.page, what), span.npages, hr_format_ns(when, l->heap->now_ns));
}

/* What lies between two spans was in use once: free, but not released. Pages that never grew are none of it. */
static void use_and_free(struct hr_heap *h, uint64_t first, uint64_t end)
{
	if (end > first && end - first <= HR_START_HOLE_PAGES) {
		hr_heap_take(h, first, end - first, HR_NO_P, HR_PLACE_MANUAL, 0);
		hr_heap_free(h, first, end - first, HR_NO_P, HR_PLACE_MANUAL);
	}
}

enum hr_status hr_live_begin(struct hr_live *l, struct hr_span *spans, size_t n, bool padded, bool holes_free,
			     struct hr_error *err)
{
	struct hr_heap *h = l->heap;
	uint64_t end = 0, base;

	if (n == 0)
		return HR_OK;
	qsort(spans, n, sizeof(*spans), by_page);
	hr_arenas_init(&h->arenas, h->geometry, spans[0].page);
	base = spans[0].page;
	for (size_t i = 0; i < n; i++) {
		if (end != 0 && spans[i].page > end + HR_START_HOLE_PAGES) {
			HR_TRY(hr_heap_map_missing(h, base, end - base, HR_PLACE_INITIAL, err));
			base = spans[i].page;
		}
		if (spans[i].page + spans[i].npages > end)
			end = spans[i].page + spans[i].npages;
	}
	HR_TRY(hr_heap_map_missing(h, base, end - base, HR_PLACE_INITIAL, err));
	hr_arenas_set_end(&h->arenas, end);
	end = hr_align_down(spans[0].page, HR_CHUNK_PAGES);
	if (padded && spans[0].page != end) {
		hr_heap_take(h, end, spans[0].page - end, HR_NO_P, HR_PLACE_PADDING, 0);
		end = spans[0].page;
	}
	for (size_t i = 0; i < n; i++) {
		if (spans[i].page < end) {
			if (l->strict)
				return overlap(l, spans[i], err);
			continue;
		}
		if (holes_free)
			use_and_free(h, end, spans[i].page);
		end = spans[i].page + spans[i].npages;
		if (!hr_spans_put(&l->spans, spans[i].page, spans[i]))
			return no_memory(err);
		hr_heap_take(h, spans[i].page, spans[i].npages, HR_NO_P, manual_flag(spans[i].manual), 0);
	}
	return HR_OK;
}

/* --- spans ---------------------------------------------------------------- */

/* Makes the heap reach the span; how much it grew goes to *grown_pages. */
static enum hr_status reach(struct hr_heap *h, struct hr_span span, uint64_t *grown_pages, struct hr_error *err)
{
	uint64_t end = span.page + span.npages, ask = hr_align_up(span.npages, HR_CHUNK_PAGES), more;
	uint64_t arena_pages = h->geometry->arena_bytes / HR_PAGE_BYTES, before = h->counts.mapped;

	*grown_pages = 0;
	if (end > h->arenas.base && end <= h->arenas.base + ask + arena_pages &&
	    (span.page >= h->arenas.base || hr_pagealloc_has_chunk(h->pages, hr_chunk_of(span.page)))) {
		while (end > h->arenas.base)
			HR_TRY(hr_heap_grow(h, span.npages, &more, err));
	}
	HR_TRY(hr_heap_map_missing(h, span.page, span.npages, 0, err));
	if (end > h->arenas.base)
		hr_arenas_set_end(&h->arenas, end);
	*grown_pages = h->counts.mapped - before;
	return HR_OK;
}

enum hr_status hr_live_hold(struct hr_live *l, uint64_t page, int p, struct hr_error *err)
{
	if (hr_pagealloc_is_free(l->heap->pages, page, 1))
		hr_heap_take(l->heap, page, 1, HR_NO_P, HR_PLACE_MANUAL, 0);
	else
		hr_heap_take_cached(l->heap, page, 1, p, p, HR_PLACE_MANUAL);
	return hr_map64_put(&l->held, page, 1) ? HR_OK : no_memory(err);
}

void hr_live_let_go(struct hr_live *l, uint64_t page, uint64_t npages)
{
	for (uint64_t limit = page + npages; l->held.count > 0 && page < limit; page++) {
		/* In a large span, from one page in use to the next. */
		if (limit - page > HR_CHUNK_PAGES)
			page = hr_pagealloc_first_used(l->heap->pages, page, limit - page);
		if (page < limit && hr_map64_remove(&l->held, page, NULL))
			hr_heap_free(l->heap, page, 1, HR_NO_P, HR_PLACE_MANUAL);
	}
}

/* Pages that belong to no live span and no cache become free: held ones, and the padding of Go 1.26. */
static void free_unowned(struct hr_live *l, struct hr_span span)
{
	const uint64_t limit = span.page + span.npages;
	uint64_t page = span.page;

	hr_live_let_go(l, span.page, span.npages);
	for (; (page = hr_pagealloc_first_used(l->heap->pages, page, limit - page)) < limit; page++)
		hr_heap_free(l->heap, page, 1, HR_NO_P, HR_PLACE_PADDING);
}

/* The span, which is gone, stood for ones without a name. */
static bool was_unnamed(struct hr_live *l, uint64_t name)
{
	if (l->unnamed.count == 0 || !hr_map64_remove(&l->unnamed, name, NULL))
		return false;
	l->unnamed_pages -= HR_UNNAMED_BLOCK;
	return true;
}

/* A live span that can't be one, or that only stood for others. */
static enum hr_status drop(struct hr_live *l, uint64_t name, struct hr_error *err)
{
	struct hr_span old;

	hr_spans_remove(&l->spans, name, &old);
	hr_heap_free(l->heap, old.page, old.npages, HR_NO_P, manual_flag(old.manual));
	if (was_unnamed(l, name))
		return HR_OK;
	l->dropped_spans++;
	return hr_map64_put(&l->swallow, name, 0) ? HR_OK : no_memory(err);
}

/* Makes the pages of a recorded span free, whoever has them. */
static enum hr_status clear_way(struct hr_live *l, struct hr_span span, struct hr_error *err)
{
	struct hr_heap *h = l->heap;
	uint64_t name;
	int p;

	for (p = hr_heap_cache_of(h, span.page, span.npages, 0); p >= 0;
	     p = hr_heap_cache_of(h, span.page, span.npages, p + 1))
		hr_heap_flush(h, p);
	while (!hr_pagealloc_is_free(h->pages, span.page, span.npages)) {
		name = hr_spans_overlap(&l->spans, span.page, span.npages);
		if (name == UINT64_MAX) {
			free_unowned(l, span);
			break;
		}
		HR_TRY(drop(l, name, err));
	}
	return HR_OK;
}

enum hr_status hr_live_clear(struct hr_live *l, struct hr_span span, struct hr_error *err)
{
	uint64_t name;

	if (hr_pagealloc_is_free(l->heap->pages, span.page, span.npages))
		return HR_OK;
	for (;;) {
		name = hr_spans_overlap(&l->spans, span.page, span.npages);
		if (name == UINT64_MAX)
			return HR_OK;
		if (l->strict)
			return overlap(l, span, err);
		HR_TRY(drop(l, name, err));
	}
}

static bool cache_has(const struct hr_pagecache *c, struct hr_span span)
{
	uint64_t mask;

	if (c->free == 0 || span.page < c->base || span.page + span.npages > c->base + HR_CACHE_PAGES)
		return false;
	mask = hr_mask((unsigned)(span.page - c->base), (unsigned)span.npages);
	return (c->free & mask) == mask;
}

enum hr_status hr_live_force(struct hr_live *l, struct hr_span span, int p, unsigned flags,
			     const struct hr_offer *offer, struct hr_error *err)
{
	struct hr_heap *h = l->heap;
	uint64_t grown_pages;
	int holder;

	HR_TRY(reach(h, span, &grown_pages, err));
	if (!hr_pagealloc_is_free(h->pages, span.page, span.npages)) {
		if (l->strict && hr_spans_overlap(&l->spans, span.page, span.npages) != UINT64_MAX)
			return overlap(l, span, err);
		if (p >= 0 && cache_has(&h->caches[p], span)) {
			hr_heap_take_cached(h, span.page, (unsigned)span.npages, p, p, flags);
			return HR_OK;
		}
		holder = hr_heap_cache_of(h, span.page, span.npages, 0);
		if (holder >= 0 && cache_has(&h->caches[holder], span)) {
			hr_heap_take_cached(h, span.page, (unsigned)span.npages, holder, p, flags);
			return HR_OK;
		}
		HR_TRY(clear_way(l, span, err));
	}
	if (offer->cached || offer->filled != 0) {
		/* The cache differs from the model's, or has to be filled: take it from where the span came. */
		hr_heap_flush(h, p);
		hr_heap_fill(h, p, offer->cached ? span.page : offer->block);
		if (cache_has(&h->caches[p], span)) {
			hr_heap_take_cached(h, span.page, (unsigned)span.npages, p, p, flags);
			return HR_OK;
		}
		/* A span that crosses two blocks, or exceeds the block's free pages, came from the heap. */
		if (!hr_pagealloc_is_free(h->pages, span.page, span.npages))
			hr_heap_flush(h, p);
	}
	hr_heap_take(h, span.page, span.npages, p, flags, grown_pages);
	return HR_OK;
}

/* Nothing is free for the span; is it where growth would put it: in the heap's free end and what is added to it? */
static bool follows_growth(const struct hr_heap *h, struct hr_span span)
{
	uint64_t end = h->arenas.base;

	return span.page <= end && end - span.page < span.npages && !hr_pagealloc_is_free(h->pages, span.page - 1, 1) &&
	       (span.page == end || hr_pagealloc_is_free(h->pages, span.page, end - span.page));
}

static struct hr_offer offer_for(struct hr_heap *h, struct hr_span span, int p)
{
	struct hr_offer offer = hr_heap_ask(h, span.npages, p);

	hr_heap_undo(h, &offer, span.npages, p);
	return offer;
}

/* Pages that are held to see whether that explains an address. */
struct attempt {
	uint64_t page[HR_MAX_HOLD];
	bool cached[HR_MAX_HOLD];
	size_t n;
	struct hr_pagecache own; /* the P's cache before */
	size_t nrecords;	 /* of the heap's output before */
	bool grown;		 /* then they stay */
};

/* As if it had not been tried. If the heap has grown meanwhile, the pages were held and are free again. */
static void hold_nothing(struct hr_live *l, struct attempt *t, int p)
{
	struct hr_heap *h = l->heap;

	if (t->grown) {
		while (t->n-- > 0)
			hr_live_let_go(l, t->page[t->n], 1);
		return;
	}
	while (t->n-- > 0) {
		if (t->cached[t->n])
			h->uses--;
		else
			hr_pagealloc_free_range(h->pages, t->page[t->n], 1);
		hr_counts_free(&h->counts, 1, true);
		hr_map64_remove(&l->held, t->page[t->n], NULL);
	}
	if (p >= 0)
		h->caches[p] = t->own;
	if (h->out != NULL)
		h->out->n = t->nrecords;
}

enum hr_status hr_live_hold_passed_over(struct hr_live *l, struct hr_span span, int p, size_t max, hr_may_hold_fn *may,
					const void *ctx, struct hr_offer *offer, size_t *nheld, struct hr_error *err)
{
	struct hr_heap *h = l->heap;
	struct attempt t = {.nrecords = h->out ? h->out->n : 0};
	uint64_t grown_pages;
	size_t before;

	if (p >= 0)
		t.own = h->caches[p];
	for (;;) {
		*offer = offer_for(h, span, p);
		if (offer->page == span.page)
			break;
		if (offer->page == HR_NO_PAGE) {
			/* A span beyond the heap, with a gap before it: something untraced made the heap grow. */
			if (span.page <= h->arenas.base || span.page - h->arenas.base >= HR_CHUNK_PAGES)
				break;
			HR_TRY(hr_heap_grow(h, span.npages, &grown_pages, err));
			t.grown = true;
			continue;
		}
		before = t.n;
		for (uint64_t page = offer->page; page < offer->page + span.npages && t.n < max; page++) {
			if (page - span.page < span.npages || (may != NULL && !may(ctx, page)))
				continue;
			t.cached[t.n] = !hr_pagealloc_is_free(h->pages, page, 1);
			t.page[t.n++] = page;
			HR_TRY(hr_live_hold(l, page, p, err));
		}
		if (t.n == before)
			break;
	}
	*nheld = t.n;
	if (offer->page != span.page)
		hold_nothing(l, &t, p);
	return HR_OK;
}

/* The offer was not the recorded page. Was something passed over? Then the offer is the recorded page. */
static enum hr_status find_holders(struct hr_live *l, struct hr_span span, int p, struct hr_offer *offer,
				   struct hr_error *err)
{
	bool in_cache = offer->cached && offer->filled == 0;
	struct hr_offer explained;
	size_t nheld;

	if (l->strict || (l->complete && l->unknown_frees == 0) || offer->page > span.page)
		return HR_OK;
	if (in_cache ? !cache_has(&l->heap->caches[p], span)
		     : !hr_pagealloc_is_free(l->heap->pages, span.page, span.npages))
		return HR_OK;
	HR_TRY(hr_live_hold_passed_over(l, span, p, in_cache ? HR_MAX_HOLD : MAX_HOLD_IN_HEAP, NULL, NULL, &explained,
					&nheld, err));
	if (explained.page == span.page)
		*offer = hr_heap_ask(l->heap, span.npages, p);
	return HR_OK;
}

enum hr_status hr_live_put(struct hr_live *l, struct hr_span span, int p, unsigned flags, bool *same,
			   struct hr_error *err)
{
	struct hr_heap *h = l->heap;
	struct hr_offer offer = hr_heap_ask(h, span.npages, p);
	uint64_t grown_pages = 0;

	if (offer.page == HR_NO_PAGE && follows_growth(h, span))
		HR_TRY(hr_heap_ask_more(h, &offer, span.npages, &grown_pages, err));
	*same = offer.page == span.page;
	if (!*same) {
		hr_heap_undo(h, &offer, span.npages, p);
		HR_TRY(find_holders(l, span, p, &offer, err));
	}
	if (offer.page == span.page)
		hr_heap_commit(h, &offer, span.npages, p, flags, grown_pages);
	else
		HR_TRY(hr_live_force(l, span, p, flags, &offer, err));
	return hr_spans_put(&l->spans, span.page, span) ? HR_OK : no_memory(err);
}

enum hr_status hr_live_place(struct hr_live *l, uint64_t name, struct hr_span span, int p, unsigned flags,
			     struct hr_error *err)
{
	char what[40], when[HR_UNIT_BUF];
	struct hr_span old;

	if (hr_spans_get(&l->spans, name, &old)) {
		if (l->strict)
			return hr_error_set(err, HR_EINPUT, "%s allocated at %s is live already; free it first",
					    span_text(l, name, what), hr_format_ns(when, l->heap->now_ns));
		HR_TRY(drop(l, name, err));
	}
	HR_TRY(hr_heap_place(l->heap, span.npages, p, flags, &span.page, err));
	return hr_spans_put(&l->spans, name, span) ? HR_OK : no_memory(err);
}

enum hr_status hr_live_free(struct hr_live *l, uint64_t name, int p, struct hr_span *freed, struct hr_error *err)
{
	char what[40], when[HR_UNIT_BUF];

	freed->npages = 0;
	if (l->swallow.count != 0 && hr_map64_remove(&l->swallow, name, NULL)) {
		l->swallowed_frees++;
		return HR_OK;
	}
	if (!hr_spans_remove(&l->spans, name, freed)) {
		if (l->strict)
			return hr_error_set(err, HR_EINPUT,
					    "%s freed at %s was never allocated; "
					    "allocate it, or begin the trace with span-exists for what is there",
					    span_text(l, name, what), hr_format_ns(when, l->heap->now_ns));
		l->unknown_frees++;
		hr_live_let_go(l, name, HR_LOST_PAGES);
		return HR_OK;
	}
	hr_heap_free(l->heap, freed->page, freed->npages, p, manual_flag(freed->manual));
	was_unnamed(l, name);
	return HR_OK;
}

enum hr_status hr_live_set_unnamed(struct hr_live *l, uint64_t npages, struct hr_error *err)
{
	struct hr_span span = {.npages = HR_UNNAMED_BLOCK}, old;

	while (l->unnamed_pages > npages && l->nblocks > 0) {
		uint64_t name = l->blocks[--l->nblocks];

		if (hr_map64_get(&l->unnamed, name) == NULL || !hr_spans_remove(&l->spans, name, &old))
			continue;
		hr_heap_free(l->heap, old.page, old.npages, HR_NO_P, 0);
		was_unnamed(l, name);
	}
	while (l->unnamed_pages + HR_UNNAMED_BLOCK <= npages) {
		HR_TRY(hr_heap_place(l->heap, span.npages, HR_NO_P, 0, &span.page, err));
		if (!hr_reserve(&l->blocks, &l->blocks_cap, l->nblocks + 1, sizeof(*l->blocks)) ||
		    !hr_map64_put(&l->unnamed, span.page, 0) || !hr_spans_put(&l->spans, span.page, span))
			return no_memory(err);
		l->blocks[l->nblocks++] = span.page;
		l->unnamed_pages += HR_UNNAMED_BLOCK;
	}
	return HR_OK;
}

void hr_live_mark_done(struct hr_live *l)
{
	if (l->swallow.count == 0)
		return;
	hr_map64_release(&l->swallow);
	hr_map64_init(&l->swallow);
}
