/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The types of a trace's objects: one number for each in the whole trace, which
 * is the arg of OBJ_EXISTS and OBJ_ALLOC events (0: no type was recorded). A
 * reader adds a type before it hands out the first event that names it.
 *
 * Numbers need not be dense: a text may use any. Memory: 48 bytes a type and its
 * name, bounded by HR_TYPES_MAX and HR_TYPES_MAX_NAMES. Seen: 200 (small
 * servers) to 3,000 (the Go compiler) types, 30 bytes a name.
 */
#ifndef HR_TRACE_TYPES_H
#define HR_TRACE_TYPES_H

#include "base/map64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HR_TYPES_MAX = 1 << 18,
	HR_TYPES_MAX_NAME = 1 << 13,  /* bytes of one name; a longer one is cut there */
	HR_TYPES_MAX_NAMES = 1 << 26, /* bytes of all names */
};

struct hr_type {
	uint32_t number;    /* above 0 */
	uint64_t addr;	    /* of its description in the recorded program; 0: not known */
	uint64_t bytes;	    /* of one element: an array or slice of them is of the same type; 0: not known */
	uint64_t ptr_bytes; /* how many of these, from the front on, may hold pointers */
	const char *name;   /* in UTF-8 as the recorder has it, so anything; not terminated. Good until the next add */
	size_t name_len;
};

struct hr_types {
	struct hr_type_row {
		uint64_t addr, bytes, ptr_bytes;
		size_t name;
		uint32_t number, name_len;
	} * at; /* in the order in which they were added */
	size_t n, cap;
	char *names;
	size_t names_len, names_cap;
	struct hr_map64 by_number; /* index in at */
	struct hr_map64 by_hash;   /* of address and name: index in at; those that fall together are chained */
	uint32_t *next;		   /* of that chain: index + 1 */
	size_t cap_next;
	uint32_t last; /* the highest number so far */
};

enum hr_types_added {
	HR_TYPES_ADDED,
	HR_TYPES_KNOWN,	    /* that number has a type already: nothing is changed */
	HR_TYPES_FULL,	    /* one of the limits is reached: not added */
	HR_TYPES_NO_MEMORY, /* not added */
};

void hr_types_init(struct hr_types *t);
void hr_types_release(struct hr_types *t);
/* Adds a type under its number; the name is copied. */
enum hr_types_added hr_types_add(struct hr_types *t, const struct hr_type *type);
/*
 * The number of the type with that address and name, which gets the next one if
 * it has none yet; type->number is not looked at. 0 with HR_TYPES_FULL and
 * HR_TYPES_NO_MEMORY.
 */
uint32_t hr_types_intern(struct hr_types *t, const struct hr_type *type, enum hr_types_added *how);
/* The i-th type that was added, i below t->n. */
struct hr_type hr_types_get(const struct hr_types *t, size_t i);
/* Its index, SIZE_MAX: there is no type of that number. */
size_t hr_types_find(const struct hr_types *t, uint32_t number);

/* Which types have been told already, by number. */
struct hr_types_told {
	uint64_t *low;		/* bitmap of the numbers below 2^20; NULL: none is marked */
	struct hr_map64 others; /* and the others */
};

/* An empty set; allocates nothing. */
void hr_types_told_init(struct hr_types_told *told);
void hr_types_told_release(struct hr_types_told *told);
/* Marks it; *news: it was not marked before. False: out of memory. */
bool hr_types_told_mark(struct hr_types_told *told, uint32_t number, bool *news);

#endif
