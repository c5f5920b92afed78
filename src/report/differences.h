/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Saved runs beside each other: which trace of one is which of the others,
 * which policy, and in what settings and figures they differ. The first run is
 * what the others are compared with.
 */
#ifndef HR_REPORT_DIFFERENCES_H
#define HR_REPORT_DIFFERENCES_H

#include "base/error.h"
#include "report/saved.h"
#include "report/standings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct hr_paired_policy {
	char *text;		       /* "A -> B" where two that are alone were paired */
	const struct hr_standing **in; /* by run; NULL: not in that one */
};

struct hr_paired_trace {
	const char *name;
	const struct hr_comparison **in; /* by run; NULL: not in that one */
	struct hr_paired_policy *policies;
	size_t n;
};

struct hr_differences {
	const struct hr_saved *runs;
	size_t nruns; /* 2 or more */
	struct hr_paired_trace *traces;
	size_t n;
};

/*
 * Pairs what is in the runs, which must outlive this: traces by digest, else
 * by name; policies by text; either also where each run has only one. What the
 * first run lacks comes last. HR_ENOMEM.
 */
enum hr_status hr_differences_find(const struct hr_saved *runs, size_t nruns, struct hr_differences *d,
				   struct hr_error *err);
void hr_differences_release(struct hr_differences *d);

/* The run's short name in tables: old and new, or run 1, run 2... into buf, which is returned. */
const char *hr_differences_run(char buf[32], size_t nruns, size_t run);

/*
 * Calls of the settings that differ between the runs that have the trace: the
 * trace's digest, and all that is in "settings", with dots between nested
 * names. values: one a run, NULL where there is none.
 */
typedef void hr_setting_fn(void *ctx, const char *name, const char *const *values);
enum hr_status hr_differences_settings(const struct hr_differences *d, const struct hr_paired_trace *t,
				       hr_setting_fn *fn, void *ctx, struct hr_error *err);
/* The same of the policy's parameters, which may have got other defaults since. */
enum hr_status hr_differences_parameters(const struct hr_differences *d, const struct hr_paired_trace *t,
					 const struct hr_paired_policy *p, hr_setting_fn *fn, void *ctx,
					 struct hr_error *err);

/*
 * The figures of the view in which the runs differ, or (every) all of them: a
 * row a figure. exact: for CSV, with trace and policy; the columns are added
 * only to an empty table.
 */
void hr_differences_table(struct hr_table *table, const struct hr_differences *d, const struct hr_view *v, bool every,
			  bool exact, const struct hr_paired_trace *t, const struct hr_paired_policy *p);

/* The "runs" (names without directories) and "differences" of the document that `compare --json` prints of saved runs. */
enum hr_status hr_differences_json(const struct hr_differences *d, const char *const *names, json_t **document,
				   struct hr_error *err);

#endif
