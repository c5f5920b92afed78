/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap: what heap.h says. The counts in a record are those after it. */
#include "config.h"

#include "heap/heap.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum hr_status hr_heap_init(struct hr_heap *h, const struct hr_geometry *geometry, struct hr_places *out,
			    struct hr_error *err)
{
	*h = (struct hr_heap){.geometry = geometry, .out = out};
	hr_arenas_init(&h->arenas, geometry, HR_NO_PAGE);
	h->pages = hr_pagealloc_new(geometry);
	if (h->pages == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory for the page allocator");
	return HR_OK;
}

void hr_heap_release(struct hr_heap *h)
{
	hr_pagealloc_free(h->pages);
	free(h->caches);
	h->pages = NULL;
	h->caches = NULL;
	h->ncaches = 0;
}

/* --- records -------------------------------------------------------------- */

struct hr_place *hr_heap_note(struct hr_heap *h, enum hr_place_kind kind)
{
	struct hr_place *r = &h->nowhere;

	if (h->out != NULL) {
		if (h->out->n < h->out->cap || hr_reserve(&h->out->at, &h->out->cap, h->out->n + 1, sizeof(*r)))
			r = &h->out->at[h->out->n++];
		else
			h->out->failed = true;
	}
	*r = (struct hr_place){
	    .time_ns = h->now_ns,
	    .p = -1,
	    .kind = (uint8_t)kind,
	    .in_use_pages = (uint32_t)h->counts.in_use,
	    .manual_pages = (uint32_t)h->counts.manual,
	    .mapped_pages = (uint32_t)h->counts.mapped,
	    .cache_p = -1,
	};
	return r;
}

static void note_pages(struct hr_heap *h, enum hr_place_kind kind, uint64_t page, uint64_t npages, int p,
		       unsigned flags, uint64_t arg)
{
	struct hr_place *r = hr_heap_note(h, kind);

	r->page = page;
	r->npages = (uint32_t)npages;
	r->p = (int16_t)p;
	r->flags = (uint8_t)flags;
	r->arg = arg;
}

static void note_cache(struct hr_heap *h, enum hr_place_kind kind, int p, uint64_t block, uint64_t bits)
{
	struct hr_place *r = hr_heap_note(h, kind);

	r->page = block;
	r->npages = HR_CACHE_PAGES;
	r->arg = bits;
	r->p = r->cache_p = (int16_t)p;
}

/* --- growth --------------------------------------------------------------- */

enum hr_status hr_heap_map(struct hr_heap *h, uint64_t page, uint64_t npages, unsigned flags, struct hr_error *err)
{
	if (!hr_counts_can_grow(&h->counts, npages))
		return hr_error_set(err, HR_EINPUT, "the heap grows beyond 32 TiB; no heap that we can replay does");
	switch (hr_pagealloc_grow(h->pages, hr_chunk_of(page), npages / HR_CHUNK_PAGES)) {
	case HR_OK:
		break;
	case HR_ENOMEM:
		return hr_error_set(err, HR_ENOMEM, "out of memory for a heap of %" PRIu64 " MiB",
				    (h->counts.mapped + npages) * HR_PAGE_BYTES >> 20);
	default:
		return hr_error_set(err, HR_EINPUT, "there is no heap at %#" PRIx64 " in an address space of %d bits",
				    page * HR_PAGE_BYTES, h->geometry->address_bits);
	}
	hr_counts_grow(&h->counts, npages);
	h->grown_bytes += npages * HR_PAGE_BYTES;
	note_pages(h, HR_PLACE_GROW, page, npages, -1, flags, 0);
	return HR_OK;
}

enum hr_status hr_heap_map_missing(struct hr_heap *h, uint64_t page, uint64_t npages, unsigned flags,
				   struct hr_error *err)
{
	const struct hr_ranges *grown = hr_pagealloc_ranges(h->pages);
	uint64_t limit = hr_align_up(page + npages, HR_CHUNK_PAGES);

