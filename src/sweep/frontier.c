/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sweep/frontier.h"

#include "base/alloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The points of the traces meant, and the settings that all of these have. */
#define POINTS                                                                                                         \
	"WITH p AS (SELECT * FROM points WHERE heapreplay = (SELECT max(heapreplay) FROM points) AND "                 \
	"(?1 IS NULL OR path = ?1 OR trace_id = ?1)), n AS (SELECT count(DISTINCT trace_id) AS traces FROM p) "
#define SUMS                                                                                                           \
	POINTS "SELECT max(own), gogc, memory_limit, policy, sum(memory_bytes), sum(memory_low), sum(memory_high), "   \
	       "sum(cpu_ns), sum(cpu_low), sum(cpu_high), traces, min(path), count(DISTINCT gogc) FROM p, n "          \
	       "GROUP BY settings_hash HAVING count(*) = traces ORDER BY 5, 8, settings_hash"

static double number(const json_t *v)
{
	return json_is_number(v) ? json_number_value(v) : 0;
}

/* Of many programs their own settings are not the same. */
static void describe(struct hr_frontier_point *p, json_t *const *v)
{
	const bool same = !p->own || number(v[10]) == 1;
	const char *limit = json_string_value(v[2]), *policy = json_string_value(v[3]);
	int n = 0;

	p->text[0] = '\0';
	if (!same)
		snprintf(p->text, sizeof(p->text), "own settings");
	if (!same)
		return;
	if (json_is_integer(v[1]))
		n = snprintf(p->text, sizeof(p->text), "GOGC %" JSON_INTEGER_FORMAT ", ", json_integer_value(v[1]));
	else if (json_is_string(v[1]))
		n = snprintf(p->text, sizeof(p->text), "GOGC off, ");
	if (limit != NULL && strcmp(limit, "off") != 0)
		n += snprintf(p->text + n, sizeof(p->text) - (size_t)n, "limit %.20s, ", limit);
	snprintf(p->text + n, sizeof(p->text) - (size_t)n, "%.100s", policy != NULL ? policy : "");
}

static enum hr_status take(void *ctx, json_t *const *v, size_t n, const char *const *names, struct hr_error *err)
{
	struct hr_frontier *f = ctx;
	struct hr_frontier_point *p;
	const char *path = json_string_value(v[11]), *slash = path != NULL ? strrchr(path, '/') : NULL;

	(void)n;
	(void)names;
	if (!hr_reserve(&f->at, &f->cap, f->n + 1, sizeof(*f->at)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	p = &f->at[f->n++];
	*p = (struct hr_frontier_point){
	    .own = number(v[0]) != 0,
	    .memory = number(v[4]),
	    .memory_low = number(v[5]),
	    .memory_high = number(v[6]),
	    .cpu = number(v[7]),
	    .cpu_low = number(v[8]),
	    .cpu_high = number(v[9]),
	};
	f->ntraces = (size_t)number(v[10]);
	if (f->ntraces == 1 && path != NULL)
		snprintf(f->name, sizeof(f->name), "%s", slash != NULL ? slash + 1 : path);
	describe(p, v);
	return HR_OK;
}

/* In order of memory a point is unbeaten if nothing before it costs as little; the knee is as views.c has it. */
static void find(struct hr_frontier *f)
{
	double least = INFINITY, memory_least = INFINITY, memory_most = 0, cpu_least = INFINITY, cpu_most = 0;
	double best = INFINITY;
	struct hr_frontier_point *knee = NULL;

	for (size_t i = 0; i < f->n; i++) {
		struct hr_frontier_point *p = &f->at[i];

		p->unbeaten = p->cpu < least;
		if (!p->unbeaten)
			continue;
		least = p->cpu;
		memory_least = fmin(memory_least, p->memory);
		memory_most = fmax(memory_most, p->memory);
		cpu_least = fmin(cpu_least, p->cpu);
		cpu_most = fmax(cpu_most, p->cpu);
	}
	for (size_t i = 0; i < f->n; i++) {
		struct hr_frontier_point *p = &f->at[i];
		double sum = (p->memory - memory_least) / fmax(memory_most - memory_least, 1) +
			     (p->cpu - cpu_least) / fmax(cpu_most - cpu_least, 1);

		if (!p->unbeaten || sum >= best)
			continue;
		best = sum;
		knee = p;
	}
	if (knee != NULL)
		knee->knee = true;
}

enum hr_status hr_frontier_read(struct hr_frontier *f, struct hr_results *r, const char *trace, struct hr_error *err)
{
	enum hr_status status;

	memset(f, 0, sizeof(*f));
	status = hr_results_query(r, SUMS, trace, NULL, take, f, err);
	if (status == HR_OK && f->n == 0)
		status = hr_error_set(err, HR_EINPUT,
				      trace != NULL ? "it has no runs of that trace that went well"
						    : "it has no setting that all traces have");
	if (status == HR_OK)
		find(f);
	else
		hr_frontier_release(f);
	return status;
}

void hr_frontier_release(struct hr_frontier *f)
{
	free(f->at);
	memset(f, 0, sizeof(*f));
}
