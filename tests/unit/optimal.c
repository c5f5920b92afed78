/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The offline optimum, proved on small traces by trying everything: no set of
 * decisions does better, at any price of memory, than releasing what stays free
 * for longer than the break-even time; and none lies below the envelope. The
 * policy `optimal` reaches what the envelope says.
 *
 * Lengths below 128 ns have a bucket each, so that the small traces, which are
 * shorter, have exact envelopes.
 */
#include "config.h"

#include "base/bits.h"
#include "replay/replay.h"
#include "scavenge/envelope.h"

#include "testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)
#define PAGES 8u /* of the chunk that the traces play in */
#define MAX_RECORDS 4096u

typedef unsigned __int128 u128;

/* Of what is tried at random: a quarter of what make check-all tries, which takes half a minute. */
static unsigned many(unsigned few, unsigned all)
{
	return test_quick() ? few : test_thorough() ? all : all / 4;
}

/* --- random traces --------------------------------------------------------- */

struct trace {
	struct hr_place r[MAX_RECORDS];
	size_t n;
	/* Of each page: in use, or in the cache of P 0; does its span hold objects? */
	bool used[PAGES], cached[PAGES], manual[PAGES];
	uint32_t in_use, manual_pages, mapped;
	uint64_t now_ns;
};

static struct hr_place *add(struct trace *t, unsigned kind, unsigned page, unsigned npages, unsigned flags)
{
	struct hr_place *r = &t->r[t->n++];

	assert_true(t->n < MAX_RECORDS);
	*r = (struct hr_place){.time_ns = t->now_ns,
			       .page = FIRST_PAGE + page,
			       .npages = npages,
			       .kind = (uint8_t)kind,
			       .flags = (uint8_t)flags,
			       .in_use_pages = t->in_use,
			       .manual_pages = t->manual_pages,
			       .mapped_pages = t->mapped};
	return r;
}

/* How many pages from `first` on are as that one is, at most `most`. */
static unsigned run_of(const struct trace *t, unsigned first, unsigned most)
{
	unsigned n = 1;

	while (first + n < PAGES && n < most && t->used[first + n] == t->used[first] &&
	       t->cached[first + n] == t->cached[first] && t->manual[first + n] == t->manual[first])
		n++;
	return n;
}

static void set_used(struct trace *t, unsigned kind, unsigned page, unsigned n, bool used, bool manual)
{
	*(manual ? &t->manual_pages : &t->in_use) += used ? n : -n;
	for (unsigned i = page; i < page + n; i++) {
		t->used[i] = used;
		t->cached[i] = false;
		t->manual[i] = used && manual;
	}
	add(t, kind, page, n, manual ? HR_PLACE_MANUAL : 0);
}

static void fill_or_flush(struct trace *t)
{
	uint64_t bits = 0;
	bool flush = false;

	for (unsigned i = 0; i < PAGES; i++)
		flush |= t->cached[i];
	for (unsigned i = 0; i < PAGES; i++) {
		if (flush ? t->cached[i] : !t->used[i])
			bits |= UINT64_C(1) << i;
		t->cached[i] = !flush && !t->used[i];
	}
	if (bits != 0)
		add(t, flush ? HR_PLACE_CACHE_FLUSH : HR_PLACE_CACHE_FILL, 0, 64, 0)->arg = bits;
}

/* Something happens to a page, or the cache; the P's is the only one. */
static void step(struct trace *t, unsigned pages, uint64_t *rng)
{
	unsigned page = (unsigned)(test_random(rng) % (pages + 1)), n;

	if (page == pages) {
		fill_or_flush(t);
		return;
	}
	n = run_of(t, page, 1 + (unsigned)(test_random(rng) % pages));
	if (t->used[page])
		set_used(t, HR_PLACE_FREE, page, n, false, t->manual[page]);
	else
		set_used(t, t->cached[page] ? HR_PLACE_CACHE_USE : HR_PLACE_ALLOC, page, n, true,
			 test_random(rng) % 4 == 0);
}

