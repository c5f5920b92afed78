/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The address space over time, of one follower: rows of 2^k pages, columns of
 * equal time, and in each cell how many pages were in use, free and released
 * when the column's time ended. Both get coarser as they are used up, so that
 * memory is bounded (3 MiB) however long the trace and however large the heap;
 * rows are kept only of what is mapped. A sampler of a follower (follower.h).
 *
 * Taking a column reads the bits of all chunks once, by words; of many that are alike, those of one.
 */
#ifndef HR_REPORT_PLANE_H
#define HR_REPORT_PLANE_H

#include "base/error.h"
#include "scavenge/follower.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_PLANE_COLUMNS 512
#define HR_PLANE_ROWS 256

/* Pages; those of spans without objects count as in use. All 0: nothing was mapped then. */
struct hr_plane_cell {
	uint64_t in_use, free, released;
};

struct hr_plane_row {
	uint64_t group; /* pages [group << log_pages, (group + 1) << log_pages) */
	struct hr_plane_cell cells[HR_PLANE_COLUMNS];
};

struct hr_plane {
	uint64_t interval_ns; /* of a column; doubles when they are used up */
	unsigned ncolumns;
	uint64_t end_ns[HR_PLANE_COLUMNS];
	uint64_t changes;   /* of the follower, when the last column was taken */
	unsigned log_pages; /* of a row; grows when rows are used up */
	size_t nrows;
	struct hr_plane_row *rows[HR_PLANE_ROWS + 1]; /* ascending */
	bool anonymous; /* addresses are shown as if the heap began where Go's usually does */
	bool failed;	/* out of memory: what came after is not in it */
};

/* The plane must stay where it is while the follower follows. */
void hr_plane_start(struct hr_plane *p, struct hr_follower *f);
/* Where a row begins, as it is to be shown (anonymous). */
uint64_t hr_plane_shown_address(const struct hr_plane *p, size_t row);
/* The last column that ended at or before that time; HR_PLANE_COLUMNS: there is none. */
unsigned hr_plane_column(const struct hr_plane *p, uint64_t time_ns);
/* What a column says of the rows that pages [page, limit) lie in, together. */
struct hr_plane_cell hr_plane_sum(const struct hr_plane *p, unsigned column, uint64_t page, uint64_t limit);
/* Zeroes are an empty one. */
void hr_plane_release(struct hr_plane *p);

#endif
