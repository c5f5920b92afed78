/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The garbage collections of a program as its log tells them: the lines that
 * GODEBUG=gctrace=1 prints, and beside them those of scavtrace=1. A page trace
 * holds no collections; this puts them beside it.
 *
 * A line may have a stamp in front, the moment at which it was read: ns of
 * CLOCK_MONOTONIC, or seconds with a fraction. In front of that may stand what
 * docker, kubectl, journald or a logger prefix, and the program's own unfinished
 * line. Everything else that a program prints is passed over.
 *
 * Source: gcMarkTermination in mgc.go and fmtNSAsMS (what is printed and how it
 * is cut), printScavTrace in mgcscavenge.go.
 */
#ifndef HR_TRACE_GCLOG_H
#define HR_TRACE_GCLOG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are of the recorder's clock, ns, from hr_gc_log_place on. */
struct hr_gc_cycle {
	uint64_t number;	  /* from 1 on */
	uint64_t start_ns;	  /* since the runtime's start, whole ms: it began less than 1 ms later */
	uint64_t length_ns;	  /* from sweep termination to the end of mark termination, not longer than printed */
	uint64_t length_slack_ns; /* it took less than so much more: the figures are cut, not rounded */
	uint64_t start_mib, live_mib, goal_mib; /* heap at its beginning, what of it lives, its goal at its end; cut */
	uint64_t stw_ns;			/* both stops of the world, as printed */
	/* CPU times as printed; 0 where a line has none. Dedicated and fractional workers are one figure there. */
	uint64_t stw_cpu_ns, assist_cpu_ns, dedicated_cpu_ns, idle_cpu_ns;
	unsigned procs;
	bool forced;			      /* runtime.GC or FreeOSMemory asked for it */
	bool free_os_memory;		      /* a forced scavtrace line followed */
	uint64_t stamp_ns;		      /* of the line; 0: it has none */
	uint64_t swept_ns;		      /* stamp of the scavtrace line of its sweep; 0: not known */
	uint64_t last_free_ns, first_free_ns; /* frees that bound it, as hr_gc_log_saw_free saw them; 0: none */
	uint64_t begin_ns, end_ns;	      /* chosen by hr_gc_log_choose */
};

struct hr_gc_log {
	struct hr_gc_cycle *cycles;
	size_t n, cap;
	uint64_t *sweeps; /* stamps of the scavtrace lines that are not forced; 0: none */
	size_t nsweeps, sweeps_cap;
	uint64_t bad_lines; /* gctrace lines that can't be understood, or of another run: their start goes back */
	uint64_t lost, last_number; /* cycles that have no line, by the numbers of those that have; of the last line */
	uint64_t origin_ns;	    /* the recorder's clock at the runtime's start */
	double ratio;		    /* of goal and living heap; 0: there is none */
};

/* HR_EIO; HR_ENOMEM. A log without a single gctrace line is HR_EINPUT. Release it in any case. */
enum hr_status hr_gc_log_read(struct hr_gc_log *log, const char *path, struct hr_error *err);
void hr_gc_log_release(struct hr_gc_log *log);

/* Takes one line, without its newline or with it. HR_ENOMEM. */
enum hr_status hr_gc_log_line(struct hr_gc_log *log, const char *line);

/*
 * Puts the cycles on the recorder's clock, on which the runtime started at
 * origin_ns (more or less: a fraction of a ms). HR_EINPUT: the stamps don't fit,
 * the log is of another run.
 */
enum hr_status hr_gc_log_place(struct hr_gc_log *log, uint64_t origin_ns, struct hr_error *err);

/*
 * Pages were freed at time_ns. In any order; then hr_gc_log_choose.
 *
 * A line tells the beginning of a cycle to the ms and its length to 2 digits,
 * so that there is a window of 1 ms in which it began and a somewhat larger one
 * in which it ended. While marking nothing is freed, and the sweep's frees follow
 * the end closely. So a cycle begins in the middle of its window or behind the
 * last free in it, and ends in the middle of its window or before the first free
 * in it. The stamp, which is late by the time that printing and reading take,
 * is an upper bound of the end, and of nothing else.
 */
void hr_gc_log_saw_free(struct hr_gc_log *log, uint64_t time_ns);
void hr_gc_log_choose(struct hr_gc_log *log);

/*
 * Goals, bytes. A line tells the goal at the end of its cycle, which is that of
 * the cycle before unless the heap was beyond it when the cycle began, as large
 * objects make it: then it was raised (heapGoalInternal in mgcpacer.go). Whole
 * MiB, cut: the middle is taken, but 4 MiB, the smallest goal under GOGC=100, as
 * it is.
 *
 * hr_gc_log_goal: in force from the end of cycle i - 1 on. Where line i tells a
 * raised one, and behind the last cycle (i = log->n), which no line tells, it is
 * what lives times the ratio of goal and living heap that the cycle with most of
 * it shows, if all agree on one (GOGC; 2 if none shows it). If they don't, as
 * with a memory limit, lines are taken at their word, and the last goal stays.
 *
 * hr_gc_log_raised_goal: in force at the end of cycle i.
 */
uint64_t hr_gc_log_goal(const struct hr_gc_log *log, size_t i);
uint64_t hr_gc_log_raised_goal(const struct hr_gc_log *log, size_t i);

#endif
