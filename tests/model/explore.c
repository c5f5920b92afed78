/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The explorer; see explore.h. And whether a mark may be lost.
 *
 * The runtime has a race: a finder that has loaded the search address, has
 * passed a chunk which is not marked, and then lowers the address to below it,
 * loses a mark that comes in between
 *
 *   - when the mark does not raise the address, since it isn't above it, or
 *   - when it, or a later one, raises the address to exactly the marked value
 *     that the finder loaded.
 *
 * Such a mark is excused, and no other: at the moment when it is stored some
 * finder is under way that has loaded the chunk's word before, or a lower bound
 * that is above the chunk. All others must be found once all is quiet.
 *
 * Where memory is weak there is no such moment. There the runs are judged by
 * their ends: each must be one that the runtime's steps have, too.
 */
#include "config.h"

#include "explore.h"
#include "hook.h"

#include "pagealloc/geometry.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct store {
	uint64_t value;
	uint8_t view[MODEL_SLOTS]; /* by slot: of which store a reader knows who reads this */
	bool exchanged;		   /* it belongs right behind the one before */
};

struct slot {
	uint8_t n; /* stores, oldest first; 1 unless weak */
	struct store at[MODEL_STORES];
};

struct thread {
	uint8_t op, nevents;
	uint8_t passed; /* chunks whose marks the find under way has loaded */
	bool loaded;	/* its search address: */
	int64_t from;
	/* Of a free: it has stored the mark; beside a find that had passed the chunk; it has raised the search address. */
	bool stored, beside, raised;
	uint8_t came_back; /* to what a find had loaded that had passed these chunks */
	uint8_t view[MODEL_SLOTS];
	struct hr_index_hit hit;
	uint64_t given[MODEL_EVENTS];
};

struct state {
	struct thread thread[MODEL_THREADS];
	uint8_t lock; /* 0: free, t + 1: held by thread t */
	uint8_t lock_view[MODEL_SLOTS];
	struct outcome so_far;
	unsigned char plain[MODEL_PLAIN_BYTES]; /* the object, less its atomics */
	struct slot slot[MODEL_SLOTS];
};

enum event_kind { EV_DONE, EV_LOAD, EV_STORE, EV_EXCHANGE };

struct event {
	enum event_kind kind;
	unsigned slot;
	int order;
	uint64_t value, expected;
};

struct hash {
	uint64_t a, b;
};

static struct {
	const struct model_case *c;
	const struct subject *s;
	bool weak, relaxed;
	struct outcomes *out;
	const volatile void *address[MODEL_SLOTS];
	bool written[MODEL_SLOTS];
	unsigned nslots;
	bool again, failed; /* a location turned out to be written: start anew */

	/* The operation that is running. */
	struct state *state;
	unsigned thread;
	unsigned position;
	bool serial;
	struct event event;
	jmp_buf out_of_it;

	struct hash *seen;
	size_t nseen, cap;
} m;

/* --- memory ---------------------------------------------------------------- */

static unsigned slot_of(const volatile void *at)
{
	unsigned i = 0;

	while (i < m.nslots && m.address[i] != at)
		i++;
	return i;
}

static unsigned new_slot(const volatile void *at)
{
	unsigned i = slot_of(at);

	if (i < m.nslots)
		return i;
	if (i == MODEL_SLOTS) {
		m.failed = true;
		return 0;
	}
	m.address[m.nslots++] = at;
	return i;
}

static struct store *last(struct slot *s)
{
	return &s->at[s->n - 1];
}

static bool is_box(unsigned slot)
{
	return m.address[slot] == (const volatile void *)m.s->box(false) ||
	       m.address[slot] == (const volatile void *)m.s->box(true);
}

static void join(uint8_t *view, const uint8_t *with)
{
	for (unsigned i = 0; i < MODEL_SLOTS; i++)
		if (view[i] < with[i])
			view[i] = with[i];
}

static bool acquires(int order)
{
	return !m.relaxed && order != memory_order_relaxed && order != memory_order_release;
}

static bool releases(int order)
{
	return !m.relaxed && order != memory_order_relaxed && order != memory_order_acquire;
}

/* --- the operations' side -------------------------------------------------- */

