/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people ask of a sweep's runs, as views. Memory is the 99th percentile of
 * what is retained, since that is what has to be there; CPU is that of the GC
 * and of releases and refaults. Runs that failed, and policies that know the
 * future, are not in them.
 *
 * The knee is the point of the frontier that is furthest from the line between
 * its ends when both axes are scaled to 0..1 (V. Satopää, J. Albrecht, D. Irwin,
 * B. Raghavan, "Finding a 'Kneedle' in a Haystack", 2011), which is where the sum
 * of both is least.
 */
#include "config.h"

#include "sweep/results.h"

/* One that asks another comes after it. */
const struct hr_results_view hr_results_views[HR_RESULTS_VIEWS] = {
    {"points", "SELECT trace_id, path, heapreplay, settings_hash, own, gogc, memory_limit,\n"
	       " memory_limit_bytes, policy, policy_name, parameters,\n"
	       " retained_p99_bytes AS memory_bytes,\n"
	       " coalesce(retained_p99_bytes_low, retained_p99_bytes) AS memory_low,\n"
	       " coalesce(retained_p99_bytes_high, retained_p99_bytes) AS memory_high,\n"
	       " coalesce(gc_cpu_ns, 0) + total_cpu_ns AS cpu_ns,\n"
	       " coalesce(gc_cpu_ns_low, gc_cpu_ns, 0) + coalesce(total_cpu_ns_low, total_cpu_ns) AS cpu_low,\n"
	       " coalesce(gc_cpu_ns_high, gc_cpu_ns, 0) + coalesce(total_cpu_ns_high, total_cpu_ns) AS cpu_high,\n"
	       " gc_cpu_ratio, retained_mean_bytes, retained_peak_bytes, gc_cycles, gc_limiter_count\n"
	       " FROM runs WHERE status = 'ok' AND NOT coalesce(knows_future, 0)"},

    /* In order of memory, a point is not beaten if nothing before it costs as little. */
    {"frontier", "SELECT * FROM (SELECT *,\n"
		 "  min(cpu_ns) OVER (PARTITION BY trace_id, heapreplay ORDER BY memory_bytes, cpu_ns, settings_hash\n"
		 "   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS cheaper FROM points)\n"
		 " WHERE cheaper IS NULL OR cpu_ns < cheaper"},

    {"knee", "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY trace_id, heapreplay\n"
	     "  ORDER BY 1.0 * (memory_bytes - memory_least) / max(memory_most - memory_least, 1)\n"
	     "   + 1.0 * (cpu_ns - cpu_least) / max(cpu_most - cpu_least, 1), memory_bytes, settings_hash) AS place\n"
	     " FROM (SELECT *, min(memory_bytes) OVER t AS memory_least, max(memory_bytes) OVER t AS memory_most,\n"
	     "  min(cpu_ns) OVER t AS cpu_least, max(cpu_ns) OVER t AS cpu_most FROM frontier\n"
	     "  WINDOW t AS (PARTITION BY trace_id, heapreplay))) WHERE place = 1"},

    /*
     * The lowest limit of a trace, GOGC and policy with which collecting surely takes at most 5 % of the CPU, or a
     * tenth more than without a limit, where that is more.
     */
    {"best_limit",
     "SELECT * FROM (SELECT p.*, row_number() OVER (PARTITION BY p.trace_id, p.heapreplay,\n"
     "  p.gogc, p.policy ORDER BY p.memory_limit_bytes, p.settings_hash) AS place\n"
     " FROM (SELECT points.*, coalesce(runs.gc_cpu_ratio_high, runs.gc_cpu_ratio, 0) AS ratio_high\n"
     "  FROM points JOIN runs USING (trace_id, settings_hash, heapreplay)) AS p\n"
     " LEFT JOIN (SELECT trace_id, heapreplay, gogc, policy, coalesce(gc_cpu_ratio_high, gc_cpu_ratio, 0) AS "
     "ratio_off\n"
     "  FROM runs WHERE status = 'ok' AND memory_limit = 'off') AS o\n"
     " ON o.trace_id = p.trace_id AND o.heapreplay = p.heapreplay AND o.gogc IS p.gogc AND o.policy = p.policy\n"
     " WHERE p.memory_limit_bytes IS NOT NULL AND NOT p.own AND p.ratio_high <= max(0.05, 1.1 * coalesce(ratio_off, "
     "0))\n"
     "  AND coalesce(p.gc_limiter_count, 0) = 0) WHERE place = 1"},

    {"by_trace",
     "SELECT r.trace_id, r.heapreplay, min(r.path) AS path, count(*) AS runs,\n"
     "  sum(r.status <> 'ok') AS failed, own.gogc AS own_gogc, own.memory_limit_bytes AS own_memory_limit_bytes,\n"
     "  own.policy AS own_policy, own.memory_bytes AS own_memory_bytes, own.cpu_ns AS own_cpu_ns,\n"
     "  knee.gogc AS knee_gogc, knee.memory_limit AS knee_memory_limit, knee.policy AS knee_policy,\n"
     "  knee.memory_bytes AS knee_memory_bytes, knee.cpu_ns AS knee_cpu_ns,\n"
     "  max(r.message) AS message\n"
     " FROM runs AS r LEFT JOIN knee ON knee.trace_id = r.trace_id AND knee.heapreplay = r.heapreplay\n"
     " LEFT JOIN points AS own ON own.trace_id = r.trace_id AND own.heapreplay = r.heapreplay AND own.own\n"
     " GROUP BY coalesce(r.trace_id, r.path), r.heapreplay"},
};
