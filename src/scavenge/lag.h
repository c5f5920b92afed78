/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lag: how long after a drop of in-use memory that memory goes back to the
 * system.
 *
 * A drop begins at a high of in-use memory and ends at the low that follows: it
 * is at least a tenth of the high and HR_LAG_LEAST_BYTES, and it is over when
 * in-use memory rises again by as much. At the start of the drop resident memory
 * (in use, manual and free) is R; the drop is of F bytes. By a later time, as
 * much of them is returned as resident memory has been below R since, at most F.
 *
 * Both falls are kept in HR_LAG_LEVELS steps of the high, so that memory does not
 * depend on the length of the trace: a time is exact for an amount that is less
 * than 1/4096 of the high and a byte above the one asked for.
 */
#ifndef HR_SCAVENGE_LAG_H
#define HR_SCAVENGE_LAG_H

#include <stdbool.h>
#include <stdint.h>

#define HR_LAG_LEVELS 4096
#define HR_LAG_LEAST_BYTES (UINT64_C(1) << 20)

/* A fall from a value: when it first was so many steps deep, at_ns[i]: i + 1 steps. */
struct hr_lag_fall {
	unsigned n;
	uint64_t next_bytes; /* depth of the next step */
	uint64_t at_ns[HR_LAG_LEVELS];
};

/* What came of one high of in-use memory. */
struct hr_lag_drop {
	uint64_t high_bytes, low_bytes; /* of in-use memory */
	uint64_t resident_bytes;	/* at the start */
	uint64_t start_ns;
	uint64_t step_bytes; /* 0: not known yet, nothing has fallen */
	struct hr_lag_fall in_use, resident;
};

struct hr_lag {
	uint64_t in_use_bytes, resident_bytes; /* now */
	struct hr_lag_drop drops[2];
	unsigned current; /* drops[current] goes on; the other one is the largest of those that are over */
	bool has_largest; /* there is one */
};

/* Starts at now_ns; everything before is forgotten. */
void hr_lag_start(struct hr_lag *l, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns);
/* The slow path of hr_lag_set. */
void hr_lag_change(struct hr_lag *l, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns);

/* From now_ns on, which never falls, this is in use and this resident. */
static inline void hr_lag_set(struct hr_lag *l, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns)
{
	if (in_use_bytes != l->in_use_bytes || resident_bytes != l->resident_bytes)
		hr_lag_change(l, in_use_bytes, resident_bytes, now_ns);
}

/* The largest drop so far, the first of several; NULL: there was none. */
const struct hr_lag_drop *hr_lag_largest(const struct hr_lag *l);

static inline uint64_t hr_lag_drop_bytes(const struct hr_lag_drop *d)
{
	return d->high_bytes - d->low_bytes;
}

/* When in-use memory had fallen by that share (1..100 %) of the drop. */
uint64_t hr_lag_fell_ns(const struct hr_lag_drop *d, unsigned percent);
/*
 * The lag: from that time until resident memory had fallen by as many bytes, 0 where
 * it was first. False: it has not yet.
 */
bool hr_lag_of(const struct hr_lag_drop *d, unsigned percent, uint64_t *ns);
/*
 * What had become free and was not returned after_ns after in-use memory had
 * fallen by 90 % of the drop, in steps of 1/4096 of the high. False: that is later than now_ns.
 */
bool hr_lag_held(const struct hr_lag_drop *d, uint64_t after_ns, uint64_t now_ns, uint64_t *bytes);

#endif
