/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values that make no sense, in records whose form is right: no reader stops at
 * one, what stands behind it is read, and what is left out is counted. Every
 * field of every event of every recorder's format gets every value.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/native/native.h"
#include "trace/reader.h"
#include "trace/text/form.h"

#include "go_bytes.h"
#include "testing.h"

#include <inttypes.h>

static const uint64_t absurd[] = {
    0,		1,	    7,		255,	    65535,     1 << 20,	   INT32_MAX,
    UINT32_MAX, U(1) << 40, U(1) << 48, U(1) << 61, INT64_MAX, U(1) << 63, UINT64_MAX,
};
enum { ABSURD = sizeof(absurd) / sizeof(absurd[0]) };

/* From one value to the next; where each takes long, 0, 65535, 1 << 40 and 1 << 63 are a part. */
static size_t step(void)
{
	return test_quick() ? 4 : 1;
}

struct read {
	enum hr_status status;
	struct hr_error err;
	uint64_t events, odd;
	struct hr_event last;
};

static struct read read_all(const void *data, size_t n, unsigned want)
{
	const struct hr_reader_options options = {.want = want};
	struct read got = {0};
	struct hr_event ev[64];
	struct hr_reader *r;
	uint64_t time_ns = 0;
	size_t k;

	got.status = hr_reader_open_memory(data, n, &options, &r, &got.err);
	if (got.status != HR_OK)
		return got;
	while ((got.status = hr_reader_next(r, ev, 64, &k, &got.err)) == HR_OK) {
		for (size_t i = 0; i < k; i++) {
			assert_true(ev[i].time_ns >= time_ns);
			time_ns = ev[i].time_ns;
		}
		got.events += k;
		got.last = ev[k - 1];
	}
	assert_true(time_ns <= INT64_MAX);
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		got.odd += hr_reader_stats(r)->anomalies[a];
	hr_reader_close(r);
	return got;
}

/* --- Go execution traces ------------------------------------------------------- */

/* Numbers behind the type byte, the time among them, as the runtime writes them. */
static const struct go_event {
	uint8_t type, n;
} go_events[] = {
    {9, 3},   {10, 3},	{11, 1},  {12, 4},  {13, 3},  {14, 4},	{15, 2},  {16, 3},  {17, 1},  {18, 1},
    {19, 3},  {20, 3},	{21, 4},  {22, 3},  {23, 1},  {24, 1},	{25, 4},  {26, 3},  {27, 1},  {28, 2},
    {29, 3},  {30, 2},	{31, 2},  {32, 2},  {33, 3},  {34, 2},	{35, 2},  {36, 1},  {37, 2},  {38, 2},
    {39, 2},  {40, 5},	{41, 3},  {42, 4},  {43, 4},  {44, 5},	{45, 3},  {46, 3},  {47, 4},  {48, 5},
    {128, 4}, {129, 4}, {130, 2}, {131, 3}, {132, 3}, {133, 2}, {134, 3}, {135, 3}, {136, 2},
};

/* The events in a trace that goes on behind them: the free of span 77 is the last event of all. */
static void check_go(const struct bytes *events, const char *what, uint64_t value)
{
	static struct bytes b, c;

	header(&b, 25);
	frequency(&b, 25, 1, 15625000);
	info(&b, 1);
	batch(&b, 1, 9, 1000, events);
	frequency(&b, 25, 2, 15625000);
	c.n = 0;
	event(&c, 129, 5, 3, U(77), U(1), U(10));
	event(&c, 130, 5, 1, U(77));
	batch(&b, 2, 9, 1000000, &c);
	for (unsigned want = HR_WANT_SPANS; want != 0; want = want == HR_WANT_SPANS ? (unsigned)HR_WANT_ALL : 0) {
		struct read got = read_all(b.data, b.n, want);

		if (got.status != HR_END)
			fail_msg("%s of %" PRIu64 ": %s", what, value, got.err.text);
		assert_int_equal(got.last.kind, HR_EV_SPAN_FREE);
		assert_int_equal(got.last.addr, MIN_ADDR + U(77) * 8192);
	}
}

