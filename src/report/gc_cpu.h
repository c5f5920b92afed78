/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPU time of the recorded GC cycles, summed as the runtime does for GODEBUG=gctrace=1. */
#ifndef HR_REPORT_GC_CPU_H
#define HR_REPORT_GC_CPU_H

#include "trace/sides.h"

#include <stddef.h>
#include <stdint.h>

/* Times in ns. What a record does not know is left out. */
struct hr_gc_cpu_sum {
	size_t cycles;	       /* with a record; 0: nothing is known */
	uint64_t total_ns;     /* the four that follow */
	uint64_t stw_ns;       /* both stops of the world, times GOMAXPROCS */
	uint64_t assist_ns;    /* allocating goroutines that helped to mark */
	uint64_t dedicated_ns; /* dedicated and fractional mark workers, which gctrace prints as one */
	uint64_t idle_ns;      /* mark workers of Ps that had nothing else to do */
	uint64_t sweep_ns;     /* in the background and by allocation; not in total_ns */
	uint64_t share_ns;     /* total_ns without idle_ns, each cycle's divided by its GOMAXPROCS */
};

/* Of the cycles whose marking was done from from_ns up to until_ns. */
struct hr_gc_cpu_sum hr_gc_cpu_sum(const struct hr_sides *sides, uint64_t from_ns, uint64_t until_ns);

#endif
