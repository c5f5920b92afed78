/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects in, spans out. Objects of a trace with spans go through recorded.h and deaths.h,
 * which names them by numbers and knows when they died; what becomes of them is
 * heap/objheap.h. Here is what happens when: the events, the cycles, the clock.
 *
 * Invariants: a cycle marks, or sweeps, or nothing is going on; all is swept
 * before a cycle begins. Nothing is sent out before the first event that shows
 * life but what was there at the start, and settings.
 */
#include "config.h"

#include "replay/objects/objects.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/units.h"
#include "heap/gcmark.h"
#include "heap/gcphase.h"
#include "pagealloc/geometry.h"
#include "replay/objects/cycles.h"
#include "replay/objects/deaths.h"
#include "replay/objects/pools.h"
#include "replay/objects/recorded.h"
#include "trace/ledger.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEVER UINT64_MAX
#define NS_A_SECOND UINT64_C(1000000000)
#define MAX_OBJECT_BYTES (UINT64_C(1) << 41)
#define DEFAULT_MARK_RATE (UINT64_C(10) << 30) /* see struct hr_gc_cost */
#define RECORDED_MARKS 9
#define NO_FLAGS (-1)
/* Manual spans are named by their recorded page, and this. */
#define MANUAL_NAME (UINT64_C(1) << 62)
/* An object that was there, between the recorded heap and ours: size is span and slot. */
#define SLOT_BITS 16
/* Events between those that are asked for in advance and those that are taken. */
#define AHEAD 16
/* A heap below twice the smallest goal under GOGC 100 is that of a program that has just started. */
#define STARTING_BYTES (UINT64_C(8) << 20)

struct hr_objects {
	struct hr_objects_options options;
	struct hr_trace_meta in, out_meta;
	struct hr_objheap heap;
	struct hr_ledger ledger; /* objects that the trace names by addresses */
	bool by_ledger;
	bool recorded_heap; /* the trace has spans too: `recorded` and `deaths` are in use */
	struct hr_recorded slots;
	struct hr_deaths deaths;
	struct hr_deaths_reader reader;
	struct hr_objects **beside; /* other models of the same recorded heap; NULL in those */
	size_t nbeside;
	struct hr_objects *of; /* the one that this one is beside; NULL: it has a recorded heap of its own */
	enum hr_status taken;  /* how the last of what was decided was taken */
	struct hr_error taken_err;
	uint32_t *adopted; /* our span of a recorded one, while the start is taken over */
	size_t adopted_cap;
	size_t survivor_span; /* of the recorded heap, at the end */
	uint32_t survivor_slot;
	bool alive;	 /* something happened */
	bool goal_noted; /* the goal that holds before the first cycle */
	uint64_t now_ns, end_ns;

	/* The collector. */
	bool marking, sweeping;
	uint64_t due_ns;     /* NEVER: no timer is set */
	uint64_t mark_ns;    /* when marking will be done */
	uint64_t marked_ns;  /* when it began */
	uint64_t swept_ns;   /* the sweeper is through with a span */
	uint64_t last_gc_ns; /* mark done; NEVER: there was none */
	int asked;	     /* flags of a cycle that waits for the end of marking, NO_FLAGS */
	uint64_t marked_bytes, live_then, triggered_bytes, allocated_then;
	/* The last recorded cycles: how long each marked, and what was alive when it began. */
	struct {
		uint64_t ns, bytes;
	} marks[RECORDED_MARKS];
	unsigned nmarks;
	uint64_t recorded_begin_ns, recorded_begin_bytes; /* NEVER: none is marking */
	uint64_t manual_bytes, stack_bytes;		  /* that the trace tells of */
	struct hr_gc_history history;

	/* For a recorded heap with modelled cycles: mark speed and clock, estimated from the recorded cycles. */
	bool paced;
	struct hr_cycles cycles;
	struct hr_gc_marker marker;
	struct hr_busy busy;
	struct hr_gc_phase phase;
	double spiral_idle_ns;		/* idle time since the limit first left no room */
	double runway_low, runway_high; /* that the trace's next cycle shows, per byte marked */
	uint64_t extra_bytes;		/* stacks and globals, by the trace's goals */
	uint64_t limit_goal_bytes;	/* that a memory limit which the trace does not tell left; 0: there is none */
	bool extra_known;
	bool in_step;		  /* the settings are those of the trace: cycles begin when the trace's own did */
	uint64_t step_goal_bytes; /* then: that of the recorded cycle; 0: not told */
	uint64_t trace_ns;	  /* of the last event; the clock may differ */
	struct hr_pool pool;
	uint64_t begun_at[2], recorded_at[2]; /* objects born when the last two modelled, and recorded, cycles began */
	int ahead;			      /* modelled cycles more than recorded ones, lately: -1 to 1 */
	bool skipped;			      /* the last recorded cycle has no modelled one that stands for it */
	double clock_ns, rec_speed; /* rec_speed: of the program where the trace is now, 1 without a mark phase */

	struct hr_layers *layers; /* NULL: nobody asks */
	uint32_t *roundings;	  /* then, by number: what slots have beyond what was asked for */
	size_t roundings_cap;
	uint64_t rounding_bytes; /* of those alive */
	struct hr_event *out;
	size_t nout, out_cap;
	bool failed;
	struct hr_objects_stats stats;
};

static const char *const gc_names[] = {
    [HR_GC_AUTO] = "auto", [HR_GC_RECORDED] = "recorded", [HR_GC_MODEL] = "model", [HR_GC_NONE] = "none"};
static const char *const cache_names[] = {
    [HR_SPAN_CACHE_AUTO] = "auto",
    [HR_SPAN_CACHE_NONE] = "none",
    [HR_SPAN_CACHE_ONE] = "one",
    [HR_SPAN_CACHE_SWEEP] = "sweep",
};

const char *hr_gc_mode_name(enum hr_gc_mode gc)
{
	return gc_names[gc];
}

const char *hr_span_cache_name(enum hr_span_cache cache)
{
	return cache_names[cache];
}

const struct hr_param hr_gc_cost_params[] = {
    {"mark", HR_PARAM_BYTES, offsetof(struct hr_gc_cost, mark_rate), "0", NULL,
     "live bytes marked in a second; 0: as the trace's own cycles show, or 10GiB where it has none"},
    {"sweep", HR_PARAM_NS, offsetof(struct hr_gc_cost, sweep_ns), "100ns", NULL, "each span that the sweeper visits"},
    {NULL, HR_PARAM_NS, 0, NULL, NULL, NULL},
};

void hr_objects_defaults(struct hr_objects_options *o)
{
	memset(o, 0, sizeof(*o));
	o->pacing.gogc = 100;
	o->pacing.memory_limit_bytes = UINT64_MAX;
	o->pacing.go_minor = 19;
	o->procs = 1;
	o->vary.mark_cost = 1;
	hr_params_init(hr_gc_cost_params, &o->cost);
}

enum hr_gc_mode hr_objects_gc(const struct hr_trace_meta *meta, enum hr_gc_mode gc)
{
	if (gc != HR_GC_AUTO)
		return gc;
	if (meta->has_spans || meta->has_cycles)
		return HR_GC_RECORDED;
	return meta->collected ? HR_GC_MODEL : HR_GC_NONE;
}

