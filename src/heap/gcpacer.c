/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "heap/gcpacer.h"

#define MIB (UINT64_C(1) << 20)
#define MIN_HEAP (4 * MIB)	 /* defaultHeapMinimum */
#define LIMIT_HEADROOM MIB	 /* memoryLimitMinHeapGoalHeadroom */
#define LIMIT_HEADROOM_PERCENT 3 /* memoryLimitHeapGoalHeadroomPercent, since Go 1.21 */
#define MIN_SWEEP_DISTANCE MIB	 /* sweepMinHeapDistance */
#define MIN_TRIGGER_64THS 45	 /* of the way from what was marked to the goal: minTriggerRatioNum */
#define MAX_TRIGGER_64THS 61	 /* maxTriggerRatioNum */

/* x * n / d, at most UINT64_MAX. */
static uint64_t scale(uint64_t x, uint64_t n, uint64_t d)
{
	unsigned __int128 r = (unsigned __int128)x * n / d;

	return r < UINT64_MAX ? (uint64_t)r : UINT64_MAX;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

uint64_t hr_gc_percent_goal(const struct hr_gc_settings *s, uint64_t marked)
{
	uint64_t least, goal;

	if (s->gogc == HR_GOGC_OFF)
		return UINT64_MAX;
	least = scale(MIN_HEAP, s->gogc, 100);
	goal = add(marked, scale(add(marked, add(s->stack_bytes, s->globals_bytes)), s->gogc, 100));
	return goal > least ? goal : least;
}

uint64_t hr_gc_limit_goal(const struct hr_gc_settings *s, uint64_t marked, uint64_t non_heap)
{
	uint64_t goal, headroom = LIMIT_HEADROOM;

	if (s->memory_limit_bytes == UINT64_MAX)
		return UINT64_MAX;
	if (non_heap >= s->memory_limit_bytes)
		return marked;
	goal = s->memory_limit_bytes - non_heap;
	if (s->go_minor >= 21 && goal / 100 * LIMIT_HEADROOM_PERCENT > headroom)
		headroom = goal / 100 * LIMIT_HEADROOM_PERCENT;
	goal = goal < 2 * headroom ? headroom : goal - headroom;
	return goal > marked ? goal : marked;
}

struct hr_gc_goal hr_gc_goal(const struct hr_gc_settings *s, uint64_t marked, uint64_t non_heap, uint64_t live)
{
	uint64_t percent = hr_gc_percent_goal(s, marked), limit = hr_gc_limit_goal(s, marked, non_heap);
	struct hr_gc_goal g = {percent, live != 0 ? add(live, MIN_SWEEP_DISTANCE) : 0};

	if (limit < percent)
		return (struct hr_gc_goal){limit, 0};
	if (g.goal < g.min_trigger)
		g.goal = g.min_trigger;
	return g;
}

uint64_t hr_gc_trigger(struct hr_gc_goal g, uint64_t marked, uint64_t runway)
{
	uint64_t way, least, most, trigger;

	if (marked >= g.goal || g.goal == UINT64_MAX)
		return g.goal;
	way = g.goal - marked;
	least = marked + way / 64 * MIN_TRIGGER_64THS;
	most = marked + way / 64 * MAX_TRIGGER_64THS;
	if (least < g.min_trigger)
		least = g.min_trigger;
	if (g.goal > MIN_HEAP && g.goal - MIN_HEAP > most)
		most = g.goal - MIN_HEAP;
	if (most < least)
		most = least;
	trigger = runway < g.goal ? g.goal - runway : 0;
	return trigger < least ? least : trigger > most ? most : trigger;
}

uint64_t hr_gc_grown(const struct hr_gc_settings *s, uint64_t live)
{
	uint64_t marked = 0, next = 0;

	do {
		marked = next;
		next = hr_gc_trigger((struct hr_gc_goal){hr_gc_percent_goal(s, marked), 0}, marked, 0);
	} while (next <= live && next > marked);
	return marked;
}

void hr_gc_history_add(struct hr_gc_history *h, uint64_t allocated, uint64_t marked)
{
	unsigned at = h->n++ % (sizeof(h->last) / sizeof(h->last[0]));

	h->last[at].allocated = allocated;
	h->last[at].marked = marked;
}

uint64_t hr_gc_runway(const struct hr_gc_history *h, uint64_t to_mark)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < h->n && i < sizeof(h->last) / sizeof(h->last[0]); i++) {
		uint64_t runway = h->last[i].marked != 0 ? scale(h->last[i].allocated, to_mark, h->last[i].marked) : 0;

		most = runway > most ? runway : most;
	}
	return most;
}
