/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/objects/recording.h"

#include "base/bits.h"
#include "pagealloc/geometry.h"

#include <string.h>

void hr_recording_init(struct hr_recording *r, bool learns, const struct hr_sides *sides)
{
	memset(r, 0, sizeof(*r));
	hr_recorded_init(&r->slots);
	hr_deaths_init(&r->deaths);
	hr_cycles_init(&r->cycles);
	r->learns = learns;
	r->sides = sides;
}

void hr_recording_release(struct hr_recording *r)
{
	hr_recorded_release(&r->slots);
	hr_deaths_release(&r->deaths);
	hr_cycles_release(&r->cycles);
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects that are live");
}

/* A recorded span is no more, and so is what the recorder left in it. */
static enum hr_status drop_span(struct hr_recording *r, uint32_t span, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *s = &r->slots.spans[span];
	uint32_t number, born;

	while ((number = hr_recorded_take_any(&r->slots, span, &born)) != HR_NO_NUMBER)
		HR_TRY(hr_deaths_swept(&r->deaths, number, born, s->span_class, hr_recorded_bytes(s), err));
	hr_recorded_drop_span(&r->slots, span);
	if (s->slots == 0)
		return hr_deaths_hold(&r->deaths,
				      &(struct hr_event){.time_ns = e->time_ns,
							 .addr = HR_MANUAL_NAME | s->page,
							 .size = s->npages * HR_PAGE_BYTES,
							 .p = e->p,
							 .kind = HR_EV_SPAN_FREE},
				      err);
	return HR_OK;
}

static enum hr_status record_span(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	uint64_t page = e->addr / HR_PAGE_BYTES, npages = hr_div_up(e->size, HR_PAGE_BYTES);
	struct hr_event out = *e;
	uint32_t span;

	while ((span = hr_recorded_in_the_way(&r->slots, page, npages)) != HR_NO_SLOT) {
		r->over_live++;
		HR_TRY(drop_span(r, span, e, err));
	}
	HR_TRY(hr_recorded_add_span(&r->slots, page, npages, e->arg, &span, err));
	if (e->arg & HR_SPAN_MANUAL)
		out.addr = HR_MANUAL_NAME | page;
	else if (e->kind == HR_EV_SPAN_EXISTS && !r->deaths.started)
		out.addr = span;
	else
		return HR_OK; /* our own spans come with the objects in them */
	out.size = npages * HR_PAGE_BYTES;
	if (r->deaths.started)
		out.kind = HR_EV_SPAN_ALLOC;
	return hr_deaths_hold(&r->deaths, &out, err);
}

static enum hr_status record_span_end(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	uint32_t span = hr_recorded_span_at(&r->slots, e->addr / HR_PAGE_BYTES);

	if (span != HR_NO_SLOT && r->slots.spans[span].page == e->addr / HR_PAGE_BYTES)
		return drop_span(r, span, e, err);
	return HR_OK; /* a recorder's loss: it had no objects that we know */
}

static enum hr_status record_object(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *s;
	uint32_t span, slot, number;
	struct hr_event out;

	if (!hr_recorded_find(&r->slots, e->addr, &span, &slot)) {
		r->outside_spans++;
		return HR_OK;
	}
	s = &r->slots.spans[span];
	number = hr_recorded_number(&r->slots, span, slot);
	if (number != HR_NO_NUMBER) {
		if (s->span_class == HR_TINY_SPAN_CLASS)
			return HR_OK;
		r->over_live++;
		HR_TRY(hr_deaths_swept(&r->deaths, number, hr_recorded_birth(&r->slots, span, slot), s->span_class,
				       hr_recorded_bytes(s), err));
		hr_recorded_take_out(&r->slots, span, slot);
	}
	number = hr_recorded_put(&r->slots, span, slot, hr_deaths_birth(&r->deaths));
	r->cycles.births++;
	if (e->kind == HR_EV_OBJ_ALLOC && hr_deaths_hold_birth(&r->deaths, e->time_ns, e->p, number, s->span_class))
		return HR_OK;
	out = *e;
	out.addr = number;
	out.arg = s->span_class;
	if (e->kind == HR_EV_OBJ_EXISTS && !r->deaths.started) {
		out.size = (uint64_t)span << HR_ADOPTED_SLOT_BITS | slot;
	} else {
		out.kind = HR_EV_OBJ_ALLOC;
		out.size = s->npages * HR_PAGE_BYTES;
	}
	return hr_deaths_hold(&r->deaths, &out, err);
}