/* An event of which the result is known: given before, or nobody else's business. */
static bool known(unsigned slot, bool stores, uint64_t *value)
{
	struct thread *t = &m.state->thread[m.thread];

	if (m.position < t->nevents) {
		*value = t->given[m.position++];
		return true;
	}
	if (stores && !m.written[slot]) {
		m.written[slot] = m.again = true;
		longjmp(m.out_of_it, 1);
	}
	if (stores || (m.written[slot] && (m.state->lock != m.thread + 1 || is_box(slot))))
		return false;
	/* A constant, or what changes under the lock, by who has it: no step of its own. */
	*value = last(&m.state->slot[slot])->value;
	if (t->nevents == MODEL_EVENTS) {
		m.failed = true;
		longjmp(m.out_of_it, 1);
	}
	t->given[t->nevents++] = *value;
	m.position++;
	return true;
}

static uint64_t leave(struct event e)
{
	m.event = e;
	longjmp(m.out_of_it, 1);
}

uint64_t model_load(const volatile void *at, int order)
{
	unsigned slot = slot_of(at);
	uint64_t value;

	/* What no one has ever stored to is zero. */
	if (slot == m.nslots)
		return 0;
	if (m.serial)
		return last(&m.state->slot[slot])->value;
	return known(slot, false, &value) ? value : leave((struct event){EV_LOAD, slot, order, 0, 0});
}

void model_init(uint64_t value)
{
	if (value != 0)
		m.failed = true;
}

void model_store(volatile void *at, uint64_t value, int order)
{
	unsigned slot = new_slot(at);
	uint64_t none;

	if (m.serial)
		last(&m.state->slot[slot])->value = value;
	else if (!known(slot, true, &none))
		leave((struct event){EV_STORE, slot, order, value, 0});
}

uint64_t model_exchange(volatile void *at, uint64_t expected, uint64_t desired, int order)
{
	unsigned slot = new_slot(at);
	uint64_t found;

	if (m.serial) {
		found = last(&m.state->slot[slot])->value;
		if (found == expected)
			last(&m.state->slot[slot])->value = desired;
		return found;
	}
	return known(slot, true, &found) ? found : leave((struct event){EV_EXCHANGE, slot, order, desired, expected});
}

/* --- operations ------------------------------------------------------------ */

static unsigned index_of(uint64_t chunk)
{
	unsigned i = 0;

	while (i < m.c->nchunks && m.c->chunks[i] != chunk)
		i++;
	return i;
}

static bool needs_lock(const struct op *op)
{
	return op->kind != OP_FIND;
}

/* Runs to the first event that isn't known, or to the end; what changes by its end is in *hit and *work. */
static void run_op(const struct state *s, const struct thread *t, const struct op *op, struct hr_index_hit *hit,
		   uint8_t *work)
{
	uint64_t chunk = m.c->chunks[op->chunk];

	switch (op->kind) {
	case OP_FIND:
		*hit = m.s->find(!m.c->background);
		break;
	case OP_TAKE:
		if (!t->hit.found)
			break;
		if (s->so_far.work >> index_of(t->hit.chunk) & 1)
			*work &= (uint8_t) ~(1u << index_of(t->hit.chunk));
		else
			m.s->clear(t->hit.chunk);
		break;
	case OP_FREE:
		m.s->free(chunk, op->page);
		*work |= (uint8_t)(1u << op->chunk);
		break;
	case OP_SPOIL:
		*work &= (uint8_t) ~(1u << op->chunk);
		break;
	case OP_ALLOC:
		m.s->alloc(chunk);
		break;
	case OP_GROW:
		m.s->grow(chunk);
		break;
	case OP_NEXT_GEN:
		m.s->next_gen();
		break;
	case OP_NONE:
		break;
	}
}

/* Is a mark of this op excused, now that it is there? */
static void judge(struct state *s, const struct thread *t, const struct op *op)
{
	uint8_t bit = (uint8_t)(1u << op->chunk);

	/* It was marked already, and is as it was. */
	if (op->kind != OP_FREE || (!t->raised && !t->stored))
		return;
	s->so_far.excused &= (uint8_t)~bit;
	s->so_far.aba &= (uint8_t)~bit;
	if (!t->raised && t->beside)
		s->so_far.excused |= bit;
	s->so_far.excused |= t->came_back;
	s->so_far.aba |= t->came_back;
}

