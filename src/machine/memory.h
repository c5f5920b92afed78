/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of this machine, touched and released for real, and what that took.
 * Linux; elsewhere (HAVE_REAL_MEMORY is 0) everything fails with HR_EUSAGE.
 */
#ifndef HR_MACHINE_MEMORY_H
#define HR_MACHINE_MEMORY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Slots are as large as the runtime's chunks, and lie next to each other. */
#define HR_REAL_SLOT_BYTES ((uint64_t)4 << 20)

struct hr_real {
	char *at; /* reserved, aligned to a slot */
	uint64_t slots;
	char *reserved;
	size_t reserved_bytes;
	bool lazy;	   /* releases are MADV_FREE */
	uint64_t clock_ns; /* what a look at the clock takes, which is taken off */
};

/* What can be had without pushing anything out: MemAvailable. 0: not known. */
uint64_t hr_real_available_bytes(void);
/* Reserves address space; no memory is used yet. HR_EIO, HR_EUSAGE. */
enum hr_status hr_real_reserve(struct hr_real *r, uint64_t slots, bool lazy, struct hr_error *err);
void hr_real_release(struct hr_real *r);
/* Writes to each page of 4 KiB; the ns of CPU time that it took. *faults grows by the page faults. */
uint64_t hr_real_touch(const struct hr_real *r, uint64_t offset, uint64_t bytes, uint64_t *faults);
/* Gives the pages back, in one call; the ns of CPU time that it took. */
uint64_t hr_real_return(const struct hr_real *r, uint64_t offset, uint64_t bytes);
/* Bytes of the first `slots` slots that are resident. */
uint64_t hr_real_resident_bytes(const struct hr_real *r, uint64_t slots);

/* What memory costs on this machine, ns of CPU time: medians of many measurements. 0: could not be measured. */
struct hr_real_costs {
	uint64_t call_ns;	  /* a call of madvise that releases nothing */
	uint64_t page_ns;	  /* each resident page of 4 KiB that a call releases */
	uint64_t first_touch_ns;  /* a page of 4 KiB that was never touched */
	uint64_t refault_ns;	  /* one that was released */
	uint64_t huge_fault_ns;	  /* 2 MiB that become a huge page */
	uint64_t huge_release_ns; /* a huge page released as a whole */
	uint64_t huge_split_ns;	  /* what it takes longer to release a part of one */
};

/* Takes about a second. HR_EIO, HR_EUSAGE, HR_ENOMEM. */
enum hr_status hr_real_measure(struct hr_real_costs *c, struct hr_error *err);

#endif
