/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Against allocators that don't move what is live: pins that leave only holes
 * which are too small. After Robson's program, which shows how bad it can get:
 * with at most M in use, in blocks of n and 2^r n pages and what is between, a
 * heap of M (1 + r / 2).
 *
 * A round frees every other block of each size that is there, always the lower
 * of two, so that the upper ones are pins; then it takes what was freed in
 * blocks of twice the last size. Holes are of blocks of a size n_i, up to
 * 2^k - 1 of them where k rounds have passed, and the new size is 2^k n_i: no
 * hole will do, and first fit goes to the top of the heap.
 *
 * Source: Robson, "Bounds for some functions concerning dynamic storage
 * allocation", 1974.
 */
#include "config.h"

#include "generate/pages.h"

enum { MAX_ROUNDS = 10, FIRST_PAGES = 16 };

struct config {
	struct hr_workload common;
	uint64_t size, rounds, period_ns;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list blocks[MAX_ROUNDS + 1], garbage; /* blocks of FIRST_PAGES << i, by address */
	unsigned round;
};

static const struct hr_param params[] = {
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "128MiB", NULL, "bytes in use"},
    {"rounds", HR_PARAM_COUNT, offsetof(struct config, rounds), "6", NULL,
     "rounds, each of which takes half of that at the top of the heap, before all is freed"},
    {"period", HR_PARAM_NS, offsetof(struct config, period_ns), "5s", NULL, "time of a round"},
    HR_WORKLOAD_PARAMS("120", "1"),
};

#define GROW_NS UINT64_C(100000000)
#define MARK_NS UINT64_C(5000000)
#define SWEEP_NS UINT64_C(5000000)

static enum hr_status check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	const struct config *c = config;

	(void)def;
	if (c->rounds > MAX_ROUNDS)
		return hr_error_set(err, HR_EUSAGE, "rounds can be 1 to %d", MAX_ROUNDS);
	HR_TRY(hr_workload_bytes_within("size", c->size, (4 * FIRST_PAGES * HR_SPAN_PAGE_BYTES) << c->rounds,
					HR_WORKLOAD_MAX_BYTES, err));
	return hr_workload_ns_within("period", c->period_ns, GROW_NS + MARK_NS + SWEEP_NS, HR_WORKLOAD_MAX_NS, err);
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

/* Moves every other one of the list, or (all) each one, to the garbage. */
static void drop(struct state *s, struct hr_span_list *list, bool all)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (!all && i % 2 == 1)
			list->at[kept++] = list->at[i];
		else if (hr_reserve(&s->garbage.at, &s->garbage.cap, s->garbage.n + 1, sizeof(*s->garbage.at)))
			s->garbage.at[s->garbage.n++] = list->at[i];
		else
			s->pages.failed = true;
	}
	list->n = kept;
}

static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;
	bool last = s->round == c->rounds;
	uint64_t begin = p->now_ns;

	hr_pages_fill(p, out, &s->blocks[s->round], c->size > p->in_use_bytes ? c->size - p->in_use_bytes : 0,
		      (uint64_t)FIRST_PAGES << s->round, GROW_NS, NULL);
	hr_pages_collect(p, out, MARK_NS, c->size);
	for (unsigned i = 0; i <= s->round; i++)
		drop(s, &s->blocks[i], last);
	hr_pages_sweep(p, out, &s->garbage, SWEEP_NS);
	hr_pages_swept(p, out);
	if (p->now_ns < begin + c->period_ns)
		p->now_ns = begin + c->period_ns;
	s->round = last ? 0 : s->round + 1;
	return hr_pages_status(p);
}

static void destroy(void *state)
{
	struct state *s = state;

	for (unsigned i = 0; i <= MAX_ROUNDS; i++)
		free(s->blocks[i].at);
	free(s->garbage.at);
	hr_pages_release(&s->pages);
	free(s);
}

const struct hr_workload_def hr_workload_against_first_fit = {
    .name = "against-first-fit",
    .summary = "pins that leave only holes which are too small (Robson's program)",
    .text = "What is in use stays within size, but each round frees every other span, always below one that stays,\n"
	    "and asks for spans twice as large, which fit nowhere but at the top. The heap grows to\n"
	    "1 + rounds / 2 times its use, the difference being holes that a policy keeps or releases.\n",
    .example = "against-first-fit,rounds=8\ta heap of five times its use",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
