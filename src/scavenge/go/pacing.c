/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scavenger's arithmetic. The order of operations is the runtime's, since
 * results are compared with it bit by bit; integer parts are integers there, too.
 */
#include "config.h"

#include "scavenge/go/pacing.h"

#include "base/bits.h"

#include <math.h>
#include <string.h>

#define START_SLEEP_RATIO 0.001 /* startingScavSleepRatio */
#define COOLDOWN_NS INT64_C(5000000000)
#define MAX_SLEEP_NS INT64_C(4000000000000000000)

const struct hr_bg_rules hr_bg_runtime = {
    .share_percent = 1,
    .quantum_bytes = 64 << 10,
    .burst_ns = 1000000,
    .guess_ns = 10000,
    .timed = true,
};

uint64_t hr_double_to_u64(double x, int address_bits)
{
	const double two63 = 9223372036854775808.0;

	if (x >= 0 && x < two63)
		return (uint64_t)x;
	if (x >= two63 && x < 2 * two63)
		return (uint64_t)(x - two63) + (UINT64_C(1) << 63);
	/* For values below 0 the hardware converts to a signed number, whose bits the runtime takes as unsigned. */
	if (x >= -two63 && x < 0)
		return (uint64_t)(int64_t)x;
	return address_bits == 32 ? 0 : UINT64_C(1) << 63;
}

double hr_limit_factor(double reserve_percent, bool with_bug)
{
	return with_bug ? 100 - reserve_percent : 1 - reserve_percent / 100.0;
}

/* Whole bytes, as the runtime's integer division by 10 gives them for 10 %. */
static uint64_t share_of(uint64_t bytes, double percent)
{
	return (uint64_t)((unsigned __int128)bytes * (uint64_t)llround(percent * 1e6) / 100000000);
}

static uint64_t memory_limit_goal(const struct hr_pace_input *in, double limit_factor, int address_bits)
{
	uint64_t goal = hr_double_to_u64((double)in->memory_limit_bytes * limit_factor, address_bits);

	return in->mapped_ready_bytes <= goal ? HR_GOAL_OFF : goal;
}

static uint64_t gc_percent_goal(const struct hr_pace_input *in, double retain_extra_percent, int address_bits)
{
	uint64_t goal, retained = in->in_use_bytes + in->free_bytes;
	double ratio;

	if (in->last_heap_goal_bytes == 0)
		return HR_GOAL_OFF;
	ratio = (double)in->heap_goal_bytes / (double)in->last_heap_goal_bytes;
	goal = hr_double_to_u64((double)in->last_heap_in_use_bytes * ratio, address_bits);
	goal += share_of(goal, retain_extra_percent);
	goal = hr_align_up(goal, in->phys_page_bytes);
	return retained <= goal || retained - goal < in->phys_page_bytes ? HR_GOAL_OFF : goal;
}

struct hr_goals hr_pace(const struct hr_pace_input *in, const struct hr_pace_rules *rules, int address_bits)
{
	return (struct hr_goals){
	    .gc_percent_bytes = gc_percent_goal(in, rules->retain_extra_percent, address_bits),
	    .memory_limit_bytes = memory_limit_goal(in, rules->limit_factor, address_bits),
	};
}

bool hr_pi_next(struct hr_pi *c, double input, double setpoint, double period, double *out)
{
	double raw = c->kp * (setpoint - input) + c->err_integral, clamped;

	*out = c->min;
	if (!isfinite(raw)) {
		c->err_integral = 0;
		c->input_overflow = true;
		return false;
	}
	clamped = raw < c->min ? c->min : raw > c->max ? c->max : raw;
	if (c->ti != 0 && c->tt != 0) {
		/* The second term unwinds the integral while the output is clamped. */
		c->err_integral += (c->kp * period / c->ti) * (setpoint - input) + (period / c->tt) * (clamped - raw);
		if (!isfinite(c->err_integral)) {
			c->err_integral = 0;
			c->err_overflow = true;
			return false;
		}
	}
	*out = clamped;
	return true;
}

void hr_bg_init(struct hr_bg *bg, const struct hr_bg_rules *rules)
{
	memset(bg, 0, sizeof(*bg));
	bg->rules = *rules;
	bg->pi = (struct hr_pi){.kp = 0.3375, .ti = 3.2e6, .tt = 1e9, .min = 0.001, .max = 1000.0};
	bg->sleep_ratio = START_SLEEP_RATIO;
}

void hr_bg_burst_begin(struct hr_bg *bg)
{
	bg->worked_ns = 0;
	bg->released_bytes = 0;
}

bool hr_bg_burst_step(struct hr_bg *bg, uint64_t bytes, double ns, uint64_t phys_page_bytes)
{
	const struct hr_bg_rules *r = &bg->rules;
	bool guess = ns == 0 || !r->timed;

	/* The clock is too coarse to measure the work: assume the measured cost of a physical page. */
	bg->worked_ns += guess ? (double)r->guess_ns * (double)(bytes / phys_page_bytes) : ns;
	bg->released_bytes += bytes;
	/* Less was released than requested: nothing is left to release. */
	return bytes > 0 && bytes >= r->quantum_bytes && bg->worked_ns < (double)r->burst_ns;
}

static double at_least_a_burst(const struct hr_bg *bg, double worked_ns)
{
	double burst_ns = (double)bg->rules.burst_ns;

	return worked_ns < burst_ns ? burst_ns : worked_ns;
}

int64_t hr_bg_sleep_request(const struct hr_bg *bg, double worked_ns)
{
	double ns = at_least_a_burst(bg, worked_ns) / bg->sleep_ratio;

	return ns < (double)MAX_SLEEP_NS ? (int64_t)ns : MAX_SLEEP_NS;
}

void hr_bg_slept(struct hr_bg *bg, double worked_ns, double slept_ns, unsigned procs)
{
	double cpu_fraction;

	worked_ns = at_least_a_burst(bg, worked_ns);
	if (bg->cooldown_ns > 0) {
		int64_t passed_ns = (int64_t)slept_ns + (int64_t)worked_ns;

		bg->cooldown_ns = passed_ns > bg->cooldown_ns ? 0 : bg->cooldown_ns - passed_ns;
		return;
	}
	cpu_fraction = worked_ns / ((slept_ns + worked_ns) * (double)procs);
	if (!hr_pi_next(&bg->pi, cpu_fraction, bg->rules.share_percent / 100, slept_ns + worked_ns, &bg->sleep_ratio)) {
		bg->sleep_ratio = START_SLEEP_RATIO;
		bg->cooldown_ns = COOLDOWN_NS;
		bg->reset = true;
	}
}