static void end_op(struct state *s, unsigned thread, struct hr_index_hit hit, uint8_t work)
{
	struct thread *t = &s->thread[thread];
	const struct op *op = &m.c->threads[thread][t->op];

	judge(s, t, op);
	s->so_far.work = work;
	if (needs_lock(op)) {
		s->lock = 0;
		memcpy(s->lock_view, t->view, sizeof(t->view));
		memcpy(s->plain, m.s->object, m.s->bytes);
	}
	if (op->kind == OP_FIND) {
		unsigned n = s->so_far.thread[thread].n++;

		t->hit = hit;
		s->so_far.thread[thread].find[n].found = hit.found;
		s->so_far.thread[thread].find[n].chunk = hit.found ? (uint8_t)index_of(hit.chunk) : 0;
		s->so_far.thread[thread].find[n].page = hit.found ? (uint16_t)hit.page : 0;
		if (hit.found && hit.chunk > hr_chunk_of((uint64_t)(t->from < 0 ? -t->from : t->from) - 1))
			s->so_far.above = 1;
	}
	if (op->kind == OP_TAKE)
		memset(&t->hit, 0, sizeof(t->hit));
	t->op++;
	t->nevents = t->passed = t->came_back = 0;
	t->loaded = t->stored = t->beside = t->raised = false;
	t->from = 0;
	memset(t->given, 0, sizeof(t->given));
}

/* Runs the thread's operation up to its next step, which is then in m.event; EV_DONE: it has ended. */
static void advance(struct state *s, unsigned thread)
{
	struct thread *t = &s->thread[thread];
	struct hr_index_hit hit = {.found = false};
	uint8_t work = s->so_far.work;

	m.state = s;
	m.thread = thread;
	m.position = 0;
	m.event.kind = EV_DONE;
	memcpy(m.s->object, s->plain, m.s->bytes);
	if (setjmp(m.out_of_it) != 0)
		return;
	run_op(s, t, &m.c->threads[thread][t->op], &hit, &work);
	end_op(s, thread, hit, work);
}

/* --- steps ----------------------------------------------------------------- */

/* A find has loaded what says whether chunks are marked; or a mark is stored. */
static void note_load(struct thread *t, const struct event *e, uint64_t value)
{
	bool bound = m.address[e->slot] == m.s->bound;

	if (is_box(e->slot)) {
		if (!t->loaded)
			t->from = (int64_t)value;
		t->loaded = true;
		return;
	}
	for (unsigned c = 0; c < m.c->nchunks; c++)
		if (bound ? m.c->chunks[c] / m.s->bound_unit < value : m.s->holds(m.address[e->slot], m.c->chunks[c]))
			t->passed |= (uint8_t)(1u << c);
}

static void note_store(struct state *s, struct thread *t, const struct event *e)
{
	const struct op *op = &m.c->threads[t - s->thread][t->op];
	int64_t page = (int64_t)hr_chunk_page(m.c->chunks[op->chunk]) + op->page + 1;

	if (is_box(e->slot)) {
		t->raised = true;
		for (unsigned i = 0; i < MODEL_THREADS; i++)
			if (s->thread[i].loaded && s->thread[i].from == -page)
				t->came_back |= s->thread[i].passed;
	}
	if (op->kind != OP_FREE || !m.s->holds(m.address[e->slot], m.c->chunks[op->chunk]))
		return;
	t->stored = true;
	for (unsigned i = 0; i < MODEL_THREADS; i++) {
		if (s->thread[i].loaded)
			t->beside |= s->thread[i].passed >> op->chunk & 1;
	}
}

/* Makes room at `at` for a store: all views are of positions. */
static struct store *insert(struct state *s, unsigned slot, unsigned at)
{
	struct slot *l = &s->slot[slot];

