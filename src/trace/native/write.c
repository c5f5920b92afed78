/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes native traces. Events gather until a block is full; then they are
 * turned into columns in two passes: the first finds which sorts of events
 * there are and how each event's place is said, the second writes the columns
 * by them. Each column is compressed by itself, on another thread where there is
 * a second processor: that of one block while the next one is gathered and made.
 * Blocks are written in their order, by the caller's thread.
 */
#include "config.h"

#include "trace/native/native.h"

#include "base/alloc.h"
#include "base/aside.h"
#include "base/bits.h"
#include "base/fuzzed.h"
#include "trace/native/form.h"
#include "trace/native/notes.h"
#include "trace/native/numbers.h"
#include "trace/native/places.h"
#include "trace/native/sides.h"
#include "trace/standing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

enum {
/* With addresses, blocks are independent and small ones cost little; without, patterns reach far. */
#ifndef HR_SMALL_BUFFERS
	ADDRESS_BLOCK_EVENTS = 1 << 17,
	NUMBER_BLOCK_EVENTS = 1 << 19,
#else
	ADDRESS_BLOCK_EVENTS = 1 << 9,
	NUMBER_BLOCK_EVENTS = 1 << 10,
#endif
	/* A snapshot's size is at most this share of the data since the snapshot before. */
	SNAPSHOT_SHARE = 16,
	/* Bytes for each thing that is live, until a snapshot shows. */
	SNAPSHOT_GUESS = 8,
	TABLE_SLOTS = 2 * HR_NATIVE_MAX_ENTRIES,
	/* A context for each kind and P of BY_..., behind them one for each entry of PREDICTED. */
	P_CONTEXTS = 256,
	FIRST_PREDICTED = HR_EVENT_KIND_COUNT * P_CONTEXTS,
	NO_ADDRESS_SHIFT = 63, /* of a sort whose addresses all are 0 */
	MAX_VARINT = 10,
	SIDE_RECORDS = 1 << 16, /* in a block */
	/* Of so many blocks one is compressed with a light hand, too. */
	LOOK_EVERY = 16,
	LOOK_AT = 1, /* the first block is of a start, or of what was there */
	LIGHT_LEVEL = 1,
	LIGHT_SHARE = 24, /* where it takes no more of the bytes than one in so many off, the level is not worth it */
};

_Static_assert(FIRST_PREDICTED + HR_NATIVE_MAX_ENTRIES <= HR_NATIVE_CONTEXTS, "every entry can have a context");

struct buffer {
	uint8_t *at;
	size_t n, cap;
};

/* What tells a sort from others. Few words, as each event has to be compared. */
struct key {
	uint64_t head; /* from the low bits on: kind, flags, p + 1, place, reach, modes; eight bits each, p sixteen */
	uint64_t size;
	uint32_t arg;
};

/* An entry while the block is gathered. */
struct sort {
	struct key key;
	uint64_t addresses; /* of its events: all bits */
	uint32_t count;
	uint32_t symbol;
	struct hr_native_entry entry;
};

/*
 * Which columns the level is worth its time for: those that repeat themselves. Times and addresses that were not
 * foreseen hardly do; a light hand makes them as small, in a fifth of the time or less.
 */
struct effort {
	bool adapts;			       /* nobody asked for a level */
	unsigned blocks[2][HR_NATIVE_COLUMNS]; /* of events, and of what stands */
	bool light[2][HR_NATIVE_COLUMNS];
};

/* A block of events: its columns, and what is stored of them. */
struct pack {
	struct hr_native_header header;
	ZSTD_CCtx *zstd; /* the same for all: one is compressed at a time */
	int level;
	struct effort *effort; /* the same for all */
	struct buffer columns[HR_NATIVE_COLUMNS];
	struct buffer payload;
	bool fine;
};

struct block_place {
	uint64_t offset, number, time_ns;
	uint8_t type;
};

struct hr_native_writer {
	FILE *f;
	int level;
	bool numbered;	  /* objects go by number */
	bool own_numbers; /* not all by the rule */
	uint64_t offset;
	uint64_t number;  /* events written */
	uint64_t last_ns; /* of the last one taken */
	struct hr_numbers numbers;
	struct hr_places *places;
	struct hr_event *events; /* n of the block to be */
	size_t n, block_events;
	bool stands;	    /* among them is what hr_standing keeps */
	uint32_t *sorts_of; /* each event's */
	size_t cap_sorts_of;
	struct sort sorts[HR_NATIVE_MAX_ENTRIES];
	uint32_t nsorts;
	uint16_t table[TABLE_SLOTS]; /* by hash: sort + 1 */
	uint64_t contexts[HR_NATIVE_CONTEXTS];
	struct effort effort;
	struct pack packs[2];
	struct pack *pack; /* the one that is being made; the other may be compressed */
	bool pending;	   /* the other is */
	struct hr_aside *aside;
	struct buffer payload;	      /* of the index */
	const struct hr_sides *sides; /* or NULL */
	struct hr_types_told told;    /* those that were written */
	struct hr_native_bytes side, packed;
	struct hr_standing standing;
	uint64_t standing_offset; /* where the last snapshot ended */
	uint64_t standing_bytes;  /* and how long it was */
	uint64_t standing_events;
	struct block_place *index;
	size_t nindex, cap_index;
};

