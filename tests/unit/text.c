/* SPDX-License-Identifier: BSD-3-Clause */
/* The text form: what is written reads back as the same events, and the reader takes nothing else. */
#include "config.h"

#include "trace/text/text.h"

#include "trace/format.h"

#include "testing.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct result {
	enum hr_status status;
	struct hr_error err;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event *ev;
	size_t n;
};

static struct result drain(enum hr_status status, struct hr_reader *r, struct hr_error err)
{
	struct result res = {.status = status, .err = err};
	size_t cap = 0, n;

	if (status != HR_OK)
		return res;
	do {
		if (cap - res.n < 100) {
			cap = 2 * cap + 100;
			res.ev = realloc(res.ev, cap * sizeof(*res.ev));
			assert_non_null(res.ev);
		}
		res.status = hr_reader_next(r, res.ev + res.n, 1 + res.n % 100, &n, &res.err);
		assert_int_equal(n > 0, res.status == HR_OK);
		res.n += n;
	} while (res.status == HR_OK);
	res.meta = *hr_reader_meta(r);
	res.stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return res;
}

static struct result read_text(const char *text, size_t n, unsigned want)
{
	struct hr_error err = {0};
	struct hr_reader *r;
	enum hr_status status = hr_reader_open_memory(text, n, &(struct hr_reader_options){.want = want}, &r, &err);

	return drain(status, r, err);
}

static struct result read_string(const char *text)
{
	return read_text(text, strlen(text), (unsigned)HR_WANT_ALL);
}

static char *write_text(const struct result *r, size_t *size)
{
	char *text;
	FILE *f = open_memstream(&text, size);

	assert_non_null(f);
	assert_int_equal(hr_text_write_header(f, &r->meta), HR_OK);
	for (size_t i = 0; i < r->n; i++)
		assert_int_equal(hr_text_write_event(f, &r->meta, &r->ev[i]), HR_OK);
	assert_int_equal(hr_text_write_end(f, &r->stats), HR_OK);
	assert_int_equal(fclose(f), 0);
	return text;
}

#define HEAD "# heapreplay-trace 1\n"

/* Every kind, key and setting, but for those that go with ids. */
static const char everything[] = HEAD "! source Go execution trace\n"
				      "! program ./server -v --listen :80\n"
				      "! go 1.26\n"
				      "! page-bytes 8192\n"
				      "! min-addr 0xc000000000\n"
				      "! clock-origin-ns 123456789\n"
				      "! clock off\n"
				      "! spans on\n"
				      "! objects off\n"
				      "! addresses on\n"
				      "! processors on\n"
				      "! collected on\n"
				      "! cycles off\n"
				      "! sweeps on\n"
				      "! padded on\n"
				      "! strict off\n"
				      "0 p0 proc-start\n"
				      "0 gomaxprocs n=4\n"
				      "0 memory-limit bytes=off\n"
				      "5 p0 span-exists addr=0xc000000000 npages=1 class=11\n"
				      "5 p0 obj-exists addr=0xc000000010\n"
				      "5 p0 stack-exists addr=0xc000002000 size=2048\n"
				      "7 p12 span-alloc addr=0xc000002000 npages=4 class=manual\n"
				      "7 p12 span-alloc addr=0xc00000a000 npages=17 class=0\n"
				      "8 p0 obj-alloc addr=0xc00000a008 size=40 type=34\n"
				      "8 stack-alloc addr=0xc000004000 size=8192\n"
				      "8 stack-free addr=0xc000004000\n"
				      "8 obj-free addr=0xc00000a008\n"
				      "8 obj-free addr=0xc00000a008 size=40\n"
				      "9 gc-active\n"
				      "9 gc-begin\n"
				      "9 gc-begin by=runtime-gc\n"
				      "9 gc-begin by=free-os-memory\n"
				      "10 p3 stw-begin\n"
				      "10 assist-begin\n"
				      "11 assist-end\n"
				      "11 gc-end\n"
				      "11 heap-goal bytes=4194304\n"
				      "11 heap-goal bytes=off\n"
				      "11 stw-end\n"
				      "12 sweep-begin\n"
				      "12 sweep-end swept=1000 reclaimed=500\n"
				      "12 sweep-done\n"
				      "12 heap-live bytes=100000\n"
				      "13 memory-limit bytes=100663296\n"
				      "13 free-os-memory\n"
				      "13 log\n"
				      "14 p0 proc-stop\n"
				      "14 p0 page-alloc addr=0xc000800000 npages=3\n"
				      "14 page-free addr=0xc000800000 npages=3\n"
				      "14 page-scav addr=0xc000800000 npages=2\n"
				      "14 scav-runs\n"
				      "2305843009213693952 span-free addr=0xc000002000\n"
				      "! assumed the clock is right (--rate)\n"
				      "! assumed a second thing\n"
				      "! anomaly unknown_frees 3\n"
				      "! anomaly lost_blocks 18446744073709551615\n"
				      "! end 18446744073709551615\n";

