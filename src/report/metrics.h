/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is measured of a policy: one table of names, units and definitions,
 * from which the JSON, the summary, the comparison and heapreplay-metrics(5)
 * come.
 */
#ifndef HR_REPORT_METRICS_H
#define HR_REPORT_METRICS_H

#include "base/units.h"
#include "replay/objects/objects.h"
#include "scavenge/follower.h"

#include <jansson.h>
#include <stdbool.h>

/* Values are whole numbers; those of a ratio are thousandths. */
enum hr_unit { HR_UNIT_BYTES, HR_UNIT_NS, HR_UNIT_COUNT, HR_UNIT_RATIO };
enum hr_better { HR_BETTER_LOWER, HR_BETTER_HIGHER, HR_BETTER_NEITHER };

struct hr_metric {
	const char *name; /* NULL ends the table */
	enum hr_unit unit;
	enum hr_better better;
	const char *group; /* heading in the summary */
	const char *help;  /* the definition: one sentence, no full stop */
	uint64_t (*get)(const struct hr_follower *f);
};

extern const struct hr_metric hr_metrics[];

/* The row of that name, NULL. */
const struct hr_metric *hr_metric_find(const char *name);
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

const char *hr_metric_format(char buf[HR_UNIT_BUF], const struct hr_metric *m, uint64_t value);
/*
 * What is measured of objects and their GC, where objects became spans: the same
 * for all policies, and of the whole trace, not only of what --from and --until
 * leave.
 */
struct hr_object_metric {
	const char *name; /* NULL ends the table */
	enum hr_unit unit;
	const char *help; /* the definition: one sentence, no full stop */
	uint64_t (*get)(const struct hr_objects_stats *s);
};

extern const struct hr_object_metric hr_object_metrics[];

const char *hr_object_metric_format(char buf[HR_UNIT_BUF], const struct hr_object_metric *m, uint64_t value);
/* All of a follower's metrics as an object, with those of the objects (NULL: there were none); NULL: out of memory. */
json_t *hr_metrics_json(const struct hr_follower *f, const struct hr_objects *objects);

/*
 * A figure is whatever a policy of a document can be judged by: the metrics,
 * its regrets, then the metrics of objects. They are numbered from 0.
 */
struct hr_figure {
	const char *name;
	enum hr_unit unit;
	enum hr_better better;
	const char *help;
};

size_t hr_figure_count(void);
/* i below hr_figure_count(). */
struct hr_figure hr_figure_at(size_t i);
/* False: there is none of that name (of n characters). */
bool hr_figure_find(const char *name, size_t n, size_t *i);

#endif
