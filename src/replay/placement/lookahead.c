/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Placement that knows the future; the rules stand in addresses.h.
 *
 * What is inferred is made true by means of live.h: pages held by something
 * untraced, live spans dropped, caches filled and flushed.
 */
#include "config.h"

#include "replay/placement/lookahead.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/map64.h"
#include "replay/placement/idle.h"

#include <stdlib.h>
#include <string.h>

/* The caches at the start are looked for in so many events, with so many restarts. */
#define START_EVENTS 65536
#define MAX_RESTARTS 256

#define UNKNOWN_FREE 1 /* in the flags of a SPAN_FREE */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for looking ahead");
}

static inline bool is_span(const struct hr_event *e)
{
	return e->kind == HR_EV_SPAN_ALLOC || e->kind == HR_EV_SPAN_FREE;
}

/* May come from a page cache. */
static inline bool is_small(const struct hr_event *e)
{
	return e->kind == HR_EV_SPAN_ALLOC && e->p >= 0 && e->size < HR_CACHE_MAX_ALLOC * HR_PAGE_BYTES;
}

/* --- the future ----------------------------------------------------------- */

/*
 * Events by block of 64 pages: those of block number k are order[first[k]..first[k+1]).
 * Of a large span, 64 blocks that it has whole are one of the next level, and so on.
 */
struct future {
	struct hr_map64 blocks; /* number of a block, by its key */
	uint32_t *first, *order;
	size_t nblocks;
	unsigned nlevels;
	uint32_t *next_small; /* by event, of small allocations: the same P's next one, or the number of events */
};

#define LOG_BLOCK 6  /* pages in a block, blocks in one of the next level */
#define MAX_LEVELS 8 /* of 2^48 pages and more */

static inline uint64_t block_key(uint64_t block, unsigned level)
{
	return (uint64_t)level << 60 | block;
}

/* Gives every free the size of what it frees, or marks it as unknown. */
static bool measure_frees(struct hr_span_trace *t)
{
	struct hr_map64 live;
	bool ok = true;

	hr_map64_init(&live);
	for (size_t i = 0; i < t->nstart && ok; i++)
		ok = hr_map64_put(&live, t->start[i].page, t->start[i].npages);
	for (size_t i = 0; i < t->n && ok; i++) {
		struct hr_event *e = &t->at[i];
		uint64_t npages = HR_LOST_PAGES;

		e->flags = 0;
		if (e->kind == HR_EV_SPAN_ALLOC) {
			ok = hr_map64_put(&live, e->addr / HR_PAGE_BYTES, e->size / HR_PAGE_BYTES);
		} else if (e->kind == HR_EV_SPAN_FREE) {
			if (!hr_map64_remove(&live, e->addr / HR_PAGE_BYTES, &npages))
				e->flags = UNKNOWN_FREE;
			e->size = npages * HR_PAGE_BYTES;
		}
	}
	hr_map64_release(&live);
	return ok;
}

/* The blocks of an event, one after the other. */
struct pieces {
	uint64_t block, end; /* of level 0 */
};

static inline struct pieces pieces_of(const struct hr_event *e)
{
	return (struct pieces){e->addr / HR_PAGE_BYTES >> LOG_BLOCK,
			       ((e->addr + e->size - 1) / HR_PAGE_BYTES >> LOG_BLOCK) + 1};
}

/* The key of the next; there must be one (block < end). The first and the last block may be parts: of level 0. */
static inline uint64_t next_piece(struct pieces *p, const struct hr_event *e, unsigned *level)
{
	const uint64_t whole = (e->addr + e->size) / HR_PAGE_BYTES >> LOG_BLOCK, block = p->block;
	uint64_t n = 1;

	*level = 0;
	if (block << LOG_BLOCK >= e->addr / HR_PAGE_BYTES)
		while (*level + 1 < MAX_LEVELS && block % (n << LOG_BLOCK) == 0 && block + (n << LOG_BLOCK) <= whole) {
			n <<= LOG_BLOCK;
			++*level;
		}
	p->block += n;
	return block_key(block / n, *level);
}

