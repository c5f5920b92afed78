/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of the memory that is free and not released at a moment, as the replay goes on:
 * each page of it is released, or used again before that, or stays to the trace's end.
 *
 * Memory: 72 bytes for each chunk with such pages.
 */
#ifndef HR_INFO_FATE_H
#define HR_INFO_FATE_H

#include "replay/stepper.h"
#include "report/reasons.h"

#include <stdint.h>

enum hr_fate_share { HR_FATE_50, HR_FATE_90, HR_FATE_99, HR_FATE_SHARES };

struct hr_fate {
	uint64_t pages, released, used;	  /* of the first the others; what is left stays */
	uint64_t gone_ns[HR_FATE_SHARES]; /* when so much of it had been released or used; HR_NEVER: not by the end */
	uint64_t mark_done_ns;		  /* the end of the next mark; HR_NEVER: none comes */
	uint64_t end_ns;		  /* of the trace */
};

/*
 * Brings the stepper, which is at the moment of the reasons, to the trace's end; nobody else
 * watches releases of its first follower from then on. HR_ENOMEM; as hr_stepper_to.
 */
enum hr_status hr_fate_of(struct hr_stepper *s, const struct hr_reasons *reasons, struct hr_fate *fate,
			  struct hr_error *err);

#endif
