/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop: advances time, draws frames, reads keys. Also decides how fast time passes. */
#include "config.h"

#include "tui/watch.h"

#include "base/alloc.h"
#include "tui/find.h"
#include "tui/keys.h"
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME_NS UINT64_C(33333333) /* 30 a second */
#define SLICE_RECORDS 2048	    /* between two looks at the clock */
#define HOLDERS_MS 50		    /* while holders are looked for */
#define UNTIL_NEWS_MS 500	    /* how often a paused view looks how far the reader has come */

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* --- the source ------------------------------------------------------------------------ */

/* The trace is open: from here on there is something to see. */
static void begin(struct hr_view_state *v)
{
	size_t n = hr_player_followers(v->player);

	v->series = hr_calloc(n, sizeof(*v->series));
	v->planes = hr_calloc(n, sizeof(*v->planes));
	for (size_t i = 0; v->series != NULL && i < n; i++)
		hr_json_series_start(&v->series[i], hr_player_follower(v->player, i));
	for (size_t i = 0; v->planes != NULL && i < n; i++)
		hr_plane_start(&v->planes[i], hr_player_follower(v->player, i));
	v->stale = true;
}

/* A trace that fails in its middle can be looked at up to there. */
static void look_at_source(struct hr_view_state *v)
{
	struct hr_error err;
	enum hr_player_source source = hr_player_source(v->player, &err);

	if (v->series == NULL && hr_player_followers(v->player) > 0)
		begin(v);
	if (source == v->source)
		return;
	v->source = source;
	v->stale = true;
	if (source != HR_SOURCE_FAILED)
		return;
	if (hr_player_followers(v->player) > 0) {
		hr_view_say(v, "the trace is truncated: %s", err.text);
		return;
	}
	v->err = err;
	v->failed = err.status;
	v->done = true;
}

/* --- time -------------------------------------------------------------------------------- */

/* As far as what is owed goes, until the real clock says deadline_ns. */
static enum hr_status follow_some(struct hr_view_state *v, uint64_t deadline_ns, struct hr_error *err)
{
	const struct hr_speed *s = &hr_speeds[v->speed];
	uint64_t target = HR_NEVER;
	enum hr_status status;

	if (s->times > 0)
		target = hr_player_now(v->player) + (uint64_t)v->owed;
	do {
		uint64_t records = SLICE_RECORDS;

		if (s->records > 0 && v->owed < SLICE_RECORDS)
			records = (uint64_t)v->owed;
		if (records == 0)
			return HR_OK;
		status = hr_player_follow(v->player, target, records, err);
		if (s->records > 0)
			v->owed -= (double)records;
	} while (status == HR_OK && (target == HR_NEVER || hr_player_now(v->player) < target) &&
		 clock_ns() < deadline_ns);
	/* Do not catch up on lost time; carry over only fractions of a nanosecond. */
	if (s->records == 0)
		v->owed = 0;
	return status;
}

static void advance(struct hr_view_state *v, uint64_t passed_ns)
{
	const struct hr_speed *s = &hr_speeds[v->speed];
	uint64_t before = hr_player_at(v->player), then = hr_player_now(v->player);
	struct hr_error err;
	enum hr_status status;

	if (passed_ns > 10 * FRAME_NS)
		passed_ns = 10 * FRAME_NS;
	v->owed += (s->records > 0 ? s->records / 1e9 : s->times) * (double)passed_ns;
	status = hr_view_check(v, follow_some(v, clock_ns() + FRAME_NS * 2 / 3, &err), &err);
	v->waiting = status == HR_END;
	/* Draw also when events first run out, to say so. */
	v->stale |= !v->starved;
	v->starved = hr_player_at(v->player) == before && hr_player_now(v->player) == then;
	if (hr_player_at_end(v->player) || (status == HR_END && v->source == HR_SOURCE_FAILED))
		v->playing = false;
	v->done |= v->options->exit && !v->playing;
}

/* --- the loop ---------------------------------------------------------------------------- */

/* From a file, records come all the time: what a frame's time brings is followed together. */
static bool wants_news(const struct hr_view_state *v)
{
	return v->source == HR_SOURCE_OPENING || (v->playing && v->waiting && v->starved);
}

static int wait_ms(struct hr_view_state *v, uint64_t next_frame_ns)
{
	uint64_t now = clock_ns();

	if (wants_news(v))
		return UNTIL_NEWS_MS; /* or until there is news */
	if (v->playing && !v->waiting && hr_speeds[v->speed].records == 0 && hr_speeds[v->speed].times == 0)
		return 0;
	if (v->playing || v->stale)
		return now < next_frame_ns ? (int)((next_frame_ns - now) / 1000000 + 1) : 0;
	if (hr_find_is_busy(v))
		return HOLDERS_MS;
	return v->source == HR_SOURCE_READING ? UNTIL_NEWS_MS : -1;
}

static void take_keys(struct hr_view_state *v)
{
	unsigned row = 0, column = 0;
	uint32_t key;

	while (!v->done && (key = hr_screen_key(v->screen, &row, &column)) != HR_KEY_NONE)
		hr_view_key(v, key, row, column);
}

static void run(struct hr_view_state *v)
{
	uint64_t last_ns = clock_ns(), next_frame_ns = 0;

	while (!v->done && hr_screen_signal() == 0) {
		uint64_t now = clock_ns();
		struct hr_error err;

		look_at_source(v);
		if (v->playing && v->series != NULL)
			advance(v, now - last_ns);
		last_ns = now;
		hr_find_holders(v, now);
		if (v->stale && clock_ns() >= next_frame_ns && !v->done) {
			next_frame_ns = clock_ns() + FRAME_NS;
			hr_view_check(v, hr_view_draw(v, &err), &err);
		}
		hr_screen_wait(v->screen, wants_news(v) ? hr_player_news_fd(v->player) : -1, wait_ms(v, next_frame_ns));
		take_keys(v);
	}
}

enum hr_status hr_watch(const struct hr_watch_options *o, bool *trace_failed, int *signal, struct hr_error *err)
{
	struct hr_view_state *v = hr_calloc(1, sizeof(*v));
	enum hr_status status;

	*trace_failed = false;
	*signal = 0;
	if (v == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	v->options = o;
	v->frame_options = o->frame;
	v->palette = o->screen.coloring.palette;
	v->playing = !o->paused;
	v->stale = v->anew = true;
	v->speed = hr_speed_find(o->speed);
	status = v->speed < hr_nspeeds ? HR_OK : hr_error_set(err, HR_EUSAGE, "unknown speed '%s'", o->speed);
	if (status == HR_OK)
		status = hr_screen_open(&o->screen, &v->screen, err);
	if (status == HR_OK)
		status = hr_player_open(o->path, &o->player, o->choices, o->nchoices, &v->player, err);
	if (status == HR_OK) {
		run(v);
		*signal = hr_screen_signal();
		*trace_failed = v->failed != HR_OK;
		status = v->failed;
		if (status != HR_OK && err != NULL)
			*err = v->err;
	}
	hr_screen_close(v->screen);
	hr_who_release(&v->who);
	for (size_t i = 0; v->planes != NULL && i < hr_player_followers(v->player); i++)
		hr_plane_release(&v->planes[i]);
	hr_player_close(v->player);
	hr_frame_release(&v->frame);
	free(v->screen_glyphs);
	free(v->series);
	free(v->planes);
	free(v);
	return status;
}
