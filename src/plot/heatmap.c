/* SPDX-License-Identifier: BSD-3-Clause */
/* The data of a heatmap: a plane, with gaps of the address space folded. */
#include "config.h"

#include "plot/data.h"

#include "base/print.h"
#include "pagealloc/geometry.h"

#include <inttypes.h>
#include <math.h>

/* Rows of the picture that a gap takes, and how many addresses are written beside the axis. */
#define GAP_ROWS 2
#define MOST_TICKS 12

static bool gap_before(const struct hr_plane *p, size_t row)
{
	return row > 0 && p->rows[row]->group != p->rows[row - 1]->group + 1;
}

static void write_cell(FILE *out, unsigned x, size_t y, const struct hr_plane_cell *c)
{
	double all = (double)(c->in_use + c->free + c->released);

	fprintf(out, "%u %zu %.4g %.4g %.4g %d\n", x, y, all > 0 ? (double)c->in_use / all : 0,
		all > 0 ? (double)c->free / all : 0, all > 0 ? (double)c->released / all : 0, all > 0);
}

static void write_empty_row(FILE *out, const struct hr_plane *p, size_t y)
{
	const struct hr_plane_cell nothing = {0};

	for (unsigned c = 0; c < p->ncolumns; c++)
		write_cell(out, c, y, &nothing);
}

/* Returns how many rows the picture has. */
static size_t write_cells(FILE *out, const struct hr_plane *p)
{
	size_t y = 0;

	hr_plot_begin_block(out, "cells", "column row in_use free released (shares of the pages) mapped (0 or 1)");
	for (size_t r = 0; r < p->nrows; r++) {
		if (gap_before(p, r))
			for (unsigned i = 0; i < GAP_ROWS; i++)
				write_empty_row(out, p, y++);
		for (unsigned c = 0; c < p->ncolumns; c++)
			write_cell(out, c, y, &p->rows[r]->cells[c]);
		y++;
	}
	hr_plot_end_block(out);
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
	double begin_ns;
	size_t rows;

	if (p->failed)
		return hr_error_set(err, HR_ENOMEM, "out of memory for the heatmap");
	if (p->nrows == 0 || p->ncolumns == 0)
		return hr_error_set(err, HR_EINPUT, "nothing to draw: the trace maps no memory");
	begin_ns = (double)p->end_ns[0] - (double)p->interval_ns;
	begin_ns = begin_ns > 0 ? begin_ns : 0;
	time = hr_plot_time_unit((double)p->end_ns[p->ncolumns - 1]);
	rows = write_cells(out, p);
	write_gaps(out, p);
	hr_plot_set_string(out, "time_unit", time.name, 8);
	hr_plot_set_number(out, "time_begin", begin_ns / time.size);
	hr_plot_set_number(out, "column_time", (double)p->interval_ns / time.size);
	fprintf(out, "columns = %u\nrows = %zu\nrow_kib = %" PRIu64 "\n", p->ncolumns, rows,
		(HR_PAGE_BYTES << p->log_pages) / 1024);
	/* Of the plot without its head and foot, a line of text and what is between lines for each. */
	write_ticks(out, p, rows, o->height > 240 ? (o->height - 190) / 26 : 2);
	return HR_OK;
}