static void test_everything(void **state)
{
	struct result r = read_string(everything), again;
	size_t size;
	char *text;

	(void)state;
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 37);
	for (unsigned kind = 0; kind < HR_EVENT_KIND_COUNT; kind++)
		assert_true(r.stats.counts[kind] > 0);
	assert_int_equal(r.stats.events_total, r.n);
	assert_true(r.meta.has_addresses && r.meta.has_procs && r.meta.has_clock_origin && !r.meta.strict);
	assert_int_equal(r.meta.clock_origin_ns, 123456789);
	assert_int_equal(r.meta.min_addr, 0xc000000000);
	assert_int_equal(r.meta.go_minor, 26);
	assert_string_equal(r.meta.source, "Go execution trace");
	assert_string_equal(r.meta.program, "./server -v --listen :80");
	assert_true(r.meta.has_spans && r.meta.collected && r.meta.padded);
	assert_false(r.meta.has_clock || r.meta.has_objects || r.meta.has_cycles || r.meta.has_threads);
	assert_int_equal(r.stats.free_os_memory, 1);
	assert_int_equal(r.stats.nassumed, 2);
	assert_string_equal(r.stats.assumed[0], "the clock is right (--rate)");
	assert_int_equal(r.stats.anomalies[HR_ANOMALY_UNKNOWN_FREE], 3);
	assert_true(r.stats.last_time_ns == UINT64_MAX);
	text = write_text(&r, &size);
	assert_string_equal(text, everything);

	/* Seven events are of objects and stacks, six only for those who want everything. */
	again = read_text(text, size, HR_WANT_SPANS);
	assert_int_equal(again.n, 37 - 7 - 6);
	free(again.ev);
	again = read_text(text, size, HR_WANT_SPANS | HR_WANT_OBJECTS);
	assert_int_equal(again.n, 37 - 6);
	free(again.ev);
	free(text);
	free(r.ev);
}

/* What people may write. */
static void test_by_hand(void **state)
{
	struct result r = read_string(HEAD "\n"
					   "# a comment\n"
					   "   # another\n"
					   "\t12.5us  p0\tspan-alloc class=manual id=7 npages=4   \n"
					   "1ms span-alloc npages=1 id=8\n"
					   "1s heap-goal bytes=4MiB\n"
					   "1m obj-alloc id=0 size=64KiB\n"
					   "1h span-free id=7");

	(void)state;
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 5);
	assert_false(r.meta.has_addresses);
	assert_true(r.meta.strict);
	assert_int_equal(r.ev[0].time_ns, 12500);
	assert_int_equal(r.ev[0].addr, 7);
	assert_int_equal(r.ev[0].size, 32768);
	assert_int_equal(r.ev[0].arg, HR_SPAN_MANUAL);
	assert_int_equal(r.ev[1].arg, 0);
	assert_int_equal(r.ev[1].p, HR_NO_P);
	assert_int_equal(r.ev[2].size, 4 << 20);
	assert_int_equal(r.ev[3].size, 65536);
	assert_int_equal(r.ev[4].time_ns, 3600000000000);
	free(r.ev);
}

