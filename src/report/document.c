/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/document.h"

#include "base/json.h"
#include "report/bounds.h"
#include "report/metrics.h"
#include "report/optimum.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

json_t *hr_document_bytes(uint64_t bytes)
{
	return hr_json_count(bytes);
}

json_t *hr_document_new(void)
{
	return json_pack("{s:i, s:s}", "schema", HR_SCHEMA, "heapreplay", PACKAGE_VERSION);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

json_t *hr_document_anomalies(const struct hr_trace_stats *stats)
{
	json_t *o = json_object();

	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		if (stats->anomalies[a] > 0)
			hr_json_put(&o, hr_anomaly_name(a), hr_json_count(stats->anomalies[a]));
	return o;
}

json_t *hr_document_assumed(const struct hr_trace_stats *stats)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < stats->nassumed; i++)
		hr_json_add(&list, hr_json_text(stats->assumed[i]));
	return list;
}

json_t *hr_document_trace(const char *path, const struct hr_trace_meta *meta, const struct hr_trace_stats *stats)
{
	char digest[17];
	json_t *o;

	snprintf(digest, sizeof(digest), "%016" PRIx64, stats->digest);
	o = json_pack("{s:o, s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:b, s:b}", "name", hr_json_text(base_name(path)),
		      "format", meta->format_name, "version", (int)meta->version, "compression", meta->compression,
		      "xxh3", digest, "bytes", hr_json_count(stats->bytes_read), "events",
		      hr_json_count(stats->events_total), "duration_ns", hr_json_count(stats->last_time_ns),
		      "has_addresses", meta->has_addresses, "cut", stats->cut);
	if (meta->source[0] != '\0')
		hr_json_put(&o, "source", hr_json_text(meta->source));
	if (meta->program[0] != '\0')
		hr_json_put(&o, "program", hr_json_text(meta->program));
	hr_json_put(&o, "assumed", hr_document_assumed(stats));
	hr_json_put(&o, "anomalies", hr_document_anomalies(stats));
	hr_json_put(&o, "path", hr_json_text(path));
	hr_json_put(&o, "lost_blocks", hr_json_count(stats->anomalies[HR_ANOMALY_LOST_BLOCK]));
	if (stats->cut) {
		hr_json_put(&o, "cut_at_byte", hr_json_count(stats->cut_offset));
		hr_json_put(&o, "cut_what", hr_json_text(stats->cut_what));
	}
	return o;
}

static json_t *params_json(const struct hr_param *table, const void *from)
{
	json_t *o = json_object();
	char text[256];

	for (; table->name != NULL; table++)
		hr_json_put(&o, table->name, hr_json_text(hr_param_format(table, from, text, sizeof(text))));
	return o;
}

/* How objects become spans, and their GC; of a replay of recorded spans only that cycles are recorded. */
static json_t *objects_settings(const struct hr_replay *r)
{
	const struct hr_objects_options *o;
	json_t *d;

	if (r->objects == NULL)
		return json_pack("{s:s}", "gc", hr_gc_mode_name(HR_GC_RECORDED));
	o = hr_objects_options(r->objects);
	d = json_pack("{s:s, s:o, s:s, s:o, s:o, s:b, s:o}", "gc", hr_gc_mode_name(o->gc), "gogc",
		      o->gc == HR_GC_MODEL ? hr_document_bytes(o->pacing.gogc) : json_null(), "span_cache",
		      hr_span_cache_name(o->span_cache), "stacks_bytes", hr_json_count(o->pacing.stack_bytes),
		      "globals_bytes", hr_json_count(o->pacing.globals_bytes), "pointers", o->pointers, "gc_cost",
		      params_json(hr_gc_cost_params, &o->cost));
	if (hr_objects_is_modelled(r->objects)) {
		hr_json_put(&d, "clock", hr_json_text(o->wall_clock ? "wall" : "work"));
		hr_json_put(&d, "gogc_learned", json_boolean(hr_objects_learned(r->objects)));
	}
	return d;
}