bool hr_objects_needed(const struct hr_trace_meta *meta, enum hr_gc_mode gc)
{
	return !meta->has_spans || hr_objects_gc(meta, gc) != HR_GC_RECORDED;
}

/* --- making --------------------------------------------------------------- */

static enum hr_status settle(struct hr_objects_options *o, const struct hr_trace_meta *meta, struct hr_error *err)
{
	o->gc = hr_objects_gc(meta, o->gc);
	if (meta->has_spans && !meta->has_objects)
		return hr_error_set(err, HR_EUSAGE,
				    "the trace tells spans, but not the objects in them; --gc %s needs objects",
				    gc_names[o->gc]);
	if (meta->has_spans && !meta->has_addresses)
		return hr_error_set(err, HR_EUSAGE,
				    "the trace tells spans and objects without addresses; --gc %s needs to know which "
				    "objects lie in which spans",
				    gc_names[o->gc]);
	if (o->gc == HR_GC_RECORDED && !meta->has_cycles)
		return hr_error_set(err, HR_EUSAGE,
				    "the trace tells no GC cycles; use --gc model, or --gc none to free at once");
	if (o->gogc_given && o->gc != HR_GC_MODEL)
		return hr_error_set(err, HR_EUSAGE, "--gogc sets the pace of modelled GC cycles; add --gc model");
	if (o->span_cache == HR_SPAN_CACHE_AUTO)
		o->span_cache = o->gc == HR_GC_NONE ? HR_SPAN_CACHE_ONE : HR_SPAN_CACHE_SWEEP;
	if ((o->gc == HR_GC_NONE) != (o->span_cache != HR_SPAN_CACHE_SWEEP))
		return hr_error_set(
		    err, HR_EUSAGE,
		    o->gc == HR_GC_NONE
			? "without GC cycles (--gc none) nothing sweeps; --span-cache is none or one"
			: "with GC cycles spans go back when they are swept; --span-cache none and one are "
			  "for --gc none");
	if (o->procs == 0)
		o->procs = 1;
	if (o->procs > INT16_MAX)
		o->procs = INT16_MAX;
	return HR_OK;
}

enum hr_status hr_objects_new(const struct hr_trace_meta *meta, const struct hr_objects_options *options,
			      struct hr_objects **objects, struct hr_error *err)
{
	struct hr_objects_options settled = *options;
	struct hr_objects *o;

