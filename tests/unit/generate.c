/* SPDX-License-Identifier: BSD-3-Clause */
/* Workloads: what every kind must keep to, and that each does what its parameters say. */
#include "config.h"

#include "generate/generate.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define MIB (UINT64_C(1) << 20)

struct events {
	struct hr_event *at;
	size_t n;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
};

/* All events, taken in batches of `batch`. */
static struct events generate(const char *text, uint64_t seed, size_t batch)
{
	struct events all = {0};
	struct hr_generator *g;
	struct hr_error err = {0};
	enum hr_status status;
	size_t cap = 0, n;

	if (hr_generator_new(text, seed, &g, &err) != HR_OK)
		fail_msg("%s: %s", text, err.text);
	all.meta = *hr_generator_meta(g);
	do {
		if (cap - all.n < batch) {
			cap = 2 * cap + batch;
			all.at = realloc(all.at, cap * sizeof(*all.at));
			assert_non_null(all.at);
		}
		status = hr_generator_next(g, all.at + all.n, batch, &n, &err);
		assert_int_equal(n > 0, status == HR_OK);
		all.n += n;
	} while (status == HR_OK);
	assert_int_equal(status, HR_END);
	all.stats = *hr_generator_stats(g);
	hr_generator_free(g);
	return all;
}

/* What is live, by number: sizes, 0 where there is none. */
struct live {
	uint64_t *size;
	bool *manual;
	size_t cap, numbers, n;
	uint64_t bytes; /* of objects, or of spans but for stacks */
};

/* Takes one event and complains if it is not legal. */
static void follow(struct live *l, const struct hr_event *e)
{
	size_t i = (size_t)e->addr;

	switch (e->kind) {
	case HR_EV_OBJ_ALLOC:
	case HR_EV_SPAN_ALLOC:
		assert_true(e->size > 0);
		/* Numbers are dense: given again, or the next. */
		assert_true(e->addr <= l->numbers);
		if (i == l->cap) {
			l->cap = 2 * l->cap + 1000;
			l->size = realloc(l->size, l->cap * sizeof(*l->size));
			l->manual = realloc(l->manual, l->cap * sizeof(*l->manual));
			assert_true(l->size != NULL && l->manual != NULL);
		}
		if (i == l->numbers) {
			assert_int_equal(l->n, l->numbers);
			l->numbers++;
		} else {
			assert_true(l->size[i] == 0);
		}
		l->size[i] = e->size;
		l->manual[i] = e->kind == HR_EV_SPAN_ALLOC && (e->arg & HR_SPAN_MANUAL);
		l->bytes += l->manual[i] ? 0 : e->size;
		l->n++;
		break;
	case HR_EV_OBJ_FREE:
	case HR_EV_SPAN_FREE:
		assert_true(i < l->numbers && l->size[i] != 0);
		if (e->kind == HR_EV_OBJ_FREE)
			assert_true(e->size == l->size[i]);
		l->bytes -= l->manual[i] ? 0 : l->size[i];
		l->size[i] = 0;
		l->n--;
		break;
	default:
		break;
	}
}

static void release(struct live *l, struct events *all)
{
	free(l->size);
	free(l->manual);
	free(all->at);
}

/* The least and most that is live in [from, until]. */
static void live_between(const char *text, uint64_t from_ns, uint64_t until_ns, uint64_t *least, uint64_t *most)
{
	struct events all = generate(text, 1, 5000);
	struct live l = {0};

	*least = UINT64_MAX;
	*most = 0;
	for (size_t i = 0; i < all.n; i++) {
		follow(&l, &all.at[i]);
		if (all.at[i].time_ns < from_ns || all.at[i].time_ns > until_ns)
			continue;
		*least = l.bytes < *least ? l.bytes : *least;
		*most = l.bytes > *most ? l.bytes : *most;
	}
	release(&l, &all);
}

/* --- every kind --------------------------------------------------------------- */

