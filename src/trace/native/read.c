/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads native traces, from a file or a pipe, front to back; from a file also
 * from a snapshot on, which the index finds.
 *
 * A block is checked as a whole before anything of it is used, and its columns
 * are decoded event by event into the caller's arrays. What is damaged is left
 * out: the block whose payload is, or everything up to the next good header.
 * Memory: the block at hand, packed and unpacked (64 MiB each at most, as much
 * as there really is), and what is live where objects are numbered.
 *
 * Invariant: columns that nobody wants are not unpacked; then no event that is
 * looked at needs them.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/fuzzed.h"
#include "base/units.h"
#include "trace/format.h"
#include "trace/ledger.h"
#include "trace/native/form.h"
#include "trace/native/notes.h"
#include "trace/native/numbers.h"
#include "trace/native/places.h"
#include "trace/native/sides.h"
#include "trace/text/form.h"
#include "trace/varint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#ifndef HR_SMALL_BUFFERS
enum { READ_BYTES = 1 << 18, SLACK = 16 };
#else
enum { READ_BYTES = 1 << 12, SLACK = 16 };
#endif

#define MAX_ADDR (UINT64_C(1) << 48)
#define MAX_SPAN_BYTES (((UINT64_C(1) << 28) - 1) << 13)

struct entry {
	struct hr_native_entry e;
	bool wanted;
	bool passed;  /* it says nothing that anyone needs */
	uint32_t arg; /* of its events */
};

struct cursor {
	const uint8_t *at, *end;
};

/* Where the times of a block go on. */
struct times {
	struct cursor c;
	bool lines;
	uint64_t now, unit;
	/* Of a line: events left, then now += step, and 1 more whenever rest reaches run. */
	uint64_t left, step, part, rest, run;
};

struct native {
	struct hr_reader *r;
	ZSTD_DCtx *zstd;
	uint8_t *buf; /* of the stream: [pos, len) is not used yet; offset is that of buf[pos] */
	size_t pos, len, cap;
	uint64_t offset;
	bool eof;

	uint64_t number;    /* of the event that comes next */
	uint64_t seen;	    /* events that were there */
	bool lost;	    /* the numbers of objects are not what the writer had */
	bool ended;	    /* T was there */
	bool indexed;	    /* I was there */
	bool records_known; /* all C and R were read by the index */
	bool cpu_known;	    /* all C were, ahead of the stream */

	uint8_t version; /* of all blocks */
	uint32_t left;	 /* events of the block at hand */
	uint64_t block_offset;
	struct entry *entries;
	unsigned nentries, shorts;
	struct cursor columns[HR_NATIVE_COLUMNS];
	struct times times;
	bool predicts;
	uint8_t *unpacked;
	size_t cap_unpacked;
	bool standing;		      /* the block at hand is the snapshot that reading begins with */
	struct hr_numbers_told *told; /* the objects of it */
	size_t ntold, cap_told;
	uint64_t sizes[HR_EVENT_KIND_COUNT];
	uint64_t contexts[HR_NATIVE_CONTEXTS];
	struct hr_numbers numbers;
	struct hr_places *places;
};

/* --- the stream -------------------------------------------------------------------- */

/* At least n bytes at buf + pos, or *short: the stream ends before. */
static enum hr_status need(struct native *t, size_t n, bool *is_short, struct hr_error *err)
{
	while (t->len - t->pos < n && !t->eof) {
		size_t got, ask = READ_BYTES;
		enum hr_status status;

		if (t->pos > 0) {
			memmove(t->buf, t->buf + t->pos, t->len - t->pos);
			t->len -= t->pos;
			t->pos = 0;
		}
		/* By doubling, as the bytes come: a length is only believed once they are there. */
		if (t->cap - t->len < ask && !hr_reserve(&t->buf, &t->cap, t->len + ask, 1))
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		status = hr_reader_read(t->r, t->buf + t->len, t->cap - t->len, &got, err);
		if (status == HR_END)
			t->eof = true;
		else
			HR_TRY(status);
		t->len += got;
	}
	*is_short = t->len - t->pos < n;
	return HR_OK;
}

static void use(struct native *t, size_t n)
{
	t->pos += n;
	t->offset += n;
}

