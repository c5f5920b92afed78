/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects in, spans out. Objects of a trace with spans go through recording.h,
 * which names them by numbers and knows when they died; what becomes of them is
 * heap/objheap.h; cycles and the clock are collector.h. Here is how events get there.
 */
#include "config.h"

#include "replay/objects/objects.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/units.h"
#include "pagealloc/geometry.h"
#include "replay/objects/collector.h"
#include "replay/objects/model.h"
#include "replay/objects/pools.h"
#include "replay/objects/recording.h"
#include "trace/ledger.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OBJECT_BYTES (UINT64_C(1) << 41)
/* Events between those that are asked for in advance and those that are taken. */
#define AHEAD 16

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

/* of: NULL, or what it is a model of, which another one has. */
static enum hr_status make(const struct hr_trace_meta *meta, const struct hr_objects_options *options,
			   const struct hr_recording *of, struct hr_objects **objects, struct hr_error *err)
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
	if (of == NULL)
		of = o->own = hr_calloc(1, sizeof(*o->own));
	if (o->out == NULL || of == NULL) {
		free(o->out);
		free(o->own);
		free(o);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	o->of = of;
	o->options = settled;
	o->in = o->out_meta = *meta;
	o->out_meta.has_addresses = o->out_meta.padded = o->out_meta.strict = o->out_meta.has_threads = false;
	o->out_meta.has_spans = o->out_meta.has_procs = true;
	o->out_meta.has_objects = false;
	o->out_meta.has_cycles = settled.gc != HR_GC_NONE || meta->has_cycles;
	o->recorded_heap = meta->has_spans;
	o->paced = meta->has_spans && settled.gc == HR_GC_MODEL;
	o->rec_speed = 1;
	o->by_ledger = meta->has_addresses && !meta->has_spans;
	o->due_ns = o->last_gc_ns = o->recorded_begin_ns = HR_NEVER;
	o->asked = HR_NO_FLAGS;
	hr_ledger_init(&o->ledger);
	if (o->own != NULL)
		hr_recording_init(o->own, o->paced, settled.sides);
	o->reader.seed = settled.vary.seed;
	o->reader.skew = settled.vary.skew;
	hr_objheap_init(&o->heap, settled.span_cache, settled.pacing.go_minor);
	*objects = o;
	return HR_OK;
}

enum hr_status hr_objects_new(const struct hr_trace_meta *meta, const struct hr_objects_options *options,
			      struct hr_objects **objects, struct hr_error *err)
{
	return make(meta, options, NULL, objects, err);
}

