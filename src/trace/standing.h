/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands at a moment of a trace: which spans, objects, stacks and pages are
 * live, whether the GC marks, which Ps run, and the last word on GOMAXPROCS,
 * heap goal, live heap and memory limit. Told as events, so that a trace can
 * begin there: *_EXISTS, and where a kind has none of those, the allocation.
 *
 * Memory: of what lies close, 8 to 32 bytes for everything that is live, twice that without addresses.
 */
#ifndef HR_TRACE_STANDING_H
#define HR_TRACE_STANDING_H

#include "base/error.h"
#include "base/map64.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_standing_sort { HR_STANDING_SPANS, HR_STANDING_OBJECTS, HR_STANDING_STACKS, HR_STANDING_SORTS };

struct hr_standing {
	bool addresses;	   /* things are told in order of their addresses, else of their allocation */
	bool skip_objects; /* somebody else keeps them */
	struct hr_map64 things[HR_STANDING_SORTS]; /* by addr or number */
	struct hr_map64 large[HR_STANDING_SORTS];  /* sizes of 4 GiB and more, by the same */
	uint64_t sequence;
	struct hr_map64 chunks; /* of a page trace, 512 pages each: index into pages */
	struct hr_standing_pages {
		uint64_t chunk;
		uint64_t used[8], released[8];
	} * pages;
	size_t npages, cap_pages;
	bool too_large;	       /* more pages than any heap has: nothing can be told any more */
	struct hr_map64 procs; /* that run */
	bool marking;
	struct hr_event last[4]; /* GOMAXPROCS, MEMORY_LIMIT, HEAP_GOAL, HEAP_LIVE; time_ns: 1 if there was one */
};

/* Where the telling of what stands has come to. */
struct hr_standing_teller {
	const struct hr_standing *s;
	uint64_t time_ns;
	struct hr_event *settings, *pages; /* that come before and behind all things */
	size_t nsettings, npages;
	size_t settings_told, pages_told;
	unsigned sort;					  /* of things, and */
	uint64_t *order[HR_STANDING_SORTS];		  /* theirs: of groups, where they go by address; */
	struct hr_standing_told *told[HR_STANDING_SORTS]; /* else they themselves */
	uint64_t at;
};

/* addresses: of the trace's meta data. */
void hr_standing_init(struct hr_standing *s, bool addresses);
void hr_standing_release(struct hr_standing *s);
/* n events happen, or stand at the beginning. HR_ENOMEM. */
enum hr_status hr_standing_follow(struct hr_standing *s, const struct hr_event *ev, size_t n, struct hr_error *err);
/* How many events hr_standing_tell gives, at most. */
size_t hr_standing_count(const struct hr_standing *s);
/*
 * The events at time_ns; *ev is to be freed, with room for `more` behind the
 * *n events. HR_ENOMEM; HR_EINPUT when it is too_large.
 */
enum hr_status hr_standing_tell(const struct hr_standing *s, uint64_t time_ns, size_t more, struct hr_event **ev,
				size_t *n, struct hr_error *err);

/*
 * The same piece by piece, for who does not need it all at once. Begins; release it, whatever comes.
 * s does not change before that. HR_ENOMEM, HR_EINPUT as above.
 */
enum hr_status hr_standing_teller_begin(struct hr_standing_teller *t, const struct hr_standing *s, uint64_t time_ns,
					struct hr_error *err);
/* Up to cap of the events that come next, to ev; how many, 0: that was all. */
size_t hr_standing_teller_next(struct hr_standing_teller *t, struct hr_event *ev, size_t cap);
void hr_standing_teller_release(struct hr_standing_teller *t);

#endif
