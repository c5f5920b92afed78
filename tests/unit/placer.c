/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The placer: what events become, by hand-made traces; and that whatever the
 * trace holds, a naive follower of the placements finds nothing wrong.
 */
#include "config.h"

#include "replay/placement/placer.h"

#include "place_check.h"
#include "testing.h"

#include <inttypes.h>
#include <stdio.h>

#define BASE_ADDR UINT64_C(0xc000000000)
#define BASE (BASE_ADDR / HR_PAGE_BYTES)
#define MS UINT64_C(1000000)

static const struct hr_trace_meta go_trace = {.format = HR_FORMAT_GO,
					      .version = 23,
					      .go_minor = 23,
					      .has_spans = true,
					      .has_addresses = true,
					      .has_procs = true,
					      .min_addr = BASE_ADDR};
static const struct hr_trace_meta go126_trace = {.format = HR_FORMAT_GO,
						 .version = 26,
						 .go_minor = 26,
						 .has_spans = true,
						 .padded = true,
						 .has_addresses = true,
						 .has_procs = true,
						 .min_addr = BASE_ADDR};
static const struct hr_trace_meta text_trace = {
    .format = HR_FORMAT_TEXT, .version = 1, .has_addresses = true, .has_procs = true, .strict = true};
static const struct hr_trace_meta id_trace = {.format = HR_FORMAT_TEXT, .version = 1, .strict = true};
static const struct hr_placer_options usual = {.address_bits = 48, .flush_idle_caches = true, .start_free = true};

struct fixture {
	struct hr_placer *placer;
	struct hr_event ev[256];
	size_t n;
	struct hr_place *r; /* what came out */
	size_t nr;
	enum hr_status status;
	struct hr_error err;
	struct hr_placer_stats stats;
};

static void take(struct fixture *f)
{
	size_t n;
	const struct hr_place *r = hr_placer_take(f->placer, &n);

	f->r = realloc(f->r, (f->nr + n + 1) * sizeof(*r));
	assert_non_null(f->r);
	if (n > 0)
		memcpy(f->r + f->nr, r, n * sizeof(*r));
	f->nr += n;
}

/* Feeds all events, `step` at a time. */
static void run(struct fixture *f, const struct hr_trace_meta *meta, const struct hr_placer_options *o, size_t step)
{
	struct place_check check;

	free(f->r);
	f->r = NULL;
	f->nr = 0;
	assert_int_equal(hr_placer_new(meta, o, &f->placer, &f->err), HR_OK);
	f->status = HR_OK;
	for (size_t i = 0; i < f->n && f->status == HR_OK; i += step) {
		f->status = hr_placer_feed(f->placer, f->ev + i, f->n - i < step ? f->n - i : step, &f->err);
		take(f);
	}
	if (f->status == HR_OK) {
		f->status = hr_placer_finish(f->placer, 0, &f->err);
		take(f);
	}
	f->stats = hr_placer_stats(f->placer);
	hr_placer_free(f->placer);

	place_check_init(&check, o->address_bits == 48 ? BASE : 0);
	for (size_t i = 0; i < f->nr; i++) {
		const char *wrong = place_check(&check, &f->r[i]);

		if (wrong != NULL)
			fail_msg("record %zu of kind %u: %s", i, f->r[i].kind, wrong);
	}
	assert_true(f->status != HR_OK || check.ended);
	place_check_release(&check);
}

static struct hr_event *add(struct fixture *f, uint64_t time_ns, unsigned kind)
{
	struct hr_event *e = &f->ev[f->n++];

	assert_true(f->n <= sizeof(f->ev) / sizeof(f->ev[0]));
	*e = (struct hr_event){.time_ns = time_ns, .kind = (uint8_t)kind, .p = HR_NO_P};
	return e;
}

static void span(struct fixture *f, uint64_t time_ns, unsigned kind, int p, uint64_t page, uint64_t npages, bool manual)
{
	struct hr_event *e = add(f, time_ns, kind);

	e->p = (int16_t)p;
	e->addr = BASE_ADDR + page * HR_PAGE_BYTES;
	e->size = npages * HR_PAGE_BYTES;
	e->arg = manual;
}

static void proc(struct fixture *f, uint64_t time_ns, unsigned kind, int p)
{
	add(f, time_ns, kind)->p = (int16_t)p;
}

