/* Addresses reproduced; what is counted stands in addresses.h. */
#include "config.h"

#include "replay/addresses.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/map64.h"
#include "heap/heap.h"
#include "replay/idle.h"
#include "replay/live.h"
#include "trace/reader.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* The pages of a lost stack span, the only kind that is known to get lost: what its free covers. */
#define LOST_PAGES 4

struct trace {
	struct hr_event *at; /* SPAN_ALLOC, SPAN_FREE, GC_END, STW_END, GOMAXPROCS, CACHE_FLUSH */
	size_t n, cap;
	struct hr_span *start;
	size_t nstart, start_cap;
	bool padded, strict;
};

/* Events by block of 64 pages, to look ahead: those of block b are order[first[k]..first[k+1]), k = blocks(b). */
struct index {
	struct hr_map64 blocks;
	uint32_t *first, *order;
	size_t nblocks;
	uint32_t *next_small; /* by event, of small allocations: the next one of the same P, or n */
};

/* What a P's cache was when the trace began: all that was free in a block. */
struct start_cache {
	uint64_t page; /* of the block; HR_NO_PAGE: nothing known */
	bool tried, used;
	bool kept; /* not flushed at the end of the last cycle */
	size_t last_small; /* the P's last small allocation; SIZE_MAX: none yet */
};

/* One replay. */
struct run {
	const struct trace *trace;
	struct hr_heap heap;
	struct hr_live live;
};

/* --- the trace ------------------------------------------------------------ */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the events of the trace");
}

static bool keep(struct trace *t, const struct hr_event *e)
{
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
		if (!hr_reserve(&t->start, &t->start_cap, t->nstart + 1, sizeof(*t->start)))
			return false;
		t->start[t->nstart++] = (struct hr_span){.page = e->addr / HR_PAGE_BYTES,
							 .npages = hr_div_up(e->size, HR_PAGE_BYTES),
							 .manual = e->arg & HR_SPAN_MANUAL};
		return true;
	case HR_EV_SPAN_ALLOC:
	case HR_EV_SPAN_FREE:
	case HR_EV_GC_END:
	case HR_EV_STW_END:
	case HR_EV_GOMAXPROCS:
	case HR_EV_CACHE_FLUSH:
		if (!hr_reserve(&t->at, &t->cap, t->n + 1, sizeof(*t->at)))
			return false;
		t->at[t->n++] = *e;
		return true;
	default:
		return true;
	}
}

static enum hr_status read_events(struct hr_reader *r, struct trace *t, struct hr_idle *idle, struct hr_error *err)
{
	struct hr_event batch[1024];
	const struct hr_event *e;
	enum hr_status status;
	bool last;
	size_t n;

	do {
		status = hr_reader_next(r, batch, sizeof(batch) / sizeof(batch[0]), &n, err);
		if (status != HR_OK && status != HR_END)
			return status;
		last = status == HR_END;
		HR_TRY(hr_idle_pass(idle, batch, last ? 0 : n, last, &e, &n, err));
		for (size_t i = 0; i < n; i++)
			if (!keep(t, &e[i]))
				return no_memory(err);
	} while (!last);
	return HR_OK;
}

/* --- looking ahead -------------------------------------------------------- */

#define UNKNOWN_FREE 1 /* in flags of a SPAN_FREE, after measure_frees */

/* Gives every free the size of what it frees. */
static bool measure_frees(struct trace *t)
{
	struct hr_map64 live;
	bool ok = true;

	hr_map64_init(&live);
	for (size_t i = 0; i < t->nstart && ok; i++)
		ok = hr_map64_put(&live, t->start[i].page, t->start[i].npages);
	for (size_t i = 0; i < t->n && ok; i++) {
		struct hr_event *e = &t->at[i];
		uint64_t npages = LOST_PAGES;

		e->flags = 0;
		if (e->kind == HR_EV_SPAN_ALLOC) {
			ok = hr_map64_put(&live, e->addr / HR_PAGE_BYTES, hr_div_up(e->size, HR_PAGE_BYTES));
		} else if (e->kind == HR_EV_SPAN_FREE) {
			if (!hr_map64_remove(&live, e->addr / HR_PAGE_BYTES, &npages))
				e->flags = UNKNOWN_FREE;
			e->size = npages * HR_PAGE_BYTES;
		}
	}
	hr_map64_release(&live);
	return ok;
}

