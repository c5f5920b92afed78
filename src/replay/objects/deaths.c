/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All is appended and read in order: events, births and deaths of a segment are arrays,
 * and the deaths are sorted once, when all are known, or not at all. Nothing is looked up
 * by an object.
 */
#include "config.h"

#include "replay/objects/deaths.h"

#include "base/alloc.h"
#include "base/random.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DECIDED_AT_A_TIME 4096
#define COUNTED_AT_A_TIME 32
#define DIGIT_BITS 11
#define DIGITS 3 /* of 32 bits */

void hr_deaths_init(struct hr_deaths *d)
{
	memset(d, 0, sizeof(*d));
	hr_survival_init(&d->survival);
	hr_pools_init(&d->pools);
	d->max_held = HR_MAX_HELD_DEATHS;
}

static void release_segment(struct hr_segment *s)
{
	free(s->held);
	free(s->others);
	free(s->dead);
}

void hr_deaths_release(struct hr_deaths *d)
{
	release_segment(&d->now);
	release_segment(&d->before);
	release_segment(&d->out);
	hr_pools_release(&d->pools);
	free(d->shares);
	hr_deaths_init(d);
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for events that wait for their GC cycle");
}

/* --- drawing -------------------------------------------------------------- */

/* From [0, 1), by the object's birth. */
static double chance(uint64_t seed, uint64_t born, uint64_t salt)
{
	uint64_t state = born * UINT64_C(0x9e3779b97f4a7c15) ^ seed ^ salt << 56;

	return (double)(hr_splitmix(&state) >> 11) * 0x1p-53;
}

/* u moved towards 0 (skew -1: its square) or 1 (skew 1: that mirrored). */
static double skewed(double u, double skew)
{
	double other = skew < 0 ? u * u : u * (2 - u), share = skew < 0 ? -skew : skew;

	return u + share * (other - u);
}

/*
 * What is the same for all who draw the death of an object. Of one that was born in the segment, the share that is dead
 * at its age; of an older one, of whom so many survive a segment less by a Pareto survival, one over the age, which do not.
 */
static inline double share_of(const struct hr_survival *survival, uint32_t since, unsigned span_class, uint64_t births)
{
	const double age = (double)since;

	return since <= births ? hr_survival_dead_by(survival, span_class, age) : 1 - (age - (double)births) / age;
}

/* since: its age at the end. */
static inline __attribute__((always_inline)) uint64_t drawn(const struct hr_survival *survival, uint32_t born,
							    uint32_t since, unsigned span_class, double share,
							    uint64_t births, uint64_t seed, double skew)
{
	const double u = skewed(chance(seed, born, 0), skew);

	if (since <= births) {
		uint64_t at = births - since + 1 + (uint64_t)hr_survival_draw(survival, span_class, since, share, u);

		return at < births ? at : births;
	} else {
		double from = (double)since - (double)births, age = from / (1 - u * share) - from;

		return age < (double)births ? (uint64_t)age : births;
	}
}

uint64_t hr_death_drawn(const struct hr_survival *survival, uint32_t born, unsigned span_class, uint64_t first,
			uint64_t births, uint64_t seed, double skew)
{
	const uint32_t since = (uint32_t)(first + births) - born;

	return drawn(survival, born, since, span_class, share_of(survival, since, span_class, births), births, seed,
		     skew);
}

static inline uint32_t draw(const struct hr_deaths_reader *r, const struct hr_deaths *d, const struct hr_death *x,
			    double share)
{
	const struct hr_segment *s = &d->out;
	uint64_t at;

	if (x->fixed)
		return x->at;
	at = drawn(&d->survival, x->born, (uint32_t)(s->first + s->births) - x->born, x->span_class, share, s->births,
		   r->seed, r->skew);
	return (uint32_t)(at > s->started ? at : s->started);
}

static inline unsigned digit_of(uint32_t at, unsigned digit)
{
	return at >> digit * DIGIT_BITS & ((1 << DIGIT_BITS) - 1);
}