static void future_release(struct future *f)
{
	hr_map64_release(&f->blocks);
	free(f->first);
	free(f->order);
	free(f->next_small);
}

/* Numbers the blocks and counts their events in first; *total: all together. */
static bool count_blocks(struct future *f, const struct hr_span_trace *t, uint32_t *total)
{
	size_t cap = 0;

	*total = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (!is_span(&t->at[i]))
			continue;
		for (struct pieces p = pieces_of(&t->at[i]); p.block < p.end;) {
			unsigned level;
			const uint64_t key = next_piece(&p, &t->at[i], &level), *k = hr_map64_get(&f->blocks, key);
			size_t at = k ? (size_t)*k : f->nblocks;

			if (k == NULL) {
				if (!hr_map64_put(&f->blocks, key, f->nblocks) ||
				    !hr_reserve(&f->first, &cap, f->nblocks + 2, sizeof(*f->first)))
					return false;
				f->first[f->nblocks++] = 0;
			}
			f->nlevels = level >= f->nlevels ? level + 1 : f->nlevels;
			f->first[at]++;
			if (++*total == UINT32_MAX)
				return false;
		}
	}
	return true;
}

/* A counting sort: first[k] becomes the end of block k's events, and moves down as they are put in. */
static bool sort_by_block(struct future *f, const struct hr_span_trace *t)
{
	uint32_t total;
	unsigned level;

	if (!count_blocks(f, t, &total))
		return false;
	f->order = hr_calloc(total, sizeof(*f->order));
	if (f->order == NULL)
		return false;
	for (size_t k = 1; k < f->nblocks; k++)
		f->first[k] += f->first[k - 1];
	if (f->nblocks > 0)
		f->first[f->nblocks] = total;
	for (size_t i = t->n; i-- > 0;) {
		if (!is_span(&t->at[i]))
			continue;
		for (struct pieces p = pieces_of(&t->at[i]); p.block < p.end;)
			f->order[--f->first[*hr_map64_get(&f->blocks, next_piece(&p, &t->at[i], &level))]] =
			    (uint32_t)i;
	}
	return true;
}

static bool link_small(struct future *f, const struct hr_span_trace *t)
{
	struct hr_map64 next; /* by P */
	bool ok = true;

	f->next_small = hr_calloc(t->n, sizeof(*f->next_small));
	if (f->next_small == NULL)
		return false;
	hr_map64_init(&next);
	for (size_t i = t->n; i-- > 0 && ok;) {
		const uint64_t *at;

		if (!is_small(&t->at[i]))
			continue;
		at = hr_map64_get(&next, (uint64_t)t->at[i].p);
		f->next_small[i] = at ? (uint32_t)*at : (uint32_t)t->n;
		ok = hr_map64_put(&next, (uint64_t)t->at[i].p, i);
	}
	hr_map64_release(&next);
	return ok;
}

/* The first event at or after i of those of a block that are on that page; the number of events: there is none. */
static size_t next_of_block(const struct future *f, const struct hr_span_trace *t, size_t i, uint64_t page,
			    uint64_t key)
{
	const uint64_t *k = hr_map64_get(&f->blocks, key);
	size_t low, high, mid;

	if (k == NULL)
		return t->n;
	low = f->first[*k];
	high = f->first[*k + 1];
	while (low < high) {
		mid = low + (high - low) / 2;
		if (f->order[mid] < i)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < f->first[*k + 1]; low++) {
		const struct hr_event *e = &t->at[f->order[low]];

		if (page >= e->addr / HR_PAGE_BYTES && page * HR_PAGE_BYTES < e->addr + e->size)
			return f->order[low];
	}
	return t->n;
}

