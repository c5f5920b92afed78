/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stage from objects to spans: what a recorded heap becomes, and that what
 * comes out of random workloads makes sense: spans that hold their objects,
 * cycles in order, the same whatever the batches.
 */
#include "config.h"

#include "replay/objects/objects.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define BASE UINT64_C(0xc000000000)
#define KIND(size_class, noscan) ((uint32_t)((size_class) << 1 | (noscan)) << 1)
#define NELEMS(a) (sizeof(a) / sizeof((a)[0]))

static const struct hr_trace_meta of_spans = {.has_spans = true,
					      .has_objects = true,
					      .has_addresses = true,
					      .has_procs = true,
					      .collected = true,
					      .has_cycles = true};
static const struct hr_trace_meta of_objects = {.collected = true};

static struct hr_objects *make(const struct hr_trace_meta *meta, enum hr_gc_mode gc, uint64_t gogc)
{
	struct hr_objects_options options;
	struct hr_objects *o;

	hr_objects_defaults(&options);
	options.gc = gc;
	options.pacing.gogc = gogc;
	assert_int_equal(hr_objects_new(meta, &options, &o, NULL), HR_OK);
	return o;
}

static void expect(struct hr_objects *o, size_t n, const struct hr_event *want)
{
	size_t got;
	const struct hr_event *e = hr_objects_take(o, &got);

	assert_int_equal(got, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(e[i].kind, want[i].kind);
		assert_int_equal(e[i].time_ns, want[i].time_ns);
		assert_int_equal(e[i].addr, want[i].addr);
		assert_int_equal(e[i].size, want[i].size);
		assert_int_equal(e[i].arg, want[i].arg);
	}
}

static void test_meta(void **state)
{
	struct hr_objects *o = make(&of_spans, HR_GC_MODEL, 100);

	(void)state;
	assert_true(hr_objects_meta(o)->has_spans);
	assert_false(hr_objects_meta(o)->has_addresses);
	hr_objects_free(o);
	assert_false(hr_objects_needed(&of_spans, HR_GC_AUTO));
	assert_true(hr_objects_needed(&of_spans, HR_GC_MODEL));
	assert_true(hr_objects_needed(&of_objects, HR_GC_AUTO));
	assert_int_equal(hr_objects_gc(&of_objects, HR_GC_AUTO), HR_GC_MODEL);
	assert_int_equal(hr_objects_gc(&(struct hr_trace_meta){0}, HR_GC_AUTO), HR_GC_NONE);
	assert_int_equal(hr_objects_gc(&(struct hr_trace_meta){.has_cycles = true}, HR_GC_AUTO), HR_GC_RECORDED);
}

