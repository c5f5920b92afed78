/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dirty runs by age: what was freed longest ago goes first. The runs lie in a
 * queue in the order in which they were freed, and every page that waits has
 * the number of its run; a page that is used again leaves its run by losing
 * the number, which costs the queue nothing.
 *
 * Runs grow together late, when the older one is due: where a page beside it
 * waits, too, the older run joins the younger and waits with it. So runs are
 * released whole and once, and memory whose surroundings are busy is kept.
 *
 * A run lies in one chunk; what is freed across chunks is a run in each. Those of whole
 * chunks, freed at once, have one number and place, and go one after the other.
 *
 * Memory: at most 4 KiB a chunk where less than all of it was freed at once, and
 * 64 bytes for each page that waits.
 *
 * Source: the LRU of dirty extents and its delayed coalescing in jemalloc 5.3
 * (eset.c, ecache_evict in extent.c).
 */
#ifndef HR_SCAVENGE_LRU_H
#define HR_SCAVENGE_LRU_H

#include "heapreplay-policy.h"
#include "scavenge/policies/page_runs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_lru_run {
	uint64_t page;	 /* every page with the run's number is among these; others may be, too */
	unsigned npages; /* more than a chunk has: so many whole chunks */
};

struct hr_lru {
	uint64_t npages;	     /* that wait */
	struct hr_lru_run *runs;     /* the run with number i is runs[i - 1] */
	size_t first, n, cap;	     /* runs before `first` are gone */
	struct hr_page_runs numbers; /* 0: the page does not wait */
	bool failed;		     /* memory has run out */
};

/* HR_ENOMEM. */
enum hr_status hr_lru_init(struct hr_lru *l, const struct hr_geometry *geometry);
void hr_lru_release(struct hr_lru *l);
/* A deep copy into an uninitialised *to. False: out of memory. */
bool hr_lru_clone(struct hr_lru *to, const struct hr_lru *from);

/*
 * Takes in a record that the map has taken in already: what was freed, or came
 * back from a page cache, waits from now on; what is used or cached does no
 * longer. HR_ENOMEM.
 */
enum hr_status hr_lru_follow(struct hr_lru *l, const struct hr_pagemap *m, const struct hr_place *r);
/*
 * Releases the oldest run, or has it join younger ones; there must be one (npages > 0).
 * Several, where they are of whole chunks and have `most` pages at most in all.
 */
void hr_lru_evict(struct hr_lru *l, struct hr_follower *f, uint64_t most);
/* Nothing waits any more. */
void hr_lru_clear(struct hr_lru *l);

#endif
