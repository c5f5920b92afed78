/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layers of the heap beside a naive model, on a heap that bytes drive: each pair of them is an
 * operation. For the unit test, which makes bytes up, and the fuzz target, which gets them.
 *
 * The model keeps every span and object of the trace with the events at which it came and went,
 * and counts all of them anew at every event.
 */
#ifndef HR_TESTS_UNIT_LAYERS_PROGRAM_H
#define HR_TESTS_UNIT_LAYERS_PROGRAM_H

#include "replay/replay.h"
#include "report/layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LP_EVENTS = 4096, LP_SPANS = 64, LP_MARKS = 512, LP_NEVER = 1 << 30, LP_STEP_NS = 1000 };
#define LP_BASE UINT64_C(0xc000000000)

struct lp_object {
	int born, gone; /* events */
	uint64_t bytes;
};

struct lp_span {
	int born, gone;
	uint64_t bytes, slots; /* slots 0: manual */
};

struct layers_program {
	struct hr_event ev[LP_EVENTS];
	int n;
	struct lp_object objects[LP_EVENTS];
	int nobjects;
	struct lp_span spans[LP_EVENTS];
	int nspans;
	int marks[LP_MARKS], nmarks; /* events of mark starts */
	/* Now: at each place of the heap a span, as an index in spans, -1: none; of its slots the objects. */
	struct lp_place {
		int span;
		unsigned span_class;
		uint64_t npages, slot_bytes;
		int object[HR_MAX_OBJECTS_A_SPAN];
	} place[LP_SPANS];
	bool marking;
};

/* Span classes with few and many slots, of objects with and without pointers, and large ones (0, 1). */
static const unsigned lp_classes[] = {0, 1, 2 << 1, 5 << 1 | 1, 32 << 1, 67 << 1 | 1, 20 << 1};

static inline struct hr_event *lp_event(struct layers_program *p, enum hr_event_kind kind, uint64_t addr)
{
	struct hr_event *e = &p->ev[p->n];

	*e = (struct hr_event){
	    .time_ns = (uint64_t)p->n * LP_STEP_NS, .addr = addr, .kind = (uint8_t)kind, .p = HR_NO_P};
	p->n++;
	return e;
}

static inline uint64_t lp_addr(int place)
{
	return LP_BASE + (uint64_t)place * 16 * HR_PAGE_BYTES;
}

static inline void lp_span(struct layers_program *p, int place, unsigned what)
{
	struct lp_place *x = &p->place[place];
	unsigned class = lp_classes[what % (sizeof(lp_classes) / sizeof(lp_classes[0]))], size_class = class >> 1;
	bool manual = what % 8 == 7;
	struct hr_event *e;

	x->span_class = class;
	x->npages = size_class != 0 ? hr_size_classes[size_class].span_bytes / HR_PAGE_BYTES : 1 + what / 16;
	x->slot_bytes = size_class != 0 ? hr_size_classes[size_class].object_bytes : x->npages * HR_PAGE_BYTES;
	if (manual)
		x->npages = 4;
	e = lp_event(p, HR_EV_SPAN_ALLOC, lp_addr(place));
	e->size = x->npages * HR_PAGE_BYTES;
	e->arg = manual ? HR_SPAN_MANUAL : class << 1;
	x->span = p->nspans;
	for (int i = 0; i < HR_MAX_OBJECTS_A_SPAN; i++)
		x->object[i] = -1;
	p->spans[p->nspans++] =
	    (struct lp_span){p->n - 1, LP_NEVER, x->npages * HR_PAGE_BYTES,
			     manual	       ? 0
			     : size_class != 0 ? (uint64_t)hr_objects_a_span(class, 26) * x->slot_bytes
					       : x->npages * HR_PAGE_BYTES};
}

static inline void lp_free(struct layers_program *p, struct lp_place *x, int slot)
{
	if (x->object[slot] < 0)
		return;
	p->objects[x->object[slot]].gone = p->n - 1;
	x->object[slot] = -1;
}

