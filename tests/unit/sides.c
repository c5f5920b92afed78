/* SPDX-License-Identifier: BSD-3-Clause */
/* What a trace tells beside its events: types and their numbers, records, and both in the native form. */
#include "config.h"

#include "trace/sides.h"

#include "trace/format.h"
#include "trace/native/form.h"
#include "trace/native/native.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct bytes {
	char *at;
	size_t n;
};

static struct hr_type type_of(uint32_t number, uint64_t addr, const char *name)
{
	return (struct hr_type){.number = number,
				.addr = addr,
				.bytes = 8 * addr,
				.ptr_bytes = addr,
				.name = name,
				.name_len = strlen(name)};
}

static void assert_type(const struct hr_types *t, uint32_t number, uint64_t addr, const char *name)
{
	size_t i = hr_types_find(t, number);
	struct hr_type type;

	assert_true(i < t->n);
	type = hr_types_get(t, i);
	assert_int_equal(type.number, number);
	assert_int_equal(type.addr, addr);
	assert_int_equal(type.bytes, 8 * addr);
	assert_int_equal(type.ptr_bytes, addr);
	assert_int_equal(type.name_len, strlen(name));
	assert_memory_equal(type.name, name, strlen(name));
}

/* A number for each pair of address and name, the same one whenever the pair comes. */
static void test_intern(void **state)
{
	static const struct {
		uint64_t addr;
		const char *name;
		uint32_t number;
	} rows[] = {{16, "int", 1}, {16, "main.T", 2}, {32, "int", 3}, {16, "int", 1},
		    {0, "", 4},	    {32, "int", 3},    {0, "", 4}};
	struct hr_types t;
	enum hr_types_added how;

	(void)state;
	hr_types_init(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hr_type type = type_of(77, rows[i].addr, rows[i].name);
		size_t had = t.n;

		assert_int_equal(hr_types_intern(&t, &type, &how), rows[i].number);
		assert_int_equal(how, t.n > had ? HR_TYPES_ADDED : HR_TYPES_KNOWN);
		assert_type(&t, rows[i].number, rows[i].addr, rows[i].name);
	}
	assert_int_equal(t.n, 4);
	/* Numbers of one's own, and none is given twice. */
	struct hr_type own = type_of(4000000000, 8, "own");
	assert_int_equal(hr_types_add(&t, &own), HR_TYPES_ADDED);
	own.name = "new";
	assert_int_equal(hr_types_add(&t, &own), HR_TYPES_KNOWN);
	assert_type(&t, 4000000000, 8, "own");
	assert_int_equal(hr_types_intern(&t, &own, &how), 4000000001);
	hr_types_release(&t);
}

static void test_limits(void **state)
{
	struct hr_types t;
	enum hr_types_added how;
	char *name = malloc(HR_TYPES_MAX_NAME + 1);

	(void)state;
	hr_types_init(&t);
	assert_non_null(name);
	memset(name, 'x', HR_TYPES_MAX_NAME + 1);
	struct hr_type type = {.addr = 1, .name = name, .name_len = HR_TYPES_MAX_NAME + 1};
	assert_int_equal(hr_types_intern(&t, &type, &how), 1);
	assert_int_equal(hr_types_get(&t, 0).name_len, HR_TYPES_MAX_NAME);
	assert_int_equal(hr_types_intern(&t, &type, &how), 1);
	type.name_len = 1;
	for (uint32_t i = 2; i <= HR_TYPES_MAX; i++) {
		type.addr = i;
		assert_int_equal(hr_types_intern(&t, &type, &how), i);
	}
	type.addr++;
	assert_int_equal(hr_types_intern(&t, &type, &how), 0);
	assert_int_equal(how, HR_TYPES_FULL);
	hr_types_release(&t);
	/* Of names, too. */
	type.name_len = HR_TYPES_MAX_NAME;
	for (uint32_t i = 1; i <= HR_TYPES_MAX_NAMES / HR_TYPES_MAX_NAME; i++) {
		type.addr = i;
		assert_int_equal(hr_types_intern(&t, &type, &how), i);
	}
	type.addr++;
	assert_int_equal(hr_types_intern(&t, &type, &how), 0);
	hr_types_release(&t);
	free(name);
}

static void test_order(void **state)
{
	static const uint64_t times[] = {5, 9, 7, 7, 1, 9};
	struct hr_sides s;

	(void)state;
	hr_sides_init(&s);
	for (uint64_t i = 0; i < 6; i++) {
		assert_true(hr_sides_add_gc_cpu(&s, &(struct hr_gc_cpu){.time_ns = times[i], .cycle = i}));
		assert_true(hr_sides_add_rss(&s, &(struct hr_rss_sample){.time_ns = times[i], .rss_bytes = i}));
	}
	static const uint64_t order[] = {4, 0, 2, 3, 1, 5};
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(s.gc_cpu[i].cycle, order[i]);
		assert_int_equal(s.rss[i].rss_bytes, order[i]);
	}
	hr_sides_release(&s);
}

