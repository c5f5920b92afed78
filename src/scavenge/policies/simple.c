/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two extremes: `none` never releases anything, `eager` releases every page
 * at the moment it is freed. They are the yardsticks for the others: none has
 * no cost, eager retains nothing beyond what is in use.
 */
#include "config.h"

#include "heapreplay-policy.h"
#include "scavenge/policies/builtin.h"

/* Neither keeps any state but its follower. */
static void *create(struct hr_follower *f, const void *config)
{
	(void)config;
	return f;
}

static void *clone(const void *state, struct hr_follower *f)
{
	(void)state;
	return f;
}

static void destroy(void *state)
{
	(void)state;
}

static void release_freed(struct hr_follower *f, uint64_t page, uint64_t npages)
{
	hr_follower_because(f, HR_WHY_FREE);
	hr_follower_release_range(f, page, npages);
	hr_follower_stall(f, hr_follower_take_spent(f));
}

static enum hr_status eager_after(void *state, const struct hr_place *r)
{
	if (r->kind == HR_PLACE_FREE)
		release_freed(state, r->page, r->npages);
	else if (r->kind == HR_PLACE_CACHE_FLUSH)
		release_freed(state, r->page, 64);
	return HR_OK;
}

const struct hr_policy_def hr_policy_none = {
    .abi = HR_POLICY_ABI,
    .name = "none",
    .summary = "never releases anything",
    .create = create,
    .destroy = destroy,
    .clone = clone,
};

const struct hr_policy_def hr_policy_eager = {
    .abi = HR_POLICY_ABI,
    .name = "eager",
    .summary = "releases memory as soon as it is freed",
    .create = create,
    .destroy = destroy,
    .clone = clone,
    .after = eager_after,
};
