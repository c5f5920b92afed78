/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples of a process's memory, as people and scripts write them. */
#include "config.h"

#include "fidelity/rss.h"

#include "base/alloc.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns that mean the same have the same field; the first that holds a number counts. */
enum field { MONO, TIME, RSS, ANON, FILES, HUGE, LAZY, NFIELDS };

static const struct {
	const char *name;
	enum field field;
} columns[] = {
    {"mono_ns", MONO},	{"time_ns", TIME},	 {"rss_bytes", RSS}, {"Rss", RSS},
    {"smaps_Rss", RSS}, {"VmRSS", RSS},		 {"RssAnon", ANON},  {"RssFile", FILES},
    {"AnonHuge", HUGE}, {"AnonHugePages", HUGE}, {"LazyFree", LAZY},
};

enum { NCOLUMNS = sizeof(columns) / sizeof(columns[0]), MOST_CELLS = 256, MOST_LINE = 65536 };

/* Which field each cell of a row is of; NFIELDS: none. */
struct layout {
	unsigned field[MOST_CELLS];
	size_t n;
};

static size_t split(char *line, char *cells[MOST_CELLS])
{
	size_t n = 0;

	line[strcspn(line, "\r")] = '\0';
	while (n < MOST_CELLS && line != NULL)
		cells[n++] = strsep(&line, ",");
	return n;
}

static enum hr_status at_line(struct hr_error *err, uint64_t line, const char *what)
{
	hr_error_set(err, HR_EINPUT, "%s", what);
	if (err != NULL)
		err->line = line;
	return HR_EINPUT;
}

static enum hr_status read_head(char *line, bool has_origin, struct layout *l, struct hr_error *err)
{
	char *cells[MOST_CELLS];
	bool has[NFIELDS + 1] = {false};

	l->n = split(line, cells);
	for (size_t i = 0; i < l->n; i++) {
		l->field[i] = NFIELDS;
		for (size_t c = 0; c < NCOLUMNS; c++)
			if (strcmp(cells[i], columns[c].name) == 0)
				l->field[i] = columns[c].field;
		has[l->field[i]] = true;
	}
	if (!has[RSS])
		return at_line(err, 1, "there is no column rss_bytes, Rss, smaps_Rss or VmRSS");
	if (!has[TIME] && !has[MONO])
		return at_line(err, 1, "there is no column time_ns or mono_ns");
	if (!has[TIME] && !has_origin)
		return at_line(err, 1,
			       "the trace does not say when its clock started: times must be in a column time_ns");
	return HR_OK;
}

static enum hr_status read_row(struct hr_sides *sides, char *line, const struct layout *l, uint64_t origin_ns,
			       uint64_t number, struct hr_error *err)
{
	uint64_t v[NFIELDS];
	char *cells[MOST_CELLS];
	const size_t n = split(line, cells);
	struct hr_rss_sample s;

	for (unsigned f = 0; f < NFIELDS; f++)
		v[f] = HR_NOT_KNOWN;
	for (size_t i = 0; i < n && i < l->n; i++) {
		uint64_t x;

		if (l->field[i] == NFIELDS || cells[i][0] == '\0' || v[l->field[i]] != HR_NOT_KNOWN)
			continue;
		if (!hr_parse_u64(cells[i], &x) || x > INT64_MAX)
			return at_line(err, number, "a cell of times or sizes is no whole number");
		v[l->field[i]] = x;
	}
	if (v[TIME] == HR_NOT_KNOWN && v[MONO] != HR_NOT_KNOWN && v[MONO] >= origin_ns)
		v[TIME] = v[MONO] - origin_ns;
	if (v[TIME] == HR_NOT_KNOWN || v[RSS] == HR_NOT_KNOWN)
		return HR_OK;
	s = (struct hr_rss_sample){v[TIME], v[RSS], v[ANON], v[FILES], v[HUGE], v[LAZY], HR_NOT_KNOWN};
	if (sides->nrss == HR_SIDES_MAX_RECORDS)
		return at_line(err, number, "there are more samples than heapreplay keeps");
	if (!hr_reserve(&sides->rss, &sides->cap_rss, sides->nrss + 1, sizeof(*sides->rss)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	sides->rss[sides->nrss++] = s;
	return HR_OK;
}

/* By time, and then whatever makes the order one. */
static int compare(const void *a, const void *b)
{
	uint64_t x[HR_RSS_FIELDS], y[HR_RSS_FIELDS];
	size_t i = 0;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	while (i + 1 < HR_RSS_FIELDS && x[i] == y[i])
		i++;
	return x[i] < y[i] ? -1 : x[i] > y[i];
}

/* HR_END: there is none. */
static enum hr_status next_line(FILE *f, char line[MOST_LINE], uint64_t number, struct hr_error *err)
{
	size_t n = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n') {
		if (c == '\0' || n + 1 == MOST_LINE)
			return at_line(err, number, "this is no CSV: it is binary, or a line is longer than 64 KiB");
		line[n++] = (char)c;
	}
	line[n] = '\0';
	return c == EOF && n == 0 ? HR_END : HR_OK;
}

enum hr_status hr_rss_read_csv(struct hr_sides *sides, const char *path, bool has_origin, uint64_t origin_ns,
			       struct hr_error *err)
{
	FILE *f = fopen(path, "re");
	char *line = hr_calloc(MOST_LINE, 1);
	enum hr_status status = HR_OK;
	struct layout l = {.n = 0};

	if (f == NULL)
		status = hr_error_set(err, HR_EIO, "cannot open it: %s", strerror(errno));
	else if (line == NULL)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	for (uint64_t number = 1; status == HR_OK; number++) {
		status = next_line(f, line, number, err);
		if (status == HR_OK)
			status = number == 1 ? read_head(line, has_origin, &l, err)
					     : read_row(sides, line, &l, origin_ns, number, err);
	}
	if (status == HR_END)
		status = HR_OK;
	if (status == HR_OK && ferror(f))
		status = hr_error_set(err, HR_EIO, "cannot read it: %s", strerror(errno));
	else if (status == HR_OK && l.n == 0)
		status = hr_error_set(err, HR_EINPUT, "it is empty; it should be a CSV of times and RSS");
	if (status == HR_OK && sides->nrss > 0)
		qsort(sides->rss, sides->nrss, sizeof(*sides->rss), compare);
	free(line);
	if (f != NULL)
		fclose(f);
	return status;
}