/* A damaged place: counted, and the first one is told. */
static void note_lost(struct native *t, uint64_t offset, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void note_lost(struct native *t, uint64_t offset, const char *fmt, ...)
{
	struct hr_trace_stats *stats = &t->r->stats;
	va_list ap;

	hr_reader_odd(t->r, HR_ANOMALY_LOST_BLOCK);
	t->lost = true;
	if (stats->lost_what[0] != '\0')
		return;
	stats->lost_offset = offset;
	va_start(ap, fmt);
	vsnprintf(stats->lost_what, sizeof(stats->lost_what), fmt, ap);
	va_end(ap);
}

/* --- columns ------------------------------------------------------------------------ */

static inline bool get(struct cursor *c, uint64_t *x)
{
	if (c->at < c->end && *c->at < 0x80) {
		*x = *c->at++;
		return true;
	}
	return hr_varint(&c->at, c->end, x);
}

static bool get_below(struct cursor *c, uint64_t limit, uint64_t *x)
{
	return get(c, x) && *x < limit;
}

static enum hr_status unpack_column(struct native *t, unsigned number, unsigned codec, struct cursor from, size_t *at,
				    size_t size)
{
	uint8_t *to = t->unpacked + *at;

	if (codec == HR_NATIVE_RAW) {
		if ((size_t)(from.end - from.at) != size)
			return HR_EINPUT;
		memcpy(to, from.at, size);
	} else if (ZSTD_decompressDCtx(t->zstd, to, size, from.at, (size_t)(from.end - from.at)) != size) {
		return HR_EINPUT;
	}
	t->columns[number] = (struct cursor){to, to + size};
	*at += size;
	return HR_OK;
}

/* The columns in `wanted`, a bit each, of a payload. HR_EINPUT: it is none; HR_ENOMEM. */
static enum hr_status unpack_columns(struct native *t, struct cursor payload, unsigned wanted)
{
	size_t at = 0;
	int last = -1;

	while (payload.at < payload.end) {
		uint64_t size, stored;
		unsigned number = *payload.at++, codec;

		if (payload.at == payload.end || number >= HR_NATIVE_COLUMNS || (int)number <= last)
			return HR_EINPUT;
		codec = *payload.at++;
		last = (int)number;
		if (codec > HR_NATIVE_ZSTD || !get(&payload, &size) || !get(&payload, &stored) ||
		    stored > (uint64_t)(payload.end - payload.at) || size > HR_NATIVE_MAX_STORED - at)
			return HR_EINPUT;
		/* zstd expands three bytes to at most 128 KiB; a larger claim is an attempt to exhaust memory. */
		if (codec == HR_NATIVE_ZSTD && size >> 17 > stored / 3)
			return HR_EINPUT;
		if ((wanted & 1u << number) != 0) {
			struct cursor from = {payload.at, payload.at + stored};
			uint8_t *before = t->unpacked;

			if (!hr_reserve(&t->unpacked, &t->cap_unpacked, at + size + SLACK, 1))
				return HR_ENOMEM;
			for (unsigned i = 0; i < number; i++)
				if (t->columns[i].at != NULL && t->unpacked != before) {
					t->columns[i].at = t->unpacked + (t->columns[i].at - before);
					t->columns[i].end = t->unpacked + (t->columns[i].end - before);
				}
			HR_TRY(unpack_column(t, number, codec, from, &at, size));
		}
		payload.at += stored;
	}
	return HR_OK;
}

/* --- entries -------------------------------------------------------------------------- */

static bool is_wanted(const struct native *t, unsigned kind)
{
	unsigned want = t->r->options.want;

	switch (hr_text_kinds[kind].who) {
	case HR_TEXT_OBJECTS:
		return (want & HR_WANT_OBJECTS) != 0 || !t->r->meta.has_spans;
	case HR_TEXT_REST:
		return (want & HR_WANT_REST) != 0;
	case HR_TEXT_EVERYONE:
		break;
	}
	return true;
}

static bool read_entry(struct cursor *c, struct hr_native_entry *e)
{
	uint64_t kind, flags, p, modes, place, low, context, arg, size;

	if (!get_below(c, HR_EVENT_KIND_COUNT, &kind) || !get_below(c, 256, &flags) || !get_below(c, 65536, &p) ||
	    !get_below(c, 4, &modes) || !get_below(c, HR_NATIVE_PLACE_COUNT, &place) || !get_below(c, 64, &low) ||
	    !get_below(c, HR_NATIVE_CONTEXTS, &context) || !get_below(c, UINT64_C(1) << 32, &arg) || !get(c, &size))
		return false;
	*e = (struct hr_native_entry){
	    .kind = (uint8_t)kind,
	    .flags = (uint8_t)flags,
	    .p = (uint16_t)p,
	    .modes = (uint8_t)modes,
	    .place = (uint8_t)place,
	    .reach = (uint8_t)(place >= HR_NATIVE_NEXT ? low : 0),
	    .shift = (uint8_t)(place < HR_NATIVE_NEXT ? low : 0),
	    .context = (uint16_t)context,
	    .arg = (uint32_t)arg,
	    .size = size,
	};
	return e->reach <= HR_NATIVE_MAX_REACH;
}

/* The columns that an entry takes something from. */
static unsigned columns_of(const struct hr_native_entry *e)
{
	static const unsigned of_place[HR_NATIVE_PLACE_COUNT] = {
	    [HR_NATIVE_BY_PLACE] = 1u << HR_NATIVE_PLACES,
	    [HR_NATIVE_BY_OBJECT] = 1u << HR_NATIVE_OBJECTS,
	    [HR_NATIVE_PREDICTED] = 1u << HR_NATIVE_CHOICES | 1u << HR_NATIVE_MISSES,
	};

	return of_place[e->place] | (e->modes != 0 ? 1u << HR_NATIVE_VALUES : 0);
}

static enum hr_status read_entries(struct native *t, unsigned *columns)
{
	struct cursor *c = &t->columns[HR_NATIVE_ENTRIES];

	t->nentries = 0;
	*columns = 0;
	while (c->at < c->end) {
		struct entry *x = &t->entries[t->nentries];

		if (t->nentries == HR_NATIVE_MAX_ENTRIES || !read_entry(c, &x->e))
			return HR_EINPUT;
		x->wanted = is_wanted(t, x->e.kind);
		/* In version 1 the numbers of types meant something else in each second of a Go trace. */
		x->arg =
		    t->version == 1 && (x->e.kind == HR_EV_OBJ_EXISTS || x->e.kind == HR_EV_OBJ_ALLOC) ? 0 : x->e.arg;
		if (x->wanted)
			*columns |= columns_of(&x->e);
		t->nentries++;
	}
	/* What is predicted is so from all spans and frees. */
	t->predicts = (*columns & 1u << HR_NATIVE_CHOICES) != 0;
	if (t->predicts)
		*columns |= 1u << HR_NATIVE_PLACES | 1u << HR_NATIVE_OBJECTS;
	for (unsigned i = 0; i < t->nentries; i++) {
		struct entry *x = &t->entries[i];

		x->passed = !x->wanted && (columns_of(&x->e) & *columns) == 0 &&
			    (x->e.place < HR_NATIVE_NEXT || t->r->meta.has_spans);
	}
	t->shorts = hr_native_short_symbols(t->nentries);
	return t->nentries > 0 ? HR_OK : HR_EINPUT;
}

/* --- times ------------------------------------------------------------------------------ */

static bool begin_times(struct native *t, uint64_t first_ns)
{
	struct times *s = &t->times;
	uint64_t mode;

	*s = (struct times){.c = t->columns[HR_NATIVE_TIMES], .now = first_ns, .unit = 1};
	if (!get_below(&s->c, 2, &mode))
		return false;
	s->lines = mode == 1;
	return s->lines || get(&s->c, &s->unit);
}

static bool begin_line(struct times *s)
{
	uint64_t gap, rise;

	if (!get(&s->c, &gap) || !get(&s->c, &s->left) || !get(&s->c, &rise) || !get(&s->c, &s->run) || s->left == 0 ||
	    s->run == 0 || s->run >= UINT64_MAX / 2 || gap > UINT64_MAX - s->now)
		return false;
	s->now += gap;
	s->step = rise / s->run;
	s->part = rise % s->run;
	s->rest = 0;
	return true;
}

static inline bool next_time(struct times *s)
{
	uint64_t d;

	if (!s->lines) {
		if (!get(&s->c, &d) || __builtin_mul_overflow(d, s->unit, &d))
			return false;
		return !__builtin_add_overflow(s->now, d, &s->now);
	}
	if (s->left == 0) {
		if (!begin_line(s))
			return false;
		s->left--;
		return true;
	}
	s->left--;
	d = s->step;
	s->rest += s->part;
	if (s->rest >= s->run) {
		s->rest -= s->run;
		d++;
	}
	return !__builtin_add_overflow(s->now, d, &s->now);
}

/* --- events ------------------------------------------------------------------------------ */

static inline bool next_symbol(struct native *t, unsigned *symbol)
{
	struct cursor *c = &t->columns[HR_NATIVE_SYMBOLS];

	*symbol = 0;
	if (c->at == c->end)
		return t->nentries == 1;
	*symbol = *c->at++;
	if (*symbol >= t->shorts) {
		if (c->at == c->end)
			return false;
		*symbol = t->shorts + ((*symbol - t->shorts) << 8 | *c->at++);
	}
	return *symbol < t->nentries;
}

static bool difference(struct native *t, struct cursor *c, const struct hr_native_entry *e, uint64_t *addr)
{
	uint64_t d;

	if (!get(c, &d))
		return false;
	*addr = ((t->contexts[e->context] >> e->shift) + hr_unzigzag(d)) << e->shift;
	return true;
}

static bool predicted(struct native *t, const struct hr_native_entry *e, uint64_t *addr)
{
	struct cursor *choices = &t->columns[HR_NATIVE_CHOICES];
	struct hr_places_guess g;
	uint8_t choice;

	if (choices->at == choices->end || *choices->at > HR_PLACES_MISS)
		return false;
	choice = *choices->at++;
	hr_places_guess(t->places, e->context, &g);
	if (choice < HR_PLACES_MISS)
		*addr = g.at[choice];
	else if (!difference(t, &t->columns[HR_NATIVE_MISSES], e, addr))
		return false;
	hr_places_add(t->places, e->context, *addr);
	return true;
}

/* A free of a numbered object; *there: it is known which. */
static void free_number(struct native *t, const struct hr_native_entry *e, struct hr_event *ev, bool *there)
{
	uint32_t number = hr_numbers_find(&t->numbers, (enum hr_native_place)e->place, e->reach, e->size);

	*there = number != HR_NATIVE_NO_NUMBER;
	if (!*there) {
		hr_reader_odd(t->r, HR_ANOMALY_UNKNOWN_FREE);
		return;
	}
	ev->addr = number;
	ev->size = t->numbers.at[number].size;
	hr_numbers_remove(&t->numbers, number);
}

/* A free that tells the number. Behind a lost block it may be of an object that was never seen. */
static void free_told_number(struct native *t, struct hr_event *ev, bool *there)
{
	if (hr_numbers_has(&t->numbers, ev->addr)) {
		if (t->lost)
			ev->size = t->numbers.at[ev->addr].size;
		hr_numbers_remove(&t->numbers, (uint32_t)ev->addr);
	} else if (t->lost) {
		hr_reader_odd(t->r, HR_ANOMALY_UNKNOWN_FREE);
		*there = false;
	}
}

/* The place of an event that is not passed; *there: it is an event. False: the block makes no sense, or no memory. */
static inline bool read_place(struct native *t, const struct hr_native_entry *e, struct hr_event *ev, bool *there)
{
	switch ((enum hr_native_place)e->place) {
	case HR_NATIVE_NOWHERE:
		ev->addr = 0;
		return true;
	case HR_NATIVE_BY_PLACE:
	case HR_NATIVE_BY_OBJECT:
		if (!difference(t, &t->columns[e->place == HR_NATIVE_BY_PLACE ? HR_NATIVE_PLACES : HR_NATIVE_OBJECTS],
				e, &ev->addr))
			return false;
		t->contexts[e->context] = ev->addr;
		if (e->kind == HR_EV_OBJ_FREE && t->predicts)
			hr_places_remove(t->places, ev->addr);
		else if (e->kind == HR_EV_OBJ_FREE && !t->r->meta.has_addresses)
			free_told_number(t, ev, there);
		return true;
	case HR_NATIVE_PREDICTED:
		if (!predicted(t, e, &ev->addr))
			return false;
		t->contexts[e->context] = ev->addr;
		return true;
	case HR_NATIVE_NEXT:
		ev->addr = hr_numbers_next(&t->numbers);
		return hr_numbers_add(&t->numbers, e->size, e->arg);
	default:
		free_number(t, e, ev, there);
		return true;
	}
}

static inline bool read_apart(struct native *t, const struct hr_native_entry *e, struct hr_event *ev)
{
	struct cursor *c = &t->columns[HR_NATIVE_VALUES];
	uint64_t x;

	if ((e->modes & HR_NATIVE_SIZE_APART) != 0) {
		if (!get(c, &x))
			return false;
		ev->size = t->sizes[e->kind] += hr_unzigzag(x);
	}
	if ((e->modes & HR_NATIVE_ARG_APART) != 0) {
		if (!get_below(c, UINT64_C(1) << 32, &x))
			return false;
		ev->arg = (uint32_t)x;
	}
	return true;
}

/* Numbered objects of the snapshot. False: out of memory. */
static bool note_told(struct native *t, const struct hr_event *ev)
{
	if (t->r->meta.has_addresses || ev->kind != HR_EV_OBJ_EXISTS)
		return true;
	if (!hr_reserve(&t->told, &t->cap_told, t->ntold + 1, sizeof(*t->told)))
		return false;
	t->told[t->ntold++] = (struct hr_numbers_told){ev->addr, ev->size, ev->arg};
	return true;
}

/* The snapshot has been read: numbers go on from there. */
static bool end_standing(struct native *t)
{
	struct cursor *c = &t->columns[HR_NATIVE_HOLES];
	uint64_t *holes = NULL, d, last = 0;
	size_t n = 0, cap = 0;
	bool fine = true;

	t->standing = false;
	while (fine && c->at < c->end) {
		fine = get(c, &d) && hr_reserve(&holes, &cap, n + 1, sizeof(*holes));
		if (fine)
			holes[n++] = last += hr_unzigzag(d);
	}
	fine = fine && hr_numbers_restore(&t->numbers, t->told, t->ntold, holes, n);
	free(holes);
	free(t->told);
	t->told = NULL;
	t->ntold = t->cap_told = 0;
	return fine;
}

/* Up to cap events of the block at hand. False: it makes no sense from here on. */
static bool read_events(struct native *t, struct hr_event *ev, size_t cap, size_t *n)
{
	while (*n < cap && t->left > 0) {
		struct hr_event *to = &ev[*n];
		const struct entry *x;
		unsigned symbol;
		bool there = true;

		if (!next_symbol(t, &symbol) || !next_time(&t->times))
			return false;
		t->left--;
		t->seen += !t->standing;
		x = &t->entries[symbol];
		if (x->passed)
			continue;
		to->time_ns = t->times.now;
		to->size = x->e.size;
		to->arg = x->arg;
		to->p = (int16_t)(x->e.p - 1);
		to->kind = x->e.kind;
		to->flags = x->e.flags;
		if (!read_place(t, &x->e, to, &there) || (x->e.modes != 0 && !read_apart(t, &x->e, to)))
			return false;
		if (x->e.kind == HR_EV_SPAN_ALLOC)
			t->places->base = to->addr;
		if (t->standing && !note_told(t, to))
			return false;
		if (x->wanted && there) {
			t->r->stats.counts[to->kind]++;
			++*n;
		}
	}
	return true;
}

/* --- values that nothing can have --------------------------------------------------------------- */

static bool is_pages(const struct hr_event *e)
{
	return e->kind <= HR_EV_SPAN_FREE || (e->kind >= HR_EV_PAGE_ALLOC && e->kind <= HR_EV_PAGE_SCAV);
}

static bool is_possible(const struct native *t, const struct hr_event *e)
{
	const struct hr_text_field *place = &hr_text_kinds[e->kind].fields[0];

	if (place->key == NULL || place->type != HR_TEXT_PLACE)
		return true;
	if (is_pages(e) && e->kind != HR_EV_SPAN_FREE && e->size - 1 >= MAX_SPAN_BYTES)
		return false;
	if (!t->r->meta.has_addresses)
		return e->addr != UINT64_MAX && e->size <= HR_MAX_LIVE_BYTES;
	return e->addr < MAX_ADDR && (!is_pages(e) || e->size <= MAX_ADDR - e->addr);
}

/*
 * Of the events [from, *n) those are left out, and counted, that can't be. The
 * form is right, and others may have written it; what heapreplay imports has none.
 */
static void leave_out(struct native *t, struct hr_event *ev, size_t from, size_t *n)
{
	const uint64_t most = t->r->meta.has_addresses ? MAX_ADDR : UINT64_C(1) << 63;
	uint64_t addrs = 0, sizes = 0;
	bool none = false;
	size_t kept = from;

	if (t->r->meta.strict)
		return;
	for (size_t i = from; i < *n; i++) {
		addrs |= ev[i].addr;
		sizes |= ev[i].size;
		none |= ev[i].size == 0 && ev[i].kind != HR_EV_SPAN_FREE && is_pages(&ev[i]);
	}
	if (addrs < most && sizes < MAX_SPAN_BYTES / 2 && !none)
		return;
	for (size_t i = from; i < *n; i++) {
		if (is_possible(t, &ev[i])) {
			ev[kept++] = ev[i];
			continue;
		}
		hr_reader_odd(t->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		t->r->stats.counts[ev[i].kind]--;
	}
	*n = kept;
}

/* --- blocks ---------------------------------------------------------------------------------- */

static enum hr_status begin_events(struct native *t, const struct hr_native_header *h, struct cursor payload)
{
	const unsigned first = 1u << HR_NATIVE_ENTRIES;
	unsigned columns;

	memset(t->columns, 0, sizeof(t->columns));
	HR_TRY(unpack_columns(t, payload, first));
	HR_TRY(read_entries(t, &columns));
	memset(t->columns, 0, sizeof(t->columns));
	columns |= 1u << HR_NATIVE_SYMBOLS | 1u << HR_NATIVE_TIMES | 1u << HR_NATIVE_HOLES;
	HR_TRY(unpack_columns(t, payload, columns));
	memset(t->sizes, 0, sizeof(t->sizes));
	memset(t->contexts, 0, sizeof(t->contexts));
	hr_places_begin_block(t->places);
	if (!begin_times(t, h->time_ns))
		return HR_EINPUT;
	t->left = h->events;
	return h->events > 0 ? HR_OK : HR_EINPUT;
}

/* Events are missing before number: how many is known only now. */
static void note_gap(struct native *t, uint64_t number, uint64_t offset, bool told)
{
	char count[HR_UNIT_BUF];

	if (!told)
		note_lost(t, offset, "a block of events is missing before this one: %s events are lost",
			  hr_format_count(count, number - t->number));
	t->number = number;
	t->lost = true;
}

/* Types, CPU time of GC cycles, samples of memory. */
static enum hr_status take_side(struct native *t, const struct hr_native_header *h, struct cursor payload,
				struct hr_error *err)
{
	switch (hr_native_parse_sides(h->type, payload.at, h->stored, &t->r->sides)) {
	case HR_OK:
		break;
	case HR_END:
		hr_reader_odd(t->r, HR_ANOMALY_TYPE_LIMIT);
		break;
	case HR_EINPUT:
		note_lost(t, t->offset, "block %c at event %" PRIu64 ": it makes no sense", h->type, h->number);
		break;
	default:
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	return HR_OK;
}

/* A block whose header is good and whose payload is all there. */
static enum hr_status take_block(struct native *t, const struct hr_native_header *h, bool told, struct hr_error *err)
{
	struct cursor payload = {t->buf + t->pos + HR_NATIVE_HEADER_BYTES, NULL};
	uint64_t offset = t->offset;
	const char *wrong = NULL;
	enum hr_status status = HR_OK;

	payload.end = payload.at + h->stored;
	if (XXH3_64bits(payload.at, h->stored) != h->checksum) {
		char count[HR_UNIT_BUF];

		note_lost(t, offset, "block %c at event %" PRIu64 " is damaged: %s events are lost", h->type, h->number,
			  hr_format_count(count, h->type == 'E' ? h->events : 0));
		if (h->type == 'E' && h->number >= t->number)
			t->number = h->number + h->events;
		return HR_OK;
	}
	switch (h->type) {
	case 'E':
		if (h->number < t->number || t->ended || h->time_ns < t->times.now) {
			note_lost(t, offset, "a block of events stands where it does not belong");
			return HR_OK;
		}
		if (h->number > t->number)
			note_gap(t, h->number, offset, told);
		t->number = h->number + h->events;
		t->block_offset = offset;
		status = begin_events(t, h, payload);
		if (status == HR_ENOMEM)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		if (status != HR_OK) {
			t->left = 0;
			wrong = "its columns make no sense";
		}
		break;
	case 'S':
		/* A reader that starts here has seen no free yet. */
		hr_numbers_forget_hand(&t->numbers);
		if (t->standing)
			status = begin_events(t, h, payload);
		if (status == HR_ENOMEM)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		if (status != HR_OK)
			return hr_error_at(err, HR_EINPUT, offset, "a snapshot's columns make no sense");
		break;
	case 'T':
		if (t->ended)
			wrong = "there are two of them";
		else if (!t->r->meta.end_known)
			status = hr_native_parse_end(payload.at, h->stored, t->r);
		if (status == HR_ENOMEM)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		if (status != HR_OK)
			wrong = "how the trace ended is not a JSON object";
		if (h->number > t->number && wrong == NULL)
			note_gap(t, h->number, offset, told);
		t->ended = true;
		break;
	case 'I':
		t->indexed = true;
		break;
	case 'Y':
	case 'C':
	case 'R':
		if ((t->records_known && h->type != 'Y') || (t->cpu_known && h->type == 'C'))
			break;
		return take_side(t, h, payload, err);
	default:
		/* Skip additional data of a later version. */
		break;
	}
	if (wrong != NULL)
		note_lost(t, offset, "block %c at event %" PRIu64 ": %s", h->type, h->number, wrong);
	return HR_OK;
}

/* A header that is whole, and of the file's version. */
static bool at_header(const struct native *t, struct hr_native_header *h)
{
	return hr_native_unpack_header(t->buf + t->pos, h) && h->version == t->version;
}

static bool at_marker(const struct native *t, const char *marker)
{
	return t->len - t->pos >= 4 && memcmp(t->buf + t->pos, marker, 4) == 0;
}

/* Moves on to the next header or footer that is whole, or to the end. */
static enum hr_status resynchronise(struct native *t, struct hr_error *err)
{
	struct hr_native_header h;
	uint64_t index;
	bool is_short;

	for (;;) {
		use(t, 1);
		HR_TRY(need(t, HR_NATIVE_HEADER_BYTES, &is_short, err));
		if (t->pos == t->len)
			return HR_OK;
		if (at_marker(t, HR_NATIVE_MARKER) && !is_short && at_header(t, &h))
			return HR_OK;
		if (at_marker(t, HR_NATIVE_FOOTER_MARKER) && t->len - t->pos >= HR_NATIVE_FOOTER_BYTES &&
		    hr_native_unpack_footer(t->buf + t->pos, &index))
			return HR_OK;
	}
}

static void note_cut(struct native *t)
{
	uint64_t end = t->offset + (t->len - t->pos);

	if (!t->ended)
		hr_reader_set_cut(t->r, end, "the last block of events and what stands behind them are missing");
	else
		hr_reader_set_cut(t->r, end, "the index is missing; all events are here");
}

/* The next block of events is at hand. HR_END: there is none. */
static enum hr_status next_block(struct native *t, struct hr_error *err)
{
	bool told = false; /* what is missing before the next block has been */

	while (t->left == 0) {
		struct hr_native_header h;
		uint64_t index;
		bool is_short;

		HR_TRY(need(t, HR_NATIVE_HEADER_BYTES, &is_short, err));
		if (!is_short && at_header(t, &h)) {
			HR_TRY(need(t, HR_NATIVE_HEADER_BYTES + (size_t)h.stored, &is_short, err));
			if (is_short) {
				note_cut(t);
				return HR_END;
			}
			HR_TRY(take_block(t, &h, told, err));
			use(t, HR_NATIVE_HEADER_BYTES + (size_t)h.stored);
			told = false;
			continue;
		}
		if (t->len - t->pos >= HR_NATIVE_FOOTER_BYTES && hr_native_unpack_footer(t->buf + t->pos, &index)) {
			use(t, HR_NATIVE_FOOTER_BYTES);
			HR_TRY(need(t, 1, &is_short, err));
			if (!t->ended || !t->indexed)
				note_lost(t, t->offset, "blocks are missing before the end");
			else if (!is_short)
				note_lost(t, t->offset, "there are bytes behind the end");
			while (!is_short) {
				use(t, t->len - t->pos);
				HR_TRY(need(t, 1, &is_short, err));
			}
			return HR_END;
		}
		/* The remaining bytes are the start of a header or footer, or damaged. */
		if (is_short && (t->pos == t->len || (!t->indexed && at_marker(t, HR_NATIVE_MARKER)) ||
				 (t->len - t->pos < 4) || at_marker(t, HR_NATIVE_FOOTER_MARKER))) {
			note_cut(t);
			return HR_END;
		}
		note_lost(t, t->offset, "the header of a block is damaged");
		told = true;
		HR_TRY(resynchronise(t, err));
	}
	return HR_OK;
}

/* --- the index -------------------------------------------------------------------------------- */

static enum hr_status move_to(struct native *t, uint64_t offset, struct hr_error *err)
{
	t->pos = t->len = 0;
	t->offset = offset;
	t->eof = false;
	return hr_reader_seek(t->r, offset, err);
}

/* The block of that type at offset, whole; HR_EINPUT: it is not there. The stream stands before it. */
static enum hr_status look_at(struct native *t, uint64_t offset, uint8_t type, struct hr_native_header *h,
			      struct cursor *payload, struct hr_error *err)
{
	bool is_short;

	HR_TRY(move_to(t, offset, err));
	HR_TRY(need(t, HR_NATIVE_HEADER_BYTES, &is_short, err));
	if (is_short || !at_header(t, h) || h->type != type)
		return HR_EINPUT;
	HR_TRY(need(t, HR_NATIVE_HEADER_BYTES + (size_t)h->stored, &is_short, err));
	if (is_short)
		return HR_EINPUT;
	payload->at = t->buf + t->pos + HR_NATIVE_HEADER_BYTES;
	payload->end = payload->at + h->stored;
	return XXH3_64bits(payload->at, h->stored) == h->checksum ? HR_OK : HR_EINPUT;
}

struct found {
	uint64_t standing, end; /* offsets of the snapshot to begin with and of T; 0: none */
	struct side {
		uint64_t offset;
		uint8_t type;
	} * sides; /* blocks Y, C and R, in order */
	size_t nsides, cap_sides;
};

/* HR_EINPUT: it is not an index. */
static enum hr_status parse_index(const struct native *t, struct cursor c, struct found *found, struct hr_error *err)
{
	uint64_t n, type, d[3], offset = 0, time_ns = 0;

	if (!get(&c, &n))
		return HR_EINPUT;
	for (; n > 0; n--) {
		if (!get(&c, &type) || !get(&c, &d[0]) || !get(&c, &d[1]) || !get(&c, &d[2]))
			return HR_EINPUT;
		offset += d[0];
		time_ns += d[2];
		/* Events of the same time may stand before it: strictly earlier. */
		if (type == 'S' && time_ns < t->r->options.from_ns)
			found->standing = offset;
		if (type == 'T')
			found->end = offset;
		if (type == 'Y' || type == 'C' || type == 'R') {
			if (!hr_reserve(&found->sides, &found->cap_sides, found->nsides + 1, sizeof(*found->sides)))
				return hr_error_set(err, HR_ENOMEM, "out of memory");
			found->sides[found->nsides++] = (struct side){offset, (uint8_t)type};
		}
	}
	return HR_OK;
}

/* False: the file is too short to have a footer. */
static bool footer_offset(const struct native *t, uint64_t *offset)
{
	uint64_t size, done;

	hr_reader_progress(t->r, &done, &size);
	*offset = size - HR_NATIVE_FOOTER_BYTES;
	return size >= HR_NATIVE_MAGIC_BYTES + HR_NATIVE_HEADER_BYTES + HR_NATIVE_FOOTER_BYTES;
}

/* HR_EINPUT: there is no index that can be used. */
static enum hr_status read_index(struct native *t, struct found *found, struct hr_error *err)
{
	uint64_t footer, index;
	struct hr_native_header h;
	struct cursor c;
	bool is_short;

	if (!footer_offset(t, &footer))
		return HR_EINPUT;
	HR_TRY(move_to(t, footer, err));
	HR_TRY(need(t, HR_NATIVE_FOOTER_BYTES, &is_short, err));
	if (is_short || !hr_native_unpack_footer(t->buf + t->pos, &index))
		return HR_EINPUT;
	HR_TRY(look_at(t, index, 'I', &h, &c, err));
	return parse_index(t, c, found, err);
}

/* The types that were told before the snapshot, and all records. */
static enum hr_status read_sides(struct native *t, const struct found *found, struct hr_error *err)
{
	struct hr_native_header h;
	struct cursor c;

	t->records_known = true;
	for (size_t i = 0; i < found->nsides; i++) {
		const struct side *side = &found->sides[i];

		if (side->type == 'Y' && side->offset > found->standing)
			continue;
		HR_TRY(look_at(t, side->offset, side->type, &h, &c, err));
		HR_TRY(take_side(t, &h, c, err));
	}
	return HR_OK;
}

/* The end is read, and the snapshot is at hand. HR_EINPUT: there is none, or what is there can't be used. */
static enum hr_status use_index(struct native *t, const struct found *found, struct hr_error *err)
{
	struct hr_native_header h;
	struct cursor c;
	enum hr_status status;

	if (found->end != 0) {
		HR_TRY(look_at(t, found->end, 'T', &h, &c, err));
		status = hr_native_parse_end(c.at, h.stored, t->r);
		if (status == HR_ENOMEM)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		t->r->meta.end_known = status == HR_OK;
	}
	HR_TRY(read_sides(t, found, err));
	if (found->standing == 0)
		return HR_EINPUT;
	HR_TRY(look_at(t, found->standing, 'S', &h, &c, err));
	t->standing = true;
	t->number = t->seen = h.number;
	t->r->meta.begins_ns = h.time_ns;
	return HR_OK;
}

/* To the snapshot to begin with. Without a good index all stays as it is. */
static enum hr_status jump(struct native *t, struct hr_error *err)
{
	uint64_t begin = t->offset;
	struct found found = {0};
	enum hr_status status = read_index(t, &found, err);

	if (status == HR_OK)
		status = use_index(t, &found, err);
	free(found.sides);
	return status == HR_EINPUT ? move_to(t, begin, err) : status;
}

/* --- ahead of the stream ---------------------------------------------------------------------- */

/*
 * The payload of the block of that type at offset, to be freed; the stream stays where it is. HR_EINPUT: it is not
 * there; HR_ENOMEM. Then *payload is NULL.
 */
static enum hr_status peek_block(const struct native *t, uint64_t offset, uint8_t type, uint8_t **payload, size_t *n,
				 struct hr_error *err)
{
	uint8_t head[HR_NATIVE_HEADER_BYTES];
	struct hr_native_header h;

	*payload = NULL;
	if (!hr_input_peek(t->r->in, offset, head, sizeof(head)) || !hr_native_unpack_header(head, &h) ||
	    h.version != t->version || h.type != type)
		return HR_EINPUT;
	*n = h.stored;
	*payload = hr_calloc(*n + SLACK, 1);
	if (*payload == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (hr_input_peek(t->r->in, offset + sizeof(head), *payload, *n) && XXH3_64bits(*payload, *n) == h.checksum)
		return HR_OK;
	free(*payload);
	*payload = NULL;
	return HR_EINPUT;
}

/* The CPU times that the index knows. HR_EINPUT: one of them can't be read; HR_ENOMEM. */
static enum hr_status peek_cpu(const struct native *t, const struct found *found, struct hr_error *err)
{
	for (size_t i = 0; i < found->nsides; i++) {
		uint8_t *payload;
		enum hr_status status;
		size_t n;

		if (found->sides[i].type != 'C')
			continue;
		HR_TRY(peek_block(t, found->sides[i].offset, 'C', &payload, &n, err));
		status = hr_native_parse_sides('C', payload, n, &t->r->sides);
		free(payload);
		if (status == HR_ENOMEM)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		HR_TRY(status);
	}
	return HR_OK;
}

static enum hr_status peek_index(const struct native *t, struct found *found, struct hr_error *err)
{
	uint8_t footer[HR_NATIVE_FOOTER_BYTES], *payload;
	uint64_t offset, index;
	enum hr_status status;
	size_t n;

	if (!footer_offset(t, &offset) || !hr_input_peek(t->r->in, offset, footer, sizeof(footer)) ||
	    !hr_native_unpack_footer(footer, &index))
		return HR_EINPUT;
	HR_TRY(peek_block(t, index, 'I', &payload, &n, err));
	status = parse_index(t, (struct cursor){payload, payload + n}, found, err);
	free(payload);
	return status;
}

/*
 * CPU times of GC cycles stand at the end, and whoever models cycles needs them with the events: the index tells where
 * they are. Without a good one they come when the stream does; what is wrong with them is said there.
 */
static enum hr_status read_ahead(struct native *t, struct hr_error *err)
{
	struct found found = {0};
	enum hr_status status = peek_index(t, &found, err);

	if (status == HR_OK)
		status = peek_cpu(t, &found, err);
	free(found.sides);
	t->cpu_known = status == HR_OK;
	if (!t->cpu_known)
		t->r->sides.ngc_cpu = 0;
	return status == HR_EINPUT ? HR_OK : status;
}

/* --- the format ------------------------------------------------------------------------------ */

static bool native_detect(const uint8_t *head, size_t n)
{
	return n >= HR_NATIVE_MAGIC_BYTES && memcmp(head, HR_NATIVE_MAGIC, HR_NATIVE_MAGIC_BYTES) == 0;
}

static enum hr_status read_meta(struct native *t, struct hr_error *err)
{
	struct hr_native_header h;
	enum hr_status status;
	bool is_short;

	HR_TRY(need(t, HR_NATIVE_MAGIC_BYTES + HR_NATIVE_HEADER_BYTES, &is_short, err));
	use(t, HR_NATIVE_MAGIC_BYTES);
	if (is_short)
		return hr_error_at(err, HR_EINPUT, t->offset, "the trace ends within its first block");
	if (at_marker(t, HR_NATIVE_MARKER) && t->buf[t->pos + 5] > HR_NATIVE_VERSION)
		return hr_error_at(err, HR_EINPUT, t->offset + 5, "version %u of the native form; known are %d to %d",
				   t->buf[t->pos + 5], HR_NATIVE_FIRST_VERSION, HR_NATIVE_VERSION);
	if (!hr_native_unpack_header(t->buf + t->pos, &h) || h.type != 'M' || h.stored > HR_NATIVE_MAX_JSON)
		return hr_error_at(err, HR_EINPUT, t->offset,
				   "the first block is damaged: what the trace is can't be known; import it again");
	HR_TRY(need(t, HR_NATIVE_HEADER_BYTES + (size_t)h.stored, &is_short, err));
	t->version = h.version;
	t->r->meta.version = h.version;
	use(t, HR_NATIVE_HEADER_BYTES);
	if (is_short)
		return hr_error_at(err, HR_EINPUT, t->offset, "the trace ends within its first block");
	if (XXH3_64bits(t->buf + t->pos, h.stored) != h.checksum)
		return hr_error_at(err, HR_EINPUT, t->offset,
				   "the first block is damaged: what the trace is can't be known; import it again");
	status = hr_native_parse_meta(t->buf + t->pos, h.stored, &t->r->meta);
	if (status == HR_ENOMEM)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status != HR_OK)
		return hr_error_at(err, HR_EINPUT, t->offset, "what is known of the trace is not a JSON object");
	use(t, h.stored);
	return HR_OK;
}

static enum hr_status native_open(struct hr_reader *r, struct hr_error *err)
{
	struct native *t = hr_calloc(1, sizeof(*t));

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	t->r = r;
	t->zstd = ZSTD_createDCtx();
	t->places = hr_places_new();
	t->entries = hr_calloc(HR_NATIVE_MAX_ENTRIES, sizeof(*t->entries));
	if (!hr_numbers_init(&t->numbers) || t->zstd == NULL || t->places == NULL || t->entries == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->meta.page_bytes = 8192;
	r->meta.has_clock = true;
	HR_TRY(read_meta(t, err));
	if (!hr_input_seekable(r->in))
		return HR_OK;
	return r->options.jump ? jump(t, err) : read_ahead(t, err);
}

static enum hr_status native_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct native *t = r->state;

	*n = 0;
	while (*n < cap) {
		const size_t from = *n;

		if (t->left == 0) {
			/* Hand out complete events before waiting for a slow source. */
			if (*n > 0)
				break;
			HR_TRY(next_block(t, err));
		}
		if (!read_events(t, ev, cap, n)) {
			char count[HR_UNIT_BUF];

			note_lost(t, t->block_offset, "a block of events makes no sense: %s events of it are lost",
				  hr_format_count(count, t->left));
			t->left = 0;
		}
		leave_out(t, ev, from, n);
		if (t->left == 0 && t->standing && !end_standing(t))
			return hr_error_at(err, HR_EINPUT, t->block_offset,
					   "a snapshot of what is live makes no sense");
		if (!r->meta.end_known) {
			r->stats.events_total = t->seen;
			r->stats.last_time_ns = t->times.now;
		}
	}
	return HR_OK;
}

static void native_close(struct hr_reader *r)
{
	struct native *t = r->state;

	if (t == NULL)
		return;
	ZSTD_freeDCtx(t->zstd);
	hr_places_free(t->places);
	hr_numbers_release(&t->numbers);
	free(t->entries);
	free(t->told);
	free(t->unpacked);
	free(t->buf);
	free(t);
}

const struct hr_format_ops hr_native_format = {
    .format = HR_FORMAT_NATIVE,
    .name = "native",
    .detect = native_detect,
    .open = native_open,
    .next = native_next,
    .close = native_close,
};
