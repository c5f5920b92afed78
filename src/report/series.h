/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap over time: as CSV, a row every so often, and down-sampled for the
 * JSON, where each interval keeps its least and most so that no peak is lost.
 * Both are samplers of a follower (follower.h).
 */
#ifndef HR_REPORT_SERIES_H
#define HR_REPORT_SERIES_H

#include "scavenge/follower.h"

#include <jansson.h>
#include <stdio.h>

#define HR_CSV_SERIES_COLUMNS                                                                                          \
	"time_ns,in_use_bytes,free_bytes,released_bytes,retained_bytes,goal_bytes,heap_goal_bytes,manual_bytes"

/* A row of the CSV, in the order of its columns. goal HR_NEVER, heap_goal 0: empty. */
struct hr_csv_row {
	uint64_t time_ns, in_use, free, released, retained, goal, heap_goal, manual;
};

/* Without a newline. */
void hr_csv_series_row(FILE *out, const struct hr_csv_row *row);

struct hr_csv_series {
	FILE *file;
	uint64_t every_ns;
	uint64_t last_row_ns; /* HR_NEVER: none yet */
};

/*
 * Writes the header now and then a row at 0, every_ns, 2*every_ns... and at the
 * end. A row holds the state after all events up to and including its time.
 * Write errors stay in the FILE for the caller to find.
 */
void hr_csv_series_start(struct hr_csv_series *s, FILE *file, uint64_t every_ns, struct hr_follower *f);

#define HR_SERIES_POINTS 512

enum hr_series_band { HR_SERIES_IN_USE, HR_SERIES_FREE, HR_SERIES_RELEASED, HR_SERIES_RETAINED, HR_SERIES_BANDS };

struct hr_json_series {
	struct hr_follower *f;
	uint64_t interval_ns; /* doubles when the points are used up */
	unsigned n;
	struct hr_point {
		uint64_t end_ns;
		uint64_t low[HR_SERIES_BANDS], high[HR_SERIES_BANDS];
		double mean[HR_SERIES_BANDS]; /* over the interval's time */
		uint64_t goal_bytes;	      /* at the end; HR_NEVER: none */
		uint64_t heap_goal_bytes;     /* the GC's, at the end; 0: not known */
		uint64_t limit_bytes;	      /* at the end; UINT64_MAX: off */
		uint64_t manual_bytes;	      /* at the end */
		uint64_t gc_cycles;	      /* marked to the end within it */
	} points[HR_SERIES_POINTS];
	double areas[HR_SERIES_BANDS]; /* of the gauges when the interval began, byte-ns */
	uint64_t gauged_ns;	       /* since when the gauges had been measuring then */
	uint64_t gc_cycles;	       /* the follower's then */
};

void hr_json_series_start(struct hr_json_series *s, struct hr_follower *f);
/* The series as an object; NULL: out of memory. */
json_t *hr_json_series_get(const struct hr_json_series *s);

#endif
