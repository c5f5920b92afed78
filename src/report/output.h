/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that appear whole or not at all: a regular file is written without a
 * name, or with another one beside its place where the file system can't do
 * that, and gets its own when it is complete; so that nothing stays behind even
 * of a run that is killed. Standard output, devices and pipes are written
 * through.
 */
#ifndef HR_REPORT_OUTPUT_H
#define HR_REPORT_OUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

struct hr_output {
	FILE *file;
	char *path;	 /* NULL: standard output */
	char *temporary; /* the name until it is complete, or to be; NULL: written through */
	bool named;	 /* something has that name now */
};

/* path: NULL or "-" is standard output. HR_EIO says why not. */
enum hr_status hr_output_open(struct hr_output *o, const char *path, struct hr_error *err);
/* Everything is written: flushes, checks, renames. HR_EIO (a full disk, say): nothing is left of it. */
enum hr_status hr_output_commit(struct hr_output *o, struct hr_error *err);
/* Throws away what has not been committed; harmless after a commit, or on zeroes. */
void hr_output_abandon(struct hr_output *o);

#endif
