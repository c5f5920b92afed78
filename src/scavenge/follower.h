/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A follower is one policy on its way along the placements: its own map of the
 * pages (pagemap.h), the clock with the policy's timer, the settings, the cost
 * model, and everything that is measured. What all policies share is here, so
 * that a policy's file holds nothing but the policy. What a policy may see of
 * it and do with it is in the installed header, heapreplay-policy.h.
 *
 * A follower depends on nothing but the stream: any number of them can follow
 * on any number of threads, and each gives the same answers as alone.
 *
 * Time: records of one moment come before timers of that moment. A timer never
 * runs twice without time passing or a record in between, unless the policy
 * sets it to the same moment.
 */
#ifndef HR_SCAVENGE_FOLLOWER_H
#define HR_SCAVENGE_FOLLOWER_H

#include "base/error.h"
#include "heapreplay-policy.h"
#include "scavenge/cost.h"
#include "scavenge/gauge.h"
#include "scavenge/lag.h"
#include "scavenge/pagemap.h"
#include "scavenge/policy.h"
#include "scavenge/stamps.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * An observer is called at its next_ns, with the state after every record and
 * timer up to and including that time, and once at the end with last set. It
 * returns when to be called next (HR_NEVER: not again but at the end).
 */
struct hr_sampler {
	uint64_t next_ns;
	uint64_t (*sample)(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last);
	void *ctx;
};

#define HR_MAX_SAMPLERS 6

/* What is counted from the beginning of the measured time; heapreplay-metrics(5) defines each. */
struct hr_counters {
	uint64_t released_bytes[HR_WHY_COUNT];
	uint64_t release_calls;
	uint64_t refaulted_bytes, fresh_bytes, thrash_bytes;
	uint64_t background_ns, synchronous_ns, fault_ns;
	uint64_t worst_stall_ns, worst_stall_at_ns, stalls;
	uint64_t huge_whole, huge_broken;
	uint64_t over_limit_ns, over_limit_peak_bytes;
	uint64_t goal_misses, goal_miss_ns, goal_miss_worst_ns;
};

/* Records that a policy which knows the future has been told of, at[first..n). */
struct hr_held {
	struct hr_place *at;
	size_t first, n, cap;
};

struct hr_follower {
	struct hr_policy_view view; /* first, see hr_follower_view: the clock, the timer, the heap now */
	struct hr_settings settings;
	const struct hr_policy_def *def;
	void *policy;
	struct hr_pagemap map;

	uint64_t stop_ns;  /* the earliest of timer and samplers: nothing is due before */
	uint64_t ahead_ns; /* how long records are held back, HR_NEVER: they aren't */
	struct hr_held held;
	uint64_t followed;     /* records that are in the counts */
	uint64_t turns;	       /* of the policy's timer; see hr_follower_changes */
	struct hr_error fault; /* what the policy did that it must not; HR_OK: nothing */
	struct hr_sampler samplers[HR_MAX_SAMPLERS];
	unsigned nsamplers;
	uint64_t gc_cycles; /* marked to the end so far */

	/* Measurements, from measured_from_ns on. */
	uint64_t measured_from_ns;
	bool had_goal;		/* the policy stated one, at any time */
	uint64_t measure_at_ns; /* when measuring restarts, HR_NEVER */
	struct hr_gauge in_use, free, released, retained, trapped;
	uint64_t trapped_pages; /* free, but of a physical page that is partly used */
	struct hr_lag lag;
	struct hr_counters count;
	uint64_t over_limit_since_ns, over_goal_since_ns; /* HR_NEVER: not now */
	struct hr_search_work work_before;		  /* what the search had done when measuring began */

	enum hr_release_why why; /* of the releases that happen now */
	uint64_t spent_ns;	 /* by releases since hr_follower_take_spent */
	uint64_t batched;	 /* releases that the current call may still take in */
	struct hr_stamps stamps; /* when released pages were released */

	void (*log)(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line); /* may be NULL */
	void *log_ctx;
	/* Is told of every release, when it is done; may be NULL. */
	void (*released_to)(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages);
	void *released_ctx;
};

/* As long as it is the same, so are heap and policy: who looks now and then at all of a heap need not look again. */
static inline uint64_t hr_follower_changes(const struct hr_follower *f)
{
	return f->followed + f->turns;
}

/* HR_EUSAGE (page sizes), HR_ENOMEM. The follower is large (histograms): allocate it, don't put it on a stack. */
enum hr_status hr_follower_init(struct hr_follower *f, const struct hr_policy_choice *choice,
				const struct hr_settings *settings, struct hr_error *err);
void hr_follower_release(struct hr_follower *f);

/* At from_ns, in the future, discards what was measured and starts again; heap and policy go on. */
void hr_follower_measure_from(struct hr_follower *f, uint64_t from_ns);
/* Adds an observer; at most HR_MAX_SAMPLERS. */
void hr_follower_sample(struct hr_follower *f, struct hr_sampler s);

/*
 * Follows a batch. HR_ENOMEM; HR_EPOLICY: the policy broke a rule, f->fault
 * says which, and it is followed no further.
 */
enum hr_status hr_follower_follow(struct hr_follower *f, const struct hr_place *r, size_t n);

/*
 * For who looks at several followers at one moment: timers and observers up to
 * and including time_ns run. No record of that time or before it is to come.
 * Does nothing to a policy that knows the future, which is behind.
 */
void hr_follower_settle(struct hr_follower *f, uint64_t time_ns);

/* The policy could do nothing: it needs a goal, and never had one. So far; complete at the end. */
bool hr_follower_inactive(const struct hr_follower *f);

/* Pages of the chunk that were released and used again, since the beginning; stays at the most that it can hold. */
uint32_t hr_follower_refaults(const struct hr_follower *f, uint64_t chunk);

/*
 * A copy on its own, which gives the same answers when it follows the same
 * records: map, policy, measurements, the timer. Observers and logs are not
 * copied. Costs memory in proportion to what the heap has touched. *out is
 * released by hr_follower_release and free. The choice's configuration is
 * shared, and outlives both. HR_EUSAGE: the policy can't be copied; HR_ENOMEM.
 */
enum hr_status hr_follower_clone(const struct hr_follower *f, struct hr_follower **out, struct hr_error *err);

#endif
