/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of timelines: the series of one policy in full, or of several as lines. */
#include "config.h"

#include "plot/data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Lines beyond these can't be told apart. */
#define MAX_LINES 14
#define NAME_LETTERS 60

/* What may be drawn, by name; a series of another shape has NaN there. */
static const char *const columns[] = {
    "in_use_mean_bytes",  "manual_bytes", "free_mean_bytes", "released_mean_bytes",
    "retained_max_bytes", "goal_bytes",	  "heap_goal_bytes", "memory_limit_bytes",
};

#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

struct scale {
	struct hr_plot_unit time, memory;
	double begin_ns, end_ns, top_bytes; /* of the axes */
};

/* Where interval i begins: where the one before ended. */
static double begin_of(const json_t *series, size_t i)
{
	double begin;

	if (i > 0)
		return hr_plot_element(series, "time_ns", i - 1);
	begin = hr_plot_element(series, "time_ns", 0) - hr_plot_number(series, "interval_ns");
	return begin > 0 ? begin : 0;
}

static double or_zero(double x)
{
	return isfinite(x) ? x : 0;
}

/* The top of the bands. */
static double mapped_at(const json_t *series, size_t i)
{
	double sum = 0;

	for (size_t c = 0; c < 4; c++)
		sum += or_zero(hr_plot_element(series, columns[c], i));
	return sum;
}

static void take_in(double *max, double value)
{
	if (isfinite(value) && value > *max)
		*max = value;
}

static struct scale scale_of(const struct hr_plot_source *s)
{
	struct scale scale = {.begin_ns = INFINITY};

	for (size_t r = 0; r < s->n; r++) {
		const json_t *series = s->runs[r].series;
		size_t n = hr_plot_length(series, "time_ns");
		double mapped = 0, others = 0;

		for (size_t i = 0; i < n; i++) {
			take_in(&mapped, s->n == 1 ? mapped_at(series, i) : 0);
			take_in(&others, hr_plot_element(series, "retained_max_bytes", i));
			take_in(&others, s->n == 1 ? hr_plot_element(series, "goal_bytes", i) : NAN);
			take_in(&others, s->n == 1 ? hr_plot_limit_bytes(&s->runs[r], i) : NAN);
		}
		/* Goals far above all other values would flatten the plot. */
		if (mapped > 0 && others > 1.5 * mapped)
			others = 1.5 * mapped;
		take_in(&scale.top_bytes, mapped);
		take_in(&scale.top_bytes, others);
		scale.begin_ns = fmin(scale.begin_ns, begin_of(series, 0));
		take_in(&scale.end_ns, hr_plot_element(series, "time_ns", n - 1));
	}
	if (!(scale.end_ns > scale.begin_ns)) {
		scale.begin_ns = 0;
		scale.end_ns = fmax(scale.end_ns, 1);
	}
	if (scale.top_bytes <= 0)
		scale.top_bytes = 1;
	scale.time = hr_plot_time_unit(scale.end_ns);
	scale.memory = hr_plot_memory_unit(scale.top_bytes);
	return scale;
}

static void write_scale(FILE *out, const struct scale *s)
{
	hr_plot_set_string(out, "time_unit", s->time.name, 8);
	hr_plot_set_string(out, "memory_unit", s->memory.name, 8);
	hr_plot_set_number(out, "time_begin", s->begin_ns / s->time.size);
	hr_plot_set_number(out, "time_end", s->end_ns / s->time.size);
	hr_plot_set_number(out, "memory_top", s->top_bytes / s->memory.size);
}

static void write_row(FILE *out, const struct scale *scale, const struct hr_plot_run *run, size_t i, double at_ns)
{
	hr_plot_put(out, at_ns / scale->time.size);
	for (size_t c = 0; c + 1 < NCOLUMNS; c++) {
		double v = hr_plot_element(run->series, columns[c], i);

		hr_plot_put(out, (c < 4 ? or_zero(v) : v) / scale->memory.size);
	}
	hr_plot_put(out, hr_plot_limit_bytes(run, i) / scale->memory.size);
	fputc('\n', out);
}

/* A row where each interval begins, and one where it ends. */
static void write_run(FILE *out, const struct scale *scale, const struct hr_plot_run *run)
{
	size_t n = hr_plot_length(run->series, "time_ns");

	for (size_t i = 0; i < n; i++) {
		write_row(out, scale, run, i, begin_of(run->series, i));
		write_row(out, scale, run, i, hr_plot_element(run->series, "time_ns", i));
	}
}

/* --- layers ---------------------------------------------------------------------- */

/* Bands from the bottom up: each the sum of some layers (report/layers.h); those of free memory by what would free it. */
static const char *const bands[][7] = {
    {"live"},
    {"dying"}, /* less what is dead already */
    {"dead", "unswept"},
    {"undecided"},
    {"empty_slots", "span_tails", "untold"},
    {"manual"},
    {"free_dense", "free_unmarked", "free_unreached", "free_no_cycle"},
    {"free_pace", "free_policy", "free_cache", "free_physical_page", "free_never", "free_recorded",
     "free_whole_huge_page"},
    {"free_goal"},
    {"released"},
};

