/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream of decompressed bytes from a file, a pipe or memory. zstd, gzip,
 * bzip2, xz, lz4 and zip archives of one file are found by their magic numbers and
 * undone on the way, in memory that does not depend on how much comes out; everything
 * that does goes through one digest.
 */
#ifndef HR_TRACE_INPUT_H
#define HR_TRACE_INPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_input;

/*
 * path: a file, or "-" for standard input. HR_EIO: cannot open or read;
 * HR_ENOMEM. The texts name no path.
 */
enum hr_status hr_input_open(const char *path, struct hr_input **in, struct hr_error *err);
/*
 * The same, with a descriptor that says, by being readable, that what has not
 * come yet is not waited for any more: the input ends there. -1: there is none.
 */
enum hr_status hr_input_open_until(const char *path, int stop_fd, struct hr_input **in, struct hr_error *err);
/* From n bytes that stay the caller's and must stay as they are until the close. */
enum hr_status hr_input_open_memory(const void *data, size_t n, struct hr_input **in, struct hr_error *err);

/*
 * Up to cap > 0 bytes into buf, as soon as there are any; *n says how many (at
 * least one with HR_OK). HR_END: no more; hr_input_cut then tells a compressed
 * stream that ended early. HR_EINPUT: damaged compressed data, with the offset
 * of the first decompressed byte that could not be had; HR_EIO; HR_ENOMEM.
 */
enum hr_status hr_input_read(struct hr_input *in, void *buf, size_t cap, size_t *n, struct hr_error *err);

/* "none", "zstd", "gzip", "bzip2", "xz", "lz4", "zip" */
const char *hr_input_compression(const struct hr_input *in);
/* The compressed stream ended in the middle of a frame; known once a read said HR_END. */
bool hr_input_cut(const struct hr_input *in);
/* Decompressed bytes handed out so far. */
uint64_t hr_input_bytes(const struct hr_input *in);
/* XXH3-64 of them; 0 after a seek. */
uint64_t hr_input_digest(const struct hr_input *in);
/* Bytes taken from the file, and its size; 0: not known. */
void hr_input_progress(const struct hr_input *in, uint64_t *done_bytes, uint64_t *total_bytes);
/*
 * Whether bytes can be had from anywhere: a file, or memory, that is not
 * compressed.
 */
bool hr_input_seekable(const struct hr_input *in);
/* The next byte read is that at offset, of such an input. HR_EIO. */
enum hr_status hr_input_seek(struct hr_input *in, uint64_t offset, struct hr_error *err);
/* The n bytes at offset of such an input, which goes on where it is. False: they are not there, or can't be read. */
bool hr_input_peek(const struct hr_input *in, uint64_t offset, void *to, size_t n);
void hr_input_close(struct hr_input *in);

#endif
