/* SPDX-License-Identifier: BSD-3-Clause */
/* The native form: what is written reads back as the same, and no damage goes unnoticed. */
#include "config.h"

#include "trace/native/native.h"

#include "trace/format.h"
#include "trace/native/form.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

struct trace {
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event *ev;
	size_t n, cap;
};

struct bytes {
	char *at;
	size_t n;
};

static void add(struct trace *t, struct hr_event ev)
{
	if (t->n == t->cap) {
		t->cap = 2 * t->cap + 64;
		t->ev = realloc(t->ev, t->cap * sizeof(*t->ev));
		assert_non_null(t->ev);
	}
	t->ev[t->n++] = ev;
}

static struct bytes write_trace(const struct trace *t, int level, size_t batch)
{
	const struct hr_native_options options = {.level = level};
	struct hr_native_writer *w;
	struct hr_error err;
	struct bytes b;
	FILE *f = open_memstream(&b.at, &b.n);

	assert_non_null(f);
	assert_int_equal(hr_native_begin(f, &t->meta, &options, &w, &err), HR_OK);
	for (size_t i = 0; i < t->n; i += batch)
		assert_int_equal(hr_native_add(w, t->ev + i, t->n - i < batch ? t->n - i : batch, &err), HR_OK);
	assert_int_equal(hr_native_end(w, &t->stats, &err), HR_OK);
	hr_native_free(w);
	assert_int_equal(fclose(f), 0);
	return b;
}

/* Fills *t; HR_END, or why not. */
static enum hr_status drain(struct hr_reader *r, struct trace *t, size_t batch, struct hr_error *err)
{
	enum hr_status status;
	struct hr_event ev[512];
	size_t n;

	*t = (struct trace){0};
	while ((status = hr_reader_next(r, ev, batch, &n, err)) == HR_OK) {
		assert_in_range(n, 1, batch);
		for (size_t i = 0; i < n; i++)
			add(t, ev[i]);
	}
	t->meta = *hr_reader_meta(r);
	t->stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return status;
}

static enum hr_status read_bytes(const void *at, size_t n, unsigned want, struct trace *t, struct hr_error *err)
{
	const struct hr_reader_options options = {.want = want};
	struct hr_reader *r;

	*t = (struct trace){0};
	HR_TRY(hr_reader_open_memory(at, n, &options, &r, err));
	return drain(r, t, 509, err);
}

static struct trace read_whole(struct bytes b)
{
	struct hr_error err;
	struct trace t;

	assert_int_equal(read_bytes(b.at, b.n, (unsigned)HR_WANT_ALL, &t, &err), HR_END);
	assert_string_equal(t.stats.lost_what, "");
	return t;
}

/* Field by field: there is no padding in an event. */
static void assert_same_events(const struct trace *a, const struct trace *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_memory_equal(&a->ev[i], &b->ev[i], sizeof(a->ev[i]));
}

static void assert_round_trip(const struct trace *t, int level)
{
	struct bytes b = write_trace(t, level, 1000), again = write_trace(t, level, 7);
	struct trace back = read_whole(b);

	/* Neither how events are handed over nor anything else changes the bytes. */
	assert_int_equal(b.n, again.n);
	assert_memory_equal(b.at, again.at, b.n);
	assert_same_events(t, &back);
	free(back.ev);
	free(b.at);
	free(again.at);
}

/* --- events ------------------------------------------------------------------ */

static uint64_t any(uint64_t *seed)
{
	const uint64_t extremes[] = {0, 1, 8, 8192, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};
	uint64_t x = test_random(seed);

	if (x % 3 == 0)
		return extremes[x / 3 % 8];
	return x >> x % 64;
}

/* Every field is anything; of a trace that is not strict the reader leaves out what can't be. */
static struct trace wild(uint64_t seed, size_t n, bool addresses)
{
	struct trace t = {.meta = {.has_addresses = addresses, .has_spans = true, .strict = true, .page_bytes = 8192}};
	uint64_t now = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t step = any(&seed) >> test_random(&seed) % 64;
		struct hr_event ev = {
		    .time_ns = now = step < UINT64_MAX - now ? now + step : now,
		    .addr = any(&seed),
		    .size = any(&seed),
		    .arg = (uint32_t)any(&seed),
		    .p = (int16_t)any(&seed),
		    .kind = (uint8_t)(test_random(&seed) % HR_EVENT_KIND_COUNT),
		    .flags = (uint8_t)any(&seed),
		};

