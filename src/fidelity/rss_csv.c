/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples of a process's memory, as people and scripts write them. */
#include "config.h"

#include "fidelity/rss.h"

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

enum { NCOLUMNS = sizeof(columns) / sizeof(columns[0]), MOST_CELLS = 256 };

/* Which field each cell of a row is of; NFIELDS: none. */
struct layout {
	unsigned field[MOST_CELLS];
	size_t n;
};

static size_t split(char *line, char *cells[MOST_CELLS])
{
	size_t n = 0;

	line[strcspn(line, "\r\n")] = '\0';
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
	return hr_sides_add_rss(sides, &s) ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory");
}

enum hr_status hr_rss_read_csv(struct hr_sides *sides, const char *path, bool has_origin, uint64_t origin_ns,
			       struct hr_error *err)
{
	FILE *f = fopen(path, "r");
	enum hr_status status = HR_OK;
	struct layout l = {.n = 0};
	char *line = NULL;
	size_t cap = 0;

	if (f == NULL)
		return hr_error_set(err, HR_EIO, "cannot open it: %s", strerror(errno));
	for (uint64_t number = 1; status == HR_OK && getline(&line, &cap, f) > 0; number++)
		status = number == 1 ? read_head(line, has_origin, &l, err)
				     : read_row(sides, line, &l, origin_ns, number, err);
	if (status == HR_OK && ferror(f))
		status = hr_error_set(err, HR_EIO, "cannot read it: %s", strerror(errno));
	else if (status == HR_OK && l.n == 0)
		status = hr_error_set(err, HR_EINPUT, "it is empty; it should be a CSV of times and RSS");
	free(line);
	fclose(f);
	return status;
}