/* By `at`, those of the same in the order in which they were swept: a radix sort. False: out of memory. */
static bool sort_dying(struct hr_deaths_reader *r)
{
	uint32_t places[DIGITS][1 << DIGIT_BITS] = {{0}};
	struct hr_deaths_buffers *b = r->buffers;
	size_t n = r->ndying;

	if (n < 2)
		return true;
	if (!hr_reserve(&b->sorted, &b->sorted_cap, n, sizeof(*b->sorted)))
		return false;
	for (size_t i = 0; i < n; i++)
		for (unsigned digit = 0; digit < DIGITS; digit++)
			places[digit][digit_of(b->dying[i].at, digit)]++;
	for (unsigned digit = 0; digit < DIGITS && r->segment->births >> digit * DIGIT_BITS != 0; digit++) {
		size_t cap = b->sorted_cap;
		struct hr_dying *from = b->dying;
		uint32_t *place = places[digit], at = 0;

		for (size_t i = 0; i < 1 << DIGIT_BITS; i++) {
			uint32_t here = place[i];

			place[i] = at;
			at += here;
		}
		for (size_t i = 0; i < n; i++)
			b->sorted[place[digit_of(from[i].at, digit)]++] = from[i];
		b->dying = b->sorted;
		b->sorted = from;
		b->sorted_cap = b->dying_cap;
		b->dying_cap = cap;
	}
	return true;
}

/* --- learning ------------------------------------------------------------- */

/* A whole cycle: who was born in it was looked at, at an age; of those the swept ones were dead. */
static void learn(struct hr_deaths *d, const struct hr_segment *s)
{
	uint64_t age = s->births, old_dead = 0;

	for (size_t i = 0; i < s->nheld; i++)
		if (s->held[i].is_birth)
			hr_survival_see(&d->survival, s->held[i].span_class, hr_survival_bin(age--), 1);
	for (size_t i = 0; i < s->ndead; i++) {
		const struct hr_death *x = &s->dead[i];
		uint32_t since = (uint32_t)(s->first + s->births) - x->born;

		if (x->fixed)
			continue;
		if (since <= s->births)
			hr_survival_die(&d->survival, x->span_class, hr_survival_bin(since));
		else
			old_dead++;
	}
	d->survival.old_seen = d->survival.old_seen / 2 + (double)s->old * (double)s->births;
	d->survival.old_dead = d->survival.old_dead / 2 + (double)old_dead;
	hr_survival_learn(&d->survival);
}

/* --- segments ------------------------------------------------------------- */

/*
 * A segment ends: at a mark start, where all who were swept since the last one are
 * known, or because too much is held. What waited goes out, what was filled waits.
 */
static void end_segment(struct hr_deaths *d, bool at_mark, uint64_t time_ns)
{
	struct hr_segment empty = d->out;

	if (d->has_before) {
		if (at_mark && d->before.from_mark)
			learn(d, &d->before);
		if (!at_mark)
			d->let_go += d->before.nheld;
		d->out = d->before;
		d->ready = true;
	} else {
		empty = d->before;
	}
	d->before = d->now;
	d->before.end_ns = time_ns;
	d->has_before = true;
	empty.nheld = empty.nothers = empty.ndead = 0;
	empty.births = empty.started = 0;
	empty.begin_ns = time_ns;
	empty.first = d->before.first + d->before.births;
	empty.old = d->alive;
	empty.from_mark = at_mark;
	d->now = empty;
	if (!at_mark)
		return;
	hr_pools_mark(&d->pools);
	if (d->cycle_bytes > d->window_bytes)
		d->window_bytes = d->cycle_bytes;
	d->cycle_bytes = 0;
}

static bool shows_life(const struct hr_event *e)
{
	switch (e->kind) {
	case HR_EV_SPAN_ALLOC:
	case HR_EV_SPAN_FREE:
	case HR_EV_OBJ_ALLOC:
	case HR_EV_OBJ_FREE:
	case HR_EV_GC_BEGIN:
	case HR_EV_GC_END:
		return true;
	default:
		return false;
	}
}

static void start(struct hr_deaths *d)
{
	if (!d->started)
		d->started_at = d->now.started = d->now.births;
	d->started = true;
}

static enum hr_status hold_other(struct hr_segment *s, const struct hr_event *e, struct hr_held *h,
				 struct hr_error *err)
{
	if (s->nothers == UINT32_MAX || !hr_reserve(&s->others, &s->others_cap, s->nothers + 1, sizeof(*s->others)))
		return no_memory(err);
	h->in_others = true;
	h->what = (uint32_t)s->nothers;
	s->others[s->nothers++] = *e;
	return HR_OK;
}

