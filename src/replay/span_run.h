/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The span events of a trace, held in memory, and a replay of all of them but
 * the allocations, which whoever scores the addresses places in a way of its
 * own. Inside of src/replay only.
 */
#ifndef HR_REPLAY_SPAN_RUN_H
#define HR_REPLAY_SPAN_RUN_H

#include "base/error.h"
#include "heap/heap.h"
#include "replay/placement/live.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>

/* The span events of a trace; those of all Ps that show when caches are flushed, too. */
struct hr_span_trace {
	struct hr_event *at; /* SPAN_ALLOC, SPAN_FREE, GC_END, STW_END, GOMAXPROCS, CACHE_FLUSH */
	size_t n, cap;
	struct hr_span *start; /* what was there when the trace began */
	size_t nstart, start_cap;
	bool padded, strict, complete; /* see live.h */
};

/* A replay of them. */
struct hr_span_run {
	struct hr_heap heap;
	struct hr_live live;
};

/* HR_EINPUT, HR_ENOMEM; to be ended in any case. */
enum hr_status hr_span_run_begin(struct hr_span_run *r, const struct hr_span_trace *t, struct hr_error *err);
void hr_span_run_end(struct hr_span_run *r);
/* Any event but an allocation. HR_EINPUT. */
enum hr_status hr_span_run_other(struct hr_span_run *r, const struct hr_event *e, struct hr_error *err);

static inline struct hr_span hr_span_of(const struct hr_event *e)
{
	return (struct hr_span){
	    .page = e->addr / HR_PAGE_BYTES, .npages = e->size / HR_PAGE_BYTES, .manual = e->arg & HR_SPAN_MANUAL};
}

#endif