#define NBANDS (sizeof(bands) / sizeof(bands[0]))

static double layer_at(const json_t *layers, const char *name, size_t i)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_bytes", name);
	return or_zero(hr_plot_element(layers, key, i));
}

static void write_layers_row(FILE *out, const struct scale *scale, const json_t *layers, size_t i, double at_ns)
{
	hr_plot_put(out, at_ns / scale->time.size);
	for (size_t b = 0; b < NBANDS; b++) {
		double sum = 0;

		for (size_t k = 0; k < 7 && bands[b][k] != NULL; k++)
			sum += layer_at(layers, bands[b][k], i);
		if (strcmp(bands[b][0], "dying") == 0)
			sum -= layer_at(layers, "dead", i);
		hr_plot_put(out, sum / scale->memory.size);
	}
	fputc('\n', out);
}

/* Of each moment, from the one before to it. Gnuplot takes no empty block. */
static void write_layers(FILE *out, const struct scale *scale, const struct hr_plot_run *run)
{
	const json_t *layers = json_object_get(run->layers, "series");
	size_t n = hr_plot_length(layers, "time_ns");

	hr_plot_begin_block(out, "layers",
			    "time live dying dead undecided slack manual kept_by_index waits goal released");
	for (size_t i = 0; i < n; i++) {
		write_layers_row(out, scale, layers, i,
				 i > 0 ? hr_plot_element(layers, "time_ns", i - 1) : scale->begin_ns);
		write_layers_row(out, scale, layers, i, hr_plot_element(layers, "time_ns", i));
	}
	if (n == 0)
		fputs("NaN\n", out);
	hr_plot_end_block(out);
	fprintf(out, "has_layers = %d\n", n > 0);
}

/* Whether a column has a value anywhere. */
static bool has(const struct hr_plot_run *run, const char *column)
{
	for (size_t i = 0; i < hr_plot_length(run->series, column); i++)
		if (isfinite(hr_plot_element(run->series, column, i)))
			return true;
	return false;
}

/* Gnuplot takes no empty block; one that has no cycle has NaN. */
static void write_cycles(FILE *out, const struct scale *scale, const struct hr_plot_run *run)
{
	double cycles = 0;

	hr_plot_begin_block(out, "cycles", "time of the end of an interval in which a GC cycle was marked");
	for (size_t i = 0; i < hr_plot_length(run->series, "gc_marks"); i++) {
		double n = hr_plot_element(run->series, "gc_marks", i);

		if (!(n > 0))
			continue;
		cycles += n;
		hr_plot_put(out, hr_plot_element(run->series, "time_ns", i) / scale->time.size);
		fputc('\n', out);
	}
	if (cycles == 0)
		fputs("NaN\n", out);
	hr_plot_end_block(out);
	hr_plot_set_number(out, "gc_cycles", cycles);
}

enum hr_status hr_plot_timeline(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
				struct hr_error *err)
{
	struct scale scale = scale_of(s);
	unsigned lines[MAX_LINES];
	size_t longest = 0;

	(void)o;
	if (s->n > MAX_LINES)
		return hr_error_set(err, HR_EINPUT, "a timeline shows at most %d policies; choose some with -p",
				    MAX_LINES);
	hr_plot_lines(s, lines);
	write_scale(out, &scale);
	fprintf(out, "runs = %zu\none_trace = %d\narray run_name[%zu]\narray run_line[%zu]\n", s->n,
		hr_plot_same_trace(s), s->n, s->n);
	for (size_t r = 0; r < s->n; r++) {
		char name[512], variable[32];

		hr_plot_run_name(s, r, name, sizeof(name));
		snprintf(variable, sizeof(variable), "run_name[%zu]", r + 1);
		hr_plot_set_string(out, variable, name, NAME_LETTERS);
		fprintf(out, "run_line[%zu] = %u\n", r + 1, lines[r] + 1);
		longest = strlen(name) > longest ? strlen(name) : longest;
	}
	fprintf(out, "run_letters = %zu\n", longest < NAME_LETTERS ? longest : NAME_LETTERS);
	hr_plot_begin_block(out, "runs", "time in_use manual free released retained_most goal heap_goal limit");
	for (size_t r = 0; r < s->n; r++) {
		if (r > 0)
			hr_plot_next_part(out);
		write_run(out, &scale, &s->runs[r]);
	}
	hr_plot_end_block(out);
	write_cycles(out, &scale, &s->runs[0]);
	write_layers(out, &scale, &s->runs[0]);
	fprintf(out, "has_goal = %d\nhas_limit = %d\n", has(&s->runs[0], "goal_bytes"),
		has(&s->runs[0], "memory_limit_bytes"));
	return HR_OK;
}
