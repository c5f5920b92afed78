/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap of objects: which object lies in which slot of which span, when
 * spans come and go. Spans have no place here, only numbers: whoever drives the
 * heap passes on to the page allocator what happened to them.
 *
 * A span of small objects is current (one P allocates from it), or has room, or
 * is full. Allocation takes the lowest free slot of the P's current span of the
 * object's class; where there is none, a span with room becomes current, the
 * one that came to have room last first, else a new one. A large object has a
 * span of its own.
 *
 * When slots are free again depends on who frees. Without a collector
 * (hr_objheap_free) at once. With one an object that dies (hr_objheap_die) is
 * garbage; mark start condemns the garbage of that moment; after mark done the
 * slots of what is condemned are free as soon as their span is swept:
 * by hr_objheap_sweep_one, in order of the spans' creation, or because an
 * allocation finds no span with room, then those of its class, those with room
 * first, at most 101 of them. A swept span without objects goes back; if an
 * allocation swept it, it is used instead. At mark done the Ps give up their
 * current spans.
 *
 * Objects are named by dense numbers, which are the index of an array: 4 bytes
 * for each that was ever live at one time. A span costs some 60 bytes, and 32 for
 * each 64 of its slots, of which there are at most 2^32 with those that are rounded up.
 *
 * Source: mcache.go (refill), mcentral.go (cacheSpan, uncacheSpan), mgcsweep.go
 * (sweepLocked.sweep), malloc.go (nextFreeFast), mgcpacer.go (heapLive).
 */
#ifndef HR_HEAP_OBJHEAP_H
#define HR_HEAP_OBJHEAP_H

#include "base/bits.h"
#include "heap/sizeclasses.h"
#include "pagealloc/geometry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of a span without objects. */
enum hr_span_cache {
	HR_SPAN_CACHE_AUTO,  /* whoever makes the heap decides */
	HR_SPAN_CACHE_NONE,  /* it goes back at once */
	HR_SPAN_CACHE_ONE,   /* the same, but for current spans */
	HR_SPAN_CACHE_SWEEP, /* it goes back when it is swept: for heaps with a collector */
};

#define HR_NO_SPAN UINT32_MAX

/* What happened to a span, in order. Numbers of freed spans are used again. */
struct hr_span_change {
	uint32_t span;
	uint32_t npages;
	uint8_t span_class;
	bool freed; /* else new */
};

/* Where an object is. */
struct hr_object {
	uint32_t slot; /* its bit of all words, one after the other; 0: there is no such object */
};

/* 64 slots of a span, or the last ones. */
struct hr_objword {
	uint64_t free, dead, condemned; /* the last two with a collector */
	uint32_t span;
};

struct hr_objspan {
	/* What each birth and death looks at stands together, from here */
	uint32_t word;	/* its words begin here */
	uint32_t epoch; /* of `dead`: mark starts until then */
	uint32_t npages;
	uint16_t slots, used;	  /* used: not free, dead or alive */
	uint16_t dead, condemned; /* how many */
	uint16_t hint;		  /* no word before this one has a free slot */
	int16_t p;		  /* current span of this P, or -1 */
	uint8_t span_class;
	uint8_t list;		 /* which one it is in; to here. */
	uint32_t swept;		 /* after this many mark dones */
	uint32_t prev, next;	 /* in the list of its class, HR_NO_SPAN */
	uint32_t older, younger; /* by creation */
};

struct hr_objheap_list {
	uint32_t first, last;
};

struct hr_objheap {
	enum hr_span_cache cache;
	unsigned go_minor;
	uint16_t slots_of[HR_SPAN_CLASSES];
	uint8_t
	    class_of[HR_MAX_SMALL_BYTES / 8 + 1]; /* size class by size / 8, rounded up, without the pointers' header */

	struct hr_object *objects; /* by number */
	size_t nobjects, objects_cap;
	struct hr_objspan *spans;
	size_t nspans, spans_cap;
	uint32_t free_span; /* a list through next */
	uint32_t oldest, youngest, sweep_next;
	struct hr_objword *words; /* the first one is no span's */
	size_t nwords, words_cap;
	uint32_t
	    free_words[HR_MAX_OBJECTS_A_SPAN / 64 + 1]; /* by words a bitmap: a list through the first one; 0: none */
	uint32_t *current;				/* by P and span class */
	size_t nps;
	struct hr_objheap_list lists[2][2][HR_SPAN_CLASSES]; /* [parity of sweeps][full][class] */

