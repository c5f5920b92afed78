/* SPDX-License-Identifier: BSD-3-Clause */
/* Moving about in a replay: however a moment is reached, the heap is the same there. */
#include "config.h"

#include "replay/player.h"

#include "testing.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define LIMIT (UINT64_C(24) << 20)

/* A shipped trace of 0.6 s; under a limit, so that allocations release, too. And one of ten times as many records. */
static const char *const small = "bench-json-go123.trace.zst", *const large = "phases-1p-go125.trace.zst";

static const char *path_of(const char *trace)
{
	static char path[4096];
	const char *top = getenv("top_srcdir");

	snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", trace);
	return path;
}

static struct hr_policy_choice choices[2];

static int choose(void **state)
{
	(void)state;
	return hr_policy_choose("go1.22", &choices[0], NULL) != HR_OK ||
	       hr_policy_choose("go1.18", &choices[1], NULL) != HR_OK;
}

static int unchoose(void **state)
{
	(void)state;
	hr_policy_choice_release(&choices[0]);
	hr_policy_choice_release(&choices[1]);
	return 0;
}

static struct hr_player *open_player(const char *path, uint64_t history)
{
	struct hr_player_options o = {.max_history_bytes = history};
	struct hr_player *p;

	hr_replay_defaults(&o.replay);
	o.replay.settings.memory_limit_bytes = LIMIT;
	o.replay.settings.limit_given = true;
	assert_int_equal(hr_player_open(path, &o, choices, 2, &p, NULL), HR_OK);
	return p;
}

/* Until the source is no longer that. */
static enum hr_player_source wait_while(struct hr_player *p, enum hr_player_source is)
{
	struct pollfd news = {.fd = hr_player_news_fd(p), .events = POLLIN};
	enum hr_player_source now;

	while ((now = hr_player_source(p, NULL)) == is)
		assert_int_equal(poll(&news, 1, 20000), 1);
	return now;
}

static struct hr_player *open_all(const char *trace)
{
	struct hr_player *p = open_player(path_of(trace), 0);

	assert_int_not_equal(wait_while(p, HR_SOURCE_OPENING), HR_SOURCE_FAILED);
	assert_int_equal(wait_while(p, HR_SOURCE_READING), HR_SOURCE_ENDED);
	return p;
}

/* Everything that can be seen of the followers. */
static uint64_t look(struct hr_player *p)
{
	XXH3_state_t *h = XXH3_createState();
	uint64_t digest;

	assert_non_null(h);
	XXH3_64bits_reset(h);
	for (size_t i = 0; i < hr_player_followers(p); i++) {
		const struct hr_follower *f = hr_player_follower(p, i);
		const uint64_t since = f->over_limit_since_ns;

		XXH3_64bits_update(h, &f->view, offsetof(struct hr_policy_view, settings));
		XXH3_64bits_update(h, &since, sizeof(since));
		XXH3_64bits_update(h, &f->count, sizeof(f->count));
		for (uint64_t page = 0; page < UINT64_C(64) << 20 >> 13; page += HR_CHUNK_PAGES) {
			const struct hr_chunk_bits *c =
			    hr_pagemap_chunk(&f->map, hr_chunk_of((UINT64_C(0xc000000000) >> 13) + page));

			if (c != NULL)
				XXH3_64bits_update(h, c, sizeof(*c));
		}
	}
	digest = XXH3_64bits_digest(h);
	XXH3_freeState(h);
	return digest;
}

enum { MOMENTS = 40 };

