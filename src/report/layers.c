/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/layers.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "report/series.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(HR_LAYERS_POINTS == HR_SERIES_POINTS, "both thin out at the same moments");

static const struct {
	const char *name, *text;
} layers[HR_LAYER_COUNT] = {
    [HR_LAYER_LIVE] = {"live", "live objects"},
    [HR_LAYER_DYING] = {"dying", "objects that the coming GC frees"},
    [HR_LAYER_UNSWEPT] = {"unswept", "garbage that is not swept yet"},
    [HR_LAYER_UNDECIDED] = {"undecided", "objects no recorded GC decides on"},
    [HR_LAYER_EMPTY] = {"empty_slots", "empty slots of spans"},
    [HR_LAYER_TAIL] = {"span_tails", "tails of spans"},
    [HR_LAYER_UNTOLD] = {"untold", "spans that the trace does not tell"},
    [HR_LAYER_MANUAL] = {"manual", "stacks, other manual spans"},
    [HR_LAYER_FREE + HR_REASON_CACHE] = {"free_cache", "free: page cache of a P"},
    [HR_LAYER_FREE + HR_REASON_PHYSICAL] = {"free_physical_page", "free: physical page partly used"},
    [HR_LAYER_FREE + HR_REASON_NEVER] = {"free_never", "free: never released by policy"},
    [HR_LAYER_FREE + HR_REASON_RECORDED] = {"free_recorded", "free: not released when recorded"},
    [HR_LAYER_FREE + HR_REASON_NO_CYCLE] = {"free_no_cycle", "free: no GC cycle yet"},
    [HR_LAYER_FREE + HR_REASON_UNMARKED] = {"free_unmarked", "free: chunk not in the index"},
    [HR_LAYER_FREE + HR_REASON_DENSE] = {"free_dense", "free: chunk counts as dense"},
    [HR_LAYER_FREE + HR_REASON_UNREACHED] = {"free_unreached", "free: above the search address"},
    [HR_LAYER_FREE + HR_REASON_WHOLE] = {"free_whole_huge_page", "free: huge page kept whole"},
    [HR_LAYER_FREE + HR_REASON_POLICY] = {"free_policy", "free: the policy's own rule"},
    [HR_LAYER_FREE + HR_REASON_PACE] = {"free_pace", "free: waits for the pace"},
    [HR_LAYER_FREE + HR_REASON_GOAL] = {"free_goal", "free: goal met without it"},
    [HR_LAYER_RELEASED] = {"released", "released, or never touched"},
};

const char *hr_layer_name(unsigned layer)
{
	return layers[layer].name;
}

const char *hr_layer_text(unsigned layer)
{
	return layers[layer].text;
}

void hr_layers_say(const struct hr_layers_row *row, char *to, size_t room)
{
	char live[HR_UNIT_BUF], dying[HR_UNIT_BUF], when[HR_UNIT_BUF];

	hr_format_bytes(live, row->decided ? row->live : row->found + row->undecided);
	hr_format_bytes(dying, row->freed);
	hr_format_ns(when, row->time_ns);
	if (row->decided)
		snprintf(to, room, "live %s, dying %s at %s", live, dying, when);
	else
		snprintf(to, room, "objects %s at %s", live, when);
}

/* --- looks ---------------------------------------------------------------------- */

static void halve(struct hr_layer_series *s)
{
	for (size_t i = 0; i < s->n / 2; i++)
		s->at[i] = s->at[2 * i + 1];
	s->n /= 2;
	s->interval_ns *= 2;
}

/* Who knows the future has a reason of its own for all that it keeps. */
static void find_reasons(const struct hr_follower *f, uint64_t bytes[HR_REASON_COUNT])
{
	uint64_t pages[HR_REASON_COUNT];

	memset(bytes, 0, HR_REASON_COUNT * sizeof(*bytes));
	if (f->def->knows_future) {
		bytes[HR_REASON_POLICY] = hr_follower_free_pages(f) * HR_PAGE_BYTES;
		return;
	}
	hr_reason_sums(f, pages);
	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		bytes[i] = pages[i] * HR_PAGE_BYTES;
}

void hr_layer_look_at(const struct hr_follower *f, uint64_t time_ns, struct hr_layer_look *x)
{
	*x = (struct hr_layer_look){
	    .time_ns = time_ns,
	    .in_use = f->view.in_use_pages * HR_PAGE_BYTES,
	    .manual = f->view.manual_pages * HR_PAGE_BYTES,
	    .mapped = f->view.mapped_pages * HR_PAGE_BYTES,
	    .released = f->view.released_pages * HR_PAGE_BYTES,
	    .retained = hr_follower_retained_bytes(f),
	    .goal = f->view.goal_bytes,
	    .heap_goal = f->view.heap_goal_bytes,
	};
	find_reasons(f, x->free);
}