static inline bool is_span(const struct hr_event *e)
{
	return e->kind == HR_EV_SPAN_ALLOC || e->kind == HR_EV_SPAN_FREE;
}

static inline uint64_t first_block(const struct hr_event *e)
{
	return e->addr / HR_PAGE_BYTES / HR_CACHE_PAGES;
}

static inline uint64_t last_block(const struct hr_event *e)
{
	return (e->addr + e->size - 1) / HR_PAGE_BYTES / HR_CACHE_PAGES;
}

static void index_release(struct index *x)
{
	hr_map64_release(&x->blocks);
	free(x->first);
	free(x->order);
	free(x->next_small);
}

/* May come from a page cache. */
static inline bool is_small(const struct hr_event *e)
{
	return e->kind == HR_EV_SPAN_ALLOC && e->p >= 0 && e->size <= (HR_CACHE_MAX_ALLOC - 1) * HR_PAGE_BYTES;
}

static bool index_next_small(struct index *x, const struct trace *t)
{
	struct hr_map64 next; /* by P */
	bool ok = true;

	hr_map64_init(&next);
	x->next_small = hr_calloc(t->n, sizeof(*x->next_small));
	if (x->next_small == NULL)
		return false;
	for (size_t i = t->n; i-- > 0 && ok;) {
		const uint64_t *at;

		if (!is_small(&t->at[i]))
			continue;
		at = hr_map64_get(&next, (uint64_t)t->at[i].p);
		x->next_small[i] = at ? (uint32_t)*at : (uint32_t)t->n;
		ok = hr_map64_put(&next, (uint64_t)t->at[i].p, i);
	}
	hr_map64_release(&next);
	return ok;
}

/* A counting sort by block: numbers the blocks and counts, adds up, then puts the events in. */
static bool index_init(struct index *x, const struct trace *t)
{
	size_t cap = 0;
	uint32_t sum = 0;

	*x = (struct index){0};
	hr_map64_init(&x->blocks);
	for (size_t i = 0; i < t->n; i++) {
		if (!is_span(&t->at[i]))
			continue;
		for (uint64_t b = first_block(&t->at[i]); b <= last_block(&t->at[i]); b++) {
			const uint64_t *k = hr_map64_get(&x->blocks, b);
			size_t at = k ? (size_t)*k : x->nblocks;

			if (k == NULL) {
				if (!hr_map64_put(&x->blocks, b, x->nblocks) ||
				    !hr_reserve(&x->first, &cap, x->nblocks + 2, sizeof(*x->first)))
					return false;
				x->first[x->nblocks++] = 0;
			}
			x->first[at]++;
			if (++sum == UINT32_MAX)
				return false;
		}
	}
	x->order = hr_calloc(sum, sizeof(*x->order));
	if (x->order == NULL)
		return false;
	/* first[k] is the end of block k's events, and moves down to their beginning. */
	for (size_t k = 1; k < x->nblocks; k++)
		x->first[k] += x->first[k - 1];
	if (x->nblocks > 0)
		x->first[x->nblocks] = sum;
	for (size_t i = t->n; i-- > 0;) {
		if (!is_span(&t->at[i]))
			continue;
		for (uint64_t b = first_block(&t->at[i]); b <= last_block(&t->at[i]); b++)
			x->order[--x->first[*hr_map64_get(&x->blocks, b)]] = (uint32_t)i;
	}
	return index_next_small(x, t);
}

/* The first event after i on that page; NULL: there is none. */
static const struct hr_event *next_on(const struct index *x, const struct trace *t, size_t i, uint64_t page)
{
	const uint64_t *k = hr_map64_get(&x->blocks, page / HR_CACHE_PAGES);
	size_t low, high, mid;

	if (k == NULL)
		return NULL;
	low = x->first[*k];
	high = x->first[*k + 1];
	while (low < high) {
		mid = low + (high - low) / 2;
		if (x->order[mid] <= i)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < x->first[*k + 1]; low++) {
		const struct hr_event *e = &t->at[x->order[low]];

		if (page >= e->addr / HR_PAGE_BYTES && page * HR_PAGE_BYTES < e->addr + e->size)
			return e;
	}
	return NULL;
}

