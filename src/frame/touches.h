/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which event touched each page of one chunk last. Taken from the placements,
 * so that it costs one comparison a record and stores nothing about other
 * chunks.
 */
#ifndef HR_REPORT_TOUCHES_H
#define HR_REPORT_TOUCHES_H

#include "heapreplay-policy.h"

#include <stddef.h>
#include <stdint.h>

struct hr_touch {
	uint64_t time_ns;
	int16_t p;    /* the P that did it, -1: none, or not known */
	uint8_t kind; /* enum hr_place_kind: ALLOC, CACHE_USE, FREE, GROW; KIND_COUNT: never seen */
	uint8_t flags;
};

struct hr_touches {
	uint64_t chunk;
	uint64_t n; /* records that touched the chunk */
	struct hr_touch at[HR_CHUNK_PAGES];
};

/* Nobody has touched the chunk so far. */
void hr_touches_start(struct hr_touches *t, uint64_t chunk);
void hr_touches_follow(struct hr_touches *t, const struct hr_place *r, size_t n);

#endif
