/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash table from 64-bit keys to 64-bit values: open addressing, linear
 * probing, backward-shift deletion (no tombstones, so that a table that lives
 * through hundreds of millions of inserts and deletes stays as fast as a new
 * one). Used for live spans and objects: millions of entries, one lookup an
 * event. Load at most 3/4, 16 bytes a slot.
 */
#ifndef HR_BASE_MAP64_H
#define HR_BASE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_map64_slot {
	uint64_t key; /* stored + 1; 0: empty */
	uint64_t value;
};

struct hr_map64 {
	struct hr_map64_slot *slots;
	size_t mask;  /* capacity - 1; capacity is a power of two */
	size_t count; /* entries */
};

/* An empty map; allocates nothing. Keys are any value but UINT64_MAX. */
void hr_map64_init(struct hr_map64 *m);
void hr_map64_release(struct hr_map64 *m);
/* A deep copy into an uninitialised *to. False: out of memory, *to is empty. */
bool hr_map64_clone(struct hr_map64 *to, const struct hr_map64 *from);

/* The value's place, NULL when the key is absent; good until the next put or remove. */
uint64_t *hr_map64_get(const struct hr_map64 *m, uint64_t key);
/* Sets key to value, new or not. False: out of memory, nothing changed. */
bool hr_map64_put(struct hr_map64 *m, uint64_t key, uint64_t value);
/* Removes the key; its value goes to *value when that is not NULL. False: it was not there. */
bool hr_map64_remove(struct hr_map64 *m, uint64_t key, uint64_t *value);

#endif
