/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of Go page traces: traces built here word by word, for every rule
 * of the format, and the shipped real one against hashes that an independent
 * decoder made of it.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/go/pagetrace.h"

#include "testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE UINT64_C(0xc000000000)
#define PAGE UINT64_C(8192)
#define TICK HR_PAGETRACE_TICK_NS

/* --- building traces ---------------------------------------------------------- */

struct words {
	uint64_t *at;
	size_t n, cap;
};

static void word(struct words *w, uint64_t x)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 1024;
		w->at = realloc(w->at, w->cap * sizeof(*w->at));
		assert_non_null(w->at);
	}
	w->at[w->n++] = x;
}

static void block(struct words *w, int64_t p, uint64_t tick)
{
	word(w, (uint64_t)p << 3 | 4);
	word(w, tick << 3);
}

static void event(struct words *w, unsigned type, uint64_t delta, uint64_t page, uint64_t npages)
{
	uint64_t x = delta << 48 | (BASE + page * PAGE) | type;

	if (npages < 1024) {
		word(w, x | npages << 3);
		return;
	}
	word(w, x | 4);
	word(w, npages);
}

enum { ALLOC = HR_PAGETRACE_ALLOC, FREE = HR_PAGETRACE_FREE, SCAV = HR_PAGETRACE_SCAV };

/* What the runtime writes last: the one event without a P that every program begins with, so early that it is first. */
static void end_normally(struct words *w, uint64_t tick)
{
	block(w, -1, tick);
	event(w, ALLOC, 0, 1, 1);
}

/* --- reading them ------------------------------------------------------------- */

struct result {
	struct hr_event ev[64];
	size_t n;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	enum hr_status status;
	struct hr_error err;
};

static struct result read_bytes(const void *data, size_t n)
{
	static struct result r;
	struct hr_reader *reader;
	size_t got;

	memset(&r, 0, sizeof(r));
	r.status = hr_reader_open_memory(data, n, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &reader, &r.err);
	if (r.status != HR_OK)
		return r;
	r.meta = *hr_reader_meta(reader);
	while (r.n < 64 &&
	       (r.status = hr_reader_next(reader, r.ev + r.n, 3 < 64 - r.n ? 3 : 64 - r.n, &got, &r.err)) == HR_OK)
		r.n += got;
	r.stats = *hr_reader_stats(reader);
	hr_reader_close(reader);
	return r;
}

/* Reads and forgets the words. */
static struct result read_words(struct words *w)
{
	struct result r = read_bytes(w->at, w->n * 8);

	free(w->at);
	*w = (struct words){0};
	return r;
}

/* "A1+2@3": letter, page, pages, ns; P behind a p. Only page events. */
static const char *text_of(const struct result *r)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < r->n; i++) {
		const struct hr_event *e = &r->ev[i];

		if (e->kind >= HR_EV_PAGE_ALLOC && e->kind <= HR_EV_PAGE_SCAV)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%c%" PRIu64 "+%" PRIu64 "@%" PRIu64 "p%d",
					      n ? " " : "", "AFS"[e->kind - HR_EV_PAGE_ALLOC], (e->addr - BASE) / PAGE,
					      e->size / PAGE, e->time_ns / TICK, e->p);
	}
	return text;
}

/* --- what is in a trace ------------------------------------------------------- */

