/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "heap/gcmark.h"

#define BACKGROUND HR_GC_BACKGROUND
#define BUCKET_NS 1e9	  /* capacityPerProc */
#define MAX_OVERSHOOT 1.1 /* of the goal, by which an assist at the latest finishes */
#define LEAST_WORK 1000.0 /* bytes that are taken to be left in any case */

double hr_gc_mark_share(const struct hr_gc_marker *m, double busy)
{
	double idle = 1 - busy / m->procs, share = idle > BACKGROUND ? idle : BACKGROUND;

	if (m->share_scale > 0)
		share *= m->share_scale;
	return share < 1 ? share : 1;
}

void hr_gc_mark_begin(struct hr_gc_marker *m, uint64_t trigger, uint64_t to_mark)
{
	m->trigger = trigger;
	m->to_mark = (double)to_mark;
	m->done = m->elapsed_ns = m->assist_ns = m->idle_ns = m->owed = 0;
	m->seen = trigger;
}

/* ns of the bucket: more where collecting had more than half of the CPU. gcCPULimiterState.accumulate. */
static inline void fill(struct hr_gc_marker *m, double ns)
{
	bool was = m->limiting;

	m->fill_ns += ns;
	m->limiting = m->fill_ns >= BUCKET_NS * m->procs;
	if (m->limiting)
		m->fill_ns = BUCKET_NS * m->procs;
	if (m->fill_ns < 0)
		m->fill_ns = 0;
	m->limited_cycles += m->limiting && !was;
}

/* On a copy: what is kept in registers from step to step. */
void hr_gc_mark_run_steps(struct hr_gc_marker *marker, const double *ns, size_t n, double busy)
{
	struct hr_gc_marker m = *marker;
	const double share = hr_gc_mark_share(&m, busy),
		     idle_share = share > BACKGROUND ? (share - BACKGROUND) * m.procs : 0;

	for (size_t i = 0; i < n; i++) {
		const double cpu = ns[i] * m.procs * share, idle = idle_share * ns[i];
		double left = (m.to_mark - m.done) * m.ns_per_byte;

		if (cpu <= 0)
			continue;
		m.done += cpu / m.ns_per_byte;
		if (left < 0)
			left = 0;
		m.total_cpu_ns += cpu < left ? cpu : left;
		m.total_idle_ns += cpu < left ? idle : idle * left / cpu;
		m.elapsed_ns += ns[i];
		m.idle_ns += idle;
		/* Idle-time marking counts for neither side: it only uses Ps that have nothing else to do. */
		fill(&m, (ns[i] * m.procs - idle) * (BACKGROUND - (1 - BACKGROUND)));
	}
	*marker = m;
}

void hr_gc_mark_rest_steps(struct hr_gc_marker *m, const double *ns, size_t n)
{
	for (size_t i = 0; i < n && (m->fill_ns > 0 || m->limiting || m->procs <= 0); i++)
		fill(m, -ns[i] * m->procs);
}

double hr_gc_mark_left_ns(const struct hr_gc_marker *m, double busy)
{
	double left = m->to_mark - m->done;

	return left > 0 ? left * m->ns_per_byte / (m->procs * hr_gc_mark_share(m, busy)) : 0;
}

/* Work for each byte allocated since the heap was last seen. gcControllerState.revise. */
static double work_per_byte(const struct hr_gc_marker *m, double goal, double gogc)
{
	double live = (double)m->seen, expected = m->expected, most = goal * (1 + gogc / 100), left, room;

	if (m->done > expected) {
		/* The heap grows: it may go on at the same slope to where all of it is marked. */
		double further = (double)m->trigger;

		if (expected > 0 && goal > (double)m->trigger)
			further += (goal - (double)m->trigger) / expected * live;
		else
			further = most;
		goal = further < most ? further : most;
		expected = live;
	}
	if (live > goal) {
		goal *= MAX_OVERSHOOT;
		expected = live;
	}
	left = expected - m->done;
	room = goal - live;
	return (left > LEAST_WORK ? left : LEAST_WORK) / (room > 1 ? room : 1);
}

double hr_gc_mark_assist(struct hr_gc_marker *m, uint64_t live, uint64_t goal, double gogc)
{
	double due, ns;

	if (live <= m->seen)
		return 0;
	m->owed += (double)(live - m->seen) * work_per_byte(m, (double)goal, gogc);
	m->seen = live;
	due = m->owed < m->to_mark ? m->owed : m->to_mark;
	if (m->limiting || due <= m->done)
		return 0;
	ns = (due - m->done) * m->ns_per_byte;
	m->done = due;
	m->assist_ns += ns;
	m->total_cpu_ns += ns;
	m->total_assist_ns += ns;
	fill(m, 2 * ns); /* for the collector, where hr_gc_mark_run takes it for the program's */
	return ns;
}

void hr_gc_mark_end(struct hr_gc_marker *m, uint64_t live)
{
	double cpu = m->elapsed_ns * m->procs, used = BACKGROUND, idle = 0, most = 0;

	m->total_elapsed_ns += m->elapsed_ns;
	m->expected = m->to_mark;
	for (unsigned i = sizeof(m->last) / sizeof(m->last[0]) - 1; i > 0; i--)
		m->last[i] = m->last[i - 1];
	if (cpu > 0) {
		used += m->assist_ns / cpu;
		idle = m->idle_ns / cpu;
	}
	if (used > 0.95)
		used = 0.95;
	m->last[0] = 0;
	if (live > m->trigger && m->to_mark > 0)
		m->last[0] = (double)(live - m->trigger) * (used + idle) / (m->to_mark * (1 - used));
	for (unsigned i = 0; i < sizeof(m->last) / sizeof(m->last[0]); i++)
		most = m->last[i] > most ? m->last[i] : most;
	m->runway_share = most * (1 - BACKGROUND) / BACKGROUND;
}

uint64_t hr_gc_mark_runway(const struct hr_gc_marker *m, uint64_t to_mark)
{
	double runway = m->runway_share * (double)to_mark;

	return runway < 9e18 ? (uint64_t)runway : UINT64_MAX / 2;
}