/* What is there keeps its spans and slots; manual spans pass; headers, the tiny allocator and losses are understood. */
static void test_recorded_heap(void **state)
{
	static const struct hr_event in[] = {
	    /* 2048-byte objects with pointers, four slots, of which the last is taken; a stack; a large object. */
	    {.kind = HR_EV_SPAN_EXISTS, .addr = BASE, .size = 8192, .arg = KIND(38, 0)},
	    {.kind = HR_EV_OBJ_EXISTS, .addr = BASE + 3 * 2048},
	    {.kind = HR_EV_SPAN_EXISTS, .addr = BASE + 0x10000, .size = 0x8000, .arg = HR_SPAN_MANUAL},
	    {.kind = HR_EV_SPAN_EXISTS, .addr = BASE + 0x20000, .size = 0xa000, .arg = KIND(0, 1)},
	    {.kind = HR_EV_OBJ_EXISTS, .addr = BASE + 0x20000},
	    /* Three more in the first span (behind their headers), then a recorded span that ours need not follow. */
	    {.time_ns = 1, .kind = HR_EV_OBJ_ALLOC, .addr = BASE + 8},
	    {.time_ns = 2, .kind = HR_EV_OBJ_ALLOC, .addr = BASE + 2048 + 8},
	    {.time_ns = 3, .kind = HR_EV_OBJ_ALLOC, .addr = BASE + 4096 + 8},
	    {.time_ns = 4, .kind = HR_EV_SPAN_ALLOC, .addr = BASE + 0x30000, .size = 8192, .arg = KIND(2, 1)},
	    {.time_ns = 5, .kind = HR_EV_OBJ_ALLOC, .addr = BASE + 0x30000},
	    {.time_ns = 6, .kind = HR_EV_OBJ_ALLOC, .addr = BASE + 0x30008}, /* tiny: in the same slot */
	    {.time_ns = 7, .kind = HR_EV_SPAN_ALLOC, .addr = BASE + 0x40000, .size = 8192, .arg = HR_SPAN_MANUAL},
	    {.time_ns = 8, .kind = HR_EV_SPAN_FREE, .addr = BASE + 0x10000},
	    {.time_ns = 9, .kind = HR_EV_OBJ_FREE, .addr = BASE + 0x40000},  /* in no span that has objects */
	    {.time_ns = 10, .kind = HR_EV_OBJ_FREE, .addr = BASE + 0x30010}, /* unknown */
	    /* A span over the large one, whose free was lost. */
	    {.time_ns = 11, .kind = HR_EV_SPAN_ALLOC, .addr = BASE + 0x28000, .size = 8192, .arg = HR_SPAN_MANUAL},
	};
	const uint64_t manual = UINT64_C(1) << 62;
	static const uint64_t page = BASE / 8192;
	struct hr_objects *o = make(&of_spans, HR_GC_NONE, 100);
	struct hr_objects_stats s;

	(void)state;
	assert_int_equal(hr_objects_feed(o, in, NELEMS(in), NULL), HR_OK);
	assert_int_equal(hr_objects_finish(o, 20, NULL), HR_OK);
	expect(o, 8,
	       (const struct hr_event[]){
		   {.kind = HR_EV_SPAN_EXISTS, .addr = 0, .size = 8192, .arg = KIND(38, 0)},
		   {.kind = HR_EV_SPAN_EXISTS, .addr = manual | (page + 8), .size = 0x8000, .arg = HR_SPAN_MANUAL},
		   {.kind = HR_EV_SPAN_EXISTS, .addr = 1, .size = 0xa000, .arg = KIND(0, 1)},
		   /* The death of the large one: before the first that shows life, since no cycle began after. */
		   {.time_ns = 1, .kind = HR_EV_SPAN_FREE, .addr = 1},
		   {.time_ns = 5, .kind = HR_EV_SPAN_ALLOC, .addr = 1, .size = 8192, .arg = KIND(2, 1)},
		   {.time_ns = 7,
		    .kind = HR_EV_SPAN_ALLOC,
		    .addr = manual | (page + 32),
		    .size = 8192,
		    .arg = HR_SPAN_MANUAL},
		   {.time_ns = 8, .kind = HR_EV_SPAN_FREE, .addr = manual | (page + 8), .size = 0x8000},
		   {.time_ns = 11,
		    .kind = HR_EV_SPAN_ALLOC,
		    .addr = manual | (page + 20),
		    .size = 8192,
		    .arg = HR_SPAN_MANUAL},
	       });
	s = hr_objects_stats(o);
	assert_int_equal(s.allocated_objects, 6);
	assert_int_equal(s.freed_objects, 1);
	assert_int_equal(s.live_bytes, 4 * 2048 + 16);
	assert_int_equal(s.over_live, 1);
	assert_int_equal(s.outside_spans, 1);
	assert_int_equal(s.unknown_frees, 1);
	hr_objects_free(o);
}

/* Numbers that are not dense are refused before memory is asked for. */
static void test_numbers(void **state)
{
	struct hr_objects *o = make(&of_objects, HR_GC_NONE, 100);
	struct hr_error err;
	struct hr_event e = {.kind = HR_EV_OBJ_ALLOC, .addr = 1, .size = 8};

	(void)state;
	assert_int_equal(hr_objects_feed(o, &e, 1, &err), HR_EINPUT);
	e.addr = UINT64_MAX;
	assert_int_equal(hr_objects_feed(o, &e, 1, &err), HR_EINPUT);
	e.addr = 0;
	e.size = UINT64_C(1) << 41;
	assert_int_equal(hr_objects_feed(o, &e, 1, &err), HR_EINPUT);
	e.size = 8;
	assert_int_equal(hr_objects_feed(o, &e, 1, &err), HR_OK);
	e.kind = HR_EV_OBJ_FREE;
	e.addr = 77;
	assert_int_equal(hr_objects_feed(o, &e, 1, &err), HR_OK);
	assert_int_equal(hr_objects_stats(o).unknown_frees, 1);
	hr_objects_free(o);
}

