/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects of a Go execution trace by the spans that the trace tells: which
 * slot an address lies in, how large that is, and a number for it. Numbers are
 * dense: as many as there are slots in the spans that are live at the peak, so
 * that they can be the index of an array.
 *
 * An address may lie 8 bytes into its slot (the header of objects with pointers
 * from Go 1.22 on), or anywhere in it (the tiny allocator).
 */
#ifndef HR_REPORT_SLOTS_H
#define HR_REPORT_SLOTS_H

#include "base/map64.h"
#include "heap/sizeclasses.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NO_SLOT UINT32_MAX

struct hr_slot_span {
	uint64_t addr, object_bytes;
	uint32_t first, n; /* numbers of its slots */
	uint32_t size_class;
	bool tiny; /* a slot may hold several objects */
};

struct hr_slots {
	struct hr_map64 pages; /* every page of a small object's span, the first of a large one's: index in spans */
	struct hr_slot_span *spans;
	size_t nspans, cap_spans;
	uint32_t *unused; /* indexes in spans that are free */
	size_t nunused, cap_unused;
	struct {
		uint32_t *first; /* numbers of spans that are gone */
		size_t n, cap;
	} gone[HR_SIZE_CLASSES];
	uint32_t numbers; /* given so far */
};

void hr_slots_init(struct hr_slots *s);
void hr_slots_release(struct hr_slots *s);

/* A SPAN_EXISTS or SPAN_ALLOC that no known span lies at; manual ones, and senseless ones, are ignored. False: out of memory. */
bool hr_slots_add(struct hr_slots *s, const struct hr_event *e);
/* The span at that address, or NULL; good until the next call that changes something. */
const struct hr_slot_span *hr_slots_at(const struct hr_slots *s, uint64_t addr);
/* Is addr in a span of the tiny allocator, which puts several objects into a slot? */
bool hr_slots_is_tiny(const struct hr_slots *s, uint64_t addr);
/* The span in which addr is; as above. */
const struct hr_slot_span *hr_slots_span_of(const struct hr_slots *s, uint64_t addr);
/* That span is gone, and its numbers may be given again. False: out of memory. */
bool hr_slots_remove(struct hr_slots *s, const struct hr_slot_span *span);
/* The number of the slot at addr, and its size; HR_NO_SLOT: in no known span. */
uint32_t hr_slots_find(const struct hr_slots *s, uint64_t addr, uint64_t *bytes);

#endif
