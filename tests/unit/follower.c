/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Followers and policies on placements made by hand: what must hold whatever
 * the policy (bands add up, time order, samples), and how the Go scavengers
 * pace themselves.
 */
#include "config.h"

#include "replay/replay.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_PAGE (UINT64_C(0xc000000000) / HR_PAGE_BYTES)
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

static struct hr_follower *new_follower(const char *policy, const struct hr_settings *settings)
{
	/* The configuration must outlive the follower; the tests' end frees it. */
	static struct hr_policy_choice choices[64];
	static unsigned n;
	struct hr_follower *f = malloc(sizeof(*f));
	struct hr_error err;

	assert_non_null(f);
	assert_true(n < 64);
	assert_int_equal(hr_policy_choose(policy, &choices[n], &err), HR_OK);
	assert_int_equal(hr_follower_init(f, &choices[n], settings, &err), HR_OK);
	n++;
	return f;
}

static struct hr_settings default_settings(unsigned procs)
{
	struct hr_replay_options o;

	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	o.settings.procs = procs;
	return o.settings;
}

static void end_follower(struct hr_follower *f)
{
	hr_follower_release(f);
	free(f);
}

/* A heap of records that keeps the counts as the placer would. */
struct script {
	struct hr_place r[4096];
	size_t n;
	uint32_t in_use, mapped;
};

static void add(struct script *s, uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages, uint64_t arg,
		unsigned flags)
{
	assert_true(s->n < 4096);
	if (kind == HR_PLACE_GROW)
		s->mapped += npages;
	if (kind == HR_PLACE_ALLOC)
		s->in_use += npages;
	if (kind == HR_PLACE_FREE)
		s->in_use -= npages;
	s->r[s->n++] = (struct hr_place){.time_ns = time_ns,
					 .page = page,
					 .arg = arg,
					 .npages = npages,
					 .kind = (uint8_t)kind,
					 .flags = (uint8_t)flags,
					 .in_use_pages = s->in_use,
					 .mapped_pages = s->mapped,
					 .cache_p = -1};
}

/*
 * 256 MiB grown and used in 64 spans of a chunk, then half of it freed (every
 * other one) after a cycle that says the heap will be small: the goal is far
 * below what is retained from then on.
 */
static void shrinking_heap(struct script *s, uint64_t until_ns)
{
	add(s, 0, HR_PLACE_HEAP_GOAL, 0, 0, UINT64_C(256) << 20, 0);
	for (unsigned i = 0; i < 64; i++) {
		add(s, i, HR_PLACE_GROW, CHUNK_PAGE + i * 512, 512, 0, 0);
		add(s, i, HR_PLACE_ALLOC, CHUNK_PAGE + i * 512, 512, 512 * HR_PAGE_BYTES, HR_PLACE_COMPLETE);
	}
	add(s, 10 * MS, HR_PLACE_MARK_START, 0, 0, 0, 0);
	add(s, 20 * MS, HR_PLACE_MARK_DONE, 0, 0, 0, 0);
	add(s, 20 * MS, HR_PLACE_HEAP_GOAL, 0, 0, UINT64_C(64) << 20, 0);
	for (unsigned i = 0; i < 64; i += 2)
		add(s, 21 * MS, HR_PLACE_FREE, CHUNK_PAGE + i * 512, 512, 0, 0);
	add(s, 30 * MS, HR_PLACE_SWEEP_DONE, 0, 0, 0, 0);
	add(s, 40 * MS, HR_PLACE_MARK_START, 0, 0, 0, 0);
	add(s, 41 * MS, HR_PLACE_MARK_DONE, 0, 0, 0, 0);
	add(s, 41 * MS, HR_PLACE_HEAP_GOAL, 0, 0, UINT64_C(64) << 20, 0);
	add(s, 42 * MS, HR_PLACE_SWEEP_DONE, 0, 0, 0, 0);
	add(s, until_ns, HR_PLACE_END, 0, 0, 0, 0);
}

