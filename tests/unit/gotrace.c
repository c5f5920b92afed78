/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of Go execution traces: the shipped real traces against counts
 * that the Go toolchain's own reader made of them, and small traces built here,
 * byte by byte, for what real ones seldom show.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/reader.h"

#include "go_bytes.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ------------------------------------------------------------------- */

struct result {
	enum hr_status status; /* of the open, or of the last next */
	struct hr_error err;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event *ev;
	size_t n;
};

static struct result finish(enum hr_status status, struct hr_reader *r, struct hr_error err, size_t piece)
{
	struct result res = {.status = status, .err = err};
	size_t cap = 0, n;

	if (status != HR_OK)
		return res;
	do {
		if (cap - res.n < piece) {
			cap = 2 * cap + piece;
			res.ev = realloc(res.ev, cap * sizeof(*res.ev));
			assert_non_null(res.ev);
		}
		res.status = hr_reader_next(r, res.ev + res.n, piece, &n, &res.err);
		assert_int_equal(n > 0, res.status == HR_OK);
		assert_true(n <= piece);
		res.n += n;
	} while (res.status == HR_OK);
	/* The answer is repeated. */
	assert_int_equal(hr_reader_next(r, res.ev, 1, &n, NULL), res.status);
	assert_int_equal(n, 0);
	for (size_t i = 1; i < res.n; i++)
		assert_true(res.ev[i].time_ns >= res.ev[i - 1].time_ns);
	res.meta = *hr_reader_meta(r);
	res.stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return res;
}

static struct result read_bytes(const struct bytes *b, size_t n, unsigned want, size_t piece)
{
	struct hr_error err = {0};
	struct hr_reader *r;
	enum hr_status status = hr_reader_open_memory(b->data, n, &(struct hr_reader_options){.want = want}, &r, &err);

	return finish(status, r, err, piece);
}

static struct result read_sample(const char *name, unsigned want, size_t piece)
{
	struct hr_error err = {0};
	struct hr_reader *r;
	char path[4096];
	const char *top = getenv("top_srcdir");

	snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", name);
	enum hr_status status = hr_reader_open(path, &(struct hr_reader_options){.want = want}, &r, &err);
	return finish(status, r, err, piece);
}

/* --- real traces ---------------------------------------------------------------- */

/* What the Go 1.26 toolchain's reader makes of them. */
static const struct sample {
	const char *name;
	unsigned version;
	uint64_t generations, events, origin_ns, duration_ns, free_os_memory, forced;
	uint64_t counts[HR_EVENT_KIND_COUNT];
} samples[] = {
    {"bench-json-go123.trace.zst",
     23,
     1,
     1039760,
     2745214065664,
     590163904,
     0,
     7,
     {
	 [HR_EV_SPAN_EXISTS] = 91,   [HR_EV_SPAN_ALLOC] = 2620, [HR_EV_SPAN_FREE] = 1491, [HR_EV_OBJ_EXISTS] = 3037,
	 [HR_EV_OBJ_ALLOC] = 534573, [HR_EV_OBJ_FREE] = 362594, [HR_EV_STACK_EXISTS] = 6, [HR_EV_STACK_ALLOC] = 56,
	 [HR_EV_STACK_FREE] = 47,    [HR_EV_GC_BEGIN] = 16,	[HR_EV_GC_END] = 16,	  [HR_EV_SWEEP_BEGIN] = 675,
	 [HR_EV_SWEEP_END] = 675,    [HR_EV_ASSIST_BEGIN] = 26, [HR_EV_ASSIST_END] = 26,  [HR_EV_STW_BEGIN] = 49,
	 [HR_EV_STW_END] = 49,	     [HR_EV_HEAP_LIVE] = 3700,	[HR_EV_HEAP_GOAL] = 17,	  [HR_EV_GOMAXPROCS] = 50,
	 [HR_EV_SWEEP_DONE] = 16,    [HR_EV_SCAV_RUNS] = 29,
     }},
    {"phases-1p-go125.trace.zst",
     25,
     93,
     755160,
     2376118098624,
     93268205952,
     1,
     2,
     {
	 [HR_EV_SPAN_EXISTS] = 43,   [HR_EV_SPAN_ALLOC] = 43529, [HR_EV_SPAN_FREE] = 38469, [HR_EV_OBJ_EXISTS] = 299,
	 [HR_EV_OBJ_ALLOC] = 269683, [HR_EV_OBJ_FREE] = 243012,	 [HR_EV_STACK_EXISTS] = 5,  [HR_EV_STACK_ALLOC] = 9,
	 [HR_EV_STACK_FREE] = 5,     [HR_EV_GC_BEGIN] = 29,	 [HR_EV_GC_END] = 29,	    [HR_EV_SWEEP_BEGIN] = 21,
	 [HR_EV_SWEEP_END] = 21,     [HR_EV_ASSIST_BEGIN] = 30,	 [HR_EV_ASSIST_END] = 30,   [HR_EV_STW_BEGIN] = 59,
	 [HR_EV_STW_END] = 59,	     [HR_EV_HEAP_LIVE] = 62889,	 [HR_EV_HEAP_GOAL] = 30,    [HR_EV_GOMAXPROCS] = 152,
	 [HR_EV_LOG] = 935,	     [HR_EV_SWEEP_DONE] = 29,	 [HR_EV_SCAV_RUNS] = 123,
     }},
};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static void test_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		struct result r = read_sample(s->name, (unsigned)HR_WANT_ALL, 5000);
		uint64_t forced = 0, counted[HR_EVENT_KIND_COUNT] = {0};

		assert_int_equal(r.status, HR_END);
		assert_false(r.stats.cut);
		assert_int_equal(r.meta.version, s->version);
		assert_int_equal(r.meta.min_addr, MIN_ADDR);
		assert_int_equal(r.meta.clock_origin_ns, s->origin_ns);
		assert_int_equal(r.stats.generations, s->generations);
		assert_int_equal(r.stats.events_total, s->events);
		assert_int_equal(r.stats.last_time_ns, s->duration_ns);
		assert_int_equal(r.stats.free_os_memory, s->free_os_memory);
		for (size_t k = 0; k < r.n; k++) {
			counted[r.ev[k].kind]++;
			forced += (r.ev[k].flags & HR_EVF_FORCED_GC) != 0;
		}
		assert_int_equal(forced, s->forced);
		for (unsigned k = 0; k < HR_EVENT_KIND_COUNT; k++) {
			assert_int_equal(counted[k], r.stats.counts[k]);
			if (k != HR_EV_PROC_START && k != HR_EV_PROC_STOP)
				assert_int_equal(counted[k], s->counts[k]);
		}
		free(r.ev);
	}
}

