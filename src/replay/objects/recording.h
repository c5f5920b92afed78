/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace that tells spans and the objects in them by addresses, as it is read: the slots that its objects lie in
 * (recorded.h), when they died (deaths.h), what its own cycles show (cycles.h). It is the same for all models of it, which
 * read it and don't change it.
 */
#ifndef HR_REPLAY_RECORDING_H
#define HR_REPLAY_RECORDING_H

#include "base/error.h"
#include "replay/objects/cycles.h"
#include "replay/objects/deaths.h"
#include "replay/objects/recorded.h"
#include "trace/event.h"
#include "trace/sides.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Manual spans are named by their recorded page, and this. */
#define HR_MANUAL_NAME (UINT64_C(1) << 62)
/* An object that was there, between the recorded heap and a model's: size is span and slot. */
#define HR_ADOPTED_SLOT_BITS 16

struct hr_recording {
	struct hr_recorded slots;
	struct hr_deaths deaths;
	struct hr_cycles cycles;
	bool learns;					  /* from the trace's own cycles: else `cycles` is empty */
	const struct hr_sides *sides;			  /* the trace's GC CPU times; NULL: none */
	uint64_t unknown_frees, over_live, outside_spans; /* oddities of the trace */
	size_t survivor_span;				  /* at the end */
	uint32_t survivor_slot;
};

void hr_recording_init(struct hr_recording *r, bool learns, const struct hr_sides *sides);
void hr_recording_release(struct hr_recording *r);

/*
 * The next n events of the trace, up to one after which something of `deaths` is ready, which must be read before the next one;
 * *took: so many. HR_EINPUT; HR_ENOMEM.
 */
enum hr_status hr_recording_take(struct hr_recording *r, const struct hr_event *ev, size_t n, size_t *took,
				 struct hr_error *err);
/* No more events: as hr_deaths_finish. */
enum hr_status hr_recording_finish(struct hr_recording *r, struct hr_error *err);

#endif
