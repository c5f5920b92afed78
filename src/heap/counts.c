/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap's page counts. in_use + manual <= mapped at all times. */
#include "config.h"

#include "heap/counts.h"

bool hr_counts_can_grow(const struct hr_counts *c, uint64_t npages)
{
	return npages <= UINT32_MAX - c->mapped;
}

void hr_counts_grow(struct hr_counts *c, uint64_t npages)
{
	c->mapped += npages;
}

void hr_counts_alloc(struct hr_counts *c, uint64_t npages, bool manual)
{
	*(manual ? &c->manual : &c->in_use) += npages;
}

void hr_counts_free(struct hr_counts *c, uint64_t npages, bool manual)
{
	*(manual ? &c->manual : &c->in_use) -= npages;
}
