/* SPDX-License-Identifier: BSD-3-Clause */
/* heatmap: the heap at one moment, or an animation of many; as text, a picture or JSON. */
#include "config.h"

#include "cmd/cli.h"
#include "cmd/video.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/units.h"
#include "frame/paint.h"
#include "replay/stepper.h"
#include "report/document.h"
#include "report/output.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILM 1000000

/*
 * How far the replay goes on after the last moment that is shown: whether a sweep
 * had been done is known 100 ms later (placer.h).
 */
#define BEYOND_NS UINT64_C(1000000000)

enum format { TEXT, ANSI, PNG, SVG, JSON };

static const struct {
	const char *name, *ending;
} formats[] = {[TEXT] = {"text", "txt"},
	       [ANSI] = {"ansi", "ansi"},
	       [PNG] = {"png", "png"},
	       [SVG] = {"svg", "svg"},
	       [JSON] = {"json", "json"}};

/* The options that this command alone has. */
struct own {
	uint64_t against_ns; /* HR_NEVER: not given */
	const char *video;   /* NULL: not given */
	unsigned fps;
};

static const struct own own_initial = {.against_ns = HR_NEVER, .fps = 10};

struct run {
	const struct cli_options *o;
	uint64_t against_ns;
	struct hr_follower *earlier; /* the policy at the earlier of two moments */
	size_t npanes;
	struct cli_look look;
	enum format format;
	bool animation;
	const char *trace; /* its name without directories */
	const char *path;
	struct hr_output output;
	const struct own *options;
	struct cli_video video;
	struct hr_frame_scales scales; /* of a film */
	uint64_t film_end_ns;	       /* HR_NEVER: not known */

	struct hr_replay replay;
	struct hr_policy_choice own;
	const struct hr_policy_choice *choices;
	struct hr_scene scenes[HR_MAX_PANES];
	struct hr_json_series *series[HR_MAX_PANES];
	struct hr_log_tail logs[HR_MAX_PANES];
	struct hr_touches touches;
	struct hr_frame frame;
	size_t taken; /* frames */
};

/* --- one frame --- */

static json_t *document(const struct run *r)
{
	json_t *o = hr_document_new(), *panes = json_array();

	hr_json_put(&o, "trace", hr_json_text(r->trace));
	for (size_t i = 0; i < r->frame.npanes; i++)
		hr_json_add(&panes, hr_scene_json(&r->scenes[i], &r->frame.panes[i]));
	hr_json_put(&o, "panes", panes);
	if (r->frame.npanes == 2)
		hr_json_put(&o, "differing_cells", json_integer((json_int_t)r->frame.panes[0].cells.differing));
	return o;
}

static enum hr_status paint(const struct run *r, FILE *out, struct hr_error *err)
{
	struct hr_ansi_options ansi = {
	    .coloring = r->look.coloring,
	    .utf8 = r->look.utf8,
	};

	if (ansi.coloring.colors == 0)
		ansi.coloring.colors = 256;
	switch (r->format) {
	case TEXT:
		hr_paint_text(&r->frame, out);
		return HR_OK;
	case ANSI:
		hr_paint_ansi(&r->frame, &ansi, out);
		return HR_OK;
	case PNG:
		return hr_paint_png(&r->frame, r->look.coloring.palette, r->look.coloring.theme, r->look.magnify, out,
				    err);
	case SVG:
		hr_paint_svg(&r->frame, r->look.coloring.palette, r->look.coloring.theme, r->look.magnify, out);
		return HR_OK;
	case JSON:
		return hr_document_write(document(r), out, err);
	}
	return HR_OK;
}

static enum hr_status paint_animation(struct run *r, struct hr_error *err)
{
	size_t size = strlen(r->o->output) + 32;
	char *path;
	enum hr_status status;

