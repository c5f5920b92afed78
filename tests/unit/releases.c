/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy that does as it was recorded, and two policies' releases side by side. */
#include "config.h"

#include "fidelity/releases.h"
#include "replay/replay.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define PAGE0 (UINT64_C(0xc000000000) / HR_PAGE_BYTES)
#define MS UINT64_C(1000000)

struct script {
	struct hr_place r[256];
	size_t n;
	uint32_t in_use, mapped;
};

static struct hr_place *add(struct script *s, uint64_t time_ns, unsigned kind, uint64_t page, uint32_t npages)
{
	assert_true(s->n < 256);
	s->mapped += kind == HR_PLACE_GROW ? npages : 0;
	s->in_use += kind == HR_PLACE_ALLOC || kind == HR_PLACE_CACHE_USE ? npages : 0;
	s->in_use -= kind == HR_PLACE_FREE ? npages : 0;
	s->r[s->n] = (struct hr_place){.time_ns = time_ns,
				       .page = PAGE0 + page,
				       .npages = npages,
				       .kind = (uint8_t)kind,
				       .in_use_pages = s->in_use,
				       .mapped_pages = s->mapped,
				       .cache_p = -1};
	return &s->r[s->n++];
}

static void start(struct hr_follower *f, struct hr_policy_choice *choice, const char *policy)
{
	struct hr_replay_options o;
	struct hr_error err;

	hr_replay_defaults(&o);
	o.settings.geometry = hr_geometry(48);
	o.settings.procs = 1;
	assert_int_equal(hr_policy_choose(policy, choice, &err), HR_OK);
	assert_int_equal(hr_follower_init(f, choice, &o.settings, &err), HR_OK);
}

static void end(struct hr_follower *f, struct hr_policy_choice *choice)
{
	hr_follower_release(f);
	hr_policy_choice_release(choice);
	free(f);
}

/* Lines that the policy printed. */
struct lines {
	struct hr_scav_line at[8];
	size_t n;
};

static void keep_line(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line)
{
	struct lines *l = ctx;

	(void)f;
	assert_true(l->n < 8);
	l->at[l->n++] = *line;
}

/* One chunk; 100 pages used and freed; of them 10 released, and 5 of those used again. */
static void test_recorded(void **state)
{
	static struct script s;
	struct hr_follower *f = malloc(sizeof(*f));
	struct hr_policy_choice choice;
	struct lines lines = {.n = 0};

	(void)state;
	memset(&s, 0, sizeof(s));
	add(&s, 0, HR_PLACE_GROW, 0, 512);
	add(&s, 1, HR_PLACE_ALLOC, 0, 100);
	add(&s, 2, HR_PLACE_FREE, 0, 100);
	add(&s, 3, HR_PLACE_SCAV, 90, 10);
	/* The model thinks that a cache has those; a recorded span comes from it, and recorded releases go on. */
	add(&s, 4, HR_PLACE_CACHE_FILL, 64, 64)->arg = ~UINT64_C(0);
	s.r[s.n - 1].cache_p = 0;
	add(&s, 5, HR_PLACE_SCAV, 80, 5);
	add(&s, 6, HR_PLACE_CACHE_USE, 95, 5)->cache_p = 0;
	add(&s, 7, HR_PLACE_MARK_DONE, 0, 0);
	add(&s, 8, HR_PLACE_SWEEP_DONE, 0, 0)->flags = HR_PLACE_FORCED;
	/* Half of it is used, half released already: what stands in the way stays. */
	add(&s, 9, HR_PLACE_SCAV, 85, 12);
	add(&s, 10, HR_PLACE_SCAV, 110, 1);
	add(&s, 11, HR_PLACE_END, 0, 0);
	start(f, &choice, "recorded");
	f->log = keep_line;
	f->log_ctx = &lines;
	assert_int_equal(hr_follower_follow(f, s.r, 3), HR_OK);
	assert_int_equal(f->view.released_pages, 412);
	assert_int_equal(hr_follower_follow(f, s.r + 3, 1), HR_OK);
	assert_int_equal(f->view.released_pages, 422);
	assert_int_equal(hr_follower_follow(f, s.r + 4, 3), HR_OK);
	assert_int_equal(f->view.released_pages, 422 + 5 - 5);
	assert_int_equal(hr_follower_follow(f, s.r + 7, s.n - 7), HR_OK);
	/* Of the 12 the first 5. */
	assert_int_equal(f->view.released_pages, 422 + 5);
	assert_int_equal(f->count.released_bytes[HR_WHY_BACKGROUND], 20 * HR_PAGE_BYTES);
	assert_int_equal(f->count.refaulted_bytes, 5 * HR_PAGE_BYTES);
	assert_true(f->count.background_ns > 0);
	assert_int_equal(lines.n, 2);
	assert_int_equal(lines.at[0].bg_bytes, 15 * HR_PAGE_BYTES);
	assert_int_equal(lines.at[0].released_bytes, 422 * HR_PAGE_BYTES);
	assert_false(lines.at[0].forced);
	assert_int_equal(lines.at[1].eager_bytes, 5 * HR_PAGE_BYTES);
	assert_int_equal(lines.at[1].released_bytes, 427 * HR_PAGE_BYTES);
	assert_true(lines.at[1].forced);
	end(f, &choice);
}

