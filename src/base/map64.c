/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups hang in an open-addressed hash table: linear probing, backward-shift
 * deletion, no tombstones.
 *
 * Their memory is cut from pieces that the map has to itself, larger ones as the
 * map becomes larger: in huge pages where there are any, because neighbours in
 * time are in different groups. With malloc's memory, the import of a trace of
 * 1.5 million live objects took a twelfth more time, and a cut of it an eighth.
 */
#include "config.h"

#include "base/map64.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

enum {
	GROUP_BITS = 9,
	GROUP_KEYS = 1 << GROUP_BITS,
	GROUP_WORDS = GROUP_KEYS / 64,
	FIRST_SLOTS = 64,
	FIRST_CAP = 2,
	MAX_SHIFT = 13,
	FIRST_PIECE_BYTES = 4 << 10,
	LAST_PIECE_BYTES = 2 << 20, /* a huge page */
};

/* Of memory for groups; a multiple of 8 bytes, as all of its parts. */
struct hr_map64_piece {
	struct hr_map64_piece *next;
	uint64_t memory[];
};

_Static_assert(FIRST_CAP << (HR_MAP64_ROOMS - 1) == GROUP_KEYS, "there is a list for each room that a group may have");

struct hr_map64_group {
	uint64_t placed[GROUP_WORDS];  /* keys that have a place */
	uint64_t present[GROUP_WORDS]; /* of these, those that are in the map */
	uint16_t below[GROUP_WORDS];   /* places of the words below */
	uint16_t nplaced, npresent, cap;
	uint64_t at[];
};

/* The finaliser of MurmurHash3 (Appleby, public domain): numbers of groups
 * differ only in their low bits. */
static inline uint64_t hash(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

void hr_map64_init_wide(struct hr_map64 *m, unsigned words)
{
	memset(m, 0, sizeof(*m));
	m->words = words;
	m->shift = MAX_SHIFT;
}

void hr_map64_init(struct hr_map64 *m)
{
	hr_map64_init_wide(m, 1);
}

void hr_map64_release(struct hr_map64 *m)
{
	while (m->pieces != NULL) {
		struct hr_map64_piece *piece = m->pieces;

		m->pieces = piece->next;
		free(piece);
	}
	free(m->slots);
	hr_map64_init_wide(m, m->words);
}

/* --- memory --------------------------------------------------------------- */

static size_t bytes_of(const struct hr_map64 *m, size_t cap)
{
	return sizeof(struct hr_map64_group) + cap * m->words * sizeof(uint64_t);
}

/* The list of blocks with room for so many places, a power of two. */
static unsigned room_of(size_t cap)
{
	return hr_ctz(cap / FIRST_CAP);
}

/* A block that is not in use begins with the address of the next one. */
static void free_block(struct hr_map64 *m, void *block, size_t cap)
{
	memcpy(block, &m->unused[room_of(cap)], sizeof(void *));
	m->unused[room_of(cap)] = block;
}

static void *take_unused(struct hr_map64 *m, size_t cap)
{
	void *block = m->unused[room_of(cap)];

	if (block != NULL)
		memcpy(&m->unused[room_of(cap)], block, sizeof(void *));
	return block;
}

/* New memory to cut from: what larger groups have left, or a piece. */
static bool more_memory(struct hr_map64 *m, size_t cap)
{
	struct hr_map64_piece *piece;

	for (size_t larger = GROUP_KEYS; larger > cap; larger /= 2)
		if ((m->uncut = take_unused(m, larger)) != NULL) {
			m->uncut_bytes = bytes_of(m, larger);
			return true;
		}
	m->piece_bytes = m->piece_bytes == 0 ? FIRST_PIECE_BYTES : 2 * m->piece_bytes;
	if (m->piece_bytes < LAST_PIECE_BYTES) {
		while (m->piece_bytes < sizeof(*piece) + bytes_of(m, cap))
			m->piece_bytes *= 2;
		piece = malloc(m->piece_bytes);
	} else {
		m->piece_bytes = LAST_PIECE_BYTES;
		piece = aligned_alloc(LAST_PIECE_BYTES, LAST_PIECE_BYTES);
		if (piece != NULL)
			hr_prefer_huge(piece, LAST_PIECE_BYTES);
	}
	if (piece == NULL)
		return false;
	piece->next = m->pieces;
	m->pieces = piece;
	m->uncut = piece->memory;
	m->uncut_bytes = m->piece_bytes - sizeof(*piece);
	return true;
}

/* A block with that room, not zeroed; NULL: out of memory. */
static void *new_block(struct hr_map64 *m, size_t cap)
{
	const size_t bytes = bytes_of(m, cap);
	uint8_t *block = take_unused(m, cap);

	if (block != NULL)
		return block;
	if (m->uncut_bytes < bytes) {
		/* The rest is for smaller groups. */
		for (size_t smaller = cap / 2; smaller >= FIRST_CAP; smaller /= 2)
			if (m->uncut_bytes >= bytes_of(m, smaller)) {
				free_block(m, m->uncut, smaller);
				break;
			}
		m->uncut_bytes = 0;
		if (!more_memory(m, cap))
			return NULL;
	}
	block = m->uncut;
	m->uncut = block + bytes;
	m->uncut_bytes -= bytes;
	return block;
}

/* --- groups --------------------------------------------------------------- */

/* The slot of that group, or the one where it belongs. */
static inline struct hr_map64_slot *find(const struct hr_map64 *m, uint64_t number)
{
	for (size_t i = hash(number) & m->mask;; i = (i + 1) & m->mask)
		if (m->slots[i].group == NULL || m->slots[i].number == number)
			return &m->slots[i];
}

/* The group that a key would be in; NULL: it is not there. */
static inline struct hr_map64_group *group_of(const struct hr_map64 *m, uint64_t key, unsigned *unit)
{
	uint64_t k = key >> m->shift;

	if (m->slots == NULL || k << m->shift != key)
		return NULL;
	*unit = (unsigned)(k % GROUP_KEYS);
	return find(m, k >> GROUP_BITS)->group;
}

static bool grow(struct hr_map64 *m)
{
	size_t cap = m->slots != NULL ? (m->mask + 1) * 2 : FIRST_SLOTS;
	struct hr_map64 to = {.mask = cap - 1, .slots = hr_calloc(cap, sizeof(*to.slots))};

	if (to.slots == NULL)
		return false;
	hr_prefer_huge(to.slots, cap * sizeof(*to.slots));
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++)
		if (m->slots[i].group != NULL)
			*find(&to, m->slots[i].number) = m->slots[i];
	free(m->slots);
	m->slots = to.slots;
	m->mask = to.mask;
	return true;
}