static void test_seek(void **state)
{
	uint64_t seen[MOMENTS], at[MOMENTS], end, seed = 5, bytes;
	struct hr_player *p = open_all(small);

	(void)state;
	end = hr_player_known_ns(p, NULL);
	for (unsigned i = 0; i < MOMENTS; i++) {
		assert_int_equal(hr_player_follow(p, end * i / MOMENTS, HR_NEVER, NULL), HR_OK);
		assert_int_equal(hr_player_now(p), end * i / MOMENTS);
		seen[i] = look(p);
		at[i] = hr_player_at(p);
		assert_true(i == 0 || seen[i] != seen[i - 1]);
	}
	assert_int_equal(hr_player_follow(p, HR_NEVER, HR_NEVER, NULL), HR_END);
	assert_true(hr_player_at_end(p));
	assert_int_equal(hr_player_now(p), end);
	assert_in_range(hr_player_copies(p, &bytes), 1, HR_PLAYER_MAX_COPIES);
	assert_true(bytes > 0);
	for (unsigned k = 0; k < 3 * MOMENTS; k++) {
		unsigned i = (unsigned)(test_random(&seed) % MOMENTS);

		assert_int_equal(hr_player_seek(p, end * i / MOMENTS, NULL), HR_OK);
		assert_int_equal(hr_player_now(p), end * i / MOMENTS);
		assert_int_equal(hr_player_at(p), at[i]);
		assert_int_equal(look(p), seen[i]);
		assert_false(hr_player_at_end(p));
	}
	hr_player_close(p);
}

/* Record by record, there and back again. */
static void test_step(void **state)
{
	enum { STEPS = 300 };
	uint64_t seen[STEPS + 1], start;
	struct hr_player *p = open_all(small);

	(void)state;
	assert_int_equal(hr_player_step(p, false, NULL), HR_END);
	assert_int_equal(hr_player_seek(p, hr_player_known_ns(p, NULL) / 2, NULL), HR_OK);
	assert_int_equal(hr_player_step(p, true, NULL), HR_OK);
	start = hr_player_at(p);
	for (unsigned i = 0; i <= STEPS; i++) {
		assert_int_equal(hr_player_at(p), start + i);
		seen[i] = look(p);
		assert_int_equal(hr_player_step(p, true, NULL), HR_OK);
	}
	for (unsigned i = STEPS + 1; i-- > 0;) {
		assert_int_equal(hr_player_step(p, false, NULL), HR_OK);
		assert_int_equal(hr_player_at(p), start + i);
		assert_int_equal(look(p), seen[i]);
	}
	hr_player_close(p);
}

/* What is found is what the records say, from wherever one looks. */
static void test_find(void **state)
{
	struct hr_place r[512];
	uint64_t cycles[1024], ncycles = 0, have;
	struct hr_player *p = open_all(small);
	size_t n;

	(void)state;
	hr_player_known_ns(p, &have);
	for (uint64_t i = 0; i < have; i += n) {
		assert_int_equal(hr_player_records(p, i, r, 512, &n, NULL), HR_OK);
		assert_true(n > 0);
		for (size_t k = 0; k < n && ncycles < 1024; k++)
			if (r[k].kind == HR_PLACE_MARK_DONE)
				cycles[ncycles++] = r[k].time_ns;
	}
	assert_in_range(ncycles, 5, 1023);
	for (uint64_t i = 0; i < ncycles; i++) {
		assert_int_equal(hr_player_find(p, HR_MOMENT_GC, 0, true, NULL), HR_OK);
		assert_int_equal(hr_player_now(p), cycles[i]);
	}
	assert_int_equal(hr_player_find(p, HR_MOMENT_GC, 0, true, NULL), HR_END);
	for (uint64_t i = ncycles; i-- > 0;) {
		assert_int_equal(hr_player_find(p, HR_MOMENT_GC, 1, false, NULL), HR_OK);
		assert_int_equal(hr_player_now(p), cycles[i]);
	}
	assert_int_equal(hr_player_find(p, HR_MOMENT_GC, 0, false, NULL), HR_END);
	assert_int_equal(hr_player_now(p), cycles[0]);
	hr_player_close(p);
}

