/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/gc_cpu.h"

static uint64_t known(uint64_t ns)
{
	return ns == HR_NOT_KNOWN ? 0 : ns;
}

struct hr_gc_cpu_sum hr_gc_cpu_sum(const struct hr_sides *sides, uint64_t from_ns, uint64_t until_ns)
{
	struct hr_gc_cpu_sum sum = {0};

	for (size_t i = 0; i < sides->ngc_cpu; i++) {
		const struct hr_gc_cpu *r = &sides->gc_cpu[i];
		uint64_t procs = r->procs == HR_NOT_KNOWN || r->procs == 0 ? 1 : r->procs;
		uint64_t stw_ns = known(r->stw_ns) * procs,
			 workers_ns = known(r->dedicated_ns) + known(r->fractional_ns);

		if (r->time_ns < from_ns || r->time_ns > until_ns)
			continue;
		sum.cycles++;
		sum.stw_ns += stw_ns;
		sum.assist_ns += known(r->assist_ns);
		sum.dedicated_ns += workers_ns;
		sum.idle_ns += known(r->idle_ns);
		sum.sweep_ns += known(r->sweep_ns);
		sum.share_ns += (stw_ns + known(r->assist_ns) + workers_ns) / procs;
	}
	sum.total_ns = sum.stw_ns + sum.assist_ns + sum.dedicated_ns + sum.idle_ns;
	return sum;
}
