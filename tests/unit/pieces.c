/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of pieces are zeroed, aligned, apart from one another, and known as such. */
#include "config.h"

#include "base/alloc.h"

#include "testing.h"

#include <stdint.h>
#include <string.h>

enum { PARTS = 200 };

static void fill(size_t bytes)
{
	struct hr_pieces p = {0};
	uint8_t *part[PARTS];

	for (unsigned i = 0; i < PARTS; i++) {
		part[i] = hr_pieces_cut(&p, bytes);
		assert_non_null(part[i]);
		assert_int_equal((uintptr_t)part[i] % 128, 0);
		for (size_t k = 0; k < bytes; k += 509)
			assert_int_equal(part[i][k], 0);
		assert_int_equal(part[i][bytes - 1], 0);
		memset(part[i], (int)i + 1, bytes);
	}
	for (unsigned i = 0; i < PARTS; i++) {
		assert_int_equal(part[i][0], (uint8_t)(i + 1));
		assert_int_equal(part[i][bytes - 1], (uint8_t)(i + 1));
		assert_true(hr_pieces_have(&p, part[i]));
		assert_true(hr_pieces_have(&p, part[i] + bytes - 1));
	}
	assert_false(hr_pieces_have(&p, &p));
	/* 200 of 555,000 bytes are more than one piece has room for. */
	assert_true(p.n * ((size_t)32 << 20) >= PARTS * bytes);
	hr_pieces_release(&p);
	assert_false(hr_pieces_have(&p, part[0]));
}

static void test_parts(void **state)
{
	(void)state;
	fill(1);
	fill(32768);
	fill(555000);
	fill(1 << 20);
}

static void test_empty(void **state)
{
	struct hr_pieces p = {0};

	(void)state;
	assert_false(hr_pieces_have(&p, &p));
	hr_pieces_release(&p);
}

HR_TEST_MAIN(pieces)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
