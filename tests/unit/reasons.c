/* SPDX-License-Identifier: BSD-3-Clause */
/* Reasons of free memory: at any moment of any heap, under every policy, they add up to what is free. */
#include "config.h"

#include "replay/replay.h"
#include "report/reasons.h"

#include "small_heap.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS 12
#define MS UINT64_C(1000000)

static uint64_t next(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *random >> 33;
}

/* The sums alone are those of the chunks. */
static void assert_sums(const struct hr_follower *f, const struct hr_reasons *r)
{
	uint64_t pages[HR_REASON_COUNT];

	hr_reason_sums(f, pages);
	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		assert_int_equal(pages[i], r->pages[i]);
}

static void check_sums(const struct hr_follower *f)
{
	struct hr_reasons r;
	struct hr_error err;
	uint64_t sum = 0, of_chunks = 0, chunks = 0;

	assert_int_equal(hr_reasons_of(f, &r, &err), HR_OK);
	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		sum += r.pages[i];
	for (size_t i = 0; i < r.n; i++) {
		uint32_t all = 0;

		for (unsigned k = 0; k < HR_REASON_COUNT; k++)
			all += r.chunks[i].pages[k];
		assert_int_equal(all, r.chunks[i].free);
		assert_true(r.chunks[i].in_use + r.chunks[i].free <= HR_CHUNK_PAGES);
		assert_int_equal(r.chunks[i].before, chunks);
		chunks += r.chunks[i].nchunks;
		of_chunks += r.chunks[i].nchunks * all;
	}
	assert_int_equal(sum, hr_follower_free_pages(f));
	assert_int_equal(of_chunks, sum);
	assert_int_equal(r.nchunks, chunks);
	assert_int_equal(r.free_pages, sum);
	assert_sums(f, &r);
	hr_reasons_release(&r);
}

/* Spans of 16 pages come and go at random places, with GC cycles between them. */
static void random_heap(const char *policy, uint64_t random)
{
	bool used[CHUNKS * 32] = {false};
	struct small_heap h;

	small_heap_init(&h, policy);
	small_heap_grow(&h, 0, CHUNKS);
	for (unsigned step = 0; step < 3000; step++) {
		unsigned slot = (unsigned)(next(&random) % (CHUNKS * 32));
		bool filling = step / 500 % 2 == 0;

		h.now.time_ns += next(&random) % (3 * MS);
		if (used[slot] != (filling || next(&random) % 8 == 0)) {
			used[slot] = !used[slot];
			h.now.in_use_pages += used[slot] ? 16 : -16u;
			small_heap_send(&h, used[slot] ? HR_PLACE_ALLOC : HR_PLACE_FREE, slot * 16, 16, 0, -1);
		}
		if (step % 200 == 199) {
			small_heap_send(&h, HR_PLACE_MARK_START, 0, 0, 0, -1);
			small_heap_send(&h, HR_PLACE_MARK_DONE, 0, 0, 0, -1);
			small_heap_send(&h, HR_PLACE_HEAP_GOAL, 0, 0, (next(&random) % 40 + 1) << 20, -1);
			small_heap_send(&h, HR_PLACE_SWEEP_DONE, 0, 0, 0, -1);
		}
		if (step % 7 == 0)
			check_sums(h.f);
	}
	small_heap_release(&h);
}

static void test_they_add_up_under_every_policy(void **state)
{
	static const char *const policies[] = {
	    "go1.18", "go1.19", "go1.19,offset=on", "go1.21", "go1.22", "none", "eager", "decay", "rate", "delay"};

	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		for (uint64_t seed = 1; seed <= 3; seed++)
			random_heap(policies[i], seed * 77);
}

/* --- releases ------------------------------------------------------------------- */

struct releases {
	enum hr_reason before[CHUNKS]; /* of whole free pages, before the time passed */
	unsigned n, unexplained;
};

static void on_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	struct releases *r = ctx;
	enum hr_reason reason = r->before[hr_chunk_of(page) - HEAP_CHUNK];

	(void)npages;
	r->n++;
	r->unexplained += reason != (f->def->look != NULL ? HR_REASON_PACE : HR_REASON_POLICY);
}

/* As the random heap, with the policy's timers by themselves between the steps. */
static void releases_of(const char *policy, uint64_t random)
{
	bool used[CHUNKS * 32] = {false};
	struct releases r = {.n = 0};
	struct small_heap h;

	small_heap_init(&h, policy);
	small_heap_grow(&h, 0, CHUNKS);
	h.f->released_ctx = &r;
	for (unsigned step = 0; step < 2000; step++) {
		unsigned slot = (unsigned)(next(&random) % (CHUNKS * 32));
		bool filling = step / 500 % 2 == 0;

		if (used[slot] != (filling || next(&random) % 8 == 0)) {
			used[slot] = !used[slot];
			h.now.in_use_pages += used[slot] ? 16 : -16u;
			small_heap_send(&h, used[slot] ? HR_PLACE_ALLOC : HR_PLACE_FREE, slot * 16, 16, 0, -1);
		}
		if (step % 200 == 199) {
			small_heap_send(&h, HR_PLACE_MARK_START, 0, 0, 0, -1);
			small_heap_send(&h, HR_PLACE_MARK_DONE, 0, 0, 0, -1);
			small_heap_send(&h, HR_PLACE_HEAP_GOAL, 0, 0, (next(&random) % 10 + 1) << 20, -1);
			small_heap_send(&h, HR_PLACE_SWEEP_DONE, 0, 0, 0, -1);
		}
		for (unsigned i = 0; i < CHUNKS; i++)
			r.before[i] = hr_reason_of_chunk(h.f, HEAP_CHUNK + i);
		h.now.time_ns += 3 * MS;
		h.f->released_to = on_release;
		hr_follower_settle(h.f, h.now.time_ns);
		h.f->released_to = NULL;
	}
	assert_true(r.n > 50);
	assert_int_equal(r.unexplained, 0);

	small_heap_release(&h);
}