static enum hr_status record_object_end(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_recorded_span *s;
	uint32_t span, slot, number;

	if (!hr_recorded_find(&r->slots, e->addr, &span, &slot)) {
		r->outside_spans++;
		return HR_OK;
	}
	number = hr_recorded_number(&r->slots, span, slot);
	if (number == HR_NO_NUMBER) {
		r->unknown_frees++;
		return HR_OK;
	}
	s = &r->slots.spans[span];
	HR_TRY(hr_deaths_swept(&r->deaths, number, hr_recorded_birth(&r->slots, span, slot), s->span_class,
			       hr_recorded_bytes(s), err));
	hr_recorded_take_out(&r->slots, span, slot);
	return HR_OK;
}

static enum hr_status record_stack(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	struct hr_event out = *e;

	if (e->addr == UINT64_MAX)
		return HR_OK;
	if (e->kind == HR_EV_STACK_FREE) {
		if (!hr_map64_remove(&r->slots.stacks, e->addr, &out.size))
			return HR_OK;
	} else {
		if (hr_map64_get(&r->slots.stacks, e->addr) != NULL)
			return HR_OK;
		if (!hr_map64_put(&r->slots.stacks, e->addr, e->size))
			return no_memory(err);
	}
	return hr_deaths_hold(&r->deaths, &out, err);
}

/* What is no memory. Some of it tells only of the recorded cycles. */
static enum hr_status record_other(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	if (r->learns && e->kind == HR_EV_GC_BEGIN)
		hr_cycles_settle(&r->cycles, r->sides);
	if (r->learns && !hr_cycles_take(&r->cycles, e))
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
		return hr_deaths_hold(&r->deaths, e, err);
	}
}

static inline enum hr_status take(struct hr_recording *r, const struct hr_event *e, struct hr_error *err)
{
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		return record_span(r, e, err);
	case HR_EV_SPAN_FREE:
		return record_span_end(r, e, err);
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
		return record_object(r, e, err);
	case HR_EV_OBJ_FREE:
		return record_object_end(r, e, err);
	case HR_EV_STACK_EXISTS:
	case HR_EV_STACK_ALLOC:
	case HR_EV_STACK_FREE:
		return record_stack(r, e, err);
	default:
		return record_other(r, e, err);
	}
}

enum hr_status hr_recording_take(struct hr_recording *r, const struct hr_event *ev, size_t n, size_t *took,
				 struct hr_error *err)
{
	for (*took = 0; *took < n && !hr_deaths_ready(&r->deaths); ++*took)
		HR_TRY(take(r, &ev[*took], err));
	return HR_OK;
}

/* The next object of the recorded heap that is there at the end. */
static bool next_survivor(void *ctx, struct hr_death *who)
{
	struct hr_recording *r = ctx;

	for (; r->survivor_span < r->slots.nspans; r->survivor_span++, r->survivor_slot = 0) {
		const struct hr_recorded_span *s = &r->slots.spans[r->survivor_span];

		while (s->live && r->survivor_slot < s->slots) {
			uint32_t slot = r->survivor_slot++,
				 number = hr_recorded_number(&r->slots, r->survivor_span, slot);

			if (number == HR_NO_NUMBER)
				continue;
			*who = (struct hr_death){.number = number,
						 .born = hr_recorded_birth(&r->slots, r->survivor_span, slot),
						 .span_class = s->span_class};
			return true;
		}
	}
	return false;
}

enum hr_status hr_recording_finish(struct hr_recording *r, struct hr_error *err)
{
	return hr_deaths_finish(&r->deaths, &(struct hr_survivors){next_survivor, r}, err);
}
