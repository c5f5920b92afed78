/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When is a GC cycle's sweep done? Where the trace tells (meta.tells_sweeps: the
 * reader of Go traces sees what the background sweeper does), at SWEEP_DONE, at
 * the latest where the next cycle starts.
 *
 * Else it is guessed: at the last sweep free (the free of a span with objects)
 * after mark done that is not followed by another within 100 ms; at mark done
 * itself, once its goal is known, if none follows within 100 ms of it; at the
 * latest where the next cycle starts. So the records after that place are held
 * back until it is decided, at most HR_MAX_HELD of them; then SWEEP_DONE is put
 * in, at the time and with the counts of the record before it.
 *
 * A trace that ends before that is known has no sweep done.
 */
#ifndef HR_REPLAY_SWEEP_H
#define HR_REPLAY_SWEEP_H

#include "heap/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_sweep {
	bool told;		 /* the trace says when all is swept: nothing is guessed or held back */
	bool pending;		 /* marking is done, sweeping not yet */
	bool forced;		 /* FreeOSMemory asked for this cycle */
	bool freed;		 /* a sweep free was seen */
	bool goal_seen;		 /* since mark done */
	uint64_t last_ns;	 /* of the last sweep free, or mark done */
	struct hr_counts counts; /* then */
	size_t at;		 /* pending: SWEEP_DONE would go before this record of the heap's output */
	size_t held_max;
	uint64_t forced_cycles;
};

/* The event at hand is at heap->now_ns; what is overdue is decided. Call it for every event, before its records. */
void hr_sweep_decide(struct hr_sweep *s, struct hr_heap *heap);

static inline void hr_sweep_tick(struct hr_sweep *s, struct hr_heap *heap)
{
	if (s->pending)
		hr_sweep_decide(s, heap);
}

/* The last record of the heap's output is mark done; a goal; a flush of a page cache; a sweep free. */
void hr_sweep_marked(struct hr_sweep *s, const struct hr_heap *heap);
void hr_sweep_goal(struct hr_sweep *s, const struct hr_heap *heap);
void hr_sweep_flushed(struct hr_sweep *s, const struct hr_heap *heap);
void hr_sweep_freed(struct hr_sweep *s, const struct hr_heap *heap);

/* The next cycle starts: what is pending is done. forced: FreeOSMemory asked for the cycle. */
void hr_sweep_next_cycle(struct hr_sweep *s, struct hr_heap *heap, bool forced);
/* The trace says that all is swept, or asks for FreeOSMemory (then with HR_PLACE_FORCED), now. */
void hr_sweep_say_done(struct hr_sweep *s, struct hr_heap *heap, bool forced);

/* Records of the heap's output that can be given away; they must be removed by hr_sweep_taken. */
size_t hr_sweep_ready(const struct hr_sweep *s, const struct hr_places *out);
/* The first n records are gone, those behind them have moved to the front. */
void hr_sweep_taken(struct hr_sweep *s, size_t n);

#endif
