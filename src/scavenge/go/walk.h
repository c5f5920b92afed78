/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go 1.18's search, for tests and the oracle: the state of an hr_search_go118.
 * The walk itself is described in walk.c.
 */
#ifndef HR_SCAVENGE_WALK_H
#define HR_SCAVENGE_WALK_H

#include "pagealloc/ranges.h"
#include "scavenge/go/search.h"

#include <stdint.h>

#define HR_WALK_MAX UINT64_MAX

/* Addresses are bytes here: where a generation starts depends on the last *byte* that was freed. */
struct hr_walk {
	struct hr_ranges todo;	    /* not looked at in this generation; in bytes, not pages */
	uint32_t gen;		    /* generations so far */
	uint64_t reservation_bytes; /* how much a scavenger takes out of todo at a time */
	uint64_t released_low;	    /* lowest address released in this generation, HR_WALK_MAX none */
	uint64_t freed_high;	    /* highest byte freed in this generation, 0 none */
};

const struct hr_walk *hr_search_walk(const struct hr_search *s);

#endif
