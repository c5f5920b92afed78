/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who holds the heap at the moment that is shown: the trace is read again for it, in a thread of its own, while the
 * view stands still. Another moment ends that.
 */
#ifndef HR_TUI_WHO_H
#define HR_TUI_WHO_H

#include "info/holders.h"
#include "replay/player.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum hr_who_state {
	HR_WHO_NOTHING, /* nothing was asked for */
	HR_WHO_READING,
	HR_WHO_KNOWN,
	HR_WHO_UNKNOWN /* the trace can't be read again, or does not tell */
};

struct hr_who {
	enum hr_who_state state;
	uint64_t at_ns; /* the moment, from HR_WHO_READING on */
	struct hr_tenants tenants;
	const char *path; /* these, which outlive it, are the thread's */
	struct hr_reader_options reading;
	pthread_t thread;
	struct hr_tenants found;
	enum hr_status status;
	atomic_bool stop, finished;
};

/* Why nothing can be known of the player's trace, in a few words; NULL: it can. */
const char *hr_who_lacking(struct hr_player *p, const char *path);
/* Reads the trace for that moment, unless it does or has done so; another moment is given up. */
void hr_who_ask(struct hr_who *w, const char *path, const struct hr_reader_options *reading, uint64_t at_ns);
/* Takes what the thread has found. True: the state is another. */
bool hr_who_look(struct hr_who *w);
/* Zeroes, or after it, are nothing. Waits for the thread. */
void hr_who_release(struct hr_who *w);

#endif
