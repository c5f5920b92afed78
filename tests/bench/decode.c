/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast traces are read, and nothing else: events a second, of spans only
 * (objects are skipped) and of everything. The trace is decompressed into
 * memory first; what is timed is all from there: digest, batches, times, merge.
 * Then everything again from the file as it is, decompression included.
 *
 *     tests/bench/decode [TRACE...]
 *
 * Without a trace it takes the samples. Prints the best and the median of
 * several runs, by processor time; an event is one of the trace, shown or
 * skipped.
 */
#include "config.h"

#include "base/alloc.h"
#include "trace/format.h"
#include "trace/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 9, BATCH = 2048 };

static void die(const char *path, const char *what)
{
	fprintf(stderr, "decode: %s: %s\n", path, what);
	exit(1);
}

static uint8_t *slurp(const char *path, size_t *size)
{
	struct hr_input *in;
	struct hr_error err;
	enum hr_status status = hr_input_open(path, &in, &err);
	uint8_t *data = NULL;
	size_t cap = 0, n;

	*size = 0;
	while (status == HR_OK) {
		if (!hr_reserve(&data, &cap, *size + (1 << 20), 1))
			die(path, "out of memory");
		status = hr_input_read(in, data + *size, cap - *size, &n, &err);
		*size += status == HR_OK ? n : 0;
	}
	if (status != HR_END)
		die(path, err.text);
	hr_input_close(in);
	return data;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* data: NULL: from the file. */
static void measure(const char *path, const uint8_t *data, size_t size, const char *what, unsigned want)
{
	const struct hr_reader_options options = {.want = want};
	static struct hr_event ev[BATCH];
	double time[RUNS];
	uint64_t events = 0, shown = 0;

	for (int run = 0; run < RUNS; run++) {
		double start = seconds();
		struct hr_error err;
		struct hr_reader *r;
		enum hr_status status = data != NULL ? hr_reader_open_memory(data, size, &options, &r, &err)
						     : hr_reader_open(path, &options, &r, &err);
		size_t n;

		shown = 0;
		if (status == HR_OK)
			while ((status = hr_reader_next(r, ev, BATCH, &n, &err)) == HR_OK)
				shown += n;
		if (status != HR_END)
			die(path, err.text);
		events = hr_reader_stats(r)->events_total;
		hr_reader_close(r);
		time[run] = seconds() - start;
	}
	qsort(time, RUNS, sizeof(time[0]), by_value);
	printf("%-10s %9" PRIu64 " of %9" PRIu64 " events  best %7.1f  median %7.1f M events/s  %5.2f ns/event\n", what,
	       shown, events, (double)events / time[0] / 1e6, (double)events / time[RUNS / 2] / 1e6,
	       time[0] * 1e9 / (double)events);
}

static void measure_trace(const char *path)
{
	size_t size;
	uint8_t *data = slurp(path, &size);

	printf("%s, %zu bytes\n", path, size);
	measure(path, data, size, "spans", HR_WANT_SPANS);
	measure(path, data, size, "everything", (unsigned)HR_WANT_ALL);
	measure(path, NULL, 0, "from file", (unsigned)HR_WANT_ALL);
	free(data);
}

int main(int argc, char **argv)
{
	static const char *const samples[] = {"bench-json-go123.trace.zst", "phases-1p-go125.trace.zst"};
	const char *top = getenv("top_srcdir");
	char path[4096];

	for (int i = 1; i < argc; i++)
		measure_trace(argv[i]);
	for (size_t i = 0; argc < 2 && i < sizeof(samples) / sizeof(samples[0]); i++) {
		snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", samples[i]);
		measure_trace(path);
	}
	return 0;
}
