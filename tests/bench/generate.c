/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast workloads are made up, and nothing else: events a second of each
 * kind, by processor time, the best of several runs.
 *
 *     tests/bench/generate [KIND[,KEY=VALUE...]...]
 *
 * Without one it takes all kinds, with their defaults.
 */
#include "config.h"

#include "generate/generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 3, BATCH = 4096, EVENTS = 4000000 };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void measure(const char *text)
{
	static struct hr_event ev[BATCH];
	double best = 1e9;
	uint64_t events = 0;

	for (int run = 0; run < RUNS; run++) {
		double start = seconds(), time;
		struct hr_generator *g;
		struct hr_error err;
		size_t n;

		if (hr_generator_new(text, 1, &g, &err) != HR_OK) {
			fprintf(stderr, "generate: %s\n", err.text);
			exit(1);
		}
		while (hr_generator_stats(g)->events_total < EVENTS &&
		       hr_generator_next(g, ev, BATCH, &n, &err) == HR_OK)
			;
		events = hr_generator_stats(g)->events_total;
		hr_generator_free(g);
		time = seconds() - start;
		best = time < best ? time : best;
	}
	printf("%-40s %9" PRIu64 " events %7.1f M events/s\n", text, events, (double)events / best / 1e6);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		measure(argv[i]);
	for (size_t i = 0; argc == 1 && hr_workloads[i] != NULL; i++) {
		char text[64];

		/* Some kinds have few events a second. */
		snprintf(text, sizeof(text), "%s,events=%d", hr_workloads[i]->name, EVENTS);
		measure(text);
	}
	return 0;
}
