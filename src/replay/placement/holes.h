/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free slots in spans that a window of a flight recorder does not name: what was freed in
 * them since the window began, and not allocated again.
 *
 * Of such a span nothing is known but the addresses of its objects that are freed or
 * allocated. The size of its slots shows by them: their distances are multiples of it.
 *
 * Memory: 180 bytes for each page with a free slot.
 */
#ifndef HR_REPLAY_HOLES_H
#define HR_REPLAY_HOLES_H

#include "base/map64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_holes {
	struct hr_map64 pages; /* to an index in at */
	struct hr_holes_page {
		uint64_t page;
		uint64_t free[16]; /* a bit for each 8 bytes: a slot begins there */
		uint32_t step;	   /* the largest number that divides all distances seen; 0: none */
		uint32_t first;	   /* the first address seen, in the page */
		uint16_t n;	   /* free slots */
		uint16_t filled;   /* slots that were free at the last mark, and are not now */
	} * at;
	size_t n, cap; /* in any order */
};

void hr_holes_init(struct hr_holes *h);
void hr_holes_release(struct hr_holes *h);

/* The object at addr is freed. False: out of memory. */
bool hr_holes_add(struct hr_holes *h, uint64_t addr);
/* An object is allocated there. */
void hr_holes_fill(struct hr_holes *h, uint64_t addr);
/* The span that begins there is gone; how many pages it seems to have, at least 1. */
uint64_t hr_holes_free_span(struct hr_holes *h, uint64_t page);
/* Other spans lie in those pages. */
void hr_holes_drop(struct hr_holes *h, uint64_t page, uint64_t npages);
/* A cycle has marked: what was allocated before counts as marked from now on. */
void hr_holes_marked(struct hr_holes *h);
/* What all slots take that were freed, and were free at the last mark. */
uint64_t hr_holes_bytes(const struct hr_holes *h);

#endif
