/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/objects/cycles.h"

#include "base/alloc.h"
#include "heap/gcmark.h"
#include "heap/gcpacer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_NS 20e6	/* time that the mean looks back */
#define CLOSED_LOOP 0.9 /* Ps: a program that keeps so many busy waits for nobody */
#define LEAST_DRAG 0.3
#define SAME_NS 1000000 /* by which the time of a record of CPU time may differ from that of mark done */
#define BACKGROUND HR_GC_BACKGROUND

static void pass_time(struct hr_busy *b, uint64_t time_ns)
{
	double dt = (double)(time_ns - b->last_ns);

	b->last_ns = time_ns;
	if (!b->marking)
		b->mean += ((double)b->running - b->mean) * (dt / (dt + BUSY_NS));
}

void hr_busy_take(struct hr_busy *b, const struct hr_event *e)
{
	bool start = e->kind == HR_EV_PROC_START;

	switch (e->kind) {
	case HR_EV_PROC_START:
	case HR_EV_PROC_STOP:
		pass_time(b, e->time_ns);
		if (e->p < 0 || e->p >= HR_MAX_BUSY_PS || b->on[e->p] == start)
			return;
		b->on[e->p] = start;
		b->running += start ? 1u : (unsigned)-1;
		break;
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_END:
		pass_time(b, e->time_ns);
		b->marking = e->kind == HR_EV_GC_BEGIN;
		break;
	default:
		break;
	}
}

void hr_cycles_init(struct hr_cycles *c)
{
	memset(c, 0, sizeof(*c));
	c->procs = 1;
}

void hr_cycles_release(struct hr_cycles *c)
{
	free(c->list);
	hr_cycles_init(c);
}

double hr_speed_beside(double procs, double busy, double assists)
{
	double threads = busy > 1 ? busy : 1, left = procs * (1 - BACKGROUND);

	left = (threads < left ? threads : left) - assists;
	if (left < 0.05)
		left = 0.05;
	return left < busy ? left / busy : 1;
}

double hr_cycle_assists(const struct hr_cycle *c)
{
	return c->end_ns > c->begin_ns ? (double)c->assist_ns / (double)(c->end_ns - c->begin_ns) : 0;
}

double hr_cycles_drag(const struct hr_cycles *c)
{
	double drag = c->would > 1000 ? c->had / c->would : 1;

	return drag < LEAST_DRAG ? LEAST_DRAG : drag < 1 ? drag : 1;
}

/* Allocations a second while marking, beside those before: of a program that waits for nothing. */
static void learn_drag(struct hr_cycles *c, const struct hr_cycle *y)
{
	double rate;

	if (y->busy < CLOSED_LOOP || y->before_ns == 0)
		return;
	rate = (double)y->births_before / (double)y->before_ns;
	c->had = c->had / 2 + (double)y->births;
	c->would = c->would / 2 +
		   rate * (double)(y->end_ns - y->begin_ns) * hr_speed_beside(c->procs, y->busy, hr_cycle_assists(y));
}

/* The share of all Ps that marks in the background by the rule, with so many busy. */
static double share_by_rule(const struct hr_cycles *c, const struct hr_cycle *y)
{
	double idle = 1 - y->busy / c->procs;

	return idle > BACKGROUND ? idle : BACKGROUND;
}

/* What the cycle tells of the cost of marking: by the trace's own CPU times, else by shares of the CPU. */
static void learn_cost(const struct hr_cycles *c, struct hr_cycle *y)
{
	double cpu = (double)(y->end_ns - y->begin_ns) * c->procs, rule = share_by_rule(c, y), ns;
	uint64_t grown = y->most_live_bytes > y->begin_live_bytes ? y->most_live_bytes - y->begin_live_bytes : 0;

	if (y->marked_bytes == 0 || cpu <= 0 || (c->any_side && y->cpu_ns == 0))
		return;
	ns = y->cpu_ns != 0 ? (double)y->cpu_ns : cpu * rule + (double)y->assist_ns;
	y->work_ns = ns < cpu ? ns : cpu;
	/* What was allocated while it marked survived without work. */
	if (grown > y->marked_bytes / 2)
		grown = y->marked_bytes / 2;
	y->work_bytes = (double)(y->marked_bytes - grown);
	ns = y->work_ns - (double)y->assist_ns;
	y->share = ns > 0 ? ns / (cpu * rule) : 0;
}

