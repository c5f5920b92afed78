/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When did an object die? A Go trace tells when an object's slot was swept, not
 * when the object became garbage. What it tells bounds that: an object that is
 * swept in recorded cycle k was garbage when k's marking began, and was not
 * found to be when that of k - 1 did, or was not there yet. Where in between it
 * died is drawn: of the objects that were born in between from the distribution of
 * lifetimes that the trace's own cycles show (survival.h), since most die young; of
 * older ones by a hazard that falls as one over the age, which makes the survival that
 * of Pareto, the usual tail of lifetimes. Draws are a hash of the object's birth and the
 * seed, so that they are the same in every run, and a seed of their own gives a sample.
 *
 * So events are held back: a segment of them, from one mark start to the next, until
 * the marking after that begins. What comes out is the same in the same order, with a death
 * where the object died. What is born after the last mark start is never swept: there deaths of
 * the young are drawn from the curve too, and the old die as often as they did before.
 *
 * What a pool keeps (pools.h) dies when the segment begins: it lay there unused for all of it.
 *
 * An event takes 16 bytes, a death 16, and 8 while it is read. At most max_held events are held; when there
 * are more, the older segment goes with the deaths that are known, and what
 * dies later died right after it.
 */
#ifndef HR_REPLAY_DEATHS_H
#define HR_REPLAY_DEATHS_H

#include "base/error.h"
#include "replay/objects/pools.h"
#include "replay/objects/survival.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_MAX_HELD_DEATHS ((size_t)1 << 25) /* 512 MiB */

#define HR_HELD_P_BITS 16
#define HR_HELD_NS (UINT64_C(1) << (64 - HR_HELD_P_BITS)) /* and more ns of a segment don't fit */

/* An event: a small object's birth by itself, any other as an index. */
struct hr_held {
	uint64_t when; /* ns of the segment << HR_HELD_P_BITS | p; not of an index */
	uint32_t what; /* number, or index in others */
	uint8_t span_class;
	bool is_birth;
	bool in_others;
};

struct hr_death {
	uint32_t number;
	uint32_t born; /* births before its own, modulo 2^32 */
	uint32_t at;   /* dies before that birth of the segment */
	uint8_t span_class;
	bool fixed; /* `at` is known */
	bool swept; /* in its own segment, in which the next object of that number may be born, too */
};

/* What happened from one mark start to the next. */
struct hr_segment {
	uint64_t begin_ns, end_ns;
	struct hr_held *held;
	size_t nheld, held_cap;
	struct hr_event *others;
	size_t nothers, others_cap;
	struct hr_death *dead; /* in the order in which they were swept; `at` is not drawn yet */
	size_t ndead, dead_cap;
	uint64_t first, births; /* births before it, and in it */
	uint64_t old;		/* objects that were there when it began */
	uint64_t started; /* births of it that were there already when the trace showed life: nobody dies before */
	bool from_mark;	  /* it begins with a mark start */
};

/* Who is there when the trace ends, one after the other; false: that was all. */
struct hr_survivors {
	bool (*next)(void *ctx, struct hr_death *who);
	void *ctx;
};

struct hr_deaths {
	struct hr_survival survival;
	struct hr_pools pools;
	size_t max_held;
	struct hr_segment now, before, out; /* is filled; waits for its deaths; goes out */
	bool has_before, has_last;	    /* has_last: `now` is to go out after `out` */
	bool ready;			    /* `out` has something that was not read */
	double *shares; /* by death of `out`, once it is open: what is the same for all who draw, see there */
	size_t shares_cap;
	bool started;	     /* something showed life */
	uint64_t started_at; /* births before that */
	uint64_t last_ns;
	uint64_t alive;
	uint64_t cycle_bytes;
	size_t held_max;
	uint64_t window_bytes, let_go, drawn; /* drawn: deaths after the last mark start */
};

/* A death as a reader drew it. */
struct hr_dying {
	uint32_t at, number; /* as in struct hr_death */
};

/*
 * What goes out, in order. Nearly all of it are births of small objects, and deaths: a reader has half the bytes
 * to write and read that events would take.
 */
enum hr_decided_kind { HR_DECIDED_BIRTH, HR_DECIDED_DEATH, HR_DECIDED_OTHER };

struct hr_decided {
	uint64_t time_ns;
	uint32_t what; /* number of the object, or of OTHER an index in others */
	int16_t p;     /* of a birth */
	uint8_t span_class;
	uint8_t kind;
};

#define HR_NOT_WAITING UINT32_MAX

/* What a reader needs for a segment, and another one for the next. All zero: nothing yet. */
struct hr_deaths_buffers {
	struct hr_dying *dying, *sorted;
	size_t dying_cap, sorted_cap;
	uint32_t *at; /* if lazy: by death of the segment, before which of its births; HR_NOT_WAITING */
	size_t at_cap;
	uint16_t *freed; /* if lazy: bytes / 8 of those that wait, by the birth before which they die */
	size_t freed_cap;
	struct hr_decided *decided;
};

/*
 * Reads what goes out, with deaths drawn by a seed: there may be many readers, with seeds of their own.
 *
 * A collector looks at who is dead only when it begins to mark. For whom that is enough, who is `lazy`, drawn deaths of
 * small objects are not part of what is taken; they wait in the order in which they were swept, in which neighbours are
 * side by side: nothing is sorted, and memory is used as the program used its own.
 */
