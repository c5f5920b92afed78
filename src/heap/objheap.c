/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap of objects: what objheap.h says.
 *
 * Invariants: a span with a free slot is current or in a list of spans with
 * room; a full one is current, or with a collector in a list of full ones. Large
 * spans are in no list. Lists of the parity of `sweeps` hold swept spans, the
 * others those that are not; between the end of sweeping and the next mark done
 * the others are empty. Bits of condemned are set from the first death after a
 * mark start, or the sweep, on; bits of dead and condemned are never both set,
 * and never of a free slot.
 */
#include "config.h"

#include "heap/objheap.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

enum { IN_NO_LIST, IN_LIST }; /* IN_LIST + parity * 2 + full */

/* Spans that one allocation sweeps to find room. mcentral.cacheSpan. */
enum { SWEEP_TRIES = 101 };

#define MAX_WORDS (UINT32_MAX / 64) /* so that a slot has a number */

static bool collected(const struct hr_objheap *h)
{
	return h->cache == HR_SPAN_CACHE_SWEEP;
}

static inline unsigned bitmap_words(const struct hr_objspan *s)
{
	return (s->slots + 63u) / 64;
}

static inline uint64_t slot_bytes(const struct hr_objspan *s)
{
	return hr_objheap_slot_bytes(s->span_class, s->npages);
}

static inline uint64_t tail_of(const struct hr_objspan *s)
{
	return s->npages * HR_PAGE_BYTES - s->slots * slot_bytes(s);
}

void hr_objheap_init(struct hr_objheap *h, enum hr_span_cache cache, unsigned go_minor)
{
	memset(h, 0, sizeof(*h));
	h->cache = cache;
	h->go_minor = go_minor;
	h->free_span = h->oldest = h->youngest = h->sweep_next = HR_NO_SPAN;
	memset(h->lists, 0xff, sizeof(h->lists));
	for (unsigned c = 0; c < HR_SPAN_CLASSES; c++)
		h->slots_of[c] = hr_size_class_of_span_class(c) == 0 ? 1 : (uint16_t)hr_objects_a_span(c, go_minor);
	for (unsigned i = 0; i <= HR_MAX_SMALL_BYTES / 8; i++)
		h->class_of[i] = (uint8_t)hr_size_class_of_span_class(hr_span_class_of(8 * i, true, go_minor));
}

void hr_objheap_release(struct hr_objheap *h)
{
	free(h->objects);
	free(h->spans);
	free(h->words);
	free(h->current);
	free(h->changes);
	memset(h, 0, sizeof(*h));
}

/* --- lists ---------------------------------------------------------------- */

static struct hr_objheap_list *list_of(struct hr_objheap *h, const struct hr_objspan *s)
{
	unsigned which = s->list - IN_LIST;

	return &h->lists[which >> 1][which & 1][s->span_class];
}

/* Into the list of its class of swept spans, full ones or not. */
static void push(struct hr_objheap *h, uint32_t id, bool full)
{
	struct hr_objspan *s = &h->spans[id];
	struct hr_objheap_list *l;

	s->list = (uint8_t)(IN_LIST + 2 * (h->sweeps & 1) + full);
	l = list_of(h, s);
	s->prev = HR_NO_SPAN;
	s->next = l->first;
	if (l->first != HR_NO_SPAN)
		h->spans[l->first].prev = id;
	else
		l->last = id;
	l->first = id;
}

static void unlist(struct hr_objheap *h, uint32_t id)
{
	struct hr_objspan *s = &h->spans[id];
	struct hr_objheap_list *l;

	if (s->list == IN_NO_LIST)
		return;
	l = list_of(h, s);
	if (s->prev != HR_NO_SPAN)
		h->spans[s->prev].next = s->next;
	else
		l->first = s->next;
	if (s->next != HR_NO_SPAN)
		h->spans[s->next].prev = s->prev;
	else
		l->last = s->prev;
	s->list = IN_NO_LIST;
}