	if (r->taken >= MAX_FILM)
		return hr_error_set(err, HR_EUSAGE, "an animation has at most a million frames; use a longer --every");
	path = malloc(size);
	if (path == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	snprintf(path, size, "%s/frame-%06zu.%s", r->o->output, r->taken, formats[r->format].ending);
	status = hr_output_open(&r->output, path, err);
	if (status == HR_OK)
		status = paint(r, r->output.file, err);
	if (status == HR_OK)
		status = hr_output_commit(&r->output, err);
	free(path);
	return status;
}

static enum hr_status take(struct run *r, uint64_t time_ns, struct hr_error *err)
{
	for (size_t i = 0; i < r->npanes && r->earlier == NULL; i++)
		r->scenes[i].time_ns = time_ns;
	if (hr_frame_draw(&r->frame, r->scenes, r->npanes, &r->look.frame) != HR_OK)
		return hr_error_set(err, HR_ENOMEM, "out of memory for a frame");
	if (r->options->video != NULL)
		HR_TRY(paint(r, r->video.pictures, err));
	else
		HR_TRY(r->animation ? paint_animation(r, err) : paint(r, r->output.file, err));
	r->taken++;
	return HR_OK;
}

/* --- the replay --- */

static void placed(void *ctx, const struct hr_place *records, size_t n)
{
	hr_touches_follow(&((struct run *)ctx)->touches, records, n);
}

/* The stepper to a moment, or the trace's last one. */
static enum hr_status step(struct run *r, struct hr_stepper *stepper, uint64_t to_ns, uint64_t *at_ns,
			   struct hr_error *err)
{
	enum hr_status status = hr_stepper_to(stepper, to_ns, err);

	*at_ns = status == HR_END ? r->replay.end_ns : to_ns;
	return status == HR_END ? HR_OK : status;
}

/* Two moments of one policy side by side, --at on the left. */
static enum hr_status take_two(struct run *r, struct hr_error *err)
{
	uint64_t at = r->o->at_ns, against = r->against_ns;
	unsigned early = at <= against ? 0 : 1;
	struct hr_stepper stepper;

	hr_stepper_start(&stepper, &r->replay);
	r->scenes[1] = r->scenes[0];
	HR_TRY(step(r, &stepper, at <= against ? at : against, &r->scenes[early].time_ns, err));
	HR_TRY(hr_follower_clone(r->replay.followers[0], &r->earlier, err));
	r->scenes[early].follower = r->earlier;
	r->logs[1] = r->logs[0];
	r->scenes[early].log = &r->logs[1];
	HR_TRY(step(r, &stepper, at <= against ? against : at, &r->scenes[!early].time_ns, err));
	r->npanes = 2;
	return take(r, r->scenes[0].time_ns, err);
}

/* Frame after frame, up to the last one wanted; where the trace ends before the first, its last moment. */
static enum hr_status take_all(struct run *r, struct hr_error *err)
{
	uint64_t at = r->animation ? r->o->replay.from_ns : r->o->at_ns, every = r->o->every_ns;
	struct hr_stepper stepper;
	enum hr_status status;

	hr_stepper_start(&stepper, &r->replay);
	if (r->look.frame.open_chunk != HR_NO_CHUNK) {
		hr_touches_start(&r->touches, r->look.frame.open_chunk);
		stepper.placed = placed;
		stepper.ctx = r;
	}
	while ((status = hr_stepper_to(&stepper, at, err)) == HR_OK) {
		HR_TRY(take(r, at, err));
		if (!r->animation || every > HR_NEVER - at || at + every > r->o->replay.until_ns)
			return HR_OK;
		at += every;
	}
	return status == HR_END && r->taken == 0 ? take(r, r->replay.end_ns, err) : status == HR_END ? HR_OK : status;
}

static struct hr_replay_options replay_options(const struct run *r)
{
	struct hr_replay_options options = r->o->replay;
	uint64_t last_ns = r->animation ? r->o->replay.until_ns : r->o->at_ns;

	if (r->against_ns != HR_NEVER && r->against_ns > last_ns)
		last_ns = r->against_ns;