		add(&t, ev);
	}
	return t;
}

static void test_wild(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= (test_quick() ? 36 : 40); seed++) {
		struct trace t = wild(seed, seed < 36 ? seed * seed : 40000, seed % 2 == 0);

		assert_round_trip(&t, (int)(seed % 5) + 1);
		free(t.ev);
	}
}

static void test_nothing(void **state)
{
	struct trace t = {.meta = {.page_bytes = 8192}};

	(void)state;
	assert_round_trip(&t, 1);
}

/* As recordings of malloc are: numbers by the rule, frees of all sorts, times on lines or not. */
static struct trace mallocs(uint64_t seed, size_t n, unsigned clock)
{
	struct trace t = {.meta = {.page_bytes = 8192}};
	uint32_t *holes = calloc(n, sizeof(*holes)), *live = calloc(n, sizeof(*live)), next = 0;
	uint64_t *sizes = calloc(n, sizeof(*sizes)), now = 0;
	size_t nholes = 0, nlive = 0;

	assert_true(holes != NULL && live != NULL && sizes != NULL);
	for (size_t i = 0; i < n; i++) {
		struct hr_event ev = {.p = (int16_t)(test_random(&seed) % 3)};

		if (clock == 1)
			now += test_random(&seed) % 1000 * 64;
		else
			now = clock == 2 ? i * 1000000000 / 770001 : i / 1000 * 10000000 + i % 1000 * 10000000 / 1000;
		ev.time_ns = now;
		if (nlive == 0 || test_random(&seed) % 9 < 5) {
			uint32_t number = nholes > 0 ? holes[--nholes] : next++;

			sizes[number] =
			    test_random(&seed) % 20 == 0 ? test_random(&seed) >> 20 : test_random(&seed) % 40 * 8;
			live[nlive++] = number;
			ev.kind = HR_EV_OBJ_ALLOC;
			ev.addr = number;
		} else {
			/* The newest, one near it, or any. */
			size_t back = test_random(&seed) % 3 == 0 ? 0 : test_random(&seed) % nlive, at;

			if (test_random(&seed) % 2 == 0)
				back %= 12;
			at = nlive - 1 - back % nlive;
			ev.kind = HR_EV_OBJ_FREE;
			ev.addr = live[at];
			holes[nholes++] = live[at];
			memmove(live + at, live + at + 1, (nlive - at - 1) * sizeof(*live));
			nlive--;
		}
		ev.size = sizes[ev.addr];
		add(&t, ev);
	}
	free(holes);
	free(live);
	free(sizes);
	return t;
}

static void test_mallocs(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct trace t = mallocs(seed, 100 * seed, (unsigned)seed % 3);

		assert_round_trip(&t, 3);
		free(t.ev);
	}
}

/* More than a block, of both sorts. */
static void test_blocks(void **state)
{
	struct trace t = mallocs(99, (1 << 19) + 5000, 2);

	(void)state;
	if (!test_quick())
		assert_round_trip(&t, 1);
	t.meta.has_addresses = true;
	assert_round_trip(&t, 1);
	free(t.ev);
}

/* A program whose events go evenly spread needs no bytes for times. */
static void test_lines(void **state)
{
	struct trace t = {.meta = {.page_bytes = 8192}};
	struct bytes b;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		add(&t, (struct hr_event){.time_ns = i * 1000000000 / 777777, .kind = HR_EV_LOG});
	b = write_trace(&t, 1, 1000);
	assert_in_range(b.n, 1, 1500);
	free(b.at);
	assert_round_trip(&t, 1);
	free(t.ev);
}

/* --- what is known beside events ---------------------------------------------- */

static struct trace described(void)
{
	struct trace t = mallocs(5, 300, 1);

