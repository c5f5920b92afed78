/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/policies/dirty.h"

#include <stddef.h>

const char *const hr_driver_words[] = {[HR_BY_THREAD] = "thread", [HR_BY_ACTIVITY] = "activity", NULL};

void hr_dirty_release_all(struct hr_follower *f)
{
	const struct hr_ranges *grown = &hr_follower_view(f)->map->in_use;

	for (size_t i = 0; i < grown->n; i++)
		hr_follower_release_range(f, grown->at[i].base, grown->at[i].limit - grown->at[i].base);
}

void hr_dirty_begin(struct hr_follower *f, enum hr_release_why why)
{
	hr_follower_because(f, why);
	hr_follower_take_spent(f);
}

void hr_dirty_end(struct hr_follower *f, enum hr_release_why why)
{
	uint64_t ns = hr_follower_take_spent(f);

	if (why == HR_WHY_BACKGROUND)
		hr_follower_work(f, ns);
	else
		hr_follower_stall(f, ns);
}
