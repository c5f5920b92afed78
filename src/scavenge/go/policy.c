/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scavenger of the Go runtime in four generations: go1.18 (what the
 * redesign of April 2022 replaced), go1.19 (the redesign), go1.21 and go1.22.
 * They differ in how they find pages (search.h), in the line that scavtrace
 * prints, and in a few rules that stand in struct generation; what drives them
 * is the same and is here:
 *
 *   background  a goroutine, parked, working in bursts of about 1 ms, or
 *               sleeping so that it uses 1 % of the processors. Woken at sweep
 *               termination, by sysmon after a cycle's sweep, by its own timer;
 *               by the first two it runs when the recorded one got its P, where
 *               the trace tells that (HR_PLACE_SCAV_RUNS).
 *   goals       set when the GC's pacing is committed; the background works
 *               while retained memory is above the one that follows the heap
 *               goal, or mapped memory above the one that follows the limit.
 *   allocation  scavenges at once what the memory limit or the growth of the
 *               heap asks for.
 *   forced      debug.FreeOSMemory releases everything.
 *
 * A burst is a series of releases, each at its own simulated time. The GC's
 * CPU limiter is taken as never on.
 *
 * Source: mgcscavenge.go (bgscavenge, scavengerState), mheap.go (allocSpan,
 * scavengeAll), mgcsweep.go (sweepone, finishsweep_m), mgc.go (gcMarkTermination).
 */
#include "config.h"

#include "heapreplay-policy.h"
#include "scavenge/go/pacing.h"
#include "scavenge/go/search.h"
#include "scavenge/policies/builtin.h"

#include <stddef.h>
#include <stdlib.h>

struct generation {
	const struct hr_search_def *search;
	enum hr_scav_form form;
	bool limit_bug;		/* the background's goal is 95 times the limit: until 1.21 */
	bool forces;		/* the memory limit makes allocations scavenge dense chunks, too */
	bool without_processor; /* an allocation without a P scavenges, too */
};

/* fix=...: bit i is the i-th word of the generation's list; see the tables at the end. */
struct go_config {
	uint64_t fix;
	bool offset;
	struct hr_bg_rules pace;
	double retain_extra_percent, limit_reserve_percent;
};

enum phase { PARKED, WAITING, WORKING, FINISHING, SLEEPING };

/* The recorded scavenger is waited for no longer: it may have been busy when this one was woken. */
#define MAX_WAIT_NS UINT64_C(100000000)

struct go {
	struct hr_follower *f;
	const struct hr_policy_view *view;
	const struct generation *gen;
	struct hr_search *search;
	struct hr_pace_rules rules;

	struct hr_goals goals;
	uint64_t last_goal_bytes, last_in_use_bytes; /* of the cycle that ended; 0: none has */

	struct hr_bg bg;
	enum phase phase;
	uint64_t step_ns;	/* when the phase goes on by itself */
	uint64_t wake_ns;	/* when sysmon sees that the scavenger is wanted */
	uint64_t slept_from_ns; /* SLEEPING: since when */
	bool told;		/* the trace tells when the recorded scavenger, woken, got a P */

	/* Counts since the last trace line. */
	uint64_t background_bytes, eager_bytes;
	uint64_t generation; /* go1.18 */
};

static void set_timer(struct go *g)
{
	hr_follower_set_timer(g->f, g->step_ns < g->wake_ns ? g->step_ns : g->wake_ns);
}

/* scavenge() for one reason; returns bytes, adds what it cost to *ns. */
static uint64_t scavenge(struct go *g, enum hr_release_why why, uint64_t bytes, bool force, uint64_t *ns)
{
	uint64_t released;

	hr_follower_because(g->f, why);
	hr_follower_take_spent(g->f);
	released = g->gen->search->scavenge(g->search, bytes, force);
	*ns = hr_follower_take_spent(g->f);
	return released;
}

/* --- background: bgscavenge --- */

static bool should_stop(const struct go *g)
{
	return hr_follower_retained_bytes(g->f) <= g->goals.gc_percent_bytes &&
	       hr_follower_mapped_ready_bytes(g->f) <= g->goals.memory_limit_bytes;
}

static void end_burst(struct go *g)
{
	uint64_t now = g->view->now_ns;

	if (g->bg.released_bytes == 0) {
		g->phase = PARKED;
		g->step_ns = HR_NEVER;
		return;
	}
	g->background_bytes += g->bg.released_bytes;
	g->phase = SLEEPING;
	g->slept_from_ns = now;
	g->step_ns = now + (uint64_t)hr_bg_sleep_request(&g->bg, g->bg.worked_ns);
}

