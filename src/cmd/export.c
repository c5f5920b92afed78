/* SPDX-License-Identifier: BSD-3-Clause */
/* export: writes any trace as text. */
#include "config.h"

#include "cmd/cli.h"

#include "report/output.h"
#include "trace/anonymous.h"
#include "trace/text/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The options that this command alone has. */
struct own {
	bool spans;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

static enum hr_status write_failed(struct hr_error *err)
{
	return hr_error_set(err, HR_EIO, "cannot write the output: %s", strerror(errno));
}

/* Drops what lies before from_ns; *past: something lies behind until_ns. Returns the first that is kept of *n. */
static const struct hr_event *within(const struct hr_event *ev, size_t *n, const struct cli_options *o, bool *past)
{
	while (*n > 0 && ev[*n - 1].time_ns > o->replay.until_ns) {
		*past = true;
		--*n;
	}
	while (*n > 0 && ev->time_ns < o->replay.from_ns) {
		ev++;
		--*n;
	}
	return ev;
}

struct writer {
	FILE *out;
	struct hr_trace_meta meta;
	const struct hr_types *types; /* NULL: anonymous */
	struct hr_types_told told;
	struct hr_anonymizer anonymizer;
};

/* The event, and before it its type, if it has not been told yet. */
static enum hr_status write_event(struct writer *w, struct hr_event ev, struct hr_error *err)
{
	bool news = false;
	size_t i;

	if (w->types == NULL && !hr_anonymize_event(&w->anonymizer, &ev))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (w->types != NULL && (ev.kind == HR_EV_OBJ_EXISTS || ev.kind == HR_EV_OBJ_ALLOC) && ev.arg != 0 &&
	    !hr_types_told_mark(&w->told, ev.arg, &news))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	i = news ? hr_types_find(w->types, ev.arg) : SIZE_MAX;
	if (i != SIZE_MAX) {
		const struct hr_type type = hr_types_get(w->types, i);

		if (hr_text_write_type(w->out, &type) != HR_OK)
			return write_failed(err);
	}
	return hr_text_write_event(w->out, &w->meta, &ev) == HR_OK ? HR_OK : write_failed(err);
}

static enum hr_status write_end(struct writer *w, const struct hr_reader *r, const struct cli_options *o,
				struct hr_error *err)
{
	struct hr_trace_stats stats = *hr_reader_stats(r);

	if (stats.last_time_ns > o->replay.until_ns)
		stats.last_time_ns = o->replay.until_ns;
	if (o->anonymize)
		hr_anonymize_stats(&stats);
	if (hr_text_write_records(w->out, hr_reader_sides(r)) != HR_OK || hr_text_write_end(w->out, &stats) != HR_OK)
		return write_failed(err);
	return HR_OK;
}

static enum hr_status copy_events(struct hr_reader *r, const struct cli_options *o, struct writer *w,
				  struct hr_error *err)
{
	struct hr_event batch[1024];
	enum hr_status status = HR_OK;
	bool past = false;
	size_t n;

	if (hr_text_write_header(w->out, &w->meta) != HR_OK)
		return write_failed(err);
	while (!past && (status = hr_reader_next(r, batch, 1024, &n, err)) == HR_OK) {
		cli_progress_reader(r, batch[n - 1].time_ns);
		const struct hr_event *ev = within(batch, &n, o, &past);
		for (size_t i = 0; i < n; i++)
			HR_TRY(write_event(w, ev[i], err));
	}
	if (status != HR_OK && status != HR_END)
		return status;
	return write_end(w, r, o, err);
}

static enum hr_status copy(struct hr_reader *r, const struct cli_options *o, FILE *out, struct hr_error *err)
{
	struct writer w = {.out = out, .meta = *hr_reader_meta(r)};
	enum hr_status status;

	/* A part may free what was allocated before. */
	if (o->replay.from_ns > 0)
		w.meta.strict = false;
	hr_anonymizer_init(&w.anonymizer, &w.meta);
	if (o->anonymize)
		hr_anonymize_meta(&w.anonymizer, &w.meta);
	else
		w.types = &hr_reader_sides(r)->types;
	if (!o->keep_arguments)
		hr_forget_arguments(&w.meta);
	hr_types_told_init(&w.told);
	status = copy_events(r, o, &w, err);
	hr_types_told_release(&w.told);
	hr_anonymizer_release(&w.anonymizer);
	return status;
}

static int run_export(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct hr_reader_options reading = o->replay.reading;
	struct hr_reader *r;
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status;
	const char *about = argv[0];

	(void)c;
	(void)argc;
	reading.want = own_of(o)->spans ? (unsigned)(HR_WANT_SPANS | HR_WANT_GC_CPU) : (unsigned)HR_WANT_ALL;
	status = hr_reader_open(argv[0], &reading, &r, &err);
	/* The lines themselves are progress to see. */
	if (o->output != NULL || !isatty(STDOUT_FILENO))
		cli_progress_start(NULL, o);
	if (status == HR_OK) {
		status = hr_output_open(&main, o->output, &err);
		if (status != HR_OK)
			about = NULL;
		if (status == HR_OK)
			status = copy(r, o, main.file, &err);
		cli_progress_end();
		if (status == HR_OK)
			status = hr_output_commit(&main, &err);
		if (status == HR_EIO)
			about = NULL;
		if (status == HR_OK)
			cli_warn_trace(o, argv[0], hr_reader_stats(r));
		hr_output_abandon(&main);
		hr_reader_close(r);
	}
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

static const struct cli_option options[] = {
    {"spans", 0, NULL, CLI_FLAG, offsetof(struct own, spans), 0, CLI_IN_OUTPUT,
     "only what a replay of recorded spans needs; no objects, stacks, assists, sweeping"},
    {.name = NULL},
};

const struct cli_command cli_export = {
    .name = "export",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "write a trace as text, one event per line",
    .text = "Writes the whole trace in the text form of heapreplay-trace(5): settings, events with their objects,\n"
	    "what was assumed or lost. Every command gives the same results for it.\n",
    .examples = "heapreplay export app.trace | less\tlook at the events\n"
		"heapreplay export --from 1s --until 1.1s app.trace\tof a tenth of a second\n"
		"heapreplay export app.trace -o app.txt\tto edit by hand\n",
    .endings = "txt",
    .groups = CLI_READS | CLI_WINDOW | CLI_SHARES | CLI_COPIES | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_export,
};