enum hr_status hr_deaths_hold(struct hr_deaths *d, const struct hr_event *e, struct hr_error *err)
{
	struct hr_segment *s = &d->now;
	const bool is_birth = e->kind == HR_EV_OBJ_ALLOC || e->kind == HR_EV_OBJ_EXISTS;
	struct hr_held *h;

	if (shows_life(e))
		start(d);
	d->last_ns = e->time_ns;
	if (e->kind == HR_EV_GC_BEGIN)
		end_segment(d, true, e->time_ns);
	else if (s->nheld >= d->max_held / 2)
		end_segment(d, false, e->time_ns);
	if (!hr_reserve_huge(&s->held, &s->held_cap, s->nheld, s->nheld + 1, sizeof(*s->held)))
		return no_memory(err);
	if (e->kind == HR_EV_OBJ_ALLOC && hr_deaths_hold_birth(d, e->time_ns, e->p, (uint32_t)e->addr, (uint8_t)e->arg))
		return HR_OK;
	h = &s->held[s->nheld];
	h->is_birth = is_birth;
	h->span_class = (uint8_t)e->arg;
	HR_TRY(hold_other(s, e, h, err));
	if (e->kind == HR_EV_OBJ_ALLOC && hr_size_class_of_span_class(e->arg) == 0 &&
	    !hr_pools_born(&d->pools, e->arg, e->size / HR_PAGE_BYTES))
		return no_memory(err);
	s->nheld++;
	s->births += is_birth;
	d->alive += is_birth;
	if (s->nheld + d->before.nheld > d->held_max)
		d->held_max = s->nheld + d->before.nheld;
	return HR_OK;
}

/* Field by field, in place: what is put together elsewhere and copied waits for the processor's store buffer. */
static enum hr_status add_death(struct hr_segment *s, uint32_t number, uint64_t born, unsigned span_class,
				struct hr_death **death, struct hr_error *err)
{
	struct hr_death *x;

	if (!hr_reserve_huge(&s->dead, &s->dead_cap, s->ndead, s->ndead + 1, sizeof(*s->dead)))
		return no_memory(err);
	x = *death = &s->dead[s->ndead++];
	x->number = number;
	x->born = (uint32_t)born;
	x->at = 0;
	x->span_class = (uint8_t)span_class;
	x->fixed = x->swept = false;
	return HR_OK;
}

/* It dies at a time that is known. */
static void fix(struct hr_death *x, uint64_t at)
{
	x->at = (uint32_t)at;
	x->fixed = true;
}

/* Of the old ones those that are pooled: they were given back before the segment began. */
static enum hr_status see_large(struct hr_deaths *d, const struct hr_segment *s, struct hr_death *x, uint64_t bytes,
				struct hr_error *err)
{
	const bool first = x->fixed || (uint32_t)(s->first + s->births) - x->born <= s->births;

	if (!hr_pools_died(&d->pools, x->span_class, bytes / HR_PAGE_BYTES, first))
		return no_memory(err);
	if (!first && hr_pools_keep(&d->pools, hr_pools_kind(&d->pools, x->span_class, bytes / HR_PAGE_BYTES)))
		fix(x, s->started);
	return HR_OK;
}

enum hr_status hr_deaths_swept(struct hr_deaths *d, uint32_t number, uint32_t born, unsigned span_class, uint64_t bytes,
			       struct hr_error *err)
{
	/* Objects live at the start were garbage then; objects younger than the mark start die here. */
	const bool fixed = !d->has_before || (uint32_t)(born - (uint32_t)d->now.first) < d->now.births;
	struct hr_segment *s = fixed ? &d->now : &d->before;
	struct hr_death *x;

	start(d);
	HR_TRY(add_death(s, number, born, span_class, &x, err));
	x->swept = fixed;
	if (fixed)
		fix(x, d->has_before || born >= d->started_at ? s->births : d->started_at);
	if (hr_size_class_of_span_class(span_class) == 0)
		HR_TRY(see_large(d, s, x, bytes, err));
	d->cycle_bytes += bytes;
	d->alive--;
	return HR_OK;
}

