/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What releasing memory and touching it again costs, in simulated time.
 *
 * Most defaults were measured with MADV_DONTNEED on one Linux 6.18 virtual
 * machine (AMD EPYC): 1.5 us a call, 0.3 us a page released, 1.8 us a page
 * faulted. The page's cost is set higher, at 0.55 us, since that is what ten
 * recordings of real programs fit best (docs/fidelity.md): the real scavenger
 * times itself with everything it does beside the call. The background then
 * releases some 60 to 70 MiB/s for each P. The figures for huge pages apply only with
 * thp=on: recordings fit 4 KiB backing.
 *
 * Physical pages of 16 and 64 KiB were not to be had there. What they cost rests
 * on the pages of 4 KiB and 2 MiB that were: a fault has a part that is the same
 * for all, and one that clears its bytes (186 us of 2 MiB, 1.8 us of 4 KiB: 90 ns
 * a KiB); a release costs nearly the same whatever the page's size (7.8 us of 2 MiB
 * with the call: 3 to 4 ns a KiB). docs/page-size.md has the figures.
 */
#ifndef HR_SCAVENGE_COST_H
#define HR_SCAVENGE_COST_H

#include "base/params.h"
#include "heapreplay-policy.h"

/* The rows by which a user sets the fields: `--cost call=1.5us,page=300ns,...`. */
extern const struct hr_param hr_cost_params[];

/*
 * Sets what text says, "key=value,...", in *c; what: of what an error is. HR_EUSAGE: a key or value that is none, or a
 * time above 1 s, since the sums of an enormous heap's pages are to fit into 64 bits.
 */
enum hr_status hr_cost_parse(struct hr_cost *c, const char *text, const char *what, struct hr_error *err);

/* What it costs to use so many released bytes again, ns. */
uint64_t hr_cost_of_faults(const struct hr_settings *s, uint64_t bytes);
/* What releasing pages costs beside the call, ns; with thp, of which `whole` huge pages, and parts of `broken` others. */
uint64_t hr_cost_of_pages(const struct hr_settings *s, unsigned npages, unsigned whole, unsigned broken);
/* The huge pages that a release, which the map has, gave back whole, and those that it was the first to break. */
void hr_cost_huge_pages(const struct hr_pagemap *m, uint64_t page, unsigned npages, unsigned *whole, unsigned *broken);

#endif
