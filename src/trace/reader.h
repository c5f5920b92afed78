/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading a trace, whatever its format: open, take batches of events, close.
 * The format is found by content, compression is undone on the way. Memory is
 * bounded by what the format needs to order its events (a generation of a Go
 * execution trace) and by what is live, not by the length of the input.
 */
#ifndef HR_TRACE_READER_H
#define HR_TRACE_READER_H

#include "base/error.h"
#include "trace/event.h"
#include "trace/sides.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_want {
	HR_WANT_SPANS = 1 << 0,	  /* spans, GC phases, goals, Ps: what a replay of spans needs */
	HR_WANT_OBJECTS = 1 << 1, /* objects and stacks too; a trace that has nothing else gives them anyway */
	HR_WANT_GC_CPU = 1 << 2,  /* CPU time of GC cycles (sides), for which the events of goroutines are decoded */
	HR_WANT_ALL = ~0,	  /* every kind there is */
};

/* What is wanted only by those who want everything. */
#define HR_WANT_REST (~(unsigned)(HR_WANT_SPANS | HR_WANT_OBJECTS | HR_WANT_GC_CPU))

/* Which of the live objects that look alike is freed, where the recorder does not tell. */
enum hr_identity { HR_IDENTITY_LIFO, HR_IDENTITY_FIFO, HR_IDENTITY_RANDOM };

/* The rate of traces without a clock, events a second. */
#define HR_DEFAULT_RATE 1000000

struct hr_reader_options {
	unsigned want; /* enum hr_want */
	enum hr_identity identity;
	uint64_t rate;	    /* events a second where the trace has no clock; 0: HR_DEFAULT_RATE */
	double time_scale;  /* times are multiplied by it; 0: 1 */
	bool jump;	    /* use the index of a native trace where there is one: begin as late as from_ns allows */
	uint64_t from_ns;   /* with jump: what is before is not wanted, but what stands then is (meta.begins_ns) */
	const int *stop_fd; /* waiting for input ends when this becomes readable, as if it ended there; NULL: none */
	uint64_t process;   /* of a recording of several: this one's events; 0: the first one's */
	uint64_t min_addr;  /* of a window that does not tell it: where the heap begins; 0: where it most often does */
	const char *gc_log; /* of a page trace: the program's gctrace lines, stamped; NULL */
	bool
	    growing; /* more of the input may come: that a Go trace has no heap events is said of whole generations alone */
};

enum hr_trace_format {
	HR_FORMAT_GO,
	HR_FORMAT_TEXT,
	HR_FORMAT_NATIVE,
	HR_FORMAT_PAGETRACE,
	HR_FORMAT_HEAPTRACK,
	HR_FORMAT_ANDROID,
	HR_FORMAT_MTRACE,
	HR_FORMAT_VALGRIND,
	HR_FORMAT_CALLS, /* func(args) = result: ltrace, utrace, cmt */
	HR_FORMAT_LOGALLOC,
	HR_FORMAT_LTTNG,
	HR_FORMAT_REP,		  /* of CS:APP's malloc lab */
	HR_FORMAT_ALLOCFREETRACE, /* Go's GODEBUG=allocfreetrace=1 */
};

/* Something said of where a trace comes from: "GOGC", "100". Neither is empty or holds control characters. */
enum { HR_MAX_NOTES = 16 };
struct hr_note {
	char key[32]; /* letters, digits, - and _ */
	char value[128];
};

/* Whether it is the name of a format, as in format_name. */
bool hr_is_format_name(const char *name);
/* The name of the i-th format, in the order in which they are tried; NULL: there are fewer. */
const char *hr_format_name(size_t i);
/* Whether it can be a note's key: 1 to 31 letters, digits, - and _. */
bool hr_is_note_key(const char *key);