/* --- the end -------------------------------------------------------------- */

/* By birth since the last mark start, a bit: its death was told. NULL: out of memory. */
static uint64_t *told_dead(const struct hr_segment *s)
{
	uint64_t *told = hr_calloc(s->births / 64 + 1, sizeof(*told));

	for (size_t i = 0; told != NULL && i < s->ndead; i++) {
		uint32_t at = s->dead[i].born - (uint32_t)s->first;

		if (at < s->births)
			told[at / 64] |= UINT64_C(1) << at % 64;
	}
	return told;
}

/* Deaths that no sweep told, after the last mark start: of those who were born then. */
static enum hr_status draw_young(struct hr_deaths *d, const uint64_t *told, struct hr_error *err)
{
	struct hr_segment *s = &d->now;
	uint64_t at = 0;

	for (size_t i = 0; i < s->nheld; i++) {
		const struct hr_held *h = &s->held[i];
		uint64_t born = s->first + at, age = s->births - at;
		struct hr_death *x;
		double u;

		at += h->is_birth;
		if (!h->is_birth || told[(at - 1) / 64] >> (at - 1) % 64 & 1)
			continue;
		u = chance(0, born, 1);
		if (u >= hr_survival_dead_by(&d->survival, h->span_class, (double)age))
			continue;
		u = hr_survival_age_at(&d->survival, h->span_class, u);
		HR_TRY(add_death(s, h->in_others ? (uint32_t)s->others[h->what].addr : h->what, born, h->span_class, &x,
				 err));
		fix(x, at + (uint64_t)(u < (double)age ? u : (double)age));
		d->drawn++;
	}
	return HR_OK;
}

/* Of older ones as many as died before, for so many births. */
static enum hr_status draw_survivors(struct hr_deaths *d, const struct hr_survivors *survivors, struct hr_error *err)
{
	struct hr_segment *s = &d->now;
	double share = d->survival.old_seen > 0 ? d->survival.old_dead / d->survival.old_seen * (double)s->births : 0;
	struct hr_death x, *added;

	while (survivors->next(survivors->ctx, &x)) {
		if ((uint32_t)(x.born - (uint32_t)s->first) < s->births || chance(0, x.born, 2) >= share)
			continue;
		HR_TRY(add_death(s, x.number, x.born, x.span_class, &added, err));
		d->drawn++;
	}
	return HR_OK;
}

enum hr_status hr_deaths_finish(struct hr_deaths *d, const struct hr_survivors *survivors, struct hr_error *err)
{
	struct hr_segment empty = d->out;

	if (d->cycle_bytes > d->window_bytes)
		d->window_bytes = d->cycle_bytes;
	if (d->now.from_mark) {
		uint64_t *told = told_dead(&d->now);
		enum hr_status status = told != NULL ? draw_young(d, told, err) : no_memory(err);

		free(told);
		HR_TRY(status);
		if (survivors != NULL)
			HR_TRY(draw_survivors(d, survivors, err));
	}
	d->now.end_ns = d->last_ns;
	d->has_last = true;
	if (d->has_before) {
		d->out = d->before;
		d->before = empty;
		d->has_before = false;
		d->ready = true;
	} else {
		hr_deaths_done(d);
	}
	return HR_OK;
}

/* --- out ------------------------------------------------------------------ */

static uint64_t time_of(const struct hr_segment *s, const struct hr_held *h)
{
	return h->in_others ? s->others[h->what].time_ns : s->begin_ns + (h->when >> HR_HELD_P_BITS);
}

/* Of two arrays the larger one is *array, with the n elements that it has. */
static void keep_larger(void *array, size_t *cap, size_t n, void *spare, size_t *spare_cap, size_t size)
{
	void *have, *other;
	size_t had = *cap;

	if (*spare_cap <= *cap)
		return;
	memcpy(&have, array, sizeof(have));
	memcpy(&other, spare, sizeof(other));
	if (n > 0)
		memcpy(other, have, n * size);
	memcpy(array, &other, sizeof(other));
	memcpy(spare, &have, sizeof(have));
	*cap = *spare_cap;
	*spare_cap = had;
}

