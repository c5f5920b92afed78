/* SPDX-License-Identifier: BSD-3-Clause */
/* Invariant: a page's owner is 1 + the number of the live span that has it. */
#include "config.h"

#include "replay/objects/recorded.h"

#include "base/alloc.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MANUAL HR_SPAN_CLASSES
/* Address space of which spans may have parts, 1 TiB: the tables take half a GiB then. */
#define MAX_TABLES (1u << 18)
#define MAX_SPAN_PAGES ((UINT64_C(1) << 41) / HR_PAGE_BYTES)

void hr_recorded_init(struct hr_recorded *s)
{
	memset(s, 0, sizeof(*s));
	hr_page_owners_init(&s->owners, MAX_TABLES);
	hr_map64_init(&s->stacks);
}

void hr_recorded_release(struct hr_recorded *s)
{
	hr_page_owners_release(&s->owners);
	free(s->spans);
	hr_map64_release(&s->stacks);
	free(s->born);
	free(s->taken);
	hr_recorded_init(s);
}

/* --- pages ---------------------------------------------------------------- */

uint32_t hr_recorded_in_the_way(struct hr_recorded *s, uint64_t page, uint64_t npages)
{
	return hr_page_owners_first(&s->owners, page, npages) - 1;
}

/* --- spans ---------------------------------------------------------------- */

/* Numbers for so many slots more, all free. False: out of memory. */
static bool add_numbers(struct hr_recorded *s, uint32_t slots)
{
	size_t had = s->taken_cap, numbers = (size_t)s->nnumbers + slots;

	if (numbers >= HR_NO_NUMBER || !hr_reserve(&s->born, &s->born_cap, numbers, sizeof(*s->born)) ||
	    !hr_reserve(&s->taken, &s->taken_cap, numbers / 64 + 1, sizeof(*s->taken)))
		return false;
	memset(s->taken + had, 0, (s->taken_cap - had) * sizeof(*s->taken));
	s->nnumbers = (uint32_t)numbers;
	return true;
}

/* A span of the class without any pages; HR_NO_SLOT: out of memory. */
static uint32_t take_span(struct hr_recorded *s, unsigned class, uint32_t slots)
{
	uint32_t id = s->free_spans[class], first = s->nnumbers;

	if (id != 0) {
		s->free_spans[class] = s->spans[id - 1].next_free;
		return id - 1;
	}
	if (s->nspans == HR_NO_SLOT - 1 || !hr_reserve(&s->spans, &s->spans_cap, s->nspans + 1, sizeof(*s->spans)))
		return HR_NO_SLOT;
	if (!add_numbers(s, slots))
		return HR_NO_SLOT;
	s->spans[s->nspans] = (struct hr_recorded_span){.slots = slots, .first = first, .span_class = (uint8_t) class};
	return (uint32_t)s->nspans++;
}

enum hr_status hr_recorded_add_span(struct hr_recorded *s, uint64_t page, uint64_t npages, uint32_t arg, uint32_t *span,
				    struct hr_error *err)
{
	bool manual = arg & HR_SPAN_MANUAL;
	unsigned class = manual ? MANUAL : arg >> 1, size_class = manual ? 0 : hr_size_class_of_span_class(class);
	uint32_t slots = manual ? 0 : 1, slot_bytes = 0;

	if (class > MANUAL || (class == MANUAL && !manual) || npages == 0 || npages > MAX_SPAN_PAGES)
		return hr_error_set(err, HR_EINPUT, "a span of %" PRIu64 " pages of the kind %" PRIu32, npages, arg);
	if (size_class != 0) {
		/* The last slots stay unused where the trace's runtime keeps its own data in the span. */
		slot_bytes = hr_size_classes[size_class].object_bytes;
		slots = hr_size_classes[size_class].span_bytes / slot_bytes;
	}
	*span = take_span(s, class, slots);
	if (*span != HR_NO_SLOT && !hr_page_owners_set(&s->owners, page, npages, *span + 1))
		*span = HR_NO_SLOT;
	if (*span == HR_NO_SLOT && s->owners.ntables == s->owners.max_tables)
		return hr_error_set(err, HR_EINPUT,
				    "the recorded spans lie all over more than 1 TiB; no heap that we know does");
	if (*span == HR_NO_SLOT)
		return hr_error_set(err, HR_ENOMEM, "out of memory for the spans of the trace");
	s->spans[*span].page = page;
	s->spans[*span].npages = (uint32_t)npages;
	s->spans[*span].slot_bytes = slot_bytes;
	s->spans[*span].live = true;
	return HR_OK;
}

void hr_recorded_drop_span(struct hr_recorded *s, uint32_t span)
{
	struct hr_recorded_span *r = &s->spans[span];

	/* This can't fail. */
	(void)hr_page_owners_set(&s->owners, r->page, r->npages, 0);
	r->live = false;
	r->next_free = s->free_spans[r->span_class];
	s->free_spans[r->span_class] = span + 1;
}

uint32_t hr_recorded_take_any(struct hr_recorded *s, uint32_t span, uint32_t *born)
{
	const struct hr_recorded_span *r = &s->spans[span];

	for (uint32_t i = 0; i < r->slots; i++) {
		uint32_t number = hr_recorded_number(s, span, i);

		if (number == HR_NO_NUMBER)
			continue;
		*born = hr_recorded_birth(s, span, i);
		hr_recorded_take_out(s, span, i);
		return number;
	}
	return HR_NO_NUMBER;
}
