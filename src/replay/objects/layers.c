/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts of now are kept as events come. What becomes of objects is told later: an object
 * that is swept adds its bytes to the moments of an interval, which is two additions to
 * differences between neighbouring moments.
 */
#include "config.h"

#include "replay/objects/layers.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "pagealloc/geometry.h"
#include "replay/objects/deaths.h"

#include <stdlib.h>
#include <string.h>

/* As the placer takes it: a sweep that frees nothing for so long. */
#define SWEEP_IS_OVER_NS UINT64_C(100000000)

static const double skews[HR_LAYERS_WHENS] = {[HR_LAYERS_LIKELY] = 0, [HR_LAYERS_EARLY] = -1, [HR_LAYERS_LATE] = 1};

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the layers of the heap");
}

void hr_layers_init(struct hr_layers *l, const struct hr_types *types, unsigned go_minor)
{
	memset(l, 0, sizeof(*l));
	hr_recorded_init(&l->heap);
	hr_survival_init(&l->survival);
	l->types = types;
	l->go_minor = go_minor;
	l->next_ns = l->until_ns = HR_NEVER;
}

void hr_layers_release(struct hr_layers *l)
{
	hr_recorded_release(&l->heap);
	for (unsigned g = 0; g < l->ngrids; g++)
		free(l->grids[g].at);
	free(l->roundings);
	free(l->classes);
	free(l->classes_before);
	free(l->swept);
	hr_layers_init(l, NULL, 0);
}

/* --- moments ------------------------------------------------------------------ */

unsigned hr_layers_look(struct hr_layers *l, uint64_t first_ns, uint64_t interval_ns, bool thin)
{
	l->grids[l->ngrids] = (struct hr_layers_grid){.interval_ns = interval_ns, .next_ns = first_ns, .thin = thin};
	if (first_ns < l->next_ns)
		l->next_ns = first_ns;
	return l->ngrids++;
}

static void add_differences(struct hr_layers_sample *to, const struct hr_layers_sample *from)
{
	to->found += from->found;
	to->freed += from->freed;
	for (unsigned w = 0; w < HR_LAYERS_WHENS; w++)
		to->dead[w] += from->dead[w];
}

static void halve(struct hr_layers_grid *g)
{
	for (size_t i = 0; i < g->n / 2; i++) {
		struct hr_layers_sample kept = g->at[2 * i + 1];

		add_differences(&kept, &g->at[2 * i]);
		g->at[i] = kept;
	}
	g->n /= 2;
	g->interval_ns *= 2;
}

/* What a model's heap has of garbage is known at once, and kept as what is found out later is. */
static void tell_model(const struct hr_layers *l, struct hr_layers_grid *g)
{
	int64_t freed = (int64_t)(l->state.dead - g->freed);

	g->pending.found += (int64_t)(l->state.condemned - g->found);
	g->pending.freed += freed;
	for (unsigned w = 0; w < HR_LAYERS_WHENS; w++)
		g->pending.dead[w] += freed;
	g->found = l->state.condemned;
	g->freed = l->state.dead;
}

static bool sample(struct hr_layers *l, struct hr_layers_grid *g, uint64_t time_ns)
{
	struct hr_layers_sample s = l->now;

	if (l->modelled)
		tell_model(l, g);
	if (!hr_reserve(&g->at, &g->cap, g->n + 1, sizeof(*g->at)))
		return false;
	s.time_ns = time_ns;
	s.births = l->births;
	s.cycle = l->cycle;
	add_differences(&s, &g->pending);
	g->pending = (struct hr_layers_sample){.found = 0};
	g->at[g->n++] = s;
	if (g->thin && g->n == HR_LAYERS_POINTS)
		halve(g);
	return true;
}

/* All moments before time_ns. */
static bool sample_until(struct hr_layers *l, uint64_t time_ns)
{
	l->next_ns = HR_NEVER;
	for (unsigned i = 0; i < l->ngrids; i++) {
		struct hr_layers_grid *g = &l->grids[i];

		while (g->next_ns < time_ns) {
			uint64_t at_ns = g->next_ns;

			if (!sample(l, g, at_ns))
				return false;
			g->next_ns = at_ns < HR_NEVER - g->interval_ns ? at_ns + g->interval_ns : HR_NEVER;
		}
		if (g->next_ns < l->next_ns)
			l->next_ns = g->next_ns;
	}
	return true;
}

/* --- what became of objects ------------------------------------------------------ */

/* The first moment of the grid for which is_after holds; it does for all that follow. g->n: none. */
enum order { BY_BIRTHS, BY_BIRTHS_REACHED, BY_CYCLE, BY_TIME };

