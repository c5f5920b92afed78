/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy for heapreplay: once the program has allocated nothing for a while,
 * all that is free goes back, so that an idle program is a small one.
 *     cc -shared -fPIC $(pkg-config --cflags heapreplay) -o idle.so idle.c
 *     heapreplay compare app.trace -p go1.22 -p ./idle.so,after=500ms
 */
#include <heapreplay-policy.h>
#include <stdlib.h>

struct idle {
	uint64_t after_ns; /* the parameter */
	struct hr_follower *f;
};

static const struct hr_param params[] = {
    {"after", HR_PARAM_NS, offsetof(struct idle, after_ns), "1s", NULL, "how long the program must be idle"},
    {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

/* The configuration, or the state of another follower, for this one. */
static void *create(struct hr_follower *f, const void *config)
{
	struct idle *s = malloc(sizeof(*s));
	if (s != NULL)
		*s = (struct idle){((const struct idle *)config)->after_ns, f};
	return s;
}

static void *clone(const void *state, struct hr_follower *f)
{
	return create(f, state);
}

static enum hr_status after(void *state, const struct hr_place *r)
{
	struct idle *s = state;
	if (r->kind == HR_PLACE_ALLOC || r->kind == HR_PLACE_CACHE_USE)
		hr_follower_set_timer(s->f, r->time_ns + s->after_ns);
	return HR_OK;
}

static void timer(void *state)
{
	struct idle *s = state;
	const struct hr_ranges *heap = &hr_follower_view(s->f)->map->in_use;
	for (size_t i = 0; i < heap->n; i++)
		hr_follower_release_range(s->f, heap->at[i].base, heap->at[i].limit - heap->at[i].base);
	hr_follower_work(s->f, hr_follower_take_spent(s->f));
}

const struct hr_policy_def heapreplay_policy = {
    .abi = HR_POLICY_ABI,
    .name = "idle",
    .summary = "releases all that is free once the program is idle",
    .params = params,
    .config_bytes = sizeof(struct idle),
    .create = create,
    .destroy = free,
    .clone = clone,
    .after = after,
    .timer = timer,
};