/* What is filled has hardly begun: it goes on in the room of what was read, so that there is room for two segments only. */
void hr_deaths_done(struct hr_deaths *d)
{
	struct hr_segment *now = &d->now, *out = &d->out, empty;

	keep_larger(&now->held, &now->held_cap, now->nheld, &out->held, &out->held_cap, sizeof(*now->held));
	keep_larger(&now->others, &now->others_cap, now->nothers, &out->others, &out->others_cap, sizeof(*now->others));
	keep_larger(&now->dead, &now->dead_cap, now->ndead, &out->dead, &out->dead_cap, sizeof(*now->dead));
	empty = *out;
	empty.nheld = empty.nothers = empty.ndead = 0;
	d->out = empty;
	d->ready = false;
	if (!d->has_last)
		return;
	d->out = d->now;
	d->now = empty;
	d->has_last = false;
	d->ready = true;
}

enum hr_status hr_deaths_open(struct hr_deaths *d, struct hr_error *err)
{
	const struct hr_segment *s = &d->out;

	if (!hr_reserve_huge(&d->shares, &d->shares_cap, 0, s->ndead, sizeof(*d->shares)))
		return no_memory(err);
	for (size_t i = 0; i < s->ndead; i++) {
		const struct hr_death *x = &s->dead[i];

		d->shares[i] = x->fixed ? 0
					: share_of(&d->survival, (uint32_t)(s->first + s->births) - x->born,
						   x->span_class, s->births);
	}
	return HR_OK;
}

void hr_deaths_buffers_release(struct hr_deaths_buffers *b)
{
	free(b->dying);
	free(b->sorted);
	free(b->at);
	free(b->freed);
	free(b->decided);
	memset(b, 0, sizeof(*b));
}

static bool make_room(struct hr_deaths_buffers *b, const struct hr_segment *s)
{
	if (!hr_reserve_huge(&b->at, &b->at_cap, 0, s->ndead + 1, sizeof(*b->at)) ||
	    !hr_reserve_huge(&b->freed, &b->freed_cap, 0, s->births + 1, sizeof(*b->freed)))
		return false;
	memset(b->freed, 0, (s->births + 1) * sizeof(*b->freed));
	return true;
}

/* Of those that are taken in their order. */
static enum hr_status add_dying(struct hr_deaths_reader *r, uint32_t at, uint32_t number, struct hr_error *err)
{
	struct hr_deaths_buffers *b = r->buffers;

	if (!hr_reserve(&b->dying, &b->dying_cap, r->ndying + 1, sizeof(*b->dying)))
		return no_memory(err);
	b->dying[r->ndying++] = (struct hr_dying){at, number};
	return HR_OK;
}

/*
 * Who waits, of deaths from one on up to another, and counts what those free: some at a time, as they lie all over, and
 * each was asked for in advance. Where more die at once than there is a number for, some don't wait.
 */
static enum hr_status let_wait(struct hr_deaths_reader *r, size_t from, size_t upto, struct hr_error *err)
{
	struct hr_deaths_buffers *b = r->buffers;

	for (size_t i = from; i < upto; i++) {
		const struct hr_death *x = &r->segment->dead[i];
		const unsigned size_class = hr_size_class_of_span_class(x->span_class);
		unsigned freed = UINT_MAX;

		if (size_class != 0 && !x->swept)
			freed = b->freed[b->at[i]] + hr_size_classes[size_class].object_bytes / 8;
		if (freed <= UINT16_MAX) {
			b->freed[b->at[i]] = (uint16_t)freed;
		} else {
			HR_TRY(add_dying(r, b->at[i], x->number, err));
			b->at[i] = HR_NOT_WAITING;
		}
	}
	return HR_OK;
}

enum hr_status hr_deaths_read(struct hr_deaths_reader *r, const struct hr_deaths *d, struct hr_deaths_buffers *buffers,
			      struct hr_error *err)
{
	const struct hr_segment *s = &d->out;