	struct hr_span_change *changes; /* until hr_objheap_take */
	size_t nchanges, changes_cap;

	uint32_t epoch;	 /* mark starts */
	uint32_t sweeps; /* mark dones */

	/* Bytes: of objects with what their class adds, of spans with their tails. */
	uint64_t object_bytes;	  /* in slots that are not free */
	uint64_t dead_bytes;	  /* of these, died since the last mark start */
	uint64_t condemned_bytes; /* died before it */
	uint64_t span_bytes;
	uint64_t tail_bytes;   /* of spans, what no slot takes up */
	uint64_t live_objects; /* dead ones don't count */
	uint64_t nlive_spans;
	/*
	 * What the runtime's pacer takes the heap for: marked, and allocated since; a
	 * span counts with all its free slots once a P has it.
	 */
	uint64_t heap_live;
	uint64_t counted_ahead; /* of that, free slots of spans that some P had before the trace began */
	bool refilled; /* since the driver last cleared it: the moments when the runtime looks at its trigger */
};

/* cache: not AUTO. HR_ENOMEM is told by the calls that need memory. */
void hr_objheap_init(struct hr_objheap *h, enum hr_span_cache cache, unsigned go_minor);
void hr_objheap_release(struct hr_objheap *h);

/* The span class of an object; hr_span_class_of by table. */
static inline unsigned hr_objheap_class(const struct hr_objheap *h, uint64_t size, bool noscan)
{
	if (noscan && size <= HR_MAX_SMALL_BYTES - 8)
		return (unsigned)h->class_of[(size + 7) / 8] << 1 | 1;
	return hr_span_class_of(size, noscan, h->go_minor);
}

static inline bool hr_objheap_has(const struct hr_objheap *h, uint64_t number)
{
	return number < h->nobjects && h->objects[number].slot != 0;
}

static inline struct hr_objword *hr_objheap_word(const struct hr_objheap *h, struct hr_object object)
{
	return &h->words[object.slot / 64];
}
/* The span of a live object. */
static inline struct hr_objspan *hr_objheap_span(const struct hr_objheap *h, uint32_t number)
{
	return &h->spans[hr_objheap_word(h, h->objects[number])->span];
}

/*
 * An object, then its word, then its span are asked for some time before they are looked at: numbers of those that die are
 * in no order, and none of the three is in the cache. Any number, any number of times. Inlined by force: gcc leaves out
 * calls of functions that do nothing but ask.
 */
static inline __attribute__((always_inline)) void hr_objheap_ask(const struct hr_objheap *h, uint64_t number)
{
	if (number < h->nobjects)
		__builtin_prefetch(&h->objects[number], 1);
}
static inline __attribute__((always_inline)) void hr_objheap_ask_word(const struct hr_objheap *h, uint64_t number)
{
	if (hr_objheap_has(h, number))
		__builtin_prefetch(hr_objheap_word(h, h->objects[number]), 1);
}
static inline __attribute__((always_inline)) void hr_objheap_ask_span(const struct hr_objheap *h, uint64_t number)
{
	if (hr_objheap_has(h, number)) {
		const struct hr_objspan *s = hr_objheap_span(h, (uint32_t)number);

		/* It may lie in two cache lines. */
		__builtin_prefetch(&s->word, 1);
		__builtin_prefetch(&s->list, 1);
	}
}

/* Bytes of a slot of the class; of a large object, of its pages. */
static inline uint64_t hr_objheap_slot_bytes(unsigned span_class, uint32_t npages)
{
	unsigned size_class = hr_size_class_of_span_class(span_class);

	return size_class != 0 ? hr_size_classes[size_class].object_bytes : npages * HR_PAGE_BYTES;
}

/* Bytes of a live object's slot; of a large one, of its pages. */
static inline uint64_t hr_objheap_bytes(const struct hr_objheap *h, uint32_t number)
{
	const struct hr_objspan *s = hr_objheap_span(h, number);

	return hr_objheap_slot_bytes(s->span_class, s->npages);
}

/* Numbers below n are there, whether or not they are of an object. False: out of memory. */
bool hr_objheap_make_numbers(struct hr_objheap *h, size_t n);