	*objects = NULL;
	HR_TRY(settle(&settled, meta, err));
	o = hr_calloc(1, sizeof(*o));
	if (o == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	o->out = hr_calloc(1, sizeof(*o->out));
	o->out_cap = 1; /* so that there is always somewhere to write */
	if (o->out == NULL) {
		free(o);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	o->options = settled;
	o->in = o->out_meta = *meta;
	o->out_meta.has_addresses = o->out_meta.padded = o->out_meta.strict = o->out_meta.has_threads = false;
	o->out_meta.has_spans = o->out_meta.has_procs = true;
	o->out_meta.has_objects = false;
	o->out_meta.has_cycles = settled.gc != HR_GC_NONE || meta->has_cycles;
	o->recorded_heap = meta->has_spans;
	o->paced = meta->has_spans && settled.gc == HR_GC_MODEL;
	o->rec_speed = 1;
	hr_cycles_init(&o->cycles);
	o->by_ledger = meta->has_addresses && !meta->has_spans;
	o->due_ns = o->last_gc_ns = o->recorded_begin_ns = NEVER;
	o->asked = NO_FLAGS;
	hr_ledger_init(&o->ledger);
	hr_recorded_init(&o->slots);
	hr_deaths_init(&o->deaths);
	o->reader.seed = settled.vary.seed;
	o->reader.skew = settled.vary.skew;
	hr_objheap_init(&o->heap, settled.span_cache, settled.pacing.go_minor);
	*objects = o;
	return HR_OK;
}

void hr_objects_free(struct hr_objects *o)
{
	if (o == NULL)
		return;
	hr_objheap_release(&o->heap);
	hr_ledger_release(&o->ledger);
	hr_recorded_release(&o->slots);
	for (size_t i = 0; i < o->nbeside; i++)
		hr_objects_free(o->beside[i]);
	free(o->beside);
	hr_pool_release(&o->pool);
	hr_deaths_reader_release(&o->reader);
	hr_deaths_release(&o->deaths);
	hr_cycles_release(&o->cycles);
	free(o->adopted);
	free(o->roundings);
	free(o->out);
	free(o);
}

enum hr_status hr_objects_beside(struct hr_objects *o, const struct hr_objects_options *options,
				 struct hr_objects **model, struct hr_error *err)
{
	struct hr_objects **beside = realloc(o->beside, (o->nbeside + 1) * sizeof(struct hr_objects *));

	if (beside == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	o->beside = beside;
	HR_TRY(hr_objects_new(&o->in, options, model, err));
	(*model)->of = o;
	o->beside[o->nbeside++] = *model;
	return HR_OK;
}

bool hr_objects_is_modelled(const struct hr_objects *o)
{
	return o->paced;
}

bool hr_objects_learned(const struct hr_objects *o)
{
	return o->extra_known && !o->options.gogc_given;
}

const struct hr_trace_meta *hr_objects_meta(const struct hr_objects *o)
{
	return &o->out_meta;
}

const struct hr_objects_options *hr_objects_options(const struct hr_objects *o)
{
	return &o->options;
}

/* What the trace's own cycles tell. */
static const struct hr_cycles *told(const struct hr_objects *o)
{
	return o->of != NULL ? &o->of->cycles : &o->cycles;
}

const struct hr_cycles *hr_objects_cycles(const struct hr_objects *o)
{
	return told(o);
}

uint64_t hr_objects_end_ns(const struct hr_objects *o)
{
	return o->end_ns;
}

struct hr_objects_stats hr_objects_stats(const struct hr_objects *o)
{
	struct hr_objects_stats s = o->stats;

	s.live_objects = o->heap.live_objects;
	s.live_bytes = s.allocated_bytes - s.freed_bytes;
	s.window_bytes = (o->of != NULL ? o->of : o)->deaths.window_bytes;
	s.deaths_let_go = (o->of != NULL ? o->of : o)->deaths.let_go;
	s.cpu_known = o->paced;
	s.capacity_ns = (uint64_t)(o->clock_ns * told(o)->procs);
	s.cpu_ns = (uint64_t)o->marker.total_cpu_ns;
	s.assist_ns = (uint64_t)o->marker.total_assist_ns;
	s.idle_ns = (uint64_t)o->marker.total_idle_ns;
	s.limited_cycles = o->marker.limited_cycles;
	if (o->clock_ns > 0) {
		s.phase_shift_bytes = o->phase.shift / o->clock_ns;
		s.phase_spread_bytes = sqrt(o->phase.square) / o->clock_ns;
	}
	if (o->paced && hr_objects_spiral(&s) && s.mark_ns > 0)
		s.late_cycles = (uint64_t)(o->spiral_idle_ns / ((double)s.mark_ns / (double)s.cycles));
	return s;
}

/* --- layers ----------------------------------------------------------------- */

void hr_objects_layers(struct hr_objects *o, struct hr_layers *l)
{
	o->layers = l;
}

static void tell_layers(const struct hr_objects *o, uint64_t time_ns)
{
	const struct hr_objheap *h = &o->heap;

	hr_layers_model(o->layers, time_ns,
			&(struct hr_layers_state){.objects = h->object_bytes,
						  .dead = h->dead_bytes,
						  .condemned = h->condemned_bytes,
						  .rounding = o->rounding_bytes,
						  .slots = h->span_bytes - h->tail_bytes,
						  .spans = h->span_bytes,
						  .manual = o->manual_bytes});
}

/* What the heap was until time_ns, when it is about to change. */
static inline void look(const struct hr_objects *o, uint64_t time_ns)
{
	if (hr_layers_due(o->layers, time_ns))
		tell_layers(o, time_ns);
}

/* Of a new object of that many bytes. False: out of memory. */
static bool note_rounding(struct hr_objects *o, uint32_t number, uint64_t bytes)
{
	size_t had = o->roundings_cap;
	uint64_t slot;

	if (o->layers == NULL)
		return true;
	slot = hr_objheap_bytes(&o->heap, number);
	if (!hr_reserve(&o->roundings, &o->roundings_cap, (size_t)number + 1, sizeof(*o->roundings)))
		return false;
	memset(o->roundings + had, 0, (o->roundings_cap - had) * sizeof(*o->roundings));
	o->roundings[number] = slot > bytes ? (uint32_t)(slot - bytes) : 0;
	o->rounding_bytes += o->roundings[number];
	return true;
}

static void forget_rounding(struct hr_objects *o, uint32_t number)
{
	if (number >= o->roundings_cap)
		return;
	o->rounding_bytes -= o->roundings[number];
	o->roundings[number] = 0;
}

/* --- events out ----------------------------------------------------------- */

static struct hr_event *emit(struct hr_objects *o, enum hr_event_kind kind, uint64_t time_ns)
{
	if (o->nout == o->out_cap && !hr_reserve(&o->out, &o->out_cap, o->nout + 1, sizeof(*o->out))) {
		/* Drop the events made so far; the caller gets the error at the end of the batch. */
		o->failed = true;
		o->nout = 0;
	}
	o->out[o->nout] = (struct hr_event){.time_ns = time_ns, .p = HR_NO_P, .kind = (uint8_t)kind};
	return &o->out[o->nout++];
}

/* What happened to spans in the heap of objects, at that time and by that P. */
static inline void send_changes(struct hr_objects *o, uint64_t time_ns, int p)
{
	size_t n;
	const struct hr_span_change *c = hr_objheap_take(&o->heap, &n);

	for (size_t i = 0; i < n; i++) {
		enum hr_event_kind kind = c[i].freed ? HR_EV_SPAN_FREE
					  : o->alive ? HR_EV_SPAN_ALLOC
						     : HR_EV_SPAN_EXISTS;
		struct hr_event *e = emit(o, kind, time_ns);

		e->addr = c[i].span;
		e->p = (int16_t)p;
		if (c[i].freed)
			continue;
		e->size = c[i].npages * HR_PAGE_BYTES;
		e->arg = (uint32_t)c[i].span_class << 1;
	}
}

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

	emit(o, HR_EV_HEAP_GOAL, time_ns)->size = goal;
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
	o->due_ns = NEVER;
	if (o->sweeping)
		o->due_ns = o->swept_ns;
	else if (o->marking && o->options.gc == HR_GC_MODEL)
		o->due_ns = o->mark_ns;
	if (o->options.gc == HR_GC_MODEL && !o->marking && o->last_gc_ns != NEVER && !o->in_step &&
	    o->options.pacing.gogc != HR_GOGC_OFF && o->last_gc_ns + HR_GC_PERIOD_NS < o->due_ns)
		o->due_ns = o->last_gc_ns + HR_GC_PERIOD_NS;
}

static void end_sweep(struct hr_objects *o, uint64_t time_ns)
{
	o->sweeping = false;
	emit(o, HR_EV_SWEEP_DONE, time_ns);
	set_timer(o);
}

/* All that is not swept yet, now. */
static bool sweep_rest(struct hr_objects *o, uint64_t time_ns)
{
	if (!o->sweeping)
		return true;
	look(o, time_ns);
	while (hr_objheap_sweeping(&o->heap))
		if (!hr_objheap_sweep_one(&o->heap))
			return false;
	send_changes(o, time_ns, HR_NO_P);
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
	unsigned n = o->nmarks < RECORDED_MARKS ? o->nmarks : RECORDED_MARKS;

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
	} else if (o->recorded_begin_ns != NEVER) {
		if (o->recorded_begin_bytes > 0) {
			o->marks[o->nmarks % RECORDED_MARKS].ns = e->time_ns - o->recorded_begin_ns;
			o->marks[o->nmarks++ % RECORDED_MARKS].bytes = o->recorded_begin_bytes;
		}
		o->recorded_begin_ns = NEVER;
	}
}

/* --- marking, and the clock, of a recorded heap ------------------------------ */

#define DEFAULT_MARK_NS_PER_BYTE 2.0 /* of CPU: what recordings of the Go compiler show */
#define GOGC_OFF 100000.0	     /* what the schedule of assists takes for it */
#define STW_NS 100000.0		     /* that the world stands still for a cycle, on every P */

static unsigned procs_of(const struct hr_objects *o)
{
	return told(o)->procs;
}

static inline void run_clock(struct hr_objects *o, double ns)
{
	o->clock_ns += ns;
	if (o->marking) {
		hr_gc_mark_run(&o->marker, ns, o->busy.mean);
		return;
	}
	hr_gc_mark_rest(&o->marker, ns);
	/* In step there is no chance in when cycles begin. */
	if (o->busy.mean >= 1 || o->in_step)
		return;
	ns *= 1 - o->busy.mean;
	hr_gc_phase_idle(&o->phase, ns,
			 o->heap.heap_live > o->marked_bytes ? (double)(o->heap.heap_live - o->marked_bytes) : 0);
	if (o->stats.limit_breaches > 0)
		o->spiral_idle_ns += ns;
}

static double slowed(const struct hr_objects *o, double assists)
{
	double speed = hr_speed_beside(procs_of(o), o->busy.mean, assists);

	return o->busy.mean >= 0.9 ? speed * hr_cycles_drag(told(o)) : speed;
}

/* The time of an event of the trace by the clock. */
static inline uint64_t clock_at(struct hr_objects *o, uint64_t trace_ns)
{
	double ns = (double)(trace_ns - o->trace_ns);

	if (ns > 0) {
		if (!o->options.wall_clock)
			ns = ns * o->rec_speed / (o->marking ? slowed(o, 0) : 1);
		run_clock(o, ns);
		o->trace_ns = trace_ns;
	}
	return (uint64_t)o->clock_ns;
}

/*
 * Under the trace's own settings the trace knows when cycles began, idle times and all; the models beside the likeliest
 * know it as well. Whoever asks for settings, even the same, gets cycles by the runtime's pacing.
 */
bool hr_objects_is_in_step(const struct hr_objects *o)
{
	const struct hr_objects_options *want = &o->options;

	return told(o)->n > 0 && !want->by_rule && !want->gogc_given && !want->limit_given && want->cost.mark_rate == 0;
}

/* Is it another GOGC than that of the trace, of which one cycle tells only so much? */
static bool is_another(uint64_t gogc, uint64_t of_trace)
{
	return gogc > of_trace + of_trace / 4 || gogc < of_trace - of_trace / 4;
}

/* What the trace's own cycles have shown by now. */
static void learn_settings(struct hr_objects *o)
{
	struct hr_gc_fitted f = hr_gc_fit(&told(o)->fit);
	struct hr_gc_settings *s = &o->options.pacing;
	double trace_gogc;

	o->in_step = hr_objects_is_in_step(o);
	o->limit_goal_bytes = o->options.limit_given ? 0 : f.limit_goal;
	if (o->limit_goal_bytes != 0 && !o->options.gogc_given)
		s->gogc = HR_GOGC_OFF;
	if (!f.known)
		return;
	if (!o->options.gogc_given)
		s->gogc = f.gogc;
	o->extra_bytes = s->stack_bytes == 0 && s->globals_bytes == 0 ? f.extra_bytes : 0;
	o->extra_known = true;
	if (o->goal_noted || told(o)->first_goal == 0)
		return;
	if (is_another(s->gogc, f.gogc) && o->heap.heap_live < STARTING_BYTES) {
		/* Under another GOGC the cycles that came before the trace would have been others. */
		o->marked_bytes = hr_gc_grown(s, o->heap.heap_live);
		return;
	}
	/* The goal at the start of the trace tells how much had survived the cycle before. */
	trace_gogc = (double)f.gogc / 100;
	trace_gogc = ((double)told(o)->first_goal - (double)f.extra_bytes * trace_gogc) / (1 + trace_gogc);
	if (trace_gogc > 0)
		o->marked_bytes = (uint64_t)trace_gogc;
}

static void begin_paced(struct hr_objects *o, uint64_t time_ns, uint64_t to_mark)
{
	struct hr_mark_cost cost = hr_cycles_mark_cost(told(o), o->trace_ns);
	const struct hr_cycle *recorded = o->in_step ? hr_cycles_at(told(o), o->trace_ns) : NULL;
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
	double stw = hr_cycles_stw_ns(told(o));

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

/* The time since the last cycle is over: had that not begun yet, the heap could have come to where it did begin. */
static void end_phase(struct hr_objects *o)
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
		run_clock(o, ns / by);
		*time_ns = (uint64_t)o->clock_ns;
	}
	if (hr_gc_mark_is_done(m))
		return end_marking(o, *time_ns);
	o->mark_ns = *time_ns + (uint64_t)hr_gc_mark_left_ns(m, o->busy.mean);
	set_timer(o);
	return true;
}

