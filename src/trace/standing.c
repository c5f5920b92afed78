/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/standing.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_SHIFT = 13, CHUNK_PAGES = 512 };

/* No heap of a page trace is larger: 1 TiB. A trace that is nonsense must not
 * have us keep more. */
#define MAX_CHUNKS ((size_t)1 << 18)
#define NO_KEY UINT64_MAX

/* Settings whose last word counts; they are told in this order. */
static const uint8_t settings[] = {HR_EV_GOMAXPROCS, HR_EV_MEMORY_LIMIT, HR_EV_HEAP_GOAL, HR_EV_HEAP_LIVE};

enum { NSETTINGS = sizeof(settings) };

/* What is kept of a thing: size and arg in one word, and where the order of allocation is told, its number in that. */
enum { SIZE_AND_ARG, SEQUENCE, MOST_WORDS };
enum { ARG_BITS = 32 };
#define LARGE UINT32_MAX /* as a size: `large` has it */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for what is live");
}

void hr_standing_init(struct hr_standing *s, bool addresses)
{
	*s = (struct hr_standing){.addresses = addresses};
	for (unsigned i = 0; i < HR_STANDING_SORTS; i++)
		hr_map64_init_wide(&s->things[i], addresses ? SEQUENCE : MOST_WORDS);
	for (unsigned i = 0; i < HR_STANDING_SORTS; i++)
		hr_map64_init(&s->large[i]);
	hr_map64_init(&s->chunks);
	hr_map64_init(&s->procs);
}

void hr_standing_release(struct hr_standing *s)
{
	for (unsigned i = 0; i < HR_STANDING_SORTS; i++)
		hr_map64_release(&s->things[i]);
	for (unsigned i = 0; i < HR_STANDING_SORTS; i++)
		hr_map64_release(&s->large[i]);
	hr_map64_release(&s->chunks);
	hr_map64_release(&s->procs);
	free(s->pages);
	s->pages = NULL;
}

/* --- things with a place ----------------------------------------------------
 */

static bool add_thing(struct hr_standing *s, enum hr_standing_sort sort, const struct hr_event *ev)
{
	uint64_t *place, size = ev->size < LARGE ? ev->size : LARGE;

	if (ev->addr == NO_KEY)
		return true;
	place = hr_map64_place(&s->things[sort], ev->addr);
	if (place == NULL)
		return false;
	place[SIZE_AND_ARG] = size << ARG_BITS | ev->arg;
	if (!s->addresses)
		place[SEQUENCE] = s->sequence++;
	return size < LARGE || hr_map64_put(&s->large[sort], ev->addr, ev->size);
}

static uint64_t size_of(const struct hr_standing *s, unsigned sort, uint64_t addr, const uint64_t *thing)
{
	uint64_t size = thing[SIZE_AND_ARG] >> ARG_BITS;

	return size < LARGE ? size : *hr_map64_get(&s->large[sort], addr);
}

static void remove_thing(struct hr_standing *s, enum hr_standing_sort sort, uint64_t addr)
{
	uint64_t thing;

	if (addr != NO_KEY && hr_map64_remove(&s->things[sort], addr, &thing) && thing >> ARG_BITS == LARGE)
		hr_map64_remove(&s->large[sort], addr, NULL);
}

/* --- pages of a page trace
 * ----------------------------------------------------- */

/* NULL: out of memory, or of patience. */
static struct hr_standing_pages *chunk_of(struct hr_standing *s, uint64_t chunk)
{
	uint64_t *known = hr_map64_get(&s->chunks, chunk);

	if (known != NULL)
		return &s->pages[*known];
	s->too_large |= s->npages == MAX_CHUNKS;
	if (s->too_large || !hr_reserve(&s->pages, &s->cap_pages, s->npages + 1, sizeof(*s->pages)) ||
	    !hr_map64_put(&s->chunks, chunk, s->npages))
		return NULL;
	s->pages[s->npages] = (struct hr_standing_pages){.chunk = chunk};
	return &s->pages[s->npages++];
}