/* --- bytes --------------------------------------------------------------------- */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the native trace");
}

static bool room(struct buffer *b, size_t n)
{
	return b->cap - b->n >= n || hr_reserve(&b->at, &b->cap, b->n + n, 1);
}

/* There is room. */
static inline void add(struct buffer *b, uint64_t x)
{
	uint8_t *to = b->at + b->n;

	for (; x >= 0x80; x >>= 7)
		*to++ = (uint8_t)(x | 0x80);
	*to++ = (uint8_t)x;
	b->n = (size_t)(to - b->at);
}

static bool put(struct buffer *b, uint64_t x)
{
	if (!room(b, MAX_VARINT))
		return false;
	add(b, x);
	return true;
}

static bool put_byte(struct buffer *b, uint8_t x)
{
	if (!room(b, 1))
		return false;
	b->at[b->n++] = x;
	return true;
}

static enum hr_status write_out(struct hr_native_writer *w, const void *data, size_t n, struct hr_error *err)
{
	if (fwrite(data, 1, n, w->f) != n)
		return hr_error_set(err, HR_EIO, "cannot write the output: %s", strerror(errno));
	w->offset += n;
	return HR_OK;
}

static enum hr_status write_block(struct hr_native_writer *w, struct hr_native_header *h, const void *payload, size_t n,
				  struct hr_error *err)
{
	uint8_t bytes[HR_NATIVE_HEADER_BYTES];

	h->stored = (uint32_t)n;
	h->checksum = XXH3_64bits(payload, n);
	hr_native_pack_header(bytes, h);
	if (h->type != 'M' && h->type != 'I') {
		if (!hr_reserve(&w->index, &w->cap_index, w->nindex + 1, sizeof(*w->index)))
			return no_memory(err);
		w->index[w->nindex++] = (struct block_place){w->offset, h->number, h->time_ns, h->type};
	}
	HR_TRY(write_out(w, bytes, sizeof(bytes), err));
	return write_out(w, payload, n, err);
}

/* --- first pass: which sorts of events ------------------------------------------- */

/* Kinds whose sizes hardly repeat. */
static bool has_size_apart(unsigned kind)
{
	return kind == HR_EV_HEAP_LIVE || kind == HR_EV_HEAP_GOAL || kind == HR_EV_MEMORY_LIMIT ||
	       kind == HR_EV_SWEEP_END;
}

static bool is_object(unsigned kind)
{
	return kind >= HR_EV_OBJ_EXISTS && kind <= HR_EV_STACK_FREE;
}

/* Kinds that numbers.h keeps where there are no addresses. */
static bool is_numbered(unsigned kind)
{
	return kind >= HR_EV_OBJ_EXISTS && kind <= HR_EV_OBJ_FREE;
}

static bool has_place(unsigned kind)
{
	return kind <= HR_EV_STACK_FREE || (kind >= HR_EV_PAGE_ALLOC && kind <= HR_EV_PAGE_SCAV);
}

enum { FLAGS_AT = 8, P_AT = 16, PLACE_AT = 32, REACH_AT = 40, MODES_AT = 48 };

static inline uint64_t said(enum hr_native_place place, unsigned reach)
{
	return (uint64_t)place << PLACE_AT | (uint64_t)reach << REACH_AT;
}

/*
 * How the number of an object is said, for a key that says nothing of the place
 * yet; the numbers' state follows. False: out of memory.
 */
static bool describe_number(struct hr_native_writer *w, const struct hr_event *ev, struct key *k)
{
	struct hr_numbers *s = &w->numbers;
	enum hr_native_place place;
	uint8_t reach;

	if (ev->kind == HR_EV_OBJ_FREE && hr_numbers_has(s, ev->addr)) {
		uint32_t number = (uint32_t)ev->addr;

		if (s->at[number].size != ev->size || !hr_numbers_describe(s, number, &place, &reach)) {
			place = HR_NATIVE_BY_OBJECT;
			reach = 0;
		} else if (place != HR_NATIVE_SAME_SIZE) {
			k->size = 0;
		}
		k->head |= said(place, reach);
		hr_numbers_remove(s, number);
		return true;
	}
	if ((ev->kind == HR_EV_OBJ_ALLOC || ev->kind == HR_EV_OBJ_EXISTS) && ev->addr == hr_numbers_next(s)) {
		k->head |= said(HR_NATIVE_NEXT, 0);
		return hr_numbers_add(s, ev->size, ev->arg);
	}
	/* These numbers are the trace's own; no state can predict them. */
	if (is_numbered(ev->kind))
		w->own_numbers = true;
	k->head |= said(HR_NATIVE_BY_OBJECT, 0);
	return true;
}