/* A real trace as text is the same trace. */
static void test_there_and_back(void **state)
{
	const char *top = getenv("top_srcdir");
	struct hr_error err = {0};
	struct hr_reader *reader = NULL;
	char path[4096];
	size_t size;

	(void)state;
	snprintf(path, sizeof(path), "%s/traces/bench-json-go123.trace.zst", top != NULL ? top : ".");
	const struct hr_reader_options all = {.want = (unsigned)HR_WANT_ALL};
	enum hr_status status = hr_reader_open(path, &all, &reader, &err);
	struct result go = drain(status, reader, err);
	assert_int_equal(go.status, HR_END);
	char *text = write_text(&go, &size);
	struct result back = read_text(text, size, (unsigned)HR_WANT_ALL);
	assert_int_equal(back.status, HR_END);
	assert_int_equal(back.n, go.n);
	assert_memory_equal(back.ev, go.ev, go.n * sizeof(*go.ev));
	assert_int_equal(back.meta.clock_origin_ns, go.meta.clock_origin_ns);
	assert_int_equal(back.meta.min_addr, go.meta.min_addr);
	assert_int_equal(back.meta.has_addresses, go.meta.has_addresses);
	assert_int_equal(back.meta.has_procs, go.meta.has_procs);
	assert_int_equal(back.meta.strict, go.meta.strict);
	assert_int_equal(back.meta.go_minor, 23);
	assert_int_equal(back.meta.collected, go.meta.collected);
	assert_int_equal(back.meta.has_cycles, go.meta.has_cycles);
	assert_int_equal(back.stats.last_time_ns, go.stats.last_time_ns);
	assert_string_equal(back.meta.source, go.meta.format_name);
	/* And once more: the same bytes. */
	char *second = write_text(&back, &size);
	assert_string_equal(second, text);
	free(second);
	free(text);
	free(go.ev);
	free(back.ev);
}

/* Objects with ids get a ledger's numbers: the one that was freed last is the next. */
static void test_objects(void **state)
{
	static const struct {
		uint64_t time_ns, number, size;
		int kind, p;
	} events[] = {
	    {0, 0, 100, HR_EV_OBJ_EXISTS, 0}, {1, 1, 24, HR_EV_OBJ_ALLOC, 0},  {2, 2, 0, HR_EV_OBJ_ALLOC, 1},
	    {3, 1, 24, HR_EV_OBJ_FREE, 0},    {4, 2, 0, HR_EV_OBJ_FREE, 1},    {5, 2, 4096, HR_EV_OBJ_ALLOC, 0},
	    {6, 1, 8, HR_EV_OBJ_ALLOC, 0},    {7, 2, 4096, HR_EV_OBJ_FREE, 0},
	};
	/* What the writer makes of them. */
	static const char written[] = HEAD "! page-bytes 8192\n"
					   "! spans off\n"
					   "! addresses off\n"
					   "! processors off\n"
					   "! threads on\n"
					   "0 t0 obj-exists id=0 size=100\n"
					   "1 t0 obj-alloc id=1 size=24\n"
					   "2 t1 obj-alloc id=2 size=0 type=5\n"
					   "3 t0 obj-free id=1\n"
					   "4 t1 obj-free id=2\n"
					   "5 t0 obj-alloc id=2 size=4096\n"
					   "6 t0 obj-alloc id=1 size=8\n"
					   "7 t0 obj-free id=2\n"
					   "! end 9\n";
	struct result r = read_string(HEAD "\r\n0 t0 obj-exists id=18446744073709551614 size=100\r\n"
					   "1 t0 obj-alloc size=24 id=1000000000000\n"
					   "2 t1 obj-alloc id=7 size=0 type=5\n"
					   "3 t0 obj-free id=1000000000000 size=24\n"
					   "4 t1 obj-free id=7\n"
					   "5 t0 obj-alloc id=1000000000000 size=4KiB\n"
					   "6 t0 obj-alloc id=8 size=8\n"
					   "7 t0 obj-free id=1000000000000\n"
					   "! end 9ns\n");
	size_t size;
	char *text;

	(void)state;
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 8);
	assert_true(r.meta.has_threads && r.meta.strict && r.meta.has_clock);
	assert_false(r.meta.has_spans || r.meta.has_addresses || r.meta.has_procs || r.meta.has_cycles);
	assert_int_equal(r.stats.threads, 2);
	assert_int_equal(r.stats.last_time_ns, 9);
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.ev[i].time_ns, events[i].time_ns);
		assert_int_equal(r.ev[i].kind, events[i].kind);
		assert_int_equal(r.ev[i].addr, events[i].number);
		assert_int_equal(r.ev[i].size, events[i].size);
		assert_int_equal(r.ev[i].p, events[i].p);
	}
	/* Who asks for spans only gets objects all the same: there is nothing else. */
	text = write_text(&r, &size);
	assert_string_equal(text, written);
	struct result again = read_text(text, size, HR_WANT_SPANS);
	assert_int_equal(again.n, r.n);
	assert_memory_equal(again.ev, r.ev, r.n * sizeof(*r.ev));
	free(again.ev);
	free(text);
	free(r.ev);
}

