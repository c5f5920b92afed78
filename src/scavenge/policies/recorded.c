/*
 * What the trace's own scavenger did: it releases what was recorded as
 * released, when it was. The measure of all others, on traces that tell it.
 *
 * A page trace says of every page when it is taken, freed and released. Page
 * caches are in no event, and whose a free page is does not matter here; so they
 * are looked past, and the released bytes are the recorded program's own,
 * whether or not the model knows its caches: those grown, plus those released,
 * minus those released and taken. What stands in the way (a trace that lacks
 * events) is left as it is.
 *
 * Who asked for a release is not recorded: all count as background work.
 */
#include "config.h"

#include "base/alloc.h"
#include "scavenge/follower.h"
#include "scavenge/policies/builtin.h"
#include "scavenge/policy.h"

#include <stddef.h>
#include <stdlib.h>

static const struct hr_param no_params[] = {{NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL}};

struct recorded {
	struct hr_follower *f;
	uint64_t released_bytes; /* since the last trace line */
	bool forced;		 /* the cycle is one of FreeOSMemory, whose line is still to come: */
	struct hr_scav_line forced_line;
};

static void *create(struct hr_follower *f, const void *config)
{
	struct recorded *s = hr_calloc(1, sizeof(*s));

	(void)config;
	if (s != NULL)
		s->f = f;
	return s;
}

/* Free and not released, in the policy's own view? */
static bool can_release(const struct hr_follower *f, uint64_t page)
{
	const struct hr_chunk_bits *c = hr_pagemap_chunk(&f->map, hr_chunk_of(page));
	unsigned i = hr_page_in_chunk(page);

	return !((c->alloc[i / 64] | c->scavenged[i / 64]) >> (i % 64) & 1);
}

/* The line that the runtime would print now; the background's share and that of allocations are not known apart. */
static struct hr_scav_line line_now(const struct recorded *s, bool forced)
{
	const struct hr_follower *f = s->f;
	uint64_t retained = hr_follower_retained_bytes(f);

	return (struct hr_scav_line){
	    .time_ns = f->now_ns,
	    .form = HR_SCAV_GO121,
	    .bg_bytes = forced ? 0 : s->released_bytes,
	    .eager_bytes = forced ? s->released_bytes : 0,
	    .released_bytes = f->released_pages * HR_PAGE_BYTES,
	    .util_percent = retained ? (unsigned)(f->in_use_pages * HR_PAGE_BYTES * 100 / retained) : 0,
	    .forced = forced,
	};
}

static void print_line(struct recorded *s, const struct hr_scav_line *line)
{
	s->released_bytes = 0;
	if (s->f->log != NULL)
		s->f->log(s->f->log_ctx, s->f, line);
}

static void release(struct recorded *s, uint64_t page, uint64_t npages)
{
	struct hr_follower *f = s->f;
	uint64_t end = page + npages, before = f->released_pages, first;

	f->why = HR_WHY_BACKGROUND;
	while (page < end) {
		for (first = page; page < end && can_release(f, page);)
			page++;
		if (page > first)
			hr_follower_release_pages(f, first, (unsigned)(page - first));
		else
			page++;
	}
	f->count.background_ns += hr_follower_take_spent(f);
	s->released_bytes += (f->released_pages - before) * HR_PAGE_BYTES;
	if (s->forced)
		s->forced_line = line_now(s, true);
}

/* What FreeOSMemory released is complete at the latest when the next cycle starts; its line is as after the last release. */
static void end_forced(struct recorded *s)
{
	if (s->forced)
		print_line(s, &s->forced_line);
	s->forced = false;
}

static void sweep_done(struct recorded *s, bool forced)
{
	const struct hr_scav_line line = line_now(s, false);

	end_forced(s);
	print_line(s, &line);
	s->forced = forced;
	s->forced_line = line_now(s, true);
}

static enum hr_status follow(void *state, const struct hr_place *r, size_t n)
{
	struct recorded *s = state;

	for (; n-- > 0; r++) {
		struct hr_place seen = *r;
		uint64_t claimed = 0;

		hr_follower_advance(s->f, r->time_ns);
		if (r->kind == HR_PLACE_CACHE_USE)
			seen.kind = HR_PLACE_ALLOC;
		if (r->kind != HR_PLACE_CACHE_FILL && r->kind != HR_PLACE_CACHE_FLUSH)
			HR_TRY(hr_follower_map(s->f, &seen, &claimed));
		hr_follower_commit(s->f, r, claimed);
		if (r->kind == HR_PLACE_SCAV)
			release(s, r->page, r->npages);
		else if (r->kind == HR_PLACE_SWEEP_DONE)
			sweep_done(s, r->flags & HR_PLACE_FORCED);
		else if (r->kind == HR_PLACE_MARK_START || r->kind == HR_PLACE_END)
			end_forced(s);
	}
	return HR_OK;
}

const struct hr_policy_def hr_policy_recorded = {
    .name = "recorded",
    .summary = "releases what the trace's own scavenger released (Go page traces)",
    .params = no_params,
    .needs_releases = true,
    .create = create,
    .destroy = free,
    .follow = follow,
};