static void test_events_are_legal(void **state)
{
	(void)state;
	for (size_t k = 0; hr_workloads[k] != NULL; k++) {
		char text[64];
		struct events all;
		struct live l = {0};
		bool marking = false, of_objects = !hr_workloads[k]->spans;

		snprintf(text, sizeof(text), "%s,seconds=25,events=400000", hr_workloads[k]->name);
		all = generate(text, 3, 777);
		assert_int_equal(all.n, 400000);
		assert_int_equal(all.at[0].kind, HR_EV_GOMAXPROCS);
		assert_int_equal(all.meta.has_objects, of_objects);
		assert_int_equal(all.meta.collected, of_objects);
		assert_int_equal(all.meta.has_spans, !of_objects);
		assert_int_equal(all.meta.has_cycles, !of_objects);
		assert_false(all.meta.has_addresses);
		for (size_t i = 0; i < all.n; i++) {
			const struct hr_event *e = &all.at[i];

			assert_true(i == 0 || e->time_ns >= e[-1].time_ns);
			assert_in_range(e->p + 1, 0, all.at[0].arg);
			if (of_objects && i > 0)
				assert_true(e->kind == HR_EV_OBJ_ALLOC || e->kind == HR_EV_OBJ_FREE);
			if (e->kind == HR_EV_GC_BEGIN || e->kind == HR_EV_GC_END) {
				assert_int_equal(marking, e->kind == HR_EV_GC_END);
				marking = !marking;
			}
			if (e->kind == HR_EV_SPAN_ALLOC)
				assert_int_equal(e->size % 8192, 0);
			follow(&l, e);
		}
		release(&l, &all);
	}
}

static void test_a_seed_decides(void **state)
{
	(void)state;
	for (size_t k = 0; hr_workloads[k] != NULL; k++) {
		char text[64];
		struct events a, b, c;

		snprintf(text, sizeof(text), "%s,events=50000", hr_workloads[k]->name);
		a = generate(text, 5, 1);
		b = generate(text, 5, 4096);
		c = generate(text, 6, 4096);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.at, b.at, a.n * sizeof(*a.at));
		/* The adversaries leave nothing to chance. */
		if (strncmp(text, "against-", 8) != 0)
			assert_true(memcmp(a.at, c.at, a.n * sizeof(*a.at)) != 0);
		free(a.at);
		free(b.at);
		free(c.at);
	}
}

static void test_ends_at_the_time(void **state)
{
	(void)state;
	for (size_t k = 0; hr_workloads[k] != NULL; k++) {
		char text[64];
		struct events all;

		snprintf(text, sizeof(text), "%s,seconds=2.5", hr_workloads[k]->name);
		all = generate(text, 1, 4096);
		assert_true(all.n > 100);
		assert_true(all.at[all.n - 1].time_ns <= UINT64_C(2500000000));
		assert_int_equal(all.stats.last_time_ns, UINT64_C(2500000000));
		assert_int_equal(all.stats.events_total, all.n);
		free(all.at);
	}
}

static void test_wrong_parameters_are_named(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"steadfast", "no workload 'steadfast'; there are: steady, ramp"},
	    {"steady,speed=1", "workload steady has no parameter 'speed'; it has: live"},
	    {"steady,live=1", "live is 1 B; it can be 64"},
	    {"steady,live=1MiB,rate=1GiB", "make more than live"},
	    {"steady,short=1", "short=1"},
	    {"steady,seconds=0", "seconds=0"},
	    {"steady,seconds=200000000", "seconds=2e+08: it can be"},
	    {"fragment,wave=1TiB,period=1ms", "wave and period make more than 1 TiB a second"},
	    {"steady,events=0", "events=0 is not valid"},
	    {"steady,procs=40000", "procs=40000"},
	    {"ramp,base=1GiB", "peak is 512 MiB; it can be 1"},
	    {"sawtooth,gogc=1", "gogc can be 5 to 10000"},
	    {"sawtooth,survive=2", "survive=2"},
	    {"fragment,keep=0", "keep=0"},
	    {"phases,keep=1.5", "keep=1.5"},
	    {"bursty,burst=0", "burst is 0"},
	    {"against-density,pages=500", "pages=500: it can be 16 to 496"},
	    {"against-delay,over=0", "over=0"},
	    {"against-first-fit,rounds=11", "rounds can be 1 to 10"},
	    {"against-first-fit,size=1MiB", "size is 1.00 MiB; it can be 32.0 MiB"},
	};
	struct hr_generator *g;
	struct hr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(hr_generator_new(cases[i].text, 1, &g, &err), HR_EUSAGE);
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

/* --- one kind each ------------------------------------------------------------ */

static void test_steady_is_steady(void **state)
{
	uint64_t least, most;

	(void)state;
	live_between("steady,live=100MiB,rate=50MiB,seconds=12", 2 * SECOND, 12 * SECOND, &least, &most);
	/* Some 59,000 objects, of which the few large ones make the sum uneven: its standard deviation is 2.8 MiB. */
	assert_true(least >= 88 * MIB);
	assert_true(most <= 112 * MIB);
}

