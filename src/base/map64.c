/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/map64.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* The finaliser of MurmurHash3 (Appleby, public domain): page numbers differ only in their low bits. */
static inline uint64_t hash(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

void hr_map64_init(struct hr_map64 *m)
{
	memset(m, 0, sizeof(*m));
}

void hr_map64_release(struct hr_map64 *m)
{
	free(m->slots);
	hr_map64_init(m);
}

bool hr_map64_clone(struct hr_map64 *to, const struct hr_map64 *from)
{
	*to = *from;
	if (from->slots == NULL)
		return true;
	to->slots = malloc((from->mask + 1) * sizeof(*to->slots));
	if (to->slots == NULL) {
		hr_map64_init(to);
		return false;
	}
	memcpy(to->slots, from->slots, (from->mask + 1) * sizeof(*to->slots));
	return true;
}

uint64_t *hr_map64_get(const struct hr_map64 *m, uint64_t key)
{
	if (m->slots == NULL)
		return NULL;
	for (size_t i = hash(key) & m->mask;; i = (i + 1) & m->mask) {
		if (m->slots[i].key == key + 1)
			return &m->slots[i].value;
		if (m->slots[i].key == 0)
			return NULL;
	}
}

static bool grow(struct hr_map64 *m)
{
	size_t cap = m->slots ? (m->mask + 1) * 2 : 64;
	struct hr_map64_slot *slots = hr_calloc(cap, sizeof(*slots));

	if (slots == NULL)
		return false;
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
		if (m->slots[i].key == 0)
			continue;
		size_t j = hash(m->slots[i].key - 1) & (cap - 1);
		while (slots[j].key != 0)
			j = (j + 1) & (cap - 1);
		slots[j] = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->mask = cap - 1;
	return true;
}

bool hr_map64_put(struct hr_map64 *m, uint64_t key, uint64_t value)
{
	size_t i;

	if ((m->slots == NULL || (m->count + 1) * 4 > (m->mask + 1) * 3) && !grow(m))
		return false;
	for (i = hash(key) & m->mask; m->slots[i].key != 0; i = (i + 1) & m->mask) {
		if (m->slots[i].key == key + 1) {
			m->slots[i].value = value;
			return true;
		}
	}
	m->slots[i] = (struct hr_map64_slot){key + 1, value};
	m->count++;
	return true;
}

bool hr_map64_remove(struct hr_map64 *m, uint64_t key, uint64_t *value)
{
	uint64_t *at = hr_map64_get(m, key);
	size_t i, j;

	if (at == NULL)
		return false;
	if (value != NULL)
		*value = *at;
	i = (size_t)((struct hr_map64_slot *)(void *)((char *)at - offsetof(struct hr_map64_slot, value)) - m->slots);
	/* Knuth 6.4 R: move back every later entry of the cluster whose home is not between the hole and it. */
	for (j = (i + 1) & m->mask; m->slots[j].key != 0; j = (j + 1) & m->mask) {
		size_t home = hash(m->slots[j].key - 1) & m->mask;
		if (((j - home) & m->mask) >= ((j - i) & m->mask)) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i].key = 0;
	m->count--;
	return true;
}
