/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures how well a replay agrees with what the recorded program reported
 * about itself: its counters (a CSV with names of runtime/metrics, sampled over
 * time) and its scavtrace lines.
 */
#ifndef HR_REPORT_FIDELITY_H
#define HR_REPORT_FIDELITY_H

#include "base/error.h"
#include "scavenge/follower.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One sample of the program's counters, the state at some time in a window: from
 * before who asked for it to behind the answer. A window of 0 ns is a moment. In
 * use: heap/objects + heap/unused of runtime/metrics, with heap/stacks if asked.
 */
struct hr_truth_row {
	uint64_t begin_ns, end_ns; /* since the first event of the trace */
	uint64_t in_use_bytes, released_bytes;
};

struct hr_truth {
	struct hr_truth_row *rows;
	size_t n, cap;
	size_t before;				      /* rows from before the trace's first event, left out */
	size_t missing;				      /* rows without a figure that is needed, left out */
	size_t windows;				      /* rows that have one */
	uint64_t window_median_ns, window_longest_ns; /* of those */
	uint64_t memory_limit_bytes;		      /* the program's, UINT64_MAX off; of the first row that tells */
	bool limit_told;
	uint64_t other_memory_bytes; /* metadata + other: the median row's */
};

/*
 * Reads a CSV whose first line names the columns; mono_ns (the trace's own
 * clock), /memory/classes/heap/{objects,unused,released}:bytes must be there,
 * /gc/gomemlimit:bytes, /memory/classes/{metadata/other,other}:bytes may, mono0
 * and mono1 (the window, on the clock of mono_ns), and
 * /memory/classes/heap/stacks:bytes, which is added to what is in use if stacks
 * are: in page traces, which don't tell them from anything else. An empty cell is
 * a figure that is not known; only mono_ns is always.
 * clock_origin_ns: the clock at the trace's first event. HR_EINPUT with the
 * line, HR_EIO, HR_ENOMEM; release it in any case.
 */
enum hr_status hr_truth_read(struct hr_truth *t, const char *path, uint64_t clock_origin_ns, bool stacks,
			     struct hr_error *err);
void hr_truth_release(struct hr_truth *t);

/*
 * Distance between replay and recording over the samples: from the nearest value
 * that the replay had in the sample's window; shares are of
 * the recorded quantity's own peak.
 */
struct hr_distance {
	size_t n;
	uint64_t peak_bytes; /* of the recorded quantity */
	double mean_bytes;
	uint64_t p95_bytes, worst_bytes;
	uint64_t worst_at_ns;
	size_t equal; /* samples without any distance */
};

struct hr_fidelity {
	const struct hr_truth *truth;
	bool to_end; /* the trace ends with the program: rows behind its last event count, too */
	size_t next; /* row */
	bool in_window;
	struct hr_extent {
		uint64_t least, most; /* bytes, of the replay in the window so far */
	} in_use, released;
	uint64_t *in_use_errors, *released_errors;
	size_t n;
};

/*
 * Samples the follower at the truth's times. HR_ENOMEM. Rows after the trace's
 * end are left out, but where to_end is set before that comes: then nothing
 * happened any more until the program's end.
 */
enum hr_status hr_fidelity_start(struct hr_fidelity *d, const struct hr_truth *truth, struct hr_follower *f);
void hr_fidelity_get(const struct hr_fidelity *d, struct hr_distance *in_use, struct hr_distance *released);
void hr_fidelity_release(struct hr_fidelity *d);

/* Scavtrace lines, replayed or read from a program's standard error. */
struct hr_scav_log {
	struct hr_scav_line *lines;
	size_t n, cap;
	bool out_of_memory;
};

/* Every scavtrace line of the file, wherever in a line it stands; others are passed over. HR_EIO, HR_ENOMEM. */
enum hr_status hr_scav_log_read(struct hr_scav_log *log, const char *path, struct hr_error *err);
/* A follower's log function; ctx is the hr_scav_log. */
void hr_scav_log_add(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line);
void hr_scav_log_release(struct hr_scav_log *log);

/*
 * Two logs, line by line. A trace begins after the program does and may end
 * before a sweep does, so that the longer log has lines at its ends which the
 * other lacks: of the ways to lay the shorter one beside it in one piece, the
 * one with the least mean distance of "released now" is taken.
 */
struct hr_log_agreement {
	size_t recorded, replayed, recorded_forced, replayed_forced;
	size_t paired, skipped;	      /* lines of the longer log before the first pair */
	size_t same_kind;	      /* pairs in which both are forced, or neither */
	uint64_t recorded_work_bytes; /* background and synchronous, of periodic lines */
	uint64_t replayed_work_bytes;
	double util_mean_points;			  /* mean distance of util, in percent points */
	double released_mean_bytes, released_worst_bytes; /* distance of "released now" */
	uint64_t released_peak_bytes;			  /* recorded */
};

struct hr_log_agreement hr_scav_log_compare(const struct hr_scav_log *recorded, const struct hr_scav_log *replayed);

#endif
