/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/touches.h"

void hr_touches_start(struct hr_touches *t, uint64_t chunk)
{
	*t = (struct hr_touches){.chunk = chunk};
	for (unsigned i = 0; i < HR_CHUNK_PAGES; i++)
		t->at[i].kind = HR_PLACE_KIND_COUNT;
}

static void take(struct hr_touches *t, const struct hr_place *r)
{
	uint64_t first = hr_chunk_page(t->chunk), limit = first + HR_CHUNK_PAGES;
	struct hr_touch touch = {.time_ns = r->time_ns, .p = r->p, .kind = r->kind, .flags = r->flags};

	t->n++;
	for (uint64_t page = r->page < first ? first : r->page; page < r->page + r->npages && page < limit; page++)
		t->at[page - first] = touch;
}

void hr_touches_follow(struct hr_touches *t, const struct hr_place *r, size_t n)
{
	uint64_t first = hr_chunk_page(t->chunk);

	for (; n > 0; r++, n--) {
		if (r->page >= first + HR_CHUNK_PAGES || r->page + r->npages <= first)
			continue;
		switch ((enum hr_place_kind)r->kind) {
		case HR_PLACE_GROW:
		case HR_PLACE_ALLOC:
		case HR_PLACE_CACHE_USE:
		case HR_PLACE_FREE:
			take(t, r);
			break;
		default:
			break;
		}
	}
}
