/* SPDX-License-Identifier: BSD-3-Clause */
/* Growth: whole chunks by the request, arenas one behind the other, until there are no more addresses. */
#include "config.h"

#include "heap/arenas.h"

#include "heap/counts.h"

#include "testing.h"

#define CHUNK HR_CHUNK_PAGES
#define ARENA_48 (16 * CHUNK)

static void grows(struct hr_arenas *a, uint64_t npages, uint64_t base, uint64_t limit)
{
	struct hr_range r[2];

	assert_int_equal(hr_arenas_grow(a, npages, r), 1);
	assert_int_equal(r[0].base, base);
	assert_int_equal(r[0].limit, limit);
}

static void test_by_request(void **state)
{
	struct hr_arenas a;
	uint64_t base = UINT64_C(0xc000000000) / HR_PAGE_BYTES;

	(void)state;
	hr_arenas_init(&a, hr_geometry(48), HR_NO_PAGE);
	grows(&a, 1, base, base + CHUNK);
	grows(&a, CHUNK, base + CHUNK, base + 2 * CHUNK);
	grows(&a, CHUNK + 1, base + 2 * CHUNK, base + 4 * CHUNK);
	/* Twelve chunks of the arena are left; what is asked for is more, and goes on into the next one. */
	grows(&a, 13 * CHUNK, base + 4 * CHUNK, base + 17 * CHUNK);
	assert_int_equal(a.limit, base + 2 * ARENA_48);
	/* More than one arena at once: room for all of the request is added to what was left. */
	grows(&a, 40 * CHUNK, base + 17 * CHUNK, base + 57 * CHUNK);
	assert_int_equal(a.limit, base + 5 * ARENA_48);
}

static void test_known_end(void **state)
{
	struct hr_arenas a;
	uint64_t base = UINT64_C(0x15b880c00000) / HR_PAGE_BYTES;

	(void)state;
	hr_arenas_init(&a, hr_geometry(48), base + 400);
	hr_arenas_set_end(&a, base + 513);
	grows(&a, 1, base + 2 * CHUNK, base + 3 * CHUNK);
	assert_int_equal(a.limit % ARENA_48, 0);
}

static void test_32_bits(void **state)
{
	struct hr_arenas a;
	struct hr_range r[2];
	uint64_t base = 0x40000000 / HR_PAGE_BYTES, chunks = 0;

	(void)state;
	hr_arenas_init(&a, hr_geometry(32), HR_NO_PAGE);
	for (unsigned n; (n = hr_arenas_grow(&a, 1, r)) != 0; chunks += n) {
		assert_int_equal(n, 1);
		assert_int_equal(r[0].base, chunks < 767 ? base + chunks * CHUNK : (chunks - 766) * CHUNK);
		assert_int_equal(r[0].limit - r[0].base, CHUNK);
	}
	assert_int_equal(chunks, 1022);

	/* What does not fit above goes below. */
	hr_arenas_init(&a, hr_geometry(32), HR_NO_PAGE);
	grows(&a, 766 * CHUNK, base, base + 766 * CHUNK);
	grows(&a, 2 * CHUNK, CHUNK, 3 * CHUNK);
	assert_int_equal(hr_arenas_grow(&a, 254 * CHUNK, r), 0);
	grows(&a, 253 * CHUNK, 3 * CHUNK, base);
	assert_int_equal(hr_arenas_grow(&a, 1, r), 0);
}

static void test_48_bits_end(void **state)
{
	struct hr_arenas a;
	struct hr_range r[2];
	uint64_t end = hr_chunk_page(hr_geometry(48)->chunks);

	(void)state;
	hr_arenas_init(&a, hr_geometry(48), end - ARENA_48);
	assert_int_equal(hr_arenas_grow(&a, ARENA_48 + 1, r), 0);
	grows(&a, ARENA_48, end - ARENA_48, end);
	assert_int_equal(hr_arenas_grow(&a, 1, r), 0);
}

static void test_counts(void **state)
{
	struct hr_counts c = {0};

	(void)state;
	hr_counts_grow(&c, 1024);
	hr_counts_alloc(&c, 10, false);
	hr_counts_alloc(&c, 4, true);
	assert_int_equal(hr_counts_unused(&c), 1010);
	hr_counts_free(&c, 4, true);
	hr_counts_free(&c, 3, false);
	assert_int_equal(c.in_use, 7);
	assert_int_equal(c.manual, 0);
	assert_true(hr_counts_can_grow(&c, UINT32_MAX - 1024));
	assert_false(hr_counts_can_grow(&c, UINT32_MAX - 1023));
}

HR_TEST_MAIN(arenas)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_request),	cmocka_unit_test(test_known_end), cmocka_unit_test(test_32_bits),
	    cmocka_unit_test(test_48_bits_end), cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests_name("arenas", tests, NULL, NULL);
}
