/*
 * A follower is one policy on its way along the placements: its own map of the
 * pages (pagemap.h), the clock with the policy's timer, the settings, the cost
 * model, and everything that is measured. What all policies share is here, so
 * that a policy's file holds nothing but the policy.
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
#include "pagealloc/place.h"
#include "scavenge/cost.h"
#include "scavenge/gauge.h"
#include "scavenge/pagemap.h"
#include "scavenge/policy.h"
#include "scavenge/search.h"

#include <stdbool.h>
#include <stdint.h>

#define HR_NEVER UINT64_MAX

struct hr_settings {
	const struct hr_geometry *geometry;
	uint64_t phys_page_bytes, huge_page_bytes;
	uint64_t memory_limit_bytes; /* UINT64_MAX: off */
	bool limit_given;	     /* by the user: what the trace says of the limit is then ignored */
	uint64_t other_memory_bytes; /* counts against the limit beside the heap */
	uint64_t wake_delay_ns;	     /* from the flag that asks for the scavenger to sysmon's look at it */
	uint64_t run_delay_ns;	     /* from waking it to its running: it may have to wait for a P */
	unsigned procs;		     /* GOMAXPROCS until the trace says otherwise */
	struct hr_cost cost;
};

/* One line of GODEBUG=scavtrace=1; which fields count depends on form. Report prints it. */
enum hr_scav_form { HR_SCAV_GO118, HR_SCAV_GO119, HR_SCAV_GO121 };

struct hr_scav_line {
	uint64_t time_ns;
	enum hr_scav_form form;
	uint64_t generation;		/* go1.18 */
	uint64_t work_bytes;		/* go1.18, go1.19: by the background scavenger; the call's own when forced */
	uint64_t bg_bytes, eager_bytes; /* go1.21 */
	uint64_t released_bytes;	/* now */
	unsigned util_percent;
	bool forced, controller_reset;
};

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

#define HR_MAX_SAMPLERS 4

/* Who asked for a release: the background scavenger, heap growth, the memory limit at an allocation,
 * FreeOSMemory, or the free itself (eager). */
enum hr_release_why { HR_WHY_BACKGROUND, HR_WHY_GROWTH, HR_WHY_LIMIT, HR_WHY_FORCED, HR_WHY_FREE, HR_WHY_COUNT };

/* What is counted from the beginning of the measured time; heapreplay-metrics(5) defines each. */
struct hr_counters {
	uint64_t released_bytes[HR_WHY_COUNT];
	uint64_t release_calls;
	uint64_t refaulted_bytes, fresh_bytes, thrash_bytes;
	uint64_t background_ns, synchronous_ns, fault_ns;
	uint64_t worst_stall_ns, stalls;
	uint64_t huge_whole, huge_broken;
	uint64_t over_limit_ns, over_limit_peak_bytes;
	uint64_t goal_misses, goal_miss_ns, goal_miss_worst_ns;
};

struct hr_follower {
	struct hr_settings settings;
	const struct hr_policy_def *def;
	void *policy;
	struct hr_pagemap map;

	uint64_t now_ns;
	uint64_t timer_ns; /* the policy's, HR_NEVER */
	uint64_t stop_ns;  /* the earliest of timer and samplers: nothing is due before */
	struct hr_sampler samplers[HR_MAX_SAMPLERS];
	unsigned nsamplers;

	/* The heap now. */
	uint64_t in_use_pages, manual_pages, mapped_pages, released_pages;
	uint64_t memory_limit_bytes; /* UINT64_MAX off */
	uint64_t heap_goal_bytes;    /* the GC's, 0 unknown */
	uint64_t goal_bytes;	     /* the policy's for retained, HR_NEVER: none */
	unsigned procs;

	/* Measurements, from measured_from_ns on. */
	uint64_t measured_from_ns;
	uint64_t measure_at_ns; /* when measuring is to begin anew, HR_NEVER */
	struct hr_gauge in_use, free, released, retained;
	struct hr_counters count;
	uint64_t over_limit_since_ns, over_goal_since_ns; /* HR_NEVER: not now */
	struct hr_search_work work_before;		  /* what the search had done when measuring began */

