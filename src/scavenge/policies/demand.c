/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/policies/demand.h"

#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

void hr_demand_init(struct hr_demand *d)
{
	memset(d, 0, sizeof(*d));
	d->seconds = 1;
}

/* Seconds without a change have the demand that they began with. */
static void advance(struct hr_demand *d, uint64_t now_ns)
{
	uint64_t second = now_ns / SECOND_NS, gone = second - d->second;

	if (gone == 0)
		return;
	d->seconds = d->seconds + gone < HR_DEMAND_SECONDS ? d->seconds + gone : HR_DEMAND_SECONDS;
	for (uint64_t i = gone < HR_DEMAND_SECONDS ? gone : HR_DEMAND_SECONDS; i-- > 0;)
		d->low[(second - i) % HR_DEMAND_SECONDS] = d->high[(second - i) % HR_DEMAND_SECONDS] = d->pages;
	d->second = second;
}

void hr_demand_set(struct hr_demand *d, uint64_t now_ns, uint64_t pages)
{
	uint64_t *low, *high;

	advance(d, now_ns);
	low = &d->low[d->second % HR_DEMAND_SECONDS];
	high = &d->high[d->second % HR_DEMAND_SECONDS];
	*low = pages < *low ? pages : *low;
	*high = pages > *high ? pages : *high;
	d->pages = pages;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t hr_demand_expected(struct hr_demand *d, uint64_t now_ns, uint64_t short_ns, uint64_t long_ns)
{
	uint64_t swing = 0, floor = 0, peak = 0;

	if (short_ns == 0 && long_ns == 0)
		return 0;
	if (short_ns > long_ns && long_ns != 0)
		short_ns = long_ns;
	advance(d, now_ns);
	for (uint64_t ago = 0; ago < d->seconds; ago++) {
		uint64_t i = (d->second - ago) % HR_DEMAND_SECONDS;

		if (ago < short_ns / SECOND_NS)
			swing = most(swing, d->high[i] - d->low[i]);
		if (ago < long_ns / SECOND_NS)
			floor = most(floor, d->low[i]);
		peak = most(peak, d->high[i]);
	}
	return swing + floor < peak ? swing + floor : peak;
}
