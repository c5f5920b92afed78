/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "fidelity/fidelity.h"

#include "base/alloc.h"
#include "base/units.h"
#include "report/scavtrace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the program's counters --- */

enum column { MONO, OBJECTS, UNUSED, RELEASED, LIMIT, METADATA, OTHER, STACKS, MONO0, MONO1, NCOLUMNS };

static const struct {
	const char *name;
	bool needed;
} columns[NCOLUMNS] = {
    [MONO] = {"mono_ns", true},
    [OBJECTS] = {"/memory/classes/heap/objects:bytes", true},
    [UNUSED] = {"/memory/classes/heap/unused:bytes", true},
    [RELEASED] = {"/memory/classes/heap/released:bytes", true},
    [LIMIT] = {"/gc/gomemlimit:bytes", false},
    [METADATA] = {"/memory/classes/metadata/other:bytes", false},
    [OTHER] = {"/memory/classes/other:bytes", false},
    [STACKS] = {"/memory/classes/heap/stacks:bytes", false},
    [MONO0] = {"mono0", false},
    [MONO1] = {"mono1", false},
};

#define MAX_FIELDS 256

/* Splits a line at its commas, in place. */
static size_t split(char *line, char *fields[MAX_FIELDS])
{
	size_t n = 0;

	line[strcspn(line, "\r\n")] = '\0';
	while (n < MAX_FIELDS) {
		fields[n++] = line;
		line = strchr(line, ',');
		if (line == NULL)
			break;
		*line++ = '\0';
	}
	return n;
}

static enum hr_status at_line(struct hr_error *err, uint64_t line)
{
	if (err != NULL)
		err->line = line;
	return HR_EINPUT;
}

static enum hr_status find_columns(char *line, int where[NCOLUMNS], struct hr_error *err)
{
	char *fields[MAX_FIELDS];
	size_t n = split(line, fields);

	for (unsigned c = 0; c < NCOLUMNS; c++) {
		where[c] = -1;
		for (size_t i = 0; i < n; i++)
			if (strcmp(fields[i], columns[c].name) == 0)
				where[c] = (int)i;
		if (where[c] < 0 && columns[c].needed) {
			hr_error_set(err, HR_EINPUT, "there is no column %s; the first line must name the columns",
				     columns[c].name);
			return at_line(err, 1);
		}
	}
	return HR_OK;
}

/* A row's figures; one that is not known is UNKNOWN. */
struct figures {
	uint64_t at[NCOLUMNS];
};

#define UNKNOWN UINT64_MAX
/* What is at most in a figure: sums of some of them fit. */
#define MAX_FIGURE (UINT64_MAX / 8)

static enum hr_status parse_row(char *line, const int where[NCOLUMNS], struct figures *v, uint64_t number,
				struct hr_error *err)
{
	char *fields[MAX_FIELDS];
	size_t n = split(line, fields);

	for (unsigned c = 0; c < NCOLUMNS; c++) {
		const char *text = where[c] >= 0 && (size_t)where[c] < n ? fields[where[c]] : "";

		v->at[c] = UNKNOWN;
		if (where[c] < 0 || (c != MONO && (size_t)where[c] < n && text[strspn(text, " \t")] == '\0'))
			continue;
		if (!hr_parse_u64(text, &v->at[c])) {
			hr_error_set(err, HR_EINPUT, "column %s holds no number", columns[c].name);
			return at_line(err, number);
		}
		/* A disabled memory limit is stored as the largest number. */
		if (v->at[c] > MAX_FIGURE && c != LIMIT) {
			hr_error_set(err, HR_EINPUT, "column %s holds a number beyond 2^61", columns[c].name);
			return at_line(err, number);
		}
	}
	return HR_OK;
}

/* The row's window into *row; HR_EINPUT: its ends are the wrong way round, or it begins before the row before. */
static enum hr_status place_row(const struct hr_truth *t, const struct figures *v, uint64_t origin_ns,
				struct hr_truth_row *row, uint64_t number, struct hr_error *err)
{
	const bool window = v->at[MONO0] != UNKNOWN && v->at[MONO1] != UNKNOWN;
	const uint64_t begin = window ? v->at[MONO0] : v->at[MONO], end = window ? v->at[MONO1] : v->at[MONO];