/* One round of scavengerState.run's loop; the time it takes passes before the next. */
static void work(struct go *g)
{
	uint64_t released, ns;

	if (should_stop(g)) {
		end_burst(g);
		return;
	}
	released = scavenge(g, HR_WHY_BACKGROUND, g->bg.rules.quantum_bytes, false, &ns);
	hr_follower_work(g->f, ns);
	g->phase =
	    hr_bg_burst_step(&g->bg, released, (double)ns, g->view->settings->phys_page_bytes) ? WORKING : FINISHING;
	g->step_ns = g->view->now_ns + ns;
}

static void begin_burst(struct go *g)
{
	/* Account for the sleep before this burst, whether a wake-up ended it or not. */
	if (g->slept_from_ns != HR_NEVER)
		hr_bg_slept(&g->bg, g->bg.worked_ns, (double)(g->view->now_ns - g->slept_from_ns), g->view->procs);
	g->slept_from_ns = HR_NEVER;
	hr_bg_burst_begin(&g->bg);
	g->phase = WORKING;
	g->step_ns = g->view->now_ns + g->view->settings->run_delay_ns;
}

/*
 * scavengerState.wake: nothing unless parked; a sleep counts as that and ends early.
 * Then it needs a P, and where the trace tells when the recorded one got its P, this one gets it then, too.
 */
static void wake(struct go *g, bool has_p)
{
	if (g->phase != PARKED && g->phase != SLEEPING && g->phase != WAITING)
		return;
	g->wake_ns = HR_NEVER;
	if (has_p || !g->told) {
		begin_burst(g);
	} else if (g->phase != WAITING) {
		g->phase = WAITING;
		g->step_ns = g->view->now_ns + MAX_WAIT_NS;
	}
}

/* The recorded scavenger runs: it was woken by the start of a cycle, by sysmon, or by its own timer. */
static void recorded_runs(struct go *g)
{
	g->told = true;
	if (g->phase == WAITING || g->wake_ns != HR_NEVER)
		wake(g, true);
}

static void go_timer(void *state)
{
	struct go *g = state;
	uint64_t now = g->view->now_ns;

	if (g->wake_ns <= now) {
		/* sysmon clears its flag even while the scavenger is running. */
		wake(g, true);
		g->wake_ns = HR_NEVER;
	}
	if (g->step_ns <= now) {
		if (g->phase == WORKING)
			work(g);
		else if (g->phase == FINISHING)
			end_burst(g);
		else if (g->phase == SLEEPING || g->phase == WAITING)
			begin_burst(g);
	}
	set_timer(g);
}

/* --- goals: gcPaceScavenger --- */

/* Not inlined: go_after is called for every record, and seldom needs it. */
__attribute__((noinline)) static void pace(struct go *g)
{
	const struct hr_policy_view *v = g->view;
	struct hr_pace_input in = {
	    /* The runtime's "no limit" is math.MaxInt64. */
	    .memory_limit_bytes = v->memory_limit_bytes < INT64_MAX ? v->memory_limit_bytes : INT64_MAX,
	    .mapped_ready_bytes = hr_follower_mapped_ready_bytes(g->f),
	    .heap_goal_bytes = v->heap_goal_bytes,
	    /* A goal of 0 means that the trace gave none: there is nothing to compare with the last one. */
	    .last_heap_goal_bytes = v->heap_goal_bytes != 0 ? g->last_goal_bytes : 0,
	    .last_heap_in_use_bytes = g->last_in_use_bytes,
	    .in_use_bytes = v->in_use_pages * HR_PAGE_BYTES,
	    .free_bytes = hr_follower_free_pages(g->f) * HR_PAGE_BYTES,
	    .phys_page_bytes = v->settings->phys_page_bytes,
	};

	g->goals = hr_pace(&in, &g->rules, v->address_bits);
	hr_follower_set_goal(g->f, g->goals.gc_percent_bytes);
}

/* --- synchronous: mheap.allocSpan --- */

/* The counts are still those before the allocation, as there. */
static void scavenge_for_alloc(struct go *g, const struct hr_place *r)
{
	struct hr_follower *f = g->f;
	uint64_t ready = hr_follower_mapped_ready_bytes(f) + g->view->claimed_pages * HR_PAGE_BYTES;
	uint64_t growth = r->kind == HR_PLACE_ALLOC ? r->arg : 0, want = 0, ns;
	enum hr_release_why why = HR_WHY_GROWTH;
	bool force = false;

	if (r->p < 0 && !g->gen->without_processor)
		return;
	if (ready > g->view->memory_limit_bytes) {
		want = ready - g->view->memory_limit_bytes;
		why = HR_WHY_LIMIT;
		force = g->gen->forces;
	}
	if (growth > 0 && g->goals.gc_percent_bytes != HR_GOAL_OFF) {
		uint64_t retained = hr_follower_retained_bytes(f);

		if (retained + growth > g->goals.gc_percent_bytes) {
			uint64_t over = retained + growth - g->goals.gc_percent_bytes;
			uint64_t todo = growth < over ? growth : over;
			if (todo > want)
				want = todo;
		}
	}
	if (want == 0)
		return;
	g->eager_bytes += scavenge(g, why, want, force, &ns);
	hr_follower_stall(f, ns);
}

