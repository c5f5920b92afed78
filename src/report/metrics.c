/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A getter a row: they only look. */
#define GET(id, expression)                                                                                            \
	static uint64_t get_##id(const struct hr_follower *f)                                                          \
	{                                                                                                              \
		return (expression);                                                                                   \
	}
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

/* a / b in thousandths, rounded; 0 of nothing. */
static uint64_t per_thousand(uint64_t a, uint64_t b)
{
	return b > 0 ? (uint64_t)(((unsigned __int128)a * 1000 + b / 2) / b) : 0;
}

GET(duration, f->view.now_ns - f->measured_from_ns)
GAUGE(retained)
GAUGE(in_use)
GAUGE(free)
GAUGE(released)
GET(returned, returned(f))
GET(by_background, f->count.released_bytes[HR_WHY_BACKGROUND])
GET(by_growth, f->count.released_bytes[HR_WHY_GROWTH])
GET(by_limit, f->count.released_bytes[HR_WHY_LIMIT])
GET(by_force, f->count.released_bytes[HR_WHY_FORCED])
GET(on_free, f->count.released_bytes[HR_WHY_FREE])
GET(calls, f->count.release_calls)
GET(pages_per_call, per_thousand(returned(f) / HR_PAGE_BYTES, f->count.release_calls))
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

#define B HR_UNIT_BYTES
#define NS HR_UNIT_NS
#define N HR_UNIT_COUNT
#define R HR_UNIT_RATIO
#define LOW HR_BETTER_LOWER
#define SAME HR_BETTER_NEITHER

