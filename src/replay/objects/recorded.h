/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The recorded heap of a trace that tells spans and the objects in them by
 * addresses: which object an address means, by a dense number.
 *
 * An object is what lies in a slot of a span: its address, or any in the slot,
 * stands for it (from Go 1.22 on an allocation names the address behind the
 * header, a free that of the slot). Where the tiny allocator packs several into
 * one slot they are one object.
 *
 * What a recorder lost shows where a span or object is in the way of another, or
 * a span is freed with objects in it: what is in the way is gone then.
 *
 * A number stays taken until hr_recorded_forget: who calls may want to keep it for
 * longer than its object's slot.
 */
#ifndef HR_REPLAY_RECORDED_H
#define HR_REPLAY_RECORDED_H

#include "base/error.h"
#include "base/map64.h"
#include "heap/sizeclasses.h"
#include "trace/event.h"
#include "trace/ledger.h" /* HR_NO_NUMBER */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NO_SLOT UINT32_MAX

struct hr_recorded_slot {
	uint32_t number; /* + 1; 0: free */
	uint32_t born;	 /* what deaths.h calls the object's birth */
};

struct hr_recorded_span {
	uint64_t page;
	uint32_t npages;
	uint32_t slots;			  /* 0: manually managed */
	uint32_t slot_bytes;		  /* 0: the whole span is one */
	struct hr_recorded_slot *objects; /* by slot. Kept for the next span of the class */
	uint32_t next_free;
	uint8_t span_class;
	bool live;
};

struct hr_recorded {
	struct hr_map64 chunks; /* to an index in tables */
	struct hr_recorded_chunk {
		uint32_t span[512]; /* by page, + 1; 0: none */
	} * *tables;
	size_t ntables, tables_cap, max_tables;
	uint64_t last_chunk; /* of the last look-up, and its table */
	struct hr_recorded_chunk *last_table;
	struct hr_recorded_span *spans;
	size_t nspans, spans_cap;
	uint32_t free_spans[HR_SPAN_CLASSES + 1]; /* + 1, by class; the last: manual ones. 0: none */
	uint32_t *forgotten;			  /* numbers to be used again, the last one first */
	size_t nforgotten, forgotten_cap;
	uint32_t nnumbers;
	struct hr_map64 stacks; /* bytes by address */
};

void hr_recorded_init(struct hr_recorded *s);
void hr_recorded_release(struct hr_recorded *s);

/* The live span that has that page, or HR_NO_SLOT. */
uint32_t hr_recorded_span_at(struct hr_recorded *s, uint64_t page);
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
bool hr_recorded_find(struct hr_recorded *s, uint64_t addr, uint32_t *span, uint32_t *slot);
/* The number of the object there, or HR_NO_NUMBER. */
uint32_t hr_recorded_number(const struct hr_recorded *s, uint32_t span, uint32_t slot);
/* The birth of the object there. */
static inline uint32_t hr_recorded_birth(const struct hr_recorded *s, uint32_t span, uint32_t slot)
{
	return s->spans[span].objects[slot].born;
}
/* An object in a free slot; its number, or HR_NO_NUMBER: out of memory. */
uint32_t hr_recorded_put(struct hr_recorded *s, uint32_t span, uint32_t slot, uint32_t born);
/* The slot is free. */
void hr_recorded_take_out(struct hr_recorded *s, uint32_t span, uint32_t slot);
/* The number of an object that is in no slot any more can be used again. False: out of memory. */
bool hr_recorded_forget(struct hr_recorded *s, uint32_t number);

/* Bytes of a slot of the span. */
static inline uint64_t hr_recorded_bytes(const struct hr_recorded_span *span)
{
	return span->slot_bytes != 0 ? span->slot_bytes : span->npages * UINT64_C(8192);
}

#endif
