/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/ledger.h"

#include "base/alloc.h"

#include <stdlib.h>

#define LIVE (HR_NO_NUMBER - 1)
#define NO_KEY UINT64_MAX

void hr_ledger_init(struct hr_ledger *l)
{
	*l = (struct hr_ledger){.first_free = HR_NO_NUMBER};
	hr_map64_init(&l->keys);
}

void hr_ledger_release(struct hr_ledger *l)
{
	hr_map64_release(&l->keys);
	free(l->at);
	l->at = NULL;
}

static uint32_t add(struct hr_ledger *l, uint64_t key, uint64_t size)
{
	uint32_t number = l->first_free;

	if (number == HR_NO_NUMBER) {
		if (l->n == LIVE || (l->n == l->cap && !hr_reserve(&l->at, &l->cap, l->n + 1, sizeof(*l->at))))
			return HR_NO_NUMBER;
		number = (uint32_t)l->n++;
	} else {
		l->first_free = l->at[number].next_free;
	}
	l->at[number] = (struct hr_ledger_entry){.size = size, .key = key, .next_free = LIVE};
	l->live++;
	l->live_bytes += size;
	return number;
}

uint32_t hr_ledger_add(struct hr_ledger *l, uint64_t size)
{
	return add(l, NO_KEY, size);
}

uint32_t hr_ledger_add_key(struct hr_ledger *l, uint64_t key, uint64_t size)
{
	uint32_t number = add(l, key, size);

	if (number != HR_NO_NUMBER && !hr_map64_put(&l->keys, key, number)) {
		l->at[number].key = NO_KEY;
		hr_ledger_remove(l, number);
		return HR_NO_NUMBER;
	}
	return number;
}

uint32_t hr_ledger_find(const struct hr_ledger *l, uint64_t key)
{
	const uint64_t *number = hr_map64_get(&l->keys, key);

	return number != NULL ? (uint32_t)*number : HR_NO_NUMBER;
}

uint32_t hr_ledger_forget_key(struct hr_ledger *l, uint64_t key)
{
	uint64_t number;

	if (!hr_map64_remove(&l->keys, key, &number))
		return HR_NO_NUMBER;
	l->at[number].key = NO_KEY;
	return (uint32_t)number;
}

uint64_t hr_ledger_remove(struct hr_ledger *l, uint32_t number)
{
	struct hr_ledger_entry *e = &l->at[number];

	if (e->key != NO_KEY)
		hr_map64_remove(&l->keys, e->key, NULL);
	e->next_free = l->first_free;
	l->first_free = number;
	l->live--;
	l->live_bytes -= e->size;
	return e->size;
}