static void end(struct fixture *f)
{
	free(f->r);
}

/* The first record of that kind at or after `from`; the number of records: none. */
static size_t find(const struct fixture *f, unsigned kind, size_t from)
{
	while (from < f->nr && f->r[from].kind != kind)
		from++;
	return from;
}

static size_t count(const struct fixture *f, unsigned kind)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nr; i++)
		n += f->r[i].kind == kind;
	return n;
}

/* --- the start ------------------------------------------------------------ */

static void test_start(void **state)
{
	struct fixture f = {0};

	(void)state;
	add(&f, 5, HR_EV_GOMAXPROCS)->arg = 4;
	span(&f, 10, HR_EV_SPAN_EXISTS, 0, 10, 2, true);
	span(&f, 11, HR_EV_SPAN_EXISTS, 0, 0, 1, false);
	span(&f, 12, HR_EV_SPAN_EXISTS, 0, 600, 5, false);
	span(&f, 20, HR_EV_SPAN_ALLOC, 1, 1, 1, false);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.status, HR_OK);
	assert_int_equal(f.r[0].kind, HR_PLACE_GROW);
	assert_int_equal(f.r[0].npages, 1024);
	assert_int_equal(f.r[0].flags, HR_PLACE_INITIAL);
	assert_true(f.stats.mid_life && f.stats.recorded);
	/* Holes were used once, so that they are free; what lies behind was not. */
	assert_int_equal(count(&f, HR_PLACE_ALLOC), 3 + 2);
	assert_int_equal(count(&f, HR_PLACE_FREE), 2);
	assert_int_equal(f.r[find(&f, HR_PLACE_PROCS, 0)].arg, 4);
	/* The span after the start came from P 1's cache, filled with what was free of the block. */
	size_t fill = find(&f, HR_PLACE_CACHE_FILL, 0);
	assert_int_equal(f.r[fill].arg, ~UINT64_C(0xc01));
	assert_int_equal(f.r[fill].cache_p, 1);
	assert_int_equal(f.r[fill + 1].kind, HR_PLACE_CACHE_USE);
	assert_int_equal(f.r[fill + 1].flags, HR_PLACE_COMPLETE);
	assert_int_equal(f.r[fill + 1].in_use_pages, 7);
	assert_int_equal(f.r[fill + 1].manual_pages, 2);
	assert_int_equal(f.stats.forced_same, 1);
	assert_int_equal(f.r[f.nr - 1].kind, HR_PLACE_END);
	assert_int_equal(f.r[f.nr - 1].time_ns, 20);
	end(&f);
}

static void test_padding(void **state)
{
	struct fixture f = {0};

	(void)state;
	span(&f, 10, HR_EV_SPAN_EXISTS, 0, 100, 2, false);
	span(&f, 20, HR_EV_SPAN_ALLOC, 0, 102, 1, false);
	/* Mid-life, what was taken for padding may have been free: a span there is right. */
	span(&f, 30, HR_EV_SPAN_ALLOC, 0, 50, 20, false);
	run(&f, &go126_trace, &usual, 100);
	assert_int_equal(f.status, HR_OK);
	size_t pad = find(&f, HR_PLACE_ALLOC, 0);
	assert_int_equal(f.r[pad].flags, HR_PLACE_PADDING);
	assert_int_equal(f.r[pad].npages, 100);
	assert_int_equal(f.r[pad].manual_pages, 0);
	assert_int_equal(f.r[f.nr - 1].in_use_pages, 23);
	assert_int_equal(f.r[f.nr - 1].manual_pages, 0);
	run(&f, &go_trace, &usual, 100);
	assert_int_not_equal(f.r[find(&f, HR_PLACE_ALLOC, 0)].flags, HR_PLACE_PADDING);
	end(&f);
}

static void test_nothing(void **state)
{
	struct fixture f = {0};

	(void)state;
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.nr, 1);
	assert_false(f.stats.mid_life);
	add(&f, 7, HR_EV_HEAP_GOAL)->size = 4 << 20;
	add(&f, 9, HR_EV_LOG);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.nr, 2);
	assert_int_equal(f.r[0].kind, HR_PLACE_HEAP_GOAL);
	assert_int_equal(f.r[0].arg, 4 << 20);
	assert_int_equal(f.r[1].time_ns, 9);
	end(&f);
}

