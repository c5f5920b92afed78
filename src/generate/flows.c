/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "generate/flows.h"

#include "trace/ledger.h"

#define TIME_BITS 6
#define RATE_BITS 52
#define NS_A_SECOND UINT64_C(1000000000)
#define ALLOCS_A_TURN 64 /* on average, before another P allocates */

const struct hr_size_band hr_sizes_mixed[] = {
    {26214, 16, 64},	 {19661, 72, 256},     {11796, 264, 1024}, {5243, 1032, 4096},
    {2294, 4104, 32768}, {328, 32776, 262144}, {0, 0, 0},
};

const struct hr_size_band hr_sizes_small[] = {
    {32768, 16, 64},
    {22938, 72, 192},
    {9830, 200, 384},
    {0, 0, 0},
};

void hr_flows_init(struct hr_flows *f, const struct hr_workload *common, uint64_t seed, unsigned n,
		   const struct hr_size_band *const sizes[])
{
	*f = (struct hr_flows){.n = n, .procs = (uint16_t)common->procs, .first_free = HR_NO_NUMBER};
	hr_random_seed(&f->random, seed);
	for (unsigned i = 0; i < n; i++)
		f->at[i].sizes = sizes[i];
}

void hr_flows_release(struct hr_flows *f)
{
	for (unsigned i = 0; i < f->n; i++)
		free(f->at[i].live);
	free(f->objects);
}

/* --- rates ------------------------------------------------------------------- */

uint64_t hr_sizes_mean(const struct hr_size_band *sizes)
{
	uint64_t sum = 0;

	for (; sizes->weight != 0; sizes++)
		sum += (uint64_t)sizes->weight * (sizes->from + sizes->to) / 2;
	return sum / 65536;
}

void hr_flow_set_rate(struct hr_flow *flow, uint64_t bytes_a_second)
{
	unsigned __int128 rate = (unsigned __int128)bytes_a_second << RATE_BITS;

	flow->arrivals = (uint64_t)(rate / (hr_sizes_mean(flow->sizes) * NS_A_SECOND));
}

void hr_flow_set_lifetime(struct hr_flow *flow, uint64_t mean_ns)
{
	flow->deaths = mean_ns == UINT64_MAX ? 0 : (UINT64_C(1) << RATE_BITS) / mean_ns;
}

void hr_flow_set_live(struct hr_flow *flow, uint64_t bytes_a_second, uint64_t live_bytes)
{
	unsigned __int128 ns = (unsigned __int128)live_bytes * NS_A_SECOND / (bytes_a_second ? bytes_a_second : 1);

	hr_flow_set_lifetime(flow, ns < 1000 ? 1000 : ns > UINT64_MAX / 2 ? UINT64_MAX / 2 : (uint64_t)ns);
}

uint64_t hr_flows_rate(const struct hr_flows *f)
{
	uint64_t total = 0;

	for (const struct hr_flow *flow = f->at; flow < f->at + f->n; flow++)
		total += flow->arrivals + flow->n * flow->deaths;
	return total;
}

/* --- one event --------------------------------------------------------------- */

static uint32_t draw_size(struct hr_random *random, const struct hr_size_band *b)
{
	uint64_t x = hr_random_next(random), which = x >> 48;

	for (; (b + 1)->weight != 0 && which >= b->weight; b++)
		which -= b->weight;
	return b->from + 8 * (uint32_t)(((x & UINT32_MAX) * ((b->to - b->from) / 8 + 1)) >> 32);
}

/* Whose turn it is: goroutines stay on their P for a while. */
static int16_t draw_p(struct hr_flows *f)
{
	if (f->p_left == 0) {
		f->p = (int16_t)hr_random_below(&f->random, f->procs);
		f->p_left = 1 + (uint32_t)hr_random_below(&f->random, 2 * ALLOCS_A_TURN - 1);
	}
	f->p_left--;
	return f->p;
}

