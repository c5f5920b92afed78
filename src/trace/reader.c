/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds a trace's format and hands the work to it.
 *
 * Invariant: once a format has reported an error or the end, it is not called
 * again; the reader repeats the answer.
 */
#include "config.h"

#include "trace/reader.h"

#include "base/alloc.h"
#include "trace/format.h"
#include "trace/malloc/allocfreetrace.h"
#include "trace/malloc/android.h"
#include "trace/malloc/calls.h"
#include "trace/malloc/logalloc.h"
#include "trace/malloc/lttng.h"
#include "trace/malloc/mtrace.h"
#include "trace/malloc/rep.h"
#include "trace/stranger.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those without a magic number stand behind those that have one. */
static const struct hr_format_ops *const formats[] = {
    &hr_go_format,	  &hr_native_format,	&hr_text_format,
    &hr_pagetrace_format, &hr_heaptrack_format, &hr_allocfreetrace_format,
    &hr_android_format,	  &hr_lttng_format,	&hr_mtrace_format,
    &hr_rep_format,	  &hr_valgrind_format,	&hr_logalloc_format,
    &hr_calls_format,
};

static const char *const anomaly_names[] = {
#define HR_ANOMALY_NAME(id, name, text) name,
    HR_ANOMALIES(HR_ANOMALY_NAME)
#undef HR_ANOMALY_NAME
};

static const char *const anomaly_texts[] = {
#define HR_ANOMALY_TEXT(id, name, text) text,
    HR_ANOMALIES(HR_ANOMALY_TEXT)
#undef HR_ANOMALY_TEXT
};

const char *hr_anomaly_name(enum hr_anomaly a)
{
	return anomaly_names[a];
}

const char *hr_anomaly_text(enum hr_anomaly a)
{
	return anomaly_texts[a];
}

bool hr_is_format_name(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return true;
	return false;
}

const char *hr_format_name(size_t i)
{
	return i < sizeof(formats) / sizeof(formats[0]) ? formats[i]->name : NULL;
}

bool hr_is_note_key(const char *key)
{
	size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && key[n] == '\0' && n < sizeof(((struct hr_note *)NULL)->key);
}

static bool known(const struct hr_reader *r)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i]->detect(r->head, r->head_len))
			return true;
	return false;
}

static enum hr_status read_head(struct hr_reader *r, struct hr_error *err)
{
	size_t want = HR_FIRST_BYTES;
	enum hr_status status = HR_OK;

	while (status == HR_OK) {
		size_t n;

		if (r->head_len == want && want == HR_HEAD_BYTES)
			break;
		if (r->head_len == want)
			want *= 2;
		status = hr_input_read(r->in, r->head + r->head_len, want - r->head_len, &n, err);
		if (status != HR_OK)
			break;
		r->head_len += n;
		/* A live source may be slow to send more than its header. */
		if ((r->head_len == want || want == HR_FIRST_BYTES) && known(r))
			return HR_OK;
	}
	return status == HR_END ? HR_OK : status;
}

/* Formats whose recordings may be of several processes. */
static bool has_processes(enum hr_trace_format format)
{
	return format == HR_FORMAT_VALGRIND || format == HR_FORMAT_CALLS || format == HR_FORMAT_LOGALLOC ||
	       format == HR_FORMAT_LTTNG;
}

static enum hr_status start(struct hr_reader *r, struct hr_error *err)
{
	char text[sizeof(err->text)];

	HR_TRY(read_head(r, err));
	if (r->head_len == 0)
		return hr_error_at(err, HR_EINPUT, 0,
				   hr_input_cut(r->in)
				       ? "the compressed data ends in its first block"
				       : "the trace is empty; a Go page trace is, when the recorded program "
					 "crashed or was killed early");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) && r->ops == NULL; i++)
		if (formats[i]->detect(r->head, r->head_len))
			r->ops = formats[i];
	if (r->ops == NULL)
		return hr_error_at(err, HR_EINPUT, 0, "%s", hr_stranger(r->head, r->head_len, text, sizeof(text)));
	if (r->options.gc_log != NULL && r->ops->format != HR_FORMAT_PAGETRACE)
		return hr_error_set(err, HR_EUSAGE, "a GC log goes with a Go page trace; this is another trace (%s)",
				    r->ops->name);
	if (r->options.process != 0 && !has_processes(r->ops->format))
		return hr_error_set(err, HR_EUSAGE,
				    "--process chooses one of several processes; this trace (%s) is of one, or "
				    "does not tell them apart",
				    r->ops->name);
	r->meta.format = r->ops->format;
	r->meta.format_name = r->ops->name;
	r->meta.compression = hr_input_compression(r->in);
	HR_TRY(r->ops->open(r, err));
	/* Estimate what a window does not contain from its objects. */
	if (r->meta.window)
		r->options.want = (unsigned)HR_WANT_ALL;
	return HR_OK;
}

static enum hr_status make(struct hr_input *in, const struct hr_reader_options *options, struct hr_reader **reader,
			   struct hr_error *err)
{
	struct hr_reader *r = hr_calloc(1, sizeof(*r));
	enum hr_status status;

