/*
 * A scavenging policy: a table of functions and parameters, and the state that
 * they work on. A policy follows the stream of placements in batches; it sees
 * the heap through its follower (follower.h) and answers with releases.
 */
#ifndef HR_SCAVENGE_POLICY_H
#define HR_SCAVENGE_POLICY_H

#include "base/error.h"
#include "base/params.h"
#include "pagealloc/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_follower;

struct hr_policy_def {
	const char *name;
	const char *summary;	       /* one line, no full stop */
	const struct hr_param *params; /* rows over the configuration; NULL-named row ends */
	size_t config_bytes;
	bool needs_releases; /* follows the recorded scavenger: for traces that tell what it released */

	/* Its state, from a configuration of config_bytes that outlives it. NULL: out of memory. */
	void *(*create)(struct hr_follower *f, const void *config);
	void (*destroy)(void *state);

	/*
	 * Follows n placements: for each, time passes (hr_follower_advance, which
	 * runs timers), the follower's map and counts take it in, and the policy
	 * reacts.
	 */
	enum hr_status (*follow)(void *state, const struct hr_place *r, size_t n);
	/* follower.timer_ns is due; sets the next one. May be NULL for a policy without timers. */
	void (*timer)(void *state);
	/* What finding pages has cost since the beginning. NULL: nothing is searched. */
	const struct hr_search_work *(*work)(const void *state);
};

/* The built-in ones, in the order in which they are listed; NULL ends. */
extern const struct hr_policy_def *const hr_policies[];
const struct hr_policy_def *hr_policy_find(const char *name);

/* A policy and its parameters, as chosen by `-p NAME[,key=value...]`. */
struct hr_policy_choice {
	const struct hr_policy_def *def;
	void *config; /* owned */
	char *text;   /* as the user wrote it; owned */
	bool if_fits; /* one of a group: left out where it can't follow the trace */
};

/* HR_EUSAGE: no such policy (the message lists those there are) or parameter; HR_ENOMEM. */
enum hr_status hr_policy_choose(const char *text, struct hr_policy_choice *choice, struct hr_error *err);
void hr_policy_choice_release(struct hr_policy_choice *choice);

#endif