/* Arrivals in windows of 10 ms: of a Poisson process, their variance is their mean. */
static void test_steady_arrivals_are_random(void **state)
{
	struct events all = generate("steady,live=20MiB,rate=10MiB,seconds=30", 1, 4096);
	uint64_t windows[2500] = {0};
	double sum = 0, squares = 0, bytes = 0, mean, variance;

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		const struct hr_event *e = &all.at[i];

		if (e->kind != HR_EV_OBJ_ALLOC || e->time_ns < 5 * SECOND || e->time_ns >= 30 * SECOND)
			continue;
		windows[(e->time_ns - 5 * SECOND) / 10000000]++;
		bytes += (double)e->size;
	}
	for (size_t i = 0; i < 2500; i++) {
		sum += (double)windows[i];
		squares += (double)windows[i] * (double)windows[i];
	}
	mean = sum / 2500;
	variance = squares / 2500 - mean * mean;
	assert_true(variance > 0.9 * mean && variance < 1.1 * mean);
	/* 10 MiB a second, with the large ones making it uneven. */
	assert_true(bytes / 25 > 9.0 * (double)MIB && bytes / 25 < 11.0 * (double)MIB);
	free(all.at);
}

/* With one lifetime for all (no requests): exponential, so that half die by ln 2 times the mean of 2 s. */
static void test_steady_lifetimes_are_exponential(void **state)
{
	struct events all = generate("steady,live=20MiB,rate=10MiB,short=0,seconds=30", 1, 4096);
	uint64_t *born = calloc(all.n, sizeof(*born));
	size_t n = 0, young = 0, old = 0;

	(void)state;
	assert_non_null(born);
	for (size_t i = 0; i < all.n; i++) {
		const struct hr_event *e = &all.at[i];

		if (e->kind == HR_EV_OBJ_ALLOC) {
			born[e->addr] = e->time_ns;
		} else if (e->kind == HR_EV_OBJ_FREE && born[e->addr] > 3 * SECOND && born[e->addr] < 16 * SECOND) {
			n++;
			young += e->time_ns - born[e->addr] < UINT64_C(1386294361);
			old += e->time_ns - born[e->addr] > 4 * SECOND;
		}
	}
	assert_true(n > 10000);
	assert_in_range(young * 1000 / n, 480, 520);
	assert_in_range(old * 1000 / n, 120, 150); /* e^-2 is 13.5 % */
	free(born);
	free(all.at);
}

static void test_ramp_goes_up_and_drops(void **state)
{
	const char *text = "ramp,base=8MiB,peak=64MiB,rate=4MiB,up=4s,hold=1s,idle=5s,seconds=20";
	uint64_t least, most;

	(void)state;
	live_between(text, 0, 10 * SECOND, &least, &most);
	assert_in_range(most, 58 * MIB, 72 * MIB);
	live_between(text, 5 * SECOND + 1000000, 9 * SECOND, &least, &most);
	assert_in_range(most, 5 * MIB, 11 * MIB);
	live_between(text, 14 * SECOND, 14 * SECOND + SECOND / 2, &least, &most);
	assert_in_range(least, 55 * MIB, 72 * MIB);
}

static void test_bursty_is_idle_between_bursts(void **state)
{
	struct events all = generate("bursty,live=4MiB,rate=20MiB,burst=1s,idle=5s,seconds=300", 1, 4096);
	uint64_t idle = 0, gaps = 0;

	(void)state;
	for (size_t i = 1; i < all.n; i++)
		if (all.at[i].time_ns - all.at[i - 1].time_ns > 50000000) {
			idle += all.at[i].time_ns - all.at[i - 1].time_ns;
			gaps++;
		}
	/* A burst each 6 s or so; 5 of them idle. */
	assert_in_range(gaps, 30, 70);
	assert_in_range(idle / SECOND, 220, 270);
	free(all.at);
}

