/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the Go scavenger works and how much: the goals, the PI controller, a
 * burst of work, and the sleep after it. Pure arithmetic on numbers that the
 * caller supplies; no clock in here. Doubles are IEEE doubles in the order of
 * the runtime's own operations (build with -ffp-contract=off).
 *
 * Source: mgcscavenge.go (gcPaceScavenger, scavengerState, piController).
 */
#ifndef HR_SCAVENGE_PACING_H
#define HR_SCAVENGE_PACING_H

#include <stdbool.h>
#include <stdint.h>

#define HR_GOAL_OFF UINT64_MAX

/*
 * double to unsigned 64-bit as the runtime's machine does it when the value
 * does not fit: amd64 gives 2^63 for 2^64 and more, 386 with SSE2 gives 0.
 * address_bits: 48 or 32.
 */
uint64_t hr_double_to_u64(double x, int address_bits);

struct hr_pace_input {
	uint64_t memory_limit_bytes; /* 2^63 - 1: none */
	uint64_t mapped_ready_bytes;
	uint64_t heap_goal_bytes, last_heap_goal_bytes;
	uint64_t last_heap_in_use_bytes;
	uint64_t in_use_bytes, free_bytes;
	uint64_t phys_page_bytes;
};

struct hr_goals {
	uint64_t gc_percent_bytes;   /* of retained; HR_GOAL_OFF */
	uint64_t memory_limit_bytes; /* of mapped-ready; HR_GOAL_OFF */
};

struct hr_pace_rules {
	double retain_extra_percent; /* retainExtraPercent: of its goal, that the background leaves above it; 0..100 */
	double limit_factor;	     /* of the memory limit, which the background keeps mapped memory below */
};

/* Of the limit all but the reserve (reduceExtraPercent); with the bug of Go up to 1.21 a hundred times that. */
double hr_limit_factor(double reserve_percent, bool with_bug);

/* gcPaceScavenger. */
struct hr_goals hr_pace(const struct hr_pace_input *in, const struct hr_pace_rules *rules, int address_bits);

/* piController. Fields are the runtime's. */
struct hr_pi {
	double kp, ti, tt, min, max;
	double err_integral;
	bool err_overflow, input_overflow; /* sticky */
};

/* False: the controller broke down and was reset; *out is min. piController.next. */
bool hr_pi_next(struct hr_pi *c, double input, double setpoint, double period, double *out);

/* The constants that the background's pace rests on. */
struct hr_bg_rules {
	double share_percent;	/* scavengePercent: of all processors' time, 0..100 */
	uint64_t quantum_bytes; /* what it asks for in one round of a burst */
	uint64_t burst_ns;	/* minScavWorkTime: a burst is at least so long, or counts as that */
	uint64_t guess_ns;	/* approxWorkedNSPerPhysicalPage */
	bool timed;		/* what a release costs is measured, and guessed only where the clock sees nothing */
};

/* The runtime's. */
extern const struct hr_bg_rules hr_bg_runtime;

/* scavengerState, as far as it is arithmetic. */
struct hr_bg {
	struct hr_bg_rules rules;
	struct hr_pi pi;
	double sleep_ratio;
	int64_t cooldown_ns;
	bool reset; /* the controller was reset since the caller last cleared this */
	/* The burst in progress. */
	double worked_ns;
	uint64_t released_bytes;
};

void hr_bg_init(struct hr_bg *bg, const struct hr_bg_rules *rules);
/* scavengerState.run, taken apart so that the caller can let time pass inside: */
void hr_bg_burst_begin(struct hr_bg *bg);
/* One scavenge of a quantum released `bytes` in `ns`. True: the burst goes on (ask shouldStop, scavenge again). */
bool hr_bg_burst_step(struct hr_bg *bg, uint64_t bytes, double ns, uint64_t phys_page_bytes);
/* scavengerState.sleep, in two halves. How long to sleep after a burst that worked so long, ns. */
int64_t hr_bg_sleep_request(const struct hr_bg *bg, double worked_ns);
/* The sleep lasted slept_ns; adjusts the controller. procs: GOMAXPROCS. */
void hr_bg_slept(struct hr_bg *bg, double worked_ns, double slept_ns, unsigned procs);

#endif
