/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The offline optimum (envelope.h) as a policy: it releases a page in the
 * moment it becomes free if, and only if, the page then stays free for longer
 * than a break-even time. To know that, it looks ahead by that time: a map of the
 * pages runs ahead of the heap (hr_follower_look_ahead). Its figures, series and lines are those of the times of which they speak, and
 * complete when the trace has ended.
 *
 * The map ahead has for every page the number of the free that last made it
 * free, 0 while it is in use. When a free is followed at last, its pages that
 * still bear its number have not been used since.
 *
 * With physical pages larger than the runtime's, one is released if all of it
 * stays free for that long, when the last of it is freed or leaves a page cache.
 *
 * Memory: the placements of the break-even time, which the engine holds back,
 * and at most 4 KiB a chunk.
 */
#include "config.h"

#include "heapreplay-policy.h"
#include "scavenge/envelope.h"
#include "scavenge/policies/builtin.h"
#include "scavenge/policies/page_runs.h"

#include <stddef.h>
#include <stdlib.h>

struct optimal_config {
	uint64_t break_even_ns;
	uint64_t price_ns; /* 0: by the break-even time */
};

struct optimal {
	struct hr_follower *f;
	struct hr_break_even break_even;
	unsigned phys_pages;

	struct hr_page_runs freed; /* ahead: by which free */
	uint64_t frees_seen, frees_followed;
	uint64_t end_ns; /* of the trace, HR_NEVER: it is further ahead */
};

static void destroy(void *state)
{
	struct optimal *s = state;

	hr_page_runs_release(&s->freed);
	free(s);
}

static void *create(struct hr_follower *f, const void *config)
{
	const struct optimal_config *c = config;
	const struct hr_settings *set = hr_follower_view(f)->settings;
	struct hr_page_cost cost = hr_page_cost(&set->cost, set->phys_page_bytes, set->huge_page_bytes);
	struct optimal *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->f = f;
	s->break_even =
	    c->price_ns > 0 ? hr_break_even_of_price(cost, c->price_ns) : hr_break_even_at(cost, c->break_even_ns);
	s->phys_pages = set->phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(set->phys_page_bytes / HR_PAGE_BYTES) : 1;
	if (!hr_page_runs_init(&s->freed, set->geometry)) {
		destroy(s);
		return NULL;
	}
	s->end_ns = HR_NEVER;
	if (s->break_even.closed_ns != HR_BREAK_EVEN_NEVER)
		hr_follower_look_ahead(f, s->break_even.closed_ns);
	return s;
}

static void *clone(const void *state, struct hr_follower *f)
{
	const struct optimal *from = state;
	struct optimal *s = malloc(sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *from;
	s->f = f;
	if (!hr_page_runs_clone(&s->freed, &from->freed)) {
		free(s);
		return NULL;
	}
	return s;
}

/* --- ahead ----------------------------------------------------------------- */

/* Does the record make pages free, to be released? Padding always is. */
static bool frees(const struct hr_place *r)
{
	return r->kind == HR_PLACE_FREE && !(r->flags & HR_PLACE_PADDING);
}

static enum hr_status ahead(void *state, const struct hr_place *r)
{
	struct optimal *s = state;

	if (r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE)
		HR_TRY(hr_page_runs_set(&s->freed, r->page, r->npages, 0));
	else if (frees(r))
		HR_TRY(hr_page_runs_set(&s->freed, r->page, r->npages, ++s->frees_seen));
	else if (r->kind == HR_PLACE_END)
		s->end_ns = r->time_ns;
	return HR_OK;
}

/* --- behind ---------------------------------------------------------------- */

/* Pages that all stay free: whole physical pages of them, where nothing else is in the way. */
static void release_whole(struct optimal *s, uint64_t page, uint64_t end)
{
	uint64_t mask = s->phys_pages - 1;

	page = (page + mask) & ~mask;
	end &= ~mask;
	if (page < end)
		hr_follower_release_range(s->f, page, end - page);
}

/* Releases those of the pages, and of the physical pages they are in, that are not used until where the map ahead is. */
static void release_unused(struct optimal *s, uint64_t page, uint64_t npages)
{
	uint64_t mask = s->phys_pages - 1, end = (page + npages + mask) & ~mask, first;
	unsigned n;

	page = first = page & ~mask;
	for (; page < end; page += n) {
		uint64_t freed = hr_page_runs_at(&s->freed, page, end - page, &n);

		if (freed != 0 && freed <= s->frees_followed)
			continue;
		release_whole(s, first, page);
		first = page + n;
	}
	release_whole(s, first, end);
	hr_follower_work(s->f, hr_follower_take_spent(s->f));
}

/*
 * What is still free where the map ahead is has been, or will be, for long
 * enough; unless the trace ends there: then it is not used again, which pays
 * after another time.
 */
static bool pays(const struct optimal *s, const struct hr_place *r)
{
	if (s->break_even.closed_ns == HR_BREAK_EVEN_NEVER)
		return false;
	return s->end_ns == HR_NEVER || s->end_ns - r->time_ns > s->break_even.open_ns;
}

static enum hr_status after(void *state, const struct hr_place *r)
{
	struct optimal *s = state;

	s->frees_followed += frees(r);
	if ((frees(r) || (r->kind == HR_PLACE_CACHE_FLUSH && s->phys_pages > 1)) && pays(s, r))
		release_unused(s, r->page, r->npages);
	return HR_OK;
}

static const struct hr_param params[] = {
    {"break-even", HR_PARAM_NS, offsetof(struct optimal_config, break_even_ns), "1s", NULL,
     "release a page that stays free for longer than this"},
    {"price", HR_PARAM_NS, offsetof(struct optimal_config, price_ns), "0ns", NULL,
     "instead: CPU time that holding a GiB for a second is worth; the costs then give the break-even time"},
    {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

const struct hr_policy_def hr_policy_optimal = {
    .abi = HR_POLICY_ABI,
    .name = "optimal",
    .summary = "knows the future: releases at once what stays free long enough to pay",
    .params = params,
    .config_bytes = sizeof(struct optimal_config),
    .knows_future = true,
    .create = create,
    .destroy = destroy,
    .clone = clone,
    .after = after,
    .ahead = ahead,
};
