/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of a fixed size that are written once and read back by number: what
 * a reader must keep that has to see the end of its input before it can give
 * the first event. The first ones stay in memory, the rest goes into one file
 * without a name in $TMPDIR (or /tmp), which is gone when the reader is.
 */
#ifndef HR_TRACE_SPILL_H
#define HR_TRACE_SPILL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define HR_SEGMENT_BYTES ((size_t)1 << 15)

struct hr_spill {
	uint8_t **kept; /* those in memory */
	size_t nkept, cap, max_kept;
	uint64_t n; /* segments */
	int fd;	    /* -1: no file yet */
};

/* max_bytes: how much stays in memory. Makes no file before it is needed. */
void hr_spill_init(struct hr_spill *s, size_t max_bytes);
void hr_spill_release(struct hr_spill *s);

/* Stores HR_SEGMENT_BYTES; their number counts from 0. HR_ENOMEM; HR_EIO: no temporary file, or no room in it. */
enum hr_status hr_spill_write(struct hr_spill *s, const void *segment, uint64_t *number, struct hr_error *err);
/* Gives a segment back that was written. HR_EIO. */
enum hr_status hr_spill_read(const struct hr_spill *s, uint64_t number, void *segment, struct hr_error *err);

#endif
