/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs of pages: what kinds that speak of spans and collections have in
 * common. Where a span comes to lie is for the replay's allocator to say, which
 * is first-fit by address; spans of 16 pages and more do not go through the page
 * cache of a P, so that a kind which uses no others knows.
 *
 * Everything happens on P 0, so that allocations can be made to scavenge.
 */
#ifndef HR_GENERATE_PAGES_H
#define HR_GENERATE_PAGES_H

#include "base/random.h"
#include "generate/kinds.h"
#include "trace/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_SPAN_PAGE_BYTES UINT64_C(8192)

/* Numbers of spans. */
struct hr_span_list {
	uint32_t *at;
	size_t n, cap;
};

struct hr_pages {
	struct hr_random random;
	struct hr_ledger ledger; /* sizes in bytes */
	uint64_t now_ns;
	uint64_t in_use_bytes; /* of spans with objects */
	uint64_t goal_bytes;   /* the heap goal in force */
	bool failed;	       /* out of memory: nothing happens any more */
};

void hr_pages_init(struct hr_pages *p, uint64_t seed);
void hr_pages_release(struct hr_pages *p);
/* HR_ENOMEM if anything failed. */
enum hr_status hr_pages_status(const struct hr_pages *p);

/* Takes npages now, for objects or (manual) stacks, and notes the span in list. */
void hr_pages_alloc(struct hr_pages *p, struct hr_events *out, struct hr_span_list *list, uint64_t npages, bool manual);
/* A span's number is free, and its pages; it is the caller's to forget it. */
void hr_pages_free(struct hr_pages *p, struct hr_events *out, uint32_t span, bool manual);

/*
 * Allocates `bytes` in spans of npages, evenly over over_ns from now on. Where
 * what is in use comes to the goal, a collection runs that finds no garbage and
 * doubles the goal. Where gaps is not NULL, a span of stacks as large follows
 * every seven, so that their chunks are not dense once hr_pages_open has freed
 * those, which takes no collection.
 */
void hr_pages_fill(struct hr_pages *p, struct hr_events *out, struct hr_span_list *list, uint64_t bytes,
		   uint64_t npages, uint64_t over_ns, struct hr_span_list *gaps);
/* Frees all spans of stacks in the list, now, the last one first. */
void hr_pages_open(struct hr_pages *p, struct hr_events *out, struct hr_span_list *gaps);
/* A collection marks, and is done after over_ns; then goal_bytes is the next goal. */
void hr_pages_collect(struct hr_pages *p, struct hr_events *out, uint64_t over_ns, uint64_t goal_bytes);
/* Frees all spans of the list, evenly over over_ns: they are garbage, and swept. */
void hr_pages_sweep(struct hr_pages *p, struct hr_events *out, struct hr_span_list *list, uint64_t over_ns);
/* All is swept. */
void hr_pages_swept(struct hr_pages *p, struct hr_events *out);

#endif