static inline bool describe(struct hr_native_writer *w, const struct hr_event *ev, bool standing, struct key *k)
{
	*k = (struct key){.head = (uint64_t)ev->kind | (uint64_t)ev->flags << FLAGS_AT |
				  (uint64_t)(uint16_t)(ev->p + 1) << P_AT,
			  .size = ev->size,
			  .arg = ev->arg};
	if (has_size_apart(ev->kind) || (standing && w->numbered && ev->kind == HR_EV_OBJ_EXISTS)) {
		k->head |= (uint64_t)HR_NATIVE_SIZE_APART << MODES_AT;
		k->size = 0;
	}
	if (ev->kind == HR_EV_SWEEP_END) {
		k->head |= (uint64_t)HR_NATIVE_ARG_APART << MODES_AT;
		k->arg = 0;
	}
	if (!has_place(ev->kind) && ev->addr == 0)
		return true;
	if (w->numbered && !standing && is_object(ev->kind))
		return describe_number(w, ev, k);
	if (!w->numbered && (ev->kind == HR_EV_OBJ_ALLOC || ev->kind == HR_EV_OBJ_EXISTS))
		k->head |= said(HR_NATIVE_PREDICTED, 0);
	else
		k->head |= said(is_object(ev->kind) ? HR_NATIVE_BY_OBJECT : HR_NATIVE_BY_PLACE, 0);
	return true;
}

static inline uint64_t hash(const struct key *k)
{
	uint64_t a = (k->head ^ (uint64_t)k->arg << 20) * UINT64_C(0x9e3779b97f4a7c15);

	a = (a ^ a >> 31 ^ k->size) * UINT64_C(0xbf58476d1ce4e5b9);
	return a ^ a >> 32;
}

static inline bool same(const struct key *a, const struct key *b)
{
	return a->head == b->head && a->size == b->size && a->arg == b->arg;
}

/* The nth sort of the block, before its addresses are known. */
static struct sort new_sort(const struct key *k, uint32_t n)
{
	struct sort s = {.key = *k};
	struct hr_native_entry *e = &s.entry;

	e->kind = (uint8_t)k->head;
	e->flags = (uint8_t)(k->head >> FLAGS_AT);
	e->p = (uint16_t)(k->head >> P_AT);
	e->place = (uint8_t)(k->head >> PLACE_AT);
	e->reach = (uint8_t)(k->head >> REACH_AT);
	e->modes = (uint8_t)(k->head >> MODES_AT);
	e->arg = k->arg;
	e->size = k->size;
	if (e->place == HR_NATIVE_PREDICTED)
		e->context = (uint16_t)(FIRST_PREDICTED + n);
	else if (e->place != HR_NATIVE_NOWHERE)
		e->context = (uint16_t)(e->kind * P_CONTEXTS + (is_object(e->kind) ? (uint8_t)(e->p - 1) : 0));
	return s;
}

/* The sort that this is; UINT32_MAX: the block has no room for another. */
static inline uint32_t sort_of(struct hr_native_writer *w, const struct key *k)
{
	uint32_t slot = (uint32_t)hash(k) % TABLE_SLOTS;

	for (; w->table[slot] != 0; slot = (slot + 1) % TABLE_SLOTS)
		if (same(&w->sorts[w->table[slot] - 1].key, k))
			return w->table[slot] - 1u;
	if (w->nsorts == HR_NATIVE_MAX_ENTRIES)
		return UINT32_MAX;
	w->sorts[w->nsorts] = new_sort(k, w->nsorts);
	w->table[slot] = (uint16_t)(w->nsorts + 1);
	return w->nsorts++;
}

/* *n becomes how many of the events fit into a block. False: out of memory. */
static bool gather(struct hr_native_writer *w, const struct hr_event *ev, size_t *n, bool standing)
{
	memset(w->table, 0, sizeof(w->table));
	w->nsorts = 0;
	for (size_t i = 0; i < *n; i++) {
		struct key k;
		uint32_t sort;

		/* What an event does to the numbers can't be undone: there must be room before. */
		if (w->nsorts == HR_NATIVE_MAX_ENTRIES) {
			*n = i;
			break;
		}
		if (!describe(w, &ev[i], standing, &k))
			return false;
		sort = sort_of(w, &k);
		w->sorts_of[i] = sort;
		w->sorts[sort].count++;
		w->sorts[sort].addresses |= ev[i].addr;
	}
	for (uint32_t i = 0; i < w->nsorts; i++)
		w->sorts[i].entry.shift =
		    w->sorts[i].addresses != 0 ? (uint8_t)hr_ctz(w->sorts[i].addresses) : NO_ADDRESS_SHIFT;
	return true;
}

/* --- second pass: columns ---------------------------------------------------------- */

struct ranked {
	uint32_t count, sort;
};

static int by_count(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->sort < y->sort ? -1 : 1;
}