/* A recorder may lose events: a free of what is not there is nothing, an allocation over a live object frees it. */
static void test_lost(void **state)
{
	struct result r = read_string(HEAD "! strict off\n"
					   "1 obj-free id=3\n"
					   "2 obj-alloc id=3 size=10\n"
					   "3 obj-alloc id=3 size=20 type=1\n"
					   "4 obj-free id=3 size=21\n"
					   "5 obj-free id=3\n");

	(void)state;
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 4);
	assert_int_equal(r.stats.anomalies[HR_ANOMALY_UNKNOWN_FREE], 2);
	assert_int_equal(r.stats.anomalies[HR_ANOMALY_OVER_LIVE], 1);
	assert_int_equal(r.ev[1].kind, HR_EV_OBJ_FREE);
	assert_int_equal(r.ev[1].size, 10);
	assert_int_equal(r.ev[1].time_ns, 3);
	assert_int_equal(r.ev[2].kind, HR_EV_OBJ_ALLOC);
	assert_int_equal(r.ev[2].size, 20);
	assert_int_equal(r.ev[2].arg, 1);
	assert_int_equal(r.ev[3].size, 20);
	for (size_t i = 0; i < r.n; i++)
		assert_int_equal(r.ev[i].addr, 0);
	free(r.ev);
}