/*
 * A new object, allocated by P p >= 0. number: at most h->nobjects, and no live
 * object's. npages: of a large one, else ignored. False: out of memory, the heap
 * is no longer of use.
 */
bool hr_objheap_alloc(struct hr_objheap *h, uint32_t number, unsigned span_class, uint32_t npages, int p);
/*
 * The same of a small object where all that is to be done is to take the next slot of P p's current span; bytes of that slot.
 * 0: more is to be done, or the number is no free one: nothing is done then.
 */
static inline uint32_t hr_objheap_alloc_simply(struct hr_objheap *h, uint32_t number, unsigned span_class, int p)
{
	struct hr_objspan *s;
	struct hr_objword *word;
	uint32_t id, bytes;

	if (number >= h->nobjects || (size_t)p >= h->nps || hr_size_class_of_span_class(span_class) == 0)
		return 0;
	id = h->current[(size_t)p * HR_SPAN_CLASSES + span_class];
	if (id == HR_NO_SPAN || h->objects[number].slot != 0)
		return 0;
	s = &h->spans[id];
	if (s->used == s->slots)
		return 0;
	for (word = &h->words[s->word + s->hint]; word->free == 0; word++)
		s->hint++;
	h->objects[number].slot = (s->word + s->hint) * 64 + hr_ctz(word->free);
	word->free &= word->free - 1;
	s->used++;
	bytes = hr_size_classes[hr_size_class_of_span_class(span_class)].object_bytes;
	h->object_bytes += bytes;
	h->live_objects++;
	return bytes;
}
/* A live object's slot is free (NONE, ONE); its number is, too. False: out of memory. */
bool hr_objheap_free(struct hr_objheap *h, uint32_t number);
/* A live object is garbage (SWEEP), and its number is free. The bytes of its slot. */
uint64_t hr_objheap_die(struct hr_objheap *h, uint32_t number);
/* The same of all that are live of n numbers, which may be in no order; how many those are. */
size_t hr_objheap_die_all(struct hr_objheap *h, const uint32_t *numbers, size_t n);

/* A live object that stays without a number, and such a one with a number, which is free, again. False: out of memory. */
struct hr_object hr_objheap_let_go(struct hr_objheap *h, uint32_t number);
bool hr_objheap_take_up(struct hr_objheap *h, uint32_t number, struct hr_object object);
/* A live object without a number is garbage. As hr_objheap_die. */
uint64_t hr_objheap_die_unnamed(struct hr_objheap *h, struct hr_object object);

/* Garbage is condemned. All must be swept. */
void hr_objheap_mark_start(struct hr_objheap *h);
/* The bytes that survive; sweeping can begin. False: out of memory. */
uint64_t hr_objheap_mark_done(struct hr_objheap *h);
/* Is there a span that is not swept? */
bool hr_objheap_sweeping(struct hr_objheap *h);
/* Sweeps the next one, which there must be. False: out of memory. */
bool hr_objheap_sweep_one(struct hr_objheap *h);

/*
 * A heap that is there: first its spans, each in turn, then its objects, then
 * hr_objheap_adopted. The span's number goes to *span; no change is noted. False: out of memory.
 */
bool hr_objheap_adopt_span(struct hr_objheap *h, unsigned span_class, uint32_t npages, uint32_t *span);
/* Has that span a free slot? */
bool hr_objheap_has_room(const struct hr_objheap *h, uint32_t span);
/* The object of that number lies in that slot, or in any other if it is taken; the span has room. False: out of memory. */
bool hr_objheap_adopt(struct hr_objheap *h, uint32_t number, uint32_t span, uint32_t slot);
/* Spans without objects go back unless there is a collector, which sweeps them. False: out of memory. */
bool hr_objheap_adopted(struct hr_objheap *h);
/* After that: the runtime took the heap for so many bytes then. Less than what its objects have is ignored. */
void hr_objheap_counted(struct hr_objheap *h, uint64_t heap_live);

/* The changes since the last call; valid until the heap changes. */
static inline const struct hr_span_change *hr_objheap_take(struct hr_objheap *h, size_t *n)
{
	*n = h->nchanges;
	h->nchanges = 0;
	return h->changes;
}

/* For tests: recomputes every count and list by looking at all; false: something does not add up. */
bool hr_objheap_check(const struct hr_objheap *h);

#endif
