/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/window.h"

#include "base/alloc.h"
#include "base/units.h"

#include <stdlib.h>
#include <string.h>

/* Events of what stands: in a piece about so many, and gathered so many at a time. */
enum { PIECE = 4096, TOLD_AT_A_TIME = 64 };

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for a part of the trace");
}

void hr_window_init(struct hr_window *w, const struct hr_trace_meta *meta, const struct hr_sides *sides,
		    uint64_t from_ns, uint64_t until_ns, bool anonymous)
{
	*w = (struct hr_window){
	    .from_ns = from_ns, .until_ns = until_ns, .anonymous = anonymous, .addresses = meta->has_addresses};
	hr_standing_init(&w->standing, meta->has_addresses);
	hr_ids_init(&w->ids);
	hr_types_told_init(&w->types);
	w->of = sides;
	hr_anonymizer_init(&w->anonymizer, meta);
	hr_sides_init(&w->sides);
}

void hr_window_release(struct hr_window *w)
{
	if (w->telling)
		hr_standing_teller_release(&w->teller);
	hr_standing_release(&w->standing);
	hr_ids_release(&w->ids);
	hr_types_told_release(&w->types);
	hr_sides_release(&w->sides);
	hr_anonymizer_release(&w->anonymizer);
	free(w->made);
	w->made = NULL;
	w->ev = NULL;
}

/* The trace as it is. */
static bool is_whole(const struct hr_window *w)
{
	return w->from_ns == 0 && w->until_ns == UINT64_MAX && !w->anonymous;
}

const struct hr_sides *hr_window_sides(const struct hr_window *w)
{
	return is_whole(w) ? w->of : &w->sides;
}

enum hr_status hr_window_records(struct hr_window *w, struct hr_error *err)
{
	bool fine = true;

	for (size_t i = 0; fine && !is_whole(w) && i < w->of->ngc_cpu; i++) {
		struct hr_gc_cpu record = w->of->gc_cpu[i];

		if (record.time_ns < w->from_ns || record.time_ns > w->until_ns)
			continue;
		record.time_ns -= w->from_ns;
		fine = hr_sides_add_gc_cpu(&w->sides, &record);
	}
	for (size_t i = 0; fine && !is_whole(w) && i < w->of->nrss; i++) {
		struct hr_rss_sample sample = w->of->rss[i];

		if (sample.time_ns < w->from_ns || sample.time_ns > w->until_ns)
			continue;
		sample.time_ns -= w->from_ns;
		fine = hr_sides_add_rss(&w->sides, &sample);
	}
	return fine ? HR_OK : no_memory(err);
}

void hr_window_meta(const struct hr_window *w, struct hr_trace_meta *meta)
{
	meta->clock_origin_ns += w->from_ns;
	/* A free of something that is not known to be live (such as a stack lost by the recorder) is no error. */
	if (w->from_ns > 0)
		meta->strict = false;
	if (w->anonymous)
		hr_anonymize_meta(&w->anonymizer, meta);
}

void hr_window_stats(const struct hr_window *w, struct hr_trace_stats *stats)
{
	if (stats->last_time_ns > w->until_ns)
		stats->last_time_ns = w->until_ns;
	stats->last_time_ns -= stats->last_time_ns < w->from_ns ? stats->last_time_ns : w->from_ns;
	if (w->anonymous)
		hr_anonymize_stats(stats);
	if (w->from_ns == 0 && !w->past)
		return;
	/* Anomalies of the whole trace say nothing about this window. */
	stats->events_total = w->events;
	stats->free_os_memory = w->free_os_memory;
	stats->generations = stats->batches = stats->threads = 0;
	memset(stats->anomalies, 0, sizeof(stats->anomalies));
	stats->cut = stats->cut && !w->past;
}

/* --- one event -------------------------------------------------------------------- */

static bool is_object(unsigned kind)
{
	return kind == HR_EV_OBJ_EXISTS || kind == HR_EV_OBJ_ALLOC || kind == HR_EV_OBJ_FREE;
}

/* The number by which this window knows the object. False: out of memory. */
static bool renumber(struct hr_window *w, struct hr_event *ev)
{
	uint64_t id = ev->addr;
	uint32_t number = hr_ids_find(&w->ids, id);

	if (ev->kind == HR_EV_OBJ_FREE) {
		if (number != HR_NO_NUMBER) {
			hr_ids_remove(&w->ids, id, number);
			ev->addr = number;
		}
		return true;
	}
	if (number != HR_NO_NUMBER)
		hr_ids_remove(&w->ids, id, number);
	number = hr_ids_add(&w->ids, id, ev->size);
	ev->addr = number;
	return number != HR_NO_NUMBER;
}

