/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/placement/unnamed.h"

#include "pagealloc/geometry.h"

#include <string.h>

/* Of pages after a sweep, where little is known: between 0.66 and 1 in recordings. */
#define USUAL_FILL 0.85
/* Pages are taken to be no emptier than that. */
#define LEAST_FILL 0.4
/* Without a free for so long, a sweep is done. */
#define QUIET_NS UINT64_C(100000000)

void hr_unnamed_init(struct hr_unnamed *u)
{
	memset(u, 0, sizeof(*u));
	hr_recorded_init(&u->spans);
	u->fill = USUAL_FILL;
	u->named_ratio_min = 1;
}

void hr_unnamed_release(struct hr_unnamed *u)
{
	hr_recorded_release(&u->spans);
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects of the window");
}

/* The object is none any more. */
static void forget(struct hr_unnamed *u, uint32_t number, uint32_t born, uint64_t bytes)
{
	u->named_bytes -= bytes;
	u->old_bytes -= born < u->ended ? bytes : 0;
	hr_recorded_forget(&u->spans, number);
}

/* --- what is named --------------------------------------------------------- */

static void drop_span(struct hr_unnamed *u, uint32_t span)
{
	uint64_t bytes = hr_recorded_bytes(&u->spans.spans[span]);
	uint32_t number, born;

	while ((number = hr_recorded_take_any(&u->spans, span, &born)) != HR_NO_NUMBER)
		forget(u, number, born, bytes);
	hr_recorded_drop_span(&u->spans, span);
}

static enum hr_status take_span(struct hr_unnamed *u, const struct hr_event *e, struct hr_error *err)
{
	uint64_t page = e->addr / HR_PAGE_BYTES, npages = e->size / HR_PAGE_BYTES;
	uint32_t span;

	while ((span = hr_recorded_in_the_way(&u->spans, page, npages)) != HR_NO_SLOT)
		drop_span(u, span);
	return hr_recorded_add_span(&u->spans, page, npages, e->arg, &span, err);
}

static void set_pages(struct hr_unnamed *u, uint64_t bytes)
{
	u->low_pages = bytes / HR_PAGE_BYTES;
	u->pages = (uint64_t)((double)u->low_pages / u->fill);
	u->high_pages = (uint64_t)((double)u->low_pages / (u->fill / 2));
	u->changed = true;
}

static void free_span(struct hr_unnamed *u, const struct hr_event *e)
{
	uint64_t page = e->addr / HR_PAGE_BYTES;
	uint32_t span = hr_recorded_span_at(&u->spans, page);
	uint64_t most;

	if (span != HR_NO_SLOT && u->spans.spans[span].page == page) {
		drop_span(u, span);
		return;
	}
	u->changed |= u->pages > 0;
	u->pages -= u->pages > 0;
	u->low_pages -= u->low_pages > 0;
	u->high_pages -= u->high_pages > 0;
	/* More than was marked in all won't be left: a large one may be gone. */
	most = (uint64_t)((double)(u->marked_bytes / HR_PAGE_BYTES) / u->fill);
	if (u->phase == HR_SWEEPING && u->pages > most)
		set_pages(u, u->marked_bytes);
}

/* The object of that number is gone from its slot. */
static void take_out(struct hr_unnamed *u, uint32_t span, uint32_t slot, uint32_t number)
{
	const uint32_t born = hr_recorded_birth(&u->spans, span, slot);

	hr_recorded_take_out(&u->spans, span, slot);
	forget(u, number, born, hr_recorded_bytes(&u->spans.spans[span]));
}

static enum hr_status take_object(struct hr_unnamed *u, const struct hr_event *e, struct hr_error *err)
{
	uint32_t span, slot, number;

	if (!hr_recorded_find(&u->spans, e->addr, &span, &slot))
		return HR_OK;
	/* In the tiny allocator's slots there may be several; elsewhere a free was lost. */
	number = hr_recorded_number(&u->spans, span, slot);
	if (number != HR_NO_NUMBER)
		take_out(u, span, slot, number);
	if (hr_recorded_put(&u->spans, span, slot, u->ended) == HR_NO_NUMBER)
		return no_memory(err);
	u->named_bytes += hr_recorded_bytes(&u->spans.spans[span]);
	return HR_OK;
}