/* --- spans ---------------------------------------------------------------- */

/* The naive follower has too few pages for what lies 100 TiB apart. */
static void test_far_apart(void **state)
{
	struct hr_event ev[3];
	struct fixture f = {0};
	struct hr_error err;
	struct hr_placer *pl;
	size_t n;

	(void)state;
	span(&f, 1, HR_EV_SPAN_ALLOC, 0, 0, 1, false);
	span(&f, 2, HR_EV_SPAN_ALLOC, 0, (UINT64_C(100) << 40) / HR_PAGE_BYTES, 3, false);
	span(&f, 3, HR_EV_SPAN_ALLOC, 0, 1, 1, false);
	memcpy(ev, f.ev, sizeof(ev));
	assert_int_equal(hr_placer_new(&text_trace, &usual, &pl, &err), HR_OK);
	assert_int_equal(hr_placer_feed(pl, ev, 3, &err), HR_OK);
	assert_int_equal(hr_placer_finish(pl, 0, &err), HR_OK);
	const struct hr_place *r = hr_placer_take(pl, &n);
	assert_int_equal(r[n - 1].mapped_pages, 1024);
	assert_int_equal(r[n - 1].in_use_pages, 5);
	assert_int_equal(hr_placer_stats(pl).grown_bytes, 8 << 20);
	hr_placer_free(pl);
}

static void test_grown_bytes(void **state)
{
	struct fixture f = {0};

	(void)state;
	span(&f, 1, HR_EV_SPAN_ALLOC, 0, 0, 1, false);
	/* Room for 64 more pages would do, but growth is by the request. */
	span(&f, 2, HR_EV_SPAN_ALLOC, 0, 64, 512, false);
	run(&f, &go_trace, &usual, 1);
	size_t last = f.nr - 2;
	assert_int_equal(f.r[last].kind, HR_PLACE_ALLOC);
	assert_int_equal(f.r[last].arg, 4 << 20);
	assert_int_equal(f.r[last].mapped_pages, 1024);
	assert_int_equal(f.stats.forced_same, 1); /* first fit would have begun at page 1 */
	end(&f);
}

static void test_foreign_cache(void **state)
{
	struct fixture f = {0};

	(void)state;
	span(&f, 1, HR_EV_SPAN_EXISTS, 0, 0, 1, false);
	span(&f, 2, HR_EV_SPAN_ALLOC, 0, 1, 1, false);
	span(&f, 3, HR_EV_SPAN_ALLOC, 1, 20, 1, false); /* in P 0's cache */
	span(&f, 4, HR_EV_SPAN_ALLOC, 0, 2, 1, false);
	span(&f, 5, HR_EV_SPAN_ALLOC, 1, 60, 8, false); /* half in P 0's cache */
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.stats.foreign_cache, 1);
	size_t flush = find(&f, HR_PLACE_CACHE_FLUSH, 0);
	assert_true(flush < f.nr);
	assert_int_equal(f.r[flush].cache_p, 0);
	end(&f);
}

static void test_lost_spans(void **state)
{
	struct fixture f = {0};

	(void)state;
	span(&f, 1, HR_EV_SPAN_EXISTS, 0, 0, 1, false);
	span(&f, 2, HR_EV_SPAN_ALLOC, 0, 1, 1, false);
	/* Pages 2 to 5 are passed over in P 0's cache: something has them. */
	span(&f, 3, HR_EV_SPAN_ALLOC, 0, 6, 1, false);
	span(&f, 4, HR_EV_SPAN_ALLOC, 0, 7, 1, false);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.stats.forced_same, 2);
	assert_int_equal(f.r[f.nr - 1].manual_pages, 4);
	assert_int_equal(f.r[f.nr - 1].in_use_pages, 4);
	/* An unknown span of their first page is freed: it was that. */
	span(&f, 5, HR_EV_SPAN_FREE, 0, 2, 0, false);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.stats.unknown_frees, 1);
	assert_int_equal(f.r[f.nr - 1].manual_pages, 0);
	end(&f);
}

