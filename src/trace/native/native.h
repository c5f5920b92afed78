/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes native traces, .hrt; heapreplay-trace(5) describes them, byte for
 * byte. The reader is one of trace/reader.h. The same events and options give
 * the same bytes.
 */
#ifndef HR_TRACE_NATIVE_H
#define HR_TRACE_NATIVE_H

#include "base/error.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { HR_NATIVE_MIN_LEVEL = 1, HR_NATIVE_MAX_LEVEL = 19, HR_NATIVE_DEFAULT_LEVEL = 6 };

struct hr_native_options {
	int level;				 /* of zstd; 0: HR_NATIVE_DEFAULT_LEVEL */
	const struct hr_reader_options *reading; /* by which the events were made; noted. NULL: not known */
	/*
	 * What the trace tells beside its events, growing as that of a reader does;
	 * outlives the writer. Types are written before the first event that names
	 * them, the rest at the end. NULL: nothing.
	 */
	const struct hr_sides *sides;
};

struct hr_native_writer;

/*
 * Begins a trace in f, which stays the caller's, and may be a pipe: nothing is
 * sought. *meta is what the events' reader says. HR_EIO, HR_ENOMEM. On success
 * *made is the caller's; hr_native_free it.
 */
enum hr_status hr_native_begin(FILE *f, const struct hr_trace_meta *meta, const struct hr_native_options *options,
			       struct hr_native_writer **made, struct hr_error *err);
/* n more events, in time order; any fields. HR_EIO, HR_ENOMEM, HR_EUSAGE: a time falls. */
enum hr_status hr_native_add(struct hr_native_writer *w, const struct hr_event *ev, size_t n, struct hr_error *err);
/*
 * The last: stats are those of the events' reader at its end. Without it the
 * trace counts as cut off. Buffers in f may still have to be flushed.
 */
enum hr_status hr_native_end(struct hr_native_writer *w, const struct hr_trace_stats *stats, struct hr_error *err);
void hr_native_free(struct hr_native_writer *w);

#endif