static void test_words(void **state)
{
	struct words w = {0};
	struct result r;

	(void)state;
	block(&w, 0, 1000);
	event(&w, ALLOC, 5, 10, 3);
	event(&w, ALLOC, 65535, 20, 1023);
	word(&w, UINT64_C(70000) << 3);
	event(&w, FREE, 0, 10, 3);
	/* Its length looks like a P word, alone. */
	event(&w, ALLOC, 1, 2000, 1028);
	event(&w, SCAV, 2, 10, 3);
	end_normally(&w, 900);
	r = read_words(&w);
	assert_int_equal(r.status, HR_END);
	assert_string_equal(text_of(&r), "A1+1@0p-1 A10+3@105p0 A20+1023@65635p0 F10+3@69100p0 "
					 "A2000+1028@69101p0 S10+3@69102p0");
	assert_int_equal(r.meta.format, HR_FORMAT_PAGETRACE);
	assert_true(r.meta.has_addresses && r.meta.has_procs && r.meta.has_clock && r.meta.has_spans);
	assert_true(r.meta.has_releases && r.meta.collected && !r.meta.has_cycles);
	assert_int_equal(r.meta.go_minor, 0);
	assert_true(r.meta.has_clock_origin);
	assert_int_equal(r.meta.clock_origin_ns, 900 * TICK);
	assert_int_equal(r.stats.counts[HR_EV_PAGE_ALLOC], 4);
	assert_int_equal(r.stats.counts[HR_EV_PAGE_FREE], 1);
	assert_int_equal(r.stats.counts[HR_EV_PAGE_SCAV], 1);
	assert_int_equal(r.stats.last_time_ns, 69102 * TICK);
	assert_false(r.stats.cut);
	/* Page 0 has no event, and is in use; two Ps at most are seen... */
	assert_int_equal(r.ev[0].kind, HR_EV_SPAN_EXISTS);
	assert_int_equal(r.ev[0].addr, BASE);
	assert_int_equal(r.ev[0].size, PAGE);
	assert_int_equal(r.ev[1].kind, HR_EV_GOMAXPROCS);
	assert_int_equal(r.ev[1].arg, 1);
	assert_int_equal(r.stats.nassumed, 2);
}

/* A long GODEBUG takes more pages; a heap whose first page is traced has none hidden. */
static void test_hidden_pages(void **state)
{
	for (uint64_t first = 0; first < 8; first++) {
		struct words w = {0};
		struct result r;

		(void)state;
		block(&w, -1, 1000);
		event(&w, ALLOC, 0, first, 1);
		r = read_words(&w);
		assert_int_equal(r.status, HR_END);
		assert_int_equal(r.stats.counts[HR_EV_SPAN_EXISTS], first > 0);
		if (first > 0)
			assert_int_equal(r.ev[0].size, first * PAGE);
	}
}

/* File order is not time order; at one tick frees, releases, allocations, and then the smaller P. */
static void test_merge(void **state)
{
	struct words w = {0};
	struct result r;

	(void)state;
	block(&w, 2, 100);
	event(&w, ALLOC, 0, 30, 1);
	event(&w, ALLOC, 10, 31, 1);
	event(&w, FREE, 20, 30, 1);
	block(&w, 0, 105);
	event(&w, ALLOC, 5, 40, 1);
	event(&w, ALLOC, 15, 41, 1);
	block(&w, 1, 110);
	event(&w, SCAV, 0, 50, 1);
	event(&w, FREE, 0, 60, 1);
	block(&w, 2, 130);
	event(&w, FREE, 0, 31, 1);
	end_normally(&w, 50);
	r = read_words(&w);
	assert_int_equal(r.status, HR_END);
	/* P 1's free stands behind its release: a stream's own order stays. */
	assert_string_equal(text_of(&r), "A1+1@0p-1 A30+1@50p2 S50+1@60p1 F60+1@60p1 A40+1@60p0 A31+1@60p2 "
					 "F30+1@70p2 A41+1@70p0 F31+1@80p2");
	assert_int_equal(r.ev[1].arg, 3);
}

/* A stream's times may step back a little where threads share it; events never do. */
static void test_clock_back(void **state)
{
	struct words w = {0};
	struct result r;

	(void)state;
	block(&w, -1, 100);
	event(&w, ALLOC, 9, 1, 1);
	event(&w, ALLOC, 7, 2, 1);
	event(&w, ALLOC, 10, 3, 1);
	r = read_words(&w);
	assert_string_equal(text_of(&r), "A1+1@0p-1 A2+1@0p-1 A3+1@1p-1");
	assert_int_equal(r.stats.anomalies[HR_ANOMALY_CLOCK_BACK], 1);
}

