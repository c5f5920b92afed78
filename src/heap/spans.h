/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The spans that are live: the name that the trace gives a span (its recorded
 * address, or an id where the trace has no addresses) leads to the pages that
 * it was placed on. Millions of entries, one lookup an event, most in 8 to 32 bytes.
 */
#ifndef HR_HEAP_SPANS_H
#define HR_HEAP_SPANS_H

#include "base/map64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds of what a span can be: pages of a 48-bit address space, and 2 TiB of them in a row. */
#define HR_SPAN_PAGE_BITS 35
#define HR_SPAN_NPAGES_BITS 28
#define HR_SPAN_MAX_PAGES ((UINT64_C(1) << HR_SPAN_NPAGES_BITS) - 1)

struct hr_span {
	uint64_t page;	 /* below 2^35 */
	uint64_t npages; /* 1..HR_SPAN_MAX_PAGES */
	bool manual;	 /* holds no objects */
};

struct hr_spans {
	struct hr_map64 map;
	uint64_t longest_pages; /* of any span there ever was */
};

/* An empty set; allocates nothing. */
void hr_spans_init(struct hr_spans *s);
void hr_spans_release(struct hr_spans *s);

/* Sets the span of that name, new or not; any name but UINT64_MAX. False: out of memory, nothing changed. */
bool hr_spans_put(struct hr_spans *s, uint64_t name, struct hr_span span);
/* False: there is none of that name. */
bool hr_spans_get(const struct hr_spans *s, uint64_t name, struct hr_span *span);
bool hr_spans_remove(struct hr_spans *s, uint64_t name, struct hr_span *span);

/*
 * The lowest-placed span that holds any of [page, page+npages), where spans are
 * named by their first page (recorded placement), or UINT64_MAX. For what should
 * not happen: looks at every page that could begin such a span, or at every span.
 */
uint64_t hr_spans_overlap(const struct hr_spans *s, uint64_t page, uint64_t npages);

static inline size_t hr_spans_count(const struct hr_spans *s)
{
	return s->map.count;
}

#endif
