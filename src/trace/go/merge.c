/* SPDX-License-Identifier: BSD-3-Clause */
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

#include "trace/go/merge.h"

#include "base/alloc.h"
#include "trace/go/tables.h"
#include "trace/go/work.h"
#include "trace/varint.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_KIND = 2 * 2 * 68 - 1, /* span class << 1: 68 size classes, with pointers or without */
	MAX_P = INT16_MAX,
	MAX_STACK_ORDER = 48,
	MAX_AHEAD_NS = 10 * 1000 * 1000, /* of the clock, in bursts; seen: 0.2 ms */
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
	/*
	 * The clock went back: time goes on from where it was. That a generation
	 * begins before the one before has ended means nothing, a thread that had
	 * to wait while it changed over writes late (seen: 0.55 s). But it ends later.
	 */
	if (g->ncursors > 0 && g->max_ns + MAX_AHEAD_NS < g->floor_ns) {
		hr_reader_odd(g->r, HR_ANOMALY_CLOCK_BACK);
		if (g->floor_ns - g->origin_ns < HR_GO_MAX_TIME_NS) {
			g->origin_ns -= g->floor_ns - first_ns;
			g->floor_ns = first_ns;
		}
	}
	if (g->max_ns > g->floor_ns)
		g->r->stats.last_time_ns = g->max_ns - g->origin_ns;
	return HR_OK;
}

/* --- Ps --------------------------------------------------------------------- */

