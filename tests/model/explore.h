/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a few threads of index operations through all their interleavings, step
 * by step, a step being one atomic operation; and, with another memory, through all
 * that C11's memory orders allow beyond interleavings.
 *
 * How: the functions under test are compiled with hook.h. To take a step of a
 * thread, its operation is called from its beginning, what its earlier atomic
 * operations gave is given to it again, and at the first new one it is left
 * (longjmp). So a state is the memory and what each thread has been given; one
 * that has been seen before is not gone into again.
 *
 * MEMORY_C11: memory is, for each location, the list of stores in modification order,
 * and each thread has a view: the first store that it may still read, for each
 * location. A load takes any from there on, a store goes anywhere behind, a
 * compare-and-swap right behind what it read. Release stores carry their
 * thread's view, acquire loads take it over; a compare-and-swap continues the
 * release sequence of what it replaces. That is C11 as repaired by Lahav and
 * others (RC11, PLDI 2017), for programs without fences and consume.
 */
#ifndef HR_TESTS_MODEL_EXPLORE_H
#define HR_TESTS_MODEL_EXPLORE_H

#include "scavenge/go/search_addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_CHUNKS 3
#define MODEL_THREADS 3
#define MODEL_OPS 8
#define MODEL_SLOTS 20
#define MODEL_STORES 14
#define MODEL_EVENTS 48
#define MODEL_PLAIN_BYTES 256

enum op_kind { OP_NONE, OP_FIND, OP_TAKE, OP_FREE, OP_SPOIL, OP_ALLOC, OP_GROW, OP_NEXT_GEN };

/*
 * FIND, without the heap lock; what it finds, TAKE releases under the lock, all
 * of it, or clears the chunk if there is nothing (scavengeOne). FREE: a page of
 * the chunk, and of n - 1 chunks of the case below it; SPOIL: what was free in
 * the chunk is in use again, but it stays marked.
 */
struct op {
	enum op_kind kind;
	unsigned chunk; /* of the case's */
	unsigned page;	/* of the chunk; NEXT_GEN, GROW: not used */
};

struct model_case {
	const char *name;
	int address_bits;
	uint64_t chunks[MODEL_CHUNKS];
	unsigned nchunks;
	bool background; /* the finders are the background's (density) */
	bool sticky;	 /* fix_sticky */
	struct op setup[16];
	struct op threads[MODEL_THREADS][MODEL_OPS];
};

/* What is explored: the index under test, one with a fault, or the runtime's own steps. */
struct subject {
	const char *name;
	void *object; /* what isn't atomic in it changes under the heap lock only */
	size_t bytes;
	bool (*init)(const struct model_case *c);
	void (*release)(void);
	struct hr_index_hit (*find)(bool force);
	void (*free)(uint64_t chunk, unsigned page);
	void (*clear)(uint64_t chunk);
	void (*alloc)(uint64_t chunk);
	void (*grow)(uint64_t chunk);
	void (*next_gen)(void);
	bool (*is_marked)(uint64_t chunk);
	const struct hr_search_addr *(*box)(bool force);
	const volatile void *bound; /* where the lowest chunk is, as a number of so many chunks: */
	uint64_t bound_unit;
	/* Whether chunk's mark is stored in what is at this address, where finders look for it. */
	bool (*holds)(const volatile void *at, uint64_t chunk);
};

/* How a run can end. */
struct outcome {
	struct {
		uint8_t n;
		struct {
			uint8_t found, chunk;
			uint16_t page;
		} find[MODEL_OPS];
	} thread[MODEL_THREADS];
	uint64_t box;
	uint8_t marked, work; /* by chunk, when all is quiet */
	uint8_t lost;	      /* and marked still, after a serial search has found nothing more */
	uint8_t excused;      /* may be lost, by a race that the runtime has; see explore.c */
	uint8_t aba;	      /* of these, by the one in which the search address came back */
	uint8_t above;	      /* a find came back with a chunk above the search address's */
};

struct outcomes {
	struct outcome *at;
	size_t n, cap;
	uint64_t states, steps;
};

enum memory {
	MEMORY_SC,	/* interleavings */
	MEMORY_C11,	/* as the orders say */
	MEMORY_RELAXED, /* as if all of them were relaxed */
};

/* False: out of memory, or the case does not fit. */
bool explore(const struct model_case *c, const struct subject *s, enum memory memory, struct outcomes *out);
void outcomes_release(struct outcomes *o);
/* One that looks the same from outside: excused, aba and above don't. NULL: there is none. */
const struct outcome *outcomes_find(const struct outcomes *o, const struct outcome *like);

#endif
