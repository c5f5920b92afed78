/* SPDX-License-Identifier: BSD-3-Clause */
/* A heap that grows, is dropped, and has to be released while the program is nearly idle. */
#include "config.h"

#include "generate/flows.h"

struct config {
	struct hr_workload common;
	uint64_t base, peak, rate, up_ns, hold_ns, idle_ns;
};

enum { BASE, LOAD };

/* What the flow LOAD does, in turn. */
enum stage { UP, HOLD, IDLE, NSTAGES };

struct state {
	struct hr_stages stages;
	const struct config *config;
	enum stage stage;
};

static const struct hr_param params[] = {
    {"base", HR_PARAM_BYTES, offsetof(struct config, base), "32MiB", NULL, "live bytes that stay"},
    {"peak", HR_PARAM_BYTES, offsetof(struct config, peak), "512MiB", NULL, "live bytes at the top"},
    {"rate", HR_PARAM_BYTES, offsetof(struct config, rate), "50MiB", NULL,
     "bytes allocated a second besides, most of them short-lived"},
    {"up", HR_PARAM_NS, offsetof(struct config, up_ns), "10s", NULL, "time of the way up"},
    {"hold", HR_PARAM_NS, offsetof(struct config, hold_ns), "5s", NULL, "time at the top"},
    {"idle", HR_PARAM_NS, offsetof(struct config, idle_ns), "45s", NULL, "time from the drop to the next way up"},
    HR_WORKLOAD_PARAMS("120", "4"),
};

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	HR_TRY(hr_workload_bytes_within("base", c->base, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("peak", c->peak, c->base + 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("rate", c->rate, 65536, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("up", c->up_ns, 1000000, HR_WORKLOAD_MAX_NS, err));
	HR_TRY(hr_workload_rate_within("peak and up", c->peak, c->up_ns, err));
	HR_TRY(hr_workload_ns_within("hold", c->hold_ns, 0, HR_WORKLOAD_MAX_NS, err));
	return hr_workload_ns_within("idle", c->idle_ns, 0, HR_WORKLOAD_MAX_NS, err);
}

static void go_up(struct state *s)
{
	const struct config *c = s->config;

	s->stage = UP;
	s->stages.until_ns += c->up_ns;
	hr_flow_set_rate(&s->stages.flows.at[LOAD],
			 (uint64_t)((unsigned __int128)(c->peak - c->base) * 1000000000 / c->up_ns));
}

static enum hr_status next_stage(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;

	s->stage = (s->stage + 1) % NSTAGES;
	switch (s->stage) {
	case UP:
		go_up(s);
		break;
	case HOLD:
		s->stages.until_ns += c->hold_ns;
		s->stages.flows.at[LOAD].arrivals = 0;
		break;
	case IDLE:
		s->stages.until_ns += c->idle_ns;
		return hr_flow_drain(&s->stages.flows, &s->stages.flows.at[LOAD], 0, out);
	case NSTAGES:
		break;
	}
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
	hr_flows_init(&s->stages.flows, &c->common, seed, 2, sizes);
	hr_flow_set_rate(&s->stages.flows.at[BASE], c->rate);
	hr_flow_set_live(&s->stages.flows.at[BASE], c->rate, c->base);
	go_up(s);
	return s;
}

const struct hr_workload_def hr_workload_ramp = {
    .name = "ramp",
    .summary = "the heap grows to a peak, is dropped at once, and little is needed for a while",
    .text = "A load besides a small steady one: it grows evenly, stays, and all of it dies at one moment, as where\n"
	    "a batch job ends. How soon is the memory released? Only a collection finds what is dead, and after\n"
	    "a peak the next one is far.\n",
    .example = "ramp,peak=1GiB,idle=100s\ta batch job, twice",
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = hr_stages_fill,
    .destroy = hr_stages_destroy,
};