	t.meta = (struct hr_trace_meta){
	    .format_name = "heaptrack",
	    .program = "prog --flag \xff\x01 \"x\"",
	    .go_minor = 23,
	    .has_objects = true,
	    .has_threads = true,
	    .has_clock = true,
	    .padded = true,
	    .page_bytes = 8192,
	    .min_addr = UINT64_C(0xc000000000),
	    .clock_origin_ns = 1234567890123,
	    .has_clock_origin = true,
	};
	t.stats = (struct hr_trace_stats){
	    .events_total = 4711,
	    .generations = 3,
	    .batches = 12,
	    .threads = 5,
	    .last_time_ns = UINT64_C(1) << 60,
	    .free_os_memory = 2,
	    .nassumed = 2,
	    .assumed = {"one thing", "another"},
	    .cut = true,
	    .cut_offset = 77,
	    .cut_what = "its last line",
	};
	t.stats.anomalies[HR_ANOMALY_CLOCK_BACK] = 9;
	t.stats.anomalies[HR_ANOMALY_UNKNOWN_FREE] = 1;
	return t;
}

static void test_notes(void **state)
{
	struct trace t = described(), back, second;
	struct bytes b = write_trace(&t, 1, 1000);

	(void)state;
	back = read_whole(b);
	assert_int_equal(back.meta.format, HR_FORMAT_NATIVE);
	assert_string_equal(back.meta.source, "heaptrack");
	assert_string_equal(back.meta.program, t.meta.program);
	assert_int_equal(back.meta.go_minor, 23);
	assert_true(back.meta.has_objects && back.meta.has_threads && back.meta.has_clock && back.meta.padded);
	assert_false(back.meta.has_spans || back.meta.has_addresses || back.meta.has_procs || back.meta.collected ||
		     back.meta.has_cycles || back.meta.has_releases || back.meta.strict);
	assert_int_equal(back.meta.min_addr, UINT64_C(0xc000000000));
	assert_true(back.meta.has_clock_origin);
	assert_int_equal(back.meta.clock_origin_ns, 1234567890123);
	assert_int_equal(back.stats.events_total, 4711);
	assert_int_equal(back.stats.generations, 3);
	assert_int_equal(back.stats.threads, 5);
	assert_int_equal(back.stats.last_time_ns, UINT64_C(1) << 60);
	assert_int_equal(back.stats.free_os_memory, 2);
	assert_int_equal(back.stats.nassumed, 2);
	assert_string_equal(back.stats.assumed[1], "another");
	assert_int_equal(back.stats.anomalies[HR_ANOMALY_CLOCK_BACK], 9);
	assert_int_equal(back.stats.anomalies[HR_ANOMALY_UNKNOWN_FREE], 1);
	assert_true(back.stats.cut);
	assert_int_equal(back.stats.cut_offset, 77);
	assert_string_equal(back.stats.cut_what, "of the original: its last line");

	/* Written once more it is still what it came from. */
	free(b.at);
	b = write_trace(&back, 1, 1000);
	second = read_whole(b);
	assert_string_equal(second.meta.source, "heaptrack");
	assert_string_equal(second.stats.cut_what, back.stats.cut_what);
	assert_int_equal(second.stats.anomalies[HR_ANOMALY_CLOCK_BACK], 9);
	free(b.at);
	free(t.ev);
	free(back.ev);
	free(second.ev);
}

/* --- damage --------------------------------------------------------------------- */

/* Refused, or told. */
static bool noticed(enum hr_status status, const struct hr_trace_stats *stats)
{
	if (status != HR_END)
		assert_int_equal(status, HR_EINPUT);
	return status == HR_EINPUT || stats->cut || stats->lost_what[0] != '\0';
}

static struct trace small(bool addresses)
{
	struct trace t = mallocs(5, 200, 1);

	t.meta.has_addresses = t.meta.has_spans = addresses;
	return t;
}

