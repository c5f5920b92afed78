/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap at one moment as a grid of cells: what a heatmap shows, before it has
 * colours. A cell is 2^k pages in a row, as small as the grid allows: a part of
 * a chunk, a chunk, or a fold of chunks. Addresses run from left to right, then
 * from top to bottom.
 *
 * Address spaces are sparse: what is not mapped takes no cells. Where there is
 * room each gap is a row of its own; else a cell; else cells reach over gaps,
 * and say so.
 *
 * Computing it reads the bits of every chunk shown once, by words: 128 GiB are
 * 32768 chunks. Nothing of the heap is changed.
 */
#ifndef HR_REPORT_CELLS_H
#define HR_REPORT_CELLS_H

#include "base/error.h"
#include "scavenge/follower.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_map_view {
	HR_VIEW_OCCUPANCY,  /* share of the pages in use (those that hold no objects count as well) */
	HR_VIEW_FREE,	    /* share of the pages free and not released */
	HR_VIEW_SCAVENGED,  /* share of the pages released */
	HR_VIEW_INDEX,	    /* what the policy's index marks, and how */
	HR_VIEW_DENSITY,    /* share of the pages in use when the last generation ended */
	HR_VIEW_GENERATION, /* generations since a page was taken or freed */
	HR_VIEW_REFAULTS,   /* pages released and used again so far, a chunk */
	HR_VIEW_COUNT
};

enum hr_map_scale {
	HR_SCALE_LINEAR, /* equal steps up to the most there can be, or there is */
	HR_SCALE_RANKED, /* equal steps of rank among the values there are: outliers don't hide the rest */
	HR_SCALE_COUNT
};

/* "occupancy", "linear"; -1: there is none of that name. */
const char *hr_map_view_name(enum hr_map_view view);
const char *hr_map_scale_name(enum hr_map_scale scale);
int hr_map_view_find(const char *name);
int hr_map_scale_find(const char *name);

/* Level 0 is nothing at all, the last is all or the most, the others are equal steps between. */
#define HR_LEVELS 10

#define HR_NO_CHUNK UINT64_MAX
#define HR_NO_CELL SIZE_MAX

struct hr_map_cell {
	uint64_t page, limit;			 /* its first page, one past its last */
	uint64_t npages, in_use, free, released; /* mapped pages, which the last three add up to; npages 0: a gap */
	uint64_t last_in_use, refaults;		 /* of all its chunks */
	uint32_t chunks, marked, ready;		 /* chunks that it lies in; those marked, and ready (search.h) */
	uint32_t unchanged;			 /* generations; of the chunk that changed last */
	uint32_t gaps;				 /* that it reaches over */
	float value;				 /* of the view */
	uint8_t level;				 /* 0..HR_LEVELS-1 */
	bool later;				 /* nothing is mapped there yet (hr_cells_options.ranges) */
	bool differs;				 /* from the cell of another policy, see hr_cells_compare */
};

/* A row of the grid: n cells from first on. Where n is 0, a gap, or nothing (gap_pages 0). */
struct hr_cells_row {
	size_t first, n;
	uint64_t gap_pages;
};

struct hr_cells_options {
	enum hr_map_view view;
	enum hr_map_scale scale;
	unsigned columns, rows; /* the grid at most, both above 0 */
	unsigned line;		/* a gap takes so many rows, and what follows begins at a multiple of it: 1, 2 */
	uint64_t first_chunk, last_chunk; /* only chunks in [first, last) */
	/* Cells are made for all of this, which includes what is mapped; NULL: for what is mapped. */
	const struct hr_ranges *ranges;
	float most; /* that the scale's last level stands for; 0: the most there is, or can be */
};

struct hr_cells {
	struct hr_map_cell *at; /* ascending */
	size_t n, cap;
	struct hr_cells_row *row;
	size_t nrows, row_cap;
	unsigned columns;    /* in use of those there are: chunks begin in the same columns in every row */
	uint64_t cell_pages; /* a power of two */
	uint64_t mapped_pages;
	size_t gaps; /* between the mapped ranges shown */
	enum hr_map_view view;
	enum hr_map_scale scale;
	float most;			   /* of the scale: what the last level stands for */
	bool has_index, has_density;	   /* the policy has an index; it knows of density */
	uint64_t search_page, forced_page; /* search addresses, HR_NO_PAGE: none */
	size_t differing;		   /* cells that do, after hr_cells_compare */
};

/* Zeroes are cells of nothing. */
void hr_cells_release(struct hr_cells *c);
/* How many pages a cell will have, without looking at any. */
uint64_t hr_cells_size(const struct hr_follower *f, const struct hr_cells_options *o);
/* Overwrites the cells by those of the follower now; room is kept for the next time. HR_ENOMEM. */
enum hr_status hr_cells_compute(struct hr_cells *c, const struct hr_follower *f, const struct hr_cells_options *o);

/* The linear level of a part of a whole that is not 0. */
uint8_t hr_share_level(uint64_t part, uint64_t all);
/* Whether a view can be shown of what the policy keeps. */
bool hr_cells_can_show(const struct hr_cells *c, enum hr_map_view view);
/* The cell that holds the page, or HR_NO_CELL. */
size_t hr_cells_find(const struct hr_cells *c, uint64_t page);

/*
 * Two policies on the same placements, or one at two moments: marks in both what differs in the
 * view's value, and nothing else; returns how many cells do. Cells of
 * one that the other lacks differ.
 */
size_t hr_cells_compare(struct hr_cells *a, struct hr_cells *b);

#endif