static bool is_for_spans(const struct hr_event *e, uint64_t *procs)
{
	switch (e->kind) {
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
	case HR_EV_OBJ_FREE:
	case HR_EV_STACK_EXISTS:
	case HR_EV_STACK_ALLOC:
	case HR_EV_STACK_FREE:
	case HR_EV_SWEEP_BEGIN:
	case HR_EV_SWEEP_END:
	case HR_EV_ASSIST_BEGIN:
	case HR_EV_ASSIST_END:
	case HR_EV_HEAP_LIVE:
	case HR_EV_LOG:
		return false;
	case HR_EV_GOMAXPROCS:
		if (e->arg == *procs)
			return false;
		*procs = e->arg;
		return true;
	default:
		return true;
	}
}

/* Leaving the objects out before the merge leaves the rest as it is: order, times, Ps. */
static void check_skim(const struct result *all, const struct result *spans)
{
	uint64_t procs = 0;
	size_t k = 0;

	assert_int_equal(all->status, spans->status);
	assert_int_equal(all->stats.events_total, spans->stats.events_total);
	assert_int_equal(all->stats.last_time_ns, spans->stats.last_time_ns);
	assert_int_equal(all->stats.digest, spans->stats.digest);
	for (size_t i = 0; i < all->n; i++)
		if (is_for_spans(&all->ev[i], &procs)) {
			assert_true(k < spans->n);
			assert_memory_equal(&spans->ev[k], &all->ev[i], sizeof(spans->ev[k]));
			k++;
		}
	assert_int_equal(k, spans->n);
}

static void test_skim_is_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct result all = read_sample(samples[i].name, (unsigned)HR_WANT_ALL, 1000);
		struct result spans = read_sample(samples[i].name, HR_WANT_SPANS, 777);

		check_skim(&all, &spans);
		free(all.ev), free(spans.ev);
	}
}

/* --- made traces ----------------------------------------------------------------- */

/*
 * A random trace of several threads whose batches step back in time: what skim
 * and full make of it, and a merge done here the slow way.
 */
struct slow_event {
	uint64_t time, order;
	size_t thread;
	uint8_t type;
	uint64_t id;
};

static void test_merge(void **state)
{
	enum { THREADS = 7, BATCHES = 60, EVENTS = 40 };
	static struct bytes b, c;
	static struct slow_event slow[THREADS][BATCHES * EVENTS];
	static struct hr_event want[BATCHES * EVENTS];
	static const uint64_t freqs[] = {15625000, 1000000000, 3000000, 2899998123};
	uint64_t random = 3;

	(void)state;
	for (size_t round = 0; round < 40; round++) {
		size_t n[THREADS] = {0}, order[THREADS], threads = 0, at[THREADS] = {0}, total = 0;
		uint64_t now = 1000000, freq = freqs[round % 4];
		double f = 1e9 / (double)freq;

		header(&b, 25);
		frequency(&b, 25, 1, freq);
		info(&b, 1);
		for (size_t k = 0; k < BATCHES; k++) {
			size_t thread = test_random(&random) % THREADS;
			uint64_t ts = now - test_random(&random) % 200, since = 0;

			if (n[thread] == 0)
				order[threads++] = thread;
			c.n = 0;
			for (size_t i = 0; i < EVENTS; i++) {
				struct slow_event *e = &slow[thread][n[thread]++];
				uint64_t delta = test_random(&random) % (test_random(&random) % 16 == 0 ? 40000 : 9);

				since += delta;
				e->time = (uint64_t)((double)ts * f) + (uint64_t)((double)since * f);
				e->type = test_random(&random) % 5 == 0 ? 130 : 133; /* frees of spans, of objects */
				e->id = k * EVENTS + i;
				event(&c, e->type, delta, 1, e->id);
			}
			batch(&b, 1, thread, ts, &c);
			now += test_random(&random) % 100;
		}

		/* The smallest next time first, at equal times the thread whose first batch came first. */
		uint64_t origin = 0, last = 0;
		for (bool more = true; more;) {
			size_t best = 0;

			more = false;
			for (size_t i = 0; i < threads; i++) {
				size_t thread = order[i];

				if (at[thread] == n[thread])
					continue;
				if (!more || slow[thread][at[thread]].time < slow[best][at[best]].time)
					best = thread;
				more = true;
			}
			if (!more)
				break;
			struct slow_event *e = &slow[best][at[best]++];
			if (total == 0)
				origin = e->time;
			if (e->time > last)
				last = e->time;
			want[total++] = (struct hr_event){
			    .time_ns = last - origin,
			    .addr = MIN_ADDR + e->id * (e->type == 130 ? 8192 : 8),
			    .kind = e->type == 130 ? HR_EV_SPAN_FREE : HR_EV_OBJ_FREE,
			    .p = HR_NO_P,
			};
		}

		struct result all = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 1 + round);
		struct result spans = read_bytes(&b, b.n, HR_WANT_SPANS, 1 + round);
		assert_int_equal(all.status, HR_END);
		assert_int_equal(all.n, total);
		assert_int_equal(all.stats.threads, threads);
		assert_int_equal(all.stats.events_total, total);
		for (size_t i = 0; i < total; i++)
			assert_memory_equal(&all.ev[i], &want[i], sizeof(want[i]));
		check_skim(&all, &spans);
		free(all.ev), free(spans.ev);
	}
}

