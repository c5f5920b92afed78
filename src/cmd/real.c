/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap's chunks become slots of reserved address space, in the order in
 * which they grow. A page that a span takes is written to, unless it is resident
 * already; what the policy releases is given to madvise. What that takes is
 * measured call by call; the model's figures are those of the follower.
 */
#include "config.h"

#include "cmd/real.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/map64.h"
#include "base/print.h"
#include "base/units.h"

#include <stdlib.h>
#include <string.h>

/* RSS is looked at so often, in the trace's time. */
#define LOOK_NS 100000000

enum { PAGES = 512 }; /* of 8 KiB in a chunk */

/* A chunk that is so full is one that Go 1.21 asked the kernel to collapse (scavChunkHiOccPages). */
enum { DENSE_PAGES = 496 };

enum page_state {
	UNTOUCHED,
	RESIDENT,
	RETURNED,
	WAITING, /* to be returned */
};

struct work {
	uint64_t bytes, calls, faults, ns;
};

struct cli_real {
	struct hr_real memory;
	struct hr_replay *replay;
	unsigned scale;
	uint64_t slots; /* in use */
	struct hr_map64 slot_of;
	uint8_t *pages; /* enum page_state, of slots */
	uint8_t *whole; /* by slot: it was collapsed, and nothing of it was returned since */
	/* Runs of pages that wait: of the real memory's own pages. */
	struct run {
		uint64_t first;
		unsigned n;
	} * waiting;
	unsigned nwaiting;
	struct work collapsed;	       /* bytes: that became huge pages; calls; ns */
	uint64_t failed, brought_back; /* collapses that the kernel refused; bytes that were not resident before */
	bool full, no_memory;
	struct work first, again, returned;
	uint64_t looks, look_at_ns;
	double rss_sum, model_sum;
	uint64_t rss_peak, model_peak;
	/* The model's: of the follower, at the end. */
	uint64_t model_returned, model_calls, model_release_ns, model_refaulted, model_fault_ns, model_fresh;
};

/* The slot of a chunk; false: it is not real. */
static bool slot_of(struct cli_real *r, uint64_t chunk, uint64_t *slot)
{
	const uint64_t *there = hr_map64_get(&r->slot_of, chunk);

	if (there != NULL)
		*slot = *there;
	return there != NULL;
}

static void grow(struct cli_real *r, const struct hr_place *p)
{
	for (uint64_t chunk = p->page / PAGES; chunk < (p->page + p->npages) / PAGES; chunk++) {
		if (chunk % r->scale != 0)
			continue;
		if (r->slots == r->memory.slots) {
			r->full = true;
			return;
		}
		if (!hr_map64_put(&r->slot_of, chunk, r->slots++))
			r->no_memory = true;
	}
}

/* Pages of one state, in a row, within a chunk. */
static void touch_run(struct cli_real *r, uint64_t first, uint64_t n, uint8_t state)
{
	struct work *w = state == UNTOUCHED ? &r->first : &r->again;

	w->ns += hr_real_touch(&r->memory, first * HR_PAGE_BYTES, n * HR_PAGE_BYTES, &w->faults);
	w->bytes += n * HR_PAGE_BYTES;
	w->calls++;
	memset(r->pages + first, RESIDENT, n);
}

/* What waits has been given back. */
static void settle(struct cli_real *r)
{
	for (unsigned i = 0; i < r->nwaiting; i++)
		memset(r->pages + r->waiting[i].first, RETURNED, r->waiting[i].n);
	r->nwaiting = 0;
}

static void flush(struct cli_real *r)
{
	r->returned.ns += hr_real_flush(&r->memory);
	settle(r);
}

static void take(struct cli_real *r, const struct hr_place *p)
{
	uint64_t slot = 0, n;

	for (uint64_t page = p->page; page < p->page + p->npages; page += n) {
		const uint64_t left = p->page + p->npages - page, in_chunk = PAGES - page % PAGES;
		uint64_t first, run;

		n = left < in_chunk ? left : in_chunk;
		if (!slot_of(r, page / PAGES, &slot))
			continue;
		first = slot * PAGES + page % PAGES;
		if (r->nwaiting > 0 && memchr(r->pages + first, WAITING, n) != NULL)
			flush(r);
		for (uint64_t i = 0; i < n; i += run) {
			const uint8_t state = r->pages[first + i];

			for (run = 1; i + run < n && r->pages[first + i + run] == state; run++)
				;
			if (state != RESIDENT)
				touch_run(r, first + i, run, state);
		}
	}
}

static void give_back(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	struct cli_real *r = ctx;
	uint64_t slot = 0, first;
	bool waits;

	(void)f;
	if (!slot_of(r, page / PAGES, &slot))
		return;
	first = slot * PAGES + page % PAGES;
	r->returned.ns += hr_real_return(&r->memory, first * HR_PAGE_BYTES, npages * HR_PAGE_BYTES, &waits);
	r->returned.bytes += npages * HR_PAGE_BYTES;
	r->whole[slot] = 0;
	for (unsigned i = 0; i < npages; i++)
		if (r->pages[first + i] == RESIDENT)
			r->pages[first + i] = waits ? WAITING : RETURNED;
	if (waits)
		r->waiting[r->nwaiting++] = (struct run){first, npages};
	else
		settle(r);
}

