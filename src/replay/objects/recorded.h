/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The recorded heap of a trace that tells spans and the objects in them by
 * addresses: which object an address means, by the number of its slot.
 *
 * An object is what lies in a slot of a span: its address, or any in the slot,
 * stands for it (from Go 1.22 on an allocation names the address behind the
 * header, a free that of the slot). Where the tiny allocator packs several into
 * one slot they are one object.
 *
 * What a recorder lost shows where a span or object is in the way of another, or
 * a span is freed with objects in it: what is in the way is gone then.
 *
 * Slots that lie near one another have numbers that do, so that tables by number
 * are used as the program used its memory. The next object in a slot has the same
 * number: who keeps one for longer must be done with it when the next object comes.
 */
#ifndef HR_REPLAY_RECORDED_H
#define HR_REPLAY_RECORDED_H

#include "base/error.h"
#include "base/map64.h"
#include "heap/sizeclasses.h"
#include "replay/objects/page_owners.h"
#include "trace/event.h"
#include "trace/ledger.h" /* HR_NO_NUMBER */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NO_SLOT UINT32_MAX

struct hr_recorded_span {
	uint64_t page;
	uint32_t npages;
	uint32_t slots;	     /* 0: manually managed */
	uint32_t slot_bytes; /* 0: the whole span is one */
	uint32_t first;	     /* number of its first slot; the next span of the class has it then */
	uint32_t next_free;
	uint8_t span_class;
	bool live;
};

struct hr_recorded {
	struct hr_page_owners owners;
	struct hr_recorded_span *spans;
	size_t nspans, spans_cap;
	uint32_t free_spans[HR_SPAN_CLASSES + 1]; /* + 1, by class; the last: manual ones. 0: none */
	uint32_t *born;				  /* by number: what deaths.h calls the object's birth */
	uint64_t *taken;			  /* by number, a bit: there is an object */
	size_t born_cap, taken_cap;
	uint32_t nnumbers;
	struct hr_map64 stacks; /* bytes by address */
};

void hr_recorded_init(struct hr_recorded *s);
void hr_recorded_release(struct hr_recorded *s);

/* The live span that has that page, or HR_NO_SLOT. */
static inline uint32_t hr_recorded_span_at(struct hr_recorded *s, uint64_t page)
{
	return hr_page_owners_at(&s->owners, page) - 1;
}
/* Of [page, page+npages), the first live span, or HR_NO_SLOT. */
uint32_t hr_recorded_in_the_way(struct hr_recorded *s, uint64_t page, uint64_t npages);
/* A span of which nothing is in the way. arg: of the event. HR_EINPUT: a class or length that no span has; HR_ENOMEM. */
enum hr_status hr_recorded_add_span(struct hr_recorded *s, uint64_t page, uint64_t npages, uint32_t arg, uint32_t *span,
				    struct hr_error *err);
/* A live span is gone, with the slots in it: take the objects out first. */
void hr_recorded_drop_span(struct hr_recorded *s, uint32_t span);
/* Takes any object out of the span; its number, or HR_NO_NUMBER: there is none. *born: its birth. */
uint32_t hr_recorded_take_any(struct hr_recorded *s, uint32_t span, uint32_t *born);

/* The span and slot of an address; false: it lies in no span that can have objects. */
static inline bool hr_recorded_find(struct hr_recorded *s, uint64_t addr, uint32_t *span, uint32_t *slot)
{
	const struct hr_recorded_span *r;

	*span = hr_recorded_span_at(s, addr / HR_PAGE_BYTES);
	*slot = 0;
	if (*span == HR_NO_SLOT)
		return false;
	r = &s->spans[*span];
	if (r->slot_bytes != 0)
		*slot = (uint32_t)(addr - r->page * HR_PAGE_BYTES) / r->slot_bytes;
	return *slot < r->slots;
}
/* The number of the object there, or HR_NO_NUMBER. */
static inline uint32_t hr_recorded_number(const struct hr_recorded *s, uint32_t span, uint32_t slot)
{
	uint32_t number = s->spans[span].first + slot;

	return s->taken[number / 64] >> number % 64 & 1 ? number : HR_NO_NUMBER;
}
/* The birth of the object there. */
static inline uint32_t hr_recorded_birth(const struct hr_recorded *s, uint32_t span, uint32_t slot)
{
	return s->born[s->spans[span].first + slot];
}
/* An object in a free slot; its number. */
static inline uint32_t hr_recorded_put(struct hr_recorded *s, uint32_t span, uint32_t slot, uint32_t born)
{
	uint32_t number = s->spans[span].first + slot;

	s->taken[number / 64] |= UINT64_C(1) << number % 64;
	s->born[number] = born;
	return number;
}
/* The slot is free. */
static inline void hr_recorded_take_out(struct hr_recorded *s, uint32_t span, uint32_t slot)
{
	uint32_t number = s->spans[span].first + slot;

	s->taken[number / 64] &= ~(UINT64_C(1) << number % 64);
}

/* Bytes of a slot of the span. */
static inline uint64_t hr_recorded_bytes(const struct hr_recorded_span *span)
{
	return span->slot_bytes != 0 ? span->slot_bytes : span->npages * UINT64_C(8192);
}

#endif