static void test_go_events(void **state)
{
	static struct bytes c;
	char what[64];

	(void)state;
	for (size_t i = 0; i < sizeof(go_events) / sizeof(go_events[0]); i++)
		for (unsigned field = 0; field < go_events[i].n; field++)
			for (size_t v = 0; v < ABSURD; v += step()) {
				c.n = 0;
				event(&c, 10, 1, 2, U(0), U(1));
				byte(&c, go_events[i].type);
				for (unsigned k = 0; k < go_events[i].n; k++)
					varint(&c, k == field ? absurd[v] : 1);
				event(&c, 133, 1, 1, U(1));
				snprintf(what, sizeof(what), "number %u of an event of type %u", field,
					 go_events[i].type);
				check_go(&c, what, absurd[v]);
			}
}

/* A span, and the same with one number wrong: which are counted, and that they are left out. */
static void test_go_counts(void **state)
{
	static const struct {
		uint8_t type, n;
		uint64_t numbers[3];
		bool impossible;
	} rows[] = {
	    {129, 3, {1, 1, 10}, false},   {129, 3, {U(1) << 40, 1, 2}, true},
	    {129, 3, {1, 0, 2}, true},	   {129, 3, {1, U(1) << 36, 2}, true},
	    {129, 3, {1, 1, 272}, true},   {129, 3, {1, 1, 3}, true},
	    {130, 1, {U(1) << 50}, true},  {132, 2, {U(1) << 60, 0}, true},
	    {133, 1, {UINT64_MAX}, true},  {135, 2, {1, 0}, true},
	    {135, 2, {1, 60}, true},	   {136, 1, {U(1) << 63}, true},
	    {10, 2, {40000, 1}, true},	   {9, 2, {0, 0}, true},
	    {9, 2, {U(1) << 32, 0}, true},
	};
	static struct bytes b, c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		header(&b, 25);
		frequency(&b, 25, 1, 15625000);
		info(&b, 1);
		c.n = 0;
		event(&c, 129, 5, 3, U(77), U(1), U(10));
		byte(&c, rows[i].type);
		varint(&c, 1);
		for (size_t k = 0; k < rows[i].n; k++)
			varint(&c, rows[i].numbers[k]);
		batch(&b, 1, 9, 1000, &c);
		struct read got = read_all(b.data, b.n, (unsigned)HR_WANT_ALL);
		assert_int_equal(got.status, HR_END);
		assert_int_equal(got.odd, rows[i].impossible);
		assert_int_equal(got.events, 2 - rows[i].impossible);
	}
}

/* The snapshot's entry for a goroutine whose stack the collector has freed: a stack of no bytes at address 0. */
static void test_go_stackless(void **state)
{
	static const uint64_t bases[] = {MIN_ADDR, U(0x2a1f3c400000)};
	static struct bytes b, c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		header(&b, 26);
		frequency(&b, 26, 1, 15625000);
		info_at(&b, 1, bases[i], 8192, 8, 2048);
		c.n = 0;
		event(&c, 128, 1, 3, U(0), U(1), U(10));
		event(&c, 134, 1, 2, (0 - bases[i]) / 2048, U(0));
		event(&c, 134, 1, 2, U(2), U(12));
		batch(&b, 1, 9, 1000, &c);
		byte(&b, 52);

		struct hr_reader *r;
		struct hr_event ev[8];
		struct hr_error err;
		size_t n;
		assert_int_equal(hr_reader_open_memory(
				     b.data, b.n, &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL}, &r, &err),
				 HR_OK);
		assert_int_equal(hr_reader_next(r, ev, 8, &n, &err), HR_OK);
		assert_int_equal(n, 2);
		assert_int_equal(ev[1].addr, bases[i] + 4096);
		assert_int_equal(ev[1].size, 2048);
		assert_int_equal(hr_reader_stats(r)->anomalies[HR_ANOMALY_STACKLESS], 1);
		assert_int_equal(hr_reader_stats(r)->anomalies[HR_ANOMALY_IMPOSSIBLE_VALUE], 0);
		hr_reader_close(r);
	}
}

