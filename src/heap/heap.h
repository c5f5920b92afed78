/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap as all policies see it: page allocator, page caches of the Ps,
 * arenas and counts, with the runtime's order of doing things, and a record of
 * each change (struct hr_place, heapreplay-policy.h) for the followers.
 *
 * A span can be placed in two ways. hr_heap_ask lets the model choose, and
 * hr_heap_commit makes that true or hr_heap_undo unmakes it; hr_heap_force
 * puts the span where the recorder saw it. A replay by the model is ask and
 * commit; a replay of recorded addresses asks, compares, and commits or forces.
 *
 * Invariant: a page is used in the allocator when it belongs to a live span, to
 * a cache, or to nobody known (hr_heap_hold).
 *
 * Source: mheap.allocSpan, mheap.freeSpanLocked, mheap.grow, p.destroy.
 */
#ifndef HR_HEAP_HEAP_H
#define HR_HEAP_HEAP_H

#include "base/error.h"
#include "heap/arenas.h"
#include "heap/counts.h"
#include "heapreplay-policy.h"
#include "pagealloc/pagealloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records, in order. Once one could not be stored for want of memory, `failed` stays set. */
struct hr_places {
	struct hr_place *at;
	size_t n, cap;
	bool failed;
};

struct hr_heap {
	const struct hr_geometry *geometry;
	struct hr_pagealloc *pages;
	struct hr_arenas arenas;
	struct hr_counts counts;
	struct hr_pagecache *caches; /* by P */
	size_t ncaches;
	struct hr_places *out;	 /* NULL: changes are not recorded */
	struct hr_place nowhere; /* where records go that are not kept */
	uint64_t now_ns;	 /* the time that records carry */
	unsigned grow_flags;	 /* of the GROW records that hr_heap_grow makes */
	uint64_t fills, uses, flushes, foreign_uses;
	uint64_t grown_bytes;
};

/* What the model offers for a request. */
struct hr_offer {
	uint64_t page;	 /* HR_NO_PAGE: nothing fits, the heap has to grow */
	bool cached;	 /* from the P's cache */
	uint64_t filled; /* pages of `block` with which the cache was filled first; 0: it was not */
	uint64_t block;
};

/* HR_ENOMEM. out may be NULL. */
enum hr_status hr_heap_init(struct hr_heap *h, const struct hr_geometry *geometry, struct hr_places *out,
			    struct hr_error *err);
void hr_heap_release(struct hr_heap *h);

/* A record of that kind with the counts as they are now, appended; never NULL. arg, pages and flags are the caller's. */
struct hr_place *hr_heap_note(struct hr_heap *h, enum hr_place_kind kind);

/* Makes room for a cache of P p >= 0. HR_ENOMEM. */
enum hr_status hr_heap_add_p(struct hr_heap *h, int p, struct hr_error *err);

/* New heap, whole chunks that have not grown; flags of the GROW record. HR_EINPUT: no such addresses, or more than
 * 32 TiB; HR_ENOMEM. */
enum hr_status hr_heap_map(struct hr_heap *h, uint64_t page, uint64_t npages, unsigned flags, struct hr_error *err);
/* Maps, of [page, page+npages) rounded to chunks, what has not grown yet. The same. */
enum hr_status hr_heap_map_missing(struct hr_heap *h, uint64_t page, uint64_t npages, unsigned flags,
				   struct hr_error *err);
/* Grows for a request of npages through the arenas; *grown_pages more are mapped. The same. mheap.grow. */
enum hr_status hr_heap_grow(struct hr_heap *h, uint64_t npages, uint64_t *grown_pages, struct hr_error *err);

/*
 * What would a request of npages by p (known to hr_heap_add_p, or HR_NO_P) get?
 * The pages are taken, the cache is filled if that comes first, but nothing is
 * recorded: commit or undo comes next.
 */
struct hr_offer hr_heap_ask(struct hr_heap *h, uint64_t npages, int p);
/* Nothing was offered: grows the heap, which then has something. The same errors as hr_heap_grow. */
enum hr_status hr_heap_ask_more(struct hr_heap *h, struct hr_offer *offer, uint64_t npages, uint64_t *grown_pages,
				struct hr_error *err);
void hr_heap_undo(struct hr_heap *h, const struct hr_offer *offer, uint64_t npages, int p);
/* It is so. flags: HR_PLACE_MANUAL, HR_PLACE_COMPLETE; grown_pages: of hr_heap_grow for it. */
void hr_heap_commit(struct hr_heap *h, const struct hr_offer *offer, uint64_t npages, int p, unsigned flags,
		    uint64_t grown_pages);
/* All of it: the model places a span of npages, the heap grows if it must. *page: where. As hr_heap_grow. */
enum hr_status hr_heap_place(struct hr_heap *h, uint64_t npages, int p, unsigned flags, uint64_t *page,
			     struct hr_error *err);
/* Takes free pages of the heap, and nothing else: the record is an ALLOC. */
void hr_heap_take(struct hr_heap *h, uint64_t page, uint64_t npages, int p, unsigned flags, uint64_t grown_pages);
/* Takes pages that all lie in the cache of P cache_p. */
void hr_heap_take_cached(struct hr_heap *h, uint64_t page, unsigned npages, int cache_p, int p, unsigned flags);
/* A span's pages become free. flags: HR_PLACE_MANUAL, HR_PLACE_PADDING. */
void hr_heap_free(struct hr_heap *h, uint64_t page, uint64_t npages, int p, unsigned flags);

/* The P whose cache holds any of [page, page+npages), beginning to look at P `from`; -1: none. */
int hr_heap_cache_of(const struct hr_heap *h, uint64_t page, uint64_t npages, int from);
/* Fills p's empty cache with all free pages of the block that holds page. */
void hr_heap_fill(struct hr_heap *h, int p, uint64_t page);
/* Flushes p's cache; nothing if it is empty or there is no such P. */
void hr_heap_flush(struct hr_heap *h, int p);

#endif