static void bands_add_up(const struct hr_follower *f)
{
	uint64_t released = 0, free_pages = 0;

	for (size_t i = 0; i < f->map.in_use.n; i++) {
		for (uint64_t p = f->map.in_use.at[i].base; p < f->map.in_use.at[i].limit; p += 512) {
			const struct hr_chunk_bits *c = hr_pagemap_chunk(&f->map, hr_chunk_of(p));

			released += hr_bitmap_count(c->scavenged, 0, 512);
			free_pages += 512 - hr_bitmap_count(c->alloc, 0, 512);
		}
	}
	assert_int_equal(f->view.released_pages, released);
	assert_int_equal(f->view.released_pages + hr_follower_free_pages(f), free_pages);
	assert_int_equal(f->view.mapped_pages, f->view.in_use_pages + f->view.manual_pages + free_pages);
}

static void test_bands_add_up_under_every_policy(void **state)
{
	static struct script s;
	struct hr_settings settings = default_settings(1);

	(void)state;
	memset(&s, 0, sizeof(s));
	shrinking_heap(&s, 2 * S);
	for (size_t i = 0; hr_policies[i] != NULL; i++) {
		struct hr_follower *f = new_follower(hr_policies[i]->name, &settings);

		for (size_t k = 0; k < s.n; k++) {
			assert_int_equal(hr_follower_follow(f, &s.r[k], 1), HR_OK);
			bands_add_up(f);
		}
		end_follower(f);
	}
}

/* The same records in one batch or in many: the same figures. */
static void test_batches_do_not_matter(void **state)
{
	static struct script s;
	struct hr_settings settings = default_settings(2);
	struct hr_follower *a = new_follower("go1.22", &settings), *b = new_follower("go1.22", &settings);

	(void)state;
	memset(&s, 0, sizeof(s));
	shrinking_heap(&s, 3 * S);
	assert_int_equal(hr_follower_follow(a, s.r, s.n), HR_OK);
	for (size_t k = 0; k < s.n; k++)
		assert_int_equal(hr_follower_follow(b, &s.r[k], 1), HR_OK);
	assert_memory_equal(&a->count, &b->count, sizeof(a->count));
	assert_memory_equal(&a->retained, &b->retained, sizeof(a->retained));
	end_follower(a);
	end_follower(b);
}

/*
 * "The background scavenger uses 1 % of the processors": with work for minutes
 * its simulated CPU time is 1 % of P times the time that passed, or what is asked for.
 */
static void background_share(const char *policy, unsigned procs, unsigned percent)
{
	static struct script s;
	struct hr_settings settings = default_settings(procs);
	struct hr_follower *f;
	double share;

	/*
	 * Releases 67 times as slow as the default (and more, the more Ps work), and none of a whole huge page
	 * at once, so that there is work until the end in small pieces.
	 */
	settings.cost.page_ns = UINT64_C(20000) * procs * percent;
	settings.huge_page_bytes = 0;
	f = new_follower(policy, &settings);
	memset(&s, 0, sizeof(s));
	shrinking_heap(&s, 20 * S);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	assert_true(hr_follower_retained_bytes(f) > f->view.goal_bytes);
	share = (double)f->count.background_ns / ((double)(20 * S - 40 * MS) * procs);
	printf("# %s, %u Ps: %.4f of a P\n", policy, procs, share);
	assert_true(share > 0.008 * percent && share < 0.012 * percent);
	end_follower(f);
}

static void test_background_takes_one_percent(void **state)
{
	(void)state;
	background_share("go1.18", 1, 1);
	background_share("go1.19", 1, 1);
	background_share("go1.19", 4, 1);
	background_share("go1.22", 1, 1);
	background_share("go1.22", 4, 1);
}

static void test_background_takes_its_share(void **state)
{
	(void)state;
	background_share("go1.22,share=4%", 1, 4);
	background_share("go1.22,share=2%,burst=5ms", 4, 2);
	background_share("go1.19,quantum=8KiB", 1, 1);
	/* Pages cost 40 us here and are taken to cost 10: four times as much as is meant. */
	background_share("go1.22,timed=off,share=0.5%", 1, 2);
	background_share("go1.22,timed=off,guess=40us,share=2%", 1, 2);
}