/* What stands in the structural batches: clocks, the heap's description, the head of a batch. */
static void test_go_structure(void **state)
{
	static struct bytes b, c;

	(void)state;
	c.n = 0;
	event(&c, 129, 5, 3, U(77), U(1), U(10));
	event(&c, 130, 5, 1, U(77));
	for (unsigned field = 0; field < 13; field++)
		for (size_t v = 0; v < ABSURD; v += step()) {
			uint64_t x[13] = {15625000, MIN_ADDR, 8192, 8, 2048, 1000, 9, 15625000, 1, 2, 3, 4, 1};

			x[field] = absurd[v];
			/* Not nonsense, but more than a replay can do. */
			if ((field == 1 || field == 2) && absurd[v] == 1 << 20)
				continue;
			header(&b, 25);
			clock_batch(&b, 1, x[0], x + 8, v % 2 == 0);
			info_at(&b, 1, x[1], x[2], x[3], x[4]);
			batch(&b, x[12], x[6], x[5], &c);
			frequency(&b, 25, 1, x[7]);
			frequency(&b, 25, 2, 15625000);
			batch(&b, 2, 9, 2000000, &c);
			struct read got = read_all(b.data, b.n, (unsigned)HR_WANT_ALL);
			if (got.status != HR_END)
				fail_msg("field %u of %" PRIu64 ": %s", field, absurd[v], got.err.text);
			/* A batch of no generation is left out. */
			assert_int_equal(got.events, field == 12 && (x[12] == 0 || x[12] > 1001) ? 2 : 4);
			if (field != 1)
				assert_int_equal(got.last.addr, MIN_ADDR + U(77) * 8192);
		}
}

/* --- page traces ---------------------------------------------------------------- */

static void word(struct bytes *b, uint64_t x)
{
	for (int i = 0; i < 8; i++)
		byte(b, (uint8_t)(x >> 8 * i));
}

/* Pages, the address and the time of an event, small and large, and the time of a block. */
static void test_pagetrace(void **state)
{
	static struct bytes b;

	(void)state;
	for (size_t v = 0; v < ABSURD; v += step())
		for (unsigned field = 0; field < 5; field++) {
			const uint64_t x = absurd[v], addr = U(0xc000000000);

			/* A time of 0 is how a file begins that another process has written over. */
			if (field == 4 && x << 3 == 0)
				continue;
			b.n = 0;
			word(&b, U(4));
			word(&b, (U(1) << 20) << 3);
			word(&b, addr | U(1) << 3 | 1);
			if (field == 0)
				word(&b, addr | (x & 1023) << 3 | 1);
			if (field == 1)
				word(&b, (x & ((U(1) << 35) - 1)) << 13 | U(1) << 3 | 1);
			if (field == 2)
				word(&b, (x & 65535) << 48 | addr | U(1) << 3 | 1);
			if (field == 3) {
				word(&b, addr | 4 | 1);
				word(&b, x);
			}
			word(&b, U(4));
			word(&b, (field == 4 ? x : U(1) << 21) << 3);
			word(&b, addr | U(1) << 3 | 2);
			/* What a normal exit writes last. */
			word(&b, (UINT64_MAX << 3) | 4);
			word(&b, (U(1) << 22) << 3);
			struct read got = read_all(b.data, b.n, (unsigned)HR_WANT_ALL);
			if (got.status != HR_END)
				fail_msg("field %u of %" PRIu64 ": %s", field, x, got.err.text);
			assert_true(got.events >= 2);
		}
}

/* --- recordings of malloc ----------------------------------------------------------- */

/*
 * Each % is a number, hexadecimal where an x is before it; `usual` are those it
 * has otherwise. In front and behind stand sound lines, which must be read.
 */