	page = hr_align_down(page, HR_CHUNK_PAGES);
	while (page < limit) {
		size_t above = hr_ranges_succ(grown, page);
		uint64_t end = above < grown->n && grown->at[above].base < limit ? grown->at[above].base : limit;

		if (above > 0 && page < grown->at[above - 1].limit)
			page = grown->at[above - 1].limit;
		else
			HR_TRY(hr_heap_map(h, page, end - page, flags, err));
	}
	return HR_OK;
}

enum hr_status hr_heap_grow(struct hr_heap *h, uint64_t npages, uint64_t *grown_pages, struct hr_error *err)
{
	struct hr_range grown[2];
	uint64_t before = h->counts.mapped;
	unsigned n = hr_arenas_grow(&h->arenas, npages, grown);

	if (n == 0)
		return hr_error_set(
		    err, HR_EINPUT,
		    "out of address space: a heap of %" PRIu64 " MiB can't grow by %" PRIu64 " MiB in %d bits",
		    h->counts.mapped * HR_PAGE_BYTES >> 20, npages * HR_PAGE_BYTES >> 20, h->geometry->address_bits);
	for (unsigned i = 0; i < n; i++)
		HR_TRY(hr_heap_map_missing(h, grown[i].base, grown[i].limit - grown[i].base, h->grow_flags, err));
	*grown_pages = h->counts.mapped - before;
	return HR_OK;
}

/* --- spans ---------------------------------------------------------------- */

enum hr_status hr_heap_add_p(struct hr_heap *h, int p, struct hr_error *err)
{
	size_t cap = h->ncaches, need = (size_t)p + 1;

	if (need <= h->ncaches)
		return HR_OK;
	if (!hr_reserve(&h->caches, &cap, need, sizeof(*h->caches)))
		return hr_error_set(err, HR_ENOMEM, "out of memory for %zu page caches", need);
	memset(h->caches + h->ncaches, 0, (cap - h->ncaches) * sizeof(*h->caches));
	h->ncaches = cap;
	return HR_OK;
}

struct hr_offer hr_heap_ask(struct hr_heap *h, uint64_t npages, int p)
{
	struct hr_offer o = {.page = HR_NO_PAGE};

	if (npages < HR_CACHE_MAX_ALLOC && p >= 0) {
		struct hr_pagecache *c = &h->caches[p];

		if (c->free == 0) {
			hr_pagealloc_cache_fill(h->pages, c);
			o.filled = c->free;
			o.block = c->base;
		}
		if (c->free != 0)
			o.page = hr_pagecache_alloc(c, (unsigned)npages);
		o.cached = o.page != HR_NO_PAGE;
	}
	if (!o.cached)
		o.page = hr_pagealloc_alloc(h->pages, npages);
	return o;
}

enum hr_status hr_heap_ask_more(struct hr_heap *h, struct hr_offer *offer, uint64_t npages, uint64_t *grown_pages,
				struct hr_error *err)
{
	HR_TRY(hr_heap_grow(h, npages, grown_pages, err));
	/* Allocate from the heap: the page cache was already tried before the growth. */
	offer->page = hr_pagealloc_alloc(h->pages, npages);
	if (offer->page == HR_NO_PAGE)
		return hr_error_set(err, HR_EINTERNAL, "the heap has grown, but %" PRIu64 " pages don't fit", npages);
	return HR_OK;
}

void hr_heap_undo(struct hr_heap *h, const struct hr_offer *o, uint64_t npages, int p)
{
	if (o->cached)
		h->caches[p].free |= hr_mask((unsigned)(o->page - h->caches[p].base), (unsigned)npages);
	else if (o->page != HR_NO_PAGE)
		hr_pagealloc_free_range(h->pages, o->page, npages);
	if (o->filled != 0)
		hr_pagealloc_cache_flush(h->pages, &h->caches[p]);
}

void hr_heap_commit(struct hr_heap *h, const struct hr_offer *o, uint64_t npages, int p, unsigned flags,
		    uint64_t grown_pages)
{
	if (o->filled != 0) {
		h->fills++;
		note_cache(h, HR_PLACE_CACHE_FILL, p, o->block, o->filled);
	}
	hr_counts_alloc(&h->counts, npages, flags & HR_PLACE_MANUAL);
	if (o->cached) {
		struct hr_place *r = hr_heap_note(h, HR_PLACE_CACHE_USE);

		h->uses++;
		r->page = o->page;
		r->npages = (uint32_t)npages;
		r->p = r->cache_p = (int16_t)p;
		r->flags = (uint8_t)flags;
	} else {
		note_pages(h, HR_PLACE_ALLOC, o->page, npages, p, flags, grown_pages * HR_PAGE_BYTES);
	}
}

enum hr_status hr_heap_place(struct hr_heap *h, uint64_t npages, int p, unsigned flags, uint64_t *page,
			     struct hr_error *err)
{
	struct hr_offer offer = hr_heap_ask(h, npages, p);
	uint64_t grown_pages = 0;

