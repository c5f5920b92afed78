/*
 * Marks to events: one cursor a thread, the smallest time first.
 *
 * A thread's times may step back where a batch begins (bursts run ahead of the
 * clock, the next batch starts from the real one), but its order stands. So the
 * merge goes by the largest time that the thread has shown so far. Taking
 * always the thread whose *next* time is the smallest gives the same order (an
 * event that steps back is taken at once, as its predecessor was), but the
 * largest so far only grows, which is what allows to leave events out before
 * the merge: the others keep their keys, and so their order and their times.
 *
 * Invariant: keys of a cursor never fall; the heap's root is the next event's
 * cursor. Which P a thread has is known from the trace's start on, in the
 * merged order.
 */
#include "config.h"

#include "trace/gotrace.h"

#include "base/alloc.h"
#include "trace/varint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_KIND = 2 * 2 * 68 - 1, /* span class << 1: 68 size classes, with pointers or without */
	MAX_P = INT16_MAX,
	MAX_STACK_ORDER = 48,
	PROC_RUNNING = 1, /* status of a P in the wire format; 4, abandoned in a system call, tells nothing */
	PROC_IDLE = 2,
	PROC_SYSCALL = 3,
};

/* What is known of a P. */
enum p_state { P_UNKNOWN, P_RUNS, P_IDLES };

/* --- the heap of cursors ---------------------------------------------------- */

static inline bool before(const struct hr_go_head *a, const struct hr_go_head *b)
{
	return a->key != b->key ? a->key < b->key : a->cursor < b->cursor;
}

static void sift_down(struct hr_go_head *heap, size_t n, size_t i)
{
	struct hr_go_head moved = heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &moved))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moved;
}

/* --- cursors ---------------------------------------------------------------- */

static inline void raise_key(struct hr_go_cursor *c, uint64_t ns)
{
	if (ns > c->key)
		c->key = ns;
}

/* To the first mark of the next batch that has one. False: no more. */
static bool next_batch(const struct hr_go *g, struct hr_go_cursor *c, int32_t batch)
{
	for (; batch != HR_GO_NONE; batch = g->batches[batch].next) {
		const struct hr_go_batch *b = &g->batches[batch];

		if (b->marks == 0) {
			raise_key(c, b->base_ns + b->last_ns);
			continue;
		}
		c->batch = batch;
		c->mark = g->marks + b->mark0;
		c->mark_end = c->mark + b->marks;
		c->at = b->at;
		c->base_ns = b->base_ns;
		c->offset = b->offset;
		raise_key(c, c->base_ns + (*c->mark >> HR_GO_MARK_PLACE_BITS));
		return true;
	}
	return false;
}

static inline bool advance(const struct hr_go *g, struct hr_go_cursor *c)
{
	if (++c->mark < c->mark_end) {
		raise_key(c, c->base_ns + (*c->mark >> HR_GO_MARK_PLACE_BITS));
		return true;
	}
	raise_key(c, c->base_ns + g->batches[c->batch].last_ns);
	return next_batch(g, c, g->batches[c->batch].next);
}

/* A cursor for every thread that has a batch, in the order of their first ones. */
static enum hr_status make_cursors(struct hr_go *g, struct hr_error *err)
{
	g->ncursors = 0;
	for (size_t i = 0; i < g->nthreads; i++)
		g->threads[i].cursor = HR_GO_NONE;
	for (size_t i = 0; i < g->nbatches; i++) {
		struct hr_go_thread *t = &g->threads[g->batches[i].thread];

		if (t->cursor != HR_GO_NONE) {
			struct hr_go_cursor *c = &g->cursors[t->cursor];

			g->batches[c->last_batch].next = (int32_t)i;
			c->last_batch = (int32_t)i;
			continue;
		}
		if (!hr_reserve(&g->cursors, &g->cap_cursors, g->ncursors + 1, sizeof(*g->cursors)))
			return hr_go_no_memory(g, err);
		t->cursor = (int32_t)g->ncursors;
		g->cursors[g->ncursors++] = (struct hr_go_cursor){
		    .thread = g->batches[i].thread,
		    .first_batch = (int32_t)i,
		    .last_batch = (int32_t)i,
		};
	}
	return HR_OK;
}