/* Who is dead by now: marking looks at it. */
static void let_die(struct hr_objects *o)
{
	struct hr_deaths_reader *r = &o->reader;
	size_t n = 0;

	for (size_t i = 0; i < r->nwaiting; i++) {
		const struct hr_dying dying = r->waiting[i];

		if (dying.at >= r->passed) {
			r->waiting[n++] = dying;
		} else if (hr_objheap_has(&o->heap, dying.number)) {
			hr_objheap_die(&o->heap, dying.number);
			o->stats.freed_objects++;
		}
	}
	r->nwaiting = n;
}

/* Pooled objects, of a trace with spans whose cycles are modelled: what it shows of them. */
static const struct hr_pools *pools_of(const struct hr_objects *o)
{
	return o->of != NULL ? &o->of->deaths.pools : &o->deaths.pools;
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
	return hr_pool_more(&o->pool, pools_of(o));
}

/* gcStart: the sweeping of the last cycle comes first. */
static bool begin_cycle(struct hr_objects *o, uint64_t time_ns, unsigned flags)
{
	uint64_t to_mark;

	if (!sweep_rest(o, time_ns))
		return false;
	emit(o, HR_EV_GC_BEGIN, time_ns)->flags = (uint8_t)flags;
	if (o->paced)
		end_phase(o);
	let_die(o);
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

	look(o, time_ns);
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
	emit(o, HR_EV_GC_END, time_ns);
	if (o->options.gc == HR_GC_MODEL) {
		send_goal(o, time_ns);
		o->stats.limit_breaches +=
		    o->options.pacing.memory_limit_bytes != UINT64_MAX && goal_now(o).goal <= o->marked_bytes;
	}
	set_timer(o);
	if (asked == NO_FLAGS)
		return true;
	o->asked = NO_FLAGS;
	return begin_cycle(o, time_ns, (unsigned)asked);
}

/* The program asks: runtime.GC waits for a cycle that is going on, and then has its own. */
static bool ask_for_cycle(struct hr_objects *o, uint64_t time_ns, unsigned flags)
{
	if (!o->marking)
		return begin_cycle(o, time_ns, flags);
	o->asked = (o->asked == NO_FLAGS ? 0 : o->asked) | (int)flags;
	return true;
}

/* The sweeper goes on with the next span. */
static bool sweep_next(struct hr_objects *o)
{
	if (hr_objheap_sweeping(&o->heap)) {
		if (!hr_objheap_sweep_one(&o->heap))
			return false;
		send_changes(o, o->swept_ns, HR_NO_P);
	}
	if (!hr_objheap_sweeping(&o->heap)) {
		end_sweep(o, o->swept_ns);
		return true;
	}
	o->swept_ns += o->options.cost.sweep_ns;
	set_timer(o);
	return true;
}

