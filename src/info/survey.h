/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the objects of a trace are like: how many, how large, how long they live,
 * and how much is live over time. An observer of events; it keeps eight bytes for
 * each number that an object may have (trace/ledger.h), and so for each object
 * that is live at the peak.
 *
 * Where objects have addresses instead of numbers, the spans that the trace tells
 * give them sizes, those of their slots (slots.h), and they live until they are
 * swept. Of what the tiny allocator packs into one slot only the first is looked
 * at; the others are just counted, as are all objects of a trace with addresses
 * and no spans.
 */
#ifndef HR_REPORT_SURVEY_H
#define HR_REPORT_SURVEY_H

#include "base/error.h"
#include "info/slots.h"
#include "trace/event.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HR_SURVEY_SIZES = 66, /* 0; 1; then up to 2, 4, 8... 2^64 - 1 bytes */
	HR_SURVEY_LIVES = 14, /* below 100 ns, 1 us, 10 us... 10^5 s; then all that is longer */
	HR_SURVEY_POINTS = 1024,
};

/* What is live, over time: intervals of the same length, which doubles when they are used up. */
struct hr_timeline {
	uint64_t interval_ns;
	unsigned n;	  /* the last one is not over */
	uint64_t over_ns; /* when it is */
	struct {
		uint64_t most_bytes; /* at any time in the interval */
		uint64_t events;     /* those told of in it */
	} points[HR_SURVEY_POINTS];
	uint64_t bytes; /* now */
};

/* Slots that a tiny allocator may go on with; more are not told apart. */
#define HR_SURVEY_TINY 15

struct hr_survey {
	bool sized;   /* sizes are known, and all below that needs them */
	bool slotted; /* they are those of slots */
	uint64_t existed, allocations, frees;
	uint64_t allocated_bytes; /* not of those that existed */
	uint64_t live_objects, live_bytes;
	uint64_t peak_live_bytes, peak_live_bytes_ns; /* the first time that so much was live */
	uint64_t peak_live_objects, peak_live_objects_ns;
	uint64_t largest_bytes;
	uint64_t zero_sizes;
	struct {
		uint64_t objects, bytes;
	} sizes[HR_SURVEY_SIZES];	 /* of allocations */
	uint64_t lives[HR_SURVEY_LIVES]; /* of objects that were allocated and freed */
	uint64_t over_live;		 /* allocations in a slot that holds an object, which is freed first */
	uint64_t never_freed;		 /* of allocations */
	struct hr_timeline timeline;
	uint64_t *births; /* by number: time of the allocation; UINT64_MAX - 1: it existed; UINT64_MAX: there is none */
	size_t nbirths;
	struct hr_survey_tiny {
		uint32_t slots[HR_SURVEY_TINY]; /* with which it may go on */
		unsigned n;
	} * tiny; /* of tiny allocators, by P + 1 */
	size_t cap_tiny;
	struct hr_slots slots;
};

/* Of the trace: whether there are addresses and spans. */
void hr_survey_init(struct hr_survey *s, bool has_addresses, bool has_spans);
void hr_survey_release(struct hr_survey *s);

/* The next n events, in order. HR_ENOMEM. */
enum hr_status hr_survey_take(struct hr_survey *s, const struct hr_event *ev, size_t n, struct hr_error *err);

void hr_timeline_init(struct hr_timeline *t);
/* bytes are live (or in use, or whatever is to be seen over time) from time_ns on, which never falls. */
void hr_timeline_level(struct hr_timeline *t, uint64_t time_ns, uint64_t bytes);
/* The trace ends. */
void hr_timeline_end(struct hr_timeline *t, uint64_t time_ns);
/*
 * The timeline as n columns of the same width, end_ns in all: the most bytes of
 * each, and how many events, shared out evenly where an interval belongs to two.
 * Either may be NULL.
 */
void hr_timeline_columns(const struct hr_timeline *t, uint64_t end_ns, size_t n, uint64_t *bytes, uint64_t *events);

/* The largest size of sizes[i]; the time below which lives[i] are, UINT64_MAX for the last. */
uint64_t hr_survey_size_limit(unsigned i);
uint64_t hr_survey_life_limit(unsigned i);

/* {"allocations", "frees"...}; NULL: out of memory. Null where sizes are not known. */
json_t *hr_survey_objects_json(const struct hr_survey *s);
/* [{"to_bytes", "objects", "bytes"}...] and [{"below_ns", "objects"}...], without empty rows. */
json_t *hr_survey_sizes_json(const struct hr_survey *s);
json_t *hr_survey_lives_json(const struct hr_survey *s);

#endif
