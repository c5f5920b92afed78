/* SPDX-License-Identifier: BSD-3-Clause */
/* The facts of `info`, and their JSON. */
#include "config.h"

#include "info/info.h"

#include "base/json.h"
#include "report/document.h"
#include "report/metrics.h"
#include "report/rss_samples.h"
#include "trace/anonymous.h"

#include <string.h>

size_t hr_info_lacks(const struct hr_info *info, const char *lacks[HR_INFO_LACKS])
{
	const struct hr_trace_meta *meta = hr_reader_meta(info->reader);
	const struct hr_trace_stats *stats = hr_reader_stats(info->reader);
	const struct hr_placer_stats p = info->placer ? hr_placer_stats(info->placer) : (struct hr_placer_stats){0};
	const struct hr_survey *s = info->survey;
	uint64_t cycles = info->placer ? p.cycles : stats->counts[HR_EV_GC_END];
	size_t n = 0;

	if (!meta->has_clock)
		lacks[n++] = "a clock: its events come at an assumed rate (--rate), and how long something takes means "
			     "little (--time-scale)";
	if (!meta->has_spans)
		lacks[n++] = "spans: a replay puts the objects into spans as the Go runtime would (--span-cache)";
	else if (!meta->has_objects || s->existed + s->allocations == 0)
		lacks[n++] = "objects: only the recorded spans can be replayed, not what another GC would have made of "
			     "them";
	if (meta->has_spans && !meta->has_addresses)
		lacks[n++] = "addresses: the replay places spans by its own allocator";
	if (meta->has_releases)
		lacks[n++] = "what runs of pages are used for: all of them count as in use, stacks too";
	if (!meta->has_spans && stats->counts[HR_EV_SPAN_ALLOC] + stats->counts[HR_EV_SPAN_EXISTS] == 0)
		lacks[n++] = "pointers: the objects of a replay hold none, unless --pointers says that they do";
	if (!meta->has_procs && meta->has_spans)
		lacks[n++] = "processors: there are no page caches in the replay";
	else if (!meta->has_procs)
		lacks[n++] = "processors: there is one, for all threads, unless --procs says how many they share";
	if (cycles == 0 && !meta->has_spans && meta->collected)
		lacks[n++] = "GC cycles: a replay makes them by the runtime's pacing (--gc model, --gogc)";
	else if (cycles == 0 && !meta->has_spans)
		lacks[n++] =
		    "GC cycles: nothing says that the program has a collector, so frees take effect at once, and "
		    "the Go policies have nothing to pace by (--gc model, as if it had one)";
	else if (cycles == 0 && meta->has_releases)
		lacks[n++] =
		    "GC cycles: the Go policies have nothing to pace by, and only scavenge for a memory limit; "
		    "what the program printed with gctrace=1 tells them (--gc-log)";
	else if (cycles == 0)
		lacks[n++] = "GC cycles: the Go policies have nothing to pace by, and only scavenge for a memory limit";
	else if (stats->counts[HR_EV_HEAP_GOAL] == 0)
		lacks[n++] = "heap goals: the Go policies have no goal and only scavenge for a memory limit";
	if (p.mid_life)
		lacks[n++] = "the heap's beginning: which of its free pages were released when the trace began is "
			     "assumed (--start-released)";
	else if (!meta->has_spans && s->existed > 0)
		lacks[n++] = "the program's beginning: where the objects of before lie is up to the replay";
	if (meta->go_minor != 0) {
		lacks[n++] = "the memory limit: give the program's GOMEMLIMIT as --memory-limit";
		lacks[n++] = "memory beside the heap: --other-memory, 5 MiB unless given";
	}
	return n;
}

static json_t *heap_json(const struct hr_info *info)
{
	return json_pack("{s:I, s:I, s:i}", "in_use_peak_bytes", (json_int_t)(info->in_use_peak_pages * HR_PAGE_BYTES),
			 "mapped_peak_bytes", (json_int_t)(info->mapped_peak_pages * HR_PAGE_BYTES), "procs",
			 (int)info->procs);
}