struct hr_deaths_reader {
	uint64_t seed;
	double skew; /* 0: as learned; below towards young deaths, above towards old ones: -1 to 1 */
	bool lazy;
	const struct hr_segment *segment;
	struct hr_deaths_buffers *buffers; /* NULL: it reads nothing */
	size_t ndying;
	uint64_t passed; /* births of the segment that the reader says it has come to; behind the last one, one more */
	size_t next_held, next_death;
	uint64_t next_birth;
};

/*
 * When an object dies that was found dead at the end of a segment of so many births, of which `first` are before it:
 * after how many births of the segment, 0 to births. Drawn by the object's birth, modulo 2^32, and the seed; skew as
 * in hr_deaths_reader.
 */
uint64_t hr_death_drawn(const struct hr_survival *survival, uint32_t born, unsigned span_class, uint64_t first,
			uint64_t births, uint64_t seed, double skew);

void hr_deaths_init(struct hr_deaths *d);
void hr_deaths_release(struct hr_deaths *d);

/*
 * The next event, of any kind; OBJ_ALLOC and OBJ_EXISTS with a number as address and a span
 * class as arg. What is ready must have been read. HR_ENOMEM.
 */
enum hr_status hr_deaths_hold(struct hr_deaths *d, const struct hr_event *e, struct hr_error *err);
/* What the next object that is held has as its birth. */
static inline uint32_t hr_deaths_birth(const struct hr_deaths *d)
{
	return (uint32_t)(d->now.first + d->now.births);
}
/* A small object's birth where nothing has to be done but to hold it; false: it is for hr_deaths_hold. */
static inline bool hr_deaths_hold_birth(struct hr_deaths *d, uint64_t time_ns, int16_t p, uint32_t number,
					unsigned span_class)
{
	struct hr_segment *s = &d->now;
	const uint64_t ns = time_ns - s->begin_ns;
	struct hr_held *h;

	if (!d->started || s->nheld == s->held_cap || s->nheld >= d->max_held / 2 || ns >= HR_HELD_NS ||
	    hr_size_class_of_span_class(span_class) == 0)
		return false;
	h = &s->held[s->nheld++];
	h->when = ns << HR_HELD_P_BITS | (uint16_t)p;
	h->what = number;
	h->span_class = (uint8_t)span_class;
	h->is_birth = true;
	h->in_others = false;
	s->births++;
	d->alive++;
	d->last_ns = time_ns;
	if (s->nheld + d->before.nheld > d->held_max)
		d->held_max = s->nheld + d->before.nheld;
	return true;
}
/* The object of that number and birth, which was held, is swept now; it has bytes. HR_ENOMEM. */
enum hr_status hr_deaths_swept(struct hr_deaths *d, uint32_t number, uint32_t born, unsigned span_class, uint64_t bytes,
			       struct hr_error *err);
/* No more events: what is held is ready, piece by piece. survivors may be NULL. HR_ENOMEM. */
enum hr_status hr_deaths_finish(struct hr_deaths *d, const struct hr_survivors *survivors, struct hr_error *err);

/* Is there something to read? */
static inline bool hr_deaths_ready(const struct hr_deaths *d)
{
	return d->ready;
}
/* All readers have read it: more may be ready after that, once hr_deaths_finish was called. */
void hr_deaths_done(struct hr_deaths *d);

/* What is ready can be read: what is the same for all readers is worked out. HR_ENOMEM. */
enum hr_status hr_deaths_open(struct hr_deaths *d, struct hr_error *err);

void hr_deaths_buffers_release(struct hr_deaths_buffers *b);
/* A lazy reader comes to the next birth, or the end: the bytes of those that die right before. */
static inline uint64_t hr_deaths_pass(struct hr_deaths_reader *r)
{
	return UINT64_C(8) * r->buffers->freed[r->passed++];
}
/* Does anybody die behind the last birth? Of a lazy reader that has come to it. */
static inline bool hr_deaths_at_end(const struct hr_deaths_reader *r)
{
	return r->buffers->freed[r->passed] > 0;
}
/* What is ready and open, from its beginning. The buffers are the reader's until hr_deaths_read_all. HR_ENOMEM. */
enum hr_status hr_deaths_read(struct hr_deaths_reader *r, const struct hr_deaths *d, struct hr_deaths_buffers *buffers,
			      struct hr_error *err);
/* All of it is taken. */
static inline void hr_deaths_read_all(struct hr_deaths_reader *r)
{
	r->buffers = NULL;
}
#define HR_DUE_AT_A_TIME 256
/* Numbers of some of those that wait and are due, and wait no longer; 0: none. *next: 0 at first. */
size_t hr_deaths_due(struct hr_deaths_reader *r, size_t *next, uint32_t due[static HR_DUE_AT_A_TIME]);
/*
 * Of a lazy reader, the next births of small objects as they are held, n of them one after the other: they are not part
 * of what is taken either.
 */
const struct hr_held *hr_deaths_births(struct hr_deaths_reader *r, size_t *n);
static inline uint64_t hr_deaths_held_ns(const struct hr_deaths_reader *r, const struct hr_held *h)
{
	return r->segment->begin_ns + (h->when >> HR_HELD_P_BITS);
}
/* Some of it, 0: that was all, or births are next. NULL: out of memory. Valid until the next call. */
const struct hr_decided *hr_deaths_take(struct hr_deaths_reader *r, size_t *n);
/* The event of what kind is OTHER. */
static inline const struct hr_event *hr_deaths_other(const struct hr_deaths_reader *r, const struct hr_decided *x)
{
	return &r->segment->others[x->what];
}

#endif
