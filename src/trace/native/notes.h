/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON blocks of a native trace: what is known of the trace, at its start,
 * and how it ended, behind the events.
 */
#ifndef HR_TRACE_NATIVE_NOTES_H
#define HR_TRACE_NATIVE_NOTES_H

#include "trace/format.h"
#include "trace/reader.h"

#include <stddef.h>
#include <stdint.h>

/* The text, to be freed; NULL: out of memory. reading may be NULL. */
char *hr_native_meta_text(const struct hr_trace_meta *meta, const struct hr_reader_options *reading);
char *hr_native_end_text(const struct hr_trace_stats *stats);

/*
 * Fills what the text says; what it does not say stays. HR_EINPUT: it is not a JSON object; HR_ENOMEM.
 * Keys that are not known are passed over, so that later writers may tell more.
 */
enum hr_status hr_native_parse_meta(const uint8_t *text, size_t n, struct hr_trace_meta *meta);
/* Counts are added; *r's last time and total of events become the text's. */
enum hr_status hr_native_parse_end(const uint8_t *text, size_t n, struct hr_reader *r);

#endif