/* Which P an event has, and when Ps start and stop. */
static void test_procs(void **state)
{
	static struct bytes b, c;
	static const struct {
		uint8_t kind;
		int16_t p;
	} want[] = {
	    {HR_EV_PROC_START, 3}, {HR_EV_SPAN_FREE, 3}, {HR_EV_PROC_START, 5},	     {HR_EV_SPAN_FREE, 5},
	    {HR_EV_PROC_STOP, 3},  {HR_EV_SPAN_FREE, 5}, {HR_EV_SPAN_FREE, HR_NO_P}, {HR_EV_PROC_START, 3},
	    {HR_EV_PROC_STOP, 5},  {HR_EV_PROC_STOP, 7}, {HR_EV_SPAN_FREE, HR_NO_P}, {HR_EV_GOMAXPROCS, HR_NO_P},
	};

	(void)state;
	header(&b, 26);
	frequency(&b, 26, 4, 1000000000); /* the first generation of a file need not be 1 */
	info(&b, 4);
	c.n = 0;
	event(&c, 13, 10, 2, U(3), U(1)); /* 110: P 3 runs on thread 0 */
	event(&c, 130, 10, 1, U(1));	  /* 120 */
	event(&c, 130, 130, 1, U(2));	  /* 250: stolen from */
	event(&c, 10, 10, 2, U(3), U(2)); /* 260 */
	event(&c, 13, 10, 2, U(3), U(1)); /* 270: no news */
	event(&c, 13, 10, 2, U(9), U(4)); /* 280: tells nothing */
	batch(&b, 4, 0, 100, &c);
	c.n = 0;
	event(&c, 10, 10, 2, U(5), U(1));	 /* 140 */
	event(&c, 130, 10, 1, U(3));		 /* 150 */
	event(&c, 12, 10, 3, U(3), U(1), U(0));	 /* 160: steals P 3 from thread 0 */
	event(&c, 130, 10, 1, U(4));		 /* 170 */
	event(&c, 11, 130, 0);			 /* 300: P 5 stops */
	event(&c, 12, 10, 3, U(8), U(1), U(0));	 /* 310: thread 0 has another */
	event(&c, 12, 10, 3, U(8), U(1), U(77)); /* 320: nobody */
	event(&c, 13, 10, 2, U(7), U(2));	 /* 330: P 7 is idle */
	event(&c, 130, 10, 1, U(5));		 /* 340 */
	event(&c, 9, 10, 2, U(4), U(0));	 /* 350 */
	event(&c, 9, 10, 2, U(4), U(0));	 /* 360: no news */
	batch(&b, 4, 1, 130, &c);
	byte(&b, 52);

	struct result r = read_bytes(&b, b.n, HR_WANT_SPANS, 100);
	assert_int_equal(r.status, HR_END);
	assert_false(r.stats.cut);
	assert_int_equal(r.stats.generations, 1);
	assert_int_equal(r.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.ev[i].kind, want[i].kind);
		assert_int_equal(r.ev[i].p, want[i].p);
	}
	free(r.ev);
}

/* Who asked for a collection is in its stack; ids hold within a generation only. */
static void test_causes(void **state)
{
	static const char *const names[] = {"main.main", "runtime/debug.freeOSMemory", "runtime.GC"};
	static struct bytes b, c;

	(void)state;
	header(&b, 23);
	for (uint64_t generation = 1; generation <= 3; generation++) {
		if (generation == 1)
			info(&b, 1);
		c.n = 0;
		event(&c, 128, 1, 3, U(0), U(1), U(10));
		event(&c, 29, 10, 2, U(generation), U(6));
		event(&c, 30, 10, 1, U(generation));
		batch(&b, generation, 9, generation * 1000, &c);
		frequency(&b, 23, generation, 15625000);
		c.n = 0;
		byte(&c, 2);
		for (uint64_t id = 5; id <= 6; id++) {
			/* Stack 5 names all; stack 6 is the cycle's. */
			byte(&c, 3);
			varint(&c, id);
			varint(&c, id == 5 ? 3 : 2);
			for (uint64_t k = 0; k < (id == 5 ? 3 : 2); k++) {
				varint(&c, 0x400000 + k);
				varint(&c, id == 5 ? 10 + k : k == 0 ? 10 : 10 + generation - 1);
				varint(&c, 1);
				varint(&c, 17);
			}
		}
		batch(&b, generation, NO_THREAD, 0, &c);
		c.n = 0;
		byte(&c, 4);
		for (uint64_t k = 0; k < 3; k++) {
			byte(&c, 5);
			varint(&c, 10 + k);
			varint(&c, strlen(names[k]));
			put(&c, names[k], strlen(names[k]));
		}
		batch(&b, generation, NO_THREAD, 0, &c);
	}
	struct result r = read_bytes(&b, b.n, HR_WANT_SPANS, 100);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 11);
	assert_int_equal(r.stats.free_os_memory, 1);
	assert_int_equal(r.ev[1].flags, 0);
	assert_int_equal(r.ev[4].kind, HR_EV_SWEEP_DONE);
	assert_int_equal(r.ev[5].flags, HR_EVF_FREE_OS_MEMORY | HR_EVF_FORCED_GC);
	assert_int_equal(r.ev[9].flags, HR_EVF_FORCED_GC);
	free(r.ev);
}

/* A string, behind the others of a table. */
static void string(struct bytes *c, uint64_t id, const char *text)
{
	byte(c, 5);
	varint(c, id);
	varint(c, strlen(text));
	put(c, text, strlen(text));
}

/* The names that tell who works for the collector. */
static void strings_of_work(struct bytes *b, uint64_t generation, uint64_t first)
{
	static struct bytes c;

	c.n = 0;
	byte(&c, 4);
	string(&c, first, "GC (idle)");
	string(&c, first + 1, "GC background sweeper wait");
	string(&c, first + 2, "GC (fractional)");
	string(&c, first + 3, "GC (dedicated)");
	string(&c, first + 4, "GC assist wait");
	batch(b, generation, NO_THREAD, 0, &c);
}

