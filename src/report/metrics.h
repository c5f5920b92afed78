/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The metrics: one table of names, units, headings and definitions. JSON, CSV,
 * the summary, tables, gates, plots, the HTML page and heapreplay-metrics(5)
 * are made from it.
 */
#ifndef HR_REPORT_METRICS_H
#define HR_REPORT_METRICS_H

#include "base/units.h"
#include "replay/objects/objects.h"
#include "report/gc_cpu.h"
#include "report/optimum.h"
#include "scavenge/follower.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Values are whole numbers; those of a ratio are thousandths. */
enum hr_unit { HR_UNIT_BYTES, HR_UNIT_NS, HR_UNIT_COUNT, HR_UNIT_RATIO };
enum hr_better { HR_BETTER_LOWER, HR_BETTER_HIGHER, HR_BETTER_NEITHER };
/* How values of several traces become one: MEAN is weighted; of NONE there is no such value. */
enum hr_over { HR_OVER_SUM, HR_OVER_MEAN, HR_OVER_MAX, HR_OVER_MIN, HR_OVER_NONE };

/*
 * Of what a metric is, and so where it stands in a document: of a policy
 * ("summary"); its distance from the offline optimum ("regret"); of objects and
 * their GC, where objects became spans: the same for all policies, and of the
 * whole trace, not only of what --from and --until leave ("summary"); of the
 * recorded GC cycles, where the trace tells their CPU time ("summary"); some of
 * those of objects are told of recorded cycles, too.
 */
enum hr_metric_of { HR_METRIC_POLICY, HR_METRIC_REGRET, HR_METRIC_OBJECTS, HR_METRIC_GC };

/* What metrics are read from. */
struct hr_measured {
	const struct hr_follower *follower;
	const struct hr_objects_stats *objects; /* NULL: there were none */
	const struct hr_regret *regret;		/* NULL: not computed */
	const struct hr_gc_cpu_sum *gc;		/* of recorded cycles; NULL: not known */
	uint64_t gc_over_ns;			/* the trace time that gc is of */
};

struct hr_metric {
	const char *name; /* ends in its unit, but for counts */
	enum hr_unit unit;
	enum hr_better better;
	enum hr_over over;
	const char *group; /* heading in the summary */
	const char *help;  /* the definition: one sentence, no full stop */
	/* False: it means nothing here, or is not known; null in JSON. */
	bool (*get)(const struct hr_measured *m, uint64_t *value);
	enum hr_metric_of of;
	const char *weight;  /* of HR_OVER_MEAN: the metric that weights it; NULL: duration_ns */
	unsigned place;	     /* in the usual columns of a comparison, from 1 up; 0: none */
	const char *heading; /* of its column; NULL: the name */
	const char *legend;  /* what it is, in few words; NULL: help */
	const char *was; /* its name in earlier schemas, which saved runs and options may still use; NULL: the same */
};

extern const struct hr_metric hr_metrics[];
extern const size_t hr_nmetrics;

/* The metric of that name of n characters, or formerly of that name. */
bool hr_metric_named(const char *name, size_t n, size_t *i);
/* The same, or that of a heading: what options take. */
bool hr_metric_find(const char *text, size_t n, size_t *i);
/* The number of a metric that there is; hr_nmetrics: there is none. */
size_t hr_metric_index(const char *name);
/* The metric of the usual column `place`, from 1 up; false: there are no more. */
bool hr_metric_at_place(unsigned place, size_t *i);
const char *hr_metric_heading(size_t i);
const char *hr_metric_legend(size_t i);

/* A value as people read it, by its unit. */
const char *hr_unit_format(char buf[HR_UNIT_BUF], enum hr_unit unit, uint64_t value);
/* The same as an exact number without a unit, as JSON and CSV have it: "1048576", "12.345". */
const char *hr_unit_exact(char buf[HR_UNIT_BUF], enum hr_unit unit, uint64_t value);
/* A value as people write it: "64MiB", "10ms", "1000", "1.5". False: it is none of this unit. */
bool hr_unit_parse(const char *text, enum hr_unit unit, uint64_t *value);
/* Examples of what that takes: "a size such as 64MiB". */
const char *hr_unit_hint(enum hr_unit unit);
/* A value in JSON. NULL: out of memory. */
json_t *hr_unit_json(enum hr_unit unit, uint64_t value);
/* And back; false: it is no value of that unit. */
bool hr_unit_from_json(const json_t *json, enum hr_unit unit, uint64_t *value);

#define HR_METRICS_OF(of) (1u << (of))
/*
 * The metrics of these kinds (HR_METRICS_OF, or-ed) as an object; null where
 * one means nothing; those of objects and of recorded GC cycles only where there were
 * some. NULL: out of memory.
 */
json_t *hr_metrics_json(const struct hr_measured *m, unsigned of);

#endif
