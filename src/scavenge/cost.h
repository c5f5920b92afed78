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
 */
#ifndef HR_SCAVENGE_COST_H
#define HR_SCAVENGE_COST_H

#include "base/error.h"
#include "base/params.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_cost {
	uint64_t call_ns;	  /* a release call */
	uint64_t page_ns;	  /* per physical page released */
	uint64_t fault_ns;	  /* per physical page touched again */
	uint64_t huge_fault_ns;	  /* per huge page touched again as a whole */
	uint64_t huge_release_ns; /* per huge page released as a whole */
	uint64_t huge_split_ns;	  /* a release call that splits a huge page */
	uint64_t batch;		  /* releases that share one call */
	bool thp;		  /* free memory is backed by huge pages where they are whole */
};

/* The rows by which a user sets the fields: `--cost call=1.5us,page=300ns,...`. */
extern const struct hr_param hr_cost_params[];

#endif
