/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace format, as a row of a table. The reader finds the format by the first
 * bytes and lends it the stream; the format fills meta and stats of the reader
 * that it belongs to.
 */
#ifndef HR_TRACE_FORMAT_H
#define HR_TRACE_FORMAT_H

#include "base/fuzzed.h"
#include "trace/input.h"
#include "trace/reader.h"

/*
 * The formats look at no more than HR_HEAD_BYTES to recognise their own: of texts
 * the program's own output may stand in front. Within the first HR_FIRST_BYTES
 * everything that arrives is looked at as it comes, behind them what is there
 * whenever it has doubled.
 */
#ifndef HR_SMALL_BUFFERS
enum { HR_FIRST_BYTES = 4096, HR_HEAD_BYTES = 1 << 18 };
#else
enum { HR_FIRST_BYTES = 1024, HR_HEAD_BYTES = 1 << 14 };
#endif

struct hr_format_ops {
	enum hr_trace_format format;
	const char *name;
	/*
	 * Is it ours? n grows up to HR_HEAD_BYTES, and the first to say yes has it:
	 * formats without a magic number say so by whole lines.
	 */
	bool (*detect)(const uint8_t *head, size_t n);
	/* Makes r->state and fills what is known of r->meta. On failure `close` is called all the same. */
	enum hr_status (*open)(struct hr_reader *r, struct hr_error *err);
	/* As hr_reader_next, with the counts kept; but *n may be more than 0 beside an error or HR_END: those events come first. */
	enum hr_status (*next)(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err);
	void (*close)(struct hr_reader *r);
};

struct hr_reader {
	const struct hr_format_ops *ops;
	struct hr_input *in;
	struct hr_reader_options options;
	void *state; /* the format's */
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_sides sides;
	size_t scaled_gc_cpu, scaled_rss; /* records whose times are multiplied by options.time_scale already */
	enum hr_status status;		  /* what comes after the events that were handed out; HR_OK: more events */
	struct hr_error err;
	uint8_t head[HR_HEAD_BYTES]; /* looked at for detection, given out again first */
	size_t head_pos, head_len;
};

extern const struct hr_format_ops hr_go_format;
extern const struct hr_format_ops hr_text_format;
extern const struct hr_format_ops hr_native_format;
extern const struct hr_format_ops hr_pagetrace_format;
extern const struct hr_format_ops hr_heaptrack_format;

/* hr_input_read with what the detection took at the front. */
enum hr_status hr_reader_read(struct hr_reader *r, void *buf, size_t cap, size_t *n, struct hr_error *err);
/* The same from another place of the trace, where hr_input_seekable. */
enum hr_status hr_reader_seek(struct hr_reader *r, uint64_t offset, struct hr_error *err);
/* The stream, and so the trace, ends at a point where it should not; fmt says what is lost by it. */
void hr_reader_set_cut(struct hr_reader *r, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Counts an anomaly. */
static inline void hr_reader_odd(struct hr_reader *r, enum hr_anomaly a)
{
	r->stats.anomalies[a]++;
}
/* Notes what is taken as given; what is beyond HR_MAX_ASSUMED is lost. */
void hr_reader_assume(struct hr_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* hr_reader_open on n bytes in memory; they stay the caller's, unchanged until the close. */
enum hr_status hr_reader_open_memory(const void *data, size_t n, const struct hr_reader_options *options,
				     struct hr_reader **reader, struct hr_error *err);

#endif
