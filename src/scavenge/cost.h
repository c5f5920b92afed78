/*
 * What releasing memory and touching it again costs, in simulated time.
 *
 * The defaults were measured with MADV_DONTNEED on one Linux 6.18 virtual
 * machine (AMD EPYC); with them the background scavenger releases about
 * 90 MiB/s for each P, as recordings of real programs show. The figures for
 * huge pages apply only with thp=on: recordings fit 4 KiB backing.
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