/* The first span of that list, no longer in it, or HR_NO_SPAN. */
static uint32_t pop(struct hr_objheap *h, bool swept, bool full, unsigned span_class)
{
	uint32_t id = h->lists[(h->sweeps & 1) ^ !swept][full][span_class].first;

	if (id != HR_NO_SPAN)
		unlist(h, id);
	return id;
}

/* Where a span that is not current belongs. */
static void put_away(struct hr_objheap *h, uint32_t id)
{
	const struct hr_objspan *s = &h->spans[id];
	bool full = s->used == s->slots;

	if (hr_size_class_of_span_class(s->span_class) != 0 && (collected(h) || !full))
		push(h, id, full);
}

/* --- spans ---------------------------------------------------------------- */

static bool note(struct hr_objheap *h, uint32_t id, bool freed)
{
	const struct hr_objspan *s = &h->spans[id];

	if (h->nchanges == h->changes_cap &&
	    !hr_reserve(&h->changes, &h->changes_cap, h->nchanges + 1, sizeof(*h->changes)))
		return false;
	h->changes[h->nchanges++] = (struct hr_span_change){id, s->npages, s->span_class, freed};
	return true;
}

/* n words; 0: out of memory. */
static uint32_t take_words(struct hr_objheap *h, unsigned n)
{
	uint32_t at = h->free_words[n];

	if (at != 0) {
		h->free_words[n] = (uint32_t)h->words[at].free;
		return at;
	}
	if (h->nwords == 0)
		h->nwords = 1;
	if (h->nwords + n > MAX_WORDS || !hr_reserve(&h->words, &h->words_cap, h->nwords + n, sizeof(*h->words)))
		return 0;
	at = (uint32_t)h->nwords;
	h->nwords += n;
	return at;
}

/* All of its slots are free. HR_NO_SPAN: out of memory. */
static uint32_t make_span(struct hr_objheap *h, unsigned span_class, uint32_t npages)
{
	unsigned size_class = hr_size_class_of_span_class(span_class);
	struct hr_objspan s = {
	    .npages = size_class != 0 ? hr_size_classes[size_class].span_bytes / (uint32_t)HR_PAGE_BYTES : npages,
	    .slots = h->slots_of[span_class],
	    .span_class = (uint8_t)span_class,
	    .epoch = h->epoch,
	    .swept = h->sweeps,
	    .p = -1,
	    .older = h->youngest,
	    .younger = HR_NO_SPAN,
	};
	unsigned words = bitmap_words(&s);
	uint32_t id = h->free_span;

	if (id == HR_NO_SPAN &&
	    (h->nspans == HR_NO_SPAN || !hr_reserve(&h->spans, &h->spans_cap, h->nspans + 1, sizeof(*h->spans))))
		return HR_NO_SPAN;
	s.word = take_words(h, words);
	if (s.word == 0)
		return HR_NO_SPAN;
	if (id != HR_NO_SPAN)
		h->free_span = h->spans[id].next;
	else
		id = (uint32_t)h->nspans++;
	for (unsigned i = 0; i < words; i++)
		h->words[s.word + i] = (struct hr_objword){
		    .free = hr_mask(0, s.slots - i * 64 < 64 ? s.slots - i * 64 : 64),
		    .span = id,
		};
	h->spans[id] = s;
	if (h->youngest != HR_NO_SPAN)
		h->spans[h->youngest].younger = id;
	else
		h->oldest = id;
	h->youngest = id;
	h->span_bytes += s.npages * HR_PAGE_BYTES;
	h->tail_bytes += tail_of(&s);
	h->nlive_spans++;
	return id;
}

/* A span without objects, neither current nor in a list, goes back. */
static bool drop_span(struct hr_objheap *h, uint32_t id)
{
	struct hr_objspan *s = &h->spans[id];
	unsigned words = bitmap_words(s);

	if (!note(h, id, true))
		return false;
	if (h->sweep_next == id)
		h->sweep_next = s->younger;
	if (s->older != HR_NO_SPAN)
		h->spans[s->older].younger = s->younger;
	else
		h->oldest = s->younger;
	if (s->younger != HR_NO_SPAN)
		h->spans[s->younger].older = s->older;
	else
		h->youngest = s->older;
	h->span_bytes -= s->npages * HR_PAGE_BYTES;
	h->tail_bytes -= tail_of(s);
	h->nlive_spans--;
	h->words[s->word].free = h->free_words[words];
	h->free_words[words] = s->word;
	s->npages = 0;
	s->next = h->free_span;
	h->free_span = id;
	return true;
}

