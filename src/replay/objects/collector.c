/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/objects/collector.h"

#include <string.h>

#define NS_A_SECOND UINT64_C(1000000000)
#define DEFAULT_MARK_RATE (UINT64_C(10) << 30) /* see struct hr_gc_cost */
/* A heap below twice the smallest goal under GOGC 100 is that of a program that has just started. */
#define STARTING_BYTES (UINT64_C(8) << 20)

/* --- pacing --------------------------------------------------------------- */

/* Of what is mapped, free and released pages and the objects themselves don't count. */
static uint64_t non_heap_bytes(const struct hr_objects *o)
{
	return o->heap.span_bytes - o->heap.object_bytes + o->manual_bytes + o->options.other_memory_bytes;
}

/* As much further from what was marked as the model's variation says. */
static uint64_t varied(const struct hr_objects *o, uint64_t goal)
{
	uint64_t marked = o->marked_bytes;

	if (o->options.vary.goal == 0 || goal == UINT64_MAX || goal <= marked)
		return goal;
	return marked + (uint64_t)((double)(goal - marked) * (1 + o->options.vary.goal));
}

static struct hr_gc_goal goal_now(const struct hr_objects *o)
{
	uint64_t non_heap = non_heap_bytes(o);
	uint64_t mapped = non_heap + o->heap.object_bytes;
	struct hr_gc_settings s = o->options.pacing;
	struct hr_gc_goal goal;

	/* Count free pages as released where they would matter, so that cycles do not depend on the policy. */
	if (mapped > s.memory_limit_bytes)
		non_heap += mapped - s.memory_limit_bytes;
	s.stack_bytes += o->extra_known ? o->extra_bytes : o->stack_bytes;
	goal = hr_gc_goal(&s, o->marked_bytes, non_heap, o->live_then);
	if (o->limit_goal_bytes != 0 && o->limit_goal_bytes < goal.goal)
		goal = (struct hr_gc_goal){
		    o->limit_goal_bytes > o->marked_bytes ? o->limit_goal_bytes : o->marked_bytes, 0};
	goal.goal = varied(o, goal.goal);
	return goal;
}

static void send_goal(struct hr_objects *o, uint64_t time_ns)
{
	uint64_t goal = goal_now(o).goal;

	hr_model_emit(o, HR_EV_HEAP_GOAL, time_ns)->size = goal;
	o->goal_noted = true;
	if (goal == UINT64_MAX)
		return;
	if (o->stats.goal_min_bytes == 0 || goal < o->stats.goal_min_bytes)
		o->stats.goal_min_bytes = goal;
	if (goal > o->stats.goal_max_bytes)
		o->stats.goal_max_bytes = goal;
}

/* --- cycles --------------------------------------------------------------- */

static void set_timer(struct hr_objects *o)
{
	o->due_ns = HR_NEVER;
	if (o->sweeping)
		o->due_ns = o->swept_ns;
	else if (o->marking && o->options.gc == HR_GC_MODEL)
		o->due_ns = o->mark_ns;
	if (o->options.gc == HR_GC_MODEL && !o->marking && o->last_gc_ns != HR_NEVER && !o->in_step &&
	    o->options.pacing.gogc != HR_GOGC_OFF && o->last_gc_ns + HR_GC_PERIOD_NS < o->due_ns)
		o->due_ns = o->last_gc_ns + HR_GC_PERIOD_NS;
}

static void end_sweep(struct hr_objects *o, uint64_t time_ns)
{
	o->sweeping = false;
	hr_model_emit(o, HR_EV_SWEEP_DONE, time_ns);
	set_timer(o);
}

/* All that is not swept yet, now. */
static bool sweep_rest(struct hr_objects *o, uint64_t time_ns)
{
	if (!o->sweeping)
		return true;
	hr_model_look(o, time_ns);
	while (hr_objheap_sweeping(&o->heap))
		if (!hr_objheap_sweep_one(&o->heap))
			return false;
	hr_model_send_changes(o, time_ns, HR_NO_P);
	end_sweep(o, time_ns);
	return true;
}