/* What is used is not released; what is freed is neither. */
static bool mark_pages(struct hr_standing *s, const struct hr_event *ev)
{
	uint64_t page = ev->addr >> PAGE_SHIFT, left = ev->size >> PAGE_SHIFT;

	s->too_large |= left > MAX_CHUNKS * CHUNK_PAGES;
	while (left > 0 && !s->too_large) {
		struct hr_standing_pages *c = chunk_of(s, page / CHUNK_PAGES);
		unsigned word = (unsigned)(page % CHUNK_PAGES / 64), bit = (unsigned)(page % 64);
		unsigned n = left < 64 - bit ? (unsigned)left : 64 - bit;
		uint64_t mask = hr_mask(bit, n);

		if (c == NULL)
			return s->too_large;
		c->used[word] &= ~mask;
		c->released[word] &= ~mask;
		if (ev->kind == HR_EV_PAGE_ALLOC)
			c->used[word] |= mask;
		else if (ev->kind == HR_EV_PAGE_SCAV)
			c->released[word] |= mask;
		page += n;
		left -= n;
	}
	return true;
}

/* --- events
 * ---------------------------------------------------------------------- */

static void set(struct hr_standing *s, const struct hr_event *ev)
{
	for (unsigned i = 0; i < NSETTINGS; i++)
		if (settings[i] == ev->kind) {
			s->last[i] = *ev;
			s->last[i].time_ns = 1;
		}
}

static bool follow(struct hr_standing *s, const struct hr_event *ev)
{
	switch ((enum hr_event_kind)ev->kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		return add_thing(s, HR_STANDING_SPANS, ev);
	case HR_EV_SPAN_FREE:
		remove_thing(s, HR_STANDING_SPANS, ev->addr);
		break;
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
		return s->skip_objects || add_thing(s, HR_STANDING_OBJECTS, ev);
	case HR_EV_OBJ_FREE:
		if (!s->skip_objects)
			remove_thing(s, HR_STANDING_OBJECTS, ev->addr);
		break;
	case HR_EV_STACK_EXISTS:
	case HR_EV_STACK_ALLOC:
		return add_thing(s, HR_STANDING_STACKS, ev);
	case HR_EV_STACK_FREE:
		remove_thing(s, HR_STANDING_STACKS, ev->addr);
		break;
	case HR_EV_PAGE_ALLOC:
	case HR_EV_PAGE_FREE:
	case HR_EV_PAGE_SCAV:
		return mark_pages(s, ev);
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_ACTIVE:
		s->marking = true;
		break;
	case HR_EV_GC_END:
		s->marking = false;
		break;
	case HR_EV_PROC_START:
		return hr_map64_put(&s->procs, (uint16_t)ev->p, 0);
	case HR_EV_PROC_STOP:
		hr_map64_remove(&s->procs, (uint16_t)ev->p, NULL);
		break;
	case HR_EV_GOMAXPROCS:
	case HR_EV_MEMORY_LIMIT:
	case HR_EV_HEAP_GOAL:
	case HR_EV_HEAP_LIVE:
		set(s, ev);
		break;
	default:
		break;
	}
	return true;
}

enum hr_status hr_standing_follow(struct hr_standing *s, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!follow(s, &ev[i]))
			return no_memory(err);
	return HR_OK;
}

/* --- telling
 * ---------------------------------------------------------------------- */

/* Runs of set bits never are more than half of the bits, and one. */
static size_t count_runs(const uint64_t words[8])
{
	size_t n = 0;

	for (unsigned i = 0; i < 8; i++)
		n += hr_popcount(words[i] & ~(words[i] << 1));
	return n;
}

size_t hr_standing_count(const struct hr_standing *s)
{
	size_t n = NSETTINGS + 1 + s->procs.count;

	for (unsigned i = 0; i < HR_STANDING_SORTS; i++)
		n += s->things[i].count;
	for (size_t i = 0; i < s->npages; i++)
		n += count_runs(s->pages[i].used) + count_runs(s->pages[i].released);
	return n;
}