static inline void lp_span_end(struct layers_program *p, int place)
{
	struct lp_place *x = &p->place[place];

	lp_event(p, HR_EV_SPAN_FREE, lp_addr(place));
	/* What a recorder lost: objects that go with their span. */
	for (int i = 0; i < HR_MAX_OBJECTS_A_SPAN; i++)
		lp_free(p, x, i);
	p->spans[x->span].gone = p->n - 1;
	x->span = -1;
}

static inline void lp_object(struct layers_program *p, int place, unsigned what)
{
	struct lp_place *x = &p->place[place];
	int slots = (int)(p->spans[x->span].slots / x->slot_bytes), slot;

	/* Manual spans have none, and are not told any; the reader would count it. */
	if (p->spans[x->span].slots == 0)
		return;
	slot = (int)(what / 2) % slots;
	if (what % 2 == 0) {
		lp_event(p, HR_EV_OBJ_ALLOC, lp_addr(place) + (uint64_t)slot * x->slot_bytes);
		/* Over a live one its free was lost. */
		lp_free(p, x, slot);
		x->object[slot] = p->nobjects;
		p->objects[p->nobjects++] = (struct lp_object){p->n - 1, LP_NEVER, x->slot_bytes};
	} else {
		lp_event(p, HR_EV_OBJ_FREE, lp_addr(place) + (uint64_t)slot * x->slot_bytes);
		lp_free(p, x, slot);
	}
}

static inline void lp_phase(struct layers_program *p)
{
	if (p->marking) {
		lp_event(p, HR_EV_GC_END, 0);
	} else if (p->nmarks < LP_MARKS) {
		lp_event(p, HR_EV_GC_BEGIN, 0);
		p->marks[p->nmarks++] = p->n - 1;
	}
	p->marking = !p->marking;
}

static inline void layers_program_make(struct layers_program *p, const uint8_t *data, size_t size)
{
	memset(p, 0, sizeof(*p));
	for (int i = 0; i < LP_SPANS; i++)
		p->place[i].span = -1;
	for (size_t i = 0; i + 1 < size && p->n < LP_EVENTS - 2; i += 2) {
		int place = data[i] % LP_SPANS;

		if (data[i] >= 248)
			lp_phase(p);
		else if (p->place[place].span < 0)
			lp_span(p, place, data[i + 1]);
		else if (data[i + 1] == 255)
			lp_span_end(p, place);
		else
			lp_object(p, place, data[i + 1]);
	}
}

/* --- the naive count ------------------------------------------------------------- */

/* Mark starts at events up to and including e. */
static inline int lp_cycle(const struct layers_program *p, int e)
{
	int k = 0;

	while (k < p->nmarks && p->marks[k] <= e)
		k++;
	return k;
}

static inline struct hr_layers_row lp_count(const struct layers_program *p, int e)
{
	struct hr_layers_row r = {.time_ns = (uint64_t)e * LP_STEP_NS};
	int cycle = lp_cycle(p, e);
	uint64_t slots = 0, spans = 0, objects;

	/* The trace ends at once after its last event, so that the last cycle's sweep never counts as over. */
	r.decided = cycle + 1 < p->nmarks;
	for (int i = 0; i < p->nspans; i++) {
		const struct lp_span *s = &p->spans[i];

		if (s->born > e || s->gone <= e)
			continue;
		if (s->slots == 0)
			r.manual += s->bytes;
		spans += s->slots != 0 ? s->bytes : 0;
		slots += s->slots;
	}
	for (int i = 0; i < p->nobjects; i++) {
		const struct lp_object *o = &p->objects[i];
		int swept = o->gone < LP_NEVER ? lp_cycle(p, o->gone) : LP_NEVER;

		if (o->born > e || o->gone <= e)
			continue;
		/* What no mark has seen was not swept; of the last cycle nothing is known. */
		if (swept == LP_NEVER || swept >= p->nmarks || (swept > 0 && o->born > p->marks[swept - 1]))
			*(r.decided ? &r.live : &r.undecided) += o->bytes;
		else if (swept <= cycle)
			r.found += o->bytes;
		else if (r.decided)
			*(swept == cycle + 1 ? &r.freed : &r.live) += o->bytes;
		else
			r.undecided += o->bytes;
	}
	objects = r.live + r.freed + r.found + r.undecided;
	r.empty = slots - objects;
	r.tail = spans - slots;
	return r;
}