static void random_trace(struct trace *t, unsigned pages, unsigned steps, uint64_t most_ns, uint64_t *rng)
{
	memset(t, 0, sizeof(*t));
	t->mapped = HR_CHUNK_PAGES;
	add(t, HR_PLACE_GROW, 0, HR_CHUNK_PAGES, 0);
	for (unsigned i = 0; i < steps; i++) {
		/* Many things happen in the same moment. */
		if (test_random(rng) % 3 > 0)
			t->now_ns += test_random(rng) % most_ns;
		step(t, pages, rng);
	}
	t->now_ns += test_random(rng) % most_ns;
	add(t, HR_PLACE_END, 0, 0, 0);
}

/* --- what the trace's intervals are, read off it page by page -------------- */

struct interval {
	uint64_t begin_ns, end_ns;
	bool open;
};

/* Those that last; at most max, or max + 1 when there are more. Physical pages are no larger than the runtime's. */
static size_t intervals_of(const struct trace *t, struct interval *at, size_t max)
{
	size_t n = 0;

	for (unsigned page = 0; page < PAGES; page++) {
		uint64_t since = HR_NEVER;

		for (const struct hr_place *r = t->r; r < t->r + t->n; r++) {
			bool end = r->kind == HR_PLACE_END;
			bool mine = r->page <= FIRST_PAGE + page && FIRST_PAGE + page < r->page + r->npages;

			if (mine && r->kind == HR_PLACE_FREE)
				since = r->time_ns;
			if (since == HR_NEVER ||
			    !(end || (mine && (r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE))))
				continue;
			if (r->time_ns > since) {
				if (n == max)
					return max + 1;
				at[n++] = (struct interval){since, r->time_ns, end};
			}
			since = HR_NEVER;
		}
	}
	return n;
}

/* --- what decisions come to ------------------------------------------------ */

struct outcome {
	u128 retained_page_ns, cost; /* cost in units of the envelope's */
};

/* Retained by whoever never releases, in [from, end): all but what was never used. */
static u128 kept(const struct trace *t, uint64_t from_ns)
{
	u128 sum = 0;
	bool touched[PAGES] = {false};

	for (size_t i = 0; i + 1 < t->n; i++) {
		const struct hr_place *r = &t->r[i];
		uint64_t begin = r->time_ns > from_ns ? r->time_ns : from_ns, end = t->r[i + 1].time_ns;
		unsigned n = 0;

		for (unsigned p = 0; p < PAGES; p++) {
			if ((r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE) && r->page <= FIRST_PAGE + p &&
			    FIRST_PAGE + p < r->page + r->npages)
				touched[p] = true;
			n += touched[p];
		}
		if (end > begin)
			sum += (u128)(n - r->manual_pages) * (end - begin);
	}
	return sum;
}

/* The page is released at `at` in the interval. What happens up to from_ns is free, where that is not 0. */
static void release_at(struct outcome *o, const struct interval *v, uint64_t at, uint64_t from_ns, uint64_t end_ns,
		       struct hr_page_cost cost)
{
	uint64_t saved_from = at > from_ns ? at : from_ns;

	if (at > from_ns || from_ns == 0)
		o->cost += cost.release;
	if (!v->open && (v->end_ns > from_ns || from_ns == 0))
		o->cost += cost.fault;
	if (v->end_ns > saved_from && end_ns >= from_ns)
		o->retained_page_ns -= v->end_ns - saved_from;
}

/* --- followers ------------------------------------------------------------- */

static struct hr_settings settings_of(struct hr_cost cost, uint64_t phys_page_bytes)
{
	struct hr_replay_options o;

	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	o.settings.procs = 1;
	o.settings.phys_page_bytes = phys_page_bytes;
	o.settings.cost = cost;
	return o.settings;
}

static u128 units(const struct hr_follower *f)
{
	return (u128)(f->count.background_ns + f->count.synchronous_ns + f->count.fault_ns) * HR_COST_UNITS;
}