/* All timers before time_ns. */
static bool run_timers(struct hr_objects *o, uint64_t time_ns)
{
	while (o->due_ns < time_ns) {
		bool fine;

		look(o, o->due_ns);
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

/*
 * Where the runtime looks whether it is time for a cycle. In one, assists hold
 * those back who allocate, so that the heap comes to hardly more than 1.1 times
 * its goal before marking is done: times of a trace that has cycles show that;
 * in others marking ends there. gcControllerState.revise (maxOvershoot).
 */
static bool look_at_trigger(struct hr_objects *o, uint64_t time_ns)
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

/* --- objects -------------------------------------------------------------- */

/* The first event that shows life: what was there at the start is complete. */
static bool come_alive(struct hr_objects *o, uint64_t time_ns)
{
	o->alive = true;
	if (!hr_objheap_adopted(&o->heap))
		return false;
	send_changes(o, time_ns, HR_NO_P);
	/* Start as if a cycle had just ended and found everything alive. */
	o->marked_bytes = o->heap.object_bytes;
	o->live_then = 0;
	o->heap.refilled = false;
	if (o->paced) {
		hr_objheap_counted(&o->heap, told(o)->first_live_bytes);
		learn_settings(o);
		o->marker.expected = (double)o->marked_bytes;
		o->phase = (struct hr_gc_phase){0}; /* what the heap was until then is known */
		hr_cycles_runway(told(o), 0, o->marked_bytes, &o->runway_low, &o->runway_high);
	}
	if (o->options.gc == HR_GC_MODEL)
		send_goal(o, time_ns);
	return true;
}

/* The P that an event's p stands for. */
static inline int p_of(const struct hr_objects *o, int p)
{
	if (p < 0)
		return 0;
	return o->in.has_threads ? p % (int)o->options.procs : p;
}

static bool free_object(struct hr_objects *o, uint32_t number, uint64_t time_ns)
{
	o->stats.freed_objects++;
	forget_rounding(o, number);
	if (o->options.gc != HR_GC_NONE) {
		o->stats.freed_bytes += hr_objheap_die(&o->heap, number);
	} else {
		o->stats.freed_bytes += hr_objheap_bytes(&o->heap, number);
		if (!hr_objheap_free(&o->heap, number))
			return false;
		if (o->heap.nchanges > 0)
			send_changes(o, time_ns, HR_NO_P);
	}
	return true;
}

/* One more, in a slot of so many bytes. */
static inline void count_object(struct hr_objects *o, uint64_t bytes)
{
	o->stats.allocated_objects++;
	o->stats.allocated_bytes += bytes;
	if (o->stats.allocated_bytes - o->stats.freed_bytes > o->stats.live_peak_bytes)
		o->stats.live_peak_bytes = o->stats.allocated_bytes - o->stats.freed_bytes;
}

/*
 * An object that the next recorded cycle drops lies in its pool, if it has one. It was given back between the two cycles
 * before: half way, say. False: out of memory.
 */
static bool give_back(struct hr_objects *o, uint32_t number, bool *given)
{
	const struct hr_objspan *s = &o->heap.spans[o->heap.objects[number].span];
	uint64_t since = o->recorded_at[1] + (o->recorded_at[0] - o->recorded_at[1]) / 2;
	size_t kind;

	*given = false;
	if (!o->paced || o->options.vary.no_pools || hr_size_class_of_span_class(s->span_class) != 0)
		return true;
	kind = hr_pools_kind(pools_of(o), s->span_class, s->npages);
	if (kind == HR_NO_KIND || !hr_pools_keep(pools_of(o), kind) || o->begun_at[1] > since)
		return true;
	*given = true;
	return hr_pool_put(&o->pool, kind, hr_objheap_let_go(&o->heap, number), o->begun_at[0] > since);
}

/* An allocation that finds a pooled object makes no new one. */
static bool take_pooled(struct hr_objects *o, const struct hr_event *e, bool *fine)
{
	struct hr_object object;
	size_t kind;

	if (o->pool.n == 0 || o->in_step || hr_size_class_of_span_class(e->arg) != 0 ||
	    hr_objheap_has(&o->heap, e->addr))
		return false;
	kind = hr_pools_kind(pools_of(o), e->arg, e->size / HR_PAGE_BYTES);
	if (kind == HR_NO_KIND || !hr_pool_take(&o->pool, kind, &object))
		return false;
	*fine =
	    hr_objheap_take_up(&o->heap, (uint32_t)e->addr, object) && (o->skipped || hr_pool_again(&o->pool, kind));
	return true;
}

/*
 * The program makes a pooled object anew that a cycle beyond the recorded ones has dropped. Of the two the new one is
 * taken for garbage, as the trace knows when the old one is.
 */
static bool make_again(struct hr_objects *o, int p)
{
	size_t at = hr_pool_due(&o->pool);
	uint32_t number = (uint32_t)o->heap.nobjects;
	const struct hr_pool_kind *kind;

	if (at == HR_NO_KIND)
		return true;
	kind = &pools_of(o)->kinds[at];
	if (!hr_objheap_alloc(&o->heap, number, kind->span_class, kind->npages, p))
		return false;
	count_object(o, kind->npages * HR_PAGE_BYTES);
	o->stats.freed_objects++;
	o->stats.freed_bytes += hr_objheap_die(&o->heap, number);
	return true;
}

/* p: of the event. npages: of a large object. */
static bool add_object(struct hr_objects *o, uint64_t time_ns, int p, uint32_t number, unsigned span_class,
		       uint32_t npages)
{
	p = p_of(o, p);
	if (hr_objheap_has(&o->heap, number)) {
		o->stats.over_live++;
		if (!free_object(o, number, time_ns))
			return false;
	}
	if (!hr_objheap_alloc(&o->heap, number, span_class, npages, p))
		return false;
	count_object(o, hr_objheap_slot_bytes(span_class, npages));
	if (!o->heap.refilled)
		return true;
	if (o->pool.next < o->pool.nshelves && !o->marking && !make_again(o, p))
		return false;
	send_changes(o, time_ns, p);
	if (o->alive && o->options.gc == HR_GC_MODEL)
		return look_at_trigger(o, time_ns);
	o->heap.refilled = false;
	return true;
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects that are live");
}

/* The number of an object that is allocated now. */
static enum hr_status new_number(struct hr_objects *o, const struct hr_event *e, uint32_t *number, struct hr_error *err)
{
	char when[HR_UNIT_BUF];

	if (!o->by_ledger) {
		*number = (uint32_t)e->addr;
		if (e->addr > o->heap.nobjects || e->addr >= HR_NO_NUMBER)
			return hr_error_set(err, HR_EINPUT,
					    "object number %" PRIu64 " at %s; there were only %zu before it", e->addr,
					    hr_format_ns(when, e->time_ns), o->heap.nobjects);
		return HR_OK;
	}
	if (e->addr == UINT64_MAX)
		return hr_error_set(err, HR_EINPUT, "an object with the address -1 at %s",
				    hr_format_ns(when, e->time_ns));
	*number = hr_ledger_find(&o->ledger, e->addr);
	if (*number == HR_NO_NUMBER)
		*number = hr_ledger_add_key(&o->ledger, e->addr, e->size);
	return *number != HR_NO_NUMBER ? HR_OK : no_memory(err);
}

static inline enum hr_status take_alloc(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	char when[HR_UNIT_BUF];
	uint32_t number = HR_NO_NUMBER;

	HR_TRY(new_number(o, e, &number, err));
	if (e->size >= MAX_OBJECT_BYTES)
		return hr_error_set(err, HR_EINPUT,
				    "an object of %" PRIu64 " bytes at %s; objects have less than 2 TiB", e->size,
				    hr_format_ns(when, e->time_ns));
	if (!add_object(o, e->time_ns, e->p, number, hr_objheap_class(&o->heap, e->size, !o->options.pointers),
			(uint32_t)hr_div_up(e->size, HR_PAGE_BYTES)) ||
	    !note_rounding(o, number, e->size))
		return no_memory(err);
	return HR_OK;
}

static inline enum hr_status take_free(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	uint64_t number = e->addr;

	if (o->by_ledger) {
		number = number != UINT64_MAX ? hr_ledger_find(&o->ledger, number) : HR_NO_NUMBER;
		if (number != HR_NO_NUMBER)
			hr_ledger_remove(&o->ledger, (uint32_t)number);
	}
	if (!hr_objheap_has(&o->heap, number)) {
		o->stats.unknown_frees++;
		return HR_OK;
	}
	return free_object(o, (uint32_t)number, e->time_ns) ? HR_OK : no_memory(err);
}

static void pass_on(struct hr_objects *o, const struct hr_event *e)
{
	*emit(o, e->kind, e->time_ns) = *e;
}

/* A recorded cycle begins where cycles are modelled. */
static bool model_recorded(struct hr_objects *o, const struct hr_event *e)
{
	bool forced = (e->flags & HR_EVF_FORCED_GC) != 0;

	if (!o->in_step && !forced)
		return true;
	o->stats.timed_cycles +=
	    !forced && !o->marking && o->last_gc_ns != NEVER && e->time_ns >= o->last_gc_ns + HR_GC_PERIOD_NS;
	return ask_for_cycle(o, e->time_ns, e->flags);
}

/* What the trace tells of cycles and settings. */
static bool take_phase(struct hr_objects *o, const struct hr_event *e)
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
		pass_on(o, e);
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
		pass_on(o, e);
	return true;
}

/* --- a recorded heap, in order of what is decided --------------------------- */

/* A span of objects that was there: of ours, a like one is. */
static bool adopt_span(struct hr_objects *o, const struct hr_event *e)
{
	struct hr_event *out;
	uint32_t span;

	if (!hr_reserve(&o->adopted, &o->adopted_cap, e->addr + 1, sizeof(*o->adopted)) ||
	    !hr_objheap_adopt_span(&o->heap, e->arg >> 1, (uint32_t)(e->size / HR_PAGE_BYTES), &span))
		return false;
	o->adopted[e->addr] = span;
	out = emit(o, HR_EV_SPAN_EXISTS, e->time_ns);
	out->addr = span;
	out->size = e->size;
	out->arg = e->arg;
	return true;
}

/* In the same slot of the span that stands for its own. */
static bool adopt_object(struct hr_objects *o, const struct hr_event *e)
{
	uint32_t span = o->adopted[e->size >> SLOT_BITS];

	if (!hr_objheap_has_room(&o->heap, span))
		return add_object(o, e->time_ns, e->p, (uint32_t)e->addr, e->arg, o->heap.spans[span].npages);
	if (!hr_objheap_adopt(&o->heap, (uint32_t)e->addr, span, e->size & ((1 << SLOT_BITS) - 1)))
		return false;
	count_object(o, hr_objheap_bytes(&o->heap, (uint32_t)e->addr));
	return true;
}

/* A manual span, or its end; size is told of both. */
static void take_manual(struct hr_objects *o, const struct hr_event *e)
{
	if (e->kind == HR_EV_SPAN_FREE)
		o->manual_bytes -= e->size;
	else
		o->manual_bytes += e->size;
	pass_on(o, e);
}

static enum hr_status take_recorded(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	bool fine = true;

	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
		if (e->arg & HR_SPAN_MANUAL)
			take_manual(o, e);
		else
			fine = adopt_span(o, e);
		break;
	case HR_EV_OBJ_EXISTS:
		fine = adopt_object(o, e);
		break;
	case HR_EV_SPAN_ALLOC:
	case HR_EV_SPAN_FREE:
		fine = o->alive || come_alive(o, e->time_ns);
		take_manual(o, e);
		break;
	case HR_EV_OBJ_ALLOC:
		if (take_pooled(o, e, &fine))
			break;
		fine = (o->alive || come_alive(o, e->time_ns)) &&
		       add_object(o, e->time_ns, e->p, (uint32_t)e->addr, e->arg, (uint32_t)(e->size / HR_PAGE_BYTES));
		break;
	case HR_EV_OBJ_FREE:
		/* Ignore the event: a modelled death has freed this object already. */
		if (!hr_objheap_has(&o->heap, e->addr))
			break;
		fine = (o->alive || come_alive(o, e->time_ns)) && free_object(o, (uint32_t)e->addr, e->time_ns);
		break;
	case HR_EV_STACK_EXISTS:
	case HR_EV_STACK_ALLOC:
		o->stack_bytes += e->size;
		break;
	case HR_EV_STACK_FREE:
		o->stack_bytes -= e->size;
		break;
	default:
		break;
	}
	return fine ? HR_OK : no_memory(err);
}