static uint64_t look(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_layer_series *s = ctx;

	if (s->failed || (last && s->n > 0 && s->at[s->n - 1].time_ns == time_ns))
		return HR_NEVER;
	s->failed = !hr_reserve(&s->at, &s->cap, s->n + 1, sizeof(*s->at));
	if (s->failed)
		return HR_NEVER;
	if (s->n > 0 && s->changes == hr_follower_changes(f) && f->def->kept_whole == NULL) {
		s->at[s->n] = s->at[s->n - 1];
		s->at[s->n].time_ns = time_ns;
	} else {
		hr_layer_look_at(f, time_ns, &s->at[s->n]);
		s->changes = hr_follower_changes(f);
	}
	s->n++;
	if (s->thin && s->n == HR_LAYERS_POINTS)
		halve(s);
	return time_ns <= HR_NEVER - s->interval_ns ? time_ns + s->interval_ns : HR_NEVER;
}

void hr_layer_series_start(struct hr_layer_series *s, struct hr_follower *f, uint64_t first_ns, uint64_t interval_ns,
			   bool thin)
{
	*s = (struct hr_layer_series){.interval_ns = interval_ns, .thin = thin};
	hr_follower_sample(f, (struct hr_sampler){.next_ns = first_ns, .sample = look, .ctx = s});
}

void hr_layer_series_release(struct hr_layer_series *s)
{
	free(s->at);
	memset(s, 0, sizeof(*s));
}

/* --- points --------------------------------------------------------------------- */

bool hr_layer_join(const struct hr_layer_look *x, const struct hr_layers_row *o, struct hr_layer_point *p)
{
	uint64_t told = o->live + o->freed + o->found + o->undecided + o->empty + o->tail;

	*p = (struct hr_layer_point){
	    .time_ns = x->time_ns, .decided = o->decided, .rounding = o->rounding, .mapped = x->mapped};
	memcpy(p->dead, o->dead, sizeof(p->dead));
	p->bytes[HR_LAYER_LIVE] = o->live;
	p->bytes[HR_LAYER_DYING] = o->freed;
	p->bytes[HR_LAYER_UNSWEPT] = o->found;
	p->bytes[HR_LAYER_UNDECIDED] = o->undecided;
	p->bytes[HR_LAYER_EMPTY] = o->empty;
	p->bytes[HR_LAYER_TAIL] = o->tail;
	p->bytes[HR_LAYER_UNTOLD] = x->in_use - told;
	p->bytes[HR_LAYER_MANUAL] = x->manual;
	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		p->bytes[HR_LAYER_FREE + i] = x->free[i];
	p->bytes[HR_LAYER_RELEASED] = x->released;
	return told <= x->in_use;
}

enum hr_status hr_layer_points_of(const struct hr_layer_series *s, const struct hr_layers *l, unsigned grid,
				  struct hr_layer_points *p, struct hr_error *err)
{
	struct hr_layers_sample sum = {.found = 0};
	struct hr_layers_row row;
	bool fine = true;

	*p = (struct hr_layer_points){.at = hr_calloc(s->n + 1, sizeof(*p->at))};
	if (s->failed || p->at == NULL) {
		hr_layer_points_release(p);
		return hr_error_set(err, HR_ENOMEM, "out of memory for the layers of the heap");
	}
	for (size_t i = 0; fine && p->n < s->n && hr_layers_row(l, grid, i, &sum, &row); i++)
		if (row.time_ns >= s->at[p->n].time_ns) {
			fine = row.time_ns == s->at[p->n].time_ns && hr_layer_join(&s->at[p->n], &row, &p->at[p->n]);
			p->n += fine;
		}
	if (fine && p->n == s->n)
		return HR_OK;
	hr_error_set(err, HR_EINTERNAL, "the layers of the heap do not add up at %" PRIu64 " ns", s->at[p->n].time_ns);
	hr_layer_points_release(p);
	return HR_EINTERNAL;
}

void hr_layer_points_release(struct hr_layer_points *p)
{
	free(p->at);
	memset(p, 0, sizeof(*p));
}

struct hr_layer_point hr_layer_points_mean(const struct hr_layer_points *p)
{
	double sum[HR_LAYER_COUNT + HR_LAYERS_WHENS + 2] = {0}, time = 0;
	struct hr_layer_point mean = {.decided = false};