/* Room for what is known of P p <= MAX_P. */
static enum hr_status reserve_p(struct hr_go *g, uint64_t p, struct hr_error *err)
{
	size_t had = g->cap_p_running;

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

/* What an event's arguments are. */
enum how {
	NOT_SHOWN,
	PLAIN,	    /* nothing to be had from them */
	SIZE,	    /* bytes */
	SPAN,	    /* id, pages, kind */
	FREED_SPAN, /* id */
	OBJECT,	    /* id, type */
	FREED_OBJECT,
	STACK, /* id, order */
	FREED_STACK,
	GC_BEGIN,     /* sequence number, stack */
	SWEEP_END,    /* bytes swept, bytes reclaimed */
	PROCS_CHANGE, /* GOMAXPROCS, stack */
	PROC_START,   /* P, sequence number */
	PROC_STOP,
	PROC_STEAL,  /* P, sequence number, the thread that had it */
	PROC_STATUS, /* P, status */
	GOROUTINE,   /* of a goroutine, for work.c */
};

static const struct row {
	uint8_t how, kind;
	bool rest; /* only for those who want everything */
	bool work; /* work.c looks at it, too */
	bool phase;
} rows[256] = {
    [HR_GO_OBJECT] = {OBJECT, HR_EV_OBJ_EXISTS},
    [HR_GO_OBJECT_ALLOC] = {OBJECT, HR_EV_OBJ_ALLOC},
    [HR_GO_OBJECT_FREE] = {FREED_OBJECT, HR_EV_OBJ_FREE},
    [HR_GO_SPAN] = {SPAN, HR_EV_SPAN_EXISTS},
    [HR_GO_SPAN_ALLOC] = {SPAN, HR_EV_SPAN_ALLOC},
    [HR_GO_SPAN_FREE] = {FREED_SPAN, HR_EV_SPAN_FREE},
    [HR_GO_STACK_EXISTS] = {STACK, HR_EV_STACK_EXISTS},
    [HR_GO_STACK_ALLOC] = {STACK, HR_EV_STACK_ALLOC},
    [HR_GO_STACK_FREE] = {FREED_STACK, HR_EV_STACK_FREE},
    [HR_GO_PROC_START] = {PROC_START, HR_EV_PROC_START},
    [HR_GO_PROC_STOP] = {PROC_STOP, HR_EV_PROC_STOP},
    [HR_GO_PROC_STEAL] = {PROC_STEAL, HR_EV_PROC_STOP},
    [HR_GO_PROC_STATUS] = {PROC_STATUS, HR_EV_PROC_START},
    [HR_GO_PROCS_CHANGE] = {PROCS_CHANGE, HR_EV_GOMAXPROCS},
    [HR_GO_GC_BEGIN] = {GC_BEGIN, HR_EV_GC_BEGIN, .phase = true},
    [HR_GO_GC_ACTIVE] = {PLAIN, HR_EV_GC_ACTIVE},
    [HR_GO_GC_END] = {PLAIN, HR_EV_GC_END, .phase = true},
    [HR_GO_STW_BEGIN] = {PLAIN, HR_EV_STW_BEGIN, .phase = true},
    [HR_GO_STW_END] = {PLAIN, HR_EV_STW_END, .phase = true},
    [HR_GO_HEAP_GOAL] = {SIZE, HR_EV_HEAP_GOAL, .phase = true},
    [HR_GO_HEAP_ALLOC] = {SIZE, HR_EV_HEAP_LIVE, true},
    [HR_GO_SWEEP_BEGIN] = {PLAIN, HR_EV_SWEEP_BEGIN, true, true},
    [HR_GO_SWEEP_END] = {SWEEP_END, HR_EV_SWEEP_END, true, true},
    [HR_GO_ASSIST_BEGIN] = {PLAIN, HR_EV_ASSIST_BEGIN, true, true},
    [HR_GO_ASSIST_END] = {PLAIN, HR_EV_ASSIST_END, true, true},
    [HR_GO_USER_LOG] = {PLAIN, HR_EV_LOG, true},
    [HR_GO_GO_CREATE_SYSCALL] = {GOROUTINE, .work = true},
    [HR_GO_GO_START] = {GOROUTINE, .work = true},
    [HR_GO_GO_DESTROY] = {GOROUTINE, .work = true},
    [HR_GO_GO_DESTROY_SYSCALL] = {GOROUTINE, .work = true},
    [HR_GO_GO_STOP] = {GOROUTINE, .work = true},
    [HR_GO_GO_BLOCK] = {GOROUTINE, .work = true},
    [HR_GO_GO_STATUS] = {GOROUTINE, .work = true},
    [HR_GO_GO_LABEL] = {GOROUTINE, .work = true},
    [HR_GO_GO_SWITCH] = {GOROUTINE, .work = true},
    [HR_GO_GO_SWITCH_DESTROY] = {GOROUTINE, .work = true},
    [HR_GO_GO_STATUS_STACK] = {GOROUTINE, .work = true},
};

/*
 * A value that nothing can have, in an event whose form is right: the event is
 * counted and left out. The runtime writes such (trace/reader.h), so that only
 * damage of the form, after which nothing can be read, ends a trace.
 */
static bool odd(const struct hr_go *g, enum hr_anomaly a)
{
	hr_reader_odd(g->r, a);
	return false;
}

/* The address that an id stands for, from where the id is. False: none that there is. */
static inline bool place(const struct hr_go *g, const uint8_t **p, uint64_t unit, uint64_t *addr)
{
	uint64_t id = hr_varint_known(p);

	*addr = g->min_addr + id * unit;
	return __builtin_expect(id < HR_GO_MAX_ADDR && *addr < HR_GO_MAX_ADDR, 1) ||
	       odd(g, HR_ANOMALY_IMPOSSIBLE_VALUE);
}

static bool span(struct hr_go *g, struct hr_event *e, const uint8_t *p)
{
	uint64_t pages, kind;

	if (!place(g, &p, HR_GO_PAGE_BYTES, &e->addr))
		return false;
	pages = hr_varint_known(&p);
	kind = hr_varint_known(&p);
	if (pages == 0 || pages > HR_GO_MAX_PAGES || pages > (HR_GO_MAX_ADDR - e->addr) / HR_GO_PAGE_BYTES ||
	    kind > MAX_KIND || (kind & HR_SPAN_MANUAL && kind != HR_SPAN_MANUAL))
		return odd(g, HR_ANOMALY_IMPOSSIBLE_VALUE);
	e->size = pages * HR_GO_PAGE_BYTES;
	e->arg = (uint32_t)kind;
	return true;
}

/*
 * The snapshot has a stack of order 0 at address 0 for every goroutine whose
 * stack the collector has freed (traceSnapshotMemory in traceallocfree.go).
 */
static bool stack(const struct hr_go *g, struct hr_event *e, const uint8_t *p)
{
	uint64_t order, id = hr_varint_known(&p);

	order = hr_varint_known(&p);
	e->addr = g->min_addr + id * g->stack_unit;
	if (order == 0 && id == (0 - g->min_addr) / g->stack_unit)
		return odd(g, HR_ANOMALY_STACKLESS);
	if (id >= HR_GO_MAX_ADDR || e->addr >= HR_GO_MAX_ADDR || order == 0 || order > MAX_STACK_ORDER)
		return odd(g, HR_ANOMALY_IMPOSSIBLE_VALUE);
	e->size = 1ULL << (order - 1);
	return true;
}

/* A P's event; *show: whether it changes what is known of the P. */
static enum hr_status proc(struct hr_go *g, struct hr_go_thread *t, enum how how, struct hr_event *e, const uint8_t *p,
			   bool *show, struct hr_error *err)
{
	enum p_state state = P_IDLES;
	uint64_t which, what;

	if (how == PROC_STOP) {
		*show = t->p != HR_NO_P && set_p(g, (uint64_t)t->p, P_IDLES);
		t->p = HR_NO_P;
		return HR_OK;
	}
	which = hr_varint_known(&p);
	what = hr_varint_known(&p);
	*show = false;
	if (which > MAX_P) {
		odd(g, HR_ANOMALY_IMPOSSIBLE_VALUE);
		return HR_OK;
	}
	HR_TRY(reserve_p(g, which, err));
	if (how == PROC_STEAL) {
		/* Do nothing if the thread has another P by now, or is unknown. */
		uint64_t victim = hr_varint_known(&p);
		const uint64_t *index = victim != UINT64_MAX ? hr_map64_get(&g->thread_index, victim) : NULL;

		if (index == NULL || g->threads[*index].p != (int16_t)which)
			return HR_OK;
		g->threads[*index].p = HR_NO_P;
	} else if (how == PROC_START || what == PROC_RUNNING || what == PROC_SYSCALL) {
		t->p = (int16_t)which;
		state = P_RUNS;
	} else if (what != PROC_IDLE) {
		return HR_OK;
	}
	e->p = (int16_t)which;
	e->kind = state == P_RUNS ? HR_EV_PROC_START : HR_EV_PROC_STOP;
	*show = set_p(g, which, state);
	return HR_OK;
}

/* --- manual spans, which the background sweeper frees when it has swept all --- */

static enum hr_status note_manual(struct hr_go *g, const struct hr_event *e, struct hr_error *err)
{
	uint64_t page = e->addr / HR_GO_PAGE_BYTES;

