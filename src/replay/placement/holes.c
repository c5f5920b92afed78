/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/placement/holes.h"

#include "base/alloc.h"
#include "heap/sizeclasses.h"
#include "pagealloc/geometry.h"

#include <stdlib.h>
#include <string.h>

/* So many free slots in a page tell their size by their distances. The others are taken to be as large as those. */
#define TELLING 3

void hr_holes_init(struct hr_holes *h)
{
	memset(h, 0, sizeof(*h));
	hr_map64_init(&h->pages);
}

void hr_holes_release(struct hr_holes *h)
{
	hr_map64_release(&h->pages);
	free(h->at);
	hr_holes_init(h);
}

static struct hr_holes_page *find(const struct hr_holes *h, uint64_t page)
{
	const uint64_t *i = hr_map64_get(&h->pages, page);

	return i != NULL ? &h->at[*i] : NULL;
}

/* The last one takes its place. */
static void remove_page(struct hr_holes *h, uint64_t page)
{
	uint64_t i, last = h->n - 1;

	if (!hr_map64_remove(&h->pages, page, &i))
		return;
	if (i != last) {
		h->at[i] = h->at[last];
		*hr_map64_get(&h->pages, h->at[i].page) = i;
	}
	h->n--;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static bool is_free(const struct hr_holes_page *p, uint32_t offset)
{
	return (p->free[offset / 512] >> offset / 8 % 64 & 1) != 0;
}

bool hr_holes_add(struct hr_holes *h, uint64_t addr)
{
	const uint64_t page = addr / HR_PAGE_BYTES;
	const uint32_t offset = (uint32_t)(addr % HR_PAGE_BYTES);
	struct hr_holes_page *p = find(h, page);

	if (p == NULL) {
		if (!hr_reserve(&h->at, &h->cap, h->n + 1, sizeof(*h->at)) || !hr_map64_put(&h->pages, page, h->n))
			return false;
		p = &h->at[h->n++];
		*p = (struct hr_holes_page){.page = page, .first = offset};
	}
	p->step = common_divisor(p->step, offset > p->first ? offset - p->first : p->first - offset);
	p->n += !is_free(p, offset);
	p->free[offset / 512] |= UINT64_C(1) << offset / 8 % 64;
	return true;
}

static bool fill(struct hr_holes_page *p, uint32_t offset)
{
	if (!is_free(p, offset))
		return false;
	p->free[offset / 512] &= ~(UINT64_C(1) << offset / 8 % 64);
	p->n--;
	p->filled++;
	return true;
}

void hr_holes_fill(struct hr_holes *h, uint64_t addr)
{
	struct hr_holes_page *p = find(h, addr / HR_PAGE_BYTES);
	const uint32_t offset = (uint32_t)(addr % HR_PAGE_BYTES);

	/* What is told may be behind the slot's header, or in the middle of the tiny allocator's. */
	if (p != NULL && !fill(p, offset) && (offset < 8 || !fill(p, offset - 8)))
		fill(p, offset & ~15u);
}

/* Pages of a span whose slots have that size. */
static uint64_t pages_by(uint32_t slot_bytes)
{
	for (unsigned c = 1; c < HR_SIZE_CLASSES; c++)
		if (hr_size_classes[c].object_bytes == slot_bytes)
			return hr_size_classes[c].span_bytes / HR_PAGE_BYTES;
	return 1;
}

uint64_t hr_holes_free_span(struct hr_holes *h, uint64_t page)
{
	const struct hr_holes_page *p = find(h, page);
	const uint64_t npages = p != NULL ? pages_by(p->step) : 1;

	hr_holes_drop(h, page, npages);
	return npages;
}

void hr_holes_drop(struct hr_holes *h, uint64_t page, uint64_t npages)
{
	if (npages < h->n)
		for (uint64_t i = 0; i < npages; i++)
			remove_page(h, page + i);
	else
		for (size_t i = h->n; i-- > 0;)
			if (h->at[i].page - page < npages)
				remove_page(h, h->at[i].page);
}

void hr_holes_marked(struct hr_holes *h)
{
	for (size_t i = 0; i < h->n; i++)
		h->at[i].filled = 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t hr_holes_bytes(const struct hr_holes *h)
{
	uint64_t bytes = 0, telling = 0, others = 0;

	for (size_t i = 0; i < h->n; i++) {
		const struct hr_holes_page *p = &h->at[i];
		const uint64_t slots = (uint64_t)p->n + p->filled;

		if (slots < TELLING || p->step == 0) {
			others += slots;
			continue;
		}
		bytes += least(slots * p->step, HR_PAGE_BYTES);
		telling += slots;
	}
	return bytes + (telling > 0 ? bytes / telling * others : 0);
}
