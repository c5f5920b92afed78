/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What recordings of malloc and free have in common, whatever their form: the
 * objects that are live (ledger.h), threads, the clock, and what to do where
 * the recording can't be right. A format parses and calls; events gather here
 * and are taken in batches.
 *
 * Rules: a realloc is a free and an allocation. A free of what is not known is
 * counted and ignored; an allocation over a live object frees that one first;
 * an allocation without a result, or of 2 TiB and more, is ignored.
 */
#ifndef HR_TRACE_MALLOCS_H
#define HR_TRACE_MALLOCS_H

#include "base/error.h"
#include "base/map64.h"
#include "trace/format.h"
#include "trace/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_malloc_clock {
	HR_CLOCK_NONE,	/* options.rate events a second */
	HR_CLOCK_EXACT, /* hr_mallocs_time says when the events that follow happened */
	HR_CLOCK_TICKS, /* hr_mallocs_time is a tick: the events since the tick before lie evenly between the two */
};

/* 2 TiB: no object has that size. */
#define HR_ABSURD_BYTES (UINT64_C(1) << 41)

struct hr_mallocs {
	struct hr_reader *r;
	enum hr_malloc_clock clock;
	struct hr_ledger ledger;
	struct hr_map64 threads; /* by the recorder's thread id */
	struct hr_event *queue;	 /* [given, ready) can be taken, [ready, n) wait for a tick */
	size_t given, ready, n, cap;
	size_t full;	    /* n at which an event more needs a look first: no room, or too many wait */
	uint64_t now_ns;    /* since the first event; of the last tick */
	uint64_t origin_ns; /* EXACT: the recorder's time of the first event */
	bool started;	    /* EXACT: origin_ns is known */
	uint64_t events;    /* so far */
	uint64_t step_ns, step_rest,
	    rest; /* NONE: from event to event step_ns + step_rest / rate; of that, left over */
};

/* Fills what of r->meta is the same for all: objects by number, no spans, no GC. */
void hr_mallocs_init(struct hr_mallocs *m, struct hr_reader *r, enum hr_malloc_clock clock);
void hr_mallocs_release(struct hr_mallocs *m);

/* Ns of the recorder's clock; EXACT: any origin; TICKS: since the recording began. May step back (counted). */
void hr_mallocs_time(struct hr_mallocs *m, uint64_t ns);
/* The number of the recorder's thread tid, in order of appearance, as an event's p. HR_NO_P: out of memory, or there
 * are more than 32,768. */
int16_t hr_mallocs_thread(struct hr_mallocs *m, uint64_t tid);

/*
 * The recorder's allocation of size bytes at key, 0 for a null pointer; free of
 * key; realloc of old (0: none) into key. p: of hr_mallocs_thread, or HR_NO_P.
 * HR_ENOMEM.
 */
enum hr_status hr_mallocs_alloc(struct hr_mallocs *m, uint64_t key, uint64_t size, int16_t p, struct hr_error *err);
enum hr_status hr_mallocs_free(struct hr_mallocs *m, uint64_t key, int16_t p, struct hr_error *err);
enum hr_status hr_mallocs_realloc(struct hr_mallocs *m, uint64_t old, uint64_t key, uint64_t size, int16_t p,
				  struct hr_error *err);

/* For hr_mallocs_add: room for an event more; the time of one where the recorder has no clock. */
enum hr_status hr_mallocs_make_room(struct hr_mallocs *m, struct hr_error *err);
void hr_mallocs_rate_time(struct hr_mallocs *m);

/* Whether an allocation of that size counts; else, and where it is odd, it is counted as what it is. */
static inline bool hr_mallocs_sound(struct hr_mallocs *m, uint64_t size)
{
	if (size >= HR_ABSURD_BYTES)
		hr_reader_odd(m->r, HR_ANOMALY_ABSURD_SIZE);
	else if (size == 0)
		hr_reader_odd(m->r, HR_ANOMALY_ZERO_SIZE);
	return size < HR_ABSURD_BYTES;
}

/*
 * For recorders that number objects by themselves (alike.h): the allocation of a
 * sound size, or the free, of that number, which then is live or not.
 * HR_ENOMEM.
 */
static inline enum hr_status hr_mallocs_add(struct hr_mallocs *m, enum hr_event_kind kind, uint32_t number,
					    uint64_t size, int16_t p, struct hr_error *err)
{
	if (m->n == m->full)
		HR_TRY(hr_mallocs_make_room(m, err));
	if (m->clock == HR_CLOCK_NONE)
		hr_mallocs_rate_time(m);
	m->queue[m->n++] =
	    (struct hr_event){.time_ns = m->now_ns, .addr = number, .size = size, .p = p, .kind = (uint8_t)kind};
	if (m->clock != HR_CLOCK_TICKS)
		m->ready = m->n;
	m->events++;
	return HR_OK;
}

/* The recording ends: what waits for a tick stands at the last one. */
void hr_mallocs_finish(struct hr_mallocs *m);

/* Events that can be taken. */
static inline size_t hr_mallocs_ready(const struct hr_mallocs *m)
{
	return m->ready - m->given;
}
/* Takes up to cap of them, and counts them; how many. */
size_t hr_mallocs_take(struct hr_mallocs *m, struct hr_event *ev, size_t cap);

#endif
