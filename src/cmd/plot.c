/* SPDX-License-Identifier: BSD-3-Clause */
/* plot: draws a trace, or saved results of replay and compare. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "plot/plot.h"
#include "report/output.h"
#include "report/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The options that this command alone has. */
struct own {
	struct cli_extent size; /* in pixels; 0: what suits it */
	struct cli_list metrics;
	const char *script, *trace, *title;
	unsigned font_size;
	double text_scale;
	bool keep;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

static const char *const all_policies[] = {"@all", NULL};

/* All of one run of the command. */
struct job {
	const struct cli_options *o;
	const struct hr_plot_kind *kind;
	struct hr_plot_options options;
	struct hr_plot_source source;
	struct hr_plane *plane; /* NULL: not needed, or not made yet */
	struct hr_frontier frontier;
	struct hr_blob common, script;
	const char *about; /* the file that an error is about; NULL: none */
};

/* --- inputs ------------------------------------------------------------------ */

static enum hr_status add_json(struct job *j, const char *path, struct hr_error *err)
{
	json_t *document;

	HR_TRY(hr_saved_load(path, &document, err));
	return hr_plot_source_add(&j->source, document, err);
}

static enum hr_status add_trace(struct job *j, const char *path, const struct cli_choices *choices,
				struct hr_error *err)
{
	struct cli_drawing d = {.source = &j->source,
				.intervals = j->kind->needs & HR_PLOT_OPTIMUM,
				.bounds = j->kind->needs & HR_PLOT_BOUNDS};

	if (j->kind->needs & HR_PLOT_PLANE) {
		j->plane = hr_calloc(1, sizeof(*j->plane));
		if (j->plane == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		j->source.plane = d.plane = j->plane;
	}
	return cli_replay_to_draw(j->o, path, choices, &d, err);
}

/* The results of a sweep. */
static enum hr_status read_frontier(struct job *j, const char *path, struct hr_error *err)
{
	struct hr_results *results;
	enum hr_status status;

	HR_TRY(hr_results_open(path, HR_RESULTS_READ, &results, err));
	status = hr_frontier_read(&j->frontier, results, own_of(j->o)->trace, err);
	hr_results_close(results);
	if (status == HR_OK)
		j->source.frontier = &j->frontier;
	return status;
}

/* --- scripts ------------------------------------------------------------------ */

static enum hr_status read_script(const char *path, struct hr_blob *text, struct hr_error *err)
{
	return cli_read_text(path, "gnuplot script", &text->at, &text->n, err);
}

/* NAME.gp of the user's own directory of scripts, if it has one. */
static enum hr_status read_own(struct job *j, const char *name, struct hr_blob *text, struct hr_error *err)
{
	const char *directory = getenv("HEAPREPLAY_PLOTS");
	enum hr_status status = HR_OK;
	struct stat st;
	size_t n;
	char *path;

	if (directory == NULL || directory[0] == '\0')
		return HR_OK;
	n = strlen(directory) + strlen(name) + sizeof("/.gp");
	path = hr_calloc(n, 1);
	if (path == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	snprintf(path, n, "%s/%s.gp", directory, name);
	if (stat(path, &st) == 0)
		status = read_script(path, text, err);
	if (status != HR_OK)
		j->about = directory;
	free(path);
	return status;
}

static enum hr_status read_scripts(struct job *j, struct hr_error *err)
{
	HR_TRY(read_own(j, "common", &j->common, err));
	if (own_of(j->o)->script != NULL) {
		j->about = own_of(j->o)->script;
		HR_TRY(read_script(own_of(j->o)->script, &j->script, err));
		j->about = NULL;
	} else {
		HR_TRY(read_own(j, j->kind->name, &j->script, err));
	}
	j->options.common = j->common.at;
	j->options.script = j->script.at;
	return HR_OK;
}

/* --- outputs ------------------------------------------------------------------ */

static enum hr_status write_file(const char *path, const struct hr_blob *blob, struct hr_error *err)
{
	struct hr_output out = {0};
	enum hr_status status = hr_output_open(&out, path, err);