enum hr_status hr_go_merge_start(struct hr_go *g, struct hr_error *err)
{
	uint64_t first_ns = UINT64_MAX;

	HR_TRY(make_cursors(g, err));
	if (g->gc_stacks.count > 0)
		HR_TRY(hr_go_find_gc_stacks(g, err));
	if (!hr_reserve(&g->heap, &g->cap_heap, g->ncursors, sizeof(*g->heap)))
		return hr_go_no_memory(g, err);
	g->nheap = 0;
	for (size_t i = 0; i < g->ncursors; i++) {
		struct hr_go_cursor *c = &g->cursors[i];
		const struct hr_go_batch *b = &g->batches[c->first_batch];

		if (b->base_ns + b->first_ns < first_ns)
			first_ns = b->base_ns + b->first_ns;
		if (next_batch(g, c, c->first_batch))
			g->heap[g->nheap++] = (struct hr_go_head){c->key, (uint32_t)i};
	}
	for (size_t i = g->nheap / 2; i-- > 0;)
		sift_down(g->heap, g->nheap, i);
	if (!g->started && g->ncursors > 0) {
		g->started = true;
		g->origin_ns = g->floor_ns = first_ns;
		g->r->meta.clock_origin_ns = first_ns;
		g->r->meta.has_clock_origin = true;
	}
	if (g->max_ns > g->floor_ns)
		g->r->stats.last_time_ns = g->max_ns - g->origin_ns;
	return HR_OK;
}

/* --- Ps --------------------------------------------------------------------- */

static enum hr_status check_p(struct hr_go *g, uint64_t p, struct hr_error *err)
{
	size_t had = g->cap_p_running;

	if (p > MAX_P)
		return hr_error_set(err, HR_EINPUT, "damaged trace: P %" PRIu64, p);
	if (!hr_reserve(&g->p_running, &g->cap_p_running, p + 1, 1))
		return hr_go_no_memory(g, err);
	if (g->cap_p_running > had)
		memset(g->p_running + had, P_UNKNOWN, g->cap_p_running - had);
	return HR_OK;
}

/* Whether that is news. */
static bool set_p(struct hr_go *g, uint64_t p, enum p_state state)
{
	if (g->p_running[p] == state)
		return false;
	g->p_running[p] = state;
	return true;
}

/* --- events ----------------------------------------------------------------- */

/* Address of the span, object or stack. */
static enum hr_status address(const struct hr_go *g, uint64_t id, uint64_t unit, uint64_t *addr, struct hr_error *err)
{
	if (id > HR_GO_MAX_ADDR / unit || g->min_addr + id * unit >= HR_GO_MAX_ADDR)
		return hr_error_set(err, HR_EINPUT, "damaged trace: id %" PRIu64 " lies beyond 2^48", id);
	*addr = g->min_addr + id * unit;
	return HR_OK;
}

static enum hr_status span(struct hr_go *g, struct hr_event *e, const uint8_t *p, struct hr_error *err)
{
	uint64_t pages, kind;

	HR_TRY(address(g, hr_varint_known(&p), HR_GO_PAGE_BYTES, &e->addr, err));
	pages = hr_varint_known(&p);
	kind = hr_varint_known(&p);
	if (pages == 0 || pages > (HR_GO_MAX_ADDR - e->addr) / HR_GO_PAGE_BYTES)
		return hr_error_set(err, HR_EINPUT, "damaged trace: a span of %" PRIu64 " pages", pages);
	if (kind > MAX_KIND || (kind & HR_SPAN_MANUAL && kind != HR_SPAN_MANUAL))
		return hr_error_set(err, HR_EINPUT, "damaged trace: a span of kind %" PRIu64, kind);
	e->size = pages * HR_GO_PAGE_BYTES;
	e->arg = (uint32_t)kind;
	g->any_span = true;
	return HR_OK;
}

static enum hr_status object(const struct hr_go *g, struct hr_event *e, const uint8_t *p, struct hr_error *err)
{
	uint64_t type, *bytes;

	HR_TRY(address(g, hr_varint_known(&p), g->object_align, &e->addr, err));
	type = hr_varint_known(&p);
	bytes = type != UINT64_MAX ? hr_map64_get(&g->type_bytes, type) : NULL;
	e->size = bytes != NULL ? *bytes : 0;
	e->arg = type < UINT32_MAX ? (uint32_t)type : UINT32_MAX;
	return HR_OK;
}