/* --- events in ------------------------------------------------------------ */

/* A recorded cycle marks, or is done: the program has less of the CPU in between. */
static void pass_recorded(struct hr_objects *o, const struct hr_event *e)
{
	const struct hr_cycle *c;

	hr_busy_take(&o->busy, e);
	if (e->kind == HR_EV_GC_END) {
		o->rec_speed = 1;
		hr_cycles_runway(told(o), e->time_ns, 0, &o->runway_low, &o->runway_high);
	}
	if (e->kind != HR_EV_GC_BEGIN)
		return;
	learn_settings(o);
	c = hr_cycles_at(told(o), e->time_ns);
	o->rec_speed = slowed(o, c != NULL ? hr_cycle_assists(c) : 0);
}

static enum hr_status take_event(struct hr_objects *o, const struct hr_event *e, struct hr_error *err);

/* What happens at time_ns is next: all that is due before it. False: out of memory. */
static inline bool go_on(struct hr_objects *o, uint64_t time_ns)
{
	o->now_ns = time_ns;
	if (o->due_ns < time_ns && !run_timers(o, time_ns))
		return false;
	look(o, time_ns);
	return true;
}

/* Of a recorded heap: a small object is born, or one dies. */
static inline bool take_object(struct hr_objects *o, const struct hr_decided *x)
{
	const uint64_t time_ns = o->paced ? clock_at(o, x->time_ns) : x->time_ns;
	bool given = false;

	if (!go_on(o, time_ns))
		return false;
	/* Ignore the event: a modelled death has freed this object already. */
	if (x->kind == HR_DECIDED_DEATH && !hr_objheap_has(&o->heap, x->what))
		return true;
	if (!o->alive && !come_alive(o, time_ns))
		return false;
	if (x->kind == HR_DECIDED_DEATH && (!give_back(o, x->what, &given) || given))
		return given;
	return x->kind == HR_DECIDED_DEATH ? free_object(o, x->what, time_ns)
					   : add_object(o, time_ns, x->p, x->what, x->span_class, 0);
}

/* The same of births that a lazy reader tells. */
static inline bool take_birth(struct hr_objects *o, const struct hr_held *h)
{
	const uint64_t time_ns = clock_at(o, hr_deaths_held_ns(&o->reader, h));

	if (!go_on(o, time_ns) || (!o->alive && !come_alive(o, time_ns)))
		return false;
	o->stats.freed_bytes += hr_deaths_pass(&o->reader);
	return add_object(o, time_ns, (int16_t)(uint16_t)h->when, h->what, h->span_class, 0);
}

/* Of a recorded heap whose cycles are modelled: at the time that the clock gives it. */
static enum hr_status take_timed(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	struct hr_event timed = *e;

	timed.time_ns = clock_at(o, e->time_ns);
	if (e->kind > HR_EV_STACK_FREE)
		pass_recorded(o, e);
	return take_event(o, &timed, err);
}

