/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output files, all of them. A regular file appears whole or not at all: it is
 * written without a name (or, where the file system can't do that or /proc is
 * missing, as .NAME.heapreplay-tmp beside its place), synced, closed and renamed;
 * whatever fails before leaves the old file as it was. Symbolic links are
 * followed, and stay. Standard output, devices, pipes and descriptors
 * (/dev/fd/N, /dev/stdout) are written in place.
 *
 * A run that is killed leaves nothing where files can be without a name, but
 * for the instant before the rename. What it may leave then is found by its
 * name, and the next run with the same output takes it.
 */
#ifndef HR_REPORT_OUTPUT_H
#define HR_REPORT_OUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct hr_output {
	FILE *file;
	char *path;	     /* as it was given, for messages; NULL: standard output */
	char *target;	     /* where the file goes, links followed; NULL: written in place */
	char *temporary;     /* the name until it is complete, or to be */
	bool named;	     /* something of ours has that name now */
	bool complete;	     /* written, synced and closed; only its name is missing */
	bool new_file;	     /* there was no target before */
	bool placed;	     /* it has its own name */
	bool in_file;	     /* written in place, and that is a regular file */
	dev_t directory_dev; /* the directory of the target */
	ino_t directory_ino;
	dev_t file_dev; /* what is written in place, or the old file; 0: neither is there */
	ino_t file_ino;
};

/* path: NULL or "-" is standard output. HR_EIO says why not. */
enum hr_status hr_output_open(struct hr_output *o, const char *path, struct hr_error *err);
/*
 * HR_EUSAGE: both would become the same file, or one would be written into a file that the other replaces, and be lost.
 * Both on standard output are one stream. Zeroes are no output.
 */
enum hr_status hr_output_differ(const struct hr_output *a, const struct hr_output *b, struct hr_error *err);
/* HR_EUSAGE: the output (as for hr_output_open) would replace, or be written into, the file at path, which is another. */
enum hr_status hr_output_spares(const char *output, const char *path, struct hr_error *err);
/* Everything is written: flushes, checks, syncs, renames. HR_EIO (a full disk, say): nothing is left of it. */
enum hr_status hr_output_commit(struct hr_output *o, struct hr_error *err);
/*
 * The same for n outputs, of which none gets its place before all are complete.
 * Where a rename fails after others, what is new among those is removed.
 */
enum hr_status hr_output_commit_all(struct hr_output *const *outputs, size_t n, struct hr_error *err);
/* Throws away what has not been committed; harmless after a commit, or on zeroes. */
void hr_output_abandon(struct hr_output *o);

#endif