	*reader = NULL;
	if (r == NULL) {
		hr_input_close(in);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	r->in = in;
	hr_sides_init(&r->sides);
	r->options = *options;
	if (r->options.rate == 0)
		r->options.rate = HR_DEFAULT_RATE;
	if (r->options.time_scale == 0)
		r->options.time_scale = 1;
	status = start(r, err);
	if (status != HR_OK) {
		hr_reader_close(r);
		return status;
	}
	*reader = r;
	return HR_OK;
}

enum hr_status hr_reader_open(const char *path, const struct hr_reader_options *options, struct hr_reader **reader,
			      struct hr_error *err)
{
	struct hr_input *in;

	*reader = NULL;
	HR_TRY(hr_input_open_until(path, options->stop_fd != NULL ? *options->stop_fd : -1, &in, err));
	return make(in, options, reader, err);
}

enum hr_status hr_reader_open_memory(const void *data, size_t n, const struct hr_reader_options *options,
				     struct hr_reader **reader, struct hr_error *err)
{
	struct hr_input *in;

	*reader = NULL;
	HR_TRY(hr_input_open_memory(data, n, &in, err));
	return make(in, options, reader, err);
}

enum hr_status hr_reader_read(struct hr_reader *r, void *buf, size_t cap, size_t *n, struct hr_error *err)
{
	if (r->head_pos < r->head_len) {
		*n = r->head_len - r->head_pos < cap ? r->head_len - r->head_pos : cap;
		memcpy(buf, r->head + r->head_pos, *n);
		r->head_pos += *n;
		r->stats.bytes_read += *n;
		return HR_OK;
	}
	HR_TRY(hr_input_read(r->in, buf, cap, n, err));
	r->stats.bytes_read += *n;
	return HR_OK;
}

enum hr_status hr_reader_seek(struct hr_reader *r, uint64_t offset, struct hr_error *err)
{
	r->head_pos = r->head_len;
	return hr_input_seek(r->in, offset, err);
}

void hr_reader_assume(struct hr_reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->stats.nassumed == HR_MAX_ASSUMED)
		return;
	va_start(ap, fmt);
	vsnprintf(r->stats.assumed[r->stats.nassumed++], sizeof(r->stats.assumed[0]), fmt, ap);
	va_end(ap);
}

void hr_reader_set_cut(struct hr_reader *r, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	r->stats.cut = true;
	r->stats.cut_offset = offset;
	va_start(ap, fmt);
	vsnprintf(r->stats.cut_what, sizeof(r->stats.cut_what), fmt, ap);
	va_end(ap);
}

static uint64_t scaled(const struct hr_reader *r, uint64_t ns)
{
	/* One multiplication of doubles: the same everywhere. What is beyond 292 years stays there. */
	const double x = (double)ns * r->options.time_scale;

	return x < 0x1p63 ? (uint64_t)x : INT64_MAX;
}

static void scale_sides(struct hr_reader *r)
{
	for (; r->scaled_gc_cpu < r->sides.ngc_cpu; r->scaled_gc_cpu++)
		r->sides.gc_cpu[r->scaled_gc_cpu].time_ns = scaled(r, r->sides.gc_cpu[r->scaled_gc_cpu].time_ns);
	for (; r->scaled_rss < r->sides.nrss; r->scaled_rss++)
		r->sides.rss[r->scaled_rss].time_ns = scaled(r, r->sides.rss[r->scaled_rss].time_ns);
}

enum hr_status hr_reader_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	*n = 0;
	if (r->status == HR_OK) {
		r->status = r->ops->next(r, ev, cap, n, &r->err);
		if (r->options.time_scale != 1) {
			scale_sides(r);
			for (size_t i = 0; i < *n; i++)
				ev[i].time_ns = scaled(r, ev[i].time_ns);
			if (r->status == HR_END)
				r->stats.last_time_ns = scaled(r, r->stats.last_time_ns);
		}
		if (r->status == HR_END)
			r->stats.digest = hr_input_digest(r->in);
		if (*n > 0)
			return HR_OK;
	}
	if (r->status != HR_OK && r->status != HR_END && err != NULL)
		*err = r->err;
	return r->status;
}

void hr_reader_want_less(struct hr_reader *r, unsigned want)
{
	/* Estimates of what a window does not tell are made from everything. */
	if (!r->meta.window)
		r->options.want &= want;
}

const struct hr_trace_meta *hr_reader_meta(const struct hr_reader *r)
{
	return &r->meta;
}

const char *hr_reader_note(const struct hr_reader *r, const char *key)
{
	for (unsigned i = 0; i < r->meta.nnotes; i++)
		if (strcmp(r->meta.notes[i].key, key) == 0)
			return r->meta.notes[i].value;
	return NULL;
}

const struct hr_trace_stats *hr_reader_stats(const struct hr_reader *r)
{
	return &r->stats;
}

const struct hr_sides *hr_reader_sides(const struct hr_reader *r)
{
	return &r->sides;
}

enum hr_status hr_reader_add_rss(struct hr_reader *r, const struct hr_rss_sample *samples, size_t n,
				 struct hr_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!hr_sides_add_rss(&r->sides, &samples[i]))
			return hr_error_set(err, HR_ENOMEM, "out of memory");
	return HR_OK;
}

void hr_reader_progress(const struct hr_reader *r, uint64_t *done_bytes, uint64_t *total_bytes)
{
	hr_input_progress(r->in, done_bytes, total_bytes);
}

void hr_reader_close(struct hr_reader *r)
{
	if (r == NULL)
		return;
	if (r->ops != NULL)
		r->ops->close(r);
	hr_input_close(r->in);
	hr_sides_release(&r->sides);
	free(r);
}