/* --- sweeping ------------------------------------------------------------- */

/* What died before the last mark start is condemned: of a span whose epoch is an earlier one. */
static void age(struct hr_objheap *h, struct hr_objspan *s)
{
	unsigned n = bitmap_words(s);

	s->epoch = h->epoch;
	if (s->dead == 0)
		return;
	for (struct hr_objword *w = &h->words[s->word]; n-- > 0; w++) {
		w->condemned = w->dead;
		w->dead = 0;
	}
	s->condemned = s->dead;
	s->dead = 0;
}

/* Frees what is condemned in a span that is in no list. */
static void sweep(struct hr_objheap *h, uint32_t id)
{
	struct hr_objspan *s = &h->spans[id];
	unsigned n = bitmap_words(s);
	uint64_t bytes;

	if (s->epoch != h->epoch)
		age(h, s);
	s->swept = h->sweeps;
	if (s->condemned == 0)
		return;
	bytes = s->condemned * slot_bytes(s);
	for (struct hr_objword *w = &h->words[s->word]; n-- > 0; w++) {
		w->free |= w->condemned;
		w->condemned = 0;
	}
	s->used = (uint16_t)(s->used - s->condemned);
	s->condemned = 0;
	s->hint = 0;
	h->object_bytes -= bytes;
	h->condemned_bytes -= bytes;
}

bool hr_objheap_sweeping(struct hr_objheap *h)
{
	while (h->sweep_next != HR_NO_SPAN && h->spans[h->sweep_next].swept == h->sweeps)
		h->sweep_next = h->spans[h->sweep_next].younger;
	return h->sweep_next != HR_NO_SPAN;
}

bool hr_objheap_sweep_one(struct hr_objheap *h)
{
	uint32_t id = h->sweep_next;

	h->sweep_next = h->spans[id].younger;
	unlist(h, id);
	sweep(h, id);
	if (h->spans[id].used == 0)
		return drop_span(h, id);
	put_away(h, id);
	return true;
}

void hr_objheap_mark_start(struct hr_objheap *h)
{
	h->epoch++;
	h->condemned_bytes = h->dead_bytes;
	h->dead_bytes = 0;
}

uint64_t hr_objheap_mark_done(struct hr_objheap *h)
{
	for (size_t i = 0; i < h->nps * HR_SPAN_CLASSES; i++) {
		uint32_t id = h->current[i];

		if (id == HR_NO_SPAN)
			continue;
		h->current[i] = HR_NO_SPAN;
		h->spans[id].p = -1;
		put_away(h, id);
	}
	h->sweeps++;
	h->sweep_next = h->oldest;
	h->heap_live = h->object_bytes - h->condemned_bytes;
	h->counted_ahead = 0;
	return h->heap_live;
}

/* --- objects -------------------------------------------------------------- */

static bool add_p(struct hr_objheap *h, int p)
{
	size_t cap = h->nps * HR_SPAN_CLASSES, had = cap;

	if (!hr_reserve(&h->current, &cap, ((size_t)p + 1) * HR_SPAN_CLASSES, sizeof(*h->current)))
		return false;
	memset(h->current + had, 0xff, (cap - had) * sizeof(*h->current));
	h->nps = cap / HR_SPAN_CLASSES;
	return true;
}

/* A span of the class with room that no P has, in no list; HR_NO_SPAN: there is none. mcentral.cacheSpan. */
static uint32_t find_room(struct hr_objheap *h, unsigned span_class)
{
	uint32_t id = pop(h, true, false, span_class);

	if (id != HR_NO_SPAN || !collected(h) || !hr_objheap_sweeping(h))
		return id;
	id = pop(h, false, false, span_class);
	if (id != HR_NO_SPAN) {
		sweep(h, id);
		return id;
	}
	for (int tries = 0; tries < SWEEP_TRIES; tries++) {
		id = pop(h, false, true, span_class);
		if (id == HR_NO_SPAN)
			return id;
		sweep(h, id);
		if (h->spans[id].used < h->spans[id].slots)
			return id;
		push(h, id, true);
	}
	return HR_NO_SPAN;
}