static struct outcome follow(const struct hr_policy_choice *choice, const struct hr_settings *s, const struct trace *t,
			     uint64_t from_ns, size_t batch)
{
	struct hr_follower *f = malloc(sizeof(*f));
	struct outcome o;
	struct hr_error err;

	assert_non_null(f);
	assert_int_equal(hr_follower_init(f, choice, s, &err), HR_OK);
	if (from_ns > 0)
		hr_follower_measure_from(f, from_ns);
	for (size_t i = 0; i < t->n; i += batch)
		assert_int_equal(hr_follower_follow(f, &t->r[i], t->n - i < batch ? t->n - i : batch), HR_OK);
	o = (struct outcome){f->retained.weighted / HR_PAGE_BYTES, units(f)};
	assert_true(f->view.now_ns == t->now_ns);
	hr_follower_release(f);
	free(f);
	return o;
}

static struct outcome follow_optimal(const struct hr_settings *s, const struct trace *t, const char *param, uint64_t ns,
				     size_t batch)
{
	struct hr_policy_choice choice;
	struct hr_error err;
	struct outcome o;
	char text[64];

	snprintf(text, sizeof(text), "optimal,%s=%" PRIu64 "ns", param, ns);
	assert_int_equal(hr_policy_choose(text, &choice, &err), HR_OK);
	o = follow(&choice, s, t, 0, batch);
	hr_policy_choice_release(&choice);
	return o;
}

static void envelope_of(struct hr_envelope *e, const struct trace *t, const struct hr_settings *s, uint64_t from_ns)
{
	struct hr_intervals v;
	struct hr_error err;

	assert_int_equal(hr_intervals_init(&v, s->geometry, s->phys_page_bytes, from_ns, &err), HR_OK);
	assert_int_equal(hr_intervals_follow(&v, t->r, t->n), HR_OK);
	assert_int_equal(hr_envelope_init(e, &v, hr_page_cost(&s->cost, s->phys_page_bytes, s->huge_page_bytes), &err),
			 HR_OK);
	hr_intervals_release(&v);
}

/* What the price that has this break-even time makes of an outcome. */
static u128 worth(const struct hr_envelope *e, uint64_t break_even_ns, u128 retained_page_ns, u128 cost)
{
	return retained_page_ns * (e->page_cost.release + e->page_cost.fault) + cost * break_even_ns;
}

static void same_outcome(struct outcome a, struct outcome b)
{
	assert_true(a.retained_page_ns == b.retained_page_ns);
	assert_true(a.cost == b.cost);
}

/* --- everything is tried --------------------------------------------------- */

#define MAX_INTERVALS 7
#define NPRICES 9

static const uint64_t break_evens[NPRICES] = {1, 2, 3, 5, 8, 13, 21, 40, 90};

/*
 * Each interval by itself: never released, released when it begins, or in one
 * of two later moments. Intervals of different pages, or of one page at
 * different times, have nothing in common, so that these are all decisions; a
 * page that is released stays so until it is used, so that there is one release
 * at most in an interval.
 */
static void try_all(const struct trace *t, const struct interval *at, size_t n, const struct hr_envelope *e,
		    uint64_t from_ns)
{
	u128 best[NPRICES], none = kept(t, from_ns);
	size_t all = 1;

	memset(best, 0xff, sizeof(best));
	for (size_t i = 0; i < n; i++)
		all *= 4;
	for (size_t decisions = 0; decisions < all; decisions++) {
		struct outcome o = {none, 0};

		for (size_t i = 0, d = decisions; i < n; i++, d /= 4)
			if (d % 4 > 0)
				release_at(&o, &at[i],
					   at[i].begin_ns + (at[i].end_ns - at[i].begin_ns) * (d % 4 - 1) / 3, from_ns,
					   t->now_ns, e->page_cost);
		/* Not below the envelope; costs are whole ns. */
		assert_true(o.cost % HR_COST_UNITS == 0);
		assert_true((long double)o.retained_page_ns >=
			    hr_envelope_retained(e, (uint64_t)(o.cost / HR_COST_UNITS)) - 1e-9L);
		assert_true((long double)o.cost / HR_COST_UNITS >= hr_envelope_cpu(e, o.retained_page_ns) - 1e-9L);
		for (unsigned p = 0; p < NPRICES; p++) {
			u128 w = worth(e, break_evens[p], o.retained_page_ns, o.cost);

			best[p] = w < best[p] ? w : best[p];
		}
	}
	for (unsigned p = 0; p < NPRICES; p++) {
		struct hr_envelope_point point = hr_envelope_at(e, break_evens[p]);

		assert_true(best[p] == worth(e, break_evens[p], point.retained_page_ns, point.cost));
	}
}

