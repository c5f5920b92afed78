/* SPDX-License-Identifier: BSD-3-Clause */
/* Batches to marks: where the wanted events of a generation are, and when. */
#ifndef HR_TRACE_GO_SCAN_H
#define HR_TRACE_GO_SCAN_H

#include "trace/go/state.h"

/*
 * Finds the wanted events of all batches and the time of every batch's first
 * and last event; counts events. HR_EINPUT: damaged, with the offset;
 * HR_ENOMEM.
 */
enum hr_status hr_go_scan(struct hr_go *g, struct hr_error *err);

/* Whether a replay of spans looks at events of that type, below 256. */
bool hr_go_is_of_spans(unsigned type);
/* Where the event behind the one at p begins, in a batch that has been scanned. */
const uint8_t *hr_go_next_event(const uint8_t *p);

#endif