/* --collapse: chunks that are dense when a mark ends. */
static void collapse(struct cli_real *r, const struct hr_follower *f, uint64_t chunk, uint64_t slot)
{
	const struct hr_chunk_bits *bits = hr_pagemap_chunk(&f->map, chunk);
	uint8_t *pages = r->pages + slot * PAGES;
	unsigned in_use = 0;
	bool done;

	for (unsigned w = 0; w < HR_CHUNK_WORDS; w++)
		in_use += (unsigned)__builtin_popcountll(bits->alloc[w]);
	if (in_use < DENSE_PAGES || r->whole[slot])
		return;
	r->collapsed.ns += hr_real_collapse(&r->memory, slot, &done);
	r->collapsed.calls++;
	if (!done) {
		r->failed++;
		return;
	}
	r->whole[slot] = 1;
	r->collapsed.bytes += HR_CHUNK_BYTES;
	for (unsigned i = 0; i < PAGES; i++)
		r->brought_back += pages[i] != RESIDENT ? HR_PAGE_BYTES : 0;
	memset(pages, RESIDENT, PAGES);
}

static void collapse_dense(struct cli_real *r, const struct hr_follower *f)
{
	const struct hr_ranges *grown = &f->map.in_use;
	uint64_t slot = 0;

	flush(r);
	for (size_t i = 0; i < grown->n; i++)
		for (uint64_t chunk = hr_chunk_of(grown->at[i].base); chunk < hr_chunk_of(grown->at[i].limit); chunk++)
			if (slot_of(r, chunk, &slot))
				collapse(r, f, chunk, slot);
}

static void look(struct cli_real *r, const struct hr_follower *f, uint64_t time_ns)
{
	const struct hr_policy_view *v = &f->view;
	uint64_t rss, model;

	if (time_ns < r->look_at_ns)
		return;
	r->look_at_ns = time_ns + LOOK_NS;
	flush(r);
	rss = hr_real_resident_bytes(&r->memory, r->slots) * r->scale;
	model = (v->mapped_pages - v->released_pages) * HR_PAGE_BYTES;
	r->looks++;
	r->rss_sum += (double)rss;
	r->model_sum += (double)model;
	r->rss_peak = rss > r->rss_peak ? rss : r->rss_peak;
	r->model_peak = model > r->model_peak ? model : r->model_peak;
}

static enum hr_status follow(struct cli_real *r, const struct hr_place *records, size_t n, struct hr_error *err)
{
	struct hr_follower *f = r->replay->followers[0];

	for (size_t i = 0; i < n; i++) {
		const struct hr_place *p = &records[i];
		enum hr_status status;

		if (p->kind == HR_PLACE_GROW)
			grow(r, p);
		status = hr_follower_follow(f, p, 1);
		if (status == HR_EPOLICY)
			*err = f->fault;
		else if (status != HR_OK)
			hr_error_set(err, status, "out of memory");
		HR_TRY(status);
		if ((p->kind == HR_PLACE_ALLOC || p->kind == HR_PLACE_CACHE_USE) && !(p->flags & HR_PLACE_PADDING))
			take(r, p);
		if (p->kind == HR_PLACE_MARK_DONE && r->memory.settings.collapse)
			collapse_dense(r, f);
		look(r, f, p->time_ns);
		if (r->no_memory)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		if (r->full)
			return hr_error_set(err, HR_EUSAGE,
					    "the heap is larger than half of this machine's free memory; "
					    "--real-scale N makes one chunk of N real");
	}
	return HR_OK;
}

static void take_model(struct cli_real *r)
{
	const struct hr_counters *c = &r->replay->followers[0]->count;

	for (unsigned why = 0; why < HR_WHY_COUNT; why++)
		r->model_returned += c->released_bytes[why];
	r->model_calls = c->release_calls;
	r->model_release_ns = c->background_ns + c->synchronous_ns;
	r->model_refaulted = c->refaulted_bytes;
	r->model_fault_ns = c->fault_ns;
	r->model_fresh = c->fresh_bytes;
}

enum hr_status cli_real_run(struct hr_replay *replay, unsigned scale, const struct hr_real_settings *settings,
			    struct cli_real **made, struct hr_error *err)
{
	const uint64_t slots = hr_real_available_bytes() / 2 / HR_REAL_SLOT_BYTES;
	struct cli_real *r = *made = hr_calloc(1, sizeof(*r));
	const struct hr_place *records;
	enum hr_status status;
	size_t n;