/* Costs of a physical page of at most 8 KiB in whole ns, also none at all. */
static struct hr_cost random_cost(uint64_t *rng)
{
	return (struct hr_cost){
	    .page_ns = test_random(rng) % 5, .fault_ns = test_random(rng) % 7, .batch = 1 + test_random(rng) % 3};
}

static void test_nothing_does_better(void **state)
{
	static struct trace t;
	uint64_t rng = 4711;
	unsigned traces = many(60, 1200), tried = 0;

	(void)state;
	while (tried < traces) {
		struct interval at[MAX_INTERVALS];
		struct hr_cost cost = random_cost(&rng);
		struct hr_settings s = settings_of(cost, test_random(&rng) % 2 ? 4096 : 8192);
		uint64_t from_ns = 0;
		struct hr_envelope e;
		size_t n;

		random_trace(&t, 3, 12, 14, &rng);
		n = intervals_of(&t, at, MAX_INTERVALS);
		if (n == 0 || n > MAX_INTERVALS)
			continue;
		if (tried % 3 == 0)
			from_ns = test_random(&rng) % (t.now_ns + 1);
		envelope_of(&e, &t, &s, from_ns);
		assert_true(e.points[0].retained_page_ns == kept(&t, from_ns));
		try_all(&t, at, n, &e, from_ns);
		/* The policy does what the envelope says. */
		for (unsigned p = 0; p < NPRICES && from_ns == 0 && cost.page_ns + cost.fault_ns > 0; p++) {
			struct hr_envelope_point point = hr_envelope_at(&e, break_evens[p]);

			same_outcome((struct outcome){point.retained_page_ns, point.cost},
				     follow_optimal(&s, &t, "break-even", break_evens[p], 1 + p));
		}
		hr_envelope_release(&e);
		tried++;
	}
}

/* --- a policy that does as it is told: what is tried above is what a follower makes of it --- */

struct told {
	const struct trace *t;
	uint64_t frees; /* bit i: what record i frees is released at once */
};

struct told_state {
	struct hr_follower *f;
	const struct told *told;
	size_t at;
};

static void *told_create(struct hr_follower *f, const void *config)
{
	struct told_state *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->f = f;
	s->told = config;
	return s;
}

static enum hr_status told_after(void *state, const struct hr_place *r)
{
	struct told_state *s = state;

	if (r->kind == HR_PLACE_FREE && s->told->frees >> s->at & 1)
		hr_follower_release_pages(s->f, r->page, r->npages);
	hr_follower_work(s->f, hr_follower_take_spent(s->f));
	s->at++;
	return HR_OK;
}

