/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much of the heap a window of a flight recorder does not name.
 *
 * A window begins in the middle of a program's life and does not say what is
 * there. Spans that are allocated in it are named, others only by their free,
 * which tells no size. Their sum can be had: the recorder tells the bytes that
 * a GC cycle has marked, and when its sweep is done it has told which of the
 * objects in named spans were not. The rest lay in unnamed ones.
 *
 * Of these a part is free: what was freed in them in the window shows (holes.h), what
 * was free before does not, and is taken to be 15 %. Named spans are no measure of
 * that: they are young, and so fuller than those that have lived through cycles.
 *
 * The sweep is done when nothing has been freed for 100 ms, or the next cycle
 * begins; what a late one frees then mends the estimate. Nothing is allocated
 * unnamed, so between cycles there can only be less of it; an unnamed span that is
 * freed has as many pages as the sizes of what was freed in it tell, or one, until the
 * next estimate, and a sweep leaves what was marked and is not named. Before the first
 * one, what is live less what is named stands for it.
 *
 * Bounds: the low one is pages that are full; the high one, that they are only
 * half as full as is taken.
 *
 * Memory: as many entries as there are slots in named spans, and what holes.h takes.
 */
#ifndef HR_REPLAY_UNNAMED_H
#define HR_REPLAY_UNNAMED_H

#include "base/error.h"
#include "replay/objects/recorded.h"
#include "replay/placement/holes.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_unnamed {
	struct hr_recorded spans; /* an object's birth: cycles that had ended then */
	struct hr_holes holes;	  /* in unnamed spans */
	uint32_t ended;		  /* cycles */
	uint64_t named_bytes;	  /* live or not swept, in named spans */
	uint64_t old_bytes;	  /* of them, those that were there when the last cycle ended */
	uint64_t swept_ns;	  /* the last free since, or that end */
	uint64_t told_bytes;	  /* live, or marked, as told last */
	uint64_t marked_bytes;
	enum { HR_NOT_MARKED, HR_SWEEPING, HR_SWEPT } phase;

	/* the answer */
	uint64_t pages, low_pages, high_pages;
	uint64_t estimates;	/* so many cycles */
	uint64_t first_ns;	/* of the first estimate: what is before is not measured */
	double named_ratio;	/* of the marked bytes, at the last estimate */
	double named_ratio_min; /* of all */
	bool changed;		/* pages have; whoever uses them clears it */
};

void hr_unnamed_init(struct hr_unnamed *u);
void hr_unnamed_release(struct hr_unnamed *u);

/* Takes an event: of spans, objects, HEAP_LIVE and of GC cycles; others are ignored. HR_EINPUT, HR_ENOMEM. */
enum hr_status hr_unnamed_take(struct hr_unnamed *u, const struct hr_event *e, struct hr_error *err);

#endif
