/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events a second of a whole replay, one thread: reading, placing, following
 * one policy (go1.22) or all that fit; and of the stages alone. Then how much
 * longer all of them take than one, on all processors.
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
#include <unistd.h>

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

#define MAX_POLICIES 32

/* jobs as in hr_replay_options; of the policies those that fit the trace. */
static uint64_t follow(const char *path, const char *const *names, size_t n, unsigned jobs, bool intervals)
{
	struct hr_policy_choice choices[MAX_POLICIES], own;
	struct hr_replay_options options;
	struct hr_replay r;
	struct hr_error err;
	uint64_t total;

	hr_replay_defaults(&options);
	options.jobs = jobs;
	options.intervals = intervals;
	for (size_t i = 0; i < n; i++) {
		if (hr_policy_choose(names[i], &choices[i], &err) != HR_OK)
			die(&err);
		choices[i].if_fits = true;
	}
	if (hr_replay_open(&r, path, &options, choices, n, &own, &err) != HR_OK || hr_replay_run(&r, &err) != HR_OK)
		die(&err);
	total = hr_reader_stats(r.reader)->events_total;
	hr_replay_close(&r);
	for (size_t i = 0; i < n; i++)
		hr_policy_choice_release(&choices[i]);
	return total;
}

static const char *const one[] = {"go1.22"};

/* What `compare` runs without -p. */
static size_t all(const char *names[MAX_POLICIES])
{
	size_t n = 0;

	for (; hr_policies[n] != NULL && n < MAX_POLICIES; n++)
		names[n] = hr_policies[n]->name;
	return n;
}

static uint64_t one_policy(const char *path)
{
	return follow(path, one, 1, 1, false);
}

static uint64_t all_policies(const char *path)
{
	const char *names[MAX_POLICIES];

	return follow(path, names, all(names), 1, true);
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

/* How much longer all policies take than one, on all processors; each ratio is of two runs one after the other. */
static void measure_ratio(const char *path)
{
	const char *names[MAX_POLICIES];
	double ratios[RUNS];
	size_t n = all(names);

	for (unsigned i = 0; i < RUNS; i++) {
		double start = now(), middle;

		follow(path, one, 1, 0, false);
		middle = now();
		follow(path, names, n, 0, true);
		ratios[i] = (now() - middle) / (middle - start);
	}
	qsort(ratios, RUNS, sizeof(ratios[0]), by_value);
	printf("%-14s %10.2f %10.2f times the wall time of one policy (%zu policies, %ld processors)\n", "compare -j",
	       ratios[0], ratios[RUNS / 2], n, sysconf(_SC_NPROCESSORS_ONLN));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		printf("%s\n", argv[i]);
		measure("decode", decode, argv[i]);
		measure("replay", one_policy, argv[i]);
		measure("compare -j 1", all_policies, argv[i]);
		measure_ratio(argv[i]);
	}
	return 0;
}
