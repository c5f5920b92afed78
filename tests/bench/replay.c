/*
 * Events a second of a whole replay, one thread: reading, placing, following
 * one policy (go1.22) or all six; and of the stages alone.
 *
 *   replay TRACE...      uncompressed ones; prints NAME best median unit
 */
#include "config.h"

#include "base/alloc.h"
#include "replay/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 7

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const struct hr_error *err)
{
	fprintf(stderr, "replay: %s\n", err->text);
	exit(1);
}

/* Each returns the number of events of the trace. */
static uint64_t decode(const char *path)
{
	static struct hr_event events[8192];
	struct hr_reader *r;
	struct hr_error err;
	enum hr_status status;
	uint64_t total;
	size_t n;

	if (hr_reader_open(path, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &r, &err) != HR_OK)
		die(&err);
	while ((status = hr_reader_next(r, events, 8192, &n, &err)) == HR_OK)
		;
	if (status != HR_END)
		die(&err);
	total = hr_reader_stats(r)->events_total;
	hr_reader_close(r);
	return total;
}

static uint64_t follow(const char *path, const char *const *names, size_t n)
{
	struct hr_policy_choice choices[8], own;
	struct hr_replay_options options;
	struct hr_replay r;
	struct hr_error err;
	uint64_t total;

	hr_replay_defaults(&options);
	options.jobs = 1;
	for (size_t i = 0; i < n; i++)
		if (hr_policy_choose(names[i], &choices[i], &err) != HR_OK)
			die(&err);
	if (hr_replay_open(&r, path, &options, choices, n, &own, &err) != HR_OK || hr_replay_run(&r, &err) != HR_OK)
		die(&err);
	total = hr_reader_stats(r.reader)->events_total;
	hr_replay_close(&r);
	for (size_t i = 0; i < n; i++)
		hr_policy_choice_release(&choices[i]);
	return total;
}

static uint64_t one_policy(const char *path)
{
	static const char *const names[] = {"go1.22"};

	return follow(path, names, 1);
}

static uint64_t all_policies(const char *path)
{
	static const char *const names[] = {"go1.18", "go1.19", "go1.21", "go1.22", "none", "eager"};

	return follow(path, names, 6);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(const char *name, uint64_t (*run)(const char *), const char *path)
{
	double rates[RUNS];

	for (unsigned i = 0; i < RUNS; i++) {
		double start = now();
		uint64_t events = run(path);

		rates[i] = (double)events / (now() - start) / 1e6;
	}
	qsort(rates, RUNS, sizeof(rates[0]), by_value);
	printf("%-14s %10.1f %10.1f million events/s\n", name, rates[RUNS - 1], rates[RUNS / 2]);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		printf("%s\n", argv[i]);
		measure("decode", decode, argv[i]);
		measure("replay", one_policy, argv[i]);
		measure("compare", all_policies, argv[i]);
	}
	return 0;
}