/* --- random workloads ----------------------------------------------------- */

enum { EVENTS = 40000, OBJECTS = 3000 };

/* Objects that come and go; sizes from bytes to a hundred KiB; bytes: what was asked for and is alive, after each event. */
static void make_workload(struct hr_event *ev, uint64_t *bytes, uint64_t seed)
{
	static uint64_t size[OBJECTS];
	static bool live[OBJECTS];
	uint64_t n = 0, now = 0, total = 0;

	memset(live, 0, sizeof(live));
	for (size_t i = 0; i < EVENTS; i++) {
		uint64_t r = test_random(&seed), number = r % (n < OBJECTS ? n + 1 : n);
		unsigned shift = r >> 40 & 15;

		now += r >> 50 & 1023;
		if (number == n)
			n++;
		ev[i] = (struct hr_event){.time_ns = now, .addr = number, .p = (int16_t)(r >> 61 & 3)};
		if (live[number]) {
			ev[i].kind = HR_EV_OBJ_FREE;
			total -= size[number];
		} else {
			ev[i].kind = HR_EV_OBJ_ALLOC;
			ev[i].size = size[number] = 1 + (r >> 20 & ((2u << shift) - 1)) + (shift == 15 ? 40000 : 0);
			total += size[number];
		}
		live[number] = !live[number];
		bytes[i] = total;
	}
}

struct watch {
	uint64_t time_ns, span_bytes, cycles;
	uint64_t size[4 * OBJECTS];
	bool marking, sweeping;
};

/* Spans come and go in turn, cycles are in order, time does not fall. */
static void look(struct watch *w, const struct hr_event *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(e[i].time_ns >= w->time_ns);
		w->time_ns = e[i].time_ns;
		switch (e[i].kind) {
		case HR_EV_SPAN_ALLOC:
			assert_in_range(e[i].addr, 0, 4 * OBJECTS - 1);
			assert_int_equal(w->size[e[i].addr], 0);
			assert_int_not_equal(e[i].size, 0);
			w->size[e[i].addr] = e[i].size;
			w->span_bytes += e[i].size;
			break;
		case HR_EV_SPAN_FREE:
			assert_int_not_equal(w->size[e[i].addr], 0);
			w->span_bytes -= w->size[e[i].addr];
			w->size[e[i].addr] = 0;
			break;
		case HR_EV_GC_BEGIN:
			assert_false(w->marking || w->sweeping);
			w->marking = true;
			break;
		case HR_EV_GC_END:
			assert_true(w->marking);
			w->marking = false;
			w->sweeping = true;
			w->cycles++;
			break;
		case HR_EV_SWEEP_DONE:
			assert_true(w->sweeping);
			w->sweeping = false;
			break;
		default:
			break;
		}
	}
}

static void test_random_workloads(void **state)
{
	static struct hr_event ev[EVENTS];
	static uint64_t bytes[EVENTS];

	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		enum hr_gc_mode gc = seed % 2 == 0 ? HR_GC_MODEL : HR_GC_NONE;
		struct hr_objects *one = make(&of_objects, gc, 50), *all = make(&of_objects, gc, 50);
		struct watch *w = calloc(1, sizeof(*w));
		struct hr_event *each = calloc(16 * EVENTS, sizeof(*each));
		size_t n, neach = 0;
		const struct hr_event *e;
		struct hr_objects_stats s;

		assert_true(w != NULL && each != NULL);
		make_workload(ev, bytes, seed);
		for (size_t i = 0; i < EVENTS; i++) {
			assert_int_equal(hr_objects_feed(one, &ev[i], 1, NULL), HR_OK);
			e = hr_objects_take(one, &n);
			look(w, e, n);
			assert_true(w->span_bytes >= bytes[i]);
			assert_true(neach + n <= 16 * EVENTS);
			memcpy(each + neach, e, n * sizeof(*e));
			neach += n;
		}
		assert_int_equal(hr_objects_finish(one, ev[EVENTS - 1].time_ns, NULL), HR_OK);
		e = hr_objects_take(one, &n);
		look(w, e, n);
		memcpy(each + neach, e, n * sizeof(*e));
		neach += n;
		/* All at once gives the same. */
		assert_int_equal(hr_objects_feed(all, ev, EVENTS, NULL), HR_OK);
		assert_int_equal(hr_objects_finish(all, ev[EVENTS - 1].time_ns, NULL), HR_OK);
		e = hr_objects_take(all, &n);
		assert_int_equal(n, neach);
		assert_memory_equal(e, each, n * sizeof(*e));
		s = hr_objects_stats(one);
		assert_int_equal(s.cycles, w->cycles);
		assert_int_equal(s.cycles > 3, gc == HR_GC_MODEL);
		assert_int_equal(s.allocated_objects - s.freed_objects, s.live_objects);
		assert_true(s.live_bytes >= bytes[EVENTS - 1]);
		hr_objects_free(one);
		hr_objects_free(all);
		free(each);
		free(w);
	}
}

