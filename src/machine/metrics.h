/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a Go program tells of itself: in the Prometheus text form, as its common client libraries name it, and in the
 * JSON of the package expvar.
 */
#ifndef HR_MACHINE_METRICS_H
#define HR_MACHINE_METRICS_H

#include <stddef.h>
#include <stdint.h>

/* HR_NOT_KNOWN (trace/sides.h), "": it does not tell. */
struct hr_go_metrics {
	uint64_t rss_bytes;	     /* process_resident_memory_bytes */
	uint64_t gogc_percent;	     /* go_gc_gogc_percent; off is told as a number below 0, and not known */
	uint64_t memory_limit_bytes; /* go_gc_gomemlimit_bytes; off: not known */
	uint64_t sys_bytes;	     /* go_memstats_sys_bytes, Sys: all that the runtime has from the system */
	uint64_t heap_sys_bytes;     /* go_memstats_heap_sys_bytes, HeapSys: of that the heap */
	char go_version[32];	     /* the label of go_info */
};

void hr_go_metrics_parse(const char *text, struct hr_go_metrics *m);
/*
 * Adds what is not known yet and stands in the `memstats` (runtime.MemStats) of such JSON, which expvar serves at
 * /debug/vars; text that is none, and too little memory to read it, change nothing.
 */
void hr_go_vars_parse(const char *text, size_t n, struct hr_go_metrics *m);

#endif