static const struct recorder {
	const char *name, *front, *line, *usual[5], *behind;
	uint64_t events; /* of front and behind */
} recorders[] = {
    {"ltrace",
     "9 a->malloc(24) = 0x7f10\n",
     "9 a->malloc(%) = x%\n",
     {"32", "0x7f90"},
     "9 a->malloc(40) = 0x8f10\n9 a->free(0x8f10) = <void>\n",
     3},
    {"ltrace calloc",
     "9 a->malloc(24) = 0x7f10\n",
     "9 a->calloc(%, %) = x%\n",
     {"3", "32", "0x7f90"},
     "9 a->malloc(40) = 0x8f10\n9 a->free(0x8f10) = <void>\n",
     3},
    {"ltrace realloc",
     "9 a->malloc(24) = 0x7f10\n",
     "9 a->realloc(x%, %) = x%\n",
     {"0x7f10", "32", "0x7f90"},
     "9 a->malloc(40) = 0x8f10\n9 a->free(0x8f10) = <void>\n",
     3},
    {"ltrace free",
     "9 a->malloc(24) = 0x7f10\n",
     "9 a->free(x%) = <void>\n",
     {"0x7f10"},
     "9 a->malloc(40) = 0x8f10\n9 a->free(0x8f10) = <void>\n",
     3},
    {"utrace", "malloc(24) = 0x7f10\n", "malloc(%) = x%\n", {"32", "0x7f90"}, "malloc(40) = 0x8f10\nfree(0x8f10)\n", 3},
    {"mtrace",
     "= Start\n@ a:[0x1] + 0x7f10 0x18\n",
     "@ a:[0x1] + x% x%\n",
     {"0x7f90", "0x20"},
     "@ a:[0x1] + 0x8f10 0x28\n@ a:[0x1] - 0x8f10\n",
     3},
    {"mtrace realloc",
     "= Start\n@ a:[0x1] + 0x7f10 0x18\n",
     "@ a:[0x1] < x%\n@ a:[0x1] > x% x%\n",
     {"0x7f10", "0x7f90", "0x20"},
     "@ a:[0x1] + 0x8f10 0x28\n@ a:[0x1] - 0x8f10\n",
     3},
    {"valgrind",
     "--9-- malloc(24) = 0x7F10\n",
     "--9-- malloc(%) = x%\n",
     {"32", "0x7F90"},
     "--9-- malloc(40) = 0x8F10\n--9-- free(0x8F10)\n",
     3},
    {"android",
     "9: malloc 0x7f10 24 100 101\n",
     "9: malloc x% % % %\n",
     {"0x7f90", "32", "102", "103"},
     "9: malloc 0x8f10 40 104 105\n9: free 0x8f10 106 107\n",
     3},
    {"android memalign",
     "9: malloc 0x7f10 24\n",
     "9: memalign x% % %\n",
     {"0x7f90", "16", "32"},
     "9: malloc 0x8f10 40\n9: free 0x8f10\n",
     3},
    {"heaptrack",
     "v 10200 2\nX p\n+ 18 1 7f10\n",
     "+ h% h% h%\n",
     {"20", "1", "7f90"},
     "c 1\n+ 28 1 8f10\n- 8f10\n",
     3},
    {"heaptrack free", "v 10200 2\nX p\n+ 18 1 7f10\n", "- h%\n", {"7f10"}, "c 1\n+ 28 1 8f10\n- 8f10\n", 3},
    {"heaptrack clock", "v 10200 2\nX p\n+ 18 1 7f10\n", "c h%\nR h%\n", {"1", "1"}, "+ 28 1 8f10\n- 8f10\n", 3},
    {"lttng malloc",
     "[1.0] b lttng_ust_libc:malloc: { vtid = 7 }, { size = 24, ptr = 0x7F10 }\n",
     "[%.0] b lttng_ust_libc:malloc: { vpid = %, vtid = % }, { size = %, ptr = x% }\n",
     {"1", "7", "8", "32", "0x7f90"},
     "[2.0] b lttng_ust_libc:malloc: { vtid = 7 }, { size = 40, ptr = 0x8F10 }\n"
     "[2.5] b lttng_ust_libc:free: { vtid = 7 }, { ptr = 0x8F10 }\n",
     3},
    {"lttng realloc",
     "[1.0] b lttng_ust_libc:malloc: { cpu_id = 3 }, { size = 24, ptr = 0x7F10 }\n",
     "[1.0] b lttng_ust_libc:realloc: { cpu_id = % }, { in_ptr = x%, size = %, ptr = x% }\n"
     "[1.5] b lttng_ust_libc:free: { cpu_id = 3 }, { ptr = x% }\n",
     {"3", "0x7f10", "32", "0x7f90", "0x7f90"},
     "[2.0] b lttng_ust_libc:malloc: { cpu_id = 3 }, { size = 40, ptr = 0x8F10 }\n"
     "[2.5] b lttng_ust_libc:free: { cpu_id = 3 }, { ptr = 0x8F10 }\n",
     3},
    {"lttng calloc, posix_memalign",
     "b lttng_ust_libc:malloc: { size = 24, ptr = 0x7F10 }\n",
     "b lttng_ust_libc:calloc: { nmemb = %, size = %, ptr = x% }\n"
     "b lttng_ust_libc:posix_memalign: { out_ptr = x%, alignment = 64, size = 64, result = % }\n",
     {"3", "32", "0x7f90", "0x7fa0", "0"},
     "b lttng_ust_libc:malloc: { size = 40, ptr = 0x8F10 }\nb lttng_ust_libc:free: { ptr = 0x8F10 }\n",
     3},
    {"malloc lab", "20000\n4\n8\n1\na 7 24\n", "a % %\nr % %\nf %\n", {"8", "32", "8", "48", "8"}, "a 9 40\nf 9\n", 3},
    {"malloc lab header", "", "%\n%\n%\n%\na 7 24\n", {"20000", "4", "8", "1"}, "a 9 40\nf 9\n", 3},
    {"logalloc",
     "9 9 malloc(24)=0x7f10\n",
     "9 % malloc(%)=x%\n",
     {"9", "32", "0x7f90"},
     "9 9 malloc(40)=0x8f10\n9 9 free(0x8f10)\n",
     3},
    {"logalloc process",
     "9 9 malloc(24)=0x7f10\n",
     "% 9 malloc(32)=0x7f90\n",
     {"9"},
     "9 9 malloc(40)=0x8f10\n9 9 free(0x8f10)\n",
     3},
    {"logalloc calloc, realloc",
     "9 9 malloc(24)=0x7f10\n",
     "9 9 calloc(%,%)=0x7f90\n9 9 realloc(x%,%)=x%\n",
     {"3", "32", "0x7f90", "48", "0x7fa0"},
     "9 9 malloc(40)=0x8f10\n9 9 free(0x8f10)\n",
     3},
    {"allocfreetrace",
     "tracealloc(0x7f10, 0x18, int)\n",
     "tracealloc(x%, x%)\ntracegc()\ntracefree(x%, x%)\n",
     {"0x7f90", "0x20", "0x7f90", "0x20"},
     "tracealloc(0x8f10, 0x28)\ntracefree(0x8f10, 0x28)\n",
     3},
    {"heaptrack memory",
     "v 10200 2\nX p\nI 1000 ffff\n+ 18 1 7f10\n",
     "I h% h%\nt h% h%\ni h% 1\n",
     {"1000", "20", "1", "0", "1"},
     "+ 28 1 8f10\n- 8f10\n",
     3},
};

