/* SPDX-License-Identifier: BSD-3-Clause */
/* Layers of the heap: at every event of any trace those of a naive count, and together what is mapped. */
#include "config.h"

#include "layers_program.h"
#include "testing.h"

static void make(struct layers_program *p, uint64_t seed, int n, unsigned phases)
{
	uint8_t *bytes = malloc((size_t)n * 2);

	assert_non_null(bytes);
	for (int i = 0; i < n; i++) {
		uint64_t x = test_random(&seed);

		bytes[2 * i] = (uint8_t)(x % 1000 < phases ? 250 : x / 1000 % 248);
		bytes[2 * i + 1] = (uint8_t)(x >> 40);
	}
	layers_program_make(p, bytes, (size_t)n * 2);
	free(bytes);
}

static void check(const char *wrong, uint64_t seed)
{
	if (wrong != NULL)
		fail_msg("seed %" PRIu64 ": %s", seed, wrong);
}

static void test_as_the_naive_count(void **state)
{
	struct layers_program *p = malloc(sizeof(*p));

	(void)state;
	assert_non_null(p);
	for (uint64_t seed = 1; seed <= (test_quick() ? 10 : 60); seed++) {
		make(p, seed, (int)(10 + seed * 12), (unsigned)(seed % 5 * 10));
		check(layers_program_check(p), seed);
	}
	free(p);
}

static void test_they_add_up(void **state)
{
	static const char *const policies[] = {"go1.22", "go1.19", "eager", "decay", "optimal"};
	struct layers_program *p = malloc(sizeof(*p));

	(void)state;
	assert_non_null(p);
	for (uint64_t seed = 1; seed <= (test_quick() ? 5 : 25); seed++) {
		make(p, seed * 31, (int)(10 + seed * 60), (unsigned)(seed % 5 * 10));
		for (enum lp_way way = LP_RECORDED; way < LP_WAYS; way++)
			check(layers_program_replay(p, policies[seed % 5], way), seed * 10 + way);
	}
	free(p);
}

/* Thinned out, the moments that are left say what they said. */
static void test_thin(void **state)
{
	struct layers_program *p = malloc(sizeof(*p));
	struct hr_layers_sample all = {.found = 0}, some = {.found = 0};
	struct hr_layers l;
	struct hr_layers_row thin, full = {.time_ns = UINT64_MAX};
	size_t at = 0, n = 0;

	(void)state;
	assert_non_null(p);
	make(p, 4711, 3000, 8);
	hr_layers_init(&l, NULL, 26);
	hr_layers_look(&l, 0, LP_STEP_NS, false);
	hr_layers_look(&l, LP_STEP_NS, LP_STEP_NS, true);
	assert_int_equal(hr_layers_take(&l, p->ev, (size_t)p->n, NULL), HR_OK);
	assert_int_equal(hr_layers_finish(&l, (uint64_t)(p->n - 1) * LP_STEP_NS, false, NULL), HR_OK);
	for (; hr_layers_row(&l, 1, n, &some, &thin); n++) {
		while (full.time_ns != thin.time_ns)
			assert_true(hr_layers_row(&l, 0, at++, &all, &full));
		assert_memory_equal(&thin, &full, sizeof(thin));
	}
	assert_in_range(n, HR_LAYERS_POINTS / 4, HR_LAYERS_POINTS);
	hr_layers_release(&l);
	free(p);
}

/*
 * Three cycles by hand, of one span of 1 KiB objects: four are born, the first cycle frees one, the second two, the third is
 * not followed by another. What is said at each moment is what a reader of the trace would say.
 */
static void test_by_hand(void **state)
{
	static const struct {
		enum hr_event_kind kind;
		int slot;
		bool decided;
		uint64_t live, freed, found, undecided; /* after it, objects */
	} rows[] = {
	    {HR_EV_SPAN_ALLOC, 0, true, 0, 0, 0, 0}, {HR_EV_OBJ_ALLOC, 0, true, 0, 1, 0, 0},
	    {HR_EV_OBJ_ALLOC, 1, true, 1, 1, 0, 0},  {HR_EV_OBJ_ALLOC, 2, true, 2, 1, 0, 0},
	    {HR_EV_GC_BEGIN, 0, true, 1, 1, 1, 0},   {HR_EV_OBJ_ALLOC, 3, true, 1, 2, 1, 0},
	    {HR_EV_GC_END, 0, true, 1, 2, 1, 0},     {HR_EV_OBJ_FREE, 0, true, 1, 2, 0, 0},
	    {HR_EV_GC_BEGIN, 0, false, 0, 0, 2, 1},  {HR_EV_GC_END, 0, false, 0, 0, 2, 1},
	    {HR_EV_OBJ_FREE, 2, false, 0, 0, 1, 1},  {HR_EV_OBJ_FREE, 3, false, 0, 0, 0, 1},
	    {HR_EV_GC_BEGIN, 0, false, 0, 0, 0, 1},
	};
	enum { N = sizeof(rows) / sizeof(rows[0]) };
	struct hr_event ev[N];
	struct hr_layers_sample sum = {.found = 0};
	struct hr_layers_row row;
	struct hr_layers l;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		ev[i] = (struct hr_event){.time_ns = i,
					  .kind = (uint8_t)rows[i].kind,
					  .addr = LP_BASE + (uint64_t)rows[i].slot * 1024,
					  .size = rows[i].kind == HR_EV_SPAN_ALLOC ? HR_PAGE_BYTES : 0,
					  .arg = rows[i].kind == HR_EV_SPAN_ALLOC ? (32 << 1 | 1) << 1 : 0};
	hr_layers_init(&l, NULL, 26);
	hr_layers_look(&l, 0, 1, false);
	assert_int_equal(hr_layers_take(&l, ev, N, NULL), HR_OK);
	assert_int_equal(hr_layers_finish(&l, N - 1, false, NULL), HR_OK);
	for (unsigned i = 0; i < N; i++) {
		assert_true(hr_layers_row(&l, 0, i, &sum, &row));
		/* The second cycle frees two and keeps one; the third decides on nothing. */
		assert_int_equal(row.decided, rows[i].decided);
		assert_int_equal(row.live, rows[i].live * 1024);
		assert_int_equal(row.freed, rows[i].freed * 1024);
		assert_int_equal(row.found, rows[i].found * 1024);
		assert_int_equal(row.undecided, rows[i].undecided * 1024);
		assert_int_equal(row.live + row.freed + row.found + row.undecided + row.empty, HR_PAGE_BYTES);
	}
	hr_layers_release(&l);
}

HR_TEST_MAIN(layers)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_hand),
	    cmocka_unit_test(test_as_the_naive_count),
	    cmocka_unit_test(test_thin),
	    cmocka_unit_test(test_they_add_up),
	};

	return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
