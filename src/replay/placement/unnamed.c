/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/placement/unnamed.h"

#include "pagealloc/geometry.h"

#include <string.h>

/*
 * Of spans that were there before a window, what is in use or was freed in it. Seen at the first
 * estimates of windows of six programs: 0.65 to 0.97, 0.86 on the average of programs.
 */
#define USUAL_FILL 0.85
/* Without a free for so long, a sweep is done. */
#define QUIET_NS UINT64_C(100000000)

void hr_unnamed_init(struct hr_unnamed *u)
{
	memset(u, 0, sizeof(*u));
	hr_recorded_init(&u->spans);
	hr_holes_init(&u->holes);
	u->named_ratio_min = 1;
}

void hr_unnamed_release(struct hr_unnamed *u)
{
	hr_recorded_release(&u->spans);
	hr_holes_release(&u->holes);
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects of the window");
}

/* The object is none any more. */
static void forget(struct hr_unnamed *u, uint32_t born, uint64_t bytes)
{
	u->named_bytes -= bytes;
	u->old_bytes -= born < u->ended ? bytes : 0;
}

/* --- what is named --------------------------------------------------------- */

static void drop_span(struct hr_unnamed *u, uint32_t span)
{
	uint64_t bytes = hr_recorded_bytes(&u->spans.spans[span]);
	uint32_t born;

	while (hr_recorded_take_any(&u->spans, span, &born) != HR_NO_NUMBER)
		forget(u, born, bytes);
	hr_recorded_drop_span(&u->spans, span);
}

static enum hr_status take_span(struct hr_unnamed *u, const struct hr_event *e, struct hr_error *err)
{
	uint64_t page = e->addr / HR_PAGE_BYTES, npages = e->size / HR_PAGE_BYTES;
	uint32_t span;

	while ((span = hr_recorded_in_the_way(&u->spans, page, npages)) != HR_NO_SLOT)
		drop_span(u, span);
	hr_holes_drop(&u->holes, page, npages);
	return hr_recorded_add_span(&u->spans, page, npages, e->arg, &span, err);
}

/* Unnamed spans hold objects of that size, and so much was freed in them. */
static void set_pages(struct hr_unnamed *u, uint64_t bytes, uint64_t holes)
{
	const uint64_t pages = (bytes + holes) / HR_PAGE_BYTES;

	u->low_pages = bytes / HR_PAGE_BYTES;
	u->pages = (uint64_t)((double)pages / USUAL_FILL);
	u->high_pages = (uint64_t)((double)pages / (USUAL_FILL / 2));
	u->changed = true;
}

static uint64_t less(uint64_t pages, uint64_t freed)
{
	return pages > freed ? pages - freed : 0;
}

static void free_span(struct hr_unnamed *u, const struct hr_event *e)
{
	uint64_t page = e->addr / HR_PAGE_BYTES;
	uint32_t span = hr_recorded_span_at(&u->spans, page);
	uint64_t most, least, npages;

	if (span != HR_NO_SLOT && u->spans.spans[span].page == page) {
		drop_span(u, span);
		return;
	}
	npages = hr_holes_free_span(&u->holes, page);
	u->changed |= u->pages > 0;
	u->pages = less(u->pages, npages);
	u->low_pages = less(u->low_pages, npages);
	u->high_pages = less(u->high_pages, npages);
	/* More than was marked in all won't be left: a large one may be gone. */
	most = (uint64_t)((double)(u->marked_bytes / HR_PAGE_BYTES) / USUAL_FILL);
	if (u->phase == HR_SWEEPING && u->pages > most)
		set_pages(u, u->marked_bytes, 0);
	/* Nor less than was marked and can't be in named spans: what a sweep frees was never a part of that. */
	least = u->marked_bytes > u->old_bytes ? u->marked_bytes - u->old_bytes : 0;
	if (u->phase == HR_SWEEPING && u->low_pages < least / HR_PAGE_BYTES)
		set_pages(u, least, 0);
}

/* What was in the slot is gone. */
static void take_out(struct hr_unnamed *u, uint32_t span, uint32_t slot)
{
	if (hr_recorded_number(&u->spans, span, slot) == HR_NO_NUMBER)
		return;
	hr_recorded_take_out(&u->spans, span, slot);
	forget(u, hr_recorded_birth(&u->spans, span, slot), hr_recorded_bytes(&u->spans.spans[span]));
}

static void take_object(struct hr_unnamed *u, const struct hr_event *e)
{
	uint32_t span, slot;

	if (!hr_recorded_find(&u->spans, e->addr, &span, &slot)) {
		hr_holes_fill(&u->holes, e->addr);
		return;
	}
	/* In the tiny allocator's slots there may be several; elsewhere a free was lost. */
	take_out(u, span, slot);
	hr_recorded_put(&u->spans, span, slot, u->ended);
	u->named_bytes += hr_recorded_bytes(&u->spans.spans[span]);
}

static enum hr_status free_object(struct hr_unnamed *u, const struct hr_event *e, struct hr_error *err)
{
	uint32_t span, slot;

	if (!hr_recorded_find(&u->spans, e->addr, &span, &slot))
		return hr_holes_add(&u->holes, e->addr) ? HR_OK : no_memory(err);
	take_out(u, span, slot);
	return HR_OK;
}

/* --- what is not ------------------------------------------------------------ */

/* The sweep is done: what is left in named spans of before was marked. */
static void estimate(struct hr_unnamed *u, uint64_t now_ns)
{
	const uint64_t marked = u->old_bytes, unnamed = u->marked_bytes > marked ? u->marked_bytes - marked : 0;

	if (u->phase == HR_NOT_MARKED)
		return;
	u->named_ratio = unnamed == 0 ? 1 : (double)marked / (double)u->marked_bytes;
	if (u->named_ratio < u->named_ratio_min)
		u->named_ratio_min = u->named_ratio;
	set_pages(u, unnamed, hr_holes_bytes(&u->holes));
	if (u->phase == HR_SWEEPING && u->estimates++ == 0)
		u->first_ns = now_ns;
}

static void heap_live(struct hr_unnamed *u, uint64_t bytes)
{
	u->told_bytes = bytes;
	if (u->estimates == 0)
		set_pages(u, bytes > u->named_bytes ? bytes - u->named_bytes : 0, 0);
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
		take_object(u, e);
		return HR_OK;
	case HR_EV_OBJ_FREE:
		u->swept_ns = e->time_ns;
		return free_object(u, e, err);
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
		hr_holes_marked(&u->holes);
		u->ended++;
		break;
	default:
		break;
	}
	return HR_OK;
}
