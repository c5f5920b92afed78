/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/metrics.h"

#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A getter a row: they only look. False: nothing to say of it. */
#define GET_IF(id, known, expression)                                                                                  \
	static bool get_##id(const struct hr_measured *m, uint64_t *value)                                             \
	{                                                                                                              \
		const struct hr_follower *f = m->follower;                                                             \
                                                                                                                       \
		if (!(known))                                                                                          \
			return false;                                                                                  \
		*value = (expression);                                                                                 \
		return true;                                                                                           \
	}
#define GET(id, expression) GET_IF(id, f != NULL, expression)
#define GAUGE(g)                                                                                                       \
	GET(g##_mean, (uint64_t)llround(hr_gauge_mean(&f->g, f->view.now_ns)))                                         \
	GET(g##_p50, hr_gauge_percentile(&f->g, 0.5))                                                                  \
	GET(g##_p99, hr_gauge_percentile(&f->g, 0.99))                                                                 \
	GET(g##_peak, f->g.peak)

static struct hr_search_work work_of(const struct hr_follower *f)
{
	const struct hr_search_work *now = f->def->work ? f->def->work(f->policy) : NULL;

	if (now == NULL)
		return (struct hr_search_work){0};
	return (struct hr_search_work){
	    .lookups = now->lookups - f->work_before.lookups,
	    .words = now->words - f->work_before.words,
	    .empty_hits = now->empty_hits - f->work_before.empty_hits,
	};
}

static uint64_t returned(const struct hr_follower *f)
{
	uint64_t bytes = 0;

	for (unsigned why = 0; why < HR_WHY_COUNT; why++)
		bytes += f->count.released_bytes[why];
	return bytes;
}

/* a / b in thousandths, rounded; b above 0. */
static uint64_t per_thousand(uint64_t a, uint64_t b)
{
	return (uint64_t)(((unsigned __int128)a * 1000 + b / 2) / b);
}

GET(duration, f->view.now_ns - f->measured_from_ns)
GAUGE(retained)
GAUGE(in_use)
GAUGE(free)
GAUGE(released)
GET(trapped_mean, (uint64_t)llround(hr_gauge_mean(&f->trapped, f->view.now_ns)))
GET(trapped_peak, f->trapped.peak)
GET(returned, returned(f))
GET(by_background, f->count.released_bytes[HR_WHY_BACKGROUND])
GET(by_growth, f->count.released_bytes[HR_WHY_GROWTH])
GET(by_limit, f->count.released_bytes[HR_WHY_LIMIT])
GET(by_force, f->count.released_bytes[HR_WHY_FORCED])
GET(on_free, f->count.released_bytes[HR_WHY_FREE])
GET(calls, f->count.release_calls)
GET_IF(pages_per_call, f != NULL && f->count.release_calls > 0,
       per_thousand(returned(f) / HR_PAGE_BYTES, f->count.release_calls))
GET(refaulted, f->count.refaulted_bytes)
GET(thrash, f->count.thrash_bytes)
GET(fresh, f->count.fresh_bytes)
GET(total_cpu, f->count.background_ns + f->count.synchronous_ns + f->count.fault_ns)
GET(background_cpu, f->count.background_ns)
GET(synchronous_cpu, f->count.synchronous_ns)
GET(fault_cpu, f->count.fault_ns)
GET(stalls, f->count.stalls)
GET(worst_stall, f->count.worst_stall_ns)
GET(lookups, work_of(f).lookups)
GET(words, work_of(f).words)
GET(empty_hits, work_of(f).empty_hits)
GET(huge_whole, f->count.huge_whole)
GET(huge_broken, f->count.huge_broken)
GET(over_limit, f->count.over_limit_ns)
GET(over_limit_peak, f->count.over_limit_peak_bytes)
GET(goal_misses, f->count.goal_misses)
GET(goal_miss, f->count.goal_miss_ns)
GET(goal_miss_worst, f->count.goal_miss_worst_ns)

/* Of the largest drop of in-use memory; null where there was none. */
static const struct hr_lag_drop *drop_of(const struct hr_measured *m)
{
	return m->follower != NULL ? hr_lag_largest(&m->follower->lag) : NULL;
}

static bool get_drop(const struct hr_measured *m, uint64_t *value)
{
	const struct hr_lag_drop *d = drop_of(m);

	*value = d != NULL ? hr_lag_drop_bytes(d) : 0;
	return d != NULL;
}

static bool get_drop_time(const struct hr_measured *m, uint64_t *value)
{
	const struct hr_lag_drop *d = drop_of(m);

	*value = d != NULL ? d->start_ns : 0;
	return d != NULL;
}

#define LAG(percent)                                                                                                   \
	static bool get_lag_##percent(const struct hr_measured *m, uint64_t *value)                                    \
	{                                                                                                              \
		const struct hr_lag_drop *d = drop_of(m);                                                              \
                                                                                                                       \
		return d != NULL && hr_lag_of(d, percent, value);                                                      \
	}

LAG(50)
LAG(90)
LAG(99)

#define HELD(id, ms)                                                                                                   \
	static bool get_held_##id(const struct hr_measured *m, uint64_t *value)                                        \
	{                                                                                                              \
		const struct hr_lag_drop *d = drop_of(m);                                                              \
                                                                                                                       \
		return d != NULL && hr_lag_held(d, ms * UINT64_C(1000000), m->follower->view.now_ns, value);           \
	}

HELD(100ms, 100)
HELD(1s, 1000)
HELD(5s, 5000)
HELD(10s, 10000)

#define REGRET(id, member)                                                                                             \
	static bool get_##id(const struct hr_measured *m, uint64_t *value)                                             \
	{                                                                                                              \
		if (m->regret == NULL || !m->regret->known)                                                            \
			return false;                                                                                  \
		*value = m->regret->member > 0 ? (uint64_t)m->regret->member : 0;                                      \
		return true;                                                                                           \
	}

REGRET(equal_cpu, equal_cpu_bytes)
REGRET(equal_memory, equal_memory_ns)

#define OBJECTS_IF(id, known, expression)                                                                              \
	static bool objects_##id(const struct hr_measured *m, uint64_t *value)                                         \
	{                                                                                                              \
		const struct hr_objects_stats *s = m->objects;                                                         \
                                                                                                                       \
		if (s == NULL || !(known))                                                                             \
			return false;                                                                                  \
		*value = (expression);                                                                                 \
		return true;                                                                                           \
	}

#define OBJECTS(id, expression) OBJECTS_IF(id, true, expression)

OBJECTS(allocated, s->allocated_objects)
OBJECTS(freed, s->freed_objects)
OBJECTS(allocated_bytes, s->allocated_bytes)
OBJECTS(freed_bytes, s->freed_bytes)
OBJECTS(live, s->live_objects)
OBJECTS(live_bytes, s->live_bytes)
OBJECTS(live_peak, s->live_peak_bytes)
OBJECTS(window, s->window_bytes)
OBJECTS(cycles, s->cycles)
OBJECTS(asked, s->asked_cycles)
OBJECTS(timed, s->timed_cycles)
OBJECTS(recorded, s->recorded_cycles)
OBJECTS(marked, s->marked_bytes)
OBJECTS(mark_ns, s->mark_ns)
OBJECTS(goal_min, s->goal_min_bytes)
OBJECTS(goal_max, s->goal_max_bytes)
OBJECTS(breaches, s->limit_breaches)
OBJECTS_IF(limited, s->cpu_known, s->limited_cycles)

/* Of modelled cycles, or else of recorded ones. */
#define GC(id, is_modelled, modelled, recorded)                                                                        \
	static bool gc_##id(const struct hr_measured *m, uint64_t *value)                                              \
	{                                                                                                              \
		const struct hr_objects_stats *s = m->objects;                                                         \
		const struct hr_gc_cpu_sum *gc = m->gc;                                                                \
                                                                                                                       \
		if (s != NULL ? !(is_modelled) : gc == NULL)                                                           \
			return false;                                                                                  \
		*value = s != NULL ? (modelled) : (recorded);                                                          \
		return true;                                                                                           \
	}
#define RECORDED_GC(id, recorded) GC(id, false, 0, recorded)

GC(total, s->cpu_known, s->cpu_ns, gc->total_ns)
GC(assist, s->cpu_known, s->assist_ns, gc->assist_ns)
GC(share, s->cpu_known && s->capacity_ns > 0, per_thousand(s->cpu_ns - s->idle_ns, s->capacity_ns),
   m->gc_over_ns > 0 ? per_thousand(gc->share_ns, m->gc_over_ns) : 0)
RECORDED_GC(cycles, gc->cycles)
RECORDED_GC(stw, gc->stw_ns)
RECORDED_GC(dedicated, gc->dedicated_ns)
RECORDED_GC(idle, gc->idle_ns)
RECORDED_GC(sweep, gc->sweep_ns)

#define B HR_UNIT_BYTES
#define NS HR_UNIT_NS
#define N HR_UNIT_COUNT
#define R HR_UNIT_RATIO
#define LOW HR_BETTER_LOWER
#define SAME HR_BETTER_NEITHER
#define SUM HR_OVER_SUM
#define MEAN HR_OVER_MEAN
#define MAX HR_OVER_MAX
#define MIN HR_OVER_MIN
#define NONE HR_OVER_NONE

/*
 * To add a metric: a getter above and a row here. Rows of a group stand
 * together. The columns that a comparison shows if it is not told otherwise
 * have a place, 1 for the most important; a narrow terminal leaves out the
 * highest ones first.
 */
const struct hr_metric hr_metrics[] = {
    {"duration_ns", NS, SAME, SUM, "time", "trace time that was measured", get_duration},
    {"retained_mean_bytes", B, LOW, MEAN, "memory", "mean over time of memory in use or free and not released",
     get_retained_mean, .place = 1, .heading = "retained",
     .legend = "mean memory in use plus free memory not yet returned to the OS"},
    {"retained_p50_bytes", B, LOW, NONE, "memory", "median over time of retained memory", get_retained_p50},
    {"retained_p99_bytes", B, LOW, NONE, "memory", "99th percentile of retained memory, weighted by time",
     get_retained_p99, .place = 10, .heading = "p99"},
    {"retained_peak_bytes", B, LOW, MAX, "memory", "most memory retained at any moment", get_retained_peak, .place = 13,
     .heading = "peak"},
    {"in_use_mean_bytes", B, SAME, MEAN, "memory",
     "mean over time of pages of spans that hold objects; the same for all policies", get_in_use_mean},
    {"in_use_p50_bytes", B, SAME, NONE, "memory", "median over time of memory in use", get_in_use_p50},
    {"in_use_p99_bytes", B, SAME, NONE, "memory", "99th percentile of memory in use, weighted by time", get_in_use_p99},
    {"in_use_peak_bytes", B, SAME, MAX, "memory", "most memory in use at any moment", get_in_use_peak},
    {"free_mean_bytes", B, LOW, MEAN, "memory", "mean over time of memory that nobody owns and that is not released",
     get_free_mean, .heading = "free"},
    {"free_p50_bytes", B, LOW, NONE, "memory", "median over time of free memory", get_free_p50},
    {"free_p99_bytes", B, LOW, NONE, "memory", "99th percentile of free memory, weighted by time", get_free_p99},
    {"free_peak_bytes", B, LOW, MAX, "memory", "most memory free at any moment", get_free_peak},
    {"released_mean_bytes", B, SAME, MEAN, "memory", "mean memory released to the OS or never touched",
     get_released_mean, .place = 18, .heading = "released"},
    {"released_p50_bytes", B, SAME, NONE, "memory", "median over time of released memory", get_released_p50},
    {"released_p99_bytes", B, SAME, NONE, "memory", "99th percentile of released memory, weighted by time",
     get_released_p99},
    {"released_peak_bytes", B, SAME, MAX, "memory", "most memory released at any moment", get_released_peak},
    {"trapped_mean_bytes", B, LOW, MEAN, "memory",
     "mean over time of the part of free memory that can't be released, because its physical page is partly used",
     get_trapped_mean, .heading = "trapped"},
    {"trapped_peak_bytes", B, LOW, MAX, "memory", "most of it at any moment", get_trapped_peak},
    {"returned_bytes", B, SAME, SUM, "releases", "all memory returned to the OS; the sum of the five that follow",
     get_returned, .place = 14, .heading = "returned", .legend = "memory returned to the OS"},
    {"returned_background_bytes", B, SAME, SUM, "releases", "returned by the background scavenger", get_by_background},
    {"returned_growth_bytes", B, SAME, SUM, "releases", "returned by an allocation because the heap grew",
     get_by_growth},
    {"returned_limit_bytes", B, SAME, SUM, "releases", "returned by an allocation because of the memory limit",
     get_by_limit},
    {"returned_forced_bytes", B, SAME, SUM, "releases", "returned by debug.FreeOSMemory", get_by_force},
    {"returned_on_free_bytes", B, SAME, SUM, "releases",
     "returned by a free or an allocation itself (eager; decay, rate, delay by activity)", get_on_free},
    {"release_calls", N, LOW, SUM, "releases", "calls that returned memory", get_calls, .place = 7, .heading = "calls"},
    {"pages_per_call_ratio", R, SAME, MEAN, "releases", "mean number of 8 KiB pages that a call returned",
     get_pages_per_call, .weight = "release_calls", .place = 8, .heading = "pages/call",
     .legend = "8 KiB pages that a call returned"},
    {"refaulted_bytes", B, LOW, SUM, "releases", "returned to the OS and then used again", get_refaulted, .place = 6,
     .heading = "refaulted"},
    {"thrash_bytes", B, LOW, SUM, "releases",
     "the part of refaulted_bytes that was used again within a second (in steps of 1.05 ms)", get_thrash, .place = 11,
     .heading = "thrash", .legend = "the part of refaulted that was used again within a second"},
    {"fresh_bytes", B, SAME, SUM, "releases", "used for the first time since the heap grew", get_fresh},
    {"total_cpu_ns", NS, LOW, SUM, "cost",
     "simulated CPU time for releasing pages and faulting them in again; the sum of the three that follow",
     get_total_cpu, .place = 2, .heading = "cpu",
     .legend = "simulated CPU time for releasing pages and faulting them in again"},
    {"background_cpu_ns", NS, LOW, SUM, "cost", "simulated CPU time of the background scavenger's releases",
     get_background_cpu, .place = 15, .heading = "bg cpu", .legend = "the part of cpu in the background"},
    {"synchronous_cpu_ns", NS, LOW, SUM, "cost",
     "simulated CPU time of releases that an allocation, a free or FreeOSMemory waited for", get_synchronous_cpu,
     .place = 16, .heading = "sync cpu", .legend = "the part of cpu that the program waited for"},
    {"refault_cpu_ns", NS, LOW, SUM, "cost", "simulated CPU time of the page faults of refaulted_bytes", get_fault_cpu,
     .place = 17, .heading = "fault cpu", .legend = "the part of cpu for page faults"},
    {"stalls", N, LOW, SUM, "cost", "number of times the program waited for a release", get_stalls},
    {"worst_stall_ns", NS, LOW, MAX, "cost", "longest time that the program waited for a release", get_worst_stall,
     .place = 9, .heading = "stall"},
    {"index_lookups", N, LOW, SUM, "cost", "number of times the scavenger looked for a chunk with work", get_lookups},
    {"index_words", N, LOW, SUM, "cost",
     "entries it read for that: summaries (go1.18), bytes (go1.19), records (go1.21, go1.22)", get_words},
    {"index_empty_hits", N, LOW, SUM, "cost", "chunks it found that turned out to have nothing to release",
     get_empty_hits},
    {"huge_pages_returned", N, SAME, SUM, "cost", "huge pages returned as a whole by one release", get_huge_whole},
    {"huge_pages_split", N, LOW, SUM, "cost", "huge pages of which a release was the first to return a part",
     get_huge_broken, .place = 12, .heading = "split", .legend = "huge pages that a release split",
     .was = "huge_pages_broken"},
    {"over_limit_ns", NS, LOW, SUM, "goals", "time with mapped memory above the memory limit", get_over_limit},
    {"over_limit_peak_bytes", B, LOW, MAX, "goals", "most by which mapped memory was above the memory limit",
     get_over_limit_peak},
    {"goal_misses", N, LOW, SUM, "goals", "number of times retained memory rose above the policy's goal",
     get_goal_misses},
    {"goal_miss_ns", NS, LOW, SUM, "goals", "total time above the goal", get_goal_miss},
    {"goal_miss_worst_ns", NS, LOW, MAX, "goals", "longest time until the goal was met, or given up",
     get_goal_miss_worst},
    {"drop_bytes", B, SAME, MAX, "lag", "the largest drop of in-use memory; the same for all policies", get_drop},
    {"drop_at_ns", NS, SAME, NONE, "lag", "when it began", get_drop_time},
    {"lag_50_ns", NS, LOW, MAX, "lag",
     "from half of the largest drop of in-use memory to half of it returned to the OS", get_lag_50, .heading = "lag50"},
    {"lag_90_ns", NS, LOW, MAX, "lag", "the same for 90 % of the drop", get_lag_90, .place = 5, .heading = "lag90",
     .legend = "time until 90 % of the largest drop of memory in use was returned to the OS; -: never or no drop"},
    {"lag_99_ns", NS, LOW, MAX, "lag", "the same for 99 % of the drop", get_lag_99, .heading = "lag99"},
    {"held_after_100ms_bytes", B, LOW, MAX, "lag",
     "what the drop made free and was not returned 0.1 s after 90 % of the drop, free or in use again", get_held_100ms},
    {"held_after_1s_bytes", B, LOW, MAX, "lag", "the same after 1 s", get_held_1s, .heading = "held1s"},
    {"held_after_5s_bytes", B, LOW, MAX, "lag", "the same after 5 s", get_held_5s, .heading = "held5s"},
    {"held_after_10s_bytes", B, LOW, MAX, "lag", "the same after 10 s", get_held_10s, .heading = "held10s"},
    {"equal_cpu_bytes", B, LOW, MEAN, "regret", "mean memory retained above the offline optimum at the same CPU cost",
     get_equal_cpu, .of = HR_METRIC_REGRET, .place = 3, .heading = "mem regret",
     .legend = "memory retained above the offline optimum at the same CPU cost"},
    {"equal_memory_ns", NS, LOW, SUM, "regret", "CPU time above the offline optimum that retains the same memory",
     get_equal_memory, .of = HR_METRIC_REGRET, .place = 4, .heading = "cpu regret"},
#define OF_OBJECTS .of = HR_METRIC_OBJECTS
    {"objects_allocated", N, SAME, SUM, "objects", "objects that were allocated, or there at the start",
     objects_allocated, OF_OBJECTS},
    {"objects_freed", N, SAME, SUM, "objects", "objects that were freed, or became garbage", objects_freed, OF_OBJECTS},
    {"objects_allocated_bytes", B, SAME, SUM, "objects", "their bytes, rounded up to size classes",
     objects_allocated_bytes, OF_OBJECTS},
    {"objects_freed_bytes", B, SAME, SUM, "objects", "bytes of those freed, counted the same way", objects_freed_bytes,
     OF_OBJECTS},
    {"objects_live", N, SAME, SUM, "objects", "objects that were never freed", objects_live, OF_OBJECTS},
    {"objects_live_bytes", B, SAME, SUM, "objects", "their bytes", objects_live_bytes, OF_OBJECTS},
    {"objects_live_peak_bytes", B, SAME, MAX, "objects", "most bytes of objects alive at any moment, without garbage",
     objects_live_peak, OF_OBJECTS},
    {"objects_death_window_bytes", B, SAME, MAX, "objects",
     "most bytes that died between two recorded mark starts; a Go trace does not tell when within that time",
     objects_window, OF_OBJECTS},
    {"gc_cycles", N, SAME, SUM, "objects", "GC cycles that were marked to the end", objects_cycles, OF_OBJECTS},
    {"gc_forced_cycles", N, SAME, SUM, "objects", "cycles that the program asked for: runtime.GC, debug.FreeOSMemory",
     objects_asked, OF_OBJECTS, .was = "gc_asked_cycles"},
    {"gc_periodic_cycles", N, SAME, SUM, "objects", "cycles that began because there was none for two minutes",
     objects_timed, OF_OBJECTS, .was = "gc_timed_cycles"},
    {"gc_recorded_cycles", N, SAME, SUM, "objects", "cycles that the trace records", objects_recorded, OF_OBJECTS},
    {"gc_marked_bytes", B, SAME, SUM, "objects", "bytes that survived, summed over all cycles: the GC's work",
     objects_marked, OF_OBJECTS},
    {"gc_mark_ns", NS, SAME, SUM, "objects", "simulated time of marking", objects_mark_ns, OF_OBJECTS},
    {"gc_goal_min_bytes", B, SAME, MIN, "objects", "the lowest heap goal", objects_goal_min, OF_OBJECTS},
    {"gc_goal_max_bytes", B, SAME, MAX, "objects", "the highest heap goal", objects_goal_max, OF_OBJECTS},
    {"gc_limit_breaches", N, SAME, SUM, "objects",
     "cycles after which the memory limit left no room above what had survived", objects_breaches, OF_OBJECTS},
    {"gc_cpu_ns", NS, LOW, SUM, "objects",
     "CPU time of marking: workers, idle ones too, assists, and the world stopped; simulated where cycles are "
     "modelled, "
     "else that of the recorded cycles as gctrace counts it",
     gc_total, OF_OBJECTS},
    {"gc_cpu_assist_ns", NS, LOW, SUM, "objects", "the part of gc_cpu_ns that allocating goroutines had to do",
     gc_assist, OF_OBJECTS},
    {"gc_cpu_ratio", R, LOW, MEAN, "objects",
     "gc_cpu_ns as a share of the CPU time of all Ps (trace time times GOMAXPROCS), without the part of Ps "
     "that had nothing else to do",
     gc_share, OF_OBJECTS},
    {"gc_limiter_count", N, LOW, SUM, "objects",
     "number of times the GC CPU limiter came on, because collecting took more than half of the CPU for long",
     objects_limited, OF_OBJECTS},
#define OF_GC .of = HR_METRIC_GC
    {"gc_cpu_cycles", N, SAME, SUM, "recorded gc", "recorded GC cycles whose CPU time is known", gc_cycles, OF_GC},
    {"gc_cpu_stw_ns", NS, SAME, SUM, "recorded gc", "the part of gc_cpu_ns with the world stopped, times GOMAXPROCS",
     gc_stw, OF_GC},
    {"gc_cpu_dedicated_ns", NS, SAME, SUM, "recorded gc",
     "the part of gc_cpu_ns of dedicated and fractional mark workers", gc_dedicated, OF_GC},
    {"gc_cpu_idle_ns", NS, SAME, SUM, "recorded gc",
     "the part of gc_cpu_ns of mark workers of Ps that had nothing else to do", gc_idle, OF_GC},
    {"gc_sweep_ns", NS, SAME, SUM, "recorded gc",
     "CPU time of sweeping, in the background and by allocation; not in gc_cpu_ns", gc_sweep, OF_GC},
};

const size_t hr_nmetrics = sizeof(hr_metrics) / sizeof(hr_metrics[0]);

/* --- finding -------------------------------------------------------------- */

static bool is(const char *have, const char *name, size_t n)
{
	return have != NULL && strlen(have) == n && strncmp(have, name, n) == 0;
}

bool hr_metric_named(const char *name, size_t n, size_t *i)
{
	for (*i = 0; *i < hr_nmetrics; ++*i)
		if (is(hr_metrics[*i].name, name, n) || is(hr_metrics[*i].was, name, n))
			return true;
	return false;
}

bool hr_metric_find(const char *text, size_t n, size_t *i)
{
	if (hr_metric_named(text, n, i))
		return true;
	for (*i = 0; *i < hr_nmetrics; ++*i)
		if (is(hr_metrics[*i].heading, text, n))
			return true;
	return false;
}

size_t hr_metric_index(const char *name)
{
	size_t i;

	return hr_metric_named(name, strlen(name), &i) ? i : hr_nmetrics;
}

bool hr_metric_at_place(unsigned place, size_t *i)
{
	for (*i = 0; *i < hr_nmetrics; ++*i)
		if (hr_metrics[*i].place == place)
			return true;
	return false;
}

const char *hr_metric_heading(size_t i)
{
	return hr_metrics[i].heading != NULL ? hr_metrics[i].heading : hr_metrics[i].name;
}

const char *hr_metric_legend(size_t i)
{
	return hr_metrics[i].legend != NULL ? hr_metrics[i].legend : hr_metrics[i].help;
}

/* --- units ---------------------------------------------------------------- */

static const char *format_ratio(char buf[HR_UNIT_BUF], uint64_t thousandths)
{
	if (thousandths >= 99950)
		return hr_format_count(buf, (thousandths + 500) / 1000);
	snprintf(buf, HR_UNIT_BUF, thousandths < 9995 ? "%.2f" : "%.1f", (double)thousandths / 1000);
	return buf;
}

const char *hr_unit_format(char buf[HR_UNIT_BUF], enum hr_unit unit, uint64_t value)
{
	switch (unit) {
	case HR_UNIT_BYTES:
		return hr_format_bytes(buf, value);
	case HR_UNIT_NS:
		return hr_format_ns(buf, value);
	case HR_UNIT_RATIO:
		return format_ratio(buf, value);
	case HR_UNIT_COUNT:
		break;
	}
	return hr_format_count(buf, value);
}

const char *hr_unit_exact(char buf[HR_UNIT_BUF], enum hr_unit unit, uint64_t value)
{
	if (unit == HR_UNIT_RATIO)
		snprintf(buf, HR_UNIT_BUF, "%" PRIu64 ".%03u", value / 1000, (unsigned)(value % 1000));
	else
		snprintf(buf, HR_UNIT_BUF, "%" PRIu64, value);
	return buf;
}

static bool parse_ratio(const char *text, uint64_t *thousandths)
{
	double x;

	if (!hr_parse_double(text, &x) || x < 0 || x > 1e15)
		return false;
	*thousandths = (uint64_t)llround(x * 1000);
	return true;
}

bool hr_unit_parse(const char *text, enum hr_unit unit, uint64_t *value)
{
	switch (unit) {
	case HR_UNIT_BYTES:
		return hr_parse_bytes(text, value);
	case HR_UNIT_NS:
		return hr_parse_ns(text, value);
	case HR_UNIT_RATIO:
		return parse_ratio(text, value);
	case HR_UNIT_COUNT:
		break;
	}
	return hr_parse_u64(text, value);
}

const char *hr_unit_hint(enum hr_unit unit)
{
	static const char *const hints[] = {
	    [HR_UNIT_BYTES] = "a size such as 64MiB",
	    [HR_UNIT_NS] = "a time such as 10ms",
	    [HR_UNIT_COUNT] = "a whole number",
	    [HR_UNIT_RATIO] = "a number such as 1.5",
	};

	return hints[unit];
}

json_t *hr_unit_json(enum hr_unit unit, uint64_t value)
{
	return unit == HR_UNIT_RATIO ? hr_json_real((double)value / 1000) : json_integer((json_int_t)value);
}

bool hr_unit_from_json(const json_t *json, enum hr_unit unit, uint64_t *value)
{
	if (unit == HR_UNIT_RATIO) {
		double x = json_is_number(json) ? json_number_value(json) : -1;

		if (!(x >= 0 && x <= 1e15))
			return false;
		*value = (uint64_t)llround(x * 1000);
		return true;
	}
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return false;
	*value = (uint64_t)json_integer_value(json);
	return true;
}

json_t *hr_metrics_json(const struct hr_measured *m, unsigned of)
{
	json_t *o = json_object();
	uint64_t value;

	for (size_t i = 0; i < hr_nmetrics; i++) {
		const struct hr_metric *row = &hr_metrics[i];

		bool known = row->get(m, &value);

		if (!(of & HR_METRICS_OF(row->of)) || (row->of == HR_METRIC_OBJECTS && m->objects == NULL && !known) ||
		    (row->of == HR_METRIC_GC && m->gc == NULL))
			continue;
		hr_json_put(&o, row->name, known ? hr_unit_json(row->unit, value) : json_null());
	}
	return o;
}
