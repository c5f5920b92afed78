/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table from 64-bit keys to values of one or more 64-bit words, for keys that
 * lie near one another as addresses, pages and numbers do, and are used near
 * one another in time. Used for live spans and objects: millions of entries,
 * one look-up an event.
 *
 * Two levels: a hash table of groups of 512 keys (in steps of the largest power
 * of two that divides all keys), and in a group two bitmaps, which keys have a
 * place and which are there, and the places in order of their keys. So
 * neighbours share cache lines, and no key is stored. A key that is removed
 * keeps its place, for the one that will be put there next, until a group has
 * four times the places that it needs. The memory of groups is the map's own
 * until its release, in huge pages where it is large.
 *
 * Memory: of dense keys 8 to 32 bytes each, of a key alone in its group about
 * 220; bounded by the entries there are, whatever keys an enemy chooses.
 */
#ifndef HR_BASE_MAP64_H
#define HR_BASE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_map64_group;
struct hr_map64_piece;

enum { HR_MAP64_ROOMS = 9 }; /* for 2, 4, 8 ... 512 places */

struct hr_map64 {
	struct hr_map64_slot {
		uint64_t number; /* of the group; of no meaning without one */
		struct hr_map64_group *group;
	} * slots;
	size_t mask;		       /* capacity - 1; capacity is a power of two */
	size_t ngroups;		       /* at most 3/4 of it */
	size_t count;		       /* entries */
	unsigned words;		       /* of a value */
	unsigned shift;		       /* all keys are multiples of 1 << shift */
	struct hr_map64_piece *pieces; /* memory for groups; */
	size_t piece_bytes;	       /* of the newest one, */
	void *uncut;		       /* and what is left of it */
	size_t uncut_bytes;
	void *unused[HR_MAP64_ROOMS]; /* lists of blocks that groups have left, by room */
};

/* An empty map; allocates nothing. Keys are any value but UINT64_MAX. */
void hr_map64_init(struct hr_map64 *m);
/* The same with values of `words` words, 1 to 4. */
void hr_map64_init_wide(struct hr_map64 *m, unsigned words);
/* Leaves an empty map. */
void hr_map64_release(struct hr_map64 *m);

/* The value's place, NULL when the key is absent; good until the next put or
 * remove. */
uint64_t *hr_map64_get(const struct hr_map64 *m, uint64_t key);
/* The place of the key's value, which is not set when the key is new. As
 * hr_map64_get; NULL: out of memory, nothing changed. */
uint64_t *hr_map64_place(struct hr_map64 *m, uint64_t key);
/* Sets key to a value of one word, new or not. False: out of memory, nothing
 * changed. */
bool hr_map64_put(struct hr_map64 *m, uint64_t key, uint64_t value);
/* Removes the key; the first word of its value goes to *value when that is not
 * NULL. False: it was not there. */
bool hr_map64_remove(struct hr_map64 *m, uint64_t key, uint64_t *value);

/*
 * The numbers of all groups in order, m->ngroups of them; free() them. NULL:
 * out of memory. They are good until a put or remove.
 */
uint64_t *hr_map64_order(const struct hr_map64 *m);
/*
 * All entries: the next one after *at, 0 at first; by key with an order, group
 * by group in none with NULL. Its value, and its key in *key; NULL: there is
 * none. The map must not change meanwhile.
 */
const uint64_t *hr_map64_next(const struct hr_map64 *m, const uint64_t *order, uint64_t *at, uint64_t *key);

#endif