/* What is known of a trace; complete when it is open. */
struct hr_trace_meta {
	enum hr_trace_format format;
	const char *format_name;  /* "Go execution trace", "text" */
	const char *compression;  /* "none", "zstd", "gzip", "bzip2", "zip" */
	char source[48];	  /* of a native trace: format_name of what it was imported from; else "" */
	char program[256];	  /* the recorded command; "": not known, or dropped */
	unsigned version;	  /* format version: 23, 25, 26 for Go traces, 1 for text */
	unsigned go_minor;	  /* the recorded runtime is Go 1.N; 0: not Go, or not known */
	bool has_spans;		  /* spans or page runs: the trace can be placed as it is. Else it is of objects */
	bool has_objects;	  /* of a trace with spans: it may tell objects too */
	bool has_addresses;	  /* events carry addresses; else numbers */
	bool has_procs;		  /* events carry Ps */
	bool has_threads;	  /* p is the number of a thread, in order of appearance */
	bool has_clock;		  /* times were recorded; else they come from options.rate */
	bool collected;		  /* the program has a garbage collector: what is freed was garbage before */
	bool has_cycles;	  /* GC phases are told */
	bool tells_sweeps;	  /* SWEEP_DONE tells the end of every sweep, or the next cycle's start is it */
	bool has_releases;	  /* what the recorded scavenger released is told, in page runs without kinds */
	bool padded;		  /* what lies below the first span in its chunk is in use for ever (Go 1.26) */
	bool window;		  /* of a flight recorder: what there was at its beginning is not told */
	bool strict;		  /* written by hand: what a recorder might lose is an error here */
	uint64_t page_bytes;	  /* of the recorded runtime; 8192 */
	uint64_t min_addr;	  /* base address of Go's ids; 0: unknown */
	uint64_t clock_origin_ns; /* the recorder's own clock (Linux: CLOCK_MONOTONIC) at the first event */
	bool has_clock_origin;
	bool end_known;	    /* stats say already what is odd or assumed in all of it */
	uint64_t begins_ns; /* after a jump: the first events say what stands at this time; else 0 */
	struct hr_note notes[HR_MAX_NOTES];
	unsigned nnotes;
};

/*
 * What recorders get wrong or leave out: counted, never fatal. Name for JSON,
 * and what happened with what consequence, for people.
 */
/* clang-format off */
#define HR_ANOMALIES(X)                                                                                                \
	X(UNKNOWN_FREE, "unknown_frees", "frees of objects that were never seen: ignored")                              \
	X(NULL_FREE, "null_frees", "frees of a null pointer: ignored")                                                 \
	X(OVER_LIVE, "allocs_over_live", "allocations over a live object: its free was lost, it is freed first") \
	X(FAILED_ALLOC, "failed_allocs", "failed allocations: ignored")                                                \
	X(ZERO_SIZE, "zero_sizes", "objects of size 0: kept, as a program may have them")                              \
	X(AMBIGUOUS_FREE, "ambiguous_frees", "frees that fit several live objects: a guess decides (--identity)") \
	X(ABSURD_SIZE, "absurd_sizes", "impossible sizes (2 TiB, or 31 TiB with all that live): ignored as failed")                     \
	X(BAD_LINE, "bad_lines", "lines that could not be understood: skipped")                                        \
	X(NESTED_CALL, "nested_calls", "allocator calls inside of others: ignored, the outer one counts")              \
	X(OPEN_CALL, "open_calls", "calls whose return is missing: ignored")                                           \
	X(CLOCK_BACK, "clock_steps_back", "times that step back: the previous time is used")                            \
	X(SHARED_TICK, "unspread_events", "events too many for one clock tick to be spread: they get the previous tick")       \
	X(LOST_BLOCK, "lost_blocks", "damaged blocks: their events are missing")                                       \
	X(OTHER_PROCESS, "other_processes", "lines of other processes than the one that is read: ignored (--process)")   \
	X(OTHER_RECORD, "other_records", "records of kinds that are not replayed: ignored")                            \
	X(RACED_FREE, "raced_frees", "reallocs that another thread's reuse of the old address overtook: put in order") \
	X(LOST_CYCLE, "lost_cycles", "garbage collections that are missing in the log, by its numbers")                        \
	X(STACKLESS, "stackless_goroutines", "goroutines whose stack was freed before the trace began: they have none") \
	X(IMPOSSIBLE_VALUE, "impossible_values", "impossible values in otherwise valid records: ignored")                 \
	X(TYPE_LIMIT, "types_over_limit", "types beyond the 262,144 that are kept: their objects have none") \
	X(LATE_BATCH, "late_batches", "batches of generations that are over: their events come at the next one's start") \
	X(LOST_GENERATION, "lost_generations", "generations that are missing between two: so are their events") \
	X(REPEATED_BATCH, "repeated_batches", "batches that were written twice: read once") \
	X(UNKNOWN_SPAN_FREE, "unknown_span_frees", "frees of spans that were never seen: ignored") \
	X(SPAN_OVER_LIVE, "spans_over_live", "spans over a live span: its free was lost or late") \
	X(LATE_SPAN_FREE, "late_span_frees", "late frees of such spans: ignored") \
	X(UNFINISHED_SWEEP, "unfinished_sweeps", "sweeps that the trace does not finish")