/* --- the end of a cycle's sweep: sweepone, and scavengeAll for FreeOSMemory --- */

static void print_line(struct go *g, struct hr_scav_line line)
{
	uint64_t retained = hr_follower_retained_bytes(g->f);

	line.time_ns = g->view->now_ns;
	line.form = g->gen->form;
	line.generation = g->generation;
	line.released_bytes = g->view->released_pages * HR_PAGE_BYTES;
	line.util_percent = retained ? (unsigned)(g->view->in_use_pages * HR_PAGE_BYTES * 100 / retained) : 0;
	if (!line.forced) {
		line.controller_reset = g->bg.reset;
		g->bg.reset = false;
	}
	hr_follower_log(g->f, &line);
}

static void print_periodic(struct go *g)
{
	print_line(g, (struct hr_scav_line){.work_bytes = g->background_bytes,
					    .bg_bytes = g->background_bytes,
					    .eager_bytes = g->eager_bytes});
	g->background_bytes = g->eager_bytes = 0;
}

/* go1.18's scavengeStartGen prints the line itself, with the generation that ends. */
static void start_generation(struct go *g)
{
	print_periodic(g);
	g->gen->search->start_gen(g->search);
	g->generation++;
}

static void sweep_done(struct go *g, bool forced)
{
	uint64_t released, ns;

	if (g->gen->search->start_gen != NULL)
		start_generation(g);
	else
		print_periodic(g);
	if (g->wake_ns == HR_NEVER)
		g->wake_ns = g->view->now_ns + (g->told ? MAX_WAIT_NS : g->view->settings->wake_delay_ns);
	if (!forced)
		return;
	if (g->gen->search->start_gen != NULL)
		start_generation(g);
	released = scavenge(g, HR_WHY_FORCED, UINT64_MAX, true, &ns);
	hr_follower_stall(g->f, ns);
	print_line(g, (struct hr_scav_line){.work_bytes = released, .eager_bytes = released, .forced = true});
}

/* --- following --- */

static enum hr_status go_before(void *state, const struct hr_place *r)
{
	struct go *g = state;
	const struct hr_search_def *s = g->gen->search;

	switch ((enum hr_place_kind)r->kind) {
	case HR_PLACE_GROW:
		HR_TRY(s->grow(g->search, hr_chunk_of(r->page), r->npages / HR_CHUNK_PAGES));
		break;
	case HR_PLACE_ALLOC:
		if (s->alloc != NULL)
			s->alloc(g->search, r->page, r->npages);
		if (r->flags & HR_PLACE_COMPLETE)
			scavenge_for_alloc(g, r);
		break;
	case HR_PLACE_CACHE_USE:
		if (r->flags & HR_PLACE_COMPLETE)
			scavenge_for_alloc(g, r);
		break;
	case HR_PLACE_FREE:
		if (s->free != NULL)
			s->free(g->search, r->page, r->npages);
		break;
	case HR_PLACE_CACHE_FILL:
		if (s->cache_fill != NULL)
			s->cache_fill(g->search, r->page, r->arg);
		break;
	case HR_PLACE_CACHE_FLUSH:
		if (s->cache_flush != NULL)
			s->cache_flush(g->search, r->page, r->arg);
		break;
	case HR_PLACE_MARK_START:
		wake(g, false);
		set_timer(g);
		break;
	case HR_PLACE_MARK_DONE:
		g->last_in_use_bytes = r->in_use_pages * HR_PAGE_BYTES;
		g->last_goal_bytes = g->view->heap_goal_bytes;
		if (s->next_gen != NULL)
			s->next_gen(g->search);
		break;
	case HR_PLACE_SWEEP_DONE:
		sweep_done(g, r->flags & HR_PLACE_FORCED);
		set_timer(g);
		break;
	case HR_PLACE_SCAV_RUNS:
		recorded_runs(g);
		set_timer(g);
		break;
	case HR_PLACE_END:
		return s->failed != NULL && s->failed(g->search) ? HR_ENOMEM : HR_OK;
	case HR_PLACE_HEAP_GOAL:
	case HR_PLACE_LIMIT:
	case HR_PLACE_PROCS:
	case HR_PLACE_SCAV:
	case HR_PLACE_KIND_COUNT:
		break;
	}
	return HR_OK;
}

