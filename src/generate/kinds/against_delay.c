/* SPDX-License-Identifier: BSD-3-Clause */
/* Against policies that wait for a set time: memory is needed again when that has just passed. */
#include "config.h"

#include "generate/pages.h"

struct config {
	struct hr_workload common;
	uint64_t live, size, delay_ns, busy_ns;
	double over;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list live, garbage;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "128MiB", NULL, "bytes in use that stay"},
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "128MiB", NULL, "bytes that come and go"},
    {"delay", HR_PARAM_NS, offsetof(struct config, delay_ns), "10s", NULL, "the policy's delay, or time of decay"},
    {"over", HR_PARAM_RATIO, offsetof(struct config, over), "1.05", NULL,
     "how long memory is free, in multiples of that"},
    {"busy", HR_PARAM_NS, offsetof(struct config, busy_ns), "1s", NULL, "time that it is in use"},
    HR_WORKLOAD_PARAMS("120", "1"),
};

#define SPAN_PAGES 64
#define GROW_NS UINT64_C(100000000)
#define MARK_NS UINT64_C(5000000)
#define SWEEP_NS UINT64_C(5000000)

static enum hr_status check(const void *config, struct hr_error *err)
{
	const struct config *c = config;

	HR_TRY(hr_workload_bytes_within("live", c->live, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("size", c->size, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("delay", c->delay_ns, 1000000, HR_WORKLOAD_MAX_NS, err));
	HR_TRY(hr_workload_ns_within("busy", c->busy_ns, 0, HR_WORKLOAD_MAX_NS, err));
	if (c->over < 0.01 || c->over > 100)
		return hr_error_set(err, HR_EUSAGE, "over=%g: it can be 0.01 to 100", c->over);
	return HR_OK;
}

static void *create(const void *config, uint64_t seed)
{
	struct state *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->config = config;
	hr_pages_init(&s->pages, seed);
	return s;
}

/* Goals stay as they are, so that policies which go by them have nothing to do. */
static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;

	if (s->live.n == 0)
		hr_pages_fill(p, out, &s->live, c->live, SPAN_PAGES, GROW_NS, NULL);
	hr_pages_fill(p, out, &s->garbage, c->size, SPAN_PAGES, GROW_NS, NULL);
	p->now_ns += c->busy_ns;
	hr_pages_collect(p, out, MARK_NS, c->live + c->size);
	hr_pages_sweep(p, out, &s->garbage, SWEEP_NS);
	hr_pages_swept(p, out);
	p->now_ns += (uint64_t)((unsigned __int128)c->delay_ns * hr_workload_share(c->over) / 65536);
	return hr_pages_status(p);
}

static void destroy(void *state)
{
	struct state *s = state;

	free(s->live.at);
	free(s->garbage.at);
	hr_pages_release(&s->pages);
	free(s);
}

const struct hr_workload_def hr_workload_against_delay = {
    .name = "against-delay",
    .summary = "memory is needed again when a set delay, or time of decay, has just passed",
    .text = "Half of the heap is free for a little longer than the delay, and then taken again. A policy that\n"
	    "releases what has been free for that long, or decays over that time, has kept it all the while and\n"
	    "gives it back for an instant. Set delay to the policy's own: 10s is decay's. That of the policy\n"
	    "delay, 10ms, is put off by the frees themselves, to 73ms here: delay=74ms,busy=100ms. By activity\n"
	    "both are hit whatever it is, as they see that it is time when the memory is needed.\n",
    .example = "against-delay,delay=1s\tfor a delay of a second",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
