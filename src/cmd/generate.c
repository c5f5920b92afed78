/* SPDX-License-Identifier: BSD-3-Clause */
/* generate: writes synthetic workloads as traces. */
#include "config.h"

#include "cmd/cli.h"

#include "base/params.h"
#include "base/print.h"
#include "generate/generate.h"
#include "generate/script.h"
#include "report/output.h"
#include "trace/native/native.h"
#include "trace/text/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The options that this command alone has. */
struct own {
	uint64_t seed;
	bool text;
	const char *script;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

#define EVENTS_A_BATCH 4096
#define MOST_EVENTS UINT64_C(20000000) /* of a script that does not say how many */
#define LEVEL 1			       /* what is made at random does not get much smaller with more work */

static enum hr_status write_failed(struct hr_error *err)
{
	return hr_error_set(err, HR_EIO, "cannot write the output: %s", strerror(errno));
}

/* Takes the next batch, and tells the progress. */
static enum hr_status next(struct hr_generator *g, struct hr_event *events, size_t *n, struct hr_error *err)
{
	enum hr_status status = hr_generator_next(g, events, EVENTS_A_BATCH, n, err);
	uint64_t done, total;

	if (status == HR_OK) {
		hr_generator_progress(g, &done, &total);
		cli_progress_update(done, total, hr_generator_stats(g)->events_total, events[*n - 1].time_ns);
	}
	return status;
}

static enum hr_status write_text(struct hr_generator *g, FILE *out, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_generator_meta(g);
	struct hr_event events[EVENTS_A_BATCH];
	enum hr_status status;
	size_t n;

	if (hr_text_write_header(out, meta) != HR_OK)
		return write_failed(err);
	while ((status = next(g, events, &n, err)) == HR_OK)
		for (size_t i = 0; i < n; i++)
			if (hr_text_write_event(out, meta, &events[i]) != HR_OK)
				return write_failed(err);
	if (status != HR_END)
		return status;
	return hr_text_write_end(out, hr_generator_stats(g)) == HR_OK ? HR_OK : write_failed(err);
}

static enum hr_status add_all(struct hr_generator *g, struct hr_native_writer *w, struct hr_error *err)
{
	struct hr_event events[EVENTS_A_BATCH];
	enum hr_status status;
	size_t n;

	while ((status = next(g, events, &n, err)) == HR_OK)
		HR_TRY(hr_native_add(w, events, n, err));
	return status == HR_END ? hr_native_end(w, hr_generator_stats(g), err) : status;
}

static enum hr_status write_native(struct hr_generator *g, FILE *out, struct hr_error *err)
{
	const struct hr_native_options options = {.level = LEVEL};
	struct hr_native_writer *w;
	enum hr_status status;

	HR_TRY(hr_native_begin(out, hr_generator_meta(g), &options, &w, err));
	status = add_all(g, w, err);
	hr_native_free(w);
	return status;
}

/* By --text, by the name, and where people read. */
static bool wants_text(const struct cli_options *o)
{
	size_t n = o->output != NULL ? strlen(o->output) : 0;

	if (own_of(o)->text || (n >= 4 && strcmp(o->output + n - 4, ".txt") == 0))
		return true;
	return (n == 0 || strcmp(o->output, "-") == 0) && isatty(STDOUT_FILENO);
}

static int list_kinds(void)
{
	for (size_t i = 0; hr_workloads[i] != NULL; i++) {
		const struct hr_workload_def *w = hr_workloads[i];
		size_t example = strcspn(w->example, "\t");

		hr_print(stdout, "%s: %s\n", w->name, w->summary);
		for (const struct hr_param *row = w->params; row->name != NULL; row++)
			hr_print(stdout, "    %s=%s  %s\n", row->name, row->initial, row->help);
		hr_print(stdout, "  heapreplay generate %.*s -o trace.hrt    %s\n\n", (int)example, w->example,
			 w->example + example + 1);
	}
	fputs("heapreplay-generate(1) says what they do. The same kind, parameters and --seed give the same trace.\n",
	      stdout);
	return CLI_DONE;
}

static enum hr_status write_trace(struct hr_generator *g, const struct cli_options *o, struct hr_error *err)
{
	struct hr_output main = {0};
	enum hr_status status;