/* It works down to the goal and stops there: 110 % of in use at the mark, times the ratio of the goals. */
static void test_background_stops_at_the_goal(void **state)
{
	static struct script s;
	struct hr_settings settings = default_settings(4);
	struct hr_follower *f = new_follower("go1.19", &settings);

	(void)state;
	memset(&s, 0, sizeof(s));
	shrinking_heap(&s, 10 * S);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	/* Second cycle: 128 MiB in use at its mark, goals 64 MiB before and after: 140.8 MiB. */
	assert_int_equal(f->view.goal_bytes, ((UINT64_C(128) << 20) * 11 / 10 + 4095) / 4096 * 4096);
	assert_true(hr_follower_retained_bytes(f) <= f->view.goal_bytes);
	/* Not further below than the last release: a huge page at most. */
	assert_true(hr_follower_retained_bytes(f) + (UINT64_C(2) << 20) >= f->view.goal_bytes);
	end_follower(f);
}

/* A record with the counts of the last one. */
static void add_like_last(struct script *s, uint64_t time_ns, unsigned kind)
{
	s->r[s->n] = s->r[s->n - 1];
	s->r[s->n].time_ns = time_ns;
	s->r[s->n].flags = 0;
	s->r[s->n++].kind = (uint8_t)kind;
}

/* Pages released `after` the first sweep is done, where the recorded scavenger ran before, and `ran` after that sweep. */
static uint64_t released_after(uint64_t after, bool told, uint64_t ran)
{
	static struct script s, cut;
	struct hr_settings settings = default_settings(1);
	struct hr_follower *f = new_follower("go1.19", &settings);
	uint64_t done = 0, pages;

	memset(&s, 0, sizeof(s));
	memset(&cut, 0, sizeof(cut));
	shrinking_heap(&s, 10 * S);
	for (size_t i = 0; i < s.n && done == 0; i++) {
		cut.r[cut.n++] = s.r[i];
		if (told && (i == 0 || s.r[i].kind == HR_PLACE_MARK_START))
			add_like_last(&cut, s.r[i].time_ns, HR_PLACE_SCAV_RUNS);
		done = s.r[i].kind == HR_PLACE_SWEEP_DONE ? s.r[i].time_ns : 0;
	}
	if (ran != 0)
		add_like_last(&cut, done + ran, HR_PLACE_SCAV_RUNS);
	if (after >= ran)
		add_like_last(&cut, done + after, HR_PLACE_END);
	assert_int_equal(hr_follower_follow(f, cut.r, cut.n), HR_OK);
	pages = f->view.released_pages;
	end_follower(f);
	return pages;
}

/* Woken, it needs a P: where the trace tells when the recorded scavenger got one, it gets it then. */
static void test_background_waits_for_a_p(void **state)
{
	const uint64_t before = released_after(5 * MS, false, 0);

	(void)state;
	/* Not told: by sysmon, 10 ms after the sweep. */
	assert_int_equal(released_after(9 * MS, false, 0), before);
	assert_true(released_after(40 * MS, false, 0) > before);
	/* The record itself is the last here: what it starts takes time. */
	assert_int_equal(released_after(0, true, 50 * MS), before);
	assert_true(released_after(60 * MS, true, 50 * MS) > before);
	/* Earlier than sysmon would be. */
	assert_true(released_after(9 * MS, true, 2 * MS) > before);
	/* It does not come: 100 ms, and no longer. */
	assert_int_equal(released_after(99 * MS, true, 0), before);
	assert_true(released_after(110 * MS, true, 0) > before);
}