/* Many ids, dense and not, beside a plain table. */
static void test_many_ids(void **state)
{
	enum { IDS = 500, EVENTS = 20000 };
	static struct {
		uint64_t id, size, number;
		bool live;
	} objects[IDS];
	static bool used[IDS];
	uint64_t seed = 12;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < IDS; i++)
		objects[i].id = i < 200 ? i : test_random(&seed) >> (i % 3 == 0 ? 1 : 40);
	fprintf(f, HEAD);
	for (size_t i = 0; i < EVENTS; i++) {
		/* Few at first, so that some ids are too large for their time. */
		size_t o = test_random(&seed) % (i < 2000 ? 20 : IDS) * (i < 2000 ? 25 : 1);

		objects[o].live = !objects[o].live;
		if (objects[o].live)
			fprintf(f, "%zu obj-alloc id=%lu size=%zu type=%zu\n", i, objects[o].id, i, o);
		else
			fprintf(f, "%zu obj-free id=%lu\n", i, objects[o].id);
		objects[o].size = i;
	}
	fclose(f);
	for (size_t i = 0; i < IDS; i++)
		objects[i].live = false;
	struct result r = read_string(text);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, EVENTS);
	for (size_t i = 0; i < EVENTS; i++) {
		const struct hr_event *e = &r.ev[i];

		assert_in_range(e->addr, 0, IDS - 1);
		if (e->kind == HR_EV_OBJ_ALLOC) {
			assert_false(used[e->addr] || objects[e->arg].live);
			used[e->addr] = objects[e->arg].live = true;
			objects[e->arg].number = e->addr;
			objects[e->arg].size = e->size;
		} else {
			size_t o = 0;

			while (o < IDS && !(objects[o].live && objects[o].number == e->addr))
				o++;
			assert_true(o < IDS && used[e->addr]);
			assert_int_equal(e->size, objects[o].size);
			used[e->addr] = objects[o].live = false;
		}
	}
	free(text);
	free(r.ev);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *lines; /* behind the head and a good first event */
		uint64_t line;
		const char *part;
	} wrong[] = {
	    {"5 foo", 3, "unknown kind of event \"foo\""},
	    {"\n\n5 foo", 5, "foo"},
	    {"3 span-free id=7", 3, "backwards"},
	    {"x span-free id=7", 3, "not a time"},
	    {"-5 span-free id=7", 3, "not a time"},
	    {"5y span-free id=7", 3, "not a time"},
	    {"99999999999999999999 span-free id=7", 3, "not a time"},
	    {"5", 3, "kind of event is missing"},
	    {"5 p3", 3, "kind of event is missing"},
	    {"5 p40000 gc-end", 3, "not a P"},
	    {"5 proc-start", 3, "needs a P"},
	    {"5 span-free", 3, "addr= or id= is missing"},
	    {"5 span-free id=7 id=7", 3, "a second value"},
	    {"5 span-free id=7 addr=0x2000", 3, "a second value"},
	    {"5 span-free id=-1", 3, "bad value \"-1\": id= is a decimal number from 0"},
	    {"5 span-free id=0x7", 3, "bad value"},
	    {"5 span-free id=", 3, "bad value"},
	    {"5 span-free id", 3, "not key=value"},
	    {"5 span-free id=7 npages=1", 3, "no key \"npages\""},
	    {"5 span-free id=18446744073709551615", 3, "too large"},
	    {"5 span-free addr=0x2000", 3, "so far"},
	    {"5 span-alloc id=8", 3, "npages= is missing"},
	    {"5 span-alloc id=8 npages=0", 3, "bad value \"0\": npages= is a number of pages from 1 to 2^35"},
	    {"5 span-alloc id=8 npages=34359738369", 3, "bad value"},
	    {"5 span-alloc id=8 npages=1 class=136", 3,
	     "bad value \"136\": class= is a span class from 0 to 135, or manual"},
	    {"5 heap-goal bytes=4XiB", 3, "bytes= is a number of bytes below 2^64, a size such as 64KiB, or off"},
	    {"5 gomaxprocs n=0", 3, "n= is a number from 1 to 2^32 - 1"},
	    {"5 gc-begin by=me", 3, "by= is runtime-gc or free-os-memory"},
	    {"5 gc-end now", 3, "not key=value"},
	    {"! strict off", 3, "before all events"},
	    {"5 t1 gc-end", 3, "no threads"},
	    {"5 gc-end \v", 3, "not key=value"},
	    {"! end", 3, "the end is a time"},
	    {"! end 3", 3, "before the last event"},
	    {"! end 6\n7 gc-end", 4, "behind the end"},
	    {"! anomaly", 3, "unknown anomaly"},
	    {"! anomaly bad_luck 3", 3, "unknown anomaly"},
	    {"! anomaly bad_lines", 3, "a name and a number"},
	    {"! anomaly bad_lines 3 4", 3, "a name and a number"},
	    {"! assumed", 3, "what is assumed"},
	    {"5 obj-alloc id=1", 3, "size= is missing"},
	    {"5 obj-free id=7", 3, "object 7 is freed, and was not allocated"},
	    {"5 obj-alloc id=7 size=1\n6 obj-alloc id=7 size=1", 4, "object 7 is allocated"},
	    {"5 obj-alloc id=7 size=1\n6 obj-free id=7 size=2", 4, "object 7 has 1 bytes, not 2"},
	};
	static const char *const whole[] = {
	    "# heapreplay-trace 2\n5 span-free id=7",
	    "# heapreplay-trace 1x\n5 span-free id=7",
	    HEAD,
	    HEAD "5 gc-end\n",
	    HEAD "! strict\n5 span-free id=7",
	    HEAD "! strict perhaps\n5 span-free id=7",
	    HEAD "! colour red\n5 span-free id=7",
	    HEAD "! page-bytes 4096\n5 span-free id=7",
	    HEAD "! min-addr 0xc000000001\n5 span-free id=7",
	    HEAD "! clock-origin-ns x\n5 span-free id=7",
	    HEAD "5 span-free addr=0x2001",
	    HEAD "5 span-free addr=0x",
	    HEAD "5 span-free addr=0x11112222333344445",
	    HEAD "! go 2.1\n5 span-free id=7",
	    HEAD "! go 1.x\n5 span-free id=7",
	    HEAD "! program\n5 span-free id=7",
	    HEAD "! strict on off\n5 span-free id=7",
	    HEAD "! addresses on\n5 span-free id=7",
	    HEAD "! addresses on\n! spans on\n",
	    HEAD "! threads on\n5 p1 span-free id=7",
	    HEAD "! processors on\n5 t1 span-free id=7",
	    HEAD "5 t1 gc-end\n5 p1 span-free id=7",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), HEAD "4 span-alloc id=7 npages=4\n%s\n", wrong[i].lines);
		struct result r = read_string(text);
		if (r.status != HR_EINPUT || strstr(r.err.text, wrong[i].part) == NULL)
			fail_msg("\"%s\": \"%s\"", wrong[i].lines, r.err.text);
		assert_int_equal(r.err.line, wrong[i].line);
		assert_in_range(r.err.offset, strlen(HEAD "4 span-alloc id=7 npages=4\n"), strlen(text) - 1);
		assert_in_range(r.n, 1, 2);
		free(r.ev);
	}
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		struct result r = read_string(whole[i]);
		if (r.status != HR_EINPUT)
			fail_msg("\"%s\" was taken", whole[i]);
		free(r.ev);
	}
}

