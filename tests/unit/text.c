/* The text form: what is written reads back as the same events, and the reader takes nothing else. */
#include "config.h"

#include "trace/text.h"

#include "trace/format.h"

#include "testing.h"

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
	assert_int_equal(fclose(f), 0);
	return text;
}

#define HEAD "# heapreplay-trace 1\n"

/* Every kind and key. */
static const char everything[] = HEAD "! page-bytes 8192\n"
				      "! min-addr 0xc000000000\n"
				      "! clock-origin-ns 123456789\n"
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
				      "18446744073709551615 span-free addr=0xc000002000\n";

static void test_everything(void **state)
{
	struct result r = read_string(everything), again;
	size_t size;
	char *text;

	(void)state;
	assert_int_equal(r.status, HR_END);
	assert_int_equal(r.n, 35);
	for (unsigned kind = 0; kind < HR_EVENT_KIND_COUNT; kind++)
		assert_true(r.stats.counts[kind] > 0);
	assert_int_equal(r.stats.events_total, r.n);
	assert_true(r.meta.has_addresses && r.meta.has_procs && r.meta.has_clock_origin && !r.meta.strict);
	assert_int_equal(r.meta.clock_origin_ns, 123456789);
	assert_int_equal(r.meta.min_addr, 0xc000000000);
	text = write_text(&r, &size);
	assert_string_equal(text, everything);

	/* Six events are of objects and stacks, six only for those who want everything. */
	again = read_text(text, size, HR_WANT_SPANS);
	assert_int_equal(again.n, 35 - 6 - 6);
	free(again.ev);
	again = read_text(text, size, HR_WANT_SPANS | HR_WANT_OBJECTS);
	assert_int_equal(again.n, 35 - 6);
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
	enum hr_status status = hr_reader_open(path, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &reader, &err);
	struct result go = drain(status, reader, err);
	assert_int_equal(go.status, HR_END);
	char *text = write_text(&go, &size);
	struct result back = read_text(text, size, HR_WANT_SPANS);
	assert_int_equal(back.status, HR_END);
	assert_int_equal(back.n, go.n);
	assert_memory_equal(back.ev, go.ev, go.n * sizeof(*go.ev));
	assert_int_equal(back.meta.clock_origin_ns, go.meta.clock_origin_ns);
	assert_int_equal(back.meta.min_addr, go.meta.min_addr);
	assert_int_equal(back.meta.has_addresses, go.meta.has_addresses);
	assert_int_equal(back.meta.has_procs, go.meta.has_procs);
	assert_int_equal(back.meta.strict, go.meta.strict);
	free(text);
	free(go.ev);
	free(back.ev);
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
	    {"5 span-free id=-1", 3, "bad value"},
	    {"5 span-free id=0x7", 3, "bad value"},
	    {"5 span-free id=", 3, "bad value"},
	    {"5 span-free id", 3, "not key=value"},
	    {"5 span-free id=7 npages=1", 3, "no key \"npages\""},
	    {"5 span-free id=18446744073709551615", 3, "too large"},
	    {"5 span-free addr=0x2000", 3, "so far"},
	    {"5 span-alloc id=8", 3, "npages= is missing"},
	    {"5 span-alloc id=8 npages=0", 3, "bad value"},
	    {"5 span-alloc id=8 npages=34359738369", 3, "bad value"},
	    {"5 span-alloc id=8 npages=1 class=136", 3, "bad value"},
	    {"5 heap-goal bytes=4XiB", 3, "bad value"},
	    {"5 gomaxprocs n=0", 3, "bad value"},
	    {"5 gc-begin by=me", 3, "bad value"},
	    {"5 gc-end now", 3, "not key=value"},
	    {"! strict off", 3, "before all events"},
	    {"5 gc-end\r", 3, "unknown kind"},
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
	    HEAD "5 span-free addr=0x1000000000000",
	    HEAD "5 span-alloc addr=0xffffffffe000 npages=2",
	    HEAD "5 span-free addr=0x",
	    HEAD "5 span-free addr=0x11112222333344445",
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
		assert_int_equal(r.n, 1);
		free(r.ev);
	}
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		struct result r = read_string(whole[i]);
		if (r.status != HR_EINPUT)
			fail_msg("\"%s\" was taken", whole[i]);
		free(r.ev);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything), cmocka_unit_test(test_by_hand), cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_wrong),      cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