/* Pacing reads the setting that has just come into force. */
static enum hr_status go_after(void *state, const struct hr_place *r)
{
	if (r->kind == HR_PLACE_HEAP_GOAL || r->kind == HR_PLACE_LIMIT)
		pace(state);
	return HR_OK;
}

static const struct hr_search_work *go_work(const void *state)
{
	const struct go *g = state;

	return g->gen->search->work(g->search);
}

static void go_look(const void *state, uint64_t chunk, struct hr_index_look *out)
{
	const struct go *g = state;

	*out = g->gen->search->look(g->search, chunk);
}

static uint64_t go_search_page(const void *state, bool force)
{
	const struct go *g = state;

	return g->gen->search->search_page(g->search, force);
}

static void go_destroy(void *state)
{
	struct go *g = state;

	g->gen->search->destroy(g->search);
	free(g);
}

static void release(void *ctx, uint64_t page, unsigned npages)
{
	hr_follower_release_pages(ctx, page, npages);
}

static void release_block(void *ctx, uint64_t page)
{
	hr_follower_release_range(ctx, page, UINT64_C(1) << (HR_MAP_BLOCK_LOG_CHUNKS + HR_CHUNK_LOG_PAGES));
}

static struct hr_search_heap heap_of(struct hr_follower *f)
{
	return (struct hr_search_heap){
	    .map = hr_follower_view(f)->map, .release = release, .release_block = release_block, .ctx = f};
}