/* Releases and breaches are the policy's own: the counts rise there, and were the same just before. */
static void test_find_of_policies(void **state)
{
	struct hr_player *p = open_all(small);

	(void)state;
	for (size_t policy = 0; policy < 2; policy++) {
		unsigned found = 0;

		assert_int_equal(hr_player_seek(p, 0, NULL), HR_OK);
		while (hr_player_find(p, HR_MOMENT_SCAVENGE, policy, true, NULL) == HR_OK) {
			uint64_t then = hr_player_now(p), calls = hr_player_follower(p, policy)->count.release_calls;

			assert_int_equal(hr_player_seek(p, then - 2, NULL), HR_OK);
			assert_true(hr_player_follower(p, policy)->count.release_calls < calls);
			assert_int_equal(hr_player_seek(p, then, NULL), HR_OK);
			found++;
		}
		assert_true(found > 0);
		found = 0;
		assert_int_equal(hr_player_seek(p, 0, NULL), HR_OK);
		while (hr_player_find(p, HR_MOMENT_BREACH, policy, true, NULL) == HR_OK)
			found++;
		assert_int_equal(found > 0, hr_player_follower(p, policy)->count.over_limit_peak_bytes > 0);
	}
	hr_player_close(p);
}

/* A trace written by hand, all of it read; the caller closes it. */
static struct hr_player *open_written(const char *trace, struct hr_policy_choice *eager)
{
	struct hr_player_options o = {.max_history_bytes = 0};
	char path[] = "/tmp/heapreplay-player-XXXXXX";
	int fd = mkstemp(path);
	struct hr_player *p;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, trace, strlen(trace)), strlen(trace));
	close(fd);
	hr_replay_defaults(&o.replay);
	assert_int_equal(hr_policy_choose("eager", eager, NULL), HR_OK);
	assert_int_equal(hr_player_open(path, &o, eager, 1, &p, NULL), HR_OK);
	assert_int_not_equal(wait_while(p, HR_SOURCE_OPENING), HR_SOURCE_FAILED);
	assert_int_equal(wait_while(p, HR_SOURCE_READING), HR_SOURCE_ENDED);
	unlink(path);
	return p;
}

/* A limit comes into force in the middle of the trace, is exceeded and met again at once: all in one batch of records. */
static void test_breach_after_a_limit_is_set(void **state)
{
	static const char trace[] = "# heapreplay-trace 1\n! addresses on\n0 gomaxprocs n=1\n"
				    "1ms span-alloc addr=0xc000000000 npages=512 class=0\n"
				    "2ms memory-limit bytes=12MiB\n"
				    "3ms span-alloc addr=0xc000400000 npages=512 class=0\n"
				    "4ms span-free addr=0xc000400000\n"
				    "5ms span-alloc addr=0xc000400000 npages=256 class=0\n"
				    "9ms span-free addr=0xc000400000\n";
	struct hr_policy_choice eager;
	struct hr_player *p = open_written(trace, &eager);

	(void)state;
	/* 5 MiB beside the heap and 4 in use; 4 more are 1 too many, and those that follow are not. */
	assert_int_equal(hr_player_find(p, HR_MOMENT_BREACH, 0, true, NULL), HR_OK);
	assert_int_equal(hr_player_now(p), 3000001);
	assert_int_equal(hr_player_find(p, HR_MOMENT_BREACH, 0, true, NULL), HR_END);
	hr_player_close(p);
	hr_policy_choice_release(&eager);
}