/* The first event at or after i on that page; NULL: there is none. */
static const struct hr_event *next_on(const struct future *f, const struct hr_span_trace *t, size_t i, uint64_t page)
{
	size_t next = t->n;

	for (unsigned level = 0; level < f->nlevels; level++) {
		const uint64_t key = block_key(page >> (LOG_BLOCK * (level + 1)), level);
		const size_t at = next_of_block(f, t, i, page, key);

		next = at < next ? at : next;
	}
	return next < t->n ? &t->at[next] : NULL;
}

/* --- the replay ----------------------------------------------------------- */

/* What is known of a P. The first part outlives a pass. */
struct proc {
	uint64_t start_block; /* first page of the block that its cache held at the start; HR_NO_PAGE: not known */
	uint64_t start_mask;  /* of the block's free pages, those that it held */
	bool given_up;	      /* nothing is to be found out about that */

	bool begun;	   /* it has had a small span */
	bool moved;	   /* its cache is another one than at the start */
	bool kept;	   /* its cache was not flushed at the end of the last cycle */
	size_t last_small; /* its last small allocation, if begun */
};

struct ahead {
	struct hr_span_run run;
	const struct hr_span_trace *trace;
	struct future future;
	struct proc *procs;
	size_t nprocs, procs_cap;
	bool cycle_ended; /* and the world is still stopped */
	unsigned restarts;
	struct hr_look_ahead *result;
};

static bool add_proc(struct ahead *a, size_t p)
{
	if (p >= a->nprocs && !hr_reserve(&a->procs, &a->procs_cap, p + 1, sizeof(*a->procs)))
		return false;
	for (; a->nprocs <= p; a->nprocs++)
		a->procs[a->nprocs] = (struct proc){.start_block = HR_NO_PAGE, .start_mask = UINT64_MAX};
	return true;
}

/* An event, to which the future is seen from. */
struct view {
	const struct ahead *a;
	size_t i;
};

/* The page belongs to something untraced: nothing is seen of it any more, or only its end. */
static bool untraced(const void *ctx, uint64_t page)
{
	const struct view *v = ctx;
	const struct hr_event *next = next_on(&v->a->future, v->a->trace, v->i, page);

	return next == NULL || next->flags & UNKNOWN_FREE;
}

/* --- caches at the start -------------------------------------------------- */

/*
 * Event i, of page `offered` by the model, was not explained. Does a cache at
 * the start explain it? Then that is noted, and the look-ahead must restart: true.
 */
static bool learn_start(struct ahead *a, size_t i, const struct hr_offer *offer)
{
	const struct hr_event *e = &a->trace->at[i], *next;
	struct hr_span span = hr_span_of(e);
	struct proc *own = is_small(e) ? &a->procs[e->p] : NULL, *other;
	uint64_t block = hr_align_down(span.page, HR_CACHE_PAGES);

	if (i >= START_EVENTS || a->restarts >= MAX_RESTARTS || offer->page == HR_NO_PAGE)
		return false;
	if (own != NULL && !own->given_up && !own->begun && own->start_block == HR_NO_PAGE) {
		own->start_block = block;
		return true;
	}
	if (own != NULL && !own->given_up && own->start_block != HR_NO_PAGE && !own->moved) {
		const struct hr_pagecache *c = &a->run.heap.caches[e->p];

		if (offer->cached && offer->filled == 0) {
			/* The offered page was not taken: it is not cached, or the P has another cache. */
			own->start_mask &= block == c->base
					       ? ~hr_mask((unsigned)(offer->page - c->base), (unsigned)span.npages)
					       : ~c->free;
			return true;
		}
		if (!own->begun) {
			own->start_block = HR_NO_PAGE;
			own->given_up = true;
			return true;
		}
	}
	next = offer->page < span.page ? next_on(&a->future, a->trace, i, offer->page) : NULL;
	if (next != NULL && is_small(next) && next->p != e->p && (size_t)next->p < a->nprocs) {
		other = &a->procs[next->p];
		if (!other->begun && !other->given_up && other->start_block == HR_NO_PAGE) {
			other->start_block = hr_align_down(offer->page, HR_CACHE_PAGES);
			return true;
		}
	}
	return false;
}