	if (offer.page == HR_NO_PAGE)
		HR_TRY(hr_heap_ask_more(h, &offer, npages, &grown_pages, err));
	hr_heap_commit(h, &offer, npages, p, flags, grown_pages);
	*page = offer.page;
	return HR_OK;
}

void hr_heap_take(struct hr_heap *h, uint64_t page, uint64_t npages, int p, unsigned flags, uint64_t grown_pages)
{
	hr_pagealloc_alloc_range(h->pages, page, npages);
	if (!(flags & HR_PLACE_PADDING))
		hr_counts_alloc(&h->counts, npages, flags & HR_PLACE_MANUAL);
	note_pages(h, HR_PLACE_ALLOC, page, npages, p, flags, grown_pages * HR_PAGE_BYTES);
}

void hr_heap_take_cached(struct hr_heap *h, uint64_t page, unsigned npages, int cache_p, int p, unsigned flags)
{
	struct hr_pagecache *c = &h->caches[cache_p];

	c->free &= ~hr_mask((unsigned)(page - c->base), npages);
	h->uses++;
	h->foreign_uses += cache_p != p;
	hr_counts_alloc(&h->counts, npages, flags & HR_PLACE_MANUAL);
	note_pages(h, HR_PLACE_CACHE_USE, page, npages, p, flags, 0);
	if (h->out != NULL && h->out->n > 0 && !h->out->failed)
		h->out->at[h->out->n - 1].cache_p = (int16_t)cache_p;
}

void hr_heap_free(struct hr_heap *h, uint64_t page, uint64_t npages, int p, unsigned flags)
{
	hr_pagealloc_free_range(h->pages, page, npages);
	if (!(flags & HR_PLACE_PADDING))
		hr_counts_free(&h->counts, npages, flags & HR_PLACE_MANUAL);
	note_pages(h, HR_PLACE_FREE, page, npages, p, flags, 0);
}

/* --- page caches ---------------------------------------------------------- */

/* Of the block of 64 pages at base, those that lie in [page, page+npages). */
static uint64_t bits_of(uint64_t base, uint64_t page, uint64_t npages)
{
	uint64_t low = page > base ? page : base;
	uint64_t high = page + npages < base + HR_CACHE_PAGES ? page + npages : base + HR_CACHE_PAGES;

	return low < high ? hr_mask((unsigned)(low - base), (unsigned)(high - low)) : 0;
}

int hr_heap_cache_of(const struct hr_heap *h, uint64_t page, uint64_t npages, int from)
{
	for (size_t p = (size_t)from; p < h->ncaches; p++)
		if (h->caches[p].free & bits_of(h->caches[p].base, page, npages))
			return (int)p;
	return -1;
}

void hr_heap_fill(struct hr_heap *h, int p, uint64_t page)
{
	struct hr_pagecache *c = &h->caches[p];
	uint64_t base = hr_align_down(page, HR_CACHE_PAGES), bits;

	bits = ~hr_pagealloc_bits(h->pages, hr_chunk_of(base))[hr_page_in_chunk(base) / 64];
	if (bits == 0)
		return;
	*c = (struct hr_pagecache){base, bits};
	hr_pagealloc_alloc_range(h->pages, base, HR_CACHE_PAGES);
	h->fills++;
	note_cache(h, HR_PLACE_CACHE_FILL, p, base, bits);
}

void hr_heap_flush(struct hr_heap *h, int p)
{
	struct hr_pagecache *c;

	if (p < 0 || (size_t)p >= h->ncaches || h->caches[p].free == 0)
		return;
	c = &h->caches[p];
	h->flushes++;
	note_cache(h, HR_PLACE_CACHE_FLUSH, p, c->base, c->free);
	hr_pagealloc_cache_flush(h->pages, c);
}