/*
 * As if all of it were allocated at once, with what no slot fits into. mcache.refill. What the
 * runtime had counted before the trace began is not counted again.
 */
static void count_ahead(struct hr_objheap *h, const struct hr_objspan *s)
{
	uint64_t bytes = s->npages * HR_PAGE_BYTES - s->used * (uint64_t)slot_bytes(s),
		 again = h->counted_ahead < bytes ? h->counted_ahead : bytes;

	if (s->used == 0)
		again = 0;
	h->counted_ahead -= again;
	h->heap_live += bytes - again;
}

/* Gives P p a current span with room. mcache.refill. */
static bool refill(struct hr_objheap *h, unsigned span_class, int p)
{
	size_t at = (size_t)p * HR_SPAN_CLASSES + span_class;
	uint32_t id = h->current[at];

	if (id != HR_NO_SPAN) {
		h->current[at] = HR_NO_SPAN;
		h->spans[id].p = -1;
		put_away(h, id);
	}
	id = find_room(h, span_class);
	if (id == HR_NO_SPAN) {
		id = make_span(h, span_class, 0);
		if (id == HR_NO_SPAN || !note(h, id, false))
			return false;
	}
	h->current[at] = id;
	h->spans[id].p = (int16_t)p;
	count_ahead(h, &h->spans[id]);
	h->refilled = true;
	return true;
}

bool hr_objheap_make_numbers(struct hr_objheap *h, size_t n)
{
	if (!hr_reserve_huge(&h->objects, &h->objects_cap, h->nobjects, n, sizeof(*h->objects)))
		return false;
	while (h->nobjects < n)
		h->objects[h->nobjects++].slot = 0;
	return true;
}

static inline void take_slot(struct hr_objheap *h, uint32_t number, uint32_t id, uint32_t slot)
{
	struct hr_objspan *s = &h->spans[id];

	h->words[s->word + slot / 64].free &= ~(UINT64_C(1) << slot % 64);
	s->used++;
	h->objects[number].slot = s->word * 64 + slot;
	h->object_bytes += slot_bytes(s);
	h->live_objects++;
}

static inline uint32_t lowest_free(const struct hr_objheap *h, struct hr_objspan *s)
{
	const struct hr_objword *words = &h->words[s->word];

	while (words[s->hint].free == 0)
		s->hint++;
	return s->hint * 64u + hr_ctz(words[s->hint].free);
}

/* Where more is to be done than to take a slot of P p's current span. */
static __attribute__((noinline)) bool alloc_slowly(struct hr_objheap *h, uint32_t number, unsigned span_class,
						   uint32_t npages, int p)
{
	uint32_t id;

	if (!hr_objheap_make_numbers(h, (size_t)number + 1) || ((size_t)p >= h->nps && !add_p(h, p)))
		return false;
	if (hr_size_class_of_span_class(span_class) == 0) {
		id = make_span(h, span_class, npages);
		if (id == HR_NO_SPAN || !note(h, id, false))
			return false;
		h->heap_live += npages * HR_PAGE_BYTES;
		h->refilled = true;
		take_slot(h, number, id, 0);
		return true;
	}
	id = h->current[(size_t)p * HR_SPAN_CLASSES + span_class];
	if (id == HR_NO_SPAN || h->spans[id].used == h->spans[id].slots) {
		if (!refill(h, span_class, p))
			return false;
		id = h->current[(size_t)p * HR_SPAN_CLASSES + span_class];
	}
	take_slot(h, number, id, lowest_free(h, &h->spans[id]));
	return true;
}

bool hr_objheap_alloc(struct hr_objheap *h, uint32_t number, unsigned span_class, uint32_t npages, int p)
{
	return hr_objheap_alloc_simply(h, number, span_class, p) != 0 || alloc_slowly(h, number, span_class, npages, p);
}