/* Blocks as the runtime writes them: 4096 words, 4095 where a large event did not fit, and many of them. */
static void test_blocks(void **state)
{
	struct words w = {0};
	uint64_t tick = 1000, n = 0;
	struct hr_reader *reader;
	struct hr_error err;
	struct hr_event ev[1000];
	uint64_t last = 0, pages = 0;
	size_t got;

	(void)state;
	for (unsigned b = 0; b < 40; b++) {
		size_t start = w.n, full = b % 3 == 0 ? 4095 : 4096;

		block(&w, b % 2, tick);
		while (w.n - start < full) {
			/* A time word may be the last of a block. */
			if (w.n - start == full - 1 && b % 5 == 0)
				word(&w, tick << 3);
			else if (n % 100 == 0 && w.n - start + 1 < full)
				event(&w, ALLOC, 0, 1, 1024 + n++);
			else
				event(&w, ALLOC, 0, 1, 1 + n++ % 1023);
		}
		tick += 10;
	}
	end_normally(&w, 10);
	assert_int_equal(hr_reader_open_memory(w.at, w.n * 8, &(struct hr_reader_options){0}, &reader, &err), HR_OK);
	for (uint64_t seen = 0; hr_reader_next(reader, ev, 1000, &got, &err) == HR_OK;)
		for (size_t i = 0; i < got; i++) {
			if (ev[i].kind != HR_EV_PAGE_ALLOC || ev[i].p < 0)
				continue;
			assert_true(ev[i].time_ns >= last);
			last = ev[i].time_ns;
			assert_int_equal(ev[i].size / PAGE,
					 seen % 100 == 0 && ev[i].size / PAGE >= 1024 ? 1024 + seen : 1 + seen % 1023);
			seen++;
			pages++;
		}
	assert_int_equal(pages, n);
	assert_int_equal(hr_reader_stats(reader)->batches, 41);
	hr_reader_close(reader);
	free(w.at);
}

/* --- recordings that did not end well ----------------------------------------- */

/* Without the block that a normal exit writes last, all ends where the first stream does; what is cut is counted. */
static void test_crash(void **state)
{
	struct words w = {0};
	struct result r;

	(void)state;
	block(&w, 0, 100);
	event(&w, ALLOC, 0, 27, 1);
	event(&w, ALLOC, 50, 28, 1);
	block(&w, 1, 110);
	event(&w, ALLOC, 0, 30, 1);
	event(&w, ALLOC, 30, 31, 1);
	event(&w, FREE, 40, 30, 1);
	event(&w, FREE, 41, 31, 1);
	r = read_words(&w);
	assert_int_equal(r.status, HR_END);
	assert_string_equal(text_of(&r), "A27+1@0p0 A30+1@10p1 A31+1@40p1 F30+1@50p1 A28+1@50p0");
	assert_int_equal(r.stats.counts[HR_EV_PAGE_FREE], 2);
	assert_int_equal(r.stats.events_total, 6 + 2);
	assert_true(r.stats.cut);
	assert_non_null(strstr(r.stats.cut_what, "and 1 after"));
	assert_int_equal(r.stats.last_time_ns, 50 * TICK);
	/* The stream without a P is lost with all that it had: what lay below is taken as used. */
	assert_int_equal(r.ev[0].size, 27 * PAGE);
}

/* Cut in a word, and between the two words of an event. */
static void test_cut(void **state)
{
	for (unsigned left_out = 1; left_out <= 8; left_out++) {
		struct words w = {0};
		struct result r;

		(void)state;
		block(&w, 0, 100);
		event(&w, ALLOC, 0, 10, 1);
		event(&w, ALLOC, 1, 2048, 2048);
		r = read_bytes(w.at, w.n * 8 - left_out);
		free(w.at);
		assert_int_equal(r.status, HR_END);
		assert_string_equal(text_of(&r), "A10+1@0p0");
		assert_true(r.stats.cut);
		assert_int_equal(r.stats.cut_offset, 32);
	}
}