	if (l->n == MODEL_STORES) {
		m.failed = true;
		return &l->at[at];
	}
	memmove(&l->at[at + 1], &l->at[at], (l->n - at) * sizeof(l->at[0]));
	l->n++;
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		s->thread[i].view[slot] = (uint8_t)(s->thread[i].view[slot] + (s->thread[i].view[slot] >= at));
	s->lock_view[slot] = (uint8_t)(s->lock_view[slot] + (s->lock_view[slot] >= at));
	for (unsigned i = 0; i < m.nslots; i++)
		for (unsigned j = 0; j < s->slot[i].n; j++) {
			uint8_t *v = &s->slot[i].at[j].view[slot];

			*v = (uint8_t)(*v + (*v >= at));
		}
	memset(&l->at[at], 0, sizeof(l->at[at]));
	return &l->at[at];
}

static void put(struct state *s, struct thread *t, const struct event *e, unsigned at, const struct store *before)
{
	struct slot *l = &s->slot[e->slot];
	struct store *new;
	uint8_t sequence[MODEL_SLOTS] = {0};

	if (!m.weak) {
		l->at[0].value = e->value;
		return;
	}
	/* A compare-and-swap goes on with what was released by the store that it replaces. */
	if (before != NULL)
		memcpy(sequence, before->view, sizeof(sequence));
	new = insert(s, e->slot, at);
	new->value = e->value;
	new->exchanged = before != NULL;
	t->view[e->slot] = (uint8_t)at;
	for (unsigned i = 0; i < MODEL_SLOTS; i++)
		new->view[i] = (uint8_t)(sequence[i] + (i == e->slot && sequence[i] >= at));
	if (releases(e->order))
		join(new->view, t->view);
	if (new->view[e->slot] < at)
		new->view[e->slot] = (uint8_t)at;
}

/* The step with the choice-th of what it may read, or of where it may go. False: that is none. */
static bool apply(struct state *s, unsigned thread, const struct event *e, unsigned choice)
{
	struct thread *t = &s->thread[thread];
	struct slot *l = &s->slot[e->slot];
	unsigned at = t->view[e->slot] + choice;
	uint64_t given = 0;

	if (at >= l->n)
		return false;
	if (e->kind == EV_STORE) {
		/* Behind `at`, but not between a store and its exchange. */
		if (at + 1 < l->n && l->at[at + 1].exchanged)
			return true; /* no such place; see step */
		note_store(s, t, e);
		put(s, t, e, at + 1, NULL);
	} else {
		const struct store read = l->at[at];

		given = read.value;
		t->view[e->slot] = (uint8_t)at;
		if (acquires(e->order))
			join(t->view, read.view);
		if (e->kind == EV_LOAD && m.c->threads[thread][t->op].kind == OP_FIND)
			note_load(t, e, given);
		if (e->kind == EV_EXCHANGE && given == e->expected) {
			if (at + 1 < l->n && l->at[at + 1].exchanged)
				return true;
			put(s, t, e, at + 1, &read);
		}
	}
	if (t->nevents == MODEL_EVENTS)
		m.failed = true;
	else
		t->given[t->nevents++] = given;
	return true;
}

/* Forgets stores that no thread can read any more, so that equal states are equal. */
static void trim(struct state *s)
{
	for (unsigned i = 0; m.weak && i < m.nslots; i++) {
		struct slot *l = &s->slot[i];
		uint8_t low = (uint8_t)(l->n - 1);

		for (unsigned t = 0; t < MODEL_THREADS; t++)
			if (m.c->threads[t][s->thread[t].op].kind != OP_NONE && s->thread[t].view[i] < low)
				low = s->thread[t].view[i];
		if (low == 0)
			continue;
		memmove(&l->at[0], &l->at[low], (size_t)(l->n - low) * sizeof(l->at[0]));
		memset(&l->at[l->n - low], 0, low * sizeof(l->at[0]));
		l->n = (uint8_t)(l->n - low);
		l->at[0].exchanged = false;
		for (unsigned t = 0; t < MODEL_THREADS; t++)
			s->thread[t].view[i] = s->thread[t].view[i] > low ? (uint8_t)(s->thread[t].view[i] - low) : 0;
		s->lock_view[i] = s->lock_view[i] > low ? (uint8_t)(s->lock_view[i] - low) : 0;
		for (unsigned j = 0; j < m.nslots; j++)
			for (unsigned k = 0; k < s->slot[j].n; k++) {
				uint8_t *v = &s->slot[j].at[k].view[i];

				*v = *v > low ? (uint8_t)(*v - low) : 0;
			}
	}
}