static bool is_after(const struct hr_layers_sample *s, enum order order, uint64_t value)
{
	switch (order) {
	case BY_BIRTHS:
		return s->births > value;
	case BY_BIRTHS_REACHED:
		return s->births >= value;
	case BY_CYCLE:
		return s->cycle >= value;
	case BY_TIME:
		break;
	}
	return s->time_ns >= value;
}

static size_t first_between(const struct hr_layers_grid *g, size_t low, size_t high, enum order order, uint64_t value)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_after(&g->at[middle], order, value))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t first_of(const struct hr_layers_grid *g, enum order order, uint64_t value)
{
	return first_between(g, 0, g->n, order, value);
}

static size_t later(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The moment, or the one that is to come. */
static struct hr_layers_sample *moment(struct hr_layers_grid *g, size_t i)
{
	return i < g->n ? &g->at[i] : &g->pending;
}

/* When the object dies, in births of the whole trace. */
static uint64_t draw(const struct hr_layers *l, const struct hr_layers_swept *x, double skew)
{
	return l->first_before + hr_death_drawn(&l->survival, (uint32_t)x->born, x->span_class, l->first_before,
						l->first - l->first_before, 0, skew);
}

/*
 * l->cycle is the cycle that swept x, or 0; the others are the moments at which it and the one before began to mark, and
 * at which x was swept.
 */
static void tell(const struct hr_layers *l, struct hr_layers_grid *g, const struct hr_layers_swept *x, size_t before,
		 size_t marked, size_t swept)
{
	size_t born = first_of(g, BY_BIRTHS, x->born), from = later(born, marked);
	int64_t bytes = (int64_t)x->bytes;

	if (from < swept) {
		moment(g, from)->found += bytes;
		moment(g, swept)->found -= bytes;
	}
	from = later(born, before);
	if (l->cycle == 0 || from >= marked)
		return;
	moment(g, from)->freed += bytes;
	moment(g, marked)->freed -= bytes;
	for (unsigned w = 0; w < HR_LAYERS_WHENS; w++) {
		size_t dead = first_between(g, from, marked, BY_BIRTHS_REACHED, draw(l, x, skews[w]));

		if (dead < marked) {
			moment(g, dead)->dead[w] += bytes;
			moment(g, marked)->dead[w] -= bytes;
		}
	}
}

/* All that was swept, in order of time. */
static void tell_all(const struct hr_layers *l, struct hr_layers_grid *g)
{
	const size_t marked = first_of(g, BY_CYCLE, l->cycle),
		     before = l->cycle > 0 ? first_of(g, BY_CYCLE, l->cycle - 1) : 0;
	size_t swept = 0;

	for (size_t i = 0; i < l->nswept; i++) {
		while (swept < g->n && !is_after(&g->at[swept], BY_TIME, l->swept[i].swept_ns))
			swept++;
		tell(l, g, &l->swept[i], before, marked, swept);
	}
}

/* As deaths.c learns: who was born between the last two mark starts was looked at by the last one. */
static void learn(struct hr_layers *l)
{
	uint64_t births = l->first - l->first_before;

	for (uint64_t i = 0; i < births; i++)
		hr_survival_see(&l->survival, l->classes_before[i], hr_survival_bin(births - i), 1);
	for (size_t i = 0; i < l->nswept; i++)
		if (l->swept[i].born >= l->first_before)
			hr_survival_die(&l->survival, l->swept[i].span_class,
					hr_survival_bin(l->first - l->swept[i].born));
	hr_survival_learn(&l->survival);
}

/* The sweep of the last cycle is over. */
static void decide(struct hr_layers *l)
{
	if (l->cycle > 1 && l->decided < l->cycle)
		learn(l);
	for (unsigned g = 0; g < l->ngrids; g++)
		tell_all(l, &l->grids[g]);
	l->nswept = 0;
	l->decided = l->cycle;
}

static void start_cycle(struct hr_layers *l)
{
	uint8_t *classes = l->classes_before;
	size_t cap = l->classes_before_cap;

	decide(l);
	l->classes_before = l->classes;
	l->classes_before_cap = l->classes_cap;
	l->classes = classes;
	l->classes_cap = cap;
	l->first_before = l->first;
	l->first = l->births;
	l->cycle++;
}

/* --- objects ------------------------------------------------------------------- */

/* A slot is free again. */
static bool sweep(struct hr_layers *l, uint32_t number, uint32_t born, const struct hr_recorded_span *span,
		  uint64_t time_ns)
{
	/* Births are counted in 64 bits, and kept in 32. */
	uint64_t age = (uint32_t)((uint32_t)l->births - born);
	struct hr_layers_swept x = {.born = l->births - age,
				    .bytes = hr_recorded_bytes(span),
				    .swept_ns = time_ns,
				    .span_class = span->span_class};

	l->last_swept_ns = time_ns;
	l->now.objects -= x.bytes;
	l->now.rounding -= l->roundings[number];
	/* No mark found an object born after the last one began: the program freed it, or an event was lost. */
	if (l->cycle > 0 && x.born >= l->first)
		return true;
	if (!hr_reserve(&l->swept, &l->swept_cap, l->nswept + 1, sizeof(*l->swept)))
		return false;
	l->swept[l->nswept++] = x;
	return true;
}

/* Of a slot of that many bytes what as many elements of the type as fit leave. */
static uint32_t rounding_of(const struct hr_layers *l, const struct hr_recorded_span *span, uint32_t type)
{
	uint64_t slot = hr_recorded_bytes(span), header = 0, bytes;
	size_t i = l->types != NULL && type != 0 ? hr_types_find(l->types, type) : SIZE_MAX;

	if (i == SIZE_MAX)
		return 0;
	bytes = l->types->at[i].bytes;
	/* Go 1.22 and later: a header before larger objects with pointers. */
	if (l->go_minor >= 22 && !hr_is_noscan(span->span_class) && span->slot_bytes > 512)
		header = 8;
	if (bytes == 0 || bytes + header > slot)
		return 0;
	slot = (slot - header) % bytes;
	return slot < UINT32_MAX ? (uint32_t)slot : UINT32_MAX;
}

static enum hr_status take_object(struct hr_layers *l, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *r;
	uint32_t span, slot, number;
	size_t at = (size_t)(l->births - l->first);

	if (!hr_recorded_find(&l->heap, e->addr, &span, &slot))
		return HR_OK;
	r = &l->heap.spans[span];
	number = hr_recorded_number(&l->heap, span, slot);
	if (number != HR_NO_NUMBER) {
		if (r->span_class == HR_TINY_SPAN_CLASS)
			return HR_OK;
		if (!sweep(l, number, hr_recorded_birth(&l->heap, span, slot), r, e->time_ns))
			return no_memory(err);
		hr_recorded_take_out(&l->heap, span, slot);
	}
	number = hr_recorded_put(&l->heap, span, slot, (uint32_t)l->births);
	if (!hr_reserve(&l->classes, &l->classes_cap, at + 1, 1) ||
	    !hr_reserve(&l->roundings, &l->roundings_cap, (size_t)number + 1, sizeof(*l->roundings)))
		return no_memory(err);
	l->classes[at] = r->span_class;
	l->roundings[number] = rounding_of(l, r, e->arg);
	l->births++;
	l->now.objects += hr_recorded_bytes(r);
	l->now.rounding += l->roundings[number];
	return HR_OK;
}

static enum hr_status take_object_end(struct hr_layers *l, const struct hr_event *e, struct hr_error *err)
{
	uint32_t span, slot, number;

	if (!hr_recorded_find(&l->heap, e->addr, &span, &slot))
		return HR_OK;
	number = hr_recorded_number(&l->heap, span, slot);
	if (number == HR_NO_NUMBER)
		return HR_OK;
	if (!sweep(l, number, hr_recorded_birth(&l->heap, span, slot), &l->heap.spans[span], e->time_ns))
		return no_memory(err);
	hr_recorded_take_out(&l->heap, span, slot);
	return HR_OK;
}

/* --- spans --------------------------------------------------------------------- */

/* Adds what the span is, or takes it away. */
static void count_span(struct hr_layers *l, const struct hr_recorded_span *r, bool more)
{
	uint64_t bytes = r->npages * HR_PAGE_BYTES, slots = bytes;
	struct hr_layers_sample *s = &l->now;

	if (r->slots == 0) {
		s->manual = more ? s->manual + bytes : s->manual - bytes;
		return;
	}
	if (r->slot_bytes != 0)
		slots = (uint64_t)hr_objects_a_span(r->span_class, l->go_minor) * r->slot_bytes;
	s->spans = more ? s->spans + bytes : s->spans - bytes;
	s->slots = more ? s->slots + slots : s->slots - slots;
}

static enum hr_status drop_span(struct hr_layers *l, uint32_t span, uint64_t time_ns, struct hr_error *err)
{
	uint32_t number, born;

	while ((number = hr_recorded_take_any(&l->heap, span, &born)) != HR_NO_NUMBER)
		if (!sweep(l, number, born, &l->heap.spans[span], time_ns))
			return no_memory(err);
	count_span(l, &l->heap.spans[span], false);
	hr_recorded_drop_span(&l->heap, span);
	return HR_OK;
}

static enum hr_status take_span(struct hr_layers *l, const struct hr_event *e, struct hr_error *err)
{
	uint64_t page = e->addr / HR_PAGE_BYTES, npages = hr_div_up(e->size, HR_PAGE_BYTES);
	uint32_t span;

	while ((span = hr_recorded_in_the_way(&l->heap, page, npages)) != HR_NO_SLOT)
		HR_TRY(drop_span(l, span, e->time_ns, err));
	HR_TRY(hr_recorded_add_span(&l->heap, page, npages, e->arg, &span, err));
	count_span(l, &l->heap.spans[span], true);
	return HR_OK;
}

static enum hr_status take_span_end(struct hr_layers *l, const struct hr_event *e, struct hr_error *err)
{
	uint32_t span = hr_recorded_span_at(&l->heap, e->addr / HR_PAGE_BYTES);

	if (span == HR_NO_SLOT || l->heap.spans[span].page != e->addr / HR_PAGE_BYTES)
		return HR_OK;
	return drop_span(l, span, e->time_ns, err);
}

static enum hr_status take(struct hr_layers *l, const struct hr_event *e, struct hr_error *err)
{
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		return take_span(l, e, err);
	case HR_EV_SPAN_FREE:
		return take_span_end(l, e, err);
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
		return take_object(l, e, err);
	case HR_EV_OBJ_FREE:
		return take_object_end(l, e, err);
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_ACTIVE:
		/* Each generation of a trace repeats that a cycle is active. */
		if (e->kind == HR_EV_GC_BEGIN || !l->marking)
			start_cycle(l);
		l->marking = true;
		return HR_OK;
	case HR_EV_GC_END:
		l->marking = false;
		l->last_swept_ns = e->time_ns;
		return HR_OK;
	case HR_EV_SWEEP_DONE:
		decide(l);
		return HR_OK;
	default:
		return HR_OK;
	}
}