/* --- the native form --------------------------------------------------------------- */

static const struct hr_event events[] = {
    {.time_ns = 1, .kind = HR_EV_OBJ_EXISTS, .addr = 0, .size = 16, .arg = 7, .p = HR_NO_P},
    {.time_ns = 2, .kind = HR_EV_OBJ_ALLOC, .addr = 1, .size = 24, .arg = 9, .p = HR_NO_P},
    {.time_ns = 3, .kind = HR_EV_OBJ_ALLOC, .addr = 2, .size = 24, .arg = 7, .p = HR_NO_P},
    {.time_ns = 4, .kind = HR_EV_OBJ_ALLOC, .addr = 3, .size = 24, .arg = 3000000000, .p = HR_NO_P},
    {.time_ns = 5, .kind = HR_EV_OBJ_ALLOC, .addr = 4, .size = 24, .arg = 5, .p = HR_NO_P},
};

static void fill(struct hr_sides *s)
{
	struct hr_type types[] = {type_of(7, 100, "main.Node"), type_of(8, 200, "never used"), type_of(9, 0, ""),
				  type_of(3000000000, UINT64_MAX / 8, "uint8")};

	hr_sides_init(s);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(hr_types_add(&s->types, &types[i]), HR_TYPES_ADDED);
	for (uint64_t i = 0; i < 3; i++) {
		assert_true(hr_sides_add_gc_cpu(s, &(struct hr_gc_cpu){10 * i, i, 2, 3, 4, 5, HR_NOT_KNOWN, 0, 8}));
		assert_true(hr_sides_add_rss(
		    s, &(struct hr_rss_sample){i, UINT64_C(1) << 40, HR_NOT_KNOWN, 0, HR_NOT_KNOWN, 1, 2}));
	}
}

static struct bytes write_trace(const struct hr_sides *sides)
{
	struct hr_trace_meta meta = {.page_bytes = 8192, .nnotes = 2};
	struct hr_trace_stats stats = {.events_total = 5, .last_time_ns = 5};
	const struct hr_native_options options = {.level = 1, .sides = sides};
	struct hr_native_writer *w;
	struct hr_error err;
	struct bytes b;
	FILE *f = open_memstream(&b.at, &b.n);

	meta.notes[0] = (struct hr_note){"GOGC", "off"};
	meta.notes[1] = (struct hr_note){"go", "go1.26.4 X:nodwarf5"};
	assert_non_null(f);
	assert_int_equal(hr_native_begin(f, &meta, &options, &w, &err), HR_OK);
	assert_int_equal(hr_native_add(w, events, 5, &err), HR_OK);
	assert_int_equal(hr_native_end(w, &stats, &err), HR_OK);
	hr_native_free(w);
	assert_int_equal(fclose(f), 0);
	return b;
}

struct read {
	struct hr_event ev[64];
	size_t n;
	size_t cpu_at_first; /* CPU times that are known before the first event */
	struct hr_reader *r;
};

static void read_trace(struct bytes b, struct read *to)
{
	const struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL};
	struct hr_error err;
	size_t n;

	to->n = 0;
	assert_int_equal(hr_reader_open_memory(b.at, b.n, &options, &to->r, &err), HR_OK);
	to->cpu_at_first = hr_reader_sides(to->r)->ngc_cpu;
	while (hr_reader_next(to->r, to->ev + to->n, 64 - to->n, &n, &err) == HR_OK)
		to->n += n;
	assert_int_equal(to->n, 5);
}

/* Types that are named, records and notes come back as they were. */
static void test_round_trip(void **state)
{
	struct hr_sides s;
	struct read back;
	const struct hr_sides *told;

	(void)state;
	fill(&s);
	struct bytes b = write_trace(&s);
	read_trace(b, &back);
	assert_memory_equal(back.ev, events, sizeof(events));
	assert_string_equal(hr_reader_stats(back.r)->lost_what, "");
	told = hr_reader_sides(back.r);
	assert_int_equal(told->types.n, 3);
	assert_type(&told->types, 7, 100, "main.Node");
	assert_type(&told->types, 9, 0, "");
	assert_type(&told->types, 3000000000, UINT64_MAX / 8, "uint8");
	assert_int_equal(told->ngc_cpu, 3);
	assert_memory_equal(told->gc_cpu, s.gc_cpu, 3 * sizeof(*s.gc_cpu));
	assert_int_equal(told->nrss, 3);
	assert_memory_equal(told->rss, s.rss, 3 * sizeof(*s.rss));
	assert_int_equal(hr_reader_meta(back.r)->version, 2);
	assert_int_equal(hr_reader_meta(back.r)->nnotes, 2);
	assert_string_equal(hr_reader_meta(back.r)->notes[1].value, "go1.26.4 X:nodwarf5");
	hr_reader_close(back.r);
	free(b.at);
	hr_sides_release(&s);
}