/* --- replaying ------------------------------------------------------------ */

static enum hr_status run_begin(struct run *r, const struct trace *t, struct hr_error *err)
{
	struct hr_span *start;
	enum hr_status status;

	r->trace = t;
	HR_TRY(hr_heap_init(&r->heap, hr_geometry(48), NULL, err));
	hr_live_init(&r->live, &r->heap, true, t->strict);
	start = hr_calloc(t->nstart, sizeof(*start));
	if (start == NULL)
		return no_memory(err);
	if (t->nstart > 0)
		memcpy(start, t->start, t->nstart * sizeof(*start));
	status = hr_live_begin(&r->live, start, t->nstart, t->padded, false, err);
	free(start);
	return status;
}

static void run_end(struct run *r)
{
	hr_live_release(&r->live);
	hr_heap_release(&r->heap);
}

static struct hr_span span_of(const struct hr_event *e)
{
	return (struct hr_span){.page = e->addr / HR_PAGE_BYTES,
				.npages = hr_div_up(e->size, HR_PAGE_BYTES),
				.manual = e->arg & HR_SPAN_MANUAL};
}

/* Everything but allocations. */
static enum hr_status run_other(struct run *r, const struct hr_event *e, struct hr_error *err)
{
	struct hr_span freed;

	switch (e->kind) {
	case HR_EV_SPAN_FREE:
		return hr_live_free(&r->live, e->addr / HR_PAGE_BYTES, e->p, &freed, err);
	case HR_EV_GC_END:
		hr_live_mark_done(&r->live);
		return HR_OK;
	case HR_EV_CACHE_FLUSH:
		if(getenv("DBG")&&(size_t)e->p<r->heap.ncaches&&r->heap.caches[e->p].free)printf("flush t%lu p%d %lx/%lx\n",e->time_ns,e->p,r->heap.caches[e->p].base-r->heap.arenas.first,r->heap.caches[e->p].free);
		hr_heap_flush(&r->heap, e->p);
		return HR_OK;
	case HR_EV_GOMAXPROCS:
		for (size_t p = e->arg; p < r->heap.ncaches; p++)
			hr_heap_flush(&r->heap, (int)p);
		return HR_OK;
	default:
		return HR_OK;
	}
}

static enum hr_status score_forced(const struct trace *t, uint64_t *score, struct hr_error *err)
{
	struct run r;
	enum hr_status status = run_begin(&r, t, err);
	bool same;

	for (size_t i = 0; i < t->n && status == HR_OK; i++) {
		const struct hr_event *e = &t->at[i];

		r.heap.now_ns = e->time_ns;
		if (e->kind != HR_EV_SPAN_ALLOC) {
			status = run_other(&r, e, err);
			continue;
		}
		status = e->p >= 0 ? hr_heap_add_p(&r.heap, e->p, err) : HR_OK;
		if (status == HR_OK)
			status = hr_live_put(&r.live, span_of(e), e->p, 0, &same, err);
		*score += same;
	}
	run_end(&r);
	return status;
}

static enum hr_status score_free_running(const struct trace *t, uint64_t *score, struct hr_error *err)
{
	struct run r;
	enum hr_status status = run_begin(&r, t, err);
	struct hr_span span, placed;

	for (size_t i = 0; i < t->n && status == HR_OK; i++) {
		const struct hr_event *e = &t->at[i];

		r.heap.now_ns = e->time_ns;
		if (e->kind != HR_EV_SPAN_ALLOC) {
			status = run_other(&r, e, err);
			continue;
		}
		span = span_of(e);
		status = e->p >= 0 ? hr_heap_add_p(&r.heap, e->p, err) : HR_OK;
		if (status == HR_OK)
			status = hr_live_place(&r.live, span.page, span, e->p, 0, err);
		if (status == HR_OK && hr_spans_get(&r.live.spans, span.page, &placed))
			*score += placed.page == span.page;
	}
	run_end(&r);
	return status;
}

