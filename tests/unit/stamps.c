/* SPDX-License-Identifier: BSD-3-Clause */
/* When pages were released, against the exact time of each. */
#include "config.h"

#include "scavenge/stamps.h"

#include "heapreplay-policy.h"
#include "testing.h"

#include <string.h>

#define CHUNKS 6
#define PAGES (CHUNKS * HR_CHUNK_PAGES)
#define FIRST_CHUNK (UINT64_C(0xc000000000) / HR_CHUNK_BYTES)
#define UNIT_NS (UINT64_C(1) << 20)
#define SECOND_UNITS (UINT64_C(1000000000) / UNIT_NS + 1)

/* 0: in use, or never used. */
struct exact {
	uint64_t released_unit[PAGES]; /* and one */
	uint32_t refaults[CHUNKS];
};

static void release(struct hr_stamps *s, struct exact *e, unsigned page, unsigned npages, uint64_t now_ns)
{
	for (unsigned i = page; i < page + npages; i++)
		e->released_unit[i] = now_ns / UNIT_NS + 1;
	assert_true(hr_stamps_set(s, hr_chunk_page(FIRST_CHUNK) + page, npages, now_ns));
}

static void take(struct hr_stamps *s, struct exact *e, unsigned page, unsigned npages, uint64_t now_ns)
{
	struct hr_used_again again = hr_stamps_take(s, hr_chunk_page(FIRST_CHUNK) + page, npages, now_ns);
	uint64_t pages = 0, thrash = 0;

	for (unsigned i = page; i < page + npages; i++) {
		if (e->released_unit[i] == 0)
			continue;
		pages++;
		e->refaults[i / HR_CHUNK_PAGES]++;
		thrash += now_ns / UNIT_NS - (e->released_unit[i] - 1) <= SECOND_UNITS;
		e->released_unit[i] = 0;
	}
	assert_false(again.out_of_memory);
	assert_int_equal(again.pages, pages);
	assert_int_equal(again.thrash_pages, thrash);
	for (unsigned c = 0; c < CHUNKS; c++)
		assert_int_equal(hr_stamps_refaults(s, FIRST_CHUNK + c), e->refaults[c]);
}

/* The unstamped pages from there on, of its chunk. */
static unsigned unstamped(const struct exact *e, unsigned page)
{
	unsigned n = 0;

	while (e->released_unit[page + n] == 0 && ++n < HR_CHUNK_PAGES - page % HR_CHUNK_PAGES)
		;
	return n;
}

/* Most steps are of milliseconds, so that a second has many; some are of seconds. */
static void steps(struct hr_stamps *s, struct exact *e, uint64_t seed, uint64_t *now_ns, unsigned n)
{
	while (n-- > 0) {
		const bool all = test_random(&seed) % 4 == 0;
		unsigned page = (unsigned)(test_random(&seed) % PAGES), some = 1 + (unsigned)(test_random(&seed) % 200);

		*now_ns +=
		    test_random(&seed) % 8 == 0 ? test_random(&seed) % 3000000000 : test_random(&seed) % 40000000;
		if (test_random(&seed) % 2) {
			page = all ? page / HR_CHUNK_PAGES * HR_CHUNK_PAGES : page;
			some = all ? HR_CHUNK_PAGES : some;
			if (unstamped(e, page) > 0)
				release(s, e, page, some < unstamped(e, page) ? some : unstamped(e, page), *now_ns);
		} else {
			some = all ? 2 * HR_CHUNK_PAGES : some;
			take(s, e, page, some < PAGES - page ? some : PAGES - page, *now_ns);
		}
	}
}

static void test_as_if_each_had_its_time(void **state)
{
	static struct exact e, f;
	struct hr_stamps s, copy;
	uint64_t now_ns = 0, then_ns;

	(void)state;
	memset(&e, 0, sizeof(e));
	assert_true(hr_stamps_init(&s, hr_geometry(48)));
	steps(&s, &e, 5, &now_ns, 20000);
	f = e;
	then_ns = now_ns;
	assert_true(hr_stamps_clone(&copy, &s));
	steps(&s, &e, 6, &now_ns, 5000);
	hr_stamps_release(&s);
	/* A copy goes on by itself. */
	steps(&copy, &f, 7, &then_ns, 5000);
	hr_stamps_release(&copy);
}

/* What is released bit by bit takes memory for a second only: chunks without end, one after the other. */
static void test_memory_goes_by_what_a_second_has(void **state)
{
	struct hr_stamps s;
	uint64_t now_ns = 0;
	size_t most = 0;

	(void)state;
	assert_true(hr_stamps_init(&s, hr_geometry(48)));
	for (uint64_t page = 0; page < HR_CHUNK_PAGES * 4096; page += 8, now_ns += 1000000) {
		assert_true(hr_stamps_set(&s, hr_chunk_page(FIRST_CHUNK) + page, 8, now_ns));
		most = s.n - s.first > most ? s.n - s.first : most;
	}
	/* 64 ms each; one whose latest stamp is not a second old waits for another. */
	assert_in_range(most, 15, 33);
	assert_int_equal(hr_stamps_take(&s, hr_chunk_page(FIRST_CHUNK), HR_CHUNK_PAGES * 4096, now_ns).pages,
			 HR_CHUNK_PAGES * 4096);
	hr_stamps_release(&s);
}

HR_TEST_MAIN(stamps)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_if_each_had_its_time),
	    cmocka_unit_test(test_memory_goes_by_what_a_second_has),
	};

	return cmocka_run_group_tests_name("stamps", tests, NULL, NULL);
}