	if ((e->arg & HR_SPAN_MANUAL) == 0)
		hr_map64_remove(&g->manual, page, NULL);
	else if (!hr_map64_put(&g->manual, page, 0))
		return hr_go_no_memory(g, err);
	return HR_OK;
}

static bool is_manual(const struct hr_go *g, uint64_t addr)
{
	return hr_map64_get(&g->manual, addr / HR_GO_PAGE_BYTES) != NULL;
}

/* The event at hand. */
static bool is_of_sweeper(const struct hr_go *g)
{
	const struct hr_go_cursor *c = &g->cursors[g->heap[0].cursor];

	return hr_go_sweeper_at(g, &g->batches[c->batch], c->mark);
}

/* An allocation: where, of which type, and so how large. False: its address can't be. */
static inline bool object(struct hr_go *g, struct hr_event *e, const uint8_t *p)
{
	const bool shown = place(g, &p, g->object_align, &e->addr);
	const uint64_t type = hr_varint_known(&p);

	e->size = type < g->ntypes ? g->types[type].bytes : 0;
	e->arg = type < g->ntypes ? g->types[type].number : 0;
	return shown;
}

/* GOMAXPROCS. Every stop of the world repeats it. */
static bool procs_change(struct hr_go *g, struct hr_event *e, const uint8_t *p)
{
	const uint64_t n = hr_varint_known(&p);
	const bool changed = n != g->procs;

	if (n == 0 || n > MAX_P + 1)
		return odd(g, HR_ANOMALY_IMPOSSIBLE_VALUE);
	e->arg = (uint32_t)n;
	g->procs = n;
	return changed || hr_go_wants_rest(g);
}

/* A cycle begins; its stack tells who asked for it. */
static void gc_begin(struct hr_go *g, struct hr_event *e, const uint8_t *p)
{
	hr_varint_skip_known(&p);
	const uint64_t stack = hr_varint_known(&p);
	const uint64_t *flags = stack != UINT64_MAX ? hr_map64_get(&g->gc_stacks, stack) : NULL;

	e->flags = flags != NULL ? (uint8_t)*flags : 0;
	g->r->stats.free_os_memory += (e->flags & HR_EVF_FREE_OS_MEMORY) != 0;
}

/* Nearly all events, where objects are wanted: the short way. False: the event at p is of another kind. */
static inline bool decode_object(struct hr_go *g, const struct hr_go_thread *t, const uint8_t *p, struct hr_event *e,
				 bool *show)
{
	const unsigned type = *p++;

	if (type != HR_GO_OBJECT_ALLOC && type != HR_GO_OBJECT_FREE)
		return false;
	hr_varint_skip_known(&p);
	e->p = t->p;
	e->kind = rows[type].kind;
	e->flags = 0;
	if (type == HR_GO_OBJECT_ALLOC) {
		*show = object(g, e, p);
	} else {
		*show = place(g, &p, g->object_align, &e->addr);
		e->size = 0;
		e->arg = 0;
	}
	return true;
}

/*
 * The event at p (its type byte) of thread t into *e, whose time is set.
 * *show: whether it is one for the caller.
 */
static inline enum hr_status decode(struct hr_go *g, struct hr_go_thread *t, const uint8_t *p, struct hr_event *e,
				    bool *show, struct hr_error *err)
{
	const unsigned type = *p++;
	const struct row *row = &rows[type];
	uint64_t x;

	hr_varint_skip_known(&p); /* the delta, which the scan has seen */
	if (row->work)
		HR_TRY(hr_go_work_event(g, t, type, p, e->time_ns, err));
	if (row->phase)
		HR_TRY(hr_go_work_phase(g, t, type, e->time_ns, err));
	e->addr = e->size = 0;
	e->arg = 0;
	e->p = t->p;
	e->kind = row->kind;
	e->flags = 0;
	*show = !row->rest || hr_go_wants_rest(g);
	switch ((enum how)row->how) {
	case OBJECT:
		*show = object(g, e, p);
		break;
	case FREED_OBJECT:
		*show = place(g, &p, g->object_align, &e->addr);
		break;
	case SPAN:
		g->any_span = true;
		*show = span(g, e, p);
		if (*show)
			HR_TRY(note_manual(g, e, err));
		break;
	case FREED_SPAN:
		g->any_span = true;
		*show = place(g, &p, HR_GO_PAGE_BYTES, &e->addr);
		if (g->gc.sweeping && is_manual(g, e->addr) && is_of_sweeper(g))
			hr_go_work_swept(g, e->time_ns);
		break;
	case STACK:
		*show = stack(g, e, p);
		break;
	case FREED_STACK:
		*show = place(g, &p, g->stack_unit, &e->addr);
		break;
	case PROC_START:
	case PROC_STOP:
	case PROC_STEAL:
	case PROC_STATUS:
		return proc(g, t, row->how, e, p, show, err);
	case PROCS_CHANGE:
		*show = procs_change(g, e, p);
		break;
	case GC_BEGIN:
		gc_begin(g, e, p);
		break;
	case SWEEP_END:
		e->size = hr_varint_known(&p);
		x = hr_varint_known(&p);
		e->arg = x < UINT32_MAX ? (uint32_t)x : UINT32_MAX;
		break;
	case SIZE:
		e->size = hr_varint_known(&p);
		break;
	case PLAIN:
		break;
	case GOROUTINE:
	case NOT_SHOWN:
		*show = false;
		break;
	}
	return HR_OK;
}

/* What stands before the event at hand, and that one itself, as far as there is room. */
static struct hr_event *give_extra(struct hr_go *g, struct hr_event *e, const struct hr_event *end)
{
	unsigned n = 0;

