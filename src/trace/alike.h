/*
 * Live objects that a recorder does not tell apart: it says to which group an
 * object belongs (all of the same size and call stack) and that one of a group
 * is freed, but not which. A rule chooses; each operation is O(1), and memory is
 * bounded by the groups and by what is live.
 *
 * Seen: 300,000 groups, most of them with one live object at a time, some with
 * all that there are.
 */
#ifndef HR_TRACE_ALIKE_H
#define HR_TRACE_ALIKE_H

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
	uint32_t *next; /* LIFO, FIFO: by object's number, the one behind it in its group */
	size_t cap_next;
	uint64_t random; /* state; starts the same each time */
};

/* Allocates nothing. */
void hr_alike_init(struct hr_alike *a, enum hr_identity rule);
void hr_alike_release(struct hr_alike *a);

/* A new group, number a->n before the call, of objects of size bytes. False: out of memory, or 2^32 groups. */
bool hr_alike_add_group(struct hr_alike *a, uint64_t size);
/* The live object of that number (trace/ledger.h), which is in no group, is in this one. False: out of memory. */
bool hr_alike_put(struct hr_alike *a, size_t group, uint32_t number);
/*
 * Takes one out of the group: the number, or HR_NO_NUMBER where none is in it.
 * *ambiguous: there was a choice.
 */
uint32_t hr_alike_take(struct hr_alike *a, size_t group, bool *ambiguous);

#endif