/* --- replaying with look-ahead -------------------------------------------- */

struct ahead {
	struct run run;
	const struct trace *trace;
	const struct index *index;
	struct start_cache *starts; /* by P */
	size_t nstarts, starts_cap;
	struct hr_map64 held; /* pages of holders that were not traced */
	bool gc_ended;	      /* the world is still stopped after a GC cycle's end */
	struct hr_address_score *score;
};

/* The page, which is free or in p's cache, is held by something from now on. */
static bool hold(struct ahead *a, uint64_t page, int p)
{
	struct hr_heap *h = &a->run.heap;

	if (hr_pagealloc_is_free(h->pages, page, 1))
		hr_heap_take(h, page, 1, HR_NO_P, HR_PLACE_MANUAL, 0);
	else
		hr_heap_take_cached(h, page, 1, p, p, HR_PLACE_MANUAL);
	return hr_map64_put(&a->held, page, 1);
}

/* What is held of those pages becomes free. */
static void let_go(struct ahead *a, uint64_t page, uint64_t npages)
{
	for (; npages > 0 && a->held.count > 0; page++, npages--)
		if (hr_map64_remove(&a->held, page, NULL))
			hr_heap_free(&a->run.heap, page, 1, HR_NO_P, HR_PLACE_MANUAL);
}

/*
 * The model does not offer the recorded page of event i. Holds what must be
 * held as long as that helps; *same: it is offered now. If holders don't
 * explain it, nothing is held.
 */
static enum hr_status find_holders(struct ahead *a, size_t i, bool any, bool *same, struct hr_error *err)
{
	struct hr_heap *h = &a->run.heap;
	const struct hr_event *e = &a->trace->at[i];
	struct hr_span span = span_of(e);
	struct hr_pagecache own = {0};
	uint64_t found[64];
	bool cached[64];
	size_t n = 0;

	if (e->p >= 0)
		own = h->caches[e->p];
	for (*same = false; !*same;) {
		struct hr_offer offer = hr_heap_ask(h, span.npages, e->p);
		size_t before = n;

		hr_heap_undo(h, &offer, span.npages, e->p);
		*same = offer.page == span.page;
		if (*same || offer.page == HR_NO_PAGE)
			break;
		for (uint64_t page = offer.page; page < offer.page + span.npages && n < 64; page++) {
			const struct hr_event *next = next_on(a->index, a->trace, i - 1, page);

			if (!any && next != NULL && !(next->flags & UNKNOWN_FREE))
				continue;
			cached[n] = !hr_pagealloc_is_free(h->pages, page, 1);
			found[n++] = page;
			if (!hold(a, page, e->p))
				return no_memory(err);
		}
		if (n == before)
			break;
	}
	if (*same) {
		if (!any)
			a->score->held_pages_found += n;
		return HR_OK;
	}
	while (n-- > 0) {
		if (!cached[n])
			hr_pagealloc_free_range(h->pages, found[n], 1);
		hr_counts_free(&h->counts, 1, true);
		hr_map64_remove(&a->held, found[n], NULL);
	}
	if (e->p >= 0)
		h->caches[e->p] = own;
	return HR_OK;
}

static bool add_start(struct ahead *a, size_t p)
{
	if (!hr_reserve(&a->starts, &a->starts_cap, p + 1, sizeof(*a->starts)))
		return false;
	for (; a->nstarts <= p; a->nstarts++)
		a->starts[a->nstarts] = (struct start_cache){.page = HR_NO_PAGE, .last_small = SIZE_MAX};
	return true;
}

static enum hr_status ahead_begin(struct ahead *a, struct hr_error *err)
{
	HR_TRY(run_begin(&a->run, a->trace, err));
	for (size_t p = 0; p < a->nstarts; p++) {
		a->starts[p].used = false;
		a->starts[p].last_small = SIZE_MAX;
		HR_TRY(hr_heap_add_p(&a->run.heap, (int)p, err));
		if (a->starts[p].page != HR_NO_PAGE)
			hr_heap_fill(&a->run.heap, (int)p, a->starts[p].page);
	}
	hr_map64_init(&a->held);
	a->score->look_ahead = a->score->held_pages_found = a->score->caches_repaired = 0;
	return HR_OK;
}

