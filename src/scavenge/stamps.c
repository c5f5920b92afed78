/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For every released page the time of its release, in units of 2^20 ns (1.05
 * ms) plus one; 0 for a page that is not released, or was never used. 2 KiB a
 * chunk, committed only where something has been released. A chunk that is
 * released as a whole has one stamp for all its pages, in place of theirs, until
 * some are used: large spans come and go without any of the former. Behind the
 * stamps of a block stand these, and how many pages of each chunk came back, for
 * who looks at it.
 */
#include "config.h"

#include "scavenge/stamps.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

#define STAMP_SHIFT 20
#define THRASH_UNITS ((NS_PER_S >> STAMP_SHIFT) + 1)
#define BLOCK_CHUNKS 8192
#define BLOCK_STAMPS ((size_t)BLOCK_CHUNKS * HR_CHUNK_PAGES)
#define BLOCK_BYTES ((BLOCK_STAMPS + 2 * BLOCK_CHUNKS) * sizeof(uint32_t))

static uint32_t *stamps_of(const struct hr_stamps *s, uint64_t page)
{
	uint64_t chunk = hr_chunk_of(page);
	uint32_t *block = s->blocks[chunk / BLOCK_CHUNKS];

	return block ? block + chunk % BLOCK_CHUNKS * HR_CHUNK_PAGES + hr_page_in_chunk(page) : NULL;
}

/* Where the pages of a chunk that came back are counted; NULL: none was ever released near it. */
static uint32_t *refaults_of(const struct hr_stamps *s, uint64_t chunk)
{
	uint32_t *block = s->blocks[chunk / BLOCK_CHUNKS];

	return block ? block + BLOCK_STAMPS + chunk % BLOCK_CHUNKS : NULL;
}

/* The stamp of all pages of a chunk, 0: each has its own; NULL as above. */
static uint32_t *stamp_of_chunk(const struct hr_stamps *s, uint64_t chunk)
{
	uint32_t *block = s->blocks[chunk / BLOCK_CHUNKS];

	return block ? block + BLOCK_STAMPS + BLOCK_CHUNKS + chunk % BLOCK_CHUNKS : NULL;
}

bool hr_stamps_init(struct hr_stamps *s, const struct hr_geometry *geometry)
{
	s->nblocks = (size_t)((geometry->chunks + BLOCK_CHUNKS - 1) / BLOCK_CHUNKS);
	s->blocks = hr_calloc(s->nblocks, sizeof(*s->blocks));
	return s->blocks != NULL;
}

void hr_stamps_release(struct hr_stamps *s)
{
	for (size_t i = 0; s->blocks != NULL && i < s->nblocks; i++)
		hr_unmap(s->blocks[i], BLOCK_BYTES);
	free(s->blocks);
	s->blocks = NULL;
}

/* The stamps and refaults of a chunk where there are some, so that the copy commits no more memory than the original. */
static bool copy_chunk(struct hr_stamps *to, const struct hr_stamps *from, uint64_t chunk)
{
	static const uint32_t none[HR_CHUNK_PAGES];
	const uint32_t *stamps = stamps_of(from, hr_chunk_page(chunk)), *refaults = refaults_of(from, chunk);
	uint32_t **block = &to->blocks[chunk / BLOCK_CHUNKS];
	bool stamped = stamps != NULL && memcmp(stamps, none, sizeof(none)) != 0;

	if (!stamped && (refaults == NULL || (*refaults == 0 && *stamp_of_chunk(from, chunk) == 0)))
		return true;
	if (*block == NULL)
		*block = hr_map(BLOCK_BYTES);
	if (*block == NULL)
		return false;
	if (stamped)
		memcpy(stamps_of(to, hr_chunk_page(chunk)), stamps, sizeof(none));
	*refaults_of(to, chunk) = *refaults;
	*stamp_of_chunk(to, chunk) = *stamp_of_chunk(from, chunk);
	return true;
}

