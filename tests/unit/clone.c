/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of followers: one that is made at any moment gives, on the same
 * records, the answers of the one that it was made of, to the last release and
 * trace line; it outlives it; and making it changes nothing. For every policy,
 * on random placements with page caches, GC cycles, limits and FreeOSMemory.
 */
#include "config.h"

#include "replay/replay.h"
#include "scavenge/pagemap.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)
#define CHUNKS 6u
#define PAGES (CHUNKS * HR_CHUNK_PAGES)
#define PROCS 3u
#define RECORDS 3000u
#define MS UINT64_C(1000000)

/* --- random placements ----------------------------------------------------- */

struct stream {
	struct hr_place r[RECORDS + 2];
	size_t n;
	bool used[PAGES], manual[PAGES];
	uint64_t cached[PROCS]; /* pages in each P's cache, of the block... */
	unsigned block[PROCS];	/* ...that begins at this page */
	uint32_t in_use, manual_pages, mapped;
	uint64_t now_ns;
	unsigned cycle; /* which part of a GC cycle comes next */
};

static struct hr_place *add(struct stream *s, unsigned kind, unsigned page, unsigned npages, unsigned p)
{
	struct hr_place *r = &s->r[s->n++];

	*r = (struct hr_place){.time_ns = s->now_ns,
			       .page = FIRST_PAGE + page,
			       .npages = npages,
			       .kind = (uint8_t)kind,
			       .p = (int16_t)p,
			       .cache_p = (int16_t)p,
			       .in_use_pages = s->in_use,
			       .manual_pages = s->manual_pages,
			       .mapped_pages = s->mapped};
	return r;
}

static bool in_cache(const struct stream *s, unsigned page)
{
	for (unsigned p = 0; p < PROCS; p++)
		if (page - s->block[p] < 64 && s->cached[p] >> (page - s->block[p]) & 1)
			return true;
	return false;
}

static void grow(struct stream *s)
{
	if (s->mapped == PAGES)
		return;
	s->mapped += HR_CHUNK_PAGES;
	add(s, HR_PLACE_GROW, s->mapped - HR_CHUNK_PAGES, HR_CHUNK_PAGES, 0);
}

static void set_used(struct stream *s, unsigned kind, unsigned page, unsigned n, bool used, bool manual, unsigned p)
{
	struct hr_place *r;

	*(manual ? &s->manual_pages : &s->in_use) += used ? n : -n;
	for (unsigned i = page; i < page + n; i++) {
		s->used[i] = used;
		s->manual[i] = manual;
	}
	r = add(s, kind, page, n, p);
	r->flags = (manual ? HR_PLACE_MANUAL : 0) | (used ? HR_PLACE_COMPLETE : 0);
	r->arg = kind == HR_PLACE_ALLOC && n > 40 ? n * HR_PAGE_BYTES : 0;
}

/* A span of a run of pages that are alike, at `page`. */
static void alloc_or_free(struct stream *s, unsigned page, uint64_t *rng)
{
	unsigned n = 1, most = 1 + (unsigned)(test_random(rng) % (test_random(rng) % 8 ? 12 : 300));

	if (in_cache(s, page))
		return;
	while (page + n < s->mapped && n < most && s->used[page + n] == s->used[page] &&
	       s->manual[page + n] == s->manual[page] && !in_cache(s, page + n))
		n++;
	if (s->used[page])
		set_used(s, HR_PLACE_FREE, page, n, false, s->manual[page], 0);
	else
		set_used(s, HR_PLACE_ALLOC, page, n, true, test_random(rng) % 6 == 0,
			 (unsigned)(test_random(rng) % PROCS));
}

/* The cache of a P is filled from the block of `page`; or used; or flushed. */
static void touch_cache(struct stream *s, unsigned p, unsigned page, uint64_t *rng)
{
	if (s->cached[p] == 0) {
		uint64_t bits = 0;

		page = page / 64 * 64;
		for (unsigned i = 0; i < 64; i++)
			bits |= (uint64_t)(!s->used[page + i] && !in_cache(s, page + i)) << i;
		s->block[p] = page;
		s->cached[p] = bits;
		if (bits != 0)
			add(s, HR_PLACE_CACHE_FILL, page, 64, p)->arg = bits;
	} else if (test_random(rng) % 5 == 0) {
		add(s, HR_PLACE_CACHE_FLUSH, s->block[p], 64, p)->arg = s->cached[p];
		s->cached[p] = 0;
	} else {
		unsigned i = (unsigned)__builtin_ctzll(s->cached[p]);

		s->cached[p] &= ~(UINT64_C(1) << i);
		set_used(s, HR_PLACE_CACHE_USE, s->block[p] + i, 1, true, false, p);
	}
}