/* The frequent sorts get the short symbols. */
static bool write_entries(struct hr_native_writer *w)
{
	struct buffer *b = &w->pack->columns[HR_NATIVE_ENTRIES];
	struct ranked *ranked = hr_calloc(w->nsorts, sizeof(*ranked));
	bool fine = ranked != NULL;

	for (uint32_t i = 0; fine && i < w->nsorts; i++)
		ranked[i] = (struct ranked){w->sorts[i].count, i};
	if (fine)
		qsort(ranked, w->nsorts, sizeof(*ranked), by_count);
	for (uint32_t i = 0; fine && i < w->nsorts; i++) {
		struct sort *s = &w->sorts[ranked[i].sort];
		const struct hr_native_entry *e = &s->entry;

		s->symbol = i;
		fine = put(b, e->kind) && put(b, e->flags) && put(b, e->p) && put(b, e->modes) && put(b, e->place) &&
		       put(b, e->place >= HR_NATIVE_NEXT ? e->reach : e->shift) && put(b, e->context) &&
		       put(b, e->arg) && put(b, e->size);
	}
	free(ranked);
	return fine;
}

static bool write_symbols(struct hr_native_writer *w, size_t n)
{
	struct buffer *b = &w->pack->columns[HR_NATIVE_SYMBOLS];
	unsigned shorts = hr_native_short_symbols(w->nsorts);

	if (!room(b, 2 * n))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned symbol = w->sorts[w->sorts_of[i]].symbol;

		if (symbol < shorts) {
			b->at[b->n++] = (uint8_t)symbol;
		} else {
			symbol -= shorts;
			b->at[b->n++] = (uint8_t)(shorts + (symbol >> 8));
			b->at[b->n++] = (uint8_t)symbol;
		}
	}
	return true;
}

static inline void add_difference(struct buffer *b, const struct hr_native_entry *e, uint64_t addr, uint64_t last)
{
	add(b, hr_zigzag((addr >> e->shift) - (last >> e->shift)));
}

static inline void add_predicted(struct hr_native_writer *w, const struct hr_native_entry *e, uint64_t addr)
{
	struct buffer *choices = &w->pack->columns[HR_NATIVE_CHOICES];
	struct hr_places_guess g;
	uint8_t choice = 0;

	hr_places_guess(w->places, e->context, &g);
	while (choice < HR_PLACES_MISS && g.at[choice] != addr)
		choice++;
	hr_places_add(w->places, e->context, addr);
	choices->at[choices->n++] = choice;
	if (choice == HR_PLACES_MISS)
		add_difference(&w->pack->columns[HR_NATIVE_MISSES], e, addr, w->contexts[e->context]);
	w->contexts[e->context] = addr;
}

static void add_apart(struct buffer *values, const struct hr_native_entry *e, const struct hr_event *ev,
		      uint64_t *last_size)
{
	if ((e->modes & HR_NATIVE_SIZE_APART) != 0) {
		add(values, hr_zigzag(ev->size - *last_size));
		*last_size = ev->size;
	}
	if ((e->modes & HR_NATIVE_ARG_APART) != 0)
		add(values, ev->arg);
}

static bool write_places(struct hr_native_writer *w, const struct hr_event *ev, size_t n)
{
	struct buffer *columns = w->pack->columns;
	uint64_t sizes[HR_EVENT_KIND_COUNT] = {0};

	/* Room that nothing is written into takes no memory. */
	if (!room(&columns[HR_NATIVE_PLACES], n * MAX_VARINT) || !room(&columns[HR_NATIVE_OBJECTS], n * MAX_VARINT) ||
	    !room(&columns[HR_NATIVE_MISSES], n * MAX_VARINT) || !room(&columns[HR_NATIVE_CHOICES], n) ||
	    !room(&columns[HR_NATIVE_VALUES], 2 * n * MAX_VARINT))
		return false;
	memset(w->contexts, 0, sizeof(w->contexts));
	hr_places_begin_block(w->places);
	for (size_t i = 0; i < n; i++) {
		const struct hr_native_entry *e = &w->sorts[w->sorts_of[i]].entry;

		switch ((enum hr_native_place)e->place) {
		case HR_NATIVE_BY_PLACE:
		case HR_NATIVE_BY_OBJECT:
			add_difference(&columns[e->place == HR_NATIVE_BY_PLACE ? HR_NATIVE_PLACES : HR_NATIVE_OBJECTS],
				       e, ev[i].addr, w->contexts[e->context]);
			w->contexts[e->context] = ev[i].addr;
			break;
		case HR_NATIVE_PREDICTED:
			add_predicted(w, e, ev[i].addr);
			break;
		default:
			break;
		}
		if (ev[i].kind == HR_EV_SPAN_ALLOC)
			w->places->base = ev[i].addr;
		else if (ev[i].kind == HR_EV_OBJ_FREE && e->place == HR_NATIVE_BY_OBJECT)
			hr_places_remove(w->places, ev[i].addr);
		if (e->modes != 0)
			add_apart(&columns[HR_NATIVE_VALUES], e, &ev[i], &sizes[e->kind]);
	}
	return true;
}

/* --- times --------------------------------------------------------------------------- */