	for (; n < g->nextra && e < end; n++) {
		*e = g->extra[n];
		g->r->stats.counts[e++->kind]++;
	}
	memmove(g->extra, g->extra + n, (g->nextra - n) * sizeof(*g->extra));
	g->nextra -= n;
	return e;
}

enum hr_status hr_go_merge(struct hr_go *g, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	const uint64_t floor_ns = g->floor_ns, origin_ns = g->origin_ns;
	struct hr_go_head *heap = g->heap;
	uint64_t *counts = g->r->stats.counts;
	struct hr_event *e = ev, *end = ev + cap;

	*n = 0;
	e = give_extra(g, e, end);
	while (e < end && g->nheap > 0) {
		struct hr_go_cursor *c = &g->cursors[heap[0].cursor];
		struct hr_go_thread *t = &g->threads[c->thread];
		struct hr_go_head limit = {UINT64_MAX, 0};
		bool more;

		/* The root goes on for as long as no other is earlier. */
		for (size_t i = 1; i < 3 && i < g->nheap; i++)
			if (before(&heap[i], &limit))
				limit = heap[i];
		do {
			uint64_t at = *c->mark & (HR_GO_MAX_BATCH - 1);
			bool show;

			e->time_ns = (c->key > floor_ns ? c->key : floor_ns) - origin_ns;
			enum hr_status status = HR_OK;
			if (!decode_object(g, t, c->at + at, e, &show))
				status = decode(g, t, c->at + at, e, &show, err);
			if (status != HR_OK) {
				if (err != NULL && err->offset == HR_NO_OFFSET)
					err->offset = c->offset + at;
				*n = (size_t)(e - ev);
				return status;
			}
			if (__builtin_expect(g->nextra > 0, 0)) {
				if (show)
					g->extra[g->nextra++] = *e;
				e = give_extra(g, e, end);
			} else if (show) {
				counts[e->kind]++;
				e++;
			}
			more = advance(g, c);
			heap[0].key = c->key;
		} while (more && e < end && before(&heap[0], &limit));
		if (!more)
			heap[0] = heap[--g->nheap];
		sift_down(heap, g->nheap, 0);
	}
	*n = (size_t)(e - ev);
	if (g->nheap == 0 && g->max_ns > g->floor_ns)
		g->floor_ns = g->max_ns;
	return HR_OK;
}
