/* SPDX-License-Identifier: BSD-3-Clause */
/* Against eager policies: the same pages are freed and taken again, many times a second. */
#include "config.h"

#include "generate/pages.h"

struct config {
	struct hr_workload common;
	uint64_t live, size, period_ns;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list live, garbage;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "16MiB", NULL, "bytes in use that stay"},
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "16MiB", NULL, "bytes that come and go"},
    {"period", HR_PARAM_NS, offsetof(struct config, period_ns), "40ms", NULL, "time from cycle to cycle"},
    HR_WORKLOAD_PARAMS("30", "1"),
};

#define SPAN_PAGES 16

static enum hr_status check(const void *config, struct hr_error *err)
{
	const struct config *c = config;

	HR_TRY(hr_workload_bytes_within("live", c->live, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("size", c->size, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	return hr_workload_ns_within("period", c->period_ns, 10000, HR_WORKLOAD_MAX_NS, err);
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

/* The goal is what is in use at the top of each tooth, and stays, so that policies which know it have nothing to do. */
static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;

	if (s->live.n == 0)
		hr_pages_fill(p, out, &s->live, c->live, SPAN_PAGES, UINT64_C(100000000), NULL);
	hr_pages_fill(p, out, &s->garbage, c->size, SPAN_PAGES, c->period_ns * 8 / 10, NULL);
	hr_pages_collect(p, out, c->period_ns / 10, c->live + c->size);
	hr_pages_sweep(p, out, &s->garbage, c->period_ns / 10);
	hr_pages_swept(p, out);
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

const struct hr_workload_def hr_workload_against_eager = {
    .name = "against-eager",
    .summary = "the same pages are freed and taken again many times a second",
    .text = "A small heap and a high rate of allocation: a collection every few milliseconds, each of which frees\n"
	    "what the next few milliseconds need. Whoever gives it back at once pays for every page, over and over.\n",
    .example = "against-eager,period=10ms\ta hundred cycles a second",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