/*
 * A cycle of two Ps over two generations, whose strings have other numbers, at
 * 1 ns a unit. What belongs to which part, and what to none, is beside each event.
 */
static void cycle_of_work(struct bytes *b)
{
	static struct bytes c;

	header(b, 25);
	frequency(b, 25, 1, 1000000000);
	info(b, 1);
	c.n = 0;
	event(&c, 9, 0, 2, U(2), U(0));		/* 1000: GOMAXPROCS 2 */
	event(&c, 128, 1, 3, U(0), U(4), U(1)); /* 1001: a manual span */
	event(&c, 16, 9, 2, U(7), U(1));	/* 1010: goroutine 7 */
	event(&c, 29, 90, 2, U(1), U(0));	/* 1100: the cycle begins */
	event(&c, 26, 10, 2, U(9), U(0));	/* 1110 */
	event(&c, 27, 50, 0);			/* 1160: the world has stopped for 50 */
	event(&c, 35, 40, 1, U(0));		/* 1200: an assist, */
	event(&c, 20, 100, 2, U(24), U(0));	/* 1300: after 100 it waits */
	event(&c, 16, 5, 2, U(30), U(1));	/* 1305: a worker, */
	event(&c, 39, 0, 1, U(23));		/* dedicated, goes on in the next generation */
	batch(b, 1, 0, 1000, &c);
	c.n = 0;
	event(&c, 16, 0, 2, U(31), U(1));  /* 1310 */
	event(&c, 39, 0, 1, U(20));	   /* idle */
	event(&c, 20, 30, 2, U(99), U(0)); /* 1340: for 30 */
	event(&c, 16, 10, 2, U(31), U(2)); /* 1350 */
	event(&c, 39, 0, 1, U(22));	   /* fractional */
	event(&c, 19, 7, 2, U(99), U(0));  /* 1357: for 7 */
	batch(b, 1, 1, 1310, &c);
	strings_of_work(b, 1, 20);
	frequency(b, 25, 2, 1000000000);
	c.n = 0;
	event(&c, 16, 0, 2, U(7), U(2));  /* 2000: the assist goes on on another thread, */
	event(&c, 36, 25, 0);		  /* 2025: for 25 */
	event(&c, 20, 5, 2, U(99), U(0)); /* 2030 */
	batch(b, 2, 1, 2000, &c);
	c.n = 0;
	event(&c, 26, 0, 2, U(9), U(0));   /* 2105: the worker, after 800, has found all marked */
	event(&c, 30, 10, 1, U(2));	   /* 2115 */
	event(&c, 38, 1, 1, U(4 << 20));   /* 2116: for 11, as the runtime counts */
	event(&c, 27, 9, 0);		   /* 2125 */
	event(&c, 20, 5, 2, U(99), U(0));  /* 2130 */
	event(&c, 16, 10, 2, U(3), U(1));  /* 2140: the sweeper */
	event(&c, 130, 10, 1, U(9));	   /* 2150: frees a span that had objects; */
	event(&c, 19, 10, 2, U(99), U(0)); /* 2160: for 20 */
	batch(b, 2, 0, 2105, &c);
	c.n = 0;
	event(&c, 16, 0, 2, U(8), U(1)); /* 2170 */
	event(&c, 32, 0, 1, U(0));	 /* allocation sweeps */
	event(&c, 130, 10, 1, U(77));	 /* 2180 */
	event(&c, 33, 5, 2, U(0), U(0)); /* 2185: for 15 */
	event(&c, 20, 0, 2, U(99), U(0));
	event(&c, 16, 15, 2, U(3), U(2));  /* 2200: the sweeper */
	event(&c, 130, 30, 1, U(0));	   /* 2230: has been through, after 30 */
	event(&c, 20, 70, 2, U(41), U(0)); /* 2300: and parks */
	batch(b, 2, 1, 2170, &c);
	strings_of_work(b, 2, 40);
}

/* Records that the reader told by its end. */
struct cpu_records {
	struct hr_gc_cpu at[64];
	size_t n;
};

static struct cpu_records read_cpu(struct hr_reader *r, size_t piece)
{
	struct cpu_records c = {.n = 0};
	struct hr_event ev[1000];
	size_t n;

	while (hr_reader_next(r, ev, piece, &n, NULL) == HR_OK)
		;
	const struct hr_sides *sides = hr_reader_sides(r);
	for (; c.n < sides->ngc_cpu; c.n++) {
		assert_true(c.n < 64);
		c.at[c.n] = sides->gc_cpu[c.n];
	}
	hr_reader_close(r);
	return c;
}

static void test_work(void **state)
{
	static struct bytes b;
	static const unsigned wants[] = {HR_WANT_SPANS, HR_WANT_SPANS | HR_WANT_OBJECTS, HR_WANT_SPANS | HR_WANT_GC_CPU,
					 (unsigned)HR_WANT_ALL};
	static const struct hr_gc_cpu want = {
	    .time_ns = 1115,
	    .cycle = HR_NOT_KNOWN,
	    .stw_ns = 50 + 11,
	    .procs = 2,
	    .assist_ns = 100 + 25,
	    .dedicated_ns = 800,
	    .fractional_ns = 7,
	    .idle_ns = 30,
	    .sweep_ns = 20 + 15 + 30,
	};

	(void)state;
	cycle_of_work(&b);
	for (size_t w = 0; w < 4; w++)
		for (size_t piece = 1; piece < 12; piece++) {
			struct hr_reader_options options = {.want = wants[w]};
			struct result r = read_bytes(&b, b.n, wants[w], piece);
			struct hr_reader *reader;

			assert_int_equal(r.status, HR_END);
			assert_true(r.meta.tells_sweeps);
			assert_int_equal(r.stats.counts[HR_EV_SWEEP_DONE], 1);
			for (size_t i = 0; i < r.n; i++)
				if (r.ev[i].kind == HR_EV_SWEEP_DONE)
					assert_int_equal(r.ev[i].time_ns, 2230 - 1000);
			free(r.ev);
			assert_int_equal(hr_reader_open_memory(b.data, b.n, &options, &reader, NULL), HR_OK);
			struct cpu_records c = read_cpu(reader, piece);
			assert_int_equal(c.n, w >= 2);
			if (w >= 2)
				assert_memory_equal(&c.at[0], &want, sizeof(want));
		}
}