/* Page runs as {ms, page, pages}, by a follower that is told so. */
static void release(struct hr_release_log *log, const unsigned (*runs)[3], size_t n, uint64_t until_ms)
{
	static struct script s;
	struct hr_follower *f = malloc(sizeof(*f));
	struct hr_policy_choice choice;

	memset(&s, 0, sizeof(s));
	start(f, &choice, "recorded");
	hr_release_log_start(log, f);
	add(&s, 0, HR_PLACE_GROW, 0, 512);
	for (size_t i = 0; i < n; i++) {
		/* Each is used before it is released, so that it can be more than once. */
		add(&s, runs[i][0] * MS, HR_PLACE_ALLOC, runs[i][1], runs[i][2]);
		add(&s, runs[i][0] * MS, HR_PLACE_FREE, runs[i][1], runs[i][2]);
		add(&s, runs[i][0] * MS, HR_PLACE_SCAV, runs[i][1], runs[i][2]);
	}
	add(&s, until_ms * MS, HR_PLACE_END, 0, 0);
	assert_int_equal(hr_follower_follow(f, s.r, s.n), HR_OK);
	end(f, &choice);
}
#define RELEASE(log, until, ...)                                                                                       \
	release(log, (const unsigned[][3]){__VA_ARGS__}, sizeof((const unsigned[][3]){__VA_ARGS__}) / 12, until)

static void test_same_pages(void **state)
{
	struct hr_release_log recorded, replayed;
	struct hr_release_agreement a;

	(void)state;
	/* 10 and 11 twice; 12 three seconds late; 13 only here; 20 to 23 only there. */
	RELEASE(&recorded, 9000, {100, 10, 4}, {5000, 10, 2});
	RELEASE(&replayed, 9000, {900, 10, 2}, {3100, 12, 1}, {5500, 10, 2}, {5501, 20, 4});
	assert_int_equal(hr_releases_compare(&recorded, &replayed, &a), HR_OK);
	assert_int_equal(a.recorded_pages, 6);
	assert_int_equal(a.replayed_pages, 9);
	assert_int_equal(a.same_pages, 5);
	assert_int_equal(a.same_in_time, 4);
	/* One second is still within it; the nearest is not taken twice. */
	hr_release_log_release(&replayed);
	RELEASE(&replayed, 9000, {1100, 10, 1}, {1101, 11, 1}, {1102, 10, 1});
	assert_int_equal(hr_releases_compare(&recorded, &replayed, &a), HR_OK);
	assert_int_equal(a.same_pages, 3);
	assert_int_equal(a.same_in_time, 1);
	hr_release_log_release(&recorded);
	hr_release_log_release(&replayed);
}

static void test_order(void **state)
{
	struct hr_release_log log;

	(void)state;
	/* Down, up, down; then after a pause, which begins a new run, up does not count. */
	RELEASE(&log, 9000, {10, 50, 1}, {12, 40, 1}, {14, 60, 1}, {24, 30, 1}, {35, 70, 1});
	assert_int_equal(log.pairs, 3);
	assert_int_equal(log.descending, 2);
	hr_release_log_release(&log);
}

/* Nine samples, every 100 ms, and one at the end. */
static void test_distance(void **state)
{
	struct hr_release_log recorded, replayed;
	struct hr_release_agreement a;

	(void)state;
	/* Pages that are fresh are released as well: 512 less those that were used. */
	RELEASE(&recorded, 950, {10, 0, 5});
	release(&replayed, NULL, 0, 950);
	assert_int_equal(hr_releases_compare(&recorded, &replayed, &a), HR_OK);
	assert_int_equal(a.samples, 10);
	assert_int_equal(a.worst_bytes, 0);
	assert_int_equal(a.peak_bytes, 512 * HR_PAGE_BYTES);
	replayed.bytes[2] -= 5000;
	assert_int_equal(hr_releases_compare(&recorded, &replayed, &a), HR_OK);
	assert_int_equal(a.worst_bytes, 5000);
	assert_true(a.mean_bytes == 500);
	recorded.out_of_memory = true;
	assert_int_equal(hr_releases_compare(&recorded, &replayed, &a), HR_ENOMEM);
	hr_release_log_release(&recorded);
	hr_release_log_release(&replayed);
}

HR_TEST_MAIN(releases)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recorded),
	    cmocka_unit_test(test_same_pages),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests_name("releases", tests, NULL, NULL);
}