/* The recording with number `which` of the line that value. */
static void compose(struct bytes *b, const struct recorder *r, unsigned which, uint64_t value)
{
	unsigned k = 0;
	char text[40];

	b->n = 0;
	put(b, r->front, strlen(r->front));
	for (const char *p = r->line; *p != '\0'; p++) {
		const char form = *p;

		if ((form == 'x' || form == 'h') && p[1] == '%')
			p++;
		if (*p != '%') {
			byte(b, (uint8_t)*p);
			continue;
		}
		if (k == which)
			snprintf(text, sizeof(text),
				 form == 'x'   ? "0x%" PRIx64
				 : form == 'h' ? "%" PRIx64
					       : "%" PRIu64,
				 value);
		else
			snprintf(text, sizeof(text), "%s", r->usual[k]);
		k++;
		put(b, text, strlen(text));
	}
	put(b, r->behind, strlen(r->behind));
}

static void test_mallocs(void **state)
{
	static struct bytes b;

	(void)state;
	for (size_t i = 0; i < sizeof(recorders) / sizeof(recorders[0]); i++)
		for (unsigned which = 0; which < 5 && recorders[i].usual[which] != NULL; which++)
			for (size_t v = 0; v < ABSURD; v += step()) {
				compose(&b, &recorders[i], which, absurd[v]);
				struct read got = read_all(b.data, b.n, (unsigned)HR_WANT_ALL);
				if (got.status != HR_END || got.events < recorders[i].events)
					fail_msg("%s, number %u of %" PRIu64 ": %" PRIu64 " events; %s",
						 recorders[i].name, which, absurd[v], got.events,
						 got.status == HR_END ? "read" : got.err.text);
				assert_int_equal(got.last.kind, HR_EV_OBJ_FREE);
				assert_int_equal(got.last.size, 40);
			}
}