	r->segment = s;
	r->buffers = buffers;
	r->next_held = r->next_death = r->ndying = 0;
	r->next_birth = r->passed = 0;
	if (r->lazy && !make_room(buffers, s))
		return no_memory(err);
	for (size_t i = 0, from; i < s->ndead;) {
		const size_t upto = s->ndead - i < COUNTED_AT_A_TIME ? s->ndead : i + COUNTED_AT_A_TIME;

		for (from = i; i < upto; i++) {
			const uint32_t at = draw(r, d, &s->dead[i], d->shares[i]);

			if (!r->lazy) {
				HR_TRY(add_dying(r, at, s->dead[i].number, err));
				continue;
			}
			buffers->at[i] = at;
			__builtin_prefetch(&buffers->freed[at], 1);
		}
		if (r->lazy)
			HR_TRY(let_wait(r, from, upto, err));
	}
	return sort_dying(r) ? HR_OK : no_memory(err);
}

size_t hr_deaths_due(struct hr_deaths_reader *r, size_t *next, uint32_t due[static HR_DUE_AT_A_TIME])
{
	uint32_t *const at = r->buffers != NULL && r->lazy ? r->buffers->at : NULL;
	const size_t ndead = at != NULL ? r->segment->ndead : 0;
	const uint64_t passed = r->passed;
	size_t i = *next, n = 0;

	for (; i < ndead && n < HR_DUE_AT_A_TIME; i++) {
		const bool is_due = at[i] < passed;

		due[n] = (uint32_t)i;
		n += is_due;
		at[i] = is_due ? HR_NOT_WAITING : at[i];
	}
	for (size_t j = 0; j < n; j++)
		due[j] = r->segment->dead[due[j]].number;
	*next = i;
	return n;
}

const struct hr_held *hr_deaths_births(struct hr_deaths_reader *r, size_t *n)
{
	const struct hr_segment *s = r->segment;
	const struct hr_held *first = s->nheld > 0 ? s->held + r->next_held : NULL;
	uint64_t most = s->nheld - r->next_held;

	if (r->next_death < r->ndying) {
		const uint64_t at = r->buffers->dying[r->next_death].at;

		if (at < r->next_birth + most)
			most = at > r->next_birth ? at - r->next_birth : 0;
	}
	for (*n = 0; *n < most && !first[*n].in_others;)
		++*n;
	r->next_held += *n;
	r->next_birth += *n;
	return first;
}

static inline void take_held(struct hr_decided *x, const struct hr_held *h, uint64_t time_ns)
{
	x->time_ns = time_ns;
	x->what = h->what;
	x->p = (int16_t)(uint16_t)h->when;
	x->span_class = h->span_class;
	x->kind = h->in_others ? HR_DECIDED_OTHER : HR_DECIDED_BIRTH;
}

/* Where it stands is kept in variables: what is written might lie anywhere, as far as the compiler knows. */
const struct hr_decided *hr_deaths_take(struct hr_deaths_reader *r, size_t *n)
{
	const struct hr_segment *s = r->segment;
	struct hr_deaths_buffers *const b = r->buffers;
	const struct hr_dying *const dying = b->dying; /* NULL where there is none */
	const size_t ndying = r->ndying;
	size_t next_held = r->next_held, next_death = r->next_death;
	uint64_t next_birth = r->next_birth;
	struct hr_decided *x, *end;

	*n = 0;
	if (b->decided == NULL && (b->decided = hr_calloc(DECIDED_AT_A_TIME, sizeof(*b->decided))) == NULL)
		return NULL;
	end = b->decided + DECIDED_AT_A_TIME;
	for (x = b->decided; x < end; x++) {
		const struct hr_held *h = next_held < s->nheld ? &s->held[next_held] : NULL;
		const uint64_t time_ns = h != NULL ? time_of(s, h) : s->end_ns;

		/* Look only before a birth: other events have no defined order with deaths. */
		for (; (h == NULL || h->is_birth) && x < end && next_death < ndying &&
		       (h == NULL || dying[next_death].at <= next_birth);
		     x++) {
			x->time_ns = time_ns;
			x->what = dying[next_death++].number;
			x->kind = HR_DECIDED_DEATH;
		}
		if (h == NULL || x == end || (r->lazy && !h->in_others))
			break;
		take_held(x, h, time_ns);
		next_held++;
		next_birth += h->is_birth;
	}
	r->next_death = next_death;
	r->next_held = next_held;
	r->next_birth = next_birth;
	*n = (size_t)(x - b->decided);
	return b->decided;
}