static void test_every_bit(void **state)
{
	/* Each third bit, under a sanitizer each eleventh: of every byte sooner or later another. */
	size_t step = test_quick() ? 43 : test_thorough() ? 1 : 3;

	(void)state;
	for (int addresses = 0; addresses <= 1; addresses++) {
		struct trace t = small(addresses), back;
		struct bytes b = write_trace(&t, 1, 1000);
		struct hr_error err;

		for (size_t bit = 0; bit < 8 * b.n; bit += step) {
			b.at[bit / 8] ^= (char)(1 << bit % 8);
			enum hr_status status = read_bytes(b.at, b.n, (unsigned)HR_WANT_ALL, &back, &err);

			if (!noticed(status, &back.stats))
				fail_msg("bit %zu of byte %zu of %zu", bit % 8, bit / 8, b.n);
			free(back.ev);
			b.at[bit / 8] ^= (char)(1 << bit % 8);
		}
		free(b.at);
		free(t.ev);
	}
}

static void test_every_length(void **state)
{
	struct trace t = small(false), back;
	struct bytes b = write_trace(&t, 1, 1000);
	struct hr_error err;
	char *longer = malloc(b.n + 1);

	(void)state;
	for (size_t n = 0; n < b.n; n++) {
		enum hr_status status = read_bytes(b.at, n, (unsigned)HR_WANT_ALL, &back, &err);

		if (!noticed(status, &back.stats))
			fail_msg("%zu of %zu bytes", n, b.n);
		free(back.ev);
	}
	assert_non_null(longer);
	memcpy(longer, b.at, b.n);
	longer[b.n] = 0;
	assert_true(noticed(read_bytes(longer, b.n + 1, (unsigned)HR_WANT_ALL, &back, &err), &back.stats));
	assert_same_events(&t, &back);
	free(back.ev);
	free(longer);
	free(b.at);
	free(t.ev);
}

/* Where the blocks are, and what they are. */
static size_t find_blocks(struct bytes b, size_t at[], struct hr_native_header h[], size_t cap)
{
	size_t n = 0;

	for (size_t i = HR_NATIVE_MAGIC_BYTES; i + HR_NATIVE_HEADER_BYTES <= b.n && n < cap; n++) {
		at[n] = i;
		if (!hr_native_unpack_header((const uint8_t *)b.at + i, &h[n]))
			break;
		i += HR_NATIVE_HEADER_BYTES + h[n].stored;
	}
	return n;
}

/* A block of four: the events of the others are all there. */
static void test_lost_block(void **state)
{
	struct trace t = wild(3, 50000, true), back;
	struct bytes b = write_trace(&t, 1, 1000);
	struct hr_native_header h[32];
	struct hr_error err;
	size_t at[32], n = find_blocks(b, at, h, 32);

	(void)state;
	assert_in_range(n, 6, 31);
	for (int header = 0; header <= 1; header++) {
		char *byte = &b.at[at[2] + (header ? 9 : HR_NATIVE_HEADER_BYTES + 5)];

		assert_int_equal(h[2].type, 'E');
		*byte ^= 4;
		assert_int_equal(read_bytes(b.at, b.n, (unsigned)HR_WANT_ALL, &back, &err), HR_END);
		*byte ^= 4;
		assert_int_equal(back.stats.anomalies[HR_ANOMALY_LOST_BLOCK], 1);
		assert_int_equal(back.stats.lost_offset, at[2]);
		assert_false(back.stats.cut);
		assert_int_equal(back.n, t.n - h[2].events);
		assert_memory_equal(back.ev, t.ev, h[2].number * sizeof(*t.ev));
		assert_memory_equal(back.ev + h[2].number, t.ev + h[3].number, (t.n - h[3].number) * sizeof(*t.ev));
		free(back.ev);
	}
	/* Without a trace of it. */
	memmove(b.at + at[2], b.at + at[3], b.n - at[3]);
	assert_int_equal(read_bytes(b.at, b.n - (at[3] - at[2]), (unsigned)HR_WANT_ALL, &back, &err), HR_END);
	assert_int_equal(back.stats.anomalies[HR_ANOMALY_LOST_BLOCK], 1);
	assert_int_equal(back.n, t.n - h[2].events);
	free(back.ev);
	free(b.at);
	free(t.ev);
}

