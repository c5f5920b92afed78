/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects that look alike: numbers are those of a ledger, and each rule takes the one that it says, of the group that it was asked for. */
#include "config.h"

#include "trace/ledger.h"
#include "trace/malloc/alike.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS = 7, MOST = 5000, STEPS = 200000 };

/* A group as a plain array, in order of arrival. */
struct model {
	uint32_t at[MOST];
	size_t n;
};

static void model_remove(struct model *m, size_t i)
{
	memmove(m->at + i, m->at + i + 1, (m->n - i - 1) * sizeof(m->at[0]));
	m->n--;
}

static size_t model_find(const struct model *m, uint32_t number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i] == number)
			return i;
	return m->n;
}

/* Which one the rule takes, where the model knows; HR_NO_NUMBER: any. */
static uint32_t model_choice(const struct model *m, enum hr_identity rule)
{
	if (rule == HR_IDENTITY_RANDOM)
		return HR_NO_NUMBER;
	return rule == HR_IDENTITY_LIFO ? m->at[m->n - 1] : m->at[0];
}

/* Random allocations and frees beside the model; a digest of what was taken. */
static uint64_t beside_model(enum hr_identity rule)
{
	static struct model groups[GROUPS];
	uint64_t random = 99, digest = 0;
	struct hr_ledger numbers; /* whose numbers ours are to be */
	struct hr_alike a;

	memset(groups, 0, sizeof(groups));
	hr_ledger_init(&numbers);
	hr_alike_init(&a, rule);
	for (uint64_t g = 0; g < GROUPS; g++)
		assert_true(hr_alike_add_group(&a, 16 * g));
	for (int step = 0; step < STEPS; step++) {
		size_t g = test_random(&random) % GROUPS;
		struct model *m = &groups[g];
		/* Long ways up and down, so that arrays grow and shrink. */
		bool put = test_random(&random) % 100 < (step / 20000 % 2 == 0 ? 60u : 40u);

		if (put && m->n < MOST) {
			uint32_t number = hr_alike_add(&a, g);

			assert_int_equal(number, hr_ledger_add(&numbers, 1));
			m->at[m->n++] = number;
		} else if (!put) {
			bool ambiguous = true;
			uint32_t number = hr_alike_remove(&a, g, &ambiguous);

			assert_int_equal(ambiguous, m->n > 1);
			if (m->n == 0) {
				assert_int_equal(number, HR_NO_NUMBER);
				continue;
			}
			if (model_choice(m, rule) != HR_NO_NUMBER)
				assert_int_equal(number, model_choice(m, rule));
			size_t i = model_find(m, number);
			assert_in_range(i, 0, m->n - 1);
			model_remove(m, i);
			hr_ledger_remove(&numbers, number);
			digest = digest * 31 + number;
		}
	}
	for (size_t g = 0; g < GROUPS; g++)
		assert_int_equal(a.groups[g].size, 16 * g);
	hr_alike_release(&a);
	hr_ledger_release(&numbers);
	return digest;
}

static void lifo(void **state)
{
	(void)state;
	beside_model(HR_IDENTITY_LIFO);
}

static void fifo(void **state)
{
	(void)state;
	beside_model(HR_IDENTITY_FIFO);
}

static void random_choice(void **state)
{
	(void)state;
	assert_int_equal(beside_model(HR_IDENTITY_RANDOM), beside_model(HR_IDENTITY_RANDOM));
}

/* Of ten that wait, each is as likely as the others: 10,000 draws, six standard deviations. */
static void random_is_fair(void **state)
{
	unsigned drawn[10] = {0};
	struct hr_alike a;
	bool ambiguous;

	(void)state;
	hr_alike_init(&a, HR_IDENTITY_RANDOM);
	assert_true(hr_alike_add_group(&a, 8));
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(hr_alike_add(&a, 0), i);
	for (int i = 0; i < 10000; i++) {
		uint32_t number = hr_alike_remove(&a, 0, &ambiguous);

		assert_in_range(number, 0, 9);
		assert_true(ambiguous);
		drawn[number]++;
		assert_int_equal(hr_alike_add(&a, 0), number);
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(drawn[i], 1000 - 180, 1000 + 180);
	hr_alike_release(&a);
}

HR_TEST_MAIN(alike)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lifo),
	    cmocka_unit_test(fifo),
	    cmocka_unit_test(random_choice),
	    cmocka_unit_test(random_is_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