static uint64_t time_at(uint64_t bytes, uint64_t ns, uint64_t in_bytes)
{
	return (uint64_t)((unsigned __int128)bytes * ns / in_bytes);
}

/* As the user says; as the trace's own cycles did, the median of the last ones; or by the default. */
static uint64_t time_to_mark(const struct hr_objects *o, uint64_t bytes)
{
	unsigned n = o->nmarks < HR_RECORDED_MARKS ? o->nmarks : HR_RECORDED_MARKS;

	if (o->options.cost.mark_rate != 0)
		return time_at(bytes, NS_A_SECOND, o->options.cost.mark_rate);
	for (unsigned i = 0; i < n; i++) {
		uint64_t ns = time_at(bytes, o->marks[i].ns, o->marks[i].bytes);
		unsigned faster = 0, as_fast = 0;

		for (unsigned j = 0; j < n; j++) {
			uint64_t other = time_at(bytes, o->marks[j].ns, o->marks[j].bytes);

			faster += other < ns;
			as_fast += other == ns;
		}
		if (faster <= n / 2 && n / 2 < faster + as_fast)
			return ns;
	}
	return time_at(bytes, NS_A_SECOND, DEFAULT_MARK_RATE);
}

/* A recorded cycle begins, or its marking ends: so long it took for what is alive in our heap. */
static void learn_mark_rate(struct hr_objects *o, const struct hr_event *e)
{
	if (e->kind == HR_EV_GC_BEGIN) {
		o->recorded_begin_ns = e->time_ns;
		o->recorded_begin_bytes = o->stats.allocated_bytes - o->stats.freed_bytes;
	} else if (o->recorded_begin_ns != HR_NEVER) {
		if (o->recorded_begin_bytes > 0) {
			o->marks[o->nmarks % HR_RECORDED_MARKS].ns = e->time_ns - o->recorded_begin_ns;
			o->marks[o->nmarks++ % HR_RECORDED_MARKS].bytes = o->recorded_begin_bytes;
		}
		o->recorded_begin_ns = HR_NEVER;
	}
}

/* --- marking, and the clock, of a recorded heap ------------------------------ */

#define DEFAULT_MARK_NS_PER_BYTE 2.0 /* of CPU: what recordings of the Go compiler show */
#define GOGC_OFF 100000.0	     /* what the schedule of assists takes for it */
#define STW_NS 100000.0		     /* that the world stands still for a cycle, on every P */

static unsigned procs_of(const struct hr_objects *o)
{
	return hr_model_told(o)->procs;
}

double hr_collector_slowed(const struct hr_objects *o, double assists)
{
	double speed = hr_speed_beside(procs_of(o), o->busy.mean, assists);

	return o->busy.mean >= 0.9 ? speed * hr_cycles_drag(hr_model_told(o)) : speed;
}

void hr_collector_run_clock(struct hr_objects *o, const double *ns, size_t n)
{
	const double above = o->heap.heap_live > o->marked_bytes ? (double)(o->heap.heap_live - o->marked_bytes) : 0;

	for (size_t i = 0; i < n; i++)
		o->clock_ns += ns[i];
	if (o->marking) {
		hr_gc_mark_run_steps(&o->marker, ns, n, o->busy.mean);
		return;
	}
	hr_gc_mark_rest_steps(&o->marker, ns, n);
	/* In step there is no chance in when cycles begin. */
	if (o->busy.mean >= 1 || o->in_step)
		return;
	for (size_t i = 0; i < n; i++) {
		const double idle = ns[i] * (1 - o->busy.mean);

		hr_gc_phase_idle(&o->phase, idle, above);
		if (o->stats.limit_breaches > 0)
			o->spiral_idle_ns += idle;
	}
}

void hr_collector_pass_births(struct hr_objects *o, const struct hr_held *births, size_t n)
{
	const double speed = o->options.wall_clock ? 1 : o->rec_speed,
		     slowed = o->marking && !o->options.wall_clock ? hr_collector_slowed(o, 0) : 1;
	double steps[HR_COLLECTOR_STEPS];
	uint64_t last = o->trace_ns;
	size_t nsteps = 0;

	for (size_t i = 0; i < n; i++) {
		const uint64_t at = hr_deaths_held_ns(&o->reader, &births[i]);

		steps[nsteps] = (double)(at - last) * speed / slowed;
		nsteps += at != last;
		last = at;
	}
	o->trace_ns = last;
	hr_collector_run_clock(o, steps, nsteps);
}

