/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel tells of a process of this machine: its memory
 * (/proc/PID/smaps_rollup), its control group, its environment. Linux.
 */
#ifndef HR_MACHINE_PROCESS_H
#define HR_MACHINE_PROCESS_H

#include "base/error.h"
#include "trace/sides.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_process {
	uint64_t pid;
	char usage[512], limit[512]; /* files of the control group; "": not known */
};

/* HR_EIO: there is no such process, or its memory can't be seen. Nothing to release. */
enum hr_status hr_process_open(struct hr_process *p, uint64_t pid, struct hr_error *err);
/*
 * Its memory now. The time is hr_clock_ns's, of the middle of the reading, which
 * took *took_ns: the kernel walks all pages, about 1 ms for 100 MiB of small ones.
 * False: the process has ended.
 */
bool hr_process_sample(const struct hr_process *p, struct hr_rss_sample *sample, uint64_t *took_ns);
/* The limit of the control group, or HR_NOT_KNOWN: none, or not to be seen. */
uint64_t hr_process_limit(const struct hr_process *p);
/* The size of its binary; HR_NOT_KNOWN. */
uint64_t hr_process_binary_bytes(const struct hr_process *p);
/* The variable as it was when the process began, cut to `room`; "": it is not set, or not to be seen. */
const char *hr_process_variable(const struct hr_process *p, const char *name, char *to, size_t room);

/* Sums and sizes of a text in the form of smaps_rollup; HR_NOT_KNOWN where it has none. The time stays. False: no Rss. */
bool hr_process_parse(const char *text, struct hr_rss_sample *sample);

#endif