static void free_object(struct hr_unnamed *u, const struct hr_event *e)
{
	uint32_t span, slot, number;

	if (!hr_recorded_find(&u->spans, e->addr, &span, &slot))
		return;
	number = hr_recorded_number(&u->spans, span, slot);
	if (number != HR_NO_NUMBER)
		take_out(u, span, slot, number);
}

/* --- what is not ------------------------------------------------------------ */

/* Bytes of the span's objects that were there when the last cycle ended. */
static uint64_t old_bytes(const struct hr_unnamed *u, uint32_t span)
{
	const struct hr_recorded_span *s = &u->spans.spans[span];
	uint64_t n = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		uint32_t number = hr_recorded_number(&u->spans, span, slot);

		n += number != HR_NO_NUMBER && hr_recorded_birth(&u->spans, span, slot) < u->ended;
	}
	return n * hr_recorded_bytes(s);
}

/* How full named spans are that hold any; as much of the usual is added as there is unnamed. */
static void set_fill(struct hr_unnamed *u, uint64_t unnamed_bytes)
{
	double bytes = USUAL_FILL * ((double)unnamed_bytes + 1), room = (double)unnamed_bytes + 1;

	for (uint32_t i = 0; i < u->spans.nspans; i++) {
		const struct hr_recorded_span *s = &u->spans.spans[i];
		uint64_t old = s->live ? old_bytes(u, i) : 0;

		bytes += (double)old;
		room += old > 0 ? (double)s->npages * HR_PAGE_BYTES : 0;
	}
	u->fill = bytes / room;
	if (u->fill < LEAST_FILL)
		u->fill = LEAST_FILL;
}

/* The sweep is done: what is left in named spans of before was marked. */
static void estimate(struct hr_unnamed *u, uint64_t now_ns)
{
	const uint64_t marked = u->old_bytes, unnamed = u->marked_bytes > marked ? u->marked_bytes - marked : 0;

	if (u->phase == HR_NOT_MARKED)
		return;
	u->named_ratio = unnamed == 0 ? 1 : (double)marked / (double)u->marked_bytes;
	if (u->named_ratio < u->named_ratio_min)
		u->named_ratio_min = u->named_ratio;
	set_fill(u, unnamed);
	set_pages(u, unnamed);
	if (u->phase == HR_SWEEPING && u->estimates++ == 0)
		u->first_ns = now_ns;
}

static void heap_live(struct hr_unnamed *u, uint64_t bytes)
{
	u->told_bytes = bytes;
	if (u->estimates == 0)
		set_pages(u, bytes > u->named_bytes ? bytes - u->named_bytes : 0);
}

enum hr_status hr_unnamed_take(struct hr_unnamed *u, const struct hr_event *e, struct hr_error *err)
{
	if (u->phase == HR_SWEEPING && e->time_ns > u->swept_ns + QUIET_NS) {
		estimate(u, e->time_ns);
		u->phase = HR_SWEPT;
	}
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		return take_span(u, e, err);
	case HR_EV_SPAN_FREE:
		free_span(u, e);
		u->swept_ns = e->time_ns;
		break;
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
		return take_object(u, e, err);
	case HR_EV_OBJ_FREE:
		free_object(u, e);
		u->swept_ns = e->time_ns;
		break;
	case HR_EV_HEAP_LIVE:
		heap_live(u, e->size);
		break;
	case HR_EV_GC_BEGIN:
		estimate(u, e->time_ns);
		u->phase = HR_NOT_MARKED;
		break;
	case HR_EV_GC_END:
		/* The last figure told, with the world stopped, is what was marked. */
		u->marked_bytes = u->told_bytes;
		u->phase = HR_SWEEPING;
		u->swept_ns = e->time_ns;
		u->old_bytes = u->named_bytes;
		u->ended++;
		break;
	default:
		break;
	}
	return HR_OK;
}
