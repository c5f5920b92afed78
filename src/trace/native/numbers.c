/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbered objects of native traces; see numbers.h. Sizes are in lists by hash, so that nothing grows with them. */
#include "config.h"

#include "trace/native/numbers.h"

#include "base/alloc.h"
#include "base/fuzzed.h"

#include <stdlib.h>

#define NONE HR_NATIVE_NO_NUMBER
#define LIVE (UINT32_MAX - 1)
#define UNSEEN (UINT32_MAX - 2) /* while a state is told */

enum {
#ifndef HR_SMALL_BUFFERS
	SMALL_SIZES = 1 << 16, /* each has a list of its own */
	LARGE_BITS = 12,
#else
	SMALL_SIZES = 1 << 8,
	LARGE_BITS = 6,
#endif
	LARGE_LISTS = 1 << LARGE_BITS,
	MAX_NEAR = 7,	/* steps from the hand and from the newest */
	MAX_STEPS = 32, /* along a list of sizes */
};

static size_t list_of(uint64_t size)
{
	if (size < SMALL_SIZES)
		return (size_t)size;
	return SMALL_SIZES + (size_t)(size * UINT64_C(0x9e3779b97f4a7c15) >> (64 - LARGE_BITS));
}

bool hr_numbers_init(struct hr_numbers *s)
{
	*s = (struct hr_numbers){0};
	s->newest_of_size = hr_calloc(SMALL_SIZES + LARGE_LISTS, sizeof(*s->newest_of_size));
	if (s->newest_of_size != NULL)
		hr_numbers_clear(s);
	return s->newest_of_size != NULL;
}

void hr_numbers_release(struct hr_numbers *s)
{
	free(s->at);
	free(s->newest_of_size);
	*s = (struct hr_numbers){0};
}

void hr_numbers_clear(struct hr_numbers *s)
{
	memset(s->newest_of_size, 0xff, (SMALL_SIZES + LARGE_LISTS) * sizeof(*s->newest_of_size));
	s->n = 0;
	s->live = 0;
	s->first_free = s->newest = s->oldest = s->hand_older = s->hand_newer = NONE;
}

/* The newest in both lists. */
static void link_newest(struct hr_numbers *s, uint32_t number, uint64_t size, uint32_t arg)
{
	struct hr_number *o = &s->at[number];
	uint32_t *head = &s->newest_of_size[list_of(size)];

	*o = (struct hr_number){size, s->newest, NONE, *head, NONE, LIVE, arg};
	if (s->newest != NONE)
		s->at[s->newest].newer = number;
	else
		s->oldest = number;
	s->newest = number;
	if (*head != NONE)
		s->at[*head].size_newer = number;
	*head = number;
	s->live++;
}

bool hr_numbers_add(struct hr_numbers *s, uint64_t size, uint32_t arg)
{
	uint32_t number = hr_numbers_next(s);

	if (number >= UNSEEN)
		return false;
	if (s->first_free != NONE) {
		s->first_free = s->at[number].next_free;
	} else {
		if (!hr_reserve(&s->at, &s->cap, s->n + 1, sizeof(*s->at)))
			return false;
		s->n++;
	}
	link_newest(s, number, size, arg);
	return true;
}

bool hr_numbers_has(const struct hr_numbers *s, uint64_t number)
{
	return number < s->n && s->at[number].next_free == LIVE;
}

void hr_numbers_remove(struct hr_numbers *s, uint32_t number)
{
	struct hr_number *o = &s->at[number];

	if (o->older != NONE)
		s->at[o->older].newer = o->newer;
	else
		s->oldest = o->newer;
	if (o->newer != NONE)
		s->at[o->newer].older = o->older;
	else
		s->newest = o->older;
	if (o->size_older != NONE)
		s->at[o->size_older].size_newer = o->size_newer;
	if (o->size_newer != NONE)
		s->at[o->size_newer].size_older = o->size_older;
	else
		s->newest_of_size[list_of(o->size)] = o->size_older;
	s->hand_older = o->older;
	s->hand_newer = o->newer;
	o->next_free = s->first_free;
	s->first_free = number;
	s->live--;
}

/* --- saying which ------------------------------------------------------------ */

bool hr_numbers_describe(const struct hr_numbers *s, uint32_t number, enum hr_native_place *place, uint8_t *reach)
{
	uint32_t newer = s->hand_newer, older = s->hand_older, newest = s->newest;
	uint64_t size = s->at[number].size;
	unsigned same = 0, step = 0;

	for (unsigned i = 0; i <= MAX_NEAR; i++) {
		*reach = (uint8_t)i;
		*place = HR_NATIVE_NEWER;
		if (newer == number)
			return true;
		*place = HR_NATIVE_OLDER;
		if (older == number)
			return true;
		newer = newer != NONE ? s->at[newer].newer : NONE;
		older = older != NONE ? s->at[older].older : NONE;
	}
	*place = HR_NATIVE_NEWEST;
	for (unsigned i = 0; i <= MAX_NEAR && newest != NONE; i++, newest = s->at[newest].older) {
		*reach = (uint8_t)i;
		if (newest == number)
			return true;
	}
	*place = HR_NATIVE_SAME_SIZE;
	for (uint32_t at = s->newest_of_size[list_of(size)]; at != number; at = s->at[at].size_older) {
		same += s->at[at].size == size;
		if (same > HR_NATIVE_MAX_REACH || ++step == MAX_STEPS)
			return false;
	}
	*reach = (uint8_t)same;
	return true;
}

uint32_t hr_numbers_find(const struct hr_numbers *s, enum hr_native_place place, unsigned reach, uint64_t size)
{
	uint32_t at = NONE;

	switch (place) {
	case HR_NATIVE_NEWER:
		for (at = s->hand_newer; at != NONE && reach > 0; reach--)
			at = s->at[at].newer;
		break;
	case HR_NATIVE_OLDER:
	case HR_NATIVE_NEWEST:
		for (at = place == HR_NATIVE_OLDER ? s->hand_older : s->newest; at != NONE && reach > 0; reach--)
			at = s->at[at].older;
		break;
	case HR_NATIVE_SAME_SIZE:
		at = s->newest_of_size[list_of(size)];
		for (unsigned step = 0; at != NONE; at = s->at[at].size_older) {
			if (s->at[at].size == size && reach-- == 0)
				break;
			if (++step == MAX_STEPS)
				return NONE;
		}
		break;
	default:
		break;
	}
	return at;
}

/* --- a state that is told ------------------------------------------------------ */

bool hr_numbers_restore(struct hr_numbers *s, const struct hr_numbers_told *live, size_t nlive, const uint64_t *holes,
			size_t nholes)
{
	size_t n = nlive + nholes;
	uint32_t *last = &s->first_free;

	hr_numbers_clear(s);
	if (n >= UNSEEN || !hr_reserve(&s->at, &s->cap, n, sizeof(*s->at)))
		return false;
	for (size_t i = 0; i < n; i++)
		s->at[i].next_free = UNSEEN;
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		uint64_t number = i < nlive ? live[i].number : holes[i - nlive];

		if (number >= n || s->at[number].next_free != UNSEEN) {
			hr_numbers_clear(s);
			return false;
		}
		if (i < nlive) {
			link_newest(s, (uint32_t)number, live[i].size, live[i].arg);
		} else {
			s->at[number].next_free = NONE;
			*last = (uint32_t)number;
			last = &s->at[number].next_free;
		}
	}
	return true;
}