/* The type goes along. False: out of memory. */
static bool take_type(struct hr_window *w, const struct hr_event *ev)
{
	bool news;
	size_t at;

	if ((ev->kind != HR_EV_OBJ_EXISTS && ev->kind != HR_EV_OBJ_ALLOC) || ev->arg == 0)
		return true;
	if (!hr_types_told_mark(&w->types, ev->arg, &news))
		return false;
	at = news ? hr_types_find(&w->of->types, ev->arg) : SIZE_MAX;
	if (at != SIZE_MAX) {
		const struct hr_type type = hr_types_get(&w->of->types, at);

		return hr_types_add(&w->sides.types, &type) != HR_TYPES_NO_MEMORY;
	}
	return true;
}

/* Into the window, if it makes sense there. */
static bool keep(struct hr_window *w, struct hr_event ev)
{
	bool numbered = !w->addresses && is_object(ev.kind) && w->from_ns > 0;

	if (numbered && ev.kind == HR_EV_OBJ_FREE && hr_ids_find(&w->ids, ev.addr) == HR_NO_NUMBER)
		return true;
	if ((numbered && !renumber(w, &ev)) ||
	    !(w->anonymous ? hr_anonymize_event(&w->anonymizer, &ev) : take_type(w, &ev)) ||
	    !hr_reserve(&w->made, &w->cap, w->n + 1, sizeof(*w->made)))
		return false;
	ev.time_ns -= w->from_ns;
	w->made[w->n++] = ev;
	w->ev = w->made;
	w->events++;
	w->free_os_memory += ev.kind == HR_EV_GC_BEGIN && (ev.flags & HR_EVF_FREE_OS_MEMORY) != 0;
	return true;
}

/* What stands is told in pieces: it is not kept twice. */
static enum hr_status begin(struct hr_window *w, struct hr_error *err)
{
	w->begun = true;
	if (w->from_ns == 0)
		return HR_OK;
	w->telling = true;
	return hr_standing_teller_begin(&w->teller, &w->standing, w->from_ns, err);
}

/* Of what stands as much as a piece has; false: out of memory. */
static bool tell(struct hr_window *w)
{
	struct hr_event piece[TOLD_AT_A_TIME];
	size_t n = 0;
	bool fine = true;

	while (fine && w->telling && w->n < PIECE) {
		n = hr_standing_teller_next(&w->teller, piece, TOLD_AT_A_TIME);
		w->telling = n > 0;
		for (size_t i = 0; fine && i < n; i++)
			fine = keep(w, piece[i]);
	}
	if (fine && w->telling)
		return true;
	hr_standing_teller_release(&w->teller);
	hr_standing_release(&w->standing);
	hr_standing_init(&w->standing, w->addresses);
	return fine;
}

enum hr_status hr_window_more(struct hr_window *w, struct hr_error *err)
{
	w->n = 0;
	if (w->telling && !tell(w))
		return no_memory(err);
	if (w->telling)
		return HR_OK;
	for (; w->nafter > 0 && !w->past; w->after++, w->nafter--) {
		w->past = w->after->time_ns > w->until_ns;
		if (!w->past && !keep(w, *w->after))
			return no_memory(err);
	}
	return HR_OK;
}

enum hr_status hr_window_take(struct hr_window *w, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	size_t before = 0;

	if (is_whole(w)) {
		w->begun = true;
		w->ev = ev;
		w->n = n;
		return HR_OK;
	}
	while (!w->begun && before < n && ev[before].time_ns < w->from_ns)
		before++;
	HR_TRY(hr_standing_follow(&w->standing, ev, before, err));
	w->after = ev + before;
	w->nafter = n - before;
	if (!w->begun && before < n)
		HR_TRY(begin(w, err));
	return hr_window_more(w, err);
}

enum hr_status hr_window_end(struct hr_window *w, uint64_t last_ns, struct hr_error *err)
{
	char buf[HR_UNIT_BUF];

	w->n = 0;
	if (w->begun)
		return HR_OK;
	if (last_ns < w->from_ns)
		return hr_error_set(err, HR_EUSAGE, "the trace ends after %s, before --from",
				    hr_format_ns(buf, last_ns));
	HR_TRY(begin(w, err));
	w->nafter = 0;
	return hr_window_more(w, err);
}
