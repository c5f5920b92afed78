/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace from one moment to another, as a trace of its own: it begins with
 * what stands then (standing.h), its time with 0. Numbered objects get numbers
 * anew, by the ledger's rule. A window from 0 to the end is the trace itself.
 *
 * It may be made anonymous (anonymous.h).
 */
#ifndef HR_TRACE_WINDOW_H
#define HR_TRACE_WINDOW_H

#include "base/error.h"
#include "base/map64.h"
#include "trace/anonymous.h"
#include "trace/event.h"
#include "trace/ids.h"
#include "trace/reader.h"
#include "trace/standing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_window {
	uint64_t from_ns, until_ns; /* both belong to it */
	bool anonymous, addresses;
	bool begun; /* what stands at from_ns has been told */
	bool past;  /* something behind until_ns was seen: no need to read on */
	struct hr_standing standing;
	struct hr_standing_teller teller; /* of it, */
	bool telling;			  /* not all of which is told */
	const struct hr_event *after;	  /* nafter events that come then */
	size_t nafter;
	struct hr_ids ids;	    /* of numbered objects */
	struct hr_types_told types; /* those that the trace told and the window has seen */
	struct hr_anonymizer anonymizer;
	const struct hr_sides *of; /* the trace's */
	struct hr_sides sides;	   /* the window's, unless it is the trace itself */
	const struct hr_event *ev; /* what was made of the last events; or those themselves */
	size_t n;
	struct hr_event *made;
	size_t cap;
	uint64_t free_os_memory;
	uint64_t events; /* in the window so far, with those that stand at its begin */
};

/* until_ns: UINT64_MAX is to the end. meta and sides: of the trace; the latter outlive the window. */
void hr_window_init(struct hr_window *w, const struct hr_trace_meta *meta, const struct hr_sides *sides,
		    uint64_t from_ns, uint64_t until_ns, bool anonymous);
void hr_window_release(struct hr_window *w);
/* What is told beside the events of the window: types as it goes, the rest from hr_window_records on. */
const struct hr_sides *hr_window_sides(const struct hr_window *w);
/* Takes the trace's records that lie in the window; at its end, once. HR_ENOMEM. */
enum hr_status hr_window_records(struct hr_window *w, struct hr_error *err);
/* The window's own meta data and, at its end, stats, made of those of the trace. */
void hr_window_meta(const struct hr_window *w, struct hr_trace_meta *meta);
void hr_window_stats(const struct hr_window *w, struct hr_trace_stats *stats);
/*
 * The next n events of the trace; the first piece of what becomes of them is in
 * w->ev, w->n until the next call, while those that were given are there; the next
 * pieces come by hr_window_more, until w->n is 0. HR_ENOMEM.
 */
enum hr_status hr_window_take(struct hr_window *w, const struct hr_event *ev, size_t n, struct hr_error *err);
enum hr_status hr_window_more(struct hr_window *w, struct hr_error *err);
/*
 * The trace ends, at last_ns: as hr_window_take. HR_EUSAGE: before the window
 * begins.
 */
enum hr_status hr_window_end(struct hr_window *w, uint64_t last_ns, struct hr_error *err);

#endif