static void *go_clone(const void *state, struct hr_follower *f)
{
	const struct go *from = state;
	const struct hr_search_heap heap = heap_of(f);
	struct go *g = malloc(sizeof(*g));

	if (g == NULL)
		return NULL;
	*g = *from;
	g->f = f;
	g->view = hr_follower_view(f);
	g->search = g->gen->search->clone(from->search, &heap);
	if (g->search == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

static void *create(struct hr_follower *f, const struct generation *gen, struct hr_search_options options,
		    bool fix_limit, const struct go_config *config)
{
	const struct hr_search_heap heap = heap_of(f);
	struct go *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->f = f;
	g->view = hr_follower_view(f);
	g->gen = gen;
	g->rules.retain_extra_percent = config->retain_extra_percent;
	g->rules.limit_factor = hr_limit_factor(config->limit_reserve_percent, gen->limit_bug && !fix_limit);
	g->goals = (struct hr_goals){HR_GOAL_OFF, HR_GOAL_OFF};
	g->step_ns = g->wake_ns = g->slept_from_ns = HR_NEVER;
	hr_bg_init(&g->bg, &config->pace);
	g->search = gen->search->create(&heap, &options);
	if (g->search == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

/* --- the four --- */

static const struct generation go118 = {&hr_search_go118, HR_SCAV_GO118, true, false, true};
static const struct generation go119 = {&hr_search_go119, HR_SCAV_GO119, true, false, false};
static const struct generation go121 = {&hr_search_go121, HR_SCAV_GO121, true, true, false};
static const struct generation go122 = {&hr_search_go122, HR_SCAV_GO121, false, true, false};

static const char *const fixes118[] = {"limit", "flush", NULL};
static const char *const fixes119[] = {"limit", "flush", "regrow", "sticky", NULL};
static const char *const fixes121[] = {"limit", "setempty", "sticky", NULL};
static const char *const fixes122[] = {"setempty", "sticky", NULL};

#define FIX(words, help)                                                                                               \
	{                                                                                                              \
		"fix", HR_PARAM_SET, offsetof(struct go_config, fix), "none", words, help                              \
	}
/* How fast the background works, and which goal it has; the defaults are the runtime's. */
#define PACE(key, type, field, initial, help)                                                                          \
	{                                                                                                              \
		key, HR_PARAM_##type, offsetof(struct go_config, pace.field), initial, NULL, help                      \
	}
#define GOAL(key, field, initial, help)                                                                                \
	{                                                                                                              \
		key, HR_PARAM_PERCENT, offsetof(struct go_config, field), initial, NULL, help                          \
	}
#define PACING                                                                                                         \
	PACE("share", PERCENT, share_percent, "1%", "share of the CPU time of all Ps for the background scavenger"),   \
	    PACE("quantum", BYTES, quantum_bytes, "64KiB", "bytes that the background scavenger releases at a time"),  \
	    PACE("burst", NS, burst_ns, "1ms", "least time that the background scavenger works before it sleeps"),     \
	    PACE("timed", FLAG, timed, "on", "the background scavenger times its releases; off: it uses the guess"),   \
	    PACE("guess", NS, guess_ns, "10us", "assumed cost per physical page when releases are not timed"),         \
	    GOAL("retain-extra", retain_extra_percent, "10%",                                                          \
		 "share of its goal that the background scavenger leaves above it (retainExtraPercent)"),              \
	    GOAL("limit-reserve", limit_reserve_percent, "5%",                                                         \
		 "share of the memory limit that the background scavenger keeps free (reduceExtraPercent)")
#define END_OF_PARAMS                                                                                                  \
	{                                                                                                              \
		NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL                                                               \
	}

static const struct hr_param params118[] = {
    FIX(fixes118, "fix bugs: limit (goal at 95x the memory limit), flush (flushed page caches go unseen)"),
    PACING,
    END_OF_PARAMS,
};
static const struct hr_param params119[] = {
    FIX(fixes119, "fix bugs: limit (goal at 95x the memory limit), flush (flushed page caches go unseen), "
		  "regrow (index memory mapped twice), sticky (a marked cursor that finds nothing stays)"),
    {"offset", HR_PARAM_FLAG, offsetof(struct go_config, offset), "off", NULL,
     "search a chunk from the page that the index names, as Go 1.20 does"},
    PACING,
    END_OF_PARAMS,
};
static const struct hr_param params121[] = {
    FIX(fixes121, "fix bugs: limit (goal at 95x the memory limit), setempty (a background pass hides pages from "
		  "forced ones), sticky (a marked cursor that finds nothing stays)"),
    PACING,
    END_OF_PARAMS,
};
static const struct hr_param params122[] = {
    FIX(fixes122, "fix bugs: setempty (a background pass hides pages from forced ones), sticky (a marked cursor "
		  "that finds nothing stays)"),
    PACING,
    END_OF_PARAMS,
};

static bool fixed(const struct go_config *c, unsigned i)
{
	return c->fix >> i & 1;
}

static void *create118(struct hr_follower *f, const void *config)
{
	const struct go_config *c = config;

	return create(f, &go118, (struct hr_search_options){.fix_flush = fixed(c, 1)}, fixed(c, 0), c);
}

static void *create119(struct hr_follower *f, const void *config)
{
	const struct go_config *c = config;
	struct hr_search_options options = {
	    .offset = c->offset, .fix_flush = fixed(c, 1), .fix_regrow = fixed(c, 2), .fix_sticky = fixed(c, 3)};

	return create(f, &go119, options, fixed(c, 0), c);
}

static void *create121(struct hr_follower *f, const void *config)
{
	const struct go_config *c = config;

	return create(f, &go121, (struct hr_search_options){.fix_setempty = fixed(c, 1), .fix_sticky = fixed(c, 2)},
		      fixed(c, 0), c);
}

static void *create122(struct hr_follower *f, const void *config)
{
	const struct go_config *c = config;

	return create(f, &go122, (struct hr_search_options){.fix_setempty = fixed(c, 0), .fix_sticky = fixed(c, 1)},
		      false, c);
}

#define GO_POLICY(id, title, line, density)                                                                            \
	const struct hr_policy_def hr_policy_go##id = {                                                                \
	    .abi = HR_POLICY_ABI,                                                                                      \
	    .name = title,                                                                                             \
	    .summary = line,                                                                                           \
	    .params = params##id,                                                                                      \
	    .config_bytes = sizeof(struct go_config),                                                                  \
	    .needs_goals = true,                                                                                       \
	    .create = create##id,                                                                                      \
	    .destroy = go_destroy,                                                                                     \
	    .clone = go_clone,                                                                                         \
	    .before = go_before,                                                                                       \
	    .after = go_after,                                                                                         \
	    .timer = go_timer,                                                                                         \
	    .work = go_work,                                                                                           \
	    .look = go_look,                                                                                           \
	    .search_page = go_search_page,                                                                             \
	    .has_density = density,                                                                                    \
	}

GO_POLICY(118, "go1.18", "walks the heap downwards by address, once per GC cycle, in reservations (Go 1.18)", false);
GO_POLICY(119, "go1.19",
	  "an index of chunks that may hold free pages, marked by frees, consumed from the top (Go 1.19)", false);
GO_POLICY(121, "go1.21", "the index with density: densely used chunks are skipped unless forced (Go 1.21)", true);
GO_POLICY(122, "go1.22", "the same with the memory limit's goal corrected (Go 1.22 to 1.27)", true);
