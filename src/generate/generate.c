/* SPDX-License-Identifier: BSD-3-Clause */
/* A generator: runs a kind's program, ends it at the requested time, and adds the settings around it. */
#include "config.h"

#include "generate/generate.h"

#include "base/units.h"
#include "generate/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_A_SECOND UINT64_C(1000000000)
#define MAX_SECONDS 1e8 /* three years; the clock of flows goes on to nine */

struct hr_generator {
	const struct hr_workload_def *def;
	void *config, *state;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_events waiting; /* from `given` on */
	size_t given;
	uint64_t end_ns;
	uint64_t most;	/* events; UINT64_MAX: no such end */
	uint64_t bound; /* then: more are an error */
	bool ended;
};

const struct hr_workload_def *const hr_workloads[] = {
    &hr_workload_steady,
    &hr_workload_ramp,
    &hr_workload_sawtooth,
    &hr_workload_bursty,
    &hr_workload_fragment,
    &hr_workload_phases,
    &hr_workload_against_background,
    &hr_workload_against_density,
    &hr_workload_against_walk,
    &hr_workload_against_eager,
    &hr_workload_against_delay,
    &hr_workload_against_first_fit,
    NULL,
};

/* --- what a user may say ------------------------------------------------------ */

enum hr_status hr_workload_bytes_within(const char *name, uint64_t value, uint64_t low, uint64_t high,
					struct hr_error *err)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	if (value >= low && value <= high)
		return HR_OK;
	return hr_error_set(err, HR_EUSAGE, "%s is %s; it can be %s to %s", name, hr_format_bytes(a, value),
			    hr_format_bytes(b, low), hr_format_bytes(c, high));
}

enum hr_status hr_workload_ns_within(const char *name, uint64_t value, uint64_t low, uint64_t high,
				     struct hr_error *err)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	if (value >= low && value <= high)
		return HR_OK;
	return hr_error_set(err, HR_EUSAGE, "%s is %s; it can be %s to %s", name, hr_format_ns(a, value),
			    hr_format_ns(b, low), hr_format_ns(c, high));
}

static const struct hr_workload_def *find(const char *name, size_t len)
{
	for (size_t i = 0; hr_workloads[i] != NULL; i++)
		if (strlen(hr_workloads[i]->name) == len && memcmp(hr_workloads[i]->name, name, len) == 0)
			return hr_workloads[i];
	return NULL;
}

static enum hr_status unknown(const char *name, size_t len, struct hr_error *err)
{
	char names[256] = "";
	size_t n = 0;

	for (size_t i = 0; hr_workloads[i] != NULL && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", hr_workloads[i]->name);
	return hr_error_set(err, HR_EUSAGE, "there is no workload '%.*s'; there are: %s", (int)(len < 60 ? len : 60),
			    name, names);
}

static enum hr_status configure(struct hr_generator *g, const char *params, struct hr_error *err)
{
	const struct hr_workload *common;
	char what[80];

	g->config = hr_calloc(1, g->def->config_bytes);
	if (g->config == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	snprintf(what, sizeof(what), "workload %s", g->def->name);
	hr_params_init(g->def->params, g->config);
	HR_TRY(hr_params_parse(g->def->params, g->config, params, what, err));
	common = g->config;
	if (!(common->seconds > 0 && common->seconds <= MAX_SECONDS))
		return hr_error_set(err, HR_EUSAGE, "seconds=%g: it can be more than 0, up to 100000000",
				    common->seconds);
	if (common->procs > INT16_MAX)
		return hr_error_set(err, HR_EUSAGE, "procs=%" PRIu64 ": there are 1 to 32767 processors",
				    common->procs);
	return g->def->check != NULL ? g->def->check(g->def, g->config, err) : HR_OK;
}

static uint64_t seconds_to_ns(double seconds)
{
	return (uint64_t)(seconds * (double)NS_A_SECOND + 0.5);
}

static void fill_meta(struct hr_generator *g, const char *params, uint64_t seed)
{
	struct hr_trace_meta *m = &g->meta;

	m->format = HR_FORMAT_NATIVE;
	m->format_name = "generated";
	snprintf(m->source, sizeof(m->source), "generated");
	m->compression = "none";
	snprintf(m->program, sizeof(m->program), "heapreplay generate --seed %" PRIu64 " %s%s%s", seed, g->def->name,
		 *params != '\0' ? "," : "", params);
	m->has_spans = m->has_cycles = g->def->spans;
	m->has_objects = m->collected = !g->def->spans;
	m->has_procs = m->has_clock = m->strict = true;
	m->page_bytes = 8192;
}

enum hr_status hr_generator_of(const struct hr_workload_def *def, const char *params, uint64_t seed,
			       struct hr_generator **generator, struct hr_error *err)
{
	struct hr_generator *g = hr_calloc(1, sizeof(*g));
	enum hr_status status;

