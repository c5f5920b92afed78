/* SPDX-License-Identifier: BSD-3-Clause */
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

#include "heapreplay-policy.h"
#include "scavenge/policies/builtin.h"

#include <stdlib.h>

struct recorded {
	struct hr_follower *f;
	uint64_t released_bytes; /* since the last trace line */
	bool forced;		 /* the cycle is one of FreeOSMemory, whose line is still to come: */
	struct hr_scav_line forced_line;
};

static void *create(struct hr_follower *f, const void *config)
{
	struct recorded *s = calloc(1, sizeof(*s));

	(void)config;
	if (s != NULL)
		s->f = f;
	return s;
}

static void *clone(const void *state, struct hr_follower *f)
{
	struct recorded *s = malloc(sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *(const struct recorded *)state;
	s->f = f;
	return s;
}

/* The line that the runtime would print now; the background's share and that of allocations are not known apart. */
static struct hr_scav_line line_now(const struct recorded *s, bool forced)
{
	const struct hr_policy_view *v = hr_follower_view(s->f);
	uint64_t retained = hr_follower_retained_bytes(s->f);

	return (struct hr_scav_line){
	    .time_ns = v->now_ns,
	    .form = HR_SCAV_GO121,
	    .bg_bytes = forced ? 0 : s->released_bytes,
	    .eager_bytes = forced ? s->released_bytes : 0,
	    .released_bytes = v->released_pages * HR_PAGE_BYTES,
	    .util_percent = retained ? (unsigned)(v->in_use_pages * HR_PAGE_BYTES * 100 / retained) : 0,
	    .forced = forced,
	};
}

static void print_line(struct recorded *s, const struct hr_scav_line *line)
{
	s->released_bytes = 0;
	hr_follower_log(s->f, line);
}

static void release(struct recorded *s, uint64_t page, uint64_t npages)
{
	s->released_bytes += hr_follower_release_range(s->f, page, npages) * HR_PAGE_BYTES;
	hr_follower_work(s->f, hr_follower_take_spent(s->f));
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

static enum hr_status after(void *state, const struct hr_place *r)
{
	struct recorded *s = state;

	if (r->kind == HR_PLACE_SCAV)
		release(s, r->page, r->npages);
	else if (r->kind == HR_PLACE_SWEEP_DONE)
		sweep_done(s, r->flags & HR_PLACE_FORCED);
	else if (r->kind == HR_PLACE_MARK_START || r->kind == HR_PLACE_END)
		end_forced(s);
	return HR_OK;
}

const struct hr_policy_def hr_policy_recorded = {
    .abi = HR_POLICY_ABI,
    .name = "recorded",
    .summary = "releases what the trace's own scavenger released (Go page traces)",
    .needs_releases = true,
    .without_caches = true,
    .create = create,
    .destroy = free,
    .clone = clone,
    .after = after,
};