	for (size_t i = 0; i < p->n; i++) {
		const struct hr_layer_point *x = &p->at[i];
		double ns = (double)(x->time_ns - (i > 0 ? p->at[i - 1].time_ns : 0));

		for (unsigned k = 0; k < HR_LAYER_COUNT; k++)
			sum[k] += ns * (double)x->bytes[k];
		for (unsigned w = 0; w < HR_LAYERS_WHENS; w++)
			sum[HR_LAYER_COUNT + w] += ns * (double)x->dead[w];
		sum[HR_LAYER_COUNT + HR_LAYERS_WHENS] += ns * (double)x->rounding;
		time += ns;
		mean.decided |= x->decided;
		mean.time_ns = x->time_ns;
	}
	if (!(time > 0))
		return p->n > 0 ? p->at[p->n - 1] : mean;
	/* Compute mapped memory as the sum, so that rounding can't make them differ. */
	for (unsigned k = 0; k < HR_LAYER_COUNT; k++)
		mean.mapped += mean.bytes[k] = (uint64_t)llround(sum[k] / time);
	for (unsigned w = 0; w < HR_LAYERS_WHENS; w++)
		mean.dead[w] = (uint64_t)llround(sum[HR_LAYER_COUNT + w] / time);
	mean.rounding = (uint64_t)llround(sum[HR_LAYER_COUNT + HR_LAYERS_WHENS] / time);
	return mean;
}

const struct hr_layer_point *hr_layer_points_peak(const struct hr_layer_points *p)
{
	const struct hr_layer_point *peak = NULL;
	uint64_t most = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint64_t resident = p->at[i].mapped - p->at[i].bytes[HR_LAYER_RELEASED];

		if (peak == NULL || resident > most) {
			peak = &p->at[i];
			most = resident;
		}
	}
	return peak;
}

/* --- JSON, CSV ------------------------------------------------------------------- */

/* The columns: the layers, and what is known of parts of them. */
#define DEAD HR_LAYER_COUNT
#define ROUNDING (DEAD + HR_LAYERS_WHENS)
#define MAPPED (ROUNDING + 1)
#define COLUMNS (MAPPED + 1)

const char *hr_layer_column_name(unsigned c)
{
	static const char *const more[COLUMNS - HR_LAYER_COUNT + 1] = {"dead", "dead_high", "dead_low", "rounding",
								       "mapped"};

	return c < HR_LAYER_COUNT ? layers[c].name : more[c - HR_LAYER_COUNT];
}

/* UINT64_MAX: not known there. */
static uint64_t column(const struct hr_layer_point *p, unsigned c)
{
	bool of_decision = c == HR_LAYER_LIVE || c == HR_LAYER_DYING || (c >= DEAD && c < ROUNDING);

	if (of_decision && !p->decided)
		return UINT64_MAX;
	if (c < HR_LAYER_COUNT)
		return p->bytes[c];
	if (c < ROUNDING)
		return p->dead[c - DEAD];
	return c == ROUNDING ? p->rounding : p->mapped;
}

static json_t *value_json(uint64_t v)
{
	return v == UINT64_MAX ? json_null() : hr_json_count(v);
}

json_t *hr_layer_point_json(const struct hr_layer_point *p)
{
	json_t *o = json_object();
	char name[64];

	for (unsigned c = 0; c < COLUMNS; c++) {
		snprintf(name, sizeof(name), "%s_bytes", hr_layer_column_name(c));
		hr_json_put(&o, name, value_json(column(p, c)));
	}
	return o;
}

json_t *hr_layer_points_json(const struct hr_layer_points *p)
{
	json_t *o = json_object(), *times = json_array();
	char name[64];

	for (size_t i = 0; i < p->n; i++)
		hr_json_add(&times, hr_json_count(p->at[i].time_ns));
	hr_json_put(&o, "time_ns", times);
	for (unsigned c = 0; c < COLUMNS; c++) {
		json_t *a = json_array();

		for (size_t i = 0; i < p->n; i++)
			hr_json_add(&a, value_json(column(&p->at[i], c)));
		snprintf(name, sizeof(name), "%s_bytes", hr_layer_column_name(c));
		hr_json_put(&o, name, a);
	}
	return o;
}

void hr_layer_points_csv(const struct hr_layer_points *p, const struct hr_layer_series *s, FILE *out)
{
	fputs(HR_CSV_SERIES_COLUMNS, out);
	for (unsigned c = 0; c < COLUMNS; c++)
		if (c != HR_LAYER_MANUAL && c != HR_LAYER_RELEASED)
			hr_print(out, ",%s_bytes", hr_layer_column_name(c));
	fputc('\n', out);
	for (size_t i = 0; i < p->n; i++) {
		const struct hr_layer_look *x = &s->at[i];
		uint64_t free_bytes = x->mapped - x->in_use - x->manual - x->released;

		hr_csv_series_row(out, &(struct hr_csv_row){x->time_ns, x->in_use, free_bytes, x->released, x->retained,
							    x->goal, x->heap_goal, x->manual});
		for (unsigned c = 0; c < COLUMNS; c++) {
			uint64_t v = column(&p->at[i], c);

			if (c == HR_LAYER_MANUAL || c == HR_LAYER_RELEASED)
				continue;
			fputc(',', out);
			if (v != UINT64_MAX)
				fprintf(out, "%" PRIu64, v);
		}
		fputc('\n', out);
	}
}