static void test_dropped_span(void **state)
{
	struct fixture f = {0};

	(void)state;
	span(&f, 1, HR_EV_SPAN_EXISTS, 0, 0, 4, false);
	span(&f, 2, HR_EV_SPAN_ALLOC, 0, 2, 4, false); /* over it */
	span(&f, 3, HR_EV_SPAN_FREE, 0, 0, 0, false);  /* late */
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.stats.dropped_spans, 1);
	assert_int_equal(f.stats.swallowed_frees, 1);
	assert_int_equal(f.stats.unknown_frees, 0);
	assert_int_equal(f.r[f.nr - 1].in_use_pages, 4);
	/* After a mark done, such a free is another span's. */
	f.n = 2;
	add(&f, 3, HR_EV_GC_END);
	span(&f, 4, HR_EV_SPAN_FREE, 0, 0, 0, false);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.stats.swallowed_frees, 0);
	assert_int_equal(f.stats.unknown_frees, 1);
	end(&f);
}

/* Strict traces: what can't be is an error with a sentence. */
static void test_strict(void **state)
{
	static const struct {
		unsigned kind;
		uint64_t page, npages;
		const char *text;
	} cases[] = {
	    {HR_EV_SPAN_FREE, 1, 0, "span 0xc000002000 freed at 12.5 ms was never allocated"},
	    {HR_EV_SPAN_ALLOC, 0, 1, "span 0xc000000000 (1 pages) allocated at 12.5 ms overlaps a live one"},
	    {HR_EV_SPAN_EXISTS, 3, 2, "overlaps a live one"},
	    {HR_EV_SPAN_ALLOC, 9, UINT64_C(1) << 40, "a span of 9007199254740992 bytes at 12.5 ms"},
	    {HR_EV_SPAN_ALLOC, UINT64_C(1) << 35, 1, "lies beyond an address space of 48 bits"},
	};
	struct hr_placer_options modelled = usual;

	(void)state;
	modelled.placement = HR_PLACEMENT_MODELLED;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = {0};

		span(&f, 0, HR_EV_SPAN_ALLOC, 0, 0, 4, false);
		span(&f, 12500000, cases[i].kind, 0, cases[i].page, cases[i].npages, false);
		run(&f, &text_trace, &usual, 1);
		assert_int_equal(f.status, HR_EINPUT);
		if (strstr(f.err.text, cases[i].text) == NULL)
			fail_msg("%s", f.err.text);
		if (i < 2) {
			run(&f, &text_trace, &modelled, 1);
			assert_int_equal(f.status, HR_EINPUT);
		}
		end(&f);
	}
}

static void test_usage(void **state)
{
	struct hr_placer_options o = usual;
	struct hr_placer *pl;
	struct hr_error err;

	(void)state;
	o.placement = HR_PLACEMENT_RECORDED;
	assert_int_equal(hr_placer_new(&id_trace, &o, &pl, &err), HR_EUSAGE);
	o.address_bits = 32;
	assert_int_equal(hr_placer_new(&go_trace, &o, &pl, &err), HR_EUSAGE);
	o.address_bits = 31;
	assert_int_equal(hr_placer_new(&go_trace, &o, &pl, &err), HR_EUSAGE);
}

static void test_modelled(void **state)
{
	struct hr_placer_options o = usual;
	struct fixture f = {0};

	(void)state;
	o.placement = HR_PLACEMENT_MODELLED;
	span(&f, 1, HR_EV_SPAN_EXISTS, 0, 5, 3, false);
	span(&f, 2, HR_EV_SPAN_ALLOC, HR_NO_P, 300, 6, false);
	span(&f, 3, HR_EV_SPAN_FREE, HR_NO_P, 300, 0, false);
	run(&f, &text_trace, &o, 1);
	assert_int_equal(f.status, HR_OK);
	size_t last = find(&f, HR_PLACE_END, 0) - 2;
	assert_int_equal(f.r[last].page, BASE + 8); /* the start keeps its place */
	assert_int_equal(f.r[last + 1].kind, HR_PLACE_FREE);
	assert_int_equal(f.r[last + 1].page, BASE + 8);
	/* 32 bits: everything is placed anew. */
	o = usual;
	o.address_bits = 32;
	run(&f, &text_trace, &o, 1);
	assert_int_equal(f.status, HR_OK);
	assert_int_equal(f.r[0].page, 0x40000000 / HR_PAGE_BYTES);
	assert_int_equal(f.r[0].flags, HR_PLACE_INITIAL);
	assert_int_equal(f.r[1].page, 0x40000000 / HR_PAGE_BYTES);
	assert_false(f.stats.recorded);
	end(&f);
}