static void test_fragment_leaves_few_everywhere(void **state)
{
	struct events all = generate("fragment,wave=16MiB,live=1MiB,keep=0.02,period=4s,seconds=40", 1, 4096);
	struct live l = {0};
	uint64_t top = 0, bottom = UINT64_MAX;

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		follow(&l, &all.at[i]);
		if (all.at[i].time_ns < 20 * SECOND)
			continue;
		top = l.bytes > top ? l.bytes : top;
		bottom = l.bytes < bottom ? l.bytes : bottom;
	}
	assert_in_range(top, 15 * MIB, 18 * MIB);
	/* Those that live long, of which more are there after a wave than before it. */
	assert_in_range(bottom, MIB / 2, 3 * MIB / 2);
	release(&l, &all);
}

static void test_phases_have_a_size_each(void **state)
{
	static const uint64_t sizes[] = {48, 320, 1792, 12288};
	struct events all = generate("phases,live=4MiB,rate=8MiB,period=2s,seconds=16", 1, 4096);

	(void)state;
	for (size_t i = 0; i < all.n; i++)
		if (all.at[i].kind == HR_EV_OBJ_ALLOC)
			assert_int_equal(all.at[i].size, sizes[all.at[i].time_ns / (2 * SECOND) % 4]);
	free(all.at);
}

static void test_sawtooth_has_teeth(void **state)
{
	struct events all = generate("sawtooth,live=16MiB,rate=100MiB,gogc=50,seconds=10", 1, 4096);
	struct live l = {0};
	uint64_t top, goal = 0, cycles = 0;

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		const struct hr_event *e = &all.at[i];

		top = l.bytes;
		follow(&l, e);
		if (e->kind == HR_EV_HEAP_GOAL) {
			goal = e->size;
			if (e->time_ns > SECOND)
				assert_in_range(goal, 22 * MIB, 26 * MIB);
		}
		if (e->time_ns < SECOND)
			continue;
		if (e->kind == HR_EV_GC_END) {
			/* 95 % of the goal are taken when the mark begins, and not all of it. */
			assert_in_range(top, goal - goal / 20, goal);
			cycles++;
		}
		if (e->kind == HR_EV_SWEEP_DONE)
			assert_in_range(l.bytes, 15 * MIB, 17 * MIB);
	}
	/* Teeth of 6.8 MiB at 100 MiB a second, and 10 ms for the collection. */
	assert_in_range(cycles, 90, 130);
	release(&l, &all);
}

static void test_delay_is_just_over(void **state)
{
	struct events all = generate("against-delay,delay=2s,over=1.05,seconds=20", 1, 4096);
	uint64_t freed = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		if (all.at[i].kind == HR_EV_SPAN_FREE)
			freed = all.at[i].time_ns;
		if (all.at[i].kind == HR_EV_SPAN_ALLOC && freed != 0) {
			assert_in_range(all.at[i].time_ns - freed, 2090000000, 2130000000);
			freed = 0;
			n++;
		}
	}
	assert_true(n >= 5);
	free(all.at);
}

/* Robson's bound: no more than `size` is in use, and spans are all that the rounds ask for. */
static void test_first_fit_rounds_double(void **state)
{
	struct events all = generate("against-first-fit,size=32MiB,rounds=3,period=1s,seconds=8", 1, 4096);
	uint64_t largest = 0;
	struct live l = {0};

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		follow(&l, &all.at[i]);
		assert_true(l.bytes <= 32 * MIB);
		if (all.at[i].kind == HR_EV_SPAN_ALLOC && all.at[i].time_ns < 4 * SECOND) {
			assert_int_equal(all.at[i].size, (UINT64_C(16) * 8192) << all.at[i].time_ns / SECOND);
			largest = all.at[i].size;
		}
	}
	assert_int_equal(largest, 128 * 8192);
	release(&l, &all);
}

HR_TEST_MAIN(generate)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_events_are_legal),
	    cmocka_unit_test(test_a_seed_decides),
	    cmocka_unit_test(test_ends_at_the_time),
	    cmocka_unit_test(test_wrong_parameters_are_named),
	    cmocka_unit_test(test_steady_is_steady),
	    cmocka_unit_test(test_steady_arrivals_are_random),
	    cmocka_unit_test(test_steady_lifetimes_are_exponential),
	    cmocka_unit_test(test_ramp_goes_up_and_drops),
	    cmocka_unit_test(test_bursty_is_idle_between_bursts),
	    cmocka_unit_test(test_fragment_leaves_few_everywhere),
	    cmocka_unit_test(test_phases_have_a_size_each),
	    cmocka_unit_test(test_sawtooth_has_teeth),
	    cmocka_unit_test(test_delay_is_just_over),
	    cmocka_unit_test(test_first_fit_rounds_double),
	};

	return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}
