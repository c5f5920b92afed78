/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a trace tells beside its events: the types of its objects, the CPU time of
 * its GC cycles, and samples of the process's resident memory. A reader adds to
 * it as it goes (hr_reader_sides); writers take it from there.
 *
 * Numbers that are not known are HR_NOT_KNOWN.
 */
#ifndef HR_TRACE_SIDES_H
#define HR_TRACE_SIDES_H

#include "base/error.h"
#include "trace/types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NOT_KNOWN UINT64_MAX

/*
 * The CPU time of a recorded GC cycle, ns. The fields are in the order in which
 * they are stored; new ones come last, and then count in HR_GC_CPU_FIELDS.
 */
struct hr_gc_cpu {
	uint64_t time_ns;	/* of mark done, on the clock of the events */
	uint64_t cycle;		/* the recorder's number of it; HR_NOT_KNOWN: it has none */
	uint64_t stw_ns;	/* the world stood still: the time, not times GOMAXPROCS */
	uint64_t procs;		/* GOMAXPROCS then */
	uint64_t assist_ns;	/* allocating goroutines that helped to mark */
	uint64_t dedicated_ns;	/* workers of a P of their own */
	uint64_t fractional_ns; /* workers that share a P */
	uint64_t idle_ns;	/* workers of Ps that had nothing else to do */
	uint64_t sweep_ns;	/* sweeping up to the next cycle; not a part of the cycle's GC CPU time */
};

enum { HR_GC_CPU_FIELDS = 9 };

/* The process's memory at a moment, as the kernel tells it (/proc/PID/smaps_rollup, the cgroup); bytes. Stored likewise. */
struct hr_rss_sample {
	uint64_t time_ns;
	uint64_t rss_bytes;
	uint64_t rss_anon_bytes, rss_file_bytes;
	uint64_t anon_huge_bytes;
	uint64_t lazy_free_bytes;
	uint64_t cgroup_bytes;
};

enum { HR_RSS_FIELDS = 7 };

/* More of them than any trace has: what comes then is left out. */
enum { HR_SIDES_MAX_RECORDS = 1 << 20 };

struct hr_sides {
	struct hr_types types;
	struct hr_gc_cpu *gc_cpu; /* in order of time */
	size_t ngc_cpu, cap_gc_cpu;
	struct hr_rss_sample *rss; /* in order of time */
	size_t nrss, cap_rss;
};

void hr_sides_init(struct hr_sides *s);
void hr_sides_release(struct hr_sides *s);
/*
 * Puts a record behind those that are not later. What is beyond
 * HR_SIDES_MAX_RECORDS is dropped. False: out of memory.
 */
bool hr_sides_add_gc_cpu(struct hr_sides *s, const struct hr_gc_cpu *record);
bool hr_sides_add_rss(struct hr_sides *s, const struct hr_rss_sample *sample);

#endif
