/*
 * The plain text form: a line an event, for people and tests. heapreplay-trace(5)
 * describes it; reader and writer agree to the byte.
 */
#ifndef HR_TRACE_TEXT_H
#define HR_TRACE_TEXT_H

#include "base/error.h"
#include "trace/event.h"
#include "trace/reader.h"

#include <stdio.h>

/* The header lines for a trace with this meta data. HR_EIO (errno holds why). */
enum hr_status hr_text_write_header(FILE *f, const struct hr_trace_meta *meta);
/* One event of that trace as a line; meta says whether addr is an address or an id. HR_EIO. */
enum hr_status hr_text_write_event(FILE *f, const struct hr_trace_meta *meta, const struct hr_event *ev);

#endif