/* Knuth 6.4 R: moves back every later group of the cluster whose home is not
 * between the hole and it. */
static void drop_group(struct hr_map64 *m, struct hr_map64_slot *slot)
{
	size_t i = (size_t)(slot - m->slots);

	free_block(m, slot->group, slot->group->cap);
	for (size_t j = (i + 1) & m->mask; m->slots[j].group != NULL; j = (j + 1) & m->mask) {
		size_t home = hash(m->slots[j].number) & m->mask;

		if (((j - home) & m->mask) >= ((j - i) & m->mask)) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i].group = NULL;
	m->ngroups--;
}

/* --- places --------------------------------------------------------------- */

static inline bool is_present(const struct hr_map64_group *g, unsigned unit)
{
	return g->present[unit / 64] >> unit % 64 & 1;
}

/* Places below that of the unit. */
static inline size_t rank(const struct hr_map64_group *g, unsigned unit)
{
	return g->below[unit / 64] + hr_popcount(g->placed[unit / 64] & hr_mask(0, unit % 64));
}

/* All places that there are fit into it. */
static bool resize(struct hr_map64 *m, struct hr_map64_slot *slot, size_t cap)
{
	struct hr_map64_group *old = slot->group, *g = new_block(m, cap);

	if (g == NULL)
		return false;
	if (old == NULL) {
		memset(g, 0, sizeof(*g));
	} else {
		memcpy(g, old, bytes_of(m, old->nplaced));
		free_block(m, old, old->cap);
	}
	g->cap = (uint16_t)cap;
	slot->group = g;
	return true;
}

/* The next room for places: keys that are not alone soon have many neighbours. */
static size_t larger(size_t cap)
{
	return cap < 32 ? 4 * cap : 2 * cap;
}

static void count_below(struct hr_map64_group *g)
{
	g->nplaced = 0;
	for (unsigned w = 0; w < GROUP_WORDS; w++) {
		g->below[w] = g->nplaced;
		g->nplaced = (uint16_t)(g->nplaced + hr_popcount(g->placed[w]));
	}
}

/* Gives a unit that has none place i, its rank; there is room for it. */
static inline void make_place(const struct hr_map64 *m, struct hr_map64_group *g, unsigned unit, size_t i)
{
	const size_t words = m->words;

	/* Objects are mostly allocated in order of their addresses. */
	if (i < g->nplaced)
		memmove(&g->at[(i + 1) * words], &g->at[i * words], (g->nplaced - i) * words * sizeof(g->at[0]));
	g->placed[unit / 64] |= UINT64_C(1) << unit % 64;
	g->nplaced++;
	for (unsigned w = unit / 64 + 1; w < GROUP_WORDS; w++)
		g->below[w]++;
}

/* Only what is there keeps its place. */
static void tighten(struct hr_map64 *m, struct hr_map64_slot *slot)
{
	struct hr_map64_group *g = slot->group;
	size_t words = m->words, from = 0, to = 0;

	for (unsigned w = 0; w < GROUP_WORDS; w++) {
		for (uint64_t left = g->placed[w]; left != 0; left &= left - 1, from++)
			if (g->present[w] >> hr_ctz(left) & 1)
				memmove(&g->at[to++ * words], &g->at[from * words], words * sizeof(g->at[0]));
		g->placed[w] = g->present[w];
	}
	count_below(g);
	/* A block that can't be made smaller stays as it is. */
	if (g->nplaced < g->cap / 2 && g->cap > FIRST_CAP)
		(void)resize(m, slot, g->cap / 2);
}

