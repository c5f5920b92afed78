/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A replay that one can move about in: forward to a time or by a record, back,
 * and to the next thing that is worth a look. For views; a replay that only has
 * to get to its end is faster (replay.h).
 *
 * Two threads. One reads and places the trace, as it arrives, and puts the
 * placements into a file without a name. The caller's follows them: so it can
 * look at the heap while the other waits for a pipe.
 *
 * Back is forward again, from a copy of the followers that was taken on the way.
 * Copies lie so many records apart that there are at most HR_PLAYER_MAX_COPIES
 * of them, and that they take no more than an eighth of max_history_bytes (but
 * two there are in any case); where there would be more, every other one goes. The
 * file is a ring: when the trace has more records than max_history_bytes, the half
 * of it behind the farthest state is kept, and what lies before the oldest copy
 * there can't be seen again; the reader is never farther ahead of the caller than
 * the other half.
 *
 * A state is named by how many records came before it, and by its time: all
 * records up to that one, and all timers before that time. However it is
 * reached, it is the same.
 */
#ifndef HR_REPLAY_PLAYER_H
#define HR_REPLAY_PLAYER_H

#include "base/error.h"
#include "replay/extremes.h"
#include "replay/replay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_PLAYER_MAX_COPIES 64

/* What is worth stopping at. Of those from HR_MOMENT_FIRST_EXTREME on there is one: extremes.h says which. */
enum hr_moment {
	HR_MOMENT_GC,	      /* mark done */
	HR_MOMENT_SCAVENGE,   /* a release, when there was none for HR_PLAYER_QUIET_NS */
	HR_MOMENT_GROWTH,     /* the heap grows */
	HR_MOMENT_BREACH,     /* mapped memory comes to be above the memory limit */
	HR_MOMENT_PEAK,	      /* memory in use is at its most */
	HR_MOMENT_DROP,	      /* its largest drop starts */
	HR_MOMENT_STALL,      /* the program waits longest for a release */
	HR_MOMENT_FRAGMENTED, /* the heap grows although the most is free */
	HR_MOMENT_COUNT,
	HR_MOMENT_FIRST_EXTREME = HR_MOMENT_PEAK
};

#define HR_PLAYER_QUIET_NS UINT64_C(200000000)

/* "GC", "scavenge", "growth", "limit breach", "peak", ... */
const char *hr_moment_name(enum hr_moment m);

struct hr_player_options {
	struct hr_replay_options replay; /* until_ns and layers count; from_ns, jobs and progress don't */
	uint64_t max_history_bytes;	 /* of the file; 0: 2 GiB */
};

/* What the player looks at layers for: the distance of its first moments. */
#define HR_PLAYER_LAYERS_NS UINT64_C(1000000)

/* How far the reading thread is. */
enum hr_player_source {
	HR_SOURCE_OPENING, /* nothing is known yet; there are no followers */
	HR_SOURCE_READING,
	HR_SOURCE_ENDED,
	HR_SOURCE_FAILED,
};

struct hr_player;

/*
 * Starts to open the trace in the other thread. path and choices must outlive the
 * player; no choices: the policy of the trace's own Go version. HR_EIO: no thread, no temporary
 * file; HR_ENOMEM.
 */
enum hr_status hr_player_open(const char *path, const struct hr_player_options *options,
			      const struct hr_policy_choice *choices, size_t nchoices, struct hr_player **player,
			      struct hr_error *err);
/* Ends the other thread, also where it waits for input. */
void hr_player_close(struct hr_player *p);

/* Never waits. *err (may be NULL) is filled when it is HR_SOURCE_FAILED: what was read before can still be followed. */
enum hr_player_source hr_player_source(struct hr_player *p, struct hr_error *err);
/* Becomes readable when the reading thread has come further, until hr_player_source is called; for poll. */
int hr_player_news_fd(const struct hr_player *p);

/* Only when it is not HR_SOURCE_OPENING, and not HR_SOURCE_FAILED before it came so far (NULL then). */
const struct hr_replay *hr_player_replay(struct hr_player *p);

size_t hr_player_followers(const struct hr_player *p);
/* The i-th follower as it is now; another one after each call that moves. */
struct hr_follower *hr_player_follower(struct hr_player *p, size_t i);

/* The state: its time, and how many records came before it. */
uint64_t hr_player_now(const struct hr_player *p);
uint64_t hr_player_at(const struct hr_player *p);
/* The time of the last record so far; *records (may be NULL): how many there are. */
uint64_t hr_player_known_ns(struct hr_player *p, uint64_t *records);
/* The earliest time that one can go back to. */
uint64_t hr_player_earliest_ns(struct hr_player *p);
/*
 * With options.replay.layers: what the heap is made of at the last moment up to time_ns that was looked at; there are
 * up to HR_LAYERS_POINTS over the trace. What the coming cycle decides comes when it has. False: none is known.
 */
bool hr_player_layers(struct hr_player *p, uint64_t time_ns, struct hr_layers_row *row);
/* All records have been followed, and there will be no more. */
bool hr_player_at_end(struct hr_player *p);

/*
 * Forward to until_ns, as far as records are there, but by no more than
 * max_records. HR_OK: until_ns is reached, or max_records; HR_END: all that is
 * known has been followed (until_ns may be later, and is reached then if the
 * trace has ended; else now is the last record's time). HR_EIO, HR_ENOMEM.
 */
enum hr_status hr_player_follow(struct hr_player *p, uint64_t until_ns, uint64_t max_records, struct hr_error *err);
/* One record on or back. HR_END: there is none (yet). As hr_player_seek. */
enum hr_status hr_player_step(struct hr_player *p, bool forward, struct hr_error *err);
/*
 * To the state at time_ns, back or forward as far as records are there; what is
 * before hr_player_earliest_ns is taken as that. HR_EUSAGE: a policy that
 * can't be copied, of which the beginning is gone; HR_EIO, HR_ENOMEM.
 */
enum hr_status hr_player_seek(struct hr_player *p, uint64_t time_ns, struct hr_error *err);
/*
 * To the next or previous moment of that kind, of the policy of that number; where there is only one, to that
 * of all that is known.
 * HR_END: there is none (forward: none yet), nothing has changed then but that going forward, or to an extreme, has
 * gone to the end of what is known. As hr_player_seek.
 */
enum hr_status hr_player_find(struct hr_player *p, enum hr_moment m, size_t policy, bool forward, struct hr_error *err);

/* The moments of that kind in what has been followed so far: *n of them, ascending. For extremes see below. */
const uint64_t *hr_player_moments(const struct hr_player *p, enum hr_moment m, size_t policy, size_t *n);
/* The extreme of that kind in what has been followed so far. False: there was none. */
bool hr_player_extreme(const struct hr_player *p, enum hr_moment m, size_t policy, struct hr_extreme *e);

/* The scavtrace lines of the policy of that number up to now, in order of time: *n of them (the oldest may be lacking). */
const struct hr_scav_line *hr_player_lines(const struct hr_player *p, size_t policy, size_t *n);
/* Up to cap records from that number on into r; *n 0: they are gone, or not there yet. HR_EIO. */
enum hr_status hr_player_records(struct hr_player *p, uint64_t from, struct hr_place *r, size_t cap, size_t *n,
				 struct hr_error *err);
/* How many copies there are, and what they take, roughly. */
size_t hr_player_copies(const struct hr_player *p, uint64_t *bytes);

#endif