/* A cycle whose start is not in the trace has no figures; one that is not swept when the next starts is swept then. */
static void test_part_of_work(void **state)
{
	static struct bytes b, c;
	struct hr_reader *reader;

	(void)state;
	header(&b, 25);
	frequency(&b, 25, 1, 1000000000);
	info(&b, 1);
	c.n = 0;
	event(&c, 9, 0, 2, U(2), U(0));
	event(&c, 128, 1, 3, U(0), U(4), U(10));
	event(&c, 28, 9, 1, U(1)); /* a cycle is going on */
	event(&c, 26, 10, 2, U(9), U(0));
	event(&c, 30, 10, 1, U(2));
	event(&c, 27, 10, 0);
	event(&c, 29, 60, 2, U(3), U(0)); /* 1100 */
	event(&c, 26, 10, 2, U(9), U(0));
	event(&c, 27, 50, 0);
	batch(&b, 1, 0, 1000, &c);
	struct result r = read_bytes(&b, b.n, HR_WANT_SPANS, 100);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.stats.counts[HR_EV_SWEEP_DONE], 1);
	for (size_t i = 0; i < r.n; i++)
		if (r.ev[i].kind == HR_EV_SWEEP_DONE)
			assert_int_equal(r.ev[i].time_ns, 100);
	free(r.ev);
	assert_int_equal(hr_reader_open_memory(b.data, b.n, &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL},
					       &reader, NULL),
			 HR_OK);
	assert_int_equal(read_cpu(reader, 100).n, 0);
}

static bool is_near(uint64_t ns, double ms, double least, double most)
{
	return (double)ns > least * ms * 1e6 && (double)ns < most * ms * 1e6;
}

/*
 * The shipped trace of one P beside what the runtime printed of its 29 cycles for
 * GODEBUG=gctrace=1: sums of the times in its lines. Tracing itself and the ends
 * of runs, which the runtime does not count, add some 2 %.
 */
static void test_work_beside_gctrace(void **state)
{
	struct hr_reader_options options = {.want = HR_WANT_SPANS | HR_WANT_GC_CPU};
	const char *top = getenv("top_srcdir");
	struct hr_gc_cpu all = {0};
	struct hr_reader *reader;
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/traces/phases-1p-go125.trace.zst", top != NULL ? top : ".");
	assert_int_equal(hr_reader_open(path, &options, &reader, NULL), HR_OK);
	struct cpu_records c = read_cpu(reader, 1000);
	assert_int_equal(c.n, 29);
	for (size_t i = 0; i < c.n; i++) {
		all.stw_ns += c.at[i].stw_ns * c.at[i].procs;
		all.assist_ns += c.at[i].assist_ns;
		all.dedicated_ns += c.at[i].dedicated_ns + c.at[i].fractional_ns;
		all.idle_ns += c.at[i].idle_ns;
		assert_true(c.at[i].sweep_ns != HR_NOT_KNOWN);
	}
	assert_true(is_near(all.stw_ns, 1.48, 0.9, 1.0));
	assert_true(is_near(all.assist_ns, 2.13, 1.0, 1.05));
	assert_true(is_near(all.dedicated_ns, 23.68, 1.0, 1.05));
	assert_true(is_near(all.idle_ns, 54.35, 1.0, 1.05));
	assert_true(is_near(all.stw_ns + all.assist_ns + all.dedicated_ns + all.idle_ns, 81.64, 1.0, 1.03));
}

/* What objects, stacks and spans carry. */
static void test_values(void **state)
{
	static struct bytes b, c;

	(void)state;
	header(&b, 25);
	frequency(&b, 25, 1, 15625000);
	info(&b, 1);
	c.n = 0;
	event(&c, 129, 100, 3, U(70), U(1), U(0x3a << 1));
	event(&c, 129, 1, 3, U(71), U(4), U(1));
	event(&c, 132, 1, 2, U(71681), U(34));
	event(&c, 132, 1, 2, U(71682), U(99));
	event(&c, 135, 1, 2, U(188), U(15));
	event(&c, 33, 1, 2, U(5000), U(3000));
	event(&c, 38, 1, 1, UINT64_MAX);
	batch(&b, 1, 9, 1000, &c);
	c.n = 0;
	byte(&c, 0);
	varint(&c, 34), varint(&c, 0x4a0000), varint(&c, 40), varint(&c, 8), varint(&c, 3), put(&c, "int", 3);
	byte(&b, 49);
	byte(&b, 1);
	batch_head(&b, 1, NO_THREAD, 0, c.n);
	put(&b, c.data, c.n);

	static const struct hr_event want[] = {
	    {0, MIN_ADDR + 70 * 8192, 8192, 0x74, HR_NO_P, HR_EV_SPAN_ALLOC, 0},
	    {64, MIN_ADDR + 71 * 8192, 32768, HR_SPAN_MANUAL, HR_NO_P, HR_EV_SPAN_ALLOC, 0},
	    {128, MIN_ADDR + 71681 * 8, 40, 1, HR_NO_P, HR_EV_OBJ_ALLOC, 0},
	    {192, MIN_ADDR + 71682 * 8, 0, 0, HR_NO_P, HR_EV_OBJ_ALLOC, 0}, /* no type has that id */
	    {256, MIN_ADDR + 188 * 2048, 16384, 0, HR_NO_P, HR_EV_STACK_ALLOC, 0},
	    {320, 0, 5000, 3000, HR_NO_P, HR_EV_SWEEP_END, 0},
	    {384, 0, UINT64_MAX, 0, HR_NO_P, HR_EV_HEAP_GOAL, 0},
	};
	struct result r = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 3);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.meta.clock_origin_ns, 1100 * 64);
	assert_int_equal(r.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < r.n; i++)
		assert_memory_equal(&r.ev[i], &want[i], sizeof(want[i]));
	free(r.ev);
}

