/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap's growth. Invariant: base <= limit; what lies between them is the current space, and not heap. */
#include "config.h"

#include "heap/arenas.h"

#include "base/bits.h"

static uint64_t arena_pages(const struct hr_arenas *a)
{
	return a->geometry->arena_bytes / HR_PAGE_BYTES;
}

/* One past the last page that can be heap in this direction. */
static uint64_t roof(const struct hr_arenas *a)
{
	uint64_t chunks = a->geometry->chunks - (a->geometry->address_bits == 32);

	return a->wrapped ? a->first : hr_chunk_page(chunks);
}

void hr_arenas_init(struct hr_arenas *a, const struct hr_geometry *geometry, uint64_t page)
{
	a->geometry = geometry;
	a->wrapped = false;
	if (page == HR_NO_PAGE)
		page = geometry->heap_base_page;
	a->first = hr_align_down(page, geometry->arena_bytes / HR_PAGE_BYTES);
	a->base = a->limit = a->first;
}

void hr_arenas_set_end(struct hr_arenas *a, uint64_t page)
{
	a->base = hr_align_up(page, HR_CHUNK_PAGES);
	a->limit = hr_align_up(a->base, arena_pages(a));
}

unsigned hr_arenas_grow(struct hr_arenas *a, uint64_t npages, struct hr_range grown[2])
{
	uint64_t ask = hr_align_up(npages, HR_CHUNK_PAGES), space;
	unsigned n = 0;

	/* Take whole arenas after the current ones, as many as the request needs. sysAlloc. */
	if (ask > a->limit - a->base) {
		space = hr_align_up(ask, arena_pages(a));
		if (space > roof(a) - a->limit) {
			if (a->geometry->address_bits != 32 || a->wrapped || space > a->first - HR_CHUNK_PAGES)
				return 0;
			if (a->limit != a->base)
				grown[n++] = (struct hr_range){a->base, a->limit};
			a->wrapped = true;
			a->base = a->limit = HR_CHUNK_PAGES;
		}
		a->limit += space;
	}
	grown[n++] = (struct hr_range){a->base, a->base + ask};
	a->base += ask;
	return n;
}
