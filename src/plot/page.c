/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/page.h"

#include "base/alloc.h"
#include "base/json.h"
#include "pagealloc/geometry.h"
#include "plot/data.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SECOND 1e9
#define CELL_BYTES 3

/* Sizes are whole. */
static json_t *size(double v)
{
	return v >= 0 && v < 0x1p63 ? json_integer((json_int_t)v) : json_null();
}

static json_t *sizes(const json_t *series, const char *name, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		hr_json_add(&list, size(hr_plot_element(series, name, i)));
	return list;
}

static json_t *limits(const struct hr_plot_run *run, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		hr_json_add(&list, size(hr_plot_limit_bytes(run, i)));
	return list;
}

static json_t *seconds(const json_t *series, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		hr_json_add(&list, hr_json_real(hr_plot_element(series, "time_ns", i) / SECOND));
	return list;
}

static json_t *policies(const struct hr_plot_source *s, size_t own, size_t n)
{
	unsigned *lines = hr_calloc(s->n, sizeof(*lines));
	json_t *list = lines != NULL ? json_array() : NULL;

	if (lines != NULL)
		hr_plot_lines(s, lines);
	for (size_t i = 0; list != NULL && i < s->n; i++) {
		json_t *p = json_object();

		hr_json_put(&p, "name", hr_json_text(hr_plot_policy_text(&s->runs[i])));
		hr_json_put(&p, "own", json_boolean(i == own));
		hr_json_put(&p, "line", json_integer(lines[i]));
		hr_json_put(&p, "retained", sizes(s->runs[i].series, "retained_mean_bytes", n));
		hr_json_add(&list, p);
	}
	free(lines);
	return list;
}

/* --- the plane --- */

static unsigned char share(uint64_t part, uint64_t all)
{
	return (unsigned char)(all > 0 ? (part * 255 + all / 2) / all : 0);
}

static void put_cell(unsigned char *to, const struct hr_plane_cell *c)
{
	uint64_t all = c->in_use + c->free + c->released;
	unsigned used = share(c->in_use, all), released = share(c->released, all);

	to[0] = (unsigned char)used;
	/* If both are rounded up, the sum can be 256. */
	to[1] = (unsigned char)(used + released > 255 ? 255 - used : released);
	to[2] = all > 0 ? 255 : 0;
}

/* n bytes in groups of three as four letters, with the '=' that fill up the last group. NULL: out of memory. */
static char *base64(const unsigned char *from, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = hr_calloc((n + 2) / 3 * 4 + 1, 1), *to = text;

	for (size_t i = 0; text != NULL && i < n; i += 3, to += 4) {
		uint32_t group = (uint32_t)from[i] << 16;

		group |= i + 1 < n ? (uint32_t)from[i + 1] << 8 : 0;
		group |= i + 2 < n ? from[i + 2] : 0;
		for (int k = 0; k < 4; k++)
			to[k] = i + (size_t)k > n ? '=' : letters[group >> (18 - 6 * k) & 63];
	}
	return text;
}

/* All cells, packed; NULL: out of memory. */
static json_t *cells(const struct hr_plane *p)
{
	size_t n = CELL_BYTES * p->ncolumns * p->nrows;
	uLongf packed_size = compressBound(n);
	unsigned char *raw = hr_calloc(n, 1), *packed = hr_calloc(packed_size, 1);
	json_t *text = NULL;
	char *letters = NULL;

	for (unsigned c = 0; raw != NULL && c < p->ncolumns; c++)
		for (size_t r = 0; r < p->nrows; r++)
			put_cell(raw + CELL_BYTES * (c * p->nrows + r), &p->rows[r]->cells[c]);
	if (raw != NULL && packed != NULL && compress2(packed, &packed_size, raw, n, Z_BEST_COMPRESSION) == Z_OK)
		letters = base64(packed, packed_size);
	if (letters != NULL)
		text = hr_json_text(letters);
	free(letters);
	free(packed);
	free(raw);
	return text;
}

static json_t *plane(const struct hr_plane *p)
{
	json_t *o = json_object(), *ends = json_array(), *rows = json_array();
	double begin_ns = (double)p->end_ns[0] - (double)p->interval_ns;

	for (unsigned c = 0; c < p->ncolumns; c++)
		hr_json_add(&ends, hr_json_real((double)p->end_ns[c] / SECOND));
	for (size_t r = 0; r < p->nrows; r++) {
		char address[24];

		snprintf(address, sizeof(address), "0x%" PRIx64, hr_plane_shown_address(p, r));
		hr_json_add(&rows, hr_json_text(address));
	}
	hr_json_put(&o, "columns", json_integer(p->ncolumns));
	hr_json_put(&o, "begin", hr_json_real(begin_ns > 0 ? begin_ns / SECOND : 0));
	hr_json_put(&o, "end", ends);
	hr_json_put(&o, "row_bytes", json_integer((json_int_t)(HR_PAGE_BYTES << p->log_pages)));
	hr_json_put(&o, "rows", rows);
	hr_json_put(&o, "cells", cells(p));
	return o;
}

/* The end of a script element can't stand in a string: < is written as JSON allows. */
static void put_script_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("\\u003c", out);
		else
			fputc(*text, out);
	}
}

enum hr_status hr_page_data_write(FILE *out, const struct hr_plot_source *s, size_t own, struct hr_error *err)
{
	const json_t *series = s->runs[own].series;
	size_t n = hr_plot_length(series, "time_ns");
	double begin = (hr_plot_element(series, "time_ns", 0) - hr_plot_number(series, "interval_ns")) / SECOND;
	json_t *o = json_object();
	char *text = NULL;

	hr_json_put(&o, "begin", hr_json_real(begin > 0 ? begin : 0));
	hr_json_put(&o, "time", seconds(series, n));
	hr_json_put(&o, "in_use", sizes(series, "in_use_mean_bytes", n));
	hr_json_put(&o, "manual", sizes(series, "manual_bytes", n));
	hr_json_put(&o, "free", sizes(series, "free_mean_bytes", n));
	hr_json_put(&o, "released", sizes(series, "released_mean_bytes", n));
	hr_json_put(&o, "goal", sizes(series, "goal_bytes", n));
	hr_json_put(&o, "limit", limits(&s->runs[own], n));
	hr_json_put(&o, "policies", policies(s, own, n));
	hr_json_put(&o, "plane", s->plane != NULL && s->plane->nrows > 0 ? plane(s->plane) : json_null());
	if (o != NULL)
		text = hr_json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(o);
	if (text == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	put_script_text(out, text);
	free(text);
	return HR_OK;
}
