/* export: any trace as text. */
#include "config.h"

#include "cmd/cli.h"

#include "report/output.h"
#include "trace/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static enum hr_status write_failed(struct hr_error *err)
{
	return hr_error_set(err, HR_EIO, "cannot write the output: %s", strerror(errno));
}

static enum hr_status copy(struct hr_reader *r, FILE *out, struct hr_error *err)
{
	struct hr_event events[1024];
	enum hr_status status;
	size_t n;

	if (hr_text_write_header(out, hr_reader_meta(r)) != HR_OK)
		return write_failed(err);
	while ((status = hr_reader_next(r, events, 1024, &n, err)) == HR_OK) {
		cli_progress_reader(r, events[n - 1].time_ns);
		for (size_t i = 0; i < n; i++)
			if (hr_text_write_event(out, hr_reader_meta(r), &events[i]) != HR_OK)
				return write_failed(err);
	}
	return status == HR_END ? HR_OK : status;
}

int cli_run_export(const struct cli_options *o, int argc, char **argv)
{
	struct hr_reader *r;
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status = hr_reader_open(argv[0], &o->replay.reading, &r, &err);
	const char *about = argv[0];

	(void)argc;
	/* The lines themselves are progress to see. */
	if (o->output != NULL || !isatty(STDOUT_FILENO))
		cli_progress_start(NULL, o);
	if (status == HR_OK) {
		status = hr_output_open(&main, o->output, &err);
		if (status != HR_OK)
			about = NULL;
		if (status == HR_OK)
			status = copy(r, main.file, &err);
		cli_progress_end();
		if (status == HR_OK)
			status = hr_output_commit(&main, &err);
		if (status == HR_EIO)
			about = NULL;
		if (status == HR_OK)
			cli_warn_cut(argv[0], hr_reader_stats(r));
		hr_output_abandon(&main);
		hr_reader_close(r);
	}
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
