/* SPDX-License-Identifier: BSD-3-Clause */
/* What lies in chunks: found by chunk and by name. The holders of a trace are tests/cli/explain.sh's. */
#include "config.h"

#include "info/holders.h"

#include "testing.h"

#include <stdint.h>

/* Chunk 3 has both types, most of it nodes; 5 strings alone; 9 both, most of it strings; 4 and 6 to 8 nothing. */
static char names[][HR_HOLDER_TEXT] = {"main.node", "string"};
static struct hr_tenant lying[] = {
    {.chunk = 3, .bytes = 900, .name = 0}, {.chunk = 3, .bytes = 100, .name = 1}, {.chunk = 5, .bytes = 64, .name = 1},
    {.chunk = 9, .bytes = 800, .name = 1}, {.chunk = 9, .bytes = 16, .name = 0},
};
static const struct hr_tenants tenants = {.at = lying, .n = 5, .names = names, .nnames = 2};

static void test_by_chunk(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(hr_tenants_find(&tenants, 3, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(hr_tenants_find(&tenants, 5, &n), 2);
	assert_int_equal(n, 1);
	hr_tenants_find(&tenants, 4, &n);
	assert_int_equal(n, 0);
	hr_tenants_find(&tenants, 10, &n);
	assert_int_equal(n, 0);
}

static uint64_t next(const char *text, uint64_t chunk, bool *holds)
{
	size_t at = hr_tenants_search(&tenants, text, chunk, holds);

	return at != SIZE_MAX ? tenants.at[at].chunk : UINT64_MAX;
}

/* Strings hold 5 and 9: the next of them from anywhere, and after the last the first again. Nodes hold 3 alone. */
static void test_by_name(void **state)
{
	bool holds;

	(void)state;
	assert_int_equal(next("string", HR_NO_TENANT_CHUNK, &holds), 5);
	assert_true(holds);
	assert_int_equal(next("string", 5, &holds), 9);
	assert_int_equal(next("STR", 9, &holds), 5);
	assert_int_equal(next("string", 4, &holds), 5);
	assert_int_equal(next("string", 100, &holds), 5);
	assert_int_equal(next("node", 3, &holds), 3);
	assert_int_equal(next("node", 9, &holds), 3);
	assert_true(holds);
	assert_int_equal(next("nodes", 3, &holds), UINT64_MAX);
}

/* Where nodes held nothing, they would be found where they lie. */
static void test_what_holds_nothing(void **state)
{
	struct hr_tenants rest = {.at = lying + 2, .n = 3, .names = names, .nnames = 2};
	bool holds;

	(void)state;
	assert_int_equal(hr_tenants_search(&rest, "node", 5, &holds), 2);
	assert_false(holds);
	rest.n = 0;
	assert_true(hr_tenants_search(&rest, "node", 5, &holds) == SIZE_MAX);
}

HR_TEST_MAIN(holders)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_chunk),
	    cmocka_unit_test(test_by_name),
	    cmocka_unit_test(test_what_holds_nothing),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
