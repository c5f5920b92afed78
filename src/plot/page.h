/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the scripts of a report's page draw: the series of its runs and the
 * plane of its own, as JSON to stand within a script element.
 */
#ifndef HR_PLOT_PAGE_H
#define HR_PLOT_PAGE_H

#include "plot/plot.h"

#include <stdio.h>

/*
 * Writes the object. Times are in seconds, sizes in bytes, null where there is
 * none; "begin" and "time" are the ends of the intervals that values hold for;
 * the cells of the plane are three bytes each, column by column: the shares of
 * 255 in use and released, and 255 where anything is mapped; as zlib, in
 * base64. s: as hr_html_report_write. HR_ENOMEM.
 */
enum hr_status hr_page_data_write(FILE *out, const struct hr_plot_source *s, size_t own, struct hr_error *err);

#endif