/* In order of time. Of a recorded heap: what deaths.h lets out. */
static enum hr_status take_event(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	if (!go_on(o, e->time_ns))
		return no_memory(err);
	if (o->recorded_heap && e->kind <= HR_EV_STACK_FREE)
		return take_recorded(o, e, err);
	switch (e->kind) {
	case HR_EV_OBJ_EXISTS:
		return take_alloc(o, e, err);
	case HR_EV_OBJ_ALLOC:
		if (!o->alive && !come_alive(o, e->time_ns))
			return no_memory(err);
		return take_alloc(o, e, err);
	case HR_EV_OBJ_FREE:
		if (!o->alive && !come_alive(o, e->time_ns))
			return no_memory(err);
		return take_free(o, e, err);
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_END:
	case HR_EV_SWEEP_DONE:
	case HR_EV_FREE_OS_MEMORY:
		if (!o->alive && !come_alive(o, e->time_ns))
			return no_memory(err);
		return take_phase(o, e) ? HR_OK : no_memory(err);
	case HR_EV_HEAP_GOAL:
	case HR_EV_STW_BEGIN:
	case HR_EV_STW_END:
	case HR_EV_MEMORY_LIMIT:
		return take_phase(o, e) ? HR_OK : no_memory(err);
	case HR_EV_GOMAXPROCS:
	case HR_EV_PROC_START:
	case HR_EV_PROC_STOP:
		pass_on(o, e);
		return HR_OK;
	default:
		return HR_OK;
	}
}

/* --- a recorded heap ------------------------------------------------------ */

/* A recorded span is no more, and so is what the recorder left in it. */
static enum hr_status drop_span(struct hr_objects *o, uint32_t span, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *r = &o->slots.spans[span];
	uint32_t number, born;

	while ((number = hr_recorded_take_any(&o->slots, span, &born)) != HR_NO_NUMBER)
		HR_TRY(hr_deaths_swept(&o->deaths, number, born, r->span_class, hr_recorded_bytes(r), err));
	hr_recorded_drop_span(&o->slots, span);
	if (r->slots == 0)
		return hr_deaths_hold(&o->deaths,
				      &(struct hr_event){.time_ns = e->time_ns,
							 .addr = MANUAL_NAME | r->page,
							 .size = r->npages * HR_PAGE_BYTES,
							 .p = e->p,
							 .kind = HR_EV_SPAN_FREE},
				      err);
	return HR_OK;
}

static enum hr_status record_span(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	uint64_t page = e->addr / HR_PAGE_BYTES, npages = hr_div_up(e->size, HR_PAGE_BYTES);
	struct hr_event out = *e;
	uint32_t span;

	while ((span = hr_recorded_in_the_way(&o->slots, page, npages)) != HR_NO_SLOT) {
		o->stats.over_live++;
		HR_TRY(drop_span(o, span, e, err));
	}
	HR_TRY(hr_recorded_add_span(&o->slots, page, npages, e->arg, &span, err));
	if (e->arg & HR_SPAN_MANUAL)
		out.addr = MANUAL_NAME | page;
	else if (e->kind == HR_EV_SPAN_EXISTS && !o->deaths.started)
		out.addr = span;
	else
		return HR_OK; /* our own spans come with the objects in them */
	out.size = npages * HR_PAGE_BYTES;
	if (o->deaths.started)
		out.kind = HR_EV_SPAN_ALLOC;
	return hr_deaths_hold(&o->deaths, &out, err);
}

static enum hr_status record_span_end(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	uint32_t span = hr_recorded_span_at(&o->slots, e->addr / HR_PAGE_BYTES);

	if (span != HR_NO_SLOT && o->slots.spans[span].page == e->addr / HR_PAGE_BYTES)
		return drop_span(o, span, e, err);
	return HR_OK; /* a recorder's loss: it had no objects that we know */
}

static enum hr_status record_object(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *r;
	uint32_t span, slot, number;
	struct hr_event out;

	if (!hr_recorded_find(&o->slots, e->addr, &span, &slot)) {
		o->stats.outside_spans++;
		return HR_OK;
	}
	r = &o->slots.spans[span];
	number = hr_recorded_number(&o->slots, span, slot);
	if (number != HR_NO_NUMBER) {
		if (r->span_class == HR_TINY_SPAN_CLASS)
			return HR_OK;
		o->stats.over_live++;
		HR_TRY(hr_deaths_swept(&o->deaths, number, hr_recorded_birth(&o->slots, span, slot), r->span_class,
				       hr_recorded_bytes(r), err));
		hr_recorded_take_out(&o->slots, span, slot);
	}
	number = hr_recorded_put(&o->slots, span, slot, hr_deaths_birth(&o->deaths));
	o->cycles.births++;
	if (e->kind == HR_EV_OBJ_ALLOC && hr_deaths_hold_birth(&o->deaths, e->time_ns, e->p, number, r->span_class))
		return HR_OK;
	out = *e;
	out.addr = number;
	out.arg = r->span_class;
	if (e->kind == HR_EV_OBJ_EXISTS && !o->deaths.started) {
		out.size = (uint64_t)span << SLOT_BITS | slot;
	} else {
		out.kind = HR_EV_OBJ_ALLOC;
		out.size = r->npages * HR_PAGE_BYTES;
	}
	return hr_deaths_hold(&o->deaths, &out, err);
}

static enum hr_status record_object_end(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *r;
	uint32_t span, slot, number;

	if (!hr_recorded_find(&o->slots, e->addr, &span, &slot)) {
		o->stats.outside_spans++;
		return HR_OK;
	}
	number = hr_recorded_number(&o->slots, span, slot);
	if (number == HR_NO_NUMBER) {
		o->stats.unknown_frees++;
		return HR_OK;
	}
	r = &o->slots.spans[span];
	HR_TRY(hr_deaths_swept(&o->deaths, number, hr_recorded_birth(&o->slots, span, slot), r->span_class,
			       hr_recorded_bytes(r), err));
	hr_recorded_take_out(&o->slots, span, slot);
	return HR_OK;
}

static enum hr_status record_stack(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	struct hr_event out = *e;

	if (e->addr == UINT64_MAX)
		return HR_OK;
	if (e->kind == HR_EV_STACK_FREE) {
		if (!hr_map64_remove(&o->slots.stacks, e->addr, &out.size))
			return HR_OK;
	} else {
		if (hr_map64_get(&o->slots.stacks, e->addr) != NULL)
			return HR_OK;
		if (!hr_map64_put(&o->slots.stacks, e->addr, e->size))
			return no_memory(err);
	}
	return hr_deaths_hold(&o->deaths, &out, err);
}

/* What is no memory. Some of it tells only of the recorded cycles. */
static enum hr_status record_other(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	if (o->paced && e->kind == HR_EV_GC_BEGIN)
		hr_cycles_settle(&o->cycles, o->options.sides);
	if (o->paced && !hr_cycles_take(&o->cycles, e))
		return no_memory(err);
	switch (e->kind) {
	case HR_EV_SWEEP_BEGIN:
	case HR_EV_SWEEP_END:
	case HR_EV_ASSIST_BEGIN:
	case HR_EV_ASSIST_END:
	case HR_EV_HEAP_LIVE:
	case HR_EV_LOG:
		return HR_OK;
	default:
		return hr_deaths_hold(&o->deaths, e, err);
	}
}