/* --- states seen ----------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static void add_bytes(struct hash *h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t x;

	for (; n >= sizeof(x); n -= sizeof(x), p += sizeof(x)) {
		memcpy(&x, p, sizeof(x));
		h->a = mix(h->a, x);
		h->b = mix(h->b, x + UINT64_C(0xd1b54a32d192ed03));
	}
	if (n > 0) {
		x = 0;
		memcpy(&x, p, n);
		h->a = mix(h->a, x);
		h->b = mix(h->b, x + UINT64_C(0xd1b54a32d192ed03));
	}
}

static struct hash hash_of(const struct state *s)
{
	struct hash h = {1, 2};

	add_bytes(&h, s, offsetof(struct state, slot));
	for (unsigned i = 0; i < m.nslots; i++)
		for (unsigned j = 0; j < s->slot[i].n; j++) {
			const struct store *w = &s->slot[i].at[j];

			add_bytes(&h, &(uint64_t){(uint64_t)i << 32 | j << 1 | w->exchanged}, sizeof(uint64_t));
			add_bytes(&h, &w->value, sizeof(w->value));
			add_bytes(&h, w->view, sizeof(w->view));
		}
	h.a |= 1; /* 0: an empty place */
	return h;
}

/* Whether it is there already; it is, afterwards. */
static bool put_hash(struct hash *table, size_t cap, struct hash h)
{
	size_t i = (size_t)(h.b & (cap - 1));

	for (; table[i].a != 0; i = (i + 1) & (cap - 1))
		if (table[i].a == h.a && table[i].b == h.b)
			return true;
	table[i] = h;
	return false;
}

static bool seen(const struct state *s)
{
	if (2 * m.nseen >= m.cap) {
		size_t cap = m.cap > 0 ? 2 * m.cap : 1 << 16;
		struct hash *bigger = calloc(cap, sizeof(*bigger));

		if (bigger == NULL) {
			m.failed = true;
			return true;
		}
		for (size_t i = 0; i < m.cap; i++)
			if (m.seen[i].a != 0)
				put_hash(bigger, cap, m.seen[i]);
		free(m.seen);
		m.seen = bigger;
		m.cap = cap;
	}
	if (put_hash(m.seen, m.cap, hash_of(s)))
		return true;
	m.nseen++;
	return false;
}

/* --- the end of a run ------------------------------------------------------ */

/* All that can be seen from outside. */
static bool same(const struct outcome *a, const struct outcome *b)
{
	return memcmp(a->thread, b->thread, sizeof(a->thread)) == 0 && a->box == b->box && a->marked == b->marked &&
	       a->work == b->work && a->lost == b->lost;
}

const struct outcome *outcomes_find(const struct outcomes *o, const struct outcome *like)
{
	for (size_t i = 0; i < o->n; i++)
		if (same(&o->at[i], like))
			return &o->at[i];
	return NULL;
}

static void add_outcome(const struct outcome *end)
{
	struct outcomes *o = m.out;

	for (size_t i = 0; i < o->n; i++)
		if (same(&o->at[i], end) && o->at[i].excused == end->excused && o->at[i].aba == end->aba &&
		    o->at[i].above == end->above)
			return;
	if (o->n == o->cap) {
		size_t cap = o->cap > 0 ? 2 * o->cap : 256;
		struct outcome *at = realloc(o->at, cap * sizeof(*at));

		if (at == NULL) {
			m.failed = true;
			return;
		}
		o->at = at;
		o->cap = cap;
	}
	o->at[o->n++] = *end;
}

void outcomes_release(struct outcomes *o)
{
	free(o->at);
	memset(o, 0, sizeof(*o));
}

static uint8_t marked_chunks(void)
{
	uint8_t marked = 0;

	for (unsigned c = 0; c < m.c->nchunks; c++)
		marked |= (uint8_t)(m.s->is_marked(m.c->chunks[c]) << c);
	return marked;
}