/*
 * Under the trace's own settings the trace knows when cycles began, idle times and all; the models beside the likeliest
 * know it as well. Whoever asks for settings, even the same, gets cycles by the runtime's pacing.
 */
bool hr_collector_is_in_step(const struct hr_objects *o)
{
	const struct hr_objects_options *want = &o->options;

	return hr_model_told(o)->n > 0 && !want->by_rule && !want->gogc_given && !want->limit_given &&
	       want->cost.mark_rate == 0;
}

/* Is it another GOGC than that of the trace, of which one cycle tells only so much? */
static bool is_another(uint64_t gogc, uint64_t of_trace)
{
	return gogc > of_trace + of_trace / 4 || gogc < of_trace - of_trace / 4;
}

/* What the trace's own cycles have shown by now. */
static void learn_settings(struct hr_objects *o)
{
	struct hr_gc_fitted f = hr_gc_fit(&hr_model_told(o)->fit);
	struct hr_gc_settings *s = &o->options.pacing;
	double trace_gogc;

	o->in_step = hr_collector_is_in_step(o);
	o->limit_goal_bytes = o->options.limit_given ? 0 : f.limit_goal;
	if (o->limit_goal_bytes != 0 && !o->options.gogc_given)
		s->gogc = HR_GOGC_OFF;
	if (!f.known)
		return;
	if (!o->options.gogc_given)
		s->gogc = f.gogc;
	o->extra_bytes = s->stack_bytes == 0 && s->globals_bytes == 0 ? f.extra_bytes : 0;
	o->extra_known = true;
	if (o->goal_noted || hr_model_told(o)->first_goal == 0)
		return;
	if (is_another(s->gogc, f.gogc) && o->heap.heap_live < STARTING_BYTES) {
		/* Under another GOGC the cycles that came before the trace would have been others. */
		o->marked_bytes = hr_gc_grown(s, o->heap.heap_live);
		return;
	}
	/* The goal at the start of the trace tells how much had survived the cycle before. */
	trace_gogc = (double)f.gogc / 100;
	trace_gogc = ((double)hr_model_told(o)->first_goal - (double)f.extra_bytes * trace_gogc) / (1 + trace_gogc);
	if (trace_gogc > 0)
		o->marked_bytes = (uint64_t)trace_gogc;
}

static void begin_paced(struct hr_objects *o, uint64_t time_ns, uint64_t to_mark)
{
	struct hr_mark_cost cost = hr_cycles_mark_cost(hr_model_told(o), o->trace_ns);
	const struct hr_cycle *recorded = o->in_step ? hr_cycles_at(hr_model_told(o), o->trace_ns) : NULL;
	struct hr_gc_marker *m = &o->marker;

	o->step_goal_bytes = recorded != NULL ? recorded->goal_bytes : 0;
	m->procs = procs_of(o);
	m->ns_per_byte = cost.ns_per_byte;
	m->share_scale = cost.share;
	if (o->options.cost.mark_rate != 0)
		m->ns_per_byte = 1e9 / (double)o->options.cost.mark_rate * m->procs * hr_gc_mark_share(m, o->busy.mean);
	else if (m->ns_per_byte <= 0)
		m->ns_per_byte = DEFAULT_MARK_NS_PER_BYTE;
	m->ns_per_byte *= o->options.vary.mark_cost;
	hr_gc_mark_begin(m, o->heap.heap_live, to_mark);
	o->mark_ns = time_ns + (uint64_t)hr_gc_mark_left_ns(m, o->busy.mean);
}

static void end_paced(struct hr_objects *o, uint64_t time_ns)
{
	struct hr_gc_marker *m = &o->marker;
	double stw = hr_cycles_stw_ns(hr_model_told(o));

	o->stats.mark_ns += time_ns > o->marked_ns ? time_ns - o->marked_ns : 0;
	hr_gc_mark_end(m, o->heap.heap_live);
	m->total_cpu_ns += stw >= 0 ? stw : STW_NS * m->procs;
}

