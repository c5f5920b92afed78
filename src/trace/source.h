/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where bytes come from: a file descriptor or memory, through a window of those
 * that have not been used yet. Codecs (codec/codec.h) take from the window.
 */
#ifndef HR_TRACE_SOURCE_H
#define HR_TRACE_SOURCE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HR_SOURCE_BYTES = 1 << 17 };

struct hr_source {
	int fd;		 /* -1: memory */
	int stop_fd;	 /* becomes readable when no more input is wanted; -1: none */
	bool eof;	 /* there is no more */
	uint8_t *raw;	 /* HR_SOURCE_BYTES, or all of the memory, which is never written to */
	size_t pos, len; /* [pos, len) of raw has not been used */
	uint64_t taken_bytes;
};

/* More bytes into buf, cap > 0 at most; *n is 0, with eof set, at the end. HR_EIO. */
enum hr_status hr_source_read(struct hr_source *s, uint8_t *buf, size_t cap, size_t *n, struct hr_error *err);
/* Fills the window when all of it has been used; pos == len then says that there is no more. HR_EIO. */
enum hr_status hr_source_fill(struct hr_source *s, struct hr_error *err);
/* At least n bytes, n <= HR_SOURCE_BYTES, in the window, or all that there are. HR_EIO. */
enum hr_status hr_source_look(struct hr_source *s, size_t n, struct hr_error *err);
/* Exactly n bytes into buf; buf NULL: they are passed over. HR_END: there are not so many. HR_EIO. */
enum hr_status hr_source_take(struct hr_source *s, uint8_t *buf, uint64_t n, struct hr_error *err);

#endif
