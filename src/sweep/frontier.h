/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory against CPU time of a sweep's settings, for one trace, or summed over
 * those of a fleet: of a setting counts what all of these traces have.
 */
#ifndef HR_SWEEP_FRONTIER_H
#define HR_SWEEP_FRONTIER_H

#include "sweep/results.h"

#include <stdbool.h>
#include <stddef.h>

struct hr_frontier_point {
	double memory, memory_low, memory_high; /* bytes: retained_p99_bytes */
	double cpu, cpu_low, cpu_high;		/* ns: of the GC, releases and refaults */
	bool own;				/* the programs' own settings */
	bool unbeaten;				/* on the frontier */
	bool knee;				/* of it, see views.c */
	char text[160];				/* "GOGC 50, limit 80%, go1.22" */
};

struct hr_frontier {
	struct hr_frontier_point *at; /* by memory, then CPU time */
	size_t n, cap;
	size_t ntraces;
	char name[256]; /* of the only trace, without its directory; "" */
};

/*
 * trace: a path or trace_id of the database; NULL: all that are in it. The runs are those of the latest version.
 * HR_EINPUT: there are none; HR_EIO, HR_ENOMEM.
 */
enum hr_status hr_frontier_read(struct hr_frontier *f, struct hr_results *r, const char *trace, struct hr_error *err);
void hr_frontier_release(struct hr_frontier *f);

#endif