	enum hr_release_why why; /* of the releases that happen now */
	uint64_t spent_ns;	 /* by releases since hr_follower_take_spent */
	uint64_t batched;	 /* releases that the current call may still take in */
	uint32_t **stamps;	 /* by block of chunks: when a released page was released, see follower.c */

	void (*log)(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line); /* may be NULL */
	void *log_ctx;
	/* Is told of every release, when it is done; may be NULL. */
	void (*released_to)(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages);
	void *released_ctx;
};

/* HR_EUSAGE (page sizes), HR_ENOMEM. The follower is large (histograms): allocate it, don't put it on a stack. */
enum hr_status hr_follower_init(struct hr_follower *f, const struct hr_policy_choice *choice,
				const struct hr_settings *settings, struct hr_error *err);
void hr_follower_release(struct hr_follower *f);

/* At from_ns, which is to come, forgets what was measured and begins anew; the heap and the policy go on. */
void hr_follower_measure_from(struct hr_follower *f, uint64_t from_ns);
/* Adds an observer; at most HR_MAX_SAMPLERS. */
void hr_follower_sample(struct hr_follower *f, struct hr_sampler s);

/* Follows a batch. HR_ENOMEM. */
enum hr_status hr_follower_follow(struct hr_follower *f, const struct hr_place *r, size_t n);

/* --- for policies --- */

/* Time passes up to time_ns: due timers and samplers run. */
void hr_follower_run_to(struct hr_follower *f, uint64_t time_ns);

static inline void hr_follower_advance(struct hr_follower *f, uint64_t time_ns)
{
	if (time_ns > f->stop_ns)
		hr_follower_run_to(f, time_ns);
	f->now_ns = time_ns;
}

/* The goal for retained bytes in force from now on, HR_NEVER for none. */
void hr_follower_set_goal(struct hr_follower *f, uint64_t bytes);

/* Sets the policy's timer; HR_NEVER for none. Not in the past. */
void hr_follower_set_timer(struct hr_follower *f, uint64_t time_ns);

/*
 * Takes a record into the map: bitmaps, caches, growth. *claimed_pages: pages
 * that a span took and that were released. The counts are still those before
 * the record, as the runtime's are while it scavenges on allocation;
 * hr_follower_commit makes them those after it. HR_ENOMEM.
 */
enum hr_status hr_follower_map(struct hr_follower *f, const struct hr_place *r, uint64_t *claimed_pages);
void hr_follower_commit(struct hr_follower *f, const struct hr_place *r, uint64_t claimed_pages);

/* Releases pages of one chunk that are free and not released; through the map, which the Go searches call themselves.
 */
void hr_follower_release_pages(struct hr_follower *f, uint64_t page, unsigned npages);
/* What releases have cost since the last call, ns. */
uint64_t hr_follower_take_spent(struct hr_follower *f);
/* A synchronous pass cost so much: a stall of whoever waited for it. */
void hr_follower_stall(struct hr_follower *f, uint64_t ns);

static inline uint64_t hr_follower_free_pages(const struct hr_follower *f)
{
	return f->mapped_pages - f->in_use_pages - f->manual_pages - f->released_pages;
}

/* In use + free, as the runtime's pacing counts it. */
static inline uint64_t hr_follower_retained_bytes(const struct hr_follower *f)
{
	return (f->in_use_pages + hr_follower_free_pages(f)) * HR_PAGE_BYTES;
}

/* All memory in the Ready state: in use, manual, free, and what is beside the heap. */
static inline uint64_t hr_follower_mapped_ready_bytes(const struct hr_follower *f)
{
	return (f->mapped_pages - f->released_pages) * HR_PAGE_BYTES + f->settings.other_memory_bytes;
}

#endif
