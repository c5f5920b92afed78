/* SPDX-License-Identifier: BSD-3-Clause */
/* Against background scavengers: what has just been given back is needed. */
#include "config.h"

#include "generate/pages.h"

struct config {
	struct hr_workload common;
	uint64_t live, size, idle_ns;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list live, garbage, stacks;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "32MiB", NULL, "bytes in use that stay"},
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "256MiB", NULL, "bytes that come and go"},
    {"idle", HR_PARAM_NS, offsetof(struct config, idle_ns), "4s", NULL, "time that they are gone"},
    HR_WORKLOAD_PARAMS("60", "1"),
};

#define SPAN_PAGES 64
#define GROW_NS UINT64_C(200000000)

static enum hr_status check(const void *config, struct hr_error *err)
{
	const struct config *c = config;

	HR_TRY(hr_workload_bytes_within("live", c->live, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("size", c->size, UINT64_C(1) << 20, HR_WORKLOAD_MAX_BYTES, err));
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

/* Up, a collection, down, and a while of nothing. */
static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;

	if (s->live.n == 0)
		hr_pages_fill(p, out, &s->live, c->live, SPAN_PAGES, GROW_NS, NULL);
	hr_pages_fill(p, out, &s->garbage, c->size, SPAN_PAGES, GROW_NS, &s->stacks);
	hr_pages_open(p, out, &s->stacks);
	hr_pages_collect(p, out, UINT64_C(5000000), 2 * c->live);
	hr_pages_sweep(p, out, &s->garbage, UINT64_C(5000000));
	hr_pages_swept(p, out);
	p->now_ns += c->idle_ns;
	return hr_pages_status(p);
}

static void destroy(void *state)
{
	struct state *s = state;

	free(s->live.at);
	free(s->garbage.at);
	free(s->stacks.at);
	hr_pages_release(&s->pages);
	free(s);
}

const struct hr_workload_def hr_workload_against_background = {
    .name = "against-background",
    .summary = "what a background scavenger has just given back is needed again",
    .text = "A collection finds most of the heap dead and lowers the goal, so that the background scavenger sets\n"
	    "to work; about when it is done, the same memory is needed again. It has worked for nothing, and the\n"
	    "program pays for the faults. More processors make the scavenger faster, so that idle should be less.\n"
	    "idle=10s is for decay,by=thread, idle=25s for a rate of 10 MiB a second.\n"
	    "A few stacks among the objects end before the collection, so that no chunk is dense and Go 1.21 and\n"
	    "later fall for it, too.\n",
    .example = "against-background,idle=4s\ta scavenger that is always wrong",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