static enum hr_status stack(const struct hr_go *g, struct hr_event *e, const uint8_t *p, struct hr_error *err)
{
	uint64_t order;

	HR_TRY(address(g, hr_varint_known(&p), g->stack_unit, &e->addr, err));
	order = hr_varint_known(&p);
	if (order == 0 || order > MAX_STACK_ORDER)
		return hr_error_set(err, HR_EINPUT, "damaged trace: a stack of order %" PRIu64, order);
	e->size = 1ULL << (order - 1);
	return HR_OK;
}

/*
 * The event at p (its type byte) of thread t into *e, whose time is set.
 * *show: whether it is one for the caller.
 */
static enum hr_status decode(struct hr_go *g, struct hr_go_thread *t, const uint8_t *p, struct hr_event *e, bool *show,
			     struct hr_error *err)
{
	const uint8_t type = *p++;
	uint64_t a, b;

#define KIND(k) (e->kind = HR_EV_##k)
	hr_varint_known(&p); /* the delta, which the scan has seen */
	e->addr = e->size = 0;
	e->arg = 0;
	e->flags = 0;
	e->p = t->p;
	*show = true;
	switch (type) {
	case HR_GO_OBJECT:
		KIND(OBJ_EXISTS);
		return object(g, e, p, err);
	case HR_GO_OBJECT_ALLOC:
		KIND(OBJ_ALLOC);
		return object(g, e, p, err);
	case HR_GO_OBJECT_FREE:
		KIND(OBJ_FREE);
		return address(g, hr_varint_known(&p), g->object_align, &e->addr, err);
	case HR_GO_SPAN:
		KIND(SPAN_EXISTS);
		return span(g, e, p, err);
	case HR_GO_SPAN_ALLOC:
		KIND(SPAN_ALLOC);
		return span(g, e, p, err);
	case HR_GO_SPAN_FREE:
		KIND(SPAN_FREE);
		g->any_span = true;
		return address(g, hr_varint_known(&p), HR_GO_PAGE_BYTES, &e->addr, err);
	case HR_GO_STACK_EXISTS:
		KIND(STACK_EXISTS);
		return stack(g, e, p, err);
	case HR_GO_STACK_ALLOC:
		KIND(STACK_ALLOC);
		return stack(g, e, p, err);
	case HR_GO_STACK_FREE:
		KIND(STACK_FREE);
		return address(g, hr_varint_known(&p), g->stack_unit, &e->addr, err);

	case HR_GO_PROC_START:
		KIND(PROC_START);
		a = hr_varint_known(&p);
		HR_TRY(check_p(g, a, err));
		e->p = t->p = (int16_t)a;
		*show = set_p(g, a, P_RUNS);
		return HR_OK;
	case HR_GO_PROC_STOP:
		KIND(PROC_STOP);
		*show = t->p != HR_NO_P && set_p(g, (uint64_t)t->p, P_IDLES);
		t->p = HR_NO_P;
		return HR_OK;
	case HR_GO_PROC_STEAL: {
		KIND(PROC_STOP);
		a = hr_varint_known(&p);
		hr_varint_known(&p);
		b = hr_varint_known(&p);
		HR_TRY(check_p(g, a, err));
		/* Does nothing when the victim has taken up another one, or is no thread that we know. */
		const uint64_t *index = b != UINT64_MAX ? hr_map64_get(&g->thread_index, b) : NULL;
		*show = false;
		if (index != NULL && g->threads[*index].p == (int16_t)a) {
			g->threads[*index].p = HR_NO_P;
			e->p = (int16_t)a;
			*show = set_p(g, a, P_IDLES);
		}
		return HR_OK;
	}
	case HR_GO_PROC_STATUS:
		a = hr_varint_known(&p);
		b = hr_varint_known(&p);
		HR_TRY(check_p(g, a, err));
		*show = false;
		if (b == PROC_RUNNING || b == PROC_SYSCALL) {
			KIND(PROC_START);
			e->p = t->p = (int16_t)a;
			*show = set_p(g, a, P_RUNS);
		} else if (b == PROC_IDLE) {
			KIND(PROC_STOP);
			e->p = (int16_t)a;
			*show = set_p(g, a, P_IDLES);
		}
		return HR_OK;
	case HR_GO_PROCS_CHANGE:
		KIND(GOMAXPROCS);
		a = hr_varint_known(&p);
		if (a == 0 || a > UINT32_MAX)
			return hr_error_set(err, HR_EINPUT, "damaged trace: GOMAXPROCS of %" PRIu64, a);
		e->arg = (uint32_t)a;
		/* Every stop of the world repeats it. */
		*show = a != g->procs || hr_go_wants_rest(g);
		g->procs = a;
		return HR_OK;

	case HR_GO_GC_BEGIN: {
		KIND(GC_BEGIN);
		hr_varint_known(&p);
		a = hr_varint_known(&p);
		const uint64_t *flags = a != UINT64_MAX ? hr_map64_get(&g->gc_stacks, a) : NULL;
		e->flags = flags != NULL ? (uint8_t)*flags : 0;
		if (e->flags & HR_EVF_FREE_OS_MEMORY)
			g->r->stats.free_os_memory++;
		return HR_OK;
	}
	case HR_GO_GC_ACTIVE:
		KIND(GC_ACTIVE);
		return HR_OK;
	case HR_GO_GC_END:
		KIND(GC_END);
		return HR_OK;
	case HR_GO_STW_BEGIN:
		KIND(STW_BEGIN);
		return HR_OK;
	case HR_GO_STW_END:
		KIND(STW_END);
		return HR_OK;
	case HR_GO_HEAP_GOAL:
		KIND(HEAP_GOAL);
		e->size = hr_varint_known(&p);
		return HR_OK;
	case HR_GO_HEAP_ALLOC:
		KIND(HEAP_LIVE);
		e->size = hr_varint_known(&p);
		*show = hr_go_wants_rest(g);
		return HR_OK;
	default:
		*show = hr_go_wants_rest(g);
		break;
	}
	/* What only those want who want everything. */
	switch (type) {
	case HR_GO_SWEEP_BEGIN:
		KIND(SWEEP_BEGIN);
		break;
	case HR_GO_SWEEP_END:
		KIND(SWEEP_END);
		e->size = hr_varint_known(&p);
		a = hr_varint_known(&p);
		e->arg = a < UINT32_MAX ? (uint32_t)a : UINT32_MAX;
		break;
	case HR_GO_ASSIST_BEGIN:
		KIND(ASSIST_BEGIN);
		break;
	case HR_GO_ASSIST_END:
		KIND(ASSIST_END);
		break;
	case HR_GO_USER_LOG:
		KIND(LOG);
		break;
	default: /* of goroutines, tasks, regions */
		*show = false;
	}
#undef KIND
	return HR_OK;
}

