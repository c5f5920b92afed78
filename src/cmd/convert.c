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

static enum hr_status write_window(struct hr_reader *r, struct hr_window *window, struct hr_native_writer *w,
				   struct hr_event *ev, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r);
	struct hr_trace_stats stats;
	enum hr_status status = HR_OK;
	size_t n;

	/* What was assumed may be known only at the end. */
	while (!(window->past && meta->end_known) && (status = hr_reader_next(r, ev, BATCH, &n, err)) == HR_OK) {
		cli_progress_reader(r, ev[n - 1].time_ns);
		HR_TRY(hr_window_take(window, ev, n, err));
		HR_TRY(hr_native_add(w, window->ev, window->n, err));
	}
	if (status != HR_OK && status != HR_END)
		return status;
	stats = *hr_reader_stats(r);
	if (!window->past) {
		HR_TRY(hr_window_end(window, stats.last_time_ns, err));
		HR_TRY(hr_native_add(w, window->ev, window->n, err));
	}
	hr_window_stats(window, &stats);
	HR_TRY(hr_window_records(window, err));
	return hr_native_end(w, &stats, err);
}

static enum hr_status write_native(struct hr_reader *r, const struct cli_options *o, FILE *out, struct hr_error *err)
{
	struct hr_native_options options = {.level = (int)o->level, .reading = &o->replay.reading};
	struct hr_trace_meta meta = *hr_reader_meta(r);
	struct hr_event *ev = hr_calloc(BATCH, sizeof(*ev));
	struct hr_native_writer *w = NULL;
	struct hr_window window;
	enum hr_status status;

	hr_window_init(&window, &meta, hr_reader_sides(r), o->replay.from_ns, o->replay.until_ns, o->anonymize);
	hr_window_meta(&window, &meta);
	if (!o->keep_arguments)
		hr_forget_arguments(&meta);
	options.sides = hr_window_sides(&window);
	status =
	    ev != NULL ? hr_native_begin(out, &meta, &options, &w, err) : hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status == HR_OK)
		status = write_window(r, &window, w, ev, err);
	hr_native_free(w);
	hr_window_release(&window);
	free(ev);
	return status;
}

int cli_write_native(const struct cli_command *c, const struct cli_options *o, const char *path)
{
	struct hr_reader_options reading = o->replay.reading;
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status;
	struct hr_reader *r;
	const char *about = path;

	if (o->output == NULL)
		return cli_misuse(c, "missing -o FILE, or -o - for standard output");
	if (o->level > HR_NATIVE_MAX_LEVEL)
		return cli_misuse(c, "--level takes a number from %d to %d", HR_NATIVE_MIN_LEVEL, HR_NATIVE_MAX_LEVEL);
	reading.want = (unsigned)HR_WANT_ALL;
	reading.jump = (o->replay.from_ns > 0 || o->replay.until_ns != HR_NEVER) && reading.time_scale == 0;
	reading.from_ns = o->replay.from_ns;
	status = hr_reader_open(path, &reading, &r, &err);
	if (status != HR_OK)
		return cli_fail(about, &err);
	status = hr_output_open(&main, o->output, &err);
	if (status != HR_OK)
		about = NULL;
	cli_progress_start(NULL, o);
	if (status == HR_OK)
		status = write_native(r, o, main.file, &err);
	cli_progress_end();
	if (status == HR_OK)
		status = hr_output_commit(&main, &err);
	if (status == HR_EIO)
		about = NULL;
	if (status == HR_OK)
		cli_warn_trace(o, path, hr_reader_stats(r));
	hr_output_abandon(&main);
	hr_reader_close(r);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