/* Whatever a policy releases when time passes, it had named as what goes next: every release is explained. */
static void test_every_release_is_explained(void **state)
{
	static const char *const policies[] = {"go1.18",	  "go1.19", "go1.21",	      "go1.22",
					       "decay,by=thread", "rate",   "delay,by=thread"};

	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		releases_of(policies[i], 99 + i);
}

static uint64_t pages_of(struct small_heap *h, enum hr_reason reason)
{
	struct hr_reasons r;
	struct hr_error err;
	uint64_t pages;

	assert_int_equal(hr_reasons_of(h->f, &r, &err), HR_OK);
	assert_sums(h->f, &r);
	pages = r.pages[reason];
	hr_reasons_release(&r);
	return pages;
}

/* Two full chunks at the end of a cycle, of which most is freed then: Go 1.22 calls them dense, Go 1.19 does not. */
static void drop_two_chunks(struct small_heap *h, const char *policy)
{
	small_heap_init(h, policy);
	small_heap_grow(h, 0, 2);
	h->now.in_use_pages = 1024;
	small_heap_send(h, HR_PLACE_ALLOC, 0, 1024, 0, -1);
	small_heap_send(h, HR_PLACE_HEAP_GOAL, 0, 0, 8 << 20, -1);
	h->now.time_ns = 10 * MS;
	small_heap_send(h, HR_PLACE_MARK_START, 0, 0, 0, -1);
	small_heap_send(h, HR_PLACE_MARK_DONE, 0, 0, 0, -1);
	small_heap_send(h, HR_PLACE_HEAP_GOAL, 0, 0, 1 << 20, -1);
	h->now.in_use_pages = 24;
	small_heap_send(h, HR_PLACE_FREE, 12, 1000, 0, -1);
}

static void test_dense_and_pace(void **state)
{
	struct small_heap h;

	(void)state;
	drop_two_chunks(&h, "go1.22");
	assert_int_equal(pages_of(&h, HR_REASON_DENSE), 1000);
	small_heap_release(&h);
	drop_two_chunks(&h, "go1.19");
	assert_int_equal(pages_of(&h, HR_REASON_DENSE), 0);
	assert_int_equal(pages_of(&h, HR_REASON_PACE) + pages_of(&h, HR_REASON_GOAL), 1000);
	assert_true(pages_of(&h, HR_REASON_PACE) > 0);
	small_heap_release(&h);
}

/* Before the first cycle nobody asks; `none` never does. */
static void test_nobody_asks(void **state)
{
	static const struct {
		const char *policy;
		enum hr_reason reason;
	} rows[] = {{"go1.22", HR_REASON_NO_CYCLE}, {"go1.18", HR_REASON_NO_CYCLE}, {"none", HR_REASON_NEVER}};
	struct small_heap h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		small_heap_init(&h, rows[i].policy);
		small_heap_grow(&h, 0, 1);
		h.now.in_use_pages = 100;
		small_heap_send(&h, HR_PLACE_ALLOC, 0, 100, 0, -1);
		h.now.in_use_pages = 60;
		small_heap_send(&h, HR_PLACE_FREE, 60, 40, 0, -1);
		assert_int_equal(pages_of(&h, rows[i].reason), 40);
		small_heap_release(&h);
	}
}

/*
 * Four full huge pages (chunks: small_heap has none), and half of the lowest is freed in the same second. For a minute that swing
 * of 2,048 pages is expected again, so that no turn of the thread splits the huge page; then what is free there is not needed.
 */
static void test_huge_pages_kept_whole(void **state)
{
	struct small_heap h;

	(void)state;
	small_heap_init(&h, "rate");
	small_heap_grow(&h, 0, 4);
	small_heap_alloc(&h, 0, 2048);
	h.now.time_ns = 500 * MS;
	small_heap_free(&h, 256, 256);
	assert_int_equal(pages_of(&h, HR_REASON_WHOLE), 256);
	hr_follower_settle(h.f, 50000 * MS);
	assert_int_equal(hr_follower_free_pages(h.f), 256);
	assert_int_equal(pages_of(&h, HR_REASON_WHOLE), 256);
	hr_follower_settle(h.f, 63000 * MS);
	assert_int_equal(hr_follower_free_pages(h.f), 0);
	small_heap_release(&h);

	/* Nothing is expected: it waits for the rate only. So does a huge page that is free as a whole. */
	small_heap_init(&h, "rate,short=0,long=0");
	small_heap_grow(&h, 0, 4);
	small_heap_alloc(&h, 0, 2048);
	small_heap_free(&h, 256, 256);
	assert_int_equal(pages_of(&h, HR_REASON_POLICY), 256);
	small_heap_release(&h);
	small_heap_init(&h, "rate");
	small_heap_grow(&h, 0, 4);
	small_heap_alloc(&h, 0, 2048);
	small_heap_free(&h, 512, 768);
	assert_int_equal(pages_of(&h, HR_REASON_POLICY), 512);
	assert_int_equal(pages_of(&h, HR_REASON_WHOLE), 256);
	small_heap_release(&h);
}

HR_TEST_MAIN(reasons)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_they_add_up_under_every_policy),
	    cmocka_unit_test(test_every_release_is_explained),
	    cmocka_unit_test(test_dense_and_pace),
	    cmocka_unit_test(test_nobody_asks),
	    cmocka_unit_test(test_huge_pages_kept_whole),
	};

	return cmocka_run_group_tests_name("reasons", tests, NULL, NULL);
}