	options.from_ns = 0;
	options.until_ns = last_ns < HR_NEVER - BEYOND_NS ? last_ns + BEYOND_NS : HR_NEVER;
	return options;
}

static enum hr_status observe(struct run *r, struct hr_error *err)
{
	HR_TRY(hr_replay_can_be_watched(&r->replay, err));
	for (size_t i = 0; i < r->replay.nfollowers; i++) {
		struct hr_follower *f = r->replay.followers[i];

		r->series[i] = hr_calloc(1, sizeof(*r->series[i]));
		if (r->series[i] == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		hr_json_series_start(r->series[i], f);
		f->log = hr_log_tail_add;
		f->log_ctx = &r->logs[i];
		r->scenes[i] = (struct hr_scene){
		    .follower = f,
		    .trace = r->trace,
		    .policy = r->choices[i].text,
		    .end_ns = r->film_end_ns,
		    .series = r->series[i],
		    .log = &r->logs[i],
		    .touches = r->look.frame.open_chunk != HR_NO_CHUNK ? &r->touches : NULL,
		};
	}
	return HR_OK;
}

/* --- films --- */

static enum hr_status open_trace(struct run *r, const struct cli_choices *choices,
				 const struct hr_replay_options *options, struct hr_error *err)
{
	HR_TRY(hr_replay_open(&r->replay, r->path, options, choices->at, choices->n, &r->own, err));
	r->choices = choices->n ? choices->at : &r->own;
	r->npanes = r->replay.nfollowers;
	return HR_OK;
}

static void close_trace(struct run *r)
{
	for (size_t i = 0; i < HR_MAX_PANES; i++) {
		free(r->series[i]);
		r->series[i] = NULL;
	}
	if (r->replay.followers != NULL)
		hr_replay_close(&r->replay);
	memset(&r->replay, 0, sizeof(r->replay));
	hr_policy_choice_release(&r->own);
	memset(&r->own, 0, sizeof(r->own));
	memset(r->logs, 0, sizeof(r->logs));
}

/* What there is in the film's last frame, of which all frames have the scales. */
static enum hr_status measure_end(struct run *r, struct hr_error *err)
{
	uint64_t last_ns = r->o->replay.until_ns;
	struct hr_stepper stepper;

	HR_TRY(observe(r, err));
	hr_stepper_start(&stepper, &r->replay);
	HR_TRY(step(r, &stepper, last_ns, &r->film_end_ns, err));
	if (!hr_ranges_copy(&r->scales.mapped, &r->replay.followers[0]->map.in_use))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < r->npanes; i++) {
		uint64_t top;

		r->scenes[i].time_ns = r->film_end_ns;
		top = hr_graph_top_bytes(&r->scenes[i]);
		r->scales.top_bytes = top > r->scales.top_bytes ? top : r->scales.top_bytes;
	}
	if (hr_frame_draw(&r->frame, r->scenes, r->npanes, &r->look.frame) != HR_OK)
		return hr_error_set(err, HR_ENOMEM, "out of memory for a frame");
	for (size_t i = 0; i < r->frame.npanes; i++)
		if (r->frame.panes[i].cells.most > r->scales.most)
			r->scales.most = r->frame.panes[i].cells.most;
	r->look.frame.fixed = &r->scales;
	return HR_OK;
}

/* The trace is read twice: before a frame can be drawn, it must be known how much will be in the last one. */
static enum hr_status measure(struct run *r, const struct cli_choices *choices, const struct hr_replay_options *options,
			      struct hr_error *err)
{
	enum hr_status status = open_trace(r, choices, options, err);