bool hr_objheap_free(struct hr_objheap *h, uint32_t number)
{
	const struct hr_object o = h->objects[number];
	struct hr_objword *w = hr_objheap_word(h, o);
	const uint32_t id = w->span;
	struct hr_objspan *s = &h->spans[id];
	const uint32_t word = o.slot / 64 - s->word;
	bool was_full = s->used == s->slots;

	h->objects[number].slot = 0;
	w->free |= UINT64_C(1) << o.slot % 64;
	s->used--;
	if (word < s->hint)
		s->hint = (uint16_t)word;
	h->object_bytes -= slot_bytes(s);
	h->live_objects--;
	if (s->used == 0 && (s->p < 0 || h->cache == HR_SPAN_CACHE_NONE)) {
		if (s->p >= 0)
			h->current[(size_t)s->p * HR_SPAN_CLASSES + s->span_class] = HR_NO_SPAN;
		unlist(h, id);
		return drop_span(h, id);
	}
	if (was_full && s->p < 0)
		push(h, id, false);
	return true;
}

struct hr_object hr_objheap_let_go(struct hr_objheap *h, uint32_t number)
{
	const struct hr_object o = h->objects[number];

	h->objects[number].slot = 0;
	return o;
}

bool hr_objheap_take_up(struct hr_objheap *h, uint32_t number, struct hr_object object)
{
	if (!hr_objheap_make_numbers(h, (size_t)number + 1))
		return false;
	h->objects[number] = object;
	return true;
}

static inline uint64_t die(struct hr_objheap *h, struct hr_object o)
{
	struct hr_objword *w = hr_objheap_word(h, o);
	struct hr_objspan *s = &h->spans[w->span];
	const uint64_t bytes = slot_bytes(s);

	if (s->epoch != h->epoch)
		age(h, s);
	w->dead |= UINT64_C(1) << o.slot % 64;
	s->dead++;
	h->dead_bytes += bytes;
	h->live_objects--;
	return bytes;
}

uint64_t hr_objheap_die(struct hr_objheap *h, uint32_t number)
{
	return die(h, hr_objheap_let_go(h, number));
}

uint64_t hr_objheap_die_unnamed(struct hr_objheap *h, struct hr_object o)
{
	return die(h, o);
}

/* Numbers between what is asked for in advance of one: the object, its word, its span, and that it is looked at. */
#define AHEAD 12

size_t hr_objheap_die_all(struct hr_objheap *h, const uint32_t *numbers, size_t n)
{
	size_t died = 0;

	for (size_t i = 0; i < n + 3 * AHEAD; i++) {
		if (i < n)
			hr_objheap_ask(h, numbers[i]);
		if (i >= AHEAD && i - AHEAD < n)
			hr_objheap_ask_word(h, numbers[i - AHEAD]);
		if (i >= 2 * AHEAD && i - 2 * AHEAD < n)
			hr_objheap_ask_span(h, numbers[i - 2 * AHEAD]);
		if (i >= 3 * AHEAD && hr_objheap_has(h, numbers[i - 3 * AHEAD])) {
			die(h, hr_objheap_let_go(h, numbers[i - 3 * AHEAD]));
			died++;
		}
	}
	return died;
}

/* --- a heap that is there ------------------------------------------------- */

bool hr_objheap_adopt_span(struct hr_objheap *h, unsigned span_class, uint32_t npages, uint32_t *span)
{
	*span = make_span(h, span_class, npages);
	return *span != HR_NO_SPAN;
}

bool hr_objheap_has_room(const struct hr_objheap *h, uint32_t span)
{
	return h->spans[span].used < h->spans[span].slots;
}

bool hr_objheap_adopt(struct hr_objheap *h, uint32_t number, uint32_t span, uint32_t slot)
{
	struct hr_objspan *s = &h->spans[span];

	if (!hr_objheap_make_numbers(h, (size_t)number + 1))
		return false;
	if (slot >= s->slots || !(h->words[s->word + slot / 64].free >> slot % 64 & 1))
		slot = lowest_free(h, s);
	take_slot(h, number, span, slot);
	h->heap_live += slot_bytes(s);
	return true;
}

