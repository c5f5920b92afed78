/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/fate.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static const unsigned shares[HR_FATE_SHARES] = {50, 90, 99};

struct watch {
	struct hr_fate *fate;
	const struct hr_reasons *reasons;
	hr_bitmap *at; /* by the reasons' chunks: pages that are still what they were at the moment */
	/* Records that have been told of and not been looked at, from `next` on: what is released in between comes in its turn. */
	struct hr_place *records;
	size_t next, nrecords, cap;
	bool failed; /* out of memory */
};

/* NULL: nothing of the chunk was free. */
static uint64_t *find(const struct watch *w, uint64_t chunk)
{
	size_t i = hr_reasons_find(w->reasons, chunk);

	return i != SIZE_MAX ? w->at[w->reasons->chunks[i].before + chunk - w->reasons->chunks[i].chunk] : NULL;
}

/* --- the moment ------------------------------------------------------------- */

static void start_at(struct watch *w, const struct hr_follower *f)
{
	for (size_t i = 0; i < w->reasons->n; i++) {
		const struct hr_chunk_reasons *c = &w->reasons->chunks[i];
		const struct hr_chunk_bits *bits = hr_pagemap_chunk(&f->map, c->chunk);

		for (uint64_t n = 0; n < c->nchunks; n++)
			for (unsigned k = 0; k < HR_CHUNK_WORDS; k++)
				w->at[c->before + n][k] = ~(bits->alloc[k] | bits->scavenged[k]);
	}
	for (size_t p = 0; p < f->map.ncaches; p++) {
		const struct hr_cache_bits *cache = &f->map.caches[p];
		uint64_t *pages = cache->free != 0 ? find(w, hr_chunk_of(cache->base)) : NULL;

		if (pages != NULL)
			pages[hr_page_in_chunk(cache->base) / 64] |= cache->free & ~cache->scavenged;
	}
}

/* --- what comes after it ---------------------------------------------------- */

/* Takes the pages off; returns how many were still there. */
static uint64_t take_off(struct watch *w, uint64_t page, uint64_t npages)
{
	uint64_t taken = 0, end = page + npages;

	while (page < end) {
		uint64_t next = (page / 64 + 1) * 64, n = (end < next ? end : next) - page;
		uint64_t bits = (n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1) << (page & 63);
		uint64_t *pages = find(w, hr_chunk_of(page));
		uint64_t *word = pages != NULL ? &pages[hr_page_in_chunk(page) / 64] : NULL;

		if (word != NULL) {
			taken += (uint64_t)__builtin_popcountll(*word & bits);
			*word &= ~bits;
		}
		page += n;
	}
	return taken;
}

static void went(struct hr_fate *fate, uint64_t time_ns)
{
	uint64_t gone = fate->released + fate->used;

	for (unsigned i = 0; i < HR_FATE_SHARES; i++)
		if (fate->gone_ns[i] == HR_NEVER && gone > 0 && gone * 100 >= fate->pages * shares[i])
			fate->gone_ns[i] = time_ns;
}

static void look_at_records(struct watch *w, uint64_t until_ns)
{
	for (; w->next < w->nrecords && w->records[w->next].time_ns <= until_ns; w->next++) {
		const struct hr_place *r = &w->records[w->next];

		if (r->kind == HR_PLACE_MARK_DONE) {
			if (w->fate->mark_done_ns == HR_NEVER)
				w->fate->mark_done_ns = r->time_ns;
			continue;
		}
		w->fate->used += take_off(w, r->page, r->npages);
		went(w->fate, r->time_ns);
	}
}

static void on_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	struct watch *w = ctx;

	look_at_records(w, f->view.now_ns);
	w->fate->released += take_off(w, page, npages);
	went(w->fate, f->view.now_ns);
}

static void on_placed(void *ctx, const struct hr_place *records, size_t n)
{
	struct watch *w = ctx;

	/* The batch before has been followed. */
	look_at_records(w, HR_NEVER);
	w->next = w->nrecords = 0;
	for (size_t i = 0; i < n; i++) {
		if (records[i].kind != HR_PLACE_ALLOC && records[i].kind != HR_PLACE_CACHE_USE &&
		    records[i].kind != HR_PLACE_MARK_DONE)
			continue;
		if (!hr_reserve(&w->records, &w->cap, w->nrecords + 1, sizeof(*w->records))) {
			w->failed = true;
			return;
		}
		w->records[w->nrecords++] = records[i];
	}
}

enum hr_status hr_fate_of(struct hr_stepper *s, const struct hr_reasons *reasons, struct hr_fate *fate,
			  struct hr_error *err)
{
	struct hr_follower *f = s->replay->followers[0];
	struct watch w = {.fate = fate, .reasons = reasons};
	enum hr_status status;

	*fate = (struct hr_fate){.pages = reasons->free_pages, .mark_done_ns = HR_NEVER};
	for (unsigned i = 0; i < HR_FATE_SHARES; i++)
		fate->gone_ns[i] = HR_NEVER;
	w.at = hr_calloc(reasons->nchunks + 1, sizeof(*w.at));
	if (w.at == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	start_at(&w, f);
	s->placed = on_placed;
	s->ctx = &w;
	f->released_to = on_release;
	f->released_ctx = &w;
	status = hr_stepper_to(s, HR_NEVER, err);
	look_at_records(&w, HR_NEVER);
	f->released_to = NULL;
	s->placed = NULL;
	free(w.records);
	free(w.at);
	fate->end_ns = s->replay->end_ns;
	if (w.failed)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	return status == HR_END ? HR_OK : status;
}
