/* import: any trace as a native one. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "report/output.h"
#include "trace/native.h"

#include <stdlib.h>

enum { BATCH = 4096 };

static enum hr_status copy(struct hr_reader *r, const struct cli_options *o, FILE *out, struct hr_error *err)
{
	const struct hr_native_options options = {.level = (int)o->level, .reading = &o->replay.reading};
	struct hr_event *ev = hr_calloc(BATCH, sizeof(*ev));
	struct hr_native_writer *w = NULL;
	enum hr_status status;
	size_t n;

	if (ev == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = hr_native_begin(out, hr_reader_meta(r), &options, &w, err);
	while (status == HR_OK && (status = hr_reader_next(r, ev, BATCH, &n, err)) == HR_OK) {
		cli_progress_reader(r, ev[n - 1].time_ns);
		status = hr_native_add(w, ev, n, err);
	}
	if (status == HR_END)
		status = hr_native_end(w, hr_reader_stats(r), err);
	hr_native_free(w);
	free(ev);
	return status;
}

int cli_run_import(const struct cli_options *o, int argc, char **argv)
{
	struct hr_reader_options reading = o->replay.reading;
	const struct cli_command *command = cli_command_find("import");
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status;
	struct hr_reader *r;
	const char *about = argv[0];

	(void)argc;
	if (o->output == NULL)
		return cli_misuse(command, "it needs -o FILE, or -o - for standard output");
	if (o->level > HR_NATIVE_MAX_LEVEL)
		return cli_misuse(command, "--level takes a number from %d to %d", HR_NATIVE_MIN_LEVEL,
				  HR_NATIVE_MAX_LEVEL);
	reading.want = (unsigned)HR_WANT_ALL;
	status = hr_reader_open(argv[0], &reading, &r, &err);
	if (status != HR_OK)
		return cli_fail(about, &err);
	status = hr_output_open(&main, o->output, &err);
	if (status != HR_OK)
		about = NULL;
	cli_progress_start(NULL, o);
	if (status == HR_OK)
		status = copy(r, o, main.file, &err);
	cli_progress_end();
	if (status == HR_OK)
		status = hr_output_commit(&main, &err);
	if (status == HR_EIO)
		about = NULL;
	if (status == HR_OK)
		cli_warn_cut(argv[0], hr_reader_stats(r));
	hr_output_abandon(&main);
	hr_reader_close(r);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
