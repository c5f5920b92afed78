/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts of work with idle time in between. */
#include "config.h"

#include "generate/flows.h"

struct config {
	struct hr_workload common;
	uint64_t live, rate, request_ns, burst_ns, idle_ns;
};

enum { REQUESTS, DATA };
enum stage { LOADING, BURST, IDLE };

struct state {
	struct hr_stages stages;
	const struct config *config;
	enum stage stage;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "64MiB", NULL, "bytes of data that stay, loaded at first"},
    {"rate", HR_PARAM_BYTES, offsetof(struct config, rate), "200MiB", NULL, "bytes allocated a second in a burst"},
    {"request", HR_PARAM_NS, offsetof(struct config, request_ns), "500ms", NULL, "mean lifetime of those"},
    {"burst", HR_PARAM_NS, offsetof(struct config, burst_ns), "2s", NULL, "length of a burst"},
    {"idle", HR_PARAM_NS, offsetof(struct config, idle_ns), "8s", NULL,
     "mean time between bursts; it is random, exponential"},
    HR_WORKLOAD_PARAMS("120", "4"),
};

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	HR_TRY(hr_workload_bytes_within("live", c->live, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("rate", c->rate, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("request", c->request_ns, 1000, HR_WORKLOAD_MAX_NS, err));
	HR_TRY(hr_workload_ns_within("burst", c->burst_ns, 1000000, HR_WORKLOAD_MAX_NS, err));
	return hr_workload_ns_within("idle", c->idle_ns, 0, HR_WORKLOAD_MAX_NS, err);
}

/* What the requests of a burst held is dead when it ends. */
static enum hr_status next_stage(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_flow *requests = &s->stages.flows.at[REQUESTS];

	if (s->stage == BURST) {
		s->stage = IDLE;
		s->stages.until_ns +=
		    (uint64_t)((unsigned __int128)hr_random_exponential(&s->stages.flows.random) * c->idle_ns >> 32);
		requests->arrivals = 0;
		return hr_flow_drain(&s->stages.flows, requests, 0, out);
	}
	s->stage = BURST;
	s->stages.until_ns += c->burst_ns;
	s->stages.flows.at[DATA].arrivals = 0;
	hr_flow_set_rate(requests, c->rate);
	return HR_OK;
}

static void *create(const struct hr_workload_def *def, const void *config, uint64_t seed)
{
	static const struct hr_size_band *const sizes[] = {hr_sizes_mixed, hr_sizes_mixed};
	struct state *s = hr_calloc(1, sizeof(*s));
	const struct config *c = config;

	(void)def;
	if (s == NULL)
		return NULL;
	s->config = c;
	s->stages.next = next_stage;
	s->stages.until_ns = UINT64_C(1000000000);
	hr_flows_init(&s->stages.flows, &c->common, seed, 2, sizes);
	hr_flow_set_rate(&s->stages.flows.at[DATA], c->live);
	hr_flow_set_lifetime(&s->stages.flows.at[REQUESTS], c->request_ns);
	return s;
}

const struct hr_workload_def hr_workload_bursty = {
    .name = "bursty",
    .summary = "bursts of requests with idle time in between",
    .text = "Data that stays, and bursts of allocation; when a burst ends, what it held is dead, and nothing is\n"
	    "allocated until the next, so that no collection runs either. Memory that is kept through the idle\n"
	    "time is wasted; memory that is released is needed again a few seconds later.\n",
    .example = "bursty,burst=1s,idle=30s\trare bursts",
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = hr_stages_fill,
    .destroy = hr_stages_destroy,
};