static void test_followers_count_the_same(void **state)
{
	static const struct hr_policy_def def = {
	    .name = "told", .create = told_create, .destroy = free, .after = told_after};
	static struct trace t;
	uint64_t rng = 99;

	(void)state;
	for (unsigned i = 0; i < many(30, 300); i++) {
		struct told told = {&t, test_random(&rng)};
		const struct hr_policy_choice choice = {.def = &def, .config = &told};
		struct hr_settings s = settings_of((struct hr_cost){.page_ns = 3, .fault_ns = 5, .batch = 1}, 4096);
		struct hr_page_cost cost = hr_page_cost(&s.cost, 4096, 0);
		struct outcome o;
		uint64_t from_ns;

		random_trace(&t, PAGES, 24, 14, &rng);
		from_ns = i % 2 ? test_random(&rng) % (t.now_ns + 1) : 0;
		o = (struct outcome){kept(&t, from_ns), 0};
		/* By page, so that an interval is known by its beginning; those of no length cost nonetheless. */
		for (size_t k = 0; k < t.n; k++) {
			if (t.r[k].kind != HR_PLACE_FREE || !(told.frees >> k & 1))
				continue;
			for (uint64_t page = t.r[k].page; page < t.r[k].page + t.r[k].npages; page++) {
				struct interval v = {t.r[k].time_ns, t.now_ns, true};

				for (size_t j = k + 1; j < t.n && v.open; j++)
					if ((t.r[j].kind == HR_PLACE_ALLOC || t.r[j].kind == HR_PLACE_CACHE_USE) &&
					    t.r[j].page <= page && page < t.r[j].page + t.r[j].npages)
						v = (struct interval){v.begin_ns, t.r[j].time_ns, false};
				release_at(&o, &v, v.begin_ns, from_ns, t.now_ns, cost);
			}
		}
		same_outcome(o, follow(&choice, &s, &t, from_ns, 3));
	}
}

/* --- large physical pages: a state machine, all of whose ways are walked --- */

#define PHYS_PAGES 2u

struct walk {
	const struct trace *t;
	const struct hr_envelope *e;
	struct hr_cost cost;
	size_t ways;
};

struct pages {
	bool alloc[PAGES], cached[PAGES], released[PAGES], stamped[PAGES];
};

static bool mine(const struct hr_place *r, unsigned p)
{
	return r->page <= FIRST_PAGE + p && FIRST_PAGE + p < r->page + r->npages;
}

/* The record's effect; how many pages were released and come back. */
static unsigned change(struct pages *s, const struct hr_place *r)
{
	unsigned again = 0;

	for (unsigned p = 0; p < PAGES; p++) {
		bool bit = r->arg >> p & 1;

		if (r->kind == HR_PLACE_CACHE_FILL || r->kind == HR_PLACE_CACHE_FLUSH) {
			if (bit)
				s->cached[p] = r->kind == HR_PLACE_CACHE_FILL;
		} else if (r->kind == HR_PLACE_FREE && mine(r, p)) {
			s->alloc[p] = false;
		} else if ((r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE) && mine(r, p)) {
			again += s->released[p] && s->stamped[p];
			s->alloc[p] = true;
			s->released[p] = s->cached[p] = s->stamped[p] = false;
		}
	}
	return again;
}

static bool can_release(const struct pages *s, unsigned unit)
{
	for (unsigned p = unit * PHYS_PAGES; p < (unit + 1) * PHYS_PAGES; p++)
		if (s->alloc[p] || s->cached[p] || s->released[p])
			return false;
	return true;
}

static void walk(struct walk *w, size_t i, struct pages s, u128 retained, uint64_t cpu_ns)
{
	const struct hr_place *r = &w->t->r[i];
	uint64_t ns = i + 1 < w->t->n ? w->t->r[i + 1].time_ns - r->time_ns : 0;
	unsigned again = change(&s, r), may = 0;

	cpu_ns += hr_div_up(again, PHYS_PAGES) * w->cost.fault_ns;
	if (i + 1 == w->t->n) {
		assert_true((long double)retained >= hr_envelope_retained(w->e, cpu_ns) - 1e-9L);
		w->ways++;
		return;
	}
	for (unsigned u = 0; u < PAGES / PHYS_PAGES; u++)
		may |= (unsigned)can_release(&s, u) << u;
	/* Every subset of what can be released now; the first is none. */
	for (unsigned some = 0;; some = (some - may) & may) {
		struct pages after = s;
		unsigned released = 0;

		for (unsigned p = 0; p < PAGES; p++) {
			if (some >> (p / PHYS_PAGES) & 1)
				after.released[p] = after.stamped[p] = true;
			released += after.released[p];
		}
		walk(w, i + 1, after,
		     retained + (u128)(w->t->mapped - r->manual_pages - (HR_CHUNK_PAGES - PAGES) - released) * ns,
		     cpu_ns + hr_popcount(some) * w->cost.page_ns);
		if (some == may)
			break;
	}
}

