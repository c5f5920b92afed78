/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The results of sweeps, in an SQLite database:
 *
 *   runs     a row a run: trace, settings, policy, how it ended, every metric
 *            (metrics.h), and NAME_low, NAME_high of those that have error bars;
 *            unique by trace_id, settings_hash and heapreplay (its version)
 *   traces   which trace a file was when it was last looked at, so that it need
 *            not be read to know that there is nothing to do
 *
 * and views of runs (views.c): points, frontier, knee, best_limit, by_trace.
 * Rows hold no times and nothing of the machine: the same runs give the same
 * rows, in whatever order and by how many programs they are made. Several
 * programs may write to one database, if its file system has locks.
 */
#ifndef HR_SWEEP_RESULTS_H
#define HR_SWEEP_RESULTS_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hr_results;

/* How the file is opened: a writer makes one that is not there. */
enum hr_results_mode { HR_RESULTS_READ, HR_RESULTS_WRITE };

/*
 * The database may come from anywhere: nothing that it holds but rows is run or asked. HR_EIO: SQLite says why not;
 * HR_EINPUT: it is another program's database, of a later version, or, to read, damaged; HR_ENOMEM.
 */
enum hr_status hr_results_open(const char *path, enum hr_results_mode mode, struct hr_results **results,
			       struct hr_error *err);
void hr_results_close(struct hr_results *r);
/* Is it a file that begins as an SQLite database does? */
bool hr_results_looks_so(const char *path);

/* --- traces ----------------------------------------------------------------- */

struct hr_results_trace {
	const char *path;
	int64_t size, mtime_ns; /* of the file; -1: it is none */
	char id[17];		/* "": not known */
	uint64_t peak_bytes;	/* 0: not known */
};

/* Fills id and peak of a trace with that path, size and time; leaves them where it is not known. HR_EIO. */
enum hr_status hr_results_find_trace(struct hr_results *r, struct hr_results_trace *t, struct hr_error *err);
/* After it was read: forgets runs of that path that failed when it could not be. HR_EIO. */
enum hr_status hr_results_put_trace(struct hr_results *r, const struct hr_results_trace *t, struct hr_error *err);

/* --- runs ------------------------------------------------------------------- */

/*
 * Is there a run of that trace, setting and version, one that went well if `well`? The path is kept if
 * it comes before that of the row, so that one of several copies of a trace has the name, always the same. HR_EIO.
 */
enum hr_status hr_results_has(struct hr_results *r, const char *trace_id, const char *path, const char *setting_id,
			      const char *version, bool well, bool *has, struct hr_error *err);
/* Rows of run.h, all or none, in place of those that are there. HR_EIO, HR_ENOMEM. */
enum hr_status hr_results_put(struct hr_results *r, const json_t *rows, struct hr_error *err);
/* All runs of another database that are not there, or went well there and not here. */
enum hr_status hr_results_merge(struct hr_results *r, const char *from, struct hr_error *err);

/* --- reading ---------------------------------------------------------------- */

/* The runs that were asked for, by path or id of the trace, setting and version, are those that are written and counted. */
enum hr_status hr_results_ask(struct hr_results *r, const char *path, const char *trace_id, const char *setting_id,
			      const char *version, struct hr_error *err);

enum hr_results_form { HR_RESULTS_JSONL, HR_RESULTS_CSV };

/* The runs asked for, or all where none was, in the order of path and settings. HR_EIO, HR_ENOMEM. */
enum hr_status hr_results_write(struct hr_results *r, enum hr_results_form form, FILE *out, struct hr_error *err);

/*
 * Calls row for each row of a query, with n values: ints, reals, texts, nulls as JSON. Anything but
 * HR_OK ends it. The texts of ?1 and ?2 in sql are a and b; NULL: null.
 */
enum hr_status hr_results_query(struct hr_results *r, const char *sql, const char *a, const char *b,
				enum hr_status (*row)(void *ctx, json_t *const *values, size_t n,
						      const char *const *names, struct hr_error *err),
				void *ctx, struct hr_error *err);

/* --- views.c ---------------------------------------------------------------- */

/* The views of runs. */
struct hr_results_view {
	const char *name, *select;
};

enum { HR_RESULTS_VIEWS = 5 };

extern const struct hr_results_view hr_results_views[HR_RESULTS_VIEWS];

#endif
