/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large objects that a sync.Pool keeps. At each cycle a pool drops what nobody has asked for since the cycle before, and
 * the program makes a new one when it needs one again: how much it allocates depends on its cycles.
 *
 * What is pooled outlives the first mark start after its birth: the last one to use it gives it back, and the cycle
 * after the next drops it. So a length of large spans of which hardly any object was garbage at its first mark start is
 * taken for one whose objects are pooled, unless it is usual that one is made between two mark starts of which the
 * second finds another one dropped: that one lay in the pool all the while. It is a guess, and wrong where a few objects
 * that live long without a pool have a few like them follow.
 *
 * Fewer cycles than recorded: an object that the recorded cycle k drops was given back before cycle k - 1. It stays until
 * two modelled cycles have begun since, and meanwhile an allocation of the same kind takes it instead of a new one;
 * where there is a modelled cycle for the recorded one that dropped it, which only comes later, the new one is made
 * after that. More cycles: each of them drops, and has the program make again, as many as a recorded cycle did on average.
 *
 * Source: pool.go (poolCleanup).
 */
#ifndef HR_REPLAY_POOLS_H
#define HR_REPLAY_POOLS_H

#include "base/map64.h"
#include "heap/objheap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NO_KIND SIZE_MAX

/* Large objects of the recorded heap whose spans have that class and length. */
struct hr_pool_kind {
	uint32_t span_class, npages;
	uint64_t young, unseen, seen; /* born since the last mark start; since the one before that; earlier */
	uint64_t first, dead;	      /* found garbage at their first mark start; at any */
	uint64_t alive;
	double cycles;	/* recorded ones that objects of the kind have seen, each counted */
	uint64_t marks; /* mark starts that all this goes up to */
	/* Times from one mark start to the next with births, with deaths of those that were older, with both. */
	uint64_t with_births, with_deaths, with_both;
	bool counted; /* the last of these with deaths */
};

/* What a trace shows of them. */
struct hr_pools {
	struct hr_map64 index; /* of kinds, by class and length */
	struct hr_pool_kind *kinds;
	size_t n, cap;
	uint64_t marks;	      /* mark starts */
	uint64_t seen, first; /* of all kinds */
};

void hr_pools_init(struct hr_pools *p);
void hr_pools_release(struct hr_pools *p);
/* A mark starts. */
static inline void hr_pools_mark(struct hr_pools *p)
{
	p->marks++;
}
/* An object is born. False: out of memory. */
bool hr_pools_born(struct hr_pools *p, unsigned span_class, uint64_t npages);
/* An object was found dead, at the first mark start that it met or later. False: out of memory. */
bool hr_pools_died(struct hr_pools *p, unsigned span_class, uint64_t npages, bool first);
/* The kind of objects with such spans; HR_NO_KIND: there was none. */
size_t hr_pools_kind(const struct hr_pools *p, unsigned span_class, uint64_t npages);
/* Are objects of that kind pooled? */
bool hr_pools_keep(const struct hr_pools *p, size_t kind);
/* How many of that kind a cycle drops, by what the trace has shown; 0 if they are not pooled. */
double hr_pools_rate(const struct hr_pools *p, size_t kind);

/* The pools of a model. */
struct hr_pool {
	struct hr_pool_shelf {
		struct hr_pooled {
			struct hr_object object;
			bool victim; /* the next cycle drops it */
		} * list;
		size_t n, cap;
		double due; /* to be made again */
	} * shelves;	    /* by kind */
	size_t nshelves, cap;
	size_t n;    /* pooled objects */
	size_t next; /* no shelf before that one has anything due; nshelves: none has */
};

void hr_pool_release(struct hr_pool *p);
/* An object is given back. False: out of memory. */
bool hr_pool_put(struct hr_pool *p, size_t kind, struct hr_object object, bool victim);
/* The one that was given back last, as a P takes its own. False: there is none. */
bool hr_pool_take(struct hr_pool *p, size_t kind, struct hr_object *object);
/* One of the kind is made again after the next cycle. False: out of memory. */
bool hr_pool_again(struct hr_pool *p, size_t kind);
/* A cycle begins: what it drops is told, the others are victims. */
void hr_pool_clean(struct hr_pool *p, void (*drop)(void *ctx, struct hr_object object), void *ctx);
/* That cycle is one beyond the recorded ones. False: out of memory. */
bool hr_pool_more(struct hr_pool *p, const struct hr_pools *of);
/* The kind of one that is to be made now; HR_NO_KIND: that was all. */
size_t hr_pool_due(struct hr_pool *p);

#endif