/* Numbered objects behind a lost block: frees are of live objects, allocations of free numbers. */
static void test_lost_numbers(void **state)
{
	/* Three blocks; where everything is slow there is one, and nothing behind it. */
	struct trace t = mallocs(4, (1 << 19) * (test_quick() ? 2 : 3), 2), back;
	struct bytes b = write_trace(&t, 1, 1000);
	bool *live = calloc(t.n, sizeof(*live));
	struct hr_native_header h[16];
	struct hr_error err;
	size_t at[16], n = find_blocks(b, at, h, 16);

	(void)state;
	assert_non_null(live);
	assert_in_range(n, 5, 15);
	b.at[at[2] + HR_NATIVE_HEADER_BYTES + 100] ^= 1;
	assert_int_equal(read_bytes(b.at, b.n, (unsigned)HR_WANT_ALL, &back, &err), HR_END);
	assert_int_equal(back.stats.anomalies[HR_ANOMALY_LOST_BLOCK], 1);
	assert_int_equal(back.n + back.stats.anomalies[HR_ANOMALY_UNKNOWN_FREE], t.n - h[2].events);
	for (size_t i = 0; i < back.n; i++) {
		const struct hr_event *ev = &back.ev[i];

		assert_true(ev->addr < t.n);
		assert_int_equal(live[ev->addr], ev->kind == HR_EV_OBJ_FREE);
		live[ev->addr] = ev->kind == HR_EV_OBJ_ALLOC;
	}
	free(live);
	free(back.ev);
	free(b.at);
	free(t.ev);
}

/* Good checksums over nonsense: whatever a block claims, nothing breaks, and it is told. */
static void test_hostile(void **state)
{
	struct trace t = small(false), back;
	struct bytes b = write_trace(&t, 1, 1000);
	struct hr_native_header h[8], bad;
	struct hr_error err;
	size_t at[8], n = find_blocks(b, at, h, 8);
	uint64_t seed = 7;
	uint8_t *block;

	(void)state;
	assert_in_range(n, 4, 7);
	assert_int_equal(h[1].type, 'E');
	block = (uint8_t *)b.at + at[1];
	for (int round = 0, rounds = test_quick() ? 300 : test_thorough() ? 20000 : 5000; round < rounds; round++) {
		uint8_t payload[4096], header[HR_NATIVE_HEADER_BYTES];

		assert_in_range(h[1].stored, 10, sizeof(payload));
		memcpy(payload, block + HR_NATIVE_HEADER_BYTES, h[1].stored);
		memcpy(header, block, sizeof(header));
		bad = h[1];
		for (unsigned k = (unsigned)(test_random(&seed) % 4); k > 0; k--)
			block[HR_NATIVE_HEADER_BYTES + test_random(&seed) % h[1].stored] = (uint8_t)test_random(&seed);
		if (test_random(&seed) % 4 == 0)
			bad.events = (uint32_t)(any(&seed) % (HR_NATIVE_MAX_EVENTS + 1));
		if (test_random(&seed) % 4 == 0)
			bad.number = any(&seed);
		if (test_random(&seed) % 4 == 0)
			bad.time_ns = any(&seed);
		bad.checksum = XXH3_64bits(block + HR_NATIVE_HEADER_BYTES, bad.stored);
		hr_native_pack_header(block, &bad);
		assert_int_equal(read_bytes(b.at, b.n, (unsigned)HR_WANT_ALL, &back, &err), HR_END);
		for (size_t i = 1; i < back.n; i++)
			assert_true(back.ev[i].time_ns >= back.ev[i - 1].time_ns);
		free(back.ev);
		memcpy(block, header, sizeof(header));
		memcpy(block + HR_NATIVE_HEADER_BYTES, payload, h[1].stored);
	}
	/* Lengths beyond the limit are no headers. */
	bad = h[1];
	bad.stored = HR_NATIVE_MAX_STORED + 1;
	hr_native_pack_header(block, &bad);
	assert_false(hr_native_unpack_header(block, &h[2]));
	/* One within it that is not there: the end is missing. */
	bad.stored = HR_NATIVE_MAX_STORED;
	hr_native_pack_header(block, &bad);
	assert_int_equal(read_bytes(b.at, b.n, (unsigned)HR_WANT_ALL, &back, &err), HR_END);
	assert_true(back.stats.cut);
	free(back.ev);
	free(b.at);
	free(t.ev);
}

