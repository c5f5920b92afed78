/* SPDX-License-Identifier: BSD-3-Clause */
/* Recordings of malloc and free; the rules stand in mallocs.h. */
#include "config.h"

#include "trace/malloc/mallocs.h"

#include "base/alloc.h"
#include "base/units.h"

#include <stdlib.h>
#include <string.h>

/* Events that may wait for a tick: recordings have up to 120,000 between two. */
#define MAX_HELD ((size_t)1 << 20)
#define NS_A_SECOND UINT64_C(1000000000)

void hr_mallocs_init(struct hr_mallocs *m, struct hr_reader *r, enum hr_malloc_clock clock)
{
	char rate[HR_UNIT_BUF];

	*m = (struct hr_mallocs){.r = r, .clock = clock};
	hr_ledger_init(&m->ledger);
	hr_map64_init(&m->threads);
	r->meta.page_bytes = 8192;
	r->meta.has_clock = clock != HR_CLOCK_NONE;
	m->step_ns = NS_A_SECOND / r->options.rate;
	m->step_rest = NS_A_SECOND % r->options.rate;
	if (clock == HR_CLOCK_NONE)
		hr_reader_assume(r, "the recording has no clock: %s events a second (--rate)",
				 hr_format_count(rate, r->options.rate));
	else if (clock == HR_CLOCK_TICKS)
		hr_reader_assume(r, "the recording's clock is coarse: events between two ticks are spread evenly");
}

void hr_mallocs_release(struct hr_mallocs *m)
{
	hr_ledger_release(&m->ledger);
	hr_map64_release(&m->threads);
	free(m->queue);
	m->queue = NULL;
}

/* No recording lasts for 73 years. */
#define MAX_TIME_NS (UINT64_C(1) << 61)

/* --- time ----------------------------------------------------------------- */

/* What waits lies evenly between the last tick and ns; at the last tick where ns is that. */
static void spread(struct hr_mallocs *m, uint64_t ns)
{
	const uint64_t n = m->n - m->ready, between = ns - m->now_ns;
	uint64_t time = m->now_ns, rest = 0;

	/* Event i of n is between * i / n behind the tick: without a division each. */
	for (; m->ready < m->n; m->ready++) {
		m->queue[m->ready].time_ns = time;
		time += between / n;
		rest += between % n;
		time += rest >= n;
		rest -= rest >= n ? n : 0;
	}
}

void hr_mallocs_time(struct hr_mallocs *m, uint64_t ns)
{
	if (m->clock == HR_CLOCK_EXACT) {
		if (!m->started)
			m->origin_ns = ns;
		m->started = true;
	}
	/* TICKS have no origin, it is 0. */
	if (ns > m->origin_ns && ns - m->origin_ns > MAX_TIME_NS) {
		hr_reader_odd(m->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		ns = m->now_ns;
	} else if (ns < m->origin_ns || ns - m->origin_ns < m->now_ns) {
		hr_reader_odd(m->r, HR_ANOMALY_CLOCK_BACK);
		ns = m->now_ns;
	} else {
		ns -= m->origin_ns;
	}
	if (m->clock == HR_CLOCK_TICKS)
		spread(m, ns);
	m->now_ns = ns;
	m->r->stats.last_time_ns = ns;
}

int16_t hr_mallocs_thread(struct hr_mallocs *m, uint64_t tid)
{
	uint64_t *known = hr_map64_get(&m->threads, tid);

	if (known != NULL)
		return (int16_t)*known;
	if (m->threads.count > INT16_MAX || !hr_map64_put(&m->threads, tid, m->threads.count))
		return HR_NO_P;
	m->r->stats.threads = (unsigned)m->threads.count;
	return (int16_t)(m->threads.count - 1);
}

/* --- events --------------------------------------------------------------- */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects that are live");
}

static void set_full(struct hr_mallocs *m)
{
	m->full = m->clock == HR_CLOCK_TICKS && m->cap - m->ready > MAX_HELD ? m->ready + MAX_HELD : m->cap;
}