/* 768 pages at 2 ms of which 512 go at 3 ms; those and 256 that never were used are free when 1024 more do not fit. */
static void test_extremes(void **state)
{
	static const char trace[] = "# heapreplay-trace 1\n! addresses on\n0 gomaxprocs n=1\n"
				    "1ms span-alloc addr=0xc000000000 npages=512 class=0\n"
				    "2ms span-alloc addr=0xc000400000 npages=256 class=0\n"
				    "3ms span-free addr=0xc000000000\n"
				    "4ms span-alloc addr=0xc000800000 npages=1024 class=0\n"
				    "5ms span-free addr=0xc000400000\n"
				    "6ms span-alloc addr=0xc000400000 npages=16 class=0\n";
	static const struct {
		enum hr_moment moment;
		uint64_t time_ns, bytes;
	} wanted[] = {
	    {HR_MOMENT_PEAK, 4000000, 1280 * HR_PAGE_BYTES},
	    {HR_MOMENT_DROP, 2000000, 512 * HR_PAGE_BYTES},
	    {HR_MOMENT_FRAGMENTED, 4000000, 768 * HR_PAGE_BYTES},
	};
	struct hr_policy_choice eager;
	struct hr_player *p = open_written(trace, &eager);
	struct hr_extreme e;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_int_equal(hr_player_find(p, wanted[i].moment, 0, i % 2 == 0, NULL), HR_OK);
		assert_int_equal(hr_player_now(p), wanted[i].time_ns);
		assert_true(hr_player_extreme(p, wanted[i].moment, 0, &e));
		assert_int_equal(e.value, wanted[i].bytes);
	}
	/* Of limit breaches there may be many: none is an extreme. */
	assert_false(hr_player_extreme(p, HR_MOMENT_BREACH, 0, &e));
	hr_player_close(p);
	hr_policy_choice_release(&eager);
}

/* Under a limit allocations wait: at the longest stall the counter says so, and not yet just before. */
static void test_stall(void **state)
{
	struct hr_player *p = open_all(small);
	struct hr_extreme e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(hr_player_find(p, HR_MOMENT_STALL, i, true, NULL), HR_OK);
		assert_true(hr_player_extreme(p, HR_MOMENT_STALL, i, &e));
		assert_int_equal(hr_player_now(p), e.time_ns);
		assert_int_equal(hr_player_follower(p, i)->count.worst_stall_ns, e.value);
		assert_int_equal(hr_player_seek(p, e.time_ns - 1, NULL), HR_OK);
		assert_true(hr_player_follower(p, i)->count.worst_stall_ns < e.value);
		assert_int_equal(hr_player_follow(p, HR_NEVER, HR_NEVER, NULL), HR_END);
		assert_int_equal(hr_player_follower(p, i)->count.worst_stall_ns, e.value);
	}
	hr_player_close(p);
}

/* The log up to now, as a replay that goes straight there prints it. */
static void test_lines(void **state)
{
	struct hr_player *p = open_all(small);
	uint64_t end = hr_player_known_ns(p, NULL);
	size_t all, some;
	const struct hr_scav_line *lines;

	(void)state;
	assert_int_equal(hr_player_follow(p, HR_NEVER, HR_NEVER, NULL), HR_END);
	hr_player_lines(p, 0, &all);
	assert_in_range(all, 5, 1000);
	assert_int_equal(hr_player_seek(p, end / 2, NULL), HR_OK);
	lines = hr_player_lines(p, 0, &some);
	assert_in_range(some, 1, all - 1);
	assert_true(lines[some - 1].time_ns <= end / 2);
	assert_true(lines[some].time_ns > end / 2);
	/* Going over the same ground does not write them again. */
	assert_int_equal(hr_player_follow(p, HR_NEVER, HR_NEVER, NULL), HR_END);
	hr_player_lines(p, 0, &some);
	assert_int_equal(some, all);
	hr_player_close(p);
}

/* Where all does not fit, the oldest goes; the rest is as it was. */
static void test_bounded(void **state)
{
	struct hr_player *all = open_all(large), *p = open_player(path_of(large), 1);
	uint64_t records, earliest, end;

	(void)state;
	hr_player_known_ns(all, &records);
	wait_while(p, HR_SOURCE_OPENING);
	while (hr_player_follow(p, HR_NEVER, HR_NEVER, NULL) == HR_END && !hr_player_at_end(p))
		poll(&(struct pollfd){.fd = hr_player_news_fd(p), .events = POLLIN}, 1, 20);
	end = hr_player_now(p);
	assert_int_equal(hr_player_at(p), records);
	assert_true(records > 2 * 4096); /* as many as are kept at least */
	earliest = hr_player_earliest_ns(p);
	assert_in_range(earliest, 1, end - 1);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t to = earliest + (end - earliest) * i / 8;

		assert_int_equal(hr_player_seek(p, to, NULL), HR_OK);
		assert_int_equal(hr_player_seek(all, to, NULL), HR_OK);
		assert_int_equal(look(p), look(all));
	}
	assert_int_equal(hr_player_seek(p, 0, NULL), HR_OK);
	assert_int_equal(hr_player_now(p), earliest);
	hr_player_close(p);
	hr_player_close(all);
}

