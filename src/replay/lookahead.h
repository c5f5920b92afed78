/*
 * Recorded placement with the future known: what the trace shows only later is
 * inferred and made true in the model before it is asked. The rules stand in
 * addresses.h. Inside of src/replay only.
 */
#ifndef HR_REPLAY_LOOKAHEAD_H
#define HR_REPLAY_LOOKAHEAD_H

#include "base/error.h"
#include "heap/heap.h"
#include "replay/addresses.h"
#include "replay/live.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>

/* The span events of a trace; those of all Ps that show when caches are flushed, too. */
struct hr_span_trace {
	struct hr_event *at; /* SPAN_ALLOC, SPAN_FREE, GC_END, STW_END, GOMAXPROCS, CACHE_FLUSH */
	size_t n, cap;
	struct hr_span *start; /* what was there when the trace began */
	size_t nstart, start_cap;
	bool padded, strict;
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

/*
 * Fills in score->look_ahead and what follows it. Changes sizes and flags of
 * the trace's SPAN_FREE events. HR_EINPUT, HR_ENOMEM.
 */
enum hr_status hr_look_ahead_score(struct hr_span_trace *t, struct hr_address_score *score, struct hr_error *err);

#endif
