/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay --live: frames on the terminal while the replay runs, painted over each
 * other. At most 30 a second, and so seldom that painting, which may wait for a
 * slow terminal, takes at most a twentieth of the time. Only rows that have
 * changed are written. No state of the terminal is changed, so that there is
 * none to bring back.
 */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "base/units.h"
#include "frame/paint.h"
#include "report/layers.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEAST_NS UINT64_C(33333334)
#define SHARE 20 /* of the time, at most one part for painting */

struct cli_live {
	const struct cli_command *command;
	const struct cli_options *o;
	struct cli_look look;
	struct hr_scene scene;
	struct hr_log_tail tail;
	struct hr_frame frames[2]; /* what is painted, and what was before */
	unsigned shown;		   /* which of them is on the screen */
	bool painted;
	uint64_t started_ns, next_ns; /* by the real clock */
	char status[64];
	const struct hr_layers *made_of; /* NULL: not asked for */
	unsigned grid;
	char layers[96];
};

static uint64_t real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct cli_live *cli_live_new(const struct cli_command *c, const struct cli_options *o)
{
	const char *term = getenv("TERM");
	struct cli_live *l;

	if (isatty(STDOUT_FILENO) != 1 || term == NULL || strcmp(term, "dumb") == 0) {
		cli_misuse(c, "--live needs a terminal; heapreplay heatmap writes frames to files");
		return NULL;
	}
	if (o->output == NULL && o->json) {
		cli_misuse(c, "--live uses the terminal; add -o FILE for the JSON");
		return NULL;
	}
	l = hr_calloc(1, sizeof(*l));
	if (l == NULL) {
		cli_warn(NULL, "out of memory");
		return NULL;
	}
	l->command = c;
	l->o = o;
	if (!cli_look(c, o, stdout, &l->look)) {
		free(l);
		return NULL;
	}
	return l;
}

void cli_live_release(struct cli_live *l)
{
	if (l == NULL)
		return;
	hr_frame_release(&l->frames[0]);
	hr_frame_release(&l->frames[1]);
	free(l);
}

void cli_live_watch(struct cli_live *l, const struct hr_follower *f, const char *trace, const char *policy,
		    const struct hr_json_series *series)
{
	const char *slash = strrchr(trace, '/');

	l->scene = (struct hr_scene){
	    .follower = f,
	    .trace = slash != NULL ? slash + 1 : trace,
	    .policy = policy,
	    .end_ns = HR_NEVER,
	    .series = series,
	    .log = &l->tail,
	    .status = l->status,
	};
	l->started_ns = real_ns();
}

void cli_live_layers(struct cli_live *l, const struct hr_layers *layers, unsigned grid)
{
	l->made_of = layers;
	l->grid = grid;
	l->scene.layers = l->layers;
}

/* Of the last moment on which a cycle has decided, which is a cycle ago, what lived and what died. */
static void say_layers(struct cli_live *l)
{
	struct hr_layers_sample sum = {.found = 0};
	struct hr_layers_row row, last = {.decided = false};

	for (size_t i = 0; hr_layers_row(l->made_of, l->grid, i, &sum, &row); i++)
		if (row.decided)
			last = row;
	if (last.decided)
		hr_layers_say(&last, l->layers, sizeof(l->layers));
}

void cli_live_log(struct cli_live *l, const struct hr_follower *f, const struct hr_scav_line *line)
{
	hr_log_tail_add(&l->tail, f, line);
}

/* A terminal that has changed its size is repainted. */
static void follow_size(struct cli_live *l)
{
	struct cli_look now;

	if (!cli_look(l->command, l->o, stdout, &now) ||
	    (now.frame.columns == l->look.frame.columns && now.frame.rows == l->look.frame.rows))
		return;
	l->look.frame.columns = now.frame.columns;
	l->look.frame.rows = now.frame.rows;
	l->painted = false;
}

static void paint(struct cli_live *l)
{
	struct hr_frame *frame = &l->frames[!l->shown];
	struct hr_ansi_options ansi = {
	    .coloring = l->look.coloring, .utf8 = l->look.utf8 && l->look.coloring.colors > 0, .in_place = true};

	follow_size(l);
	if (l->made_of != NULL)
		say_layers(l);
	l->look.frame.half_blocks = ansi.utf8;
	l->look.frame.braille &= ansi.utf8;
	l->scene.time_ns = l->scene.follower->view.now_ns;
	if (hr_frame_draw(frame, &l->scene, 1, &l->look.frame) != HR_OK)
		return;
	if (!l->painted)
		fputs("\033[H\033[2J", stdout);
	ansi.before = l->painted ? &l->frames[l->shown] : NULL;
	hr_paint_ansi(frame, &ansi, stdout);
	printf("\033[%u;1H", frame->rows + 1);
	fflush(stdout);
	l->shown = !l->shown;
	l->painted = true;
}

void cli_live_update(void *live, uint64_t done_bytes, uint64_t total_bytes, uint64_t trace_ns)
{
	struct cli_live *l = live;
	uint64_t now = real_ns(), then;

	(void)trace_ns;
	if (l->scene.follower == NULL || now < l->next_ns)
		return;
	snprintf(l->status, sizeof(l->status), "%.3gx",
		 (double)l->scene.follower->view.now_ns / (double)(now - l->started_ns + 1));
	if (total_bytes >= done_bytes && done_bytes > 0)
		snprintf(l->status + strlen(l->status), sizeof(l->status) - strlen(l->status), ", %.0f %%",
			 100.0 * (double)done_bytes / (double)total_bytes);
	paint(l);
	then = real_ns();
	l->next_ns =
	    now + LEAST_NS > then + (SHARE - 1) * (then - now) ? now + LEAST_NS : then + (SHARE - 1) * (then - now);
}

void cli_live_end(struct cli_live *l)
{
	if (l->scene.follower == NULL)
		return;
	l->scene.status = NULL;
	l->scene.end_ns = l->scene.follower->view.now_ns;
	paint(l);
}