	if (status == HR_OK) {
		fwrite(blob->at, 1, blob->n, out.file);
		status = hr_output_commit(&out, err);
	}
	hr_output_abandon(&out);
	return status;
}

/* The text that draws the picture, with the data in it, as FILE.gp; gnuplot FILE.gp makes FILE again. */
static enum hr_status keep(const struct job *j, struct hr_error *err)
{
	struct hr_plot_options options = j->options;
	size_t n = strlen(j->o->output) + sizeof(".gp");
	char *path = hr_calloc(n, 1);
	struct hr_blob text = {0};
	enum hr_status status;

	if (path == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	options.output = j->o->output;
	snprintf(path, n, "%s.gp", j->o->output);
	status = hr_plot_text(j->kind, &j->source, &options, &text, err);
	if (status == HR_OK)
		status = write_file(path, &text, err);
	free(text.at);
	free(path);
	return status;
}

static enum hr_status draw(struct job *j, struct hr_error *err)
{
	struct hr_plot_job drawn = {.kind = j->kind, .source = &j->source, .options = j->options};
	struct hr_blob complaints;
	enum hr_status status;

	status = hr_plot_draw_all(&drawn, 1, &complaints, err);
	/* Show gnuplot's messages for a user's script only; those of ours are known. */
	if (complaints.at != NULL && (status == HR_EIO || j->options.script != NULL || j->options.common != NULL))
		cli_print_complaints("gnuplot", complaints.at);
	if (status == HR_OK)
		status = write_file(j->o->output, &drawn.picture, err);
	if (status == HR_OK && own_of(j->o)->keep)
		status = keep(j, err);
	free(drawn.picture.at);
	free(complaints.at);
	return status;
}

/* --- the command -------------------------------------------------------------- */

static enum hr_status plot(struct job *j, const struct cli_choices *choices, int ninputs, char **inputs,
			   struct hr_error *err)
{
	HR_TRY(read_scripts(j, err));
	for (int i = 0; i < ninputs; i++) {
		j->about = inputs[i];
		if (j->kind->needs & HR_PLOT_FRONTIER) {
			HR_TRY(read_frontier(j, inputs[i], err));
			continue;
		}
		HR_TRY(hr_saved_looks_so(inputs[i]) ? add_json(j, inputs[i], err)
						    : add_trace(j, inputs[i], choices, err));
	}
	j->about = NULL;
	return draw(j, err);
}

static int misuse_kind(const struct cli_command *c, const char *name)
{
	char names[256] = "";

	for (const struct hr_plot_kind *k = hr_plot_kinds; k->name != NULL; k++) {
		size_t n = strlen(names);
		snprintf(names + n, sizeof(names) - n, "%s%s", n > 0 ? ", " : "", k->name);
	}
	return cli_misuse(c, "unknown plot '%s'; known: %s", name, names);
}

static int run_plot(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct job j = {.o = o, .kind = hr_plot_kind_find(argv[0])};
	struct cli_choices choices;
	struct hr_error err;
	enum hr_status status;

	if (j.kind == NULL)
		return misuse_kind(c, argv[0]);
	if (o->output == NULL || !hr_plot_form_of(o->output, &j.options.form))
		return cli_misuse(c, "missing -o FILE with a name that ends in .png, .svg or .pdf");
	if ((j.kind->needs & HR_PLOT_PLANE) && (argc > 2 || o->policies.n > 1))
		return cli_misuse(c, "a %s shows one policy on one trace", j.kind->name);
	if ((j.kind->needs & HR_PLOT_FRONTIER) && argc > 2)
		return cli_misuse(c, "a %s shows one database; heapreplay sweep --merge puts several together",
				  j.kind->name);
	if (!(j.kind->needs & HR_PLOT_FRONTIER) && own_of(o)->trace != NULL)
		return cli_misuse(c, "--trace is for plot frontier");
	j.options.width = own_of(o)->size.width;
	j.options.height = own_of(o)->size.height;
	j.options.font_pixels = own_of(o)->font_size;
	j.options.text_scale = own_of(o)->text_scale;
	j.options.title = own_of(o)->title;
	j.options.metrics = own_of(o)->metrics.n > 0 ? own_of(o)->metrics.at : NULL;
	if (!cli_choose(c, o, j.kind->all_policies ? all_policies : NULL, &choices))
		return choices.status;
	status = plot(&j, &choices, argc - 1, argv + 1, &err);
	hr_plot_source_release(&j.source);
	hr_frontier_release(&j.frontier);
	if (j.plane != NULL)
		hr_plane_release(j.plane);
	free(j.plane);
	free(j.common.at);
	free(j.script.at);
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(j.about, &err);
}

static const struct cli_option options[] = {
    {"size", 0, "WxH", CLI_EXTENT, offsetof(struct own, size), 0, CLI_IN_OUTPUT,
     "width and height in pixels (depends on the content)"},
    {"title", 0, "TEXT", CLI_TEXT, offsetof(struct own, title), 0, CLI_IN_OUTPUT,
     "heading (the trace and what its runs have in common)"},
    {"font-size", 0, "PIXELS", CLI_COUNT, offsetof(struct own, font_size), 0, CLI_IN_OUTPUT,
     "height of letters (16, and in proportion to --size)", .rare = true},
    {"text-scale", 0, "FACTOR", CLI_SCALE, offsetof(struct own, text_scale), 0, CLI_IN_OUTPUT,
     "letters, lines and marks larger or smaller than that by a factor", .rare = true},
    {"columns", 0, "COLUMN,...", CLI_LIST, offsetof(struct own, metrics), 0, CLI_IN_OUTPUT,
     "what plot compare shows, as compare's --columns; metrics or headings of heapreplay-metrics(5)"},
    {"metric", 0, "NAME", CLI_LIST, offsetof(struct own, metrics), 0, CLI_IN_OUTPUT, NULL}, /* its old name */
    {"trace", 0, "NAME", CLI_TEXT, offsetof(struct own, trace), 0, CLI_IN_INPUT,
     "the trace that plot frontier shows; its path or trace_id in the database (the sum of all)", .rare = true},
    {"script", 0, "FILE", CLI_TEXT, offsetof(struct own, script), 0, CLI_IN_OUTPUT,
     "draw with this gnuplot script, not the kind's own", .rare = true},
    {"keep", 0, NULL, CLI_FLAG, offsetof(struct own, keep), 0, CLI_IN_OUTPUT,
     "also write FILE.gp; it has gnuplot's input, script and data, and stands next to the plot FILE"},
    {.name = NULL},
};

const struct cli_command cli_plot = {
    .name = "plot",
    .args = "KIND INPUT...",
    .least_args = 2,
    .most_args = 64,
    .summary = "draw a plot: memory over time, heatmap, trade-off, comparison",
    .text = "Draws with gnuplot, which must be installed. An INPUT is a trace, or JSON that replay --json or\n"
	    "compare --json saved. KIND is one of:\n"
	    "  timeline   memory over time, with goals and GC cycles; what policies retained\n"
	    "  heatmap    addresses over time: what was in use, free, released\n"
	    "  tradeoff   memory against CPU time of every policy, and the offline optimum\n"
	    "  intervals  how long pages stay free before they are used again\n"
	    "  compare    bars of every policy's metrics\n"
	    "  index      index entries that scavengers read; of several traces by heap size\n"
	    "  frontier   memory against CPU time of a sweep's settings, from its database\n"
	    "The suffix of the output's name sets its format: .png, .svg or .pdf.\n",
    .examples =
	"heapreplay plot timeline app.trace -o timeline.png\tthis program's memory over time\n"
	"heapreplay plot timeline -p go1.18 -p go1.22 app.trace -o both.svg\tunder two policies\n"
	"heapreplay plot heatmap app.trace -o heatmap.png\twhich addresses stay free and are not released\n"
	"heapreplay plot tradeoff app.trace -o tradeoff.png\twhat each policy saves and costs\n"
	"heapreplay compare --json app.trace -o c.json && heapreplay plot compare c.json -o compare.pdf\tfrom saved "
	"JSON\n"
	"heapreplay plot frontier sweep.db -o frontier.png\twhat heapreplay sweep found\n"
	"heapreplay plot compare --columns calls,thrash app.trace -o calls.png\tchosen metrics\n",
    .endings = "png svg pdf",
    .groups = CLI_REPLAYS | CLI_READS | CLI_WINDOW | CLI_WARM_UP | CLI_LAYERS | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_plot,
};
