/*
 * The two ends of the scale: `none` never releases anything, `eager` releases
 * what is freed in the moment it is freed. Both are what the others are
 * measured against: none has no cost, eager retains nothing.
 */
#include "config.h"

#include "base/bits.h"
#include "scavenge/follower.h"
#include "scavenge/policies/builtin.h"
#include "scavenge/policy.h"

#include <stddef.h>

static const struct hr_param no_params[] = {{NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL}};

/* Neither keeps any state but its follower. */
static void *create(struct hr_follower *f, const void *config)
{
	(void)config;
	return f;
}

static void destroy(void *state)
{
	(void)state;
}

static enum hr_status none_follow(void *state, const struct hr_place *r, size_t n)
{
	for (; n-- > 0; r++) {
		uint64_t claimed;

		hr_follower_advance(state, r->time_ns);
		HR_TRY(hr_follower_map(state, r, &claimed));
		hr_follower_commit(state, r, claimed);
	}
	return HR_OK;
}

/* Releases what is free and not released in [first, end) of a chunk, in units of physical pages. */
static void release_in_chunk(struct hr_follower *f, uint64_t chunk, unsigned first, unsigned end)
{
	const struct hr_chunk_bits *c = hr_pagemap_chunk(&f->map, chunk);
	unsigned unit =
	    f->settings.phys_page_bytes > HR_PAGE_BYTES ? (unsigned)(f->settings.phys_page_bytes / HR_PAGE_BYTES) : 1;
	unsigned run = 0;
	uint64_t taken = 0; /* of the word at hand */

	first = (unsigned)hr_align_down(first, unit);
	end = (unsigned)hr_align_up(end, unit);
	for (unsigned i = first; i <= end; i++) {
		if (i < end && (i == first || i % 64 == 0))
			taken = hr_fill_aligned(c->alloc[i / 64] | c->scavenged[i / 64], unit);
		if (i < end && !(taken >> (i % 64) & 1)) {
			run++;
		} else if (run > 0) {
			hr_follower_release_pages(f, hr_chunk_page(chunk) + i - run, run);
			run = 0;
		}
	}
}

static void release_freed(struct hr_follower *f, uint64_t page, uint64_t npages)
{
	f->why = HR_WHY_FREE;
	for (uint64_t end = page + npages; page < end;) {
		unsigned first = hr_page_in_chunk(page), n = HR_CHUNK_PAGES - first;

		if (n > end - page)
			n = (unsigned)(end - page);
		release_in_chunk(f, hr_chunk_of(page), first, first + n);
		page += n;
	}
	hr_follower_stall(f, hr_follower_take_spent(f));
}

static enum hr_status eager_follow(void *state, const struct hr_place *r, size_t n)
{
	struct hr_follower *f = state;

	for (; n-- > 0; r++) {
		uint64_t claimed;

		hr_follower_advance(f, r->time_ns);
		HR_TRY(hr_follower_map(f, r, &claimed));
		hr_follower_commit(f, r, claimed);
		if (r->kind == HR_PLACE_FREE)
			release_freed(f, r->page, r->npages);
		else if (r->kind == HR_PLACE_CACHE_FLUSH)
			release_freed(f, r->page, 64);
	}
	return HR_OK;
}

const struct hr_policy_def hr_policy_none = {
    .name = "none",
    .summary = "never releases anything",
    .params = no_params,
    .create = create,
    .destroy = destroy,
    .follow = none_follow,
};

const struct hr_policy_def hr_policy_eager = {
    .name = "eager",
    .summary = "releases at once what is freed",
    .params = no_params,
    .create = create,
    .destroy = destroy,
    .follow = eager_follow,
};
