/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps objects with arbitrary ids, as people and other programs write them, to
 * the ledger's numbers. Ids that are as dense as the ledger's own are looked up
 * in an array, others in a hash table; both are bounded by the peak of live
 * objects.
 */
#ifndef HR_TRACE_IDS_H
#define HR_TRACE_IDS_H

#include "base/map64.h"
#include "trace/ledger.h"

#include <stddef.h>
#include <stdint.h>

struct hr_ids {
	struct hr_ledger ledger;
	uint32_t *numbers; /* by id, below n: number + 1, 0: not live */
	size_t n;
	struct hr_map64 others;
};

void hr_ids_init(struct hr_ids *ids);
void hr_ids_release(struct hr_ids *ids);

/* The number of the live object of that id; HR_NO_NUMBER: there is none. id: any but UINT64_MAX. */
uint32_t hr_ids_find(const struct hr_ids *ids, uint64_t id);
/* A new object of size bytes; no live one has that id. Its number; HR_NO_NUMBER: out of memory. */
uint32_t hr_ids_add(struct hr_ids *ids, uint64_t id, uint64_t size);
/* The live object of that id and number is no more. Returns its size. */
uint64_t hr_ids_remove(struct hr_ids *ids, uint64_t id, uint32_t number);

#endif
