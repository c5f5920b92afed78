/* SPDX-License-Identifier: BSD-3-Clause */
/* The real clock, for those that measure. */
#ifndef HR_MACHINE_CLOCK_H
#define HR_MACHINE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, which a Go program on the same machine records, too. */
static inline uint64_t hr_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

#endif