/* Wherever one is in a trace longer than the ring, and though there is no room for copies, some way back is open. */
static void test_just_behind(void **state)
{
	struct hr_player_options o = {.max_history_bytes = 1};
	struct hr_player *all = open_all(large), *p;
	enum hr_status status = HR_OK;

	(void)state;
	hr_replay_defaults(&o.replay);
	o.replay.settings.memory_limit_bytes = LIMIT;
	o.replay.settings.limit_given = true;
	assert_int_equal(hr_player_open(path_of(large), &o, choices, 2, &p, NULL), HR_OK);
	wait_while(p, HR_SOURCE_OPENING);
	while (!hr_player_at_end(p)) {
		uint64_t at, now;

		status = hr_player_follow(p, HR_NEVER, 997, NULL);
		assert_true(status == HR_OK || status == HR_END);
		if (status == HR_END && !hr_player_at_end(p))
			poll(&(struct pollfd){.fd = hr_player_news_fd(p), .events = POLLIN}, 1, 20);
		at = hr_player_at(p);
		now = hr_player_now(p);
		if (at < 2 * 4096 || hr_player_at_end(p)) /* the ring is not full yet */
			continue;
		assert_int_equal(hr_player_seek(p, 0, NULL), HR_OK);
		assert_in_range(hr_player_at(p), 1, at - 2 * 4096 / 8);
		assert_int_equal(hr_player_step(p, false, NULL), HR_END);
		assert_int_equal(hr_player_seek(all, hr_player_now(p) - 1, NULL), HR_OK);
		assert_int_equal(hr_player_follow(all, HR_NEVER, hr_player_at(p) - hr_player_at(all), NULL), HR_OK);
		assert_int_equal(look(p), look(all));
		assert_int_equal(hr_player_follow(p, now, at - hr_player_at(p), NULL), HR_OK);
		assert_int_equal(hr_player_at(p), at);
	}
	hr_player_close(p);
	hr_player_close(all);
}

/* A pipe that says nothing, with somebody at its other end or nobody, is not waited for by close. */
static void test_pipe(void **state)
{
	char path[] = "/tmp/heapreplay-player-XXXXXX";
	int fd = mkstemp(path);
	struct hr_player *p;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (int writers = 0; writers <= 1; writers++) {
		fd = writers > 0 ? open(path, O_RDWR) : -1;
		p = open_player(path, 0);
		usleep(20000);
		assert_int_equal(hr_player_source(p, NULL), HR_SOURCE_OPENING);
		assert_int_equal(hr_player_followers(p), 0);
		hr_player_close(p);
	}
	close(fd);
	unlink(path);
}

static void test_no_file(void **state)
{
	struct hr_player *p = open_player("/nonexistent", 0);
	struct hr_error err;

	(void)state;
	assert_int_equal(wait_while(p, HR_SOURCE_OPENING), HR_SOURCE_FAILED);
	assert_int_equal(hr_player_source(p, &err), HR_SOURCE_FAILED);
	assert_non_null(strstr(err.text, "cannot open"));
	assert_null(hr_player_replay(p));
	hr_player_close(p);
}

HR_TEST_MAIN(player)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seek),
	    cmocka_unit_test(test_step),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_find_of_policies),
	    cmocka_unit_test(test_breach_after_a_limit_is_set),
	    cmocka_unit_test(test_extremes),
	    cmocka_unit_test(test_stall),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_just_behind),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests_name("player", tests, choose, unchoose);
}
