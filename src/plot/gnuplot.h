/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gnuplot, an external program that is looked for on PATH when it is needed. It
 * gets a script on its standard input, with the data in it, and its standard
 * output is the picture; neither has a name in the file system, so that nothing
 * stays behind however a run ends. No shell comes between, and gnuplot reads no
 * start-up files of the user's.
 *
 * Strings from outside go into a script by hr_gnuplot_string alone: in single
 * quotes gnuplot knows no escapes, no substitution of commands and no macros.
 */
#ifndef HR_REPORT_GNUPLOT_H
#define HR_REPORT_GNUPLOT_H

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

/* Bytes, ended by a 0 that does not count. at is NULL or the owner's to free. */
struct hr_blob {
	char *at;
	size_t n;
};

/*
 * Runs gnuplot on a script. *picture is what it wrote to standard output;
 * *complaints (ended by a 0) what it wrote to standard error, set whether it
 * failed or not. Both are the caller's to free, also after an error. HR_EIO:
 * there is no gnuplot, it failed, was killed, or wrote nothing or no end of it;
 * or there is no room for temporary files.
 */
enum hr_status hr_gnuplot_run(const char *script, size_t n, struct hr_blob *picture, struct hr_blob *complaints,
			      struct hr_error *err);

/* Writes text as a string of gnuplot's, in quotes; control characters become spaces. */
void hr_gnuplot_string(FILE *out, const char *text);

#endif
