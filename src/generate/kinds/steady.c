/* SPDX-License-Identifier: BSD-3-Clause */
/* A server under a steady load: requests that come and go over data that stays for a while. */
#include "config.h"

#include "generate/flows.h"

struct config {
	struct hr_workload common;
	uint64_t live, rate, request_ns, start_ns;
	double short_share;
};

enum { REQUESTS, DATA };

struct state {
	struct hr_stages stages;
	const struct config *config;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "200MiB", NULL, "bytes of objects that are live"},
    {"rate", HR_PARAM_BYTES, offsetof(struct config, rate), "50MiB", NULL, "bytes allocated a second"},
    {"short", HR_PARAM_RATIO, offsetof(struct config, short_share), "0.9", NULL,
     "share of what is allocated that lives no longer than a request"},
    {"request", HR_PARAM_NS, offsetof(struct config, request_ns), "20ms", NULL, "mean lifetime of that"},
    {"start", HR_PARAM_NS, offsetof(struct config, start_ns), "2s", NULL, "time until all data is there"},
    HR_WORKLOAD_PARAMS("60", "4"),
};

/* What the data amounts to; 0: requests alone are more than all. */
static uint64_t data_bytes(const struct config *c)
{
	uint64_t requests = (uint64_t)((unsigned __int128)c->rate * hr_workload_share(c->short_share) * c->request_ns /
				       65536 / UINT64_C(1000000000));

	return c->live > requests ? c->live - requests : 0;
}

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	HR_TRY(hr_workload_bytes_within("live", c->live, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("rate", c->rate, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("request", c->request_ns, 1000, HR_WORKLOAD_MAX_NS, err));
	HR_TRY(hr_workload_ns_within("start", c->start_ns, 1000000, HR_WORKLOAD_MAX_NS, err));
	HR_TRY(hr_workload_rate_within("live and start", c->live, c->start_ns, err));
	if (c->short_share >= 1)
		return hr_error_set(err, HR_EUSAGE, "short=%g: something must live longer; it can be 0 to 0.99",
				    c->short_share);
	if (data_bytes(c) == 0)
		return hr_error_set(err, HR_EUSAGE,
				    "rate, short and request alone make more than live; lower one of them");
	return HR_OK;
}

/* All data is there: what is allocated besides requests replaces it from now on. */
static enum hr_status next_stage(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	const uint64_t rate = c->rate - c->rate * hr_workload_share(c->short_share) / 65536;

	(void)out;
	s->stages.until_ns = UINT64_MAX >> 7;
	hr_flow_set_rate(&s->stages.flows.at[DATA], rate);
	hr_flow_set_live(&s->stages.flows.at[DATA], rate, data_bytes(c));
	return HR_OK;
}

static void *create(const struct hr_workload_def *def, const void *config, uint64_t seed)
{
	static const struct hr_size_band *const sizes[] = {hr_sizes_mixed, hr_sizes_mixed};
	struct state *s = hr_calloc(1, sizeof(*s));
	const struct config *c = config;
	uint64_t requests = c->rate * hr_workload_share(c->short_share) / 65536;

	(void)def;
	if (s == NULL)
		return NULL;
	s->config = c;
	s->stages.next = next_stage;
	s->stages.until_ns = c->start_ns;
	hr_flows_init(&s->stages.flows, &c->common, seed, 2, sizes);
	hr_flow_set_rate(&s->stages.flows.at[REQUESTS], requests);
	hr_flow_set_lifetime(&s->stages.flows.at[REQUESTS], c->request_ns);
	hr_flow_set_rate(&s->stages.flows.at[DATA],
			 (uint64_t)((unsigned __int128)data_bytes(c) * 1000000000 / c->start_ns));
	return s;
}

const struct hr_workload_def hr_workload_steady = {
    .name = "steady",
    .summary = "a server under a steady load: requests over data that stays",
    .text = "Loads its data, then allocates at a steady rate. Most of it lives as long as a request, the rest\n"
	    "replaces data, so that what is live stays as it is. Arrivals are random (Poisson), lifetimes\n"
	    "exponential, sizes a mix in which most objects are small and most bytes are in buffers.\n",
    .example = "steady,live=200MiB,seconds=60\ta server with 200 MiB of data",
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = hr_stages_fill,
    .destroy = hr_stages_destroy,
};
