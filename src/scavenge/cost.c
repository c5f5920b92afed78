/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/cost.h"

#include "base/bits.h"
#include "base/params.h"
#include "pagealloc/bitmap.h"
#include "scavenge/pagemap.h"

#include <stddef.h>
#include <string.h>

#define MOST_NS UINT64_C(1000000000)

#define FIELD(f) offsetof(struct hr_cost, f)

const struct hr_param hr_cost_params[] = {
    {"call", HR_PARAM_NS, FIELD(call_ns), "1500ns", NULL, "a call that releases memory"},
    {"page", HR_PARAM_NS, FIELD(page_ns), "550ns", NULL, "each physical page that it releases, of 4 KiB"},
    {"fault", HR_PARAM_NS, FIELD(fault_ns), "1800ns", NULL, "each released physical page that is used again, of 4 KiB"},
    {"page-kib", HR_PARAM_NS, FIELD(page_kib_ns), "4ns", NULL,
     "each KiB above 4 of a larger physical page, beside page"},
    {"fault-kib", HR_PARAM_NS, FIELD(fault_kib_ns), "90ns", NULL,
     "each KiB above 4 of a larger physical page, beside fault"},
    {"batch", HR_PARAM_COUNT, FIELD(batch), "1", NULL, "releases that share one call, as a batched system call would"},
    {"thp", HR_PARAM_FLAG, FIELD(thp), "off", NULL, "whole huge pages are backed by one; the next three apply"},
    {"huge-fault", HR_PARAM_NS, FIELD(huge_fault_ns), "186us", NULL, "a released huge page that is used again"},
    {"huge-release", HR_PARAM_NS, FIELD(huge_release_ns), "7800ns", NULL, "a huge page released as a whole"},
    {"huge-split", HR_PARAM_NS, FIELD(huge_split_ns), "15500ns", NULL, "a call that releases a part of a huge page"},
    {NULL, HR_PARAM_NS, 0, NULL, NULL, NULL},
};

enum hr_status hr_cost_parse(struct hr_cost *c, const char *text, const char *what, struct hr_error *err)
{
	HR_TRY(hr_params_parse(hr_cost_params, c, text, what, err));
	for (const struct hr_param *p = hr_cost_params; p->name != NULL; p++) {
		uint64_t ns = 0;

		if (p->type == HR_PARAM_NS)
			memcpy(&ns, (const char *)c + p->offset, sizeof(ns));
		if (ns > MOST_NS)
			return hr_error_set(err, HR_EUSAGE, "%s: %s can be 1s at most", what, p->name);
	}
	return HR_OK;
}

uint64_t hr_cost_of_faults(const struct hr_settings *s, uint64_t bytes)
{
	const struct hr_cost *c = &s->cost;
	uint64_t huge = s->huge_page_bytes, ns = 0;

	if (c->thp && huge > 0) {
		ns += bytes / huge * c->huge_fault_ns;
		bytes %= huge;
	}
	return ns + hr_div_up(bytes, s->phys_page_bytes) * hr_cost_of_fault(c, s->phys_page_bytes);
}

uint64_t hr_cost_of_pages(const struct hr_settings *s, unsigned npages, unsigned whole, unsigned broken)
{
	const struct hr_cost *c = &s->cost;
	uint64_t bytes = npages * HR_PAGE_BYTES, ns = 0;

	if (c->thp) {
		ns += whole * c->huge_release_ns + broken * c->huge_split_ns;
		bytes -= whole * s->huge_page_bytes;
	}
	return ns + bytes / s->phys_page_bytes * hr_cost_of_page(c, s->phys_page_bytes);
}

void hr_cost_huge_pages(const struct hr_pagemap *m, uint64_t page, unsigned npages, unsigned *whole, unsigned *broken)
{
	unsigned h = (unsigned)(m->huge_page_bytes / HR_PAGE_BYTES), first = hr_page_in_chunk(page);
	const uint64_t *scavenged = hr_pagemap_chunk(m, hr_chunk_of(page))->scavenged;

	*whole = *broken = 0;
	if (h < 2 || h > HR_CHUNK_PAGES)
		return;
	for (unsigned at = first / h * h; at < first + npages; at += h) {
		unsigned lo = at > first ? at : first, hi = at + h < first + npages ? at + h : first + npages;

		if (hi - lo == h)
			++*whole;
		else if (!hr_bitmap_any(scavenged, at, lo - at) && !hr_bitmap_any(scavenged, hi, at + h - hi))
			++*broken;
	}
}
