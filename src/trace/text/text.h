/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plain text form: a line an event, for people and tests. heapreplay-trace(5)
 * describes it; reader and writer agree to the byte. All functions buffer in f
 * and give HR_EIO once that has failed (errno holds why).
 */
#ifndef HR_TRACE_TEXT_H
#define HR_TRACE_TEXT_H

#include "base/error.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <stdio.h>

/* The first line and the settings for a trace with this meta data. */
enum hr_status hr_text_write_header(FILE *f, const struct hr_trace_meta *meta);
/*
 * One event of that trace as a line; meta says whether addr is an address or an
 * id. Of a trace without addresses the size of an OBJ_FREE is not written: it is
 * that of the allocation.
 */
enum hr_status hr_text_write_event(FILE *f, const struct hr_trace_meta *meta, const struct hr_event *ev);
/* The type of that number as a line, which stands before the first event that names it. */
enum hr_status hr_text_write_type(FILE *f, const struct hr_type *type);
/* Records beside the events; before the end. */
enum hr_status hr_text_write_records(FILE *f, const struct hr_sides *sides);
/*
 * Behind the last event: when the trace ends, what was assumed, which anomalies
 * were counted, where it was cut off. May be left out.
 */
enum hr_status hr_text_write_end(FILE *f, const struct hr_trace_stats *stats);

#endif
