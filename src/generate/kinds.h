/* SPDX-License-Identifier: BSD-3-Clause */
/* For the files of kinds/: where their events go, and what their tables share. */
#ifndef HR_GENERATE_KINDS_H
#define HR_GENERATE_KINDS_H

#include "base/alloc.h"
#include "generate/generate.h"

#include <stdlib.h>

/* Events that wait to be handed out. */
struct hr_events {
	struct hr_event *at;
	size_t n, cap;
};

/* Where the next event goes, all zero but for its place: the caller fills it in. NULL: out of memory. */
static inline struct hr_event *hr_events_add(struct hr_events *events, enum hr_event_kind kind, uint64_t time_ns)
{
	struct hr_event *e;

	if (events->n == events->cap && !hr_reserve(&events->at, &events->cap, events->n + 1, sizeof(*events->at)))
		return NULL;
	e = &events->at[events->n++];
	*e = (struct hr_event){.time_ns = time_ns, .kind = (uint8_t)kind, .p = HR_NO_P};
	return e;
}

/* The rows that end every table; the configuration's first field is `common`. */
#define HR_WORKLOAD_PARAMS(seconds_, procs_)                                                                           \
	{"procs", HR_PARAM_COUNT, offsetof(struct hr_workload, procs), procs_, NULL, "processors (GOMAXPROCS)"},       \
	    {"seconds", HR_PARAM_RATIO, offsetof(struct hr_workload, seconds),                                         \
	     seconds_,	NULL,		"how long the program runs"},                                                  \
	    {"events", HR_PARAM_LIMIT, offsetof(struct hr_workload, events),                                           \
	     "off",    NULL,	       "end after so many events, however long that takes, instead"},                  \
	{                                                                                                              \
		NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL                                                               \
	}

/* Sizes and rates that a kind takes lie within these. */
#define HR_WORKLOAD_MAX_BYTES (UINT64_C(1) << 40)
#define HR_WORKLOAD_MAX_NS UINT64_C(86400000000000) /* a day */

/* HR_EUSAGE unless low <= value <= high; name is the parameter's. */
enum hr_status hr_workload_bytes_within(const char *name, uint64_t value, uint64_t low, uint64_t high,
					struct hr_error *err);
enum hr_status hr_workload_ns_within(const char *name, uint64_t value, uint64_t low, uint64_t high,
				     struct hr_error *err);

/* A share of 0 to 1 in units of 1 / 65536, rounded down. */
static inline uint64_t hr_workload_share(double x)
{
	return (uint64_t)(x * 65536);
}

extern const struct hr_workload_def hr_workload_steady, hr_workload_ramp, hr_workload_bursty, hr_workload_fragment,
    hr_workload_phases, hr_workload_sawtooth, hr_workload_against_background, hr_workload_against_density,
    hr_workload_against_walk, hr_workload_against_eager, hr_workload_against_delay, hr_workload_against_first_fit;

#endif
