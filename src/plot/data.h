/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the writers of plot data (plot.h). */
#ifndef HR_REPORT_PLOT_DATA_H
#define HR_REPORT_PLOT_DATA_H

#include "plot/plot.h"

#include <stdbool.h>
#include <stdint.h>

#define HR_PLOT_BLOCK_END "end_of_data"

struct hr_plot_unit {
	const char *name;
	double size; /* bytes or ns */
};

/* The unit in which values up to this are a handy number. */
struct hr_plot_unit hr_plot_memory_unit(double bytes);
struct hr_plot_unit hr_plot_time_unit(double ns);

/* A member that is a number, or NaN; object may be NULL. */
double hr_plot_number(const json_t *object, const char *name);
/* Element i of a member that is an array of numbers, or NaN. */
double hr_plot_element(const json_t *object, const char *name, size_t i);
/* How many elements the member has; 0 where it is no array. */
size_t hr_plot_length(const json_t *object, const char *name);
/* A member that is a string, or "". */
const char *hr_plot_string(const json_t *object, const char *name);
/* The policy as its user wrote it. */
const char *hr_plot_policy_text(const struct hr_plot_run *run);
/* CPU time of releases and refaults, or NaN. */
double hr_plot_cpu_ns(const struct hr_plot_run *run);
/* The error bar that a GC model gives a metric, low and high; both NaN: none. */
struct hr_plot_bar {
	double low, high;
};
struct hr_plot_bar hr_plot_error_bar(const struct hr_plot_run *run, const char *metric);
/* Does any run have error bars? */
bool hr_plot_has_bounds(const struct hr_plot_source *s);
/*
 * The memory limit in interval i of the run's series, less what is beside the heap, which limits count and plots do not
 * show; NaN: none.
 */
double hr_plot_limit_bytes(const struct hr_plot_run *run, size_t i);
/* Neither knows its policy the future nor was it inactive: it can be the best. */
bool hr_plot_competes(const struct hr_plot_run *run);
#define HR_PLOT_SETTING_BUF 128
/* Are all runs of one trace, by its name and digest; of one policy, as it was chosen? */
bool hr_plot_same_trace(const struct hr_plot_source *s);
bool hr_plot_same_policy(const struct hr_plot_source *s);
/*
 * What setting k of run i is, in words, if it is the same in all runs (shared) or is not (not shared); else "", as where
 * it is the usual one. False: there is no setting k.
 */
bool hr_plot_setting(const struct hr_plot_source *s, size_t k, size_t i, bool shared, char *buf, size_t size);
/* What tells the trace of a run, and how it was replayed, from those of other runs; "": nothing does. */
void hr_plot_about(const struct hr_plot_source *s, size_t i, char *buf, size_t size);
/* What a run is called beside the others of the source: its policy, what is different about it, or both. */
void hr_plot_run_name(const struct hr_plot_source *s, size_t i, char *buf, size_t size);

/*
 * How much of the picture's bottom the axis and a legend of so many entries take, in pixels that it is laid out for;
 * common.gp has the same. letters: of the longest entry.
 */
unsigned hr_plot_foot(unsigned width, unsigned entries, unsigned letters);

#define HR_PLOT_LINES 14 /* common.gp has them */
/* Which line each run has, from 0: a policy has the same in every plot. */
void hr_plot_lines(const struct hr_plot_source *s, unsigned *lines);

/* The first `most` characters of text, the last of them a "…" where there are more; in buf, which is returned. */
const char *hr_plot_cut(char *buf, size_t size, const char *text, size_t most);
/* "name = 'text'", cut at `most` characters. */
void hr_plot_set_string(FILE *out, const char *name, const char *text, size_t most);
void hr_plot_set_number(FILE *out, const char *name, double value);
/* A number and a blank; NaN as gnuplot reads it. */
void hr_plot_put(FILE *out, double value);
/*
 * A block of rows: "$name << end" and its end. It must not be empty. Parts of it
 * are what a script calls by index 0, 1...
 */
void hr_plot_begin_block(FILE *out, const char *name, const char *columns);
void hr_plot_next_part(FILE *out);
void hr_plot_end_block(FILE *out);

/* One for each kind. */
typedef void hr_plot_size_fn(const struct hr_plot_source *s, unsigned *width, unsigned *height);
typedef enum hr_status hr_plot_write_fn(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
					struct hr_error *err);
hr_plot_write_fn hr_plot_timeline, hr_plot_heatmap, hr_plot_tradeoff, hr_plot_intervals, hr_plot_index, hr_plot_compare,
    hr_plot_frontier;
/* Whether hr_plot_intervals has a bar to draw, of the optimum of a run (NULL: none). */
bool hr_plot_shows_intervals(const json_t *optimum);
hr_plot_size_fn hr_plot_bars_size, hr_plot_index_size, hr_plot_timeline_size;

#endif