	if (begin > end) {
		hr_error_set(err, HR_EINPUT, "mono0 is after mono1");
		return at_line(err, number);
	}
	*row = (struct hr_truth_row){begin - origin_ns, end - origin_ns, 0, 0};
	if (begin >= origin_ns && t->n > 0 && row->begin_ns < t->rows[t->n - 1].begin_ns) {
		hr_error_set(err, HR_EINPUT, "time runs backwards");
		return at_line(err, number);
	}
	return HR_OK;
}

static enum hr_status read_row(struct hr_truth *t, char *line, const int where[NCOLUMNS], uint64_t origin_ns,
			       bool stacks, uint64_t number, uint64_t *other, struct hr_error *err)
{
	const bool with_stacks = stacks && where[STACKS] >= 0;
	struct hr_truth_row row;
	struct figures v;

	HR_TRY(parse_row(line, where, &v, number, err));
	HR_TRY(place_row(t, &v, origin_ns, &row, number, err));
	*other = (v.at[METADATA] != UNKNOWN ? v.at[METADATA] : 0) + (v.at[OTHER] != UNKNOWN ? v.at[OTHER] : 0);
	if (!t->limit_told && v.at[LIMIT] != UNKNOWN) {
		t->limit_told = true;
		t->memory_limit_bytes = v.at[LIMIT] < INT64_MAX ? v.at[LIMIT] : UINT64_MAX;
	}
	if (v.at[OBJECTS] == UNKNOWN || v.at[UNUSED] == UNKNOWN || v.at[RELEASED] == UNKNOWN ||
	    (with_stacks && v.at[STACKS] == UNKNOWN)) {
		t->missing++;
		return HR_OK;
	}
	if ((v.at[MONO0] != UNKNOWN && v.at[MONO1] != UNKNOWN ? v.at[MONO0] : v.at[MONO]) < origin_ns) {
		t->before++;
		return HR_OK;
	}
	if (!hr_reserve(&t->rows, &t->cap, t->n + 1, sizeof(*t->rows)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	row.in_use_bytes = v.at[OBJECTS] + v.at[UNUSED] + (with_stacks ? v.at[STACKS] : 0);
	row.released_bytes = v.at[RELEASED];
	t->rows[t->n++] = row;
	return HR_OK;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static enum hr_status read_rows(struct hr_truth *t, FILE *f, uint64_t origin_ns, bool stacks, uint64_t **others,
				size_t *nothers, struct hr_error *err)
{
	char line[16384];
	int where[NCOLUMNS];
	size_t cap = 0;

	if (fgets(line, sizeof(line), f) == NULL)
		return hr_error_set(err, HR_EINPUT, "it is empty; it should be a CSV of the program's counters");
	HR_TRY(find_columns(line, where, err));
	for (uint64_t number = 2; fgets(line, sizeof(line), f) != NULL; number++) {
		if (!hr_reserve(others, &cap, *nothers + 1, sizeof(**others)))
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		HR_TRY(read_row(t, line, where, origin_ns, stacks, number, &(*others)[*nothers], err));
		*nothers += (*others)[*nothers] != 0;
	}
	return ferror(f) ? hr_error_set(err, HR_EIO, "cannot read it: %s", strerror(errno)) : HR_OK;
}

static enum hr_status measure_windows(struct hr_truth *t, struct hr_error *err)
{
	uint64_t *widths = hr_calloc(t->n + 1, sizeof(*widths));

	if (widths == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].end_ns > t->rows[i].begin_ns)
			widths[t->windows++] = t->rows[i].end_ns - t->rows[i].begin_ns;
	if (t->windows > 0) {
		qsort(widths, t->windows, sizeof(*widths), by_value);
		t->window_median_ns = widths[t->windows / 2];
		t->window_longest_ns = widths[t->windows - 1];
	}
	free(widths);
	return HR_OK;
}

enum hr_status hr_truth_read(struct hr_truth *t, const char *path, uint64_t clock_origin_ns, bool stacks,
			     struct hr_error *err)
{
	uint64_t *others = NULL;
	size_t n = 0;
	enum hr_status status;
	FILE *f = fopen(path, "r");

	memset(t, 0, sizeof(*t));
	t->memory_limit_bytes = UINT64_MAX;
	if (f == NULL)
		return hr_error_set(err, HR_EIO, "cannot open it: %s", strerror(errno));
	status = read_rows(t, f, clock_origin_ns, stacks, &others, &n, err);
	fclose(f);
	if (status == HR_OK && n > 0) {
		qsort(others, n, sizeof(*others), by_value);
		t->other_memory_bytes = others[n / 2];
	}
	free(others);
	return status == HR_OK ? measure_windows(t, err) : status;
}

void hr_truth_release(struct hr_truth *t)
{
	free(t->rows);
	memset(t, 0, sizeof(*t));
}

/* --- beside the replay's --- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* A window is looked at so many times, at equal distances. */
enum { LOOKS = 64 };

static void widen(struct hr_extent *e, uint64_t bytes, bool first)
{
	if (first || bytes < e->least)
		e->least = bytes;
	if (first || bytes > e->most)
		e->most = bytes;
}

static uint64_t outside(const struct hr_extent *e, uint64_t bytes)
{
	return bytes < e->least ? e->least - bytes : bytes > e->most ? bytes - e->most : 0;
}

/* The state now belongs to the window of the next row. */
static void see(struct hr_fidelity *d, const struct hr_follower *f)
{
	widen(&d->in_use, f->view.in_use_pages * HR_PAGE_BYTES, !d->in_window);
	widen(&d->released, f->view.released_pages * HR_PAGE_BYTES, !d->in_window);
	d->in_window = true;
}

static uint64_t sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_fidelity *d = ctx;
	const struct hr_truth *t = d->truth;
	const bool all = last && d->to_end;

	for (; d->next < t->n; d->next++) {
		const struct hr_truth_row *row = &t->rows[d->next];

		if (row->begin_ns > time_ns && !all)
			return last ? HR_NEVER : row->begin_ns;
		see(d, f);
		if (row->end_ns > time_ns && !all) {
			const uint64_t step = (row->end_ns - row->begin_ns) / LOOKS + 1;

			return last ? HR_NEVER : row->end_ns - time_ns < step ? row->end_ns : time_ns + step;
		}
		d->in_use_errors[d->n] = outside(&d->in_use, row->in_use_bytes);
		d->released_errors[d->n] = outside(&d->released, row->released_bytes);
		d->n++;
		d->in_window = false;
	}
	return HR_NEVER;
}

enum hr_status hr_fidelity_start(struct hr_fidelity *d, const struct hr_truth *truth, struct hr_follower *f)
{
	*d = (struct hr_fidelity){.to_end = d->to_end};
	d->truth = truth;
	d->in_use_errors = hr_calloc(truth->n, sizeof(*d->in_use_errors));
	d->released_errors = hr_calloc(truth->n, sizeof(*d->released_errors));
	if (d->in_use_errors == NULL || d->released_errors == NULL) {
		hr_fidelity_release(d);
		return HR_ENOMEM;
	}
	if (truth->n > 0)
		hr_follower_sample(f, (struct hr_sampler){truth->rows[0].begin_ns, sample, d});
	return HR_OK;
}

static void measure(struct hr_distance *out, uint64_t *errors, const struct hr_fidelity *d)
{
	double sum = 0;

	out->n = d->n;
	for (size_t i = 0; i < d->n; i++) {
		sum += (double)errors[i];
		out->equal += errors[i] == 0;
		if (errors[i] > out->worst_bytes) {
			out->worst_bytes = errors[i];
			out->worst_at_ns = d->truth->rows[i].begin_ns;
		}
	}
	if (d->n == 0)
		return;
	out->mean_bytes = sum / (double)d->n;
	qsort(errors, d->n, sizeof(*errors), by_value);
	out->p95_bytes = errors[(d->n * 95 + 99) / 100 - 1];
}

void hr_fidelity_get(const struct hr_fidelity *d, struct hr_distance *in_use, struct hr_distance *released)
{
	memset(in_use, 0, sizeof(*in_use));
	memset(released, 0, sizeof(*released));
	for (size_t i = 0; i < d->n; i++) {
		if (d->truth->rows[i].in_use_bytes > in_use->peak_bytes)
			in_use->peak_bytes = d->truth->rows[i].in_use_bytes;
		if (d->truth->rows[i].released_bytes > released->peak_bytes)
			released->peak_bytes = d->truth->rows[i].released_bytes;
	}
	measure(in_use, d->in_use_errors, d);
	measure(released, d->released_errors, d);
}

void hr_fidelity_release(struct hr_fidelity *d)
{
	free(d->in_use_errors);
	free(d->released_errors);
	memset(d, 0, sizeof(*d));
}

/* --- scavtrace lines --- */

void hr_scav_log_add(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line)
{
	struct hr_scav_log *log = ctx;

	(void)f;
	if (!hr_reserve(&log->lines, &log->cap, log->n + 1, sizeof(*log->lines))) {
		log->out_of_memory = true;
		return;
	}
	log->lines[log->n++] = *line;
}

/* The scavtrace line in it, behind a time, a container's prefix, or what the program had begun to print. */
static bool find_line(const char *text, struct hr_scav_line *line)
{
	while ((text = strstr(text, "scav ")) != NULL)
		if (hr_scavtrace_parse(text++, line))
			return true;
	return false;
}

enum hr_status hr_scav_log_read(struct hr_scav_log *log, const char *path, struct hr_error *err)
{
	struct hr_scav_line parsed;
	char line[1 << 16];
	bool failed;
	FILE *f = fopen(path, "r");

	memset(log, 0, sizeof(*log));
	if (f == NULL)
		return hr_error_set(err, HR_EIO, "cannot open it: %s", strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL)
		if (find_line(line, &parsed))
			hr_scav_log_add(log, NULL, &parsed);
	failed = ferror(f);
	fclose(f);
	if (failed)
		return hr_error_set(err, HR_EIO, "cannot read it");
	return log->out_of_memory ? hr_error_set(err, HR_ENOMEM, "out of memory") : HR_OK;
}

void hr_scav_log_release(struct hr_scav_log *log)
{
	free(log->lines);
	memset(log, 0, sizeof(*log));
}

static uint64_t work_of(const struct hr_scav_line *l)
{
	return l->form == HR_SCAV_GO121 ? l->bg_bytes + l->eager_bytes : l->work_bytes;
}

static void tally(const struct hr_scav_log *log, size_t *forced, uint64_t *work)
{
	for (size_t i = 0; i < log->n; i++) {
		*forced += log->lines[i].forced;
		if (!log->lines[i].forced)
			*work += work_of(&log->lines[i]);
	}
}

/* Mean distance of "released now" when recorded line i + skip_x stands beside replayed line i + skip_y. */
static double apart(const struct hr_scav_log *recorded, size_t skip_x, const struct hr_scav_log *replayed,
		    size_t skip_y, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)distance(recorded->lines[skip_x + i].released_bytes,
					replayed->lines[skip_y + i].released_bytes);
	return n ? sum / (double)n : 0;
}