static void ahead_end(struct ahead *a)
{
	hr_map64_release(&a->held);
	run_end(&a->run);
}

/*
 * The world starts again after a cycle's end, and idle Ps' caches are flushed.
 * Whose, the P's next small span tells: it comes from the cache as it is, or
 * from elsewhere. Where there is none, the rule for idle Ps decides.
 */
static void flush_by_future(struct ahead *a)
{
	struct hr_heap *h = &a->run.heap;

	for (size_t p = 0; p < a->nstarts; p++) {
		struct hr_pagecache *c = &h->caches[p];
		size_t last = a->starts[p].last_small, next = last == SIZE_MAX ? a->trace->n : a->index->next_small[last];
		struct hr_span span;

		a->starts[p].kept = false;
		if (c->free == 0 || next == a->trace->n)
			continue;
		span = span_of(&a->trace->at[next]);
		if (span.page - c->base < HR_CACHE_PAGES && c->free >> (span.page - c->base) & 1)
			a->starts[p].kept = true;
		else if (hr_find_bit_range64(c->free, (unsigned)span.npages) < 64)
			hr_heap_flush(h, (int)p);
	}
}

/* *again: a cache at the start was found (or turned out wrong), all begins anew. */
static enum hr_status ahead_alloc(struct ahead *a, size_t i, bool *again, struct hr_error *err)
{
	struct hr_heap *h = &a->run.heap;
	const struct hr_event *e = &a->trace->at[i];
	struct hr_span span = span_of(e);
	struct start_cache *start = NULL;
	bool same;

	if (e->p >= 0) {
		HR_TRY(hr_heap_add_p(h, e->p, err));
		if (!add_start(a, (size_t)e->p))
			return no_memory(err);
		start = &a->starts[e->p];
	}
	if (a->held.count > 0)
		let_go(a, span.page, span.npages);
	if (start != NULL && is_small(e))
		start->last_small = i;
	HR_TRY(find_holders(a, i, false, &same, err));
	if (start != NULL && span.npages < HR_CACHE_MAX_ALLOC && !start->used) {
		start->used = true;
		if (!same && !(start->tried && start->page == HR_NO_PAGE)) {
			start->page = start->tried ? HR_NO_PAGE : span.page;
			start->tried = true;
			*again = true;
			return HR_OK;
		}
	}
	bool repaired = false;
	struct hr_offer o1 = hr_heap_ask(h, span.npages, e->p); hr_heap_undo(h,&o1,span.npages,e->p);
	const char*V=getenv("V")?:"";
	int own_has = e->p>=0 && span.npages<16 && h->caches[e->p].free && span.page-h->caches[e->p].base<64;
	bool doit = (strchr(V,'A')&&o1.cached&&!o1.filled&&own_has) || (strchr(V,'B')&&o1.cached&&o1.filled&&hr_popcount(o1.filled)<=(strchr(V,'G')?64:8))|| (strchr(V,'C')&&!o1.cached&&span.npages<16)|| (strchr(V,'D')&&!o1.cached&&span.npages>=16)|| (strchr(V,'E')&&o1.cached&&o1.filled==0&&!own_has);
	if (!same && strchr(V,'F') && o1.cached&&o1.filled==0&&!own_has) { doit=true; hr_heap_flush(h,e->p); }
	if (!same && doit) {
		HR_TRY(find_holders(a, i, true, &same, err));
		a->score->caches_repaired += same;
		repaired=same;
	}
	struct hr_offer of=hr_heap_ask(h,span.npages,e->p); hr_heap_undo(h,&of,span.npages,e->p); struct hr_pagecache dbg=e->p>=0?h->caches[e->p]:(struct hr_pagecache){0};
	int fc=hr_heap_cache_of(h,span.page,span.npages,0);
	HR_TRY(hr_live_put(&a->run.live, span, e->p, 0, &same, err));
	if(!same&&getenv("DBG")){static uint64_t B; if(!B)B=a->run.heap.arenas.first; printf("miss %zu t%lu p%d n%lu%s rec %ld(in %d) model %ld %s%s own %ld/%lx next", i, e->time_ns,e->p,span.npages,span.manual?"m":"",(long)(span.page-B),fc,(long)(of.page-B),of.cached?"c":"h",of.filled?"F":"",(long)(dbg.base-B),dbg.free);
	 for(unsigned k=0;k<span.npages&&k<3;k++){const struct hr_event*nx=next_on(a->index,a->trace,i-1,of.page+k); if(nx)printf(" %s+%lu@%luus p%d",nx->kind==HR_EV_SPAN_ALLOC?"alloc":nx->flags&1?"UFREE":"free",nx-a->trace->at-i,(nx->time_ns-e->time_ns)/1000,nx->p);else printf(" none");} puts("");}
	a->score->look_ahead += same && !repaired;
	return HR_OK;
}

