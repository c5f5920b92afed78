/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When did an object die? A Go trace tells when an object's slot was swept, not
 * when the object became garbage. What it tells bounds that: an object that is
 * swept in recorded cycle k was garbage when k's marking began, and was not
 * found to be when that of k - 1 did, or was not there yet. In between its death
 * is put evenly: the deaths of a cycle are spread over the events between the
 * two (or since each object's allocation) by the golden ratio, so that they are
 * neither all early nor all late, and the same in every run.
 *
 * So events are held back: until the marking of k + 1 begins, from that of k - 1
 * on. What comes out are the same events, with OBJ_FREE where the object died.
 * At most HR_MAX_HELD_DEATHS events are held; when there are more, the older
 * half goes, and what dies later died right after it.
 *
 * The error: of the objects that a modelled cycle looks at, what died between
 * the same two recorded mark starts may be taken for alive, or the other way
 * round. window_bytes is the most there was of that.
 */
#ifndef HR_REPLAY_DEATHS_H
#define HR_REPLAY_DEATHS_H

#include "base/error.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_MAX_HELD_DEATHS ((size_t)1 << 22) /* 160 MiB */

struct hr_deaths {
	struct hr_held {
		struct hr_event event;
		uint32_t dead; /* the last number that dies before it, + 1; 0: none */
	} * held;
	size_t nheld, held_cap;
	uint64_t base; /* place of held[0]: events so far before it */
	struct hr_life {
		uint64_t born; /* place of the allocation */
		uint32_t next; /* the next that dies at the same place, + 1 */
	} * lives;	       /* by number */
	size_t nlives, lives_cap;

	uint64_t from, to; /* who is swept now died at one of these places, or between */
	uint64_t started;  /* place of the first event that shows life; 0: none yet */
	uint64_t spread;   /* of the golden ratio */
	uint64_t cycle_bytes;
	size_t held_max;
	uint64_t window_bytes, let_go;

	struct hr_event *out;
	size_t nout, out_cap;
};

void hr_deaths_init(struct hr_deaths *d);
void hr_deaths_release(struct hr_deaths *d);

/* The next event, of any kind; OBJ_ALLOC and OBJ_EXISTS with a number as address. HR_ENOMEM. */
enum hr_status hr_deaths_hold(struct hr_deaths *d, const struct hr_event *e, struct hr_error *err);
/* The object of that number, which was held, is swept now; it has bytes. HR_ENOMEM. */
enum hr_status hr_deaths_swept(struct hr_deaths *d, uint32_t number, uint64_t bytes, uint64_t time_ns,
			       struct hr_error *err);
/* No more events. HR_ENOMEM. */
enum hr_status hr_deaths_finish(struct hr_deaths *d, struct hr_error *err);

/* What is decided; the caller takes all of it. Valid until the next call. */
static inline const struct hr_event *hr_deaths_take(struct hr_deaths *d, size_t *n)
{
	*n = d->nout;
	d->nout = 0;
	return d->out;
}

#endif