static void refused(struct words *w, uint64_t offset, const char *what)
{
	struct result r = read_words(w);

	assert_int_equal(r.status, HR_EINPUT);
	assert_int_equal(r.err.offset, offset);
	assert_non_null(strstr(r.err.text, what));
}

static void test_damaged(void **state)
{
	struct words w = {0};

	(void)state;
	/* A child process has overwritten the file: zeros behind a block, or from the beginning. */
	block(&w, 0, 100);
	event(&w, ALLOC, 0, 10, 1);
	word(&w, 0);
	refused(&w, 24, "child process");
	for (unsigned i = 0; i < 1000; i++)
		word(&w, 0);
	refused(&w, 0, "child process");
	/* No such event is ever written. */
	block(&w, 0, 100);
	word(&w, 4);
	event(&w, ALLOC, 0, 10, 1);
	refused(&w, 24, "does not begin with a time");
	block(&w, 0, 100);
	event(&w, ALLOC, 0, 10, 1);
	block(&w, 40000, 100);
	refused(&w, 24, "there is no P 40000");
	block(&w, 0, 100);
	event(&w, ALLOC, 0, 10, 1);
	block(&w, -2, 100);
	refused(&w, 24, "there is no P -2");
	block(&w, 0, 100);
	refused(&w, 16, "no events");
}

/* As many Ps as no machine has, each with a word or two: refused, before they take memory. */
static void test_streams(void **state)
{
	struct words w = {0};

	(void)state;
	for (unsigned p = 0; p <= HR_PAGETRACE_MAX_STREAMS; p++) {
		block(&w, p, 100);
		event(&w, ALLOC, 0, 10, 1);
	}
	refused(&w, UINT64_C(24) * HR_PAGETRACE_MAX_STREAMS, "more than 4096 Ps");
}

/* Other things are not taken for page traces. */
static void test_detection(void **state)
{
	static const char text[] = "# heapreplay-trace 1\n0 span-alloc id=1 npages=1\n";
	struct words w = {0};
	struct result r = read_bytes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(r.meta.format, HR_FORMAT_TEXT);
	word(&w, 4);
	word(&w, 4);
	r = read_words(&w);
	assert_non_null(strstr(r.err.text, "not a trace of a known format"));
	word(&w, UINT64_C(32768) << 3 | 4);
	word(&w, 800);
	r = read_words(&w);
	assert_non_null(strstr(r.err.text, "not a trace of a known format"));
	r = read_bytes("", 0);
	assert_int_equal(r.status, HR_EINPUT);
	assert_non_null(strstr(r.err.text, "crashed"));
}

/* --- the shipped one ---------------------------------------------------------- */

static uint64_t fnv1a64(uint64_t h, const char *s, size_t n)
{
	while (n-- > 0)
		h = (h ^ (uint8_t)*s++) * UINT64_C(1099511628211);
	return h;
}

static const char *shipped(char path[4096], const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(path, 4096, "%s/traces/%s", top ? top : ".", name);
	return path;
}

/*
 * One line an event, "tick P letter address pages": another decoder, in Go, has
 * made the same lines of this file, with these FNV-1a hashes; the second without ticks.
 */
