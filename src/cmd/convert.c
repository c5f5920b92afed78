/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by import and cut: writes a trace, or a slice of it, in the native form. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "report/output.h"
#include "trace/native/native.h"
#include "trace/window.h"

#include <stdlib.h>

enum { BATCH = 4096 };

/* What became of the events that the window took last. */
static enum hr_status add_pieces(struct hr_window *window, struct hr_native_writer *w, struct hr_error *err)
{
	while (window->n > 0) {
		HR_TRY(hr_native_add(w, window->ev, window->n, err));
		HR_TRY(hr_window_more(window, err));
	}
	return HR_OK;
}

static enum hr_status write_window(struct hr_reader *r, struct hr_window *window, struct hr_native_writer *w,
				   struct hr_event *ev, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r);
	struct hr_trace_stats stats;
	enum hr_status status = HR_OK;
	size_t n;

	/* Some assumptions are known only at the end. */
	while (!(window->past && meta->end_known) && (status = hr_reader_next(r, ev, BATCH, &n, err)) == HR_OK) {
		cli_progress_reader(r, ev[n - 1].time_ns);
		HR_TRY(hr_window_take(window, ev, n, err));
		HR_TRY(add_pieces(window, w, err));
		if (window->past)
			hr_reader_want_less(r, HR_WANT_SPANS | HR_WANT_GC_CPU);
	}
	if (status != HR_OK && status != HR_END)
		return status;
	stats = *hr_reader_stats(r);
	if (!window->past) {
		HR_TRY(hr_window_end(window, stats.last_time_ns, err));
		HR_TRY(add_pieces(window, w, err));
	}
	hr_window_stats(window, &stats);
	HR_TRY(hr_window_records(window, err));
	return hr_native_end(w, &stats, err);
}

/* Samples whose times are the machine's, on the clock of the trace; those from before it are left out. */
static enum hr_status add_samples(struct hr_reader *r, const struct cli_beside *beside, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r);
	const bool same = beside->same_clock && meta->has_clock_origin;
	const uint64_t origin = same ? meta->clock_origin_ns : beside->origin_ns;

	for (size_t i = 0; i < beside->nrss; i++) {
		struct hr_rss_sample sample = beside->rss[i];

		if (sample.time_ns < origin)
			continue;
		sample.time_ns -= origin;
		HR_TRY(hr_reader_add_rss(r, &sample, 1, err));
	}
	return HR_OK;
}

static void add_words(struct hr_trace_meta *meta, const struct cli_beside *beside)
{
	if (meta->program[0] == '\0' && beside->program != NULL)
		snprintf(meta->program, sizeof(meta->program), "%s", beside->program);
	for (unsigned i = 0; i < beside->nnotes && meta->nnotes < HR_MAX_NOTES; i++)
		meta->notes[meta->nnotes++] = beside->notes[i];
}

static enum hr_status write_native(struct hr_reader *r, const struct cli_options *o, const struct cli_beside *beside,
				   FILE *out, struct hr_error *err)
{
	struct hr_native_options options = {.level = (int)o->level, .reading = &o->replay.reading};
	struct hr_trace_meta meta = *hr_reader_meta(r);
	struct hr_event *ev = hr_calloc(BATCH, sizeof(*ev));
	struct hr_native_writer *w = NULL;
	struct hr_window window;
	enum hr_status status = HR_OK;

	if (beside != NULL) {
		add_words(&meta, beside);
		status = add_samples(r, beside, err);
	}
	hr_window_init(&window, &meta, hr_reader_sides(r), o->replay.from_ns, o->replay.until_ns, o->anonymize);
	hr_window_meta(&window, &meta);
	if (!o->keep_arguments)
		hr_forget_arguments(&meta);
	options.sides = hr_window_sides(&window);
	if (ev == NULL)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status == HR_OK)
		status = hr_native_begin(out, &meta, &options, &w, err);
	if (status == HR_OK)
		status = write_window(r, &window, w, ev, err);
	hr_native_free(w);
	hr_window_release(&window);
	free(ev);
	return status;
}

struct hr_reader_options cli_native_reading(const struct cli_options *o)
{
	struct hr_reader_options reading = o->replay.reading;

	reading.want = (unsigned)HR_WANT_ALL;
	reading.jump = (o->replay.from_ns > 0 || o->replay.until_ns != HR_NEVER) && reading.time_scale == 0;
	reading.from_ns = o->replay.from_ns;
	return reading;
}

enum hr_status cli_write_native_from(struct hr_reader *r, const struct cli_options *o, const char *name,
				     const struct cli_beside *beside, FILE *out, struct hr_error *err)
{
	enum hr_status status;

	cli_progress_start(NULL, o);
	status = write_native(r, o, beside, out, err);
	cli_progress_end();
	if (status == HR_OK)
		cli_warn_trace(o, name, hr_reader_stats(r));
	return status;
}

int cli_write_native(const struct cli_command *c, const struct cli_options *o, const char *path)
{
	const struct hr_reader_options reading = cli_native_reading(o);
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status;
	struct hr_reader *r;
	const char *about = path;

	if (o->output == NULL)
		return cli_misuse(c, "missing -o FILE, or -o - for standard output");
	if (o->level > HR_NATIVE_MAX_LEVEL)
		return cli_misuse(c, "--level takes a number from %d to %d", HR_NATIVE_MIN_LEVEL, HR_NATIVE_MAX_LEVEL);
	status = hr_reader_open(path, &reading, &r, &err);
	if (status != HR_OK)
		return cli_fail(about, &err);
	status = hr_output_open(&main, o->output, &err);
	if (status != HR_OK)
		about = NULL;
	if (status == HR_OK)
		status = cli_write_native_from(r, o, path, NULL, main.file, &err);
	if (status == HR_OK)
		status = hr_output_commit(&main, &err);
	if (status == HR_EIO)
		about = NULL;
	hr_output_abandon(&main);
	hr_reader_close(r);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