void hr_objects_free(struct hr_objects *o)
{
	if (o == NULL)
		return;
	hr_objheap_release(&o->heap);
	hr_ledger_release(&o->ledger);
	if (o->own != NULL)
		hr_recording_release(o->own);
	free(o->own);
	for (size_t i = 0; i < o->nbeside; i++)
		hr_objects_free(o->beside[i]);
	free(o->beside);
	hr_pool_release(&o->pool);
	for (size_t i = 0; i < o->nlanes; i++)
		hr_deaths_buffers_release(&o->lanes[i]);
	free(o->lanes);
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
	HR_TRY(make(&o->in, options, o->of, model, err));
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

bool hr_objects_is_in_step(const struct hr_objects *o)
{
	return hr_collector_is_in_step(o);
}

const struct hr_cycles *hr_objects_cycles(const struct hr_objects *o)
{
	return hr_model_told(o);
}

uint64_t hr_objects_end_ns(const struct hr_objects *o)
{
	return o->end_ns;
}

struct hr_objects_stats hr_objects_stats(const struct hr_objects *o)
{
	struct hr_objects_stats s = o->stats;

	s.unknown_frees += o->of->unknown_frees;
	s.over_live += o->of->over_live;
	s.outside_spans += o->of->outside_spans;
	s.live_objects = o->heap.live_objects;
	s.live_bytes = s.allocated_bytes - s.freed_bytes;
	s.window_bytes = o->of->deaths.window_bytes;
	s.deaths_let_go = o->of->deaths.let_go;
	s.cpu_known = o->paced;
	s.capacity_ns = (uint64_t)(o->clock_ns * hr_model_told(o)->procs);
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

/* --- objects -------------------------------------------------------------- */

/* The first event that shows life: what was there at the start is complete. */
static bool come_alive(struct hr_objects *o, uint64_t time_ns)
{
	o->alive = true;
	if (!hr_objheap_adopted(&o->heap))
		return false;
	hr_collector_start(o, time_ns);
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
			hr_model_send_changes(o, time_ns, HR_NO_P);
	}
	return true;
}

/*
 * An object that the next recorded cycle drops lies in its pool, if it has one. It was given back between the two cycles
 * before: half way, say. False: out of memory.
 */
static bool give_back(struct hr_objects *o, uint32_t number, bool *given)
{
	const struct hr_objspan *s = hr_objheap_span(&o->heap, number);
	uint64_t since = o->recorded_at[1] + (o->recorded_at[0] - o->recorded_at[1]) / 2;
	size_t kind;

	*given = false;
	if (!o->paced || o->options.vary.no_pools || hr_size_class_of_span_class(s->span_class) != 0)
		return true;
	kind = hr_pools_kind(hr_model_pools(o), s->span_class, s->npages);
	if (kind == HR_NO_KIND || !hr_pools_keep(hr_model_pools(o), kind) || o->begun_at[1] > since)
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
	kind = hr_pools_kind(hr_model_pools(o), e->arg, e->size / HR_PAGE_BYTES);
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
	kind = &hr_model_pools(o)->kinds[at];
	if (!hr_objheap_alloc(&o->heap, number, kind->span_class, kind->npages, p))
		return false;
	hr_model_count_object(o, kind->npages * HR_PAGE_BYTES);
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
	hr_model_count_object(o, hr_objheap_slot_bytes(span_class, npages));
	if (!o->heap.refilled)
		return true;
	if (o->pool.next < o->pool.nshelves && !o->marking && !make_again(o, p))
		return false;
	hr_model_send_changes(o, time_ns, p);
	if (o->alive && o->options.gc == HR_GC_MODEL)
		return hr_collector_look_at_trigger(o, time_ns);
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
	out = hr_model_emit(o, HR_EV_SPAN_EXISTS, e->time_ns);
	out->addr = span;
	out->size = e->size;
	out->arg = e->arg;
	return true;
}

/* In the same slot of the span that stands for its own. */
static bool adopt_object(struct hr_objects *o, const struct hr_event *e)
{
	uint32_t span = o->adopted[e->size >> HR_ADOPTED_SLOT_BITS];

	if (!hr_objheap_has_room(&o->heap, span))
		return add_object(o, e->time_ns, e->p, (uint32_t)e->addr, e->arg, o->heap.spans[span].npages);
	if (!hr_objheap_adopt(&o->heap, (uint32_t)e->addr, span, e->size & ((1 << HR_ADOPTED_SLOT_BITS) - 1)))
		return false;
	hr_model_count_object(o, hr_objheap_bytes(&o->heap, (uint32_t)e->addr));
	return true;
}

/* A manual span, or its end; size is told of both. */
static void take_manual(struct hr_objects *o, const struct hr_event *e)
{
	if (e->kind == HR_EV_SPAN_FREE)
		o->manual_bytes -= e->size;
	else
		o->manual_bytes += e->size;
	hr_model_pass_on(o, e);
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

static enum hr_status take_event(struct hr_objects *o, const struct hr_event *e, struct hr_error *err);

/* What happens at time_ns is next: all that is due before it. False: out of memory. */
static inline bool go_on(struct hr_objects *o, uint64_t time_ns)
{
	o->now_ns = time_ns;
	if (o->due_ns < time_ns && !hr_collector_run_timers(o, time_ns))
		return false;
	hr_model_look(o, time_ns);
	return true;
}

/* Of a recorded heap: a small object is born, or one dies. */
static inline bool take_object(struct hr_objects *o, const struct hr_decided *x)
{
	const uint64_t time_ns = o->paced ? hr_collector_clock_at(o, x->time_ns) : x->time_ns;
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
	const uint64_t time_ns = hr_collector_clock_at(o, hr_deaths_held_ns(&o->reader, h));

	if (!go_on(o, time_ns) || (!o->alive && !come_alive(o, time_ns)))
		return false;
	o->stats.freed_bytes += hr_deaths_pass(&o->reader);
	return add_object(o, time_ns, (int16_t)(uint16_t)h->when, h->what, h->span_class, 0);
}

/* Of a recorded heap whose cycles are modelled: at the time that the clock gives it. */
static enum hr_status take_timed(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	struct hr_event timed = *e;

	timed.time_ns = hr_collector_clock_at(o, e->time_ns);
	if (e->kind > HR_EV_STACK_FREE)
		hr_collector_pass_recorded(o, e);
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
		return hr_collector_take_phase(o, e) ? HR_OK : no_memory(err);
	case HR_EV_HEAP_GOAL:
	case HR_EV_STW_BEGIN:
	case HR_EV_STW_END:
	case HR_EV_MEMORY_LIMIT:
		return hr_collector_take_phase(o, e) ? HR_OK : no_memory(err);
	case HR_EV_GOMAXPROCS:
	case HR_EV_PROC_START:
	case HR_EV_PROC_STOP:
		hr_model_pass_on(o, e);
		return HR_OK;
	default:
		return HR_OK;
	}
}

/* --- the stage ------------------------------------------------------------ */

/* The ith of n is taken soon. */
static inline void ask_ahead(const struct hr_objects *o, const struct hr_decided *x, size_t i, size_t n)
{
	if (i + 3 * AHEAD < n && x[i + 3 * AHEAD].kind != HR_DECIDED_OTHER)
		hr_objheap_ask(&o->heap, x[i + 3 * AHEAD].what);
	if (i + 2 * AHEAD < n && x[i + 2 * AHEAD].kind == HR_DECIDED_DEATH)
		hr_objheap_ask_word(&o->heap, x[i + 2 * AHEAD].what);
	if (i + AHEAD < n && x[i + AHEAD].kind == HR_DECIDED_DEATH)
		hr_objheap_ask_span(&o->heap, x[i + AHEAD].what);
}

static enum hr_status take_other(struct hr_objects *o, const struct hr_event *e, struct hr_error *err)
{
	if (o->reader.lazy && (e->kind == HR_EV_OBJ_ALLOC || e->kind == HR_EV_OBJ_EXISTS)) {
		/* What is due before it comes before those who die. */
		if (!go_on(o, hr_collector_clock_at(o, e->time_ns)))
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
	    (!go_on(o, hr_collector_clock_at(o, r->segment->end_ns)) || (!o->alive && !come_alive(o, o->now_ns))))
		return false;
	o->stats.freed_bytes += hr_deaths_pass(r);
	hr_collector_let_die(o);
	return true;
}

/* Births which only take the next slot of a span each, up to one that does more; how many. */
static size_t take_simple_births(struct hr_objects *o, const struct hr_held *h, size_t n)
{
	const size_t most = n < HR_COLLECTOR_STEPS ? n : HR_COLLECTOR_STEPS;
	size_t i;

	if (!o->alive || o->in.has_threads || !hr_collector_is_quiet(o, hr_deaths_held_ns(&o->reader, &h[most - 1])))
		return 0;
	for (i = 0; i < most; i++) {
		const int p = (int16_t)(uint16_t)h[i].when;
		uint32_t bytes;

		if (i + 2 * AHEAD < n)
			hr_objheap_ask(&o->heap, h[i + 2 * AHEAD].what);
		bytes = hr_objheap_alloc_simply(&o->heap, h[i].what, h[i].span_class, p < 0 ? 0 : p);
		if (bytes == 0)
			break;
		o->stats.freed_bytes += hr_deaths_pass(&o->reader);
		hr_model_count_object(o, bytes);
	}
	hr_collector_pass_births(o, h, i);
	o->now_ns = i > 0 ? (uint64_t)o->clock_ns : o->now_ns;
	return i;
}

/* Births of small objects that are next, of a lazy reader; *n: how many there were. False: out of memory. */
static bool take_births(struct hr_objects *o, size_t *n)
{
	const struct hr_held *h;

	*n = 0;
	if (!o->reader.lazy)
		return true;
	h = hr_deaths_births(&o->reader, n);
	for (size_t i = 0; i < *n;) {
		i += take_simple_births(o, h + i, *n - i);
		if (i < *n && !take_birth(o, &h[i++]))
			return false;
	}
	return true;
}

/* What is decided of the recorded heap, through this model. */
static enum hr_status take_decided(struct hr_objects *o, const struct hr_deaths *d, struct hr_deaths_buffers *buffers,
				   struct hr_error *err)
{
	const struct hr_decided *x;
	size_t births, n;

	/* Layers are of every moment. */
	o->reader.lazy = o->paced && o->layers == NULL;
	if (!hr_objheap_make_numbers(&o->heap, o->of->slots.nnumbers))
		return no_memory(err);
	HR_TRY(hr_deaths_read(&o->reader, d, buffers, err));
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
	if (o->failed || !end_segment(o))
		return no_memory(err);
	hr_deaths_read_all(&o->reader);
	return HR_OK;
}

/* The model that takes what is decided of o's heap by number: those beside o, then o itself. */
static struct hr_objects *model_at(struct hr_objects *o, size_t i)
{
	return i < o->nbeside ? o->beside[i] : o;
}

/* They only read what they share. */
static void take_as(void *ctx, size_t lane)
{
	struct hr_objects *o = ctx;

	for (size_t i = lane; i <= o->nbeside; i += o->nlanes) {
		struct hr_objects *model = model_at(o, i);

		model->taken = take_decided(model, &o->own->deaths, &o->lanes[lane], &model->taken_err);
	}
}

/* As many lanes as threads, if there are so many models. False: out of memory. */
static bool make_lanes(struct hr_objects *o)
{
	const size_t threads = hr_team_threads(o->options.team), n = threads <= o->nbeside ? threads : o->nbeside + 1;

	if (o->lanes != NULL)
		return true;
	o->lanes = hr_calloc(n, sizeof(*o->lanes));
	o->nlanes = o->lanes != NULL ? n : 0;
	return o->lanes != NULL;
}

/* Through all models. */
static enum hr_status take_by_all(struct hr_objects *o, struct hr_error *err)
{
	if (!make_lanes(o))
		return no_memory(err);
	HR_TRY(hr_deaths_open(&o->own->deaths, err));
	hr_team_run(o->options.team, o->nlanes, take_as, o);
	hr_deaths_done(&o->own->deaths);
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

enum hr_status hr_objects_feed(struct hr_objects *o, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	for (size_t i = 0, took = 1; i < n; i += took) {
		HR_TRY(o->recorded_heap ? hr_recording_take(o->own, ev + i, n - i, &took, err)
					: take_event(o, &ev[i], err));
		if (o->recorded_heap && hr_deaths_ready(&o->own->deaths))
			HR_TRY(take_by_all(o, err));
	}
	return o->failed ? hr_error_set(err, HR_ENOMEM, "out of memory for the spans of the trace") : HR_OK;
}

static enum hr_status finish(struct hr_objects *o, uint64_t end_ns, struct hr_error *err)
{
	if (o->paced)
		end_ns = hr_collector_clock_at(o, end_ns > o->trace_ns ? end_ns : o->trace_ns);
	if (end_ns < o->now_ns)
		end_ns = o->now_ns;
	o->end_ns = end_ns;
	if (!hr_collector_run_timers(o, end_ns < HR_NEVER ? end_ns + 1 : end_ns))
		return no_memory(err);
	if (o->paced)
		hr_collector_end_phase(o);
	if (o->layers != NULL)
		hr_model_tell_layers(o, end_ns);
	return o->failed ? hr_error_set(err, HR_ENOMEM, "out of memory for the spans of the trace") : HR_OK;
}

enum hr_status hr_objects_finish(struct hr_objects *o, uint64_t end_ns, struct hr_error *err)
{
	if (o->recorded_heap) {
		HR_TRY(hr_recording_finish(o->own, err));
		while (hr_deaths_ready(&o->own->deaths))
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
