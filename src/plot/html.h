/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A report: one HTML page about one trace, with everything in it (pictures as
 * inline SVG; its own script, plots/report.js, which makes some of them
 * interactive; nothing from elsewhere), for light and dark screens and for
 * paper. It is made from the same source as plots are;
 * whatever comes from a trace or a command line is escaped. Nothing in it
 * depends on when or where it was made.
 */
#ifndef HR_REPORT_HTML_REPORT_H
#define HR_REPORT_HTML_REPORT_H

#include "base/error.h"
#include "plot/plot.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Writes the page. s: runs on one trace, with summaries, series and optimum; its
 * plane is of run number own, the policy that the page dwells on. *complaints is
 * what gnuplot said, if a picture failed (the caller's to free). HR_EINPUT,
 * HR_EIO (gnuplot), HR_ENOMEM. Write errors stay in the FILE for the caller to find.
 */
enum hr_status hr_html_report_write(FILE *out, const struct hr_plot_source *s, size_t own, struct hr_blob *complaints,
				    struct hr_error *err);

#endif