enum hr_status hr_mallocs_make_room(struct hr_mallocs *m, struct hr_error *err)
{
	if (m->clock == HR_CLOCK_TICKS && m->n - m->ready == MAX_HELD) {
		m->r->stats.anomalies[HR_ANOMALY_SHARED_TICK] += MAX_HELD;
		spread(m, m->now_ns);
	}
	if (!hr_reserve(&m->queue, &m->cap, m->n + 1, sizeof(*m->queue)))
		return no_memory(err);
	set_full(m);
	return HR_OK;
}

void hr_mallocs_rate_time(struct hr_mallocs *m)
{
	/* Event i is at i / rate seconds, rounded down: without a division. */
	if (m->events > 0) {
		m->now_ns += m->step_ns;
		m->rest += m->step_rest;
	}
	if (m->rest >= m->r->options.rate) {
		m->rest -= m->r->options.rate;
		m->now_ns++;
	}
	m->r->stats.last_time_ns = m->now_ns;
}

static enum hr_status free_number(struct hr_mallocs *m, uint32_t number, int16_t p, struct hr_error *err)
{
	return hr_mallocs_add(m, HR_EV_OBJ_FREE, number, hr_ledger_remove(&m->ledger, number), p, err);
}

enum hr_status hr_mallocs_alloc(struct hr_mallocs *m, uint64_t key, uint64_t size, int16_t p, struct hr_error *err)
{
	uint32_t number;

	if (key == 0 || key == UINT64_MAX) {
		hr_reader_odd(m->r, HR_ANOMALY_FAILED_ALLOC);
		return HR_OK;
	}
	if (!hr_mallocs_sound(m, size))
		return HR_OK;
	number = hr_ledger_find(&m->ledger, key);
	if (number != HR_NO_NUMBER) {
		hr_reader_odd(m->r, HR_ANOMALY_OVER_LIVE);
		HR_TRY(free_number(m, number, p, err));
	}
	if (m->ledger.live_bytes > HR_MAX_LIVE_BYTES - size) {
		hr_reader_odd(m->r, HR_ANOMALY_ABSURD_SIZE);
		return HR_OK;
	}
	number = hr_ledger_add_key(&m->ledger, key, size);
	if (number == HR_NO_NUMBER)
		return no_memory(err);
	return hr_mallocs_add(m, HR_EV_OBJ_ALLOC, number, size, p, err);
}

enum hr_status hr_mallocs_free(struct hr_mallocs *m, uint64_t key, int16_t p, struct hr_error *err)
{
	uint32_t number = key != UINT64_MAX ? hr_ledger_forget_key(&m->ledger, key) : HR_NO_NUMBER;

	if (number != HR_NO_NUMBER)
		return free_number(m, number, p, err);
	hr_reader_odd(m->r, key == 0 ? HR_ANOMALY_NULL_FREE : HR_ANOMALY_UNKNOWN_FREE);
	return HR_OK;
}

enum hr_status hr_mallocs_realloc(struct hr_mallocs *m, uint64_t old, uint64_t key, uint64_t size, int16_t p,
				  struct hr_error *err)
{
	if (key == 0 && size != 0) {
		hr_reader_odd(m->r, HR_ANOMALY_FAILED_ALLOC);
		return HR_OK;
	}
	if (old != 0)
		HR_TRY(hr_mallocs_free(m, old, p, err));
	/* realloc(p, 0) is a free. */
	return key != 0 ? hr_mallocs_alloc(m, key, size, p, err) : HR_OK;
}

void hr_mallocs_finish(struct hr_mallocs *m)
{
	if (m->clock == HR_CLOCK_TICKS)
		spread(m, m->now_ns);
}

size_t hr_mallocs_take(struct hr_mallocs *m, struct hr_event *ev, size_t cap)
{
	size_t n = hr_mallocs_ready(m) < cap ? hr_mallocs_ready(m) : cap;

	/* There is no queue before the first event. */
	if (n == 0)
		return 0;
	memcpy(ev, m->queue + m->given, n * sizeof(*ev));
	m->given += n;
	for (size_t i = 0; i < n; i++)
		m->r->stats.counts[ev[i].kind]++;
	m->r->stats.events_total += n;
	if (m->given == m->ready) {
		memmove(m->queue, m->queue + m->given, (m->n - m->given) * sizeof(*m->queue));
		m->n -= m->given;
		m->given = m->ready = 0;
		set_full(m);
	}
	return n;
}