const struct hr_metric hr_metrics[] = {
    {"duration_ns", NS, SAME, "time", "trace time that was measured", get_duration},
    {"retained_mean_bytes", B, LOW, "memory", "mean over time of memory in use or free and not released",
     get_retained_mean},
    {"retained_p50_bytes", B, LOW, "memory", "retained memory that was not exceeded half of the time",
     get_retained_p50},
    {"retained_p99_bytes", B, LOW, "memory", "retained memory that was not exceeded 99 % of the time",
     get_retained_p99},
    {"retained_peak_bytes", B, LOW, "memory", "most memory retained at any moment", get_retained_peak},
    {"in_use_mean_bytes", B, SAME, "memory",
     "mean over time of pages of spans that hold objects; the same for all policies", get_in_use_mean},
    {"in_use_p50_bytes", B, SAME, "memory", "memory in use that was not exceeded half of the time", get_in_use_p50},
    {"in_use_p99_bytes", B, SAME, "memory", "memory in use that was not exceeded 99 % of the time", get_in_use_p99},
    {"in_use_peak_bytes", B, SAME, "memory", "most memory in use at any moment", get_in_use_peak},
    {"free_mean_bytes", B, LOW, "memory", "mean over time of memory that nobody owns and that is not released",
     get_free_mean},
    {"free_p50_bytes", B, LOW, "memory", "free memory that was not exceeded half of the time", get_free_p50},
    {"free_p99_bytes", B, LOW, "memory", "free memory that was not exceeded 99 % of the time", get_free_p99},
    {"free_peak_bytes", B, LOW, "memory", "most memory free at any moment", get_free_peak},
    {"released_mean_bytes", B, SAME, "memory",
     "mean over time of memory that is given back, or that never was taken from the system", get_released_mean},
    {"released_p50_bytes", B, SAME, "memory", "released memory that was not exceeded half of the time",
     get_released_p50},
    {"released_p99_bytes", B, SAME, "memory", "released memory that was not exceeded 99 % of the time",
     get_released_p99},
    {"released_peak_bytes", B, SAME, "memory", "most memory released at any moment", get_released_peak},
    {"returned_bytes", B, SAME, "releases", "all that was given back to the system; the sum of the five that follow",
     get_returned},
    {"returned_background_bytes", B, SAME, "releases", "given back by the background scavenger", get_by_background},
    {"returned_growth_bytes", B, SAME, "releases", "given back by an allocation because the heap grew", get_by_growth},
    {"returned_limit_bytes", B, SAME, "releases", "given back by an allocation because of the memory limit",
     get_by_limit},
    {"returned_forced_bytes", B, SAME, "releases", "given back by debug.FreeOSMemory", get_by_force},
    {"returned_on_free_bytes", B, SAME, "releases",
     "given back by a free or an allocation itself (eager; decay, rate, delay by activity)", get_on_free},
    {"release_calls", N, LOW, "releases", "calls that gave memory back", get_calls},
    {"pages_per_call_ratio", R, SAME, "releases", "pages of 8 KiB that a call gave back, on average",
     get_pages_per_call},
    {"refaulted_bytes", B, LOW, "releases", "given back and then used again", get_refaulted},
    {"thrash_bytes", B, LOW, "releases",
     "the part of refaulted_bytes that was used again within a second (in steps of 1.05 ms)", get_thrash},
    {"fresh_bytes", B, SAME, "releases", "used for the first time since the heap grew", get_fresh},
    {"total_cpu_ns", NS, LOW, "cost",
     "simulated CPU time of giving memory back and of using it again; the sum of the three that follow", get_total_cpu},
    {"background_cpu_ns", NS, LOW, "cost", "simulated CPU time of the background scavenger's releases",
     get_background_cpu},
    {"synchronous_cpu_ns", NS, LOW, "cost",
     "simulated CPU time of releases that an allocation, a free or FreeOSMemory waited for", get_synchronous_cpu},
    {"refault_cpu_ns", NS, LOW, "cost", "simulated CPU time of the page faults of refaulted_bytes", get_fault_cpu},
    {"stalls", N, LOW, "cost", "times that the program waited for a release", get_stalls},
    {"worst_stall_ns", NS, LOW, "cost", "longest such wait", get_worst_stall},
    {"index_lookups", N, LOW, "cost", "times that the scavenger looked for a chunk with work", get_lookups},
    {"index_words", N, LOW, "cost",
     "entries it read for that: summaries (go1.18), bytes (go1.19), records (go1.21, go1.22)", get_words},
    {"index_empty_hits", N, LOW, "cost", "chunks it found that turned out to have nothing to release", get_empty_hits},
    {"huge_pages_returned", N, SAME, "cost", "huge pages given back as a whole by one release", get_huge_whole},
    {"huge_pages_broken", N, LOW, "cost", "huge pages of which a release was the first to give back a part",
     get_huge_broken},
    {"over_limit_ns", NS, LOW, "goals", "time with mapped memory above the memory limit", get_over_limit},
    {"over_limit_peak_bytes", B, LOW, "goals", "most by which mapped memory was above the memory limit",
     get_over_limit_peak},
    {"goal_misses", N, LOW, "goals", "times that retained memory came to be above the policy's goal", get_goal_misses},
    {"goal_miss_ns", NS, LOW, "goals", "time that it was", get_goal_miss},
    {"goal_miss_worst_ns", NS, LOW, "goals", "longest time until the goal was met, or given up", get_goal_miss_worst},
    {NULL, N, SAME, NULL, NULL, NULL},
};