/* --- what can be wrong -------------------------------------------------------------- */

/* A trace of two generations, a span in each; where[] tells its parts' ends. */
static void two_generations(struct bytes *b, unsigned version, size_t where[4])
{
	static struct bytes c;

	header(b, version);
	for (uint64_t generation = 1; generation <= 2; generation++) {
		if (version >= 25)
			frequency(b, version, generation, 15625000);
		if (generation == 1)
			info(b, 1);
		c.n = 0;
		event(&c, 129, 1, 3, U(generation), U(1), U(10));
		event(&c, 132, 1, 2, U(generation * 1024), U(0));
		batch(b, generation, 9, generation * 1000, &c);
		where[2 * generation - 2] = b->n;
		if (version < 25)
			frequency(b, version, generation, 15625000);
		if (version >= 26)
			byte(b, 52);
		where[2 * generation - 1] = b->n;
	}
}

static void test_cut(void **state)
{
	static const unsigned versions[] = {23, 25, 26};
	static struct bytes b;
	size_t where[4];

	(void)state;
	for (size_t v = 0; v < 3; v++) {
		two_generations(&b, versions[v], where);
		for (size_t n = 1; n <= b.n; n++) {
			struct result r = read_bytes(&b, n, (unsigned)HR_WANT_ALL, 10);
			/* Complete with its clock; from 25 on, events count as soon as they are there. */
			size_t first = versions[v] < 25 ? where[1] : where[0],
			       second = versions[v] < 25 ? where[3] : where[2];

			/* One that is seen to be cut off before its first usable event is empty; else it has none. */
			if (n < first) {
				assert_int_equal(r.status, r.stats.cut ? HR_END : HR_EINPUT);
				assert_int_equal(r.n, 0);
				free(r.ev);
				continue;
			}
			assert_int_equal(r.status, HR_END);
			assert_int_equal(r.n, n < second ? 2 : 4);
			assert_int_equal(r.stats.events_total, n < second ? 2 : 4);
			bool clean = n == b.n || n == where[1] || (versions[v] == 25 && n == where[3]);
			/* A generation of 25 that ends with a batch may be complete: it says nothing else. */
			if (versions[v] == 25 && !r.stats.cut)
				clean = true;
			assert_int_equal(r.stats.cut, !clean);
			if (r.stats.cut) {
				assert_int_equal(r.stats.cut_offset, n);
				assert_true(strlen(r.stats.cut_what) > 10);
			}
			free(r.ev);
		}
	}
	/* The dropped events are told. */
	two_generations(&b, 23, where);
	struct result r = read_bytes(&b, where[2], HR_WANT_SPANS, 10);
	assert_string_equal(r.stats.cut_what, "generation 2 has no clock frequency: its 2 events are dropped");
	assert_int_equal(r.stats.generations, 1);
	free(r.ev);
}

static void expect_error(const struct bytes *b, const char *part, uint64_t offset)
{
	for (unsigned want = HR_WANT_SPANS; want != 0; want = want == HR_WANT_SPANS ? (unsigned)HR_WANT_ALL : 0) {
		struct result r = read_bytes(b, b->n, want, 10);

		assert_int_equal(r.status, HR_EINPUT);
		assert_int_equal(r.err.status, HR_EINPUT);
		if (strstr(r.err.text, part) == NULL)
			fail_msg("\"%s\" for \"%s\"", r.err.text, part);
		if (offset != 0)
			assert_int_equal(r.err.offset, offset);
		free(r.ev);
	}
}

/* A trace of one generation with the given events. */
static void with_events(struct bytes *b, const struct bytes *content)
{
	header(b, 25);
	frequency(b, 25, 1, 15625000);
	info(b, 1);
	batch(b, 1, 9, 1000, content);
}

static void test_versions(void **state)
{
	static struct bytes b;

	(void)state;
	header(&b, 22);
	expect_error(&b, "GODEBUG=traceallocfree=1", 0);
	header(&b, 21);
	expect_error(&b, "Go 1.21", 0);
	b.n = 0;
	put(&b, "go 1.5 trace\0\0\0\0", 16);
	expect_error(&b, "Go 1.5, which cannot record heap events", 0);
	header(&b, 10);
	expect_error(&b, "Go 1.10", 0);
	header(&b, 26);
	expect_error(&b, "call trace.Stop", 16);
	header(&b, 24);
	expect_error(&b, "unknown version 1.24", 0);
	header(&b, 27);
	expect_error(&b, "unknown version 1.27", 0);
	put(&b, "go 2", b.n = 0);
	expect_error(&b, "empty", 0);
	put(&b, "hello, this is not a trace", 26);
	expect_error(&b, "not a trace of a known format", 0);
}

/* A heap that begins at a multiple of 512 KiB, but not of 4 MiB. */
static void test_small_chunks(void **state)
{
	static struct bytes b;

	(void)state;
	header(&b, 26);
	frequency(&b, 26, 1, 15625000);
	info_at(&b, 1, U(0x480000), 8192, 8, 2048);
	expect_error(&b, "WebAssembly", 0);
}

static void test_no_heap_events(void **state)
{
	static struct bytes b, c;

	(void)state;
	header(&b, 25);
	frequency(&b, 25, 1, 15625000);
	c.n = 0;
	event(&c, 16, 1, 2, U(1), U(1));
	batch(&b, 1, 9, 1000, &c);
	expect_error(&b, "GODEBUG=traceallocfree=1", 0);
	info(&b, 1);
	expect_error(&b, "no heap events", 0);
}

