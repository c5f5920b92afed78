/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/history.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_INTERVAL_NS UINT64_C(10000000)
#define KINDS 4

const char *hr_release_why_name(unsigned why)
{
	static const char *const names[HR_WHY_COUNT] = {[HR_WHY_BACKGROUND] = "background",
							[HR_WHY_GROWTH] = "growth",
							[HR_WHY_LIMIT] = "limit",
							[HR_WHY_FORCED] = "forced",
							[HR_WHY_FREE] = "free"};

	return why < HR_WHY_COUNT ? names[why] : "?";
}

static struct hr_history_entry *last_of(const struct hr_history *h, uint64_t chunk, unsigned kind)
{
	const uint64_t *i = hr_map64_get(&h->last, chunk * KINDS + kind);

	return i != NULL ? &h->at[*i] : NULL;
}

static void add(struct hr_history *h, const struct hr_history_entry *e)
{
	uint64_t key = e->chunk * KINDS + e->kind, *i = hr_map64_get(&h->last, key);

	if (h->stopped)
		return;
	if (h->failed || !hr_reserve(&h->at, &h->cap, h->n + 1, sizeof(*h->at))) {
		h->failed = true;
		return;
	}
	h->at[h->n] = *e;
	h->at[h->n].looks = h->looks;
	if (i != NULL)
		*i = h->n;
	else
		h->failed = !hr_map64_put(&h->last, key, h->n);
	h->n++;
}

static void on_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	struct hr_history *h = ctx;
	uint64_t chunk = hr_chunk_of(page);
	struct hr_history_entry *last = last_of(h, chunk, HR_HISTORY_RELEASED);

	if (last != NULL && last->looks == h->looks && last->why == f->why) {
		last->pages += npages;
		return;
	}
	add(h, &(struct hr_history_entry){.time_ns = f->view.now_ns,
					  .chunk = chunk,
					  .pages = npages,
					  .kind = HR_HISTORY_RELEASED,
					  .why = (uint8_t)f->why});
}

/* What of a chunk is free and not released is so for another reason than before, or was not before. */
static void note_reason(struct hr_history *h, uint64_t chunk, const struct hr_chunk_reasons *c, uint64_t time_ns)
{
	const struct hr_history_entry *last = last_of(h, chunk, HR_HISTORY_FREE);
	const struct hr_history_entry *taken = last_of(h, chunk, HR_HISTORY_TAKEN);
	enum hr_reason reason = hr_reason_most(c);

	if (last != NULL && last->reason == reason && (taken == NULL || taken < last))
		return;
	add(h, &(struct hr_history_entry){.time_ns = time_ns,
					  .chunk = chunk,
					  .pages = c->free,
					  .kind = HR_HISTORY_FREE,
					  .reason = (uint8_t)reason});
}

static void note_taken(struct hr_history *h, uint64_t chunk, uint64_t time_ns)
{
	const struct hr_history_entry *last = last_of(h, chunk, HR_HISTORY_FREE);
	const struct hr_history_entry *taken = last_of(h, chunk, HR_HISTORY_TAKEN);

	if (last != NULL && (taken == NULL || taken < last))
		add(h, &(struct hr_history_entry){.time_ns = time_ns, .chunk = chunk, .kind = HR_HISTORY_TAKEN});
}

static void note_refaults(struct hr_history *h, const struct hr_follower *f, uint64_t chunk, uint64_t time_ns)
{
	uint64_t now = hr_follower_refaults(f, chunk), *seen = hr_map64_get(&h->seen, chunk);
	uint64_t before = seen != NULL ? *seen : 0;

	if (now <= before)
		return;
	if (seen != NULL)
		*seen = now;
	else if (!hr_map64_put(&h->seen, chunk, now))
		h->failed = true;
	add(h,
	    &(struct hr_history_entry){
		.time_ns = time_ns, .chunk = chunk, .pages = (uint32_t)(now - before), .kind = HR_HISTORY_REFAULTED});
}

static void look_at_all(struct hr_history *h, const struct hr_follower *f, uint64_t time_ns)
{
	struct hr_reasons r;
	size_t next = 0;

	if (hr_reasons_of(f, &r, NULL) != HR_OK) {
		h->failed = true;
		return;
	}
	for (size_t i = 0; i < f->map.in_use.n; i++) {
		uint64_t limit = hr_chunk_of(f->map.in_use.at[i].limit);

		for (uint64_t chunk = hr_chunk_of(f->map.in_use.at[i].base); chunk < limit; chunk++) {
			note_refaults(h, f, chunk, time_ns);
			while (next < r.n && r.chunks[next].chunk + r.chunks[next].nchunks <= chunk)
				next++;
			if (next < r.n && r.chunks[next].chunk <= chunk)
				note_reason(h, chunk, &r.chunks[next], time_ns);
			else
				note_taken(h, chunk, time_ns);
		}
	}
	hr_reasons_release(&r);
}

static uint64_t look(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_history *h = ctx;

	(void)last;
	if (h->stopped || h->failed)
		return HR_NEVER;
	/* Where nothing has changed, nothing is noted. */
	if (h->looks++ == 0 || h->changes != hr_follower_changes(f) || f->def->kept_whole != NULL)
		look_at_all(h, f, time_ns);
	h->changes = hr_follower_changes(f);
	if (h->looks % HR_HISTORY_LOOKS == 0)
		h->interval_ns *= 2;
	return time_ns <= HR_NEVER - h->interval_ns ? time_ns + h->interval_ns : HR_NEVER;
}

void hr_history_start(struct hr_history *h, struct hr_follower *f)
{
	memset(h, 0, sizeof(*h));
	hr_map64_init(&h->last);
	hr_map64_init(&h->seen);
	h->interval_ns = FIRST_INTERVAL_NS;
	f->released_to = on_release;
	f->released_ctx = h;
	hr_follower_sample(f, (struct hr_sampler){.next_ns = FIRST_INTERVAL_NS, .sample = look, .ctx = h});
}

void hr_history_stop(struct hr_history *h)
{
	h->stopped = true;
}

void hr_history_release(struct hr_history *h)
{
	free(h->at);
	hr_map64_release(&h->last);
	hr_map64_release(&h->seen);
	memset(h, 0, sizeof(*h));
}