bool hr_stamps_clone(struct hr_stamps *to, const struct hr_stamps *from, const struct hr_ranges *grown)
{
	to->nblocks = from->nblocks;
	to->blocks = hr_calloc(to->nblocks, sizeof(*to->blocks));
	if (to->blocks == NULL)
		return false;
	for (size_t i = 0; i < grown->n; i++)
		for (uint64_t chunk = hr_chunk_of(grown->at[i].base); chunk < hr_chunk_of(grown->at[i].limit); chunk++)
			if (!copy_chunk(to, from, chunk)) {
				hr_stamps_release(to);
				return false;
			}
	return true;
}

/* A chunk that was released as a whole: its pages have stamps of their own from now on. */
static void spread_stamp(uint32_t *of_chunk, uint32_t *stamps)
{
	for (unsigned i = 0; i < HR_CHUNK_PAGES; i++)
		stamps[i] = *of_chunk;
	*of_chunk = 0;
}

void hr_stamps_set(struct hr_stamps *s, uint64_t page, unsigned npages, uint64_t now_ns)
{
	uint64_t now = (now_ns >> STAMP_SHIFT) + 1, chunk = hr_chunk_of(page);
	uint32_t unit = now < UINT32_MAX ? (uint32_t)now : UINT32_MAX;
	uint32_t **block = &s->blocks[chunk / BLOCK_CHUNKS], *stamps, *of_chunk;

	if (*block == NULL)
		*block = hr_map(BLOCK_BYTES);
	stamps = stamps_of(s, page);
	if (stamps == NULL)
		return;
	of_chunk = stamp_of_chunk(s, chunk);
	if (npages == HR_CHUNK_PAGES) {
		*of_chunk = unit;
		return;
	}
	if (*of_chunk != 0)
		spread_stamp(of_chunk, stamps_of(s, hr_chunk_page(chunk)));
	for (unsigned i = 0; i < npages; i++)
		stamps[i] = unit;
}

/* n pages of one chunk, all stamped; returns how many had been used before. */
static unsigned take_here(struct hr_stamps *s, uint64_t page, unsigned n, uint64_t now, uint64_t *thrash)
{
	uint32_t *of_chunk = stamp_of_chunk(s, hr_chunk_of(page)), *stamps = stamps_of(s, page);
	unsigned again = 0;

	if (*of_chunk != 0 && n == HR_CHUNK_PAGES) {
		*thrash += now - (*of_chunk - 1) <= THRASH_UNITS ? n : 0;
		*of_chunk = 0;
		return n;
	}
	if (*of_chunk != 0)
		spread_stamp(of_chunk, stamps_of(s, hr_chunk_page(hr_chunk_of(page))));
	for (unsigned i = 0; i < n; i++) {
		if (stamps[i] == 0)
			continue;
		again++;
		*thrash += now - (stamps[i] - 1) <= THRASH_UNITS;
		stamps[i] = 0;
	}
	return again;
}

struct hr_used_again hr_stamps_take(struct hr_stamps *s, uint64_t page, uint64_t npages, uint64_t now_ns)
{
	struct hr_used_again all = {0, 0};

	for (uint64_t end = page + npages; page < end;) {
		unsigned n = HR_CHUNK_PAGES - hr_page_in_chunk(page);
		uint32_t *refaults = refaults_of(s, hr_chunk_of(page));

		if (n > end - page)
			n = (unsigned)(end - page);
		if (refaults != NULL) {
			unsigned here = take_here(s, page, n, now_ns >> STAMP_SHIFT, &all.thrash_pages);

			all.pages += here;
			*refaults += here < UINT32_MAX - *refaults ? here : UINT32_MAX - *refaults;
		}
		page += n;
	}
	return all;
}

uint32_t hr_stamps_refaults(const struct hr_stamps *s, uint64_t chunk)
{
	const uint32_t *n = refaults_of(s, chunk);

	return n ? *n : 0;
}
