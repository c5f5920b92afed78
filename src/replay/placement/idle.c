/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page caches of idle Ps at the end of a GC cycle.
 *
 * Invariant: held is empty, or begins with a gc-end whose flushes are not
 * decided; runs is the state of the Ps before held[0].
 */
#include "config.h"

#include "replay/placement/idle.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define START_WITHIN_NS 1000000u

enum { UNKNOWN, STOPPED, RUNS };

void hr_idle_init(struct hr_idle *s, bool enabled)
{
	*s = (struct hr_idle){.enabled = enabled};
}

void hr_idle_release(struct hr_idle *s)
{
	free(s->runs);
	free(s->then);
	free(s->held);
	free(s->out);
	hr_idle_init(s, false);
}

static bool add_p(struct hr_idle *s, size_t p)
{
	size_t cap = s->runs_cap;

	if (p < s->runs_cap)
		return true;
	if (!hr_reserve(&s->then, &s->runs_cap, p + 1, 1))
		return false;
	s->runs_cap = cap;
	if (!hr_reserve(&s->runs, &s->runs_cap, p + 1, 1))
		return false;
	memset(s->runs + cap, UNKNOWN, s->runs_cap - cap);
	return true;
}

/* What e tells of Ps and of the world; false: out of memory. */
static inline bool follow(struct hr_idle *s, const struct hr_event *e)
{
	switch (e->kind) {
	case HR_EV_STW_BEGIN:
	case HR_EV_STW_END:
		s->stopped = e->kind == HR_EV_STW_BEGIN;
		return true;
	case HR_EV_PROC_START:
	case HR_EV_PROC_STOP:
		if (e->p < 0)
			return true;
		if (!add_p(s, (size_t)e->p))
			return false;
		if ((size_t)e->p >= s->nps)
			s->nps = (size_t)e->p + 1;
		s->runs[e->p] = e->kind == HR_EV_PROC_START ? RUNS : STOPPED;
		return true;
	default:
		return true;
	}
}

static bool give(struct hr_idle *s, struct hr_event e)
{
	if (!hr_reserve(&s->out, &s->out_cap, s->nout + 1, sizeof(e)))
		return false;
	s->out[s->nout++] = e;
	return true;
}

static inline bool is_known(const struct hr_idle *s, const struct hr_event *e)
{
	return e->p >= 0 && (size_t)e->p < s->nps;
}

/*
 * held[at] is a gc-end. Which Ps are idle then goes to s->then (STOPPED);
 * returns one past the event after which the flushes come, or 0 if more events
 * are needed to know.
 */
static size_t decide(struct hr_idle *s, size_t at, bool last)
{
	bool all = last || s->nheld >= HR_MAX_HELD;
	size_t i, world = at;
	uint64_t deadline;

	if (s->stopped) {
		while (world < s->nheld && s->held[world].kind != HR_EV_STW_END)
			world++;
		if (world == s->nheld)
			world = at;
		if (world == at && !all)
			return 0;
	}
	deadline = s->held[world].time_ns + START_WITHIN_NS;
	if (s->held[s->nheld - 1].time_ns <= deadline && !all)
		return 0;
	if (s->nps > 0)
		memcpy(s->then, s->runs, s->nps);
	for (i = at + 1; i <= world; i++)
		if (s->held[i].kind == HR_EV_PROC_START || s->held[i].kind == HR_EV_PROC_STOP)
			if (is_known(s, &s->held[i]))
				s->then[s->held[i].p] = s->held[i].kind == HR_EV_PROC_START ? RUNS : STOPPED;
	for (; i < s->nheld && s->held[i].time_ns <= deadline; i++)
		if (s->held[i].kind == HR_EV_PROC_START && is_known(s, &s->held[i]))
			s->then[s->held[i].p] = RUNS;
	return world + 1;
}

/* Lets held events out as far as they are decided. */
static bool let_out(struct hr_idle *s, bool last)
{
	size_t i, flush_at = 0, decided = 0;

	for (i = 0; i < s->nheld; i++) {
		struct hr_event e = s->held[i];

		if (e.kind == HR_EV_GC_END && flush_at == 0) {
			flush_at = decide(s, i, last);
			if (flush_at == 0)
				break;
			/* Ps that first appear after this point have not been decided yet. */
			decided = s->nps;
		}
		if (!follow(s, &e) || !give(s, e))
			return false;
		if (i + 1 != flush_at)
			continue;
		for (size_t p = 0; p < decided; p++) {
			struct hr_event f = {.time_ns = e.time_ns, .kind = HR_EV_CACHE_FLUSH, .p = (int16_t)p};

			if (s->then[p] == STOPPED && !give(s, f))
				return false;
		}
		flush_at = 0;
	}
	s->nheld -= i;
	if (s->nheld > 0)
		memmove(s->held, s->held + i, s->nheld * sizeof(*s->held));
	return true;
}

enum hr_status hr_idle_pass(struct hr_idle *s, const struct hr_event *ev, size_t n, bool last,
			    const struct hr_event **out, size_t *nout, struct hr_error *err)
{
	size_t i = 0;

	*out = ev;
	*nout = n;
	if (!s->enabled)
		return HR_OK;
	if (s->nheld == 0) {
		while (i < n && ev[i].kind != HR_EV_GC_END) {
			if (!follow(s, &ev[i]))
				goto no_memory;
			i++;
		}
		if (i == n)
			return HR_OK;
	}
	s->nout = 0;
	if (!hr_reserve(&s->out, &s->out_cap, s->nheld + n + s->nps, sizeof(*ev)) ||
	    !hr_reserve(&s->held, &s->held_cap, s->nheld + n - i, sizeof(*ev)))
		goto no_memory;
	if (i > 0)
		memcpy(s->out, ev, i * sizeof(*ev));
	s->nout = i;
	if (n > i)
		memcpy(s->held + s->nheld, ev + i, (n - i) * sizeof(*ev));
	s->nheld += n - i;
	if (s->nheld > s->held_max)
		s->held_max = s->nheld;
	if (!let_out(s, last))
		goto no_memory;
	*out = s->out;
	*nout = s->nout;
	return HR_OK;
no_memory:
	return hr_error_set(err, HR_ENOMEM, "out of memory for held events");
}