/* Who models cycles needs their CPU times as it comes to them, though they stand at the end; digest and order stay. */
static void test_cpu_times_come_first(void **state)
{
	struct hr_sides s;
	struct read back;
	uint64_t digest;

	(void)state;
	fill(&s);
	struct bytes b = write_trace(&s);
	read_trace(b, &back);
	assert_int_equal(back.cpu_at_first, 3);
	assert_int_equal(hr_reader_sides(back.r)->ngc_cpu, 3);
	digest = hr_reader_stats(back.r)->digest;
	hr_reader_close(back.r);
	assert_true(digest == XXH3_64bits(b.at, b.n));
	/* Without its footer a file is read front to back. */
	read_trace((struct bytes){b.at, b.n - HR_NATIVE_FOOTER_BYTES}, &back);
	assert_int_equal(back.cpu_at_first, 0);
	assert_int_equal(hr_reader_sides(back.r)->ngc_cpu, 3);
	hr_reader_close(back.r);
	free(b.at);
	hr_sides_release(&s);
}

/* Calls change for the header of every block, which is sealed anew. */
static void each_header(struct bytes b, void (*change)(uint8_t *header))
{
	struct hr_native_header h;

	for (size_t i = HR_NATIVE_MAGIC_BYTES; i + HR_NATIVE_HEADER_BYTES <= b.n;
	     i += HR_NATIVE_HEADER_BYTES + (size_t)h.stored) {
		uint8_t *at = (uint8_t *)b.at + i;

		if (!hr_native_unpack_header(at, &h))
			break;
		change(at);
		hr_store64(at + 40, XXH3_64bits(at, 40));
	}
}

static void make_old(uint8_t *header)
{
	header[5] = 1;
}

static void make_unknown(uint8_t *header)
{
	if (header[4] == 'Y' || header[4] == 'R')
		header[4] = 'Q';
}

static uint8_t mixed_at;

static void make_mixed(uint8_t *header)
{
	if (header[4] == mixed_at)
		header[5] = 1;
}

/* The numbers of types in files of version 1 mean nothing. */
static void test_old_version(void **state)
{
	struct hr_sides s;
	struct read back;

	(void)state;
	hr_sides_init(&s);
	struct bytes b = write_trace(&s);
	each_header(b, make_old);
	read_trace(b, &back);
	assert_int_equal(hr_reader_meta(back.r)->version, 1);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(back.ev[i].arg, 0);
		assert_int_equal(back.ev[i].size, events[i].size);
	}
	assert_string_equal(hr_reader_stats(back.r)->lost_what, "");
	hr_reader_close(back.r);
	free(b.at);
	hr_sides_release(&s);
}

/* Blocks of letters that nobody knows yet are checked and passed over; blocks of another version are damage. */
static void test_unknown_block(void **state)
{
	struct hr_sides s;
	struct read back;

	(void)state;
	fill(&s);
	struct bytes b = write_trace(&s);
	each_header(b, make_unknown);
	read_trace(b, &back);
	assert_memory_equal(back.ev, events, sizeof(events));
	assert_string_equal(hr_reader_stats(back.r)->lost_what, "");
	assert_false(hr_reader_stats(back.r)->cut);
	assert_int_equal(hr_reader_sides(back.r)->types.n, 0);
	assert_int_equal(hr_reader_sides(back.r)->nrss, 0);
	assert_int_equal(hr_reader_sides(back.r)->ngc_cpu, 3);
	hr_reader_close(back.r);
	for (size_t i = HR_NATIVE_MAGIC_BYTES; i + HR_NATIVE_HEADER_BYTES < b.n; i++)
		if (memcmp(b.at + i, HR_NATIVE_MARKER "Q", 5) == 0) {
			b.at[i + HR_NATIVE_HEADER_BYTES] ^= 1;
			break;
		}
	read_trace(b, &back);
	assert_int_equal(hr_reader_stats(back.r)->anomalies[HR_ANOMALY_LOST_BLOCK], 1);
	hr_reader_close(back.r);
	free(b.at);
	b = write_trace(&s);
	mixed_at = 'C';
	each_header(b, make_mixed);
	read_trace(b, &back);
	assert_int_equal(hr_reader_stats(back.r)->anomalies[HR_ANOMALY_LOST_BLOCK], 1);
	hr_reader_close(back.r);
	free(b.at);
	hr_sides_release(&s);
}

HR_TEST_MAIN(sides)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_intern),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_cpu_times_come_first),
	    cmocka_unit_test(test_old_version),
	    cmocka_unit_test(test_unknown_block),
	};

	return cmocka_run_group_tests_name("sides", tests, NULL, NULL);
}
