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

/* How pages are given back. */
enum hr_real_how {
	HR_REAL_DONTNEED, /* madvise, MADV_DONTNEED */
	HR_REAL_FREE,	  /* madvise, MADV_FREE */
	HR_REAL_PROCESS,  /* process_madvise of this process with MADV_DONTNEED: several ranges a call */
};

#define HR_REAL_MOST_RANGES 1024 /* in a call of process_madvise: IOV_MAX */

struct hr_real_range;

struct hr_real_settings {
	enum hr_real_how how;
	unsigned ranges; /* with HR_REAL_PROCESS: in a call, 1 to HR_REAL_MOST_RANGES */
	bool collapse;	 /* hr_real_collapse will be called: huge pages are not forbidden */
};

struct hr_real {
	char *at; /* reserved, aligned to a slot */
	uint64_t slots;
	char *reserved;
	size_t reserved_bytes;
	struct hr_real_settings settings;
	int process;		      /* of HR_REAL_PROCESS, a pidfd; -1 */
	struct hr_real_range *ranges; /* that wait to be given back */
	unsigned nranges;
	uint64_t calls;	   /* that gave something back */
	uint64_t clock_ns; /* what a look at the clock takes, which is taken off */
};

/* What can be had without pushing anything out: MemAvailable. 0: not known. */
uint64_t hr_real_available_bytes(void);
/* Reserves address space; no memory is used yet. HR_EIO, HR_ENOMEM; HR_EUSAGE: this kernel can't do what settings ask for. */
enum hr_status hr_real_reserve(struct hr_real *r, uint64_t slots, const struct hr_real_settings *settings,
			       struct hr_error *err);
void hr_real_release(struct hr_real *r);
/* Writes to each page of 4 KiB; the ns of CPU time that it took. *faults grows by the page faults. */
uint64_t hr_real_touch(const struct hr_real *r, uint64_t offset, uint64_t bytes, uint64_t *faults);
/*
 * Gives the pages back, or lets them wait until a call's ranges are complete or hr_real_flush; the ns of CPU time that it
 * took. With *waits they must not be touched before a flush.
 */
uint64_t hr_real_return(struct hr_real *r, uint64_t offset, uint64_t bytes, bool *waits);
/* Gives back what waits. */
uint64_t hr_real_flush(struct hr_real *r);
/* Asks the kernel to make huge pages of a slot, at once; the ns of CPU time that it took. *done: it has. */
uint64_t hr_real_collapse(const struct hr_real *r, uint64_t slot, bool *done);
/* Bytes of the first `slots` slots that are resident. */
uint64_t hr_real_resident_bytes(const struct hr_real *r, uint64_t slots);

/*
 * What memory costs on this machine, ns of CPU time: of small pages the mean without the longest twentieth, of huge ones
 * the median. 0: could not be measured.
 */
struct hr_real_costs {
	uint64_t call_ns;	  /* a call of madvise, beside its pages */
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