/* Damage behind the two generations: they are read, and the rest is told. */
static void expect_end(const struct bytes *b, const char *part, uint64_t offset)
{
	struct result r = read_bytes(b, b->n, (unsigned)HR_WANT_ALL, 10);

	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 4);
	assert_true(r.stats.cut);
	assert_int_equal(r.stats.cut_offset, offset);
	assert_non_null(strstr(r.stats.cut_what, part));
	free(r.ev);
}

/* Batches of generations that are over come at the next one's beginning; those of no generation are left out. */
static void test_late_batches(void **state)
{
	static struct bytes b, c;
	static const struct {
		uint64_t generation;
		enum hr_anomaly odd;
	} rows[] = {
	    {1, HR_ANOMALY_LATE_BATCH}, {0, HR_ANOMALY_IMPOSSIBLE_VALUE}, {U(1) << 60, HR_ANOMALY_IMPOSSIBLE_VALUE}};
	size_t where[4];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		two_generations(&b, 25, where);
		c.n = 0;
		event(&c, 130, 1, 1, U(1));
		batch(&b, rows[i].generation, 9, 1500, &c);
		struct result r = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 10);
		assert_int_equal(r.status, HR_END);
		assert_false(r.stats.cut);
		assert_int_equal(r.stats.anomalies[rows[i].odd], 1);
		assert_int_equal(r.n, i == 0 ? 5 : 4);
		/* Before what the thread did in the generation in which it stands. */
		if (i == 0)
			assert_int_equal(r.ev[2].kind, HR_EV_SPAN_FREE);
		free(r.ev);
	}
	/* A generation is missing. */
	two_generations(&b, 25, where);
	frequency(&b, 25, 4, 15625000);
	batch(&b, 4, 9, 4000, &c);
	struct result r = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 10);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 5);
	assert_int_equal(r.stats.anomalies[HR_ANOMALY_LOST_GENERATION], 1);
	free(r.ev);
}

/* WebAssembly has chunks of 64 pages from Go 1.26 on: its heap lies below 4 GiB, but pointers have 8 bytes. */
static void test_wide_pointers(void **state)
{
	static const struct {
		unsigned version;
		uint64_t base, pointer_bytes;
		bool refused;
	} rows[] = {
	    {26, 0x1e80000, 8, true},	       {26, 0x2000000, 8, true},  {26, 0x2000000, 4, false},
	    {26, U(0x7f0000000000), 8, false}, {25, 0x2000000, 8, false},
	};
	static struct bytes b, c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		header(&b, rows[i].version);
		frequency(&b, rows[i].version, 1, 15625000);
		info_at(&b, 1, rows[i].base, 8192, 8, 2048);
		c.n = 0;
		event(&c, 129, 5, 3, U(1), U(1), U(10));
		batch(&b, 1, 9, 1000, &c);
		/* Two types: id, address, bytes, bytes with pointers, name. */
		c.n = 0;
		byte(&c, 0);
		for (uint64_t id = 1; id <= 2; id++) {
			varint(&c, id);
			varint(&c, 0x500000 + id);
			varint(&c, id == 1 ? 24 : rows[i].pointer_bytes);
			varint(&c, id == 1 ? 0 : rows[i].pointer_bytes);
			varint(&c, 6);
			put(&c, id == 1 ? "main.T" : "*int64", 6);
		}
		byte(&b, 49);
		byte(&b, 1);
		batch_head(&b, 1, NO_THREAD, 0, c.n);
		put(&b, c.data, c.n);
		if (rows[i].version >= 26)
			byte(&b, 52);
		/* Whatever is wanted of it. */
		for (unsigned want = HR_WANT_SPANS; want != 0;
		     want = want == HR_WANT_SPANS ? (unsigned)HR_WANT_ALL : 0) {
			struct result r = read_bytes(&b, b.n, want, 10);
			assert_int_equal(r.status, rows[i].refused ? HR_EINPUT : HR_END);
			assert_int_equal(r.n, !rows[i].refused);
			if (rows[i].refused)
				assert_non_null(strstr(r.err.text, "WebAssembly"));
			free(r.ev);
		}
	}
}

/* A program that crashes writes buffers again, in their generation or behind it: they are read once. */
static void test_repeated_batches(void **state)
{
	static struct bytes b, c;

	(void)state;
	for (unsigned which = 0; which < 4; which++) {
		header(&b, 25);
		frequency(&b, 25, 1, 15625000);
		info(&b, 1);
		c.n = 0;
		event(&c, 129, 5, 3, U(1), U(1), U(10));
		event(&c, 129, 5, 3, U(2), U(1), U(10));
		batch(&b, 1, 9, 1000, &c);
		if (which == 1)
			batch(&b, 1, 9, 1000, &c);
		frequency(&b, 25, 2, 15625000);
		c.n = 0;
		event(&c, 130, 5, 1, U(1));
		batch(&b, 2, 9, 2000, &c);
		c.n = 0;
		event(&c, 129, 5, 3, which == 3 ? U(3) : U(1), U(1), U(10));
		event(&c, 129, 5, 3, U(2), U(1), U(10));
		/* The same again; or another that begins at the same tick of the clock, which is not left out. */
		if (which >= 2)
			batch(&b, 1, 9, 1000, &c);
		struct result r = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 10);
		assert_int_equal(r.status, HR_END);
		assert_int_equal(r.n, which == 3 ? 5 : 3);
		assert_int_equal(r.stats.anomalies[HR_ANOMALY_REPEATED_BATCH], which == 1 || which == 2);
		assert_int_equal(r.stats.anomalies[HR_ANOMALY_LATE_BATCH], which == 3);
		free(r.ev);
	}
}

/* A trace behind another one: the first is read, the second is named. */
static void test_second_trace(void **state)
{
	static struct bytes b, second;
	char want[64];
	size_t where[4];

	(void)state;
	for (unsigned version = 25; version <= 26; version++) {
		two_generations(&b, version, where);
		two_generations(&second, 26, where);
		snprintf(want, sizeof(want), "at byte %zu a second trace begins, of Go 1.26", b.n);
		put(&b, second.data, second.n);
		struct result r = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 10);
		assert_int_equal(r.status, HR_END);
		assert_int_equal(r.n, 4);
		assert_false(r.stats.cut);
		assert_int_equal(r.stats.nassumed, 1);
		assert_memory_equal(r.stats.assumed[0], want, strlen(want));
		assert_int_equal(r.stats.bytes_read, b.n);
		free(r.ev);
	}
}

