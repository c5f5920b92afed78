/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that goes through phases, each with objects of another size class. */
#include "config.h"

#include "generate/flows.h"

struct config {
	struct hr_workload common;
	uint64_t live, rate, period_ns;
	double keep;
};

/* Classes of Go's with spans of 1, 1, 2 and 3 pages. */
static const struct hr_size_band sizes48[] = {{65536, 48, 48}, {0, 0, 0}};
static const struct hr_size_band sizes320[] = {{65536, 320, 320}, {0, 0, 0}};
static const struct hr_size_band sizes1792[] = {{65536, 1792, 1792}, {0, 0, 0}};
static const struct hr_size_band sizes12288[] = {{65536, 12288, 12288}, {0, 0, 0}};
static const struct hr_size_band *const sizes[HR_MAX_FLOWS] = {sizes48, sizes320, sizes1792, sizes12288};

struct state {
	struct hr_stages stages;
	const struct config *config;
	unsigned phase;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "32MiB", NULL, "live bytes that a phase comes to"},
    {"rate", HR_PARAM_BYTES, offsetof(struct config, rate), "8MiB", NULL, "bytes allocated a second"},
    {"period", HR_PARAM_NS, offsetof(struct config, period_ns), "10s", NULL, "length of a phase"},
    {"keep", HR_PARAM_RATIO, offsetof(struct config, keep), "0.01", NULL,
     "share of a phase's objects that stay until the same size has its turn again"},
    HR_WORKLOAD_PARAMS("80", "4"),
};

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	HR_TRY(hr_workload_bytes_within("live", c->live, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("rate", c->rate, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("period", c->period_ns, 1000000, HR_WORKLOAD_MAX_NS, err));
	if (c->keep > 1)
		return hr_error_set(err, HR_EUSAGE, "keep=%g: it can be 0 to 1", c->keep);
	return HR_OK;
}

static void begin_phase(struct state *s)
{
	const struct config *c = s->config;
	struct hr_flow *flow = &s->stages.flows.at[s->phase];

	s->stages.until_ns += c->period_ns;
	hr_flow_set_rate(flow, c->rate);
	hr_flow_set_live(flow, c->rate, c->live);
}

static enum hr_status next_stage(void *state, struct hr_events *out)
{
	struct state *s = state;
	struct hr_flow *flow = &s->stages.flows.at[s->phase];

	flow->arrivals = 0;
	hr_flow_set_lifetime(flow, UINT64_MAX);
	HR_TRY(hr_flow_drain(&s->stages.flows, flow,
			     (size_t)((uint64_t)flow->n * hr_workload_share(s->config->keep) / 65536), out));
	s->phase = (s->phase + 1) % HR_MAX_FLOWS;
	begin_phase(s);
	return HR_OK;
}

static void *create(const struct hr_workload_def *def, const void *config, uint64_t seed)
{
	struct state *s = hr_calloc(1, sizeof(*s));
	const struct config *c = config;

	(void)def;
	if (s == NULL)
		return NULL;
	s->config = c;
	s->stages.next = next_stage;
	hr_flows_init(&s->stages.flows, &c->common, seed, HR_MAX_FLOWS, sizes);
	begin_phase(s);
	return s;
}

const struct hr_workload_def hr_workload_phases = {
    .name = "phases",
    .summary = "phases that use one size class each, in turn: 48, 320, 1792, 12288 bytes",
    .text = "Spans hold objects of one class, so that memory of the phase before can only be used once its spans\n"
	    "are empty. A few objects of each phase stay and hold their spans until the class has its turn\n"
	    "again.\n",
    .example = "phases,keep=0.001\thardly any survivors",
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = hr_stages_fill,
    .destroy = hr_stages_destroy,
};