	if (r == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	*r = (struct cli_real){.replay = replay, .scale = scale};
	hr_map64_init(&r->slot_of);
	HR_TRY(hr_replay_can_be_watched(replay, err));
	HR_TRY(hr_real_reserve(&r->memory, slots, settings, err));
	r->pages = hr_map(slots * PAGES);
	r->whole = hr_calloc(slots + 1, 1);
	r->waiting = hr_calloc(settings->ranges + 1, sizeof(*r->waiting));
	if (r->pages == NULL || r->whole == NULL || r->waiting == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	replay->followers[0]->released_to = give_back;
	replay->followers[0]->released_ctx = r;
	while ((status = hr_replay_next(replay, &records, &n, err)) == HR_OK)
		HR_TRY(follow(r, records, n, err));
	if (status != HR_END)
		return status;
	flush(r);
	take_model(r);
	return HR_OK;
}

void cli_real_free(struct cli_real *r)
{
	if (r == NULL)
		return;
	if (r->pages != NULL)
		hr_unmap(r->pages, r->memory.slots * PAGES);
	hr_real_release(&r->memory);
	free(r->whole);
	free(r->waiting);
	hr_map64_release(&r->slot_of);
	free(r);
}

/* --- what came of it -------------------------------------------------------------- */

static double mean(const struct cli_real *r, double sum)
{
	return r->looks > 0 ? sum / (double)r->looks : 0;
}

struct row {
	const char *name, *key;
	enum { BYTES, COUNT, NS } unit;
	uint64_t measured, model;
	bool modelled;
};

enum { NROWS = 15, NROWS_COLLAPSED = 4 };

/* How many there are: those of collapses come last, where they were asked for. */
static size_t rows_of(const struct cli_real *r, struct row rows[NROWS])
{
	const uint64_t x = r->scale;
	const struct row all[NROWS] = {
	    {"RSS, mean", "rss_mean_bytes", BYTES, (uint64_t)mean(r, r->rss_sum), (uint64_t)mean(r, r->model_sum),
	     true},
	    {"RSS, peak", "rss_peak_bytes", BYTES, r->rss_peak, r->model_peak, true},
	    {"returned", "returned_bytes", BYTES, r->returned.bytes * x, r->model_returned, true},
	    {"calls", "release_calls", COUNT, r->memory.calls * x, r->model_calls, true},
	    {"CPU time of releases", "release_cpu_ns", NS, r->returned.ns * x, r->model_release_ns, true},
	    {"refaulted", "refaulted_bytes", BYTES, r->again.bytes * x, r->model_refaulted, true},
	    {"page faults of that", "refaults", COUNT, r->again.faults * x, r->model_refaulted / 4096, true},
	    {"CPU time of refaults", "refault_cpu_ns", NS, r->again.ns * x, r->model_fault_ns, true},
	    {"touched for the first time", "fresh_bytes", BYTES, r->first.bytes * x, r->model_fresh, true},
	    {"page faults of that", "fresh_faults", COUNT, r->first.faults * x, r->model_fresh / 4096, true},
	    {"CPU time of first touches", "fresh_cpu_ns", NS, r->first.ns * x, 0, false},
	    {"collapsed", "collapsed_bytes", BYTES, r->collapsed.bytes * x, 0, false},
	    {"brought back by that", "brought_back_bytes", BYTES, r->brought_back * x, 0, false},
	    {"refused", "collapses_refused", COUNT, r->failed * x, 0, false},
	    {"CPU time of collapses", "collapse_cpu_ns", NS, r->collapsed.ns * x, 0, false},
	};

	memcpy(rows, all, sizeof(all));
	return r->memory.settings.collapse ? NROWS : NROWS - NROWS_COLLAPSED;
}

static const char *text_of(char buf[HR_UNIT_BUF], const struct row *row, uint64_t value)
{
	return row->unit == BYTES ? hr_format_bytes(buf, value)
	       : row->unit == NS  ? hr_format_ns(buf, value)
				  : hr_format_count(buf, value);
}

void cli_print_real(FILE *out, const struct cli_real *r)
{
	struct row rows[NROWS];
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];
	size_t n;

	n = rows_of(r, rows);
	if (r->scale > 1)
		hr_print(out, "real memory, one chunk of %u, times %u\n", r->scale, r->scale);
	else
		hr_print(out, "real memory\n");
	hr_print(out, "  %-26s %12s %12s\n", "", "measured", "modelled");
	for (size_t i = 0; i < n; i++)
		hr_print(out, "  %-26s %12s %12s\n", rows[i].name, text_of(a, &rows[i], rows[i].measured),
			 rows[i].modelled ? text_of(b, &rows[i], rows[i].model) : "-");
}

json_t *cli_real_json(const struct cli_real *r)
{
	json_t *o = json_object(), *measured = json_object(), *model = json_object();
	struct row rows[NROWS];

	const size_t n = rows_of(r, rows);

	for (size_t i = 0; i < n; i++) {
		hr_json_put(&measured, rows[i].key, hr_json_count(rows[i].measured));
		hr_json_put(&model, rows[i].key, rows[i].modelled ? hr_json_count(rows[i].model) : json_null());
	}
	hr_json_put(&o, "scale", hr_json_count(r->scale));
	hr_json_put(&o, "measured", measured);
	hr_json_put(&o, "modelled", model);
	return o;
}
