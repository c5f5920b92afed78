/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/survey.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* Slots of the tiny allocator. */
#define TINY_BYTES 16
#define NOT_BORN UINT64_MAX
#define EXISTED (UINT64_MAX - 1)
#define FIRST_INTERVAL_NS 1000
#define SHORTEST_LIFE_NS 100
/* A number is believed to be an object's place in the array while it is not far beyond the objects seen. */
#define NUMBERS_AHEAD 4096

void hr_survey_init(struct hr_survey *s, bool has_addresses, bool has_spans)
{
	memset(s, 0, sizeof(*s));
	s->slotted = has_addresses && has_spans;
	s->sized = !has_addresses || s->slotted;
	hr_slots_init(&s->slots);
	hr_timeline_init(&s->timeline);
}

void hr_survey_release(struct hr_survey *s)
{
	hr_slots_release(&s->slots);
	free(s->births);
	free(s->tiny);
	s->tiny = NULL;
	s->births = NULL;
	s->nbirths = 0;
}

/* --- over time -------------------------------------------------------------- */

void hr_timeline_init(struct hr_timeline *t)
{
	memset(t, 0, sizeof(*t));
	t->interval_ns = t->over_ns = FIRST_INTERVAL_NS;
	t->n = 1;
}

/* Twice the interval, half the points. */
static void fold(struct hr_timeline *t)
{
	for (unsigned i = 0; i < t->n; i += 2) {
		uint64_t most = t->points[i].most_bytes, events = t->points[i].events;

		if (i + 1 < t->n) {
			events += t->points[i + 1].events;
			if (t->points[i + 1].most_bytes > most)
				most = t->points[i + 1].most_bytes;
		}
		t->points[i / 2].most_bytes = most;
		t->points[i / 2].events = events;
	}
	t->n = (t->n + 1) / 2;
	t->interval_ns *= 2;
}

/* The point of that time is the last one. */
static void reach(struct hr_timeline *t, uint64_t time_ns)
{
	while (time_ns / t->interval_ns >= HR_SURVEY_POINTS)
		fold(t);
	while (t->n <= time_ns / t->interval_ns) {
		t->points[t->n].most_bytes = t->bytes;
		t->points[t->n].events = 0;
		t->n++;
	}
	t->over_ns = t->n * t->interval_ns;
}

void hr_timeline_level(struct hr_timeline *t, uint64_t time_ns, uint64_t bytes)
{
	if (time_ns >= t->over_ns)
		reach(t, time_ns);
	t->bytes = bytes;
	if (bytes > t->points[t->n - 1].most_bytes)
		t->points[t->n - 1].most_bytes = bytes;
	t->points[t->n - 1].events++;
}

void hr_timeline_end(struct hr_timeline *t, uint64_t time_ns)
{
	reach(t, time_ns);
}

void hr_timeline_columns(const struct hr_timeline *t, uint64_t end_ns, size_t n, uint64_t *bytes, uint64_t *events)
{
	double width = (double)end_ns / (double)n, interval = (double)t->interval_ns;

	for (size_t c = 0; c < n; c++) {
		double from = (double)c * width, to = (double)(c + 1) * width, sum = 0;
		uint64_t most = 0;
		size_t i = (size_t)(from / interval);

		for (; i < t->n && ((double)i * interval < to || i == (size_t)(from / interval)); i++) {
			double start = (double)i * interval, end = start + interval;
			double overlap = (end < to ? end : to) - (start > from ? start : from);

			if (t->points[i].most_bytes > most)
				most = t->points[i].most_bytes;
			/* The last interval is shorter than the others. */
			if (end > (double)end_ns)
				end = (double)end_ns;
			sum += end > start ? (double)t->points[i].events * overlap / (end - start) : 0;
		}
		if (bytes != NULL)
			bytes[c] = most;
		if (events != NULL)
			events[c] = (uint64_t)(sum + 0.5);
	}
}

/* --- objects ---------------------------------------------------------------- */

/* Size 0 is class 0, 1 is 1, then (2^(k-2), 2^(k-1)] is k. */
static unsigned size_row(uint64_t size)
{
	return size == 0 ? 0 : 65 - hr_clz(size - 1);
}

uint64_t hr_survey_size_limit(unsigned i)
{
	return i == 0 ? 0 : i == 65 ? UINT64_MAX : UINT64_C(1) << (i - 1);
}

uint64_t hr_survey_life_limit(unsigned i)
{
	uint64_t limit = SHORTEST_LIFE_NS;

	if (i + 1 >= HR_SURVEY_LIVES)
		return UINT64_MAX;
	while (i-- > 0)
		limit *= 10;
	return limit;
}

static unsigned life_row(uint64_t ns)
{
	uint64_t limit = SHORTEST_LIFE_NS;
	unsigned i = 0;

	while (i + 1 < HR_SURVEY_LIVES && ns >= limit) {
		limit *= 10;
		i++;
	}
	return i;
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects that are live");
}

