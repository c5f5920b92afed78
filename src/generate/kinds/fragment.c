/* SPDX-License-Identifier: BSD-3-Clause */
/* Long-lived objects scattered among short-lived ones, so that few spans ever become empty. */
#include "config.h"

#include "generate/flows.h"

struct config {
	struct hr_workload common;
	uint64_t wave, live, period_ns;
	double keep;
};

enum { WAVE, KEPT };

struct state {
	struct hr_stages stages;
	const struct config *config;
	uint64_t rate;
	bool up;
};

static const struct hr_param params[] = {
    {"wave", HR_PARAM_BYTES, offsetof(struct config, wave), "64MiB", NULL, "live bytes of a wave at its top"},
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "4MiB", NULL, "bytes of long-lived objects"},
    {"keep", HR_PARAM_RATIO, offsetof(struct config, keep), "0.02", NULL,
     "share of what is allocated that is long-lived"},
    {"period", HR_PARAM_NS, offsetof(struct config, period_ns), "10s", NULL, "time from wave to wave"},
    HR_WORKLOAD_PARAMS("60", "4"),
};

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	HR_TRY(hr_workload_bytes_within("wave", c->wave, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("live", c->live, 4096, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("period", c->period_ns, 1000000, HR_WORKLOAD_MAX_NS, err));
	HR_TRY(hr_workload_rate_within("wave and period", c->wave, c->period_ns / 2, err));
	if (c->keep < 0.0001 || c->keep > 0.9)
		return hr_error_set(err, HR_EUSAGE, "keep=%g: it can be 0.0001 to 0.9", c->keep);
	return HR_OK;
}

/* The first half of a period: up. Objects of a wave live to its end, so that the rate makes its height. */
static void go_up(struct state *s)
{
	const struct config *c = s->config;
	uint64_t kept = (uint64_t)((unsigned __int128)s->rate * hr_workload_share(c->keep) / 65536);

	s->up = true;
	s->stages.until_ns += c->period_ns / 2;
	hr_flow_set_rate(&s->stages.flows.at[WAVE], s->rate - kept);
	hr_flow_set_rate(&s->stages.flows.at[KEPT], kept);
	/* Half of the time none is made, and all the time some die. */
	hr_flow_set_live(&s->stages.flows.at[KEPT], kept / 2, c->live);
}

static enum hr_status next_stage(void *state, struct hr_events *out)
{
	struct state *s = state;

	if (!s->up) {
		go_up(s);
		return HR_OK;
	}
	s->up = false;
	s->stages.until_ns += s->config->period_ns / 2;
	s->stages.flows.at[WAVE].arrivals = s->stages.flows.at[KEPT].arrivals = 0;
	return hr_flow_drain(&s->stages.flows, &s->stages.flows.at[WAVE], 0, out);
}

static void *create(const struct hr_workload_def *def, const void *config, uint64_t seed)
{
	static const struct hr_size_band *const sizes[] = {hr_sizes_small, hr_sizes_small};
	struct state *s = hr_calloc(1, sizeof(*s));
	const struct config *c = config;

	(void)def;
	if (s == NULL)
		return NULL;
	s->config = c;
	s->stages.next = next_stage;
	s->rate = (uint64_t)((unsigned __int128)c->wave * 1000000000 / (c->period_ns / 2));
	hr_flows_init(&s->stages.flows, &c->common, seed, 2, sizes);
	go_up(s);
	return s;
}

const struct hr_workload_def hr_workload_fragment = {
    .name = "fragment",
    .summary = "long-lived objects strewn among waves of short-lived ones: few spans become empty",
    .text = "Small objects only. A wave grows, and all of it dies at once but for the few objects that live long,\n"
	    "which lie everywhere among it: a span of 8 KiB with one survivor stays. What is in use is then much\n"
	    "more than what is live, and no scavenger can do anything about it.\n",
    .example = "fragment,keep=0.005\tfewer survivors",
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = hr_stages_fill,
    .destroy = hr_stages_destroy,
};
