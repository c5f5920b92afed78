/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/sides.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Records are arrays of numbers, the first of which is the time. */
static_assert(sizeof(struct hr_gc_cpu) == HR_GC_CPU_FIELDS * sizeof(uint64_t), "no field is missing in the count");
static_assert(sizeof(struct hr_rss_sample) == HR_RSS_FIELDS * sizeof(uint64_t), "no field is missing in the count");
static_assert(offsetof(struct hr_gc_cpu, time_ns) == 0 && offsetof(struct hr_rss_sample, time_ns) == 0,
	      "the time comes first");

void hr_sides_init(struct hr_sides *s)
{
	*s = (struct hr_sides){0};
	hr_types_init(&s->types);
}

void hr_sides_release(struct hr_sides *s)
{
	hr_types_release(&s->types);
	free(s->gc_cpu);
	free(s->rss);
	hr_sides_init(s);
}

/* Where a record of that time belongs among n others: nearly always behind all of them. */
static size_t place_of(const void *records, size_t n, size_t size, uint64_t time_ns)
{
	uint64_t there;

	for (; n > 0; n--) {
		memcpy(&there, (const char *)records + (n - 1) * size, sizeof(there));
		if (there <= time_ns)
			break;
	}
	return n;
}

bool hr_sides_add_gc_cpu(struct hr_sides *s, const struct hr_gc_cpu *record)
{
	size_t i;

	if (s->ngc_cpu >= HR_SIDES_MAX_RECORDS)
		return true;
	if (!hr_reserve(&s->gc_cpu, &s->cap_gc_cpu, s->ngc_cpu + 1, sizeof(*s->gc_cpu)))
		return false;
	i = place_of(s->gc_cpu, s->ngc_cpu, sizeof(*s->gc_cpu), record->time_ns);
	memmove(s->gc_cpu + i + 1, s->gc_cpu + i, (s->ngc_cpu++ - i) * sizeof(*s->gc_cpu));
	s->gc_cpu[i] = *record;
	return true;
}

bool hr_sides_add_rss(struct hr_sides *s, const struct hr_rss_sample *sample)
{
	size_t i;

	if (s->nrss >= HR_SIDES_MAX_RECORDS)
		return true;
	if (!hr_reserve(&s->rss, &s->cap_rss, s->nrss + 1, sizeof(*s->rss)))
		return false;
	i = place_of(s->rss, s->nrss, sizeof(*s->rss), sample->time_ns);
	memmove(s->rss + i + 1, s->rss + i, (s->nrss++ - i) * sizeof(*s->rss));
	s->rss[i] = *sample;
	return true;
}
