/* SPDX-License-Identifier: BSD-3-Clause */
/* Recordings by heaptrack, written by hand: each file version and shape, and each of their traps. */
#include "config.h"

#include "trace/format.h"

#include "testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define MS UINT64_C(1000000)
#define TAIL "c 14\nR 1\n\n# strings: 0\n# ips: 0\n"

struct got {
	enum hr_status status; /* of the opening, or the last one */
	struct hr_error err;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event *ev;
	size_t n, cap;
	char *text; /* the events: "+0:100" is an allocation of 100 bytes with number 0, "-0" its free */
};

static struct got read_data(const void *data, size_t size, enum hr_identity identity, size_t batch)
{
	const struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL, .identity = identity};
	struct got g = {.text = calloc(1, 1)};
	struct hr_reader *r;
	size_t n, len = 0;

	g.status = hr_reader_open_memory(data, size, &options, &r, &g.err);
	if (g.status != HR_OK)
		return g;
	g.meta = *hr_reader_meta(r);
	do {
		if (g.cap < g.n + batch)
			g.ev = realloc(g.ev, (g.cap = 2 * g.cap + batch) * sizeof(*g.ev));
		g.status = hr_reader_next(r, g.ev + g.n, batch, &n, &g.err);
		g.n += n;
	} while (g.status == HR_OK);
	g.stats = *hr_reader_stats(r);
	hr_reader_close(r);
	g.text = realloc(g.text, g.n * 48 + 1);
	for (size_t i = 0; i < g.n; i++) {
		const struct hr_event *e = &g.ev[i];

		assert_true(e->kind == HR_EV_OBJ_ALLOC || e->kind == HR_EV_OBJ_FREE);
		assert_int_equal(e->p, HR_NO_P);
		if (i > 0)
			assert_true(e->time_ns >= g.ev[i - 1].time_ns);
		len +=
		    (size_t)(e->kind == HR_EV_OBJ_ALLOC
				 ? sprintf(g.text + len, "%s+%" PRIu64 ":%" PRIu64, i > 0 ? " " : "", e->addr, e->size)
				 : sprintf(g.text + len, "%s-%" PRIu64, i > 0 ? " " : "", e->addr));
	}
	return g;
}

static struct got read_text(const char *text)
{
	return read_data(text, strlen(text), HR_IDENTITY_LIFO, 100);
}

static void drop(struct got *g)
{
	free(g->ev);
	free(g->text);
}

/* A whole recording: the events, nothing odd, nothing cut. */
static void expect_clean(const char *text, const char *events)
{
	struct got g = read_text(text);

	assert_int_equal(g.status, HR_END);
	assert_string_equal(g.text, events);
	assert_false(g.stats.cut);
	for (int a = 0; a < HR_ANOMALY_COUNT; a++)
		assert_int_equal(g.stats.anomalies[a], 0);
	drop(&g);
}

/* The events, and so many of one anomaly, and no other. */
static void expect_odd(const char *text, const char *events, enum hr_anomaly odd, uint64_t n)
{
	struct got g = read_text(text);

	assert_int_equal(g.status, HR_END);
	assert_string_equal(g.text, events);
	for (int a = 0; a < HR_ANOMALY_COUNT; a++)
		assert_int_equal(g.stats.anomalies[a], a == (int)odd ? n : 0);
	drop(&g);
}

static void expect_cut(const char *text, const char *events, uint64_t offset, const char *what)
{
	struct got g = read_text(text);

	assert_int_equal(g.status, HR_END);
	assert_string_equal(g.text, events);
	assert_true(g.stats.cut);
	assert_int_equal(g.stats.cut_offset, offset);
	assert_non_null(strstr(g.stats.cut_what, what));
	drop(&g);
}

static void expect_refused(const char *text, const char *what)
{
	struct got g = read_text(text);

	assert_int_equal(g.status, HR_EINPUT);
	assert_non_null(strstr(g.err.text, what));
	drop(&g);
}

/* --- versions and shapes ----------------------------------------------------------- */

