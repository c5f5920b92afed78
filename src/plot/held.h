/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a report's page about free memory that was kept: why, and by which objects. */
#ifndef HR_PLOT_HELD_H
#define HR_PLOT_HELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Whether there is something to write. kept: of a policy in a comparison (report/kept.h); NULL: none. */
bool hr_html_held(const json_t *kept);
/*
 * Writes tables of the reasons and, where they are known, of the "holders"
 * (heapreplay-explain(1)); policy is its text. hr_html_held has said yes.
 */
void hr_html_held_write(FILE *out, const json_t *kept, const char *policy);

#endif