/* HR_NO_NUMBER: there is no room. */
static uint32_t give_number(struct hr_flows *f, uint32_t size)
{
	uint32_t number = f->first_free;

	if (number != HR_NO_NUMBER) {
		f->first_free = f->objects[number];
	} else {
		if (f->numbers == HR_NO_NUMBER - 1 ||
		    (f->numbers == f->room && !hr_reserve(&f->objects, &f->room, f->numbers + 1, sizeof(*f->objects))))
			return HR_NO_NUMBER;
		number = (uint32_t)f->numbers++;
	}
	f->objects[number] = size;
	return number;
}

/* Returns its size. */
static uint32_t take_back(struct hr_flows *f, uint32_t number)
{
	uint32_t size = f->objects[number];

	f->objects[number] = f->first_free;
	f->first_free = number;
	return size;
}

static bool arrive(struct hr_flows *f, struct hr_flow *flow, struct hr_events *out)
{
	uint32_t size = draw_size(&f->random, flow->sizes);
	struct hr_event *e = hr_events_add(out, HR_EV_OBJ_ALLOC, f->now >> TIME_BITS);
	uint32_t number;

	if (e == NULL ||
	    (flow->n == flow->cap && !hr_reserve(&flow->live, &flow->cap, flow->n + 1, sizeof(*flow->live))))
		return false;
	number = give_number(f, size);
	if (number == HR_NO_NUMBER)
		return false;
	flow->live[flow->n++] = number;
	e->addr = number;
	e->size = size;
	e->p = draw_p(f);
	return true;
}

/* A collector finds what is dead; no P frees it. which: of the flow's live ones. */
static bool die(struct hr_flows *f, struct hr_flow *flow, size_t which, struct hr_events *out)
{
	struct hr_event *e = hr_events_add(out, HR_EV_OBJ_FREE, f->now >> TIME_BITS);

	if (e == NULL)
		return false;
	e->addr = flow->live[which];
	e->size = take_back(f, flow->live[which]);
	flow->live[which] = flow->live[--flow->n];
	return true;
}

static bool happen(struct hr_flows *f, uint64_t total, struct hr_events *out)
{
	uint64_t x = hr_random_below(&f->random, total);

	for (struct hr_flow *flow = f->at; flow < f->at + f->n; flow++) {
		uint64_t deaths = flow->n * flow->deaths;

		if (x < flow->arrivals)
			return arrive(f, flow, out);
		x -= flow->arrivals;
		if (x < deaths)
			return die(f, flow, hr_random_below(&f->random, flow->n), out);
		x -= deaths;
	}
	return false; /* not reached: x is below the sum */
}

enum hr_status hr_flows_run(struct hr_flows *f, uint64_t until_ns, size_t most, struct hr_events *out, bool *reached)
{
	uint64_t until = until_ns << TIME_BITS;

	*reached = false;
	while (out->n < most) {
		uint64_t total = hr_flows_rate(f), gap = UINT64_MAX;

		/* An exponential is below 2^38 in its unit of 2^-32, so that nothing is lost above. */
		if (total > 0)
			gap = (hr_random_exponential(&f->random) << (RATE_BITS + TIME_BITS - 32)) / total;
		/* What has not happened by then is drawn anew: the process has no memory. */
		if (gap >= until - f->now) {
			f->now = until;
			*reached = true;
			return HR_OK;
		}
		f->now += gap;
		if (!happen(f, total, out))
			return HR_ENOMEM;
	}
	return HR_OK;
}

enum hr_status hr_flow_drain(struct hr_flows *f, struct hr_flow *flow, size_t keep, struct hr_events *out)
{
	/* Those that stay are chosen first; the others go in their order, which is easy on caches. */
	for (size_t i = 0; i < keep && keep < flow->n; i++) {
		size_t which = i + hr_random_below(&f->random, flow->n - i);
		uint32_t number = flow->live[which];

		flow->live[which] = flow->live[i];
		flow->live[i] = number;
	}
	while (flow->n > keep)
		if (!die(f, flow, flow->n - 1, out))
			return HR_ENOMEM;
	return HR_OK;
}