/* --- the text form ------------------------------------------------------------------- */

/* A word of the line: the field's usual value, or that. */
static int word_of(char *to, size_t room, const struct hr_text_field *f, const char *addr, bool is_id, bool absurd_one,
		   uint64_t value)
{
	static const char *const usual[] = {
	    [HR_TEXT_PLACE] = "7",	 [HR_TEXT_PAGES] = "1",	     [HR_TEXT_BYTES] = "32",
	    [HR_TEXT_LIMIT] = "4194304", [HR_TEXT_CLASS] = "10",     [HR_TEXT_NUMBER] = "3",
	    [HR_TEXT_COUNT] = "4",	 [HR_TEXT_ARG_BYTES] = "16", [HR_TEXT_CAUSE] = "runtime-gc",
	};
	const char *key = f->type == HR_TEXT_PLACE && is_id ? "id" : f->key;

	if (absurd_one && f->type != HR_TEXT_CAUSE)
		return snprintf(to, room, " %s=%" PRIu64, key, value);
	return snprintf(to, room, " %s=%s", key, f->type == HR_TEXT_PLACE ? addr : usual[f->type]);
}

/* The line has the number `which` (0: the time, 1: the P, then its fields) of that value. False: it has none such. */
static bool line_of(char *to, size_t room, unsigned kind, bool is_id, unsigned which, uint64_t value)
{
	const struct hr_text_field *f = hr_text_kinds[kind].fields;
	const char *addr = is_id						 ? "7"
			   : kind <= HR_EV_SPAN_FREE || kind >= HR_EV_PAGE_ALLOC ? "0xc000800000"
										 : "0xc000000010";
	int n = snprintf(to, room, "%" PRIu64 " p%" PRIu64 " %s", which == 0 ? value : 5, which == 1 ? value : 2,
			 hr_event_kind_name(kind));
	unsigned k = 0;

	for (; k < HR_TEXT_MAX_FIELDS && f[k].key != NULL; k++)
		n += word_of(to + n, room - (size_t)n, &f[k], addr, is_id, which == k + 2, value);
	snprintf(to + n, room - (size_t)n, "\n");
	return which < k + 2;
}

/* Of what is no trace by hand nothing stops at a value; beyond 2^48 there is no address by hand either. */
static void test_text(void **state)
{
	static const char *const front[] = {"span-alloc addr=0xc000000000 npages=1 class=10",
					    "span-alloc id=5 npages=1 class=10"};
	static const char *const behind[] = {"span-free addr=0xc000000000", "span-free id=5"};
	char line[256], text[1024];

	(void)state;
	for (unsigned kind = 0; kind < HR_EVENT_KIND_COUNT; kind++)
		for (int is_id = 0; is_id < 2; is_id++)
			for (unsigned which = 0; which < 2 + HR_TEXT_MAX_FIELDS; which++)
				for (size_t v = 0; v < ABSURD; v += step()) {
					if (!line_of(line, sizeof(line), kind, is_id, which, absurd[v]))
						continue;
					int n = snprintf(text, sizeof(text),
							 "# heapreplay-trace 1\n! strict off\n1 p1 %s\n%s9 p1 %s\n",
							 front[is_id], line, behind[is_id]);
					struct read got = read_all(text, (size_t)n, (unsigned)HR_WANT_ALL);
					if (got.status != HR_END || got.events < 2)
						fail_msg("%s: %" PRIu64 " events; %s", line, got.events, got.err.text);
					assert_int_equal(got.last.kind, HR_EV_SPAN_FREE);
					assert_int_equal(got.last.addr, is_id ? 5 : U(0xc000000000));
					/* What is not shown has been counted. */
					if (got.events == 2)
						assert_true(got.odd > 0);
				}
	for (int strict = 0; strict < 2; strict++) {
		int n = snprintf(text, sizeof(text),
				 "# heapreplay-trace 1\n! strict %s\n1 span-alloc addr=0x2000 npages=1\n"
				 "2 span-alloc addr=0x1000000000000 npages=1\n"
				 "3 span-alloc addr=0xffffffffe000 npages=2\n4 span-free addr=0x2000\n",
				 strict ? "on" : "off");
		struct read got = read_all(text, (size_t)n, (unsigned)HR_WANT_ALL);
		assert_int_equal(got.status, HR_END);
		assert_int_equal(got.events, 2);
		assert_int_equal(got.odd, 2);
	}
}

