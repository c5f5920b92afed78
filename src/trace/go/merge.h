/* SPDX-License-Identifier: BSD-3-Clause */
/* Marks to hr_events, in time order, with the P. */
#ifndef HR_TRACE_GO_MERGE_H
#define HR_TRACE_GO_MERGE_H

#include "trace/go/state.h"

/* Begins with the generation's marks. HR_ENOMEM. */
enum hr_status hr_go_merge_start(struct hr_go *g, struct hr_error *err);
/* Up to cap events; fewer only where the generation ends or with an error. */
enum hr_status hr_go_merge(struct hr_go *g, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err);

static inline bool hr_go_merge_done(const struct hr_go *g)
{
	return g->nheap == 0 && g->nextra == 0;
}

#endif