struct hr_standing_told {
	const uint64_t *thing;
	uint64_t addr;
};

static int by_sequence(const void *a, const void *b)
{
	const struct hr_standing_told *x = a, *y = b;

	return x->thing[SEQUENCE] < y->thing[SEQUENCE] ? -1 : x->thing[SEQUENCE] > y->thing[SEQUENCE];
}

/* The things of a sort in order of their allocation; NULL: out of memory. */
static struct hr_standing_told *sequence_of(const struct hr_map64 *things)
{
	struct hr_standing_told *told = hr_calloc(things->count + 1, sizeof(*told));
	uint64_t at = 0;

	if (told == NULL)
		return NULL;
	for (size_t i = 0; (told[i].thing = hr_map64_next(things, NULL, &at, &told[i].addr)) != NULL; i++)
		;
	qsort(told, things->count, sizeof(*told), by_sequence);
	return told;
}

static struct hr_event exists(const struct hr_standing *s, unsigned sort, const struct hr_standing_told *t)
{
	static const uint8_t kinds[HR_STANDING_SORTS] = {HR_EV_SPAN_EXISTS, HR_EV_OBJ_EXISTS, HR_EV_STACK_EXISTS};

	return (struct hr_event){.addr = t->addr,
				 .size = size_of(s, sort, t->addr, t->thing),
				 .arg = (uint32_t)t->thing[SIZE_AND_ARG],
				 .p = HR_NO_P,
				 .kind = kinds[sort]};
}

/* The next thing; false: that was all. */
static bool next_thing(struct hr_standing_teller *t, struct hr_event *ev)
{
	for (; t->sort < HR_STANDING_SORTS; t->sort++, t->at = 0) {
		const struct hr_map64 *things = &t->s->things[t->sort];
		struct hr_standing_told told;

		if (t->s->addresses)
			told.thing = hr_map64_next(things, t->order[t->sort], &t->at, &told.addr);
		else
			told = t->told[t->sort][t->at < things->count ? t->at++ : things->count];
		if (told.thing != NULL) {
			*ev = exists(t->s, t->sort, &told);
			return true;
		}
	}
	return false;
}

static bool sort_things(struct hr_standing_teller *t)
{
	bool fine = true;

	for (unsigned i = 0; fine && i < HR_STANDING_SORTS; i++)
		if (t->s->addresses)
			fine = (t->order[i] = hr_map64_order(&t->s->things[i])) != NULL;
		else
			fine = (t->told[i] = sequence_of(&t->s->things[i])) != NULL;
	return fine;
}

static int by_chunk(const void *a, const void *b)
{
	const struct hr_standing_pages *x = a, *y = b;

	return x->chunk < y->chunk ? -1 : x->chunk > y->chunk;
}

/* A run a word: what is side by side is so again once it is told. */
static void tell_runs(const struct hr_standing_pages *c, const uint64_t words[8], uint8_t kind, struct hr_event *ev,
		      size_t *n)
{
	for (unsigned i = 0; i < 8; i++)
		for (uint64_t left = words[i]; left != 0;) {
			unsigned from = hr_ctz(left), len = hr_ctz(~(left >> from));

			ev[(*n)++] = (struct hr_event){.addr = (c->chunk * CHUNK_PAGES + 64 * i + from) << PAGE_SHIFT,
						       .size = (uint64_t)len << PAGE_SHIFT,
						       .p = HR_NO_P,
						       .kind = kind};
			left &= ~hr_mask(from, len);
		}
}