/* Where the trace's own cycle of about now began tells more than the model's cycles before. */
static uint64_t paced_runway(const struct hr_objects *o)
{
	double marked = (double)o->marked_bytes, low = o->runway_low * marked, high = o->runway_high * marked;
	uint64_t runway = hr_gc_mark_runway(&o->marker, o->marked_bytes);

	if ((double)runway > high)
		return (uint64_t)high;
	return (double)runway < low ? (uint64_t)low : runway;
}

void hr_collector_end_phase(struct hr_objects *o)
{
	uint64_t trigger = hr_gc_trigger(goal_now(o), o->marked_bytes, paced_runway(o));

	if (trigger == UINT64_MAX) {
		o->phase.idle_ns = o->phase.held = 0; /* there are no cycles that could fall otherwise */
		return;
	}
	trigger = trigger > o->triggered_bytes ? trigger : o->triggered_bytes;
	hr_gc_phase_end(&o->phase, trigger > o->marked_bytes ? (double)(trigger - o->marked_bytes) : 0);
}

static bool end_marking(struct hr_objects *o, uint64_t time_ns);

/* An allocation finds the collector behind: it marks first, and so does the clock go on. */
static bool assist(struct hr_objects *o, uint64_t *time_ns)
{
	struct hr_gc_marker *m = &o->marker;
	const double gogc = o->options.pacing.gogc != HR_GOGC_OFF ? (double)o->options.pacing.gogc : GOGC_OFF;
	uint64_t goal = o->step_goal_bytes != 0 ? varied(o, o->step_goal_bytes) : goal_now(o).goal;
	double ns = hr_gc_mark_assist(m, o->heap.heap_live, goal, gogc), by = m->procs * (1 - HR_GC_BACKGROUND);

	if (ns > 0 && !o->options.wall_clock) {
		if (o->busy.mean < by)
			by = o->busy.mean > 1 ? o->busy.mean : 1;
		ns /= by;
		hr_collector_run_clock(o, &ns, 1);
		*time_ns = (uint64_t)o->clock_ns;
	}
	if (hr_gc_mark_is_done(m))
		return end_marking(o, *time_ns);
	o->mark_ns = *time_ns + (uint64_t)hr_gc_mark_left_ns(m, o->busy.mean);
	set_timer(o);
	return true;
}

void hr_collector_let_die(struct hr_objects *o)
{
	uint32_t due[HR_DUE_AT_A_TIME];
	size_t next = 0, n;

	while ((n = hr_deaths_due(&o->reader, &next, due)) > 0)
		o->stats.freed_objects += hr_objheap_die_all(&o->heap, due, n);
}

static void drop_one(void *ctx, struct hr_object object)
{
	struct hr_objects *o = ctx;

	o->stats.freed_objects++;
	o->stats.freed_bytes += hr_objheap_die_unnamed(&o->heap, object);
}

/* A cycle begins: what nobody asked for since the last one is garbage. False: out of memory. */
static bool clean_pool(struct hr_objects *o)
{
	o->begun_at[1] = o->begun_at[0];
	o->begun_at[0] = o->stats.allocated_objects;
	hr_pool_clean(&o->pool, drop_one, o);
	if (o->in_step || o->options.vary.no_pools)
		return true;
	if (o->ahead < 1) {
		o->ahead++;
		return true;
	}
	return hr_pool_more(&o->pool, hr_model_pools(o));
}

/* gcStart: the sweeping of the last cycle comes first. */
static bool begin_cycle(struct hr_objects *o, uint64_t time_ns, unsigned flags)
{
	uint64_t to_mark;

	if (!sweep_rest(o, time_ns))
		return false;
	hr_model_emit(o, HR_EV_GC_BEGIN, time_ns)->flags = (uint8_t)flags;
	if (o->paced)
		hr_collector_end_phase(o);
	hr_collector_let_die(o);
	if (o->paced && !clean_pool(o))
		return false;
	hr_objheap_mark_start(&o->heap);
	to_mark = o->heap.object_bytes - o->heap.condemned_bytes;
	o->marking = true;
	o->triggered_bytes = o->heap.heap_live;
	o->allocated_then = o->stats.allocated_bytes;
	o->mark_ns = o->marked_ns = time_ns;
	if (o->paced) {
		begin_paced(o, time_ns, to_mark);
	} else if (o->options.gc == HR_GC_MODEL) {
		uint64_t ns = time_to_mark(o, to_mark);

		o->mark_ns += ns;
		o->stats.mark_ns += ns;
	}
	o->stats.asked_cycles += (flags & HR_EVF_FORCED_GC) != 0;
	set_timer(o);
	return true;
}

