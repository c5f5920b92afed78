/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compares the CPU time of GC cycles that a trace tells with what the program
 * printed for GODEBUG=gctrace=1.
 */
#ifndef HR_FIDELITY_GCTRACE_H
#define HR_FIDELITY_GCTRACE_H

#include "report/gc_cpu.h"
#include "trace/go/gclog.h"

struct hr_gctrace_agreement {
	size_t printed_cycles, traced_cycles; /* lines with CPU times; records of the trace */
	size_t paired;			      /* 0: the figures below mean nothing */
	/*
	 * gctrace counts a stopped world on as many CPUs as the program may use, where GOMAXPROCS is higher: so does
	 * `traced`. No trace tells that number, the log does. 0: GOMAXPROCS is not higher.
	 */
	unsigned stw_cpus;
	/* Sums over the pairs; sweeping is not printed. */
	struct hr_gc_cpu_sum printed, traced;
	double median_ratio, worst_ratio; /* distance of a pair's total, share of the printed one */
};

/*
 * Pairs cycles by time. The log counts from the program's start, in ms, and the
 * trace on its own clock: of the ways to set the first records beside a line, the
 * one is taken with which most others find a line, too. HR_ENOMEM.
 */
enum hr_status hr_gctrace_compare(const struct hr_gc_log *log, const struct hr_sides *sides,
				  struct hr_gctrace_agreement *a);

#endif
