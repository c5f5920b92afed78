/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws the frame of one policy or two, and over it the last line and the help. */
#include "config.h"

#include "tui/view.h"

#include "base/alloc.h"
#include "base/units.h"
#include "frame/canvas.h"
#include "frame/paint.h"
#include "report/layers.h"
#include "tui/bars.h"
#include "tui/find.h"
#include "tui/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_COLUMNS 14u
#define OVER_TIME_FROM_COLUMNS 90u	      /* a pane's: there the map over time is shown without being asked for */
#define MAX_TOUCH_RECORDS ((uint64_t)1 << 20) /* looked at for who touched a chunk's pages before it was opened */

/* --- scenes ------------------------------------------------------------------------ */

static const char *status_of(struct hr_view_state *v)
{
	if (hr_player_at_end(v->player))
		return "the end";
	if (v->playing)
		return v->waiting && v->starved ? "waiting for data" : hr_speeds[v->speed].name;
	snprintf(v->status, sizeof(v->status), "%s, event %" PRIu64,
		 v->source == HR_SOURCE_FAILED ? "truncated" : "paused", hr_player_at(v->player));
	return v->status;
}

/* The log up to now: the lines may lie ahead. */
static const struct hr_log_tail *tail_of(struct hr_view_state *v, size_t pane, size_t policy)
{
	struct hr_log_tail *t = &v->tails[pane];
	size_t n;
	const struct hr_scav_line *lines = hr_player_lines(v->player, policy, &n);

	t->n = 0;
	for (size_t i = n > HR_LOG_TAIL_LINES ? n - HR_LOG_TAIL_LINES : 0; i < n; i++)
		hr_log_tail_add(t, NULL, &lines[i]);
	return t;
}

/* The chunk whose pages are told one by one: the open one, or where there is room to tell more, that of the cursor. */
static uint64_t told_chunk(const struct hr_view_state *v)
{
	const struct hr_frame_options *o = &v->frame_options;

	if (o->open_chunk != HR_NO_CHUNK || o->cursor_page == HR_NO_PAGE || hr_side_columns(o, v->pair ? 2 : 1) == 0)
		return o->open_chunk;
	return hr_chunk_of(o->cursor_page);
}

/* Looks at the records since the last time, or at so many before now. */
static enum hr_status follow_touches(struct hr_view_state *v, struct hr_error *err)
{
	struct hr_place r[256];
	uint64_t at = hr_player_at(v->player), chunk = told_chunk(v);
	size_t n;

	if (chunk == HR_NO_CHUNK)
		return HR_OK;
	if (v->touches.chunk != chunk || at < v->touched_to || v->touched_to == 0) {
		hr_touches_start(&v->touches, chunk);
		v->touched_to = at > MAX_TOUCH_RECORDS ? at - MAX_TOUCH_RECORDS : 0;
	}
	while (v->touched_to < at) {
		HR_TRY(hr_player_records(v->player, v->touched_to, r, 256, &n, err));
		if (n > at - v->touched_to)
			n = (size_t)(at - v->touched_to);
		hr_touches_follow(&v->touches, r, n);
		/* Skip what the history no longer holds. */
		v->touched_to += n > 0 ? n : 1;
	}
	return HR_OK;
}

static const char *policy_name(const struct hr_view_state *v, size_t policy)
{
	return v->options->nchoices > 0 ? v->options->choices[policy].text
					: hr_player_follower(v->player, policy)->def->name;
}

/* What in use is made of, where that was asked for. */
static const char *layers_of(struct hr_view_state *v)
{
	struct hr_layers_row row;

	if (!hr_player_layers(v->player, hr_player_now(v->player), &row))
		return NULL;
	hr_layers_say(&row, v->layers, sizeof(v->layers));
	return v->layers;
}

static struct hr_scene scene_of(struct hr_view_state *v, size_t pane, size_t policy)
{
	struct hr_scene s = {
	    .follower = hr_player_follower(v->player, policy),
	    .trace = v->options->name,
	    .policy = policy_name(v, policy),
	    .time_ns = hr_player_now(v->player),
	    .end_ns = v->source == HR_SOURCE_ENDED ? hr_player_known_ns(v->player, NULL) : HR_NEVER,
	    .status = status_of(v),
	    .layers = layers_of(v),
	    .series = v->series ? &v->series[policy] : NULL,
	    .plane = v->planes ? &v->planes[policy] : NULL,
	    .log = tail_of(v, pane, policy),
	    .touches = told_chunk(v) != HR_NO_CHUNK ? &v->touches : NULL,
	};

