/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs of objects: a few flows of allocations, each with a rate, a mix of
 * sizes, and a mean lifetime. Arrivals of a flow are a Poisson process, and
 * lifetimes are exponential: so every live object of a flow is as likely as any
 * other to be the next that dies, whenever that is, and nothing needs to be
 * scheduled. An event costs two random numbers and a step in two arrays, and
 * memory is 8 bytes an object that is live: what counts for speed is how much of
 * that is in a cache. A script (script.h) sets rates and lifetimes, and lets all
 * of a flow's objects die.
 *
 * Time and rates are in integers (2^-6 ns; 2^-52 a ns).
 *
 * Source: Gillespie, "A general method for numerically simulating the stochastic
 * time evolution of coupled chemical reactions", 1976 (the direct method).
 */
#ifndef HR_GENERATE_FLOWS_H
#define HR_GENERATE_FLOWS_H

#include "base/random.h"
#include "generate/kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of `weight` in 65536 objects has from .. to bytes, each as likely; both multiples of 8. A weight of 0 ends. */
struct hr_size_band {
	uint32_t weight, from, to;
};

/* What servers allocate: most objects are small, most bytes are in buffers. 1,769 bytes in the mean. */
extern const struct hr_size_band hr_sizes_mixed[];
/* The same without buffers: 110 bytes in the mean. */
extern const struct hr_size_band hr_sizes_small[];

#define HR_MAX_FLOWS 4

struct hr_flow {
	const struct hr_size_band *sizes;
	uint64_t arrivals; /* a ns, in units of 2^-52 */
	uint64_t deaths;   /* of one object a ns, likewise */
	uint32_t *live;	   /* numbers */
	size_t n, cap;
};

struct hr_flows {
	struct hr_random random;
	/*
	 * Numbers are given as trace/ledger.h gives them. By number: the size of a
	 * live object; else the number that was freed before.
	 */
	uint32_t *objects;
	size_t numbers, room;
	uint32_t first_free;
	struct hr_flow at[HR_MAX_FLOWS];
	unsigned n;
	uint64_t now; /* in units of 2^-6 ns */
	uint16_t procs;
	int16_t p;	 /* that allocates now */
	uint32_t p_left; /* allocations until another does */
};

/* Flow i of the n has sizes[i]; all rates are 0. */
void hr_flows_init(struct hr_flows *f, const struct hr_workload *common, uint64_t seed, unsigned n,
		   const struct hr_size_band *const sizes[]);
void hr_flows_release(struct hr_flows *f);

/* Mean bytes of an object. */
uint64_t hr_sizes_mean(const struct hr_size_band *sizes);
/* The flow allocates bytes_a_second on average, up to HR_WORKLOAD_MAX_BYTES. */
void hr_flow_set_rate(struct hr_flow *flow, uint64_t bytes_a_second);
/* Its objects live for mean_ns on average, of at least a microsecond; UINT64_MAX: until they are made to die. */
void hr_flow_set_lifetime(struct hr_flow *flow, uint64_t mean_ns);
/* The lifetime with which the flow comes to rest at live_bytes. */
void hr_flow_set_live(struct hr_flow *flow, uint64_t bytes_a_second, uint64_t live_bytes);
/* Arrivals and deaths of all flows together a ns, in units of 2^-52; 0: nothing can happen. */
uint64_t hr_flows_rate(const struct hr_flows *f);

/*
 * Runs until until_ns, or until out holds `most` events; *reached says which.
 * HR_ENOMEM.
 */
enum hr_status hr_flows_run(struct hr_flows *f, uint64_t until_ns, size_t most, struct hr_events *out, bool *reached);
/* All but `keep` objects of the flow, chosen at random, die now. HR_ENOMEM. */
enum hr_status hr_flow_drain(struct hr_flows *f, struct hr_flow *flow, size_t keep, struct hr_events *out);

/* Events that a program of flows makes at a time. */
#define HR_FLOWS_BATCH 4096

#endif