/* --- cycles --------------------------------------------------------------- */

/* Two Ps with caches, a cycle's end at 100 ms, the world going on 3 ms later; P 1 starts again after so long. */
static void a_cycle(struct fixture *f, uint64_t starts_after_ns)
{
	proc(f, 1, HR_EV_PROC_START, 0);
	proc(f, 1, HR_EV_PROC_START, 1);
	span(f, 2, HR_EV_SPAN_ALLOC, 0, 0, 1, false);
	span(f, 3, HR_EV_SPAN_ALLOC, 0, 1, 1, false);
	span(f, 4, HR_EV_SPAN_ALLOC, 1, 64, 1, false);
	add(f, 10, HR_EV_GC_BEGIN);
	add(f, 100 * MS, HR_EV_STW_BEGIN);
	proc(f, 100 * MS, HR_EV_PROC_STOP, 1);
	add(f, 101 * MS, HR_EV_GC_END);
	add(f, 101 * MS, HR_EV_HEAP_GOAL)->size = 4 << 20;
	add(f, 104 * MS, HR_EV_STW_END);
	span(f, 104 * MS + 10, HR_EV_SPAN_FREE, HR_NO_P, 1, 0, false);
	proc(f, 104 * MS + starts_after_ns, HR_EV_PROC_START, 1);
}

static void test_idle_flush(void **state)
{
	struct hr_placer_options o = usual;
	struct fixture f = {0};

	(void)state;
	a_cycle(&f, 2 * MS);
	for (size_t step = 1; step < 14; step += 6) {
		run(&f, &go_trace, &usual, step);
		size_t flush = find(&f, HR_PLACE_CACHE_FLUSH, 0);
		assert_true(flush < f.nr);
		assert_int_equal(f.r[flush].cache_p, 1);
		assert_int_equal(f.r[flush].time_ns, 104 * MS);
		assert_int_equal(count(&f, HR_PLACE_CACHE_FLUSH), 1);
		assert_true(find(&f, HR_PLACE_MARK_DONE, 0) < flush);
		assert_true(find(&f, HR_PLACE_FREE, 0) > flush);
	}
	o.flush_idle_caches = false;
	run(&f, &go_trace, &o, 1);
	assert_int_equal(count(&f, HR_PLACE_CACHE_FLUSH), 0);
	f.n = 0;
	a_cycle(&f, MS / 2);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(count(&f, HR_PLACE_CACHE_FLUSH), 0);
	end(&f);
}

static void test_fewer_procs(void **state)
{
	struct fixture f = {0};

	(void)state;
	span(&f, 1, HR_EV_SPAN_EXISTS, 0, 0, 1, false);
	span(&f, 2, HR_EV_SPAN_ALLOC, 1, 1, 1, false);
	add(&f, 3, HR_EV_GOMAXPROCS)->arg = 1;
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(count(&f, HR_PLACE_CACHE_FLUSH), 1);
	end(&f);
}

static void cycle_at(struct fixture *f, uint64_t ms, unsigned flags)
{
	add(f, ms * MS, HR_EV_GC_BEGIN)->flags = (uint8_t)flags;
	add(f, (ms + 1) * MS, HR_EV_GC_END);
	add(f, (ms + 1) * MS, HR_EV_HEAP_GOAL)->size = 4 << 20;
}

