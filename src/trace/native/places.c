/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/native/places.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

#define MAX_STEP (UINT64_C(1) << 16)

struct hr_places *hr_places_new(void)
{
	struct hr_places *s = hr_calloc(1, sizeof(*s));

	if (s != NULL)
		s->pages = hr_calloc(HR_PLACES_SLOTS, sizeof(*s->pages));
	if (s != NULL && s->pages == NULL) {
		free(s);
		s = NULL;
	}
	return s;
}

void hr_places_free(struct hr_places *s)
{
	if (s != NULL)
		free(s->pages);
	free(s);
}

static struct hr_places_page *slot_of(const struct hr_places *s, uint64_t page)
{
	return &s->pages[(page * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - HR_PLACES_SLOT_BITS)];
}

static struct hr_places_page *find_page(const struct hr_places *s, uint64_t page)
{
	struct hr_places_page *p = slot_of(s, page);

	return p->epoch == s->epoch && p->page == page ? p : NULL;
}

static struct hr_places_page *make_page(struct hr_places *s, uint64_t page)
{
	struct hr_places_page *p = slot_of(s, page);

	if (p->epoch != s->epoch || p->page != page)
		*p = (struct hr_places_page){.page = page, .epoch = s->epoch};
	return p;
}

static unsigned bit_of(uint64_t addr)
{
	return (unsigned)(addr >> 3) % (64 * HR_PLACES_FREED_WORDS);
}

_Static_assert(HR_PLACES_FREED_WORDS == 16, "a page's `some` has a bit for each word");

/* The first address above addr in its page that was left free; 0: none. */
static uint64_t next_freed(const struct hr_places_page *p, uint64_t addr)
{
	unsigned from = bit_of(addr) + 1, w = from / 64, above;
	uint64_t word;

	if (w == HR_PLACES_FREED_WORDS)
		return 0;
	word = p->freed[w] & UINT64_MAX << from % 64;
	if (word == 0) {
		above = (unsigned)p->some >> w >> 1;
		if (above == 0)
			return 0;
		w += 1 + hr_ctz(above);
		word = p->freed[w];
	}
	return (p->page << HR_PLACES_PAGE_SHIFT) + 8 * (64 * w + hr_ctz(word));
}

void hr_places_guess(const struct hr_places *s, unsigned context, struct hr_places_guess *g)
{
	const struct hr_places_context *c = &s->contexts[context];
	uint64_t last = 0, step = 0, freed = 0;

	g->page = NULL;
	if (c->epoch == s->epoch) {
		last = c->last;
		step = c->step;
		g->page = find_page(s, last >> HR_PLACES_PAGE_SHIFT);
	}
	if (g->page != NULL && g->page->any) {
		last = g->page->last;
		step = g->page->step != 0 ? g->page->step : step;
		freed = next_freed(g->page, last);
	}
	g->at[HR_PLACES_OTHER_STEP] = last + step;
	g->at[HR_PLACES_STEP] = freed != 0 ? freed : last + step;
	g->at[HR_PLACES_BASE] = s->base;
}

void hr_places_add(struct hr_places *s, unsigned context, uint64_t addr)
{
	struct hr_places_context *c = &s->contexts[context];
	struct hr_places_page *p = make_page(s, addr >> HR_PLACES_PAGE_SHIFT);
	bool known = c->epoch == s->epoch;
	unsigned w = bit_of(addr) / 64;
	uint64_t step;

	if (p->any)
		p->step = addr - p->last;
	else
		p->step = known ? c->step : 0;
	p->any = true;
	p->last = addr;
	p->freed[w] &= ~(UINT64_C(1) << bit_of(addr) % 64);
	if (p->freed[w] == 0)
		p->some &= (uint16_t) ~(1u << w);
	if (!known)
		*c = (struct hr_places_context){.epoch = s->epoch};
	/* A step to another span does not predict the next step. */
	step = addr - (known ? c->last : addr);
	if (step + MAX_STEP < 2 * MAX_STEP && step != 0)
		c->step = step;
	c->last = addr;
}

void hr_places_remove(struct hr_places *s, uint64_t addr)
{
	struct hr_places_page *p = make_page(s, addr >> HR_PLACES_PAGE_SHIFT);

	p->freed[bit_of(addr) / 64] |= UINT64_C(1) << bit_of(addr) % 64;
	p->some |= (uint16_t)(1u << bit_of(addr) / 64);
}