static bool tell_pages(struct hr_standing_teller *t)
{
	const struct hr_standing *s = t->s;
	struct hr_standing_pages *sorted = hr_calloc(s->npages + 1, sizeof(*sorted));
	size_t most = 0;

	for (size_t i = 0; i < s->npages; i++)
		most += count_runs(s->pages[i].used) + count_runs(s->pages[i].released);
	t->pages = hr_calloc(most, sizeof(*t->pages));
	if (sorted == NULL || t->pages == NULL) {
		free(sorted);
		return false;
	}
	if (s->npages > 0)
		memcpy(sorted, s->pages, s->npages * sizeof(*sorted));
	qsort(sorted, s->npages, sizeof(*sorted), by_chunk);
	for (size_t i = 0; i < s->npages; i++)
		tell_runs(&sorted[i], sorted[i].used, HR_EV_PAGE_ALLOC, t->pages, &t->npages);
	for (size_t i = 0; i < s->npages; i++)
		tell_runs(&sorted[i], sorted[i].released, HR_EV_PAGE_SCAV, t->pages, &t->npages);
	free(sorted);
	return true;
}

static bool tell_settings(struct hr_standing_teller *t)
{
	const struct hr_standing *s = t->s;
	size_t running = s->procs.count;

	t->settings = hr_calloc(NSETTINGS + running + 1, sizeof(*t->settings));
	if (t->settings == NULL)
		return false;
	for (unsigned i = 0; i < NSETTINGS; i++)
		if (s->last[i].time_ns != 0)
			t->settings[t->nsettings++] = s->last[i];
	/* A P is 16 bits: in order. */
	for (unsigned p = 0; running > 0 && p <= UINT16_MAX; p++)
		if (hr_map64_get(&s->procs, p) != NULL) {
			t->settings[t->nsettings++] = (struct hr_event){.p = (int16_t)p, .kind = HR_EV_PROC_START};
			running--;
		}
	if (s->marking)
		t->settings[t->nsettings++] = (struct hr_event){.p = HR_NO_P, .kind = HR_EV_GC_ACTIVE};
	return true;
}

enum hr_status hr_standing_teller_begin(struct hr_standing_teller *t, const struct hr_standing *s, uint64_t time_ns,
					struct hr_error *err)
{
	*t = (struct hr_standing_teller){.s = s, .time_ns = time_ns};
	if (s->too_large)
		return hr_error_set(err, HR_EINPUT,
				    "runs of pages all over more than 1 TiB; what is live is not known");
	return tell_settings(t) && sort_things(t) && tell_pages(t) ? HR_OK : no_memory(err);
}

/* As many of n events as there is room for, from the one that comes next on. */
static size_t copy(struct hr_event *to, size_t room, const struct hr_event *from, size_t n, size_t *next)
{
	size_t some = n - *next < room ? n - *next : room;

	if (some > 0)
		memcpy(to, from + *next, some * sizeof(*to));
	*next += some;
	return some;
}

size_t hr_standing_teller_next(struct hr_standing_teller *t, struct hr_event *ev, size_t cap)
{
	size_t n = copy(ev, cap, t->settings, t->nsettings, &t->settings_told);

	while (n < cap && next_thing(t, &ev[n]))
		n++;
	n += copy(ev + n, cap - n, t->pages, t->npages, &t->pages_told);
	for (size_t i = 0; i < n; i++)
		ev[i].time_ns = t->time_ns;
	return n;
}

void hr_standing_teller_release(struct hr_standing_teller *t)
{
	for (unsigned i = 0; i < HR_STANDING_SORTS; i++) {
		free(t->order[i]);
		free(t->told[i]);
	}
	free(t->settings);
	free(t->pages);
	*t = (struct hr_standing_teller){.s = NULL, .sort = HR_STANDING_SORTS};
}

enum hr_status hr_standing_tell(const struct hr_standing *s, uint64_t time_ns, size_t more, struct hr_event **told,
				size_t *n, struct hr_error *err)
{
	struct hr_standing_teller t;
	enum hr_status status = hr_standing_teller_begin(&t, s, time_ns, err);
	const size_t most = hr_standing_count(s) + more;

	*n = 0;
	*told = NULL;
	if (status == HR_OK && (*told = hr_calloc(most, sizeof(**told))) == NULL)
		status = no_memory(err);
	if (status == HR_OK) {
		hr_prefer_huge(*told, most * sizeof(**told));
		*n = hr_standing_teller_next(&t, *told, most - more);
	}
	hr_standing_teller_release(&t);
	return status;
}
