/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which page caches are flushed when a GC cycle ends. Since Go 1.21 the end of
 * mark termination flushes the caches of the Ps that are idle then; a trace
 * says when a P starts and stops, but not when it leaves the list of idle Ps,
 * which is a little before it starts.
 *
 * The rule: a P is idle if it is stopped where the GC's last stop-the-world
 * ends and does not start within 1 ms of that. So events are held back from each
 * gc-end to 1 ms of trace time after the end of its stop-the-world (or after
 * the gc-end, where a trace does not say that the world is stopped), at most
 * 2^20 of them.
 *
 * What comes out are the events that went in, and where a cache is flushed an
 * event of the kind HR_EV_CACHE_FLUSH, which no trace has.
 *
 * Source: gcMarkTermination (forEachP, pcache.flush) in mgc.go.
 */
#ifndef HR_REPLAY_IDLE_H
#define HR_REPLAY_IDLE_H

#include "base/error.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_EV_CACHE_FLUSH HR_EVENT_KIND_COUNT /* p: whose cache */
#define HR_MAX_HELD ((size_t)1 << 20)

struct hr_idle {
	bool enabled;
	uint8_t *runs; /* by P: unknown, stopped, running */
	uint8_t *then; /* the same, as it will be: scratch for looking ahead */
	size_t nps, runs_cap;
	bool stopped;	       /* the world is */
	struct hr_event *held; /* from a gc-end on that is not decided */
	size_t nheld, held_cap;
	struct hr_event *out;
	size_t nout, out_cap;
	size_t held_max;
};

/* enabled false: everything passes, nothing is added. */
void hr_idle_init(struct hr_idle *s, bool enabled);
void hr_idle_release(struct hr_idle *s);

/*
 * Takes n events, gives those that are decided: *out, valid until the next call
 * (it may be ev itself). `last`: no more will come, all is let out. HR_ENOMEM.
 */
enum hr_status hr_idle_pass(struct hr_idle *s, const struct hr_event *ev, size_t n, bool last,
			    const struct hr_event **out, size_t *nout, struct hr_error *err);

#endif
