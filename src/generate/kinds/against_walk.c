/* SPDX-License-Identifier: BSD-3-Clause */
/* Against scavengers that go down once a cycle: memory that becomes free behind them. */
#include "config.h"

#include "generate/pages.h"

struct config {
	struct hr_workload common;
	uint64_t live, size, stacks, exit_ns, idle_ns;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list live, garbage, stacks, gaps;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "32MiB", NULL, "bytes in use that stay"},
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "128MiB", NULL, "bytes of objects that come and go"},
    {"stacks", HR_PARAM_BYTES, offsetof(struct config, stacks), "128MiB", NULL,
     "bytes of stacks above them that come and go"},
    {"exit", HR_PARAM_NS, offsetof(struct config, exit_ns), "500ms", NULL,
     "time from the end of the sweep until the stacks are free"},
    {"idle", HR_PARAM_NS, offsetof(struct config, idle_ns), "30s", NULL, "time from there to the next round"},
    HR_WORKLOAD_PARAMS("120", "1"),
};

#define SPAN_PAGES 64
#define GROW_NS UINT64_C(200000000)

static enum hr_status check(const void *config, struct hr_error *err)
{
	const struct config *c = config;

	HR_TRY(hr_workload_bytes_within("live", c->live, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("size", c->size, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("stacks", c->stacks, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("exit", c->exit_ns, 0, HR_WORKLOAD_MAX_NS, err));
	return hr_workload_ns_within("idle", c->idle_ns, 0, HR_WORKLOAD_MAX_NS, err);
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

static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;

	if (s->live.n == 0)
		hr_pages_fill(p, out, &s->live, c->live, SPAN_PAGES, GROW_NS, NULL);
	hr_pages_fill(p, out, &s->garbage, c->size, SPAN_PAGES, GROW_NS, &s->gaps);
	for (uint64_t n = c->stacks / (SPAN_PAGES * HR_SPAN_PAGE_BYTES); n > 0; n--)
		hr_pages_alloc(p, out, n % 8 == 0 ? &s->gaps : &s->stacks, SPAN_PAGES, true);
	hr_pages_open(p, out, &s->gaps);
	hr_pages_collect(p, out, UINT64_C(5000000), 2 * c->live);
	hr_pages_sweep(p, out, &s->garbage, UINT64_C(5000000));
	hr_pages_swept(p, out);
	p->now_ns += c->exit_ns;
	hr_pages_open(p, out, &s->stacks);
	p->now_ns += c->idle_ns;
	return hr_pages_status(p);
}

static void destroy(void *state)
{
	struct state *s = state;

	free(s->live.at);
	free(s->garbage.at);
	free(s->stacks.at);
	free(s->gaps.at);
	hr_pages_release(&s->pages);
	free(s);
}

const struct hr_workload_def hr_workload_against_walk = {
    .name = "against-walk",
    .summary = "memory that becomes free behind a scavenger that walks down once a cycle",
    .text = "Goroutines with large stacks end while the background scavenger works. Their memory lies above the\n"
	    "place that Go 1.18's walk has come to, and is not seen until the next cycle has been swept. Go 1.19\n"
	    "marks it in an index and finds it. From Go 1.21 on the background search goes up only when a cycle\n"
	    "ends, and misses it again. Some of the stacks end early, so that no chunk is dense.\n",
    .example = "against-walk,stacks=512MiB\tmost of it behind the walk",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