/*
 * A gigabyte in a moment, of which no more than two objects are alive: marking
 * takes no longer than it takes the heap to come to 1.1 times its goal, 4 MiB
 * while little is alive.
 */
static void test_assists(void **state)
{
	struct hr_objects *o = make(&of_objects, HR_GC_MODEL, 100);
	struct watch *w = calloc(1, sizeof(*w));

	(void)state;
	assert_non_null(w);
	for (uint64_t i = 0; i < 16384; i++) {
		struct hr_event ev[] = {
		    {.kind = HR_EV_OBJ_ALLOC, .addr = i % 2, .size = 65536},
		    {.kind = HR_EV_OBJ_FREE, .addr = 1 - i % 2},
		};
		size_t n;
		const struct hr_event *e;

		assert_int_equal(hr_objects_feed(o, ev, i == 0 ? 1 : 2, NULL), HR_OK);
		e = hr_objects_take(o, &n);
		look(w, e, n);
		assert_in_range(w->span_bytes, 0, 12 << 20);
	}
	/* A gigabyte in steps of 4.4 MiB is 233; what dies while marking, only the next cycle finds. */
	assert_in_range(w->cycles, 116, 400);
	hr_objects_free(o);
	free(w);
}

#define BLOCK 65536
#define STAYS 128 /* objects: 8 MiB */
#define A_CYCLE 40
#define CYCLES 20
#define POOLED 8

static void feed(struct hr_objects *o, uint64_t ns, enum hr_event_kind kind, uint64_t addr, uint64_t size)
{
	const struct hr_event e = {.time_ns = ns,
				   .kind = (uint8_t)kind,
				   .addr = addr,
				   .size = size,
				   .arg = kind == HR_EV_SPAN_ALLOC || kind == HR_EV_SPAN_EXISTS ? KIND(0, 1) : 0,
				   .p = HR_NO_P};

	assert_int_equal(hr_objects_feed(o, &e, 1, NULL), HR_OK);
}

static void feed_blocks(struct hr_objects *o, uint64_t ns, uint64_t from, uint64_t to, uint64_t bytes, bool born)
{
	for (uint64_t i = from; i < to; i++) {
		feed(o, ns, born ? HR_EV_SPAN_ALLOC : HR_EV_OBJ_FREE, BASE + i * BLOCK, born ? bytes : 0);
		feed(o, ns, born ? HR_EV_OBJ_ALLOC : HR_EV_SPAN_FREE, BASE + i * BLOCK, born ? 0 : bytes);
	}
}

/*
 * 8 MiB that stay, a goal of 16, and cycles that begin at 10.5 for a reason of their own, as after idling. With a pool
 * eight objects of 32 KiB that are made after each third cycle, and found dropped at the third after that.
 */
static struct hr_objects_stats run_of(const struct hr_objects_options *options, uint64_t cycles, bool pool)
{
	uint64_t ns = 1000, i, first = STAYS + A_CYCLE;
	struct hr_objects *o;
	struct hr_objects_stats s;