/* clang-format on */

enum hr_anomaly {
#define HR_ANOMALY_ENUM(id, name, text) HR_ANOMALY_##id,
	HR_ANOMALIES(HR_ANOMALY_ENUM)
#undef HR_ANOMALY_ENUM
	    HR_ANOMALY_COUNT
};

const char *hr_anomaly_name(enum hr_anomaly a);
const char *hr_anomaly_text(enum hr_anomaly a);

#define HR_MAX_ASSUMED 8

/* What readers count on the way; all of it goes into `info`. */
struct hr_trace_stats {
	uint64_t bytes_read;		      /* decompressed */
	uint64_t events_total;		      /* of any kind, also those not decoded into an hr_event */
	uint64_t counts[HR_EVENT_KIND_COUNT]; /* of those decoded; objects only where they were wanted */
	uint64_t anomalies[HR_ANOMALY_COUNT];
	char assumed[HR_MAX_ASSUMED][160]; /* what was taken as given, a sentence each, no full stop */
	unsigned nassumed;
	uint64_t generations; /* complete ones */
	uint64_t batches;
	unsigned threads; /* different Ms, or threads */
	uint64_t last_time_ns;
	bool cut;		 /* the input ends in the middle of something */
	uint64_t cut_offset;	 /* byte where it does */
	char cut_what[160];	 /* "generation 3 has no clock frequency: its 1,234 events are dropped" */
	uint64_t lost_offset;	 /* byte of the first block that is damaged */
	char lost_what[160];	 /* "" : none is in this file; anomalies count those lost before, too */
	uint64_t free_os_memory; /* cycles that debug.FreeOSMemory asked for */
	uint64_t digest;	 /* XXH3-64 of all decompressed bytes; valid at the end, 0 after a jump */
};

struct hr_reader;

/*
 * path: a file, or "-" for standard input. *options is copied; zeros but for
 * `want` are the defaults. Formats and errors:
 *   HR_EINPUT  not a trace that we know, damaged, or without span events (the
 *              text then says how to record one); offset and line are filled
 *   HR_EIO     cannot open or read;  HR_ENOMEM
 * On success *reader is the caller's; hr_reader_close it.
 */
enum hr_status hr_reader_open(const char *path, const struct hr_reader_options *options, struct hr_reader **reader,
			      struct hr_error *err);

/*
 * Up to cap events into ev; *n says how many (at least one with HR_OK).
 * HR_END: no more; a trace that was cut off ends so too (see stats.cut).
 * After an error the reader gives the same error again.
 */
enum hr_status hr_reader_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err);

/*
 * From some event on, no more than those kinds of events (enum hr_want) are of use to the caller; others may come all
 * the same. What the reader says of the whole trace at its end stays as it is, but for anomalies of what it passes over.
 */
void hr_reader_want_less(struct hr_reader *r, unsigned want);

const struct hr_trace_meta *hr_reader_meta(const struct hr_reader *r);
/* What the recorder noted under that key; NULL: nothing. The reader's. */
const char *hr_reader_note(const struct hr_reader *r, const char *key);
const struct hr_trace_stats *hr_reader_stats(const struct hr_reader *r);
/*
 * Types, GC cycles' CPU time, memory samples, as far as they are known: all types
 * of the events that were handed out; of the rest what the recorder has told by
 * now, complete at the end.
 */
const struct hr_sides *hr_reader_sides(const struct hr_reader *r);
/* Memory samples from elsewhere, on the clock of the events, as if the trace told them. HR_ENOMEM. */
enum hr_status hr_reader_add_rss(struct hr_reader *r, const struct hr_rss_sample *samples, size_t n,
				 struct hr_error *err);
/* Compressed bytes consumed so far, and the file's size (0: not known, a pipe); for progress. */
void hr_reader_progress(const struct hr_reader *r, uint64_t *done_bytes, uint64_t *total_bytes);
void hr_reader_close(struct hr_reader *r);

#endif