/* NULL: the layers at every event are those of the naive count; else what differs. */
static inline const char *layers_program_check(const struct layers_program *p)
{
	struct hr_layers_sample sum = {.found = 0};
	struct hr_layers l;
	struct hr_layers_row row;
	const char *wrong = NULL;
	size_t i;

	hr_layers_init(&l, NULL, 26);
	hr_layers_look(&l, 0, LP_STEP_NS, false);
	if (hr_layers_take(&l, p->ev, (size_t)p->n, NULL) != HR_OK ||
	    hr_layers_finish(&l, (uint64_t)(p->n - 1) * LP_STEP_NS, false, NULL) != HR_OK)
		wrong = "it failed";
	for (i = 0; wrong == NULL && hr_layers_row(&l, 0, i, &sum, &row); i++) {
		struct hr_layers_row want = lp_count(p, (int)i);

		if (row.time_ns != want.time_ns || row.decided != want.decided)
			wrong = "a moment";
		else if (row.live != want.live || row.freed != want.freed || row.undecided != want.undecided)
			wrong = "what the coming cycle does";
		else if (row.found != want.found)
			wrong = "what was found";
		else if (row.empty != want.empty || row.tail != want.tail || row.manual != want.manual)
			wrong = "spans";
		else if (row.dead[HR_LAYERS_LATE] > row.dead[HR_LAYERS_LIKELY] ||
			 row.dead[HR_LAYERS_LIKELY] > row.dead[HR_LAYERS_EARLY] ||
			 row.dead[HR_LAYERS_EARLY] > row.freed)
			wrong = "who is dead";
	}
	if (wrong == NULL && i != (size_t)p->n)
		wrong = "the number of moments";
	hr_layers_release(&l);
	return wrong;
}

/* --- the whole replay ------------------------------------------------------------- */

static inline int lp_write(const struct layers_program *p)
{
	int fd = memfd_create("layers", 0);
	FILE *out = fd >= 0 ? fdopen(dup(fd), "w") : NULL;

	if (out == NULL)
		return -1;
	fputs("# heapreplay-trace 1\n! addresses on\n0 gomaxprocs n=1\n", out);
	for (int i = 0; i < p->n; i++) {
		const struct hr_event *e = &p->ev[i];

		fprintf(out, "%dns %s", i * LP_STEP_NS, hr_event_kind_name(e->kind));
		if (e->addr != 0)
			fprintf(out, " addr=0x%" PRIx64, e->addr);
		if (e->kind == HR_EV_SPAN_ALLOC)
			fprintf(out, " npages=%" PRIu64 " %s", e->size / HR_PAGE_BYTES,
				e->arg & HR_SPAN_MANUAL ? "class=manual" : "");
		if (e->kind == HR_EV_SPAN_ALLOC && !(e->arg & HR_SPAN_MANUAL))
			fprintf(out, "class=%u", e->arg >> 1);
		fputc('\n', out);
	}
	return fclose(out) == 0 ? fd : -1;
}

