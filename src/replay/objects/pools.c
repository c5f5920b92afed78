/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/objects/pools.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SHARE 0.05 /* of a pooled kind, garbage at their first mark start at most */
#define CHANCE 0.05	 /* that a kind which is not pooled looks like one */
#define LEAST_FIRST 0.33 /* of large objects that are not pooled, garbage at their first mark start, at least */
#define MOST_CYCLES 16	 /* that a pooled object lives, on average */

void hr_pools_init(struct hr_pools *p)
{
	memset(p, 0, sizeof(*p));
	hr_map64_init(&p->index);
}

void hr_pools_release(struct hr_pools *p)
{
	hr_map64_release(&p->index);
	free(p->kinds);
	hr_pools_init(p);
}

static uint64_t key_of(unsigned span_class, uint64_t npages)
{
	return npages << 1 | (span_class & 1);
}

/* Up to the last mark start. */
static void catch_up(struct hr_pools *p, struct hr_pool_kind *k)
{
	uint64_t marks = p->marks - k->marks, seen = k->unseen;

	if (marks == 0)
		return;
	if (marks > 1)
		seen += k->young;
	k->seen += seen;
	p->seen += seen;
	k->unseen = marks > 1 ? 0 : k->young;
	k->with_births += k->young > 0;
	k->young = 0;
	k->cycles += (double)k->alive * (double)marks;
	k->counted = false;
	k->marks = p->marks;
}

size_t hr_pools_kind(const struct hr_pools *p, unsigned span_class, uint64_t npages)
{
	const uint64_t *at = hr_map64_get(&p->index, key_of(span_class, npages));

	return at != NULL ? (size_t)*at : HR_NO_KIND;
}

static struct hr_pool_kind *kind_of(struct hr_pools *p, unsigned span_class, uint64_t npages)
{
	size_t at = hr_pools_kind(p, span_class, npages);

	if (at == HR_NO_KIND) {
		at = p->n;
		if (!hr_reserve(&p->kinds, &p->cap, at + 1, sizeof(*p->kinds)) ||
		    !hr_map64_put(&p->index, key_of(span_class, npages), at))
			return NULL;
		p->kinds[p->n++] =
		    (struct hr_pool_kind){.span_class = span_class, .npages = (uint32_t)npages, .marks = p->marks};
	}
	catch_up(p, &p->kinds[at]);
	return &p->kinds[at];
}

bool hr_pools_born(struct hr_pools *p, unsigned span_class, uint64_t npages)
{
	struct hr_pool_kind *k = kind_of(p, span_class, npages);

	if (k == NULL)
		return false;
	k->young++;
	k->alive++;
	return true;
}

bool hr_pools_died(struct hr_pools *p, unsigned span_class, uint64_t npages, bool first)
{
	struct hr_pool_kind *k = kind_of(p, span_class, npages);

	if (k == NULL)
		return false;
	k->alive -= k->alive > 0;
	k->dead++;
	k->first += first;
	p->first += first;
	if (first || k->counted)
		return true;
	k->counted = true;
	k->with_deaths++;
	k->with_both += k->unseen > 0;
	return true;
}

bool hr_pools_keep(const struct hr_pools *p, size_t kind)
{
	const struct hr_pool_kind *k = &p->kinds[kind];
	uint64_t fewer = k->with_births < k->with_deaths ? k->with_births : k->with_deaths;
	double share = p->seen > 0 ? (double)p->first / (double)p->seen : 0, chance = 1;

	if (k->dead < 2 || (double)k->first > FIRST_SHARE * (double)k->seen || 2 * k->with_both > fewer ||
	    k->cycles > MOST_CYCLES * (double)k->dead)
		return false;
	/* Were it like the other large objects of the trace, some would have been garbage at once. */
	share = share < LEAST_FIRST ? LEAST_FIRST : share;
	for (uint64_t i = 0; i < k->seen && chance > CHANCE; i++)
		chance *= 1 - share;
	return chance <= CHANCE;
}

double hr_pools_rate(const struct hr_pools *p, size_t kind)
{
	const struct hr_pool_kind *k = &p->kinds[kind];

	return k->cycles > 0 && hr_pools_keep(p, kind) ? (double)k->dead / k->cycles * (double)k->alive : 0;
}

void hr_pool_release(struct hr_pool *p)
{
	for (size_t i = 0; i < p->nshelves; i++)
		free(p->shelves[i].list);
	free(p->shelves);
	*p = (struct hr_pool){0};
}

static struct hr_pool_shelf *shelf_of(struct hr_pool *p, size_t kind)
{
	if (kind >= p->nshelves) {
		if (!hr_reserve(&p->shelves, &p->cap, kind + 1, sizeof(*p->shelves)))
			return NULL;
		while (p->nshelves <= kind)
			p->shelves[p->nshelves++] = (struct hr_pool_shelf){0};
	}
	return &p->shelves[kind];
}

bool hr_pool_put(struct hr_pool *p, size_t kind, struct hr_object object, bool victim)
{
	struct hr_pool_shelf *s = shelf_of(p, kind);

	if (s == NULL || !hr_reserve(&s->list, &s->cap, s->n + 1, sizeof(*s->list)))
		return false;
	s->list[s->n++] = (struct hr_pooled){object, victim};
	p->n++;
	return true;
}

bool hr_pool_take(struct hr_pool *p, size_t kind, struct hr_object *object)
{
	if (kind >= p->nshelves || p->shelves[kind].n == 0)
		return false;
	*object = p->shelves[kind].list[--p->shelves[kind].n].object;
	p->n--;
	return true;
}

bool hr_pool_again(struct hr_pool *p, size_t kind)
{
	struct hr_pool_shelf *s = shelf_of(p, kind);

	if (s == NULL)
		return false;
	s->due += 1;
	return true;
}

void hr_pool_clean(struct hr_pool *p, void (*drop)(void *ctx, struct hr_object object), void *ctx)
{
	for (size_t i = 0; i < p->nshelves; i++) {
		struct hr_pool_shelf *s = &p->shelves[i];
		size_t left = 0;

		for (size_t j = 0; j < s->n; j++) {
			if (s->list[j].victim)
				drop(ctx, s->list[j].object);
			else
				s->list[left++] = (struct hr_pooled){s->list[j].object, true};
		}
		p->n -= s->n - left;
		s->n = left;
	}
	p->next = 0;
}

bool hr_pool_more(struct hr_pool *p, const struct hr_pools *of)
{
	for (size_t i = 0; i < of->n; i++) {
		double rate = hr_pools_rate(of, i);

		if (rate <= 0)
			continue;
		if (shelf_of(p, i) == NULL)
			return false;
		p->shelves[i].due += rate;
	}
	return true;
}

size_t hr_pool_due(struct hr_pool *p)
{
	for (; p->next < p->nshelves; p->next++)
		if (p->shelves[p->next].due >= 1) {
			p->shelves[p->next].due -= 1;
			return p->next;
		}
	return HR_NO_KIND;
}