	/* The lines themselves are progress to see. */
	if (o->output != NULL || !isatty(STDOUT_FILENO))
		cli_progress_start(NULL, o);
	status = hr_output_open(&main, o->output, err);
	if (status == HR_OK)
		status = wants_text(o) ? write_text(g, main.file, err) : write_native(g, main.file, err);
	cli_progress_end();
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

/* A generator for what was asked for: a kind, or a script with its parameters. */
static enum hr_status open_generator(const struct own *own, const char *arg, const char *script,
				     struct hr_workload_def **def, struct hr_generator **g, struct hr_error *err)
{
	const char *slash;

	if (own->script == NULL)
		return hr_generator_new(arg, own->seed, g, err);
	slash = strrchr(own->script, '/');
	HR_TRY(hr_script_load(slash != NULL ? slash + 1 : own->script, script, def, err));
	HR_TRY(hr_generator_of(*def, arg != NULL ? arg : "", own->seed, g, err));
	/* A number in a script may ask for events for years. */
	hr_generator_bound(*g, MOST_EVENTS);
	return HR_OK;
}

static int run_generate(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	const struct own *own = own_of(o);
	struct hr_workload_def *def = NULL;
	struct hr_generator *g = NULL;
	struct hr_error err;
	enum hr_status status = HR_OK;
	const char *about = NULL;
	char *script = NULL;
	size_t n;

	if (argc == 0 && own->script == NULL)
		return list_kinds();
	if (own->script != NULL) {
		about = own->script;
		status = cli_read_text(own->script, "script of a workload", &script, &n, &err);
	}
	if (status == HR_OK)
		status = open_generator(own, argc > 0 ? argv[0] : NULL, script, &def, &g, &err);
	if (status == HR_OK) {
		about = NULL;
		status = write_trace(g, o, &err);
	}
	hr_generator_free(g);
	hr_script_free(def);
	free(script);
	if (status == HR_EUSAGE)
		return cli_misuse(c, "%s", err.text);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

static const struct cli_option options[] = {
    {"seed", 0, "N", CLI_NUMBER, offsetof(struct own, seed), 0, CLI_IN_INPUT,
     "another number gives another trace of the same kind (1)"},
    {"script", 0, "FILE", CLI_TEXT, offsetof(struct own, script), 0, CLI_IN_INPUT,
     "a workload of your own; in the language of heapreplay-generate(1); - is standard input"},
    {"text", 0, NULL, CLI_FLAG, offsetof(struct own, text), 0, CLI_IN_OUTPUT,
     "text instead of the native form; the default for a FILE whose name ends in .txt, and for a terminal"},
    {.name = NULL},
};

static const struct own initial = {.seed = 1};

const struct cli_command cli_generate = {
    .name = "generate",
    .args = "[KIND[,KEY=VALUE...]]",
    .least_args = 0,
    .most_args = 1,
    .summary = "write a synthetic workload as a trace",
    .text = "Writes a synthetic trace: a server under a steady load, a heap that grows and is dropped, worst cases\n"
	    "for one policy each. Without KIND: lists the kinds, with their parameters.\n"
	    "The same kind, parameters and seed give the same trace everywhere.\n",
    .examples =
	"heapreplay generate\tthe kinds, with their parameters\n"
	"heapreplay generate sawtooth,live=100MiB -o saw.hrt\ta saw of 100 to 200 MiB\n"
	"heapreplay generate --text against-eager | less\tlook at the events\n"
	"heapreplay generate --script night.workload peak=2GiB -o night.hrt\ta workload of your own\n"
	"heapreplay generate steady,seconds=10 -o - | heapreplay replay -\ta server, replayed as it is generated\n"
	"heapreplay generate against-density -o - | heapreplay compare -\tall policies in the worst case of density\n",
    .endings = "hrt txt=text",
    .groups = CLI_OUTPUT | CLI_QUIET,
    .options = options,
    .own_size = sizeof(struct own),
    .own_initial = &initial,
    .run = run_generate,
};
