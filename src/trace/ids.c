/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/ids.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_IDS 1024
/* Ids below this many times the numbers given so far are worth an array. */
#define SPARSE 4

void hr_ids_init(struct hr_ids *ids)
{
	*ids = (struct hr_ids){0};
	hr_ledger_init(&ids->ledger);
	hr_map64_init(&ids->others);
}

void hr_ids_release(struct hr_ids *ids)
{
	hr_ledger_release(&ids->ledger);
	hr_map64_release(&ids->others);
	free(ids->numbers);
	ids->numbers = NULL;
}

uint32_t hr_ids_find(const struct hr_ids *ids, uint64_t id)
{
	const uint64_t *number;

	if (id < ids->n && ids->numbers[id] != 0)
		return ids->numbers[id] - 1;
	/* The id may be older than the array is long. */
	number = ids->others.count > 0 ? hr_map64_get(&ids->others, id) : NULL;
	return number != NULL ? (uint32_t)*number : HR_NO_NUMBER;
}

/* Room for the id in the array, if it is dense enough. */
static bool in_array(struct hr_ids *ids, uint64_t id)
{
	uint64_t most = SPARSE * ((uint64_t)ids->ledger.n + FIRST_IDS / SPARSE);
	size_t n = ids->n != 0 ? ids->n : FIRST_IDS;
	uint32_t *numbers;

	if (id < ids->n)
		return true;
	if (id >= most)
		return false;
	while (n <= id)
		n *= 2;
	numbers = realloc(ids->numbers, n * sizeof(*numbers));
	if (numbers == NULL)
		return false;
	memset(numbers + ids->n, 0, (n - ids->n) * sizeof(*numbers));
	ids->numbers = numbers;
	ids->n = n;
	return true;
}

uint32_t hr_ids_add(struct hr_ids *ids, uint64_t id, uint64_t size)
{
	uint32_t number = hr_ledger_add(&ids->ledger, size);

	if (number == HR_NO_NUMBER)
		return number;
	if (in_array(ids, id)) {
		ids->numbers[id] = number + 1;
	} else if (!hr_map64_put(&ids->others, id, number)) {
		hr_ledger_remove(&ids->ledger, number);
		return HR_NO_NUMBER;
	}
	return number;
}

uint64_t hr_ids_remove(struct hr_ids *ids, uint64_t id, uint32_t number)
{
	if (id < ids->n && ids->numbers[id] != 0)
		ids->numbers[id] = 0;
	else
		hr_map64_remove(&ids->others, id, NULL);
	return hr_ledger_remove(&ids->ledger, number);
}