static void test_pipe(void **state)
{
	struct trace t = small(true), back;
	struct bytes b = write_trace(&t, 1, 1000);
	struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL};
	struct hr_reader *r;
	struct hr_error err;
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_in_range(b.n, 1, 60000);
	assert_int_equal(write(ends[1], b.at, b.n), b.n);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(hr_reader_open(path, &options, &r, &err), HR_OK);
	assert_int_equal(drain(r, &back, 3, &err), HR_END);
	close(ends[0]);
	assert_same_events(&t, &back);
	free(back.ev);
	free(b.at);
	free(t.ev);
}

/* Who wants spans only gets the same spans. */
static void test_wants(void **state)
{
	struct trace t = wild(8, 20000, true), back;
	struct bytes b;
	struct hr_error err;
	size_t next = 0;

	(void)state;
	b = write_trace(&t, 1, 1000);
	assert_int_equal(read_bytes(b.at, b.n, HR_WANT_SPANS, &back, &err), HR_END);
	assert_in_range(back.n, t.n / 4, t.n - t.n / 4);
	for (size_t i = 0; i < t.n; i++)
		if (next < back.n && memcmp(&t.ev[i], &back.ev[next], sizeof(t.ev[i])) == 0)
			next++;
		else
			assert_true((t.ev[i].kind >= HR_EV_OBJ_EXISTS && t.ev[i].kind <= HR_EV_STACK_FREE) ||
				    t.ev[i].kind == HR_EV_SWEEP_BEGIN || t.ev[i].kind == HR_EV_SWEEP_END ||
				    t.ev[i].kind == HR_EV_ASSIST_BEGIN || t.ev[i].kind == HR_EV_ASSIST_END ||
				    t.ev[i].kind == HR_EV_HEAP_LIVE || t.ev[i].kind == HR_EV_LOG);
	assert_int_equal(next, back.n);
	free(back.ev);
	free(b.at);
	free(t.ev);
}

/* --- beginning in the middle ------------------------------------------------------ */

/* Few live at a time, for long: there is room for snapshots. */
static struct trace steady(bool addresses)
{
	struct trace t = {.meta = {.page_bytes = 8192, .has_addresses = addresses, .has_spans = addresses}};
	uint64_t seed = 11, sizes[64] = {0};
	uint32_t holes[64], nholes = 0;

	for (uint32_t i = 64; i-- > 0;)
		holes[nholes++] = i;
	for (size_t i = 0; i < (addresses ? 900000 : 3000000); i++) {
		uint64_t slot = test_random(&seed) % 64;
		bool alloc = sizes[slot] == 0;
		struct hr_event ev = {.time_ns = i / 3 * 640, .p = (int16_t)(slot % 2)};

		if (alloc && nholes > 0) {
			slot = holes[--nholes];
			sizes[slot] = 8 * (1 + test_random(&seed) % 100);
			ev.kind = HR_EV_OBJ_ALLOC;
		} else if (!alloc) {
			ev.kind = HR_EV_OBJ_FREE;
		} else {
			continue;
		}
		ev.addr = addresses ? UINT64_C(0xc000000000) + 4096 * slot : slot;
		ev.size = sizes[slot];
		ev.arg = addresses && ev.kind == HR_EV_OBJ_ALLOC ? (uint32_t)slot : 0;
		add(&t, ev);
		if (ev.kind == HR_EV_OBJ_FREE) {
			sizes[slot] = 0;
			holes[nholes++] = (uint32_t)slot;
		}
	}
	t.stats.last_time_ns = t.ev[t.n - 1].time_ns;
	t.stats.events_total = t.n;
	return t;
}