/* gcMarkTermination. */
static bool end_marking(struct hr_objects *o, uint64_t time_ns)
{
	int asked = o->asked;

	hr_model_look(o, time_ns);
	if (o->paced)
		end_paced(o, time_ns);
	o->marked_bytes = hr_objheap_mark_done(&o->heap);
	o->live_then = o->heap.heap_live;
	hr_gc_history_add(&o->history, o->stats.allocated_bytes - o->allocated_then, o->marked_bytes);
	if (o->marked_bytes + non_heap_bytes(o) > o->stats.floor_bytes)
		o->stats.floor_bytes = o->marked_bytes + non_heap_bytes(o);
	o->stats.cycles++;
	o->stats.marked_bytes += o->marked_bytes;
	o->marking = false;
	o->sweeping = true;
	o->swept_ns = time_ns + o->options.cost.sweep_ns;
	o->last_gc_ns = time_ns;
	hr_model_emit(o, HR_EV_GC_END, time_ns);
	if (o->options.gc == HR_GC_MODEL) {
		send_goal(o, time_ns);
		o->stats.limit_breaches +=
		    o->options.pacing.memory_limit_bytes != UINT64_MAX && goal_now(o).goal <= o->marked_bytes;
	}
	set_timer(o);
	if (asked == HR_NO_FLAGS)
		return true;
	o->asked = HR_NO_FLAGS;
	return begin_cycle(o, time_ns, (unsigned)asked);
}

/* The program asks: runtime.GC waits for a cycle that is going on, and then has its own. */
static bool ask_for_cycle(struct hr_objects *o, uint64_t time_ns, unsigned flags)
{
	if (!o->marking)
		return begin_cycle(o, time_ns, flags);
	o->asked = (o->asked == HR_NO_FLAGS ? 0 : o->asked) | (int)flags;
	return true;
}

/* The sweeper goes on with the next span. */
static bool sweep_next(struct hr_objects *o)
{
	if (hr_objheap_sweeping(&o->heap)) {
		if (!hr_objheap_sweep_one(&o->heap))
			return false;
		hr_model_send_changes(o, o->swept_ns, HR_NO_P);
	}
	if (!hr_objheap_sweeping(&o->heap)) {
		end_sweep(o, o->swept_ns);
		return true;
	}
	o->swept_ns += o->options.cost.sweep_ns;
	set_timer(o);
	return true;
}

bool hr_collector_run_timers(struct hr_objects *o, uint64_t time_ns)
{
	while (o->due_ns < time_ns) {
		bool fine;

		hr_model_look(o, o->due_ns);
		if (o->sweeping && o->due_ns == o->swept_ns) {
			fine = sweep_next(o);
		} else if (o->marking) {
			fine = end_marking(o, o->due_ns);
		} else {
			o->stats.timed_cycles++;
			fine = begin_cycle(o, o->due_ns, 0);
		}
		if (!fine)
			return false;
	}
	return true;
}

bool hr_collector_look_at_trigger(struct hr_objects *o, uint64_t time_ns)
{
	struct hr_gc_goal goal = goal_now(o);
	uint64_t runway = o->paced ? paced_runway(o) : hr_gc_runway(&o->history, o->marked_bytes);

	o->heap.refilled = false;
	if (o->marking && o->paced)
		return assist(o, &time_ns);
	if (!o->marking && o->in_step)
		return true;
	if (!o->marking)
		return o->heap.heap_live < hr_gc_trigger(goal, o->marked_bytes, runway) || begin_cycle(o, time_ns, 0);
	if (o->nmarks > 0 || o->heap.heap_live - o->heap.heap_live / 11 < goal.goal)
		return true;
	o->stats.mark_ns -= o->mark_ns - time_ns;
	return end_marking(o, time_ns);
}

