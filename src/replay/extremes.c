/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/extremes.h"

static void take(struct hr_extreme *e, uint64_t value, uint64_t time_ns)
{
	if (value > e->value)
		*e = (struct hr_extreme){time_ns, value};
}

void hr_extremes_record(struct hr_extremes *e, const struct hr_place *r)
{
	bool grows = r->kind == HR_PLACE_GROW && (r->flags & HR_PLACE_INITIAL) == 0;

	take(&e->peak, r->in_use_pages * HR_PAGE_BYTES, r->time_ns);
	/* Of growths in a row the first alone: what it brings is free before the next. */
	if (grows && !e->growing)
		take(&e->fragmented,
		     (uint64_t)(r->mapped_pages - r->npages - r->in_use_pages - r->manual_pages) * HR_PAGE_BYTES,
		     r->time_ns);
	e->growing = grows;
}

void hr_extremes_follower(struct hr_extremes *e, const struct hr_follower *f)
{
	const struct hr_lag_drop *drop = hr_lag_largest(&f->lag);

	if (drop != NULL)
		take(&e->drop, hr_lag_drop_bytes(drop), drop->start_ns);
	take(&e->stall, f->count.worst_stall_ns, f->count.worst_stall_at_ns);
}
