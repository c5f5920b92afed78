/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live objects that a recorder does not tell apart: it says to which group an
 * object belongs (all of the same size and call stack) and that one of a group
 * is freed, but not which. A rule chooses; each operation is O(1), and memory is
 * bounded by the groups and the peak of live objects.
 *
 * Objects have numbers as trace/ledger.h gives them, but no ledger: one link an
 * object is all that is looked at for an event, as looking is what costs. Seen:
 * 300,000 groups, most of them with one live object at a time, and a million
 * live objects.
 */
#ifndef HR_TRACE_ALIKE_H
#define HR_TRACE_ALIKE_H

#include "trace/ledger.h"
#include "trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_alike {
	enum hr_identity rule;
	struct hr_alike_group {
		uint64_t size; /* of each object, bytes */
		union {
			struct {
				uint32_t first, last; /* first to be taken; last: FIFO only */
			};
			struct hr_alike_bag *bag; /* RANDOM; NULL: never had one */
		};
	} * groups;
	size_t n, cap;
	uint32_t
	    *next; /* by number: of a free one, the one freed before it; of an object, the one behind it in its group */
	size_t n_numbers, cap_numbers; /* given so far */
	uint32_t first_free;	       /* freed last; HR_NO_NUMBER: none */
	uint64_t random;	       /* state; starts the same each time */
};

/* Allocates nothing. */
void hr_alike_init(struct hr_alike *a, enum hr_identity rule);
void hr_alike_release(struct hr_alike *a);

/* A new group, number a->n before the call, of objects of size bytes. False: out of memory, or 2^32 groups. */
bool hr_alike_add_group(struct hr_alike *a, uint64_t size);
/* For the two below: a number that never was given (HR_NO_NUMBER: out of memory); the rule RANDOM. */
uint32_t hr_alike_new_number(struct hr_alike *a);
bool hr_alike_add_random(struct hr_alike *a, size_t group, uint32_t number);
uint32_t hr_alike_remove_random(struct hr_alike *a, size_t group, bool *ambiguous);

/* A new object of the group. Its number; HR_NO_NUMBER: out of memory, or 2^32 - 2 objects live. */
static inline uint32_t hr_alike_add(struct hr_alike *a, size_t group)
{
	struct hr_alike_group *g = &a->groups[group];
	uint32_t number = a->first_free;

	if (number != HR_NO_NUMBER)
		a->first_free = a->next[number];
	else if ((number = hr_alike_new_number(a)) == HR_NO_NUMBER)
		return HR_NO_NUMBER;
	if (a->rule == HR_IDENTITY_RANDOM)
		return hr_alike_add_random(a, group, number) ? number : HR_NO_NUMBER;
	if (a->rule == HR_IDENTITY_LIFO || g->first == HR_NO_NUMBER) {
		a->next[number] = g->first;
		g->first = number;
	} else {
		a->next[number] = HR_NO_NUMBER;
		a->next[g->last] = number;
	}
	g->last = number;
	return number;
}

/*
 * An object of the group is no more: its number, or HR_NO_NUMBER where none is
 * in it. *ambiguous: there was a choice.
 */
static inline uint32_t hr_alike_remove(struct hr_alike *a, size_t group, bool *ambiguous)
{
	struct hr_alike_group *g = &a->groups[group];
	uint32_t number;

	if (a->rule == HR_IDENTITY_RANDOM) {
		number = hr_alike_remove_random(a, group, ambiguous);
	} else {
		number = g->first;
		*ambiguous = number != HR_NO_NUMBER && a->next[number] != HR_NO_NUMBER;
		if (number != HR_NO_NUMBER)
			g->first = a->next[number];
	}
	if (number != HR_NO_NUMBER) {
		a->next[number] = a->first_free;
		a->first_free = number;
	}
	return number;
}

#endif