	if (status == HR_OK)
		status = measure_end(r, err);
	close_trace(r);
	return status;
}

static enum hr_status open_output(struct run *r, struct hr_error *err)
{
	if (r->options->video != NULL)
		return cli_video_start(&r->video, r->options->video, r->options->fps, err);
	if (!r->animation)
		return hr_output_open(&r->output, r->o->output, err);
	if (mkdir(r->o->output, 0777) != 0 && errno != EEXIST)
		return hr_error_set(err, HR_EIO, "cannot create %s: %s", r->o->output, strerror(errno));
	return HR_OK;
}

static void warn_of_the_end(const struct run *r)
{
	uint64_t asked = r->animation ? r->o->replay.from_ns : r->o->at_ns;
	char end[HR_UNIT_BUF], at[HR_UNIT_BUF];

	if (asked != HR_NEVER && r->replay.end_ns < asked)
		cli_warn(NULL, "the trace ends at %s, before %s: that is its last moment",
			 hr_format_ns(end, r->replay.end_ns), hr_format_ns(at, asked));
}

/* Files appear. What ffmpeg has to say comes before what we have. */
static enum hr_status end_output(struct run *r, enum hr_status status, struct hr_error *err)
{
	if (r->video.pictures != NULL && (status == HR_OK || ferror(r->video.pictures)))
		return cli_video_end(&r->video, err);
	return status == HR_OK && !r->animation ? hr_output_commit(&r->output, err) : status;
}

static int run(struct run *r, const struct cli_choices *choices)
{
	struct hr_replay_options options = replay_options(r);
	struct hr_error err;
	enum hr_status status = HR_OK;
	const char *about = r->path;

	cli_progress_start(&options, r->o);
	if (r->options->video != NULL)
		status = measure(r, choices, &options, &err);
	if (status == HR_OK)
		status = open_trace(r, choices, &options, &err);
	if (status == HR_OK) {
		status = open_output(r, &err);
		about = status == HR_OK ? r->path : NULL;
	}
	if (status == HR_OK)
		status = observe(r, &err);
	if (status == HR_OK)
		status = r->against_ns != HR_NEVER ? take_two(r, &err) : take_all(r, &err);
	cli_progress_end();
	status = end_output(r, status, &err);
	if (status == HR_EIO)
		about = NULL;
	if (status == HR_OK) {
		cli_warn_trace(r->o, r->path, hr_reader_stats(r->replay.reader));
		warn_of_the_end(r);
	}
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

static void release(struct run *r)
{
	hr_output_abandon(&r->output);
	cli_video_abandon(&r->video);
	hr_frame_release(&r->frame);
	hr_ranges_release(&r->scales.mapped);
	if (r->earlier != NULL)
		hr_follower_release(r->earlier);
	free(r->earlier);
	close_trace(r);
	free(r);
}

/* --- the command line --- */

/* By name, by the ending of the output's name, or what the output can show. */
static bool choose_format(const struct cli_command *c, struct run *r)
{
	const char *name = r->o->json ? "json" : r->o->look.format, *dot = NULL;

	if (r->o->output != NULL && !r->animation)
		dot = strrchr(r->o->output, '.');
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (name ? strcmp(name, formats[i].name) == 0 : dot && strcmp(dot + 1, formats[i].ending) == 0) {
			r->format = (enum format)i;
			return true;
		}
	}
	if (name != NULL) {
		cli_misuse(c, "--format takes text, ansi, png, svg or json, not '%s'", name);
		return false;
	}
	r->format = r->animation ? PNG : r->look.coloring.colors > 0 ? ANSI : TEXT;
	return true;
}

static bool check_video(const struct cli_command *c, const struct cli_options *o, const char *trace)
{
	const struct own *own = o->own;

	if (!o->every_given)
		cli_misuse(c, "--video makes an animation; add --every TIME");
	else if (!cli_video_can(own->video))
		cli_misuse(c, "--video takes a name that ends in .mp4, .gif or .webp, not '%s'", own->video);
	else if (o->output != NULL || o->look.format != NULL || o->json)
		cli_misuse(c, "--video is all that is written; leave out -o, --format and --json");
	else if (strcmp(trace, "-") == 0)
		cli_misuse(c, "--video reads the trace twice; give it a file");
	else if (own->fps == 0 || own->fps > 240)
		cli_misuse(c, "--fps takes frames a second from 1 to 240, not %u", own->fps);
	else
		return true;
	return false;
}

static bool check(const struct cli_command *c, const struct cli_options *o, const char *trace)
{
	if (((const struct own *)o->own)->video != NULL && !check_video(c, o, trace))
		return false;
	if (o->every_given && o->at_ns != HR_NEVER)
		cli_misuse(c, "--at is for one moment, --every for an animation; use one of the two");
	else if (!o->every_given && (o->replay.from_ns > 0 || o->replay.until_ns != HR_NEVER))
		cli_misuse(c, "--from and --until are for animations; add --every, or use --at for one moment");
	else if (o->every_given && ((const struct own *)o->own)->against_ns != HR_NEVER)
		cli_misuse(c, "--against is for one moment; use --at without --every");
	else if (o->every_given && ((const struct own *)o->own)->video == NULL &&
		 (o->output == NULL || strcmp(o->output, "-") == 0))
		cli_misuse(c, "an animation needs a directory; add -o DIRECTORY, or --video FILE");
	else
		return true;
	return false;
}

static int run_heatmap(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct cli_choices choices;
	const char *slash = strrchr(argv[0], '/');
	struct run *r;
	int status = CLI_MISUSED;

	(void)argc;
	if (!check(c, o, argv[0]))
		return CLI_MISUSED;
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	if (choices.n > HR_MAX_PANES) {
		cli_choices_release(&choices);
		return cli_misuse(c, "at most two policies; compare takes more");
	}
	if (((const struct own *)o->own)->against_ns != HR_NEVER && choices.n > 1) {
		cli_choices_release(&choices);
		return cli_misuse(c, "--against compares two moments of one policy");
	}
	r = hr_calloc(1, sizeof(*r));
	if (r == NULL) {
		cli_choices_release(&choices);
		cli_warn(NULL, "out of memory");
		return CLI_FAILED;
	}
	r->o = o;
	r->options = o->own;
	r->path = argv[0];
	r->film_end_ns = HR_NEVER;
	r->against_ns = r->options->against_ns;
	r->animation = o->every_given;
	r->trace = slash != NULL ? slash + 1 : argv[0];
	if (cli_look(c, o, o->output == NULL ? stdout : NULL, &r->look) && choose_format(c, r)) {
		r->look.frame.half_blocks =
		    r->format == PNG || r->format == SVG || r->format == JSON || (r->format == ANSI && r->look.utf8);
		r->look.frame.braille &= r->look.frame.half_blocks;
		status = run(r, &choices);
	}
	release(r);
	cli_choices_release(&choices);
	return status;
}

static const struct cli_option options[] = {
    {"against", 0, "TIME", CLI_TIME, offsetof(struct own, against_ns), 0, CLI_IN_OUTPUT,
     "a second moment beside --at, with what differs marked"},
    {"video", 0, "FILE", CLI_TEXT, offsetof(struct own, video), 0, CLI_IN_OUTPUT,
     "the animation of --every as one file; .mp4, .gif or .webp; needs ffmpeg"},
    {"fps", 0, "N", CLI_COUNT, offsetof(struct own, fps), 0, CLI_IN_OUTPUT, "frames a second of --video (10)",
     .rare = true},
    {.name = NULL},
};

const struct cli_command cli_heatmap = {
    .name = "heatmap",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "the heap at one moment: which parts are in use, free, released, indexed",
    .text = "Replays the trace up to a moment and draws the heap: cells for parts of the address space, from\n"
	    "left to right, then down, with the index's marks and search address, a legend, memory over time\n"
	    "and the latest scavtrace lines. Two policies stand side by side, with what differs marked.\n"
	    "--every writes an animation.\n",
    .examples =
	"heapreplay heatmap app.trace\tthe heap at the end\n"
	"heapreplay heatmap --at 500ms -p go1.19 --view scavenged app.trace\twhat had been released by then\n"
	"heapreplay heatmap --at 500ms -p go1.19 -p go1.22 --view free app.trace\ttwo policies, what differs marked\n"
	"heapreplay heatmap --at 500ms --against 2s --view free app.trace\ttwo moments, what differs marked\n"
	"heapreplay heatmap --at 500ms --chunk c000000000 app.trace\tthe pages of one chunk\n"
	"heapreplay heatmap --at 500ms -o heap.png app.trace\tas PNG; or .svg\n"
	"heapreplay heatmap --every 500ms -o frames app.trace\tan animation\n",

    .endings = "txt ansi png svg json",
    .groups = CLI_REPLAYS | CLI_READS | CLI_LOOKS | CLI_PLACES | CLI_ANIMATES | CLI_AT | CLI_JSON | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .own_initial = &own_initial,
    .run = run_heatmap,
};