static void test_sweep_done(void **state)
{
	struct fixture f = {0};
	size_t done;

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		span(&f, 0, HR_EV_SPAN_EXISTS, HR_NO_P, 10 * i, 4, i == 7);
	cycle_at(&f, 100, 0);
	span(&f, 110 * MS, HR_EV_SPAN_FREE, HR_NO_P, 0, 0, false);
	span(&f, 205 * MS, HR_EV_SPAN_FREE, HR_NO_P, 10, 0, false); /* the last: the next is 102 ms later */
	span(&f, 206 * MS, HR_EV_SPAN_FREE, HR_NO_P, 70, 0, false); /* no sweep free */
	span(&f, 220 * MS, HR_EV_SPAN_ALLOC, HR_NO_P, 0, 1, false);
	span(&f, 307 * MS, HR_EV_SPAN_FREE, HR_NO_P, 20, 0, false);
	for (size_t step = 1; step < 30; step += 9) {
		run(&f, &go_trace, &usual, step);
		done = find(&f, HR_PLACE_SWEEP_DONE, 0);
		assert_int_equal(count(&f, HR_PLACE_SWEEP_DONE), 1);
		assert_int_equal(f.r[done].time_ns, 205 * MS);
		assert_int_equal(f.r[done - 1].kind, HR_PLACE_FREE);
		assert_int_equal(f.r[done - 1].page, BASE + 10);
		assert_int_equal(f.r[done].flags, 0);
		assert_int_equal(f.stats.sweeps_unfinished, 0);
	}

	/* None within 100 ms: at mark done, once the goal is known. */
	f.n = 8;
	cycle_at(&f, 100, HR_EVF_FREE_OS_MEMORY);
	span(&f, 300 * MS, HR_EV_SPAN_FREE, HR_NO_P, 0, 0, false);
	run(&f, &go_trace, &usual, 3);
	done = find(&f, HR_PLACE_SWEEP_DONE, 0);
	assert_int_equal(f.r[done - 1].kind, HR_PLACE_HEAP_GOAL);
	assert_int_equal(f.r[done].flags, HR_PLACE_FORCED);
	assert_int_equal(f.stats.forced_cycles, 1);

	/* The next cycle comes first. */
	f.n = 8;
	cycle_at(&f, 100, 0);
	span(&f, 110 * MS, HR_EV_SPAN_FREE, HR_NO_P, 0, 0, false);
	cycle_at(&f, 150, 0);
	run(&f, &go_trace, &usual, 3);
	done = find(&f, HR_PLACE_SWEEP_DONE, 0);
	assert_int_equal(f.r[done].time_ns, 110 * MS);
	/* The second is not finished when the trace ends. */
	assert_int_equal(count(&f, HR_PLACE_SWEEP_DONE), 1);
	assert_int_equal(f.stats.sweeps_unfinished, 1);
	assert_int_equal(f.stats.cycles, 2);
	end(&f);
}

static void test_said_sweeps(void **state)
{
	struct fixture f = {0};
	size_t done;

	(void)state;
	span(&f, 0, HR_EV_SPAN_ALLOC, HR_NO_P, 0, 4, false);
	cycle_at(&f, 100, 0);
	add(&f, 150 * MS, HR_EV_SWEEP_DONE);
	add(&f, 160 * MS, HR_EV_SWEEP_DONE); /* nothing is pending */
	add(&f, 170 * MS, HR_EV_FREE_OS_MEMORY);
	cycle_at(&f, 200, 0);
	add(&f, 210 * MS, HR_EV_FREE_OS_MEMORY); /* ends the sweep */
	add(&f, 500 * MS, HR_EV_LOG);
	run(&f, &text_trace, &usual, 1);
	assert_int_equal(count(&f, HR_PLACE_SWEEP_DONE), 3);
	done = find(&f, HR_PLACE_SWEEP_DONE, 0);
	assert_int_equal(f.r[done].time_ns, 150 * MS);
	assert_int_equal(f.r[done].flags, 0);
	done = find(&f, HR_PLACE_SWEEP_DONE, done + 1);
	assert_int_equal(f.r[done].time_ns, 170 * MS);
	assert_int_equal(f.r[done].flags, HR_PLACE_FORCED);
	done = find(&f, HR_PLACE_SWEEP_DONE, done + 1);
	assert_int_equal(f.r[done].time_ns, 210 * MS);
	assert_int_equal(f.r[done].flags, HR_PLACE_FORCED);
	end(&f);
}

/* --- anything ------------------------------------------------------------- */

