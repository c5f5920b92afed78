/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/slots.h"

#include "base/alloc.h"
#include "pagealloc/geometry.h"

#include <stdlib.h>
#include <string.h>

void hr_slots_init(struct hr_slots *s)
{
	memset(s, 0, sizeof(*s));
	hr_map64_init(&s->pages);
}

void hr_slots_release(struct hr_slots *s)
{
	hr_map64_release(&s->pages);
	free(s->spans);
	free(s->unused);
	for (unsigned c = 0; c < HR_SIZE_CLASSES; c++)
		free(s->gone[c].first);
	hr_slots_init(s);
}

/* Pages by which objects of the span are found. */
static uint64_t pages_of(const struct hr_slot_span *span)
{
	return span->size_class == 0 ? 1 : hr_size_classes[span->size_class].span_bytes / HR_PAGE_BYTES;
}

static bool number(struct hr_slots *s, struct hr_slot_span *span)
{
	if (s->gone[span->size_class].n > 0) {
		span->first = s->gone[span->size_class].first[--s->gone[span->size_class].n];
		return true;
	}
	if (s->numbers > HR_NO_SLOT - 1 - span->n)
		return false;
	span->first = s->numbers;
	s->numbers += span->n;
	return true;
}

bool hr_slots_add(struct hr_slots *s, const struct hr_event *e)
{
	struct hr_slot_span span = {.addr = e->addr,
				    .size_class = hr_size_class_of_span_class(e->arg >> 1),
				    .tiny = e->arg >> 1 == HR_TINY_SPAN_CLASS};
	const struct hr_size_class *c;
	uint32_t index;

	if ((e->arg & HR_SPAN_MANUAL) != 0 || span.size_class >= HR_SIZE_CLASSES || e->addr % HR_PAGE_BYTES != 0)
		return true;
	c = &hr_size_classes[span.size_class];
	if (span.size_class != 0 && c->span_bytes != e->size)
		return true;
	span.object_bytes = span.size_class != 0 ? c->object_bytes : e->size;
	span.n = span.size_class != 0 ? c->span_bytes / c->object_bytes : 1;
	if (!number(s, &span))
		return false;
	if (s->nunused > 0) {
		index = s->unused[--s->nunused];
	} else {
		if (!hr_reserve(&s->spans, &s->cap_spans, s->nspans + 1, sizeof(*s->spans)))
			return false;
		index = (uint32_t)s->nspans++;
	}
	s->spans[index] = span;
	for (uint64_t i = 0; i < pages_of(&span); i++)
		if (!hr_map64_put(&s->pages, e->addr / HR_PAGE_BYTES + i, index))
			return false;
	return true;
}

/* The span that the page belongs to, or NULL. */
static struct hr_slot_span *span_of(const struct hr_slots *s, uint64_t addr)
{
	const uint64_t *index = hr_map64_get(&s->pages, addr / HR_PAGE_BYTES);

	return index != NULL ? &s->spans[*index] : NULL;
}

const struct hr_slot_span *hr_slots_span_of(const struct hr_slots *s, uint64_t addr)
{
	return span_of(s, addr);
}

const struct hr_slot_span *hr_slots_at(const struct hr_slots *s, uint64_t addr)
{
	const struct hr_slot_span *span = span_of(s, addr);

	return span != NULL && span->addr == addr ? span : NULL;
}

bool hr_slots_is_tiny(const struct hr_slots *s, uint64_t addr)
{
	const struct hr_slot_span *span = span_of(s, addr);

	return span != NULL && span->tiny;
}

bool hr_slots_remove(struct hr_slots *s, const struct hr_slot_span *span)
{
	uint32_t index = (uint32_t)(span - s->spans);
	unsigned c = span->size_class;

	if (!hr_reserve(&s->gone[c].first, &s->gone[c].cap, s->gone[c].n + 1, sizeof(uint32_t)) ||
	    !hr_reserve(&s->unused, &s->cap_unused, s->nunused + 1, sizeof(uint32_t)))
		return false;
	for (uint64_t i = 0; i < pages_of(span); i++) {
		uint64_t page = span->addr / HR_PAGE_BYTES + i;
		const uint64_t *at = hr_map64_get(&s->pages, page);

		/* If the recorder lost a span's free, a later span may overlap it. */
		if (at != NULL && *at == index)
			hr_map64_remove(&s->pages, page, NULL);
	}
	s->gone[c].first[s->gone[c].n++] = span->first;
	s->unused[s->nunused++] = index;
	return true;
}

uint32_t hr_slots_find(const struct hr_slots *s, uint64_t addr, uint64_t *bytes)
{
	const struct hr_slot_span *span = span_of(s, addr);
	uint64_t slot;

	if (span == NULL)
		return HR_NO_SLOT;
	slot = span->size_class != 0 ? (addr - span->addr) / span->object_bytes : 0;
	*bytes = span->object_bytes;
	return slot < span->n ? span->first + (uint32_t)slot : HR_NO_SLOT;
}