/* --- the trace's own cycles ---------------------------------------------------- */

void hr_collector_start(struct hr_objects *o, uint64_t time_ns)
{
	/* Start as if a cycle had just ended and found everything alive. */
	o->marked_bytes = o->heap.object_bytes;
	o->live_then = 0;
	o->heap.refilled = false;
	if (o->paced) {
		hr_objheap_counted(&o->heap, hr_model_told(o)->first_live_bytes);
		learn_settings(o);
		o->marker.expected = (double)o->marked_bytes;
		o->phase = (struct hr_gc_phase){0}; /* what the heap was until then is known */
		hr_cycles_runway(hr_model_told(o), 0, o->marked_bytes, &o->runway_low, &o->runway_high);
	}
	if (o->options.gc == HR_GC_MODEL)
		send_goal(o, time_ns);
}

/* A recorded cycle begins where cycles are modelled. */
static bool model_recorded(struct hr_objects *o, const struct hr_event *e)
{
	bool forced = (e->flags & HR_EVF_FORCED_GC) != 0;

	if (!o->in_step && !forced)
		return true;
	o->stats.timed_cycles +=
	    !forced && !o->marking && o->last_gc_ns != HR_NEVER && e->time_ns >= o->last_gc_ns + HR_GC_PERIOD_NS;
	return ask_for_cycle(o, e->time_ns, e->flags);
}

bool hr_collector_take_phase(struct hr_objects *o, const struct hr_event *e)
{
	enum hr_gc_mode gc = o->options.gc;

	if (e->kind == HR_EV_GC_BEGIN || e->kind == HR_EV_GC_END)
		learn_mark_rate(o, e);
	switch (e->kind) {
	case HR_EV_GC_BEGIN:
		o->stats.recorded_cycles++;
		o->recorded_at[1] = o->recorded_at[0];
		o->recorded_at[0] = o->stats.allocated_objects;
		o->skipped = o->ahead == -1;
		o->ahead -= o->ahead > -1;
		if (gc == HR_GC_RECORDED)
			return o->marking || begin_cycle(o, e->time_ns, e->flags);
		if (gc == HR_GC_MODEL)
			return model_recorded(o, e);
		break;
	case HR_EV_GC_END:
		if (gc == HR_GC_RECORDED)
			return (o->marking || begin_cycle(o, e->time_ns, 0)) && end_marking(o, e->time_ns);
		break;
	case HR_EV_SWEEP_DONE:
		if (gc == HR_GC_RECORDED)
			return sweep_rest(o, e->time_ns);
		break;
	case HR_EV_FREE_OS_MEMORY:
		if (gc == HR_GC_MODEL)
			return ask_for_cycle(o, e->time_ns, HR_EVF_FREE_OS_MEMORY | HR_EVF_FORCED_GC);
		break;
	case HR_EV_MEMORY_LIMIT:
		hr_model_pass_on(o, e);
		if (o->options.limit_given)
			return true;
		o->options.pacing.memory_limit_bytes = e->size;
		if (gc == HR_GC_MODEL && o->goal_noted)
			send_goal(o, e->time_ns);
		return true;
	default:
		break;
	}
	if (gc != HR_GC_MODEL)
		hr_model_pass_on(o, e);
	return true;
}

void hr_collector_pass_recorded(struct hr_objects *o, const struct hr_event *e)
{
	const struct hr_cycle *c;

	hr_busy_take(&o->busy, e);
	if (e->kind == HR_EV_GC_END) {
		o->rec_speed = 1;
		hr_cycles_runway(hr_model_told(o), e->time_ns, 0, &o->runway_low, &o->runway_high);
	}
	if (e->kind != HR_EV_GC_BEGIN)
		return;
	learn_settings(o);
	c = hr_cycles_at(hr_model_told(o), e->time_ns);
	o->rec_speed = hr_collector_slowed(o, c != NULL ? hr_cycle_assists(c) : 0);
}