/* Free words are kept as they are shown, cut off where there is no room, and stay the same when written and read again. */
static void test_free_words(void **state)
{
	static const char *const keys[] = {"program ", "source ", "note host "};
	static const char *const chars[] = {"\x01", "\xc4", "\xc2\x80", "\xe2\x80\xae", "\xc3\xa4", "a"};

	(void)state;
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		for (size_t c = 0; c < sizeof(chars) / sizeof(chars[0]); c++) {
			char text[4096], *again;
			size_t size;
			FILE *f;

			snprintf(text, sizeof(text), HEAD "! %s", keys[k]);
			for (unsigned i = 0; i < 300; i++)
				strcat(text, chars[c]);
			strcat(text, "\n5 obj-alloc id=7 size=16\n");
			struct result first = read_string(text);
			assert_int_equal(first.status, HR_END);
			f = open_memstream(&again, &size);
			assert_non_null(f);
			hr_text_write_header(f, &first.meta);
			hr_text_write_event(f, &first.meta, &first.ev[0]);
			fclose(f);
			struct result second = read_string(again);
			assert_int_equal(second.status, HR_END);
			assert_string_equal(second.meta.program, first.meta.program);
			assert_string_equal(second.meta.source, first.meta.source);
			assert_int_equal(second.meta.nnotes, first.meta.nnotes);
			if (first.meta.nnotes > 0)
				assert_string_equal(second.meta.notes[0].value, first.meta.notes[0].value);
			assert_true(first.meta.program[0] != '\0' || first.meta.source[0] != '\0' ||
				    first.meta.nnotes == 1);
			free(again);
			free(first.ev);
			free(second.ev);
		}
}

static void test_lines(void **state)
{
	static char text[300000];
	size_t n;

	(void)state;
	/* 4,096 bytes are a line, one more is none. */
	for (int more = 0; more < 2; more++) {
		n = (size_t)sprintf(text, HEAD "1 span-alloc id=1 npages=1");
		memset(text + n, ' ', 5000);
		text[strlen(HEAD) + 4096 + (size_t)more] = '\n';
		struct result r = read_text(text, strlen(HEAD) + 4097 + (size_t)more, HR_WANT_SPANS);
		assert_int_equal(r.status, more ? HR_EINPUT : HR_END);
		assert_int_equal(r.err.line, more ? 2 : 0);
		free(r.ev);
	}
	/* Lines across the ends of buffers. */
	n = (size_t)sprintf(text, HEAD);
	size_t lines = 0;
	for (; n < sizeof(text) - 100; lines++)
		n += (size_t)sprintf(text + n, "%zu span-alloc id=%zu npages=%zu\n", lines * lines, lines,
				     1 + lines % 1000);
	struct result r = read_text(text, n, HR_WANT_SPANS);
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, lines);
	for (size_t i = 0; i < lines; i++)
		assert_true(r.ev[i].addr == i && r.ev[i].time_ns == i * i && r.ev[i].size == 8192 * (1 + i % 1000));
	free(r.ev);
	/* A NUL is no character. */
	text[n - 3] = '\0';
	r = read_text(text, n, HR_WANT_SPANS);
	assert_int_equal(r.status, HR_EINPUT);
	assert_int_equal(r.err.line, lines + 1);
	assert_int_equal(r.n, lines - 1);
	free(r.ev);
}

HR_TEST_MAIN(text)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything), cmocka_unit_test(test_by_hand),	  cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_objects),    cmocka_unit_test(test_lost),	  cmocka_unit_test(test_many_ids),
	    cmocka_unit_test(test_wrong),      cmocka_unit_test(test_free_words), cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