	assert_int_equal(hr_objects_new(&of_spans, options, &o, NULL), HR_OK);
	for (i = 0; i < STAYS; i++) {
		feed(o, 0, HR_EV_SPAN_EXISTS, BASE + i * BLOCK, BLOCK);
		feed(o, 0, HR_EV_OBJ_EXISTS, BASE + i * BLOCK, 0);
	}
	feed(o, 0, HR_EV_HEAP_GOAL, 0, 16 << 20);
	for (uint64_t cycle = 0; cycle < cycles; cycle++) {
		if (pool && cycle % 3 == 0)
			feed_blocks(o, ns, first, first + POOLED, BLOCK / 2, true);
		for (i = STAYS; i < STAYS + A_CYCLE; i++)
			feed_blocks(o, ns += 1000000, i, i + 1, BLOCK, true);
		feed(o, ns, HR_EV_HEAP_LIVE, 0, (STAYS + A_CYCLE) * BLOCK);
		feed(o, ns += 10, HR_EV_GC_BEGIN, 0, 0);
		feed(o, ns += 500000, HR_EV_GC_END, 0, 0);
		feed(o, ns, HR_EV_HEAP_LIVE, 0, STAYS * BLOCK);
		feed(o, ns, HR_EV_HEAP_GOAL, 0, 16 << 20);
		feed_blocks(o, ns, STAYS, STAYS + A_CYCLE, BLOCK, false);
		if (pool && cycle % 3 == 2)
			feed_blocks(o, ns, first, first + POOLED, BLOCK / 2, false);
	}
	assert_int_equal(hr_objects_finish(o, ns + 1000000, NULL), HR_OK);
	s = hr_objects_stats(o);
	hr_objects_free(o);
	return s;
}

static uint64_t cycles_of(const struct hr_objects_options *options)
{
	return run_of(options, CYCLES, false).cycles;
}

/* Under the trace's own settings cycles begin when they did; under settings that are asked for, by the rule. */
static void test_in_step(void **state)
{
	struct hr_objects_options options;

	(void)state;
	hr_objects_defaults(&options);
	options.gc = HR_GC_MODEL;
	assert_int_equal(cycles_of(&options), CYCLES);
	/* The models beside the likeliest know it, too. */
	options.vary.goal = 0.01;
	assert_int_equal(cycles_of(&options), CYCLES);
	options.vary.goal = 0;
	/* The rule: at 13.6 to 15.6 MiB. */
	options.by_rule = true;
	assert_in_range(cycles_of(&options), CYCLES / 4, CYCLES / 2);
	options.by_rule = false;
	options.gogc_given = true;
	assert_in_range(cycles_of(&options), CYCLES / 4, CYCLES / 2);
	options.pacing.gogc = 200;
	assert_in_range(cycles_of(&options), CYCLES / 8, CYCLES / 4);
	options.pacing.gogc = 100;
	options.limit_given = true;
	options.pacing.memory_limit_bytes = 11 << 20;
	assert_in_range(cycles_of(&options), CYCLES + 1, 50 * CYCLES);
}

/* What of n cycles is made anew, beside what is not pooled. */
static uint64_t pooled_births(const struct hr_objects_options *options, uint64_t n, uint64_t *cycles)
{
	struct hr_objects_stats s = run_of(options, n, true);

	*cycles = s.cycles;
	return s.allocated_objects - STAYS - n * A_CYCLE;
}

/* A cycle drops what is pooled: with fewer cycles a program makes fewer new ones, with more it makes more. */
static void test_pools(void **state)
{
	const uint64_t n = 90;
	struct hr_objects_options options;
	uint64_t cycles, fewer, made;

	(void)state;
	hr_objects_defaults(&options);
	options.gc = HR_GC_MODEL;
	assert_int_equal(pooled_births(&options, n, &cycles), n / 3 * POOLED);
	assert_int_equal(cycles, n);
	options.gogc_given = true;
	options.pacing.gogc = 200;
	made = pooled_births(&options, n, &fewer);
	assert_in_range(fewer, n / 8, n / 4);
	/* By the cycles; what the trace has not shown by then is made as recorded. */
	assert_in_range(made, fewer / 3 * POOLED, n / 3 * POOLED / 2);
	options.vary.no_pools = true;
	assert_int_equal(pooled_births(&options, n, &fewer), n / 3 * POOLED);
	options.vary.no_pools = false;
	options.pacing.gogc = 15;
	made = pooled_births(&options, n, &cycles);
	assert_in_range(cycles, n * 3 / 2, n * 6);
	assert_in_range(made, n / 3 * POOLED * 5 / 4, cycles / 3 * POOLED * 5 / 4);
}

HR_TEST_MAIN(objects)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_meta),    cmocka_unit_test(test_recorded_heap),
	    cmocka_unit_test(test_numbers), cmocka_unit_test(test_random_workloads),
	    cmocka_unit_test(test_assists), cmocka_unit_test(test_in_step),
	    cmocka_unit_test(test_pools),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
