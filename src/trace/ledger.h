/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects that are live, by number. Numbers are dense: an allocation gets
 * the number that was freed last, or the next one that never was given, so that
 * they can be the index of an array whose size is that of the peak of live
 * objects, and so that whoever follows the same rule needs no numbers for
 * allocations.
 *
 * A recorder's own names of objects, addresses for the most part, are keys: a
 * key names the object that is live under it, and is soon used again.
 */
#ifndef HR_TRACE_LEDGER_H
#define HR_TRACE_LEDGER_H

#include "base/map64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers are below this: 2^32 - 2 live objects are the most. */
#define HR_NO_NUMBER UINT32_MAX

/* What live objects may have together: a heap of 32 TiB can be placed, with what their spans and arenas need. */
#define HR_MAX_LIVE_BYTES (UINT64_C(31) << 40)

struct hr_ledger {
	struct hr_ledger_entry {
		uint64_t size; /* bytes */
		uint64_t key;
		uint32_t next_free; /* HR_NO_NUMBER - 1: live */
	} * at;
	size_t n, cap;	     /* numbers given so far */
	uint32_t first_free; /* freed last; HR_NO_NUMBER: none */
	struct hr_map64 keys;
	uint64_t live, live_bytes;
};

void hr_ledger_init(struct hr_ledger *l);
void hr_ledger_release(struct hr_ledger *l);

/* A new object of size bytes without a key. Its number, or HR_NO_NUMBER: out of memory. */
uint32_t hr_ledger_add(struct hr_ledger *l, uint64_t size);
/* The same with a key that no live object has; any but UINT64_MAX. */
uint32_t hr_ledger_add_key(struct hr_ledger *l, uint64_t key, uint64_t size);
/* The number of the live object of that key, or HR_NO_NUMBER. */
uint32_t hr_ledger_find(const struct hr_ledger *l, uint64_t key);
/* The same, and the object loses its key; one look-up for what is freed next. */
uint32_t hr_ledger_forget_key(struct hr_ledger *l, uint64_t key);
/* Is there a live object of that number? */
static inline bool hr_ledger_has(const struct hr_ledger *l, uint64_t number)
{
	return number < l->n && l->at[number].next_free == HR_NO_NUMBER - 1;
}
/* The object, which is live, is no more; its number is free, and its key. Returns its size. */
uint64_t hr_ledger_remove(struct hr_ledger *l, uint32_t number);

#endif
