/*
 * Reading a trace, whatever its format: open, take batches of events, close.
 * The format is found by content, compression (zstd, gzip) is undone on the
 * way. Memory is bounded by what the format needs to order its events (a
 * generation of a Go execution trace), not by the length of the input.
 */
#ifndef HR_TRACE_READER_H
#define HR_TRACE_READER_H

#include "base/error.h"
#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_want {
	HR_WANT_SPANS = 1 << 0,	  /* spans, GC phases, goals, Ps: what a replay of spans needs */
	HR_WANT_OBJECTS = 1 << 1, /* objects and stacks too */
	HR_WANT_ALL = ~0,	  /* every kind there is */
};

enum hr_trace_format { HR_FORMAT_GO, HR_FORMAT_TEXT };

/* What is known of a trace; complete when it is open. */
struct hr_trace_meta {
	enum hr_trace_format format;
	const char *format_name;  /* "Go execution trace", "text" */
	const char *compression;  /* "none", "zstd", "gzip" */
	unsigned version;	  /* format version: 23, 25, 26 for Go traces, 1 for text */
	bool has_addresses;	  /* spans carry addresses */
	bool has_procs;		  /* events carry Ps */
	bool strict;		  /* written by hand: what a recorder might lose is an error here */
	uint64_t page_bytes;	  /* of the recorded runtime; 8192 */
	uint64_t min_addr;	  /* base address of Go's ids; 0: unknown */
	uint64_t clock_origin_ns; /* the recorder's own clock (Linux: CLOCK_MONOTONIC) at the first event */
	bool has_clock_origin;
};

/* What readers count on the way; all of it goes into `info`. */
struct hr_trace_stats {
	uint64_t bytes_read;		      /* decompressed */
	uint64_t events_total;		      /* of any kind, also those not decoded into an hr_event */
	uint64_t counts[HR_EVENT_KIND_COUNT]; /* of those decoded; objects only where they were wanted */
	uint64_t generations;		      /* complete ones */
	uint64_t batches;
	unsigned threads; /* different Ms */
	uint64_t last_time_ns;
	bool cut;		 /* the input ends in the middle of something */
	uint64_t cut_offset;	 /* byte where it does */
	char cut_what[160];	 /* "generation 3 has no clock frequency: its 1,234 events are dropped" */
	uint64_t free_os_memory; /* cycles that debug.FreeOSMemory asked for */
	uint64_t digest;	 /* XXH3-64 of all decompressed bytes; valid at the end */
};

struct hr_reader;

/*
 * path: a file, or "-" for standard input. Formats and errors:
 *   HR_EINPUT  not a trace that we know, damaged, or without span events (the
 *              text then says how to record one); offset and line are filled
 *   HR_EIO     cannot open or read;  HR_ENOMEM
 * On success *reader is the caller's; hr_reader_close it.
 */
enum hr_status hr_reader_open(const char *path, unsigned want, struct hr_reader **reader, struct hr_error *err);

/*
 * Up to cap events into ev; *n says how many (at least one with HR_OK).
 * HR_END: no more; a trace that was cut off ends so too (see stats.cut).
 * After an error the reader gives the same error again.
 */
enum hr_status hr_reader_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err);

const struct hr_trace_meta *hr_reader_meta(const struct hr_reader *r);
const struct hr_trace_stats *hr_reader_stats(const struct hr_reader *r);
/* Compressed bytes consumed so far, and the file's size (0: not known, a pipe); for progress. */
void hr_reader_progress(const struct hr_reader *r, uint64_t *done_bytes, uint64_t *total_bytes);
void hr_reader_close(struct hr_reader *r);

#endif