/*
 * Events that a reader has spread evenly between two ticks of a coarse clock,
 * or over time at a rate, lie on a line: start + floor(i * rise / run). The
 * longest beginning of ev[0, n) that does. lo and hi bound the slopes that fit
 * (lo <= slope < hi), so that lo itself is one.
 */
static size_t measure_line(const struct hr_event *ev, size_t n, uint64_t *rise, uint64_t *run)
{
	uint64_t lo_rise = 0, lo_run = 1, hi_rise = UINT64_MAX, hi_run = 1;
	size_t i;

	for (i = 1; i < n; i++) {
		uint64_t d = ev[i].time_ns - ev[0].time_ns;

		if (d >= UINT64_MAX >> 1)
			break;
		/* d / i <= slope < (d + 1) / i */
		if ((unsigned __int128)d * hi_run >= (unsigned __int128)hi_rise * i ||
		    (unsigned __int128)(d + 1) * lo_run <= (unsigned __int128)lo_rise * i)
			break;
		if ((unsigned __int128)d * lo_run > (unsigned __int128)lo_rise * i) {
			lo_rise = d;
			lo_run = i;
		}
		if ((unsigned __int128)(d + 1) * hi_run < (unsigned __int128)hi_rise * i) {
			hi_rise = d + 1;
			hi_run = i;
		}
	}
	*rise = lo_rise;
	*run = lo_run;
	return i;
}