	if (g == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	g->def = def;
	status = configure(g, params, err);
	if (status == HR_OK) {
		const struct hr_workload *common = g->config;
		struct hr_event *e = hr_events_add(&g->waiting, HR_EV_GOMAXPROCS, 0);

		g->most = common->events;
		g->bound = UINT64_MAX;
		g->end_ns = seconds_to_ns(g->most != UINT64_MAX ? MAX_SECONDS : common->seconds);
		g->state = def->create(def, g->config, seed);
		if (e == NULL || g->state == NULL)
			status = hr_error_set(err, HR_ENOMEM, "out of memory");
		else
			e->arg = (uint32_t)common->procs;
	}
	if (status != HR_OK) {
		hr_generator_free(g);
		return status;
	}
	fill_meta(g, params, seed);
	*generator = g;
	return HR_OK;
}

enum hr_status hr_generator_new(const char *text, uint64_t seed, struct hr_generator **generator, struct hr_error *err)
{
	size_t len = strcspn(text, ",");
	const struct hr_workload_def *def = find(text, len);

	if (def == NULL)
		return unknown(text, len, err);
	return hr_generator_of(def, text + len + (text[len] == ','), seed, generator, err);
}

void hr_generator_bound(struct hr_generator *g, uint64_t events)
{
	g->bound = g->most == UINT64_MAX ? events : UINT64_MAX;
}

void hr_generator_free(struct hr_generator *g)
{
	if (g == NULL)
		return;
	if (g->state != NULL)
		g->def->destroy(g->state);
	free(g->config);
	free(g->waiting.at);
	free(g);
}

const struct hr_trace_meta *hr_generator_meta(const struct hr_generator *g)
{
	return &g->meta;
}

/* --- events ------------------------------------------------------------------- */

/* More events, or the end. */
static enum hr_status refill(struct hr_generator *g, struct hr_error *err)
{
	enum hr_status status;

	g->given = g->waiting.n = 0;
	status = g->def->fill(g->state, &g->waiting);
	if (status == HR_END) {
		g->ended = true;
		g->stats.last_time_ns = g->end_ns;
		return HR_OK;
	}
	if (status == HR_EINPUT)
		return hr_error_set(err, HR_EINPUT, "workload %s: more than 10 million steps without an event",
				    g->def->name);
	return status == HR_OK ? HR_OK
			       : hr_error_set(err, HR_ENOMEM, "out of memory: more is live than there is room for");
}

enum hr_status hr_generator_next(struct hr_generator *g, struct hr_event *ev, size_t cap, size_t *n,
				 struct hr_error *err)
{
	size_t got = 0;

	*n = 0;
	while (got == 0 && !g->ended) {
		if (g->given == g->waiting.n)
			HR_TRY(refill(g, err));
		for (; got < cap && g->given < g->waiting.n && !g->ended; got++) {
			const struct hr_event *e = &g->waiting.at[g->given++];

			if (e->time_ns > g->end_ns) {
				g->ended = true;
				g->stats.last_time_ns = g->end_ns;
				break;
			}
			if (g->stats.events_total == g->bound)
				return hr_error_set(err, HR_EINPUT,
						    "workload %s: more than %" PRIu64
						    " events; give it events=N for so many, or fewer seconds",
						    g->def->name, g->bound);
			ev[got] = *e;
			g->stats.counts[e->kind]++;
			g->stats.last_time_ns = e->time_ns;
			g->ended = ++g->stats.events_total == g->most;
		}
	}
	*n = got;
	return got > 0 ? HR_OK : HR_END;
}

const struct hr_trace_stats *hr_generator_stats(const struct hr_generator *g)
{
	return &g->stats;
}

void hr_generator_progress(const struct hr_generator *g, uint64_t *done, uint64_t *total)
{
	*done = g->most != UINT64_MAX ? g->stats.events_total : g->stats.last_time_ns;
	*total = g->most != UINT64_MAX ? g->most : g->end_ns;
}