static void interpreted(void **state)
{
	const char *text = "v 10400 3\n"
			   "X ./prog --with an argument\n"
			   "I 1000 5e27ec\n"
			   "s 4 main\n"
			   "i 7fdb813e1b9f 1 1 1 79\n"
			   "t 1 0\n"
			   "a 64 1\n" /* 0 */
			   "a c8 1\n" /* 1 */
			   "+ 1\n"    /* 200 bytes: infos count from 0 */
			   "+ 0\n"    /* 100 */
			   "- 1\n"
			   "a 186a0 1\n" /* 2: in order of appearance, between events too */
			   "+ 2\n"
			   "- 0\n"
			   "- 2\n" TAIL;
	struct got g = read_text(text);

	(void)state;
	assert_string_equal(g.text, "+0:200 +1:100 -0 +0:100000 -1 -0");
	assert_int_equal(g.meta.format, HR_FORMAT_HEAPTRACK);
	assert_string_equal(g.meta.format_name, "heaptrack");
	assert_string_equal(g.meta.program, "./prog --with an argument");
	assert_int_equal(g.meta.version, 3);
	assert_true(g.meta.has_clock);
	assert_false(g.meta.has_addresses);
	assert_false(g.meta.has_spans);
	assert_false(g.meta.has_threads);
	assert_false(g.meta.collected);
	assert_int_equal(g.stats.events_total, 6);
	assert_int_equal(g.stats.counts[HR_EV_OBJ_ALLOC], 3);
	assert_int_equal(g.stats.counts[HR_EV_OBJ_FREE], 3);
	assert_int_equal(g.stats.last_time_ns, 20 * MS);
	drop(&g);
	expect_clean(text, "+0:200 +1:100 -0 +0:100000 -1 -0");
}

static void raw(void **state)
{
	const char *text = "v 10400 3\n"
			   "x 6 ./prog\n"
			   "X ./prog\n"
			   "m 1 -\n"
			   "m 1 x 5591a0615000 0 890 1000 3e5\n"
			   "t 7fdb813e1b9f 0\n"
			   "+ 64 1 5591dfa8e530\n"
			   "+ 64 1 5591dfa8e5a0\n"
			   "- 5591dfa8e530\n" /* the first one, not the newest */
			   "+ c8 1 5591dfa8e530\n"
			   "- 5591dfa8e5a0\n"
			   "- 5591dfa8e530\n"
			   "c 14\nR 1\n"; /* raw ones have no # strings */
	struct got g = read_text(text);

	(void)state;
	assert_string_equal(g.meta.format_name, "heaptrack, raw");
	drop(&g);
	expect_clean(text, "+0:100 +1:100 -0 +0:200 -1 -0");
}

static void raw_by_its_fields(void **state)
{
	(void)state;
	expect_clean("v 10200 2\nX prog\n+ 64 1 5591dfa8e530\n- 5591dfa8e530\nc 1\nR 1\n", "+0:100 -0");
}

static void version_2(void **state)
{
	(void)state;
	/* Texts without a length; one that looks like a length, and suppressions. */
	expect_clean("v 10250 2\nX p\nI 1000 1\nS leak:^a*$\ns 9 lives\ns main\ni 1 1\nt 1 0\na 1 1\n+ 0\n- 0\n" TAIL,
		     "+0:1 -0");
}

static void version_1(void **state)
{
	struct got g = read_text("v 10200\nX p\ns main\na 1 1\n+ 0\n- 0\n" TAIL);

	(void)state;
	assert_int_equal(g.meta.version, 1);
	assert_string_equal(g.text, "+0:1 -0");
	drop(&g);
}

static void version_0(void **state)
{
	struct got g = read_text("v 10100\nX p\ns main\ni 1 1\nt 1 0\n+ 10 1 7f00\n+ 10 1 7f10\n- 7f00\n- 7f10\nc a\n");

	(void)state;
	assert_int_equal(g.meta.version, 0);
	assert_string_equal(g.text, "+0:16 +1:16 -0 -1");
	assert_false(g.stats.cut); /* it has none of the last lines that others have */
	drop(&g);
}

