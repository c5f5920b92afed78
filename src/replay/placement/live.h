/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live spans on the heap: what an allocation and a free of the trace do to it,
 * with modelled placement, where the heap's model has its way, and with
 * recorded placement, where spans are put where the recorder saw them.
 *
 * Recorded placement: the model is asked first; where
 * it offers another page than the recorded one, it is made to agree:
 *
 * - pages in the P's own cache, or in another one's, are taken from there (a
 *   span that lies in a cache only in part flushes that cache);
 * - a live span in the way is dropped; its next free is swallowed if it comes
 *   before the next mark done (a lost or late free);
 * - where the model had offered a page of the P's cache, that cache is not what
 *   the model takes it for: it is flushed, and filled from the block of the
 *   recorded page;
 * - a recorded span that ends beyond the heap grows it, by the request, as
 *   mheap.grow does; one farther away than an arena begins a new space there.
 *
 * - lower pages that were passed over are held by something that was not traced
 *   (Go 1.23 loses allocations of stacks) or not known (another P's cache), if
 *   that explains the recorded page: until a span is recorded there, or an
 *   unknown one freed. In a cache that is certain; in the heap it is assumed for
 *   no more than 16 pages. Not in strict traces, and not in complete ones, where
 *   only another P's cache is left as an explanation.
 *
 * A free of a span that was never seen changes nothing else: in the model its
 * pages are free, or in a cache.
 *
 * A strict trace, one written by hand, may not do any of the impossible things:
 * they are HR_EINPUT there.
 */
#ifndef HR_REPLAY_LIVE_H
#define HR_REPLAY_LIVE_H

#include "base/error.h"
#include "base/map64.h"
#include "heap/heap.h"
#include "heap/spans.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory without a span between two that were there at the start is heap up to this length, 16 GiB. */
#define HR_START_HOLE_PAGES (UINT64_C(1) << 21)

/* What the free of an unknown span covers: stack spans of 4 pages are all that is known to get lost. */
#define HR_LOST_PAGES 4

struct hr_live {
	struct hr_heap *heap;
	struct hr_spans spans;	 /* named by the recorded page, or the id */
	struct hr_map64 swallow; /* names of dropped spans whose free may still come */
	struct hr_map64 held;	 /* pages of holders that were not traced, by page */
	struct hr_map64 unnamed; /* first pages of the blocks that stand for spans which no event names */
	uint64_t *blocks;	 /* in the order in which they were placed; some may be gone */
	size_t nblocks, blocks_cap;
	uint64_t unnamed_pages;
	bool has_addresses; /* names are pages */
	bool strict;
	bool complete; /* every run of pages is told (a page trace): nothing is held by what was not traced */
	uint64_t unknown_frees, dropped_spans, swallowed_frees;
};

void hr_live_init(struct hr_live *l, struct hr_heap *heap, bool has_addresses, bool strict);
void hr_live_release(struct hr_live *l);

/*
 * What was there when the trace began, at its recorded place: n spans (sorted
 * by this, by page). The heap reaches from the chunk of the first to the chunk
 * of the last and is free where there is no span. padded: below the first span,
 * in its chunk, all is in use for ever (Go 1.26). holes_free: what lies
 * between two spans is free but not released; else it is released, as what lies
 * behind the last span always is. HR_EINPUT: spans overlap in a strict trace (else the first of two
 * stays), or lie outside the address space; HR_ENOMEM.
 */
enum hr_status hr_live_begin(struct hr_live *l, struct hr_span *spans, size_t n, bool padded, bool holes_free,
			     struct hr_error *err);

/*
 * A span by p (known to the heap, or HR_NO_P) where the model wants it.
 * span.page is ignored. A live span of the same name is dropped as above.
 * HR_EINPUT, HR_ENOMEM.
 */
enum hr_status hr_live_place(struct hr_live *l, uint64_t name, struct hr_span span, int p, unsigned flags,
			     struct hr_error *err);
/* A span by p where it was recorded. *same: the model had offered that page. HR_EINPUT, HR_ENOMEM. */
enum hr_status hr_live_put(struct hr_live *l, struct hr_span span, int p, unsigned flags, bool *same,
			   struct hr_error *err);
/* The second half of that, for a model that offered another page, which was undone. */
enum hr_status hr_live_force(struct hr_live *l, struct hr_span span, int p, unsigned flags,
			     const struct hr_offer *offer, struct hr_error *err);
/* Drops live spans in the way of one that was recorded there. HR_EINPUT, HR_ENOMEM. */
enum hr_status hr_live_clear(struct hr_live *l, struct hr_span span, struct hr_error *err);
/* The span of that name is freed. *freed: what it was; npages 0 if it was unknown or is swallowed. HR_EINPUT. */
enum hr_status hr_live_free(struct hr_live *l, uint64_t name, int p, struct hr_span *freed, struct hr_error *err);
/*
 * The page, free in the heap or in the cache of P p, is held by something that
 * was not traced from now on; a recorded span on it, or hr_live_let_go, ends that.
 * HR_ENOMEM.
 */
enum hr_status hr_live_hold(struct hr_live *l, uint64_t page, int p, struct hr_error *err);
/*
 * The model offers p another page than the span's. Holds what it offers, as far
 * as may() agrees (NULL: always) and up to max pages, at most HR_MAX_HOLD, until
 * it offers the span's: *offer, which is undone. If it never does, nothing is
 * held. *nheld: pages. HR_ENOMEM; HR_EINPUT when the heap can't grow.
 */
#define HR_MAX_HOLD 64
typedef bool hr_may_hold_fn(const void *ctx, uint64_t page);
enum hr_status hr_live_hold_passed_over(struct hr_live *l, struct hr_span span, int p, size_t max, hr_may_hold_fn *may,
					const void *ctx, struct hr_offer *offer, size_t *nheld, struct hr_error *err);
/* What is held of those pages becomes free. */
void hr_live_let_go(struct hr_live *l, uint64_t page, uint64_t npages);
/*
 * So many pages are in use by spans that no event names. Blocks of
 * HR_UNNAMED_BLOCK pages stand for them, where the model places them, until a
 * recorded span lies there. HR_EINPUT, HR_ENOMEM.
 */
#define HR_UNNAMED_BLOCK 4
enum hr_status hr_live_set_unnamed(struct hr_live *l, uint64_t npages, struct hr_error *err);
/* A GC cycle ended: frees that are still awaited for dropped spans will not come. */
void hr_live_mark_done(struct hr_live *l);

#endif