static enum hr_status begin_pass(struct ahead *a, struct hr_error *err)
{
	struct hr_heap *h = &a->run.heap;

	HR_TRY(hr_span_run_begin(&a->run, a->trace, err));
	for (size_t p = 0; p < a->nprocs; p++) {
		struct proc *own = &a->procs[p];

		own->begun = own->moved = own->kept = false;
		HR_TRY(hr_heap_add_p(h, (int)p, err));
		if (own->start_block == HR_NO_PAGE || !hr_pagealloc_has_chunk(h->pages, hr_chunk_of(own->start_block)))
			continue;
		hr_heap_fill(h, (int)p, own->start_block);
		for (unsigned b = 0; b < HR_CACHE_PAGES; b++)
			if (h->caches[p].free & ~own->start_mask & hr_mask(b, 1))
				hr_pagealloc_free_range(h->pages, own->start_block + b, 1);
		h->caches[p].free &= own->start_mask;
	}
	a->cycle_ended = false;
	a->result->reproduced = a->result->held_pages = a->result->repairs = 0;
	return HR_OK;
}

static void end_pass(struct ahead *a)
{
	hr_span_run_end(&a->run);
}

/* --- events --------------------------------------------------------------- */

/* The span is a miss. Makes the model such that it offers the recorded page, if that can be explained. */
static enum hr_status repair(struct ahead *a, struct hr_span span, int p, struct hr_offer offer, struct hr_error *err)
{
	struct hr_heap *h = &a->run.heap;
	size_t nheld;

	if (offer.page == HR_NO_PAGE)
		return HR_OK;
	/* The model expected the cache, but the span came from elsewhere: the cache had been flushed. */
	if (offer.cached && offer.filled == 0 && span.page - h->caches[p].base >= HR_CACHE_PAGES)
		hr_heap_flush(h, p);
	HR_TRY(hr_live_hold_passed_over(&a->run.live, span, p, HR_MAX_HOLD, NULL, NULL, &offer, &nheld, err));
	a->result->repairs += offer.page == span.page;
	return HR_OK;
}

/* Holds what event i shows to be held; the offer is what comes of it. */
static enum hr_status explain(struct ahead *a, size_t i, struct hr_offer *offer, struct hr_error *err)
{
	const struct hr_event *e = &a->trace->at[i];
	struct view view = {a, i};
	size_t nheld;

	HR_TRY(hr_live_hold_passed_over(&a->run.live, hr_span_of(e), e->p, HR_MAX_HOLD, untraced, &view, offer, &nheld,
					err));
	if (offer->page * HR_PAGE_BYTES == e->addr)
		a->result->held_pages += nheld;
	return HR_OK;
}

static enum hr_status take_alloc(struct ahead *a, size_t i, bool *again, struct hr_error *err)
{
	struct hr_live *l = &a->run.live;
	const struct hr_event *e = &a->trace->at[i];
	struct hr_span span = hr_span_of(e);
	uint64_t dropped = l->dropped_spans;
	struct hr_offer offer;
	bool explained, same;

	hr_live_let_go(l, span.page, span.npages);
	HR_TRY(explain(a, i, &offer, err));
	if (offer.page != span.page) {
		HR_TRY(hr_live_clear(l, span, err));
		if (l->dropped_spans != dropped)
			HR_TRY(explain(a, i, &offer, err));
	}
	/* hr_live_put decides what heap growth provides. */
	explained = offer.page == span.page || offer.page == HR_NO_PAGE;
	if (!explained) {
		*again = learn_start(a, i, &offer);
		if (*again)
			return HR_OK;
		HR_TRY(repair(a, span, e->p, offer, err));
	}
	if (is_small(e)) {
		struct proc *own = &a->procs[e->p];

		own->moved |= own->begun && a->run.heap.caches[e->p].free == 0;
		own->begun = true;
		own->last_small = i;
	}
	HR_TRY(hr_live_put(l, span, e->p, 0, &same, err));
	a->result->reproduced += same && explained;
	return HR_OK;
}