/* --- alignment ------------------------------------------------------------ */

/* The same entries in groups of keys that lie closer. */
static bool refine(struct hr_map64 *m, unsigned shift)
{
	struct hr_map64 to;
	const uint64_t *value;
	uint64_t at = 0, key;

	hr_map64_init_wide(&to, m->words);
	to.shift = shift;
	while ((value = hr_map64_next(m, NULL, &at, &key)) != NULL) {
		uint64_t *place = hr_map64_place(&to, key);

		if (place == NULL) {
			hr_map64_release(&to);
			return false;
		}
		memcpy(place, value, m->words * sizeof(*value));
	}
	hr_map64_release(m);
	*m = to;
	return true;
}

/* --- entries -------------------------------------------------------------- */

uint64_t *hr_map64_get(const struct hr_map64 *m, uint64_t key)
{
	unsigned unit;
	struct hr_map64_group *g = group_of(m, key, &unit);

	return g != NULL && is_present(g, unit) ? &g->at[rank(g, unit) * m->words] : NULL;
}

uint64_t *hr_map64_place(struct hr_map64 *m, uint64_t key)
{
	struct hr_map64_slot *slot;
	struct hr_map64_group *g;
	unsigned unit;
	size_t i;

	if (hr_ctz(key) < m->shift && !refine(m, hr_ctz(key)))
		return NULL;
	if ((m->slots == NULL || (m->ngroups + 1) * 4 > (m->mask + 1) * 3) && !grow(m))
		return NULL;
	unit = (unsigned)(key >> m->shift) % GROUP_KEYS;
	slot = find(m, key >> m->shift >> GROUP_BITS);
	g = slot->group;
	if (g == NULL) {
		if (!resize(m, slot, FIRST_CAP))
			return NULL;
		slot->number = key >> m->shift >> GROUP_BITS;
		m->ngroups++;
		g = slot->group;
	}
	i = rank(g, unit);
	if (!(g->placed[unit / 64] >> unit % 64 & 1)) {
		if (g->nplaced == g->cap && !resize(m, slot, larger(g->cap)))
			return NULL;
		g = slot->group;
		make_place(m, g, unit, i);
	}
	if (!is_present(g, unit)) {
		g->present[unit / 64] |= UINT64_C(1) << unit % 64;
		g->npresent++;
		m->count++;
	}
	return &g->at[i * m->words];
}

bool hr_map64_put(struct hr_map64 *m, uint64_t key, uint64_t value)
{
	uint64_t *place = hr_map64_place(m, key);

	if (place == NULL)
		return false;
	*place = value;
	return true;
}

bool hr_map64_remove(struct hr_map64 *m, uint64_t key, uint64_t *value)
{
	unsigned unit;
	struct hr_map64_group *g = group_of(m, key, &unit);

	if (g == NULL || !is_present(g, unit))
		return false;
	if (value != NULL)
		*value = g->at[rank(g, unit) * m->words];
	g->present[unit / 64] &= ~(UINT64_C(1) << unit % 64);
	g->npresent--;
	m->count--;
	if (g->npresent == 0)
		drop_group(m, find(m, key >> m->shift >> GROUP_BITS));
	else if (g->npresent < g->nplaced / 4)
		tighten(m, find(m, key >> m->shift >> GROUP_BITS));
	return true;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

uint64_t *hr_map64_order(const struct hr_map64 *m)
{
	uint64_t *order = hr_calloc(m->ngroups + 1, sizeof(*order));
	size_t n = 0;

	for (size_t i = 0; order != NULL && m->slots != NULL && i <= m->mask; i++)
		if (m->slots[i].group != NULL)
			order[n++] = m->slots[i].number;
	if (order != NULL)
		qsort(order, n, sizeof(*order), by_number);
	return order;
}

/* *at: of the group, by order or by slot, and of the unit in it. */
const uint64_t *hr_map64_next(const struct hr_map64 *m, const uint64_t *order, uint64_t *at, uint64_t *key)
{
	uint64_t ngroups = m->slots == NULL ? 0 : order != NULL ? m->ngroups : m->mask + 1;

	for (; *at >> GROUP_BITS < ngroups; ++*at) {
		uint64_t which = *at >> GROUP_BITS;
		const struct hr_map64_slot *slot = order != NULL ? find(m, order[which]) : &m->slots[which];
		unsigned unit = *at % GROUP_KEYS;
		uint64_t left = slot->group != NULL ? slot->group->present[unit / 64] >> unit % 64 : 0;

		if (left == 0) {
			*at |= slot->group != NULL ? 63 : GROUP_KEYS - 1;
			continue;
		}
		unit += hr_ctz(left);
		*at = (which << GROUP_BITS) + unit + 1;
		*key = (slot->number << GROUP_BITS | unit) << m->shift;
		return &slot->group->at[rank(slot->group, unit) * m->words];
	}
	return NULL;
}