enum hr_status hr_go_merge(struct hr_go *g, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct hr_go_head *heap = g->heap;

	*n = 0;
	while (*n < cap && g->nheap > 0) {
		struct hr_go_cursor *c = &g->cursors[heap[0].cursor];
		struct hr_go_head limit = {UINT64_MAX, 0};
		bool more;

		/* The root goes on for as long as no other is earlier. */
		for (size_t i = 1; i < 3 && i < g->nheap; i++)
			if (before(&heap[i], &limit))
				limit = heap[i];
		do {
			uint64_t place = *c->mark & (HR_GO_MAX_BATCH - 1);
			struct hr_event *e = &ev[*n];
			enum hr_status status;
			bool show;

			e->time_ns = (c->key > g->floor_ns ? c->key : g->floor_ns) - g->origin_ns;
			status = decode(g, &g->threads[c->thread], c->at + place, e, &show, err);
			if (status != HR_OK) {
				if (err != NULL && err->offset == HR_NO_OFFSET)
					err->offset = c->offset + place;
				return status;
			}
			*n += show;
			more = advance(g, c);
			heap[0].key = c->key;
		} while (more && *n < cap && before(&heap[0], &limit));
		if (!more)
			heap[0] = heap[--g->nheap];
		sift_down(heap, g->nheap, 0);
	}
	if (g->nheap == 0 && g->max_ns > g->floor_ns)
		g->floor_ns = g->max_ns;
	return HR_OK;
}