static void test_large_physical_pages(void **state)
{
	static struct trace t;
	uint64_t rng = 31;
	size_t ways = 0;

	(void)state;
	for (unsigned i = 0; i < many(40, 1000); i++) {
		struct hr_cost cost = random_cost(&rng);
		struct hr_settings s = settings_of(cost, PHYS_PAGES * HR_PAGE_BYTES);
		struct pages fresh = {.released = {true, true, true, true, true, true, true, true}};
		struct hr_envelope e;
		struct walk w = {&t, &e, cost, 0};

		random_trace(&t, 4, 24, 14, &rng);
		envelope_of(&e, &t, &s, 0);
		walk(&w, 0, fresh, 0, 0);
		ways += w.ways;
		for (uint64_t ns = 0; ns < 60; ns += 7) {
			struct outcome o = follow_optimal(&s, &t, "break-even", ns, 5);

			assert_true((long double)o.retained_page_ns >=
				    hr_envelope_retained(&e, (uint64_t)(o.cost / HR_COST_UNITS)) - 1e-9L);
		}
		hr_envelope_release(&e);
	}
	assert_true(ways > many(400, 10000));
}

/* --- longer traces --------------------------------------------------------- */

/*
 * With the same cost for a release and a fault, half of a break-even time that
 * ends a bucket ends one, too; the envelope is exact there, whatever the lengths.
 */
static void test_the_policy_is_on_the_envelope(void **state)
{
	static struct trace t;
	uint64_t rng = 5;

	(void)state;
	for (unsigned i = 0; i < many(5, 60); i++) {
		struct hr_settings s = settings_of((struct hr_cost){.page_ns = 7, .fault_ns = 7, .batch = 1}, 4096);
		struct hr_envelope e;

		random_trace(&t, PAGES, 2000, UINT64_C(1) << (i % 40 + 1), &rng);
		envelope_of(&e, &t, &s, 0);
		for (unsigned b = 2; b < HR_INTERVAL_BUCKETS; b += 2 * HR_INTERVAL_STEPS / 3 * 2) {
			uint64_t ns = hr_interval_bucket_high(b);
			struct hr_envelope_point point = hr_envelope_at(&e, ns);
			struct outcome o = follow_optimal(&s, &t, "break-even", ns, 1 + i % 7);

			same_outcome((struct outcome){point.retained_page_ns, point.cost}, o);
			/* And nothing is left to regret. */
			assert_true((long double)o.retained_page_ns ==
				    hr_envelope_retained(&e, (uint64_t)(o.cost / HR_COST_UNITS)));
		}
		hr_envelope_release(&e);
	}
}

/* Points at which releasing everything, or nothing, stand. */
static void test_the_ends(void **state)
{
	static struct trace t;
	struct hr_settings s =
	    settings_of((struct hr_cost){.page_ns = 2, .fault_ns = 9, .call_ns = 4, .batch = 1}, 8192);
	uint64_t rng = 77;

	(void)state;
	for (unsigned i = 0; i < many(5, 50); i++) {
		struct hr_policy_choice none, eager;
		struct hr_envelope e;
		struct hr_error err;
		uint64_t from_ns;
		struct outcome o;

		random_trace(&t, PAGES, 1000, 1000000, &rng);
		from_ns = i % 2 ? t.now_ns / 3 : 0;
		envelope_of(&e, &t, &s, from_ns);
		assert_int_equal(hr_policy_choose("none", &none, &err), HR_OK);
		assert_int_equal(hr_policy_choose("eager", &eager, &err), HR_OK);
		o = follow(&none, &s, &t, from_ns, 100);
		assert_true(o.cost == 0 && o.retained_page_ns == e.points[0].retained_page_ns);
		o = follow(&eager, &s, &t, from_ns, 100);
		assert_true(o.retained_page_ns == e.points[e.nsteps].retained_page_ns);
		assert_true(o.retained_page_ns == e.in_use_page_ns);
		assert_true(o.cost >= e.points[e.nsteps].cost);
		hr_envelope_release(&e);
		hr_policy_choice_release(&none);
		hr_policy_choice_release(&eager);
	}
}

