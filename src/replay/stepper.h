/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A replay in steps: all followers are brought to a moment, to be looked at
 * together, and then to a later one. On one thread. Looking changes nothing: the
 * figures at the end are those of hr_replay_run.
 */
#ifndef HR_REPLAY_STEPPER_H
#define HR_REPLAY_STEPPER_H

#include "replay/replay.h"

struct hr_stepper {
	struct hr_replay *replay;
	const struct hr_place *records; /* that are to be followed yet */
	size_t n;
	/* Is told of records before they are followed; may be NULL. */
	void (*placed)(void *ctx, const struct hr_place *records, size_t n);
	void *ctx;
};

/* The replay is open, nothing of it has been followed yet, and it outlives the stepper. */
void hr_stepper_start(struct hr_stepper *s, struct hr_replay *replay);
/*
 * Every follower gets to the state after all records and timers up to and
 * including time_ns, which is not before the one asked for last. HR_END: the
 * trace ended before; the followers are in its last moment, replay.end_ns. Else
 * as hr_replay_next and hr_follower_follow.
 */
enum hr_status hr_stepper_to(struct hr_stepper *s, uint64_t time_ns, struct hr_error *err);

#endif
