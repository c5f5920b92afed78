/* SPDX-License-Identifier: BSD-3-Clause */
/* Agreement with recorded addresses: addresses.h defines what is counted, lookahead.c looks ahead. */
#include "config.h"

#include "replay/placement/addresses.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "replay/placement/idle.h"
#include "replay/placement/lookahead.h"
#include "replay/span_run.h"
#include "trace/reader.h"

#include <inttypes.h>
#include <stdlib.h>

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the events of the trace");
}

/* --- the trace ------------------------------------------------------------ */

static enum hr_status keep(struct hr_span_trace *t, struct hr_event e, struct hr_error *err)
{
	if (e.kind == HR_EV_PAGE_ALLOC || e.kind == HR_EV_PAGE_FREE) {
		t->complete = true;
		e.kind = e.kind == HR_EV_PAGE_ALLOC ? HR_EV_SPAN_ALLOC : HR_EV_SPAN_FREE;
	}
	switch (e.kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		/* Round to whole pages, the unit of everything in this file. */
		e.size = hr_div_up(e.size, HR_PAGE_BYTES) * HR_PAGE_BYTES;
		e.addr = hr_align_down(e.addr, HR_PAGE_BYTES);
		if (e.size == 0 || e.size / HR_PAGE_BYTES > HR_SPAN_MAX_PAGES ||
		    (e.addr + e.size) / HR_PAGE_BYTES > UINT64_C(1) << HR_SPAN_PAGE_BITS)
			return hr_error_set(err, HR_EINPUT, "a span of %" PRIu64 " bytes at %#" PRIx64 " can't be",
					    e.size, e.addr);
		break;
	case HR_EV_SPAN_FREE:
	case HR_EV_GC_END:
	case HR_EV_STW_END:
	case HR_EV_GOMAXPROCS:
	case HR_EV_CACHE_FLUSH:
		break;
	default:
		return HR_OK;
	}
	if (e.p < 0)
		e.p = HR_NO_P;
	if (e.kind == HR_EV_SPAN_EXISTS) {
		if (!hr_reserve(&t->start, &t->start_cap, t->nstart + 1, sizeof(*t->start)))
			return no_memory(err);
		t->start[t->nstart++] = hr_span_of(&e);
		return HR_OK;
	}
	if (t->n == UINT32_MAX || !hr_reserve(&t->at, &t->cap, t->n + 1, sizeof(*t->at)))
		return no_memory(err);
	t->at[t->n++] = e;
	return HR_OK;
}

static enum hr_status read_events(struct hr_reader *r, struct hr_span_trace *t, struct hr_idle *idle,
				  struct hr_error *err)
{
	struct hr_event batch[1024];
	const struct hr_event *e;
	enum hr_status status;
	bool last;
	size_t n;

	do {
		status = hr_reader_next(r, batch, sizeof(batch) / sizeof(batch[0]), &n, err);
		if (status != HR_OK && status != HR_END)
			return status;
		last = status == HR_END;
		HR_TRY(hr_idle_pass(idle, batch, last ? 0 : n, last, &e, &n, err));
		for (size_t i = 0; i < n; i++)
			HR_TRY(keep(t, e[i], err));
	} while (!last);
	return HR_OK;
}

/* --- replays -------------------------------------------------------------- */

/* One allocation. *same: the model had it where it was recorded. */
typedef enum hr_status put_fn(struct hr_live *l, struct hr_span span, int p, bool *same, struct hr_error *err);

static enum hr_status put_forced(struct hr_live *l, struct hr_span span, int p, bool *same, struct hr_error *err)
{
	return hr_live_put(l, span, p, 0, same, err);
}

static enum hr_status put_free_running(struct hr_live *l, struct hr_span span, int p, bool *same, struct hr_error *err)
{
	struct hr_span placed = {0};

	HR_TRY(hr_live_place(l, span.page, span, p, 0, err));
	hr_spans_get(&l->spans, span.page, &placed);
	*same = placed.page == span.page;
	return HR_OK;
}

static enum hr_status score_by(const struct hr_span_trace *t, put_fn *put, uint64_t *score, struct hr_error *err)
{
	struct hr_span_run r;
	enum hr_status status = hr_span_run_begin(&r, t, err);
	bool same = false;

	for (size_t i = 0; i < t->n && status == HR_OK; i++) {
		const struct hr_event *e = &t->at[i];

		r.heap.now_ns = e->time_ns;
		if (e->kind != HR_EV_SPAN_ALLOC) {
			status = hr_span_run_other(&r, e, err);
			continue;
		}
		if (e->p >= 0)
			status = hr_heap_add_p(&r.heap, e->p, err);
		if (status == HR_OK)
			status = put(&r.live, hr_span_of(e), e->p, &same, err);
		*score += same;
	}
	hr_span_run_end(&r);
	return status;
}

/* --- all ------------------------------------------------------------------ */

static enum hr_status score_trace(struct hr_span_trace *t, struct hr_address_score *score, struct hr_error *err)
{
	struct hr_look_ahead ahead;

	for (size_t i = 0; i < t->n; i++)
		score->allocs += t->at[i].kind == HR_EV_SPAN_ALLOC;
	HR_TRY(score_by(t, put_forced, &score->forced, err));
	HR_TRY(score_by(t, put_free_running, &score->free_running, err));
	HR_TRY(hr_look_ahead(t, &ahead, err));
	score->look_ahead = ahead.reproduced;
	score->held_pages_found = ahead.held_pages;
	score->start_caches_found = ahead.start_caches;
	score->repairs = ahead.repairs;
	return HR_OK;
}

enum hr_status hr_addresses_score(const char *path, struct hr_address_score *score, bool *has_addresses,
				  struct hr_error *err)
{
	struct hr_reader *r;
	struct hr_idle idle;
	struct hr_span_trace t = {0};
	enum hr_status status;

	*score = (struct hr_address_score){0};
	*has_addresses = false;
	HR_TRY(hr_reader_open(path, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &r, err));
	hr_idle_init(&idle, true);
	status = read_events(r, &t, &idle, err);
	*has_addresses = hr_reader_meta(r)->has_addresses;
	t.strict = hr_reader_meta(r)->strict;
	t.padded = hr_reader_meta(r)->padded;
	hr_idle_release(&idle);
	hr_reader_close(r);
	if (status == HR_OK && *has_addresses)
		status = score_trace(&t, score, err);
	free(t.at);
	free(t.start);
	return status;
}