/* What the file tells of where it comes from, beside the trace's format and program. */
static json_t *origin_json(const struct hr_info *info)
{
	const struct hr_trace_meta *meta = hr_reader_meta(info->reader);
	json_t *o = json_object(), *notes = json_object();

	for (unsigned i = 0; i < meta->nnotes; i++)
		hr_json_put(&notes, meta->notes[i].key, hr_json_text(meta->notes[i].value));
	hr_json_put(&o, "program", json_boolean(meta->program[0] != '\0'));
	hr_json_put(&o, "arguments", json_boolean(hr_tells_arguments(meta)));
	hr_json_put(&o, "clock_origin_ns",
		    meta->has_clock_origin ? json_integer((json_int_t)meta->clock_origin_ns) : json_null());
	hr_json_put(&o, "base_address", meta->min_addr != 0 ? json_integer((json_int_t)meta->min_addr) : json_null());
	hr_json_put(&o, "named_types", json_integer((json_int_t)hr_reader_sides(info->reader)->types.n));
	hr_json_put(&o, "notes", notes);
	return o;
}

uint64_t hr_info_anomaly(const struct hr_info *info, enum hr_anomaly a)
{
	const struct hr_placer_stats p =
	    info->placer != NULL ? hr_placer_stats(info->placer) : (struct hr_placer_stats){0};
	const uint64_t n = hr_reader_stats(info->reader)->anomalies[a];

	switch (a) {
	case HR_ANOMALY_OVER_LIVE:
		return n + info->survey->over_live;
	case HR_ANOMALY_UNKNOWN_SPAN_FREE:
		return n + (p.window ? 0 : p.unknown_frees);
	case HR_ANOMALY_SPAN_OVER_LIVE:
		return n + p.dropped_spans;
	case HR_ANOMALY_LATE_SPAN_FREE:
		return n + p.swallowed_frees;
	case HR_ANOMALY_UNFINISHED_SWEEP:
		return n + p.sweeps_unfinished;
	default:
		return n;
	}
}

static json_t *anomalies_json(const struct hr_info *info)
{
	struct hr_trace_stats stats = *hr_reader_stats(info->reader);

	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		stats.anomalies[a] = hr_info_anomaly(info, a);
	return hr_document_anomalies(&stats);
}

json_t *hr_info_json(const struct hr_info *info)
{
	const struct hr_trace_meta *meta = hr_reader_meta(info->reader);
	const struct hr_trace_stats *stats = hr_reader_stats(info->reader);
	json_t *d = hr_document_new(), *events = json_object(), *list = json_array();
	const char *lacks[HR_INFO_LACKS];
	size_t n = hr_info_lacks(info, lacks);

	for (unsigned k = 0; k < HR_EVENT_KIND_COUNT; k++)
		if (stats->counts[k] > 0)
			hr_json_put(&events, hr_event_kind_name(k), json_integer((json_int_t)stats->counts[k]));
	for (size_t i = 0; i < n; i++)
		hr_json_add(&list, hr_json_text(lacks[i]));
	hr_json_put(&d, "trace", hr_document_trace(info->path, meta, stats));
	hr_json_put(&d, "origin", origin_json(info));
	hr_json_put(&d, "events", events);
	hr_json_put(&d, "generations", json_integer((json_int_t)stats->generations));
	hr_json_put(&d, "threads", json_integer(stats->threads));
	hr_json_put(&d, "own_policy", hr_json_text(info->own_policy));
	if (info->placer != NULL) {
		hr_json_put(&d, "heap", heap_json(info));
		hr_json_put(&d, "placement", hr_document_placement(info->placer));
	}
	if (hr_reader_sides(info->reader)->ngc_cpu > 0) {
		const struct hr_gc_cpu_sum gc = hr_gc_cpu_sum(hr_reader_sides(info->reader), 0, UINT64_MAX);

		hr_json_put(&d, "gc",
			    hr_metrics_json(&(struct hr_measured){.gc = &gc, .gc_over_ns = stats->last_time_ns},
					    HR_METRICS_OF(HR_METRIC_OBJECTS) | HR_METRICS_OF(HR_METRIC_GC)));
	}
	if (hr_reader_sides(info->reader)->nrss > 0) {
		const struct hr_rss_summary rss = hr_rss_summary_of(hr_reader_sides(info->reader));

		hr_json_put(&d, "memory_samples", hr_rss_summary_json(&rss));
	}
	hr_json_put(&d, "objects", hr_survey_objects_json(info->survey));
	hr_json_put(&d, "sizes", hr_survey_sizes_json(info->survey));
	hr_json_put(&d, "lifetimes", hr_survey_lives_json(info->survey));
	hr_json_put(&d, "anomalies", anomalies_json(info));
	hr_json_put(&d, "assumed", hr_document_assumed(stats));
	hr_json_put(&d, "lacks", list);
	return d;
}