/* A flight recorder's window: no description of the heap, no snapshot. */
static void test_window(void **state)
{
	static struct bytes b, c;

	(void)state;
	header(&b, 26);
	frequency(&b, 26, 50, 15625000);
	c.n = 0;
	event(&c, 130, 1, 1, U(7));
	event(&c, 129, 1, 3, U(8), U(1), U(10));
	batch(&b, 50, 9, 1000, &c);
	byte(&b, 52);
	for (int told = 0; told < 2; told++) {
		const uint64_t base = told ? U(0x1234560000) : MIN_ADDR;
		struct hr_error err = {0};
		struct hr_reader *reader;
		enum hr_status status = hr_reader_open_memory(
		    b.data, b.n, &(struct hr_reader_options){.want = HR_WANT_SPANS, .min_addr = told ? base : 0},
		    &reader, &err);
		struct result r = finish(status, reader, err, 10);
		assert_int_equal(r.status, HR_END);
		assert_true(r.meta.window);
		assert_int_equal(r.meta.min_addr, base);
		assert_int_equal(r.stats.nassumed, !told);
		assert_int_equal(r.n, 2);
		assert_int_equal(r.ev[0].addr, base + 7 * 8192);
		free(r.ev);
	}
}

static void test_damaged(void **state)
{
	static struct bytes b, c, d;
	size_t where[4];

	(void)state;
	/* Structure: behind the first generation the trace ends there. */
	two_generations(&b, 25, where);
	byte(&b, 77);
	expect_end(&b, "neither a batch", where[3]);
	two_generations(&b, 25, where);
	byte(&b, 52);
	expect_end(&b, "the end of a generation", where[3]);
	two_generations(&b, 25, where);
	byte(&b, 1);
	batch_head(&b, 2, 9, 1000, 65537);
	expect_end(&b, "65,536", where[3]);
	two_generations(&b, 25, where);
	byte(&b, 1);
	for (int i = 0; i < 11; i++)
		byte(&b, 0xff);
	expect_end(&b, "neither a batch", where[3]);
	two_generations(&b, 25, where);
	b.n = where[0];
	byte(&b, 77);
	expect_error(&b, "neither a batch", where[0]);

	/* Events: an unknown type, a number without an end, arguments beyond the batch. */
	c.n = 0;
	for (int i = 0; i < 50; i++)
		event(&c, 133, 1, 1, U(1000));
	d = c;
	byte(&d, 7);
	byte(&d, 1);
	with_events(&b, &d);
	expect_error(&b, "7 is not the type of an event", b.n - 2);
	d = c;
	byte(&d, 133);
	with_events(&b, &d);
	expect_error(&b, "bad number", b.n - 1);
	d = c;
	event(&d, 132, 1, 1, U(1000));
	with_events(&b, &d);
	expect_error(&b, "bad number", 0);
	d = c;
	byte(&d, 133);
	for (int i = 0; i < 12; i++)
		byte(&d, 0x80);
	byte(&d, 1);
	with_events(&b, &d);
	expect_error(&b, "bad number", 0);
}

/* Events before the damage are handed out; those of its generation are not. */
static void test_damage_comes_late(void **state)
{
	static struct bytes b;
	size_t where[4];

	(void)state;
	two_generations(&b, 25, where);
	b.data[where[2] - 5] = 7; /* a type in the second generation */
	struct result r = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 10);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 2);
	assert_true(r.stats.cut);
	assert_non_null(strstr(r.stats.cut_what, "7 is not the type of an event; what is before is used"));
	free(r.ev);
}

/* The fast way and the careful way take batches of all lengths. */
static void test_lengths(void **state)
{
	static struct bytes b, c;
	uint64_t random = 11;

	(void)state;
	for (size_t n = 1; n < 60; n++) {
		uint64_t objects = 0, total = 0;

		header(&b, 25);
		frequency(&b, 25, 1, 15625000);
		info(&b, 1);
		for (uint64_t thread = 0; thread < 1 + n % 9; thread++) {
			c.n = 0;
			for (size_t i = 0; i < n; i++) {
				uint64_t x = test_random(&random) >> (24 + test_random(&random) % 40);

				total++;
				switch (test_random(&random) % 4) {
				case 0:
					event(&c, 48, x, 4, x, x, x, x); /* no memory event */
					break;
				case 1:
					event(&c, 132, x % 300, 2, x, test_random(&random) % 1000);
					objects++;
					break;
				default:
					event(&c, 133, x % 100, 1, x);
					objects++;
				}
			}
			event(&c, 130, 1, 1, U(1));
			total++;
			batch(&b, 1, thread, 1000, &c);
		}
		struct result all = read_bytes(&b, b.n, (unsigned)HR_WANT_ALL, 64);
		struct result spans = read_bytes(&b, b.n, HR_WANT_SPANS, 64);
		assert_int_equal(all.status, HR_END);
		assert_int_equal(all.stats.events_total, total);
		assert_int_equal(all.n, objects + 1 + n % 9);
		check_skim(&all, &spans);
		free(all.ev), free(spans.ev);
	}
}

HR_TEST_MAIN(gotrace)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_skim_is_full),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_procs),
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_work),
	    cmocka_unit_test(test_part_of_work),
	    cmocka_unit_test(test_work_beside_gctrace),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_small_chunks),
	    cmocka_unit_test(test_no_heap_events),
	    cmocka_unit_test(test_late_batches),
	    cmocka_unit_test(test_repeated_batches),
	    cmocka_unit_test(test_wide_pointers),
	    cmocka_unit_test(test_second_trace),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_damage_comes_late),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("gotrace", tests, NULL, NULL);
}