/* --- prices ---------------------------------------------------------------- */

static void test_prices(void **state)
{
	const struct hr_cost cost = {.page_ns = 550, .fault_ns = 1800};
	struct hr_page_cost page = hr_page_cost(&cost, 4096, 0);
	struct hr_break_even b;

	(void)state;
	assert_int_equal(page.release, 1100 * HR_COST_UNITS);
	assert_int_equal(page.fault, 3600 * HR_COST_UNITS);
	/* At 616.0384 ms a GiB-second a page of 8 KiB costs 4700 ns a second: 2^17 pages to a GiB. */
	b = hr_break_even_of_price(page, 616038400);
	assert_int_equal(b.closed_ns, 1000000000);
	assert_int_equal(b.open_ns, UINT64_C(1100) * 1000000000 / 4700);
	b = hr_break_even_at(page, 1000000000);
	assert_int_equal(b.closed_ns, 1000000000);
	assert_int_equal(b.open_ns, UINT64_C(1100) * 1000000000 / 4700);
	assert_true(hr_break_even_of_price(page, 0).closed_ns == HR_BREAK_EVEN_NEVER);
	/* Nothing costs nothing. */
	b = hr_break_even_of_price((struct hr_page_cost){0, 0}, 5);
	assert_int_equal(b.closed_ns, 0);
	/* A share of a large page, the cheaper of two ways, and no overflow. */
	page = hr_page_cost(&(struct hr_cost){.page_ns = 64, .fault_ns = 80}, 65536, 0);
	assert_int_equal(page.release, 8 * HR_COST_UNITS);
	assert_int_equal(page.fault, 10 * HR_COST_UNITS);
	page = hr_page_cost(
	    &(struct hr_cost){
		.page_ns = 550, .fault_ns = 10, .huge_release_ns = 7800, .huge_fault_ns = 186000, .thp = true},
	    4096, 2 << 20);
	assert_int_equal(page.release, 7800 * HR_COST_UNITS / 256);
	assert_int_equal(page.fault, 20 * HR_COST_UNITS);
	page = hr_page_cost(&(struct hr_cost){.page_ns = UINT64_MAX, .fault_ns = UINT64_MAX}, 4096, 0);
	assert_true(page.release == UINT64_C(1) << 61 && page.fault == page.release);
	assert_true(hr_break_even_at(page, UINT64_MAX - 1).open_ns == (UINT64_MAX - 1) / 2);
}

/* The same by price as by break-even time. */
static void test_the_policy_takes_a_price(void **state)
{
	static struct trace t;
	struct hr_settings s = settings_of((struct hr_cost){.page_ns = 550, .fault_ns = 1800, .batch = 1}, 4096);
	uint64_t rng = 8;

	(void)state;
	random_trace(&t, PAGES, 2000, UINT64_C(2000000000), &rng);
	same_outcome(follow_optimal(&s, &t, "break-even", 1000000000, 10),
		     follow_optimal(&s, &t, "price", 616038400, 10));
	same_outcome(follow_optimal(&s, &t, "break-even", UINT64_MAX, 10),
		     follow_optimal(&s, &t, "break-even", t.now_ns, 10));
}

HR_TEST_MAIN(optimal)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_does_better),
	    cmocka_unit_test(test_followers_count_the_same),
	    cmocka_unit_test(test_large_physical_pages),
	    cmocka_unit_test(test_the_policy_is_on_the_envelope),
	    cmocka_unit_test(test_the_ends),
	    cmocka_unit_test(test_prices),
	    cmocka_unit_test(test_the_policy_takes_a_price),
	};

	return cmocka_run_group_tests_name("optimal", tests, NULL, NULL);
}
