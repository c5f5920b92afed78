/* generate: workloads that are made up, as traces. */
#include "config.h"

#include "cmd/cli.h"

#include "base/params.h"
#include "generate/generate.h"
#include "report/output.h"
#include "trace/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_A_BATCH 4096

static enum hr_status write_failed(struct hr_error *err)
{
	return hr_error_set(err, HR_EIO, "cannot write the output: %s", strerror(errno));
}

static enum hr_status write_text(struct hr_generator *g, FILE *out, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_generator_meta(g);
	struct hr_event events[EVENTS_A_BATCH];
	uint64_t done, total, written = 0;
	enum hr_status status;
	size_t n;

	if (hr_text_write_header(out, meta) != HR_OK)
		return write_failed(err);
	while ((status = hr_generator_next(g, events, EVENTS_A_BATCH, &n, err)) == HR_OK) {
		for (size_t i = 0; i < n; i++)
			if (hr_text_write_event(out, meta, &events[i]) != HR_OK)
				return write_failed(err);
		written += n;
		hr_generator_progress(g, &done, &total);
		cli_progress_update(done, total, written, events[n - 1].time_ns);
	}
	if (status != HR_END)
		return status;
	return hr_text_write_end(out, hr_generator_stats(g)) == HR_OK ? HR_OK : write_failed(err);
}

static int list_kinds(void)
{
	for (size_t i = 0; hr_workloads[i] != NULL; i++) {
		const struct hr_workload_def *w = hr_workloads[i];
		size_t example = strcspn(w->example, "\t");

		printf("%s: %s\n", w->name, w->summary);
		for (const struct hr_param *row = w->params; row->name != NULL; row++)
			printf("    %s=%s  %s\n", row->name, row->initial, row->help);
		printf("  heapreplay generate %.*s -o trace.txt    %s\n\n", (int)example, w->example,
		       w->example + example + 1);
	}
	fputs("heapreplay-generate(1) says what they do. The same kind, parameters and --seed give the same trace.\n",
	      stdout);
	return CLI_DONE;
}

int cli_run_generate(const struct cli_options *o, int argc, char **argv)
{
	struct hr_generator *g;
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status;

	if (argc == 0)
		return list_kinds();
	status = hr_generator_new(argv[0], o->seed, &g, &err);
	if (status == HR_EUSAGE)
		return cli_misuse(cli_command_find("generate"), "%s", err.text);
	if (status != HR_OK)
		return cli_fail(NULL, &err);
	/* The lines themselves are progress to see. */
	if (o->output != NULL || !isatty(STDOUT_FILENO))
		cli_progress_start(NULL, o);
	status = hr_output_open(&main, o->output, &err);
	if (status == HR_OK)
		status = write_text(g, main.file, &err);
	cli_progress_end();
	if (status == HR_OK)
		status = hr_output_commit(&main, &err);
	hr_output_abandon(&main);
	hr_generator_free(g);
	return status == HR_OK ? CLI_DONE : cli_fail(NULL, &err);
}