bool hr_objheap_adopted(struct hr_objheap *h)
{
	uint32_t next;

	for (uint32_t id = h->oldest; id != HR_NO_SPAN; id = next) {
		const struct hr_objspan *s = &h->spans[id];

		next = s->younger;
		if (s->p >= 0 || s->list != IN_NO_LIST)
			continue;
		if (s->used == 0 && !collected(h)) {
			if (!drop_span(h, id))
				return false;
		} else {
			put_away(h, id);
		}
	}
	return true;
}

void hr_objheap_counted(struct hr_objheap *h, uint64_t heap_live)
{
	if (heap_live <= h->heap_live)
		return;
	h->counted_ahead = heap_live - h->heap_live;
	h->heap_live = heap_live;
}

/* --- checking ------------------------------------------------------------- */

static bool check_span(const struct hr_objheap *h, uint32_t id, uint64_t *dead_bytes, uint64_t *condemned_bytes)
{
	const struct hr_objspan *s = &h->spans[id];
	unsigned n = bitmap_words(s), which = s->list - (unsigned)IN_LIST;
	const struct hr_objword *words = &h->words[s->word];
	unsigned free = 0, dead = 0, condemned = 0;
	bool small = hr_size_class_of_span_class(s->span_class) != 0, full = s->used == s->slots;
	bool fine = true;

	for (unsigned i = 0; i < n; i++) {
		free += hr_popcount(words[i].free);
		dead += hr_popcount(words[i].dead);
		condemned += hr_popcount(words[i].condemned);
		fine &= words[i].span == id && (words[i].free & words[i].dead) == 0 &&
			((words[i].free | words[i].dead) & words[i].condemned) == 0;
	}
	fine &= free == (unsigned)(s->slots - s->used) && dead == s->dead && condemned == s->condemned;
	if (s->p >= 0)
		fine &= h->current[(size_t)s->p * HR_SPAN_CLASSES + s->span_class] == id && s->list == IN_NO_LIST;
	else
		fine &= (s->list != IN_NO_LIST) == (small && (collected(h) || !full));
	if (s->list != IN_NO_LIST)
		fine &= (which & 1) == full && (which >> 1 == (h->sweeps & 1)) == (s->swept == h->sweeps);
	if (!collected(h))
		return fine;
	*(s->epoch == h->epoch ? dead_bytes : condemned_bytes) += s->dead * slot_bytes(s);
	*condemned_bytes += s->condemned * slot_bytes(s);
	return fine;
}

bool hr_objheap_check(const struct hr_objheap *h)
{
	uint64_t used_bytes = 0, span_bytes = 0, tail_bytes = 0, dead_bytes = 0, condemned_bytes = 0, dead = 0,
		 used = 0, nspans = 0;
	uint64_t objects = 0;
	bool fine = true;

	for (uint32_t id = h->oldest; id != HR_NO_SPAN; id = h->spans[id].younger) {
		const struct hr_objspan *s = &h->spans[id];

		fine &= check_span(h, id, &dead_bytes, &condemned_bytes);
		fine &= s->younger != HR_NO_SPAN ? h->spans[s->younger].older == id : h->youngest == id;
		used_bytes += s->used * slot_bytes(s);
		span_bytes += s->npages * HR_PAGE_BYTES;
		tail_bytes += tail_of(s);
		used += s->used;
		dead += (uint64_t)s->dead + s->condemned;
		nspans++;
	}
	for (size_t i = 0; i < h->nobjects; i++) {
		const struct hr_object *o = &h->objects[i];
		const struct hr_objspan *s;

		if (o->slot == 0)
			continue;
		objects++;
		s = hr_objheap_span(h, (uint32_t)i);
		fine &= o->slot - s->word * 64 < s->slots && (hr_objheap_word(h, *o)->free >> o->slot % 64 & 1) == 0;
	}
	return fine && used_bytes == h->object_bytes && span_bytes == h->span_bytes && tail_bytes == h->tail_bytes &&
	       nspans == h->nlive_spans && objects == h->live_objects && used - dead == objects &&
	       dead_bytes == h->dead_bytes && condemned_bytes == h->condemned_bytes;
}