/* The same objects without spans, as malloc would have them: of each its size and a number. Live bytes after each event. */
static inline int lp_write_objects(const struct layers_program *p, uint64_t *live)
{
	int fd = memfd_create("layers", 0), open[LP_EVENTS], n = 0;
	FILE *out = fd >= 0 ? fdopen(dup(fd), "w") : NULL;

	if (out == NULL)
		return -1;
	fputs("# heapreplay-trace 1\n", out);
	memset(live, 0, LP_EVENTS * sizeof(*live));
	for (int i = 0; i < p->nobjects; i++)
		open[i] = -1;
	for (int i = 0; i < p->n; i++) {
		live[i] = i > 0 ? live[i - 1] : 0;
		for (int k = 0; k < p->nobjects; k++) {
			const struct lp_object *o = &p->objects[k];

			if (o->gone == i && o->born < i && open[k] >= 0) {
				fprintf(out, "%dns obj-free id=%d\n", i * LP_STEP_NS, k);
				live[i] -= o->bytes;
				n++;
			}
			if (o->born == i && o->gone > i) {
				fprintf(out, "%dns obj-alloc id=%d size=%" PRIu64 "\n", i * LP_STEP_NS, k, o->bytes);
				live[i] += o->bytes;
				open[k] = n++;
			}
		}
		if (p->ev[i].kind == HR_EV_GC_BEGIN)
			fprintf(out, "%dns log\n", i * LP_STEP_NS);
	}
	if (fclose(out) != 0 || n == 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The points of a replay under the policy: at every one the layers add up to what is mapped. */
static inline const char *lp_check_points(const struct hr_layer_points *points, int n)
{
	if (points->n != (size_t)n)
		return "the number of points";
	for (size_t i = 0; i < points->n; i++) {
		uint64_t sum = 0;

		for (unsigned k = 0; k < HR_LAYER_COUNT; k++)
			sum += points->at[i].bytes[k];
		if (sum != points->at[i].mapped)
			return "the sum";
	}
	return NULL;
}

/* What is replayed: the trace as it is; with cycles of our own; its objects alone, without and with cycles. */
enum lp_way { LP_RECORDED, LP_MODEL, LP_MALLOC, LP_MALLOC_MODEL, LP_WAYS };

/* Where the layout is ours, all in use is told, and without a collector what is live is known from the program. */
static inline const char *lp_check_told(const struct hr_layer_points *points, const uint64_t *live)
{
	for (size_t i = 0; i < points->n; i++) {
		const struct hr_layer_point *x = &points->at[i];

		if (x->bytes[HR_LAYER_UNTOLD] != 0 || x->bytes[HR_LAYER_UNDECIDED] != 0)
			return "something is not told";
		if (x->dead[HR_LAYERS_LIKELY] != x->bytes[HR_LAYER_DYING])
			return "garbage that is not dead";
		if (live != NULL && x->time_ns / LP_STEP_NS < LP_EVENTS &&
		    x->bytes[HR_LAYER_LIVE] - x->rounding != live[x->time_ns / LP_STEP_NS])
			return "what is live";
	}
	return NULL;
}

static inline const char *layers_program_replay(const struct layers_program *p, const char *policy, enum lp_way way)
{
	static uint64_t live[LP_EVENTS];
	int fd = way == LP_RECORDED || way == LP_MODEL ? lp_write(p) : lp_write_objects(p, live);
	char path[64];
	struct hr_replay_options options;
	struct hr_policy_choice choice, own;
	struct hr_layer_series series;
	struct hr_layer_points points;
	struct hr_replay r;
	const char *wrong = NULL;

	/* A trace of objects must have one. */
	if (fd < 0)
		return way == LP_RECORDED || way == LP_MODEL ? "no file" : NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	hr_replay_defaults(&options);
	options.layers = true;
	options.jobs = 1;
	if (way == LP_MODEL || way == LP_MALLOC_MODEL)
		options.objects.gc = HR_GC_MODEL;
	if (hr_policy_choose(policy, &choice, NULL) != HR_OK)
		return "no policy";
	if (hr_replay_open(&r, path, &options, &choice, 1, &own, NULL) != HR_OK) {
		wrong = "it can't be opened";
	} else {
		hr_layer_series_start(&series, r.followers[0], 0, LP_STEP_NS, false);
		if (hr_replay_layers(&r, NULL) != HR_OK)
			wrong = "it has no layers";
		else
			hr_layers_look(r.layers, 0, LP_STEP_NS, false);
		if (wrong == NULL && hr_replay_run(&r, NULL) != HR_OK)
			wrong = "it can't be replayed";
		if (wrong == NULL && hr_layer_points_of(&series, r.layers, 0, &points, NULL) != HR_OK)
			wrong = "no points";
		else if (wrong == NULL) {
			wrong = lp_check_points(&points, way == LP_RECORDED ? p->n : (int)points.n);
			if (wrong == NULL && way != LP_RECORDED)
				wrong = lp_check_told(&points, way == LP_MALLOC ? live : NULL);
			hr_layer_points_release(&points);
		}
		hr_layer_series_release(&series);
		hr_replay_close(&r);
	}
	hr_policy_choice_release(&own);
	hr_policy_choice_release(&choice);
	close(fd);
	return wrong;
}

#endif
