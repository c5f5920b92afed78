/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/lag.h"

#include <string.h>

/* The rest of a drop may take long, after the end of what made it. */
#define MOST_OF_IT 90

/* A drop is at least so large, and in-use memory has risen again when it has by so much. */
static uint64_t least_of(const struct hr_lag_drop *d)
{
	uint64_t tenth = d->high_bytes / 10;

	return tenth > HR_LAG_LEAST_BYTES ? tenth : HR_LAG_LEAST_BYTES;
}

static void restart(struct hr_lag_drop *d, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns)
{
	d->high_bytes = d->low_bytes = in_use_bytes;
	d->resident_bytes = resident_bytes;
	d->start_ns = now_ns;
	d->step_bytes = 0;
	d->in_use.n = d->resident.n = 0;
}

void hr_lag_start(struct hr_lag *l, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns)
{
	memset(l, 0, sizeof(*l));
	l->in_use_bytes = in_use_bytes;
	l->resident_bytes = resident_bytes;
	restart(&l->drops[0], in_use_bytes, resident_bytes, now_ns);
}

static void fall_to(struct hr_lag_fall *f, uint64_t depth_bytes, uint64_t step_bytes, uint64_t now_ns)
{
	while (depth_bytes >= f->next_bytes && f->n < HR_LAG_LEVELS) {
		f->at_ns[f->n++] = now_ns;
		f->next_bytes += step_bytes;
	}
}

static uint64_t below(uint64_t from, uint64_t to)
{
	return from > to ? from - to : 0;
}

static void follow(struct hr_lag_drop *d, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns)
{
	if (d->step_bytes == 0) {
		/* Of the high, and a drop is at most that; resident memory may fall further, which does not count. */
		d->step_bytes = d->high_bytes / HR_LAG_LEVELS + 1;
		d->in_use.next_bytes = d->resident.next_bytes = d->step_bytes;
	}
	fall_to(&d->in_use, below(d->high_bytes, in_use_bytes), d->step_bytes, now_ns);
	fall_to(&d->resident, below(d->resident_bytes, resident_bytes), d->step_bytes, now_ns);
}

/* In-use memory rises again: the current drop may be the largest, and another one begins. */
static void close_drop(struct hr_lag *l)
{
	if (hr_lag_largest(l) == &l->drops[l->current]) {
		l->has_largest = true;
		l->current = !l->current;
	}
}

void hr_lag_change(struct hr_lag *l, uint64_t in_use_bytes, uint64_t resident_bytes, uint64_t now_ns)
{
	struct hr_lag_drop *d = &l->drops[l->current];

	l->in_use_bytes = in_use_bytes;
	l->resident_bytes = resident_bytes;
	if (l->has_largest)
		follow(&l->drops[!l->current], in_use_bytes, resident_bytes, now_ns);
	if (in_use_bytes >= d->high_bytes) {
		if (hr_lag_drop_bytes(d) >= least_of(d)) {
			close_drop(l);
			d = &l->drops[l->current];
		}
		restart(d, in_use_bytes, resident_bytes, now_ns);
		return;
	}
	follow(d, in_use_bytes, resident_bytes, now_ns);
	if (in_use_bytes < d->low_bytes)
		d->low_bytes = in_use_bytes;
	else if (hr_lag_drop_bytes(d) >= least_of(d) && in_use_bytes - d->low_bytes >= least_of(d)) {
		close_drop(l);
		restart(&l->drops[l->current], in_use_bytes, resident_bytes, now_ns);
	}
}

const struct hr_lag_drop *hr_lag_largest(const struct hr_lag *l)
{
	const struct hr_lag_drop *now = &l->drops[l->current];
	const struct hr_lag_drop *largest = l->has_largest ? &l->drops[!l->current] : NULL;

	if (hr_lag_drop_bytes(now) < least_of(now))
		return largest;
	return largest == NULL || hr_lag_drop_bytes(now) > hr_lag_drop_bytes(largest) ? now : largest;
}

/* The first step that is at least that share of the drop. */
static unsigned level_of(const struct hr_lag_drop *d, unsigned percent)
{
	unsigned __int128 share = (unsigned __int128)hr_lag_drop_bytes(d) * percent;
	unsigned __int128 step = (unsigned __int128)d->step_bytes * 100;

	return (unsigned)((share + step - 1) / step);
}

/* Steps of the drop that in-use memory has gone down; the last one may be shorter than the others. */
static unsigned reached(const struct hr_lag_drop *d, unsigned percent)
{
	unsigned level = level_of(d, percent);

	return level <= d->in_use.n ? level : d->in_use.n;
}

uint64_t hr_lag_fell_ns(const struct hr_lag_drop *d, unsigned percent)
{
	return d->in_use.at_ns[reached(d, percent) - 1];
}

bool hr_lag_of(const struct hr_lag_drop *d, unsigned percent, uint64_t *ns)
{
	/* Use the same time step for both, so that memory returned at once has no lag. */
	unsigned level = reached(d, percent);

	if (level > d->resident.n)
		return false;
	*ns = below(d->resident.at_ns[level - 1], d->in_use.at_ns[level - 1]);
	return true;
}

static unsigned steps_by(const struct hr_lag_fall *f, uint64_t at_ns)
{
	unsigned n = 0;

	while (n < f->n && f->at_ns[n] <= at_ns)
		n++;
	return n;
}

bool hr_lag_held(const struct hr_lag_drop *d, uint64_t after_ns, uint64_t now_ns, uint64_t *bytes)
{
	uint64_t at_ns = hr_lag_fell_ns(d, MOST_OF_IT) + after_ns;

	if (at_ns > now_ns)
		return false;
	*bytes = below(steps_by(&d->in_use, at_ns), steps_by(&d->resident, at_ns)) * d->step_bytes;
	return true;
}