/* What the trace tells of the CPU time of a cycle: the record whose mark done is that of the cycle. */
static void take_sides(struct hr_cycles *c, struct hr_cycle *y, const struct hr_sides *sides)
{
	for (; c->next_side < sides->ngc_cpu; c->next_side++) {
		const struct hr_gc_cpu *r = &sides->gc_cpu[c->next_side];
		uint64_t parts[] = {r->dedicated_ns, r->fractional_ns, r->idle_ns, r->assist_ns};

		if (r->time_ns > y->end_ns + SAME_NS)
			return;
		if (r->time_ns + SAME_NS < y->end_ns)
			continue;
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (parts[i] != HR_NOT_KNOWN)
				y->cpu_ns += parts[i];
		if (r->assist_ns != HR_NOT_KNOWN)
			y->assist_ns = r->assist_ns;
		if (r->stw_ns != HR_NOT_KNOWN)
			y->stw_ns = r->stw_ns * (r->procs != HR_NOT_KNOWN ? r->procs : c->procs);
		c->any_side = true;
		c->next_side++;
		return;
	}
}

void hr_cycles_settle(struct hr_cycles *c, const struct hr_sides *sides)
{
	for (; c->settled < c->n; c->settled++) {
		struct hr_cycle *y = &c->list[c->settled];

		if (sides != NULL)
			take_sides(c, y, sides);
		learn_drag(c, y);
		learn_cost(c, y);
		if (y->work_bytes > 0 && y->cpu_ns != 0) {
			c->stw_ns = c->stw_ns / 2 + (double)y->stw_ns;
			c->stw_cycles = c->stw_cycles / 2 + 1;
		}
	}
}

/* The first cycle that began at that time or later; n: none did. */
static size_t first_from(const struct hr_cycles *c, uint64_t begin_ns)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t half = (low + high) / 2;

		if (c->list[half].begin_ns < begin_ns)
			low = half + 1;
		else
			high = half;
	}
	return low;
}

#define COST_CYCLES 8 /* on either side; one that is further away counts a quarter as much as the one before it */

/* How much the cycle before that time weighs, of it and the next one: all, where the next begins no time soon. */
static double weight_before(const struct hr_cycles *c, size_t at, uint64_t trace_ns)
{
	uint64_t from;

	if (at == 0)
		return 0;
	if (at >= c->settled)
		return 1;
	from = c->list[at - 1].begin_ns;
	return (double)(c->list[at].begin_ns - trace_ns) / (double)(c->list[at].begin_ns - from);
}

struct hr_mark_cost hr_cycles_mark_cost(const struct hr_cycles *c, uint64_t trace_ns)
{
	size_t at = first_from(c, trace_ns), from = at > COST_CYCLES ? at - COST_CYCLES : 0;
	double before = weight_before(c, at, trace_ns), bytes = 0, ns = 0, by_rule = 0, marked = 0;
	struct hr_mark_cost cost = {0, 1};

	for (size_t i = from; i < c->settled && i < at + COST_CYCLES; i++) {
		const struct hr_cycle *y = &c->list[i];
		size_t away = i < at ? at - 1 - i : i - at;
		/* A hundredth at least, so that there is an answer where only the other side tells. */
		double weight = ((i < at ? before : 1 - before) + 0.01) / (double)(1u << 2 * away),
		       background = y->work_ns - (double)y->assist_ns;

		if (y->work_bytes <= 0)
			continue;
		bytes += weight * y->work_bytes;
		ns += weight * y->work_ns;
		if (y->share <= 0)
			continue;
		marked += weight * background;
		by_rule += weight * background / y->share;
	}
	if (bytes > 0)
		cost.ns_per_byte = ns / bytes;
	if (by_rule > 0)
		cost.share = marked / by_rule;
	return cost;
}

