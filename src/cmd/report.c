/* SPDX-License-Identifier: BSD-3-Clause */
/* report: everything about one trace on one HTML page. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "plot/html.h"
#include "report/output.h"

#include <stdlib.h>

static const char *const all_policies[] = {"@all", NULL};

static enum hr_status write_page(const struct cli_options *o, const struct hr_plot_source *s, size_t own,
				 struct hr_error *err)
{
	struct hr_blob complaints = {0};
	struct hr_output out = {0};
	enum hr_status status = hr_output_open(&out, o->output, err);

	if (status == HR_OK)
		status = hr_html_report_write(out.file, s, own, &complaints, err);
	if (status == HR_EIO && complaints.at != NULL)
		cli_print_complaints("gnuplot", complaints.at);
	if (status == HR_OK)
		status = hr_output_commit(&out, err);
	hr_output_abandon(&out);
	free(complaints.at);
	return status;
}

static int run_report(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct hr_plane *plane = hr_calloc(1, sizeof(*plane));
	struct hr_plot_source source = {0};
	const char *about = argv[0];
	struct cli_choices choices;
	struct hr_error err;
	enum hr_status status;
	size_t own = 0;
	const struct cli_drawing drawing = {
	    .source = &source, .plane = plane, .own = &own, .intervals = true, .made_of = true, .bounds = true};

	(void)argc;
	if (plane == NULL) {
		hr_error_set(&err, HR_ENOMEM, "out of memory");
		return cli_fail(NULL, &err);
	}
	if (!cli_choose(c, o, all_policies, &choices)) {
		free(plane);
		return choices.status;
	}
	status = cli_replay_to_draw(o, argv[0], &choices, &drawing, &err);
	if (status == HR_OK) {
		about = NULL;
		source.plane = plane;
		status = write_page(o, &source, own, &err);
	}
	hr_plot_source_release(&source);
	hr_plane_release(plane);
	free(plane);
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

const struct cli_command cli_report = {
    .name = "report",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "write everything about a trace as one HTML page",
    .text = "Replays the trace under all policies (or those of -p) and writes one page to read in a browser or to\n"
	    "send to a colleague: a summary, the comparison, the plots of heapreplay plot with one cursor in time,\n"
	    "zoom and a map that plays, assumptions, settings, and how to read it. The page needs no other files. It "
	    "focuses on the policy of the Go version that\n"
	    "recorded the trace. gnuplot must be installed.\n",
    .examples = "heapreplay report app.trace -o report.html\tthe page\n"
		"heapreplay report --gc model --gogc 50 app.trace -o half.html\tand as it might be with GOGC=50\n",
    .endings = "html",
    .groups = CLI_REPLAYS | CLI_READS | CLI_WINDOW | CLI_WARM_UP | CLI_SHARES | CLI_LAYERS | CLI_OUTPUT,
    .run = run_report,
};
