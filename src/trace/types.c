/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/types.h"

#include "base/alloc.h"
#include "base/fuzzed.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void hr_types_init(struct hr_types *t)
{
	*t = (struct hr_types){0};
	hr_map64_init(&t->by_number);
	hr_map64_init(&t->by_hash);
}

void hr_types_release(struct hr_types *t)
{
	free(t->at);
	free(t->names);
	free(t->next);
	hr_map64_release(&t->by_number);
	hr_map64_release(&t->by_hash);
	hr_types_init(t);
}

struct hr_type hr_types_get(const struct hr_types *t, size_t i)
{
	const struct hr_type_row *row = &t->at[i];

	return (struct hr_type){.number = row->number,
				.addr = row->addr,
				.bytes = row->bytes,
				.ptr_bytes = row->ptr_bytes,
				.name = t->names + row->name,
				.name_len = row->name_len};
}

size_t hr_types_find(const struct hr_types *t, uint32_t number)
{
	const uint64_t *i = hr_map64_get(&t->by_number, number);

	return i != NULL ? (size_t)*i : SIZE_MAX;
}

static size_t kept_length(size_t len)
{
	return len < HR_TYPES_MAX_NAME ? len : HR_TYPES_MAX_NAME;
}

static uint64_t hash_of(uint64_t addr, const char *name, size_t len)
{
	uint64_t hash = XXH3_64bits_withSeed(name, len, addr);

	return hash != UINT64_MAX ? hash : 0;
}

/* Room for one more, so that nothing can fail behind it but a map. */
static bool make_room(struct hr_types *t, size_t name_len)
{
	return hr_reserve(&t->at, &t->cap, t->n + 1, sizeof(*t->at)) &&
	       hr_reserve(&t->next, &t->cap_next, t->n + 1, sizeof(*t->next)) &&
	       hr_reserve(&t->names, &t->names_cap, t->names_len + name_len + 1, 1);
}

static enum hr_types_added append(struct hr_types *t, const struct hr_type *type, uint32_t number, size_t len)
{
	uint64_t hash = hash_of(type->addr, type->name, len);
	const uint64_t *first = hr_map64_get(&t->by_hash, hash);

	if (t->n >= HR_TYPES_MAX || len > HR_TYPES_MAX_NAMES - t->names_len)
		return HR_TYPES_FULL;
	if (!make_room(t, len))
		return HR_TYPES_NO_MEMORY;
	t->next[t->n] = first != NULL ? (uint32_t)*first + 1 : 0;
	if (!hr_map64_put(&t->by_number, number, t->n))
		return HR_TYPES_NO_MEMORY;
	if (!hr_map64_put(&t->by_hash, hash, t->n)) {
		hr_map64_remove(&t->by_number, number, NULL);
		return HR_TYPES_NO_MEMORY;
	}
	t->at[t->n++] = (struct hr_type_row){.addr = type->addr,
					     .bytes = type->bytes,
					     .ptr_bytes = type->ptr_bytes,
					     .name = t->names_len,
					     .number = number,
					     .name_len = (uint32_t)len};
	if (len > 0)
		memcpy(t->names + t->names_len, type->name, len);
	t->names_len += len;
	if (number > t->last)
		t->last = number;
	return HR_TYPES_ADDED;
}

enum hr_types_added hr_types_add(struct hr_types *t, const struct hr_type *type)
{
	if (hr_map64_get(&t->by_number, type->number) != NULL)
		return HR_TYPES_KNOWN;
	return append(t, type, type->number, kept_length(type->name_len));
}

uint32_t hr_types_intern(struct hr_types *t, const struct hr_type *type, enum hr_types_added *how)
{
	size_t len = kept_length(type->name_len);
	const uint64_t *first = hr_map64_get(&t->by_hash, hash_of(type->addr, type->name, len));

	for (uint32_t i = first != NULL ? (uint32_t)*first + 1 : 0; i != 0; i = t->next[i - 1]) {
		const struct hr_type_row *row = &t->at[i - 1];

		if (row->addr == type->addr && row->name_len == len &&
		    (len == 0 || memcmp(t->names + row->name, type->name, len) == 0)) {
			*how = HR_TYPES_KNOWN;
			return row->number;
		}
	}
	*how = t->last < UINT32_MAX ? append(t, type, t->last + 1, len) : HR_TYPES_FULL;
	return *how == HR_TYPES_ADDED ? t->last : 0;
}

/* --- told ------------------------------------------------------------------------ */

#ifndef HR_SMALL_BUFFERS
#define LOW_NUMBERS (UINT32_C(1) << 20)
#else
#define LOW_NUMBERS (UINT32_C(1) << 12)
#endif

void hr_types_told_init(struct hr_types_told *told)
{
	hr_map64_init(&told->others);
	told->low = NULL;
}

void hr_types_told_release(struct hr_types_told *told)
{
	hr_map64_release(&told->others);
	free(told->low);
	told->low = NULL;
}

bool hr_types_told_mark(struct hr_types_told *told, uint32_t number, bool *news)
{
	uint64_t bit = UINT64_C(1) << number % 64;

	if (number >= LOW_NUMBERS) {
		*news = hr_map64_get(&told->others, number) == NULL;
		return !*news || hr_map64_put(&told->others, number, 1);
	}
	if (told->low == NULL && (told->low = hr_calloc(LOW_NUMBERS / 64, sizeof(*told->low))) == NULL)
		return false;
	*news = (told->low[number / 64] & bit) == 0;
	told->low[number / 64] |= bit;
	return true;
}