/* Where the object's birth is noted; NULL: its number is none that a ledger gives. */
static enum hr_status birth_of(struct hr_survey *s, uint64_t number, uint64_t **birth, struct hr_error *err)
{
	*birth = NULL;
	if (number >= s->nbirths) {
		size_t had = s->nbirths;

		if (!s->slotted && number >= s->existed + s->allocations + NUMBERS_AHEAD)
			return HR_OK;
		if (!hr_reserve(&s->births, &s->nbirths, (size_t)number + 1, sizeof(*s->births)))
			return no_memory(err);
		memset(s->births + had, 0xff, (s->nbirths - had) * sizeof(*s->births));
	}
	*birth = &s->births[number];
	return HR_OK;
}

static void grow(struct hr_survey *s, uint64_t time_ns, uint64_t size)
{
	s->live_objects++;
	if (s->live_objects > s->peak_live_objects) {
		s->peak_live_objects = s->live_objects;
		s->peak_live_objects_ns = time_ns;
	}
	s->live_bytes += size;
	if (s->live_bytes > s->peak_live_bytes) {
		s->peak_live_bytes = s->live_bytes;
		s->peak_live_bytes_ns = time_ns;
	}
	hr_timeline_level(&s->timeline, time_ns, s->live_bytes);
}

static void shrink(struct hr_survey *s, uint64_t time_ns, uint64_t size)
{
	if (s->live_objects > 0)
		s->live_objects--;
	s->live_bytes -= size < s->live_bytes ? size : s->live_bytes;
	hr_timeline_level(&s->timeline, time_ns, s->live_bytes);
}

static void end_life(struct hr_survey *s, uint64_t *birth, uint64_t time_ns)
{
	if (*birth < EXISTED) {
		s->lives[life_row(time_ns - *birth)]++;
		s->never_freed--;
	}
	*birth = NOT_BORN;
}

/*
 * A P's tiny allocator fills one slot; where an object does not fit, it takes
 * another, and goes on with the one that has more room left (mallocgc). So the
 * slots that it may go on with are those that it took since it last added to
 * one, and that one. In any other its first object, at its beginning, shows
 * that it was free. *same: it adds to a slot, or that can't be known.
 */
static enum hr_status take_tiny(struct hr_survey *s, const struct hr_event *e, uint32_t slot, bool taken, uint64_t size,
				bool *same, struct hr_error *err)
{
	size_t had = s->cap_tiny, p = (size_t)(e->p + 1);
	struct hr_survey_tiny *t;

	*same = false;
	if (size != TINY_BYTES || !hr_slots_is_tiny(&s->slots, e->addr))
		return HR_OK;
	*same = true;
	if (e->p < 0 || e->kind == HR_EV_OBJ_EXISTS)
		return HR_OK;
	if (!hr_reserve(&s->tiny, &s->cap_tiny, p + 1, sizeof(*s->tiny)))
		return no_memory(err);
	if (s->cap_tiny > had)
		memset(s->tiny + had, 0, (s->cap_tiny - had) * sizeof(*s->tiny));
	t = &s->tiny[p];
	for (unsigned i = 0; i < t->n && taken; i++)
		if (t->slots[i] == slot) {
			t->slots[0] = slot;
			t->n = 1;
			return HR_OK;
		}
	/* With several candidates it is unknown which one it is. */
	*same = t->n == HR_SURVEY_TINY || t->n == 0 || e->addr % TINY_BYTES != 0;
	if (t->n == HR_SURVEY_TINY)
		t->n = 0;
	t->slots[t->n++] = slot;
	return HR_OK;
}

/* An object that is new to us: allocated, or there already. */
static enum hr_status take_object(struct hr_survey *s, const struct hr_event *e, struct hr_error *err)
{
	uint64_t number = e->addr, size = e->size, *birth;
	bool same = false;
	unsigned row;

	if (s->slotted && (number = hr_slots_find(&s->slots, e->addr, &size)) == HR_NO_SLOT)
		return HR_OK;
	HR_TRY(birth_of(s, number, &birth, err));
	/* The tiny allocator puts several objects into one slot; in any other slot a free was not recorded. */
	if (s->slotted)
		HR_TRY(take_tiny(s, e, (uint32_t)number, *birth != NOT_BORN, size, &same, err));
	if (same && *birth != NOT_BORN)
		return HR_OK;
	if (s->slotted && *birth != NOT_BORN) {
		s->over_live++;
		end_life(s, birth, e->time_ns);
		shrink(s, e->time_ns, size);
	}
	if (birth != NULL)
		*birth = e->kind == HR_EV_OBJ_EXISTS ? EXISTED : e->time_ns;
	grow(s, e->time_ns, size);
	if (e->kind == HR_EV_OBJ_EXISTS)
		return HR_OK;
	row = size_row(size);
	s->never_freed++;
	s->allocated_bytes += size;
	s->zero_sizes += size == 0;
	if (size > s->largest_bytes)
		s->largest_bytes = size;
	s->sizes[row].objects++;
	s->sizes[row].bytes += size;
	return HR_OK;
}

