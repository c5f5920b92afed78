/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data of histograms of free intervals: how long pages stay free, by bytes
 * and by the cost of keeping them.
 */
#include "config.h"

#include "plot/data.h"

#include <math.h>

#define BYTES_A_PAGE 8192.0
#define SHORTEST_NS 100.0 /* where the axis begins at the earliest */

struct sums {
	double from_ns, to_ns;		      /* what the histogram spans */
	double most_bytes, most_byte_seconds; /* of a bar */
	bool cut;			      /* what is shorter than from_ns is next to nothing */
};

#define NEXT_TO_NOTHING 0.001

static const json_t *row_at(const json_t *optimum, size_t i)
{
	return json_array_get(json_object_get(optimum, "intervals"), i);
}

static double sum_of(const json_t *row, const char *closed, const char *open)
{
	double a = hr_plot_number(row, closed), b = hr_plot_number(row, open);

	return (isfinite(a) ? a : 0) + (isfinite(b) ? b : 0);
}

bool hr_plot_shows_intervals(const json_t *optimum)
{
	for (size_t i = 0; i < hr_plot_length(optimum, "intervals"); i++)
		if (hr_plot_number(row_at(optimum, i), "to_ns") + 1 > SHORTEST_NS)
			return true;
	return false;
}

static struct sums sums_of(const json_t *optimum)
{
	struct sums s = {.from_ns = INFINITY};
	size_t n = hr_plot_length(optimum, "intervals");
	double pages = 0, shorter = 0;

	for (size_t i = 0; i < n; i++)
		pages += sum_of(row_at(optimum, i), "closed_pages", "open_pages");
	for (size_t i = 0; i < n; i++) {
		const json_t *row = row_at(optimum, i);

		shorter += sum_of(row, "closed_pages", "open_pages");
		if (shorter > NEXT_TO_NOTHING * pages)
			s.from_ns = fmin(s.from_ns, hr_plot_number(row, "from_ns"));
		else
			s.cut = true;
		s.to_ns = fmax(s.to_ns, hr_plot_number(row, "to_ns"));
		s.most_bytes = fmax(s.most_bytes, sum_of(row, "closed_pages", "open_pages") * BYTES_A_PAGE);
		s.most_byte_seconds =
		    fmax(s.most_byte_seconds, sum_of(row, "closed_byte_seconds", "open_byte_seconds"));
	}
	s.from_ns = fmax(s.from_ns, SHORTEST_NS);
	return s;
}

static void write_row(FILE *out, const json_t *row, double memory, double cost)
{
	double from = hr_plot_number(row, "from_ns"), to = hr_plot_number(row, "to_ns") + 1;

	if (!(to > SHORTEST_NS))
		return;
	hr_plot_put(out, fmax(from, SHORTEST_NS) / 1e9);
	hr_plot_put(out, to / 1e9);
	hr_plot_put(out, hr_plot_number(row, "closed_pages") * BYTES_A_PAGE / memory);
	hr_plot_put(out, sum_of(row, "closed_pages", "open_pages") * BYTES_A_PAGE / memory);
	hr_plot_put(out, hr_plot_number(row, "closed_byte_seconds") / cost);
	hr_plot_put(out, sum_of(row, "closed_byte_seconds", "open_byte_seconds") / cost);
	fputc('\n', out);
}

enum hr_status hr_plot_intervals(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
				 struct hr_error *err)
{
	const json_t *optimum = s->runs[0].optimum;
	struct hr_plot_unit memory, cost;
	struct sums sums;

	(void)o;
	if (s->ntraces > 1)
		return hr_error_set(err, HR_EINPUT, "a histogram of intervals shows one trace");
	if (hr_plot_length(optimum, "intervals") == 0)
		return hr_error_set(err, HR_EINPUT, "nothing to draw: no page was ever free");
	if (!hr_plot_shows_intervals(optimum))
		return hr_error_set(err, HR_EINPUT, "nothing to draw: no page was free for %.0f ns or longer",
				    SHORTEST_NS);
	sums = sums_of(optimum);
	memory = hr_plot_memory_unit(sums.most_bytes);
	cost = hr_plot_memory_unit(sums.most_byte_seconds);
	hr_plot_set_string(out, "memory_unit", memory.name, 8);
	hr_plot_set_string(out, "cost_unit", cost.name, 8);
	fprintf(out, "cut = %d\n", sums.cut);
	hr_plot_set_number(out, "shortest", sums.from_ns / 1e9);
	hr_plot_set_number(out, "longest", fmax(sums.to_ns + 1, sums.from_ns * 2) / 1e9);
	hr_plot_begin_block(
	    out, "intervals",
	    "from and to (s); bytes of pages used again, and with those never used again; byte-seconds");
	for (size_t i = 0; i < hr_plot_length(optimum, "intervals"); i++)
		write_row(out, row_at(optimum, i), memory.size, cost.size);
	hr_plot_end_block(out);
	return HR_OK;
}
