/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The releases of a policy beside those of the recorded program, on a trace
 * that tells them: the followers of the two policies are watched over one
 * replay, then compared.
 *
 *   same pages      Page for page, as often as both released it (the smaller of
 *                   the two counts), whenever that was: did it choose the same
 *                   memory?
 *   within a second The same, of releases of a page that can be paired so that no
 *                   pair is more than a second apart: and at the same time?
 *   descending      Of two releases that follow each other within 10 ms (a run of
 *                   a scavenger; it sleeps ten times as long between two), the
 *                   second lies below the first: in the same order?
 *   distance        Of released bytes, over time, every 100 ms from the first
 *                   event on; shares are of the peak of the recorded program's.
 *
 * Memory: 16 bytes for each page that was released, each time.
 */
#ifndef HR_REPORT_RELEASES_H
#define HR_REPORT_RELEASES_H

#include "base/error.h"
#include "scavenge/follower.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one follower released. */
struct hr_release_log {
	struct hr_page_release {
		uint64_t page, time_ns;
	} * at;
	size_t n, cap;
	uint64_t *bytes; /* released, every 100 ms */
	size_t nbytes, bytes_cap;
	uint64_t last_page, last_ns; /* of the release before */
	uint64_t releases, pairs, descending;
	bool out_of_memory;
};

/* Watches f from now on, which is its beginning; it may be watched once. Release the log when f has come to its end. */
void hr_release_log_start(struct hr_release_log *log, struct hr_follower *f);
void hr_release_log_release(struct hr_release_log *log);

struct hr_release_agreement {
	uint64_t recorded_pages, replayed_pages; /* released, each time */
	uint64_t same_pages, same_in_time;
	uint64_t recorded_pairs, recorded_descending, replayed_pairs, replayed_descending;
	size_t samples;
	double mean_bytes; /* distance of released bytes */
	uint64_t worst_bytes, peak_bytes;
};

/* Sorts both logs. HR_ENOMEM: one of them is not whole. */
enum hr_status hr_releases_compare(struct hr_release_log *recorded, struct hr_release_log *replayed,
				   struct hr_release_agreement *a);

#endif
