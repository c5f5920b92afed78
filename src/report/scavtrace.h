/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of GODEBUG=scavtrace=1, byte for byte as each generation of the runtime prints them. */
#ifndef HR_REPORT_SCAVTRACE_H
#define HR_REPORT_SCAVTRACE_H

#include "scavenge/follower.h"

#include <stdbool.h>

#define HR_SCAV_LINE_MAX 160

/* The line without its newline, into buf, which is returned. printScavTrace. */
const char *hr_scavtrace_format(char buf[HR_SCAV_LINE_MAX], const struct hr_scav_line *line);

/* Reads a line of any generation ("scav ..."); false when it is none. Fills what the form has, in whole KiB. */
bool hr_scavtrace_parse(const char *text, struct hr_scav_line *line);

#endif