/*
 * The world starts again after a cycle's end, and idle Ps' caches are flushed.
 * Whose, the P's next small span tells: it comes from the cache as it is, or
 * from elsewhere. Where there is none, the rule for idle Ps decides (idle.h).
 */
static void flush_by_future(struct ahead *a)
{
	struct hr_heap *h = &a->run.heap;

	for (size_t p = 0; p < a->nprocs; p++) {
		struct hr_pagecache *c = &h->caches[p];
		struct proc *own = &a->procs[p];
		size_t next = own->begun ? a->future.next_small[own->last_small] : a->trace->n;
		struct hr_span span;

		own->kept = false;
		if (c->free == 0 || next == a->trace->n)
			continue;
		span = hr_span_of(&a->trace->at[next]);
		if (span.page - c->base < HR_CACHE_PAGES && c->free >> (span.page - c->base) & 1)
			own->kept = true;
		else if (hr_find_bit_range64(c->free, (unsigned)span.npages) < 64)
			hr_heap_flush(h, (int)p);
	}
}

static enum hr_status take_other(struct ahead *a, const struct hr_event *e, struct hr_error *err)
{
	switch (e->kind) {
	case HR_EV_GC_END:
		a->cycle_ended = true;
		break;
	case HR_EV_STW_END:
		if (a->cycle_ended)
			flush_by_future(a);
		a->cycle_ended = false;
		break;
	case HR_EV_CACHE_FLUSH:
		if ((size_t)e->p < a->nprocs) {
			if (a->procs[e->p].kept)
				return HR_OK;
			a->procs[e->p].moved = true;
		}
		break;
	default:
		break;
	}
	return hr_span_run_other(&a->run, e, err);
}

/* *again: something was learnt about the start, so the look-ahead must restart. */
static enum hr_status replay(struct ahead *a, bool *again, struct hr_error *err)
{
	const struct hr_span_trace *t = a->trace;

	*again = false;
	HR_TRY(begin_pass(a, err));
	for (size_t i = 0; i < t->n && !*again; i++) {
		const struct hr_event *e = &t->at[i];

		a->run.heap.now_ns = e->time_ns;
		if (e->kind == HR_EV_SPAN_ALLOC)
			HR_TRY(take_alloc(a, i, again, err));
		else
			HR_TRY(take_other(a, e, err));
	}
	return HR_OK;
}

static enum hr_status look_ahead(struct ahead *a, struct hr_span_trace *t, struct hr_error *err)
{
	enum hr_status status;
	bool again = true;

	if (!measure_frees(t) || !sort_by_block(&a->future, t) || !link_small(&a->future, t))
		return no_memory(err);
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].p >= 0 && !add_proc(a, (size_t)t->at[i].p))
			return no_memory(err);
	while (again) {
		status = replay(a, &again, err);
		end_pass(a);
		a->restarts++;
		if (status != HR_OK)
			return status;
	}
	for (size_t p = 0; p < a->nprocs; p++)
		a->result->start_caches += a->procs[p].start_block != HR_NO_PAGE;
	return HR_OK;
}

enum hr_status hr_look_ahead(struct hr_span_trace *t, struct hr_look_ahead *result, struct hr_error *err)
{
	struct ahead a = {.trace = t, .result = result};
	enum hr_status status;

	*result = (struct hr_look_ahead){0};
	hr_map64_init(&a.future.blocks);
	status = look_ahead(&a, t, err);
	free(a.procs);
	future_release(&a.future);
	return status;
}