/* So far below the goal it began, by the ends of a trigger's range at least or at most; marked: before it. */
static void runway_of(const struct hr_cycle *y, uint64_t marked, double *low, double *high)
{
	uint64_t live = y->begin_live_bytes, least, most, slack;
	struct hr_gc_goal goal = {.goal = y->goal_bytes};

	*low = 0;
	*high = INFINITY;
	if (marked == 0 || y->forced || goal.goal <= marked || goal.goal == UINT64_MAX)
		return;
	least = hr_gc_trigger(goal, marked, UINT64_MAX / 2);
	most = hr_gc_trigger(goal, marked, 0);
	slack = (goal.goal - marked) / 64;
	if (live + slack < least)
		return;
	if (live > least + slack)
		*high = (double)(goal.goal > live ? goal.goal - live : 0) / (double)marked;
	if (live + slack < most)
		*low = (double)(goal.goal - (live > least ? live : least)) / (double)marked;
	else
		*high = (double)(goal.goal - most) / (double)marked;
}

void hr_cycles_runway(const struct hr_cycles *c, uint64_t trace_ns, uint64_t first_marked, double *low, double *high)
{
	size_t i = first_from(c, trace_ns);

	*low = 0;
	*high = INFINITY;
	if (i == c->n && i > 0)
		i--;
	if (i < c->n)
		runway_of(&c->list[i], i > 0 ? c->list[i - 1].marked_bytes : first_marked, low, high);
}

static bool add_cycle(struct hr_cycles *c)
{
	if (!hr_reserve(&c->list, &c->cap, c->n + 1, sizeof(*c->list)))
		return false;
	c->list[c->n++] = c->now;
	return true;
}

static void take_goal(struct hr_cycles *c, uint64_t goal)
{
	c->goal = goal;
	if (c->n == 0) {
		c->first_goal = goal;
		return;
	}
	if (!c->ended)
		return;
	c->ended = false;
	if (c->list[c->n - 1].marked_bytes != 0)
		hr_gc_fit_add(&c->fit, c->list[c->n - 1].marked_bytes, goal);
}

bool hr_cycles_take(struct hr_cycles *c, const struct hr_event *e)
{
	if (c->marking)
		c->now.assist_ns += c->assists * (e->time_ns - c->last_ns);
	c->last_ns = e->time_ns;
	hr_busy_take(&c->busy, e);
	switch (e->kind) {
	case HR_EV_GOMAXPROCS:
		c->procs = e->arg > 0 ? e->arg : 1;
		return true;
	case HR_EV_ASSIST_BEGIN:
		c->assists++;
		return true;
	case HR_EV_ASSIST_END:
		c->assists -= c->assists > 0;
		return true;
	case HR_EV_GC_BEGIN:
		c->marking = true;
		c->now = (struct hr_cycle){.begin_ns = e->time_ns,
					   .busy = c->busy.mean,
					   .begin_live_bytes = c->live_bytes,
					   .goal_bytes = c->goal,
					   .forced = (e->flags & HR_EVF_FORCED_GC) != 0,
					   .births_before = c->births - c->births_then,
					   .before_ns = e->time_ns - c->end_then_ns};
		c->births_then = c->births;
		return true;
	case HR_EV_GC_END:
		if (!c->marking)
			return true;
		c->marking = false;
		c->ended = true;
		c->now.end_ns = c->end_then_ns = e->time_ns;
		c->now.births = c->births - c->births_then;
		c->births_then = c->births;
		return true;
	case HR_EV_HEAP_LIVE:
		c->live_bytes = e->size;
		if (c->first_live_bytes == 0)
			c->first_live_bytes = e->size;
		if (c->marking && e->size > c->now.most_live_bytes)
			c->now.most_live_bytes = e->size;
		return true;
	case HR_EV_HEAP_GOAL:
		if (c->ended) {
			/* The last heap size before the goal event is the amount that was marked. */
			c->now.marked_bytes = c->live_bytes;
			if (!add_cycle(c))
				return false;
		}
		take_goal(c, e->size);
		return true;
	default:
		return true;
	}
}

const struct hr_cycle *hr_cycles_at(const struct hr_cycles *c, uint64_t begin_ns)
{
	size_t i = first_from(c, begin_ns);

	return i < c->n && c->list[i].begin_ns == begin_ns ? &c->list[i] : NULL;
}