static bool write_lines(struct buffer *b, const struct hr_event *ev, size_t n)
{
	uint64_t last = ev[0].time_ns;
	bool fine = put(b, 1);

	for (size_t i = 0, len; fine && i < n; i += len) {
		uint64_t rise, run;

		len = measure_line(ev + i, n - i, &rise, &run);
		fine = put(b, ev[i].time_ns - last) && put(b, len) && put(b, rise) && put(b, run);
		last = ev[i + len - 1].time_ns;
	}
	return fine;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static bool write_steps(struct buffer *b, const struct hr_event *ev, size_t n)
{
	uint64_t last = ev[0].time_ns, unit = 0;

	for (size_t i = 1; i < n && unit != 1; i++) {
		uint64_t d = ev[i].time_ns - ev[i - 1].time_ns;

		/* Most clocks tick in a power of two; to divide by others takes long. */
		if (d != 0 && (unit == 0 || (hr_is_pow2(unit) ? d & (unit - 1) : d % unit) != 0))
			unit = gcd(d, unit);
	}
	if (unit == 0)
		unit = 1;
	if (!put(b, 0) || !put(b, unit) || !room(b, n * MAX_VARINT))
		return false;
	const bool pow2 = hr_is_pow2(unit);
	const unsigned shift = hr_ctz(unit);
	for (size_t i = 0; i < n; last = ev[i++].time_ns) {
		uint64_t d = ev[i].time_ns - last;

		add(b, pow2 ? d >> shift : d / unit);
	}
	return true;
}

/* Lines where they are few: about a line for each sixteen events is where steps become shorter. */
static bool write_times(struct buffer *b, const struct hr_event *ev, size_t n)
{
	size_t lines = 0, i = 0;

	while (i < n && 16 * lines <= i + 1024) {
		uint64_t rise, run;

		i += measure_line(ev + i, n - i, &rise, &run);
		lines++;
	}
	return i >= n && 16 * lines <= n ? write_lines(b, ev, n) : write_steps(b, ev, n);
}

/* --- blocks ---------------------------------------------------------------------------- */

/* As ZSTD_compressCCtx, at the level that the column is worth. */
static size_t compress(struct pack *p, unsigned number, uint8_t *to, size_t bound)
{
	const struct buffer *c = &p->columns[number];
	const bool standing = p->header.type == 'S';
	bool *light = &p->effort->light[standing][number];
	size_t by_light, n;

	if (!p->effort->adapts || p->effort->blocks[standing][number]++ % LOOK_EVERY != LOOK_AT)
		return ZSTD_compressCCtx(p->zstd, to, bound, c->at, c->n, *light ? LIGHT_LEVEL : p->level);
	by_light = ZSTD_compressCCtx(p->zstd, to, bound, c->at, c->n, LIGHT_LEVEL);
	n = ZSTD_compressCCtx(p->zstd, to, bound, c->at, c->n, p->level);
	*light = !ZSTD_isError(by_light) && !ZSTD_isError(n) && n > by_light - by_light / LIGHT_SHARE;
	return n;
}

/* Appends the column to the payload: number, codec, bytes unpacked, bytes stored, the bytes. */
static bool pack_column(struct pack *p, unsigned number)
{
	const struct buffer *c = &p->columns[number];
	struct buffer *to = &p->payload;
	size_t begin = to->n, bound = ZSTD_compressBound(c->n), n;

	if (c->n == 0)
		return true;
	if (!put_byte(to, (uint8_t)number) || !put_byte(to, HR_NATIVE_ZSTD) || !put(to, c->n) ||
	    !room(to, MAX_VARINT + bound))
		return false;
	n = compress(p, number, to->at + to->n + MAX_VARINT, bound);
	if (ZSTD_isError(n))
		return false;
	const uint8_t *from = to->at + to->n + MAX_VARINT;
	if (n >= c->n) {
		to->at[begin + 1] = HR_NATIVE_RAW;
		from = c->at;
		n = c->n;
	}
	if (!put(to, n))
		return false;
	memmove(to->at + to->n, from, n);
	to->n += n;
	return true;
}

/* All columns; on any thread. */
static void pack(void *of)
{
	struct pack *p = of;

	p->payload.n = 0;
	p->fine = true;
	for (unsigned i = 0; p->fine && i < HR_NATIVE_COLUMNS; i++)
		p->fine = pack_column(p, i);
}

/* No more bytes than this become of a block whose columns are made. */
static uint64_t most_bytes(const struct pack *p)
{
	uint64_t n = HR_NATIVE_HEADER_BYTES;

	for (unsigned i = 0; i < HR_NATIVE_COLUMNS; i++)
		n += p->columns[i].n + 2 + 2 * MAX_VARINT;
	return n;
}

/* Writes the block that is being compressed, if one is. */
static enum hr_status finish_pack(struct hr_native_writer *w, struct hr_error *err)
{
	struct pack *p = &w->packs[w->pack == &w->packs[0]];

	if (!w->pending)
		return HR_OK;
	hr_aside_wait(w->aside);
	w->pending = false;
	return p->fine ? write_block(w, &p->header, p->payload.at, p->payload.n, err) : no_memory(err);
}

/* Has the block compressed that is made, behind the one before; another can be made now. */
static enum hr_status start_pack(struct hr_native_writer *w, struct hr_error *err)
{
	struct pack *p = w->pack;

	HR_TRY(finish_pack(w, err));
	w->pack = &w->packs[p == &w->packs[0]];
	w->pending = true;
	hr_aside_start(w->aside, pack, p);
	return HR_OK;
}

/*
 * The first *n of the events as a block of that type, which is finished later;
 * *n becomes how many it took. A snapshot that does not fit into a block is none:
 * *n is 0 then.
 */
static enum hr_status write_events(struct hr_native_writer *w, uint8_t type, const struct hr_event *ev, size_t *n,
				   struct hr_error *err)
{
	struct pack *p = w->pack;
	size_t asked = *n;

	for (unsigned i = 0; i < HR_NATIVE_COLUMNS; i++)
		if (i != HR_NATIVE_HOLES || type != 'S')
			p->columns[i].n = 0;
	if (w->cap_sorts_of < *n && !hr_reserve(&w->sorts_of, &w->cap_sorts_of, *n, sizeof(*w->sorts_of)))
		return no_memory(err);
	if (!gather(w, ev, n, type == 'S'))
		return no_memory(err);
	if (type == 'S' && *n < asked) {
		*n = 0;
		return HR_OK;
	}
	if (!write_entries(w) || !write_symbols(w, *n) || !write_places(w, ev, *n) ||
	    !write_times(&p->columns[HR_NATIVE_TIMES], ev, *n))
		return no_memory(err);
	p->header = (struct hr_native_header){
	    .type = type, .number = w->number, .time_ns = ev[0].time_ns, .events = (uint32_t)*n};
	return start_pack(w, err);
}

/* Objects by number, oldest first, and the numbers that are not in use. */
static bool tell_numbers(struct hr_native_writer *w, struct hr_event *ev, size_t *n, uint64_t time_ns)
{
	const struct hr_numbers *s = &w->numbers;
	struct buffer *holes = &w->pack->columns[HR_NATIVE_HOLES];
	bool fine = true;

	holes->n = 0;
	for (uint32_t i = s->oldest; i != HR_NATIVE_NO_NUMBER; i = s->at[i].newer)
		ev[(*n)++] = (struct hr_event){.time_ns = time_ns,
					       .addr = i,
					       .size = s->at[i].size,
					       .arg = s->at[i].arg,
					       .p = HR_NO_P,
					       .kind = HR_EV_OBJ_EXISTS};
	for (uint32_t i = s->first_free, last = 0; fine && i != HR_NATIVE_NO_NUMBER; i = s->at[i].next_free) {
		fine = put(holes, hr_zigzag((uint64_t)i - last));
		last = i;
	}
	return fine;
}

/*
 * What is live, now that all events of before have been written. Whoever reads
 * on from here knows nothing of what was freed last: neither does the writer.
 */
static enum hr_status write_snapshot(struct hr_native_writer *w, uint64_t time_ns, struct hr_error *err)
{
	struct hr_event *ev;
	uint64_t begin = w->offset;
	enum hr_status status;
	size_t n, all;

	HR_TRY(hr_standing_tell(&w->standing, time_ns, w->numbers.live, &ev, &n, err));
	status = !w->numbered || tell_numbers(w, ev, &n, time_ns) ? HR_OK : no_memory(err);
	all = n;
	if (status == HR_OK && n > 0 && n <= HR_NATIVE_MAX_EVENTS)
		status = write_events(w, 'S', ev, &n, err);
	free(ev);
	if (status == HR_OK)
		status = finish_pack(w, err);
	HR_TRY(status);
	hr_numbers_forget_hand(&w->numbers);
	w->standing_offset = w->offset;
	w->standing_bytes = n > 0 ? w->offset - begin : SNAPSHOT_GUESS * all;
	w->standing_events = all;
	return HR_OK;
}

/* A snapshot where it costs little beside what was written since the last one. */
static enum hr_status maybe_snapshot(struct hr_native_writer *w, uint64_t time_ns, struct hr_error *err)
{
	uint64_t things = hr_standing_count(&w->standing) + w->numbers.live;
	uint64_t bytes = SNAPSHOT_GUESS * things;

	if (w->standing_events > 0)
		bytes = w->standing_bytes * things / w->standing_events;
	if (w->own_numbers || w->standing.too_large || things > HR_NATIVE_MAX_EVENTS)
		return HR_OK;
	/* No need to wait for the block before where even its most bytes would be too few. */
	if (w->pending &&
	    w->offset + most_bytes(&w->packs[w->pack == &w->packs[0]]) - w->standing_offset < SNAPSHOT_SHARE * bytes)
		return HR_OK;
	HR_TRY(finish_pack(w, err));
	if (w->offset - w->standing_offset < SNAPSHOT_SHARE * bytes)
		return HR_OK;
	return write_snapshot(w, time_ns, err);
}

/* --- what stands beside the events ------------------------------------------------------- */

/* A block of what is in w->side, if anything is. */
static enum hr_status write_side(struct hr_native_writer *w, uint8_t type, struct hr_error *err)
{
	struct hr_native_header h = {
	    .type = type, .number = w->number, .time_ns = w->n > 0 ? w->events[0].time_ns : w->last_ns};

	if (w->side.n == 0)
		return HR_OK;
	w->packed.n = 0;
	if (!hr_native_pack_sides(&w->side, w->level, &w->packed))
		return no_memory(err);
	w->side.n = 0;
	HR_TRY(finish_pack(w, err));
	return write_block(w, &h, w->packed.at, w->packed.n, err);
}

/* The types that the events gathered are the first to name. */
static enum hr_status write_types(struct hr_native_writer *w, struct hr_error *err)
{
	for (size_t i = 0; w->sides != NULL && i < w->n; i++) {
		const struct hr_event *ev = &w->events[i];
		bool news;
		size_t at;

		if ((ev->kind != HR_EV_OBJ_ALLOC && ev->kind != HR_EV_OBJ_EXISTS) || ev->arg == 0)
			continue;
		if (!hr_types_told_mark(&w->told, ev->arg, &news))
			return no_memory(err);
		at = news ? hr_types_find(&w->sides->types, ev->arg) : SIZE_MAX;
		if (at == SIZE_MAX)
			continue;
		const struct hr_type type = hr_types_get(&w->sides->types, at);
		if (!hr_native_put_type(&w->side, &type))
			return no_memory(err);
		if (w->side.n >= HR_NATIVE_MAX_STORED / 4)
			HR_TRY(write_side(w, 'Y', err));
	}
	return write_side(w, 'Y', err);
}

static enum hr_status write_records(struct hr_native_writer *w, struct hr_error *err)
{
	const struct hr_sides *s = w->sides;
	size_t some;

	for (size_t i = 0; s != NULL && i < s->ngc_cpu; i += some) {
		some = s->ngc_cpu - i < SIDE_RECORDS ? s->ngc_cpu - i : SIDE_RECORDS;
		if (!hr_native_put_gc_cpu(&w->side, s->gc_cpu + i, some))
			return no_memory(err);
		HR_TRY(write_side(w, 'C', err));
	}
	for (size_t i = 0; s != NULL && i < s->nrss; i += some) {
		some = s->nrss - i < SIDE_RECORDS ? s->nrss - i : SIDE_RECORDS;
		if (!hr_native_put_rss(&w->side, s->rss + i, some))
			return no_memory(err);
		HR_TRY(write_side(w, 'R', err));
	}
	return HR_OK;
}

/* Writes the first of the events gathered, and moves up the rest. */
static enum hr_status flush(struct hr_native_writer *w, struct hr_error *err)
{
	size_t n = w->n;

	HR_TRY(maybe_snapshot(w, w->events[0].time_ns, err));
	HR_TRY(write_types(w, err));
	HR_TRY(write_events(w, 'E', w->events, &n, err));
	/* Skip blocks that hold only numbered objects. */
	if (w->stands)
		HR_TRY(hr_standing_follow(&w->standing, w->events, n, err));
	w->stands = w->stands && n < w->n;
	w->number += n;
	w->n -= n;
	memmove(w->events, w->events + n, w->n * sizeof(*w->events));
	return HR_OK;
}

static enum hr_status write_text(struct hr_native_writer *w, uint8_t type, char *text, struct hr_error *err)
{
	struct hr_native_header h = {.type = type, .number = w->number, .time_ns = w->last_ns};
	enum hr_status status;

	if (text == NULL)
		return no_memory(err);
	status = write_block(w, &h, text, strlen(text), err);
	free(text);
	return status;
}

enum hr_status hr_native_begin(FILE *f, const struct hr_trace_meta *meta, const struct hr_native_options *options,
			       struct hr_native_writer **made, struct hr_error *err)
{
	struct hr_native_writer *w = hr_calloc(1, sizeof(*w));
	enum hr_status status = HR_OK;

	*made = NULL;
	if (w == NULL)
		return no_memory(err);
	w->f = f;
	w->level = options->level != 0 ? options->level : HR_NATIVE_DEFAULT_LEVEL;
	w->numbered = !meta->has_addresses;
	w->block_events = w->numbered ? NUMBER_BLOCK_EVENTS : ADDRESS_BLOCK_EVENTS;
	w->aside = hr_aside_new();
	w->pack = &w->packs[0];
	w->effort.adapts = options->level == 0;
	w->packs[0].effort = w->packs[1].effort = &w->effort;
	w->packs[0].level = w->packs[1].level = w->level;
	w->packs[0].zstd = w->packs[1].zstd = ZSTD_createCCtx();
	w->places = hr_places_new();
	w->events = hr_calloc(w->block_events, sizeof(*w->events));
	if (w->events != NULL)
		hr_prefer_huge(w->events, w->block_events * sizeof(*w->events));
	w->sides = options->sides;
	hr_standing_init(&w->standing, meta->has_addresses);
	w->standing.skip_objects = w->numbered;
	hr_types_told_init(&w->told);
	if (!hr_numbers_init(&w->numbers) || w->pack->zstd == NULL || w->places == NULL || w->events == NULL)
		status = no_memory(err);
	if (status == HR_OK)
		status = write_out(w, HR_NATIVE_MAGIC, HR_NATIVE_MAGIC_BYTES, err);
	if (status == HR_OK)
		status = write_text(w, 'M', hr_native_meta_text(meta, options->reading), err);
	if (status != HR_OK)
		hr_native_free(w);
	else
		*made = w;
	return status;
}

enum hr_status hr_native_add(struct hr_native_writer *w, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	while (n > 0) {
		size_t some = w->block_events - w->n < n ? w->block_events - w->n : n;

		for (size_t i = 0; i < some; i++) {
			if (ev[i].time_ns < w->last_ns)
				return hr_error_set(err, HR_EUSAGE, "time runs backwards");
			w->last_ns = ev[i].time_ns;
			w->stands |= !(w->numbered && is_numbered(ev[i].kind));
		}
		memcpy(w->events + w->n, ev, some * sizeof(*ev));
		w->n += some;
		ev += some;
		n -= some;
		if (w->n == w->block_events)
			HR_TRY(flush(w, err));
	}
	return HR_OK;
}

static enum hr_status write_index(struct hr_native_writer *w, struct hr_error *err)
{
	struct hr_native_header h = {.type = 'I', .number = w->number, .time_ns = w->last_ns};
	struct block_place last = {0};
	uint8_t footer[HR_NATIVE_FOOTER_BYTES];
	bool fine;

	w->payload.n = 0;
	fine = put(&w->payload, w->nindex);
	for (size_t i = 0; fine && i < w->nindex; i++) {
		const struct block_place *b = &w->index[i];

		fine = put(&w->payload, b->type) && put(&w->payload, b->offset - last.offset) &&
		       put(&w->payload, b->number - last.number) && put(&w->payload, b->time_ns - last.time_ns);
		last = *b;
	}
	if (!fine)
		return no_memory(err);
	hr_native_pack_footer(footer, w->offset);
	HR_TRY(write_block(w, &h, w->payload.at, w->payload.n, err));
	return write_out(w, footer, sizeof(footer), err);
}

enum hr_status hr_native_end(struct hr_native_writer *w, const struct hr_trace_stats *stats, struct hr_error *err)
{
	while (w->n > 0)
		HR_TRY(flush(w, err));
	HR_TRY(finish_pack(w, err));
	HR_TRY(write_records(w, err));
	HR_TRY(write_text(w, 'T', hr_native_end_text(stats), err));
	return write_index(w, err);
}

void hr_native_free(struct hr_native_writer *w)
{
	if (w == NULL)
		return;
	hr_aside_free(w->aside);
	ZSTD_freeCCtx(w->pack->zstd);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < HR_NATIVE_COLUMNS; k++)
			free(w->packs[i].columns[k].at);
		free(w->packs[i].payload.at);
	}
	hr_numbers_release(&w->numbers);
	hr_places_free(w->places);
	hr_standing_release(&w->standing);
	free(w->events);
	free(w->sorts_of);
	free(w->payload.at);
	hr_types_told_release(&w->told);
	free(w->side.at);
	free(w->packed.at);
	free(w->index);
	free(w);
}