/* An allocation that puts mapped memory above the limit releases the excess at once. */
static void test_memory_limit_at_allocation(void **state)
{
	static struct script s;
	struct hr_settings settings = default_settings(1);
	struct hr_follower *f;

	(void)state;
	settings.memory_limit_bytes = UINT64_C(13) << 20; /* 5 of them beside the heap */
	memset(&s, 0, sizeof(s));
	for (unsigned i = 0; i < 2; i++) {
		add(&s, 0, HR_PLACE_GROW, CHUNK_PAGE + i * 512, 512, 0, 0);
		add(&s, 0, HR_PLACE_ALLOC, CHUNK_PAGE + i * 512, 512, 0, HR_PLACE_COMPLETE);
	}
	add(&s, 1 * MS, HR_PLACE_FREE, CHUNK_PAGE, 512, 0, 0);
	add(&s, 2 * MS, HR_PLACE_GROW, CHUNK_PAGE + 1024, 512, 0, 0);
	/* 8 MiB mapped and ready (4 of them free), 5 beside: 13. 1 MiB of new memory is 1 MiB over. */
	add(&s, 3 * MS, HR_PLACE_ALLOC, CHUNK_PAGE + 1024, 128, 0, HR_PLACE_COMPLETE);
	add(&s, 4 * MS, HR_PLACE_END, 0, 0, 0, 0);
	f = new_follower("go1.22", &settings);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	/* 1 MiB was wanted; the huge page it lies in is kept whole, so that 2 MiB go. */
	assert_int_equal(f->count.released_bytes[HR_WHY_LIMIT], 2 << 20);
	assert_int_equal(f->count.stalls, 1);
	end_follower(f);

	settings.huge_page_bytes = 0;
	f = new_follower("go1.22", &settings);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	assert_int_equal(f->count.released_bytes[HR_WHY_LIMIT], 1 << 20);
	end_follower(f);
}

struct seen {
	uint64_t times[64];
	uint64_t in_use[64];
	unsigned n;
	bool last;
};

static uint64_t see(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct seen *s = ctx;

	s->times[s->n] = time_ns;
	s->in_use[s->n++] = f->view.in_use_pages;
	s->last = last;
	return time_ns + 10;
}

/* A sample at a time sees every record of that time, and none of later ones. */
static void test_samples_stand_after_their_time(void **state)
{
	static struct script s;
	struct hr_settings settings = default_settings(1);
	struct hr_follower *f = new_follower("none", &settings);
	struct seen seen = {.n = 0};

	(void)state;
	memset(&s, 0, sizeof(s));
	add(&s, 0, HR_PLACE_GROW, CHUNK_PAGE, 512, 0, 0);
	for (unsigned i = 1; i <= 5; i++)
		add(&s, 5 * i, HR_PLACE_ALLOC, CHUNK_PAGE + i, 1, 0, HR_PLACE_COMPLETE);
	add(&s, 27, HR_PLACE_END, 0, 0, 0, 0);
	hr_follower_sample(f, (struct hr_sampler){0, see, &seen});
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.times[0], 0);
	assert_int_equal(seen.in_use[0], 0);
	assert_int_equal(seen.times[1], 10);
	assert_int_equal(seen.in_use[1], 2);
	assert_int_equal(seen.times[2], 20);
	assert_int_equal(seen.in_use[2], 4);
	assert_int_equal(seen.times[3], 27);
	assert_int_equal(seen.in_use[3], 5);
	assert_true(seen.last);
	end_follower(f);
}

