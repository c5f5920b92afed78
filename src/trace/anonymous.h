/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Removes from a trace what identifies its origin: program, clock origin, notes
 * and other text are dropped, types become numbers in order of appearance, and
 * addresses move to where a Go heap usually begins. Sizes, times and distances
 * between addresses stay: a replay depends on nothing else.
 */
#ifndef HR_TRACE_ANONYMOUS_H
#define HR_TRACE_ANONYMOUS_H

#include "base/map64.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <stdbool.h>

/* Go's first arena on 64-bit Linux; addresses are moved by whole arenas, so that alignment stays. */
#define HR_ANONYMOUS_BASE UINT64_C(0xc000000000)
#define HR_ANONYMOUS_STEP (UINT64_C(64) << 20)

struct hr_anonymizer {
	struct hr_map64 types; /* number given to each */
	bool addresses;	       /* there are addresses */
	bool based;	       /* shift is known */
	uint64_t shift;	       /* taken off every address, mod 2^48 */
};

/* meta: of the trace as it is. */
void hr_anonymizer_init(struct hr_anonymizer *a, const struct hr_trace_meta *meta);
void hr_anonymizer_release(struct hr_anonymizer *a);
void hr_anonymize_meta(const struct hr_anonymizer *a, struct hr_trace_meta *meta);
/* The next event of the trace. False: out of memory. */
bool hr_anonymize_event(struct hr_anonymizer *a, struct hr_event *ev);
void hr_anonymize_stats(struct hr_trace_stats *stats);

/* Only the name of the program stays of its command line: no directories, no arguments. */
void hr_forget_arguments(struct hr_trace_meta *meta);
/* Whether the command line has more than the name. */
bool hr_tells_arguments(const struct hr_trace_meta *meta);

#endif