enum hr_status hr_layers_take(struct hr_layers *l, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (ev[i].time_ns > l->next_ns && !sample_until(l, ev[i].time_ns))
			return no_memory(err);
		HR_TRY(take(l, &ev[i], err));
	}
	return HR_OK;
}

/* --- a model ---------------------------------------------------------------------- */

static void look_last(struct hr_layers *l, uint64_t end_ns)
{
	l->failed |= !sample_until(l, end_ns);
	for (unsigned i = 0; i < l->ngrids; i++) {
		/* A grid without an interval wants a single sample. */
		if (l->grids[i].interval_ns != HR_NEVER || l->grids[i].n == 0)
			l->failed |= !sample(l, &l->grids[i], end_ns);
		l->grids[i].next_ns = HR_NEVER;
	}
	l->next_ns = HR_NEVER;
	l->ended = true;
}

void hr_layers_model_until(struct hr_layers *l, uint64_t until_ns)
{
	l->modelled = true;
	l->decided = UINT64_MAX; /* whatever becomes of objects is known */
	l->until_ns = until_ns;
}

void hr_layers_model(struct hr_layers *l, uint64_t time_ns, const struct hr_layers_state *state)
{
	if (l->ended)
		return;
	l->state = *state;
	l->now.objects = state->objects;
	l->now.rounding = state->rounding;
	l->now.slots = state->slots;
	l->now.spans = state->spans;
	l->now.manual = state->manual;
	if (time_ns > l->until_ns)
		look_last(l, l->until_ns);
	else
		l->failed |= !sample_until(l, time_ns);
}

