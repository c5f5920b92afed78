/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap: asking and undoing leaves no trace, commits are what was asked, records are what a naive follower sees. */
#include "config.h"

#include "heap/heap.h"

#include "place_check.h"
#include "testing.h"

#define BASE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)

struct fixture {
	struct hr_heap heap;
	struct hr_places out;
	struct place_check check;
	size_t checked;
};

static struct fixture *begin(int address_bits, uint64_t base)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct hr_error err;

	assert_non_null(f);
	assert_int_equal(hr_heap_init(&f->heap, hr_geometry(address_bits), &f->out, &err), HR_OK);
	place_check_init(&f->check, base);
	for (int p = 0; p < 4; p++)
		assert_int_equal(hr_heap_add_p(&f->heap, p, &err), HR_OK);
	return f;
}

static void check(struct fixture *f)
{
	for (; f->checked < f->out.n; f->checked++) {
		const char *wrong = place_check(&f->check, &f->out.at[f->checked]);

		if (wrong != NULL)
			fail_msg("record %zu: %s", f->checked, wrong);
	}
}

static void end(struct fixture *f)
{
	struct hr_error err = {0};

	check(f);
	if (!hr_pagealloc_check(f->heap.pages, &err))
		fail_msg("%s", err.text);
	hr_heap_release(&f->heap);
	place_check_release(&f->check);
	free(f->out.at);
	free(f);
}

static uint64_t place(struct fixture *f, uint64_t npages, int p)
{
	uint64_t page;
	struct hr_error err;

	assert_int_equal(hr_heap_place(&f->heap, npages, p, 0, &page, &err), HR_OK);
	check(f);
	return page;
}

/* The order of mheap.allocSpan: cache, refill, heap, growth. */
static void test_order(void **state)
{
	struct fixture *f = begin(48, BASE);

	(void)state;
	/* Nothing is there: the cache stays empty, the span comes from the heap. */
	assert_int_equal(place(f, 1, 0), BASE);
	assert_int_equal(f->heap.fills, 0);
	assert_int_equal(place(f, 1, 0), BASE + 1);
	assert_int_equal(f->heap.caches[0].free, UINT64_MAX << 2);
	/* Another P has the next block; 16 pages are never cached; 15 are, if they fit. */
	assert_int_equal(place(f, 1, 1), BASE + 64);
	assert_int_equal(place(f, 16, 0), BASE + 128);
	assert_int_equal(place(f, 15, 0), BASE + 2);
	assert_int_equal(place(f, 15, 0), BASE + 17);
	assert_int_equal(place(f, 15, 0), BASE + 32);
	assert_int_equal(place(f, 15, 0), BASE + 47);
	assert_int_equal(place(f, 15, 0), BASE + 144);
	assert_int_equal(place(f, 2, 0), BASE + 62);
	/* Without a P there is no cache. */
	assert_int_equal(place(f, 1, -1), BASE + 159);
	/* Growth by the request, added at the end; the free tail is used. */
	assert_int_equal(place(f, 400, 0), BASE + 160);
	assert_int_equal(f->heap.counts.mapped, 1024);
	end(f);
}

static void test_ask_and_undo(void **state)
{
	struct fixture *f = begin(48, BASE);
	uint64_t seed = 12345;
	struct {
		uint64_t page, npages;
	} live[512];
	size_t n = 0;

	(void)state;
	for (int step = 0; step < 30000; step++) {
		uint64_t r = test_random(&seed), npages = r >> 8 & 7 ? 1 + (r >> 11) % 20 : 1 + (r >> 11) % 700;
		int p = (int)(r >> 32 & 3);
		struct hr_offer a, b;

		if (n == 512 || (n > 0 && r >> 34 & 1)) {
			size_t k = (r >> 36) % n;

			hr_heap_free(&f->heap, live[k].page, live[k].npages, p, 0);
			live[k] = live[--n];
			if ((r >> 50) % 50 == 0)
				hr_heap_flush(&f->heap, p);
			continue;
		}
		a = hr_heap_ask(&f->heap, npages, p);
		hr_heap_undo(&f->heap, &a, npages, p);
		b = hr_heap_ask(&f->heap, npages, p);
		hr_heap_undo(&f->heap, &b, npages, p);
		assert_int_equal(a.page, b.page);
		assert_int_equal(a.filled, b.filled);
		live[n].page = place(f, npages, p);
		live[n++].npages = npages;
		if (a.page != HR_NO_PAGE)
			assert_int_equal(live[n - 1].page, a.page);
	}
	end(f);
}

static void test_32_bits_run_out(void **state)
{
	struct fixture *f = begin(32, 0);
	struct hr_error err = {0};
	uint64_t page;

	(void)state;
	for (int i = 0; i < 1022; i++)
		place(f, 512, 0);
	assert_int_equal(hr_heap_place(&f->heap, 1, 0, 0, &page, &err), HR_EINPUT);
	assert_non_null(strstr(err.text, "out of address space"));
	assert_non_null(strstr(err.text, "4088 MiB"));
	end(f);
}

static void test_map_missing(void **state)
{
	struct fixture *f = begin(48, BASE);
	struct hr_error err = {0};

	(void)state;
	assert_int_equal(hr_heap_map(&f->heap, BASE + 1024, 512, 0, &err), HR_OK);
	assert_int_equal(hr_heap_map_missing(&f->heap, BASE + 600, 1500, 0, &err), HR_OK);
	assert_int_equal(f->heap.counts.mapped, 512 * 4);
	assert_int_equal(hr_heap_map_missing(&f->heap, BASE + 600, 1500, 0, &err), HR_OK);
	assert_int_equal(f->heap.counts.mapped, 512 * 4);
	assert_int_equal(hr_heap_map(&f->heap, hr_chunk_page(hr_geometry(48)->chunks), 512, 0, &err), HR_EINPUT);
	assert_int_equal(hr_heap_map(&f->heap, BASE + 512 * 1000, UINT64_C(1) << 32, 0, &err), HR_EINPUT);
	end(f);
}

HR_TEST_MAIN(heap)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_ask_and_undo),
	    cmocka_unit_test(test_32_bits_run_out),
	    cmocka_unit_test(test_map_missing),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