static enum hr_status ahead_pass(struct ahead *a, bool *again, struct hr_error *err)
{
	const struct trace *t = a->trace;

	*again = false;
	HR_TRY(ahead_begin(a, err));
	for (size_t i = 0; i < t->n && !*again; i++) {
		const struct hr_event *e = &t->at[i];

		a->run.heap.now_ns = e->time_ns;
		if (e->kind == HR_EV_SPAN_ALLOC) {
			HR_TRY(ahead_alloc(a, i, again, err));
			continue;
		}
		if (e->kind == HR_EV_STW_END && a->gc_ended)
			flush_by_future(a);
		a->gc_ended = e->kind == HR_EV_GC_END || (a->gc_ended && e->kind != HR_EV_STW_END);
		if (e->kind == HR_EV_CACHE_FLUSH && (size_t)e->p < a->nstarts && a->starts[e->p].kept)
			continue;
		if (e->kind == HR_EV_SPAN_FREE && e->flags & UNKNOWN_FREE)
			let_go(a, e->addr / HR_PAGE_BYTES, LOST_PAGES);
		HR_TRY(run_other(&a->run, e, err));
	}
	return HR_OK;
}

static enum hr_status score_look_ahead(const struct trace *t, struct hr_address_score *score, struct hr_error *err)
{
	struct index x;
	struct ahead a = {.trace = t, .index = &x, .score = score};
	enum hr_status status = HR_OK;
	bool again = true;

	if (!index_init(&x, t))
		status = no_memory(err);
	while (again && status == HR_OK) {
		status = ahead_pass(&a, &again, err);
		ahead_end(&a);
	}
	for (size_t p = 0; p < a.nstarts; p++)
		score->start_caches_found += a.starts[p].page != HR_NO_PAGE;
	free(a.starts);
	index_release(&x);
	return status;
}

/* --- all ------------------------------------------------------------------ */

static enum hr_status score_trace(struct trace *t, struct hr_address_score *score, struct hr_error *err)
{
	for (size_t i = 0; i < t->n; i++)
		score->allocs += t->at[i].kind == HR_EV_SPAN_ALLOC;
	HR_TRY(score_forced(t, &score->forced, err));
	HR_TRY(score_free_running(t, &score->free_running, err));
	return measure_frees(t) ? score_look_ahead(t, score, err) : no_memory(err);
}

enum hr_status hr_addresses_score(const char *path, struct hr_address_score *score, bool *has_addresses,
				  struct hr_error *err)
{
	struct hr_reader *r;
	struct hr_idle idle;
	struct trace t = {0};
	enum hr_status status;

	*score = (struct hr_address_score){0};
	*has_addresses = false;
	HR_TRY(hr_reader_open(path, HR_WANT_SPANS, &r, err));
	hr_idle_init(&idle, true);
	status = read_events(r, &t, &idle, err);
	*has_addresses = hr_reader_meta(r)->has_addresses;
	t.strict = hr_reader_meta(r)->strict;
	t.padded = hr_reader_meta(r)->format == HR_FORMAT_GO && hr_reader_meta(r)->version >= 26;
	hr_idle_release(&idle);
	hr_reader_close(r);
	if (status == HR_OK && *has_addresses)
		status = score_trace(&t, score, err);
	free(t.at);
	free(t.start);
	return status;
}
