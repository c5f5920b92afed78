/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON that commands print, except for the metrics (metrics.h) and series
 * (series.h) in it. heapreplay-metrics(5) documents it; HR_SCHEMA changes when
 * something that was there is no longer, or means something else.
 *
 * All functions return a new object, NULL when out of memory. Nothing in them
 * depends on the machine, the number of threads, or where the trace lies.
 */
#ifndef HR_REPORT_DOCUMENT_H
#define HR_REPORT_DOCUMENT_H

#include "base/error.h"
#include "replay/replay.h"
#include "report/series.h"

#include <jansson.h>
#include <stdio.h>

#define HR_SCHEMA 3

/* {"schema", "heapreplay"}: the beginning of every document. */
json_t *hr_document_new(void);
/* What was lost or odd in the trace: a number for each anomaly that there is (reader.h). */
json_t *hr_document_anomalies(const struct hr_trace_stats *stats);
/* What was taken as given, a list of sentences. */
json_t *hr_document_assumed(const struct hr_trace_stats *stats);
/* The trace: name (without directories), format, program, digest, whether it was cut off, and the two above. */
json_t *hr_document_trace(const char *path, const struct hr_trace_meta *meta, const struct hr_trace_stats *stats);
/* Every setting in force. */
json_t *hr_document_settings(const struct hr_replay *r);
/* How spans were placed, and what the placer noticed. */
json_t *hr_document_placement(const struct hr_placer *placer);
/* A policy: name, text (as it was chosen), and all parameters with their values. */
json_t *hr_document_policy(const struct hr_policy_choice *choice);
/* Whether such an object, of a saved run maybe, is of a policy that knows the future: no competitor of the others. */
bool hr_document_knows_future(const json_t *policy);
/* All of `heapreplay replay --json`: the above, the metrics and the series of the first follower. */
json_t *hr_document_replay(const char *path, const struct hr_replay *r, const struct hr_json_series *series);
/*
 * One trace of `heapreplay compare --json`: trace, settings, placement, and of
 * each follower its policy, metrics and series (one a follower; NULL: none).
 */
json_t *hr_document_comparison(const char *path, const struct hr_replay *r, const struct hr_json_series *series);
/* bytes, or null for UINT64_MAX. */
json_t *hr_document_bytes(uint64_t bytes);

/* Writes the document with a newline and frees it. NULL is HR_ENOMEM; HR_EIO. */
enum hr_status hr_document_write(json_t *document, FILE *out, struct hr_error *err);

#endif