struct hr_log_agreement hr_scav_log_compare(const struct hr_scav_log *recorded, const struct hr_scav_log *replayed)
{
	struct hr_log_agreement a = {.recorded = recorded->n, .replayed = replayed->n};
	bool more_recorded = recorded->n > replayed->n;
	size_t n = more_recorded ? replayed->n : recorded->n;
	size_t spare = more_recorded ? recorded->n - n : replayed->n - n;

	tally(recorded, &a.recorded_forced, &a.recorded_work_bytes);
	tally(replayed, &a.replayed_forced, &a.replayed_work_bytes);
	a.paired = n;
	for (size_t k = 0; k <= spare; k++) {
		double d = apart(recorded, more_recorded ? k : 0, replayed, more_recorded ? 0 : k, n);

		if (k == 0 || d < a.released_mean_bytes) {
			a.released_mean_bytes = d;
			a.skipped = k;
		}
	}
	for (size_t i = 0; i < n; i++) {
		const struct hr_scav_line *x = &recorded->lines[i + (more_recorded ? a.skipped : 0)];
		const struct hr_scav_line *y = &replayed->lines[i + (more_recorded ? 0 : a.skipped)];
		double off = (double)distance(x->released_bytes, y->released_bytes);

		a.same_kind += x->forced == y->forced;
		a.util_mean_points += (double)distance(x->util_percent, y->util_percent) / (double)n;
		if (off > a.released_worst_bytes)
			a.released_worst_bytes = off;
		if (x->released_bytes > a.released_peak_bytes)
			a.released_peak_bytes = x->released_bytes;
	}
	return a;
}
