/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/envelope.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Costs are held below this, so that products with lengths fit in 128 bits. */
#define MAX_COST (UINT64_C(1) << 61)

typedef unsigned __int128 u128;

/* --- costs ----------------------------------------------------------------- */

/* `ns` for every `bytes`, as units a runtime page. */
static uint64_t cost_of_page(uint64_t ns, uint64_t bytes)
{
	u128 units = (u128)ns * HR_COST_UNITS * HR_PAGE_BYTES / bytes;

	return units < MAX_COST ? (uint64_t)units : MAX_COST;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct hr_page_cost hr_page_cost(const struct hr_cost *cost, uint64_t phys_page_bytes, uint64_t huge_page_bytes)
{
	struct hr_page_cost c = {cost_of_page(hr_cost_of_page(cost, phys_page_bytes), phys_page_bytes),
				 cost_of_page(hr_cost_of_fault(cost, phys_page_bytes), phys_page_bytes)};

	if (cost->thp && huge_page_bytes > 0) {
		c.release = least(c.release, cost_of_page(cost->huge_release_ns, huge_page_bytes));
		c.fault = least(c.fault, cost_of_page(cost->huge_fault_ns, huge_page_bytes));
	}
	return c;
}

/* --- break-even times ------------------------------------------------------ */

struct hr_break_even hr_break_even_at(struct hr_page_cost cost, uint64_t closed_ns)
{
	uint64_t both = cost.release + cost.fault;

	if (both == 0 || closed_ns == HR_BREAK_EVEN_NEVER)
		return (struct hr_break_even){closed_ns, closed_ns};
	return (struct hr_break_even){closed_ns, (uint64_t)((u128)closed_ns * cost.release / both)};
}

/* The time for which a page costs so many units. */
static uint64_t time_worth(uint64_t units, uint64_t ns_per_gib_second)
{
	/* units / HR_COST_UNITS = length / 1 s * price * page / 1 GiB */
	u128 ns = (u128)units * (UINT64_C(1000000000) * ((UINT64_C(1) << 30) / HR_PAGE_BYTES) / HR_COST_UNITS);

	ns /= ns_per_gib_second;
	return ns < HR_BREAK_EVEN_NEVER ? (uint64_t)ns : HR_BREAK_EVEN_NEVER;
}

struct hr_break_even hr_break_even_of_price(struct hr_page_cost cost, uint64_t ns_per_gib_second)
{
	if (ns_per_gib_second == 0)
		return (struct hr_break_even){HR_BREAK_EVEN_NEVER, HR_BREAK_EVEN_NEVER};
	return (struct hr_break_even){time_worth(cost.release + cost.fault, ns_per_gib_second),
				      time_worth(cost.release, ns_per_gib_second)};
}

/* --- steps ----------------------------------------------------------------- */

static void add_step(struct hr_envelope *e, uint64_t length_ns, uint64_t pages, uint64_t cost)
{
	if (length_ns > 0 && pages > 0)
		e->steps[e->nsteps++] = (struct hr_envelope_step){length_ns, pages, cost};
}

/* As many as possible at the longest length, one in between, the rest at the shortest. */
static void spread(struct hr_envelope *e, unsigned bucket, const struct hr_interval_sum *sum, uint64_t cost)
{
	uint64_t low = hr_interval_bucket_low(bucket), width = hr_interval_bucket_high(bucket) - low;
	u128 above = sum->page_ns - (u128)low * sum->pages;
	uint64_t longest = width > 0 ? (uint64_t)(above / width) : 0;
	uint64_t rest = width > 0 ? (uint64_t)(above % width) : 0;

	add_step(e, low + width, longest, cost);
	if (rest > 0)
		add_step(e, low + rest, 1, cost);
	add_step(e, low, sum->pages - longest - (rest > 0), cost);
}

/* Length over cost, the highest first; the order is total, so that it is the same everywhere. */
static int by_worth(const void *a, const void *b)
{
	const struct hr_envelope_step *x = a, *y = b;
	u128 left = (u128)x->length_ns * y->cost, right = (u128)y->length_ns * x->cost;

	if (left != right)
		return left < right ? 1 : -1;
	if (x->cost != y->cost)
		return x->cost > y->cost ? 1 : -1;
	return (x->length_ns < y->length_ns) - (x->length_ns > y->length_ns);
}

static uint64_t cost_of_class(struct hr_page_cost cost, unsigned class)
{
	return (class & HR_INTERVAL_BEFORE ? 0 : cost.release) + (class & HR_INTERVAL_OPEN ? 0 : cost.fault);
}

static void collect_steps(struct hr_envelope *e, const struct hr_intervals *v)
{
	for (unsigned class = 0; class < HR_INTERVAL_CLASSES; class ++)
		for (unsigned b = 0; b < HR_INTERVAL_BUCKETS; b++)
			if (v->sums[class][b].pages > 0)
				spread(e, b, &v->sums[class][b], cost_of_class(e->page_cost, class));
	if (e->nsteps > 0)
		qsort(e->steps, e->nsteps, sizeof(*e->steps), by_worth);
}

enum hr_status hr_envelope_init(struct hr_envelope *e, const struct hr_intervals *v, struct hr_page_cost cost,
				struct hr_error *err)
{
	size_t used = 0;

	memset(e, 0, sizeof(*e));
	for (unsigned class = 0; class < HR_INTERVAL_CLASSES; class ++)
		for (unsigned b = 0; b < HR_INTERVAL_BUCKETS; b++)
			used += v->sums[class][b].pages > 0;
	e->page_cost = cost;
	e->duration_ns = v->end_ns > v->from_ns ? v->end_ns - v->from_ns : 0;
	e->in_use_page_ns = v->in_use_page_ns;
	e->steps = hr_calloc(3 * used + 1, sizeof(*e->steps));
	e->points = hr_calloc(3 * used + 1, sizeof(*e->points));
	if (e->steps == NULL || e->points == NULL) {
		hr_envelope_release(e);
		return hr_error_set(err, HR_ENOMEM, "out of memory for the envelope");
	}
	collect_steps(e, v);
	e->points[0] = (struct hr_envelope_point){v->kept_page_ns, 0};
	for (size_t i = 0; i < e->nsteps; i++) {
		const struct hr_envelope_step *s = &e->steps[i];

		e->points[i + 1].retained_page_ns = e->points[i].retained_page_ns - (u128)s->length_ns * s->pages;
		e->points[i + 1].cost = e->points[i].cost + (u128)s->cost * s->pages;
	}
	return HR_OK;
}

void hr_envelope_release(struct hr_envelope *e)
{
	free(e->steps);
	free(e->points);
	memset(e, 0, sizeof(*e));
}

/* --- looking up ------------------------------------------------------------ */

/* How many of the points from the second on satisfy a condition that none does after one that doesn't. */
static size_t points_while(const struct hr_envelope *e,
			   bool (*holds)(const struct hr_envelope *e, size_t i, const void *arg), const void *arg)
{
	size_t low = 0, high = e->nsteps;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holds(e, middle + 1, arg))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool costs_no_more(const struct hr_envelope *e, size_t i, const void *arg)
{
	return e->points[i].cost <= *(const u128 *)arg;
}

static bool retains_no_less(const struct hr_envelope *e, size_t i, const void *arg)
{
	return e->points[i].retained_page_ns >= *(const u128 *)arg;
}

long double hr_envelope_retained(const struct hr_envelope *e, uint64_t cpu_ns)
{
	u128 budget = (u128)cpu_ns * HR_COST_UNITS;
	size_t i = points_while(e, costs_no_more, &budget);
	long double retained = (long double)e->points[i].retained_page_ns;

	if (i < e->nsteps)
		retained -= (long double)(budget - e->points[i].cost) / (long double)e->steps[i].cost *
			    (long double)e->steps[i].length_ns;
	return retained;
}

long double hr_envelope_cpu(const struct hr_envelope *e, unsigned __int128 retained_page_ns)
{
	size_t i = points_while(e, retains_no_less, &retained_page_ns);
	long double cost = (long double)e->points[i].cost;

	if (i < e->nsteps && e->points[i].retained_page_ns > retained_page_ns)
		cost += (long double)(e->points[i].retained_page_ns - retained_page_ns) /
			(long double)e->steps[i].length_ns * (long double)e->steps[i].cost;
	return cost / HR_COST_UNITS;
}

static bool is_longer(const struct hr_envelope *e, size_t i, const void *arg)
{
	const struct hr_envelope_step *s = &e->steps[i - 1];

	return (u128)s->length_ns * (e->page_cost.release + e->page_cost.fault) >
	       (u128) * (const uint64_t *)arg * s->cost;
}

struct hr_envelope_point hr_envelope_at(const struct hr_envelope *e, uint64_t break_even_ns)
{
	return e->points[points_while(e, is_longer, &break_even_ns)];
}

uint64_t hr_envelope_break_even(const struct hr_envelope *e, const struct hr_envelope_step *s)
{
	u128 ns;

	if (s->cost == 0)
		return UINT64_MAX;
	ns = (u128)s->length_ns * (e->page_cost.release + e->page_cost.fault) / s->cost;
	return ns < UINT64_MAX ? (uint64_t)ns : UINT64_MAX;
}
