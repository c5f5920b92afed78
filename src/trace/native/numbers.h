/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbered objects as the native trace knows them. Allocations take numbers by
 * the ledger's rule (ledger.h), so that the file need not hold them. What is
 * freed is told by where it stands among the live objects, which repeats where
 * numbers do not: near the one freed last in order of allocation, near the
 * newest, or near the newest of its size.
 *
 * Writer and reader keep the same state, from block to block. A reader that
 * has lost a block still finds a live object of the right place or size, or
 * none: what it says stays consistent, only which object is freed is a guess.
 *
 * 32 bytes an object at the peak, and a table of 272 KiB.
 */
#ifndef HR_TRACE_NATIVE_NUMBERS_H
#define HR_TRACE_NATIVE_NUMBERS_H

#include "trace/native/form.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_NATIVE_NO_NUMBER UINT32_MAX

struct hr_numbers {
	struct hr_number {
		uint64_t size;
		uint32_t older, newer;		 /* live ones in order of allocation */
		uint32_t size_older, size_newer; /* the same of those in the same list of sizes */
		uint32_t next_free;		 /* the one freed before; or that it is live */
		uint32_t arg;
	} * at;
	size_t n, cap;	     /* numbers given so far */
	uint32_t first_free; /* freed last */
	uint32_t newest, oldest;
	uint32_t hand_older, hand_newer; /* neighbours of the one freed last */
	uint32_t *newest_of_size;	 /* by hash of the size */
	uint64_t live;
};

/* False: out of memory. Release it all the same. */
bool hr_numbers_init(struct hr_numbers *s);
void hr_numbers_release(struct hr_numbers *s);
/* No objects, no numbers given. */
void hr_numbers_clear(struct hr_numbers *s);

/* The number that the next allocation gets; HR_NATIVE_NO_NUMBER: there are too many. */
static inline uint32_t hr_numbers_next(const struct hr_numbers *s)
{
	return s->first_free != HR_NATIVE_NO_NUMBER ? s->first_free : (uint32_t)s->n;
}
/* An allocation of that number takes place. False: out of memory. */
bool hr_numbers_add(struct hr_numbers *s, uint64_t size, uint32_t arg);
bool hr_numbers_has(const struct hr_numbers *s, uint64_t number);
/* What was freed last is of no more use: a state that is told does not tell it. */
static inline void hr_numbers_forget_hand(struct hr_numbers *s)
{
	s->hand_older = s->hand_newer = HR_NATIVE_NO_NUMBER;
}
/* The live object is freed. */
void hr_numbers_remove(struct hr_numbers *s, uint32_t number);

/* How a free of that live object is said: place, reach. False: it is too far from everything. */
bool hr_numbers_describe(const struct hr_numbers *s, uint32_t number, enum hr_native_place *place, uint8_t *reach);
/* The object that is meant, HR_NATIVE_NO_NUMBER: there is none. size: for SAME_SIZE. */
uint32_t hr_numbers_find(const struct hr_numbers *s, enum hr_native_place place, unsigned reach, uint64_t size);

/*
 * The state as a snapshot tells it. live: the live objects, oldest first; holes:
 * the numbers that are not in use, the one to be given next first. False: that
 * is no state, or there is no memory; no objects are left then.
 */
struct hr_numbers_told {
	uint64_t number, size;
	uint32_t arg;
};
bool hr_numbers_restore(struct hr_numbers *s, const struct hr_numbers_told *live, size_t nlive, const uint64_t *holes,
			size_t nholes);

#endif
