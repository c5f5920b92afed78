/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live spans, in a table from names to places. A place is packed into one
 * word: page, length, and whether the span is manually managed.
 */
#include "config.h"

#include "heap/spans.h"

#define NPAGES_SHIFT HR_SPAN_PAGE_BITS
#define MANUAL_SHIFT (HR_SPAN_PAGE_BITS + HR_SPAN_NPAGES_BITS)
#define PAGE_MASK ((UINT64_C(1) << HR_SPAN_PAGE_BITS) - 1)

static inline uint64_t pack(struct hr_span s)
{
	return s.page | s.npages << NPAGES_SHIFT | (uint64_t)s.manual << MANUAL_SHIFT;
}

static inline struct hr_span unpack(uint64_t word)
{
	return (struct hr_span){.page = word & PAGE_MASK,
				.npages = word >> NPAGES_SHIFT & HR_SPAN_MAX_PAGES,
				.manual = word >> MANUAL_SHIFT};
}

void hr_spans_init(struct hr_spans *s)
{
	hr_map64_init(&s->map);
	s->longest_pages = 0;
}

void hr_spans_release(struct hr_spans *s)
{
	hr_map64_release(&s->map);
	s->longest_pages = 0;
}

bool hr_spans_put(struct hr_spans *s, uint64_t name, struct hr_span span)
{
	if (!hr_map64_put(&s->map, name, pack(span)))
		return false;
	if (span.npages > s->longest_pages)
		s->longest_pages = span.npages;
	return true;
}

bool hr_spans_get(const struct hr_spans *s, uint64_t name, struct hr_span *span)
{
	const uint64_t *word = hr_map64_get(&s->map, name);

	if (word == NULL)
		return false;
	*span = unpack(*word);
	return true;
}

bool hr_spans_remove(struct hr_spans *s, uint64_t name, struct hr_span *span)
{
	uint64_t word;

	if (!hr_map64_remove(&s->map, name, &word))
		return false;
	*span = unpack(word);
	return true;
}

/* Of all spans; for ranges with more pages than there are spans. */
static uint64_t overlap_by_span(const struct hr_spans *s, uint64_t page, uint64_t npages)
{
	uint64_t lowest = UINT64_MAX, at = 0, name;
	const uint64_t *word;

	while ((word = hr_map64_next(&s->map, NULL, &at, &name)) != NULL)
		if (name < lowest && name < page + npages && name + unpack(*word).npages > page)
			lowest = name;
	return lowest;
}

uint64_t hr_spans_overlap(const struct hr_spans *s, uint64_t page, uint64_t npages)
{
	uint64_t first = page < s->longest_pages ? 0 : page - s->longest_pages + 1;

	if (s->map.count == 0)
		return UINT64_MAX;
	if (page + npages - first > s->map.count)
		return overlap_by_span(s, page, npages);
	for (uint64_t name = first; name < page + npages; name++) {
		const uint64_t *word = hr_map64_get(&s->map, name);

		if (word != NULL && name + unpack(*word).npages > page)
			return name;
	}
	return UINT64_MAX;
}