/* All is quiet: a serial search takes what it finds, and the rest is lost. */
static void end_run(const struct state *end)
{
	struct state s = *end;
	struct hr_index_hit hit;
	unsigned budget = 100;

	m.state = &s;
	m.serial = true;
	memcpy(m.s->object, s.plain, m.s->bytes);
	s.so_far.box = (uint64_t)atomic_load_explicit(&m.s->box(!m.c->background)->v, memory_order_relaxed);
	s.so_far.marked = marked_chunks();
	while (budget-- > 0 && (hit = m.s->find(!m.c->background), hit.found)) {
		uint8_t bit = (uint8_t)(1u << index_of(hit.chunk));

		if (!(s.so_far.work & bit))
			m.s->clear(hit.chunk);
		s.so_far.work &= (uint8_t)~bit;
	}
	s.so_far.lost = marked_chunks();
	s.so_far.work = end->so_far.work;
	m.serial = false;
	add_outcome(&s.so_far);
}

static void go_on(const struct state *s);

/* The thread's next step, in all ways; then everything that may follow. */
static void step(const struct state *s, unsigned thread)
{
	const struct op *op = &m.c->threads[thread][s->thread[thread].op];
	struct state next = *s, then;
	struct event e;

	if (needs_lock(op) && s->lock != 0 && s->lock != thread + 1)
		return;
	if (needs_lock(op) && s->lock == 0) {
		next.lock = (uint8_t)(thread + 1);
		join(next.thread[thread].view, s->lock_view);
	}
	advance(&next, thread);
	e = m.event;
	if (m.again || m.failed)
		return;
	if (e.kind == EV_DONE) {
		m.out->steps++;
		go_on(&next);
		return;
	}
	for (unsigned choice = 0; !m.again && !m.failed; choice++) {
		then = next;
		if (!apply(&then, thread, &e, choice))
			break;
		/* Nothing happened: there is no such place for it. */
		if (then.thread[thread].nevents == next.thread[thread].nevents)
			continue;
		advance(&then, thread);
		m.out->steps++;
		go_on(&then);
	}
}

static void go_on(const struct state *s)
{
	struct state trimmed = *s;
	bool ended = true;

	if (m.again || m.failed)
		return;
	trim(&trimmed);
	if (seen(&trimmed))
		return;
	m.out->states++;
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		if (m.c->threads[t][trimmed.thread[t].op].kind != OP_NONE) {
			ended = false;
			step(&trimmed, t);
		}
	if (ended)
		end_run(&trimmed);
}

/* --- a case ---------------------------------------------------------------- */

static void set_up(struct state *s, const unsigned char *plain)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < MODEL_SLOTS; i++)
		s->slot[i].n = 1;
	m.state = s;
	m.serial = true;
	memcpy(m.s->object, plain, m.s->bytes);
	for (const struct op *op = m.c->setup; op->kind != OP_NONE; op++) {
		struct hr_index_hit hit = {.found = false};

		run_op(s, &s->thread[0], op, &hit, &s->so_far.work);
		s->thread[0].hit = hit;
	}
	memset(&s->thread[0], 0, sizeof(s->thread[0]));
	memcpy(s->plain, m.s->object, m.s->bytes);
	m.serial = false;
}

bool explore(const struct model_case *c, const struct subject *s, enum memory memory, struct outcomes *out)
{
	static struct state start;
	unsigned char plain[MODEL_PLAIN_BYTES];

	memset(out, 0, sizeof(*out));
	memset(&m, 0, sizeof(m));
	m.c = c;
	m.s = s;
	m.weak = memory != MEMORY_SC;
	m.relaxed = memory == MEMORY_RELAXED;
	m.out = out;
	if (s->bytes > sizeof(plain) || !s->init(c))
		return false;
	memcpy(plain, s->object, s->bytes);
	do {
		outcomes_release(out);
		m.again = false;
		m.nseen = 0;
		if (m.cap > 0)
			memset(m.seen, 0, m.cap * sizeof(*m.seen));
		set_up(&start, plain);
		go_on(&start);
	} while (m.again && !m.failed);
	memcpy(s->object, plain, s->bytes);
	s->release();
	free(m.seen);
	return !m.failed;
}
