/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A replay: a trace is read (objects become spans), placed once, and followed by any number of
 * policies. Reading, placing and following are stages with batches between
 * them; with several threads the followers are served by whichever is free
 * (pool.h), each with every batch in order, so that the answers do not depend on
 * the number of threads.
 */
#ifndef HR_REPLAY_REPLAY_H
#define HR_REPLAY_REPLAY_H

#include "base/error.h"
#include "base/team.h"
#include "replay/objects/layers.h"
#include "replay/objects/objects.h"
#include "replay/placement/placer.h"
#include "scavenge/follower.h"
#include "scavenge/intervals.h"
#include "scavenge/policy.h"
#include "trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_replay_options {
	struct hr_reader_options reading;
	struct hr_settings settings;	   /* geometry may be NULL: by address_bits */
	double limit_percent;		   /* the memory limit, of the next; 0: the settings have it in bytes */
	uint64_t limit_of_bytes;	   /* 0: the trace's peak in use, which takes a pass of its own */
	struct hr_objects_options objects; /* limit, other memory, Ps and version are set from what is here */
	enum hr_placement placement;
	const char *placement_of;   /* "go1.18".."go1.26", NULL: of the trace's own runtime */
	int address_bits;	    /* 48, 32 */
	bool start_released;	    /* holes of a heap that is there at the start count as released, not as free */
	uint64_t from_ns, until_ns; /* what is measured; HR_NEVER: to the end */
	uint64_t warm_up_ns; /* what is replayed before from_ns at least, where the trace can begin in its middle */
	bool layers;	     /* read objects, for hr_replay_layers */
	bool intervals;	     /* collect free intervals beside the policies */
	bool bounds;	     /* where cycles are modelled for a recorded heap, run variants of the model too */
	unsigned jobs;	     /* threads; 0: as many as there are processors */
	/* Called from time to time with compressed bytes done and in all (0: unknown); may be NULL. */
	void (*progress)(void *ctx, uint64_t done_bytes, uint64_t total_bytes, uint64_t trace_ns);
	void *progress_ctx;
};

/* Defaults: no limit, 4 KiB and 2 MiB pages, 5 MiB beside the heap, 10 ms to wake, the default costs. */
void hr_replay_defaults(struct hr_replay_options *options);

struct hr_replay {
	struct hr_reader *reader;
	struct hr_objects *objects; /* NULL: the trace's own spans are replayed */
	struct hr_placer *placer;
	struct hr_replay_options options;
	struct hr_follower **followers;		 /* one a policy */
	const struct hr_policy_choice **choices; /* what each of them follows */
	size_t nfollowers;
	struct hr_layers *layers;	/* NULL: not asked for */
	struct hr_intervals *intervals; /* NULL: not asked for */
	uint64_t end_ns;		/* time of the last record */
	struct hr_event *events;	/* a batch */
	bool ended;
	/* Other runs of the GC model, for error bars: of the same trace, with followers of the same policies. */
	struct hr_replay *variants;
	size_t nvariants;
	/* Replays of the same trace under other settings (hr_replay_add), which read nothing themselves. */
	struct hr_replay **beside;
	size_t nbeside;
	struct hr_replay *of; /* the one that reads for this one: it owns the reader; NULL: this one does */
	bool shares_objects;  /* its objects belong to those of the one that reads */
	/* Of the one that reads: all that follow what it reads, with the variants of each, and their threads. */
	struct hr_replay **units;
	size_t nunits, cap_units;
	struct hr_team *team;
	/* Of the others: how far they got. */
	enum hr_status followed;
	struct hr_error fault;
};

/*
 * Opens the trace and makes a follower for each choice; with no choice, the
 * policy of the trace's own Go version (*own gets it; go1.19 where the trace
 * is not from Go). Those with if_fits that can't follow this trace are passed
 * over. Settings that record noted of the program stand in for those that were not given: its GOMEMLIMIT, GOGC, and the limit
 * of its control group, of which limit_percent is. Fails as hr_reader_open, hr_objects_new, hr_placer_new and hr_follower_init
 * do. On success call hr_replay_close. The choices must outlive the replay.
 */
enum hr_status hr_replay_open(struct hr_replay *r, const char *path, const struct hr_replay_options *options,
			      const struct hr_policy_choice *choices, size_t nchoices, struct hr_policy_choice *own,
			      struct hr_error *err);
/*
 * Another replay of r's trace, with settings and choices of its own, before anything was read: one decoding feeds
 * all. *beside belongs to r, is run by hr_replay_run of r, and is looked at as r is when that is over. What is read,
 * and which part of it, is as r's options say; intervals are r's alone. Its results are those that a replay of its
 * own would have. As hr_replay_open.
 */
enum hr_status hr_replay_add(struct hr_replay *r, const struct hr_replay_options *options,
			     const struct hr_policy_choice *choices, size_t nchoices, struct hr_policy_choice *own,
			     struct hr_replay **beside, struct hr_error *err);
/*
 * After the open, with options.layers: what the heap is made of is looked at on the way, at the moments that the caller
 * asks r->layers for before the first event (hr_layers_look). HR_EUSAGE: the trace tells spans, but not which objects lie in
 * them, or they are not where they were recorded; HR_ENOMEM.
 */
enum hr_status hr_replay_layers(struct hr_replay *r, struct hr_error *err);
/*
 * The next placements, for a caller who hands them to followers in his own way,
 * instead of hr_replay_run: *n records, 0 where nothing is decided yet, valid
 * until the next call; the last one is HR_PLACE_END. Waits for a pipe's data.
 * HR_END: that was all; else as hr_reader_next, hr_objects_feed, hr_placer_feed.
 */
enum hr_status hr_replay_next(struct hr_replay *r, const struct hr_place **records, size_t *n, struct hr_error *err);
/*
 * Whether its policies can be looked at on the way: one that knows the future is
 * behind what it is told, and has no state to be seen then. HR_EUSAGE: one can't.
 */
enum hr_status hr_replay_can_be_watched(const struct hr_replay *r, struct hr_error *err);
/* Reads to the end (or until_ns), and follows. */
enum hr_status hr_replay_run(struct hr_replay *r, struct hr_error *err);
void hr_replay_close(struct hr_replay *r);

/*
 * The most that is in use in a replay under these options, without a limit and, where the trace has them, with the
 * recorded GC cycles. As hr_replay_open and hr_replay_run.
 */
enum hr_status hr_replay_peak(const char *path, const struct hr_replay_options *options, uint64_t *bytes,
			      struct hr_error *err);

/* Is follower i the policy of the program that was recorded? False where the trace is not of a Go program. */
bool hr_replay_is_own(const struct hr_replay *r, size_t i);
/*
 * The policy that a trace's own runtime has: its name. Of recordings of malloc,
 * which have no GC cycles, decay: those of Go have nothing to pace by there, and
 * jemalloc's is what many C programs have, in its default manner.
 */
const char *hr_replay_own_policy(const struct hr_trace_meta *meta);

#endif
