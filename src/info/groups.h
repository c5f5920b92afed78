/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects of a trace by their type, or by their size class: what was
 * allocated, what is live, how long it lived. An observer of events, as survey.h
 * is, and by its rules: where objects have addresses their sizes are those of
 * their slots, and they live until they are swept.
 *
 * A recorded type is that of an element: where the slot (or, of objects with
 * numbers, the size) is larger than an element needs, the row is "T × n". Slots
 * of 16 bytes without pointers may hold several small objects, of which only the
 * first is known; these count as one object.
 *
 * Memory: 112 bytes a row, of which there are at most twice as many as types and
 * size classes, and no more than HR_GROUPS_MAX; 16 bytes for each object or slot that is live
 * at the peak.
 */
#ifndef HR_INFO_GROUPS_H
#define HR_INFO_GROUPS_H

#include "base/error.h"
#include "info/slots.h"
#include "report/bars.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Only a trace with nameless types comes near that. */
enum { HR_GROUPS_MAX = 1 << 20 };

enum hr_group_by { HR_GROUP_BY_TYPE, HR_GROUP_BY_CLASS };

/* What the objects of a row have in common. */
enum hr_group_sort {
	HR_GROUP_TYPE,	  /* a type with a name */
	HR_GROUP_NUMBER,  /* a type of which only the number is known */
	HR_GROUP_EXISTED, /* there before the recording, of no known type; by size class */
	HR_GROUP_UNTYPED, /* allocated, no type was recorded; by size class */
	HR_GROUP_CLASS,	  /* by size class, all of them */
	HR_GROUP_OTHER,	  /* what is beyond HR_GROUPS_MAX rows */
};

struct hr_group {
	enum hr_group_sort sort;
	bool array;	      /* TYPE: several elements */
	uint32_t type;	      /* TYPE: index of the name in hr_groups.names; NUMBER: the number */
	uint64_t class_bytes; /* the others: of the size class; 0: larger than all classes */
	uint64_t live_objects, live_bytes;
	uint64_t allocated_objects, allocated_bytes; /* in the time looked at */
	uint64_t freed_objects;			     /* the same, of objects whose allocation was seen, however early */
	unsigned __int128 life_ns;		     /* of these, the sum */
	const char *name;			     /* TYPE, once finished: not terminated */
	size_t name_len;
};

struct hr_groups {
	enum hr_group_by by;
	bool slotted; /* objects have addresses, and spans tell their sizes */
	bool sized;   /* else nothing is counted */
	unsigned go_minor;
	uint64_t from_ns; /* allocations and frees count from here on */
	const struct hr_sides *sides;
	struct hr_types names;	  /* one entry a name: address 0 */
	struct hr_map64 names_of; /* of a type's number: index in names */
	struct hr_group *rows;	  /* in order of appearance, until hr_groups_finish */
	size_t n, cap;
	struct hr_map64 index; /* of sort, array and type or class: index in rows */
	struct hr_grouped {
		uint64_t born_ns; /* UINT64_MAX - 1: it existed; UINT64_MAX: there is none */
		uint32_t row;
		uint32_t unused;
	} * objects; /* by number */
	size_t nobjects;
	uint64_t seen;	   /* objects */
	uint64_t unplaced; /* objects in no span that is known: not in any row */
	struct hr_slots slots;
	struct hr_group total;
};

void hr_groups_init(struct hr_groups *g, enum hr_group_by by, const struct hr_trace_meta *meta,
		    const struct hr_sides *sides, uint64_t from_ns);
void hr_groups_release(struct hr_groups *g);
/* The next n events, in order. HR_ENOMEM. */
enum hr_status hr_groups_take(struct hr_groups *g, const struct hr_event *ev, size_t n, struct hr_error *err);
/* No more events: the total is filled, and rows are sorted by live bytes, then allocated bytes, then name. */
void hr_groups_finish(struct hr_groups *g);
/*
 * What a row is called (once finished), as "main.Node × n", "type 7", "unknown: no type recorded,
 * 48 B" or "48 B", cut to room bytes with the NUL. Names are text from outside.
 */
void hr_groups_name(const struct hr_group *row, char *to, size_t room);
/* Adds the row's counts to *to. */
void hr_groups_add(struct hr_group *to, const struct hr_group *row);
/* Mean lifetime of freed objects, ns; false: none were freed. */
bool hr_groups_mean_life(const struct hr_group *row, uint64_t *ns);

/* --- groups_print.c --- */

struct hr_groups_view {
	const struct hr_groups *groups; /* finished */
	const char *path;
	const struct hr_trace_meta *meta;
	const struct hr_trace_stats *stats;
	uint64_t at_ns; /* what is live is so after all events up to and including this time */
	size_t top;	/* rows of the text; the rest is one row */
};

/* Errors stay in p->out and out. */
void hr_groups_text(const struct hr_page *p, const struct hr_groups_view *v);
void hr_groups_csv(FILE *out, const struct hr_groups_view *v);
/* A whole document; NULL: out of memory. */
json_t *hr_groups_json(const struct hr_groups_view *v);

#endif