static void test_listing(void **state)
{
	static const uint64_t start = UINT64_C(14695981039346656037);
	uint64_t listing = start, untimed = start, sum = 0, origin;
	struct hr_event ev[777];
	struct hr_reader *reader;
	struct hr_error err;
	char path[4096];
	size_t n;

	(void)state;
	assert_int_equal(hr_reader_open(shipped(path, "compile-texttemplate-1p-go121.pagetrace.zst"),
					&(struct hr_reader_options){.want = HR_WANT_SPANS}, &reader, &err),
			 HR_OK);
	origin = hr_reader_meta(reader)->clock_origin_ns / TICK;
	while (hr_reader_next(reader, ev, 777, &n, &err) == HR_OK) {
		for (size_t i = 0; i < n; i++) {
			char line[128];
			int tick, all;

			if (ev[i].kind < HR_EV_PAGE_ALLOC || ev[i].kind > HR_EV_PAGE_SCAV)
				continue;
			tick = snprintf(line, sizeof(line), "%" PRIu64 " ", origin + ev[i].time_ns / TICK);
			all = tick + snprintf(line + tick, sizeof(line) - (size_t)tick,
					      "%d %c %" PRIx64 " %" PRIu64 "\n", ev[i].p,
					      "AFS"[ev[i].kind - HR_EV_PAGE_ALLOC], ev[i].addr, ev[i].size / PAGE);
			listing = fnv1a64(listing, line, (size_t)all);
			untimed = fnv1a64(untimed, line + tick, (size_t)(all - tick));
			sum += fnv1a64(start, line, (size_t)all);
		}
	}
	hr_reader_close(reader);
	assert_int_equal(listing, UINT64_C(0x0b27a580dc060bfc));
	assert_int_equal(untimed, UINT64_C(0x1238741cf9fc88b6));
	assert_int_equal(sum, UINT64_C(0xccf86fdfc77594a5));
}

/* Its one collection: "@0.171s ... 0.016+58+0.004 ms clock ... 40 MB goal ... 1 P", in order and free of frees. */
static void test_gc_log(void **state)
{
	uint64_t begin = 0, end = 0, swept = 0, goals = 0;
	struct hr_event ev[777];
	struct hr_reader *reader;
	struct hr_error err;
	char path[4096], log[4096];
	size_t n;

	(void)state;
	assert_int_equal(
	    hr_reader_open(shipped(path, "compile-texttemplate-1p-go121.pagetrace.zst"),
			   &(struct hr_reader_options){.want = HR_WANT_SPANS,
						       .gc_log = shipped(log, "compile-texttemplate-1p-go121.gclog")},
			   &reader, &err),
	    HR_OK);
	assert_true(hr_reader_meta(reader)->has_cycles);
	while (hr_reader_next(reader, ev, 777, &n, &err) == HR_OK) {
		for (size_t i = 0; i < n; i++) {
			assert_false(ev[i].kind == HR_EV_PAGE_FREE && begin != 0 && end == 0);
			begin = ev[i].kind == HR_EV_GC_BEGIN ? ev[i].time_ns : begin;
			end = ev[i].kind == HR_EV_GC_END ? ev[i].time_ns : end;
			swept = ev[i].kind == HR_EV_SWEEP_DONE ? ev[i].time_ns : swept;
			goals += ev[i].kind == HR_EV_HEAP_GOAL;
			if (ev[i].kind == HR_EV_HEAP_GOAL && goals == 1)
				assert_int_equal(ev[i].size, (UINT64_C(40) << 20) + (1 << 19));
		}
	}
	assert_in_range(begin, 171000000, 172400000);
	assert_in_range(end, 229000000, 231500000);
	/* Its line was read then. */
	assert_int_equal(swept, UINT64_C(4435232130475) - UINT64_C(4434880206336));
	assert_int_equal(goals, 2);
	hr_reader_close(reader);

	/* Any other program's log. */
	assert_int_equal(hr_reader_open(path, &(struct hr_reader_options){.gc_log = path}, &reader, &err), HR_EINPUT);
	assert_non_null(strstr(err.text, "gctrace=1"));
	assert_int_equal(hr_reader_open(path, &(struct hr_reader_options){.gc_log = "/nonexistent/log"}, &reader, &err),
			 HR_EIO);
}

HR_TEST_MAIN(pagetrace)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),      cmocka_unit_test(test_hidden_pages), cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_clock_back), cmocka_unit_test(test_blocks),	    cmocka_unit_test(test_crash),
	    cmocka_unit_test(test_cut),	       cmocka_unit_test(test_damaged),	    cmocka_unit_test(test_streams),
	    cmocka_unit_test(test_detection),  cmocka_unit_test(test_listing),	    cmocka_unit_test(test_gc_log),
	};

	return cmocka_run_group_tests_name("pagetrace", tests, NULL, NULL);
}