static void refused(void **state)
{
	(void)state;
	expect_refused("v 10600 4\nX p\na 1 1\n+ 0\n" TAIL, "newer");
	expect_refused("v 10400 3\nX p\na 1 1\n" TAIL, "before its first allocation");
	expect_refused("v 10400 3\n", "before its first allocation");
	expect_refused("v 10400 3", "not a trace");
	expect_refused("v\n+ 1\n", "not a trace");
	expect_refused("v 10400 3 3\n+ 1\n", "not a trace");
	expect_refused("v 1.4.0 3\n+ 1\n", "not a trace");
	expect_refused("video 1 3\n+ 1\n", "not a trace");
}

/* --- lines ----------------------------------------------------------------------------- */

static void texts_hold_newlines(void **state)
{
	(void)state;
	expect_clean("v 10400 3\na 1 0\n+ 0\ns 9 x\n+ 0\n- 0\n- 0\n" TAIL, "+0:1 -0");
	expect_clean("v 10400 3\nx 7 a\n+ 1 2\nm 5 b\n- 9 1000 0 2\n+ 64 1 9\n- 9\nc 1\nR 1\n", "+0:100 -0");
	expect_clean("v 10400 3\nS 7 leak:\nx\na 1 0\n+ 0\n- 0\n" TAIL, "+0:1 -0");
}