const struct hr_metric *hr_metric_find(const char *name)
{
	for (const struct hr_metric *m = hr_metrics; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

/* --- objects -------------------------------------------------------------- */

#define OBJECTS(id, expression)                                                                                        \
	static uint64_t objects_##id(const struct hr_objects_stats *s)                                                 \
	{                                                                                                              \
		return (expression);                                                                                   \
	}

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

const struct hr_object_metric hr_object_metrics[] = {
    {"objects_allocated", N, "objects that were allocated, or there at the start", objects_allocated},
    {"objects_freed", N, "objects that were freed, or became garbage", objects_freed},
    {"objects_allocated_bytes", B, "their bytes, with what size classes add", objects_allocated_bytes},
    {"objects_freed_bytes", B, "bytes of those freed, counted so", objects_freed_bytes},
    {"objects_live", N, "objects that were never freed", objects_live},
    {"objects_live_bytes", B, "their bytes", objects_live_bytes},
    {"objects_live_peak_bytes", B, "most bytes of objects alive at any moment, without garbage", objects_live_peak},
    {"objects_death_window_bytes", B,
     "most bytes that died between two recorded mark starts: of a Go trace, that is all that is known of when",
     objects_window},
    {"gc_cycles", N, "GC cycles that were marked to the end", objects_cycles},
    {"gc_asked_cycles", N, "cycles that the program asked for: runtime.GC, debug.FreeOSMemory", objects_asked},
    {"gc_timed_cycles", N, "cycles that began because there was none for two minutes", objects_timed},
    {"gc_recorded_cycles", N, "cycles that the trace tells of", objects_recorded},
    {"gc_marked_bytes", B, "the work of the GC: bytes that survived, summed over all cycles", objects_marked},
    {"gc_mark_ns", NS, "simulated time of marking", objects_mark_ns},
    {"gc_goal_min_bytes", B, "the lowest heap goal", objects_goal_min},
    {"gc_goal_max_bytes", B, "the highest heap goal", objects_goal_max},
    {"gc_limit_breaches", N, "cycles after which the memory limit left no room above what had survived",
     objects_breaches},
    {NULL, N, NULL, NULL},
};

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
	return unit == HR_UNIT_RATIO ? json_real((double)value / 1000) : json_integer((json_int_t)value);
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

const char *hr_metric_format(char buf[HR_UNIT_BUF], const struct hr_metric *m, uint64_t value)
{
	return hr_unit_format(buf, m->unit, value);
}

const char *hr_object_metric_format(char buf[HR_UNIT_BUF], const struct hr_object_metric *m, uint64_t value)
{
	return hr_unit_format(buf, m->unit, value);
}

json_t *hr_metrics_json(const struct hr_follower *f, const struct hr_objects *objects)
{
	json_t *o = json_object();
	bool fine = o != NULL;

	for (const struct hr_metric *m = hr_metrics; fine && m->name != NULL; m++)
		fine = json_object_set_new(o, m->name, hr_unit_json(m->unit, m->get(f))) == 0;
	if (objects != NULL) {
		const struct hr_objects_stats stats = hr_objects_stats(objects);

		for (const struct hr_object_metric *m = hr_object_metrics; fine && m->name != NULL; m++)
			fine = json_object_set_new(o, m->name, hr_unit_json(m->unit, m->get(&stats))) == 0;
	}
	if (fine)
		return o;
	json_decref(o);
	return NULL;
}

/* --- figures -------------------------------------------------------------- */

/* The distance from the offline optimum (optimum.h). */
static const struct hr_figure regrets[] = {
    {"equal_cpu_bytes", B, LOW, "retained on average beyond the least that is possible for the CPU time that it spent"},
    {"equal_memory_ns", NS, LOW, "CPU time that it spent beyond the least that is possible for what it retains"},
};

#define NMETRICS (sizeof(hr_metrics) / sizeof(hr_metrics[0]) - 1)
#define NOBJECTS (sizeof(hr_object_metrics) / sizeof(hr_object_metrics[0]) - 1)
#define NREGRETS (sizeof(regrets) / sizeof(regrets[0]))

size_t hr_figure_count(void)
{
	return NMETRICS + NREGRETS + NOBJECTS;
}

struct hr_figure hr_figure_at(size_t i)
{
	const struct hr_object_metric *o;

	if (i < NMETRICS) {
		const struct hr_metric *m = &hr_metrics[i];
		return (struct hr_figure){m->name, m->unit, m->better, m->help};
	}
	if (i < NMETRICS + NREGRETS)
		return regrets[i - NMETRICS];
	o = &hr_object_metrics[i - NMETRICS - NREGRETS];
	return (struct hr_figure){o->name, o->unit, HR_BETTER_NEITHER, o->help};
}

bool hr_figure_find(const char *name, size_t n, size_t *i)
{
	for (*i = 0; *i < hr_figure_count(); ++*i) {
		const char *have = hr_figure_at(*i).name;

		if (strlen(have) == n && strncmp(have, name, n) == 0)
			return true;
	}
	return false;
}
