/* SPDX-License-Identifier: BSD-3-Clause */
/* The sawtooth of a collected heap: up to the goal, down to what is live. */
#include "config.h"

#include "generate/pages.h"

struct config {
	struct hr_workload common;
	uint64_t live, rate, gogc;
	double survive;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list live, young;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "64MiB", NULL, "bytes of spans that survive a collection"},
    {"rate", HR_PARAM_BYTES, offsetof(struct config, rate), "100MiB", NULL, "bytes of spans allocated a second"},
    {"gogc", HR_PARAM_COUNT, offsetof(struct config, gogc), "100", NULL, "growth between collections, in percent"},
    {"survive", HR_PARAM_RATIO, offsetof(struct config, survive), "0.1", NULL,
     "share of the new spans that live on, in the place of old ones"},
    HR_WORKLOAD_PARAMS("60", "1"),
};

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	HR_TRY(hr_workload_bytes_within("live", c->live, UINT64_C(4) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("rate", c->rate, 65536, HR_WORKLOAD_MAX_BYTES, err));
	if (c->gogc < 5 || c->gogc > 10000)
		return hr_error_set(err, HR_EUSAGE, "gogc can be 5 to 10000");
	if (c->survive > 1)
		return hr_error_set(err, HR_EUSAGE, "survive=%g: it can be 0 to 1", c->survive);
	return HR_OK;
}

static void *create(const struct hr_workload_def *def, const void *config, uint64_t seed)
{
	struct state *s = hr_calloc(1, sizeof(*s));

	(void)def;
	if (s == NULL)
		return NULL;
	s->config = config;
	hr_pages_init(&s->pages, seed);
	return s;
}

/* Most spans are of one page; a tenth are of large objects. */
static uint64_t draw_pages(struct hr_random *random)
{
	uint64_t x = hr_random_below(random, 100);

	return x < 70 ? 1 : x < 90 ? 2 + hr_random_below(random, 4) : 6 + hr_random_below(random, 59);
}

static void allocate_until(struct state *s, struct hr_events *out, uint64_t in_use_bytes)
{
	struct hr_pages *p = &s->pages;

	while (p->in_use_bytes < in_use_bytes && !p->failed) {
		uint64_t n = draw_pages(&p->random), mean_ns;

		mean_ns = (uint64_t)((unsigned __int128)n * HR_SPAN_PAGE_BYTES * 1000000000 / s->config->rate);
		p->now_ns += (uint64_t)((unsigned __int128)hr_random_exponential(&p->random) * mean_ns >> 32);
		hr_pages_alloc(p, out, &s->young, n, false);
	}
}

/* A random one of the list, out of it. */
static uint32_t pick(struct hr_random *random, struct hr_span_list *list)
{
	size_t i = hr_random_below(random, list->n);
	uint32_t span = list->at[i];

	list->at[i] = list->at[--list->n];
	return span;
}

/* Old ones die so that survivors have room; the rest of the young is garbage. What becomes of whom is random. */
static void find_garbage(struct state *s, struct hr_span_list *garbage)
{
	uint64_t share = hr_workload_share(s->config->survive), bytes = 0;
	struct hr_random *random = &s->pages.random;
	struct hr_ledger *ledger = &s->pages.ledger;
	size_t n = 0;

	for (size_t i = 0; i < s->live.n; i++)
		bytes += ledger->at[s->live.at[i]].size;
	for (size_t i = 0; i < s->young.n; i++) {
		uint32_t span = s->young.at[i];

		/* At first everything is needed. */
		if (bytes >= s->config->live && hr_random_next(random) >> 48 >= share) {
			s->young.at[n++] = span;
			continue;
		}
		if (!hr_reserve(&s->live.at, &s->live.cap, s->live.n + 1, sizeof(*s->live.at)))
			s->pages.failed = true;
		else
			s->live.at[s->live.n++] = span;
		bytes += ledger->at[span].size;
	}
	s->young.n = n;
	*garbage = s->young;
	s->young = (struct hr_span_list){0};
	while (bytes > s->config->live && s->live.n > 0 && !s->pages.failed) {
		uint32_t span = pick(random, &s->live);

		bytes -= ledger->at[span].size;
		if (!hr_reserve(&garbage->at, &garbage->cap, garbage->n + 1, sizeof(*garbage->at)))
			s->pages.failed = true;
		else
			garbage->at[garbage->n++] = span;
	}
}

/* One tooth. */
static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	struct hr_pages *p = &s->pages;
	struct hr_span_list garbage = {0};
	uint64_t live, goal = p->goal_bytes;

	allocate_until(s, out, goal - goal / 20);
	if (p->failed)
		return HR_ENOMEM;
	find_garbage(s, &garbage);
	live = p->in_use_bytes;
	for (size_t i = 0; i < garbage.n; i++)
		live -= p->ledger.at[garbage.at[i]].size;
	goal = live + (uint64_t)((unsigned __int128)live * s->config->gogc / 100);
	if (goal < UINT64_C(4) << 20)
		goal = UINT64_C(4) << 20;
	hr_pages_collect(p, out, UINT64_C(5000000), goal);
	hr_pages_sweep(p, out, &garbage, UINT64_C(5000000));
	hr_pages_swept(p, out);
	free(garbage.at);
	return hr_pages_status(p);
}

static void destroy(void *state)
{
	struct state *s = state;

	free(s->live.at);
	free(s->young.at);
	hr_pages_release(&s->pages);
	free(s);
}

const struct hr_workload_def hr_workload_sawtooth = {
    .name = "sawtooth",
    .summary = "the saw of a collected heap: up to the goal, down to what is live",
    .text = "Spans are allocated up to the heap goal, a collection frees those that are garbage, and again.\n"
	    "Survivors lie among the garbage at random. Every tooth frees memory that the next one needs: a\n"
	    "policy that knows of the goal keeps it.\n",
    .example = "sawtooth,gogc=400\thigher teeth",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