	hr_find_tell(v, &s);
	return s;
}

static bool has_room_for_time(const struct hr_view_state *v, size_t n)
{
	const struct hr_frame_options *o = &v->frame_options;

	return o->columns / n >= OVER_TIME_FROM_COLUMNS + hr_side_columns(o, n);
}

static enum hr_status draw_frame(struct hr_view_state *v, struct hr_error *err)
{
	struct hr_scene scenes[HR_MAX_PANES];
	size_t npolicies = hr_player_followers(v->player), n = v->pair && npolicies > 1 ? 2 : 1;
	unsigned rows = v->rows - hr_bars_rows(v);

	if (npolicies == 0)
		return hr_frame_message(&v->frame, v->columns, rows, "waiting for the trace to start");
	v->frame_options.columns = v->columns < HR_FRAME_MAX_COLUMNS ? v->columns : HR_FRAME_MAX_COLUMNS;
	v->frame_options.rows = rows < HR_FRAME_MAX_ROWS ? rows : HR_FRAME_MAX_ROWS;
	if (!v->over_time_chosen)
		v->frame_options.over_time = has_room_for_time(v, n);
	HR_TRY(follow_touches(v, err));
	for (size_t i = 0; i < n; i++)
		scenes[i] = scene_of(v, i, (v->policy + i) % npolicies);
	v->frame_options.half_blocks = hr_screen_utf8(v->screen) && hr_screen_colors(v->screen) > 0;
	v->frame_options.braille &= hr_screen_utf8(v->screen);
	return hr_frame_draw(&v->frame, scenes, n, &v->frame_options);
}

/* --- over the frame ------------------------------------------------------------------ */

static void put_line(struct hr_view_state *v, unsigned row, const char *text)
{
	hr_view_put_text(v, row, 0, v->columns, HR_INK_TITLE, text);
}

/* Over all of the screen. */
static void put_help(struct hr_view_state *v)
{
	const char *keys, *text;

	for (unsigned row = 0; row < v->rows; row++)
		hr_view_put_text(v, row, 0, v->columns, HR_INK_TITLE, row == 0 ? " keys (any key returns)" : "");
	for (unsigned row = 1; row < v->rows && hr_view_help(row - 1, &keys, &text); row++) {
		hr_view_put_text(v, row, 1, KEY_COLUMNS, HR_INK_TITLE, keys);
		hr_view_put_text(v, row, KEY_COLUMNS + 1, v->columns, HR_INK_TEXT, text);
	}
}

/* The frame, which may be smaller than the screen, on blanks. */
static bool compose(struct hr_view_state *v)
{
	size_t n = (size_t)v->columns * v->rows;

	if (!hr_reserve(&v->screen_glyphs, &v->glyphs_cap, n, sizeof(*v->screen_glyphs)))
		return false;
	for (size_t i = 0; i < n; i++)
		v->screen_glyphs[i] = (struct hr_glyph){' ', ' ', HR_INK_TEXT, HR_INK_NONE};
	for (unsigned row = 0; row < v->frame.rows && row < v->rows; row++)
		memcpy(&v->screen_glyphs[(size_t)row * v->columns], hr_frame_glyph(&v->frame, row, 0),
		       (v->frame.columns < v->columns ? v->frame.columns : v->columns) * sizeof(struct hr_glyph));
	return true;
}

enum hr_status hr_view_draw(struct hr_view_state *v, struct hr_error *err)
{
	char line[sizeof(v->answer) + 80];
	enum hr_status status;

	hr_screen_size(v->screen, &v->columns, &v->rows);
	status = draw_frame(v, err);
	if (status == HR_OK && !compose(v))
		status = HR_ENOMEM;
	if (status == HR_ENOMEM)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	HR_TRY(status);
	hr_bars_draw(v);
	if (v->helping)
		put_help(v);
	if (v->asking != HR_ASKING_NOTHING) {
		snprintf(line, sizeof(line), "%s: %s_",
			 v->asking == HR_ASKING_TIME ? "go to (12.5s, +1s, -500ms, 50%)"
						     : "address (c000400000, +64MiB), chunk (#196609) or type",
			 v->answer);
		put_line(v, v->rows - 1, line);
	} else if (v->message[0] != '\0') {
		put_line(v, v->rows - 1, v->message);
	}
	hr_screen_show(v->screen, v->screen_glyphs, v->columns, v->rows, v->anew);
	v->stale = v->anew = false;
	return HR_OK;
}

/* --- saving ---------------------------------------------------------------------------- */