/* What a jump gives: what was live at begins_ns, by a naive count, and then all that came. */
static void check_jump(const struct trace *t, struct bytes b, uint64_t from_ns)
{
	const struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL, .jump = true, .from_ns = from_ns};
	const struct hr_event *live[64] = {0};
	struct hr_reader *r;
	struct hr_error err;
	struct trace back;
	size_t standing = 0, expected = 0, at;

	assert_int_equal(hr_reader_open_memory(b.at, b.n, &options, &r, &err), HR_OK);
	assert_true(hr_reader_meta(r)->end_known);
	assert_int_equal(drain(r, &back, 100, &err), HR_END);
	assert_int_equal(back.stats.events_total, t->n);
	assert_true(back.meta.begins_ns < from_ns || from_ns == 0);
	while (standing < back.n && back.ev[standing].kind == HR_EV_OBJ_EXISTS)
		standing++;
	at = t->n - (back.n - standing);
	for (size_t i = 0; i < at; i++)
		live[t->ev[i].addr / (t->meta.has_addresses ? 4096 : 1) % 64] =
		    t->ev[i].kind == HR_EV_OBJ_ALLOC ? &t->ev[i] : NULL;
	for (size_t i = 0; i < 64; i++)
		expected += live[i] != NULL;
	assert_int_equal(standing, at > 0 ? expected : 0);
	for (size_t i = 0; i < standing; i++) {
		const struct hr_event *was = live[back.ev[i].addr / (t->meta.has_addresses ? 4096 : 1) % 64];

		assert_non_null(was);
		assert_int_equal(back.ev[i].addr, was->addr);
		assert_int_equal(back.ev[i].size, was->size);
		assert_int_equal(back.ev[i].arg, was->arg);
		assert_int_equal(back.ev[i].time_ns, back.meta.begins_ns);
	}
	assert_memory_equal(back.ev + standing, t->ev + at, (back.n - standing) * sizeof(*t->ev));
	assert_true(at == 0 || t->ev[at].time_ns == back.meta.begins_ns);
	free(back.ev);
}

static void test_jump(void **state)
{
	(void)state;
	for (int addresses = test_quick() ? 1 : 0; addresses <= 1; addresses++) {
		struct trace t = steady(addresses), whole;
		struct bytes b = write_trace(&t, 1, 1000);
		struct hr_native_header h[64];
		size_t at[64], n = find_blocks(b, at, h, 64), snapshots = 0, bytes = 0;

		assert_in_range(n, 5, 63);
		for (size_t i = 0; i < n; i++)
			if (h[i].type == 'S') {
				snapshots++;
				bytes += HR_NATIVE_HEADER_BYTES + h[i].stored;
				/* Not at it, where events of the same time may be before: behind it. */
				if (!test_quick())
					check_jump(&t, b, h[i].time_ns);
				check_jump(&t, b, h[i].time_ns + 1);
			}
		assert_in_range(snapshots, 2, n / 2);
		assert_in_range(bytes, 1, b.n / 8);
		check_jump(&t, b, 0);
		check_jump(&t, b, UINT64_MAX);
		whole = read_whole(b);
		assert_same_events(&t, &whole);
		free(whole.ev);
		free(b.at);
		free(t.ev);
	}
}

/* Without a good index, reading begins at the beginning. */
static void test_jump_without_index(void **state)
{
	const struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL, .jump = true, .from_ns = UINT64_MAX};
	struct trace t = steady(true), back;
	struct bytes b = write_trace(&t, 1, 1000);
	struct hr_reader *r;
	struct hr_error err;

	(void)state;
	for (int how = 0; how <= 1; how++) {
		b.at[b.n - 30] ^= 1; /* the index's payload; then that it is not whole */
		assert_int_equal(hr_reader_open_memory(b.at, b.n - (size_t)(5 * how), &options, &r, &err), HR_OK);
		assert_int_equal(hr_reader_meta(r)->begins_ns, 0);
		assert_int_equal(drain(r, &back, 100, &err), HR_END);
		assert_same_events(&t, &back);
		assert_true(back.stats.lost_what[0] != '\0' || back.stats.cut);
		free(back.ev);
	}
	free(b.at);
	free(t.ev);
}

HR_TEST_MAIN(native)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wild),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_mallocs),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_notes),
	    cmocka_unit_test(test_every_bit),
	    cmocka_unit_test(test_every_length),
	    cmocka_unit_test(test_lost_block),
	    cmocka_unit_test(test_lost_numbers),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_wants),
	    cmocka_unit_test(test_jump),
	    cmocka_unit_test(test_jump_without_index),
	};

	return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
