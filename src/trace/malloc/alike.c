/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LIFO and FIFO are lists through one array of links, so that a group costs
 * nothing but its row. A random choice needs an array a group: it doubles when
 * it is full and halves when three quarters of it are empty.
 */
#include "config.h"

#include "trace/malloc/alike.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

#define LEAST_BAG 4

struct hr_alike_bag {
	uint32_t n, cap;
	uint32_t at[];
};

static_assert(sizeof(struct hr_alike_group) == 16, "one row of a table that is looked at for each event");

void hr_alike_init(struct hr_alike *a, enum hr_identity rule)
{
	*a = (struct hr_alike){.rule = rule, .first_free = HR_NO_NUMBER, .random = UINT64_C(0x9e3779b97f4a7c15)};
}

void hr_alike_release(struct hr_alike *a)
{
	for (size_t i = 0; a->rule == HR_IDENTITY_RANDOM && i < a->n; i++)
		free(a->groups[i].bag);
	free(a->groups);
	free(a->next);
	a->groups = NULL;
	a->next = NULL;
}

bool hr_alike_add_group(struct hr_alike *a, uint64_t size)
{
	if (a->n == UINT32_MAX || !hr_reserve(&a->groups, &a->cap, a->n + 1, sizeof(*a->groups)))
		return false;
	a->groups[a->n] = (struct hr_alike_group){.size = size};
	if (a->rule != HR_IDENTITY_RANDOM)
		a->groups[a->n].first = a->groups[a->n].last = HR_NO_NUMBER;
	a->n++;
	return true;
}

uint32_t hr_alike_new_number(struct hr_alike *a)
{
	if (a->n_numbers == HR_NO_NUMBER - 1 ||
	    !hr_reserve(&a->next, &a->cap_numbers, a->n_numbers + 1, sizeof(*a->next)))
		return HR_NO_NUMBER;
	return (uint32_t)a->n_numbers++;
}

static bool resize(struct hr_alike_group *g, uint32_t cap)
{
	struct hr_alike_bag *bag = realloc(g->bag, sizeof(*bag) + cap * sizeof(bag->at[0]));

	if (bag == NULL)
		return false;
	if (g->bag == NULL)
		bag->n = 0;
	bag->cap = cap;
	g->bag = bag;
	return true;
}

bool hr_alike_add_random(struct hr_alike *a, size_t group, uint32_t number)
{
	struct hr_alike_group *g = &a->groups[group];

	if (g->bag == NULL && !resize(g, LEAST_BAG))
		return false;
	if (g->bag->n == g->bag->cap && (g->bag->cap > UINT32_MAX / 2 || !resize(g, 2 * g->bag->cap)))
		return false;
	g->bag->at[g->bag->n++] = number;
	return true;
}

uint32_t hr_alike_remove_random(struct hr_alike *a, size_t group, bool *ambiguous)
{
	struct hr_alike_group *g = &a->groups[group];
	struct hr_alike_bag *bag = g->bag;
	uint32_t i = 0, number;

	*ambiguous = bag != NULL && bag->n > 1;
	if (bag == NULL || bag->n == 0)
		return HR_NO_NUMBER;
	if (*ambiguous) {
		/* xorshift64* (Vigna 2016); the high half times n, divided by 2^32, is below n (Lemire 2019). */
		a->random ^= a->random >> 12;
		a->random ^= a->random << 25;
		a->random ^= a->random >> 27;
		i = (uint32_t)(((a->random * UINT64_C(2685821657736338717)) >> 32) * bag->n >> 32);
	}
	number = bag->at[i];
	bag->at[i] = bag->at[--bag->n];
	if (bag->cap > LEAST_BAG && bag->n <= bag->cap / 4)
		resize(g, bag->cap / 2); /* that it fails does no harm */
	return number;
}
