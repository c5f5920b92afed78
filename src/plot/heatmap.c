/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of a heatmap: a plane, with gaps of the address space folded. */
#include "config.h"

#include "plot/data.h"

#include "base/digits.h"
#include "base/print.h"
#include "pagealloc/geometry.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Rows of the picture that a gap takes, and how many addresses are written beside the axis. */
#define GAP_ROWS 2
#define MOST_TICKS 12
#define WHOLE 9 /* digits of columns and rows: there are fewer than a thousand million */

struct canvas {
	FILE *out;
	double time_begin, column_time; /* in the unit of the axis */
};

static bool gap_before(const struct hr_plane *p, size_t row)
{
	return row > 0 && p->rows[row]->group != p->rows[row - 1]->group + 1;
}

/* Blue, orange and grey: they can be told apart by all, and are of unlike lightness. */
static double mixed(const double share[3], unsigned component)
{
	static const double rgb[3][3] = {{0, 114, 178}, {230, 159, 0}, {228, 228, 228}};

	return share[0] * rgb[0][component] + share[1] * rgb[1][component] + share[2] * rgb[2][component];
}

static void put_number(FILE *out, double x, unsigned digits, char behind)
{
	char text[HR_DIGITS_BUF];
	size_t n = hr_digits_put(text, x, digits);

	text[n] = behind;
	fwrite(text, 1, n + 1, out);
}

/*
 * The colour too, and the time: what gnuplot computes for a cell costs it three system calls
 * each time, and is most of what a heatmap took.
 */
static void write_cell(const struct canvas *to, unsigned x, size_t y, const struct hr_plane_cell *c)
{
	const uint64_t pages[3] = {c->in_use, c->free, c->released}, all = pages[0] + pages[1] + pages[2];
	double share[3];

	put_number(to->out, x, WHOLE, ' ');
	put_number(to->out, (double)y, WHOLE, ' ');
	for (unsigned i = 0; i < 3; i++) {
		char text[HR_DIGITS_BUF];
		size_t n = hr_digits_put(text, all > 0 ? (double)pages[i] / (double)all : 0, 4);

		share[i] = strtod(text, NULL); /* the colour is that of the numbers that stand there */
		text[n] = ' ';
		fwrite(text, 1, n + 1, to->out);
	}
	fputs(all > 0 ? "1 " : "0 ", to->out);
	put_number(to->out, to->time_begin + (x + 0.5) * to->column_time, 9, ' ');
	for (unsigned i = 0; i < 3; i++)
		put_number(to->out, mixed(share, i), 7, ' ');
	fputs(all > 0 ? "255\n" : "0\n", to->out);
}

static void write_empty_row(const struct canvas *to, const struct hr_plane *p, size_t y)
{
	const struct hr_plane_cell nothing = {0};

	for (unsigned c = 0; c < p->ncolumns; c++)
		write_cell(to, c, y, &nothing);
}

/* Returns how many rows the picture has. */
static size_t write_cells(const struct canvas *to, const struct hr_plane *p)
{
	size_t y = 0;

	hr_plot_begin_block(
	    to->out, "cells",
	    "column row in_use free released (shares of the pages) mapped (0 or 1) time red green blue alpha");
	for (size_t r = 0; r < p->nrows; r++) {
		if (gap_before(p, r))
			for (unsigned i = 0; i < GAP_ROWS; i++)
				write_empty_row(to, p, y++);
		for (unsigned c = 0; c < p->ncolumns; c++)
			write_cell(to, c, y, &p->rows[r]->cells[c]);
		y++;
	}
	hr_plot_end_block(to->out);
	return y;
}

static void write_gaps(FILE *out, const struct hr_plane *p)
{
	size_t y = 0, gaps = 0;

	hr_plot_begin_block(out, "gaps", "row in whose middle an unmapped part of the address space is folded");
	for (size_t r = 0; r < p->nrows; r++, y++) {
		if (!gap_before(p, r))
			continue;
		fprintf(out, "%.1f\n", (double)y + (GAP_ROWS - 1) / 2.0);
		y += GAP_ROWS;
		gaps++;
	}
	if (gaps == 0)
		fputs("NaN\n", out);
	hr_plot_end_block(out);
	fprintf(out, "gaps = %zu\n", gaps);
}

/* Addresses at even distances, and where a part of the address space begins if there is room. */
static void write_ticks(FILE *out, const struct hr_plane *p, size_t rows, size_t most)
{
	size_t y = 0, least = rows / (most < MOST_TICKS ? most : MOST_TICKS) + 1, next = 0;

	fputs("set ytics (", out);
	for (size_t r = 0; r < p->nrows; r++, y++) {
		bool gap = gap_before(p, r);

		if (gap)
			y += GAP_ROWS;
		if (y < next)
			continue;
		hr_print(out, "%s'0x%" PRIx64 "' %.1f", r > 0 ? ", " : "", hr_plane_shown_address(p, r),
			 (double)y - 0.5);
		next = y + least;
	}
	fputs(")\n", out);
}

enum hr_status hr_plot_heatmap(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
			       struct hr_error *err)
{
	const struct hr_plane *p = s->plane;
	struct hr_plot_unit time;
	struct canvas to = {.out = out};
	double begin_ns;
	size_t rows;

	if (p->nrows == 0 || p->ncolumns == 0)
		return hr_error_set(err, HR_EINPUT, "nothing to draw: the trace maps no memory");
	begin_ns = (double)p->end_ns[0] - (double)p->interval_ns;
	begin_ns = begin_ns > 0 ? begin_ns : 0;
	time = hr_plot_time_unit((double)p->end_ns[p->ncolumns - 1]);
	to.time_begin = begin_ns / time.size;
	to.column_time = (double)p->interval_ns / time.size;
	rows = write_cells(&to, p);
	write_gaps(out, p);
	hr_plot_set_string(out, "time_unit", time.name, 8);
	hr_plot_set_number(out, "time_begin", to.time_begin);
	hr_plot_set_number(out, "column_time", to.column_time);
	fprintf(out, "columns = %u\nrows = %zu\nrow_kib = %" PRIu64 "\n", p->ncolumns, rows,
		(HR_PAGE_BYTES << p->log_pages) / 1024);
	/* Of the plot without its head and foot, a line of text and what is between lines for each. */
	write_ticks(out, p, rows, o->height > 240 ? (o->height - 190) / 26 : 2);
	return HR_OK;
}
