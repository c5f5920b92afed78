/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Synthetic workloads: events of a program that never ran. A kind of workload is
 * a table of parameters and a program that follows them; with the same
 * parameters and seed it gives the same events everywhere.
 *
 * Kinds about programs give events of objects, whose collections are left to a
 * model of the collector (meta.collected). Kinds about pages give events of
 * spans, with the collections that go with them, since what they are after
 * depends on when which pages are free.
 *
 * Memory is bounded by what is live, not by the number of events.
 */
#ifndef HR_GENERATE_GENERATE_H
#define HR_GENERATE_GENERATE_H

#include "base/error.h"
#include "base/params.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_events;

struct hr_workload_def {
	const char *name;
	const char *summary; /* one line, no full stop */
	const char *text;    /* what happens and what it is good for: sentences */
	const char *example; /* NAME[,KEY=VALUE...]	what it shows */
	bool spans;	     /* events of spans and collections; else of objects */
	const char *script;  /* of a kind that is one (script.h); else NULL */
	const struct hr_param *params;
	size_t config_bytes; /* the configuration begins with a struct hr_workload */

	/* What no table can say of the configuration. HR_EUSAGE. May be NULL. */
	enum hr_status (*check)(const struct hr_workload_def *def, const void *config, struct hr_error *err);
	/* NULL: out of memory. The configuration outlives the state. */
	void *(*create)(const struct hr_workload_def *def, const void *config, uint64_t seed);
	/* Appends one event at least; no later one has an earlier time. HR_END: nothing happens any more; HR_ENOMEM. */
	enum hr_status (*fill)(void *state, struct hr_events *out);
	void (*destroy)(void *state);
};

/* In the order in which they are listed; NULL ends. */
extern const struct hr_workload_def *const hr_workloads[];

/* What every kind takes. */
struct hr_workload {
	double seconds;
	uint64_t events; /* UINT64_MAX: as many as the seconds give; else at most as many as 100,000,000 s do */
	uint64_t procs;
};

struct hr_generator;

/*
 * text: "NAME[,KEY=VALUE...]". HR_EUSAGE: no such kind or parameter, or values
 * that make no sense together; HR_ENOMEM. On success *g is the caller's.
 */
enum hr_status hr_generator_new(const char *text, uint64_t seed, struct hr_generator **g, struct hr_error *err);
/*
 * The same of a kind that is not in the list; params: "KEY=VALUE,...", which the
 * trace's program names with the kind. The definition outlives the generator.
 */
enum hr_status hr_generator_of(const struct hr_workload_def *def, const char *params, uint64_t seed,
			       struct hr_generator **g, struct hr_error *err);
/* Where the parameters do not say how many events there are to be, more than these are an error of hr_generator_next. */
void hr_generator_bound(struct hr_generator *g, uint64_t events);
void hr_generator_free(struct hr_generator *g);

/* What a writer says of the trace; valid as long as the generator. */
const struct hr_trace_meta *hr_generator_meta(const struct hr_generator *g);
/*
 * Up to cap events into ev; *n says how many, at least one with HR_OK. HR_END: no
 * more. HR_ENOMEM: more objects are live than memory, or their numbers, allow.
 * HR_EINPUT: steps without end, or more events than hr_generator_bound allows.
 */
enum hr_status hr_generator_next(struct hr_generator *g, struct hr_event *ev, size_t cap, size_t *n,
				 struct hr_error *err);
/* What was generated so far; the time is that of the trace's end once there is no more, as the program may be idle then. */
const struct hr_trace_stats *hr_generator_stats(const struct hr_generator *g);
/* For progress: what is done, and will be in the end, of events where their number is set, else of nanoseconds. */
void hr_generator_progress(const struct hr_generator *g, uint64_t *done, uint64_t *total);

#endif