static void go_on_with_cycle(struct stream *s, uint64_t *rng)
{
	static const uint8_t kinds[] = {HR_PLACE_MARK_START, HR_PLACE_MARK_DONE, HR_PLACE_HEAP_GOAL,
					HR_PLACE_SWEEP_DONE};
	struct hr_place *r = add(s, kinds[s->cycle++ % 4], 0, 0, 0);

	if (r->kind == HR_PLACE_HEAP_GOAL)
		r->arg = (4 + test_random(rng) % 20) << 20;
	else if (r->kind == HR_PLACE_SWEEP_DONE && test_random(rng) % 4 == 0)
		r->flags = HR_PLACE_FORCED;
}

static void set_something(struct stream *s, uint64_t *rng)
{
	if (test_random(rng) % 2)
		add(s, HR_PLACE_PROCS, 0, 0, 0)->arg = 1 + test_random(rng) % 8;
	else
		add(s, HR_PLACE_LIMIT, 0, 0, 0)->arg =
		    test_random(rng) % 3 ? (8 + test_random(rng) % 24) << 20 : UINT64_MAX;
}

/* What the recorded scavenger released; what can't be isn't. */
static void record_release(struct stream *s, unsigned page, uint64_t *rng)
{
	unsigned n = 1 + (unsigned)(test_random(rng) % 64), left = HR_CHUNK_PAGES - page % HR_CHUNK_PAGES;

	add(s, HR_PLACE_SCAV, page, n < left ? n : left, 0);
}

static void random_stream(struct stream *s, uint64_t seed)
{
	uint64_t rng = seed;

	memset(s, 0, sizeof(*s));
	grow(s);
	while (s->n < RECORDS) {
		unsigned page = (unsigned)(test_random(&rng) % s->mapped), what = (unsigned)(test_random(&rng) % 64);

		if (test_random(&rng) % 3 == 0)
			s->now_ns += test_random(&rng) % (test_random(&rng) % 16 ? 2 * MS : 300 * MS);
		if (what == 0)
			grow(s);
		else if (what == 1)
			set_something(s, &rng);
		else if (what < 5)
			go_on_with_cycle(s, &rng);
		else if (what < 8)
			record_release(s, page, &rng);
		else if (what < 24)
			touch_cache(s, (unsigned)(test_random(&rng) % PROCS), page, &rng);
		else
			alloc_or_free(s, page, &rng);
	}
	add(s, HR_PLACE_END, 0, 0, 0);
}

/* --- following ------------------------------------------------------------- */

struct run {
	struct hr_follower *f;
	uint64_t digest; /* of all releases and lines so far */
};

static void mix(struct run *run, uint64_t x)
{
	run->digest = (run->digest ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	run->digest ^= run->digest >> 29;
}

static void on_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	mix(ctx, f->view.now_ns);
	mix(ctx, page);
	mix(ctx, npages);
}

static void on_line(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line)
{
	(void)f;
	mix(ctx, line->time_ns);
	mix(ctx, line->work_bytes + 3 * line->bg_bytes + 5 * line->eager_bytes + 7 * line->released_bytes);
	mix(ctx, line->generation * 4 + line->forced * 2 + line->controller_reset);
}

static void watch(struct run *run)
{
	run->f->log = on_line;
	run->f->log_ctx = run;
	run->f->released_to = on_release;
	run->f->released_ctx = run;
}

static void start(struct run *run, const struct hr_policy_choice *choice, uint64_t phys_page_bytes)
{
	struct hr_replay_options o;
	struct hr_error err;

	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	o.settings.procs = 2;
	o.settings.phys_page_bytes = phys_page_bytes;
	run->f = malloc(sizeof(*run->f));
	run->digest = 1;
	assert_non_null(run->f);
	assert_int_equal(hr_follower_init(run->f, choice, &o.settings, &err), HR_OK);
	hr_follower_measure_from(run->f, 50 * MS);
	watch(run);
}

static void end(struct run *run)
{
	hr_follower_release(run->f);
	free(run->f);
}

static void copy(struct run *to, const struct run *from)
{
	struct hr_error err;

	assert_int_equal(hr_follower_clone(from->f, &to->f, &err), HR_OK);
	assert_true(to->f->nsamplers == 0 && to->f->log == NULL && to->f->released_to == NULL);
	to->digest = from->digest;
	watch(to);
}

static void same_gauge(const struct hr_gauge *a, const struct hr_gauge *b)
{
	assert_true(a->weighted == b->weighted);
	assert_true(a->value == b->value && a->peak == b->peak && a->low == b->low && a->high == b->high);
	assert_memory_equal(a->ns, b->ns, sizeof(a->ns));
}