/* Released, used again half a second later and two seconds later: the first is thrash, both are refaults. */
static void test_refaults_and_thrash(void **state)
{
	static struct script s;
	struct hr_settings settings = default_settings(1);
	struct hr_follower *f = new_follower("eager", &settings);

	(void)state;
	memset(&s, 0, sizeof(s));
	add(&s, 0, HR_PLACE_GROW, CHUNK_PAGE, 512, 0, 0);
	add(&s, 0, HR_PLACE_ALLOC, CHUNK_PAGE, 10, 0, HR_PLACE_COMPLETE);
	add(&s, 1 * S, HR_PLACE_FREE, CHUNK_PAGE, 10, 0, 0);
	add(&s, 1 * S + 500 * MS, HR_PLACE_ALLOC, CHUNK_PAGE, 4, 0, HR_PLACE_COMPLETE);
	add(&s, 3 * S, HR_PLACE_ALLOC, CHUNK_PAGE + 4, 5, 0, HR_PLACE_COMPLETE);
	add(&s, 3 * S, HR_PLACE_ALLOC, CHUNK_PAGE + 20, 7, 0, HR_PLACE_COMPLETE);
	add(&s, 4 * S, HR_PLACE_END, 0, 0, 0, 0);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	assert_int_equal(f->count.refaulted_bytes, 9 * HR_PAGE_BYTES);
	assert_int_equal(f->count.thrash_bytes, 4 * HR_PAGE_BYTES);
	assert_int_equal(f->count.fresh_bytes, (10 + 7) * HR_PAGE_BYTES);
	assert_int_equal(f->count.fault_ns, 9 * 2 * 1800);
	assert_int_equal(f->count.synchronous_ns, 1500 + 20 * 550);
	end_follower(f);
}

/* A span of four chunks comes back in parts: all of it is counted once, whatever the order, and in time. */
static void test_refaults_of_whole_chunks(void **state)
{
	struct hr_settings settings = default_settings(1);
	struct hr_follower *f = new_follower("eager", &settings);
	struct script s = {0};

	(void)state;
	add(&s, 0, HR_PLACE_GROW, CHUNK_PAGE, 2048, 0, 0);
	add(&s, 0, HR_PLACE_ALLOC, CHUNK_PAGE, 2048, 0, 0);
	add(&s, 1 * S, HR_PLACE_FREE, CHUNK_PAGE, 2048, 0, 0);
	/* At once: 100 pages of the first chunk. Later: the second as a whole, and over a border. */
	add(&s, 1 * S + 500 * MS, HR_PLACE_ALLOC, CHUNK_PAGE + 7, 100, 0, 0);
	add(&s, 10 * S, HR_PLACE_ALLOC, CHUNK_PAGE + 512, 512, 0, 0);
	add(&s, 10 * S, HR_PLACE_ALLOC, CHUNK_PAGE + 1024 + 500, 24, 0, 0);
	/* What was used and given back again comes back at once. */
	add(&s, 20 * S, HR_PLACE_FREE, CHUNK_PAGE + 7, 100, 0, 0);
	add(&s, 20 * S + 10 * MS, HR_PLACE_ALLOC, CHUNK_PAGE, 512, 0, 0);
	add(&s, 30 * S, HR_PLACE_END, 0, 0, 0, 0);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	assert_int_equal(f->count.refaulted_bytes, (100 + 512 + 24 + 512) * HR_PAGE_BYTES);
	assert_int_equal(f->count.thrash_bytes, (100 + 100) * HR_PAGE_BYTES);
	assert_int_equal(f->count.fresh_bytes, 2048 * HR_PAGE_BYTES);
	assert_int_equal(hr_follower_refaults(f, hr_chunk_of(CHUNK_PAGE)), 100 + 512);
	assert_int_equal(hr_follower_refaults(f, hr_chunk_of(CHUNK_PAGE) + 1), 512);
	assert_int_equal(hr_follower_refaults(f, hr_chunk_of(CHUNK_PAGE) + 2), 12);
	assert_int_equal(hr_follower_refaults(f, hr_chunk_of(CHUNK_PAGE) + 3), 12);
	end_follower(f);
}

HR_TEST_MAIN(follower)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bands_add_up_under_every_policy), cmocka_unit_test(test_batches_do_not_matter),
	    cmocka_unit_test(test_background_takes_one_percent),    cmocka_unit_test(test_background_takes_its_share),
	    cmocka_unit_test(test_background_stops_at_the_goal),    cmocka_unit_test(test_memory_limit_at_allocation),
	    cmocka_unit_test(test_samples_stand_after_their_time),  cmocka_unit_test(test_refaults_and_thrash),
	    cmocka_unit_test(test_refaults_of_whole_chunks),	    cmocka_unit_test(test_background_waits_for_a_p),
	};

	return cmocka_run_group_tests_name("follower", tests, NULL, NULL);
}
