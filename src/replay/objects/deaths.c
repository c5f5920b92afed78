/* SPDX-License-Identifier: BSD-3-Clause */
/* Invariant: from and to are places at which events are held, or will be; base <= the next place. */
#include "config.h"

#include "replay/objects/deaths.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define GOLDEN_RATIO UINT64_C(0x9e3779b97f4a7c15) /* of 2^64 */

void hr_deaths_init(struct hr_deaths *d)
{
	memset(d, 0, sizeof(*d));
	d->base = 1; /* so that 0 is no place */
}

void hr_deaths_release(struct hr_deaths *d)
{
	free(d->held);
	free(d->lives);
	free(d->out);
	hr_deaths_init(d);
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for events that wait for their GC cycle");
}

static uint64_t next_place(const struct hr_deaths *d)
{
	return d->base + d->nheld;
}

/* The first n held events, with who died before each. */
static enum hr_status let_out(struct hr_deaths *d, size_t n, struct hr_error *err)
{
	if (n == 0) /* held may be NULL */
		return HR_OK;
	for (size_t i = 0; i < n; i++) {
		const struct hr_held *h = &d->held[i];
		uint32_t next;

		for (uint32_t dead = h->dead; dead != 0; dead = next) {
			next = d->lives[dead - 1].next;
			if (!hr_reserve(&d->out, &d->out_cap, d->nout + 1, sizeof(*d->out)))
				return no_memory(err);
			d->out[d->nout++] = (struct hr_event){
			    .time_ns = h->event.time_ns, .addr = dead - 1, .p = HR_NO_P, .kind = HR_EV_OBJ_FREE};
		}
		if (!hr_reserve(&d->out, &d->out_cap, d->nout + 1, sizeof(*d->out)))
			return no_memory(err);
		d->out[d->nout++] = h->event;
	}
	d->nheld -= n;
	d->base += n;
	memmove(d->held, d->held + n, d->nheld * sizeof(*d->held));
	return HR_OK;
}

/* Marking begins: all who were swept since the last time are known. */
static enum hr_status begin_marking(struct hr_deaths *d, struct hr_error *err)
{
	if (d->to >= d->base)
		HR_TRY(let_out(d, (size_t)(d->to - d->base), err));
	if (d->cycle_bytes > d->window_bytes)
		d->window_bytes = d->cycle_bytes;
	d->cycle_bytes = 0;
	d->from = d->to + 1;
	d->to = next_place(d);
	return HR_OK;
}

static bool shows_life(const struct hr_event *e)
{
	switch (e->kind) {
	case HR_EV_SPAN_ALLOC:
	case HR_EV_SPAN_FREE:
	case HR_EV_OBJ_ALLOC:
	case HR_EV_OBJ_FREE:
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_END:
		return true;
	default:
		return false;
	}
}

static void start(struct hr_deaths *d)
{
	d->started = d->from = d->to = next_place(d);
}

enum hr_status hr_deaths_hold(struct hr_deaths *d, const struct hr_event *e, struct hr_error *err)
{
	if (d->started == 0 && shows_life(e))
		start(d);
	if (e->kind == HR_EV_GC_BEGIN)
		HR_TRY(begin_marking(d, err));
	if (d->nheld == HR_MAX_HELD_DEATHS) {
		d->let_go += d->nheld / 2;
		HR_TRY(let_out(d, d->nheld / 2, err));
	}
	if (!hr_reserve(&d->held, &d->held_cap, d->nheld + 1, sizeof(*d->held)))
		return no_memory(err);
	if (e->kind == HR_EV_OBJ_ALLOC || e->kind == HR_EV_OBJ_EXISTS) {
		if (!hr_reserve(&d->lives, &d->lives_cap, e->addr + 1, sizeof(*d->lives)))
			return no_memory(err);
		d->lives[e->addr] = (struct hr_life){.born = next_place(d)};
	}
	d->held[d->nheld++] = (struct hr_held){.event = *e};
	if (d->nheld > d->held_max)
		d->held_max = d->nheld;
	return HR_OK;
}

enum hr_status hr_deaths_swept(struct hr_deaths *d, uint32_t number, uint64_t bytes, uint64_t time_ns,
			       struct hr_error *err)
{
	const struct hr_event now = {.time_ns = time_ns, .addr = number, .p = HR_NO_P, .kind = HR_EV_OBJ_FREE};
	uint64_t low, high = d->to, place;
	struct hr_life *l = &d->lives[number];
	struct hr_held *h;

	if (d->started == 0)
		start(d);
	d->cycle_bytes += bytes;
	low = l->born + 1 > d->from ? l->born + 1 : d->from;
	if (low < d->started)
		low = d->started;
	if (low < d->base)
		low = d->base;
	if (high < low)
		high = low;
	d->spread += GOLDEN_RATIO;
	place = low + (uint64_t)((unsigned __int128)d->spread * (high - low + 1) >> 64);
	if (place >= next_place(d))
		return hr_deaths_hold(d, &now, err);
	h = &d->held[place - d->base];
	l->next = h->dead;
	h->dead = number + 1;
	return HR_OK;
}

enum hr_status hr_deaths_finish(struct hr_deaths *d, struct hr_error *err)
{
	if (d->cycle_bytes > d->window_bytes)
		d->window_bytes = d->cycle_bytes;
	return let_out(d, d->nheld, err);
}
