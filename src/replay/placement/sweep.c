/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of sweeping. Invariant: while pending and not told, every record from `at` on came after what may be the last free. */
#include "config.h"

#include "replay/placement/sweep.h"

#include "replay/placement/idle.h"

#include <string.h>

#define QUIET_NS 100000000u

/* SWEEP_DONE at its place. */
static void put_in(struct hr_sweep *s, struct hr_heap *heap)
{
	struct hr_places *out = heap->out;
	struct hr_place r;

	s->pending = false;
	s->forced_cycles += s->forced;
	hr_heap_note(heap, HR_PLACE_SWEEP_DONE);
	if (out->failed)
		return;
	r = out->at[out->n - 1];
	r.flags = s->forced ? HR_PLACE_FORCED : 0;
	r.time_ns = s->last_ns;
	r.in_use_pages = (uint32_t)s->counts.in_use;
	r.manual_pages = (uint32_t)s->counts.manual;
	r.mapped_pages = (uint32_t)s->counts.mapped;
	memmove(&out->at[s->at + 1], &out->at[s->at], (out->n - 1 - s->at) * sizeof(r));
	out->at[s->at] = r;
}

static size_t held(const struct hr_sweep *s, const struct hr_heap *heap)
{
	return heap->out->n - s->at;
}

void hr_sweep_decide(struct hr_sweep *s, struct hr_heap *heap)
{
	if (s->told)
		return;
	if (held(s, heap) > s->held_max)
		s->held_max = held(s, heap);
	if (heap->now_ns - s->last_ns > QUIET_NS || held(s, heap) >= HR_MAX_HELD)
		put_in(s, heap);
}

static void here(struct hr_sweep *s, const struct hr_heap *heap)
{
	s->last_ns = heap->now_ns;
	s->at = heap->out->n;
	s->counts = heap->counts;
}

void hr_sweep_marked(struct hr_sweep *s, const struct hr_heap *heap)
{
	s->pending = true;
	s->freed = s->goal_seen = false;
	here(s, heap);
}

void hr_sweep_goal(struct hr_sweep *s, const struct hr_heap *heap)
{
	if (s->pending && !s->freed && !s->goal_seen)
		here(s, heap);
	s->goal_seen = true;
}

void hr_sweep_flushed(struct hr_sweep *s, const struct hr_heap *heap)
{
	if (s->pending && !s->freed)
		here(s, heap);
}

void hr_sweep_freed(struct hr_sweep *s, const struct hr_heap *heap)
{
	if (!s->pending)
		return;
	s->freed = true;
	here(s, heap);
}

void hr_sweep_next_cycle(struct hr_sweep *s, struct hr_heap *heap, bool forced)
{
	if (s->pending && s->told)
		here(s, heap);
	if (s->pending)
		put_in(s, heap);
	s->forced = forced;
}

void hr_sweep_say_done(struct hr_sweep *s, struct hr_heap *heap, bool forced)
{
	if (!s->pending && !forced)
		return;
	s->forced |= forced;
	here(s, heap);
	put_in(s, heap);
	s->forced = false;
}

size_t hr_sweep_ready(const struct hr_sweep *s, const struct hr_places *out)
{
	return s->pending && !s->told ? s->at : out->n;
}

void hr_sweep_taken(struct hr_sweep *s, size_t n)
{
	s->at -= s->pending && !s->told ? n : 0;
}