/* --- the native form -------------------------------------------------------------------- */

/* The three events as a trace. */
static size_t write_native(const struct hr_event ev[3], bool addresses, char **at)
{
	const struct hr_trace_meta meta = {.format_name = "test",
					   .has_addresses = addresses,
					   .has_spans = true,
					   .has_objects = true,
					   .has_procs = true,
					   .has_clock = true,
					   .page_bytes = 8192};
	const struct hr_trace_stats stats = {.events_total = 3};
	const struct hr_native_options options = {0};
	struct hr_native_writer *w;
	struct hr_error err;
	size_t n;
	FILE *f = open_memstream(at, &n);

	assert_non_null(f);
	assert_int_equal(hr_native_begin(f, &meta, &options, &w, &err), HR_OK);
	assert_int_equal(hr_native_add(w, ev, 3, &err), HR_OK);
	assert_int_equal(hr_native_end(w, &stats, &err), HR_OK);
	hr_native_free(w);
	assert_int_equal(fclose(f), 0);
	return n;
}

/* Every field of every event that others may have written: read to the end, and what can't be is not shown. */
static void test_native(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < HR_EVENT_KIND_COUNT; kind++)
		for (unsigned field = 0; field < 4; field++)
			for (size_t v = 0; v < 2 * ABSURD; v += step()) {
				const bool addresses = v % 2 == 0;
				const uint64_t x = absurd[v / 2], base = addresses ? U(0xc000000000) : 5;
				struct hr_event ev[3] = {
				    {.time_ns = 1, .addr = base, .size = 8192, .arg = 10, .kind = HR_EV_SPAN_ALLOC},
				    {.time_ns = 2, .addr = base + 16384, .size = 8192, .arg = 10, .p = 1},
				    {.time_ns = 3, .addr = base, .kind = HR_EV_SPAN_FREE},
				};
				char *at;

				ev[1].kind = (uint8_t)kind;
				ev[1].addr = field == 0 ? x : ev[1].addr;
				ev[1].size = field == 1 ? x : ev[1].size;
				ev[1].arg = field == 2 ? (uint32_t)x : ev[1].arg;
				ev[1].p = field == 3 ? (int16_t)x : ev[1].p;
				size_t n = write_native(ev, addresses, &at);
				struct read got = read_all(at, n, (unsigned)HR_WANT_ALL);
				free(at);
				if (got.status != HR_END)
					fail_msg("field %u of kind %u, %" PRIu64 ": %s", field, kind, x, got.err.text);
				assert_int_equal(got.last.kind, HR_EV_SPAN_FREE);
				assert_int_equal(got.last.addr, base);
				assert_int_equal(got.events + got.odd, 3);
				if (kind == HR_EV_SPAN_ALLOC && addresses && field == 0)
					assert_int_equal(got.odd, x >= U(1) << 48);
				if (kind == HR_EV_SPAN_ALLOC && field == 1)
					assert_int_equal(got.odd, x == 0 || x >= U(1) << 41);
			}
}

HR_TEST_MAIN(absurd_values)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_go_events),	 cmocka_unit_test(test_go_counts), cmocka_unit_test(test_go_stackless),
	    cmocka_unit_test(test_go_structure), cmocka_unit_test(test_pagetrace), cmocka_unit_test(test_mallocs),
	    cmocka_unit_test(test_text),	 cmocka_unit_test(test_native),
	};

	return cmocka_run_group_tests_name("absurd values", tests, NULL, NULL);
}