/* An event of a trace with spans and objects, at addresses. */
static enum hr_status record(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		return record_span(o, e, err);
	case HR_EV_SPAN_FREE:
		return record_span_end(o, e, err);
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
		return record_object(o, e, err);
	case HR_EV_OBJ_FREE:
		return record_object_end(o, e, err);
	case HR_EV_STACK_EXISTS:
	case HR_EV_STACK_ALLOC:
	case HR_EV_STACK_FREE:
		return record_stack(o, e, err);
	default:
		return record_other(o, e, err);
	}
}

/* --- the stage ------------------------------------------------------------ */

/* The ith of n is taken soon. */
static inline void ask_ahead(const struct hr_objects *o, const struct hr_decided *x, size_t i, size_t n)
{
	if (i + 2 * AHEAD < n && x[i + 2 * AHEAD].kind != HR_DECIDED_OTHER)
		hr_objheap_ask_later(&o->heap, x[i + 2 * AHEAD].what);
	if (i + AHEAD < n && x[i + AHEAD].kind == HR_DECIDED_DEATH)
		hr_objheap_ask_soon(&o->heap, x[i + AHEAD].what);
}

static enum hr_status take_other(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	if (o->reader.lazy && (e->kind == HR_EV_OBJ_ALLOC || e->kind == HR_EV_OBJ_EXISTS)) {
		/* What is due before it comes before those who die. */
		if (!go_on(o, clock_at(o, e->time_ns)))
			return no_memory(err);
		o->stats.freed_bytes += hr_deaths_pass(&o->reader);
	}
	return o->paced ? take_timed(o, e, err) : take_event(o, e, err);
}

/* The segment is over: who waits dies now. False: out of memory. */
static bool end_segment(struct hr_objects *o)
{
	struct hr_deaths_reader *r = &o->reader;

	if (!r->lazy)
		return true;
	if (hr_deaths_at_end(r) &&
	    (!go_on(o, clock_at(o, r->segment->end_ns)) || (!o->alive && !come_alive(o, o->now_ns))))
		return false;
	o->stats.freed_bytes += hr_deaths_pass(r);
	let_die(o);
	return true;
}

/* Births of small objects that are next, of a lazy reader; *n: how many there were. False: out of memory. */
static bool take_births(struct hr_objects *o, size_t *n)
{
	const struct hr_held *h;

	*n = 0;
	if (!o->reader.lazy)
		return true;
	h = hr_deaths_births(&o->reader, n);
	for (size_t i = 0; i < *n; i++) {
		if (i + 2 * AHEAD < *n)
			hr_objheap_ask_later(&o->heap, h[i + 2 * AHEAD].what);
		if (!take_birth(o, &h[i]))
			return false;
	}
	return true;
}

/* What is decided of the recorded heap, through this model. */
static enum hr_status take_decided(struct hr_objects *o, const struct hr_deaths *d, struct hr_error *err)
{
	const struct hr_decided *x;
	size_t births, n;

	/* Layers are of every moment. */
	o->reader.lazy = o->paced && o->layers == NULL;
	HR_TRY(hr_deaths_read(&o->reader, d, err));
	do {
		if (!take_births(o, &births) || (x = hr_deaths_take(&o->reader, &n)) == NULL)
			return no_memory(err);
		for (size_t i = 0; i < n; i++) {
			ask_ahead(o, x, i, n);
			if (x[i].kind == HR_DECIDED_OTHER)
				HR_TRY(take_other(o, hr_deaths_other(&o->reader, &x[i]), err));
			else if (!take_object(o, &x[i]))
				return no_memory(err);
		}
	} while (births > 0 || n > 0);
	return !o->failed && end_segment(o) ? HR_OK : no_memory(err);
}

/* The model that takes what is decided of o's heap by number: those beside o, then o itself. */
static struct hr_objects *model_at(struct hr_objects *o, size_t i)
{
	return i < o->nbeside ? o->beside[i] : o;
}

/* They only read what they share. */
static void take_as(void *ctx, size_t i)
{
	struct hr_objects *o = ctx, *model = model_at(o, i);

	model->taken = take_decided(model, &o->deaths, &model->taken_err);
}

/* Through all models. */
static enum hr_status take_by_all(struct hr_objects *o, struct hr_error *err)
{
	hr_team_run(o->options.team, o->nbeside + 1, take_as, o);
	hr_deaths_done(&o->deaths);
	for (size_t i = o->nbeside + 1; i-- > 0;) {
		const struct hr_objects *model = model_at(o, i);

		if (model->taken == HR_OK)
			continue;
		if (err != NULL)
			*err = model->taken_err;
		return model->taken;
	}
	return HR_OK;
}

/* The next object of the recorded heap that is there at the end. */
static bool next_survivor(void *ctx, struct hr_death *who)
{
	struct hr_objects *o = ctx;

	for (; o->survivor_span < o->slots.nspans; o->survivor_span++, o->survivor_slot = 0) {
		const struct hr_recorded_span *r = &o->slots.spans[o->survivor_span];

		while (r->live && o->survivor_slot < r->slots) {
			uint32_t slot = o->survivor_slot++,
				 number = hr_recorded_number(&o->slots, o->survivor_span, slot);

			if (number == HR_NO_NUMBER)
				continue;
			*who = (struct hr_death){.number = number,
						 .born = hr_recorded_birth(&o->slots, o->survivor_span, slot),
						 .span_class = r->span_class};
			return true;
		}
	}
	return false;
}

enum hr_status hr_objects_feed(struct hr_objects *o, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	for (size_t i = 0; i < n; i++) {
		HR_TRY(o->recorded_heap ? record(o, &ev[i], err) : take_event(o, &ev[i], err));
		if (o->recorded_heap && hr_deaths_ready(&o->deaths))
			HR_TRY(take_by_all(o, err));
	}
	return o->failed ? hr_error_set(err, HR_ENOMEM, "out of memory for the spans of the trace") : HR_OK;
}

static enum hr_status finish(struct hr_objects *o, uint64_t end_ns, struct hr_error *err)
{
	if (o->paced)
		end_ns = clock_at(o, end_ns > o->trace_ns ? end_ns : o->trace_ns);
	if (end_ns < o->now_ns)
		end_ns = o->now_ns;
	o->end_ns = end_ns;
	if (!run_timers(o, end_ns < NEVER ? end_ns + 1 : end_ns))
		return no_memory(err);
	if (o->paced)
		end_phase(o);
	if (o->layers != NULL)
		tell_layers(o, end_ns);
	return o->failed ? hr_error_set(err, HR_ENOMEM, "out of memory for the spans of the trace") : HR_OK;
}

enum hr_status hr_objects_finish(struct hr_objects *o, uint64_t end_ns, struct hr_error *err)
{
	if (o->recorded_heap) {
		HR_TRY(hr_deaths_finish(&o->deaths, &(struct hr_survivors){next_survivor, o}, err));
		while (hr_deaths_ready(&o->deaths))
			HR_TRY(take_by_all(o, err));
	}
	for (size_t i = 0; i < o->nbeside; i++)
		HR_TRY(finish(o->beside[i], end_ns, err));
	return finish(o, end_ns, err);
}

const struct hr_event *hr_objects_take(struct hr_objects *o, size_t *n)
{
	*n = o->nout;
	o->nout = 0;
	return o->out;
}
