/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The best that any policy could do on a trace: for every amount of CPU time
 * the least mean of retained memory, and the reverse.
 *
 * To release a page when its free interval (intervals.h) begins costs a release
 * and, when it is used again, a fault; it saves the page for the length of the
 * interval. To release it later saves less for the same price; to release it in
 * one interval says nothing about another. So the best use of CPU time is to
 * take the intervals in the order of length over cost, the highest first: the
 * points of the envelope are what that has saved and cost so far, and no policy
 * lies below the lines between them (a knapsack whose items may be split, which
 * the greedy order solves: Dantzig 1957). To release exactly the intervals
 * longer than a break-even time, which stands for a price of memory, gives a
 * point of the envelope.
 *
 * It is exact at these points while costs are per page. What the cost model has
 * beside makes it a lower bound: see hr_page_cost.
 *
 * All sums are exact integers: of memory in pages times ns, of CPU time in
 * units of 1/HR_COST_UNITS ns.
 */
#ifndef HR_SCAVENGE_ENVELOPE_H
#define HR_SCAVENGE_ENVELOPE_H

#include "base/error.h"
#include "heapreplay-policy.h"
#include "scavenge/intervals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_COST_UNITS 512u

/*
 * What releasing a runtime page and faulting it in again costs at least, in
 * units of 1/HR_COST_UNITS ns; at most 2^61 each. The cost of a call is left
 * out, as is that of splitting a huge page; with thp=on a page costs what it
 * costs alone or its share of a huge page, whichever is less; of a physical
 * page larger than 8 KiB it costs its share.
 */
struct hr_page_cost {
	uint64_t release, fault;
};

struct hr_page_cost hr_page_cost(const struct hr_cost *cost, uint64_t phys_page_bytes, uint64_t huge_page_bytes);

/* Releasing pays in intervals longer than this, ns; HR_BREAK_EVEN_NEVER: never. */
struct hr_break_even {
	uint64_t closed_ns; /* those that end with a use: release and fault */
	uint64_t open_ns;   /* those that are open when the trace ends: release only */
};

#define HR_BREAK_EVEN_NEVER UINT64_MAX

/* For a price of memory that makes intervals of that length indifferent. */
struct hr_break_even hr_break_even_at(struct hr_page_cost cost, uint64_t closed_ns);
/* For a price of memory: so many ns of CPU time are worth a GiB for a second; 0: memory is free. */
struct hr_break_even hr_break_even_of_price(struct hr_page_cost cost, uint64_t ns_per_gib_second);

/* Intervals of one length and cost. */
struct hr_envelope_step {
	uint64_t length_ns, pages;
	uint64_t cost; /* of releasing one of them: its units, as above */
};

struct hr_envelope_point {
	unsigned __int128 retained_page_ns, cost;
};

struct hr_envelope {
	struct hr_page_cost page_cost;
	uint64_t duration_ns;
	unsigned __int128 in_use_page_ns;
	size_t nsteps;
	struct hr_envelope_step *steps;	  /* length over cost falls */
	struct hr_envelope_point *points; /* nsteps + 1: nothing is released, then step by step */
};

/*
 * From intervals that are complete. Within a bucket of lengths only count and
 * sum are known: they are taken to lie as far apart as these allow, which saves
 * the most, so that the envelope is a bound there, too; between buckets it is
 * exact. HR_ENOMEM.
 */
enum hr_status hr_envelope_init(struct hr_envelope *e, const struct hr_intervals *v, struct hr_page_cost cost,
				struct hr_error *err);
void hr_envelope_release(struct hr_envelope *e);

/* The least that can be retained with CPU time of cpu_ns, pages times ns. */
long double hr_envelope_retained(const struct hr_envelope *e, uint64_t cpu_ns);
/* The least CPU time, ns, with which no more is retained than this; where nothing achieves that, all there is to spend. */
long double hr_envelope_cpu(const struct hr_envelope *e, unsigned __int128 retained_page_ns);
/* The point at which everything longer than a break-even time is released. */
struct hr_envelope_point hr_envelope_at(const struct hr_envelope *e, uint64_t break_even_ns);
/* The break-even time of a step's intervals, ns; UINT64_MAX where they cost nothing. */
uint64_t hr_envelope_break_even(const struct hr_envelope *e, const struct hr_envelope_step *s);

#endif