/* A recorder gone wild: spans over spans, unknown frees, cycles. Nothing may break, and batches must not matter. */
static void test_wild(void **state)
{
	uint64_t seed = 4711;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct fixture f = {0}, g;
		struct hr_placer_options o = usual;
		uint64_t now = 0;

		o.flush_idle_caches = round & 1;
		o.start_free = round & 2;
		o.placement = round & 4 ? HR_PLACEMENT_MODELLED : HR_PLACEMENT_RECORDED;
		for (int i = 0; i < 250; i++) {
			uint64_t r = test_random(&seed);
			int p = (int)(r & 3);
			uint64_t page = (r >> 8) % 2000, npages = r >> 20 & 3 ? 1 + (r >> 22) % 8 : 1 + (r >> 22) % 900;
			static const uint8_t others[] = {
			    HR_EV_GC_BEGIN,   HR_EV_GC_END,	HR_EV_STW_BEGIN, HR_EV_STW_END,	   HR_EV_HEAP_GOAL,
			    HR_EV_GOMAXPROCS, HR_EV_PROC_START, HR_EV_PROC_STOP, HR_EV_SWEEP_DONE, HR_EV_LOG};

			now += r >> 60 ? r % 1000 : r % (60 * MS);
			if (i < 20)
				span(&f, now, HR_EV_SPAN_EXISTS, p, page, npages, r >> 40 & 1);
			else if (r >> 41 & 3)
				span(&f, now, r >> 43 & 1 ? HR_EV_SPAN_ALLOC : HR_EV_SPAN_FREE, p - 1, page, npages,
				     r >> 40 & 1);
			else
				proc(&f, now, others[(r >> 44) % sizeof(others)], p);
			f.ev[i].arg += f.ev[i].kind == HR_EV_GOMAXPROCS;
		}
		g = f;
		run(&f, round & 8 ? &go126_trace : &go_trace, &o, 1);
		assert_int_equal(f.status, HR_OK);
		run(&g, round & 8 ? &go126_trace : &go_trace, &o, 1 + (size_t)round);
		assert_int_equal(f.nr, g.nr);
		assert_memory_equal(f.r, g.r, f.nr * sizeof(*f.r));
		end(&f);
		end(&g);
	}
}

/*
 * Runs of pages: all in use, from a heap that is new but for the hidden page.
 * Releases are passed on where there is heap. Pages that are passed over are
 * another P's, not held by what was not traced: each of them has its event.
 */
static void test_page_runs(void **state)
{
	struct fixture f = {0};
	size_t scav;

	(void)state;
	span(&f, 0, HR_EV_SPAN_EXISTS, -1, 0, 1, false);
	add(&f, 0, HR_EV_GOMAXPROCS)->arg = 2;
	span(&f, 1, HR_EV_PAGE_ALLOC, -1, 1, 1, false);
	span(&f, 2, HR_EV_PAGE_ALLOC, -1, 10, 20, false);
	span(&f, 3, HR_EV_PAGE_ALLOC, 0, 40, 1, false);
	span(&f, 4, HR_EV_PAGE_FREE, 1, 10, 20, false);
	span(&f, 5, HR_EV_PAGE_SCAV, 0, 12, 8, false);
	span(&f, 6, HR_EV_PAGE_SCAV, 0, 510, 8, false);
	span(&f, 6, HR_EV_PAGE_SCAV, 0, 512, 8, false);
	span(&f, 7, HR_EV_PAGE_ALLOC, 1, 512, 512, false);
	run(&f, &go_trace, &usual, 1);
	assert_int_equal(f.status, HR_OK);
	assert_true(f.stats.recorded);
	assert_false(f.stats.mid_life);
	assert_int_equal(f.stats.span_allocs, 4);
	assert_int_equal(f.stats.span_frees, 1);
	/* Beyond the chunk, and where there is no heap yet. */
	assert_int_equal(f.stats.lost_releases, 2);
	scav = find(&f, HR_PLACE_SCAV, 0);
	assert_int_equal(f.r[scav].page, BASE + 12);
	assert_int_equal(f.r[scav].npages, 8);
	assert_int_equal(f.r[scav].p, 0);
	assert_int_equal(f.r[scav].time_ns, 5);
	assert_int_equal(count(&f, HR_PLACE_SCAV), 1);
	/* Nothing is used but what was said to be. */
	assert_int_equal(f.r[scav].in_use_pages, 3);
	assert_int_equal(f.r[scav].manual_pages, 0);
	assert_int_equal(f.r[f.nr - 1].in_use_pages, 3 + 512);
	assert_int_equal(f.r[f.nr - 1].mapped_pages, 1024);
	for (size_t i = 0; i < f.nr; i++)
		assert_true(f.r[i].manual_pages == 0);

	/* Modelled, the recorded scavenger's pages are other ones. */
	run(&f, &go_trace, &(struct hr_placer_options){.address_bits = 48, .placement = HR_PLACEMENT_MODELLED}, 1);
	assert_int_equal(count(&f, HR_PLACE_SCAV), 0);
	end(&f);
}