static void same(const struct run *a, const struct run *b)
{
	const struct hr_follower *f = a->f, *g = b->f;

	assert_int_equal(a->digest, b->digest);
	assert_memory_equal(&f->count, &g->count, sizeof(f->count));
	same_gauge(&f->in_use, &g->in_use);
	same_gauge(&f->free, &g->free);
	same_gauge(&f->released, &g->released);
	same_gauge(&f->retained, &g->retained);
	assert_true(f->view.now_ns == g->view.now_ns && f->view.timer_ns == g->view.timer_ns);
	assert_true(f->view.goal_bytes == g->view.goal_bytes && f->view.released_pages == g->view.released_pages);
	assert_int_equal(f->map.in_use.total_pages, g->map.in_use.total_pages);
	for (uint64_t c = hr_chunk_of(FIRST_PAGE); hr_pagemap_has(&f->map, c); c++)
		assert_memory_equal(hr_pagemap_chunk(&f->map, c), hr_pagemap_chunk(&g->map, c),
				    sizeof(struct hr_chunk_bits));
	if (f->def->work != NULL)
		assert_memory_equal(f->def->work(f->policy), g->def->work(g->policy), sizeof(struct hr_search_work));
}

static void follow(struct run *run, const struct stream *s, size_t from, size_t to, size_t batch)
{
	for (; from < to; from += batch)
		assert_int_equal(hr_follower_follow(run->f, &s->r[from], to - from < batch ? to - from : batch), HR_OK);
}

/* --- tests ----------------------------------------------------------------- */

static void check_policy(const char *text, const struct stream *s, uint64_t phys_page_bytes, uint64_t *rng)
{
	struct hr_policy_choice choice;
	struct run alone, first, second, third;
	struct hr_error err;
	size_t a = test_random(rng) % s->n, b = a + test_random(rng) % (s->n - a), batch = 1 + test_random(rng) % 200;

	assert_int_equal(hr_policy_choose(text, &choice, &err), HR_OK);
	start(&alone, &choice, phys_page_bytes);
	follow(&alone, s, 0, s->n, batch);

	/* A copy at a, and a copy of the copy at b, while the first goes on; the first two do not live to the end. */
	start(&first, &choice, phys_page_bytes);
	follow(&first, s, 0, a, batch);
	copy(&second, &first);
	same(&first, &second);
	follow(&first, s, a, b, 77);
	end(&first);
	follow(&second, s, a, b, 1);
	copy(&third, &second);
	follow(&second, s, b, s->n, 5);
	same(&second, &alone);
	end(&second);
	follow(&third, s, b, s->n, 300);
	same(&third, &alone);
	end(&third);
	end(&alone);
	hr_policy_choice_release(&choice);
}

static void test_copies_give_the_same_answers(void **state)
{
	static const char *const more[] = {
	    "go1.18,fix=limit+flush",
	    "go1.19,offset=on,fix=sticky",
	    "go1.22,fix=setempty",
	    "optimal,break-even=2ms",
	    "optimal,break-even=400ms",
	    "decay,by=thread,time=2s",
	    "decay,ticks=1,time=300ms",
	    "rate,by=activity,pages=500",
	    "rate,interval=10ms,short=0s,long=0s",
	    "delay,by=thread,segment=8MiB",
	    NULL,
	};
	static struct stream s;
	uint64_t rng = 4;

	(void)state;
	for (unsigned round = 0; round < (test_quick() ? 2 : 12); round++) {
		uint64_t phys = round % 3 == 2 ? 65536 : 4096;

		random_stream(&s, 1000 + round);
		for (size_t i = 0; hr_policies[i] != NULL; i++)
			check_policy(hr_policies[i]->name, &s, phys, &rng);
		for (size_t i = 0; more[i] != NULL; i++)
			check_policy(more[i], &s, phys, &rng);
	}
}

/* The streams are worth something: each policy that releases at all does so on them, and has something to lose. */
static void test_policies_do_something(void **state)
{
	static struct stream s;

	(void)state;
	random_stream(&s, 1000);
	for (size_t i = 0; hr_policies[i] != NULL; i++) {
		struct hr_policy_choice choice;
		struct run run;
		struct hr_error err;

		assert_int_equal(hr_policy_choose(hr_policies[i]->name, &choice, &err), HR_OK);
		start(&run, &choice, 4096);
		follow(&run, &s, 0, s.n, 100);
		if (strcmp(hr_policies[i]->name, "none") != 0)
			assert_true(run.f->count.release_calls > 10 && run.f->count.refaulted_bytes > 0);
		end(&run);
		hr_policy_choice_release(&choice);
	}
}

static void test_not_every_policy_can_be_copied(void **state)
{
	struct hr_policy_def def = *hr_policy_find("eager");
	struct hr_policy_choice choice = {.def = &def};
	struct hr_follower *out;
	struct hr_error err;
	struct run run;

	(void)state;
	def.clone = NULL;
	start(&run, &choice, 4096);
	assert_int_equal(hr_follower_clone(run.f, &out, &err), HR_EUSAGE);
	assert_null(out);
	assert_non_null(strstr(err.text, "'eager' can't be copied"));
	end(&run);
}

HR_TEST_MAIN(clone)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copies_give_the_same_answers),
	    cmocka_unit_test(test_policies_do_something),
	    cmocka_unit_test(test_not_every_policy_can_be_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