static void take_free(struct hr_survey *s, const struct hr_event *e)
{
	uint64_t number = e->addr, size = e->size, birth;

	if (s->slotted)
		number = hr_slots_find(&s->slots, e->addr, &size);
	birth = number < s->nbirths ? s->births[number] : NOT_BORN;
	/* A number's object is live; a slot's may be one of several. */
	if (s->slotted && birth == NOT_BORN)
		return;
	if (birth != NOT_BORN)
		end_life(s, &s->births[number], e->time_ns);
	shrink(s, e->time_ns, size);
}

/* What lay in a span that is gone is too, whether its free was recorded or not. */
static enum hr_status drop_span(struct hr_survey *s, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_slot_span *span = hr_slots_at(&s->slots, e->addr);

	if (span == NULL)
		return HR_OK;
	for (uint64_t i = span->first; i < (uint64_t)span->first + span->n && i < s->nbirths; i++)
		if (s->births[i] != NOT_BORN) {
			s->births[i] = NOT_BORN;
			shrink(s, e->time_ns, span->object_bytes);
		}
	return hr_slots_remove(&s->slots, span) ? HR_OK : no_memory(err);
}

static enum hr_status take_span(struct hr_survey *s, const struct hr_event *e, struct hr_error *err)
{
	HR_TRY(drop_span(s, e, err));
	if (e->kind == HR_EV_SPAN_FREE)
		return HR_OK;
	return hr_slots_add(&s->slots, e) ? HR_OK : no_memory(err);
}

enum hr_status hr_survey_take(struct hr_survey *s, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	for (const struct hr_event *e = ev; e < ev + n; e++) {
		switch (e->kind) {
		case HR_EV_OBJ_ALLOC:
			s->allocations++;
			if (s->sized)
				HR_TRY(take_object(s, e, err));
			break;
		case HR_EV_OBJ_EXISTS:
			s->existed++;
			if (s->sized)
				HR_TRY(take_object(s, e, err));
			break;
		case HR_EV_OBJ_FREE:
			s->frees++;
			if (s->sized)
				take_free(s, e);
			break;
		case HR_EV_SPAN_EXISTS:
		case HR_EV_SPAN_ALLOC:
		case HR_EV_SPAN_FREE:
			if (s->slotted)
				HR_TRY(take_span(s, e, err));
			break;
		default:
			break;
		}
	}
	return HR_OK;
}

/* --- JSON ------------------------------------------------------------------- */

json_t *hr_survey_objects_json(const struct hr_survey *s)
{
	const struct {
		const char *name;
		uint64_t value;
		bool needs_sizes;
	} rows[] = {
	    {"existed", s->existed, false},
	    {"allocations", s->allocations, false},
	    {"frees", s->frees, false},
	    {"allocated_bytes", s->allocated_bytes, true},
	    {"peak_live_bytes", s->peak_live_bytes, true},
	    {"peak_live_bytes_ns", s->peak_live_bytes_ns, true},
	    {"peak_live_objects", s->peak_live_objects, true},
	    {"peak_live_objects_ns", s->peak_live_objects_ns, true},
	    {"leaked_objects", s->live_objects, true},
	    {"leaked_bytes", s->live_bytes, true},
	    {"largest_bytes", s->largest_bytes, true},
	    {"zero_sizes", s->zero_sizes, true},
	};
	json_t *o = json_object();

	for (size_t i = 0; o != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		hr_json_put(&o, rows[i].name,
			    rows[i].needs_sizes && !s->sized ? json_null() : json_integer((json_int_t)rows[i].value));
	return o;
}

/* jansson's integers are signed; the last limits are beyond them. */
static json_t *limit_json(uint64_t limit)
{
	return limit > INT64_MAX ? json_null() : json_integer((json_int_t)limit);
}

json_t *hr_survey_sizes_json(const struct hr_survey *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; list != NULL && i < HR_SURVEY_SIZES; i++)
		if (s->sizes[i].objects > 0)
			hr_json_add(&list, json_pack("{s:o, s:I, s:I}", "to_bytes", limit_json(hr_survey_size_limit(i)),
						     "objects", (json_int_t)s->sizes[i].objects, "bytes",
						     (json_int_t)s->sizes[i].bytes));
	return list;
}

json_t *hr_survey_lives_json(const struct hr_survey *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; list != NULL && i < HR_SURVEY_LIVES; i++)
		if (s->lives[i] > 0)
			hr_json_add(&list, json_pack("{s:o, s:I}", "below_ns", limit_json(hr_survey_life_limit(i)),
						     "objects", (json_int_t)s->lives[i]));
	return list;
}
