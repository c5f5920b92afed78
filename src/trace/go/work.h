/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goroutines do for the garbage collector: the CPU time of GC cycles, and
 * when a sweep ends. What comes of it are records of the reader's sides, and
 * SWEEP_DONE in hr_go.extra.
 */
#ifndef HR_TRACE_GO_WORK_H
#define HR_TRACE_GO_WORK_H

#include "trace/go/state.h"

/* Before the scan: fills names from the generation's strings. */
void hr_go_find_names(struct hr_go *g);
/* Behind the scan: which goroutine is the sweeper, if it is not known. */
void hr_go_find_sweeper(struct hr_go *g);
/* Behind the scan: where the background scavenger is started, which is then marked. HR_ENOMEM. */
enum hr_status hr_go_find_scavenger(struct hr_go *g, struct hr_error *err);
/* Does the sweeper run at that mark of the batch? False where it was started before the batch. */
bool hr_go_sweeper_at(const struct hr_go *g, const struct hr_go_batch *b, const uint64_t *mark);
/* An event of a goroutine: its type and arguments. HR_ENOMEM. */
enum hr_status hr_go_work_event(struct hr_go *g, struct hr_go_thread *t, unsigned type, const uint8_t *args,
				uint64_t now_ns, struct hr_error *err);
/* An event of a GC's phases. HR_ENOMEM. */
enum hr_status hr_go_work_phase(struct hr_go *g, struct hr_go_thread *t, unsigned type, uint64_t now_ns,
				struct hr_error *err);
/* All is swept, if it was not. */
void hr_go_work_swept(struct hr_go *g, uint64_t now_ns);

#endif
