/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "fidelity/gctrace.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
	FIRST = 64,	   /* records that choose how the clocks stand to each other */
	NEAR_NS = 3000000, /* a start is cut to a ms, also that of the line which was chosen */
};

static int64_t printed_end(const struct hr_gc_cycle *c)
{
	return (int64_t)(c->start_ns + c->length_ns);
}

/*
 * The line whose cycle ends nearest to ns of the program's clock, from line *j
 * on, which is moved there; log->n: none is near.
 */
static size_t line_at(const struct hr_gc_log *log, int64_t ns, size_t *j)
{
	while (*j < log->n && printed_end(&log->cycles[*j]) + NEAR_NS < ns)
		++*j;
	if (*j == log->n || printed_end(&log->cycles[*j]) > ns + NEAR_NS)
		return log->n;
	while (*j + 1 < log->n &&
	       llabs(printed_end(&log->cycles[*j + 1]) - ns) < llabs(printed_end(&log->cycles[*j]) - ns))
		++*j;
	return *j;
}

/* How many of the first records find a line when the first stands beside line k, and how far these are apart. */
static size_t count_found(const struct hr_gc_log *log, const struct hr_sides *s, size_t k, int64_t *apart_ns)
{
	int64_t offset = (int64_t)s->gc_cpu[0].time_ns - printed_end(&log->cycles[k]);
	size_t n = 0, j = k;

	*apart_ns = 0;
	for (size_t i = 0; i < s->ngc_cpu && i < FIRST; i++) {
		int64_t ns = (int64_t)s->gc_cpu[i].time_ns - offset;

		if (line_at(log, ns, &j) == log->n)
			continue;
		*apart_ns += llabs(printed_end(&log->cycles[j++]) - ns);
		n++;
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void add(struct hr_gc_cpu_sum *to, const struct hr_gc_cpu_sum *x)
{
	to->cycles += x->cycles;
	to->total_ns += x->total_ns;
	to->stw_ns += x->stw_ns;
	to->assist_ns += x->assist_ns;
	to->dedicated_ns += x->dedicated_ns;
	to->idle_ns += x->idle_ns;
}

static struct hr_gc_cpu_sum printed(const struct hr_gc_cycle *c)
{
	return (struct hr_gc_cpu_sum){
	    .cycles = 1,
	    .total_ns = c->stw_cpu_ns + c->assist_cpu_ns + c->dedicated_cpu_ns + c->idle_cpu_ns,
	    .stw_ns = c->stw_cpu_ns,
	    .assist_ns = c->assist_cpu_ns,
	    .dedicated_ns = c->dedicated_cpu_ns,
	    .idle_ns = c->idle_cpu_ns,
	};
}

/* How many CPUs a stopped world counts on by the log, where these are fewer than the Ps of any line; 0: they are not. */
static unsigned stopped_cpus(const struct hr_gc_log *log)
{
	uint64_t cpu_ns = 0, clock_ns = 0;
	unsigned cpus, procs = 0;

	for (size_t i = 0; i < log->n; i++) {
		const struct hr_gc_cycle *c = &log->cycles[i];

		/* Without CPU times (a line that could not be read, or all cut to 0) it tells nothing. */
		if (c->stw_cpu_ns == 0)
			continue;
		cpu_ns += c->stw_cpu_ns;
		clock_ns += c->stw_ns;
		procs = c->procs > procs ? c->procs : procs;
	}
	if (clock_ns == 0)
		return 0;
	cpus = (unsigned)((cpu_ns + clock_ns / 2) / clock_ns);
	/* The printed figures have two digits. */
	return cpus > 0 && (uint64_t)cpus * 5 <= (uint64_t)procs * 4 ? cpus : 0;
}

/* What gctrace would print for a record of the trace. */
static struct hr_gc_cpu_sum traced(const struct hr_gc_cpu *record, unsigned stw_cpus)
{
	struct hr_gc_cpu one = *record;
	struct hr_sides sides = {.gc_cpu = &one, .ngc_cpu = 1};

	if (stw_cpus != 0 && one.procs != HR_NOT_KNOWN && one.procs > stw_cpus)
		one.procs = stw_cpus;
	return hr_gc_cpu_sum(&sides, 0, UINT64_MAX);
}

enum hr_status hr_gctrace_compare(const struct hr_gc_log *log, const struct hr_sides *sides,
				  struct hr_gctrace_agreement *a)
{
	double *apart = hr_calloc(sides->ngc_cpu, sizeof(*apart));
	size_t best = 0, most = 0, j;
	int64_t apart_ns, least_ns = 0;

	*a = (struct hr_gctrace_agreement){.printed_cycles = log->n, .traced_cycles = sides->ngc_cpu};
	if (apart == NULL && sides->ngc_cpu > 0)
		return HR_ENOMEM;
	a->stw_cpus = stopped_cpus(log);
	for (size_t k = 0; sides->ngc_cpu > 0 && k < log->n; k++) {
		size_t found = count_found(log, sides, k, &apart_ns);

		if (found > most || (found == most && found > 0 && apart_ns < least_ns)) {
			most = found;
			least_ns = apart_ns;
			best = k;
		}
	}
	j = best;
	for (size_t i = 0; most > 0 && i < sides->ngc_cpu; i++) {
		int64_t offset = (int64_t)sides->gc_cpu[0].time_ns - printed_end(&log->cycles[best]);
		size_t line = line_at(log, (int64_t)sides->gc_cpu[i].time_ns - offset, &j);

		if (line == log->n)
			continue;
		j++;
		const struct hr_gc_cpu_sum x = printed(&log->cycles[line]), y = traced(&sides->gc_cpu[i], a->stw_cpus);
		add(&a->printed, &x);
		add(&a->traced, &y);
		if (x.total_ns > 0)
			apart[a->paired++] = (double)llabs((int64_t)(y.total_ns - x.total_ns)) / (double)x.total_ns;
	}
	if (a->paired > 0) {
		qsort(apart, a->paired, sizeof(*apart), by_value);
		a->median_ratio = apart[a->paired / 2];
		a->worst_ratio = apart[a->paired - 1];
	}
	free(apart);
	return HR_OK;
}
