/* SPDX-License-Identifier: BSD-3-Clause */
/* Text and values in HTML: whatever comes from a trace or a command line is escaped. */
#ifndef HR_PLOT_MARKUP_H
#define HR_PLOT_MARKUP_H

#include "base/units.h"
#include "report/metrics.h"

#include <stdio.h>

/* text with what HTML gives a meaning escaped, and control characters as spaces; for text and for attributes in "". */
void hr_html_text(FILE *out, const char *text);
/* A value of a document as people read it, "none" where there is none; of HR_UNIT_RATIO: in thousandths. Returns buf. */
const char *hr_html_value(char buf[HR_UNIT_BUF], enum hr_unit unit, double v);

/* A part of the page, with its heading. classes: how it may share a row with others ("half", "third"; plots/report.css). */
void hr_html_begin(FILE *out, const char *classes, const char *id, const char *title);
void hr_html_end(FILE *out);

#endif