enum hr_status hr_layers_finish(struct hr_layers *l, uint64_t end_ns, bool tells_sweeps, struct hr_error *err)
{
	if (!l->ended)
		look_last(l, end_ns);
	if (l->failed)
		return no_memory(err);
	if (l->modelled)
		return HR_OK;
	if (!tells_sweeps && !l->marking && end_ns - l->last_swept_ns >= SWEEP_IS_OVER_NS)
		decide(l);
	return HR_OK;
}

/* --- out ----------------------------------------------------------------------- */

bool hr_layers_row(const struct hr_layers *l, unsigned grid, size_t i, struct hr_layers_sample *sum,
		   struct hr_layers_row *row)
{
	const struct hr_layers_grid *g = &l->grids[grid];
	const struct hr_layers_sample *s;

	if (i >= g->n)
		return false;
	s = &g->at[i];
	add_differences(sum, s);
	*row = (struct hr_layers_row){
	    .time_ns = s->time_ns,
	    .decided = s->cycle < l->decided,
	    .found = (uint64_t)sum->found,
	    .rounding = s->rounding,
	    .empty = s->slots - s->objects,
	    .tail = s->spans - s->slots,
	    .manual = s->manual,
	};
	if (!row->decided) {
		row->undecided = s->objects - row->found;
		return true;
	}
	row->freed = (uint64_t)sum->freed;
	row->live = s->objects - row->found - row->freed;
	for (unsigned w = 0; w < HR_LAYERS_WHENS; w++)
		row->dead[w] = (uint64_t)sum->dead[w];
	return true;
}