json_t *hr_document_settings(const struct hr_replay *r)
{
	const struct hr_replay_options *o = &r->options;
	const struct hr_settings *s = &o->settings;

	json_t *d =
	    json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o, s:o}", "placement",
		      hr_placer_stats(r->placer).recorded ? "recorded" : "modelled", "address_bits", o->address_bits,
		      "phys_page_bytes", hr_json_count(s->phys_page_bytes), "huge_page_bytes",
		      hr_json_count(s->huge_page_bytes), "memory_limit_bytes", hr_document_bytes(s->memory_limit_bytes),
		      "other_memory_bytes", hr_json_count(s->other_memory_bytes), "wake_delay_ns",
		      hr_json_count(s->wake_delay_ns), "run_delay_ns", hr_json_count(s->run_delay_ns), "procs",
		      (int)s->procs, "start_released", o->start_released, "from_ns", hr_json_count(o->from_ns),
		      "until_ns", hr_document_bytes(o->until_ns), "cost", params_json(hr_cost_params, &s->cost));

	json_t *objects = objects_settings(r);

	if (d == NULL || objects == NULL || json_object_update(d, objects) != 0) {
		json_decref(d);
		d = NULL;
	}
	json_decref(objects);
	hr_json_put(&d, "warm_up_ns", hr_document_bytes(o->warm_up_ns));
	hr_json_put(&d, "begins_ns", hr_json_count(hr_reader_meta(r->reader)->begins_ns));
	return d;
}