static void bad_texts(void **state)
{
	(void)state;
	/* A length that its line does not have, none, one that no text has: only that line is bad. */
	expect_odd("v 10400 3\na 1 0\n+ 0\ns 2 abcd\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_BAD_LINE, 1);
	expect_odd("v 10400 3\na 1 0\n+ 0\ns abcd\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_BAD_LINE, 1);
	expect_odd("v 10400 3\na 1 0\n+ 0\ns fffffffffffffff0 a\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_BAD_LINE, 1);
	expect_odd("v 10400 3\na 1 0\n+ 0\ns 8000 a\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_BAD_LINE, 1);
	expect_odd("v 10400 3\na 1 0\n+ 0\ns 22 a\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_BAD_LINE, 1);
}

static void other_lines(void **state)
{
	(void)state;
	expect_clean("v 10400 3\n\n# a comment\na 1 0\n+ 0\n- 0\n" TAIL, "+0:1 -0");
	expect_odd("v 10400 3\nZ what is that\n\xff\xfe\na 1 0\n+ 0\nQ\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_OTHER_RECORD,
		   3);
	expect_clean("v 10400 3\r\na 1 0\r\n+ 0\r\n- 0\r\nc a\r\nR 1\r\n# strings: 0\r\n", "+0:1 -0");
}

static void bad_lines(void **state)
{
	static const char *const lines[] = {
	    "+",
	    "+ ",
	    "+0",
	    "+  0",
	    "+ 1",
	    "+ x",
	    "+ 0 ",
	    "+ 0 0",
	    "+ A",
	    "+ 0x0",
	    "+ ffffffffffffffff",
	    "+ 1000000000000000",
	    "+ 00000000000000000",
	    "- 1",
	    "-",
	    "- 0 0",
	    "- 0g",
	    "c",
	    "c 1g",
	    "c ffffffffffffffff",
	    "c 20000000000",
	    "v 10400 3",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "v 10400 3\na 1 0\n+ 0\n%s\n- 0\n" TAIL, lines[i]);
		expect_odd(text, "+0:1 -0", HR_ANOMALY_BAD_LINE, 1);
	}
	/* Raw ones. */
	expect_odd("v 10400 3\nx 1 a\n+ 1 1 9\n+ 2 1\n+ 2 1 10 1\n- 9 1\n- \n- 9\nc 1\nR 1\n", "+0:1 -0",
		   HR_ANOMALY_BAD_LINE, 4);
	/* An info that can't be read keeps its number. */
	expect_odd("v 10400 3\na q 0\na 2 0\n+ 1\n- 1\n" TAIL, "+0:2 -0", HR_ANOMALY_BAD_LINE, 1);
}

static void numbers(void **state)
{
	struct got g =
	    read_text("v 10400 3\nx 1 a\n"
		      "+ 1234567 1 1\n+ 12345678 1 2\n+ 123456789 1 3\n+ 1ffffffffff 1 4\n+ 0000000000000001 1 5\n"
		      "+ 90af 1 fffffffffffffffe\n- fffffffffffffffe\n- 123456789abcdef0\nc 1\nR 1\n");

	(void)state;
	assert_string_equal(g.text, "+0:19088743 +1:305419896 +2:4886718345 +3:2199023255551 +4:1 +5:37039 -5");
	assert_int_equal(g.stats.anomalies[HR_ANOMALY_UNKNOWN_FREE], 1);
	assert_int_equal(g.stats.anomalies[HR_ANOMALY_BAD_LINE], 0);
	drop(&g);
}

static void long_lines(void **state)
{
	const size_t n = 3 << 20;
	char *text = malloc(n + 4096), *at = text;
	struct got g;

	(void)state;
	at += sprintf(at, "v 10400 3\na 7 0\n+ 0\nX ");
	memset(at, 'x', n);
	at += n;
	sprintf(at, "\n- 0\n" TAIL);
	g = read_text(text);
	assert_int_equal(g.status, HR_END);
	assert_string_equal(g.text, "+0:7 -0");
	assert_int_equal(g.stats.anomalies[HR_ANOMALY_BAD_LINE], 1);
	assert_false(g.stats.cut);
	drop(&g);
	/* And one that never ends. */
	*at = '\0';
	g = read_text(text);
	assert_string_equal(g.text, "+0:7");
	assert_true(g.stats.cut);
	drop(&g);
	free(text);
}

/* --- the program -------------------------------------------------------------------------- */

static void program(void **state)
{
	char text[2048], *at = text;
	struct got g = read_text("v 10400 3\nX a\tb\x1b[1m \xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x98 \xff \xc0\x80 "
				 "\xed\xa0\x80 \xc3\na 1 0\n+ 0\n" TAIL);

	(void)state;
	assert_string_equal(g.meta.program, "a?b?[1m \xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x98 ? ?? ??? ?");
	drop(&g);
	/* Cut before a character, not in one: 254 bytes and a second one of two. */
	at += sprintf(at, "v 10400 3\nX ");
	at += sprintf(at, "%0254d", 0);
	sprintf(at, "\xc3\xa9 and so on\na 1 0\n+ 0\n" TAIL);
	g = read_text(text);
	assert_int_equal(strlen(g.meta.program), 254);
	drop(&g);
}

/* --- odd objects ------------------------------------------------------------------------------ */

static void unknown_frees(void **state)
{
	(void)state;
	expect_odd("v 10400 3\nx 1 a\n+ 1 1 9\n- 10\n- 9\n- 9\nc 1\nR 1\n", "+0:1 -0", HR_ANOMALY_UNKNOWN_FREE, 2);
	expect_odd("v 10400 3\na 1 0\n+ 0\n- 0\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_UNKNOWN_FREE, 1);
	/* Before all else: an attached recording. */
	expect_odd("v 10400 3\nx 1 a\nA\n- 7f10\n+ 1 1 9\n- 9\nc 1\nR 1\n", "+0:1 -0", HR_ANOMALY_UNKNOWN_FREE, 1);
	expect_odd("v 10400 3\nA\na 1 1\n- 0\n+ 0\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_UNKNOWN_FREE, 1);
	expect_odd("v 10400 3\nx 1 a\n+ 1 1 9\n- 0\n- 9\nc 1\nR 1\n", "+0:1 -0", HR_ANOMALY_NULL_FREE, 1);
}

static void over_live(void **state)
{
	(void)state;
	/* Another thread's realloc logs its free too late. */
	expect_odd("v 10400 3\nx 1 a\n+ 1 1 9\n+ 2 1 9\n- 9\nc 1\nR 1\n", "+0:1 -0 +0:2 -0", HR_ANOMALY_OVER_LIVE, 1);
}

static void sizes(void **state)
{
	(void)state;
	expect_odd("v 10400 3\na 0 0\n+ 0\n- 0\n" TAIL, "+0:0 -0", HR_ANOMALY_ZERO_SIZE, 1);
	expect_odd("v 10400 3\na 1 0\na 1000000000000000 0\n+ 0\n+ 1\n- 0\n" TAIL, "+0:1 -0", HR_ANOMALY_ABSURD_SIZE,
		   1);
}

static void attached(void **state)
{
	struct got g = read_text("v 10400 3\nA\na 1 0\n+ 0\nA\n- 0\n" TAIL);

	(void)state;
	assert_string_equal(g.text, "+0:1 -0");
	assert_int_equal(g.stats.nassumed, 2); /* that, once, and the clock */
	assert_non_null(strstr(g.stats.assumed[1], "attached"));
	drop(&g);
}

/* --- the clock ----------------------------------------------------------------------------------- */

static void ticks(void **state)
{
	/* Before the first tick time runs from 0 on; events lie evenly between ticks. */
	struct got g = read_text("v 10400 3\na 1 0\n+ 0\n+ 0\nc a\nR 1\n+ 0\n+ 0\n+ 0\n+ 0\nc e\nR 1\nc 12\nR 1\n- "
				 "0\nc 13\nR 1\n# strings: 0\n");
	const uint64_t us[] = {0, 5000, 10000, 11000, 12000, 13000, 18000};

	(void)state;
	assert_int_equal(g.n, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(g.ev[i].time_ns, us[i] * 1000);
	assert_int_equal(g.stats.last_time_ns, 19 * MS);
	drop(&g);
}

static void clock_steps_back(void **state)
{
	struct got g = read_text("v 10400 3\na 1 0\nc a\nR 1\n+ 0\nc 5\nR 1\n- 0\nc b\nR 1\n# strings: 0\n");

	(void)state;
	assert_int_equal(g.stats.anomalies[HR_ANOMALY_CLOCK_BACK], 1);
	assert_int_equal(g.ev[0].time_ns, 10 * MS);
	assert_int_equal(g.ev[1].time_ns, 10 * MS);
	assert_int_equal(g.stats.last_time_ns, 11 * MS);
	drop(&g);
}

/* --- ends -------------------------------------------------------------------------------------------- */

static void cut(void **state)
{
	(void)state;
	/* A last line without its newline is dropped, though it reads well: there may be a digit missing. */
	expect_cut("v 10400 3\na 1 0\na 2 0\n+ 1\n+ 0", "+0:2", 26, "last line");
	expect_cut("v 10400 3\na 1 0\n+ 0\n- 0\nc a\nR 1\n# strings: 0\n# ip", "+0:1 -0", 45, "last line");
	/* Killed: no time behind the last events, or none of the memory with it. */
	expect_cut("v 10400 3\nx 1 a\n+ 1 1 9\nc a\nR 1\n- 9\n", "+0:1 -0", 36, "final time stamp");
	expect_cut("v 10400 3\nx 1 a\n+ 1 1 9\nc a\nR 1\n- 9\nc b\n", "+0:1 -0", 40, "final time stamp");
	expect_cut("v 10400 3\na 1 0\n+ 0\nc a\nR 1\n- 0\n\n# strings: 0\n# ips: 0\n", "+0:1 -0", 55,
		   "final time stamp");
	/* heaptrack_interpret died: a well-formed file that just stops. */
	expect_cut("v 10400 3\na 1 0\n+ 0\n- 0\nc a\nR 1\n", "+0:1 -0", 32, "# strings");
	/* Before 1.2 there was no final time stamp. */
	expect_clean("v 10000 2\na 1 0\n+ 0\nc a\nR 1\n- 0\n\n# strings: 0\n# ips: 0\n", "+0:1 -0");
}

static void cut_text(void **state)
{
	(void)state;
	/* Its length can't be told from a wrong one: what follows counts as lines. */
	expect_cut("v 10400 3\na 1 0\n+ 0\nc a\nR 1\ns 20 its newline is there,\nnot its end", "+0:1", 55, "last line");
}

static void cut_compression(void **state)
{
	char *text = malloc(1 << 22), *at = text;
	size_t whole, room = ZSTD_compressBound(1 << 22), n;
	void *data = malloc(room);
	uint64_t random = 3;
	struct got g;

	(void)state;
	at += sprintf(at, "v 10400 3\nx 1 a\n");
	for (unsigned i = 1; i <= 100000; i++)
		at += sprintf(at, "+ %x 1 %" PRIx64 "\n", i, test_random(&random) >> 16);
	at += sprintf(at, "c 14\nR 1\n");
	n = ZSTD_compress(data, room, text, (size_t)(at - text), 1);
	assert_false(ZSTD_isError(n));
	g = read_data(data, n, HR_IDENTITY_LIFO, 1000);
	assert_int_equal(g.n, 100000);
	assert_false(g.stats.cut);
	whole = g.n;
	drop(&g);
	g = read_data(data, n / 2, HR_IDENTITY_LIFO, 1000);
	assert_int_equal(g.status, HR_END);
	assert_true(g.stats.cut);
	assert_non_null(strstr(g.stats.cut_what, "compressed"));
	assert_in_range(g.n, whole / 4, whole * 3 / 4);
	/* What is there is right. */
	for (size_t i = 0; i < g.n; i++)
		assert_int_equal(g.ev[i].size, i + 1);
	drop(&g);
	free(data);
	free(text);
}

/* --- identity --------------------------------------------------------------------------------------------- */

static void identity(void **state)
{
	/* Numbers 0 and 1 have one info, 2 the other, 3 the first again. */
	static const char text[] = "v 10400 3\na 8 0\na 10 0\n+ 0\n+ 0\n+ 1\n+ 0\n- 0\n- 1\n- 0\n- 0\n" TAIL;
	const struct {
		enum hr_identity rule;
		const char *events, *says;
	} rules[] = {
	    {HR_IDENTITY_LIFO, "+0:8 +1:8 +2:16 +3:8 -3 -2 -1 -0", "the newest"},
	    {HR_IDENTITY_FIFO, "+0:8 +1:8 +2:16 +3:8 -0 -2 -1 -3", "the oldest"},
	    {HR_IDENTITY_RANDOM, NULL, "any"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct got g = read_data(text, sizeof(text) - 1, rules[i].rule, 3);

		if (rules[i].events != NULL)
			assert_string_equal(g.text, rules[i].events);
		assert_int_equal(g.n, 8);
		/* Of three, of one, of two, of one. */
		assert_int_equal(g.stats.anomalies[HR_ANOMALY_AMBIGUOUS_FREE], 2);
		assert_non_null(strstr(g.stats.assumed[g.stats.nassumed - 1], "50.0 % of the frees"));
		assert_non_null(strstr(g.stats.assumed[g.stats.nassumed - 1], rules[i].says));
		assert_non_null(strstr(g.stats.assumed[g.stats.nassumed - 1], "heaptrack -r"));
		drop(&g);
	}
}

/* --- much ---------------------------------------------------------------------------------------------------- */

enum { MANY = 300000, INFOS = 50 };

/*
 * A program as both kinds of recording would have it, with texts and stacks in
 * between, so that each kind of line lies across the reader's buffer somewhere.
 * It frees the newest of an info's objects, so that the two are the same.
 */
static void both_kinds(void **state)
{
	const size_t room = (size_t)MANY * 64;
	char *raw_text = malloc(room), *text = malloc(room), *to_raw = raw_text, *to = text;
	int32_t *model = malloc(MANY * sizeof(*model)), *to_model = model; /* sizes; frees below 0 */
	static uint64_t stack[INFOS][MANY / 4];
	size_t depth[INFOS] = {0};
	uint64_t random = 11, next_ptr = 0x7f0000000000;
	struct got a, b, c;

	(void)state;
	to += sprintf(to, "v 10400 3\nX p\n");
	to_raw += sprintf(to_raw, "v 10400 3\nx 1 p\nX p\n");
	for (unsigned i = 0; i < INFOS; i++)
		to += sprintf(to, "a %x %x\n", 16 * i + 1, i + 1);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned info = (unsigned)(test_random(&random) % INFOS), what = (unsigned)(test_random(&random) % 10);

		if (what < 4 && depth[info] < MANY / 4) {
			next_ptr += 16 + test_random(&random) % 64 * 16;
			stack[info][depth[info]++] = next_ptr;
			to += sprintf(to, "+ %x\n", info);
			to_raw += sprintf(to_raw, "+ %x %x %" PRIx64 "\n", 16 * info + 1, info + 1, next_ptr);
			*to_model++ = (int32_t)(16 * info + 1);
		} else if (what < 8 && depth[info] > 0) {
			to += sprintf(to, "- %x\n", info);
			to_raw += sprintf(to_raw, "- %" PRIx64 "\n", stack[info][--depth[info]]);
			*to_model++ = -(int32_t)(16 * info + 1);
		} else if (what == 8) {
			unsigned lines = (unsigned)(test_random(&random) % 8);

			to += sprintf(to, "s %x t", 4 * lines + 1);
			to_raw += sprintf(to_raw, "m %x t", 4 * lines + 1);
			for (unsigned l = 0; l < lines; l++) {
				to += sprintf(to, "\n+ 0");
				to_raw += sprintf(to_raw, "\n- 1");
			}
			to += sprintf(to, "\n");
			to_raw += sprintf(to_raw, " 1000 0 10\n");
		} else if (what == 9) {
			to += sprintf(to, "t %x 0\nc %x\nR 1\n", i, i / 100);
			to_raw += sprintf(to_raw, "t %x 0\nc %x\nR 1\n", i, i / 100);
		}
	}
	to += sprintf(to, "c %x\nR 1\n# strings: 0\n", MANY);
	to_raw += sprintf(to_raw, "c %x\nR 1\n", MANY);
	assert_true((size_t)(to - text) > 3u << 18); /* some buffers full */

	a = read_data(text, (size_t)(to - text), HR_IDENTITY_LIFO, 4096);
	b = read_data(raw_text, (size_t)(to_raw - raw_text), HR_IDENTITY_LIFO, 4096);
	c = read_data(text, (size_t)(to - text), HR_IDENTITY_LIFO, 1);
	assert_int_equal(a.status, HR_END);
	assert_int_equal(b.status, HR_END);
	assert_int_equal(a.stats.anomalies[HR_ANOMALY_BAD_LINE], 0);
	assert_int_equal(b.stats.anomalies[HR_ANOMALY_BAD_LINE], 0);
	assert_false(a.stats.cut);
	assert_false(b.stats.cut);
	assert_int_equal(a.n, b.n);
	assert_int_equal(a.n, c.n);
	assert_memory_equal(a.ev, b.ev, a.n * sizeof(*a.ev));
	assert_memory_equal(a.ev, c.ev, a.n * sizeof(*a.ev));
	assert_int_equal(a.n, to_model - model);
	for (size_t i = 0; i < a.n; i++) {
		assert_int_equal(a.ev[i].size, abs(model[i]));
		assert_int_equal(a.ev[i].kind, model[i] > 0 ? HR_EV_OBJ_ALLOC : HR_EV_OBJ_FREE);
	}
	drop(&a);
	drop(&b);
	drop(&c);
	free(text);
	free(raw_text);
	free(model);
}

/* The random rule takes the same objects each time. */
static void random_is_fixed(void **state)
{
	char *text = malloc(1 << 20), *to = text + sprintf(text, "v 10400 3\na 8 0\n");
	uint64_t random = 5;
	struct got a, b;
	int live = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bool add = live == 0 || test_random(&random) % 100 < 52;

		live += add ? 1 : -1;
		to += sprintf(to, "%c 0\n", add ? '+' : '-');
	}
	to += sprintf(to, TAIL);
	a = read_data(text, (size_t)(to - text), HR_IDENTITY_RANDOM, 64);
	b = read_data(text, (size_t)(to - text), HR_IDENTITY_RANDOM, 1000);
	assert_int_equal(a.n, 20000);
	assert_int_equal(b.n, 20000);
	assert_memory_equal(a.ev, b.ev, a.n * sizeof(*a.ev));
	drop(&a);
	drop(&b);
	free(text);
}

HR_TEST_MAIN(heaptrack)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interpreted),
	    cmocka_unit_test(raw),
	    cmocka_unit_test(raw_by_its_fields),
	    cmocka_unit_test(version_2),
	    cmocka_unit_test(version_1),
	    cmocka_unit_test(version_0),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(texts_hold_newlines),
	    cmocka_unit_test(bad_texts),
	    cmocka_unit_test(other_lines),
	    cmocka_unit_test(bad_lines),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(program),
	    cmocka_unit_test(unknown_frees),
	    cmocka_unit_test(over_live),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(attached),
	    cmocka_unit_test(ticks),
	    cmocka_unit_test(clock_steps_back),
	    cmocka_unit_test(cut),
	    cmocka_unit_test(cut_text),
	    cmocka_unit_test(cut_compression),
	    cmocka_unit_test(identity),
	    cmocka_unit_test(both_kinds),
	    cmocka_unit_test(random_is_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