/* The recordings that ship, both ways. */
static void test_recordings(void **state)
{
	static const char *const names[] = {"bench-json-go123.trace.zst", "phases-1p-go125.trace.zst",
					    "compile-texttemplate-1p-go121.pagetrace.zst"};
	const char *top = getenv("top_srcdir");

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct hr_placer_options o = usual;
		struct place_check check;
		struct hr_event ev[512];
		struct hr_placer *pl = NULL;
		struct hr_reader *reader;
		struct hr_error err = {0};
		enum hr_status status;
		char path[512];
		size_t n, nr;

		o.placement = i & 1 ? HR_PLACEMENT_MODELLED : HR_PLACEMENT_RECORDED;
		place_check_init(&check, BASE);
		snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", names[i / 2]);
		assert_int_equal(
		    hr_reader_open(path, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &reader, &err), HR_OK);
		do {
			status = hr_reader_next(reader, ev, sizeof(ev) / sizeof(ev[0]), &n, &err);
			if (pl == NULL)
				assert_int_equal(hr_placer_new(hr_reader_meta(reader), &o, &pl, &err), HR_OK);
			if (status == HR_OK)
				assert_int_equal(hr_placer_feed(pl, ev, n, &err), HR_OK);
			else
				assert_int_equal(hr_placer_finish(pl, 0, &err), HR_OK);
			const struct hr_place *r = hr_placer_take(pl, &nr);
			for (size_t j = 0; j < nr; j++) {
				const char *wrong = place_check(&check, &r[j]);

				if (wrong != NULL)
					fail_msg("record %" PRIu64 " of kind %u: %s", check.records, r[j].kind, wrong);
			}
		} while (status == HR_OK);
		assert_int_equal(status, HR_END);
		assert_true(check.ended);
		if (i == 2 || i == 4)
			assert_int_equal(hr_placer_stats(pl).forced_same, hr_placer_stats(pl).span_allocs);
		hr_placer_free(pl);
		hr_reader_close(reader);
		place_check_release(&check);
	}
}

/* The naive follower finds what it is to find. */
static void test_checker(void **state)
{
	struct fixture f = {0};
	size_t found = 0;

	(void)state;
	a_cycle(&f, 2 * MS);
	span(&f, 200 * MS, HR_EV_SPAN_ALLOC, 1, 2, 100, false);
	run(&f, &go_trace, &usual, 1);
	for (size_t i = 0; i < f.nr; i++) {
		struct place_check check;
		const char *wrong = NULL;

		place_check_init(&check, BASE);
		for (size_t j = 0; j < f.nr && wrong == NULL; j++) {
			struct hr_place r = f.r[j];

			if (i == j && r.kind <= HR_PLACE_CACHE_FLUSH)
				r.page += r.kind == HR_PLACE_GROW ? 1 : 100 * HR_CHUNK_PAGES;
			wrong = place_check(&check, &r);
		}
		found += wrong != NULL;
		place_check_release(&check);
	}
	assert_int_equal(found, count(&f, HR_PLACE_GROW) + count(&f, HR_PLACE_ALLOC) + count(&f, HR_PLACE_FREE) +
				    count(&f, HR_PLACE_CACHE_FILL) + count(&f, HR_PLACE_CACHE_USE) +
				    count(&f, HR_PLACE_CACHE_FLUSH));
	end(&f);
}

HR_TEST_MAIN(placer)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_start),	cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_nothing),	cmocka_unit_test(test_far_apart),
	    cmocka_unit_test(test_grown_bytes), cmocka_unit_test(test_foreign_cache),
	    cmocka_unit_test(test_lost_spans),	cmocka_unit_test(test_dropped_span),
	    cmocka_unit_test(test_strict),	cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_modelled),	cmocka_unit_test(test_idle_flush),
	    cmocka_unit_test(test_fewer_procs), cmocka_unit_test(test_sweep_done),
	    cmocka_unit_test(test_said_sweeps), cmocka_unit_test(test_wild),
	    cmocka_unit_test(test_page_runs),	cmocka_unit_test(test_checker),
	    cmocka_unit_test(test_recordings),
	};

	return cmocka_run_group_tests_name("placer", tests, NULL, NULL);
}