/* What a flight recorder's window does not name, null where no full cycle told. */
static json_t *window_json(const struct hr_placer_stats *s)
{
	const bool told = s->window_estimates > 0;
	json_t *o = json_object();

	hr_json_put(&o, "full_cycles", hr_json_count(s->window_estimates));
	hr_json_put(&o, "measured_from_ns", told ? hr_json_count(s->window_first_ns) : json_null());
	hr_json_put(&o, "named_ratio", told ? hr_json_real(s->named_ratio) : json_null());
	hr_json_put(&o, "named_ratio_min", told ? hr_json_real(s->named_ratio_min) : json_null());
	hr_json_put(&o, "unnamed_bytes", hr_json_count(s->unnamed_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "unnamed_low_bytes", hr_json_count(s->unnamed_low_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "unnamed_high_bytes", hr_json_count(s->unnamed_high_pages * HR_PAGE_BYTES));
	return o;
}

json_t *hr_document_placement(const struct hr_placer *placer)
{
	const struct hr_placer_stats s = hr_placer_stats(placer);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
	    {"span_allocs", s.span_allocs},
	    {"span_frees", s.span_frees},
	    {"model_agreed", s.forced_same},
	    {"unknown_frees", s.unknown_frees},
	    {"dropped_spans", s.dropped_spans},
	    {"late_frees", s.swallowed_frees},
	    {"lost_releases", s.lost_releases},
	    {"foreign_cache_allocs", s.foreign_cache},
	    {"cache_fills", s.cache_fills},
	    {"cache_uses", s.cache_uses},
	    {"cache_flushes", s.cache_flushes},
	    {"grown_bytes", s.grown_bytes},
	    {"gc_cycles", s.cycles},
	    {"forced_cycles", s.forced_cycles},
	    {"unfinished_sweeps", s.sweeps_unfinished},
	};
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hr_json_put(&o, rows[i].name, hr_json_count(rows[i].value));
	if (s.window)
		hr_json_put(&o, "window", window_json(&s));
	return o;
}

json_t *hr_document_policy(const struct hr_policy_choice *choice)
{
	json_t *o =
	    json_pack("{s:o, s:o, s:o}", "name", hr_json_text(choice->def->name), "text", hr_json_text(choice->text),
		      "parameters", params_json(hr_policy_params(choice->def), choice->config));

	if (choice->file != NULL)
		hr_json_put(&o, "file", hr_json_text(choice->file));
	/* For built-in policies the name is enough. */
	if (choice->file != NULL && choice->def->knows_future)
		hr_json_put(&o, "knows_future", json_true());
	return o;
}

bool hr_document_knows_future(const json_t *policy)
{
	const char *name = json_string_value(json_object_get(policy, "name"));
	const struct hr_policy_def *def = NULL;

	if (name != NULL && json_object_get(policy, "file") == NULL)
		def = hr_policy_find(name);
	return def != NULL ? def->knows_future : json_is_true(json_object_get(policy, "knows_future"));
}

static json_t *policy_of(const struct hr_replay *r, size_t i)
{
	json_t *o = hr_document_policy(r->choices[i]);

	hr_json_put(&o, "own", json_boolean(hr_replay_is_own(r, i)));
	hr_json_put(&o, "inactive", json_boolean(hr_follower_inactive(r->followers[i])));
	return o;
}

/* What was measured of a follower, but for its regret. */
static json_t *summary_of(const struct hr_replay *r, size_t follower)
{
	struct hr_measured m = {.follower = r->followers[follower]};
	const struct hr_gc_cpu_sum gc =
	    hr_gc_cpu_sum(hr_reader_sides(r->reader), r->options.from_ns, r->options.until_ns);
	struct hr_objects_stats stats;

	if (r->objects != NULL) {
		stats = hr_objects_stats(r->objects);
		m.objects = &stats;
	} else if (gc.cycles > 0) {
		/* Modelled cycles differ from the recorded ones. */
		m.gc = &gc;
		m.gc_over_ns = m.follower->view.now_ns - m.follower->measured_from_ns;
	}
	return hr_metrics_json(&m, HR_METRICS_OF(HR_METRIC_POLICY) | HR_METRICS_OF(HR_METRIC_OBJECTS) |
				       HR_METRICS_OF(HR_METRIC_GC));
}

static json_t *regret_of(const struct hr_envelope *e, const struct hr_follower *f)
{
	const struct hr_regret regret = hr_regret_of(e, f);

	if (!regret.known)
		return json_null();
	return hr_metrics_json(&(struct hr_measured){.follower = f, .regret = &regret},
			       HR_METRICS_OF(HR_METRIC_REGRET));
}

json_t *hr_document_replay(const char *path, const struct hr_replay *r, const struct hr_json_series *series)
{
	json_t *d = hr_document_new();

	hr_json_put(&d, "trace", hr_document_trace(path, hr_reader_meta(r->reader), hr_reader_stats(r->reader)));
	hr_json_put(&d, "settings", hr_document_settings(r));
	hr_json_put(&d, "placement", hr_document_placement(r->placer));
	hr_json_put(&d, "policy", policy_of(r, 0));
	hr_json_put(&d, "summary", summary_of(r, 0));
	if (r->nvariants > 0)
		hr_json_put(&d, "bounds", hr_bounds_json(r, 0));
	if (series != NULL)
		hr_json_put(&d, "series", hr_json_series_get(series));
	return d;
}

/* One policy of a comparison. e: the best possible, for its distance from it; NULL: not known. */
static json_t *standing_json(const struct hr_replay *r, size_t i, const struct hr_json_series *series,
			     const struct hr_envelope *e)
{
	json_t *p = json_pack("{s:o, s:o}", "policy", policy_of(r, i), "summary", summary_of(r, i));

	if (r->nvariants > 0)
		hr_json_put(&p, "bounds", hr_bounds_json(r, i));
	if (series != NULL)
		hr_json_put(&p, "series", hr_json_series_get(series));
	if (e != NULL)
		hr_json_put(&p, "regret", regret_of(e, r->followers[i]));
	return p;
}

json_t *hr_document_comparison(const char *path, const struct hr_replay *r, const struct hr_json_series *series)
{
	json_t *d = json_object(), *policies = json_array();
	struct hr_envelope envelope, *e = r->intervals != NULL ? &envelope : NULL;

	if (e != NULL && hr_optimum_of(r, e, NULL) != HR_OK) {
		json_decref(d);
		json_decref(policies);
		return NULL;
	}
	for (size_t i = 0; i < r->nfollowers; i++)
		hr_json_add(&policies, standing_json(r, i, series != NULL ? &series[i] : NULL, e));
	hr_json_put(&d, "trace", hr_document_trace(path, hr_reader_meta(r->reader), hr_reader_stats(r->reader)));
	hr_json_put(&d, "settings", hr_document_settings(r));
	hr_json_put(&d, "placement", hr_document_placement(r->placer));
	hr_json_put(&d, "policies", policies);
	if (e != NULL) {
		hr_json_put(&d, "optimum", hr_document_optimum(r, e));
		hr_envelope_release(e);
	}
	return d;
}

enum hr_status hr_document_write(json_t *document, FILE *out, struct hr_error *err)
{
	enum hr_status status = HR_OK;

	if (document == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (hr_json_write(document, out) != 0)
		status = hr_error_set(err, HR_EIO, "cannot write the JSON: %s", strerror(errno));
	json_decref(document);
	return status;
}
